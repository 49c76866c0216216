"""Plans: digested, balanced, without repeats, and different for whatever could change an answer."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evalkit.config import RunConfig
from evalkit.errors import ConfigError, SuiteError
from evalkit.plan import Decoding, Plan, build_plan, request_id
from evalkit.prompts import Prompt
from evalkit.records import DOMAINS, Item, Model

MODEL = Model(name="m", source="m", weights_digest="w", tokenizer_digest="t", template_digest="c", dtype="float32")


def _engine(model: Model = MODEL, rules: str = "r/1", abilities: tuple[str, ...] = ("score", "generate")) -> SimpleNamespace:
    return SimpleNamespace(model=model, rules=rules, abilities=frozenset(abilities))


def _plan(suite: Path, engine: SimpleNamespace | None = None, **more: object) -> Plan:
    return build_plan(RunConfig(suites=(str(suite),), **more), engine or _engine())  # type: ignore[arg-type]


def test_the_same_inputs_give_the_same_plan(built_toy: Path):
    assert _plan(built_toy) == _plan(built_toy)


def test_every_request_joins_its_item(built_toy: Path):
    plan = _plan(built_toy)
    assert {request.item for request in plan.requests} == set(plan.items)
    for request in plan.requests:
        item = plan.items[request.item]
        assert item.key == request.item
        assert (request.ability == "score") == (item.form == "choice")
        assert request.options == (tuple(item.labels[: len(item.choices)]) if item.form == "choice" else ())


@pytest.mark.parametrize(
    "engine",
    [
        _engine(replace(MODEL, weights_digest="other")),
        _engine(replace(MODEL, tokenizer_digest="other")),
        _engine(replace(MODEL, template_digest="other")),
        _engine(replace(MODEL, dtype="bfloat16")),
        _engine(rules="r/2"),
    ],
    ids=["weights", "tokenizer", "template", "dtype", "rules"],
)
def test_no_answer_is_shared_by_what_could_differ(built_toy: Path, engine: SimpleNamespace):
    ours = {request.id for request in _plan(built_toy).requests}
    theirs = {request.id for request in _plan(built_toy, engine).requests}
    assert not ours & theirs


@pytest.mark.parametrize(
    "change", [{"max_tokens": 9}, {"stop": ("\n",)}, {"temperature": 0.7}, {"temperature": 0.7, "top_p": 0.9}, {"temperature": 0.7, "seed": "1"}], ids=str
)  # fmt: skip
def test_decoding_is_part_of_the_identity(change: dict[str, Any]):
    asked: dict[str, Any] = {"ability": "generate", "prompt": Prompt(messages=(), cue="", options=("A",)), "run": 0}
    plain = request_id(MODEL, "r/1", **asked, decoding=Decoding(max_tokens=8))
    changed = request_id(MODEL, "r/1", **asked, decoding=replace(Decoding(max_tokens=8), **change))
    assert changed != plain
    if len(change) > 1:  # each of the two counts
        (first, *_) = change
        assert changed != request_id(MODEL, "r/1", **asked, decoding=replace(Decoding(max_tokens=8), **{first: change[first]}))


@pytest.mark.parametrize("change", [{"ability": "score"}, {"run": 1}], ids=str)
def test_what_is_asked_is_part_of_the_identity(change: dict[str, Any]):
    asked: dict[str, Any] = {"ability": "generate", "prompt": Prompt(messages=(), cue="", options=("A",)), "run": 0}
    assert request_id(MODEL, "r/1", **asked, decoding=Decoding()) != request_id(MODEL, "r/1", **(asked | change), decoding=Decoding())


def test_greedy_decoding_has_no_seed_and_drawn_decoding_its_own(built_toy: Path):
    greedy = _plan(built_toy)
    assert {(request.temperature, request.seed) for request in greedy.requests} == {(0.0, "")}
    engine = _engine(abilities=("generate",))
    drawn = build_plan(RunConfig(suites=(str(built_toy),), temperature=0.7, top_p=0.9, seed="7"), engine)  # type: ignore[arg-type]
    assert {(request.temperature, request.top_p, request.seed) for request in drawn.requests} == {(0.7, 0.9, "7")}


def test_a_model_by_another_name_is_the_same_model(built_toy: Path):
    renamed = _plan(built_toy, _engine(replace(MODEL, name="n", source="elsewhere")))
    assert [request.id for request in renamed.requests] == [request.id for request in _plan(built_toy).requests]


def test_the_placebo_is_asked_afresh(built_toy: Path):
    plan = _plan(built_toy)
    by_item = {request.item: request for request in plan.requests}
    placebos = [item for item in plan.items.values() if item.arm == "placebo"]
    assert placebos
    for item in placebos:
        assert by_item[item.key].messages == by_item[item.id].messages
        assert by_item[item.key].id != by_item[item.id].id


@pytest.mark.parametrize("profile", ["preview", "fast", "full"])
def test_the_placebo_is_no_rerun(built_toy: Path, profile: str):
    plan = _plan(built_toy, profile=profile)
    ids = {arm: {request.id for request in plan.requests if plan.items[request.item].arm == arm} for arm in ("clean", "placebo")}
    assert ids["placebo"]
    assert not ids["placebo"] & ids["clean"]


def test_the_scoring_rule_is_part_of_the_plan(built_toy: Path):
    before = _plan(built_toy)
    path = built_toy / "suite.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "metrics: {ordering: ordering_tau}\n", encoding="utf-8")
    assert _plan(built_toy).digest != before.digest


def test_timed_requests_have_the_mix_of_the_run():
    plan = build_plan(RunConfig(suites=DOMAINS), _engine())  # type: ignore[arg-type]
    clean = [request for request in plan.requests if plan.items[request.item].arm == "clean"]
    share = sum(request.ability == "score" for request in clean) / len(clean)
    for timed in (plan.stream, plan.offline):
        scored = sum(request.ability == "score" for request in timed)
        assert abs(scored - share * len(timed)) <= 1
        assert 0 < scored < len(timed)
    assert len(plan.stream) == plan.profile.stream_items
    assert len(plan.offline) == plan.profile.offline_items


def test_sizes_follow_the_profile(built_toy: Path):
    preview, full = _plan(built_toy), _plan(built_toy, profile="full")
    arms = Counter(item.arm for item in full.items.values())
    assert len(full.requests) > len(preview.requests)
    assert arms["clean"] > 13  # reruns of the core
    per_operator: dict[tuple[int, str], set[str]] = {}
    for item in preview.items.values():
        if item.arm != "clean":
            per_operator.setdefault((item.operator, item.arm), set()).add(item.id)
    assert {len(ids) for ids in per_operator.values()} <= set(range(1, preview.profile.core_per_suite + 1))
    assert {number for number, _ in per_operator} == {0, 4, 5, 8, 9, 12}


def test_limit_is_the_first_items(built_toy: Path):
    small, whole = _plan(built_toy, limit=4), _plan(built_toy)
    clean = [item.id for item in small.items.values() if item.arm == "clean"]
    assert clean == [item.id for item in whole.items.values() if item.arm == "clean"][:4]
    assert {item.id for item in small.items.values()} == set(clean)


def test_timed_requests_are_the_same_for_every_model(built_toy: Path):
    ours, theirs = _plan(built_toy), _plan(built_toy, _engine(replace(MODEL, weights_digest="other")))
    assert [request.item for request in ours.stream] == [request.item for request in theirs.stream]
    assert all(ours.items[request.item].arm == "clean" for request in (*ours.stream, *ours.offline))
    assert _plan(built_toy, efficiency=False).stream == ()


def test_shots_are_of_the_same_kind_and_never_of_the_same_cluster():
    plan = build_plan(RunConfig(suites=("healthcare",), shots=2, limit=12), _engine())  # type: ignore[arg-type]
    shown = [request for request in plan.requests if plan.items[request.item].form in ("choice", "number")]
    assert shown
    for request in shown:
        assert [message.role for message in request.messages] == ["user", "assistant"] * 2 + ["user"]
        stems = " ".join(message.content for message in request.messages[:-1])
        assert plan.items[request.item].stem not in stems
    by_item = {}
    for request in shown:
        item = plan.items[request.item]
        if item.prompt == "plain":
            by_item.setdefault(item.id, set()).add(tuple(message.content for message in request.messages[:-1]))
    assert all(len(shots) == 1 for shots in by_item.values())  # the same shots for all variants of an item


def test_too_many_shots_are_refused(built_toy: Path):
    with pytest.raises(SuiteError, match="use fewer shots"):
        _plan(built_toy, shots=9)


def test_answers_can_be_generated(built_toy: Path):
    plan = _plan(built_toy, answers="generated")
    assert {request.ability for request in plan.requests} == {"generate"}
    assert all(request.max_tokens >= 8 for request in plan.requests)


def test_an_engine_that_cannot_is_refused_before_anything_runs(built_toy: Path):
    with pytest.raises(ConfigError, match="cannot score options"):
        _plan(built_toy, _engine(abilities=("generate",)), answers="scored")
    with pytest.raises(ConfigError, match="cannot generate"):
        _plan(built_toy, _engine(abilities=("score",)))


def test_two_suites_of_one_name_are_refused(built_toy: Path, tmp_path: Path):
    shutil.copytree(built_toy, tmp_path / "copy")
    with pytest.raises(SuiteError, match="two of the suites are called 'toy'"):
        build_plan(RunConfig(suites=(str(built_toy), str(tmp_path / "copy"))), _engine())  # type: ignore[arg-type]


def test_keys_are_unique_and_readable(built_toy: Path):
    plan = _plan(built_toy, profile="full")
    keys = [request.item for request in plan.requests]
    assert len(set(keys)) == len(keys)
    item: Item = next(item for item in plan.items.values() if item.operator == 9)
    assert item.key == f"{item.id}#9.{item.draw}.perturbed.0"


def test_code_is_not_asked_where_it_cannot_be_graded_and_the_plan_says_so(built_toy: Path, monkeypatch: pytest.MonkeyPatch):
    from evalkit.build import build
    from evalkit.metrics import code
    from evalkit.suite import find_suite

    line = {
        "id": "toy-code-001-en", "task": "code", "subarea": "sums", "form": "code", "language": "en", "level": "apply", "stem": "Write add.",
        "answer": "module add; endmodule", "bench": "module bench; endmodule", "explanation": "as told", "source": {"title": "Arithmetic"},
    }  # fmt: skip
    (built_toy / "items" / "code.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    build(find_suite(str(built_toy)))
    monkeypatch.setattr(code, "available", lambda: True)
    whole = _plan(built_toy)
    monkeypatch.setattr(code, "available", lambda: False)
    without = _plan(built_toy)
    assert "toy-code-001-en" in whole.items
    assert not whole.left_out
    assert set(whole.items) - set(without.items) == {key for key in whole.items if key.startswith("toy-code")}
    assert without.left_out == ("1 code items of toy were not asked: iverilog, which grades them, is not installed",)
    assert without.digest != whole.digest
