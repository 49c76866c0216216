"""How a reader works out the drawn items of electronics from what is printed: tables, documents, logs, rules, a glossary.

Nothing here looks at a generator: texts are parsed, and what was parsed is judged anew.
"""

import re
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from evalkit.records import Item
from tests.suites.laws import dates_in


def _tables(context: str) -> list[list[list[str]]]:
    """The Markdown tables of a text, each as rows of cells, its headings first."""
    found: list[list[list[str]]] = []
    before = ""
    for line in context.split("\n"):
        if line.startswith("|"):
            if not before.startswith("|"):
                found.append([])
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not set("".join(cells)) <= {"-"}:
                found[-1].append(cells)
        before = line
    return found


def _inclusive(item: Item) -> bool:
    accepted = "等于限值判为合格" in item.stem or "equal to its limit is acceptable" in item.stem
    refused = "等于限值判为不合格" in item.stem or "equal to its limit is not acceptable" in item.stem
    assert accepted != refused
    return accepted


def _as_asked(item: Item, failing: list[tuple[str, str]]) -> object:
    """The verdict in the item's form; `failing` has (key, name) of each clause."""
    if item.form == "json":
        return {"verdict": "fail" if failing else "pass", "failing": [key for key, _ in failing]}
    names = [name for _, name in failing]
    if item.language == "zh":
        return "不合格：" + "、".join(names) if names else "合格"
    return "fail: " + ", ".join(names) if names else "pass"


def _substances(item: Item) -> object:
    limits, report = _tables(item.context)
    kind = re.search(r"材料类别：(.+?)，|kind: (.+?), in", item.context)
    assert kind is not None
    wanted = kind.group(1) or kind.group(2)
    (column,) = [place for place, name in enumerate(limits[0]) if name.startswith(wanted)]
    measured = {name: Fraction(value) / 10_000 for name, value in report[1:]}  # mg/kg to per cent
    fails = (lambda value, limit: value > limit) if _inclusive(item) else (lambda value, limit: value >= limit)
    return _as_asked(item, [(row[0], row[1]) for row in limits[1:] if fails(measured[row[1]], Fraction(row[column]))])


def _profile(item: Item) -> object:
    limits, run = _tables(item.context)
    paste = re.search(r"本板使用焊膏 ([AB])|board uses paste ([AB])", item.context)
    assert paste is not None
    letter = paste.group(1) or paste.group(2)
    low, high = (place for place, name in enumerate(limits[0]) if re.search(rf"(焊膏|paste) {letter} ", name))
    readings = {row[0]: [Fraction(value) for value in row[1:]] for row in run[1:]}
    inclusive, failing = _inclusive(item), []
    for row in limits[1:]:
        values = readings[row[1]]
        short = row[low] != "—" and (min(values) < Fraction(row[low]) or (not inclusive and min(values) == Fraction(row[low])))
        beyond = row[high] != "—" and (max(values) > Fraction(row[high]) or (not inclusive and max(values) == Fraction(row[high])))
        if short or beyond:
            failing.append((row[0], row[1]))
    return _as_asked(item, failing)


def _number_as_asked(item: Item, value: float, digits: int, unit: str) -> object:
    """A number, or the option that prints it."""
    return value if item.form == "number" else f"{value:.{digits}f} {unit}".strip()


def _derated_current(item: Item) -> object:
    ((head, *rows),) = _tables(item.context)
    asked = re.search(r"(?:环境温度|temperature of) (\d+) °C.+?([\d.]+) m/s", item.stem)
    assert asked is not None
    column = head.index(f"{asked.group(2)} m/s")
    warmth, currents = [float(row[0]) for row in rows], [float(row[column]) for row in rows]
    return _number_as_asked(item, float(np.interp(float(asked.group(1)), warmth, currents)), 2, "A")


def _first_alarm(item: Item) -> object:
    points: dict[int, float] = {}
    for numbers, values in _tables(item.context):
        points.update(zip(map(int, numbers[1:]), map(float, values[1:]), strict=True))
    centre = float(next(filter(None, re.findall(r"中心线 ([\d.]+)|Centre line ([\d.]+),", item.context)[0])))
    length = int(re.search(r"\d+", item.stem).group())
    sides = "同一侧" in item.stem or "same side" in item.stem
    series = [points[number] for number in sorted(points)]
    signs = np.sign(np.array(series) - centre) if sides else np.sign(np.diff(series))
    wanted, run = length if sides else length - 1, 0
    for place, sign in enumerate(signs):
        run = run + 1 if place and sign == signs[place - 1] else 1
        if sign and run == wanted:
            return _number_as_asked(item, place + (1 if sides else 2), 0, "")
    raise AssertionError("no alarm")


