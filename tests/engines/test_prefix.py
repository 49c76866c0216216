"""Scoring over shared prefixes: equal to a plain forward for every shape, whatever the sizes, and never a wrong figure."""

import logging
import math
import random
from dataclasses import replace

import pytest
import torch

from evalkit.config import EngineConfig
from evalkit.engines import forward, head, plain, prefix, ways
from evalkit.engines.attention import Store, UnfitError
from evalkit.engines.forest import Limits, grow
from evalkit.engines.forward import ScoreRow
from evalkit.engines.head import Head
from evalkit.engines.local import LocalEngine
from evalkit.engines.memory import BUDGETS, GIB, footprint, sizes
from evalkit.engines.prefix import PrefixScorer, Work, fits
from evalkit.errors import ModelError, SuiteError
from tests.contracts.engine import NATS, answers, asked, assert_same
from tests.engines.test_copies import cloze, ids, letters, model_of
from tests.tiny import checkpoint

PACKED = ("llama", "gpt2", "gemma2", "qwen3", "gemma3", "qwen3_moe", "opt")
UNFIT = ("bloom", "mamba", "hybrid", "jamba", "zamba2", "recurrent_gemma")
WINDOW = 16  # of the gemma shapes
WIDE = Limits(step=1024, row=256, held=4096)
SIZES = (
    WIDE,
    Limits(step=64, row=16, held=80),  # prefixes in pieces, small rows, hardly anything held
    Limits(step=200, row=64, held=4096, rows=1),
    Limits(step=4096, row=512, held=20_000),
)


def workload(prompt=70, items=6):
    """Shots, questions below them, options of one and of many tokens, and rows that share with nobody."""
    shots = ids("shots", prompt)
    rows = []
    for item in range(items):
        question = (*shots, *ids(f"question {item}", 5 + 7 * item))
        rows += [letters(f"letters {item}", question), *cloze(f"cloze {item}", question)]
    return [*rows, letters("alone", ids("elsewhere", 40)), ScoreRow("one token", (7,), ((0, (9,)),))]


def engine_of(shape="llama", **settings) -> LocalEngine:
    folder = checkpoint(shape, chat="", adds_bos=shape != "gpt2")
    return LocalEngine(EngineConfig(model=str(folder), device="cpu", **settings))


def score(model, rows, sizes, work=None):
    errors = []
    found = {
        row.name: result for row, result, _ in PrefixScorer(model, sizes, Head(model), work or Work()).score(rows, lambda *what: errors.append(what))
    }
    assert not errors
    assert len(found) == len(rows)
    return found


def plainly(model, row):
    return [plain.loglikelihood(model, row.tokens[: start + 1], tokens) for start, tokens in row.continuations]


_plainly = {}


def expected(shape, row):
    name = (shape, row.tokens, row.continuations)
    if name not in _plainly:
        _plainly[name] = plainly(model_of(shape), row)
    return _plainly[name]


@pytest.mark.parametrize("prompt", [6, 70], ids=["prefix shorter than the window", "prefix longer than the window"])
@pytest.mark.parametrize("shape", PACKED)
def test_equal_to_a_plain_forward_whatever_the_sizes(shape, prompt):
    rows = workload(prompt)
    for limits in SIZES:
        found = score(model_of(shape), rows, limits)
        for row in rows:
            for nats, value, (_, tokens) in zip(found[row.name], expected(shape, row), row.continuations, strict=True):
                assert nats == pytest.approx(value, abs=NATS * len(tokens), rel=0)
            assert max(range(len(found[row.name])), key=found[row.name].__getitem__) == max(
                range(len(found[row.name])), key=expected(shape, row).__getitem__
            )


