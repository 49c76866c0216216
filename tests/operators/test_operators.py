"""The operators: what each changes, what it must leave alone, and that its own check notices damage."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.build import operators_for
from evalkit.canon import rng_for
from evalkit.operators.gates import shuffle_half
from evalkit.operators.numerals import chinese, exponential, quantities, scientific, value_of
from evalkit.operators.script import full_width, half_width
from evalkit.prompts import question
from evalkit.records import Item
from evalkit.suite import load_suite
from tests.contracts.operator import check_operator


@pytest.fixture
def items(built_toy: Path) -> tuple[Item, ...]:
    return load_suite(built_toy).items


@pytest.fixture
def operators(built_toy: Path) -> dict[str, object]:
    return {operator.name: operator for operator in operators_for(load_suite(built_toy).templates)}


def test_the_laws_hold_for_every_operator(items: tuple[Item, ...], operators: dict[str, object]):
    for operator in operators.values():
        check_operator(operator, items)


@given(st.text())
def test_width_has_an_inverse(text: str):
    assert half_width(full_width(text)) == half_width(text)
    assert full_width("10² kg") == "１０² ｋｇ"  # NFKC would turn 10² into 102


@settings(deadline=None)
@given(st.decimals(min_value=0, max_value=10**8, places=3))
def test_numerals_mean_the_same(number: Decimal):
    text = str(number)
    for spell in (scientific, exponential, chinese):
        assert value_of(spell(text)) == number


def test_numerals_by_example():
    assert scientific("35000") == "3.5×10^4"
    assert exponential("0.0035") == "3.5e-3"
    assert chinese("35000") == "三万五千"
    assert scientific("5.2") == "5.2"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("高炉日产 7200 t，容积 3000 m³", ["7200", "3000"]),
        ("Q235B 钢，10^4 次，140/90 mmHg，5.2%", ["5.2"]),
        ("120 t of 316L steel at 25 °C, 5 kg/t", ["120", "25", "5"]),
        ("2型糖尿病，第3炉，2024年，GB/T 700", []),
        ("type 2 diabetes, 3-5 kg, H2 O2", []),
        ("共 8 炉，系数 0.92，10×10^3 kg", ["8"]),
        ("m = 12 kg", ["12"]),
    ],
)
def test_only_quantities_change(text: str, found: list[str]):
    assert quantities(text) == found


def test_options_move_and_labels_change(items: tuple[Item, ...], operators: dict[str, object]):
    item = next(item for item in items if item.form == "choice" and item.language == "zh")
    variant = operators["option order and labels"].vary(item, 2, rng_for("x"))
    assert variant.choices == item.choices[3:] + item.choices[:3]
    assert variant.labels == "甲乙丙丁"
    assert f"甲. {variant.choices[0]}" in question(variant)
    spoken = replace(item, choices=("a", "b", "c", "以上都对"), answer="a", mistakes={})
    assert operators["option order and labels"].vary(spoken, 0, rng_for("x")) is None


def test_new_parameters_recompute_the_gold(items: tuple[Item, ...], operators: dict[str, object]):
    operator = operators["new parameter values"]
    for item in items:
        variant = operator.vary(item, 0, rng_for("x", item.id))
        if not item.template:
            assert variant is None
        else:
            assert variant.params["mass"] * variant.params["heats"] == float(str(variant.answer).split()[0])


def test_damage_is_noticed(items: tuple[Item, ...], operators: dict[str, object]):
    item = next(item for item in items if item.form == "choice" and item.language == "zh" and item.template)
    for name, damage in {
        "script and width": {"stem": "别的题干"},
        "numeral forms": {"stem": "每炉 九百 kg"},
        "prompt templates": {"answer": item.choices[0] if item.choices[0] != item.answer else item.choices[1]},
        "option order and labels": {"choices": item.choices},
        "new parameter values": {"answer": "1 kg"},
        "placebo": {"stem": "x"},
        "positive control": {"stem": "x"},
    }.items():
        variant = operators[name].vary(item, 0, rng_for("x"))
        assert variant is not None, name
        assert operators[name].check(item, variant) == ""
        assert operators[name].check(item, replace(variant, **damage)) != "", name


def test_the_positive_control_moves_half_of_the_characters():
    text = "abcdefghijklmnopqrst" * 5
    moved = shuffle_half(text, rng_for("x"))
    assert sorted(moved) == sorted(text)
    assert 0.3 < sum(a != b for a, b in zip(text, moved, strict=True)) / len(text) <= 0.5


def test_a_gold_that_is_copied_out_of_the_text_is_not_rewritten(items: tuple[Item, ...], operators: dict[str, object]):
    item = next(item for item in items if item.form == "json")
    assert operators["script and width"].vary(item, 0, rng_for("x")) is None
    assert operators["numeral forms"].vary(item, 0, rng_for("x")) is None


def test_pairs_of_steps_are_rewritten_with_the_steps(items: tuple[Item, ...], operators: dict[str, object]):
    item = next(item for item in items if item.form == "ordering")
    free = replace(item, before=((item.answer[0], item.answer[-1]),))
    variant = operators["script and width"].vary(free, 0, rng_for("x"))
    assert variant is not None
    assert {step for pair in variant.before for step in pair} <= set(variant.choices)
    assert variant.before == ((variant.answer[0], variant.answer[-1]),)


def test_code_keeps_its_numerals(items: tuple[Item, ...], operators: dict[str, object]):
    asked = replace(items[0], form="code", stem="A counter of 35000 s, written in Verilog.")
    assert operators["numeral forms"].vary(asked, 0, rng_for("x")) is None
