"""Tables read by two keys and between their rows: a growth reference, and the calibrators of a photometric assay.

Both tables are drawn, so that nothing can be known by heart. Between two rows a value is read by linear interpolation,
as the stem says; wrong options are what a misreading of the same table gives.
"""

import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source, Tolerance
from evalkit.templates import NEAR_MISS_TOLERANCES, Params, half_way

_TOLERANCE = Tolerance(rel=0.01)


def _apart(gold: float, wrong: Mapping[str, float], turn: int) -> dict[str, str] | None:
    """Printed wrong values with their mistakes, three from place `turn` on; None where one is too near or the gold is a tie."""
    if half_way(gold, 2):
        return None  # the last printed digit would be a matter of taste
    shown: dict[str, str] = {}
    first = turn % len(wrong)
    for mistake, value in [*wrong.items()][first:] + [*wrong.items()][:first]:
        if abs(value - gold) > NEAR_MISS_TOLERANCES * _TOLERANCE.width(gold):
            shown.setdefault(f"{value:.2f}", mistake)
        elif abs(value - gold) > 1e-9:
            return None  # the number form could not tell this misreading from the gold
    return dict(list(shown.items())[:3]) if len(shown) >= 3 else None


# Growth reference: sex and centile choose the column, age the row.

AGES = (0, 3, 6, 9, 12, 15, 18, 24)
COLUMNS = (("boys", 50), ("boys", 97), ("girls", 50), ("girls", 97))
_CURVE = (3.3, 6.2, 7.8, 8.9, 9.7, 10.4, 11.0, 12.2)  # about a boy's median in kg; every draw moves it


def _between(ages: Sequence[int], weights: Sequence[float], age: float) -> float:
    """Weight in kg at `age` in months, linear between the rows on both sides."""
    upper = next(place for place, month in enumerate(ages) if month >= age)
    if ages[upper] == age:
        return weights[upper]
    low, high = ages[upper - 1], ages[upper]
    return weights[upper - 1] + (weights[upper] - weights[upper - 1]) * (age - low) / (high - low)


def _growth_wrong(p: Params) -> dict[str, float]:
    column, age = p["column"], p["age"]
    own = [row[column] for row in p["rows"]]
    other_sex, other_centile = (column + 2) % 4, column ^ 1
    upper = next(place for place, month in enumerate(AGES) if month >= age)
    if AGES[upper] == age:
        return {
            "column of the other sex": p["rows"][upper][other_sex],
            "column of the other centile": p["rows"][upper][other_centile],
            "row before": own[upper - 1],
            "row after": own[upper + 1],
        }
    share = (age - AGES[upper - 1]) / (AGES[upper] - AGES[upper - 1])
    return {
        "lower row without interpolation": own[upper - 1],
        "upper row without interpolation": own[upper],
        "column of the other centile": _between(AGES, [row[other_centile] for row in p["rows"]], age),
        "column of the other sex": _between(AGES, [row[other_sex] for row in p["rows"]], age),
        "ratio counted from the upper row": own[upper] - (own[upper] - own[upper - 1]) * share,
    }


def _draw_growth(rng: random.Random) -> Params | None:
    scale, girls, wide = rng.uniform(0.92, 1.08), rng.uniform(0.90, 0.95), rng.uniform(1.17, 1.28)
    rows = []
    for weight in _CURVE:
        boy = weight * scale * rng.uniform(0.99, 1.01)
        girl = boy * girls
        rows.append([round(value, 1) for value in (boy, boy * wide, girl, girl * wide)])
    direct = rng.random() < 0.45
    age = rng.choice(AGES[1:-1]) if direct else rng.choice([month for month in range(1, 18) if month % 3])
    p: dict[str, Any] = {"rows": rows, "column": rng.randrange(4), "age": age, "turn": rng.randrange(4)}
    rising = all(first[place] < second[place] for first, second in itertools.pairwise(rows) for place in range(4))
    if not rising or _apart(_growth_gold(p), _growth_wrong(p), p["turn"]) is None:
        return None
    return p


def _growth_gold(p: Params) -> float:
    return _between(AGES, [row[p["column"]] for row in p["rows"]], p["age"])


