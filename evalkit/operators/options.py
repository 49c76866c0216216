"""Operator 9 (family 3): options in another (cyclic) order and under other labels.

Items whose options speak of one another ("none of the above", "both A and B") are left out.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import replace

from evalkit.records import Item
from evalkit.templates import Template

_SPEAKS_OF_OTHERS = re.compile(
    r"以上|均(?:正确|错误|不)|都(?:对|不对|正确|错)|\babove\b|\bboth\b|\bneither\b|选项|\boptions? [A-D]\b", re.IGNORECASE
)
_LABELS = {"zh": ("ABCD", "1234", "甲乙丙丁"), "en": ("ABCD", "1234", "PQRS")}


class OptionOrder:
    """Operator 9: cyclic shifts with the label sets ABCD, 1234, 甲乙丙丁 (zh) or PQRS (en)."""

    number = 9
    name = "option order and labels"
    family = 3
    draws = 3

    def __init__(self, templates: Mapping[str, Template]) -> None:
        pass

    def vary(self, item: Item, draw: int, rng: random.Random) -> Item | None:
        """The options shifted by draw + 1 places; None for other forms and for options that speak of one another."""
        if item.form != "choice" or draw + 1 >= len(item.choices) or any(_SPEAKS_OF_OTHERS.search(option) for option in item.choices):
            return None
        shift = draw + 1
        labels = _LABELS[item.language][draw]
        choices = item.choices[shift:] + item.choices[:shift]
        changed = f"options shifted by {shift}, labels {labels}"
        return replace(item, choices=choices, labels=labels, operator=9, draw=draw, arm="perturbed", changed=changed)

    def check(self, item: Item, variant: Item) -> str:
        """The same options, the same gold, another place for each."""
        if sorted(item.choices) != sorted(variant.choices) or item.answer != variant.answer:
            return "options or gold changed"
        stayed = [old for old, new in zip(item.choices, variant.choices, strict=True) if old == new]
        return f"{stayed[0]!r} stayed in its place" if stayed else ""
