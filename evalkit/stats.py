"""Arrays to estimates: means, shares, quantiles and linearised statistics with clustered 95 % intervals.

Items drawn from one template, or asked about one passage, are right or wrong together, so the unit of every interval
is the cluster. A statistic T is made linear: e_i is what item i adds to T. With U_c the sum of e_i over cluster c and C
clusters, SE^2 = C/(C-1) * sum of U_c^2, and the interval is T +- t(.975, C-1) * SE; in strata, the sum over strata with
each stratum's own factor, and sum(C_h - 1) degrees of freedom. All functions are pure; chance, where needed, has a key.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, norm, t

from evalkit.canon import rng_for
from evalkit.errors import NothingScoredError
from evalkit.records import Estimate

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
FEW_CLUSTERS = 20
MAX_T_DRAWS = 60_000
ONE_CLUSTER = "no interval: one cluster only"
NO_VARIATION = "no interval: no variation between clusters"
_TAIL = (1 - CONFIDENCE) / 2
_NOTHING = 1e-12  # a standard error this small is rounding, not a measurement


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A statistic and the influence of each row on it, (rows,) float64, in the statistic's unit; influences sum to 0."""

    value: float
    influences: Floats


def floats(values: ArrayLike) -> Floats:
    """`values` as float64, (rows,) or (rows, statistics). Raises NothingScoredError for none, ValueError for NaN."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise NothingScoredError("a statistic was asked of no values; score at least one item first")
    if not np.isfinite(array).all():
        raise ValueError("a statistic was given a value that is not finite; missing values are left out and counted, not passed")
    return array


def t_quantile(df: float) -> float:
    """Two-sided 95 % point of Student's t with `df` > 0 degrees of freedom."""
    return float(t.ppf(1 - _TAIL, df))


