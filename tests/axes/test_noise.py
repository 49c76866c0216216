import numpy as np
import pytest

from evalkit.axes import BY_NUMBER, PROFILES, robustness
from evalkit.axes.noise import excess_flips, hold, option_prior, template_spread
from evalkit.axes.retention import core_of
from evalkit.axes.rows import ordered
from tests.axes.score_rows import core_rows, row

RIGHT, WRONG, OTHER = (1.0, ""), (0.0, "unit forgotten"), (0.0, "wrong row")


def core(rows):
    return core_of(ordered(rows))


def arm(answers, **more):
    return [row(f"steel-{i}", value, mistake=mistake, **more) for i, (value, mistake) in enumerate(answers)]


def test_excess_flips_by_hand():
    rows = arm([RIGHT, RIGHT, WRONG, WRONG]) + arm([RIGHT, WRONG, WRONG, WRONG], run=1)
    rows += arm([WRONG, RIGHT, OTHER, WRONG], arm="perturbed", operator=1)
    made = excess_flips(core(rows), BY_NUMBER[1])
    # f = 1, .5, 1, 0 -> F = .625; f0 = 0, 1, 0, 0 -> F0 = .25
    assert made["excess_flips/1"].value == pytest.approx((0.625 - 0.25) / 0.75)
    assert made["right_to_wrong/1"].value == pytest.approx(1 / 4)
    assert made["wrong_to_right/1"].value == pytest.approx(0.5 / 4)


def test_excess_flips_interval_is_that_of_the_formula():
    rows = core_rows(4, operators=(1,), size=1, drop={1: 0.5})
    made = excess_flips(core(rows), BY_NUMBER[1])["excess_flips/1"]
    table = {}
    for r in rows:
        table.setdefault(r.item, {}).setdefault(r.arm, []).append(r.value)
    f = np.array([np.mean([v != t["perturbed"][0] for v in t["clean"]]) for t in table.values()])
    f0 = np.array([float(t["clean"][0] != t["clean"][1]) for t in table.values()])
    e = ((f - f.mean()) - (f0 - f0.mean()) * (1 - f.mean()) / (1 - f0.mean())) / ((1 - f0.mean()) * len(f))
    half = 2.0009953780882688 * np.sqrt(60 / 59 * (e**2).sum())  # t(.975, 59)
    assert made.high - made.value == pytest.approx(half)


def test_pure_noise_has_raw_flips_and_no_excess():
    excess, raw = [], []
    for seed in range(30):
        made = excess_flips(core(core_rows(seed, operators=(1,), items=300)), BY_NUMBER[1])
        excess.append(made["excess_flips/1"].value)
        raw.append(made["right_to_wrong/1"].value + made["wrong_to_right/1"].value)
    assert abs(np.mean(excess)) < 0.02
    assert np.mean(raw) > 0.2


def test_one_run_takes_the_placebo_for_a_rerun_and_none_is_said():
    rows = arm([RIGHT, RIGHT]) + arm([RIGHT, WRONG], arm="placebo", run=1) + arm([RIGHT, WRONG], arm="perturbed", operator=1)
    assert excess_flips(core(rows), BY_NUMBER[1])["excess_flips/1"].value == pytest.approx(0.0)
    bare = excess_flips(core([r for r in rows if r.arm != "placebo"]), BY_NUMBER[1])["excess_flips/1"]
    assert bare.value is None
    assert "no rerun" in bare.reason


def test_flips_are_only_counted_where_the_answer_reads_the_same():
    made = robustness(core_rows(1, operators=(1, 6, 9, 12)), PROFILES["fast"])
    assert {name for name in made.parts if name.startswith("excess_flips")} == {"excess_flips/1"}


def test_hold_by_hand_and_equal_to_its_control_under_noise():
    rows = arm([RIGHT, RIGHT]) + arm([RIGHT, RIGHT], run=1) + arm([RIGHT, WRONG], run=2)
    for draw, answers in enumerate(([RIGHT, RIGHT], [RIGHT, RIGHT], [RIGHT, RIGHT], [WRONG, RIGHT])):
        rows += arm(answers, arm="perturbed", operator=1, draw=draw)
    made = hold(core(rows))
    assert made["hold3"].value == pytest.approx((1 / 4 + 1) / 2)  # C(3,3)/C(4,3) and C(4,3)/C(4,3)
    assert made["hold3_clean"].value == pytest.approx(0.5)
    assert made["hold3_ratio"].value == pytest.approx(1.25)
    noise = hold(core(core_rows(1, items=600, runs=3, operators=(1, 4, 12), draws=2)))
    assert noise["hold3_ratio"].low < 1 < noise["hold3_ratio"].high
    assert hold(core(core_rows(1, runs=2)))["hold3_clean"].value is None


def test_hold_leaves_conduct_out():
    rows = arm([RIGHT] * 2) + [r for d in range(3) for r in arm([WRONG] * 2, arm="perturbed", operator=14, draw=d)]
    assert hold(core(rows))["hold3"].value is None


def templates(seed, offsets, items=400):
    rng, rows = np.random.default_rng(seed), []
    for i in range(items):
        chance = rng.uniform(0.2, 0.8)
        for draw, offset in enumerate(offsets):
            more = {} if draw == 0 else {"arm": "perturbed", "operator": 8, "draw": draw - 1}
            rows.append(row(f"steel-{i:03d}", float(rng.random() < chance + offset), **more))
    return rows


def test_template_spread_is_the_spread_put_in_and_nothing_under_noise():
    squares = [template_spread(core(templates(seed, [0] * 6)))["template_spread"].value ** 2 for seed in range(15)]
    assert np.mean(squares) < 0.012**2
    offsets = [0, 0.1, -0.1, 0.15, -0.15, 0.05]
    made = template_spread(core(templates(1, offsets)))
    assert made["template_spread"].value == pytest.approx(np.std(offsets, ddof=1), abs=0.025)
    assert made["template_second_worst"].value == pytest.approx(0.5 - 0.1, abs=0.06)
    assert template_spread(core(templates(1, [0, 0])))["template_spread"].value is None


def test_option_prior_is_one_for_a_constant_letter_and_zero_for_a_fair_one():
    rows = arm([RIGHT, WRONG, WRONG, WRONG] * 5) + arm([RIGHT] * 20, arm="perturbed", operator=9)
    gold = {r.key: i % 4 for i, r in enumerate(r for r in rows if r.arm == "clean")}
    assert option_prior(core(rows), {key: (0, place) for key, place in gold.items()}).value == pytest.approx(1.0)
    assert option_prior(core(rows), {key: (place, place) for key, place in gold.items()}).value == 0
    # predicted 10, 5, 5, 0 against 5 each: chi2 = (25 + 0 + 0 + 25) / 5 = 10; / (20 * 3)
    taken = [0] * 10 + [1] * 5 + [2] * 5
    mixed = {key: (taken[i], place) for i, (key, place) in enumerate(gold.items())}
    assert option_prior(core(rows), mixed).value == pytest.approx(10 / 60)
    assert option_prior(core(rows), None).value is None
    assert robustness(rows, PROFILES["fast"], places=mixed).parts["option_prior"].n == 20
