"""Figures printed beside robustness and never ranked: excess flips (R4), hold^3 (R5), template spread (R8), option prior (R9)."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, product

import numpy as np

from evalkit.axes.profiles import BY_NUMBER, TEMPLATES, OperatorRow
from evalkit.axes.retention import Core, Rows, base_rows, joined
from evalkit.axes.rows import corrected, mean, scored, withheld
from evalkit.records import Estimate, Score
from evalkit.stats import Linear, clustered_mean, linear, mean_of, ratio_of

Places = Mapping[str, tuple[int, int]]  # key of a score > place of the option it chose, place of the right option (from 0)


def answer_of(row: Score) -> str:
    """What was answered, in a form that survives a new order or spelling of the options: right, the mistake's name, or the text."""
    if row.value == 1:
        return "right"
    return f"mistake {row.mistake}" if row.mistake else f"{row.state} {row.parsed}"


def _differ(pairs: Sequence[tuple[Score, Score]]) -> float:
    return mean([answer_of(one) != answer_of(other) for one, other in pairs])


def _rerun_flips(core: Core, item: str) -> float | None:
    """Share of pairs of clean runs that differ; with one run, of the clean answer against the placebo's."""
    clean = scored(core.rows("clean").get(item, []))
    pairs = list(combinations(clean, 2)) or list(product(clean, scored(core.rows("placebo").get(item, []))))
    return _differ(pairs) if pairs else None


def excess_flips(core: Core, row: OperatorRow) -> dict[str, Estimate]:
    """R4 for one operator: EF = (F - F0) / (1 - F0), and the raw shares of right to wrong and wrong to right.

    F over all (run, draw) pairs, F0 over pairs of clean runs (one run: clean against placebo).
    """
    pairs = joined(core, base_rows(core, row), core.rows("perturbed", row.number))
    reruns = [_rerun_flips(core, core.items[place]) for place in pairs.places]
    use = [at for at, rerun in enumerate(reruns) if rerun is not None]
    name = f"excess_flips/{row.number}"
    if not use:
        return {name: withheld("no rerun and no placebo to compare with")}
    matched = [list(product(pairs.base[at], pairs.varied[at])) for at in use]
    names = [core.clusters[pairs.places[at]] for at in use]
    f, f0 = np.array([_differ(pair) for pair in matched]), np.array([reruns[at] for at in use], dtype=np.float64)
    if f0.mean() >= 1:
        return {name: withheld("every rerun changes the answer")}
    # (F - F0) / (1 - F0) as a ratio of sums: its influences are those of R4
    made = {name: linear(ratio_of(f - f0, 1 - f0), names, missing=pairs.missing, method="excess flips over reruns, clustered t")}
    for word, before in (("right_to_wrong", True), ("wrong_to_right", False)):
        shares = [mean([(b.value == 1) == before and (v.value == 1) != before for b, v in pair]) for pair in matched]
        made[f"{word}/{row.number}"] = clustered_mean(shares, names, missing=pairs.missing, method="share of pairs, reruns not taken off")
    return made


def hold(core: Core) -> dict[str, Estimate]:
    """R5: chance that three random perturbed versions are all right, the same for three clean runs, and their ratio.

    Over operators whose label is kept or recomputed; an item needs three versions (and three clean runs) with a score.
    """
    versions: dict[str, Rows] = {}
    for number, row in BY_NUMBER.items():
        if not row.behaviour:
            for item, rows in core.rows("perturbed", number).items():
                versions.setdefault(item, []).extend(scored(rows))
    clean = {item: scored(rows) for item, rows in core.rows("clean").items()}
    many = [place for place, item in enumerate(core.items) if len(versions.get(item, ())) >= 3]
    both = [place for place in many if len(clean.get(core.items[place], ())) >= 3]
    parts = {"hold3": _held(core, versions, many, "perturbed versions"), "hold3_clean": _held(core, clean, both, "clean runs")}
    kept, rerun = ([_hold(rows[core.items[place]]) for place in both] for rows in (versions, clean))
    if sum(rerun) > 0:
        names = [core.clusters[place] for place in both]
        parts["hold3_ratio"] = linear(ratio_of(kept, rerun), names, method="hold3 over hold3_clean on the same items, clustered t")
    else:
        parts["hold3_ratio"] = withheld("three clean runs of an item are needed")
    return parts


