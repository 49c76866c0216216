"""Reading tables of electronics: a derating table with two keys, and a control chart of a wafer line given as points."""

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source, Tolerance
from evalkit.templates import NEAR_MISS_TOLERANCES, Params

INVENTED = Source(title="Table and data invented for this item", kind="made")
TOLERANCE = Tolerance(rel=0.01)
OPTIONS = 4

# Output current against ambient temperature and airflow ----------------------------------------------------------------

AIRFLOWS = (0.0, 0.5, 1.0, 2.0)
STEP = 15  # °C between two rows


def _between(p: Params, column: int, *, weight: float | None = None) -> float:
    """Current in A in `column`, linear between the rows around the asked temperature; `weight`: of the upper row."""
    place = sum(row <= p["asked"] for row in p["rows"]) - 1
    share = (p["asked"] - p["rows"][place]) / STEP if weight is None else weight
    after = p["table"][min(place + 1, len(p["rows"]) - 1)][column]
    return float(p["table"][place][column] * (1 - share) + after * share)


def current_at(p: Params) -> float:
    """The current in A that the table permits."""
    return _between(p, p["column"])


def _misread_currents(p: Params) -> dict[float, str]:
    """Value > name of the misreading."""
    column, exact = p["column"], p["asked"] in p["rows"]
    place = sum(row <= p["asked"] for row in p["rows"]) - 1
    found: list[tuple[float, str]] = []
    beside = (("next lower airflow", column - 1), ("next higher airflow", column + 1))
    beyond = (("airflow two steps lower", column - 2), ("airflow two steps higher", column + 2))
    for name, other in ((f"column of the {name}", other) for name, other in (*beside, *beyond)):
        if 0 <= other < len(AIRFLOWS):
            found.append((_between(p, other), name))
    if exact:
        found += [(p["table"][place - 1][column], "neighbouring row, cooler"), (p["table"][place + 1][column], "neighbouring row, hotter")]
    else:
        share = (p["asked"] - p["rows"][place]) / STEP
        found += [
            (_between(p, column, weight=0), "cooler row taken, no interpolation"),
            (_between(p, column, weight=1), "hotter row taken, no interpolation"),
            (_between(p, column, weight=1 - share), "ratio of the interpolation inverted"),
        ]
    return {round(value, 2): name for value, name in reversed(found)}


def _draw_current(rng: random.Random) -> Params | None:
    start = rng.choice((25, 30, 35, 40))
    rows = [start + STEP * place for place in range(5)]
    still, gain, slope = rng.uniform(4.5, 9.5), rng.uniform(0.5, 1.1), rng.uniform(0.10, 0.19)
    values = [
        [round((still + gain * place) * (1 - slope * row * (1 - 0.06 * place)) + rng.uniform(-0.1, 0.1), 1) for place in range(len(AIRFLOWS))]
        for row in range(5)
    ]
    exact = rng.random() < 0.4
    asked = rows[rng.randint(1, 3)] if exact else rows[rng.randint(0, 3)] + rng.choice((3, 6, 9, 12))
    p = {"rows": rows, "table": values, "column": rng.randrange(len(AIRFLOWS)), "asked": asked}
    return p if _readable(p) else None


def _readable(p: Params) -> bool:
    falls = all(upper > lower for column in zip(*p["table"], strict=True) for upper, lower in pairwise(column))
    rises = all(right > left for row in p["table"] for left, right in pairwise(row))
    gold = current_at(p)
    far = [value for value in _misread_currents(p) if abs(value - gold) > NEAR_MISS_TOLERANCES * TOLERANCE.width(gold)]
    exact_to_print = abs(round(gold, 2) - gold) < 1e-9
    return falls and rises and exact_to_print and min(map(min, p["table"])) > 0.8 and len(far) == len(_misread_currents(p)) >= OPTIONS - 1


def _kept(values: Sequence[float], gold: float, key: int) -> list[float]:
    """Three of the misread values, those around the gold by turns, so that its rank among the options varies with `key`."""
    below, above = [v for v in sorted(values) if v < gold][::-1], [v for v in sorted(values) if v > gold]
    wanted = key % OPTIONS  # how many options below the gold
    low = below[: max(wanted, OPTIONS - 1 - len(above))]
    return (low + above)[: OPTIONS - 1] if len(low) + len(above) >= OPTIONS - 1 else (low + above + below[len(low) :])[: OPTIONS - 1]


