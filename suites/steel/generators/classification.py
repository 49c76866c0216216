"""Defects and incidents put into the classes of a printed scheme, each class defined in one line."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A class of surface defects: name, definition, its sign in short, and notes of inspectors that describe it without its name.

    The notes have a length `a`, a width or depth `b` and a piece number `n` to fill in.
    """

    name: Mapping[Language, str]
    meaning: Mapping[Language, str]
    sign: str
    notes: tuple[tuple[str, str], ...]


def _defect(names: tuple[str, str], meanings: tuple[str, str], sign: str, *notes: tuple[str, str]) -> Defect:
    return Defect(name={"zh": names[0], "en": names[1]}, meaning={"zh": meanings[0], "en": meanings[1]}, sign=sign, notes=notes)


DEFECTS: Mapping[str, Defect] = {
    "scratch": _defect(
        ("划伤", "Scratch"),
        ("表面被硬物刮出的沟，沟底可见金属光泽", "groove scraped by something hard, metal bright at its bottom"),
        "groove of a hard object",
        (
            "{n} 号板下表面有一道平行于轧向的直沟，长 {a} mm，深 {b} mm，沟底发亮，位置与冷床一根翘起的铁棒对应。",
            "Plate {n}, lower surface: a straight line along the rolling direction, {a} mm long and {b} mm deep, shining at the bottom; it lies where a bar of the cooling bed stands up.",
        ),
        (
            "{n} 号卷内圈露出几条细长的亮线，最长 {a} mm，深 {b} mm，手摸有沟，像是被卡在导板上的铁屑拉出来的。",
            "Coil {n}, inner laps: several thin bright lines, the longest {a} mm, {b} mm deep; they can be felt as furrows, as if a chip caught in the guide had dragged along.",
        ),
        (
            "{n} 号板翻面后见一道 {a} mm 长的新沟，深 {b} mm，沟内露出光亮的金属，查为吊运时钢板在垫铁棱角上拖过。",
            "Plate {n}, lower surface seen after turning: a fresh furrow {a} mm long and {b} mm deep with bright metal in it; the plate had been dragged over the corner of a support when it was lifted.",
        ),
    ),
    "roll_mark": _defect(
        ("辊印", "Roll mark"),
        ("形状相同的凹坑或凸起，沿轧向等距重复", "hollows or bumps of one shape, repeated at equal distances along the rolling direction"),
        "repetition at equal distances",
        (
            "{n} 号卷上表面同一形状的小凹坑每隔 {a} mm 出现一次，深 {b} mm，一直到卷尾。",
            "Coil {n}, upper surface: a small hollow of the same shape appears every {a} mm, {b} mm deep, right to the tail.",
        ),
        (
            "{n} 号板面上有一个月牙形凸起，高 {b} mm，沿长度方向以 {a} mm 的间隔反复出现，横向位置不变。",
            "Plate {n}: a crescent-shaped bump {b} mm high comes back every {a} mm along the length, always at the same place across the width.",
        ),
        (
            "{n} 号卷开卷检查：距传动侧边部同一距离处有米粒大的压痕，深 {b} mm，每隔 {a} mm 一个，换工作辊后消失。",
            "Coil {n}, uncoiled: at the same distance from the drive side there is a dent the size of a grain of rice, {b} mm deep, one every {a} mm; after the change of the work rolls it was gone.",
        ),
    ),
    "scale": _defect(
        ("氧化铁皮压入", "Rolled-in scale"),
        ("氧化物被压进表面，呈灰黑或红褐色，酸洗后留下麻坑", "oxide pressed into the surface, grey-black or reddish, leaving pits after pickling"),
        "oxide pressed into the surface",
        (
            "{n} 号卷带钢表面散布灰黑色鱼鳞状斑块，最大 {a} mm，酸洗后黑斑脱落，剩下深 {b} mm 的麻坑。",
            "Coil {n}: grey-black flecks like fish scales are scattered over the strip, the largest {a} mm; after pickling they are gone and pits {b} mm deep remain.",
        ),
        (
            "除鳞水嘴堵塞的那段时间轧出的 {n} 号板，有红褐色条带，长 {a} mm，用砂纸打磨见嵌着氧化物，深 {b} mm。",
            "Plate {n}, rolled while a descaling nozzle was clogged, has reddish streaks {a} mm long; grinding shows oxide embedded to a depth of {b} mm.",
        ),
        (
            "{n} 号板在炉时间过长，除鳞未净，板面有黑褐色斑块，最长 {a} mm，抛丸后斑块处成为深 {b} mm 的坑，坑底嵌着氧化物。",
            "Plate {n} stayed too long in the furnace and was not descaled well: dark brown patches up to {a} mm long; after shot blasting they are pits {b} mm deep, with oxide embedded at the bottom.",
        ),
    ),
    "edge_crack": _defect(
        ("边裂", "Edge crack"),
        ("板带边缘的裂口，从侧边向内延伸", "tears at the edge that run inwards from the side"),
        "tear that starts at the side",
        (
            "{n} 号带钢冷轧后两侧呈锯齿状开口，从侧面向里最深 {b} mm，连续分布在 {a} mm 长的范围内。",
            "Strip {n}, after cold rolling: both sides are serrated with open tears, up to {b} mm deep from the side inwards, one after another over {a} mm of length.",
        ),
        (
            "{n} 号板角部温度偏低，轧后一侧出现垂直于轧向的开口，由侧面向中间伸进 {b} mm，共分布 {a} mm 长。",
            "Plate {n} had cold corners; one side now shows openings across the rolling direction that reach {b} mm from the side towards the middle, over a length of {a} mm.",
        ),
        (
            "{n} 号卷切边前操作侧有连续的豁口，由侧面向里伸进 {b} mm，分布在头部 {a} mm 长的一段上，对应板坯边部的横裂。",
            "Coil {n}, before trimming: open tears on the operator side reach {b} mm from the side inwards, over {a} mm at the head; the edge of the slab had cross cracks there.",
        ),
    ),
    "lamination": _defect(
        ("分层", "Lamination"),
        ("断面上与板面平行的分离，把厚度分成两层以上", "separation parallel to the surface, seen on the section, that splits the thickness into layers"),
        "separation within the thickness",
        (
            "{n} 号板剪切后，断面中部有一条平行于板面的缝，长 {a} mm，张口 {b} mm，像两张板叠在一起；板面看不出异常。",
            "Plate {n}, after shearing: half-way through the section runs a gap parallel to the surface, {a} mm long and {b} mm open, as if two plates lay on each other; the surface looks normal.",
        ),
        (
            "超声波探伤在 {n} 号板厚度中心发现大片反射，长 {a} mm，剖开后见缝隙 {b} mm，缝内有夹杂物，上下表面完好。",
            "Ultrasonic testing found a broad reflection at mid-thickness of plate {n}, {a} mm long; cut open, it shows a gap of {b} mm with inclusions inside, while both surfaces are sound.",
        ),
        (
            "{n} 号板火焰切割时割口中途熄火，查看断面中部有一道与板面平行的缝，长 {a} mm，宽 {b} mm，钢板像被劈成两层。",
            "Plate {n}: the flame went out in the middle of a cut; half-way through the section there is a gap parallel to the surface, {a} mm long and {b} mm wide, as if the plate were split in two.",
        ),
    ),
    "lap": _defect(
        ("折叠", "Lap"),
        ("金属翻倒后压在表面上，一侧仍与基体相连，沿轧向呈线状", "metal folded over and rolled down, still joined to the body on one side, a line along the rolling direction"),
        "metal folded over and rolled down",
        (
            "{n} 号棒材上一道轧制耳子被下一道压倒贴在表面，沿全长成一条线，可撬起宽 {b} mm 的薄边，另一侧与本体连着；抽查段长 {a} mm。",
            "Bar {n}: a fin of one pass was pressed down by the next and lies on the surface as a line along its whole length; a thin border {b} mm wide can be lifted, the other side is joined to the body. Length checked: {a} mm.",
        ),
        (
            "{n} 号型钢腿部有一条沿轧向的线，长 {a} mm，横断面看是一层金属翻过来盖住本体，斜插入 {b} mm，缝内有氧化物。",
            "Section {n}, flange: a line along the rolling direction, {a} mm long; on the cross-section one layer of metal has turned over onto the body, and a slanting seam {b} mm deep holds oxide.",
        ),
        (
            "{n} 号线材盘条表面有一条沿轧向的细线，取 {a} mm 长的试样酸浸，见前一道次的飞边被压倒贴在表面，搭接 {b} mm，另一侧连着基体。",
            "Wire rod {n} has a fine line along the rolling direction; etched over {a} mm, it shows a fin of the pass before that was pressed down onto the surface, overlapping by {b} mm and joined to the body on the other side.",
        ),
    ),
}
INCIDENT_NAMES: Mapping[Language, tuple[str, ...]] = {"zh": ("一级", "二级", "三级", "四级"), "en": ("Grade I", "Grade II", "Grade III", "Grade IV")}
INCIDENT_SCHEME: Mapping[Language, str] = {
    "zh": "厂内设备与安全事件分级（由重到轻，满足任一条件即归入该级，取满足条件的最重一级；有人死亡的事故不在本分级之内，另按事故处理）：\n- 一级：重伤 1 人及以上，或停产 {h1} h 及以上，或直接损失 {m1} 元及以上\n- 二级：轻伤 3 人及以上，或停产 {h2} h 及以上，或直接损失 {m2} 元及以上\n- 三级：轻伤 1 人及以上，或停产 {h3} h 及以上，或直接损失 {m3} 元及以上\n- 四级：以上条件都不满足\n\n事件：{place}。重伤 {severe} 人，轻伤 {slight} 人，停产 {hours} h，直接损失 {loss} 元。",
    "en": "Grades of plant and safety events (from the most to the least serious; one condition is enough, and the most serious grade whose condition is met applies; fatal accidents are outside these grades and are dealt with apart):\n- Grade I: at least 1 person seriously injured, or a stop of {h1} h or more, or a direct loss of CNY {m1} or more\n- Grade II: at least 3 people slightly injured, or a stop of {h2} h or more, or a direct loss of CNY {m2} or more\n- Grade III: at least 1 person slightly injured, or a stop of {h3} h or more, or a direct loss of CNY {m3} or more\n- Grade IV: none of these conditions is met\n\nEvent: {place}. Seriously injured {severe}, slightly injured {slight}, stop {hours} h, direct loss CNY {loss}.",
}
EVENTS: tuple[tuple[str, str, int, int], ...] = (  # zh, en, and what it costs at least: hours of stop, units of 10,000 CNY
    ("转炉氧枪漏水", "a converter's oxygen lance leaked water", 1, 1),
    ("热轧主传动电机烧损", "the main drive motor of the hot mill burnt out", 8, 50),
    ("连铸机漏钢", "a strand broke out at the caster", 4, 20),
    ("吊运钢卷坠落", "a coil fell while it was lifted", 0, 1),
    ("焦炉煤气管道着火", "a coke oven gas pipe caught fire", 2, 5),
    ("板坯加热炉出钢机卡住", "the extractor of a slab reheating furnace jammed", 1, 1),
)
# Depth, width or gap of the notes of a class: whole numbers from and to, their decimals.
DEPTHS: Mapping[str, tuple[int, int, int]] = {
    "scratch": (1, 4, 1),
    "roll_mark": (4, 14, 2),
    "scale": (1, 4, 1),
    "edge_crack": (4, 14, 0),
    "lamination": (2, 9, 1),
    "lap": (2, 9, 1),
}
LENGTHS: Mapping[str, tuple[int, int]] = {"roll_mark": (1510, 2390), "scale": (21, 88)}  # mm; 31 to 240 for the others


