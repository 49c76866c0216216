"""Writing, both ways: over stored prefixes and slots (`generate`), and over the library's own cache (`stepwise`)."""

import functools
import math
import random
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from evalkit.engines import generate, plain, slots, stepwise, writing
from evalkit.engines.attention import Store, UnfitError
from evalkit.engines.forest import Limits, grow
from evalkit.engines.generate import Writer, fits
from evalkit.engines.loading import load_encoder
from evalkit.engines.prefix import Work
from evalkit.engines.texts import rows_to_prove
from evalkit.engines.writing import Reader, Text, WriteRow, Written, drawn, next_tokens
from tests.tiny import checkpoint

LIMITS = Limits(step=256, row=64, held=1024)
PACKED = ["llama", "gpt2", "gemma2", "qwen3", "gemma3", "qwen3_moe", "opt"]
UNPACKED = ["bloom", "mamba", "hybrid", "jamba", "zamba2", "recurrent_gemma"]
EVERYWHERE = 1  # tokens from which on a prefix is looked at in place
END = 1


def made(shape="llama"):
    """Model and encoder of a tiny checkpoint."""
    return _made(shape)


@functools.cache
def _made(shape):
    from transformers import AutoModelForCausalLM

    from evalkit.checkpoints import quiet_transformers

    folder = checkpoint(shape, adds_bos=shape != "gpt2")
    with quiet_transformers():
        return AutoModelForCausalLM.from_pretrained(folder).eval(), load_encoder(folder, chat=False)


def some_rows(count=13, *, prefix=90, longest=20, seed=3, **settings) -> list[WriteRow]:
    """Rows below a prefix, below a longer one, and alone; two of one prompt; limits of 1, 5 and more tokens."""
    chance = random.Random(seed)

    def ids(number):
        return tuple(chance.randrange(4, 300) for _ in range(number))

    shared = ids(prefix)
    deeper = shared + ids(70)
    rows = [
        WriteRow(f"r{place:02}", (shared, deeper, ())[place % 3] + ids(3 + place * 7 % 25), (longest, 5, 1, longest - 3)[place % 4], **settings)
        for place in range(count)
    ]
    return [*rows, replace(rows[0], name="again")]


def no_trouble(error, rows):
    raise AssertionError(f"{error!r} with {rows} rows")


def written(rows, *, shape="llama", count=3, ends=frozenset({END}), trouble=no_trouble, limits=LIMITS, work=None, **settings):
    """Results by name; each row has one."""
    model, encoder = made(shape)
    results = list(Writer(model, encoder, ends, limits, count, work or Work(), **settings).write(rows, trouble))
    assert sorted(row.name for row, _ in results) == sorted(row.name for row in rows)
    return {row.name: result for row, result in results}


def written_stepwise(rows, *, shape="llama", count=3, ends=frozenset({END}), trouble=no_trouble, work=None, **settings):
    model, encoder = made(shape)
    groups, reader = [rows[begin : begin + count] for begin in range(0, len(rows), count)], Reader(encoder, ends)
    results = [found for group in groups for found in stepwise.write(model, reader, group, work or Work(), trouble, **settings)]
    assert sorted(row.name for row, _ in results) == sorted(row.name for row in rows)
    return {row.name: result for row, result in results}


def texts_of(results):
    return {name: result.text for name, result in results.items()}


def ids_of(results):
    return {name: result.ids for name, result in results.items()}


# ---------------------------------------------------------------- greedy


@functools.cache
def library_greedy(shape, tokens, max_tokens):
    model, _ = made(shape)
    ids = torch.tensor([tokens])
    out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=max_tokens, eos_token_id=END, pad_token_id=0)
    return tuple(out[0, len(tokens) :].tolist())


def tied(shape, tokens, one, other):
    """Whether the first token in which two texts differ is a tie: their logits within 1e-3 of each other."""
    place = next(place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1])
    model, _ = made(shape)
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([[*tokens, *one[:place]]]), use_cache=False).logits[0, -1]
    return abs(float(logits[one[place]] - logits[other[place]])) <= 1e-3


def assert_the_librarys(shape, rows, results):
    ties = []
    for row in rows:
        wanted, found = library_greedy(shape, row.tokens, row.max_tokens), results[row.name]
        if found.ids != wanted:
            assert tied(shape, row.tokens, found.ids, wanted), row
            ties.append(row.name)
            continue
        ended = wanted[-1] == END
        assert (found.finish, found.stopped) == (("stop", "<|eos|>") if ended else ("length", ""))
        assert found.tokens == len(wanted)
        assert found.text == made(shape)[1].read(wanted[:-1] if ended else wanted)
        assert 0 < found.first_s <= found.total_s
    print(f"{shape}: {len(ties)} of {len(rows)} texts differ by a tie: {ties}")
    assert len(ties) <= 1


