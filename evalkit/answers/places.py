"""Where in a text an answer stands: outside the thinking, in a box, on an answer line. And the record of what was read."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

QUOTED = 200  # characters of the answer that a record keeps
SEGMENT = 2000  # characters of an answer line or box that are looked at
_LINES_BACK = 24  # answer lines considered, from the last one upwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a reader made of a text.

    `value` is a label, a tuple of labels, a float, a dict or a text; None where nothing usable was read, and `rule`
    says why. `firm`: the reading would stand even if the text had been cut off (it is not merely its last words).
    `wrong`: an answer was read, but it cannot be right (a unit of another dimension); `text` quotes it.
    """

    value: Any = None
    rule: str = "nothing readable"
    unit: str = ""
    text: str = ""
    firm: bool = False
    wrong: bool = False
    whole: str = ""  # the text as it was read, where a metric looks for more than `value`


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A piece of text in which an answer may stand; `closed`: something follows it, so that it is whole."""

    rule: str
    text: str
    closed: bool
    rest: str = ""  # what comes after, for answers of several lines


# Full-width ASCII and the odd spaces and signs. Not NFKC: that would turn 10² into 102.
_TIDY = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ", 0x00A0: " ", 0x2009: " ", 0x202F: " ", 0x2002: " ", 0x2003: " ", 0x2212: "-", 0x2010: "-", 0x2011: "-", 0x200B: None,
    0x200C: None, 0x200D: None, 0x2060: None, 0xFEFF: None, 0x000D: None, 0x03BC: "µ", 0x2126: "Ω", 0x2028: "\n", 0x2029: "\n",
}  # fmt: skip


def tidy(text: str) -> str:
    """`text` with full-width ASCII and spaces made plain, U+2212 as a hyphen, and invisible characters dropped."""
    return text.translate(_TIDY)


_EDGES = " \t\n.,;:!?…。、，；：！？\"'`“”‘’「」『』《》〈〉()[]{}【】*_~#>"


def normalise_text(text: str) -> str:
    """`text` for comparison: tidied, case folded, spaces collapsed, punctuation, quotes and markdown around it stripped."""
    return " ".join(tidy(text).casefold().split()).strip(_EDGES)


_OPEN = r"<(?:think|thinking|thought|reasoning|seed:think)>|◁think▷|<\|begin_of_thought\|>|<\|channel\|>analysis<\|message\|>"
_CLOSE = r"</(?:think|thinking|thought|reasoning|seed:think)>|◁/think▷|<\|end_of_thought\|>|<\|channel\|>final<\|message\|>"
_TAG = re.compile(rf"(?P<open>{_OPEN})|(?P<close>{_CLOSE})", re.IGNORECASE)
_FRAME = re.compile(r"<\|(?:begin_of_solution|end_of_solution|start|end|return|im_end)\|>(?:assistant)?", re.IGNORECASE)


def strip_thinking(text: str) -> tuple[str, str, bool]:
    """The answer's text, the thinking's text, and whether the thinking came to its end.

    A closing tag without an opening one closes what stands before it (templates that open the thought themselves). An
    opening tag that is never closed was cut off inside the thought: nothing of it is an answer.
    """
    answer: list[str] = []
    thinking: list[str] = []
    place, depth = 0, 0
    for tag in _TAG.finditer(text):
        piece = text[place : tag.start()]
        place = tag.end()
        if tag["open"]:
            (thinking if depth else answer).append(piece)
            depth = 1  # a thought does not nest; models repeat the opening tag
        elif depth:
            thinking.append(piece)
            depth = 0
        else:
            thinking += [*answer, piece]
            answer.clear()
    if depth:
        return "", "".join([*thinking, text[place:]]), False
    return _FRAME.sub(" ", "".join([*answer, text[place:]])), "".join(thinking), True


_BOX = re.compile(r"\\(?:boxed|fbox)\s{0,2}\{")


def last_box(text: str) -> Place | None:
    r"""What stands in the last `\boxed{}` that is closed within reach, with a unit that follows it on the line."""
    for start in reversed(deque((box.end() for box in _BOX.finditer(text)), maxlen=4)):
        depth = 1
        for end in range(start, min(len(text), start + SEGMENT)):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if depth == 0:
                after = text[end + 1 : end + 25].split("\n")[0]
                return Place(rule="boxed", text=text[start:end], closed=True, rest=after)
    return None


_SPACE = r"[ \t*_`\"'“”\]】)」]{0,6}"
_IS = (
    r"(?::|=|：|(?:应该|应当|應該|应|應|就|则|则应|只能|大约|约|大概|最终)?(?:是|为|為|选择|選擇|选|選)(?!项|項)[ \t]{0,2}:?|大约|约|≈"
    r"|(?:is|was|are|would be|should be|will be)\b(?: therefore| thus)?[ \t]{0,2}:?|[ \t]-[ \t])"
)
_WORD = r"(?:正确选项|正確選項|答案|(?<![解回问問])答|\b(?:answers?|ans|(?:correct|right) (?:options?|choices?))\b)"
_MARK = re.compile(
    rf"{_WORD}{_SPACE}(?:\([^()\n]{{0,40}}\))?{_SPACE}"
    rf"(?:{_IS}|(?<=[案】\]])(?=[ \t]*[A-Z0-9甲乙丙丁(]))|<answer>",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"^[ \t#*>_【\[]{0,10}(?:the )?(?:final |correct )?(?:answer|最终答案|正确答案|最后答案|答案)[】\] \t*_:]{0,6}$",
    re.IGNORECASE | re.MULTILINE,
)
_BARE = re.compile(r"[\s*_`#>:\"'-]*")


def answer_lines(text: str) -> Iterator[Place]:
    """The rest of each answer line, the last one first; where nothing follows on the line, the next line with words."""
    marks = deque((mark.end() for mark in _MARK.finditer(text)), maxlen=_LINES_BACK)
    heads = deque((head.end() for head in _HEADING.finditer(text)), maxlen=_LINES_BACK)
    for start in sorted({*marks, *heads}, reverse=True):
        first = _BARE.match(text, start)
        start = first.end() if first and "\n" in first[0] else start
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield Place(
            rule="answer line",
            text=text[start : min(end, start + SEGMENT)].split("</answer>")[0],
            closed=bool(text[end:].strip()) or text[end : end + 1] == "\n",
            rest=text[end : end + SEGMENT],
        )


def lines_of(text: str) -> list[str]:
    """The last lines of `text` that hold more than spaces and markdown, at most 200 of them."""
    return [line for line in text[-20 * SEGMENT :].splitlines() if line.strip(_EDGES)][-200:]


def quote(text: str) -> str:
    """`text` on one line, at most `QUOTED` characters."""
    return " ".join(text[: 2 * QUOTED].split())[:QUOTED]
