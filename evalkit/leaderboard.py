"""Finished bundles to a static site: one page of tables, a report a model, and the same figures to download.

Rows are ordered by the value of the board's stated axis. That is no ranking: neighbours are tested in pairs on the items
that both answered, and a row that the test cannot tell from the one above says so. Bundles of different keys (suites,
profile and sizes, way of answering) stand in different tables.
"""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalkit import charts
from evalkit.axes import summarise
from evalkit.axes.rows import cluster, corrected
from evalkit.bundle import RUN_FILE, read_json, write_json
from evalkit.canon import atomic_write, digest
from evalkit.config import read_yaml
from evalkit.errors import ConfigError, EvalkitError, UsageError, did_you_mean
from evalkit.messages import Pair, named, pair
from evalkit.meter import timing_of
from evalkit.records import AXES, DOMAINS, STATES, AxisName, Estimate, Profile, Score
from evalkit.report import OLDEST_SCORING, Run, axis_scales, environment, read_run, render_report, scale_of, trade_words
from evalkit.stats import NO_VARIATION, paired_difference

BOARD_FILE = "board.yaml"
PAGE_FILE = "index.html"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full width: some spreadsheets read them alike
_AXIS_COLUMNS = ("", "_low", "_high", "_n", "_clusters", "_missing", "_standing", "_reason", "_partial")
Standing = Literal["first", "same", "apart", "reverse", "none"]


