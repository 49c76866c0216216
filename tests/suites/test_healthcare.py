"""Healthcare: every gold by a second way, every verdict of a hand-written item recomputed from what it prints.

The laws that it shares with the other suites are in test_laws.py, which reads `OWN`.
"""

import itertools
import math
import re
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from tests.suites.healthcare_readers import READERS
from tests.suites.laws import Own, draws_of, items_of, said, stem_of, templates_of
from tests.suites.test_drawn import drawn_of, seen

TEMPLATES = templates_of("healthcare")
ITEMS = items_of("healthcare")

# The examples of the blueprint, with the digits that it prints.
EXAMPLES = {
    "H1": ({"sex": "F", "age": 62, "creatinine_umol": 1.15 * 88.4}, 53.9),
    "H3": ({"height_cm": 172, "weight_kg": 78}, 26.4),
    "H4": ({"sodium": 138, "potassium": 4.2, "chloride": 102, "bicarbonate": 14, "albumin": 28}, 1.3),
    "H5": ({"calcium": 2.05, "albumin": 28}, 2.29),
    "H7": ({"sex": "F", "age": 76, "heart_failure": 0, "hypertension": 1, "diabetes": 1, "stroke": 0, "vascular": 0}, 5),
    "H8": ({"weight_kg": 22, "mg_per_kg_day": 50, "interval_h": 8, "max_mg_day": 1500, "label_mg": 400}, 4.58),
    "H9": ({"dose": 5, "weight_kg": 70, "drug_mg": 200, "volume_ml": 50}, 5.25),
    "H10": ({"sensitivity": 92, "specificity": 95, "prevalence": 2}, 27.3),
    "H11": ({"control_percent": 12.0, "treated_percent": 8.5}, 29),
    "H12": ({"qt_ms": 400, "rate": 90}, 458),
    "H14": ({"weight_kg": 70, "burn_percent": 30}, 8400),
    "H15": ({"clearance": 3, "target": 15, "interval_h": 8, "availability": 0.9, "volume_l": 40}, 400),
    "H2": ({"sex": "M", "age": 70, "weight_kg": 68, "ideal_kg": 62, "creatinine_umol": 1.4 * 88.4}, 47.2),
    "H5N": ({"sodium": 128, "glucose_mgdl": 500}, 134.4),
    "H6": ({"creatinine": 1.9, "bilirubin": 4.2, "inr": 1.8, "sodium": 129}, 29),
    "H9D": ({"volume_ml": 500, "hours": 4, "factor": 20}, 41.7),
    "H13": ({"sodium": 140, "glucose_mgdl": 180, "bun_mgdl": 28}, 300),
    "H16": ({"total": 230, "hdl": 50, "triglycerides": 175}, 145),
    "H16A": ({"fio2_percent": 40, "pressure": 760, "paco2": 40, "pao2": 87}, 148.2),
    "H16Z": ({"l": -0.2, "m": 10.3, "s": 0.11, "weight_kg": 8.2}, -2.1208),
}


def _egfr_by_integration(p):
    """From the value at kappa and birth: the slope of ln(eGFR) is integrated over creatinine, the age taken year by year."""
    female = p["sex"] == "F"
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    creatinine = p["creatinine_umol"] / 88.4
    slope = alpha if creatinine < kappa else -1.2
    rate = 142 * (1.012 if female else 1) * math.exp(quad(lambda c: slope / c, kappa, creatinine)[0])
    for _ in range(p["age"]):
        rate -= rate * 0.0062
    return rate


def _bmi_by_pounds_and_inches(p):
    """The imperial route: pounds over square inches, then the units of the quotient."""
    pounds, inches = p["weight_kg"] / 0.45359237, p["height_cm"] / 2.54
    return pounds / inches**2 * 0.45359237 / 0.0254**2


def _delta_ratio_by_linear_system(p):
    """Gap, corrected gap and rise of the gap as unknowns of electroneutrality, solved together."""
    equations = np.array([[1.0, 0, 0], [-1.0, 1, 0], [0, -1.0, 1]])
    known = np.array([p["sodium"] - p["chloride"] - p["bicarbonate"], 0.25 * (40 - p["albumin"]), -12.0])
    return np.linalg.solve(equations, known)[2] / (24 - p["bicarbonate"])


