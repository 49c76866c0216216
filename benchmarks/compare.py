"""From what both sides answered to one workload's figures: ratio, shares, memory, differences, agreement.

Pure, but for `gap`, by which the peer's model is asked how far two tokens lay apart where two texts part.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads import Ask, Workload
from evalkit.errors import RunError

Told = Mapping[str, Any]  # one answer of a side to `run`
Gap = Callable[[str, tuple[str, str]], float | None]  # context and two texts to nats
TIE = 1e-4  # nats between the two best options: rounding may swap them
TEXT_TIE = 1e-3  # nats between the tokens at which two greedy texts part


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a workload, timed alternately: evalkit, peer, evalkit."""

    name: str
    asks: tuple[Ask, ...]
    ours: tuple[Told, ...]  # its passes
    peer: Told
    tree: Mapping[str, int]  # tokens, pairs (`benchmarks.ours.Ours.tree`)

    @property
    def seconds(self) -> float:
        """Mean of evalkit's passes before and after the peer's, so that a drift of the machine weighs on both alike."""
        return float(sum(told["seconds"] for told in self.ours) / len(self.ours))


def figures(workload: Workload, parts: Sequence[Part], arithmetic: Mapping[str, int | None], gap: Gap) -> dict[str, Any]:
    """One workload's entry in the result file. Raises RunError where the two sides did not read the same tokens."""
    ours = {key: answer for part in parts for key, answer in part.ours[0]["answers"].items()}
    peers = {key: answer for part in parts for key, answer in part.peer["answers"].items()}
    for ask in workload.asks:
        _same_question(ask, ours, peers)
    seconds = sum(part.seconds for part in parts)
    peer_seconds = sum(float(part.peer["seconds"]) for part in parts)
    agreement = _scored(workload.asks, ours, peers) if workload.asks[0].options else _written(workload.asks, ours, peers, gap)
    return {
        "ratio": peer_seconds / seconds,
        "seconds": seconds,
        "peer_seconds": peer_seconds,
        "seconds_of_passes": [[told["seconds"] for told in part.ours] for part in parts],
        "items": workload.items,
        "items_not_asked": workload.there - workload.items,  # of the same subjects, for the run's size
        "requests": len(workload.asks),
        "shots": workload.shots,
        "subjects": list(workload.parts),
        "prefixes": workload.prefixes,
        "items_per_prefix": workload.items_per_prefix,
        **_tokens(parts),
        "matmul_share": _share(parts, arithmetic, ours=True),
        "peer_matmul_share": _share(parts, arithmetic, ours=False),
        "rates": _rates(parts),
        "peak_mb": _peak(told for part in parts for told in part.ours),
        "peer_peak_mb": _peak(part.peer for part in parts),
        **agreement,
        "parts": {part.name: _part(part) for part in parts},
    }


def _part(part: Part) -> dict[str, Any]:
    peer = float(part.peer["seconds"])
    return {"requests": len(part.asks), "ratio": peer / part.seconds, "seconds": part.seconds, "peer_seconds": peer}


# ---------------------------------------------------------------- tokens, operations, memory


def _tokens(parts: Sequence[Part]) -> dict[str, int | None]:
    """Of one pass each: what was asked, what was computed, what a perfect sharing would compute."""

    def ours(name: str) -> int | None:
        counts = [part.ours[0]["work"].get(name) for part in parts]
        return None if None in counts else sum(counts)

    return {
        "tokens_asked": ours("tokens_asked"),
        "tokens_distinct": sum(part.tree["tokens"] for part in parts),
        "tokens_computed": ours("tokens_computed"),
        "positions": ours("positions"),
        "peer_tokens_computed": sum(part.peer["work"]["tokens"] for part in parts),
        "peer_positions": sum(part.peer["work"]["positions"] for part in parts),
    }


def operations(tokens: float, positions: float, pairs: float, arithmetic: Mapping[str, int | None]) -> float | None:
    """Multiplications and additions of the matrix products: 2 a weight and token, 2 x 2 a pair, layer and width of attention.

    `pairs` (a token, one it attends to) counts a sliding window as if it were open. None where the layers are not linear.
    """
    sizes = {name: value for name, value in arithmetic.items() if value is not None}
    if "linear" not in sizes:
        return None
    head = 2.0 * positions * sizes["hidden"] * sizes["vocabulary"]
    return 2.0 * tokens * sizes["linear"] + head + 4.0 * pairs * sizes["attention_width"] * sizes["layers"]


