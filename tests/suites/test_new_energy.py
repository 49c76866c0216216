"""New energy: every gold by a second way, every verdict of a hand-written item recomputed from what it prints.

The laws that it shares with the other suites are in test_laws.py, which reads `OWN`.
"""

import cmath
import itertools
import math
import re
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from scipy import constants
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq

from evalkit.canon import rng_for
from tests.suites.laws import Own, as_printed, draws_of, items_of, orders_that_keep, said, stem_of, suite_of, templates_of

TEMPLATES = templates_of("new_energy")
ITEMS = items_of("new_energy")

# Worked examples with the digits of their source; N4 and N7 once more to more digits in `Template.worked`.
EXAMPLES = {
    "N1": ({"capacity_mw": 50, "irradiation": 1600, "ratio": 82}, 65.6),
    "N2": ({"ambient": 30, "irradiance": 900, "noct": 45, "rated": 550, "gamma": 0.35}, 437.6),
    "N3": ({"limit": 1500, "voc": 49.5, "kv": 0.27, "cold": -20, "hot": 70}, 27),
    "N4": ({"capital": 3500, "upkeep": 60, "energy": 1250, "rate": 6.0, "years": 20}, 0.292),
    "N6": ({"speed": 6.2, "mast": 10, "hub": 100, "alpha": 0.16}, 8.96),
    "N7": ({"energy": 210, "power": 100}, 24.0),
    "N9": ({"need": 100, "depth": 90, "efficiency": 94}, 118.2),
    "N10": ({"battery": 75, "power": 120, "start": 20, "end": 80, "efficiency": 94}, 23.9),
    "N11": ({"current": 5000, "cells": 200, "efficiency": 98}, 36.86),
    "N12": ({"power": 800, "old": 0.75, "new": 0.95}, 442.6),
    "N14": ({"rated": 600, "droop": 5.0, "frequency": 49.85, "dead": 0.033}, 28.1),
    "N16": ({"latitude": 38.04, "tilt": 33, "length": 4.6}, 10.58),
    "N5": ({"density": 1.225, "diameter": 120, "speed": 9, "coefficient": 0.44}, 2222),
    "N8": ({"capacity": 280, "start": 80, "current": 140, "minutes": 30}, 55),
    "N13": ({"power": 20, "voltage": 35, "factor": 0.95, "resistance": 0.6}, 217.1),
    "N15": ({"energy": 65600, "factor": 0.5703}, 37412),
    "N17": ({"volts": 1.85, "efficiency": 98}, 50.2),
    "N18": ({"vm": 41.7, "im": 13.19, "voc": 49.9, "isc": 13.98}, 78.8),
}


def _yield_over_clear_days(p):
    """365 days of sinusoidal light that add up to the year's irradiation; what is not lost, summed up in MWh."""
    peak = p["irradiation"] / 365 / quad(lambda hour: math.sin(math.pi * hour / 12), 0, 12)[0]
    ideal = 365 * quad(lambda hour: p["capacity_mw"] * peak * math.sin(math.pi * hour / 12), 0, 12)[0]
    lost = ideal * (100 - p["ratio"]) / 100
    return (ideal - lost) / 1000


def _power_by_heat_balance(p):
    """Heat loss set by the NOCT test gives the cell's temperature; power on the line from STC to the temperature without power."""
    loss = 800 / (p["noct"] - 20)  # absorbed W/m2 for each kelvin above the air
    cell = brentq(lambda t: loss * (t - p["ambient"]) - p["irradiance"], -50, 200, xtol=1e-12)
    at_full_light = np.interp(cell, [-100, 25, 25 + 100 / p["gamma"]], [p["rated"] * (1 + 1.25 * p["gamma"]), p["rated"], 0])
    return float(at_full_light) * p["irradiance"] / 1000


def _string_module_by_module(p):
    """Modules are added, in exact fractions, while the next one still keeps the limit on the coldest day."""
    voltage = Fraction(str(p["voc"])) * (1 + Fraction(str(p["kv"])) / 100 * (25 - p["cold"]))
    return next(n for n in itertools.count(1) if (n + 1) * voltage > p["limit"])


def _price_of_zero_present_value(p):
    """The price at which all discounted payments and receipts of the life cancel."""

    def value(price):
        flows = [-p["capital"]] + [price * p["energy"] - p["upkeep"]] * p["years"]
        return math.fsum(flow / (1 + p["rate"] / 100) ** year for year, flow in enumerate(flows))

    return brentq(value, 0, 10, xtol=1e-14)