@pytest.mark.parametrize("shape", PACKED)
def test_no_further_from_float64_than_the_plain_way(shape, capsys):
    """Over a workload, a token at a time: root mean square and largest error at most 1.25 times the plain fp32 forward's."""
    from transformers import AutoModelForCausalLM

    # "eager": the fast products of experts take no float64
    exact = AutoModelForCausalLM.from_pretrained(checkpoint(shape), dtype=torch.float64, experts_implementation="eager").eval()
    chance = random.Random(5)
    shots = ids("shots", 40)
    rows = []
    for item in range(200):  # a largest error is a matter of luck in few tokens
        context = (*shots, *ids(f"question {item}", chance.randrange(5, 30)))
        option = ids(f"option {item}", 18)
        rows.append(
            ScoreRow(str(item), (*context, *option[:-1]), tuple((len(context) - 1 + place, (token,)) for place, token in enumerate(option)))
        )
    truth = {row.name: exact_nats(exact, row) for row in rows}
    packed = score(model_of(shape), rows, WIDE)
    ordinary = {row.name: result for row in rows for result in forward.loglikelihoods(model_of(shape), [row])}
    errors = {}
    for way, found in (("packed", packed), ("plain", ordinary)):
        apart = [abs(value - right) for row in rows for value, right in zip(found[row.name], truth[row.name], strict=True)]
        errors[way] = (math.sqrt(sum(error**2 for error in apart) / len(apart)), max(apart))
    with capsys.disabled():
        print(f"\n{shape}: rms {errors['packed'][0]:.3g} (plain {errors['plain'][0]:.3g}), largest {errors['packed'][1]:.3g} (plain {errors['plain'][1]:.3g})")
    assert errors["packed"][0] <= 1.25 * errors["plain"][0]
    assert errors["packed"][1] <= 1.25 * errors["plain"][1]


@torch.inference_mode()
def exact_nats(model, row):
    logits = torch.log_softmax(model(input_ids=torch.tensor([row.tokens]), use_cache=False).logits[0].double(), dim=-1)
    return [sum(float(logits[start + step, token]) for step, token in enumerate(tokens)) for start, tokens in row.continuations]


def test_shared_tokens_are_run_once_and_the_head_only_where_something_is_read():
    rows, work = workload(), Work()
    fed = []
    model = model_of("llama")
    handle = model.model.embed_tokens.register_forward_pre_hook(lambda _, received: fed.append(received[0].numel()))
    head_rows = []
    handle_head = model.lm_head.register_forward_hook(lambda _, received, made: head_rows.append(made.shape[1]))
    scorer = PrefixScorer(model, WIDE, Head(model), work)
    fed.clear(), head_rows.clear()
    try:
        list(scorer.score(rows, lambda *_: None))
    finally:
        handle.remove()
        handle_head.remove()
    assert sum(fed) == work.tokens_computed == distinct(rows) < work.tokens_asked / 5
    assert work.positions == len({(row.tokens[: start + step + 1]) for row in rows for start, tokens in row.continuations for step in range(len(tokens))})
    assert set(head_rows) == {1}  # the model's own head works on one position; what is read goes through it in slices


def distinct(rows):
    return len({row.tokens[:length] for row in rows for length in range(1, len(row.tokens) + 1)})


def test_prefixes_are_held_within_the_limit_and_let_go_however_it_ends(monkeypatch):
    stores, most = [], []
    inner = Store.put

    def put(self, node, layers):
        inner(self, node, layers)
        stores.append(self)
        most.append(self.tokens)

    monkeypatch.setattr(Store, "put", put)
    model, before = model_of("llama"), model_of("llama").config._attn_implementation
    chance = random.Random(2)
    rows = [letters(str(number), (*ids(number % 9, 90), *ids(f"own {number}", chance.randrange(3, 20)))) for number in range(60)]
    scorer = PrefixScorer(model, Limits(step=64, row=20, held=200), Head(model), Work())
    assert len(list(scorer.score(rows, lambda *_: None))) == len(rows)
    assert len(most) >= 9
    assert 90 < max(most) <= 200
    assert stores[-1].tokens == 0
    begun = scorer.score(rows, lambda *_: None)
    next(begun)
    assert stores[-1].tokens > 0
    begun.close()  # as Ctrl-C does
    assert stores[-1].tokens == 0
    assert model.config._attn_implementation == before


@pytest.mark.parametrize("shape", UNFIT)
def test_what_does_not_fit_falls_back_and_says_so(shape, caplog):
    engine = engine_of(shape)
    requests = [asked("score", "The same start of a longer text. " * 3 + f"Question {number}?") for number in range(5)]
    requests += [asked("score", "Which gas?", options=("oxygen gas", "nitrogen", "argon under pressure"))]
    with caplog.at_level(logging.WARNING):
        found = answers(engine, requests)
    facts = engine.facts()
    assert facts["scoring"]["way"] == ("plain" if shape == "recurrent_gemma" else "copies")
    assert "packed" in facts["scoring"]["refused"]
    assert any("does not fit the 'packed' way" in entry["event"] for entry in facts["events"])
    assert any("does not fit the 'packed' way" in record.message for record in caplog.records)
    assert facts["work"]["tokens_computed"] > 0
    model, encoder = engine.load().model, engine.encoder()
    for request in requests:
        for nats, (context, option) in zip(found[request.id].loglikelihoods, encoder.pairs(request), strict=True):
            assert nats == pytest.approx(plain.loglikelihood(model, context, option), abs=NATS * len(option), rel=0)