def _calcium_step_by_step(p):
    """In decimal arithmetic, one g/L of missing albumin after another."""
    value = Decimal(str(p["calcium"]))
    for _ in range(p["albumin"], 40):
        value += Decimal("0.02")
    return float(value)


def _points_read_from_stem(p):
    """A reader of the English stem, who knows the points and not the parameters."""
    stem = stem_of("healthcare", "H7", p)
    history = stem.split("and no other:")[1]
    worth = {"heart failure": 1, "hypertension": 1, "diabetes": 1, "stroke": 2, "myocardial infarction": 1}
    age = int(re.search(r"aged (\d+) with", stem).group(1))
    return sum(points for word, points in worth.items() if word in history) + (age >= 65) + (age >= 75) + ("A woman" in stem)


def _dose_by_filling_spoons(p):
    """Conservation: the day's drug is dissolved at the label's strength and shared out over the clock times of one day."""
    times = list(range(0, 24, p["interval_h"]))
    wanted = Fraction(str(p["weight_kg"])) * p["mg_per_kg_day"]
    allowed = wanted if wanted < p["max_mg_day"] else Fraction(p["max_mg_day"])
    bottle_ml = allowed * 5 / p["label_mg"]
    return float(bottle_ml / len(times))


def _pump_minute_by_minute(p):
    """Micrograms given in sixty single minutes, and the volume of the ready solution that holds them."""
    given_ug = sum(p["dose"] * p["weight_kg"] for _ in range(60))
    return p["volume_ml"] * (given_ug / 1000) / p["drug_mg"]


def _ppv_by_odds(p):
    """Odds before the test times the likelihood ratio are the odds after it."""
    ratio = p["sensitivity"] / (100 - p["specificity"])
    odds = p["prevalence"] / (100 - p["prevalence"]) * ratio
    return 100 * odds / (1 + odds)


def _nnt_by_search(p):
    """The first whole number of patients among whom at least one event fewer is expected, in exact fractions."""
    reduction = (Fraction(str(p["control_percent"])) - Fraction(str(p["treated_percent"]))) / 100
    return next(n for n in itertools.count(1) if n * reduction >= 1)


def _qtc_by_root_finding(p):
    """The interval whose cube, times RR in seconds, is the cube of QT."""
    return brentq(lambda qtc: qtc**3 * 60 / p["rate"] - p["qt_ms"] ** 3, 50, 2000)


def _burn_hour_by_hour(p):
    """Half in eight hourly portions, half in sixteen, summed."""
    half = 2 * p["weight_kg"] * p["burn_percent"]
    return math.fsum([half / 8] * 8 + [half / 16] * 16)


def _concentration_at_steady_state(p, dose):
    """Mean concentration in mg/L: single-dose curves of one compartment with first-order absorption, added up and integrated."""
    absorption, elimination = 1.3, p["clearance"] / p["volume_l"]
    height = p["availability"] * dose * absorption / (p["volume_l"] * (absorption - elimination))
    doses = math.ceil(60 / elimination / p["interval_h"])

    def after(time):
        return sum(
            height * (math.exp(-elimination * (time + n * p["interval_h"])) - math.exp(-absorption * (time + n * p["interval_h"])))
            for n in range(doses)
        )

    return quad(after, 0, p["interval_h"], epsrel=1e-7)[0] / p["interval_h"]


def _maintenance_by_simulation(p):
    """The model is linear: a dose of 100 mg shows what 1 mg gives, and the target says how many are needed."""
    return p["target"] / (_concentration_at_steady_state(p, 100.0) / 100.0)


def _clearance_by_daily_excretion(p):
    """Mass balance: a man excretes 28 - 0.2 x age mg of creatinine a kilogram and day; what is excreted has been cleared."""
    excreted_mg_day = (28 - p["age"] / 5) * p["weight_kg"] * (0.85 if p["sex"] == "F" else 1)
    mg_per_ml = p["creatinine_umol"] / 8840
    return excreted_mg_day / (24 * 60) / mg_per_ml


