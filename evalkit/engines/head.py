"""The language-model head, run only where something is read off it, and for log-likelihoods a slice of the vocabulary at a time."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from evalkit.engines.memory import COLUMNS, POSITIONS

_PROBE = (1, 2, 3, 5)

After = Callable[[torch.Tensor], torch.Tensor]


class Head:
    """The head of `model`. `sliced` says whether it is a product, an element-wise function after it, and nothing else.

    That is found out by comparing with the model's own logits, not by the architecture's name. Where it is not so, logits
    come from the model itself, at the wanted positions only.
    """

    def __init__(self, model: Any) -> None:
        self.module = model.get_output_embeddings()
        self._after = self._settle(model)

    @property
    def sliced(self) -> bool:
        """Whether the vocabulary can be taken in slices."""
        return self._after is not None

    @property
    def vocabulary(self) -> int:
        """Number of logits at a position."""
        return int(self.module.weight.shape[0])

    def _settle(self, model: Any) -> After | None:
        """The function between the product and the logits: none, or a scale or soft cap that the configuration names."""
        ids = torch.tensor([_PROBE], device=model.device)
        caught = Caught(self.module, torch.arange(len(_PROBE)), whole=True)
        with torch.inference_mode(), caught:
            logits = model(input_ids=ids, use_cache=False).logits[0].float()
        plain = type(self.module) is torch.nn.Linear and self.module.weight.is_floating_point()
        if caught.hidden is None or not plain or self.module.weight.is_meta:  # quantised, or fetched from elsewhere at each call
            return None
        with torch.inference_mode():
            product = self.module(caught.hidden).float()
        config = model.config.get_text_config(decoder=True)
        for after in _candidates(config):
            if product.shape == logits.shape and torch.allclose(after(product.clone()), logits, rtol=1e-4, atol=1e-5, equal_nan=True):
                return after
        return None

    @torch.inference_mode()
    def nats(self, hidden: torch.Tensor, places: Sequence[int], tokens: Sequence[int]) -> list[float]:
        """Log-probability in nats of `tokens[i]` at `hidden[places[i]]`, from hidden [n, width]: exact, over the whole vocabulary.

        What is not a number stays so; the caller looks.
        """
        found = [math.nan] * len(tokens)
        by_block: dict[int, list[int]] = {}
        for index, place in enumerate(places):
            by_block.setdefault(place // POSITIONS, []).append(index)
        for block, indices in by_block.items():
            part = hidden[block * POSITIONS : (block + 1) * POSITIONS]
            at = torch.tensor([places[index] - block * POSITIONS for index in indices], device=part.device)
            wanted = torch.tensor([tokens[index] for index in indices], device=part.device)
            for index, value in zip(indices, self._block(part, at, wanted).tolist(), strict=True):
                found[index] = value
        return found

    def _block(self, hidden: torch.Tensor, at: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """Slice by slice with a running largest logit and sum of exponentials; the sums over slices are kept in float64."""
        assert self._after is not None  # noqa: S101 (asked for only where `sliced`)
        weight, bias = self.module.weight, self.module.bias
        largest = torch.full((len(hidden),), -math.inf, device=hidden.device)
        total = torch.zeros(len(hidden), dtype=torch.float64, device=hidden.device)
        value = torch.empty(len(at), device=hidden.device)
        for begin in range(0, self.vocabulary, COLUMNS):
            end = min(self.vocabulary, begin + COLUMNS)
            logits = torch.nn.functional.linear(hidden, weight[begin:end], None if bias is None else bias[begin:end])
            logits = self._after(logits.float())
            mine = ((wanted >= begin) & (wanted < end)).nonzero()[:, 0]
            value[mine] = logits[at[mine], wanted[mine] - begin]
            higher = torch.maximum(largest, logits.amax(dim=-1))
            higher = torch.where(torch.isneginf(higher), 0.0, higher)  # a slice that the model rules out whole
            total = total * torch.exp((largest - higher).double()) + logits.sub_(higher[:, None]).exp_().sum(dim=-1)
            largest = higher
        return value.double() - (largest.double() + total.log())[at]


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