_SEX: Mapping[Language, Mapping[str, str]] = {"zh": {"boys": "男孩", "girls": "女孩"}, "en": {"boys": "boys", "girls": "girls"}}
_GROWTH_STEM: Mapping[Language, str] = {
    "zh": "按上表（虚构的体重参考值，单位 kg；P 后为百分位），{age} 月龄{sex}的第 {centile} 百分位体重是多少 kg？两行之间按线性内插；保留两位小数。",
    "en": "The table is an invented reference of weight in kg; P stands before the centile. What is the {centile}th centile of weight, in kg, for {sex} aged {age} {months}? Interpolate linearly between rows; give two decimals.",
}


def _write_growth(p: Params, language: Language) -> Sequence[Content]:
    sex, centile = COLUMNS[p["column"]]
    heads = [f"{_SEX[language][name].capitalize()} P{number}" for name, number in COLUMNS]
    context = table(
        ({"zh": "月龄", "en": "Age (months)"}[language], *heads),
        [(age, *(f"{value:.1f}" for value in row)) for age, row in zip(AGES, p["rows"], strict=True)],
    )
    months = "month" if p["age"] == 1 else "months"
    stem = _GROWTH_STEM[language].format(age=p["age"], sex=_SEX[language][sex], centile=centile, months=months)
    gold = _growth_gold(p)
    if p["age"] in AGES:
        told = {"zh": f"取 {p['age']} 月龄一行、{heads[p['column']]} 一列，直接读数。", "en": f"Row {p['age']}, column {heads[p['column']]}, read directly."}
    else:
        upper = next(place for place, month in enumerate(AGES) if month > p["age"])
        low, high = (p["rows"][place][p["column"]] for place in (upper - 1, upper))
        step = f"{low:.1f} + ({high:.1f} − {low:.1f}) × ({p['age']} − {AGES[upper - 1]}) / ({AGES[upper]} − {AGES[upper - 1]}) = {gold:.2f} kg"
        told = {"zh": f"{heads[p['column']]} 一列：{step}。", "en": f"Column {heads[p['column']]}: {step}."}
    return _both(stem, context, f"{gold:.2f}", "kg", _apart(gold, _growth_wrong(p), p["turn"]) or {}, told[language])


def _both(stem: str, context: str, gold: str, unit: str, wrong: Mapping[str, str], explanation: str) -> Sequence[Content]:
    """The choice and the number form of one reading."""
    options = {f"{text} {unit}": mistake for text, mistake in wrong.items()}
    right = f"{gold} {unit}"
    return (
        Content(form="choice", stem=stem, context=context, answer=right, choices=(right, *options), mistakes=options, explanation=explanation),
        Content(form="number", stem=stem, context=context, answer=gold, unit=unit, tolerance=_TOLERANCE, explanation=explanation, mistakes=wrong),
    )


# Calibrators: two wavelengths, absorbance read back to concentration, the dilution of the specimen multiplied in.

LEVELS = (0, 20, 40, 80, 120, 160)
WAVES = (505, 546)


def _read_back(levels: Sequence[float], signals: Sequence[float], signal: float) -> float:
    """Concentration in mg/L at which the straight line between two calibrators has `signal`."""
    upper = next(place for place, value in enumerate(signals) if value > signal)
    share = (signal - signals[upper - 1]) / (signals[upper] - signals[upper - 1])
    return levels[upper - 1] + (levels[upper] - levels[upper - 1]) * share


def _assay_gold(p: Params) -> float:
    return float(p["dilution"] * _read_back(LEVELS, [row[p["wave"]] for row in p["signals"]], p["absorbance"]))


def _assay_wrong(p: Params) -> dict[str, float]:
    own = [row[p["wave"]] for row in p["signals"]]
    other = [row[1 - p["wave"]] for row in p["signals"]]
    upper = next(place for place, value in enumerate(own) if value > p["absorbance"])
    low, high = LEVELS[upper - 1], LEVELS[upper]
    within = _assay_gold(p) / p["dilution"]
    wrong = {
        "dilution left out": within,
        "ratio counted from the upper calibrator": p["dilution"] * (high - (within - low)),
        "dilution taken for one part and so many more": (p["dilution"] + 1) * within,
        "nearest calibrator without interpolation": p["dilution"] * (low if within - low < high - within else high),
        "divided by the dilution": within / p["dilution"],
        "upper calibrator without interpolation": p["dilution"] * high,
    }
    if other[0] < p["absorbance"] < other[-1]:
        wrong = {"column of the other wavelength": p["dilution"] * _read_back(LEVELS, other, p["absorbance"]), **wrong}
    return wrong


