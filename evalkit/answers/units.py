"""A fixed, exact table of the units that industry uses, and a reader of compound units (kg/t, mL/(min·kg), W/(m²·K)).

Factors are fractions, so that 2569000 g is 2569 kg to the last digit. What depends on the substance (mg/dL to mmol/L,
kWh of coal) has different dimensions here and is never converted. VA, var and W are kept apart, and so are dB, dBm, bits,
angles, years (365 or 365.25 days?), money and coal equivalent. Source of the factors: SI brochure (9th ed., 2019) and,
for units outside of it, NIST SP 811 (2008), appendix B; 1 亩 = 1/15 ha.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from evalkit.answers.places import tidy

Dimensions = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit: `factor` (and `offset`, for temperatures) to the base of its dimensions; `words` are its counted things.

    A value v in it is v * factor + offset in the base.
    """

    text: str
    factor: Fraction = Fraction(1)
    dimensions: Dimensions = ()
    offset: Fraction = Fraction(0)
    words: tuple[str, ...] = ()
    known: bool = True  # at least one atom of the table, or nothing but a number

    def convert(self, value: Fraction, other: "Unit") -> Fraction | None:
        """`value` of this unit in `other`; None where the dimensions differ."""
        if self.dimensions != other.dimensions:
            return None
        return (value * self.factor + self.offset - other.offset) / other.factor


_Atom = tuple[Fraction, Mapping[str, int], Fraction]
_PREFIXES = {
    "p": -12, "n": -9, "µ": -6, "u": -6, "m": -3, "c": -2, "d": -1, "h": 2, "k": 3, "M": 6, "G": 9, "T": 12,
}  # fmt: skip
_ZH_PREFIXES = {"纳": -9, "微": -6, "毫": -3, "厘": -2, "千": 3, "兆": 6, "吉": 9}
_ENERGY = {"kg": 1, "m": 2, "s": -2}
_POWER = {"kg": 1, "m": 2, "s": -3}
_PRESSURE = {"kg": 1, "m": -1, "s": -2}
_FORCE = {"kg": 1, "m": 1, "s": -2}
_VOLT = {"kg": 1, "m": 2, "s": -3, "A": -1}
_OHM = {"kg": 1, "m": 2, "s": -3, "A": -2}

