"""Breeding: every gold by a second way, every verdict of a hand-written item recomputed from what it prints.

The laws that it shares with the other suites are in test_laws.py, which reads `OWN`.
"""

import itertools
import re
from datetime import date
from fractions import Fraction
from functools import cache
from statistics import fmean

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import binom, norm

from evalkit.generators import generate
from evalkit.generators import items_of as drawn_from
from tests.suites.breeding_readers import GLOSSARY, READERS
from tests.suites.laws import Own, as_printed, dates_in, items_of, said, suite_of, table_rows, templates_of

SOIL = (10, 12, 15, 18, 22)  # °C, columns of GBT1
TEMPLATES = templates_of("breeding")
ITEMS = items_of("breeding")

# The examples of the blueprint with the digits that it prints; B5, B8 and B14 are brought to the template's question.
EXAMPLES = {
    "B1": ({"one_in": 2500}, 3.92),
    "B2": ({"round_yellow": 315, "round_green": 108, "wrinkled_yellow": 101, "wrinkled_green": 32}, 0.470),
    "B3": ({"percent": 5, "heritability": 0.35, "sd_g": 12 / 2.0627128}, 4.2),
    "B4": ({"ms_genotype": 148, "ms_interaction": 52, "ms_error": 20, "replicates": 3, "environments": 4}, 0.649),
    "B5": ({"sire_generation": 1, "dam_generation": 1, "inbreeding_a": 0, "inbreeding_b": 0}, 25.0),
    "B6": ({"mother": 7.2, "father": 6.4, "hybrid": 8.9}, 30.9),
    "B7": ({"recombinants": 18, "progeny": 100}, 18.8),
    "B8": ({"loci": 1000, "backcrosses": 3}, 125),
    "B9": ({"share_percent": 100 / 64, "sure_percent": 99}, 293),
    "B10": ({"seedlings": 20, "thousand_g": 42, "germination": 90, "purity": 98, "emergence": 85}, 11.2),
    "B11": ({"fresh_t": 8.6, "moisture": 24.5}, 7.55),
    "B12": ({"mean_kg": 9000, "record_kg": 9450, "heritability": 0.3}, 135),
    "B14": (
        {
            "intensity_sires": 1.755,
            "accuracy_sires": 0.7,
            "interval_sires": 4.5,
            "intensity_dams": 1.755,
            "accuracy_dams": 0.7,
            "interval_dams": 4.5,
            "genetic_sd": 250,
        },
        68.25,
    ),
    "B13": ({"males": 10, "females": 90}, 36.0),
    "B13F": ({"males": 10, "females": 90}, 1.39),
    "B15": ({"records": 2000, "heritability": 0.4, "segments": 800}, 0.707),
    # P and G by hand: Ga = (84, 42), b1 = (40 * 84 - 20 * 42) / (60 * 40 - 400)
    "B15B": ({"var_p1": 60, "var_p2": 40, "cov_p": 20, "var_g1": 24, "var_g2": 12, "cov_g": 6, "weight1": 3, "weight2": 2}, 1.26),
    "B16": ({"first": 0.5, "second": 0.3, "third": 0.2}, 0.548),
    "B16M": ({"milk_kg": 30.0, "fat_percent": 3.6}, 28.2),
    "B16W": ({"birth_kg": 40, "age_days": 210, "weight_kg": 250}, 245.0),  # 1 kg a day
}


def _chi_square_by_covariance(p):
    """Quadratic form of three deviations in the inverse covariance matrix of the multinomial counts."""
    counts = np.array([p[name] for name in ("round_yellow", "round_green", "wrinkled_yellow", "wrinkled_green")], dtype=float)
    shares = np.array([9, 3, 3, 1]) / 16
    off = (counts - counts.sum() * shares)[:3]
    covariance = counts.sum() * (np.diag(shares[:3]) - np.outer(shares[:3], shares[:3]))
    return off @ np.linalg.solve(covariance, off)


