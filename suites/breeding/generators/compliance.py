"""Seed lots and candidate varieties judged by a printed table of limits: verdict and the clauses that fail."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params

COMMA = {"zh": "、", "en": ", "}
BOUND = {"min": {"zh": "下限", "en": "minimum"}, "max": {"zh": "上限", "en": "maximum"}}
EQUAL = {
    True: {"zh": "等于限值的项目按{good}计", "en": "a value equal to its limit passes"},
    False: {"zh": "等于限值的项目按不{good}计", "en": "a value equal to its limit fails"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A limit: its key in JSON answers, its name, which way it bounds, digits after the point, and the widest distance drawn."""

    key: str
    name: Mapping[Language, str]
    bound: str
    digits: int
    reach: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A table of limits (kind of lot > a base value for each clause, made stricter by `steps`) and the words around it; `good`: what Chinese calls a pass."""

    clauses: tuple[Clause, ...]
    kinds: Mapping[str, tuple[Mapping[Language, str], tuple[float, ...]]]
    steps: tuple[tuple[float, ...], ...]
    good: str
    head: Mapping[Language, str]
    column: Mapping[Language, str]
    result: Mapping[Language, str]
    stem: Mapping[Language, str]
    asked: Mapping[Language, str]


def failing(scheme: Scheme, limits: Sequence[str], values: Sequence[str], inclusive: bool) -> list[str]:
    """Keys of the clauses whose value breaks its limit, in the order of the table."""
    broken: list[str] = []
    for clause, limit, value in zip(scheme.clauses, limits, values, strict=True):
        spare = (float(value) - float(limit)) * (1 if clause.bound == "min" else -1)
        if spare < 0 or (spare == 0 and not inclusive):
            broken.append(clause.key)
    return broken


def _misreadings(scheme: Scheme, p: Params) -> Iterator[tuple[list[str], str]]:
    """Failing sets of readers who err, each with the name of the error."""
    keys = [clause.key for clause in scheme.clauses]
    gold = set(p["failing"])
    limits: Mapping[str, list[str]] = p["limits"]
    yield failing(scheme, limits[p["kind"]], p["values"], not p["inclusive"]), "value at its limit judged the other way"
    for kind, row in limits.items():
        if kind != p["kind"]:
            yield failing(scheme, row, p["values"], p["inclusive"]), f"row of {scheme.kinds[kind][0]['en']} read"
    for clause in scheme.clauses:
        if clause.key in gold:
            yield [key for key in keys if key in gold - {clause.key}], f"failing {clause.name['en']} overlooked"
        else:
            yield [key for key in keys if key in gold | {clause.key}], f"{clause.name['en']} near its limit taken as failing"
        if clause.bound == "max":
            yield [key for key in keys if key in gold ^ {clause.key}], f"maximum of {clause.name['en']} read as a minimum"


def _three_wrong(scheme: Scheme, p: Params, rng: random.Random) -> list[list[object]]:
    """Three failing sets of at most two clauses that differ from the gold and from one another, the likelier errors (limit, row) first.

    Where the lot fails, "pass" is mostly among them: were it seldom offered in vain, offering it would give it away.
    """
    found: dict[tuple[str, ...], str] = {}
    misread = list(_misreadings(scheme, p))
    first, rest = misread[: len(p["limits"])], misread[len(p["limits"]) :]
    rng.shuffle(rest)
    for keys, name in [*first, *rest]:
        if keys and keys != p["failing"] and len(keys) <= 2:
            found.setdefault(tuple(keys), name)
    chosen = list(found.items())[:5]
    overlooked = [((), "every failing clause overlooked")] if p["failing"] and rng.random() < 0.9 else []
    if len(chosen) + len(overlooked) < 3:
        return []
    kept = sorted(rng.sample(range(len(chosen)), 3 - len(overlooked)))
    return [[list(keys), name] for keys, name in [*overlooked, *(chosen[place] for place in kept)]]


def _value(clause: Clause, limit: float, rng: random.Random) -> str:
    """A value near `limit`: on the good side, at it, or on the bad side; percentages stay below 100."""
    side = rng.choices((1, 0, -1), (5, 3, 4))[0]
    away = rng.randint(1, round(clause.reach * 10**clause.digits)) / 10**clause.digits
    value = limit + side * away * (1 if clause.bound == "min" else -1)
    return f"{min(value, 99.9 if clause.digits else 99):.{clause.digits}f}"


def drawer(scheme: Scheme) -> Callable[[random.Random], Params | None]:
    """What draws a lot: limits of all rows, values near those of one row; about four in ten pass."""

    def draw(rng: random.Random) -> Params | None:
        limits = {
            kind: [
                f"{base + rng.choice(steps):.{clause.digits}f}" for clause, base, steps in zip(scheme.clauses, bases, scheme.steps, strict=True)
            ]
            for kind, (_, bases) in scheme.kinds.items()
        }
        kind = rng.choice(sorted(scheme.kinds))
        inclusive = rng.random() < 0.6
        wanted = rng.choices((0, 1, 2), (40, 35, 25))[0]
        for _ in range(60):
            values = [_value(clause, float(limit), rng) for clause, limit in zip(scheme.clauses, limits[kind], strict=True)]
            broken = failing(scheme, limits[kind], values, inclusive)
            if len(broken) == wanted:
                break
        else:
            return None
        p = {"kind": kind, "limits": limits, "values": values, "inclusive": inclusive, "failing": broken, "lot": rng.randint(101, 998)}
        wrong = _three_wrong(scheme, p, rng)
        return {**p, "wrong": wrong} if wrong else None

    return draw


def _context(scheme: Scheme, p: Params, language: Language) -> str:
    bracket = "{} %（{}）" if language == "zh" else "{} % ({})"
    head = [bracket.format(clause.name[language], BOUND[clause.bound][language]) for clause in scheme.clauses]
    rows = [[scheme.kinds[kind][0][language], *limits] for kind, limits in p["limits"].items()]
    names = [f"{clause.name[language]} %" for clause in scheme.clauses]
    result = scheme.result[language].format(kind=scheme.kinds[p["kind"]][0][language], lot=p["lot"])
    return "\n".join(
        [scheme.head[language], table([scheme.column[language], *head], rows), "", result, table(names, [p["values"]])],
    )


def writer(scheme: Scheme) -> Callable[[Params, Language], tuple[Content, ...]]:
    """What writes a lot: one choice, one JSON object."""
    names = {clause.key: clause.name for clause in scheme.clauses}
    keys = [clause.key for clause in scheme.clauses]
    schema = {
        "type": "object",
        "properties": {
            "verdict": {"type": "string", "enum": ["pass", "fail"]},
            "failing": {"type": "array", "items": {"type": "string", "enum": keys}},
        },
        "required": ["verdict", "failing"],
        "additionalProperties": False,
    }

    def told(broken: Sequence[str], language: Language) -> str:
        passes, fails = (scheme.good, f"不{scheme.good}：") if language == "zh" else ("pass", "fail: ")
        return fails + COMMA[language].join(names[key][language] for key in broken) if broken else passes

    def rule_for_equal(p: Params, language: Language) -> str:
        return EQUAL[p["inclusive"]][language].format(good=scheme.good)

    def explained(p: Params, language: Language) -> str:
        own = p["limits"][p["kind"]]
        lines = []
        for clause, limit, value in zip(scheme.clauses, own, p["values"], strict=True):
            if clause.key in p["failing"]:
                lines.append(f"{clause.name[language]} {value}（{BOUND[clause.bound][language]} {limit}）" if language == "zh" else f"{clause.name[language]} {value} ({BOUND[clause.bound][language]} {limit})")
        if not lines:
            return {"zh": "四项都在限值之内，", "en": "All four values keep their limits; "}[language] + rule_for_equal(p, language) + {"zh": "。", "en": "."}[language]
        return {"zh": f"不{scheme.good}的是：", "en": "Out of limits: "}[language] + {"zh": "；", "en": "; "}[language].join(lines) + {"zh": "。", "en": "."}[language]

    def write(p: Params, language: Language) -> tuple[Content, ...]:
        context, why = _context(scheme, p, language), explained(p, language)
        rule = rule_for_equal(p, language)
        gold = told(p["failing"], language)
        wrong = {told(broken, language): name for broken, name in p["wrong"]}
        listed = COMMA[language].join(f"{key}（{names[key]['zh']}）" if language == "zh" else f"{key} ({names[key]['en']})" for key in keys)
        return (
            Content(form="choice", context=context, stem=scheme.stem[language].format(rule=rule), answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=why),
            Content(
                form="json",
                context=context,
                stem=scheme.asked[language].format(rule=rule, keys=listed),
                answer={"verdict": "fail" if p["failing"] else "pass", "failing": list(p["failing"])},
                schema=schema,
                explanation=why,
            ),
        )

    return write


SEED = Scheme(
    clauses=(
        Clause(key="purity", name={"zh": "品种纯度", "en": "varietal purity"}, bound="min", digits=1, reach=0.5),
        Clause(key="cleanness", name={"zh": "净度", "en": "physical purity"}, bound="min", digits=1, reach=0.5),
        Clause(key="germination", name={"zh": "发芽率", "en": "germination"}, bound="min", digits=0, reach=4),
        Clause(key="moisture", name={"zh": "水分", "en": "moisture"}, bound="max", digits=1, reach=0.6),
    ),
    kinds={
        "maize": ({"zh": "玉米单交种", "en": "maize, single cross"}, (96.0, 99.0, 86, 13.0)),
        "indica": ({"zh": "籼型杂交稻", "en": "rice, indica hybrid"}, (96.5, 98.0, 80, 12.5)),
        "japonica": ({"zh": "粳型杂交稻", "en": "rice, japonica hybrid"}, (96.0, 98.0, 82, 14.0)),
        "wheat": ({"zh": "小麦大田用种", "en": "wheat, certified seed"}, (99.0, 99.0, 85, 12.5)),
        "sorghum": ({"zh": "高粱杂交种", "en": "sorghum hybrid"}, (93.5, 98.0, 80, 13.0)),
    },
    steps=((0.0, 0.2, 0.5), (0.0, 0.3, 0.5), (0, 2, 3), (0.0, -0.2, -0.5)),
    good="合格",
    head={"zh": "某种业公司的种子质量内控标准（虚构）：", "en": "House limits of a seed company (invented):"},
    column={"zh": "种子类别", "en": "Kind of seed"},
    result={"zh": "检验结果，{kind}，第 {lot} 批：", "en": "Test results, {kind}, lot {lot}:"},
    stem={
        "zh": "按内控标准判定该批种子（{rule}）。哪一个结论完整而正确？",
        "en": "Judge the lot by the house limits ({rule}). Which verdict is right and complete?",
    },
    asked={
        "zh": "按内控标准判定该批种子（{rule}），返回 JSON：verdict，合格写 \"pass\"，不合格写 \"fail\"；failing，不合格项目的键组成的列表，全部合格时为空列表。各项目的键：{keys}。",
        "en": 'Judge the lot by the house limits ({rule}) and return JSON: verdict, "pass" or "fail"; failing, the list of the keys of all properties out of limits, an empty list if there are none. Keys: {keys}.',
    },
)

VARIETY = Scheme(
    clauses=(
        Clause(key="gain", name={"zh": "两年平均增产", "en": "mean gain of both years"}, bound="min", digits=1, reach=1.2),
        Clause(key="sites", name={"zh": "增产点比例", "en": "sites with a gain"}, bound="min", digits=0, reach=7),
        Clause(key="lodging", name={"zh": "倒伏倒折率之和", "en": "lodged and broken plants"}, bound="max", digits=1, reach=1.5),
        Clause(key="stalk_rot", name={"zh": "茎腐病田间发病率", "en": "plants with stalk rot"}, bound="max", digits=1, reach=2.0),
    ),
    kinds={
        "yield": ({"zh": "高产稳产类", "en": "high and stable yield"}, (3.0, 60, 8.0, 12.0)),
        "quality": ({"zh": "优质专用类", "en": "special quality"}, (1.5, 52, 9.0, 13.5)),
        "machine": ({"zh": "籽粒机收类", "en": "grain harvested by combine"}, (2.4, 55, 5.5, 10.5)),
        "silage": ({"zh": "青贮类", "en": "silage"}, (4.0, 64, 8.5, 13.0)),
    },
    steps=((0.0, 0.3, 0.5), (0, 2, 3), (0.0, -0.4, -0.5), (0.0, -0.5, -1.0)),
    good="符合条件",
    head={"zh": "某联合体玉米新品种推荐审定的条件（虚构，均与对照品种比较或按田间调查）：", "en": "Conditions of a trial network for putting maize varieties forward for registration (invented; gains are over the check, the rest is scored in the field):"},
    column={"zh": "申请类别", "en": "Class applied for"},
    result={"zh": "参试品种 {lot}，申请类别：{kind}，试验结果：", "en": "Candidate {lot}, class applied for: {kind}; results:"},
    stem={
        "zh": "按所申请类别的条件判定该品种（{rule}）。哪一个结论完整而正确？",
        "en": "Judge the candidate by the conditions of its class ({rule}). Which verdict is right and complete?",
    },
    asked={
        "zh": "按所申请类别的条件判定该品种（{rule}），返回 JSON：verdict，符合条件写 \"pass\"，不符合写 \"fail\"；failing，不符合条件的项目的键组成的列表，全部符合时为空列表。各项目的键：{keys}。",
        "en": 'Judge the candidate by the conditions of its class ({rule}) and return JSON: verdict, "pass" or "fail"; failing, the list of the keys of all conditions not met, an empty list if there are none. Keys: {keys}.',
    },
)

GENERATORS = (
    Generator(
        id="GBS1",
        task="compliance",
        subarea="seed",
        level="judge",
        draw=drawer(SEED),
        write=writer(SEED),
        source=Source(title="House limits written for this item, in the manner of GB 4404.1-2008", kind="made"),
        draws=5,
    ),
    Generator(
        id="GBS2",
        task="compliance",
        subarea="registration",
        level="judge",
        draw=drawer(VARIETY),
        write=writer(VARIETY),
        source=Source(title="Conditions of registration written for this item", kind="made"),
        draws=5,
    ),
)
