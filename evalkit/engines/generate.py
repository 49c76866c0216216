"""Writing over a forest of shared prefixes: each shared token of the prompts is run once, and a finished row makes room at once.

    writer = Writer(model, encoder, ends, limits, slots, work)
    for row, result in writer.write(rows, trouble):     # each as soon as it is finished

The rows' own keys and values lie in a fixed number of slots (`slots`); a step runs one token of each live row through the
model, packed. Which rows are written together follows from the rows and the sizes alone, until memory runs out: then half
of the live rows go back to the line, and are taken up again later with what they have written so far.
"""

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import torch

from evalkit.engines.attention import Pack, Store, UnfitError, laid_out, packing
from evalkit.engines.batches import halving, is_out_of_memory
from evalkit.engines.forest import Limits, Node, Row, grow, parts
from evalkit.engines.forward import logits_at
from evalkit.engines.prefix import COARSE, TOLERANCE, Proof, Trouble, Work, check_layers, store_nodes
from evalkit.engines.products import few_tokens
from evalkit.engines.slots import Below, Slots, Spot, Tokens
from evalkit.engines.tokens import Encoder
from evalkit.engines.writing import Reader, Text, WriteRow, Written, next_tokens

ROOM = 16_384  # tokens of all slots together
SHARED = 1024  # tokens; a prefix that spares less is copied into its rows' slots: looking at it in place costs a product a layer
UNIT = 64  # of the slots' capacity, where it has to change
AGAIN = 64  # steps without trouble after which twice as many rows are written together again
TRIES = 2  # of a row by itself
TIE = 1e-3  # nats; two likeliest tokens that are as near may change places from one order of sums to another
PROVEN = 4  # tokens written for a proof
AGAIN_IN_PROOF = 2  # prompts of 33 tokens and more then share what is worth storing
SHORT = 96  # tokens; a prompt of a proof that is longer stands there for its length, and is not repeated more than needed

Watch = Callable[[Text, torch.Tensor], None]
Finished = tuple["_Job", "Written | Exception"]


@dataclass(slots=True, eq=False)
class _Job:
    """A row while it waits and is written. `chain`: the prefixes it stands on, from the root."""

    text: Text
    chain: list[Node]
    slot: int = -1
    base: int = 0  # position of the first token in its slot
    filled: int = 0  # tokens in its slot
    failures: int = 0
    taken_up: bool = False
    error: Exception | None = None  # why what it needs could not be stored

    @property
    def row(self) -> WriteRow:
        return self.text.row

    @property
    def tokens(self) -> tuple[int, ...]:
        """The prompt and what was written so far."""
        return (*self.row.tokens, *self.text.ids)


class Writer:
    """Continues rows until one of the tokens `ends`, one of their stop strings, or their limit.

    `slots` rows are written together at most, fewer where their own tokens would be more than `room`. Stored prefixes are
    held within `limits.held` tokens, unless one row alone stands on more. A prefix stays apart while it spares `shared`
    tokens in the slots of its rows.
    """

    def __init__(  # noqa: PLR0913 (what a run settles once)
        self,
        model: Any,
        encoder: Encoder,
        ends: frozenset[int],
        limits: Limits,
        slots: int,
        work: Work,
        *,
        room: int = ROOM,
        shared: float = SHARED,
    ) -> None:
        self.model = model
        self.reader = Reader(encoder, ends)
        self.limits = limits
        self.slots = max(1, slots)
        self.work = work
        self.room = room
        self.shared = shared

    def write(
        self, rows: Sequence[WriteRow], trouble: Trouble, *, watch: Watch | None = None
    ) -> Generator[tuple[WriteRow, Written | Exception], None, None]:
        """Each row with its text or with what went wrong. `watch` hears of each text and the logits that its next token is read off.

        A row's times begin when it is taken up: storing prefixes for it then counts, prefixes that others stored before do not.
        """
        yield from _Writing(self, rows, trouble, watch).results()


