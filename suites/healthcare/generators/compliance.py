"""Verdicts against a printed table: a lot of decoction pieces (limits allowed) and a blood donor (limits not allowed).

Both tables are invented for the item. A draw fixes the values first; the verdict follows from the table, and every wrong
option is the verdict that one misreading of the same table would give.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One line of a table: what is measured, in which unit, on which side it is bounded, and how finely it is printed."""

    key: str
    names: Mapping[Language, str]
    unit: Mapping[Language, str]
    side: str  # "max" or "min"
    step: float
    digits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A table of clauses with two columns of limits, and whether a value equal to its limit passes."""

    clauses: tuple[Clause, ...]
    equal_passes: bool
    rule: Mapping[Language, str]
    columns: Mapping[Language, tuple[str, str]]
    members: Mapping[Language, tuple[str, str]]  # how the result names what belongs to a column
    lead: Mapping[Language, str]
    result: Mapping[Language, str]
    tokens: Mapping[Language, str]
    limits: tuple[tuple[float, float], ...]  # lowest and highest limit that is drawn, a pair for each clause


def _same(unit: str) -> Mapping[Language, str]:
    return {"zh": unit, "en": unit}


HERB = Scheme(
    clauses=(
        Clause(key="water", names={"zh": "水分", "en": "Water"}, unit=_same("%"), side="max", step=0.1, digits=1),
        Clause(key="ash", names={"zh": "总灰分", "en": "Total ash"}, unit=_same("%"), side="max", step=0.1, digits=1),
        Clause(key="acid_ash", names={"zh": "酸不溶性灰分", "en": "Acid-insoluble ash"}, unit=_same("%"), side="max", step=0.1, digits=1),
        Clause(key="extract", names={"zh": "浸出物", "en": "Extractives"}, unit=_same("%"), side="min", step=0.1, digits=1),
        Clause(key="marker", names={"zh": "指标成分含量", "en": "Marker compound"}, unit=_same("%"), side="min", step=0.01, digits=2),
        Clause(key="so2", names={"zh": "二氧化硫残留量", "en": "Sulfur dioxide residue"}, unit=_same("mg/kg"), side="max", step=1, digits=0),
    ),
    equal_passes=True,
    rule={
        "zh": "“≤”与“≥”均含等号：检验值等于限度，判为符合。",
        "en": "“≤” and “≥” include the limit itself: a result equal to its limit complies.",
    },
    columns={"zh": ("甲类饮片", "乙类饮片"), "en": ("Class A pieces", "Class B pieces")},
    members={"zh": ("甲类饮片", "乙类饮片"), "en": ("Class A pieces", "Class B pieces")},
    lead={"zh": "中药饮片内控标准（虚构，供判定练习）", "en": "In-house specification for decoction pieces (invented for practice)"},
    result={"zh": "{member}一批，检验结果：", "en": "Results for one lot of {member}:"},
    tokens={
        "zh": "water（水分）、ash（总灰分）、acid_ash（酸不溶性灰分）、extract（浸出物）、marker（指标成分含量）、so2（二氧化硫残留量）",
        "en": "water, ash (total ash), acid_ash (acid-insoluble ash), extract (extractives), marker (marker compound), so2 (sulfur dioxide residue)",
    },
    limits=((11.0, 15.0), (4.0, 8.0), (0.8, 2.0), (15.0, 30.0), (0.30, 0.90), (100, 400)),
)

DONOR = Scheme(
    clauses=(
        Clause(key="weight", names={"zh": "体重", "en": "Weight"}, unit=_same("kg"), side="min", step=1, digits=0),
        Clause(key="systolic", names={"zh": "收缩压", "en": "Systolic pressure"}, unit=_same("mmHg"), side="max", step=1, digits=0),
        Clause(key="diastolic", names={"zh": "舒张压", "en": "Diastolic pressure"}, unit=_same("mmHg"), side="max", step=1, digits=0),
        Clause(key="pulse", names={"zh": "脉搏", "en": "Pulse"}, unit={"zh": "次/分", "en": "/min"}, side="max", step=1, digits=0),
        Clause(key="haemoglobin", names={"zh": "血红蛋白", "en": "Haemoglobin"}, unit=_same("g/L"), side="min", step=1, digits=0),
        Clause(key="interval", names={"zh": "距上次献血", "en": "Time since last donation"}, unit={"zh": "天", "en": "days"}, side="min", step=1, digits=0),
    ),
    equal_passes=False,
    rule={
        "zh": "“<”与“>”均不含等号：数值等于界限，判为不符合。",
        "en": "“<” and “>” exclude the limit itself: a value equal to its limit does not comply.",
    },
    columns={"zh": ("男性", "女性"), "en": ("Men", "Women")},
    members={"zh": ("男性", "女性"), "en": ("a man", "a woman")},
    lead={"zh": "某采血点的献血者筛查标准（虚构，供判定练习）", "en": "Screening rules of a blood collection point (invented for practice)"},
    result={"zh": "一名{member}献血者，筛查结果：", "en": "Findings in one donor, {member}:"},
    tokens={
        "zh": "weight（体重）、systolic（收缩压）、diastolic（舒张压）、pulse（脉搏）、haemoglobin（血红蛋白）、interval（距上次献血天数）",
        "en": "weight, systolic (systolic pressure), diastolic (diastolic pressure), pulse, haemoglobin, interval (days since last donation)",
    },
    limits=((45, 52), (136, 150), (86, 96), (96, 104), (112, 132), (150, 200)),
)


def _units(clause: Clause, value: float) -> int:
    """`value` in whole steps of the last printed digit, so that equal means equal."""
    return round(value / clause.step)


def _fails(clause: Clause, value: int, limit: int, *, equal_passes: bool) -> bool:
    if value == limit:
        return not equal_passes
    return value > limit if clause.side == "max" else value < limit


def _failing(scheme: Scheme, p: Params, *, column: int | None = None, equal_passes: bool | None = None, turned: str = "") -> tuple[str, ...]:
    """Keys of the clauses that fail, in the table's order, read rightly or with one misreading."""
    column = p["column"] if column is None else column
    equal = scheme.equal_passes if equal_passes is None else equal_passes
    found = []
    for clause, value, limits in zip(scheme.clauses, p["values"], p["limits"], strict=True):
        fails = _fails(clause, value, limits[column], equal_passes=equal)
        if clause.key == turned:  # the bound taken for one on the other side
            fails = not fails if value != limits[column] else fails
        if fails:
            found.append(clause.key)
    return tuple(found)