def _response_by_integration(p):
    """Mean breeding value of the selected: the truncation point by root finding, the mean of the tail by integration."""
    share = p["percent"] / 100
    point = brentq(lambda z: quad(norm.pdf, z, 12)[0] - share, -1, 5, xtol=1e-12)
    mean = quad(lambda x: x * norm.pdf(x), point, 12)[0] / share
    return p["heritability"] * mean * p["sd_g"]


def _heritability_by_covariance_of_plots(p):
    """Expected mean squares solved as a linear system, then the variance of a line's mean from the covariance of all its plots."""
    r, e = p["replicates"], p["environments"]
    expected = np.array([[r * e, r, 1], [0, r, 1], [0, 0, 1]], dtype=float)
    genetic, interaction, error = np.linalg.solve(expected, [p["ms_genotype"], p["ms_interaction"], p["ms_error"]])
    plots = genetic * np.ones((r * e, r * e)) + interaction * np.kron(np.eye(e), np.ones((r, r))) + error * np.eye(r * e)
    return genetic / plots.mean()


def kinship_of(parents, own=None):
    """Coefficients of kinship by recursion; `parents` in order of birth, founders without; `own` gives founders' inbreeding."""
    order = {name: place for place, name in enumerate(parents)}

    @cache
    def kinship(a, b):
        if order[a] < order[b]:
            a, b = b, a
        if a == b:
            return 0.5 * (1 + (kinship(*parents[a]) if parents[a] else (own or {}).get(a, 0.0)))
        return 0.5 * sum(kinship(parent, b) for parent in parents[a]) if parents[a] else 0.0

    return kinship


def _inbreeding_by_kinship(p):
    """Kinship of the parents by recursion in the pedigree written out, mates from outside as founders."""
    parents = {"A": (), "B": ()}
    last = {}
    for side, generations in (("sire", p["sire_generation"]), ("dam", p["dam_generation"])):
        couple = ("A", "B")
        for generation in range(1, generations + 1):
            name = f"{side}{generation}"
            if generation > 1:
                parents[f"mate of {last[side]}"] = ()
                couple = (last[side], f"mate of {last[side]}")
            parents[name] = couple
            last[side] = name
    return 100 * kinship_of(parents, {"A": p["inbreeding_a"], "B": p["inbreeding_b"]})(last["sire"], last["dam"])


def _heterosis_by_root_finding(p):
    """The percentage that lifts the mean of the parents to the hybrid."""
    return brentq(lambda lead: fmean((p["mother"], p["father"])) * (1 + lead / 100) - p["hybrid"], -100, 500)


def _kosambi_by_integration(p):
    """Kosambi's interference 2r makes dr/dm = 1 - 4r^2; the distance is the integral of dm."""
    return 100 * quad(lambda r: 1 / (1 - 4 * r * r), 0, p["recombinants"] / p["progeny"])[0]


def _heterozygous_by_markov_chain(p):
    """Genotypes (donor homozygote, heterozygote, recurrent homozygote) of a locus, mated to the recurrent parent n times."""
    mating = np.array([[0, 1, 0], [0, 0.5, 0.5], [0, 0, 1]])
    return p["loci"] * (np.array([0, 1, 0]) @ np.linalg.matrix_power(mating, p["backcrosses"]))[1]


def _number_by_search(p):
    """The first n whose chance of failure is small enough, in whole numbers (shares in ten-thousandths of a per cent)."""
    scale = 10**6
    missing = scale - round(p["share_percent"] * 10**4)
    left, whole = 1, 1
    for n in itertools.count(1):
        left, whole = left * missing, whole * scale
        if 100 * left <= (100 - p["sure_percent"]) * whole:
            return n
    raise AssertionError


def _seed_by_counting(p):
    """The weight from which, seed for seed, the wanted number of seedlings comes up."""

    def seedlings(kilograms):
        pure_g = kilograms * 1000 * p["purity"] / 100
        return pure_g / (p["thousand_g"] / 1000) * p["germination"] / 100 * p["emergence"] / 100

    return brentq(lambda kilograms: seedlings(kilograms) - p["seedlings"] * 1e4, 0, 1000)


