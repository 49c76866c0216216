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


READERS: dict[str, Callable[[Item], object]] = {
    "GNS1": lot,
    "GNS2": lot,
    "GNT1": power_curve,
    "GNT2": rest_voltage,
}
