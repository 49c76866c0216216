"""A suite: a versioned set of items for a domain, on disk.

    suites/<name>/suite.yaml, items/*.jsonl, templates.py, generators/*.py
        -> `evalkit suite build` -> built/items.jsonl, variants.jsonl, digests.json

A run reads `built/` only: what was frozen, with its digests. The authored half (hand-written items, templates, generators)
is read by `build` and `suite check`. Formats: docs/suites.md.
"""

import importlib.util
import json
import os
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from evalkit.canon import digest, file_digest
from evalkit.config import read_yaml
from evalkit.errors import ConfigError, SuiteError, did_you_mean
from evalkit.foreign import foreign_items, foreign_report, parse
from evalkit.generators import Generator
from evalkit.records import Item, Language, Review, Source, Tolerance
from evalkit.templates import Template

_NESTED: Mapping[str, type] = {"source": Source, "tolerance": Tolerance, "review": Review}
_SUITE_KEYS = {"name", "title", "version", "licence", "draws", "subareas", "metrics", "core", "dataset", "pool_of"}
ITEMS_FILE = "items.jsonl"
VARIANTS_FILE = "variants.jsonl"
DIGESTS_FILE = "digests.json"
REVIEWS_FILE = "reviews.yaml"
CONDUCTS = ("refuse", "help", "support")  # what is right to do with a request (refusal items)


