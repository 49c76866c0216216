"""A local model answered by several processes: one a GPU, or sharing the cores of a CPU.

    engine = ProcessesEngine(config)        # identifies the model; processes start with the first request
    for response in engine.answer(requests):

This process, the driver, owns the list of shards and hands out one at a time; a worker sends each response as soon as it has
it, so the driver stays the one writer of the bundle. What a dead worker had not answered goes to the others.

Not torchrun or accelerate's PartialState with collectives: when one rank is killed, the others wait in their next collective
for good, and gathering on rank 0 would hold answers back that could be on disk. Here a worker knows of no other, and
accelerate does what it is good at inside each one: placing the weights (`loading`).
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, Pipe, wait
from pickle import UnpicklingError
from typing import Any, Protocol

from evalkit.checkpoints import device_of
from evalkit.engines.loading import needed_bytes, place
from evalkit.engines.local import LocalEngine, Settings
from evalkit.engines.shards import Shard, shards, split
from evalkit.engines.together import together
from evalkit.engines.tokens import plain_text
from evalkit.engines.worker import BOOT, DRIVER_GIB, Task, with_limit
from evalkit.errors import EvalkitError, ModelError, RunError
from evalkit.protocols import Engine
from evalkit.records import Ability, Model, Request, Response

BYTES_A_TOKEN = 4  # prompts are compared as UTF-8 bytes, so that the driver needs no tokenizer; about 4 make a token
SHARD_TOKENS: Mapping[str, int] = {"cpu": 8_192, "cuda": 65_536, "mps": 8_192}  # by kind of device; several groups' worth
KILLS = 2  # processes that die with a shard before it is split or, a single request, given up
REPLACED = 5  # times that a dead process is replaced, each place among the processes for itself
_JOIN_S = 10.0


class ProcessSettings(Settings, Protocol):
    """What the engine is told (`config.EngineConfig`)."""

    @property
    def processes(self) -> int: ...  # noqa: D102


def engine(config: ProcessSettings) -> Engine:
    """The local engine of a configuration: in this process, or in as many as it names. Raises ModelError."""
    return ProcessesEngine(config) if getattr(config, "processes", 1) > 1 else LocalEngine(config)


@dataclass(eq=False, slots=True)
class _Process:
    """A worker as the driver sees it. `place` is kept by whoever replaces it."""

    place: int
    child: "subprocess.Popen[bytes]"
    line: Connection
    ready: bool = False
    resetting: bool = False
    shard: Shard | None = None
    left: dict[str, Request] = field(default_factory=dict)  # of the shard, not answered yet
    broke: str = ""

    def tell(self, message: Any) -> None:
        """Sends something; a process that has died is found out by reading, not here."""
        with contextlib.suppress(OSError):
            self.line.send(message)

    def end(self) -> None:
        """Ends it, whatever it is doing; it holds nothing that could be lost."""
        self.line.close()
        self.child.kill()
        self.child.wait()


class ProcessesEngine:
    """`make(config)` in each of `config.processes` processes. Identity and rules are those of one engine alone."""

    def __init__(self, config: ProcessSettings, make: Callable[[Any], Any] = LocalEngine) -> None:
        self._config, self._make, self._count = config, make, config.processes
        self._own = make(config)  # identifies the model and reads prompts; never loads weights
        self.abilities: frozenset[Ability] = self._own.abilities
        self.model: Model = self._own.model
        self.rules: str = self._own.rules
        _check_part(config, self.model)
        self._crew: dict[int, _Process] = {}
        self._replaced: Counter[int] = Counter()
        self._events: Counter[str] = Counter()
        self._told: dict[int, list[Mapping[str, Any]]] = {}  # by place, the last facts of each process that had it
        self._last_end = ""
        self._reset_done = True
        weakref.finalize(self, _end_all, self._crew, os.getpid())

    # ------------------------------------------------------------ answering

    def answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        """One response a request, each as soon as a process has it; a single request is the first process's.

        Raises ModelError where the processes cannot load the model.
        """
        unique = {request.id: request for request in requests}
        if not unique:
            return
        if any(process.shard for process in self._crew.values()):
            raise RunError("the engine is still answering an earlier call; read its responses to the end first")
        try:
            self._start()
            yield from self._answer(tuple(unique.values()))
        except BaseException:  # Ctrl-C and a reader that stops early too: nothing may go on computing unseen
            self.close()
            raise

    def close(self) -> None:
        """Ends the processes; the next request starts them anew."""
        _end_all(self._crew, os.getpid())

    def _answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        # a single request is timed by its caller: loading of whatever process must be over before
        enough = self._count if len(requests) == 1 else 1
        self._until(lambda: sum(process.ready for process in self._crew.values()) >= min(enough, len(self._crew)))
        waiting = deque(self._shards(requests))
        while waiting or any(process.shard for process in self._crew.values()):
            if not self._crew:
                yield from (self._given_up(request) for shard in waiting for request in shard.requests)
                return
            self._hand_out(waiting)
            for process in self._with_news():
                yield from self._hear(process, waiting)

    def _shards(self, requests: Sequence[Request]) -> tuple[Shard, ...]:
        devices = [str(told[-1].get("device", "")).split(":")[0] for told in self._told.values()]
        tokens = SHARD_TOKENS.get(devices[0] if devices else "", SHARD_TOKENS["cpu"])
        prompts = {request.id: plain_text(request.messages, request.cue).encode("utf-8", "replace") for request in requests}
        return shards(requests, prompts, size=tokens * BYTES_A_TOKEN, token=BYTES_A_TOKEN)

    def _hand_out(self, waiting: deque[Shard]) -> None:
        for _, process in sorted(self._crew.items()):
            if waiting and process.ready and process.shard is None:
                process.shard = waiting.popleft()
                process.left = {request.id: request for request in process.shard.requests}
                process.tell(("answer", process.shard.requests))

    # ------------------------------------------------------------ what processes say

    def _with_news(self) -> list[_Process]:
        lines = {process.line: process for process in self._crew.values()}
        return [lines[line] for line in wait(list(lines)) if isinstance(line, Connection)]

    def _until(self, done: Callable[[], bool]) -> None:
        """Hears processes that have no shard, until `done` or none is left."""
        while self._crew and not done():
            for process in self._with_news():
                self._hear(process, deque())

    def _hear(self, process: _Process, waiting: deque[Shard]) -> list[Response]:
        """Takes one thing in that `process` said, or its end; returns the responses that come of it."""
        try:
            said, *given = process.line.recv()
        except (EOFError, OSError, UnpicklingError):
            return self._lost(process, waiting)
        if said == "response":
            known = process.left.pop(given[0].request, None)
            return [given[0]] if known is not None else []
        if said == "broke":
            if isinstance(given[0], EvalkitError):
                raise given[0]
            process.broke = given[0]
            return []
        told = self._told.setdefault(process.place, [])
        if said == "ready":
            self._check_identity(given[0].model, given[0].rules)
            process.ready = True
            told.append({})
        told[-1] = given[-1]
        if said == "ready":
            return []
        if said == "reset":
            process.resetting = False
            self._reset_done = self._reset_done and given[0]
        elif said == "done":
            unanswered, process.left, process.shard = list(process.left.values()), {}, None
            return [_failed(request, "the engine gave no answer to it") for request in unanswered]
        return []

    def _check_identity(self, model: Model, rules: str) -> None:
        if (model, rules) != (self.model, self.rules):
            raise ModelError(f"{self.model.source}: changed while the run began; run the same command again")

    def _lost(self, process: _Process, waiting: deque[Shard]) -> list[Response]:
        """Puts what a dead process had not answered at the end of the list, behind all that has done no harm, and replaces it."""
        self._last_end = _how(process)
        process.end()
        del self._crew[process.place]
        left = tuple(process.left.values())
        self._replace(process)
        taken = f"{len(left)} requests taken over" if self._crew else f"{len(left)} requests unanswered, no process is left"
        self._events[f"process {process.place + 1} of {self._count} ended {self._last_end}: {taken}"] += 1
        if process.shard is None or not left:
            return []
        rest = replace(process.shard, requests=left, kills=process.shard.kills + 1)
        if rest.kills < KILLS:
            waiting.append(rest)
        elif len(left) > 1:
            waiting.extend(split(rest))
        else:
            return [self._given_up(left[0])]
        return []

    def _given_up(self, request: Request) -> Response:
        return _failed(request, f"process ended {self._last_end} with this request; it was not answered")

    # ------------------------------------------------------------ starting

    def load(self) -> None:
        """Starts the processes and waits until each has loaded the model. Raises ModelError, RunError where none could."""
        try:
            self._start()
            self._until(lambda: all(process.ready for process in self._crew.values()))
        except BaseException:
            self.close()
            raise
        if not self._crew:
            raise RunError(f"no process could load {self.model.source}: the last one ended {self._last_end}")

    def _start(self) -> None:
        if not self._crew:
            self._replaced.clear()
            for index in range(self._count):
                self._crew[index] = self._started(index)

    def _replace(self, process: _Process) -> None:
        """One that died before it had loaded the model will mostly do so again, so it is tried again once."""
        if self._replaced[process.place] < (REPLACED if process.ready else 1):
            self._replaced[process.place] += 1
            self._crew[process.place] = self._started(process.place)

    def _started(self, index: int) -> _Process:
        threads = threads_each(self._count)
        ours, theirs = Pipe()
        limits = {"OMP_NUM_THREADS": str(threads), "RAYON_NUM_THREADS": str(threads)}
        command = [sys.executable, "-P", "-c", BOOT, str(theirs.fileno()), json.dumps(sys.path)]
        try:
            child = subprocess.Popen(
                command,
                env={**os.environ, **limits},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # what the driver prints is its own
                process_group=0,  # Ctrl-C is the driver's to handle
            )
        finally:
            theirs.close()
        process = _Process(place=index, child=child, line=ours)
        process.tell(Task(make=self._make, config=self._config, index=index, of=self._count, threads=threads))
        return process

    # ------------------------------------------------------------ facts

    def encoder(self) -> Any:
        """The tokenizer with this run's rules; loads no weights."""
        return self._own.encoder()

    def prompt_tokens(self, request: Request) -> int:
        """Tokens of the request's prompt, without loading the weights (for estimates)."""
        return int(self._own.prompt_tokens(request))

    def check(self, requests: Sequence[Request]) -> None:
        """What the engine alone would refuse before it answers (`protocols.Checking`); done here, without weights."""
        check = getattr(self._own, "check", None)
        if check is not None:
            check(requests)

    def reset_peak(self) -> bool:
        """Let the peak of memory begin anew in every process and here, once all have loaded; False where one of them cannot."""
        self._until(lambda: all(process.ready for process in self._crew.values()))
        reset = getattr(self._own, "reset_peak", None)
        self._reset_done = bool(reset and reset())
        for process in self._crew.values():
            process.resetting = True
            process.tell(("reset", None))
        self._until(lambda: not any(process.resetting for process in self._crew.values()))
        for index, told in self._told.items():  # what ended before counts no more
            running = index in self._crew and self._crew[index].ready
            ended = told[:-1] if running else told
            told[: len(ended)] = [{name: value for name, value in facts.items() if "peak" not in name} for facts in ended]
        return self._reset_done

    def facts(self) -> Mapping[str, Any]:
        """The processes' facts put together (`together`), with what became of the processes."""
        merged = together(self._own.facts(), [told for _, told in sorted(self._told.items())])
        events = [*merged.get("events", []), *({"event": event, "times": times} for event, times in self._events.items())]
        return {**merged, "processes": self._count, "events": events}


