"""The peer's own environment: a venv with lm_eval and the same torch and transformers that evalkit runs with."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from evalkit.errors import ConfigError, RunError

PINNED = "0.4.13"  # of lm_eval
SAME = ("torch", "transformers", "tokenizers", "accelerate", "numpy")  # versions taken over from evalkit's environment
_ASK = (
    "import json, sys\nfrom importlib.metadata import version, PackageNotFoundError\n"
    "def told(name):\n    try:\n        return version(name)\n    except PackageNotFoundError:\n        return ''\n"
    "print(json.dumps({name: told(name) for name in sys.argv[1:]}))"
)


def python_of(folder: Path) -> Path:
    """The interpreter of a venv."""
    return folder / "bin" / "python"


def ready(folder: Path, say: Callable[[str], None]) -> Path:
    """The peer's interpreter; the venv is made where it is not there, and brought to our versions where it differs.

    Raises ConfigError where `folder` holds something else, RunError where pip fails.
    """
    wanted = {name: version(name) for name in SAME}
    if not python_of(folder).exists():
        if folder.exists() and any(folder.iterdir()):
            raise ConfigError(f"--peer-venv {folder}: holds something that is no venv; another folder would work")
        say(f"making the peer's environment in {folder} (once; torch is large)")
        _run([sys.executable, "-m", "venv", str(folder)], "the peer's venv cannot be made")
    there = _versions(folder, (*SAME, "lm_eval"))
    if there["lm_eval"] and all(there[name] == wanted[name] for name in SAME):
        say(f"peer: lm_eval {there['lm_eval']} in {folder}")
        return python_of(folder)
    say("installing " + ", ".join(f"{name} {number}" for name, number in {**wanted, "lm_eval": PINNED}.items()))
    _install(folder, wanted)
    there = _versions(folder, (*SAME, "lm_eval"))
    differing = [f"{name} {there[name]} (ours {wanted[name]})" for name in SAME if there[name] != wanted[name]]
    if differing:
        raise RunError(f"{folder}: the peer's environment has {', '.join(differing)}; remove the folder and try again")
    say(f"peer: lm_eval {there['lm_eval']} in {folder}")
    return python_of(folder)


def _install(folder: Path, wanted: Mapping[str, str]) -> None:
    """The pinned lm_eval, else the newest there is; torch by its exact build, else by its public version."""
    same = [f"{name}=={number}" for name, number in wanted.items() if name != "torch"]
    torches = dict.fromkeys((f"torch=={wanted['torch']}", f"torch=={wanted['torch'].split('+')[0]}"))
    failure = RunError("nothing was tried")
    for peer in (f"lm_eval[hf]=={PINNED}", "lm_eval[hf]"):
        for torch in torches:
            command = [str(python_of(folder)), "-m", "pip", "--disable-pip-version-check", "install", "-q", torch, *same, peer]
            try:
                return _run(command, f"pip cannot install {peer} beside {torch}")
            except RunError as error:
                failure = error
    raise failure


def _run(command: Sequence[str], trouble: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.startswith("ERROR")] or ["it gave no reason"]
        raise RunError(f"{trouble}: {lines[-1][:300]}")


def _versions(folder: Path, names: Sequence[str]) -> dict[str, str]:
    done = subprocess.run([str(python_of(folder)), "-c", _ASK, *names], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ConfigError(f"--peer-venv {folder}: its Python does not run; remove the folder")
    return {str(name): str(number) for name, number in json.loads(done.stdout).items()}
