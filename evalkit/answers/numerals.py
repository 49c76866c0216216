"""Numbers as people and models write them: digits, powers of ten, fractions, 万 and 亿, million, 三万五千. Exact fractions."""

import re
from dataclasses import dataclass
from fractions import Fraction

_DIGITS = 40  # digits of one number; a longer run is not a quantity
_POWER = 300  # largest power of ten
_MULTIPLIERS = {
    "万亿": 10**12, "千亿": 10**11, "百亿": 10**10, "十亿": 10**9, "亿": 10**8, "億": 10**8, "千万": 10**7, "千萬": 10**7, "百万": 10**6,
    "百萬": 10**6, "十万": 10**5, "万": 10**4, "萬": 10**4, "千": 1000, "百": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9,
    "trillion": 10**12, "k": 1000,
}  # fmt: skip
_HIGH = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")

_LATEX_DROP = re.compile(
    r"\\(?:text|textbf|textrm|mathrm|mathbf|mathit|mathsf|operatorname|rm|bf|left|right|displaystyle|big|Big|bigl|bigr|quad|qquad)(?![A-Za-z])"
    r"|\\(?:!|\(|\)|\[|\])"
)
_LATEX_SIGNS = (
    (re.compile(r"\\[dtc]?frac\s{0,2}\{([^{}\n]{1,60})\}\s{0,2}\{([^{}\n]{1,60})\}"), r" \1/\2"),
    (re.compile(r"\\[dt]?frac\s?(\d)\s?(\d)"), r" \1/\2"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"(?<=\d)\\[,;: ](?=\d{3})"), ","),
    (re.compile(r"\\[,;: ]|\\ "), " "),
    (re.compile(r"\\(?:times|ast)(?![A-Za-z]) ?"), "×"),
    (re.compile(r"\\cdot(?![A-Za-z]) ?"), "·"),
    (re.compile(r"\\(?:approx|simeq|thickapprox)(?![A-Za-z])"), "≈"),
    (re.compile(r"\\sim(?![A-Za-z])"), "~"),
    (re.compile(r"\\pm(?![A-Za-z])"), "±"),
    (re.compile(r"\\(?:%|permil)"), "%"),
    (re.compile(r"\^\s?\{?\\circ\s?\}?\s?\{?(?:\\(?:text|mathrm|rm))?\s?\{?\s?([CF])\b\}{0,2}"), r"°\1"),
    (re.compile(r"\^\s?\{?\\circ\s?\}?|\\degree(?![A-Za-z])|\\textdegree(?![A-Za-z])"), "°"),
    (re.compile(r"\\(?:Omega|ohm)(?![A-Za-z]) ?"), "Ω"),
    (re.compile(r"\\(?:mu|micro)(?![A-Za-z]) ?"), "µ"),
    (re.compile(r"\\(?:le|leq|leqslant|ge|geq|geqslant|therefore|Rightarrow|to)(?![A-Za-z])"), " "),
)
_SCIENTIFIC = re.compile(
    r"(?<=[\d.]) {0,2}(?:×|x|X|\*|·|⋅|∙) {0,2}10 {0,2}"
    r"(?:(?:\^|\*\*) {0,2}[{(]? {0,2}([+-]?\d{1,3})(?: {0,2}[})])?|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))"
)
_POWER_ALONE = re.compile(r"(?<![\dA-Za-z.,^×*·])10(?:(?:\^|\*\*)[{(]?([+-]?\d{1,3})[})]?|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))")
_MINUS = re.compile(r"(?:(?<!正)负|零下|\b(?:minus|negative) ) ?(?=\d)", re.IGNORECASE)
_PER = (("百分之", "%"), ("千分之", "‰"))
_PART = re.compile(r"(?<!\d)(\d{1,6})分之(\d{1,6})(?!\d)")


