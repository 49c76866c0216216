"""Terms of the trade, Chinese to English and back, each with neighbours of its own sub-area as wrong options."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evalkit.canon import rng_for
from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term with what else is accepted for it; `asked` is False for one that serves as a neighbour only."""

    subarea: str
    zh: str
    en: str
    zh_also: tuple[str, ...] = ()
    en_also: tuple[str, ...] = ()
    everyday: bool = False
    asked: bool = True

    @property
    def slug(self) -> str:
        """Its key."""
        return self.en.replace(" ", "-").replace("/", "-")


# zh; other zh | en; other en. "*" before a line: an everyday term; "-": a neighbour only.
_LISTS: Mapping[str, str] = {
    "raw_materials": """
        -烧结矿 | sinter
        *焦炭 | coke
        球团矿; 球团 | pellets; pellet; iron ore pellets; iron ore pellet
        *块矿; 块状矿石 | lump ore; lump iron ore; lumps
        熔剂; 造渣剂 | flux; fluxes; fluxing agent
        铁精矿; 铁精粉; 精矿; 精矿粉; 铁矿精矿 | iron ore concentrate; iron concentrate; concentrate
        返矿; 烧结返矿 | return fines; returns; sinter return fines; sinter returns
        挥发分; 挥发份; 挥发物 | volatile matter; volatiles
        混匀料场; 混匀矿场 | blending yard; blending bed yard; ore blending yard
        """,
    "blast_furnace": """
        -悬料 | hanging
        风口 | tuyere; tuyère; blast tuyere
        炉缸 | hearth; furnace hearth
        料线; 料面线; 料面高度 | stock line; stockline; burden level; stock level
        热风炉 | hot blast stove; hot stove; hot-blast stove; Cowper stove; stove
        喷煤; 煤粉喷吹; 喷吹煤粉; 高炉喷煤 | pulverised coal injection; PCI; coal injection; pulverised coal injection PCI
        出铁口; 铁口 | taphole; tap hole; iron notch; iron taphole; iron tap hole
        炉腹 | bosh; furnace bosh
        炉喉 | throat; furnace throat; top throat
        撇渣器; 砂口 | skimmer; slag skimmer; iron skimmer
        """,
    "steelmaking": """
        *废钢; 废钢铁 | scrap; steel scrap; scrap steel
        *转炉; 氧气转炉 | converter; basic oxygen furnace; BOF; LD converter; basic oxygen converter; oxygen converter
        电弧炉; 电炉 | electric arc furnace; EAF; arc furnace
        氧枪; 吹氧枪 | oxygen lance; lance; oxygen blowing lance
        溅渣护炉; 溅渣 | slag splashing
        喷溅 | slopping; slop
        铁水预处理 | hot metal pretreatment; hot metal pre-treatment; pretreatment of hot metal
        *炉衬; 炉衬耐火材料 | furnace lining; lining; refractory lining
        炉号; 炉次号; 熔炼号; 冶炼炉号; 炉批号 | heat number; heat no; cast number; melt number
        终点控制 | end-point control; endpoint control
        """,
    "secondary_refining": """
        钢包精炼炉; 钢包炉; LF炉; LF | ladle furnace; LF; ladle refining furnace
        真空脱气; 真空除气 | vacuum degassing; vacuum degas
        脱氧剂 | deoxidiser; deoxidant; deoxidising agent; deoxidation agent
        喂线; 喂丝; 喂包芯线 | wire feeding; cored wire injection; wire injection; cored wire feeding
        钙处理 | calcium treatment; Ca treatment
        夹杂物; 非金属夹杂物; 夹杂 | inclusion; inclusions; non-metallic inclusion; nonmetallic inclusion
        吹氩; 氩气搅拌; 吹氩搅拌; 底吹氩 | argon stirring; argon bubbling; argon blowing; argon rinsing
        """,
    "casting": """
        -漏钢 | breakout
        *钢包; 大包; 盛钢桶; 钢水包 | ladle; steel ladle; teeming ladle
        结晶器; 连铸结晶器 | mould; casting mould; continuous casting mould
        中间包; 中间罐; 中包 | tundish
        浸入式水口 | submerged entry nozzle; SEN; submerged nozzle; immersion nozzle; immersed nozzle; submerged entry nozzle SEN
        引锭杆; 引锭; 引锭链 | dummy bar; starter bar; starting bar
        塞棒; 塞杆 | stopper rod; stopper
        *二次冷却; 二冷 | secondary cooling
        轻压下; 动态轻压下 | soft reduction; soft-reduction
        中心偏析 | centre segregation; centreline segregation; central segregation; centre line segregation
        鼓肚; 坯壳鼓肚; 铸坯鼓肚; 板坯鼓肚 | bulging; slab bulging
        """,
    "rolling": """
        -板坯 | slab
        *轧制力; 轧制压力 | rolling force; roll force; roll separating force; rolling load
        *工作辊 | work roll; working roll; work rolls
        支承辊; 支撑辊 | backup roll; back-up roll; supporting roll; support roll; backing roll
        飞剪; 飞剪机 | flying shear; flying shears
        卷取机; 地下卷取机 | coiler; down coiler; downcoiler
        宽展 | spread; lateral spread; width spread
        前滑 | forward slip
        平整; 平整轧制; 光整; 光整轧制 | skin-pass rolling; temper rolling; skin pass; skin passing; skinpass rolling
        *酸洗 | pickling; acid pickling
        除鳞; 去氧化皮; 除氧化铁皮 | descaling; scale removal
        """,
    "heat_treatment": """
        -回火 | tempering
        *退火 | annealing
        正火; 常化; 正火处理 | normalising; normalisation
        *淬火; 淬硬; 淬火处理 | quenching; quench hardening; quench
        *奥氏体 | austenite
        *马氏体 | martensite
        珠光体 | pearlite
        淬透性 | hardenability
        渗碳; 渗碳处理 | carburising; carburisation; case carburising
        残余奥氏体; 残留奥氏体 | retained austenite; residual austenite
        """,
    "testing_grades": """
        -屈强比 | yield-to-tensile ratio
        *硬度 | hardness
        *屈服强度; 屈服点; 屈服极限 | yield strength; yield stress; yield point
        *抗拉强度; 拉伸强度; 强度极限 | tensile strength; ultimate tensile strength; UTS
        断后伸长率; 伸长率; 延伸率; 断后延伸率 | elongation after fracture; percentage elongation after fracture; elongation; elongation at break; elongation at fracture; percentage elongation
        断面收缩率; 面缩率 | reduction of area; percentage reduction of area; reduction in area; contraction of area
        冲击吸收能量; 冲击功; 冲击吸收功; 冲击能量 | impact energy; absorbed energy; impact absorbed energy; absorbed impact energy; Charpy impact energy
        碳当量 | carbon equivalent; carbon equivalent value; CEV; CE
        """,
    "safety": """
        *煤气中毒; 一氧化碳中毒 | gas poisoning; carbon monoxide poisoning; CO poisoning; coal gas poisoning
        受限空间; 有限空间; 密闭空间 | confined space; confined spaces
        盲板 | blind plate; blind; blank; line blind; spade; blanking plate; blind flange
        空气呼吸器; 正压式空气呼吸器; 自给式呼吸器; 自给式空气呼吸器; 正压空气呼吸器 | self-contained breathing apparatus; SCBA; air breathing apparatus; breathing apparatus; positive pressure air breathing apparatus
        水封; 煤气水封 | water seal
        动火作业; 动火; 热工作业; 明火作业 | hot work
        上锁挂牌; 挂牌上锁; 锁定挂牌; 挂牌上锁制度; 上锁/挂牌 | lockout/tagout; LOTO; lockout and tagout; lock out tag out
        """,
    "energy_environment": """
        *高炉煤气; 高炉气 | blast furnace gas; BFG; BF gas; blast-furnace top gas
        *焦炉煤气; 焦炉气 | coke oven gas; COG
        *余热回收; 余热利用; 废热回收 | waste heat recovery; heat recovery; waste-heat recovery
        袋式除尘器; 布袋除尘器; 布袋除尘; 袋滤器; 布袋收尘器 | bag filter; baghouse; bag house; fabric filter; baghouse filter; bag dust collector; bag-type dust collector
        电除尘器; 静电除尘器; 电收尘器 | electrostatic precipitator; ESP; electric precipitator
        烟气脱硫 | flue gas desulphurisation; FGD
        干熄焦; 干法熄焦; 干熄焦技术 | coke dry quenching; CDQ; dry quenching of coke; dry coke quenching
        煤气柜; 储气柜; 气柜; 贮气柜 | gas holder; gasholder; gasometer
        """,
    "surface_defects": """
        *划伤; 刮伤; 划痕 | scratch; scratches
        结疤 | scab; scabs; scabbing
        折叠; 折迭 | lap; fold; laps; lapping; folding; lap defect
        氧化铁皮压入; 压入氧化铁皮; 氧化皮压入; 轧入氧化皮; 铁皮压入 | rolled-in scale; embedded scale; pressed-in scale
        分层; 夹层 | lamination; laminations; delamination
        *边裂; 边部裂纹; 边缘裂纹 | edge crack; edge cracks; edge cracking
        辊印; 轧辊压痕; 辊痕 | roll mark; roll marks; roller mark; roll print
        """,
    "trade_documents": """
        *毛重 | gross weight; gross mass
        *净重 | net weight; net mass
        质量证明书; 质保书; 材质证明书; 产品质量证明书; 材质单; 材质书 | mill certificate; mill test certificate; mill test report; MTC; mill cert; inspection certificate; quality certificate
        *装箱单; 包装单 | packing list
        提单; 海运提单; 提货单 | bill of lading; B/L; BL
        信用证 | letter of credit; L/C; LC
        *商业发票; 发票 | commercial invoice; invoice
        交货状态; 供货状态 | condition of delivery; delivery condition; as-delivered condition; delivered condition; supply condition
        """,
}
AREAS: Mapping[str, tuple[str, str]] = {
    "raw_materials": ("原燃料", "raw materials"),
    "blast_furnace": ("高炉", "blast furnace"),
    "steelmaking": ("炼钢", "steelmaking"),
    "secondary_refining": ("炉外精炼", "secondary refining"),
    "casting": ("连铸", "continuous casting"),
    "rolling": ("轧钢", "rolling"),
    "heat_treatment": ("热处理", "heat treatment"),
    "testing_grades": ("检验", "testing"),
    "safety": ("安全", "safety"),
    "energy_environment": ("能源环保", "energy and environment"),
    "surface_defects": ("缺陷", "defects"),
    "trade_documents": ("贸易单据", "trade documents"),
}


