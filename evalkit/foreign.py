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

`answer` may be a letter, a 0-based place among the choices, or the option's text. A row that cannot be an item is an error
that names it: nothing is left out silently.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalkit.errors import SuiteError, did_you_mean
from evalkit.records import Form, Item, Language, Level, Source, TaskType

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
    fields: Mapping[str, str | tuple[str, ...]]
    task: TaskType = "knowledge"
    form: Form = "choice"
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
    rows = _rows(foreign, folder, split or foreign.split)
    items = [_item(foreign, suite, split or foreign.split, number, row) for number, row in enumerate(rows)]
    if not items:
        raise SuiteError(f"{folder}: split {split or foreign.split!r} of {foreign.path!r} has no rows")
    return items


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


def _item(foreign: Foreign, suite: str, split: str, number: int, row: Mapping[str, Any]) -> Item:
    where = f"row {number} of split {split!r} of {foreign.path!r}"
    choices = _choices(foreign, row, where)
    return Item(
        id=f"{suite}-{split}-{number:05d}",
        suite=suite,
        task=foreign.task,
        subarea=foreign.subarea,
        cluster=str(_field(foreign, row, "cluster", where)) if "cluster" in foreign.fields else f"{suite}-{split}-{number:05d}",
        form=foreign.form,
        language=foreign.language,
        level=foreign.level,
        stem=str(_field(foreign, row, "stem", where)).strip(),
        context=str(_field(foreign, row, "context", where)).strip() if "context" in foreign.fields else "",
        choices=choices,
        answer=_answer(str(_field(foreign, row, "answer", where)).strip(), choices, where),
        explanation=str(_field(foreign, row, "explanation", where)) if "explanation" in foreign.fields else "",
        source=Source(title=foreign.source or foreign.path, kind=foreign.source_kind),
    )


def _field(foreign: Foreign, row: Mapping[str, Any], name: str, where: str) -> Any:
    column = foreign.fields.get(name)
    if not isinstance(column, str):
        raise SuiteError(f"{where}: dataset.fields.{name} must name one column, read {column!r}")
    if column not in row:
        raise SuiteError(f"{where}: has no column {column!r}; {did_you_mean(column, row)}")
    return row[column]


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
    return tuple(str(choice).strip() for choice in held)


def _answer(read: str, choices: tuple[str, ...], where: str) -> str:
    if not choices or read in choices:
        return read
    place = _LETTERS.find(read.upper()) if len(read) == 1 and read.isalpha() else int(read) if read.isdigit() else -1
    if not 0 <= place < len(choices):
        raise SuiteError(f"{where}: the answer {read!r} is neither a letter, nor a place, nor one of the options {list(choices)}")
    return choices[place]
