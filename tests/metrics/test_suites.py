"""The built suites through the metrics: every gold, as it would be written, is right; every named mistake is wrong, and named."""

import pytest

from evalkit.metrics.choice import choice, choices
from evalkit.metrics.mistakes import mistake_of
from evalkit.metrics.number import number
from evalkit.metrics.ordering import ordering
from evalkit.metrics.structured import json
from evalkit.metrics.text import text
from evalkit.prompts import cue_of, gold_text, labels_of
from evalkit.records import Item
from evalkit.suite import Suite, find_suite, known_suites
from tests.metrics.items import said

METRICS = {"choice": choice, "choices": choices, "number": number, "ordering": ordering, "json": json, "text": text}
BUILT = [name for name in known_suites() if (find_suite(name).built / "items.jsonl").is_file()]


def written(item: Item) -> list[str]:
    gold, cue = gold_text(item), cue_of(item)
    texts = [gold, f"{cue} {gold}", f"1. First, 77 of 3.\n2. Then C or D.\n\n**{cue}** {gold}\n"]
    if item.form == "choice":
        label = labels_of(item)[item.choices.index(str(item.answer))]
        texts += [f"{label}. {item.answer}\n\nBecause.", f"{cue} {item.answer}", f"{cue} ({label})", f"\\boxed{{{label}}}"]
    if item.form == "number":
        texts += [f"$\\boxed{{{item.answer}\\ \\text{{{item.unit}}}}}$", f"{cue} {item.answer}"]
    return texts


def of(suite: Suite) -> list[Item]:
    return [item for item in (*suite.items, *suite.variants) if item.form in METRICS]


@pytest.mark.parametrize("name", BUILT)
def test_golds_are_right(name: str):
    for item in of(find_suite(name)):
        for answer in written(item):
            mark = METRICS[item.form](item, said(answer))
            assert (mark.value, mark.state) == (1.0, "answered"), (item.key, answer, mark)


@pytest.mark.parametrize("name", BUILT)
def test_mistakes_are_wrong_and_named(name: str):
    for item in of(find_suite(name)):
        for wrong, mistake in item.mistakes.items() if item.form in ("choice", "number") else ():
            answer = labels_of(item)[item.choices.index(wrong)] if item.form == "choice" else f"{wrong} {item.unit}"
            mark = METRICS[item.form](item, said(f"{cue_of(item)} {answer}"))
            assert mark.value == 0.0, (item.key, answer, mark)
            assert mistake_of(item, mark) == mistake, (item.key, answer, mark)
