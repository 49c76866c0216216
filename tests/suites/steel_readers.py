"""How a reader works out the answers of the drawn steel items, from stem, context and options alone.

Nothing here knows a generator's parameters, tables or golds: limits, logs and documents are read off the printed text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

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


READERS: Mapping[str, Callable[[Item], object]] = {
    "GSS1": read_lot,
    "GSS2": read_stack,
}
