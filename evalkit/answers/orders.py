"""The order in which a text puts the labels: "B, A, D, C", "BADC", "B→A→D→C", numbered lists, or the steps quoted in full."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache

from evalkit.answers.places import SEGMENT, Place, Read, answer_lines, last_box, lines_of, normalise_text, quote, tidy

_LATEX = re.compile(r"\\(?:text|textbf|mathrm|mathbf|,|;|!|\(|\)|\[|\])|\\(?:to|rightarrow|Rightarrow|quad)\b")
_MARK = re.compile(
    r"^\s{0,8}[*_]{0,3}(?:\(?\d{1,2}[.)、:]|[①-⑳]|第[一二三四五六七八九十\d]{1,2}步?[:、]?"
    r"|(?:step|步骤)\s?[\d一二三四五六七八九十]{1,2}\s?[:.、-]?)[*_\s]{0,4}",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"\b(?:then|first|next|finally|and|order|sequence|correct|right|the|is|step|steps|option|answer|last|lastly|followed by)\b"
    r"|正确|順序|顺序|步骤|首先|然后|接着|"
    r"随后|再|最后|先|后|其次|应为|为|是|即|排列|排序|答案|依次|[①-⑳\s,、>→⟶⇒➔=|;:.()\[\]*_`\"'“”<>《》【】/&+$。，；：-]",
    re.IGNORECASE,
)
_NEXT = re.compile(r"\s*(?:,|、|->|→|>|-)\s*$")
_OR = re.compile(r"\W{0,3}(?:\bor\b|或)", re.IGNORECASE)
_ORDER_MARK = re.compile(
    r"(?:\b(?:order|sequence)\b|顺序|順序|排列|排序)[\s*_\"']{0,4}(?:(?:should be|is|应为|应该是|为|是|如下)[\s*_]{0,3}:?|:)", re.IGNORECASE
)
_ARROW = re.compile(r"\s*(?:->|→|⟶|⇒|➔|>)\s*")


@lru_cache(maxsize=64)
def _run(labels: str) -> re.Pattern[str]:
    if labels.isascii() and labels.isdigit():
        return re.compile(rf"(?<![\dA-Za-z_.])[{labels}]{{1,{len(labels)}}}(?![\dA-Za-z_]|\.\d)")
    if labels.isascii():
        return re.compile(rf"(?<![A-Za-z0-9_])[{re.escape(labels)}]{{1,{len(labels)}}}(?![A-Za-z0-9_]|['’][a-z])")
    return re.compile(rf"[{re.escape(labels)}]")


def read_order(text: str, labels: Sequence[str], n: int = 0, options: Sequence[str] = ()) -> Read:
    """The labels (the first `n` of `labels`) in the text's order, each exactly once, as a tuple; else value None.

    `options` are the labels' texts, for answers that write the steps out.
    """
    used = tuple(labels)[: n or len(labels)]
    raw = tidy(text)
    for place in _places(raw):
        plain = _LATEX.sub(" ", place.text)
        read = _order_in(plain, used, options) or _block(place, used, options)
        if read:
            return Read(value=read, rule=place.rule, text=quote(place.text), firm=place.rule == "boxed" or place.closed)
        if place.rule == "boxed" or (place.rule == "answer line" and len(_tokens(plain, used)) > 1):
            return Read(rule=f"{place.rule}, not each label once", text=quote(place.text))
    return _without_a_mark(raw, used, options)


def _places(text: str) -> Iterator[Place]:
    box = last_box(text)
    if box:
        yield box
    yield from answer_lines(text)
    for mark in reversed(deque(_ORDER_MARK.finditer(text), maxlen=8)):
        line, _, rest = text[mark.end() : mark.end() + SEGMENT].partition("\n")
        yield Place(rule="order line", text=line, closed=bool(rest.strip()), rest=rest)


def _tokens(text: str, labels: Sequence[str]) -> list[str]:
    return [label for run in _run("".join(labels)).findall(text) for label in run]


def _order_in(text: str, labels: Sequence[str], options: Sequence[str]) -> tuple[str, ...] | None:
    """The order of one line, by labels, else by the options' texts."""
    tokens = _tokens(text, labels)
    if len(tokens) == len(labels) and set(tokens) == set(labels):
        return tuple(tokens)
    return _leading(text, labels) or _by_texts(text, labels, options)


