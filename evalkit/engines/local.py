"""The local engine: a checkpoint on this machine, scored by log-likelihood and decoded.

    engine = LocalEngine(config)            # finds and identifies the model, loads nothing
    engine.check(requests)                  # refuses what cannot be scored, before any weight is loaded
    for response in engine.answer(requests):

Each shared token is run once (`prefix`), exactly; a model that this does not fit is answered a slower way (`ways`), and says so.
"""

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import psutil

from evalkit.checkpoints import Checkpoint, as_folder, identify, locate
from evalkit.engines.batches import batches, halving, is_out_of_memory
from evalkit.engines.loading import Loaded, changed_file, load, load_encoder, needed_bytes, place
from evalkit.engines.memory import BUDGETS, GIB, Budget, footprint, limits, peak_rss_bytes, process_peak_bytes, reset_process_peak
from evalkit.engines.tokens import TODAY, Encoder
from evalkit.errors import ModelError, SuiteError
from evalkit.records import Ability, Model, Request, Response

if TYPE_CHECKING:
    from evalkit.engines.forest import Limits
    from evalkit.engines.forward import ScoreRow
    from evalkit.engines.head import Head
    from evalkit.engines.jobs import Job
    from evalkit.engines.prefix import Work
    from evalkit.engines.ways import Choice, Name, Way
    from evalkit.engines.writing import WriteRow, Written

# Threads that wait spin by default, and beside any other process they take the processor from each other: measured here,
# a spinning pool is half as fast on a busy machine and no faster on a quiet one. Read by OpenMP when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# 2: templates that print the current date read tokens.TODAY; the template's digest is that of its text
# 3: packed rows over stored prefixes
RULES = "local/3"
WAYS: "tuple[Name, ...]" = ("packed", "copies", "plain")
SLOT_TOKENS = {"cpu": 16_384, "cuda": 131_072, "mps": 32_768}  # of texts that are written together; the last two unproven
DIAGNOSED = 8  # requests whose numbers are not finite and of which the layer is looked for: a forward each
_log = logging.getLogger(__name__)


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


