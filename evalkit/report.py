"""One bundle to one page, report.html: everything a reader needs to believe a figure, or to doubt it.

The page is a function of the bundle's files alone; where a bundle holds no items, the page says that right answers are
not at hand.
"""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from evalkit import __version__, charts, messages
from evalkit.axes import BY_NUMBER, ENERGY_BAND_J, FAMILIES, OPERATORS, PROFILES, TIME_BANDS_S
from evalkit.axes.profiles import CLEAN_FLOOR, ENERGY_WORDS, GENERALITY_DOMAINS
from evalkit.bundle import RUN_FILE, read_axes, read_bundle_items, read_json, read_scores
from evalkit.canon import atomic_write, order_key
from evalkit.errors import UsageError
from evalkit.messages import Pair, figure, named, pair, phrase, visible
from evalkit.meter import PRESSURE_LIMIT, PROBE_DRIFT, timing_of
from evalkit.prompts import gold_text
from evalkit.records import (
    ABILITY_OF_TASK,
    AXES,
    DOMAINS,
    FORM_GROUP,
    LANGUAGES,
    LEVELS,
    STATES,
    AxisScore,
    Estimate,
    Item,
    Model,
    Profile,
    Score,
    Standing,
)

REPORT_FILE = "report.html"
WORST = 12  # wrong answers shown
CUT = 1200  # characters of a text that are shown
_COSTS = ("quality", "cost", "stream_p50", "stream_p95", "first_token_p50", "token_time_p50", "items_per_second", "tokens_per_second",
          "peak_memory", "load_time", "energy", "joules_per_correct")  # fmt: skip
_ORDER = (*DOMAINS, *LANGUAGES, *LEVELS, *ABILITY_OF_TASK, *dict.fromkeys(ABILITY_OF_TASK.values()), *FORM_GROUP, *FORM_GROUP.values())
_NEEDED = ("plan", "profile", "sizes", "suites", "suite_digests", "config", "model", "engine", "machine", "versions", "command", "requests")
_WIDEST = (-0.5, 1.5)  # bars of scores end here, whatever the intervals do; the numbers beside them do not


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished bundle as pages read it. `about` is run.json, `timing` timing.json (empty where nothing was timed)."""

    folder: Path
    about: Mapping[str, Any]
    axes: Mapping[str, AxisScore]
    timing: Mapping[str, Any]
    scores: tuple[Score, ...]
    items: Mapping[str, Item]  # key > item or variant that was asked; empty where the bundle holds none
    mode: str  # how choice items were answered: scored, generated, mixed or none

    @property
    def asked(self) -> list[Score]:
        """The first clean answer to each item, refusal items apart: what accuracy is made of."""
        return [row for row in self.scores if row.arm == "clean" and row.run == 0 and row.task != "refusal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a table of figures."""

    name: Pair
    estimate: Estimate
    key: str = ""

    @property
    def approximate(self) -> bool:
        """Whether the interval rests on few clusters."""
        return "interval approximate" in self.estimate.method


def write_report(folder: Path) -> Path:
    """Writes `folder`/report.html, whole or not at all, and returns its path; the same bundle gives the same bytes.

    Raises UsageError where the folder holds no finished run.
    """
    text = render_report(read_run(folder))
    path = folder / REPORT_FILE
    with atomic_write(path) as stream:
        stream.write(text)
    return path


def read_run(folder: Path) -> Run:
    """The finished bundle in `folder`. Raises UsageError where it is none, naming the file that is missing or broken."""
    about = read_json(folder / RUN_FILE)
    if not isinstance(about, dict):
        raise UsageError(f"{folder}: is not a bundle (no {RUN_FILE}); make one with `evalkit run`")
    try:
        axes: dict[str, AxisScore] = {axis.axis: axis for axis in read_axes(folder)}
        scores = read_scores(folder)
        timing = read_json(folder / "timing.json") or {}
        items = {item.key: item for item in read_bundle_items(folder)}
        _check(about, axes, timing)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise UsageError(f"{folder}: its files are not those of a finished run ({type(error).__name__}: {error})") from error
    return Run(folder=folder, about=about, axes=axes, timing=timing, scores=scores, items=items, mode=_mode(folder, scores))


