import random

import pytest
from sklearn.metrics import accuracy_score

from evalkit.axes import PROFILES, Timing, accuracy, summarise
from evalkit.errors import NothingScoredError, RunError
from evalkit.records import AXES, STATES
from evalkit.stats import clustered_mean, wilson
from tests.axes.score_rows import core_rows, row


def table():
    return [
        row("steel-1", 1.0, guess=0.25),
        row("steel-2", 0.0, guess=0.25, state="unparsable", level="apply"),
        row("steel-3", 1.0, guess=0.25, foundation=True),
        row("steel-4", 0.0, form="number", task="calculation", state="refused", language="en"),
        row("breeding-1", 1.0, suite="breeding", form="number", task="calculation"),
        row("breeding-2", 0.0, suite="breeding", form="number", task="calculation", state="cut_off"),
        row("breeding-3", None, suite="breeding", form="number", task="calculation"),
        row("breeding-4", 1.0, suite="breeding", task="refusal"),
        row("breeding-5", 0.0, suite="breeding", task="refusal"),
        row("steel-1", 0.0, run=1, guess=0.25),
        row("steel-1", 0.0, arm="perturbed", operator=1, guess=0.25),
    ]


def test_accuracy_by_hand_domains_alike_chance_corrected_missing_counted():
    made = accuracy(table())
    # steel: x = 1, -1/3, 1, 0 -> mean 5/12; breeding: 1, 0 -> 1/2
    assert made.estimate.value == pytest.approx((5 / 12 + 1 / 2) / 2)
    assert (made.estimate.n, made.estimate.clusters, made.estimate.missing) == (6, 6, 1)
    assert made.parts["raw"].value == pytest.approx(0.5)
    assert made.parts["domain/steel"].value == pytest.approx(5 / 12)
    assert made.parts["domain/breeding"].missing == 1
    assert made.parts["form/number"].value == pytest.approx(1 / 3)
    assert made.parts["language/en"].value == 0
    assert made.parts["level/apply"].value == pytest.approx(-1 / 3)
    assert made.parts["foundation"].value == 1
    assert made.parts["task/knowledge"].n == 3
    assert "1 of 7 items have no score" in made.notes[0]


def test_a_missing_answer_moves_no_mean():
    rows = table()
    with_missing, without = accuracy(rows), accuracy([r for r in rows if r.value is not None])
    assert (with_missing.estimate.value, with_missing.estimate.low) == (without.estimate.value, without.estimate.low)


def test_states_are_shares_of_all_that_was_asked_with_refusal_items_apart():
    parts = accuracy(table()).parts
    assert [round(parts[f"state/{state}"].value * 7) for state in STATES] == [3, 1, 1, 1, 0, 1]
    want = wilson(1, 7, df=6)
    assert parts["state/refused"].low == pytest.approx(want.low, abs=0.02)
    assert parts["state/over_context"].high == pytest.approx(1 - 0.05 ** (1 / 7))
    assert parts["refusal"].value == 0.5
    assert parts["refusal"].n == 2
    assert "task/refusal" not in parts


def test_interval_is_the_stratified_one_over_domains():
    rows = [row(f"{s}-{i}", float(i % 3 > 0), suite=s) for s in ("steel", "breeding") for i in range(30)]
    made = accuracy(rows).estimate
    alone = clustered_mean([float(i % 3 > 0) for i in range(30)], [str(i) for i in range(30)])
    assert made.value == pytest.approx(accuracy_score([1] * 60, [r.value for r in rows]))
    # two equal strata: SE is that of one over sqrt 2
    assert (made.high - made.low) / (alone.high - alone.low) == pytest.approx(2**-0.5, rel=0.03)


def test_calibration_only_of_choice_items_scored_by_loglikelihood():
    rows = [row(f"steel-{i}", float(i < 6), confidence=0.8, brier=0.08 if i < 6 else 1.28) for i in range(8)]
    parts = accuracy([*rows, row("steel-9", 1.0)]).parts
    assert parts["ece"].value == pytest.approx(abs(0.8 - 6 / 8))
    assert parts["brier"].value == pytest.approx((6 * 0.08 + 2 * 1.28) / 8)
    assert parts["ece"].n == 8
    assert "ece" not in accuracy([row("steel-9", 1.0)]).parts


def test_nothing_scored_is_an_error_and_a_key_twice_is_one():
    with pytest.raises(NothingScoredError, match="none of 1 items"):
        accuracy([row(value=None)])
    with pytest.raises(NothingScoredError):
        summarise([], None, PROFILES["preview"])
    with pytest.raises(RunError, match="two rows with key 'steel-1'"):
        accuracy([row(), row(value=0.0)])


def test_the_four_axes_are_the_same_for_the_rows_in_any_order():
    rows = [*core_rows(1, items=24), row("breeding-1", None, suite="breeding"), row("breeding-2", 1.0, suite="breeding")]
    timing = Timing(machine_class="cpu", offline_items=(10, 10), offline_s=(20.0, 22.0))
    first = summarise(rows, timing, PROFILES["preview"])
    random.Random(3).shuffle(rows)
    assert repr(summarise(rows, timing, PROFILES["preview"])) == repr(first)
    assert tuple(made.axis for made in first) == AXES


def test_an_axis_that_cannot_be_had_says_why_and_raises_nothing():
    made = summarise([row("steel-1", 1.0), row("steel-2", 0.0)], None, PROFILES["preview"])
    assert made[0].estimate.value == 0.5
    for axis in made[1:]:
        assert axis.estimate.value is None
        assert axis.estimate.standing in ("not measured", "not reported")
        assert axis.estimate.reason


def test_efficiency_uses_the_answers_that_were_timed():
    rows = [row(f"steel-{i}", float(i % 4 != 0)) for i in range(40)]
    timing = Timing(machine_class="cpu", offline_items=(20,), offline_s=(40.0,))
    spent = summarise(rows, timing, PROFILES["preview"], quality={f"steel-{i}" for i in range(0, 40, 4)} | {"steel-1"})[3]
    assert spent.parts["quality"].value == pytest.approx(1 / 11)
    assert spent.parts["quality"].n == 11
    none = summarise(rows, timing, PROFILES["preview"], quality={"other"})[3]
    assert none.estimate.value is None
    assert "timed" in none.estimate.reason
