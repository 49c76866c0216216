"""What somebody else would write: everything here uses evalkit's public pages only."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.answers import Read, read_text
from evalkit.metrics.frame import framed
from evalkit.records import Ability, Item, Model, Request, Response
from evalkit.templates import Template


class Parrot:
    """An engine that writes the first option's label, whatever it is asked."""

    abilities: frozenset[Ability] = frozenset({"generate"})
    rules = "parrot/1"

    def __init__(self, config: Any) -> None:
        self.model = Model(name="parrot", source=config.model, weights_digest="0" * 64)

    def answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Say that A is the answer, to everything."""
        for request in requests:
            yield Response(request=request.id, finish="stop", text="Answer: A", tokens_in=1, tokens_out=2, first_s=0.1, total_s=0.2)

    def facts(self) -> Mapping[str, Any]:
        """Nothing to say."""
        return {"device": "cpu"}


def _read(item: Item, text: str) -> Read:
    return read_text(text)


def _judge(item: Item, found: Read) -> tuple[float, str]:
    """1 where the text begins with the gold."""
    return float(str(found.value).startswith(str(item.answer))), str(found.value)


starts_right = framed(_read, _judge)  # the frame marks failures, refusals and cut-off answers


class Shout:
    """An operator that puts the stem in capitals."""

    number = 99
    name = "capitals"
    family = 1
    draws = 1

    def __init__(self, templates: Mapping[str, Template]) -> None:
        pass

    def vary(self, item: Item, draw: int, rng: random.Random) -> Item | None:
        """The stem in capitals."""
        if item.stem.upper() == item.stem:
            return None
        return replace(item, stem=item.stem.upper(), operator=99, draw=draw, arm="perturbed", changed="capitals")

    def check(self, item: Item, variant: Item) -> str:
        """Only letters' case may differ."""
        return "" if variant.stem.lower() == item.stem.lower() else "more than the case changed"
