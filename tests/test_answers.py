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
