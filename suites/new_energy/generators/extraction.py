"""Documents to be read into records: test certificates of PV modules, and notices of work at charging stations.

Each document has one of three layouts, and neighbours of what is asked for: other dates, other powers, other numbers of pieces.
"""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params, amount

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
LAYOUTS = 3
LETTERS = "ABCDEFGHJKLMNPRSTUVWX"


def _day(iso: str, language: Language, style: int) -> str:
    """A date as documents write it; `style` chooses among three ways."""
    when = date.fromisoformat(iso)
    if style == 0:
        return iso
    if language == "zh":
        return f"{when.year}年{when.month}月{when.day}日" if style == 1 else f"{when.year}/{when.month}/{when.day}"
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}" if style == 1 else f"{MONTHS[when.month - 1]} {when.day}, {when.year}"


def _schema(kinds: Mapping[str, Any]) -> dict[str, Any]:
    properties = {key: kind if isinstance(kind, dict) else {"type": kind} for key, kind in kinds.items()}
    return {"type": "object", "properties": properties, "required": list(kinds), "additionalProperties": False}


def _contents(told: Mapping[str, str], answer: Mapping[str, Any], kinds: Mapping[str, Any]) -> tuple[Content, ...]:
    return (
        Content(form="json", stem=told["stem"], context=told["context"], answer=answer, schema=_schema(kinds), explanation=told["why"]),
    )


def _draw_certificate(rng: random.Random) -> Params:
    tested = date(2026, 1, 1) + timedelta(days=rng.randrange(300))
    rated = rng.randrange(540, 705, 5)
    verdict = rng.choice(("pass", "pass", "fail"))
    measured = round(rated + amount(rng, *((0.3, 6.9) if verdict == "pass" else (-8.9, -1.1)), 1), 1)
    voc = amount(rng, 45.1, 54.9, 2)
    vmp = round(0.835 * voc, 2)
    return {
        "layout": rng.randrange(LAYOUTS),
        "style": rng.randrange(3),
        "certificate": f"TC-{tested.year}-{rng.randrange(1000, 9900)}",
        "contract": f"HT-{rng.randrange(1000, 9900)}-{rng.choice(LETTERS)}",
        "signed": (tested - timedelta(days=rng.randrange(40, 200))).isoformat(),
        "model": f"{rng.choice(LETTERS)}{rng.choice(LETTERS)}-{rated}{rng.choice(('N', 'M', 'H'))}",
        "lot": rng.randrange(310, 2480, 31),
        "tested_pieces": rng.choice((13, 20, 32, 50)),
        "rated_w": rated,
        "measured_w": measured,
        "voc_v": voc,
        "vmp_v": vmp,
        "isc_a": round(1.06 * measured / vmp, 2),
        "tested": tested.isoformat(),
        "issued": (tested + timedelta(days=rng.randrange(2, 9))).isoformat(),
        "calibrated": (tested + timedelta(days=rng.randrange(60, 300))).isoformat(),
        "verdict": verdict,
    }


def _certificate_zh(p: Params) -> str:
    tested, issued, signed, calibrated = (_day(p[key], "zh", p["style"]) for key in ("tested", "issued", "signed", "calibrated"))
    verdict = "合格" if p["verdict"] == "pass" else "不合格"
    if p["layout"] == 0:
        return (
            f"光伏组件出厂测试证书\n证书编号：{p['certificate']}\n合同编号：{p['contract']}（签订日期：{signed}）\n产品型号：{p['model']}\n"
            f"标称功率：{p['rated_w']} W\n本批数量：{p['lot']} 块，抽测 {p['tested_pieces']} 块\n抽测平均功率：{p['measured_w']} W\n"
            f"平均开路电压：{p['voc_v']} V；平均最大功率点电压：{p['vmp_v']} V；平均短路电流：{p['isc_a']} A\n测试日期：{tested}\n签发日期：{issued}\n"
            f"太阳模拟器校准有效期至：{calibrated}\n检验结论：{verdict}"
        )
    if p["layout"] == 1:
        rows = [
            ("本证书号", p["certificate"]),
            ("订货合同", f"{p['contract']}，{signed} 签订"),
            ("组件型号", p["model"]),
            ("抽样 / 批量（块）", f"{p['tested_pieces']} / {p['lot']}"),
            ("功率：标称 / 实测均值（W）", f"{p['rated_w']} / {p['measured_w']}"),
            ("电压：Vmp / Voc 均值（V）", f"{p['vmp_v']} / {p['voc_v']}"),
            ("Isc 均值（A）", p["isc_a"]),
            ("仪器校准到期", calibrated),
            ("测试完成", tested),
            ("出证", issued),
            ("批次判定", verdict),
        ]
        return f"组件抽检报告\n{table(('项目', '内容'), rows)}"
    return (
        f"贵司合同 {p['contract']}（{signed} 签订）项下的 {p['model']} 组件已到货。该批共 {p['lot']} 块，实验室于 {tested} 从中取 {p['tested_pieces']} 块测试，"
        f"平均功率 {p['measured_w']} W，铭牌值为 {p['rated_w']} W；最大功率点电压均值 {p['vmp_v']} V，开路电压均值 {p['voc_v']} V，短路电流均值 {p['isc_a']} A。"
        f"所用模拟器的校准证书 {calibrated} 到期。整批判为{verdict}，测试证书 {p['certificate']} 已于 {issued} 签发，请查收。"
    )


