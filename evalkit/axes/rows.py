"""Choosing and ordering rows of the table of scores. Every axis sorts by key first, so the order of arrival is nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from evalkit.errors import RunError
from evalkit.records import AxisName, AxisScore, Estimate, Score, Standing


def ordered(scores: Iterable[Score]) -> tuple[Score, ...]:
    """Rows sorted by suite and key. Raises RunError when a key occurs twice: a figure over both would be wrong."""
    rows = tuple(sorted(scores, key=lambda row: (row.suite, row.key)))
    for one, other in pairwise(rows):
        if (one.suite, one.key) == (other.suite, other.key):
            raise RunError(f"the table of scores has two rows with key {one.key!r} of suite {one.suite!r}; write the scores anew")
    return rows


def corrected(row: Score) -> float:
    """Chance-corrected score x = (s - g) / (1 - g), at most 1, negative below chance (N1); never clipped."""
    if row.value is None:
        raise ValueError(f"score {row.key!r} is missing; missing is not zero")
    return (row.value - row.guess) / (1 - row.guess)


def mean(values: Sequence[float]) -> float:
    """Plain mean of a few values; not empty (numpy's costs more than the sum for two or three)."""
    return sum(values) / len(values)


def cluster(row: Score) -> str:
    """Name of the row's cluster, unique over suites."""
    return f"{row.suite}/{row.cluster}"


def clusters(rows: Sequence[Score]) -> list[str]:
    """Name of each row's cluster."""
    return [cluster(row) for row in rows]


def first_clean(rows: Sequence[Score]) -> list[Score]:
    """The first clean answer to each item, refusal items left out: what accuracy and generality are made of."""
    return [row for row in rows if row.arm == "clean" and row.run == 0 and row.task != "refusal"]


def scored(rows: Sequence[Score]) -> list[Score]:
    """Rows that have a value."""
    return [row for row in rows if row.value is not None]


def withheld(reason: str, estimate: Estimate | None = None, *, standing: Standing = "not reported") -> Estimate:
    """An estimate without a figure: `reason`, and the counts of `estimate` where there was one."""
    bare = replace(estimate, value=None, low=None, high=None) if estimate is not None else Estimate(value=None)
    return replace(bare, standing=standing, reason=reason)


def no_axis(axis: AxisName, reason: str, *, standing: Standing = "not reported", notes: tuple[str, ...] = ()) -> AxisScore:
    """An axis that cannot be had, with the reason."""
    return AxisScore(axis=axis, estimate=withheld(reason, standing=standing), notes=notes)