def _write_current(p: Params, language: Language) -> tuple[Content, ...]:
    zh, gold = language == "zh", current_at(p)
    head = ["环境温度（°C）" if zh else "Ambient (°C)", *(f"{flow:.1f} m/s" for flow in AIRFLOWS)]
    grid = table(head, [(row, *(f"{value:.1f}" for value in values)) for row, values in zip(p["rows"], p["table"], strict=True)])
    flow = f"{AIRFLOWS[p['column']]:.1f}"
    if zh:
        context = f"某电源模块的最大输出电流（A），按环境温度和风速给出；相邻两行之间按线性插值：\n\n{grid}"
        stem = f"环境温度 {p['asked']} °C、风速 {flow} m/s 时，该模块最多可输出多少安培？"
        explanation = f"在 {flow} m/s 一列按温度读数；{p['asked']} °C 对应 {gold:.2f} A（落在两行之间时按线性插值）。"
    else:
        context = f"Largest output current of a power module in A, by ambient temperature and airflow; linear interpolation between neighbouring rows:\n\n{grid}"
        stem = f"At an ambient temperature of {p['asked']} °C and an airflow of {flow} m/s, how many amperes may the module deliver at most?"
        explanation = f"In the column for {flow} m/s, {p['asked']} °C gives {gold:.2f} A (linear between the two rows where the temperature falls between them)."
    wrong = _misread_currents(p)
    kept = _kept(list(wrong), gold, round(p["table"][0][0] * 10) + p["asked"])
    answer = f"{gold:.2f} A"
    mistakes = {f"{value:.2f} A": wrong[value] for value in kept}
    shared: dict[str, Any] = {"stem": stem, "context": context, "explanation": explanation}
    return (
        Content(form="choice", answer=answer, choices=(answer, *mistakes), mistakes=mistakes, **shared),
        Content(form="number", answer=f"{gold:.2f}", unit="A", tolerance=TOLERANCE, **shared),
    )


GET1 = Generator(
    id="GET1",
    task="reading",
    subarea="power_thermal",
    level="apply",
    foundation=lambda p: p["asked"] in p["rows"],
    draw=_draw_current,
    write=_write_current,
    source=INVENTED,
    draws=5,
)

# Control chart ----------------------------------------------------------------------------------------------------------

POINTS = 20


def _broken_at(points: Sequence[float], p: Params, rule: str, *, run: int | None = None) -> int | None:
    """Number of the point, from 1, at which `rule` is first broken: beyond a limit, a run on one side, a run of rises or falls."""
    length = p["run"] if run is None else run
    for place in range(len(points)):
        if rule == "beyond" and not p["low"] <= points[place] <= p["high"]:
            return place + 1
        window = points[place - length + 1 : place + 1] if place >= length - 1 else ()
        if rule == "side" and window and (min(window) > p["centre"] or max(window) < p["centre"]):
            return place + 1
        if rule == "trend" and window and (_steady(window) or _steady(window[::-1])):
            return place + 1
    return None


def _steady(window: Sequence[float]) -> bool:
    return all(then > first for first, then in pairwise(window))


def first_alarm(p: Params) -> int | None:
    """Number of the point at which the asked rule is broken first; None where it never is."""
    return _broken_at(p["points"], p, p["rule"])


def _end_of_run(p: Params, gold: int) -> int:
    """Number of the last point up to which the run that raised the alarm goes on."""
    points, last = p["points"], gold
    while last < POINTS and _broken_at(points[last - p["run"] + 1 : last + 1], p, p["rule"]):
        last += 1
    return last


def _misread_alarms(p: Params) -> dict[int, str]:
    gold = first_alarm(p) or 0
    near = [place + 1 for place, value in enumerate(p["points"]) if abs(value - p["centre"]) > (p["high"] - p["centre"]) * 2 / 3]
    found: list[tuple[int | None, str]] = [
        (gold - p["run"] + 1, "first point of the run given"),
        (_broken_at(p["points"], p, p["rule"], run=p["run"] - 1), "run counted one point short"),
        (gold + 1, "run counted one point long"),
        (gold + 2, "run counted two points long"),
        (_end_of_run(p, gold), "last point of the run given"),
        *((place, "two thirds of the way to the limit taken for the limit") for place in near[:1]),
        (_broken_at(p["points"], p, "trend" if p["rule"] == "side" else "side", run=p["run"]), "the other kind of run looked for"),
        (_broken_at(p["points"], p, p["rule"], run=p["run"] - 2), "run counted two points short"),
    ]
    return {place: name for place, name in reversed(found) if place is not None and place != gold and 1 <= place <= POINTS}


