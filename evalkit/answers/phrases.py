"""Whether a text states something: phrasings that must occur in one sentence, numbers that stand in no source, length."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from evalkit.answers.numerals import clean_numbers, number_at
from evalkit.answers.places import tidy
from evalkit.answers.units import parse_unit
from evalkit.records import Language

# A full stop ends a sentence unless it stands between digits ("0.5") or in a short form ("e.g.").
_ENDS = re.compile(r"[。！？!?;；\n]+|(?<!\be\.g)(?<!\bi\.e)(?<!\bno)(?<!\bvs)(?<!\bdr)\.(?!\d)")
# What denies the words that follow it: in Chinese within three characters, in English within two words.
_DENIED = re.compile(
    r"(?:未|没有|没|不(?![断仅但久同过])|无(?!论)|并非|否认)[^,，、]{0,3}$"
    r"|(?:\b(?:not|no|never|without|denies|denied|neither|nor)|n['’]t)(?:\s+[a-z-]+){0,2}\s*$"
)
_NEGATOR = re.compile(r"未|没|不|无|并非|否认|\b(?:not|no|never|without|denie[sd]|neither|nor)\b|n['’]t")
_ORDINAL = re.compile(r"(?m)^[ \t]{0,8}(?:[-*#]{1,6}[ \t]*)?[(（]?\d{1,2}[)）.、:](?=\D)")
_SMALL = 12  # whole numbers up to this count things and need no source, unless they carry a unit
_UNIT_WORD = re.compile(r"\s?([%‰°℃µΩA-Za-z/³²]{1,10}|[一-鿿]{1,2})")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::\d{2})?\s?(am|pm|a\.m\.|p\.m\.)?", re.IGNORECASE)
_HALF_DAY = re.compile(r"(?<![\d:.])(\d{1,2})\s?(am|pm|a\.m\.|p\.m\.)", re.IGNORECASE)


def sentences_of(text: str) -> list[str]:
    """The sentences of `text`, folded in case and width; markdown's stars and thousands signs are gone, spaces are kept."""
    plain = _bare(tidy(text)).casefold()
    return [part.strip() for part in _ENDS.split(plain) if part.strip()]


def _bare(text: str) -> str:
    """`text` without markdown's signs and without thousands signs."""
    return re.sub(r"[*_`#]+|(?<=\d),(?=\d{3}(?!\d))", "", text)


def holds(phrasing: str, text: str) -> bool:
    """Whether all parts of `phrasing`, set apart by " & ", occur in one sentence of `text`: in any order, spacing free.

    A part that is denied ("not", "未" right before it) does not occur, unless the phrasing holds a negator itself; a part
    that begins or ends with a digit is not found inside a longer number.
    """
    parts = [_dense(part)[0] for part in _bare(phrasing).split(" & ")]
    may_deny = bool(_NEGATOR.search(tidy(phrasing).casefold()))
    return all(parts) and any(all(_occurs(part, sentence, may_deny) for part in parts) for sentence in sentences_of(text))


def _dense(text: str) -> tuple[str, list[int]]:
    """`text` folded and without spaces, and where each of its characters stood."""
    folded = tidy(text).casefold()
    places = [place for place, char in enumerate(folded) if not char.isspace()]
    return "".join(folded[place] for place in places), places


def _occurs(part: str, sentence: str, may_deny: bool) -> bool:
    dense, places = _dense(sentence)
    for found in re.finditer(re.escape(part), dense):
        before, after = dense[: found.start()], dense[found.end() :]
        inside = (part[0].isdigit() and re.search(r"\d\.?$", before)) or (part[-1].isdigit() and re.match(r"\.?\d", after))
        if not inside and (may_deny or not _DENIED.search(sentence[: places[found.start()]])):
            return True
    return False


def states(phrasings: Iterable[str], text: str) -> bool:
    """Whether any of the phrasings holds."""
    return any(holds(phrasing, text) for phrasing in phrasings)


def length_of(text: str, language: Language) -> int:
    """Characters without spaces (zh), or words (en)."""
    return len(re.sub(r"\s+", "", text)) if language == "zh" else len(text.split())


@dataclass(frozen=True, slots=True)
class _Written:
    """A number of a text: its value, the step of its last digit that counts, its digits, and whether it carries a unit."""

    value: Fraction
    step: Fraction
    digits: str
    unit: bool

    def rounds(self, other: Fraction) -> bool:
        """Whether it is `other`, or `other` with fewer digits (at least two of them)."""
        return self.value == other or (abs(self.value - other) <= self.step / 2 and abs(other) >= 10 * self.step)


def strange_numbers(text: str, source: str) -> tuple[str, ...]:
    """The different numbers of `text` that `source` does not hold.

    Not strange: a number of the source rounded to fewer digits, a percentage written as a fraction or the other way, a
    time of day on the other clock, a list's own numbering, and a whole number up to 12 without a unit.
    """
    held = {one.value for one in _numbers(source)}
    held |= {value / 100 for value in held} | {value * 100 for value in held}
    strange: dict[Fraction, str] = {}
    for one in _numbers(_ORDINAL.sub(" ", text)):
        counts = not one.unit and one.value.denominator == 1 and one.value <= _SMALL
        if not counts and not any(one.rounds(other) for other in held):
            strange.setdefault(one.value, one.digits)
    return tuple(strange.values())


def _on_one_clock(text: str) -> str:
    def hour_of(hour: str, half: str | None) -> int:
        return int(hour) % 12 + 12 * half.lower().startswith("p") if half else int(hour)

    text = _CLOCK.sub(lambda found: f" {hour_of(found[1], found[3])}" + (f" {int(found[2])} " if int(found[2]) else " "), text)
    return _HALF_DAY.sub(lambda found: f" {hour_of(found[1], found[2])} ", text)


def _numbers(text: str) -> list[_Written]:
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", clean_numbers(_on_one_clock(tidy(text))))
    found: list[_Written] = []
    for match in re.finditer(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?", plain):
        digits = match[0]
        number = number_at(plain, match.start())
        scale = number.value / number.plain if number is not None and number.plain else Fraction(1)
        word = _UNIT_WORD.match(plain, number.end if number is not None else match.end())
        unit = parse_unit(word[1]) if word else None
        whole = len(digits) - len(digits.rstrip("0")) if "." not in digits else 0
        step = Fraction(10 ** min(whole, 3)) if "." not in digits else Fraction(1, 10 ** len(digits.partition(".")[2]))
        value = number.value if number is not None and number.start == match.start() else Fraction(digits)
        found.append(_Written(value, step * scale, digits, unit=unit is not None and unit.known and not unit.words))
    return found