def test_a_fitting_model_says_how_it_was_proven(caplog):
    engine = engine_of("gemma3")
    with caplog.at_level(logging.WARNING):
        answers(engine, [asked("score", f"Which gas is blown into the converter number {number}?") for number in range(5)])
    facts = engine.facts()
    assert (facts["scoring"]["way"], facts["scoring"]["refused"], facts["events"]) == ("packed", {}, [])
    assert facts["scoring"]["proof"]["rows"] >= 3
    assert 0 < facts["scoring"]["proof"]["largest"] < NATS
    assert not caplog.records


def test_an_attention_that_gives_other_numbers_is_found_out(monkeypatch):
    inner = prefix.Pack._view
    monkeypatch.setattr(prefix.Pack, "_view", lambda self, number, window, query: inner(self, number, None, query))  # forgets the window
    rows = workload(prompt=70)
    assert not fits(model_of("llama"), WIDE, Head(model_of("llama")), rows).why
    proof = fits(model_of("gemma3"), WIDE, Head(model_of("gemma3")), rows)
    assert "nats a token" in proof.why
    assert proof.largest > NATS


def test_longer_prompts_than_the_window_are_proven_when_they_first_come():
    engine = engine_of("gemma3")
    answers(engine, [asked("score", "A?", cue="")])
    assert not engine._ready.beyond
    answers(engine, [asked("score", "The slab is 230 mm thick. " * 4)])
    assert engine._ready.beyond
    chosen = engine._ready.choice
    answers(engine, [asked("score", "The slab is 230 mm thick. " * 6)])
    assert engine._ready.choice is chosen  # and not again for each longer prompt
    assert chosen.way == "packed"


def test_one_short_request_proves_no_less_than_many(monkeypatch):
    """Made-up rows share, are stored and branch, so that a fault in any of it shows whatever comes first."""
    inner = prefix.Pack.attend

    def later(self, layer, query, key, value, call):  # stored prefixes are looked at one token late
        if self._groups:
            self._groups = [(begin, end, node) for begin, end, node in self._groups[:0]]
        return inner(self, layer, query, key, value, call)

    monkeypatch.setattr(prefix.Pack, "attend", later)
    engine = engine_of()
    answers(engine, [asked("score", "A?", cue="")])
    assert "packed" in engine.facts()["scoring"]["refused"]


@pytest.mark.parametrize("failing", [1, 2, 4])
def test_memory_that_runs_out_while_the_engine_is_made_ready_costs_nothing(monkeypatch, failing):
    clean = answers(engine_of(), [asked("score", "Which gas?")])
    engine = engine_of()
    model = engine.load().model
    calls = 0

    def short(module, received):
        nonlocal calls
        calls += 1
        if calls == failing:
            raise torch.OutOfMemoryError("out of memory")

    handle = model.lm_head.register_forward_pre_hook(short)
    found = answers(engine, [asked("score", "Which gas?")])
    handle.remove()
    for name, response in found.items():
        assert_same(response, clean[name])
    assert calls >= failing
    assert engine.facts()["scoring"]["way"] == "packed"
    assert any("made ready" in entry["event"] for entry in engine.facts()["events"])


def test_memory_too_short_for_any_proof_is_said_and_the_next_requests_are_a_new_chance(monkeypatch, caplog):
    engine = engine_of()
    engine.ready()
    inner = ways.choose

    def short(*_, **__):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(ways, "choose", short)
    with caplog.at_level(logging.WARNING):
        first = answers(engine, [asked("score", "Which gas?")])
    assert any("go the plain way" in entry["event"] for entry in engine.facts()["events"])
    assert any("go the plain way" in record.message for record in caplog.records)
    monkeypatch.setattr(ways, "choose", inner)
    again = answers(engine, [asked("score", "Which gas?")])
    assert engine.facts()["scoring"]["way"] == "packed"
    for name, response in again.items():
        assert_same(response, first[name])


