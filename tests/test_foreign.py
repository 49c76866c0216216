"""Other people's benchmarks: real files where they are at hand, made ones for what goes wrong."""

import os
import re
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from evalkit.config import RunConfig
from evalkit.errors import SuiteError
from evalkit.foreign import Foreign, foreign_report, parse
from evalkit.foreign.block import Fields, Only, Options, Text, Width
from evalkit.plan import build_plan
from evalkit.prompts import question
from evalkit.records import Model
from evalkit.suite import as_dataset, load_suite

DATA = Path(os.environ.get("EVALKIT_TEST_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))
HEAD = "name: {name}\ntitle: {{zh: 甲, en: A}}\nversion: 1.0.0\nlicence: MIT\nsubareas: {{}}\n"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    import datasets

    datasets.disable_progress_bars()
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def _suite(folder: Path, name: str, dataset: str):
    folder.mkdir(exist_ok=True)
    (folder / "suite.yaml").write_text(HEAD.format(name=name) + "dataset:\n" + dataset, encoding="utf-8")
    return load_suite(folder)


def _real(name: str) -> Path:
    if not (DATA / name).is_dir():
        pytest.skip(f"needs the data set {name} (set EVALKIT_TEST_DATA to the folder that holds it)")
    return DATA / name


def test_mmlu_loads_with_its_own_shots(tmp_path: Path):
    folder = _real("mmlu")
    suite = _suite(
        tmp_path / "mmlu", "mmlu_anatomy",
        f"  path: csv\n  files: {{test: {folder}/test/anatomy_test.csv, dev: {folder}/dev/anatomy_dev.csv}}\n"
        "  columns: [question, A, B, C, D, answer]\n  shots_split: dev\n"
        "  fields: {stem: question, choices: [A, B, C, D], answer: answer}\n",
    )  # fmt: skip
    assert len(suite.items) == 135
    assert suite.items[2].answer == "Bladder"
    assert len(suite.shots) == 5
    assert as_dataset(suite.items).num_rows == 135
    engine = SimpleNamespace(model=Model(name="m", source="m", weights_digest="w"), rules="r", abilities=frozenset({"score", "generate"}))
    plan = build_plan(RunConfig(suites=(str(tmp_path / "mmlu"),), shots=5, profile="full"), engine)  # type: ignore[arg-type]
    shown = {message.content for request in plan.requests for message in request.messages[:-1]}
    assert len(plan.requests) == 135
    assert len(shown) <= 5 + 4  # five questions, and the letters that answer them: never a tested item
    assert not shown & {question(item) for item in suite.items}


def test_gsm8k_and_its_numbers(tmp_path: Path):
    folder = _real("gsm8k")
    suite = _suite(
        tmp_path / "gsm8k", "gsm8k",
        f"  path: json\n  files: {{test: {folder}/test.jsonl}}\n  form: text\n  task: calculation\n  limit: 7\n"
        "  fields: {stem: question, answer: answer}\n",
    )  # fmt: skip
    assert len(suite.items) == 7
    assert str(suite.items[0].answer).endswith("#### 18")


@pytest.mark.parametrize(
    ("csv", "fields", "says"),
    [
        ("q,a,b,gold\nx,1,2,C\n", "{stem: q, choices: [a, b], answer: gold}", "row 0 .* the answer 'C' is neither a letter"),
        ("q,a,b,gold\nx,1,2,A\n", "{stem: question, choices: [a, b], answer: gold}", "has no column 'question'"),
        ("q,a,b,gold\nx,1,1,A\n", "{stem: q, choices: [a, b], answer: gold}", "two options are the same"),
        ("q,a,b,gold\nx,1,2,²\n", "{stem: q, choices: [a, b], answer: gold}", "neither a letter"),
        ("q,a,b,gold\nx,1,2,A\ny,1, 1,A\n", "{stem: q, choices: [a, b], answer: gold}", "row 1 .*same: '1'; .* set dataset.skip_bad_rows: true"),
        ("q,a,b,gold\n", "{stem: q, choices: [a, b], answer: gold}", "no (rows|data)"),
    ],
)
def test_rows_that_are_no_items_are_named(tmp_path: Path, csv: str, fields: str, says: str):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "rows.csv").write_text(csv)
    with pytest.raises(SuiteError, match=says):
        _ = _suite(tmp_path / "x", "x", f"  path: csv\n  files: {{test: rows.csv}}\n  fields: {fields}\n").items


def test_letters_places_and_texts_are_answers(tmp_path: Path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "rows.csv").write_text("q,a,b,gold\none,None,NA,b\ntwo,3,4,0\nthree,5,six,six\n")
    items = _suite(
        tmp_path / "x", "x", "  path: csv\n  files: {test: rows.csv}\n  fields: {stem: q, choices: [a, b], answer: gold}\n"
    ).items
    assert [item.answer for item in items] == ["NA", "3", "six"]


@pytest.mark.parametrize(
    ("dataset", "says"),
    [
        ("  pth: csv\n", "dataset.pth: did you mean 'path'"),
        ("  path: csv\n  fields: {stem: q, answer: a}\n", "path csv is a kind of file: `files` must say which"),
        ("  path: a/b\n  files: {test: x}\n  fields: {stem: q, answer: a}\n", "files are read where path is one of csv, tsv"),
        ("  path: csv\n  files: {test: x}\n  fields: {stem: q}\n", "dataset.fields.answer: is missing"),
        ("  path: csv\n  fields: {stem: q, contxt: b}\n", "dataset.fields.contxt: did you mean 'context'"),
        ("  path: csv\n  fields: {stem: q, answer: {column: a, aftr: x}}\n", "dataset.fields.answer.aftr: did you mean 'after'"),
        ("  path: csv\n  fields: {stem: q, answer: {column: a, file: '*'}}\n", "dataset.fields.answer: .*exactly one of column, columns, file"),
        ("  path: csv\n  fields: {stem: q, answer: a, choices: {columns: [a], split: x}}\n", "are of one `column`"),
        ("  path: csv\n  only: {test: {column: a, listd_in: b}}\n", "dataset.only.test.listd_in: did you mean 'listed_in'"),
        ("  path: csv\n  files: {test: x}\n  fields: {stem: q, answer: a}\n  form: json\n", "dataset.form: Input should be 'choice', 'choices', 'number'"),
        ("  path: csv\n  files: {dev: rows.csv}\n  fields: {stem: q, answer: a}\n", "dataset.files has no 'test'"),
        ("  path: csv\n  files: {test: none.csv}\n  fields: {stem: q, answer: a}\n", "no file matches"),
        ("  path: nobody/nothing\n  fields: {stem: q, answer: a}\n", "must be in the local cache: hf download --repo-type dataset nobody/nothing"),
    ],
)
def test_what_cannot_be_loaded_says_what_would_work(tmp_path: Path, dataset: str, says: str):
    with pytest.raises(SuiteError, match=says):
        _ = _suite(tmp_path / "x", "x", dataset).items


def test_show_names_the_rows_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from evalkit import commands

    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "rows.csv").write_text("q,a,b,gold\none,1,1,A\ntwo,3,4,B\n")
    block = "  path: csv\n  files: {test: rows.csv}\n  skip_bad_rows: true\n  answer_is: letter\n  fields: {stem: q, choices: [a, b], answer: gold}\n"
    suite = _suite(tmp_path / "x", "x", block)
    assert len(suite.items) == 1
    assert len(suite.left_out) == 1
    assert "row 0" in suite.left_out[0]
    commands.show(str(tmp_path / "x"), as_json=True)
    assert "row 0" in capsys.readouterr().out


