"""The rows of a split, from files on this disk or from the hub's cache; nothing is read into them yet."""

import csv
import json
import os
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from evalkit.errors import SuiteError, did_you_mean
from evalkit.foreign.block import Foreign, Only

DATA = "EVALKIT_DATA"
_LARGEST = 1 << 30  # bytes of an xlsx file, unpacked: more is taken for a bomb


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its cells by column, its place from 0 (in its file where rows are named by file, else in the split)."""

    cells: Mapping[str, Any]
    number: int
    file: str = ""  # name of the file, "" for the hub
    star: str = ""  # what * stands for in that name


def rows_of(foreign: Foreign, folder: Path, split: str) -> Iterator[Row]:
    """The rows of `split` in the order of the files' names and of the rows in them.

    Raises SuiteError where the data set cannot be had, a file is broken, or an id that makes the split has no row.
    """
    rows = _all_rows(foreign, folder, split)
    only = foreign.only.get(split)
    return islice(rows if only is None else _chosen(only, rows, foreign, folder), foreign.limit)


def _all_rows(foreign: Foreign, folder: Path, split: str) -> Iterator[Row]:
    if foreign.files is None:
        yield from (Row(cells=cells, number=number) for number, cells in enumerate(_from_hub(foreign, folder, split)))
        return
    if split not in foreign.files:
        raise SuiteError(f"{folder}: dataset.files has no {split!r}; {did_you_mean(split, foreign.files)}")
    pattern = located(foreign.files[split], foreign, folder)
    hidden = pattern.name.startswith(".")  # archives made on some systems hold a "._name.csv" beside each file
    found = sorted(path for path in pattern.parent.glob(pattern.name) if path.is_file() and path.name.startswith(".") == hidden)
    if not found:
        raise SuiteError(f"{folder}: no file matches dataset.files.{split} = {foreign.files[split]!r} ({pattern}){_obtain(foreign)}")
    total = 0
    for path, rows in _from_files(foreign, folder, found):
        star = _star(pattern.name, path, folder) if foreign.by_file else ""
        start = 0 if foreign.by_file else total
        for number, cells in enumerate(rows, start):
            total += 1
            yield Row(cells=cells, number=number, file=path.name, star=star)


def located(text: str, foreign: Foreign, folder: Path) -> Path:
    """The path of a pattern: under $EVALKIT_DATA where it begins with ${DATA}, else relative to suite.yaml, or absolute."""
    if text.count("$") != int(text.startswith("${DATA}/")):
        raise SuiteError(f"{folder}: {text!r}: only ${{DATA}}/ at the beginning is filled in, from the environment variable {DATA}")
    if "${DATA}" not in text:
        return folder / text
    data = os.environ.get(DATA, "")
    if not data:
        raise SuiteError(f"{folder}: {text!r} needs the environment variable {DATA}: the folder that holds the files{_obtain(foreign)}")
    return Path(text.replace("${DATA}", data)).expanduser().absolute()


def _obtain(foreign: Foreign) -> str:
    return f"; {foreign.obtain}" if foreign.obtain else ""


def _star(pattern: str, path: Path, folder: Path) -> str:
    found = re.fullmatch(re.escape(pattern).replace(r"\*", "(.+)"), path.name)
    if found is None or len(found.groups()) != 1:
        raise SuiteError(f"{folder}: a field is taken from the file's name (file: '*'), so {pattern!r} must hold one * and no brackets")
    return found[1]


def _chosen(only: Only, rows: Iterable[Row], foreign: Foreign, folder: Path) -> Iterator[Row]:
    path = located(only.listed_in or only.not_listed_in, foreign, folder)
    listed = _ids(path, foreign, folder)
    left = set(listed)
    for row in rows:
        if only.column not in row.cells:
            raise SuiteError(f"{folder}: dataset.only: no column {only.column!r}; {did_you_mean(only.column, row.cells)}")
        key = str(row.cells[only.column])
        left.discard(key)
        if (key in listed) == bool(only.listed_in):
            yield row
    if left:
        raise SuiteError(f"{path}: {len(left)} of its {len(listed)} ids have no row, the first: {min(left)!r}")


def _ids(path: Path, foreign: Foreign, folder: Path) -> set[str]:
    text = _read(path, f"{folder}: the list of ids that makes a split{_obtain(foreign)}")
    if path.suffix != ".json":
        return {line.strip() for line in text.splitlines() if line.strip()}
    listed = _json(text, str(path))
    if not isinstance(listed, list | dict):
        raise SuiteError(f"{path}: a list of ids, or an object whose keys are ids, was expected")
    return {str(key) for key in listed}


# ---------------------------------------------------------------- kinds of files


def _from_files(foreign: Foreign, folder: Path, paths: list[Path]) -> Iterator[tuple[Path, Iterable[Mapping[str, Any]]]]:
    if foreign.path in ("json", "jsonl", "xlsx"):
        reader = _from_xlsx if foreign.path == "xlsx" else _from_json
        yield from ((path, reader(foreign, path)) for path in paths)
        return
    options: dict[str, Any] = {"data_files": {f"file{place}": str(path) for place, path in enumerate(paths)}}
    if foreign.path in ("csv", "tsv"):
        options |= _table_options(foreign, paths)
    read = _load("csv" if foreign.path == "tsv" else foreign.path, options, folder, "")
    yield from ((path, read[f"file{place}"]) for place, path in enumerate(paths))


def _from_hub(foreign: Foreign, folder: Path, split: str) -> Iterable[Mapping[str, Any]]:
    options = {"split": split, "name": foreign.name, "revision": foreign.revision}
    hint = f"; a hub data set must be in the local cache: hf download --repo-type dataset {foreign.path}"
    rows: Iterable[Mapping[str, Any]] = _load(foreign.path, options, folder, hint)
    return rows


def _load(path: str, options: Mapping[str, Any], folder: Path, hint: str) -> Any:
    import datasets

    silent = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()  # a bar for each of 57 files tells nobody anything
    try:
        return datasets.load_dataset(path, **options)
    except Exception as error:  # datasets raises whatever its readers raise
        raise SuiteError(f"{folder}: data set {path!r} cannot be loaded ({type(error).__name__}: {str(error)[:200]}){hint}") from error
    finally:
        if not silent:
            datasets.enable_progress_bars()


def _table_options(foreign: Foreign, paths: list[Path]) -> dict[str, Any]:
    """Every cell is text as it stands: "None", "NA" and "0.50" are answers."""
    import datasets

    mark = "\t" if foreign.path == "tsv" else ","
    heads = {path: _checked_table(path, mark, foreign.columns) for path in paths}
    names = heads[paths[0]]
    for path, head in heads.items():
        if head != names:
            raise SuiteError(f"{path}: its header {list(head)} differs from that of {paths[0].name}: {list(names)}")
    features = datasets.Features({name: datasets.Value("string") for name in names})
    header = 0 if foreign.columns is None else None
    return {"features": features, "column_names": list(names), "header": header, "sep": mark, "keep_default_na": False}


def _checked_table(path: Path, mark: str, columns: tuple[str, ...] | None) -> tuple[str, ...]:
    """The names of the columns, a nameless one by its place ("column 1"). Rows longer than that are refused: cells would shift."""
    csv.field_size_limit(min(sys.maxsize, 1 << 30))
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = csv.reader(stream, delimiter=mark)
            names = columns or tuple(name.strip() or f"column {place}" for place, name in enumerate(next(lines, []), start=1))
            if len(set(names)) != len(names):
                raise SuiteError(f"{path}: two columns have the same name among {list(names)}")
            long = next(((number, len(line)) for number, line in enumerate(lines) if len(line) > len(names)), None)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SuiteError(f"{path}: cannot be read ({error})") from error
    if long:
        raise SuiteError(f"{path}: row {long[0]} has {long[1]} cells, there are {len(names)} columns: {list(names)}")
    return names


def _read(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SuiteError(f"{path}: no such file; {what}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: cannot be read ({error})") from error


def _json(text: str, where: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError(f"a key stands twice in an object that has {[key for key, _ in pairs][:6]}")
        return found

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"{where}: is not JSON ({error})") from error


def _from_json(foreign: Foreign, path: Path) -> Iterator[Mapping[str, Any]]:
    """Rows as they stand. Not read through `datasets`, which takes texts that look like dates for times, and wants one type a column."""
    text = _read(path, "a JSON file was expected")
    if foreign.keyed:
        whole = _json(text, str(path))
        if not isinstance(whole, dict):
            raise SuiteError(f"{path}: dataset.keyed wants one object, key > row, read {type(whole).__name__}")
        found: Iterable[tuple[str, Any]] = ((key, _with_key(row, key, foreign.keyed, path)) for key, row in whole.items())
    elif text.lstrip().startswith("["):
        found = ((f"row {place}", row) for place, row in enumerate(_json(text, str(path))))
    else:
        lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
        found = ((f"line {number}", _json(line, f"{path}, line {number}")) for number, line in lines)
    for where, row in found:
        if not isinstance(row, dict):
            raise SuiteError(f"{path}, {where}: an object was expected, read {type(row).__name__}")
        yield row


def _with_key(row: Any, key: str, column: str, path: Path) -> Any:
    if isinstance(row, dict) and column in row:
        raise SuiteError(f"{path}, {key}: has a column {column!r} already; choose another name for dataset.keyed")
    return {column: key, **row} if isinstance(row, dict) else row


def _from_xlsx(foreign: Foreign, path: Path) -> Iterator[Mapping[str, Any]]:
    """Rows of one sheet below its header, cells as openpyxl gives them; empty rows are passed over."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise SuiteError(f"{path}: xlsx files need the package openpyxl: pip install 'evalkit[xlsx]'") from None
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > _LARGEST:
                raise SuiteError(f"{path}: would unpack to more than {_LARGEST >> 30} GiB")
        book = load_workbook(path, read_only=True, data_only=True)
    except SuiteError:
        raise
    except Exception as error:  # openpyxl raises whatever a broken file makes its readers raise
        raise SuiteError(f"{path}: is no xlsx file that can be read ({type(error).__name__}: {error})") from error
    try:
        if foreign.name is not None and foreign.name not in book.sheetnames:
            raise SuiteError(f"{path}: has no sheet {foreign.name!r}; {did_you_mean(foreign.name, book.sheetnames)}")
        sheet = book[foreign.name or book.sheetnames[0]]
        lines = (line for line in sheet.iter_rows(values_only=True) if any(cell is not None for cell in line))
        yield from _table(lines, foreign.columns, path)
    finally:
        book.close()


def _table(lines: Iterator[tuple[Any, ...]], columns: tuple[str, ...] | None, path: Path) -> Iterator[Mapping[str, Any]]:
    head = columns or tuple(
        str(name).strip() if name is not None else f"column {place}" for place, name in enumerate(next(lines, ()), start=1)
    )
    if len(set(head)) != len(head):
        raise SuiteError(f"{path}: two columns have the same name among {list(head)}")
    for number, line in enumerate(lines):
        if any(cell is not None for cell in line[len(head) :]):
            raise SuiteError(f"{path}: row {number} has {len(line)} cells, there are {len(head)} columns: {list(head)}")
        yield dict(zip(head, (*line, *(None,) * len(head)), strict=False))
