"""Suites on disk: reading, refusing, freezing, and as a `datasets.Dataset`."""

import json
from pathlib import Path

import pytest

from evalkit.build import build
from evalkit.errors import SuiteError
from evalkit.records import DOMAINS
from evalkit.suite import as_dataset, find_suite, item_line, known_suites, known_tasks, load_suite, read_items
from tests.conftest import TOY_YAML

LINE = {
    "id": "toy-1", "task": "knowledge", "subarea": "sums", "form": "choice", "language": "en", "level": "recall", "stem": "2+2?",
    "choices": ["4", "5"], "answer": "4", "mistakes": {"5": "off by one"}, "explanation": "sum", "source": {"title": "Arithmetic"},
}  # fmt: skip


def _read(toy: Path, line: object) -> None:
    path = toy / "items" / "one.jsonl"
    path.write_text(line if isinstance(line, str) else json.dumps(line), encoding="utf-8")
    list(read_items(path, load_suite(toy)))


def test_the_five_domains_are_there():
    assert set(DOMAINS) <= set(known_suites())


def test_a_line_comes_back_as_it_was_written(toy: Path):
    suite = load_suite(toy)
    again = toy / "again.jsonl"
    again.write_text("".join(item_line(item) + "\n" for item in suite.authored), encoding="utf-8")
    assert tuple(read_items(again, suite)) == suite.authored


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answer": "6"}, r"one\.jsonl, line 1: item 'toy-1': the gold \['6'\] is not one of its options"),
        ({"choices": ["4", "4"]}, "two options are the same"),
        ({"choices": ["4"]}, "at least two options"),
        ({"stam": "x"}, "unknown key 'stam'; did you mean 'stem'"),
        ({"source": "a book"}, "line 1: source: an object was expected, read 'a book'"),
        ({"source": {"titel": "x"}}, "unknown key source.'titel'; did you mean 'title'"),
        ({"language": "fr"}, "language: Input should be 'zh' or 'en', read 'fr'"),
        ({"level": "hard"}, "level"),
        ({"subarea": "sum"}, "sub-area 'sum' is not in suite.yaml; did you mean 'sums'"),
        ({"form": "number", "answer": "4 kg"}, "must be a decimal without unit, read '4 kg'"),
        ({"form": "ordering", "answer": ["4"]}, "list of all its choices"),
        ({"form": "json", "answer": {"a": 1}}, "JSON Schema"),
        ({"suite": "other"}, "suite is 'other', this is 'toy'"),
    ],
)
def test_bad_items_are_refused_by_line_and_key(toy: Path, change: dict[str, object], says: str):
    with pytest.raises(SuiteError, match=says):
        _read(toy, {**LINE, **change})


@pytest.mark.parametrize(("text", "says"), [("{", "line 1: not JSON"), ("[]", "an object was expected, read list")])
def test_broken_lines(toy: Path, text: str, says: str):
    with pytest.raises(SuiteError, match=says):
        _read(toy, text)


def test_missing_keys_are_named(toy: Path):
    with pytest.raises(SuiteError, match=r"line 1: source: "):
        _read(toy, {key: value for key, value in LINE.items() if key != "source"})


def test_a_benchmark_of_others_is_found_by_its_name():
    assert {"mmlu", "gsm8k", "pubmedqa", "cmmlu", "ceval", "cmexam", "supergpqa", "seedbench"} <= set(known_tasks())
    assert find_suite("mmlu").dataset is not None
    with pytest.raises(SuiteError, match="did you mean 'pubmedqa'"):
        find_suite("pubmedq")


def test_unknown_suite_has_a_suggestion():
    with pytest.raises(SuiteError, match="did you mean 'steel'"):
        find_suite("steal")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: [", "line 1, column .*: broken YAML"),
        ("- a", "a mapping of keys was expected, read list"),
        ("name: toy\nversoin: 1", "unknown key 'versoin'; did you mean 'version'"),
        ("name: toy", "title: is missing"),
        ("name: toy\nversion: 1\nversion: 2", "'version' is written twice"),
        (TOY_YAML.replace("draws: 2", "draws: -1"), "draws: Input should be greater than or equal to 0, read '-1'"),
        (TOY_YAML.replace("core: 12", "core: -3"), "core: Input should be greater than or equal to 0"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_broken_suite_yaml(toy: Path, text: str | bytes, says: str):
    (toy / "suite.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SuiteError, match=says):
        load_suite(toy)


def test_a_suite_that_was_not_built(toy: Path):
    with pytest.raises(SuiteError, match="not built; run `evalkit suite build toy`"):
        _ = load_suite(toy).items


def test_a_frozen_file_that_was_edited_is_refused(built_toy: Path):
    path = built_toy / "built" / "items.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("2 + 2", "2 + 3"), encoding="utf-8")
    with pytest.raises(SuiteError, match="the file was changed after it was built"):
        _ = load_suite(built_toy).items


@pytest.mark.parametrize("text", ['{"files": []}', "[]", "{", '{"files": {"items.jsonl": 5}}'])
def test_broken_digests(built_toy: Path, text: str):
    (built_toy / "built" / "digests.json").write_text(text)
    with pytest.raises(SuiteError, match=r"digests\.json: cannot be read .*run `evalkit suite build toy`"):
        _ = load_suite(built_toy).items


def test_an_empty_suite_cannot_be_built(toy: Path):
    (toy / "templates.py").unlink()
    (toy / "items" / "hand.jsonl").write_text("")
    with pytest.raises(SuiteError, match="no items and no templates"):
        build(load_suite(toy))


def test_templates_that_raise_are_named(toy: Path):
    (toy / "templates.py").write_text("1 / 0")
    with pytest.raises(SuiteError, match=r"templates\.py: ZeroDivisionError"):
        _ = load_suite(toy).templates


def test_variants_carry_what_differs(built_toy: Path):
    suite = load_suite(built_toy)
    by_id = {item.id: item for item in suite.items}
    assert suite.variants
    for variant in suite.variants:
        assert variant.arm != "clean"
        assert variant.source == by_id[variant.id].source
    assert len({variant.key for variant in suite.variants}) == len(suite.variants)


def test_a_suite_loads_as_a_dataset(built_toy: Path):
    suite = load_suite(built_toy)
    rows = as_dataset(suite.items)
    assert len(rows) == len(suite.items)
    assert [row["id"] for row in rows] == [item.id for item in suite.items]
    assert {row["id"]: json.loads(row["answer"]) for row in rows}["toy-extraction-001-en"] == {"sum": 12}
    assert rows.filter(lambda row: row["language"] == "zh").num_rows == sum(item.language == "zh" for item in suite.items)