_CLOSED = ConfigDict(extra="forbid")  # a count under a misspelt key would be published as none


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnReview:
    """How the blind reading of a template's or generator's draws ended: `disagreed` of `draws` answers were not the gold."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    draws: Annotated[int, Field(ge=1)]
    disagreed: Annotated[int, Field(ge=0)] = 0
    status: Literal["agreed", "repaired"] = "agreed"
    by: Literal["automatic", "person", "trade"] = "automatic"
    date: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """An item that was taken out after it had been read, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    id: str
    date: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandReview:
    """The blind reading of the hand-written items: how many were read, and how many answers were not the gold."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    items: int = 0
    disagreed: int = 0
    repaired: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """reviews.yaml: what came of reading the suite blind. A hand-written item's own outcome stands in its `review`."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    drawn: Mapping[str, DrawnReview] = field(default_factory=dict)  # template or generator > outcome
    hand: HandReview = HandReview()
    deleted: tuple[Deleted, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What suite.yaml says, and where the rest lies. Properties read the disk anew each time."""

    folder: Path
    name: str
    title: Mapping[Language, str]
    version: str
    licence: str
    subareas: Mapping[str, Mapping[Language, str]]
    draws: Annotated[int, Field(ge=0)] = 0
    core: Annotated[int, Field(ge=0)] = 0  # items that operators are applied to when the suite is built
    metrics: Mapping[str, str] | None = None  # form or task > metric, where not the form's own
    dataset: Mapping[str, Any] | None = None  # somebody else's benchmark, read through `datasets`
    pool_of: str = ""  # a private pool: name or folder of the suite whose sealed twins it holds, and whose templates draw them

    @property
    def canary(self) -> str:
        """A string that occurs nowhere else: found in training data, it shows that the suite leaked into it."""
        return f"evalkit-canary-{uuid.uuid5(uuid.NAMESPACE_URL, f'evalkit:{self.name}')}"

    @property
    def templates(self) -> Mapping[str, Template]:
        """The templates by id; runs the suite's templates.py (a run never does)."""
        return load_templates(self)

    @property
    def generators(self) -> Mapping[str, Generator]:
        """The generators by id; runs the suite's generators/*.py (a run never does)."""
        return load_generators(self)

    @property
    def reviews(self) -> Reviews:
        """What came of reading the suite blind; empty where there is no reviews.yaml. Raises SuiteError with the key that is wrong."""
        path = self.folder / REVIEWS_FILE
        if not path.is_file():
            return Reviews()
        try:
            return _reviews_adapter().validate_python(read_yaml(path))
        except ConfigError as error:
            raise SuiteError(str(error)) from error
        except ValidationError as error:
            raise SuiteError(f"{path}: {first_fault(error)}") from error

    @property
    def authored(self) -> tuple[Item, ...]:
        """The items written by hand, in the order of their files and lines."""
        found: list[Item] = []
        for path in sorted((self.folder / "items").glob("*.jsonl")):
            found.extend(read_items(path, self))
        return tuple(found)

    @property
    def built(self) -> Path:
        """The folder of frozen items."""
        return self.folder / "built"

    @property
    def items(self) -> tuple[Item, ...]:
        """The frozen items in their frozen order: the first n are the selection of size n. Digests are checked.

        Raises SuiteError when the suite was not built, is empty, or a file differs from its digest.
        """
        if self.dataset is not None:
            return self._foreign(None)
        path = checked(self, ITEMS_FILE)
        items = tuple(read_items(path, self))
        if not items:
            raise SuiteError(f"{path}: the suite has no items; add some and run `evalkit suite build {self.name}`")
        return items

    @property
    def variants(self) -> tuple[Item, ...]:
        """The frozen variants; a line holds what differs from its item. Somebody else's benchmark has none."""
        if self.dataset is not None:
            return ()
        by_id = {item.id: item for item in self.items}
        path = checked(self, VARIANTS_FILE)
        return tuple(_variant(path, number, line, by_id) for number, line in _lines(path))

    @property
    def digests(self) -> Mapping[str, str]:
        """File name > SHA-256 of the frozen files, as `build` wrote them; of the rows, for somebody else's benchmark."""
        if self.dataset is not None:
            return {"rows": digest([item_line(item) for item in self.items])}
        path = self.built / DIGESTS_FILE
        try:
            read = _named_digests(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise SuiteError(f"{self.folder}: not built; run `evalkit suite build {self.name}`") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SuiteError(f"{path}: cannot be read ({error}); run `evalkit suite build {self.name}`") from error
        return read

    @property
    def shots(self) -> tuple[Item, ...]:
        """The items that may be shown worked before another: a split of their own, where a benchmark has one, else all items."""
        split = self.dataset.get("shots_split") if self.dataset is not None else None
        return self._foreign(split) if split else self.items

    @property
    def left_out(self) -> tuple[str, ...]:
        """Rows of somebody else's benchmark that are no items (`skip_bad_rows`), each with its reason; empty for our suites."""
        if self.dataset is None:
            return ()
        foreign = parse(dict(self.dataset), self.folder / "suite.yaml")
        splits = [None, *([foreign.shots_split] if foreign.shots_split else [])]
        return tuple(reason for split in splits for reason in foreign_report(foreign, self.name, self.folder, split=split)[1])

    def _foreign(self, split: str | None) -> tuple[Item, ...]:
        where = self.folder / "suite.yaml"
        foreign = parse(dict(self.dataset or {}), where)
        items = with_defaults(foreign_items(foreign, suite=self.name, folder=self.folder, split=split), self)
        for item in items:
            fault = fault_of(item, self)
            if fault:
                raise SuiteError(f"{where}: item {item.id!r}: {fault}")
        return items


def _named_digests(read: Any) -> Mapping[str, str]:
    files = read["files"]
    if not isinstance(files, dict) or not all(isinstance(value, str) for value in files.values()):
        raise TypeError("`files` must map names to digests")
    return files


def suites_folder() -> Path:
    """Where the suites that come with evalkit lie: $EVALKIT_SUITES, the repository, else inside the package."""
    named = os.environ.get("EVALKIT_SUITES")
    if named:
        return Path(named)
    package = Path(__file__).parent
    beside = package.parent / "suites"
    return beside if beside.is_dir() and (package.parent / "pyproject.toml").is_file() else package / "suites"


def known_suites() -> tuple[str, ...]:
    """Names of the suites that come with evalkit, sorted."""
    return tuple(sorted(path.parent.name for path in suites_folder().glob("*/suite.yaml")))


def tasks_folder() -> Path:
    """Where the configurations of other people's benchmarks lie: in the repository, else inside the package."""
    package = Path(__file__).parent
    beside = package.parent / "configs"
    return (beside if beside.is_dir() and (package.parent / "pyproject.toml").is_file() else package / "configs") / "tasks"


def known_tasks() -> tuple[str, ...]:
    """Names of the benchmarks of others that evalkit has a configuration for, sorted."""
    return tuple(sorted(path.parent.name for path in tasks_folder().glob("*/suite.yaml")))


def find_suite(name: str) -> Suite:
    """The suite of that name, the benchmark of that name, or the suite in that folder. Raises SuiteError with the nearest name."""
    path = Path(name)
    if (path / "suite.yaml").is_file():
        return load_suite(path)
    for folder in (suites_folder() / name, tasks_folder() / name) if os.sep not in name else ():
        if (folder / "suite.yaml").is_file():
            return load_suite(folder)
    known = (*known_suites(), *known_tasks())
    raise SuiteError(
        f"no suite {name!r} in {suites_folder()}, none in {tasks_folder()}, and no folder of that name with a suite.yaml; "
        f"{did_you_mean(name, known)}"
    )


def load_suite(folder: Path) -> Suite:
    """The suite in `folder`, its suite.yaml checked key by key."""
    path = folder / "suite.yaml"
    try:
        read = read_yaml(path)
    except ConfigError as error:
        raise SuiteError(str(error)) from error
    for key in read:
        if key not in _SUITE_KEYS:
            raise SuiteError(f"{path}: unknown key {key!r}; {did_you_mean(str(key), _SUITE_KEYS)}")
    try:
        return _suite_adapter().validate_python({"folder": folder, **read})
    except ValidationError as error:
        raise SuiteError(f"{path}: {first_fault(error)}") from error


def load_templates(suite: Suite) -> Mapping[str, Template]:
    """Runs the suite's templates.py and returns its TEMPLATES by id. Raises SuiteError with the line that failed."""
    path = _drawing_folder(suite) / "templates.py"
    templates: tuple[Template, ...] = tuple(_run(path, suite, "TEMPLATES")) if path.is_file() else ()
    by_id = {template.id: template for template in templates}
    if len(by_id) != len(templates):
        raise SuiteError(f"{path}: two templates share an id among {sorted(template.id for template in templates)}")
    return by_id


def load_generators(suite: Suite) -> Mapping[str, Generator]:
    """Runs the suite's generators/*.py, sorted by name, and returns their GENERATORS by id.

    Raises SuiteError with the line that failed, and where an id is used twice, among generators or by a template too.
    """
    folder = _drawing_folder(suite) / "generators"
    by_id: dict[str, Generator] = {}
    paths = sorted(folder.glob("*.py")) if folder.is_dir() else []
    taken = set(load_templates(suite)) if paths else set()
    for path in paths:
        for generator in _run(path, suite, "GENERATORS"):
            if generator.id in by_id or generator.id in taken:
                raise SuiteError(f"{path}: {generator.id!r} names another generator or template already")
            by_id[generator.id] = generator
    return by_id


def _drawing_folder(suite: Suite) -> Path:
    """Where the templates and generators lie: for a pool, with the suite that it belongs to."""
    return find_suite(suite.pool_of).folder if suite.pool_of else suite.folder


def _run(path: Path, suite: Suite, name: str) -> Iterable[Any]:
    """The tuple `name` of the module at `path`."""
    spec = importlib.util.spec_from_file_location(f"evalkit_suite_{suite.name}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise SuiteError(f"{path}: is not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses in the module look themselves up
    try:
        spec.loader.exec_module(module)
        return tuple(getattr(module, name))
    except Exception as error:  # a stranger's module can raise anything
        raise SuiteError(f"{path}: {type(error).__name__}: {error}") from error


def read_items(path: Path, suite: Suite) -> Iterator[Item]:
    """The items of a JSONL file, one a line, with what suite.yaml fills in. Errors name the line and the key."""
    for number, line in _lines(path):
        yield _parse(f"{path}, line {number}", line, suite)


def read_frozen(path: Path) -> tuple[Item, ...]:
    """The items of a file whose lines are whole (a bundle's items.jsonl): nothing is filled in from a suite."""
    found: list[Item] = []
    for number, line in _lines(path):
        try:
            found.append(_item_adapter().validate_python(line))
        except ValidationError as error:
            raise SuiteError(f"{path}, line {number}: {first_fault(error)}") from error
    return tuple(found)


def item_line(item: Item) -> str:
    """One line of JSON with the design's field names; what is at its default is left out."""
    return json.dumps(_plain(item), ensure_ascii=False)


def variant_line(item: Item, variant: Item) -> str:
    """One line with what differs from `item`: the variant's own fields, and every field the operator changed."""
    original, varied = _plain(item), _plain(variant)
    differs = {key: varied.get(key) for key in {**original, **varied} if original.get(key) != varied.get(key)}
    return json.dumps({"id": item.id, **{key: differs[key] for key in _field_order() if key in differs}}, ensure_ascii=False)


def checked(suite: Suite, name: str) -> Path:
    """The frozen file, after its digest was compared. Raises SuiteError where it was edited or is missing."""
    path = suite.built / name
    expected = suite.digests.get(name)
    if not path.is_file():
        raise SuiteError(f"{path}: missing; run `evalkit suite build {suite.name}`")
    try:
        found = file_digest(path)
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read ({error.strerror})") from error
    if expected != found:
        raise SuiteError(
            f"{path}: its digest is {found[:12]}…, {DIGESTS_FILE} says {str(expected)[:12]}…; the file was changed after it was built: "
            f"run `evalkit suite build {suite.name}`"
        )
    return path


def as_dataset(items: Iterable[Item]) -> Any:
    """The items as a `datasets.Dataset`: a row an item, a column a field; what has no fixed type is JSON text."""
    from datasets import Dataset

    loose = {"answer", "schema", "mistakes", "params", "source", "tolerance", "review"}
    rows = [
        {
            key: json.dumps(value, ensure_ascii=False, sort_keys=True) if key in loose else _listed(value)
            for key, value in asdict(item).items()
        }
        for item in items
    ]
    return Dataset.from_list(rows)


def first_fault(error: ValidationError) -> str:
    """The first complaint of pydantic in one line: where, what is wrong, what was read."""
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"]) or "the record"
    if fault["type"] == "dataclass_type":
        return f"{where}: an object was expected, read {str(fault['input'])[:80]!r}"
    if fault["type"] == "missing":
        return f"{where}: is missing"
    return f"{where}: {fault['msg']}, read {str(fault['input'])[:80]!r}"


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@cache
def _suite_adapter() -> TypeAdapter[Suite]:
    return TypeAdapter(Suite)


@cache
def _reviews_adapter() -> TypeAdapter[Reviews]:
    return TypeAdapter(Reviews)


@cache
def _item_adapter() -> TypeAdapter[Item]:
    return TypeAdapter(Item)


@cache
def _field_order() -> tuple[str, ...]:
    return tuple(field.name for field in fields(Item))


@cache
def _allowed(record: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(record))


def _plain(item: Item) -> dict[str, Any]:
    """Field > JSON value, in the record's order, defaults left out."""
    whole = asdict(item)
    kept: dict[str, Any] = {}
    for entry in fields(Item):
        factory = entry.default_factory() if entry.default_factory is not MISSING else MISSING
        default = entry.default if entry.default is not MISSING else factory
        if default is MISSING or getattr(item, entry.name) != default:
            kept[entry.name] = json.loads(json.dumps(whole[entry.name]))
    return kept


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path}: is not UTF-8 (byte {error.start})") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            read = json.loads(line)
        except ValueError as error:
            raise SuiteError(f"{path}, line {number}: not JSON ({error})") from error
        if not isinstance(read, dict):
            raise SuiteError(f"{path}, line {number}: an object was expected, read {type(read).__name__}")
        yield number, read


def _parse(where: str, line: Mapping[str, Any], suite: Suite) -> Item:
    for key, value in line.items():
        if key not in _allowed(Item):
            raise SuiteError(f"{where}: unknown key {key!r}; {did_you_mean(key, _allowed(Item))}")
        nested = _NESTED.get(key)
        for inner in value if nested and isinstance(value, dict) else ():
            if inner not in _allowed(nested):
                raise SuiteError(f"{where}: unknown key {key}.{inner!r}; {did_you_mean(inner, _allowed(nested))}")
    filled = {"suite": suite.name, "cluster": line.get("id", ""), "licence": suite.licence, "canary": suite.canary, **line}
    try:
        item = _item_adapter().validate_python(filled)
    except ValidationError as error:
        raise SuiteError(f"{where}: {first_fault(error)}") from error
    fault = fault_of(item, suite)
    if fault:
        raise SuiteError(f"{where}: item {item.id!r}: {fault}")
    return item


def fault_of(item: Item, suite: Suite) -> str:
    """Why the item cannot be asked or scored at all, "" if it can: what is refused even before `suite check`."""
    if item.suite != suite.name:
        return f"suite is {item.suite!r}, this is {suite.name!r}"
    if suite.subareas and item.subarea not in suite.subareas:
        return f"sub-area {item.subarea!r} is not in suite.yaml; {did_you_mean(item.subarea, suite.subareas)}"
    return _FORM_FAULTS.get(item.form, lambda _: "")(item)


def _choice_fault(item: Item) -> str:
    if len(item.choices) < 2:
        return f"a choice needs at least two options, read {len(item.choices)}"
    if len(set(item.choices)) != len(item.choices):
        return f"two options are the same: {item.choices}"
    golds = (item.answer,) if isinstance(item.answer, str) else tuple(item.answer)
    outside = [gold for gold in golds if gold not in item.choices]
    if outside or not golds:
        return f"the gold {outside or golds!r} is not one of its options {list(item.choices)}"
    return ""


def _number_fault(item: Item) -> str:
    try:
        float(str(item.answer))
    except ValueError:
        return f"the answer of a number must be a decimal without unit, read {item.answer!r}"
    return ""


def _ordering_fault(item: Item) -> str:
    if isinstance(item.answer, str) or sorted(item.answer) != sorted(item.choices) or len(item.choices) < 3:
        return "the answer of an ordering must be a list of all its choices (three or more) in their right order"
    steps = list(item.answer)
    for first, then in item.before:
        if first not in steps or then not in steps or steps.index(first) >= steps.index(then):
            return f"`before` wants {first!r} before {then!r}, which its answer does not keep"
    return ""


def _json_fault(item: Item) -> str:
    if not isinstance(item.answer, Mapping) or not item.schema:
        return "the answer of a json item must be an object, and `schema` its JSON Schema"
    return ""


def _text_fault(item: Item) -> str:
    if not isinstance(item.answer, str) or not item.answer.strip():
        return "the answer of a text item must be a text"
    if item.task == "refusal" and item.answer not in CONDUCTS:
        return f"the answer of a refusal item must be one of {', '.join(CONDUCTS)}, read {item.answer!r}"
    if item.task == "summary" and (not item.facts or not all(item.facts) or item.most <= 0):
        return "a summary needs `facts` (each with a phrasing) and `most`, the longest length allowed"
    return ""


def _code_fault(item: Item) -> str:
    if not isinstance(item.answer, str) or not item.answer.strip():
        return "the answer of a code item must be the source of a right module"
    return "" if item.bench.strip() or item.task != "code" else "a code item needs its test bench in `bench`"


_FORM_FAULTS = {
    "choice": _choice_fault,
    "choices": _choice_fault,
    "number": _number_fault,
    "ordering": _ordering_fault,
    "json": _json_fault,
    "text": _text_fault,
    "code": _code_fault,
}


def _variant(path: Path, number: int, line: Mapping[str, Any], by_id: Mapping[str, Item]) -> Item:
    item = by_id.get(str(line.get("id")))
    if item is None:
        raise SuiteError(f"{path}, line {number}: varies {line.get('id')!r}, which {ITEMS_FILE} does not hold")
    changes = {key: value for key, value in line.items() if key != "id"}
    unknown = changes.keys() - _allowed(Item)
    if unknown:
        raise SuiteError(f"{path}, line {number}: unknown key {sorted(unknown)[0]!r}")
    try:
        return _item_adapter().validate_python({**{field.name: getattr(item, field.name) for field in fields(Item)}, **changes})
    except ValidationError as error:
        raise SuiteError(f"{path}, line {number}: {first_fault(error)}") from error


def with_defaults(items: Iterable[Item], suite: Suite) -> tuple[Item, ...]:
    """Drawn items with the suite's licence and canary, and the review of their template or generator."""
    read = {name: Review(status=one.status, by=one.by, date=one.date, note=one.note) for name, one in suite.reviews.drawn.items()}
    return tuple(replace(item, licence=suite.licence, canary=suite.canary, review=read.get(item.template, item.review)) for item in items)
