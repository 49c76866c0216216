"""How a reader works out the answers of breeding's drawn items, from what is printed: stem, context and options alone."""

import re

import numpy as np

from tests.suites.laws import dates_in

NUMBER = r"-?\d+(?:\.\d+)?"


def tables_in(text):
    """Every Markdown table of a text, as a list of rows of cells, the heading first."""
    found, lines = [], []
    for line in [*text.split("\n"), ""]:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not set("".join(cells)) <= set("-"):
                lines.append(cells)
        elif lines:
            found.append(lines)
            lines = []
    return found


CLAUSES = {
    "品种纯度": "purity", "varietal purity": "purity", "净度": "cleanness", "physical purity": "cleanness",
    "发芽率": "germination", "germination": "germination", "水分": "moisture", "moisture": "moisture",
    "两年平均增产": "gain", "mean gain of both years": "gain", "增产点比例": "sites", "sites with a gain": "sites",
    "倒伏倒折率之和": "lodging", "lodged and broken plants": "lodging", "茎腐病田间发病率": "stalk_rot", "plants with stalk rot": "stalk_rot",
}  # fmt: skip


def judged(item):
    """The verdict from the printed limits: the row is found by its name in the line above the results."""
    limits, results = tables_in(item.context)
    (line,) = [line for line in item.context.split("\n") if re.search(r"第 \d+ 批|, lot \d+|参试品种|Candidate \d+", line)]
    (row,) = [row for row in limits[1:] if row[0] in line]
    equal_fails = bool(re.search("按不(?:合格|符合条件)计", item.stem)) or "limit fails" in item.stem
    broken = []
    for head, limit, name, value in zip(limits[0][1:], row[1:], results[0], results[1], strict=True):
        word = name.removesuffix("%").strip()
        assert head.startswith(word)
        over = np.sign(round(float(value) - float(limit), 6))
        good = over >= 0 if re.search("下限|minimum", head) else over <= 0
        if not good or (over == 0 and equal_fails):
            broken.append(word)
    if item.form == "json":
        return {"verdict": "fail" if broken else "pass", "failing": [CLAUSES[word] for word in broken]}
    for option in item.choices:
        listed = re.split("、|, ", re.sub("^(?:不合格：|不符合条件：|fail: )", "", option)) if option not in ("合格", "符合条件", "pass") else []
        if sorted(listed) == sorted(broken):
            return option
    raise AssertionError(broken)


def number_or_option(item, value):
    """The number, or the option that is nearest to it by less than 0.02."""
    if item.form == "number":
        return value
    (option,) = [option for option in item.choices if abs(float(option.split()[0]) - value) < 0.02]
    return option


def emergence(item):
    """The asked crop's row and temperature, by numpy."""
    (head, *rows) = tables_in(item.context)[0]
    soil = [float(re.search(NUMBER, cell)[0]) for cell in head[1:]]
    (row,) = [row for row in rows if re.search(rf"^{row[0]}播种后|sowing {row[0]} is", item.stem)]
    asked = float(re.search(rf"({NUMBER}) °C", item.stem)[1])
    return number_or_option(item, float(np.interp(asked, soil, [float(cell) for cell in row[1:]])))


def foretold(item):
    """The cross's cell and its margins, found by the names of both parents."""
    head, *rows = [[cell.replace("−", "-") for cell in row] for row in tables_in(item.context)[0]]
    female, male = re.search(r"(F\d+) × (T\d+)", item.stem).groups()
    cells = {(row[0], name): row[place] for row in rows for place, name in enumerate(head)}
    terms = [cells[female, "GCA"], cells[rows[-1][0], f"× {male}"], cells[female, f"× {male}"]]
    mean = re.search(rf"({NUMBER}) t/ha", item.context)[1]
    return number_or_option(item, round(sum(map(float, [mean, *terms])), 2))


def first(text, *patterns):
    """What the first pattern that is found has in its brackets."""
    for pattern in patterns:
        found = re.search(pattern, text)
        if found:
            return found[1].strip()
    raise AssertionError((patterns, text))


def plain(text):
    """A number without thousands signs: whole where it is whole."""
    value = float(text.replace(",", ""))
    return int(value) if value.is_integer() else value


