"""Numbers read off tables: curves with two keys and linear interpolation, and logs of which a part is summed or charted."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source, Tolerance
from evalkit.templates import NEAR_MISS_TOLERANCES, Params

MADE = Source(title="Data written for this item", kind="made")
Words = Mapping[Language, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A figure with the misreadings of it, in `unit`; printed with `decimals`."""

    value: float
    wrong: Mapping[str, float]
    unit: str
    decimals: int
    tolerance: Tolerance = Tolerance(rel=0.01)

    def text(self, value: float) -> str:
        """`value` as options and answers print it."""
        return f"{value:.{self.decimals}f}"

    def apart(self) -> dict[str, str]:
        """Printed wrong figures > misreading; those that a reader could not tell from the gold are left out."""
        band = NEAR_MISS_TOLERANCES * self.tolerance.width(self.value)
        kept: dict[str, str] = {}
        for name, value in self.wrong.items():
            if value > 0 and abs(value - self.value) > band and all(abs(value - float(other)) > band / 3 for other in kept):
                kept.setdefault(self.text(value), name)
        return kept


def pick(rng: random.Random, answer: Answer) -> list[str] | None:
    """The names of three misreadings, or None where fewer stand apart from the gold."""
    names = sorted(answer.apart().values())
    return sorted(rng.sample(names, 3)) if len(names) >= 3 else None


