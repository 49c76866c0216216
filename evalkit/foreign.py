"""Other people's benchmarks, read through `datasets` from a few lines of YAML.

    dataset:
      path: csv                       # csv, json, parquet, or a hub id in the local cache
      files: {test: test/*.csv, shots: dev/*.csv}   # local files, relative to suite.yaml
      columns: [question, A, B, C, D, answer]       # names, where the files have no header
      split: test
      fields: {stem: question, choices: [A, B, C, D], answer: answer}
      task: knowledge
      form: choice
      language: en

`answer` may be a letter, a place among the choices from 0, or an option's text; `answer_is` says which, where a row could
be read in two ways. A row that cannot be an item is an error that names it, or is left out under `skip_bad_rows` with its
reason kept (`foreign_report`): nothing is left out silently. All keys: docs/suites.md.
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalkit.errors import SuiteError, did_you_mean
from evalkit.records import Form, Item, Language, Level, Source, TaskType

FieldName = Literal["stem", "answer", "choices", "context", "cluster", "explanation"]
AnswerIs = Literal["letter", "place", "text", "auto"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Foreign(BaseModel):
    """The `dataset` key of suite.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    name: str | None = None  # configuration of a hub data set
    revision: str | None = None
    files: Mapping[str, str] | None = None
    columns: tuple[str, ...] | None = None
    split: str = "test"
    shots_split: str | None = None
    fields: Mapping[FieldName, str | tuple[str, ...]]
    answer_is: AnswerIs = "auto"
    skip_bad_rows: bool = False
    task: TaskType = "knowledge"
    form: Literal["choice", "number", "text", "code"] = "choice"  # the forms whose gold is one text
    language: Language = "en"
    level: Level = "recall"
    subarea: str = "all"
    source: str = ""
    source_kind: Literal["standard", "textbook", "paper", "guideline", "law", "manual", "practice", "made"] = "paper"
    limit: int | None = Field(None, gt=0)


def parse(read: Mapping[str, Any], where: Path) -> Foreign:
    """The `dataset` key, checked. Raises SuiteError with the key and what would work."""
    try:
        return Foreign.model_validate(read)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in fault["loc"])
        hint = did_you_mean(key, Foreign.model_fields) if fault["type"] == "extra_forbidden" else f"{fault['msg']}, read {fault['input']!r}"
        raise SuiteError(f"{where}: dataset.{key}: {hint}") from error


def foreign_items(foreign: Foreign, *, suite: str, folder: Path, split: str | None = None) -> list[Item]:
    """The rows of a split as items of `suite`. Raises SuiteError where the data set cannot be had or a row is no item."""
    return foreign_report(foreign, suite, folder, split=split)[0]


def foreign_report(foreign: Foreign, suite: str, folder: Path, *, split: str | None = None) -> tuple[list[Item], list[str]]:
    """The rows of a split as items of `suite`, and why each row left out is none: "row 21 ...: two options are the same".

    Rows are counted from 0. Without `skip_bad_rows` nothing is left out: the first bad row is raised as SuiteError, and so
    are, in any case, a data set that cannot be had, a column that is not there, an answer that can be read in two ways, and
    a split of which no row is left.
    """
    part = split or foreign.split
    items: list[Item] = []
    reasons: list[str] = []
    for number, row in enumerate(_rows(foreign, folder, part)):
        where = f"row {number} of split {part!r} of {foreign.path!r}"
        try:
            items.append(_item(foreign, suite, part, number, row, where))
        except _BadRowError as error:
            if not foreign.skip_bad_rows or error.remedy:
                raise SuiteError(f"{folder}: {where}: {error}; {error.remedy or _SKIP}") from error
            reasons.append(f"{where}: {error}")
    if not items:
        of_them = f"; all {len(reasons)} were left out, the first: {reasons[0]}" if reasons else ""
        raise SuiteError(f"{folder}: split {part!r} of {foreign.path!r} has no rows that are items{of_them}")
    return items, reasons


_SKIP = "to leave such rows out, and have them listed, set dataset.skip_bad_rows: true"


