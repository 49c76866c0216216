"""Electronics: every gold by a second way, every verdict of a hand-written item recomputed from what it prints.

The laws that it shares with the other suites are in test_laws.py, which reads `OWN`.
"""

import itertools
import math
import re
import sys
from fractions import Fraction

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from evalkit.generators import generate
from evalkit.metrics.code import available, fault_of, run_bench
from tests.suites.laws import Own, as_printed, draws_of, items_of, orders_that_keep, stem_of, suite_of, table_rows, templates_of

TEMPLATES = templates_of("electronics")
ITEMS = items_of("electronics")

# Examples with golds worked out apart from the templates, with the digits that count.
EXAMPLES = {
    "E1": ({"resistance": 10, "capacitance": 10}, 1592),
    "E3": ({"sinad": 74.0}, 12.0),
    "E4": ({"tone": 31, "rate": 44.1}, 13.1),
    "E5": ({"layer": "outer", "current": 3, "rise": 20, "copper": 1}, 35.3),
    "E6": ({"limit": 125, "ambient": 50, "power": 8, "rjc": 1.5, "rcs": 0.5}, 7.375),
    "E7": ({"period": 2, "skew": 0.05, "clk_to_q": 0.12, "path_max": 1.45, "setup": 0.10}, 0.38),
    "E8": ({"input": 48, "output": 12, "frequency": 200, "ripple": 2}, 22.5),
    "E10": ({"energy": 0.7, "use": 55, "stress": 125}, 77.7),
    "E11": ({"gross": 1000, "area": 100, "density": 0.1}, 904.8),  # yield 90.48 %
    "E14": ({"noise": 1.2, "gain": 18, "loss": 7, "receiver": 4}, 1.77),  # 1.3183 + 4.012/63.10 + 1.512/12.59 = 1.5020
    "E16": ({"clock": 16, "baud": 115200}, -3.55),
    "E17": (  # 50 * 9 + 5 * 80 = 850 FIT, 1.176 million hours
        {"capacitors": 50, "capacitors_fit": 9, "chips": 5, "chips_fit": 80, "connectors": 0, "connectors_fit": 1},
        134.3,
    ),
    "E2": ({"feedback": 99, "input": 1.1, "gbw": 9.1}, 100.0),  # noise gain 91
    "E9": ({"activity": 0.15, "capacitance": 1.2, "supply": 0.9, "clock": 800}, 116.6),
    "E12": ({"epsilon": 4.3, "width": 0.35, "height": 0.2, "copper": 0.035}, 48.6),
    "E13": ({"inductance": 10, "capacitance": 100}, 5.03),
    "E15": ({"bandwidth": 20, "snr": 15}, 100.6),
    "E18": ({"resistivity": 1.72, "frequency": 1}, 66.0),
    "E19": ({"distance": 5, "frequency": 2.4}, 114.0),
    "E20": ({"width": 5, "tap": 2, "start": 1, "clocks": 31}, 1),  # taps 5 and 3 of five bits: a whole period
}


def _corner_of_a_divider(p):
    """Where the gain of the complex divider of resistor and capacitor has fallen to 1/sqrt(2)."""
    ohms, farads = p["resistance"] * 1e3, p["capacitance"] * 1e-9

    def excess(logarithm):
        reactance = 1 / (2j * math.pi * math.exp(logarithm) * farads)
        return abs(reactance / (reactance + ohms)) - math.sqrt(0.5)

    return math.exp(brentq(excess, 0, 20, xtol=1e-12))


def _bits_of_a_quantised_sine(p):
    """A full-scale sine is rounded to the claimed number of bits; the bits are corrected by the dB by which its noise is off."""
    claimed = TEMPLATES["E3"].gold(p)
    turns = (math.sqrt(5) - 1) / 2  # of the sine between two points: meets all phases evenly
    sine = np.sin(2 * math.pi * turns * np.arange(1 << 16))
    step = 2 / 2**claimed
    noise = np.round(sine / step) * step - sine
    ratio = 10 * math.log10(np.mean(sine**2) / np.mean(noise**2))
    return claimed + (p["sinad"] - ratio) / (20 * math.log10(2))


def _alias_by_spectrum(p):
    """The tone is sampled for 10 ms, so that bins lie 0.1 kHz apart, and the highest bin is looked up."""
    points = round(p["rate"] * 10)
    spectrum = np.abs(np.fft.rfft(np.sin(2 * math.pi * p["tone"] * np.arange(points) / p["rate"] + 0.3)))
    return int(np.argmax(spectrum)) / 10


