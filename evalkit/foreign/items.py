"""From rows to items, and the reasons for rows that are none."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from evalkit.canon import digest, order_key
from evalkit.errors import SuiteError, did_you_mean
from evalkit.foreign.block import AnswerIs, FieldName, Foreign
from evalkit.foreign.cells import LETTERS, BadRowError, options_of, text_of
from evalkit.foreign.files import Row, rows_of
from evalkit.records import Answer, Form, Item, Language, Source, TaskType, Tolerance

_SKIP = "to leave such rows out, and have them listed, set dataset.skip_bad_rows: true"
_HAN = re.compile(r"[\u3400-\u9fff]")
_BETWEEN = re.compile(r"[\s,，、;；/]+")  # between several letters


def foreign_items(foreign: Foreign, *, suite: str, folder: Path, split: str | None = None) -> list[Item]:
    """The rows of a split as items of `suite`. Raises SuiteError where the data set cannot be had or a row is no item."""
    return foreign_report(foreign, suite, folder, split=split)[0]


def foreign_report(foreign: Foreign, suite: str, folder: Path, *, split: str | None = None) -> tuple[list[Item], list[str]]:
    """The rows of a split as items of `suite`, and why each row left out is none: "row 21 ...: two options are the same".

    Rows are counted from 0. Without `skip_bad_rows` nothing is left out: the first bad row is raised as SuiteError, and so
    are, in any case, a data set that cannot be had, a column that is not there, an answer that can be read in two ways, an id
    that two rows have, and a split of which no row is left.
    """
    part = split or foreign.split
    items: dict[str, Item] = {}
    reasons: list[str] = []
    for row in rows_of(foreign, folder, part):
        where = f"row {row.number} of {f'{row.file}, ' if foreign.by_file else ''}split {part!r} of {foreign.path!r}"
        try:
            item = _item(foreign, suite, part, row, where)
        except BadRowError as error:
            if not foreign.skip_bad_rows or error.remedy:
                raise SuiteError(f"{folder}: {where}: {error}; {error.remedy or _SKIP}") from error
            reasons.append(f"{where}: {error}")
            continue
        if item.id in items:
            raise SuiteError(f"{folder}: {where}: another row is called {item.id!r} too; choose another column for dataset.fields.id")
        items[item.id] = item
    if not items:
        of_them = f"; all {len(reasons)} were left out, the first: {reasons[0]}" if reasons else ""
        raise SuiteError(f"{folder}: split {part!r} of {foreign.path!r} has no rows that are items{of_them}")
    drawn = foreign.order == "drawn" and part == foreign.split  # shots stay in the order of their file
    return sorted(items.values(), key=lambda item: order_key("rows", item.id)) if drawn else list(items.values()), reasons


def _item(foreign: Foreign, suite: str, split: str, row: Row, where: str) -> Item:
    named = _named(foreign, row, where)
    choices = options_of(foreign.fields.choices, row, where)
    form, answer = _answered(foreign, named["answer"], choices)
    fault = _fault(form, choices, answer)
    if fault:
        raise BadRowError(fault)
    name = f"{suite}-{split}-{named.get('id') or (f'{row.star}-' if foreign.by_file else '') + f'{row.number:05d}'}"
    return Item(
        id=name,
        suite=suite,
        task=_task(named.get("task", foreign.task), where),
        subarea=named.get("subarea", foreign.subarea),
        cluster=named.get("cluster") or _cluster(suite, named, choices),
        form=form,
        language=_language(foreign, named["stem"]),
        level=foreign.level,
        stem=named["stem"],
        context=named.get("context", ""),
        choices=choices,
        answer=answer,
        tolerance=Tolerance(rel=foreign.tolerance.rel, abs=foreign.tolerance.abs),
        explanation=named.get("explanation", ""),
        source=Source(title=foreign.source or foreign.path, kind=foreign.source_kind),
    )


def _cluster(suite: str, named: Mapping[FieldName, str], choices: tuple[str, ...]) -> str:
    """One name for rows that ask the same, in whatever split: MMLU shows five of its test questions in the dev rows of other subjects.

    Items of a cluster count as one for intervals, and none is shown worked before another.
    """
    return f"{suite}-{digest([named['stem'], named.get('context', ''), sorted(choices)])[:16]}"


def _named(foreign: Foreign, row: Row, where: str) -> dict[FieldName, str]:
    """Field > text, of the fields that the block has; only an explanation may be empty."""
    found: dict[FieldName, str] = {}
    for name in get_args(FieldName):
        field = getattr(foreign.fields, name)
        if field is not None:
            found[name] = text_of(field, row, where, needed=name != "explanation")
    return found


def _task(read: str, where: str) -> TaskType:
    for task in get_args(TaskType):
        if task == read:
            return task  # type: ignore[no-any-return]
    raise SuiteError(f"{where}: dataset.fields.task gives {read!r}; {did_you_mean(read, get_args(TaskType))}")


def _language(foreign: Foreign, stem: str) -> Language:
    if foreign.language == "auto":
        return "zh" if _HAN.search(stem) else "en"
    return foreign.language


def _answered(foreign: Foreign, read: str, choices: tuple[str, ...]) -> tuple[Form, Answer]:
    """The row's form and its right answer: the text of the option that `read` means, the texts of several, or `read` itself."""
    if not choices:
        return foreign.form, read
    places = _places(read, choices, foreign.answer_is)
    if len(places) > 1 and not foreign.several and foreign.form != "choices":
        raise BadRowError(f"the answer {read!r} names several options; with dataset.several: true the row is of form choices")
    if foreign.form == "choices" or len(places) > 1:
        return "choices", tuple(choices[place] for place in places)
    return foreign.form, choices[places[0]]


