"""Reports of electronics to be summarised: a shift of a surface-mount line, and an interim report on temperature cycling."""

import random
from collections.abc import Mapping

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

Words = Mapping[Language, str]
Phrasings = Mapping[Language, tuple[str, ...]]
MOST: Mapping[Language, int] = {"zh": 150, "en": 100}
LETTERS = "ABCDEFGHKLMNPRSTUVWX"

# A shift -----------------------------------------------------------------------------------------------------------------

# Defect > its names, where it sits, what caused it and what was done, with phrasings that state the same.
TROUBLES: Mapping[str, Mapping[str, Words]] = {
    "bridges": {
        "defect": {"zh": "桥连", "en": "bridging"},
        "place": {"zh": "U{n}", "en": "U{n}"},
        "cause": {"zh": "钢网底面沾有焊膏，擦拭纸已用完", "en": "the underside of the stencil was smeared because the wiping paper had run out"},
        "action": {"zh": "更换擦拭纸并清洁钢网", "en": "the wiping paper was replaced and the stencil cleaned"},
    },
    "stones": {
        "defect": {"zh": "立碑", "en": "tombstoning"},
        "place": {"zh": "R{n}", "en": "R{n}"},
        "cause": {"zh": "贴装坐标有偏移", "en": "the placement position had an offset"},
        "action": {"zh": "修正贴装坐标", "en": "the placement offset was corrected"},
    },
    "few": {
        "defect": {"zh": "少锡", "en": "insufficient solder"},
        "place": {"zh": "J{n}", "en": "J{n}"},
        "cause": {"zh": "钢网开口堵塞", "en": "apertures of the stencil were clogged"},
        "action": {"zh": "清洗钢网", "en": "the stencil was washed"},
    },
    "balls": {
        "defect": {"zh": "锡珠", "en": "solder balls"},
        "place": {"zh": "C{n}", "en": "C{n}"},
        "cause": {"zh": "预热升温过快", "en": "the preheating was too fast"},
        "action": {"zh": "降低预热升温速率", "en": "the preheating rate was lowered"},
    },
}
CAUSE_PHRASINGS: Mapping[str, Phrasings] = {
    "bridges": {
        "zh": ("擦拭纸 & 用完", "擦拭纸 & 耗尽", "钢网底面", "钢网 & 沾", "钢网 & 脏", "钢网 & 残留", "擦拭纸 & 缺"),
        "en": ("wiping paper & run out", "wiping paper & ran out", "wiping paper & empty", "stencil & smeared", "stencil & dirty", "underside of the stencil", "stencil underside", "lack of wiping paper", "out of wiping paper"),
    },
    "stones": {
        "zh": ("坐标 & 偏", "贴装 & 偏", "贴片 & 偏", "坐标 & 误差", "坐标有误"),
        "en": ("placement & offset", "position & offset", "placement & misaligned", "placement error", "placement & off", "offset in placement"),
    },
    "few": {
        "zh": ("钢网 & 堵", "开口 & 堵", "开孔 & 堵", "网孔 & 堵", "钢网 & 阻塞"),
        "en": ("stencil & clogged", "aperture & clogged", "apertures & blocked", "stencil & blocked", "clogged aperture", "clogging of the stencil", "stencil & plugged"),
    },
    "balls": {
        "zh": ("预热 & 过快", "升温 & 过快", "预热 & 太快", "升温 & 太快", "预热速率 & 过高", "升温速率 & 过高"),
        "en": ("preheat & fast", "preheat & steep", "preheat & quick", "preheat & rapid", "pre-heat & fast", "heating & too fast", "heating & rapid"),
    },
}  # fmt: skip
ACTION_WORDS: Mapping[str, Phrasings] = {
    "bridges": {"zh": ("更换", "换", "清洁", "清洗", "擦"), "en": ("replaced", "replacing", "changed", "cleaned", "cleaning", "new wiping")},
    "stones": {"zh": ("修正", "校正", "纠正", "调整"), "en": ("corrected", "correction", "correcting", "adjusted", "fixed")},
    "few": {"zh": ("清洗", "清洁", "洗"), "en": ("washed", "washing", "cleaned", "cleaning")},
    "balls": {"zh": ("降低", "调低", "减小", "放慢", "调整"), "en": ("lowered", "lowering", "reduced", "reducing", "slowed", "decreased")},
}


