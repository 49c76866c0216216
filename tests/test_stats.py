import math
import random

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as sps
from statsmodels.stats.proportion import proportion_confint

from evalkit import stats
from evalkit.errors import NothingScoredError
from evalkit.stats import Linear


def clustered(seed, clusters=30, size=4):
    rng = np.random.default_rng(seed)
    names = [f"c{c:02d}" for c in range(clusters) for _ in range(size)]
    return rng.normal(size=clusters)[np.repeat(np.arange(clusters), size)] + rng.normal(size=clusters * size), names


def test_clustered_mean_is_the_cluster_robust_intercept_of_statsmodels():
    x, names = clustered(1)
    groups = np.unique(names, return_inverse=True)[1]
    # use_correction multiplies by C/(C-1) * (n-1)/(n-k), and k = 1 makes the second factor 1
    fit = sm.OLS(x, np.ones(len(x))).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True}, use_t=True)
    made = stats.clustered_mean(x, names)
    assert made.value == pytest.approx(fit.params[0])
    assert (made.low, made.high) == pytest.approx(tuple(fit.conf_int()[0]))
    assert (made.n, made.clusters, made.missing, made.standing) == (120, 30, 0, "measured")
    assert "approximate" not in made.method


def test_singletons_give_the_t_interval_of_a_mean():
    x = np.array([0.2, 0.4, 0.9, 0.1, 0.7])
    made = stats.clustered_mean(x, list("abcde"), missing=2)
    want = sps.t.interval(0.95, 4, loc=x.mean(), scale=sps.sem(x))
    assert (made.low, made.high) == pytest.approx(want)
    assert made.missing == 2
    assert "interval approximate (5 clusters)" in made.method


def test_strata_weigh_alike_and_each_has_its_own_factor():
    # stratum a: 1, 0, 1, 0 in four clusters; b: 1, 1, 0 in three. On paper: means .5 and 2/3, their mean .58333;
    # var a = 4/3 * 4 * (.5/8)^2 = .0208333; var b = 3/2 * (2 (1/18)^2 + (1/9)^2) = .0277778
    made = stats.clustered_mean([1, 0, 1, 0, 1, 1, 0], list("pqrstuv"), strata=list("aaaabbb"))
    assert made.value == pytest.approx((0.5 + 2 / 3) / 2)
    half = sps.t.ppf(0.975, 5) * math.sqrt(0.0208333333 + 0.0277777778)
    assert made.high - made.value == pytest.approx(half)


def test_one_cluster_one_in_a_stratum_and_no_variation_have_no_interval_but_a_reason():
    one = stats.clustered_mean([0, 1], ["a", "a"])
    assert (one.value, one.low, one.high, one.reason) == (0.5, None, None, stats.ONE_CLUSTER)
    stratum = stats.clustered_mean([0, 1, 1], list("abc"), strata=list("xxy"))
    assert stratum.low is None
    assert "stratum" in stratum.reason
    flat = stats.clustered_mean([1, 1, 1], list("abc"))
    assert (flat.value, flat.low, flat.reason) == (1.0, None, stats.NO_VARIATION)


@pytest.mark.parametrize(
    "call",
    [
        lambda: stats.clustered_mean([], []),
        lambda: stats.wilson(0, 0),
        lambda: stats.clustered_share([], []),
        lambda: stats.quantile_interval([], 0.5),
        lambda: stats.log_mean([]),
        lambda: stats.ece([], []),
        lambda: stats.brier([], []),
        lambda: stats.paired_difference([], [], []),
        lambda: stats.max_t([], []),
    ],
)
def test_nothing_is_an_error_not_a_zero(call):
    with pytest.raises(NothingScoredError):
        call()


def test_missing_must_not_be_passed_as_nan_nor_rows_without_a_name():
    with pytest.raises(ValueError, match="not finite"):
        stats.clustered_mean([1.0, math.nan], ["a", "b"])
    with pytest.raises(ValueError, match="one name a row"):
        stats.clustered_mean([1.0, 0.0], ["a"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1)), min_size=3, max_size=30), st.integers(0, 99))
def test_order_of_rows_changes_nothing_but_rounding(pairs, seed):
    mixed = pairs.copy()
    random.Random(seed).shuffle(mixed)
    made, other = (stats.clustered_mean([x for _, x in rows], [f"c{c}" for c, _ in rows]) for rows in (pairs, mixed))
    assert made.value == pytest.approx(other.value)
    assert (made.low is None) == (other.low is None)
    if made.low is not None:
        assert made.low == pytest.approx(other.low, abs=1e-9)


def test_copies_within_clusters_tell_nothing_new_and_a_second_set_of_clusters_does():
    x, names = clustered(3, clusters=25, size=2)
    made = stats.clustered_mean(x, names)
    cloned = stats.clustered_mean(np.tile(x, 3), names * 3)
    assert (cloned.value, cloned.low, cloned.high) == pytest.approx((made.value, made.low, made.high))
    doubled = stats.clustered_mean(np.tile(x, 2), names + [f"{name}'" for name in names])
    width = (doubled.high - doubled.low) / (made.high - made.low)
    assert width == pytest.approx(math.sqrt(0.5 * (50 / 49) / (25 / 24)) * sps.t.ppf(0.975, 49) / sps.t.ppf(0.975, 24))


