"""Verdicts of electronics: a part against a list of restricted substances, a reflow profile against the limits of a paste."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params

Words = Mapping[Language, str]
FAILURES = (0, 1, 1, 2)  # how many clauses fail: one pass in four, as "pass" is always one of the four options
INVENTED = Source(title="Rules and data invented for this item", kind="made")
EQUAL: Mapping[bool, Words] = {
    True: {"zh": "等于限值判为合格。", "en": "A value equal to its limit is acceptable."},
    False: {"zh": "等于限值判为不合格。", "en": "A value equal to its limit is not acceptable."},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the right reading and the named misreadings make of a draw: sets of failing clauses, in the order of the table."""

    gold: tuple[str, ...]
    wrong: Mapping[tuple[str, ...], str]  # failing clauses > name of the mistake


def _chosen(gold: tuple[str, ...], candidates: Sequence[tuple[Sequence[str], str]], order: Sequence[str]) -> Judged | None:
    """The first three misreadings that differ from the gold and from one another; None where there are fewer."""
    wrong: dict[tuple[str, ...], str] = {}
    for failing, name in candidates:
        found = tuple(key for key in order if key in failing)
        if found != gold and len(found) <= 3:
            wrong.setdefault(found, name)
    kept = dict(list(wrong.items())[:3])
    return Judged(gold=gold, wrong=kept) if len(kept) == 3 else None


def _with_set_failures(attempt: Callable[[random.Random, int], Params | None]) -> Callable[[random.Random], Params | None]:
    """A draw whose number of failing clauses is drawn first: what is thrown back does not shift the share of passes."""

    def draw(rng: random.Random) -> Params | None:
        failures = rng.choice(FAILURES)
        return next((p for p in (attempt(rng, failures) for _ in range(500)) if p is not None), None)

    return draw


def _verdict(failing: Sequence[str], names: Mapping[str, Words], language: Language) -> str:
    if not failing:
        return {"zh": "合格", "en": "pass"}[language]
    listed = {"zh": "、", "en": ", "}[language].join(names[key][language] for key in failing)
    return {"zh": "不合格：", "en": "fail: "}[language] + listed


def _contents(
    judged: Judged, names: Mapping[str, Words], context: str, asked: tuple[str, str], explanation: str, language: Language
) -> tuple[Content, ...]:
    """The choice form and the json form of a verdict; `asked` has their stems."""
    wrong = {_verdict(failing, names, language): mistake for failing, mistake in judged.wrong.items()}
    gold = _verdict(judged.gold, names, language)
    keys = list(names)
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "verdict": {"type": "string", "enum": ["pass", "fail"]},
            "failing": {"type": "array", "items": {"type": "string", "enum": keys}},
        },
        "required": ["verdict", "failing"],
    }
    return (
        Content(
            form="choice", stem=asked[0], context=context, answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=explanation
        ),
        Content(
            form="json",
            stem=asked[1],
            context=context,
            answer={"verdict": "fail" if judged.gold else "pass", "failing": list(judged.gold)},
            schema=schema,
            explanation=explanation,
        ),
    )


# Restricted substances ---------------------------------------------------------------------------------------------

SUBSTANCES: Mapping[str, Words] = {
    "lead": {"zh": "铅", "en": "lead"},
    "cadmium": {"zh": "镉", "en": "cadmium"},
    "mercury": {"zh": "汞", "en": "mercury"},
    "chromium": {"zh": "六价铬", "en": "hexavalent chromium"},
    "pbb": {"zh": "多溴联苯", "en": "PBB"},
    "pbde": {"zh": "多溴二苯醚", "en": "PBDE"},
}
MATERIALS: tuple[Words, ...] = ({"zh": "塑料", "en": "plastics"}, {"zh": "橡胶", "en": "rubber"}, {"zh": "涂层", "en": "coatings"})
_PER_CENT = 10_000  # mg/kg


def _limit_mg(p: Params, key: str, column: int) -> int:
    return round(float(p["limits"][key][column]) * _PER_CENT)


def _over(p: Params, key: str, *, column: int | None = None, inclusive: bool | None = None) -> bool:
    limit = _limit_mg(p, key, p["column"] if column is None else column)
    held = p["inclusive"] if inclusive is None else inclusive
    return bool(p["measured"][key] > limit or (p["measured"][key] == limit and not held))


def _over_all(p: Params, **how: Any) -> tuple[str, ...]:
    return tuple(key for key in SUBSTANCES if _over(p, key, **how))


