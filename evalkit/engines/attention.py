"""Attention of packed rows over stored prefixes, put in place of a model's own through transformers' AttentionInterface.

A packed forward has the shape [1, L]: the linear layers see the tokens of many rows one after another, with no padding. Only in
here are the rows apart. A query looks at its own row and at every prefix that its row stands on; each part gives its output and
the logarithm of its softmax's denominator, and parts are merged by those (as in flash attention: Dao et al. 2022, section 3.1).
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from transformers import AttentionInterface

from evalkit.engines.forest import Node, Row

NAME = "evalkit_packed"
SLACK = 1.25  # rows whose lengths differ by less are padded to one length in here
SCORES_HELD = 2**24  # attention scores held at once by the explicit way: 64 MiB in fp32

KeysValues = tuple[torch.Tensor, torch.Tensor]  # each [1, heads of keys, tokens, width]
Part = tuple[torch.Tensor, torch.Tensor]  # output [B, heads, T, width], log-sum-exp [B, heads, T]; both float32


class UnfitError(Exception):
    """The model's attention asks for something that packed rows do not have; the engine falls back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a layer asks of its attention: factor of the scores, sliding window in tokens, soft cap, sink logits a head."""

    scale: float
    window: int | None = None
    softcap: float | None = None
    sinks: torch.Tensor | None = None


class Layout(Protocol):
    """Who may look at whom in the forward that is going on."""

    def attend(self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, call: Call) -> torch.Tensor:
        """The attention's output, float32 or the query's type; all [1, heads, L, width]."""
        ...


_layout: ContextVar[Layout | None] = ContextVar("evalkit_layout", default=None)


@contextmanager
def laid_out(layout: Layout) -> Iterator[None]:
    """While it lasts, a model that is `packing` attends by `layout`."""
    token = _layout.set(layout)
    try:
        yield
    finally:
        _layout.reset(token)


@contextmanager
def packing(model: Any) -> Iterator[None]:
    """While it lasts, the model's attention is the one of this module; it has its own again afterwards.

    Raises UnfitError for an architecture that does not let its attention be chosen.
    """
    before = model.config._attn_implementation
    if not getattr(model, "_can_set_attn_implementation", lambda: False)():
        raise UnfitError(f"{type(model).__name__} does not let its attention be chosen")
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def _attend(  # noqa: PLR0913 (the signature is transformers')
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    s_aux: torch.Tensor | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    layout = _layout.get()
    layer = getattr(module, "layer_idx", None)
    strange = [name for name in ("position_bias", "cache", "alibi") if others.get(name) is not None]
    if layout is None or layer is None or attention_mask is not None or strange or getattr(module, "is_causal", True) is False:
        what = strange[0] if strange else "a mask of its own" if attention_mask is not None else "an attention that is not causal"
        raise UnfitError(f"{type(module).__name__} brings {what}")
    call = Call(scale=query.shape[-1] ** -0.5 if scaling is None else scaling, window=sliding_window, softcap=softcap, sinks=s_aux)
    out = layout.attend(layer, query, key, value, call)
    return out.to(query.dtype).transpose(1, 2), None


AttentionInterface.register(NAME, _attend)


# ---------------------------------------------------------------- kernels


def part(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None, call: Call, causal: bool = False) -> Part:
    """Softmax attention of [B, H, T, d] over [B, H_k, S, d] (H a multiple of H_k), and its log-sum-exp.

    `mask` [B or 1, 1, T, S] is added to the scores; with `causal` (T = S) a query sees the keys up to its own. Every query
    must see at least one key.
    """
    if query.device.type == "cpu" and call.softcap is None and key.shape[-1] == value.shape[-1] == query.shape[-1]:
        out, total = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            query, key, value, 0.0, causal, attn_mask=mask, scale=call.scale
        )
        return out.float(), total
    return _explicit(query, key, value, mask, call, causal)


