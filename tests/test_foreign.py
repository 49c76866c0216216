"""Other people's benchmarks: real files where they are at hand, made ones for what goes wrong."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from evalkit.config import RunConfig
from evalkit.errors import SuiteError
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
        ("  pth: csv\n", "dataset.(pth|path)"),
        ("  path: csv\n  files: {dev: rows.csv}\n  fields: {stem: q}\n", "dataset.files has no 'test'"),
        ("  path: csv\n  files: {test: none.csv}\n  fields: {stem: q}\n", "no file matches"),
        ("  path: nobody/nothing\n  fields: {stem: q}\n", "must be in the local cache: hf download --repo-type dataset nobody/nothing"),
    ],
)
def test_what_cannot_be_loaded_says_what_would_work(tmp_path: Path, dataset: str, says: str):
    with pytest.raises(SuiteError, match=says):
        _ = _suite(tmp_path / "x", "x", dataset).items
