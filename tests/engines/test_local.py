import math
from dataclasses import dataclass, replace

import pytest
import torch

from evalkit.engines import forward, plain, prefix
from evalkit.engines.local import RULES, LocalEngine
from evalkit.errors import ModelError
from evalkit.records import Message
from tests.contracts.engine import NATS, EngineLaws, answers, asked, assert_same, typical_requests
from tests.tiny import checkpoint

KINDS = [("llama", "own bos"), ("llama", ""), ("gpt2", ""), ("gemma2", "no system")]


@dataclass(frozen=True)
class Settings:
    """What `config.EngineConfig` gives, with the defaults of a test."""

    model: str
    revision: str = ""
    dtype: str = "float32"
    device: str = "cpu"
    batch_size: int | None = None
    chat_template: str = "auto"
    memory_gib: float | None = None


def engine_of(shape="llama", chat="own bos", *, adds_bos=True, context=512, **settings) -> LocalEngine:
    folder = checkpoint(shape, chat=chat, adds_bos=adds_bos and shape != "gpt2", context=context)
    return LocalEngine(Settings(model=str(folder), **settings))


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: "-".join(kind).replace(" ", "_"))
def loaded(request):
    engine = engine_of(*request.param)
    engine.load()
    return engine


class TestLaws(EngineLaws):
    @pytest.fixture
    def engine(self, loaded):
        return loaded


class TestLawsAtEightRows(EngineLaws):
    @pytest.fixture
    def engine(self):
        return engine_of(batch_size=8)


def test_making_one_loads_nothing():
    engine = engine_of()
    assert engine.rules == RULES == "local/3"
    assert "load_s" not in engine.facts()
    list(engine.answer([asked("score", "x")]))
    facts = engine.facts()
    assert facts["device"] == "cpu"
    assert facts["load_s"] > 0
    assert facts["peak_rss_bytes"] > 50_000_000
    assert facts["events"] == []


# ---------------------------------------------------------------- scoring


def expected_nats(engine, request):
    """Each option's log-likelihood by a plain forward over the text as one string, BOS in front."""
    tokenizer, encoder = engine.encoder().tokenizer, engine.encoder()
    text = encoder.text(request)
    space = " " if request.cue.endswith(":") else ""
    head = tokenizer(text.rstrip(), add_special_tokens=False)["input_ids"]
    bos = [tokenizer.bos_token_id] if encoder.adds_bos and head[0] != tokenizer.bos_token_id else []
    for option in request.options:
        whole = tokenizer(text + space + option, add_special_tokens=False)["input_ids"]
        yield plain.loglikelihood(engine.load().model, bos + whole[: len(head)], whole[len(head) :]), len(whole) - len(head)


@pytest.mark.parametrize("batch_size", [1, 3, 8, None])
def test_loglikelihoods_equal_a_plain_forward(loaded, batch_size):
    engine = loaded
    engine._config = replace(engine._config, batch_size=batch_size)
    requests = [request for request in typical_requests() if request.ability == "score"]
    found = answers(engine, requests)
    for request in requests:
        response = found[request.id]
        assert response.finish == "scored"
        wanted = list(expected_nats(engine, request))
        assert response.option_tokens == tuple(tokens for _, tokens in wanted)
        for nats, (value, tokens) in zip(response.loglikelihoods, wanted, strict=True):
            assert nats == pytest.approx(value, abs=NATS * tokens, rel=0)
        assert len(set(response.loglikelihoods)) == len(request.options)  # the model does tell them apart


def test_one_row_at_a_time_is_equal_to_the_last_bit_in_any_order():
    engine = engine_of(batch_size=1)
    requests = typical_requests()
    straight, turned = answers(engine, requests), answers(engine, requests[::-1])
    for name, response in straight.items():
        assert response.loglikelihoods == turned[name].loglikelihoods


def test_letters_of_one_prompt_are_read_at_one_position():
    engine = engine_of()
    list(engine.answer([asked("score", "Which metal?")]))  # the first request is also what the engine proves itself on
    before = engine.facts()["work"]
    (response,) = engine.answer([asked("score", "Which gas?")])
    after = engine.facts()["work"]
    assert len(response.loglikelihoods) == 4
    assert response.option_tokens == (1, 1, 1, 1)
    assert after["positions"] - before["positions"] == 1
    assert after["steps"] - before["steps"] == 1
    assert after["tokens_computed"] - before["tokens_computed"] == response.tokens_in


