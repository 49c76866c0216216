"""Private pools: sealed siblings, twins written by hand, and what must never happen to them."""

import json
import stat
from pathlib import Path

import pytest

from evalkit import commands
from evalkit.audit import errors_of
from evalkit.errors import SuiteCheckError, SuiteError, UsageError
from evalkit.pools import build_pool, check_pool, new_pool
from evalkit.suite import Suite, find_suite, load_suite

SECRET = "0123456789abcdef"


@pytest.fixture
def public(built_toy: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """The toy suite, found by its name as those that come with evalkit are."""
    monkeypatch.setenv("EVALKIT_SUITES", str(built_toy.parent))
    return find_suite("toy")


@pytest.fixture
def pool(public: Suite, tmp_path: Path) -> Path:
    build_pool(public, SECRET, tmp_path / "pool")
    return tmp_path / "pool"


def rules(public: Suite, pool: Path) -> list[str]:
    return [finding.rule for finding in errors_of(check_pool(public, pool))]


def write_twin(public: Suite, pool: Path, **changes: object) -> None:
    """The twin of the toy's first English item, from its draft."""
    drafts = [json.loads(line) for line in (pool / "drafts" / "twins.jsonl").read_text(encoding="utf-8").splitlines()]
    draft = next(line for line in drafts if line["twin"] == "toy-knowledge-001-en")
    draft.pop("pair")
    draft |= {
        "stem": "How many legs have two horses?", "choices": ["8", "6", "4", "2"], "answer": "8", "explanation": "4 + 4",
        "mistakes": {"6": "one leg a horse lost", "4": "one horse", "2": "horses counted"}, "source": {"title": "Arithmetic"}, **changes,
    }  # fmt: skip
    (pool / "items" / "twins.jsonl").write_text(json.dumps(draft) + "\n", encoding="utf-8")
    build_pool(public, SECRET, pool)


def test_every_drawn_item_has_a_sealed_sibling_with_other_figures(public: Suite, pool: Path):
    sealed = load_suite(pool).items
    by_id = {item.id: item for item in public.items}
    assert {item.twin for item in sealed} == {item.id for item in public.items if item.template}
    used = [item.params for item in public.items]
    for item in sealed:
        twin = by_id[item.twin]
        assert (item.task, item.form, item.language, item.level, item.template) == (twin.task, twin.form, twin.language, twin.level, twin.template)
        assert item.params not in used
    assert rules(public, pool) == []


def test_the_same_seed_gives_the_same_pool_and_another_seed_another(public: Suite, pool: Path, tmp_path: Path):
    build_pool(public, SECRET, tmp_path / "again")
    build_pool(public, SECRET[::-1], tmp_path / "other")
    held = [(folder / "built" / "items.jsonl").read_bytes() for folder in (pool, tmp_path / "again", tmp_path / "other")]
    assert held[0] == held[1] != held[2]


def test_the_seed_stands_nowhere_but_in_its_file_and_files_are_the_owners_alone(pool: Path):
    for path in pool.rglob("*"):
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path
        if path.is_file() and path.name != "seed":
            assert SECRET.encode() not in path.read_bytes(), path
    assert (pool / "seed").read_text() == SECRET + "\n"


def test_a_pool_is_asked_like_any_suite(pool: Path, public: Suite):
    from evalkit.config import RunConfig
    from evalkit.plan import build_plan
    from tests.test_plan import _engine

    plan = build_plan(RunConfig(suites=("toy", str(pool))), _engine())
    assert set(plan.suites) == {"toy", "toy_sealed"}


def test_a_hand_written_twin_is_frozen_and_checked_with_its_other_half(public: Suite, pool: Path):
    write_twin(public, pool)
    assert "toy_sealed-knowledge-001-en" in {item.id for item in load_suite(pool).items}
    assert rules(public, pool) == []
    waiting = [finding for finding in check_pool(public, pool) if finding.rule == "sibling"]
    assert [finding.level for finding in waiting] == ["warning"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"level": "judge"}, "twin"),
        ({"twin": "toy-knowledge-009-en"}, "twin"),
        ({"twin": ""}, "twin"),
        ({"stem": "What is 2 + 2?", "choices": ["4", "5", "22", "0"], "answer": "4", "mistakes": {"5": "a", "22": "b", "0": "c"}}, "leak"),
        ({"stem": "What is 2 + 2 ?", "choices": ["4", "5", "22", "0"], "answer": "4", "mistakes": {"5": "a", "22": "b", "0": "c"}}, "leak"),
    ],
)
def test_both_halves_are_read_together(public: Suite, pool: Path, changes: dict[str, object], rule: str):
    write_twin(public, pool, **changes)
    assert rules(public, pool) == [rule]


