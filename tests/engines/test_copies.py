import random
from typing import get_args

import pytest
import torch

from evalkit.engines import copies, forward, plain
from evalkit.engines.copies import KEPT, LIMITS, WORTH, Limits, Past, Way, fits, loglikelihoods, plan
from evalkit.engines.forward import ScoreRow
from evalkit.engines.memory import GIB, SMALLEST_STEP, Footprint
from evalkit.errors import ModelError
from tests.tiny import Shape, checkpoint

# What each shape's implementation allows on a CPU without kernels of its own.
WAYS = {
    "llama": "chunk",
    "gpt2": "chunk",
    "gemma2": "chunk",
    "qwen3": "chunk",
    "gemma3": "chunk",
    "qwen3_moe": "chunk",
    "opt": "chunk",
    "bloom": "chunk",
    "mamba": "step",
    "hybrid": "chunk",
    "jamba": "step",
    "zamba2": "chunk",
    "recurrent_gemma": "",
}
CARRIED = [shape for shape, way in WAYS.items() if way]
NATS = 1e-4
LENGTHS = {"shorter than the window": 10, "longer than the window": 70}

_models = {}


def model_of(shape):
    if shape not in _models:
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()
        _models[shape] = AutoModelForCausalLM.from_pretrained(checkpoint(shape), dtype=torch.float32).eval()
    return _models[shape]


def ids(seed, count):
    rng = random.Random(seed)
    return tuple(rng.randrange(4, 300) for _ in range(count))


def letters(name, context, count=4):
    """A row with one-token options, all read off the context's last position."""
    return ScoreRow(name, context, tuple((len(context) - 1, (token,)) for token in ids(f"{name} letters", count)))


def cloze(name, context, lengths=(2, 5, 9)):
    """A row an option of several tokens."""
    options = [ids(f"{name} {number}", length) for number, length in enumerate(lengths)]
    return [ScoreRow(f"{name}/{n}", (*context, *option[:-1]), ((len(context) - 1, option),)) for n, option in enumerate(options)]


def workload(prefix=70, questions=5):
    """Rows behind one prefix: letters, options that branch off a question each, and two that share with nobody."""
    shots = ids("shots", prefix)
    rows = []
    for number in range(questions):
        context = (*shots, *ids(f"question {number}", 7 + 5 * number))
        rows.append(letters(f"letters {number}", context))
        rows += cloze(f"cloze {number}", context)
    return [*rows, letters("alone", ids("alone", 21)), *cloze("alone cloze", ids("other", 9), (3,))]


def plainly(model, row):
    return [plain.loglikelihood(model, row.tokens[: start + 1], tokens) for start, tokens in row.continuations]


def assert_exact(model, rows, results):
    assert len(results) == len(rows)
    for row, values in zip(rows, results, strict=True):
        assert len(values) == len(row.continuations)
        for value, expected, (_, tokens) in zip(values, plainly(model, row), row.continuations, strict=True):
            assert value == pytest.approx(expected, abs=NATS * len(tokens), rel=0), row.name


class Tokens:
    """Counts what goes into the embedding, padding included, and notes the shapes."""

    def __init__(self, model):
        self.model, self.shapes = model, []

    def __enter__(self):
        note = lambda _, received: self.shapes.append(tuple(received[0].shape))  # noqa: E731
        self.handle = self.model.get_input_embeddings().register_forward_pre_hook(note)
        return self

    def __exit__(self, *_):
        self.handle.remove()

    @property
    def count(self):
        return sum(rows * width for rows, width in self.shapes)


# ---------------------------------------------------------------- exact, for every shape


def test_every_shape_is_named():
    assert set(WAYS) == set(get_args(Shape))


@pytest.mark.parametrize("shape", WAYS)
def test_the_way_is_found_by_trying(shape):
    assert fits(model_of(shape), workload()[:6]) == WAYS[shape]