def _draw_defect(rng: random.Random) -> dict[str, Any]:
    kind = rng.choice(sorted(DEFECTS))
    others = sorted(rng.sample([name for name in sorted(DEFECTS) if name != kind], 3))
    least, most, decimals = DEPTHS[kind]
    return {
        "scheme": "defect",
        "kind": kind,
        "note": rng.randrange(len(DEFECTS[kind].notes)),
        "others": others,
        "n": rng.randint(11, 98),
        "a": rng.randint(*LENGTHS.get(kind, (31, 240))),
        "b": f"{rng.randint(least, most) / 10**decimals:.{decimals}f}",
    }


def _write_defect(p: Params, language: Language) -> tuple[Content, ...]:
    defect = DEFECTS[p["kind"]]
    zh = language == "zh"
    scheme = "\n".join(f"- {each.name[language]}{'：' if zh else ': '}{each.meaning[language]}" for each in DEFECTS.values())
    note = defect.notes[p["note"]][0 if zh else 1].format(n=p["n"], a=p["a"], b=p["b"])
    head, told = ("表面缺陷分类：", "检查记录：") if zh else ("Classes of surface defects:", "Inspector's note: ")
    answer = defect.name[language]
    wrong = {DEFECTS[name].name[language]: f"{DEFECTS[name].sign} seen where there is none" for name in p["others"]}
    return (
        Content(
            form="choice",
            context=f"{head}\n{scheme}\n\n{told}{note}",
            stem="按所给分类，记录中的缺陷属于哪一类？" if zh else "By the classes given, which class does the defect in the note belong to?",
            answer=answer,
            choices=(answer, *wrong),
            mistakes=wrong,
            explanation=f"记录符合“{answer}”的定义：{defect.meaning['zh']}。" if zh else f"The note meets the definition of '{answer}': {defect.meaning['en']}.",
        ),
    )


