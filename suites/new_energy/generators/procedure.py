"""Steps of a job in an order that keeps the rules printed with it; any order that keeps them is right.

Each scenario has steps and pairs (this before that). A draw leaves out only steps that the job is safe and whole without;
what is put on is always taken off, and nothing is worked on that was not made safe. Rules that ran through a left-out step
are kept by joining its two sides, and what follows from other rules is not printed.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its sub-area, what it is in each language, its steps by key in a right order, which must come before which, and which a draw may leave out."""

    subarea: str
    title: Mapping[Language, str]
    steps: Mapping[str, tuple[str, str]]
    pairs: tuple[tuple[str, str], ...]
    spare: frozenset[str]


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Pairs of "a<b b<c"."""
    found = [pair.split("<") for pair in text.split()]
    return tuple((first, then) for first, then in found)


JOBS: Mapping[str, Job] = {
    "string_fuse": Job(
        "pv_operation",
        {"zh": "更换光伏汇流箱内的组串熔断器", "en": "replacing a string fuse in a PV combiner box"},
        {
            "permit": ("办理工作票并取得许可", "Obtain the work permit"),
            "standby": ("把逆变器切到待机", "Set the inverter to standby"),
            "type": ("核对备用熔断器的型号", "Check the type of the spare fuse"),
            "open": ("断开汇流箱直流开关并上锁挂牌", "Open the DC switch of the combiner box, lock and tag it"),
            "clamp": ("用钳形表确认组串电流为零", "Confirm zero string current with a clamp meter"),
            "pull": ("戴绝缘手套，用专用工具取下熔断的熔断器", "Take out the blown fuse with insulating gloves and the proper tool"),
            "fit": ("装入新熔断器", "Fit the new fuse"),
            "close": ("拆除锁牌，合上汇流箱直流开关", "Remove lock and tag and close the DC switch of the combiner box"),
        },
        _pairs("permit<standby standby<open open<clamp clamp<pull pull<fit type<fit fit<close"),
        frozenset({"standby", "type"}),
    ),
    "hydrogen_pipe": Job(
        "hydrogen",
        {"zh": "氢气管段动火补焊", "en": "welding repair on a section of hydrogen pipe"},
        {
            "notify": ("通知用氢部门停止用气", "Tell the users of the hydrogen to stop drawing gas"),
            "isolate": ("关闭管段两端阀门，泄压后加装盲板", "Close the valves at both ends, depressurise the section and fit blind flanges"),
            "purge": ("用氮气置换管内氢气", "Purge the hydrogen with nitrogen"),
            "analyse": ("取样分析，确认氢含量合格", "Analyse the gas and find the hydrogen content acceptable"),
            "ticket": ("监护人和灭火器到位后签发动火作业票", "Issue the hot work permit once fire watch and extinguishers are in place"),
            "weld": ("动火补焊", "Weld the defect"),
            "look": ("焊口冷却后作外观检查", "Look the weld over once it has cooled"),
            "tight": ("用氮气做气密性试验", "Test for tightness with nitrogen"),
            "supply": ("拆除盲板，置换空气合格后恢复供氢", "Remove the blind flanges, purge the air and restore the supply"),
        },
        _pairs("notify<isolate isolate<purge purge<analyse analyse<ticket ticket<weld weld<look look<tight tight<supply"),
        frozenset({"notify", "look"}),
    ),
    "battery_module": Job(
        "storage",
        {"zh": "更换储能电池簇中的故障模块", "en": "replacing a faulty module in a battery rack"},
        {
            "stop": ("把该电池簇退出运行", "Take the rack out of operation"),
            "gloves": ("穿戴绝缘手套和面罩", "Put on insulating gloves and a face shield"),
            "breaker": ("断开该簇的直流断路器并上锁挂牌", "Open the DC breaker of the rack, lock and tag it"),
            "dead": ("验明簇出线端无电压", "Prove the outgoing terminals of the rack dead"),
            "match": ("测量新模块电压，确认与簇内其他模块相近", "Measure the new module and find its voltage close to that of the others"),
            "remove": ("拆开模块连接，取出故障模块", "Undo the connections of the faulty module and take it out"),
            "install": ("装入新模块并按力矩恢复连接", "Put the new module in and tighten its connections to torque"),
            "insulation": ("复测该簇的绝缘电阻", "Measure the insulation resistance of the rack"),
            "restore": ("拆除锁牌，恢复该簇运行", "Remove lock and tag and restore the rack"),
        },
        _pairs("stop<breaker breaker<dead gloves<dead dead<remove remove<install match<install install<insulation insulation<restore"),
        frozenset({"match", "insulation"}),
    ),
    "rotor_hub": Job(
        "wind",
        {"zh": "进入风电机组轮毂检修", "en": "work inside the hub of a wind turbine"},
        {
            "weather": ("确认风速低于作业限值", "Confirm that the wind is below the limit for work"),
            "stop": ("停机、顺桨并切到就地维护模式", "Stop the turbine, feather the blades and set it to local service mode"),
            "radio": ("确认与地面人员通信畅通", "Check the link to the people on the ground"),
            "pin": ("投入转子制动，插入风轮锁定销", "Apply the rotor brake and insert the rotor lock pins"),
            "harness": ("系好安全带和双钩", "Put on the harness and its double lanyard"),
            "enter": ("进入轮毂作业", "Enter the hub and do the work"),
            "leave": ("清点工具，撤出轮毂", "Count the tools and leave the hub"),
            "unpin": ("拔出风轮锁定销，松开转子制动", "Withdraw the rotor lock pins and release the brake"),
            "start": ("恢复远程控制并启动", "Return to remote control and start"),
        },
        _pairs("weather<pin stop<pin pin<enter harness<enter radio<enter enter<leave leave<unpin unpin<start"),
        frozenset({"radio"}),
    ),
    "electric_car": Job(
        "charging",
        {"zh": "拆换电动汽车的高压部件", "en": "exchanging a high-voltage part of an electric car"},
        {
            "sign": ("设置围栏和警示牌", "Set up barrier and warning sign"),
            "off": ("关闭车辆电源，断开低压蓄电池负极", "Switch the car off and disconnect the low-voltage battery's negative pole"),
            "gloves": ("戴上检查过的绝缘手套", "Put on insulating gloves that have been checked"),
            "service": ("拔下手动维修开关并由作业人保管", "Pull out the manual service disconnect and keep it"),
            "wait": ("等待电容放电至规定时间", "Wait as long as the capacitors need to discharge"),
            "dead": ("验明高压端子无电压", "Prove the high-voltage terminals dead"),
            "exchange": ("拆下旧的高压部件，装上新部件并紧固", "Take the old high-voltage part out, put the new one in and tighten it"),
            "insulation": ("测量高压系统绝缘电阻", "Measure the insulation of the high-voltage system"),
            "refit": ("装回手动维修开关，接回低压蓄电池", "Put the service disconnect back and reconnect the low-voltage battery"),
        },
        _pairs("sign<service off<service gloves<service service<wait wait<dead dead<exchange exchange<insulation insulation<refit"),
        frozenset({"sign", "insulation"}),
    ),
    "black_start": Job(
        "grid",
        {"zh": "局部电网黑启动", "en": "black start of part of a network"},
        {
            "confirm": ("确认区域已全部停电，断开失压母线上的各馈线开关", "Confirm that the area has lost all supply and open the feeder breakers of the dead busbars"),
            "link": ("确认调度通信畅通", "Confirm that the dispatch links work"),
            "unit": ("启动有自启动能力的机组", "Start a unit that needs no outside supply"),
            "busbar": ("由该机组给母线充电", "Energise the busbar from that unit"),
            "line": ("给通往邻近电厂的线路充电", "Energise the line to the neighbouring plant"),
            "plant": ("启动邻近电厂的机组", "Start the units of the neighbouring plant"),
            "vital": ("恢复少量重要负荷", "Restore a few vital loads"),
            "synchronise": ("与相邻系统检同期并列", "Synchronise with the adjoining system"),
            "loads": ("逐步恢复其余负荷", "Restore the remaining loads step by step"),
        },
        _pairs("confirm<unit link<unit unit<busbar busbar<line busbar<vital line<plant plant<synchronise vital<synchronise synchronise<loads"),
        frozenset({"link", "vital"}),
    ),
}


def _reached(pairs: Sequence[tuple[str, str]], start: str) -> set[str]:
    """Steps that must come after `start`."""
    after = {then for first, then in pairs if first == start}
    return after.union(*(_reached(pairs, step) for step in after)) if after else after


def rules_of(job: Job, kept: Collection[str]) -> list[tuple[str, str]]:
    """The pairs that hold among the steps `kept`, without those that follow from others."""
    after = {step: _reached(job.pairs, step) & set(kept) for step in kept}
    return [
        (first, then)
        for first in job.steps
        if first in after
        for then in job.steps
        if then in after[first] and not any(then in after[between] for between in after[first])
    ]


def _draw(rng: random.Random) -> Params:
    name = rng.choice(sorted(JOBS))
    job = JOBS[name]
    left_out = {step for step in sorted(job.spare) if rng.random() < 0.6}
    steps = [step for step in job.steps if step not in left_out]
    rules = rules_of(job, steps)
    return {"job": name, "steps": steps, "shown": rng.sample(range(len(rules)), len(rules))}


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    job = JOBS[p["job"]]
    place = 0 if language == "zh" else 1
    text = {step: job.steps[step][place] for step in p["steps"]}
    rules = rules_of(job, p["steps"])
    before = tuple((text[first], text[then]) for first, then in rules)
    printed = [before[index] for index in p["shown"]]
    if language == "zh":
        told = "\n".join(f"- “{then}”须在“{first}”之后" for first, then in printed)
        stem = f"作业：{job.title['zh']}。下面只列出该作业的部分步骤。请把它们排成一个符合全部规则的顺序；规则没有写到的先后不限。\n规则：\n{told}"
        why = "符合规则的一种顺序：" + " → ".join(text.values()) + "。凡满足所列先后关系的顺序都对。"
    else:
        told = "\n".join(f"- “{then}” only after “{first}”" for first, then in printed)
        stem = f"Job: {job.title['en']}. Only some of its steps are listed. Put them into an order that keeps all rules; where no rule speaks, any order will do.\nRules:\n{told}"
        why = "One order that keeps the rules: " + " → ".join(text.values()) + ". Every order that keeps them is right."
    steps = tuple(text.values())
    return (Content(form="ordering", stem=stem, answer=steps, choices=steps, before=before, explanation=why),)


GENERATORS = (
    Generator(
        id="GNP1", task="procedure", subarea=lambda p: JOBS[p["job"]].subarea, level="apply", draw=_draw, write=_write,
        source=Source(title="Invented job with printed rules", kind="made"), draws=6, foundation=lambda p: len(p["steps"]) <= 6,
        cluster=lambda p: str(p["job"]), distinct=lambda p: p["job"],
    ),
)  # fmt: skip
