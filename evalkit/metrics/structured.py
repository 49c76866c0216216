"""A JSON object: first its schema, then the F1 of its fields."""

import json as _json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from evalkit.answers import Read, match_key, parse_unit, read_json, tidy
from evalkit.metrics.frame import framed
from evalkit.records import Item

_DEPTH = 64
_TYPES: Mapping[str, tuple[type[Any], ...]] = {
    "object": (dict,),
    "array": (list, tuple),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "number": (int, float),
    "integer": (int, float),
}


def _is(value: Any, kind: str) -> bool:
    if kind not in _TYPES:
        raise ValueError(f"schema names the type {kind!r}; known: {', '.join(sorted(_TYPES))}")
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, _TYPES[kind]) and (kind != "integer" or value % 1 == 0)


def schema_fault(value: Any, schema: Mapping[str, Any], path: str = "$", depth: int = 0) -> str:
    """Where and how `value` breaks `schema`, "" where it does not.

    Of JSON Schema (2020-12) these words are held: type, enum, properties, required, additionalProperties (true or
    false), items. Others are passed over. Raises ValueError for a type that does not exist.
    """
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if kinds and not any(_is(value, kind) for kind in kinds):
        return f"{path} is not {' or '.join(kinds)}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{path} is none of the values allowed"
    if depth > _DEPTH:
        return f"{path} is nested too deep"
    if isinstance(value, dict):
        return _object_fault(value, schema, path, depth)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        faults = (schema_fault(element, schema["items"], f"{path}[{place}]", depth + 1) for place, element in enumerate(value))
        return next(filter(None, faults), "")
    return ""


def _object_fault(value: Mapping[str, Any], schema: Mapping[str, Any], path: str, depth: int) -> str:
    missing = [name for name in schema.get("required", ()) if name not in value]
    if missing:
        return f"{path}.{missing[0]} is missing"
    known = schema.get("properties", {})
    for name, part in value.items():
        if name in known:
            fault = schema_fault(part, known[name], f"{path}.{name}", depth + 1)
            if fault:
                return fault
        elif schema.get("additionalProperties") is False:
            return f"{path}.{name[:40]} is not asked for"
    return ""


_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_DATES = (
    re.compile(r"(?P<y>\d{4})(?:-|/|\.|年)(?P<m>\d{1,2})(?:-|/|\.|月)(?P<d>\d{1,2})日?"),
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)? (?P<w>[A-Za-z]{3,9})\.?,? (?P<y>\d{4})"),
    re.compile(r"(?P<w>[A-Za-z]{3,9})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})"),
)
_QUANTITY = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?)\s*(\S.{0,29})?")


def _date(text: str) -> str:
    for pattern in _DATES:
        found = pattern.fullmatch(text)
        if found:
            parts = found.groupdict()
            month = int(parts["m"]) if parts.get("m") else _MONTHS.get(parts["w"][:3].lower(), 0)
            try:
                return date(int(parts["y"]), month, int(parts["d"])).isoformat()
            except ValueError:
                return ""
    return ""


def plain_value(value: Any) -> str:
    """One spelling of a field's value: numbers by value, quantities in the base of their unit, dates in ISO 8601, texts folded.

    >>> plain_value("1,200 kg") == plain_value("1.2 t"), plain_value("2025年3月18日"), plain_value("00123") == plain_value(123)
    (True, 'date 2025-03-18', False)
    """
    if isinstance(value, bool) or value is None:
        return f"constant {value}"
    if isinstance(value, int | float):
        return f"number {_significant(Fraction(value))}"
    text = " ".join(tidy(str(value)).split())
    day = _date(text)
    if day:
        return f"date {day}"
    found = _QUANTITY.fullmatch(text)
    if found and not re.match(r"[+-]?0\d", text):
        amount = Fraction(found[1].replace(",", ""))
        if not found[2]:
            return f"number {_significant(amount)}"
        unit = parse_unit(found[2])
        if unit.known and not unit.words:
            return f"number {_significant(amount * unit.factor + unit.offset)} {unit.dimensions}"
    return f"text {match_key(text) or text.casefold()}"


def _significant(value: Fraction) -> str:
    """To ten digits: 0.1 as a double and as a decimal are the same field."""
    try:
        return f"{float(value):.10g}" if value else "0"
    except OverflowError:
        return str(value)[:60]


def _fields(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Path and plain value of every leaf; the elements of a list of plain values share a path (their order is free)."""
    if depth > _DEPTH:
        return
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _fields(part, f"{path}/{name}", depth + 1)
        if not value:
            yield path, "empty object"
    elif isinstance(value, list | tuple):
        for place, element in enumerate(value):
            nested = isinstance(element, Mapping | list | tuple)
            yield from _fields(element, f"{path}/{place}" if nested else f"{path}/*", depth + 1)
        if not value:
            yield path, "empty list"
    else:
        yield path, plain_value(value)


def field_f1(answer: Mapping[str, Any], gold: Mapping[str, Any]) -> float:
    """2 tp / (fields answered + fields of the gold), tp the fields whose path and plain value agree; 1 for two empty objects."""
    mine, right = Counter(_fields(answer)), Counter(_fields(gold))
    return 2 * (mine & right).total() / (mine.total() + right.total())


def _read(item: Item, text: str) -> Read:
    found = read_json(text)
    if found.value is None or not item.schema:
        return found
    fault = schema_fault(found.value, item.schema)
    return replace(found, value=None, rule=f"{found.rule}, schema: {fault}") if fault else found


def _judge(item: Item, found: Read) -> tuple[float, str]:
    """F1 of the fields after normalisation, 0 where the object breaks the item's schema."""
    if not isinstance(item.answer, Mapping):
        raise ValueError("the gold is not an object")
    return field_f1(found.value, item.answer), _json.dumps(found.value, ensure_ascii=False, sort_keys=True)


def _judge_exact(item: Item, found: Read) -> tuple[float, str]:
    """1 where every field agrees after normalisation and none is added, else 0: a verdict counts with its reasons."""
    value, shown = _judge(item, found)
    return float(value == 1), shown


json = framed(_read, _judge)
json_exact = framed(_read, _judge_exact)
