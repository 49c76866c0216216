"""Steel: every gold by a second way, every verdict of a hand-written item recomputed from what it prints.

The laws that it shares with the other suites are in test_laws.py, which reads `OWN`.
"""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq

from tests.suites.laws import Own, items_of, orders_that_keep, stem_of, table_rows, templates_of

TEMPLATES = templates_of("steel")
ITEMS = items_of("steel")

# Examples with golds worked out apart from the templates, with the digits that count.
EXAMPLES = {
    "S1": ({"c": 0.18, "mn": 1.45, "cr": 0.05, "mo": 0.02, "v": 0.05, "ni": 0.03, "cu": 0.04}, 0.450),
    "S3": ({"c": 0.40, "mn": 0.75, "ni": 0.2, "cr": 0.95, "mo": 0.2}, 330.5),
    "S4": ({"c": 0.2, "si": 0.25, "mn": 0.4, "p": 0.01, "s": 0.01, "tundish": 1545}, 27.2),  # 15.6 + 1.9 + 1.96 + 0.344 + 0.38 below 1538
    "S5": ({"si": 0.60, "basicity": 3.2, "cao": 90, "sio2": 2.5}, 50.1),
    "S6": ({"iron": 7200, "volume": 3000, "coke": 2700}, 2.40),
    "S7": ({"sinter_cao": 10.5, "sinter_sio2": 5.3, "pellet_cao": 0.8, "pellet_sio2": 6.4, "basicity": 1.30}, 67.6),  # 7.52 / 11.13
    "S8": ({"steel": 120, "residual": 0.12, "target": 1.40, "grade": 65, "recovery": 92}, 2569),
    "S11": ({"entry": 250, "exit": 210, "radius": 550}, 148.3),
    "S12": ({"first": 25, "second": 20, "third": 15}, 49),
    "S13": ({"thickness": 230, "factor": 28, "speed": 1.2}, 20.24),
    "S15": ({"gauge": 50, "after": 62.3}, 24.6),
    "S16": ({"fuel": 1000, "heat": 28.435, "carbon": 0.0295, "oxidised": 93}, 2860),
    "S2": ({"c": 0.07, "si": 0.25, "mn": 1.55, "cu": 0.2, "cr": 0.2, "ni": 0.3, "mo": 0.15, "v": 0.04, "b": 0.001}, 0.200),
    "S9": ({"start": 4.2, "end": 0.05, "monoxide": 90}, 42.6),
    "S10": ({"surplus": 180, "cold": 25, "tap": 1650}, 126.0),  # 1031.0 + 272 + 125.6 kJ/kg
    "S14": ({"first": 600, "second": 580, "hours": 2}, 5.98),
    "S17": ({"start": 330.5, "quenched": 25}, 96.5),
    "S18": ({"radius": 550, "friction": 0.35}, 61.8),
    "S19": ({"pressure": 180, "width": 1250, "radius": 550, "entry": 250, "exit": 210}, 33.4),
    "S20": ({"metal_iron": 94.5, "ore_iron": 57.5, "loss": 0.2, "moisture": 0}, 1647),
    "S21": ({"diameter": 10, "force": 42.5}, 541),
    "S22": ({"line": 500, "magnification": 500, "intercepts": 50}, 8.0),  # 0.020 mm
}


def _exact(value):
    return Fraction(str(value))


def _equivalent_by_reading(p):
    """A reader of the printed analysis, who brings the formula on the common denominator 30 and stays in exact fractions."""
    printed = dict(re.findall(r"\b(C|Mn|Cr|Mo|V|Ni|Cu) (\d+\.\d+)", stem_of("steel", "S1", p)))
    weight = {"C": 30, "Mn": 5, "Cr": 6, "Mo": 6, "V": 6, "Ni": 2, "Cu": 2}
    return float(sum(weight[element] * Fraction(amount) for element, amount in printed.items()) / 30)