def _draw_assay(rng: random.Random) -> Params | None:
    slope, bend, blank = rng.uniform(0.0055, 0.0075), rng.uniform(0.0, 0.12), rng.uniform(0.010, 0.040)
    second = rng.uniform(0.78, 0.90)
    signals = []
    for level in LEVELS:
        value = blank + slope * level * (1 - bend * level / LEVELS[-1])
        signals.append([round(value, 3), round(blank / 2 + second * (value - blank), 3)])
    wave = rng.randrange(2)
    column = [row[wave] for row in signals]
    p: dict[str, Any] = {
        "signals": signals,
        "wave": wave,
        "dilution": rng.choice((2, 4, 5, 10)),
        "absorbance": round(rng.uniform(column[2], column[-1]), 3),
        "turn": rng.randrange(7),
    }
    if p["absorbance"] in column or not column[0] < p["absorbance"] < column[-1]:
        return None
    return p if _apart(_assay_gold(p), _assay_wrong(p), p["turn"]) is not None else None


_ASSAY_STEM: Mapping[Language, str] = {
    "zh": "表中为某测定项目定标品的吸光度。标本先用缓冲液作 {dilution} 倍稀释（1 份标本加至 {dilution} 份总体积），在 {wave} nm 测得吸光度 {absorbance}。两个定标点之间按线性内插，原标本的浓度是多少 mg/L？保留两位小数。",
    "en": "The table gives the absorbance of the calibrators of an assay. A specimen was diluted {dilution}-fold with buffer (1 part made up to {dilution} parts) and then read {absorbance} at {wave} nm. Interpolating linearly between calibrators, what is the concentration of the undiluted specimen in mg/L? Two decimals.",
}


def _write_assay(p: Params, language: Language) -> Sequence[Content]:
    heads = {"zh": ("定标品浓度 (mg/L)", "{} nm 吸光度"), "en": ("Calibrator (mg/L)", "Absorbance at {} nm")}[language]
    context = table(
        (heads[0], *(heads[1].format(wave) for wave in WAVES)),
        [(level, *(f"{value:.3f}" for value in row)) for level, row in zip(LEVELS, p["signals"], strict=True)],
    )
    wave, gold = WAVES[p["wave"]], _assay_gold(p)
    stem = _ASSAY_STEM[language].format(dilution=p["dilution"], wave=wave, absorbance=f"{p['absorbance']:.3f}")
    column = [row[p["wave"]] for row in p["signals"]]
    upper = next(place for place, value in enumerate(column) if value > p["absorbance"])
    low, high = column[upper - 1], column[upper]
    step = (
        f"{LEVELS[upper - 1]} + {LEVELS[upper] - LEVELS[upper - 1]} × ({p['absorbance']:.3f} − {low:.3f}) / ({high:.3f} − {low:.3f})"
        f" = {gold / p['dilution']:.2f} mg/L; × {p['dilution']} = {gold:.2f} mg/L"
    )
    told = {"zh": f"{wave} nm 一列内插：{step.replace('; ', '；')}。", "en": f"Interpolate in the {wave} nm column: {step}."}
    return _both(stem, context, f"{gold:.2f}", "mg/L", _apart(gold, _assay_wrong(p), p["turn"]) or {}, told[language])


GENERATORS = (
    Generator(
        id="GHT1",
        task="reading",
        subarea="paediatrics_obstetrics",
        level="apply",
        draw=_draw_growth,
        write=_write_growth,
        source=Source(title="Reading of a growth reference; the table is invented and printed in the item", kind="made"),
        draws=5,
        foundation=lambda p: p["age"] in AGES,
    ),
    Generator(
        id="GHT2",
        task="reading",
        subarea="laboratory",
        level="apply",
        draw=_draw_assay,
        write=_write_assay,
        source=Source(title="Reading of a calibration table; the table is invented and printed in the item", kind="made"),
        draws=5,
    ),
)