def _hold(rows: Rows) -> float:
    """C(k, 3) / C(m, 3) for k right of m."""
    return math.comb(sum(row.value == 1 for row in rows), 3) / math.comb(len(rows), 3)


def _held(core: Core, rows: Mapping[str, Rows], places: Sequence[int], what: str) -> Estimate:
    if not places:
        return withheld(f"no item has three {what} with a score")
    values = [_hold(rows[core.items[place]]) for place in places]
    return clustered_mean(values, [core.clusters[place] for place in places], method=f"chance that three {what} are all right, clustered t")


def template_spread(core: Core) -> dict[str, Estimate]:
    """R8: SD over prompt templates of their mean x, noise removed, and the second worst template.

    Templates: the plain one (first clean run) and the draws of operator 8, over the items that have them all. The items
    are the same for all templates, so the noise of a template's mean is that about the items' own means:
    sqrt(max(0, S^2 - T/(T-1) * mean SE^2)), SE clustered; under no spread the expectation of the difference is 0.
    """
    plain = {item: [row for row in rows if row.run == 0] for item, rows in core.rows("clean").items()}
    varied = core.rows("perturbed", TEMPLATES)
    draws = sorted({row.draw for rows in varied.values() for row in rows})
    tables = [plain, *({item: [row for row in rows if row.draw == draw] for item, rows in varied.items()} for draw in draws)]
    tables = [{item: scored(rows) for item, rows in table.items() if scored(rows)} for table in tables]
    use = [place for place, item in enumerate(core.items) if all(item in table for table in tables)]
    if len(tables) < 3 or len(use) < 2:
        reason = f"needs 3 templates over the same items; there are {len(tables)} over {len(use)} items"
        return {"template_spread": withheld(reason), "template_second_worst": withheld(reason)}
    names = [core.clusters[place] for place in use]
    x = np.array([[corrected(table[core.items[place]][0]) for table in tables] for place in use])
    columns = [mean_of(column) for column in x.T]
    errors = [_squared_error(mean_of(column), names) for column in (x - x.mean(axis=1, keepdims=True)).T]
    count, values = len(tables), np.array([column.value for column in columns])
    noise = count / (count - 1) * mean(errors)
    spread = math.sqrt(max(0.0, float(values.var(ddof=1)) - noise))
    second = sorted(columns, key=lambda column: column.value)[1]
    return {
        "template_spread": Estimate(
            value=spread,
            n=len(use),
            clusters=len(set(names)),
            method=f"SD of {count} template means with their noise removed",
            reason="no interval: a spread of a few fixed templates",
        ),
        "template_second_worst": linear(
            second, names, method=f"second worst of {count} template means, clustered t, selection not counted"
        ),
    }


def _squared_error(statistic: Linear, names: Sequence[str]) -> float:
    """SE^2 of a linear statistic by clusters, C/(C-1) * sum of U^2."""
    sums: dict[str, float] = {}
    for name, influence in zip(names, statistic.influences.tolist(), strict=True):
        sums[name] = sums.get(name, 0.0) + influence
    return len(sums) / max(len(sums) - 1, 1) * sum(total * total for total in sums.values())


def option_prior(core: Core, places: Places | None) -> Estimate:
    """R9: places chosen against places of the right option over clean and shifted rows, chi2 / (n (k-1)), in [0, 1].

    0: no favourite place; 1: always the same one. `places` comes from the caller, as the table of scores does not hold it.
    """
    if places is None:
        return withheld("the table of scores does not hold the places of the options")
    arms = (core.rows("clean"), core.rows("perturbed", 9))
    chosen = [places[row.key] for arm in arms for item in core.items for row in arm.get(item, []) if row.key in places]
    k = max((max(pair) for pair in chosen), default=0) + 1
    predicted, gold = (np.bincount([pair[side] for pair in chosen], minlength=k) for side in (0, 1)) if chosen else (np.zeros(1),) * 2
    if k < 2 or (gold == 0).any():
        return withheld("the right options do not take every place")
    n = len(chosen)
    value = float(((predicted - gold) ** 2 / gold).sum() / (n * (k - 1)))
    reason = f"no interval: with no favourite place about {1 / n:.4f} is expected"
    return Estimate(value=value, n=n, clusters=n, method=f"chi2 / (n (k-1)), {k} places", reason=reason)
