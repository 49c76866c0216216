"""The two validity gates of every run: an operator that must do nothing, and one that must hurt."""

import random
from collections.abc import Mapping
from dataclasses import replace

from evalkit.records import Item
from evalkit.templates import Template

PLACEBO_RUN = 99  # a run number that no rerun of the clean items reaches: the placebo is a request of its own


class Placebo:
    """No change, asked afresh: its retention must be 1 within its interval."""

    number = 0
    name = "placebo"
    family = 0
    draws = 1

    def __init__(self, templates: Mapping[str, Template]) -> None:
        pass

    def vary(self, item: Item, draw: int, rng: random.Random) -> Item | None:
        """The item itself, as a request of its own."""
        return replace(item, arm="placebo", draw=draw, run=PLACEBO_RUN, changed="nothing (asked again)")

    def check(self, item: Item, variant: Item) -> str:
        """Nothing that is asked may differ."""
        same = replace(variant, arm=item.arm, draw=item.draw, run=item.run, changed=item.changed)
        return "" if same == item else "the placebo changed something"


class Shuffled:
    """Positive control: half of the characters of stem and context change places, so the score must fall."""

    number = 0
    name = "positive control"
    family = 0
    draws = 1

    def __init__(self, templates: Mapping[str, Template]) -> None:
        pass

    def vary(self, item: Item, draw: int, rng: random.Random) -> Item | None:
        """The item with a random half of its characters permuted; options stay."""
        stem, context = shuffle_half(item.stem, rng), shuffle_half(item.context, rng)
        if stem == item.stem:
            return None  # too short to be moved about
        return replace(item, stem=stem, context=context, arm="positive", draw=draw, changed="half of all characters shuffled")

    def check(self, item: Item, variant: Item) -> str:
        """The same characters in another order."""
        if sorted(item.stem) != sorted(variant.stem):
            return "characters were lost"
        return "" if variant.stem != item.stem else "nothing changed"


def shuffle_half(text: str, rng: random.Random) -> str:
    """`text` with a random half of its non-space characters permuted among their places."""
    places = [index for index, character in enumerate(text) if not character.isspace()]
    chosen = sorted(rng.sample(places, len(places) // 2))
    moved = chosen[:]
    rng.shuffle(moved)
    characters = list(text)
    for target, origin in zip(chosen, moved, strict=True):
        characters[target] = text[origin]
    return "".join(characters)