@pytest.mark.parametrize("prefix", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("shape", CARRIED)
def test_equal_to_the_plain_way(shape, prefix):
    model, rows = model_of(shape), workload(prefix)
    assert_exact(model, rows, loglikelihoods(model, rows, way=WAYS[shape]))


@pytest.mark.parametrize("shape", sorted({*CARRIED} - {"zamba2"}))
def test_token_by_token_is_exact_where_one_token_is(shape):
    model, rows = model_of(shape), workload()
    with Tokens(model) as counted:
        results = loglikelihoods(model, rows, way="step")
    assert (1, 1) in counted.shapes
    assert_exact(model, rows, results)


@pytest.mark.parametrize("shape", CARRIED)
def test_one_row_alone(shape):
    model = model_of(shape)
    for row in (letters("one", ids("one", 30)), *cloze("many", ids("many", 30), (6,)), letters("short", ids("short", 1))):
        assert_exact(model, [row], loglikelihoods(model, [row], way=WAYS[shape]))


@pytest.mark.parametrize("shape", CARRIED)
def test_shared_tokens_run_once(shape):
    model, rows = model_of(shape), workload(200)
    heard = []
    with Tokens(model) as shared:
        loglikelihoods(model, rows, way=WAYS[shape], ran=heard.append)
    with Tokens(model) as alone:
        for row in rows:
            forward.loglikelihoods(model, [row])
    assert alone.count == sum(len(row.tokens) for row in rows)
    assert shared.count < alone.count / 4
    assert alone.count / 20 < sum(heard) <= shared.count  # padding is not in what is heard


def test_what_ran_is_told_without_padding():
    model, shots, heard = model_of("llama"), ids("shots", 100), []
    rows = [letters("short", (*shots, *ids("a", 5))), letters("long", (*shots, *ids("b", 9))), letters("alone", ids("c", 8))]
    loglikelihoods(model, rows, ran=heard.append)
    assert sorted(heard) == [8, 5 + 9, 100]


@pytest.mark.parametrize("shape", CARRIED)
def test_a_branch_leaves_the_prefix_as_it_was(shape):
    model, rows = model_of(shape), workload(70, questions=2)[:8]
    with torch.inference_mode():
        past = Past(model, WAYS[shape]).extended(model, rows[0].tokens[:70])
        before = [(place, tensor.clone()) for place, tensor in tensors(past.cache)]
        assert before
        for part in (rows, rows[:1]):
            part = sorted(part, key=lambda row: len(row.tokens), reverse=True)
            assert_exact(model, part, copies._branches(model, part, past))
        if WAYS[shape] == "chunk":
            past.extended(model, ids("further", 6))
    after = tensors(past.cache)
    assert [place for place, _ in before] == [place for place, _ in after]
    for (place, one), (_, other) in zip(before, after, strict=True):
        assert torch.equal(one, other), place
    assert past.length == 70


@pytest.mark.parametrize("shape", CARRIED)
def test_copies_share_no_memory(shape):
    model = model_of(shape)
    with torch.inference_mode():
        past = Past(model, WAYS[shape]).extended(model, ids("prefix", 20))
        own = {tensor.data_ptr() for _, tensor in tensors(past.cache)}
        for rows in (1, 3):
            copied = tensors(past.copies(rows))
            assert len(copied) == len(own)
            assert not own & {tensor.data_ptr() for _, tensor in copied}


def tensors(thing, place="cache"):
    """Every tensor with content that hangs on an object, with the way to it."""
    if isinstance(thing, torch.Tensor):
        return [(place, thing)] if thing.numel() else []
    if isinstance(thing, dict):
        return [found for key, value in thing.items() for found in tensors(value, f"{place}[{key!r}]")]
    if isinstance(thing, list | tuple):
        return [found for index, value in enumerate(thing) for found in tensors(value, f"{place}[{index}]")]
    if hasattr(thing, "__dict__") and not isinstance(thing, type):
        return [found for name, value in vars(thing).items() for found in tensors(value, f"{place}.{name}")]
    return []


# ---------------------------------------------------------------- batches


@pytest.mark.parametrize("shape", ["gemma3", "hybrid", "jamba"])
@pytest.mark.parametrize("limits", [Limits(tokens=1, held=1, scored=1), Limits(tokens=64, held=300, scored=9)], ids=["one by one", "small"])
def test_limits_change_no_result(shape, limits):
    model, rows = model_of(shape), workload()
    assert_exact(model, rows, loglikelihoods(model, rows, way=WAYS[shape], limits=limits))


def test_limits_are_kept():
    model, rows = model_of("llama"), workload(100, questions=8)
    limits = Limits(tokens=64, held=450, scored=8)
    with Tokens(model) as counted:
        loglikelihoods(model, rows, limits=limits)
    assert all(count * width <= 64 for count, width in counted.shapes if count > 1)
    assert all(count * (100 + width) <= 450 for count, width in counted.shapes if count > 1)
    assert max(count for count, _ in counted.shapes) > 1


@pytest.mark.parametrize("shape", ["llama", "mamba"])
def test_no_forward_has_more_rows_than_asked(shape):
    model, rows = model_of(shape), workload(100, questions=8)
    with Tokens(model) as counted:
        results = loglikelihoods(model, rows, way=WAYS[shape], limits=Limits(rows=3))
    assert max(count for count, _ in counted.shapes) == 3
    assert_exact(model, rows, results)


def test_prefixes_upon_prefixes_are_held_within_the_limit(monkeypatch):
    """Questions that share most of themselves with their options: a chain of three prefixes, or of fewer where they do not fit."""
    model, shots = model_of("llama"), ids("shots", 100)
    rows = [row for n in range(3) for row in cloze(f"q{n}", (*shots, *ids("topic", 70), *ids(n, 80)), (4, 4, 4, 4))]
    rows += [letters(f"other {n}", (*shots, *ids(f"other {n}", 20))) for n in range(3)]
    chains = []
    inner = Past.extended

    def extended(self, *given):
        longer = inner(self, *given)
        chains.append(longer.chain)
        return longer

    monkeypatch.setattr(Past, "extended", extended)
    for held, longest in ((1000, 100 + 170 + 249), (300, 100 + 170)):
        chains.clear()
        assert_exact(model, rows, loglikelihoods(model, rows, limits=Limits(held=held)))
        assert max(chains) == longest <= held


NEED = Footprint(held=1000, step=4000, fixed=0)


def peak(limits, longest, vocabulary):
    """Bytes at the worst moment: prefixes, copies and their second copies, a forward of the longest, its logits twice."""
    return 3 * limits.held * NEED.held + max(limits.tokens, longest) * NEED.step + 2 * 4 * limits.scored * vocabulary


@pytest.mark.parametrize("rows", [None, 5])
def test_sizes_follow_from_the_room_and_stay_within_it(rows):
    assert copies.limits(NEED, 50_000, longest=20_000, room=None, rows=rows) == Limits(held=20_000, rows=rows)
    assert copies.limits(NEED, 50_000, longest=700, room=100 * GIB, rows=rows) == Limits(rows=rows)
    last = Limits(tokens=0, held=0, scored=0)
    for room in range(6_000_000, 500_000_000, 1_700_000):
        found = copies.limits(NEED, 50_000, longest=700, room=room, rows=rows)
        assert peak(found, 700, 50_000) <= room
        assert found.held >= 700
        assert found.rows == rows
        assert found.tokens >= last.tokens or found.held > last.held
        last = found
    assert last.tokens == LIMITS.tokens


def test_a_room_that_does_not_hold_the_longest_row_is_refused():
    least = 3 * 700 * NEED.held + 700 * NEED.step + 2 * 4 * 50_000
    assert copies.limits(NEED, 50_000, longest=700, room=least, rows=None) == Limits(tokens=SMALLEST_STEP, held=700, scored=1)
    with pytest.raises(ModelError, match=r"a row of 700 tokens .* needs about 0\.005"):
        copies.limits(NEED, 50_000, longest=700, room=least - 1, rows=None)


def test_any_order_of_rows_gives_the_same():
    model, rows = model_of("hybrid"), workload()
    straight = dict(zip([row.name for row in rows], loglikelihoods(model, rows), strict=True))
    random.Random(3).shuffle(rows)
    assert dict(zip([row.name for row in rows], loglikelihoods(model, rows), strict=True)) == straight


def test_rows_that_are_done_leave_the_steps():
    model, shots = model_of("mamba"), ids("shots", 400)
    rows = [letters("short", (*shots, *ids("a", 3))), letters("long", (*shots, *ids("b", 20)))]
    with Tokens(model) as counted:
        results = loglikelihoods(model, rows, way="step")
    assert counted.shapes == [(1, 400), *[(2, 1)] * 3, *[(1, 1)] * 17]
    assert_exact(model, rows, results)


def test_steps_that_cost_more_than_they_save_are_not_taken():
    model, shots = model_of("mamba"), ids("shots", 70)
    rows = [letters(name, (*shots, *ids(name, 60))) for name in "ab"]
    with Tokens(model) as counted:
        results = loglikelihoods(model, rows, way="step")
    assert counted.shapes == [(2, 130)]
    assert_exact(model, rows, results)


def test_options_of_a_question_share_it_too():
    model, shots = model_of("llama"), ids("shots", 100)
    rows = [row for number in range(3) for row in cloze(f"q{number}", (*shots, *ids(number, 50)), (4, 4, 4, 4))]
    with Tokens(model) as counted:
        results = loglikelihoods(model, rows)
    assert counted.count == 100 + 3 * (49 + 4 * 4)  # the question's last token is where an option is read off
    assert_exact(model, rows, results)


def test_numbers_that_are_not_finite_are_refused():
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(checkpoint("hybrid"), dtype=torch.float32).eval()
    with torch.no_grad():
        model.model.norm.weight.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="not finite"):
        loglikelihoods(model, workload())
    assert fits(model, workload()[:3]) == ""