def _places(read: str, choices: tuple[str, ...], answer_is: AnswerIs) -> tuple[int, ...]:
    """Places of the options that `read` means, rising."""
    readings = _readings(read, choices)
    if answer_is != "auto":
        if answer_is not in readings:
            raise BadRowError(f"the answer {read!r} is no {_IS[answer_is]} {list(choices)}")
        return readings[answer_is]
    if not readings:
        raise BadRowError(f"the answer {read!r} is neither a letter, nor a place, nor one of the options {list(choices)}")
    if len(set(readings.values())) > 1:
        means = ", ".join(f"as a {kind} it is {'; '.join(choices[at] for at in places)!r}" for kind, places in readings.items())
        remedy = f"set dataset.answer_is to what the data set means: {' or '.join(readings)}"
        raise BadRowError(f"the answer {read!r} can be read in two ways: {means}", remedy)
    return next(iter(readings.values()))


_IS = {"letter": "letter of the options", "place": "place (from 0) among the options", "text": "text of the options"}


def _readings(read: str, choices: tuple[str, ...]) -> dict[AnswerIs, tuple[int, ...]]:
    """Kind of reading > places of the options that it means, from 0; readings that mean no option are left out."""
    found: dict[AnswerIs, tuple[int, ...]] = {}
    joined = _BETWEEN.sub("", read)
    letters = joined.upper() if len(joined) == 1 and joined.isascii() else joined  # "bad" is a word; "ß" has two capitals
    if letters and set(letters) <= set(LETTERS) and len(set(letters)) == len(letters):
        found["letter"] = tuple(sorted(LETTERS.index(letter) for letter in letters))
    if read.isascii() and read.isdigit() and len(read) <= 3:  # "²" is a digit to str.isdigit
        found["place"] = (int(read),)
    if read in choices:
        found["text"] = (choices.index(read),)
    return {kind: places for kind, places in found.items() if places[-1] < len(choices)}


def _fault(form: Form, choices: tuple[str, ...], answer: Answer) -> str:
    """Why a row cannot be asked or scored in its form, "" if it can."""
    if form in ("choice", "choices"):
        return f"a choice needs at least two options, read {len(choices)}" if len(choices) < 2 else ""
    if form == "number":
        try:
            finite = math.isfinite(float(str(answer)))
        except ValueError:
            finite = False
        return "" if finite else f"the answer of a number must be a decimal without unit, read {answer!r}"
    return ""