def judged_substances(p: Params) -> Judged | None:
    """The right verdict on a material and three misreadings."""
    gold = _over_all(p)
    near = [key for key in SUBSTANCES if key not in gold and 0.9 <= p["measured"][key] / _limit_mg(p, key, p["column"]) < 1]
    candidates: list[tuple[Sequence[str], str]] = [
        (_over_all(p, inclusive=not p["inclusive"]), "value equal to its limit judged the wrong way"),
        ((), "0.1 % taken as 10 000 mg/kg, so that nothing seems to fail"),
        *((gold[:place] + gold[place + 1 :], "one failing substance overlooked") for place in range(len(gold))),
        *((_over_all(p, column=column), "limits of another material read") for column in range(3) if column != p["column"]),
        *(((*gold, key), "value just below its limit taken as above it") for key in near),
    ]
    return _chosen(gold, candidates, list(SUBSTANCES))


def _substance_limits(rng: random.Random) -> dict[str, list[float]]:
    ordinary, cadmium = (0.05, 0.06, 0.07, 0.08, 0.09, 0.1), (0.005, 0.006, 0.007, 0.008, 0.009, 0.01)
    return {key: rng.sample(cadmium if key == "cadmium" else ordinary, 3) for key in SUBSTANCES}


def _try_substances(rng: random.Random, failures: int) -> Params | None:
    limits, column, inclusive = _substance_limits(rng), rng.randrange(3), rng.random() < 0.5
    failing = rng.sample(list(SUBSTANCES), failures)
    passing = [key for key in SUBSTANCES if key not in failing]
    equal = rng.choice(failing) if failing and not inclusive else rng.choice(passing) if inclusive else ""
    measured: dict[str, int] = {}
    for key in SUBSTANCES:
        limit = round(limits[key][column] * _PER_CENT)
        share = rng.uniform(1.03, 1.2) if key in failing else rng.choice((rng.uniform(0.9, 0.97), rng.uniform(0.05, 0.85)))
        measured[key] = limit if key == equal else round(limit * share)
    p = {"limits": limits, "column": column, "inclusive": inclusive, "measured": measured}
    return p if judged_substances(p) is not None else None


def _substance_context(p: Params, language: Language) -> str:
    zh = language == "zh"
    head = ["键", "物质", *(f"{name['zh']}，限值" for name in MATERIALS)] if zh else ["Key", "Substance", *(f"{name['en']}, limit" for name in MATERIALS)]
    limits = table(head, [(key, name[language], *(f"{value:g}" for value in p["limits"][key])) for key, name in SUBSTANCES.items()])
    measured = table(
        ("物质", "实测值") if zh else ("Substance", "Measured"), [(name[language], p["measured"][key]) for key, name in SUBSTANCES.items()]
    )
    kind = MATERIALS[p["column"]][language]
    if zh:
        return f"采购合同中的限用物质最高限值，质量分数，单位 %：\n\n{limits}\n\n第三方检测报告，均质材料类别：{kind}，单位 mg/kg：\n\n{measured}"
    return f"Upper limits of restricted substances in a purchase contract, mass fraction in %:\n\n{limits}\n\nLaboratory report on a homogeneous material, kind: {kind}, in mg/kg:\n\n{measured}"


def _write_substances(p: Params, language: Language) -> tuple[Content, ...]:
    judged = judged_substances(p)
    if judged is None:
        raise ValueError("a draw without three misreadings")
    equal = EQUAL[p["inclusive"]][language]
    limit = {key: f"{p['measured'][key]} / {_limit_mg(p, key, p['column'])}" for key in SUBSTANCES}
    listed = "; ".join(f"{SUBSTANCES[key][language]} {limit[key]}" for key in judged.gold)
    if language == "zh":
        asked = (
            f"按该材料类别的限值判定这份材料。{equal}结论是哪一个？",
            f"按该材料类别的限值判定这份材料。{equal}写成 JSON：verdict（合格写 \"pass\"，不合格写 \"fail\"）和 failing（不合格物质的键，取自表中“键”一列，按表中顺序；合格时为空列表）。",
        )
        explanation = f"0.1 % = 1000 mg/kg。不合格项（实测 / 限值，mg/kg）：{listed}。" if listed else "0.1 % = 1000 mg/kg；换算后各项都符合本列限值。"
    else:
        asked = (
            f"Judge the material by the limits for its kind. {equal} Which verdict is right?",
            f'Judge the material by the limits for its kind. {equal} Write a JSON object: verdict ("pass" or "fail") and failing (the keys of the failing substances, from the column Key, in the order of the table; an empty list for a pass).',
        )
        explanation = (
            f"0.1 % is 1000 mg/kg. Failing (measured / limit, mg/kg): {listed}." if listed else "0.1 % is 1000 mg/kg; converted, every value keeps the limit of its column."
        )
    return _contents(judged, SUBSTANCES, _substance_context(p, language), asked, explanation, language)