class LocalEngine:
    """Answers from a safetensors folder, a GGUF file or a cached hub id. Raises ModelError for what cannot be used."""

    abilities: frozenset[Ability] = frozenset({"score", "generate"})

    def __init__(self, config: Settings) -> None:
        self._config = config
        self._checkpoint: Checkpoint = locate(config.model, revision=config.revision)
        model = identify(self._checkpoint, config.dtype, config.device)
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
        self._ready: _Ready | None = None
        self._diagnosed = 0
        self._taken = 0  # bytes that the process held with the weights and nothing else
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
            before = psutil.Process().memory_info().rss
            self._loaded = load(
                self._files(), self.model, self.encoder(), device=self._config.device, limit=self._config.memory_gib
            )
            # weights that are mapped from their file count once they are read, so the larger of the two
            self._taken = max(psutil.Process().memory_info().rss, before + needed_bytes(self.model))
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
        for response in chain(self._score(scoring), self._write(writing)):
            self._refuse_changed()
            yield response

    def _refuse_changed(self) -> None:
        """Weights may be mapped from their file, so what was answered after it changed is nobody's answer."""
        changed = changed_file(self.load())
        if changed is not None:
            raise ModelError(f"{changed}: was changed while its weights were in use; restore it and run the same command again")

    def check(self, requests: Sequence[Request]) -> None:
        """Read every request to score as it will be asked. Raises SuiteError, naming the item, where options cannot be told apart."""
        for request in requests:
            if request.ability == "score":
                try:
                    pairs = self.encoder().pairs(request)
                except ValueError as error:
                    raise SuiteError(f"item {request.item!r} cannot be scored: {error}") from error
                except Exception:  # noqa: BLE001 (a strangers' template; the request's own response says so)
                    continue
                _refuse_same_tokens(request, [(*context, *continuation) for context, continuation in pairs])

    def _score(self, requests: Sequence[Request]) -> Iterator[Response]:
        from evalkit.engines.jobs import Job

        jobs: dict[str, Job] = {}
        for request in requests:
            try:
                job = Job.of(request, self.encoder())
            except Exception as error:  # noqa: BLE001 (a strangers' template or tokenizer may raise anything)
                yield self._failed(request, error)
                continue
            if self.model.context and job.longest > self.model.context:
                yield Response(request=request.id, finish="over_context", tokens_in=job.tokens_in)
                continue
            jobs[request.id] = job
        rows = [row for job in jobs.values() for row in job.rows]
        if not rows:
            return
        for row, result, began in self._way(rows).score(rows, self._trouble):
            job = jobs[row.name.rpartition("/")[0]]
            job.take(row, result, began)
            if job.complete:
                yield job.response() if job.error is None else self._failed_job(job)

    def _failed_job(self, job: "Job") -> Response:
        assert job.error is not None  # noqa: S101 (asked for only then)
        tokens = job.failed_row.tokens if job.failed_row else ()
        return self._failed(job.request, job.error, tokens_in=job.tokens_in, tokens=tokens)

    def _way(self, rows: "Sequence[ScoreRow]") -> "Way":
        """The way of scoring these rows: proven at the first, and again where longer rows may behave otherwise."""
        from evalkit.engines import copies, ways
        from evalkit.engines.prefix import PrefixScorer

        longest = max(len(row.tokens) for row in rows)
        sizes = self._limits(longest)
        ready = self.ready()
        if ready.choice is None or (ready.reach and longest > max(ready.proven, ready.reach)):
            whole = min(longest, ready.reach + 1) if ready.reach and longest > ready.reach else 0
            chosen = ways.rows_to_prove(rows, whole=whole)
            ready.choice = ways.choose(ready.model, sizes, ready.head, chosen, allowed=WAYS)
            ready.proven = longest
            self._say(ready.choice, "scoring")
        if ready.rescaled and longest > ready.rescaled:
            return ways.Plain(ready.model, ready.work, sizes.step, 1)
        plain = ways.Plain(ready.model, ready.work, sizes.step, self._config.batch_size)
        if ready.choice.way == "packed":
            return ways.Packed(PrefixScorer(ready.model, sizes, ready.head, ready.work), plain)
        if ready.choice.way == "copies":
            mode: copies.Way = "step" if ready.choice.proof.mode == "step" else "chunk"
            return ways.Copies(ready.model, ready.work, mode, copies.Limits(tokens=sizes.step, held=4 * sizes.held), plain)
        return plain

    def _say(self, choice: "Choice", what: str) -> None:
        """A slower way than the first is no secret."""
        for name, why in choice.refused.items():
            event = f"{self.model.name} does not fit the {name!r} way of {what} ({why}); the {choice.way!r} way is used"
            self._events[event] = self._events.get(event, 0) + 1
            _log.warning(event)

    def ready(self) -> "_Ready":
        """The loaded model with what scoring needs beside it."""
        if self._ready is None:
            from evalkit.engines.head import Head
            from evalkit.engines.prefix import Work
            from evalkit.engines.ways import reach, rescaled

            model = self.load().model
            self._ready = _Ready(model=model, head=Head(model), work=Work(), reach=reach(model), rescaled=rescaled(model))
        return self._ready

    def _limits(self, longest: int) -> "Limits":
        model = self.load().model
        config = model.config.get_text_config(decoder=True)
        return limits(
            self._budget(), footprint(config, model.dtype.itemsize), longest=longest, room=self._room(), rows=self._config.batch_size
        )

    def _room(self) -> float | None:
        """Bytes beside the weights that the memory limit leaves; None without one. What the process held when it had loaded counts."""
        if self._config.memory_gib is None:
            return None
        taken = needed_bytes(self.model) if self._cuda() else self._taken
        return self._config.memory_gib * GIB - taken

    def _write(self, requests: Sequence[Request]) -> Iterator[Response]:
        from evalkit.engines.writing import WriteRow

        encoder = self.encoder()
        rows: list[WriteRow] = []
        spent: dict[str, float] = {}
        for request in requests:
            start = time.perf_counter()
            try:
                if request.max_tokens < 1:
                    raise ValueError(f"max_tokens is {request.max_tokens}; at least 1 would work")
                tokens = encoder.prompt(request)
            except Exception as error:  # noqa: BLE001 (a strangers' template or tokenizer may raise anything)
                yield self._failed(request, error)
                continue
            if self.model.context and len(tokens) + request.max_tokens > self.model.context:
                yield Response(request=request.id, finish="over_context", tokens_in=len(tokens))
                continue
            rows.append(
                WriteRow(
                    name=request.id,
                    tokens=tokens,
                    max_tokens=request.max_tokens,
                    stop=request.stop,
                    temperature=request.temperature,
                    top_p=request.top_p,
                    key=(request.id, request.seed),
                )
            )
            spent[request.id] = time.perf_counter() - start
        by_id = {request.id: request for request in requests}
        for row, result in self._texts(rows):
            if isinstance(result, Exception):
                yield self._failed(by_id[row.name], result, tokens_in=len(row.tokens), tokens=row.tokens)
            else:
                yield _written(row, result, spent[row.name])

    def _texts(self, rows: "Sequence[WriteRow]") -> "Iterator[tuple[WriteRow, Written | Exception]]":
        """Rows as they are finished, written the way that was found to fit at the first."""
        from evalkit.engines import ways
        from evalkit.engines.generate import Writer
        from evalkit.engines.stepwise import write

        if not rows:
            return
        ready, encoder, ends = self.ready(), self.encoder(), self.load().ends
        longest = max(len(row.tokens) + row.max_tokens for row in rows)
        sizes, room = self._limits(longest), SLOT_TOKENS[self.load().device.split(":")[0]]
        if self._config.memory_gib is not None:  # what the limit leaves is parted between prefixes and slots
            sizes = self._limits(2 * longest)
            room = min(room, sizes.held // 2)
            sizes = replace(sizes, held=sizes.held // 2)
        if ready.writing is None:
            ready.writing = ways.choose_writing(ready.model, encoder, sizes, rows)
            self._say(ready.writing, "writing")
        slots = self._config.batch_size or self._budget().slots
        alone = bool(ready.rescaled) and longest > ready.rescaled
        if ready.writing.way == "packed" and not alone:
            writer = Writer(ready.model, encoder, ends, sizes, slots, ready.work, room=max(longest, room))
            yield from writer.write(rows, self._trouble)
            return
        most = slots if ready.writing.way != "alone" and not alone else 1
        for group in batches(rows, tokens=room, scored=most, most=self._config.batch_size if most > 1 else 1):
            yield from halving(group, lambda some: write(ready.model, encoder, some, ends), self._trouble)

    def _budget(self) -> Budget:
        return BUDGETS[self.load().device.split(":")[0]]

    def _trouble(self, error: Exception, rows: int) -> None:
        from evalkit.engines.forward import free_memory

        kind = "out of memory" if is_out_of_memory(error) else f"{type(error).__name__}: {error}"[:200]
        event = f"{kind}: a group of {rows} " + ("was halved" if rows > 1 else "failed")
        self._events[event] = self._events.get(event, 0) + 1
        free_memory(error)

    def _failed(self, request: Request, error: Exception, *, tokens_in: int = 0, tokens: Sequence[int] = ()) -> Response:
        """Our failure as a response. `tokens` are those of the row that failed, to look for the layer of numbers that are none."""
        from evalkit.engines.jobs import reason

        said = reason(error)
        if isinstance(error, FloatingPointError):
            said = f"{said}; item {request.item!r}, {self._not_finite(tokens)}; another dtype may work"
        return Response(request=request.id, finish="error", tokens_in=tokens_in, error=said)

    def _not_finite(self, tokens: Sequence[int]) -> str:
        from evalkit.engines.diagnosis import first_not_finite

        self._diagnosed += 1
        if not tokens or self._diagnosed > DIAGNOSED:
            return f"in {self.model.dtype} (the layer was looked for in the first {DIAGNOSED} such items)"
        return first_not_finite(self.load().model, tokens)

    # ------------------------------------------------------------ facts

    def reset_peak(self) -> bool:
        """Let the peak of memory begin anew, at what is held now; False where the system cannot (`facts` says which)."""
        before = peak_rss_bytes()
        done = reset_process_peak()
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
        if self._ready is not None:
            facts["work"] = asdict(self._ready.work)
            chosen = {"scoring": self._ready.choice, "writing": self._ready.writing}
            facts |= {what: choice.facts() for what, choice in chosen.items() if choice is not None}
        if self._loaded is not None:
            import torch

            facts |= {"device": self._loaded.device, "load_s": self._loaded.load_s, "threads": torch.get_num_threads()}
            if torch.cuda.is_available():
                facts["peak_device_bytes"] = [torch.cuda.max_memory_allocated(card) for card in range(torch.cuda.device_count())]
        return facts


@dataclass(slots=True)
class _Ready:
    """A loaded model with what scoring needs beside it, and the way that was found to fit."""

    model: Any
    head: "Head"
    work: "Work"
    reach: int  # tokens; rows beyond it may behave otherwise than shorter ones (0: none does)
    rescaled: int  # tokens; rows beyond it are exact by themselves only (0: none are)
    choice: "Choice | None" = None
    writing: "Choice | None" = None
    proven: int = 0  # tokens of the longest row when the way was chosen


def _refuse_same_tokens(request: Request, wholes: Sequence[tuple[int, ...]]) -> None:
    for index, whole in enumerate(wholes):
        if whole in wholes[:index]:
            one, other = request.options[wholes.index(whole)], request.options[index]
            raise SuiteError(
                f"item {request.item!r}: options {one!r} and {other!r} are the same tokens to this model, so scoring cannot tell them "
                "apart; word one of them otherwise, or use answers: generated"
            )


def _written(row: "WriteRow", result: "Written", encode_s: float) -> Response:
    return Response(
        request=row.name,
        finish=result.finish,
        text=result.text,
        tokens_in=len(row.tokens),
        tokens_out=len(result.ids),
        first_s=encode_s + result.first_s,
        total_s=encode_s + result.total_s,
        stopped=result.stopped,
    )
