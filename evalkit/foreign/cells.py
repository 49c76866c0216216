"""From a row's cells to texts: the conversions that `dataset.fields` may declare, and no others."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from evalkit.errors import SuiteError, did_you_mean
from evalkit.foreign.block import Options, Text
from evalkit.foreign.files import Row

LETTERS = "ABCDEFGHIJ"  # an item's labels
# A letter that opens an option, by the ways in which options are set: a line each with a mark behind the letter, a line each
# with a space behind it, and one behind another.
_AT_LINE = re.compile(r"^[ \t]*[(（]?([A-J])[ \t]*[.．、:：)）][ \t]*(?=\S)", re.MULTILINE)
_AT_LINE_BARE = re.compile(r"^[ \t]*([A-J])[ \t\u3000]+(?=\S)", re.MULTILINE)
_INLINE = re.compile(r"(?:^|(?<=[\s。？?！!：:;；,，)）]))[(（]?([A-J])[ \t]*[.．、:：)）][ \t]*(?=\S)")


class BadRowError(Exception):
    """A row that cannot be an item: why. With a `remedy` it is not the row that is at fault, and it is never left out."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


def text_of(field: Text, row: Row, where: str, *, needed: bool = True) -> str:
    """The field's text, stripped. Where nothing stands there: BadRowError, or "" if the field is not `needed`."""
    read = _found(field, row, where)
    if not read.strip():
        if not needed:
            return ""
        raise BadRowError(f"nothing stands in column {field.column or field.columns or 'file'!r}")
    if field.unescape:
        read = unescaped(read)
    if field.cut:
        read = _cut(read)[0] if field.cut == "stem" else read[_border(read) :]
    if field.after:
        if field.after not in read:
            raise BadRowError(f"there is no {field.after!r} in {read[-60:]!r}")
        read = read.rpartition(field.after)[2]
    if field.before:
        read = read.partition(field.before)[0]
    for part in field.remove:
        read = read.replace(part, "")
    read = read.strip()
    if field.map and read not in field.map:
        raise BadRowError(f"{read!r} is not in the map of column {field.column!r}: {', '.join(field.map)}")
    return field.map.get(read, read)


def options_of(field: Options | None, row: Row, where: str) -> tuple[str, ...]:
    """The options, stripped, in their order; none without a field. BadRowError where one is missing or stands twice."""
    if field is None:
        return ()
    held = _held(field, row, where)
    if not isinstance(held, list | tuple) or any(isinstance(cell, list | tuple | Mapping) for cell in held):
        raise BadRowError(f"the options are not a list of texts, read {str(held)[:120]!r}")
    options = tuple("" if cell is None else plain(cell).strip() for cell in held)
    if not all(options):
        raise BadRowError(f"an option is missing: {list(options)}")
    twice = [option for option in options if options.count(option) > 1]
    if twice:  # which of them is right, and what a model chose, could not be told
        raise BadRowError(f"two options are the same: {twice[0]!r}")
    if len(options) > len(LETTERS):
        raise BadRowError(f"{len(options)} options are more than there are labels ({len(LETTERS)})")
    return options


def plain(cell: Any) -> str:
    """A cell as text: true and false as JSON writes them, numbers as Python does. BadRowError for what was no text or number."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if not isinstance(cell, str | int | float | Decimal):  # a spreadsheet makes the option "1-2" a date: its text is lost
        raise BadRowError(f"a {type(cell).__name__} stands where a text or a number is wanted: {str(cell)[:60]!r}")
    return str(cell)


def unescaped(text: str) -> str:
    """Line breaks that were written as a backslash and an n."""
    return text.replace("\\r\\n", "\n").replace("\\n", "\n")


def _cell(name: str, row: Row, where: str) -> Any:
    cells: Any = row.cells
    if name in cells:
        return cells[name]
    for part in name.split("."):
        if not isinstance(cells, Mapping) or part not in cells:
            raise SuiteError(f"{where}: has no column {name!r}; {did_you_mean(name, row.cells)}")
        cells = cells[part]
    return cells


def _found(field: Text, row: Row, where: str) -> str:
    if field.file:
        return row.star
    names = (field.column,) if field.column else field.columns
    return field.join.join(part for name in names for part in _parts(_cell(name, row, where), name))


def _parts(cell: Any, name: str) -> Iterator[str]:
    if isinstance(cell, Mapping):
        raise BadRowError(f"an object stands in column {name!r}; name a key of it: {name}.key")
    for part in cell if isinstance(cell, list | tuple) else (cell,):
        if part is not None and plain(part).strip():
            yield plain(part)


def _held(field: Options, row: Row, where: str) -> Any:
    if field.fixed:
        return field.fixed
    if field.columns:
        return [_cell(name, row, where) for name in field.columns]
    held = _cell(field.column, row, where)
    if not (field.lettered or field.split):
        return held
    if not isinstance(held, str):
        raise BadRowError(f"the options are not a text, read {str(held)[:120]!r}")
    text = unescaped(held) if field.unescape else held
    return text.split(field.split) if field.split else _cut(text)[1]


def _border(text: str) -> int:
    return _marks(text)[0].start()


def _cut(text: str) -> tuple[str, list[str]]:
    """What stands before lettered options, and the options without their letters."""
    marks = _marks(text)
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return text[: marks[0].start()], [text[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]


def _marks(text: str) -> list[re.Match[str]]:
    """The letters that open the options: A, B, ... in order, each once and none left out, set in one of three ways.

    BadRowError where there are none, and where two ways find another number of options: then it cannot be told.
    """
    ways = [list(pattern.finditer(text)) for pattern in (_AT_LINE, _AT_LINE_BARE, _INLINE)]
    found = [marks for marks in ways if len(marks) >= 2 and "".join(mark[1] for mark in marks) == LETTERS[: len(marks)]]
    if not found:
        raise BadRowError(f"no row of options A, B, ... stands in {text[-120:]!r}")
    if len({len(marks) for marks in found}) > 1:
        raise BadRowError(f"where the options begin can be read in two ways: {text[-120:]!r}")
    return found[0]
