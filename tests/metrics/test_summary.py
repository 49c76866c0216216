"""Summaries: facts stated in one sentence, numbers from the document, length."""

import pytest

from evalkit.answers import holds, length_of, strange_numbers
from evalkit.metrics.summary import summary
from tests.metrics.items import item, said


@pytest.mark.parametrize(
    ("phrasing", "text", "held"),
    [
        ("metoprolol & stop", "Metoprolol was stopped; aspirin continued.", True),
        ("metoprolol & stop", "Metoprolol was not stopped.", False),
        ("metoprolol & stop", "Metoprolol continued. Aspirin was stopped.", False),
        ("美托洛尔 & 停", "出院时停用美托洛尔。", True),
        ("美托洛尔 & 停", "美托洛尔未停。", False),
        ("2569 kg", "**2,569 kg** were added", True),
        ("2,569 kg", "2569kg were added", True),
        ("56 kg", "256 kg", False),
        ("0.5 mg", "10.5 mg", False),
        ("no fever", "He had no fever.", True),
        ("fever", "He had no fever.", False),
        ("下降", "风量不断下降", True),

        ("*#06#", "Dial *#06# on it.", True),
        ("abnormal", "the result was abnormal", True),
        ("１２ 号风口", "更换12号风口", True),
    ],
)
def test_holds(phrasing, text, held):
    assert holds(phrasing, text) is held


@pytest.mark.parametrize(
    ("text", "source", "strange"),
    [
        ("2,150 t by 2 pm", "2150 t at 14:00", ()),
        ("95 %", "a share of 0.95", ()),
        ("0.95", "95 %", ()),
        ("12.35 kg", "12.345 kg", ()),
        ("约 2.2 千吨", "2150 t", ()),
        ("1. first\n2. second\n3. third", "two things", ()),
        ("3 heats failed", "heats A, B and C failed", ()),
        ("5 mg", "a dose", ("5",)),
        ("380 MPa", "reached 382 MPa", ()),
        ("37 MPa", "reached 382 MPa", ("37",)),
        ("47 and 47 and 48", "nothing", ("47", "48")),
        ("Q235B", "the grade", ()),
    ],
)
def test_strange_numbers(text, source, strange):
    assert strange_numbers(text, source) == strange


def test_length():
    assert length_of("高炉 休风\n35 分钟", "zh") == 8
    assert length_of("two  words", "en") == 2


LOG = item(
    "text", "Output 2150 t; tuyere 14 changed in 35 min.", task="summary", most=12, context="Iron made 2150 t. Tuyere 14 replaced, furnace off for 35 min.",
    facts=(("2150 t",), ("tuyere & chang", "tuyere & replac"), ("35 min",), ("off blast", "stopped", "off for")), forbidden=("2280 t",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("2150 t made; tuyere 14 replaced, furnace stopped for 35 min.", 1.0),
        ("2150 t made; tuyere 14 replaced.", 0.5),
        ("2150 t made; tuyere 14 replaced; silicon 0.42 %.", 0.25),
        ("2150 t made after 2280 t; tuyere 14 replaced.", 0.0),
        ("Today the furnace made 2150 t of iron and the tuyere with number 14 was replaced in 35 min.", 0.0),
    ],
)
def test_value(answer, value):
    mark = summary(LOG, said(answer))
    assert (mark.value, mark.state) == (value, "answered")


def test_nothing_is_unparsable_and_a_cut_summary_is_cut_off():
    assert summary(LOG, said("")).state == "unparsable"
    assert summary(LOG, said("2150 t made", finish="length")).state == "cut_off"
    assert summary(item("text", "x", task="summary"), said("x")).state == "errored"
