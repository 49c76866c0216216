"""A summary by its key facts: which it states, what it invents, how long it is."""

from evalkit.answers import Read, length_of, quote, states, strange_numbers, tidy
from evalkit.metrics.frame import framed
from evalkit.records import Item

_LENIENT = 1.1  # length allowed over the limit: words are counted in more than one way


def _read(_: Item, text: str) -> Read:
    plain = tidy(text).strip()
    return Read(value=plain, rule="whole text", text=quote(plain)) if plain else Read()


def _judge(item: Item, found: Read) -> tuple[float, str]:
    """Share of the facts stated, less one fact's share for each number that the document does not hold; at least 0.

    0 where the text is longer than 1.1 times `most`, or holds a forbidden phrasing.
    """
    if not item.facts or item.most <= 0:
        raise ValueError("a summary needs facts and a length")
    length = length_of(found.value, item.language)
    stated = sum(states(fact, found.value) for fact in item.facts)
    strange = strange_numbers(found.value, f"{item.stem}\n{item.context}")
    shown = f"{stated} of {len(item.facts)} facts, {len(strange)} strange numbers, length {length} of {item.most}"
    if length > _LENIENT * item.most or states(item.forbidden, found.value):
        return 0.0, shown
    return max(0.0, (stated - len(strange)) / len(item.facts)), shown


summary = framed(_read, _judge)
