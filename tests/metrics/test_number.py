"""Numbers within tolerance, and the nearest named mistake."""

from dataclasses import replace

import pytest

from evalkit.metrics.mistakes import mistake_of
from evalkit.metrics.number import number, within
from evalkit.records import Tolerance
from tests.metrics.items import NUMBER, item, said


@pytest.mark.parametrize(
    ("answer", "value", "state"),
    [
        ("Answer: 2100 h", 1.0, "answered"),
        ("Answer: 2121 h", 1.0, "answered"),  # 1 % exactly
        ("Answer: 2121.1 h", 0.0, "answered"),
        ("Answer: 2079 h", 1.0, "answered"),
        ("Answer: 126000 min", 1.0, "answered"),
        ("Answer: 2100", 1.0, "answered"),
        ("Answer: 2100 kWh", 0.0, "answered"),  # another dimension: wrong, not unread
        ("Answer: 2000-2200 h", 0.0, "unparsable"),
    ],
)
def test_relative_tolerance(answer: str, value: float, state: str):
    mark = number(NUMBER, said(answer))
    assert (mark.value, mark.state) == (value, state)


@pytest.mark.parametrize(("answer", "value"), [("0.455", 1.0), ("0.445", 1.0), ("0.4551", 0.0), ("0.450", 1.0)])
def test_the_edge_of_an_absolute_band_is_inside(answer: str, value: float):
    carbon = item("number", "0.450", unit="%", tolerance=Tolerance(rel=0, abs=0.005))
    assert number(carbon, said(f"Answer: {answer} %")).value == value


def test_the_wider_of_the_two_tolerances_holds():
    wide = replace(NUMBER, answer="10", tolerance=Tolerance(rel=0.01, abs=2))
    assert number(wide, said("Answer: 12 h")).value == 1.0
    assert number(wide, said("Answer: 12.1 h")).value == 0.0


def test_exact_counts():
    exact = item("number", "293", unit="plants", tolerance=Tolerance(rel=0, abs=0))
    assert number(exact, said("Answer: 293 plants")).value == 1.0
    assert number(exact, said("Answer: 293.0")).value == 1.0
    assert number(exact, said("Answer: 294 plants")).value == 0.0
    grams = item("number", "1100", unit="g", tolerance=Tolerance(rel=0, abs=0))
    assert number(grams, said("Answer: 1.1 kg")).value == 1.0  # 1.1 * 1000 is not 1100 in doubles


def test_zero_gold():
    none = item("number", "0", unit="mm", tolerance=Tolerance(rel=0.01, abs=0))
    assert number(none, said("Answer: 0 mm")).value == 1.0
    assert number(none, said("Answer: 1e-9 mm")).value == 0.0


def test_a_number_cut_off_at_the_end_does_not_count():
    assert number(NUMBER, said("Answer: 2100", "length")).state == "cut_off"
    assert number(NUMBER, said("Answer: 2100 h\nBecause", "length")).value == 1.0
    assert number(NUMBER, said("The energy is 2100 h and so", "length")).state == "cut_off"


def test_parsed_is_in_the_items_unit():
    assert number(NUMBER, said("Answer: 126000 min")).parsed == "2100 h"
    assert number(NUMBER, said("Answer: 35 kWh")).parsed == "35 kWh"


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [("175", "hours of a month"), ("174 h", "hours of a month"), ("2520", "loss forgotten"), ("2520.7", "rounded late"),
     ("999", ""), ("2100", "")],
)
def test_the_nearest_mistake_is_named(answer: str, mistake: str):
    assert mistake_of(NUMBER, number(NUMBER, said(f"Answer: {answer}"))) == mistake


def test_within_is_symmetric_and_bounded():
    assert within(0.455, 0.45, 0.005)
    assert within(0.445, 0.45, 0.005)
    assert not within(0.45501, 0.45, 0.005)
    assert within(1e300, 1e300, 0)


@pytest.mark.parametrize("unit", ["\u03bcm", "\u00b5m", "k\u2126", "k\u03a9", "\uff4d\uff4d"])
def test_a_unit_counts_however_item_and_answer_spell_its_signs(unit: str):
    asked = item("number", "878.6", unit=unit)
    for written in (unit, unit.replace("\u03bc", "\u00b5"), unit.replace("\u2126", "\u03a9")):
        assert number(asked, said(f"Answer: 878.6 {written}")).value == 1.0
    assert number(asked, said("Answer: 878.6 kg")).value == 0.0