def _wind_integrated_upwards(p):
    """dv/dh = alpha v / h from the mast to the hub."""
    way = solve_ivp(lambda height, speed: p["alpha"] * speed / height, (p["mast"], p["hub"]), [p["speed"]], rtol=1e-10, atol=1e-12)
    return way.y[0, -1]


def _share_hour_by_hour(p):
    """The constant share of full power that gives the year's energy, hour after hour of 365 days."""
    hours = [1.0] * (365 * 24)
    return brentq(lambda share: math.fsum(p["power"] * share / 100 * hour for hour in hours) - 1000 * p["energy"], 0, 100, xtol=1e-10)


def _storage_by_balance(p):
    """Rated capacity, reserve, energy taken, loss and energy delivered as unknowns of the energy balance."""
    depth, efficiency = p["depth"] / 100, p["efficiency"] / 100
    equations = np.array(
        [
            [1, -1, -1, 0, 0],  # rated = reserve + taken
            [1 - depth, -1, 0, 0, 0],  # the reserve is what may not be used
            [0, 0, 1, -1, -1],  # taken = loss + delivered
            [0, 0, 1 - efficiency, -1, 0],  # the loss is a share of what is taken
            [0, 0, 0, 0, 1],
        ]
    )
    return np.linalg.solve(equations, np.array([0, 0, 0, 0, p["need"]], dtype=float))[0]


def _charge_minute_by_minute(p):
    """Whole minutes of charging, and the part of the last one."""
    missing = Fraction(p["battery"] * (p["end"] - p["start"]), 100)
    step = Fraction(p["power"] * p["efficiency"], 6000)
    minutes = 0
    while missing > step:
        missing -= step
        minutes += 1
    return float(minutes + missing / step)


def _hydrogen_by_counting_electrons(p):
    """Electrons that pass each cell in an hour, in pairs, as molecules, weighed by Avogadro's number."""
    electrons = p["current"] * 3600 / constants.elementary_charge
    molecules = p["cells"] * electrons / 2 * p["efficiency"] / 100
    return molecules / constants.Avogadro * 2.016 / 1000


def _capacitor_by_circuit(p):
    """A load impedance at 10 kV, and the susceptance beside it at which the source sees the new power factor."""
    volts, watts = 10_000.0, 1000.0 * p["power"]
    load = cmath.rect(volts**2 * p["old"] / watts, math.acos(p["old"]))

    def seen(susceptance):
        power = volts * (volts * (1 / load + 1j * susceptance)).conjugate()
        return math.cos(cmath.phase(power)) - p["new"]

    to_unity = -(1 / load).imag
    return volts**2 * brentq(seen, 0, to_unity, xtol=1e-18) / 1000


def _governor_coming_to_rest(p):
    """Power is raised as long as the frequency lies below what the droop line allows at that power."""
    slope = p["droop"] / 100 * 50 / p["rated"]  # Hz for each MW
    power = 0.0
    for _ in range(80):
        error = (50 - p["dead"]) - p["frequency"] - slope * power
        power += 0.5 * error / slope
    return power


def _rows_by_solar_geometry(p):
    """Direction of the sun at 9:00 on the winter solstice; the shadow of the upper edge falls on the next row's foot."""
    latitude, declination, hour, tilt = (math.radians(x) for x in (p["latitude"], -23.45, -45, p["tilt"]))
    up = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(hour)
    south = math.sin(latitude) * math.cos(declination) * math.cos(hour) - math.cos(latitude) * math.sin(declination)
    east = -math.cos(declination) * math.sin(hour)
    assert up**2 + south**2 + east**2 == pytest.approx(1)
    height = p["length"] * math.sin(tilt)
    return p["length"] * math.cos(tilt) + height * south / up


def _power_by_momentum(p):
    """Momentum theory: the axial induction that gives Cp, then the air's mass flow times what its kinetic energy loses."""
    induction = brentq(lambda a: 4 * a * (1 - a) ** 2 - p["coefficient"], 0, 1 / 3, xtol=1e-14)
    through, far = p["speed"] * (1 - induction), p["speed"] * (1 - 2 * induction)
    swept = 2 * math.pi * quad(lambda radius: radius, 0, p["diameter"] / 2)[0]
    return p["density"] * swept * through * (p["speed"] ** 2 - far**2) / 2 / 1000


