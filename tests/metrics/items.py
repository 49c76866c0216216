"""Items and responses for tests of metrics."""

from typing import Any

from evalkit.records import Item, Response, Source


def item(form: str, answer: Any, **more: Any) -> Item:
    facts = {
        "id": "toy-1", "suite": "toy", "task": "knowledge", "subarea": "s", "cluster": "toy-1", "language": "en", "level": "recall",
        "stem": "What?", "source": Source(title="Arithmetic"),
    }  # fmt: skip
    return Item(form=form, answer=answer, **{**facts, **more})


def said(text: str, finish: str = "stop", **more: Any) -> Response:
    return Response(request="r", finish=finish, text=text, **more)


OPTIONS = ("2100 h", "2500 h", "175 h", "8760 h")
MISTAKES = {"2500 h": "loss forgotten", "175 h": "hours of a month", "8760 h": "energy not divided"}
CHOICE = item("choice", "2100 h", choices=OPTIONS, mistakes=MISTAKES)
SET = item("choices", ("2100 h", "175 h"), choices=OPTIONS)
NUMBER = item("number", "2100", unit="h", mistakes={"2520": "loss forgotten", "175": "hours of a month", "2521": "rounded late"})
STEPS = ("isolate", "vent", "test the gas", "enter")
ORDER = item("ordering", STEPS, choices=("vent", "isolate", "enter", "test the gas"))
OBJECT = item(
    "json",
    {"date": "2025-03-18", "age": 57, "drug": "Aspirin", "mass": "1.2 t"},
    schema={
        "type": "object",
        "properties": {"date": {"type": "string"}, "age": {"type": "integer"}, "drug": {"type": "string"}, "mass": {"type": "string"}},
        "required": ["date", "age"],
    },
)
TEXT = item("text", "differential diagnosis", aliases=("DDx",))