def _sodium_mg_by_mg(p):
    """The dilution is undone one mg/dL of glucose at a time, in decimal arithmetic."""
    value = Decimal(p["sodium"])
    for _ in range(100, p["glucose_mgdl"]):
        value += Decimal("0.016")
    return float(value)


def _meld_read_from_stem(p):
    """A reader of the English stem; logarithms are areas under 1/x, and sodium is stepped away from 137 one mmol/L at a time."""
    said = stem_of("healthcare", "H6", p).split("rounded to a whole number. ")[1]
    creatinine, bilirubin, inr = (float(re.search(rf"{word} ([\d.]+)", said).group(1).rstrip(".")) for word in ("Creatinine", "bilirubin", "INR"))
    sodium = float(re.search(r"sodium (\d+) mmol", said).group(1))
    values = (min(max(creatinine, 1), 4), max(bilirubin, 1), max(inr, 1))
    areas = [quad(lambda x: 1 / x, 1, value)[0] for value in values]
    points = round(9.57 * areas[0] + 3.78 * areas[1] + 11.2 * areas[2] + 6.43)
    exact, level = Fraction(points), 137
    while points > 11 and level > max(sodium, 125):
        exact += Fraction(132, 100) - Fraction(33, 1000) * points
        level -= 1
    return round(float(exact))


def _drops_by_search(p):
    """The rate at which the bag is empty when the time is up."""
    return brentq(lambda rate: rate * 60 * p["hours"] / p["factor"] - p["volume_ml"], 0.1, 5000)


def _osmolality_by_particles(p):
    """Millimoles of particles in a litre: an ion and its partner for each sodium, glucose by 180 g/mol, two nitrogens of 14 g/mol."""
    ions = sum(1 for _ in range(p["sodium"]) for _ in ("cation", "anion"))
    return float(ions + Fraction(p["glucose_mgdl"] * 10, 180) + Fraction(p["bun_mgdl"] * 10, 28))


def _ldl_by_linear_system(p):
    """The fractions add up to the total, and VLDL is a fifth of the triglycerides."""
    equations = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 5.0, 0.0]])  # HDL, VLDL, LDL
    return np.linalg.solve(equations, np.array([p["total"], p["hdl"], p["triglycerides"]], dtype=float))[2]


def _gradient_by_gas_balance(p):
    """The alveolar oxygen at which the oxygen that is missing from dry inspired gas, times 0.8, is the carbon dioxide put in."""
    inspired = p["fio2_percent"] * (p["pressure"] - 47) / 100
    return brentq(lambda alveolar: (inspired - alveolar) * 0.8 - p["paco2"], 0, inspired) - p["pao2"]


def _z_by_root_finding(p):
    """The z whose centile curve M (1 + L S z)^(1/L) passes through the child's weight."""
    edge = -1 / (p["l"] * p["s"])  # where the curve ends
    low, high = (max(edge + 1e-9, -60), 60) if edge < 0 else (-60, min(edge - 1e-9, 60))
    return brentq(lambda z: math.log(p["m"]) + math.log1p(p["l"] * p["s"] * z) / p["l"] - math.log(p["weight_kg"]), low, high)


SECOND_WAY = {
    "H1": _egfr_by_integration,
    "H3": _bmi_by_pounds_and_inches,
    "H4": _delta_ratio_by_linear_system,
    "H5": _calcium_step_by_step,
    "H7": _points_read_from_stem,
    "H8": _dose_by_filling_spoons,
    "H9": _pump_minute_by_minute,
    "H10": _ppv_by_odds,
    "H11": _nnt_by_search,
    "H12": _qtc_by_root_finding,
    "H14": _burn_hour_by_hour,
    "H15": _maintenance_by_simulation,
    "H2": _clearance_by_daily_excretion,
    "H5N": _sodium_mg_by_mg,
    "H6": _meld_read_from_stem,
    "H9D": _drops_by_search,
    "H13": _osmolality_by_particles,
    "H16": _ldl_by_linear_system,
    "H16A": _gradient_by_gas_balance,
    "H16Z": _z_by_root_finding,
}


