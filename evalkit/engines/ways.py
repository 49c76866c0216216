"""The ways of scoring rows, the fastest first, and which of them a model fits: found out by comparing, not by its name.

- packed: a forest of shared prefixes, packed rows (`prefix`)
- copies: shared prefixes through the model's own cache, copied for every branch (`copies`), for recurrent and hybrid models
- plain: every row in full (`forward`)
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Protocol

import torch

from evalkit.canon import rng_for
from evalkit.engines import copies, forward
from evalkit.engines.attention import UnfitError
from evalkit.engines.batches import batches, halving, is_out_of_memory
from evalkit.engines.forest import Limits
from evalkit.engines.forward import ScoreRow
from evalkit.engines.head import Head
from evalkit.engines.memory import LOGITS_HELD
from evalkit.engines.prefix import COARSE, TOLERANCE, Nats, PrefixScorer, Proof, Trouble, Work, fits

Name = Literal["packed", "copies", "plain"]
Writing = Literal["packed", "cache", "alone"]
Scored = Iterator[tuple[ScoreRow, Nats | Exception, float]]
# a proof's rows: the first tokens of a prompt and its last ones, so that it costs little however long the prompts are
HEAD_TOKENS, TAIL_TOKENS, PROOF_ROWS = 64, 32, 4


class Way(Protocol):
    """Scores rows: each with its continuations' log-likelihoods or what went wrong, and when work on it began."""

    @property
    def name(self) -> Name:
        """Which of the three."""
        ...

    def score(self, rows: Sequence[ScoreRow], trouble: Trouble) -> Scored:
        """Any order, each as soon as it is ready."""
        ...


@dataclass(frozen=True, slots=True)
class Packed:
    """Falls back to the plain way for the rows that the packed way turns out not to fit in mid-run."""

    scorer: PrefixScorer
    plain: "Plain"
    name: Name = "packed"

    def score(self, rows: Sequence[ScoreRow], trouble: Trouble) -> Scored:
        """As `Way.score`."""
        unfit: list[ScoreRow] = []
        for row, result, began in self.scorer.score(rows, trouble):
            if isinstance(result, UnfitError):
                unfit.append(row)
            else:
                yield row, result, began
        yield from replace(self.plain, asked=False).score(unfit, trouble)


@dataclass(frozen=True, slots=True)
class Copies:
    """Groups of rows that share a prefix, each group with copies of the model's own cache."""

    model: Any
    work: Work
    mode: copies.Way
    sizes: copies.Limits
    plain: "Plain"
    name: Name = "copies"

    def score(self, rows: Sequence[ScoreRow], trouble: Trouble) -> Scored:
        """As `Way.score`."""
        alone: list[ScoreRow] = []
        failed: list[ScoreRow] = []  # for lack of memory: their last chance is a plain forward
        for group in copies.plan(rows, way=self.mode, limits=self.sizes):
            if len(group) == 1:
                alone += group
                continue
            began = time.perf_counter()
            for row, result in halving(group, self._group, trouble):
                self.work.tokens_asked += len(row.tokens)
                if isinstance(result, Exception) and is_out_of_memory(result):
                    failed.append(row)
                else:
                    yield row, result, began
        yield from self.plain.score(alone, trouble)
        yield from replace(self.plain, asked=False).score(failed, trouble)

    def _group(self, rows: Sequence[ScoreRow]) -> Sequence[Nats]:
        def ran(tokens: int) -> None:
            self.work.tokens_computed += tokens
            self.work.steps += 1

        found = copies.loglikelihoods(self.model, rows, way=self.mode, limits=self.sizes, ran=ran)
        self.work.positions += sum(len({start + step for start, ids in row.continuations for step in range(len(ids))}) for row in rows)
        return found