def _width_that_carries(p):
    """Constants are read off the stem; the width is the root of current carried = current wanted."""
    stem = stem_of("electronics", "E5", p)
    rise_power, area_power = map(float, re.search(r"ΔT\^([\d.]+)·A\^([\d.]+),", stem).groups())
    outer, inner, thick = map(float, re.search(r"k = ([\d.]+) for outer and ([\d.]+) for inner.*?, and ([\d.]+) mil", stem).groups())
    constant = outer if "An outer-layer" in stem else inner
    assert ("An inner-layer" in stem) == (constant == inner)
    return brentq(lambda w: constant * p["rise"] ** rise_power * (w * thick * p["copper"]) ** area_power - p["current"], 1, 5000)


def _sink_by_network(p):
    """Node equations junction - case - sink - ambient; the sink's resistance is raised until the junction is at its limit."""

    def junction(sink):
        a, b, c = 1 / p["rjc"], 1 / p["rcs"], 1 / sink
        conductance = np.array([[a, -a, 0], [-a, a + b, -b], [0, -b, b + c]])
        return np.linalg.solve(conductance, np.array([p["power"], 0, c * p["ambient"]]))[0]

    return brentq(lambda sink: junction(sink) - p["limit"], 0.01, 500)


def _slack_by_bisection(p):
    """Clock edges and data on a time axis; the slack is what the period has to spare over the shortest that captures."""

    def captures(period):
        launched, captured = 10.0, 10.0 + period + p["skew"]
        stable_from = launched + p["clk_to_q"] + p["path_max"]
        return stable_from <= captured - p["setup"]

    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if captures(middle) else (middle, high)
    return p["period"] - high


def _inductance_by_marching(p):
    """On time by volt-second balance found as a root; the current's swing is summed over small steps of the on time."""
    period = 1e-3 / p["frequency"]
    on = brentq(lambda t: (p["input"] - p["output"]) * t - p["output"] * (period - t), 0, period, xtol=1e-18)
    steps = np.full(1000, on / 1000)
    return 1e6 * brentq(lambda henry: float(np.sum((p["input"] - p["output"]) / henry * steps)) - p["ripple"], 1e-8, 1e-2, xtol=1e-16)


def _acceleration_by_sensitivity(p):
    """The rate's relative slope Ea/(k T^2), integrated from use to stress; joules and the constants of the SI."""
    charge, constant = 1.602176634e-19, 8.617e-5 * 1.602176634e-19
    slope = quad(lambda kelvin: p["energy"] * charge / (constant * kelvin**2), p["use"] + 273.15, p["stress"] + 273.15)[0]
    return math.exp(slope)


def _untouched_dies(p):
    """The wafer's defects fall on its dies one after another: each misses a given die with chance 1 - 1/dies."""
    defects = p["gross"] * p["area"] * 1e-2 * p["density"]
    return p["gross"] * (1 - 1 / p["gross"]) ** defects


def _noise_by_temperature(p):
    """Noise temperatures of the stages, each seen through the gain before it."""
    gain, loss = 10 ** (p["gain"] / 10), 10 ** (p["loss"] / 10)
    amplifier = 290 * (10 ** (p["noise"] / 10) - 1)
    cable = 290 * (loss - 1)
    receiver = 290 * (10 ** (p["receiver"] / 10) - 1)
    total = amplifier + (cable + loss * receiver) / gain
    return 10 * math.log10(1 + total / 290)


def _baud_by_trial(p):
    """The divisor whose sixteenfold is nearest to the ticks of a bit; a thousand bits are timed in ticks of the clock."""
    wanted_ticks = Fraction(p["clock"] * 10**6, p["baud"])
    divisor = min(range(1, 500), key=lambda candidate: abs(16 * candidate - wanted_ticks))
    seconds = Fraction(1000 * 16 * divisor, p["clock"] * 10**6)
    return float((1000 / seconds - p["baud"]) * 100 / p["baud"])


def _mean_life(p):
    """The board survives while all of its parts do; the survival is integrated over time."""
    rates = [(p[part], p[f"{part}_fit"]) for part in ("capacitors", "chips", "connectors")]

    def survival(years):
        return math.prod(math.exp(-fit * 1e-9 * 8760 * years) ** number for number, fit in rates)

    return quad(survival, 0, 400)[0] + quad(survival, 400, np.inf)[0]


def _bandwidth_of_the_loop(p):
    """Node equation of the summing point with an open-loop gain GBW/(jf); where the gain has fallen to 1/sqrt(2)."""
    feedback, source, product = p["feedback"] * 1e3, p["input"] * 1e3, p["gbw"] * 1e6

    def gain(hertz):
        opened = product / (1j * hertz)
        return abs((1 / source) / ((1 / source + 1 / feedback) / opened + 1 / feedback))

    still = gain(1e-3)
    return math.exp(brentq(lambda logarithm: gain(math.exp(logarithm)) - still * math.sqrt(0.5), 5, 25, xtol=1e-13)) / 1e3