def _spelt(key, value, _):
    """Calcium has two decimals; sex and history are told in words, which the second way of H7 reads."""
    if isinstance(value, bool | str):
        return None
    return re.escape(f"{value:.2f}" if key == "calcium" else str(value).removeprefix("-"))


def _flag(text):
    potassium, low, high = map(float, re.search(r"钾 ([\d.]+) mmol/L（([\d.]+)–([\d.]+)）", text).groups())
    return "low" if potassium < low else "high" if potassium > high else "normal"


def _operated(text):
    """The day has no year of its own: it is that of the admission."""
    year, (month, day) = re.search(r"入院日期 (\d{4})", text).group(1), re.search(r"即 (\d+) 月 (\d+) 日，行", text).groups()
    return f"{year}-{int(month):02d}-{int(day):02d}"


OWN = Own(
    examples=EXAMPLES,
    second_way=SECOND_WAY,
    signed=frozenset({"H16Z"}),
    spelt=_spelt,
    told={
        ("healthcare-extraction-002-en", "tablets_per_dose"): said("two tablets", 2),
        ("healthcare-extraction-002-en", "doses_per_day"): said("three times a day", 3),
        ("healthcare-extraction-003-zh", "potassium_flag"): _flag,
        ("healthcare-extraction-004-zh", "operated_on"): _operated,
        ("healthcare-extraction-004-zh", "drain_at_discharge"): lambda text: "拔除引流管" not in text,
    },
)


def _notes():
    return [item.params for item in drawn_of("healthcare", "GHX1") if item.language == "en"]


def test_companions_are_of_an_age_that_their_kinship_allows():
    for p in _notes():
        younger = p["age"] - p["companion_age"]
        kin = ("spouse", "daughter", "son", "elder sister")[p["companion"]]
        assert {"spouse": abs(younger) < 10, "elder sister": -15 < younger < 0}.get(kin, 20 < younger < 40), p


def test_nobody_is_discharged_with_a_fever_or_comes_for_one_without_it():
    assert {p["layout"] for p in _notes()} == {"labels", "prose", "table"}
    for p in _notes():
        warmest = max(p["temperature"], p["temperature_before"])
        assert p["temperature_before"] <= 37.2 if p["layout"] == "table" else p["temperature_before"] == warmest, p
        assert p["complaint"] != 0 or warmest > 37.5, p


def test_who_comes_with_a_fever_has_one_and_it_is_not_the_limit_to_come_back_for():
    for item in drawn_of("healthcare", "GHM1"):
        opening, *_, closing = re.findall(r"([\d.]+) (?:℃|°C)", item.context) * 2
        feverish = "发热" in item.context.split("入院时")[0] or "fever" in item.context.split("On arrival")[0]
        assert (float(opening) > 38) == feverish, item.id
        assert not feverish or opening != closing, item.id


def test_low_output_goes_with_narrow_vessels_and_each_kind_of_shock_is_drawn():
    drawn = [item for item in drawn_of("healthcare", "GHF2") if item.language == "en"]
    for item in drawn:
        index, resistance = (float(re.search(rf"^\| {name} \| ([\d.]+)", item.context, re.MULTILINE).group(1)) for name in ("CI", "SVRI"))
        assert resistance < 1500 if index >= 2.5 else resistance > 2000, item.id
    assert {item.answer for item in drawn} == {"Hypovolaemic shock", "Cardiogenic shock", "Obstructive shock", "Distributive shock"}


def test_what_keeps_a_patient_safe_is_never_left_out_of_a_list_of_steps():
    """(step, what must stand in the same list), by their English texts."""
    bound = (
        ("Start the transfusion", "Have two people check"),
        ("Puncture the vein", "Compare wristband"),
        ("Puncture the vein", "Disinfect the site"),
        ("Put on the tourniquet", "Release the tourniquet"),
        ("Release the tourniquet", "Put on the tourniquet"),
        ("Give the injection", "Ask about health"),
        ("Give the injection", "Check name and expiry"),
        ("Draw blood for the screening", "Have the person sign"),
        ("Take off the respirator", "Wash the hands at the end"),
    )
    lists = [item.choices for item in drawn_of("healthcare", "GHP1") if item.language == "en"]
    for steps in lists:
        for step, other in bound:
            assert not any(text.startswith(step) for text in steps) or any(text.startswith(other) for text in steps), steps
    for step, _ in bound:
        assert any(text.startswith(step) for steps in lists for text in steps), step


