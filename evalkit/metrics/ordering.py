"""Steps in their right order: exact, or in part by Kendall's tau."""

from collections.abc import Sequence
from itertools import combinations

from evalkit.answers import Read, read_order
from evalkit.metrics.frame import framed
from evalkit.prompts import labels_of
from evalkit.records import Item


def _read(item: Item, text: str) -> Read:
    return read_order(text, labels_of(item), len(item.choices), item.choices)


def _steps(item: Item, found: Read) -> list[str]:
    gold = list(item.answer)
    if sorted(gold) != sorted(item.choices) or len(set(gold)) != len(gold):
        raise ValueError("the gold is not an order of the steps shown")
    shown = dict(zip(labels_of(item), item.choices, strict=True))
    return [shown[label] for label in found.value]


def _judge_exact(item: Item, found: Read) -> tuple[float, str]:
    """1 where every step stands in its place (with `before`: where every pair is kept), else 0."""
    steps = _steps(item, found)
    right = not _broken(item, steps) if item.before else steps == list(item.answer)
    return float(right), ", ".join(found.value)


def _broken(item: Item, steps: Sequence[str]) -> int:
    """How many pairs of `before` stand the wrong way round in `steps`."""
    return sum(steps.index(first) > steps.index(then) for first, then in item.before)


def _judge_tau(item: Item, found: Read) -> tuple[float, str]:
    """max(0, Kendall's tau) against the right order; 0 where a step of `critical` is out of its place.

    tau = 1 - 4 d / (n (n - 1)) with d pairs of steps in the wrong order (Kendall 1938; an order has no ties). With
    `before` the pairs that count are those it names: tau = 1 - 2 d / (number of pairs).
    """
    steps, gold = _steps(item, found), list(item.answer)
    shown = ", ".join(found.value)
    if any(steps.index(step) != gold.index(step) for step in item.critical):
        return 0.0, shown
    if len(gold) < 2:
        return 1.0, shown
    if item.before:
        return max(0.0, 1 - 2 * _broken(item, steps) / len(item.before)), shown
    place = {step: index for index, step in enumerate(gold)}
    wrong = sum(place[one] > place[other] for one, other in combinations(steps, 2))
    return max(0.0, 1 - 4 * wrong / (len(gold) * (len(gold) - 1))), shown


ordering = framed(_read, _judge_exact)
ordering_tau = framed(_read, _judge_tau)
