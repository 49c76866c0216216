"""Greedy decoding of a group of prompts, token by token as `model.generate(do_sample=False)` would.

Prompts are padded on the left, keys and values are cached, and rows that have finished leave the batch.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache

from evalkit.engines.forward import logits_at
from evalkit.engines.tokens import Encoder
from evalkit.records import Finish


@dataclass(frozen=True, slots=True)
class WriteRow:
    """A prompt and when to stop continuing it."""

    name: str
    tokens: tuple[int, ...]
    max_tokens: int
    stop: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[int, str]:
        """Tokens that the row may take up; its name decides between equals."""
        return len(self.tokens) + self.max_tokens, self.name

    @property
    def scored(self) -> int:
        """Logits are wanted at one position at a time."""
        return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was generated. Times are seconds since the group was taken up; `tokens` counts the end token too."""

    text: str
    finish: Finish
    tokens: int
    first_s: float
    total_s: float


@dataclass(slots=True)
class _Live:
    """A row while it is being written."""

    index: int
    row: WriteRow
    ids: list[int] = field(default_factory=list)
    first_s: float = 0.0


class Decoding:
    """Rows that are decoded in step. `step` returns the next token of each live row, `keep` lets the others go."""

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]]) -> None:
        self.model = model
        width = max(len(prompt) for prompt in prompts)
        device = model.device
        self.ids = torch.tensor([[*[0] * (width - len(prompt)), *prompt] for prompt in prompts], device=device)
        self.mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=device)
        self.positions = (self.mask.cumsum(-1) - 1).clamp(min=0)
        self.cache = DynamicCache(config=model.config)

    @torch.inference_mode()
    def step(self) -> list[int]:
        """The next token of each row, by largest logit. Raises FloatingPointError when a row's logits are not numbers."""
        count, width = self.ids.shape
        logits = logits_at(
            self.model,
            torch.arange(count),
            torch.full((count,), width - 1),
            input_ids=self.ids,
            attention_mask=self.mask,
            position_ids=self.positions,
            past_key_values=self.cache,
            use_cache=True,
        )
        best, tokens = logits.max(dim=-1)
        if not bool(torch.isfinite(best).all()):
            raise FloatingPointError("the model's logits are not finite numbers; another dtype may work")
        self.ids = tokens[:, None].to(self.ids.device)
        self.mask = torch.cat([self.mask, torch.ones_like(self.mask[:, :1])], dim=-1)
        self.positions = self.positions[:, -1:] + 1
        return [int(token) for token in tokens.tolist()]

    @torch.inference_mode()
    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only, in this order."""
        chosen = torch.tensor(rows)  # on the CPU: layers may lie on several devices
        self.ids, self.mask, self.positions = self.ids[chosen], self.mask[chosen], self.positions[chosen]
        self.cache.batch_select_indices(chosen)


def write(model: Any, encoder: Encoder, group: Sequence[WriteRow], ends: frozenset[int]) -> list[Written]:
    """Continue each row until one of the tokens `ends`, one of its stop strings, or its limit."""
    start = time.perf_counter()
    decoding = Decoding(model, [row.tokens for row in group])
    live = [_Live(index, row) for index, row in enumerate(group)]
    done: dict[int, Written] = {}
    while live:
        tokens = decoding.step()
        now = time.perf_counter() - start
        staying = []
        for place, (state, token) in enumerate(zip(live, tokens, strict=True)):
            state.first_s = state.first_s or now
            state.ids.append(token)
            finish = _finish(state, encoder, ends)
            if finish is None:
                staying.append(place)
            else:
                done[state.index] = _written(state, encoder, ends, finish, now)
        if staying and len(staying) < len(live):
            decoding.keep(staying)
        live = [live[place] for place in staying]
    return [done[index] for index in range(len(group))]


def _finish(state: _Live, encoder: Encoder, ends: frozenset[int]) -> Finish | None:
    if state.ids[-1] in ends:
        return "stop"
    if state.row.stop:
        # a stop string may lie across token borders: enough of the last tokens are read together
        tail = encoder.read(state.ids[-(max(map(len, state.row.stop)) + 8) :])
        if any(stop in tail for stop in state.row.stop):
            return "stop"
    return "length" if len(state.ids) >= state.row.max_tokens else None


def _written(state: _Live, encoder: Encoder, ends: frozenset[int], finish: Finish, now: float) -> Written:
    text = encoder.read(state.ids[:-1] if state.ids[-1] in ends else state.ids)
    cuts = [text.index(stop) for stop in state.row.stop if stop in text]
    if cuts:
        text, finish = text[: min(cuts)], "stop"
    return Written(text=text, finish=finish, tokens=len(state.ids), first_s=state.first_s, total_s=now)
