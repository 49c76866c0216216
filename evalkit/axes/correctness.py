"""Accuracy: mean chance-corrected score over domains with equal weight, and the figures that stand beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from evalkit.axes.rows import clusters, corrected, first_clean, ordered, scored
from evalkit.errors import NothingScoredError
from evalkit.records import STATES, AxisScore, Estimate, Score
from evalkit.stats import brier, clustered_mean, clustered_share, ece

_METHOD = "mean over domains with equal weight, clustered t, domains as strata"
_MARGINS: Mapping[str, Callable[[Score], str]] = {
    "domain": lambda row: row.suite,
    "task": lambda row: row.task,
    "form": lambda row: row.form,
    "language": lambda row: row.language,
    "level": lambda row: row.level,
}


def accuracy(scores: Iterable[Score]) -> AxisScore:
    """Axis accuracy over the first clean answers: estimate = mean over domains of the domain's mean x (N1, N2).

    Parts: "raw" (uncorrected), "domain/steel", "task/...", "form/...", "language/...", "level/..." and "foundation" (mean
    x of those items), "state/answered" ... (shares of all items asked), "ece" and "brier" (choice scored by
    log-likelihood), "refusal" and "refusal/state/..." (raw scores, kept out of everything else). A row without a value
    is counted in `missing`. Raises NothingScoredError when no row outside refusal has a value.
    """
    rows = ordered(scores)
    asked = first_clean(rows)
    had = scored(asked)
    if not had:
        raise NothingScoredError(f"none of {len(asked)} items was scored; run the same command again to finish the run")
    missing = len(asked) - len(had)
    strata = [row.suite for row in had]
    estimate = clustered_mean([corrected(row) for row in had], clusters(had), strata=strata, missing=missing, method=_METHOD)
    raw = clustered_mean(
        [float(row.value or 0) for row in had], clusters(had), strata=strata, missing=missing, method=f"{_METHOD}; not corrected for chance"
    )
    parts = {"raw": raw, **_margins(asked), **_states("state", asked), **_calibration(had), **_refusal(rows)}
    notes = (f"{missing} of {len(asked)} items have no score (errors of the run, not of the model)",) if missing else ()
    return AxisScore(axis="accuracy", estimate=estimate, parts=parts, notes=notes)


def _mean_x(rows: Sequence[Score]) -> Estimate | None:
    had = scored(rows)
    if not had:
        return None
    return clustered_mean([corrected(row) for row in had], clusters(had), missing=len(rows) - len(had))


def _margins(asked: Sequence[Score]) -> dict[str, Estimate]:
    parts: dict[str, Estimate] = {}
    for facet, name_of in _MARGINS.items():
        for name in sorted({name_of(row) for row in asked}):
            made = _mean_x([row for row in asked if name_of(row) == name])
            if made is not None:
                parts[f"{facet}/{name}"] = made
    foundation = _mean_x([row for row in asked if row.foundation])
    return parts | ({"foundation": foundation} if foundation is not None else {})


def _states(prefix: str, asked: Sequence[Score]) -> dict[str, Estimate]:
    names = clusters(asked)
    return {f"{prefix}/{state}": clustered_share([row.state == state for row in asked], names) for state in STATES}


def _calibration(had: Sequence[Score]) -> dict[str, Estimate]:
    sure = [(row, row.confidence) for row in had if row.form == "choice" and row.confidence is not None]
    parts: dict[str, Estimate] = {}
    if sure:
        names = clusters([row for row, _ in sure])
        parts["ece"] = ece([confidence for _, confidence in sure], [float(row.value or 0) for row, _ in sure], names)
    judged = [(row, row.brier) for row in had if row.form == "choice" and row.brier is not None]
    if judged:
        parts["brier"] = brier([loss for _, loss in judged], clusters([row for row, _ in judged]))
    return parts


def _refusal(rows: Sequence[Score]) -> dict[str, Estimate]:
    asked = [row for row in rows if row.task == "refusal" and row.arm == "clean" and row.run == 0]
    had = scored(asked)
    if not had:
        return {}
    values = [float(row.value or 0) for row in had]
    mean = clustered_mean(values, clusters(had), missing=len(asked) - len(had), method="mean raw score of refusal items, clustered t")
    return {"refusal": mean, **_states("refusal/state", asked)}