def _coulombs_counted(p):
    """The charge left in coulombs, second by second."""
    full = p["capacity"] * 3600
    left = Fraction(full * p["start"], 100)
    for _ in range(p["minutes"] * 60):
        left -= p["current"]
    return float(100 * left / full)


def _loss_of_waves(p):
    """Three phases as sine waves over a period: the amplitude at which they carry the power, then the heat in three resistances."""
    angles = np.linspace(0, 2 * np.pi, 360, endpoint=False)[:, None] - 2 * np.pi / 3 * np.arange(3)
    volts = 1000 * p["voltage"] * math.sqrt(2 / 3) * np.cos(angles)
    waves = np.cos(angles - math.acos(p["factor"]))
    amplitude = brentq(lambda a: (volts * a * waves).sum(axis=1).mean() - 1e6 * p["power"], 0, 1e5, xtol=1e-10)
    return ((amplitude * waves) ** 2 * p["resistance"]).sum(axis=1).mean() / 1000


def _emission_read_back(p):
    """Units of the printed stem taken through kilowatt-hours and kilograms, exactly."""
    stem = stem_of("new_energy", "N15", p)
    energy, kilograms = re.search(r"(\d+) MWh", stem), re.search(r"([\d.]+) kgCO2/kWh", stem)
    return float(Fraction(energy.group(1)) * 1000 * Fraction(kilograms.group(1)) / 1000)


def _energy_of_electrons(p):
    """Each molecule of a kilogram takes two electrons through the cell, and the lost ones beside them."""
    molecules = 1000 / 2.016 * constants.Avogadro
    electrons = brentq(lambda n: n * p["efficiency"] / 100 - 2 * molecules, 0, 1e28, rtol=1e-12)
    return electrons * constants.elementary_charge * p["volts"] / 3.6e6


def _fill_read_back(p):
    """Names and units of the printed stem, in exact fractions: power of the maximum point over that of the two ends."""
    said_by = {name: Fraction(value) for name, value, _ in re.findall(r"(Vmp|Imp|Voc|Isc) = ([\d.]+) (V|A)", stem_of("new_energy", "N18", p))}
    ends = said_by["Voc"] * said_by["Isc"]
    return brentq(lambda share: share * float(ends) / 100 - float(said_by["Vmp"] * said_by["Imp"]), 0, 100, xtol=1e-12)


SECOND_WAY = {
    "N5": _power_by_momentum,
    "N8": _coulombs_counted,
    "N13": _loss_of_waves,
    "N15": _emission_read_back,
    "N17": _energy_of_electrons,
    "N18": _fill_read_back,
    "N1": _yield_over_clear_days,
    "N2": _power_by_heat_balance,
    "N3": _string_module_by_module,
    "N4": _price_of_zero_present_value,
    "N6": _wind_integrated_upwards,
    "N7": _share_hour_by_hour,
    "N9": _storage_by_balance,
    "N10": _charge_minute_by_minute,
    "N11": _hydrogen_by_counting_electrons,
    "N12": _capacitor_by_circuit,
    "N14": _governor_coming_to_rest,
    "N16": _rows_by_solar_geometry,
}


def _spelt(key, value, language):
    """Temperature coefficients of the voltage and resistances have two decimals."""
    return re.escape(f"{value:.2f}") if key in ("kv", "resistance") else as_printed(key, value, language)


def _minutes(hours, minutes):
    return 60 * int(hours) + int(minutes)


def _kilo(number):
    return 1000 * Fraction(number)


OWN = Own(
    examples=EXAMPLES,
    second_way=SECOND_WAY,
    # Printed constants have four to six digits: 0.707 and 0.4338 for the sun, 96485 for Faraday's constant.
    agreement={"N16": 1e-3, "N11": 1e-5, "N17": 1e-5},
    spelt=_spelt,
    told={
        ("new_energy-extraction-002-zh", "downtime_min"): lambda text: _minutes(*re.search(r"停机时长 (\d+) 小时 (\d+) 分", text).groups()),
        ("new_energy-extraction-002-zh", "lost_energy_kwh"): lambda text: _kilo(re.search(r"损失电量 ([\d.]+) MWh", text).group(1)),
        ("new_energy-extraction-003-zh", "settlement_month"): lambda text: "-".join(re.search(r"结算月份：(\d{4})年(\d\d)月", text).groups()),
        ("new_energy-extraction-003-zh", "amount_yuan"): said("应付金额：703,000 元", 703_000),
        ("new_energy-extraction-005-en", "stack_energy_kwh"): lambda text: _kilo(re.search(r"stack ([\d.]+) MWh", text).group(1)),
        ("new_energy-extraction-005-en", "shutdown"): lambda text: "no shutdown" not in text,
    },
)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_examples_are_the_templates_own_and_every_mistake_fits_every_draw(name):
    template = TEMPLATES[name]
    assert template.worked[0] == EXAMPLES[name][0]
    assert all(formula(draw.params) is not None for draw in draws_of("new_energy", name) for formula in template.mistakes.values())


