"""Inspection findings of solder joints, to be put into a class of a printed scheme."""

import random
from collections.abc import Mapping

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

Words = Mapping[Language, str]

CLASSES: Mapping[str, Words] = {
    "bridge": {"zh": "桥连", "en": "Bridging"},
    "few": {"zh": "少锡", "en": "Insufficient solder"},
    "cold": {"zh": "冷焊", "en": "Cold joint"},
    "stone": {"zh": "立碑", "en": "Tombstoning"},
    "shift": {"zh": "偏移", "en": "Misalignment"},
    "wet": {"zh": "不润湿", "en": "Non-wetting"},
    "ball": {"zh": "锡珠", "en": "Solder ball"},
}
MEANING: Mapping[str, Words] = {
    "bridge": {"zh": "焊料把两个不应相连的焊点连在一起", "en": "solder joins two joints that should be apart"},
    "few": {"zh": "焊点润湿良好，但焊料量达不到要求", "en": "the joint is well wetted, but there is less solder than required"},
    "cold": {"zh": "焊料没有充分熔化，焊点灰暗、呈颗粒状", "en": "the solder did not melt fully; the joint is dull and grainy"},
    "stone": {"zh": "片式元件一端翘起离开焊盘，另一端焊住", "en": "a chip part stands up, one end off its pad, the other soldered"},
    "shift": {"zh": "元件整体移出焊盘位置，但各端仍与焊盘焊接", "en": "the part as a whole is off its place, yet all its ends are soldered"},
    "wet": {"zh": "焊料已熔化，但缩成一团，没有在引脚或焊盘上铺展", "en": "the solder melted but balled up and did not spread on lead or pad"},
    "ball": {"zh": "焊点以外的板面上有游离的焊料小球", "en": "small spheres of solder lie loose on the board away from the joints"},
}
# For each class: the places that it is found at, and what the inspector writes.
PLACES: Mapping[str, tuple[Words, ...]] = {
    "pins": ({"zh": "U{n}（0.5 mm 间距 QFP）", "en": "U{n} (0.5 mm pitch QFP)"}, {"zh": "J{n} 连接器", "en": "connector J{n}"}),
    "chips": ({"zh": "电阻 R{n}", "en": "resistor R{n}"}, {"zh": "电容 C{n}", "en": "capacitor C{n}"}),
}
FINDINGS: Mapping[str, tuple[str, tuple[Words, ...]]] = {
    "bridge": (
        "pins",
        (
            {"zh": "相邻两脚之间有一段光亮的锡，万用表测得两脚导通，原理图上它们属于不同网络。", "en": "A bright strip of solder runs between two neighbouring leads; the meter shows continuity, though they are different nets in the schematic."},
            {"zh": "三个引脚被一整块焊料包住，脚间看不到阻焊；烙铁拖焊后分开，测试恢复正常。", "en": "Three leads sit in one lump of solder with no mask visible between them; after drawing the iron along they came apart and the test passed."},
            {"zh": "两脚的焊料在跟部流到一起，电源网络与信号网络之间电阻为零。", "en": "The solder of two leads has run together at the heels; resistance between the supply net and the signal net is zero."},
        ),
    ),
    "few": (
        "pins",
        (
            {"zh": "引脚跟部圆角完整、边缘光滑铺开，但高度只到规定的一小部分；钢网对应开口有堵塞。", "en": "The fillet at the heel is smooth and spreads well, but it reaches only a small part of the required height; the stencil opening there was clogged."},
            {"zh": "焊料在引脚和焊盘上都铺展良好，只是体积明显偏小，焊膏检测记录该处体积为平均值的三分之一。", "en": "Solder has spread well on both lead and pad but its volume is plainly small; paste inspection recorded a third of the mean volume there."},
            {"zh": "焊点光亮、润湿角小，但填充太薄，拉力低于要求；印刷时该处漏印了大部分焊膏。", "en": "The joint is bright with a small wetting angle, but the fill is too thin and the pull force below requirement; most of the paste was missed in printing."},
        ),
    ),
    "cold": (
        "pins",
        (
            {"zh": "焊点表面灰暗粗糙，能看出一粒粒未熔合的焊粉；该处热电偶峰值比其他位置低很多。", "en": "The surface is dull and rough, and single grains of powder that never fused can be seen; the thermocouple there peaked far lower than elsewhere."},
            {"zh": "整排焊点发乌、呈颗粒状，轻推即裂；炉温记录显示液相以上时间过短。", "en": "The whole row of joints is dark and grainy and cracks at a light push; the oven record shows too little time above liquidus."},
            {"zh": "焊膏的颗粒仍清晰可见，只是粘在一起，没有形成光滑的焊料面；旁边有大块散热铜皮。", "en": "Grains of the paste are still plain to see, merely stuck together without a smooth surface; a large copper area lies beside it."},
        ),
    ),
    "stone": (
        "chips",
        (
            {"zh": "元件一端竖起约六十度，下方焊盘的锡已熔化但未接触端头；另一端牢固焊住。", "en": "One end of the part rises at about sixty degrees; the solder on the pad below has melted without touching it, the other end is firmly soldered."},
            {"zh": "侧视可见元件像门板一样翘立，仅右端与焊盘相连，电路开路。", "en": "Seen from the side, the part stands up like an open hatch, connected at its right end only; the circuit is open."},
            {"zh": "回流后该件直立，一个端头悬空；两焊盘大小不一，受热不均。", "en": "After reflow the part is upright with one termination in the air; its two pads differ in size and heated unevenly."},
        ),
    ),
    "shift": (
        "chips",
        (
            {"zh": "元件向一侧移出焊盘近一半，两端仍有焊料圆角，电气测试通过。", "en": "The part lies almost half off its pads to one side, yet both ends have fillets and the electrical test passes."},
            {"zh": "元件相对焊盘旋转了约二十度，平贴板面，两个端头都已焊上。", "en": "The part is turned by about twenty degrees against its pads, flat on the board, with both terminations soldered."},
            {"zh": "元件整体向左平移，露出右侧焊盘，端头与焊盘仍部分重叠并焊住；贴装坐标有误。", "en": "The part as a whole has moved to the left and bares the right pad; terminations still overlap in part and are soldered; the placement coordinates were wrong."},
        ),
    ),
    "wet": (
        "pins",
        (
            {"zh": "焊料光亮，但在焊盘上堆成圆滑的一团，引脚表面发黑、没有沾上一点锡；引脚镀层已氧化。", "en": "The solder is bright but sits as a rounded mound on the pad; the lead is dark and has taken none of it; its plating is oxidised."},
            {"zh": "焊料完全熔化，却没有在焊盘上铺展，与焊盘成很大的接触角，用针一拨就从焊盘上掉下。", "en": "The solder melted completely, but it never spread on the pad, meets it at a large contact angle and comes off at the touch of a needle."},
            {"zh": "引脚插在熔过的锡里，周围有一圈缝隙，锡面圆亮而不爬上引脚；存放过期的元件。", "en": "The lead sits in solder that has melted, with a gap all round; the surface is round and bright and does not climb the lead; the parts were stored too long."},
        ),
    ),
    "ball": (
        "chips",
        (
            {"zh": "元件侧边的阻焊上散落着几颗直径约 0.2 mm 的焊料小球，两端焊点本身正常。", "en": "A few spheres of solder about 0.2 mm across are scattered on the mask beside the part; its two joints themselves are in order."},
            {"zh": "元件腰部旁粘着一颗可以拨动的圆形焊料，不与任何焊盘相连；预热升温过快。", "en": "A round bit of solder that can be moved sticks beside the middle of the part, connected to no pad; preheating was too fast."},
            {"zh": "清洗时从该处板面落下数粒圆形焊料，焊点外观和电气测试均合格。", "en": "Several round grains of solder fell from the board surface there during cleaning; joints and electrical test are both in order."},
        ),
    ),
}
EARLIER: Words = {
    "zh": "同一位置上一批曾记为“{name}”，已处理；本次为新发现。",
    "en": 'The previous lot had "{name}" at the same place, which was dealt with; this is a new finding.',
}