GES1 = Generator(
    id="GES1", task="compliance", subarea="compliance", level="apply", draw=_with_set_failures(_try_substances), write=_write_substances, source=INVENTED, draws=5
)

# Reflow profile ----------------------------------------------------------------------------------------------------

CLAUSES: Mapping[str, Words] = {
    "ramp": {"zh": "升温速率", "en": "heating rate"},
    "soak": {"zh": "保温时间", "en": "soak time"},
    "liquid": {"zh": "液相以上时间", "en": "time above liquidus"},
    "peak": {"zh": "峰值温度", "en": "peak temperature"},
    "cooling": {"zh": "降温速率", "en": "cooling rate"},
}
UNITS: Mapping[str, tuple[str, int]] = {"ramp": ("K/s", 1), "soak": ("s", 0), "liquid": ("s", 0), "peak": ("°C", 0), "cooling": ("K/s", 1)}
PROBES = 3
Band = Sequence[float | None]


def _outside(value: float, band: Band, *, inclusive: bool) -> bool:
    low, high = band
    if inclusive:
        return (low is not None and value < low) or (high is not None and value > high)
    return (low is not None and value <= low) or (high is not None and value >= high)


def _out_of_limits(p: Params, values: Mapping[str, Sequence[float]], *, paste: int, inclusive: bool) -> tuple[str, ...]:
    bands = p["limits"]
    return tuple(key for key in CLAUSES if any(_outside(value, bands[key][paste], inclusive=inclusive) for value in values[key]))


def judged_profile(p: Params) -> Judged | None:
    """The right verdict on a profile and three misreadings."""
    right = {"paste": p["paste"], "inclusive": p["inclusive"]}
    gold = _out_of_limits(p, p["measured"], paste=p["paste"], inclusive=p["inclusive"])
    means = {key: [sum(values) / PROBES] for key, values in p["measured"].items()}
    no_minimum = {**p, "limits": {key: [[None, band[1]] for band in bands] for key, bands in p["limits"].items()}}
    candidates: list[tuple[Sequence[str], str]] = [
        (_out_of_limits(p, p["measured"], paste=1 - p["paste"], inclusive=p["inclusive"]), "limits of the other paste read"),
        (_out_of_limits(p, p["measured"], paste=p["paste"], inclusive=not p["inclusive"]), "value equal to its limit judged the wrong way"),
        (_out_of_limits(p, means, **right), "mean of the thermocouples judged"),
        (_out_of_limits(no_minimum, p["measured"], **right), "lower limits overlooked"),
        *((gold[:place] + gold[place + 1 :], "one failing clause overlooked") for place in range(len(gold))),
        *(((*gold, key), "value close to its limit taken as outside") for key in ("peak", "liquid") if key not in gold),
    ]
    return _chosen(gold, candidates, list(CLAUSES))


def _profile_limits(rng: random.Random) -> dict[str, list[list[float | None]]]:
    soak, liquid, other = rng.randint(55, 70), rng.randint(38, 50), rng.choice((-1, 1))
    peak = rng.randint(230, 236) if other > 0 else rng.randint(238, 242)  # neither paste below 230 °C: joints of SAC would not form safely
    ramp, cooling = rng.sample((1.5, 2.0, 2.5, 3.0), 2), rng.sample((3.0, 3.5, 4.0, 5.0, 6.0), 2)
    shift = (rng.randint(4, 8), rng.randint(8, 20), rng.randint(5, 12))
    return {
        "ramp": [[None, ramp[0]], [None, ramp[1]]],
        "soak": [[soak, soak + 45], [soak + other * shift[1], soak + other * shift[1] + 45]],
        "liquid": [[liquid, liquid + 40], [liquid + other * shift[2], liquid + other * shift[2] + 40]],
        "peak": [[peak, peak + 16], [peak + other * shift[0], peak + other * shift[0] + 16]],
        "cooling": [[None, cooling[0]], [None, cooling[1]]],
    }


def _probe_values(rng: random.Random, key: str, band: Band, state: str) -> list[float]:
    """Readings of three thermocouples, one of which is outside or at a limit where `state` says so, the mean inside."""
    low, high = band
    step = 0.1 if UNITS[key][1] else 1.0
    top = float(high if high is not None else 0)
    bottom = float(low) if low is not None else top - 12 * step
    inner = [bottom + (top - bottom) * rng.uniform(0.2, 0.85) for _ in range(PROBES)]
    if state != "inside":
        upward = low is None or rng.random() < 0.5
        off = 0 if state == "equal" else rng.randint(1, 4)
        inner[rng.randrange(PROBES)] = top + off * step if upward else bottom - off * step
    return [round(value, UNITS[key][1]) if UNITS[key][1] else float(round(value)) for value in inner]


