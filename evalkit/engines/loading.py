"""A checkpoint's weights into memory: where they go, and what is refused on the way."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.checkpoints import quiet_transformers, template_of
from evalkit.engines.batches import is_out_of_memory
from evalkit.engines.tokens import Encoder
from evalkit.errors import ModelError
from evalkit.records import Model

BYTES_OF = {"float32": 4, "bfloat16": 2, "float16": 2}
GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where the weights go: what `from_pretrained` (through accelerate) takes."""

    device_map: str
    max_memory: Mapping[int | str, int] | None = None


def place(device: str, *, needed: int, cards: Sequence[int], limit: float | None) -> Placement:
    """One device where the weights fit on it, else spread over all cards and then the CPU.

    `needed` and `cards` (memory of each) are bytes, `limit` is GiB a card. A fifth is left free for activations.
    Raises ModelError when the CPU may not hold them.
    """
    if device == "cpu" and limit and needed > limit * GIB:
        raise ModelError(f"the weights take {needed / GIB:.2f} GiB, memory_gib allows {limit:g}; a smaller dtype or model would work")
    kept = [int(min(card, limit * GIB) if limit else card) for card in cards]
    if device != "cuda" or not kept or needed <= 0.8 * kept[0]:
        return Placement(device_map=device)
    import psutil

    spread: dict[int | str, int] = {index: int(0.8 * card) for index, card in enumerate(kept)}
    return Placement(device_map="auto", max_memory={**spread, "cpu": int(0.8 * psutil.virtual_memory().available)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Weights in memory, with the tokens that end an answer."""

    model: Any
    ends: frozenset[int]
    device: str
    load_s: float


def needed_bytes(model: Model) -> int:
    """Memory that the weights take in the model's dtype; a quantised checkpoint stays as it is on the disk."""
    if model.parameters is None:
        return model.weight_bytes or 0
    return model.parameters * BYTES_OF[model.dtype]


def load_encoder(folder: Path, *, chat: bool) -> Encoder:
    """The tokenizer in `folder` with the rules of one run. Raises ModelError where it cannot be loaded."""
    from transformers import AutoTokenizer

    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # tokenizers raises bare Exceptions
        raise ModelError(f"{folder}: its tokenizer cannot be loaded ({type(error).__name__}: {error})") from error
    if chat and not tokenizer.chat_template:
        raise ModelError(f"{folder}: its chat template is not one that the tokenizer reads; chat_template: never would work")
    if chat and _used_template(tokenizer) != template_of(folder):
        raise ModelError(f"{folder}: the tokenizer uses another chat template than the one identified; chat_template: never would work")
    return Encoder(tokenizer, chat=chat)


def _used_template(tokenizer: Any) -> str:
    try:
        return str(tokenizer.get_chat_template())
    except ValueError:  # several templates, none of them the default
        return ""


def load(folder: Path, record: Model, encoder: Encoder, *, device: str, limit: float | None) -> Loaded:
    """Bring the weights into memory. Raises ModelError where the device is absent, too small, or the files do not fit."""
    import torch

    found = _device(device)
    cards = [torch.cuda.get_device_properties(card).total_memory for card in range(torch.cuda.device_count())]
    spot = place(found, needed=needed_bytes(record), cards=cards, limit=limit)
    start = time.perf_counter()
    model = _weights(folder, record.dtype, spot)
    return Loaded(model=model, ends=_ends(model, encoder), device=_device_name(found, spot), load_s=time.perf_counter() - start)


def _device(asked: str) -> str:
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there.get(asked, False):
        known = ", ".join(name for name, found in there.items() if found)
        raise ModelError(f"device {asked!r} is not usable on this machine; usable: auto, {known}")
    return asked


def _device_name(device: str, spot: Placement) -> str:
    return f"{device}: spread by accelerate" if spot.device_map == "auto" else device


def _weights(folder: Path, dtype: str, spot: Placement) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    memory = {} if spot.max_memory is None else {"max_memory": dict(spot.max_memory)}
    try:
        with quiet_transformers():
            model, report = AutoModelForCausalLM.from_pretrained(
                str(folder),
                dtype=getattr(torch, dtype),
                device_map=spot.device_map,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
                **memory,
            )
    except Exception as error:  # whatever a strangers' checkpoint makes transformers raise
        if is_out_of_memory(error):
            raise ModelError(f"{folder}: its weights do not fit in memory in {dtype}; a smaller dtype or model would work") from error
        raise ModelError(f"{folder}: transformers cannot load it ({type(error).__name__}: {str(error)[:500]})") from error
    lacking = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
    if lacking:  # transformers would fill them with random numbers
        raise ModelError(f"{folder}: {len(lacking)} tensors are missing or of another shape, such as {lacking[0]}; fetch it again")
    if model.get_output_embeddings() is None:
        raise ModelError(f"{folder}: {type(model).__name__} has no language-model head, so it cannot be scored")
    return model.eval()


def _ends(model: Any, encoder: Encoder) -> frozenset[int]:
    """Tokens that end an answer: of the generation settings, the configuration, the tokenizer and the chat template."""
    found: set[int] = set(encoder.ends)
    for value in (model.generation_config.eos_token_id, getattr(model.config, "eos_token_id", None), encoder.tokenizer.eos_token_id):
        found.update([value] if isinstance(value, int) else value or [])
    return frozenset(found)


def vocabulary(model: Any) -> int:
    """Number of logits at one position."""
    return int(model.get_output_embeddings().weight.shape[0])
