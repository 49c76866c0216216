"""How a reader works out the answers of the drawn steel items, from stem, context and options alone.

Nothing here knows a generator's parameters, tables or golds: limits, logs and documents are read off the printed text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from evalkit.records import Item
from tests.suites.laws import dates_in

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
backup roll 支承辊, bag filter 袋式除尘器, bill of lading 提单, blast furnace gas 高炉煤气, blending yard 混匀料场, blind plate 盲板, bosh 炉腹, bulging 鼓肚
calcium treatment 钙处理, carbon equivalent 碳当量, carburising 渗碳, centre segregation 中心偏析, coiler 卷取机, coke 焦炭, coke dry quenching 干熄焦
coke oven gas 焦炉煤气, commercial invoice 商业发票, condition of delivery 交货状态, confined space 受限空间, converter 转炉
deoxidiser 脱氧剂, descaling 除鳞, dummy bar 引锭杆
edge crack 边裂, electric arc furnace 电弧炉, electrostatic precipitator 电除尘器, elongation after fracture 断后伸长率, end-point control 终点控制
flue gas desulphurisation 烟气脱硫, flux 熔剂, flying shear 飞剪, forward slip 前滑, furnace lining 炉衬
gas holder 煤气柜, gas poisoning 煤气中毒, gross weight 毛重
hardenability 淬透性, hardness 硬度, hearth 炉缸, heat number 炉号, hot blast stove 热风炉, hot metal pretreatment 铁水预处理, hot work 动火作业
impact energy 冲击吸收能量, inclusion 夹杂物, iron ore concentrate 铁精矿
ladle 钢包, ladle furnace 钢包精炼炉, lamination 分层, lap 折叠, letter of credit 信用证, lockout/tagout 上锁挂牌, lump ore 块矿
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


DAY = r"(\d{4}-\d\d-\d\d|\d{4}/\d+/\d+|\d{4}年\d+月\d+日|\d{1,2} [A-Z][a-z]+ \d{4})"


def _iso(day: str) -> str:
    (found,) = dates_in(day)
    return found


def _first(text: str, *patterns: str) -> str:
    """What the first pattern that occurs has in its only group."""
    for pattern in patterns:
        found = re.search(pattern, text)
        if found:
            return found.group(1)
    raise AssertionError(f"none of {patterns} in {text}")


def read_certificate(item: Item) -> object:
    text = item.context
    heat = _first(text, r"(?:炉号：|对应 |钢水为 |Heat No\.: |covers heat |from heat )(\d[A-Z]\d{5})")
    found = {
        "heat_no": heat,
        "grade": _first(text, r"\b(Q\d{3}[A-E])\b"),
        "thickness_mm": float(_first(text, r"(?:规格：|公称尺寸 |公称厚度 |× 长：|Size: |nominal size |nominal thickness |x length: )(\d+) ")),
        "issue_date": _iso(_first(text, rf"(?:签发日期[： ]?|[Ii]ssued(?: on)? |Date of issue: ){DAY}")),
    }
    if "|---" in text:
        chemistry, pull = tables(text)
        (ladle,) = [row for row in chemistry if row[0] == heat and row[1] in ("熔炼", "ladle")]
        (test,) = [row for row in pull if row[0] == heat]
        carbon, sulphur, low, stretch = ladle[2], ladle[6], test[1], test[3]
    else:
        ladle = _first(text, r"((?:熔炼|Ladle|ladle analysis)[^\n；;]*)")
        carbon = _first(ladle, r"C (\d\.\d+)", r"含碳 (\d\.\d+)", r"(\d\.\d+) % carbon")
        sulphur = _first(ladle, r"\bS (\d\.\d+)", r"硫 (\d\.\d+)", r"(\d\.\d+) % sulphur")
        low = _first(text, r"ReH[：:)）]* ?(?:was )?(\d+) ")
        stretch = _first(text, r"(?:\bA[：:]? ?|伸长率 |after fracture )(\d+\.\d) %")
    return {**found, "carbon_percent": float(carbon), "sulphur_percent": float(sulphur), "yield_mpa": int(low), "elongation_percent": float(stretch)}


def read_notice(item: Item) -> object:
    return _read_shipment(item.context) if "发货" in item.stem or "shipping" in item.stem else _read_incident(item.context)


def _read_incident(text: str) -> object:
    day = _iso(_first(text, rf"(?:事件日期：|发生日期 \| |如下（虚构）：|Date of event(?:: | \| )|on ){DAY}(?: \d\d:|\n| at| \|)"))
    start, end = re.findall(r"\d\d:\d\d", text)
    drill = r"(?:演练撤离|当时撤离|上次演练[^|]*\|[^|]*|drill of .*|drill held .*|Last drill[^|]*\|[^|]*)"
    own = "\n".join(re.sub(drill + r".*", "", line) for line in text.split("\n"))
    return {
        "event_date": day,
        "start_time": start,
        "end_time": end,
        "peak_co_mg_m3": int(_first(own, r"最高 (\d+)", r"highest (\d+)", r"(\d+) mg/m³ at the highest")),
        "people_evacuated": int(_first(own, r"撤离 (\d+)", r"现场人员 (\d+)", r"[Ee]vacuated:? (\d+)", r"All (\d+) people")),
        "people_treated": int(_first(own, r"就医 (\d+)", r"其中 (\d+) 人送医", r"taken to hospital:? (\d+)", r"(\d+) of them were taken")),
        "leak_found": not ("尚未" in text or "not been found" in text),
    }


def _read_shipment(text: str) -> object:
    rows = {row[0]: row for row in tables(text)[0]} if "|---" in text else {}

    def entry(words: str, *patterns: str) -> str:
        for name, row in rows.items():
            if re.match(words, name):
                return row[-1]
        return _first(text, *patterns)

    return {
        "order_no": entry("合同号|Contract", r"(RJ\d+-\d+)"),
        "net_mass_t": float(entry("净重|Net", r"净重 ([\d.]+)", r"Net ([\d.]+)", r"net mass of ([\d.]+)")),
        "gross_mass_t": float(entry("毛重|Gross", r"毛重 ([\d.]+)", r"gross ([\d.]+)", r"gross mass of ([\d.]+)")),
        "coils": int(entry("卷数|Coils", r"实发 (\d+)", r"shipped (\d+)", r"(\d+) coils are shipped")),
        "price_cny_per_t": float(entry("不含税|Price without", r"不含税 (\d+)", r"without tax CNY (\d+)", r"CNY (\d+) per t without")),
        "ship_date": _iso(entry("发运日期|Shipping date", rf"(?:变更为|改为) {DAY}", rf"(?:changed to|will be shipped on) {DAY}")),
    }


def _rule_limit(item: Item, *names: str) -> float:
    """The printed limit of the rule of that name: the number before its unit in the rule's line, durations left out."""
    (line,) = [line for line in item.context.split("\n") if line.startswith(tuple(f"- {name}" for name in names))]
    return float(re.search(r"(\d+(?:\.\d+)?) (?:℃|°C|kPa|m\b|m )", line).group(1))