class Board(BaseModel):
    """What board.yaml says: which bundles, in what order, published by whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    title: dict[Literal["zh", "en"], str]
    order: AxisName = "accuracy"
    bundles: str
    publisher: str = ""
    contact: str = ""
    licence: str = ""

    @property
    def heading(self) -> Pair:
        """The title in zh and en; one stands for both where only one is given."""
        zh, en = self.title.get("zh"), self.title.get("en")
        return zh or en or self.name, en or zh or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A row against the row above it: the paired difference (above minus this), and what it shows."""

    standing: Standing
    difference: Estimate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A bundle on a board. `slug` names its report's file."""

    run: Run
    slug: str
    above: Comparison = Comparison(standing="first")

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.run.about["model"]["name"])

    @property
    def baseline(self) -> bool:
        """Whether it is one of the engines that read nothing."""
        return bool(self.run.about["model"]["baseline"])

    @property
    def asked(self) -> int:
        """How many items were asked, each once."""
        return len(self.run.asked)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many of the items asked ended in each state."""
        held = Counter(row.state for row in self.run.asked)
        return [(state, held[state]) for state in STATES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of one key, in the order of the board's axis, with the scales their bars share."""

    key: Mapping[str, Any]
    rows: tuple[Row, ...]
    domains: tuple[str, ...]
    scales: Mapping[str, charts.Scale]
    domain_scale: charts.Scale = field(default_factory=lambda: charts.Scale(low=0, high=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A bundle that may not stand on a board: `failed` of its `asked` requests ended in an error of the run, not of the model."""

    run: Run
    failed: int
    asked: int

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.run.about["model"]["name"])

    @property
    def reason(self) -> Pair:
        """Why it is left out, and what would bring it back."""
        return pair("left_out.why", failed=self.failed, asked=self.asked)


def find_board(name: str) -> Path:
    """The board.yaml of that name in leaderboards/ (of the repository, of this folder, of the package), or at that path.

    Raises UsageError with the nearest name.
    """
    path = Path(name)
    for candidate in (path, path / BOARD_FILE):
        if candidate.is_file():
            return candidate
    folders = [folder for folder in _board_folders() if folder.is_dir()]
    if path.name == name:
        for folder in folders:
            if (folder / name / BOARD_FILE).is_file():
                return folder / name / BOARD_FILE
    known = {found.parent.name for folder in folders for found in folder.glob(f"*/{BOARD_FILE}")}
    raise UsageError(f"no board {name!r}, and no {BOARD_FILE} at that path; {did_you_mean(name, known)}")


def read_board(path: Path) -> Board:
    """The board in `path`. Raises ConfigError naming the key, what was read and what would work."""
    read = read_yaml(path)
    for key in read:
        if key not in Board.model_fields:
            raise ConfigError(f"{path}: unknown key {key!r}; {did_you_mean(str(key), Board.model_fields)}")
    try:
        return Board.model_validate(read)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        if where == "order":
            raise ConfigError(f"{path}: order: read {fault['input']!r}; {did_you_mean(str(fault['input']), AXES)}") from error
        raise ConfigError(f"{path}: {where}: {fault['msg']}, read {fault['input']!r}") from error


def build_board(board: Path, bundles: tuple[Path, ...], *, out: Path | None) -> Path:
    """Builds the site of `board` and returns its page; the same bundles, in any order, give the same bytes.

    No `bundles`: all finished ones below the board's `bundles` folder, relative to the current one. A bundle in which
    requests failed is left out of the tables, and named with the reason. Raises UsageError where there are no bundles, where
    all are left out, where one is not finished, where the axes of one are not those of its scores, or where two are the same run.
    """
    definition = read_board(board)
    folders = bundles or _finished(definition)
    runs, left = _publishable(_distinct([read_run(folder) for folder in folders]))
    for run in runs:
        check_axes(run)
    site = out or _site(board, definition)
    stale = _reports_of(site)
    tables = tables_of(runs, definition)
    rows = [row for table in tables for row in table.rows]
    for row in rows:
        _write(site / "models" / f"{row.slug}.html", render_report(row.run, home=f"../{PAGE_FILE}"))
    write_json(site / "data" / "board.json", _data(definition, tables, left))
    _write(site / "data" / "board.csv", csv_text(csv_rows(tables)))
    _write(site / PAGE_FILE, _page(definition, tables, left))
    for name in stale - {f"{row.slug}.html" for row in rows}:
        (site / "models" / name).unlink(missing_ok=True)
    return site / PAGE_FILE


def check_axes(run: Run) -> None:
    """Computes the axes again from the run's scores, timing and sizes. Raises UsageError naming the bundle and what differs.

    Numbers may differ by 1e-9 (of their size where that is above 1); texts not at all.
    """
    sizes, held = run.about["sizes"], run.timing.get("timing")
    try:
        timing = timing_of(held) if held is not None else None
        profile = Profile(**{made.name: sizes[made.name] for made in fields(Profile)})
        made = {axis.axis: axis for axis in summarise(run.scores, timing, profile)}
    except (EvalkitError, KeyError, TypeError, ValueError, ArithmeticError, IndexError) as error:
        raise UsageError(f"{run.folder}: its axes cannot be computed from its scores ({type(error).__name__}: {error})") from error
    if timing is None:
        # why the timed passes failed is in the engine's words, which no score holds
        told = replace(made["efficiency"].estimate, reason=run.axes["efficiency"].estimate.reason)
        made["efficiency"] = replace(made["efficiency"], estimate=told)
    for name in AXES:
        where = _difference(asdict(run.axes[name]), asdict(made[name]), name)
        if where:
            raise UsageError(
                f"{run.folder}: axes.json is not what its scores give: {where}; it was changed, or made by another version of evalkit: "
                "run the same command again to make it anew"
            )


def _difference(held: Any, made: Any, where: str) -> str:
    """The first place where two trees of values differ, with both values; "" where none does."""
    if isinstance(made, dict) and isinstance(held, dict):
        for key in sorted(held.keys() | made.keys()):
            if key not in held or key not in made:
                return f"{where}.{key} is in {'axes.json' if key in held else 'the scores'} alone"
            found = _difference(held[key], made[key], f"{where}.{key}")
            if found:
                return found
        return ""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (held, made))
    same = math.isclose(held, made, rel_tol=1e-9, abs_tol=1e-9) if numbers else held == made
    return "" if same else f"{where} is {held!r}, the scores give {made!r}"


def board_key(run: Run, order: AxisName = "accuracy") -> Mapping[str, Any]:
    """What two rows must share to stand in one table; for efficiency, also the machine and the level of its energy.

    "metrics" holds the suites that name metrics of their own: the same answers score otherwise under another rule. "scoring"
    is the version of the readers and metrics, "left_out" what was not asked: other questions have other scores.
    """
    about = run.about
    key = {
        "suites": dict(about["suites"]),
        "suite_digests": dict(about["suite_digests"]),
        "profile": about["profile"],
        "sizes": dict(about["sizes"]),
        "shots": about.get("config", {}).get("shots", 0),
        "mode": run.mode,
        "metrics": {suite: dict(named) for suite, named in about.get("metrics", {}).items() if named},
        "scoring": about.get("scoring", OLDEST_SCORING),
    }
    if about.get("left_out"):
        key["left_out"] = list(about["left_out"])
    settings = about.get("config", {})
    if settings.get("temperature"):  # what is drawn is another task than what is likeliest
        key["decoding"] = {name: settings.get(name) for name in ("temperature", "top_p", "seed")}
    if order == "efficiency":
        timing = run.timing.get("timing") or {}
        key |= {name: timing.get(name, "") for name in ("machine_class", "machine", "energy_level")}
    return key


def tables_of(runs: Sequence[Run], board: Board) -> tuple[Table, ...]:
    """The board's tables, a key each: the one with most rows first, then by digest of the key."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(digest(board_key(run, board.order)), []).append(run)
    slugs = _slugs(runs)
    made = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(_table(group, board, slugs) for _, group in made)


def compare(above: Run, below: Run) -> Comparison:
    """Accuracy of `above` against that of `below`, paired over their common items (N3), domains of equal weight."""
    first, second = _scored(above), _scored(below)
    common = sorted(first.keys() & second.keys())
    if not common:
        return Comparison(standing="none")
    a, b = ([corrected(rows[key]) for key in common] for rows in (first, second))
    names, strata = [cluster(first[key]) for key in common], [suite for suite, _ in common]
    missing = len(first.keys() | second.keys()) - len(common)
    made = paired_difference(a, b, names, strata=strata, missing=missing)
    if made.low is not None and made.high is not None:
        standing: Standing = "apart" if made.low > 0 else "reverse" if made.high < 0 else "same"
        return Comparison(standing=standing, difference=made)
    same = made.reason == NO_VARIATION and made.value == 0
    return Comparison(standing="same" if same else "none", difference=made)


def csv_rows(tables: Sequence[Table]) -> list[list[Any]]:
    """The board as rows of a table, heads first; figures are numbers, what is not had is empty with its reason beside it."""
    domains = sorted({name for table in tables for name in table.domains}, key=_domain_place)
    axes = [f"{axis}{end}" for axis in AXES for end in _AXIS_COLUMNS]
    heads = ["table", "model", "baseline", "vendor", "profile", "mode", *axes, *[f"accuracy_{name}" for name in domains], *STATES, "asked",
             "parameters", "dtype", "note", "licence", "engine", "machine", "energy_level", "against_above", "plan"]  # fmt: skip
    rows: list[list[Any]] = [heads]
    for number, table in enumerate(tables, start=1):
        rows += [[number, *_cells(row, domains)] for row in table.rows]
    return rows


def csv_text(rows: Sequence[Sequence[Any]]) -> str:
    """CSV in which no text can start a formula: such a cell is opened with an apostrophe; numbers stay numbers.

    >>> csv_text([["=1+1", -0.5]])
    "'=1+1,-0.5\\n"
    """
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([[_safe(cell) for cell in row] for row in rows])
    return stream.getvalue()


def _safe(cell: Any) -> Any:
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA):
        return f"'{cell}"
    return "" if cell is None else cell


def _cells(row: Row, domains: Sequence[str]) -> list[Any]:
    about, accuracy = row.run.about, row.run.axes["accuracy"]
    model, timing = about["model"], row.run.timing.get("timing") or {}
    cells: list[Any] = [row.name, str(row.baseline).lower(), model["vendor"], about["profile"], row.run.mode]
    for axis in AXES:
        score = row.run.axes[axis]
        made = score.estimate
        cells += [made.value, made.low, made.high, made.n, made.clusters, made.missing, made.standing, made.reason, score.partial]
    parts = accuracy.parts
    cells += [parts[f"domain/{name}"].value if f"domain/{name}" in parts else None for name in domains]
    cells += [parts[f"state/{state}"].value if f"state/{state}" in parts else None for state in STATES]
    cells += [len(row.run.asked), model["parameters"], model["dtype"], model["note"], model["licence"], about["engine"]["name"]]
    return [*cells, timing.get("machine"), timing.get("energy_level"), row.above.standing, about["plan"]]


def _data(board: Board, tables: Sequence[Table], left: Sequence[LeftOut]) -> Mapping[str, Any]:
    """board.json: the board, each table with its key and its rows (all parts of all axes included), and what is left out."""
    return {
        "left_out": [
            {
                "model": out.run.about["model"],
                "plan": out.run.about["plan"],
                "failed": out.failed,
                "asked": out.asked,
                "reason": out.reason[1],
            }
            for out in left
        ],
        "board": board.model_dump(mode="json"),
        "tables": [
            {
                "key": table.key,
                "rows": [
                    {
                        "model": row.run.about["model"],
                        "engine": row.run.about["engine"],
                        "plan": row.run.about["plan"],
                        "report": f"models/{row.slug}.html",
                        "axes": {name: asdict(axis) for name, axis in row.run.axes.items()},
                        "machine": (row.run.timing.get("timing") or {}).get("machine", ""),
                        "against_above": asdict(row.above),
                    }
                    for row in table.rows
                ],
            }
            for table in tables
        ],
    }


def _page(board: Board, tables: Sequence[Table], left: Sequence[LeftOut]) -> str:
    rows = [row for table in tables for row in table.rows]
    counts, axis = Counter(row.baseline for row in rows), named(f"axis/{board.order}")
    view = {
        "board": board,
        "tables": tables,
        "left": left,
        "order": (axis[0], axis[1].lower()),
        "models": counts[False],
        "baselines": counts[True],
        "preview": any(table.key["profile"] == "preview" for table in tables),
        "trade": _trade([row.run for row in rows]),
        "medical": any("healthcare" in table.domains for table in tables),
        "counted": pair("row.model" if counts[False] == 1 else "rows", models=counts[False], baselines=counts[True]),
    }
    return environment().get_template("board.html").render(view) + "\n"


def _trade(runs: Sequence[Run]) -> Pair | None:
    items = {(item.suite, item.key): item for run in runs for item in run.items.values()}
    return trade_words(items.values(), {suite for run in runs for suite in run.about["suites"]})


def _table(runs: Sequence[Run], board: Board, slugs: Mapping[str, str]) -> Table:
    def place(run: Run) -> tuple[bool, float, str, str]:
        value = run.axes[board.order].estimate.value
        return value is None, -(value or 0.0), str(run.about["model"]["name"]), str(run.about["plan"])

    ranked = sorted(runs, key=place)
    rows = [Row(run=run, slug=slugs[run.about["plan"]]) for run in ranked]
    if board.order == "accuracy":
        compared = [compare(above, below) for above, below in pairwise(ranked)]
        rows = rows[:1] + [Row(run=row.run, slug=row.slug, above=made) for row, made in zip(rows[1:], compared, strict=True)]
    domains = tuple(sorted(ranked[0].about["suites"], key=_domain_place))
    parts = [part for run in ranked for name, part in run.axes["accuracy"].parts.items() if name.startswith("domain/")]
    return Table(
        key=board_key(ranked[0], board.order),
        rows=tuple(rows),
        domains=domains,
        scales=axis_scales(ranked),
        domain_scale=scale_of(parts, mark=0.0),
    )


def _scored(run: Run) -> dict[tuple[str, str], Score]:
    return {(row.suite, row.key): row for row in run.asked if row.value is not None}


def _domain_place(name: str) -> tuple[int, str]:
    return (DOMAINS.index(name) if name in DOMAINS else len(DOMAINS), name)


def _finished(board: Board) -> tuple[Path, ...]:
    root = Path(board.bundles)
    found = tuple(sorted(path.parent for path in root.glob("**/axes.json") if (path.parent / RUN_FILE).is_file()))
    if not found:
        raise UsageError(
            f"no finished bundle below {root} (board {board.name!r}); run `evalkit run configs/{board.name}.yaml` in this folder first, "
            "or name the bundles"
        )
    return found


def _distinct(runs: Sequence[Run]) -> list[Run]:
    held: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: str(run.folder)):
        other = held.setdefault(run.about["plan"], run)
        if other is not run:
            raise UsageError(
                f"{run.folder} and {other.folder} hold the same run of {run.about['model']['name']!r}; "
                "delete one of them, or name the bundles that the board shall show"
            )
    return list(held.values())


