"""Lines of a breeding station's work log, put into printed classes by what was done on the day."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

Words = tuple[str, str]  # zh, en


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A class of work: its name, its line in the scheme, what may have been done, a remark on it, and classes easily taken for it."""

    subarea: str
    title: Words
    line: Words
    acts: tuple[Words, ...]
    remark: Words
    near: tuple[str, ...]


STAGES: Mapping[str, Stage] = {
    "resources": Stage(
        subarea="germplasm",
        title=("种质资源", "genetic resources"),
        line=("收集、编目、保存、更新原始材料", "collecting, cataloguing, keeping and regenerating original material"),
        acts=(
            ("在山区征集地方菜豆 {a} 份，登记来源后放进低温库。", "Collected {a} landraces of bean in the hills, wrote down where they came from and put them into the cold store."),
            ("给库存谷子材料重新编目，共 {a} 份，其中发芽力偏低的 {b} 份列入更新计划。", "Catalogued the stored millet accessions anew, {a} in all; {b} of them that germinate poorly were put on the list for regeneration."),
            ("把 {a} 份农家小麦各分出 {b}00 粒，寄往异地种质库备份。", "Took seed from {a} old wheat accessions, {b}00 grains each, and sent it to a gene bank elsewhere as a duplicate."),
        ),
        remark=("新收的材料上周已经入了种质库", "the newly collected accessions went into the gene bank last week"),
        near=("crossing", "testing", "selection"),
    ),
    "crossing": Stage(
        subarea="hybrids",
        title=("组合配制", "making crosses"),
        line=("选定亲本，人工去雄授粉，得到新的杂交组合", "choosing parents, emasculating and pollinating by hand, to get new crosses"),
        acts=(
            ("给前几天去雄套袋的 {a} 个小麦母本穗授上新父本的花粉，逐穗挂牌，共 {b} 个新组合。", "Put pollen of new males on {a} wheat ears emasculated and bagged some days ago and tagged every ear: {b} new crosses."),
            ("从 {a} 个自交系里挑出 {b} 对亲本，定下今年首次要配的组合。", "Picked {b} pairs of parents out of {a} inbred lines and settled which new crosses this year's nursery gets."),
            ("用抗病系给 {a} 朵番茄花去雄授粉，首次配这个组合，共用了 {b} 株母本。", "Emasculated {a} tomato flowers on {b} plants and pollinated them with the resistant line, a cross not made before."),
            ("采 {b} 个恢复系的新鲜花粉，给不育系的 {a} 个穗授粉，首次测配这些组合。", "Collected fresh pollen of {b} restorer lines and put it on {a} male-sterile panicles, crosses not made before."),
        ),
        remark=("明年打算拿这些材料做杂交亲本", "these lines are meant to be crossed next year"),
        near=("multiplication", "selection", "markers"),
    ),
    "selection": Stage(
        subarea="quantitative",
        title=("世代选择", "selection in segregating generations"),
        line=("在分离世代里按性状选留单株或株行", "keeping single plants or rows of segregating generations by their traits"),
        acts=(
            ("看了 F3 株行 {a} 行，按株高和熟期留下 {b} 行，其余淘汰。", "Walked {a} rows of the F3, kept {b} of them for height and maturity and threw out the rest."),
            ("F2 群体 {a} 株逐株打分，选中 {b} 株分别脱粒，明年种成株行。", "Scored the F2 plant by plant, {a} plants; chose {b} and threshed each by itself, to be sown as rows next year."),
            ("在加代圃的 {a} 行后代里选无芒早熟株 {b} 株，套袋自交。", "Chose {b} early awnless plants among {a} rows of progeny in the off-season nursery and bagged them for selfing."),
            ("在病圃里逐株看接种后的 F2，共 {a} 株，只留无病的 {b} 株收种。", "Looked at {a} inoculated F2 plants in the disease nursery and kept the seed of the {b} healthy ones only."),
        ),
        remark=("后代里的单株要到明年再选", "single plants of the progeny will not be chosen before next year"),
        near=("trial", "markers", "crossing"),
    ),
    "markers": Stage(
        subarea="molecular",
        title=("分子检测", "molecular work"),
        line=("提取 DNA，用标记、芯片或测序分型并分析", "extracting DNA, genotyping with markers, arrays or sequencing, and analysing the data"),
        acts=(
            ("提取了 {a} 份叶片的 DNA，用 {b} 对引物做 PCR，判读带型。", "Extracted DNA from {a} leaves, ran PCR with {b} pairs of primers and scored the bands."),
            ("过滤 {a} 株的芯片分型数据，去掉缺失多的 {b} 株，算出基因组估计育种值。", "Filtered the array genotypes of {a} plants, dropped {b} with many gaps and worked out genomic breeding values."),
            ("在抗病基因两侧设计 KASP 引物 {b} 组，在 {a} 株上验证分型。", "Designed {b} sets of KASP primers beside the resistance gene and checked the genotyping on {a} plants."),
        ),
        remark=("DNA 标记检测排在下个月", "DNA markers are on the list for next month"),
        near=("selection", "testing", "resources"),
    ),
    "trial": Stage(
        subarea="field_trials",
        title=("品种试验", "variety trials"),
        line=("在设重复和对照的小区里比较已经稳定的品系", "comparing stable lines in replicated plots with checks"),
        acts=(
            ("{a} 个稳定品系的小区收获测产，逐一与对照比较，{b} 个超过对照。", "Harvested and weighed the replicated plots of {a} stable lines and compared each with the check; {b} were above it."),
            ("按随机区组给 {a} 个稳定品系划好小区、插好对照牌，播完 {b} 个区组。", "Laid out plots in randomised blocks for {a} stable lines, staked the checks and sowed {b} blocks."),
            ("到 {b} 个试点调查参试稳定品系的倒伏，{a} 个小区逐个与对照同表记载。", "Scored lodging of the stable lines at {b} trial sites, {a} plots, each on one sheet with its check."),
        ),
        remark=("品比试验要等到明年才布置", "a replicated yield trial will not be laid out before next year"),
        near=("extension", "selection", "registration"),
    ),
    "registration": Stage(
        subarea="registration",
        title=("审定与保护", "registration and protection"),
        line=("准备、提交、答复审定、登记或品种权的申请", "preparing, filing and defending applications for registration or breeders' rights"),
        acts=(
            ("把试验报告、抗性鉴定和照片装订成审定申请材料 {a} 页，一式 {b} 份报送省种子站。", "Bound trial reports, disease tests and photographs into an application for registration of {a} pages and sent {b} copies to the seed authority."),
            ("填好植物新品种权申请书和说明书 {a} 页，附照片 {b} 张寄出。", "Filled in the application for breeders' rights with its description, {a} pages, and posted it with {b} photographs."),
            ("答复审查员对品种权申请特异性提出的 {b} 条意见，写了 {a} 行说明。", "Answered the examiner's {b} remarks on the distinctness of the variety under application, in {a} lines."),
        ),
        remark=("审定申请以后再报", "the application for registration will be filed later"),
        near=("trial", "extension", "testing"),
    ),
    "multiplication": Stage(
        subarea="seed",
        title=("种子生产", "seed production"),
        line=("繁殖亲本、原种，或在制种田生产已定组合的商品种子", "multiplying parents and basic seed, or producing commercial seed of an established hybrid"),
        acts=(
            ("在老组合的 {a} 亩制种田里第 {b} 次巡田，拔净母本的雄穗。", "Went over {a} mu of the seed field of our established hybrid for the {b}th time and pulled the last tassels of the female rows."),
            ("亲本繁殖田 {a} 亩去杂，拔掉杂株 {b} 株。", "Rogued {a} mu of the field where a parent line is multiplied and pulled {b} off-types."),
            ("与 {b} 户农民签制种合同，划定隔离区 {a} 亩。", "Signed contracts for seed production with {b} farmers and marked out {a} mu of isolation zone."),
            ("收获父本的亲本繁殖田 {a} 亩，与其他材料分开，按 {b} 个批次晾晒入库。", "Harvested {a} mu where a parent line is multiplied and dried and stored the seed apart, in {b} lots."),
        ),
        remark=("制种安排在下一季", "seed production is planned for the season after this"),
        near=("crossing", "testing", "extension"),
    ),
    "testing": Stage(
        subarea="seed",
        title=("种子检验", "seed testing"),
        line=("对种子批扦样，测净度、水分、发芽、纯度等质量", "drawing from seed lots and testing purity, moisture, germination and the like"),
        acts=(
            ("对 {a} 批待售种子扦样，测水分和净度，{b} 批水分偏高。", "Drew from {a} seed lots that are to be sold and tested moisture and purity; {b} were too moist."),
            ("给 {a} 批送检种子置床做发芽试验，另有 {b} 批末次计数。", "Set up germination tests for {a} lots sent in and made the last count of {b} others."),
            ("用四唑染色测了 {a} 份送检种子的生活力，{b} 份低于要求。", "Tested the viability of {a} lots sent in by tetrazolium staining; {b} were below the requirement."),
        ),
        remark=("种子检验上周已经做完", "the seed test was finished last week"),
        near=("multiplication", "registration", "resources"),
    ),
    "extension": Stage(
        subarea="cultivation",
        title=("示范与栽培指导", "demonstration and advice"),
        line=("向种植者展示品种，提出播期、密度、水肥等建议", "showing varieties to growers and advising on dates, densities, water and fertiliser"),
        acts=(
            ("在示范田开现场会，{a} 户农民到场，看了 {b} 个品种，讲了密度和追肥。", "Held a field day at the demonstration plot, {a} growers came; showed them {b} varieties and explained density and top dressing."),
            ("给合作社写播种建议，{a} 亩地按 {b} 种土质分别定播期和密度。", "Wrote sowing advice for the cooperative: dates and densities for {a} mu on {b} kinds of soil."),
            ("电话回访 {a} 户种植户，答复其中 {b} 户倒伏以后怎么追肥浇水。", "Called {a} growers and told {b} of them how to fertilise and irrigate after lodging."),
        ),
        remark=("示范推广等通过以后再说", "showing it to growers will come later still"),
        near=("trial", "multiplication", "registration"),
    ),
}


