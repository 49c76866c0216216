"""What the tests of the suites share: draws, readers of printed tables, dates and orders, and what a domain says of its own."""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from evalkit.canon import rng_for
from evalkit.records import Item, Language
from evalkit.suite import Suite, find_suite
from evalkit.templates import Draw, Params, Template, draw_params

DRAWS = 50  # of each template
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def as_printed(key: str, value: object, language: Language) -> str | None:
    """Pattern of a parameter's value in a stem: its digits; a minus sign may be typeset in more than one way."""
    return re.escape(str(value).removeprefix("-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What a domain's file says of its suite, for test_laws.py to hold the suite to.

    `examples`: template > (parameters, gold worked out apart from the template, with the digits that count).
    `second_way`: template > the gold by a different derivation; `agreement`: its relative error where that is not 1e-6.
    `signed`: templates whose answers may be negative. `usable`: share of draws that pass where it is under a fifth. `spelt`: pattern of a parameter in a stem, None where it is told in words.
    `told`: (extraction, key) > what a reader makes of the document, where the value is not printed there as it is asked for.
    """

    examples: Mapping[str, tuple[Params, float]]
    second_way: Mapping[str, Callable[[Params], float]]
    agreement: Mapping[str, float] = field(default_factory=dict)
    signed: frozenset[str] = frozenset()
    usable: Mapping[str, float] = field(default_factory=dict)
    spelt: Callable[[str, object, Language], str | None] = as_printed
    told: Mapping[tuple[str, str], Callable[[str], object]] = field(default_factory=dict)


@cache
def suite_of(domain: str) -> Suite:
    """The suite as it is authored."""
    return find_suite(domain)


@cache
def templates_of(domain: str) -> Mapping[str, Template]:
    """Its templates by id; read once, as the suite runs its templates.py at every call."""
    return suite_of(domain).templates


@cache
def items_of(domain: str) -> Mapping[str, Item]:
    """Its hand-written items by id."""
    return {item.id: item for item in suite_of(domain).authored}


@cache
def draws_of(domain: str, name: str) -> tuple[Draw, ...]:
    """The same draws of a template for every test."""
    template = templates_of(domain)[name]
    return tuple(draw_params(template, rng_for("test", template.id, index)) for index in range(DRAWS))


def stem_of(domain: str, name: str, params: Params, language: Language = "en") -> str:
    """The first phrasing of a template's stem, filled in."""
    template = templates_of(domain)[name]
    return template.stems[language][0].format(**params, **(template.shown(params, language) if template.shown else {}))


def table_rows(context: str) -> list[list[str]]:
    """Cells of the body rows of the only table in `context`."""
    lines = [line.strip().removeprefix("|").removesuffix("|").split("|") for line in context.split("\n") if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    return [row for row in cells[1:] if not set("".join(row)) <= set("-")]


def dates_in(text: str) -> set[str]:
    """All dates with a year, as YYYY-MM-DD: 2025-03-08, 2025/3/8, 2025年3月8日, 8 March 2025."""
    found = {f"{y}-{int(m):02d}-{int(d):02d}" for y, m, d in re.findall(r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})", text)}
    named = re.findall(rf"(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})", text)
    return found | {f"{y}-{MONTHS.index(m) + 1:02d}-{int(d):02d}" for d, m, y in named}


def said(words: str, value: object) -> Callable[[str], object]:
    """A reader to whom `words` mean `value`, and their absence nothing."""
    return lambda text: value if words in text else None


def orders_that_keep(needed: Iterable[tuple[str, str]], choices: Iterable[str]) -> list[tuple[str, ...]]:
    """The orders of `choices` in which the first of each two comes before the second; a word stands for the one step that has it."""

    def place(order: tuple[str, ...], word: str) -> int:
        (found,) = [index for index, step in enumerate(order) if word in step]
        return found

    pairs = list(needed)
    return [order for order in itertools.permutations(choices) if all(place(order, first) < place(order, then) for first, then in pairs)]