def _yield_by_drying(p):
    """Water driven off until the rest holds 14 %: dry matter is conserved."""
    water = p["fresh_t"] * p["moisture"] / 100
    dry = p["fresh_t"] - water
    lost = brentq(lambda off: (water - off) / (dry + water - off) - 0.14, 0, water)
    return p["fresh_t"] - lost


def _breeding_value_by_mixed_model(p):
    """Henderson's equation for one record with known mean: (1 + lambda) a = y - mean, lambda = (1 - h2) / h2."""
    ratio = (1 - p["heritability"]) / p["heritability"]
    return np.linalg.solve([[1 + ratio]], [p["record_kg"] - p["mean_kg"]])[0]


def _gain_by_gene_flow(p):
    """Hill's gene flow in tenths of a year: a matrix hands genes on by age class, its stationary vector weights the selection."""
    males, females = round(10 * p["interval_sires"]), round(10 * p["interval_dams"])
    flow = np.eye(males + females, k=-1)
    lead = np.zeros(males + females)
    for newborn in (0, males):
        flow[newborn] = 0
        flow[newborn, [males - 1, males + females - 1]] = 0.5
        lead[newborn] = sum(p[f"intensity_{sex}"] * p[f"accuracy_{sex}"] * p["genetic_sd"] for sex in ("sires", "dams")) / 2
    balance = flow.T - np.eye(males + females)
    balance[-1] = 1
    weights = np.linalg.solve(balance, np.eye(males + females)[-1])
    return 10 * weights @ lead


def _carriers_by_gametes(p):
    """The gamete frequency that makes the affected square of the mating table as wide as told; carriers are its other diagonal."""

    def table(q):
        return np.outer([1 - q, q], [1 - q, q])

    q = brentq(lambda share: table(share)[1, 1] - 1 / p["one_in"], 1e-9, 1, xtol=1e-15)
    return 100 * (table(q)[0, 1] + table(q)[1, 0])


def _size_by_common_origin(p):
    """One over the chance that two genes of the offspring come from the same parent, drawn parent by parent."""
    shares = np.concatenate([np.full(p[sex], 0.5 / p[sex]) for sex in ("males", "females")])
    return 1 / np.sum(shares**2)


def _rate_by_contributions(p):
    """Half the sum of the squared contributions of all parents (theory of optimal contributions)."""
    parents = [0.5 / p["males"]] * p["males"] + [0.5 / p["females"]] * p["females"]
    return 100 * sum(share * share for share in parents) / 2


def _accuracy_by_best_prediction(p):
    """Best linear prediction of one segment's effect from N records, whose other variation is taken as 1, as the formula's authors do."""
    effect = p["heritability"] / p["segments"]
    mean = np.array([[effect + 1 / p["records"]]])  # variance of the mean of all records of one carrier class
    weight = np.linalg.solve(mean, [effect])[0]
    return np.sqrt(weight * effect / effect)


def _index_by_partial_regression(p):
    """Regression of the aggregate genotype on trait 1 after trait 2 has been taken out of it."""
    slope = p["cov_p"] / p["var_p2"]
    cov = [p["var_g1"] * p["weight1"] + p["cov_g"] * p["weight2"], p["cov_g"] * p["weight1"] + p["var_g2"] * p["weight2"]]
    return (cov[0] - slope * cov[1]) / (p["var_p1"] - slope * p["cov_p"])


def _information_by_matings(p):
    """All matings written out: the share of offspring that show which allele came from a heterozygous parent."""
    shares = dict(enumerate([p["first"], p["second"], p["third"]]))
    total = 0.0
    for a, b, c, d in itertools.product(shares, repeat=4):
        if a == b:
            continue
        chance = shares[a] * shares[b] * shares[c] * shares[d]
        for child, from_parent in [((x, y), x) for x in (a, b) for y in (c, d)]:
            origins = {x for x in (a, b) for y in (c, d) if sorted((x, y)) == sorted(child)}
            total += chance / 4 if origins == {from_parent} else 0.0
    return total