def _explicit(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None, call: Call, causal: bool) -> Part:
    """The same by plain products, some queries at a time: for soft caps, unlike widths, and devices without a kernel of their own."""
    batch, heads, length, _ = query.shape
    groups = heads // key.shape[1]
    keys, values = (tensor.repeat_interleave(groups, dim=1) if groups > 1 else tensor for tensor in (key, value))
    size = max(1, SCORES_HELD // max(1, batch * heads * key.shape[2]))
    outs, totals = [], []
    for begin in range(0, length, size):
        end = min(length, begin + size)
        scores = torch.matmul(query[:, :, begin:end], keys.transpose(2, 3)).float() * call.scale
        if call.softcap is not None:
            scores = call.softcap * torch.tanh(scores / call.softcap)
        if mask is not None:
            scores = scores + mask[:, :, begin:end].float()
        if causal:
            seen = torch.ones(end - begin, key.shape[2], dtype=torch.bool, device=scores.device).tril(begin)
            scores = scores.masked_fill(~seen, -math.inf)
        total = torch.logsumexp(scores, dim=-1)
        outs.append(torch.matmul(torch.exp(scores - total[..., None]).to(values.dtype), values).float())
        totals.append(total)
    return torch.cat(outs, dim=2), torch.cat(totals, dim=2)


def merged(one: Part, other: Part) -> Part:
    """Attention over the keys of both parts: outputs weighted by exp of their log-sum-exps. A part may be -inf, not both."""
    weight = torch.sigmoid(other[1] - one[1])
    return torch.lerp(one[0], other[0], weight[..., None]), torch.logaddexp(one[1], other[1])


def with_sinks(out: Part, sinks: torch.Tensor | None) -> torch.Tensor:
    """The output, with each head's sink logit in the softmax's denominator (gpt-oss), where the model has them."""
    if sinks is None:
        return out[0]
    return out[0] * torch.sigmoid(out[1] - sinks.float()[None, :, None])[..., None]


# ---------------------------------------------------------------- masks


@dataclass(frozen=True, slots=True)
class View:
    """Keys of a prefix that some queries see: from `first` on; `mask` is added; `blind` queries see none of them."""

    first: int
    mask: torch.Tensor | None  # [1, 1, queries, keys]
    blind: torch.Tensor | None  # [1, 1, queries], bool


def view(positions: torch.Tensor, start: int, end: int, window: int | None, dtype: torch.dtype) -> View | None:
    """What queries at `positions` (all beyond `end`) see of keys start..end: all, a part (sliding window), or nothing: None."""
    if window is None or int(positions.max()) - window < start:
        return View(0, None, None)
    first = max(start, int(positions.min()) - window + 1)
    if first >= end:
        return None
    seen = positions[:, None] - torch.arange(first, end, device=positions.device)[None] < window
    blind = ~seen.any(dim=-1)
    seen[:, 0] |= blind  # a softmax over nothing is no number: such queries look at one key, and their part gets no weight
    if bool(seen.all()) and not bool(blind.any()):
        return View(first - start, None, None)
    return View(first - start, added(seen[None, None], dtype), blind[None, None] if bool(blind.any()) else None)


def added(seen: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """A mask that is added to scores: 0 where `seen`, else -inf."""
    return torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill_(~seen, -math.inf)


def over_prefix(query: torch.Tensor, stored: KeysValues, seen: View, call: Call) -> Part:
    """The part of [1, H, T, d] queries over a stored prefix."""
    key, value = (tensor[:, :, seen.first :] if seen.first else tensor for tensor in stored)
    out, total = part(query, key, value, seen.mask, call)
    return out, total if seen.blind is None else total.masked_fill(seen.blind, -math.inf)


# ---------------------------------------------------------------- packed rows


class Store:
    """Keys and values of the prefixes that are held, by node and layer."""

    def __init__(self) -> None:
        self._held: dict[Node, dict[int, KeysValues]] = {}

    def put(self, node: Node, layers: dict[int, KeysValues]) -> None:
        """Hold `node`."""
        self._held[node] = layers

    def at(self, node: Node, layer: int) -> KeysValues:
        """Keys and values of the node's own tokens in a layer."""
        return self._held[node][layer]

    def release(self, nodes: Sequence[Node]) -> None:
        """Let go of `nodes`, whether they are held or not."""
        for node in nodes:
            self._held.pop(node, None)

    @property
    def tokens(self) -> int:
        """Tokens held."""
        return sum(len(node.tokens) for node in self._held)


@dataclass(frozen=True, slots=True)
class _Bucket:
    """Rows of like length, padded to [count, width] in the attention alone."""

    rows: tuple[Row, ...]
    gather: torch.Tensor  # [count * width] places in the pack; padding points at place 0
    padded: torch.Tensor | None  # [tokens] places in count * width that are no padding; None: all
    back: torch.Tensor | slice  # [tokens] places in the pack that those go back to
    width: int

    def mask(self, window: int | None, dtype: torch.dtype) -> torch.Tensor | None:
        """What is added to the scores [count, 1, width, width]; None: plain causal."""
        reach = max(max(row.positions) - min(row.positions) for row in self.rows)
        if all(row.linear for row in self.rows) and (window is None or reach < window):
            return None
        seen = np.zeros((len(self.rows), self.width, self.width), dtype=bool)
        for index, row in enumerate(self.rows):
            length = len(row.tokens)
            seen[index, :length, :length] = _ancestors(row)
            if window is not None:
                places = np.asarray(row.positions)
                seen[index, :length, :length] &= places[:, None] - places[None] < window
            seen[index, length:, 0] = True  # padding looks at key 0, so that no softmax is empty
        return added(torch.from_numpy(seen)[:, None], dtype)


def _ancestors(row: Row) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Which of a row's tokens stand before which, themselves included: [tokens, tokens], queries first."""
    count = len(row.tokens)
    if row.linear:
        return np.tri(count, dtype=bool)
    seen = np.zeros((count, count), dtype=bool)
    for place, parent in enumerate(row.parents):
        if parent >= 0:
            seen[place] = seen[parent]
        seen[place, place] = True
    return seen


class Pack:
    """Rows laid one after another in a [1, L] forward. With `keep`, keys and values of the pack itself are kept by layer."""

    def __init__(self, rows: Sequence[Row], store: Store, *, keep: bool = False) -> None:
        self.rows = tuple(rows)
        self.offsets = np.cumsum([0, *(len(row.tokens) for row in rows)]).tolist()
        self.ids = torch.tensor([[token for row in rows for token in row.tokens]])
        self.positions = torch.tensor([[place for row in rows for place in row.positions]])
        self.kept: dict[int, KeysValues] | None = {} if keep else None
        self.layers: list[int] = []  # as they were called, to see whether each was, once
        self._store = store
        self._buckets = self._bucketed()
        self._groups = self._prefixes()
        self._masks: dict[tuple[int, int | None, torch.dtype, torch.device], torch.Tensor | None] = {}
        self._views: dict[tuple[int, int | None, torch.dtype, torch.device], View | None] = {}

    def _bucketed(self) -> list[_Bucket]:
        order = sorted(range(len(self.rows)), key=lambda index: (len(self.rows[index].tokens), index))
        buckets: list[_Bucket] = []
        begin = 0
        while begin < len(order):
            limit = max(16, int(len(self.rows[order[begin]].tokens) * SLACK))
            end = begin
            while end < len(order) and len(self.rows[order[end]].tokens) <= limit:
                end += 1
            buckets.append(self._bucket(sorted(order[begin:end])))
            begin = end
        return buckets

    def _bucket(self, chosen: Sequence[int]) -> _Bucket:
        rows = tuple(self.rows[index] for index in chosen)
        width = max(len(row.tokens) for row in rows)
        gather = torch.zeros(len(rows), width, dtype=torch.long)
        for place, index in enumerate(chosen):
            gather[place, : len(self.rows[index].tokens)] = torch.arange(self.offsets[index], self.offsets[index + 1])
        back = torch.cat([torch.arange(self.offsets[index], self.offsets[index + 1]) for index in chosen])
        full = len(back) == gather.numel()
        lengths = enumerate(len(row.tokens) for row in rows)
        padded = None if full else torch.cat([torch.arange(place * width, place * width + length) for place, length in lengths])
        straight = int(back[-1]) - int(back[0]) + 1 == len(back)
        return _Bucket(rows, gather.view(-1), padded, slice(int(back[0]), int(back[-1]) + 1) if straight else back, width)

    def _prefixes(self) -> list[tuple[int, int, Node]]:
        """Runs of queries (begin, end) below each stored prefix, the outermost first."""
        runs: dict[Node, list[list[int]]] = {}
        for index, row in enumerate(self.rows):
            for node in row.prefix.chain() if row.prefix else []:
                found = runs.setdefault(node, [])
                if found and found[-1][1] == self.offsets[index]:
                    found[-1][1] = self.offsets[index + 1]
                else:
                    found.append([self.offsets[index], self.offsets[index + 1]])
        return [(begin, end, node) for node, found in runs.items() for begin, end in found]

    def attend(self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, call: Call) -> torch.Tensor:
        """As `Layout.attend`."""
        self.layers.append(layer)
        if self.kept is not None:
            self.kept[layer] = (key, value)
        out, total = self._own(query, key, value, call)
        for index, (begin, end, node) in enumerate(self._groups):
            seen = self._view(index, call.window, query)
            if seen is None:
                continue
            other = over_prefix(query[:, :, begin:end], self._store.at(node, layer), seen, call)
            if end - begin == query.shape[2]:
                out, total = merged((out, total), other)
            else:
                out[:, :, begin:end], total[:, :, begin:end] = merged((out[:, :, begin:end], total[:, :, begin:end]), other)
        return with_sinks((out, total), call.sinks)

    def _own(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, call: Call) -> Part:
        if len(self.rows) == 1:
            mask = self._mask(0, call.window, query)
            return part(query, key, value, mask, call, causal=mask is None)
        heads, length, width = query.shape[1], query.shape[2], value.shape[3]
        out = torch.empty(1, length, heads, width, device=query.device).transpose(1, 2)
        total = torch.empty(1, length, heads, device=query.device).transpose(1, 2)
        for number, bucket in enumerate(self._buckets):
            gather = bucket.gather.to(query.device)
            shape = (len(bucket.rows), bucket.width)
            own, keys, values = (
                tensor[0].index_select(1, gather).view(tensor.shape[1], *shape, tensor.shape[3]).transpose(0, 1)
                for tensor in (query, key, value)
            )
            mask = self._mask(number, call.window, query)
            found, norm = part(own, keys, values, mask, call, causal=mask is None)
            flat, norms = found.transpose(0, 1).flatten(1, 2), norm.transpose(0, 1).flatten(1, 2)
            if bucket.padded is not None:
                places = bucket.padded.to(query.device)
                flat, norms = flat.index_select(1, places), norms.index_select(1, places)
            if isinstance(bucket.back, slice):
                out[0][:, bucket.back], total[0][:, bucket.back] = flat, norms
            else:
                out[0].index_copy_(1, bucket.back.to(query.device), flat)
                total[0].index_copy_(1, bucket.back.to(query.device), norms)
        return out, total

    def _mask(self, number: int, window: int | None, query: torch.Tensor) -> torch.Tensor | None:
        name = (number, window, query.dtype, query.device)
        if name not in self._masks:
            mask = self._buckets[number].mask(window, query.dtype)
            self._masks[name] = None if mask is None else mask.to(query.device)
        return self._masks[name]

    def _view(self, number: int, window: int | None, query: torch.Tensor) -> View | None:
        name = (number, window, query.dtype, query.device)
        if name not in self._views:
            begin, end, node = self._groups[number]
            self._views[name] = view(self.positions[0, begin:end].to(query.device), node.start, node.end, window, query.dtype)
        return self._views[name]

    def taken(self, index: int) -> dict[int, KeysValues]:
        """Keys and values of row `index` of the pack, by layer, as tensors of their own."""
        assert self.kept is not None  # noqa: S101 (asked for only of packs that keep)
        begin, end = self.offsets[index], self.offsets[index + 1]
        if len(self.rows) == 1:
            return {layer: (key.contiguous(), value.contiguous()) for layer, (key, value) in self.kept.items()}
        # copies, also where a slice is contiguous as it is (one head of keys): it would keep the whole pack in memory
        whole = torch.contiguous_format
        return {
            layer: (key[:, :, begin:end].clone(memory_format=whole), value[:, :, begin:end].clone(memory_format=whole))
            for layer, (key, value) in self.kept.items()
        }