@pytest.mark.parametrize("name", ["GHT1", "GHT2"])
def test_no_reading_is_a_tie_at_its_last_printed_digit(name):
    for item in drawn_of("healthcare", name):
        if item.form == "number":
            assert abs(100 * READERS[name](seen(item)) % 1 - 0.5) > 1e-6, item.id


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_the_gold_is_seldom_the_least_or_the_greatest_option(name):
    """Of 50 draws: no more than 20 at either end, where chance alone would put one in four."""
    ranks = Counter(sum(float(wrong) < draw.gold for wrong in draw.wrong) for draw in draws_of("healthcare", name))
    assert max(ranks[0], ranks[3]) <= 20, ranks


def test_no_pump_rate_is_a_tie_at_its_last_printed_digit():
    for drawn in draws_of("healthcare", "H9"):
        p = drawn.params
        exact = Fraction(str(p["dose"])) * p["weight_kg"] * 60 * p["volume_ml"] / (p["drug_mg"] * 1000)
        assert 100 * exact % 1 != Fraction(1, 2), p


def test_all_stroke_risk_profiles_follow_the_generating_polynomial():
    """How many of the 2 x 3 x 32 profiles have s points is the coefficient of x^s in the product of the items' polynomials."""
    gold = TEMPLATES["H7"].gold
    names = ("heart_failure", "hypertension", "diabetes", "stroke", "vascular")
    counted = Counter(
        gold({"sex": sex, "age": age, **dict(zip(names, flags, strict=True))})
        for sex in "FM"
        for age in (64, 65, 75)
        for flags in itertools.product((False, True), repeat=5)
    )
    product = np.array([1])
    for factor in [[1, 1]] * 5 + [[1, 0, 1], [1, 1, 1]]:
        product = np.convolve(product, factor)
    assert [counted[points] for points in range(10)] == product.tolist()


def _number(text, pattern):
    return int(re.search(pattern, text).group(1))


def test_renal_orders():
    def allowed(clearance):
        return "500/12" if clearance >= 50 else "250/12" if clearance >= 30 else "250/24" if clearance >= 10 else "none"

    for language, interval in (("en", r"(\d+) mg every (\d+) h"), ("zh", r"(\d+) mg q(\d+)h")):
        item = ITEMS[f"healthcare-compliance-001-{language}"]
        orders = item.context.split("\n")[-4:]
        wrong = []
        for line in orders:
            dose = re.search(interval, line)
            ordered = "/".join(dose.groups()) if dose else "none"
            if ordered != allowed(_number(line, r"CrCl (\d+)")):
                wrong.append(re.split("[:：]", line)[0])
        assert wrong == [item.answer]


def test_cold_chain():
    item = ITEMS["healthcare-compliance-002-zh"]
    rows = re.findall(r"(批次.)：最高 ([\d.]+) ℃，最低 ([\d.]+) ℃，连续超出 (\d+) min", item.context)
    assert len(rows) == 4
    assert [batch for batch, _, low, minutes in rows if int(minutes) > 30 or float(low) < 0] == [item.answer]
    # the record is consistent: a time outside the range goes with a reading outside it
    assert all((float(high) > 8 or float(low) < 2) == (int(minutes) > 0) for _, high, low, minutes in rows)


def test_prescription_limits():
    item = ITEMS["healthcare-compliance-003-zh"]
    too_long = []
    for option in item.choices:
        each, times, total = map(int, re.search(r"每次 (\d+) 片，每日 (\d+) 次，共 (\d+) 片", option).groups())
        if Fraction(total, each * times) > (3 if option.startswith("急诊") else 7):
            too_long.append(option)
    assert too_long == [item.answer]


