"""What both child processes share: JSON lines over pipes, and measuring a piece of work the same way on either side.

It runs in the peer's environment too, so it knows the standard library and torch, and nothing of evalkit.
"""

import contextlib
import ctypes
import gc
import json
import os
import re
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

Handler = Callable[[dict[str, Any]], dict[str, Any]]
Result = TypeVar("Result")
RATE_ROWS = 1024  # rows of the products that the machine's rate is measured with: tokens of a typical step
RATE_S = 0.6  # seconds that measuring it takes
RESET_TIMES = 1.02  # a peak up to so many times what is held may have been reset or not: it makes no difference


def serve(handlers: Mapping[str, Handler]) -> None:
    """Answers one JSON object a line, {"do": name, ...}, until the pipe closes.

    What libraries print goes to the log (standard error). A failure is answered as {"error": text}.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            told = handlers[asked["do"]](asked)
        except Exception as error:  # noqa: BLE001 (whatever a library raises is the answer)
            traceback.print_exc()
            told = {"error": f"{type(error).__name__}: {error}"[:500]}
        answers.write(json.dumps(told) + "\n")
        answers.flush()


def limit_memory(limit: int | None) -> None:
    """Beyond `limit` bytes of data an allocation fails, as it would on a smaller machine, and nobody is killed."""
    if limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


# ---------------------------------------------------------------- time and memory


def _status(field: str) -> int:
    """A figure of /proc/self/status in bytes; 0 where there is none (proc(5))."""
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(rf"^{field}:\s*(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _settle(device: str) -> int | None:
    """Give freed memory back to the system and let the peak begin at what is held now; returns that, in bytes.

    None where the peak does not begin anew: the figure is then of the process's whole life, loading included. A system that
    takes the write to clear_refs and does nothing (proc(5)) keeps a peak well above what is held.
    """
    gc.collect()
    if device == "cuda":
        import torch

        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        return int(torch.cuda.memory_allocated())
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    before = _status("VmHWM")
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return None
    held, peak = _status("VmRSS"), _status("VmHWM")
    return held if held and peak and (peak < before or before <= RESET_TIMES * held) else None


def _peak(device: str) -> int:
    """Bytes since `_settle`: of resident memory, on a GPU of what torch holds there."""
    if device != "cuda":
        return _status("VmHWM")
    import torch

    return int(torch.cuda.max_memory_allocated())


def _wait_for(device: str) -> None:
    """Until the device has done what it was told."""
    if device == "cuda":
        import torch

        torch.cuda.synchronize()


def measured(work: Callable[[], Result], rate: Callable[[], float] | None, device: str = "cpu") -> tuple[Result, dict[str, Any]]:
    """The work's result; its seconds, the peak of memory above what was held before, the machine's rate around it.

    The memory is the process's, on a GPU that of the device. `peak_bytes` is None where the system does not tell. Without
    `rate` the machine's rate is not measured (None).
    """
    before_rate = rate() if rate else None
    held = _settle(device)
    _wait_for(device)
    began = time.perf_counter()
    result = work()
    _wait_for(device)
    seconds = time.perf_counter() - began
    told = {
        "seconds": seconds,
        "peak_bytes": None if held is None else max(0, _peak(device) - held),
        "rate_before": before_rate,
        "rate_after": rate() if rate else None,
    }
    return result, told


# ---------------------------------------------------------------- the model's arithmetic


def arithmetic(model: Any) -> dict[str, int | None]:
    """What one token costs: weights of the linear layers below the head, and the sizes that head and attention follow from.

    `linear` is None for architectures whose products are not all linear layers (experts held in one tensor).
    """
    head = model.get_output_embeddings()
    linears = [module for module in model.modules() if _is_linear(module) and module is not head]
    config = model.config.get_text_config() if hasattr(model.config, "get_text_config") else model.config
    heads = int(config.num_attention_heads)
    packed = any(parameter.dim() > 2 for parameter in model.parameters())
    return {
        "linear": None if packed else sum(module.weight.numel() for module in linears),
        "hidden": int(head.weight.shape[1]),
        "vocabulary": int(head.weight.shape[0]),
        "layers": int(config.num_hidden_layers),
        "attention_width": heads * int(getattr(config, "head_dim", None) or config.hidden_size // heads),
    }


def _is_linear(module: Any) -> bool:
    return type(module).__name__ in ("Linear", "Conv1D") and getattr(module, "weight", None) is not None and module.weight.dim() == 2


def rate_meter(model: Any) -> Callable[[], float]:
    """Measures the machine's rate of matrix products, on the model's device and in its dtype, in operations a second.

    It is the best over the shapes of the model's own layers, [1024, in] x [in, out], each several times; 2 x rows x in x out a product.
    """
    import torch

    head = model.get_output_embeddings()  # its shape would take seconds
    shapes = sorted({tuple(module.weight.shape) for module in model.modules() if _is_linear(module) and module is not head})
    where: dict[str, Any] = {"dtype": head.weight.dtype, "device": head.weight.device}
    kind = str(head.weight.device.type)
    pairs = [(torch.randn(RATE_ROWS, width, **where), torch.randn(height, width, **where)) for height, width in shapes]

    @torch.inference_mode()
    def rate() -> float:
        best, end = 0.0, time.perf_counter() + RATE_S
        while True:
            for left, right in pairs:
                _wait_for(kind)
                began = time.perf_counter()
                torch.nn.functional.linear(left, right)
                _wait_for(kind)
                best = max(best, 2.0 * RATE_ROWS * right.numel() / (time.perf_counter() - began))
            if time.perf_counter() >= end:
                return best

    return rate
