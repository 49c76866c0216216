import numpy as np
import pytest

from evalkit.axes import BY_NUMBER, FAMILIES, OPERATORS, PROFILES, robustness
from evalkit.axes.retention import core_of, measure, rerun_keep
from evalkit.axes.rows import ordered
from tests.axes.score_rows import core_rows, row

FAST = PROFILES["fast"]


def kept(rows, operator):
    return measure(core_of(ordered(rows)), BY_NUMBER[operator])


def arm(values, **more):
    """A row for each value, items steel-0, steel-1 ...; None leaves the item out."""
    return [row(f"steel-{place}", value, **more) for place, value in enumerate(values) if value != "none"]


def test_the_table_of_operators_is_that_of_the_method():
    assert [o.number for o in OPERATORS] == list(range(1, 17))
    assert all(o.zh and o.name for o in OPERATORS)
    assert {n for n, o in BY_NUMBER.items() if o.scored == "keep"} == {8, 9, 13, 14, 15, 16}
    assert {n for n, o in BY_NUMBER.items() if o.fast} == {1, 2, 4, 5, 8, 9, 10, 12, 14, 16}
    families = [[n for n, o in BY_NUMBER.items() if o.family == f] for f in FAMILIES]
    assert families == [[1, 2, 3], [4, 5, 6, 7], [8, 9], [10, 11], [12, 13], [14, 15, 16]]


def test_retention_by_hand_over_runs_and_draws_with_guess_taken_off():
    g = {"guess": 0.5}
    rows = arm([1, 1, 0], **g) + arm([1, 0, 1], run=1, **g)
    rows += arm([1, 1, 0], arm="perturbed", operator=1, **g) + arm([0, 1, "none"], arm="perturbed", operator=1, draw=1, **g)
    made = kept(rows, 1)
    # x = 2s - 1: a = 1, 0, 0; b = 0, 1, -1
    assert made.kept.value == pytest.approx(0.0)
    assert made.base.value == pytest.approx(1 / 3)
    assert made.kept.influences == pytest.approx([0.0, 1.0, -1.0])  # (b - rho a) / sum a


def test_items_without_the_operator_and_missing_answers_do_not_enter():
    rows = arm([1, 1, 1, 1]) + arm([1, "none", None, 0], arm="perturbed", operator=2) + arm([1, 1, 1, 1], arm="perturbed", operator=4)
    made = robustness(rows, FAST)
    assert (made.parts["family/1"].n, made.parts["family/1"].missing, made.parts["family/2"].n) == (2, 1, 4)
    part = made.parts["operator/2"]
    assert (part.value, part.n, part.missing) == (0.5, 2, 1)
    assert made.parts["applies/2"].value == 0.5
    assert made.parts["applies/2"].n == 4


@pytest.mark.parametrize(("runs", "want"), [([1.0], 1), ([0.0], 0), ([1, 1, 0], 1 / 3), ([1, 0], 0), ([1, 1], 1), ([1, 1, 1], 1)])
def test_what_a_rerun_keeps_is_r_of_r_less_one(runs, want):
    r, total = sum(runs), len(runs)
    assert rerun_keep(runs) == pytest.approx(want)
    assert rerun_keep(runs) == pytest.approx(r if total == 1 else r * (r - 1) / (total * (total - 1)))
    assert rerun_keep([0.5]) == 0.25  # graded and unchanged: a * b / a^2 = 1


def test_keep_rate_by_hand():
    rows = arm([1, 1, 0, 1]) + arm([1, 0, 0, 1], run=1) + arm([1, 1, 1, 0], arm="perturbed", operator=8)
    made = kept(rows, 8)
    # a = 1, .5, 0, 1; b = 1, 1, 1, 0; reruns keep 1, 0, 0, 1
    assert made.kept.value == pytest.approx((1 + 0.5) / 2)
    assert made.kept.influences == pytest.approx([(1 - 0.75) / 2, 0.5 / 2, 0, -0.75 / 2])
    one = kept(arm([1, 1, 0, 1]) + arm([1, 0, 1, 1], arm="perturbed", operator=8), 8)
    assert one.kept.value == pytest.approx(2 / 3)
    assert "reproducible" in one.method


