"""Causes read off a log by printed rules: gases dissolved in transformer oil, and one cell that differs from the others."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params

# Ranges of C2H2/C2H4, CH4/H2 and C2H4/C2H6 for each type of fault, as IEC 60599 has them; None: no end.
Range = tuple[float | None, float | None]
REGIONS: Mapping[str, tuple[Range, Range, Range]] = {
    "PD": ((None, None), (None, 0.1), (None, 0.2)),
    "D1": ((1, None), (0.1, 0.5), (1, None)),
    "D2": ((0.6, 2.5), (0.1, 1), (2, None)),
    "T1": ((None, None), (1, None), (None, 1)),
    "T2": ((None, 0.1), (1, None), (1, 4)),
    "T3": ((None, 0.2), (1, None), (4, None)),
}
RATIOS = ("C2H2/C2H4", "CH4/H2", "C2H4/C2H6")
FAULTS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "PD": "局部放电",
        "D1": "低能量放电",
        "D2": "高能量放电",
        "T1": "热故障，低于 300 ℃",
        "T2": "热故障，300–700 ℃",
        "T3": "热故障，高于 700 ℃",
    },
    "en": {
        "PD": "partial discharge",
        "D1": "discharge of low energy",
        "D2": "discharge of high energy",
        "T1": "thermal, below 300 °C",
        "T2": "thermal, 300–700 °C",
        "T3": "thermal, above 700 °C",
    },
}
# Where ratios are drawn from: inside a region and away from its edges and from the regions that overlap it.
INSIDE: Mapping[str, tuple[tuple[float, float], ...]] = {
    "PD": ((0.01, 0.05), (0.03, 0.08), (0.05, 0.16)),
    "D1": ((2.9, 6.0), (0.13, 0.42), (1.3, 3.0)),
    "D2": ((0.7, 2.2), (0.57, 0.88), (2.4, 6.0)),
    "T1": ((0.01, 0.05), (1.3, 3.0), (0.25, 0.85)),
    "T2": ((0.01, 0.07), (1.3, 3.0), (1.3, 3.4)),
    "T3": ((0.02, 0.16), (1.3, 3.0), (4.8, 9.0)),
}
EDGE = 0.08  # no ratio lies nearer than this share of it to an edge that decides


def _lies(ratio: float, ends: Range, slack: float) -> bool:
    low, high = ends
    return (low is None or ratio > low * (1 - slack)) and (high is None or ratio < high * (1 + slack))


def faults_of(ratios: Sequence[float], slack: float = 0.0) -> list[str]:
    """Types whose three ranges hold `ratios`; with `slack` > 0 the ranges are wider by that share of their ends, below 0 narrower."""
    return [fault for fault, region in REGIONS.items() if all(_lies(ratio, ends, slack) for ratio, ends in zip(ratios, region, strict=True))]


def _excluded_by(fault: str, ratios: Sequence[float]) -> str:
    """The first ratio that keeps `fault` out."""
    return next(name for name, ratio, ends in zip(RATIOS, ratios, REGIONS[fault], strict=True) if not _lies(ratio, ends, 0))


def _draw_gases(rng: random.Random) -> Params | None:
    fault = rng.choice(sorted(REGIONS))
    first, second, third = (rng.uniform(*ends) for ends in INSIDE[fault])
    ethane = rng.randint(40, 160) if fault != "D1" else rng.randint(20, 60)
    ethylene = round(ethane * third)
    acetylene = round(ethylene * first)
    hydrogen = rng.randint(150, 400) if second < 1 else rng.randint(60, 150)
    methane = round(hydrogen * second)
    if not (acetylene >= 1 and ethylene >= 4 and methane >= 5):
        return None
    ratios = (acetylene / ethylene, methane / hydrogen, ethylene / ethane)
    if not faults_of(ratios, -EDGE) == faults_of(ratios, EDGE) == [fault]:
        return None
    gases = {"H2": hydrogen, "CH4": methane, "C2H6": ethane, "C2H4": ethylene, "C2H2": acetylene}
    turned = {
        "C2H4 and C2H6 exchanged": (ratios[0], ratios[1], 1 / ratios[2]),
        "CH4 and H2 exchanged": (ratios[0], 1 / ratios[1], ratios[2]),
        "C2H2 and C2H4 exchanged": (1 / ratios[0], ratios[1], ratios[2]),
        "ethylene divided by methane": (ratios[0], ratios[1], ethylene / methane),
    }
    wrong: dict[str, str] = {}
    for name, misread in turned.items():
        for found in faults_of(misread)[:1]:
            if found != fault:
                wrong.setdefault(found, name)
    rest = [other for other in REGIONS if other != fault and other not in wrong]
    for other in rng.sample(rest, len(rest)):
        wrong.setdefault(other, f"{_excluded_by(other, ratios)} not held against its range")
    return {"fault": fault, "gases": gases, "wrong": [[other, name] for other, name in list(wrong.items())[:3]]}


def _span(ends: Range, language: Language) -> str:
    low, high = ends
    if low is None and high is None:
        return "不限" if language == "zh" else "any"
    if low is None or high is None:
        return f"> {low:g}" if low is not None else f"< {high:g}"
    return f"{low:g}–{high:g}"


def _write_gases(p: Params, language: Language) -> tuple[Content, ...]:
    zh = language == "zh"
    names = FAULTS[language]
    rows = [(code, *(_span(ends, language) for ends in region), names[code]) for code, region in REGIONS.items()]
    head = ("代码" if zh else "code", *RATIOS, "故障类型" if zh else "type of fault")
    colon, stop = ("：", "；") if zh else (": ", "; ")
    gases = stop.join(f"{gas} {value}" for gas, value in p["gases"].items())
    measured = "油中溶解气体含量（µL/L）" if zh else "Gases dissolved in the oil (µL/L)"
    title = "气体比值判据（范围不含端点）" if zh else "Ratios of gases (the ends of a range do not belong to it)"
    option = {code: f"{code}{colon}{name}" for code, name in names.items()}
    gold, gas = p["fault"], p["gases"]
    ratios = (gas["C2H2"] / gas["C2H4"], gas["CH4"] / gas["H2"], gas["C2H4"] / gas["C2H6"])
    shown = stop.join(f"{name} = {ratio:.2f}" for name, ratio in zip(RATIOS, ratios, strict=True))
    mistakes = {option[code]: name for code, name in p["wrong"]}
    return (
        Content(
            form="choice",
            stem=(
                "风电场升压变压器的油样分析结果见材料。按所给判据，三个比值都落在其范围内的故障类型是哪一种？"
                if zh
                else "An oil sample of a wind farm's step-up transformer gave the gases listed. For which type of fault do all three ratios lie in the printed ranges?"
            ),
            context=f"{title}\n{table(head, rows)}\n{measured}{colon}{gases}",
            answer=option[gold],
            choices=(option[gold], *mistakes),
            mistakes=mistakes,
            explanation=f"{shown}{'，三者同时落入 ' if zh else '; all three lie in the row of '}{gold}{' 一行。' if zh else '.'}",
        ),
    )


CAUSES: Mapping[Language, Mapping[str, str]] = {
    "zh": {"capacity": "容量偏低", "resistance": "内阻偏大", "leak": "自放电过大", "offset": "电压采样有偏差"},
    "en": {"capacity": "low capacity", "resistance": "high internal resistance", "leak": "high self-discharge", "offset": "offset of the voltage sensing"},
}
RULES: Mapping[Language, str] = {
    "zh": (
        "判断规则（以其他电芯的中位值为基准，“相近”指相差不超过 5 mV）\n"
        "容量偏低：静置时相近；放电开始 10 s 的压降相近；放电末低 100 mV 以上，充电末高 50 mV 以上。\n"
        "内阻偏大：静置时相近；放电开始 10 s 的压降比中位值大 20 mV 以上。\n"
        "自放电过大：充放电过程中相近；充电后静置 30 天，比中位值多下降 20 mV 以上。\n"
        "电压采样有偏差：每个时刻都相差 20 mV 以上，且各时刻的差值相近。"
    ),
    "en": (
        "Rules (the cell is compared with the median of the others; “alike” means within 5 mV)\n"
        "Low capacity: alike at rest; its drop in the first 10 s of discharge is alike; more than 100 mV lower at the end of discharge and more than 50 mV higher at the end of charge.\n"
        "High internal resistance: alike at rest; its drop in the first 10 s of discharge is more than 20 mV larger than the median's.\n"
        "High self-discharge: alike while discharging and charging; in 30 days of rest after charging it falls more than 20 mV further than the median.\n"
        "Offset of the voltage sensing: more than 20 mV away at every moment, and by differences that are alike."
    ),
}
MOMENTS: Mapping[Language, tuple[str, ...]] = {
    "zh": ("放电前静置", "放电开始 10 s", "放电末", "充电末", "充电后静置 1 h", "充电后静置 30 天"),
    "en": ("rest before discharge", "10 s into discharge", "end of discharge", "end of charge", "1 h of rest after charge", "30 days of rest after charge"),
}
# What a wrong cause rests on.
MISREAD: Mapping[str, str] = {
    "capacity": "a difference under load taken for capacity, without the ends of charge and discharge",
    "resistance": "a low voltage under load taken for resistance, without the step of the first seconds",
    "leak": "a low voltage taken for lost charge, without the fall during the long rest",
    "offset": "a difference at some moments taken for one at all",
}


def _differences(rng: random.Random, cause: str) -> list[int]:
    """How far the cell lies above the median at the six moments, in mV, by the rules and well away from their limits."""
    noise = [rng.randint(-2, 2) for _ in range(6)]
    added = [0] * 6
    if cause == "capacity":
        added = [0, 0, -rng.randint(120, 230), rng.randint(65, 140), 0, 0]
    elif cause == "resistance":
        step = rng.randint(28, 60)
        added = [0, -step, -step, step, 0, 0]
    elif cause == "leak":
        added = [0, 0, 0, 0, 0, -rng.randint(26, 38)]
    else:
        added = [rng.choice((-1, 1)) * rng.randint(28, 60)] * 6
    return [first + second for first, second in zip(added, noise, strict=True)]


def _draw_cell(rng: random.Random) -> Params:
    cause = rng.choice(sorted(MISREAD))
    median = [
        rng.randint(3318, 3332), rng.randint(3255, 3275), rng.randint(3020, 3090), rng.randint(3440, 3500), rng.randint(3338, 3346), rng.randint(3330, 3336),
    ]  # fmt: skip
    return {"cause": cause, "cell": rng.randint(2, 104), "median": median, "differences": _differences(rng, cause)}


def _write_cell(p: Params, language: Language) -> tuple[Content, ...]:
    zh = language == "zh"
    head = ("时刻" if zh else "moment", f"{p['cell']} 号电芯" if zh else f"cell {p['cell']}", "其他电芯中位值" if zh else "median of the others")
    rows = [(moment, middle + apart, middle) for moment, middle, apart in zip(MOMENTS[language], p["median"], p["differences"], strict=True)]
    names = CAUSES[language]
    mistakes = {names[cause]: why for cause, why in MISREAD.items() if cause != p["cause"]}
    apart = ", ".join(f"{difference:+d}" for difference in p["differences"])
    gold = names[p["cause"]]
    return (
        Content(
            form="choice",
            stem=(
                f"储能站一簇磷酸铁锂电池的维护记录见表（mV）。按所给规则，{p['cell']} 号电芯的问题是什么？"
                if zh
                else f"Maintenance record of a string of LFP cells in a storage station (mV). By the rules, what is wrong with cell {p['cell']}?"
            ),
            context=f"{RULES[language]}\n{table(head, rows)}",
            answer=gold,
            choices=(gold, *mistakes),
            mistakes=mistakes,
            explanation=f"各时刻与中位值之差为 {apart} mV，符合“{gold}”的规则。" if zh else f"Differences from the median are {apart} mV: the rule of {gold}.",
        ),
    )


def _generator(name: str, subarea: str, source: Source, **own: Any) -> Generator:
    return Generator(id=name, task="diagnosis", subarea=subarea, level="judge", source=source, draws=6, **own)


GENERATORS = (
    _generator(
        "GNF1", "grid", Source(title="IEC 60599 Mineral oil-filled electrical equipment in service", clause="interpretation by gas ratios", kind="standard"),
        draw=_draw_gases, write=_write_gases,
    ),
    _generator("GNF2", "storage", Source(title="Invented record with printed rules", kind="made"), draw=_draw_cell, write=_write_cell),
)  # fmt: skip