def _certificate_en(p: Params) -> str:
    tested, issued, signed, calibrated = (_day(p[key], "en", p["style"]) for key in ("tested", "issued", "signed", "calibrated"))
    verdict = "passed" if p["verdict"] == "pass" else "failed"
    if p["layout"] == 0:
        return (
            f"PV MODULE TEST CERTIFICATE\nCertificate no.: {p['certificate']}\nContract no.: {p['contract']} (signed {signed})\nModel: {p['model']}\n"
            f"Rated power: {p['rated_w']} W\nLot size: {p['lot']} modules, of which {p['tested_pieces']} tested\nMean power of those tested: {p['measured_w']} W\n"
            f"Mean open-circuit voltage: {p['voc_v']} V; mean Vmp: {p['vmp_v']} V; mean short-circuit current: {p['isc_a']} A\nDate of test: {tested}\n"
            f"Date of issue: {issued}\nSolar simulator calibrated until: {calibrated}\nVerdict: {verdict}"
        )
    if p["layout"] == 1:
        rows = [
            ("This certificate", p["certificate"]),
            ("Purchase contract", f"{p['contract']} of {signed}"),
            ("Module type", p["model"]),
            ("Tested / lot (modules)", f"{p['tested_pieces']} / {p['lot']}"),
            ("Power: rated / mean measured (W)", f"{p['rated_w']} / {p['measured_w']}"),
            ("Mean voltage: Vmp / Voc (V)", f"{p['vmp_v']} / {p['voc_v']}"),
            ("Mean Isc (A)", p["isc_a"]),
            ("Instrument calibration ends", calibrated),
            ("Test finished", tested),
            ("Issued", issued),
            ("Lot", verdict),
        ]
        return f"Module lot inspection\n{table(('Entry', 'Content'), rows)}"
    return (
        f"Modules of type {p['model']} under your contract {p['contract']} (signed {signed}) have arrived. Of the {p['lot']} modules in this lot our "
        f"laboratory tested {p['tested_pieces']} on {tested}: their mean power is {p['measured_w']} W against {p['rated_w']} W on the nameplate; mean Vmp is "
        f"{p['vmp_v']} V, mean open-circuit voltage {p['voc_v']} V and mean short-circuit current {p['isc_a']} A. Calibration of the simulator runs out on "
        f"{calibrated}. The lot {verdict}; test certificate {p['certificate']} was issued on {issued} and is enclosed."
    )


CERTIFICATE_KINDS: Mapping[str, Any] = {
    "certificate_no": "string",
    "model": "string",
    "lot_size": "integer",
    "mean_power_w": "number",
    "mean_voc_v": "number",
    "tested_on": "string",
    "verdict": {"type": "string", "enum": ["pass", "fail"]},
}


def _write_certificate(p: Params, language: Language) -> tuple[Content, ...]:
    answer = {
        "certificate_no": p["certificate"],
        "model": p["model"],
        "lot_size": p["lot"],
        "mean_power_w": p["measured_w"],
        "mean_voc_v": p["voc_v"],
        "tested_on": p["tested"],
        "verdict": p["verdict"],
    }
    if language == "zh":
        told = {
            "context": _certificate_zh(p),
            "stem": (
                "从这份组件测试文件中提取一个 JSON 对象，键为：certificate_no（测试证书编号，字符串）；model（组件型号，字符串）；lot_size（整批组件数，整数，单位块）；"
                "mean_power_w（实测平均功率，数值，单位 W）；mean_voc_v（实测平均开路电压，数值，单位 V）；tested_on（测试日期，YYYY-MM-DD）；"
                'verdict（"pass" 表示合格，"fail" 表示不合格）。'
            ),
            "why": f"整批 {p['lot']} 块而不是抽测的 {p['tested_pieces']} 块；功率取实测均值而不是标称的 {p['rated_w']} W；日期取测试日 {p['tested']}，不是签发日或合同日。",
        }
    else:
        told = {
            "context": _certificate_en(p),
            "stem": (
                "Read this test document of PV modules into a JSON object with the keys certificate_no (number of the test certificate, string); model (module type, "
                "string); lot_size (modules in the whole lot, integer); mean_power_w (mean measured power, number, in W); mean_voc_v (mean measured open-circuit "
                'voltage, number, in V); tested_on (date of the test, YYYY-MM-DD); verdict ("pass" or "fail").'
            ),
            "why": f"The lot has {p['lot']} modules, not the {p['tested_pieces']} tested; power is the mean measured, not the rated {p['rated_w']} W; the date is that of the test, {p['tested']}, not of issue or contract.",
        }
    return _contents(told, answer, CERTIFICATE_KINDS)


