"""Decoding over the library's own cache, token by token as `model.generate` does: for models that packed rows do not fit.

Prompts are padded on the left, keys and values (or whatever the architecture keeps) are cached, and rows that have finished
leave the batch.
"""

import inspect
import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from evalkit.engines.batches import is_out_of_memory
from evalkit.engines.forward import free_memory, logits_at
from evalkit.engines.prefix import COARSE, TOLERANCE, Proof, Trouble, Work
from evalkit.engines.writing import Reader, Text, WriteRow, Written, next_tokens

PROVEN = 4  # tokens written for a proof
LIKELIEST = 16  # tokens at each place whose log-likelihoods a proof compares


class _Watched(DynamicCache):  # type: ignore[misc]
    """A cache that tells which layers a forward has changed, or may have: states that are handed out are written over in place."""

    def __init__(self, config: Any) -> None:
        super().__init__(config=config)
        self.changed: set[int] = set()

    def update(self, key_states: Any, value_states: Any, layer_idx: int, *rest: Any, **named: Any) -> Any:
        self.changed.add(layer_idx)
        return super().update(key_states, value_states, layer_idx, *rest, **named)

    def update_conv_state(self, conv_states: Any, layer_idx: int, *rest: Any, **named: Any) -> Any:
        self.changed.add(layer_idx)
        return super().update_conv_state(conv_states, layer_idx, *rest, **named)

    def update_recurrent_state(self, recurrent_states: Any, layer_idx: int, *rest: Any, **named: Any) -> Any:
        self.changed.add(layer_idx)
        return super().update_recurrent_state(recurrent_states, layer_idx, *rest, **named)

    def get_conv_state(self, layer_idx: int, *rest: Any, **named: Any) -> Any:
        self.changed.add(layer_idx)
        return super().get_conv_state(layer_idx, *rest, **named)

    def get_recurrent_state(self, layer_idx: int, *rest: Any, **named: Any) -> Any:
        self.changed.add(layer_idx)
        return super().get_recurrent_state(layer_idx, *rest, **named)