# ---------------------------------------------------------------- the plan


def covered(groups):
    return sorted(row.name for group in groups for row in group)


def test_a_prefix_is_shared_where_it_saves_enough():
    shots = ids("shots", WORTH)
    pair = [letters(name, (*shots, *ids(name, 9))) for name in "ab"]
    assert covered(plan(pair)) == ["a", "b"]
    assert len(plan(pair)) == 1
    longer = Limits(tokens=60)
    short = [letters(name, (*shots[:-1], *ids(name, 9))) for name in "ab"]
    assert [len(group) for group in plan(short, limits=longer)] == [1, 1]  # nothing shared: by size alone


def test_rows_split_where_most_is_saved():
    one, other = ids("one", 80), ids("two", 80)
    common = ids("common", 3)
    rows = [letters(f"{n}{m}", (*common, *shots, *ids(f"{n} {m}", 9))) for n, shots in enumerate((one, other)) for m in range(3)]
    for way in get_args(Way):
        groups = plan(rows, way=way)
        assert sorted(sorted(row.name for row in group) for group in groups) == [["00", "01", "02"], ["10", "11", "12"]]


def test_what_is_split_again_is_planned_as_one():
    shots = ids("shots", 60)
    rows = [letters(f"{n}{m}", (*shots, *ids(n, 60), *ids(f"{n} {m}", 9))) for n in range(3) for m in range(4)]
    assert [len(group) for group in plan(rows, way="chunk")] == [12]
    assert [len(group) for group in plan(rows, way="step")] == [4, 4, 4]  # 3 x 3 x 120 tokens saved, against 11 x 60


