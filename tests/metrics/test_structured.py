"""JSON: the schema decides whether an answer counts, then fields are compared."""

import json as stdlib_json

import pytest

from evalkit.metrics.structured import field_f1, json, plain_value, schema_fault
from tests.metrics.items import OBJECT, item, said


def mark(**fields):
    return json(OBJECT, said(stdlib_json.dumps(fields)))


RIGHT = {"date": "2025-03-18", "age": 57, "drug": "Aspirin", "mass": "1.2 t"}


def test_fields_are_compared_by_what_they_mean():
    assert mark(**RIGHT).value == 1.0
    assert mark(date="2025年3月18日", age=57.0, drug=" aspirin.", mass="1,200 kg").value == 1.0
    assert mark(date="March 18, 2025", age=57, drug="ASPIRIN", mass="1200 kg").value == 1.0


def test_f1_counts_wrong_missing_and_invented_fields():
    assert mark(**{**RIGHT, "age": 58}).value == pytest.approx(2 * 3 / 8)
    assert mark(date="2025-03-18", age=57).value == pytest.approx(2 * 2 / 6)
    assert mark(**RIGHT, invented="x").value == pytest.approx(2 * 4 / 9)


def test_an_object_that_breaks_the_schema_counts_nothing_and_says_where():
    broken = mark(**{**RIGHT, "age": "57"})
    assert (broken.value, broken.state) == (0.0, "unparsable")
    assert "$.age is not integer" in broken.rule
    assert "$.date is missing" in mark(age=57).rule


def test_fenced_and_chatty():
    text = "Here it is:\n```json\n" + stdlib_json.dumps(RIGHT) + "\n```\nAnything else?"
    assert json(OBJECT, said(text)).value == 1.0


def test_without_a_schema_spelling_of_numbers_is_free():
    loose = item("json", {"a": 82})
    assert json(loose, said('{"a": "82"}')).value == 1.0
    assert json(loose, said('{"a": "082"}')).value == 0.0  # a code, not a number


@pytest.mark.parametrize(
    ("value", "schema", "fault"),
    [
        (1, {"type": "integer"}, ""),
        (1.0, {"type": "integer"}, ""),
        (1.5, {"type": "integer"}, "$ is not integer"),
        (True, {"type": "integer"}, "$ is not integer"),
        (True, {"type": "number"}, "$ is not number"),
        (None, {"type": ["string", "null"]}, ""),
        ([1, "x"], {"type": "array", "items": {"type": "number"}}, "$[1] is not number"),
        ({"a": 1, "b": 2}, {"properties": {"a": {}}, "additionalProperties": False}, "$.b is not asked for"),
        ("red", {"enum": ["green"]}, "$ is none of the values allowed"),
        ({"a": {"b": "x"}}, {"properties": {"a": {"properties": {"b": {"type": "number"}}}}}, "$.a.b is not number"),
    ],
)
def test_schema(value, schema, fault: str):
    assert schema_fault(value, schema) == fault


def test_a_schema_with_a_type_that_does_not_exist_is_our_failure():
    strange = item("json", {"a": 1}, schema={"type": "object", "properties": {"a": {"type": "int"}}})
    marked = json(strange, said('{"a": 1}'))
    assert (marked.value, marked.state) == (None, "errored")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (82, "82", True), (82, 82.0, True), (0.1, "0.1", True), ("1,200", 1200, True), ("1.2 t", "1200 kg", True),
        ("37 ℃", "310.15 K", True),
        ("148/92 mmHg", "148/92mmHg", True), (True, 1, False), (None, "", False), ("2025-3-8", "2025-03-08", True),
        ("08 Mar 2025", "2025/03/08", True),
        ("2025-02-30", "2025-03-02", False), ("5 mg", "5 g", False), ("-5", "5", False), ("0012", "12", False), ("Q235B", "q235b", True),
    ],
)  # fmt: skip
def test_plain_values(one, other, same: bool):
    assert (plain_value(one) == plain_value(other)) is same


def test_lists_of_values_have_no_order_and_objects_do():
    assert field_f1({"a": ["x", "y"]}, {"a": ["y", "x"]}) == 1.0
    assert field_f1({"a": ["x", "x"]}, {"a": ["x", "y"]}) == 0.5
    assert field_f1({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 2}, {"b": 1}]}) == 0.0
    assert field_f1({}, {}) == 1.0
    assert field_f1({}, {"a": 1}) == 0.0
