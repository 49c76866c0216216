"""One bundle to one page, report.html: everything a reader needs to believe a figure, or to doubt it.

The page is a function of the bundle's files alone; where a bundle holds no items, the page says that right answers are
not at hand.
"""

import json
import re
import reprlib
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from evalkit import __version__, charts, messages
from evalkit.axes import BY_NUMBER, ENERGY_BAND_J, FAMILIES, OPERATORS, PROFILES, TIME_BANDS_S, Timing
from evalkit.axes.profiles import CLEAN_FLOOR, ENERGY_WORDS, GENERALITY_DOMAINS
from evalkit.bundle import RUN_FILE, read_bundle_items, read_json, read_scores
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
)

REPORT_FILE = "report.html"
WORST = 12  # wrong answers shown
CUT = 1200  # characters of a text that are shown
_COSTS = ("quality", "cost", "stream_p50", "stream_p95", "first_token_p50", "token_time_p50", "items_per_second", "tokens_per_second",
          "peak_memory", "load_time", "energy", "joules_per_correct")  # fmt: skip
_ORDER = (*DOMAINS, *LANGUAGES, *LEVELS, *ABILITY_OF_TASK, *dict.fromkeys(ABILITY_OF_TASK.values()), *FORM_GROUP, *FORM_GROUP.values())
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

    @property
    def peak_what(self) -> str:
        """What the engine says its peak memory is the peak of; "" where it does not say."""
        return str((self.timing.get("engine") or {}).get("peak_what", ""))


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
    """The finished bundle in `folder`. Raises UsageError where it is none, naming the file and the key that is missing or wrong."""
    about = read_json(folder / RUN_FILE)
    if not isinstance(about, dict):
        raise UsageError(f"{folder}: is not a bundle (no {RUN_FILE}); make one with `evalkit run`")
    _about(folder / RUN_FILE, about)
    axes = _axes(folder)
    timing = _timing(folder)
    name = "scores.parquet"
    try:
        scores = _scores(folder)
        name = "items.jsonl"
        items = {item.key: item for item in read_bundle_items(folder)}
        name = "responses.parquet"
        mode = _mode(folder, scores)
    except (TypeError, KeyError, ValueError, AttributeError, OSError, RuntimeError, ArithmeticError) as error:
        raise UsageError(f"{folder / name}: is not that of a finished run ({_fault(error)})") from error
    suites = sorted({row.suite for row in scores})
    if suites != sorted(about["suites"]):
        raise UsageError(f"{folder}: scores.parquet holds the suites {suites}, {RUN_FILE} names {sorted(about['suites'])}")
    return Run(folder=folder, about=about, axes=axes, timing=timing, scores=scores, items=items, mode=mode)


# bundles come from strangers: what pages could not show, or would show wrongly, is refused by file and key


OLDEST_SCORING = "scoring/1"  # of bundles that do not say by which version of readers and metrics they were scored