def test_keep_rate_sees_order_bias_that_retention_cannot():
    # right exactly when the gold stands first: in either order half of the items, but never the same half
    first = [1, 0] * 20
    rows = arm(first) + arm(first, run=1) + arm([1 - v for v in first], arm="perturbed", operator=9)
    assert kept(rows, 9).kept.value == 0
    assert kept([r for r in rows if r.arm == "clean"] + arm([1 - v for v in first], arm="perturbed", operator=4), 4).kept.value == 1


def test_operators_with_a_control_arm_are_compared_with_it():
    rows = arm([1, 1, 1, 1]) + arm([1, 1, 0, 0], arm="control", operator=10) + arm([1, 0, 0, 0], arm="perturbed", operator=10)
    assert kept(rows, 10).kept.value == 0.5
    assert kept([r for r in rows if r.arm != "control"], 10) == "no control rows to compare with"


def test_beyond_the_context_operator_11_does_not_apply():
    over = {"state": "over_context", "finish": "over_context"}
    rows = arm([1, 1]) + arm([1, 1], arm="control", operator=11) + arm([1, 0], arm="control", operator=11, draw=1, **over)
    rows += arm([1, 0], arm="perturbed", operator=11) + arm([0, 0], arm="perturbed", operator=11, draw=1, **over)
    assert kept(rows, 11).kept.value == 0.5
    assert kept(rows, 11).missing == 0


def challenge(clean, again, doubt, authority, evidence):
    rows = arm(clean) + arm(again, arm="control", operator=15)
    for draw, values in enumerate((doubt, authority, evidence)):
        rows += arm(values, arm="perturbed", operator=15, draw=draw)
    return kept(rows, 15)


def test_challenge_stubborn_and_servile_models_both_lose_and_the_sound_one_keeps_all():
    clean = [1, 1, 0, 0]
    assert challenge(clean, clean, clean, clean, [1, 1, 1, 1]).kept.value == pytest.approx(1)
    assert challenge(clean, clean, clean, clean, clean).kept.value == pytest.approx(2 / 3)
    servile = challenge(clean, clean, [0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 1, 1])
    assert servile.kept.value == pytest.approx(1 / 3)
    half = challenge(clean, clean, [1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 0])
    assert half.kept.value == pytest.approx((0.5 + 0 + 0.5) / 3)
    assert isinstance(kept(arm([1, 0]) + arm([1, 0], arm="perturbed", operator=15), 15), str)


def test_always_abstaining_and_never_abstaining_get_nothing_for_the_unanswerable_twin():
    always = arm([0, 0, 0]) + arm([1, 1, 1], arm="perturbed", operator=14)
    assert kept(always, 14) == "no right answer before to be kept"
    never = arm([1, 1, 1]) + arm([0, 0, 0], arm="perturbed", operator=14)
    assert kept(never, 14).kept.value == 0


def test_pure_noise_is_not_fragility():
    values, covered = [], 0
    for seed in range(200):
        made = robustness(core_rows(seed, items=50, operators=(1, 8, 10)), FAST)
        clean, low = made.parts["operator/1"], made.parts["family/3"]
        values.append(np.mean([made.parts[f"operator/{n}"].value for n in (1, 8, 10)]))
        assert low.value is not None
        assert clean.n == 50
        if made.estimate.value is not None:
            covered += made.estimate.low <= 1 <= made.estimate.high
    assert abs(np.mean(values) - 1) < 0.012
    assert covered > 150


def test_a_model_made_brittle_shows_its_drop_and_the_family_where_it_breaks():
    made = robustness(core_rows(2, items=300, drop={4: 0.5}), FAST)
    assert made.estimate.high < 1
    assert made.estimate.low < (4 + 0.5) / 5 < made.estimate.high
    assert made.parts["operator/4"].low < 0.5 < made.parts["operator/4"].high
    assert made.parts["weakest_family"].method.startswith("family 2, the same written another way")
    assert made.parts["weakest_family"].high < 0.8
    assert made.parts["stress"].value < made.parts["clean"].value
    assert made.partial == "5 of 6 families"
    whole = robustness(core_rows(2, items=40, operators=(1, 4, 8, 10, 12, 14)), FAST)
    assert whole.partial == ""