# symbol: (factor to the base, dimensions, prefixes that it takes)
_SYMBOLS: Mapping[str, tuple[str, Mapping[str, int], str]] = {
    "g": ("1/1000", {"kg": 1}, "pnµumdckM"), "t": ("1000", {"kg": 1}, "kM"), "m": ("1", {"m": 1}, "pnµumcdk"),
    "s": ("1", {"s": 1}, "pnµum"),
    "A": ("1", {"A": 1}, "pnµumk"), "K": ("1", {"K": 1}, "m"), "mol": ("1", {"mol": 1}, "pnµumk"), "cd": ("1", {"cd": 1}, "m"),
    "L": ("1/1000", {"m": 3}, "nµumcdhkM"), "l": ("1/1000", {"m": 3}, "nµumcdhk"), "N": ("1", _FORCE, "mkMG"),
    "Pa": ("1", _PRESSURE, "mhkMG"),
    "J": ("1", _ENERGY, "mµukMGT"), "W": ("1", _POWER, "pnµumkMGT"), "Wp": ("1", _POWER, "kMG"), "Wh": ("3600", _ENERGY, "mkMGT"),
    "V": ("1", _VOLT, "nµumkM"), "VA": ("1", {"VA": 1}, "kMG"), "var": ("1", {"var": 1}, "kMG"), "Var": ("1", {"var": 1}, "kMG"),
    "Ω": ("1", _OHM, "µumkMG"), "ohm": ("1", _OHM, "mkMG"), "F": ("1", {"kg": -1, "m": -2, "s": 4, "A": 2}, "pnµum"),
    "H": ("1", {"kg": 1, "m": 2, "s": -2, "A": -2}, "pnµum"), "C": ("1", {"s": 1, "A": 1}, "pnµumk"),
    "Ah": ("3600", {"s": 1, "A": 1}, "mk"),
    "S": ("1", {"kg": -1, "m": -2, "s": 3, "A": 2}, "nµum"), "T": ("1", {"kg": 1, "s": -2, "A": -1}, "nµum"),
    "Wb": ("1", {"kg": 1, "m": 2, "s": -2, "A": -1}, "µum"), "Hz": ("1", {"s": -1}, "mkMGT"), "bar": ("100000", _PRESSURE, "µum"),
    "eV": ("1.602176634e-19", _ENERGY, "mkMG"), "cal": ("4.184", _ENERGY, "kM"), "bit": ("1", {"bit": 1}, "kMGT"),
    "b": ("1", {"bit": 1}, "kMGT"),
    "bps": ("1", {"bit": 1, "s": -1}, "kMGT"), "B": ("8", {"bit": 1}, "kMGT"), "Gy": ("1", {"Gy": 1}, "µum"), "Sv": ("1", {"Sv": 1}, "µum"),
    "Bq": ("1", {"Bq": 1}, "kMGT"), "Eq": ("1", {"Eq": 1}, "µum"), "eq": ("1", {"Eq": 1}, "µum"), "Osm": ("1", {"Osm": 1}, "m"),
    "lm": ("1", {"lm": 1}, "k"), "lx": ("1", {"lx": 1}, "k"), "Nm": ("1", _ENERGY, "kM"), "gce": ("1/1000", {"ce": 1}, "k"),
    "tce": ("1000", {"ce": 1}, "M"), "IU": ("1", {"IU": 1}, "mkM"), "U": ("1", {"U": 1}, "mk"), "dB": ("1", {"dB": 1}, ""),
    "dBm": ("1", {"dBm": 1}, ""), "dBi": ("1", {"dBi": 1}, ""), "dBc": ("1", {"dBc": 1}, ""), "cM": ("1", {"cM": 1}, ""),
    "FIT": ("1", {"FIT": 1}, ""),
    "min": ("60", {"s": 1}, ""), "h": ("3600", {"s": 1}, ""), "d": ("86400", {"s": 1}, ""), "a": ("1", {"year": 1}, ""),
    "ha": ("10000", {"m": 2}, ""), "r": ("1", {}, ""), "rpm": ("1/60", {"s": -1}, ""), "bpm": ("1/60", {"s": -1}, ""),
    "atm": ("101325", _PRESSURE, ""), "mmHg": ("133.322387415", _PRESSURE, ""), "cmH2O": ("98.0665", _PRESSURE, ""),
    "psi": ("6894.757293168", _PRESSURE, "k"), "kgf": ("9.80665", _FORCE, ""), "lb": ("0.45359237", {"kg": 1}, ""),
    "oz": ("0.028349523125", {"kg": 1}, ""),
    "mil": ("0.0000254", {"m": 1}, ""), "inch": ("0.0254", {"m": 1}, ""), "ft": ("0.3048", {"m": 1}, ""), "Å": ("1e-10", {"m": 1}, ""),
    "rad": ("1", {"angle": 1}, "m"), "%": ("1/100", {}, ""), "‰": ("1/1000", {}, ""), "ppm": ("1e-6", {}, ""), "ppb": ("1e-9", {}, ""),
}  # fmt: skip
_NAMES: Mapping[str, str] = {
    "percent": "%", "pct": "%", "pp": "%", "百分点": "%", "个百分点": "%", "ton": "t", "tons": "t", "tonne": "t", "tonnes": "t", "吨": "t",
    "公斤": "kg", "克": "g", "米": "m", "公里": "km", "小时": "h", "个小时": "h", "时": "h", "hour": "h", "hours": "h", "hr": "h",
    "hrs": "h",
    "minute": "min", "minutes": "min", "mins": "min", "分钟": "min", "second": "s", "seconds": "s", "sec": "s", "秒": "s", "day": "d",
    "days": "d",
    "天": "d", "日": "d", "year": "a", "years": "a", "yr": "a", "yrs": "a", "年": "a", "升": "L", "liter": "L", "liters": "L", "litre": "L",
    "litres": "L", "公顷": "ha", "hectare": "ha", "hectares": "ha", "瓦": "W", "瓦时": "Wh", "千瓦时": "kWh", "度电": "kWh", "伏": "V",
    "伏特": "V", "安": "A",
    "安培": "A", "欧": "Ω", "欧姆": "Ω", "赫兹": "Hz", "帕": "Pa", "牛": "N", "焦": "J", "焦耳": "J", "摩尔": "mol", "分贝": "dB",
    "gram": "g",
    "grams": "g", "kilogram": "kg", "kilograms": "kg", "milligram": "mg", "milligrams": "mg", "meter": "m", "meters": "m", "metre": "m",
    "metres": "m", "millimeters": "mm", "millimetres": "mm",
    "cc": "mL", "watt": "W", "watts": "W", "kilowatts": "kW", "megawatts": "MW", "volt": "V", "volts": "V", "amp": "A", "amps": "A",
    "amperes": "A",
    "ohms": "Ω", "bits": "bit", "byte": "B", "bytes": "B", "radians": "rad", "弧度": "rad", "inches": "inch", "mils": "mil", "kelvin": "K",
    "安时": "Ah", "牛顿": "N", "毫米汞柱": "mmHg",
}  # fmt: skip
_ENGLISH = {
    "volt": "V", "amp": "A", "ampere": "A", "ohm": "Ω", "watt": "W", "pascal": "Pa", "joule": "J", "newton": "N", "gram": "g", "meter": "m",
    "metre": "m", "liter": "L", "litre": "L", "second": "s", "hertz": "Hz", "farad": "F", "mole": "mol", "bit": "bit", "calorie": "cal",
}  # fmt: skip
_EN_PREFIXES = {"": 0, "pico": -12, "nano": -9, "micro": -6, "milli": -3, "centi": -2, "kilo": 3, "mega": 6, "giga": 9}
_EXTRA: Mapping[str, tuple[Fraction, Mapping[str, int]]] = {
    "亩": (Fraction(2000, 3), {"m": 2}), "mu": (Fraction(2000, 3), {"m": 2}), "斤": (Fraction(1, 2), {"kg": 1}),
    "元": (Fraction(1), {"yuan": 1}),
    "yuan": (Fraction(1), {"yuan": 1}), "RMB": (Fraction(1), {"yuan": 1}), "CNY": (Fraction(1), {"yuan": 1}),
    "美元": (Fraction(1), {"dollar": 1}),
    "USD": (Fraction(1), {"dollar": 1}), "dollars": (Fraction(1), {"dollar": 1}), "month": (Fraction(1, 12), {"year": 1}),
    "months": (Fraction(1, 12), {"year": 1}), "个月": (Fraction(1, 12), {"year": 1}), "week": (Fraction(604800), {"s": 1}),
    "weeks": (Fraction(604800), {"s": 1}), "周": (Fraction(604800), {"s": 1}), "°": (Fraction(math.pi) / 180, {"angle": 1}),
    "deg": (Fraction(math.pi) / 180, {"angle": 1}), "degrees": (Fraction(math.pi) / 180, {"angle": 1}), "立方米": (Fraction(1), {"m": 3}),
    "标准立方米": (Fraction(1), {"m": 3}), "标方": (Fraction(1), {"m": 3}), "平方米": (Fraction(1), {"m": 2}),
    "成": (Fraction(1, 10), {}), "平方毫米": (Fraction(1, 10**6), {"m": 2}), "平方厘米": (Fraction(1, 10**4), {"m": 2}),
    "立方厘米": (Fraction(1, 10**6), {"m": 3}),
    "㎡": (Fraction(1), {"m": 2}), "㎏": (Fraction(1), {"kg": 1}), "㎜": (Fraction(1, 1000), {"m": 1}), "㎝": (Fraction(1, 100), {"m": 1}),
}  # fmt: skip
_CELSIUS = Fraction("273.15")
_FAHRENHEIT = Fraction("459.67") * 5 / 9
_TEMPERATURES: Mapping[str, tuple[Fraction, Fraction]] = {
    **dict.fromkeys(("℃", "°C", "degC", "摄氏度", "Celsius"), (Fraction(1), _CELSIUS)),
    **dict.fromkeys(("℉", "°F", "degF", "华氏度", "Fahrenheit"), (Fraction(5, 9), _FAHRENHEIT)),
}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30}


