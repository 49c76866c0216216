"""Verdicts with their reasons: a plate or coke lot against the row of its grade, and a stack against its corrected limits."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params

MADE = Source(title="Rules and data written for this item", kind="made")
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": ["pass", "fail"]},
        "failing": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["verdict", "failing"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A limit of a quantity: `side` is "≤" or "≥"; whole steps of 10**-digits; limits are drawn from `low` to `high` steps."""

    key: str
    side: str
    digits: int
    low: int
    high: int
    near: int  # farthest distance of a value from its limit, in steps
    grid: int = 1  # limits are multiples of so many steps
    unit: str = "%"

    def limit(self, rng: random.Random) -> int:
        """A limit, in steps."""
        return self.grid * rng.randint(-(-self.low // self.grid), self.high // self.grid)

    def text(self, steps: int) -> str:
        """The amount of so many steps as it is printed."""
        return f"{steps / 10**self.digits:.{self.digits}f}"

    def holds(self, value: int, limit: int, *, inclusive: bool) -> bool:
        """Whether the value keeps the limit; equality counts where limits are inclusive."""
        return (inclusive and value == limit) or (value < limit if self.side == "≤" else value > limit)


CLAUSES: Mapping[str, tuple[Clause, ...]] = {
    "plate": (
        Clause(key="C", side="≤", digits=2, low=12, high=20, near=2, grid=1),
        Clause(key="Si", side="≤", digits=2, low=35, high=55, near=4, grid=5),
        Clause(key="Mn", side="≤", digits=2, low=135, high=170, near=6, grid=5),
        Clause(key="P", side="≤", digits=3, low=15, high=30, near=3, grid=5),
        Clause(key="S", side="≤", digits=3, low=5, high=20, near=2, grid=5),
        Clause(key="ReH", side="≥", digits=0, low=345, high=460, near=12, grid=5, unit="MPa"),
        Clause(key="Rm", side="≥", digits=0, low=470, high=560, near=14, grid=10, unit="MPa"),
        Clause(key="A", side="≥", digits=1, low=170, high=220, near=9, grid=10),
        Clause(key="KV2", side="≥", digits=0, low=27, high=60, near=6, grid=10, unit="J"),
    ),
    "coke": (
        Clause(key="Ad", side="≤", digits=1, low=115, high=135, near=4, grid=5),
        Clause(key="St", side="≤", digits=2, low=60, high=85, near=4, grid=5),
        Clause(key="Mt", side="≤", digits=1, low=30, high=70, near=5, grid=5),
        Clause(key="M40", side="≥", digits=1, low=780, high=880, near=9, grid=10),
        Clause(key="M10", side="≤", digits=1, low=55, high=80, near=4, grid=5),
        Clause(key="CRI", side="≤", digits=1, low=220, high=300, near=8, grid=10),
        Clause(key="CSR", side="≥", digits=1, low=580, high=690, near=9, grid=10),
    ),
}
GRADES: Mapping[str, tuple[str, ...]] = {"plate": ("WL-A", "WL-B", "WL-C"), "coke": ("JT-A", "JT-B", "JT-C")}
WORDS: Mapping[str, Mapping[Language, Mapping[str, str]]] = {
    "plate": {
        "zh": {
            "head": "钢板订货技术条件（化学成分为熔炼分析，质量分数 %；ReH、Rm 单位 MPa，A 单位 %，KV2 单位 J）：",
            "lot": "本批钢板按 {grade} 订货，检验结果：",
            "row": "牌号",
            "ask": "按订货条件，这批钢板是否合格？不合格时有哪些项目不合格？",
        },
        "en": {
            "head": "Ordering conditions for plate (ladle analysis in mass %; ReH and Rm in MPa, A in %, KV2 in J):",
            "lot": "The lot was ordered as {grade}. Its test results:",
            "row": "Grade",
            "ask": "By the ordering conditions, does this lot of plate pass, and if not, which clauses fail?",
        },
    },
    "coke": {
        "zh": {
            "head": "冶金焦采购技术条件（各项单位均为 %；Ad 灰分，St 全硫，Mt 水分，M40、M10 机械强度，CRI 反应性，CSR 反应后强度）：",
            "lot": "本批焦炭按 {grade} 采购，化验结果：",
            "row": "等级",
            "ask": "按采购条件，这批焦炭是否合格？不合格时有哪些项目不合格？",
        },
        "en": {
            "head": "Purchase conditions for metallurgical coke (all in %; Ad ash, St total sulphur, Mt moisture, M40 and M10 drum strength, CRI reactivity, CSR strength after reaction):",
            "lot": "The lot was bought as {grade}. Its assay:",
            "row": "Class",
            "ask": "By the purchase conditions, does this lot of coke pass, and if not, which clauses fail?",
        },
    },
}
EQUAL: Mapping[Language, Mapping[bool, str]] = {
    "zh": {True: "测定值等于限值判为合格。", False: "测定值等于限值判为不合格。"},
    "en": {True: "A value equal to its limit is accepted.", False: "A value equal to its limit is rejected."},
}


def failing(clauses: Sequence[Clause], limits: Sequence[int], values: Sequence[int], *, inclusive: bool) -> list[str]:
    """Keys of the clauses that the values break, in the order of the table."""
    return [
        clause.key
        for clause, limit, value in zip(clauses, limits, values, strict=True)
        if not clause.holds(value, limit, inclusive=inclusive)
    ]


def verdict_text(keys: Sequence[str], language: Language) -> str:
    """A verdict with its failing clauses as the options print it."""
    if language == "zh":
        return "不合格：" + "、".join(keys) if keys else "合格"
    return "Fail: " + ", ".join(keys) if keys else "Pass"


def chosen(rng: random.Random, gold: Sequence[str], wrong: Mapping[str, Sequence[str]]) -> list[list[Any]] | None:
    """Three wrong verdicts with their names, all different, or None where there are fewer."""
    apart: dict[tuple[str, ...], str] = {}
    for name, keys in wrong.items():
        if list(keys) != list(gold) and len(keys) <= 3:
            apart.setdefault(tuple(keys), name)
    if len(apart) < 3:
        return None
    return [[apart[keys], list(keys)] for keys in sorted(rng.sample(sorted(apart), 3))]


def _without(keys: Sequence[str]) -> Mapping[str, Sequence[str]]:
    return {f"failure of {lost} overlooked": [key for key in keys if key != lost] for lost in keys}


def _lot_values(rng: random.Random, clauses: Sequence[Clause], limits: Sequence[int], broken: set[str], equal: str) -> list[int]:
    """A value near each limit: outside it for the broken clauses, on it for `equal`, else inside."""
    values = []
    for clause, limit in zip(clauses, limits, strict=True):
        outward = 1 if clause.side == "≤" else -1
        distance = rng.randint(1, max(1, clause.near // 2)) if clause.key in broken else -rng.randint(1, clause.near)
        values.append(limit if clause.key == equal else limit + outward * distance)
    return values


def _lot_mistakes(clauses: Sequence[Clause], limits: Sequence[Sequence[int]], at: int, values: Sequence[int], *, inclusive: bool) -> Mapping[str, Sequence[str]]:
    gold = failing(clauses, limits[at], values, inclusive=inclusive)
    order = [clause.key for clause in clauses]
    wrong: dict[str, Sequence[str]] = dict(_without(gold))
    equal = "accepted" if not inclusive else "failing"
    wrong[f"value equal to its limit taken as {equal}"] = failing(clauses, limits[at], values, inclusive=not inclusive)
    for row in range(len(limits)):
        if row != at:
            wrong["limits of a neighbouring grade read"] = failing(clauses, limits[row], values, inclusive=inclusive)
    for clause, limit, value in zip(clauses, limits[at], values, strict=True):
        if clause.side == "≥" and value > limit:
            wrong[f"minimum of {clause.key} taken for a maximum"] = sorted({*gold, clause.key}, key=order.index)
        elif clause.side == "≤" and abs(value - limit) == 1 and clause.key not in gold:
            wrong[f"value of {clause.key} just inside its limit taken as failing"] = sorted({*gold, clause.key}, key=order.index)
    return wrong


def _strengths_apart(clauses: Sequence[Clause], limits: Sequence[Sequence[int]]) -> bool:
    """Whether the tensile strength asked for is at least 60 MPa above the yield strength in every row: no lot yields above its Rm."""
    keys = [clause.key for clause in clauses]
    if "Rm" not in keys:
        return True
    return all(row[keys.index("Rm")] - row[keys.index("ReH")] >= 60 for row in limits)


def _draw_lot(rng: random.Random) -> Params | None:
    material = rng.choice(sorted(CLAUSES))
    clauses = CLAUSES[material]
    limits = [[clause.limit(rng) for clause in clauses] for _ in GRADES[material]]
    if not _strengths_apart(clauses, limits):
        return None
    at, inclusive = rng.randrange(3), rng.random() < 0.6
    faults = 0 if rng.random() < 0.42 else rng.choice((1, 1, 2))
    keys = [clause.key for clause in clauses]
    equal = rng.choice(keys) if inclusive or faults else ""
    hit = set(rng.sample([key for key in keys if key != equal], faults if inclusive else max(0, faults - 1)))
    values = _lot_values(rng, clauses, limits[at], hit, equal)
    wrong = chosen(rng, failing(clauses, limits[at], values, inclusive=inclusive), _lot_mistakes(clauses, limits, at, values, inclusive=inclusive))
    if wrong is None:
        return None
    return {"material": material, "inclusive": inclusive, "order": at, "limits": limits, "values": values, "wrong": wrong}


def _forms(context: str, ask: str, gold: Sequence[str], wrong: Sequence[Sequence[Any]], explained: str, language: Language) -> tuple[Content, ...]:
    """The choice and the json form of one verdict."""
    told = {
        "zh": "按 JSON 作答：键 verdict 取 \"pass\"（合格）或 \"fail\"（不合格）；键 failing 为不合格项目的数组，项目名和先后与表头一致，全部合格时为空数组。",
        "en": "Answer in JSON: key verdict is \"pass\" or \"fail\"; key failing is an array of the clauses that fail, named and ordered as in the table's head, empty where all pass.",
    }[language]
    answer = verdict_text(gold, language)
    mistakes = {verdict_text(keys, language): name for name, keys in wrong}
    space = "" if language == "zh" else " "
    return (
        Content(form="choice", context=context, stem=ask, answer=answer, choices=(answer, *mistakes), mistakes=mistakes, explanation=explained),
        Content(
            form="json",
            context=context,
            stem=f"{ask}{space}{told}",
            answer={"verdict": "fail" if gold else "pass", "failing": list(gold)},
            schema=SCHEMA,
            explanation=explained,
        ),
    )


def _lot_explained(clauses: Sequence[Clause], limits: Sequence[int], values: Sequence[int], gold: Sequence[str], language: Language) -> str:
    parts = [
        f"{clause.key} {clause.text(value)}（{'上限' if clause.side == '≤' else '下限'} {clause.text(limit)}）"
        if language == "zh"
        else f"{clause.key} {clause.text(value)} ({'at most' if clause.side == '≤' else 'at least'} {clause.text(limit)})"
        for clause, limit, value in zip(clauses, limits, values, strict=True)
        if clause.key in gold
    ]
    if language == "zh":
        return f"不合格项：{'；'.join(parts)}；其余各项符合所订牌号一行的要求。" if parts else "各项都符合所订牌号一行的要求。"
    return f"Failing: {'; '.join(parts)}; all else keeps the limits of the ordered row." if parts else "All values keep the limits of the ordered row."


def _write_lot(p: Params, language: Language) -> tuple[Content, ...]:
    clauses, words, grades = CLAUSES[p["material"]], WORDS[p["material"]][language], GRADES[p["material"]]
    head = [words["row"], *(f"{clause.key} {clause.side}" for clause in clauses)]
    rows = [[grade, *(clause.text(limit) for clause, limit in zip(clauses, limits, strict=True))] for grade, limits in zip(grades, p["limits"], strict=True)]
    lot = table([clause.key for clause in clauses], [[clause.text(value) for clause, value in zip(clauses, p["values"], strict=True)]])
    told = words["lot"].format(grade=grades[p["order"]])
    context = f"{words['head']}\n\n{table(head, rows)}\n\n{EQUAL[language][p['inclusive']]}\n\n{told}\n\n{lot}"
    limits = p["limits"][p["order"]]
    gold = failing(clauses, limits, p["values"], inclusive=p["inclusive"])
    return _forms(context, words["ask"], gold, p["wrong"], _lot_explained(clauses, limits, p["values"], gold, language), language)


POLLUTANTS: Mapping[str, tuple[int, int]] = {"PM": (10, 20), "SO2": (30, 100), "NOx": (40, 150), "NH3": (5, 15)}  # limits, mg/m³, in steps of 5
PLANTS: tuple[tuple[str, str, int], ...] = (  # zh, en, reference oxygen in % by volume
    ("烧结机机头", "sinter strand", 16),
    ("球团焙烧", "pellet kiln", 18),
    ("热风炉", "hot blast stove", 10),
    ("加热炉", "reheating furnace", 8),
)


def corrected(value: str, oxygen: str, reference: int) -> Fraction:
    """Concentration at the reference oxygen content; oxygen in % by volume."""
    return Fraction(value) * (21 - reference) / (21 - Fraction(oxygen))


def _above(factor: Fraction, values: Sequence[str], limits: Sequence[int]) -> list[str]:
    return [key for key, value, limit in zip(POLLUTANTS, values, limits, strict=True) if Fraction(value) * factor > limit]


def _draw_stack(rng: random.Random) -> Params | None:
    limits = [[5 * rng.randint(low // 5, high // 5) for low, high in POLLUTANTS.values()] for _ in PLANTS]
    at = rng.randrange(len(PLANTS))
    reference = PLANTS[at][2]
    oxygen = f"{reference + rng.choice((-1, 1)) * rng.randint(6, 18) / 10:.1f}"
    factor = (21 - reference) / (21 - Fraction(oxygen))
    faults = set(rng.sample(sorted(POLLUTANTS), 0 if rng.random() < 0.42 else rng.choice((1, 1, 2))))
    ratios = [Fraction(rng.randint(103, 115) if key in faults else rng.randint(82, 97), 100) for key in POLLUTANTS]
    values = [f"{float(ratio * limit / factor):.1f}" for ratio, limit in zip(ratios, limits[at], strict=True)]
    if any(abs(Fraction(value) * factor / limit - 1) < Fraction(12, 1000) for value, limit in zip(values, limits[at], strict=True)):
        return None  # a verdict must not hang on rounding
    gold = _above(factor, values, limits[at])
    wrong: dict[str, Sequence[str]] = {
        "measured values judged without correction": _above(Fraction(1), values, limits[at]),
        "correction factor inverted": _above(1 / factor, values, limits[at]),
        **_without(gold),
    }
    for row, (_, _, other) in enumerate(PLANTS):
        if row != at and other < float(oxygen) + 3:
            wrong["limits of a neighbouring plant read"] = _above(factor, values, limits[row])
    for key, ratio in zip(POLLUTANTS, ratios, strict=True):
        if Fraction(88, 100) <= ratio < 1:
            wrong[f"corrected value of {key} just under its limit taken as failing"] = [other for other in POLLUTANTS if other in (*gold, key)]
    picked = chosen(rng, gold, wrong)
    return None if picked is None else {"plant": at, "limits": limits, "oxygen": oxygen, "values": values, "wrong": picked}


def _write_stack(p: Params, language: Language) -> tuple[Content, ...]:
    zh = language == "zh"
    name, reference = PLANTS[p["plant"]][0 if zh else 1], PLANTS[p["plant"]][2]
    head = ["设施" if zh else "Plant", *POLLUTANTS, "基准含氧量 %" if zh else "Reference O₂, %"]
    rows = [[plant[0 if zh else 1], *limits, plant[2]] for plant, limits in zip(PLANTS, p["limits"], strict=True)]
    measured = table([*POLLUTANTS, "实测含氧量 %" if zh else "Measured O₂, %"], [[*p["values"], p["oxygen"]]])
    if zh:
        rule = "排放限值（mg/m³，折算到基准含氧量后不大于限值为合格）：\n\n{}\n\n折算浓度 = 实测浓度 × (21 − 基准含氧量) ÷ (21 − 实测含氧量)。\n\n{}排口实测（mg/m³）：\n\n{}"
        ask = f"按所给规定，该{name}排口是否合格？不合格时有哪些污染物超标？"
    else:
        rule = "Emission limits (mg/m³; the value at the reference oxygen content must not exceed the limit):\n\n{}\n\nCorrected value = measured value × (21 − reference O₂) ÷ (21 − measured O₂).\n\nMeasured at the {} stack (mg/m³):\n\n{}"
        ask = f"By the rule given, does the {name} stack pass, and if not, which pollutants fail?"
    context = rule.format(table(head, rows), name, measured)
    values = [corrected(value, p["oxygen"], reference) for value in p["values"]]
    limits = p["limits"][p["plant"]]
    gold = [key for key, value, limit in zip(POLLUTANTS, values, limits, strict=True) if value > limit]
    shown = (", " if not zh else "，").join(f"{key} {float(value):.1f} / {limit}" for key, value, limit in zip(POLLUTANTS, values, limits, strict=True))
    explained = f"折算浓度 / 限值（mg/m³）：{shown}。" if zh else f"Corrected value / limit in mg/m³: {shown}."
    return _forms(context, ask, gold, p["wrong"], explained, language)


GENERATORS = (
    Generator(
        id="GSS1",
        task="compliance",
        subarea=lambda p: "raw_materials" if p["material"] == "coke" else "testing_grades",
        level="judge",
        draw=_draw_lot,
        write=_write_lot,
        source=MADE,
        draws=5,
    ),
    Generator(
        id="GSS2",
        task="compliance",
        subarea="energy_environment",
        level="judge",
        draw=_draw_stack,
        write=_write_stack,
        source=MADE,
        draws=5,
    ),
)
