"""The local engine: a checkpoint on this machine, scored by log-likelihood and decoded greedily.

    engine = LocalEngine(config)            # finds and identifies the model, loads nothing
    for response in engine.answer(requests):

Plain and exact: each row is computed in full, in groups that follow from the requests and a token budget alone.
"""

import math
import os
import re
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from evalkit.checkpoints import Checkpoint, as_folder, identify, locate
from evalkit.engines.batches import batches, halving, is_out_of_memory
from evalkit.engines.loading import Loaded, load, load_encoder, needed_bytes, place, vocabulary
from evalkit.engines.tokens import TODAY, Encoder
from evalkit.errors import ModelError
from evalkit.records import Ability, Model, Request, Response

if TYPE_CHECKING:
    from evalkit.engines.forward import ScoreRow
    from evalkit.engines.generate import WriteRow, Written

# Threads that wait spin by default, and beside any other process they take the processor from each other: measured here,
# a spinning pool is half as fast on a busy machine and no faster on a quiet one. Read by OpenMP when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# 2: templates that print the current date read tokens.TODAY; the template's digest is that of its text
RULES = "local/2"
SCORED_LOGITS = 2**27  # logits held at once while scoring: 512 MiB in fp32


class Settings(Protocol):
    """What the engine is told (`config.EngineConfig`)."""

    @property
    def model(self) -> str: ...  # noqa: D102
    @property
    def revision(self) -> str: ...  # noqa: D102
    @property
    def dtype(self) -> str: ...  # noqa: D102
    @property
    def device(self) -> str: ...  # noqa: D102
    @property
    def batch_size(self) -> int | None: ...  # noqa: D102
    @property
    def chat_template(self) -> str: ...  # noqa: D102
    @property
    def memory_gib(self) -> float | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Tokens of a group, by kind of device: fixed numbers, so that groups do not depend on the memory that is free."""

    score: int
    write: int
    write_rows: int


BUDGETS: Mapping[str, Budget] = {
    "cpu": Budget(score=1024, write=16_384, write_rows=16),
    "cuda": Budget(score=32_768, write=131_072, write_rows=64),  # unproven: no machine to measure on yet
    "mps": Budget(score=4_096, write=32_768, write_rows=16),  # unproven
}


class LocalEngine:
    """Answers from a safetensors folder, a GGUF file or a cached hub id. Raises ModelError for what cannot be used."""

    abilities: frozenset[Ability] = frozenset({"score", "generate"})

    def __init__(self, config: Settings) -> None:
        self._config = config
        self._checkpoint: Checkpoint = locate(config.model, revision=config.revision)
        model = identify(self._checkpoint, config.dtype)
        self.model: Model = replace(model, vendor=getattr(config, "vendor", "") or model.vendor)
        if config.chat_template == "always" and not model.template_digest:
            raise ModelError(f"{config.model}: has no chat template, though chat_template is 'always'; 'auto' or 'never' would work")
        self._chat = config.chat_template != "never" and bool(model.template_digest)
        # whether the template is used changes what the model reads, so it is part of the rules
        self.rules = RULES if config.chat_template != "never" else f"{RULES} without chat template"
        if config.device == "cpu":
            place("cpu", needed=needed_bytes(model), cards=(), limit=config.memory_gib)
        self._encoder: Encoder | None = None
        self._loaded: Loaded | None = None
        self._folder: Path | None = None
        self._events: dict[str, int] = {}
        self._since = "since start"
        self._peak_before = 0  # bytes; the peak up to the last reset, which the system forgets then

    # ------------------------------------------------------------ loading

    def _files(self) -> Path:
        if self._folder is None:
            self._folder = as_folder(self._checkpoint)
        return self._folder

    def encoder(self) -> Encoder:
        """The tokenizer with this run's rules; loads no weights."""
        if self._encoder is None:
            self._encoder = load_encoder(self._files(), chat=self._chat)
        return self._encoder

    def prompt_tokens(self, request: Request) -> int:
        """Tokens of the request's prompt, without loading the weights (for estimates)."""
        return len(self.encoder().ids([self.encoder().text(request)])[0])

    def load(self) -> Loaded:
        """Bring the weights into memory, if they are not there. Raises ModelError where they cannot be loaded."""
        if self._loaded is None:
            self._loaded = load(
                self._files(), self.model, self.encoder(), device=self._config.device, limit=self._config.memory_gib
            )
        return self._loaded

    # ------------------------------------------------------------ answering

    def answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        """One response a request, scored ones first, the longest prompts first."""
        if not requests:
            return
        requests = list({request.id: request for request in requests}.values())  # one answer an identity
        self.load()
        scoring = [request for request in requests if request.ability == "score"]
        writing = [request for request in requests if request.ability == "generate"]
        yield from self._score(scoring)
        yield from self._write(writing)

    def _score(self, requests: Sequence[Request]) -> Iterator[Response]:
        from evalkit.engines.forward import loglikelihoods

        model = self.load().model
        jobs: dict[str, _Scoring] = {}
        rows: list[ScoreRow] = []
        for request in requests:
            try:
                job = _Scoring.of(request, self.encoder())
            except Exception as error:  # noqa: BLE001 (a strangers' template or tokenizer may raise anything)
                yield _failed(request, error)
                continue
            if self.model.context and job.longest > self.model.context:
                yield Response(request=request.id, finish="over_context", tokens_in=job.tokens_in)
                continue
            jobs[request.id] = job
            rows.extend(job.rows)
        scored = max(1, SCORED_LOGITS // vocabulary(model))
        for group in batches(rows, tokens=self._budget().score, scored=scored, most=self._config.batch_size):
            start = time.perf_counter()
            for row, result in halving(group, lambda part: loglikelihoods(model, part), self._trouble):
                job = jobs[row.name.rpartition("/")[0]]
                job.take(row, result, start)
                if job.complete:
                    yield job.response()

    def _write(self, requests: Sequence[Request]) -> Iterator[Response]:
        from evalkit.engines.generate import WriteRow, write

        ready, encoder = self.load(), self.encoder()
        rows: list[WriteRow] = []
        spent: dict[str, float] = {}
        for request in requests:
            start = time.perf_counter()
            try:
                if request.max_tokens < 1:
                    raise ValueError(f"max_tokens is {request.max_tokens}; at least 1 would work")
                tokens = encoder.prompt(request)
            except Exception as error:  # noqa: BLE001 (a strangers' template or tokenizer may raise anything)
                yield _failed(request, error)
                continue
            if self.model.context and len(tokens) + request.max_tokens > self.model.context:
                yield Response(request=request.id, finish="over_context", tokens_in=len(tokens))
                continue
            rows.append(WriteRow(name=request.id, tokens=tokens, max_tokens=request.max_tokens, stop=request.stop))
            spent[request.id] = time.perf_counter() - start
        budget = self._budget()
        most = self._config.batch_size or budget.write_rows
        for group in batches(rows, tokens=budget.write, scored=most, most=self._config.batch_size):
            for row, result in halving(group, lambda part: write(ready.model, encoder, part, ready.ends), self._trouble):
                yield _written(row, result, spent[row.name])

    def _budget(self) -> Budget:
        return BUDGETS[self.load().device.split(":")[0]]

    def _trouble(self, error: Exception, rows: int) -> None:
        from evalkit.engines.forward import free_memory

        kind = "out of memory" if is_out_of_memory(error) else f"{type(error).__name__}: {error}"[:200]
        event = f"{kind}: a group of {rows} " + ("was halved" if rows > 1 else "failed")
        self._events[event] = self._events.get(event, 0) + 1
        free_memory(error)

    # ------------------------------------------------------------ facts

    def reset_peak(self) -> bool:
        """Let the peak of memory begin anew, at what is held now; False where the system cannot (`facts` says which)."""
        before = peak_rss_bytes()
        done = _reset_process_peak()
        if done:
            self._peak_before = max(self._peak_before, before)
        if self._cuda():
            import torch

            for card in range(torch.cuda.device_count()):
                torch.cuda.reset_peak_memory_stats(card)
            done = True
        self._since = "since the timed passes began" if done else "since start"
        return done

    def _cuda(self) -> bool:
        return self._loaded is not None and self._loaded.device.startswith("cuda")

    def _peak(self) -> tuple[int, str]:
        """Peak in bytes, and what it is of: the cards' (each one's peak, added up), else the process's."""
        if self._cuda():
            import torch

            return sum(torch.cuda.max_memory_allocated(card) for card in range(torch.cuda.device_count())), "device memory"
        return process_peak_bytes(), "process memory"

    def facts(self) -> Mapping[str, Any]:
        """Device, dtype, load time (s), peak memory (bytes), versions and how often a group failed, by kind."""
        peak, what = self._peak()
        facts: dict[str, Any] = {
            "rules": self.rules,
            "dtype": self.model.dtype,
            "chat_template": self._chat,
            "chat_date": TODAY.date().isoformat(),
            "torch": version("torch"),
            "transformers": version("transformers"),
            "peak_bytes": peak,
            "peak_what": f"{what} {self._since}",
            "peak_rss_bytes": max(self._peak_before, peak_rss_bytes()),
            "events": [{"event": event, "times": times} for event, times in self._events.items()],
        }
        if self._loaded is not None:
            import torch

            facts |= {"device": self._loaded.device, "load_s": self._loaded.load_s, "threads": torch.get_num_threads()}
            if torch.cuda.is_available():
                facts["peak_device_bytes"] = [torch.cuda.max_memory_allocated(card) for card in range(torch.cuda.device_count())]
        return facts


class _Scoring:
    """A request to score while its rows come in."""

    def __init__(self, request: Request, pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]], began: float) -> None:
        from evalkit.engines.forward import ScoreRow

        self.request = request
        self.tokens_in = len(pairs[0][0])
        self.option_tokens = tuple(len(continuation) for _, continuation in pairs)
        fed: dict[tuple[int, ...], list[int]] = {}
        for index, (context, continuation) in enumerate(pairs):
            fed.setdefault((*context, *continuation[:-1]), []).append(index)  # one-token options share their context's row
        self.rows = [
            ScoreRow(f"{request.id}/{number}", tokens, tuple((len(pairs[index][0]) - 1, pairs[index][1]) for index in indices))
            for number, (tokens, indices) in enumerate(fed.items())
        ]
        self._options = {row.name: indices for row, indices in zip(self.rows, fed.values(), strict=True)}
        self._nats: dict[int, float] = {}
        self._error: Exception | None = None
        self._waiting = len(self.rows)
        self._encode_s = time.perf_counter() - began
        self._start = math.inf
        self._end = 0.0

    @classmethod
    def of(cls, request: Request, encoder: Encoder) -> "_Scoring":
        began = time.perf_counter()
        return cls(request, encoder.pairs(request), began)

    @property
    def longest(self) -> int:
        return max(len(row.tokens) for row in self.rows)

    @property
    def complete(self) -> bool:
        return self._waiting == 0

    def take(self, row: "ScoreRow", result: "tuple[float, ...] | Exception", start: float) -> None:
        self._waiting -= 1
        self._start, self._end = min(self._start, start), time.perf_counter()
        if isinstance(result, Exception):
            self._error = result
        else:
            self._nats.update(zip(self._options[row.name], result, strict=True))

    def response(self) -> Response:
        if self._error is not None:
            return _failed(self.request, self._error, tokens_in=self.tokens_in)
        return Response(
            request=self.request.id,
            finish="scored",
            loglikelihoods=tuple(self._nats[index] for index in range(len(self.option_tokens))),
            option_tokens=self.option_tokens,
            tokens_in=self.tokens_in,
            total_s=self._encode_s + self._end - self._start,
        )


def _written(row: "WriteRow", result: "Written | Exception", encode_s: float) -> Response:
    if isinstance(result, Exception):
        return Response(request=row.name, finish="error", tokens_in=len(row.tokens), error=_reason(result))
    return Response(
        request=row.name,
        finish=result.finish,
        text=result.text,
        tokens_in=len(row.tokens),
        tokens_out=result.tokens,
        first_s=encode_s + result.first_s,
        total_s=encode_s + result.total_s,
    )


def _failed(request: Request, error: Exception, tokens_in: int = 0) -> Response:
    return Response(request=request.id, finish="error", tokens_in=tokens_in, error=_reason(error))


def _reason(error: Exception) -> str:
    if is_out_of_memory(error):
        return "out of memory with this request alone; a smaller dtype, or a device with more memory, would work"
    return f"{type(error).__name__}: {error}"[:500]


def peak_rss_bytes() -> int:
    """Largest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux KiB


_PROC = Path("/proc/self")


def process_peak_bytes() -> int:
    """Largest resident memory in bytes since the start or the last reset: VmHWM on Linux, elsewhere `peak_rss_bytes`."""
    try:
        status = (_PROC / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return peak_rss_bytes()
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else peak_rss_bytes()


def _reset_process_peak() -> bool:
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