# A glossary typed apart from the suite's list: by English initial, one usual Chinese name each.
GLOSSARY = """
A: absolute maximum ratings 绝对最大额定值, anti-aliasing filter 抗混叠滤波器
B: bathtub curve 浴盆曲线, beamforming 波束赋形, bill of materials 物料清单, bootloader 引导加载程序, burn-in 老化筛选
C: characteristic impedance 特性阻抗, clock domain crossing 跨时钟域, common-mode rejection ratio 共模抑制比,
coupling capacitor 耦合电容, creepage distance 爬电距离, critical dimension 关键尺寸, crosstalk 串扰
D: datasheet 数据手册, dead time 死区时间, declaration of conformity 符合性声明, derating 降额, differential nonlinearity 微分非线性,
differential pair 差分对, direct memory access 直接存储器访问, duty cycle 占空比
E: electromagnetic compatibility 电磁兼容, electromigration 电迁移, energy label 能效标识, etching 刻蚀
F: failure mode 失效模式, ferrite bead 磁珠, finite state machine 有限状态机, flip-flop 触发器, flux 助焊剂
H: heat sink 散热器, hold time 保持时间
I: input bias current 输入偏置电流, inrush current 浪涌电流, interrupt 中断, ion implantation 离子注入
L: lead time 交货周期, low-noise amplifier 低噪声放大器
M: metastability 亚稳态
O: open-loop gain 开环增益
P: phase noise 相位噪声, photoresist 光刻胶, pick-and-place machine 贴片机, power factor correction 功率因数校正, pull-up resistor 上拉电阻
Q: quantization noise 量化噪声
R: reflow soldering 回流焊, reinforced insulation 加强绝缘, return loss 回波损耗
S: sample-and-hold circuit 采样保持电路, solder mask 阻焊层, solder paste 焊膏, successive-approximation ADC 逐次逼近型模数转换器
T: tombstoning 立碑, truth table 真值表
V: voltage follower 电压跟随器, voltage standing wave ratio 电压驻波比
W: wafer 晶圆, watchdog timer 看门狗定时器, wire bonding 引线键合, wrist strap 防静电腕带
"""
ENTRIES = [entry.strip() for entry in re.sub(r"(?m)^[A-Z]: ", "", GLOSSARY).replace("\n", ",").split(",") if entry.strip()]
CHINESE_OF = {entry.rsplit(" ", 1)[0]: entry.rsplit(" ", 1)[1] for entry in ENTRIES}


def _term(item: Item) -> object:
    asked = re.search(r"“(.+?)”|'(.+?)'", item.stem)
    assert asked is not None
    if item.language == "en":
        return CHINESE_OF[asked.group(2)]
    (english,) = [english for english, chinese in CHINESE_OF.items() if chinese == asked.group(1)]
    return english


def _first(patterns: list[str], text: str) -> str:
    """What the first pattern that fits catches; each layout and language has its own."""
    for pattern in patterns:
        found = re.search(pattern, text)
        if found:
            return next(group for group in found.groups() if group is not None)
    raise AssertionError((patterns, text))


def _day(text: str) -> str:
    (found,) = dates_in(text)
    return found


DATE = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日|\d{1,2} [A-Z][a-z]+ \d{4}"


def _sheet(item: Item) -> object:
    text = item.context
    milli = re.search(r"最大 (\d+) mA；|: (\d+) mA max|\| - \| - \| - \| (\d+) \| mA", text)
    amperes = re.search(r"(?:最大输出电流|up to) ([\d.]+) A", text)
    return {
        "part": _first([r"^(\S+) (?:低压差|low-dropout)", r"。(\S+) 是一款", r"The (\S+) is a", r"^== (\S+)"], text),
        "package": _first([r"(?:封装：|Package: )(\S+)", r"采用 (\S+) 封装", r"in package ([\w-]+)", r"(?:外形：|Outline: )([\w-]+)"], text),
        "input_max_v": float(_first([r"(?:推荐|ecommended)[^\n]*?[\d.]+ V(?:～| 至 | to | and )([\d.]+) V"], text)),
        "output_v": float(_first([r"(?:输出电压|Output voltage) \|[^|]*\|[^|]*\| ([\d.]+)", r"(?:典型输出|delivers|输出电压：|Output voltage:) ?([\d.]+) V"], text)),
        "current_max_ma": int(next(filter(None, milli.groups()))) if milli else round(float(amperes.group(1)) * 1000),
        "quiescent_typ_ua": int(_first([r"(?:静态电流|Quiescent current) \|[^|]*\| - \| (\d+)", r"(?:静态电流典型|静态电流：|uiescent current:|uiescent current of) ?(\d+) µA"], text)),
        "revised": _day(
            _first(
                [rf"(?:版本 \w，|Revision \w, )({DATE})", rf"(?:版，|issued on )({DATE})", rf"(?:初版；|first issue; )({DATE})"],
                text,
            )
        ),
    }


