"""Freezing a suite: the same bytes each time, and a selection that is balanced at every size."""

from collections import Counter
from pathlib import Path

import pytest

from evalkit.build import build, freeze, selection_order
from evalkit.errors import StorageError, SuiteError
from evalkit.records import ABILITY_OF_TASK, DOMAINS
from evalkit.suite import find_suite, load_suite


@pytest.mark.parametrize("name", DOMAINS)
def test_the_build_is_byte_identical_when_repeated(name: str):
    suite = find_suite(name)
    one, two = freeze(suite), freeze(suite)
    assert one.files == two.files
    for file, text in one.files.items():
        assert (suite.built / file).read_bytes() == text.encode(), f"{name}: built/{file} is stale; run `evalkit suite build {name}`"


def test_another_seed_draws_other_items_and_keeps_the_hand_written(toy: Path):
    suite = load_suite(toy)
    public, secret = freeze(suite), freeze(suite, "a secret of the season")
    by_hand = {item.id: item for item in public.items if not item.template}
    assert {item.id: item for item in secret.items if not item.template} == by_hand
    assert {item.params.get("mass") for item in public.items} != {item.params.get("mass") for item in secret.items}


def test_a_build_can_go_elsewhere(toy: Path, tmp_path: Path):
    build(load_suite(toy), seed="x", out=tmp_path / "sealed")
    assert sorted(path.name for path in (tmp_path / "sealed").iterdir()) == ["digests.json", "items.jsonl", "variants.jsonl"]
    assert not (toy / "built").exists()


def test_a_file_in_place_of_the_folder(toy: Path):
    (toy / "built").write_text("x")
    with pytest.raises(StorageError, match="cannot be written"):
        build(load_suite(toy))


def test_duplicate_ids_are_refused(toy: Path):
    hand = toy / "items" / "hand.jsonl"
    (toy / "items" / "more.jsonl").write_text(hand.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(SuiteError, match="two items have the id 'toy-"):
        freeze(load_suite(toy))


@pytest.mark.parametrize("size", [10, 20, 24, 30])
@pytest.mark.parametrize("name", DOMAINS)
def test_every_selection_is_balanced(name: str, size: int):
    picked = find_suite(name).items[:size]
    languages = Counter(item.language for item in picked)
    abilities = Counter(ABILITY_OF_TASK[item.task] for item in picked)
    assert abs(languages["zh"] - languages["en"]) <= 2
    early = {ability: count for ability, count in abilities.items() if ability not in ("write", "refusal")}
    assert len(early) == 5
    assert max(early.values()) - min(early.values()) <= 2
    late = [count for ability, count in abilities.items() if ability not in early]  # they join in the third turn: after 20 items
    assert sum(late) == 0 if size <= 20 else max(late, default=0) <= min(early.values())


def test_a_new_item_leaves_the_others_in_order(toy: Path):
    suite = load_suite(toy)
    items = list(freeze(suite).items)
    without = [item for item in items if item.id != "toy-knowledge-001-zh"]
    order = [item.id for item in selection_order(items, "s") if ABILITY_OF_TASK[item.task] == "calculate"]
    assert [item.id for item in selection_order(without, "s") if ABILITY_OF_TASK[item.task] == "calculate"] == order


def test_all_operators_and_both_gates_are_frozen(toy: Path):
    frozen = freeze(load_suite(toy))
    kinds = {(variant.operator, variant.arm) for variant in frozen.variants}
    assert kinds == {
        (4, "perturbed"),
        (5, "perturbed"),
        (8, "perturbed"),
        (9, "perturbed"),
        (12, "perturbed"),
        (0, "placebo"),
        (0, "positive"),
    }
