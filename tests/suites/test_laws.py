"""The laws that every suite keeps: its templates, its hand-written items, and the tables in which its own file says what they rest on."""

import importlib
import re
from collections import Counter

import pytest

from evalkit.audit import check_suite
from evalkit.canon import rng_for
from evalkit.records import DOMAINS
from evalkit.templates import NEAR_MISS_TOLERANCES, draw_items, redraw
from tests.suites.laws import DRAWS, Own, dates_in, draws_of, items_of, suite_of, templates_of

OWN: dict[str, Own] = {domain: importlib.import_module(f"tests.suites.test_{domain}").OWN for domain in DOMAINS}
EXTRACTIONS = [(domain, item.id) for domain in DOMAINS for item in items_of(domain).values() if item.task == "extraction"]
KINDS = {"string": (str,), "number": (int, float), "integer": (int,), "boolean": (bool,)}

each_suite = pytest.mark.parametrize("domain", DOMAINS)
each_template = pytest.mark.parametrize(
    ("domain", "name"), [pytest.param(domain, name, id=f"{domain}-{name}") for domain in DOMAINS for name in sorted(templates_of(domain))]
)


@each_suite
def test_every_template_has_a_second_way_and_an_example(domain):
    own, templates = OWN[domain], templates_of(domain)
    assert set(templates) == set(own.second_way) == set(own.examples)
    assert len(templates) >= 16
    assert {*own.agreement, *own.signed, *own.usable} <= set(templates)
    assert all(key in items_of(domain)[item].answer for item, key in own.told)


@each_template
def test_gold_agrees_with_a_second_derivation(domain, name):
    own, template = OWN[domain], templates_of(domain)[name]
    for params in [template.worked[0], *(draw.params for draw in draws_of(domain, name))]:
        assert template.gold(params) == pytest.approx(own.second_way[name](params), rel=own.agreement.get(name, 1e-6)), params


@each_template
def test_worked_example(domain, name):
    template = templates_of(domain)[name]
    params, printed = OWN[domain].examples[name]
    digits = len(str(printed).partition(".")[2])
    assert round(template.gold(params), digits) == printed
    worked, gold = template.worked
    assert template.text(template.gold(worked)) == template.text(gold)


@each_template
def test_mistakes_differ_from_the_gold_and_each_becomes_an_option(domain, name):
    template = templates_of(domain)[name]
    seen = Counter()
    for draw in draws_of(domain, name):
        assert draw.gold == template.gold(draw.params)
        band = NEAR_MISS_TOLERANCES * template.tolerance.width(draw.gold)
        assert len(draw.wrong) == 3
        seen.update(draw.wrong.values())
        for mistake, formula in template.mistakes.items():
            value = formula(draw.params)
            if value is not None:
                assert abs(value - draw.gold) > band, (mistake, draw.params)
                assert name in OWN[domain].signed or value > 0, (mistake, draw.params)
    assert set(seen) == set(template.mistakes)


@each_template
def test_rounding_costs_less_than_a_fifth_of_the_tolerance(domain, name):
    template = templates_of(domain)[name]
    for draw in draws_of(domain, name):
        cost = abs(float(template.text(draw.gold)) - draw.gold)
        assert cost <= template.tolerance.width(draw.gold) / 5 + 1e-9, draw


@each_template
def test_the_guards_let_one_draw_in_five_pass(domain, name):
    template = templates_of(domain)[name]
    rng = rng_for("tries", name)
    assert sum(template.draw(rng) is not None for _ in range(200)) >= 40


@each_template
def test_few_draws_are_thrown_back(domain, name):
    """Fifty draws: at least one in five (`Own.usable` where it is less) passes guards and near-miss rule."""
    template = templates_of(domain)[name]
    usable = 0
    for index in range(DRAWS):
        params = template.draw(rng_for("guards", name, index))
        if params is not None:
            gold = template.gold(params)
            values = [formula(params) for formula in template.mistakes.values()]
            band = NEAR_MISS_TOLERANCES * template.tolerance.width(gold)
            usable += all(abs(value - gold) > band for value in values if value is not None)
    assert usable >= DRAWS * OWN[domain].usable.get(name, 1 / 5)


@each_template
def test_stems_fill_in_both_languages_and_phrasings(domain, name):
    template = templates_of(domain)[name]
    for index in (0, 1):
        for item in draw_items(template, suite=domain, index=index, seed="test"):
            assert not set("{}") & set(item.stem)
            for key, value in item.params.items():
                spelt = OWN[domain].spelt(key, value, item.language)
                assert spelt is None or re.search(rf"(?<![\d.]){spelt}(?!\d|\.\d)", item.stem), (key, item.stem)
            assert (re.search(r"[一-鿿]", item.stem) is not None) == (item.language == "zh")
            fresh = redraw(template, item, rng_for("redrawn", item.id))
            assert fresh.params != item.params
            assert fresh.stem != item.stem


