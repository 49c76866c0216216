"""What writing means, whichever way the logits come about: rows to continue, which token is next, and when a text is done."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from evalkit.canon import digest
from evalkit.engines.tokens import Encoder
from evalkit.records import Finish

MARGIN = 8  # tokens read beyond a stop string's bytes: a tokenizer may treat the first one otherwise than in the whole text
_FIRST = 64  # of the likeliest tokens that are looked at first when `top_p` cuts

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class WriteRow:
    """A prompt, when to stop continuing it, and how the next token is taken.

    With a temperature above 0 tokens are drawn from the likeliest ones that together have the probability `top_p`; `key`
    (the request's id and its seed) and a token's number in the text then decide the draw, and nothing else.
    """

    name: str
    tokens: tuple[int, ...]
    max_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    key: tuple[str, str] = ("", "")

    @property
    def order(self) -> tuple[int, str]:
        """Tokens that the row may take up; its name decides between equals."""
        return len(self.tokens) + self.max_tokens, self.name

    @property
    def scored(self) -> int:
        """Logits are wanted at one position at a time."""
        return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was generated. Times are seconds since work on the row began.

    `ids` are all its tokens, the end token too; `stopped` is the end token's text or the stop string, "" for a text that
    was cut off.
    """

    text: str
    finish: Finish
    ids: tuple[int, ...]
    stopped: str
    first_s: float
    total_s: float

    @property
    def tokens(self) -> int:
        """How many there are, the end token counted."""
        return len(self.ids)


class Reader:
    """A tokenizer as the reader of texts that grow: where they end."""

    def __init__(self, encoder: Encoder, ends: frozenset[int]) -> None:
        self.ends = ends
        self._encoder = encoder
        added = getattr(encoder.tokenizer, "added_tokens_decoder", {})
        marked = {token for token, entry in added.items() if entry.special}
        self._silent = marked | set(encoder.tokenizer.all_special_ids)  # no part of a text

    def name(self, token: int) -> str:
        """The tokenizer's own text of a token, special ones too."""
        return str(self._encoder.tokenizer.decode([token], skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def text(self, ids: Sequence[int]) -> str:
        """The text of a row's tokens without the end token."""
        return self._encoder.read(ids[:-1] if ids and ids[-1] in self.ends else ids)

    def finish(self, row: WriteRow, ids: Sequence[int]) -> Finish | None:
        """Whether the text is done with the last of its tokens, and how."""
        if ids[-1] in self.ends:
            return "stop"
        if row.stop and ids[-1] not in self._silent and self._holds_stop(row.stop, ids):
            return "stop"
        return "length" if len(ids) >= row.max_tokens else None

    def _holds_stop(self, stops: Sequence[str], ids: Sequence[int]) -> bool:
        """A stop string may lie across tokens, down to a byte each: so many of the last are read, the whole only on a hit."""
        wanted = max(len(stop.encode("utf-8", "surrogatepass")) for stop in stops) + MARGIN
        tail: list[int] = []
        for token in reversed(ids):
            if token not in self._silent:
                tail.append(token)
                if len(tail) == wanted:
                    break
        text = self._encoder.read(tail[::-1])
        return any(stop in text for stop in stops) and _earliest(stops, self._encoder.read(ids)) is not None

    def written(self, row: WriteRow, ids: Sequence[int], finish: Finish, first_s: float, total_s: float) -> Written:
        """The finished text, cut before its earliest stop string."""
        text = self.text(ids)
        stopped = self.name(ids[-1]) if ids[-1] in self.ends else ""
        found = _earliest(row.stop, text)
        if found is not None:
            place, stopped = found
            text, finish = text[:place], "stop"
        return Written(text=text, finish=finish, ids=tuple(ids), stopped=stopped, first_s=first_s, total_s=total_s)


def _earliest(stops: Sequence[str], text: str) -> tuple[int, str] | None:
    """Place and text of the stop string that comes first; of several at one place, the one that was named first."""
    found = [(text.index(stop), number, stop) for number, stop in enumerate(stops) if stop in text]
    return (min(found)[0], min(found)[2]) if found else None


@dataclass(slots=True, eq=False)
class Text:
    """A row while it is being written. `began` is when work on it began, by the clock of `time.perf_counter`."""

    row: WriteRow
    began: float = 0.0
    ids: list[int] = field(default_factory=list)
    first_s: float = 0.0

    def take(self, token: int, reader: Reader) -> Written | None:
        """Add the next token; the finished text where that was the last."""
        now = time.perf_counter() - self.began
        self.ids.append(token)
        if len(self.ids) == 1:
            self.first_s = now
        finish = reader.finish(self.row, self.ids)
        return None if finish is None else reader.written(self.row, self.ids, finish, self.first_s, now)


# ---------------------------------------------------------------- the next token


def next_tokens(logits: torch.Tensor, texts: Sequence[Text]) -> list[int | FloatingPointError]:
    """The next token of each text, from its row of `logits` [texts, vocabulary]; an error for the rows that hold no numbers."""
    best, tokens = logits.max(dim=-1)
    sound = torch.isfinite(best).tolist()  # the largest is NaN where any is
    likeliest = tokens.tolist()
    found: list[int | FloatingPointError] = []
    for index, text in enumerate(texts):
        if not sound[index]:
            found.append(FloatingPointError("the model's logits are not finite numbers"))
        elif text.row.temperature > 0:
            found.append(drawn(logits[index].cpu().double().numpy(), text.row, len(text.ids)))
        else:
            found.append(int(likeliest[index]))
    return found


def drawn(logits: Array, row: WriteRow, number: int) -> int:
    """Token `number` of the row's text, drawn from softmax(logits / temperature) cut at `top_p`; `logits` [vocabulary], float64.

    The largest sum of a logit and its token's own Gumbel noise wins, which draws by softmax (Gumbel 1954; Maddison et al.
    2014, "A* sampling", section 2). The noise follows from the row's key and `number` alone. So logits that differ in their
    last digits, as in another batch, give another token only where two sums are as near; going along the cumulative
    probabilities, they would wherever two unlikely tokens change places.
    """
    scaled = (logits - logits.max()) / row.temperature
    kept = _likeliest(scaled, row.top_p) if row.top_p < 1 else np.flatnonzero(scaled > -np.inf)
    return int(kept[np.argmax(scaled[kept] + _noise(len(logits), (*row.key, number))[kept])])


def _likeliest(scaled: Array, top_p: float) -> Array:
    """Ids of the fewest tokens whose probabilities reach `top_p`, the likeliest first (the smaller id of equals)."""
    weights = np.exp(scaled)
    wanted = top_p * weights.sum()
    count = min(_FIRST, len(weights))
    while True:
        least = np.partition(weights, len(weights) - count)[len(weights) - count]
        some = np.flatnonzero(weights >= least)
        some = some[np.argsort(-weights[some], kind="stable")]
        sums = np.cumsum(weights[some])
        if sums[-1] >= wanted or count == len(weights):
            return some[: int(np.searchsorted(sums, wanted)) + 1]
        count = min(count * 8, len(weights))


def _noise(size: int, key: tuple[str, str, int]) -> Array:
    """Standard Gumbel noise, the same for the same key: Philox's raw integers, which no version of numpy changes."""
    seed = int(digest(list(key))[:32], 16)
    raw = np.random.Philox(key=seed).random_raw(size)
    uniform = ((raw >> np.uint64(11)) + 0.5) * 2.0**-53  # in (0, 1), both ends left out
    noise: Array = -np.log(-np.log(uniform))
    return noise
