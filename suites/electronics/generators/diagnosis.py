"""Diagnosis in electronics by printed rules: a dead supply rail found from its voltages, a bus fault found from its levels."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params

Words = Mapping[Language, str]
INVENTED = Source(title="Rules and data invented for this item", kind="made")

# A dead rail ---------------------------------------------------------------------------------------------------------

CAUSES: Mapping[str, Words] = {
    "enable": {"zh": "{name}稳压器没有被使能", "en": "the {name} regulator is not enabled"},
    "short": {"zh": "{name}输出对地短路", "en": "the {name} output is shorted to ground"},
    "broken": {"zh": "{name}稳压器本身损坏", "en": "the {name} regulator is defective"},
    "feed": {"zh": "{name}稳压器的输入没有接通", "en": "the input of the {name} regulator is open"},
}
RAILS = (5.0, 3.3, 2.5, 1.8, 1.2)  # each regulator is fed from the rail before it, the first one from the 12 V input
RAIL_RULES: Words = {
    "zh": (
        "判断规则：各路稳压器依次串接，第一路由 12 V 电源端子供电（端子即其前一级），其余由前一路的输出供电；使能信号来自直接接在端子上的监控芯片，与各路输出无关；使能脚高于 2.0 V 为使能，低于 0.5 V 为未使能；断电测得输出对地电阻低于 5 Ω 为短路。\n"
        "从输入端往后找第一路输出为零的稳压器：若对地短路，原因是短路；否则若前一级输出正常而其输入为零，原因是输入没有接通；"
        "否则若未使能，原因是未使能；否则稳压器本身损坏。它后面各路为零是后果，不是原因。"
    ),
    "en": (
        "Rules: the regulators stand in series; the first is fed from the 12 V terminal, which counts as the stage before it, each of the others from the output of the one before. The enables come from a supervisor chip at the terminal and depend on no output. An enable pin above 2.0 V is enabled, below 0.5 V not enabled; a resistance from output to ground (power off) under 5 Ω is a short.\n"
        "From the input on, look for the first regulator whose output is zero. If its output is shorted, the short is the cause; else, if the stage before is in order and yet its own input is zero, the input is open; "
        "else, if it is not enabled, that is the cause; else the regulator is defective. Zero outputs behind it are consequences, not causes."
    ),
}


def _draw_rails(rng: random.Random) -> Params:
    cause, place = rng.choice(list(CAUSES)), rng.randint(0, 2)
    rows: list[list[float]] = []
    before = round(12 + rng.uniform(-0.2, 0.2), 2)
    for index, rail in enumerate(RAILS[:4]):
        alive = index < place
        fed = 0.0 if index == place and cause == "feed" else before
        enable = round(rng.uniform(0.02, 0.2), 2) if index == place and cause == "enable" else round(rng.uniform(2.6, 3.3), 2)
        ohms = round(rng.uniform(0.3, 2.5), 1) if index == place and cause == "short" else float(rng.randint(180, 2600))
        out = round(rail * rng.uniform(0.985, 1.015), 2) if alive else 0.0
        if index > place:
            enable = round(rng.choice((rng.uniform(0.02, 0.2), rng.uniform(2.6, 3.3))), 2)
        rows.append([fed, enable, out, ohms])
        before = out
    return {"cause": cause, "place": place, "rows": rows, "board": rng.randint(102, 987)}


def _ohms(value: float) -> str:
    """A resistance in Ω as a meter shows it: one decimal under 10, none above."""
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _rail(place: int) -> str:
    return f"{RAILS[place]:.1f} V "


def _cause(key: str, place: int, language: Language) -> str:
    said = CAUSES[key][language].format(name=_rail(place) if language == "zh" else _rail(place).strip())
    return said[0].upper() + said[1:]


def _rail_mistakes(p: Params, language: Language) -> dict[str, str]:
    """Three wrong findings: one or two other causes at the same regulator, the rest at the regulator behind it."""
    place, cause = p["place"], p["cause"]
    names = {
        "enable": "enable voltage held against the wrong threshold",
        "short": "resistance to ground misread as a short",
        "broken": "regulator blamed before its conditions were checked",
        "feed": "zero input taken for granted",
    }
    others = [key for key in CAUSES if key != cause]
    turn, beside = p["board"] % 3, 1 + p["board"] % 2
    kept = [others[(turn + step) % 3] for step in range(beside)]
    wrong = {_cause(key, place, language): names[key] for key in kept}
    behind = [("enable", "broken", "short")[(turn + step) % 3] for step in range(3 - beside)]
    return wrong | {_cause(key, place + 1, language): "consequence taken for the cause" for key in behind}


def _rail_context(p: Params, language: Language) -> str:
    zh = language == "zh"
    head = ("稳压器", "输入 V", "使能脚 V", "输出 V", "输出对地 Ω（断电）") if zh else ("Regulator", "Input V", "Enable V", "Output V", "Output to ground Ω (off)")
    rows = [
        (_rail(place).strip(), f"{fed:.2f}", f"{enable:.2f}", f"{out:.2f}", _ohms(ohms))
        for place, (fed, enable, out, ohms) in enumerate(p["rows"])
    ]
    opening = f"{p['board']} 号板不启动，电源端子处 12 V 正常。测量值：" if zh else f"Board {p['board']} does not start; the 12 V at its terminal is in order. Readings:"
    return f"{RAIL_RULES[language]}\n\n{opening}\n\n{table(head, rows)}"


def _write_rails(p: Params, language: Language) -> Sequence[Content]:
    fed, enable, _, ohms = p["rows"][p["place"]]
    gold = _cause(p["cause"], p["place"], language)
    wrong = _rail_mistakes(p, language)
    if language == "zh":
        stem = "按规则，故障原因是哪一个？"
        explanation = f"第一路输出为零的是 {_rail(p['place'])}稳压器：输入 {fed:.2f} V，使能 {enable:.2f} V，输出对地 {_ohms(ohms)} Ω。结论：{gold}。"
    else:
        stem = "By the rules, what is the cause of the fault?"
        explanation = f"The first dead output is that of the {_rail(p['place']).strip()} regulator: input {fed:.2f} V, enable {enable:.2f} V, output to ground {_ohms(ohms)} Ω. {gold}."
    return (
        Content(
            form="choice", stem=stem, context=_rail_context(p, language), answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=explanation
        ),
    )


GEF1 = Generator(
    id="GEF1",
    task="diagnosis",
    subarea="power_thermal",
    level="judge",
    foundation=lambda p: p["place"] == 0,
    draw=_draw_rails,
    write=_write_rails,
    source=INVENTED,
    draws=6,
)

# A two-wire bus --------------------------------------------------------------------------------------------------------

FAULTS: Mapping[str, Words] = {
    "held": {"zh": "空闲时 SDA 一直被拉低", "en": "SDA is held low while the bus is idle"},
    "stretch": {"zh": "空闲时 SCL 一直被拉低", "en": "SCL is held low while the bus is idle"},
    "weak": {"zh": "上拉电阻偏大，上升沿过慢", "en": "The pull-ups are too weak, edges too slow"},
    "strong": {"zh": "上拉电阻偏小，低电平过高", "en": "The pull-ups are too strong, lows too high"},
    "address": {"zh": "主机发出的地址没有对应的从机", "en": "No slave answers to the address sent"},
    "data": {"zh": "从机收到地址后拒绝数据字节", "en": "The slave answers but refuses the data"},
}
BUS_RULES: Words = {
    "zh": (
        "判断规则（总线电压 3.3 V，按顺序检查，第一条成立的即为原因）：\n"
        "1. 空闲时 SCL 低于 1.0 V：SCL 被拉住。\n2. 空闲时 SDA 低于 1.0 V：SDA 被拉住。\n"
        "3. 上升时间超过 300 ns：上拉偏弱。\n4. 低电平高于 0.40 V：上拉偏强。\n"
        "5. 地址字节的应答位为 NACK：没有从机响应该地址。\n6. 地址字节为 ACK，数据字节为 NACK：从机拒收数据。"
    ),
    "en": (
        "Rules (bus at 3.3 V; checked in this order, the first one that holds is the cause):\n"
        "1. SCL below 1.0 V when idle: SCL is held.\n2. SDA below 1.0 V when idle: SDA is held.\n"
        "3. Rise time above 300 ns: pull-ups too weak.\n4. Low level above 0.40 V: pull-ups too strong.\n"
        "5. Acknowledge bit of the address byte is NACK: no slave answers to it.\n6. Address byte ACK, data byte NACK: the slave refuses the data."
    ),
}
BUS_ROWS: Mapping[str, Words] = {
    "scl": {"zh": "空闲 SCL", "en": "SCL, idle"},
    "sda": {"zh": "空闲 SDA", "en": "SDA, idle"},
    "rise": {"zh": "SDA 上升时间", "en": "SDA rise time"},
    "low": {"zh": "SDA 低电平", "en": "SDA low level"},
    "address": {"zh": "地址字节的应答", "en": "Reply to the address byte"},
    "data": {"zh": "数据字节的应答", "en": "Reply to the data byte"},
}
MISREADINGS: Mapping[str, str] = {
    "held": "SDA taken for held: levels of the two lines confused",
    "stretch": "SCL taken for held: levels of the two lines confused",
    "weak": "rise time held against the wrong limit",
    "strong": "low level held against the wrong limit",
    "address": "later rule applied before an earlier one, or the replies confused",
    "data": "later rule applied before an earlier one, or the replies confused",
}


def _draw_bus(rng: random.Random) -> Params:
    fault = rng.choice(list(FAULTS))
    held = fault in ("held", "stretch")
    measured: dict[str, Any] = {
        "scl": round(rng.uniform(0.05, 0.3) if fault == "stretch" else rng.uniform(3.2, 3.32), 2),
        "sda": round(rng.uniform(0.05, 0.3) if fault == "held" else rng.uniform(3.2, 3.32), 2),
        "rise": None if held else rng.randint(360, 900) if fault == "weak" else rng.randint(90, 240),
        "low": None if held else round(rng.uniform(0.48, 0.8) if fault == "strong" else rng.uniform(0.08, 0.3), 2),
        "address": None if held else "NACK" if fault == "address" else rng.choice(("ACK", "NACK")) if fault in ("weak", "strong") else "ACK",
    }
    measured["data"] = "NACK" if measured["address"] == "ACK" else None  # the write fails in one way or another
    wrong = rng.sample([key for key in FAULTS if key != fault], 3)
    return {"fault": fault, "measured": measured, "wrong": wrong, "slave": rng.randint(16, 119)}


def _shown(key: str, value: Any) -> str:
    if value is None:
        return "—"
    return str(value) if key in ("address", "data") else f"{value} ns" if key == "rise" else f"{value:.2f} V"


def _write_bus(p: Params, language: Language) -> Sequence[Content]:
    zh = language == "zh"
    grid = table(
        ("项目", "测得") if zh else ("Item", "Found"), [(name[language], _shown(key, p["measured"][key])) for key, name in BUS_ROWS.items()]
    )
    opening = (
        f"I2C 总线，400 kHz，主机写从机 0x{p['slave']:02X} 失败（—：未能测得）："
        if zh
        else f"I2C bus at 400 kHz; the master's write to slave 0x{p['slave']:02X} fails (—: could not be measured):"
    )
    gold = FAULTS[p["fault"]][language]
    wrong = {FAULTS[key][language]: MISREADINGS[key] for key in p["wrong"]}
    number = ("stretch", "held", "weak", "strong", "address", "data").index(p["fault"]) + 1
    explanation = f"按顺序检查，第一条成立的是规则 {number}：{gold}。" if zh else f"In order, rule {number} is the first that holds: {gold}."
    return (
        Content(
            form="choice",
            stem="按规则，写操作失败的原因是哪一个？" if zh else "By the rules, why does the write fail?",
            context=f"{BUS_RULES[language]}\n\n{opening}\n\n{grid}",
            answer=gold,
            choices=(gold, *wrong),
            mistakes=wrong,
            explanation=explanation,
        ),
    )


GEF2 = Generator(
    id="GEF2", task="diagnosis", subarea="embedded", level="judge", draw=_draw_bus, write=_write_bus, source=INVENTED, draws=6
)

GENERATORS = (GEF1, GEF2)
