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


READERS: Mapping[str, Callable[[Item], object]] = {
    "GSS1": read_lot,
    "GSS2": read_stack,
    "GST1": read_curve,
    "GST2": read_log,
}