def _check(about: Mapping[str, Any], axes: Mapping[str, AxisScore], timing: Mapping[str, Any]) -> None:
    """Refuses what pages could not show: bundles come from strangers."""
    lacking = [key for key in _NEEDED if key not in about] + [axis for axis in AXES if axis not in axes]
    if lacking:
        raise KeyError(lacking[0])
    Model(**about["model"])
    if about["profile"] not in PROFILES:
        raise ValueError(f"profile {about['profile']!r}")
    if timing:
        told = timing_of(timing["timing"])
        if told.machine_class not in TIME_BANDS_S or told.energy_level not in ENERGY_WORDS:
            raise ValueError(f"machine class {told.machine_class!r}, energy level {told.energy_level!r}")
    for axis in axes.values():
        for made in (axis.estimate, *axis.parts.values()):
            if made.standing not in get_args(Standing):
                raise ValueError(f"standing {made.standing!r}")


def render_report(run: Run, *, home: str = "") -> str:
    """The page of `run`; `home` is a relative link back to a board."""
    accuracy, generality = run.axes["accuracy"], run.axes["generality"]
    robustness, efficiency = run.axes["robustness"], run.axes["efficiency"]
    suites = suites_of(run)
    score_scale = scale_of([*accuracy.parts.values(), *generality.parts.values(), accuracy.estimate, generality.estimate], mark=0.0)
    kept = [part for name, part in robustness.parts.items() if name.split("/")[0] in ("operator", "family", "placebo", "positive")]
    kept_scale = scale_of([*kept, robustness.estimate], mark=1.0)
    tables = {name: lines(accuracy, name) for name in ("domain", "task", "form", "language", "level")}
    view = {
        "run": run,
        "about": run.about,
        "model": run.about["model"],
        "axes": [run.axes[name] for name in AXES],
        "scales": {"accuracy": score_scale, "generality": score_scale, "robustness": kept_scale, "share": scale_of([])},
        "cards": axis_scales([run]),
        "tables": tables,
        "whole": [Line(name=pair("corrected"), estimate=accuracy.estimate), *_some(accuracy, ("raw", "foundation"))],
        "refusal": _some(accuracy, ("refusal",)),
        "calibration": _some(accuracy, ("ece", "brier")),
        "states": states(accuracy, "state"),
        "refusal_states": states(accuracy, "refusal/state"),
        "facets": _facets(generality),
        "cells": lines(generality, "cell"),
        "operators": _operators(robustness),
        "families": lines(robustness, "family"),
        "gates": _some(robustness, ("clean", "stress", "weakest_family", "placebo", "positive")),
        "flips": _flips(robustness),
        "bins": _bins(run.asked),
        "efficiency": efficiency,
        "costs": _some(efficiency, _COSTS),
        "conditions": _conditions(run.timing),
        "worst": worst(run),
        "suites": suites,
        "reviews": {name: _review([item for item in run.items.values() if item.suite == name and item.key == item.id]) for name in suites},
        "machine": _machine(run.about.get("machine", {})),
        "code_state": _code_state(run.about.get("code", {})),
        "asked": Counter(row.suite for row in run.asked),
        "others": _others(run.axes),
        "home": home,
    }
    return environment().get_template("report.html").render(view) + "\n"


# what templates call


