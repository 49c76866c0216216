"""Steps to be put in order under a printed list of constraints: transfusion, sampling, protective clothing, consent, and more.

A draw takes some of a procedure's steps. Constraints between them are those of the whole procedure, those that go through a
step left out included, and those that follow from others are not repeated. Every order that keeps them all is right.
"""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

Pair = tuple[str, str]
_MOST_ORDERS = 16  # right orders a drawn list may leave: more, and guessing pays


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """Steps in one right order (key > zh, en), and pairs of which the first must come before the second.

    `needs`: pairs of which the first step is not shown without the second, so that a list neither leaves out what keeps the
    patient safe nor undoes what nobody did.
    """

    subarea: str
    title: Mapping[Language, str]
    steps: Mapping[str, tuple[str, str]]
    before: tuple[Pair, ...]
    needs: tuple[Pair, ...]


PROCEDURES: Mapping[str, Procedure] = {
    "transfusion": Procedure(
        subarea="surgery_icu_nursing",
        title={"zh": "病房为一名患者输注红细胞", "en": "Red cells are transfused on a ward"},
        steps={
            "consent": ("确认输血同意书已签署", "Make sure that consent to transfusion is signed"),
            "baseline": ("测量并记录输血前生命体征", "Measure and record vital signs before transfusion"),
            "collect": ("到血库领取血袋", "Collect the unit from the blood bank"),
            "check": ("两人在床旁核对血袋与腕带", "Have two people check the unit against the wristband at the bedside"),
            "start": ("开始缓慢输注", "Start the transfusion slowly"),
            "watch": ("守在床旁观察最初 15 分钟", "Stay at the bedside for the first 15 minutes"),
            "rate": ("按医嘱调快滴速", "Raise the rate as ordered"),
            "end": ("记录输注结束时间", "Record when the transfusion ended"),
            "bag": ("将空血袋送回血库", "Return the empty bag to the blood bank"),
        },
        before=(
            ("consent", "baseline"),
            ("baseline", "collect"),  # no unit is fetched for a patient who has a fever
            ("collect", "check"),
            ("check", "start"),
            ("start", "watch"),
            ("watch", "rate"),
            ("rate", "end"),
            ("rate", "bag"),
        ),
        needs=(("start", "check"), ("check", "collect"), ("watch", "start"), ("rate", "watch"), ("end", "start"), ("bag", "start")),
    ),
    "sampling": Procedure(
        subarea="laboratory",
        title={"zh": "护士为一名住院患者静脉采血", "en": "A nurse takes venous blood from an inpatient"},
        steps={
            "identify": ("核对腕带与检验申请", "Compare wristband and request form"),
            "tourniquet": ("扎止血带", "Put on the tourniquet"),
            "disinfect": ("消毒穿刺部位并待干", "Disinfect the site and let it dry"),
            "puncture": ("穿刺静脉并采血", "Puncture the vein and draw the blood"),
            "release": ("松开止血带", "Release the tourniquet"),
            "withdraw": ("拔出采血针", "Withdraw the needle"),
            "press": ("按压穿刺点", "Press on the puncture site"),
            "label": ("在床旁贴好标签", "Label the tubes at the bedside"),
            "send": ("将标本送检", "Send the tubes to the laboratory"),
        },
        before=(
            ("identify", "tourniquet"),
            ("identify", "disinfect"),
            ("tourniquet", "puncture"),
            ("disinfect", "puncture"),
            ("puncture", "release"),
            ("release", "withdraw"),
            ("withdraw", "press"),
            ("withdraw", "label"),
            ("label", "send"),
        ),
        needs=(("puncture", "identify"), ("puncture", "disinfect"), ("tourniquet", "release"), ("release", "tourniquet"), ("withdraw", "puncture"), ("press", "withdraw"), ("send", "label")),
    ),
    "clothing": Procedure(
        subarea="public_health",
        title={"zh": "医护人员离开隔离病室时脱卸防护用品（按某院规定）", "en": "Protective clothing is taken off on leaving an isolation room (rules of one hospital)"},
        steps={
            "gloves": ("脱手套", "Take off the gloves"),
            "first_wash": ("第一次手消毒", "Disinfect the hands for the first time"),
            "gown": ("脱隔离衣并投入医疗废物桶", "Take off the gown and put it in the clinical waste"),
            "leave": ("走出病室进入缓冲间", "Leave the room for the anteroom"),
            "door": ("关闭病室门", "Close the door of the room"),
            "goggles": ("摘护目镜", "Take off the goggles"),
            "mask": ("摘医用防护口罩", "Take off the respirator"),
            "last_wash": ("最后洗手", "Wash the hands at the end"),
        },
        before=(
            ("gloves", "first_wash"),
            ("first_wash", "gown"),
            ("gown", "leave"),
            ("leave", "door"),
            ("leave", "goggles"),
            ("door", "mask"),
            ("goggles", "mask"),
            ("mask", "last_wash"),
        ),
        needs=(("gloves", "first_wash"), ("gown", "gloves"), ("mask", "last_wash")),
    ),
    "consent": Procedure(
        subarea="ethics_law",
        title={"zh": "一项药物试验按其方案筛选并入组受试者", "en": "A drug trial screens and enters a participant by its protocol"},
        steps={
            "approval": ("取得伦理委员会批准", "Obtain the approval of the ethics committee"),
            "sheet": ("交给受试者知情同意书文本", "Give the person the written information"),
            "explain": ("口头说明风险与获益", "Explain risks and benefits in person"),
            "questions": ("解答受试者的提问", "Answer the person's questions"),
            "sign": ("受试者签署知情同意书", "Have the person sign the consent form"),
            "copy": ("将签署件的副本交给受试者", "Hand over a copy of the signed form"),
            "screen": ("为筛选抽血检查", "Draw blood for the screening tests"),
            "random": ("随机分组", "Assign a group at random"),
            "dose": ("首次给药", "Give the first dose"),
        },
        before=(
            ("approval", "sheet"),
            ("approval", "explain"),
            ("sheet", "questions"),
            ("explain", "questions"),
            ("questions", "sign"),
            ("sign", "copy"),
            ("sign", "screen"),
            ("screen", "random"),
            ("copy", "random"),
            ("random", "dose"),
        ),
        needs=(("sign", "explain"), ("copy", "sign"), ("screen", "sign"), ("random", "screen"), ("dose", "random")),
    ),
    "decoction": Procedure(
        subarea="tcm",
        title={"zh": "按一张医嘱煎煮含先煎、后下药的汤剂", "en": "A decoction with herbs to be boiled first and herbs to be added late is prepared as ordered"},
        steps={
            "check": ("核对处方与饮片", "Check the herbs against the prescription"),
            "soak": ("将一般饮片加水浸泡", "Soak the ordinary herbs in water"),
            "first": ("先煎矿石类药", "Boil the minerals first"),
            "main": ("加入已浸泡的一般饮片同煎", "Add the soaked ordinary herbs and boil on"),
            "late": ("加入后下药", "Add the herbs that go in late"),
            "strain": ("滤出头煎药液", "Strain off the first decoction"),
            "second": ("加水煎第二遍并滤出", "Boil a second time with fresh water and strain"),
            "mix": ("合并两次药液", "Mix both decoctions"),
            "divide": ("分装并贴上标签", "Divide into portions and label them"),
        },
        before=(
            ("check", "soak"),
            ("check", "first"),
            ("soak", "main"),
            ("first", "main"),
            ("main", "late"),
            ("late", "strain"),
            ("strain", "second"),
            ("second", "mix"),
            ("mix", "divide"),
        ),
        needs=(("main", "soak"), ("soak", "main"), ("first", "main"), ("late", "main"), ("second", "strain"), ("mix", "second")),
    ),
    "vaccination": Procedure(
        subarea="paediatrics_obstetrics",
        title={"zh": "接种门诊为一名婴儿接种疫苗", "en": "An infant is vaccinated at a clinic"},
        steps={
            "card": ("查验接种证并确认应种疫苗", "Look at the vaccination card and see what is due"),
            "health": ("询问健康状况与禁忌证", "Ask about health and contraindications"),
            "inform": ("告知监护人并取得同意", "Inform the guardian and obtain consent"),
            "vial": ("核对疫苗品名与有效期", "Check name and expiry date of the vaccine"),
            "draw_up": ("抽取疫苗", "Draw up the vaccine"),
            "inject": ("接种", "Give the injection"),
            "record": ("登记接种信息", "Enter the vaccination in the record"),
            "observe": ("留观 30 分钟", "Observe for 30 minutes"),
            "home": ("告知回家后注意事项并放行", "Give advice for home and let the family go"),
        },
        before=(
            ("card", "health"),
            ("card", "vial"),
            ("health", "inform"),
            ("inform", "draw_up"),
            ("vial", "draw_up"),
            ("draw_up", "inject"),
            ("inject", "record"),
            ("inject", "observe"),
            ("record", "home"),
            ("observe", "home"),
        ),
        needs=(("inject", "health"), ("inject", "vial"), ("inject", "draw_up"), ("draw_up", "vial"), ("record", "inject"), ("observe", "inject"), ("home", "observe")),
    ),
}


