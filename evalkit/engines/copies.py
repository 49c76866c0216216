"""Shared prefixes by copies of the model's own cache: for architectures whose past nothing else can carry.

Recurrent and hybrid layers, soft caps and ALiBi keep their past as the architecture likes. Here the common prefix of
rows runs once into that cache, the cache is copied for the rows that branch off, and only their rests run on it:

    way = fits(model, a_few_rows)                       # "chunk", "step", or "": then only the plain way is exact
    for group in plan(rows, way=way):
        results = loglikelihoods(model, group, way=way)

"chunk" feeds a rest at once. "step" feeds it token by token, where an implementation that is given several tokens
starts from nothing, whatever its cache holds (Mamba and Jamba of transformers 5.23 on a CPU).
"""

import copy
import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import torch
from transformers import DynamicCache

from evalkit.engines import forward
from evalkit.engines.batches import batches, is_out_of_memory
from evalkit.engines.forward import ScoreRow
from evalkit.engines.memory import GIB, SMALLEST_STEP, Footprint
from evalkit.errors import ModelError

Way = Literal["chunk", "step"]

NATS = 1e-4  # for each token: what a cached run may differ from a plain one in fp32
WORTH = 64  # tokens that a shared prefix must save
# Tokens of a row that stay out of its prefix. One token alone goes another way in some implementations than several do,
# and not to the same numbers (0.2 nats in Zamba2 of transformers 5.23).
KEPT = 2
AGAIN = 16  # a group ends when its rests are as many times its prefix: the prefix then costs 1/16 when it runs again
# A step of few rows costs about what so many tokens cost in a long forward: either way the weights are read once.
STEP_TOKENS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes of one forward: fixed numbers, so that the composition follows from the rows alone."""

    tokens: int = 1024  # run at once, padding included; a longer row or prefix still runs in one
    held: int = 16_384  # in the copies of a cache, each row's prefix and rest counted; and as many in the prefixes they stand on
    scored: int = 512  # positions with logits
    rows: int | None = None  # of one forward; None: as many as the other sizes allow


LIMITS = Limits()
COPIES = 3  # of `held` tokens at the same time: prefixes, copies for the branches, and those again while rows leave them
LOGITS = 2 * 4  # bytes of a logit: in float32, and once more while its logarithm is taken


def limits(
    need: Footprint, vocabulary: int, *, longest: int, room: float | None, rows: int | None = None, most: Limits = LIMITS
) -> Limits:
    """`most` as far as `room` holds it: the bytes that a memory limit leaves beside the weights; None: no limit.

    `longest` is the longest row in tokens, which runs in one forward and may be held whole; `rows` those of one forward at
    most. Positions and tokens of a forward are halved together, down to half of the room; what they leave is for caches. The
    same model, lengths and room give the same sizes. Raises ModelError where the room does not hold the longest row.
    """
    wanted = replace(most, held=max(most.held, longest), rows=rows)
    if room is None:
        return wanted
    logits = LOGITS * vocabulary
    scored, tokens = wanted.scored, wanted.tokens
    while True:
        left = room - scored * logits - max(tokens, longest) * need.step
        held = int(left // (COPIES * need.held))
        smallest = scored == 1 and tokens <= SMALLEST_STEP
        if held >= longest and (smallest or scored * logits + tokens * need.step <= room / 2):
            return replace(wanted, tokens=tokens, scored=scored, held=min(wanted.held, held))
        if smallest:
            break
        scored, tokens = max(1, scored // 2), max(min(SMALLEST_STEP, tokens), tokens // 2)
    least = (logits + max(SMALLEST_STEP, longest) * need.step + COPIES * longest * need.held) / GIB
    raise ModelError(
        f"memory_gib leaves {max(0.0, room) / GIB:.3f} GiB beside the weights; a row of {longest:,} tokens behind copies of the "
        f"model's own cache needs about {least:.3f}; a larger limit, a smaller dtype or a smaller model would work"
    )


def _unheard(tokens: int) -> None:
    del tokens


@dataclass(frozen=True, slots=True)
class _Rest:
    """What of a row is left to run behind the tokens `base` that its cache holds."""

    row: ScoreRow
    base: int

    @property
    def order(self) -> tuple[int, str]:
        return len(self.row.tokens) - self.base, self.row.name

    @property
    def scored(self) -> int:
        return self.row.scored


# ---------------------------------------------------------------- which rows share


@dataclass(frozen=True, slots=True)
class _Part:
    """Neighbours in the order of tokens, `saved` tokens, and how they are grouped: (end of the prefix, rows)."""

    left: int
    right: int
    saved: int
    groups: tuple[tuple[int, Sequence[ScoreRow]], ...]

    def gain(self, shared: int, way: Way) -> int:
        """Tokens saved when all its rows run behind `shared` tokens that ran once."""
        return shared * (len(self.groups) - 1) if way == "chunk" else shared * (self.right - self.left - 1) - self.saved

    @classmethod
    def of(cls, parts: Sequence["_Part"]) -> "_Part":
        """Neighbours side by side, grouped as they are."""
        groups = tuple(group for part in parts for group in part.groups)
        return cls(parts[0].left, parts[-1].right, sum(part.saved for part in parts), groups)


def _limit(row: ScoreRow) -> int:
    """Tokens of a row that may be in a shared prefix: all before its first scored position, save the last few."""
    first = min((start for start, _ in row.continuations), default=len(row.tokens))
    return max(0, min(first, len(row.tokens) - KEPT))


def _shared(one: ScoreRow, other: ScoreRow, base: int) -> int:
    most = min(_limit(one), _limit(other))
    for index in range(base, most):
        if one.tokens[index] != other.tokens[index]:
            return index
    return most


def _split(rows: Sequence[ScoreRow], base: int, way: Way, worth: int = WORTH) -> list[tuple[int, Sequence[ScoreRow]]]:
    """Groups (end of the prefix, rows) that save the most tokens over `base`; rows with end = `base` share with nobody.

    The rows in the order of their tokens are the leaves of a trie. From the leaves up, an inner node is one group where
    that saves `worth` tokens over what its children are by themselves. By "chunk" a group is split again behind its
    prefix, so a node adds one prefix for all its parts; by "step" it is not, so a node replaces its parts.
    """
    order = sorted(rows, key=lambda row: (row.tokens, row.name))
    borders = [*(_shared(one, other, base) for one, other in pairwise(order)), base]
    open_nodes: list[tuple[int, list[_Part]]] = [(base, [])]
    for index, border in enumerate(borders):
        part = _Part(index, index + 1, 0, ((base, order[index : index + 1]),))
        while open_nodes[-1][0] > border:
            depth, parts = open_nodes.pop()
            part = _Part.of([*parts, part])
            if depth - base >= KEPT and part.gain(depth - base, way) >= worth:
                members = order[part.left : part.right]
                part = _Part(part.left, part.right, (depth - base) * (len(members) - 1), ((depth, members),))
        if open_nodes[-1][0] == border:
            open_nodes[-1][1].append(part)
        else:
            open_nodes.append((border, [part]))
    groups = [group for part in open_nodes[0][1] for group in part.groups]
    loose = [row for end, members in groups if end == base for row in members]
    return [*((base, loose) for _ in range(bool(loose))), *(group for group in groups if group[0] > base)]


def plan(rows: Sequence[ScoreRow], *, way: Way = "chunk", limits: Limits = LIMITS) -> list[list[ScoreRow]]:
    """Groups of rows to run together, in an order that follows from the rows alone.

    Rows of a group share a prefix that saves at least `WORTH` tokens; those that share with nobody come last, grouped
    by length. A group with many rows is cut, so that results come in while the run goes on.
    """
    groups: list[list[ScoreRow]] = []
    loose: Sequence[ScoreRow] = ()
    for end, members in _split(rows, 0, way):
        if end:
            groups.extend(_cut(members, end, max(AGAIN * end, 8 * limits.tokens)))
        else:
            loose = members
    return groups + batches(loose, tokens=limits.tokens, scored=limits.scored)


def _cut(rows: Sequence[ScoreRow], end: int, most: int) -> Iterator[list[ScoreRow]]:
    group: list[ScoreRow] = []
    rests = 0
    for row in rows:
        if rests >= most:
            yield group
            group, rests = [], 0
        group.append(row)
        rests += len(row.tokens) - end
    yield group


# ---------------------------------------------------------------- running them


@torch.inference_mode()
def loglikelihoods(
    model: Any, rows: Sequence[ScoreRow], *, way: Way = "chunk", limits: Limits = LIMITS, ran: Callable[[int], None] = _unheard
) -> list[tuple[float, ...]]:
    """For each row, the log-likelihood in nats of each of its continuations, summed over tokens.

    `way` is what `fits` found. `ran` hears the tokens of each forward, padding left out, after it. Raises
    FloatingPointError when the model's numbers are not finite.
    """
    found = dict(_scores(model, rows, Past(model, way, limits, ran)))
    return [found[row.name] for row in rows]


class Past:
    """A prefix that has run: the model's cache for one row, and how many tokens it holds (0: none, and no cache)."""

    def __init__(self, model: Any, way: Way, limits: Limits = LIMITS, ran: Callable[[int], None] = _unheard) -> None:
        self.way: Way = way
        self.limits = limits
        self.ran = ran
        self.length = 0
        self.chain = 0  # tokens that it and the prefixes it was made from hold
        self.cache: Any = None
        inner = model.get_base_model() if hasattr(model, "get_base_model") else model  # an adapter hides the names
        named = inspect.signature(inner.forward).parameters
        self.name = next((name for name in ("past_key_values", "cache_params") if name in named), "")
        self.places = "position_ids" in named

    def extended(self, model: Any, tokens: Sequence[int]) -> "Past":
        """This prefix and `tokens` behind it; itself it stays as it is."""
        longer = copy.copy(self)
        longer.cache = self.copies(1) if self.length else DynamicCache(config=model.config)
        longer.length = self.length + len(tokens)
        longer.chain = self.chain + longer.length
        nowhere = torch.zeros(1, dtype=torch.long)  # one place: some quantised heads refuse an empty input
        ids = torch.tensor([tokens], device=model.device)
        forward.logits_at(model, nowhere, nowhere, **longer.inputs(ids, self.length))
        self.ran(len(tokens))
        return longer

    def copies(self, rows: int) -> Any:
        """The cache for so many rows, sharing no memory with this one: some layers write into theirs."""
        cache = copy.deepcopy(self.cache)
        if rows > 1:
            cache.reorder_cache(torch.zeros(rows, dtype=torch.long))
        return cache

    def inputs(self, ids: torch.Tensor, start: int, cache: Any = None) -> dict[str, Any]:
        """Arguments of a forward of the tokens `ids` (rows, width) at positions from `start` on."""
        inputs = {"input_ids": ids, self.name: self.cache if cache is None else cache, "use_cache": True}
        if self.places:
            inputs["position_ids"] = torch.arange(start, start + ids.shape[1], device=ids.device).expand(ids.shape)
        return inputs