def _codes(clusters: Sequence[str], strata: Sequence[str] | None, rows: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Number of each row's cluster, (rows,), and number of each cluster's stratum, (clusters,)."""
    if len(clusters) != rows or (strata is not None and len(strata) != rows):
        raise ValueError(f"{rows} rows, {len(clusters)} cluster names: a statistic needs one name a row")
    of_row = list(zip(strata if strata is not None else [""] * rows, clusters, strict=True))
    names = {name: number for number, name in enumerate(sorted(set(of_row)))}
    heads = {head: number for number, head in enumerate(sorted({name[0] for name in names}))}
    return np.array([names[name] for name in of_row]), np.array([heads[name[0]] for name in names])


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    sums: Floats  # (clusters, statistics), scaled by the root of the stratum's C/(C-1)
    df: int
    lonely: bool  # a stratum has a single cluster: its variance cannot be had

    @property
    def clusters(self) -> int:
        return len(self.sums)

    @property
    def se(self) -> Floats:
        return np.asarray(np.sqrt((self.sums**2).sum(axis=0)), dtype=np.float64)


def _cluster_sums(influences: Floats, clusters: Sequence[str], strata: Sequence[str] | None) -> _Sums:
    columns = influences[:, None] if influences.ndim == 1 else influences
    row, stratum = _codes(clusters, strata, len(columns))
    count = len(stratum)
    sums = np.stack([np.bincount(row, weights=column, minlength=count) for column in columns.T], axis=1)
    sizes = np.bincount(stratum)[stratum].astype(np.float64)
    scaled = np.asarray(sums * np.sqrt(sizes / np.maximum(sizes - 1, 1))[:, None], dtype=np.float64)
    return _Sums(sums=scaled, df=int(count - len(set(stratum.tolist()))), lonely=bool((sizes == 1).any()))


def _described(method: str, clusters: int) -> str:
    return f"{method}; interval approximate ({clusters} clusters)" if clusters < FEW_CLUSTERS else method


def linear(
    statistic: Linear,
    clusters: Sequence[str],
    *,
    strata: Sequence[str] | None = None,
    missing: int = 0,
    method: str = "linearised, clustered t",
    unit: str = "",
) -> Estimate:
    """Estimate of any linearised statistic (module docstring; N2, and G4 for strata).

    `clusters` and `strata`: a name a row; a cluster belongs to a stratum (one that lies in two counts as two). With one
    cluster in a stratum, or no variation at all, there is no interval and `reason` says so.
    """
    sums = _cluster_sums(floats(statistic.influences), clusters, strata)
    low, high, reason = _interval(statistic.value, float(sums.se[0]), sums, t_quantile(max(sums.df, 1)))
    return Estimate(
        value=statistic.value,
        low=low,
        high=high,
        n=len(statistic.influences),
        clusters=sums.clusters,
        missing=missing,
        method=_described(method, sums.clusters),
        unit=unit,
        reason=reason,
    )


def _interval(value: float, se: float, sums: _Sums, critical: float) -> tuple[float | None, float | None, str]:
    if sums.lonely or sums.df < 1:
        return None, None, ONE_CLUSTER if sums.clusters == 1 else "no interval: a stratum has one cluster only"
    if se <= _NOTHING * max(1.0, abs(value)):
        return None, None, NO_VARIATION
    return value - critical * se, value + critical * se, ""


def mean_of(values: ArrayLike, strata: Sequence[str] | None = None) -> Linear:
    """The mean; with strata, the mean of the strata's means with equal weight. e_i = (x_i - mean_h) / (H n_h)."""
    array = floats(values)
    if strata is None:
        mean = float(array.mean())
        return Linear(mean, (array - mean) / len(array))
    heads = sorted(set(strata))
    which = np.array([heads.index(name) for name in strata])
    sizes = np.bincount(which)
    means = np.bincount(which, weights=array) / sizes
    return Linear(float(means.mean()), (array - means[which]) / (sizes[which] * len(heads)))


def clustered_mean(
    values: ArrayLike,
    clusters: Sequence[str],
    *,
    strata: Sequence[str] | None = None,
    missing: int = 0,
    method: str = "",
    unit: str = "",
) -> Estimate:
    """Mean of `values`, (rows,), with a clustered t interval (N2); with strata, the mean of their means.

    >>> round(clustered_mean([0, 1, 1, 1], ["a", "b", "c", "d"]).low, 3)
    -0.046
    """
    words = method or ("mean of the strata's means, clustered t" if strata is not None else "mean, clustered t")
    return linear(mean_of(values, strata), clusters, strata=strata, missing=missing, method=words, unit=unit)


def ratio_of(numerators: ArrayLike, denominators: ArrayLike) -> Linear:
    """Ratio of sums, r = sum b / sum a, with e_i = (b_i - r a_i) / sum a (R1). Raises ZeroDivisionError if sum a is 0."""
    upper, lower = floats(numerators), floats(denominators)
    total = float(lower.sum())
    if total == 0:
        raise ZeroDivisionError("a ratio's denominators sum to 0; leave it out and say why")
    ratio = float(upper.sum()) / total
    return Linear(ratio, (upper - ratio * lower) / total)


def combine(statistics: Sequence[Linear], weights: Sequence[float]) -> Linear:
    """Weighted sum of statistics over the same rows."""
    value = sum(weight * statistic.value for weight, statistic in zip(weights, statistics, strict=True))
    parts = [weight * statistic.influences for weight, statistic in zip(weights, statistics, strict=True)]
    return Linear(float(value), np.sum(parts, axis=0))


def quotient(upper: Linear, lower: Linear) -> Linear:
    """Quotient of two statistics over the same rows, by the delta method. Raises ZeroDivisionError for 0 below."""
    value = upper.value / lower.value
    return Linear(value, (upper.influences - value * lower.influences) / lower.value)


def paired_difference(
    first: ArrayLike, second: ArrayLike, clusters: Sequence[str], *, strata: Sequence[str] | None = None, missing: int = 0
) -> Estimate:
    """Mean of first - second over the same rows in the same order (N3): positive where `first` is better.

    The caller joins the rows by key. Raises ValueError when the lengths differ.
    """
    a, b = floats(first), floats(second)
    if a.shape != b.shape:
        raise ValueError(f"paired rows: {len(a)} against {len(b)}; join them by key first")
    return clustered_mean(a - b, clusters, strata=strata, missing=missing, method="mean paired difference, clustered t")


def wilson(hits: float, n: int, *, n_eff: float | None = None, df: float | None = None, missing: int = 0) -> Estimate:
    """Share `hits`/`n` with Wilson's score interval (N4), on `n_eff` effective rows and t with `df` where given.

    None or all of n: one-sided 95 % bound, 1 - .05^(1/n). Raises NothingScoredError for n = 0.
    Source: Wilson 1927. Tests compare it with statsmodels.

    >>> estimate = wilson(8, 10)
    >>> round(estimate.low, 3), round(estimate.high, 3)
    (0.49, 0.943)
    """
    if n < 1:
        raise NothingScoredError("a share was asked of 0 rows")
    m, share = n_eff or float(n), hits / n
    if hits in (0, n):
        bound = (1 - CONFIDENCE) ** (1 / m)
        low, high = (0.0, 1 - bound) if hits == 0 else (bound, 1.0)
        return Estimate(value=share, low=low, high=high, n=n, clusters=n, missing=missing, method="share, one-sided exact bound")
    z = t_quantile(df) if df else float(norm.ppf(1 - _TAIL))
    centre = (share + z * z / (2 * m)) / (1 + z * z / m)
    half = z / (1 + z * z / m) * math.sqrt(share * (1 - share) / m + z * z / (4 * m * m))
    return Estimate(value=share, low=centre - half, high=centre + half, n=n, clusters=n, missing=missing, method="share, Wilson")


def clustered_share(flags: Sequence[bool], clusters: Sequence[str], *, missing: int = 0) -> Estimate:
    """Share of true `flags`, Wilson on n / deff with t(C-1) (N4); deff is never taken below 1.

    None or all of n: deff cannot be seen, so rows of a cluster count as one and the bound is of C of them (deff = n / C).
    """
    values = floats(flags)
    n, hits = len(values), int(values.sum())
    sums = _cluster_sums(mean_of(values).influences, clusters, None)
    plain = hits / n * (1 - hits / n) / n
    if plain == 0 or sums.lonely:
        bare = wilson(hits, n, n_eff=float(sums.clusters), missing=missing)
        if plain and sums.lonely:
            return Estimate(value=bare.value, n=n, clusters=1, missing=missing, method="share", reason=ONE_CLUSTER)
        words = bare.method if sums.clusters == n else f"{bare.method}; n_eff {sums.clusters}, the clusters"
        method = _described(words, sums.clusters)
        return Estimate(value=bare.value, low=bare.low, high=bare.high, n=n, clusters=sums.clusters, missing=missing, method=method)
    deff = max(1.0, float(sums.se[0]) ** 2 / plain)
    made = wilson(hits, n, n_eff=n / deff, df=sums.df, missing=missing)
    method = _described(f"share, Wilson on n/deff, deff {deff:.2f}", sums.clusters)
    return Estimate(value=made.value, low=made.low, high=made.high, n=n, clusters=sums.clusters, missing=missing, method=method)


def _max_t_point(sums: _Sums, se: Floats, key: str) -> float:
    """Two-sided 95 % point of max |t| under the correlation of the scaled cluster sums.

    By simulation of the multivariate t, keyed; held between the point of one statistic and Bonferroni's.
    """
    live = se > _NOTHING
    k = int(live.sum())
    if k <= 1:
        return t_quantile(sums.df)
    unit = sums.sums[:, live] / se[live]
    # a clone of another statistic makes the matrix singular; the ridge costs less than the simulation's own error
    root = np.linalg.cholesky(unit.T @ unit + 1e-9 * np.eye(k))
    generator = np.random.default_rng(rng_for("max-t", key, k, sums.df).getrandbits(128))
    normal = generator.standard_normal((MAX_T_DRAWS, k)) @ root.T
    scale = np.sqrt(generator.chisquare(sums.df, MAX_T_DRAWS) / sums.df)
    point = float(np.quantile(np.abs(normal).max(axis=1) / scale, CONFIDENCE))
    return min(max(point, t_quantile(sums.df)), float(t.ppf(1 - _TAIL / k, sums.df)))


def max_t(
    statistics: Sequence[Linear], clusters: Sequence[str], *, strata: Sequence[str] | None = None, key: str = ""
) -> tuple[Estimate, ...]:
    """Intervals that hold for all `statistics` (over the same rows) together, so that the worst may be picked.

    One estimate a statistic, in order; width by the max-t point of their joint distribution. `n` counts all rows: where
    a statistic is of a part of them (influence 0 elsewhere), the caller puts the part's own counts.
    """
    if not statistics:
        raise NothingScoredError("simultaneous intervals were asked of no statistics")
    sums = _cluster_sums(floats(np.stack([s.influences for s in statistics], axis=1)), clusters, strata)
    se = sums.se
    point = 0.0 if sums.df < 1 else _max_t_point(sums, se, key)
    made = []
    for statistic, error in zip(statistics, se.tolist(), strict=True):
        low, high, reason = _interval(statistic.value, error, sums, point)
        method = _described(f"simultaneous over {len(statistics)}, max-t {point:.2f}", sums.clusters)
        rows = len(statistic.influences)
        made.append(Estimate(value=statistic.value, low=low, high=high, n=rows, clusters=sums.clusters, method=method, reason=reason))
    return tuple(made)


def quantile_ranks(n: int, p: float) -> tuple[int, int]:
    """Ranks (from 1) of the order statistics that hold the p-quantile with at least 95 %: 0 or n + 1 means open there."""
    low = int(binom.ppf(_TAIL, n, p))
    while low > 0 and binom.cdf(low - 1, n, p) > _TAIL:
        low -= 1
    high = low + 1
    while high <= n and binom.sf(high - 1, n, p) > _TAIL:
        high += 1
    return low, high


def quantile_interval(values: ArrayLike, p: float, *, unit: str = "") -> Estimate:
    """The p-quantile (smallest value with at least a share p at or below it) and its exact interval by binomial ranks.

    `values`: independent, (n,). Where n is too small the interval is open on that side (None) and `reason` says so:
    p95 needs 72 values to be closed above, p99 368.
    """
    if not 0 < p < 1:
        raise ValueError(f"a quantile lies between 0 and 1, not {p}")
    ordered = np.sort(floats(values))
    n = len(ordered)
    low, high = quantile_ranks(n, p)
    sides = [side for side, is_open in (("below", low < 1), ("above", high > n)) if is_open]
    return Estimate(
        value=float(ordered[max(math.ceil(n * p - 1e-9), 1) - 1]),
        low=float(ordered[low - 1]) if low >= 1 else None,
        high=float(ordered[high - 1]) if high <= n else None,
        n=n,
        clusters=n,
        method=f"order statistic, p{100 * p:g}, exact binomial ranks",
        unit=unit,
        reason=f"interval open {' and '.join(sides)} (n = {n})" if sides else "",
    )


def log_mean(values: ArrayLike, *, unit: str = "") -> Estimate:
    """exp of the mean log of positive `values`, one a run, with a t(R-1) interval on the log scale (E2)."""
    array = floats(values)
    if (array <= 0).any():
        raise ValueError(f"a mean on the log scale needs positive values, not {float(array.min())}")
    logs, runs = np.log(array), len(array)
    centre = float(logs.mean())
    if runs == 1:
        return Estimate(value=float(array[0]), n=1, clusters=1, method="one run", unit=unit, reason="no interval: one run only")
    half = t_quantile(runs - 1) * float(logs.std(ddof=1)) / math.sqrt(runs)
    ends = (math.exp(centre - half), math.exp(centre + half))
    return Estimate(value=math.exp(centre), low=ends[0], high=ends[1], n=runs, clusters=runs, method="mean of logs over runs, t", unit=unit)


def ece(confidences: ArrayLike, right: ArrayLike, clusters: Sequence[str] | None = None, *, bins: int = 10) -> Estimate:
    """Expected calibration error: sum over bins of n_b/n * |mean confidence - share right|, in [0, 1].

    `bins` of equal width over [0, 1], closed above (0 falls in the first). Interval: jackknife over clusters, t(C-1),
    cut at 0 and 1. Binned |.| is biased upward for small n; the jackknife does not remove it.
    """
    sure, hit = floats(confidences), floats(right)
    names = list(clusters) if clusters is not None else [f"{row:09d}" for row in range(len(sure))]
    row, stratum = _codes(names, None, len(sure))
    count, n = len(stratum), len(sure)
    which = np.clip(np.ceil(sure * bins).astype(np.intp) - 1, 0, bins - 1)
    gaps = np.zeros((count, bins))
    np.add.at(gaps, (row, which), sure - hit)
    sizes = np.bincount(row, minlength=count)
    value = float(np.abs(gaps.sum(axis=0)).sum() / n)
    method = f"{bins} bins of equal width, jackknife over clusters"
    if count == 1:
        return Estimate(value=value, n=n, clusters=1, method=method, reason=ONE_CLUSTER)
    without = np.abs(gaps.sum(axis=0) - gaps).sum(axis=1) / (n - sizes)
    se = math.sqrt((count - 1) / count * float(((without - without.mean()) ** 2).sum()))
    half, method = t_quantile(count - 1) * se, _described(method, count)
    if se <= _NOTHING:
        return Estimate(value=value, n=n, clusters=count, method=method, reason=NO_VARIATION)
    return Estimate(value=value, low=max(0.0, value - half), high=min(1.0, value + half), n=n, clusters=count, method=method)


def brier(values: ArrayLike, clusters: Sequence[str], *, missing: int = 0) -> Estimate:
    """Mean Brier score, sum over options of (p - [right])^2, in [0, 2]; lower is better."""
    return clustered_mean(values, clusters, missing=missing, method="mean Brier score over options, in [0, 2], clustered t")