def the_day(text):
    (only,) = dates_in(text)
    return only


def notice(item):
    """Words of the notices, whatever their layout."""
    text = item.context
    return {
        "approval_no": first(text, r"(虚审玉\d+)\n", r"编号 \| (\S+)", r"审定编号为(虚审玉\d+)", r"(?:number: |no\. \| |under number )(Xushenyu \d+)"),
        "variety": first(text, r"品种名称：(.+)", r"品种名称 \| (\S+)", r"玉米新品种(.+?)以", r"Name: (.+)", r"Variety \| (\w+ \d+)", r"variety (\w+ \d+) was"),
        "female": first(text, r"品种来源：(\w\d+)×", r"(\w\d+)（母本）", r"以 (\w\d+) 为母本", r"Parentage: (\w\d+) ×", r"(\w\d+) \(female\)", r"from (\w\d+) as female"),
        "male": first(text, r"品种来源：\w\d+×(\w\d+)", r"(\w\d+)（父本）", r"、(\w\d+) 为父本", r"Parentage: \w\d+ × (\w\d+)", r"(\w\d+) \(male\)", r"and (\w\d+) as male"),
        "growth_days": plain(
            first(text, r"出苗至成熟 \|? ?(\d+) 天", r"到成熟需 (\d+) 天", r"(\d+) days from emergence", r"maturity \| (\d+) days", r"takes (\d+) days")
        ),
        "yield_kg_ha": plain(first(text, r"两年平均 ([\d,.]+) kg", r"on average ([\d,.]+) kg", r"both years ([\d,.]+) kg", r", ([\d,.]+) kg/ha on average")),
        "gain_percent": plain(first(text, r"两年平均[^；。|]*?增产 ([\d.]+)%", r"average,? (?:[\d,.]+ kg/ha, )?(?:which is )?([\d.]+)%", r"both years [\d,.]+ kg/ha, ([\d.]+)%")),
        "approved_on": the_day(first(text, r"于(\S+?)经", r"审定通过 \| (\S+)", r"，(\d{4}年\d+月\d+日)通过审定", r"committee on (.+)\.", r"Approved \| (\S+)", r"approved on (\d+ \w+ \d{4})")),
    }


def permit(item):
    """Words of the permits; what was asked for, last year's number and the country of transit are passed over."""
    text = item.context
    weight = first(text, r"批准数量：.*?共 (.+)", r"总重 (.+?)（", r"批准 \| .*?，(.+?) \|", r"Approved: .*?, (.+) in all", r"total weight of (.+?) \(", r"Approved \| .*?, (.+?) \|")
    amount, unit = weight.split()
    return {
        "permit_no": first(text, r"审批编号：(.+)", r"审批编号为(.+?)；", r"编号 \| (.+?号)", r"Permit number: (.+)", r"number (PQ-X \d+/\d+);", r"Number \| (PQ-X \d+/\d+)"),
        "crop": first(text, r"作物名称：(.+?)（", r"引进(.+?)（", r"学名 \| (.+?) /", r"Crop: (.+?) \(", r"seed of (.+?) \(", r"species \| (.+?) /"),
        "origin": first(text, r"原产国：(.+?)（", r"同意从(.+?)引进", r"转运国 \| (.+?) /", r"origin: (.+?) \(", r"\) from (.+?):", r"transit \| (.+?) /"),
        "accessions": int(first(text, r"批准数量：(\d+)", r"种子 (\d+) 份", r"批准 \| (\d+)", r"Approved: (\d+)", r": (\d+) accessions with", r"Approved \| (\d+)")),
        "quantity_g": round(float(amount) * {"g": 1, "kg": 1000}[unit]),
        "valid_until": the_day(first(text, r"有效期至：(.+)", r"有效期截至(.+?)。", r"有效期止 \| (\S+)", r"Valid until: (.+)", r"valid through (.+?)\.", r"End of validity \| (\S+)")),
        "quarantine_months": int(first(text, r"(\d+) 个月", r"(\d+) months")),
    }


def option_with(item, *words):
    """The one option that has one of the words."""
    (found,) = [option for option in item.choices if any(word in option for word in words)]
    return found


