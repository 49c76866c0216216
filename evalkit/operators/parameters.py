"""Operator 12 (family 5): the template's parameters drawn anew, gold and wrong options computed again.

Digits and magnitude of every parameter stay, so that the variant is not harder to compute with (GSM-Symbolic's lesson).
"""

import random
from collections.abc import Mapping
from dataclasses import replace

from evalkit.errors import SuiteError
from evalkit.records import Item
from evalkit.templates import Template, redraw


class NewParameters:
    """Operator 12: new parameter values, answer recomputed."""

    number = 12
    name = "new parameter values"
    family = 5
    draws = 4

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = templates

    def vary(self, item: Item, draw: int, rng: random.Random) -> Item | None:
        """A sibling of a drawn item; None for hand-written items and where the ranges leave no alike draw."""
        template = self._templates.get(item.template)
        if template is None:
            return None
        try:
            varied = redraw(template, item, rng)
        except SuiteError:
            return None  # its ranges hold no second draw of the same digits
        changed = ", ".join(f"{name}={value}" for name, value in varied.params.items())
        return replace(varied, operator=12, draw=draw, arm="perturbed", changed=changed)

    def check(self, item: Item, variant: Item) -> str:
        """The gold is the formula's value at the new parameters, and the question did change."""
        template = self._templates[item.template]
        gold = template.text(template.gold(variant.params))
        printed = str(variant.answer).removesuffix(template.unit_in(item.language)).strip()
        if printed != gold:
            return f"gold {variant.answer!r} is not the formula's {gold}"
        return "" if variant.stem != item.stem else "nothing changed"
