"""Operator 8 (family 3): the item in another prompt template. What differs is shown by the golden file of prompts."""

import random
from collections.abc import Mapping
from dataclasses import replace

from evalkit.prompts import PROMPTS, question
from evalkit.records import Item
from evalkit.templates import Template

_OTHERS = tuple(name for name in PROMPTS if name != "plain")


class PromptForm:
    """Operator 8: separators, order, headings, wording and layout of the prompt."""

    number = 8
    name = "prompt templates"
    family = 3
    draws = len(_OTHERS)

    def __init__(self, templates: Mapping[str, Template]) -> None:
        pass

    def vary(self, item: Item, draw: int, rng: random.Random) -> Item | None:
        """The item in template number `draw`; None where it reads the same as the plain one."""
        varied = replace(item, prompt=_OTHERS[draw], operator=8, draw=draw, arm="perturbed", changed=f"prompt template: {_OTHERS[draw]}")
        return None if question(varied) == question(item) else varied

    def check(self, item: Item, variant: Item) -> str:
        """Stem, options and gold are untouched."""
        kept = ("stem", "context", "choices", "answer", "labels")
        return "; ".join(f"{name} changed" for name in kept if getattr(item, name) != getattr(variant, name))
