"""Forests of shared prefixes: every sequence can be read back, each shared token is laid once, and sizes are kept."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.engines.forest import MAX_LEVELS, MIN_GAIN, Forest, Limits, Node, Row, Step, grow, steps

WIDE = Limits(step=1024, row=256, held=4096)
Tokens = tuple[int, ...]


def rows_of(forest: Forest) -> list[Row]:
    found, waiting = list(forest.rows), list(forest.nodes)
    while waiting:
        node = waiting.pop()
        found += node.rows
        waiting += node.nodes
    return found


def nodes_of(forest: Forest) -> list[Node]:
    found, waiting = [], list(forest.nodes)
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += node.nodes
    return found


def read_back(forest: Forest) -> dict[int, Tokens]:
    """Each sequence from the prefixes below its row and its path in it."""
    found: dict[int, Tokens] = {}
    for row in rows_of(forest):
        stored = tuple(token for node in (row.prefix.chain() if row.prefix else []) for token in node.tokens)
        for number, path in row.paths.items():
            assert number not in found
            assert [row.positions[place] for place in path] == list(range(len(stored), len(stored) + len(path)))
            for before, place in zip([-1, *path], path, strict=False):
                assert row.parents[place] == before
            found[number] = stored + tuple(row.tokens[place] for place in path)
    return found


def most_held(forest: Forest, limits: Limits) -> int:
    """Tokens of stored prefixes that are held at once at most, over all steps."""
    held = most = 0
    for step in steps(forest, limits):
        held += sum(len(node.tokens) for node in step.nodes)
        most = max(most, held)
        held -= sum(len(node.tokens) for node in step.release)
    return most


def distinct_prefixes(sequences: list[Tokens]) -> int:
    """Nodes of the trie: the fewest tokens that any way can run."""
    return len({sequence[:length] for sequence in sequences for length in range(1, len(sequence) + 1)})


sequences = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=30).map(tuple), min_size=1, max_size=25, unique=True)
sizes = st.builds(
    lambda step, row, held, rows: Limits(step=step, row=min(row, step), held=held, rows=rows),
    st.integers(4, 60), st.integers(1, 60), st.integers(1, 80), st.none() | st.integers(1, 4),
)  # fmt: skip


@given(sequences, sizes, st.booleans(), st.data())
@settings(deadline=None)
def test_every_sequence_is_laid_once_and_wanted_positions_are_in_rows(found: list[Tokens], limits: Limits, branches: bool, data: st.DataObject):
    first = [data.draw(st.integers(0, len(sequence) - 1)) for sequence in found]
    forest = grow(found, first, limits, branches=branches)
    assert read_back(forest) == dict(enumerate(found))
    for row in rows_of(forest):
        assert all(row.start <= first[number] for number in row.paths)
        assert branches or len(row.paths) == 1
    assert distinct_prefixes(found) <= forest.tokens <= sum(map(len, found))


@given(sequences, sizes, st.data())
@settings(deadline=None)
def test_steps_store_before_they_use_and_release_all(found: list[Tokens], limits: Limits, data: st.DataObject):
    forest = grow(found, [len(sequence) - 1 for sequence in found], limits)
    held: set[Node] = set()
    run: list[Row] = []
    for step in steps(forest, limits):
        assert isinstance(step, Step)
        for node in step.nodes:
            assert node.parent is None or node.parent in held
            assert node not in held
        held |= set(step.nodes)
        for row in step.rows:
            assert row.prefix is None or set(row.prefix.chain()) <= held
        run += step.rows
        for items in (step.nodes, step.rows):
            assert len(items) <= 1 or sum(len(item.tokens) for item in items) <= limits.step
            assert limits.rows is None or len(items) <= limits.rows
        assert set(step.release) <= held
        held -= set(step.release)
    assert not held
    assert len(run) == len(rows_of(forest)) == len({id(row) for row in run})


@given(sequences, sizes)
@settings(deadline=None)
def test_what_is_held_stays_within_the_limit_or_one_chain(found: list[Tokens], limits: Limits):
    forest = grow(found, [len(sequence) - 1 for sequence in found], limits)
    deepest = max((node.end for node in nodes_of(forest)), default=0)
    assert most_held(forest, limits) <= max(limits.held, deepest)


@given(sequences, st.randoms())
@settings(deadline=None)
def test_the_order_of_the_sequences_changes_nothing(found: list[Tokens], chance: random.Random):
    turned = list(found)
    chance.shuffle(turned)

    def laid(given: list[Tokens]) -> list[tuple[Tokens, Tokens, Tokens]]:
        forest = grow(given, [len(sequence) - 1 for sequence in given], WIDE)
        return [(row.tokens, row.parents, row.positions) for step in steps(forest, WIDE) for row in step.rows]

    assert laid(found) == laid(turned)


def test_shots_questions_and_options_share_all_they_can():
    shots = tuple(range(300))
    found = [(*shots, 1000 + item, *range(50), 5000 + option) for item in range(20) for option in range(4)]
    forest = grow(found, [len(sequence) - 2 for sequence in found], WIDE)
    (root,) = forest.nodes
    assert root.tokens == shots
    assert forest.tokens == distinct_prefixes(found) == 300 + 20 * (51 + 4)
    assert len(root.rows) == 20  # an item with all its options is one row
    assert sum(len(step.rows) > 0 for step in steps(forest, WIDE)) == 2  # 1,100 tokens of rows


def test_long_questions_are_stored_below_the_shots():
    shots, limits = tuple(range(200)), Limits(step=1024, row=64, held=4096)
    found = [(*shots, 1000 + item, *range(300, 400), 5000 + option, *range(10)) for item in range(3) for option in range(8)]
    forest = grow(found, [301] * len(found), limits)
    (root,) = forest.nodes
    assert [len(node.tokens) for node in root.nodes] == [101, 101, 101]
    assert forest.tokens == distinct_prefixes(found)


def test_a_prefix_that_saves_too_little_is_run_again():
    limits = Limits(step=1024, row=10, held=4096)
    few = [(1, 2, 3, *range(10 * item, 10 * item + 10)) for item in range(MIN_GAIN // 3)]
    assert not grow(few, [12] * len(few), limits).nodes
    many = [(1, 2, 3, *range(10 * item, 10 * item + 10)) for item in range(2 * MIN_GAIN)]
    assert grow(many, [12] * len(many), limits).nodes


def test_long_sequences_are_stored_in_pieces_no_longer_than_a_step():
    limits = Limits(step=100, row=50, held=4096)
    forest = grow([tuple(range(1050))], [1049], limits)
    chain = rows_of(forest)[0].prefix.chain()
    assert all(len(node.tokens) <= 100 for node in chain)
    assert len(rows_of(forest)[0].tokens) <= 100
    wanted_early = grow([tuple(range(1050))], [10], limits)  # what is read early cannot be in a stored prefix
    assert len(rows_of(wanted_early)[0].tokens) == 1040


def test_chains_of_prefixes_as_deep_as_they_are_many():
    found = [tuple(range(length)) for length in range(1, 1500)]
    forest = grow(found, [length - 1 for length in range(1, 1500)], WIDE)
    assert read_back(forest) == dict(enumerate(found))
    deepest = max(len(row.prefix.chain()) for row in rows_of(forest) if row.prefix)
    assert deepest <= MAX_LEVELS + 2


@pytest.mark.parametrize(
    ("found", "first", "words"),
    [([()], [0], "at least one token"), ([(1,), (1,)], [0, 0], "distinct"), ([(1, 2)], [2], "outside"), ([(1, 2)], [-1], "outside")],
)
def test_what_cannot_be_laid_is_refused(found: list[Tokens], first: list[int], words: str):
    with pytest.raises(ValueError, match=words):
        grow(found, first, WIDE)


def test_thousands_of_sequences():
    chance = random.Random(3)
    shots = [tuple(chance.randrange(500) for _ in range(200)) for _ in range(5)]
    found = list({(*chance.choice(shots), *(chance.randrange(500) for _ in range(chance.randrange(5, 60)))) for _ in range(5000)})
    forest = grow(found, [len(sequence) - 1 for sequence in found], WIDE)
    assert len(read_back(forest)) == len(found)
    assert forest.tokens <= distinct_prefixes(found) * 1.02
    full = [sum(len(row.tokens) for row in step.rows) for step in steps(forest, WIDE) if step.rows]
    assert sum(full) / len(full) > 0.9 * WIDE.step