class _Writing:
    """One call of `write`: the line, the live rows by their slots, and what is stored."""

    def __init__(self, writer: Writer, rows: Sequence[WriteRow], trouble: Trouble, watch: Watch | None) -> None:
        self._model = writer.model
        self._reader = writer.reader
        self._limits = writer.limits
        self._work = writer.work
        self._room = writer.room
        self._most = self._allowed = writer.slots
        self._trouble = trouble
        self._watch = watch
        self._quiet = 0  # steps since the last trouble
        self._store = Store()
        self._stored: set[Node] = set()
        self._broken: set[Node] = set()  # prefixes that could not be stored
        self._pieces: set[Node] = set()  # of rows that have to be run again: nobody else's
        self._slots = Slots()
        self._live: dict[int, _Job] = {}
        self._groups: list[Below] | None = None  # None: to be found anew
        jobs = _planned(rows, writer.limits)
        self._waiting = deque(jobs)
        self._below = Counter(node for job in jobs for node in job.chain)  # rows that still need a prefix
        self._apart = {node for node, rows_below in self._below.items() if len(node.tokens) * (rows_below - 1) >= writer.shared}
        self._largest = self._largest_need()
        self._work.tokens_asked += sum(len(row.tokens) for row in rows)

    def results(self) -> Iterator[tuple[WriteRow, Written | Exception]]:
        while self._waiting or self._live:
            done: list[Finished] = []
            with packing(self._model), few_tokens(self._model):
                while not done and (self._waiting or self._live):
                    done = self._admit() or (self._step() if self._live else [])
            for job, result in done:
                self._leave(job)
                yield job.row, result

    # ------------------------------------------------------------ who is written

    def _standing(self, job: _Job) -> list[Node]:
        """The part of its chain that stays apart from its slot."""
        found: list[Node] = []
        for node in job.chain:
            if node not in self._apart or node in self._broken:
                break
            found.append(node)
        return found

    def _need(self, job: _Job) -> int:
        """Tokens that its slot must hold; the last one that is written is not run."""
        standing = self._standing(job)
        return len(job.row.tokens) - (standing[-1].end if standing else 0) + job.row.max_tokens - 1

    def _largest_need(self) -> int:
        return max((self._need(job) for job in (*self._waiting, *self._live.values())), default=0)

    def _capacity(self, jobs: Sequence[_Job]) -> int:
        """Of each slot while `jobs` are written: one for all where there is room for it, so that slots are made once."""
        if self._most * self._largest <= self._room:
            return self._largest
        return -(-max(self._need(job) for job in jobs) // UNIT) * UNIT

    def _wanted(self, job: _Job) -> list[Node]:
        """Prefixes that have to be stored for it. What was copied into its slot once and let go of is run again as its own."""
        return [
            node
            for node in job.chain
            if node not in self._stored and node not in self._broken and (node in self._apart or not job.taken_up)
        ]

    def _chosen(self) -> list[_Job]:
        """The next of the line that fit beside the live rows; one at least where there are none."""
        chosen: list[_Job] = []
        missing: set[Node] = set()
        while self._waiting:
            job = self._waiting[0]
            together = [*self._live.values(), *chosen, job]
            wanted = set(self._wanted(job)) - missing
            held = sum(len(node.tokens) for node in self._stored | missing | wanted)
            crowded = len(together) > min(self._allowed, max(1, self._room // self._capacity(together)))
            if len(together) > 1 and (crowded or (wanted and held > self._limits.held)):
                break
            chosen.append(self._waiting.popleft())
            missing |= wanted
        return chosen

    def _put_back(self, jobs: Sequence[_Job]) -> None:
        for job in jobs:
            if job.taken_up:
                self._in_pieces(job)
        self._waiting.extendleft(reversed(jobs))

    def _in_pieces(self, job: _Job) -> None:
        """What it has of its own, beyond the prefixes that can be had, is stored anew a step's tokens at a time: no forward is larger."""
        kept = self._standing(job) if job.taken_up else list(takewhile(lambda node: node not in self._broken, job.chain))
        self._let_go([node for node in job.chain[len(kept) :] if node in self._apart or not job.taken_up])
        job.chain, job.taken_up = kept, False
        tokens, end = job.tokens, kept[-1].end if kept else 0
        size = max(1, self._limits.step // 4 if job.failures else self._limits.step)
        while len(tokens) - end > size:
            node = Node(tokens[end : end + size], job.chain[-1] if job.chain else None, end)
            job.chain.append(node)
            self._pieces.add(node)
            self._below[node] = 1
            end = node.end

    def _leave(self, job: _Job) -> None:
        """It needs its prefixes no more."""
        self._let_go([node for node in job.chain if node in self._apart or not job.taken_up])

    def _let_go(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self._below[node] -= 1
            if not self._below[node]:
                self._store.release([node])
                self._stored.discard(node)

    # ------------------------------------------------------------ taking rows up

    @torch.inference_mode()
    def _admit(self) -> list[Finished]:
        """Takes up the next rows: their prefixes are stored, their own tokens run, and the first token of each is written."""
        chosen = self._chosen() if len(self._live) < self._allowed else []
        if not chosen:
            return []
        hopeless = [(job, job.error) for job in chosen if job.error is not None and job.failures >= TRIES]
        if hopeless:
            self._put_back([job for job in chosen if job.error is None or job.failures < TRIES])
            return [(job, error) for job, error in hopeless]
        now = time.perf_counter()
        for job in chosen:
            job.text.began = job.text.began or now
        if not (self._store_for(chosen) and self._settled(chosen)):
            self._put_back(chosen)
            return []
        done: list[Finished] = []
        back: list[_Job] = []
        for part in parts(chosen, [len(job.tokens) - self._start(job) for job in chosen], self._limits):
            for job, token in self._begun(part):
                if isinstance(token, Exception) and not isinstance(token, FloatingPointError):
                    job.failures += not (is_out_of_memory(token) and self._live)
                    if job.failures >= TRIES or isinstance(token, UnfitError):
                        done.append((job, token))
                    else:
                        back.append(job)
                else:
                    self._take_up(job)
                    done += self._took(job, token)
        if back:
            self._put_back(back)
            self._allowed = max(1, len(self._live))
        return done

    def _begun(self, part: Sequence[_Job]) -> Iterator[tuple[_Job, int | Exception]]:
        """Each with its first token. Numbers that are not finite may be a neighbour's, which pads it: such a row is run again alone."""
        for job, token in list(halving(part, self._prefill, self._heard)):
            if isinstance(token, FloatingPointError) and len(part) > 1:
                self._slots.clear(job.slot)
                yield from halving([job], self._prefill, self._heard)
            else:
                yield job, token

    def _store_for(self, jobs: Sequence[_Job]) -> bool:
        """Stores the prefixes that `jobs` lack, level by level; False where that failed and rows have to be chosen anew."""
        missing = list(dict.fromkeys(node for job in jobs for node in self._wanted(job)))
        while missing:
            ready = [node for node in missing if node.parent is None or node.parent in self._stored]
            if not ready:  # below one that is broken: run as the rows' own
                return True
            for part in parts(ready, [len(node.tokens) for node in ready], self._limits):
                for node, failure in halving(part, self._stores, self._heard):
                    error = failure and next(iter(halving([node], self._stores, self._heard)))[1]  # once more, by itself
                    if error is None:
                        self._stored.add(node)
                        continue
                    if self._live and is_out_of_memory(error):
                        self._allowed = len(self._live)
                    else:
                        self._breaks(node, error, jobs)
                    return False
            missing = [node for node in missing if node not in self._stored]
        return True

    def _breaks(self, node: Node, error: Exception, jobs: Sequence[_Job]) -> None:
        """A prefix that cannot be stored: what follows it is each row's own, in pieces where it is more than a step."""
        self._broken.add(node)
        for job in (*jobs, *self._waiting):
            if node in job.chain:
                if node in self._pieces:  # smaller ones next, and then no more
                    job.failures, job.error = job.failures + 1, error
                self._in_pieces(job)
        self._largest = max(self._largest_need(), *(self._need(job) for job in jobs))

    def _stores(self, nodes: Sequence[Node]) -> list[None]:
        done = store_nodes(self._model, self._store, nodes, self._work)
        if len(nodes) > 1:
            for node in nodes:  # numbers that are not finite may be a neighbour's, which pads it
                if not self._finite(node):
                    store_nodes(self._model, self._store, [node], self._work)
        return done

    def _finite(self, node: Node) -> bool:
        """What is no number stays none up to the last layer."""
        last = self._model.config.get_text_config(decoder=True).num_hidden_layers - 1
        return all(bool(torch.isfinite(tensor).all()) for tensor in self._store.at(node, last))

    def _settled(self, jobs: Sequence[_Job]) -> bool:
        """Gives each a slot, making them anew where they are too few or too small; False where memory was short for that."""
        together = [*self._live.values(), *jobs]
        capacity = self._capacity(together)
        if len(together) > self._slots.count or capacity > self._slots.capacity:
            most = min(self._allowed, self._room // max(1, capacity), len(together) + len(self._waiting))
            if not self._resized(max(len(together), most), capacity):
                return False
        free = (slot for slot in range(self._slots.count) if slot not in self._live)
        for job in jobs:
            standing = self._standing(job)
            job.slot, job.base = next(free), standing[-1].end if standing else 0
        return True

    def _resized(self, count: int, capacity: int) -> bool:
        self._close_gaps()
        if not self._live:
            self._slots = Slots()
        try:
            self._slots.fit(count, capacity)
        except Exception as error:  # noqa: BLE001 (memory; whatever else it is will come again when a row is alone)
            self._heard(error, count)
            # half-made slots are of no use: everybody begins anew, fewer together
            self._put_back(list(self._live.values()))
            self._allowed = max(1, len(self._live) // 2)
            self._live, self._slots, self._groups = {}, Slots(), None
            return False
        return True

    def _start(self, job: _Job) -> int:
        """Position of its first token that no stored prefix holds."""
        end = 0
        for node in job.chain:
            if node not in self._stored:
                break
            end = node.end
        return end

    def _prefill(self, jobs: Sequence[_Job]) -> list[int | FloatingPointError]:
        """Runs what the rows have of their own, fills their slots, and reads off the first token of each."""
        pack = Pack([self._row(job) for job in jobs], self._store, keep=True)
        tokens = self._next(jobs, pack, pack.ids, pack.positions, torch.tensor(pack.offsets[1:]) - 1)
        assert pack.kept is not None  # noqa: S101 (this pack keeps)
        for index, job in enumerate(jobs):
            start = self._start(job)
            for node in job.chain:
                if job.base <= node.start and node.end <= start:
                    layers = {layer: self._store.at(node, layer) for layer in pack.kept}
                    self._slots.fill(job.slot, node.start - job.base, layers, 0, len(node.tokens))
            self._slots.fill(job.slot, start - job.base, pack.kept, pack.offsets[index], pack.offsets[index + 1])
            job.filled = len(job.tokens) - job.base
        return tokens

    def _row(self, job: _Job) -> Row:
        start = self._start(job)
        prefix = next((node for node in job.chain if node.end == start), None)
        own = job.tokens[start:]
        return Row(prefix, own, tuple(range(-1, len(own) - 1)), tuple(range(start, start + len(own))), {})

    def _take_up(self, job: _Job) -> None:
        self._live[job.slot] = job
        self._groups = None
        job.failures, job.error = 0, None
        if not job.taken_up:
            job.taken_up = True
            self._let_go([node for node in job.chain if node not in self._apart])

    # ------------------------------------------------------------ one token each

    @torch.inference_mode()
    def _step(self) -> list[Finished]:
        """One token of each live row."""
        self._close_gaps()
        jobs = [self._live[slot] for slot in range(len(self._live))]
        try:
            tokens = self._decode(jobs)
        except Exception as error:  # noqa: BLE001 (a failure of some rows is their answer, not the run's end)
            self._heard(error, len(jobs))
            return self._shaken(jobs, error)
        self._quiet += 1
        if self._quiet == AGAIN:
            self._quiet, self._allowed = 0, min(self._most, 2 * self._allowed)
        done: list[Finished] = []
        doubted: list[_Job] = []
        for job, token in zip(jobs, tokens, strict=True):
            job.filled += 1
            job.failures = 0
            if isinstance(token, FloatingPointError) and len(jobs) > 1:
                doubted.append(job)
            else:
                done += self._took(job, token)
        for job in doubted:  # taken up anew, it is judged by itself
            self._slots.clear(job.slot)
            del self._live[job.slot]
            self._groups = None
        self._put_back(doubted)
        return done

    def _decode(self, jobs: Sequence[_Job]) -> list[int | FloatingPointError]:
        if self._groups is None:
            places: dict[Node, list[int]] = {}
            for place, job in enumerate(jobs):
                for node in self._standing(job):
                    places.setdefault(node, []).append(place)
            self._groups = [Below.of(node, found) for node, found in places.items()]
        positions = torch.tensor([job.base + job.filled for job in jobs])
        layout = Tokens(self._slots, Spot([job.filled for job in jobs]), positions, self._groups, self._store)
        ids = torch.tensor([[job.text.ids[-1] for job in jobs]])
        return self._next(jobs, layout, ids, positions[None], torch.arange(len(jobs)))

    def _next(
        self, jobs: Sequence[_Job], layout: Pack | Tokens, ids: torch.Tensor, positions: torch.Tensor, places: torch.Tensor
    ) -> list[int | FloatingPointError]:
        """The next token of each row, from one forward whose logits are read at `places`."""
        device = self._model.device
        with laid_out(layout):
            logits = logits_at(
                self._model,
                torch.zeros_like(places),
                places,
                input_ids=ids.to(device),
                position_ids=positions.to(device),
                use_cache=False,
            )
        check_layers(self._model, layout.layers)
        self._work.tokens_computed += ids.shape[1]
        self._work.positions += len(places)
        self._work.steps += 1
        texts = [job.text for job in jobs]
        if self._watch is not None:
            for text, row in zip(texts, logits, strict=True):
                self._watch(text, row)
        return next_tokens(logits, texts)

    def _took(self, job: _Job, token: int | Exception) -> list[Finished]:
        """Adds the token to the row's text; the row with its result where that ends it, or where there is none."""
        result: Written | Exception | None
        if isinstance(token, Exception):
            self._slots.clear(job.slot)  # what is no number must not lie under the next row's mask
            result = token
        else:
            self._work.written += 1
            try:
                result = job.text.take(token, self._reader)
            except Exception as error:  # noqa: BLE001 (a strangers' tokenizer may raise anything)
                result = error
        if result is None:
            return []
        del self._live[job.slot]
        self._groups = None
        return [(job, result)]

    def _close_gaps(self) -> None:
        """The live rows in the first slots: the last ones move to where others have left."""
        for slot in range(len(self._live)):
            if slot not in self._live:
                last = max(self._live)
                job = self._live.pop(last)
                self._slots.move(last, slot, job.filled)
                job.slot, self._live[slot], self._groups = slot, job, None

    # ------------------------------------------------------------ trouble

    def _heard(self, error: Exception, rows: int) -> None:
        self._quiet = 0
        self._trouble(error, rows)

    def _shaken(self, jobs: Sequence[_Job], error: Exception) -> list[Finished]:
        """After a step that failed: half of the rows go back to the line; one that was alone may try again, once."""
        if isinstance(error, UnfitError):
            self._live, self._groups = {}, None
            return [(job, error) for job in jobs]
        if len(jobs) == 1:
            jobs[0].failures += 1
            if jobs[0].failures < TRIES:
                return []
            self._live, self._groups = {}, None
            return [(jobs[0], error)]
        kept = len(jobs) // 2
        self._put_back(jobs[kept:])
        self._live, self._groups, self._allowed = dict(enumerate(jobs[:kept])), None, kept
        self._resized(kept, self._slots.capacity)
        return []


def _planned(rows: Sequence[WriteRow], limits: Limits) -> list[_Job]:
    """The rows on their prefixes, in depth-first order. At least the last token of a prompt is the row's own.

    Rows of one prompt are told apart by a number behind it, which no token has: they share all of it but that last token.
    """
    ordered = sorted(rows, key=lambda row: (row.tokens, row.name))
    same = Counter(row.tokens for row in ordered)
    sequences = [(*row.tokens, -1 - number) if same[row.tokens] > 1 else row.tokens for number, row in enumerate(ordered)]
    forest = grow(sequences, [len(row.tokens) - 1 for row in ordered], limits, branches=False)
    found = list(forest.rows)
    below = list(forest.nodes)[::-1]
    while below:
        node = below.pop()
        found += node.rows
        below += node.nodes[::-1]
    return [_Job(Text(ordered[number]), row.prefix.chain() if row.prefix else []) for row in found for number in row.paths]


# ---------------------------------------------------------------- proof


def fits(model: Any, encoder: Encoder, limits: Limits, rows: Sequence[WriteRow], *, room: int = ROOM) -> Proof:
    """Writes a few tokens of `rows` greedily, and compares them with what plain forwards of the same texts give.

    The longest row of at most SHORT tokens comes several times, so that a prefix is stored even where the rows share none, and any
    longer one twice; rows take over each other's slots. A row whose plain forward is not finite proves nothing and is left out.
    Raises what says that memory ran out.
    """
    ordered = sorted(rows, key=lambda row: row.order)
    short = [row for row in ordered if len(row.tokens) <= SHORT] or ordered[:1]
    again = [*short[-1:] * AGAIN_IN_PROOF, *(row for row in ordered if len(row.tokens) > SHORT)]
    few = [
        replace(row, name=str(number), max_tokens=PROVEN - number % 2, stop=(), temperature=0.0)
        for number, row in enumerate([*rows, *again])
    ]
    proving = _Proving(model)
    try:
        for shared in (1, math.inf):  # prefixes looked at in place, and copied
            small = Writer(model, encoder, frozenset(), limits, 2, Work(), room=room, shared=shared)
            for row, result in small.write(few, proving.hear, watch=proving.watch):
                proving.compare(row, result)
    except Exception as error:  # whatever a strangers' architecture raises here says that it does not fit
        if is_out_of_memory(error):
            raise
        return Proof(why=f"{type(error).__name__}: {error}"[:300], rows=len(few), largest=math.nan)
    if not proving.compared:
        return Proof(why="no plain forward gave finite numbers to compare with")
    largest, compared = proving.largest, len(proving.compared)
    if not largest <= TOLERANCE.get(model.dtype, COARSE):
        return Proof(why=f"what is written differs by {largest:.2g} nats a token from a plain forward", rows=compared, largest=largest)
    return Proof(why="", rows=compared, largest=largest)


class _Proving:
    """What is heard while rows are written for a proof, and how it compares."""

    def __init__(self, model: Any) -> None:
        self.largest = 0.0
        self.compared: set[str] = set()
        self._model = model
        self._errors: list[Exception] = []
        self._nats: dict[tuple[str, int], float] = {}
        self._known: dict[tuple[tuple[int, ...], tuple[int, ...]], list[float] | None] = {}

    def hear(self, error: Exception, _: int) -> None:
        """Trouble: in a proof there should be none."""
        self._errors.append(error)

    def watch(self, text: Text, logits: torch.Tensor) -> None:
        """Keeps what the token that comes next is given."""
        self._nats[text.row.name, len(text.ids)] = float(torch.log_softmax(logits, dim=-1).max())

    def compare(self, row: WriteRow, result: Written | Exception) -> None:
        """Raises what went wrong, UnfitError where a plain forward takes another token, and not by a tie."""
        if self._errors:
            raise self._errors[0]
        if isinstance(result, Exception) and not isinstance(result, FloatingPointError):
            raise result
        ids = () if isinstance(result, Exception) else result.ids
        name = (row.tokens, ids)
        if name not in self._known:
            self._known[name] = _plainly(self._model, row, ids)
        plainly = self._known[name]
        if plainly is None:
            return
        if isinstance(result, Exception):
            raise result
        self.compared.add(row.name)
        heard = [self._nats[row.name, step] for step in range(len(ids))]
        self.largest = max(self.largest, *(abs(one - other) for one, other in zip(plainly, heard, strict=True)))


@torch.inference_mode()
def _plainly(model: Any, row: WriteRow, ids: Sequence[int]) -> list[float] | None:
    """Log-likelihoods in nats of the tokens `ids` from one plain forward of the whole text; None where they are not finite.

    Raises UnfitError where the likeliest token is another one, and not by a tie.
    """
    tokens = torch.tensor([[*row.tokens, *ids[:-1]]], device=model.device)
    places = torch.arange(len(row.tokens) - 1, tokens.shape[1])
    logits = logits_at(model, torch.zeros_like(places), places, input_ids=tokens, use_cache=False)
    best = torch.log_softmax(logits, dim=-1).max(dim=-1).values.cpu()
    if not bool(torch.isfinite(best).all()):
        return None
    if not ids:
        return []
    own = torch.log_softmax(logits, dim=-1)[torch.arange(len(ids)), torch.tensor(ids, device=logits.device)].cpu()
    behind = float((best - own).max())
    if not behind <= max(TIE, TOLERANCE.get(model.dtype, COARSE)):
        raise UnfitError(f"a token that is written is {behind:.2g} nats less likely than the one a plain forward takes")
    found: list[float] = own.tolist()
    return found
