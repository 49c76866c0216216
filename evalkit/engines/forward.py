"""One forward of a group of rows, with logits only where they are wanted.

Rows are padded on the right and no mask is passed: attention is causal, so a row's own tokens never see the padding
behind them, and the kernels for plain causal attention are the fast ones.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from evalkit.engines.batches import is_out_of_memory


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """Tokens to run once, and the continuations that are read off them.

    A continuation is (position of the logits of its first token, its token ids): the logits at position p judge the
    token at p + 1, so the last token of a continuation is not fed.
    """

    name: str
    tokens: tuple[int, ...]
    continuations: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def order(self) -> tuple[int, str]:
        """Length of the row; its name decides between equals."""
        return len(self.tokens), self.name

    @property
    def scored(self) -> int:
        """Upper limit of the positions that need logits."""
        return sum(len(ids) for _, ids in self.continuations)


def logits_at(model: Any, rows: torch.Tensor, columns: torch.Tensor, **inputs: Any) -> torch.Tensor:
    """Logits (N, vocabulary) in float32 at N places (row, column) of the batch that `inputs` holds.

    The head's input is narrowed to those places on its way in, so everything the architecture does to logits (scaling,
    soft caps) is kept, and no tensor over all positions times the vocabulary ever exists.
    """
    narrowed: list[bool] = []

    def narrow(_: Any, received: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        narrowed.append(True)
        hidden = received[0]
        return (hidden[rows.to(hidden.device), columns.to(hidden.device)][None],)

    head = model.get_output_embeddings()
    handle = head.register_forward_pre_hook(narrow)
    try:
        logits: torch.Tensor = model(**inputs).logits
    finally:
        handle.remove()
    if not narrowed:  # a head that is not called as a module
        return logits[rows.to(logits.device), columns.to(logits.device)].float()
    return logits[0].float()


@torch.inference_mode()
def loglikelihoods(model: Any, group: Sequence[ScoreRow]) -> list[tuple[float, ...]]:
    """For each row, the log-likelihood in nats of each of its continuations, summed over tokens.

    Raises FloatingPointError when the model's numbers are not finite.
    """
    width = max(len(row.tokens) for row in group)
    device = model.device
    ids = torch.tensor([[*row.tokens, *[0] * (width - len(row.tokens))] for row in group], device=device)
    positions = torch.arange(width, device=device).expand(len(group), width)
    wanted = [
        (index, start + step, token)
        for index, row in enumerate(group)
        for start, tokens in row.continuations
        for step, token in enumerate(tokens)
    ]
    places = sorted({(index, column) for index, column, _ in wanted})  # options of one token share a place
    number = {place: k for k, place in enumerate(places)}
    at = torch.tensor(places)
    logits = logits_at(model, at[:, 0], at[:, 1], input_ids=ids, position_ids=positions, use_cache=False)
    pick = torch.tensor([(number[index, column], token) for index, column, token in wanted], device=logits.device)
    nats = (logits[pick[:, 0], pick[:, 1]] - torch.logsumexp(logits, dim=-1)[pick[:, 0]]).tolist()
    if not all(math.isfinite(value) for value in nats):
        raise FloatingPointError("the model's log-likelihoods are not finite numbers")
    left = iter(nats)
    return [tuple(math.fsum(next(left) for _ in tokens) for _, tokens in row.continuations) for row in group]


def free_memory(error: BaseException) -> None:
    """After memory ran out: let go of what the failed forward held, which its traceback's frames keep alive."""
    if not is_out_of_memory(error):
        return
    import gc
    import traceback

    chained: BaseException | None = error
    while chained is not None:
        traceback.clear_frames(chained.__traceback__)
        chained.__traceback__ = None
        chained = chained.__cause__ or chained.__context__
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
