"""From responses to scores: joined by id, missing kept apart from zero."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from evalkit.config import RunConfig
from evalkit.engines.echo import EchoEngine
from evalkit.errors import ConfigError
from evalkit.plan import Plan, build_plan
from evalkit.prompts import gold_text
from evalkit.records import Response, Score
from evalkit.scoring import find_metric, metric_name, score


@pytest.fixture
def plan(built_toy: Path) -> Plan:
    return build_plan(RunConfig(suites=(str(built_toy),)), EchoEngine())


def _right(plan: Plan) -> list[Response]:
    gold = {request.id: gold_text(plan.items[request.item]) for request in plan.requests}
    return list(EchoEngine(answer=lambda request: gold[request.id]).answer(plan.requests))


def test_the_gold_scores_one_everywhere(plan: Plan):
    rows = list(score(plan, _right(plan)))
    assert len(rows) == len(plan.requests)
    assert {row.value for row in rows} == {1.0}, [row.key for row in rows if row.value != 1.0]
    assert {row.state for row in rows} == {"answered"}


def test_order_and_repeats_cannot_shift_an_answer(plan: Plan):
    responses = _right(plan)
    assert list(score(plan, reversed(responses))) == list(score(plan, [*responses, *responses]))


def test_a_missing_response_is_ours_and_not_zero(plan: Plan):
    responses = [response for response in _right(plan) if response.request != plan.requests[0].id]
    first: Score = next(row for row in score(plan, responses) if row.request == plan.requests[0].id)
    assert first.value is None
    assert first.state == "errored"


def test_states_of_the_model_score_zero(plan: Plan):
    number = next(request for request in plan.requests if plan.items[request.item].form == "number")
    by_id = {response.request: response for response in _right(plan)}

    def scored(**change: object) -> Score:
        responses = {**by_id, number.id: replace(by_id[number.id], **change)}  # type: ignore[arg-type]
        return next(row for row in score(plan, responses.values()) if row.request == number.id)

    assert (scored(text="I cannot help with that request.").state, scored(text="I cannot help with that request.").value) == ("refused", 0.0)
    assert scored(text="It is blue.").state == "unparsable"
    assert scored(text="<think>first I", finish="length").state == "cut_off"
    assert scored(text="", finish="over_context").state == "over_context"
    assert scored(text="", finish="error", error="network").value is None


def test_a_wrong_option_names_its_mistake(plan: Plan):
    request = next(request for request in plan.requests if request.item == "toy-knowledge-001-en")
    wrong = next(EchoEngine(answer=lambda _: "B").answer([request]))
    row = next(row for row in score(plan, [wrong]) if row.request == request.id)
    assert (row.value, row.parsed, row.mistake) == (0.0, "5", "off by one")
    assert (row.chosen_place, row.gold_place) == (1, 0)


def test_metrics_by_task_then_form_then_the_forms_own(plan: Plan):
    item = plan.items["toy-procedure-001-en"]
    assert metric_name({}, item) == "ordering"
    assert metric_name({"ordering": "ordering_tau"}, item) == "ordering_tau"
    assert metric_name({"ordering": "ordering_tau", "procedure": "text"}, item) == "text"
    with pytest.raises(ConfigError, match="no metric is called 'orderin'; did you mean 'ordering'"):
        find_metric("orderin")


def test_a_suite_may_name_its_metrics(plan: Plan):
    named = replace(plan, metrics={"toy": {"ordering": "ordering_tau"}})
    request = next(request for request in plan.requests if request.item == "toy-procedure-001-en")
    response = Response(request=request.id, finish="stop", text="Answer: B, A, C")
    values = {row.value for row in score(named, [response]) if row.request == request.id}
    assert values != {row.value for row in score(plan, [response]) if row.request == request.id}
    assert SimpleNamespace(values=values).values