def _draw(rng: random.Random) -> Params | None:
    stage = rng.choice(sorted(STAGES))
    remark = rng.choice([other for other in sorted(STAGES) if other != stage])
    others = rng.sample([other for other in STAGES[stage].near if other != remark], 2)
    return {
        "stage": stage,
        "act": rng.randrange(len(STAGES[stage].acts)),
        "remark": remark,
        "others": others,
        "a": rng.randint(24, 96),
        "b": rng.randint(4, 9),
    }


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    side = 0 if language == "zh" else 1
    stage, remark = STAGES[p["stage"]], STAGES[p["remark"]]
    if language == "zh":
        opening = "育种站工作日志的分类（虚构）。每条只按当天实际做的事归类，计划和以前做完的事不算："
        scheme = "\n".join(f"- {each.title[0]}：{each.line[0]}。" for each in STAGES.values())
        log = f"{stage.acts[p['act']][0].format(a=p['a'], b=p['b'])}另记：{remark.remark[0]}。"
        stem = f"下面这条日志归入哪一类？\n{log}"
        why = f"当天做的是“{stage.title[0]}”的工作；关于“{remark.title[0]}”的一句只是附记。"
    else:
        opening = "Classes of a breeding station's work log (invented). An entry is classed only by what was done on the day, not by plans or by what was finished earlier:"
        scheme = "\n".join(f"- {each.title[1]}: {each.line[1]}." for each in STAGES.values())
        log = f"{stage.acts[p['act']][1].format(a=p['a'], b=p['b'])} Also noted: {remark.remark[1]}."
        stem = f"Which class does this entry belong to?\n{log}"
        why = f"The day's work belongs to “{stage.title[1]}”; what is said of “{remark.title[1]}” is a remark."
    gold = stage.title[side]
    wrong = {remark.title[side]: "remark taken for the day's work"}
    wrong |= {STAGES[other].title[side]: f"neighbouring class: {STAGES[other].title[1]}" for other in p["others"]}
    return (
        Content(form="choice", context=f"{opening}\n{scheme}", stem=stem, answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=why),
    )


GENERATORS = (
    Generator(
        id="GBL1",
        task="classification",
        subarea=lambda p: STAGES[p["stage"]].subarea,
        level="apply",
        foundation=True,
        draw=_draw,
        write=_write,
        source=Source(title="Scheme and log written for this item", kind="made"),
        draws=6,
        distinct=lambda p: (p["stage"], p["act"]),  # a build has no entry twice, whatever its figures and remark
    ),
)