@pytest.mark.parametrize(("hits", "n"), [(1, 12), (8, 10), (50, 100), (99, 100)])
def test_wilson_is_that_of_statsmodels(hits, n):
    made = stats.wilson(hits, n)
    assert (made.low, made.high) == pytest.approx(proportion_confint(hits, n, method="wilson"))


def test_wilson_at_the_ends_is_the_one_sided_bound():
    none, everything = stats.wilson(0, 59), stats.wilson(59, 59)
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(1 - 0.05 ** (1 / 59))
    assert 0.049 < none.high < 0.0500  # the operator gate: 59 audited, none broken, at most 5 %
    assert (everything.low, everything.high) == pytest.approx((1 - none.high, 1.0))


def test_wilson_on_effective_rows_is_wilson_of_a_smaller_set():
    made = stats.wilson(30, 100, n_eff=50)
    assert (made.low, made.high) == pytest.approx(proportion_confint(15, 50, method="wilson"))
    assert stats.wilson(30, 100, n_eff=50, df=10).high > made.high
    assert made.n == 100


def test_a_share_of_clusters_that_agree_is_as_wide_as_the_clusters_allow():
    flags = [c % 3 == 0 for c in range(30) for _ in range(5)]
    names = [f"c{c:02d}" for c in range(30) for _ in range(5)]
    made = stats.clustered_share(flags, names)
    # every cluster agrees with itself: deff = 5 * 30/29
    want = stats.wilson(50, 150, n_eff=150 / (5 * 30 / 29), df=29)
    assert (made.low, made.high) == pytest.approx((want.low, want.high))
    assert (made.n, made.clusters) == (150, 30)
    assert stats.clustered_share([True, False], ["a", "a"]).low is None


def test_a_share_of_none_or_all_is_bounded_by_clusters_not_rows():
    names = [f"c{c:02d}" for c in range(30) for _ in range(5)]
    none, everything = (stats.clustered_share([flag] * 150, names) for flag in (False, True))
    assert (none.value, none.low, none.high) == (0.0, 0.0, pytest.approx(1 - 0.05 ** (1 / 30)))
    assert (everything.value, everything.low, everything.high) == (1.0, pytest.approx(0.05 ** (1 / 30)), 1.0)
    assert (none.n, none.clusters) == (150, 30)
    assert none.method == "share, one-sided exact bound; n_eff 30, the clusters"
    alone = stats.clustered_share([False] * 59, [f"{row:02d}" for row in range(59)])
    assert alone.high == pytest.approx(stats.wilson(0, 59).high)
    assert alone.method == "share, one-sided exact bound"
    assert stats.clustered_share([False] * 9, ["a"] * 9).high == pytest.approx(0.95)


def test_a_bound_by_clusters_covers_where_rows_of_a_cluster_agree():
    """40 clusters of 5 rows that agree, true share 4 %: of 0 hits the bound must still hold the truth; by rows it would not."""
    covered = stats.clustered_share([False] * 200, [f"c{row // 5}" for row in range(200)])
    assert 0.96**40 > 0.05  # no hit at all is no rare event, so the truth must be inside
    assert covered.high > 0.04 > stats.wilson(0, 200).high


def test_paired_difference_is_the_paired_t_test():
    rng = np.random.default_rng(5)
    a, b = rng.random(40), rng.random(40)
    made = stats.paired_difference(a, b, [f"{i:02d}" for i in range(40)])
    want = sps.ttest_rel(a, b).confidence_interval()
    assert (made.low, made.high) == pytest.approx((want.low, want.high))
    with pytest.raises(ValueError, match="join them by key"):
        stats.paired_difference([1, 0], [1], ["a", "b"])


def test_ratio_and_quotient_have_the_variance_of_the_jackknife():
    rng = np.random.default_rng(6)
    a = rng.random(400) + 0.5
    b = a * 0.8 + rng.normal(scale=0.2, size=400)
    made = stats.ratio_of(b, a)
    without = (b.sum() - b) / (a.sum() - a)
    jackknife = math.sqrt(399 / 400 * ((without - without.mean()) ** 2).sum())
    assert made.value == pytest.approx(b.sum() / a.sum())
    assert math.sqrt((made.influences**2).sum()) == pytest.approx(jackknife, rel=0.01)
    assert made.influences.sum() == pytest.approx(0, abs=1e-12)
    other = stats.quotient(stats.mean_of(b), stats.mean_of(a))
    assert other.influences == pytest.approx(made.influences)
    with pytest.raises(ZeroDivisionError):
        stats.ratio_of([1, 1], [1, -1])


def singles(n):
    return [f"{i:04d}" for i in range(n)]


