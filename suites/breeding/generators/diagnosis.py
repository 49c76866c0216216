"""Causes found by printed rules: where off-type plants come from (markers), and what the check plots of a trial say about its field."""

import random
from collections.abc import Mapping, Sequence

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params

Words = Mapping[Language, str]

ORIGINS: Mapping[str, Words] = {
    "selfed": {"zh": "母本去雄不净，自交结实", "en": "selfing of the female parent, incomplete detasselling"},
    "foreign": {"zh": "隔离不足，外来花粉串粉", "en": "foreign pollen, insufficient isolation"},
    "male": {"zh": "收获时混入父本行的种子", "en": "seed of the male rows mixed in at harvest"},
    "mixed": {"zh": "加工时混入其他品种的种子", "en": "seed of another variety mixed in at processing"},
}
ORIGIN_RULES: Words = {
    "zh": (
        "某检验室用四个共显性 SSR 标记查杂株来源的规则（虚构）。格内两个数是一株的两个等位片段（bp）。\n"
        "甲：各标记都只有母本的片段，为母本自交，原因是去雄不净。\n"
        "乙：各标记都有一个母本片段，且至少两个标记的另一片段为双亲所无，为外来花粉所致，原因是隔离不足。\n"
        "丙：各标记都只有父本的片段，为收获时混入的父本行种子。\n"
        "丁：至少两个标记的两个片段都为双亲所无，为加工时混入的其他品种种子。\n"
        "戊：各标记都是母本、父本片段各一，为真杂种，不是杂株。"
    ),
    "en": (
        "Rules of a laboratory (invented) for the origin of off-type plants by four codominant SSR markers. The two numbers in a cell are the two alleles of a plant (bp).\n"
        "A: at every marker only the allele of the female parent: selfing of the female, which was not fully detasselled.\n"
        "B: at every marker one allele of the female, and at two markers or more the other allele occurs in neither parent: foreign pollen, isolation was insufficient.\n"
        "C: at every marker only the allele of the male parent: seed of the male rows, mixed in at harvest.\n"
        "D: at two markers or more both alleles occur in neither parent: seed of another variety, mixed in at processing.\n"
        "E: at every marker one allele of each parent: a true hybrid, not an off-type."
    ),
}
RULE_OF = {"selfed": ("甲", "A"), "foreign": ("乙", "B"), "male": ("丙", "C"), "mixed": ("丁", "D"), "hybrid": ("戊", "E")}
MARKERS = ("P1", "P2", "P3", "P4")


def _alleles(rng: random.Random) -> list[int]:
    """Six different fragment lengths of a marker: the female's, the male's, and four that neither has."""
    start = rng.randrange(112, 260, 2)
    return [start + 2 * step for step in rng.sample(range(12), 6)]


def _plant(origin: str, alleles: Sequence[Sequence[int]], rng: random.Random) -> list[list[int]]:
    """The two fragments of a plant at each marker, well inside the rule of its origin."""
    odd = rng.randrange(len(alleles))  # the one marker at which a stranger may share a parent's fragment
    plant: list[list[int]] = []
    for place, (female, male, *others) in enumerate(alleles):
        strange = rng.sample(others, 2)
        plant.append(
            sorted(
                {
                    "selfed": [female, female],
                    "male": [male, male],
                    "hybrid": [female, male],
                    "foreign": [female, male if place == odd else strange[0]],
                    "mixed": [male if place == odd else strange[0], strange[1]],
                }[origin]
            )
        )
    return plant


def _draw_origin(rng: random.Random) -> Params:
    """Three off-types of one origin, one of another, and one plant that is a true hybrid after all."""
    gold, other = rng.sample(sorted(ORIGINS), 2)
    origins = [gold, gold, gold, other, "hybrid"]
    rng.shuffle(origins)
    alleles = [_alleles(rng) for _ in MARKERS]
    return {
        "gold": gold,
        "origins": origins,
        "parents": [[row[0] for row in alleles], [row[1] for row in alleles]],
        "plants": [_plant(origin, alleles, rng) for origin in origins],
        "names": sorted(rng.sample(range(11, 99), 5)),
    }