def _draw_notice(rng: random.Random) -> Params | None:
    issued = date(2026, 1, 5) + timedelta(days=rng.randrange(320))
    start = issued + timedelta(days=rng.randrange(3, 12))
    number = rng.randrange(20, 980)
    single = rng.choice((60, 80, 120, 160, 180))
    shut, others = rng.randint(2, 9), rng.randint(2, 12)
    transformer = rng.choice((630, 800, 1000, 1250, 1600, 2000))
    if (shut + others) * single > 1.2 * transformer:
        return None  # more chargers than the transformer feeds, even if they are never all at full power
    return {
        "layout": rng.randrange(LAYOUTS),
        "style": rng.randrange(3),
        "notice": f"CD-{issued.year}-{number:03d}",
        "replaces": f"CD-{issued.year}-{number - rng.randint(1, 15):03d}" if rng.random() < 0.6 else None,
        "station": f"{rng.choice(LETTERS)}{rng.choice(LETTERS)}-{rng.randrange(11, 99)}",
        "issued": issued.isoformat(),
        "start": start.isoformat(),
        "from": f"{rng.choice((20, 21, 22, 23)):02d}:{rng.choice((0, 15, 30, 45)):02d}",
        "until": f"{rng.choice((4, 5, 6, 7)):02d}:{rng.choice((0, 15, 30, 45)):02d}",
        "shut": shut,
        "open": others,
        "power_kw": single,
        "bay_kva": transformer,
        "phone": f"400-{rng.randrange(100, 999)}-{rng.randrange(1000, 9999)}",
    }


def _notice_zh(p: Params) -> str:
    issued, start = _day(p["issued"], "zh", p["style"]), _day(p["start"], "zh", p["style"])
    if p["layout"] == 0:
        old = f"本通知代替 {p['replaces']} 号通知。\n" if p["replaces"] else ""
        return (
            f"充电站检修通知\n编号：{p['notice']}\n{old}站点代码：{p['station']}\n停用充电桩：{p['shut']} 台（单桩额定功率 {p['power_kw']} kW）；其余 {p['open']} 台照常使用\n"
            f"停用开始：{start} {p['from']}\n恢复使用：次日 {p['until']}\n原因：更换 {p['bay_kva']} kVA 箱变低压开关\n发布日期：{issued}\n咨询电话：{p['phone']}"
        )
    if p["layout"] == 1:
        rows = [
            ("通知号", p["notice"]),
            ("被代替的通知", p["replaces"] or "无"),
            ("发布", issued),
            ("充电站", p["station"]),
            ("在用 / 停用（台）", f"{p['open']} / {p['shut']}"),
            ("每台额定功率", f"{p['power_kw']} kW"),
            ("时段", f"{start} {p['from']} 至次日 {p['until']}"),
            ("作业", f"{p['bay_kva']} kVA 变压器预防性试验"),
            ("联系电话", p["phone"]),
        ]
        return f"计划停运单\n{table(('栏目', '内容'), rows)}"
    old = f"此前发出的 {p['replaces']} 号通知同时作废。" if p["replaces"] else "此前没有就这项作业发过通知。"
    return (
        f"各位车主：因 {p['bay_kva']} kVA 变压器检修，{p['station']} 站将于 {start} {p['from']} 起停用 {p['shut']} 台充电桩（每台 {p['power_kw']} kW），"
        f"次日 {p['until']} 恢复；另外 {p['open']} 台不受影响。{old}本通知编号 {p['notice']}，{issued} 发布，有疑问请拨打 {p['phone']}。"
    )


