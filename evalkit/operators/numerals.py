"""Operator 5 (family 2): the same numbers written another way.

    每炉 35000 kg  ->  每炉 3.5×10^4 kg  |  每炉 三万五千 kg          35000 kg  ->  3.5×10^4 kg  |  3.5e4 kg

Only quantities change: a number that a unit, a percent sign or a Chinese character follows, outside of formulas, grades
and names (Q235B, 10^4, 140/90 mmHg stay). Both spellings must be equal as Decimals.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from evalkit.errors import UsageError
from evalkit.records import Item
from evalkit.templates import Template

_UNITS = (
    "kg|t|g|mg|ug|µg|μg|ng|lb|km|m|cm|mm|um|µm|μm|nm|mil|oz|L|mL|ml|dL|m²|m2|m³|m3|Nm³|Nm3|mm²|mm2|ha|MPa|kPa|GPa|Pa|bar|mmHg|N|kN|MN|"
    "W|kW|MW|GW|MWp|Wp|kWp|Wh|kWh|MWh|GWh|J|kJ|MJ|GJ|kvar|Mvar|V|mV|kV|µV|A|mA|kA|Ah|mAh|Ω|kΩ|mΩ|ohm|F|nF|pF|µF|μF|H|µH|mH|Hz|kHz|MHz|GHz|"
    "dB|dBm|bit|bits|Mbit|Gbit|s|ms|ns|ps|us|µs|μs|min|h|d|day|days|hour|hours|minutes|years|year|yuan|K|mol|mmol|μmol|µmol|eV|FIT|ppm|cM|"
    "mEq|beats|plants|seeds|animals|cells|modules|pieces|turns|IU|U"
)
# Before: no letter, digit, point or arithmetic sign, and no ordinal. After: a unit or Chinese text that is not a rank or a date.
_QUANTITY = re.compile(
    r"(?<![0-9A-Za-z_.,^/·×*+\-−–~∶:#²³%第])"
    r"(\d+(?:\.\d+)?)"
    r"(?<!(?<!\d)(?:19|20)\d\d(?=\s?(?![吨克米升瓦伏安时分秒天度炉台块株头只个元亩次])[\u4e00-\u9fff]))"  # a year: 2021 版
    r"(?![LHFUN](?![A-Za-z]))"  # 316L and 110N are names; 316 L is a volume
    rf"(?=\s?(?:(?:{_UNITS})(?![A-Za-z0-9])|[°℃%‰㎡\u4e00-\u9fff]))"
    r"(?!\s?(?:[×·*^+\-−–~∶:²³]|[年月日号型级期代类项阶楼]))"
)
_TIMES = re.compile(r"(\d(?:\.\d+)?)×10\^(-?\d+)")


def scientific(number: str) -> str:
    """`number` as mantissa and power of ten: "35000" -> "3.5×10^4"; from 0.1 to 99 it stays as it is."""
    sign, digits, exponent = Decimal(number).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1
    if -2 < power < 2:
        return number  # 9.8×10^1 is nobody's spelling
    mantissa = str(digits[0]) + ("." + "".join(map(str, digits[1:])) if len(digits) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}×10^{power}"


def exponential(number: str) -> str:
    """`number` in E notation: "35000" -> "3.5e4"."""
    return scientific(number).replace("×10^", "e")


def chinese(number: str) -> str:
    """`number` in Chinese numerals: "35000" -> "三万五千". One number at a time: cn2an's `transform` reads grades as numbers."""
    try:
        import cn2an
    except ImportError as error:
        raise UsageError("operator 5 needs cn2an to build a suite: pip install 'evalkit[authoring]'") from error
    return str(cn2an.an2cn(number, "low"))


def value_of(spelling: str) -> Decimal:
    """What a spelling made here means; the inverse that the check compares with."""
    times = _TIMES.fullmatch(spelling)
    if times:
        return Decimal(times[1]).scaleb(int(times[2]))
    if re.fullmatch(r"[\d.]+(?:e-?\d+)?", spelling):
        return Decimal(spelling)
    import cn2an

    return Decimal(str(cn2an.cn2an(spelling, "normal")))


def quantities(text: str) -> list[str]:
    """The numbers of `text` that the operator may rewrite, in order."""
    return _QUANTITY.findall(text)


class Numerals:
    """Operator 5: numeral forms."""

    number = 5
    name = "numeral forms"
    family = 2
    draws = 2

    def __init__(self, templates: Mapping[str, Template]) -> None:
        pass

    def vary(self, item: Item, draw: int, rng: random.Random) -> Item | None:
        """The stem with all its quantities spelt anew; None where it has none or the gold is copied out of the text."""
        if item.form in ("json", "code") or not quantities(item.stem):
            return None
        spell = (scientific, chinese if item.language == "zh" else exponential)[draw]
        stem = _QUANTITY.sub(lambda found: spell(found[1]), item.stem)
        if stem == item.stem:
            return None
        return replace(item, stem=stem, operator=5, draw=draw, arm="perturbed", changed=f"numbers {spell.__name__}")

    def check(self, item: Item, variant: Item) -> str:
        """Every number rewritten means what it meant, and nothing else moved."""
        spell = {"scientific": scientific, "chinese": chinese, "exponential": exponential}[variant.changed.removeprefix("numbers ")]
        for number in quantities(item.stem):
            if value_of(spell(number)) != Decimal(number):
                return f"{number} became {spell(number)}, which means {value_of(spell(number))}"
        kept = _QUANTITY.sub(lambda found: spell(found[1]), item.stem)
        return "" if variant.stem == kept else "more than the quantities changed"