def test_a_head_that_is_no_module_call_gives_the_same_numbers():
    """logits_at falls back to picking from full logits where the head's hook never fires."""
    engine = engine_of()
    model = engine.load().model
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.inference_mode():
        narrow = forward.logits_at(model, torch.tensor([0, 0]), torch.tensor([1, 3]), input_ids=ids)

        class Around:
            def get_output_embeddings(self):
                return torch.nn.Linear(2, 2)

            def __call__(self, **inputs):
                return model(**inputs)

        wide = forward.logits_at(Around(), torch.tensor([0, 0]), torch.tensor([1, 3]), input_ids=ids)
    assert torch.allclose(narrow, wide, atol=1e-5)


def test_numbers_that_are_not_finite_are_an_error_never_an_answer():
    engine = engine_of("llama", "")
    with torch.no_grad():
        engine.load().model.lm_head.weight[3] = math.nan
    responses = answers(engine, [asked("score", "x"), asked("generate", "x")])
    assert {response.finish for response in responses.values()} == {"error"}
    assert all("not finite" in response.error for response in responses.values())


def test_an_option_without_tokens_or_no_option_is_refused_alone():
    engine = engine_of("llama", "")
    bad, none, good = asked("score", "x", options=("A", ""), cue=""), asked("score", "y", options=()), asked("score", "z")
    found = answers(engine, [bad, none, good])
    assert "adds no token" in found[bad.id].error
    assert "no options" in found[none.id].error
    assert found[good.id].finish == "scored"


# ---------------------------------------------------------------- generating


def test_what_is_written_is_a_plain_forwards_likeliest(loaded):
    """Through the engine; `test_generate` has the ways of writing themselves."""
    requests = [asked("generate", text, max_tokens=limit) for text, limit in (("Which gas?", 9), ("转炉吹入的气体？", 5), ("B", 1))]
    found = answers(loaded, requests)
    ready, encoder = loaded.load(), loaded.encoder()
    for request in requests:
        ids, response = encoder.prompt(request), found[request.id]
        wanted = plain.greedy(ready.model, ids, max_tokens=request.max_tokens, ends=ready.ends)
        ended = wanted[-1] in ready.ends
        assert response.text == encoder.read(wanted[:-1] if ended else wanted)
        assert (response.finish, response.tokens_in, response.tokens_out) == ("stop" if ended else "length", len(ids), len(wanted))
        assert 0 < response.first_s <= response.total_s


def test_the_chat_templates_own_end_of_turn_ends_an_answer(monkeypatch):
    engine = engine_of("llama", "own bos")
    end = engine.encoder().tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert engine.encoder().tokenizer.eos_token_id != end
    assert {end, engine.encoder().tokenizer.eos_token_id} <= engine.load().ends
    assert end not in engine_of("llama", "").load().ends


# ---------------------------------------------------------------- limits and trouble


def test_too_long_for_the_context_is_said_and_nothing_is_cut():
    engine = engine_of("gpt2", "", context=64)
    long, short = asked("score", "slab " * 100), asked("score", "slab")
    generated, fits = asked("generate", "slab", max_tokens=64), asked("generate", "slab", max_tokens=4)
    found = answers(engine, [long, short, generated, fits])
    assert found[long.id].finish == "over_context"
    assert found[long.id].tokens_in > 64
    assert found[short.id].finish == "scored"
    assert found[generated.id].finish == "over_context"
    assert found[fits.id].finish in ("stop", "length")
    exact = asked("generate", "slab", max_tokens=64 - found[fits.id].tokens_in)
    (response,) = engine.answer([exact])
    assert response.finish in ("stop", "length")


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("not enough memory: you tried to allocate"), MemoryError()]
)
def test_out_of_memory_every_seventh_forward_loses_nothing(monkeypatch, error):
    engine = engine_of("llama", "", batch_size=2)
    requests = [asked("score", f"{number} of the questions " * (1 + number % 5)) for number in range(40)]
    requests += [asked("score", "the same start of a longer text, over and over " * 3 + f"end {number}") for number in range(12)]
    clean = answers(engine, requests)
    calls = raised = 0
    inner = prefix._run

    def failing(*arguments):
        nonlocal calls, raised
        calls += 1
        if calls % 7 == 0:
            raised += 1
            raise error
        return inner(*arguments)

    monkeypatch.setattr(prefix, "_run", failing)
    found = answers(engine, requests)
    assert raised >= 2
    for name, response in found.items():
        assert response.finish == clean[name].finish == "scored"
        assert_same(response, clean[name])
    events = engine.facts()["events"]
    assert all(entry["event"].startswith("out of memory: a group of ") for entry in events)
    assert sum(entry["times"] for entry in events) == raised


