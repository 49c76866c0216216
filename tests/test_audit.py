"""`suite check`: each rule finds what it is for, and a sound suite passes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.audit import check_suite, errors_of, grams
from evalkit.build import build
from evalkit.records import DOMAINS
from evalkit.suite import find_suite, load_suite


def _lines(toy: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (toy / "items" / "hand.jsonl").read_text(encoding="utf-8").splitlines()]


def _write(toy: Path, lines: list[dict[str, object]]) -> None:
    (toy / "items" / "hand.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize("name", DOMAINS)
def test_the_suites_that_come_with_evalkit_pass(name: str):
    assert errors_of(check_suite(find_suite(name))) == ()


def test_a_sound_suite_passes_and_says_what_is_unreviewed(built_toy: Path):
    findings = check_suite(load_suite(built_toy))
    assert errors_of(findings) == ()
    assert [finding.rule for finding in findings] == ["review"]


def _twin(lines: list[dict[str, object]]) -> None:
    stem = "Which of these four numbers is the sum of two and two, as every child learns it in the first year of school?"
    for line in lines[:2]:
        line["language"], line["stem"] = "en", stem
        line.pop("pair", None)
    lines[1]["stem"] = stem.replace("child", "pupil")


BREAKS: dict[str, Callable[[list[dict[str, object]]], object]] = {
    "source": lambda lines: lines[0].update(source={"title": " "}),
    "explanation": lambda lines: lines[0].update(explanation=""),
    "mistake": lambda lines: lines[0].update(mistakes={"5": "off by one"}),
    "pair": lambda lines: lines[0].update(pair="toy-nowhere"),
    "near duplicate": _twin,
    "same question": lambda lines: lines.append({**lines[2], "id": "toy-procedure-002-en"}),
    "longest option": lambda lines: lines[0].update(
        choices=["4, which is the sum of two and two", "5", "22", "0"], answer="4, which is the sum of two and two"
    ),
    "foundation": lambda lines: lines.extend({**lines[4], "id": f"toy-t-{n}", "stem": f"第{n}个词？"} for n in range(60)),
}


@pytest.mark.parametrize("rule", BREAKS)
def test_each_rule_finds_what_it_is_for(toy: Path, rule: str):
    lines = _lines(toy)
    BREAKS[rule](lines)
    _write(toy, lines)
    build(load_suite(toy))
    assert rule in {finding.rule for finding in errors_of(check_suite(load_suite(toy)))}


def test_a_build_that_is_not_what_the_sources_give(built_toy: Path):
    lines = _lines(built_toy)
    lines[0]["stem"] = "What is two and two?"
    _write(built_toy, lines)
    found = errors_of(check_suite(load_suite(built_toy)))
    assert {finding.rule for finding in found} == {"reproducible"}
    assert "run `evalkit suite build toy`" in found[0].text


def test_a_frozen_file_that_is_missing(built_toy: Path):
    (built_toy / "built" / "variants.jsonl").unlink()
    assert {finding.rule for finding in errors_of(check_suite(load_suite(built_toy)))} == {"reproducible"}


def test_a_suite_without_a_card(built_toy: Path):
    (built_toy / "CARD.md").unlink()
    assert [finding.rule for finding in errors_of(check_suite(load_suite(built_toy)))] == ["card"]


def test_labels_that_favour_a_letter(toy: Path):
    lines = _lines(toy)
    many = [
        {
            **lines[0],
            "id": f"toy-k-{n}",
            "stem": f"What is {n} + {n + 1} - {2 * n - 3}?",
            "pair": "",
            "cluster": f"c{n}",
            "foundation": True,
        }
        for n in range(60)
    ]
    _write(toy, [*lines, *many])
    build(load_suite(toy))
    found = [finding for finding in check_suite(load_suite(toy)) if finding.rule == "label balance"]
    assert found
    assert found[0].text.startswith("A is right in")


def test_grams_see_through_spaces_and_case():
    assert grams("Two and Two") == grams("two and  two")
    assert grams("abcd") == {"abcd"}
    assert grams("a charge of 120 t") == grams("a charge of 95.5 t")
    assert grams("") == {""}