def _linear_formula(stem, start):
    """Coefficient of each element as a printed formula `start` - aC - bMn... has it."""
    formula = stem[stem.index(start) + len(start) :].split(", ")[0]
    return {element: Fraction(factor) for factor, element in re.findall(r"(\d+\.?\d*)(C|Mn|Ni|Cr|Mo|Si|P|S)(?![a-z])", formula)}


def _printed_contents(stem):
    return {element: Fraction(amount) for element, amount in re.findall(r"\b(C|Mn|Ni|Cr|Mo|Si|P|S) (\d+\.\d+)", stem)}


def _martensite_by_reading(p):
    """Formula and analysis are both read off the stem and applied in exact fractions."""
    stem = stem_of("steel", "S3", p)
    factors, contents = _linear_formula(stem, "= 539 − "), _printed_contents(stem)
    assert set(factors) == set(contents) == {"C", "Mn", "Ni", "Cr", "Mo"}
    return float(539 - sum(factors[element] * contents[element] for element in factors))


def _superheat_by_cooling(p):
    """The steel is cooled until it meets the printed liquidus: the root of tundish - s = liquidus."""
    stem = stem_of("steel", "S4", p)
    factors, contents = _linear_formula(stem, "= 1538 − ("), _printed_contents(stem)
    assert set(factors) == set(contents) == {"C", "Si", "Mn", "P", "S"}
    meets = 1538 - float(sum(factors[element] * contents[element] for element in factors))
    return brentq(lambda cooled: p["tundish"] - cooled - meets, -500, 500)


def _lime_by_slag_balance(p):
    """The slag of one tonne of hot metal is made up, and lime added until its basicity is the wanted one."""
    silica = 1000 * p["si"] / 100 * 2.14

    def short_of(mass):
        return mass * p["cao"] / 100 - p["basicity"] * (silica + mass * p["sio2"] / 100)

    return brentq(short_of, 0, 1000)


def _productivity_by_coke(p):
    """Smelting intensity (coke per volume and day) over coke rate (coke per iron) is productivity."""
    return float(Fraction(p["coke"], p["volume"]) / Fraction(p["coke"], p["iron"]))


def _sinter_by_linear_system(p):
    """Masses of sinter and pellets that add up to 100 and leave no CaO over after the wanted basicity."""
    surplus = [p[f"{which}_cao"] - p["basicity"] * p[f"{which}_sio2"] for which in ("sinter", "pellet")]
    return np.linalg.solve(np.array([[1.0, 1.0], surplus]), np.array([100.0, 0.0]))[0]


def _alloy_by_conservation(p):
    """The element before and what arrives of the addition are all that the finished heat holds."""
    wanted_kg = p["steel"] * 1000 * p["target"] / 100
    before_kg = p["steel"] * 1000 * p["residual"] / 100
    return brentq(lambda mass: before_kg + mass * p["grade"] / 100 * p["recovery"] / 100 - wanted_kg, 0, 1e5)


def _chord_of_the_roll(p):
    """The chord between the points where the strip meets the roll and leaves it, from the roll's centre and circle."""
    half = (p["entry"] - p["exit"]) / 2
    above = brentq(lambda angle: p["radius"] * (1 - math.cos(angle)) - half, 0, math.pi / 2)
    return math.hypot(p["radius"] * math.sin(above), half)


def _thinned_pass_by_pass(p):
    """A strip of 1 m goes through the stands; what is missing at the end is counted in millimetres."""
    thickness = Fraction(1000)
    for reduction in (p["first"], p["second"], p["third"]):
        thickness -= thickness * reduction / 100
    return float((1000 - thickness) / 10)


def _strand_by_growing_shell(p):
    """Growth law d(delta)/dt = K^2 / (2 delta), integrated from the meniscus to mid-thickness along the strand."""
    minutes = quad(lambda shell: 2 * shell / p["factor"] ** 2, 0, p["thickness"] / 2)[0]
    return p["speed"] * minutes


def _elongation_by_true_strain(p):
    """True strain dL/L is integrated over the test and turned back into engineering strain."""
    return 100 * math.expm1(quad(lambda length: 1 / length, p["gauge"], p["after"])[0])