def _draw_chart(rng: random.Random) -> Params | None:
    centre, reach = rng.randrange(450, 950, 10) / 10, rng.choice((1.2, 1.5, 1.8, 2.1))
    rule, run = rng.choice(("side", "trend")), rng.choice((6, 7, 8))
    points = [round(centre + rng.gauss(0, reach / 3.4), 1) for _ in range(POINTS)]
    length = run + rng.randint(0, 4)
    start, sign = rng.randint(3, POINTS - length - 1), rng.choice((-1, 1))
    for place in range(length):
        share = rng.uniform(0.08, 0.6) if rule == "side" else rng.uniform(0, 0.05) - 0.45 + place * 1.1 / length
        points[start + place] = round(centre + sign * reach * share, 1)
    p: dict[str, Any] = {"centre": centre, "low": round(centre - reach, 1), "high": round(centre + reach, 1), "rule": rule, "run": run, "points": points}
    alarm = first_alarm(p)
    inside = all(p["low"] < value < p["high"] for value in points)
    fits = inside and alarm is not None and run < alarm < POINTS and _broken_at(points, p, rule, run=run - 1) == alarm - 1
    return p if fits and centre not in points and len(_misread_alarms(p)) >= OPTIONS - 1 else None


RULES: Mapping[str, Mapping[Language, str]] = {
    "side": {"zh": "连续 {run} 点落在中心线同一侧", "en": "{run} points in a row on the same side of the centre line"},
    "trend": {
        "zh": "连续 {run} 点逐点上升（即相继 {steps} 次上升），或连续 {run} 点逐点下降",
        "en": "{run} points in a row that rise steadily ({steps} rises one after another), or {run} in a row that fall steadily",
    },
}


def _write_chart(p: Params, language: Language) -> tuple[Content, ...]:
    zh, gold = language == "zh", first_alarm(p)
    rule = RULES[p["rule"]][language].format(run=p["run"], steps=p["run"] - 1)
    half = POINTS // 2
    rows = []
    for start in (0, half):
        numbers = range(start + 1, start + half + 1)
        rows += [("点号" if zh else "point", *numbers), ("厚度" if zh else "thickness", *(f"{v:.1f}" for v in p["points"][start : start + half]))]
    grid = "\n\n".join(table(rows[place], [rows[place + 1]]) for place in (0, 2))
    if zh:
        context = f"薄膜沉积机台的均值控制图，膜厚单位 nm，每批一点。中心线 {p['centre']:.1f}，控制限 {p['low']:.1f} 和 {p['high']:.1f}：\n\n{grid}"
        stem = f"报警规则：{rule}，在该组最后一点报警。第几点第一次报警？答点号。"
        explanation = f"规则为{rule}；第一次凑满 {p['run']} 点是在第 {gold} 点，报警记在最后一点而不是第一点。"
    else:
        context = f"Control chart of the means of a film deposition tool, thickness in nm, one point a lot. Centre line {p['centre']:.1f}, control limits {p['low']:.1f} and {p['high']:.1f}:\n\n{grid}"
        stem = f"Alarm rule: {rule}; the alarm is raised at the last point of such a group. At which point is the first alarm raised? Give its number."
        explanation = f"The rule asks for {rule}; the group of {p['run']} is complete for the first time at point {gold}, and the alarm belongs to its last point, not its first."
    wrong = _misread_alarms(p)
    kept = [int(value) for value in _kept(list(wrong), float(gold or 0), round(sum(p["points"]) * 10))]
    answer = str(gold)
    mistakes = {str(value): wrong[value] for value in kept}
    shared: dict[str, Any] = {"stem": stem, "context": context, "explanation": explanation}
    return (
        Content(form="choice", answer=answer, choices=(answer, *mistakes), mistakes=mistakes, **shared),
        Content(form="number", answer=answer, tolerance=Tolerance(rel=0, abs=0), **shared),
    )


GET2 = Generator(
    id="GET2", task="reading", subarea="semiconductor", level="judge", draw=_draw_chart, write=_write_chart, source=INVENTED, draws=5
)

GENERATORS = (GET1, GET2)