def _scores(model: Any, rows: Sequence[ScoreRow], past: Past) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Names of rows that all begin with what `past` holds, and their results."""
    for end, members in _split(rows, past.length, past.way):
        full = past.length > 0 and past.chain + end > past.limits.held
        if end == past.length or full or not _pays(members, end, past.way):
            yield from _rests(model, members, past)
            continue
        longer = past.extended(model, members[0].tokens[past.length : end])
        if past.way == "chunk":
            yield from _scores(model, members, longer)
        else:  # a prefix of several tokens runs on an empty cache only
            yield from _rests(model, members, longer)


def _pays(rows: Sequence[ScoreRow], end: int, way: Way) -> bool:
    """Whether a shared prefix saves more than the steps of the rests cost."""
    steps = max(len(row.tokens) for row in rows) - end
    return way == "chunk" or end * (len(rows) - 1) >= STEP_TOKENS * steps


def _rests(model: Any, rows: Sequence[ScoreRow], past: Past) -> Iterator[tuple[str, tuple[float, ...]]]:
    limits = past.limits
    at_once = limits.held if past.length and past.way == "step" else limits.tokens
    for group in batches([_Rest(row, past.length) for row in rows], tokens=at_once, scored=limits.scored):
        most = max(1, limits.held // len(group[0].row.tokens)) if past.length else len(group)
        most = min(most, limits.rows or most)
        for first in range(0, len(group), most):
            part = [rest.row for rest in group[first : first + most]]
            results = _branches(model, part, past) if past.length else forward.loglikelihoods(model, part)
            past.ran(sum(len(row.tokens) - past.length for row in part))
            yield from zip((row.name for row in part), results, strict=True)


def _branches(model: Any, rows: Sequence[ScoreRow], past: Past) -> list[tuple[float, ...]]:
    """Results of rows, the longest first, each on a copy of the prefix's cache.

    Rests are padded on the right: what runs behind a row's last token changes nothing before it.
    """
    lengths = [len(row.tokens) - past.length for row in rows]
    ids = torch.tensor([[*row.tokens[past.length :], *[0] * (lengths[0] - length)] for row, length in zip(rows, lengths, strict=True)])
    wanted = [
        (index, start + step - past.length, token)
        for index, row in enumerate(rows)
        for start, tokens in row.continuations
        for step, token in enumerate(tokens)
    ]
    cache = past.copies(len(rows))
    nats: dict[tuple[int, int, int], float] = {}
    width = lengths[0] if past.way == "chunk" else 1
    live = len(rows)
    for first in range(0, lengths[0], width):
        staying = sum(length > first for length in lengths)
        if staying < live:
            live = staying
            cache.reorder_cache(torch.arange(live))
        here = [(index, column - first, token) for index, column, token in wanted if first <= column < first + width]
        inputs = past.inputs(ids[:live, first : first + width].to(model.device), past.length + first, cache)
        for (index, column, token), value in zip(here, _nats(model, here, inputs), strict=True):
            nats[index, column + first, token] = value
    left = iter(wanted)
    return [tuple(math.fsum(nats[next(left)] for _ in tokens) for _, tokens in row.continuations) for row in rows]


def _nats(model: Any, wanted: Sequence[tuple[int, int, int]], inputs: dict[str, Any]) -> list[float]:
    """Log-likelihood of each (row, column, token), the token judged by the logits at its place.

    Raises FloatingPointError when one is not finite.
    """
    places = sorted({(index, column) for index, column, _ in wanted}) or [(0, 0)]
    number = {place: k for k, place in enumerate(places)}
    at = torch.tensor(places)
    logits = forward.logits_at(model, at[:, 0], at[:, 1], **inputs)
    if not wanted:
        return []
    pick = torch.tensor([(number[index, column], token) for index, column, token in wanted], device=logits.device)
    nats: list[float] = (logits[pick[:, 0], pick[:, 1]] - torch.logsumexp(logits, dim=-1)[pick[:, 0]]).tolist()
    if not all(math.isfinite(value) for value in nats):
        raise FloatingPointError("the model's log-likelihoods are not finite numbers; another dtype may work")
    return nats


# ---------------------------------------------------------------- whether it is exact


@torch.inference_mode()
def fits(model: Any, rows: Sequence[ScoreRow], *, nats: float = NATS) -> Literal["chunk", "step", ""]:
    """The first way whose results on these rows are within `nats` a token of the plain way's; "" where none is.

    Each row is run behind a prefix of its own, twice off the same cache (the first row behind a longer one too), and
    together with the others behind what they share. Rows whose own plain forward fails, or gives no finite numbers, show
    nothing and are left out. Only running out of memory is raised: whatever else fails is an architecture that does not fit.
    """
    plainly = {row.name: found for row in rows if row.continuations and (found := _plainly(model, row)) is not None}
    sound = [row for row in rows if row.name in plainly]
    ways: tuple[Way, ...] = ("chunk", "step")
    return next((way for way in ways if sound and _agrees(model, sound, plainly, way, nats)), "")


def _plainly(model: Any, row: ScoreRow) -> tuple[float, ...] | None:
    """The row's log-likelihoods by a plain forward of it alone; None where it cannot be run or they are not finite."""
    try:
        return forward.loglikelihoods(model, [row])[0]
    except Exception as error:  # a token that the model does not know, numbers that are none
        if is_out_of_memory(error):
            raise
        return None