def _draw(rng: random.Random) -> Params | None:
    right = rng.choice(list(CLASSES))
    others = rng.sample([key for key in CLASSES if key != right], 3)
    if FINDINGS[right][0] == "pins" and others[0] == "stone":
        return None  # only chip parts stand up
    return {
        "class": right,
        "finding": rng.randrange(3),
        "place": rng.randrange(2),
        "number": rng.randint(3, 96),
        "board": rng.randint(1002, 9870),
        "others": others,  # the first of them is the earlier finding that the text mentions
    }


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    kind, findings = FINDINGS[p["class"]]
    zh = language == "zh"
    place = PLACES[kind][p["place"]][language].format(n=p["number"])
    finding = findings[p["finding"]][language]
    earlier = EARLIER[language].format(name=CLASSES[p["others"][0]][language])
    scheme = "\n".join(f"- {name[language]}{'：' if zh else ': '}{MEANING[key][language]}" for key, name in CLASSES.items())
    gold = CLASSES[p["class"]][language]
    wrong = {
        CLASSES[key][language]: "earlier finding taken for the present one" if key == p["others"][0] else "definition of the class not held against the finding"
        for key in p["others"]
    }
    if zh:
        context = f"焊接缺陷分类：\n{scheme}\n\n检验记录：{p['board']} 号板，{place}。{finding}{earlier}"
        stem = "按上面的分类，本次发现属于哪一类？"
        explanation = f"所述现象符合“{gold}”的定义：{MEANING[p['class']][language]}；上一批的记录与本次无关。"
    else:
        context = f"Classes of soldering defects:\n{scheme}\n\nInspection record: board {p['board']}, {place}. {finding} {earlier}"
        stem = "To which class of the scheme does the present finding belong?"
        explanation = f"What is described fits the definition of {gold}: {MEANING[p['class']][language]}. The previous lot has no bearing on it."
    return (
        Content(form="choice", stem=stem, context=context, answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=explanation),
    )


GEL1 = Generator(
    id="GEL1",
    task="classification",
    subarea="assembly",
    level="apply",
    foundation=lambda p: p["class"] in ("bridge", "stone", "ball", "shift"),
    draw=_draw,
    write=_write,
    source=Source(title="Classes and records invented for this item", kind="made"),
    draws=6,
)

GENERATORS = (GEL1,)
