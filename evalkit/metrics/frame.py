"""What all metrics share: which state a response puts a mark in, before and after the answer is read."""

import functools
from collections.abc import Callable

from evalkit.answers import Read, is_refusal, strip_thinking
from evalkit.protocols import Metric
from evalkit.records import Item, Mark, Response, State

PARSED = 200  # characters of `Mark.parsed` and `Mark.rule`
Reader = Callable[[Item, str], Read]
# value in [0, 1], the answer as it is shown and, where one option was chosen, its place from 0
Marker = Callable[[Item, Read], tuple[float, str] | tuple[float, str, int]]


def framed(read: Reader, judge: Marker) -> Metric:
    """A metric from a reader (text without its thinking, to `Read`) and a judge of what was read.

    The model's failures are 0: over_context, cut_off (stopped inside its thinking, or by the limit on tokens before an
    answer that stands), refused, unparsable. Ours are None: a failed request, a gold that cannot be used.
    """

    @functools.wraps(judge)
    def metric(item: Item, response: Response) -> Mark:
        early = before_reading(response)
        if early is not None:
            return early
        text, _, finished = strip_thinking(storable(response.text))  # so that live and stored answers get the same mark
        if not finished:
            return zero("cut_off", "thinking not finished")
        try:
            found = read(item, text)
            return _mark(item, response, text, found, judge)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:  # the item's fault, never the answer's
            return Mark(value=None, state="errored", rule=kept(f"item cannot be marked: {error}"))

    return metric


def storable(text: str) -> str:
    """`text` with each half character (a lone surrogate, which a model can write) as "?": UTF-8, and so Parquet, has none."""
    return text.encode("utf-8", "replace").decode()


def kept(text: str) -> str:
    """`text` as a mark holds it: storable, at most `PARSED` characters."""
    return storable(text[:PARSED])


def before_reading(response: Response) -> Mark | None:
    """The mark of a response that has no answer to read: our failure, or a prompt beyond the model's context."""
    if response.finish == "error" or response.error:
        return Mark(value=None, state="errored", rule=kept(f"request failed: {response.error}"))
    return zero("over_context", "prompt longer than the context") if response.finish == "over_context" else None


def zero(state: State, rule: str, parsed: str = "") -> Mark:
    """A mark of 0 with its state."""
    return Mark(value=0.0, state=state, rule=kept(rule), parsed=kept(parsed) or "(nothing)")


def _mark(item: Item, response: Response, text: str, found: Read, judge: Marker) -> Mark:
    cut = response.finish == "length"
    if found.value is None and not found.wrong:
        if cut:
            return zero("cut_off", found.rule, found.text)
        return zero("refused" if is_refusal(text) else "unparsable", found.rule, found.text)
    if cut and not found.firm:
        return zero("cut_off", f"{found.rule}, not whole", found.text)
    if found.wrong:
        return zero("answered", found.rule, found.text)
    value, shown, *places = judge(item, found)
    place = places[0] if places else None
    return Mark(value=value, state="answered", parsed=kept(shown) or "(empty)", rule=kept(found.rule), place=place)