def test_a_template_that_raises_is_left_to_its_own_response(monkeypatch):
    from jinja2 import TemplateError

    from evalkit.engines.tokens import Encoder

    inner = Encoder.text

    def text(self, request):
        if request.item == "bad":
            raise TemplateError("turns must alternate")
        return inner(self, request)

    monkeypatch.setattr(Encoder, "text", text)
    engine = engine_of()
    good, bad = asked("score", "Which gas?"), asked("score", "bad")
    engine.check([bad, good])
    found = answers(engine, [bad, good])
    assert found[bad.id].finish == "error"
    assert "turns must alternate" in found[bad.id].error
    assert found[good.id].finish == "scored"


def test_a_failed_prefix_is_stored_again_and_rows_by_themselves_keep_the_step(monkeypatch):
    model, failures = model_of("llama"), []
    rows = [letters(str(number), (*ids("start", 300), *ids(f"own {number}", 5))) for number in range(10)]
    sizes_ = Limits(step=64, row=64, held=4096)
    clean = score(model, rows, sizes_)
    inner, widths, kept = prefix._run, [], {"times": 0}

    def short(model, pack, places):
        widths.append(pack.ids.shape[1])
        if pack.kept is not None and kept["times"] < 3:  # a prefix: fails, fails again, and the rows go by themselves
            kept["times"] += 1
            raise MemoryError
        return inner(model, pack, places)

    monkeypatch.setattr(prefix, "_run", short)
    found = dict(
        (row.name, result) for row, result, _ in PrefixScorer(model, sizes_, Head(model), Work()).score(rows, lambda *what: failures.append(what))
    )
    assert kept["times"] == 3
    assert max(widths) <= 64
    for name, nats in found.items():
        assert nats == pytest.approx(clean[name], abs=NATS)


def test_what_failed_does_not_stay_in_memory():
    import gc
    import weakref

    held = []

    def work(group):
        activations = torch.zeros(1000)
        held.append(weakref.ref(activations))
        raise torch.OutOfMemoryError("out of memory")

    def trouble(error, _):
        forward.free_memory(error)
        gc.collect()
        assert all(reference() is None for reference in held)

    from evalkit.engines.batches import halving

    assert len(list(halving([1, 2, 3], work, trouble))) == 3
    assert len(held) == 5


def test_rows_that_turn_out_unfit_in_mid_run_are_answered_the_plain_way(monkeypatch):
    engine = engine_of()
    requests = [asked("score", f"Which gas is number {number}?") for number in range(6)]
    clean = answers(engine, requests)

    def unfit(*_):
        raise UnfitError("a mask of its own")

    monkeypatch.setattr(prefix, "_run", unfit)
    for name, response in answers(engine, requests).items():
        assert_same(response, clean[name])


# ---------------------------------------------------------------- the same whatever the grouping


@pytest.mark.parametrize("shape", ["llama", "gemma3"])
def test_again_resumed_and_with_another_limit_the_scores_are_the_same(shape):
    shots = "The casting speed is 1.2 m/min. " * 4
    requests = [asked("score", f"{shots}Question {number}: " + "which gas? " * (1 + number % 4)) for number in range(30)]
    requests += [asked("score", f"{shots}Question {number}", options=("oxygen gas", "argon", "no gas at all")) for number in range(10)]
    first = answers(engine_of(shape), requests)
    again = answers(engine_of(shape), requests)
    assert {name: response.loglikelihoods for name, response in first.items()} == {
        name: response.loglikelihoods for name, response in again.items()
    }
    resumed = answers(engine_of(shape), requests[17:])
    small = engine_of(shape, batch_size=2)
    tight = engine_of(shape)
    tight.load()
    tight._config = tight._config.model_copy(update={"memory_gib": (tight._taken + 60 * 2**20) / GIB})
    for engine in (resumed, answers(small, requests), answers(tight, requests)):
        for name, response in engine.items():
            assert_same(response, first[name])
    assert tight._sizes(tight._read(requests)).limits.step < BUDGETS["cpu"].step


# ---------------------------------------------------------------- memory


