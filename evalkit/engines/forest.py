"""Token sequences as a forest of shared prefixes: what is stored once, what is run together, and when it is let go.

    forest = grow(sequences, first)         # nodes (stored prefixes) and rows (what is run on top of them)
    for step in steps(forest, limits):      # one forward of the model each

Sorted sequences show their common prefixes side by side, so the trie is read off neighbours. Everything here follows from the
sequences and the limits alone, never from the memory that is free. No torch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import TypeVar

import numpy as np

MIN_GAIN = 64  # tokens; storing a prefix must save that many, below it the bookkeeping costs more than it saves
MAX_LEVELS = 8  # stored prefixes on top of each other; each is a product of its own for every token below


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in tokens: of a step, of a row that holds several sequences, of all stored prefixes at once."""

    step: int
    row: int
    held: int
    rows: int | None = None  # rows of a step at most


@dataclass(eq=False, slots=True)
class Node:
    """A stored prefix: its own tokens, which follow those of `parent`. `start` is the position of its first token."""

    tokens: tuple[int, ...]
    parent: "Node | None"
    start: int
    number: int = 0  # in depth-first order
    nodes: list["Node"] = field(default_factory=list)
    rows: list["Row"] = field(default_factory=list)

    @property
    def end(self) -> int:
        """Position of the first token after it."""
        return self.start + len(self.tokens)

    def chain(self) -> list["Node"]:
        """From the root to this node."""
        found: list[Node] = []
        node: Node | None = self
        while node is not None:
            found.append(node)
            node = node.parent
        return found[::-1]


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """A small subtree laid flat: each token with its parent in the row (-1: the prefix itself) and its position.

    `paths` gives for each sequence (by its number) the places of its own tokens in the row, from the prefix's end on.
    """

    prefix: Node | None
    tokens: tuple[int, ...]
    parents: tuple[int, ...]
    positions: tuple[int, ...]
    paths: dict[int, tuple[int, ...]]

    @property
    def start(self) -> int:
        """Position of the first token that is the row's own."""
        return self.prefix.end if self.prefix else 0

    @property
    def linear(self) -> bool:
        """Whether each token follows the one before it: no branches."""
        return all(parent == place - 1 for place, parent in enumerate(self.parents))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """Roots of a plan: prefixes that have no parent, and rows that share nothing with anybody."""

    nodes: tuple[Node, ...]
    rows: tuple[Row, ...]

    @property
    def tokens(self) -> int:
        """Tokens that are run, each shared one once."""
        below = list(self.nodes)
        total = sum(len(row.tokens) for row in self.rows)
        while below:
            node = below.pop()
            total += len(node.tokens) + sum(len(row.tokens) for row in node.rows)
            below += node.nodes
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One forward: nodes to store (their parents are stored), or rows to run; `release` can be let go afterwards."""

    nodes: tuple[Node, ...] = ()
    rows: tuple[Row, ...] = ()
    release: tuple[Node, ...] = ()


def grow(sequences: Sequence[tuple[int, ...]], first: Sequence[int], limits: Limits, *, branches: bool = True) -> Forest:
    """The forest of distinct, non-empty `sequences`; prefixes end before the position `first` of each, whose logits are wanted.

    With `branches`, sequences that together add at most `limits.row` tokens to their prefix become one row; without, each
    sequence is a row of its own. Raises ValueError for an empty sequence, a repeated one, or a `first` outside its sequence.
    """
    if not all(sequences) or len(set(sequences)) < len(sequences):
        raise ValueError("sequences must be distinct and hold at least one token each")
    if not all(0 <= place < len(sequence) for place, sequence in zip(first, sequences, strict=True)):
        raise ValueError("the first wanted position of a sequence lies outside it")
    return _Growing(sequences, first, limits, branches).forest()


class _Growing:
    """The sorted sequences while their forest is made."""

    def __init__(self, sequences: Sequence[tuple[int, ...]], first: Sequence[int], limits: Limits, branches: bool) -> None:
        self._order = sorted(range(len(sequences)), key=lambda index: sequences[index])
        self._sorted = [sequences[index] for index in self._order]
        self._first = [first[index] for index in self._order]
        self._shared = _shared_with_next(self._sorted)
        # added[i]: tokens of sequence i that its predecessor lacks; its running sum prices any run of neighbours
        added = [len(tokens) - shared for tokens, shared in zip(self._sorted, [0, *self._shared], strict=False)]
        self._sum = [0, *accumulate(added)]
        self._limits = limits
        self._branches = branches
        self._roots: list[Node] = []
        self._loose: list[Row] = []

    def forest(self) -> Forest:
        # (low, high): a run of neighbours that share `split` tokens, of which `prefix` stores the first; an explicit stack,
        # since chains of sequences that are prefixes of each other are as deep as they are many
        waiting: list[tuple[int, int, int, Node | None, int]] = [(0, len(self._sorted), 0, None, 0)] if self._sorted else []
        while waiting:
            low, high, split, prefix, level = waiting.pop()
            deeper = []
            for start, end in self._children(low, high, split):
                deeper += self._child(start, end, split, prefix, level)
            waiting += deeper[::-1]
        _number(self._roots)
        return Forest(nodes=tuple(self._roots), rows=tuple(self._loose))

    def _children(self, low: int, high: int, split: int) -> Iterator[tuple[int, int]]:
        start = low
        while start < high:
            end = start + 1
            while end < high and self._shared[end - 1] > split:
                end += 1
            yield start, end
            start = end

    def _child(self, start: int, end: int, split: int, prefix: Node | None, level: int) -> list[tuple[int, int, int, Node | None, int]]:
        """Lays out one child of a branching point, or stores what it shares and hands on what is below."""
        depth = prefix.end if prefix else 0
        tokens = self._tokens(start, end, depth)
        if end - start == 1 or (self._branches and tokens <= self._limits.row):
            self._row(start, end, prefix)
            return []
        common = min(min(self._shared[start : end - 1]), min(self._first[start:end]))
        own = common - depth
        rows = -(-(tokens - own) // self._limits.row) if self._branches else end - start
        if own > 0 and level < MAX_LEVELS and own * (max(rows, 2) - 1) >= MIN_GAIN:
            node = self._store(self._sorted[start][depth:common], prefix)
            return [(start, end, common, node, level + 1)]
        if common > split:
            return [(start, end, common, prefix, level)]
        self._rows_as_they_come(start, end, prefix)  # a wanted position comes before the next branching point
        return []

    def _tokens(self, start: int, end: int, depth: int) -> int:
        """Distinct tokens of the sequences start..end below `depth` (all share at least that many)."""
        return len(self._sorted[start]) - depth + self._sum[end] - self._sum[start + 1]

    def _store(self, tokens: tuple[int, ...], prefix: Node | None) -> Node:
        """A node of `tokens` under `prefix`; a long one as a chain, so that no step is longer than its limit."""
        for begin in range(0, len(tokens), self._limits.step):
            own = tokens[begin : begin + self._limits.step]
            node = Node(own, prefix, prefix.end if prefix else 0)
            (prefix.nodes if prefix else self._roots).append(node)
            prefix = node
        assert prefix is not None  # noqa: S101 (tokens are never empty)
        return prefix

    def _rows_as_they_come(self, start: int, end: int, prefix: Node | None) -> None:
        depth = prefix.end if prefix else 0
        while start < end:
            stop = start + 1
            while self._branches and stop < end and self._tokens(start, stop + 1, depth) <= self._limits.row:
                stop += 1
            self._row(start, stop, prefix)
            start = stop

    def _row(self, start: int, end: int, prefix: Node | None) -> None:
        prefix = self._shortened(start, end, prefix)
        depth = prefix.end if prefix else 0
        tokens: list[int] = []
        parents: list[int] = []
        positions: list[int] = []
        paths: dict[int, tuple[int, ...]] = {}
        path: list[int] = []
        for index in range(start, end):
            kept = max(0, self._shared[index - 1] - depth) if index > start else 0
            path = path[:kept]
            sequence = self._sorted[index]
            for position in range(depth + kept, len(sequence)):
                parents.append(path[-1] if path else -1)
                path.append(len(tokens))
                tokens.append(sequence[position])
                positions.append(position)
            paths[self._order[index]] = tuple(path)
        row = Row(prefix, tuple(tokens), tuple(parents), tuple(positions), paths)
        (prefix.rows if prefix else self._loose).append(row)

    def _shortened(self, start: int, end: int, prefix: Node | None) -> Node | None:
        """`prefix`, made longer where the row would otherwise not fit one step: its unwanted, unbranched head is stored."""
        depth = prefix.end if prefix else 0
        tokens = self._tokens(start, end, depth)
        if tokens <= self._limits.step:
            return prefix
        straight = min([*self._shared[start : end - 1], *self._first[start:end]]) - depth
        head = min(straight, -(-(tokens - self._limits.step) // self._limits.step) * self._limits.step)
        return self._store(self._sorted[start][depth : depth + head], prefix) if head > 0 else prefix


def _shared_with_next(ordered: Sequence[tuple[int, ...]]) -> list[int]:
    """Length of the common prefix of each sequence and the next one."""
    arrays = [np.asarray(tokens, dtype=np.int64) for tokens in ordered]
    shared = []
    for one, other in pairwise(arrays):
        length = min(len(one), len(other))
        different = one[:length] != other[:length]
        shared.append(int(different.argmax()) if different.any() else length)
    return shared


def _number(roots: Sequence[Node]) -> None:
    waiting = list(roots)[::-1]
    number = 0
    while waiting:
        node = waiting.pop()
        node.number = number
        number += 1
        waiting += node.nodes[::-1]


# ---------------------------------------------------------------- order of work


def steps(forest: Forest, limits: Limits) -> Iterator[Step]:
    """The forest's work in order: a node is stored before what is below it is run, and released after the last of it.

    Depth first, in waves: as many neighbouring subtrees as `limits.held` tokens of stored prefixes allow are stored
    together and their rows run together, so that steps are full although prefixes have few rows. A single subtree that is
    larger keeps its own root and is taken in parts.
    """
    # an explicit stack: a long shared prefix is a chain of as many nodes as it has steps
    waiting: list[tuple[Node | None, list[Node], list[Row], int]] = [(None, list(forest.nodes)[::-1], list(forest.rows), limits.held)]
    while waiting:
        parent, nodes, rows, room = waiting[-1]
        wave: list[Node] = []
        used = 0
        while nodes and used + _held(nodes[-1]) <= room:
            used += _held(nodes[-1])
            wave.append(nodes.pop())
        yield from _wave(wave, rows, limits)
        rows.clear()
        if nodes and _held(nodes[-1]) > room:
            node = nodes.pop()
            yield Step(nodes=(node,))
            waiting.append((node, node.nodes[::-1], list(node.rows), room - len(node.tokens)))
        elif not nodes:
            waiting.pop()
            if parent is not None:
                yield Step(release=(parent,))


def _held(node: Node) -> int:
    """Tokens that the subtree of `node` stores."""
    total = 0
    waiting = [node]
    while waiting:
        found = waiting.pop()
        total += len(found.tokens)
        waiting += found.nodes
    return total


def _wave(roots: Sequence[Node], loose: Sequence[Row], limits: Limits) -> Iterator[Step]:
    stored: list[Node] = []
    rows = list(loose)
    level = list(roots)
    while level:
        for together in parts(level, [len(node.tokens) for node in level], limits):
            yield Step(nodes=tuple(together))
        stored += level
        rows += [row for node in level for row in node.rows]
        level = [below for node in level for below in node.nodes]
    # neighbours below one node stay side by side: one product per node and step
    rows.sort(key=lambda row: ([node.number for node in row.prefix.chain()] if row.prefix else [], len(row.tokens)))
    for part in parts(rows, [len(row.tokens) for row in rows], limits):
        yield Step(rows=tuple(part))
    if stored:
        yield Step(release=tuple(stored))


Packable = TypeVar("Packable")


def parts(items: Sequence[Packable], sizes: Sequence[int], limits: Limits) -> Iterator[list[Packable]]:
    """Neighbours that go into one step: together `limits.step` tokens at most, unless one alone has more, and `limits.rows` of them."""
    part: list[Packable] = []
    held = 0
    for item, size in zip(items, sizes, strict=True):
        if part and (held + size > limits.step or len(part) == limits.rows):
            yield part
            part, held = [], 0
        part.append(item)
        held += size
    if part:
        yield part
