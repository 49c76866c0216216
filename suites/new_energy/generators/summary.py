"""A day's log of a PV plant with storage, to be summed up for the next shift: six facts stand among what nobody needs tomorrow."""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params, amount

MOST: Mapping[Language, int] = {"zh": 140, "en": 85}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
PLANTS = (("清溪", "Clearbrook"), ("南坡", "South Slope"), ("石门", "Stone Gate"), ("盐湖", "Salt Lake"), ("望海", "Seaview"))
REASONS = (
    ("送出线路检修", "an outage of the export line"),
    ("区域用电负荷偏低", "low demand in the region"),
    ("送出断面重载", "an overloaded section of the grid"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: device, cause found, and first suspicion, in zh and en.

    `words` name the cause beside the device and its number, `found` name it without them, in a sentence of its own.
    """

    device: tuple[str, str]
    cause: tuple[str, str]
    suspicion: tuple[str, str]
    words: tuple[tuple[str, ...], tuple[str, ...]]
    found: tuple[tuple[str, ...], tuple[str, ...]]


FAULTS = (
    Fault(("逆变器", "inverter"), ("直流电容鼓包", "a bulged DC capacitor"), ("散热风扇故障", "a failed cooling fan"), (("电容",), ("capacitor",)), (("电容鼓包", "电容 & 鼓"), ("bulged & capacitor", "bulging & capacitor", "swollen & capacitor"))),
    Fault(("箱变", "transformer kiosk"), ("低压侧电缆头松动", "a loose cable lug on the low-voltage side"), ("油温传感器误报", "a false reading of the oil temperature"), (("电缆头", "电缆接头", "接头"), ("lug", "loose cable", "cable connection")), (("电缆头松动", "电缆头 & 松"), ("loose cable lug", "loose & lug", "cable lug"))),
    Fault(("跟踪支架", "tracker"), ("减速机轴承卡死", "a seized bearing of the gear"), ("通信中断", "lost communication"), (("轴承",), ("bearing",)), (("轴承卡死", "轴承 & 卡"), ("seized bearing", "bearing & seiz", "bearing & jam"))),
    Fault(("汇流箱", "combiner box"), ("熔断器底座烧蚀", "a burnt fuse holder"), ("雷击", "lightning"), (("底座", "熔断器座"), ("fuse holder", "fuseholder", "fuse base")), (("底座烧蚀", "底座 & 烧"), ("burnt fuse holder", "burned fuse holder", "fuse holder & burn"))),
    Fault(("储能变流器", "storage converter"), ("接触器触点粘连", "welded contacts of a contactor"), ("软件版本错误", "a wrong software version"), (("接触器", "触点"), ("contactor", "welded contact")), (("触点粘连", "触点 & 粘"), ("welded contact", "contactor & weld", "contacts & weld"))),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """A near miss without injury, in zh and en, as the log and as a summary tell it."""

    text: tuple[str, str]
    short: tuple[str, str]


EVENTS = (
    Event(("一名巡检员在箱变平台上滑倒", "an inspector slipped on the kiosk platform"), ("一名巡检员滑倒", "an inspector slipped")),
    Event(("一把扳手从支架高处掉落", "a wrench fell from a high frame"), ("一把扳手从高处掉落", "a wrench fell from a frame")),
    Event(("一辆工程车倒车时碰到围栏", "a van backed into the fence"), ("一辆工程车碰到围栏", "a van backed into the fence")),
)  # fmt: skip
# That nobody was hurt; a summary need not say it in the sentence that tells the event, and the log has no other injury.
UNHURT: Mapping[Language, tuple[str, ...]] = {
    "zh": ("未受伤", "没有受伤", "没受伤", "无人受伤", "无人员受伤", "没有人受伤", "未造成人员受伤", "没有人员受伤", "无人员伤亡", "未伤人", "无伤亡", "未造成伤害", "未造成人员伤害", "没有造成人员", "未有人受伤"),
    "en": ("unhurt", "not hurt", "uninjured", "no injur", "not injured", "without injur", "no one was hurt", "nobody was hurt", "no one was injured", "nobody was injured", "no one hurt", "nobody hurt", "unharmed", "no one was harmed", "n't hurt", "n't injured"),
}  # fmt: skip
TASKS = (
    (("无人机红外巡检", "drone thermography of the modules"), (("红外", "无人机"), ("thermograph", "drone", "infrared", "thermal"))),
    (("箱变预防性试验", "preventive tests of the transformers"), (("预防性试验", "箱变试验", "预试"), ("preventive test", "transformer test", "test of the transformer", "tests of the transformer", "test the transformer", "testing"))),
    (("西区组件清洗", "cleaning of the western modules"), (("清洗",), ("clean",))),
)  # fmt: skip


# Highest air temperature of a day by month, in degrees C: lowest and highest that a draw takes.
WARMEST: Mapping[int, tuple[int, int]] = {3: (11, 19), 4: (16, 24), 5: (21, 29), 6: (25, 33), 7: (28, 36), 8: (27, 35), 9: (22, 30), 10: (15, 23)}


def _clock(rng: random.Random, hours: Sequence[int]) -> str:
    return f"{rng.choice(hours):02d}:{rng.choice((5, 10, 15, 20, 25, 35, 40, 45, 50, 55)):02d}"


def _draw(rng: random.Random) -> Params | None:
    energy, curtailed = amount(rng, 210, 690, 1), amount(rng, 11, 58, 1)
    month = rng.choice(sorted(WARMEST))
    p: dict[str, Any] = {
        "plant": rng.randrange(len(PLANTS)),
        "month": month,
        "day": rng.randint(2, 24),
        "air": rng.randint(*WARMEST[month]),
        "energy": f"{energy:.1f}",
        "plan": f"{energy + curtailed + amount(rng, 1, 19, 1):.1f}",
        "reason": rng.randrange(len(REASONS)),
        "curtailed": f"{curtailed:.1f}",
        "from": _clock(rng, (10, 11)),
        "until": _clock(rng, (12, 13)),
        "fault": rng.randrange(len(FAULTS)),
        "number": rng.randint(13, 48),
        "stopped": _clock(rng, (7, 8, 9)),
        "back": _clock(rng, (15, 16, 17)) if rng.random() < 0.5 else "",
        "wait": rng.randint(2, 5),
        "charged": f"{amount(rng, 31, 79, 1):.1f}",
        "visitors": rng.randint(14, 46),
        "event": rng.randrange(len(EVENTS)),
        "task": rng.randrange(len(TASKS)),
        "at": _clock(rng, (8, 9)),
        "order": rng.randrange(6),
    }
    numbers = [p[key] for key in ("energy", "plan", "curtailed", "charged")]
    times = [p[key] for key in ("from", "until", "stopped", "back", "at")]
    days = {p["day"], p["day"] + 1, p["day"] + p["wait"]}
    clear = len(set(numbers)) == 4 and len(set(times)) == 5 and not days & {p["number"], p["visitors"], p["air"]} and p["number"] != p["visitors"]
    return p if clear else None


def _day(p: Params, later: int, language: Language) -> str:
    return f"{p['day'] + later} 日" if language == "zh" else f"{p['day'] + later} {MONTHS[p['month'] - 1]}"


def _log_zh(p: Params) -> str:
    fault, event, (task, _) = FAULTS[p["fault"]], EVENTS[p["event"]], TASKS[p["task"]]
    state = f"更换部件后于 {p['back']} 恢复运行。" if p["back"] else f"备件预计 {_day(p, p['wait'], 'zh')}到货，在此之前该设备退出运行。"
    blocks = (
        f"{p['stopped']} {p['number']} 号{fault.device[0]}故障停运。起初怀疑是{fault.suspicion[0]}，拆检后排除，确认原因是{fault.cause[0]}。{state}",
        f"上午除草队进场，清理了东区道路两侧的杂草，按工作票完工。下午有 {p['visitors']} 名学生参观，由安全员全程陪同。收工前{event.text[0]}，与参观无关，现场人员检查后均未受伤，已在班后会上提醒。",
        f"全天发电 {p['energy']} MWh，日前计划为 {p['plan']} MWh。{p['from']} 至 {p['until']} 因{REASONS[p['reason']][0]}限电，估算少发 {p['curtailed']} MWh。储能按曲线一充一放，充入 {p['charged']} MWh，无异常。",
    )
    middle = "\n".join(tuple(itertools.permutations(blocks))[p["order"]])
    return (
        f"{PLANTS[p['plant']][0]}光储电站运行日志，{p['month']} 月 {p['day']} 日\n天气多云转晴，最高气温 {p['air']} ℃，白班人员全部到岗，工器具清点齐全，通信和监控正常。\n"
        f"{middle}\n明天（{_day(p, 1, 'zh')}）{p['at']} 安排{task[0]}，请接班人员提前办好工作票。库房盘点延到下周。"
    )


def _log_en(p: Params) -> str:
    fault, event, (task, _) = FAULTS[p["fault"]], EVENTS[p["event"]], TASKS[p["task"]]
    state = (
        f"The part was replaced and the device was back in service at {p['back']}."
        if p["back"]
        else f"The spare part is expected on {_day(p, p['wait'], 'en')}; until then the device stays out of service."
    )
    blocks = (
        f"At {p['stopped']} {fault.device[1]} {p['number']} went out of service. At first {fault.suspicion[1]} was suspected; opening it up ruled this out, and the cause was found to be {fault.cause[1]}. {state}",
        f"In the morning a crew cut the weeds along the eastern road and closed its permit. In the afternoon {p['visitors']} students toured the plant with the safety officer. "
        f"Apart from the visit, {event.text[1]} shortly before the end of work; the people there were checked and were not hurt, and it was raised at the briefing.",
        f"Generation over the day was {p['energy']} MWh; the day-ahead plan had been {p['plan']} MWh. From {p['from']} to {p['until']} the plant was curtailed because of {REASONS[p['reason']][1]}, "
        f"an estimated loss of {p['curtailed']} MWh. The storage ran one cycle by its schedule and took in {p['charged']} MWh without anything unusual.",
    )
    middle = "\n".join(tuple(itertools.permutations(blocks))[p["order"]])
    return (
        f"Operating log of {PLANTS[p['plant']][1]} solar and storage plant, {_day(p, 0, 'en')}\nCloudy, later clear, highest air temperature {p['air']} °C. The day shift was complete, tools were counted, "
        f"links and monitoring worked normally.\n{middle}\nTomorrow ({_day(p, 1, 'en')}) at {p['at']}: {task[1]}; the next shift should obtain the work permit in good time. "
        f"The stock count is put off to next week."
    )


def _summary(p: Params, language: Language) -> str:
    """A good summary: all six facts, no filler."""
    fault, event, (task, _) = FAULTS[p["fault"]], EVENTS[p["event"]], TASKS[p["task"]]
    if language == "zh":
        state = f"已于 {p['back']} 恢复运行" if p["back"] else f"备件 {_day(p, p['wait'], 'zh')}到货前退出运行"
        return (
            f"全天发电 {p['energy']} MWh；因{REASONS[p['reason']][0]}限电少发 {p['curtailed']} MWh。{p['number']} 号{fault.device[0]}停运，原因是{fault.cause[0]}；"
            f"该设备{state}。{event.short[0]}，未受伤。明天 {p['at']} {task[0]}。"
        )
    state = f"it was back in service at {p['back']}" if p["back"] else f"it stays out until the spare part comes on {_day(p, p['wait'], 'en')}"
    return (
        f"The plant generated {p['energy']} MWh; curtailment because of {REASONS[p['reason']][1]} cost {p['curtailed']} MWh. {fault.device[1].capitalize()} {p['number']} failed, "
        f"the cause being {fault.cause[1]}; {state}. Near miss: {event.short[1]}, people were not hurt. Tomorrow at {p['at']}: {task[1]}."
    )


def _each(firsts: Sequence[str], seconds: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{first} & {second}" for first in firsts for second in seconds)


def _ways(p: Params, later: int) -> tuple[str, ...]:
    """How an English text may name a day of the log's month."""
    month, day = MONTHS[p["month"] - 1], p["day"] + later
    return (f"{day} {month[:3]}", f"{month} {day}", f"{month[:3]} {day}", f"the {day}", f"{day}th of {month[:3]}")


def _facts(p: Params, language: Language) -> tuple[tuple[str, ...], ...]:
    place = 0 if language == "zh" else 1
    fault, task, n = FAULTS[p["fault"]], TASKS[p["task"]], p["number"]
    device, back, energy, lost = fault.device[place], p["back"], p["energy"], p["curtailed"]
    devices: tuple[str, ...]
    days: tuple[str, ...]
    produced: tuple[str, ...]
    if language == "zh":
        devices = (f"{n}号{device}", f"{device}{n}", f"{n}#{device}", f"{n}{device}", f"{device}（{n}号）", f"{device}({n}号)")
        state = _each((back,), ("恢复", "投运", "投入", "并网", "重新", "复役")) if back else _each((_day(p, p["wait"], "zh"),), ("备件", "配件", "到货", "部件"))
        produced = (f"发电 & {energy}", f"电量 & {energy}", f"{energy} MWh", f"{energy} 兆瓦时", f"上网 & {energy}")
        cut = _each(("限电", "少发", "弃光", "弃电", "损失", "限发", "限出力"), (lost,))
        days = ("明天", "明日", "次日", _day(p, 1, "zh"), p["at"])
    else:
        devices = (f"{device} {n}", f"{device} no. {n}", f"{device} number {n}", f"no. {n} {device}", f"{device} no {n}", f"{device} (no. {n})")
        state = _each((back,), ("back", "restor", "resum", "return", "running", "service", "recover", "operat", "online", "on line")) if back else (
            _each(_ways(p, p["wait"]), ("spare", "part", "replacement", "deliver", "arriv"))
        )  # fmt: skip
        produced = (f"{energy} MWh", f"generat & {energy}", f"produc & {energy}", f"output & {energy}", f"{energy} megawatt", f"yield & {energy}")
        cut = _each(("curtail", "loss", "lost", "limit", "cost"), (lost,))
        days = ("tomorrow", "next day", *_ways(p, 1), p["at"], p["at"].removeprefix("0"))
    return (
        produced,
        cut,
        (*fault.found[place], *_each(devices, fault.words[place])),
        state,
        UNHURT[language],
        _each(days, task[1][place]),
    )


def _forbidden(p: Params, language: Language) -> tuple[str, ...]:
    """The suspicion given for the cause, and an injury that there was not."""
    place = 0 if language == "zh" else 1
    suspicion = FAULTS[p["fault"]].suspicion[place]
    if language == "zh":
        return (f"因{suspicion}停机", f"因{suspicion}停运", f"因{suspicion}故障停运", f"原因是{suspicion}", f"原因为{suspicion}", f"由{suspicion}引起", f"{suspicion}导致", "受伤送医", "滑倒受伤")
    return (f"caused by {suspicion}", f"due to {suspicion}", f"because of {suspicion}", f"the cause being {suspicion}", "was injured and", "slipped and was hurt")


STEM: Mapping[Language, str] = {
    "zh": (
        "请为接班值长写一段摘要。必须写明：全天发电量；限电少发的电量；故障设备的编号和确认的原因；该设备现在的状态（恢复时刻或备件到货日）；"
        "当天的安全事件及是否有人受伤；明天的工作安排。其余内容不要写。"
    ),
    "en": (
        "Write a summary for the leader of the next shift. It must state: the day's generation; the energy lost to curtailment; which device failed (with its number) and the cause that was found; "
        "its present state (time of return, or day on which the spare part comes); the safety event and whether anybody was hurt; the work planned for tomorrow. Leave everything else out."
    ),
}


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    why = (
        "六项要点都要写到；天气、参观、除草、储能充放和库房等与交班无关。"
        if language == "zh"
        else "All six points belong in it; weather, visit, weeds, the storage cycle and the stock count do not matter to the next shift."
    )
    return (
        Content(
            form="text",
            stem=STEM[language],
            context=_log_zh(p) if language == "zh" else _log_en(p),
            answer=_summary(p, language),
            facts=_facts(p, language),
            forbidden=_forbidden(p, language),
            most=MOST[language],
            explanation=why,
        ),
    )


GENERATORS = (
    Generator(
        id="GNM1", task="summary", subarea="records", level="apply", draw=_draw, write=_write,
        source=Source(title="Invented operating log", kind="made"), draws=8,
    ),
)  # fmt: skip