FIELDS = "  fields: {stem: q, choices: [a, b, c, d], answer: gold}\n"


def _block(folder: Path, rows: str, more: str = "", fields: str = FIELDS) -> Foreign:
    (folder / "rows.csv").write_text(rows, encoding="utf-8")
    return parse(yaml.safe_load(f"path: csv\nfiles: {{test: rows.csv}}\n{fields.strip()}\n{more}"), folder / "suite.yaml")


@pytest.mark.parametrize(
    ("row", "letter", "place", "text"),
    [
        ("x,L,R,1/C,C,C", "1/C", None, "C"),  # MMLU, electrical_engineering, row 115
        ("x,2,0,1,3,1", None, "0", "1"),
        ("x,2,0,3,1,b", "0", None, None),
    ],
)
def test_an_answer_is_what_the_data_set_says_it_is(tmp_path: Path, row: str, letter: str | None, place: str | None, text: str | None):
    for kind, meant in (("letter", letter), ("place", place), ("text", text)):
        block = _block(tmp_path, f"q,a,b,c,d,gold\n{row}\n", f"answer_is: {kind}\n")
        if meant is None:
            with pytest.raises(SuiteError, match=f"row 0 .* is no {kind}"):
                foreign_report(block, "x", tmp_path)
        else:
            assert [item.answer for item in foreign_report(block, "x", tmp_path)[0]] == [meant]


@pytest.mark.parametrize(("row", "kinds"), [("x,L,R,1/C,C,C", "letter or text"), ("x,2,0,1,3,1", "place or text")])
@pytest.mark.parametrize("more", ["", "skip_bad_rows: true\n"])
def test_two_readings_that_disagree_are_never_guessed_between_nor_left_out(tmp_path: Path, row: str, kinds: str, more: str):
    block = _block(tmp_path, f"q,a,b,c,d,gold\nw,1,2,3,4,A\n{row}\n", more)
    with pytest.raises(SuiteError, match=f"row 1 of split 'test' .* two ways: .*set dataset.answer_is .*: {kinds}$"):
        foreign_report(block, "x", tmp_path)


