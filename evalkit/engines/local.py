"""The local engine: a checkpoint on this machine, scored by log-likelihood and decoded.

    engine = LocalEngine(config)            # finds and identifies the model, loads nothing
    engine.check(requests)                  # refuses what cannot be scored, before any weight is loaded
    for response in engine.answer(requests):

Each shared token is run once (`prefix`), exactly; a model that this does not fit is answered a slower way (`ways`), and says so.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import psutil

from evalkit.checkpoints import Checkpoint, as_folder, identify, locate
from evalkit.engines.batches import is_out_of_memory
from evalkit.engines.loading import Loaded, changed_file, load, load_encoder, needed_bytes, place
from evalkit.engines.memory import (
    BUDGETS,
    GIB,
    Budget,
    Footprint,
    Sizes,
    footprint,
    peak_rss_bytes,
    process_peak_bytes,
    reset_process_peak,
    sizes,
)
from evalkit.engines.tokens import TODAY, Encoder
from evalkit.errors import ModelError, SuiteError
from evalkit.records import Ability, Model, Request, Response

if TYPE_CHECKING:
    from evalkit.engines.forest import Limits
    from evalkit.engines.forward import ScoreRow
    from evalkit.engines.head import Head
    from evalkit.engines.jobs import Job, Prompt
    from evalkit.engines.prefix import Work
    from evalkit.engines.texts import Texts
    from evalkit.engines.ways import Choice, Name, Way
    from evalkit.engines.writing import WriteRow, Written

# Threads that wait spin by default, and beside any other process they take the processor from each other: measured here,
# a spinning pool is half as fast on a busy machine and no faster on a quiet one. Read by OpenMP when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# 2: templates that print the current date read tokens.TODAY; the template's digest is that of its text
# 3: packed rows over stored prefixes
RULES = "local/3"
WAYS: "tuple[Name, ...]" = ("packed", "copies", "plain")
COARSE_BYTES = 2**28
DIAGNOSED = 8  # requests whose numbers are not finite and of which the layer is looked for: a forward each
Made = TypeVar("Made")
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
            # weights that are mapped from their file count once they are read, so the larger of the two; in coarse steps, so
            # that sizes planned from it are the same from run to run
            weights = needed_bytes(self.model)
            beside = max(psutil.Process().memory_info().rss - weights, before)
            self._taken = weights + -(-beside // COARSE_BYTES) * COARSE_BYTES
        return self._loaded

    # ------------------------------------------------------------ answering

    def answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        """One response a request, scored ones first. Raises ModelError, before the first, where a memory limit cannot hold one of them."""
        if not requests:
            return
        requests = list({request.id: request for request in requests}.values())  # one answer an identity
        asked = self._read(requests)
        planned = self._sizes(asked)
        for response in chain(asked.settled, self._score(asked.jobs, planned), self._write(asked.texts, planned)):
            self._refuse_changed()
            yield response

    def _read(self, requests: Sequence[Request]) -> "_Asked":
        """Every request as tokens; those that cannot be asked are settled."""
        from evalkit.engines.jobs import Job, Prompt

        asked = _Asked()
        known = self.ready().vocabulary
        for request in requests:
            try:
                if request.ability == "score":
                    job = Job.of(request, self.encoder())
                    job.refuse_unknown(known)
                    longest, tokens_in = job.longest, job.tokens_in
                else:
                    prompt = Prompt.of(request, self.encoder())
                    prompt.refuse_unknown(known)
                    longest, tokens_in = prompt.longest, len(prompt.tokens)
            except Exception as error:  # noqa: BLE001 (a strangers' template or tokenizer may raise anything)
                asked.settled.append(self._failed(request, error))
                continue
            if self.model.context and longest > self.model.context:
                asked.settled.append(Response(request=request.id, finish="over_context", tokens_in=tokens_in))
            elif request.ability == "score":
                asked.jobs[request.id] = job
            else:
                asked.texts[request.id] = prompt
        return asked

    def _sizes(self, asked: "_Asked") -> Sizes:
        scored = max((job.longest for job in asked.jobs.values()), default=0)
        text = max((prompt.longest for prompt in asked.texts.values()), default=0)
        return sizes(self._budget(), self._need(), scored=scored, text=text, room=self._room(), rows=self._config.batch_size)

    def _need(self) -> Footprint:
        model = self.load().model
        return footprint(model.config.get_text_config(decoder=True), model.dtype.itemsize)

    def _room(self) -> float | None:
        """Bytes beside the weights that the memory limit leaves; None without one. What the process held when it had loaded counts."""
        if self._config.memory_gib is None:
            return None
        return self._config.memory_gib * GIB - (needed_bytes(self.model) if self._cuda() else self._taken)

    def _refuse_changed(self) -> None:
        """Weights may be mapped from their file, so what was answered after it changed is nobody's answer."""
        changed = changed_file(self.load())
        if changed is not None:
            raise ModelError(f"{changed}: was changed while its weights were in use; restore it and run the same command again")

    def check(self, requests: Sequence[Request]) -> None:
        """Read every request to score as it will be asked. Raises SuiteError, naming the item, where options cannot be told apart.

        A request whose template raises is left to `answer`, which gives it a response of its own with that error.
        """
        encoder = self.encoder()
        for request in requests:
            if request.ability == "score":
                try:
                    pairs = encoder.pairs(request)
                except ValueError as error:
                    raise SuiteError(f"item {request.item!r} cannot be scored: {error}") from error
                except Exception:  # noqa: BLE001 (not swallowed: `answer` reads it again and says what was raised)
                    continue
                _refuse_same_tokens(request, [(*context, *continuation) for context, continuation in pairs])

    def _score(self, jobs: "Mapping[str, Job]", planned: Sizes) -> Iterator[Response]:
        rows = [row for job in jobs.values() for row in job.rows]
        if not rows:
            return
        for row, result, began in self._way(rows, planned.limits).score(rows, self._trouble):
            job = jobs[row.name.rpartition("/")[0]]
            job.take(row, result, began)
            if job.complete:
                yield job.response() if job.error is None else self._failed_job(job)

    def _failed_job(self, job: "Job") -> Response:
        assert job.error is not None  # noqa: S101 (asked for only then)
        tokens = job.failed_row.tokens if job.failed_row else ()
        return self._failed(job.request, job.error, tokens_in=job.tokens_in, tokens=tokens)

    def _way(self, rows: "Sequence[ScoreRow]", limits: "Limits") -> "Way":
        """The way of scoring these rows: proven at the first, and once more when rows first are longer than what layers see."""
        from evalkit.engines import copies, ways
        from evalkit.engines.prefix import PrefixScorer

        ready = self.ready()
        longest = max(len(row.tokens) for row in rows)
        plain = ways.Plain(ready.model, ready.work, limits.step, self._config.batch_size)
        if ready.rescaled and longest > ready.rescaled:
            return replace(plain, alone=True)
        beyond = bool(ready.reach) and longest > ready.reach
        choice = ready.choice
        if choice is None or (beyond and not ready.beyond):
            chosen = ways.rows_to_prove(rows, ready.vocabulary, whole=ready.reach + 1 if beyond else 0)
            try:
                choice = self._twice(lambda: ways.choose(ready.model, limits, ready.head, chosen, allowed=WAYS))
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                # for these rows; the next ones are a new chance to prove the faster ways
                self._note(f"out of memory while a way of scoring was proven; {len(rows)} rows go the plain way")
                return plain
            ready.choice, ready.beyond = choice, beyond
            self._say(choice, "scoring")
        if choice.way == "packed":
            return ways.Packed(PrefixScorer(ready.model, limits, ready.head, ready.work), plain)
        if choice.way == "copies":
            mode: copies.Way = "step" if choice.proof.mode == "step" else "chunk"
            budget = self._budget()
            bound = copies.limits(
                self._need(), ready.vocabulary, longest=longest, room=self._room(), rows=self._config.batch_size,
                most=copies.Limits(tokens=budget.step, held=4 * budget.held),
            )  # fmt: skip
            return ways.Copies(ready.model, ready.work, mode, bound, plain)
        return plain

    def _twice(self, make: Callable[[], Made]) -> Made:
        """`make()`, once more where memory ran out the first time."""
        from evalkit.engines.forward import free_memory

        try:
            return make()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self._note("out of memory while the engine was made ready: tried once more")
            free_memory(error)
        return make()

    def _note(self, event: str, *, aloud: bool = True) -> None:
        """Counts `event` for the bundle's facts and, what a user should know at once, logs it."""
        self._events[event] = self._events.get(event, 0) + 1
        if aloud:
            _log.warning(event)

    def _say(self, choice: "Choice", what: str) -> None:
        """A slower way than the first is no secret."""
        for name, why in choice.refused.items():
            self._note(f"{self.model.name} does not fit the {name!r} way of {what} ({why}); the {choice.way!r} way is used")

    def ready(self) -> "_Ready":
        """The loaded model with what answering needs beside it."""
        if self._ready is None:
            from evalkit.engines.head import Head
            from evalkit.engines.prefix import Work
            from evalkit.engines.ways import reach, rescaled

            model = self.load().model
            head = self._twice(lambda: Head(model))
            known = min(int(model.get_input_embeddings().weight.shape[0]), head.vocabulary)
            self._ready = _Ready(model=model, head=head, work=Work(), vocabulary=known, reach=reach(model), rescaled=rescaled(model))
        return self._ready

    def _write(self, prompts: "Mapping[str, Prompt]", planned: Sizes) -> Iterator[Response]:
        for row, result in self._texts([prompt.row for prompt in prompts.values()], planned):
            prompt = prompts[row.name]
            if isinstance(result, Exception):
                yield self._failed(prompt.request, result, tokens_in=len(row.tokens), tokens=row.tokens)
            else:
                yield prompt.response(result)

    def _texts(self, rows: "Sequence[WriteRow]", planned: Sizes) -> "Iterator[tuple[WriteRow, Written | Exception]]":
        """Rows as they are finished, written the way that was found to fit at the first."""
        from evalkit.engines.texts import Texts

        if not rows:
            return
        ready = self.ready()
        if ready.texts is None:
            ready.texts = Texts(ready.model, self.encoder(), self.load().ends, ready.work, ready.reach, ready.rescaled, self._say)
        slots = self._config.batch_size or self._budget().slots
        yield from ready.texts.write(rows, planned.limits, room=planned.written, slots=slots, trouble=self._trouble)

    def _budget(self) -> Budget:
        return BUDGETS[self.load().device.split(":")[0]]

    def _trouble(self, error: Exception, rows: int) -> None:
        from evalkit.engines.forward import free_memory

        kind = "out of memory" if is_out_of_memory(error) else f"{type(error).__name__}: {error}"[:200]
        self._note(f"{kind}: a group of {rows} " + ("was halved" if rows > 1 else "failed"), aloud=False)
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
            chosen = {"scoring": self._ready.choice, "writing": self._ready.texts.choice if self._ready.texts else None}
            facts |= {what: choice.facts() for what, choice in chosen.items() if choice is not None}
        if self._loaded is not None:
            import torch

            facts |= {"device": self._loaded.device, "load_s": self._loaded.load_s, "threads": torch.get_num_threads()}
            if torch.cuda.is_available():
                facts["peak_device_bytes"] = [torch.cuda.max_memory_allocated(card) for card in range(torch.cuda.device_count())]
        return facts