def _emissions_by_moles(p):
    """Kilomoles of carbon, of which the printed share becomes as many kilomoles of CO2."""
    carbon_kg = 1000 * p["fuel"] * _exact(p["heat"]) * _exact(p["carbon"])
    kilomoles = carbon_kg / 12 - carbon_kg / 12 * (100 - p["oxidised"]) / 100
    return float(kilomoles * (12 + 2 * 16) / 1000)


def _cracking_by_reading(p):
    """The printed analysis in exact fractions over the common denominator 60."""
    printed = dict(re.findall(r"\b(C|Si|Mn|Cu|Ni|Cr|Mo|V|B) (\d+\.\d+)", stem_of("steel", "S2", p)))
    weight = {"C": 60, "Si": 2, "Mn": 3, "Cu": 3, "Cr": 3, "Ni": 1, "Mo": 4, "V": 6, "B": 300}
    assert set(printed) == set(weight)
    return float(sum(weight[element] * Fraction(amount) for element, amount in printed.items()) / 60)


def _oxygen_by_atoms(p):
    """Kilomoles of CO, CO2 and O2 that keep the atoms of carbon and oxygen, and the split of the carbon."""
    carbon = 10 * (p["start"] - p["end"]) / 12
    share = p["monoxide"] / 100
    atoms = np.array([[1.0, 1.0, 0.0], [1 - share, -share, 0.0], [1.0, 2.0, -2.0]])
    return np.linalg.solve(atoms, np.array([carbon, 0.0, 0.0]))[2] * 22.4


def _scrap_by_enthalpy(p):
    """Enthalpy of 1 kg along the temperature, integrated with its jump at the melting point, and the mass that takes up the surplus."""
    sensible = quad(lambda celsius: 0.699 if celsius < 1500 else 0.837, p["cold"], p["tap"], points=[1500])[0]
    return brentq(lambda mass: mass * (sensible + 272) - p["surplus"] * 1000, 0, 2000)


def _tempering_by_search(p):
    """The time at which the lower temperature has caught up with the parameter of the old treatment."""
    wanted = (p["first"] + 273) * (20 + math.log10(p["hours"]))
    return brentq(lambda hours: (p["second"] + 273) * (20 + math.log10(hours)) - wanted, 1e-3, 1e3, xtol=1e-12, rtol=1e-12)


def _martensite_by_cooling(p):
    """Each degree of cooling turns 0.011 of the austenite that is left; integrated from Ms down."""
    cooled = solve_ivp(lambda _, austenite: -0.011 * austenite, (0, p["start"] - p["quenched"]), [100.0], rtol=1e-10, atol=1e-10)
    return 100 - cooled.y[0, -1]


def _draught_by_circle(p):
    """The point of the roll's circle at which the normal leans by the angle of friction; the gap closes by twice its rise."""

    def lean(rise):
        run = math.sqrt(p["radius"] ** 2 - (p["radius"] - rise) ** 2)
        return run / (p["radius"] - rise) - p["friction"]

    return 2 * brentq(lean, 1e-9, p["radius"] / 2, xtol=1e-12)


def _force_over_the_chord(p):
    """The pressure is summed over the chord of the circle between entry and exit."""
    return quad(lambda _: p["pressure"] * p["width"] / 1e6, 0, _chord_of_the_roll(p))[0]


def _ore_by_balance(p):
    """Moist ore is dried, its iron counted and thinned by the losses, until 1 t of metal has its iron."""

    def short_of(ore):
        dry = ore - ore * p["moisture"] / 100
        iron = dry * p["ore_iron"] / 100
        return iron - iron * p["loss"] / 100 - 10 * p["metal_iron"]

    return brentq(short_of, 0, 1e5)


def _strength_by_rings(p):
    """The section is summed ring by ring, and the stress found that carries the greatest force."""
    area = quad(lambda radius: 2 * math.pi * radius, 0, p["diameter"] / 2)[0]
    return brentq(lambda level: level * area - 1000 * p["force"], 0, 1e5)