def _returned(item: Item) -> object:
    text = item.context
    refusal = ("不予补货", "不补货", "恕不补货", "no replacement", "not replaced", "cannot replace")
    return {
        "rma_no": _first([r"(RMA-\d+)"], text),
        "part": _first([r"(?:型号：|Type: )(\S+)", r"只 (\S+) 中", r"只 (\S+) 不工作", r"pieces of (\S+) (?:delivered|do not)"], text),
        "lot_no": _first([r"(?:　批号：|   Lot: )([\w-]+)", r"(?:出自批号|all from lot|标签批号|on the label) ([\w-]+)"], text),
        "received": _day(_first([rf"(?:收货日期：|Arrival: )({DATE})", rf"(?:退货于|reached us on )({DATE})", rf"({DATE}) (?:仓库|parcel)"], text)),
        "returned_qty": int(_first([r"(?:实收：|on arrival: )(\d+)", r"(?:清点为|we counted|数量|quantity) (\d+)"], text)),
        "confirmed_qty": int(_first([r"(?:复测结果：失效|Retest:|done: failed|确认失效) (\d+)", r"(\d+) (?:只确认失效|pieces are confirmed)"], text)),
        "replaced": not any(words in text for words in refusal),
    }


def _option(item: Item, *words: str) -> str:
    """The one option in which all the words occur."""
    (found,) = [option for option in item.choices if all(word in option for word in words)]
    return found


def _dead_rail(item: Item) -> object:
    ((_, *rows),) = _tables(item.context)
    name, fed, enable, _, ohms = next(row for row in rows if float(row[3]) == 0)
    place = [row[0] for row in rows].index(name)
    ahead = float(rows[place - 1][3]) if place else 12.0
    if float(ohms) < 5:
        words = ("短路", "shorted")
    elif ahead > 0 and float(fed) == 0:
        words = ("输入没有接通", "input of")
    elif float(enable) < 0.5:
        words = ("使能", "enabled")
    else:
        words = ("损坏", "defective")
    return _option(item, name, words[item.language == "en"])


def _bus(item: Item) -> object:
    ((_, *rows),) = _tables(item.context)
    scl, sda, rise, low, address, data = (row[1] for row in rows)
    numbers = {rule: float(re.search(rf"(?m)^{rule}\. .*?([\d.]+) (?:V|ns)", item.context).group(1)) for rule in (1, 2, 3, 4)}
    if float(scl.split()[0]) < numbers[1]:
        words = ("SCL 一直被拉低", "SCL is held")
    elif float(sda.split()[0]) < numbers[2]:
        words = ("SDA 一直被拉低", "SDA is held")
    elif float(rise.split()[0]) > numbers[3]:
        words = ("偏大", "too weak")
    elif float(low.split()[0]) > numbers[4]:
        words = ("偏小", "too strong")
    elif address == "NACK":
        words = ("没有对应的从机", "No slave")
    else:
        assert (address, data) == ("ACK", "NACK")
        words = ("拒绝数据", "refuses")
    return _option(item, words[item.language == "en"])


def _printed_order(item: Item) -> object:
    pairs = re.findall(r"(?m)^- “(.+?)”须在“(.+?)”之后$", item.stem) or re.findall(r'(?m)^- "(.+?)" only after "(.+?)"$', item.stem)
    assert {step for pair in pairs for step in pair} == set(item.choices)
    return frozenset((first, then) for then, first in pairs)


# Words that only a finding of the class has; what is said of the previous lot is cut off before they are looked for.
SIGNS = (
    (r"相邻两脚之间|被一整块焊料包住|流到一起|between two neighbouring leads|in one lump|run together", "桥连", "Bridging"),
    (r"一小部分|体积明显偏小|填充太薄|small part of the required|volume is plainly small|fill is too thin", "少锡", "Insufficient solder"),
    (r"灰暗粗糙|发乌|颗粒仍清晰可见|dull and rough|dark and grainy|Grains of the paste", "冷焊", "Cold joint"),
    (r"竖起|翘立|直立|end of the part rises|stands up|upright", "立碑", "Tombstoning"),
    (r"移出焊盘近一半|旋转了|整体向左平移|half off its pads|turned by about|has moved to the left", "偏移", "Misalignment"),
    (r"没有沾上|没有在焊盘上铺展|不爬上引脚|taken none of it|never spread|does not climb", "不润湿", "Non-wetting"),
    (r"小球，|可以拨动|数粒圆形|spheres of solder about|can be moved|round grains", "锡珠", "Solder ball"),
)


def _defect(item: Item) -> object:
    record = re.split(r"检验记录：|Inspection record: ", item.context)[1]
    finding = re.split(r"同一位置上一批|The previous lot", record)[0]
    (names,) = [names for signs, *names in SIGNS if re.search(signs, finding)]
    return names[item.language == "en"]


READERS: dict[str, Callable[[Item], object]] = {
    "GES1": _substances,
    "GES2": _profile,
    "GEG1": _term,
    "GEX1": _sheet,
    "GEX2": _returned,
    "GEF1": _dead_rail,
    "GEF2": _bus,
    "GEP1": _printed_order,
    "GEL1": _defect,
    "GET1": _derated_current,
    "GET2": _first_alarm,
}
