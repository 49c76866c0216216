"""From scores to the four axes: accuracy, generality, robustness and efficiency, each with its interval and its reasons.

`summarise` gives all four. Each axis is made of score rows alone (efficiency: and of what was timed), joined by key, so
that anybody can compute it again from a bundle. Formulas: N1 to N4, R1 to R9, E2 to E4 and G1 to G4 of the method page.
"""

from collections.abc import Collection, Iterable, Sequence

from evalkit.axes.budget import Cost, Timing, efficiency, quality_at_budget
from evalkit.axes.correctness import accuracy
from evalkit.axes.evenness import generality, rank_weights
from evalkit.axes.noise import Places
from evalkit.axes.profiles import BY_NUMBER, ENERGY_BAND_J, FAMILIES, OPERATORS, PROFILES, TIME_BANDS_S, OperatorRow
from evalkit.axes.rows import clusters, corrected, first_clean, no_axis, ordered, scored, withheld
from evalkit.axes.stress import robustness
from evalkit.records import AxisScore, Estimate, Profile, Score
from evalkit.stats import clustered_mean

__all__ = [
    "BY_NUMBER",
    "ENERGY_BAND_J",
    "FAMILIES",
    "OPERATORS",
    "PROFILES",
    "TIME_BANDS_S",
    "Cost",
    "OperatorRow",
    "Timing",
    "accuracy",
    "efficiency",
    "generality",
    "quality_at_budget",
    "rank_weights",
    "robustness",
    "summarise",
    "timed_quality",
]


def summarise(
    scores: Iterable[Score],
    timing: Timing | None,
    profile: Profile,
    *,
    quality: Collection[str] | None = None,
    places: Places | None = None,
    untimed: str = "nothing was timed",
) -> tuple[AxisScore, ...]:
    """The four axes in the order of `records.AXES`, the same for the scores in any order.

    `quality`: keys of the scores that were timed (None: all first clean answers). `places`: see `robustness` (None: those
    that the scores hold). `untimed`: why there is no timing. An axis that cannot be had is one without a value, with the
    reason. Raises NothingScoredError when no item was scored at all.
    """
    rows = ordered(scores)
    if timing is None:
        spent = no_axis("efficiency", untimed, standing="not measured")
    else:
        spent = efficiency(timed_quality(rows, quality), timing, profile)
    return accuracy(rows), generality(rows, profile), robustness(rows, profile, places=places_of(rows) if places is None else places), spent


def places_of(rows: Iterable[Score]) -> Places | None:
    """Chosen and right places by key, of the choice scores that hold both; None where none does."""
    held = {row.key: (row.chosen_place, row.gold_place) for row in rows if row.chosen_place is not None and row.gold_place is not None}
    return held or None


def timed_quality(rows: Sequence[Score], quality: Collection[str] | None) -> Estimate:
    """q of the efficiency axis: mean x of the timed answers (E4)."""
    timed = None if quality is None else frozenset(quality)
    asked = first_clean(rows) if timed is None else [row for row in rows if row.key in timed]
    had = scored(asked)
    if not had:
        return withheld("none of the timed items has a score")
    what = "the run's clean answers, of which the timed items are a draw" if timed is None else "the timed items"
    method = f"mean x of {what}, clustered t"
    return clustered_mean([corrected(row) for row in had], clusters(had), missing=len(asked) - len(had), method=method)
