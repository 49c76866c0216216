"""Where a figure was made: versions, machine, state of the code. Facts only, gathered without loading torch."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

_PACKAGES = (
    "evalkit",
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "accelerate",
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "datasets",
)


@cache
def versions() -> Mapping[str, str]:
    """Package > version, of the packages that can change a figure; Python's own beside them."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def machine() -> Mapping[str, Any]:
    """CPU model, cores given to this process, memory in bytes, operating system, container and hypervisor, as far as they show."""
    return {
        "cpu": cpu_model(),
        "cores": cores(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "hypervisor": _hypervisor(),
        "memory_limit_bytes": _memory_limit(),
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
    }


@cache
def cpu_model() -> str:
    """The processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """Processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine_class() -> str:
    """What efficiency is compared within on a CPU: model and cores."""
    return f"{cpu_model()} x {cores()} cores"


def code_state() -> Mapping[str, Any]:
    """Commit of the checkout evalkit runs from, and whether it was changed; empty where there is no checkout."""
    root = Path(__file__).parent.parent
    if not (root / ".git").exists():
        return {}
    commit = _git(root, "rev-parse", "HEAD")
    return {"commit": commit, "changed": bool(_git(root, "status", "--porcelain", "--untracked-files=no"))} if commit else {}


def command() -> str:
    """The command line, with the program's own path cut to its name."""
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _git(root: Path, *words: str) -> str:
    try:
        return subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _hypervisor() -> bool:
    info = Path("/proc/cpuinfo")
    return info.is_file() and " hypervisor" in info.read_text(encoding="utf-8", errors="replace")


def _memory_limit() -> int | None:
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.is_file() else "max"
    return None if text == "max" else int(text)