@pytest.mark.filterwarnings("ignore::UserWarning")  # of generate, about settings that are not ours
@pytest.mark.parametrize("shape", PACKED)
@pytest.mark.parametrize(("count", "shared"), [(1, EVERYWHERE), (3, EVERYWHERE), (3, math.inf), (8, generate.SHARED), (32, 200)])
def test_tokens_are_the_librarys(shape, count, shared):
    rows = some_rows()
    assert_the_librarys(shape, rows, written(rows, shape=shape, count=count, shared=shared))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("shape", ["llama", "gpt2", "gemma2"])
@pytest.mark.parametrize("count", [1, 5])
def test_tokens_are_the_librarys_step_by_step(shape, count):
    rows = some_rows()
    assert_the_librarys(shape, rows, written_stepwise(rows, shape=shape, count=count))


def test_a_plain_forward_without_any_cache_gives_the_same():
    rows = some_rows(6)
    for name, result in written(rows).items():
        (row,) = [row for row in rows if row.name == name]
        assert list(result.ids) == plain.greedy(made()[0], row.tokens, max_tokens=row.max_tokens, ends={END})


def test_long_texts_outgrow_windows_blocks_and_prefixes():
    (row, *_), others = some_rows(1, longest=140), some_rows(4)
    for shape in ("llama", "gemma3"):
        found = written([row, *others], shape=shape, count=3, ends=frozenset())
        assert list(found[row.name].ids) == plain.greedy(made(shape)[0], row.tokens, max_tokens=row.max_tokens)


# ---------------------------------------------------------------- what is run, and what is held


def test_each_shared_token_is_run_once_and_no_step_is_wasted():
    rows, work = some_rows(), Work()
    found = written(rows, count=4, work=work, ends=frozenset())
    sequences = [(*row.tokens, -1 - place) for place, row in enumerate(rows)]
    forest = grow(sequences, [len(row.tokens) - 1 for row in rows], LIMITS, branches=False)
    assert work.tokens_asked == sum(len(row.tokens) for row in rows)
    assert work.written == sum(result.tokens for result in found.values()) == sum(row.max_tokens for row in rows)
    assert work.tokens_computed == forest.tokens - len(rows) + work.written - len(rows)  # a text's last token is not run
    assert work.prefixes == 2
    # four at a time; were a slot left empty until the others are done, steps would be a third more
    assert work.steps <= work.written / 4 * 1.6 + work.prefixes


def test_rows_of_one_prompt_share_all_but_its_last_token():
    (row,) = some_rows(1)[:1]
    work = Work()
    found = written([replace(row, name=f"{number}") for number in range(6)], work=work, count=6)
    assert len(set(ids_of(found).values())) == 1
    assert work.tokens_computed == len(row.tokens) - 1 + 6 * found["0"].tokens


@pytest.mark.parametrize("held", [100, 170, 400])
def test_prefixes_are_held_within_the_limit_and_all_let_go(monkeypatch, held):
    """Three prefixes of 90, each with one of 70 below: 160 tokens a chain."""
    rows = [replace(row, name=f"{seed}/{row.name}") for seed in range(3) for row in some_rows(6, seed=seed)]
    stores, most = [], [0]
    inner, put = Store.__init__, Store.put

    def init(self):
        inner(self)
        stores.append(self)

    def spy(self, node, layers):
        put(self, node, layers)
        most[0] = max(most[0], self.tokens)

    monkeypatch.setattr(Store, "__init__", init)
    monkeypatch.setattr(Store, "put", spy)
    found = written(rows, count=8, limits=replace(LIMITS, held=held), shared=EVERYWHERE)
    assert most[0] <= max(held, 160)
    assert [store.tokens for store in stores] == [0]
    assert ids_of(found) == ids_of(written(rows, count=1))


