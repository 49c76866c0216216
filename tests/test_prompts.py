"""What a model reads: a golden file for every template, form and language; shots; cues."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.prompts import PROMPTS, gold_text, prompt_of
from evalkit.records import Item
from evalkit.suite import load_suite
from tests.golden import compare


@pytest.fixture
def items(built_toy: Path) -> tuple[Item, ...]:
    return load_suite(built_toy).items


def _written(item: Item) -> str:
    prompt = prompt_of(item)
    return (
        "\n".join(f"<{message.role}>\n{message.content}" for message in prompt.messages)
        + f"\n<cue>{prompt.cue}<options>{'|'.join(prompt.options)}"
    )


def test_every_template_reads_as_it_did(items: tuple[Item, ...], request: pytest.FixtureRequest):
    chosen = {(item.form, item.language): item for item in reversed(items)}
    parts = [
        f"===== {name} / {form} / {language}\n{_written(replace(item, prompt=name))}"
        for name in PROMPTS
        for (form, language), item in sorted(chosen.items())
    ]
    compare(request, "prompts.txt", "\n\n".join(parts) + "\n")


def test_every_template_holds_stem_options_and_instruction(items: tuple[Item, ...]):
    for name in PROMPTS:
        for item in items:
            text = prompt_of(replace(item, prompt=name)).messages[-1].content
            for part in (item.stem, item.context, *item.choices):
                assert (json.dumps(part, ensure_ascii=False)[1:-1] if name == "json" else part) in text


def test_the_unit_is_asked_for(items: tuple[Item, ...]):
    item = next(item for item in items if item.form == "number" and item.language == "en")
    assert "'Answer: <number> kg'" in prompt_of(item).messages[-1].content
    assert "'Answer: <number>'" in prompt_of(replace(item, unit="")).messages[-1].content


def test_shots_are_worked_and_come_first(items: tuple[Item, ...]):
    item, shot = items[3], next(other for other in items if other.template and other.form == "choice" and other.language == "en")
    prompt = prompt_of(item, [shot])
    assert [message.role for message in prompt.messages] == ["user", "assistant", "user"]
    assert prompt.messages[1].content == f"Answer: {gold_text(shot)}"


def test_the_tested_item_is_never_its_own_shot(items: tuple[Item, ...]):
    item = items[0]
    with pytest.raises(ValueError, match="same cluster"):
        prompt_of(item, [replace(item, id="another")])


def test_gold_texts(items: tuple[Item, ...]):
    golds = {item.id: gold_text(item) for item in items}
    assert golds["toy-knowledge-001-zh"] == "B"
    assert golds["toy-procedure-001-en"] == "B, C, A"
    assert golds["toy-extraction-001-en"] == '{"sum": 12}'
    assert golds["toy-terminology-001-zh"] == "sum"
