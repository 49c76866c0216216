"""A number with its unit, in the unit that the item asks for.

The rule that a `Read` names is the place (boxed, answer line, whole text, last number) and, after a comma, what was done
about the unit: nothing said where the spelling was the item's own; "converted", "no unit", "wrong unit", "unit not asked".
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from evalkit.answers.numerals import Number, clean_numbers, number_at, spell_out_digits
from evalkit.answers.places import Place, Read, answer_lines, last_box, lines_of, quote, tidy
from evalkit.answers.units import Unit, clean_unit, parse_unit, scan_counted, squeeze

_COUNT = 40  # numbers of one segment that are looked at
_RANGE = re.compile(
    r" ?(?:-{1,2}|–|—|~|∼|至|到|\.\.\.?|(?:\bto\b|\bor\b|或者?|\band\b(?= [\d.]+ ?\S{0,8}$)))"
    r" ?(?:约|about |[A-Za-z]\w{0,3} ?= ?)?(?=[+-]?\.?\d)"
)
_LIST = re.compile(r" ?[,、;] ?(?:[A-Za-z]\w{0,6} ?[=≈] ?)?(?=[+-]?\.?\d)")
_EXPRESSION = re.compile(r" ?(?:×|÷|\+|x(?= ?\d)) ?(?=\d)")
_RATIO = re.compile(r" ?[:∶] ?(?=\d)")
_BRACKETED = re.compile(r"(?<=\d) ?[(\[]([^()\[\]\s\d][^()\[\]\n]{0,14})[)\]]")
_LIST_MARK = re.compile(
    r"^\s{0,8}(?:[-•]\s+)?(?:\(?\d{1,2}[.、)](?=\s|[^\d\s])|[①-⑳]|(?:step|步骤|第)\s?\d{1,2}\s?(?:步)?[:.、]?)\s{0,3}(?=.*\d)",
    re.IGNORECASE,
)
_EQUALS = re.compile(r"[=≈]|约为|约等于|等于|得到|即|取整为|→|\bequals\b|\bso\b|\brounded (?:up |down )?to\b")
_LEAD = re.compile(
    r"[\s:=≈~≃*_`$\"'(\[{约大概为是共计需要有]*"
    r"(?:about|approximately|approx\.?|around|roughly|nearly|ca\.|大约|约为|约|是|为|¥|￥|\$|€)?[\s:=≈~$¥￥(\[+-]*$"
)
_YEARLY = re.compile(r"/ ?(?:年|a\b|yr\b|year\b)")  # 12.5 万元/年 for an item that asks for 万元
_PLUS_MINUS = re.compile(r"± ?$")


class _Found:
    """A number of a segment with what its unit says."""

    __slots__ = ("end", "hedged", "note", "number", "unit", "value")

    def __init__(self, number: Number, unit: str, value: Fraction | None, note: str, end: int) -> None:
        self.number, self.unit, self.value, self.note, self.end = number, unit, value, note, end
        self.hedged = ""


def read_number(text: str, unit: str = "") -> Read:
    """The number that a text answers with, as a float in `unit`. Ranges and lists are not guessed at.

    A missing unit is accepted and named by the rule; a unit of another dimension gives no value, but `wrong`. With an
    empty `unit` a percent sign still counts (12 % is 0.12), and a physical unit is passed over.
    """
    wanted = parse_unit(unit)
    for place in _places(tidy(text)):
        read = _from_place(place, wanted)
        if read is not None:
            return read
    return Read(rule="no number")


def _places(text: str) -> Iterator[Place]:
    box = last_box(text)
    if box:
        yield box
    yield from answer_lines(text)
    lines = lines_of(text)
    rule = "whole text" if len(lines) == 1 and len(lines[0]) <= 40 else "last number"
    for line in reversed(lines):
        yield Place(rule=rule, text=line[-1000:], closed=False)


def _from_place(place: Place, wanted: Unit) -> Read | None:
    text = clean_numbers(place.text)
    if place.rule == "boxed" and not re.search(r"[A-Za-z%°℃\u4e00-\u9fff]", re.sub(r"\de[+-]?\d", "", text)):
        after = re.match(r"[^\d=]{0,24}", clean_numbers(place.rest))
        text = f"{text} {after[0].strip() if after else ''}"
    if number_at(text, 0) is None and (place.rule != "last number" or len(text) <= 30):
        text = spell_out_digits(text)
    text = clean_unit(_LIST_MARK.sub("", text) if place.rule != "boxed" else text)
    text = _BRACKETED.sub(lambda found: f" {found[1]} " if _is_unit(found[1], wanted) else found[0], text)
    found = _numbers(text, wanted)
    if not found:
        return None
    return _read(place, text, _choose(text, found), wanted)


def _is_unit(text: str, wanted: Unit) -> bool:
    """Whether brackets after a number hold its unit: 2100 (h)."""
    scanned = scan_counted(text, 0)
    return squeeze(text) == squeeze(wanted.text) or (scanned is not None and scanned[1] == len(text))


def _numbers(text: str, wanted: Unit) -> list[_Found]:
    """The numbers of `text`, ranges and lists marked as hedged, hours and minutes added up."""
    found: list[_Found] = []
    place = 0
    while len(found) < _COUNT and (number := number_at(text, place)):
        one = _with_unit(text, number, wanted)
        place = max(one.end, number.end)
        if found:
            _relate(text, found, one, wanted)
        else:
            found.append(one)
    return found


def _relate(text: str, found: list[_Found], one: _Found, wanted: Unit) -> None:
    """Add `one` to `found`: as the tail of a range or of a time, or on its own."""
    last = found[-1]
    between = text[last.end : one.number.start]
    if _PLUS_MINUS.search(between):  # 42 ± 0.5 kg: a value and its uncertainty, with one unit for both
        if one.unit and not last.unit:
            found[-1] = _with_unit(text, replace(last.number, end=one.number.end, plain_end=one.number.end), wanted)
        found[-1].end = one.end
        return
    if _joined(_RANGE, text, last.end, one.number.start):
        last.hedged, last.end = "range", one.end
        return
    for by, name in ((_EXPRESSION, "an expression"), (_RATIO, "a ratio")):
        if _joined(by, text, last.end, one.number.start):
            last.hedged, last.end = name, one.end
            return
    if _joined(_LIST, text, last.end, one.number.start) and last.unit == one.unit:
        last.hedged, last.end = "several numbers", one.end
        return
    if between.strip() in ("", "又", "零", "and") and _is_time(last) and _is_time(one) and last.value is not None and one.value is not None:
        last.value, last.end, last.note = last.value + one.value, one.end, "converted"
        return
    found.append(one)


def _joined(by: re.Pattern[str], text: str, end: int, start: int) -> bool:
    """Whether nothing but `by` stands between the end of one number and the start of the next (its sign may be the dash)."""
    found = by.match(text, end)
    return found is not None and found.end() >= start


def _is_time(one: _Found) -> bool:
    return parse_unit(one.unit).dimensions == (("s", 1),) if one.unit else False


def _with_unit(text: str, number: Number, wanted: Unit) -> _Found:
    """`number` with the unit that follows it, in the wanted one."""
    own = squeeze(clean_unit(clean_numbers(wanted.text.strip())))
    if own:
        for amount, end in ((number.plain, number.plain_end), (number.value, number.end)):
            close = _starts_with(text, end, own)
            if close:
                return _Found(number, wanted.text, amount, "", close)
    at = number.end + len(text[number.end : number.end + 2]) - len(text[number.end : number.end + 2].lstrip())
    scanned = scan_counted(text, at)
    if scanned and re.match(r" ?[/^·](?=\S)", text[scanned[1] :]):
        scanned = None  # only the beginning of a unit that the table does not have
    if scanned is None:
        return _Found(number, "", _unscaled(number, wanted), "no unit" if wanted.text.strip() else "", number.end)
    unit, end = scanned
    value: Fraction | None
    if not wanted.text.strip() and unit.dimensions:
        return _Found(number, unit.text, number.value, "unit not asked", end)
    counted = not wanted.known and not wanted.dimensions and not unit.dimensions  # 5 % of an item that counts people
    value = None if counted else unit.convert(number.value, wanted)
    if value is None:
        value = _folded(number, unit, wanted)
    return _Found(number, unit.text, value, "wrong unit" if value is None else "converted", end)


def _starts_with(text: str, at: int, own: str) -> int:
    """Where the item's own unit ends if it stands at `at`, else 0."""
    piece = text[at : at + 2 * len(own) + 8]
    for length in range(len(own), len(piece) + 1):
        if squeeze(piece[:length]) == own and piece[length - 1].strip():
            after = piece[length : length + 1]
            joined = own[-1].isascii() and own[-1].isalnum() and after.isascii() and after.isalnum()
            return 0 if joined or (re.match(r"[/^²³·⁻]", after) and not _YEARLY.match(text, at + length)) else at + length
    return 0


