"""Decoding over the library's own cache, token by token as `model.generate` does: for models that packed rows do not fit.

Prompts are padded on the left, keys and values (or whatever the architecture keeps) are cached, and rows that have finished
leave the batch.
"""

import inspect
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from transformers import DynamicCache

from evalkit.engines.forward import logits_at
from evalkit.engines.prefix import Proof
from evalkit.engines.tokens import Encoder
from evalkit.engines.writing import Reader, Text, WriteRow, Written, next_tokens

PROVEN = 4  # tokens written for a proof


class Decoding:
    """Rows that are decoded in step. `step` gives the logits of each live row, `feed` its next token, `keep` lets the others go."""

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]]) -> None:
        self.model = model
        width = max(len(prompt) for prompt in prompts)
        device = model.device
        self.ids = torch.tensor([[*[0] * (width - len(prompt)), *prompt] for prompt in prompts], device=device)
        self.mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=device)
        self.positions = (self.mask.cumsum(-1) - 1).clamp(min=0)
        self.cache = DynamicCache(config=model.config)
        named = inspect.signature(model.forward).parameters
        if "cache_params" not in named and "past_key_values" not in named:
            raise TypeError(f"{type(model).__name__} takes no cache that evalkit knows (past_key_values, cache_params)")
        self._past = {"past_key_values" if "past_key_values" in named else "cache_params": self.cache}
        self._placed = "position_ids" in named

    @torch.inference_mode()
    def step(self) -> torch.Tensor:
        """Logits [rows, vocabulary] of each row's next token, float32."""
        count, width = self.ids.shape
        inputs = {"input_ids": self.ids, "use_cache": True, **self._past}
        if self._placed or self.mask.shape[1] == width:  # a purely recurrent model masks what it is fed, not what it has seen
            inputs["attention_mask"] = self.mask
        if self._placed:
            inputs["position_ids"] = self.positions
        return logits_at(self.model, torch.arange(count), torch.full((count,), width - 1), **inputs)

    @torch.inference_mode()
    def feed(self, tokens: Sequence[int]) -> None:
        """What the next step continues."""
        self.ids = torch.tensor(tokens, device=self.ids.device)[:, None]
        self.mask = torch.cat([self.mask, torch.ones_like(self.mask[:, :1])], dim=-1)
        self.positions = self.positions[:, -1:] + 1

    @torch.inference_mode()
    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only, in this order."""
        chosen = torch.tensor(rows)  # on the CPU: layers may lie on several devices
        self.ids, self.mask, self.positions = self.ids[chosen], self.mask[chosen], self.positions[chosen]
        self.cache.batch_select_indices(chosen)


def write(model: Any, encoder: Encoder, group: Sequence[WriteRow], ends: frozenset[int]) -> list[Written | FloatingPointError]:
    """Continue each row until one of the tokens `ends`, one of its stop strings, or its limit."""
    reader, start = Reader(encoder, ends), time.perf_counter()
    decoding = Decoding(model, [row.tokens for row in group])
    live = [(index, Text(row, start)) for index, row in enumerate(group)]
    done: dict[int, Written | FloatingPointError] = {}
    while live:
        tokens = next_tokens(decoding.step(), [text for _, text in live])
        staying = []
        for place, ((index, text), token) in enumerate(zip(live, tokens, strict=True)):
            result = token if isinstance(token, FloatingPointError) else text.take(token, reader)
            if result is None:
                staying.append(place)
            else:
                done[index] = result
        if staying and len(staying) < len(live):
            decoding.keep(staying)
        live = [live[place] for place in staying]
        if live:
            decoding.feed([text.ids[-1] for _, text in live])
    return [done[index] for index in range(len(group))]


def fits(model: Any, encoder: Encoder, rows: Sequence[WriteRow]) -> Proof:
    """Whether rows of unlike length may be written together: they get the tokens that each gets by itself.

    That is what `model.generate` writes, also where an architecture's cache gives other numbers than a forward without one.
    """
    few = [replace(row, name=str(number), max_tokens=PROVEN, stop=(), temperature=0.0) for number, row in enumerate(rows)]
    try:
        together = write(model, encoder, few, frozenset())
        for row, result in zip(few, together, strict=True):
            (alone,) = write(model, encoder, [row], frozenset())
            if isinstance(result, FloatingPointError) or isinstance(alone, FloatingPointError) or result.ids != alone.ids:
                return Proof(why="rows of unlike length written together get other tokens than alone", rows=len(few))
    except Exception as error:  # noqa: BLE001 (whatever a strangers' architecture raises here says that it does not fit)
        return Proof(why=f"{type(error).__name__}: {error}"[:300], rows=len(few))
    return Proof(why="", rows=len(few))
