"""The bridge to the `evaluate` library, both ways: its metrics as ours, ours as its.

A task names a metric of that library as `evaluate:<path>`, the folder or file of an evaluation module on this disk. A
module's name alone would be fetched from a hub and run, so it is refused: code comes from where the user put it.
"""

import importlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from evalkit.answers import read_json, read_number, read_order, strip_thinking
from evalkit.errors import ConfigError, did_you_mean
from evalkit.metrics.frame import before_reading, kept, storable, zero
from evalkit.protocols import Metric
from evalkit.records import Form, Item, Mark, Response, Source, Tolerance


def evaluate_metric(path: str) -> Metric:
    """A metric from an evaluation module on this disk: the first number in [0, 1] that `compute` gives for one answer.

    It is called with predictions=[text without its thinking] and references=[the item's answer as text]. What the
    module itself fails at is our failure: value None. Raises ConfigError where the module is not on this disk or
    cannot be loaded.
    """
    place = Path(path).expanduser()
    script = place if place.suffix == ".py" else place / f"{place.name}.py"
    if not script.is_file():
        raise ConfigError(
            f"evaluate:{path}: no evaluation module at {script}; put its folder on this disk and name the folder "
            "(a module is never fetched from a hub: it would be a stranger's code)"
        )
    try:
        module = _library().load(str(script.resolve()))
    except Exception as error:  # the module is a stranger's code and may raise anything
        raise ConfigError(f"evaluate:{path}: cannot be loaded: {error}") from error
    name = f"evaluate:{script.stem}"

    def metric(item: Item, response: Response) -> Mark:
        early = before_reading(response)
        if early is not None:
            return early
        text, _, finished = strip_thinking(storable(response.text))
        if not finished:
            return zero("cut_off", "thinking not finished")
        if not text.strip():
            return zero("cut_off" if response.finish == "length" else "unparsable", "no text")
        return _computed(module, name, text.strip(), _reference(item))

    return metric


def _library() -> Any:
    return importlib.import_module("evaluate")  # seconds of imports: only where it is used


def _reference(item: Item) -> str:
    if isinstance(item.answer, str):
        return item.answer
    return json.dumps(item.answer if isinstance(item.answer, Mapping) else list(item.answer), ensure_ascii=False)


def _computed(module: Any, name: str, text: str, reference: str) -> Mark:
    try:
        results = module.compute(predictions=[text], references=[reference])
    except Exception as error:  # noqa: BLE001 - as above; a mark never raises
        return Mark(value=None, state="errored", rule=kept(f"{name} failed: {error}"))
    found = _first_share(results)
    if found is None:
        return Mark(value=None, state="errored", rule=f"{name} gave no number in [0, 1]")
    return Mark(value=found[1], state="answered", parsed=kept(" ".join(text.split())), rule=kept(f"{name}, {found[0]}"))


def _first_share(results: Any) -> tuple[str, float] | None:
    for key, value in results.items() if isinstance(results, Mapping) else ():
        try:
            number = math.nan if isinstance(value, str | bool) else float(value)
        except (TypeError, ValueError):
            continue
        if 0 <= number <= 1:
            return str(key), number
    return None


_Gold = Callable[[str], Item]


def as_evaluate(name: str, *, labels: str = "ABCD", tolerance: Tolerance | None = None) -> Any:
    """One of our metrics (choice, choices, number, ordering, json, text) as an `evaluate.Metric`.

    `compute(predictions=[answers], references=[golds])` reads the answers with our readers and gives {name: mean in
    [0, 1], "n": number of answers}. Golds are written as a model should answer: "B", "A, C", "42.5 mL", "B, A, D, C",
    an object, a term. Raises ConfigError for another name, ValueError (from compute) for a gold that cannot be read.
    """
    makers: dict[str, _Gold] = {
        "choice": lambda gold: _item("choice", _label(gold, labels), choices=tuple(labels), labels=labels),
        "choices": lambda gold: _item("choices", tuple(sorted(_order(gold, labels))), choices=tuple(labels), labels=labels),
        "number": lambda gold: _number_item(gold, tolerance or Tolerance()),
        "ordering": lambda gold: _ordering_item(_order(gold, labels), labels),
        "json": lambda gold: _item("json", _object(gold)),
        "text": lambda gold: _item("text", gold),
    }
    if name not in makers:
        raise ConfigError(f"no metric {name!r} for the evaluate library; {did_you_mean(name, makers)}")
    module = importlib.import_module(f"evalkit.metrics.{_MODULES.get(name, name)}")
    return _wrapped(name, getattr(module, name), makers[name])


_MODULES = {"choices": "choice", "json": "structured"}


def _label(gold: str, labels: str) -> str:
    if len(gold) != 1 or gold not in labels:
        raise ValueError(f"gold {gold!r} is none of the labels {labels}")
    return gold


def _order(gold: str, labels: str) -> tuple[str, ...]:
    found = tuple(char for char in gold if char in labels)
    if not found or len(set(found)) != len(found):
        raise ValueError(f"gold {gold!r} is not made of the labels {labels}, each once")
    return found


def _object(gold: str) -> Mapping[str, Any]:
    found = read_json(gold).value
    if found is None:
        raise ValueError(f"gold {gold[:80]!r} is not a JSON object")
    return dict(found)


def _number_item(gold: str, tolerance: Tolerance) -> Item:
    digits, _, unit = gold.strip().partition(" ")
    value = read_number(digits).value
    if value is None:
        raise ValueError(f"gold {gold!r} is not a number with an optional unit after a space")
    return _item("number", repr(value), unit=unit.strip(), tolerance=tolerance)


def _ordering_item(order: tuple[str, ...], labels: str) -> Item:
    shown = labels[: len(order)]
    if read_order(", ".join(order), shown).value is None:
        raise ValueError(f"gold {', '.join(order)!r} is not an order of {shown}")
    return _item("ordering", order, choices=tuple(shown), labels=shown)


def _item(form: Form, answer: Any, **more: Any) -> Item:
    """An item that holds a gold and nothing else."""
    return Item(
        id="gold", suite="evaluate", task="knowledge", subarea="", cluster="gold", form=form, language="en", level="recall", stem="",
        answer=answer, source=Source(title="a reference of the caller"), **more,
    )  # fmt: skip


def _wrapped(name: str, metric: Metric, made: _Gold) -> Any:
    library, features = _library(), importlib.import_module("datasets")

    class Ours(library.Metric):  # type: ignore[misc, name-defined]
        """One of evalkit's metrics."""

        def _info(self) -> Any:
            text = features.Value("string")
            return library.MetricInfo(
                description=f"evalkit's metric {name!r}: mean of its marks",
                citation="",
                inputs_description="predictions: answers of a model; references: golds as a model should write them",
                features=features.Features({"predictions": text, "references": text}),
            )

        def _compute(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
            pairs = zip(predictions, references, strict=True)
            marks = [metric(made(gold), Response(request="", finish="stop", text=text)) for text, gold in pairs]
            values = [mark.value for mark in marks]
            if not values or None in values:
                reason = next((mark.rule for mark in marks if mark.value is None), "none was given")
                raise ValueError(f"an answer could not be marked: {reason}")
            return {name: fmean(value for value in values if value is not None), "n": len(values)}

    return Ours()
