"""Readers of answers: a table of answers as models write them, laws, and hostile input."""

import json
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.answers import (
    Read,
    is_refusal,
    match_key,
    normalise_text,
    parse_unit,
    read_json,
    read_letter,
    read_letters,
    read_number,
    read_order,
    read_text,
    strip_thinking,
)
from evalkit.answers.numerals import chinese_value

ROWS = [json.loads(line) for line in (Path(__file__).parent / "answers_table.jsonl").read_text(encoding="utf-8").splitlines()]


def _read(row: dict[str, Any]) -> Read:
    text = row["text"]
    match row["form"]:
        case "letter":
            return read_letter(text, row["labels"], row.get("options", ()))
        case "letters":
            return read_letters(text, row["labels"])
        case "number":
            return read_number(text, row["unit"])
        case "order":
            return read_order(text, row["labels"], row.get("n", 0), row.get("options", ()))
        case "json":
            return read_json(text)
        case "text":
            return read_text(text)
    raise AssertionError(row["form"])


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['form']}: {row['note']}" for row in ROWS])
def test_table(row: dict[str, Any]):
    read = _read(row)
    value = list(read.value) if isinstance(read.value, tuple) else read.value
    expected = row["expect"]
    if isinstance(expected, int | float):
        assert value == pytest.approx(expected, rel=1e-12)
    else:
        assert value == expected
    assert read.rule == row["rule"]
    assert len(read.text) <= 200


def test_the_table_is_a_table_of_distinct_phenomena():
    assert len(ROWS) >= 150
    assert len({(row["form"], row["note"]) for row in ROWS}) == len(ROWS)
    assert len({(row["form"], row["text"], row.get("unit"), row.get("labels"), str(row.get("options"))) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Answer: B", ("Answer: B", "", True)),
        ("<think>first A, no</think>Answer: B", ("Answer: B", "first A, no", True)),
        ("<thinking>\nA?\n</thinking>\nB", ("\nB", "\nA?\n", True)),
        ("the template opened it</think>B", ("B", "the template opened it", True)),
        ("<think>cut off while I was thinking, answer: C", ("", "cut off while I was thinking, answer: C", False)),
        ("<think></think>B", ("B", "", True)),
        ("<think>one</think>A<think>two", ("", "onetwo", False)),
        ("<THINK>x</THINK>B", ("B", "x", True)),
        ("<think>a <think> b</think>C", ("C", "a  b", True)),
        ("<|begin_of_thought|>x<|end_of_thought|>D", ("D", "x", True)),
        ("◁think▷x◁/think▷D", ("D", "x", True)),
        ("5 < 7 and <b>bold</b>", ("5 < 7 and <b>bold</b>", "", True)),
    ],
)
def test_thinking(text: str, expected: tuple[str, str, bool]):
    assert strip_thinking(text) == expected


def test_thinking_between_solution_marks():
    text = "<|begin_of_thought|>2 A<|end_of_thought|><|begin_of_solution|>Answer: B<|end_of_solution|>"
    answer, thought, finished = strip_thinking(text)
    assert (answer.strip(), thought, finished) == ("Answer: B", "2 A", True)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't assist with that request.",
        "I cannot help with remarking used chips.",
        "As an AI language model, I am not able to give dosages.",
        "抱歉，我无法提供这方面的帮助。",
        "对不起，不能协助您伪造检测记录。",
        "作为一个AI助手，我不能回答这个问题。",
        "We won't provide instructions for defeating the interlock.",
    ],
)
def test_refusals(text: str):
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Answer: B",
        "The valve cannot provide enough flow, so pressure drops.",
        "氮气不能提供足够的氧化能力，应选氧气。",
        "Sorry for the confusion, the correct value is 42.",
        "抱歉，上面的计算有误，重新计算得到 42 kg。",
        "Argon can't dissolve in steel. " * 30 + "I cannot help you.",
    ],
)
def test_no_refusals(text: str):
    assert not is_refusal(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ｋnowledge。 ", "knowledge"),
        ("“10² kg”", "10² kg"),  # NFKC would make it 102
        ("**Anion  gap**", "anion gap"),
        ("　阴离子间隙　", "阴离子间隙"),
        ("", ""),
    ],
)
def test_normalised_text(text: str, expected: str):
    assert normalise_text(text) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Anion-gap", "anion gap", True),
        ("n-type", "N type.", True),
        ("禁忌证", "“禁忌证”", True),
        ("-5 °C", "5 °C", False),
        ("1.5", "15", False),
        ("3/4", "34", False),
        ("5%", "5", False),
        ("10²", "102", False),
    ],
)
def test_match_key(one: str, other: str, same: bool):
    assert (match_key(one) == match_key(other)) is same


