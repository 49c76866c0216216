"""Where keys and values of rows that are being written lie, and the attention of one token of each over them.

A row's slot holds what follows the prefix that it shares with others. One decoding step is a packed forward of a token a
row: each token looks at its own slot, and the tokens of all rows below a stored prefix look at that together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from evalkit.engines.attention import Call, KeysValues, Part, Store, View, added, merged, over_prefix, part, view, with_sinks
from evalkit.engines.forest import Node

BLOCK = 64  # columns of the slots that are made zero at once


class Slots:
    """Keys and values by layer, each [slots, heads of keys, capacity, width]; a layer's are made when it first brings some.

    Columns from `clean` on hold anything. What is before is zero or was written: garbage under a mask would do harm, since
    0 * NaN is NaN.
    """

    def __init__(self) -> None:
        self.count = 0
        self.capacity = 0
        self._layers: dict[int, KeysValues] = {}
        self._clean: dict[int, int] = {}

    def fit(self, count: int, capacity: int) -> None:
        """So many slots of so many tokens from now on; what the first of them hold is kept, as far as it fits."""
        for layer, (key, value) in self._layers.items():
            clean, kept = min(self._clean[layer], capacity), min(count, self.count)
            new = (_empty(key, count, capacity), _empty(value, count, capacity))
            for tensor, old in zip(new, (key, value), strict=True):
                tensor[:kept, :, :clean] = old[:kept, :, :clean]
                tensor[kept:, :, :clean] = 0
            self._layers[layer], self._clean[layer] = new, clean
        self.count, self.capacity = count, capacity

    def fill(self, slot: int, start: int, layers: dict[int, KeysValues], begin: int, end: int) -> None:
        """Put tokens begin..end of a pack's keys and values into a slot, from its column `start` on."""
        for layer, (key, value) in layers.items():
            keys, values = self._at(layer, key, value, start + end - begin)
            keys[slot, :, start : start + end - begin] = key[0, :, begin:end]
            values[slot, :, start : start + end - begin] = value[0, :, begin:end]

    def append(self, layer: int, key: torch.Tensor, value: torch.Tensor, spot: "Spot") -> KeysValues:
        """Put one token [1, heads, rows, width] behind what the first slots hold, and all of those with it."""
        keys, values = self._at(layer, key, value, spot.width)
        rows, columns = spot.rows_on(key.device), spot.columns_on(key.device)
        keys[rows, :, columns] = key[0].transpose(0, 1)
        values[rows, :, columns] = value[0].transpose(0, 1)
        return keys[: spot.count], values[: spot.count]

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` tokens of one slot to another."""
        for tensors in self._layers.values():
            for tensor in tensors:
                tensor[target, :, :length] = tensor[source, :, :length]

    def clear(self, slot: int) -> None:
        """Make zero what a slot holds, after a row whose numbers were none."""
        for layer, tensors in self._layers.items():
            for tensor in tensors:
                tensor[slot, :, : self._clean[layer]] = 0

    def _at(self, layer: int, key: torch.Tensor, value: torch.Tensor, columns: int) -> KeysValues:
        """The layer's slots, of which `columns` are fit to be looked at."""
        if layer not in self._layers:
            self._layers[layer] = (_empty(key, self.count, self.capacity), _empty(value, self.count, self.capacity))
            self._clean[layer] = 0
        found, clean = self._layers[layer], self._clean[layer]
        if columns > clean:
            upto = min(self.capacity, -(-columns // BLOCK) * BLOCK)
            for tensor in found:
                tensor[:, :, clean:upto] = 0
            self._clean[layer] = upto
        return found


def _empty(like: torch.Tensor, count: int, capacity: int) -> torch.Tensor:
    return torch.empty(count, like.shape[1], capacity, like.shape[3], dtype=like.dtype, device=like.device)


class Spot:
    """The column of each of the first slots that the next token goes to: `filled[i]` tokens are in slot i."""

    def __init__(self, filled: Sequence[int]) -> None:
        self.count = len(filled)
        self.width = max(filled) + 1
        self.even = len(set(filled)) == 1
        self.least = min(filled)
        self._rows = torch.arange(self.count)
        self._columns = torch.tensor(filled)
        self._on: dict[torch.device, tuple[torch.Tensor, torch.Tensor]] = {}

    def _moved(self, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        if device not in self._on:
            self._on[device] = (self._rows.to(device), self._columns.to(device))
        return self._on[device]

    def rows_on(self, device: torch.device) -> torch.Tensor:
        """0, 1, .. on a layer's device."""
        return self._moved(device)[0]

    def columns_on(self, device: torch.device) -> torch.Tensor:
        """The columns on a layer's device."""
        return self._moved(device)[1]

    def seen(self, window: int | None, query: torch.Tensor) -> tuple[int, torch.Tensor | None]:
        """The first column that any row looks at, and a mask [rows, 1, 1, columns from there on]; None: all of them."""
        first = 0 if window is None else max(0, self.least - window + 1)
        near = window is None or self.width - 1 - first < window
        if self.even and near:
            return first, None
        columns = torch.arange(first, self.width, device=query.device)[None]
        own = self.columns_on(query.device)[:, None]
        visible = columns <= own
        if not near and window is not None:
            visible &= own - columns < window
        return first, added(visible[:, None, None], query.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Below:
    """The rows, by their places among the live ones, that stand on a stored prefix."""

    node: Node
    places: slice | torch.Tensor
    count: int

    @classmethod
    def of(cls, node: Node, places: Sequence[int]) -> "Below":
        """Of places in rising order; neighbours are a slice."""
        straight = places[-1] - places[0] + 1 == len(places)
        return cls(node, slice(places[0], places[-1] + 1) if straight else torch.tensor(places), len(places))


class Tokens:
    """One token of each live row: the layout of a decoding step. `positions` [rows] are the tokens' own."""

    def __init__(self, slots: Slots, spot: Spot, positions: torch.Tensor, groups: Sequence[Below], store: Store) -> None:
        self.layers: list[int] = []  # as they were called
        self._slots = slots
        self._spot = spot
        self._positions = positions
        self._groups = groups
        self._store = store
        self._own: dict[tuple[int | None, torch.dtype, torch.device], tuple[int, torch.Tensor | None]] = {}
        self._views: dict[tuple[int, int | None, int, torch.dtype, torch.device], View | None] = {}

    def attend(self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, call: Call) -> torch.Tensor:
        """As `Layout.attend`."""
        self.layers.append(layer)
        rows, grouped = self._spot.count, key.shape[1]
        name = (call.window, query.dtype, query.device)
        if name not in self._own:
            self._own[name] = self._spot.seen(call.window, query)
        first, mask = self._own[name]
        keys, values = self._slots.append(layer, key, value, self._spot)
        keys, values = keys[:, :, first : self._spot.width], values[:, :, first : self._spot.width]
        # the queries that share a head of keys lie side by side, so that its keys are read once for all of them
        folded = query[0].transpose(0, 1).reshape(rows, grouped, query.shape[1] // grouped, query.shape[3])
        out, total = part(folded, keys, values, mask, call)
        found: Part = (out.flatten(1, 2).transpose(0, 1)[None], total.flatten(1, 2).t()[None])
        for number, group in enumerate(self._groups):
            found = self._below(number, group, found, layer, query, call)
        return with_sinks(found, call.sinks)

    def _below(self, number: int, group: Below, found: Part, layer: int, query: torch.Tensor, call: Call) -> Part:
        stored = self._store.at(group.node, layer)
        heads, width = query.shape[1], query.shape[3]
        seen = self._view(number, group, call.window, query, heads // stored[0].shape[1])
        if seen is None:
            return found
        some = query if group.count == query.shape[2] else query[:, :, group.places]
        folded = some.reshape(1, stored[0].shape[1], -1, width)
        out, total = over_prefix(folded, stored, seen, call)
        other = (out.reshape(1, heads, group.count, -1), total.reshape(1, heads, group.count))
        if group.count == query.shape[2]:
            return merged(found, other)
        mine = merged((found[0][:, :, group.places], found[1][:, :, group.places]), other)
        found[0][:, :, group.places], found[1][:, :, group.places] = mine
        return found

    def _view(self, number: int, group: Below, window: int | None, query: torch.Tensor, times: int) -> View | None:
        name = (number, window, times, query.dtype, query.device)
        if name not in self._views:
            places = self._positions[group.places].to(query.device)
            self._views[name] = _repeated(view(places, group.node.start, group.node.end, window, query.dtype), times)
        return self._views[name]


def _repeated(seen: View | None, times: int) -> View | None:
    """The view of queries that come `times` times over."""
    if times == 1 or seen is None:
        return seen
    mask = None if seen.mask is None else seen.mask.repeat(1, 1, times, 1)
    return View(seen.first, mask, None if seen.blind is None else seen.blind.repeat(1, 1, times))