def _try_profile(rng: random.Random, failures: int) -> Params | None:
    limits, paste, inclusive = _profile_limits(rng), rng.randrange(2), rng.random() < 0.5
    failing = rng.sample(list(CLAUSES), failures)
    passing = [key for key in CLAUSES if key not in failing]
    equal = rng.choice(failing) if failing and not inclusive else rng.choice(passing) if inclusive else ""
    states = {key: "equal" if key == equal else "outside" if key in failing else "inside" for key in CLAUSES}
    measured = {key: _probe_values(rng, key, limits[key][paste], states[key]) for key in CLAUSES}
    p = {"limits": limits, "paste": paste, "inclusive": inclusive, "measured": measured}
    found = _out_of_limits(p, measured, paste=paste, inclusive=inclusive)
    return p if set(found) == set(failing) and judged_profile(p) is not None else None


def _cell(key: str, value: float | None) -> str:
    return "—" if value is None else f"{value:.{UNITS[key][1]}f}"


def _profile_context(p: Params, language: Language) -> str:
    zh = language == "zh"
    pastes = ("焊膏 A", "焊膏 B") if zh else ("paste A", "paste B")
    ends = ("下限", "上限") if zh else ("min", "max")
    head = ["键", "项目", "单位"] if zh else ["Key", "Item", "Unit"]
    limits = table(
        [*head, *(f"{paste} {end}" for paste in pastes for end in ends)],
        [
            (key, name[language], UNITS[key][0], *(_cell(key, value) for band in p["limits"][key] for value in band))
            for key, name in CLAUSES.items()
        ],
    )
    measured = table(
        ["项目" if zh else "Item", "TC1", "TC2", "TC3"],
        [(name[language], *(_cell(key, value) for value in p["measured"][key])) for key, name in CLAUSES.items()],
    )
    if zh:
        return f"焊膏厂家给出的回流曲线限值（—：无要求）：\n\n{limits}\n\n本板使用{pastes[p['paste']]}。炉温测试，三个热电偶（单位同上）：\n\n{measured}"
    return f"Limits of the reflow profile from the paste maker (—: no requirement):\n\n{limits}\n\nThis board uses {pastes[p['paste']]}. Oven run with three thermocouples, units as above:\n\n{measured}"


def _faults(p: Params, judged: Judged, language: Language) -> str:
    """Each failing clause with its worst reading and the band."""
    parts = []
    for key in judged.gold:
        band = p["limits"][key][p["paste"]]
        worst = [value for value in p["measured"][key] if _outside(value, band, inclusive=p["inclusive"])]
        bounds = "–".join(_cell(key, value) for value in band if value is not None)
        parts.append(f"{CLAUSES[key][language]} {_cell(key, worst[0])} ({bounds} {UNITS[key][0]})")
    return "; ".join(parts)


def _write_profile(p: Params, language: Language) -> tuple[Content, ...]:
    judged = judged_profile(p)
    if judged is None:
        raise ValueError("a draw without three misreadings")
    equal = EQUAL[p["inclusive"]][language]
    listed = _faults(p, judged, language)
    if language == "zh":
        rule = f"每个热电偶的每一项都在所用焊膏的限值之内，曲线才合格。{equal}"
        asked = (
            f"{rule}这条曲线的结论是哪一个？",
            f"{rule}判定这条曲线，写成 JSON：verdict（合格写 \"pass\"，不合格写 \"fail\"）和 failing（不合格项目的键，取自表中“键”一列，按表中顺序；合格时为空列表）。",
        )
        explanation = f"不合格项（括号内为限值）：{listed}。" if listed else "三个热电偶的各项读数都在所用焊膏的限值之内。"
    else:
        rule = f"The profile passes only if every reading of every thermocouple keeps the limits of the paste in use. {equal}"
        asked = (
            f"{rule} Which verdict on this profile is right?",
            f'{rule} Judge this profile and write a JSON object: verdict ("pass" or "fail") and failing (the keys of the failing items, from the column Key, in the order of the table; an empty list for a pass).',
        )
        explanation = f"Outside (limits in brackets): {listed}." if listed else "All readings of the three thermocouples keep the limits of the paste in use."
    return _contents(judged, CLAUSES, _profile_context(p, language), asked, explanation, language)


GES2 = Generator(
    id="GES2", task="compliance", subarea="assembly", level="judge", draw=_with_set_failures(_try_profile), write=_write_profile, source=INVENTED, draws=5
)

GENERATORS = (GES1, GES2)
