"""Private pools: sealed twins of a suite's items, in a folder of the same format outside of every repository.

    evalkit suite new steel --pool DIR          scaffold: suite.yaml, drafts for twins of the hand-written items
    evalkit suite build steel --seed S --pool DIR   sealed siblings of every drawn item, and the hand-written twins, frozen
    evalkit suite check steel --pool DIR        both halves together

A twin asks for the same with other words or figures: same task, form, language, level and sub-area as the public item it
names. Published, it is lost. So a pool may not lie in a git work tree, its files are the owner's alone, and its seed stands
in the file `seed` only: items name its digest.
"""

import json
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from evalkit.audit import NEAR_DUPLICATE, Finding, check_suite, grams
from evalkit.build import PUBLIC_SEED, Frozen, build
from evalkit.canon import atomic_write
from evalkit.errors import StorageError, SuiteError
from evalkit.prompts import question
from evalkit.records import Item
from evalkit.suite import Suite, load_suite, suites_folder

SEED_FILE, DRAFTS = "seed", "drafts/twins.jsonl"
SHORTEST_SEED = 16  # characters: a seed that can be guessed seals nothing
_KEPT = ("task", "form", "language", "level", "subarea")  # what a twin has in common with its public item (drawn: not the sub-area)

_README = """\
# Sealed pool of the suite {name}

Nothing here may be published or committed. `drafts/twins.jsonl` has a line for every hand-written public item: write a stem, an
answer and so on that ask for the same by other words and figures, and move the line to `items/*.jsonl`. Then:

    evalkit suite build {called} --seed SEED --pool {folder}
    evalkit suite check {called} --pool {folder}

A bundle of a run on this pool holds its items and answers: keep it as closely as the pool.
"""


