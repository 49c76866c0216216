"""Terms of breeding, zh to en and en to zh. Wrong options are other terms of the same group, which are easily taken for one another."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term with its sub-area, its group of near misses, and the other right names in each language."""

    slug: str
    subarea: str
    group: str
    zh: str
    en: str
    also: Mapping[Language, tuple[str, ...]]


FIELDS: Mapping[str, Mapping[Language, str]] = {
    "genetics": {"zh": "遗传学", "en": "genetics"},
    "quantitative": {"zh": "数量遗传学", "en": "quantitative genetics"},
    "hybrids": {"zh": "杂交育种", "en": "hybrid breeding"},
    "molecular": {"zh": "分子育种", "en": "molecular breeding"},
    "field_trials": {"zh": "田间试验", "en": "field trials"},
    "seed": {"zh": "种子生产与检验", "en": "seed production and testing"},
    "registration": {"zh": "植物品种保护与测试", "en": "plant variety testing and protection"},
    "livestock": {"zh": "动物育种", "en": "animal breeding"},
    "germplasm": {"zh": "种质资源", "en": "genetic resources"},
    "biosafety_law": {"zh": "检疫与生物安全", "en": "quarantine and biosafety"},
}

# group > sub-area, lines "zh | en | other zh | other en"; other names are parted by ";"
GROUPS: Mapping[str, tuple[str, str]] = {
    "lines": (
        "hybrids",
        """雄性不育系 | male-sterile line | 不育系 | male sterile line; A-line; sterile line; male sterile
        保持系 | maintainer line | 雄性不育保持系; 不育保持系 | maintainer; B-line; sterility maintainer line; sterility maintainer
        自交系 | inbred line | 近交系 | inbred; inbred strain; selfed line
        近等基因系 | near-isogenic line | 近等位基因系; 近同基因系 | NIL; near isogenic lines; near-isogenic lines
        重组自交系 | recombinant inbred line | 重组近交系 | RIL; recombinant inbred lines
        双单倍体系 | doubled haploid line | 加倍单倍体系; DH系; 加倍单倍体; 双单倍体; 双倍单倍体系 | DH line; doubled-haploid; doubled haploid; doubled haploids""",
    ),
    "crosses": (
        "hybrids",
        """测交 | testcross | 测交法; 测验杂交 | test cross; testcrossing; test crossing
        反交 | reciprocal cross | 正反交; 互交; 反交组合 | reciprocal crossing; reciprocal hybridization; reciprocal mating
        双列杂交 | diallel cross | 双列交配; 双列杂交设计 | diallel; diallel mating; diallel crossing; diallel mating design; diallel design
        顶交 | topcross | 顶交法; 顶交组合 | top cross; top-crossing; top crossing
        三交 | three-way cross | 三元杂交; 三交组合; 三交种; 三向杂交 | triple cross; three way hybrid; three-way crossing
        双交 | double cross | 双交种; 四元杂交; 双杂交; 双交组合 | four-way cross; double-cross hybrid; double crossing
        单交 | single cross | 单交种; 单杂交; 单交组合 | single-cross hybrid; simple cross; single crossing""",
    ),
    "vigour": (
        "hybrids",
        """杂种优势 | heterosis | 杂优; 杂种活力; 杂交优势 | hybrid vigour; hybrid vigor
        一般配合力 | general combining ability | 普通配合力 | GCA
        特殊配合力 | specific combining ability | 特定配合力; 专门配合力 | SCA; special combining ability
        杂种优势群 | heterotic group | 杂优群; 杂种优势类群; 优势群; 杂优类群 | heterotic groups; heterotic pool
        超亲分离 | transgressive segregation | 超亲遗传; 越亲分离; 超亲现象 | transgression; transgressive inheritance; transgressive segregations
        细胞质遗传 | cytoplasmic inheritance | 核外遗传; 胞质遗传; 母体遗传; 母系遗传 | extranuclear inheritance; extrachromosomal inheritance; cytoplasmic heredity; maternal inheritance""",
    ),
    "selection": (
        "quantitative",
        """遗传力 | heritability | 遗传率; 遗传传递力 | heritability coefficient; coefficient of heritability
        重复力 | repeatability | 重复率; 重复性 | coefficient of repeatability
        育种值 | breeding value | 加性遗传值; 加性基因型值 | BV; additive genetic value
        选择差 | selection differential | 选择差数; 选择差异; 选择差值 | differential of selection
        选择强度 | selection intensity | 标准化选择差 | intensity of selection; standardized selection differential; standardised selection differential
        选择响应 | response to selection | 选择反应; 选择效应; 选择响应量; 选择效果 | selection response; genetic response
        世代间隔 | generation interval | 世代间距; 代间隔; 世代间隔期 | generation length; generation time""",
    ),
    "gene action": (
        "genetics",
        """上位性 | epistasis | 上位效应; 上位作用; 上位现象 | epistatic effect; epistasy; epistatic interaction
        基因多效性 | pleiotropy | 多效性; 一因多效; 基因的多效性; 基因多效现象 | pleiotropism; pleiotropic effect; gene pleiotropy
        不完全显性 | incomplete dominance | 部分显性; 半显性 | partial dominance; semidominance; semi-dominance
        共显性 | codominance | 并显性; 等显性 | co-dominance; codominant inheritance
        超显性 | overdominance | 超显性效应 | over-dominance; superdominance; overdominant effect
        外显率 | penetrance | 外显度; 显现率 | gene penetrance
        表现度 | expressivity | 表达度; 表现程度 | gene expressivity; variable expressivity""",
    ),
    "populations": (
        "genetics",
        """遗传漂变 | genetic drift | 随机遗传漂变; 基因漂变; 遗传漂移; 随机漂变 | random genetic drift; random drift; drift; allelic drift
        连锁不平衡 | linkage disequilibrium | 连锁非平衡; 连锁不均衡 | LD; gametic disequilibrium; gametic phase disequilibrium
        有效群体大小 | effective population size | 群体有效含量; 有效群体含量; 有效种群大小; 有效种群数量; 有效群体规模; 有效群体数量 | effective size; effective number; Ne
        基因流 | gene flow | 基因流动; 基因漂流; 基因交流 | gene migration; allele flow; geneflow
        奠基者效应 | founder effect | 建立者效应; 创始者效应; 创建者效应; 始祖效应; 奠基者原理 | founder principle; founders effect
        随机交配 | random mating | 泛交配; 随机婚配; 随意交配 | panmixia; panmixis; random breeding; panmictic mating""",
    ),
    "markers": (
        "molecular",
        """标记辅助选择 | marker-assisted selection | 分子标记辅助选择; 标记辅助育种 | MAS; marker assisted selection; marker-aided selection; molecular marker-assisted selection
        基因组选择 | genomic selection | 全基因组选择 | GS; genome-wide selection; whole-genome selection; genome selection
        全基因组关联分析 | genome-wide association study | 全基因组关联研究; 全基因组关联; 基因组关联分析 | GWAS; genome-wide association analysis; whole-genome association study; genome-wide association; genome-wide association studies
        连锁图谱 | linkage map | 连锁图; 遗传图谱; 遗传连锁图; 遗传连锁图谱; 遗传图 | genetic map; genetic linkage map
        单核苷酸多态性 | single nucleotide polymorphism | 单核苷酸多态 | SNP; single-nucleotide polymorphisms
        简单重复序列 | simple sequence repeat | 微卫星; 简单序列重复; 微卫星序列 | SSR; microsatellite; simple sequence repeats; short tandem repeat; STR
        基因聚合 | gene pyramiding | 基因叠加; 基因累加; 基因聚合育种; 基因堆叠; 多基因聚合 | gene stacking; pyramiding; pyramiding of genes; gene pyramid; stacking of genes
        渐渗 | introgression | 基因渐渗; 渗入; 渐渗杂交; 基因渗入; 渗入杂交 | gene introgression; introgressive hybridization; introgressive hybridisation""",
    ),
    "designs": (
        "field_trials",
        """随机完全区组设计 | randomized complete block design | 随机区组设计; 完全随机区组设计; 随机完全区组; 随机区组; 完全区组设计 | RCBD; randomised complete block design; randomized block design; randomised block design; randomized complete blocks; RCB design
        拉丁方设计 | Latin square design | 拉丁方; 拉丁方试验设计 | Latin square; Latin-square
        裂区设计 | split-plot design | 裂区; 裂区试验设计; 裂区试验; 分裂小区设计 | split plot; split plot design; split-plot experiment
        局部控制 | local control | 区组控制; 局部管理 | local control principle; blocking; local control of error
        对照品种 | check variety | 对照; 标准品种; 对照种 | control variety; check; check cultivar; control cultivar; standard variety; control
        保护行 | guard row | 保护带; 边行; 隔离行 | border row; guard rows; border rows; guard border; border; protection row
        最小显著差数 | least significant difference | 最小显著差; 最小显著差异; 最小显著性差异; 最小显著差数法; 最小显著差异法; 最小显著差法 | LSD; least significant differences; least-significant-difference test; least significant difference test""",
    ),
    "seed quality": (
        "seed",
        """发芽率 | germination percentage | 种子发芽率; 发芽百分率 | germination rate; germination; percent germination; percentage germination; germination percent; seed germination rate
        发芽势 | germination energy | 种子发芽势; 发芽能量 | germinative energy; germinating energy; energy of germination; germination potential; germination vigor; germination vigour
        品种纯度 | varietal purity | 纯度; 种子纯度; 遗传纯度 | genetic purity; variety purity; cultivar purity; varietal genetic purity; purity of variety
        净度 | physical purity | 种子净度; 物理纯度; 清洁度; 净种子率 | seed cleanness; cleanness; cleanliness; analytical purity; seed cleanliness; pure seed percentage; seed purity; purity
        种子活力 | seed vigour | 活力; 种子的活力 | seed vigor; vigor; vigour
        种子生活力 | seed viability | 生活力; 种子生命力; 种子存活力 | viability; viability of seed; viability of seeds
        种子休眠 | seed dormancy | 休眠; 休眠性; 种子的休眠 | dormancy; dormancy of seeds""",
    ),
    "multiplication": (
        "seed",
        """去杂 | roguing | 除杂; 去杂去劣; 拔除杂株; 去杂株; 拔杂 | rogueing; removal of off-types; off-type removal
        杂株 | off-type | 异型株; 异形株; 非典型株; 异型植株 | off-types; off-type plant; offtype; rogue plant; rogue
        自生苗 | volunteer plant | 自生植株; 自生株; 落粒苗; 自生作物; 落生苗 | volunteer; volunteer plants; volunteer seedling; volunteer crop; self-sown plant; self-sown seedling
        隔离距离 | isolation distance | 安全隔离距离; 空间隔离距离; 隔离间距 | isolating distance; separation distance; spatial isolation distance; distance of isolation
        育种家种子 | breeder seed | 原原种; 育种者种子; 育种家种 | breeder's seed; breeders' seed; breeders seed
        原种 | foundation seed | 基础种子; 基础种; 原种种子 | basic seed; original seed; elite seed; stock seed""",
    ),
    "reproduction": (
        "livestock",
        """人工授精 | artificial insemination | 人工输精; 人工受精; 人工配种 | AI; artificial breeding
        胚胎移植 | embryo transfer | 受精卵移植; 胚移植; 胚胎移植技术; 胚胎转移 | ET; embryo transplantation; embryo transplant; embryo transferring
        超数排卵 | superovulation | 超排; 超排卵; 超数排卵处理 | super ovulation; superovulation treatment; multiple ovulation; superovulatory treatment
        同期发情 | estrus synchronization | 发情同期化; 同步发情; 同期发情处理; 发情同步化; 发情控制同步 | oestrus synchronisation; estrous synchronization; oestrous synchronisation; synchronization of estrus; synchronisation of oestrus; oestrus synchronization; estrus synchronisation; heat synchronization; synchronized estrus; synchronous estrus
        性控精液 | sexed semen | 性别控制精液; 性别控制冻精; 性控冻精; 分离精液; 性别鉴定精液; 分性精液; 性别分离精液 | sex-sorted semen; gender-selected semen; sex sorted sperm; sexed sperm; sex-controlled semen; gender-sorted semen""",
    ),
    "traits": (
        "livestock",
        """窝产仔数 | litter size | 产仔数; 窝仔数; 每窝产仔数; 胎产仔数; 窝产仔 | number born per litter; number of piglets per litter; litter size at birth; number born
        料重比 | feed conversion ratio | 饲料转化率; 饲料转化比; 料肉比; 饲料报酬; 饲料转换率; 饲料系数; 饵料系数; 饲料转换比; 耗料增重比 | FCR; feed conversion rate; feed conversion; feed-to-gain ratio; feed gain ratio; feed to weight gain ratio; feed-to-weight ratio; feed-to-meat ratio; feed/gain; F/G; feed:gain ratio
        屠宰率 | dressing percentage | 屠宰百分率; 胴体率 | dressing-out percentage; killing-out percentage; carcass yield; carcass percentage; dressing rate; dressing yield; dressing percent; slaughter percentage
        背膘厚 | backfat thickness | 背膘厚度; 背脂厚; 背部脂肪厚度; 膘厚; 背脂厚度; 背膘 | backfat depth; back fat thickness; back-fat depth; backfat; BF
        断奶重 | weaning weight | 断奶体重; 断乳重; 断乳体重; 离乳重 | weight at weaning; weaned weight; body weight at weaning
        平均日增重 | average daily gain | 日增重; 平均每日增重; 日均增重 | ADG; mean daily gain; daily gain; average daily weight gain; daily weight gain""",
    ),
    "testing": (
        "registration",
        """特异性 | distinctness | 可区别性; 独特性; 区别性 | distinctiveness; distinctness requirement
        一致性 | uniformity | 整齐性; 均匀性; 均一性 | homogeneity
        稳定性 | stability | 遗传稳定性; 品种稳定性 | varietal stability; genetic stability
        新颖性 | novelty | 新颖; 商业新颖性 | commercial novelty
        实质性派生品种 | essentially derived variety | 实质性衍生品种; 实质派生品种; 依赖性派生品种; 实质性派生的品种; 基本派生品种 | EDV; essentially derived varieties; essentially-derived variety
        植物新品种权 | plant breeders' rights | 植物育种者权; 品种权; 育种者权; 植物新品种保护权; 育种者权利; 植物育种者权利; 植物品种权 | plant breeder's rights; plant variety rights; PBR; PVR; plant breeders rights; plant variety right; breeder's right; right to new plant varieties; new plant variety rights; new plant variety right; rights to new plant varieties; plant variety protection right""",
    ),
    "resources": (
        "germplasm",
        """地方品种 | landrace | 农家品种; 地方种; 农家种; 传统品种; 地方农家品种; 地方系; 地方种群 | local variety; farmers' variety; landraces; land race; traditional variety; native variety; local cultivar; farmer variety
        核心种质 | core collection | 核心种质库; 核心收集品; 核心样本; 核心种质群; 核心收集; 核心集; 核心种质资源; 核心收藏 | core germplasm; core collections; core set; core subset
        野生近缘种 | wild relative | 野生近缘植物; 野生亲缘种; 近缘野生种; 野生近缘物种; 作物野生近缘种; 野生亲缘植物; 近缘野生植物 | crop wild relative; CWR; wild relatives; wild related species; wild relative species; related wild species; wild kindred species
        原生境保护 | in situ conservation | 就地保护; 原地保护; 原位保护; 原位保存; 原生境保存; 就地保存; 原地保存 | in-situ conservation; in situ preservation; on-site conservation; in situ protection
        异地保存 | ex situ conservation | 迁地保护; 非原生境保护; 异位保存; 易地保护; 异地保护; 迁地保存; 非原生境保存; 异位保护; 易地保存; 移地保护; 移地保存 | ex-situ conservation; ex situ preservation; off-site conservation; ex situ protection
        种质库 | gene bank | 基因库; 种质资源库; 种子库; 基因银行; 遗传资源库 | genebank; germplasm bank; seed bank; germplasm repository; germplasm genebank; genetic resources bank""",
    ),
    "quarantine": (
        "biosafety_law",
        """植物检疫证书 | phytosanitary certificate | 植检证书; 植物检疫证; 植物检疫证明; 检疫证书; 植物检疫证明书 | plant quarantine certificate; plant health certificate; phytosanitary certification; PC
        检疫性有害生物 | quarantine pest | 检疫有害生物; 检疫性病虫害; 检疫害虫; 检疫性害虫; 检疫对象 | quarantine pests; quarantine harmful organism; quarantinable pest; quarantine organism
        有害生物风险分析 | pest risk analysis | 有害生物危险性分析; 病虫害风险分析; 害虫风险分析 | PRA; pest-risk analysis
        转化体 | transformation event | 转化事件; 转基因事件; 转化体事件; 转基因转化事件; 转基因转化体 | transgenic event; event; transformant; GM event
        隔离种植 | post-entry quarantine | 入境后检疫; 隔离试种; 进境后检疫; 引种后隔离检疫; 隔离检疫; 入境后隔离检疫; 进境后隔离检疫 | PEQ; isolation planting; quarantine planting; isolated planting; quarantine growing; isolated cultivation; planting in isolation; post entry quarantine growing; isolation growing""",
    ),
}  # fmt: skip