def origin(item):
    """Each plant by the sets of its fragments; the origin that most plants have."""
    _, *rows = tables_in(item.context)[0]
    female, male, *plants = [[frozenset(map(int, cell.split("/"))) for cell in row[1:]] for row in rows]
    both = [f | m for f, m in zip(female, male, strict=True)]
    found = []
    for plant in plants:
        strangers = [len(cell - known) for cell, known in zip(plant, both, strict=True)]
        if plant == both:
            found.append("true hybrid")
        elif plant == female:
            found.append("self")
        elif plant == male:
            found.append("male rows")
        elif all(cell & f for cell, f in zip(plant, female, strict=True)) and sum(map(bool, strangers)) >= 2:
            found.append("foreign")
        elif sum(not cell & known for cell, known in zip(plant, both, strict=True)) >= 2:
            found.append("another variety")
        else:
            raise AssertionError(plant)
    most = max(found, key=found.count)
    assert found.count(most) == 3
    return option_with(item, most, {"self": "自交", "male rows": "父本行", "foreign": "外来花粉", "another variety": "其他品种"}[most])


def field_case(item):
    """Every rule of the station tried on the yields; exactly one holds."""
    y = np.array([float(cell) for cell in tables_in(item.context)[0][1][1:]])
    half = len(y) // 2

    def spread(values):
        return round(float(np.ptp(values)), 6)

    def alone(place):
        rest = np.delete(y, place)
        return abs(y[place] - rest.mean()) > 1.5 and spread(rest) <= 0.5

    steps = np.sign(np.diff(y))
    holds = {
        "gradient": abs(steps.sum()) == len(y) - 1 and abs(y[-1] - y[0]) > 1.5,
        "blocks": max(spread(y[:half]), spread(y[half:])) <= 0.5 and abs(y[:half].mean() - y[half:].mean()) > 1.0,
        "single": any(alone(place) for place in range(len(y))),
        "border": min(y[0], y[-1]) - y[1:-1].max() > 1.0 and spread(y[1:-1]) <= 0.5,
        "even": spread(y) <= 0.5,
    }
    (case,) = [name for name, true in holds.items() if true]
    return option_with(item, case, {"gradient": "梯度", "blocks": "区组", "single": "个别", "border": "边际", "even": "均匀"}[case])


def pairs_told(item):
    """The (first, then) pairs of the printed requirements."""
    later_first = ("“(.+?)”须在“(.+?)”之后", "“(.+?)” comes only after “(.+?)”")
    earlier_first = ("完成“(.+?)”才能“(.+?)”", "“(.+?)” must be done before “(.+?)”")
    found = {(first, then) for pattern in later_first for then, first in re.findall(pattern, item.stem)}
    found |= {pair for pattern in earlier_first for pair in re.findall(pattern, item.stem)}
    assert len(found) == item.stem.count("\n- ")
    assert {step for pair in found for step in pair} <= set(item.choices)
    return frozenset(found)


# What the work of a class cannot do without, and the words of its title; the first class that fits is the one.
SIGNS = (
    ("(?:分子检测|molecular)", "DNA|PCR|芯片|KASP|array|primers"),
    ("(?:种子生产|seed production)", "制种田|制种合同|亲本繁殖田|seed field|contracts for seed|parent line is multiplied"),
    ("(?:种子检验|seed testing)", "扦样|置床|四唑|Drew from|germination tests|tetrazolium"),
    ("(?:审定与保护|registration and)", "申请材料|申请书|品种权申请|application"),
    ("(?:品种试验|variety trials)", "对照|check"),
    ("(?:示范与|demonstration)", "农民|合作社|种植户|growers|cooperative"),
    ("(?:种质资源|genetic resources)", "征集|编目|种质库|landraces|Catalogued|gene bank"),
    ("(?:世代选择|selection in)", "F[23] ?|后代里选|progeny"),
    ("(?:组合配制|making crosses)", "授上|授粉|亲本|pollen|pollinated|parents"),
)


def class_of(item):
    """The day's work alone, without the remark: the class whose signs it has."""
    work = re.split("另记：|Also noted:", item.stem.split("\n")[1])[0]
    title = next(title for title, signs in SIGNS if re.search(signs, work))
    (option,) = [option for option in item.choices if re.match(title, option)]
    assert option in item.context
    return option