class _Held(BaseModel):
    """Types are kept to the letter; keys of a later version pass, pages do not read them."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, extra="ignore", frozen=True, protected_namespaces=())


class _Settings(_Held):
    shots: int = Field(0, ge=0)
    temperature: float = Field(0.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    seed: str = ""


class _Rules(_Held):
    name: str
    rules: str


class _Machine(_Held):
    memory_bytes: int | None = None
    memory_limit_bytes: int | None = None


class _Code(_Held):
    commit: str = ""
    changed: bool = False


class _About(_Held):
    plan: str = Field(pattern=r"^[0-9a-f]{64}$")
    profile: Literal["preview", "fast", "full"]
    sizes: Profile
    suites: dict[str, str] = Field(min_length=1)
    suite_digests: dict[str, str]
    metrics: dict[str, dict[str, str]] = {}
    config: _Settings
    model: Model
    engine: _Rules
    machine: _Machine
    versions: dict[str, str]
    code: _Code = _Code()
    command: str
    requests: int
    left_out: list[str] = []
    scoring: str = OLDEST_SCORING


class _Probe(_Held):
    operations_per_second: float | None = None
    cpu_pressure: float | None = None


class _Conditions(_Held):
    before: _Probe | None = None
    after: _Probe | None = None
    drift: float | None = None


class _Facts(_Held):
    peak_what: str = ""


class _Timed(_Held):
    timing: Timing | None = None
    conditions: _Conditions | None = None
    engine: _Facts | None = None


_STRICT = ConfigDict(strict=True, allow_inf_nan=False, extra="forbid")
_ABOUT, _TIMED = TypeAdapter(_About), TypeAdapter(_Timed)
_AXES_HELD = TypeAdapter(tuple[AxisScore, ...], config=_STRICT)
_SCORES_HELD = TypeAdapter(list[Score], config=ConfigDict(strict=True, allow_inf_nan=False, revalidate_instances="always"))
_NUMBERED = ("operator", "applies", "unread", "excess_flips", "right_to_wrong", "wrong_to_right")
_NAME_LENGTH = 300  # characters of a suite's or a part's name
_DEPTH = 32  # a bundle's JSON has five levels
_LARGEST = 1e40  # no count, byte or second of a run comes near; products of two stay finite


def _checked(path: Path, held: Any, adapter: TypeAdapter[Any]) -> Any:
    """`held` as the record of `adapter`. Raises UsageError naming the file, the key, what was read and what is wanted."""
    for where, what in _odd(held):
        raise UsageError(f"{path}: {where}: {what}; this is not the file of a finished run")
    try:
        return adapter.validate_json(json.dumps(held))
    except ValidationError as error:
        raise UsageError(f"{path}: {_fault(error)}; this is not the file of a finished run") from error
    except UsageError as error:  # a record that refuses itself, such as a timing
        raise UsageError(f"{path}: {error}") from error


def _odd(held: Any, where: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Places of `held` that JSON can write and pages cannot show: numbers without end, bottomless nesting."""
    if depth > _DEPTH:
        yield where[:_NAME_LENGTH], f"nested more than {_DEPTH} levels deep"
    elif isinstance(held, dict | list):
        pairs = held.items() if isinstance(held, dict) else enumerate(held)
        for key, value in pairs:
            yield from _odd(value, f"{where}.{key}" if where else str(key), depth + 1)
    elif isinstance(held, int | float) and not abs(held) <= _LARGEST:  # holds for NaN too
        yield where[:_NAME_LENGTH], "a finite number was expected"


