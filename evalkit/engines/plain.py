"""The plainest way to the same numbers: one sequence, one full forward. What the engines are tested against."""

from collections.abc import Collection, Sequence
from typing import Any

import torch


@torch.inference_mode()
def loglikelihood(model: Any, context: Sequence[int], continuation: Sequence[int]) -> float:
    """Log-likelihood in nats of `continuation` after `context`, from the logits of every position."""
    ids = torch.tensor([[*context, *continuation]], device=model.device)
    nats = torch.log_softmax(model(input_ids=ids, use_cache=False).logits[0].float(), dim=-1)
    return float(sum(nats[len(context) + step - 1, token].double() for step, token in enumerate(continuation)))


@torch.inference_mode()
def greedy(model: Any, prompt: Sequence[int], *, max_tokens: int, ends: Collection[int] = ()) -> list[int]:
    """Tokens of largest logit one after another, each from a forward of the whole sequence without a cache."""
    ids = list(prompt)
    for _ in range(max_tokens):
        logits = model(input_ids=torch.tensor([ids], device=model.device), use_cache=False).logits[0, -1]
        ids.append(int(logits.float().argmax()))
        if ids[-1] in ends:
            break
    return ids[len(prompt) :]