def _power_by_charge(p):
    """The supply's current into the capacitance through a resistor, integrated over one rise; times the rises in a second."""
    farads, ohms = p["activity"] * p["capacitance"] * 1e-9, 10.0
    charge = ohms * farads * quad(lambda x: p["supply"] / ohms * math.exp(-x), 0, np.inf)[0]  # x: time over the time constant
    return charge * p["supply"] * p["clock"] * 1e6 * 1e3


def _impedance_that_needs_the_width(p):
    """Constants are read off the stem; the impedance is the one for which the formula, solved for the width, gives the width."""
    stem = stem_of("electronics", "E12", p)
    front, offset, factor, share = map(float, re.search(r"Z0 = (\d+)/√\(εr \+ ([\d.]+)\) × ln\[([\d.]+)h/\(([\d.]+)w \+ t\)", stem).groups())
    root = math.sqrt(p["epsilon"] + offset)

    def width(ohms):
        return (factor * p["height"] * math.exp(-ohms * root / front) - p["copper"]) / share

    return brentq(lambda ohms: width(ohms) - p["width"], 5, 300, xtol=1e-12)


def _resonance_by_modes(p):
    """Voltage and current of the loss-free circuit swing together: the imaginary part of the eigenvalues, per turn."""
    henries, farads = p["inductance"] * 1e-6, p["capacitance"] * 1e-12
    modes = np.linalg.eigvals(np.array([[0, 1 / farads], [-1 / henries, 0]]))
    return float(max(modes.imag)) / (2 * math.pi) / 1e6


def _capacity_by_growth(p):
    """Each further bit of signal power adds B/ln 2/(1 + S/N) bits: integrated from no signal to the ratio at hand."""
    ratio = 10 ** (p["snr"] / 10)
    return p["bandwidth"] / math.log(2) * quad(lambda x: math.exp(x) / (1 + math.exp(x)), -60, math.log(ratio))[0]


def _state_by_powers(p):
    """The register as a matrix over the numbers 0 and 1, raised to the number of clocks."""
    width = p["width"]
    step = np.zeros((width, width), dtype=int)
    step[0, width - 1] = step[0, p["tap"]] = 1
    for place in range(1, width):
        step[place, place - 1] = 1
    start = np.array([p["start"] >> place & 1 for place in range(width)])
    state = np.linalg.matrix_power(step, p["clocks"]) @ start % 2
    return int(sum(bit << place for place, bit in enumerate(state.tolist())))


def _depth_of_decay(p):
    """The wave in the metal, exp(-γz) with γ = sqrt(jωμ/ρ): the depth at which its amplitude is 1/e."""
    inner = (2j * math.pi * p["frequency"] * 1e6 * 4e-7 * math.pi / (p["resistivity"] * 1e-8)) ** 0.5
    return brentq(lambda microns: abs(np.exp(-inner * microns * 1e-6)) - math.exp(-1), 0.1, 5000, xtol=1e-10)


def _loss_between_isotropic_antennas(p):
    """Power spread over a sphere, caught by the effective area λ²/4π; the speed of light instead of a rounded constant."""
    metres, wavelength = p["distance"] * 1e3, 299792458 / (p["frequency"] * 1e9)
    caught = wavelength**2 / (4 * math.pi) / (4 * math.pi * metres**2)
    return -10 * math.log10(caught)


SECOND_WAY = {
    "E18": (_depth_of_decay, 1e-6),
    "E19": (_loss_between_isotropic_antennas, 2e-4),
    "E2": (_bandwidth_of_the_loop, 1e-6),
    "E9": (_power_by_charge, 1e-6),
    "E12": (_impedance_that_needs_the_width, 1e-6),
    "E13": (_resonance_by_modes, 1e-6),
    "E15": (_capacity_by_growth, 1e-6),
    "E20": (_state_by_powers, 1e-9),
    "E1": (_corner_of_a_divider, 1e-6),
    "E3": (_bits_of_a_quantised_sine, 0.003),
    "E4": (_alias_by_spectrum, 1e-9),
    "E5": (_width_that_carries, 1e-6),
    "E6": (_sink_by_network, 1e-6),
    "E7": (_slack_by_bisection, 1e-6),
    "E8": (_inductance_by_marching, 1e-6),
    "E10": (_acceleration_by_sensitivity, 1e-6),
    "E11": (_untouched_dies, 0.002),
    "E14": (_noise_by_temperature, 1e-6),
    "E16": (_baud_by_trial, 1e-6),
    "E17": (_mean_life, 1e-6),
}
LAYERS_ZH = {"outer": "外层(?:电源)?走线", "inner": "内层(?:电源)?走线"}