def _draw_shift(rng: random.Random) -> Params:
    planned = rng.randrange(420, 860, 20)
    return {
        "trouble": rng.choice(list(TROUBLES)),
        "line": rng.randint(2, 9),
        "board": f"{rng.choice(LETTERS)}{rng.choice(LETTERS)}-{rng.randint(310, 980)}",
        "planned": planned,
        "built": planned - rng.randint(13, 58),
        "bad": rng.randint(14, 39),
        "place": rng.randint(3, 89),
        "seen": f"{rng.randint(9, 10):02d}:{rng.choice((10, 20, 40, 50))}",
        "fixed": f"{rng.randint(11, 13):02d}:{rng.choice((5, 15, 25, 35, 55)):02d}",
        "short": f"{rng.choice('CRL')}{rng.randint(101, 199)}",
        "left": rng.randrange(60, 190, 10),
        "next": rng.randrange(500, 900, 100),
    }


def _trouble(p: Params, key: str, language: Language) -> str:
    return TROUBLES[p["trouble"]][key][language].format(n=p["place"])


def _shift_report(p: Params, language: Language) -> str:
    defect, place, cause, action = (_trouble(p, key, language) for key in ("defect", "place", "cause", "action"))
    if language == "zh":
        return (
            f"贴片 {p['line']} 线早班记录。07:00 班前会，两名新员工由班长带班。计划生产 {p['board']} 板 {p['planned']} 块，因回流炉升温较晚，实际完成 {p['built']} 块。"
            f"自动光学检查判出不良 {p['bad']} 块，几乎都是 {place} 处的{defect}，{p['seen']} 起明显增多。工艺员检查后确认，原因是{cause}；{p['fixed']} {action}，此后未再出现同类不良。"
            f"氮气压力和车间温湿度全天正常，防静电腕带周检全部合格。中午有客户参观，未停线。"
            f"料盘 {p['short']} 只够再做 {p['left']} 块，采购已在催货；下一班的 {p['next']} 块订单须等料到后才能开工。收班前清扫了地面，工具和钥匙已移交。"
        )
    return (
        f"Report of the early shift, surface-mount line {p['line']}. The shift began at 07:00 with a briefing; two new operators were accompanied by the foreman. "
        f"The plan was {p['planned']} boards of type {p['board']}; as the reflow oven was late to heat up, {p['built']} boards were built. "
        f"Automatic optical inspection rejected {p['bad']} boards, nearly all for {defect} at {place}, with a marked rise from {p['seen']} on. The process engineer found that {cause}; at {p['fixed']} {action}, and no further failure of this kind was seen. "
        f"Nitrogen pressure and room climate were in order all day, and everybody passed the weekly check of the wrist straps. A group of customers visited the line at noon without a stop. "
        f"The reels of {p['short']} will do for another {p['left']} boards only; the buyer is pressing for delivery, and the next shift must not start its order of {p['next']} boards before they arrive. "
        f"At the end the floor was swept, and tools and keys were handed over."
    )


def _shift_facts(p: Params, language: Language) -> tuple[tuple[str, ...], ...]:
    defect, place = _trouble(p, "defect", language), _trouble(p, "place", language)
    built, bad, left = p["built"], p["bad"], p["left"]
    acts = tuple(f"{p['fixed']} & {word}" for word in ACTION_WORDS[p["trouble"]][language])
    causes = CAUSE_PHRASINGS[p["trouble"]][language]
    if language == "zh":
        return (
            (f"{built} 块", f"完成 & {built}", f"生产 & {built}", f"产量 & {built}", f"做了 & {built}", f"产出 & {built}"),
            (f"{bad} & 不良", f"{bad} & {defect}", f"{bad} & 不合格", f"{bad} & 缺陷", f"{bad} & 判出"),
            (f"{place} & {defect}",),
            causes,
            acts,
            (f"{p['short']} & {left}",),
        )
    root = {"bridges": "bridg", "stones": "tombston", "few": "insufficient", "balls": "solder ball"}[p["trouble"]]
    return (
        (f"{built} boards", f"{built} & built", f"built & {built}", f"{built} & produced", f"{built} & assembled", f"{built} & made", f"{built} & output", f"{built} of"),
        (f"{bad} & reject", f"{bad} & fail", f"{bad} & {root}", f"{bad} & defect", f"{bad} & faulty"),
        (f"{place} & {root}",),
        causes,
        acts,
        (f"{p['short']} & {left}",),
    )  # fmt: skip