class _BadRowError(Exception):
    """A row that cannot be an item: why. With a `remedy` it is not the row that is at fault, and it is never left out."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


def _rows(foreign: Foreign, folder: Path, split: str) -> Iterable[Mapping[str, Any]]:
    import datasets

    options: dict[str, Any] = {"split": split}
    if foreign.files is not None:
        if split not in foreign.files:
            raise SuiteError(f"{folder}: dataset.files has no {split!r}; {did_you_mean(split, foreign.files)}")
        pattern = folder / foreign.files[split]  # an absolute pattern replaces the folder
        found = sorted(str(path) for path in pattern.parent.glob(pattern.name))
        if not found:
            raise SuiteError(f"{folder}: no file matches dataset.files.{split} = {foreign.files[split]!r}")
        options["data_files"] = {split: found}
        if foreign.path == "csv":
            names = list(foreign.columns or _header(Path(found[0])))
            # everything is text: "None", "NA" and "0.50" are answers as they stand
            options |= {"features": datasets.Features({name: datasets.Value("string") for name in names}), "keep_default_na": False}
            options |= {"column_names": names, "header": None} if foreign.columns is not None else {}
    else:
        options |= {"name": foreign.name, "revision": foreign.revision}
    try:
        rows: Any = datasets.load_dataset(foreign.path, **options)
    except Exception as error:  # datasets raises whatever its readers raise
        hint = "" if foreign.files else f"; a hub data set must be in the local cache: hf download --repo-type dataset {foreign.path}"
        raise SuiteError(
            f"{folder}: data set {foreign.path!r} cannot be loaded ({type(error).__name__}: {str(error)[:200]}){hint}"
        ) from error
    kept: Iterable[Mapping[str, Any]] = rows if foreign.limit is None else rows.select(range(min(foreign.limit, len(rows))))
    return kept


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream), [])


def _item(foreign: Foreign, suite: str, split: str, number: int, row: Mapping[str, Any], where: str) -> Item:
    choices = _choices(foreign, row, where)
    answer = _answer(_text(foreign, row, "answer", where), choices, foreign.answer_is)
    fault = _fault(foreign.form, choices, answer)
    if fault:
        raise _BadRowError(fault)
    return Item(
        id=f"{suite}-{split}-{number:05d}",
        suite=suite,
        task=foreign.task,
        subarea=foreign.subarea,
        cluster=_text(foreign, row, "cluster", where) if "cluster" in foreign.fields else f"{suite}-{split}-{number:05d}",
        form=foreign.form,
        language=foreign.language,
        level=foreign.level,
        stem=_text(foreign, row, "stem", where),
        context=_text(foreign, row, "context", where) if "context" in foreign.fields else "",
        choices=choices,
        answer=answer,
        explanation=str(_field(foreign, row, "explanation", where) or "") if "explanation" in foreign.fields else "",
        source=Source(title=foreign.source or foreign.path, kind=foreign.source_kind),
    )


def _field(foreign: Foreign, row: Mapping[str, Any], name: FieldName, where: str) -> Any:
    column = foreign.fields.get(name)
    if not isinstance(column, str):
        raise SuiteError(f"{where}: dataset.fields.{name} must name one column, read {column!r}")
    if column not in row:
        raise SuiteError(f"{where}: has no column {column!r}; {did_you_mean(column, row)}")
    return row[column]


def _text(foreign: Foreign, row: Mapping[str, Any], name: FieldName, where: str) -> str:
    read = _field(foreign, row, name, where)
    if read is None:
        raise _BadRowError(f"nothing stands in column {foreign.fields[name]!r}")
    return str(read).strip()


def _choices(foreign: Foreign, row: Mapping[str, Any], where: str) -> tuple[str, ...]:
    columns = foreign.fields.get("choices")
    if columns is None:
        return ()
    held: Sequence[Any]
    if isinstance(columns, str):
        held = _field(foreign, row, "choices", where)
    else:
        missing = [column for column in columns if column not in row]
        if missing:
            raise SuiteError(f"{where}: has no column {missing[0]!r}; {did_you_mean(missing[0], row)}")
        held = [row[column] for column in columns]
    if not isinstance(held, list | tuple) or None in held:
        raise _BadRowError(f"the options are not a list of texts, read {held!r}")
    choices = tuple(str(choice).strip() for choice in held)
    twice = [choice for choice in choices if choices.count(choice) > 1]
    if twice:  # which of them is right, and what a model chose, could not be told
        raise _BadRowError(f"two options are the same: {twice[0]!r}")
    return choices


def _answer(read: str, choices: tuple[str, ...], answer_is: AnswerIs) -> str:
    """The text of the right option: the one at the place that `read` means. Without options, `read` itself."""
    if not choices:
        return read
    readings = _readings(read, choices)
    if answer_is != "auto":
        if answer_is not in readings:
            raise _BadRowError(f"the answer {read!r} is no {_IS[answer_is]} {list(choices)}")
        return choices[readings[answer_is]]
    if not readings:
        raise _BadRowError(f"the answer {read!r} is neither a letter, nor a place, nor one of the options {list(choices)}")
    if len(set(readings.values())) > 1:
        means = ", ".join(f"as a {kind} it is {choices[place]!r}" for kind, place in readings.items())
        remedy = f"set dataset.answer_is to what the data set means: {' or '.join(readings)}"
        raise _BadRowError(f"the answer {read!r} can be read in two ways: {means}", remedy)
    return choices[next(iter(readings.values()))]


_IS = {"letter": "letter of the options", "place": "place (from 0) among the options", "text": "text of the options"}


def _readings(read: str, choices: tuple[str, ...]) -> dict[AnswerIs, int]:
    """Kind of reading > place of the option that it means, from 0; readings that mean no option are left out."""
    found: dict[AnswerIs, int] = {}
    plain = read.isascii()  # "²" is a digit to str.isdigit, and "ß" has two capitals
    if plain and len(read) == 1 and read.isalpha():
        found["letter"] = _LETTERS.index(read.upper())
    if plain and read.isdigit() and len(read) <= 3:
        found["place"] = int(read)
    if read in choices:
        found["text"] = choices.index(read)
    return {kind: place for kind, place in found.items() if place < len(choices)}


def _fault(form: Form, choices: tuple[str, ...], answer: str) -> str:
    """Why a row cannot be asked or scored in its form, "" if it can."""
    if form == "choice" and len(choices) < 2:
        return f"a choice needs at least two options, read {len(choices)}"
    if form == "number":
        try:
            finite = math.isfinite(float(answer))
        except ValueError:
            finite = False
        return "" if finite else f"the answer of a number must be a decimal without unit, read {answer!r}"
    return "" if answer else "the answer is empty"