def test_the_plan_follows_from_the_rows_alone():
    rows = workload()
    straight = plan(rows)
    assert covered(straight) == sorted(row.name for row in rows)
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        assert plan(rows) == straight


def test_a_prefix_ends_before_what_is_scored():
    shots = ids("shots", 90)
    early = ScoreRow("early", (*shots, 5, 6), ((9, shots[10:20]),))  # read off the tenth token on
    late = letters("late", (*shots, 7, 8))
    ((end, members),) = copies._split([early, late], 0, "chunk", 1)
    assert (end, covered([members])) == (9, ["early", "late"])
    model = model_of("hybrid")
    assert_exact(model, [early, late], loglikelihoods(model, [early, late]))


def test_some_tokens_always_stay_for_the_rest():
    same = ids("same", 90)
    ((end, members),) = copies._split([letters("a", same), letters("b", same)], 0, "chunk", 1)
    assert end == 90 - KEPT
    assert len(members) == 2
    assert copies._split([letters("a", same[:2]), letters("b", same[:2])], 0, "chunk", 1)[0][0] == 0


def test_a_large_group_is_cut():
    shots = ids("shots", 64)
    rows = [letters(f"{n:04}", (*shots, *ids(n, 32))) for n in range(100)]
    groups = plan(rows, limits=Limits(tokens=128))
    assert [len(group) for group in groups] == [32, 32, 32, 4]  # 32 rests of 32 tokens are 16 times the prefix
    assert covered(groups) == [row.name for row in rows]