@cache
def environment() -> Environment:
    """Jinja2 over evalkit/pages: everything is escaped, an unknown name is an error."""
    made = Environment(
        loader=PackageLoader("evalkit", "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals |= {
        "version": __version__,
        "t": lambda key, **values: both(pair(key, **values)),
        "tt": lambda key, **values: _plain(pair(key, **values)),
        "pair": pair,
        "both": both,
        "named": named,
        "phrase": phrase,
        "figure": figure,
        "interval": messages.interval,
        "span": messages.span,
        "bar": bar,
        "counts": lambda rows: [(state, count) for state, count, _ in rows],
        "share_bar": _share_bar,
        "reliability": _reliability,
        "byte_size": messages.byte_size,
        "quantity": messages.quantity,
        "long": long,
        "code": lambda text: Markup("<code>{}</code>").format(visible(str(text))),
        "style": _asset("style.css"),
        "policy": _policy,
        "asset": _asset,
        "PROFILES": PROFILES,
        "OPERATORS": OPERATORS,
        "FAMILIES": FAMILIES,
        "TIME_BANDS_S": TIME_BANDS_S,
        "ENERGY_BAND_J": ENERGY_BAND_J,
        "ENERGY_WORDS": ENERGY_WORDS,
        "CLEAN_FLOOR": CLEAN_FLOOR,
        "GENERALITY_DOMAINS": GENERALITY_DOMAINS,
        "PROBE_DRIFT": PROBE_DRIFT,
        "PRESSURE_LIMIT": PRESSURE_LIMIT,
        "STATES": STATES,
        "AXES": AXES,
        "SIZES": tuple(made.name for made in fields(Profile) if made.name != "name"),
        "COSTS": ("stream_p50", "stream_p95", "items_per_second", "tokens_per_second", "peak_memory", "load_time", "energy"),
    }
    made.filters["visible"] = lambda text: visible(str(text))
    return made


def both(words: Pair) -> Markup:
    """A text in zh and en, of which the page's switch shows one; one text where both are the same."""
    chinese, english = (visible(text) for text in words)
    if chinese == english:
        return escape(chinese)
    return Markup('<span class="zh" lang="zh">{}</span><span class="en" lang="en">{}</span>').format(chinese, english)


def scale_of(estimates: Sequence[Estimate], *, mark: float | None = None) -> charts.Scale:
    """The scale that holds the figures and intervals of a table, 0 to 1 at least and -0.5 to 1.5 at most."""
    ends = [end for made in estimates if made.unit == "" for end in (made.value, made.low, made.high) if end is not None]
    return charts.scale_over([min(max(end, _WIDEST[0]), _WIDEST[1]) for end in ends], mark=mark)


def axis_scales(runs: Sequence[Run]) -> dict[str, charts.Scale]:
    """One scale for the four axes of all `runs`, so that bars can be compared; the line is 0, for robustness 1."""
    shared = scale_of([axis.estimate for run in runs for axis in run.axes.values()])
    return {name: replace(shared, mark=1.0 if name == "robustness" else 0.0) for name in AXES}


def bar(estimate: Estimate, scale: charts.Scale) -> Markup:
    """The interval bar of an estimate, with its numbers as text alternative."""
    told = f"{figure(estimate.value, estimate.unit)} {messages.interval(estimate) or _plain(pair('no_interval'))}"
    return Markup(charts.interval_bar(estimate.value, estimate.low, estimate.high, scale, title=told, desc=_plain(pair("interval"))))


def long(text: str, most: int = CUT) -> Markup:
    """A stranger's text as a block, at most `most` characters of it; where it is cut, the page says so."""
    shown = Markup('<pre dir="auto">{}{}</pre>')
    told = Markup(' <span class="chip">{}</span>').format(both(pair("cut", total=len(text)))) if len(text) > most else ""
    return shown.format(visible(text[:most]), told)


def _plain(words: Pair) -> str:
    return words[0] if words[0] == words[1] else f"{words[0]} / {words[1]}"


def _share_bar(counts: Sequence[tuple[str, int]]) -> Markup:
    told = ", ".join(f"{_plain(pair(f'state/{name}'))} {count}" for name, count in counts if count)
    return Markup(charts.share_bar(counts, title=told))


def _reliability(bins: Sequence[charts.Bin]) -> Markup:
    title, desc = _plain(pair("reliability")), _plain(pair("reliability.desc"))
    return Markup(charts.reliability(bins, title=title, desc=desc))


@cache
def _asset(name: str) -> Markup:
    source, _, _ = PackageLoader("evalkit", "pages").get_source(Environment(), name)
    return Markup(source)


def _policy(*scripts: str) -> str:
    """Content security policy: this page's own style and scripts by digest, nothing else, nothing from anywhere."""
    style, *others = (b64encode(sha256(_asset(name).encode()).digest()).decode() for name in ("style.css", *scripts))
    allowed = " ".join(f"'sha256-{made}'" for made in others) or "'none'"
    return f"default-src 'none'; style-src 'sha256-{style}'; script-src {allowed}; img-src data:; base-uri 'none'; form-action 'none'"


# from parts to tables


def lines(axis: AxisScore, group: str) -> list[Line]:
    """The parts "<group>/..." of an axis as a table, in the order of the records' own lists."""
    found = {name: part for name, part in axis.parts.items() if name.startswith(f"{group}/")}
    made = [Line(name=_name_of(name), estimate=part, key=name) for name, part in found.items()]
    return sorted(made, key=lambda line: (_place(line.key), line.key))


def states(axis: AxisScore, group: str) -> list[tuple[str, int, Estimate]]:
    """State, count and share for each way in which an answer can end; empty where the axis has none."""
    found = [(state, axis.parts.get(f"{group}/{state}")) for state in STATES]
    return [(state, round((part.value or 0) * part.n), part) for state, part in found if part is not None]


def suites_of(run: Run) -> list[str]:
    """Names of the run's suites in the order of the pages."""
    return sorted(run.about["suites"], key=lambda name: (_place(name), name))


def _place(key: str) -> tuple[int, ...]:
    return tuple(
        _ORDER.index(word) if word in _ORDER else (int(word) if word.isdecimal() else len(_ORDER)) for word in key.split("/")
    )


def _name_of(key: str) -> Pair:
    group, *rest = key.split("/")
    if group == "cell" and len(rest) == 2:
        prefix = {"form": "group"}.get(rest[0], rest[0])
        (zh, en), (zh_name, en_name) = named(f"facet/{rest[0]}"), named(f"{prefix}/{rest[1]}")
        return f"{zh}：{zh_name}", f"{en}: {en_name}"
    if group == "family" and rest[0].isdecimal() and int(rest[0]) in FAMILIES:
        zh, en = FAMILIES[int(rest[0])]
        return f"{rest[0]} {zh}", f"{rest[0]} {en}"
    return named(key)


def _some(axis: AxisScore, names: Sequence[str]) -> list[Line]:
    """The named parts that the axis has."""
    return [Line(name=pair(name), estimate=axis.parts[name], key=name) for name in names if name in axis.parts]


def _facets(axis: AxisScore) -> list[Line]:
    whole = _some(axis, ("mean", "evenness", "cross_fit"))
    inside = [
        Line(name=pair(group, facet=named(f"facet/{facet}")), estimate=part, key=name)
        for name, part in axis.parts.items()
        for group, _, facet in [name.partition("/")]
        if group in ("facet", "weakest")
    ]
    return whole + sorted(inside, key=lambda line: line.key.split("/")[::-1])


def _operators(axis: AxisScore) -> list[dict[str, Any]]:
    numbers = sorted(int(name.split("/")[1]) for name in axis.parts if name.startswith("operator/"))
    made = []
    for number in numbers:
        row = BY_NUMBER.get(number)
        applies = axis.parts[f"applies/{number}"]
        made.append(
            {
                "number": number,
                "name": (row.zh, row.en) if row else (str(number),) * 2,
                "family": row.family if row else "",
                "kept": axis.parts[f"operator/{number}"],
                "applies": round((applies.value or 0) * applies.n),
                "core": applies.n,
                "unread": axis.parts[f"unread/{number}"],
            }
        )
    return made


def _flips(axis: AxisScore) -> list[Line]:
    made = []
    for name, part in axis.parts.items():
        group, _, number = name.partition("/")
        if group in ("excess_flips", "right_to_wrong", "wrong_to_right"):
            row = BY_NUMBER.get(int(number))
            zh, en = (row.zh, row.en) if row else (number, number)
            made.append(Line(name=(f"{number} {zh}：{pair(group)[0]}", f"{number} {en}: {pair(group)[1]}"), estimate=part, key=name))
    single = ("hold3", "hold3_clean", "hold3_ratio", "template_spread", "template_second_worst", "option_prior")
    return made + _some(axis, single)


_KNOWN = ("state/", "refusal", "domain/", "task/", "form/", "language/", "level/", "facet/", "weakest/", "cell/", "operator/", "applies/",
          "unread/", "family/", "excess_flips/", "right_to_wrong/", "wrong_to_right/")  # fmt: skip


def _others(axes: Mapping[str, AxisScore]) -> list[Line]:
    """Parts that no table of the page names: nothing a bundle holds is left out because the page is older."""
    return [
        Line(name=(name, name), estimate=part, key=name)
        for axis in axes.values()
        for name, part in axis.parts.items()
        if not name.startswith(_KNOWN) and name not in messages.MESSAGES
    ]


def _bins(asked: Sequence[Score]) -> tuple[charts.Bin, ...]:
    rows = [row for row in asked if row.form == "choice" and row.confidence is not None and row.value is not None]
    return charts.reliability_bins([row.confidence or 0.0 for row in rows], [row.value or 0.0 for row in rows])


def _conditions(timing: Mapping[str, Any]) -> dict[str, Any]:
    held = timing.get("conditions") or {}
    before, after = held.get("before") or {}, held.get("after") or {}
    pressures = [value for value in (before.get("cpu_pressure"), after.get("cpu_pressure")) if value is not None]
    return {
        "before": before.get("operations_per_second"),
        "after": after.get("operations_per_second"),
        "drift": held.get("drift"),
        "pressures": pressures,
        "pressure": " / ".join(f"{value:g} %" for value in pressures),
        "timing": timing.get("timing") or {},
        "engine": timing.get("engine") or {},
    }


def _machine(held: Mapping[str, Any]) -> list[tuple[str, Any]]:
    made: list[tuple[str, Any]] = []
    for name in ("cpu", "accelerator", "cores", "threads", "architecture", "system", "hypervisor", "memory_bytes", "memory_limit_bytes"):
        value = held.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, bool):
            made.append((name, both(pair("yes" if value else "no"))))
        elif name.endswith("_bytes"):
            made.append((name.removesuffix("_bytes"), messages.byte_size(value)))
        else:
            made.append((name, visible(str(value))))
    return made