def test_slots_stay_within_their_room_and_long_rows_get_theirs(monkeypatch):
    rows = some_rows(12)
    rows += [WriteRow("long", tuple(range(4, 204)), 30), WriteRow("longer", tuple(range(5, 255)), 30)]
    sizes = []
    inner = slots.Slots.fit

    def spy(self, count, capacity):
        sizes.append((count, capacity))
        inner(self, count, capacity)

    monkeypatch.setattr(slots.Slots, "fit", spy)
    small = written(rows, count=8, room=600)
    assert all(count * capacity <= 600 for count, capacity in sizes)
    assert max(count for count, _ in sizes) > 2  # short rows are not held up by what long ones need
    assert max(capacity for _, capacity in sizes) >= 279
    assert ids_of(small) == ids_of(written(rows, count=8))
    assert len(sizes) > 1
    sizes.clear()
    written(rows, count=8)
    assert len(sizes) == 1  # made once where there is room


def test_rows_larger_than_room_and_held_are_written_alone():
    rows = some_rows(5)
    assert ids_of(written(rows, room=1, limits=replace(LIMITS, held=1))) == ids_of(written(rows))


def test_each_row_comes_as_soon_as_it_is_finished():
    rows, work = some_rows(longest=40), Work()
    model, encoder = made()
    seen = [(row.max_tokens, work.steps) for row, _ in Writer(model, encoder, frozenset(), LIMITS, 16, work).write(rows, no_trouble)]
    assert sorted(limit for limit, _ in seen) == [limit for limit, _ in seen]  # all were taken up at once
    assert seen[0][1] < 8
    assert seen[-1][1] >= 40


def test_order_and_company_change_nothing():
    rows = some_rows()
    work = [Work(), Work()]
    straight = written(rows, work=work[0])
    mixed = list(rows)
    random.Random(5).shuffle(mixed)
    assert ids_of(written(mixed, work=work[1])) == ids_of(straight)
    assert work[0] == work[1]  # the same rows were together
    for row in rows:
        assert ids_of(written([row])) == {row.name: straight[row.name].ids}


def test_the_models_own_attention_is_back_between_rows_and_after():
    model, encoder = made()
    before = model.config._attn_implementation
    results = Writer(model, encoder, frozenset(), LIMITS, 2, Work()).write(some_rows(), no_trouble)
    next(results)
    assert model.config._attn_implementation == before
    results.close()
    assert model.config._attn_implementation == before


def test_nothing_asked_nothing_written():
    assert written([]) == {}


@pytest.mark.parametrize("way", [written, written_stepwise])
def test_times_begin_with_the_rows_own_work(way):
    rows = [WriteRow(f"r{place}", tuple(range(4, 40 + place)), 30) for place in range(6)]
    began = time.perf_counter()
    found = list(way(rows, count=1, ends=frozenset()).values())
    # one after another: clocks that began with the call would add up to several times as much
    assert sum(result.total_s for result in found) <= time.perf_counter() - began
    assert all(0 < result.first_s < result.total_s for result in found)


# ---------------------------------------------------------------- stops


def scripted(monkeypatch, module, ids):
    """Whatever the model says, each text gets these tokens."""
    monkeypatch.setattr(module, "next_tokens", lambda _, texts: [ids[len(text.ids)] for text in texts])


WAYS = pytest.mark.parametrize(("module", "way"), [(generate, written), (stepwise, written_stepwise)], ids=["slots", "stepwise"])


@WAYS
@pytest.mark.parametrize(
    ("stop", "text", "stopped"),
    [
        (("\n\n",), "Answer: B", "\n\n"),
        (("。", "B\n"), "Answer: ", "B\n"),  # lies across tokens
        (("never",), "Answer: B\n\nQuestion: 转炉吹氧之后", "<|eos|>"),
        ((), "Answer: B\n\nQuestion: 转炉吹氧之后", "<|eos|>"),
        (("炉",), "Answer: B\n\nQuestion: 转", "炉"),  # bytes of one character in several tokens
        (("炉吹氧之后",), "Answer: B\n\nQuestion: 转", "炉吹氧之后"),  # more tokens than characters
        (("Question", "\n"), "Answer: B", "\n"),  # the earlier one cuts
        (("Answer",), "", "Answer"),
    ],
)
def test_stop_strings_across_token_borders(monkeypatch, module, way, stop, text, stopped):
    _, encoder = made()
    ids = [*encoder.tokenizer("Answer: B\n\nQuestion: 转炉吹氧之后", add_special_tokens=False)["input_ids"], END]
    scripted(monkeypatch, module, ids)
    found = way([WriteRow("whole", (5, 6, 7), 200, stop=stop), WriteRow("cut", (5, 6, 8), 2, stop=stop[:1] if len(stop) < 2 else ())])
    assert (found["whole"].text, found["whole"].finish, found["whole"].stopped) == (text, "stop", stopped)
    assert found["whole"].tokens <= len(ids)
    if stopped != "<|eos|>":  # no token after the one that completes the stop string
        assert stopped not in encoder.read(found["whole"].ids[:-1])
    if stop != ("Answer",):
        assert (found["cut"].finish, found["cut"].tokens, found["cut"].stopped) == ("length", 2, "")


