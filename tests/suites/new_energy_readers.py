"""How a reader works out the answers of the drawn items of new energy: from the printed text, apart from what drew it."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from evalkit.records import Item
from tests.suites.laws import dates_in, table_rows


def _holds(limit: str, value: Fraction, inclusive: bool) -> bool:
    """Whether `value` keeps a printed limit: "min. 1.0", "max. 2.0" or "1.0 … 2.0"."""
    ends = [Fraction(number) for number in re.findall(r"-?[\d.]*\d", limit)]
    at_least = ends[0] if not limit.startswith("max") else None
    at_most = ends[-1] if not limit.startswith("min") else None
    if inclusive:
        return (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    return (at_least is None or value > at_least) and (at_most is None or value < at_most)


def lot(item: Item) -> object:
    """Every row against the column that the stem names."""
    head = [cell.strip() for cell in next(line for line in item.context.split("\n") if line.startswith("|")).strip("|").split("|")]
    column = head.index(re.search("“(.+?)”", item.stem).group(1))
    inclusive = "等于限值算合格" in item.stem or "equal to a limit passes" in item.stem
    rows = table_rows(item.context)
    failing = [row for row in rows if not _holds(row[column], Fraction(row[-1]), inclusive)]
    if item.form == "json":
        return {"verdict": "fail" if failing else "pass", "failing": [row[0] for row in failing]}
    names = [row[1] for row in failing]
    if item.language == "zh":
        return "不合格：" + "、".join(names) if names else "合格"
    return "fail: " + ", ".join(names) if names else "pass"


def _columns(item: Item) -> tuple[list[str], np.ndarray]:
    head = [cell.strip() for cell in next(line for line in item.context.split("\n") if line.startswith("|")).strip("|").split("|")]
    return head, np.array(table_rows(item.context), dtype=float).T


def _nearest(item: Item, value: float) -> object:
    """The number itself, or the one option within half a digit of it."""
    if item.form == "number":
        return value
    (option,) = [option for option in item.choices if abs(float(option.split()[0]) - value) <= 0.0501]
    return option


def power_curve(item: Item) -> object:
    head, columns = _columns(item)
    density = re.search(r"([\d.]+) kg/m³", item.stem).group(1)
    speed = float(re.search(r"([\d.]+) m/s", item.stem).group(1))
    return _nearest(item, float(np.interp(speed, columns[0], columns[head.index(f"{density} kg/m³")])))


def rest_voltage(item: Item) -> object:
    head, columns = _columns(item)
    kind = re.search(r"([AB]) 型|type ([AB])", item.stem)
    volts = float(re.search(r"(\d+) mV", item.stem).group(1))
    column = head.index(kind.group(0))
    return _nearest(item, float(np.interp(volts, columns[column], columns[0])))


# Chinese of each English term, in the order of the English alphabet.
GLOSSARY = {
    "bifacial module": "双面组件",
    "bipolar plate": "双极板",
    "bypass diode": "旁路二极管",
    "carbon footprint": "碳足迹",
    "battery swapping": "换电",
    "cell balancing": "电池均衡",
    "combiner box": "汇流箱",
    "coulombic efficiency": "库仑效率",
    "cut-in wind speed": "切入风速",
    "doubly fed induction generator": "双馈感应发电机",
    "driving range": "续航里程",
    "earthing": "接地",
    "electroluminescence imaging": "电致发光成像",
    "flow battery": "液流电池",
    "global horizontal irradiance": "水平面总辐照度",
    "green hydrogen": "绿氢",
    "hot spot": "热斑",
    "hydrogen embrittlement": "氢脆",
    "hydrogen refuelling station": "加氢站",
    "islanding": "孤岛",
    "liquid cooling": "液冷",
    "lithium plating": "析锂",
    "live working": "带电作业",
    "locational marginal price": "节点边际电价",
    "lockout-tagout": "上锁挂牌",
    "maximum power point tracking": "最大功率点跟踪",
    "met mast": "测风塔",
    "microcrack": "隐裂",
    "nacelle": "机舱",
    "nameplate": "铭牌",
    "on-board charger": "车载充电机",
    "performance ratio": "性能比",
    "pitch system": "变桨系统",
    "potential-induced degradation": "电势诱导衰减",
    "power conversion system": "储能变流器",
    "power purchase agreement": "购电协议",
    "primary frequency response": "一次调频",
    "proton exchange membrane": "质子交换膜",
    "pumped storage": "抽水蓄能",
    "regenerative braking": "再生制动",
    "residual current device": "剩余电流保护器",
    "round-trip efficiency": "往返效率",
    "self-discharge": "自放电",
    "separator": "隔膜",
    "short-circuit ratio": "短路比",
    "single-line diagram": "单线图",
    "soiling loss": "积灰损失",
    "solid electrolyte interphase": "固体电解质界面膜",
    "spinning reserve": "旋转备用",
    "spot market": "现货市场",
    "state of charge": "荷电状态",
    "string": "组串",
    "tip-speed ratio": "叶尖速比",
    "turbulence intensity": "湍流强度",
    "type test": "型式试验",
    "vehicle-to-grid": "车网互动",
    "virtual power plant": "虚拟电厂",
    "yaw error": "偏航误差",
}


def term(item: Item) -> object:
    """The quoted term looked up in the glossary; of the options, the one that it gives."""
    asked = re.search("“(.+?)”", item.stem).group(1)
    found = GLOSSARY[asked] if item.language == "en" else {zh: en for en, zh in GLOSSARY.items()}[asked]
    return found if item.form == "text" else next(option for option in item.choices if option == found)


DAY = r"(\d{4}-\d\d-\d\d|\d{4}年\d+月\d+日|\d{4}/\d+/\d+|\d+ [A-Z][a-z]+ \d{4}|[A-Z][a-z]+ \d+, \d{4})"


def _iso(words: str) -> str:
    """A date in any of the ways in which documents write it."""
    turned = re.sub(r"^([A-Z][a-z]+) (\d+), (\d{4})$", r"\2 \1 \3", words)
    (found,) = dates_in(turned)
    return found


def _first(text: str, *patterns: str) -> str:
    """What the first pattern that occurs in `text` has in its group."""
    return next(found.group(1) for found in (re.search(pattern, text) for pattern in patterns) if found)


def certificate(item: Item) -> object:
    text = item.context
    verdict = _first(text, r"检验结论：(\S+)", r"批次判定 \| (\S+)", r"整批判为(不?合格)", r"Verdict: (\w+)", r"\| Lot \| (\w+)", r"The lot (\w+);")
    power = (r"抽测平均功率：([\d.]+) W", r"实测均值（W） \| [\d.]+ / ([\d.]+)", r"平均功率 ([\d.]+) W", r"Mean power of those tested: ([\d.]+)")
    volts = (r"开路电压(?:均值)?[：\s]\s*([\d.]+) V", r"Vmp / Voc.*? \| [\d.]+ / ([\d.]+)", r"open-circuit voltage:? ([\d.]+) V")
    lot = (r"本批数量：(\d+)", r"\| \d+ / (\d+) \|", r"该批共 (\d+) 块", r"Lot size: (\d+)", r"Of the (\d+) modules")
    tested = (rf"测试日期：{DAY}", rf"测试完成 \| {DAY}", rf"实验室于 {DAY}", rf"Date of test: {DAY}", rf"Test finished \| {DAY}", rf"tested \d+ on {DAY}")
    return {
        "certificate_no": _first(text, r"(TC-\d+-\d+)"),
        "model": _first(text, r"\b([A-Z]{2}-\d{3}[NMH])\b"),
        "lot_size": int(_first(text, *lot)),
        "mean_power_w": float(_first(text, *power, r"measured \(W\) \| [\d.]+ / ([\d.]+)", r"mean power is ([\d.]+) W")),
        "mean_voc_v": float(_first(text, *volts)),
        "tested_on": _iso(_first(text, *tested)),
        "verdict": "pass" if verdict in ("合格", "passed") else "fail",
    }


def notice(item: Item) -> object:
    text = item.context
    start = re.search(rf"(?:停用开始：|时段 \| |将于 |Out of service from: |Period \| |shut down from ){DAY} (\d\d:\d\d)", text)
    until = _first(text, r"次日 (\d\d:\d\d)", r"next day (\d\d:\d\d)", r"to (\d\d:\d\d) the next day", r"at (\d\d:\d\d) on the following day")
    number = _first(text, r"编号：(CD\S+)", r"通知号 \| (CD\S+)", r"本通知编号 (CD-\d+-\d+)", r"Notice no\.: (CD\S+)", r"\| Notice \| (CD\S+)", r"This is notice (CD-\d+-\d+)")
    others = set(re.findall(r"CD-\d+-\d+", text)) - {number}
    shut = (r"停用充电桩：(\d+)", r"\d+ / (\d+) \|", r"停用 (\d+) 台", r"out of service: (\d+)", r"(\d+) chargers of")
    power = (r"单桩额定功率 (\d+) kW", r"\| (\d+) kW \|", r"每台 (\d+) kW", r"rated (\d+) kW each", r"chargers of (\d+) kW")
    day = date.fromisoformat(_iso(start.group(1)))
    return {
        "notice_no": number,
        "station_code": _first(text, r"\b([A-Z]{2}-\d{2})\b(?!-)"),
        "chargers_shut": int(_first(text, *shut)),
        "charger_power_kw": int(_first(text, *power)),
        "start": f"{day} {start.group(2)}",
        "end": f"{day + timedelta(days=1)} {until}",
        "replaces": others.pop() if others else None,
    }


def _in_span(ratio: float, span: str) -> bool:
    if span in ("不限", "any"):
        return True
    ends = [float(number) for number in re.findall(r"[\d.]+", span)]
    return ratio > ends[0] if span.startswith(">") else ratio < ends[0] if span.startswith("<") else ends[0] < ratio < ends[1]


def oil_gases(item: Item) -> object:
    """Ratios of the printed gases against every row; one row holds all three."""
    gas = {name: Fraction(value) for name, value in re.findall(r"(H2|CH4|C2H6|C2H4|C2H2) (\d+)(?=[；;]|$)", item.context)}
    head, *_ = [line.strip("| ").split(" | ") for line in item.context.split("\n") if line.startswith("|")]
    ratios = [gas[name.split("/")[0]] / gas[name.split("/")[1]] for name in head[1:4]]
    (code,) = [row[0] for row in table_rows(item.context) if all(_in_span(float(r), span) for r, span in zip(ratios, row[1:4], strict=True))]
    return next(option for option in item.choices if option.startswith(code))


def odd_cell(item: Item) -> object:
    """The printed rules, tried one after another on the differences from the median; one holds."""
    rows = table_rows(item.context)
    before, started, emptied, filled, rested, aged = (int(row[1]) - int(row[2]) for row in rows)
    everywhere = (before, started, emptied, filled, rested, aged)

    def alike(*differences: int) -> bool:
        return all(abs(difference) <= 5 for difference in differences)

    holds = {
        ("容量偏低", "low capacity"): alike(before, rested, aged, started - before) and emptied < -100 and filled > 50,
        ("内阻偏大", "high internal resistance"): alike(before, rested, aged) and before - started > 20,
        ("自放电过大", "high self-discharge"): alike(before, started, emptied, filled) and rested - aged > 20,
        ("电压采样有偏差", "offset of the voltage sensing"): min(map(abs, everywhere)) > 20 and max(everywhere) - min(everywhere) <= 5,
    }
    (found,) = [names for names, held in holds.items() if held]
    return found[0 if item.language == "zh" else 1]


def printed_rules(item: Item) -> object:
    """Pairs (first, then) of the printed list."""
    if item.language == "zh":
        return frozenset((first, then) for then, first in re.findall("^- “(.+?)”须在“(.+?)”之后$", item.stem, re.MULTILINE))
    return frozenset((first, then) for then, first in re.findall("^- “(.+?)” only after “(.+?)”$", item.stem, re.MULTILINE))


# What an entry says, in the order in which it is looked for, and the class that it means: a disaster before all, begun work before its cause.
SAYS = (
    ("地震|洪水|山火|泥石流|earthquake|flood|wildfire|mudslide", "不可抗力", "force majeure"),
    ("做到一半|开工后|正在进行的|途中|half-way|had begun|under way|during the repair", "作业中断", "suspended work"),
    ("计划|as approved|by the weekly plan|annual plan|maintenance plan", "计划检修", "planned maintenance"),
    ("调度|主管部门|业主|dispatcher|authority|owner", "外部要求", "outside request"),
    ("失压|电网|母线|grid|busbar", "电网超限", "grid out of range"),
    ("仍在发电|继续运行|并网发电|继续发电|generat(es|ing)|continues to run", "降额运行", "degraded running"),
    ("切出|切入|气温|结冰|cut-out|cut-in|colder|ice on", "环境超限", "environment out of range"),
    ("过流|超温|损坏|安全链|overcurrent|overheating|broke|safety chain", "故障停机", "forced outage"),
)


def log_entry(item: Item) -> object:
    entry = item.stem.split("\n")[0].lower()
    zh, en = next((zh, en) for words, zh, en in SAYS if re.search(words, entry))
    return zh if item.language == "zh" else en


READERS: dict[str, Callable[[Item], object]] = {
    "GNF1": oil_gases,
    "GNF2": odd_cell,
    "GNG1": term,
    "GNL1": log_entry,
    "GNP1": printed_rules,
    "GNS1": lot,
    "GNS2": lot,
    "GNX1": certificate,
    "GNX2": notice,
    "GNT1": power_curve,
    "GNT2": rest_voltage,
}