def test_two_readings_that_agree_are_one(tmp_path: Path):
    block = _block(tmp_path, "q,a,b,c,d,gold\nx,0,1,2,3,2\ny,A,B,C,D,B\n")
    assert [item.answer for item in foreign_report(block, "x", tmp_path)[0]] == ["2", "B"]


def test_bad_rows_are_left_out_with_their_reasons_and_the_others_keep_their_names(tmp_path: Path):
    rows = "q,a,b,c,d,gold\nu,1,2,1 ,3,B\nv,1,2,3,4,A\nw,1,2,3,4,9\nx,1,2,3,5,D\n"
    items, reasons = foreign_report(_block(tmp_path, rows, "skip_bad_rows: true\n"), "x", tmp_path)
    assert [(item.id, item.answer) for item in items] == [("x-test-00001", "1"), ("x-test-00003", "5")]
    assert [reason.split(":")[0] for reason in reasons] == ["row 0 of split 'test' of 'csv'", "row 2 of split 'test' of 'csv'"]
    assert "two options are the same: '1'" in reasons[0]
    with pytest.raises(SuiteError, match=r"row 0 .*two options are the same.*set dataset.skip_bad_rows: true"):
        foreign_report(_block(tmp_path, rows), "x", tmp_path)


def test_a_split_of_bad_rows_only_and_a_column_that_is_not_there_are_errors_all_the_same(tmp_path: Path):
    rows = "q,a,b,c,d,gold\nu,1,1,2,3,B\n"
    with pytest.raises(SuiteError, match=r"all 1 were left out, the first: row 0 .*the same"):
        foreign_report(_block(tmp_path, rows, "skip_bad_rows: true\n"), "x", tmp_path)
    wrong = FIELDS.replace("gold", "key")
    with pytest.raises(SuiteError, match="has no column 'key'"):
        foreign_report(_block(tmp_path, rows.replace("1,1", "1,4"), "skip_bad_rows: true\n", wrong), "x", tmp_path)


def test_a_hole_in_a_row_is_not_the_word_none(tmp_path: Path):
    (tmp_path / "rows.jsonl").write_text(
        '{"q": "x", "o": ["1", "2"], "gold": 0}\n{"q": null, "o": ["1", "2"], "gold": 0}\n{"q": "y", "o": ["1", null], "gold": 0}\n'
        '{"q": "z", "o": null, "gold": 0}\n{"q": "w", "o": ["1", "2"], "gold": null}\n'
    )
    read = {"path": "json", "files": {"test": "rows.jsonl"}, "fields": {"stem": "q", "choices": "o", "answer": "gold"}, "skip_bad_rows": True}
    items, reasons = foreign_report(parse(read, tmp_path), "x", tmp_path)
    assert [item.answer for item in items] == ["1"]
    assert len(reasons) == 4


@pytest.mark.parametrize(("gold", "fine"), [("12.5", True), ("1e3", True), ("12 kg", False), ("nan", False), ("", False)])
def test_numbers_are_decimals(tmp_path: Path, gold: str, fine: bool):
    block = _block(tmp_path, f"q,gold\nx,1\ny,{gold}\n", "form: number\nskip_bad_rows: true\n", "fields: {stem: q, answer: gold}")
    assert len(foreign_report(block, "x", tmp_path)[0]) == 1 + fine


def test_mmlu_with_a_broken_row_and_an_answer_that_reads_two_ways(tmp_path: Path):
    path = _real("mmlu") / "test" / "electrical_engineering_test.csv"
    read = {
        "path": "csv", "files": {"test": str(path)}, "columns": ["q", "A", "B", "C", "D", "key"], "skip_bad_rows": True,
        "fields": {"stem": "q", "choices": ["A", "B", "C", "D"], "answer": "key"},
    }  # fmt: skip
    with pytest.raises(SuiteError, match=r"row 115 .*'C' can be read in two ways: as a letter it is '1/C', as a text it is 'C'"):
        foreign_report(parse(read, tmp_path), "ee", tmp_path)
    items, reasons = foreign_report(parse({**read, "answer_is": "letter"}, tmp_path), "ee", tmp_path)
    assert next(item.answer for item in items if item.id == "ee-test-00115") == "1/C"
    assert [reason.split(" of ")[0] for reason in reasons] == ["row 21"]
    assert len(items) == 144


def test_every_key_is_in_the_documents():
    told = (Path(__file__).parent.parent / "docs" / "suites.md").read_text(encoding="utf-8").split("## dataset")[1].split("\n## ")[0]
    keys = [key for record in (Foreign, Fields, Text, Options, Only, Width) for key in record.model_fields]
    assert [key for key in keys if not re.search(rf"[`{{ ]{key}[`:]", told) and f"`{key}`" not in told] == []
    example = told.split("\n    dataset:\n")[1].split("\n\n")[0]
    parse(yaml.safe_load(textwrap.dedent(example)), Path("suites.md"))
