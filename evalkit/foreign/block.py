"""The `dataset` key of suite.yaml: a small closed vocabulary, checked key by key. What each key means: docs/suites.md."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from evalkit.errors import SuiteError, did_you_mean
from evalkit.records import Language, Level, TaskType

AnswerIs = Literal["letter", "place", "text", "auto"]
FieldName = Literal["stem", "answer", "context", "cluster", "explanation", "subarea", "task", "id"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _one_of(record: BaseModel, *names: str) -> None:
    given = [name for name in names if getattr(record, name)]
    if len(given) != 1:
        raise ValueError(f"exactly one of {', '.join(names)} says where it is read, found {', '.join(given) or 'none'}")


class Text(_Frozen):
    """Where a field's text stands and what is done to it: joined, unescaped, cut, after, before, remove, map, in this order."""

    column: str = ""  # `a.b`: key b of the object in column a
    columns: tuple[str, ...] = ()  # those that hold something, joined
    file: Literal["", "*"] = ""  # what * stands for in the file's name
    join: str = "\n"  # between several columns, and between the texts of a column that holds a list
    unescape: bool = False  # a backslash and an n are a line break
    cut: Literal["", "stem", "options"] = ""  # of a text that ends in its lettered options: what stands before them, or they
    after: str = ""  # what follows the last of these marks; without one the row is bad
    before: str = ""  # what precedes the first of these marks, the whole text where there is none
    remove: tuple[str, ...] = ()
    map: Mapping[str, str] = Field(default_factory=dict)  # whole text > other text; a text that is not in it makes the row bad

    @model_validator(mode="after")
    def _one_place(self) -> "Text":
        _one_of(self, "column", "columns", "file")
        return self


class Options(_Frozen):
    """Where the options stand: a column each, one column that holds them all, or the same ones for every row."""

    columns: tuple[str, ...] = ()
    column: str = ""  # a list; or, with `lettered` or `split`, a text
    fixed: tuple[str, ...] = ()
    lettered: bool = False  # a text with its options one after another behind their letters: "A. one B. two"
    split: str = ""  # a text with this mark between its options
    unescape: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> "Options":
        _one_of(self, "column", "columns", "fixed")
        if (self.lettered or self.split or self.unescape) and not self.column:
            raise ValueError("lettered, split and unescape are of one `column` that holds a text")
        if self.lettered and self.split:
            raise ValueError("either lettered or split")
        return self


def _text(read: Any) -> Any:
    """A column's name alone is the whole field."""
    return {"column": read} if isinstance(read, str) else read


def _options(read: Any) -> Any:
    return {"columns": read} if isinstance(read, list | tuple) else _text(read)


_Text = Annotated[Text, BeforeValidator(_text)]
_Options = Annotated[Options, BeforeValidator(_options)]


class Fields(_Frozen):
    """Field of an item > where it stands in a row."""

    stem: _Text
    answer: _Text
    choices: _Options | None = None
    context: _Text | None = None
    cluster: _Text | None = None
    explanation: _Text | None = None
    subarea: _Text | None = None
    task: _Text | None = None
    id: _Text | None = None


class Only(_Frozen):
    """The rows that make a split: those whose `column` is in a list of ids, or those whose is not."""

    column: str
    listed_in: str = ""  # a file: JSON list, JSON object (its keys), or a text with an id a line
    not_listed_in: str = ""

    @model_validator(mode="after")
    def _one_list(self) -> "Only":
        _one_of(self, "listed_in", "not_listed_in")
        return self


class Width(_Frozen):
    """Tolerance of all numbers of the benchmark; none unless it is said: a benchmark's numbers are exact."""

    rel: float = Field(0.0, ge=0, allow_inf_nan=False)
    abs: float = Field(0.0, ge=0, allow_inf_nan=False)


