"""A number within the item's tolerance."""

import math

from evalkit.answers import Read, read_number
from evalkit.metrics.frame import framed
from evalkit.records import Item


def within(value: float, gold: float, width: float) -> bool:
    """|value - gold| <= width, with room for the rounding of doubles: 0.455 is within 0.005 of 0.45."""
    return abs(value - gold) <= width * (1 + 1e-9) + 4 * math.ulp(max(abs(gold), abs(value)))


def _read(item: Item, text: str) -> Read:
    return read_number(text, item.unit)


def _judge(item: Item, found: Read) -> tuple[float, str]:
    """1 where the number, in the item's unit, lies within its tolerance of the gold, else 0."""
    gold = float(str(item.answer))
    if not math.isfinite(gold):
        raise ValueError(f"gold {item.answer!r} is not finite")
    return float(within(found.value, gold, item.tolerance.width(gold))), f"{found.value:.12g} {item.unit}".strip()


number = framed(_read, _judge)