def _shift_summary(p: Params, language: Language) -> str:
    defect, place, cause, action = (_trouble(p, key, language) for key in ("defect", "place", "cause", "action"))
    if language == "zh":
        return (
            f"{p['line']} 线早班完成 {p['board']} 板 {p['built']} 块，不良 {p['bad']} 块，主要是 {place} 的{defect}。原因是{cause}，{p['fixed']} {action}后未再出现。"
            f"遗留：料盘 {p['short']} 只够 {p['left']} 块，下一班订单须待到料后开工。"
        )
    return (
        f"Line {p['line']} built {p['built']} boards of {p['board']}; {p['bad']} were rejected, nearly all for {defect} at {place}. The cause was that {cause}; at {p['fixed']} {action}, with no failure since. "
        f"Open: reels of {p['short']} last for only {p['left']} boards, and the next order must wait for delivery."
    )


def _write_shift(p: Params, language: Language) -> tuple[Content, ...]:
    planned = p["planned"]
    if language == "zh":
        stem = "为下一班的班长写一段摘要，须包括：实际产量、不良数量、主要缺陷及位号、原因、措施及时间、遗留的缺料问题。不要写其他事项。"
        explanation = "实际产量不是计划数；缺陷、位号、原因、措施的时间和缺料数量都要写出；参观、周检等可略。"
        forbidden: tuple[str, ...] = (f"实际完成 {planned} 块", f"共完成 {planned} 块")
    else:
        stem = "Summarise the report for the foreman of the next shift. Keep: the actual output, the number of rejects, the main defect with its position, its cause, the action with its time, and the open shortage of parts. Leave the rest out."
        explanation = "The output is what was built, not what was planned; defect, position, cause, time of the action and the shortage must be there; the visit and the weekly check may go."
        forbidden = (f"built {planned} boards", f"{planned} boards were built")
    return (
        Content(
            form="text",
            stem=stem,
            context=_shift_report(p, language),
            answer=_shift_summary(p, language),
            facts=_shift_facts(p, language),
            forbidden=forbidden,
            most=MOST[language],
            explanation=explanation,
        ),
    )


GEM1 = Generator(
    id="GEM1",
    task="summary",
    subarea="assembly",
    level="apply",
    draw=_draw_shift,
    write=_write_shift,
    source=Source(title="Report invented for this item", kind="made"),
    draws=4,
)

# Temperature cycling -----------------------------------------------------------------------------------------------------