def _closure(pairs: Sequence[Pair]) -> set[Pair]:
    """All pairs that follow from `pairs`."""
    found = set(pairs)
    while True:
        more = {(first, last) for (first, middle), (again, last) in itertools.product(found, found) if middle == again} - found
        if not more:
            return found
        found |= more


def _between(procedure: Procedure, steps: Sequence[str]) -> list[Pair]:
    """The constraints among `steps` alone, without those that follow from others; in the order of the steps."""
    kept = {pair for pair in _closure(procedure.before) if set(pair) <= set(steps)}
    needed = {(first, last) for first, last in kept if not any((first, middle) in kept and (middle, last) in kept for middle in steps)}
    return sorted(needed, key=lambda pair: (steps.index(pair[0]), steps.index(pair[1])))


def right_orders(steps: Sequence[str], pairs: Sequence[Pair]) -> int:
    """How many orders of `steps` keep all `pairs`."""
    return sum(all(order.index(first) < order.index(last) for first, last in pairs) for order in itertools.permutations(steps))


def _draw(rng: random.Random) -> Params | None:
    """A procedure, each as often as another, with steps of it that may stand together."""
    name = rng.choice(sorted(PROCEDURES))
    return next((found for found in (_selection(name, rng) for _ in range(80)) if found), None)