def _grain_by_halving(p):
    """Two numbers more halve the intercept: the number whose intercept is the measured one, 10 ** (-3.288 / 6.643856) mm at number 0."""
    measured = p["line"] / (p["magnification"] * p["intercepts"])
    return brentq(lambda number: 10 ** (-3.288 / 6.643856) * 2 ** (-number / 2) - measured, -5, 30, xtol=1e-12)


SECOND_WAY = {
    "S1": _equivalent_by_reading,
    "S3": _martensite_by_reading,
    "S4": _superheat_by_cooling,
    "S5": _lime_by_slag_balance,
    "S6": _productivity_by_coke,
    "S7": _sinter_by_linear_system,
    "S8": _alloy_by_conservation,
    "S11": _chord_of_the_roll,
    "S12": _thinned_pass_by_pass,
    "S13": _strand_by_growing_shell,
    "S15": _elongation_by_true_strain,
    "S16": _emissions_by_moles,
    "S2": _cracking_by_reading,
    "S9": _oxygen_by_atoms,
    "S10": _scrap_by_enthalpy,
    "S14": _tempering_by_search,
    "S17": _martensite_by_cooling,
    "S18": _draught_by_circle,
    "S19": _force_over_the_chord,
    "S20": _ore_by_balance,
    "S21": _strength_by_rings,
    "S22": _grain_by_halving,
}
OWN = Own(
    examples=EXAMPLES,
    second_way=SECOND_WAY,
    usable={"S7": 0.08},  # its guard wants a share of sinter from 65 to 85 %, which few mixtures have
    told={
        ("steel-extraction-005-en", "evacuated"): lambda text: "The area was evacuated" in text,
        ("steel-extraction-005-en", "persons_treated"): lambda text: int(re.search(r"received medical treatment: (\d+)\.", text).group(1)),
    },
)


def test_square_root_law_against_a_stiff_step_by_step_solution():
    """The shell of the worked example, marched in time; it starts a hair thick because the law's slope is infinite at 0."""
    p, length = TEMPLATES["S13"].worked
    start = 0.01
    minutes = length / p["speed"]
    shell = solve_ivp(lambda _, d: p["factor"] ** 2 / (2 * d), (start, minutes), [p["factor"] * start**0.5], rtol=1e-9, atol=1e-9)
    assert shell.y[0, -1] == pytest.approx(p["thickness"] / 2, rel=1e-3)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_heats_against_composition(language):
    item = ITEMS[f"steel-compliance-001-{language}"]
    limits = [Fraction(value) for _, value in re.findall(r"(C|Si|Mn|P|S) (\d\.\d+)", item.context.split("\n")[0])]
    good = [cells[0] for cells in table_rows(item.context) if all(Fraction(v) <= limit for v, limit in zip(cells[1:], limits, strict=True))]
    assert len(limits) == 5
    assert good == [item.answer.removeprefix("Heat ")]


def test_seismic_rebar():
    item = ITEMS["steel-compliance-002-zh"]
    failed = {}
    for name, *cells in table_rows(item.context):
        low, high, stretch = map(Fraction, cells)
        tests = (low >= 400, high >= 540, high / low >= Fraction("1.25"), low / 400 <= Fraction("1.30"), stretch >= 9)
        failed[name] = tests.count(False)
    assert failed[item.answer] == 0
    assert sorted(failed.values()) == [0, 1, 1, 1]  # each wrong batch has a single fault to find
    assert [name for name, faults in failed.items() if faults == 0] == [item.answer]


def test_work_in_gas():
    item = ITEMS["steel-compliance-003-zh"]
    rule, log = item.context.split("\n\n")
    bands = [(int(top), int(limit)) for top, limit in re.findall(r"至 (\d+) mg/m³，每次(?:连续)?不超过 (\d+) min", rule)]
    assert bands == [(50, 60), (100, 30), (200, 15)]
    breaking = []
    for line in log.split("\n")[1:]:
        team, co, stay = re.match(r"(.组)：CO (\d+) mg/m³，.*?(\d+) min", line).groups()
        pause = re.search(r"间隔 (\d+) min", line)
        allowed = math.inf if int(co) <= 30 else next((limit for top, limit in bands if int(co) <= top), 0)
        if int(stay) > allowed or (pause and int(co) > 30 and int(pause.group(1)) < 120):
            breaking.append(team)
    assert breaking == [item.answer]


