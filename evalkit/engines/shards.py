"""Requests to shards: parts of a run that processes answer one after another, cut where they share least.

The cut follows from the requests alone, never from how many processes there are or how fast each of them is, so that a run
with two processes and one with eight compute the same groups.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.records import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Requests of one ability that one process answers. `size` is what has to be computed for them, in units of their sequences."""

    requests: tuple[Request, ...]
    size: int
    kills: int = 0  # processes that died with it


def shards(requests: Sequence[Request], prompts: Mapping[str, Sequence[int]], *, size: int, token: int = 1) -> tuple[Shard, ...]:
    """Shards of about `size`, written ones first (they take longest), then by size, the largest first.

    `prompts` gives the sequence that the model reads, by request id: token ids, or bytes of which about `token` make one.
    Requests are sorted by it, so that equal beginnings stand together and are counted once; between half of `size` and `size`
    the place is taken where the least is shared. Each request is in one shard, and no shard is empty or mixes abilities. A
    request given twice is cut once.
    """
    unique = {request.id: request for request in requests}
    made: list[Shard] = []
    for ability in ("generate", "score"):
        ordered = sorted((request for request in unique.values() if request.ability == ability), key=lambda one: (prompts[one.id], one.id))
        parts = _cut(ordered, [prompts[request.id] for request in ordered], [token * own(request) for request in ordered], size)
        made += sorted(parts, key=lambda part: (-part.size, part.requests[0].id))
    return tuple(made)


def split(shard: Shard) -> tuple[Shard, ...]:
    """One shard for each request of `shard`: where one of them ends processes, the others are not dragged along again."""
    return tuple(Shard(requests=(request,), size=shard.size // len(shard.requests)) for request in shard.requests)


def shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the common beginning of two sequences.

    >>> shared(b"steel is", b"steel was")
    6
    """
    low, high = 0, min(len(one), len(other))
    while low < high:  # slices are compared at the speed of C, so halving beats a loop over elements
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def own(request: Request) -> int:
    """What a request adds behind its prompt and shares with no other: tokens to be written, or one for each option."""
    return request.max_tokens if request.ability == "generate" else max(1, len(request.options))


def _cut(ordered: Sequence[Request], prompts: Sequence[Sequence[int]], behind: Sequence[int], size: int) -> list[Shard]:
    common = [shared(prompts[place - 1], prompt) if place else 0 for place, prompt in enumerate(prompts)]  # with the one before
    fresh = [len(prompt) - held + more for prompt, held, more in zip(prompts, common, behind, strict=True)]
    left = sum(fresh)  # of all that is not cut yet, beside what the first one shares with the shard before
    parts: list[Shard] = []
    begin = 0
    while begin < len(ordered):
        left += common[begin]
        end = len(ordered) if left <= size + size // 2 else _end(common, fresh, begin, size)
        taken = common[begin] + sum(fresh[begin:end])
        parts.append(Shard(requests=tuple(ordered[begin:end]), size=taken))
        left -= taken
        begin = end
    return parts


def _end(common: Sequence[int], fresh: Sequence[int], begin: int, size: int) -> int:
    """Where the shard that begins at `begin` ends: behind it the least is shared; of equals, the last."""
    held, last, ends = common[begin], begin + 1, []
    for place in range(begin, len(fresh)):
        held += fresh[place]
        if held > size and place > begin:
            break
        last = place + 1
        if held >= size // 2:
            ends.append(last)
    return min(ends or [last], key=lambda end: (common[end] if end < len(common) else 0, -end))
