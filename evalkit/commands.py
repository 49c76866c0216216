"""What the commands do, one function each; `cli` reads the options, this calls the stages and prints."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evalkit import screen
from evalkit.config import RunConfig, load_config
from evalkit.errors import ConfigError, RunError, SuiteCheckError, UsageError, did_you_mean
from evalkit.records import Item
from evalkit.suite import Suite, find_suite, known_suites, known_tasks


def run(path: Path, changes: Mapping[str, Any], *, out: Path | None, dry_run: bool, as_json: bool) -> None:
    """`evalkit run`: the baselines and the model, then the board the configuration names (with --out it is left alone)."""
    config = load_config(found_config(path), changes)
    if dry_run:
        _say_estimate(config, as_json=as_json)
        return
    folder = out or Path("runs") / config.name / f"{slug(config.engine.model)}{suffix(changes)}"
    for name in config.baselines:  # first: they take a second, and a folder that holds another plan shows before the long part
        beside = f"{folder.name}.baseline-{name}" if out else f"baseline-{name}{suffix(changes)}"
        _run_one(baseline_config(config, name), folder.parent / beside, as_json=as_json, quiet=True)
    outcome = _run_one(config, folder, as_json=as_json)
    page = "" if out or outcome.failed else _board(config)  # a run with failed requests is not published
    if as_json:
        screen.say_json({"folder": str(folder), "answered": outcome.answered, "failed": outcome.failed, "untimed": outcome.untimed,
                         "board": page, "axes": [asdict(axis) for axis in outcome.axes]})  # fmt: skip
    else:
        screen.axes_table(f"{outcome.plan.profile.name}: {config.engine.model}", outcome.axes)
        screen.say(f"report: {folder / 'report.html'}")
        if page:
            screen.say(f"board: {page}")
    if outcome.failed:
        raise RunError(f"{outcome.failed} requests failed and have no score; run the same command again to ask them again")
    if outcome.untimed:
        raise RunError(f"efficiency was not measured: {outcome.untimed}")


def suffix(changes: Mapping[str, Any]) -> str:
    """What is added to a folder's name where options change the plan: "-fast", "-limit-3".

    Another model has its own folder anyway; how the engine works (memory, processes) changes no plan, so such a run can be
    continued with another limit or another number of processes.
    """
    parts = [f"limit-{value}" if name == "limit" else slug(",".join(value) if name == "suites" else str(value))
             for name, value in changes.items() if not name.startswith("engine.")]  # fmt: skip
    return "".join(f"-{part}" for part in parts)


def baseline_config(config: RunConfig, name: str) -> RunConfig:
    """The same run answered by a baseline: no timed passes, no board of its own."""
    engine = config.engine.model_copy(update={"name": name, "model": f"baseline:{name}", "vendor": "", "processes": 1})
    return config.model_copy(update={"engine": engine, "efficiency": False, "baselines": (), "board": ""})


def slug(model: str) -> str:
    """A folder's name for a model: its last two path parts, with anything unusual as '-'."""
    parts = [part for part in model.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    kept = "-".join(parts[-2:]) if parts else "model"
    return "".join(character if character.isalnum() or character in "._-" else "-" for character in kept)


def found_config(path: Path) -> Path:
    """`path`, or where it is not there, the configuration of that name that comes with evalkit."""
    if path.exists():
        return path
    package = Path(__file__).parent
    for folder in (package.parent / "configs", package / "configs"):
        if (folder / path.name).is_file() and path.parent.name in ("", "configs"):
            return folder / path.name
    raise ConfigError(f"{path}: no such file; {did_you_mean(path.name, _shipped_configs())}")


def list_all(*, as_json: bool) -> None:
    """`evalkit list`."""
    from evalkit.axes import OPERATORS, PROFILES
    from evalkit.registry import declared

    suites = [_suite_row(find_suite(name)) for name in known_suites()]
    plugins = {kind: sorted(declared(kind)) for kind in ("engines", "metrics", "operators")}
    others = [(name, find_suite(name).title["en"], find_suite(name).licence) for name in known_tasks()]
    if as_json:
        profiles = {name: asdict(profile) for name, profile in PROFILES.items()}
        named = {"suites": suites, "benchmarks of others": [name for name, _, _ in others]}
        screen.say_json({**named, **plugins, "profiles": profiles, "configs": _shipped_configs()})
        return
    screen.table("suites", ("suite", "version", "items", "variants", "zh", "en"), [[str(row[key]) for key in row] for row in suites])
    screen.table("benchmarks of others (docs/benchmarks_of_others.md)", ("name", "title", "licence"), others)
    screen.table("plugins", ("kind", "names"), [(kind, ", ".join(names)) for kind, names in plugins.items()])
    screen.table(
        "operators of the robustness axis", ("number", "name", "family"), [(str(op.number), op.name, str(op.family)) for op in OPERATORS]
    )
    screen.table("configurations", ("name",), [(name,) for name in _shipped_configs()])


def show(name: str, *, as_json: bool) -> None:
    """`evalkit show`: a bundle, a suite or an item."""
    from evalkit.bundle import RUN_FILE, read_axes

    folder = Path(name)
    if (folder / RUN_FILE).is_file():
        axes = read_axes(folder)
        screen.say_json([asdict(axis) for axis in axes]) if as_json else screen.axes_table(name, axes)
    elif name in (*known_suites(), *known_tasks()) or (folder / "suite.yaml").is_file():
        _show_suite(find_suite(name), as_json=as_json)
    else:
        _show_item(name, as_json=as_json)


def build(name: str, *, seed: str, out: Path | None, pool: Path | None = None) -> None:
    """`evalkit suite build`: the suite, or with `pool` sealed siblings of it."""
    from evalkit.build import build as build_suite

    suite = find_suite(name)
    if pool is not None:
        from evalkit.pools import build_pool

        if out is not None:
            raise UsageError("--out and --pool exclude each other: a pool is built in its own folder")
        sealed = build_pool(suite, seed, pool)
        counts = f"{len(sealed.items)} sealed items and {len(sealed.variants)} variants"
        screen.say(f"{suite.name} {suite.version}: {counts} in {pool / 'built'}")
        return
    frozen = build_suite(suite, seed=seed, out=out)
    screen.say(f"{suite.name} {suite.version}: {len(frozen.items)} items and {len(frozen.variants)} variants in {out or suite.built}")


def new(name: str, *, pool: Path) -> None:
    """`evalkit suite new`: scaffolds a private pool."""
    from evalkit.pools import new_pool

    screen.say(f"drafts of twins to be filled in: {new_pool(find_suite(name), pool)}")


def catalogue(name: str, *, out: Path | None) -> None:
    """`evalkit suite catalogue`."""
    from evalkit.catalogue import write_catalogue

    suite = find_suite(name)
    screen.say(str(write_catalogue(suite, out or Path(f"catalogue-{suite.name}.html"))))


def check(names: Sequence[str], *, every: bool, as_json: bool, pool: Path | None = None) -> None:
    """`evalkit suite check`: prints every finding, fails on an error; with `pool` that of one suite, both halves together."""
    from evalkit.audit import check_suite, errors_of

    chosen = list(known_suites()) if every else list(names)
    if not chosen:
        raise UsageError(f"name a suite, or use --all; known: {', '.join(known_suites())}")
    findings = {name: check_suite(find_suite(name)) for name in chosen}
    if pool is not None:
        from evalkit.pools import check_pool

        if len(chosen) != 1:
            raise UsageError(f"a pool belongs to one suite: name it; read {', '.join(chosen)}")
        findings[str(pool)] = check_pool(find_suite(chosen[0]), pool)
    failed = sum(len(errors_of(found)) for found in findings.values())
    if as_json:
        screen.say_json({name: [asdict(finding) for finding in found] for name, found in findings.items()})
    else:
        for name, found in findings.items():
            for finding in found:
                screen.say(f"{name}: {finding.level}: {finding.rule}: {finding.subject}: {finding.text}")
            screen.say(f"{name}: {len(errors_of(found))} errors, {len(found) - len(errors_of(found))} warnings")
    if failed:
        wanting = sum(bool(errors_of(found)) for found in findings.values())
        raise SuiteCheckError(f"{failed} errors in {wanting} of {len(findings)} suites")


def report(folder: Path) -> None:
    """`evalkit report`."""
    from evalkit.report import write_report

    screen.say(str(write_report(folder)))


def leaderboard(board: str, bundles: Sequence[Path], *, out: Path | None) -> None:
    """`evalkit leaderboard build`."""
    from evalkit.leaderboard import build_board, find_board

    screen.say(str(build_board(find_board(board), tuple(bundles), out=out)))


def doctor(*, as_json: bool) -> None:
    """`evalkit doctor`: what this machine can run and measure."""
    from evalkit.meter import diagnose

    facts = diagnose()
    if as_json:
        screen.say_json(facts)
    else:
        screen.facts_table("this machine", facts)


def _run_one(config: RunConfig, folder: Path, *, as_json: bool, quiet: bool = False) -> Any:
    from evalkit.runner import run as run_bundle

    try:
        with screen.watcher(quiet=as_json or quiet) as watcher:
            return run_bundle(config, folder, watcher)
    except KeyboardInterrupt:
        raise RunError(f"interrupted; what was answered is kept in {folder}: run the same command again to go on") from None


def _board(config: RunConfig) -> str:
    if not config.board:
        return ""
    from evalkit.leaderboard import build_board, find_board

    return str(build_board(find_board(config.board), (), out=None))


def _say_estimate(config: RunConfig, *, as_json: bool) -> None:
    from evalkit.dry import estimate

    facts = estimate(config)
    if as_json:
        screen.say_json(facts)
    else:
        screen.facts_table("dry run: nothing was asked", facts)


def _shipped_configs() -> list[str]:
    package = Path(__file__).parent
    folders = [folder for folder in (package.parent / "configs", package / "configs") if folder.is_dir()]
    return sorted(f"configs/{path.name}" for path in (folders[0].glob("*.yaml") if folders else []))


def _suite_row(suite: Suite) -> dict[str, Any]:
    items, variants = suite.items, suite.variants
    languages = Counter(item.language for item in items)
    return {
        "suite": suite.name,
        "version": suite.version,
        "items": len(items),
        "variants": len(variants),
        "zh": languages["zh"],
        "en": languages["en"],
    }


def _show_suite(suite: Suite, *, as_json: bool) -> None:
    items = suite.items
    counts = {
        name: dict(sorted(Counter(str(getattr(item, name)) for item in items).items()))
        for name in ("task", "form", "language", "level", "subarea", "foundation")
    }
    facts = {
        "name": suite.name,
        "title": f"{suite.title['zh']} / {suite.title['en']}",
        "version": suite.version,
        "licence": suite.licence,
        "items": len(items),
        "variants": len(suite.variants),
        "clusters": len({item.cluster for item in items}),
        "templates": len({item.template for item in items if item.template}),
        **counts,
        **({"rows left out": list(suite.left_out)} if suite.dataset is not None else {}),
    }
    if as_json:
        screen.say_json(facts)
    else:
        screen.facts_table(suite.name, facts)


def _show_item(name: str, *, as_json: bool) -> None:
    ids: list[str] = []
    for known in known_suites():
        suite = find_suite(known)
        if not (suite.built / "items.jsonl").is_file():
            continue
        for item in (*suite.items, *suite.variants):
            ids.append(item.key)
            if item.key == name:
                screen.say_json(asdict(item)) if as_json else _say_item(item)
                return
    raise UsageError(f"{name!r} is no suite, no bundle's folder and no item's id; {did_you_mean(name, [*known_suites(), *ids])}")


def _say_item(item: Item) -> None:
    """The question as a model reads it, then what only the suite knows."""
    from evalkit.prompts import question

    gold = item.answer if isinstance(item.answer, str) else json.dumps(item.answer, ensure_ascii=False)
    if item.form in ("ordering", "choices"):
        gold = " > ".join(item.answer) if item.form == "ordering" else "; ".join(item.answer)
    known = {
        "answer": f"{gold} {item.unit}".strip(),
        "also right": "; ".join(item.aliases),
        "must be stated": "; ".join(" | ".join(fact) for fact in item.facts),
        "mistakes": "; ".join(f"{option}: {mistake}" for option, mistake in item.mistakes.items()),
        "why": item.explanation,
        "source": ", ".join(filter(None, (item.source.title, item.source.clause))),
        "answered blind": item.review.status + (f", by {item.review.by}" if item.review.by else ""),
    }
    screen.say(question(item))
    screen.say("\n" + "\n".join(f"{name}: {text}" for name, text in known.items() if text))
