"""The benchmark's course: both sides are loaded, take turns on each workload, and what they did is compared and written."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.compare import Part, figures
from benchmarks.figure import plot, target
from benchmarks.sides import OURS, Side, TooSlowError, environment
from benchmarks.workloads import Ask, Workload
from evalkit.canon import atomic_write
from evalkit.errors import RunError
from evalkit.meter import PRESSURE_LIMIT, pressure
from evalkit.provenance import code_state, machine, machine_class, versions

TRIAL = 8  # asks that the peer's batch sizes are tried on
BATCHES = (1, 8)
# "auto" looks for its size at its first call: untimed, and given up where that, or the trial, takes so many times the best trial
AUTO_TIMES, AUTO_LEAST_S, AUTO_FIRST = 3.0, 10.0, 2
AUTO_QUICK_S = 60.0  # a quick run waits no longer: it has a quarter of an hour for all
DRIFT = 0.1
NATS = 1e-4
ACTIVE_TIMES, ACTIVE_GAIN = 2.0, 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is measured and with what."""

    model: str  # as the user wrote it
    folder: Path
    note: str
    dtype: str
    threads: int
    device: str = "cpu"
    peer: tuple[str, ...]  # command of the peer's process
    out: Path
    quick: bool
    say: Callable[[str], None]
    try_spinning: bool = True  # whether the peer's other OMP_WAIT_POLICY is tried too