def _read(subarea: str, line: str) -> Term:
    everyday, asked = line.startswith("*"), not line.startswith("-")
    zh, en = ([part.strip() for part in side.split(";")] for side in line.lstrip("*-").split("|"))
    return Term(subarea=subarea, zh=zh[0], en=en[0], zh_also=tuple(zh[1:]), en_also=tuple(en[1:]), everyday=everyday, asked=asked)


TERMS: Mapping[str, Term] = {
    term.slug: term for subarea, lines in _LISTS.items() for term in (_read(subarea, line.strip()) for line in lines.strip().split("\n"))
}
_AMERICAN = (("isation", "ization"), ("ising", "izing"), ("ised", "ized"), ("iser", "izer"), ("mould", "mold"), ("centre", "center"), ("sulph", "sulf"))


def spellings(words: Iterable[str]) -> tuple[str, ...]:
    """The words, and each as it is spelt in America where that differs."""
    found: dict[str, None] = {}
    for word in words:
        found[word] = None
        other = word
        for british, american in _AMERICAN:
            other = other.replace(british, american)
        found[other] = None
    return tuple(found)


def _draw(rng: random.Random) -> Params | None:
    return {"term": rng.choice(sorted(slug for slug, term in TERMS.items() if term.asked))}


def neighbours(slug: str) -> list[Term]:
    """Three other terms of its sub-area, always the same ones: a term is then drawn once only."""
    near = sorted(other.slug for other in TERMS.values() if other.subarea == TERMS[slug].subarea and other.slug != slug)
    return [TERMS[other] for other in rng_for("neighbours", slug).sample(near, 3)]


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    term, near = TERMS[p["term"]], neighbours(p["term"])
    area = AREAS[term.subarea][0 if language == "zh" else 1]
    pairs = "；".join(f"{each.zh} = {each.en}" for each in (term, *near)) if language == "zh" else "; ".join(f"{each.en} is {each.zh}" for each in (term, *near))
    if language == "zh":
        answer, others = term.en, {each.en: f"neighbouring term: {each.zh}" for each in near}
        aliases = spellings((term.en, *term.en_also))[1:]
        asked, written = f"{area}术语“{term.zh}”的英文是哪一个？", f"{area}术语“{term.zh}”的英文怎么说？只写英文术语。"
        short = f"{term.zh} = {term.en}。"
    else:
        answer, others = term.zh, {each.zh: f"neighbouring term: {each.en}" for each in near}
        aliases = term.zh_also
        asked, written = f"Which Chinese term means '{term.en}' ({area})?", f"Write the Chinese term for '{term.en}' ({area}). Give the term only."
        short = f"{term.en} is {term.zh}."
    return (
        Content(form="choice", stem=asked, answer=answer, choices=(answer, *others), mistakes=others, explanation=f"{pairs}{'。' if language == 'zh' else '.'}"),
        Content(form="text", stem=written, answer=answer, aliases=aliases, explanation=short),
    )


GENERATORS = (
    Generator(
        id="GSG1",
        task="terminology",
        subarea=lambda p: TERMS[p["term"]].subarea,
        level="recall",
        foundation=lambda p: TERMS[p["term"]].everyday,
        draw=_draw,
        write=_write,
        source=Source(title="Established Chinese and English terms of iron and steel making", kind="practice"),
        draws=12,
        cluster=lambda p: str(p["term"]),
    ),
)
