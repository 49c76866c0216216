"""Curves printed as tables: the power of a turbine by wind speed and air density, and the charge of a cell by its open-circuit voltage."""

import itertools
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source, Tolerance
from evalkit.templates import Params

SPEEDS = tuple(range(5, 12))  # m/s
DENSITIES = ((1.225, 1.125, 1.025), (1.200, 1.100, 1.000), (1.225, 1.150, 1.075))  # kg/m3
CHARGES = tuple(range(10, 100, 10))  # % of the rated capacity
SHARES = (0.2, 0.3, 0.4, 0.6, 0.7, 0.8)  # way from a row to the next; half-way the two weights could not be told apart


def _between(first: float, second: float, share: float) -> float:
    return first + share * (second - first)


def _kept(gold: float, wrong: Mapping[str, float], width: float, rng: random.Random, digits: int) -> list[list[str]] | None:
    """Three wrong values, as printed, that lie at least three tolerances from the gold and a tolerance from each other; None: too few."""
    far: list[tuple[str, float]] = []
    for name, value in rng.sample(sorted(wrong.items()), len(wrong)):
        if abs(value - gold) >= 3 * width and all(abs(value - other) >= width for _, other in far):
            far.append((name, value))
    return [[name, f"{value:.{digits}f}"] for name, value in far[:3]] if len(far) >= 3 else None


def _draw_power(rng: random.Random) -> Params | None:
    densities = rng.choice(DENSITIES)
    diameter, coefficient, rated = rng.randint(100, 170), rng.uniform(0.40, 0.46), rng.choice((2500, 3000, 3300, 4000, 5000))
    rows = []
    for speed in SPEEDS:
        free = [rho / 2 * 0.7854 * diameter**2 * speed**3 * coefficient / 1000 for rho in densities]
        rows.append([int(min(rated, 5 * round(power / 5))) for power in free])
    row, column, share = rng.randrange(len(SPEEDS) - 1), rng.randrange(3), rng.choice(SHARES)
    below, above = rows[row], rows[row + 1]
    if max(above) >= rated:
        return None  # where the unit limits, neighbouring values are equal
    gold = _between(below[column], above[column], share)
    other = (column + rng.choice((1, 2))) % 3
    wrong = {
        "row below read without interpolating": below[column],
        "row above read without interpolating": above[column],
        "shares of the two rows exchanged": _between(below[column], above[column], 1 - share),
        "neighbouring column of density read": _between(below[other], above[other], share),
        "mean of the two rows taken": _between(below[column], above[column], 0.5),
    }
    kept = _kept(gold, wrong, 0.01 * gold, rng, 1)
    if kept is None:
        return None
    asked = {"speed": f"{SPEEDS[row] + share:.1f}", "density": f"{densities[column]:.3f}"}
    return {"densities": [f"{rho:.3f}" for rho in densities], "rows": rows, **asked, "gold": f"{gold:.1f}", "wrong": kept}


def _contents(p: Params, unit: str, tolerance: Tolerance, told: Mapping[str, str]) -> tuple[Content, ...]:
    """The choice and the number form of one table and one question."""
    answer = f"{p['gold']} {unit}"
    mistakes = {f"{value} {unit}": name for name, value in p["wrong"]}
    shared: dict[str, Any] = {"context": told["context"], "stem": told["stem"], "explanation": told["why"]}
    return (
        Content(form="choice", answer=answer, choices=(answer, *mistakes), mistakes=mistakes, **shared),
        Content(form="number", answer=p["gold"], unit=unit, tolerance=tolerance, **shared),
    )


def _write_power(p: Params, language: Language) -> tuple[Content, ...]:
    body = [(speed, *row) for speed, row in zip(SPEEDS, p["rows"], strict=True)]
    if language == "zh":
        head = ("风速 m/s", *(f"{rho} kg/m³" for rho in p["densities"]))
        title = "某机组功率曲线（kW），各列为不同空气密度"
        stem = f"按表中功率曲线，空气密度 {p['density']} kg/m³、风速 {p['speed']} m/s 时机组功率是多少 kW？相邻两行之间按风速线性插值，结果保留一位小数。"
        why = f"在 {p['density']} kg/m³ 一列，取 {p['speed']} m/s 上下两行的功率按风速线性插值，得 {p['gold']} kW。"
    else:
        head = ("wind speed, m/s", *(f"{rho} kg/m³" for rho in p["densities"]))
        title = "Power curve of a wind turbine (kW), one column for each air density"
        stem = (
            f"By the printed power curve, what power does the turbine give at an air density of {p['density']} kg/m³ and a wind "
            f"speed of {p['speed']} m/s? Interpolate linearly in wind speed between two rows; answer in kW with one decimal."
        )
        why = f"In the column of {p['density']} kg/m³ the rows on either side of {p['speed']} m/s are weighted by their distance: {p['gold']} kW."
    return _contents(p, "kW", Tolerance(rel=0.01), {"context": f"{title}\n{table(head, body)}", "stem": stem, "why": why})


