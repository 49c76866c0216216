"""Steps of a job to be put in an order that keeps all printed rules: any such order is right."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evalkit.canon import rng_for
from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

Pairs = frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job with its steps in one right order, zh and en, and which step must come before which (by place).

    `always` are the steps without which the job would not be safe: no draw leaves them out. `needs` are pairs of a step and
    another without which it would be unsafe or senseless: a draw that keeps the first keeps the second.
    """

    subarea: str
    title: Mapping[Language, str]
    steps: tuple[tuple[str, str], ...]
    rules: Pairs
    why: Mapping[Language, str]
    always: frozenset[int] = frozenset()
    needs: Pairs = frozenset()

    def step(self, place: int, language: Language) -> str:
        """The text of a step."""
        return self.steps[place][0 if language == "zh" else 1]


JOBS: Mapping[str, Job] = {
    "scrubber": Job(
        subarea="safety",
        title={"zh": "进入煤气洗涤塔检修", "en": "People are to work inside a gas scrubber"},
        steps=(
            ("办理作业票", "Obtain the work permit"),
            ("关闭阀门并堵盲板", "Close the valves and fit blind plates"),
            ("通氮气吹扫", "Purge with nitrogen"),
            ("打开人孔通风", "Open the manholes and ventilate"),
            ("测定一氧化碳和氧含量", "Measure carbon monoxide and oxygen"),
            ("监护人到位", "Post the watcher"),
            ("检修人员进塔", "Send the workers in"),
            ("人员全部撤出并清点", "Bring everybody out and count them"),
            ("拆除盲板恢复送气", "Remove the blind plates and let gas back"),
        ),
        always=frozenset({1, 2, 3, 4, 6}),
        needs=frozenset({(8, 7)}),
        rules=frozenset({(0, 1), (1, 2), (2, 3), (3, 4), (4, 6), (5, 6), (0, 5), (6, 7), (7, 8)}),
        why={
            "zh": "先切断气源再置换，氮气会使人窒息，通风后测定合格、监护人到位才能进人；人全部撤出以后才能恢复送气。",
            "en": "The gas is cut off before it is displaced; nitrogen suffocates, so people go in only after ventilation, measurement and with a watcher, and gas comes back only when all are out.",
        },
    ),
    "casting": Job(
        subarea="casting",
        title={"zh": "板坯连铸机开浇", "en": "A slab caster is started"},
        steps=(
            ("烘烤中间包", "Preheat the tundish"),
            ("引锭头送入结晶器", "Bring the dummy bar into the mould"),
            ("密封引锭头", "Seal the head of the dummy bar"),
            ("打开钢包向中间包注钢", "Open the ladle and fill the tundish"),
            ("提起塞棒向结晶器注钢", "Lift the stopper and fill the mould"),
            ("向结晶器加保护渣", "Feed flux onto the mould"),
            ("启动拉矫机拉坯", "Start the withdrawal rolls"),
            ("脱开引锭杆", "Disconnect the dummy bar"),
        ),
        needs=frozenset({(3, 0), (4, 2), (4, 3), (6, 4), (7, 6)}),
        rules=frozenset({(0, 3), (1, 2), (2, 4), (3, 4), (4, 5), (4, 6), (6, 7)}),
        why={
            "zh": "结晶器未封好不能注钢，中间包未烘烤不能受钢，坯壳形成后才能拉坯。",
            "en": "No steel enters an unsealed mould or a cold tundish, and the strand is withdrawn once a shell has formed.",
        },
    ),
    "rolls": Job(
        subarea="rolling",
        title={"zh": "粗轧机更换工作辊", "en": "The work rolls of a roughing mill are changed"},
        steps=(
            ("停止轧机", "Stop the mill"),
            ("切断传动电源", "Cut the power of the drive"),
            ("上锁挂牌", "Fit locks and tags"),
            ("试启动确认无能量", "Try to start it to prove that it is dead"),
            ("抽出旧辊", "Pull out the worn rolls"),
            ("清理轴承座滑道", "Clean the slides of the chocks"),
            ("推入新辊", "Push in the new rolls"),
            ("摘锁摘牌并试车", "Take off locks and tags and test the mill"),
        ),
        always=frozenset({1, 2, 3, 4, 6, 7}),
        rules=frozenset({(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)}),
        why={
            "zh": "能量隔离并验证之后人才能进入机架，全部工作结束才能摘锁。",
            "en": "People go into the stand only when isolation is proved, and the locks come off when all work is done.",
        },
    ),
    "spill": Job(
        subarea="steelmaking",
        title={"zh": "铁水罐漏铁的应急处置", "en": "Hot metal leaks from a ladle"},
        steps=(
            ("发出警报", "Raise the alarm"),
            ("停止兑铁和吊运", "Stop pouring and lifting"),
            ("人员撤到安全区", "Withdraw people to the safe area"),
            ("切断附近煤气和电源", "Shut off gas and power nearby"),
            ("清点人数", "Count the people"),
            ("远处确认无积水", "Make sure from afar that no water is near"),
            ("用干砂围挡铁水", "Dam the metal with dry sand"),
            ("凝固冷却后清理", "Clear the metal once it is cold"),
        ),
        always=frozenset({0, 2, 5, 6}),
        rules=frozenset({(0, 1), (0, 2), (0, 3), (2, 4), (1, 6), (3, 6), (4, 5), (5, 6), (6, 7)}),
        why={
            "zh": "先保人，再切断能源；铁水遇水爆炸，确认无水才能用干砂围挡。",
            "en": "People first, then energy; hot metal explodes on water, so it is dammed only when there is none.",
        },
    ),
    "ladle_furnace": Job(
        subarea="secondary_refining",
        title={"zh": "钢包炉精炼一炉铝镇静钢", "en": "A heat of aluminium-killed steel is treated in the ladle furnace"},
        steps=(
            ("钢包就位", "Place the ladle in the station"),
            ("接通氩气开始搅拌", "Connect argon and start stirring"),
            ("加渣料造渣", "Add the slag formers"),
            ("下电极通电升温", "Lower the electrodes and heat"),
            ("测温取样", "Take temperature and sample"),
            ("按分析结果补加合金", "Trim with alloys by the analysis"),
            ("喂入钙线", "Feed calcium wire"),
            ("弱搅拌软吹", "Stir softly"),
        ),
        needs=frozenset({(3, 2), (5, 4), (7, 1)}),
        rules=frozenset({(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)}),
        why={
            "zh": "渣层盖住电弧后才升温，成分调好后才喂钙线，最后软吹让夹杂物上浮。",
            "en": "The slag covers the arcs before heating, calcium follows the alloys, and soft stirring at the end floats the inclusions.",
        },
    ),
    "tensile": Job(
        subarea="testing_grades",
        title={"zh": "室温拉伸试验", "en": "A tensile test at room temperature is made"},
        steps=(
            ("核对试样编号", "Check the number of the test piece"),
            ("测量原始直径", "Measure the original diameter"),
            ("标记原始标距", "Mark the original gauge length"),
            ("力值调零", "Set the force to zero"),
            ("夹紧试样两端", "Grip both ends of the test piece"),
            ("装上引伸计", "Fit the extensometer"),
            ("加载至断裂", "Load until it breaks"),
            ("测量断后标距", "Measure the gauge length after fracture"),
        ),
        needs=frozenset({(5, 4), (6, 4), (7, 6), (7, 2)}),
        rules=frozenset({(0, 1), (0, 2), (1, 4), (2, 4), (3, 4), (4, 5), (5, 6), (6, 7)}),
        why={
            "zh": "原始尺寸在夹持前量好，力值在夹紧前调零，断后标距在断裂后测量。",
            "en": "Original dimensions are measured and the force is zeroed before gripping; the gauge length after fracture comes last.",
        },
    ),
    "shutdown": Job(
        subarea="blast_furnace",
        title={"zh": "高炉计划休风", "en": "A blast furnace is taken off blast for repairs"},
        steps=(
            ("通知煤气用户", "Tell the users of the gas"),
            ("停止喷煤", "Stop the coal injection"),
            ("出净渣铁", "Tap all iron and slag"),
            ("逐步减风", "Reduce the blast step by step"),
            ("切断煤气管网", "Cut the furnace off the gas network"),
            ("停风", "Take off the blast"),
            ("堵严风口", "Plug the tuyeres"),
            ("开始检修", "Begin the repairs"),
        ),
        needs=frozenset({(5, 2), (5, 4), (6, 5), (7, 4), (7, 6)}),
        rules=frozenset({(0, 3), (1, 3), (2, 5), (3, 4), (4, 5), (5, 6), (6, 7)}),
        why={
            "zh": "减风前停煤并通知用户，渣铁出净、煤气切断后才停风，风口堵严后才检修。",
            "en": "Coal is off and users know before the blast is reduced; iron is out and gas cut off before it is taken off.",
        },
    ),
    "certificate": Job(
        subarea="trade_documents",
        title={"zh": "一批钢板的检验、出证和发运", "en": "A lot of plate is tested, certified and shipped"},
        steps=(
            ("剪取试样", "Cut the test pieces"),
            ("进行力学试验", "Run the mechanical tests"),
            ("按订货条件判定", "Judge by the ordering conditions"),
            ("开具质量证明书", "Write the mill certificate"),
            ("在钢板上喷印炉号", "Stencil the heat number on the plates"),
            ("装车", "Load the truck"),
            ("向客户交付单据", "Hand the papers to the customer"),
        ),
        needs=frozenset({(1, 0), (2, 1), (3, 2), (4, 2), (5, 4), (6, 3), (6, 5)}),
        rules=frozenset({(0, 1), (1, 2), (2, 3), (2, 4), (4, 5), (3, 6), (5, 6)}),
        why={
            "zh": "判定合格之前不出证、不喷印，货物和证书齐了才交付单据。",
            "en": "No certificate and no stencil before the lot has passed; the papers follow when goods and certificate are ready.",
        },
    ),
}


