"""Analyses and acceptance tests against a printed table: which clauses fail. All limits are invented, so that nobody can know them by heart.

Values are held in ticks, whole numbers of the last printed digit, so that "equal to the limit" is exact.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params

Limits = Sequence[int | None]  # lowest and highest of the first column, lowest and highest of the second; None: no limit
NEAR = 3  # ticks within which a value lies near its limit


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of the table: its key, names, unit, printed digits, the limits it may have and how far a clear value lies inside, in ticks."""

    key: str
    zh: str
    en: str
    unit: str
    digits: int
    limits: tuple[Limits, ...]
    clear: int

    def name(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def text(self, ticks: int) -> str:
        return f"{ticks / 10**self.digits:.{self.digits}f}"


@dataclass(frozen=True, slots=True)
class Scheme:
    """A kind of test: its clauses, the names of the two columns of limits, what the stem says by language, and which values can occur together."""

    clauses: tuple[Clause, ...]
    columns: Mapping[Language, tuple[str, str]]
    title: Mapping[Language, str]
    stem: Mapping[Language, str]
    possible: Callable[[Mapping[str, float]], bool] = lambda _: True


def failing(scheme: Scheme, p: Params, *, column: int | None = None, inclusive: bool | None = None) -> list[str]:
    """Keys of the clauses that fail, in the order of the table; a misreader takes another column or another rule of the limit."""
    place = 2 * (p["column"] if column is None else column)
    allowed = p["inclusive"] if inclusive is None else inclusive
    slack = 0 if allowed else 1
    found = []
    for clause, limits, value in zip(scheme.clauses, p["limits"], p["values"], strict=True):
        low, high = limits[place], limits[place + 1]
        if (low is not None and value < low + slack) or (high is not None and value > high - slack):
            found.append(clause.key)
    return found


def _value(rng: random.Random, clause: Clause, ends: tuple[int | None, int | None], how: str, inclusive: bool) -> int:
    """A value in ticks: just outside its limits, on one, just inside, or clear of them."""
    sides = [(limit, inwards) for limit, inwards in zip(ends, (1, -1), strict=True) if limit is not None]
    limit, inwards = rng.choice(sides)
    if how == "equal":
        return limit
    if how == "out":
        return limit - inwards * rng.randint(1, 4) if inclusive or rng.random() < 0.6 else limit
    return limit + inwards * (rng.randint(1, NEAR) if how == "near" else rng.randint(5, clause.clear))


def _toggled(scheme: Scheme, gold: Sequence[str], key: str) -> list[str]:
    return [clause.key for clause in scheme.clauses if (clause.key in gold) != (clause.key == key)]


def _misreadings(scheme: Scheme, p: Params, gold: Sequence[str]) -> dict[str, list[str]]:
    """Name of each mistake > the failing clauses that it leads to, the telling ones first."""
    place = 2 * p["column"]
    equal = "taken as failing" if p["inclusive"] else "taken as passing"
    found = {
        f"value equal to the limit {equal}": failing(scheme, p, inclusive=not p["inclusive"]),
        "limits of the neighbouring column read": failing(scheme, p, column=1 - p["column"]),
    }
    found |= {f"failure of {key} overlooked": _toggled(scheme, gold, key) for key in gold}
    for clause, limits, value in zip(scheme.clauses, p["limits"], p["values"], strict=True):
        if limits[place + 1] is None:
            found[f"lower limit of {clause.key} read as an upper one"] = _toggled(scheme, gold, clause.key)
        elif clause.key not in gold and any(0 < abs(value - end) <= NEAR for end in limits[place : place + 2] if end is not None):
            found[f"value of {clause.key} near its limit taken as outside"] = _toggled(scheme, gold, clause.key)
    return found


def _draw(scheme: Scheme, rng: random.Random) -> Params | None:
    column, inclusive = rng.randrange(2), rng.random() < 0.6
    fails = rng.choices((0, 1, 2), (40, 30, 30))[0]
    places = rng.sample(range(len(scheme.clauses)), len(scheme.clauses))
    ways = ["out"] * fails + (["equal"] if inclusive else ["near"]) + ["near", "near"]
    how = dict(zip(places, [*ways, *["clear"] * len(places)], strict=False))
    limits = [list(rng.choice(clause.limits)) for clause in scheme.clauses]
    values = []
    for index, clause in enumerate(scheme.clauses):
        ends = (limits[index][2 * column], limits[index][2 * column + 1])
        values.append(_value(rng, clause, ends, how[index], inclusive))
    p: dict[str, Any] = {"column": column, "inclusive": inclusive, "limits": limits, "values": values}
    gold = failing(scheme, p)
    if len(gold) != fails or any(value < 0 and clause.limits[0][0] is None for clause, value in zip(scheme.clauses, values, strict=True)):
        return None
    if not scheme.possible({clause.key: value / 10**clause.digits for clause, value in zip(scheme.clauses, values, strict=True)}):
        return None
    wrong: dict[tuple[str, ...], str] = {}
    for name, keys in _misreadings(scheme, p, gold).items():
        if keys != gold and len(keys) <= 3:
            wrong.setdefault(tuple(keys), name)
    if len(wrong) < 3:
        return None
    kept = rng.sample(sorted(wrong), 3)
    less, more = (any(set(gold) - set(keys) for keys in kept), any(set(keys) - set(gold) for keys in kept))
    if gold and not (less and more):
        return None  # were the gold what all options have in common, it would show
    return {**p, "wrong": [[wrong[keys], list(keys)] for keys in kept]}


def _limit(clause: Clause, low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"{clause.text(low)} … {clause.text(high)}"
    return f"min. {clause.text(low)}" if low is not None else f"max. {clause.text(high or 0)}"


def _printed(scheme: Scheme, p: Params, language: Language) -> str:
    zh = language == "zh"
    head = (
        "键" if zh else "key",
        "项目" if zh else "quantity",
        "单位" if zh else "unit",
        *scheme.columns[language],
        "实测" if zh else "measured",
    )
    rows = []
    for clause, limits, value in zip(scheme.clauses, p["limits"], p["values"], strict=True):
        columns = [_limit(clause, *limits[:2]), _limit(clause, *limits[2:])]
        rows.append((clause.key, clause.name(language), clause.unit, *columns, clause.text(value)))
    return f"{scheme.title[language]}\n{table(head, rows)}"


def _verdict(scheme: Scheme, keys: Sequence[str], language: Language) -> str:
    names = [clause.name(language) for clause in scheme.clauses if clause.key in keys]
    if language == "zh":
        return f"不合格：{'、'.join(names)}" if names else "合格"
    return f"fail: {', '.join(names)}" if names else "pass"


RULE: Mapping[Language, Mapping[bool, str]] = {
    "zh": {True: "数值等于限值算合格", False: "数值等于限值算不合格"},
    "en": {True: "A value equal to a limit passes.", False: "A value equal to a limit fails."},
}


def _why(scheme: Scheme, p: Params, gold: Sequence[str], language: Language) -> str:
    place = 2 * p["column"]
    parts = []
    for clause, limits, value in zip(scheme.clauses, p["limits"], p["values"], strict=True):
        low, high = limits[place], limits[place + 1]
        if clause.key in gold or value in (low, high):
            parts.append(f"{clause.name(language)} {clause.text(value)} ({_limit(clause, low, high)})")
    read = scheme.columns[language][p["column"]]
    if language == "zh":
        told = f"查“{read}”列，{RULE['zh'][p['inclusive']]}。" + (f"需要看的项目：{'；'.join(parts)}。" if parts else "各项都在限值以内。")
        return told + f"结论：{_verdict(scheme, gold, 'zh')}。"
    told = f"Column “{read}”. {RULE['en'][p['inclusive']]} " + (
        f"What decides: {'; '.join(parts)}. " if parts else "All values lie within. "
    )
    return told + f"Verdict: {_verdict(scheme, gold, 'en')}."


def _write(scheme: Scheme, p: Params, language: Language) -> tuple[Content, ...]:
    gold = failing(scheme, p)
    read = scheme.columns[language][p["column"]]
    keys = ", ".join(clause.key for clause in scheme.clauses)
    if language == "zh":
        asked = f"{scheme.stem['zh']}按“{read}”一列的限值判定，{RULE['zh'][True] if p['inclusive'] else RULE['zh'][False]}。"
        choice = "判定结果是哪一项？"
        form = (
            f'给出 JSON：verdict 为 "pass"（合格）或 "fail"（不合格）；failing 为不合格项目的键组成的数组，按表中次序，合格时为空数组。键：{keys}。'
        )
    else:
        asked = f"{scheme.stem['en']} The limits of column “{read}” apply. {RULE['en'][p['inclusive']]} "
        choice = "Which verdict is right?"
        form = (
            f'Give a JSON object: verdict is "pass" or "fail"; failing is the array of the keys of the quantities that fail, '
            f"in the order of the table, empty where none does. Keys: {keys}."
        )
    options = {_verdict(scheme, wrong, language): name for name, wrong in p["wrong"]}
    context, why = _printed(scheme, p, language), _why(scheme, p, gold, language)
    answer = _verdict(scheme, gold, language)
    schema = {
        "type": "object",
        "properties": {
            "verdict": {"type": "string", "enum": ["pass", "fail"]},
            "failing": {"type": "array", "items": {"type": "string", "enum": [clause.key for clause in scheme.clauses]}},
        },
        "required": ["verdict", "failing"],
        "additionalProperties": False,
    }
    return (
        Content(form="choice", stem=asked + choice, context=context, answer=answer, choices=(answer, *options), mistakes=options, explanation=why),
        Content(
            form="json",
            stem=asked + form,
            context=context,
            answer={"verdict": "fail" if gold else "pass", "failing": gold},
            schema=schema,
            explanation=why,
        ),
    )


IMPURITIES = ("oxygen", "water", "nitrogen", "carbon_monoxide")


def _room_for_impurities(values: Mapping[str, float]) -> bool:
    """Whether the printed impurities, in µmol/mol, fit into what the printed purity leaves; gases that are not printed may fill the rest."""
    return sum(values[key] for key in IMPURITIES) <= (100 - values["purity"]) * 10_000 + 1e-6


HYDROGEN = Scheme(
    possible=_room_for_impurities,
    clauses=(
        Clause("purity", "氢气纯度", "hydrogen purity", "%", 3, ((99970, None, 99900, None), (99950, None, 99850, None), (99980, None, 99930, None)), 15),
        Clause("oxygen", "氧", "oxygen", "µmol/mol", 1, ((None, 50, None, 100), (None, 40, None, 80), (None, 60, None, 90)), 25),
        Clause("water", "水", "water", "µmol/mol", 1, ((None, 50, None, 90), (None, 80, None, 120), (None, 70, None, 100)), 30),
        Clause("nitrogen", "氮", "nitrogen", "µmol/mol", 0, ((None, 100, None, 250), (None, 120, None, 300), (None, 90, None, 200)), 45),
        Clause("carbon_monoxide", "一氧化碳", "carbon monoxide", "µmol/mol", 2, ((None, 20, None, 60), (None, 25, None, 50), (None, 30, None, 80)), 15),
        Clause("pressure", "充装压力", "filling pressure", "MPa", 1, ((180, None, 160, None), (190, None, 175, None), (170, None, 150, None)), 12),
    ),
    columns={"zh": ("燃料电池级", "工业级"), "en": ("fuel cell grade", "industrial grade")},
    title={"zh": "长管拖车氢气验收表（虚构限值）", "en": "Acceptance of hydrogen in a tube trailer (invented limits)"},
    stem={"zh": "制氢站一车氢气的分析结果见表。", "en": "The table holds the analysis of a trailer of hydrogen."},
)
CONNECTION = Scheme(
    clauses=(
        Clause("voltage_deviation", "电压偏差", "voltage deviation", "%", 1, ((-70, 70, -40, 60), (-60, 60, -30, 70), (-50, 70, -30, 50)), 30),
        Clause("distortion", "电压总谐波畸变率", "total harmonic distortion", "%", 2, ((None, 400, None, 300), (None, 450, None, 320), (None, 380, None, 280)), 90),
        Clause("unbalance", "三相电压不平衡度", "voltage unbalance", "%", 2, ((None, 200, None, 150), (None, 190, None, 160), (None, 180, None, 130)), 60),
        Clause("flicker", "长时间闪变", "long-term flicker", "-", 2, ((None, 100, None, 80), (None, 95, None, 75), (None, 90, None, 70)), 25),
        Clause("power_factor", "功率因数", "power factor", "-", 3, ((950, None, 970, None), (940, None, 965, None), (955, None, 980, None)), 18),
        Clause("voltage_change", "投切时电压变动", "voltage change on switching", "%", 2, ((None, 300, None, 250), (None, 280, None, 210), (None, 350, None, 300)), 90),
    ),
    columns={"zh": ("低压侧", "高压侧"), "en": ("low-voltage side", "high-voltage side")},
    title={"zh": "光伏电站并网电能质量验收表（虚构限值）", "en": "Acceptance test of power quality of a PV plant (invented limits)"},
    stem={"zh": "某光伏电站并网点的测试结果见表。", "en": "The table holds the results measured at the grid connection of a PV plant."},
)


def _generator(name: str, subarea: str, scheme: Scheme) -> Generator:
    return Generator(
        id=name,
        task="compliance",
        subarea=subarea,
        level="judge",
        draw=lambda rng: _draw(scheme, rng),
        write=lambda p, language: _write(scheme, p, language),
        source=Source(title="Invented acceptance table", kind="made"),
        draws=5,
    )


GENERATORS = (_generator("GNS1", "hydrogen", HYDROGEN), _generator("GNS2", "grid", CONNECTION))