def test_the_axis_is_the_mean_of_families_not_of_operators():
    made = robustness(core_rows(5, operators=(1, 2, 3, 4)), FAST).parts
    assert made["family/1"].value == pytest.approx(np.mean([made[f"operator/{n}"].value for n in (1, 2, 3)]))
    axis = robustness(core_rows(5, operators=(1, 2, 3, 4)), FAST).estimate
    assert axis.value == pytest.approx((made["family/1"].value + made["operator/4"].value) / 2)
    assert axis.n == 60
    assert axis.clusters == 30


def test_near_chance_is_not_reported():
    made = robustness(core_rows(1, items=120, skill=0.1, guess=0.25), FAST)
    assert (made.estimate.value, made.estimate.standing) == (None, "not reported")
    assert made.estimate.reason.startswith("near chance")
    assert made.parts["clean"].low < 0.15


def test_the_placebo_gate_trips_when_asking_again_changes_the_score():
    made = robustness(core_rows(1, items=300, placebo=0.6), FAST)
    assert made.estimate.value is None
    assert "placebo" in made.estimate.reason
    assert made.parts["placebo"].high < 1
    assert made.parts["operator/1"].value is not None


def test_the_positive_control_must_bite():
    rows = [r for r in core_rows(1, items=100) if r.arm != "positive"]
    without = robustness(rows, FAST)
    assert without.estimate.reason == "validity gate: positive cannot be had (no positive row has a score)"
    blunt = [row(r.item, r.value, cluster=r.cluster, arm="positive") for r in rows if r.arm == "clean" and r.run == 0]
    assert "not clearly below 1" in robustness(rows + blunt, FAST).estimate.reason


def test_one_run_of_an_exact_engine_needs_no_noise_control_and_an_inexact_one_is_named():
    rows = core_rows(3, runs=1)
    exact = [r for r in rows if r.arm != "placebo"]
    exact += [row(r.item, r.value, cluster=r.cluster, arm="placebo", run=1) for r in rows if r.arm == "clean"]
    made = robustness(exact, PROFILES["preview"])
    assert made.parts["placebo"].value == 1.0
    assert not any("noise control" in note for note in made.notes)
    assert made.estimate.value is not None
    assert any("keep rates lack a noise control" in note for note in robustness(rows, PROFILES["preview"]).notes)


def test_no_perturbed_item_is_not_measured_and_refusal_items_stay_outside():
    made = robustness([row("steel-1", 1.0)], FAST)
    assert (made.estimate.value, made.estimate.standing) == (None, "not measured")
    rows = core_rows(1)
    more = [row("steel-900", 1.0, task="refusal"), row("steel-900", 0.0, task="refusal", arm="perturbed", operator=1)]
    assert robustness(rows + more, FAST) == robustness(rows, FAST)
    unknown = robustness([*rows, row("steel-000", 0.0, arm="perturbed", operator=77)], FAST)
    assert "operator 77 left out: not in the table of operators" in unknown.notes


def test_unreadable_answers_are_wrong_and_their_share_is_printed():
    rows = arm([1] * 10) + arm([1] * 7 + [0] * 3, arm="perturbed", operator=1)
    rows = [r if r.value or r.arm == "clean" else row(r.item, 0.0, arm="perturbed", operator=1, state="unparsable") for r in rows]
    made = robustness(rows, FAST)
    assert made.parts["unread/1"].value == pytest.approx(0.3)
    assert made.parts["operator/1"].value == pytest.approx(0.7)


def test_with_nothing_to_keep_the_reason_is_the_clean_score():
    """A model that is wrong everywhere leaves no operator to measure; a reader must be told why, not that."""
    rows = arm([0] * 6, guess=0.25) + arm([0] * 6, arm="perturbed", operator=5, guess=0.25)
    made = robustness(rows, FAST)
    assert made.estimate.value is None
    assert made.estimate.reason.startswith("near chance")
    assert any("operator 5 left out" in note for note in made.notes)
