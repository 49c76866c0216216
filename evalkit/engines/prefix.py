"""Scoring over a forest of shared prefixes: each shared token is run once, and logits exist only where they are read.

    scorer = PrefixScorer(model, limits)
    for row, result, began in scorer.score(rows, trouble):

Exact: a stored prefix is the same product of the same numbers as in a forward of the whole sequence; only the order of sums
differs. What does not fit (another kind of attention, recurrent layers) is found out by `fits`, and the engine falls back.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from evalkit.engines.attention import Pack, Store, UnfitError, laid_out, packing
from evalkit.engines.batches import halving, is_out_of_memory
from evalkit.engines.forest import Limits, Node, Row, grow, steps
from evalkit.engines.forward import ScoreRow, logits_at, loglikelihoods
from evalkit.engines.head import Caught, Head, picked
from evalkit.engines.memory import LOGITS_HELD

Trouble = Callable[[Exception, int], None]
Nats = tuple[float, ...]
# nats a token by which the packed and the plain way may differ before the engine falls back; in half types the two round
# differently at every layer, so that only a gross fault shows there
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-6}
COARSE = 0.25
HALF_FLOOR, HALF_TIMES = 0.02, 8.0
TIGHT_ROW, TIGHT_STEP = 16, 64  # tokens


@dataclass(slots=True)
class Work:
    """What was run, counted since the start."""

    tokens_asked: int = 0  # tokens of all rows, each in full
    tokens_computed: int = 0  # tokens that went through the model
    positions: int = 0  # at which the head was run
    prefixes: int = 0  # stored
    steps: int = 0  # forwards
    written: int = 0  # tokens generated


@dataclass(slots=True)
class _Sequence:
    """A distinct token sequence, with all rows that read something off it."""

    tokens: tuple[int, ...]
    readers: list[ScoreRow] = field(default_factory=list)

    @property
    def first(self) -> int:
        return min(start for row in self.readers for start, _ in row.continuations)


def store_nodes(model: Any, store: Store, nodes: Sequence[Node], work: Work) -> list[None]:
    """Runs the nodes' own tokens in one forward and holds their keys and values. Raises UnfitError where a layer does not attend."""
    rows = [_straight(node.tokens, node.parent) for node in nodes]
    pack = Pack(rows, store, keep=True)
    _run(model, pack, torch.zeros(1, dtype=torch.long))
    for index, node in enumerate(nodes):
        store.put(node, pack.taken(index))
    work.tokens_computed += pack.ids.shape[1]
    work.prefixes += len(nodes)
    work.steps += 1
    return [None] * len(nodes)


def _straight(tokens: tuple[int, ...], prefix: Node | None) -> Row:
    start = prefix.end if prefix else 0
    count = len(tokens)
    return Row(prefix, tokens, tuple(range(-1, count - 1)), tuple(range(start, start + count)), {0: tuple(range(count))})


@torch.inference_mode()
def _run(model: Any, pack: Pack, places: torch.Tensor) -> torch.Tensor:
    """Hidden states [places, width] in front of the head. Raises UnfitError unless each layer attended once, in order."""
    device = model.device
    caught = Caught(model.get_output_embeddings(), places)
    with laid_out(pack), caught:
        model(input_ids=pack.ids.to(device), position_ids=pack.positions.to(device), use_cache=False)
    check_layers(model, pack.layers)
    if caught.hidden is None:
        raise UnfitError(f"{type(model).__name__} does not call its head as a module")
    return caught.hidden


def check_layers(model: Any, called: Sequence[int]) -> None:
    """Raises UnfitError unless every layer of the model attended, once: others would carry something from row to row."""
    layers = model.config.get_text_config(decoder=True).num_hidden_layers
    if list(called) != list(range(layers)):
        raise UnfitError(f"{len(set(called))} of {layers} layers of {type(model).__name__} attend the way that can be packed")


class PrefixScorer:
    """Scores rows over a forest of their prefixes, within `limits`."""

    def __init__(self, model: Any, limits: Limits, head: Head, work: Work) -> None:
        self.model = model
        self.limits = limits
        self.head = head
        self.work = work

    def score(self, rows: Sequence[ScoreRow], trouble: Trouble) -> Iterator[tuple[ScoreRow, Nats | Exception, float]]:
        """Each row with the log-likelihoods of its continuations (or what went wrong), and when work on its prefix began."""
        yield from _Scoring(self, rows, trouble).results()