def test_stacks_at_reference_oxygen():
    item = ITEMS["steel-compliance-004-en"]
    corrected = {name: Fraction(nox) * 5 / (21 - Fraction(oxygen)) for name, nox, oxygen in table_rows(item.context)}
    assert [f"Stack {name}" for name, value in corrected.items() if value > 50] == [item.answer]
    raw = {f"Stack {name}": Fraction(nox) for name, nox, _ in table_rows(item.context)}
    assert "without correction" in item.mistakes[max(raw, key=raw.get)]


def test_impact_sets():
    item = ITEMS["steel-compliance-005-en"]
    accepted = []
    for name, *cells in table_rows(item.context):
        values = [Fraction(cell) for cell in cells]
        low = [value for value in values if value < 34]
        if sum(values) / 3 >= 34 and len(low) <= 1 and all(value >= Fraction(7, 10) * 34 for value in low):
            accepted.append(name)
    assert accepted == [item.answer]


# What forces it > (step that comes first, step that comes later), each by a word of it. Rules stand in the stem; physics does not.
RULES = {
    "steel-procedure-004-zh": {"气体测定只作一次，作为准许人员进入的依据": ("测定", "监护人")},
    "steel-procedure-005-en": {
        "The ladle is opened only when the dummy bar is sealed in the mould": ("Seal the dummy bar", "ladle"),
        "the stopper of the tundish stays closed until the tundish holds enough steel": ("fill the tundish", "stopper"),
        "withdrawal begins when the mould is filled": ("fill the mould", "withdrawal"),
    },
}
PHYSICS = {
    "steel-procedure-004-zh": {
        "gas flows into a vessel that still hangs on the main": ("盲板", "吹扫"),
        "air let into a tower full of gas makes an explosive mixture": ("吹扫", "人孔"),
        "a tower full of nitrogen holds no oxygen: the only measurement would forbid entry": ("人孔", "测定"),
    },
    "steel-procedure-005-en": {"a bar still in the mould pulls nothing": ("withdrawal", "Take the dummy bar off")},
}


@pytest.mark.parametrize("name", sorted(RULES))
def test_only_one_order_obeys_the_printed_rules_and_physics(name):
    item = ITEMS[name]

    assert all(rule in item.stem for rule in RULES[name])
    needed = [*RULES[name].values(), *PHYSICS[name].values()]
    assert orders_that_keep(needed, item.choices) == [item.answer]
    assert len(item.labels) == len(item.choices)


def test_mark_on_the_strip():
    """A turn of the roll prints one pitch, which the later stands stretch so that the volume stays."""
    item = ITEMS["steel-diagnosis-005-en"]
    pitch = float(re.search(r"every ([\d.]+) m", item.stem).group(1))
    rows = [(stand, int(diameter) / 1000, float(thickness)) for stand, diameter, thickness in table_rows(item.context)]
    final = rows[-1][2]
    volumes = {f"Work roll of {stand}": math.pi * diameter * thickness for stand, diameter, thickness in rows}
    matching = [name for name, volume in volumes.items() if volume / final == pytest.approx(pitch, rel=0.01)]
    assert matching == [item.answer]
    nearest = min(rows, key=lambda row: abs(math.pi * row[1] - pitch))[0]
    assert "stretching by later stands ignored" in item.mistakes[f"Work roll of {nearest}"]


