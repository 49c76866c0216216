"""Choice by log-likelihood and by letter; sets; the mistake behind a wrong option."""

import math
from dataclasses import replace

import pytest

from evalkit.metrics.choice import choice, choices
from evalkit.metrics.mistakes import mistake_of
from tests.metrics.items import CHOICE, SET, item, said


def scored(*values: float):
    return said("", "scored", loglikelihoods=values, option_tokens=(1,) * len(values))


def test_highest_log_likelihood_with_confidence_and_brier():
    mark = choice(CHOICE, scored(math.log(0.1), math.log(0.6), math.log(0.1), math.log(0.2)))
    assert (mark.value, mark.parsed, mark.rule) == (0.0, "2500 h", "log-likelihood")
    assert mark.confidence == pytest.approx(0.6)
    assert mark.brier == pytest.approx(0.9**2 + 0.6**2 + 0.1**2 + 0.2**2)
    assert mistake_of(CHOICE, mark) == "loss forgotten"


def test_log_likelihoods_need_not_be_normalised():
    one, other = choice(CHOICE, scored(-1.0, -2.0, -3.0, -4.0)), choice(CHOICE, scored(-901.0, -902.0, -903.0, -904.0))
    assert one.value == other.value == 1.0
    assert one.confidence == pytest.approx(other.confidence)
    assert one.brier == pytest.approx(other.brier)


def test_a_tie_goes_to_the_first_and_is_named():
    mark = choice(CHOICE, scored(-2.0, -1.0, -1.0, -3.0))
    assert (mark.parsed, mark.rule) == ("2500 h", "log-likelihood, tie")


@pytest.mark.parametrize("values", [(-1.0, -2.0, -3.0), (math.nan, -1.0, -2.0, -3.0), (-math.inf,) * 4, (math.inf, -1.0, -1.0, -1.0)])
def test_broken_log_likelihoods_are_our_failure(values: tuple[float, ...]):
    mark = choice(CHOICE, scored(*values))
    assert (mark.value, mark.state, mark.confidence) == (None, "errored", None)


def test_an_impossible_option_is_allowed():
    mark = choice(CHOICE, scored(-1.0, -math.inf, -math.inf, -math.inf))
    assert (mark.value, mark.confidence, mark.brier) == (1.0, 1.0, 0.0)


def test_letters_are_those_that_the_item_printed():
    assert choice(CHOICE, said("Answer: C")).parsed == "175 h"
    variant = replace(CHOICE, labels="PQRS")
    assert choice(variant, said("Answer: R")).parsed == "175 h"
    assert choice(variant, said("Answer: C")).state == "unparsable"
    assert choice(replace(CHOICE, labels="甲乙丙丁"), said("选丙")).parsed == "175 h"


def test_a_label_beyond_the_options_is_no_answer():
    assert choice(CHOICE, said("Answer: E")).state == "unparsable"


def test_a_letter_stands_even_where_the_text_was_cut_off():
    assert choice(CHOICE, said("Answer: A because the en", "length")).value == 1.0
    assert choice(CHOICE, said("I first look at option B and", "length")).state == "cut_off"


def test_generated_answers_have_no_confidence():
    mark = choice(CHOICE, said("B"))
    assert (mark.confidence, mark.brier) == (None, None)
    assert mistake_of(CHOICE, mark) == "loss forgotten"


def test_no_mistake_behind_a_right_or_an_unread_answer():
    assert mistake_of(CHOICE, choice(CHOICE, said("A"))) == ""
    assert mistake_of(CHOICE, choice(CHOICE, said("A or B"))) == ""
    assert mistake_of(CHOICE, choice(CHOICE, said("", "error", error="lost"))) == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [("Answer: A, C", 1.0), ("CA", 1.0), ("Answer: A", 0.0), ("Answer: A, B, C", 0.0), ("Answer: B, D", 0.0), ("ABCD", 0.0)],
)
def test_a_set_is_right_as_a_whole(text: str, value: float):
    mark = choices(SET, said(text))
    assert (mark.value, mark.state) == (value, "answered")


LONG = tuple(f"{'the same words ' * 20}{end}" for end in ("right", "wrong", "worse", "worst"))
ALIKE = item("choice", LONG[0], choices=LONG, mistakes={LONG[1]: "one", LONG[2]: "two", LONG[3]: "three"})


@pytest.mark.parametrize(("place", "mistake"), list(enumerate(["", "one", "two", "three"])))
def test_long_options_that_begin_alike_are_told_apart_by_place(place: int, mistake: str):
    values = [-2.0] * 4
    values[place] = -1.0
    for mark in (choice(ALIKE, scored(*values)), choice(ALIKE, said(f"Answer: {'ABCD'[place]}"))):
        assert (mark.place, mark.value, len(mark.parsed)) == (place, float(place == 0), 200)
        assert mistake_of(ALIKE, mark) == mistake


def test_a_place_is_that_of_one_option_chosen():
    assert choice(replace(CHOICE, labels="PQRS"), said("Answer: R")).place == 2
    assert choice(CHOICE, said("A or B")).place is None
    assert choice(CHOICE, said("", "error", error="lost")).place is None
    assert choices(SET, said("Answer: A, C")).place is None


def test_a_metric_without_places_has_its_mistake_named_by_the_text_where_that_is_one_option():
    named = replace(choice(CHOICE, said("B")), place=None)
    assert mistake_of(CHOICE, named) == "loss forgotten"
    assert mistake_of(ALIKE, replace(choice(ALIKE, said("B")), place=None)) == ""
