"""The laws that every suite's generators keep: a reader of the printed text comes to the gold, in both languages, draw after draw.

A domain's `<domain>_readers.py` says how a reader works an answer out: `READERS[generator](item)`, from stem, context and
options alone. Summaries, refusals and code have laws of their own here, and code its test bench (test_electronics.py).
"""

import importlib
import re
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from evalkit.canon import digest
from evalkit.generators import draw_once, generate, items_of
from evalkit.records import DOMAINS
from evalkit.suite import CONDUCTS, fault_of, with_defaults
from tests.suites.laws import suite_of

DRAWS = 30  # of each generator, fewer where a list is shorter
WITHOUT_READER = ("summary", "refusal", "code")


@cache
def generators_of(domain):
    return suite_of(domain).generators


@cache
def drawn_of(domain, name):
    """The items of up to 30 draws, under a seed of the tests' own."""
    generator, suite = generators_of(domain)[name], suite_of(domain)
    most = DRAWS if generator.task not in WITHOUT_READER else generator.draws or suite.draws
    if generator.cluster is not None:
        most = generator.draws or suite.draws  # a list of facts: no more draws than it has to give
    return tuple(generate(generator, suite=domain, seed="laws", draws=most))


def readers_of(domain):
    return importlib.import_module(f"tests.suites.{domain}_readers").READERS


EVERY = [(domain, name, generators_of(domain)[name].task) for domain in DOMAINS for name in sorted(generators_of(domain))]


def each_generator(*, of=None, but=()):
    """The test once a generator: of the tasks `of` (None: all), without those in `but`."""
    chosen = [pytest.param(domain, name, id=f"{domain}-{name}") for domain, name, task in EVERY if (of is None or task in of) and task not in but]
    return pytest.mark.parametrize(("domain", "name"), chosen)


def seen(item):
    """What a reader sees of an item: gold, parameters and reasons are gone."""
    hidden = {"answer": "", "params": {}, "mistakes": {}, "explanation": "", "aliases": (), "before": (), "seed": "", "facts": (), "forbidden": ()}
    return replace(item, **hidden)


def numbers_in(text):
    """All numbers of a text in their order of size, thousands signs removed."""
    return sorted(re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)))


@pytest.mark.parametrize("domain", [domain for domain in DOMAINS if generators_of(domain)])
def test_every_generator_has_a_reader(domain):
    wanted = {name for name, generator in generators_of(domain).items() if generator.task not in WITHOUT_READER}
    assert set(readers_of(domain)) == wanted


@each_generator(but=WITHOUT_READER)  # those have no one answer
def test_a_reader_of_the_printed_text_comes_to_the_gold(domain, name):
    read = readers_of(domain)[name]
    for item in drawn_of(domain, name):
        found = read(seen(item))
        where = (item.id, item.params)
        if item.form == "number":
            assert abs(float(found) - float(item.answer)) <= item.tolerance.width(float(item.answer)) / 3 + 1e-9, where
        elif item.form == "ordering":
            assert frozenset(found) == frozenset(item.before), where
        elif item.form == "choices":
            assert sorted(found) == sorted(item.answer), where
        elif item.form == "text":
            assert found in (item.answer, *item.aliases), where
        else:
            assert found == item.answer, where


@each_generator()
def test_items_can_be_asked_and_pairs_say_the_same(domain, name):
    suite = suite_of(domain)
    items = {item.id: item for item in with_defaults(drawn_of(domain, name), suite)}
    for item in items.values():
        assert fault_of(item, suite) == "", item.id
        other = items[item.pair]
        assert (other.form, other.cluster, other.level, other.foundation) == (item.form, item.cluster, item.level, item.foundation)
        shown = f"{item.context}{item.stem}{item.explanation}"
        assert not re.search(r"[{}]", shown) or item.form in ("json", "code"), shown
        assert item.explanation.strip()
        assert item.source.title.strip()
        chinese = len(re.findall(r"[一-鿿]", f"{item.context}{item.stem}"))
        assert chinese >= 4 if item.language == "zh" else chinese <= (40 if item.task in ("terminology", "extraction", "classification") else 0), item.id


@each_generator(but=("code", "refusal", "extraction", "summary"))  # dates and layouts differ between the languages
def test_both_languages_print_the_same_numbers(domain, name):
    items = {item.id: item for item in drawn_of(domain, name)}
    for item in items.values():
        assert numbers_in(f"{item.context} {item.stem}") == numbers_in(f"{items[item.pair].context} {items[item.pair].stem}"), item.id


