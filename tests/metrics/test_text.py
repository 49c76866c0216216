"""Short texts with aliases."""

import pytest

from evalkit.metrics.text import text
from tests.metrics.items import TEXT, item, said


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("Answer: differential diagnosis", 1.0),
        ("Answer: Differential  Diagnosis.", 1.0),
        ("DDx", 1.0),
        ("答案：“differential diagnosis”", 1.0),
        ("The English term is **differential diagnosis**.", 1.0),
        ("Answer: diagnosis", 0.0),
        ("Answer: differential diagnosis of fever", 0.0),
        ("Answer: no differential diagnosis", 0.0),
    ],
)
def test_match(answer: str, value: float):
    mark = text(TEXT, said(answer))
    assert (mark.value, mark.state) == (value, "answered")


def test_chinese():
    consent = item("text", "知情同意", aliases=("告知同意",), language="zh")
    assert text(consent, said("答案：告知同意。")).value == 1.0
    assert text(consent, said("该词的中文术语为“知情同意”。")).value == 1.0
    assert text(consent, said("答案：知情同意书")).value == 0.0


def test_a_text_that_ends_with_the_cut_is_not_whole():
    assert text(TEXT, said("Answer: differential diag", "length")).state == "cut_off"
    assert text(TEXT, said("Answer: differential diagnosis\nIt means", "length")).value == 1.0
