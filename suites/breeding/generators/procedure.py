"""Steps to put in order under a printed list of what must come after what."""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

Words = Mapping[Language, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Work of the trade: its steps in a right order (key > words), and which step must be done before which, and why.

    `needs`: steps that are always listed, because the work or other steps make no sense without them.
    """

    subarea: str
    title: Words
    steps: Mapping[str, tuple[str, str]]
    after: tuple[tuple[str, str], ...]
    needs: tuple[str, ...]
    why: Words


SCENARIOS: Mapping[str, Scenario] = {
    "cross": Scenario(
        subarea="hybrids",
        title={"zh": "小麦人工杂交", "en": "crossing wheat by hand"},
        steps={
            "pick": ("选定健壮的母本穗", "choose healthy ears of the female"),
            "trim": ("剪去母本穗的上下小穗和颖壳尖", "trim the ear and cut the tips of the glumes"),
            "emasculate": ("摘除母本小花的雄蕊", "take the anthers out of the florets"),
            "bag": ("给去雄后的穗套袋隔离", "bag the emasculated ear"),
            "collect": ("采集父本的新鲜花粉", "collect fresh pollen of the male"),
            "pollinate": ("给柱头授粉", "put the pollen on the stigmas"),
            "tag": ("挂牌写明组合和授粉日期", "tag the ear with the cross and the date of pollination"),
            "harvest": ("收获并单独脱粒杂交穗", "harvest and thresh the crossed ear by itself"),
        },
        after=(
            ("pick", "trim"), ("trim", "emasculate"), ("emasculate", "bag"), ("bag", "pollinate"), ("collect", "pollinate"),
            ("pollinate", "tag"), ("tag", "harvest"),
        ),
        needs=("emasculate", "bag", "pollinate"),
        why={"zh": "先去雄、套袋隔离，再授粉，授粉后立即挂牌，才能保证种子来自所配的组合。", "en": "Emasculation and bagging come before pollination, and the tag right after it: only then is the seed known to be that of the cross."},
    ),
    "hybrid_seed": Scenario(
        subarea="seed",
        title={"zh": "玉米杂交制种", "en": "producing maize hybrid seed"},
        steps={
            "isolate": ("核实制种田四周的隔离条件", "check the isolation around the seed field"),
            "sow": ("按行比播种父本和母本", "sow male and female rows in their ratio"),
            "rogue": ("开花前拔除父母本行中的杂株", "rogue both parents before flowering"),
            "detassel": ("母本散粉前拔净雄穗", "pull the tassels of the female before they shed pollen"),
            "inspect": ("花期检查去雄和杂株情况并记录", "inspect detasselling and off-types at flowering and record them"),
            "cut_male": ("授粉结束后割除父本行", "cut out the male rows once pollination is over"),
            "harvest": ("收获母本果穗", "harvest the ears of the female"),
            "dry": ("晾晒果穗、脱粒并测水分", "dry and shell the ears and measure moisture"),
        },
        after=(
            ("isolate", "sow"), ("sow", "rogue"), ("rogue", "inspect"), ("rogue", "cut_male"), ("detassel", "inspect"), ("sow", "detassel"),
            ("inspect", "cut_male"), ("cut_male", "harvest"), ("harvest", "dry"),
        ),
        needs=("sow", "detassel", "harvest"),
        why={"zh": "隔离、去杂、去雄在前，父本行割除后才收母本，可避免串粉和混杂。", "en": "Isolation, roguing and detasselling come first, and the male rows leave the field before the harvest: that keeps foreign pollen and mixtures out."},
    ),
    "germination": Scenario(
        subarea="seed",
        title={"zh": "种子批的净度和发芽检验", "en": "testing a seed lot for purity and germination"},
        steps={
            "draw": ("从种子批各部位扦取初次样品", "draw primary samples from all parts of the lot"),
            "mix": ("把初次样品混合成混合样品", "mix the primary samples into a composite sample"),
            "divide": ("用分样器分出送验样品", "divide the composite sample down to the submitted sample"),
            "purity": ("做净度分析，分出净种子", "analyse purity and separate the pure seed"),
            "count": ("从净种子中随机数取试验种子", "count out seeds at random from the pure seed"),
            "place": ("置床并放入发芽箱", "place the seeds on the substrate and put them in the germinator"),
            "evaluate": ("末次计数，鉴定正常幼苗", "make the final count and assess the normal seedlings"),
            "report": ("计算发芽率并填写检验报告", "work out the germination percentage and write the report"),
        },
        after=(
            ("draw", "mix"), ("mix", "divide"), ("divide", "purity"), ("purity", "count"), ("count", "place"), ("place", "evaluate"), ("evaluate", "report"),
            ("purity", "report"),
        ),
        needs=("draw", "mix", "purity", "place", "evaluate"),
        why={"zh": "发芽试验用的是净度分析后的净种子，样品须逐级混合、缩分而来。", "en": "Germination is tested on the pure seed of the purity analysis, and the sample tested comes from mixing and dividing."},
    ),
    "marker_backcross": Scenario(
        subarea="molecular",
        title={"zh": "分子标记辅助回交转育", "en": "backcrossing a gene with the help of markers"},
        steps={
            "check": ("确认标记在双亲间有多态性", "check that the markers differ between the parents"),
            "f1": ("供体与轮回亲本杂交得到 F1", "cross donor and recurrent parent to get the F1"),
            "bc": ("F1 与轮回亲本回交", "backcross the F1 to the recurrent parent"),
            "dna": ("采回交后代叶片提取 DNA", "take leaves of the backcross plants and extract DNA"),
            "foreground": ("用目标标记做前景选择", "select for the target gene with its marker (foreground)"),
            "background": ("对入选株做背景选择", "select among the plants kept for the recurrent background"),
            "self": ("入选株自交", "self the plants chosen"),
            "fix": ("从自交后代选出目标基因纯合株", "choose plants homozygous for the target gene among the selfed progeny"),
        },
        after=(
            ("check", "foreground"), ("f1", "bc"), ("bc", "dna"), ("dna", "foreground"), ("foreground", "background"), ("background", "self"),
            ("self", "fix"),
        ),
        needs=("f1", "bc", "dna", "foreground", "self"),
        why={"zh": "先有后代和 DNA 才能选择，先保目标基因再比背景，最后自交纯合。", "en": "Plants and their DNA come before selection, the target gene before the background, and selfing fixes it at the end."},
    ),
    "import": Scenario(
        subarea="biosafety_law",
        title={"zh": "从国外引进育种材料", "en": "importing breeding material"},
        steps={
            "apply": ("提出引种检疫审批申请", "apply for the import permit"),
            "permit": ("取得引种检疫审批单", "obtain the import permit"),
            "foreign": ("输出国出具植物检疫证书", "have the exporting country issue the phytosanitary certificate"),
            "ship": ("发运种子", "ship the seed"),
            "entry": ("入境口岸申报并接受检疫", "declare the seed at the port of entry and have it inspected"),
            "isolate": ("在隔离圃隔离试种", "grow the plants in the isolation plot"),
            "observe": ("隔离期内观察并检测病害", "watch and test the plants for diseases during isolation"),
            "release": ("检疫合格后分发给课题组", "hand the material out to the groups once it has passed"),
        },
        after=(
            ("apply", "permit"), ("permit", "foreign"), ("foreign", "ship"), ("ship", "entry"), ("entry", "isolate"), ("isolate", "observe"), ("observe", "release"),
        ),
        needs=("permit", "ship", "entry", "isolate", "release"),
        why={"zh": "先审批后引种，入境检疫之后隔离观察，合格才能分发，以防带入病虫。", "en": "The permit comes before the seed, isolation after entry, and release last of all, so that no disease comes in with it."},
    ),
    "embryo": Scenario(
        subarea="livestock",
        title={"zh": "肉牛胚胎移植", "en": "embryo transfer in beef cattle"},
        steps={
            "health": ("检查供体和受体母牛的健康和生殖状况", "examine donors and recipients for health and fertility"),
            "sync": ("对受体牛做同期发情处理", "synchronise the oestrus of the recipients"),
            "fsh": ("给供体牛注射激素超数排卵", "superovulate the donors with hormones"),
            "ai": ("供体发情后人工授精", "inseminate the donors in oestrus"),
            "flush": ("非手术冲胚收集胚胎", "flush the embryos without surgery"),
            "grade": ("在显微镜下检胚分级", "grade the embryos under the microscope"),
            "transfer": ("把可用胚胎移植给受体", "transfer the usable embryos to the recipients"),
            "diagnose": ("对受体做妊娠诊断", "diagnose pregnancy in the recipients"),
        },
        after=(
            ("health", "sync"), ("health", "fsh"), ("fsh", "ai"), ("ai", "flush"), ("flush", "grade"), ("grade", "transfer"), ("sync", "transfer"),
            ("transfer", "diagnose"),
        ),
        needs=("sync", "fsh", "ai", "flush", "transfer"),
        why={"zh": "先查健康，供体超排、配种、冲胚、检胚之后，才能移植给同期发情的受体。", "en": "Health comes first; embryos are transferred only when they have been flushed and graded and the recipients are synchronised."},
    ),
}
SENTENCES: Mapping[Language, tuple[str, str]] = {
    "zh": ("“{then}”须在“{first}”之后", "完成“{first}”才能“{then}”"),
    "en": ("“{then}” comes only after “{first}”", "“{first}” must be done before “{then}”"),
}


def needed(scenario: Scenario, chosen: Sequence[str]) -> list[list[str]]:
    """Pairs among the chosen steps, those over left-out steps too, without any that others imply."""
    order = list(scenario.steps)
    reach = set(scenario.after)
    for middle in order:
        reach |= {(first, then) for first, m1 in reach if m1 == middle for m2, then in reach if m2 == middle}
    kept = {pair for pair in reach if set(pair) <= set(chosen)}
    implied = {(a, c) for (a, b), (b2, c) in itertools.product(kept, kept) if b == b2}
    return [list(pair) for pair in sorted(kept - implied, key=lambda pair: (order.index(pair[0]), order.index(pair[1])))]


def _draw(rng: random.Random) -> Params:
    name = rng.choice(sorted(SCENARIOS))
    scenario = SCENARIOS[name]
    free = sorted(set(scenario.steps) - set(scenario.needs))
    kept = {*scenario.needs, *rng.sample(free, rng.choice((5, 6, 6, 7)) - len(scenario.needs))}
    chosen = [step for step in scenario.steps if step in kept]
    pairs = needed(scenario, chosen)
    rng.shuffle(pairs)
    return {"scenario": name, "steps": chosen, "pairs": pairs, "words": [rng.randrange(2) for _ in pairs]}


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    scenario = SCENARIOS[p["scenario"]]
    side = 0 if language == "zh" else 1
    said = {key: words[side] for key, words in scenario.steps.items()}
    rules = [
        f"- {SENTENCES[language][form].format(first=said[first], then=said[then])}{'。' if language == 'zh' else '.'}"
        for (first, then), form in zip(p["pairs"], p["words"], strict=True)
    ]
    opening = (
        f"{scenario.title['zh']}：请把所列步骤（不是全部工序）排成可行的顺序。要求："
        if language == "zh"
        else f"Put the steps listed, which are not all steps of the work, into an order that can be carried out: {scenario.title['en']}. Requirements:"
    )
    closing = "凡满足全部要求的顺序都算对。" if language == "zh" else "Any order that meets all requirements is right."
    steps = tuple(said[key] for key in p["steps"])
    return (
        Content(
            form="ordering",
            stem="\n".join([opening, *rules, closing]),
            answer=steps,
            choices=steps,
            before=tuple((said[first], said[then]) for first, then in p["pairs"]),
            explanation=scenario.why[language],
        ),
    )


GENERATORS = (
    Generator(
        id="GBP1",
        task="procedure",
        subarea=lambda p: SCENARIOS[p["scenario"]].subarea,
        level="apply",
        draw=_draw,
        write=_write,
        source=Source(title="Sequences of the trade as taught (作物育种学, 种子学, 家畜繁殖学); requirements printed in the item", kind="made"),
        draws=6,
    ),
)
