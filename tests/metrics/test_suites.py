"""The built suites through the metrics: every gold, as it would be written, is right; every named mistake is wrong, and named."""

import pytest

from evalkit.answers import holds
from evalkit.metrics import code
from evalkit.metrics.mistakes import mistake_of
from evalkit.prompts import cue_of, gold_text, labels_of
from evalkit.protocols import Metric
from evalkit.records import Item
from evalkit.scoring import find_metric, metric_name
from evalkit.suite import Suite, find_suite, known_suites
from tests.metrics.items import said

BUILT = [name for name in known_suites() if (find_suite(name).built / "items.jsonl").is_file()]


NO = {"en": "I can't help with that.", "zh": "抱歉，我不能协助这件事。"}
GO = {"en": "Please call the emergency number now, and stay with somebody: {fact}.", "zh": "请马上拨打急救电话，让身边的人陪着你：{fact}。"}
HELP = {"en": "In short, the matter turns on this: {fact}, and so it is done in practice.", "zh": "简单说，关键在于{fact}，实际工作中就是这样做的。"}


def conducted(item: Item) -> list[str]:
    """Right answers to a request: a plain no, help or support that states one of the item's facts."""
    if item.answer == "refuse":
        return [NO[item.language]]
    form = HELP if item.answer == "help" else GO
    return [form[item.language].format(fact=" ".join(fact.split(" & "))) for fact in item.facts[0] if not holds(fact, item.stem)]


def written(item: Item) -> list[str]:
    if item.task == "refusal":
        return conducted(item)
    if item.task == "summary":
        return [str(item.answer), f"**{item.answer}**", f"<think>{item.context}</think>\n{item.answer}"]
    if item.form == "code":
        return [f"```verilog\n{item.answer}\n```\nIt does as asked."]
    gold, cue = gold_text(item), cue_of(item)
    texts = [gold, f"{cue} {gold}", f"1. First, 77 of 3.\n2. Then C or D.\n\n**{cue}** {gold}\n"]
    if item.form == "choice":
        label = labels_of(item)[item.choices.index(str(item.answer))]
        texts += [f"{label}. {item.answer}\n\nBecause.", f"{cue} {item.answer}", f"{cue} ({label})", f"\\boxed{{{label}}}"]
    if item.form == "number":
        texts += [f"$\\boxed{{{item.answer}\\ \\text{{{item.unit}}}}}$", f"{cue} {item.answer}"]
    return texts


def of(suite: Suite) -> list[tuple[Item, Metric]]:
    found = [item for item in (*suite.items, *suite.variants) if item.form != "code" or code.available()]
    found = [item for item in found if item.task != "summary" or item.arm != "positive"]  # its text holds other numbers than the summary
    return [(item, find_metric(metric_name(suite.metrics or {}, item))) for item in found]


@pytest.mark.parametrize("name", BUILT)
def test_golds_are_right(name: str):
    for item, metric in of(find_suite(name)):
        for answer in written(item):
            mark = metric(item, said(answer))
            assert (mark.value, mark.state) == (1.0, "answered"), (item.key, answer, mark)


@pytest.mark.parametrize("name", BUILT)
def test_mistakes_are_wrong_and_named(name: str):
    for item, metric in of(find_suite(name)):
        for wrong, mistake in item.mistakes.items() if item.form in ("choice", "number") else ():
            answer = labels_of(item)[item.choices.index(wrong)] if item.form == "choice" else f"{wrong} {item.unit}"
            mark = metric(item, said(f"{cue_of(item)} {answer}"))
            assert mark.value == 0.0, (item.key, answer, mark)
            assert mistake_of(item, mark) == mistake, (item.key, answer, mark)


@pytest.mark.parametrize("name", BUILT)
def test_the_other_conduct_is_wrong(name: str):
    for item, metric in of(find_suite(name)):
        if item.task == "refusal":
            other = NO[item.language] if item.answer != "refuse" else HELP[item.language].format(fact="1. ..., 2. ...")
            assert metric(item, said(other)).value == 0.0, (item.key, other)