def test_a_public_item_without_a_sibling_is_found(public: Suite, pool: Path):
    lines = (pool / "built" / "items.jsonl").read_text(encoding="utf-8").splitlines()
    (pool / "suite.yaml").write_text((pool / "suite.yaml").read_text(encoding="utf-8").replace("draws: 2", "draws: 1"), encoding="utf-8")
    build_pool(public, SECRET, pool)
    assert len(load_suite(pool).items) == len(lines) // 2
    assert rules(public, pool) == ["sibling"]


def test_a_file_that_others_can_read_is_named(public: Suite, pool: Path):
    (pool / "suite.yaml").chmod(0o644)
    assert [finding.subject for finding in check_pool(public, pool) if finding.rule == "open file"] == ["suite.yaml"]


def test_a_pool_never_lies_in_a_repository(public: Suite, tmp_path: Path):
    (tmp_path / "work" / ".git").mkdir(parents=True)
    for make in (lambda folder: new_pool(public, folder), lambda folder: build_pool(public, SECRET, folder)):
        with pytest.raises(SuiteError, match="git work tree"):
            make(tmp_path / "work" / "deep" / "pool")
    assert not (tmp_path / "work" / "deep").exists()


@pytest.mark.parametrize("seed", ["public", "short"])
def test_a_seed_that_can_be_guessed_is_refused(public: Suite, tmp_path: Path, seed: str):
    with pytest.raises(SuiteError, match="secret seed of at least 16"):
        build_pool(public, seed, tmp_path / "pool")
    assert not (tmp_path / "pool").exists()


def test_another_seed_or_another_suites_pool_is_refused(public: Suite, pool: Path, built_toy: Path):
    with pytest.raises(SuiteError, match="another seed"):
        build_pool(public, SECRET[::-1], pool)
    (pool / "suite.yaml").write_text((pool / "suite.yaml").read_text(encoding="utf-8").replace("pool_of: toy", "pool_of: steel"), encoding="utf-8")
    with pytest.raises(SuiteError, match="no pool of 'toy'"):
        check_pool(public, pool)
    with pytest.raises(SuiteError, match="is no pool of 'toy'"):
        new_pool(public, built_toy)


def test_a_suite_that_lies_elsewhere_has_pools_too(public: Suite, built_toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVALKIT_SUITES", str(tmp_path / "nowhere"))
    own = load_suite(built_toy)
    build_pool(own, SECRET, tmp_path / "pool")
    assert rules(own, tmp_path / "pool") == []
    assert load_suite(tmp_path / "pool").pool_of == str(built_toy.resolve())


def test_a_scaffold_keeps_what_is_there_and_drafts_tell_nothing(public: Suite, tmp_path: Path):
    drafts = new_pool(public, tmp_path / "pool")
    lines = [json.loads(line) for line in drafts.read_text(encoding="utf-8").splitlines()]
    assert [line["twin"] for line in lines] == [item.id for item in public.authored]
    assert all(line["stem"] == line["answer"] == "" for line in lines)
    drafts.write_text("mine\n", encoding="utf-8")
    new_pool(public, tmp_path / "pool")
    assert drafts.read_text(encoding="utf-8") == "mine\n"


def test_the_commands(public: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "pool"
    commands.new("toy", pool=folder)
    commands.build("toy", seed=SECRET, out=None, pool=folder)
    commands.check(["toy"], every=False, as_json=False, pool=folder)
    said = capsys.readouterr().out
    assert "twins.jsonl" in said
    assert "8 sealed items" in said
    assert f"{folder}: 0 errors" in said.replace("\n", "")
    with pytest.raises(UsageError, match="exclude each other"):
        commands.build("toy", seed=SECRET, out=tmp_path, pool=folder)
    with pytest.raises(UsageError, match="belongs to one suite"):
        commands.check(["toy", "toy"], every=False, as_json=False, pool=folder)
    write_twin(public, folder, level="judge")
    with pytest.raises(SuiteCheckError, match="1 errors in 1 of 2 suites"):
        commands.check(["toy"], every=False, as_json=False, pool=folder)