@lru_cache(maxsize=1)
def _table() -> Mapping[str, _Atom]:
    """Every spelling of a single unit with its prefixes written out."""
    zero = Fraction(0)
    made: dict[str, _Atom] = {}
    for symbol, (factor, dimensions, prefixes) in _SYMBOLS.items():
        for prefix in prefixes:
            made[prefix + symbol] = (Fraction(factor) * Fraction(10) ** _PREFIXES[prefix], dimensions, zero)
    made |= {symbol: (Fraction(factor), dimensions, zero) for symbol, (factor, dimensions, _) in _SYMBOLS.items()}
    made |= {name: made[symbol] for name, symbol in _NAMES.items() if symbol in made}
    for name in ("克", "米", "升", "瓦", "瓦时", "伏", "安", "安时", "欧", "帕", "牛", "焦", "摩尔", "赫兹", "秒"):
        for prefix, power in _ZH_PREFIXES.items():
            made.setdefault(prefix + name, (made[name][0] * Fraction(10) ** power, made[name][1], zero))
    for name, symbol in _ENGLISH.items():
        for prefix, power in _EN_PREFIXES.items():
            for plural in (name, f"{name}s"):
                made.setdefault(prefix + plural, (made[symbol][0] * Fraction(10) ** power, made[symbol][1], zero))
    for prefix, power in _BINARY.items():
        made |= {f"{prefix}B": (Fraction(8) * 2**power, {"bit": 1}, zero), f"{prefix}bit": (Fraction(2**power), {"bit": 1}, zero)}
    made |= {name: (factor, dimensions, zero) for name, (factor, dimensions) in _EXTRA.items()}
    made |= {name: (factor, {"K": 1}, offset) for name, (factor, offset) in _TEMPERATURES.items()}
    return made


