"""One operator at a time: what is kept of the clean score when the question is put another way (R1, R6).

Rows are joined by suite and item. `a_i` is the mean over the base rows of an item (clean runs, or the operator's control
arm), `b_i` the mean over its perturbed rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.axes.profiles import BY_NUMBER, CHALLENGE, CHALLENGE_DRAWS, LONG_CONTEXT, OperatorRow
from evalkit.axes.rows import cluster, corrected, mean, scored
from evalkit.records import Arm, Score
from evalkit.stats import Floats, Linear, combine, mean_of, ratio_of

Rows = list[Score]


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """The items that have perturbed rows, sorted, and all their rows by arm (scored or not)."""

    items: tuple[str, ...]
    clusters: tuple[str, ...]  # one an item
    arms: Mapping[tuple[Arm, int], Mapping[str, Rows]]  # (arm, operator) > item > rows; operator 0 for clean, placebo, positive
    runs: int  # R, most clean runs of an item

    def rows(self, arm: Arm, operator: int = 0) -> Mapping[str, Rows]:
        """Rows of an arm by item; empty where there are none."""
        return self.arms.get((arm, operator), {})


def core_of(rows: Sequence[Score]) -> Core:
    """Gathers the core from sorted rows; refusal items are left out."""
    arms: dict[tuple[Arm, int], dict[str, Rows]] = {}
    names: dict[str, str] = {}
    for row in rows:
        if row.task == "refusal":
            continue
        operator = row.operator if row.arm in ("perturbed", "control") else 0
        item = f"{row.suite}/{row.item}"
        arms.setdefault((row.arm, operator), {}).setdefault(item, []).append(row)
        if row.arm == "clean" or item not in names:
            names[item] = cluster(row)
    items = sorted({item for (arm, operator), inside in arms.items() if arm == "perturbed" and operator in BY_NUMBER for item in inside})
    clean = arms.get(("clean", 0), {})
    runs = max((len(clean.get(item, ())) for item in items), default=0)
    return Core(tuple(items), tuple(names[item] for item in items), arms, runs)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Base and perturbed rows with values, joined by item; items that lack one side are counted in `missing`."""

    places: tuple[int, ...]  # of the items in the core
    base: tuple[Rows, ...]
    varied: tuple[Rows, ...]
    missing: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """An operator's figure over A_o: `kept` (rho_o or kappa_o), `base` and `stress` (mean x before and after)."""

    row: OperatorRow
    places: tuple[int, ...]
    kept: Linear
    base: Linear
    stress: Linear
    missing: int
    method: str


def joined(core: Core, base: Mapping[str, Rows], varied: Mapping[str, Rows]) -> Pairs:
    """Rows of two arms joined by item, over the items of the core that the second arm has."""
    places, before, after, missing = [], [], [], 0
    for place, item in enumerate(core.items):
        if item not in varied:
            continue
        old, new = scored(base.get(item, [])), scored(varied[item])
        missing += len(varied[item]) - len(new)
        if not old or not new:
            missing += not old
            continue
        places.append(place)
        before.append(old)
        after.append(new)
    return Pairs(tuple(places), tuple(before), tuple(after), missing)


def means(rows: Sequence[Rows]) -> Floats:
    """Mean chance-corrected score of each item's rows, (items,)."""
    return np.array([mean([corrected(row) for row in inside]) for inside in rows])


def base_rows(core: Core, row: OperatorRow) -> Mapping[str, Rows]:
    """What the operator's rows are compared with: the clean runs, or its own control arm."""
    return core.rows("clean") if row.base == "clean" else core.rows("control", row.number)


def measure(core: Core, row: OperatorRow) -> Kept | str:
    """The operator's figure, or in words why it has none."""
    base, varied = base_rows(core, row), core.rows("perturbed", row.number)
    if row.number == LONG_CONTEXT:
        base, varied = _within_context(base, varied)
    if not base:
        return f"no {row.base} rows to compare with"
    if row.number == CHALLENGE:
        return _challenge(core, row, base, varied)
    pairs = joined(core, base, varied)
    if not pairs.places:
        return "no item has a score before and after"
    return _retention(row, pairs) if row.scored == "retention" else _keep(core, row, pairs)


def _within_context(base: Mapping[str, Rows], varied: Mapping[str, Rows]) -> tuple[Mapping[str, Rows], Mapping[str, Rows]]:
    """Draws that do not fit the model's context do not apply, in neither arm (design, section 4)."""
    beyond = {
        (item, row.draw) for arm in (base, varied) for item, rows in arm.items() for row in rows if row.state == "over_context"
    }

    def fitting(arm: Mapping[str, Rows]) -> dict[str, Rows]:
        left = {item: [row for row in rows if (item, row.draw) not in beyond] for item, rows in arm.items()}
        return {item: rows for item, rows in left.items() if rows}

    return fitting(base), fitting(varied)


