import csv
import io
import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from evalkit.axes import PROFILES, summarise
from evalkit.bundle import write_json, write_parquet
from evalkit.errors import ConfigError, UsageError
from evalkit.leaderboard import board_key, build_board, compare, csv_text, find_board, read_board, tables_of
from evalkit.meter import timing_of
from evalkit.records import DOMAINS
from evalkit.report import read_run
from evalkit.stats import paired_difference
from evalkit.suite import find_suite
from tests.browser.made import FORMULA, HOSTILE, make_bundle
from tests.test_report import untimed

GOLDEN = Path(__file__).parent / "golden" / "board.txt"
BOARD = """\
name: made
title: {zh: 试榜, en: Made board}
order: accuracy
bundles: runs/made
publisher: <i>Somebody</i>
contact: ""
licence: CC-BY-4.0
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("board")
    (root / "board.yaml").write_text(BOARD, encoding="utf-8")
    bundles = (
        make_bundle(root / "a", "Alpha-1B", skill=0.9, seed=1, licence="Apache-2.0"),
        make_bundle(root / "b", "Beta", skill=0.85, seed=2),
        make_bundle(root / "c", FORMULA, skill=0.3, seed=3),
        make_bundle(root / "d", f"Delta {HOSTILE}", skill=0.2, seed=4, energy=True),
        make_bundle(root / "e", "baseline:random", baseline=True, seed=5),
    )
    page = build_board(root / "board.yaml", bundles, out=root / "site")
    return root, bundles, page


def rows_of(page: Path, table: int = 0):
    text = page.read_text(encoding="utf-8")
    body = re.findall(r'<table class="board">.*?<tbody>(.*?)</tbody>', text, re.DOTALL)[table]
    plain = re.sub(r'<span class="zh".*?</span>|<svg.*?</svg>', "", body, flags=re.DOTALL)
    return [" | ".join(" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.split(r"</t[hd]>", row)[:-1])
            for row in plain.split("</tr>")[:-1]]  # fmt: skip


def test_rows_stand_in_the_order_of_their_value_and_say_what_a_pair_shows(made, request):
    _, _, page = made
    text = "\n".join(rows_of(page)) + "\n"
    if request.config.getoption("--update"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_order_and_comparison_by_an_independent_computation(made):
    root, bundles, _ = made
    (table,) = tables_of([read_run(folder) for folder in bundles], read_board(root / "board.yaml"))
    values = [row.run.axes["accuracy"].estimate.value for row in table.rows]
    assert values == sorted(values, reverse=True)
    for above, below in zip(table.rows, table.rows[1:], strict=False):
        one, two = ({row.key: (row.value - row.guess) / (1 - row.guess) for row in each.run.asked} for each in (above, below))
        difference = below.above.difference
        domains = {key.split("-")[0] for key in one}
        by_hand = np.mean([np.mean([one[key] - two[key] for key in one if key.startswith(f"{name}-")]) for name in domains])
        assert difference.value == pytest.approx(by_hand)
        assert difference.value == pytest.approx(values[table.rows.index(above)] - values[table.rows.index(below)])
        inside = difference.low <= 0 <= difference.high
        assert below.above.standing == ("same" if inside else "apart")
    assert table.rows[0].above.standing == "first"
    assert {row.above.standing for row in table.rows[1:]} == {"same", "apart"}


def test_a_comparison_of_nothing_in_common_is_no_comparison(tmp_path):
    one, two = read_run(make_bundle(tmp_path / "a", domains=("steel",))), read_run(make_bundle(tmp_path / "b", domains=("breeding",)))
    assert compare(one, two).standing == "none"


def test_equal_answers_are_not_separated_and_a_reversed_pair_says_so(tmp_path):
    run = read_run(make_bundle(tmp_path / "a"))
    assert compare(run, run).standing == "same"
    worse = replace(run, scores=tuple(replace(row, value=0.0) for row in run.scores))
    assert compare(run, worse).standing == "apart"
    assert compare(worse, run).standing == "reverse"


def test_missing_scores_are_left_out_and_counted(tmp_path):
    run = read_run(make_bundle(tmp_path / "a"))
    holes = tuple(replace(row, value=None, state="errored") if row.key.startswith("steel-knowledge-000") else row for row in run.scores)
    found = compare(run, replace(run, scores=holes)).difference
    assert (found.n, found.missing) == (len(run.asked) - 2, 2)
    assert paired_difference([1.0], [1.0], ["a"]).low is None


@pytest.mark.parametrize(
    ("axis", "change"),
    [
        (0, lambda axis: axis["estimate"].update(value=0.99)),
        (0, lambda axis: axis["estimate"].update(low=axis["estimate"]["low"] + 1e-6)),
        (0, lambda axis: axis["estimate"].update(n=axis["estimate"]["n"] + 1)),
        (0, lambda axis: axis["parts"]["domain/steel"].update(value=1.0)),
        (0, lambda axis: axis["parts"].pop("domain/steel")),
        (1, lambda axis: axis["parts"].update({"something/new": axis["estimate"]})),
        (2, lambda axis: axis.update(partial="")),
        (2, lambda axis: axis["notes"].append("certified")),
        (3, lambda axis: axis["estimate"].update(value=None, standing="not measured", reason="nothing was timed")),
    ],
)
def test_axes_that_are_not_those_of_the_scores_are_refused(made, tmp_path, axis, change):
    folder = make_bundle(tmp_path / "forged", "Forged", skill=0.5, seed=7)
    axes = json.loads((folder / "axes.json").read_text(encoding="utf-8"))
    change(axes[axis])
    write_json(folder / "axes.json", axes)
    with pytest.raises(UsageError, match=rf"axes\.json is not what its scores give: {axes[axis]['axis']}\b") as raised:
        build_board(made[0] / "board.yaml", (*made[1], folder), out=tmp_path / "site")
    assert str(folder) in str(raised.value)
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("reason", ["a timed request failed (no answer in 60 s)", "every timed prompt is longer than the model's context", "the device is gone"])
def test_a_bundle_whose_timing_failed_stands_with_its_other_axes_and_the_reason(made, tmp_path, reason):
    folder = untimed(make_bundle(tmp_path / "b", "Untimed", seed=7), reason)
    page = build_board(made[0] / "board.yaml", (folder,), out=tmp_path / "site")
    (row,) = rows_of(page)
    assert row.split(" | ")[-1] == f"not measured {reason}".replace("'", "&#39;")
    assert re.search("计时的(请求失败（no answer in 60 s）|提示都超出)|the device is gone", page.read_text(encoding="utf-8"))
    cells = next(csv.DictReader(io.StringIO((page.parent / "data" / "board.csv").read_text(encoding="utf-8"))))
    assert (cells["efficiency"], cells["efficiency_standing"], cells["efficiency_reason"]) == ("", "not measured", reason)


def test_without_a_timing_there_is_no_figure_of_efficiency(made, tmp_path):
    folder = make_bundle(tmp_path / "b", "Untimed", seed=7)
    (folder / "timing.json").unlink()
    with pytest.raises(UsageError, match=r"give: efficiency\."):
        build_board(made[0] / "board.yaml", (folder,), out=tmp_path / "site")


def test_the_board_says_what_peak_memory_is_the_peak_of(made, tmp_path):
    folder = make_bundle(tmp_path / "b", "Device", seed=7)
    held = json.loads((folder / "timing.json").read_text(encoding="utf-8"))
    held["engine"]["peak_what"] = "device memory"
    write_json(folder / "timing.json", held)
    page = build_board(made[0] / "board.yaml", (folder,), out=tmp_path / "site")
    assert "900 MiB n = 1 device memory" in rows_of(page, 3)[0]


def test_axes_are_those_of_the_scores_up_to_rounding(made, tmp_path):
    folder = make_bundle(tmp_path / "b", "Rounded", seed=7)
    axes = json.loads((folder / "axes.json").read_text(encoding="utf-8"))
    axes[0]["estimate"]["value"] += 1e-12
    write_json(folder / "axes.json", axes)
    assert build_board(made[0] / "board.yaml", (folder,), out=tmp_path / "site").is_file()


@pytest.mark.parametrize("change", [{"sizes": {"cell_items": 1}}, {"sizes": {"cell_clusters": 1}}])
def test_axes_are_computed_with_the_runs_own_sizes(made, tmp_path, change):
    """Cells made smaller after the run would give a generality that the run has not."""
    folder = make_bundle(tmp_path / "b", "Small", seed=7, pairs=6)
    about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    about["sizes"] |= change["sizes"]
    write_json(folder / "run.json", about)
    with pytest.raises(UsageError, match=r"axes\.json is not what its scores give: generality"):
        build_board(made[0] / "board.yaml", (folder,), out=tmp_path / "site")


def test_scores_of_one_item_twice_are_refused(made, tmp_path):
    folder = make_bundle(tmp_path / "b", "Twice", seed=7)
    rows = [asdict(row) for row in read_run(folder).scores]
    write_parquet(folder / "scores.parquet", [*rows, rows[0]])
    with pytest.raises(UsageError, match=r"cannot be computed from its scores.*two rows") as raised:
        build_board(made[0] / "board.yaml", (folder,), out=tmp_path / "site")
    assert str(folder) in str(raised.value)


def with_failures(folder: Path, count: int, arm: str = "clean") -> Path:
    """The bundle with `count` requests of the arm failed, and its axes made anew."""
    run = read_run(folder)
    chosen = {row.key for row in [row for row in run.scores if row.arm == arm][:count]}
    rows = [replace(row, value=None, state="errored", finish="error") if row.key in chosen else row for row in run.scores]
    write_parquet(folder / "scores.parquet", [asdict(row) for row in rows])
    write_json(folder / "axes.json", [asdict(axis) for axis in summarise(rows, timing_of(run.timing["timing"]), PROFILES["preview"])])
    return folder


@pytest.mark.parametrize("arm", ["clean", "perturbed"])
def test_a_bundle_in_which_requests_failed_is_named_and_not_ranked(made, tmp_path, arm):
    root, bundles, _ = made
    holed = with_failures(make_bundle(tmp_path / "holed", f"Holed {HOSTILE}", skill=0.99, seed=8), 3, arm)
    page = build_board(root / "board.yaml", (holed, *bundles), out=tmp_path / "site")
    text = page.read_text(encoding="utf-8")
    assert not [row for table in range(5) for row in rows_of(page, table) if "Holed" in row]
    assert rows_of(page) == rows_of(made[2])  # nobody else's row is changed by it
    asked = len(read_run(holed).scores)
    section = re.search(r'<h2 id="left-out">.*?</ul>', text, re.DOTALL)[0]
    assert "Holed &lt;script&gt;" in section
    assert f"3 of {asked} requests failed; run the same command again" in section
    data = json.loads((page.parent / "data" / "board.json").read_text(encoding="utf-8"))
    assert [(out["model"]["name"], out["failed"], out["asked"]) for out in data["left_out"]] == [(f"Holed {HOSTILE}", 3, asked)]
    assert "run the same command again" in data["left_out"][0]["reason"]
    assert "Holed" not in (page.parent / "data" / "board.csv").read_text(encoding="utf-8")
    assert len(list((page.parent / "models").iterdir())) == len(bundles)
    assert 'id="left-out"' not in made[2].read_text(encoding="utf-8")


def test_a_board_of_failed_bundles_alone_is_refused_by_name(made, tmp_path):
    holed = with_failures(make_bundle(tmp_path / "holed", "Holed"), 1)
    with pytest.raises(UsageError, match=r"Holed\): 1 of \d+ requests failed") as raised:
        build_board(made[0] / "board.yaml", (holed,), out=tmp_path / "site")
    assert str(holed) in str(raised.value)
    assert not (tmp_path / "site").exists()


def test_the_same_bundles_in_any_order_give_the_same_bytes(made, tmp_path):
    root, bundles, page = made
    again = build_board(root / "board.yaml", bundles[::-1], out=tmp_path / "site")
    files = sorted(path.relative_to(page.parent) for path in page.parent.rglob("*") if path.is_file())
    assert [path.as_posix() for path in files if path.parent.name != "models"] == ["data/board.csv", "data/board.json", "index.html"]
    assert len(files) == 3 + len(bundles)
    assert files == sorted(path.relative_to(again.parent) for path in again.parent.rglob("*") if path.is_file())
    for path in files:
        assert (page.parent / path).read_bytes() == (again.parent / path).read_bytes(), path


def test_links_stay_inside_the_folder_and_exist(made):
    _, _, page = made
    for path in [page, *sorted((page.parent / "models").glob("*.html"))]:
        text = path.read_text(encoding="utf-8")
        links = re.findall(r'\s(?:href|src)="([^"]*)"', text)
        assert links
        for link in links:
            assert not re.match(r"[a-z]+:|//|/", link) or link == "data:,", link
            if not link.startswith(("#", "data:")):
                assert (path.parent / link).is_file(), link


def test_hostile_names_and_outputs_are_text(made):
    _, _, page = made
    for path in [page, *(page.parent / "models").glob("*.html")]:
        text = path.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "<i>Somebody" not in text
        assert "\u202e" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.read_text(encoding="utf-8")
    assert all(re.fullmatch(r"[a-z0-9._-]+\.html", path.name) for path in (page.parent / "models").iterdir())


def test_no_cell_of_the_csv_starts_a_formula(made):
    _, bundles, page = made
    rows = list(csv.reader(io.StringIO((page.parent / "data" / "board.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 1 + len(bundles)
    assert {len(row) for row in rows} == {len(rows[0])}
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
        if cell.startswith("-"):
            assert float(cell) < 0  # a number, not a formula
    assert f"'{FORMULA}" in [row[1] for row in rows]
    for start in ("=1", "+1", "-1+2", "@x", " =1", "\t=1", "＝1"):
        assert csv_text([[start]]).lstrip('"').startswith("'")
    assert csv_text([["a,b", -0.5, None]]) == '"a,b",-0.5,\n'


def test_figures_of_the_downloads_are_those_of_the_bundles(made):
    _, bundles, page = made
    data = json.loads((page.parent / "data" / "board.json").read_text(encoding="utf-8"))
    held = {row["plan"]: row for table in data["tables"] for row in table["rows"]}
    rows = {row["plan"]: row for row in csv.DictReader(io.StringIO((page.parent / "data" / "board.csv").read_text(encoding="utf-8")))}
    for folder in bundles:
        about, axes = json.loads((folder / "run.json").read_text()), json.loads((folder / "axes.json").read_text())
        for axis in axes:
            assert held[about["plan"]]["axes"][axis["axis"]] == axis
            value = axis["estimate"]["value"]
            assert rows[about["plan"]][axis["axis"]] == ("" if value is None else str(value))


def test_bundles_of_other_keys_stand_in_other_tables(made, tmp_path):
    root, bundles, _ = made
    fast = make_bundle(tmp_path / "fast", "Alpha-1B", profile="fast", seed=9, skill=0.9)
    newer = make_bundle(tmp_path / "newer", "Alpha-1B", version="0.2.0", seed=9, skill=0.9)
    runs = [read_run(folder) for folder in (*bundles, fast, newer)]
    tables = tables_of(runs, read_board(root / "board.yaml"))
    assert [len(table.rows) for table in tables] == [5, 1, 1]
    assert len({json.dumps(board_key(run), sort_keys=True) for run in runs}) == 3
    page = build_board(root / "board.yaml", (*bundles, fast, newer), out=tmp_path / "site")
    text = page.read_text(encoding="utf-8")
    assert "there are 3 tables" in text
    assert "Fast runs" in text
    assert len(list((page.parent / "models").iterdir())) == 7  # one name three times, three files


def test_drawn_answers_are_another_table_and_both_say_how_they_were_written(made, tmp_path):
    root, bundles, _ = made
    drawn = make_bundle(tmp_path / "drawn", "Drawn", skill=0.9, seed=9)
    about = json.loads((drawn / "run.json").read_text(encoding="utf-8"))
    plain = board_key(read_run(drawn))
    write_json(drawn / "run.json", about | {"config": {**about["config"], "temperature": 0.0, "top_p": 1.0, "seed": "5"}})
    assert board_key(read_run(drawn)) == plain  # a greedy run has no seed
    write_json(drawn / "run.json", about | {"config": {**about["config"], "temperature": 0.7, "top_p": 0.9, "seed": HOSTILE}})
    assert len(tables_of([read_run(folder) for folder in (*bundles, drawn)], read_board(root / "board.yaml"))) == 2
    page = build_board(root / "board.yaml", (*bundles, drawn), out=tmp_path / "site")
    for path, greedy in ((page, True), (page.parent / "models" / "drawn.html", False)):
        text = path.read_text(encoding="utf-8")
        assert "drawn: temperature 0.7, top-p 0.9, seed" in text
        assert "抽样：温度 0.7" in text
        assert ("greedy: the likeliest token each time" in text) == greedy
        assert HOSTILE not in text


def test_another_scoring_rule_is_another_table_and_is_shown(made, tmp_path):
    root, bundles, _ = made
    other = make_bundle(tmp_path / "other", "Other", skill=0.9, seed=9)
    plain = board_key(read_run(other))
    about = json.loads((other / "run.json").read_text(encoding="utf-8"))
    write_json(other / "run.json", about | {"metrics": {suite: {} for suite in about["suites"]}})
    assert board_key(read_run(other)) == plain  # a bundle older than the key, and one without own rules
    write_json(other / "run.json", about | {"metrics": {"steel": {"calculation": f"evaluate:{HOSTILE}"}, "breeding": {}}})
    assert len(tables_of([read_run(folder) for folder in (*bundles, other)], read_board(root / "board.yaml"))) == 2
    page = build_board(root / "board.yaml", (*bundles, other), out=tmp_path / "site")
    for path in (page, page.parent / "models" / "other.html"):
        text = path.read_text(encoding="utf-8")
        assert "Scoring rules that suites name themselves" in text
        assert "calculation</span> → <code>evaluate:&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "Scoring rules that suites name themselves" not in made[2].read_text(encoding="utf-8")


def test_the_board_says_that_no_person_of_the_trade_has_checked_the_items(tmp_path):
    root = tmp_path
    (root / "board.yaml").write_text(BOARD, encoding="utf-8")
    bundles = [make_bundle(root / name, name, skill=0.8, seed=place) for place, name in enumerate(("one", "two"))]
    text = build_board(root / "board.yaml", bundles, out=tmp_path / "site").read_text(encoding="utf-8")
    for words in ("Whether a person of the trade has checked the items is not known", "无从得知是否经业内人员核对", "not a medical-device evaluation; no clinical use"):
        assert words in text
    items = [line for domain in DOMAINS for line in (find_suite(domain).built / "items.jsonl").read_text(encoding="utf-8").splitlines()[:3]]
    for bundle in bundles:
        (bundle / "items.jsonl").write_text("\n".join(items) + "\n", encoding="utf-8")
    text = build_board(root / "board.yaml", bundles, out=tmp_path / "site").read_text(encoding="utf-8")
    for words in ("No person of the trade has checked these items.", "这些题目尚未经任何业内人员核对。"):
        assert words in text


def test_previews_are_marked_on_the_page(made, tmp_path):
    root, _, page = made
    assert "Preview runs never make a public ranking." in page.read_text(encoding="utf-8")
    full = make_bundle(tmp_path / "full", profile="full", pairs=30)
    text = build_board(root / "board.yaml", (full,), out=tmp_path / "site").read_text(encoding="utf-8")
    assert "Preview runs never make" not in text


def test_another_axis_orders_by_its_value_with_unreported_last(made, tmp_path):
    _, bundles, _ = made
    (tmp_path / "board.yaml").write_text(BOARD.replace("order: accuracy", "order: robustness"), encoding="utf-8")
    page = build_board(tmp_path / "board.yaml", bundles, out=None)
    assert page == tmp_path / "site" / "index.html"
    rows = rows_of(page)
    assert "baseline:random" in rows[-1] or "not reported" in rows[-1]
    assert "There is no paired test of this axis yet." in page.read_text(encoding="utf-8")


def test_the_method_section_is_made_of_the_codes_constants(made):
    from evalkit.axes import OPERATORS

    text = made[2].read_text(encoding="utf-8")
    for row in OPERATORS:
        assert row.zh in text
        assert row.en in text
    for profile in PROFILES.values():
        assert f'<td class="num">{profile.stream_items}</td>' in text
    assert "500 s" in text
    assert "under 0.15" in text


def test_a_report_of_a_model_that_left_is_taken_away_and_nothing_else(made, tmp_path):
    root, bundles, _ = made
    site = tmp_path / "site"
    build_board(root / "board.yaml", bundles, out=site)
    (site / "models" / "mine.html").write_text("kept")
    build_board(root / "board.yaml", bundles[:1], out=site)
    assert sorted(path.name for path in (site / "models").iterdir()) == ["alpha-1b.html", "mine.html"]


def test_the_default_is_every_finished_bundle_below_the_boards_folder(made, tmp_path, monkeypatch):
    root, _, _ = made
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"evalkit run configs/made.yaml"):
        build_board(root / "board.yaml", (), out=tmp_path / "site")
    assert not (tmp_path / "site").exists()
    make_bundle(tmp_path / "runs" / "made" / "x", "X")
    (tmp_path / "runs" / "made" / "unfinished").mkdir()
    (tmp_path / "runs" / "made" / "unfinished" / "run.json").write_text("{}")
    page = build_board(root / "board.yaml", (), out=tmp_path / "site")
    assert len(rows_of(page)) == 1


def test_the_same_run_twice_is_refused_with_both_names(made, tmp_path):
    root, bundles, _ = made
    twin = make_bundle(tmp_path / "twin", "Alpha-1B", skill=0.9, seed=1, licence="Apache-2.0")
    with pytest.raises(UsageError, match="hold the same run") as raised:
        build_board(root / "board.yaml", (*bundles, twin), out=tmp_path / "site")
    assert str(twin) in str(raised.value)
    assert str(bundles[0]) in str(raised.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("publisher:", "publishers:"), "did you mean 'publisher'"),
        (("order: accuracy", "order: accurracy"), "did you mean 'accuracy'"),
        (("name: made", "name: ../made"), "name: "),
        (("title: {zh: 试榜, en: Made board}", "title: 7"), "title: "),
        (("bundles: runs/made\n", ""), "bundles: "),
    ],
)
def test_a_wrong_board_is_refused_with_what_would_work(tmp_path, change, said):
    path = tmp_path / "board.yaml"
    path.write_text(BOARD.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(said)):
        read_board(path)


def test_boards_are_found_by_name_or_path(tmp_path, monkeypatch):
    assert read_board(find_board("demo")).name == "demo"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leaderboards" / "mine").mkdir(parents=True)
    mine = tmp_path / "leaderboards" / "mine" / "board.yaml"
    mine.write_text(BOARD, encoding="utf-8")
    assert find_board("mine").resolve() == mine
    assert find_board(str(mine)) == mine
    assert find_board(str(mine.parent)) == mine
    with pytest.raises(UsageError, match="did you mean 'demo'"):
        find_board("demos")


def test_a_board_inside_the_installed_package_writes_its_site_to_the_current_folder(made, tmp_path, monkeypatch):
    from evalkit import leaderboard

    package = tmp_path / "site-packages" / "evalkit"
    (package / "leaderboards" / "made").mkdir(parents=True)
    (package / "leaderboards" / "made" / "board.yaml").write_text(BOARD, encoding="utf-8")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(leaderboard, "__file__", str(package / "leaderboard.py"))
    found = find_board("made")
    assert found == package / "leaderboards" / "made" / "board.yaml"
    page = build_board(found, made[1], out=None)
    assert page.resolve() == tmp_path / "work" / "leaderboards" / "made" / "site" / "index.html"
    assert [path.name for path in (package / "leaderboards" / "made").iterdir()] == ["board.yaml"]


def test_other_readers_or_other_questions_are_another_table_and_both_are_shown(made, tmp_path):
    root, bundles, _ = made
    later, fewer = (make_bundle(tmp_path / name, name.title(), skill=0.9, seed=9) for name in ("later", "fewer"))
    why = "4 code items of electronics were not asked: iverilog, which grades them, is not installed"
    for folder, change in ((later, {"scoring": "scoring/9"}), (fewer, {"left_out": [why]})):
        about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        write_json(folder / "run.json", about | change)
    tables = tables_of([read_run(folder) for folder in (*bundles, later, fewer)], read_board(root / "board.yaml"))
    assert sorted(len(table.rows) for table in tables) == [1, 1, len(bundles)]
    page = build_board(root / "board.yaml", (*bundles, later, fewer), out=tmp_path / "site")
    for path, words in ((page, ("scoring/9", "scoring/1", why)), (page.parent / "models" / "fewer.html", ("scoring/1", why))):
        text = path.read_text(encoding="utf-8")
        assert all(word in text for word in words)
    assert "电子信息的 4 道代码题未作答" in page.read_text(encoding="utf-8")
