"""The run as a whole: unbroken, resumed, killed at random moments, with failures, without disk."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from evalkit import registry, runner
from evalkit.bundle import ENGINE_FILE, LOG_FILE, read_axes, read_responses, read_scores
from evalkit.canon import rng_for
from evalkit.config import RunConfig
from evalkit.engines.echo import EchoEngine
from evalkit.errors import PlanMismatchError, RunError
from evalkit.records import Request, Response
from evalkit.screen import Silent
from tests import tiny

ROOT = Path(__file__).parent.parent
FILES = {"run.json", LOG_FILE, "responses.parquet", "scores.parquet", "axes.json", "report.html", "timing.json", ENGINE_FILE}
KILLS = {"load": 3, "answers": 5, "scoring": 2, "timing": 1, "export": 2}


@pytest.fixture
def config(built_toy: Path) -> RunConfig:
    return RunConfig(suites=(str(built_toy),), engine={"name": "echo"})  # type: ignore[arg-type]


def _echo(monkeypatch: pytest.MonkeyPatch, **more: object) -> list[EchoEngine]:
    """Every echo engine that a run makes from now on, right after the plain rule: the first option, and "7" in writing."""
    made: list[EchoEngine] = []

    def make(_: object) -> EchoEngine:
        made.append(EchoEngine(answer=lambda request: request.options[0] if request.options else "Answer: 7", **more))  # type: ignore[arg-type]
        return made[-1]

    find = registry.find
    monkeypatch.setattr(registry, "find", lambda kind, name: make if (kind, name) == ("engines", "echo") else find(kind, name))
    return made


def test_a_run_leaves_a_whole_bundle(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _echo(monkeypatch)
    outcome = runner.run(config, tmp_path / "run", Silent())
    assert {path.name for path in (tmp_path / "run").iterdir() if not path.name.startswith(".")} >= FILES
    assert outcome.failed == 0
    assert outcome.fresh == len({request.id for request in outcome.plan.requests})
    assert [axis.axis for axis in read_axes(tmp_path / "run")] == ["accuracy", "generality", "robustness", "efficiency"]
    assert all(axis.estimate.value is not None or axis.estimate.reason for axis in outcome.axes)
    assert len(read_scores(tmp_path / "run")) == len(outcome.plan.requests)


def test_the_same_command_again_asks_nothing_and_changes_nothing(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = _echo(monkeypatch)
    runner.run(config, tmp_path / "run", Silent())
    names = FILES - {LOG_FILE}
    before = {name: (tmp_path / "run" / name).read_bytes() for name in names}
    outcome = runner.run(config, tmp_path / "run", Silent())
    assert outcome.fresh == 0
    assert made[-1].asked == []
    assert {name: (tmp_path / "run" / name).read_bytes() for name in names} == before


def test_our_failures_are_counted_and_asked_again(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    broken = {"on": True}
    made = _echo(monkeypatch, fails=lambda request: "network down" if broken["on"] and "procedure" in request.item else "")
    config = config.model_copy(update={"efficiency": False})
    outcome = runner.run(config, tmp_path / "run", Silent())
    assert outcome.failed > 0
    accuracy = outcome.axes[0].estimate
    assert accuracy.missing == 1
    assert next(score.value for score in read_scores(tmp_path / "run") if score.item == "toy-procedure-001-en") is None
    broken["on"] = False
    outcome = runner.run(config, tmp_path / "run", Silent())
    assert outcome.failed == 0
    assert {request.split("#")[0] for request in _items(outcome, made[-1].asked)} == {"toy-procedure-001-en"}
    assert outcome.axes[0].estimate.missing == 0


def test_nothing_scored_is_an_error_not_an_empty_table(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _echo(monkeypatch, fails=lambda request: "network down")
    with pytest.raises(RunError, match="none of 13 items was scored"):
        runner.run(config.model_copy(update={"efficiency": False}), tmp_path / "run", Silent())
    assert not (tmp_path / "run" / "axes.json").exists()


def test_how_it_was_answered_is_kept_however_a_run_ends(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = _echo(monkeypatch)
    inner = EchoEngine.answer

    def broken_off(self: EchoEngine, requests: Sequence[Request]) -> Iterator[Response]:
        for number, response in enumerate(inner(self, requests)):
            if number == 3 and len(made) == 1:
                raise KeyboardInterrupt
            yield response

    monkeypatch.setattr(EchoEngine, "answer", broken_off)
    with pytest.raises(KeyboardInterrupt):
        runner.run(config, tmp_path / "run", Silent())
    (first,) = json.loads((tmp_path / "run" / ENGINE_FILE).read_text())
    outcome = runner.run(config, tmp_path / "run", Silent())
    whole = len({request.id for request in outcome.plan.requests})
    assert (first["requests"], first["answered"], first["failed"]) == (whole, 3, 0)
    again, second = json.loads((tmp_path / "run" / ENGINE_FILE).read_text())
    assert again == first
    assert (second["requests"], second["answered"], second["failed"]) == (whole - 3, whole - 3, 0)


def test_another_plan_is_refused(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _echo(monkeypatch)
    runner.run(config, tmp_path / "run", Silent())
    with pytest.raises(PlanMismatchError, match="another plan"):
        runner.run(config.model_copy(update={"limit": 2}), tmp_path / "run", Silent())


def test_a_time_without_an_answer_is_no_time(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seen: Counter[str] = Counter()

    def fails(request: Request) -> str:
        seen[request.id] += 1
        return "out of memory" if seen[request.id] > 1 else ""

    _echo(monkeypatch, fails=fails)
    outcome = runner.run(config, tmp_path / "run", Silent())
    assert outcome.untimed.startswith("a timed request failed (out of memory)")
    accuracy, *_, efficiency = read_axes(tmp_path / "run")
    assert accuracy.estimate.value is not None  # the other axes are not withheld
    assert efficiency.estimate.value is None
    assert efficiency.estimate.reason == outcome.untimed
    assert not (tmp_path / "run" / "timing.json").exists()
    _echo(monkeypatch)
    assert runner.run(config, tmp_path / "run", Silent()).untimed == ""  # measured by the same command, once it can be


# ------------------------------------------------------------------ a real (tiny) model in a process of its own


@pytest.fixture(scope="module")
def checkpoint() -> Path:
    return tiny.checkpoint("llama", chat="own bos", context=4096)


def _config_file(folder: Path, suite: Path, checkpoint: Path) -> Path:
    path = folder / "run.yaml"
    path.write_text(
        f"name: killed\nsuites: [{suite}]\nprofile: fast\nengine: {{name: local, model: {checkpoint}, device: cpu, batch_size: 2}}\n",
        encoding="utf-8",
    )
    return path


def _start(config: Path, folder: Path, stage: Path, **more: object) -> subprocess.Popen[str]:
    stage.write_text("start")
    answers = folder.with_name(f"{folder.name}.answers")
    answers.unlink(missing_ok=True)  # each process has its own
    command = [sys.executable, "-m", "tests.stages", str(config), str(folder), str(stage), str(answers)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)  # type: ignore[call-overload,no-any-return]


def _kill_at(process: subprocess.Popen[str], stage_file: Path, stage: str, delay: float) -> bool:
    """Whether SIGKILL came while the process was at `stage` (or had not got past it)."""
    while process.poll() is None and stage_file.read_text() != stage:
        time.sleep(0.002)
    time.sleep(delay)
    killed = process.poll() is None
    process.kill()
    process.communicate()
    return killed


def test_killed_anywhere_it_goes_on_and_ends_equal(built_toy: Path, checkpoint: Path, tmp_path: Path):
    config, stage = _config_file(tmp_path, built_toy, checkpoint), tmp_path / "stage"
    whole = _start(config, tmp_path / "whole", stage)
    _, errors = whole.communicate(timeout=300)
    assert whole.returncode == 0, errors
    rng, kills, durable, asked = rng_for("kills"), Counter[str](), set[str](), Counter[str]()
    for name in [name for name, times in KILLS.items() for _ in range(times)]:
        process = _start(config, tmp_path / "killed", stage)
        longest = {"load": 3.0, "answers": 2.0}.get(name, 0.02)
        kills[name] += _kill_at(process, stage, name, rng.random() * longest)
        asked.update(_asked_by(tmp_path / "killed", not_again=durable))
        held = _durable(tmp_path / "killed")
        assert held >= durable, "an answer was lost"
        durable = held
    last = _start(config, tmp_path / "killed", stage)
    _, errors = last.communicate(timeout=300)
    assert last.returncode == 0, errors
    asked.update(_asked_by(tmp_path / "killed", not_again=durable))
    assert set(asked) == _durable(tmp_path / "killed")
    assert sum(kills.values()) >= 12
    assert {name for name, times in kills.items() if times} >= {"load", "answers", "scoring", "export"}
    _same_results(tmp_path / "whole", tmp_path / "killed")


def _durable(folder: Path) -> set[str]:
    return {response.request for response in read_responses(folder)} if (folder / LOG_FILE).exists() else set()


def _asked_by(folder: Path, *, not_again: set[str]) -> list[str]:
    """What the last process's engine answered: nothing that was on disk when it started."""
    path = folder.with_name(f"{folder.name}.answers")
    answered = path.read_text().split() if path.exists() else []
    assert not not_again & set(answered), "an answer that was on disk was asked again"
    assert len(answered) == len(set(answered))
    return answered