def _agrees(model: Any, rows: Sequence[ScoreRow], plainly: dict[str, tuple[float, ...]], way: Way, nats: float) -> bool:
    try:
        return all(
            abs(value - expected) <= nats * len(tokens)  # False for what is not a number
            for row, values in _trials(model, rows, way)
            for value, expected, (_, tokens) in zip(values, plainly[row.name], row.continuations, strict=True)
        )
    except Exception as error:  # an architecture may raise anything where it is given a cache
        if is_out_of_memory(error):
            raise
        return False


def _trials(model: Any, rows: Sequence[ScoreRow], way: Way) -> Iterator[tuple[ScoreRow, tuple[float, ...]]]:
    empty = Past(model, way)
    tried = False
    for number, row in enumerate(rows):
        most = _limit(row)
        half = most // 2 if way == "chunk" else max(most // 2, most - 16)  # few steps say enough, and steps are slow
        ends = [half, most] if number == 0 and most - half >= KEPT else [half]
        past = empty
        for end in ends if half else []:
            past = past if way == "chunk" else empty
            past = past.extended(model, row.tokens[past.length : end])
            yield from ((row, _branches(model, [row], past)[0]) for _ in range(2))
            tried = True
    if not tried:
        raise ValueError("no row is long enough to have a prefix")
    by_name = {row.name: row for row in rows}
    for end, members in _split(rows, 0, way, 1):
        if end:
            found = _rests(model, members, empty.extended(model, members[0].tokens[:end]))
            yield from ((by_name[name], values) for name, values in found)
