"""Where the time of the local engine goes: shares of the kinds of tensor operations, by torch's profiler.

    python -m benchmarks.shares [--model M] [--data DIR] [--items N] [--workload letters|cloze|generation]

One workload of the benchmark, once to warm up and once under the profiler. Prints each kind's share of the processors' time
within torch and the operations that are most of it. The profiler slows small operations more than large ones, so shares of
small ones are upper bounds; what Python does between operations is not among them and is printed apart.
"""

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.material import from_folder, from_suites
from benchmarks.workloads import QUICK, Workload, build, capped

KINDS = {
    "matrix products": ("addmm", "::mm", "::bmm", "baddbmm", "mkldnn", "linear", "matmul"),
    "attention": ("attention", "flash"),
    "copies": ("copy_", "::cat", "index", "gather", "scatter", "clone", "contiguous", "::to", "expand", "repeat", "embedding"),
    "element-wise": (
        "silu", "gelu", "::mul", "::add", "::sub", "::div", "::pow", "rsqrt", "::mean", "::exp", "::neg", "::sum", "::max", "softmax",
        "norm",
    ),
}  # fmt: skip


def kind_of(name: str) -> str:
    """The kind of an operation of torch by its name; "other" where none fits. The first kind that fits counts."""
    order = ("attention", "matrix products", "copies", "element-wise")
    return next((kind for kind in order if any(word in name for word in KINDS[kind])), "other")


def shares(rows: list[tuple[str, float]]) -> dict[str, float]:
    """Kind > its share of the sum, from (operation, its own time); the largest first. Raises ValueError for no time at all."""
    total = sum(spent for _, spent in rows)
    if total <= 0:
        raise ValueError("the profiler saw no operation")
    sums: dict[str, float] = defaultdict(float)
    for name, spent in rows:
        sums[kind_of(name)] += spent / total
    return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def profiled(work: Workload, model: str) -> tuple[list[tuple[str, float]], float]:
    """(operation, seconds of its own) over all processors' threads that torch reports, and the seconds on the clock."""
    from torch.profiler import ProfilerActivity, profile

    from evalkit.config import EngineConfig
    from evalkit.engines.local import LocalEngine

    engine = LocalEngine(EngineConfig(model=model, device="cpu", chat_template="never"))
    requests = [ask.request for ask in work.asks]
    list(engine.answer(requests[:2]))
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        began = time.perf_counter()
        list(engine.answer(requests))
        clock = time.perf_counter() - began
    events: Any = seen.key_averages()
    return [(event.key, event.self_cpu_time_total / 1e6) for event in events], clock


def main() -> None:
    """Profiles and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--data", type=Path, help="folder with mmlu/ and gsm8k/; without it the text of evalkit's own suites is used")
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--workload", default="letters", choices=("letters", "cloze", "generation"))
    asked = parser.parse_args()
    material = from_folder(asked.data) if asked.data else from_suites()
    work = build(asked.workload, material, capped(QUICK, asked.items))
    rows, clock = profiled(work, asked.model)
    inside = sum(spent for _, spent in rows)
    sys.stdout.write(f"{work.name}, {len(work.asks)} requests: {clock:.1f} s, {inside:.1f} s of them within torch's operations\n")
    for kind, share in shares(rows).items():
        sys.stdout.write(f"{kind}: {share:.0%}\n")
    for name, spent in sorted(rows, key=lambda row: -row[1])[:12]:
        sys.stdout.write(f"  {name}: {spent / inside:.1%}\n")


if __name__ == "__main__":
    main()
