"""Memory: the process's peak, and how large a step and the stored prefixes may be, planned from the model and the lengths."""

import re
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.engines.forest import Limits
from evalkit.errors import ModelError

_PROC = Path("/proc/self")
GIB = 2**30
COLUMNS = 8192  # tokens of the vocabulary whose logits are held at once (`head`)
POSITIONS = 512  # positions for which they are; with COLUMNS in fp32 that is 16 MiB
LOGITS_HELD = 2**24  # logits held at once where the vocabulary cannot be parted: 64 MiB in fp32
SMALLEST_STEP = 32  # tokens; below it the linear layers are mostly waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Sizes by kind of device, fixed so that groups do not depend on the memory that is free: tokens, and rows written at once."""

    step: int
    row: int
    held: int
    slots: int
    written: int  # tokens of all texts that are written at once


BUDGETS: Mapping[str, Budget] = {
    "cpu": Budget(step=1024, row=256, held=4096, slots=32, written=16_384),
    "cuda": Budget(step=16_384, row=512, held=131_072, slots=64, written=131_072),  # unproven: no machine to measure on yet
    "mps": Budget(step=2048, row=256, held=16_384, slots=16, written=32_768),  # unproven
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Bytes that work on a model takes beside its weights."""

    held: int  # keys and values of a stored token
    step: int  # a token of a step: activations and attention
    fixed: int  # whatever the size of a step: a slice of logits


def footprint(config: Any, item_bytes: int) -> Footprint:
    """Of a model's text configuration, with numbers of `item_bytes` each: an upper estimate from widths and layer counts."""
    heads = int(getattr(config, "num_attention_heads", None) or 1)  # a recurrent model has none: its state counts as one
    width = int(getattr(config, "head_dim", None) or config.hidden_size // heads)
    grouped = int(getattr(config, "num_key_value_heads", None) or heads)
    inner = getattr(config, "intermediate_size", None) or getattr(config, "n_inner", None) or 4 * config.hidden_size
    experts = int(getattr(config, "num_experts_per_tok", None) or 1)
    held = 2 * int(config.num_hidden_layers) * grouped * width * item_bytes
    queries, keys = heads * width, grouped * width
    # residual stream, norms and their copies; the gated middle; queries, keys and values with the copies that part rows;
    # the attention's outputs and their merging in fp32; and, in a step that stores prefixes, all layers' keys and values twice
    step = item_bytes * (6 * config.hidden_size + 3 * int(inner) * experts + 2 * (queries + 2 * keys)) + 16 * queries + 2 * held
    return Footprint(held=held, step=step, fixed=3 * 4 * POSITIONS * COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Sizes of scoring's and writing's steps and stored prefixes, and `written`: tokens of all texts that are written at once."""

    limits: Limits
    written: int


def sizes(budget: Budget, need: Footprint, *, scored: int, text: int, room: float | None, rows: int | None = None) -> Sizes:
    """From the device's budget and the `room` in bytes that a memory limit leaves beside the weights; None: no limit.

    `scored` is the longest sequence to score and `text` the longest prompt with what may be written after it, in tokens (0:
    none). A sequence may have to be held whole, a text both in prefixes and in its slot. What the room holds is left as it is;
    else steps are halved down to half of the room, and the rest is parted in the budget's proportion. The same model, lengths
    and room give the same sizes. Raises ModelError where the room does not hold the longest.
    """
    held = max(budget.held, scored, text)
    written = max(budget.written, text) if text else 0
    step = budget.step
    if room is not None:
        while step > SMALLEST_STEP and need.fixed + step * need.step > room / 2:
            step //= 2
        tokens = int((room - need.fixed - step * need.step) // need.held)
        longest, least = max(scored, text), max(scored, 2 * text)
        if tokens < least:
            needed = 2 * max(need.fixed + SMALLEST_STEP * need.step, least * need.held) / GIB
            raise ModelError(
                f"memory_gib leaves {max(0.0, room) / GIB:.3f} GiB beside the weights; the longest prompt with its answer "
                f"({longest:,} tokens) needs about {needed:.3f}; a larger limit, a smaller dtype or a smaller model would work"
            )
        if tokens < held + written:
            held, written = _parted(tokens, held, written, longest=longest, text=text)
    return Sizes(limits=Limits(step=step, row=min(budget.row, step), held=held, rows=rows), written=written)


def _parted(tokens: int, held: int, written: int, *, longest: int, text: int) -> tuple[int, int]:
    if not written:
        return min(held, tokens), 0
    share = min(max(longest, tokens * held // (held + written)), tokens - text)
    return share, tokens - share


def peak_rss_bytes() -> int:
    """Largest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux KiB


def process_peak_bytes() -> int:
    """Largest resident memory in bytes since the start or the last reset: VmHWM on Linux, elsewhere `peak_rss_bytes`."""
    try:
        status = (_PROC / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return peak_rss_bytes()
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else peak_rss_bytes()


def reset_process_peak() -> bool:
    """Linux: 5 written to clear_refs sets VmHWM to what is held now (proc(5)). The figure itself is asked whether it did."""
    before = process_peak_bytes()
    try:
        (_PROC / "clear_refs").write_text("5", encoding="ascii")
        status = (_PROC / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    held = re.search(r"^VmRSS:\s*(\d+) kB", status, re.MULTILINE)
    if held is None or "VmHWM:" not in status:
        return False
    # a system that takes the write and does nothing keeps a peak well above what is held
    return process_peak_bytes() < before or before <= 1.02 * int(held[1]) * 1024