def test_logs_show_what_their_golds_say():
    for language in ("zh", "en"):
        rows = [tuple(map(int, cells)) for cells in table_rows(ITEMS[f"steel-diagnosis-001-{language}"].context)]
        upper, lower = [row[1] for row in rows], [row[2] for row in rows]
        assert 20 <= upper[0] - lower[0] <= 40
        assert max(upper) > upper[0] + 10
        assert upper[-1] < lower[-1]
        assert lower == sorted(lower)
    hanging = table_rows(ITEMS["steel-diagnosis-002-zh"].context)
    pressure, wind, permeability, line = ([float(row[column]) for row in hanging] for column in (1, 2, 3, 4))
    assert pressure == sorted(pressure)
    assert wind == sorted(wind, reverse=True)
    assert len(set(line[1:])) == 1
    assert line[1] > line[0]  # the burden still sank before it hung
    assert max(line) < 1.5  # no charge was due yet: a line that is deeper would ask why none was charged
    assert "没有装料" in ITEMS["steel-diagnosis-002-zh"].context
    for flow, force, index in zip(wind, pressure, permeability, strict=True):
        assert flow / (force - 200) == pytest.approx(index, abs=0.06)
    clogging = table_rows(ITEMS["steel-diagnosis-004-en"].context)
    opening = [int(row[1]) for row in clogging]
    assert opening == sorted(set(opening))
    assert {(row[2], row[4]) for row in clogging} == {("1.20", "28")}  # speed and tundish weight: the flow and its head are constant
    (cells,) = table_rows(ITEMS["steel-diagnosis-003-zh"].context)
    flatness = [int(cell.replace("−", "-")) for cell in cells]
    assert sum(flatness) == 0
    assert min(flatness[0], flatness[-1]) > max(flatness[1:-1])


def test_air_that_comes_in_at_the_converter_mouth_closes_the_balance():
    """Per 100 of carbon: the oxygen of the air that the nitrogen stands for is what burnt CO beyond the bath's CO2, and what is left."""
    rows = {name: [float(cell) for cell in cells] for name, *cells in table_rows(ITEMS["steel-diagnosis-015-en"].context)}
    bath = []
    for monoxide, dioxide, nitrogen, oxygen in rows.values():
        assert monoxide + dioxide + nitrogen + oxygen == pytest.approx(100)
        burnt = 2 * (nitrogen * 21 / 79 - oxygen)
        bath.append((dioxide - burnt) / (monoxide + dioxide))
    assert bath[0] == pytest.approx(bath[1], abs=0.002)  # the bath gives off the same share of CO2 in both heats


def test_printed_scale_grows_more_slowly_with_time():
    """Oxidation of steel follows a parabola: each half hour adds less than the one before."""
    from evalkit.generators import generate
    from evalkit.suite import find_suite

    items = generate(find_suite("steel").generators["GST1"], suite="steel", seed="laws", draws=30)
    logs = [item.params["values"] for item in items if item.params["kind"] == "scale"]
    assert logs
    for column in (column for values in logs for column in values):
        growth = np.diff(column)
        assert (growth > 0).all()
        assert (np.diff(growth) < 0).all()


def _within(value, low, high):
    return Fraction(low) <= Fraction(value) <= Fraction(high)


def _days(text):
    """Day of a year with months of 31 days, from `9 月 28 日` or `28 September`."""
    month, day = re.findall(r"\d+", text) if "月" in text else (9 + text.endswith("October"), text.split()[0])
    return 31 * int(month) + int(day)


def _contract(quantity, coils, date):
    lightest, heaviest = re.findall(r"[\d.]+", coils)
    return abs(Fraction(quantity) - 480) <= Fraction("0.03") * 480, Fraction(lightest) >= 15, Fraction(heaviest) <= 22, _days(date) <= 9 * 31 + 30


def _profile(operator, centre, drive):
    operator, centre, drive = map(Fraction, (operator, centre, drive))
    crown = centre - (operator + drive) / 2
    return abs(centre - Fraction("2.5")) <= Fraction("0.1"), _within(crown, 0, "0.06"), abs(operator - drive) <= Fraction("0.04")


def _treatment(*cells):
    thick, heat, hold, move, wait, temper, time = map(Fraction, cells)
    return abs(heat - 860) <= 10, hold >= thick, move <= 30, wait <= 4, abs(temper - 600) <= 15, time >= 2 * thick