@pytest.mark.parametrize(
    ("run", "value"),
    [
        ("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("一百五", 150), ("两千", 2000), ("三万五千", 35000), ("三万五", 35000),
        ("一万零五", 10005), ("一亿二千万", 120_000_000), ("十二亿", 1_200_000_000), ("二零二五", 2025), ("三点一四", Fraction(314, 100)),
        ("零点零五", Fraction(5, 100)), ("九千九百九十九", 9999), ("一千零一十", 1010),
    ],
)  # fmt: skip
def test_chinese_numerals(run: str, value: Fraction | int):
    assert chinese_value(run) == value


def test_chinese_numerals_agree_with_another_reader():
    cn2an = pytest.importorskip("cn2an")
    for value in [*range(1, 400, 7), 1000, 1001, 1010, 1100, 20_300, 35_000, 100_001, 1_234_567, 120_000_000, 305_060_708]:
        assert chinese_value(cn2an.an2cn(value, "low")) == value


def test_units_agree_with_pint():
    """Every factor against a second, independent table."""
    pint = pytest.importorskip("pint")
    units = pint.UnitRegistry()
    pairs = {
        "kg": "kilogram", "t": "tonne", "mg": "milligram", "µg": "microgram", "mil": "thou", "nm": "nanometer", "MPa": "megapascal",
        "N/mm²": "newton/mm**2",
        "GPa": "gigapascal", "kN": "kilonewton", "kWh": "kilowatt_hour", "MJ": "megajoule", "mA": "milliampere", "GHz": "gigahertz",
        "ms": "millisecond",
        "d": "day", "mL": "milliliter", "mg/dL": "mg/dL", "%": "percent", "ppm": "ppm", "ha": "hectare", "kg/t": "kg/tonne",
        "m³": "m**3", "mmHg": "mmHg",
        "bar": "bar", "psi": "psi", "kcal": "kilocalorie", "eV": "eV", "inch": "inch", "ft": "foot", "lb": "pound", "oz": "ounce",
        "kgf": "kilogram_force",
        "atm": "atm", "W/(m²·K)": "W/m**2/K", "t/(m³·d)": "tonne/m**3/day", "mL/min": "mL/min", "rad": "radian", "°": "degree",
        "µH": "microhenry",
        "pF": "picofarad", "kΩ": "kiloohm", "Ah": "ampere_hour", "L/h": "liter/hour", "kJ/(kg·K)": "kJ/kg/K", "N·m": "newton*meter",
        "mmol/L": "mmol/L",
    }  # fmt: skip
    for ours, theirs in pairs.items():
        assert float(parse_unit(ours).factor) == pytest.approx(
            units.Quantity(1, theirs).to_base_units().magnitude * _grams(units, theirs), rel=1e-9
        ), ours


def _grams(units: Any, name: str) -> float:
    """Pint's base of mass is the kilogram in SI and so is ours; of angle and share, the radian and one."""
    return 1.0 if units.default_system == "mks" else float("nan")


@pytest.mark.parametrize(("celsius", "other", "unit"), [(0, 273.15, "K"), (100, 212, "℉"), (-40, -40, "°F"), (1538, 1811.15, "K")])
def test_temperatures_have_an_offset(celsius: float, other: float, unit: str):
    assert read_number(f"Answer: {other} {unit}", "℃").value == pytest.approx(celsius, abs=1e-9)
    assert read_number(f"Answer: {celsius} ℃", unit).value == pytest.approx(other, abs=1e-9)


def test_a_temperature_inside_a_compound_has_none():
    assert read_number("Answer: 25 W/(m²·℃)", "W/(m²·K)").value == 25


@pytest.mark.parametrize("unit", ["kg", "t/(m³·d)", "mL/min/1.73 m²", "万元", "%", "人", "10^9/L", "kg CO2/MWh", "次/min", "℃", ""])
@given(value=st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_the_gold_as_it_is_printed_is_read_back(unit: str, value: Any):
    for cue in ("Answer: ", "答案："):
        read = read_number(f"{cue}{value} {unit}".strip(), unit)
        assert read.value == pytest.approx(float(value), rel=1e-12, abs=1e-300)
        assert read.rule == "answer line"


@pytest.mark.parametrize(
    ("text", "firm"),
    [
        ("Answer: 42.5 mL\nThat is all.", True),
        ("Answer: 42.5 mL (rounded)", True),
        ("Answer: 42", False),
        ("Answer: 42.5 m", False),
        ("\\boxed{42.5}", True),
        ("so the sum is 42.5 mL and then", False),
    ],
)
def test_a_number_at_the_very_end_may_be_cut_off(text: str, firm: bool):
    assert read_number(text, "mL").firm is firm


READERS = (
    lambda text: read_letter(text, "ABCD", ["2100 h", "argon", "x y", "z"]),
    lambda text: read_letter(text, "甲乙丙丁"),
    lambda text: read_letter(text, "1234"),
    lambda text: read_letters(text, "ABCDEFGHIJ"),
    lambda text: read_number(text, "kg/t"),
    lambda text: read_number(text, ""),
    lambda text: read_order(text, "ABCD", 4, ["a b", "c d", "e", "f"]),
    read_json,
    read_text,
)
PIECES = st.sampled_from(
    [
        "Answer:", "答案：", "\\boxed{", "}", "{",
        "\"", "\\", "```json\n", "```", "A", "B.", "(C)", "选", "3", "1,234", ".5", "e9", "×10^", "⁵", "万", "亿", "一",
        "百分之", "kg", "/", "t", "℃", "%", " or ", "-", "~", "±", "=", "\\frac{", "$", "**", "\n", " ", "<think>", "</think>", "is",
        "not", "NaN", "[", "]", ":", ",", "0",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=30).map("".join)))
def test_readers_raise_nothing_and_say_which_rule(text: str):
    for reader in READERS:
        read = reader(text)
        assert read.rule
        assert len(read.text) <= 200
        assert read == reader(text)
    answer, thought, _ = strip_thinking(text)
    assert len(answer) + len(thought) <= len(text) + 40
    is_refusal(text)


HOSTILE = {
    "open braces": "{", "boxes": "\\boxed{", "digits": "1", "groups": "123,", "spaces": " ", "stars": "*", "markers": "Answer: ",
    "zh markers": "答案：\n",
    "nested object": '{"a":', "quotes": '"\\"', "fences": "```json\n", "thoughts": "<think>", "labels": "A, ",
    "zh digits": "一", "powers": "10^", "slashes": "kg/",
    "brackets": "1 (", "selects": "选", "new lines": "\n", "fractions": "\\frac{1}{", "words": "the answer is called ",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_much_of_it_is_read_in_linear_time(name: str):
    """Four times the text takes at most about four times as long (bound: ten, and a floor for the clock)."""
    piece = HOSTILE[name]
    small, large = (f"Answer: {piece * (size // len(piece))}" for size in (100_000, 400_000))
    for reader in READERS:
        before = time.process_time()
        reader(small)
        middle = time.process_time()
        reader(large)
        after = time.process_time()
        assert after - middle <= 10 * max(middle - before, 0.05)


def test_deep_nesting_is_refused_not_crashed_on():
    assert read_json('{"a":' * 100_000 + "1" + "}" * 100_000).value is None
    assert read_json('{"a":' * 60 + "1" + "}" * 60).value is not None
    assert read_json('{"a": ' + "[" * 200_000 + "]" * 200_000 + "}").value is None
    assert read_json('{"a": 1e999}').value is None
    assert read_json('{"a": ' + "9" * 5000 + "}").value is None


def test_half_characters_in_json_become_one_that_can_be_stored():
    assert read_json('{"a": "Fe\\ud83d", "\\ude00": [["\\udc00"], {"b": "\\ud83d"}], "c": "\\ud83d\\ude00"}').value == {
        "a": "Fe\ufffd",
        "\ufffd": [["\ufffd"], {"b": "\ufffd"}],
        "c": "\U0001f600",
    }
    assert read_json('{"a": "\ud83d"}').value == {"a": "\ufffd"}
    assert read_json('{"\\ud83d": 1, "\\ud83e": 2}').value is None  # one key now, and it stands twice