def _milk_by_energy(p):
    """The amount of 4 % milk with the same energy; the energy of a kilogram grows in a straight line with its fat."""
    energy = np.poly1d(np.polyfit([0, 4], [0.4, 1.0], 1))
    return brentq(lambda amount: amount * energy(4) - p["milk_kg"] * energy(p["fat_percent"]), 0, 500)


def _weight_on_a_straight_line(p):
    """The line through birth and weaning, read at 205 days."""
    return np.polyval(np.polyfit([0, p["age_days"]], [p["birth_kg"], p["weight_kg"]], 1), 205)


SECOND_WAY = {
    "B1": _carriers_by_gametes,
    "B2": _chi_square_by_covariance,
    "B3": _response_by_integration,
    "B4": _heritability_by_covariance_of_plots,
    "B5": _inbreeding_by_kinship,
    "B6": _heterosis_by_root_finding,
    "B7": _kosambi_by_integration,
    "B8": _heterozygous_by_markov_chain,
    "B9": _number_by_search,
    "B10": _seed_by_counting,
    "B11": _yield_by_drying,
    "B12": _breeding_value_by_mixed_model,
    "B13": _size_by_common_origin,
    "B13F": _rate_by_contributions,
    "B14": _gain_by_gene_flow,
    "B15": _accuracy_by_best_prediction,
    "B15B": _index_by_partial_regression,
    "B16": _information_by_matings,
    "B16M": _milk_by_energy,
    "B16W": _weight_on_a_straight_line,
}


def _spelt(key, value, language):
    """English writes 13 万 seedlings as 130,000."""
    return f"{value}0,000" if (key, language) == ("seedlings", "en") else as_printed(key, value, language)


OWN = Own(
    examples=EXAMPLES,
    second_way=SECOND_WAY,
    spelt=_spelt,
    told={
        ("breeding-extraction-003-zh", "dam_second_milk_kg"): said("二胎 305 天 10,460 kg", 10_460),
        ("breeding-extraction-005-en", "start_kg"): said("at 31.0 kg", 31),
        ("breeding-extraction-006-en", "elevation_m"): said("at 2,140 m", 2140),
    },
)


def test_mistakes_of_the_blueprint_have_its_values():
    heterosis, mapping, pedigree = (TEMPLATES[name] for name in ("B6", "B7", "B5"))
    assert round(heterosis.mistakes["better parent as base"](EXAMPLES["B6"][0]), 1) == 23.6
    assert round(mapping.mistakes["Haldane's function"](EXAMPLES["B7"][0]), 1) == 22.3
    assert pedigree.mistakes["path through the second ancestor missed"](EXAMPLES["B5"][0]) == 12.5  # half-sibs


def test_seed_lots():
    for language in ("zh", "en"):
        item = ITEMS[f"breeding-compliance-001-{language}"]
        purity, clean, germination, moisture = (float(n) for n in re.findall(r"\d+(?:\.\d+)?(?= ?%)", item.context)[:4])
        passing = [
            lot
            for lot, *cells in table_rows(item.context)
            for a, b, c, d in [map(float, cells)]
            if a >= purity and b >= clean and c >= germination and d <= moisture
        ]
        assert passing == [item.answer]


def test_variety_names():
    item = ITEMS["breeding-compliance-002-zh"]
    breaks = re.compile(r"\d+|[A-Za-z]+|[一-鿿]|.*(?:超级|最优|之王).*")
    assert [name for name in item.choices if not breaks.fullmatch(name)] == [item.answer]


def test_isolation():
    item = ITEMS["breeding-compliance-003-zh"]
    failing = [field for field, metres, days, kind in table_rows(item.context) if int(metres) < 200 and int(days) < 25 and kind != "本制种田的父本"]
    assert failing == [item.answer]


