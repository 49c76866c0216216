"""Which way a model is answered, and that the slower ways are as exact as the fast one."""

import copy
from dataclasses import replace

import pytest
import torch

from evalkit.engines import forward, stepwise
from evalkit.engines.forward import ScoreRow
from evalkit.engines.memory import GIB
from evalkit.engines.ways import reach, rescaled
from tests.contracts.engine import EngineLaws, answers, asked, assert_same
from tests.engines.test_copies import model_of
from tests.engines.test_prefix import UNFIT, engine_of

TEXTS = ("Which gas?", "The slab is 230 mm thick. " * 3, "B", "The slab is 230 mm thick. " * 3 + "So?", "转炉吹入的气体？")


@pytest.mark.filterwarnings("ignore::UserWarning")  # of generate, about settings that are not ours
@pytest.mark.parametrize("shape", UNFIT)
def test_texts_of_models_that_packed_rows_do_not_fit_are_the_librarys(shape):
    engine = engine_of(shape)
    requests = [asked("generate", text, max_tokens=6 + number) for number, text in enumerate(TEXTS)]
    found = answers(engine, requests)
    ready, encoder = engine.load(), engine.encoder()
    for request in requests:
        ids = encoder.prompt(request)
        made = ready.model.generate(
            torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), do_sample=False,
            max_new_tokens=request.max_tokens, eos_token_id=sorted(ready.ends), pad_token_id=0,
        )[0, len(ids) :].tolist()  # fmt: skip
        response = found[request.id]
        assert response.text == encoder.read([token for token in made if token not in ready.ends])
        assert response.tokens_out == len(made)
        assert response.finish == ("stop" if made[-1] in ready.ends else "length")
    facts = engine.facts()
    assert facts["writing"]["way"] in ("cache", "alone")
    assert any("does not fit the 'packed' way of writing" in entry["event"] for entry in facts["events"])


def test_rows_that_disturb_each_other_are_written_alone(monkeypatch):
    made = stepwise.Decoding.__init__

    def forgetful(self, model, prompts):
        made(self, model, prompts)
        self.mask = torch.ones_like(self.mask)  # padding is taken for text

    monkeypatch.setattr(stepwise.Decoding, "__init__", forgetful)
    engine = engine_of("mamba")
    requests = [asked("generate", text, max_tokens=4) for text in TEXTS]
    found = answers(engine, requests)
    assert engine.facts()["writing"]["way"] == "alone"
    monkeypatch.undo()
    for name, response in answers(engine_of("mamba"), requests).items():
        assert_same(response, found[name])


@pytest.mark.parametrize("shape", ["bloom", "mamba", "hybrid"])
class TestLawsOfSlowerWays(EngineLaws):
    @pytest.fixture
    def engine(self, shape):
        return engine_of(shape)


def test_a_model_without_a_cache_that_is_known_is_refused_in_words():
    class Odd(torch.nn.Module):
        config = model_of("llama").config
        device = torch.device("cpu")

        def forward(self, input_ids, memory):
            raise AssertionError

    with pytest.raises(TypeError, match="takes no cache that evalkit knows"):
        stepwise.Decoding(Odd(), [(1, 2)])


def test_texts_within_a_memory_limit_are_the_same():
    requests = [asked("generate", text, max_tokens=6) for text in TEXTS]
    free = answers(engine_of(), requests)
    tight = engine_of()
    tight.load()
    tight._config = tight._config.model_copy(update={"memory_gib": (tight._taken + 56 * 2**20) / GIB})
    for name, response in answers(tight, requests).items():
        assert_same(response, free[name])


@pytest.mark.parametrize(("shape", "tokens"), [("llama", 0), ("gemma2", 16), ("gemma3", 16), ("recurrent_gemma", 64)])
def test_the_length_from_which_rows_may_be_treated_otherwise(shape, tokens):
    assert reach(model_of(shape)) == tokens


def test_positions_that_are_rescaled_make_rows_go_alone():
    from transformers import AutoConfig

    engine = engine_of()
    ready = engine.ready()
    assert ready.rescaled == 0
    config = AutoConfig.from_pretrained(engine._files())
    config.rope_parameters = {"rope_type": "dynamic", "factor": 4.0, "rope_theta": 10_000.0}
    config.max_position_embeddings = 48
    model = type(ready.model)(config).eval()
    model.load_state_dict(ready.model.state_dict())
    assert rescaled(model) == 48
    engine.model = replace(engine.model, context=None)
    untouched = copy.deepcopy(model)  # the library keeps the scaling of the longest forward so far: each comparison starts afresh
    engine._ready, engine._loaded = None, replace(engine._loaded, model=model)
    requests = [asked("score", "gas " * (5 + 9 * number)) for number in range(8)]
    requests += [asked("generate", "gas " * (5 + 9 * number), max_tokens=4) for number in range(4)]
    found = answers(engine, requests)
    for request in requests:
        if request.ability == "score":
            for nats, (context, option) in zip(found[request.id].loglikelihoods, engine.encoder().pairs(request), strict=True):
                row = ScoreRow("", (*context, *option[:-1]), ((len(context) - 1, option),))  # its last token, fed, would scale it too
                assert nats == pytest.approx(forward.loglikelihoods(copy.deepcopy(untouched), [row])[0][0], abs=1e-4 * len(option), rel=0)
        else:
            ids = engine.encoder().prompt(request)
            fresh = copy.deepcopy(untouched)
            made = fresh.generate(
                torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), do_sample=False, max_new_tokens=4,
                eos_token_id=sorted(engine.load().ends), pad_token_id=0,
            )  # fmt: skip
            assert found[request.id].text == engine.encoder().read([token for token in made[0, len(ids) :].tolist() if token not in engine.load().ends])


def test_long_rope_is_read_from_its_own_entry():
    from types import SimpleNamespace

    config = SimpleNamespace(max_position_embeddings=2048)
    config.get_text_config = lambda **_: config
    config.rope_parameters = {"full": {"rope_type": "longrope", "original_max_position_embeddings": 512}, "local": {"rope_type": "default"}}
    assert rescaled(SimpleNamespace(config=config)) == 512