def _leading(text: str, labels: Sequence[str]) -> tuple[str, ...] | None:
    """The order that opens the line, whatever is said of the labels after it; None where another order is offered."""
    tokens: list[str] = []
    place = 0
    for run in _run("".join(labels)).finditer(text):
        between = text[place : run.start()]
        if len(tokens) >= len(labels):
            if _NEXT.match(between):
                return None
            break
        if _FILLER.sub("", between):
            break
        tokens += run[0]
        place = run.end()
    whole = len(tokens) == len(labels) and set(tokens) == set(labels)
    return tuple(tokens) if whole and not _OR.match(text, place) else None


def _by_texts(text: str, labels: Sequence[str], options: Sequence[str]) -> tuple[str, ...] | None:
    bare = " ".join(tidy(text).casefold().split())
    places: list[tuple[int, str]] = []
    for label, option in sorted(zip(labels, options, strict=False), key=lambda pair: -len(pair[1])):
        wanted = normalise_text(option)
        if not wanted or bare.count(wanted) != 1:
            return None
        at = bare.index(wanted)
        bare = bare[:at] + "\x00" * len(wanted) + bare[at + len(wanted) :]
        places.append((at, label))
    return tuple(label for _, label in sorted(places)) if len(places) == len(labels) else None


def _list_in(lines: Sequence[str], labels: Sequence[str], options: Sequence[str]) -> tuple[str, ...] | None:
    """The order of a numbered list: the first label of each line, or the steps' texts."""
    marked = [line[mark.end() :] for line in lines if (mark := _MARK.match(line))]
    if len(marked) < len(labels):
        return None
    marked = marked[-len(labels) :]
    firsts = [_tokens(line[:12], labels)[:1] for line in marked]
    order = tuple(first[0] for first in firsts if first)
    if len(order) == len(labels) and set(order) == set(labels):
        return order
    return _by_texts("\n".join(marked), labels, options)


def _block(place: Place, labels: Sequence[str], options: Sequence[str]) -> tuple[str, ...] | None:
    if place.rule == "boxed":
        return None
    lines = [line for line in [place.text, *place.rest.splitlines()] if line.strip()][: len(labels) + 1]
    found = _list_in(lines, labels, options)
    if found is None and len(_tokens(place.text, labels)) <= 1:
        found = _bulleted(lines[: len(labels)], labels)
    return found


def _bulleted(lines: Sequence[str], labels: Sequence[str]) -> tuple[str, ...] | None:
    """One label a line, in the order of the lines."""
    order = tuple(first for line in lines for first in _tokens(line[:12], labels)[:1])
    return order if len(order) == len(lines) == len(labels) and set(order) == set(labels) else None


def _without_a_mark(text: str, labels: Sequence[str], options: Sequence[str]) -> Read:
    lines = lines_of(text)
    for line in reversed(lines):
        plain = _LATEX.sub(" ", line)
        tokens = _tokens(plain, labels)
        rest = _FILLER.sub("", _run("".join(labels)).sub("", plain))
        if len(tokens) == len(labels) and set(tokens) == set(labels) and not rest:
            rule = "whole text" if len(lines) == 1 else "line of labels"
            return Read(value=tuple(tokens), rule=rule, text=quote(line), firm=len(lines) == 1)
    tail = lines[-len(labels) - 2 :]
    found = _list_in(tail, labels, options) or (_bulleted(lines, labels) if len(lines) == len(labels) else None)
    if found:
        return Read(value=found, rule="numbered list", text=quote(" / ".join(tail)))
    for line in reversed(lines[-3:]):
        order = _by_texts(line, labels, options) if _ARROW.search(line) or len(lines) == 1 else None
        if order:
            return Read(value=order, rule="steps quoted", text=quote(line))
    return Read(rule="no order of all labels")