@WAYS
def test_special_tokens_inside_a_stop_string_are_no_part_of_the_text(monkeypatch, module, way):
    _, encoder = made()
    head, tail = (encoder.tokenizer(part, add_special_tokens=False)["input_ids"] for part in ("x\nQues", "tion y"))
    scripted(monkeypatch, module, [*head, *[0] * 40, *tail, *tail])
    (found,) = way([WriteRow("a", (5, 6, 7), 100, stop=("\nQuestion",))]).values()
    assert (found.text, found.stopped) == ("x", "\nQuestion")
    assert found.tokens <= len(head) + 40 + len(tail)


@WAYS
def test_a_model_that_says_nothing(monkeypatch, module, way):
    scripted(monkeypatch, module, [END])
    for result in way(some_rows(4)).values():
        assert (result.text, result.finish, result.tokens, result.stopped) == ("", "stop", 1, "<|eos|>")


@WAYS
def test_a_stop_string_in_the_last_token_that_is_allowed_is_a_stop(monkeypatch, module, way):
    _, encoder = made()
    ids = encoder.tokenizer("a b", add_special_tokens=False)["input_ids"]
    scripted(monkeypatch, module, ids)
    (found,) = way([WriteRow("a", (5, 6, 7), len(ids), stop=(" b",))]).values()
    assert (found.text, found.finish, found.stopped) == ("a", "stop", " b")


def test_what_only_the_tail_shows_is_no_stop():
    """A tail that is read alone may begin in the middle of a character or lose a space: the whole text decides."""

    class Changing:
        def read(self, ids):
            return "END" if len(ids) < 20 else "x" * len(ids)

        tokenizer = made()[1].tokenizer

    reader = Reader(Changing(), frozenset())
    row = WriteRow("a", (5,), 100, stop=("END",))
    assert reader.finish(row, [7] * 30) is None
    assert reader.finish(row, [7] * 5) == "stop"


# ---------------------------------------------------------------- drawing


def drawing(rows, **settings):
    return [replace(row, **{"temperature": 1.0, "key": (row.name, "seed"), **settings}) for row in rows]


def test_draws_do_not_depend_on_slots_order_or_way():
    rows = drawing(some_rows())
    straight = ids_of(written(rows, count=1))
    mixed = list(rows)
    random.Random(2).shuffle(mixed)
    for count in (3, 8):
        assert ids_of(written(mixed, count=count)) == straight
    assert ids_of(written_stepwise(mixed, count=4)) == straight
    assert straight["r00"] != straight["again"]  # one prompt, two keys
    assert straight != ids_of(written(drawing(rows, key=("all", "seed")), count=1))
    other = ids_of(written([replace(row, key=(row.name, "other")) for row in rows]))
    assert sum(other[name] != ids for name, ids in straight.items()) > len(rows) / 2


def test_a_mix_of_greedy_and_drawn_rows():
    rows = some_rows()
    drawn_ones = drawing(rows)
    mixed = [pair[place % 2] for place, pair in enumerate(zip(rows, drawn_ones, strict=True))]
    greedy, chance, both = ids_of(written(rows)), ids_of(written(drawn_ones)), ids_of(written(mixed))
    assert both == {row.name: (greedy, chance)[place % 2][row.name] for place, row in enumerate(rows)}


def test_next_to_no_temperature_and_next_to_no_mass_are_greedy():
    rows = some_rows()
    greedy = ids_of(written(rows))
    assert ids_of(written(drawing(rows, temperature=1e-6))) == greedy
    assert ids_of(written(drawing(rows, top_p=1e-9))) == greedy


def logits_of(size=300, seed=0, spread=2.0):
    return np.random.Generator(np.random.PCG64(seed)).normal(0, spread, size)


