"""A short text against the gold and its aliases."""

import re

from evalkit.answers import Read, match_key, read_text
from evalkit.metrics.frame import framed
from evalkit.records import Item

_REMARK = re.compile(r"(?<=\S)\s?\([^()]{1,100}\)$")  # "setup time (建立时间)": said beside the answer


def _read(item: Item, text: str) -> Read:
    return read_text(text)


def _judge(item: Item, found: Read) -> tuple[float, str]:
    """1 where the answer is the gold or one of its aliases but for case, width, spaces and punctuation, else 0."""
    if not isinstance(item.answer, str) or not match_key(item.answer):
        raise ValueError("the gold is not a text")
    right = {match_key(item.answer), *map(match_key, item.aliases)}
    given = {match_key(found.value), match_key(_REMARK.sub("", found.value))}
    return float(bool(given & right)), found.value


text = framed(_read, _judge)