def _share(parts: Sequence[Part], arithmetic: Mapping[str, int | None], *, ours: bool) -> float | None:
    """Operations over what the machine could have done in the same time, at the better of its rates before and after."""
    done = possible = 0.0
    for part in parts:
        for told in part.ours if ours else (part.peer,):
            work = _ours_work(part, told) if ours else told["work"]
            count = work and operations(work["tokens"], work["positions"], work["pairs"], arithmetic)
            if not count:
                return None
            done += count
            possible += told["seconds"] * max(told["rate_before"], told["rate_after"])
    return done / possible


def _ours_work(part: Part, told: Told) -> Mapping[str, float] | None:
    """Tokens and positions as the engine counts them; pairs those of the tree, raised by what was computed twice."""
    tokens, positions = told["work"].get("tokens_computed"), told["work"].get("positions")
    if tokens is None or positions is None:
        return None
    return {"tokens": tokens, "positions": positions, "pairs": part.tree["pairs"] * tokens / part.tree["tokens"]}


def _rates(parts: Sequence[Part]) -> dict[str, Any]:
    """The machine's rates in operations a second, in the order of the passes, and the largest drift during one of them."""

    def both(told: Told) -> list[float]:
        return [told["rate_before"], told["rate_after"]]

    ours = [both(told) for part in parts for told in part.ours]
    peer = [both(part.peer) for part in parts]
    drift = max(abs(after / before - 1) for before, after in [*ours, *peer])
    return {"ours": ours, "peer": peer, "drift": drift}


def _peak(passes: Iterator[Told]) -> float | None:
    peaks = [told["peak_bytes"] for told in passes]
    return None if None in peaks else max(peaks) / 1e6


# ---------------------------------------------------------------- answers


def _same_question(ask: Ask, ours: Mapping[str, Told], peers: Mapping[str, Told]) -> None:
    for name, answers in (("evalkit", ours), ("lm_eval", peers)):
        if ask.key not in answers:
            raise RunError(f"{name} did not answer {ask.key!r}")
    mine, theirs = ours[ask.key], peers[ask.key]
    if mine["error"]:
        raise RunError(f"evalkit failed on {ask.key!r}: {mine['error']}")
    for count in ("context_tokens", "option_tokens") if ask.options else ("context_tokens",):
        if mine[count] != theirs[count]:
            raise RunError(f"{ask.key!r}: {count} are {mine[count]} for evalkit and {theirs[count]} for lm_eval: not the same question")


def _scored(asks: Sequence[Ask], ours: Mapping[str, Told], peers: Mapping[str, Told]) -> dict[str, Any]:
    """Differences a token, and how often the best option is the same. Ties are listed, and so is every other disagreement."""
    largest, same = 0.0, 0
    ties: list[dict[str, Any]] = []
    differing: list[dict[str, Any]] = []
    for ask in asks:
        mine, theirs = ours[ask.key]["loglikelihoods"], peers[ask.key]["loglikelihoods"]
        for left, right, tokens in zip(mine, theirs, ours[ask.key]["option_tokens"], strict=True):
            # a figure that is no number must not pass for a small difference
            apart = abs(left - right) / tokens
            largest = max(largest, apart) if apart == apart else float("inf")
        agrees = mine.index(max(mine)) == theirs.index(max(theirs))
        same += agrees
        best, second, *_ = sorted(mine, reverse=True)
        if best - second <= TIE:
            ties.append({"ask": ask.key, "nats": best - second, "same": agrees})
        elif not agrees:
            differing.append({"ask": ask.key, "nats": best - second})
    return {"max_abs_diff_per_token": largest, "argmax_agreement": same / len(asks), "ties": ties, "differing": differing}


def _written(asks: Sequence[Ask], ours: Mapping[str, Told], peers: Mapping[str, Told], gap: Gap) -> dict[str, Any]:
    """How many texts are the same. For each other one: nats between the two tokens at which they part, a tie up to 1e-3."""
    ties: list[dict[str, Any]] = []
    differing: list[dict[str, Any]] = []
    for ask in asks:
        texts = (str(ours[ask.key]["text"]), str(peers[ask.key]["text"]))
        if texts[0] != texts[1]:
            nats = gap(ask.context, texts)
            (ties if nats is not None and nats <= TEXT_TIE else differing).append({"ask": ask.key, "nats": nats, "texts": texts})
    return {
        "max_abs_diff_per_token": None,  # no log-likelihoods are asked for
        "argmax_agreement": (len(asks) - len(ties) - len(differing)) / len(asks),
        "ties": ties,
        "differing": differing,
        "tokens_written": sum(ours[ask.key]["written"] for ask in asks),
    }