class _Scoring:
    """One call of `score`: the sequences, the forest, and what is stored."""

    def __init__(self, scorer: "PrefixScorer", rows: Sequence[ScoreRow], trouble: Trouble) -> None:
        self._model = scorer.model
        self._limits = scorer.limits
        self._head = scorer.head
        self._work = work = scorer.work
        self._trouble = trouble
        by_tokens: dict[tuple[int, ...], _Sequence] = {}
        for row in rows:
            by_tokens.setdefault(row.tokens, _Sequence(row.tokens)).readers.append(row)
            work.tokens_asked += len(row.tokens)
        self._sequences = list(by_tokens.values())
        self._store = Store()
        self._broken: set[Node] = set()
        self._began: dict[Node, float] = {}

    def results(self) -> Iterator[tuple[ScoreRow, Nats | Exception, float]]:
        sequences = [sequence.tokens for sequence in self._sequences]
        branches = self._limits.rows is None  # where rows are counted, each sequence is one
        forest = grow(sequences, [sequence.first for sequence in self._sequences], self._limits, branches=branches)
        try:
            for step in steps(forest, self._limits):
                if step.nodes:
                    self._store_all(step.nodes)
                if step.rows:
                    yield from self._score_all(step.rows)
                self._store.release(step.release)
        finally:
            self._store.release([*self._began])

    def _store_all(self, nodes: Sequence[Node]) -> None:
        now = time.perf_counter()
        for node in nodes:
            self._began[node] = self._began[node.parent] if node.parent else now
        sound = [node for node in nodes if node.parent not in self._broken]
        self._broken.update(node for node in nodes if node.parent in self._broken)
        for node in self._not_stored(self._not_stored(sound)):  # each that failed by itself once more
            self._broken.add(node)

    def _not_stored(self, nodes: Sequence[Node]) -> list[Node]:
        """Stores `nodes`; returns those that failed by themselves."""
        with packing(self._model):
            done = halving(nodes, lambda some: store_nodes(self._model, self._store, some, self._work), self._trouble)
            return [node for node, result in done if isinstance(result, Exception)]

    def _score_all(self, rows: Sequence[Row]) -> Iterator[tuple[ScoreRow, Nats | Exception, float]]:
        now = time.perf_counter()
        alone = [number for row in rows if row.prefix in self._broken for number in row.paths]
        waiting = [row for row in rows if row.prefix not in self._broken]
        while waiting:
            with packing(self._model):
                done = list(halving(waiting, self._rows, self._trouble))
            waiting = []
            for row, result in done:
                if isinstance(result, UnfitError):
                    for number in row.paths:
                        yield from self._told(number, result, now)
                elif isinstance(result, Exception):
                    if len(row.paths) > 1:
                        waiting += [_one(row, number) for number in row.paths]
                    else:
                        alone += row.paths
                else:
                    alone += [number for number, nats in result.items() if nats is None]
                    began = self._began[row.prefix] if row.prefix else now
                    for number, nats in result.items():
                        if nats is not None:
                            yield from self._told(number, nats, began)
        for number in alone:
            yield from self._told(number, self._alone(number), now)

    def _told(self, number: int, nats: "list[Nats] | Exception", began: float) -> Iterator[tuple[ScoreRow, Nats | Exception, float]]:
        for place, row in enumerate(self._sequences[number].readers):
            yield row, nats if isinstance(nats, Exception) else nats[place], began

    def _alone(self, number: int) -> "list[Nats] | Exception":
        """A sequence that failed in company or whose prefix could not be stored: by itself, and once more in smaller pieces."""
        error: Exception = MemoryError()
        for step in (self._limits.step, max(1, self._limits.step // 4)):
            try:
                nats = self._by_itself(number, replace(self._limits, step=step, row=min(step, self._limits.row)))
            except Exception as failure:  # noqa: BLE001 (a failure of one row is that row's answer, not the run's end)
                self._trouble(failure, 1)
                error = failure
                if not is_out_of_memory(failure):
                    break
            else:
                return FloatingPointError("the model's log-likelihoods are not finite numbers") if nats is None else nats
        return error

    def _by_itself(self, number: int, limits: Limits) -> list[Nats] | None:
        sequence = self._sequences[number]
        nodes: list[Node] = []
        found: list[Nats] | None = None
        try:
            for step in steps(grow([sequence.tokens], [sequence.first], limits), limits):
                with packing(self._model):
                    for node in step.nodes:
                        store_nodes(self._model, self._store, [node], self._work)
                        nodes.append(node)
                    for row in step.rows:
                        own = Row(row.prefix, row.tokens, row.parents, row.positions, {number: row.paths[0]})
                        found = self._rows([own])[0][number]
        finally:
            self._store.release(nodes)
        return found

    def _rows(self, rows: Sequence[Row]) -> list[dict[int, list[Nats] | None]]:
        """For each row and sequence in it, the log-likelihoods of its readers; None where they are not finite numbers."""
        pack = Pack(rows, self._store)
        places: dict[int, int] = {}  # place in the pack > its number among the wanted ones
        wanted: list[tuple[int, int, int, int, int]] = []  # row, sequence, reader, number of the place, token
        for index, row in enumerate(rows):
            for number, path in row.paths.items():
                for reader, score_row in enumerate(self._sequences[number].readers):
                    for start, ids in score_row.continuations:
                        for step, token in enumerate(ids):
                            place = pack.offsets[index] + path[start + step - row.start]
                            wanted.append((index, number, reader, places.setdefault(place, len(places)), token))
        values = self._nats(pack, list(places), [entry[3] for entry in wanted], [entry[4] for entry in wanted])
        self._work.tokens_computed += pack.ids.shape[1]
        self._work.positions += len(places)
        self._work.steps += 1
        left = iter(values)
        return [{number: self._read(number, left) for number in row.paths} for row in rows]

    def _read(self, number: int, left: Iterator[float]) -> list[Nats] | None:
        found = [
            tuple(math.fsum(next(left) for _ in ids) for _, ids in score_row.continuations) for score_row in self._sequences[number].readers
        ]
        return found if all(math.isfinite(value) for nats in found for value in nats) else None

    @torch.inference_mode()
    def _nats(self, pack: Pack, places: Sequence[int], picks: Sequence[int], tokens: Sequence[int]) -> list[float]:
        if self._head.known:
            return self._head.nats(_run(self._model, pack, torch.tensor(places)), picks, tokens)
        ids, positions = pack.ids.to(self._model.device), pack.positions.to(self._model.device)
        found = [math.nan] * len(tokens)
        most = max(1, LOGITS_HELD // self._head.vocabulary)
        for begin in range(0, len(places), most):  # logits only from the model itself: again for every few positions
            at = torch.tensor(places[begin : begin + most])
            pack.layers.clear()
            with laid_out(pack):
                logits = logits_at(self._model, torch.zeros_like(at), at, input_ids=ids, position_ids=positions, use_cache=False)
            check_layers(self._model, pack.layers)
            mine = [index for index, pick in enumerate(picks) if begin <= pick < begin + most]
            pick = torch.tensor([picks[index] - begin for index in mine], device=logits.device)
            nats = picked(logits, pick, torch.tensor([tokens[index] for index in mine], device=logits.device))
            for index, value in zip(mine, nats.tolist(), strict=True):
                found[index] = value
        return found


def _one(row: Row, number: int) -> Row:
    """The row of one of the sequences that `row` holds."""
    path = row.paths[number]
    count = len(path)
    return Row(
        row.prefix,
        tuple(row.tokens[place] for place in path),
        tuple(range(-1, count - 1)),
        tuple(row.positions[place] for place in path),
        {number: tuple(range(count))},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the engine found when it compared a faster way with the plain one. `why` is "" where it fits."""

    why: str
    rows: int = 0
    largest: float | None = None  # difference in nats a token
    mode: str = ""  # how the way is carried out, where it has several


def fits(model: Any, limits: Limits, head: Head, rows: Sequence[ScoreRow]) -> Proof:
    """Scores `rows` packed, with stored prefixes and branches, and by a plain forward of the library's own attention each.

    Rows whose plain forward fails or is not finite prove nothing and are left out. Raises what says that memory ran out.
    """
    read = {row.name: _plain_nats(model, row) for row in rows}
    plainly = {name: nats for name, nats in read.items() if nats is not None}
    compared = [row for row in rows if row.name in plainly]
    if not compared:
        return Proof(why="no plain forward gave finite numbers to compare with")
    tight = replace(limits, step=min(limits.step, TIGHT_STEP), row=TIGHT_ROW)  # so that prefixes are stored, merged, and parted
    largest = 0.0
    errors: list[Exception] = []
    try:
        for row, result, _ in PrefixScorer(model, tight, head, Work()).score(compared, lambda error, _: errors.append(error)):
            if errors or isinstance(result, Exception):
                raise errors[0] if errors else result if isinstance(result, Exception) else UnfitError("")
            for (_, ids), nats, other in zip(row.continuations, result, plainly[row.name], strict=True):
                largest = max(largest, abs(nats - other) / len(ids))
    except Exception as error:  # whatever a strangers' architecture raises here says that it does not fit
        if is_out_of_memory(error):
            raise
        return Proof(why=f"{type(error).__name__}: {error}"[:300], rows=len(compared))
    allowed = tolerance(model, compared, plainly)
    if not largest <= allowed:
        why = f"log-likelihoods differ by {largest:.2g} nats a token from a plain forward"
        return Proof(why=why, rows=len(compared), largest=largest)
    return Proof(why="", rows=len(compared), largest=largest)


def _plain_nats(model: Any, row: ScoreRow) -> Nats | None:
    try:
        return loglikelihoods(model, [row])[0]
    except Exception as error:  # its own response will say so
        if is_out_of_memory(error):
            raise
        return None


def tolerance(model: Any, rows: Sequence[ScoreRow], plainly: Mapping[str, Nats]) -> float:
    """Nats a token by which two exact ways may differ: a fixed figure in fp32; in half types from the plain way's own rounding.

    That is how far the library's own numbers for a row move when it stands in one batch with the others.
    """
    if model.dtype in TOLERANCE:
        return TOLERANCE[model.dtype]
    together = loglikelihoods(model, rows)
    moved = max(
        abs(one - other) / len(ids)
        for row, nats in zip(rows, together, strict=True)
        for (_, ids), one, other in zip(row.continuations, nats, plainly[row.name], strict=True)
    )
    return min(COARSE, max(HALF_FLOOR, HALF_TIMES * moved))