@lru_cache(maxsize=1)
def _by_lower() -> Mapping[str, tuple[str, ...]]:
    """Folded spelling > the spellings of the table: "kpa" is kPa, "mpa" is either of two."""
    made: dict[str, list[str]] = {}
    for name in _table():
        made.setdefault(name.casefold(), []).append(name)
    return {low: tuple(names) for low, names in made.items()}


_LONGEST_ZH = 5
_ASCII = re.compile(
    r"cmH[2₂]O|°[CF](?![A-Za-z])|degrees? (?:C|F|Celsius|Fahrenheit)(?![A-Za-z])|[%‰℃℉㎡㎏㎜㎝°]"
    r"|per cent(?![a-z])|percentage points?|metric (?:tons?|tonnes?)|[A-Za-zµΩÅ]{1,16}(?![A-Za-zµΩ])")  # fmt: skip
_SPELLED = {
    "per cent": "%", "percentage point": "%", "percentage points": "%", "cmH₂O": "cmH2O", "metric ton": "t", "metric tons": "t",
    "metric tonnes": "t", "metric tonne": "t",
}  # fmt: skip
_POWER_OF = re.compile(r"\^?\{?\(?([+-]?\d)\)?\}?(?![\d.])|([⁺⁻]?[¹²³⁴])")
_HIGH = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_TIMES = re.compile(r" ?[·*⋅×•∙] ?|\.(?=[A-Za-zµΩ])|-(?=(?:h|m)(?![A-Za-z]))")
_OVER = re.compile(r" ?(?:/|÷) ?|每| per (?=[a-z])")
_NEGATIVE_NEXT = re.compile(r" (?=[A-Za-zµΩ]{1,5}(?:\^?\{?\(?-|⁻)[\d¹²³⁴])")
_PAIR_NEXT = re.compile(r" (?=[mh](?![A-Za-z^²³\d]))")
_WORD_NEXT = re.compile(r" [a-z]")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_MAY_FOLLOW = re.compile(r"(?![\u4e00-\u9fff])|[的每左右以约上下是为和及或]")
_BODY_SURFACE = re.compile(r"/?·? ?1\.73 ?m(?:²|\^?\{?2\}?)")
_SUBSTANCE = re.compile(r"(?<=[A-Za-z)³²\d]) ?\(?CO(?:₂|_?\{?2\}?)(?:[- ]?eq?)?\)?")
_WATT_HOURS = re.compile(r"\b(kilo|mega|giga)?watt[- ]?hours?\b", re.IGNORECASE)
_NORMAL = re.compile(r"Nm(?=³|\^?\{?3)|Nm(?=3)")