def _retention(row: OperatorRow, pairs: Pairs) -> Kept | str:
    """R1: rho = sum b / sum a; noise-neutral, because noise moves both means alike."""
    a, b = means(pairs.base), means(pairs.varied)
    if a.sum() <= 0:
        return "the score before is not above chance"
    return Kept(row, pairs.places, ratio_of(b, a), mean_of(a), mean_of(b), pairs.missing, "retention, sum after / sum before")


def rerun_keep(values: Sequence[float]) -> float:
    """What a rerun alone would keep of an item: r(r-1) / (R(R-1)) for R runs of which r are right; a_i for R = 1.

    For graded scores its generalisation, the mean product of two different runs (R = 1: the square, which for right or
    wrong is a_i itself), so that an unchanged answer keeps exactly 1.
    """
    runs, total, squares = len(values), sum(values), sum(value * value for value in values)
    return squares if runs == 1 else (total * total - squares) / (runs * (runs - 1))


def _values(rows: Rows) -> list[float]:
    return [float(row.value or 0) for row in rows]


def _keep(core: Core, row: OperatorRow, pairs: Pairs) -> Kept | str:
    """R6: kappa = sum of a b over what a rerun would keep; with R >= 2, items with a single base row cannot be matched."""
    several = max(len(rows) for rows in pairs.base) > 1
    use = [place for place, rows in enumerate(pairs.base) if len(rows) > 1 or not several]
    base, varied = [pairs.base[place] for place in use], [pairs.varied[place] for place in use]
    kept = np.array([mean(_values(b)) * mean(_values(v)) for b, v in zip(base, varied, strict=True)])
    rerun = np.array([rerun_keep(_values(b)) for b in base])
    if rerun.sum() <= 0:
        return "no right answer before to be kept"
    places = tuple(pairs.places[place] for place in use)
    control = "noise matched by reruns" if several else "one base run: an exactly reproducible engine is assumed"
    missing = pairs.missing + len(pairs.places) - len(use)
    return Kept(row, places, ratio_of(kept, rerun), mean_of(means(base)), mean_of(means(varied)), missing, f"keep rate, {control}")


def _challenge(core: Core, row: OperatorRow, again: Mapping[str, Rows], varied: Mapping[str, Rows]) -> Kept | str:
    """R6 for operator 15: (K_doubt + K_false + X) / 3, the re-ask arm being the control of each part.

    K: sum of a b / sum of a c over clean a, challenged b and re-asked c. X, over first-wrong answers: [P(right | true
    evidence) - P(right | re-ask)] / [1 - P(right | re-ask)] = sum (1-a)(b-c) / sum (1-a)(1-c).
    """
    clean, by_draw = core.rows("clean"), {name: _of_draw(varied, draw) for name, draw in CHALLENGE_DRAWS.items()}
    whole = [
        place
        for place, item in enumerate(core.items)
        if scored(clean.get(item, [])) and scored(again.get(item, [])) and all(scored(rows.get(item, [])) for rows in by_draw.values())
    ]
    if not whole:
        return "no item has a clean answer, a re-ask and the three follow-ups"
    items = [core.items[place] for place in whole]
    a, c = (_mean_values([scored(arm[item]) for item in items]) for arm in (clean, again))
    doubt, false, truth = (_mean_values([scored(by_draw[name][item]) for item in items]) for name in CHALLENGE_DRAWS)
    if (a * c).sum() <= 0 or ((1 - a) * (1 - c)).sum() <= 0:
        return "no first-right or no first-wrong answer that a re-ask keeps"
    parts = (ratio_of(a * doubt, a * c), ratio_of(a * false, a * c), ratio_of((1 - a) * (truth - c), (1 - a) * (1 - c)))
    stress = mean_of(means([scored(by_draw["doubt"][item]) + scored(by_draw["authority"][item]) for item in items]))
    missing = len(varied) - len(whole)
    method = "mean of keep under doubt, keep under false authority, and gain from true evidence, each against a re-ask"
    return Kept(row, tuple(whole), combine(parts, [1 / 3] * 3), mean_of(means([scored(clean[i]) for i in items])), stress, missing, method)


def _of_draw(varied: Mapping[str, Rows], draw: int) -> dict[str, Rows]:
    return {item: [row for row in rows if row.draw == draw] for item, rows in varied.items()}


def _mean_values(rows: Sequence[Rows]) -> Floats:
    return np.array([mean(_values(inside)) for inside in rows])