def _fault(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{type(error).__name__}: {error}"
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"]) or "the whole"
    return f"{where[:_NAME_LENGTH]}: {fault['msg']}, read {reprlib.repr(fault['input'])}"


def _about(path: Path, held: Mapping[str, Any]) -> None:
    about: _About = _checked(path, held, _ABOUT)
    if about.sizes.name != about.profile:
        raise UsageError(f"{path}: sizes.name: read {about.sizes.name!r} beside profile {about.profile!r}")
    if any(len(name) > _NAME_LENGTH for name in about.suites):
        raise UsageError(f"{path}: suites: a name has more than {_NAME_LENGTH} characters")
    for key, names in (("suite_digests", set(about.suite_digests)), ("metrics", set(about.metrics) | set(about.suites))):
        if names != set(about.suites):
            raise UsageError(f"{path}: {key}: its suites {sorted(names)} are not those of suites, {sorted(about.suites)}")


def _axes(folder: Path) -> dict[str, AxisScore]:
    path = folder / "axes.json"
    held = read_json(path)
    if held is None:
        raise UsageError(f"{folder}: holds no axes yet; finish the run with the same command")
    axes: tuple[AxisScore, ...] = _checked(path, held, _AXES_HELD)
    for axis, read in zip(axes, held, strict=True):
        lacking = [made.name for made in fields(AxisScore) if made.name not in read]
        if lacking:
            raise UsageError(f"{path}: {axis.axis}: {lacking[0]!r} is missing")
    names = [axis.axis for axis in axes]
    if sorted(names) != sorted(AXES):
        raise UsageError(f"{path}: axis: read {names}; each of {', '.join(AXES)} is wanted once")
    for axis in axes:
        _named_well(path, axis)
    return {axis.axis: axis for axis in axes}


def _named_well(path: Path, axis: AxisScore) -> None:
    """Refuses parts whose names the tables of operators cannot be made of."""
    for name in axis.parts:
        group, _, rest = name.partition("/")
        beside = [f"{other}/{rest}" for other in ("applies", "unread")] if group == "operator" else []
        alone = [other for other in beside if other not in axis.parts]
        wrong = group in _NUMBERED and not re.fullmatch(r"[0-9]{1,4}", rest)
        if wrong or alone or len(name) > _NAME_LENGTH:
            why = f"{alone[0]!r} is not beside it" if alone else "is no name of a part"
            raise UsageError(f"{path}: {axis.axis}.parts: {name[:_NAME_LENGTH]!r} {why}")


def _timing(folder: Path) -> Mapping[str, Any]:
    path = folder / "timing.json"
    held = read_json(path)
    if held is None:
        return {}
    _checked(path, held, _TIMED)
    try:
        if held.get("timing") is not None:
            timing_of(held["timing"])
    except (TypeError, UsageError) as error:
        raise UsageError(f"{path}: timing: {error}") from error
    kept: Mapping[str, Any] = held
    return kept


def _scores(folder: Path) -> tuple[Score, ...]:
    """The rows of scores.parquet; a value is in [0, 1], and None exactly where the state is "errored"."""
    rows = read_scores(folder)
    _SCORES_HELD.validate_python(list(rows))
    for row in rows:
        ends = ((row.value, 1.0), (row.guess, 1.0), (row.confidence, 1.0), (row.brier, 2.0))
        if any(value is not None and not -1e-9 <= value <= most + 1e-9 for value, most in ends) or row.guess >= 1:
            told = f"value {row.value}, guess {row.guess}, confidence {row.confidence}, brier {row.brier}"
            raise ValueError(f"{row.key}: one of {told} is out of its range")
        if (row.value is None) != (row.state == "errored"):
            raise ValueError(f"{row.key}: value {row.value} beside state {row.state!r}; only an error of the run has no value")
    return rows


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
        "trade": trade_words(run.items.values(), suites),
        "model": run.about["model"],
        "axes": [run.axes[name] for name in AXES],
        "scales": {"accuracy": score_scale, "generality": score_scale, "robustness": kept_scale, "share": scale_of([])},
        "cards": axis_scales([run]),
        "tables": tables,
        "metrics": {suite: rules for suite, rules in run.about.get("metrics", {}).items() if rules},
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
        "costs": _costs(efficiency, run.peak_what),
        "conditions": _conditions(run.timing),
        "worst": worst(run),
        "suites": suites,
        "reviews": {
            name: review_of([item for item in run.items.values() if item.suite == name and item.key == item.id]) for name in suites
        },
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
        "rule_name": _rule_name,
        "rule_groups": _rule_groups,
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
        "OLDEST_SCORING": OLDEST_SCORING,
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


def _rule_name(key: str) -> Pair:
    """Name of a form, of a task, or of a task in one form ("compliance/json"), which a suite's own scoring rule is for."""
    task, _, form = key.partition("/")
    if form:
        names = named(f"task/{task}"), named(f"form/{form}")
        return f"{names[0][0]}（{names[1][0]}）", f"{names[0][1]} ({names[1][1]})"
    return named(f"form/{key}" if f"form/{key}" in messages.MESSAGES else f"task/{key}")


def _rule_groups(metrics: Mapping[str, Mapping[str, str]]) -> list[tuple[list[str], Mapping[str, str]]]:
    """Suites that have the same scoring rules, together."""
    groups: list[tuple[list[str], Mapping[str, str]]] = []
    for suite, rules in sorted(metrics.items()):
        alike = next((names for names, held in groups if held == rules), None)
        if alike is None:
            groups.append(([suite], rules))
        else:
            alike.append(suite)
    return groups


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


def _costs(axis: AxisScore, peak_what: str) -> list[Line]:
    """What an item costs; beside peak memory, what it is the peak of."""
    what = pair("peak_memory.of", what=phrase(peak_what))
    return [replace(line, name=what) if peak_what and line.key == "peak_memory" else line for line in _some(axis, _COSTS)]


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


_SHOWN = ("item", "request", "ability", "prompt", "cue", "text")  # columns of responses.parquet that pages read


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
    kinds = {column.name: str(column.type) for column in pq.read_schema(path)}
    for name in _SHOWN:
        if kinds.get(name) not in ("string", "large_string"):
            raise ValueError(f"{name}: a column of texts was expected, read {kinds.get(name, 'none')}")
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
        answers = {(row["item"], row["request"]): row for row in _table(run.folder, _SHOWN, [row.request for row in shown])}
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
    except (ValueError, TypeError, KeyError, RecursionError):
        return [{"role": "user", "content": str(prompt)}]


def trade_words(items: Iterable[Item], suites: Iterable[str]) -> Pair | None:
    """Whether people of the trade have checked the items of evalkit's own suites, in plain words; None where none of those was asked."""
    if not set(suites) & set(DOMAINS):
        return None
    ours = [item for item in items if item.suite in DOMAINS and item.key == item.id]
    if not ours:
        return pair("trade.absent")
    checked = sum(item.review.by == "trade" for item in ours)
    return pair("trade.some", checked=checked, total=len(ours)) if checked else pair("trade.none")


def review_of(items: Sequence[Item]) -> Pair:
    """Who has answered the items blind, in words."""
    if not items:
        return pair("review.absent")
    by = Counter(("none" if item.review.status == "unreviewed" else item.review.by or "none") for item in items)
    if set(by) <= {"none"}:
        return pair("review.none")
    return pair("review.some", person=by["person"] + by["trade"], automatic=by["automatic"], none=by["none"])