def _residuals(copper, tin, nickel):
    copper, tin, nickel = map(Fraction, (copper, tin, nickel))
    return copper <= Fraction("0.2"), copper + 8 * tin <= Fraction("0.3"), copper <= Fraction("0.15") or nickel >= copper / 2


def _indentation(*cells):
    wide, deep, edge, other, thick = map(Fraction, cells)
    return _within(wide, "2.4", 6), edge >= Fraction("2.5") * wide, other >= 3 * wide, thick >= 8 * deep


# Item > what each condition of its printed rule makes of a row's cells.
CONDITIONS = {
    "006": _contract,
    "007": lambda iron, water: (Fraction(iron) / (1 - Fraction(water) / 100) >= 62, Fraction(water) <= 9),
    "009": _profile,
    "010": _treatment,
    "011": lambda empty, steel, slag, free, hooks: (sum(map(Fraction, (empty, steel, slag))) <= 180, int(free) >= 300, hooks in ("两侧", "both sides")),
    "012": _residuals,
    "013": lambda rest, area, weld: (Fraction(rest) >= Fraction("19.4"), Fraction(area) <= Fraction("0.02") * 16, weld == "无"),
    "014": lambda heat, stirred, oxygen: (_within(int(heat) - 1518, 50, 65), int(stirred) >= 8, int(oxygen) <= 25),
    "015": _indentation,
}
RULED = sorted(name for name in ITEMS if name[17:20] in CONDITIONS and name.startswith("steel-compliance-"))


@pytest.mark.parametrize("name", RULED)
def test_one_row_keeps_all_conditions_and_each_other_breaks_one(name):
    item = ITEMS[name]
    faults = {row: CONDITIONS[name[17:20]](*cells).count(False) for row, *cells in table_rows(item.context)}
    assert {row for row, count in faults.items() if count == 0} == {item.answer}
    assert all(count == 1 for row, count in faults.items() if row != item.answer), faults


@pytest.mark.parametrize("language", ["zh", "en"])
def test_gas_is_recovered_only_when_rich_and_free_of_oxygen(language):
    item = ITEMS[f"steel-compliance-008-{language}"]
    rows = table_rows(item.context)
    breaking = [time for time, co, oxygen, valve in rows if valve in ("回收", "to gas holder") and not (int(co) >= 35 and Fraction(oxygen) <= 1)]
    assert breaking == [item.answer]


def test_no_drawn_plate_yields_above_its_tensile_strength():
    """In values and in limits alike, whatever the draw."""
    from evalkit.generators import generate
    from evalkit.suite import find_suite

    lots = [item for item in generate(find_suite("steel").generators["GSS1"], suite="steel", seed="laws", draws=60) if "| ReH |" in item.context]
    assert lots
    for item in lots:
        low, high = table_head(item.context).index("ReH ≥"), table_head(item.context).index("Rm ≥")
        grades, lot = item.context.split("\n\n")[1], item.context.split("\n\n")[-1]
        assert all(int(row[low]) < int(row[high]) for row in table_rows(grades))
        ((*values,),) = table_rows(lot)
        assert int(values[low - 1]) < int(values[high - 1]), item.id


def table_head(context):
    """Cells of the head of the first table in `context`."""
    line = next(line for line in context.split("\n") if line.startswith("|"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_note_on_a_defect_points_to_its_class_alone():
    """A build asks each class once, so that most notes are not drawn by the laws' seed: here all are read."""
    from evalkit.generators import items_of as written
    from evalkit.suite import find_suite
    from tests.suites.steel_readers import read_class

    generator = find_suite("steel").generators["GSL1"]
    kinds = ("edge_crack", "lamination", "lap", "roll_mark", "scale", "scratch")
    for kind in kinds:
        others = [other for other in kinds if other != kind][:3]
        for note in range(3):
            p = {"scheme": "defect", "kind": kind, "note": note, "others": others, "n": 47, "a": 112, "b": "0.3"}
            for item in written(generator, p, suite="steel", index=0, seed="notes"):
                assert all(figure in item.context for figure in ("47", "112", "0.3"))
                assert read_class(item) == item.answer