# Open-circuit voltage of a cell with a layered oxide cathode at 10 %, 20 % ... 90 %, in mV: the usual shape, steeper at both ends.
REST_MV = (3430, 3520, 3580, 3620, 3665, 3740, 3835, 3930, 4045)


def _share_of(volts: float, column: Sequence[int], row: int) -> float:
    return (volts - column[row]) / (column[row + 1] - column[row])


def _draw_charge(rng: random.Random) -> Params | None:
    first = [mv + rng.randint(-8, 8) for mv in REST_MV]
    second = [mv - rng.randint(14, 34) for mv in first]
    columns = {"A": first, "B": second}
    asked = rng.choice(("A", "B"))
    column, other = columns[asked], columns["B" if asked == "A" else "A"]
    row = rng.randrange(len(CHARGES) - 1)
    volts = column[row] + round((column[row + 1] - column[row]) * rng.choice(SHARES))
    if any(low >= high for mvs in (first, second) for low, high in itertools.pairwise(mvs)):
        return None
    if Fraction(100 * (volts - column[row]), column[row + 1] - column[row]) % 1 == Fraction(1, 2):
        return None  # half-way between two printed decimals: rounding must have one answer
    share = _share_of(volts, column, row)
    gold = CHARGES[row] + 10 * share
    misread = next((place for place in range(len(CHARGES) - 1) if other[place] <= volts <= other[place + 1]), None)
    if misread is None:
        return None
    wrong = {
        "row below read without interpolating": float(CHARGES[row]),
        "row above read without interpolating": float(CHARGES[row + 1]),
        "share of the way taken from the upper row": CHARGES[row + 1] - 10 * share,
        "column of the other type read": CHARGES[misread] + 10 * _share_of(volts, other, misread),
        "mean of the two rows taken": CHARGES[row] + 5.0,
    }
    kept = _kept(gold, wrong, 0.5, rng, 1)
    if kept is None:
        return None
    return {"first": first, "second": second, "type": asked, "mv": volts, "gold": f"{gold:.1f}", "wrong": kept}


def _write_charge(p: Params, language: Language) -> tuple[Content, ...]:
    body = [(charge, *row) for charge, *row in zip(CHARGES, p["first"], p["second"], strict=True)]
    if language == "zh":
        title = "两种型号三元锂离子电芯充分静置后的开路电压（mV）"
        head = ("SoC %", "A 型", "B 型")
        stem = f"一只 {p['type']} 型电芯充分静置后，测得开路电压 {p['mv']} mV。由表查得的 SoC 是多少（%）？相邻两行之间按电压线性插值，结果保留一位小数。"
        why = f"在 {p['type']} 型一列中找出夹住 {p['mv']} mV 的两行，按电压差的比例在相差十个百分点的两个 SoC 之间插值，得 {p['gold']}%。"
    else:
        title = "Open-circuit voltage after rest of two types of lithium-ion cell with layered oxide cathodes (mV)"
        head = ("SoC, %", "type A", "type B")
        stem = (
            f"A cell of type {p['type']} has rested long enough; its open-circuit voltage is {p['mv']} mV. What state of charge "
            f"does the table give, in %? Interpolate linearly in voltage between two rows; answer with one decimal."
        )
        why = f"In the column of type {p['type']} two rows enclose {p['mv']} mV; the share of their voltage difference, of ten points of charge, leads to {p['gold']} %."
    return _contents(p, "%", Tolerance(rel=0, abs=0.5), {"context": f"{title}\n{table(head, body)}", "stem": stem, "why": why})


GENERATORS = (
    Generator(
        id="GNT1", task="reading", subarea="wind", level="apply", draw=_draw_power, write=_write_power,
        source=Source(title="Invented power curve", kind="made"), draws=5,
    ),
    Generator(
        id="GNT2", task="reading", subarea="battery", level="apply", draw=_draw_charge, write=_write_charge,
        source=Source(title="Invented table of open-circuit voltages", kind="made"), draws=5,
    ),
)  # fmt: skip