def test_a_staircase_of_prefixes_is_no_trouble():
    stairs = ids("stairs", 1500)
    rows = [letters(f"{n:04}", (*stairs[:n], 301, 302)) for n in range(3, 1500)]
    assert covered(plan(rows)) == [row.name for row in rows]


def test_nothing_to_run():
    assert plan([]) == []
    assert loglikelihoods(model_of("llama"), []) == []
    assert fits(model_of("llama"), []) == ""


# ---------------------------------------------------------------- where it does not fit


def test_a_model_that_fails_with_a_cache_goes_the_plain_way():
    class Failing:
        def __init__(self, model, error):
            self.model, self.error = model, error

        def __getattr__(self, name):
            return getattr(self.model, name)

        def forward(self, input_ids, past_key_values=None):
            raise NotImplementedError

        def __call__(self, **inputs):
            if inputs.get("past_key_values") is not None:
                raise self.error
            return self.model(**inputs)

    rows = workload()[:2]
    assert fits(Failing(model_of("llama"), KeyError("layer")), rows) == ""
    with pytest.raises(MemoryError):
        fits(Failing(model_of("llama"), MemoryError()), rows)


def test_a_model_that_keeps_its_state_to_itself_is_left_alone():
    model, rows = model_of("recurrent_gemma"), workload()[:4]
    before = [plainly(model, row) for row in rows]
    assert fits(model, rows) == ""
    assert [plainly(model, row) for row in rows] == before


def test_rows_too_short_for_a_prefix_show_nothing():
    assert fits(model_of("llama"), [letters("short", ids("short", 2))]) == ""


@pytest.mark.parametrize(("shape", "way"), [("hybrid", "chunk"), ("jamba", "step")])
def test_a_row_that_no_plain_forward_takes_says_nothing_about_the_way(shape, way):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(checkpoint(shape), dtype=torch.float32).eval()
    rows, odd = workload()[:4], 305
    with torch.no_grad():
        model.get_input_embeddings().weight[odd] = float("nan")
    unknown = letters("unknown token", (*ids("unknown", 20), 10**6, 7))
    no_number = letters("no number", (odd, *ids("no number", 20)))
    for bad in (unknown, no_number):
        assert fits(model, [bad, *rows]) == way
        assert fits(model, [bad]) == ""


def test_a_proof_makes_logits_only_where_something_is_scored():
    model, rows, seen = model_of("hybrid"), workload()[:6], []
    handle = model.get_output_embeddings().register_forward_hook(lambda *given: seen.append(given[2].shape[:-1].numel()))
    try:
        assert fits(model, rows) == "chunk"
    finally:
        handle.remove()
    assert max(seen) <= sum(row.scored for row in rows) < max(len(row.tokens) for row in rows)


def test_memory_that_runs_out_in_a_proof_is_raised(monkeypatch):
    def full(*_):
        raise MemoryError

    monkeypatch.setattr(forward, "loglikelihoods", full)
    with pytest.raises(MemoryError):
        fits(model_of("llama"), workload()[:2])
