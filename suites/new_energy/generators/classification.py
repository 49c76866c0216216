"""Entries of a wind farm's log, each to be put into one class of a printed scheme of availability.

The scheme follows the idea of IEC 61400-26-1 (every hour of a turbine belongs to one category); names and definitions are our own.
"""

import random
from collections.abc import Mapping

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params, amount

NAMES: Mapping[str, tuple[str, str]] = {
    "forced": ("故障停机", "forced outage"),
    "planned": ("计划检修", "planned maintenance"),
    "requested": ("外部要求", "outside request"),
    "environment": ("环境超限", "environment out of range"),
    "electrical": ("电网超限", "grid out of range"),
    "degraded": ("降额运行", "degraded running"),
    "suspended": ("作业中断", "suspended work"),
    "disaster": ("不可抗力", "force majeure"),
}
MEANING: Mapping[str, tuple[str, str]] = {
    "forced": ("机组自身故障或保护动作引起的停机，事先没有安排。", "the turbine stands because of its own fault or trip, not arranged beforehand."),
    "planned": ("事先列入计划的检修、定检或试验引起的停机。", "the turbine stands for service or tests that had been planned beforehand."),
    "requested": (
        "机组能够发电，因调度、业主或主管部门的要求而停机或限出力。",
        "the turbine could run, but stands or is limited at the request of dispatcher, owner or authority.",
    ),
    "environment": (
        "风速、气温或结冰超出机组的运行范围，机组本身无故障。",
        "wind, temperature or ice is outside the operating range; the turbine itself is sound.",
    ),
    "electrical": (
        "电网失电，或电压、频率超出机组允许的范围。",
        "the grid is dead, or its voltage or frequency is outside what the turbine allows.",
    ),
    "degraded": (
        "机组仍在发电，但因自身缺陷或自身保护而出力降低。",
        "the turbine goes on generating, but at less power because of its own defect or protection.",
    ),
    "suspended": (
        "已经开工的检修因天气、安全或缺件而中途停下。",
        "repair or service had begun and is interrupted by weather, safety or missing parts.",
    ),
    "disaster": ("地震、洪水、山火等灾害造成的停运；先于其他各类判断。", "the turbine is out of service through a disaster such as earthquake, flood or wildfire; this class goes before all others."),
}
MISREAD: Mapping[str, str] = {
    "forced": "any stop taken for a fault of the turbine",
    "planned": "any work or stop taken for a planned one",
    "requested": "any limit or stop taken for one that somebody asked for",
    "environment": "weather in the entry taken for the class",
    "electrical": "an electrical word in the entry taken for a fault of the grid",
    "degraded": "less energy than usual taken for degraded running",
    "suspended": "waiting taken for work that had begun",
    "disaster": "an event from outside taken for a disaster",
}
# The classes that each is most easily taken for.
NEAR: Mapping[str, tuple[str, str, str]] = {
    "forced": ("degraded", "electrical", "planned"),
    "planned": ("requested", "suspended", "forced"),
    "requested": ("planned", "electrical", "degraded"),
    "environment": ("forced", "disaster", "requested"),
    "electrical": ("forced", "requested", "disaster"),
    "degraded": ("requested", "forced", "environment"),
    "suspended": ("planned", "environment", "forced"),
    "disaster": ("environment", "forced", "electrical"),
}
# Class, entry in zh and en, and the range of {v} with its digits after the point, where it has one.
ENTRIES: tuple[tuple[str, str, str, tuple[float, float, int] | None], ...] = (
    ("forced", "{t} 号机报变桨电机过流，保护动作停机，复位无效，已派人检查。", "Turbine {t} tripped on overcurrent of a pitch motor; a reset failed and a crew was sent to look.", None),
    ("forced", "{t} 号机发电机轴承温度升到 {v} ℃，超温保护动作，机组停机。", "The generator bearing of turbine {t} reached {v} °C; the overheating protection acted and the turbine stopped.", (95.1, 108.9, 1)),
    ("forced", "{t} 号机变流器功率模块损坏，机组脱网停机，等待排查。", "A power module in the converter of turbine {t} broke; the turbine went off line and awaits inspection.", None),
    ("forced", "{t} 号机安全链因振动开关动作而断开，机组紧急停机，原因待查。", "The vibration switch of turbine {t} opened the safety chain; emergency stop, cause to be found.", None),
    ("planned", "按年度计划停 {t} 号机做半年定检，预计用时 {v} h。", "Turbine {t} was stopped for its half-yearly service as the annual plan has it; {v} h are foreseen.", (5.5, 11.5, 1)),
    ("planned", "{t} 号机按上月批准的计划停机，更换齿轮箱滤芯。", "Turbine {t} was stopped to change the gearbox filter, as approved last month.", None),
    ("planned", "按周计划停 {t} 号机，抽检塔筒螺栓力矩。", "By the weekly plan turbine {t} was stopped for a torque check of its tower bolts.", None),
    ("planned", "{t} 号机按检修计划停机，做年度防雷接地检测。", "Turbine {t} was stopped for the yearly test of lightning protection that the maintenance plan contains.", None),
    ("requested", "调度下令限负荷，{t} 号机降到额定的 {v}%，机组本身完好。", "The dispatcher ordered a limit; turbine {t}, itself in good order, was set to {v} % of rated power.", (31, 69, 0)),
    ("requested", "送出线路潮流受限，调度要求停运 {t} 号机。", "Flow on the export line is limited; the dispatcher asked for turbine {t} to be shut down.", None),
    ("requested", "候鸟迁徙时段，按主管部门要求停转 {t} 号机至次日早晨。", "Migration of birds: at the authority's request turbine {t} stands until the next morning.", None),
    ("requested", "业主为接待来访人员要求暂停 {t} 号机，机组可用。", "The owner asked for turbine {t}, which is available, to be halted during a visit.", None),
    ("environment", "平均风速 {v} m/s，高于切出风速，{t} 号机自动停机待风。", "The mean wind of {v} m/s is above cut-out; turbine {t} stopped by itself until it calms.", (25.3, 29.9, 1)),
    ("environment", "气温低于机型允许的最低运行温度，{t} 号机停机等待回暖。", "The air is colder than the lowest operating temperature of this type; turbine {t} waits for it to warm up.", None),
    ("environment", "叶片结冰超出允许程度，{t} 号机停机，无故障报警。", "Ice on the blades exceeds what is allowed; turbine {t} stands, without any fault alarm.", None),
    ("environment", "风速只有 {v} m/s，低于切入风速，{t} 号机完好，处于待风状态。", "With {v} m/s the wind is below cut-in; turbine {t} is sound and waits for wind.", (1.1, 2.6, 1)),
    ("electrical", "外部电网失电，全场无压，{t} 号机因没有电网电压而停机。", "The external grid went dead and the whole farm lost its voltage; turbine {t} stopped because it had no grid voltage.", None),
    ("electrical", "电网频率升到 {v} Hz，超出机组允许范围，{t} 号机脱网。", "Grid frequency rose to {v} Hz, beyond what the turbine allows; turbine {t} disconnected.", (51.6, 52.4, 1)),
    ("electrical", "电网电压跌落超过机组允许的深度和时间，{t} 号机停机。", "A dip of the grid voltage was deeper and longer than the turbine allows; turbine {t} stopped.", None),
    ("electrical", "对侧变电站母线停电，{t} 号机失去并网电压。", "The busbar of the substation at the far end is dead; turbine {t} has no grid voltage.", None),
    ("degraded", "{t} 号机齿轮箱油温偏高，控制器自行把出力限到 {v}%，仍在发电。", "The gearbox oil of turbine {t} is hot; its controller holds the output to {v} % and it goes on generating.", (51, 89, 0)),
    ("degraded", "{t} 号机一台冷却风扇损坏，以额定的 {v}% 继续运行。", "A cooling fan of turbine {t} is broken; it continues to run at {v} % of rated power.", (51, 89, 0)),
    ("degraded", "{t} 号机风向标老化，对风不准，并网发电但出力偏低。", "An aged wind vane makes turbine {t} face the wind badly; it generates, but less than it should.", None),
    ("degraded", "{t} 号机发电机绕组偏热，机组自动降功率，继续发电。", "The generator winding of turbine {t} is warm; the turbine lowers its power by itself and keeps generating.", None),
    ("suspended", "{t} 号机叶片修补做到一半，风力超过吊篮作业限值，人员下塔等待。", "Half-way through the blade repair of turbine {t} the wind passed the limit for the work platform; the crew came down to wait.", None),
    ("suspended", "{t} 号机更换变桨轴承，开工后发现备件型号不符，中断等待新件。", "The exchange of a pitch bearing on turbine {t} had begun when the spare proved to be the wrong type; work waits for another.", None),
    ("suspended", "雷电预警，{t} 号机正在进行的发电机更换中止，人员撤离。", "Lightning warning: the generator exchange under way on turbine {t} was broken off and the crew withdrew.", None),
    ("suspended", "{t} 号机主轴检修途中发现吊具缺陷，为安全暂停作业。", "During the repair of the main shaft of turbine {t} a defect of the lifting gear was found; work was halted for safety.", None),
    ("disaster", "地震后全场断开，{t} 号机停运，等待基础评估。", "After the earthquake the whole farm was disconnected; turbine {t} is out of service until its foundation is assessed.", None),
    ("disaster", "洪水淹没箱变，{t} 号机停运。", "Flood water stands in the transformer kiosk; turbine {t} is out of service.", None),
    ("disaster", "山火烧到场区，人员撤离，{t} 号机停运。", "A wildfire has reached the site; people have left and turbine {t} is out of service.", None),
    ("disaster", "泥石流冲毁塔基旁的电缆沟，{t} 号机停运。", "A mudslide carried away the cable trench beside the tower; turbine {t} is out of service.", None),
)  # fmt: skip