def _publishable(runs: Sequence[Run]) -> tuple[list[Run], tuple[LeftOut, ...]]:
    """Runs for the tables, and those left out (by name, then plan): a failure of ours blocks publication (design, rule 1)."""
    kept: list[Run] = []
    left: list[LeftOut] = []
    for run in runs:
        failed = {row.request for row in run.scores if row.value is None}
        if failed:
            left.append(LeftOut(run=run, failed=len(failed), asked=len({row.request for row in run.scores})))
        else:
            kept.append(run)
    if not kept:
        told = "; ".join(f"{out.run.folder} ({out.name}): {out.reason[1]}" for out in left)
        raise UsageError(f"no bundle can be published: {told}")
    return kept, tuple(sorted(left, key=lambda out: (out.name, out.run.about["plan"])))


def _slugs(runs: Sequence[Run]) -> dict[str, str]:
    """Plan > name of the report's file: the model's name in plain letters, with the plan's first digits where two are alike."""
    plain = {run.about["plan"]: re.sub(r"[^a-z0-9._-]+", "-", run.about["model"]["name"].lower()).strip("-.")[:80] for run in runs}
    often = Counter(plain.values())
    return {plan: slug if slug and often[slug] == 1 else f"{slug or 'model'}-{plan[:8]}" for plan, slug in plain.items()}


def _board_folders() -> tuple[Path, ...]:
    package = Path(__file__).parent
    beside = (package.parent / "leaderboards",) if (package.parent / "pyproject.toml").is_file() else ()
    return (*beside, Path("leaderboards"), package / "leaderboards")


def _site(board: Path, definition: Board) -> Path:
    """Beside board.yaml; for a board inside the installed package, in the current folder."""
    if board.resolve().is_relative_to(Path(__file__).parent.resolve()):
        return Path("leaderboards") / definition.name / "site"
    return board.parent / "site"


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as stream:
        stream.write(text)


def _reports_of(site: Path) -> set[str]:
    """File names of the reports that an earlier build of this site wrote: the only ones a new build may take away."""
    held = read_json(site / "data" / "board.json")
    tables = held.get("tables", ()) if isinstance(held, dict) else ()
    return {Path(str(row.get("report", ""))).name for table in tables for row in table.get("rows", ())} - {""}