EASY = frozenset(  # everyday words of the trade
    {"heterosis", "testcross", "single cross", "three-way cross", "inbred line", "male-sterile line", "artificial insemination", "embryo transfer",
     "heritability", "breeding value", "generation interval", "genetic drift", "gene flow", "random mating", "check variety", "Latin square design",
     "germination percentage", "varietal purity", "seed dormancy", "seed viability", "isolation distance", "breeder seed", "litter size",
     "weaning weight", "average daily gain", "marker-assisted selection", "genomic selection", "linkage map", "landrace", "gene bank",
     "phytosanitary certificate"}
)  # fmt: skip


def _names(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split(";") if name.strip())


def _read() -> dict[str, Term]:
    """All terms by slug, in the order written."""
    found: dict[str, Term] = {}
    for group, (subarea, lines) in GROUPS.items():
        for line in lines.splitlines():
            zh, en, other_zh, other_en = (cell.strip() for cell in line.split("|"))
            slug = en.lower().replace(" ", "-").replace("'", "")
            found[slug] = Term(slug=slug, subarea=subarea, group=group, zh=zh, en=en, also={"zh": _names(other_zh), "en": _names(other_en)})
    return found


TERMS = _read()


def _named(term: Term, language: Language) -> str:
    return term.zh if language == "zh" else term.en