@pytest.mark.parametrize(("domain", "name"), EXTRACTIONS, ids=[name for _, name in EXTRACTIONS])
def test_extracted_values_stand_in_the_document(domain, name):
    item = items_of(domain)[name]
    assert 3 <= len(item.answer) <= 6
    assert list(item.schema["properties"]) == list(item.schema["required"]) == list(item.answer)
    for key, value in item.answer.items():
        assert key in item.stem
        assert type(value) in KINDS[item.schema["properties"][key]["type"]]
        reader = OWN[domain].told.get((name, key))
        if reader is not None:
            assert reader(item.context) == value, key
        elif isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            assert value in dates_in(item.context)
        elif isinstance(value, str):
            assert value in item.context
        else:
            assert re.search(rf"(?<![\d.,]){re.escape(str(value))}(?![\d.])", item.context), (key, value)


@each_suite
def test_numbers_of_items(domain):
    items, templates = items_of(domain).values(), templates_of(domain).values()
    languages, tasks = Counter(item.language for item in items), Counter(item.task for item in items)
    assert abs(languages["zh"] - languages["en"]) <= 4
    assert sum(tasks[task] for task in ("knowledge", "procedure", "diagnosis", "compliance")) >= 100
    assert min(tasks[task] for task in ("knowledge", "procedure", "diagnosis", "compliance", "terminology", "extraction")) >= 6
    assert sum(item.foundation for item in items) >= 0.15 * len(items)
    assert sum(template.foundation for template in templates) >= 3
    by_hand = Counter(item.subarea for item in items)
    assert min(by_hand[subarea] for subarea in suite_of(domain).subareas) >= 3


@each_suite
def test_the_frozen_suite_has_the_sizes_of_a_published_one(domain):
    """The sizes themselves are a rule of `suite check` (warnings "size" and "sub-area"); here none may be left."""
    assert [finding for finding in check_suite(suite_of(domain)) if finding.rule in ("size", "sub-area")] == []
    drawn = Counter(item.task for item in suite_of(domain).items if item.template)
    wanted = {"calculation", "compliance", "reading", "extraction", "diagnosis", "procedure", "terminology", "classification", "summary", "refusal"}
    assert wanted | ({"code"} if domain == "electronics" else set()) == set(drawn)


@each_suite
def test_no_option_gives_itself_away(domain):
    choices = [item for item in items_of(domain).values() if item.form == "choice"]
    places = Counter(item.choices.index(item.answer) for item in choices)
    assert all(len(item.choices) == 4 and set(item.mistakes) == set(item.choices) - {item.answer} for item in choices)
    assert all(abs(places[place] - len(choices) / 4) <= 4 for place in range(4))
    longest = [item for item in choices if all(len(item.answer) > len(option) for option in item.mistakes)]
    assert len(choices) / 8 <= len(longest) <= len(choices) * 3 / 8


@each_suite
def test_steps_are_not_shown_in_their_order(domain):
    orderings = [item for item in items_of(domain).values() if item.form == "ordering"]
    assert orderings
    for item in orderings:
        assert sorted(item.choices) == sorted(item.answer)
        assert item.choices != item.answer


@each_suite
def test_pairs_name_each_other(domain):
    items = items_of(domain)
    paired = [item for item in items.values() if item.pair]
    assert len(paired) >= 10
    for item in paired:
        other = items[item.pair]
        assert other.pair == item.id
        assert {item.language, other.language} == {"zh", "en"}
        assert (other.cluster, other.task, other.subarea, other.level, other.foundation, other.form) == (
            item.cluster,
            item.task,
            item.subarea,
            item.level,
            item.foundation,
            item.form,
        )
        if item.form == "json":
            assert other.answer == item.answer
        else:
            assert sorted(other.mistakes.values()) == sorted(item.mistakes.values())


@each_suite
def test_the_card_tells_of_the_frozen_suite(domain):
    from tests.suites import card

    text = (suite_of(domain).folder / "CARD.md").read_text(encoding="utf-8")
    assert card.within(text) == card.block(suite_of(domain)), "run `python -m tests.suites.card`"
    for words in ("Not checked by a person of the trade", "## Licence", "## Known limits", "## Defects"):
        assert words in text
    assert domain != "healthcare" or "not a medical-device evaluation; no clinical use" in text