def _same_results(whole: Path, killed: Path) -> None:
    log = sqlite3.connect(killed / LOG_FILE)
    asked = dict(log.execute("SELECT request, COUNT(*) FROM asked WHERE request <> '' GROUP BY request"))
    log.close()
    assert set(asked.values()) == {1}
    ours = {response.request: response for response in read_responses(killed)}
    theirs = {response.request: response for response in read_responses(whole)}
    assert set(ours) == set(theirs) == set(asked)
    for name, response in theirs.items():
        assert ours[name].text == response.text
        assert ours[name].loglikelihoods == pytest.approx(response.loglikelihoods, abs=1e-4)
    picked = ("key", "request", "value", "state", "parsed", "rule", "finish", "tokens_in", "tokens_out")
    rows = [[tuple(getattr(score, field) for field in picked) for score in read_scores(folder)] for folder in (whole, killed)]
    assert rows[0] == rows[1]
    before, after = (json.loads((folder / "axes.json").read_text(encoding="utf-8")) for folder in (whole, killed))
    for one, other in zip(before[:3], after[:3], strict=True):
        assert one["estimate"]["value"] == pytest.approx(other["estimate"]["value"])


def test_a_full_disk_tears_nothing_and_the_run_goes_on(built_toy: Path, checkpoint: Path, tmp_path: Path):
    """A limit on the size of files stands for a disk that fills up while answers come in."""
    config, stage = _config_file(tmp_path, built_toy, checkpoint), tmp_path / "stage"
    limited = _start(config, tmp_path / "run", stage, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)))
    _, errors = limited.communicate(timeout=300)
    assert limited.returncode != 0
    assert "StorageError" in errors
    assert "run the same command again" in errors or "cannot be written" in errors
    held = read_responses(tmp_path / "run")
    assert not (tmp_path / "run" / "scores.parquet").exists()
    again = _start(config, tmp_path / "run", stage)
    out, errors = again.communicate(timeout=300)
    assert again.returncode == 0, errors
    finished = read_responses(tmp_path / "run")
    assert {response.request for response in held} <= {response.request for response in finished}
    assert int(out) == len(finished) - len(held)