def threads_each(processes: int) -> int:
    """Threads of each process: its part of the cores this one may use; fewer where OMP_NUM_THREADS says so."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores // processes, int(asked) if asked.isdigit() else cores))


def _check_part(config: ProcessSettings, model: Model) -> None:
    if config.memory_gib is not None and device_of(config.device) == "cpu":
        try:
            part = with_limit(config, config.processes, beside=DRIVER_GIB).memory_gib
            place("cpu", needed=needed_bytes(model), cards=(), limit=max(part, 0.0))
        except ModelError as error:
            whose = f"each process's part of {config.memory_gib:g} GiB, of which the one that directs them takes {DRIVER_GIB:g}"
            raise ModelError(f"{error}; that is {whose}: fewer processes would work too") from None


def _how(process: _Process) -> str:
    """How a process ended, in words: "by signal 9", "with exit code 1 (RuntimeError: ...)"."""
    try:
        code = process.child.wait(_JOIN_S)
    except subprocess.TimeoutExpired:
        return "its connection without ending"
    if code < 0:
        return f"by signal {-code}" + (", as when memory runs out" if -code == signal.SIGKILL else "")
    return f"with exit code {code}" + (f" ({process.broke})" if process.broke else "")


def _failed(request: Request, reason: str) -> Response:
    return Response(request=request.id, finish="error", error=reason)


def _end_all(crew: dict[int, _Process], owner: int) -> None:
    if os.getpid() == owner:  # not in a fork of the driver
        while crew:
            crew.popitem()[1].end()