class Bench:
    """Both sides while they run. A context manager: whatever happens, both processes are ended."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        # on a GPU an address of the device counts as data of the process
        self._memory = int(0.8 * psutil.virtual_memory().available) if setting.device == "cpu" else None
        self._sides: list[Side] = []
        self.warnings: list[str] = [] if setting.device == "cpu" else [f"device {setting.device}: this benchmark is unproven there"]
        self.wait_trial: dict[str, float | str] = {}
        self.peer_versions: Mapping[str, str] = {}

    def __enter__(self) -> "Bench":
        try:
            self.ours = self._start("evalkit", OURS)
            told = self._load(self.ours)
            self.context: int | None = told["context"]
            self.arithmetic = self.ours.call("arithmetic")
            self.peer = self._start("lm_eval", self.setting.peer)
            self.peer_versions = self._load(self.peer)["versions"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for side in self._sides:
            side.close()

    def _start(self, name: str, command: Sequence[str], wait: str = "PASSIVE") -> Side:
        side = Side(name, command, environment(self.setting.threads, wait))
        self._sides.append(side)
        return side

    def _load(self, side: Side) -> dict[str, Any]:
        asked = self.setting
        told = side.call("load", folder=str(asked.folder), dtype=asked.dtype, device=asked.device, memory_bytes=self._memory)
        if told["threads"] != self.setting.threads:
            raise RunError(f"{side.name} runs {told['threads']} threads, {self.setting.threads} were asked for: not the same machine")
        return told

    def _end(self, side: Side) -> None:
        side.close()
        self._sides.remove(side)

    # ------------------------------------------------------------ one workload

    def measure(self, workload: Workload) -> dict[str, Any]:
        """The workload's figures: the peer's best batch size is found first, then both sides take turns."""
        workload, left_out = self._fitting(workload)
        trial = list(workload.first(TRIAL))
        self._warm(trial)
        batch, batches = self._best_batch(trial)
        if self.setting.try_spinning and not self.wait_trial:
            self.wait_trial = self._wait_policies(trial, batch, float(batches[str(batch)]))
        parts = [self._part(workload, name, batch) for name in workload.parts]
        found = figures(workload, parts, self.arithmetic, self._gap)
        found |= {"peer_batch": batch, "peer_batches": batches, "left_out": left_out}
        self._warn(workload.name, found)
        return found

    def _fitting(self, workload: Workload) -> tuple[Workload, list[str]]:
        """Without the asks that are longer than the model's context: the peer would cut them, evalkit refuse them."""
        if self.context is None:
            return workload, []
        lengths = self.ours.call("lengths", asks=_ours(workload.asks))["lengths"]
        kept = tuple(ask for ask in workload.asks if lengths[ask.key] <= self.context)
        left_out = [ask.key for ask in workload.asks if lengths[ask.key] > self.context]
        if not kept:
            raise RunError(f"{workload.name}: every prompt is longer than the model's context of {self.context} tokens")
        return replace(workload, asks=kept), left_out

    def _warm(self, trial: Sequence[Ask]) -> None:
        """Two asks on either side, untimed: first calls are slow everywhere, and the engine proves itself on them."""
        self.ours.call("run", asks=_ours(trial[:2]), trial=True)
        self.peer.call("run", asks=_peers(trial[:2]), batch=1, trial=True)

    def _best_batch(self, trial: Sequence[Ask]) -> tuple[int | str, dict[str, float | str]]:
        """The peer's fastest batch size on a few asks, and what each took in seconds (or why it was given up).

        "auto" tries sizes before its first answers, once for scoring and at each call for texts. That first call, of few asks,
        is recorded beside its trial and is no part of it.
        """
        took: dict[int | str, float] = {batch: self._trial(self.peer, trial, batch) for batch in BATCHES}
        limit = max(AUTO_LEAST_S, AUTO_TIMES * min(took.values()))
        if self.setting.quick:
            limit = min(limit, AUTO_QUICK_S)
        told: dict[str, float | str] = {}
        try:
            told["auto, first call"] = self._trial(self.peer, trial[:AUTO_FIRST], "auto", timeout=limit)
            took["auto"] = self._trial(self.peer, trial, "auto", timeout=limit)
        except TooSlowError:
            # an untimed first call that is given up says nothing about how fast the size would be that it looks for
            what = "slower: given up" if "auto, first call" in told else "not measured: its search for a size was given up"
            told["auto"] = f"{what} after {limit:.0f} s"
            self._fresh_peer()
        except RunError as error:
            told["auto"] = str(error)
            if not self.peer.alive:
                self._fresh_peer()
        best = min(took, key=lambda batch: took[batch])
        seconds = ", ".join(f"{batch}: {value:.1f} s" for batch, value in took.items())
        why = f", auto: {told['auto']}" if "auto" in told else ""
        self.setting.say(f"  peer's batch sizes on {len(trial)} requests: {seconds}{why}")
        return best, {**{str(batch): value for batch, value in took.items()}, **told}

    def _fresh_peer(self) -> None:
        self._end(self.peer)
        self.peer = self._start("lm_eval", self.setting.peer)
        self._load(self.peer)

    @staticmethod
    def _trial(side: Side, asks: Sequence[Ask], batch: int | str, timeout: float | None = None) -> float:
        return float(side.call("run", timeout=timeout, asks=_peers(asks), batch=batch, trial=True)["seconds"])

    def _wait_policies(self, trial: Sequence[Ask], batch: int | str, passive: float) -> dict[str, float | str]:
        """Whether the peer would be faster if its waiting threads spun: seconds of a trial in a process of its own, once.

        Spinning threads would take the processors from the other side even while theirs waits, so it is not measured with.
        """
        limit = max(AUTO_LEAST_S, ACTIVE_TIMES * passive)
        other = self._start("lm_eval, spinning", self.setting.peer, wait="ACTIVE")
        self._load(other)
        try:
            self._trial(other, trial[:2], batch, timeout=limit)
            active = self._trial(other, trial, batch, timeout=limit)
        except TooSlowError:
            return {"PASSIVE": passive, "ACTIVE": f"slower: given up after {limit:.0f} s"}
        finally:
            self._end(other)
        if active < (1 - ACTIVE_GAIN) * passive:
            self.warnings.append(f"with OMP_WAIT_POLICY=ACTIVE the peer took {active:.1f} s in a trial, with PASSIVE {passive:.1f} s")
        return {"PASSIVE": passive, "ACTIVE": active}

    def _part(self, workload: Workload, name: str, batch: int | str) -> Part:
        """One part, timed: evalkit, peer, evalkit."""
        asks = tuple(ask for ask in workload.asks if ask.part == name)
        self._trial(self.peer, asks[:1], batch)  # a fresh process, or another batch size, has something to set up
        first = self.ours.call("run", asks=_ours(asks))
        peer = self.peer.call("run", asks=_peers(asks), batch=batch)
        second = self.ours.call("run", asks=_ours(asks))
        part_ratio = 2 * peer["seconds"] / (first["seconds"] + second["seconds"])
        self.setting.say(
            f"  {name}, {len(asks)} requests: evalkit {first['seconds']:.1f} s, lm_eval {peer['seconds']:.1f} s, "
            f"evalkit {second['seconds']:.1f} s: {part_ratio:.1f}x"
        )
        written = {key: answer["written"] for key, answer in first["answers"].items()}
        tree = self.ours.call("tree", asks=_ours(asks), written=written)
        return Part(name=name, asks=asks, ours=(first, second), peer=peer, tree=tree)

    def _gap(self, context: str, texts: tuple[str, str]) -> float | None:
        nats = self.peer.call("gap", context=context, texts=list(texts))["nats"]
        return None if nats is None else float(nats)

    def _warn(self, name: str, found: Mapping[str, Any]) -> None:
        drift, apart = found["rates"]["drift"], found["max_abs_diff_per_token"]
        if drift > DRIFT:
            self.warnings.append(f"{name}: the machine's rate of matrix products drifted by {drift:.0%} during a pass")
        if apart is not None and apart > NATS:
            self.warnings.append(f"{name}: log-likelihoods differ by up to {apart:.1e} nats a token")
        if found["differing"]:
            self.warnings.append(f"{name}: {len(found['differing'])} answers differ and are no ties")
        if found["left_out"]:
            self.warnings.append(f"{name}: {len(found['left_out'])} requests are longer than the context and were asked of neither side")