@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 1.0), (0.7, 1.0), (1.5, 0.6)])
def test_frequencies_are_the_softmaxs(temperature, top_p):
    from scipy.stats import chisquare

    logits, count = logits_of(40), 4000
    row = WriteRow("a", (5,), 8, temperature=temperature, top_p=top_p)
    found = np.bincount([drawn(logits, replace(row, key=("r", str(seed))), seed % 7) for seed in range(count)], minlength=40)
    chances = np.exp(logits / temperature)
    chances /= chances.sum()
    if top_p < 1:
        order = np.argsort(-chances)
        kept = order[: int(np.searchsorted(np.cumsum(chances[order]), top_p)) + 1]
        assert found.sum() == found[kept].sum() == count
        chances, found = chances[kept] / chances[kept].sum(), found[kept]
    many = chances * count >= 5
    wanted = np.append(chances[many], chances[~many].sum()) * count
    seen = np.append(found[many], found[~many].sum())
    wanted, seen = (wanted, seen) if wanted[-1] > 0 else (wanted[:-1], seen[:-1])
    assert chisquare(seen, wanted).pvalue > 1e-3
    assert chisquare(seen, np.roll(wanted, 1) * 1.0).pvalue < 1e-6  # the test can tell


def test_first_tokens_of_two_thousand_keys_follow_the_models_softmax():
    from scipy.stats import chisquare

    model, _ = made()
    tokens = (0, 40, 41, 42)
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0, -1].double().numpy()
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    texts = [Text(WriteRow(f"{seed}", tokens, 1, temperature=1.0, key=("id", f"{seed}"))) for seed in range(2000)]
    ids = next_tokens(torch.tensor(logits).expand(2000, -1), texts)
    found = np.bincount(ids, minlength=len(chances))
    many = chances * 2000 >= 5
    assert many.sum() > 20
    wanted, seen = np.append(chances[many], chances[~many].sum()) * 2000, np.append(found[many], found[~many].sum())
    assert chisquare(seen, wanted).pvalue > 1e-3
    rows = [text.row for text in texts[:40]]
    assert [result.ids[0] for result in (written(rows, count=16, ends=frozenset())[row.name] for row in rows)] == ids[:40]


def test_last_digits_of_logits_change_no_draw():
    """Another batch changes logits in their last digits, and the order of unlikely tokens with them."""
    row = WriteRow("a", (5,), 8, temperature=1.0, key=("r", "s"))
    chance = np.random.Generator(np.random.PCG64(1))
    logits = logits_of(50_000, spread=1.0)
    moved = sum(drawn(logits, row, n) != drawn(logits + chance.normal(0, 1e-6, len(logits)), row, n) for n in range(200))
    assert moved == 0


@pytest.mark.parametrize("top_p", [1e-6, 0.1, 0.5, 0.9, 0.999999])
def test_the_fewest_tokens_that_reach_the_mass_are_kept(top_p):
    logits = np.round(logits_of(5000, spread=0.5), 1)  # many equals
    chances = np.exp(logits - logits.max())
    order = np.argsort(-chances, kind="stable")
    sums = np.cumsum(chances[order]) / chances.sum()
    kept = writing._likeliest(logits - logits.max(), top_p)
    assert kept.tolist() == order[: len(kept)].tolist()
    assert sums[len(kept) - 1] >= top_p - 1e-12
    assert len(kept) == 1 or sums[len(kept) - 2] < top_p + 1e-12


def test_tokens_that_the_model_rules_out_are_never_drawn():
    logits = np.full(50, -np.inf)
    logits[[3, 7]] = 0.0
    row = WriteRow("a", (5,), 8, temperature=5.0)
    assert {drawn(logits, replace(row, key=("r", f"{seed}")), 0) for seed in range(60)} == {3, 7}
    assert {drawn(logits, replace(row, top_p=0.99, key=("r", f"{seed}")), 0) for seed in range(60)} == {3, 7}


def test_noise_is_the_same_everywhere_and_always():
    """A frozen value: bundles name their seeds, and must be written again years later."""
    row = WriteRow("a", (5,), 8, temperature=1.0, key=("request", "seed"))
    assert [drawn(np.zeros(100_000), row, number) for number in range(5)] == FROZEN


FROZEN = [51550, 33903, 76843, 86891, 53123]


# ---------------------------------------------------------------- trouble


def unused(ids):
    """A token that nobody asks and nobody writes."""
    return max(set(range(300, 360)) - {token for some in ids.values() for token in some})


def failing(monkeypatch, error, when, *, shape="llama"):
    """The forwards that `when` (number of the forward, ids) names raise; returns the list of those that did."""
    raised, calls = [], [0]
    model, _ = made(shape)
    inner = model.forward

    @functools.wraps(inner)
    def forward(*arguments, **inputs):
        calls[0] += 1
        if when(calls[0], inputs["input_ids"]):
            raised.append(calls[0])
            raise error
        return inner(*arguments, **inputs)

    monkeypatch.setattr(model, "forward", forward)
    return raised