def grade_of(p: Params) -> int:
    """Grade of an event by the printed scheme, 0 the gravest and 3 the slightest."""
    hurt = (p["severe"] >= 1, p["slight"] >= 3, p["slight"] >= 1)
    for grade in range(3):
        if hurt[grade] or p["hours"] >= p["stops"][grade] or p["loss"] >= p["losses"][grade]:
            return grade
    return 3


def _draw_incident(rng: random.Random) -> dict[str, Any] | None:
    wanted = rng.randrange(4)
    place = rng.randrange(len(EVENTS))
    _, _, shortest, cheapest = EVENTS[place]
    stops = [rng.choice((24, 36, 48)), rng.choice((8, 12, 16)), rng.choice((2, 3, 4))]
    losses = [rng.choice((200, 300, 500)), rng.choice((50, 80, 100)), rng.choice((10, 15, 20))]
    p: dict[str, Any] = {
        "scheme": "incident",
        "place": place,
        "stops": stops,
        "losses": losses,
        "severe": 1 if wanted == 0 and rng.random() < 0.3 else 0,
        "slight": rng.choice(((0, 2, 4), (0, 1, 3, 4), (0, 1, 2), (0,))[wanted]),
        "hours": rng.randint(1, stops[wanted] + 6) if wanted < 3 else rng.randint(0, 1),
        "loss": rng.randint(3, losses[wanted] + 30) if wanted < 3 else rng.randint(1, losses[2] - 1),
    }
    edges = [(p["hours"], limit) for limit in stops] + [(p["loss"], limit) for limit in losses]
    near = any(value == limit for value, limit in edges)
    real = p["hours"] >= shortest and p["loss"] >= cheapest
    return p if grade_of(p) == wanted and real and not near else None