def _code_state(held: Mapping[str, Any]) -> Markup:
    if not held.get("commit"):
        return Markup("")
    changed = Markup(" ({})").format(both(pair("code.changed"))) if held.get("changed") else ""
    return Markup("<code>{}</code>{}").format(visible(str(held["commit"]))[:12], changed)


def _mode(folder: Path, scores: Sequence[Score]) -> str:
    choices = {(row.key, row.request) for row in scores if row.form == "choice"}
    found = {row["ability"] for row in _table(folder, ["item", "request", "ability"]) if (row["item"], row["request"]) in choices}
    names = {"score": "scored", "generate": "generated"}
    return "none" if not found else names.get(found.pop(), "mixed") if len(found) == 1 else "mixed"


def _table(folder: Path, columns: Sequence[str], requests: Sequence[str] | None = None) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    path = folder / "responses.parquet"
    if not path.is_file():
        raise UsageError(f"{folder}: holds no responses.parquet; finish the run with the same command")
    chosen = None if requests is None else [("request", "in", list(requests))]
    rows: list[dict[str, Any]] = pq.read_table(path, columns=list(columns), filters=chosen).to_pylist()
    return rows


# wrong answers


def worst(run: Run, most: int = WORST) -> dict[str, Any]:
    """Up to `most` wrong first answers: domains in turn, within one the answer forms in turn, the surest first."""
    wrong = [row for row in run.scores if row.arm == "clean" and row.run == 0 and row.value is not None and row.value < 1]
    queues = []
    for suite in sorted({row.suite for row in wrong}, key=lambda name: (_place(name), name)):
        inside = [row for row in wrong if row.suite == suite]
        forms = [sorted((row for row in inside if row.form == form), key=_surest) for form in sorted({row.form for row in inside})]
        queues.append(_in_turn(forms))
    shown = _in_turn(queues)[:most]
    answers = {}
    if shown:
        columns = ["item", "request", "ability", "prompt", "cue", "text"]
        answers = {(row["item"], row["request"]): row for row in _table(run.folder, columns, [row.request for row in shown])}
    rows = [_wrong(row, answers.get((row.key, row.request)), run.items.get(row.key)) for row in shown]
    return {"rows": rows, "wrong": len(wrong)}


