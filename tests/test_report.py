import hashlib
import json
import re
from base64 import b64encode
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evalkit.axes import PROFILES, summarise
from evalkit.bundle import read_json, write_json, write_parquet
from evalkit.errors import UsageError
from evalkit.messages import known_phrase, pair
from evalkit.records import AXES, STATES, Item, Review, Source
from evalkit.report import (
    CUT,
    WORST,
    _rule_groups,
    _rule_name,
    read_run,
    render_report,
    suites_of,
    trade_words,
    worst,
    write_report,
)
from tests.browser.made import FORMULA, HOSTILE, make_bundle


class Page(HTMLParser):
    """What a browser would see: elements with attributes, and texts outside script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside not in ("script", "style"):
            self.texts.append(data)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundle") / "run", f"m {HOSTILE}", seed=2, note="q4_1 weights computed in fp32")


@pytest.fixture(scope="module")
def text(bundle):
    return write_report(bundle).read_text(encoding="utf-8")


def test_the_same_bundle_gives_the_same_bytes(bundle, text):
    assert write_report(bundle).read_bytes() == text.encode()
    assert not [path for path in bundle.iterdir() if path.name.endswith(".part")]


def test_everything_a_reader_needs_is_there(bundle, text):
    run = read_run(bundle)
    headings = re.findall(r'<h2 id="([a-z]+)"', text)
    assert headings == ["axes", "accuracy", "states", "generality", "robustness", "calibration", "efficiency", "worst", "run", "words"]
    plain = " ".join(Page(text).texts)
    for words in ("preview: wide intervals, not for ranking", "预览档：区间很宽，不用于排名", "q4_1 weights computed in fp32",
                  "not a medical-device evaluation; no clinical use", "Whether a person of the trade has checked the items is not known", "Imaginary CPU 3000", "evalkit run made.yaml", run.about["plan"][:12],
                  run.about["model"]["weights_digest"][:12], "partial: 3 of 6 families", "no energy counter can be read"):  # fmt: skip
        assert words in plain, words
    for axis in AXES:
        value = run.axes[axis].estimate.value
        assert value is not None
        assert f'<span class="big">{value:.3f}</span>' in text.replace("−", "-")


def test_every_figure_in_a_table_has_its_counts(text):
    for table in re.findall(r'<table class="figures.*?</table>', text, re.DOTALL):
        for row in re.findall(r"<tbody>(.*?)</tbody>", table, re.DOTALL)[0].split("</tr>")[:-1]:
            counts = re.findall(r'<td class="num">(\d+)</td>', row)
            assert len(counts) == 3, row


def test_shares_have_the_counts_of_the_scores(bundle, text):
    asked = read_run(bundle).asked
    for state in STATES:
        count = sum(row.state == state for row in asked)
        assert f"{count} of {len(asked)}</span></td>" in text


def test_a_preview_is_marked_and_a_full_run_is_not(tmp_path, text):
    assert 'class="warn"' in text
    full = render_report(read_run(make_bundle(tmp_path / "full", profile="full", pairs=30)))
    assert 'class="warn"' not in full


def test_what_a_model_wrote_is_shown_and_never_acts(text):
    page = Page(text)
    plain = "".join(page.texts)
    assert "<script>alert(1)</script>\\u202eevil" in plain
    assert FORMULA in plain
    assert "\u202e" not in text
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "style"]
    assert "<b>what</b>" not in text


def test_long_answers_are_cut_visibly(bundle, text):
    lengths = [len(text_of) for text_of in re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL)]
    assert max(lengths) < CUT * 2 + 300
    run = read_run(bundle)
    shown = worst(run, 1000)["rows"]
    assert any(len(row["answer"]["text"]) > CUT for row in shown)
    assert "cut here;" in render_report(run) or not any(len(row["answer"]["text"]) > CUT for row in shown[:WORST])


def test_wrong_answers_come_from_all_domains_each_once(bundle):
    run = read_run(bundle)
    found = worst(run)
    keys = [row["score"].key for row in found["rows"]]
    assert len(keys) == len(set(keys)) == WORST
    assert {row["score"].suite for row in found["rows"]} == set(run.about["suites"])
    assert all(row["score"].value < 1 and row["score"].arm == "clean" for row in found["rows"])
    assert found["wrong"] == sum(row.value < 1 for row in run.asked)
    assert all(f"Question of {row['score'].item}:" in row["turns"][0]["content"] for row in found["rows"])


def test_nothing_is_loaded_from_elsewhere_and_the_policy_says_so(text):
    page = Page(text)
    links = [value for _, attributes in page.elements for name, value in attributes.items() if name in ("src", "href")]
    assert links
    assert all(link is not None and (link.startswith("#") or link == "data:,") for link in links)
    assert "url(" not in text
    assert "@import" not in text
    policy = next(str(attributes["content"]) for tag, attributes in page.elements if tag == "meta" and "http-equiv" in attributes)
    for kind in ("style", "script"):
        body = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        assert len(body) == 1
        assert f"'sha256-{b64encode(hashlib.sha256(body[0].encode()).digest()).decode()}'" in policy
    assert "unsafe" not in policy


def test_both_languages_are_written_everywhere(text):
    assert text.count('class="zh" lang="zh"') == text.count('class="en" lang="en"') > 100


def test_what_the_axes_said_is_in_chinese_too(bundle):
    for axis in read_run(bundle).axes.values():
        for made in (axis.estimate, *axis.parts.values()):
            assert known_phrase(made.method) or not made.method, made.method
            assert known_phrase(made.reason) or not made.reason, made.reason
        assert all(map(known_phrase, axis.notes)), axis.notes


def test_axes_without_a_figure_say_why(tmp_path):
    text = render_report(read_run(make_bundle(tmp_path / "b", "baseline:random", baseline=True)))
    plain = " ".join(Page(text).texts)
    assert "not reported" in plain
    assert "near chance" in plain
    assert "nothing was timed" in plain
    assert "A baseline reads no question" in plain
    assert ">None<" not in text
    assert "nan" not in plain.split()


def test_golds_come_from_the_bundle_alone(tmp_path, built_toy):
    """A bundle without its items says that right answers are not at hand; with them nothing else is read."""
    from evalkit.suite import item_line, load_suite

    folder = make_bundle(tmp_path / "b", domains=("toy",))
    item = load_suite(built_toy).items[0]
    assert suites_of(read_run(folder)) == ["toy"]
    assert "is not at hand" in render_report(read_run(folder))
    (folder / "items.jsonl").write_text(item_line(item) + "\n", encoding="utf-8")
    row = next(row for row in read_run(folder).scores if row.value == 0 and row.arm == "clean")
    answers = [{"item": item.key, "request": row.request, "ability": "generate", "prompt": "not json", "cue": "", "text": "x"}]
    write_parquet(folder / "scores.parquet", [asdict(row) | {"key": item.key, "item": item.id}])
    write_parquet(folder / "responses.parquet", answers)
    run = read_run(folder)
    assert "answered blind by nobody yet" in render_report(run)
    shown = worst(run)["rows"]
    assert [found["item"] for found in shown] == [item]
    assert str(item.answer if isinstance(item.answer, str) else "") in shown[0]["gold"]
    assert shown[0]["turns"] == [{"role": "user", "content": "not json"}]


def test_an_unknown_part_is_listed_not_dropped(bundle, tmp_path):
    folder = make_bundle(tmp_path / "b")
    axes = read_json(folder / "axes.json")
    axes[0]["parts"]["something/new"] = axes[0]["estimate"]
    write_json(folder / "axes.json", axes)
    assert "something/new" in render_report(read_run(folder))


def test_what_peak_memory_is_the_peak_of_stands_beside_it(bundle, text, tmp_path):
    assert "Peak memory</span>" in text
    folder = make_bundle(tmp_path / "b")
    held = read_json(folder / "timing.json")
    held["engine"] |= {"peak_bytes": 900 * 2**20, "peak_what": f"device memory {HOSTILE}"}
    write_json(folder / "timing.json", held)
    assert "Peak memory (device memory <script>alert(1)</script>\\u202eevil)" in "".join(Page(render_report(read_run(folder))).texts)


def untimed(folder: Path, reason: str) -> Path:
    """The bundle as a run leaves it whose timed passes failed."""
    (folder / "timing.json").unlink()
    axes = [asdict(axis) for axis in summarise(read_run(folder).scores, None, PROFILES["preview"])]
    axes[3]["estimate"]["reason"] = reason
    write_json(folder / "axes.json", axes)
    return folder


def test_a_failed_timed_pass_is_told_in_both_languages(tmp_path):
    reason = "a timed request failed (CUDA <b>error</b>; lost); answers are kept: run the same command again to measure"
    text = render_report(read_run(untimed(make_bundle(tmp_path / "b"), reason)))
    assert "a timed request failed (CUDA &lt;b&gt;error&lt;/b&gt;; lost); answers are kept" in text
    assert "计时的请求失败（CUDA &lt;b&gt;error&lt;/b&gt;; lost）；答案已保留" in text
    assert text.count("a timed request failed") == 2  # on the axis' card and in its section


@pytest.mark.parametrize("change", [{"machine_class": "toaster"}, {"energy_level": "L9"}, {"stream_s": [-1.0]}, {"colour": 1}])
def test_a_timing_that_cannot_be_is_refused(tmp_path, change):
    folder = make_bundle(tmp_path / "b", pairs=4)
    held = read_json(folder / "timing.json")
    held["timing"] |= change
    write_json(folder / "timing.json", held)
    with pytest.raises(UsageError):
        write_report(folder)


@pytest.mark.parametrize("broken", ["run.json", "axes.json", "scores.parquet", "responses.parquet"])
def test_an_unfinished_bundle_is_refused(tmp_path, broken):
    folder = make_bundle(tmp_path / "b", pairs=4)
    (folder / broken).unlink()
    with pytest.raises(UsageError, match=r"run"):
        write_report(folder)
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda about, axes: about.pop("plan"),
        lambda about, axes: about.update(profile="huge"),
        lambda about, axes: about.update(model={"name": "x"}),
        lambda about, axes: axes.pop(),
        lambda about, axes: axes[0]["estimate"].update(standing="proven"),
        lambda about, axes: axes[0].pop("parts"),
    ],
)
def test_a_bundle_that_is_not_what_it_should_be_is_refused_by_name(tmp_path, change):
    folder = make_bundle(tmp_path / "b", pairs=4)
    about, axes = read_json(folder / "run.json"), read_json(folder / "axes.json")
    change(about, axes)
    write_json(folder / "run.json", about)
    write_json(folder / "axes.json", axes)
    with pytest.raises(UsageError, match=re.escape(str(folder))):
        write_report(folder)


def _set(held, where, value):
    *outer, last = where
    for key in outer:
        held = held[key]
    held[last] = value


NAN, DEEP = float("nan"), "DEEP"
HOSTILE_VALUES = [
    ("run.json", ("model", "name"), 5, "model.name"),
    ("run.json", ("model", "parameters"), NAN, "model.parameters"),
    ("run.json", ("model", "parameters"), 10**400, "model.parameters"),
    ("run.json", ("model", "baseline"), "no", "model.baseline"),
    ("run.json", ("suites",), ["steel"], "suites"),
    ("run.json", ("suites",), {}, "suites"),
    ("run.json", ("suite_digests",), {"steel": "0"}, "suite_digests"),
    ("run.json", ("metrics",), {"steel": {"choice": 7}}, "metrics.steel.choice"),
    ("run.json", ("plan",), "../../../etc", "plan"),
    ("run.json", ("profile",), ["preview"], "profile"),
    ("run.json", ("sizes", "name"), "full", "sizes.name"),
    ("run.json", ("sizes", "cell_items"), "20", "sizes.cell_items"),
    ("run.json", ("config", "shots"), "3", "config.shots"),
    ("run.json", ("engine",), "echo", "engine"),
    ("run.json", ("versions",), [1], "versions"),
    ("run.json", ("machine", "memory_bytes"), "much", "machine.memory_bytes"),
    ("run.json", ("command",), None, "command"),
    ("run.json", ("more",), DEEP, "more"),
    ("axes.json", (0, "estimate", "value"), NAN, "0.estimate.value"),
    ("axes.json", (0, "estimate", "value"), "0.9", "0.estimate.value"),
    ("axes.json", (0, "estimate", "value"), True, "0.estimate.value"),
    ("axes.json", (0, "estimate", "high"), float("inf"), "0.estimate.high"),
    ("axes.json", (0, "estimate", "n"), 1e300, "0.estimate.n"),
    ("axes.json", (0, "parts", "domain/steel", "low"), "x", "0.parts.domain/steel.low"),
    ("axes.json", (0, "notes"), [1], "0.notes.0"),
    ("axes.json", (1, "axis"), "accuracy", "axis"),
    ("axes.json", (2, "parts", "operator/4x"), {"value": 1.0}, "operator/4x"),
    ("axes.json", (2, "parts", "operator/77"), {"value": 1.0}, "applies/77"),
    ("axes.json", (0, "notes"), DEEP, "0.notes"),
    ("timing.json", ("timing", "load_s"), NAN, "timing.load_s"),
    ("timing.json", ("timing", "peak_bytes"), "1 GB", "timing.peak_bytes"),
    ("timing.json", ("conditions", "drift"), "none", "conditions.drift"),
    ("timing.json", ("conditions", "before"), 3, "conditions.before"),
    ("timing.json", ("engine", "peak_what"), 3, "engine.peak_what"),
    ("timing.json", ("engine", "events"), DEEP, "engine.events"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "where", "value", "said"), HOSTILE_VALUES, ids=lambda value: str(value)[:30])
def test_a_strangers_value_is_refused_by_file_and_key(tmp_path, name, where, value, said):
    folder = make_bundle(tmp_path / "b", pairs=4)
    held = read_json(folder / name)
    _set(held, where, value)
    text = json.dumps(held).replace('"DEEP"', "[" * 60 + "]" * 60)
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        write_report(folder)
    assert str(folder / name) in str(raised.value)
    assert said in str(raised.value)
    assert len(str(raised.value)) < 1000
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": 7.0}, "out of its range"),
        ({"value": NAN}, "value"),
        ({"guess": 1.0}, "out of its range"),
        ({"task": "magic"}, "task"),
        ({"value": None}, "only an error of the run has no value"),
        ({"state": "errored"}, "only an error of the run has no value"),
        ({"suite": "weather"}, "holds the suites"),
    ],
)
def test_a_score_that_cannot_be_is_refused(tmp_path, change, said):
    folder = make_bundle(tmp_path / "b", pairs=4)
    rows = [asdict(row) for row in read_run(folder).scores]
    write_parquet(folder / "scores.parquet", [row | change if number == 3 else row for number, row in enumerate(rows)])
    with pytest.raises(UsageError, match=re.escape(str(folder))) as raised:
        write_report(folder)
    assert said in str(raised.value)


@pytest.mark.parametrize("change", [{"text": 5}, {"prompt": None}])
def test_responses_without_their_texts_are_refused(tmp_path, change):
    import pyarrow.parquet as pq

    folder = make_bundle(tmp_path / "b", pairs=4)
    rows = pq.read_table(folder / "responses.parquet").to_pylist()
    write_parquet(folder / "responses.parquet", [row | change for row in rows])
    with pytest.raises(UsageError, match=rf"responses\.parquet.*{next(iter(change))}"):
        write_report(folder)


def test_a_prompt_nested_without_end_is_shown_as_text(tmp_path):
    import pyarrow.parquet as pq

    folder = make_bundle(tmp_path / "b", pairs=4)
    rows = pq.read_table(folder / "responses.parquet").to_pylist()
    write_parquet(folder / "responses.parquet", [row | {"prompt": "[" * 100_000} for row in rows])
    assert "[" * 1000 in render_report(read_run(folder))


def test_the_way_choices_were_answered_is_read_from_the_responses(tmp_path):
    import pyarrow.parquet as pq

    folder = make_bundle(tmp_path / "b", pairs=4)
    assert read_run(folder).mode == "scored"
    rows = pq.read_table(folder / "responses.parquet").to_pylist()
    write_parquet(folder / "responses.parquet", [row | {"ability": "generate"} for row in rows])
    assert read_run(folder).mode == "generated"
    half = [row | {"ability": "generate"} if number % 2 else row for number, row in enumerate(rows)]
    write_parquet(folder / "responses.parquet", half)
    assert read_run(folder).mode == "mixed"
    assert json.loads(rows[0]["prompt"])[0]["role"] == "user"


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1])
def test_colours_have_the_contrast_of_wcag_aa(theme):
    """Text 4.5 to 1, drawings 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11), light and dark."""
    import evalkit

    style = (Path(evalkit.__file__).parent / "pages" / "style.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", re.findall(r":root \{(.*?)\}", style, re.DOTALL)[theme]))

    def ratio(one: str, other: str) -> float:
        high, low = sorted((_luminance(colours[one]), _luminance(colours[other])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for text, ground in (("ink", "page"), ("quiet", "page"), ("link", "page"), ("ink", "soft"), ("quiet", "soft"), ("warn", "warn-page")):
        assert ratio(text, ground) >= 4.5, (text, ground)
    for drawn in ("bar", "mark", *STATES):
        assert ratio(drawn, "page") >= 3, drawn


def test_pages_say_whether_people_of_the_trade_have_checked_the_items():
    made = {"task": "knowledge", "subarea": "s", "cluster": "c", "form": "text", "language": "en", "level": "recall", "stem": "?", "answer": "a"}
    items = [Item(id=str(place), suite="steel", source=Source(title="x"), **made) for place in range(4)]
    blind = [replace(item, review=Review(status="agreed", by="automatic")) for item in items]
    assert trade_words(items, ["steel"]) == trade_words(blind, ["steel"]) == pair("trade.none")
    checked = [replace(items[0], review=Review(status="agreed", by="trade")), *blind[1:]]
    told = trade_words(checked, ["steel"])
    assert told is not None
    assert told[1] == "A person of the trade has checked 1 of these 4 items."
    assert trade_words((), ["steel"]) == pair("trade.absent")
    assert trade_words([replace(item, suite="mmlu") for item in items], ["mmlu"]) is None


def test_scoring_rules_of_suites_alike_stand_together():
    rules = {"steel": {"compliance/json": "json_exact"}, "breeding": {"compliance/json": "json_exact"}, "healthcare": {"text": "x"}}
    assert _rule_groups(rules) == [(["breeding", "steel"], {"compliance/json": "json_exact"}), (["healthcare"], {"text": "x"})]
    assert _rule_name("compliance/json") == ("合规（JSON）", "compliance (JSON)")


def test_refusal_items_stand_apart_with_what_their_figure_rests_on(tmp_path):
    folder = make_bundle(tmp_path / "a", timed=False)
    rows = list(read_run(folder).scores)
    asked = [row for row in rows if row.suite == "steel" and row.arm == "clean" and row.run == 0][:4]
    own = {"task": "refusal", "form": "text", "guess": 0.0, "confidence": None, "brier": None, "chosen_place": None, "gold_place": None, "mistake": "", "parsed": "declined"}
    rows += [replace(row, key=f"r{place}", item=f"r{place}", cluster=f"r{place // 2}", value=float(place % 2), **own) for place, row in enumerate(asked)]
    write_parquet(folder / "scores.parquet", [asdict(row) for row in rows])
    write_json(folder / "axes.json", [asdict(axis) for axis in summarise(rows, None, PROFILES["preview"])])
    plain = " ".join(Page(render_report(read_run(folder))).texts)
    assert "Raw score of refusal items" in plain
    assert "the error rates measured on labelled answers are in docs/graders.md" in plain