JOINTS: Mapping[str, Mapping[str, Words]] = {
    "corner": {"what": {"zh": "角部焊球的疲劳裂纹", "en": "fatigue cracks in the corner solder balls"}, "remedy": {"zh": "增加底部填充胶", "en": "add underfill"}},
    "via": {"what": {"zh": "过孔孔壁断裂", "en": "broken barrels of vias"}, "remedy": {"zh": "加厚孔铜", "en": "use thicker copper in the holes"}},
    "bond": {"what": {"zh": "键合点脱落", "en": "lifted bonds"}, "remedy": {"zh": "更换塑封料", "en": "change the moulding compound"}},
    "capacitor": {"what": {"zh": "陶瓷电容开裂", "en": "cracked ceramic capacitors"}, "remedy": {"zh": "改用软端子电容", "en": "use capacitors with soft terminations"}},
}  # fmt: skip
JOINT_PHRASINGS: Mapping[str, Phrasings] = {
    "corner": {"zh": ("焊球 & 裂", "焊球 & 疲劳", "角部 & 裂", "焊点 & 裂"), "en": ("corner & crack", "solder ball & crack", "solder & crack", "ball & crack", "corner & fatigue", "solder & fatigue")},
    "via": {"zh": ("孔壁 & 断", "过孔 & 断", "孔壁 & 裂", "过孔 & 裂"), "en": ("broken & barrel", "broken & via", "barrel & crack", "via & crack", "via & fracture", "barrel & fracture")},
    "bond": {"zh": ("键合 & 脱", "键合点 & 脱落", "键合 & 剥离", "键合 & 分离"), "en": ("lifted & bond", "bond & lift", "bond & detached", "bond & loose", "bond & off")},
    "capacitor": {"zh": ("电容 & 裂", "陶瓷电容 & 开裂", "电容 & 破裂"), "en": ("crack & capacitor", "capacitor & fracture", "broken & capacitor", "capacitor & crack")},
}  # fmt: skip
REMEDY_PHRASINGS: Mapping[str, Phrasings] = {
    "corner": {"zh": ("底部填充", "填充胶", "底填"), "en": ("underfill", "under-fill")},
    "via": {"zh": ("孔铜", "孔 & 加厚", "铜 & 加厚", "厚铜"), "en": ("thicker copper", "copper & thicker", "thicken", "more copper", "copper thickness")},
    "bond": {"zh": ("塑封料", "封装料", "模塑料"), "en": ("moulding compound", "molding compound", "mold compound", "mould compound")},
    "capacitor": {"zh": ("软端子", "柔性端子", "软端电容", "柔性端头"), "en": ("soft termination", "soft-termination", "flexible termination", "softly terminated")},
}  # fmt: skip


def _draw_cycling(rng: random.Random) -> Params:
    target = rng.choice((1000, 1500, 2000))
    first = rng.randrange(300, 600, 50)  # failures are found at the readings, every 50 cycles
    return {
        "joint": rng.choice(list(JOINTS)),
        "module": f"{rng.choice(LETTERS)}{rng.choice(LETTERS)}{rng.randint(210, 980)}",
        "lot": f"{rng.choice(LETTERS)}{rng.randint(2410, 2450)}",
        "units": rng.randint(45, 96),
        "low": rng.choice((-40, -25)),
        "high": rng.choice((85, 105, 125)),
        "target": target,
        "first": first,
        "done": first + rng.randrange(150, 350, 50),
        "failed": rng.randint(5, 13),
        "week": rng.randint(14, 48),
        "other": rng.randint(20, 30),
    }


def _cycling_report(p: Params, language: Language) -> str:
    what, remedy = (JOINTS[p["joint"]][key][language] for key in ("what", "remedy"))
    low = f"−{-p['low']}"
    if language == "zh":
        return (
            f"{p['module']} 模块温度循环试验中间报告。批号 {p['lot']} 的 {p['units']} 只模块投入试验，条件 {low} °C 至 {p['high']} °C，目标 {p['target']} 次循环，每 50 次取出测一次。"
            f"试验箱上月做过校准，传感器读数与标准器一致；其间因停电中断过一次，复电后按规程续做，不影响结果。"
            f"首只失效在第 {p['first']} 次循环的测量中发现；到第 {p['done']} 次时累计失效 {p['failed']} 只。切片和显微检查表明，失效都是{what}，未见其他失效机理。"
            f"同期做高温存储的 {p['other']} 只全部正常，外观也无变化。评审会决定：试验停止，不再做到目标次数；设计上{remedy}，改进后的模块在第 {p['week']} 周重新投入试验。报告附有照片和原始数据，存放在实验室的共享目录。"
        )
    return (
        f"Interim report on temperature cycling of module {p['module']}. From lot {p['lot']}, {p['units']} modules went into the test, between {low} °C and {p['high']} °C, with a target of {p['target']} cycles and readings every 50 cycles. "
        f"The chamber was calibrated last month and its sensors agreed with the reference; one power cut interrupted the run, which was resumed as the procedure provides, without any influence on the result. "
        f"The first failure was found at the reading at cycle {p['first']}; by cycle {p['done']} a total of {p['failed']} modules had failed. Sections and microscopy show that all failures are {what}; no other mechanism was seen. "
        f"The {p['other']} modules in high-temperature storage over the same time are all good and look unchanged. The review decided to stop the test short of the target; the design will {remedy}, and improved modules enter the test again in week {p['week']}. "
        f"Pictures and raw data are attached and kept in the laboratory's shared folder."
    )