def test_planned_matings():
    """Each mating's pedigree by kinship recursion."""
    item = ITEMS["breeding-compliance-004-en"]
    couple = {"G": (), "H": ()}
    born = {
        "Half-sibs": (couple | {"K": (), "s": ("G", "H"), "d": ("G", "K")}),
        "Uncle and full niece": (couple | {"K": (), "s": ("G", "H"), "b": ("G", "H"), "d": ("b", "K")}),
        "First cousins": (couple | {"K": (), "L": (), "m": ("G", "H"), "n": ("G", "H"), "s": ("K", "m"), "d": ("L", "n")}),
        "Sire and daughter": {"s": (), "K": (), "d": ("s", "K")},
    }
    limit = float(re.search(r"at most ([\d.]+) %", item.context).group(1))
    assert set(born) == set(item.choices)
    assert [mating for mating, parents in born.items() if 100 * kinship_of(parents)("s", "d") <= limit] == [item.answer]


def test_off_types():
    item = ITEMS["breeding-compliance-005-en"]
    allowed = [(*map(int, plants.split(" to ")), int(most)) for plants, most in table_rows(item.context)]
    for low, high, most in allowed:  # the printed table is that of the binomial distribution
        assert binom.cdf(most, high, 0.01) >= 0.95 > binom.cdf(most, high + 1, 0.01)
        assert binom.cdf(most - 1, low, 0.01) < 0.95
    seen = re.findall(r"(Candidate \w) (\d+) plants, (\d+) off-types", item.context)
    uniform = [name for name, n, off in seen if any(low <= int(n) <= high and int(off) <= most for low, high, most in allowed)]
    assert uniform == [item.answer]
    assert len(seen) == 4


def _sites_won(cell):
    won, sites = map(int, cell.split("/"))
    return won / sites


def _years_before(filed, sold):
    """Years from a first sale to the day of filing, 0 where there was none."""
    return 0 if sold == "无" else (date.fromisoformat(filed) - date.fromisoformat(sold)).days / 365.25


def _mating_allowed(bull, cow):
    """Whether each defect that one animal carries is known to be absent in the other."""
    states = [{part[0]: part[2:] for part in animal.split(", ")} for animal in (bull, cow)]
    pairs = [(one[defect], other[defect]) for one, other in (states, states[::-1]) for defect in "PQ"]
    return all(second == "free" for first, second in pairs if first == "carrier")


def _published(rows):
    """The published bull with the highest breeding value."""
    ranked = sorted(((float(value), name) for name, value, sure, herds in rows if float(sure) >= 0.60 and int(herds) >= 10), reverse=True)
    return ranked[0][1]


def _best_that_ripens(rows):
    return max((float(crop), name) for name, heat, crop in rows if float(heat) <= 2550 - 100)[1]


PASSES = {  # item > whether a row of its table keeps the printed rules
    "006": lambda gain, won, disease: float(gain) >= 3.0 and _sites_won(won) >= 0.60 and disease not in ("高感", "highly susceptible"),
    "007": lambda *seen: max(map(float, seen)) <= 1.0 and round(sum(map(float, seen)), 6) <= 2.0,
    "009": lambda males, females: 4 * int(males) * int(females) / (int(males) + int(females)) >= 50,
    "011": lambda filed, home, abroad: _years_before(filed, home) <= 1 and _years_before(filed, abroad) <= 4,
    "013": lambda spread, missing, check: float(spread) <= 15 and int(missing) <= 0.05 * 60 and float(check) >= 0.70 * 600,
    "014": _mating_allowed,
    "016": lambda share, event, presence: float(share) <= 0.9 and event == "authorised" and presence == "unavoidable",
}
CHOSEN = {"012": _best_that_ripens, "015": _published}


@pytest.mark.parametrize("item", [item for name, item in ITEMS.items() if name.split("-")[2] in {*PASSES, *CHOSEN} and item.task == "compliance"], ids=lambda item: item.id)
def test_verdicts_by_tables(item):
    number, rows = item.id.split("-")[2], table_rows(item.context)
    found = [CHOSEN[number](rows)] if number in CHOSEN else [name for name, *cells in rows if PASSES[number](*cells)]
    assert len(rows) == 4
    assert len(found) == 1, found
    assert [option for option in item.choices if found[0] in option] == [item.answer]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_plans_of_a_field_trial(language):
    item = ITEMS[f"breeding-compliance-008-{language}"]
    plans = re.findall(r"^((?:方案|Plan) \d)[：:](.+)$", item.context, re.M)
    keeps = []
    for name, plan in plans:
        metres = int(re.search(r"距商品玉米 (\d+)|commercial maize at (\d+)", plan).group(1 if language == "zh" else 2))
        days = re.search(r"错开 (\d+)|differs by (\d+)", plan)
        months = int(re.search(r"监测 (\d+)|monitoring (\d+)", plan).group(1 if language == "zh" else 2))
        if (metres >= 300 or (days and int(days[1] or days[2]) >= 30)) and months >= 12:
            keeps.append(name)
    assert len(plans) == 4
    assert keeps == [item.answer]


