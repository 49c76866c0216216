"""Drawing items: guards, near misses, balance, redraws."""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.canon import rng_for
from evalkit.errors import SuiteError
from evalkit.records import Source, Tolerance
from evalkit.suite import load_suite
from evalkit.templates import Template, amount, draw_items, draw_params, redraw


@pytest.fixture
def sums(toy: Path) -> Template:
    return load_suite(toy).templates["T1"]


def test_worked_example(sums: Template):
    params, gold = sums.worked
    assert sums.gold(params) == gold


def test_a_draw_gives_four_items_of_one_cluster(sums: Template):
    items = draw_items(sums, suite="toy", index=0, seed="s")
    assert Counter((item.language, item.form) for item in items) == {
        (language, form): 1 for language in ("zh", "en") for form in ("choice", "number")
    }
    assert {item.cluster for item in items} == {"toy-T1"}
    by_id = {item.id: item for item in items}
    for item in items:
        assert by_id[item.pair].pair == item.id
        assert by_id[item.pair].params == item.params
        assert by_id[item.pair].language != item.language


def test_options_are_the_gold_and_three_named_mistakes(sums: Template):
    for index in range(20):
        for item in draw_items(sums, suite="toy", index=index, seed="s"):
            if item.form == "choice":
                assert item.answer in item.choices
                assert len(set(item.choices)) == 4
                assert set(item.mistakes) == set(item.choices) - {item.answer}
            else:
                assert float(str(item.answer)) == sums.gold(item.params)


def test_no_letter_is_favoured(sums: Template):
    places = Counter(
        item.choices.index(str(item.answer)) for n in range(40) for item in draw_items(sums, suite="toy", index=n, seed="s") if item.choices
    )
    assert set(places.values()) == {20}


def test_the_same_seed_draws_the_same_and_another_seed_does_not(sums: Template):
    assert draw_items(sums, suite="toy", index=3, seed="s") == draw_items(sums, suite="toy", index=3, seed="s")
    assert draw_items(sums, suite="toy", index=3, seed="s") != draw_items(sums, suite="toy", index=3, seed="t")


def test_a_gold_near_a_named_mistake_is_thrown_back(sums: Template):
    tight = replace(sums, mistakes={**sums.mistakes, "nearly": lambda p: sums.gold(p) * (1.02 if p["heats"] < 6 else 2.0)})
    for n in range(50):
        assert draw_params(tight, rng_for("near", n)).params["heats"] >= 6


def test_a_template_that_can_never_be_drawn_says_so(sums: Template):
    with pytest.raises(SuiteError, match=r"template T1: 2000 draws and none usable"):
        draw_params(replace(sums, mistakes={"same": sums.gold}), random.Random(0))
    with pytest.raises(SuiteError, match="none usable"):
        draw_params(replace(sums, draw=lambda rng: None), random.Random(0))


def test_a_stem_that_asks_for_what_was_not_drawn(sums: Template):
    broken = replace(sums, stems={"zh": ("{nothing}",), "en": ("{nothing}",)})
    with pytest.raises(SuiteError, match=r"zh stem cannot be filled .*nothing"):
        draw_items(broken, suite="toy", index=0, seed="s")


def test_redraw_keeps_digits_phrasing_and_place(sums: Template):
    for n in range(12):
        for item in draw_items(sums, suite="toy", index=n, seed="s"):
            fresh = redraw(sums, item, rng_for("again", item.id))
            assert fresh.params != item.params
            assert [len(str(value)) for value in fresh.params.values()] == [len(str(value)) for value in item.params.values()]
            assert (fresh.id, fresh.form, fresh.language) == (item.id, item.form, item.language)
            if item.form == "choice":
                assert fresh.choices.index(str(fresh.answer)) == item.choices.index(str(item.answer))
                assert float(str(fresh.answer).split()[0]) == sums.gold(fresh.params)


def test_an_amount_prints_with_all_its_digits():
    rng = rng_for("amounts")
    drawn = [amount(rng, 0.1, 1.2, 2) for _ in range(300)]
    assert all(0.1 <= value <= 1.2 for value in drawn)
    assert all(len(str(value).partition(".")[2]) == 2 for value in drawn)
    with pytest.raises(SuiteError, match="widen the range"):
        amount(rng, 1.0, 1.0, 1)


def test_numbers_are_never_printed_as_minus_zero():
    template = Template(
        id="Z", subarea="sums", draw=lambda rng: {}, gold=lambda p: -0.001, mistakes={}, unit="", decimals=1, stems={"zh": (), "en": ()},
        explanation={"zh": "", "en": ""}, source=Source(title="x"), worked=({}, 0.0), tolerance=Tolerance(rel=0, abs=0.1),
    )  # fmt: skip
    assert template.text(-0.001) == "0.0"
    assert template.text(-0.06) == "-0.1"


def test_no_gold_lies_half_way_between_two_printed_values(sums: Template):
    """12.155 is 12.16 to a reader and 12.15 or 12.16 to a computer: such draws are thrown back."""
    halves = replace(sums, draw=lambda rng: {"mass": rng.choice((1000, 1001)), "heats": 2}, gold=lambda p: p["mass"] / 2, decimals=0, mistakes={
        "a": lambda p: p["mass"] * 3.0, "b": lambda p: p["mass"] * 4.0, "c": lambda p: p["mass"] * 5.0})  # fmt: skip
    assert {draw_params(halves, rng_for("half", index)).params["mass"] for index in range(20)} == {1000}
