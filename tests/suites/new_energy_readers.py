"""How a reader works out the answers of the drawn items of new energy: from the printed text, apart from what drew it."""

import re
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from evalkit.records import Item
from tests.suites.laws import table_rows


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
    degrees = re.search(r"(\d+) [℃°]", item.stem).group(1)
    volts = float(re.search(r"(\d+) mV", item.stem).group(1))
    (column,) = [place for place, name in enumerate(head) if re.fullmatch(rf"{degrees} (℃|°C)", name)]
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


READERS: dict[str, Callable[[Item], object]] = {
    "GNG1": term,
    "GNS1": lot,
    "GNS2": lot,
    "GNT1": power_curve,
    "GNT2": rest_voltage,
}
