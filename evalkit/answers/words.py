"""Short texts (terms, classes) and refusals."""

import re
import unicodedata

from evalkit.answers.places import Read, answer_lines, last_box, normalise_text, quote, tidy

SHORT = 200  # characters of a text that may be the answer as a whole
_REMARK = re.compile(r"\s*(?:\((?:also|or|i\.e\.|e\.g\.|即|也|又|或|简称|abbr)[^()\n]{0,80}\)|;.{0,80})$", re.IGNORECASE)
_LATEX = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textit)\s{0,2}(?=\{)")
_COPULA = (
    re.compile(
        r"^(?:the|it|this|that|in)\b[^\n]{0,120}?(?:\bis (?:called|known as|usually called)|\btranslates (?:to|as)|\bis|\bmeans)\s+"
        r"(?:the )?(.{1,120})$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^[^\n]{0,60}?(?:英文|中文|英语|术语|名称|译名|译|表达|说法|类别|分类|等级|故障|原因)[^\n]{0,40}?"
        r"(?:称为|叫做|译为|应为|通常为|属于|是|为|叫)\s*:?\s*(.{1,120})$"
    ),
)
_NAMED = re.compile(
    r"^(?:英文|中文|英语|术语|译名|名称|结果|term|translation|english|chinese|result)\s?(?:term|name|术语|名称)?\s?:\s*"
    r"(.{1,120})$",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(r"[\s*_#(>]*(?:explanation|note|reason|because|解释|说明|注|理由|解析|因为)", re.IGNORECASE)
_SENTENCE_END = ".。!！"


def _bare(text: str) -> str:
    return _LATEX.sub("", text).replace("**", "").strip().strip("$`*_{}\"'“”‘’「」 \t").rstrip(_SENTENCE_END).strip("*_`\"'“”‘’ ")


def read_text(text: str) -> Read:
    """The box, the answer line, or a short text as a whole; of a short sentence "the term is X", the X.

    `value` keeps its spelling (see `match_key` for comparing); None for a long text without an answer line.
    """
    plain = tidy(text).strip()
    box = last_box(plain)
    if box and _bare(box.text):
        return Read(value=_bare(box.text), rule="boxed", text=quote(box.text), firm=True)
    for place in answer_lines(plain):
        value = _bare(_REMARK.sub("", place.text))
        if value:
            return Read(value=value, rule="answer line", text=quote(place.text), firm=place.closed)
    if not plain or len(plain) > SHORT:
        return Read(rule="long text without an answer line" if plain else "nothing readable")
    lines = [line for line in plain.splitlines() if line.strip()]
    if len(lines) > 1 and _EXPLAINS.match(lines[1]):
        value = _bare(lines[0])
        return Read(value=value or None, rule="first line", text=quote(lines[0]), firm=True)
    if len(lines) > 1:
        return Read(rule="several lines without an answer line")
    return _whole(lines[0])


def _whole(line: str) -> Read:
    for copula in (_NAMED, *_COPULA):
        found = copula.match(line.replace("**", "").strip())
        if found and _bare(found[1]):
            return Read(value=_bare(found[1]), rule="short sentence", text=quote(line))
    value = _bare(line)
    return Read(value=value, rule="whole text", text=quote(line)) if value else Read()


def match_key(text: str) -> str:
    """`text` for matching: case, width, spaces and punctuation gone, but not what tells numbers apart (-5, 1.5, 3/4, %).

    >>> match_key(" Anion-Gap. ") == match_key("anion gap"), match_key("1.5 %") == match_key("15 %")
    (True, False)
    """
    plain = normalise_text(text) if normalise_text(text) else tidy(text).casefold()
    kept = []
    for place, char in enumerate(plain):
        before, after = plain[place - 1 : place] if place else "", plain[place + 1 : place + 2]
        inside = char in "./" and before.isdigit() and after.isdigit()
        sign = char == "-" and after.isdigit() and not before.strip()
        if inside or sign or char in "%‰" or not (char.isspace() or unicodedata.category(char).startswith("P")):
            kept.append(char)
    return "".join(kept)


_REFUSAL = re.compile(
    r"\b(?:i|we)(?:'m| am|’m| are)? ?(?:sorry,? (?:but )?(?:i |we ))?"
    r"(?:can'?t|can’t|cannot|can not|won't|won’t|will not|unable to|not able to|"
    r"must decline to|have to decline|not comfortable|refuse to|decline to)"
    r"[^.\n]{0,40}?\b(?:help|assist|answer|provide|comply|support|fulfil|fulfill|give|offer|discuss|engage|respond|do that|request)"
    r"|\bas an ai\b[^.\n]{0,60}\b(?:can'?t|can’t|cannot|unable|not able)\b"
    r"|(?:我|本人|作为[^。\n]{0,12}(?:模型|助手|AI)[^。\n]{0,6}?)(?:们)?[^。\n，,]{0,4}(?:无法|不能|不会|不可以|不便|拒绝|没办法|难以)[^。\n]{0,12}"
    r"(?:提供|协助|帮助|帮|回答|满足|支持|给出|讨论|配合|答复)"
    r"|(?:抱歉|对不起|很遗憾)[^。\n]{0,8}(?:无法|不能|不便|不会)[^。\n]{0,12}(?:提供|协助|帮助|帮|回答|满足|支持|给出|讨论|配合|答复)",
    re.IGNORECASE,
)


def is_refusal(text: str) -> bool:
    """Whether the text opens (first 400 characters) by declining to answer. Conservative; asked only where nothing could be read."""
    return bool(_REFUSAL.search(tidy(text[:400])))