def _draw(rng: random.Random) -> Params:
    gold = rng.choice(sorted(NAMES))
    place = rng.choice([index for index, entry in enumerate(ENTRIES) if entry[0] == gold])
    span = ENTRIES[place][3]
    value = "" if span is None else str(rng.randint(int(span[0]), int(span[1]))) if span[2] == 0 else f"{amount(rng, *span):.1f}"
    near = rng.sample(NEAR[gold], 2)
    far = rng.choice(sorted(set(NAMES) - {gold, *near}))
    return {
        "entry": place,
        "turbine": rng.randint(2, 66),
        "clock": f"{rng.randrange(24):02d}:{rng.randrange(60):02d}",
        "value": value,
        "others": [*near, far],
    }


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    place = 0 if language == "zh" else 1
    gold, *texts, _ = ENTRIES[p["entry"]]
    entry = f"{p['clock']} " + str(texts[place]).format(t=p["turbine"], v=p["value"])
    answer = NAMES[gold][place]
    mistakes = {NAMES[other][place]: MISREAD[other] for other in p["others"]}
    if language == "zh":
        scheme = "\n".join(f"{NAMES[key][0]}：{MEANING[key][0]}" for key in NAMES)
        context = f"风电机组停机与降出力分类（每条记录只归一类）\n{scheme}"
        stem = f"运行记录：{entry}\n按所给分类，这条记录属于哪一类？"
        why = f"符合“{answer}”的定义：{MEANING[gold][0]}"
    else:
        scheme = "\n".join(f"{NAMES[key][1]}: {MEANING[key][1]}" for key in NAMES)
        context = f"Classes of stops and reductions of wind turbines (an entry belongs to one class)\n{scheme}"
        stem = f"Log entry: {entry}\nTo which class of the scheme does it belong?"
        why = f"It meets the definition of {answer}: {MEANING[gold][1]}"
    return (Content(form="choice", stem=stem, context=context, answer=answer, choices=(answer, *mistakes), mistakes=mistakes, explanation=why),)


GENERATORS = (
    Generator(
        id="GNL1", task="classification", subarea="wind", level="judge", draw=_draw, write=_write,
        source=Source(title="Invented log, classes after the idea of IEC 61400-26-1", kind="made"), draws=6, distinct=lambda p: p["entry"],
        foundation=lambda p: ENTRIES[p["entry"]][0] in ("disaster", "planned", "requested", "electrical"),
    ),
)  # fmt: skip
