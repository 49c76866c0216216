"""Comparisons: is one model better than another, by how much could it be seen, and between which ranks does each lie.

Everything is paired (two models on the items that both answered) and clustered (N2, N3: items of one cluster are right or
wrong together). Two intervals that overlap say nothing about a difference, so no function here looks at them.

The p-value of a pair is that of the clustered t test, but never below 2^(1 - m), with m the clusters in which the two differ
at all: that is the least an exact test by flipping the signs of those clusters could give. Near-twins (a model and its
quantised copy) differ in a handful of items, and there t alone is far too sure: of 4 : 0 it makes .045, the exact test .125.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri, stdtr
from scipy.stats import binom, nct, norm, t

from evalkit.canon import rng_for
from evalkit.records import Estimate
from evalkit.stats import NO_VARIATION, ONE_CLUSTER, Floats, clustered_mean, floats, paired_difference

ALPHA = 0.05
POWER = 0.8
RANK_DRAWS = 20_000  # the level of a critical value is then known to +-.003 (two standard errors)
_FEWEST_DRAWS = 2_000  # +-.010
JOINT_CLUSTERS = 30  # below, correlations of pairs are too rough: 10 equal models were untied in 7 % at 22 clusters, in 5 % at 32
_WORK = 1e10  # multiplications that a critical value may cost: draws are fewer beyond, and the method says how many
_BLOCK = 4_000_000  # numbers held at once while drawing
_NOTHING = 1e-12  # a difference this small is rounding
NO_COMMON = "no common items"
LONELY = "a stratum has one cluster only"
Side = Literal["above", "below", "tied"]


def holm(p_values: Iterable[float]) -> tuple[float, ...]:
    """Adjusted p-values in the order given: rejecting those at most alpha errs at all with a chance of at most alpha.

    Step-down Bonferroni: the i-th smallest of m (i from 1) is multiplied by m - i + 1, never below its forerunner nor above 1.
    Assumes nothing about dependence. No p-values give (). Raises ValueError for one outside of [0, 1].
    Source: Holm 1979, Scandinavian Journal of Statistics 6:65-70.

    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    values = np.array(list(p_values), dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p-values lie in [0, 1]; read {values.tolist()}")
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(stepped, 1.0)
    return tuple(float(value) for value in adjusted)


def mcnemar(only_first: int, only_second: int, *, mid_p: bool = False) -> float:
    """Two-sided p-value in (0, 1] of two models being right equally often, from the items that only one of them has right.

    Exact: 2 P(X <= least of the two), X binomial(both counts, 1/2), at most 1. `mid_p` counts what is just as extreme by half:
    nearer to its level on average, no longer guaranteed. No such items: 1. Raises ValueError for a negative count.
    Assumes independent items: where clusters have several, use `paired`.
    Sources: McNemar 1947, Psychometrika 12:153-157; mid-p: Fagerland, Lydersen & Laake 2013, BMC Med Res Methodol 13:91.

    >>> mcnemar(4, 0), round(mcnemar(4, 0, mid_p=True), 6)
    (0.125, 0.0625)
    """
    if only_first < 0 or only_second < 0:
        raise ValueError(f"counts of items are at least 0, not {only_first} and {only_second}")
    n, least = only_first + only_second, min(only_first, only_second)
    if n == 0:
        return 1.0
    exact = min(1.0, 2 * float(binom.cdf(least, n, 0.5)))
    as_extreme = float(binom.pmf(least, n, 0.5)) * (1 if only_first == only_second else 2)
    return exact - as_extreme / 2 if mid_p else exact


def _p_value(difference: float, se: float, df: float, differing: int) -> float:
    """Two-sided p of the clustered t test, held at or above the least p of flipping `differing` clusters (module docstring)."""
    if abs(difference) <= _NOTHING:
        return 1.0
    by_t = 0.0 if se <= _NOTHING else 2 * float(stdtr(df, -abs(difference) / se))
    return min(1.0, max(by_t, 2.0 ** (1 - differing)))


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Where rows belong, as numbers: cluster of each row (rows,), and stratum of each cluster (clusters,)."""

    cluster: NDArray[np.intp]
    stratum: NDArray[np.intp]


def _layout(clusters: Sequence[str], strata: Sequence[str] | None) -> _Layout:
    of_row = list(zip(strata if strata is not None else [""] * len(clusters), clusters, strict=True))
    names = {name: number for number, name in enumerate(sorted(set(of_row)))}
    heads = {head: number for number, head in enumerate(sorted({head for head, _ in names}))}
    return _Layout(np.array([names[name] for name in of_row], dtype=np.intp), np.array([heads[head] for head, _ in names], dtype=np.intp))


@dataclass(frozen=True, slots=True, eq=False)
class _Tested:
    value: float
    n: int
    clusters: int
    p: float | None
    unit: Floats  # (clusters,), length 1: what each cluster adds to the studentised difference
    reason: str = ""


def _tested(differences: Floats, layout: _Layout) -> _Tested:
    """The test of one pair: `differences`, (rows,), NaN where the two have no common score. See stats' docstring for the SE."""
    here, count = np.isfinite(differences), len(layout.stratum)
    d, row = differences[here], layout.cluster[here]
    if d.size == 0:
        return _Tested(0.0, 0, 0, None, np.zeros(count), NO_COMMON)
    head = layout.stratum[row]
    sizes = np.bincount(head)
    strata = int((sizes > 0).sum())
    means = np.bincount(head, weights=d) / np.maximum(sizes, 1)
    weight = 1 / (sizes[head] * strata)
    of_stratum = np.bincount(layout.stratum[np.bincount(row, minlength=count) > 0])
    used, factor = int(of_stratum.sum()), np.sqrt(of_stratum / np.maximum(of_stratum - 1, 1))
    sums = np.bincount(row, weights=(d - means[head]) * weight, minlength=count)
    sums *= np.append(factor, np.zeros(int(layout.stratum.max()) + 1 - len(factor)))[layout.stratum]
    value, se = float(means.sum() / strata), math.sqrt(float((sums**2).sum()))
    if (of_stratum == 1).any():
        return _Tested(value, len(d), used, None, np.zeros(count), ONE_CLUSTER if used == 1 else f"no interval: {LONELY}")
    differing = int((np.abs(np.bincount(row, weights=d)) > _NOTHING).sum())
    p = _p_value(value, se, used - strata, differing)
    if se <= _NOTHING:  # every row differs alike: what a flip of signs would move is the difference itself
        sums = np.bincount(row, weights=d * weight, minlength=count)
    length = math.sqrt(float((sums**2).sum()))
    return _Tested(value, len(d), used, p, sums / length if length > _NOTHING else np.zeros(count))


@dataclass(frozen=True, slots=True)
class Paired:
    """First minus second over their common rows: mean and 95 % interval, and the p-value (None where there is none to be had)."""

    difference: Estimate
    p: float | None


def paired(
    first: Sequence[float | None], second: Sequence[float | None], clusters: Sequence[str], *, strata: Sequence[str] | None = None
) -> Paired:
    """Mean of first - second, (rows,) each, joined by the caller; rows where one is None are left out and counted as missing.

    Interval and p are those of the clustered t test (N2, N3), with strata the mean of their means; p has the floor of the
    module's docstring, so it may exceed .05 beside an interval without 0 where fewer than six clusters differ. All rows alike:
    no interval, p by the floor alone (1 for no difference). One cluster: neither, with the reason; under 20 the method says
    "approximate". Raises NothingScoredError without common rows, ValueError for unequal lengths or NaN.
    Assumes independent clusters, and enough of them for a normal mean of cluster sums.
    """
    if not len(first) == len(second) == len(clusters):
        raise ValueError(f"paired rows: {len(first)} against {len(second)} with {len(clusters)} clusters; join them by key first")
    common = [row for row, both in enumerate(zip(first, second, strict=True)) if None not in both]
    a, b = floats([first[row] for row in common]), floats([second[row] for row in common])  # type: ignore[arg-type]
    names, heads = [clusters[row] for row in common], None if strata is None else [strata[row] for row in common]
    made = paired_difference(a, b, names, strata=heads, missing=len(first) - len(common))
    return Paired(difference=made, p=_tested(a - b, _layout(names, heads)).p)


@dataclass(frozen=True, slots=True)
class Detectable:
    """The least true `difference` that `n` items find with chance `power`; None with the reason where no difference is found so."""

    difference: float | None
    n: int
    clusters: int
    alpha: float
    power: float
    method: str
    reason: str = ""


def _noncentrality(df: float, alpha: float, power: float) -> float:
    """The true difference in standard errors at which a two-sided t test at `alpha` has `power`."""
    critical = float(t.ppf(1 - alpha / 2, df))

    def lacking(shift: float) -> float:
        far = float(nct.cdf(-critical, df, shift))  # scipy has NaN for some shares under 1e-15
        return float(nct.sf(critical, df, shift)) + (0.0 if math.isnan(far) else far) - power

    top = critical + 1
    while lacking(top) < 0:
        top *= 2
    return float(brentq(lacking, 0.0, top, xtol=1e-10))


def _checked(sd: float | None, discordant: float | None, deff: float, alpha: float, power: float) -> None:
    if (sd is None) == (discordant is None):
        raise ValueError("name either sd (of the differences of items) or discordant (share of items that one has right alone)")
    if sd is not None and not sd > 0:
        raise ValueError(f"sd is {sd}; a standard deviation above 0 would work")
    if discordant is not None and not 0 < discordant <= 1:
        raise ValueError(f"discordant is {discordant}; a share in (0, 1] would work")
    if not (deff > 0 and 0 < alpha < power < 1):
        raise ValueError(f"deff {deff}, alpha {alpha}, power {power}: deff above 0 and 0 < alpha < power < 1 would work")


def minimum_detectable(
    n: int,
    *,
    sd: float | None = None,
    discordant: float | None = None,
    clusters: int | None = None,
    deff: float = 1.0,
    alpha: float = ALPHA,
    power: float = POWER,
) -> Detectable:
    """The least true mean difference that a paired, two-sided clustered t test on `n` common items finds with chance `power`.

    lambda * sd * sqrt(deff / n), with lambda the noncentrality at which t with `clusters` - 1 degrees of freedom (None: n - 1)
    has that power; sd: of one item's difference. For right or wrong with a share `discordant` of items that only one has right,
    the variance is discordant - difference^2, and the difference is sqrt(discordant * a / (1 + a)), a = lambda^2 deff / n. It
    cannot exceed the share itself: then none is found, with the reason. deff: Kish's design effect, 1 + (items a cluster - 1) *
    their correlation. One cluster: none, with the reason. Raises ValueError for sizes or shares out of range.
    Assumes a normal mean of cluster sums, clusters of like size, and one test: among many models, divide alpha by the pairs.
    Sources: Cohen 1988 (noncentral t); Bloom 1995, Evaluation Review 19:547-556; Connor 1987, Biometrics 43:207-211 (variance of
    discordant pairs); Kish 1965 (deff).
    """
    _checked(sd, discordant, deff, alpha, power)
    groups = n if clusters is None else clusters
    if not 1 <= groups <= n:
        raise ValueError(f"{n} items in {groups} clusters: at least 1 cluster and no more than items would work")
    made = Detectable(None, n, groups, alpha, power, f"paired clustered t, noncentral t({groups - 1}), deff {deff:g}")
    if groups == 1:
        return replace(made, reason=ONE_CLUSTER)
    share = _noncentrality(groups - 1, alpha, power) ** 2 * deff / n
    if discordant is None:
        return replace(made, difference=(sd or 0.0) * math.sqrt(share))
    difference = math.sqrt(discordant * share / (1 + share))
    if difference > discordant:
        return replace(made, reason=f"no difference is found: only {discordant:g} of the items can tell the two apart")
    return replace(made, difference=difference)


def items_needed(
    difference: float,
    *,
    sd: float | None = None,
    discordant: float | None = None,
    items_per_cluster: float = 1.0,
    deff: float = 1.0,
    alpha: float = ALPHA,
    power: float = POWER,
) -> Detectable:
    """The fewest common items for which `minimum_detectable` is at most `difference`, with n / items_per_cluster clusters (floor).

    Found by bisection, as more items never find less; formula, assumptions and sources as there. `difference` of the record is
    the one that this n finds. Raises ValueError for a difference that is not above 0, or above the discordant share.
    """
    _checked(sd, discordant, deff, alpha, power)
    if not difference > 0 or items_per_cluster < 1 or (discordant is not None and difference > discordant):
        raise ValueError(f"difference {difference}: above 0, at most the discordant share, and at least one item a cluster would work")

    def at(n: int) -> Detectable:
        groups = max(1, int(n / items_per_cluster))
        return minimum_detectable(n, sd=sd, discordant=discordant, clusters=groups, deff=deff, alpha=alpha, power=power)

    def enough(n: int) -> bool:
        found = at(n).difference
        return found is not None and found <= difference

    low, high = 1, 2
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return at(high)


@dataclass(frozen=True, slots=True)
class Against:
    """A model against another: mean difference over their `n` common items (None without any), and on which side it stands.

    `p` is of this pair alone, before the others are allowed for; `side` allows for all. `missing`: items that one of the two was
    asked and that lack a score of either. `reason`: why no test could be made.
    """

    side: Side
    difference: float | None
    n: int
    clusters: int
    missing: int
    p: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RankRange:
    """Ranks that a model may hold, 1 (best) to the number of models, all models' ranges being right together with 95 %.

    `estimate`: its own mean over its own scored items. `n_common`: least number of common items with any other model (its own n
    where there is no other). `note` says where its place by value lies outside of the range, which pairs made on other items can do.
    """

    low: int
    high: int
    estimate: Estimate
    n_common: int
    method: str
    against: Mapping[str, Against] = field(default_factory=dict)
    note: str = ""

    @property
    def value(self) -> float | None:
        """The model's own mean; None where nothing of it was scored."""
        return self.estimate.value


Scores = Mapping[str, Mapping[str, float | None]]


def rank_ranges(
    scores: Scores,
    clusters: Mapping[str, str],
    *,
    key: str,
    strata: Mapping[str, str] | None = None,
    alpha: float = ALPHA,
    draws: int | None = None,
) -> dict[str, RankRange]:
    """Model > item > score (None: missing) to model > range of ranks, in the order of the models' own values, then by name.

    Every pair is tested on its common items (`paired`; with `strata`, item > name, the mean of the strata's means). Both
    directions of every pair are one hypothesis each, "j is not better than k"; all are tested together by step-down max-t: a
    critical value for the largest of all, then, without what it rejects, a lower one for the rest, until nothing falls. Critical
    values come from a Gaussian multiplier bootstrap over clusters with generators keyed by `key`, one multiplier a cluster for
    all pairs, so pairs keep their correlation; each pair's t is first put on the normal scale by its own degrees of freedom, and
    the value is held between that of one pair and Bonferroni's. Where a pair has under 30 clusters its correlations are too rough
    and Bonferroni's value is used for all, which is Holm's procedure. Best rank: 1 + models that are better; worst: models - those that are
    worse. A true rank is 1 + the models truly better, so with ties the whole range is meant.

    The order is by own values, so a third model never swaps two others; ranges may widen with the pool. Nothing depends on the
    order of models or items. No common items, one cluster, or identical scores: tied, with the reason. One model: 1 to 1. A model
    without any score comes last and may hold any rank. Raises NothingScoredError without models or any score, ValueError for an
    item without a cluster or a score that is not finite.
    Assumes independent clusters, any dependence within, missing scores that do not depend on quality, and many clusters.
    Sources: Mogstad, Romano, Shaikh & Wilhelm 2024, Review of Economic Studies 91:476-518 (ranges for all ranks from one-sided tests
    of all pairs); Romano & Wolf 2005, Econometrica 73:1237-1282 (step-down); Chernozhukov, Chetverikov & Kato 2013, Annals of
    Statistics 41:2786-2819 (Gaussian multipliers); Holm 1979.
    """
    names, items, rows = _matrix(scores, clusters)
    asked = np.array([[item in scores[name] for item in items] for name in names])
    groups, heads = [clusters[item] for item in items], None if strata is None else [strata[item] for item in items]
    layout, pairs = _layout(groups, heads), list(combinations(range(len(names)), 2))
    tested = [_tested(rows[j] - rows[k], layout) for j, k in pairs]
    above, below, method = _separated(tested, key=key, alpha=alpha, draws=draws)
    against: dict[str, dict[str, Against]] = {name: {} for name in names}
    for (j, k), test, up, down in zip(pairs, tested, above.tolist(), below.tolist(), strict=True):
        made = _against(test, int((asked[j] | asked[k]).sum()) - test.n, "above" if up else "below" if down else "tied")
        against[names[j]][names[k]], against[names[k]][names[j]] = made, _reversed(made)
    estimates = {name: _own(rows[number], scores[name], groups, heads) for number, name in enumerate(names)}
    return _ranges(estimates, against, method)


def _matrix(scores: Scores, clusters: Mapping[str, str]) -> tuple[list[str], list[str], Floats]:
    """Names and items, both sorted, and the scores, (models, items), NaN where there is none."""
    names = sorted(scores)
    items = sorted({item for name in names for item in scores[name]})
    lost = [item for item in items if item not in clusters]
    if lost:
        raise ValueError(f"item {lost[0]!r} has no cluster ({len(lost)} such); an item on its own is a cluster of its own")
    held = [value for name in names for value in scores[name].values() if value is not None]
    floats(held)  # refuses nothing at all, and what is not finite
    rows = [[math.nan if (value := scores[name].get(item)) is None else value for item in items] for name in names]
    return names, items, np.array(rows, dtype=np.float64)


def _against(test: _Tested, missing: int, side: Side) -> Against:
    difference = test.value if test.n else None
    reason = NO_VARIATION if not test.reason and test.p == 1.0 and not test.unit.any() else test.reason
    return Against(side=side, difference=difference, n=test.n, clusters=test.clusters, missing=missing, p=test.p, reason=reason)


def _reversed(made: Against) -> Against:
    sides: Mapping[Side, Side] = {"above": "below", "below": "above", "tied": "tied"}
    difference = None if made.difference is None else 0.0 - made.difference
    return replace(made, side=sides[made.side], difference=difference)


def _own(row: Floats, asked: Mapping[str, float | None], groups: Sequence[str], heads: Sequence[str] | None) -> Estimate:
    here = np.flatnonzero(np.isfinite(row)).tolist()
    missing = sum(value is None for value in asked.values())
    if not here:
        return Estimate(value=None, missing=missing, reason="no item was scored")
    strata = None if heads is None else [heads[number] for number in here]
    return clustered_mean(row[here], [groups[number] for number in here], strata=strata, missing=missing)


def _ranges(estimates: Mapping[str, Estimate], against: Mapping[str, Mapping[str, Against]], method: str) -> dict[str, RankRange]:
    def place(name: str) -> tuple[bool, float, str]:
        value = estimates[name].value
        return value is None, -(value or 0.0), name

    made: dict[str, RankRange] = {}
    values = [estimate.value for estimate in estimates.values() if estimate.value is not None]
    for name in sorted(estimates, key=place):
        sides, value = [other.side for other in against[name].values()], estimates[name].value
        low, high = 1 + sides.count("below"), len(estimates) - sides.count("above")
        n_common = min((other.n for other in against[name].values()), default=estimates[name].n)
        # equal values share a span of places; only a span wholly outside of the range contradicts it
        first = 0 if value is None else 1 + sum(other > value for other in values)
        last = first if value is None else sum(other >= value for other in values)
        outside = value is not None and (last < low or first > high)
        note = f"place {first} by its own value lies outside: the pairs were tested on common items only" if outside else ""
        made[name] = RankRange(low, high, estimates[name], n_common, method, against[name], note)
    return made


def _separated(tested: Sequence[_Tested], *, key: str, alpha: float, draws: int | None) -> tuple[NDArray[np.bool_], NDArray[np.bool_], str]:
    """Which pairs' first model is better, which worse, (pairs,) each, and how that was found."""
    testable = np.array([test.p is not None and bool(test.unit.any()) for test in tested], dtype=np.bool_)
    signs = np.array([math.copysign(float(ndtri((test.p or 0.0) / 2)), test.value) if test.p is not None else 0.0 for test in tested])
    few = any(test.clusters < JOINT_CLUSTERS for test, live in zip(tested, testable.tolist(), strict=True) if live)
    units = np.stack([test.unit for test in tested], axis=1) if tested else np.zeros((1, 0))
    made = draws or int(min(RANK_DRAWS, max(_FEWEST_DRAWS, _WORK // max(units.size, 1))))
    up, down = testable.copy(), testable.copy()  # hypotheses that still stand
    while up.any() or down.any():
        value = _critical(units, up, down, key=key, alpha=alpha, draws=0 if few else made)
        fallen_up, fallen_down = up & (signs > value), down & (-signs > value)
        if not (fallen_up.any() or fallen_down.any()):
            break
        up, down = up & ~fallen_up, down & ~fallen_down
    how = f"Holm (under {JOINT_CLUSTERS} clusters in a pair)" if few else f"step-down max-t, {made} draws"
    return testable & ~up, testable & ~down, f"paired clustered t, {how}"


def _critical(units: Floats, up: NDArray[np.bool_], down: NDArray[np.bool_], *, key: str, alpha: float, draws: int) -> float:
    """The 1 - alpha point of the largest of what still stands, normal scale; `draws` = 0: Bonferroni's.

    `units`, (clusters, pairs), columns of length 1: multipliers times a column are standard normal. The same draws in every step,
    so that critical values can only fall.
    """
    most = float(norm.isf(alpha / (up.sum() + down.sum())))
    least = float(norm.isf(alpha / 2 if (up & down).any() else alpha))
    if not draws or most <= least:
        return most
    standing = up | down
    columns, up, down = units[:, standing], up[standing], down[standing]
    generator = np.random.default_rng(rng_for("rank ranges", key).getrandbits(128))
    block, tops = max(1, _BLOCK // max(units.shape)), []
    for start in range(0, draws, block):
        normal = generator.standard_normal((min(block, draws - start), len(units))) @ columns
        tops.append(np.maximum(normal[:, up].max(axis=1, initial=-np.inf), -normal[:, down].min(axis=1, initial=np.inf)))
    ordered = np.sort(np.concatenate(tops))
    point = float(ordered[min(math.ceil((1 - alpha) * (draws + 1)), draws) - 1])
    return min(max(point, least), most)
