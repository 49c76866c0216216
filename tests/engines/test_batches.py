import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.engines.batches import batches, halving, is_out_of_memory


@dataclass(frozen=True)
class Row:
    name: str
    length: int
    scored: int = 1

    @property
    def order(self):
        return self.length, self.name


def rows_of(lengths):
    return [Row(str(index), length, 1 + length % 3) for index, length in enumerate(lengths)]


@given(st.lists(st.integers(1, 300), max_size=60), st.integers(50, 400), st.integers(1, 20), st.randoms(use_true_random=False))
def test_groups_hold_every_row_once_within_the_budget_in_any_order(lengths, tokens, scored, rng):
    rows = rows_of(lengths)
    groups = batches(rows, tokens=tokens, scored=scored)
    assert sorted(row.name for group in groups for row in group) == sorted(row.name for row in rows)
    for group in groups:
        padded = len(group) * max(row.length for row in group)
        assert len(group) == 1 or (padded <= tokens and sum(row.scored for row in group) <= scored)
    mixed = list(rows)
    rng.shuffle(mixed)
    assert batches(mixed, tokens=tokens, scored=scored) == groups


def test_a_number_of_rows_is_a_limit_beside_the_others():
    assert [len(group) for group in batches(rows_of([100] * 7), tokens=1000, scored=1000, most=3)] == [3, 3, 1]
    assert [len(group) for group in batches(rows_of([100] * 7), tokens=250, scored=1000, most=3)] == [2, 2, 2, 1]


@pytest.mark.parametrize("bad", [(), ("3",), ("0", "7"), tuple("0123456789")])
def test_halving_loses_only_rows_that_fail_alone(bad):
    heard = []

    def work(part):
        if any(row.name in bad for row in part):
            raise ValueError("no")
        return [row.name for row in part]

    rows = rows_of([5] * 10)
    results = list(halving(rows, work, lambda error, size: heard.append(size)))
    assert sorted(row.name for row, _ in results) == sorted(row.name for row in rows)
    for row, result in results:
        assert isinstance(result, ValueError) if row.name in bad else result == row.name
    assert heard.count(1) == len(bad)


def test_halving_lets_ctrl_c_through():
    def work(part):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(halving(rows_of([1, 2]), work, lambda *_: None))


def test_what_counts_as_out_of_memory():
    import torch

    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"))
    assert is_out_of_memory(RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"))
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("shape mismatch"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_random_is_not_global():
    state = random.getstate()
    batches(rows_of([3, 2, 1]), tokens=10, scored=10)
    assert random.getstate() == state
