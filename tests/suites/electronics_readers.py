"""How a reader works out the drawn items of electronics from what is printed: tables, documents, logs, rules, a glossary.

Nothing here looks at a generator: texts are parsed, and what was parsed is judged anew.
"""

import re
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from evalkit.records import Item


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


READERS: dict[str, Callable[[Item], object]] = {
    "GES1": _substances,
    "GES2": _profile,
    "GET1": _derated_current,
    "GET2": _first_alarm,
}
