"""The label of an option, or several: A to J, 1 to 4, 甲乙丙丁, whatever labels the item printed."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from evalkit.answers.places import Place, Read, answer_lines, last_box, lines_of, normalise_text, quote, tidy

_LATEX = re.compile(r"\\(?:text|textbf|mathrm|mathbf|bf|rm|left|right|;|,|!|\(|\)|\[|\])")
_OPENERS = r"[\s*_`\"'“”‘’(\[【{<《「$:#>-]{0,8}"
_WORDS = (
    r"(?:(?:the|options?|choices?|letters?|answers?|label|either|both|definitely|clearly|probably|likely)\b|选项|選項|选择|選擇|应选|選|选|为|為|是|应为|第)"
)
_CLOSERS = r"[\s*_`\"'”’)\]】}>》」.$]{0,6}"
_JOIN = r"(?:,|、|/|&|\+|和|与|與|及|以及|或者|或|还是|\bor\b|\band\b|,\s?(?:or|and)\b|->|→|>){1,2}"
_MAYBE = r"(?:maybe|possibly|perhaps|also|option|可能是?|也可能是?|也许是?|选项)?"
_BETWEEN = re.compile(r"[\s,、;.:()\[\]{}*_`\"'$&+/。]|和|与|及|\band\b", re.IGNORECASE)
_BECAUSE = r"(?:because|since|as|is|are|for|due|and|or|with|seems|would|matches|gives|follows)\b"
_CJK = r"\u4e00-\u9fff"


@dataclass(frozen=True, slots=True)
class _Labels:
    """The patterns of one set of labels."""

    one: str  # a label that stands as a word
    lead: re.Pattern[str]  # at the start of a segment
    joined: re.Pattern[str]  # another label, after a joining word
    glued: re.Pattern[str]  # several labels without anything between them
    alone: re.Pattern[str]  # anywhere in prose
    chosen: re.Pattern[str]  # "故选B", "option B is correct"
    lower: re.Pattern[str]  # "b) nitrogen"
    denied: re.Pattern[str]  # "not B", "B 错误"
    line: re.Pattern[str]  # a line that an option's label opens


def _word(labels: str, *, prose: bool) -> str:
    """A pattern for one label, bounded so that letters in words, amperes, decimals and 甲醇 do not count."""
    some = f"[{re.escape(labels)}]"
    if labels.isascii() and labels.isdigit():
        return rf"(?<![\dA-Za-z_.,^]){some}(?![\dA-Za-z_%‰°℃]|[.,:/]\d|\s?[A-Za-zµΩ%‰°℃](?!ecause|ince|s\b|r\b|nd\b))"
    if labels.isascii():
        before = r"(?<![A-Za-z0-9_°\\])(?<!\d )" if prose else r"(?<![A-Za-z0-9_°\\])"
        article = rf"(?:(?<![AI])|(?!\s+(?!{_BECAUSE})[a-z]))"
        return rf"{before}{some}(?![A-Za-z0-9_²³])(?!['’][a-z])(?!-[A-Za-z]){article}"
    before = rf"(?:(?<![{_CJK}])|(?<=[选選为為是项項]))" if prose else ""
    return rf"{before}{some}(?=[^{_CJK}]|$|[项項是为為对對正和与與或及])"


@lru_cache(maxsize=64)
def _patterns(labels: str) -> _Labels:
    one, prose = _word(labels, prose=False), _word(labels, prose=True)
    some = re.escape(labels)
    after = rf"(?![A-Za-z0-9{_CJK}])"
    return _Labels(
        one=one,
        lead=re.compile(rf"{_OPENERS}(?:{_WORDS}{_OPENERS}){{0,4}}({one})"),
        joined=re.compile(rf"{_CLOSERS}{_JOIN}\s?{_MAYBE}{_OPENERS}(?:{_WORDS}\s?)?({one})"),
        glued=re.compile(rf"{_OPENERS}(?:{_WORDS}{_OPENERS}){{0,4}}([{some}]{{2,12}}){after}"),
        alone=re.compile(prose),
        chosen=re.compile(
            rf"(?:(?<![不别勿若能可没未误錯错如果当])(?:选择|選擇|选|選)(?!项|項)(?:为|為|是|:)?"
            rf"|\b(?:choose|pick|select|chose|go with|going with)\b(?: the)?(?: option| answer)?:?)"
            rf"{_OPENERS}(?:选项|選項)?{_OPENERS}(?=({one}))"
            rf"|(?:因此|所以|故|综上|可见|可知|结论(?:是|为|:)|\b[Cc]onclusion:"
            rf"|\bI(?:'d| would) say(?: it'?s| it is| that)?)[,\s]{{0,2}}(?:选项|選項|答案)?{_OPENERS}"
            rf"(?=({one})[*_`)\]]{{0,4}}\s?(?:项|选项)?\s?(?:正确|正確|符合|对|是正|为正|[,.;。\n]|$))"
            rf"|(?=({one}))[{some}][\s*_)\]`\"']{{0,4}}(?:is|为|是)\s?(?:the )?(?:most )?"
            rf"(?:correct|right|best|正确|正確)\s?(?:answer|option|choice|one|的?(?:选项|答案))?"
        ),
        lower=re.compile(rf"{_OPENERS}([{re.escape(labels.lower())}])[.)\]](?=\s|$)"),
        denied=re.compile(
            rf"(?:\b(?:not|except|eliminate|exclude|rule out)|不是|不选|不能选|排除|除了?|并非)\W{{0,3}}(?:option |选项)?[{some}]"
            rf"|[{some}][\s*_)项选]{{0,4}}(?:错|不|有误|(?:is|was|looks|seems) (?:not|wrong|incorrect|false)|isn't)"
        ),
        line=re.compile(rf"^[\s*_`>#(\[【-]{{0,8}}([{some}])[*_`]{{0,3}}(?:[.)\]、:】]|\s*$)(?!\d)"),
    )  # fmt: skip


def read_letter(text: str, labels: Sequence[str], options: Sequence[str] = ()) -> Read:
    """The one label that a text answers with; `options` are the labels' texts, for answers that quote them.

    Two labels ("A or B", "AC") are not guessed at: value None, rule "several labels".
    """
    plain = _LATEX.sub(" ", tidy(text)) if "\\" in text else tidy(text)
    known = _patterns("".join(labels))
    for place in _places(tidy(text), plain, known):
        read = _one(place, known, labels, options)
        if read is not None:
            return read
    return _without_a_mark(plain, known, labels, options)


def _places(raw: str, plain: str, known: _Labels) -> Iterator[Place]:
    box = last_box(raw)
    if box:
        yield Place(rule="boxed", text=_LATEX.sub(" ", box.text).strip(" {}"), closed=True)
    yield from answer_lines(plain)
    for found in reversed(deque(known.chosen.finditer(plain), maxlen=8)):
        at = found.start(found.lastindex or 0)
        yield Place(rule="chosen", text=plain[at : at + 200].split("\n")[0], closed=True)


def _exact(text: str, labels: Sequence[str]) -> str | None:
    """The label that `text` is, but for brackets, quotes, markdown and its case."""
    bare = normalise_text(text)
    found = [label for label in labels if normalise_text(label) == bare]
    return found[0] if len(found) == 1 else None


def _quoted_option(text: str, labels: Sequence[str], options: Sequence[str]) -> str | None:
    bare = normalise_text(text)
    found = [label for label, option in zip(labels, options, strict=False) if normalise_text(option) == bare]
    return found[0] if bare and len(found) == 1 else None


def _one(place: Place, known: _Labels, labels: Sequence[str], options: Sequence[str]) -> Read | None:
    """The label that opens a box or answer line; None where neither a label nor an option stands there."""
    quoted = quote(place.text)
    exact = _exact(place.text, labels)
    if exact:
        return Read(value=exact, rule=place.rule, text=quoted, firm=True)
    option = _quoted_option(place.text, labels, options)
    if option:
        return Read(value=option, rule=f"{place.rule}, option text", text=quoted, firm=place.closed)
    if known.glued.match(place.text):
        return Read(rule=f"{place.rule}, several labels", text=quoted)
    lead = known.lead.match(place.text) or known.lower.match(place.text)
    if lead is None:
        read = _option_in(place.text, labels, options)
        return Read(value=read, rule=f"{place.rule}, option text", text=quoted, firm=place.closed) if read else None
    more = known.joined.match(place.text, lead.end())
    more = more or re.compile(rf"[\s)\]]+\(?({known.one})[\s).]*$").match(place.text, lead.end())
    if more and more[1] != lead[1]:
        return Read(rule=f"{place.rule}, several labels", text=quoted)
    value = lead[1] if lead[1] in labels else lead[1].upper()
    return Read(value=value, rule=place.rule, text=quoted, firm=True)


def _without_a_mark(text: str, known: _Labels, labels: Sequence[str], options: Sequence[str]) -> Read:
    """No box and no answer line: the whole text, its first or last line, a lone label, an option quoted in full."""
    exact = _exact(text[:200], labels) if len(text) <= 200 else None
    if exact:
        return Read(value=exact, rule="whole text", text=quote(text), firm=True)
    lines = lines_of(text)
    first = _first_line(text)
    opened = known.line.match(first) or known.lower.match(first) if first else None
    listed = {found[1] for line in lines if (found := known.line.match(line))}
    if opened and len(listed) <= 1 and not known.joined.match(first, opened.end(1)):
        value = opened[1] if opened[1] in labels else opened[1].upper()
        return Read(value=value, rule="first line", text=quote(first), firm=True)
    last = _exact(lines[-1][:60], labels) if lines else None
    if last:
        return Read(value=last, rule="last line", text=quote(lines[-1]), firm=len(lines) > 1)
    tail = text[-40_000:]
    alone = {found[0] for found in known.alone.finditer(tail)}
    if len(alone) == 1 and not known.denied.search(tail):
        return Read(value=alone.pop(), rule="lone label", text=quote(lines[-1] if lines else text))
    option = _option_in(tail, labels, options) if not alone else None
    if option:
        return Read(value=option, rule="option text", text=quote(lines[-1] if lines else text))
    reason = "a label denied" if len(alone) == 1 else "several labels" if alone else "no label"
    return Read(rule=reason, text=quote(text) if alone else "")


def _first_line(text: str) -> str:
    opening = text[:2000].lstrip().split("\n", 1)[0]
    return opening[:400]


def _option_in(text: str, labels: Sequence[str], options: Sequence[str]) -> str | None:
    """The one option that `text` quotes in full; an option inside a longer quoted one does not count."""
    bare = " ".join(tidy(text).casefold().split())
    found: list[str] = []
    for label, option in sorted(zip(labels, options, strict=False), key=lambda pair: -len(pair[1])):
        wanted = normalise_text(option)
        if len(wanted) < 2 and not wanted.isdigit():
            continue
        pattern = re.compile(rf"(?<![0-9a-z.,]){re.escape(wanted)}(?![0-9a-z]|[.,]\d)")
        bare, times = pattern.subn("\x00", bare)
        if times:
            found.append(label)
    return found[0] if len(found) == 1 else None


def read_letters(text: str, labels: Sequence[str], options: Sequence[str] = ()) -> Read:
    """All labels that a text answers with, as a tuple in the order of `labels`."""
    plain = _LATEX.sub(" ", tidy(text)) if "\\" in text else tidy(text)
    known = _patterns("".join(labels))
    for place in _places(tidy(text), plain, known):
        found = _several(place.text, known, place.rest)
        if found:
            return _set_of(found, labels, place.rule, place.text, firm=place.closed)
    if len(plain) <= 200:
        line, _, rest = plain.strip().partition("\n")
        found = _several(line, known, rest)
        if found:
            return _set_of(found, labels, "whole text", plain, firm=False)
    lines = lines_of(plain)
    found = _several(lines[-1], known, "") if lines else []
    if found:
        return _set_of(found, labels, "last line", lines[-1], firm=False)
    return Read(rule="no label")


def _set_of(found: Sequence[str], labels: Sequence[str], rule: str, text: str, *, firm: bool) -> Read:
    value = tuple(label for label in labels if label in found)
    return Read(value=value, rule=rule, text=quote(text), firm=firm)


def _several(text: str, known: _Labels, rest: str) -> list[str]:
    """Labels that open `text`: glued, joined, or each with its option after it ("A. ...; C. ...")."""
    glued = known.glued.match(text)
    if glued:
        return list(glued[1])
    lead = known.lead.match(text)
    if lead is None:
        return []
    if not _BETWEEN.sub("", re.sub(known.one, "", text)):
        return re.findall(known.one, text)  # nothing but labels: "A C", "(A)(C)"
    found, at = [lead[1]], lead.end()
    while more := known.joined.match(text, at):
        found.append(more[1])
        at = more.end()
    if len(found) == 1 and re.match(r"[*_`]{0,3}[.)、:]", text[at:]):
        found += re.findall(rf"[;,、]\s?(?:and |和)?[*_(]{{0,3}}({known.one})[*_]{{0,3}}[.)、:]", text[at:])
        lines = [known.line.match(line) for line in rest.strip("\n").split("\n")]
        for line in lines:
            if line is None:
                break
            found.append(line[1])
    return found
