"""Steps of a job in an order that keeps the rules printed with it; any order that keeps them is right.

Each scenario has steps and pairs (this before that). A draw takes some of the steps; rules that ran through a left-out step
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
    """A job: its sub-area, what it is in each language, its steps by key in a right order, and which must come before which."""

    subarea: str
    title: Mapping[Language, str]
    steps: Mapping[str, tuple[str, str]]
    pairs: tuple[tuple[str, str], ...]


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
            "spare": ("核对备用熔断器的型号", "Check the type of the spare fuse"),
            "open": ("断开汇流箱直流开关", "Open the DC switch of the combiner box"),
            "lock": ("给断开的开关上锁挂牌", "Lock and tag the open switch"),
            "clamp": ("用钳形表确认组串电流为零", "Confirm zero string current with a clamp meter"),
            "pull": ("拔出熔断的熔断器", "Pull out the blown fuse"),
            "fit": ("装入新熔断器", "Fit the new fuse"),
            "unlock": ("拆除锁具和标示牌", "Remove lock and tag"),
            "close": ("合上汇流箱直流开关", "Close the DC switch of the combiner box"),
        },
        _pairs("permit<standby standby<open open<lock open<clamp lock<pull clamp<pull pull<fit spare<fit fit<unlock unlock<close"),
    ),
    "hydrogen_pipe": Job(
        "hydrogen",
        {"zh": "氢气管段动火补焊", "en": "welding repair on a section of hydrogen pipe"},
        {
            "valves": ("关闭管段两端的阀门", "Close the valves at both ends of the section"),
            "depressurise": ("把管段泄压到常压", "Depressurise the section"),
            "blind": ("在管段两端加装盲板", "Fit blind flanges at both ends"),
            "watch": ("安排监护人并备好灭火器", "Post a fire watch with extinguishers"),
            "purge": ("用氮气置换管内氢气", "Purge the hydrogen with nitrogen"),
            "analyse": ("取样分析，确认氢含量合格", "Analyse the gas and find the hydrogen content acceptable"),
            "ticket": ("签发动火作业票", "Issue the hot work permit"),
            "weld": ("动火补焊", "Weld the defect"),
            "tight": ("用氮气做气密性试验", "Test for tightness with nitrogen"),
            "supply": ("拆除盲板，恢复供氢", "Remove the blind flanges and restore supply"),
        },
        _pairs("valves<depressurise depressurise<blind blind<purge purge<analyse analyse<ticket watch<ticket ticket<weld weld<tight tight<supply"),
    ),
    "battery_module": Job(
        "storage",
        {"zh": "更换储能电池簇中的故障模块", "en": "replacing a faulty module in a battery rack"},
        {
            "stop": ("把该电池簇退出运行", "Take the rack out of operation"),
            "gloves": ("穿戴绝缘手套和面罩", "Put on insulating gloves and a face shield"),
            "breaker": ("断开该簇的直流断路器", "Open the DC breaker of the rack"),
            "lock": ("给断路器上锁挂牌", "Lock and tag the breaker"),
            "dead": ("验明直流母线无电压", "Prove the DC busbar dead"),
            "harness": ("拔下故障模块的采样线束", "Unplug the sensing harness of the faulty module"),
            "remove": ("拆下故障模块", "Take the faulty module out"),
            "install": ("装入电压相近的新模块", "Install a new module of similar voltage"),
            "insulation": ("复测该簇的绝缘电阻", "Measure the insulation resistance of the rack"),
            "restore": ("取下锁具，恢复该簇运行", "Take the lock off and restore the rack"),
        },
        _pairs("stop<breaker breaker<lock breaker<dead gloves<dead lock<harness dead<harness harness<remove remove<install install<insulation insulation<restore"),
    ),
    "rotor_hub": Job(
        "wind",
        {"zh": "进入风电机组轮毂检修", "en": "work inside the hub of a wind turbine"},
        {
            "weather": ("确认风速低于作业限值", "Confirm that the wind is below the limit for work"),
            "stop": ("停机并切到就地维护模式", "Stop the turbine and set it to local service mode"),
            "feather": ("让叶片顺桨", "Feather the blades"),
            "brake": ("投入转子制动", "Apply the rotor brake"),
            "pin": ("插入风轮锁定销", "Insert the rotor lock pins"),
            "harness": ("系好安全带和双钩", "Put on the harness and its double lanyard"),
            "enter": ("进入轮毂作业", "Enter the hub and do the work"),
            "leave": ("清点工具，撤出轮毂", "Count the tools and leave the hub"),
            "unpin": ("拔出风轮锁定销", "Withdraw the rotor lock pins"),
            "start": ("恢复远程控制并启动", "Return to remote control and start"),
        },
        _pairs("weather<pin stop<feather feather<brake brake<pin pin<enter harness<enter enter<leave leave<unpin unpin<start"),
    ),
    "electric_car": Job(
        "charging",
        {"zh": "拆换电动汽车的高压部件", "en": "exchanging a high-voltage part of an electric car"},
        {
            "key": ("关闭车辆电源并保管钥匙", "Switch the car off and keep the key"),
            "auxiliary": ("断开低压蓄电池负极", "Disconnect the low-voltage battery's negative pole"),
            "gloves": ("戴上检查过的绝缘手套", "Put on insulating gloves that have been checked"),
            "service": ("拔下手动维修开关", "Pull out the manual service disconnect"),
            "wait": ("等待电容放电至规定时间", "Wait as long as the capacitors need to discharge"),
            "dead": ("验明高压端子无电压", "Prove the high-voltage terminals dead"),
            "remove": ("拆下旧的高压部件", "Remove the old high-voltage part"),
            "install": ("装上新部件并按力矩紧固", "Install the new part and tighten it to torque"),
            "insulation": ("测量高压系统绝缘电阻", "Measure the insulation of the high-voltage system"),
            "refit": ("装回手动维修开关", "Put the manual service disconnect back"),
        },
        _pairs("key<auxiliary auxiliary<service gloves<service service<wait wait<dead dead<remove remove<install install<insulation insulation<refit"),
    ),
    "black_start": Job(
        "grid",
        {"zh": "局部电网黑启动", "en": "black start of part of a network"},
        {
            "confirm": ("确认该区域已全部停电", "Confirm that the area has lost all supply"),
            "breakers": ("断开失压母线上的各馈线开关", "Open the feeder breakers of the dead busbars"),
            "link": ("确认调度通信畅通", "Confirm that the dispatch links work"),
            "unit": ("启动有自启动能力的机组", "Start a unit that needs no outside supply"),
            "busbar": ("由该机组给母线充电", "Energise the busbar from that unit"),
            "line": ("给通往邻近电厂的线路充电", "Energise the line to the neighbouring plant"),
            "plant": ("启动邻近电厂的机组", "Start the units of the neighbouring plant"),
            "vital": ("恢复少量重要负荷", "Restore a few vital loads"),
            "synchronise": ("与相邻系统检同期并列", "Synchronise with the adjoining system"),
            "loads": ("逐步恢复其余负荷", "Restore the remaining loads step by step"),
        },
        _pairs(
            "confirm<breakers confirm<unit link<unit breakers<busbar unit<busbar busbar<line busbar<vital line<plant plant<synchronise vital<synchronise synchronise<loads"
        ),
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


def _draw(rng: random.Random) -> Params | None:
    name = rng.choice(sorted(JOBS))
    job = JOBS[name]
    chosen = set(rng.sample(sorted(job.steps), rng.randint(5, 7)))
    steps = [step for step in job.steps if step in chosen]
    rules = rules_of(job, steps)
    if len(rules) < len(steps) - 2:
        return None  # too free: most orders would be right
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
        stem = f"作业：{job.title['zh']}。请把下列步骤排成一个符合全部规则的顺序；规则没有写到的先后不限。\n规则：\n{told}"
        why = "符合规则的一种顺序：" + " → ".join(text.values()) + "。凡满足所列先后关系的顺序都对。"
    else:
        told = "\n".join(f"- “{then}” only after “{first}”" for first, then in printed)
        stem = f"Job: {job.title['en']}. Put the steps into an order that keeps all rules; where no rule speaks, any order will do.\nRules:\n{told}"
        why = "One order that keeps the rules: " + " → ".join(text.values()) + ". Every order that keeps them is right."
    steps = tuple(text.values())
    return (Content(form="ordering", stem=stem, answer=steps, choices=steps, before=before, explanation=why),)


GENERATORS = (
    Generator(
        id="GNP1", task="procedure", subarea=lambda p: JOBS[p["job"]].subarea, level="apply", draw=_draw, write=_write,
        source=Source(title="Invented job with printed rules", kind="made"), draws=6, foundation=lambda p: len(p["steps"]) == 5,
    ),
)  # fmt: skip
