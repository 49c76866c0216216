"""Decoding over the library's own cache, token by token as `model.generate` does: for models that packed rows do not fit.

Prompts are padded on the left, keys and values (or whatever the architecture keeps) are cached, and rows that have finished
leave the batch.
"""

import time
from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from evalkit.engines.forward import logits_at
from evalkit.engines.tokens import Encoder
from evalkit.engines.writing import Reader, Text, WriteRow, Written, next_tokens


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

    @torch.inference_mode()
    def step(self) -> torch.Tensor:
        """Logits [rows, vocabulary] of each row's next token, float32."""
        count, width = self.ids.shape
        return logits_at(
            self.model,
            torch.arange(count),
            torch.full((count,), width - 1),
            input_ids=self.ids,
            attention_mask=self.mask,
            position_ids=self.positions,
            past_key_values=self.cache,
            use_cache=True,
        )

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