def _surest(row: Score) -> tuple[float, float, str]:
    return row.value or 0.0, -(row.confidence or 0.0), order_key("worst", row.suite, row.key)


def _in_turn(queues: Sequence[Sequence[Score]]) -> list[Score]:
    return [row for turn in zip_longest(*queues) for row in turn if row is not None]


def _wrong(row: Score, answer: Mapping[str, Any] | None, item: Item | None) -> dict[str, Any]:
    turns = _turns(answer["prompt"]) if answer else []
    gold = ""
    if item is not None:
        gold = gold_text(item)
        if item.form == "choice":
            gold = f"{gold}. {item.answer}"
    return {"score": row, "turns": turns, "answer": answer, "item": item, "gold": gold}


def _turns(prompt: str) -> list[dict[str, str]]:
    """The messages of a prompt; what is not a list of messages is shown as it is."""
    try:
        return [{"role": str(turn["role"]), "content": str(turn["content"])} for turn in json.loads(prompt)]
    except (ValueError, TypeError, KeyError):
        return [{"role": "user", "content": str(prompt)}]


def _review(items: Sequence[Item]) -> Pair:
    if not items:
        return pair("review.absent")
    by = Counter(("none" if item.review.status == "unreviewed" else item.review.by or "none") for item in items)
    if set(by) <= {"none"}:
        return pair("review.none")
    return pair("review.some", person=by["person"] + by["trade"], automatic=by["automatic"], none=by["none"])