def test_betz_limit_is_the_maximum_of_momentum_theory():
    item = ITEMS["new_energy-knowledge-002-zh"]
    induction = np.linspace(0, 0.5, 5001)
    power = 4 * induction * (1 - induction) ** 2
    best = induction[power.argmax()]
    assert f"{power.max():.3f}" == item.answer
    by_mistake = {mistake: option for option, mistake in item.mistakes.items()}
    assert f"{best:.3f}" == by_mistake["axial induction factor at the limit taken for Cp"]
    assert f"{4 * best * (1 - best):.3f}" == by_mistake["thrust coefficient at the limit taken for Cp"]
    assert f"{1 - best:.3f}" == by_mistake["wind speed ratio at the rotor taken for Cp"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_incoming_cells(language):
    item = ITEMS[f"new_energy-compliance-001-{language}"]
    rows = re.findall(r"^(电芯 \d|Cell \d)[:：]\s*([\d.]+) Ah[,，]\s*([\d.]+) mΩ[,，]\s*([\d.]+) V$", item.context, re.MULTILINE)
    assert len(rows) == 4
    rejected = [
        cell
        for cell, capacity, resistance, voltage in rows
        if float(capacity) < 280.0 or float(resistance) > 0.20 or not 3.280 <= float(voltage) <= 3.300
    ]
    assert rejected == [item.answer]


def test_voltage_deviations():
    item = ITEMS["new_energy-compliance-002-zh"]
    rows = re.findall(r"(.点)（(\d+) kV）：\+([\d.]+)% / −([\d.]+)%", item.context)
    assert len(rows) == 4
    breach = []
    for point, kilovolts, above, below in rows:
        up, down = Fraction(above), Fraction(below)
        if (up + down > 10) if int(kilovolts) >= 35 else (max(up, down) > 7):
            breach.append(point)
    assert breach == [item.answer]


def test_safety_distances():
    item = ITEMS["new_energy-compliance-003-zh"]
    least = {10: 0.70, 35: 1.00, 110: 1.50, 220: 3.00}
    for distance in least.values():
        assert f"{distance:.2f} m" in item.context.split("\n")[0]
    rows = re.findall(r"(.组)：(\d+) kV，([\d.]+) m", item.context)
    assert len(rows) == 4
    assert [group for group, kilovolts, metres in rows if float(metres) < least[int(kilovolts)]] == [item.answer]


def test_storage_acceptance():
    item = ITEMS["new_energy-compliance-004-en"]
    found = re.findall(r"\| (Block \d) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", item.context)
    rows = [(name, *map(Fraction, values)) for name, *values in found]
    assert len(rows) == 4
    assert [name for name, charged, out, seconds in rows if out / charged < Fraction(85, 100) or seconds > 2] == [item.answer]
    worst = {"largest loss in MWh": max(rows, key=lambda row: row[1] - row[2])[0], "smallest output": min(rows, key=lambda row: row[2])[0]}
    for mistake, block in worst.items():
        assert item.mistakes[block].startswith(mistake)


def test_insulation_tests():
    item = ITEMS["new_energy-compliance-005-en"]
    rows = re.findall(r"(String \d): (\d+) V; (\d+) V; ([\d.]+) MΩ", item.context)
    assert len(rows) == 4

    def required(system):
        return (250, 0.5) if system < 120 else (500, 1.0) if system <= 500 else (1000, 1.0)

    refused = [
        name for name, system, used, read in rows if int(used) != required(int(system))[0] or float(read) < required(int(system))[1]
    ]
    assert refused == [item.answer]


def test_only_one_order_of_replacing_a_fuse():
    """Every order of the steps is played through the rules that the stem prints; one survives."""
    item = ITEMS["new_energy-procedure-005-en"]
    standby, opened, locked, measured, pulled = item.answer

    def allowed(order):
        place = {step: index for index, step in enumerate(order)}
        return (
            place[standby] < place[opened]
            and place[locked] == place[opened] + 1
            and place[opened] < place[measured]
            and place[measured] < place[pulled]
        )

    assert [order for order in itertools.permutations(item.choices) if allowed(order)] == [item.answer]


def test_only_one_order_of_making_safe():
    """The stem names the standard and does not print its order."""
    item = ITEMS["new_energy-procedure-004-zh"]
    assert "GB 26860" in item.stem
    assert item.source.title.startswith("GB 26860")
    assert not re.search("停电|验电|接地|标示牌", item.stem)
    before = [("停电", "无电压"), ("无电压", "接地"), ("接地", "标示牌")]  # each step needs the one before it
    assert orders_that_keep(before, item.choices) == [item.answer]


INFINITE = math.inf
GAS_RANGES = {  # C2H2/C2H4, CH4/H2, C2H4/C2H6, as the item prints them
    "D1": ((1, INFINITE), (0.1, 0.5), (1, INFINITE)),
    "D2": ((0.6, 2.5), (0.1, 1), (2, INFINITE)),
    "T1": ((0, INFINITE), (1, INFINITE), (0, 1)),
    "T2": ((0, 0.1), (1, INFINITE), (1, 4)),
    "T3": ((0, 0.2), (1, INFINITE), (4, INFINITE)),
}


def _printed(low, high):
    return f"> {low}" if high == INFINITE else f"< {high}" if low == 0 else f"{low}–{high}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_transformer_gases(language):
    item = ITEMS[f"new_energy-diagnosis-001-{language}"]
    for fault, ranges in GAS_RANGES.items():
        cells = [("不限" if language == "zh" else "any") if ends == (0, INFINITE) else _printed(*ends) for ends in ranges]
        assert f"| {fault} | {' | '.join(cells)} |" in item.context
    gas = {name: float(re.search(rf"{name} (\d+)(?=；|;|$)", item.context).group(1)) for name in ("H2", "CH4", "C2H6", "C2H4", "C2H2")}
    ratios = (gas["C2H2"] / gas["C2H4"], gas["CH4"] / gas["H2"], gas["C2H4"] / gas["C2H6"])

    def faults(values):
        return [
            fault
            for fault, ranges in GAS_RANGES.items()
            if all(low < value < high for value, (low, high) in zip(values, ranges, strict=True))
        ]

    assert faults(ratios) == [item.answer]
    assert item.mistakes[faults((ratios[0], ratios[1], gas["C2H4"] / gas["CH4"]))[0]] == "ethylene divided by methane"
    assert item.mistakes[faults((ratios[0], ratios[1], 1 / ratios[2]))[0]] == "ethane divided by ethylene"


def test_a_weak_cell_shows_its_capacity_and_nothing_else():
    item = ITEMS["new_energy-diagnosis-004-en"]
    rows = re.findall(r"\| ([^|]+) \| (\d\.\d+) \| (\d\.\d+) \|", item.context)
    seven = {moment: float(value) for moment, value, _ in rows}
    others = {moment: float(value) for moment, _, value in rows}
    assert len(rows) == 6
    assert seven["end of charge"] > others["end of charge"] + 0.1
    assert seven["end of discharge"] < others["end of discharge"] - 0.1
    assert seven["charge, before current"] == pytest.approx(others["charge, before current"], abs=0.002)  # as much charge to start with
    for way in ("charge", "discharge"):  # jumps alike: resistance alike
        jumps = [abs(cell[f"{way}, 10 s after current starts"] - cell[f"{way}, before current"]) for cell in (seven, others)]
        assert jumps[0] == pytest.approx(jumps[1], abs=0.002)


def test_inverter_is_blocked_on_wet_mornings_only():
    item = ITEMS["new_energy-diagnosis-005-en"]
    rows = re.findall(r"\| \w{3} \d\d:\d\d \| ([\w, ]+) \| (\d+) \| (\d+) \|", item.context)
    assert len(rows) == 6
    for weather, insulation, volts in rows:
        assert (int(insulation) < 50) == ("dry" not in weather)
        assert 196 < int(volts) < 253


def test_invented_documents_are_possible():
    """Numbers of the documents agree with each other and with physics."""
    module = ITEMS["new_energy-extraction-001-en"].answer
    assert module["rated_power_w"] == pytest.approx(43.4 * 13.37, rel=0.002)
    assert module["rated_power_w"] / (2.278 * 1.134 * 1000) * 100 == pytest.approx(module["efficiency_percent"], abs=0.1)
    bill = ITEMS["new_energy-extraction-003-zh"].answer
    assert bill["amount_yuan"] == bill["energy_mwh"] * (bill["energy_price_yuan_per_mwh"] + bill["green_premium_yuan_per_mwh"])
    report = ITEMS["new_energy-extraction-005-en"].answer
    assert 39.4 < report["stack_energy_kwh"] / report["hydrogen_kg"] < 60  # above the higher heating value, kWh/kg


# Gold of the templates whose value is a fraction, from the printed decimals.
EXACT = {
    "N1": lambda p: Fraction(p["capacity_mw"] * p["irradiation"] * p["ratio"], 100_000),
    "N7": lambda p: Fraction(100_000 * p["energy"], p["power"] * 8760),
    "N8": lambda p: p["start"] - Fraction(100 * p["current"] * p["minutes"], 60 * p["capacity"]),
    "N9": lambda p: Fraction(10_000 * p["need"], p["depth"] * p["efficiency"]),
    "N10": lambda p: Fraction(60 * p["battery"] * (p["end"] - p["start"]), p["power"] * p["efficiency"]),
    "N14": lambda p: (50 - Fraction(str(p["frequency"])) - Fraction(str(p["dead"]))) * 2 / Fraction(str(p["droop"])) * p["rated"],
    "N15": lambda p: p["energy"] * Fraction(str(p["factor"])),
}


@pytest.mark.parametrize("name", sorted(EXACT))
def test_rounding_has_one_answer(name):
    """In no draw does the exact value lie half-way between two printed ones, and the printed one is the nearest."""
    template = TEMPLATES[name]
    step = Fraction(1, 10**template.decimals)
    free = [params for index in range(400) if (params := template.draw(rng_for("ties", name, index))) is not None]
    for params in free:
        off = abs(Fraction(template.text(template.gold(params))) - EXACT[name](params))
        assert off < step / 2, params


def test_a_tie_is_thrown_back():
    class Tied(Random):
        """Draws 295 MW, 1300 h and 79 %: 302.965 GWh."""

        def randrange(self, *ends):
            return 295 if ends[0] == 10 else 1300

        def randint(self, low, high):
            return 79

    assert TEMPLATES["N1"].draw(Tied()) is None


def _drawn(name, draws=40):
    generator = suite_of("new_energy").generators[name]
    return [params for index in range(draws) if (params := generator.draw(rng_for("physics", name, index))) is not None]


def test_impurities_fit_into_what_the_purity_leaves():
    found = _drawn("GNS1", 200)
    assert len(found) > 10
    for params in found:
        purity, oxygen, water, nitrogen, monoxide, _ = params["values"]
        assert Fraction(oxygen, 10) + Fraction(water, 10) + nitrogen + Fraction(monoxide, 100) <= (100_000 - purity) * 10


# A step that undoes > the step that it undoes, or work > what makes it safe, as words of the steps.
MADE_SAFE = (
    ("拆除锁牌", "上锁挂牌"),
    ("拔出风轮锁定销", "插入风轮锁定销"),
    ("进入轮毂", "插入风轮锁定销"),
    ("拆除盲板", "加装盲板"),
    ("动火补焊", "取样分析"),
    ("气密性试验", "动火补焊"),
    ("取下熔断的熔断器", "组串电流为零"),
    ("取出故障模块", "验明簇出线端无电压"),
    ("装入新模块", "取出故障模块"),
    ("装入新熔断器", "取下熔断的熔断器"),
    ("拆下旧的高压部件", "验明高压端子无电压"),
    ("验明高压端子", "等待电容放电"),
    ("装回手动维修开关", "拔下手动维修开关"),
)


def test_no_job_leaves_out_what_makes_it_safe():
    generator = suite_of("new_energy").generators["GNP1"]
    met = set()
    for params in _drawn("GNP1", 80):
        (content,) = generator.write(params, "zh")
        for later, earlier in MADE_SAFE:
            (after, *_), (before, *_) = (
                [place for place, step in enumerate(content.answer) if word in step] or [None] for word in (later, earlier)
            )
            if after is not None:
                met.add(later)
                assert before is not None, (later, content.answer)
                assert before < after
    assert met == {later for later, _ in MADE_SAFE}


def test_a_transformer_can_feed_its_chargers():
    for params in _drawn("GNX2", 200):
        assert (params["shut"] + params["open"]) * params["power_kw"] <= 1.2 * params["bay_kva"]
