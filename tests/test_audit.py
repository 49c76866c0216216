"""`suite check`: each rule finds what it is for, and a sound suite passes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.audit import SIZES, check_suite, errors_of, grams
from evalkit.build import build
from evalkit.errors import SuiteError
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


HAND: dict[str, object] = {
    "task": "knowledge", "subarea": "sums", "form": "choice", "language": "en", "level": "recall", "explanation": "so it is",
    "source": {"title": "Arithmetic"}, "foundation": True,
}  # fmt: skip


def _found(toy: Path, *more: dict[str, object]) -> dict[str, tuple[str, str, str]]:
    """Rule > level, subject and text of its first finding, of the toy suite with `more` items."""
    _write(toy, [*(line for line in _lines(toy) if line["id"] not in {one["id"] for one in more}), *more])
    build(load_suite(toy))
    found: dict[str, tuple[str, str, str]] = {}
    for finding in check_suite(load_suite(toy)):
        found.setdefault(finding.rule, (finding.level, finding.subject, finding.text))
    return found


def _choices(count: int, gold: Callable[[int], int], text: Callable[[int, bool], str]) -> list[dict[str, object]]:
    """Choice items whose gold stands at `gold(n)`; `text(place, right)` is an option."""
    made = []
    for number in range(count):
        right = gold(number)
        options = [f"{text(place, place == right)}{number}" for place in range(4)]
        made.append({
            **HAND, "id": f"toy-k-{number}", "stem": f"{'abcdefghij'[number % 10] * (number // 10 + 3)}?", "choices": options, "answer": options[right],
            "mistakes": {option: "wrong" for option in options if option != options[right]},
        })  # fmt: skip
    return made


def test_a_rule_that_reads_nothing_may_not_score(toy: Path):
    even = _choices(240, lambda n: n % 4, lambda place, _: f"option {place} of ")
    assert "baseline" not in _found(toy, *even)
    by_place = _choices(240, lambda n: 0 if n % 5 == 0 else n % 4, lambda place, _: f"option {place} of ")
    assert _found(toy, *by_place)["baseline"][2].startswith("always A is right in ")


def test_the_longest_option_may_not_be_the_gold_too_often(toy: Path):
    tells = _choices(240, lambda n: n % 4, lambda place, right: f"option {place}{' it is' if right else ''} of ")
    level, subject, text = _found(toy, *tells)["baseline"]
    assert (level, subject) == ("error", "toy")
    assert text.startswith("the longest option is right in 9")


def _pair(zh: str, en: str, **more: object) -> tuple[dict[str, object], dict[str, object]]:
    both = {**HAND, "cluster": "toy-p", "choices": ["1", "2", "3", "4"], "answer": "1", "mistakes": {"2": "a", "3": "b", "4": "c"}, **more}
    return (
        {**both, "id": "toy-p-zh", "language": "zh", "stem": zh, "pair": "toy-p-en"},
        {**both, "id": "toy-p-en", "language": "en", "stem": en, "pair": "toy-p-zh"},
    )


def test_figures_and_grades_of_a_pair_are_the_same(toy: Path):
    assert "strings" not in _found(toy, *_pair("Q355B 钢 1,200 kg？", "1200 kg of Q355B?"))


@pytest.mark.parametrize(("en", "what"), [("1300 kg of Q355B?", "number 1200"), ("1200 kg of Q345B?", "number 345"), ("1200 kg of Q355?", "grade Q355")])
def test_figures_and_grades_that_differ_within_a_pair(toy: Path, en: str, what: str):
    assert _found(toy, *_pair("Q355B 钢 1200 kg？", en))["strings"][:2] == ("warning", "toy-p-zh")
    assert what in _found(toy)["strings"][2]


def test_a_sentence_that_has_to_be_read_twice(toy: Path):
    long = {**HAND, "id": "toy-l", "stem": f"{'word ' * 61}?", "choices": ["1", "2"], "answer": "1", "mistakes": {"2": "a"}}
    assert _found(toy, long)["reading"] == ("warning", "toy-l", "has a sentence of 61 words")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "object", "properties": {"a": {"type": "integer", "minimum": 0}}}, "uses 'minimum', which is not held"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "its gold breaks its schema: $.a is not string"),
        ({"type": "object", "required": ["b"]}, "its gold breaks its schema: $.b is missing"),
    ],
)
def test_schemas_and_golds(toy: Path, schema: dict[str, object], said: str):
    line = {**HAND, "id": "toy-j", "form": "json", "task": "extraction", "stem": "a?", "context": "a is 1", "answer": {"a": 1}, "schema": schema}
    level, subject, text = _found(toy, line)["schema"]
    assert (level, subject) == ("error", "toy-j")
    assert said in text


def test_a_summary_that_does_not_keep_its_own_rules(toy: Path):
    line = {
        **HAND, "id": "toy-s", "form": "text", "task": "summary", "stem": "Sum up.", "context": "Iron 2150 t. Tuyere 14 was changed.", "most": 6,
        "facts": [["2150 t"], ["tuyere 14"]], "answer": "2150 t of iron",
    }  # fmt: skip
    assert "does not state 'tuyere 14'" in _found(toy, line)["summary"][2]
    assert "says what the text does not" in _found(toy, {**line, "answer": "2150 t, tuyere 14, 7 kg"})["summary"][2]


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")
def test_code_that_fails_its_own_bench(toy: Path):
    from tests.metrics.test_code import BENCH, RIGHT

    line = {**HAND, "id": "toy-c", "form": "code", "task": "code", "stem": "Add.", "answer": RIGHT.replace("a + b", "a - b"), "bench": BENCH}
    assert _found(toy, line)["code"][1:] == ("toy-c", "its gold fails its own bench: FAIL 240")


def test_a_large_suite_is_held_to_the_sizes_of_a_published_one(toy: Path):
    _found(toy, *_choices(240, lambda n: n % 4, lambda place, _: f"option {place} of "))
    told = [finding.text for finding in check_suite(load_suite(toy)) if finding.rule == "size"]
    assert [text.partition("; ")[2] for text in told] == [f"a published suite has {SIZES[name]}" for name in ("items", "tasks", "of a language", "of a level")]
    assert told[0].startswith(f"{len(load_suite(toy).items)} items")


REVIEWS = """\
drawn: {T1: {draws: 30, disagreed: 2, status: repaired, date: "2026-11-24", note: "rounding"}}
hand: {items: 4, disagreed: 1, repaired: 1}
deleted: [{id: toy-knowledge-009-en, date: "2026-11-24", reason: "two options were right"}]
"""


def test_what_came_of_blind_reading_is_frozen_with_the_drawn_items(toy: Path):
    (toy / "reviews.yaml").write_text(REVIEWS, encoding="utf-8")
    build(load_suite(toy))
    suite = load_suite(toy)
    assert {(item.review.status, item.review.by, item.review.note) for item in suite.items if item.template} == {("repaired", "automatic", "rounding")}
    assert (suite.reviews.drawn["T1"].disagreed, suite.reviews.hand.items) == (2, 4)
    assert errors_of(check_suite(suite)) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("disagreed: 2", "disagred: 2"), "drawn.T1.disagred"),
        (("hand:", "hands:"), "hands"),
        (("reason:", "why:"), "deleted.0"),
        (("draws: 30", "draws: 0"), "drawn.T1.draws"),
        (("status: repaired", "status: fine"), "drawn.T1.status"),
    ],
)
def test_reviews_are_refused_key_by_key(toy: Path, change: tuple[str, str], said: str):
    (toy / "reviews.yaml").write_text(REVIEWS.replace(*change), encoding="utf-8")
    with pytest.raises(SuiteError, match=rf"reviews\.yaml: {said}"):
        build(load_suite(toy))


@pytest.mark.parametrize(("change", "said"), [(("T1:", "T9:"), "no item is drawn by it"), (("toy-knowledge-009-en", "toy-knowledge-001-en"), "says that it was deleted")])
def test_reviews_of_what_is_not_there_are_found(toy: Path, change: tuple[str, str], said: str):
    (toy / "reviews.yaml").write_text(REVIEWS.replace(*change), encoding="utf-8")
    build(load_suite(toy))
    found = errors_of(check_suite(load_suite(toy)))
    assert [finding.rule for finding in found] == ["review"]
    assert said in found[0].text
