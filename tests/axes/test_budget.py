import math

import pytest
from scipy import stats as sps

from evalkit.axes import PROFILES, Cost, Timing, efficiency, quality_at_budget
from evalkit.errors import UsageError
from evalkit.records import Estimate
from evalkit.stats import clustered_mean, log_mean

PREVIEW = PROFILES["preview"]
Q = clustered_mean([1.0] * 42 + [0.0] * 18, [f"{i:02d}" for i in range(60)])  # .7


def figure(value):
    return Estimate(value=value, low=value - 0.1, high=value + 0.1, n=100, clusters=100)


def cost(value, band=(1.0, 1000.0), log_variance=0.0, df=0.0):
    return Cost(estimate=Estimate(value=value, unit="s"), band=band, log_variance=log_variance, df=df, what="time")


@pytest.mark.parametrize(("q", "c", "want"), [(0.2, 2, 0.18), (0.6, 30, 0.305), (0.8, 300, 0.14), (0.9, 1500, 0.0)])
def test_examples_on_a_band_of_three_decades(q, c, want):
    assert quality_at_budget(figure(q), cost(c)).value == pytest.approx(want, abs=0.005)


def test_below_the_band_counts_in_full_and_quality_below_chance_counts_nothing():
    assert quality_at_budget(figure(0.4), cost(0.01)).value == pytest.approx(0.4)
    assert quality_at_budget(figure(0.4), cost(1.0)).value == pytest.approx(0.4)
    below = quality_at_budget(figure(-0.05), cost(10.0))
    assert (below.value, below.low) == (0.0, 0.0)
    assert below.high == pytest.approx(0.05 * 2 / 3, abs=1e-3)
    over = quality_at_budget(figure(0.9), cost(1500.0))
    assert (over.value, over.low, over.reason) == (0.0, None, "no interval: over budget")


def test_interval_by_the_formula_with_satterthwaite_degrees_of_freedom():
    runs = [28.0, 31.0, 30.0, 33.0, 29.0]
    logs = [math.log(r) for r in runs]
    var_c = sps.sem(logs) ** 2
    made = quality_at_budget(Q, cost(log_mean(runs).value, log_variance=var_c, df=4))
    width = math.log(1000)
    level = 1 - sum(logs) / 5 / width
    var_q = sps.sem([1.0] * 42 + [0.0] * 18) ** 2
    v1, v2 = level**2 * var_q, (0.7 / width) ** 2 * var_c
    df = (v1 + v2) ** 2 / (v1**2 / 59 + v2**2 / 4)
    half = sps.t.ppf(0.975, df) * math.sqrt(v1 + v2)
    assert made.value == pytest.approx(0.7 * level)
    assert (made.low, made.high) == pytest.approx((0.7 * level - half, 0.7 * level + half))


def test_offline_seconds_an_item_are_the_cost_and_the_band_is_the_machines():
    timing = Timing(machine_class="cpu", machine="x, 2 cores", offline_items=(30, 30), offline_s=(150.0, 150.0), stream_s=(9.0,) * 10)
    made = efficiency(Q, timing, PREVIEW)
    assert made.parts["cost"].value == pytest.approx(5.0)
    assert made.estimate.value == pytest.approx(0.7 * 2 / 3)  # 5 s on .5 to 500 s: two of three decades left
    fast = efficiency(Q, Timing(machine_class="accelerator", offline_items=(30, 30), offline_s=(150.0, 150.0)), PREVIEW)
    assert fast.estimate.value == pytest.approx(0.7 / 3)
    assert made.parts["items_per_second"].value == pytest.approx(0.2)
    assert any("x, 2 cores" in note for note in made.notes)


def test_without_offline_runs_the_single_stream_is_the_cost_and_one_run_is_said():
    made = efficiency(Q, Timing(machine_class="cpu", stream_s=(4.0, 5.0, 6.0)), PREVIEW)
    assert made.estimate.value == pytest.approx(0.7 * 2 / 3)
    one = efficiency(Q, Timing(machine_class="cpu", offline_items=(30,), offline_s=(150.0,)), PREVIEW)
    assert "one run" in one.estimate.method
    assert one.parts["cost"].low is None
    none = efficiency(Q, Timing(machine_class="cpu"), PREVIEW)
    assert (none.estimate.value, none.estimate.standing, none.estimate.reason) == (None, "not measured", "no item was timed")


