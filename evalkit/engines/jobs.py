"""Requests from text to rows of tokens, and from the rows' results to responses."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.engines.batches import is_out_of_memory
from evalkit.engines.forward import ScoreRow
from evalkit.engines.tokens import Encoder, Pair
from evalkit.engines.writing import WriteRow, Written
from evalkit.records import Request, Response


class Job:
    """A request to score while its rows come in."""

    def __init__(self, request: Request, pairs: Sequence[Pair], began: float) -> None:
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
        self._waiting = len(self.rows)
        self._encode_s = time.perf_counter() - began
        self._start = math.inf
        self._end = 0.0
        self.error: Exception | None = None
        self.failed_row: ScoreRow | None = None

    @classmethod
    def of(cls, request: Request, encoder: Encoder) -> "Job":
        """The job of `request`. Raises what its template or tokenizer raises, ValueError for options that cannot be scored."""
        began = time.perf_counter()
        return cls(request, encoder.pairs(request), began)

    @property
    def longest(self) -> int:
        """Tokens of its longest row."""
        return max(len(row.tokens) for row in self.rows)

    @property
    def complete(self) -> bool:
        """Whether all rows came in."""
        return self._waiting == 0

    def refuse_unknown(self, known: int) -> None:
        """Raises ValueError for a token that the weights do not know."""
        for row in self.rows:
            _refuse_unknown((*row.tokens, *(token for _, ids in row.continuations for token in ids)), known)

    def take(self, row: ScoreRow, result: tuple[float, ...] | Exception, start: float) -> None:
        """Takes in what a row gave; `start` is when work on it (its prefix included) began."""
        self._waiting -= 1
        self._start, self._end = min(self._start, start), time.perf_counter()
        if isinstance(result, Exception):
            self.error, self.failed_row = result, row
        else:
            self._nats.update(zip(self._options[row.name], result, strict=True))

    def response(self) -> Response:
        """What came of it, once it is complete and without `error`."""
        return Response(
            request=self.request.id,
            finish="scored",
            loglikelihoods=tuple(self._nats[index] for index in range(len(self.option_tokens))),
            option_tokens=self.option_tokens,
            tokens_in=self.tokens_in,
            total_s=self._encode_s + self._end - self._start,
        )


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request to write, as tokens."""

    request: Request
    row: WriteRow
    encode_s: float

    @classmethod
    def of(cls, request: Request, encoder: Encoder) -> "Prompt":
        """The prompt of `request`. Raises what its template or tokenizer raises, ValueError for one that cannot be continued."""
        began = time.perf_counter()
        if request.max_tokens < 1:
            raise ValueError(f"max_tokens is {request.max_tokens}; at least 1 would work")
        row = WriteRow(
            name=request.id,
            tokens=encoder.prompt(request),
            max_tokens=request.max_tokens,
            stop=request.stop,
            temperature=request.temperature,
            top_p=request.top_p,
            key=(request.id, request.seed),
        )
        return cls(request, row, time.perf_counter() - began)

    @property
    def tokens(self) -> tuple[int, ...]:
        """Those of the prompt."""
        return self.row.tokens

    @property
    def longest(self) -> int:
        """Tokens of the prompt with all that may be written after it."""
        return len(self.row.tokens) + self.row.max_tokens

    def refuse_unknown(self, known: int) -> None:
        """Raises ValueError for a token that the weights do not know."""
        _refuse_unknown(self.tokens, known)

    def response(self, written: Written) -> Response:
        """What came of it."""
        return Response(
            request=self.request.id,
            finish=written.finish,
            text=written.text,
            tokens_in=len(self.tokens),
            tokens_out=len(written.ids),
            first_s=self.encode_s + written.first_s,
            total_s=self.encode_s + written.total_s,
            stopped=written.stopped,
        )


def _refuse_unknown(tokens: Sequence[int], known: int) -> None:
    highest = max(tokens)
    if highest >= known:
        raise ValueError(f"token {highest} lies beyond the model's vocabulary of {known}: the tokenizer has tokens that the weights lack")


def reason(error: Exception) -> str:
    """An engine's failure in words for the response."""
    if is_out_of_memory(error):
        return "out of memory with this request alone; a smaller dtype, or a device with more memory, would work"
    return f"{type(error).__name__}: {error}"[:500]