def _write_origin(p: Params, language: Language) -> tuple[Content, ...]:
    zh = language == "zh"
    side = 0 if zh else 1
    rows = [
        [name, *(f"{size}/{size}" for size in sizes)]
        for name, sizes in zip(("母本", "父本") if zh else ("Female", "Male"), p["parents"], strict=True)
    ]
    rows += [
        [f"植株 {name}" if zh else f"Plant {name}", *(f"{low}/{high}" for low, high in plant)]
        for name, plant in zip(p["names"], p["plants"], strict=True)
    ]
    context = f"{ORIGIN_RULES[language]}\n\n{table(['材料' if zh else 'Material', *MARKERS], rows)}"
    stem = (
        "某玉米杂交种小区种植鉴定时目测疑为杂株的五株，标记结果如上。按规则，其中多数植株说明制种的哪个环节出了问题？"
        if zh
        else "In a grow-out of a maize hybrid five plants looked like off-types; their markers are given above. By the rules, what went wrong according to most of these plants?"
    )
    other = next(origin for origin in p["origins"] if origin not in (p["gold"], "hybrid"))
    wrong = {
        ORIGINS[origin][language]: "one plant taken for the majority" if origin == other else f"rule {RULE_OF[origin][1]} misread"
        for origin in ORIGINS
        if origin != p["gold"]
    }
    gold = ORIGINS[p["gold"]][language]
    listed = ("、" if zh else ", ").join(str(name) for name, origin in zip(p["names"], p["origins"], strict=True) if origin == p["gold"])
    why = (
        f"植株 {listed} 符合规则{RULE_OF[p['gold']][side]}；另有一株符合规则{RULE_OF[other][side]}，一株是真杂种。"
        if zh
        else f"Plants {listed} fall under rule {RULE_OF[p['gold']][side]}; one falls under rule {RULE_OF[other][side]}, one is a true hybrid."
    )
    return (Content(form="choice", context=context, stem=stem, answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=why),)


FIELDS: Mapping[str, Words] = {
    "gradient": {"zh": "沿一个方向的地力梯度", "en": "a fertility gradient along the field"},
    "blocks": {"zh": "两区组之间的地力差异", "en": "a difference between the two blocks"},
    "plot": {"zh": "个别小区异常，应查记录", "en": "a single faulty plot, to be looked up"},
    "border": {"zh": "两端小区的边际效应", "en": "a border effect at both ends"},
    "even": {"zh": "地力均匀，无系统差异", "en": "an even field, no system in it"},
}
FIELD_RULES: Words = {
    "zh": (
        "试验站对照小区判读规则（虚构，产量单位 t/ha，同一对照品种，小区按位置编号，前一半为区组甲，后一半为区组乙）。\n"
        "梯度：从头到尾每个小区都比前一个高，或每个都比前一个低，首尾相差超过 1.5。\n"
        "区组差异：两个区组内部各自相差都不超过 0.5，而两区组平均相差超过 1.0。\n"
        "个别小区异常：只有一个小区与其余小区的平均相差超过 1.5，其余小区彼此相差不超过 0.5。\n"
        "边际效应：首尾两个小区都比其余每个小区高，相差超过 1.0，其余小区彼此相差不超过 0.5。\n"
        "均匀：所有小区彼此相差不超过 0.5。"
    ),
    "en": (
        "Rules of a trial station (invented) for reading check plots: yields in t/ha, the same check variety everywhere, plots numbered by place, the first half being block A and the second half block B.\n"
        "Gradient: from end to end each plot is above the one before, or each is below it, and the ends differ by more than 1.5.\n"
        "Difference of blocks: inside each block the plots differ by no more than 0.5, but the means of the blocks differ by more than 1.0.\n"
        "Single faulty plot: only one plot differs from the mean of the others by more than 1.5, and the others differ by no more than 0.5 among themselves.\n"
        "Border effect: the first and the last plot are both more than 1.0 above each of the others, which differ by no more than 0.5 among themselves.\n"
        "Even: no two plots differ by more than 0.5."
    ),
}
PLOTS = 8


