"""Laws of every engine. A plugin's test makes its own engine pass them:

    class TestMine(EngineLaws):
        @pytest.fixture
        def engine(self): return MyEngine(config)
"""

import random
from collections.abc import Sequence
from typing import get_args

import pytest

from evalkit.canon import digest
from evalkit.protocols import Engine
from evalkit.records import Ability, Finish, Message, Request, Response

NATS = 1e-4  # allowed difference of a log-likelihood, for each token


LETTERS = ("A", "B", "C", "D")


def asked(
    ability: Ability,
    text: str,
    *,
    options: Sequence[str] = LETTERS,
    max_tokens: int = 8,
    cue: str = "Answer:",
    stop: Sequence[str] = (),
) -> Request:
    """A request of one user turn, with an identity of its own."""
    scored = ability == "score"
    return Request(
        id=digest([ability, text, list(options), cue, max_tokens, list(stop)]),
        item=text[:20],
        ability=ability,
        messages=(Message(role="user", content=text),),
        cue=cue,
        options=tuple(options) if scored else (),
        max_tokens=0 if scored else max_tokens,
        stop=tuple(stop),
    )


def typical_requests() -> list[Request]:
    """Letters and longer options, short and long prompts, zh and en, scored and generated."""
    lines = "A. oxygen\nB. nitrogen\nC. argon under pressure\nD. hydrogen"
    texts = ["Which gas is blown?", "转炉吹入的气体是什么？", "The slab is 230 mm thick. " * 6 + "How long?", "Short."]
    made = [asked("score", f"{text}\n{lines}") for text in texts]
    made += [asked("score", f"{text}\n{lines}", cue="答案：") for text in texts[:2]]
    made += [asked("score", f"{texts[2]}\n{lines}", options=("oxygen gas", "nitrogen", "argon under pressure", "hydrogen"))]
    made += [asked("generate", text, max_tokens=limit) for text, limit in zip(texts, (6, 3, 9, 6), strict=True)]
    return made


def assert_same(one: Response, other: Response) -> None:
    """The two say the same: texts and counts equal, log-likelihoods within `NATS` a token, the same option first."""
    assert (one.request, one.finish, one.text, one.tokens_in, one.tokens_out, one.option_tokens) == (
        other.request, other.finish, other.text, other.tokens_in, other.tokens_out, other.option_tokens,
    )  # fmt: skip
    assert bool(one.error) == bool(other.error)
    assert len(one.loglikelihoods) == len(other.loglikelihoods)
    for left, right, tokens in zip(one.loglikelihoods, other.loglikelihoods, one.option_tokens, strict=True):
        assert left == pytest.approx(right, abs=NATS * tokens, rel=0)
    if one.loglikelihoods:
        first = one.loglikelihoods.index(max(one.loglikelihoods))
        tied = other.loglikelihoods[first] >= max(other.loglikelihoods) - 2 * NATS * max(one.option_tokens)
        assert other.loglikelihoods.index(max(other.loglikelihoods)) == first or tied


def answers(engine: Engine, requests: Sequence[Request]) -> dict[str, Response]:
    """Responses by request; fails where one is answered twice or not at all."""
    responses = list(engine.answer(requests))
    assert sorted(response.request for response in responses) == sorted(request.id for request in requests)
    return {response.request: response for response in responses}


class EngineLaws:
    """Subclass it, give `engine`, and where needed `requests`."""

    @pytest.fixture
    def engine(self) -> Engine:
        raise NotImplementedError("give the engine that is tested")

    @pytest.fixture
    def requests(self, engine: Engine) -> list[Request]:
        return [request for request in typical_requests() if request.ability in engine.abilities]

    def test_says_what_it_is(self, engine: Engine):
        assert engine.abilities <= set(get_args(Ability))
        assert engine.abilities
        assert engine.rules
        assert len(engine.model.weights_digest) == 64
        assert engine.model.name

    def test_nothing_asked_nothing_answered(self, engine: Engine):
        assert list(engine.answer([])) == []

    def test_each_request_is_answered_once_in_known_words(self, engine: Engine, requests: list[Request]):
        by_id = {request.id: request for request in requests}
        for response in answers(engine, requests).values():
            assert response.finish in get_args(Finish)
            assert (response.finish == "error") == bool(response.error)
            request = by_id[response.request]
            if response.finish == "scored":
                assert request.ability == "score"
                assert len(response.loglikelihoods) == len(response.option_tokens) == len(request.options)
                assert all(value <= 0 for value in response.loglikelihoods)
                assert all(tokens >= 1 for tokens in response.option_tokens)
            if response.total_s is not None and response.first_s is not None:
                assert 0 <= response.first_s <= response.total_s

    def test_order_does_not_matter(self, engine: Engine, requests: list[Request]):
        straight = answers(engine, requests)
        mixed = list(requests)
        random.Random(7).shuffle(mixed)
        for name, response in answers(engine, mixed).items():
            assert_same(response, straight[name])

    def test_one_at_a_time_is_the_same(self, engine: Engine, requests: list[Request]):
        together = answers(engine, requests)
        for request in requests:
            (alone,) = engine.answer([request])
            assert_same(alone, together[request.id])

    def test_asking_again_gives_the_same(self, engine: Engine, requests: list[Request]):
        first = answers(engine, requests)
        for name, response in answers(engine, requests).items():
            assert_same(response, first[name])

    def test_facts_are_json(self, engine: Engine, requests: list[Request]):
        import json

        answers(engine, requests[:2])
        assert json.loads(json.dumps(dict(engine.facts())))