def test_inbreeding_costs_a_litter_what_the_literature_says():
    for language in ("zh", "en"):
        (_, f1, first), *_, (_, f2, last) = [list(map(float, row)) for row in table_rows(ITEMS[f"breeding-diagnosis-010-{language}"].context)]
        assert 0.2 <= (first - last) / (f2 - f1) * 10 <= 0.5  # piglets for each 10 % of inbreeding


def test_tables_of_the_diagnoses():
    checks = [float(n) for n in re.findall(r"CK (\d+\.\d)", ITEMS["breeding-diagnosis-002-zh"].context)]
    assert len(checks) == 4
    assert all(round(a - b, 3) == 0.9 for a, b in itertools.pairwise(checks))  # a trend, not scatter
    plots = ["CK" if check else "line" for check in re.findall(r"(CK)? ?(?:品系 \w )?\d+\.\d", ITEMS["breeding-diagnosis-002-zh"].context)]
    assert plots == ["CK", "line", "line"] * 3 + ["CK"]  # each line beside a check: the layout that its name (对比法) stands for

    sites = [(float(a), float(b)) for _, a, b in table_rows(ITEMS["breeding-diagnosis-003-zh"].context)]
    assert fmean(a for a, _ in sites) == pytest.approx(fmean(b for _, b in sites))
    assert all(a - b > 0.5 for a, b in sites[:3])
    assert all(b - a > 0.5 for a, b in sites[3:])

    bulls = {name: [int(n.replace(",", "")) for n in cells] for name, *cells in table_rows(ITEMS["breeding-diagnosis-004-en"].context)}
    lead = {name: daughters - mates for name, (_, _, daughters, mates) in bulls.items()}
    assert ITEMS["breeding-diagnosis-004-en"].answer.startswith(max(lead, key=lead.get))
    assert bulls["P"][2] > bulls["Q"][2]  # the trap: the plain means point the other way


def test_hand_cross_is_the_same_order_in_both_languages():
    zh, en = (ITEMS[f"breeding-procedure-001-{language}"] for language in ("zh", "en"))
    for item in (zh, en):
        assert sorted(item.choices) == sorted(item.answer)
        assert item.choices != item.answer
    assert [zh.answer.index(step) for step in zh.choices] == [en.answer.index(step) for step in en.choices]
    # what forces the order is printed in the steps
    for item, words in ((zh, ("留下的小花", "去雄后的麦穗", "取下纸袋", "重新套袋")), (en, ("that were left", "emasculated ear", "take the bag off", "again"))):
        assert all(word in step for word, step in zip(words, item.answer[1:], strict=True))


def test_the_germination_test_fits_between_drawing_and_report():
    """Rice seed is counted for the last time 14 days after it was set up."""
    drawn, reported = sorted(dates_in(ITEMS["breeding-extraction-002-zh"].context))
    assert drawn == ITEMS["breeding-extraction-002-zh"].answer["drawn_on"]
    assert (date.fromisoformat(reported) - date.fromisoformat(drawn)).days >= 16


def test_every_term_is_that_of_a_second_glossary():
    generator = suite_of("breeding").generators["GBG1"]
    for english in GLOSSARY:
        for item in drawn_from(generator, {"term": english.lower().replace(" ", "-").replace("'", "")}, suite="breeding", index=0, seed="s"):
            assert READERS["GBG1"](item) == item.answer