def _unscaled(number: Number, wanted: Unit) -> Fraction:
    """A number without a unit: 20万 for an item in 万元 is 20."""
    scale = wanted.factor
    if number.scaled and re.match(r"[万亿百千]", wanted.text.strip()) and scale.denominator == 1 and scale >= 1000:
        return number.value / (10**4 if wanted.text.strip().startswith("万") else scale)
    return number.value


def _folded(number: Number, unit: Unit, wanted: Unit) -> Fraction | None:
    """50 T for an item in t: a spelling that differs in its capitals only."""
    same = unit.text.casefold() == wanted.text.strip().casefold() and unit.text != wanted.text
    return number.value if same and len(unit.text) == 1 else None


def _choose(text: str, found: list[_Found]) -> _Found:
    """Of several numbers the one that is the answer: after the last equals sign, with a fitting unit, first, last."""
    if len(found) == 1:
        return found[0]
    for equals in reversed([sign for sign in _EQUALS.finditer(text) if not _in_brackets(text, sign.start())]):
        after = [one for one in found if one.number.start >= equals.end()]
        if after and _LEAD.match(text[equals.end() : after[0].number.start]):
            return after[0]
    fitting = [one for one in found if one.value is not None and one.unit and one.note != "unit not asked"]
    if _LEAD.match(text[: found[0].number.start]) and (found[0].value is not None or not fitting):
        return found[0]
    if fitting:
        outside = [one for one in fitting if not _in_brackets(text, one.number.start)]
        return (outside or fitting)[-1]
    outside = [one for one in found if not _in_brackets(text, one.number.start)]
    return (outside or found)[-1]


def _in_brackets(text: str, at: int) -> bool:
    return text.count("(", 0, at) > text.count(")", 0, at)


def _read(place: Place, text: str, one: _Found, wanted: Unit) -> Read:
    quoted = quote(text[one.number.start : one.end])
    if one.hedged:
        return Read(rule=f"{place.rule}, {one.hedged}", text=quoted)
    firm = place.rule in ("boxed", "answer line") and (place.closed or bool(text[one.end :].strip()))
    rule = f"{place.rule}, {one.note}" if one.note else place.rule
    read = Read(rule=rule, unit=one.unit, text=quoted, firm=firm)
    if one.value is None:
        return replace(read, wrong=True)
    try:
        return replace(read, value=float(one.value))
    except OverflowError:
        return replace(read, rule=f"{place.rule}, beyond every double")
