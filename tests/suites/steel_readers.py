"""How a reader works out the answers of the drawn steel items, from stem, context and options alone.

Nothing here knows a generator's parameters, tables or golds: limits, logs and documents are read off the printed text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from evalkit.records import Item

Table = list[list[str]]


def tables(context: str) -> list[Table]:
    """The Markdown tables of a text, each with its head as first row, rules left out."""
    found: list[Table] = [[]]
    for line in context.split("\n"):
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not set("".join(cells)) <= set("-"):
                found[-1].append(cells)
        elif found[-1]:
            found.append([])
    return [each for each in found if each]


def _verdict(item: Item, keys: Sequence[str]) -> object:
    if item.form == "json":
        return {"verdict": "fail" if keys else "pass", "failing": list(keys)}
    if item.language == "zh":
        return "不合格：" + "、".join(keys) if keys else "合格"
    return "Fail: " + ", ".join(keys) if keys else "Pass"


def read_lot(item: Item) -> object:
    limits, lot = tables(item.context)
    grade = re.search(r"按 (\S+) (?:订货|采购)|(?:ordered|bought) as (\S+)\.", item.context)
    (row,) = [row for row in limits[1:] if row[0] in grade.groups()]
    accepted = "判为合格" in item.context or "is accepted" in item.context
    keys = []
    for head, limit, key, value in zip(limits[0][1:], row[1:], lot[0], lot[1], strict=True):
        name, side = head.split()
        assert name == key
        over = Fraction(value) - Fraction(limit) if side == "≤" else Fraction(limit) - Fraction(value)
        if over > 0 or (over == 0 and not accepted):
            keys.append(key)
    return _verdict(item, keys)


def read_stack(item: Item) -> object:
    limits, measured = tables(item.context)
    name = re.search(r"\n(.+?)排口实测|Measured at the (.+?) stack", item.context)
    (row,) = [row for row in limits[1:] if row[0] in name.groups()]
    dilution = (21 - Fraction(measured[1][-1])) / (21 - Fraction(row[-1]))
    keys = [key for key, value, limit in zip(measured[0][:-1], measured[1], row[1:-1], strict=False) if Fraction(value) > Fraction(limit) * dilution]
    return _verdict(item, keys)


def _number(item: Item, value: float) -> object:
    """The value itself, or the option that prints it: the nearest one, which must be no farther than rounding."""
    if item.form == "number":
        return value
    nearest = min(item.choices, key=lambda option: abs(float(option.split()[0]) - value))
    digits = len(nearest.split()[0].partition(".")[2])
    assert abs(float(nearest.split()[0]) - value) <= 0.51 * 10**-digits
    return nearest


def read_curve(item: Item) -> object:
    (rows,) = tables(item.context)
    xs = [float(row[0]) for row in rows[1:]]
    (column,) = [place for place, name in enumerate(rows[0]) if place and re.search(rf"(?<!\d){re.escape(name)}", item.stem, re.IGNORECASE)]
    (x,) = re.findall(r"(?:在炉|温度|在|and|at|after) (\d+) (?:℃ 回火|℃ 时|min 时|°C, in|°C for|min, in)", item.stem)
    return _number(item, float(np.interp(float(x), xs, [float(row[column]) for row in rows[1:]])))


def _column(rows: Table, *words: str) -> list[str]:
    (place,) = [place for place, head in enumerate(rows[0]) if any(head.startswith(word) for word in words)]
    return [row[place] for row in rows[1:]]


def read_log(item: Item) -> object:
    (rows,) = tables(item.context)
    span = re.search(r"第 (\d) 次铁至第 (\d) 次铁|taps (\d) to (\d)", item.stem)
    grade = re.search(r"钢种 (\w) 各炉|heats of grade (\w)", item.stem)
    if span:
        first, last = (int(end) for end in span.groups() if end)
        chosen = [first <= int(tap) <= last for tap in _column(rows, "铁次", "Tap")]
        above, below = _column(rows, "煤粉", "Coal"), _column(rows, "铁水", "Hot metal")
    elif grade:
        chosen = [name in grade.groups() for name in _column(rows, "钢种", "Grade")]
        above, below = _column(rows, "电弧炉", "Arc"), _column(rows, "钢水", "Steel")
    else:
        values = np.array([float(cell) for cell in _column(rows, "过热度", "Superheat")])
        factor = float(re.search(r"(\d\.\d+) ×", item.stem).group(1))
        return _number(item, float(values.mean() + factor * np.abs(np.diff(values)).mean()))
    ratio = np.dot(chosen, np.array(above, float)) / np.dot(chosen, np.array(below, float))
    return _number(item, float(ratio * (1000 if "kg" in item.stem else 1)))


# A second glossary, typed in from the other language and in the order of the alphabet.
GLOSSARY = """
annealing 退火, argon stirring 吹氩, austenite 奥氏体
backup roll 支承辊, bag filter 布袋除尘器, bill of lading 提单, blast furnace gas 高炉煤气, blending yard 混匀料场, blind plate 盲板, bosh 炉腹, bulging 鼓肚
calcium treatment 钙处理, carbon equivalent 碳当量, carburising 渗碳, centre segregation 中心偏析, coiler 卷取机, coke 焦炭, coke dry quenching 干熄焦
coke oven gas 焦炉煤气, commercial invoice 商业发票, condition of delivery 交货状态, confined space 受限空间, converter 转炉
deoxidiser 脱氧剂, descaling 除鳞, dummy bar 引锭杆
edge crack 边裂, electric arc furnace 电弧炉, electrostatic precipitator 电除尘器, elongation after fracture 断后伸长率, end-point control 终点控制
flue gas desulphurisation 烟气脱硫, flux 熔剂, flying shear 飞剪, forward slip 前滑, furnace lining 炉衬
gas holder 煤气柜, gas poisoning 煤气中毒, gross weight 毛重
hardenability 淬透性, hardness 硬度, hearth 炉缸, heat number 炉号, hot blast stove 热风炉, hot metal pretreatment 铁水预处理, hot work 动火作业
impact energy 冲击吸收能量, inclusion 夹杂物, iron ore concentrate 铁精矿
ladle 钢包, ladle furnace 钢包精炼炉, lamination 分层, lap 折叠, letter of credit 信用证, lockout/tagout 挂牌上锁, lump ore 块矿
martensite 马氏体, mill certificate 质量证明书, mould 结晶器
net weight 净重, normalising 正火
oxygen lance 氧枪
packing list 装箱单, pearlite 珠光体, pellets 球团矿, pickling 酸洗, pulverised coal injection 喷煤
quenching 淬火
reduction of area 断面收缩率, retained austenite 残余奥氏体, return fines 返矿, roll mark 辊印, rolled-in scale 氧化铁皮压入, rolling force 轧制力
scab 结疤, scrap 废钢, scratch 划伤, secondary cooling 二次冷却, self-contained breathing apparatus 空气呼吸器, skimmer 撇渣器, skin-pass rolling 平整
slag splashing 溅渣护炉, slopping 喷溅, soft reduction 轻压下, spread 宽展, stock line 料线, stopper rod 塞棒, submerged entry nozzle 浸入式水口
taphole 出铁口, tensile strength 抗拉强度, throat 炉喉, tundish 中间包, tuyere 风口
vacuum degassing 真空脱气, volatile matter 挥发分
waste heat recovery 余热回收, water seal 水封, wire feeding 喂线, work roll 工作辊
yield strength 屈服强度
"""
CHINESE = {english: chinese for english, chinese in re.findall(r"([A-Za-z][A-Za-z /-]*) ([一-鿿]+)", GLOSSARY)}
ENGLISH = {chinese: english for english, chinese in CHINESE.items()}


def read_term(item: Item) -> object:
    if item.language == "zh":
        found = ENGLISH[re.search("“(.+?)”", item.stem).group(1)]
    else:
        found = CHINESE[re.search("'(.+?)'", item.stem).group(1)]
    assert item.form == "text" or item.choices.count(found) == 1
    return found


READERS: Mapping[str, Callable[[Item], object]] = {
    "GSS1": read_lot,
    "GSS2": read_stack,
    "GSG1": read_term,
    "GST1": read_curve,
    "GST2": read_log,
}