def test_sizes_follow_from_the_model_the_lengths_and_the_limit_alone():
    config = model_of("llama").config
    need = footprint(config, 4)
    assert need.held == 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * 4
    budget = BUDGETS["cpu"]
    free = sizes(budget, need, scored=300, text=200, room=None)
    assert (free.limits.step, free.limits.row, free.limits.held, free.written) == (budget.step, budget.row, budget.held, budget.written)
    assert sizes(budget, need, scored=9000, text=0, room=None).limits.held == 9000
    last = free
    for room in (2**33, 2**30, 120 * 2**20, 80 * 2**20, 60 * 2**20):
        found = sizes(budget, need, scored=300, text=200, room=room)
        assert need.fixed + found.limits.step * need.step + (found.limits.held + found.written) * need.held <= room or found == free
        assert found.limits.row <= found.limits.step
        assert found.limits.held >= 300
        assert found.written >= 200
        assert (found.limits.step, found.limits.held, found.written) <= (last.limits.step, last.limits.held, last.written)
        last = found
    assert sizes(budget, need, scored=300, text=200, room=2**33) == free  # a limit that leaves enough changes nothing
    assert last.limits.step < budget.step
    with pytest.raises(ModelError, match=r"longest prompt with its answer \(3,000,000 tokens\)"):
        sizes(budget, need, scored=3_000_000, text=10, room=2**30)
    with pytest.raises(ModelError, match=r"\(400,000 tokens\)"):
        sizes(budget, need, scored=10, text=400_000, room=2**28)


def test_a_limit_that_holds_no_prompt_is_refused_before_anything_is_answered():
    engine = engine_of()
    engine.load()
    engine._config = engine._config.model_copy(update={"memory_gib": (engine._taken + 2**20) / GIB})
    with pytest.raises(ModelError, match="memory_gib leaves"):
        next(engine.answer([asked("score", "Which gas?")]))
    engine._config = engine._config.model_copy(update={"memory_gib": (engine._taken + 54 * 2**20) / GIB})
    next(engine.answer([asked("score", "Which gas?")]))
    engine.model = replace(engine.model, context=None)
    with pytest.raises(ModelError, match="with its answer"):  # the text that does not fit is found before anything is scored
        next(engine.answer([asked("score", "Which gas?"), asked("generate", "Which gas?", max_tokens=40_000)]))


# ---------------------------------------------------------------- the head


@pytest.mark.parametrize("after", [None, "cap", "scale", "divisor"])
def test_a_vocabulary_in_slices_gives_the_whole_softmax(monkeypatch, after):
    monkeypatch.setattr(head, "COLUMNS", 97)
    monkeypatch.setattr(head, "POSITIONS", 5)
    model = Headed(after)
    found = Head(model)
    assert found.sliced
    assert found.known
    hidden = torch.randn(23, 8, generator=torch.Generator().manual_seed(1))
    logits = model.after(model.linear(hidden)).double()
    whole = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    places, tokens = [0, 0, 22, 7, 7, 12], [0, 999, 96, 97, 500, 3]
    nats = found.nats(hidden, places, tokens)
    assert nats == pytest.approx(whole[places, tokens].tolist(), abs=1e-5)


def test_what_follows_the_product_and_is_not_known_is_left_to_the_model():
    model = Headed("unknown")
    assert not Head(model).known


def test_ruled_out_tokens_and_what_is_no_number():
    model = Headed(None)
    with torch.no_grad():
        model.linear.bias[:500] = -math.inf
    hidden = torch.randn(2, 8)
    nats = Head(model).nats(hidden, [0, 0, 1], [3, 700, 999])
    assert nats[0] == -math.inf
    assert all(math.isfinite(value) for value in nats[1:])
    hidden[1, 2] = math.nan
    nats = Head(model).nats(hidden, [0, 1], [700, 700])
    assert math.isfinite(nats[0])
    assert math.isnan(nats[1])


class Headed:
    """A head and what follows it, called as transformers' models are."""

    def __init__(self, after):
        from types import SimpleNamespace

        torch.manual_seed(0)
        self.linear = torch.nn.Linear(8, 1000)
        self.body = torch.nn.Embedding(10, 8)
        settings = {"cap": {"final_logit_softcapping": 2.0}, "scale": {"logit_scale": 0.25}, "divisor": {"logits_scaling": 3.0}}
        self.config = SimpleNamespace(**settings.get(after, {}))
        self.config.get_text_config = lambda **_: self.config
        self.device = torch.device("cpu")
        self.after = {
            None: lambda logits: logits,
            "cap": lambda logits: 2.0 * torch.tanh(logits / 2.0),
            "scale": lambda logits: logits * 0.25,
            "divisor": lambda logits: logits / 3.0,
            "unknown": lambda logits: logits.relu(),
        }[after]

    def get_output_embeddings(self):
        return self.linear

    def __call__(self, input_ids, use_cache):
        from types import SimpleNamespace

        return SimpleNamespace(logits=self.after(self.linear(self.body(input_ids))))


