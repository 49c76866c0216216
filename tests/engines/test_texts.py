"""Which way texts are written, that each gives the library's tokens, and what happens where one turns out not to fit."""

import copy
import functools
import random
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from evalkit.engines import generate, plain, stepwise, texts
from evalkit.engines.attention import UnfitError
from evalkit.engines.forest import Limits
from evalkit.engines.prefix import Work
from evalkit.engines.texts import Texts, grouped, rows_to_prove
from evalkit.engines.writing import Reader, WriteRow, Written
from tests.engines.test_generate import END, LIMITS, failing, ids_of, made, no_trouble, some_rows

pytestmark = pytest.mark.filterwarnings("ignore")  # of architectures without their fast kernels, and of the library's generate
ROOM, SLOTS = 16_384, 8


def prompts(*lengths, seed=1, max_tokens=8, **settings) -> list[WriteRow]:
    chance = random.Random(seed)
    return [
        WriteRow(f"r{place}", tuple(chance.randrange(4, 300) for _ in range(length)), max_tokens, **settings)
        for place, length in enumerate(lengths)
    ]


class Said:
    """What `say` hears."""

    def __init__(self):
        self.choices = []

    def __call__(self, choice, what):
        assert what == "writing"
        self.choices.append(choice)


def texts_of(model, *, reach=0, rescaled=0, said=None, work=None):
    return Texts(model, made()[1], frozenset({END}), work or Work(), reach, rescaled, said or Said())


def written(asked: Texts, rows, *, sizes=LIMITS, room=ROOM, slots=SLOTS, trouble=no_trouble):
    results = list(asked.write(rows, sizes, room=room, slots=slots, trouble=trouble))
    assert sorted(row.name for row, _ in results) == sorted(row.name for row in rows)
    return {row.name: result for row, result in results}


@contextmanager
def poisoned(model, token):
    """While it lasts, what `token` is embedded to is no number; its logit is one."""
    handle = model.get_input_embeddings().register_forward_hook(
        lambda _, given, made_of: torch.where((given[0] == token)[..., None], torch.nan, made_of)
    )
    try:
        yield
    finally:
        handle.remove()


def librarys(model, row):
    """As `model.generate` continues it in a model that has seen nothing before."""
    ids = torch.tensor([row.tokens])
    made_ids = copy.deepcopy(model).generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=row.max_tokens, eos_token_id=END, pad_token_id=0
    )
    return tuple(made_ids[0, len(row.tokens) :].tolist())