def test_a_request_that_never_fits_is_an_error_and_its_neighbours_are_answered(monkeypatch):
    engine = engine_of(batch_size=8)
    requests = [asked("score", f"question {number}") for number in range(7)]
    bad = asked("score", "question " * 30)
    list(engine.answer(requests[:2]))
    inner = prefix._run

    def call(model, pack, places):
        if any(row.positions[-1] > 100 for row in pack.rows):
            raise torch.OutOfMemoryError("out of memory")
        return inner(model, pack, places)

    monkeypatch.setattr(prefix, "_run", call)
    found = answers(engine, [*requests, bad])
    assert found[bad.id].finish == "error"
    assert "out of memory" in found[bad.id].error
    assert {found[request.id].finish for request in requests} == {"scored"}


def test_an_exception_is_an_error_response_and_ctrl_c_passes_through(monkeypatch):
    engine = engine_of()
    list(engine.answer([asked("score", "y")]))

    def broken(*_):
        raise IndexError("index out of range in self")

    monkeypatch.setattr(prefix, "_run", broken)
    (response,) = engine.answer([asked("score", "x")])
    assert response.finish == "error"
    assert "IndexError" in response.error

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(prefix, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(engine.answer([asked("score", "x")]))


def test_a_template_that_raises_costs_only_its_request():
    engine = engine_of("gemma2", "no system")
    good = asked("score", "x")
    empty = replace(good, id="f" * 64, messages=())
    found = answers(engine, [good, empty])
    assert found[good.id].finish == "scored"
    assert found[empty.id].finish == "error"


def test_what_cannot_be_had_is_refused_before_or_at_loading():
    with pytest.raises(ModelError, match="no chat template"):
        engine_of("llama", "", chat_template="always")
    with pytest.raises(ModelError, match="memory_gib"):
        engine_of(memory_gib=1e-6)
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="usable: auto, cpu"):
            engine_of(device="cuda").load()
    assert engine_of(chat_template="never").rules != RULES


def test_lower_precision_runs_and_is_named():
    engine = engine_of(dtype="bfloat16")
    (response,) = engine.answer([asked("score", "x")])
    assert response.finish == "scored"
    assert engine.model.dtype == engine.facts()["dtype"] == "bfloat16"
    assert next(engine.load().model.parameters()).dtype is torch.bfloat16


def test_the_prompts_tokens_are_counted_without_weights():
    engine = engine_of()
    request = asked("generate", "Which gas?")
    count = engine.prompt_tokens(request)
    assert engine._loaded is None
    (response,) = engine.answer([request])
    assert response.tokens_in == count


def test_turns_of_worked_examples_reach_the_model():
    engine = engine_of("llama", "own bos")
    bare = asked("score", "Which gas?")
    shots = (Message(role="user", content="Which metal?"), Message(role="assistant", content="Answer: B"))
    (one,) = engine.answer([bare])
    (other,) = engine.answer([replace(bare, id="e" * 64, messages=(*shots, *bare.messages))])
    assert other.tokens_in > one.tokens_in
    assert other.loglikelihoods != one.loglikelihoods


def test_the_peak_begins_anew_where_the_system_can_and_says_so():
    engine = engine_of()
    held = bytearray(b"x" * 150_000_000)
    before = engine.facts()
    assert before["peak_what"] == "process memory since start"
    assert before["peak_bytes"] >= len(held)
    del held
    done = engine.reset_peak()
    after = engine.facts()
    assert after["peak_what"] == ("process memory since the timed passes began" if done else "process memory since start")
    if done:
        assert after["peak_bytes"] < before["peak_bytes"] - 100_000_000
    else:
        assert after["peak_bytes"] >= before["peak_bytes"]
    assert after["peak_rss_bytes"] >= before["peak_rss_bytes"]
    grown = bytearray(b"x" * 150_000_000)
    assert engine.facts()["peak_bytes"] >= len(grown)


def test_a_peak_that_cannot_begin_anew_is_since_start(monkeypatch, tmp_path):
    engine = engine_of()
    monkeypatch.setattr("evalkit.engines.memory._PROC", tmp_path / "absent")
    assert not engine.reset_peak()
    facts = engine.facts()
    assert facts["peak_what"] == "process memory since start"
    assert facts["peak_bytes"] == facts["peak_rss_bytes"] > 50_000_000
    (tmp_path / "absent").mkdir()  # a system that takes the write and does nothing
    (tmp_path / "absent" / "status").write_text("VmHWM:  900000 kB\nVmRSS:  100000 kB\n")
    assert not engine.reset_peak()
    assert engine.facts()["peak_bytes"] == 900_000 * 1024