def both_forms(context: str, stem: str, told: str, answer: Answer, names: Sequence[str], explanation: str) -> tuple[Content, ...]:
    """The choice and the number form of one reading; `told` says how to round."""
    texts = {text: name for text, name in answer.apart().items() if name in names}
    gold = answer.text(answer.value)
    options = {f"{text} {answer.unit}": name for text, name in texts.items()}
    right = f"{gold} {answer.unit}"
    shared: dict[str, Any] = {"context": context, "explanation": explanation, "tolerance": answer.tolerance, "stem": f"{stem}{told}"}
    return (
        Content(form="choice", answer=right, choices=(right, *options), mistakes=options, **shared),
        Content(form="number", answer=gold, unit=answer.unit, **shared),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A made table of a quantity over one key (rows) at several values of another (columns)."""

    subarea: str
    rows: tuple[int, ...]
    columns: Mapping[Language, tuple[str, ...]]
    start: Callable[[random.Random, int], float]  # value in the first row of a column
    move: Callable[[random.Random, float, int], float]  # next value down the column, whose row is counted from 0
    decimals: int
    answer_decimals: int
    unit: str
    words: Words


_COLUMN_LETTERS: Mapping[Language, tuple[str, ...]] = {"zh": ("甲钢", "乙钢", "丙钢"), "en": ("Steel J", "Steel K", "Steel L")}
CURVES: Mapping[str, Curve] = {
    "tempering": Curve(
        subarea="heat_treatment",
        rows=(200, 300, 400, 500, 600),
        columns=_COLUMN_LETTERS,
        start=lambda rng, column: 58 - 5 * column + rng.randint(-9, 9) / 10,
        move=lambda rng, value, row: value - rng.randint(38, 72) / 10,
        decimals=1,
        answer_decimals=2,
        unit="HRC",
        words={
            "zh": {
                "head": "淬火后回火 1 h 的硬度（HRC）：",
                "row": "回火温度 ℃",
                "ask": "{column}在 {x} ℃ 回火 1 h 后硬度是多少 HRC？",
            },
            "en": {
                "head": "Hardness (HRC) after quenching and tempering for 1 h:",
                "row": "Tempering temperature, °C",
                "ask": "What is the hardness of {column} after tempering at {x} °C for 1 h, in HRC?",
            },
        },
    ),
    "flow": Curve(
        subarea="rolling",
        rows=(900, 950, 1000, 1050, 1100, 1150),
        columns={"zh": ("1 s⁻¹", "10 s⁻¹", "50 s⁻¹"), "en": ("1 s⁻¹", "10 s⁻¹", "50 s⁻¹")},
        start=lambda rng, column: 158 + 34 * column + rng.randint(-8, 8),
        move=lambda rng, value, row: round(value * rng.randint(830, 895) / 1000),
        decimals=0,
        answer_decimals=1,
        unit="MPa",
        words={
            "zh": {
                "head": "某低碳钢热变形的流变应力（MPa），各列为变形速率：",
                "row": "温度 ℃",
                "ask": "变形速率 {column}、温度 {x} ℃ 时，流变应力是多少 MPa？",
            },
            "en": {
                "head": "Hot flow stress of a low-carbon steel in MPa; each column is a strain rate:",
                "row": "Temperature, °C",
                "ask": "What is the flow stress at a strain rate of {column} and {x} °C, in MPa?",
            },
        },
    ),
    "scale": Curve(
        subarea="surface_defects",
        rows=(30, 60, 90, 120, 150),
        columns={"zh": ("1150 ℃", "1200 ℃", "1250 ℃"), "en": ("1150 °C", "1200 °C", "1250 °C")},
        start=lambda rng, column: 230 + 110 * column + rng.randint(-30, 30),
        move=lambda rng, value, row: round(value * math.sqrt((row + 1) / row) * rng.randint(997, 1003) / 1000),  # oxidation slows: parabolic law
        decimals=0,
        answer_decimals=1,
        unit="μm",
        words={
            "zh": {
                "head": "板坯在加热炉内的氧化铁皮厚度（μm），各列为炉温：",
                "row": "在炉时间 min",
                "ask": "炉温 {column}、在炉 {x} min 时，氧化铁皮厚度是多少 μm？",
            },
            "en": {
                "head": "Thickness of the oxide scale on slabs in a reheating furnace, in μm; each column is a furnace temperature:",
                "row": "Time in furnace, min",
                "ask": "How thick is the scale at a furnace temperature of {column} after {x} min, in μm?",
            },
        },
    ),
}


def _draw_curve(rng: random.Random) -> Params | None:
    kind = rng.choice(sorted(CURVES))
    curve = CURVES[kind]
    values: list[list[float]] = []
    for column in range(3):
        line = [curve.start(rng, column)]
        for place in range(1, len(curve.rows)):
            line.append(curve.move(rng, line[-1], place))
        values.append([round(value, curve.decimals) for value in line])
    orders = {tuple(sorted(range(3), key=cells.__getitem__)) for cells in zip(*values, strict=True)}
    if len(orders) > 1:
        return None  # the columns cross: a steel does not grow softer as it is strained faster
    row = rng.randrange(len(curve.rows) - 1)
    step = curve.rows[row + 1] - curve.rows[row]
    x = curve.rows[row] + step * rng.choice((2, 3, 4, 6, 7, 8)) // 10
    p = {"kind": kind, "values": values, "row": row, "column": rng.randrange(3), "x": x}
    names = pick(rng, _curve_answer(p))
    return None if names is None else {**p, "wrong": names}


def _curve_answer(p: Params) -> Answer:
    curve, row, column = CURVES[p["kind"]], p["row"], p["column"]
    low, high = curve.rows[row], curve.rows[row + 1]
    share = (p["x"] - low) / (high - low)

    def between(line: Sequence[float], part: float = share) -> float:
        return float(line[row] + part * (line[row + 1] - line[row]))

    mine, values = p["values"][column], p["values"]
    aside = row - 1 if row else row + 1
    wrong = {
        "row above read without interpolation": mine[row],
        "row below read without interpolation": mine[row + 1],
        "fraction of the step turned round": between(mine, 1 - share),
        "neighbouring column read": between(values[column - 1 if column else 1]),
        "neighbouring pair of rows interpolated": mine[aside] + share * (mine[aside + 1] - mine[aside]),
    }
    return Answer(value=between(mine), wrong=wrong, unit=curve.unit, decimals=curve.answer_decimals)


def _write_curve(p: Params, language: Language) -> tuple[Content, ...]:
    curve = CURVES[p["kind"]]
    words, names = curve.words[language], curve.columns[language]
    body = [[x, *(f"{line[place]:.{curve.decimals}f}" for line in p["values"])] for place, x in enumerate(curve.rows)]
    rule = {"zh": "相邻两行之间按线性插值。", "en": "Between two rows interpolate linearly."}[language]
    context = f"{words['head']}\n\n{table([words['row'], *names], body)}\n\n{rule}"
    digits = {1: ("一", "one decimal"), 2: ("两", "two decimals")}[curve.answer_decimals]
    told = f"保留{digits[0]}位小数。" if language == "zh" else f" Give {digits[1]}."
    answer = _curve_answer(p)
    low, high = (f"{p['values'][p['column']][p['row'] + step]:.{curve.decimals}f}" for step in (0, 1))
    ends = f"{curve.rows[p['row']]} ({low}) … {curve.rows[p['row'] + 1]} ({high})"
    gold = f"{answer.text(answer.value)} {curve.unit}"
    explanation = f"在 {ends} 之间线性插值，得 {gold}。" if language == "zh" else f"Linear interpolation between {ends} gives {gold}."
    stem = words["ask"].format(column=names[p["column"]], x=p["x"])
    return both_forms(context, stem, told, answer, p["wrong"], explanation)


def _draw_log(rng: random.Random) -> Params | None:
    kind = rng.choice(("taps", "heats", "chart"))
    p = {"kind": kind, **_LOG_DRAWS[kind](rng)}
    names = pick(rng, _LOG_ANSWERS[kind](p))
    return None if names is None else {**p, "wrong": names}


def _draw_taps(rng: random.Random) -> dict[str, Any]:
    iron = [10 * rng.randint(38, 62) for _ in range(8)]
    coal = [round(mass * rng.randint(115, 185) / 1000) for mass in iron]
    coke = [round(mass * rng.randint(340, 400) / 1000) for mass in iron]
    first = rng.randint(2, 4)
    return {"iron": iron, "coal": coal, "coke": coke, "first": first, "last": first + rng.randint(2, 3)}


def _taps_answer(p: Params) -> Answer:
    inside = slice(p["first"] - 1, p["last"])
    iron, coal, coke = (sum(p[key][inside]) for key in ("iron", "coal", "coke"))
    shorter = slice(p["first"], p["last"])
    wrong = {
        "coke taken for coal": 1000 * coke / iron,
        "coke and coal added": 1000 * (coke + coal) / iron,
        "whole log counted instead of the taps asked for": 1000 * sum(p["coal"]) / sum(p["iron"]),
        "first tap of the range left out": 1000 * sum(p["coal"][shorter]) / sum(p["iron"][shorter]),
        "coal divided by all iron of the log": 1000 * coal / sum(p["iron"]),
    }
    return Answer(value=1000 * coal / iron, wrong=wrong, unit="kg/t", decimals=1)


def _draw_heats(rng: random.Random) -> dict[str, Any]:
    mass = [rng.randint(88, 104) for _ in range(8)]
    hot = [rng.choice((0, 20, 30, 40)) for _ in mass]
    arc = [100 * round(weight * (410 - 3.4 * share + rng.randint(-25, 25)) / 100) for weight, share in zip(mass, hot, strict=True)]
    ladle = [100 * round(weight * rng.randint(32, 52) / 100) for weight in mass]
    grade = rng.sample(["A", "A", "A", "B", "B", "B", "C", "C"], 8)
    return {"mass": mass, "hot": hot, "arc": arc, "ladle": ladle, "grade": grade, "asked": rng.choice("AB")}


def _heats_answer(p: Params) -> Answer:
    def over(key: str, grades: str) -> float:
        kept = [place for place, grade in enumerate(p["grade"]) if grade in grades]
        return float(sum(p[key][place] for place in kept) / sum(p["mass"][place] for place in kept))

    asked = p["asked"]
    other = "B" if asked == "A" else "A"
    wrong = {
        "all heats counted": over("arc", "ABC"),
        "heats of another grade read": over("arc", other),
        "heats of the third grade read": over("arc", "C"),
        "ladle furnace added": over("arc", asked) + over("ladle", asked),
        "ladle furnace read instead of the arc furnace": over("ladle", asked),
    }
    return Answer(value=over("arc", asked), wrong=wrong, unit="kWh/t", decimals=1)


def _draw_chart(rng: random.Random) -> dict[str, Any]:
    level = rng.randint(24, 29)
    return {"superheat": [level + rng.randint(-4, 4) for _ in range(9)]}


def _chart_answer(p: Params) -> Answer:
    values = p["superheat"]
    mean = sum(values) / len(values)
    moving = sum(abs(after - before) for before, after in pairwise(values)) / (len(values) - 1)
    wrong = {
        "lower limit given": mean - 2.66 * moving,
        "factor 2.66 left out": mean + moving,
        "range of all values taken for the mean moving range": mean + 2.66 * (max(values) - min(values)),
        "limit set on the largest value instead of the mean": max(values) + 2.66 * moving,
        "moving ranges summed instead of averaged": mean + 2.66 * moving * (len(values) - 1),
    }
    return Answer(value=mean + 2.66 * moving, wrong=wrong, unit="°C", decimals=1, tolerance=Tolerance(rel=0.01))


_LOG_DRAWS: Mapping[str, Callable[[random.Random], dict[str, Any]]] = {"taps": _draw_taps, "heats": _draw_heats, "chart": _draw_chart}
_LOG_ANSWERS: Mapping[str, Callable[[Params], Answer]] = {"taps": _taps_answer, "heats": _heats_answer, "chart": _chart_answer}
_LOG_SUBAREAS: Mapping[str, str] = {"taps": "blast_furnace", "heats": "steelmaking", "chart": "casting"}
_LOG_WORDS: Mapping[str, Words] = {
    "taps": {
        "zh": {
            "head": "高炉一昼夜出铁记录（各次铁之间消耗的焦炭和喷吹煤粉记在该次铁名下）：",
            "row": "铁次,铁水 t,焦炭 t,煤粉 t",
            "ask": "第 {first} 次铁至第 {last} 次铁（含首尾两次）合计，煤比是多少 kg/t 铁水？煤比 = 煤粉量 ÷ 铁水量。",
            "why": "所求各次的煤粉合计 ÷ 铁水合计 × 1000 = {gold}；焦炭不计入煤比。",
        },
        "en": {
            "head": "Tapping log of a blast furnace for one day (coke and injected coal used between taps are entered with the tap):",
            "row": "Tap,Hot metal t,Coke t,Coal t",
            "ask": "For taps {first} to {last} together (both included), what is the coal rate in kg per t of hot metal? Coal rate = coal divided by hot metal.",
            "why": "Coal of the taps asked for over their hot metal, times 1000, is {gold}; coke does not count in the coal rate.",
        },
    },
    "heats": {
        "zh": {
            "head": "电炉车间一个班的冶炼记录：",
            "row": "炉序,钢种,钢水 t,铁水比 %,电弧炉电耗 kWh,精炼炉电耗 kWh",
            "ask": "钢种 {asked} 各炉合计，电弧炉的吨钢电耗是多少 kWh/t（不含精炼炉）？",
            "why": "钢种 {asked} 各炉电弧炉电耗之和 ÷ 钢水量之和 = {gold}。",
        },
        "en": {
            "head": "Log of an electric steel shop for one shift:",
            "row": "Heat,Grade,Steel t,Hot metal share %,Arc furnace kWh,Ladle furnace kWh",
            "ask": "For all heats of grade {asked} together, how many kWh did the arc furnace use per t of steel (ladle furnace not included)?",
            "why": "Arc furnace energy of the heats of grade {asked} over their steel is {gold}.",
        },
    },
    "chart": {
        "zh": {
            "head": "同一钢种连续 9 炉的中间包过热度（℃），按浇注先后：",
            "row": "炉序,过热度 ℃",
            "ask": "按单值控制图计算上控制限：上限 = 平均值 + 2.66 × 平均移动极差，移动极差为相邻两炉之差的绝对值。上控制限是多少 ℃？",
            "why": "先求 9 个值的平均，再求 8 个相邻差绝对值的平均，代入得 {gold}。",
        },
        "en": {
            "head": "Superheat in the tundish of 9 consecutive heats of one grade, in °C, in the order of casting:",
            "row": "Heat,Superheat °C",
            "ask": "Find the upper control limit of a chart of individual values: limit = mean + 2.66 × mean moving range, where a moving range is the absolute difference of two neighbouring heats. What is it in °C?",
            "why": "Average the 9 values and the 8 absolute differences of neighbours; the formula then gives {gold}.",
        },
    },
}
_LOG_COLUMNS: Mapping[str, tuple[str, ...]] = {"taps": ("iron", "coke", "coal"), "heats": ("grade", "mass", "hot", "arc", "ladle"), "chart": ("superheat",)}


def _write_log(p: Params, language: Language) -> tuple[Content, ...]:
    words, answer = _LOG_WORDS[p["kind"]][language], _LOG_ANSWERS[p["kind"]](p)
    if language == "zh":
        answer = replace(answer, unit=answer.unit.replace("°C", "℃"))
    columns = [p[key] for key in _LOG_COLUMNS[p["kind"]]]
    rows = [[place + 1, *cells] for place, cells in enumerate(zip(*columns, strict=True))]
    context = f"{words['head']}\n\n{table(words['row'].split(','), rows)}"
    told = "保留一位小数。" if language == "zh" else " Give one decimal."
    shown = {key: value for key, value in p.items() if key in ("first", "last", "asked")}
    explanation = words["why"].format(gold=f"{answer.text(answer.value)} {answer.unit}", **shown)
    return both_forms(context, words["ask"].format(**shown), told, answer, p["wrong"], explanation)


GENERATORS = (
    Generator(
        id="GST1",
        task="reading",
        subarea=lambda p: CURVES[p["kind"]].subarea,
        level="apply",
        foundation=True,
        draw=_draw_curve,
        write=_write_curve,
        source=MADE,
        draws=5,
    ),
    Generator(
        id="GST2",
        task="reading",
        subarea=lambda p: _LOG_SUBAREAS[p["kind"]],
        level="apply",
        draw=_draw_log,
        write=_write_log,
        source=MADE,
        draws=5,
    ),
)