@each_generator()
def test_options_are_told_apart_and_every_wrong_one_is_named(domain, name):
    for item in drawn_of(domain, name):
        if item.form == "choice":
            assert 3 <= len(item.choices) <= 5
            assert len({digest(option) for option in item.choices}) == len(item.choices)
            wrong = [option for option in item.choices if option != item.answer]
            assert set(item.mistakes) == set(wrong), item.id
            assert all(text.strip() for text in item.mistakes.values()), item.id


@each_generator(but=WITHOUT_READER)
def test_no_option_and_no_place_gives_the_gold_away(domain, name):
    chosen = [item for item in drawn_of(domain, name) if item.form == "choice"]
    if not chosen:
        return  # it writes other forms
    golds = Counter(str(item.answer) for item in chosen)
    assert max(golds.values()) <= 0.55 * len(chosen), golds
    longest = sum(all(len(str(item.answer)) > len(option) for option in item.choices if option != item.answer) for item in chosen)
    assert longest <= 0.5 * len(chosen), f"the gold is the longest option in {longest} of {len(chosen)}"
    places = Counter(item.choices.index(str(item.answer)) for item in chosen)
    assert max(places.values()) - min(places.values() if len(places) > 1 else [0]) <= 2 + len(chosen) // 10, places


@each_generator()
def test_draws_are_many_and_repeatable(domain, name):
    generator = generators_of(domain)[name]
    items = drawn_of(domain, name)
    assert items == tuple(generate(generator, suite=domain, seed="laws", draws=len({item.id.split("-")[-3] for item in items})))
    if generator.cluster is None:
        stems = {f"{item.context}{item.stem}" for item in items if item.language == "en"}
        assert len(stems) >= 0.9 * len({item.id.split("-")[-3] for item in items})


@each_generator()
def test_a_draw_is_the_same_whatever_was_written_before(domain, name):
    from evalkit.canon import rng_for

    generator = generators_of(domain)[name]
    params = draw_once(generator, rng_for("once", name))
    before = digest(params)
    first = items_of(generator, params, suite=domain, index=0, seed="s")
    assert items_of(generator, params, suite=domain, index=0, seed="s") == first
    assert digest(params) == before


def parts_hold(phrasing, text):
    """A phrasing as records.Item has it: all parts in one sentence, case, width and spaces free."""
    flat = re.sub(r"\s+", "", text.casefold())
    sentences = re.split(r"[。！？!?;；\n]|(?<!\d)\.|\.(?!\d)", text.casefold())
    dense = [re.sub(r"\s+", "", sentence) for sentence in sentences]
    parts = [re.sub(r"\s+", "", part.casefold()) for part in phrasing.split(" & ")]
    return any(all(part in sentence for part in parts) for sentence in dense) or (len(parts) == 1 and parts[0] in flat)


@each_generator(of=("summary",))
def test_the_model_summary_states_every_fact_and_invents_no_number(domain, name):
    for item in drawn_of(domain, name):
        assert 4 <= len(item.facts) <= 6
        assert item.context
        for fact in item.facts:
            assert any(parts_hold(phrasing, item.answer) for phrasing in fact), (item.id, fact)
            assert any(parts_hold(part, item.context) for phrasing in fact for part in phrasing.split(" & ")), (item.id, fact)
        assert not any(parts_hold(phrasing, item.answer) for phrasing in item.forbidden), item.id
        length = len(re.sub(r"\s", "", item.answer)) if item.language == "zh" else len(item.answer.split())
        assert length <= item.most, (item.id, length)
        assert set(numbers_in(item.answer)) <= set(numbers_in(item.context)), item.id
        size = len(re.sub(r"\s", "", item.context)) if item.language == "zh" else len(item.context.split())
        assert size >= 1.5 * item.most, (item.id, size, "a summary must be shorter than its text")


@each_generator(of=("refusal",))
def test_each_unsafe_request_has_a_benign_twin(domain, name):
    items = drawn_of(domain, name)
    kinds = Counter(item.answer for item in items)
    assert set(kinds) <= set(CONDUCTS)
    assert kinds["refuse"]
    assert kinds["help"]
    assert 0.6 <= kinds["refuse"] / kinds["help"] <= 1.7, kinds
    by_scenario = {}
    for item in items:
        by_scenario.setdefault(item.cluster, set()).add(item.answer)
    assert len(by_scenario) >= 8
    assert sum(len(kinds) > 1 for kinds in by_scenario.values()) >= len(by_scenario) / 2
    assert all(item.facts for item in items if item.answer in ("help", "support"))