class Decoding:
    """Rows that are decoded in step. `step` gives the logits of each live row, `feed` its next token, `keep` lets the others go."""

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]]) -> None:
        self.model = model
        width = max(len(prompt) for prompt in prompts)
        device = model.device
        self.ids = torch.tensor([[*[0] * (width - len(prompt)), *prompt] for prompt in prompts], device=device)
        self.mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=device)
        self.positions = (self.mask.cumsum(-1) - 1).clamp(min=0)
        named = inspect.signature(model.forward).parameters
        if "cache_params" not in named and "past_key_values" not in named:
            raise TypeError(f"{type(model).__name__} takes no cache that evalkit knows (past_key_values, cache_params)")
        self._named = "past_key_values" if "past_key_values" in named else "cache_params"
        self._placed = "position_ids" in named
        self._all_changed = False  # whether every layer keeps what it has seen in the cache, and nowhere else
        self.cache = _Watched(model.config)

    @torch.inference_mode()
    def step(self) -> torch.Tensor:
        """Logits [rows, vocabulary] of each row's next token, float32."""
        count, width = self.ids.shape
        inputs = {"input_ids": self.ids, "use_cache": True, self._named: self.cache}
        # a purely recurrent model masks what it is fed, not what it has seen; any other would take the padding for text
        if self._named == "past_key_values" or self._placed or self.mask.shape[1] == width:
            inputs["attention_mask"] = self.mask
        if self._placed:
            inputs["position_ids"] = self.positions
        self.cache.changed.clear()
        logits = logits_at(self.model, torch.arange(count), torch.full((count,), width - 1), **inputs)
        self._all_changed = len(self.cache.changed) == self.model.config.get_text_config(decoder=True).num_hidden_layers
        return logits

    def undone(self) -> bool:
        """After a step that failed: whether the cache is again as it was before it, so that the step may be tried once more."""
        width = self.ids.shape[1]
        if self.mask.shape[1] == width:
            self.cache = _Watched(self.model.config)
            return True
        layers = [self.cache.layers[index] for index in self.cache.changed]
        # states of recurrent layers are written over: there is no way back
        if not self._all_changed or any(type(layer) is not DynamicLayer for layer in layers):
            return False
        before = self.mask.shape[1] - width
        for layer in layers:
            layer.keys, layer.values = layer.keys[..., :before, :], layer.values[..., :before, :]
        return True

    @torch.inference_mode()
    def feed(self, tokens: Sequence[int]) -> None:
        """What the next step continues."""
        self.ids = torch.tensor(tokens, device=self.ids.device)[:, None]
        self.mask = torch.cat([self.mask, torch.ones_like(self.mask[:, :1])], dim=-1)
        self.positions = self.positions[:, -1:] + 1

    @torch.inference_mode()
    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only, in this order."""
        chosen = torch.tensor(rows)  # on the CPU: layers may lie on several devices
        self.ids, self.mask, self.positions = self.ids[chosen], self.mask[chosen], self.positions[chosen]
        self.cache.reorder_cache(chosen)  # `batch_select_indices` passes over the states of recurrent layers, or fails on them


# ---------------------------------------------------------------- writing


def write(
    model: Any, reader: Reader, group: Sequence[WriteRow], work: Work, trouble: Trouble, *, afresh: bool = False
) -> Iterator[tuple[WriteRow, Written | Exception]]:
    """Each row of the group with its text or with what went wrong, as soon as it is finished.

    A step for which memory ran out is tried once more where the cache allows it; where that does not help the group is halved,
    and a row by itself may begin once more. What was written stays written: it is fed again. A row whose numbers are not finite
    in company is run by itself before it fails. With `afresh` a forward of one token goes before each group: dynamic rope keeps
    the scaling of the longest forward so far, and that sets it back.
    """
    waiting = [[Text(row) for row in group]]
    again: set[str] = set()
    while waiting:
        texts = waiting.pop()
        going = _Together(model, reader, texts, work, trouble)
        try:
            if afresh:
                forget(model, group[0].tokens[:1])
            while going.live:
                for text, result in going.step():
                    if isinstance(result, FloatingPointError) and len(texts) > 1:
                        waiting.append([text])
                    else:
                        yield text.row, result
        except Exception as error:  # noqa: BLE001 (a failure of one group is that group's answer, not the run's end)
            live = going.live
            trouble(error, len(live))
            again_possible = is_out_of_memory(error) and live[0].row.name not in again
            free_memory(error)
            if len(live) > 1:
                waiting += [live[len(live) // 2 :], live[: len(live) // 2]]
            elif again_possible:
                again.add(live[0].row.name)
                waiting.append(live)
            else:
                yield live[0].row, error
        del going  # and its cache, before the next group makes its own


@torch.inference_mode()
def forget(model: Any, tokens: Sequence[int]) -> None:
    """A forward of one token, after which dynamic rope scales as it does in a model that has seen nothing yet."""
    first = torch.tensor([0])
    logits_at(model, first, first, input_ids=torch.tensor([list(tokens[:1])], device=model.device), use_cache=False)


class _Together:
    """Texts that go on in step: all have as many tokens. What they hold already is fed again, token by token as it was written."""

    def __init__(self, model: Any, reader: Reader, texts: Sequence[Text], work: Work, trouble: Trouble) -> None:
        self.live = list(texts)
        self._model = model
        self._reader = reader
        self._work = work
        self._trouble = trouble
        self._decoding: Decoding | None = None
        self._staying: list[int] = []  # places of the live rows among those of the last step

    def step(self) -> list[tuple[Text, Written | Exception]]:
        """One more token of each; those that are done with it leave."""
        if self._decoding is None:
            now = time.perf_counter()
            for text in self.live:
                text.began = text.began or now
            self._decoding = Decoding(self._model, [text.row.tokens for text in self.live])
            for number in range(len(self.live[0].ids)):
                self._logits(self._decoding)
                self._decoding.feed([text.ids[number] for text in self.live])
        else:
            if len(self._staying) < len(self._decoding.ids):
                self._decoding.keep(self._staying)
            self._decoding.feed([text.ids[-1] for text in self.live])
        tokens = next_tokens(self._logits(self._decoding), self.live)
        done: list[tuple[Text, Written | Exception]] = []
        self._staying = []
        for place, (text, token) in enumerate(zip(self.live, tokens, strict=True)):
            result = self._taken(text, token)
            if result is None:
                self._staying.append(place)
            else:
                done.append((text, result))
        self.live = [self.live[place] for place in self._staying]
        return done

    def _taken(self, text: Text, token: int | FloatingPointError) -> Written | Exception | None:
        if isinstance(token, FloatingPointError):
            return token
        self._work.written += 1
        try:
            return text.take(token, self._reader)
        except Exception as error:  # noqa: BLE001 (a strangers' tokenizer may raise anything)
            return error

    def _logits(self, decoding: Decoding) -> torch.Tensor:
        try:
            logits = decoding.step()
        except Exception as error:
            if not is_out_of_memory(error) or not decoding.undone():
                raise
            self._trouble(error, len(self.live))
            free_memory(error)
            logits = decoding.step()
        first = decoding.mask.shape[1] == decoding.ids.shape[1]
        self._work.tokens_computed += int(decoding.mask.sum()) if first else len(logits)
        self._work.positions += len(logits)
        self._work.steps += 1
        return logits


# ---------------------------------------------------------------- proof


def fits(model: Any, rows: Sequence[WriteRow]) -> Proof:
    """Whether rows of unlike length may be written together: their tokens get the log-likelihoods that they get in each row alone.

    That is what `model.generate` writes, also where an architecture's cache gives other numbers than a forward without one.
    Rows that by themselves have no finite numbers prove nothing and are left out. Raises what says that memory ran out.
    """
    largest = 0.0
    compared: list[WriteRow] = []
    try:
        alone = []
        for row in rows:
            nats, ids = _by_itself(model, row)
            if bool(torch.isfinite(nats.max(dim=-1).values).all()):
                compared.append(row)
                alone.append((nats, ids))
        if len({len(row.tokens) for row in compared}) < min(2, len(rows)):
            return Proof(why="no rows of unlike length gave finite numbers to compare")
        live = list(range(len(compared)))
        decoding = Decoding(model, [row.tokens for row in compared])
        for step in range(PROVEN):
            together = torch.log_softmax(decoding.step(), dim=-1).cpu()
            for place, index in enumerate(live):
                wanted = alone[index][0][step]
                likely = wanted.topk(min(LIKELIEST, len(wanted))).indices
                largest = max(largest, float((together[place][likely] - wanted[likely]).abs().nan_to_num(nan=torch.inf).max()))
            if step == 1 and len(live) > 1:  # the longest leaves, as rows do that have finished: the others are all padded
                longest = max(range(len(live)), key=lambda place: len(compared[live[place]].tokens))
                staying = [place for place in range(len(live)) if place != longest]
                decoding.keep(staying)
                live = [live[place] for place in staying]
            decoding.feed([alone[index][1][step] for index in live])
    except Exception as error:  # whatever a strangers' architecture raises here says that it does not fit
        if is_out_of_memory(error):
            raise
        return Proof(why=f"{type(error).__name__}: {error}"[:300], rows=len(rows))
    if not largest <= TOLERANCE.get(model.dtype, COARSE):
        why = f"rows of unlike length written together differ by {largest:.2g} nats a token from the same rows alone"
        return Proof(why=why, rows=len(compared), largest=largest)
    return Proof(why="", rows=len(compared), largest=largest)


def _by_itself(model: Any, row: WriteRow) -> tuple[torch.Tensor, list[int]]:
    """Log-likelihoods [tokens, vocabulary] on the CPU, and the likeliest token of each step."""
    decoding = Decoding(model, [row.tokens])
    found: list[torch.Tensor] = []
    ids: list[int] = []
    for _ in range(PROVEN):
        found.append(torch.log_softmax(decoding.step()[0], dim=-1).cpu())
        ids.append(int(found[-1].argmax()))
        decoding.feed(ids[-1:])
    return torch.stack(found), ids