def _log(item: Item) -> np.ndarray:
    (rows,) = tables(item.context)
    return np.array([[float(cell) for cell in row] for row in rows[1:]]).T


def read_mould(item: Item) -> object:
    _, *lines = _log(item)
    upper, lower, far_upper, far_lower = lines
    change = [line[-1] - line[0] for line in lines]
    drop = -min(np.diff(line).min() for line in lines)
    signs = {
        ("坯壳黏结", "Sticking shell"): upper.max() - upper[0] > _rule_limit(item, "坯壳黏结", "Sticking") and lower[-1] > upper[-1],
        ("液面下降", "Falling level"): max(change[0], change[2]) < -_rule_limit(item, "液面", "Falling") and max(map(abs, (change[1], change[3]))) <= 3,
        ("拉速提高", "Higher speed"): min(change) > _rule_limit(item, "拉速", "Higher"),
        ("表面纵裂", "Longitudinal crack"): max(change[:2]) < -_rule_limit(item, "表面", "Longitudinal") and max(map(abs, change[2:])) <= 3 and (upper > lower).all(),
        ("热电偶损坏", "Failed sensor"): drop > 40 and max(map(abs, change[1:])) <= 3,
    }
    assert far_upper.shape == far_lower.shape == (5,)
    return _only(item, signs)


