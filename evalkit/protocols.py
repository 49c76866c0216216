"""All that an extension implements, on one page.

An extension is a small module and a line of TOML in its own package:

    [project.entry-points."evalkit.metrics"]
    within_two_percent = "steelco.metrics:within_two_percent"

evalkit's own engines, metrics and operators are declared the same way.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from evalkit.records import Ability, Item, Mark, Model, Request, Response

Metric = Callable[[Item, Response], Mark]
"""Reads one response. Raises nothing: what cannot be read is a mark with state "unparsable" and value 0."""


class Engine(Protocol):
    """Code that makes a model answer.

    Making one is cheap: it identifies the model (digests, sizes) and loads nothing. The weights come with the first
    request that is answered.
    """

    abilities: frozenset[Ability]
    model: Model
    rules: str  # version of what the engine does to a request; part of every request's identity

    def answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        """One response a request, any order, each as soon as it is ready; a failure is a response with `error`."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """What the bundle records of this engine once it has run: device, load time in seconds, peak memory, events."""
        ...


@runtime_checkable
class Checking(Protocol):
    """An engine that can tell before it answers which requests it could not read as they are meant."""

    def check(self, requests: Sequence[Request]) -> None:
        """Raises SuiteError, naming the item, what was read and what would work; loads no weights."""
        ...


class Operator(Protocol):
    """Makes variants of items when a suite is built; a run only reads what was frozen.

    The entry point is called with the suite's templates by id (most operators do not look at them).
    """

    number: int  # in the operator table of the method page
    name: str
    family: int  # 1 to 6; 0 for placebo and positive control
    draws: int  # variants of an item that `suite build` freezes

    def vary(self, item: Item, draw: int, rng: random.Random) -> Item | None:
        """Variant number `draw` of `item`, with `operator`, `draw`, `arm` and `changed` set; None: does not apply."""
        ...

    def check(self, item: Item, variant: Item) -> str:
        """Why the variant must not be used (label or a protected span changed), "" if it may."""
        ...