class Foreign(_Frozen):
    """The `dataset` key of suite.yaml."""

    path: str  # csv, tsv, json, jsonl, parquet, xlsx, or the id of a hub data set
    name: str | None = None  # configuration of a hub data set, sheet of an xlsx file
    revision: str | None = None
    files: Mapping[str, str] | None = None
    obtain: str = ""  # where the files come from and under what licence; said when they are not there
    columns: tuple[str, ...] | None = None
    keyed: str = ""  # the file is one JSON object, key > row: the column that takes the key
    split: str = "test"
    shots_split: str | None = None
    only: Mapping[str, Only] = Field(default_factory=dict)
    fields: Fields
    answer_is: AnswerIs = "auto"
    several: bool = False  # an answer may name several options: such rows are of form `choices`
    skip_bad_rows: bool = False
    task: TaskType = "knowledge"
    form: Literal["choice", "choices", "number", "text", "code"] = "choice"
    tolerance: Width = Width()
    language: Language | Literal["auto"] = "en"
    level: Level = "recall"
    subarea: str = "all"
    source: str = ""
    source_kind: Literal["standard", "textbook", "paper", "guideline", "law", "manual", "practice", "made"] = "paper"
    limit: int | None = Field(None, gt=0)
    order: Literal["rows", "drawn"] = "rows"  # of the asked split; drawn: by a key of each id, so that the first n are of all parts

    @model_validator(mode="after")
    def _fits(self) -> "Foreign":
        """What a kind of data set has no use for is refused: it would be passed over unseen."""
        if self.path in LOCAL and not self.files:
            raise ValueError(f"path {self.path} is a kind of file: `files` must say which")
        if self.path not in LOCAL and self.files:
            raise ValueError(f"files are read where path is one of {', '.join(LOCAL)}, read {self.path!r}")
        for key, kinds in _OF_KINDS.items():
            if getattr(self, key) and (self.path if self.path in LOCAL else "hub") not in kinds:
                raise ValueError(f"`{key}` is of path {' or '.join(kinds)}, read {self.path!r}")
        if self.by_file and not self.files:
            raise ValueError("a field is taken from a file's name (file: '*'), and there are no `files`")
        for split in self.only:
            if split not in (self.files or (self.split, self.shots_split)):
                raise ValueError(f"`only` names a split {split!r} that is not read; {did_you_mean(split, self.files or (self.split,))}")
        return self

    @property
    def by_file(self) -> bool:
        """Whether a field is taken from the file's name; rows are then counted in each file, and named after it."""
        return any(isinstance(field, Text) and field.file for _, field in self.fields)


LOCAL = ("csv", "tsv", "json", "jsonl", "parquet", "xlsx")
_OF_KINDS: Mapping[str, tuple[str, ...]] = {
    "columns": ("csv", "tsv", "xlsx"),
    "keyed": ("json",),
    "name": ("hub", "xlsx"),
    "revision": ("hub",),
}


def parse(read: Mapping[str, Any], where: Path) -> Foreign:
    """The `dataset` key, checked. Raises SuiteError with the key and what would work."""
    try:
        return Foreign.model_validate(read)
    except ValidationError as error:
        faults = error.errors()
        fault = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])  # a misspelt key is also a missing one
        key = ".".join(str(part) for part in ("dataset", *fault["loc"]))
        if fault["type"] == "extra_forbidden":
            raise SuiteError(f"{where}: {key}: {did_you_mean(str(fault['loc'][-1]), _known(fault['loc'][:-1]))}") from error
        if fault["type"] == "missing":
            raise SuiteError(f"{where}: {key}: is missing") from error
        raise SuiteError(f"{where}: {key}: {fault['msg']}, read {str(fault['input'])[:120]!r}") from error


def _known(outer: tuple[int | str, ...]) -> list[str]:
    """Keys of the record that the path `outer` leads to."""
    record: type[BaseModel] = Foreign
    for part in outer:
        field = record.model_fields.get(str(part))
        if field is None:
            continue  # a key of a mapping, whose values are of the record that was found last
        record = next((kind for kind in _kinds(field.annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)), record)
    return list(record.model_fields)


def _kinds(annotation: Any) -> list[Any]:
    """The types that a union, an optional, an annotated type or a mapping is made of."""
    inner = get_args(annotation)
    return [annotation] if not inner else [kind for part in inner for kind in _kinds(part)]
