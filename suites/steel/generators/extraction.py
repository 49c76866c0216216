"""Documents to JSON: mill certificates, gas incident notices and shipping notices, each in several layouts with distracting neighbours."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params, amount

MADE = Source(title="Fictitious document written for this item", kind="made")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of the object: its JSON type and what the stem says of it in zh and en."""

    name: str
    type: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A kind of document: keys asked for, what the stem calls it, and one text a layout and language."""

    subarea: str
    keys: tuple[Key, ...]
    names: Mapping[Language, str]
    layouts: Mapping[Language, tuple[str, ...]]
    explanation: Mapping[Language, str]


def _schema(keys: Sequence[Key]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {key.name: {"type": key.type} for key in keys},
        "required": [key.name for key in keys],
        "additionalProperties": False,
    }


def _day(text: str, language: Language, style: int) -> str:
    """An ISO date as a document writes it: in one of two styles a language."""
    day = date.fromisoformat(text)
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日" if style else f"{day.year}/{day.month}/{day.day}"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if style else text


def _one(paper: Paper, p: Params, shown: Mapping[str, Any], answer: Mapping[str, Any], language: Language) -> tuple[Content, ...]:
    context = paper.layouts[language][p["layout"]].format(**shown)
    if language == "zh":
        wanted = "；".join(f"{key.name}（{key.zh}）" for key in paper.keys)
        stem = f"从{paper.names['zh']}中提取为 JSON，键为：{wanted}。数值写成数字，不带单位。"
    else:
        wanted = "; ".join(f"{key.name} ({key.en})" for key in paper.keys)
        stem = f"Extract JSON from {paper.names['en']} with these keys: {wanted}. Write amounts as numbers without units."
    return (
        Content(
            form="json",
            context=context,
            stem=stem,
            answer={key.name: answer[key.name] for key in paper.keys},
            schema=_schema(paper.keys),
            explanation=paper.explanation[language],
        ),
    )


CERTIFICATE = Paper(
    subarea="testing_grades",
    names={"zh": "质量证明书", "en": "the mill certificate"},
    keys=(
        Key(name="heat_no", type="string", zh="本证明书所证明的炉号", en="heat number that the certificate covers"),
        Key(name="grade", type="string", zh="牌号", en="steel grade"),
        Key(name="thickness_mm", type="number", zh="公称厚度，mm", en="nominal thickness in mm"),
        Key(name="carbon_percent", type="number", zh="熔炼分析碳含量，%", en="carbon by ladle analysis in %"),
        Key(name="sulphur_percent", type="number", zh="熔炼分析硫含量，%", en="sulphur by ladle analysis in %"),
        Key(name="yield_mpa", type="integer", zh="实测上屈服强度 ReH，MPa", en="measured upper yield strength ReH in MPa"),
        Key(name="elongation_percent", type="number", zh="实测断后伸长率，%", en="measured elongation after fracture in %"),
        Key(name="issue_date", type="string", zh="签发日期，YYYY-MM-DD", en="date of issue, YYYY-MM-DD"),
    ),
    layouts={
        "zh": (
            "产品质量证明书（虚构）　编号 {cert}\n合同日期：{contract}　签发日期：{issue}\n牌号：{grade}　炉号：{heat}\n规格：{t} mm × {w} mm × {l} mm，共 {pieces} 张，实测厚度 {real}～{real2} mm\n熔炼分析（%）：C {c}，Si {si}，Mn {mn}，P {p}，S {s}\n成品分析（%）：C {c2}，Si {si}，Mn {mn}，P {p}，S {s2}\n拉伸：ReH {reh} MPa（订货要求 ≥ {need}），Rm {rm} MPa，A {a} %",
            "虚构钢铁公司 检验证明 {cert}\n签发日期 {issue}（订货 {contract}）\n交货：{grade} 钢板，公称尺寸 {t} × {w} × {l} mm，{pieces} 张\n本证明书只对应 {heat} 炉；同车 {other} 炉另行出证。\n\n{chem}\n\n{pull}",
            "致客户：\n贵方 {contract} 签订的合同项下 {pieces} 张 {grade} 钢板（公称厚度 {t} mm，宽 {w} mm，长 {l} mm）已检验完毕，所用钢水为 {heat} 炉，而非原计划的 {other} 炉。熔炼分析含碳 {c} %、硅 {si} %、锰 {mn} %、磷 {p} %、硫 {s} %；成品复验含碳 {c2} %、硫 {s2} %。拉伸试验上屈服强度（ReH）{reh} MPa，抗拉强度 {rm} MPa，断后伸长率 {a} %；订货分别要求不小于 {need} MPa、{needm} MPa、{needa} %。\n证明书编号 {cert}，签发日期 {issue}。（本件虚构）",
            "MILL CERTIFICATE 质量证明书（虚构）\nCert. No. 编号：{cert}\nHeat No. 炉号：{heat}\nPrevious heat 上一炉：{other}\nGrade 牌号：{grade}\nThickness × Width × Length 公称厚度 × 宽 × 长：{t} × {w} × {l} mm\nLadle 熔炼 %：C {c} | Si {si} | Mn {mn} | P {p} | S {s}\nProduct 成品 %：C {c2} | S {s2}\nReH：{reh} N/mm²；Rm：{rm} N/mm²；A：{a} %；KV2（{celsius_zh} ℃）：{kv} J\nContract date 合同日期：{contract}\nDate of issue 签发日期：{issue}",
        ),
        "en": (
            "MILL CERTIFICATE (fictitious) No. {cert}\nContract date: {contract}   Date of issue: {issue}\nGrade: {grade}   Heat No.: {heat}\nSize: {t} mm x {w} mm x {l} mm, {pieces} plates, measured thickness {real} to {real2} mm\nLadle analysis (%): C {c}, Si {si}, Mn {mn}, P {p}, S {s}\nProduct analysis (%): C {c2}, Si {si}, Mn {mn}, P {p}, S {s2}\nTensile test: ReH {reh} MPa (required >= {need}), Rm {rm} MPa, A {a} %",
            "Fictitious Steel Co. Inspection certificate {cert}\nIssued {issue} (ordered {contract})\nDelivered: plate {grade}, nominal size {t} x {w} x {l} mm, {pieces} pieces\nThis certificate covers heat {heat} only; heat {other} on the same truck has a certificate of its own.\n\n{chem}\n\n{pull}",
            "Dear customer,\nthe {pieces} plates of {grade} ordered on {contract} (nominal thickness {t} mm, width {w} mm, length {l} mm) have been inspected. They were rolled from heat {heat}, not from heat {other} as first planned. The ladle analysis shows {c} % carbon, {si} % silicon, {mn} % manganese, {p} % phosphorus and {s} % sulphur; the check of the product gave {c2} % carbon and {s2} % sulphur. In the tensile test the upper yield strength (ReH) was {reh} MPa, the tensile strength {rm} MPa and the elongation after fracture {a} %; the order asks for at least {need} MPa, {needm} MPa and {needa} %.\nCertificate {cert}, issued on {issue}. (Fictitious.)",
            "MILL CERTIFICATE (fictitious)\nCert. No.: {cert}\nHeat No.: {heat}\nPrevious heat: {other}\nGrade: {grade}\nNominal thickness x width x length: {t} x {w} x {l} mm\nLadle %: C {c} | Si {si} | Mn {mn} | P {p} | S {s}\nProduct %: C {c2} | S {s2}\nReH: {reh} N/mm2; Rm: {rm} N/mm2; A: {a} %; KV2 ({celsius} °C): {kv} J\nContract date: {contract}\nDate of issue: {issue}",
        ),
    },
    explanation={
        "zh": "各值取自本证明书所证明的炉号，化学成分取熔炼分析，力学性能取实测值；合同日期、其他炉号、成品分析和标准要求不是所求。",
        "en": "The values are those of the heat covered, the analysis that of the ladle, the properties as measured; contract date, other heats, product analysis and requirements are not asked for.",
    },
)


def _heat(rng: random.Random) -> str:
    return f"{rng.randint(1, 9)}{rng.choice('ABCDEFGHK')}{rng.randint(10000, 99999)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """What a strength class of plate asks for: ReH up to 16 mm and above it, Rm, elongation across the rolling direction; its manganese.

    Source: GB/T 700-2006 (Q235) and GB/T 1591-2018 (hot-rolled Q355, Q390 and Q420, the last without D).
    """

    qualities: str
    thin: int
    thick: int
    tensile: int
    elongation: int
    manganese: tuple[float, float]


STRENGTHS: Mapping[int, Strength] = {
    235: Strength(qualities="BCD", thin=235, thick=225, tensile=370, elongation=26, manganese=(0.41, 1.29)),
    355: Strength(qualities="BCD", thin=355, thick=345, tensile=470, elongation=20, manganese=(1.11, 1.49)),
    390: Strength(qualities="BCD", thin=390, thick=380, tensile=490, elongation=20, manganese=(1.21, 1.59)),
    420: Strength(qualities="BC", thin=420, thick=410, tensile=520, elongation=19, manganese=(1.21, 1.59)),
}
IMPACT_CELSIUS: Mapping[str, int] = {"B": 20, "C": 0, "D": -20}  # temperature of the impact test of a quality


def _draw_certificate(rng: random.Random) -> Params | None:
    contract = date(2025, 1, 1) + timedelta(days=rng.randrange(400))
    yield_class = rng.choice(sorted(STRENGTHS))
    strength = STRENGTHS[yield_class]
    quality = rng.choice(strength.qualities)
    thickness = rng.choice((8, 10, 12, 14, 16, 20, 22, 25, 30, 36, 40))
    need = strength.thin if thickness <= 16 else strength.thick
    carbon, sulphur = amount(rng, 0.11, 0.15, 2), amount(rng, 0.004, 0.018, 3)
    p: dict[str, Any] = {
        "layout": rng.randrange(4),
        "style": rng.randrange(2),
        "cert": f"ZB-{rng.randint(10000, 99999)}",
        "heat": _heat(rng),
        "other": _heat(rng),
        "grade": f"Q{yield_class}{quality}",
        "t": thickness,
        "w": rng.choice((1800, 2000, 2200, 2500)),
        "l": rng.choice((6000, 8000, 9000, 12000)),
        "pieces": rng.randint(4, 28),
        "c": carbon,
        "c2": round(carbon + rng.choice((-1, 1)) * 0.01, 2),
        "si": amount(rng, 0.16, 0.34, 2),
        "mn": amount(rng, *strength.manganese, 2),
        "p": amount(rng, 0.011, 0.024, 3),
        "s": sulphur,
        "s2": round(sulphur + rng.choice((-1, 1, 2)) * 0.001, 3),
        "need": need,
        "needm": strength.tensile,
        "needa": strength.elongation,
        "celsius": IMPACT_CELSIUS[quality],
        "reh": need + rng.randint(12, 70),
        "a": amount(rng, strength.elongation + 1.6, strength.elongation + 7.9, 1),
        "kv": rng.randint(61, 190),
        "contract": contract.isoformat(),
        "issue": (contract + timedelta(days=rng.randint(25, 80))).isoformat(),
    }
    rm = max(p["reh"] + 95, strength.tensile + 8) + rng.randint(0, 40)
    return {**p, "rm": rm} if p["c2"] != carbon and f"{p['c2']:.2f}"[-1] != "0" and p["heat"] != p["other"] else None


def _write_certificate(p: Params, language: Language) -> tuple[Content, ...]:
    zh = language == "zh"
    dates = {key: _day(p[key], language, p["style"]) for key in ("contract", "issue")}
    kinds = ("熔炼", "成品") if zh else ("ladle", "product")
    head = ("炉号", "分析") if zh else ("Heat", "Analysis")
    chem = table(
        [*head, "C %", "Si %", "Mn %", "P %", "S %"],
        [
            [p["other"], kinds[0], f"{p['c'] + 0.02:.2f}", p["si"], p["mn"], p["p"], f"{p['s'] + 0.003:.3f}"],
            [p["heat"], kinds[0], p["c"], p["si"], p["mn"], p["p"], p["s"]],
            [p["heat"], kinds[1], p["c2"], p["si"], p["mn"], p["p"], f"{p['s2']:.3f}"],
        ],
    )
    pull = table(
        [head[0], "ReH MPa", "Rm MPa", "A %"],
        [[p["heat"], p["reh"], p["rm"], p["a"]], [p["other"], p["reh"] + 11, p["rm"] + 8, f"{p['a'] - 1.2:.1f}"]],
    )
    shown = {
        **p,
        **dates,
        "chem": chem,
        "pull": pull,
        "s2": f"{p['s2']:.3f}",
        "real": f"{p['t'] - 0.2:.1f}",
        "real2": f"{p['t'] + 0.3:.1f}",
        "celsius_zh": str(p["celsius"]).replace("-", "−"),
    }
    answer = {
        "heat_no": p["heat"],
        "grade": p["grade"],
        "thickness_mm": p["t"],
        "carbon_percent": p["c"],
        "sulphur_percent": p["s"],
        "yield_mpa": p["reh"],
        "elongation_percent": p["a"],
        "issue_date": p["issue"],
    }
    return _one(CERTIFICATE, p, shown, answer, language)


INCIDENT = Paper(
    subarea="safety",
    names={"zh": "通报", "en": "the notice"},
    keys=(
        Key(name="event_date", type="string", zh="事件发生日期，YYYY-MM-DD", en="date of the event, YYYY-MM-DD"),
        Key(name="start_time", type="string", zh="报警时刻，HH:MM", en="time of the alarm, HH:MM"),
        Key(name="end_time", type="string", zh="解除警戒时刻，HH:MM", en="time of the all-clear, HH:MM"),
        Key(name="peak_co_mg_m3", type="integer", zh="CO 最高浓度，mg/m³", en="highest CO concentration in mg/m³"),
        Key(name="people_evacuated", type="integer", zh="撤离人数", en="number of people evacuated"),
        Key(name="people_treated", type="integer", zh="就医人数", en="number of people taken to hospital"),
        Key(name="leak_found", type="boolean", zh="是否查明漏点，true 或 false", en="whether the leak was found, true or false"),
    ),
    layouts={
        "zh": (
            "煤气事件快报（虚构）\n编制日期：{report}\n事件日期：{event}\n地点：{place}\n{start} 固定式报警器报警（报警值 {limit} mg/m³），首次读数 {early} mg/m³，最高 {peak} mg/m³\n撤离 {out} 人，就医 {sick} 人，留守警戒 {guard} 人\n{found}\n{end} 复测 {after} mg/m³，解除警戒\n附：{drill} 演练撤离 {drillout} 人",
            "{report}，煤气防护站通报如下（虚构）：{event} {start}，{place}的 CO 报警器鸣响，其设定值为 {limit} mg/m³。现场人员 {out} 人全部撤离，其中 {sick} 人送医院检查；防护站 {guard} 人佩戴空气呼吸器进入检测，测得浓度先为 {early} mg/m³，后升至最高 {peak} mg/m³。{found}通风后浓度降到 {after} mg/m³，{end} 解除警戒。该区域 {drill} 曾演练，当时撤离 {drillout} 人。",
            "【煤气事件登记表（虚构）】\n\n{rows}",
        ),
        "en": (
            "GAS EVENT, FLASH REPORT (fictitious)\nDate of report: {report}\nDate of event: {event}\nPlace: {place}\n{start} fixed detector in alarm (set at {limit} mg/m³), first reading {early} mg/m³, highest {peak} mg/m³\nEvacuated: {out}; taken to hospital: {sick}; left as guards: {guard}\n{found}\n{end} measured again, {after} mg/m³, all-clear given\nNote: the drill of {drill} evacuated {drillout}",
            "On {report} the gas protection station reports (fictitious): on {event} at {start} the CO detector at {place} went off; it is set at {limit} mg/m³. All {out} people in the area were evacuated and {sick} of them were taken to hospital for a check. Wearing breathing apparatus, {guard} members of the station went in and measured {early} mg/m³ at first and {peak} mg/m³ at the highest. {found} After ventilation the reading fell to {after} mg/m³, and the all-clear was given at {end}. In the drill held there on {drill}, {drillout} people had been evacuated.",
            "GAS EVENT REGISTER (fictitious)\n\n{rows}",
        ),
    },
    explanation={
        "zh": "日期取事件日期而不是编制或演练日期，浓度取最高读数而不是报警值或首次读数，人数取本次撤离和就医的人数。",
        "en": "The date is that of the event, not of report or drill; the concentration the highest reading, not the setting; the numbers those of this event.",
    },
)
PLACES: tuple[tuple[str, str], ...] = (
    ("高炉炉顶平台", "the blast furnace top platform"),
    ("热风炉管廊", "the hot stove pipe gallery"),
    ("转炉煤气柜区", "the converter gas holder"),
    ("加热炉地下室", "the reheating furnace basement"),
    ("煤气加压站", "the gas booster station"),
)
FOUND: Mapping[Language, Mapping[bool, str]] = {
    "zh": {True: "查明漏点为法兰垫片损坏。", False: "漏点尚未查明。"},
    "en": {True: "The leak was found at a damaged flange gasket.", False: "The leak has not been found yet."},
}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _draw_incident(rng: random.Random) -> Params | None:
    event = date(2025, 2, 1) + timedelta(days=rng.randrange(300))
    start = rng.randint(0, 21 * 60)
    out = rng.randint(9, 42)
    peak = rng.randint(121, 489)
    return {
        "paper": "incident",
        "layout": rng.randrange(3),
        "style": rng.randrange(2),
        "place": rng.randrange(len(PLACES)),
        "event": event.isoformat(),
        "report": (event + timedelta(days=rng.randint(1, 4))).isoformat(),
        "drill": (event - timedelta(days=rng.randint(20, 90))).isoformat(),
        "start": _clock(start),
        "end": _clock(start + rng.randint(41, 130)),
        "limit": rng.choice((30, 60)),
        "early": rng.randint(63, 118),
        "peak": peak,
        "after": rng.randint(5, 24),
        "out": out,
        "sick": rng.randint(2, 4),
        "guard": rng.choice((5, 6, 7)),
        "drillout": out + rng.randint(3, 15),
        "found": rng.random() < 0.5,
    }


def _incident_rows(shown: Mapping[str, Any], language: Language) -> str:
    if language == "zh":
        return table(
            ["项目", "内容"],
            [
                ["登记日期", shown["report"]],
                ["发生日期", shown["event"]],
                ["上次演练", f"{shown['drill']}，撤离 {shown['drillout']} 人"],
                ["地点", shown["place"]],
                ["报警 / 解除警戒", f"{shown['start']} / {shown['end']}"],
                ["CO（mg/m³）", f"报警值 {shown['limit']}；首次 {shown['early']}；最高 {shown['peak']}；解除时 {shown['after']}"],
                ["人员", f"警戒 {shown['guard']}；就医 {shown['sick']}；撤离 {shown['out']}"],
                ["漏点", shown["found"]],
            ],
        )
    return table(
        ["Entry", "Content"],
        [
            ["Date of entry", shown["report"]],
            ["Date of event", shown["event"]],
            ["Last drill", f"{shown['drill']}, evacuated {shown['drillout']}"],
            ["Place", shown["place"]],
            ["Alarm / all-clear", f"{shown['start']} / {shown['end']}"],
            ["CO, mg/m³", f"set at {shown['limit']}; first {shown['early']}; highest {shown['peak']}; at the all-clear {shown['after']}"],
            ["People", f"guards {shown['guard']}; taken to hospital {shown['sick']}; evacuated {shown['out']}"],
            ["Leak", shown["found"]],
        ],
    )


def _write_incident(p: Params, language: Language) -> tuple[Content, ...]:
    shown: dict[str, Any] = {**p, **{key: _day(p[key], language, p["style"]) for key in ("event", "report", "drill")}}
    shown["place"] = PLACES[p["place"]][0 if language == "zh" else 1]
    shown["found"] = FOUND[language][p["found"]]
    shown["rows"] = _incident_rows(shown, language)
    answer = {
        "event_date": p["event"],
        "start_time": p["start"],
        "end_time": p["end"],
        "peak_co_mg_m3": p["peak"],
        "people_evacuated": p["out"],
        "people_treated": p["sick"],
        "leak_found": p["found"],
    }
    return _one(INCIDENT, p, shown, answer, language)


SHIPMENT = Paper(
    subarea="trade_documents",
    names={"zh": "发货通知", "en": "the shipping notice"},
    keys=(
        Key(name="order_no", type="string", zh="合同号", en="contract number"),
        Key(name="net_mass_t", type="number", zh="净重，t", en="net mass in t"),
        Key(name="gross_mass_t", type="number", zh="毛重，t", en="gross mass in t"),
        Key(name="coils", type="integer", zh="实发卷数", en="number of coils shipped"),
        Key(name="price_cny_per_t", type="number", zh="单价，元/t，不含税", en="price in CNY per t, without tax"),
        Key(name="ship_date", type="string", zh="变更后的发运日期，YYYY-MM-DD", en="shipping date as changed, YYYY-MM-DD"),
    ),
    layouts={
        "zh": (
            "发货通知（虚构）　日期：{notice}\n合同号：{order}（补充协议 {supplement}）\n品名：热轧卷 {size} mm\n卷数：合同 {planned}，实发 {coils}\n净重 {net} t，毛重 {gross} t，捆带另计 {strap} kg\n单价：不含税 {price} 元/t，含税 {taxed} 元/t\n发运日期：原定 {old}，变更为 {ship}",
            "{notice} 发货通知（虚构）：合同 {order} 项下热轧卷（{size} mm）原定 {old} 发运，因车皮紧张改为 {ship} 发运。合同订 {planned} 卷，本次实发 {coils} 卷，净重 {net} t，毛重 {gross} t。单价按不含税 {price} 元/t 结算（含税 {taxed} 元/t）；补充协议 {supplement} 另行结算。",
            "发货通知（虚构）\n\n{rows}",
        ),
        "en": (
            "SHIPPING NOTICE (fictitious)   Date: {notice}\nContract No.: {order} (supplement {supplement})\nGoods: hot-rolled coil {size} mm\nCoils: ordered {planned}, shipped {coils}\nNet {net} t, gross {gross} t, strapping {strap} kg extra\nPrice: without tax CNY {price}/t, with tax CNY {taxed}/t\nShipping date: first set for {old}, changed to {ship}",
            "Shipping notice of {notice} (fictitious): the hot-rolled coils ({size} mm) under contract {order} were to be shipped on {old}; for want of wagons they will be shipped on {ship}. Of {planned} coils ordered, {coils} coils are shipped, with a net mass of {net} t and a gross mass of {gross} t. They are settled at CNY {price} per t without tax (CNY {taxed} per t with tax); supplement {supplement} is settled apart.",
            "SHIPPING NOTICE (fictitious)\n\n{rows}",
        ),
    },
    explanation={
        "zh": "合同号不取补充协议号，卷数取实发，单价取不含税，发运日期取变更后的日期。",
        "en": "The contract's number, not the supplement's; the coils shipped, not ordered; the price without tax; the date as changed.",
    },
)


def _draw_shipment(rng: random.Random) -> Params | None:
    notice = date(2025, 3, 1) + timedelta(days=rng.randrange(300))
    coils = rng.randint(7, 38)
    net = round(coils * rng.randint(1810, 2690) / 100 + 0.03, 2)
    price = 10 * rng.randint(301, 399)
    return {
        "paper": "shipment",
        "layout": rng.randrange(3),
        "style": rng.randrange(2),
        "order": f"RJ{rng.randint(2500, 2699)}-{rng.randint(101, 989)}",
        "supplement": f"RB{rng.randint(2500, 2699)}-{rng.randint(11, 98)}",
        "size": f"{rng.choice((2.3, 2.75, 3.5, 4.75, 5.75))} × {rng.choice((1250, 1500, 1800))}",
        "planned": coils + rng.randint(1, 4),
        "coils": coils,
        "net": net,
        "gross": round(net + coils * 0.03 + 0.11, 2),
        "strap": coils * 12,
        "price": price,
        "taxed": round(price * 1.13, 1),
        "notice": notice.isoformat(),
        "old": (notice + timedelta(days=rng.randint(2, 9))).isoformat(),
        "ship": (notice + timedelta(days=rng.randint(10, 24))).isoformat(),
    }


def _shipment_rows(shown: Mapping[str, Any], language: Language) -> str:
    if language == "zh":
        return table(
            ["项目", "原定", "本次"],
            [
                ["通知日期", "", shown["notice"]],
                ["合同号", "", shown["order"]],
                ["补充协议号", "", shown["supplement"]],
                ["卷数", shown["planned"], shown["coils"]],
                ["净重 t", "", shown["net"]],
                ["毛重 t", "", shown["gross"]],
                ["不含税单价 元/t", "", shown["price"]],
                ["含税单价 元/t", "", shown["taxed"]],
                ["发运日期", shown["old"], shown["ship"]],
            ],
        )
    return table(
        ["Entry", "As planned", "Now"],
        [
            ["Date of notice", "", shown["notice"]],
            ["Contract No.", "", shown["order"]],
            ["Supplement No.", "", shown["supplement"]],
            ["Coils", shown["planned"], shown["coils"]],
            ["Net mass, t", "", shown["net"]],
            ["Gross mass, t", "", shown["gross"]],
            ["Price without tax, CNY/t", "", shown["price"]],
            ["Price with tax, CNY/t", "", shown["taxed"]],
            ["Shipping date", shown["old"], shown["ship"]],
        ],
    )


def _write_shipment(p: Params, language: Language) -> tuple[Content, ...]:
    shown: dict[str, Any] = {**p, **{key: _day(p[key], language, p["style"]) for key in ("notice", "old", "ship")}}
    shown["rows"] = _shipment_rows(shown, language)
    answer = {
        "order_no": p["order"],
        "net_mass_t": p["net"],
        "gross_mass_t": p["gross"],
        "coils": p["coils"],
        "price_cny_per_t": p["price"],
        "ship_date": p["ship"],
    }
    return _one(SHIPMENT, p, shown, answer, language)


GENERATORS = (
    Generator(
        id="GSX1",
        task="extraction",
        subarea=CERTIFICATE.subarea,
        level="apply",
        foundation=lambda p: p["layout"] in (0, 3),  # a value a label
        draw=_draw_certificate,
        write=_write_certificate,
        source=MADE,
        draws=6,
    ),
    Generator(
        id="GSX2",
        task="extraction",
        subarea=lambda p: INCIDENT.subarea if p["paper"] == "incident" else SHIPMENT.subarea,
        level="apply",
        foundation=lambda p: p["paper"] == "shipment",
        draw=lambda rng: _draw_incident(rng) if rng.random() < 0.5 else _draw_shipment(rng),
        write=lambda p, language: _write_incident(p, language) if p["paper"] == "incident" else _write_shipment(p, language),
        source=MADE,
        draws=6,
    ),
)