def _spelt(key, value, language):
    """Layers by their names."""
    return LAYERS_ZH[value] if key == "layer" and language == "zh" else as_printed(key, value, language)


OWN = Own(
    examples=EXAMPLES,
    second_way={name: derive for name, (derive, _) in SECOND_WAY.items()},
    agreement={name: relative for name, (_, relative) in SECOND_WAY.items()},
    signed=frozenset({"E7", "E16"}),
    spelt=_spelt,
    told={
        ("electronics-extraction-002-zh", "accepted"): lambda text: "整批拒收" not in text,
        ("electronics-extraction-005-en", "failures"): lambda text: len(re.findall("One device failed", text)),
    },
)


def test_noise_formula_on_three_amplifiers():
    """A chain with a gain in every stage: 1.2 dB and 18 dB, 9 dB and -7 dB, 4 dB give 1.90 dB."""
    module = sys.modules["evalkit_suite_electronics_templates"]
    assert module.cascade_noise(((1.2, 18), (9, -7), (4, 0))) == pytest.approx(1.90, abs=0.005)


def test_gross_dies_fit_on_the_wafer():
    """Dies on a grid of squares are counted on a 300 mm wafer; the printed number never exceeds what fits."""
    for drawn in draws_of("electronics", "E11"):
        side = math.sqrt(drawn.params["area"])
        edges = np.arange(-20, 40) * side
        best = 0
        for right, up in itertools.product((0.0, 0.25, 0.5, 0.75), repeat=2):
            x, y = np.meshgrid(edges + right * side, edges + up * side)
            reach = np.maximum(abs(x), abs(x + side)) ** 2 + np.maximum(abs(y), abs(y + side)) ** 2
            best = max(best, int(np.sum(reach <= 150**2)))
        assert 0.85 * best < drawn.params["gross"] <= best, (drawn.params, best)


def _number(cell):
    return Fraction(cell.replace("−", "-").replace("+", ""))


def test_microstrip_formula_is_near_a_better_one():
    """Hammerstad's formulas for a strip of the same width leave the printed approximation within 8 %."""
    for drawn in draws_of("electronics", "E12"):
        p = drawn.params
        ratio = p["width"] / p["height"]
        ratio += p["copper"] / p["height"] / math.pi * (1 + math.log(2 * p["height"] / p["copper"]))
        effective = (p["epsilon"] + 1) / 2 + (p["epsilon"] - 1) / 2 / math.sqrt(1 + 12 / ratio)
        if ratio <= 1:
            better = 60 / math.sqrt(effective) * math.log(8 / ratio + ratio / 4)
        else:
            better = 120 * math.pi / math.sqrt(effective) / (ratio + 1.393 + 0.667 * math.log(ratio + 1.444))
        assert drawn.gold == pytest.approx(better, rel=0.08), p


@pytest.mark.parametrize("language", ["zh", "en"])
def test_designs_against_the_board_maker(language):
    item = ITEMS[f"electronics-compliance-001-{language}"]
    limits = [Fraction(value) for value in re.findall(r"(?:不小于|at least) (\d\.\d+)", item.context)]
    assert len(limits) == 5
    faults = {}
    for name, *cells in table_rows(item.context):
        trace, space, drill, pad, edge = map(_number, cells)
        faults[name] = sum(value < limit for value, limit in zip((trace, space, drill, (pad - drill) / 2, edge), limits, strict=True))
    assert sorted(faults.values()) == [0, 1, 1, 1]
    assert faults[item.answer] == 0


def test_restricted_substances():
    item = ITEMS["electronics-compliance-002-zh"]
    assert "铅、汞、六价铬均不超过 0.1 %，镉不超过 0.01 %" in item.context
    limits = [Fraction(percent) * 10_000 for percent in ("0.1", "0.01", "0.1", "0.1")]  # 1 % is 10,000 mg/kg
    over = [name for name, *cells in table_rows(item.context) if any(_number(c) > limit for c, limit in zip(cells, limits, strict=True))]
    assert over == [item.answer]
    cadmium_for_all = [name for name, *cells in table_rows(item.context) if any(_number(c) > 100 for c in cells)]
    assert len(cadmium_for_all) == 4  # whoever takes one limit for all cannot find the answer


def test_derating():
    item = ITEMS["electronics-compliance-003-zh"]
    words = {"电阻": "电阻功率", "陶瓷电容": "陶瓷电容电压", "铝电解电容": "铝电解电容电压", "MOSFET": "MOSFET 漏源电压"}
    over = []
    for name, kind, rated, actual in table_rows(item.context):
        share = _number(actual.split()[0]) / _number(rated.split()[0])
        if share > Fraction(int(re.search(rf"{words[kind]} (\d+) %", item.context).group(1)), 100):
            over.append(name)
    assert over == [item.answer]


