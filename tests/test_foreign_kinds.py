"""Kinds of files and declared conversions, each on a small file of its own."""

import datetime
import json
import os
import sys
from pathlib import Path

import pytest

from evalkit.errors import SuiteError
from evalkit.foreign import foreign_report, parse

ROW = {"q": "x", "a": "1", "b": "2", "gold": "B"}
FIELDS = {"stem": "q", "choices": ["a", "b"], "answer": "gold"}


@pytest.fixture(autouse=True)
def _own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def _read(folder: Path, path: str, file: str, **more: object):
    block = {"path": path, "files": {"test": file}, "fields": FIELDS, **more}
    return foreign_report(parse(block, folder / "suite.yaml"), "x", folder)


def _write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


def _book(folder: Path, lines: list[tuple[object, ...]], title: str = "one") -> str:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = title
    for line in lines:
        book.active.append(line)
    book.create_sheet("two").append(("q", "a"))
    book.save(folder / "rows.xlsx")
    return "rows.xlsx"


# ---------------------------------------------------------------- kinds of files


def test_kinds_of_files_that_say_the_same_are_read_the_same(tmp_path: Path):
    from datasets import Dataset

    rows = [ROW, {**ROW, "q": "2020-05-01", "a": "None", "b": "0.50", "gold": "A"}]
    table = [list(ROW), *(list(row.values()) for row in rows)]
    Dataset.from_list(rows).to_parquet(str(tmp_path / "rows.parquet"))
    keyed = {str(place): row for place, row in enumerate(rows)}
    files = {
        "csv": _write(tmp_path, "rows.csv", "".join(",".join(line) + "\n" for line in table)),
        "tsv": _write(tmp_path, "rows.tsv", "".join("\t".join(line) + "\n" for line in table)),
        "jsonl": _write(tmp_path, "rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows)),
        "json": _write(tmp_path, "rows.json", json.dumps(rows, indent=1)),
        "parquet": "rows.parquet",
        "xlsx": _book(tmp_path, [tuple(line) for line in table]),
    }
    expected = [("x-test-00000", "x", ("1", "2"), "2"), ("x-test-00001", "2020-05-01", ("None", "0.50"), "None")]
    for kind, file in files.items():
        found = [(item.id, item.stem, item.choices, item.answer) for item in _read(tmp_path, kind, file, answer_is="letter")[0]]
        assert found == expected, kind
    file = _write(tmp_path, "keyed.json", json.dumps(keyed))
    items, _ = _read(tmp_path, "json", file, keyed="key", answer_is="letter", fields={**FIELDS, "id": "key"})
    assert [(item.id, item.answer) for item in items] == [("x-test-0", "2"), ("x-test-1", "None")]


def test_a_folder_in_the_hubs_form_is_read_through_datasets(tmp_path: Path):
    (tmp_path / "hub").mkdir()
    _write(tmp_path / "hub", "test.jsonl", json.dumps({"q": "x", "o": ["1", "2"], "gold": 1}) + "\n")
    block = {"path": str(tmp_path / "hub"), "fields": {"stem": "q", "choices": "o", "answer": "gold"}, "answer_is": "place"}
    items, left = foreign_report(parse(block, tmp_path / "suite.yaml"), "x", tmp_path)
    assert ([item.answer for item in items], left) == (["2"], [])


def test_marks_of_byte_order_and_blank_lines_are_no_text(tmp_path: Path):
    plain = "x,1,2,B\n\ny,3,4,A\n"
    file = _write(tmp_path, "rows.csv", "\ufeffq,a,b,gold\n" + plain)
    assert [item.answer for item in _read(tmp_path, "csv", file)[0]] == ["2", "3"]
    file = _write(tmp_path, "bare.csv", "\ufeff" + plain)
    items, _ = _read(tmp_path, "csv", file, columns=["q", "a", "b", "gold"])
    assert [(item.stem, item.answer) for item in items] == [("x", "2"), ("y", "3")]


def test_files_are_taken_in_the_order_of_their_names_and_hidden_ones_are_not(tmp_path: Path):
    for name, stem in (("b_test.csv", "second"), ("a_test.csv", "first"), ("._a_test.csv", "hidden"), ("c_dev.csv", "other")):
        _write(tmp_path, name, f"q,a,b,gold\n{stem},1,2,B\n{stem} too,1,2,B\n")
    items, _ = _read(tmp_path, "csv", "*_test.csv")
    assert [(item.id, item.stem) for item in items] == [
        ("x-test-00000", "first"), ("x-test-00001", "first too"), ("x-test-00002", "second"), ("x-test-00003", "second too"),
    ]  # fmt: skip
    items, _ = _read(tmp_path, "csv", "*_test.csv", fields={**FIELDS, "subarea": {"file": "*"}, "cluster": {"file": "*"}}, limit=3)
    assert [(item.id, item.subarea, item.cluster) for item in items] == [
        ("x-test-a-00000", "a", "a"), ("x-test-a-00001", "a", "a"), ("x-test-b-00000", "b", "b"),
    ]  # fmt: skip
    with pytest.raises(SuiteError, match=r"must hold one \* and no brackets"):
        _read(tmp_path, "csv", "[ab]_test.csv", fields={**FIELDS, "subarea": {"file": "*"}})


def test_drawn_order_is_the_same_rows_in_a_fixed_other_order_and_shots_keep_theirs(tmp_path: Path):
    rows = "".join(f"q{place},1,2,B\n" for place in range(40))
    _write(tmp_path, "rows.csv", "q,a,b,gold\n" + rows)
    block = {"path": "csv", "files": {"test": "rows.csv", "dev": "rows.csv"}, "shots_split": "dev", "fields": FIELDS, "order": "drawn"}
    foreign = parse(block, tmp_path / "suite.yaml")
    stems = [item.stem for item in foreign_report(foreign, "x", tmp_path)[0]]
    assert sorted(stems) == sorted(f"q{place}" for place in range(40))
    assert stems == [item.stem for item in foreign_report(foreign, "x", tmp_path)[0]] != [f"q{place}" for place in range(40)]
    assert [item.stem for item in foreign_report(foreign, "x", tmp_path, split="dev")[0]] == [f"q{place}" for place in range(40)]


@pytest.mark.parametrize(
    ("path", "text", "more", "says"),
    [
        ("csv", "q,a,b,gold\nx,1,2,B\ny,1,2,3,B\n", {}, "row 1 has 5 cells, there are 4 columns"),
        ("csv", "x,1,2,B,more\n", {"columns": ["q", "a", "b", "gold"]}, "row 0 has 5 cells, there are 4 columns"),
        ("csv", "q,a,a,gold\nx,1,2,B\n", {}, "two columns have the same name"),
        ("jsonl", json.dumps(ROW) + "\n\n[1]\n", {}, "line 3: an object was expected, read list"),
        ("jsonl", '{"q": "x", "q": "y"}\n', {}, "line 1: is not JSON .*stands twice"),
        ("json", '{"1": {"q": "x"}}\n', {}, "has no column 'q'"),
        ("json", "[{}]", {"keyed": "id"}, "dataset.keyed wants one object, key > row, read list"),
        ("json", '{"1": {"id": "x"}}', {"keyed": "id"}, "has a column 'id' already"),
        ("json", '{"1": 5}', {"keyed": "id"}, "1: an object was expected, read int"),
        ("xlsx", "not a zip", {}, "is no xlsx file that can be read"),
        ("parquet", "not parquet", {}, "data set 'parquet' cannot be loaded"),
        ("csv", "q,a,b,gold\nx,1,2,B\n", {"keyed": "id"}, "`keyed` is of path json, read 'csv'"),
        ("json", "[]", {"columns": ["a"]}, "`columns` is of path csv or tsv or xlsx, read 'json'"),
        ("json", "[]", {"revision": "main"}, "`revision` is of path hub, read 'json'"),
        ("csv", "q,a,b,gold\nx,1,2,B\n", {"only": {"tset": {"column": "q", "listed_in": "l"}}}, "`only` names a split 'tset' that is not read; did you mean 'test'"),
        ("csv", "q,a,b,gold\nx,1,2,B\n", {"only": {"test": {"column": "q"}}}, "exactly one of listed_in, not_listed_in"),
        ("csv", "q,a,b,gold\nx,1,2,B\n", {"only": {"test": {"column": "k", "listed_in": "list.txt"}}}, "dataset.only: no column 'k'"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_rows_are_errors_that_say_where(tmp_path: Path, path: str, text: str, more: dict[str, object], says: str):
    _write(tmp_path, "list.txt", "x\n")
    file = _write(tmp_path, "rows.file", text)
    with pytest.raises(SuiteError, match=says):
        _read(tmp_path, path, file, skip_bad_rows=True, **more)


def test_files_with_other_headers_are_not_one_table(tmp_path: Path):
    _write(tmp_path, "a.csv", "q,a,b,gold\nx,1,2,B\n")
    _write(tmp_path, "b.csv", "q,b,a,gold\nx,1,2,B\n")
    with pytest.raises(SuiteError, match=r"b.csv: its header .* differs from that of a.csv"):
        _read(tmp_path, "csv", "?.csv")


def test_cells_of_a_spreadsheet_that_are_dates_have_lost_their_text(tmp_path: Path):
    day = datetime.datetime(2024, 1, 2)  # noqa: DTZ001 (what a spreadsheet makes of "1-2")
    file = _book(tmp_path, [("x", 1, 2, "B"), ("y", 3, 4, "A", "note")])
    with pytest.raises(SuiteError, match="row 1 has 5 cells, there are 4 columns"):
        _read(tmp_path, "xlsx", file, skip_bad_rows=True, columns=["q", "a", "b", "gold"])
    file = _book(tmp_path, [("q", "a", "b", "gold"), ("x", day, "2", "B"), ("y", 3, 0.5, "A"), (None,) * 4, ("z", True, "no", "A")])
    items, left = _read(tmp_path, "xlsx", file, skip_bad_rows=True)
    assert [(item.stem, item.choices, item.answer) for item in items] == [("y", ("3", "0.5"), "3"), ("z", ("true", "no"), "true")]
    assert "a datetime stands where a text or a number is wanted" in left[0]


def test_sheets_are_found_by_name_and_missing_packages_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = _book(tmp_path, [("x", "1", "2", "B")], title="rows")
    assert len(_read(tmp_path, "xlsx", file, name="rows", columns=["q", "a", "b", "gold"])[0]) == 1
    with pytest.raises(SuiteError, match="has no sheet 'rose'; did you mean 'rows'"):
        _read(tmp_path, "xlsx", file, name="rose")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(SuiteError, match=r"need the package openpyxl: pip install 'evalkit\[xlsx\]'"):
        _read(tmp_path, "xlsx", file)


@pytest.mark.parametrize("pattern", ["${HOME}/rows.csv", "$DATA/rows.csv", "x/${DATA}/rows.csv", "${DATA}${DATA}/rows.csv", "${DATA}rows.csv"])
def test_only_the_folder_of_data_is_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str):
    monkeypatch.setenv("EVALKIT_DATA", str(tmp_path))
    with pytest.raises(SuiteError, match=r"only \$\{DATA\}/ at the beginning is filled in"):
        _read(tmp_path, "csv", pattern)


def test_the_folder_of_data_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _write(tmp_path, "rows.csv", "q,a,b,gold\nx,1,2,B\n")
    (tmp_path / "suite").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_DATA", os.curdir)
    assert len(_read(tmp_path / "suite", "csv", "${DATA}/rows.csv")[0]) == 1
    monkeypatch.setenv("EVALKIT_DATA", "nowhere")
    with pytest.raises(SuiteError, match=r"no file matches dataset.files.test .*nowhere.*; ask the library"):
        _read(tmp_path / "suite", "csv", "${DATA}/rows.csv", obtain="ask the library")


@pytest.mark.parametrize(("name", "text"), [("ids.json", '["b", "c"]'), ("ids.json", '{"b": 1, "c": 2}'), ("ids.txt", "b\n\nc \n")])
def test_rows_of_a_split_by_a_list_of_ids(tmp_path: Path, name: str, text: str):
    file = _write(tmp_path, "rows.csv", "q,a,b,gold\na,1,2,B\nb,1,2,B\nc,1,2,B\nd,1,2,B\n")
    _write(tmp_path, name, text)
    for key, stems in (("listed_in", ["b", "c"]), ("not_listed_in", ["a", "d"])):
        items, _ = _read(tmp_path, "csv", file, only={"test": {"column": "q", key: name}})
        assert [item.stem for item in items] == stems


# ---------------------------------------------------------------- conversions


@pytest.mark.parametrize(
    ("cells", "field", "text"),
    [
        ({"a": "reason #### 1,080"}, {"column": "a", "after": "####", "remove": [","]}, "1080"),
        ({"a": "x#y#z"}, {"column": "a", "after": "#"}, "z"),
        ({"a": "x#y#z"}, {"column": "a", "before": "#"}, "x"),
        ({"a": "x"}, {"column": "a", "before": "#"}, "x"),
        ({"a": "one\\ntwo"}, {"column": "a", "unescape": True}, "one\ntwo"),
        ({"a": "one\\ntwo"}, {"column": "a"}, "one\\ntwo"),
        ({"a": ["one", None, "two"]}, {"column": "a", "join": " / "}, "one / two"),
        ({"a": "one", "b": "", "c": "two"}, {"columns": ["a", "b", "c"]}, "one\ntwo"),
        ({"a": {"b": {"c": "deep"}}}, {"column": "a.b.c"}, "deep"),
        ({"a.b": "flat", "a": {"b": "deep"}}, {"column": "a.b"}, "flat"),
        ({"a": True}, {"column": "a", "map": {"true": "right", "false": "wrong"}}, "right"),
        ({"a": 7}, {"column": "a"}, "7"),
        ({"a": "Which?\nA. one\nB. two"}, {"column": "a", "cut": "stem"}, "Which?"),
        ({"a": "Which?\nA. one\nB. two"}, {"column": "a", "cut": "options"}, "A. one\nB. two"),
        ({"a": "no mark"}, {"column": "a", "after": "####"}, None),
        ({"a": "maybe"}, {"column": "a", "map": {"yes": "Y"}}, None),
        ({"a": {"b": 1}}, {"column": "a"}, None),
        ({"a": []}, {"column": "a"}, None),
        ({"a": "  "}, {"column": "a"}, None),
        ({"a": None}, {"column": "a"}, None),
    ],
)
def test_conversions_of_a_text(tmp_path: Path, cells: dict[str, object], field: dict[str, object], text: str | None):
    file = _write(tmp_path, "rows.json", json.dumps([{"ok": "t", **cells}]))
    fields = {"stem": "ok", "answer": field}
    block = {"path": "json", "files": {"test": file}, "fields": fields, "form": "text", "skip_bad_rows": True}
    if text is None:
        with pytest.raises(SuiteError, match="all 1 were left out, the first: row 0 "):
            foreign_report(parse(block, tmp_path), "x", tmp_path)
        return
    assert [item.answer for item in foreign_report(parse(block, tmp_path), "x", tmp_path)[0]] == [text]


def test_a_key_that_is_not_there_is_an_error_and_not_a_bad_row(tmp_path: Path):
    file = _write(tmp_path, "rows.json", json.dumps([{"a": {"b": "x"}}]))
    block = {"path": "json", "files": {"test": file}, "fields": {"stem": "a.c", "answer": "a.b"}, "form": "text", "skip_bad_rows": True}
    with pytest.raises(SuiteError, match=r"has no column 'a.c'"):
        foreign_report(parse(block, tmp_path), "x", tmp_path)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("A. one\nB. two\nC. three", ["one", "two", "three"]),
        ("A one\nB two words\nC three", ["one", "two words", "three"]),
        ("(A) one (B) two", ["one", "two"]),
        ("A、甲 B、乙 C、丙", ["甲", "乙", "丙"]),
        ("A．甲；B．乙", ["甲；", "乙"]),
        ("A: one line\nand another\nB: two", ["one line\nand another", "two"]),
        ("A. vitamin B. complex\nB. iron", None),  # by lines two, by marks A, B, B: the lines are the only row in order
        ("A. one\nB. two\nC. The host is E. coli", ["one", "two", "The host is E. coli"]),
        ("A. one\nB. two C. three", None),  # two by lines, three by marks
        ("A. one", None),
        ("B. two\nC. three", None),
        ("A. one\nC. three", None),
        ("no letters", None),
        ("A. one\nB.\nC. three", None),
    ],
)
def test_lettered_options(tmp_path: Path, text: str, options: list[str] | None):
    file = _write(tmp_path, "rows.json", json.dumps([{"q": "x", "o": text, "g": "A"}]))
    block = {"path": "json", "files": {"test": file}, "fields": {"stem": "q", "choices": {"column": "o", "lettered": True}, "answer": "g"}, "answer_is": "letter"}
    if text.startswith("A. vitamin"):
        options = ["vitamin B. complex", "iron"]
    if options is None:
        with pytest.raises(SuiteError, match="row 0 of split 'test'"):
            foreign_report(parse(block, tmp_path), "x", tmp_path)
        return
    (item,) = foreign_report(parse(block, tmp_path), "x", tmp_path)[0]
    assert list(item.choices) == options


def test_options_apart_by_a_mark_and_options_that_are_no_texts(tmp_path: Path):
    rows = [{"q": "x", "o": "one|two |three", "g": "C"}, {"q": "y", "o": 5, "g": "A"}, {"q": "z", "o": "one||two", "g": "A"}]
    file = _write(tmp_path, "rows.json", json.dumps(rows))
    fields = {"stem": "q", "choices": {"column": "o", "split": "|"}, "answer": "g"}
    items, left = _read(tmp_path, "json", file, fields=fields, skip_bad_rows=True, answer_is="letter")
    assert [(item.choices, item.answer) for item in items] == [(("one", "two", "three"), "three")]
    assert ["are not a text, read '5'" in left[0], "an option is missing" in left[1]] == [True, True]


@pytest.mark.parametrize(
    ("answer", "several", "form", "found"),
    [
        ("BD", True, "choices", ("2", "4")),
        ("D, B", True, "choices", ("2", "4")),
        ("B、D", True, "choices", ("2", "4")),
        ("B", True, "choice", "2"),
        ("b", True, "choice", "2"),
        ("BD", False, None, "names several options; with dataset.several: true"),
        ("bd", True, None, "is neither a letter"),
        ("BB", True, None, "is neither a letter"),
        ("BE", True, None, "is neither a letter"),
        ("", True, None, "nothing stands in column"),
    ],
)
def test_several_right_letters(tmp_path: Path, answer: str, several: bool, form: str | None, found: object):
    row = {"q": "x", "a": "1", "b": "2", "c": "3", "d": "4", "gold": answer}
    file = _write(tmp_path, "rows.json", json.dumps([row]))
    fields = {**FIELDS, "choices": list("abcd")}
    if form is None:
        with pytest.raises(SuiteError, match=str(found)):
            _read(tmp_path, "json", file, fields=fields, several=several)
        return
    (item,) = _read(tmp_path, "json", file, fields=fields, several=several)[0]
    assert (item.form, item.answer) == (form, found)
    (item,) = _read(tmp_path, "json", file, fields=fields, form="choices")[0]
    assert (item.form, item.answer) == ("choices", found if isinstance(found, tuple) else (found,))


def test_an_option_of_letters_and_letters_of_options_are_two_readings(tmp_path: Path):
    file = _write(tmp_path, "rows.json", json.dumps([{"q": "x", "a": "AB", "b": "CD", "gold": "AB"}]))
    with pytest.raises(SuiteError, match="can be read in two ways: as a letter it is 'AB; CD', as a text it is 'AB'"):
        _read(tmp_path, "json", file, several=True, skip_bad_rows=True)


def test_rows_that_ask_the_same_are_one_cluster_and_ids_are_names_of_one_row(tmp_path: Path):
    rows = [{**ROW, "k": "1"}, {**ROW, "k": "2", "a": "2", "b": "1", "gold": "A"}, {**ROW, "k": "3", "b": "3"}]
    file = _write(tmp_path, "rows.json", json.dumps(rows))
    items, _ = _read(tmp_path, "json", file, fields={**FIELDS, "id": "k"}, answer_is="letter")
    assert items[0].cluster == items[1].cluster != items[2].cluster
    file = _write(tmp_path, "rows.json", json.dumps([rows[0], {**rows[2], "k": "1"}]))
    with pytest.raises(SuiteError, match=r"row 1 .*: another row is called 'x-test-1' too"):
        _read(tmp_path, "json", file, fields={**FIELDS, "id": "k"}, answer_is="letter", skip_bad_rows=True)


def test_task_and_language_by_row(tmp_path: Path):
    rows = [{**ROW, "t": True}, {**ROW, "q": "哪个？", "t": False}]
    file = _write(tmp_path, "rows.json", json.dumps(rows))
    fields = {**FIELDS, "task": {"column": "t", "map": {"true": "calculation", "false": "knowledge"}}}
    items, _ = _read(tmp_path, "json", file, fields=fields, language="auto", answer_is="letter")
    assert [(item.task, item.language) for item in items] == [("calculation", "en"), ("knowledge", "zh")]
    with pytest.raises(SuiteError, match=r"dataset.fields.task gives 'true'; known: "):
        _read(tmp_path, "json", file, fields={**FIELDS, "task": "t"}, skip_bad_rows=True)


def test_numbers_are_exact_unless_a_tolerance_is_given(tmp_path: Path):
    file = _write(tmp_path, "rows.json", json.dumps([{"q": "x", "n": 5}]))
    fields = {"stem": "q", "answer": "n"}
    (exact,) = _read(tmp_path, "json", file, fields=fields, form="number")[0]
    (wide,) = _read(tmp_path, "json", file, fields=fields, form="number", tolerance={"rel": 0.02})[0]
    assert (exact.tolerance.width(5.0), wide.tolerance.width(5.0)) == (0.0, 0.1)
    with pytest.raises(SuiteError, match=r"dataset.tolerance.rel"):
        _read(tmp_path, "json", file, fields=fields, form="number", tolerance={"rel": -1})
