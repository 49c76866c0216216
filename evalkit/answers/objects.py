"""A JSON object in a text: fenced or bare. Read by the json module alone, with what JSON forbids refused."""

import json
import math
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from evalkit.answers.places import Read, quote

_FENCE = re.compile(r"```[ \t]{0,4}([A-Za-z0-9]{0,12})[ \t]{0,4}\n")
_TRIES = 12  # openings of an object that are tried
_DEPTH = 64
_REACH = 2_000_000  # characters of one object


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number beyond every double")
    return value


_HALF = re.compile("[\ud800-\udfff]")  # what json leaves of "\ud83d" without its other half


def _whole(value: Any) -> Any:
    """`value` with half characters as U+FFFD, which can be stored and, unlike "?", is never taken for punctuation."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(element) for element in value]
    return _pairs([(_whole(name), _whole(part)) for name, part in value.items()]) if isinstance(value, dict) else value


def _object(text: str) -> dict[str, Any] | str:
    """The object that `text` is, or why it is none."""
    try:
        made = _whole(json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float))
    except RecursionError:
        return "nested too deep"
    except ValueError as error:
        return str(error).split(":")[0][:80]
    return made if isinstance(made, dict) else "not an object"


_SIGN = re.compile(r"[{}\"]")
_STRING_END = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def _balanced(text: str, start: int) -> int:
    """Index after the brace that closes the one at `start`; -1 where there is none or it is nested beyond `_DEPTH`."""
    depth, place = 0, start
    while sign := _SIGN.search(text, place, start + _REACH):
        place = sign.end()
        if sign[0] == '"':
            closed = _STRING_END.match(text, place)
            if closed is None:
                return -1
            place = closed.end()
            continue
        depth += 1 if sign[0] == "{" else -1
        if depth == 0:
            return place
        if depth > _DEPTH:
            return -1
    return -1


def _fenced(text: str) -> Iterator[str]:
    for fence in reversed(deque(_FENCE.finditer(text), maxlen=_TRIES)):
        end = text.find("```", fence.end())
        if end > 0:
            yield text[fence.end() : end].strip()


def _bare(text: str) -> Iterator[str]:
    place = 0
    for _ in range(_TRIES):
        start = text.find("{", place)
        if start < 0:
            return
        end = _balanced(text, start)
        if end > 0:
            yield text[start:end]
        place = end if end > 0 else start + 1


def read_json(text: str) -> Read:
    """The last fenced block that is an object, else the first balanced object of the text; `value` is the dict.

    A key that stands twice, NaN, infinities, and nesting beyond 64 are refused; the rule says why nothing was read. Half
    characters (lone surrogates), written out or escaped, become U+FFFD: every text of `value` can be stored.
    """
    reason = "no object"
    for rule, pieces in (("fenced", _fenced(text)), ("bare object", _bare(text))):
        for piece in pieces:
            made = _object(piece)
            if isinstance(made, dict):
                return Read(value=made, rule="whole text" if piece == text.strip() else rule, text=quote(piece), firm=True)
            reason = f"not JSON: {made}" if reason == "no object" else reason
    return Read(rule=reason)