# ---------------------------------------------------------------- wrong input


def test_a_token_that_the_weights_lack_is_an_error_never_a_figure():
    engine = engine_of()
    engine.encoder().tokenizer.add_tokens(["<extra>"])
    good, bad, read = asked("score", "Which gas?"), asked("score", "x", options=("A", "<extra>", "B")), asked("generate", "What is <extra>?")
    found = answers(engine, [good, bad, read])
    assert found[good.id].finish == "scored"
    for name in (bad.id, read.id):
        assert found[name].finish == "error"
        assert "beyond the model's vocabulary" in found[name].error
    model = model_of("llama")
    assert math.isnan(Head(model).nats(torch.zeros(1, model.config.hidden_size), [0], [10_000])[0])


def test_numbers_that_are_none_name_the_layer_its_type_and_the_item_and_cost_no_other():
    engine = engine_of()
    good, bad = asked("score", "Which gas?"), asked("score", "Which metal? §")
    clean = answers(engine, [good])
    poisoned = engine.encoder().tokenizer("§", add_special_tokens=False)["input_ids"][-1]
    with torch.no_grad():
        engine.load().model.model.embed_tokens.weight[poisoned] = math.nan
    found = answers(engine, [good, bad])
    assert_same(found[good.id], clean[good.id])
    assert found[bad.id].finish == "error"
    assert not found[bad.id].loglikelihoods
    for words in ("not finite", "model.embed_tokens", "float32", repr(bad.item)):
        assert words in found[bad.id].error


def test_numbers_that_stop_deeper_down_name_that_layer():
    engine = engine_of(dtype="float16")
    answers(engine, [asked("score", "Which metal?")])
    with torch.no_grad():
        engine.load().model.model.layers[1].mlp.down_proj.weight[0] = math.inf
    (response,) = engine.answer([asked("score", "Which gas?")])
    assert response.finish == "error"
    assert "model.layers.1.mlp.down_proj" in response.error
    assert "float16" in response.error


@pytest.mark.parametrize(
    ("options", "words"),
    [(("A", ""), "adds no token"), (("A", "B", "A"), "same tokens"), (("gas", "gas"), "same tokens"), ((), "no options")],
)
def test_options_that_cannot_be_told_apart_are_refused_at_plan_time(options, words):
    engine = engine_of()
    good = asked("score", "Which gas?")
    engine.check([good])
    with pytest.raises(SuiteError, match=words) as caught:
        engine.check([good, replace(asked("score", "Which metal?", options=options, cue=""), item="steel-7")])
    assert "'steel-7'" in str(caught.value)
    assert engine._loaded is None


def test_prompts_for_a_proof_are_shortened_and_keep_what_is_read():
    rows = workload(prompt=400)
    made = ways.made_up(300)
    assert grow([row.tokens for row in made], [row.continuations[0][0] for row in made], Limits(step=64, row=16, held=999)).nodes
    chosen = [row for row in ways.rows_to_prove(rows, 300) if row not in made]
    assert 2 <= len(chosen) <= ways.PROOF_ROWS + 1
    by_name = {row.name: row for row in rows}
    for row in chosen:
        longest = max(len(tokens) for _, tokens in row.continuations)
        assert len(row.tokens) <= ways.HEAD_TOKENS + ways.TAIL_TOKENS + longest + 1
        whole = by_name[row.name.removesuffix(" in full")]
        assert [tokens for _, tokens in row.continuations] == [tokens for _, tokens in whole.continuations]
        assert [row.tokens[start] for start, _ in row.continuations] == [whole.tokens[start] for start, _ in whole.continuations]
    long = ways.rows_to_prove(rows, 300, whole=410)
    assert any(len(row.tokens) >= 410 for row in long)
    assert len({row.name for row in long}) == len(long)  # one row shortened and in full is two
    model = model_of("llama")
    assert not fits(model, WIDE, Head(model), long).why
    assert ways.choose(model, WIDE, Head(model), long, allowed=("copies",)).way == "copies"
    shortest = min(rows, key=lambda row: row.order)
    assert shortest.tokens in {row.tokens for row in chosen}  # it comes in full