def test_identifiers_left():
    item = ITEMS["healthcare-compliance-004-en"]
    breaking = []
    for record, age, admitted in re.findall(r"(Record \d): age (\d+|'90 or older'), admitted ([^,]+),", item.context):
        if not re.fullmatch(r"\d{4}", admitted) or (age.isdigit() and int(age) > 89):
            breaking.append(record)
    assert breaking == [item.answer]
    assert len(re.findall(r"^Record", item.context, re.MULTILINE)) == 4


def test_transfusion_times():
    item = ITEMS["healthcare-compliance-005-en"]
    rows = re.findall(r"\| (Unit \d) \| (\d+):(\d+) \| (\d+):(\d+) \| (\d+):(\d+) \|", item.context)
    late, longest = [], {}
    for unit, *clock in rows:
        left, started, ended = (60 * int(clock[i]) + int(clock[i + 1]) for i in (0, 2, 4))
        longest[unit] = ended - started
        if started - left > 30 or ended - left > 240:
            late.append(unit)
    assert late == [item.answer]
    assert item.mistakes[max(longest, key=longest.get)] == "four hours counted from the start, longest one chosen"


def _minutes(clock):
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def _records(name):
    """Item, and its lines after the rule as (what an option calls it, text); a name in Chinese is one character."""
    item = ITEMS[name]
    lines = [re.split(r"[:：] ?", line, maxsplit=1) for line in item.context.split("\n")]
    named = [pair for pair in lines if len(pair) == 2 and any(option.endswith(pair[0]) for option in item.choices)]
    assert len(named) == 4
    return item, [(next(option for option in item.choices if option.endswith(start)), text) for start, text in named]


BOTH = pytest.mark.parametrize("language", ["zh", "en"])


@BOTH
def test_checks_of_high_alert_drugs(language):
    item, records = _records(f"healthcare-compliance-006-{language}")
    breaking = []
    for option, text in records:
        first, second, given = map(_minutes, re.findall(r"\d+:\d+", text))
        names = re.findall(r"\d+:\d+ (\w+)", text)[:2]
        assert max(first, second) < given  # no check at the very minute of giving, which could be read either way
        if len(set(names)) < 2 or given - min(first, second) > 15:
            breaking.append(option)
    assert breaking == [item.answer]


@BOTH
def test_candidates_of_a_trial(language):
    item, records = _records(f"healthcare-compliance-007-{language}")

    def day(text, word):
        found = re.search(rf"{word} (\d+) 月 (\d+) 日", text) or re.search(rf"{word} (\d+) (March|February)", text)
        if found is None:
            return None
        month, number = (found[1], found[2]) if language == "zh" else ({"March": 3, "February": 2}[found[2]], found[1])
        return (int(month) - 2) * 28 + int(number)  # February has 28 days

    signed, screened, last = {"zh": ("签署", "筛选", "末次抗菌药物"), "en": ("signed", "screened", "last antibiotic")}[language]
    fit = []
    for option, text in records:
        age, filtration = _number(text, r"(\d+)(?: 岁| years)"), _number(text, r"eGFR (\d+)")
        taken, looked = day(text, last), day(text, screened)
        if 18 <= age <= 75 and filtration >= 45 and day(text, signed) <= looked and (taken is None or looked - taken >= 14):
            fit.append(option)
    assert fit == [item.answer]


@BOTH
def test_rejected_specimens(language):
    item, records = _records(f"healthcare-compliance-008-{language}")
    rejected = []
    for option, text in records:
        clocks = [_minutes(clock) for clock in re.findall(r"\d+:\d+", text)]
        volumes = [Fraction(value) for value in re.findall(r"([\d.]+) mL", text)]
        grade = re.search(r"(\d)\+", text)
        late = bool(clocks) and ("未置冰上" in text or "not on ice" in text) and clocks[1] - clocks[0] > 15
        short = bool(volumes) and volumes[1] < Fraction(9, 10) * volumes[0]
        if late or short or (grade is not None and int(grade[1]) >= 2):
            rejected.append(option)
    assert rejected == [item.answer]


