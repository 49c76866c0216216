"""The evaluate library both ways, offline."""

import json
from pathlib import Path

import pytest

from evalkit.errors import ConfigError
from evalkit.metrics.foreign import as_evaluate, evaluate_metric
from evalkit.records import Tolerance
from tests.contracts.metric import check_mark
from tests.metrics.items import TEXT, item, said

MODULE = Path(__file__).parent / "module" / "first_word"
pytestmark = pytest.mark.filterwarnings("default")  # the library's own deprecations are not ours to fail on


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import evaluate

    monkeypatch.setattr(evaluate.config, "HF_METRICS_CACHE", str(tmp_path / "metrics"))
    monkeypatch.setattr(evaluate.config, "HF_MODULES_CACHE", str(tmp_path / "modules"))


@pytest.fixture(scope="module")
def first_word():
    return evaluate_metric(str(MODULE))


def test_their_metric_marks_one_answer(first_word):
    right = first_word(TEXT, said("<think>hm</think>differential equation"))
    assert (right.value, right.state) == (1.0, "answered")
    assert right.rule == "evaluate:first_word, first_word"  # the first number in [0, 1], not the 17
    assert first_word(TEXT, said("partial equation")).value == 0.0
    assert first_word(item("choices", ("a", "b")), said('["a", "b"]')).value == 1.0


def test_their_metric_keeps_our_states(first_word):
    for response, state in [
        (said("", "error", error="lost"), "errored"),
        (said("", "over_context"), "over_context"),
        (said("<think>so", "length"), "cut_off"),
        (said(" "), "unparsable"),
        (said("crash"), "errored"),
    ]:
        mark = first_word(TEXT, response)
        check_mark(mark)
        assert mark.state == state


def test_their_marks_can_be_stored(first_word):
    mark = first_word(TEXT, said("differential\ud83d equation"))
    assert (mark.state, mark.parsed) == ("answered", "differential? equation")
    check_mark(mark)
    mark.parsed.encode("utf-8")
    mark.rule.encode("utf-8")


def test_a_module_that_is_not_on_this_disk_is_refused():
    with pytest.raises(ConfigError, match="never fetched from a hub"):
        evaluate_metric("accuracy")


def test_a_module_that_cannot_be_loaded_is_named(tmp_path: Path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "broken.py").write_text("import nothing_of_the_kind\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be loaded"):
        evaluate_metric(str(tmp_path / "broken"))


@pytest.mark.parametrize(
    ("name", "predictions", "references", "mean"),
    [
        ("choice", ["Answer: B", "The answer is C.", "A or B"], ["B", "B", "A"], 1 / 3),
        ("choices", ["答案：AC", "A"], ["A, C", "A, C"], 1 / 2),
        ("number", ["Answer: 42.6 mL", "答案：0.0425 L", "42.5", "50 mL"], ["42.5 mL"] * 4, 3 / 4),
        ("ordering", ["Answer: B, A, C", "ABC"], ["B, A, C"] * 2, 1 / 2),
        ("json", ['{"a": 1, "b": 2}', '{"a": 1, "b": 3}'], ['{"a": 1, "b": 2}'] * 2, 3 / 4),
        ("text", ["Answer: Anion gap.", "no"], ["anion gap"] * 2, 1 / 2),
    ],
)
def test_ours_through_their_interface(name: str, predictions: list[str], references: list[str], mean: float):
    result = as_evaluate(name).compute(predictions=predictions, references=references)
    assert result[name] == pytest.approx(mean)
    assert result["n"] == len(predictions)
    assert json.dumps(result)


def test_labels_and_tolerance_are_the_callers():
    assert as_evaluate("choice", labels="甲乙丙丁").compute(predictions=["选丙"], references=["丙"])["choice"] == 1.0
    exact = as_evaluate("number", tolerance=Tolerance(rel=0, abs=0))
    assert exact.compute(predictions=["42.6 mL"], references=["42.5 mL"])["number"] == 0.0


@pytest.mark.parametrize(
    ("name", "gold"), [("choice", "E"), ("choices", ""), ("number", "many"), ("ordering", "A, A"), ("json", "[1]"), ("text", "...")]
)
def test_a_gold_that_cannot_be_read_is_an_error(name: str, gold: str):
    with pytest.raises(ValueError, match=r"gold|could not be marked"):
        as_evaluate(name).compute(predictions=["Answer: A, B" if name != "json" else "{}"], references=[gold])


def test_unknown_names_are_refused():
    with pytest.raises(ConfigError, match="did you mean 'number'"):
        as_evaluate("numbre")