def clean_unit(text: str) -> str:
    """`text` without what is said beside a unit but does not change it: body surface (1.73 m²), CO2, the N of Nm³."""
    text = _WATT_HOURS.sub(lambda found: {"k": "kWh", "m": "MWh", "g": "GWh", "": "Wh"}[(found[1] or "")[:1].lower()], text)
    return _NORMAL.sub("m", _SUBSTANCE.sub("", _BODY_SURFACE.sub("", text)))


def _atom_name(text: str, at: int, *, below: bool) -> tuple[str, int] | None:
    """The unit whose name starts at `at`, and where it ends. `below`: in a denominator, where 分 is a minute."""
    table = _table()
    for length in range(_LONGEST_ZH, 0, -1):
        name = text[at : at + length]
        if len(name) == length and _CJK.match(name) and name in table:
            if length == 1 and not _MAY_FOLLOW.match(text, at + 1):
                return None
            return name, at + length
    if below and text[at : at + 1] == "分":
        return "min", at + 1
    found = _ASCII.match(text, at)
    if found is None or (found[0] in ("a", "A") and _WORD_NEXT.match(text, found.end())):
        return None  # "5 a day": an article
    name = _SPELLED.get(found[0], found[0])
    if name.startswith("degree"):
        name = "°" + name.split()[-1][0]
    if name in table:
        return name, found.end()
    low = {table[other][0]: other for other in _by_lower().get(name.casefold(), ())}
    return (next(iter(low.values())), found.end()) if len(low) == 1 else None


def scan_unit(text: str, at: int) -> tuple[Unit, int] | None:
    """The longest unit of the table that starts at `at` (a slash may come first), and where it ends; None: none there."""
    total, offset = Fraction(1), Fraction(0)
    dimensions: dict[str, int] = {}
    place, sign, count, inner = at, 1, 0, False
    first = _OVER.match(text, at)
    if first:
        place, sign = first.end(), -1
    while count < 8:
        opened = sign < 0 and not inner and text[place : place + 1] == "("
        named = _atom_name(text, place + opened, below=sign < 0)
        if named is None:
            break
        inner = inner or opened
        power_of = _POWER_OF.match(text, named[1])
        power = int((power_of[1] or power_of[2]).translate(_HIGH)) if power_of else 1
        factor, base, shift = _table()[named[0]]
        total *= factor ** (sign * power)
        for name, exponent in base.items():
            dimensions[name] = dimensions.get(name, 0) + sign * power * exponent
        place, count = power_of.end() if power_of else named[1], count + 1
        offset = shift if count == 1 and sign > 0 and power == 1 else Fraction(0)
        following = _next_place(text, place, named[0], inner=inner)
        if following is None:
            break
        end, place, below, inner = following
        sign = -1 if below else sign
        # a separator that no unit follows is not part of this one
        if _atom_name(text, place + (text[place : place + 1] == "("), below=below) is None:
            place = end
            break
    if count == 0:
        return None
    place += inner and text[place : place + 1] == ")"
    kept = tuple(sorted((name, exponent) for name, exponent in dimensions.items() if exponent))
    return Unit(text=text[at:place].strip(), factor=total, dimensions=kept, offset=offset), place


