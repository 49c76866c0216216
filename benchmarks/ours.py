"""evalkit's side: `LocalEngine`, asked through the pipe. Run as `python -m benchmarks.ours`."""

from collections.abc import Sequence
from typing import Any

from benchmarks.child import arithmetic, limit_memory, measured, rate_meter, serve
from benchmarks.workloads import Ask
from evalkit.config import EngineConfig
from evalkit.engines.local import LocalEngine
from evalkit.records import Response


class Ours:
    """One loaded engine and what may be asked of it."""

    def __init__(self) -> None:
        self._engine: LocalEngine | None = None

    @property
    def engine(self) -> LocalEngine:
        """The engine, once `load` was asked."""
        if self._engine is None:
            raise RuntimeError("load comes first")
        return self._engine

    def load(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Bring the model into memory; returns what it is made of."""
        self._device = str(asked.get("device", "cpu"))
        limit_memory(asked.get("memory_bytes"))
        config = EngineConfig(model=asked["folder"], dtype=asked["dtype"], device=self._device, chat_template="never")
        self._engine = LocalEngine(config)
        ready = self.engine.load()
        self._rate = rate_meter(ready.model)
        return {"load_s": ready.load_s, "threads": self.engine.facts()["threads"], "context": self.engine.model.context}

    def arithmetic(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Sizes of the model that operations are counted with."""
        del asked
        return dict(arithmetic(self.engine.load().model))

    def lengths(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Tokens that each ask takes up at most, by key: those beyond the model's context are asked of neither side."""
        encoder = self.engine.encoder()
        found = {}
        for ask in _asks(asked):
            request = ask.request
            rows = encoder.pairs(request) if ask.options else [(encoder.prompt(request), (0,) * ask.max_tokens)]
            found[ask.key] = max(len(context) + len(continuation) for context, continuation in rows)
        return {"lengths": found}

    def run(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer the asks, timed from texts to numbers."""
        asks = _asks(asked)
        before = self._work()

        def work() -> list[Response]:
            return list(self.engine.answer([ask.request for ask in asks]))

        responses, told = measured(work, None if asked.get("trial") else self._rate, self._device)
        keys = {ask.request.id: ask.key for ask in asks}
        after = self._work()
        work_done = {name: after[name] - before.get(name, 0) for name in after}
        return {
            **told,
            # nothing computed is no count of it: the engine does not count this kind of work
            "work": work_done if work_done.get("tokens_computed") else {},
            "answers": {keys[response.request]: _answer(response) for response in responses},
        }

    def _work(self) -> dict[str, int]:
        """Counters of the engine since it began; none where it does not count."""
        return {name: count for name, count in dict(self.engine.facts().get("work", {})).items() if isinstance(count, int)}

    def tree(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Of the asks' token sequences: different tokens (each shared prefix once), and pairs of a token and one it attends to.

        `written` are the tokens generated after each prompt, by key.
        """
        encoder = self.engine.encoder()
        sequences: list[tuple[int, ...]] = []
        tokens = pairs = 0
        for ask in _asks(asked):
            if ask.options:
                sequences += [(*context, *continuation[:-1]) for context, continuation in encoder.pairs(ask.request)]
                continue
            prompt, written = encoder.prompt(ask.request), int(asked["written"][ask.key])
            sequences.append(prompt)
            fed = max(written - 1, 0)  # the last token is not fed back
            tokens, pairs = tokens + fed, pairs + fed * len(prompt) + fed * (fed + 1) // 2
        shared_tokens, shared_pairs = shared(sequences)
        return {"tokens": tokens + shared_tokens, "pairs": pairs + shared_pairs}


def shared(sequences: Sequence[tuple[int, ...]]) -> tuple[int, int]:
    """Nodes of the trie of `sequences`, and the sum of their depths (a token attends to itself and all before it)."""
    tokens = pairs = 0
    last: tuple[int, ...] = ()
    for sequence in sorted(sequences):
        pair = zip(last, sequence, strict=False)
        same = next((place for place, (a, b) in enumerate(pair) if a != b), min(len(last), len(sequence)))
        tokens += len(sequence) - same
        pairs += (len(sequence) * (len(sequence) + 1) - same * (same + 1)) // 2
        last = sequence
    return tokens, pairs


def _asks(asked: dict[str, Any]) -> list[Ask]:
    return [Ask(**{**ask, "options": tuple(ask["options"]), "stop": tuple(ask["stop"])}) for ask in asked["asks"]]


def _answer(response: Response) -> dict[str, Any]:
    return {
        "error": response.error or ("the prompt is beyond the model's context" if response.finish == "over_context" else ""),
        "loglikelihoods": list(response.loglikelihoods),
        "option_tokens": list(response.option_tokens),
        "context_tokens": response.tokens_in,
        "text": response.text,
        "written": response.tokens_out,
    }


def handlers() -> dict[str, Any]:
    """What may be asked, by name."""
    ours = Ours()
    return {"load": ours.load, "arithmetic": ours.arithmetic, "lengths": ours.lengths, "run": ours.run, "tree": ours.tree}


if __name__ == "__main__":
    serve(handlers())

