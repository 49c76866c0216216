"""The language-model head, run only where something is read off it, and for log-likelihoods a part of its logits at a time."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from evalkit.engines.memory import COLUMNS, LOGITS_HELD, POSITIONS

_PROBE = (1, 2, 3, 5)

After = Callable[[torch.Tensor], torch.Tensor]


class Head:
    """The head of `model`. `known`: its logits are the head module's output and an element-wise function that was found.

    That is found out by comparing with the model's own logits, not by the architecture's name. Where it is not so, logits
    come from the model itself, at the wanted positions only. A head of plain numbers is multiplied a slice of the vocabulary
    at a time, another one (quantised, fetched from elsewhere at each call) a few positions at a time.
    """

    def __init__(self, model: Any) -> None:
        self.module = model.get_output_embeddings()
        self.plain = type(self.module) is torch.nn.Linear and self.module.weight.is_floating_point() and not self.module.weight.is_meta
        self.vocabulary, self._after = self._settle(model)

    @property
    def known(self) -> bool:
        """Whether log-likelihoods can be had from hidden states."""
        return self._after is not None

    @property
    def sliced(self) -> bool:
        """Whether the vocabulary is taken in slices."""
        return self.known and self.plain

    def _settle(self, model: Any) -> tuple[int, After | None]:
        """Number of logits, and the function from the module's output to them: none, or a scale or soft cap of the configuration."""
        ids = torch.tensor([_PROBE], device=model.device)
        caught = Caught(self.module, torch.arange(len(_PROBE)), whole=True)
        with torch.inference_mode(), caught:
            logits = model(input_ids=ids, use_cache=False).logits[0]
        if caught.hidden is None:
            return logits.shape[-1], None
        with torch.inference_mode():
            product = self.module(caught.hidden)
        for after in _candidates(model.config.get_text_config(decoder=True)):
            found = after(product.clone()).float()
            if found.shape == logits.shape and torch.allclose(found, logits.float(), rtol=1e-4, atol=1e-5, equal_nan=True):
                return logits.shape[-1], after
        return logits.shape[-1], None

    @torch.inference_mode()
    def nats(self, hidden: torch.Tensor, places: Sequence[int], tokens: Sequence[int]) -> list[float]:
        """Log-probability in nats of `tokens[i]` at `hidden[places[i]]`, from hidden [n, width]: exact, over the whole vocabulary.

        What is not a number stays so, and a token that has no logit is none; the caller looks.
        """
        found = [math.nan] * len(tokens)
        size = POSITIONS if self.plain else max(1, LOGITS_HELD // self.vocabulary)
        by_block: dict[int, list[int]] = {}
        for index, place in enumerate(places):
            by_block.setdefault(place // size, []).append(index)
        for block, indices in by_block.items():
            part = hidden[block * size : (block + 1) * size]
            at = torch.tensor([places[index] - block * size for index in indices], device=part.device)
            wanted = torch.tensor([tokens[index] for index in indices], device=part.device)
            values = self._in_slices(part, at, wanted) if self.plain else self._whole(part, at, wanted)
            for index, value in zip(indices, values.tolist(), strict=True):
                found[index] = value
        return found

    def _whole(self, hidden: torch.Tensor, at: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        assert self._after is not None  # noqa: S101 (asked for only where `known`)
        logits = self._after(self.module(hidden)).float()
        return picked(logits, at.to(logits.device), wanted.to(logits.device))

    def _in_slices(self, hidden: torch.Tensor, at: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """Slice by slice with a running largest logit and sum of exponentials; the sums over slices are kept in float64."""
        assert self._after is not None  # noqa: S101 (asked for only where `known`)
        weight, bias = self.module.weight, self.module.bias
        hidden, at, wanted = (tensor.to(weight.device) for tensor in (hidden, at, wanted))
        largest = torch.full((len(hidden),), -math.inf, device=hidden.device)
        total = torch.zeros(len(hidden), dtype=torch.float64, device=hidden.device)
        value = torch.full((len(at),), math.nan, device=hidden.device)
        for begin in range(0, self.vocabulary, COLUMNS):
            end = min(self.vocabulary, begin + COLUMNS)
            logits = torch.nn.functional.linear(hidden, weight[begin:end], None if bias is None else bias[begin:end])
            logits = self._after(logits).float()
            mine = ((wanted >= begin) & (wanted < end)).nonzero()[:, 0]
            value[mine] = logits[at[mine], wanted[mine] - begin]
            higher = torch.maximum(largest, logits.amax(dim=-1))
            higher = torch.where(torch.isneginf(higher), 0.0, higher)  # a slice that the model rules out whole
            total = total * torch.exp((largest - higher).double()) + logits.sub_(higher[:, None]).exp_().sum(dim=-1)
            largest = higher
        return value.double() - (largest.double() + total.log())[at]


def picked(logits: torch.Tensor, at: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Log-probability of `wanted[i]` at `logits[at[i]]` [n, vocabulary]; a token that has no logit gets no number."""
    there = wanted < logits.shape[-1]
    nats = logits[at, torch.where(there, wanted, 0)] - torch.logsumexp(logits, dim=-1)[at]
    return torch.where(there, nats, math.nan)


class Caught:
    """Catches what enters the head at some places of a [1, L] forward, and lets the head work on one place, or on those.

    Use as a context manager around the forward. `hidden` is [places, width] afterwards, None where the head is not called
    as a module.
    """

    def __init__(self, module: torch.nn.Module, places: torch.Tensor, *, whole: bool = False) -> None:
        self._module = module
        self._places = places
        self._whole = whole
        self.hidden: torch.Tensor | None = None

    def __enter__(self) -> "Caught":
        self._handle = self._module.register_forward_pre_hook(self._catch)
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.remove()

    def _catch(self, _: Any, received: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        self.hidden = received[0][0, self._places.to(received[0].device)]
        return (self.hidden[None] if self._whole else received[0][:, :1],)


def _candidates(config: Any) -> list[After]:
    found: list[After] = [lambda logits: logits]
    cap = getattr(config, "final_logit_softcapping", None)  # Gemma 2 and 3
    if cap:
        found.append(lambda logits: torch.tanh_(logits.div_(cap)).mul_(cap))
    for name in ("logit_scale", "lm_head_multiplier"):  # Cohere; Falcon H1
        scale = getattr(config, name, None)
        if isinstance(scale, float | int):
            found.append(lambda logits, scale=scale: logits.mul_(scale))  # type: ignore[misc]
    divisor = getattr(config, "logits_scaling", None)  # Granite
    if isinstance(divisor, float | int) and divisor:
        found.append(lambda logits: logits.div_(divisor))
    return found