def new_pool(suite: Suite, folder: Path) -> Path:
    """Scaffolds a pool of `suite` in `folder`; what is there already stays. Returns the file of drafts.

    Raises SuiteError where the folder lies in a git work tree, or is a pool of something else.
    """
    _refuse(suite, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for inner in ("items", "drafts"):
            (folder / inner).mkdir(exist_ok=True, mode=0o700)
        if not (folder / "suite.yaml").is_file():
            _write(folder / "suite.yaml", _yaml(suite))
        if not (folder / "README.md").is_file():
            _write(folder / "README.md", _README.format(name=suite.name, called=_called(suite), folder=folder))
        if not (folder / DRAFTS).is_file():
            _write(folder / DRAFTS, "".join(json.dumps(_draft(item, suite), ensure_ascii=False) + "\n" for item in suite.authored))
    except OSError as error:
        raise StorageError(f"{folder}: the pool cannot be written ({error.strerror})") from error
    return folder / DRAFTS


def build_pool(suite: Suite, seed: str, folder: Path) -> Frozen:
    """Draws sealed siblings of every drawn public item into `folder` under `seed`, and freezes them with the hand-written twins.

    Raises SuiteError for a seed that is public or short, or another than the pool was built with.
    """
    if seed == PUBLIC_SEED or len(seed) < SHORTEST_SEED:
        raise SuiteError(
            f"a pool needs a secret seed of at least {SHORTEST_SEED} characters, such as `openssl rand -hex 32` gives; read {len(seed)}"
        )
    new_pool(suite, folder)
    held = folder / SEED_FILE
    if held.is_file() and held.read_text(encoding="utf-8").strip() != seed:
        raise SuiteError(f"{folder}: was built with another seed, which stands in {held}; use that one, or another folder")
    frozen = build(load_suite(folder), seed=seed)
    _write(held, seed + "\n")
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return frozen


def check_pool(suite: Suite, folder: Path) -> tuple[Finding, ...]:
    """The findings of the pool itself, and those of the two halves together; errors first."""
    _refuse(suite, folder)
    pool = load_suite(folder)
    own = check_suite(pool, seed=_seed_of(folder))
    both = [finding for rule in (_twins, _siblings, _leaks, _open_files) for finding in rule(suite, pool)]
    return tuple(sorted((*own, *both), key=lambda finding: (finding.level, finding.rule, finding.subject)))


def _seed_of(folder: Path) -> str | None:
    path = folder / SEED_FILE
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def _twins(suite: Suite, pool: Suite) -> Iterator[Finding]:
    public = {item.id: item for item in suite.items}
    for item in pool.items:
        other = public.get(item.twin)
        if other is None:
            yield _error("twin", item.id, f"names the twin {item.twin!r}, which is no item of {suite.name}")
            continue
        kept = _KEPT[:-1] if item.template else _KEPT
        differs = [name for name in kept if getattr(item, name) != getattr(other, name)]
        if differs:
            read = f"{getattr(item, differs[0])!r}, its twin {getattr(other, differs[0])!r}"
            yield _error("twin", item.id, f"has another {differs[0]} than its twin: {read}")
    for twin, times in Counter(item.twin for item in pool.items if item.twin).items():
        if times > 1:
            yield _error("twin", twin, f"has {times} twins in the pool; one is wanted")


def _siblings(suite: Suite, pool: Suite) -> Iterator[Finding]:
    had = {item.twin for item in pool.items}
    without = [item.id for item in suite.items if item.template and item.id not in had]
    if without:
        yield _error("sibling", without[0], f"and {len(without) - 1} other drawn items have no sealed sibling; build the pool")
    waiting = sum(not item.template and item.id not in had for item in suite.items)
    if waiting:
        text = f"{waiting} hand-written items have no sealed twin yet"
        yield Finding(rule="sibling", level="warning", subject=pool.name, text=text)


def _leaks(suite: Suite, pool: Suite) -> Iterator[Finding]:
    """A sealed item that can be read in public: word for word, or (hand-written) all but word for word."""
    asked = {question(item): item.id for item in suite.items}
    by_hand = [(item, _grams(item)) for item in suite.items if not item.template]
    for item in pool.items:
        if question(item) in asked:
            yield _error("leak", item.id, f"asks word for word what the public item {asked[question(item)]!r} asks")
        elif not item.template:
            mine = _grams(item)
            for other, theirs in by_hand:
                if other.language == item.language and len(mine & theirs) >= NEAR_DUPLICATE * len(mine | theirs):
                    yield _error("leak", item.id, f"reads like the public item {other.id!r}")


def _open_files(_: Suite, pool: Suite) -> Iterator[Finding]:
    for path in sorted(pool.folder.rglob("*")):
        if path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding(rule="open file", level="warning", subject=path.name, text=f"{path} can be read by others; chmod go-rwx it")


def _grams(item: Item) -> frozenset[str]:
    return grams(f"{item.context} {item.stem} {' '.join(sorted(item.choices))}")


def _refuse(suite: Suite, folder: Path) -> None:
    whole = folder.resolve()
    for parent in (whole, *whole.parents):
        if (parent / ".git").exists():
            raise SuiteError(f"{folder}: lies in the git work tree {parent}; a pool is sealed: name a folder outside of any repository")
    if suite.pool_of or suite.dataset is not None:
        raise SuiteError(f"{suite.folder}: only a suite of our own items has pools")
    if (folder / "suite.yaml").is_file() and load_suite(folder).pool_of != _called(suite):
        raise SuiteError(f"{folder}: holds {load_suite(folder).name!r}, which is no pool of {suite.name!r}; name another folder")


def _called(suite: Suite) -> str:
    """How a pool names its suite: one that comes with evalkit by its name, another by its folder."""
    known = suite.folder.resolve() == (suites_folder() / suite.name).resolve()
    return suite.name if known else str(suite.folder.resolve())


def _yaml(suite: Suite) -> str:
    import yaml

    held = {
        "name": f"{suite.name}_sealed",
        "title": {"zh": f"{suite.title['zh']}（密封题池）", "en": f"{suite.title['en']} (sealed pool)"},
        "version": suite.version,
        "licence": "sealed, not for publication",
        "pool_of": _called(suite),
        "draws": suite.draws,
        "subareas": {key: dict(title) for key, title in suite.subareas.items()},
        "metrics": dict(suite.metrics or {}),
    }
    return yaml.safe_dump(held, allow_unicode=True, sort_keys=False, width=140)


def _draft(item: Item, suite: Suite) -> dict[str, object]:
    """A line to be filled in: the facets of the public item, and nothing of its content."""
    name = f"{suite.name}_sealed"
    draft: dict[str, object] = {"id": name + item.id.removeprefix(suite.name), "twin": item.id}
    draft |= {key: getattr(item, key) for key in _KEPT}
    if item.cluster != item.id:
        draft["cluster"] = name + item.cluster.removeprefix(suite.name)
    if item.pair:
        draft["pair"] = name + item.pair.removeprefix(suite.name)
    if item.foundation:
        draft["foundation"] = True
    return draft | {"stem": "", "answer": "", "explanation": "", "source": {"title": "", "clause": "", "kind": item.source.kind}}


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as stream:
        stream.write(text)
    path.chmod(0o600)


def _error(rule: str, subject: str, text: str) -> Finding:
    return Finding(rule=rule, level="error", subject=subject, text=text)