@dataclass(slots=True)
class _Asked:
    """Requests as they were read: those that need no forward, and the others by their ids."""

    settled: list[Response] = field(default_factory=list)
    jobs: "dict[str, Job]" = field(default_factory=dict)
    texts: "dict[str, Prompt]" = field(default_factory=dict)


@dataclass(slots=True)
class _Ready:
    """A loaded model with what answering needs beside it, and the ways that were found to fit."""

    model: Any
    head: "Head"
    work: "Work"
    vocabulary: int  # tokens that can be read and judged
    reach: int  # tokens; rows beyond it may behave otherwise than shorter ones (0: none does)
    rescaled: int  # tokens; rows beyond it are exact by themselves only (0: none are)
    choice: "Choice | None" = None
    beyond: bool = False  # whether the choice was proven with a row beyond the reach
    texts: "Texts | None" = None


def _refuse_same_tokens(request: Request, wholes: Sequence[tuple[int, ...]]) -> None:
    for index, whole in enumerate(wholes):
        if whole in wholes[:index]:
            one, other = request.options[wholes.index(whole)], request.options[index]
            raise SuiteError(
                f"item {request.item!r}: options {one!r} and {other!r} are the same tokens to this model, so scoring cannot tell them "
                "apart; word one of them otherwise, or use answers: generated"
            )