def _only(item: Item, signs: Mapping[tuple[str, str], bool]) -> str:
    """The one cause whose signs the log shows, as the option names it."""
    (names,) = [names for names, shown in signs.items() if shown]
    return names[0 if item.language == "zh" else 1]


def read_furnace(item: Item) -> object:
    _, line, pressure, wind, cold, hot = _log(item)
    below = item.context.rpartition("\n\n")[2]
    iron = [float(value) for value in re.findall(r"\d{4}", below)]
    assert len(iron) == 5
    change = pressure[-1] - pressure[0]
    sinking = np.diff(line)
    still = int((sinking == 0).sum())
    evenly = sinking.min() > 0.0499 and sinking.max() < 0.1001
    jump = sinking.max() > _rule_limit(item, "崩料", "Slipping")
    signs = {
        ("悬料", "Hanging"): still >= 3 and change > _rule_limit(item, "悬料", "Hanging") and wind[-1] < wind[0],
        ("崩料", "Slipping"): jump,
        ("管道行程", "Channelling"): change < -_rule_limit(item, "管道", "Channelling") and (hot - cold).max() > 100,
        ("低料线", "Low stock line"): line.min() > _rule_limit(item, "低料线", "Low") and evenly,
        ("炉缸向凉", "Cold hearth"): iron[0] - iron[-1] > _rule_limit(item, "炉缸", "Cold") and abs(change) <= 10 and evenly,
    }
    return _only(item, signs)


def read_order(item: Item) -> object:
    """The pairs of the printed rules, which must speak of the steps shown and of nothing else."""
    pairs = set(re.findall("- “(.+?)”之后，才可“(.+?)”", item.stem))
    pairs |= {(first, then) for then, first in re.findall("- '(.+?)' only after '(.+?)'", item.stem)}
    assert {step for pair in pairs for step in pair} == set(item.choices)
    return frozenset(pairs)


# What of a note points to a class, in words of the definition or of what everybody sees there.
_POINTS = {
    ("划伤", "Scratch"): ("沟底发亮", "亮线", "光亮的金属", "shining", "bright lines", "bright metal"),
    ("辊印", "Roll mark"): ("每隔", "间隔反复", " every "),
    ("氧化铁皮压入", "Rolled-in scale"): ("鱼鳞状", "嵌着氧化物", "fish scales", "oxide embedded"),
    ("边裂", "Edge crack"): ("从侧面", "由侧面", "from the side"),
    ("分层", "Lamination"): ("断面中部", "厚度中心", "half-way through", "mid-thickness"),
    ("折叠", "Lap"): ("压倒", "翻过来", "pressed down", "turned over"),
}


def read_class(item: Item) -> object:
    scheme, told = item.context.split("\n\n")
    if "Grade IV" in scheme or "四级" in scheme:
        return _read_grade(item, scheme, told)
    return _only(item, {names: any(word in told for word in words) for names, words in _POINTS.items()})


def _read_grade(item: Item, scheme: str, told: str) -> object:
    """The first line of the scheme one of whose limits is reached by the figure of the same kind."""
    scheme, told = scheme.replace(",", ""), re.sub(r"(?<=\d),(?=\d)", "", told)
    severe, slight, hours, loss = (int(figure) for figure in re.findall(r"\d+", told))
    lines = [line for line in scheme.split("\n") if line.startswith("- ")]
    for name, line in zip(("一级", "二级", "三级", "四级") if item.language == "zh" else ("Grade I", "Grade II", "Grade III", "Grade IV"), lines, strict=True):
        limits = [int(limit) for limit in re.findall(r"\d+", line)]
        if not limits:
            return name
        hurt = severe if "重伤" in line or "seriously" in line else slight
        if any(figure >= limit for figure, limit in zip((hurt, hours, loss), limits, strict=True)):
            return name
    raise AssertionError(item.context)


READERS: Mapping[str, Callable[[Item], object]] = {
    "GSS1": read_lot,
    "GSS2": read_stack,
    "GSF1": read_mould,
    "GSF2": read_furnace,
    "GSG1": read_term,
    "GSL1": read_class,
    "GSP1": read_order,
    "GST1": read_curve,
    "GST2": read_log,
    "GSX1": read_certificate,
    "GSX2": read_notice,
}
