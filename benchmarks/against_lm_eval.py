"""evalkit against lm_eval on this machine: the same model, dtype, threads and strings, side by side.

    python benchmarks/against_lm_eval.py --quick                        # within a quarter of an hour on two cores
    python benchmarks/against_lm_eval.py --data DIR --out bench.json    # three subjects whole; real text under DIR

Makes the peer's own environment the first time. Writes a JSON file and, beside it, a plot (SVG).
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # run as a script, the folder of the script is all that Python looks in


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description="Measure evalkit against lm_eval (hf) side by side on this machine.")
    what = "short name, folder of safetensors, GGUF file, cached hub id, or synthetic-qwen3 (random weights)"
    made.add_argument("--model", default="smollm2-135m", help=what)
    made.add_argument("--data", type=Path, help="folder with mmlu/ and gsm8k/; without it the text of evalkit's own suites is used")
    made.add_argument("--quick", action="store_true", help="one subject, a quarter of an hour")
    made.add_argument("--out", type=Path, default=Path("build/bench/against_lm_eval.json"), help="result file; the plot lies beside it")
    made.add_argument("--workload", nargs="+", metavar="NAME", help="only these: letters cloze zero_shot perturbed generation")
    made.add_argument("--items", type=int, metavar="N", help="at most N items a subject, for a first look")
    made.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"), help="of both sides")
    made.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="of both sides; cuda is unproven")
    made.add_argument("--threads", type=int, metavar="N", help="of both sides; default: the processors there are")
    made.add_argument("--peer-venv", type=Path, default=ROOT / "build" / "peer", help="the peer's environment, made if it is not there")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark. 0: done; 1: it failed; 2: wrong use; 130: interrupted."""
    from evalkit.errors import EvalkitError

    asked = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _run(asked)
    except EvalkitError as error:
        sys.stderr.write(f"against_lm_eval: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write(f"stopped; workloads that were finished are in {asked.out}\n")
        return 130
    return 0


def _interrupt(number: int, frame: object) -> None:
    del number, frame
    raise KeyboardInterrupt


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _run(asked: argparse.Namespace) -> None:
    from benchmarks import material, peer_venv
    from benchmarks.driver import Setting, run, table
    from benchmarks.workloads import FULL, QUICK, build, capped
    from evalkit.provenance import cores

    names = chosen(asked.workload)
    text = material.from_folder(asked.data) if asked.data else material.from_suites()
    sizes = QUICK if asked.quick else FULL
    sizes = capped(sizes, positive("--items", asked.items)) if asked.items is not None else sizes
    workloads = [build(name, text, sizes) for name in names]
    folder, note = model_folder(asked.model, asked.dtype)
    python = peer_venv.ready(asked.peer_venv, _say)
    setting = Setting(
        model=asked.model,
        folder=folder.absolute(),
        note=note,
        dtype=asked.dtype,
        device=asked.device,
        threads=cores() if asked.threads is None else positive("--threads", asked.threads),
        peer=(str(python.absolute()), "-m", "benchmarks.peer"),
        out=asked.out,
        quick=asked.quick,
        say=_say,
        try_spinning=not asked.quick,
    )
    if note:
        _say(f"{asked.model}: {note}")
    result = run(setting, workloads, {"material": text.source})
    _say("\n" + table(result))
    _say(f"written: {asked.out}, {asked.out.with_suffix('.svg')}")


def positive(option: str, number: int) -> int:
    """`number`, if it is one that can be counted with. Raises ConfigError."""
    from evalkit.errors import ConfigError

    if number < 1:
        raise ConfigError(f"{option}: read {number}; at least 1 would work")
    return number


def chosen(names: Sequence[str] | None) -> tuple[str, ...]:
    """The workloads to run, each once, in their own order. Raises ConfigError with the nearest name."""
    from benchmarks.workloads import WORKLOADS
    from evalkit.errors import ConfigError, did_you_mean

    for name in names or ():
        if name not in WORKLOADS:
            raise ConfigError(f"--workload {name}: {did_you_mean(name, WORKLOADS)}")
    return tuple(name for name in WORKLOADS if not names or name in names)


def model_folder(model: str, dtype: str) -> tuple[Path, str]:
    """The folder that both sides load, and what must be said of it. Raises ModelError where there is none."""
    from benchmarks import synthetic
    from evalkit.checkpoints import as_folder, identify, locate

    if model == synthetic.NAME:
        return synthetic.folder_of(), synthetic.NOTE
    checkpoint = locate(model)
    record = identify(checkpoint, dtype)
    return as_folder(checkpoint), record.note


if __name__ == "__main__":
    sys.exit(main())