def test_ctrl_c_ends_within_seconds_and_says_how_to_go_on(built_toy: Path, checkpoint: Path, tmp_path: Path):
    config = _config_file(tmp_path, built_toy, checkpoint)
    command = [sys.executable, "-m", "evalkit", "run", str(config), "--out", str(tmp_path / "run")]
    process = subprocess.Popen(
        command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    while process.poll() is None and not _answers(tmp_path / "run"):
        time.sleep(0.05)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert process.returncode == 1
    assert "run the same command again" in errors
    assert "Traceback" not in errors
    assert _answers(tmp_path / "run") > 0


def _answers(folder: Path) -> int:
    return len(read_responses(folder)) if (folder / LOG_FILE).exists() and (folder / LOG_FILE).stat().st_size else 0


def _items(outcome: runner.Outcome, ids: list[str]) -> set[str]:
    names = {request.id: request.item for request in outcome.plan.requests}
    return {names[name] for name in ids}


def test_responses_know_no_order(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An engine may answer in any order: the scores are the same."""
    _echo(monkeypatch)
    config = config.model_copy(update={"efficiency": False})
    runner.run(config, tmp_path / "forward", Silent())
    answer = EchoEngine.answer

    def backwards(self: EchoEngine, requests: list[Request]) -> list[Response]:
        return list(answer(self, list(reversed(requests))))

    monkeypatch.setattr(EchoEngine, "answer", backwards)
    runner.run(config, tmp_path / "backward", Silent())
    assert read_scores(tmp_path / "forward") == read_scores(tmp_path / "backward")
