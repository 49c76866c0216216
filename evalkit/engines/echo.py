"""An engine whose answers are given to it: for tests of everything that stands behind an engine."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from evalkit.canon import digest
from evalkit.records import Ability, Model, Request, Response


def _last_turn(request: Request) -> str:
    return request.messages[-1].content if request.messages else ""


class EchoEngine:
    """Answers what `answer` says: a text, or for a request to score the option that is chosen.

    `fails` gives the error of a request, "" where it answers. `delay_s` is waited before each answer. `asked` keeps
    the identities in the order in which they were asked, so that a test can count them.
    """

    abilities: frozenset[Ability] = frozenset({"score", "generate"})
    rules = "echo/1"

    def __init__(
        self,
        config: Any = None,
        answer: Callable[[Request], str] | None = None,
        *,
        fails: Callable[[Request], str] | None = None,
        delay_s: float = 0.0,
        label: str = "echo",
    ) -> None:
        del config
        self.model = Model(name=label, source="echo", weights_digest=digest(["echo", label]))
        self.asked: list[str] = []
        self._answer = answer or _last_turn
        self._fails = fails
        self._delay_s = delay_s

    def answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        """One response a request, in order."""
        for request in requests:
            self.asked.append(request.id)
            start = time.perf_counter()
            if self._delay_s:
                time.sleep(self._delay_s)
            yield self._respond(request, start)

    def facts(self) -> Mapping[str, Any]:
        """How many requests were asked."""
        return {"rules": self.rules, "device": "none", "asked": len(self.asked), "events": []}

    def _respond(self, request: Request, start: float) -> Response:
        error = self._fails(request) if self._fails else ""
        if error:
            return Response(request=request.id, finish="error", error=error)
        text = self._answer(request)
        words = sum(len(message.content.split()) for message in request.messages)
        if request.ability == "generate":
            now = time.perf_counter() - start
            return Response(
                request=request.id, finish="stop", text=text, tokens_in=words, tokens_out=len(text.split()), first_s=now, total_s=now
            )
        if text not in request.options:
            return Response(request=request.id, finish="error", error=f"{text!r} is none of the options {request.options!r}")
        # 0.9 for the chosen option, the rest shared: a confidence that is neither 0 nor 1
        rest = 0.1 / max(1, len(request.options) - 1)
        nats = tuple(math.log(0.9 if option == text else rest) for option in request.options)
        return Response(
            request=request.id,
            finish="scored",
            loglikelihoods=nats,
            option_tokens=(1,) * len(request.options),
            tokens_in=words,
            total_s=time.perf_counter() - start,
        )
