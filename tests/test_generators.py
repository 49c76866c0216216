"""Generators: paired items of any form, drawn by key, with options and steps placed by key."""

from collections import Counter
from dataclasses import replace

import pytest

from evalkit.build import selection_order
from evalkit.errors import SuiteError
from evalkit.generators import Content, Generator, generate, table
from evalkit.records import Source
from evalkit.suite import load_generators, load_suite

STEPS = {"zh": ("停机", "挂牌", "验电", "作业"), "en": ("stop", "tag", "test", "work")}


def written(params, language):
    mass = params["mass"]
    limit = {"zh": "合格", "en": "pass"}[language] if mass <= 5 else {"zh": "不合格", "en": "fail"}[language]
    options = {"zh": ("合格", "不合格", "无法判定"), "en": ("pass", "fail", "cannot be told")}[language]
    steps = STEPS[language]
    return (
        Content(form="choice", stem=f"{mass} kg, limit 5 kg?", answer=limit, choices=options, explanation="5 kg",
                mistakes={option: "misread" for option in options if option != limit}),
        Content(form="ordering", stem=f"{mass} kg: order", answer=steps, choices=steps, before=((steps[0], steps[1]), (steps[2], steps[3])),
                explanation="as told"),
    )  # fmt: skip


LOT = Generator(
    id="GX1", task="compliance", subarea="sums", level="judge", draw=lambda rng: {"mass": rng.randrange(1, 10)} if rng.random() < 0.9 else None,
    write=written, source=Source(title="Arithmetic"),
)  # fmt: skip


def drawn(generator=LOT, draws=8, seed="public"):
    return generate(generator, suite="toy", seed=seed, draws=draws)


def test_every_draw_is_an_item_a_language_and_form_and_pairs_name_each_other_back():
    items = {item.id: item for item in drawn()}
    assert len(items) == 8 * 4
    for item in items.values():
        other = items[item.pair]
        assert other.pair == item.id
        assert {item.language, other.language} == {"zh", "en"}
        assert (other.form, other.params, other.cluster, other.template) == (item.form, item.params, item.cluster, "GX1")


def test_no_two_draws_have_the_same_parameters_and_an_exhausted_generator_is_named():
    masses = [item.params["mass"] for item in drawn(draws=9) if item.id.endswith("en-choice")]
    assert sorted(masses) == list(range(1, 10))
    with pytest.raises(SuiteError, match=r"GX1: .* none usable beside the 9 there are"):
        drawn(draws=10)


def test_draws_depend_on_seed_and_index_alone():
    assert drawn(draws=3) == drawn(draws=8)[:12]
    assert [item.params for item in drawn()] != [item.params for item in drawn(seed="other")]


def test_the_gold_takes_every_place_in_turn_in_each_language():
    for language in ("zh", "en"):
        places = Counter(item.choices.index(item.answer) for item in drawn(draws=9) if item.form == "choice" and item.language == language)
        assert places == {0: 3, 1: 3, 2: 3}


def test_steps_are_never_shown_in_a_right_order():
    for item in drawn(draws=9):
        if item.form == "ordering":
            assert not all(item.choices.index(first) < item.choices.index(then) for first, then in item.before)
            assert sorted(item.choices) == sorted(item.answer)


def test_siblings_are_other_draws_of_the_same_kind():
    public = [item.params for item in drawn(draws=4) if item.id.endswith("en-choice")]
    sealed = generate(LOT, suite="toy_sealed", seed="secret", draws=4, twins=public)
    fresh = [item.params for item in sealed if item.id.endswith("en-choice")]
    assert len(fresh) == 4
    assert not any(params in public for params in fresh)
    facets = replace(LOT, draw=lambda rng: {"mass": rng.randrange(1, 99)}, level=lambda p: "recall" if p["mass"] % 2 else "apply")
    for twin, sibling in zip(public, generate(facets, suite="toy_sealed", seed="secret", draws=4, twins=public)[::4], strict=True):
        assert (sibling.level == "recall") == bool(twin["mass"] % 2)


def test_siblings_of_a_suite_that_was_built_of_something_else_are_refused():
    with pytest.raises(SuiteError, match="GX1: 5 siblings are wanted of 4 public draws; build the public suite first"):
        generate(LOT, suite="toy_sealed", seed="secret", draws=5, twins=[{"mass": mass} for mass in range(1, 5)])


def test_clusters_are_the_generator_or_the_fact():
    assert {item.cluster for item in drawn()} == {"toy-GX1"}
    apart = replace(LOT, cluster=lambda p: str(p["mass"]))
    assert {item.cluster for item in drawn(apart, 3)} == {f"toy-GX1-{item.params['mass']}" for item in drawn(apart, 3)}


def test_facets_may_follow_what_was_drawn():
    made = replace(LOT, level=lambda p: "recall" if p["mass"] < 5 else "apply", foundation=lambda p: p["mass"] < 5, subarea=lambda p: f"s{p['mass']}")
    for item in drawn(made):
        assert (item.level, item.foundation) == (("recall", True) if item.params["mass"] < 5 else ("apply", False))
        assert item.subarea == f"s{item.params['mass']}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c, _: (replace(c, choices=("pass", "pass", "fail")),), "two options are the same"),
        (lambda c, _: (replace(c, answer="maybe"),), "the gold 'maybe' is not one of"),
        (lambda c, language: (c,) if language == "zh" else (replace(c, form="text"),), "zh and en need the same forms"),
        (lambda c, _: (c, c), "each once"),
        (lambda c, _: (), "each once"),
    ],
)
def test_contents_that_cannot_be_items_are_refused_by_name(change, said):
    broken = replace(LOT, write=lambda params, language: change(written(params, language)[0], language))
    with pytest.raises(SuiteError, match=f"GX1.*{said}"):
        drawn(broken, 1)


def test_a_table_has_as_many_cells_as_headings():
    assert table(("a", "b"), [(1, 2.5)]) == "| a | b |\n|---|---|\n| 1 | 2.5 |"
    with pytest.raises(SuiteError, match="1 cells under 2 headings"):
        table(("a", "b"), [(1,)])


def test_generators_are_read_from_the_suite_and_ids_are_unique(toy):
    folder = toy / "generators"
    folder.mkdir()
    text = "from tests.test_generators import LOT\nGENERATORS = (LOT,)\n"
    (folder / "lots.py").write_text(text)
    assert set(load_generators(load_suite(toy))) == {"GX1"}
    (folder / "more.py").write_text(text)
    with pytest.raises(SuiteError, match=r"more\.py: 'GX1' names another"):
        load_generators(load_suite(toy))
    (folder / "more.py").write_text(text.replace("(LOT,)", "(1 / 0,)"))
    with pytest.raises(SuiteError, match=r"more\.py: ZeroDivisionError"):
        load_generators(load_suite(toy))


def test_written_texts_and_refusals_join_from_the_third_turn():
    early = [replace(item, id=f"{item.id}-{place}", cluster=f"c{place}") for place in range(9) for item in drawn(draws=1)]
    late = [replace(item, id=f"{item.id}-{task}", task=task) for item in early for task in ("summary", "refusal")]
    order = selection_order([*early, *late], "s")
    tasks = [item.task for item in order]
    cells = len({item.language for item in early})
    assert set(tasks[: 2 * cells]) == {"compliance"}
    assert set(tasks[2 * cells : 5 * cells]) == {"compliance", "summary", "refusal"}
    assert sorted(item.id for item in order) == sorted(item.id for item in [*early, *late])