def _draw_field(rng: random.Random) -> Params:
    """Yields in tenths of t/ha, at least 0.1 inside the limits of one rule (0.3 where it asks for a difference of more than 1.0)."""
    gold = rng.choice(sorted(FIELDS))
    level = rng.randint(68, 96)
    tenths = [level + rng.randint(0, 4) for _ in range(PLOTS)]
    if gold == "gradient":
        step = rng.choice((-1, 1))
        tenths = [level]
        while len(tenths) < PLOTS:
            tenths.append(tenths[-1] + step * rng.randint(3, 5))
    elif gold == "blocks":
        shift = rng.choice((-1, 1)) * rng.randint(17, 24)
        tenths = [value + (shift if place >= PLOTS // 2 else 0) for place, value in enumerate(tenths)]
    elif gold == "plot":
        tenths[rng.randrange(1, PLOTS - 1)] += rng.choice((-1, -1, 1)) * rng.randint(23, 32)
    elif gold == "border":
        for place in (0, -1):
            tenths[place] += rng.randint(17, 22)
    shown = rng.sample([cause for cause in sorted(FIELDS) if cause != gold], 3)
    return {"gold": gold, "yields": [f"{value / 10:.1f}" for value in tenths], "shown": sorted(shown), "field": rng.randint(2, 48)}


def _write_field(p: Params, language: Language) -> tuple[Content, ...]:
    zh = language == "zh"
    head = ["小区" if zh else "Plot", *range(1, PLOTS + 1)]
    context = f"{FIELD_RULES[language]}\n\n{table(head, [['t/ha', *p['yields']]])}"
    stem = (
        f"{p['field']} 号地品种比较试验的对照小区产量如上。按规则，这块地属于哪种情况？"
        if zh
        else f"The check plots of the variety trial in field {p['field']} yielded as above. Which case is it by the rules?"
    )
    wrong = {FIELDS[cause][language]: f"rule of {FIELDS[cause]['en']} misread" for cause in p["shown"]}
    gold = FIELDS[p["gold"]][language]
    return (
        Content(
            form="choice", context=context, stem=stem, answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=_field_why(p, language)
        ),
    )


def _field_why(p: Params, language: Language) -> str:
    zh = language == "zh"
    first, last = p["yields"][0], p["yields"][-1]
    values = [float(value) for value in p["yields"]]
    middle = sorted(values)[PLOTS // 2]
    odd = p["yields"][max(range(PLOTS), key=lambda place: abs(values[place] - middle))]
    return {
        "gradient": f"小区产量从 {first} 到 {last} 逐个单向变化。" if zh else f"Yields move in one direction from {first} to {last}, plot after plot.",
        "blocks": "区组内部差异小，两区组平均相差超过 1.0。" if zh else "The plots of a block agree; the means of the blocks differ by more than 1.0.",
        "plot": f"只有 {odd} 这一个小区远离其余小区。" if zh else f"Only the plot with {odd} is far from the others.",
        "border": f"只有首尾两个小区（{first}、{last}）明显偏高。" if zh else f"Only the plots at the ends ({first}, {last}) stand out.",
        "even": "所有小区相差不超过 0.5。" if zh else "No two plots differ by more than 0.5.",
    }[p["gold"]]


GENERATORS = (
    Generator(
        id="GBF1",
        task="diagnosis",
        subarea="molecular",
        level="judge",
        draw=_draw_origin,
        write=_write_origin,
        source=Source(title="Rules written for this item, after the practice of SSR tests of hybrid purity", kind="made"),
        draws=6,
    ),
    Generator(
        id="GBF2",
        task="diagnosis",
        subarea="field_trials",
        level="judge",
        draw=_draw_field,
        write=_write_field,
        source=Source(title="Rules written for this item", kind="made"),
        draws=6,
    ),
)