def test_acceptance_of_lots():
    item = ITEMS["electronics-compliance-004-en"]
    numbers = [int(value) for value in re.findall(r"(?:critical|major|minor) defects (\d+)", item.context)]
    assert len(numbers) == 3
    taken = [name for name, *cells in table_rows(item.context) if all(int(c) <= limit for c, limit in zip(cells, numbers, strict=True))]
    assert taken == [item.answer]


def test_workplaces():
    item = ITEMS["electronics-compliance-005-en"]
    strap, mat = re.findall(r"([\d.]+) MΩ to ([\d.]+) MΩ", item.context)
    offset = re.search(r"between (\S+) V and (\S+) V", item.context).groups()
    bands = [(_number(low), _number(high)) for low, high in (strap, mat, offset)]
    broken = [
        name
        for name, *cells in table_rows(item.context)
        if not all(low <= _number(c) <= high for c, (low, high) in zip(cells, bands, strict=True))
    ]
    assert broken == [item.answer]


def _limits(item, *patterns):
    """One number of the context for each pattern, exact; minus signs as printed."""
    return [_number(re.search(pattern, item.context).group(1)) for pattern in patterns]


def _radios(item):
    most, least = _limits(item, r"(?:不超过|at most) (\d+) dBm", r"(?:不小于|at least) (\d+) dB")
    for name, *cells in table_rows(item.context):
        power, loss, gain, rejection = map(_number, cells)
        yield name, power - loss + gain <= most and rejection >= least


def _converters(item):
    full, step, band, times, watts = _limits(
        item, r"(\d+) V", r"(\d+) mV", r"(\d+) kHz", r"(?:的 |at least )(\d+) (?:倍|times)", r"(\d+) mW"
    )
    for name, *cells in table_rows(item.context):
        bits, rate, power = map(_number, cells)
        yield name, full * 1000 / 2 ** int(bits) <= step and rate >= times * band and power <= watts


def _guaranteed(item):
    quiet, drop, cold, hot = _limits(item, r"(\d+) µA", r"(\d+) mV", r"(−\d+) (?:℃|°C)", r"\+(\d+) (?:℃|°C)")
    for name, *cells in table_rows(item.context):
        most = [_number(cell.split(" / ")[1]) for cell in cells[:2]]
        low, high = map(_number, re.split(r"～| to ", cells[2]))
        yield name, most[0] <= quiet and most[1] <= drop and low <= cold and high >= hot


def _safe_sets(item):
    first, second = (line for line in item.context.split("\n") if line.startswith("- "))
    leak, insulation, earth = (Fraction(value) for value in re.findall(r"[\d.]+(?= (?:mA|MΩ|Ω))", first))
    limits = {"I": (leak, insulation, earth), "II": (*(Fraction(value) for value in re.findall(r"[\d.]+(?= (?:mA|MΩ))", second)), None)}
    for name, kind, leaks, insulates, earthed in table_rows(item.context):
        most, least, ohms = limits[kind]
        yield name, _number(leaks) <= most and _number(insulates) >= least and (ohms is None or _number(earthed) <= ohms)


def _emissions(item):
    low, high = map(Fraction, re.findall(r"(\d+) dBµV/m", item.context.split("\n")[0]))
    edge, spare = _limits(item, r"(?:含 |including )(\d+) MHz", r"(\d+) dB(?!µ)")
    for name, *cells in table_rows(item.context):
        peaks = [tuple(map(Fraction, re.findall(r"[\d.]+", cell))) for cell in cells]
        yield name, all(level <= (low if megahertz <= edge else high) - spare for megahertz, level in peaks)


def _capable_tools(item):
    centre, reach, least = _limits(item, r"(\d+) nm ±", r"± (\d+) nm", r"(?:不小于|at least) (1\.\d+)")
    for name, *cells in table_rows(item.context):
        mean, sigma = map(_number, cells)
        yield name, (reach - abs(mean - centre)) / (3 * sigma) >= least


def _reels(item):
    """Hours on the floor: those told, or all since opening less those in the dry cabinet; days count 24 hours."""
    limits = dict(re.findall(r"(MSL \d\w?) 为 (?:4 周（)?(\d+) h", item.context))
    for name, level, told in table_rows(item.context):
        days = re.search(r"(\d+) 天", told)
        hours = [int(value) for value in re.findall(r"(\d+) h", told)]
        spent = int(days.group(1)) * 24 if days else hours[0] - hours[1] if "干燥柜" in told else sum(hours)
        yield name, spent <= int(limits[level])