def _selection(name: str, rng: random.Random) -> Params | None:
    procedure = PROCEDURES[name]
    chosen = rng.sample(list(procedure.steps), rng.choice((5, 6, 6, 7)))
    steps = [key for key in procedure.steps if key in chosen]
    pairs = _between(procedure, steps)
    if any(step in steps and other not in steps for step, other in procedure.needs):
        return None
    joined = {key for pair in pairs for key in pair}
    if joined != set(steps) or right_orders(steps, pairs) > _MOST_ORDERS:
        return None
    rng.shuffle(pairs)
    return {"procedure": name, "steps": steps, "pairs": [list(pair) for pair in pairs]}


_STEM: Mapping[Language, tuple[str, str, str]] = {
    "zh": ("{title}。请把下列步骤排成从先到后的顺序，须同时满足：", "- “{last}”须在“{first}”之后", "满足全部条件的任何一种顺序都算对。"),
    "en": ("{title}. Put the steps in order, from first to last, so that all of this holds:", "- “{last}” only after “{first}”", "Any order that keeps all of these is right."),
}


def _write(p: Params, language: Language) -> Sequence[Content]:
    procedure = PROCEDURES[p["procedure"]]
    texts = {key: pair[language == "en"] for key, pair in procedure.steps.items()}
    pairs = tuple((texts[first], texts[last]) for first, last in p["pairs"])
    opening, line, closing = _STEM[language]
    lines = [line.format(first=first, last=last) for first, last in pairs]
    answer = tuple(texts[key] for key in p["steps"])
    told = {"zh": "一种可行的顺序：" + "→".join(answer) + "。", "en": "One order that will do: " + " → ".join(answer) + "."}
    return (
        Content(
            form="ordering",
            stem="\n".join([opening.format(title=procedure.title[language]), *lines, closing]),
            answer=answer,
            choices=answer,
            before=pairs,
            explanation=told[language],
        ),
    )


GENERATORS = (
    Generator(
        id="GHP1",
        task="procedure",
        subarea=lambda p: PROCEDURES[p["procedure"]].subarea,
        level="apply",
        draw=_draw,
        write=_write,
        source=Source(title="Usual order of steps in wards, laboratories and clinics; the constraints that count are printed in the item", kind="practice"),
        draws=6,
        foundation=lambda p: len(p["steps"]) == 5,
    ),
)