def near(term: Term) -> list[Term]:
    """The three terms that follow in its group, the first ones after the last."""
    group = [other for other in TERMS.values() if other.group == term.group]
    place = group.index(term)
    return [group[(place + step) % len(group)] for step in (1, 2, 3)]


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    term = TERMS[p["term"]]
    target: Language = "en" if language == "zh" else "zh"
    field, asked, answer = FIELDS[term.subarea][language], _named(term, language), _named(term, target)
    wrong = {_named(other, target): f"neighbouring term: {_named(other, language)}" for other in near(term)}
    stems = {
        "zh": (f"{field}术语“{asked}”，英文是哪一个？", f"写出{field}术语“{asked}”的英文。"),
        "en": (f"Which Chinese term of {field} means “{asked}”?", f"Write the Chinese term for “{asked}” ({field}), in Chinese characters."),
    }
    why = {"zh": f"{term.zh}的英文是 {term.en}。", "en": f"{term.en} is {term.zh} in Chinese."}[language]
    return (
        Content(form="choice", stem=stems[language][0], answer=answer, choices=(answer, *wrong), mistakes=wrong, explanation=why),
        Content(form="text", stem=stems[language][1], answer=answer, aliases=term.also[target], explanation=why),
    )


def _draw(rng: random.Random) -> Params:
    return {"term": rng.choice(sorted(TERMS))}


GENERATORS = (
    Generator(
        id="GBG1",
        task="terminology",
        subarea=lambda p: TERMS[p["term"]].subarea,
        level="recall",
        draw=_draw,
        write=_write,
        source=Source(title="作物育种学总论; 动物育种学; UPOV TGP/14 glossary; FAO and IPPC glossaries (terms as generally used)", kind="textbook"),
        draws=12,
        foundation=lambda p: TERMS[p["term"]].en in EASY,
        cluster=lambda p: str(p["term"]),
    ),
)
