"""Reports from the works to be summarised: a burnt tuyere, a sticker alarm, a customer's claim, a dust excess.

The facts are drawn, the filler stands around them. Phrasings of a fact are set apart by "|", their parts by " & ".
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

MOST: Mapping[Language, int] = {"zh": 150, "en": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What one language says: the report, what is asked, a good summary, and the facts, all with details to fill in."""

    report: str
    ask: str
    summary: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A kind of report."""

    subarea: str
    draw: Callable[[random.Random], dict[str, Any]]
    texts: Mapping[Language, Text]


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


_DAYS = (13, 14, 15, 16, 17, 18, 19, 20, 24, 25, 26, 27, 28)  # of a month; all take the ending "th"


def _draw_tuyere(rng: random.Random) -> dict[str, Any]:
    found = rng.randint(22 * 60, 23 * 60 + 50)
    stopped = found + rng.randint(95, 150)
    minutes = rng.randint(46, 98)
    return {
        "tuyere": rng.randint(13, 28),
        "found": _clock(found),
        "stopped": _clock(stopped),
        "started": _clock(stopped + minutes),
        "minutes": minutes,
        "loss": 10 * rng.randint(21, 48),
        "before": rng.randint(5, 7),
        "after": rng.randint(14, 19),
        "pressure": rng.randint(351, 389),
        "due": f"{rng.randint(14, 18)}:30",
        "spare": rng.randint(41, 60),
    }


def _draw_sticker(rng: random.Random) -> dict[str, Any]:
    start = rng.randint(8 * 60, 20 * 60)
    return {
        "alarm": _clock(start),
        "normal": _clock(start + rng.randint(16, 29)),
        "column": rng.randint(13, 28),
        "fast": f"1.{rng.randint(2, 6)}",
        "slow": f"0.{rng.randint(3, 5)}",
        "length": rng.randint(11, 14),  # one slab
        "batch": rng.randint(2301, 2989),
        "heats": rng.randint(31, 58),
        "moisture": f"0.{rng.randint(71, 98)}",
        "limit": "0.50",
        "superheat": rng.randint(21, 29),
    }


def _draw_claim(rng: random.Random) -> dict[str, Any]:
    coils = rng.randint(13, 29)
    mass = coils * rng.randint(21, 27)
    paid = 1000 * rng.randint(31, 89)
    return {
        "order": rng.randint(4101, 4899),
        "coils": coils,
        "bad": rng.randint(3, 9),
        "mass": mass,
        "claimed": paid + 1000 * rng.randint(21, 60),
        "paid": paid,
        "day": rng.choice(_DAYS),
        "nozzles": rng.randint(3, 6),
        "pressure": rng.randint(13, 16),
        "stock": rng.randint(31, 79),
    }


def _draw_dust(rng: random.Random) -> dict[str, Any]:
    start = rng.randint(1, 9)
    hours = rng.randint(3, 8)
    return {
        "start": f"{start:02d}:00",
        "end": f"{start + hours:02d}:00",
        "hours": hours,
        "peak": rng.randint(21, 48),
        "limit": 10,
        "bags": rng.randint(13, 46),
        "chamber": rng.randint(3, 9),
        "told": f"{start + 1:02d}:{rng.randint(13, 55)}",
        "load": rng.choice((60, 70, 80)),
        "normal": rng.randint(4, 7),
        "day": rng.choice(_DAYS),
    }


REPORTS: Mapping[str, Report] = {
    "tuyere": Report(
        subarea="blast_furnace",
        draw=_draw_tuyere,
        texts={
            "zh": Text(
                ask="请为厂长写一份摘要，须说明：哪个风口出了什么问题、休风和送风的时刻、产量损失、有无人员受伤、原因、对下一班的要求。",
                report="夜班纪要（虚构）。接班时炉况顺行，风压 {pressure} kPa，料速正常，渣铁流动性良好。{found} 看水工巡检时发现 {tuyere} 号风口出水减少，水温差由 {before} ℃ 升到 {after} ℃，判断小套烧漏，随即关小进水并报告炉长。值班室安排提前出铁，逐步减风，通知煤气和动力用户做好准备。{stopped} 休风，更换 {tuyere} 号风口小套；检查相邻风口均完好。更换和恢复工作共用 {minutes} min，{started} 送风，约一小时后各项参数恢复到休风以前的水平。本次休风少产铁水约 {loss} t，没有人员受伤。事后分析，喷煤枪插入位置偏斜，煤粉长期冲刷小套内壁，是烧漏的直接原因。要求下一班逐个检查全部喷煤枪的位置，{due} 以前把结果报工长。备件库现存小套 {spare} 个，不需要紧急采购。",
                summary="{tuyere} 号风口小套烧漏，{stopped} 休风更换，{started} 送风，少产铁水约 {loss} t，没有人员受伤。原因是喷煤枪插入位置偏斜，煤粉冲刷小套。下一班须检查全部喷煤枪位置，{due} 前报结果。",
                facts=(
                    "{tuyere} 号风口 & 烧漏|{tuyere} 号风口 & 烧坏|{tuyere} 号风口 & 漏水|{tuyere} 号风口 & 更换|{tuyere} 号 & 小套|{tuyere} 号 & 烧损",
                    "{stopped} & {started}|{stopped} 休风 & {minutes} min|{stopped} 休风 & {minutes} 分钟|{stopped} 至 {started}",
                    "{loss} t|{loss} 吨|{loss}t 铁水|损失 & {loss}|少产 & {loss}|减产 & {loss}",
                    "没有人员受伤|无人员受伤|无人受伤|无人员伤亡|未造成人员|没有人受伤|无伤亡|人员无伤",
                    "喷煤枪 & 偏|煤枪 & 偏|喷煤枪 & 位置|煤枪 & 位置|喷枪 & 偏斜|煤粉 & 冲刷",
                    "检查 & 喷煤枪|检查 & 煤枪|排查 & 煤枪|核查 & 煤枪|检查 & 枪位|检查 & 喷枪",
                ),
            ),
            "en": Text(
                ask="Write a summary for the works manager. It must say which tuyere failed and how, when the furnace went off and on blast, the loss of output, whether anybody was hurt, the cause, and what the next shift has to do.",
                report="Night shift report (fictitious). At the change of shift the furnace ran smoothly, with a blast pressure of {pressure} kPa, normal descent and fluid slag. At {found} the water attendant found on his round that less water was leaving tuyere {tuyere}; its temperature rise had gone from {before} °C to {after} °C. He judged the nose to be burnt through, throttled the water and told the foreman. The control room brought the cast forward, reduced the blast step by step and warned the users of gas and power. At {stopped} the furnace went off blast and tuyere {tuyere} was replaced; its neighbours were sound. The work took {minutes} min, the blast was on again at {started}, and an hour later everything was as before. About {loss} t of hot metal were lost, and nobody was hurt. The cause was a coal lance set askew, whose coal had worn the inner wall of the tuyere. The next shift has to check the position of all coal lances and report by {due}. There are {spare} spare tuyeres in the store, so nothing needs to be ordered.",
                summary="Tuyere {tuyere} burnt through and was replaced. The furnace went off blast at {stopped} and was back on at {started}, with a loss of about {loss} t of hot metal; nobody was hurt. The cause was a coal lance set askew, whose coal wore the tuyere. The next shift has to check the position of all coal lances and report by {due}.",
                facts=(
                    "tuyere {tuyere} & burn|tuyere {tuyere} & replace|tuyere {tuyere} & fail|tuyere {tuyere} & leak|tuyere no. {tuyere}|tuyere number {tuyere}|tuyere #{tuyere}",
                    "{stopped} & {started}|{stopped} & {minutes} min|off blast & {stopped}|off-blast & {stopped}",
                    "{loss} t|{loss} tonnes|{loss} tons|{loss} metric|loss & {loss}|lost & {loss}",
                    "nobody was hurt|no one was hurt|no injur|nobody was injured|no one was injured|without injur|nobody hurt|no one hurt|no personnel",
                    "lance & askew|lance & misalign|lance & position|lance & crooked|lance & wrong|lance & skew|coal & wore|coal & worn",
                    "next shift & check|next shift & lance|check & lances|inspect & lances|next shift & inspect|next shift & verify",
                ),
            ),
        },
    ),
    "sticker": Report(
        subarea="casting",
        draw=_draw_sticker,
        texts={
            "zh": Text(
                ask="请为连铸车间主任写一份摘要，须说明：报警的时刻和位置、拉速怎样调整、是否漏钢、受影响铸坯怎样处置、原因、采取的措施。",
                report="连铸黏结报警分析（虚构）。当班浇注低碳铝镇静钢，中间包过热度 {superheat} ℃，本浇次已连浇 {heats} 炉，结晶器液面平稳，二冷水正常。{alarm} 漏钢预报系统报警，指出宽面第 {column} 列热电偶处坯壳黏结。主控工确认温度曲线后，立即把拉速由 {fast} m/min 降到 {slow} m/min，保持约一分钟，待坯壳愈合后再分段提速，{normal} 恢复正常拉速，没有发生漏钢。黏结处的铸坯表面有明显振痕紊乱，涉及长度 {length} m，已切下改作废钢，其余铸坯经检查合格后送热轧。事后对保护渣取样化验，批号 {batch} 的保护渣水分为 {moisture} %，超过 {limit} % 的规定，原因是包装破损受潮，熔化不均，润滑变差。该批保护渣已全部停用并退库，仓库改为拆包前逐批测水分。系统和热电偶工作正常，无需检修。",
                summary="{alarm} 漏钢预报在第 {column} 列报黏结，拉速由 {fast} m/min 降到 {slow} m/min，{normal} 恢复，没有漏钢。受影响铸坯 {length} m 切下作废钢。原因是批号 {batch} 的保护渣受潮，水分超标；该批已停用退库，今后逐批测水分。",
                facts=(
                    "{alarm} & 黏结|{alarm} & 粘结|{alarm} & 报警|{alarm} & {column} 列|{column} 列 & 报警|{column} 列 & 黏结",
                    "{fast} & {slow}|降到 {slow}|降至 {slow}|降速 & {slow}|{slow} m/min",
                    "没有漏钢|未漏钢|没有发生漏钢|未发生漏钢|避免了漏钢|避免漏钢|未造成漏钢|无漏钢",
                    "{length} m & 废|{length} m & 切|{length} 米 & 废|{length} 米 & 切|{length} m & 报废",
                    "保护渣 & 受潮|保护渣 & 水分|保护渣 & 潮|保护渣 & 超标|{batch} & 水分",
                    "停用|退库|逐批测|逐批检测|停止使用|测水分|检测水分",
                ),
            ),
            "en": Text(
                ask="Write a summary for the head of the casting shop. It must say when and where the alarm came, how the casting speed was changed, whether there was a breakout, what became of the slab concerned, the cause, and the measures taken.",
                report="Sticker alarm, analysis (fictitious). The shift cast low-carbon aluminium-killed steel at a tundish superheat of {superheat} °C; {heats} heats of the sequence had been cast, the mould level was steady and the secondary cooling normal. At {alarm} the breakout prediction raised an alarm for sticking at thermocouple column {column} of the wide face. The operator looked at the temperature curves and at once lowered the casting speed from {fast} m/min to {slow} m/min, held it for about a minute until the shell had healed, and raised it in steps; normal speed was reached at {normal}. There was no breakout. The slab showed disturbed oscillation marks over {length} m, which were cut off and scrapped; the rest passed inspection and went to the hot mill. The mould flux was then tested: batch {batch} held {moisture} % moisture, above the {limit} % allowed, because a torn bag had let it get damp, so that it melted unevenly and lubricated badly. The batch was withdrawn and sent back to the store, which now measures the moisture of each batch before a bag is opened. Prediction system and thermocouples worked well and need no repair.",
                summary="At {alarm} the prediction system raised a sticker alarm at column {column}. The casting speed was lowered from {fast} m/min to {slow} m/min and was normal again at {normal}; there was no breakout. The slab concerned, {length} m, was cut off and scrapped. The cause was damp mould flux (batch {batch}) above the moisture limit. The batch was withdrawn, and each batch is now measured for moisture.",
                facts=(
                    "{alarm} & alarm|{alarm} & stick|{alarm} & column {column}|column {column} & alarm|column {column} & stick",
                    "{fast} & {slow}|to {slow}|{slow} m/min",
                    "no breakout|without a breakout|breakout was avoided|breakout was prevented|avoided a breakout|prevented a breakout|avoiding a breakout|preventing a breakout|did not break out|no break-out",
                    "{length} m & scrap|{length} m & cut|{length} metres & scrap|{length} metres & cut|{length} meters & scrap|{length} meters & cut",
                    "flux & damp|flux & moist|flux & wet|{batch} & moisture|powder & moist|powder & damp",
                    "withdrawn|withdrew|sent back|returned|each batch|every batch|out of use|taken out of",
                ),
            ),
        },
    ),
    "claim": Report(
        subarea="trade_documents",
        draw=_draw_claim,
        texts={
            "zh": Text(
                ask="请为销售经理写一份摘要，须说明：合同号、缺陷和卷数、原因、客户索赔额与商定赔款、付款期限、纠正措施。",
                report="质量异议处理记录（虚构）。客户就合同 {order} 提出异议：所供热轧酸洗板原料共 {coils} 卷，合计 {mass} t，开卷后发现其中 {bad} 卷有氧化铁皮压入，冲压后零件表面出现凹坑。客户提供了照片和样板，并要求赔偿 {claimed} 元。我方派质量和销售人员到现场核对炉号与卷号，确认缺陷属实，缺陷集中在同一轧制班次，尺寸和力学性能符合合同，其余各卷可正常使用。查阅轧线记录，该班次精轧除鳞集管有 {nozzles} 个喷嘴堵塞，除鳞水压只有 {pressure} MPa，氧化铁皮未除净便被轧入带钢，这是缺陷的原因。双方协商后，客户同意有缺陷的钢卷降级使用，我方赔偿 {paid} 元，于本月 {day} 日以前付清，双方对此不再有争议。纠正措施为每班换辊时检查除鳞喷嘴并记录水压，责任部门为热轧厂。目前库存同规格钢卷 {stock} 卷，已抽查，未发现类似缺陷。",
                summary="合同 {order} 有 {bad} 卷出现氧化铁皮压入，原因是该班次除鳞喷嘴堵塞、水压不足。客户索赔 {claimed} 元，商定赔偿 {paid} 元，本月 {day} 日以前付清，缺陷卷降级使用。纠正措施：每班换辊时检查除鳞喷嘴并记录水压。",
                facts=(
                    "合同 & {order}|合同号 {order}|{order} 合同|{order} 号",
                    "{bad} 卷 & 氧化铁皮|{bad} 卷 & 铁皮压入|{bad} 卷 & 氧化皮|{bad} 卷 & 压入",
                    "喷嘴 & 堵|水压 & 不足|水压 & 低|除鳞 & 堵|除鳞 & 不足|除鳞 & 水压",
                    "赔偿 {paid} 元|赔款 {paid} 元|{paid} 元|赔付 {paid}",
                    "{day} 日",
                    "检查 & 喷嘴|检查除鳞|记录水压|检查 & 除鳞",
                ),
            ),
            "en": Text(
                ask="Write a summary for the sales manager. It must give the contract number, the defect and the number of coils, the cause, the sum agreed beside the sum claimed, the date of payment, and the corrective action.",
                report="Record of a quality claim (fictitious). Under contract {order} the customer received {coils} coils, {mass} t in all, of hot-rolled stock for pickling. On uncoiling, {bad} coils showed rolled-in scale, and pressed parts had pits on their surface. The customer sent photographs and a panel and claimed CNY {claimed}. Our quality and sales people went there, compared heat and coil numbers and found the claim justified: the defect was limited to one rolling shift, size and mechanical properties met the contract, and the other coils could be used. The mill's records for that shift show {nozzles} clogged nozzles on the descaling header of the finishing mill and a water pressure of only {pressure} MPa, so that scale was not removed and was rolled into the strip; this is the cause. After talks the customer agreed to use the defective coils for a lower purpose, and we pay CNY {paid} by the {day}th of this month, which settles the matter. As corrective action the hot mill checks the descaling nozzles at each roll change and records the water pressure. A check of the {stock} coils of this size in stock found nothing similar.",
                summary="Under contract {order}, {bad} coils showed rolled-in scale. The cause was clogged descaling nozzles and low water pressure in one shift. The customer claimed CNY {claimed}; CNY {paid} was agreed, to be paid by the {day}th of this month, and the coils are used for a lower purpose. The hot mill now checks the descaling nozzles at each roll change and records the water pressure.",
                facts=(
                    "contract {order}|contract no. {order}|contract number {order}|contract & {order}|order {order}",
                    "{bad} coils & scale|{bad} coils & rolled-in|{bad} of the & scale|{bad} & rolled-in scale",
                    "nozzles & clogged|nozzles & blocked|low water pressure|clogged nozzles|blocked nozzles|descaling & pressure|nozzles & plugged",
                    "{paid}",
                    "day {day}|{day}th|the {day}|by {day}|{day} of",
                    "check & nozzles|inspect & nozzles|checks & nozzles|record & pressure|checking & nozzles|inspecting & nozzles",
                ),
            ),
        },
    ),
    "dust": Report(
        subarea="energy_environment",
        draw=_draw_dust,
        texts={
            "zh": Text(
                ask="请为环保处处长写一份摘要，须说明：超标的时段和最高值、原因、更换的滤袋数、何时向主管部门报告、生产负荷的调整、结果。",
                report="烧结机头颗粒物超标情况说明（虚构）。本月 {day} 日 {start} 起，在线监测显示颗粒物小时均值超过 {limit} mg/m³ 的限值，到 {end} 恢复达标，共 {hours} 个小时超标，最高小时均值 {peak} mg/m³。发现超标后，值班人员先核对仪表，通入标准气并进行零点检查，确认监测数据真实；随后检查除尘器，见第 {chamber} 室压差明显偏低，打开检修门后发现滤袋破损，这是超标的原因。{told} 已通过平台并以电话向主管部门报告。为减少排放，烧结机负荷降到 {load} %，关闭第 {chamber} 室进行检修，共更换滤袋 {bags} 条，其他各室运行正常。投运后颗粒物小时均值稳定在 {normal} mg/m³，负荷随即恢复。今后把压差低报警接入主控画面，并缩短滤袋检查周期。检修过程按受限空间作业办理了作业票，设专人监护。厂区边界监测点的数据在此期间没有异常。",
                summary="本月 {day} 日 {start} 至 {end} 烧结机头颗粒物超标，最高 {peak} mg/m³。原因是除尘器第 {chamber} 室滤袋破损，更换滤袋 {bags} 条。{told} 已向主管部门报告，期间负荷降到 {load} %。投运后稳定在 {normal} mg/m³，恢复达标。",
                facts=(
                    "{start} & {end}|{start} 至 {end}|超标 {hours} 个小时|{hours} 个小时超标|超标 {hours} 小时|{hours} 小时超标",
                    "{peak} mg|最高 {peak}|最高 & {peak}|峰值 & {peak}",
                    "滤袋 & 破损|布袋 & 破损|滤袋 & 破|布袋 & 破|滤袋 & 损坏",
                    "{bags} 条|滤袋 {bags}|更换 & {bags}",
                    "{told} & 报告|{told} & 上报|{told} & 主管|{told} & 通报",
                    "{load} % & 负荷|负荷降到 {load}|负荷降至 {load}|降负荷 & {load}|负荷 & {load}",
                ),
            ),
            "en": Text(
                ask="Write a summary for the head of the environmental office of the works. It must give the hours of the excess and its peak, the cause, the number of bags replaced, when the authority was told, how the load was changed, and the result.",
                report="Dust excess at the sinter strand (fictitious). On the {day}th of this month, from {start}, the stack monitor showed hourly means above the limit of {limit} mg/m³; at {end} they were within it again, after {hours} hours and a highest hourly mean of {peak} mg/m³. The people on duty first checked the monitor with test gas and at zero and found its data true; then they looked at the dust collector. The pressure drop of chamber {chamber} was clearly low, and behind its door torn filter bags were found, which is the cause of the excess. At {told} the authority was told through the platform and by telephone. To lower the emission the load of the strand was cut to {load} %, chamber {chamber} was shut and {bags} bags were replaced; the other chambers ran normally. Afterwards the hourly mean stayed at {normal} mg/m³ and the load was raised again. From now on a low pressure drop raises an alarm in the control room, and bags are inspected more often. The repair was done under a confined space permit with a watcher. The monitors at the fence showed nothing unusual.",
                summary="On the {day}th the sinter strand exceeded the dust limit from {start} to {end}, with a peak of {peak} mg/m³. The cause was torn filter bags in chamber {chamber} of the dust collector; {bags} bags were replaced. The authority was told at {told}, and the load was cut to {load} %. Dust then stayed at {normal} mg/m³, within the limit.",
                facts=(
                    "{start} & {end}|{start} to {end}|{hours} hours|for {hours} h",
                    "{peak} mg|peak & {peak}|highest & {peak}|maximum & {peak}|up to {peak}",
                    "torn & bags|broken & bags|damaged & bags|bags were torn|torn filter|bag & fail",
                    "{bags} bags|{bags} filter bags|replaced {bags}|{bags} & replaced",
                    "{told} & told|{told} & report|{told} & authorit|{told} & notif|{told} & inform",
                    "{load} % & load|load & {load}|{load}% capacity|{load} percent|{load} per cent",
                ),
            ),
        },
    ),
}


def _draw(rng: random.Random) -> Params | None:
    kind = rng.choice(sorted(REPORTS))
    return {"kind": kind, **REPORTS[kind].draw(rng)}


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    text = REPORTS[p["kind"]].texts[language]
    facts = tuple(tuple(phrasing.format(**p) for phrasing in fact.split("|")) for fact in text.facts)
    why = {"zh": "摘要须写出题目所列的各项事实，不添加原文没有的数。", "en": "A summary must state the facts that the task lists and add no number that the text does not hold."}
    return (
        Content(
            form="text",
            context=text.report.format(**p),
            stem=text.ask,
            answer=text.summary.format(**p),
            facts=facts,
            most=MOST[language],
            explanation=why[language],
        ),
    )


GENERATORS = (
    Generator(
        id="GSM1",
        task="summary",
        subarea=lambda p: REPORTS[p["kind"]].subarea,
        level="apply",
        draw=_draw,
        write=_write,
        source=Source(title="Fictitious reports written for this item", kind="made"),
        draws=8,
    ),
)