def _misread(scheme: Scheme, p: Params) -> dict[tuple[str, ...], str]:
    """Failing sets of named misreadings that differ from the right one."""
    right = _failing(scheme, p)
    wrong: dict[tuple[str, ...], str] = {}
    near = next(clause.key for clause in scheme.clauses if clause.key in p["near"])
    readings = [
        (_failing(scheme, p, equal_passes=not scheme.equal_passes), "value equal to its limit judged the other way"),
        (_failing(scheme, p, column=1 - p["column"]), "neighbouring column read"),
        (right[:-1], "one failing clause overlooked"),
        (_failing(scheme, p, turned=p["turned"]), "minimum and maximum confused"),
        (tuple(c.key for c in scheme.clauses if c.key in {*right, near}), "value near its limit taken as failing"),
        (right[1:], "first failing clause overlooked"),
    ]
    for keys, mistake in readings:
        if keys != right:
            wrong.setdefault(keys, mistake)
    return wrong


def _draw(scheme: Scheme, rng: random.Random) -> Params | None:
    column = rng.randrange(2)
    limits = []
    for clause, (low, high) in zip(scheme.clauses, scheme.limits, strict=True):
        first = rng.randint(_units(clause, low), _units(clause, high))
        other = first + rng.choice((-1, 1)) * rng.randint(3, max(4, (_units(clause, high) - _units(clause, low)) // 2))
        limits.append([first, other])
    keys = [clause.key for clause in scheme.clauses]
    wanted = rng.choices((0, 1, 2), weights=(40, 35, 25) if scheme.equal_passes else (60, 25, 15))[0]  # what is thrown back evens it out
    failing = set(rng.sample(keys, wanted))
    passing = [key for key in keys if key not in failing]
    equal = rng.choice(passing if scheme.equal_passes else (sorted(failing) or [""]))
    values = []
    for clause, pair in zip(scheme.clauses, limits, strict=True):
        outwards = 1 if clause.side == "max" else -1
        room = max(2, round(pair[column] * 0.12))
        away = rng.randint(1, max(2, room // 2)) if clause.key in failing else -rng.randint(1, room)
        values.append(pair[column] + (0 if clause.key == equal else outwards * away))
    near = [key for key in passing if key != equal]
    turned = rng.choice(passing)
    p = {"column": column, "limits": limits, "values": values, "near": sorted(rng.sample(near, 1)), "turned": turned}
    right = _failing(scheme, p)
    usable = set(right) == failing and len(_misread(scheme, p)) >= 3 and min(values) > 0 and all(min(pair) > 0 for pair in limits)
    return p if usable and all(len(keys) <= 3 for keys in list(_misread(scheme, p))[:3]) and _consistent(scheme, p) else None


def _consistent(scheme: Scheme, p: Params) -> bool:
    """Only what the trade would believe: little acid-insoluble ash, a wide pulse pressure, limits of the sexes the usual way round."""
    number = {clause.key: value for clause, value in zip(scheme.clauses, p["values"], strict=True)}
    if scheme is HERB:
        return bool(number["acid_ash"] < 0.5 * number["ash"])
    limit = {clause.key: pair for clause, pair in zip(scheme.clauses, p["limits"], strict=True)}
    usual = limit["weight"][0] > limit["weight"][1] and limit["haemoglobin"][0] > limit["haemoglobin"][1] and limit["interval"][0] < limit["interval"][1]
    return bool(usual and number["systolic"] - number["diastolic"] >= 30)


def _printed(clause: Clause, units: int) -> str:
    return f"{units * clause.step:.{clause.digits}f}"


def _context(scheme: Scheme, p: Params, language: Language) -> str:
    signs = {"max": "≤", "min": "≥"} if scheme.equal_passes else {"max": "<", "min": ">"}
    head = {"zh": ("项目", "单位"), "en": ("Item", "Unit")}[language]
    limits = [
        (c.names[language], c.unit[language], *(f"{signs[c.side]} {_printed(c, units)}" for units in pair))
        for c, pair in zip(scheme.clauses, p["limits"], strict=True)
    ]
    results = [(c.names[language], c.unit[language], _printed(c, value)) for c, value in zip(scheme.clauses, p["values"], strict=True)]
    measured = {"zh": "实测值", "en": "Result"}[language]
    return "\n".join(
        [
            scheme.lead[language],
            table((*head, *scheme.columns[language]), limits),
            scheme.rule[language],
            "",
            scheme.result[language].format(member=scheme.members[language][p["column"]]),
            table((*head, measured), results),
        ]
    )


def _verdict(scheme: Scheme, keys: Sequence[str], language: Language) -> str:
    names = [clause.names[language] for clause in scheme.clauses if clause.key in keys]
    if language == "zh":
        return "不合格：" + "、".join(names) if names else "合格，各项均符合"
    return "Fail: " + ", ".join(name.lower() for name in names) if names else "Pass, all items comply"


def _explained(scheme: Scheme, p: Params, language: Language) -> str:
    column, right = scheme.columns[language][p["column"]], _failing(scheme, p)
    parts = []
    for clause, value, limits in zip(scheme.clauses, p["values"], p["limits"], strict=True):
        if clause.key in right or value == limits[p["column"]]:
            limit = _printed(clause, limits[p["column"]])
            fails = clause.key in right
            if language == "zh":
                parts.append(f"{clause.names['zh']} {_printed(clause, value)} 对限度 {limit}，{'不符合' if fails else '等于限度，符合'}")
            else:
                parts.append(f"{clause.names['en'].lower()} {_printed(clause, value)} against {limit} {'fails' if fails else 'equals the limit and complies'}")
    if language == "zh":
        return f"看“{column}”一列：" + ("；".join(parts) + "；" if parts else "") + "其余项目均符合。"
    return f"In the column “{column}”: " + ("; ".join(parts) + "; " if parts else "") + "all other items comply."


_STEMS: Mapping[str, Mapping[Language, str]] = {
    "choice": {
        "zh": "按所给标准对应的一列判定，结论是哪一个？“不合格”须列出全部不符合的项目，且只列这些项目。",
        "en": "Judge by the column that applies. Which conclusion is right? A fail names all items that do not comply, and no others.",
    },
    "json": {
        "zh": "按所给标准对应的一列判定，写成 JSON：verdict（字符串，合格写 pass，不合格写 fail）；failing（数组，不符合项目的代号，按表中顺序，没有则为空数组）。代号：",
        "en": "Judge by the column that applies and write a JSON object: verdict (string, pass or fail); failing (array with the codes of the items that do not comply, in the order of the table, empty if there are none). Codes: ",
    },
}


def _write(scheme: Scheme, p: Params, language: Language) -> Sequence[Content]:
    right, context, explanation = _failing(scheme, p), _context(scheme, p, language), _explained(scheme, p, language)
    wrong = {_verdict(scheme, keys, language): mistake for keys, mistake in list(_misread(scheme, p).items())[:3]}
    gold = _verdict(scheme, right, language)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "verdict": {"type": "string", "enum": ["pass", "fail"]},
            "failing": {"type": "array", "items": {"type": "string", "enum": [clause.key for clause in scheme.clauses]}},
        },
        "required": ["verdict", "failing"],
        "additionalProperties": False,
    }
    end = {"zh": "。", "en": "."}[language]
    return (
        Content(form="choice", stem=_STEMS["choice"][language], context=context, answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=explanation),
        Content(
            form="json",
            stem=_STEMS["json"][language] + scheme.tokens[language] + end,
            context=context,
            answer={"verdict": "fail" if right else "pass", "failing": list(right)},
            schema=schema,
            explanation=explanation,
        ),
    )


GENERATORS = (
    Generator(
        id="GHS1",
        task="compliance",
        subarea="tcm",
        level="judge",
        draw=lambda rng: _draw(HERB, rng),
        write=lambda p, language: _write(HERB, p, language),
        source=Source(title="Release of decoction pieces against an invented specification that is printed in the item", kind="made"),
        draws=5,
    ),
    Generator(
        id="GHS2",
        task="compliance",
        subarea="public_health",
        level="judge",
        draw=lambda rng: _draw(DONOR, rng),
        write=lambda p, language: _write(DONOR, p, language),
        source=Source(title="Screening of blood donors against an invented rule that is printed in the item", kind="made"),
        draws=5,
    ),
)