@BOTH
def test_tables_to_be_released(language):
    item, records = _records(f"healthcare-compliance-010-{language}")
    breaking = []
    for option, text in records:
        count = int(re.search(r"(?:实际 )?(\d+) 人|(\d+) people|count (\d+)", text).group(0).split()[-1 if "count" in text else -2])
        hidden = "已隐去" in text or "suppressed" in text
        merged = "≥90" in text or "90 or over" in text
        too_old = not merged and _number(text, r"(\d+) 岁|age (\d+)" if language == "zh" else r"age (\d+)") >= 90
        if "唐山市" in text or "Tangshan" in text or too_old or (1 <= count <= 4) != hidden:
            breaking.append(option)
    assert breaking == [item.answer]


@BOTH
def test_calls_of_the_ward(language):
    item, records = _records(f"healthcare-compliance-011-{language}")
    pulse, pressure, breathing = {"zh": ("心率", "收缩压", "呼吸"), "en": ("pulse", "systolic", "breathing")}[language]
    called = []
    for option, text in records:
        rate, systolic, oxygen, breaths = (_number(text, rf"{word} (\d+)") for word in (pulse, pressure, "SpO₂", breathing))
        worse = "意识同前" not in text and "consciousness as before" not in text
        if not 40 <= rate <= 130 or systolic < 90 or oxygen < 90 or breaths > 30 or worse:
            called.append(option)
    assert called == [item.answer]


def test_prophylaxis_before_the_cut():
    item, records = _records("healthcare-compliance-012-zh")
    breaking = []
    for option, text in records:
        given, cut = map(_minutes, re.findall(r"\d+:\d+", text))
        again = _number(text, r"手术 (\d+) 小时") > 3 or _number(text, r"出血 (\d+) mL") > 1500
        if not 30 <= cut - given <= 60 or again != ("未追加" not in text):
            breaking.append(option)
    assert breaking == [item.answer]


def test_notes_written_after_a_rescue():
    item, records = _records("healthcare-compliance-013-zh")
    late = []
    for option, text in records:
        ended, written = map(_minutes, re.findall(r"\d+:\d+", text))
        if written + (24 * 60 if "次日" in text else 0) - ended > 6 * 60:
            late.append(option)
    assert late == [item.answer]


def test_only_one_order_of_mixing_insulin():
    """Every order of the steps is played through the rules that the stem prints; one survives."""
    item = ITEMS["healthcare-procedure-005-en"]
    air_nph, air_regular, draw_regular, draw_nph, check = item.answer

    def allowed(order):
        place = {step: index for index, step in enumerate(order)}
        return (
            place[air_nph] < place[draw_nph]
            and max(place[air_nph], place[air_regular]) < min(place[draw_nph], place[draw_regular])
            and place[draw_regular] == place[air_regular] + 1
            and place[draw_regular] < place[draw_nph]
            and place[check] == 4
        )

    assert [order for order in itertools.permutations(item.choices) if allowed(order)] == [item.answer]


def test_blood_gas_and_liver_rules():
    for name in ("healthcare-diagnosis-001-zh", "healthcare-diagnosis-001-en"):
        context = ITEMS[name].context
        carbon, bicarbonate = _number(context, r"PaCO₂ (\d+) mmHg"), _number(context, r"HCO₃⁻ (\d+) mmol")
        gap = _number(context, r"Na⁺ (\d+)") - _number(context, r"Cl⁻ (\d+)") - bicarbonate
        assert gap > 16
        assert abs(carbon - (1.5 * bicarbonate + 8)) <= 2
        acidity = float(re.search(r"pH ([\d.]+)", context).group(1))  # the printed pH obeys Henderson and Hasselbalch
        assert acidity == pytest.approx(6.1 + math.log10(bicarbonate / (0.0307 * carbon)), abs=0.02)
    rows = dict((test, Fraction(value, limit)) for test, value, limit in _liver_rows())
    assert rows["ALT"] / rows["ALP"] <= 2
    assert rows["GGT"] > 1


def _liver_rows():
    context = ITEMS["healthcare-diagnosis-004-en"].context
    return [(test, int(value), int(limit)) for test, value, limit in re.findall(r"\| (\w+) \| (\d+) \| (\d+) \|", context)]
