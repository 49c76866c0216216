import random
from typing import get_args

import pytest
import torch

from evalkit.engines import copies, forward, plain
from evalkit.engines.copies import KEPT, WORTH, Limits, Past, Way, fits, loglikelihoods, plan
from evalkit.engines.forward import ScoreRow
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