# A second glossary, in the order of the alphabet and with one name on each side; typed apart from the generator's.
GLOSSARY = dict(
    line.strip().split(" = ")
    for line in """
    artificial insemination = 人工授精
    average daily gain = 平均日增重
    backfat thickness = 背膘厚
    breeder seed = 育种家种子
    breeding value = 育种值
    check variety = 对照品种
    codominance = 共显性
    core collection = 核心种质
    cytoplasmic inheritance = 细胞质遗传
    diallel cross = 双列杂交
    distinctness = 特异性
    double cross = 双交
    doubled haploid line = 双单倍体系
    dressing percentage = 屠宰率
    effective population size = 有效群体大小
    embryo transfer = 胚胎移植
    epistasis = 上位性
    essentially derived variety = 实质性派生品种
    estrus synchronization = 同期发情
    ex situ conservation = 异地保存
    expressivity = 表现度
    feed conversion ratio = 料重比
    foundation seed = 原种
    founder effect = 奠基者效应
    gene bank = 种质库
    gene flow = 基因流
    gene pyramiding = 基因聚合
    general combining ability = 一般配合力
    generation interval = 世代间隔
    genetic drift = 遗传漂变
    genome-wide association study = 全基因组关联分析
    genomic selection = 基因组选择
    germination energy = 发芽势
    germination percentage = 发芽率
    guard row = 保护行
    heritability = 遗传力
    heterosis = 杂种优势
    heterotic group = 杂种优势群
    in situ conservation = 原生境保护
    inbred line = 自交系
    incomplete dominance = 不完全显性
    introgression = 渐渗
    isolation distance = 隔离距离
    landrace = 地方品种
    Latin square design = 拉丁方设计
    least significant difference = 最小显著差数
    linkage disequilibrium = 连锁不平衡
    linkage map = 连锁图谱
    litter size = 窝产仔数
    local control = 局部控制
    maintainer line = 保持系
    male-sterile line = 雄性不育系
    marker-assisted selection = 标记辅助选择
    near-isogenic line = 近等基因系
    novelty = 新颖性
    off-type = 杂株
    overdominance = 超显性
    penetrance = 外显率
    pest risk analysis = 有害生物风险分析
    physical purity = 净度
    phytosanitary certificate = 植物检疫证书
    plant breeders' rights = 植物新品种权
    pleiotropy = 基因多效性
    post-entry quarantine = 隔离种植
    quarantine pest = 检疫性有害生物
    random mating = 随机交配
    randomized complete block design = 随机完全区组设计
    reciprocal cross = 反交
    recombinant inbred line = 重组自交系
    repeatability = 重复力
    response to selection = 选择响应
    roguing = 去杂
    seed dormancy = 种子休眠
    seed viability = 种子生活力
    seed vigour = 种子活力
    selection differential = 选择差
    selection intensity = 选择强度
    sexed semen = 性控精液
    simple sequence repeat = 简单重复序列
    single cross = 单交
    single nucleotide polymorphism = 单核苷酸多态性
    specific combining ability = 特殊配合力
    split-plot design = 裂区设计
    stability = 稳定性
    superovulation = 超数排卵
    testcross = 测交
    three-way cross = 三交
    topcross = 顶交
    transformation event = 转化体
    transgressive segregation = 超亲分离
    uniformity = 一致性
    varietal purity = 品种纯度
    volunteer plant = 自生苗
    weaning weight = 断奶重
    wild relative = 野生近缘种
    """.strip().splitlines()
)


def translated(item):
    """The term between quotation marks, looked up in the glossary."""
    asked = re.search("“(.+?)”", item.stem)[1]
    found = GLOSSARY[asked] if item.language == "en" else {zh: en for en, zh in GLOSSARY.items()}[asked]
    assert item.form == "text" or found in item.choices
    return found


READERS = {
    "GBS1": judged,
    "GBS2": judged,
    "GBF1": origin,
    "GBF2": field_case,
    "GBG1": translated,
    "GBL1": class_of,
    "GBP1": pairs_told,
    "GBT1": emergence,
    "GBT2": foretold,
    "GBX1": notice,
    "GBX2": permit,
}