def _ours(asks: Sequence[Ask]) -> list[dict[str, Any]]:
    return [asdict(ask) for ask in asks]


def _peers(asks: Sequence[Ask]) -> list[dict[str, Any]]:
    return [
        {
            "key": ask.key,
            "context": ask.context,
            "continuations": list(ask.continuations),
            "max_tokens": ask.max_tokens,
            "stop": list(ask.stop),
        }
        for ask in asks
    ]


# ---------------------------------------------------------------- the whole


def run(setting: Setting, workloads: Sequence[Workload], about: Mapping[str, Any]) -> dict[str, Any]:
    """Measure all workloads; the file is written after each, so that what is finished is kept. `about` names the material."""
    busy = pressure()
    with Bench(setting) as bench:
        if busy is not None and busy > PRESSURE_LIMIT:
            bench.warnings.append(f"before the start some task waited for a processor {busy:.0f} % of the time: others work here")
        result = _head(setting, bench, about, busy)
        for workload in workloads:
            setting.say(f"{workload.name}: {workload.items} items, {workload.items_per_prefix:.0f} requests a prefix")
            result["workloads"][workload.name] = bench.measure(workload)
            result |= {"warnings": bench.warnings, "wait_policy_trial_s": bench.wait_trial}
            write(setting.out, result)
    return result


def _head(setting: Setting, bench: Bench, about: Mapping[str, Any], busy: float | None) -> dict[str, Any]:
    return {
        "machine": {**machine(), "class": machine_class(), "pressure_before": busy},
        "model": setting.model,
        "model_note": setting.note,
        "arithmetic": bench.arithmetic,
        "dtype": setting.dtype,
        "device": setting.device,
        "threads": setting.threads,
        "wait_policy": "PASSIVE",
        "versions": {**versions(), **code_state()},
        "peer_versions": dict(bench.peer_versions),
        "quick": setting.quick,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **about,
        "workloads": {},
    }


def write(out: Path, result: Mapping[str, Any]) -> None:
    """The result as JSON at `out`, the plot beside it as SVG."""
    with atomic_write(out) as stream:
        json.dump(result, stream, indent=1, ensure_ascii=False)
        stream.write("\n")
    peer = f"lm_eval {result['peer_versions'].get('lm_eval', '?')} (hf)"
    below = f"{result['model']}, {result['dtype']}, {result['threads']} threads, {result['machine']['cpu']}"
    with atomic_write(out.with_suffix(".svg")) as stream:
        stream.write(plot(result["workloads"], title=f"evalkit against {peer}", below=below))


def table(result: Mapping[str, Any]) -> str:
    """The figures for a reader, a line a workload (Markdown)."""
    lines = [
        "| workload | items | requests a prefix | evalkit s | lm_eval s (batch) | ratio (target) | tokens: asked, computed, lm_eval's "
        "| matrix rate | peak MB, lm_eval's | difference a token | same answer |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, found in result["workloads"].items():
        aim = target(name, found)
        apart = found["max_abs_diff_per_token"]
        cells = [
            name,
            str(found["items"]),
            f"{found['items_per_prefix']:.0f}",
            f"{found['seconds']:.1f}",
            f"{found['peer_seconds']:.1f} ({found['peer_batch']})",
            f"{found['ratio']:.1f}" + (f" ({aim:.0f})" if aim else ""),
            ", ".join(_count(found[key]) for key in ("tokens_asked", "tokens_computed", "peer_tokens_computed")),
            "-" if found["matmul_share"] is None else f"{found['matmul_share']:.0%}",
            ", ".join("-" if found[key] is None else f"{found[key]:.0f}" for key in ("peak_mb", "peer_peak_mb")),
            "-" if apart is None else f"{apart:.1e}",
            f"{found['argmax_agreement']:.1%}" + (f", {len(found['ties'])} ties" if found["ties"] else ""),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, *(f"note: {warning}" for warning in result["warnings"])])


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
