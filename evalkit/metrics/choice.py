"""One right option (by log-likelihood or by the letter in a text), or a set of right options."""

import math
from collections.abc import Sequence

from evalkit.answers import Read, read_letter, read_letters
from evalkit.metrics.frame import before_reading, framed, kept
from evalkit.prompts import labels_of
from evalkit.records import Item, Mark, Response


def _read_one(item: Item, text: str) -> Read:
    return read_letter(text, labels_of(item), item.choices)


def _judge_one(item: Item, found: Read) -> tuple[float, str, int]:
    if item.answer not in item.choices:
        raise ValueError("the gold is not among the options")
    place = labels_of(item).index(found.value)
    option = item.choices[place]
    return float(option == item.answer), option, place


_by_text = framed(_read_one, _judge_one)


def choice(item: Item, response: Response) -> Mark:
    """1 where the option chosen is the right one. `parsed` is the option's text (cut), `place` its place.

    With log-likelihoods: the option of the highest one (the first of equal ones), with its softmax probability as
    confidence and the Brier score, sum over options of (p - [right])^2 (Brier 1950, in [0, 2]). Else the text is read.
    """
    early = before_reading(response)
    if early is not None:
        return early
    return _by_likelihood(item, response.loglikelihoods) if response.loglikelihoods else _by_text(item, response)


def _by_likelihood(item: Item, values: Sequence[float]) -> Mark:
    if len(values) != len(item.choices):
        return _errored(f"{len(values)} log-likelihoods for {len(item.choices)} options")
    best = max(values)
    if any(math.isnan(value) for value in values) or not math.isfinite(best):
        return _errored("a log-likelihood is not a number")
    if item.answer not in item.choices:
        return _errored("the gold is not among the options")
    chosen = values.index(best)
    weights = [math.exp(value - best) for value in values]
    shares = [weight / math.fsum(weights) for weight in weights]
    right = item.choices.index(str(item.answer))
    option = item.choices[chosen]
    return Mark(
        value=float(chosen == right),
        state="answered",
        parsed=kept(option),
        rule="log-likelihood, tie" if list(values).count(best) > 1 else "log-likelihood",
        confidence=shares[chosen],
        place=chosen,
        brier=math.fsum((share - (place == right)) ** 2 for place, share in enumerate(shares)),
    )


def _errored(reason: str) -> Mark:
    return Mark(value=None, state="errored", rule=kept(reason))


def _read_set(item: Item, text: str) -> Read:
    return read_letters(text, labels_of(item), item.choices)


def _judge_set(item: Item, found: Read) -> tuple[float, str]:
    """1 where exactly the right options are named, else 0."""
    options = dict(zip(labels_of(item), item.choices, strict=True))
    if not item.answer or not set(item.answer) <= set(item.choices):
        raise ValueError("the gold is not among the options")
    chosen = [options[label] for label in found.value]
    return float(set(chosen) == set(item.answer)), "; ".join(chosen)


choices = framed(_read_set, _judge_set)