@dataclass(frozen=True, slots=True)
class Plain:
    """Rows in full, in padded groups of like length. `alone`: one row at a time, and none before it leaves a trace."""

    model: Any
    work: Work
    tokens: int
    rows: int | None
    alone: bool = False
    asked: bool = True  # whether the rows count as asked; not where another way has counted them
    name: Name = "plain"

    def score(self, rows: Sequence[ScoreRow], trouble: Trouble) -> Scored:
        """As `Way.score`."""
        scored = max(1, LOGITS_HELD // vocabulary_of(self.model))
        for group in batches(rows, tokens=self.tokens, scored=scored, most=1 if self.alone else self.rows):
            began = time.perf_counter()
            failed: list[ScoreRow] = []
            for row, result in halving(group, self._group, trouble):
                self.work.tokens_asked += len(row.tokens) if self.asked else 0
                if isinstance(result, Exception) and is_out_of_memory(result):
                    failed.append(row)
                else:
                    yield row, result, began
            for row in failed:  # once more: memory may have been short for a moment
                (again,) = halving([row], self._group, trouble)
                yield row, again[1], began

    def _group(self, rows: Sequence[ScoreRow]) -> Sequence[Nats]:
        if self.alone:  # dynamic rope keeps the scaling of the longest forward so far; one token sets it back
            first, ids = torch.tensor([0]), torch.tensor([rows[0].tokens[:1]], device=self.model.device)
            forward.logits_at(self.model, first, first, input_ids=ids, use_cache=False)
        found = forward.loglikelihoods(self.model, rows)
        self.work.steps += 1
        self.work.tokens_computed += sum(len(row.tokens) for row in rows)
        self.work.positions += sum(len({start + step for start, ids in row.continuations for step in range(len(ids))}) for row in rows)
        return found


def vocabulary_of(model: Any) -> int:
    """Number of logits at a position."""
    return int(model.get_output_embeddings().weight.shape[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The way that was chosen, how it was proven, and why the faster ones were not: for the bundle's facts."""

    way: Name | Writing
    proof: Proof
    refused: Mapping[str, str]

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {"way": self.way, "proof": asdict(self.proof), "refused": dict(self.refused)}


def choose(model: Any, limits: Limits, head: Head, rows: Sequence[ScoreRow], *, allowed: Sequence[Name]) -> Choice:
    """The first of `allowed` that gives the plain way's numbers on `rows`. Raises what says that memory ran out."""
    refused: dict[str, str] = {}
    for name in allowed:
        proof = _proof(name, model, limits, head, rows)
        if not proof.why:
            return Choice(way=name, proof=proof, refused=refused)
        refused[name] = proof.why
    return Choice(way="plain", proof=Proof(why=""), refused=refused)


def _proof(name: Name, model: Any, limits: Limits, head: Head, rows: Sequence[ScoreRow]) -> Proof:
    if name == "packed":
        return fits(model, limits, head, rows)
    if name == "copies":
        mode = copies.fits(model, rows, nats=TOLERANCE.get(model.dtype, COARSE))
        return Proof(why="" if mode else "the model's own cache gives other log-likelihoods", rows=len(rows), mode=mode)
    return Proof(why="")


def rows_to_prove(rows: Sequence[ScoreRow], vocabulary: int, *, whole: int = 0) -> list[ScoreRow]:
    """A few of `rows`, shortened to their first and last tokens; in full the shortest one of at least `whole` tokens; and made-up ones.

    The made-up ones share a prefix that is worth storing and then branch, whatever the requests at hand share.
    """
    chosen: dict[tuple[int, ...], ScoreRow] = {}
    ordered = sorted(rows, key=lambda row: row.order)
    for row in [*ordered[: PROOF_ROWS // 2], *ordered[-PROOF_ROWS // 2 :]]:
        short = shortened(row)
        chosen.setdefault(short.tokens, short)
    long = [replace(row, name=f"{row.name} in full") for row in ordered if len(row.tokens) >= whole]  # beside its shortened self
    return list({row.tokens: row for row in (*made_up(vocabulary), *long[:1], *chosen.values())}.values())


def made_up(vocabulary: int) -> list[ScoreRow]:
    """Three rows of drawn tokens with a common start of 66, two of them with 4 more in common; several tokens are read off each."""
    draw = rng_for("proof of scoring", vocabulary)
    tokens = [draw.randrange(vocabulary) for _ in range(66 + 4 + 3 * 8)]
    start, fork, tails = tokens[:66], tokens[66:70], (tokens[70:78], tokens[78:84], tokens[84:94])
    wholes = [(*start, *fork, *tails[0]), (*start, *fork, *tails[1]), (*start, *tails[2])]
    return [
        ScoreRow(f"made up {number}", whole[:-1], ((len(whole) - 5, whole[-4:]), (len(whole) - 3, whole[1:2])))
        for number, whole in enumerate(wholes)
    ]


def shortened(row: ScoreRow) -> ScoreRow:
    """The row without its middle: what is read off it stays."""
    first = min(start for start, _ in row.continuations)
    tail = max(0, first - TAIL_TOKENS)
    if tail <= HEAD_TOKENS:
        return row
    cut = tail - HEAD_TOKENS
    tokens = (*row.tokens[:HEAD_TOKENS], *row.tokens[tail:])
    return ScoreRow(row.name, tokens, tuple((start - cut, ids) for start, ids in row.continuations))


def reach(model: Any) -> int:
    """Tokens after which a layer no longer sees the whole of a sequence (a sliding window, chunks); 0 where none is named."""
    config = model.config.get_text_config(decoder=True)
    found = [getattr(config, name, None) for name in ("sliding_window", "attention_chunk_size", "window_size")]
    return min((size for size in found if isinstance(size, int) and size > 0), default=0)


def rescaled(model: Any) -> int:
    """Tokens after which all positions of a forward are scaled by its longest one (dynamic and long rope); 0 where none are.

    Beyond it rows in company, and stored prefixes, would be read otherwise than a row alone: only rows by themselves are exact.
    """
    config = model.config.get_text_config(decoder=True)
    scaling = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    found = [
        entry.get("original_max_position_embeddings") or getattr(config, "max_position_embeddings", None)
        for entry in (scaling, *(value for value in scaling.values() if isinstance(value, Mapping)))
        if entry.get("rope_type") in ("dynamic", "longrope")
    ]
    return min((int(size) for size in found if size), default=0)
