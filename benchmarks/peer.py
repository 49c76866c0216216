"""The peer's side: lm_eval's public `HFLM`, asked through the pipe. Run with the peer's Python: `-m benchmarks.peer`.

Its own tokenisation, batching, one-token cache and generation are used; only forward calls are counted, by a hook.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

from benchmarks.child import arithmetic, limit_memory, measured, rate_meter, serve

PACKAGES = ("lm_eval", "torch", "transformers", "tokenizers", "accelerate")


class Counted:
    """Counts what goes through the model: tokens with padding, positions whose logits are made, pairs that attend."""

    def __init__(self, model: Any) -> None:
        self.tokens = self.positions = self.pairs = 0
        model.register_forward_pre_hook(self._note, with_kwargs=True)

    def _note(self, module: Any, arguments: Sequence[Any], named: Mapping[str, Any]) -> None:
        del module
        ids = named["input_ids"] if "input_ids" in named else arguments[0]
        rows, width = ids.shape
        cache = named.get("past_key_values")
        behind = int(cache.get_seq_length()) if cache is not None else 0
        kept = named.get("logits_to_keep", 0)
        self.tokens += rows * width
        self.positions += rows * (kept if isinstance(kept, int) and kept else width)
        self.pairs += rows * (width * behind + width * (width + 1) // 2)

    def now(self) -> dict[str, int]:
        """The counters."""
        return {"tokens": self.tokens, "positions": self.positions, "pairs": self.pairs}


class Peer:
    """One loaded model; an `HFLM` around it for each batch size that is asked for."""

    def load(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Load the model as a user of lm_eval does."""
        import torch

        self._device = str(asked.get("device", "cpu"))
        limit_memory(asked.get("memory_bytes"))
        self._kind = import_module("lm_eval.models.huggingface").HFLM
        self._instance = import_module("lm_eval.api.instance").Instance
        self._lm = self._kind(pretrained=asked["folder"], device=self._device, dtype=asked["dtype"], batch_size=1)
        self._batch: int | str = 1
        self._counted = Counted(self._lm.model)
        self._rate = rate_meter(self._lm.model)
        return {"versions": {name: version(name) for name in PACKAGES}, "threads": torch.get_num_threads()}

    def arithmetic(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Sizes of the model that operations are counted with."""
        del asked
        return dict(arithmetic(self._lm.model))

    def run(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer the asks, timed from texts to numbers; then, untimed, say how they were cut into tokens."""
        self._use(asked["batch"])
        before = self._counted.now()
        results, told = measured(lambda: self._answers(asked["asks"]), None if asked.get("trial") else self._rate, self._device)
        after = self._counted.now()
        answers = {ask["key"]: self._told(ask, result) for ask, result in zip(asked["asks"], results, strict=True)}
        return {**told, "work": {name: after[name] - before[name] for name in after}, "answers": answers}

    def _use(self, batch: int | str) -> None:
        if batch != self._batch:
            self._lm = self._kind(pretrained=self._lm.model, tokenizer=self._lm.tokenizer, batch_size=batch)
            self._batch = batch

    def _answers(self, asks: Sequence[dict[str, Any]]) -> list[Any]:
        if not asks[0]["continuations"]:
            made = [self._instance("generate_until", {}, (ask["context"], _generation(ask)), 0) for ask in asks]
            return list(self._lm.generate_until(made, disable_tqdm=True))
        made = [
            self._instance("loglikelihood", {}, (ask["context"], continuation), index)
            for ask in asks
            for index, continuation in enumerate(ask["continuations"])
        ]
        scored = iter(self._lm.loglikelihood(made, disable_tqdm=True))
        return [[next(scored)[0] for _ in ask["continuations"]] for ask in asks]

    def _told(self, ask: dict[str, Any], result: Any) -> dict[str, Any]:
        if not ask["continuations"]:
            ids, _ = self._lm.tok_batch_encode([ask["context"]])
            return {"text": result, "context_tokens": int(ids.shape[1])}
        pairs = [self._lm._encode_pair(ask["context"], continuation) for continuation in ask["continuations"]]
        return {
            "loglikelihoods": result,
            "option_tokens": [len(continuation) for _, continuation in pairs],
            "context_tokens": len(pairs[0][0]),
        }

    def gap(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Where two texts after a context part: nats between the two tokens they go on with, by a plain forward.

        None where they do not part at a token (one of them ends).
        """
        import torch

        one, other = (self._lm.tok_encode(asked["context"] + text) for text in asked["texts"])
        same = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
        if same is None or same == 0:
            return {"nats": None}
        with torch.inference_mode():
            logits = self._lm.model(torch.tensor([one[:same]], device=self._lm.model.device)).logits[0, -1]
        return {"nats": abs(float(logits[one[same]] - logits[other[same]]))}


def _generation(ask: dict[str, Any]) -> dict[str, Any]:
    return {"until": list(ask["stop"]), "max_gen_toks": ask["max_tokens"], "do_sample": False}


def handlers() -> dict[str, Any]:
    """What may be asked, by name."""
    peer = Peer()
    return {"load": peer.load, "arithmetic": peer.arithmetic, "run": peer.run, "gap": peer.gap}


if __name__ == "__main__":
    serve(handlers())