def _notice_en(p: Params) -> str:
    issued, start = _day(p["issued"], "en", p["style"]), _day(p["start"], "en", p["style"])
    if p["layout"] == 0:
        old = f"This notice replaces {p['replaces']}.\n" if p["replaces"] else ""
        return (
            f"MAINTENANCE AT A CHARGING STATION\nNotice no.: {p['notice']}\n{old}Station code: {p['station']}\nChargers out of service: {p['shut']} (rated {p['power_kw']} kW each); "
            f"the other {p['open']} stay in use\nOut of service from: {start} {p['from']}\nBack in service: next day {p['until']}\n"
            f"Reason: low-voltage switch of the {p['bay_kva']} kVA substation is replaced\nDate of issue: {issued}\nTelephone: {p['phone']}"
        )
    if p["layout"] == 1:
        rows = [
            ("Notice", p["notice"]),
            ("Replaces", p["replaces"] or "none"),
            ("Issued", issued),
            ("Charging station", p["station"]),
            ("In use / shut down (chargers)", f"{p['open']} / {p['shut']}"),
            ("Rated power of each", f"{p['power_kw']} kW"),
            ("Period", f"{start} {p['from']} to {p['until']} the next day"),
            ("Work", f"tests on the {p['bay_kva']} kVA transformer"),
            ("Telephone", p["phone"]),
        ]
        return f"Planned outage sheet\n{table(('Field', 'Content'), rows)}"
    old = f"Our earlier notice {p['replaces']} is withdrawn." if p["replaces"] else "No earlier notice was given of this work."
    return (
        f"Dear drivers, as the {p['bay_kva']} kVA transformer is to be serviced, {p['shut']} chargers of {p['power_kw']} kW each at station {p['station']} will be shut down "
        f"from {start} {p['from']} and return at {p['until']} on the following day; the remaining {p['open']} are not affected. {old} This is notice {p['notice']}, "
        f"issued on {issued}. Questions: {p['phone']}."
    )


NOTICE_KINDS: Mapping[str, Any] = {
    "notice_no": "string",
    "station_code": "string",
    "chargers_shut": "integer",
    "charger_power_kw": "number",
    "start": "string",
    "end": "string",
    "replaces": {"type": ["string", "null"]},
}


def _write_notice(p: Params, language: Language) -> tuple[Content, ...]:
    following = (date.fromisoformat(p["start"]) + timedelta(days=1)).isoformat()
    answer = {
        "notice_no": p["notice"],
        "station_code": p["station"],
        "chargers_shut": p["shut"],
        "charger_power_kw": p["power_kw"],
        "start": f"{p['start']} {p['from']}",
        "end": f"{following} {p['until']}",
        "replaces": p["replaces"],
    }
    if language == "zh":
        told = {
            "context": _notice_zh(p),
            "stem": (
                "从这份充电站停用通知中提取一个 JSON 对象，键为：notice_no（本通知编号，字符串）；station_code（站点代码，字符串）；chargers_shut（停用的充电桩台数，整数）；"
                "charger_power_kw（单台充电桩额定功率，数值，单位 kW）；start（停用开始时刻，YYYY-MM-DD HH:MM，24 小时制）；end（恢复使用时刻，格式同上）；"
                "replaces（被本通知代替或作废的通知编号，字符串；没有则为 null）。"
            ),
            "why": f"停用 {p['shut']} 台，仍在用的 {p['open']} 台不算；“次日”为 {following}；发布日期 {p['issued']} 不是停用日期。",
        }
    else:
        told = {
            "context": _notice_en(p),
            "stem": (
                "Read this notice of a charging station into a JSON object with the keys notice_no (number of this notice, string); station_code (string); chargers_shut (number of "
                "chargers taken out of service, integer); charger_power_kw (rated power of one charger, number, in kW); start (beginning of the outage, YYYY-MM-DD HH:MM, "
                "24-hour clock); end (return to service, same format); replaces (number of the notice that this one replaces or withdraws, string; null if there is none)."
            ),
            "why": f"{p['shut']} chargers are shut, the {p['open']} in use do not count; the next day is {following}; the notice was issued on {p['issued']}, which is not the day of the outage.",
        }
    return _contents(told, answer, NOTICE_KINDS)


GENERATORS = (
    Generator(
        id="GNX1", task="extraction", subarea="records", level="apply", foundation=lambda p: p["layout"] != 2, draw=_draw_certificate, write=_write_certificate,
        source=Source(title="Invented test certificate", kind="made"), draws=6,
    ),
    Generator(
        id="GNX2", task="extraction", subarea="charging", level="apply", foundation=lambda p: p["layout"] == 0, draw=_draw_notice, write=_write_notice,
        source=Source(title="Invented outage notice", kind="made"), draws=6,
    ),
)  # fmt: skip