def clean_numbers(text: str) -> str:
    """`text` (tidied) with LaTeX and markdown taken off its numbers and units; 1.2×10^5 becomes 1.2e5, 百分之12 becomes 12%."""
    if "\\" in text:
        for pattern, sign in _LATEX_SIGNS:
            text = pattern.sub(sign, text)
        text = _LATEX_DROP.sub(" ", text)
    text = _SCIENTIFIC.sub(lambda found: "e" + (found[1] or found[2].translate(_HIGH)), text)
    text = _POWER_ALONE.sub(lambda found: "1e" + (found[1] or found[2].translate(_HIGH)), text)
    text = re.sub(r"(?<=\d) ?\* ?(?=\d)", "×", text)
    text = re.sub(r"\*{1,3}|[`$]", " ", text)
    text = _MINUS.sub("-", text)
    text = re.sub(r"\{([^{}\n]{0,40})\}", r"\1", re.sub(r"\^\{([^{}\n]{0,8})\}", r"^\1", text))
    for word, sign in _PER:
        text = re.sub(rf"{word} ?(\d{{1,9}}(?:\.\d{{1,9}})?)", rf"\1{sign}", text)
    return _PART.sub(r"\2/\1", text)


_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.^])(?P<sign>[+-] ?(?=[\d.]))?"
    r"(?:(?P<mixed>\d{1,6}) (?P<over>\d{1,6}) ?/ ?(?P<under>\d{1,6})(?![\d/])"
    r"|(?>(?P<whole>\d{1,3}(?:,\d{3})+(?![\d])|\d{1,3}(?: \d{3})+(?![\d])|\d+)(?P<part>\.\d+)?)(?!\.\d)"
    r"|(?P<bare>\.\d+))"
    r"(?: ?[eE](?P<exp>[+-]?\d{1,4})(?!\d|\.\d))?"
)
_FRACTION = re.compile(r" ?/ ?(\d{1,9})(?![\d/]|\.\d| ?-\d)")
_MULTIPLIER = re.compile(
    r"(?: ?(万亿|千亿|百亿|十亿|亿|億|千万|千萬|百万|百萬|十万|万|萬|千(?![克米瓦伏安焦帕卡牛分])|百(?!分|帕))"
    r"| ?(thousand|million|billion|trillion)\b|(k)(?![A-Za-z]))"
)
_MORE = re.compile(r"[零〇 ]?(\d+(?:\.\d+)?)(千万|百万|十万|万|萬|千(?![克米瓦伏安焦帕卡牛分])|百(?!分|帕)|(?=[^\d.千百万]|$))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number in a text: its value, where it stands, and where its digits end (`plain_end`, before 万 or million)."""

    value: Fraction
    start: int
    end: int
    plain: Fraction
    plain_end: int

    @property
    def scaled(self) -> bool:
        """Whether a word such as 万 or million multiplied it."""
        return self.end != self.plain_end


def _plain(found: re.Match[str]) -> Fraction | None:
    if len(found[0]) > 2 * _DIGITS:
        return None
    sign = -1 if (found["sign"] or "").startswith("-") else 1
    if found["mixed"]:
        under = int(found["under"])
        return sign * (int(found["mixed"]) + Fraction(int(found["over"]), under)) if under else None
    digits = (found["whole"] or "0").replace(",", "").replace(" ", "") + (found["part"] or found["bare"] or "")
    power = int(found["exp"] or 0)
    if len(digits) > _DIGITS or abs(power) > _POWER:
        return None
    return sign * Fraction(digits) * Fraction(10) ** power


def number_at(text: str, at: int) -> Number | None:
    """The first number of `text` from `at` on; None: none."""
    for found in _NUMBER.finditer(text, at):
        value = _plain(found)
        if value is None:
            continue
        start, end = found.start(), found.end()
        below = _FRACTION.match(text, end) if not (found["mixed"] or found["part"] or found["exp"]) else None
        if below and int(below[1]):
            value, end = value / int(below[1]), below.end()
        plain, plain_end = value, end
        times = _MULTIPLIER.match(text, end)
        if times:
            scale = _MULTIPLIERS[times[1] or times[2] or times[3]]
            value, end = _with_smaller(text, value * scale, times.end(), scale)
        return Number(value=value, start=start, end=end, plain=plain, plain_end=plain_end)
    return None


def _with_smaller(text: str, value: Fraction, end: int, scale: int) -> tuple[Fraction, int]:
    """What follows 1亿 in 1亿2千万, and 3万 in 3万5 (35000)."""
    for _ in range(4):
        more = _MORE.match(text, end)
        if not more or scale <= 100:
            break
        if more[2]:
            smaller = _MULTIPLIERS[more[2]]
            if smaller >= scale:
                break
        elif len(more[1]) == 1 and text[end : end + 1].isdigit():
            smaller = scale // 10  # 3万5 is 35000
        elif "." not in more[1] and text[end : end + 1] != " " and int(more[1][:9]) < scale:
            smaller = 1
        else:
            break
        sign = -1 if value < 0 else 1
        value, end, scale = value + sign * Fraction(more[1][:_DIGITS]) * smaller, more.end(), smaller
    return value, end


_ZH_DIGITS = {char: index for index, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2, "壹": 1, "贰": 2, "叁": 3}
_ZH_SMALL = {"十": 10, "拾": 10, "百": 100, "千": 1000}
_ZH_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_ZH_CHARS = "".join(_ZH_DIGITS) + "".join(_ZH_SMALL) + "".join(_ZH_LARGE)
_ZH_RUN = re.compile(
    rf"(?<![第每逐唯同统{_ZH_CHARS}])(负?)((?:百分之|千分之)?)"
    rf"([{_ZH_CHARS}]{{1,30}}(?:点[{''.join(_ZH_DIGITS)}]{{1,20}})?)(?![定般样些种直起旦致半])"
)
_ZH_PARTS = re.compile(rf"([{_ZH_CHARS}]{{1,12}})分之([{_ZH_CHARS}]{{1,12}})")
_EN_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_EN_RUN = re.compile(
    rf"^\W{{0,6}}({'|'.join(_EN_WORDS)})\b"
    rf"(?![ -](?:of|half|hundred|thousand|million|billion|and|by|or|to|third|quarter|{'|'.join(_EN_WORDS)}))",
    re.IGNORECASE,
)


def chinese_value(run: str) -> Fraction:
    """What a run of Chinese numerals means; 三万五 is 35000, 二零二五 is 2025.

    >>> chinese_value("三万五千"), chinese_value("一亿零二十"), chinese_value("三点一四")
    (Fraction(35000, 1), Fraction(100000020, 1), Fraction(157, 50))
    """
    whole, _, part = run.partition("点")
    if whole and all(char in _ZH_DIGITS for char in whole):
        value = Fraction(int("".join(str(_ZH_DIGITS[char]) for char in whole)))
    else:
        value = Fraction(_chinese_whole(whole))
    for place, char in enumerate(part, 1):
        value += Fraction(_ZH_DIGITS[char], 10**place)
    return value


def _chinese_whole(run: str) -> int:
    total = section = digit = 0
    unit, after_zero = 1, False
    for char in run:
        if char in _ZH_DIGITS:
            digit, after_zero = _ZH_DIGITS[char], _ZH_DIGITS[char] == 0 or after_zero
        elif char in _ZH_SMALL:
            section += (digit or (1 if section == 0 or after_zero else 0)) * _ZH_SMALL[char]
            unit, digit, after_zero = _ZH_SMALL[char], 0, False
        else:
            large = _ZH_LARGE[char]
            total = (total + section + digit or 1) * large if large > 10**4 else total + (section + digit or 1) * large
            unit, section, digit, after_zero = large, 0, 0, False
    tail = digit * (unit // 10 if digit and unit > 10 and not after_zero else 1)
    return total + section + tail


def spell_out_digits(text: str) -> str:
    """`text` with its number words as digits: 三万五千 kg, 百分之十二, 四分之三, "three"."""
    text = _ZH_PARTS.sub(lambda found: _ratio(found[1], found[2]) if found[1] not in ("百", "千", "万") else found[0], text)
    text = _ZH_RUN.sub(_chinese, text)
    return _EN_RUN.sub(lambda found: f" {_EN_WORDS.index(found[1].lower())}", text)


def _ratio(under: str, over: str) -> str:
    value = chinese_value(over) / (chinese_value(under) or 1)
    return f" {value.numerator}/{value.denominator}"


def _chinese(found: re.Match[str]) -> str:
    value = chinese_value(found[3])
    digits = str(value.numerator) if value.denominator == 1 else f"{float(value):.15g}"
    return f"{'-' if found[1] else ''}{digits}{ {'百分之': '%', '千分之': '‰'}.get(found[2], '') }"