def test_every_build_asks_each_request_once_and_help_is_known_by_words_that_the_request_has_not():
    for seed in ("a", "b"):
        items = generate(suite_of("breeding").generators["GBR1"], suite="breeding", seed=seed, draws=16)
        assert len({(item.cluster, item.answer, item.language) for item in items}) == 32
        for item in items:
            assert not [word for fact in item.facts for word in fact if word.lower() in item.stem.lower()], item.stem


def draws_for(name, count=40):
    """Parameters and items of a generator under a seed of this file."""
    return generate(suite_of("breeding").generators[name], suite="breeding", seed="blind", draws=count)


NATIONAL = {  # GB 4404.1-2008, seed for sale: purity, physical purity, germination at least; moisture at most
    "maize": (96.0, 99.0, 85, 13.0), "indica": (96.0, 98.0, 80, 13.0), "japonica": (96.0, 98.0, 80, 14.5), "wheat": (99.0, 99.0, 85, 13.0), "sorghum": (93.0, 98.0, 80, 13.0),
}  # fmt: skip


def test_no_house_limit_is_laxer_than_the_national_standard():
    for item in draws_for("GBS1"):
        for kind, limits in item.params["limits"].items():
            *least, most = map(float, limits)
            assert all(own >= law for own, law in zip(least, NATIONAL[kind], strict=False)), (kind, limits)
            assert most <= NATIONAL[kind][3], (kind, limits)


SPEAKS_OF = (  # words of a step > words of the step that it cannot be without
    ("date of pollination", "put the pollen on the stigmas"), ("bag the emasculated ear", "take the anthers out"), ("inspect detasselling", "pull the tassels"),
    ("composite sample down", "mix the primary samples"), ("from the pure seed", "separate the pure seed"), ("final count", "in the germinator"),
    ("leaves of the backcross plants", "backcross the F1"), ("among the selfed progeny", "self the plants"), ("diseases during isolation", "in the isolation plot"),
    ("diagnose pregnancy", "transfer the usable embryos"), ("grade the embryos", "flush the embryos"), ("transfer the usable", "flush the embryos"),
    ("hand the material out", "have it inspected"),
)  # fmt: skip


def test_no_listed_step_lacks_the_one_that_it_speaks_of():
    met = set()
    for item in draws_for("GBP1", 90):
        listed = " | ".join(item.choices)
        for words, wanted in SPEAKS_OF:
            if words in listed:
                met.add(words)
                assert wanted in listed, item.choices
    assert met == {words for words, _ in SPEAKS_OF}


def test_imported_accessions_weigh_what_breeders_exchange():
    """Grams of an accession: small-seeded vegetables a few, cereals and pulses at most some hundred."""
    most = {"tomato": 10, "pepper": 15, "alfalfa": 50, "watermelon": 100}
    for item in draws_for("GBX2"):
        if item.language == "en":
            each = item.answer["quantity_g"] / item.answer["accessions"]
            assert 1 <= each <= most.get(item.answer["crop"], 300), item.answer


def test_no_drawn_number_of_a_table_is_a_rounding_tie():
    for item in draws_for("GBT1"):
        if item.form == "number":
            crop, soil = item.params["asked"], item.params["soil"]
            place = max(index for index, column in enumerate(SOIL) if column < soil)
            left, right = (Fraction(str(day)) for day in item.params["days"][crop][place : place + 2])
            exact = left + (right - left) * (Fraction(str(soil)) - SOIL[place]) / (SOIL[place + 1] - SOIL[place])
            assert (exact * 100) % 1 != Fraction(1, 2), item.id
            assert abs(exact - Fraction(item.answer)) < Fraction(5, 1000), item.id


def test_reviews_cover_every_template_and_generator():
    suite = suite_of("breeding")
    assert set(suite.reviews.drawn) == {*suite.templates, *suite.generators}
    assert suite.reviews.hand.items == len(ITEMS) + len(suite.reviews.deleted)
    assert suite.reviews.hand.repaired == sum(item.review.status == "repaired" for item in ITEMS.values())
    assert all(item.review.status != "unreviewed" for item in ITEMS.values())
