"""Every metric of ours keeps the laws, and puts each kind of failure in its state."""

from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.metrics.choice import choice, choices
from evalkit.metrics.number import number
from evalkit.metrics.ordering import ordering, ordering_tau
from evalkit.metrics.structured import json
from evalkit.metrics.text import text
from tests.contracts.metric import check_mark, check_metric
from tests.metrics.items import CHOICE, NUMBER, OBJECT, ORDER, SET, TEXT, said
from tests.metrics.items import item as made

ALL = {
    "choice": (choice, CHOICE, "Answer: A"),
    "choices": (choices, SET, "Answer: A, C"),
    "number": (number, NUMBER, "Answer: 2100 h"),
    "ordering": (ordering, ORDER, "Answer: B, A, D, C"),
    "ordering_tau": (ordering_tau, ORDER, "Answer: B, A, D, C"),
    "json": (json, OBJECT, '{"date": "18 March 2025", "age": 57, "drug": "aspirin", "mass": "1,200 kg"}'),
    "text": (text, TEXT, "Answer: Differential diagnosis"),
}


@pytest.mark.parametrize("name", ALL)
def test_laws(name: str):
    metric, item, right = ALL[name]
    check_metric(metric, [item], [right])


@pytest.mark.parametrize("name", ALL)
def test_the_right_answer_is_1(name: str):
    metric, item, right = ALL[name]
    mark = metric(item, said(right))
    assert (mark.value, mark.state) == (1.0, "answered")


@pytest.mark.parametrize("name", ALL)
def test_what_was_thought_is_not_the_answer(name: str):
    metric, item, right = ALL[name]
    assert metric(item, said(f"<think>{right}</think>")).state == "unparsable"
    assert metric(item, said(f"<think>Answer: D</think>{right}")).value == 1.0
    assert metric(item, said(f"<think>{right}")).state == "cut_off"


@pytest.mark.parametrize("name", ALL)
def test_refused_and_unparsable_and_cut_off(name: str):
    metric, item, _ = ALL[name]
    refusal = "I'm sorry, but I can't help with this request. It would take a professional to look into it.\n" + "Please ask one. " * 20
    assert metric(item, said(refusal)).state == "refused"
    rambling = "It depends on many things that would need to be looked at with care.\n" + "More is to be said. " * 20
    assert metric(item, said(rambling)).state == "unparsable"
    assert metric(item, said(rambling, "length")).state == "cut_off"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120), st.sampled_from(["stop", "length", "error", "over_context"]))
def test_any_text_gets_a_mark(text_said: str, finish: str):
    for metric, item, _ in ALL.values():
        check_mark(metric(item, said(text_said, finish, error="lost" if finish == "error" else "")))


@pytest.mark.parametrize(
    ("metric", "item"), [(number, TEXT), (ordering, SET), (json, CHOICE), (text, SET)], ids=["number", "ordering", "json", "text"]
)
def test_a_gold_that_cannot_be_used_is_our_failure(metric, item):
    answers = {number: "Answer: 1", ordering: "Answer: A, B, C, D", json: "{}", text: "Answer: x"}
    mark = metric(item, said(answers[metric]))
    assert (mark.value, mark.state) == (None, "errored")
    assert "cannot be marked" in mark.rule


HALVES = st.lists(st.sampled_from(["\ud83d", "\ude00", "\\ud83d", "A", " ", "Answer: ", "{", "}", '"', "1", "\\boxed{"]), max_size=20).map("".join)


@settings(max_examples=60, deadline=None)
@given(HALVES, st.sampled_from(["stop", "length", "error"]))
def test_every_text_of_a_mark_can_be_stored(text_said: str, finish: str):
    for metric, item, right in ALL.values():
        for answer in (text_said, f"{right}{text_said}"):
            mark = metric(item, said(answer, finish, error=text_said if finish == "error" else ""))
            check_mark(mark)
            for part in astuple(mark):
                str(part).encode("utf-8")


def test_an_escaped_half_character_in_json_can_be_stored_and_is_no_right_answer():
    loose = made("json", {"a": "Fe"})
    mark = json(loose, said('{"a": "Fe\\ud83d"}'))
    assert (mark.value, mark.state, mark.parsed) == (0.0, "answered", '{"a": "Fe\ufffd"}')
    mark.parsed.encode("utf-8")


def test_a_stored_answer_gets_the_mark_of_the_live_one():
    live = "Answer: differential diagnosis\ud83d"
    assert text(TEXT, said(live)) == text(TEXT, said(live.encode("utf-8", "replace").decode()))