def _cycling_facts(p: Params, language: Language) -> tuple[tuple[str, ...], ...]:
    first, done, failed, units, week = (p[key] for key in ("first", "done", "failed", "units", "week"))
    shared = (JOINT_PHRASINGS[p["joint"]][language], REMEDY_PHRASINGS[p["joint"]][language])
    if language == "zh":
        return (
            (f"{units} 只", f"{units} 个", f"{units} 块", f"{units} & 模块"),
            (f"{first} 次", f"{first} & 首", f"{first} & 第一只"),
            (f"{failed} 只 & {done}", f"{failed} 个 & {done}", f"{failed} & 失效 & {done}"),
            *shared,
            (f"第 {week} 周", f"{week} 周"),
        )
    return (
        (f"{units} modules", f"{units} units", f"of {units}", f"{units} & tested", f"{units} & module", f"{units} & test", f"/{units}"),
        (f"cycle {first}", f"{first} cycles", f"first & {first}", f"{first}th cycle"),
        (f"{failed} & cycle {done}", f"{failed} & {done} cycles", f"{failed} & fail & {done}", f"{failed} & {done}th"),
        *shared,
        (f"week {week}", f"wk {week}", f"calendar week {week}", f"CW{week}"),
    )


def _cycling_summary(p: Params, language: Language) -> str:
    what, remedy = (JOINTS[p["joint"]][key][language] for key in ("what", "remedy"))
    if language == "zh":
        return (
            f"{p['module']} 模块 {p['units']} 只做温度循环，首只在第 {p['first']} 次循环失效，到第 {p['done']} 次共失效 {p['failed']} 只，失效都是{what}。"
            f"评审决定停止试验，设计上{remedy}，改进后第 {p['week']} 周重新投入试验。"
        )
    return (
        f"Of {p['units']} modules {p['module']} in temperature cycling, the first failed at cycle {p['first']}, and {p['failed']} modules had failed by cycle {p['done']}, all with {what}. "
        f"The test is stopped; the design will {remedy}, and improved modules go into the test in week {p['week']}."
    )


def _write_cycling(p: Params, language: Language) -> tuple[Content, ...]:
    target = p["target"]
    if language == "zh":
        stem = "为研发主管写一段摘要，须包括：投试数量、首次失效的循环次数、目前循环次数和累计失效数、失效模式、改进措施、重新试验的时间。"
        explanation = "要写首次失效和累计失效的循环次数、失效模式、改进措施与重新试验的周次；校准、停电、高温存储可略。"
        forbidden: tuple[str, ...] = (f"完成 {target} 次循环", f"通过 {target} 次", f"{target} 次循环后失效")
    else:
        stem = "Summarise the report for the head of development. Keep: the number of modules tested, the cycle of the first failure, the cycles so far with the failures up to then, the mode of failure, the remedy, and when the test is repeated."
        explanation = "First failure and failures to date with their cycles, the mode, the remedy and the week of the new test must be there; calibration, power cut and storage may go."
        forbidden = (f"completed {target} cycles", f"passed {target} cycles", f"after {target} cycles")
    return (
        Content(
            form="text",
            stem=stem,
            context=_cycling_report(p, language),
            answer=_cycling_summary(p, language),
            facts=_cycling_facts(p, language),
            forbidden=forbidden,
            most=MOST[language],
            explanation=explanation,
        ),
    )


GEM2 = Generator(
    id="GEM2",
    task="summary",
    subarea="reliability",
    level="apply",
    draw=_draw_cycling,
    write=_write_cycling,
    source=Source(title="Report invented for this item", kind="made"),
    draws=4,
)

GENERATORS = (GEM1, GEM2)