@functools.cache
def chunked():
    """A model whose layers see chunks of 128 tokens, which packed rows know nothing of."""
    from transformers import AutoModelForCausalLM, Llama4TextConfig

    config = Llama4TextConfig(
        vocab_size=360, hidden_size=48, intermediate_size=96, intermediate_size_mlp=96, num_hidden_layers=4, num_attention_heads=4,
        num_key_value_heads=2, head_dim=12, num_local_experts=2, num_experts_per_tok=1, attention_chunk_size=128,
        max_position_embeddings=1024, initializer_range=0.3, bos_token_id=0, eos_token_id=1, pad_token_id=None,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()


# ---------------------------------------------------------------- beyond what layers see


@pytest.mark.parametrize("at_once", [True, False], ids=["long at once", "short first"])
def test_the_way_is_proven_again_beyond_the_reach_of_a_layer(at_once):
    said = Said()
    asked = texts_of(chunked(), reach=128, said=said)
    short, long = prompts(20, 33), prompts(300, 260, 330, seed=2)
    if not at_once:
        assert ids_of(written(asked, short)) == {row.name: librarys(chunked(), row) for row in short}
        assert asked.choice.way == "packed"
        assert said.choices[0].refused == {}
    assert ids_of(written(asked, long)) == {row.name: librarys(chunked(), row) for row in long}
    assert asked.choice.way != "packed"
    assert "packed" in said.choices[-1].refused


def test_texts_that_pass_the_reach_while_they_are_written_are_proven_beyond_it():
    asked = texts_of(chunked(), reach=128)
    rows = prompts(118, 100, max_tokens=40)
    assert ids_of(written(asked, rows)) == {row.name: librarys(chunked(), row) for row in rows}
    assert asked.choice.way != "packed"


def test_it_is_proven_once_and_once_more_beyond(monkeypatch):
    model = made("gemma3")[0]
    proven = []
    inner = generate.fits


    def fits(model, encoder, limits, rows, **named):
        proven.append(max(len(row.tokens) for row in rows))
        return inner(model, encoder, limits, rows, **named)

    monkeypatch.setattr(generate, "fits", fits)
    asked = texts_of(model, reach=200)
    for lengths in ((20, 30), (40,), (210, 230), (300,), (25,)):
        for row, result in written(asked, prompts(*lengths)).items():
            (tokens,) = [one.tokens for one in prompts(*lengths) if one.name == row]
            assert list(result.ids) == plain.greedy(model, tokens, max_tokens=8, ends={END})
    assert len(proven) == 2
    assert proven[0] <= 96 < 200 < proven[1] == 210  # the shortest that goes beyond, in full


def test_rows_of_a_proof():
    rows = prompts(700, 40, 900, 120, 800)
    few = rows_to_prove(rows)
    assert sorted(len(row.tokens) for row in few) == [37, 40, 61, 96]
    assert few[-1].tokens == rows[1].tokens  # the shortest, in full
    assert few[0].tokens == (*rows[2].tokens[:64], *rows[2].tokens[-32:])
    assert sorted(len(row.tokens) for row in rows_to_prove(rows[2:3])) == [37, 61, 96, 512]
    assert [len(row.tokens) for row in rows_to_prove(rows, reach=750)][-1] == 800
    beyond = rows_to_prove(rows[1:2], reach=150)[-1]
    assert len(beyond.tokens) == 149  # and what is written after it goes beyond
    assert beyond.tokens[:40] == beyond.tokens[40:80] == rows[1].tokens
    assert len({len(row.tokens) for row in rows_to_prove(prompts(20, 20, 20))}) == 3  # never of one length
    assert rows_to_prove([]) == []
    assert len(rows_to_prove(prompts(1))) == 1
    *_, drawn, shorter = rows_to_prove(prompts(5, max_tokens=40), vocabulary=300)
    assert len(shorter.tokens) < len(drawn.tokens) == 41  # with what is written no longer than what is asked
    assert len(set(drawn.tokens)) > 30
    assert max(drawn.tokens) < 300


# ---------------------------------------------------------------- the library's cache


@pytest.mark.parametrize("shape", ["bloom", "mamba", "hybrid", "jamba", "zamba2", "recurrent_gemma", "llama"])
def test_company_of_unlike_length_changes_no_text(monkeypatch, shape):
    """Bloom takes no positions: it reads them off the mask, in each step."""
    model = made(shape)[0]
    monkeypatch.setattr(generate, "fits", lambda *_, **__: generate.Proof(why="not asked", rows=1))
    asked = texts_of(model)
    rows = prompts(12, 90, 33, 61, 47, max_tokens=24)
    assert ids_of(written(asked, rows)) == {row.name: librarys(model, row) for row in rows}
    assert asked.choice.way == ("alone" if shape == "recurrent_gemma" else "cache")


@pytest.mark.parametrize("shape", ["bloom", "mamba", "llama"])
@pytest.mark.parametrize("fault", ["mask dropped", "keep"])
def test_a_proof_finds_what_disturbs_rows_in_company(monkeypatch, shape, fault):
    model = made(shape)[0]
    assert stepwise.fits(model, rows_to_prove(prompts(40, 40, 40))).why == ""
    if fault == "keep":  # rows that leave leave the wrong ones behind

        def keep(self, rows):
            self.ids, self.mask, self.positions = self.ids[rows], self.mask[rows], self.positions[rows]
            self.cache.reorder_cache(torch.tensor(rows).roll(1))

        monkeypatch.setattr(stepwise.Decoding, "keep", keep)
    else:
        init = stepwise.Decoding.__init__

        def maskless(self, *given):
            init(self, *given)
            self.mask = torch.ones_like(self.mask)

        monkeypatch.setattr(stepwise.Decoding, "__init__", maskless)
    proof = stepwise.fits(model, rows_to_prove(prompts(40, 40, 40)))
    assert "differ by" in proof.why
    assert proof.largest > 1e-4


@pytest.mark.parametrize("shape", ["bloom", "mamba"])
@pytest.mark.parametrize("slots", [1, 8])
def test_work_is_counted_over_the_librarys_cache_too(shape, slots):
    model, work = made(shape)[0], Work()
    rows = prompts(12, 30, 21)
    found = written(texts_of(model, work=work), rows, slots=slots)
    tokens = sum(result.tokens for result in found.values())
    assert (work.tokens_asked, work.written, work.positions) == (63, tokens, tokens)
    assert work.tokens_computed == 63 + tokens - 3  # a text's last token is not run
    assert work.steps == (tokens if slots == 1 else max(result.tokens for result in found.values()))


def test_groups_keep_to_a_step_of_padded_prompts_and_to_their_room():
    rows = [*prompts(100, 90, 400, 30, 20, 10), replace(prompts(10)[0], name="long text", max_tokens=500)]
    groups = grouped(rows, step=256, room=1200, most=4)
    assert sorted(row.name for group in groups for row in group) == sorted(row.name for row in rows)
    for group in groups:
        assert len(group) <= 4
        if len(group) > 1:
            assert len(group) * max(len(row.tokens) for row in group) <= 256
            assert len(group) * max(row.order[0] for row in group) <= 1200
    assert len(groups) == 4
    assert [len(group) for group in grouped(rows, step=1, room=1, most=9)] == [1] * 7


@pytest.mark.parametrize("slots", [2, 8])
def test_prompts_over_the_librarys_cache_stay_within_a_step(monkeypatch, slots):
    model = made("bloom")[0]
    asked = texts_of(model)
    rows = prompts(*[60, 50, 40] * 4, max_tokens=5)
    wanted = ids_of(written(asked, rows))
    sizes = []
    failing(monkeypatch, MemoryError(), lambda _, ids: sizes.append(ids.numel()), shape="bloom")
    assert ids_of(written(asked, rows, sizes=replace(LIMITS, step=128), slots=slots)) == wanted
    assert max(sizes) <= 128


# ---------------------------------------------------------------- trouble


OUT = torch.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize("shape", ["bloom", "mamba", "hybrid", "llama"])
@pytest.mark.parametrize("slots", [1, 4])
def test_lack_of_memory_in_every_seventh_forward_loses_nothing(monkeypatch, shape, slots):
    model = made(shape)[0]
    monkeypatch.setattr(generate, "fits", lambda *_, **__: generate.Proof(why="not asked", rows=1))
    rows = prompts(12, 50, 33, 21, 40, 17, max_tokens=24, temperature=1.0)
    asked, heard = texts_of(model), []
    wanted = ids_of(written(asked, rows, slots=slots))
    raised = failing(monkeypatch, OUT, lambda number, _: number % 7 == 0, shape=shape)
    assert ids_of(written(asked, rows, slots=slots, trouble=lambda error, rows: heard.append(rows))) == wanted
    assert len(raised) == len(heard) > 4


@pytest.mark.parametrize("shape", ["bloom", "llama", "hybrid", "mamba"])
def test_a_step_that_fails_in_the_middle_of_the_layers_leaves_no_trace(monkeypatch, shape):
    """The first layers have added the token to their cache by then; the row's prompt stands there once and not twice."""
    model, asked = made(shape)[0], texts_of(made(shape)[0])
    monkeypatch.setattr(generate, "fits", lambda *_, **__: generate.Proof(why="not asked", rows=1))
    rows = prompts(12, 50, 33, max_tokens=16)
    wanted = ids_of(written(asked, rows))
    calls, heard = [0], []
    last = next(module for name, module in reversed(list(model.named_modules())) if name.endswith((".1", "layers.1")) and "." in name)

    def out(*_):
        calls[0] += 1
        if calls[0] in (1, 5, 11):
            raise torch.OutOfMemoryError("CUDA out of memory")

    handle = last.register_forward_hook(out)
    try:
        found = written(asked, rows, trouble=lambda error, rows: heard.append(rows))
    finally:
        handle.remove()
    assert len(heard) == 3
    assert ids_of(found) == wanted


def test_a_row_that_never_fits_is_an_error_and_its_neighbours_are_written(monkeypatch):
    model = made("bloom")[0]
    rows, asked, heard = prompts(12, 30, 21, 40), texts_of(model), []
    wanted = ids_of(written(asked, rows))
    poison = WriteRow("poison", (5, 359, 7), 8)
    failing(monkeypatch, OUT, lambda _, ids: bool((ids == 359).any()), shape="bloom")
    found = written(asked, [*rows, poison], trouble=lambda error, rows: heard.append(rows))
    assert found.pop("poison") is OUT
    assert ids_of(found) == wanted
    assert heard.count(1) == 4  # by itself: a try and its repetition, and both once more


def test_a_model_that_turns_out_unfit_in_mid_run_is_written_another_way(monkeypatch):
    model, _ = made()
    said, work = Said(), Work()
    asked = texts_of(model, said=said, work=work)
    rows = prompts(12, 30, 21, 40, 33)
    wanted = {row.name: librarys(model, row) for row in rows}
    assert ids_of(written(asked, rows)) == wanted
    assert asked.choice.way == "packed"
    calls = [0]

    def unfit(*_):
        calls[0] += 1
        if calls[0] > 3:
            raise UnfitError("half of it")

    monkeypatch.setattr(generate, "check_layers", unfit)
    before = work.tokens_asked
    assert ids_of(written(asked, rows, trouble=lambda *_: None)) == wanted
    assert work.tokens_asked - before == sum(len(row.tokens) for row in rows)
    assert asked.choice.way == "cache"
    assert "half of it" in asked.choice.refused["packed"]
    assert [choice.way for choice in said.choices] == ["packed", "cache"]
    assert ids_of(written(asked, rows)) == wanted
    assert len(said.choices) == 2


@pytest.mark.parametrize(("times", "way"), [(1, "packed"), (2, None)])
def test_lack_of_memory_in_a_proof_is_no_verdict(monkeypatch, times, way):
    model, _ = made()
    said, heard = Said(), []
    asked = texts_of(model, said=said)
    rows = prompts(12, 30, 21)
    wanted = {row.name: librarys(model, row) for row in rows}
    inner, calls = generate.Writer.write, [0]

    def short(self, *given, **named):
        calls[0] += 1
        if calls[0] <= times:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return inner(self, *given, **named)

    monkeypatch.setattr(generate.Writer, "write", short)
    assert ids_of(written(asked, rows, trouble=lambda error, rows: heard.append(error))) == wanted
    assert len(heard) == times
    assert (asked.choice and asked.choice.way) == way
    assert bool(said.choices[0].refused) == (way is None)
    assert ids_of(written(asked, rows)) == wanted
    assert asked.choice.way == "packed"


def test_lack_of_memory_in_a_forward_of_a_proof_is_no_verdict_either(monkeypatch):
    asked = texts_of(made()[0])
    failing(monkeypatch, OUT, lambda number, _: number == 3)
    found = written(asked, prompts(12, 30, 21), trouble=lambda *_: None)
    assert asked.choice.way == "packed"
    assert all(isinstance(result, Written) for result in found.values())


@pytest.mark.parametrize("shape", ["llama", "bloom"])
def test_prompts_without_finite_numbers_say_nothing_about_the_way(monkeypatch, shape):
    model, _ = made(shape)
    rows = prompts(12, 30, 21, 40)
    wanted = ids_of(written(texts_of(model), rows))
    bad = WriteRow("bad", (359,) * 60, 8)
    drawn = rows_to_prove([bad], vocabulary=360)[-2].tokens
    token = next(token for token in range(300, 360) if token not in drawn and all(token not in ids for ids in wanted.values()))
    bad = replace(bad, tokens=(token,) * 60)
    with poisoned(model, token):
        asked = texts_of(model)
        assert isinstance(written(asked, [bad])["bad"], FloatingPointError)
        first = asked.choice
        found = written(asked, [bad, *rows])
    assert isinstance(found.pop("bad"), FloatingPointError)
    assert ids_of(found) == wanted
    assert first is asked.choice  # proven with a prompt that was made up
    assert first.way == ("packed" if shape == "llama" else "cache")
    assert first.proof.rows < 8


def test_where_nothing_can_be_compared_the_next_rows_decide():
    model, _ = made()
    rows = prompts(12, 30, 21, 40)
    said = Said()
    asked = texts_of(model, said=said)
    with torch.no_grad():
        before = model.model.norm.weight.clone()
        model.model.norm.weight[:] = torch.nan
    try:
        assert {type(result) for result in written(asked, rows).values()} == {FloatingPointError}
    finally:
        with torch.no_grad():
            model.model.norm.weight[:] = before
    assert asked.choice is None
    assert "finite" in said.choices[0].refused["packed"]
    assert ids_of(written(asked, rows)) == {row.name: librarys(model, row) for row in rows}
    assert asked.choice.way == "packed"


def test_numbers_that_only_padding_makes_infinite_fail_no_row():
    """Padding is token 0; where that token's own numbers are none, a masked place still makes 0 * NaN."""
    model, _ = made("bloom")
    rows = prompts(12, 30, 21)
    wanted = ids_of(written(texts_of(model), rows))
    with poisoned(model, 0):
        results = list(stepwise.write(model, Reader(made()[1], frozenset({END})), rows, Work(), no_trouble))
    assert ids_of({row.name: result for row, result in results}) == wanted


# ---------------------------------------------------------------- positions that are scaled by the longest forward


@functools.cache
def scaled():
    """Dynamic rope beyond 48 tokens."""
    model = made()[0]
    config = copy.deepcopy(model.config)
    config.rope_parameters = {"rope_type": "dynamic", "factor": 4.0, "rope_theta": 10_000.0}
    config.max_position_embeddings = 48
    other = type(model)(config).eval()
    other.load_state_dict(model.state_dict())
    return other


def test_each_text_beyond_the_scaled_length_is_that_of_a_fresh_model():
    fresh, model = copy.deepcopy(scaled()), copy.deepcopy(scaled())
    work = Work()
    asked = texts_of(model, rescaled=48, work=work)
    rows = prompts(20, 70, 50, 90, 30, 44, 60, max_tokens=6)
    wanted = {row.name: librarys(fresh, row) for row in rows}
    first = ids_of(written(asked, rows))
    assert first == wanted
    assert ids_of(written(asked, rows[::-1])) == wanted
    assert asked.choice.way == "packed"
    assert work.tokens_asked == 2 * sum(len(row.tokens) for row in rows)
    assert model.model.rotary_emb.max_seq_len_cached == 48  # whoever comes next finds it as new


def test_texts_that_grow_beyond_the_scaled_length_count_as_such():
    model = copy.deepcopy(scaled())
    rows = prompts(40, 30, 20, max_tokens=20)
    found = ids_of(written(texts_of(model, rescaled=48), rows))
    assert found == {row.name: librarys(scaled(), row) for row in rows}


def test_nothing_asked_nothing_written():
    asked = texts_of(made()[0])
    assert written(asked, []) == {}
    assert asked.choice is None


def test_limits_of_rows_hold_over_the_librarys_cache(monkeypatch):
    asked = texts_of(made("bloom")[0])
    rows = prompts(12, 30, 21, 40)
    wanted = ids_of(written(asked, rows))
    most = []
    failing(monkeypatch, MemoryError(), lambda _, ids: most.append(len(ids)), shape="bloom")
    assert ids_of(written(asked, rows, sizes=Limits(step=256, row=64, held=1024, rows=2))) == wanted
    assert max(most) == 2


def test_shared_prefixes_of_real_rows_are_written_the_proven_way():
    model, _ = made("gemma2")
    rows = some_rows(8)
    found = written(texts_of(model, reach=16), rows)
    for row in rows:
        assert list(found[row.name].ids) == plain.greedy(model, row.tokens, max_tokens=row.max_tokens, ends={END})
    assert texts.LENGTHS[0] == generate.SHORT