def _transistors(item):
    amperes, ambient, volts, times, hottest = _limits(item, r"carries (\d+) A", r"ambient of (\d+) °C", r"(\d+) V circuit", r"least ([\d.]+) times", r"most (\d+) °C")
    for name, *cells in table_rows(item.context):
        rating, milliohms, kelvins = map(_number, cells)
        yield name, rating >= times * volts and ambient + amperes**2 * milliohms / 1000 * kelvins <= hottest


VERDICTS = {
    **{f"{number}-{language}": judge for language in ("zh", "en") for number, judge in {
        "006": _radios, "007": _converters, "008": _guaranteed, "009": _safe_sets, "010": _emissions, "011": _capable_tools}.items()},
    "013-zh": _reels,
    "015-en": _transistors,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_only_the_gold_keeps_the_printed_rules(name):
    item = ITEMS[f"electronics-compliance-{name}"]
    kept = dict(VERDICTS[name](item))
    assert set(kept) == set(item.choices)
    assert [option for option, keeps in kept.items() if keeps] == [item.answer]


def test_resistor_of_a_light_emitting_diode():
    item = ITEMS["electronics-compliance-012-zh"]
    supply, drop, low, high = _limits(item, r"([\d.]+) V 电源", r"管压降按 ([\d.]+) V", r"(\d+) mA～", r"～(\d+) mA")
    assert [option for option in item.choices if low <= (supply - drop) * 1000 / Fraction(option.split()[0]) <= high] == [item.answer]


def test_pull_up_between_its_limits():
    item = ITEMS["electronics-compliance-014-en"]
    supply, low, sink, rise, factor, load = _limits(
        item, r"VDD = ([\d.]+) V", r"VDD − ([\d.]+) V", r"/(\d+) mA", r"tr = (\d+) ns", r"tr/\(([\d.]+)", r"Cb = (\d+) pF"
    )
    ohms = {option: Fraction(option.split()[0]) * (1000 if "kΩ" in option else 1) for option in item.choices}
    least, most = (supply - low) * 1000 / sink, rise * 1000 / (factor * load)
    assert [option for option, value in ohms.items() if least <= value <= most] == [item.answer]


def test_every_compliance_item_is_recomputed():
    told = {"001-zh", "001-en", "002-zh", "003-zh", "004-en", "005-en", "012-zh", "014-en", *VERDICTS}
    assert told == {item.id.removeprefix("electronics-compliance-") for item in ITEMS.values() if item.task == "compliance"}


# What the stem says > (step that comes first, step that comes later), each by a word of it.
RULES = {
    "electronics-procedure-002-zh": {
        "时钟稳定后才能释放复位": ("启动时钟", "释放复位"),
        "内核电源稳定后才能使能 I/O 电源": ("内核", "I/O"),
        "接入 12 V 后才能使能内核电源": ("12 V", "内核"),
        "I/O 电源稳定后才能启动时钟": ("I/O", "启动时钟"),
    },
    "electronics-procedure-003-en": {
        "The paste deposits are inspected while the pads still carry nothing but paste": ("Inspect the paste", "Place the components"),
        "soldering is done in a reflow oven": ("Heat the board", "Inspect the solder joints"),
        "the joints are inspected once they exist": ("Heat the board", "Inspect the solder joints"),
        # no paste to inspect before it is printed, no part to solder before it is placed: plain physics
        "A bare board is assembled": ("Print solder paste", "Inspect the paste"),
        "surface-mounted parts": ("Place the components", "Heat the board"),
    },
}


@pytest.mark.parametrize("name", sorted(RULES))
def test_only_one_order_obeys_the_printed_rules(name):
    item = ITEMS[name]

    assert all(rule in item.stem for rule in RULES[name])
    assert orders_that_keep(RULES[name].values(), item.choices) == [item.answer]
    assert len(item.labels) == len(item.choices)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_dead_rail(language):
    """Input present, enable low, no short: only the enable line tells the good board's regulator from the faulty one's."""
    context = ITEMS[f"electronics-diagnosis-001-{language}"].context
    board = [(float(good), float(bad)) for _, good, bad in table_rows(context)]
    supply, buck, feed, enable, output, *behind = board
    assert all(bad == pytest.approx(good, rel=0.02) for good, bad in (supply, buck, feed))
    assert enable[0] > 2
    assert enable[1] < 0.4
    assert all(bad == 0 for _, bad in (output, *behind))
    good, bad = map(float, re.findall(r"([\d.]+) kΩ", context))
    assert bad > 0.9 * good


def test_bit_time_of_the_sender():
    item = ITEMS["electronics-diagnosis-003-zh"]
    bit, frame = (float(value) for value in re.findall(r"([\d.]+) µs", item.context))
    rates = {option: int(re.search(r"(\d+) baud", option).group(1)) for option in item.choices if "baud" in option}
    assert [option for option, rate in rates.items() if 1e6 / bit == pytest.approx(rate, rel=0.01)] == [item.answer]
    assert frame / bit == pytest.approx(10, rel=0.01)  # start, eight data, stop: no parity bit
    assert "空闲电平：高" in item.context


def _longest_run(flags):
    return max((len(list(group)) for flag, group in itertools.groupby(flags) if flag), default=0)


def test_control_chart():
    item = ITEMS["electronics-diagnosis-004-en"]
    points = [float(value) for value in re.search(r"Points 1 to 13: (.*)", item.context).group(1).split(", ")]
    centre, low, high = map(float, re.search(r"Centre line ([\d.]+), limits ([\d.]+) and (\d+\.\d+)", item.context).groups())
    assert len(points) == 13
    steps = np.diff(points)
    above, below = ([point > centre for point in points], [point < centre for point in points])
    turns = [first * second < 0 for first, second in itertools.pairwise(steps)]
    broken = {
        1: any(not low <= point <= high for point in points),
        2: max(_longest_run(above), _longest_run(below)) >= 9,
        3: max(_longest_run(steps > 0), _longest_run(steps < 0)) + 1 >= 6,
        4: _longest_run(turns) + 2 >= 14,
    }
    (rule,) = [number for number, found in broken.items() if found]
    assert f"rule {rule}" in item.answer


def test_regulator_goes_off_by_heat_alone():
    item = ITEMS["electronics-diagnosis-005-en"]
    limit, lockout, ceiling, hot, cool = (
        float(re.search(pattern, item.context).group(1))
        for pattern in (r"limit ([\d.]+) A", r"below ([\d.]+) V", r"above ([\d.]+) V", r"shutdown at (\d+) °C", r"return at (\d+) °C")
    )
    rows = [tuple(map(float, cells)) for cells in table_rows(item.context)]
    for (_, volts, out, load, chip), before in zip(rows, [None, *rows[:-1]], strict=True):
        assert load < limit
        assert volts > lockout
        assert out < ceiling
        if before is not None and (out == 0) != (before[2] == 0):
            assert chip == (hot if out == 0 else cool)


def test_bus_is_released_by_clocks():
    log = ITEMS["electronics-diagnosis-002-zh"].context
    held, freed = re.search(r"第 1～(\d) 个脉冲后 SDA = 0.1 V，第 (\d) 个脉冲后 SDA = 3.3 V", log).groups()
    assert int(freed) == int(held) + 1 <= 9  # a byte and its acknowledge take nine clocks
    assert log.index("读第一个字节的途中") < log.index("SDA = 0.1 V")


def test_extremes_of_the_oven_report():
    item = ITEMS["electronics-extraction-004-en"]
    rows = table_rows(item.context)
    assert item.answer["peak_c"] == max(int(row[2]) for row in rows)
    assert item.answer["shortest_tal_s"] == min(int(row[3]) for row in rows)


# Each generator of code > slips in the right module (what is written > what is put for it); the bench has to see every one.
SLIPS = {
    "GEV1": ((r"\(q == \d+\) \? 0 : ", ""), ("if \\(rst\\)", "if (rst && en)"), ("en && \\(q", "(q")),
    "GEV2": ((">> 1", "<< 1"), ("else if \\(en\\)", "else"), (r"b \^ \(b >> 1\)", "b")),
    "GEV3": (("pulse <= [^;0]+;", "pulse <= d;"), ("last <= d", "last <= last"), ("last <= 0;", "last <= d;")),
    "GEV4": ((r"count == \d+", "count == 1"), ("if \\(d == q\\) count <= 0;\n    else ", ""), ("q <= d;", "q <= ~d;")),
    "GEV5": (("wr && !full", "wr"), ("rd && !empty", "rd"), ("count >= ", "count > "), ("put && !take", "put")),
    "GEV6": (("p = ~?", "p = 1'b1 ^ ~"), ("\\^d", "|d"), ("\\(\\^d\\)", "(^(d >> 1))")),
    "GEV7": (("else if \\(en\\)", "else"), (r"\] \^ q", "] | q"), (r"q <= \d+;", "q <= 0;")),
    "GEV8": ((r"count == \d+", "count == 1"), ("if \\(ack\\) ", ""), ("4'b1000: if", "4'b1001: if"), ("count <= 0;\n      end", "end")),
    "GEV9": ((r"count == \d+", "count == 0"), ("q <= ~q", "q <= 1"), ("count <= 0;\n    end else if", "end else if")),
    "GEV10": (("= \\|d", "= &d"), ("if \\(d\\[place\\]\\) ", "if (d[place] && y == 0) "), ("    y = 0;\n", "    y = 1;\n")),
    "GEV11": (("clipped = sum", "clipped = 0 && sum"), (r"\{~sum", "{sum"), ("s = clipped \\?", "s = 0 ?")),
    "GEV12": ((r"\(taken == 2'd3\) && ", ""), (r"\{last\[1:0\], d\};", "{last[1:0], ~d};"), ("      last <= \\{last", "      if (!hit) last <= {last")),
}


def _benched(name):
    """The code items of a few draws, once each: both languages share module and bench."""
    generator = suite_of("electronics").generators[name]
    return [item for item in generate(generator, suite="electronics", seed="bench", draws=2) if item.language == "en"]


needs_simulator = pytest.mark.skipif(not available(), reason="iverilog is not installed: no test bench can be run")


@needs_simulator
@pytest.mark.parametrize("name", sorted(SLIPS))
def test_the_right_module_passes_its_bench_and_every_slip_in_it_fails(name):
    for item in _benched(name):
        assert run_bench(item.answer, item.bench) == "PASS", item.params
        assert not fault_of(item.answer)
    for written, put in SLIPS[name]:
        slipped, count = re.subn(written, lambda _, put=put: put, item.answer, count=1)
        assert count == 1, (written, item.answer)
        assert slipped != item.answer, written
        assert run_bench(slipped, item.bench).startswith("FAIL"), slipped


@needs_simulator
@pytest.mark.parametrize("name", sorted(SLIPS))
def test_a_module_that_drives_nothing_fails(name):
    item = _benched(name)[0]
    ports = re.findall(r"(?m)^- ((?:input|output).*)$", item.stem)
    assert len(ports) >= 2
    called = re.search(r"Write the module (\w+) ", item.stem).group(1)
    empty = f"module {called}({', '.join(ports)});\nendmodule"
    assert run_bench(empty, item.bench).startswith("FAIL"), empty


def test_every_specification_has_its_slips():
    assert {name for name, generator in suite_of("electronics").generators.items() if generator.task == "code"} == set(SLIPS)


def _english(name, draws=40):
    generator = suite_of("electronics").generators[name]
    return [item for item in generate(generator, suite="electronics", seed="sense", draws=draws) if item.language == "en"]


def test_nobody_works_on_a_cabinet_that_is_not_grounded():
    """Whatever steps are left out: lock, discharge, test and ground come before the work, and the leads come off after it."""
    needed = (
        ("open the main breaker", "lock and tag the breaker"),
        ("lock and tag the breaker", "test that there is no voltage"),
        ("wait for the capacitors to discharge", "test that there is no voltage"),
        ("test that there is no voltage", "fit the grounding leads"),
        ("fit the grounding leads", "replace the power module"),
        ("replace the power module", "take the grounding leads off"),
    )
    cabinets = [item for item in _english("GEP1") if "converter cabinet" in item.stem]
    assert cabinets
    for item in cabinets:
        follows = {then: {first for first, later in item.before if later == then} for _, then in item.before}

        def reached(step, follows=follows):
            return {step}.union(*(reached(first) for first in follows.get(step, ())))

        assert all(first in reached(then) for first, then in needed), item.id


def test_configurations_are_restored_and_feeders_checked_only_where_there_are_some():
    for item in _english("GEP1", 80):
        steps = set(item.choices)
        assert "restore the configuration" not in steps or "save the configuration" in steps
        assert "have a second person check the feeders" not in steps or "load the feeders" in steps


def test_failures_are_found_at_readings():
    for item in _english("GEM2"):
        every, first, done, target = (
            int(re.search(pattern, item.context).group(1))
            for pattern in (r"readings every (\d+) cycles", r"reading at cycle (\d+)", r"by cycle (\d+)", r"target of (\d+) cycles")
        )
        assert first % every == done % every == 0
        assert first < done < target


def test_regulators_have_room_for_their_dropout():
    seen = [item.params for item in _english("GEX1")]
    for p in seen:
        assert p["bottom"] >= p["output"][1] + p["dropout"][1] / 1000
        assert p["top"] >= p["output"][1] + 1
    assert {p["package"] for p in seen if p["amperes"] > 0.5} <= {"SOT-223", "TO-252-3"}


@pytest.mark.parametrize("name", ["GES1", "GES2"])
def test_a_pass_is_always_offered_and_right_in_one_of_four(name):
    chosen = [item for item in _english(name, 120) if item.form == "choice"]
    assert all("pass" in item.choices for item in chosen)
    passes = sum(item.answer == "pass" for item in chosen)
    assert abs(passes - 30) <= 4 * math.sqrt(120 * 0.25 * 0.75), passes  # four standard deviations


def test_no_paste_peaks_below_230_degrees():
    peaks = [band for item in _english("GES2") for band in item.params["limits"]["peak"]]
    assert min(low for low, _ in peaks) >= 230
    assert max(high for _, high in peaks) <= 260