def test_what_was_not_measured_says_so_and_is_never_zero():
    parts = efficiency(Q, Timing(machine_class="cpu", stream_s=(4.0, 5.0, 6.0), energy_reason="no counter in this machine"), PREVIEW).parts
    for name in ("energy", "joules_per_correct", "peak_memory", "load_time", "first_token_p50", "token_time_p50", "items_per_second"):
        assert parts[name].value is None, name
        assert parts[name].standing == "not measured", name
        assert parts[name].reason, name
    assert parts["energy"].reason == "no counter in this machine"


@pytest.mark.parametrize("n", [10, 71])
def test_p95_of_too_few_is_not_reported(n):
    parts = efficiency(Q, Timing(machine_class="cpu", stream_s=tuple(1.0 + i for i in range(n))), PREVIEW).parts
    assert (parts["stream_p95"].value, parts["stream_p95"].standing) == (None, "not reported")
    assert parts["stream_p95"].reason == f"n = {n}; 72 needed"
    assert parts["stream_p50"].low is not None


def test_p95_of_72_is_an_order_statistic_open_nowhere():
    part = efficiency(Q, Timing(machine_class="cpu", stream_s=tuple(float(i) for i in range(72, 0, -1))), PREVIEW).parts["stream_p95"]
    assert (part.value, part.high, part.unit) == (69.0, 72.0, "s")


def test_measured_energy_is_the_cost_and_joules_per_correct_has_the_interval_on_the_log():
    joules = (290.0, 300.0, 310.0, 305.0, 295.0)
    runs = {"offline_items": (30,) * 5, "offline_s": (60.0,) * 5}
    made = efficiency(Q, Timing(machine_class="accelerator", joules=joules, energy_level="L0", **runs), PREVIEW)
    assert made.parts["cost"].unit == "J"
    assert made.estimate.value == pytest.approx(0.7 * (1 - math.log(9.99887) / math.log(1000)), rel=1e-4)
    part = made.parts["joules_per_correct"]
    var_c = sps.sem([math.log(j / 30) for j in joules]) ** 2
    var_q = sps.sem([1.0] * 42 + [0.0] * 18) ** 2
    half = sps.t.ppf(0.975, 59) * math.sqrt(var_c + var_q / 0.49)
    assert part.value == pytest.approx(made.parts["energy"].value / 0.7)
    assert math.log(part.high / part.value) == pytest.approx(half)
    assert "L0" in part.method


def test_estimated_energy_ranks_nothing_and_partial_energy_is_not_the_cost():
    runs = {"machine_class": "cpu", "offline_items": (30,), "offline_s": (60.0,), "joules": (300.0,)}
    guessed = efficiency(Q, Timing(energy_level="L3", **runs), PREVIEW).parts
    assert guessed["energy"].standing == "estimated"
    assert guessed["joules_per_correct"].value is None
    assert guessed["cost"].unit == "s"
    part = efficiency(Q, Timing(energy_level="L2", **runs), PREVIEW).parts
    assert part["cost"].unit == "s"
    assert part["joules_per_correct"].value is not None
    assert "measured in part" in part["energy"].method


def test_joules_per_correct_near_chance_is_not_reported():
    near = clustered_mean([1.0, -1.0, 1.0, -0.5], list("abcd"))
    timing = Timing(machine_class="cpu", offline_items=(30,), offline_s=(60.0,), joules=(300.0,), energy_level="L1")
    part = efficiency(near, timing, PREVIEW).parts["joules_per_correct"]
    assert (part.value, part.standing) == (None, "not reported")


@pytest.mark.parametrize(
    "wrong",
    [
        {"offline_items": (3,), "offline_s": ()},
        {"stream_s": (0.0,)},
        {"offline_items": (3,), "offline_s": (2.0,), "joules": (1.0, 2.0), "energy_level": "L0"},
        {"offline_items": (3,), "offline_s": (2.0,), "joules": (5.0,)},
        {"stream_s": (math.inf,)},
    ],
)
def test_a_timing_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(UsageError, match="timing:"):
        Timing(machine_class="cpu", **wrong)
