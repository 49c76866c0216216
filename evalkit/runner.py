"""The run, on one screen."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from evalkit import registry
from evalkit.axes import Timing, summarise
from evalkit.bundle import ENGINE_FILE, LOG_FILE, Bundle
from evalkit.config import RunConfig
from evalkit.errors import RunError
from evalkit.meter import measure, timing_of
from evalkit.plan import SCORING_RULES, Plan, build_plan
from evalkit.protocols import Checking, Engine
from evalkit.provenance import code_state, command, machine, versions
from evalkit.records import AxisScore, Request, Response, Score
from evalkit.report import write_report
from evalkit.scoring import score


class Watcher(Protocol):
    """Told how a run gets on; the command line draws its progress from this."""

    def stage(self, name: str, total: int) -> None:
        """A stage of `total` steps begins."""
        ...

    def step(self, response: Response | None = None) -> None:
        """One step of the stage is done."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run leaves: its folder, its axes, and how many requests were answered, failed, and answered this time."""

    folder: Path
    plan: Plan
    axes: tuple[AxisScore, ...]
    answered: int
    failed: int
    fresh: int
    untimed: str = ""  # why the timed passes that the plan has could not be measured


def run(config: RunConfig, folder: Path, watcher: Watcher) -> Outcome:
    """Answer what the bundle still lacks, score, time, summarise, report. Call it again after a crash: it goes on."""
    engine: Engine = registry.find("engines", config.engine.name)(config.engine)
    plan = build_plan(config, engine)
    if isinstance(engine, Checking) and not (folder / LOG_FILE).is_file():  # a run that goes on was checked when it began
        engine.check(plan.requests)
    with Bundle.open(folder, about(config, plan, engine)) as bundle:
        bundle.write_items(plan.items.values())
        asked = bundle.unanswered(plan.requests)
        watcher.stage("answers", len(asked))
        answered(bundle, engine, asked, watcher)
        scores = bundle.write_scores(score(plan, bundle.responses()))
        timing, untimed = timed(bundle, plan, engine, watcher)
        axes = summarise(scores, timing, plan.profile, untimed=untimed)
        bundle.write_responses(plan.requests)
        bundle.write_axes(axes)
        write_report(folder)
    return _outcome(folder, plan, axes, scores, len(asked), untimed if plan.stream else "")


def answered(bundle: Bundle, engine: Engine, asked: Sequence[Request], watcher: Watcher) -> None:
    """Every request into the log as soon as it is answered; how, into engine.json: with the first answer, and however it ends."""
    before = bundle.read(ENGINE_FILE) or []  # a list: a run that was continued has been answered by several processes
    counts = {"answered": 0, "failed": 0}
    try:
        for response in engine.answer(asked):
            bundle.append(response)
            watcher.step(response)
            counts["failed" if response.finish == "error" else "answered"] += 1
            if sum(counts.values()) == 1:
                bundle.write(ENGINE_FILE, [*before, {"requests": len(asked), **counts, **engine.facts()}])
    finally:
        if sum(counts.values()):
            bundle.write(ENGINE_FILE, [*before, {"requests": len(asked), **counts, **engine.facts()}])


def about(config: RunConfig, plan: Plan, engine: Engine) -> Mapping[str, Any]:
    """run.json: all that a reader needs to know where the figures come from, and what a continued run must match."""
    return {
        "plan": plan.digest,
        "profile": plan.profile.name,
        "sizes": asdict(plan.profile),
        "suites": dict(plan.suites),
        "suite_digests": dict(plan.suite_digests),
        "metrics": {suite: dict(named) for suite, named in plan.metrics.items()},
        "scoring": SCORING_RULES,
        "config": config.model_dump(mode="json"),
        "model": asdict(engine.model),
        "engine": {"name": config.engine.name, "rules": engine.rules},
        "machine": dict(machine()),
        "versions": dict(versions()),
        "code": dict(code_state()),
        "command": command(),
        "requests": len(plan.requests),
        **({"left_out": list(plan.left_out)} if plan.left_out else {}),
    }


def timed(bundle: Bundle, plan: Plan, engine: Engine, watcher: Watcher) -> tuple[Timing | None, str]:
    """The timed passes, measured once a bundle, or why there is no timing: one failed request must not withhold the other axes."""
    held = bundle.read("timing.json")
    if held is None and not plan.stream:
        return None, "nothing was timed"
    if held is None:
        watcher.stage("timing", len(plan.stream) + len(plan.offline))
        try:
            timing, conditions = measure(engine, plan.stream, plan.offline, watcher.step)
        except RunError as error:
            return None, str(error)
        held = {"timing": asdict(timing), "conditions": conditions, "engine": dict(engine.facts())}
        bundle.write("timing.json", held)
    return timing_of(held["timing"]), ""


def _outcome(folder: Path, plan: Plan, axes: tuple[AxisScore, ...], scores: tuple[Score, ...], fresh: int, untimed: str) -> Outcome:
    failed = sum(row.state == "errored" for row in scores)
    return Outcome(folder=folder, plan=plan, axes=axes, answered=len(scores) - failed, failed=failed, fresh=fresh, untimed=untimed)