ERRORS = [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("not enough memory: you tried to allocate"), MemoryError(), IndexError("?")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("count", [1, 4, 16])
def test_a_failure_in_every_seventh_forward_loses_nothing(monkeypatch, error, count):
    rows = [replace(row, name=f"{seed}/{row.name}") for seed in range(3) for row in drawing(some_rows(9, seed=seed))]
    wanted = ids_of(written(rows))
    heard = []
    raised = failing(monkeypatch, error, lambda number, _: number % 7 == 0)
    found = written(rows, count=count, trouble=lambda error, rows: heard.append((error, rows)))
    assert ids_of(found) == wanted
    assert len(raised) == len(heard) > 5
    assert {id(each) for each, _ in heard} == {id(error)}
    assert max(rows for _, rows in heard) > 1 or count == 1


def test_half_of_the_rows_go_on_and_all_are_together_again_later(monkeypatch):
    rows = [WriteRow(f"r{place}", (4, 5, 6 + place), 400) for place in range(8)]
    wanted = ids_of(written(rows, count=8, ends=frozenset()))
    sizes = []
    failing(monkeypatch, MemoryError(), lambda number, ids: sizes.append(ids.shape[1]) or number == 20)
    heard, work = [], Work()
    found = written(rows, count=8, ends=frozenset(), trouble=lambda error, rows: heard.append(rows), work=work)
    assert heard == [8]
    assert ids_of(found) == wanted
    assert sizes[19] == 8
    assert sizes[20] == 4
    assert sizes[21:80] == [4] * 59
    assert 8 in sizes[84:200]  # after some time without trouble
    assert work.written == 8 * 400


def test_a_row_that_fails_alone_twice_is_an_error_and_its_neighbours_are_written(monkeypatch):
    rows = some_rows(9)
    wanted = ids_of(written(rows))
    token = unused(wanted)
    poison = WriteRow("poison", (*rows[0].tokens[:90], token, 40), 9)
    for error in ERRORS:
        heard: list[int] = []
        with monkeypatch.context() as patch:
            raised = failing(patch, error, lambda _, ids: bool((ids == token).any()))
            found = written([*rows, poison], count=4, trouble=functools.partial(lambda heard, _, rows: heard.append(rows), heard))
        assert found.pop("poison") is error
        assert ids_of(found) == wanted
        assert len(raised) == len(heard)
        assert heard.count(1) >= 2


def test_a_row_that_fails_while_it_is_written_is_an_error(monkeypatch):
    rows = some_rows(9)
    wanted = written(rows, ends=frozenset())
    asked = {token for row in rows for token in row.tokens}
    bad = next(token for result in wanted.values() for token in result.ids[2:-2] if token not in asked)
    failing(monkeypatch, MemoryError(), lambda _, ids: bool((ids == bad).any()))
    found = written(rows, ends=frozenset(), trouble=lambda *_: None)
    for name, result in found.items():
        if bad in wanted[name].ids[:-1]:
            assert isinstance(result, MemoryError)
        else:
            assert result.ids == wanted[name].ids
    assert any(isinstance(result, Written) for result in found.values())


def test_a_prefix_that_cannot_be_stored_is_run_with_each_row(monkeypatch):
    rows = some_rows(9)
    wanted = ids_of(written(rows))
    heard = []
    with monkeypatch.context() as patch:

        def fail(*_):
            raise MemoryError

        patch.setattr(generate, "store_nodes", fail)
        work = Work()
        found = written(rows, trouble=lambda error, rows: heard.append(rows), work=work)
    assert ids_of(found) == wanted
    assert heard
    assert work.prefixes == 0


@WAYS
def test_numbers_that_are_not_finite_are_that_rows_error_alone(way, module):
    del module
    model, _ = made()
    rows = some_rows(9)
    wanted = ids_of(way(rows))
    weights, token = model.get_input_embeddings().weight, unused(wanted)
    before = weights[token].clone()
    bad = [WriteRow(f"bad{place}", (*rows[0].tokens[:90], token, 40 + place), 9) for place in range(3)]
    with torch.no_grad():
        weights[token] = math.nan
    try:
        found = way([rows[0], bad[0], *rows[1:4], bad[1], *rows[4:], bad[2]])
    finally:
        with torch.no_grad():
            weights[token] = before
    for row in bad:
        assert isinstance(found.pop(row.name), FloatingPointError)
    assert ids_of(found) == wanted


@contextmanager
def without_numbers(token):
    """While it lasts, the weights of `token` are no numbers."""
    weights = made()[0].get_input_embeddings().weight
    before = weights[token].clone()
    with torch.no_grad():
        weights[token] = math.nan
    try:
        yield
    finally:
        with torch.no_grad():
            weights[token] = before


def test_the_row_that_pads_its_neighbours_fails_alone():
    """Rows of like length are padded with the first token of the pack."""
    rows = [WriteRow(f"r{start}", tuple(range(start, start + length)), 6) for start, length in ((20, 12), (40, 14), (60, 10))]
    wanted = ids_of(written(rows, count=8))
    token = unused(wanted)
    bad = WriteRow("bad", (token, 10, 11), 6)
    first = WriteRow("first", (4, token, 11), 6)  # by its first token it is the first of the line
    with without_numbers(token):
        for poison in (bad, first):
            found = written([poison, *rows], count=8)
            assert isinstance(found.pop(poison.name), FloatingPointError)
            assert ids_of(found) == wanted
    with without_numbers(4):
        found = written([WriteRow("bad", (4, 10, 11), 6), *rows], count=8)
        assert isinstance(found.pop("bad"), FloatingPointError)
        assert ids_of(found) == wanted


def test_a_prefix_that_pads_another_spoils_no_row_but_its_own():
    heads = {name: tuple(range(start, start + length)) for name, start, length in (("a", 20, 70), ("b", 120, 75), ("c", 210, 66))}
    rows = [WriteRow(f"{name}{place}", (*head, 5 + place, 9), 6) for name, head in heads.items() for place in range(3)]
    wanted = ids_of(written(rows, count=12, limits=replace(LIMITS, step=512)))
    bad = [WriteRow(f"bad{place}", (4, *range(11, 80), 5 + place, 9), 6) for place in range(3)]
    with without_numbers(4):
        found = written([*bad, *rows], count=12, limits=replace(LIMITS, step=512))
    assert {type(found.pop(row.name)) for row in bad} == {FloatingPointError}
    assert ids_of(found) == wanted


def test_a_row_whose_numbers_end_while_it_is_written_beside_others_is_judged_by_itself(monkeypatch):
    rows = some_rows(8)
    wanted, calls = ids_of(written(rows, count=8)), []
    inner = generate.next_tokens

    def spoilt(logits, texts):
        calls.append(len(texts))
        if len(calls) in (6, 9) and len(texts) > 2:
            logits = logits.clone()
            logits[1:3] = math.nan
        return inner(logits, texts)

    monkeypatch.setattr(generate, "next_tokens", spoilt)
    assert ids_of(written(rows, count=8)) == wanted
    assert calls[5] > 2


LONG = tuple(4 + place * 7 % 300 for place in range(300))


@pytest.mark.parametrize("at", [8, 12, 20])
@pytest.mark.parametrize("shared", [EVERYWHERE, math.inf])
def test_a_row_that_is_put_back_is_run_again_in_steps_of_their_size(monkeypatch, at, shared):
    limits = replace(LIMITS, step=64, held=4096)
    rows = [WriteRow(f"r{place}", (*LONG[: 300 - 90 * (place % 2)], 5 + place, 9), 20) for place in range(4)]
    wanted = ids_of(written(rows, count=4, limits=limits, shared=shared))
    sizes, heard = [], []
    failing(monkeypatch, MemoryError(), lambda number, ids: sizes.append(ids.shape[1]) or number == at)
    found = written(rows, count=4, limits=limits, shared=shared, trouble=lambda error, rows: heard.append(rows))
    assert ids_of(found) == wanted
    assert heard
    assert max(sizes) <= 64


@pytest.mark.parametrize("broken", [0, 150, 300])
def test_rows_below_a_prefix_that_cannot_be_stored_are_run_in_steps_of_their_size(monkeypatch, broken):
    limits = replace(LIMITS, step=64, held=4096)
    rows = [WriteRow(f"r{place}", (*LONG, 5 + place, 9), 6) for place in range(4)]
    wanted = ids_of(written(rows, count=4, limits=limits, ends=frozenset()))
    sizes, heard = [], []
    failing(monkeypatch, MemoryError(), lambda _, ids: sizes.append(ids.shape[1]) or False)
    inner, first = generate.store_nodes, set()

    def store(model, store, nodes, work):
        for node in nodes:  # shared ones: each row has pieces of its own afterwards
            if node.start <= broken < node.end and (node in first or not first):
                first.add(node)
                raise MemoryError
        return inner(model, store, nodes, work)

    monkeypatch.setattr(generate, "store_nodes", store)
    found = written(rows, count=4, limits=limits, ends=frozenset(), trouble=lambda error, rows: heard.append(rows))
    assert ids_of(found) == wanted
    assert bool(heard) == (broken < 300)
    assert max(sizes) <= 64


def test_a_row_whose_own_pieces_never_fit_is_an_error_and_ends():
    """And not an endless try."""
    limits = replace(LIMITS, step=64, held=4096)
    rows = some_rows(5)
    token = unused(ids_of(written(rows, limits=limits)))
    poison = [WriteRow(f"p{place}", (*LONG[:100], token, *LONG[100:], 5 + place), 6) for place in range(2)]
    wanted = ids_of(written(rows, limits=limits))
    with pytest.MonkeyPatch.context() as patch:
        sizes = []
        failing(patch, MemoryError(), lambda _, ids: sizes.append(ids.shape[1]) or bool((ids == token).any()))
        found = written([*rows, *poison], limits=limits, trouble=lambda *_: None)
    assert {type(found.pop(row.name)) for row in poison} == {MemoryError}
    assert ids_of(found) == wanted
    assert max(sizes) <= 64


def test_a_tokenizer_that_raises_costs_its_row_alone(monkeypatch):
    rows = some_rows(5)
    wanted = ids_of(written(rows))
    inner = Reader.finish

    def finish(self, row, ids):
        if row.name == "r00":
            raise KeyError("no such token")
        return inner(self, row, ids)

    monkeypatch.setattr(Reader, "finish", finish)
    found = written(rows)
    assert isinstance(found.pop("r00"), KeyError)
    assert ids_of(found) == {name: ids for name, ids in wanted.items() if name != "r00"}


def test_ctrl_c_passes_through(monkeypatch):
    failing(monkeypatch, KeyboardInterrupt(), lambda number, _: number == 5)
    with pytest.raises(KeyboardInterrupt):
        written(some_rows())
    assert made()[0].config._attn_implementation != "evalkit_packed"


# ---------------------------------------------------------------- proof


@pytest.mark.parametrize("shape", PACKED)
def test_what_can_be_packed_fits(shape):
    model, encoder = made(shape)
    proof = fits(model, encoder, LIMITS, rows_to_prove(some_rows()))
    assert proof.why == ""
    assert proof.rows == 5  # three, and the longest twice more
    assert 0 < proof.largest < 2e-5


@pytest.mark.filterwarnings("ignore")  # of architectures without their fast kernels
@pytest.mark.parametrize("shape", UNPACKED)
def test_what_carries_its_past_otherwise_does_not_fit(shape):
    model, encoder = made(shape)
    proof = fits(model, encoder, LIMITS, rows_to_prove(some_rows()))
    assert "UnfitError" in proof.why
    assert math.isnan(proof.largest)


@pytest.mark.parametrize("fault", ["prefix", "position", "column", "window"])
def test_faults_of_each_part_are_found(monkeypatch, fault):
    shape = "gemma3" if fault == "window" else "llama"
    model, encoder = made(shape)
    if fault == "prefix":
        monkeypatch.setattr(slots, "merged", lambda one, _: one)
    elif fault == "position":
        start = generate._Writing._prefill

        def late(self, jobs):
            tokens = start(self, jobs)
            for job in jobs:
                job.base += 1
            return tokens

        monkeypatch.setattr(generate._Writing, "_prefill", late)
    elif fault == "column":
        seen = slots.Spot.seen
        monkeypatch.setattr(slots.Spot, "seen", lambda self, window, query: (seen(self, window, query)[0], None))
    else:
        seen = slots.Spot.seen
        monkeypatch.setattr(slots.Spot, "seen", lambda self, _, query: seen(self, None, query))
    assert fits(model, encoder, LIMITS, rows_to_prove(some_rows())).why


def test_a_model_that_turns_out_unfit_is_said_for_each_row(monkeypatch):
    def unfit(*_):
        raise UnfitError("half of it")

    monkeypatch.setattr(generate, "check_layers", unfit)
    found = written(some_rows(4), trouble=lambda *_: None)
    assert {type(result) for result in found.values()} == {UnfitError}
