"""Documents of electronics to JSON: an extract of a data sheet, and a report on parts that a customer sent back."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params

INVENTED = Source(title="Document invented for this item", kind="made")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def _date(rng: random.Random, year: int) -> str:
    return f"{year}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _written_date(date: str, language: Language, style: int) -> str:
    """A date as documents write it; style 0 is numeric, 1 spelt out."""
    year, month, day = (int(part) for part in date.split("-"))
    if style == 0:
        return f"{year}/{month}/{day}" if language == "zh" else date
    return f"{year}年{month}月{day}日" if language == "zh" else f"{day} {MONTHS[month - 1]} {year}"


def _schema(kinds: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: {"type": kind} for key, kind in kinds.items()},
        "required": list(kinds),
    }


# Data sheet of a linear regulator ------------------------------------------------------------------------------------

SHEET: Mapping[str, str] = {
    "part": "string",
    "package": "string",
    "input_max_v": "number",
    "output_v": "number",
    "current_max_ma": "number",
    "quiescent_typ_ua": "number",
    "revised": "string",
}
# Package > largest current in A that it is offered for: small ones cannot shed more heat.
PACKAGES: Mapping[str, float] = {"SC-70-5": 0.15, "SOT-23-5": 0.25, "SOT-89-3": 0.35, "DFN-8": 0.45, "SOT-223": 0.8, "TO-252-3": 0.8}
SHEET_STEM: Mapping[Language, str] = {
    "zh": "从数据手册节选中提取为 JSON，数值写成数字。键如下：\n- part：型号\n- package：封装\n- input_max_v：推荐工作条件下输入电压的上限，V\n- output_v：输出电压典型值，V\n- current_max_ma：最大输出电流，mA\n- quiescent_typ_ua：静态电流典型值，µA\n- revised：本版发布日期，YYYY-MM-DD",
    "en": "Extract a JSON object from the data sheet; write numbers as numbers. Its keys:\n- part: type number\n- package: the package\n- input_max_v: upper end of the recommended input voltage, V\n- output_v: typical output voltage, V\n- current_max_ma: largest output current, mA\n- quiescent_typ_ua: typical quiescent current, µA\n- revised: date of this revision, YYYY-MM-DD",
}


def _draw_sheet(rng: random.Random) -> Params:
    low, output, high = rng.choice(((1.77, 1.8, 1.83), (2.46, 2.5, 2.54), (2.75, 2.8, 2.85), (3.25, 3.3, 3.35)))
    top = rng.choice([volts for volts in (3.6, 5.5, 6.5, 13.5, 18.5) if volts >= output + 1])
    quiet, amperes = rng.randint(11, 85), rng.choice((0.15, 0.25, 0.35, 0.45, 0.6, 0.8))
    year = rng.randint(2023, 2025)
    return {
        "layout": rng.randrange(3),
        "part": "".join(rng.sample(LETTERS, 2)) + str(rng.randint(1100, 9899)) + rng.choice(("A", "B", "E", "Q")),
        "package": rng.choice([case for case, most in PACKAGES.items() if amperes <= most]),
        "bottom": round(output + rng.choice((0.4, 0.5)), 1) if top < 10 else rng.choice((4.2, 4.5)),
        "top": top,
        "absolute": round(top + rng.choice((0.5, 1.0, 1.5)), 1),
        "output": [low, output, high],
        "amperes": amperes,
        "quiet": [quiet, quiet + rng.randint(8, 40)],
        "dropout": [rng.randrange(120, 240, 10), rng.randrange(260, 390, 10)],
        "revised": _date(rng, year),
        "before": _date(rng, year - rng.randint(1, 2)),
        "revision": rng.choice("BCDE"),
    }


def _sheet_answer(p: Params) -> dict[str, Any]:
    return {
        "part": p["part"],
        "package": p["package"],
        "input_max_v": p["top"],
        "output_v": p["output"][1],
        "current_max_ma": round(p["amperes"] * 1000),
        "quiescent_typ_ua": p["quiet"][0],
        "revised": p["revised"],
    }


def _sheet_as_table(p: Params, language: Language) -> str:
    date, before = (_written_date(p[key], language, 0) for key in ("revised", "before"))
    milli = round(p["amperes"] * 1000)
    if language == "zh":
        rows = [
            ("输出电压", "负载 1 mA", *p["output"], "V"),
            ("压差", f"负载 {milli} mA", "-", *p["dropout"], "mV"),
            ("静态电流", "空载", "-", *p["quiet"], "µA"),
            ("输出电流", "-", "-", "-", milli, "mA"),
        ]
        grid = table(("参数", "条件", "最小", "典型", "最大", "单位"), rows)
        return f"{p['part']} 低压差线性稳压器　数据手册节选（虚构）\n版本 {p['revision']}，{date}（上一版 {before}）\n封装：{p['package']}\n极限参数：输入电压 {p['absolute']} V\n推荐工作条件：输入电压 {p['bottom']} V～{p['top']} V\n电气特性（25 °C）\n\n{grid}"
    rows = [
        ("Output voltage", "load 1 mA", *p["output"], "V"),
        ("Dropout voltage", f"load {milli} mA", "-", *p["dropout"], "mV"),
        ("Quiescent current", "no load", "-", *p["quiet"], "µA"),
        ("Output current", "-", "-", "-", milli, "mA"),
    ]
    grid = table(("Parameter", "Condition", "Min", "Typ", "Max", "Unit"), rows)
    return f"{p['part']} low-dropout linear regulator, extract of the data sheet (invented)\nRevision {p['revision']}, {date} (previous: {before})\nPackage: {p['package']}\nAbsolute maximum rating: input voltage {p['absolute']} V\nRecommended operating conditions: input voltage {p['bottom']} V to {p['top']} V\nElectrical characteristics at 25 °C\n\n{grid}"


def _sheet_as_prose(p: Params, language: Language) -> str:
    date, before = (_written_date(p[key], language, 1) for key in ("revised", "before"))
    low, output, high = p["output"]
    if language == "zh":
        return (
            f"产品说明（虚构）。{p['part']} 是一款采用 {p['package']} 封装的低压差稳压器，典型输出 {output} V（{low} V～{high} V），最大输出电流 {p['amperes']} A。"
            f"输入电压任何时候不得超过 {p['absolute']} V；推荐在 {p['bottom']} V 至 {p['top']} V 之间使用。满载时压差典型 {p['dropout'][0]} mV，最大 {p['dropout'][1]} mV。"
            f"空载时自身消耗的静态电流典型 {p['quiet'][0]} µA，最大 {p['quiet'][1]} µA。\n本文件为 {p['revision']} 版，{date}发布，取代 {before}的旧版。"
        )
    return (
        f"Product note (invented). The {p['part']} is a low-dropout regulator in package {p['package']}; it delivers {output} V typically ({low} V to {high} V) at up to {p['amperes']} A. "
        f"The input must never exceed {p['absolute']} V; it is recommended to stay between {p['bottom']} V and {p['top']} V. At full load the dropout is {p['dropout'][0]} mV typically and {p['dropout'][1]} mV at most. "
        f"Without load the regulator itself draws a quiescent current of {p['quiet'][0]} µA typically, {p['quiet'][1]} µA at most.\nThis is revision {p['revision']}, issued on {date}; it replaces the one of {before}."
    )


def _sheet_as_list(p: Params, language: Language) -> str:
    date, before = (_written_date(p[key], language, 1) for key in ("revised", "before"))
    milli = round(p["amperes"] * 1000)
    if language == "zh":
        lines = [
            f"== {p['part']} 选型资料（虚构）==",
            f"修订记录：{before} 初版；{date} {p['revision']} 版（当前）",
            f"静态电流：{p['quiet'][0]} µA（典型），{p['quiet'][1]} µA（最大）",
            f"输出电流：最大 {milli} mA；短路限流约 {round(milli * 1.4)} mA",
            f"输出电压：{p['output'][1]} V（典型）",
            f"输入电压：推荐 {p['bottom']} V～{p['top']} V；极限 {p['absolute']} V",
            f"外形：{p['package']}，编带每盘 3000 只",
        ]
    else:
        lines = [
            f"== {p['part']} selection sheet (invented) ==",
            f"History: {before} first issue; {date} revision {p['revision']} (current)",
            f"Quiescent current: {p['quiet'][0]} µA (typ), {p['quiet'][1]} µA (max)",
            f"Output current: {milli} mA max; short-circuit limit about {round(milli * 1.4)} mA",
            f"Output voltage: {p['output'][1]} V (typ)",
            f"Input voltage: recommended {p['bottom']} V to {p['top']} V; absolute limit {p['absolute']} V",
            f"Outline: {p['package']}, reels of 3000",
        ]
    return "\n".join(lines)


def _write_sheet(p: Params, language: Language) -> Sequence[Content]:
    document = (_sheet_as_table, _sheet_as_prose, _sheet_as_list)[p["layout"]](p, language)
    explanation = (
        f"输入上限取推荐条件 {p['top']} V，而非极限值 {p['absolute']} V；静态电流取典型值；日期取本版 {p['revised']}。"
        if language == "zh"
        else f"The input limit is the recommended {p['top']} V, not the absolute {p['absolute']} V; the quiescent current is the typical one, the date that of this revision, {p['revised']}."
    )
    answer = _sheet_answer(p)
    return (Content(form="json", stem=SHEET_STEM[language], context=document, answer=answer, schema=_schema(SHEET), explanation=explanation),)


GEX1 = Generator(
    id="GEX1",
    task="extraction",
    subarea="trade_documents",
    level="apply",
    foundation=lambda p: p["layout"] != 1,  # all but the prose
    draw=_draw_sheet,
    write=_write_sheet,
    source=INVENTED,
    draws=6,
)

# Returned parts ----------------------------------------------------------------------------------------------------------

RETURN: Mapping[str, str] = {
    "rma_no": "string",
    "part": "string",
    "lot_no": "string",
    "received": "string",
    "returned_qty": "integer",
    "confirmed_qty": "integer",
    "replaced": "boolean",
}
RETURN_STEM: Mapping[Language, str] = {
    "zh": "从退货分析材料中提取为 JSON，数量写成数字。键如下：\n- rma_no：退货单号，含前缀\n- part：退回的型号\n- lot_no：退回品的生产批号\n- received：收到退货的日期，YYYY-MM-DD\n- returned_qty：实际退回数，只\n- confirmed_qty：分析后确认失效的数量，只\n- replaced：是否免费补货，true 或 false",
    "en": "Extract a JSON object from the analysis of returned parts; write quantities as numbers. Its keys:\n- rma_no: number of the return, with its prefix\n- part: type sent back\n- lot_no: production lot of the parts sent back\n- received: day on which the parts arrived, YYYY-MM-DD\n- returned_qty: pieces that actually came back\n- confirmed_qty: pieces found to be failed on analysis\n- replaced: true if they are replaced free of charge, else false",
}


def _draw_return(rng: random.Random) -> Params:
    year, month = 2025, rng.randint(2, 10)
    complaint = rng.randint(1, 5)
    arrival = complaint + rng.randint(3, 8)
    days = (complaint, arrival, arrival + rng.randint(5, 14))  # parcels travel, and an analysis takes days
    returned = rng.randint(14, 60)
    return {
        "layout": rng.randrange(3),
        "rma": f"RMA-{rng.randint(2200, 8900)}",
        "order": f"PO-{rng.randint(31000, 78000)}",
        "part": "".join(rng.sample(LETTERS, 2)) + str(rng.randint(210, 980)) + rng.choice(("-TR", "-A2", "-K", "-Q1")),
        "lot": f"{rng.choice(LETTERS)}{rng.randint(2410, 2440)}-{rng.randint(11, 99)}",
        "other_lot": f"{rng.choice(LETTERS)}{rng.randint(2410, 2440)}-{rng.randint(11, 99)}",
        "shipped": rng.randrange(3000, 24000, 500),
        "announced": returned + rng.randint(2, 9),
        "returned": returned,
        "confirmed": rng.randint(returned // 3, returned - 3),
        "replaced": rng.random() < 0.5,
        "delivered": f"{year - 1}-{rng.randint(11, 12)}-{rng.randint(1, 28):02d}",
        "dates": [f"{year}-{month:02d}-{day:02d}" for day in days],  # complaint, arrival, report
    }


def _return_answer(p: Params) -> dict[str, Any]:
    return {
        "rma_no": p["rma"],
        "part": p["part"],
        "lot_no": p["lot"],
        "received": p["dates"][1],
        "returned_qty": p["returned"],
        "confirmed_qty": p["confirmed"],
        "replaced": p["replaced"],
    }


def _return_form(p: Params, language: Language) -> str:
    complaint, arrival, report = (_written_date(date, language, 0) for date in p["dates"])
    good = p["returned"] - p["confirmed"]
    if language == "zh":
        verdict = "属本公司责任，免费补货" if p["replaced"] else "属使用不当，不予补货"
        return (
            f"退货分析单（虚构）\n单号：{p['rma']}　客户订单：{p['order']}\n型号：{p['part']}　批号：{p['lot']}（对比良品批：{p['other_lot']}）\n该批发货数：{p['shipped']} 只\n"
            f"投诉日期：{complaint}　收货日期：{arrival}　报告日期：{report}\n客户申报：{p['announced']} 只　实收：{p['returned']} 只\n复测结果：失效 {p['confirmed']} 只，合格 {good} 只\n处理意见：{verdict}"
        )
    verdict = "our responsibility, replaced free of charge" if p["replaced"] else "wrong use by the customer, no replacement"
    return (
        f"Return analysis form (invented)\nReturn no.: {p['rma']}   Customer order: {p['order']}\nType: {p['part']}   Lot: {p['lot']} (good lot for comparison: {p['other_lot']})\nShipped from this lot: {p['shipped']} pcs\n"
        f"Complaint: {complaint}   Arrival: {arrival}   Report: {report}\nAnnounced by the customer: {p['announced']} pcs   Counted on arrival: {p['returned']} pcs\nRetest: {p['confirmed']} pcs failed, {good} pcs good\nDecision: {verdict}"
    )


def _return_letter(p: Params, language: Language) -> str:
    complaint, arrival, report = (_written_date(date, language, 1) for date in p["dates"])
    delivered = _written_date(p["delivered"], language, 1)
    if language == "zh":
        verdict = "我们将免费补发同等数量的新品。" if p["replaced"] else "失效由超出额定值的过压造成，因此恕不补货。"
        return (
            f"致客户质量部（虚构信函，{report}）：\n贵司{complaint}来函称，{delivered}交付的 {p['shipped']} 只 {p['part']} 中有 {p['announced']} 只异常（订单 {p['order']}）。"
            f"退货于{arrival}送达，清点为 {p['returned']} 只，均出自批号 {p['lot']}，我司以 {p['rma']} 立案。"
            f"经复测和开封检查，{p['confirmed']} 只确认失效，其余工作正常；同期批号 {p['other_lot']} 未见异常。{verdict}"
        )
    verdict = "We will replace the same quantity free of charge." if p["replaced"] else "The failures stem from voltage above the ratings; we therefore cannot replace the parts."
    return (
        f"To the customer's quality department (invented letter, {report}):\nOn {complaint} you wrote that {p['announced']} of the {p['shipped']} pieces of {p['part']} delivered on {delivered} are faulty (order {p['order']}). "
        f"The parcel reached us on {arrival}; we counted {p['returned']} pieces, all from lot {p['lot']}, and opened case {p['rma']}. "
        f"After retest and opening of the packages {p['confirmed']} pieces are confirmed as failed, the others work; lot {p['other_lot']} of the same period shows nothing. {verdict}"
    )


def _return_log(p: Params, language: Language) -> str:
    complaint, arrival, report = (_written_date(date, language, 0) for date in p["dates"])
    if language == "zh":
        verdict = "结案：免费补货" if p["replaced"] else "结案：不补货，附使用建议"
        lines = [
            f"案卷 {p['rma']} 流水（虚构）",
            f"{complaint} 客户来电，订单 {p['order']}，称约 {p['announced']} 只 {p['part']} 不工作",
            f"{arrival} 仓库收到退货，数量 {p['returned']} 只，标签批号 {p['lot']}，发货记录该批 {p['shipped']} 只",
            f"{report} 失效分析完成：确认失效 {p['confirmed']} 只；留样批 {p['other_lot']} 正常",
            f"{report} {verdict}",
        ]
    else:
        verdict = "closed: replaced free of charge" if p["replaced"] else "closed: not replaced, advice on use attached"
        lines = [
            f"Log of case {p['rma']} (invented)",
            f"{complaint} customer calls, order {p['order']}, says about {p['announced']} pieces of {p['part']} do not work",
            f"{arrival} parcel arrives at the store, quantity {p['returned']}, lot on the label {p['lot']}, shipped from that lot {p['shipped']}",
            f"{report} failure analysis done: failed {p['confirmed']}; retained lot {p['other_lot']} in order",
            f"{report} {verdict}",
        ]
    return "\n".join(lines)


def _write_return(p: Params, language: Language) -> Sequence[Content]:
    document = (_return_form, _return_letter, _return_log)[p["layout"]](p, language)
    explanation = (
        f"退回数是清点的 {p['returned']} 只，不是申报的 {p['announced']} 只；收到日期 {p['dates'][1]} 不同于投诉和报告日期；批号 {p['other_lot']} 只作对比。"
        if language == "zh"
        else f"What came back is the {p['returned']} counted, not the {p['announced']} announced; the parts arrived on {p['dates'][1]}, which is neither the complaint nor the report; lot {p['other_lot']} is only for comparison."
    )
    answer = _return_answer(p)
    return (
        Content(form="json", stem=RETURN_STEM[language], context=document, answer=answer, schema=_schema(RETURN), explanation=explanation),
    )


GEX2 = Generator(
    id="GEX2",
    task="extraction",
    subarea="reliability",
    level="apply",
    foundation=lambda p: p["layout"] == 0,
    draw=_draw_return,
    write=_write_return,
    source=INVENTED,
    draws=6,
)

GENERATORS = (GEX1, GEX2)
