"""Laws that every metric must pass; plugins import them too.

    def test_mine():
        check_metric(my_metric, [item, ...], answers=["Answer: 42 kg", ...])
"""

from collections.abc import Iterable, Sequence

from evalkit.protocols import Metric
from evalkit.records import STATES, Item, Mark, Response

# What models say when nobody looks: no text, other alphabets, markup, half a thought, noise.
STRANGE = (
    "", " \n", "�" * 10, "<think>", "<think>A</think>", "</think>", "答案：", "Answer:", "\\boxed{", "{", '{"a": NaN}',
    "```json\n{}\n```", "{}", "[]", "null",
    "A or B", "ABCD", "0", "-1e308", "9" * 1000, "1/0", "<script>alert(1)</script>", "=cmd|' /C calc'!A0",
    "I'm sorry, but I can't help with that.", "抱歉，我无法回答。",
    "\x00\x01", "half \ud83d", '{"a": "\\ud83d"}', "🙂" * 50, "x" * 20_000,
)  # fmt: skip


def check_metric(metric: Metric, items: Sequence[Item], answers: Iterable[str] = ()) -> None:
    """Marks are in bounds and in known words; our failures are None and only ours; the same response gets the same mark."""
    texts = [*answers, *STRANGE]
    for item in items:
        for text in texts:
            for finish in ("stop", "length"):
                response = Response(request="law", finish=finish, text=text)  # type: ignore[arg-type]
                mark = metric(item, response)
                check_mark(mark)
                assert mark == metric(item, response), f"{text[:40]!r} was marked twice, differently"
                assert mark.state != "errored", f"the answer {text[:40]!r} is the model's failure, not ours: {mark.rule}"
                assert mark.state != "over_context"
        _check_failures(metric, item)


def check_mark(mark: Mark) -> None:
    """One mark: value, state, and what must be said with it."""
    assert mark.state in STATES
    assert (mark.value is None) == (mark.state == "errored")
    assert mark.value is None or 0 <= mark.value <= 1
    assert mark.state in ("answered", "errored") or mark.value == 0, f"a mark of {mark.value} for state {mark.state}"
    assert mark.rule, "the rule says nothing"
    assert len(mark.rule) <= 200
    assert (mark.parsed + mark.rule).encode("utf-8")  # half characters cannot be stored
    assert len(mark.parsed) <= 200
    assert mark.parsed or mark.state == "errored"
    assert mark.confidence is None or 0 <= mark.confidence <= 1
    assert mark.brier is None or 0 <= mark.brier <= 2


def _check_failures(metric: Metric, item: Item) -> None:
    failed = metric(item, Response(request="law", finish="error", error="connection reset"))
    check_mark(failed)
    assert failed.state == "errored", "a failed request is our failure"
    assert failed.value is None
    long = metric(item, Response(request="law", finish="over_context"))
    check_mark(long)
    assert (long.value, long.state) == (0, "over_context"), "a prompt beyond the context is the model's limit"
    unfinished = metric(item, Response(request="law", finish="length", text="<think>so far I have"))
    check_mark(unfinished)
    assert (unfinished.value, unfinished.state) == (0, "cut_off")
