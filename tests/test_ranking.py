import math
import random
from itertools import combinations

import numpy as np
import pytest
from scipy import stats as sps
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from evalkit import ranking, stats
from evalkit.errors import NothingScoredError
from evalkit.ranking import holm, items_needed, mcnemar, minimum_detectable, paired, rank_ranges


def board(rows, size=1):
    """Scores by model and clusters by item, from model > row of scores; `size` items a cluster."""
    scores = {name: {f"i{n:04d}": None if math.isnan(x) else float(x) for n, x in enumerate(row)} for name, row in rows.items()}
    items = {item for row in scores.values() for item in row}
    return scores, {item: f"c{int(item[1:]) // size:04d}" for item in items}


def spans(made):
    return {name: (row.low, row.high) for name, row in made.items()}


def draw(seed, abilities, clusters=60, size=2, between=0.5):
    """Right or wrong of models of the given abilities (probits); items of one cluster, and models on one item, go together."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(size=(clusters, 1)) * between
    taste = rng.normal(size=(len(abilities), clusters, 1)) * between
    x = np.array(abilities)[:, None, None] + hard + taste + rng.normal(size=(len(abilities), clusters, size))
    return (x > 0).astype(float).reshape(len(abilities), -1)


# --- Holm


@pytest.mark.parametrize("seed", range(12))
def test_holm_is_that_of_statsmodels(seed):
    rng = np.random.default_rng(seed)
    values = np.round(rng.random(1 + seed) ** 3, 2)  # small ones, zeros and ties among them
    assert holm(values) == pytest.approx(multipletests(values, method="holm")[1], abs=1e-12)


def test_holm_of_nothing_and_of_what_is_no_p_value():
    assert holm([]) == ()
    for bad in (-0.01, 1.01, math.nan):
        with pytest.raises(ValueError, match="p-values"):
            holm([0.5, bad])


# --- McNemar


@pytest.mark.parametrize(("b", "c"), [(0, 0), (4, 0), (0, 5), (7, 1), (6, 6), (13, 9), (120, 90), (400, 10)])
def test_mcnemar_is_the_exact_test_of_statsmodels(b, c):
    made = mcnemar(b, c)
    assert made == mcnemar(c, b)
    if b + c:
        assert made == pytest.approx(statsmodels_mcnemar([[3, b], [c, 5]], exact=True).pvalue)
        assert made == pytest.approx(sps.binomtest(b, b + c).pvalue)
    else:
        assert made == 1.0


@pytest.mark.parametrize("n", [1, 5, 6, 17])
def test_mid_p_is_what_is_more_extreme_and_half_of_what_is_just_as_extreme(n):
    weights, far = sps.binom.pmf(np.arange(n + 1), n, 0.5), np.abs(np.arange(n + 1) - n / 2)
    made = [mcnemar(b, n - b, mid_p=True) for b in range(n + 1)]
    assert made == pytest.approx([weights[far > far[b]].sum() + weights[far == far[b]].sum() / 2 for b in range(n + 1)])
    assert sum(w * p for w, p in zip(weights, made, strict=True)) == pytest.approx(0.5)  # a mid-p is 1/2 on average under no difference


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        mcnemar(-1, 3)


# --- one pair


def test_paired_is_the_t_test_of_scipy_where_each_item_is_a_cluster():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 30))
    made = paired(list(a), list(b), [f"c{n}" for n in range(30)])
    want = sps.ttest_rel(a, b)
    assert made.p == pytest.approx(want.pvalue)
    assert (made.difference.low, made.difference.high) == pytest.approx(tuple(want.confidence_interval()))


@pytest.mark.parametrize("strata", [False, True])
def test_p_and_interval_of_clusters_agree(strata):
    rng = np.random.default_rng(6)
    row = np.repeat(np.arange(24), 3)
    d = rng.normal(size=24)[row] + rng.normal(size=72) + 0.4
    heads = [f"s{int(c > 4) + int(c > 11)}" for c in row] if strata else None  # 5, 7 and 12 clusters
    made = paired(list(d), [0.0] * 72, [f"c{c}" for c in row], strata=heads)
    df = 21 if strata else 23
    se = (made.difference.high - made.difference.value) / sps.t.ppf(0.975, df)
    assert made.p == pytest.approx(2 * sps.t.sf(abs(made.difference.value) / se, df))
    assert made.difference == stats.paired_difference(d, np.zeros(72), [f"c{c}" for c in row], strata=heads)


def test_rows_without_a_score_are_left_out_and_counted():
    a, b, names = [1.0, None, 0.0, 1.0, 0.5], [0.0, 1.0, None, 0.5, 0.5], list("abcde")
    made = paired(a, b, names)
    kept = paired([1.0, 1.0, 0.5], [0.0, 0.5, 0.5], list("ade"))
    assert (made.difference.n, made.difference.missing, kept.difference.missing) == (3, 2, 0)
    assert (made.difference.value, made.p) == (kept.difference.value, kept.p)


def test_a_handful_of_items_is_no_proof_whatever_t_says():
    first = [1.0] * 4 + [1.0, 0.0] * 148
    second = [0.0] * 4 + [1.0, 0.0] * 148
    names = [f"c{n}" for n in range(300)]
    made = paired(first, second, names)
    assert sps.ttest_rel(first, second).pvalue < 0.05
    assert made.p == mcnemar(4, 0) == 0.125


def test_edges_of_a_pair():
    one = paired([1.0, 0.0], [0.0, 0.0], ["a", "a"])
    assert (one.p, one.difference.low, one.difference.reason) == (None, None, stats.ONE_CLUSTER)
    lonely = paired([1.0, 0.0, 1.0], [0.0, 0.0, 0.0], list("abc"), strata=list("xxy"))
    assert lonely.p is None
    same = paired([1.0, 0.0, 1.0], [1.0, 0.0, 1.0], list("abc"))
    assert (same.p, same.difference.reason) == (1.0, stats.NO_VARIATION)
    everywhere = paired([1.0] * 12, [0.0] * 12, [f"c{n}" for n in range(12)])
    assert (everywhere.p, everywhere.difference.low) == (2.0**-11, None)
    assert "approximate" in paired([1.0, 0.0, 1.0], [0.0, 0.5, 0.0], list("abc")).difference.method
    with pytest.raises(NothingScoredError):
        paired([None, 1.0], [1.0, None], list("ab"))
    with pytest.raises(ValueError, match="join them by key"):
        paired([1.0], [1.0, 0.0], list("ab"))


# --- what can be found


@pytest.mark.parametrize(("n", "alpha", "power"), [(5, 0.05, 0.8), (30, 0.05, 0.9), (400, 0.01, 0.8), (20_000, 0.05, 0.5)])
def test_what_can_be_found_is_the_power_formula_of_statsmodels(n, alpha, power):
    made = minimum_detectable(n, sd=0.6, alpha=alpha, power=power)
    assert TTestPower().power(made.difference / 0.6, n, alpha) == pytest.approx(power, abs=1e-8)
    # its solver stops at some 1e-4 of the way
    assert made.difference == pytest.approx(0.6 * TTestPower().solve_power(nobs=n, alpha=alpha, power=power), rel=5e-4)
    assert (made.n, made.clusters, made.reason) == (n, n, "")


def test_what_can_be_found_by_the_normal_formula_where_n_is_large():
    made = minimum_detectable(50_000, discordant=0.2, deff=1.5)
    z = sps.norm.ppf(0.975) + sps.norm.ppf(0.8)
    # difference / sqrt((share - difference^2) deff / n) = z
    assert made.difference / math.sqrt((0.2 - made.difference**2) * 1.5 / 50_000) == pytest.approx(z, rel=1e-4)


@pytest.mark.parametrize("spread", [{"sd": 0.5}, {"discordant": 0.3}])
def test_the_power_that_is_stated_is_the_power_that_is_had(spread):
    clusters, size, replicas = 40, 5, 4_000
    made = minimum_detectable(200, clusters=clusters, deff=1.8, **spread)
    rng = np.random.default_rng(7)
    if "sd" in spread:  # correlation .2 within clusters of 5: deff 1 + 4 * .2
        common, own = rng.normal(size=(replicas, clusters, 1)), rng.normal(size=(replicas, clusters, size))
        d = made.difference + 0.5 * (math.sqrt(0.2) * common + math.sqrt(0.8) * own)
    else:  # with chance rho an item copies its cluster's: correlation rho^2
        up = (0.3 + made.difference) / 2
        values = rng.choice([1.0, -1.0, 0.0], p=[up, 0.3 - up, 0.7], size=(replicas, clusters, size + 1))
        d = np.where(rng.random((replicas, clusters, size)) < math.sqrt(0.2), values[:, :, :1], values[:, :, 1:])
    p = sps.ttest_1samp(d.mean(axis=2), 0.0, axis=1).pvalue
    assert abs((p < 0.05).mean() - 0.8) < 0.03  # four Monte-Carlo errors of .0063, and the skew of few discordant items


def test_clusters_cost_power_and_one_of_them_has_none():
    free, bound = (minimum_detectable(100, sd=1.0, clusters=c, deff=d) for c, d in ((100, 1.0), (10, 2.0)))
    assert bound.difference > math.sqrt(2) * free.difference
    one = minimum_detectable(100, sd=1.0, clusters=1)
    assert (one.difference, one.reason) == (None, stats.ONE_CLUSTER)
    twins = minimum_detectable(100, discordant=0.02)
    assert twins.difference is None
    assert "0.02" in twins.reason


@pytest.mark.parametrize(("difference", "options"), [(0.05, {"sd": 0.6}), (0.03, {"discordant": 0.2, "items_per_cluster": 4, "deff": 1.6}), (3.0, {"sd": 0.5})])
def test_items_needed_are_the_fewest_that_find_it(difference, options):
    made = items_needed(difference, **options)
    size = options.pop("items_per_cluster", 1)

    def found(n):
        return minimum_detectable(n, clusters=max(1, n // size), **options).difference

    assert found(made.n) == made.difference <= difference
    assert found(made.n - 1) is None or found(made.n - 1) > difference


def test_items_needed_are_those_of_statsmodels():
    want = TTestPower().solve_power(effect_size=0.2, alpha=0.05, power=0.9)
    assert items_needed(0.12, sd=0.6, power=0.9).n == math.ceil(want)


@pytest.mark.parametrize(
    "call",
    [
        lambda: minimum_detectable(100),
        lambda: minimum_detectable(100, sd=1.0, discordant=0.1),
        lambda: minimum_detectable(100, sd=0.0),
        lambda: minimum_detectable(100, discordant=1.5),
        lambda: minimum_detectable(100, sd=1.0, deff=0.0),
        lambda: minimum_detectable(100, sd=1.0, power=0.01),
        lambda: minimum_detectable(10, sd=1.0, clusters=11),
        lambda: minimum_detectable(0, sd=1.0),
        lambda: items_needed(0.0, sd=1.0),
        lambda: items_needed(0.3, discordant=0.2),
        lambda: items_needed(0.3, sd=1.0, items_per_cluster=0.5),
    ],
)
def test_sizes_that_make_no_sense_are_refused(call):
    with pytest.raises(ValueError, match=r"would work|name either"):
        call()


# --- ranges of ranks


def test_two_models_are_apart_exactly_where_the_paired_test_says_so():
    verdicts = set()
    for seed in range(30):
        a, b = draw(seed, [0.3, 0.0])
        scores, clusters = board({"a": a, "b": b}, size=2)
        made = rank_ranges(scores, clusters, key="x")
        p = paired(list(a), list(b), [clusters[item] for item in sorted(clusters)]).p
        assert made["a"].against["b"].p == pytest.approx(p)
        apart = made["a"].high != made["a"].low
        assert apart == (p >= 0.05)
        verdicts.add(apart)
    assert verdicts == {True, False}


def test_ranks_the_pairs_and_the_counts_add_up():
    x = draw(3, [2.0, 0.6, 0.5, -1.0], clusters=80)
    x[1, :30] = math.nan
    scores, clusters = board(dict(zip("dcba", x, strict=True)), size=2)
    made = rank_ranges(scores, clusters, key="x")
    assert list(made) == sorted(made, key=lambda name: -made[name].value)
    assert (made["d"].low, made["d"].high, made["a"].low, made["a"].high) == (1, 1, 4, 4)
    assert spans(made)["c"] == spans(made)["b"] == (2, 3)
    for one, other in combinations(made, 2):
        there, back = made[one].against[other], made[other].against[one]
        assert {there.side, back.side} in ({"above", "below"}, {"tied"})
        assert (there.difference, there.n, there.p) == (-back.difference, back.n, back.p)
    assert (made["c"].n_common, made["c"].estimate.n, made["c"].estimate.missing) == (130, 130, 30)
    assert (made["c"].against["b"].missing, made["d"].against["b"].missing, made["d"].against["b"].n) == (30, 0, 160)
    want = stats.clustered_mean(x[1, 30:], [clusters[f"i{n:04d}"] for n in range(30, 160)], missing=30)
    assert made["c"].estimate == want


def test_order_of_models_and_items_changes_nothing():
    scores, clusters = board({f"m{n}": row for n, row in enumerate(draw(9, [0.5, 0.4, 0.3, 0.0, -0.2]))}, size=2)
    made = rank_ranges(scores, clusters, key="x")
    for seed in range(3):
        mixer = random.Random(seed)
        mixed = {name: dict(mixer.sample(list(scores[name].items()), len(clusters))) for name in mixer.sample(list(scores), len(scores))}
        again = rank_ranges(mixed, dict(reversed(clusters.items())), key="x")
        assert list(again.items()) == list(made.items())


def test_a_third_model_changes_no_order_and_no_value():
    rows = {f"m{n}": row for n, row in enumerate(draw(11, [0.5, 0.45, 0.4, 0.35]))}
    alone = rank_ranges(*board(rows, size=2), key="x")
    for seed, ability in enumerate([-3.0, 0.42, 3.0]):
        more = rank_ranges(*board(rows | {"new": draw(100 + seed, [ability])[0]}, size=2), key="x")
        assert [name for name in more if name != "new"] == list(alone)
        assert all(more[name].estimate == alone[name].estimate for name in alone)
        # the pair's own figures do not know of the third; only what it takes to be apart does
        assert all(more[a].against[b].p == alone[a].against[b].p for a, b in combinations(alone, 2))


def test_copies_within_clusters_change_nothing():
    x = draw(13, [0.8, 0.4, 0.0, -0.4], clusters=50, size=2)
    scores, clusters = board(dict(zip("abcd", x, strict=True)), size=2)
    made = rank_ranges(scores, clusters, key="x")
    twice = {name: row | {f"{item}'": value for item, value in row.items()} for name, row in scores.items()}
    again = rank_ranges(twice, clusters | {f"{item}'": name for item, name in clusters.items()}, key="x")
    assert len(set(spans(made).values())) > 1
    assert spans(again) == spans(made)
    for name, other in combinations("abcd", 2):
        assert again[name].against[other].p == pytest.approx(made[name].against[other].p)
        assert again[name].against[other].n == 2 * made[name].against[other].n
    # the same copies as clusters of their own would tell more: the clusters are what counts
    apart = rank_ranges(twice, clusters | {f"{item}'": f"{name}'" for item, name in clusters.items()}, key="x")
    assert apart["b"].against["c"].p < made["b"].against["c"].p


def test_models_with_the_same_scores_are_tied_whatever_their_names():
    row = draw(15, [0.2])[0]
    made = rank_ranges(*board({"c": row, "a": row, "b": row}, size=2), key="x")
    assert set(spans(made).values()) == {(1, 3)}
    assert made["a"].against["b"].reason == stats.NO_VARIATION
    assert list(made) == ["a", "b", "c"]


def test_models_without_common_items_are_never_apart():
    scores, clusters = board({"good": [1.0] * 60 + [math.nan] * 60, "bad": [math.nan] * 60 + [0.0] * 60})
    made = rank_ranges(scores, clusters, key="x")
    assert spans(made) == {"good": (1, 2), "bad": (1, 2)}
    against = made["good"].against["bad"]
    assert (against.n, against.difference, against.p, against.missing, against.reason) == (0, None, None, 120, ranking.NO_COMMON)
    assert made["good"].n_common == 0
    # the same where the items were never asked, rather than lost
    asked = {name: {item: value for item, value in row.items() if value is not None} for name, row in scores.items()}
    again = rank_ranges(asked, clusters, key="x")
    assert (spans(again), again["good"].against["bad"].missing, again["good"].estimate.missing) == (spans(made), 120, 0)


def test_right_on_everything_against_wrong_on_everything_is_apart():
    made = rank_ranges(*board({"good": [1.0] * 30, "bad": [0.0] * 30}), key="x")
    assert spans(made) == {"good": (1, 1), "bad": (2, 2)}


def test_one_cluster_or_a_stratum_of_one_separates_nothing():
    scores, _ = board({"good": [1.0, 1.0, 0.9] * 10, "bad": [0.0, 0.1, 0.0] * 10})
    items = list(scores["good"])
    one = rank_ranges(scores, dict.fromkeys(items, "c"), key="x")
    assert set(spans(one).values()) == {(1, 2)}
    assert one["good"].against["bad"].reason == stats.ONE_CLUSTER
    own, heads = {item: item for item in items}, {item: "x" if item == items[0] else "y" for item in items}
    lonely = rank_ranges(scores, own, strata=heads, key="x")
    assert set(spans(lonely).values()) == {(1, 2)}
    assert "stratum" in lonely["good"].against["bad"].reason
    assert spans(rank_ranges(scores, own, key="x")) == {"good": (1, 1), "bad": (2, 2)}


def test_fewer_than_six_clusters_cannot_separate():
    for clusters, want in ((5, {(1, 2)}), (6, {(1, 1), (2, 2)})):
        rows = {"good": [1.0 - n / 100 for n in range(clusters)], "bad": [0.0] * clusters}
        assert set(spans(rank_ranges(*board(rows), key="x")).values()) == want


def test_strata_weigh_alike():
    # a is better in the small stratum, b in the large one; on paper: means of means .5 * (.9 - .1) = .4 and items (9 * 10 - 90)/100 = 0
    a = [1.0] * 9 + [0.0] + [1.0, 0.0] * 45
    b = [0.0] * 9 + [1.0] + [1.0, 0.0] * 45
    scores, clusters = board({"a": a, "b": b})
    strata = {item: "small" if int(item[1:]) < 10 else "large" for item in clusters}
    made = rank_ranges(scores, clusters, strata=strata, key="x")
    assert made["a"].against["b"].difference == pytest.approx(0.4)
    assert made["a"].value - made["b"].value == pytest.approx(0.4)
    assert rank_ranges(scores, clusters, key="x")["a"].against["b"].difference == pytest.approx(0.08)
    want = paired(a, b, list(clusters), strata=[strata[f"i{n:04d}"] for n in range(100)])
    assert made["a"].against["b"].p == pytest.approx(want.p)


def test_a_place_that_the_pairs_contradict_is_said():
    # b has only hard items, where it beats a; a's mean is lifted by easy ones that b was never asked
    scores, clusters = board({"a": [0.0] * 20 + [0.2] * 20 + [1.0] * 200, "b": [0.5] * 40 + [math.nan] * 200})
    made = rank_ranges(scores, clusters, key="x")
    assert list(made) == ["a", "b"]
    assert spans(made) == {"a": (2, 2), "b": (1, 1)}
    assert "outside" in made["a"].note
    assert "outside" in made["b"].note
    # equal means share both places, so nothing is contradicted
    level = rank_ranges(*board({"a": [0.0] * 16 + [0.25] * 16 + [0.875] * 32, "b": [0.5] * 32 + [math.nan] * 32}), key="x")
    assert spans(level) == {"a": (2, 2), "b": (1, 1)}
    assert not any(row.note for row in level.values())
    assert not any(row.note for row in rank_ranges(*board({"a": [1.0] * 20, "b": [0.0] * 20}), key="x").values())


def test_one_model_a_model_without_scores_and_nothing_at_all():
    alone = rank_ranges(*board({"a": [1.0, 0.0, 1.0]}), key="x")["a"]
    assert (alone.low, alone.high, alone.n_common) == (1, 1, 3)
    made = rank_ranges(*board({"a": [0.0] * 30, "b": [1.0] * 30, "mute": [math.nan] * 30}), key="x")
    assert spans(made) == {"b": (1, 2), "a": (2, 3), "mute": (1, 3)}
    assert list(made)[-1] == "mute"
    assert (made["mute"].value, made["mute"].estimate.missing, made["mute"].estimate.reason) == (None, 30, "no item was scored")
    for empty in ({}, {"a": {}}, {"a": {"i": None}}):
        with pytest.raises(NothingScoredError):
            rank_ranges(empty, {"i": "c"}, key="x")
    with pytest.raises(ValueError, match="'i' has no cluster"):
        rank_ranges({"a": {"i": 1.0}}, {}, key="x")
    with pytest.raises(ValueError, match="not finite"):
        rank_ranges({"a": {"i": math.nan}}, {"i": "c"}, key="x")


def test_chance_has_a_key():
    x = draw(17, [0.5, 0.3, 0.1], clusters=40)
    made = ranking._separated
    tested = [ranking._tested(x[j] - x[k], ranking._layout([str(n // 2) for n in range(80)], None)) for j, k in combinations(range(3), 2)]
    units, every = np.stack([test.unit for test in tested], axis=1), np.ones(3, dtype=bool)
    values = [ranking._critical(units, every, every, key=key, alpha=0.05, draws=500) for key in ("x", "x", "y")]
    assert values[0] == values[1] != values[2]
    assert made(tested, key="x", alpha=0.05, draws=500)[2] == "paired clustered t, step-down max-t, 500 draws"


def test_the_critical_value_is_that_of_dunnett_and_of_sidak():
    # M unrelated models give pairs that share a model: Tukey's range; disjoint pairs are independent: Sidak's point
    every, rng = np.ones(6, dtype=bool), np.random.default_rng(19)
    apart = np.linalg.qr(rng.normal(size=(50, 6)))[0]
    made = ranking._critical(apart, every, every, key="x", alpha=0.05, draws=20_000)
    assert made == pytest.approx(sps.norm.ppf(1 - (1 - 0.95 ** (1 / 6)) / 2), abs=0.035)
    models = np.linalg.qr(rng.normal(size=(50, 4)))[0].T
    pairs = np.stack([(models[j] - models[k]) / math.sqrt(2) for j, k in combinations(range(4), 2)], axis=1)
    made = ranking._critical(pairs, every, every, key="x", alpha=0.05, draws=20_000)
    assert made == pytest.approx(sps.studentized_range.ppf(0.95, 4, np.inf) / math.sqrt(2), abs=0.035)


def test_the_second_step_finds_what_the_first_could_not():
    # one model far below three others: what stays are three pairs and the far one's reverse; the value for them is lower
    x = draw(21, [0.0, 0.0, 0.0, -4.0])
    tested = [ranking._tested(x[j] - x[k], ranking._layout([str(n // 2) for n in range(120)], None)) for j, k in combinations(range(4), 2)]
    units, every = np.stack([test.unit for test in tested], axis=1), np.ones(6, dtype=bool)
    first = ranking._critical(units, every, every, key="x", alpha=0.05, draws=5_000)
    far = np.array([k == 3 for _, k in combinations(range(4), 2)])
    second = ranking._critical(units, every & ~far, every, key="x", alpha=0.05, draws=5_000)
    assert 1.96 < second < first
    # a pair between the two values is found by the second step alone
    close = ranking._Tested(0.1, 120, 60, 2 * sps.norm.sf((first + second) / 2), tested[0].unit)
    above, below, _ = ranking._separated([close, *tested[1:]], key="x", alpha=0.05, draws=5_000)
    assert above[0]
    assert not below.any()


def test_one_pair_needs_no_draws_and_few_clusters_fall_back_to_holm():
    column, one = np.ones((40, 1)) / math.sqrt(40), np.ones(1, dtype=bool)
    assert ranking._critical(column, one, one, key="x", alpha=0.05, draws=50) == pytest.approx(sps.norm.ppf(0.975))
    assert ranking._critical(column, one, ~one, key="x", alpha=0.05, draws=50) == pytest.approx(sps.norm.ppf(0.95))
    found = 0
    for seed in range(20):
        x = draw(200 + seed, [1.2, 0.6, 0.0, -0.6], clusters=25, size=4)
        made = rank_ranges(*board(dict(zip("abcd", x, strict=True)), size=4), key="x")
        assert "Holm" in made["a"].method
        pairs = [(one, other) for one in "abcd" for other in "abcd" if one != other]  # both directions: one hypothesis each
        tests = [made[one].against[other] for one, other in pairs]
        sided = [test.p / 2 if test.difference > 0 else 1 - test.p / 2 for test in tests]
        assert [test.side == "above" for test in tests] == [p < 0.05 for p in holm(sided)]
        found += sum(test.side == "above" for test in tests)
    assert 20 < found < 120
    # one pair of few common clusters is enough
    x = draw(23, [0.5, 0.0, 0.2])
    x[2, 40:] = math.nan
    assert "Holm" in rank_ranges(*board(dict(zip("abc", x, strict=True)), size=2), key="x")["a"].method
    assert "max-t" in rank_ranges(*board(dict(zip("ab", x[:2], strict=True)), size=2), key="x")["a"].method


@pytest.mark.parametrize("clusters", [12, 60])
def test_equal_models_are_tied_and_a_worse_one_is_apart(clusters):
    replicas, models = 300, 4
    untied = lost = 0
    for seed in range(replicas):
        x = draw(1_000 + seed, [0.3] * models + [-1.7], clusters=clusters)
        rows = {f"m{n}": row for n, row in enumerate(x)}
        equal = rank_ranges(*board({name: row for name, row in rows.items() if name != f"m{models}"}, size=2), key=str(seed), draws=1_000)
        untied += any(span != (1, models) for span in spans(equal).values())
        if seed < 100:
            worse = rank_ranges(*board(rows, size=2), key=str(seed), draws=1_000)
            lost += spans(worse)[f"m{models}"] != (models + 1, models + 1)
    assert untied <= sps.binom.ppf(0.9995, replicas, 0.05)  # at most 5 % in truth; 28 of 300 is the Monte-Carlo band
    assert clusters < 30 or lost <= 2


def test_true_ranks_are_covered_all_together_with_two_steps_of_quality_and_missing_scores():
    replicas, missed, narrow = 200, 0, 0
    truth = {"a": (1, 2), "b": (1, 2), "c": (3, 4), "d": (3, 4), "e": (5, 5)}  # ties: the whole span is true
    for seed in range(replicas):
        x = draw(5_000 + seed, [0.7, 0.7, 0.1, 0.1, -0.9])
        x[np.random.default_rng(seed).random(x.shape) < 0.1] = math.nan
        made = rank_ranges(*board(dict(zip("abcde", x, strict=True)), size=2), key=str(seed), draws=1_000)
        missed += any(made[name].low > low or made[name].high < high for name, (low, high) in truth.items())
        narrow += made["e"].low == 5
    assert missed <= sps.binom.ppf(0.9995, replicas, 0.05)  # 20 of 200
    assert narrow > 0.8 * replicas
