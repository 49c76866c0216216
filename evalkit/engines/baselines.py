"""Models that read nothing: what a score means is seen beside them.

Each is a rule over the options of a request. A choice is answered with log-likelihoods (the chosen option 0, the
others far below) or, where text is asked for, with the option's label. Written forms get an empty text: no answer.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.canon import digest, rng_for
from evalkit.records import Ability, Model, Request, Response

RULES = "baseline/1"
FAR_BELOW = -1000.0  # nats; exp of it is 0 in double precision
_LAYOUTS = (("{label}. ", "\n"), ("({label}) ", "\n"), ("{label}) ", "\n"), ("{label}) ", "; "), ("{label}. ", "; "), ("({label}) ", "; "))


class _Baseline(ABC):
    """The engine around a rule; `choose` gives the index of the option."""

    abilities: frozenset[Ability] = frozenset({"score", "generate"})
    rules = RULES
    name = ""

    def __init__(self, config: Any = None) -> None:
        del config  # a baseline has nothing to set
        self.model = Model(
            name=f"baseline:{self.name}", source=f"baseline:{self.name}", weights_digest=digest([RULES, self.name]), baseline=True
        )

    def answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        """One response a request, in order."""
        return map(self._respond, requests)

    def facts(self) -> Mapping[str, Any]:
        """Nothing was loaded."""
        return {"rules": self.rules, "device": "none", "events": []}

    @abstractmethod
    def choose(self, request: Request, options: Sequence[str]) -> int:
        """Index of the chosen option. Raises ValueError where the rule cannot be applied."""

    def _respond(self, request: Request) -> Response:
        options = request.options or shown_labels(request)
        if not options:
            return Response(request=request.id, finish="stop")
        try:
            chosen = self.choose(request, options)
        except ValueError as error:
            return Response(request=request.id, finish="error", error=str(error))
        if request.ability == "generate":
            return Response(request=request.id, finish="stop", text=options[chosen])
        nats = tuple(0.0 if index == chosen else FAR_BELOW for index in range(len(options)))
        return Response(request=request.id, finish="scored", loglikelihoods=nats, option_tokens=(1,) * len(options))


class RandomEngine(_Baseline):
    """Each option with the same probability; the draw hangs on the request's identity alone."""

    name = "random"

    def choose(self, request: Request, options: Sequence[str]) -> int:
        """Uniform over the options."""
        return rng_for(RULES, self.name, request.id).randrange(len(options))


class ConstantLetterEngine(_Baseline):
    """Always the option at one place, the first unless told otherwise; the last where there are fewer."""

    name = "constant"

    def __init__(self, config: Any = None, *, index: int = 0) -> None:
        if index:
            self.name = f"constant-{index}"
        self._index = index
        super().__init__(config)

    def choose(self, request: Request, options: Sequence[str]) -> int:
        """The place it was made for."""
        del request
        return min(self._index, len(options) - 1)


class LongestOptionEngine(_Baseline):
    """The option with the longest text (in characters; the first of equals): shows whether length gives a gold away."""

    name = "longest"

    def choose(self, request: Request, options: Sequence[str]) -> int:
        """Reads the options' texts from the question, by their labels."""
        lengths = [len(text) for text in option_texts(request, options)]
        return lengths.index(max(lengths))


def _question(request: Request) -> str:
    return next((message.content for message in reversed(request.messages) if message.role == "user"), "")


def option_texts(request: Request, labels: Sequence[str]) -> tuple[str, ...]:
    """The text behind each label in the last user turn: lines "A. text", "(A) text", "A) text; B) text", or JSON.

    Options that are texts themselves (longer than any label) are returned as they are. Raises ValueError when a label
    has no text.
    """
    question = _question(request)
    for layout, gap in _LAYOUTS:
        marks = [re.escape(layout.format(label=label)) for label in labels]
        found = re.findall("^" + re.escape(gap).join(f"{mark}(.*?)" for mark in marks) + "$", question, re.MULTILINE)
        if found:
            last = found[-1]  # the options stand behind what the question quotes
            return tuple(last) if isinstance(last, tuple) else (last,)
    shown = _json_options(question)
    if all(label in shown for label in labels):
        return tuple(shown[label] for label in labels)
    if max(map(len, labels)) > 3:
        return tuple(labels)
    raise ValueError(f"no text was found for the labels {', '.join(labels)} in the question")


def _json_options(question: str) -> dict[str, str]:
    for start in (match.start() for match in re.finditer(r"^\{", question, re.MULTILINE)):
        try:
            read, _ = json.JSONDecoder().raw_decode(question, start)
        except ValueError:
            continue
        options = read.get("options")
        if isinstance(options, dict):
            return {str(label): str(text) for label, text in options.items()}
    return {}


def shown_labels(request: Request) -> tuple[str, ...]:
    """Labels of the options that the last user turn shows, () where it shows none; for a choice that is to be written."""
    question = _question(request)
    listed = _json_options(question)
    if listed:
        return tuple(listed)
    for pattern in (r"^(\S)\. ", r"^\((\S)\) ", r"(?:^|; )(\S)\) "):
        labels = tuple(re.findall(pattern, question, re.MULTILINE))
        if len(labels) > 1 and len(set(labels)) == len(labels):
            return labels
    return ()