def test_max_t_of_one_is_t_and_clones_cost_nothing():
    x = np.random.default_rng(7).normal(size=40)
    alone = stats.clustered_mean(x, singles(40))
    (one,) = stats.max_t([stats.mean_of(x)], singles(40))
    assert (one.low, one.high) == pytest.approx((alone.low, alone.high))
    three = stats.max_t([stats.mean_of(x)] * 3, singles(40))
    assert three[0].high - three[0].low == pytest.approx(alone.high - alone.low, rel=0.02)


def test_max_t_of_independent_means_is_the_studentised_maximum_modulus():
    # exact 5 % point of max |t| over 4 independent means with a common chi2(df): integrate over the scale
    rng = np.random.default_rng(8)
    basis, _ = np.linalg.qr(np.column_stack([np.ones(61), rng.normal(size=(61, 4))]))
    made = stats.max_t([Linear(0.0, basis[:, k + 1]) for k in range(4)], singles(61))
    se = math.sqrt(61 / 60)
    point = made[0].high / se

    def inside(limit):
        scale = np.sqrt(sps.chi2.ppf((np.arange(20000) + 0.5) / 20000, 60) / 60)
        return float(np.mean((2 * sps.norm.cdf(limit * scale) - 1) ** 4))

    assert inside(point) == pytest.approx(0.95, abs=0.002)
    assert sps.t.ppf(0.975, 60) < point <= sps.t.ppf(1 - 0.025 / 4, 60)
    assert made == stats.max_t([Linear(0.0, basis[:, k + 1]) for k in range(4)], singles(61))


@pytest.mark.parametrize(("p", "n"), [(0.95, 72), (0.99, 368), (0.5, 6)])
def test_smallest_n_that_closes_a_quantile_interval(p, n):
    values = np.arange(1.0, n + 1)
    assert stats.quantile_interval(values, p).high is not None
    short = stats.quantile_interval(values[:-1], p)
    assert short.high is None
    assert f"(n = {n - 1})" in short.reason


@pytest.mark.parametrize(("p", "n"), [(0.5, 30), (0.95, 200), (0.9, 64)])
def test_quantile_ranks_cover_by_the_binomial_law_and_no_narrower_pair_does_by_tails(p, n):
    low, high = stats.quantile_ranks(n, p)
    cdf = sps.binom(n, p).cdf
    assert cdf(high - 1) - cdf(low - 1) >= 0.95
    assert cdf(low) > 0.025  # one rank up would leave more than 2.5 % below
    assert 1 - cdf(high - 2) > 0.025


def test_quantile_is_an_order_statistic():
    made = stats.quantile_interval([5, 1, 4, 2, 3, 9, 8, 7, 6, 10], 0.5, unit="s")
    assert (made.value, made.low, made.high, made.unit) == (5, 2, 9, "s")  # ranks 2 and 9 of 10: the table of the sign test
    assert stats.quantile_interval(range(1, 101), 0.95).value == 95


def test_log_mean_is_a_geometric_mean_with_a_t_interval():
    runs = [1.9, 2.1, 2.4, 2.0, 1.8]
    made = stats.log_mean(runs, unit="s")
    assert made.value == pytest.approx(sps.gmean(runs))
    want = sps.t.interval(0.95, 4, loc=np.log(runs).mean(), scale=sps.sem(np.log(runs)))
    assert (made.low, made.high) == pytest.approx(tuple(np.exp(want)))
    assert stats.log_mean([3.0]).reason == "no interval: one run only"
    with pytest.raises(ValueError, match="positive"):
        stats.log_mean([1.0, 0.0])


def test_ece_by_hand():
    # bin (.8,.9]: three at .9, two right: |2.7 - 2|; bin (.5,.6]: two at .6, one right: |1.2 - 1|; bin (0,.1]: one at 0, right: 1
    made = stats.ece([0.9, 0.9, 0.9, 0.6, 0.6, 0.0], [1, 1, 0, 1, 0, 1])
    assert made.value == pytest.approx((0.7 + 0.2 + 1.0) / 6)
    assert 0 <= made.low < made.value < made.high <= 1
    assert "10 bins of equal width" in made.method


def test_ece_of_clones_is_no_surer_and_its_interval_covers():
    rng = np.random.default_rng(9)
    sure = rng.uniform(0.5, 1, 60)
    right = rng.random(60) < sure - 0.2
    made = stats.ece(sure, right, singles(60))
    cloned = stats.ece(np.tile(sure, 2), np.tile(right, 2), singles(60) * 2)
    assert (cloned.value, cloned.low, cloned.high) == pytest.approx((made.value, made.low, made.high))
    hits = 0
    for seed in range(200):
        rng = np.random.default_rng(1000 + seed)
        sure = rng.choice([0.65, 0.75, 0.85, 0.95], 300)
        right = rng.random(300) < sure - 0.2
        made = stats.ece(sure, right)
        hits += made.low <= 0.2 <= made.high
    assert 0.9 <= hits / 200 <= 0.99


def test_brier_is_a_clustered_mean_in_its_own_words():
    made = stats.brier([0.0, 0.5, 2.0], list("abc"))
    assert made.value == pytest.approx(2.5 / 3)
    assert "[0, 2]" in made.method
