"""Which rows are run together, and what happens when a group fails.

Composition follows from the rows and a fixed budget alone, never from free memory: two machines run the same groups.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar


class Sized(Protocol):
    """What a row must tell to be grouped."""

    @property
    def order(self) -> tuple[int, str]:
        """Tokens that the row takes up, and a name that decides between equals."""
        ...

    @property
    def scored(self) -> int:
        """Positions at which logits are wanted."""
        ...


Row = TypeVar("Row", bound=Sized)
Part = TypeVar("Part")
Result = TypeVar("Result")


def batches(rows: Sequence[Row], *, tokens: int, scored: int, most: int | None = None) -> list[list[Row]]:
    """Groups of rows of like length, the longest first, so that trouble with memory shows at once.

    A group's padded size stays within `tokens` and its logits within `scored` positions; a row beyond them is a group
    of its own. With `most`, a group has at most that many rows as well.
    """
    groups: list[list[Row]] = []
    held = 0
    for row in sorted(rows, key=lambda row: row.order, reverse=True):
        group = groups[-1] if groups else []
        fits = bool(group) and (len(group) + 1) * group[0].order[0] <= tokens and (most is None or len(group) < most)
        if fits and held + row.scored <= scored:
            group.append(row)
            held += row.scored
        else:
            groups.append([row])
            held = row.scored
    return groups


def halving(
    group: Sequence[Part], work: Callable[[Sequence[Part]], Sequence[Result]], trouble: Callable[[Exception, int], None]
) -> Iterator[tuple[Part, Result | Exception]]:
    """Every row with its result, or with the exception it raises when alone.

    A group that fails (out of memory, or one row that the model cannot take) is halved and tried again, so that one
    row costs its neighbours nothing. `trouble` hears of each failure and the size of the group.
    """
    waiting = [list(group)] if group else []
    while waiting:
        part = waiting.pop()
        try:
            done = work(part)
        except Exception as error:  # noqa: BLE001 (a failure of one group is that group's answer, not the run's end)
            trouble(error, len(part))
            if len(part) == 1:
                yield part[0], error
            else:
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]]
            continue
        yield from zip(part, done, strict=True)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory ran out: torch's own class, Python's, or a RuntimeError of an allocator."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in text for words in ("out of memory", "not enough memory", "can't allocate memory"))
    )