def _yuan(units: int) -> str:
    """So many units of 10,000 CNY in full, as both languages print it."""
    return f"{10000 * units:,}"


def _write_incident(p: Params, language: Language) -> tuple[Content, ...]:
    names, grade = INCIDENT_NAMES[language], grade_of(p)
    hours = {f"h{place + 1}": limit for place, limit in enumerate(p["stops"])}
    losses = {f"m{place + 1}": _yuan(limit) for place, limit in enumerate(p["losses"])}
    shown = {**hours, **losses, **{key: p[key] for key in ("severe", "slight", "hours")}, "loss": _yuan(p["loss"])}
    context = INCIDENT_SCHEME[language].format(place=EVENTS[p["place"]][0 if language == "zh" else 1], **shown)
    wrong = {
        name: "graver condition overlooked" if place > grade else "graver grade taken though none of its conditions is met"
        for place, name in enumerate(names)
        if place != grade
    }
    if language == "zh":
        stem = "按所给分级，该事件属于哪一级？"
        explanation = f"由重到轻逐级核对，首先满足条件的是{names[grade]}。" if grade < 3 else "前三级的条件都不满足，归入四级。"
    else:
        stem = "By the grades given, which grade does this event belong to?"
        explanation = f"Checked from the most serious down, {names[grade]} is the first grade whose condition is met." if grade < 3 else "No condition of the first three grades is met, so it is Grade IV."
    return (Content(form="choice", context=context, stem=stem, answer=names[grade], choices=names, mistakes=wrong, explanation=explanation),)


_DRAWS: tuple[Callable[[random.Random], Params | None], ...] = (_draw_defect, _draw_defect, _draw_incident)

GENERATORS = (
    Generator(
        id="GSL1",
        task="classification",
        subarea=lambda p: "surface_defects" if p["scheme"] == "defect" else "safety",
        level="judge",
        foundation=lambda p: p["scheme"] == "defect",
        draw=lambda rng: rng.choice(_DRAWS)(rng),
        write=lambda p, language: _write_defect(p, language) if p["scheme"] == "defect" else _write_incident(p, language),
        source=Source(title="Scheme and notes written for this item", kind="made"),
        draws=6,
        distinct=lambda p: p["kind"] if p["scheme"] == "defect" else p,  # a build asks each class of defects once, whatever the figures
    ),
)