def _next_place(text: str, place: int, name: str, *, inner: bool) -> tuple[int, int, bool, bool] | None:
    """Where this unit ends, where the next one would start, whether it is below the line, and whether a bracket is open."""
    end = place
    if inner and text[place : place + 1] == ")":
        place, inner = place + 1, False
        end = place
    over = _OVER.match(text, place)
    if over:
        return end, over.end(), True, inner
    step = _TIMES.match(text, place) or _NEGATIVE_NEXT.match(text, place)
    if step is None and name in ("N", "kN", "MN", "W", "kW", "MW", "GW", "A", "mA"):
        step = _PAIR_NEXT.match(text, place)
    return (end, step.end(), False, inner) if step else None


_LEADING = re.compile(r"[×x*]?\s?10(?:\^\{?(\d{1,2})\}?|([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))\s?[·×*]?\s?")
_ZH_LEADING = {"百万": 10**6, "千万": 10**7, "亿": 10**8, "万": 10**4}


@lru_cache(maxsize=512)
def parse_unit(text: str) -> Unit:
    """An item's unit. Words that the table does not have (points, 人, 块) count as things; they never convert.

    >>> parse_unit("kg/t").factor, parse_unit("points").known
    (Fraction(1, 1000), False)
    """
    plain = clean_unit(tidy(text).strip())  # an item may write a unit with a Greek mu, an answer never keeps it
    scale = Fraction(1)
    leading = _LEADING.match(plain)
    if leading:
        scale, plain = Fraction(10 ** int((leading[1] or leading[2]).translate(_HIGH))), plain[leading.end() :]
    for name, value in _ZH_LEADING.items():
        if plain.startswith(name):
            scale, plain = scale * value, plain[len(name) :]
            break
    if not plain.strip("1"):
        return Unit(text=text, factor=scale)
    found = scan_unit(plain, 0) or _after_a_word(plain)
    if found is None:
        return Unit(text=text, factor=scale, words=(plain,), known=False)
    unit, end = found
    if plain[end : end + 1] in ("^", "½"):  # mm/min^½: compared by its spelling only
        return Unit(text=text, words=(plain,), known=False)
    rest = plain[end:].strip(" ·/()")
    if rest and re.match(r"\s*[/·*]", plain[end:]):  # kg/头: what is counted below the line
        return Unit(text=text, factor=scale * unit.factor, dimensions=unit.dimensions, words=(rest,), known=False)
    return Unit(text=text, factor=scale * unit.factor, dimensions=unit.dimensions, offset=unit.offset, words=(rest,) if rest else ())


_WORD_OVER = re.compile(r"[A-Za-z\u4e00-\u9fff]{1,12} ?(?=/|每| per )")


def _after_a_word(text: str) -> tuple[Unit, int] | None:
    """次/min, beats/min, 个/h: one counted thing over a known unit."""
    word = _WORD_OVER.match(text)
    return scan_unit(text, word.end()) if word else None


def scan_counted(text: str, at: int) -> tuple[Unit, int] | None:
    """A unit that starts at `at`, also one such as "beats/min"."""
    found = scan_unit(text, at)
    if found is not None:
        return found
    word = _WORD_OVER.match(text, at)
    return scan_unit(text, word.end()) if word else None


def squeeze(text: str) -> str:
    """A unit's spelling without spaces, carets, and the differences of dots and superscripts."""
    return re.sub(r"[\s^{}]", "", text.translate(_HIGH)).replace("⋅", "·").replace("*", "·").replace("•", "·").replace("−", "-")