def closure(rules: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """All pairs that follow from `rules` by going from step to step."""
    found = set(rules)
    while True:
        more = {(first, last) for first, middle in found for other, last in found if middle == other} - found
        if not more:
            return found
        found |= more


def needed(rules: Iterable[tuple[int, int]], kept: Sequence[int]) -> list[tuple[int, int]]:
    """The rules among the steps that are kept, without those that follow from the others; steps left out pass theirs on."""
    inside = {(first, then) for first, then in closure(rules) if first in kept and then in kept}
    return sorted(
        (first, then) for first, then in inside if not any((first, middle) in inside and (middle, then) in inside for middle in kept)
    )


def _draw(rng: random.Random) -> Params | None:
    job = rng.choice(sorted(JOBS))
    always = JOBS[job].always
    free = [place for place in range(len(JOBS[job].steps)) if place not in always]
    kept = sorted([*always, *rng.sample(free, rng.randint(max(5, len(always)), 7) - len(always))])
    if any(step in kept and other not in kept for step, other in JOBS[job].needs):
        return None
    pairs = needed(JOBS[job].rules, kept)
    tied = {place for pair in pairs for place in pair}
    return {"job": job, "steps": kept} if len(pairs) >= len(kept) - 1 and tied == set(kept) else None


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    job = JOBS[p["job"]]
    order = needed(job.rules, p["steps"])
    rng_for("rules", p["job"], *p["steps"]).shuffle(order)  # the list of rules must not give the order away
    pairs = [(job.step(first, language), job.step(then, language)) for first, then in order]
    steps = tuple(job.step(place, language) for place in p["steps"])
    if language == "zh":
        rules = "\n".join(f"- “{first}”之后，才可“{then}”" for first, then in pairs)
        stem = f"{job.title['zh']}。各步骤须遵守以下先后规则：\n{rules}\n请把下列步骤排成一个遵守全部规则的顺序；符合规则的顺序都算对。"
    else:
        rules = "\n".join(f"- '{then}' only after '{first}'" for first, then in pairs)
        stem = f"{job.title['en']}. These rules hold for its steps:\n{rules}\nPut the steps below in an order that keeps all rules; any such order is right."
    return (Content(form="ordering", stem=stem, answer=steps, choices=steps, before=tuple(pairs), explanation=job.why[language]),)


GENERATORS = (
    Generator(
        id="GSP1",
        task="procedure",
        subarea=lambda p: JOBS[p["job"]].subarea,
        level="apply",
        foundation=lambda p: len(p["steps"]) == 5,
        draw=_draw,
        write=_write,
        source=Source(title="Rules written for this item, after usual practice in steel works", kind="made"),
        draws=6,
    ),
)
