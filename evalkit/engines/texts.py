"""Texts: the ways of writing them, the fastest first, and which of them a model fits, found out by comparing.

    texts = Texts(model, encoder, ends, work, reach, rescaled, say)
    for row, result in texts.write(rows, sizes, room=16_384, slots=32, trouble=trouble):

- packed: over stored prefixes, in slots (`generate`)
- cache: over the library's own cache, rows of like length together (`stepwise`)
- alone: the same, one row at a time; what needs no proof
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from evalkit.canon import rng_for
from evalkit.engines import generate, stepwise
from evalkit.engines.attention import UnfitError
from evalkit.engines.batches import is_out_of_memory
from evalkit.engines.forest import Limits
from evalkit.engines.forward import free_memory
from evalkit.engines.generate import Writer
from evalkit.engines.prefix import Proof, Trouble, Work
from evalkit.engines.tokens import Encoder
from evalkit.engines.ways import Choice, Writing, vocabulary_of
from evalkit.engines.writing import Reader, WriteRow, Written

LENGTHS = (generate.SHORT, 61, 37)  # tokens of a proof's short prompts: unlike, so that padding and windows are seen
WHOLE = 512  # tokens; a proof's prompt in full is cut beyond them
WHAT = "writing"

Results = Iterator[tuple[WriteRow, Written | Exception]]


class Texts:
    """Writes rows the first way that gives the plain way's tokens.

    `reach` is the number of tokens after which a layer no longer sees the whole (0: none such): the way is proven once more, with
    a prompt that goes beyond it, when rows first do. Rows of more than `rescaled` tokens (0: none) are written alone. `say` hears of
    a choice that is not the fastest.
    """

    def __init__(
        self,
        model: Any,
        encoder: Encoder,
        ends: frozenset[int],
        work: Work,
        reach: int,
        rescaled: int,
        say: Callable[[Choice, str], None],
    ) -> None:
        self.choice: Choice | None = None
        self._model = model
        self._encoder = encoder
        self._ends = ends
        self._work = work
        self._reach = reach
        self._rescaled = rescaled
        self._say = say
        self._beyond = False  # whether the choice was proven with a row beyond the reach
        self._refused: dict[str, str] = {}

    def write(self, rows: Sequence[WriteRow], sizes: Limits, *, room: int, slots: int, trouble: Trouble) -> Results:
        """Each row with its text or with what went wrong. `room` holds the tokens of all rows that are written at once.

        Their names must be distinct.
        """
        lone = [row for row in rows if self._rescaled and row.order[0] > self._rescaled]
        others = [row for row in rows if not self._rescaled or row.order[0] <= self._rescaled]
        if others:
            way = self._way(others, sizes, room, trouble)
            if way == "packed":
                yield from self._packed(others, sizes, room, slots, trouble)
            else:
                yield from self._stepwise(others, sizes, room, slots if way == "cache" else 1, trouble)
        yield from self._lone(lone, trouble)

    # ------------------------------------------------------------ which way

    def _way(self, rows: Sequence[WriteRow], sizes: Limits, room: int, trouble: Trouble) -> Writing:
        """The way for these rows. Where memory is too short to prove one, they are written alone, and the next ones decide."""
        beyond = bool(self._reach) and any(row.order[0] > self._reach for row in rows)
        if self.choice is None or (beyond and not self._beyond):
            known = min(int(self._model.get_input_embeddings().weight.shape[0]), vocabulary_of(self._model))
            chosen = rows_to_prove(rows, reach=self._reach if beyond else 0, vocabulary=known)
            choice, settled = self._proven(chosen, sizes, room, trouble)
            if self.choice is None or choice.way != self.choice.way:
                self._say(choice, WHAT)
            if not settled:
                return "alone"
            self.choice, self._beyond = choice, beyond
        way = self.choice.way
        return "packed" if way == "packed" else "cache" if way == "cache" else "alone"

    def _proven(self, rows: Sequence[WriteRow], sizes: Limits, room: int, trouble: Trouble) -> tuple[Choice, bool]:
        """The first way that fits `rows`, and whether that settles it."""
        ways: dict[Writing, Callable[[], Proof]] = {
            "packed": lambda: generate.fits(self._model, self._encoder, sizes, rows, room=room),
            "cache": lambda: stepwise.fits(self._model, rows),
        }
        unsettled: dict[str, str] = {}
        for name, prove in ways.items():
            if name in self._refused:
                continue
            proof = _twice(prove, trouble)
            if proof is not None and not proof.why:
                return Choice(way=name, proof=proof, refused={**self._refused, **unsettled}), not unsettled
            if proof is None:
                unsettled[name] = "out of memory while it was proven, for these requests only"
            elif not proof.rows:
                unsettled[name] = f"{proof.why}, for these requests only"
            else:
                self._refused[name] = proof.why
        return Choice(way="alone", proof=Proof(why=""), refused={**self._refused, **unsettled}), not unsettled

    # ------------------------------------------------------------ writing

    def _packed(self, rows: Sequence[WriteRow], sizes: Limits, room: int, slots: int, trouble: Trouble) -> Results:
        """Where it turns out in mid-run that the model does not fit, the rows that are left go another way."""
        left = {row.name: row for row in rows}
        why = ""
        writer = Writer(self._model, self._encoder, self._ends, sizes, slots, self._work, room=room)
        try:
            with closing(writer.write(rows, trouble)) as results:
                for row, result in results:
                    if isinstance(result, UnfitError):
                        raise result
                    del left[row.name]
                    yield row, result
        except UnfitError as error:
            why = f"found out while writing: {error}"
        if not why:
            return
        self._refused["packed"], self.choice = why, None
        again = list(left.values())
        way = self._way(again, sizes, room, trouble)
        yield from self._stepwise(again, sizes, room, slots if way == "cache" else 1, trouble, asked=False)

    def _stepwise(
        self, rows: Sequence[WriteRow], sizes: Limits, room: int, slots: int, trouble: Trouble, *, asked: bool = True
    ) -> Results:
        reader = Reader(self._encoder, self._ends)
        for group in grouped(rows, step=sizes.step, room=room, most=min(slots, sizes.rows or slots)):
            self._work.tokens_asked += sum(len(row.tokens) for row in group) if asked else 0
            yield from stepwise.write(self._model, reader, group, self._work, trouble)

    def _lone(self, rows: Sequence[WriteRow], trouble: Trouble) -> Results:
        """Rows whose positions are scaled by their own length: alone, each as in a model that has seen nothing before."""
        reader = Reader(self._encoder, self._ends)
        for row in sorted(rows, key=lambda row: row.order, reverse=True):
            self._work.tokens_asked += len(row.tokens)
            yield from stepwise.write(self._model, reader, [row], self._work, trouble, afresh=True)
        if rows:
            try:
                stepwise.forget(self._model, rows[0].tokens)
            except Exception as error:  # noqa: BLE001 (the forward that comes next finds out what is wrong)
                trouble(error, 1)


def _twice(prove: Callable[[], Proof], trouble: Trouble) -> Proof | None:
    """The proof, tried once more where memory ran out; None where it did again."""
    for _ in range(2):
        try:
            return prove()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            trouble(error, 1)
            free_memory(error)
    return None


def grouped(rows: Sequence[WriteRow], *, step: int, room: int, most: int) -> list[list[WriteRow]]:
    """Groups of rows of like length, the longest first; of `most` rows, `step` tokens of padded prompts and `room` of padded texts.

    A row that is larger is a group of its own.
    """
    groups: list[list[WriteRow]] = []
    longest = 0  # prompt of the last group
    for row in sorted(rows, key=lambda row: row.order, reverse=True):
        count = len(groups[-1]) + 1 if groups else 0
        longer = max(longest, len(row.tokens))
        if 0 < count <= most and count * longer <= step and count * groups[-1][0].order[0] <= room:
            groups[-1].append(row)
            longest = longer
        else:
            groups.append([row])
            longest = len(row.tokens)
    return groups


# ---------------------------------------------------------------- what is proven


def rows_to_prove(rows: Sequence[WriteRow], *, reach: int = 0, vocabulary: int = 0) -> list[WriteRow]:
    """The two longest prompts and the shortest, cut to unlike lengths, and the shortest one in full, up to WHOLE tokens.

    With `reach`, also one that goes beyond it: the shortest that does so by itself, in full, or else the longest, repeated until
    what is written after it does. With `vocabulary`, two of drawn tokens as well, so that a proof says something whatever is asked.
    """
    ordered = sorted(rows, key=lambda row: (len(row.tokens), row.name))
    if not ordered:
        return []
    most = min(LENGTHS[0], len(ordered[-1].tokens))
    cut = [max(1, most * length // LENGTHS[0]) for length in LENGTHS]
    chosen = [_cut(row, length) for row, length in zip((ordered[-1], ordered[-2:][0], ordered[0]), cut, strict=True)]
    chosen.append(_cut(ordered[0], WHOLE))
    if reach:
        longer = [row for row in ordered if len(row.tokens) > reach]
        chosen += longer[:1] or [_repeated(ordered[-1], reach - 1)]
    length = min(LENGTHS[0], max(row.order[0] for row in rows) - generate.PROVEN)  # no longer than what is asked: positions may end there
    if vocabulary and length > 1:
        draw = rng_for("proof of writing", vocabulary)
        drawn = WriteRow("made up", tuple(draw.randrange(vocabulary) for _ in range(length)), generate.PROVEN)
        chosen += [drawn, _cut(drawn, max(1, length * LENGTHS[2] // LENGTHS[0]))]
    return list({row.tokens: row for row in chosen}.values())


def _cut(row: WriteRow, length: int) -> WriteRow:
    """Its first and last tokens, two of the former for one of the latter."""
    if len(row.tokens) <= length:
        return row
    head = length - length // 3
    return replace(row, tokens=(*row.tokens[:head], *row.tokens[len(row.tokens) - (length - head) :]))


def _repeated(row: WriteRow, length: int) -> WriteRow:
    times = -(-length // len(row.tokens))
    return replace(row, tokens=(row.tokens * times)[:length]) if length > len(row.tokens) else row
