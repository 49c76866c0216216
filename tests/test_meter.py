"""Measuring: what is timed, what voids it, and what cannot be measured is said."""

from dataclasses import replace
from pathlib import Path

import pytest

from evalkit import meter
from evalkit.config import RunConfig
from evalkit.engines.echo import EchoEngine
from evalkit.errors import RunError
from evalkit.plan import Plan, build_plan
from evalkit.records import Request


def _engine(**more: object) -> EchoEngine:
    return EchoEngine(answer=lambda request: request.options[0] if request.options else "Answer: 7", **more)  # type: ignore[arg-type]


@pytest.fixture
def plan(built_toy: Path) -> Plan:
    return build_plan(RunConfig(suites=(str(built_toy),)), EchoEngine())


def test_a_known_delay_is_what_is_measured(plan: Plan):
    engine = _engine(delay_s=0.05)
    seen: list[str] = []
    timing, conditions = meter.measure(engine, plan.stream, plan.offline, lambda response: seen.append(response.request))
    assert len(timing.stream_s) == len(plan.stream)
    assert all(0.05 <= seconds < 0.5 for seconds in timing.stream_s)
    assert timing.offline_items == (len(plan.offline),)
    assert 0.05 * len(plan.offline) <= timing.offline_s[0]
    assert len(engine.asked) == 2 + len(plan.stream) + len(plan.offline)  # one of each ability first, not counted
    assert len(seen) == len(plan.stream) + len(plan.offline)
    assert conditions["before"]["operations_per_second"] > 0


def test_first_tokens_are_of_written_answers_only(plan: Plan):
    timing, _ = meter.measure(_engine(), plan.stream, (), lambda _: None)
    assert len(timing.first_s) == sum(request.ability == "generate" for request in plan.stream)
    assert {request.ability for request in plan.stream} == {"score", "generate"}


def test_a_prompt_beyond_the_context_is_no_answer(plan: Plan, monkeypatch: pytest.MonkeyPatch):
    answer = EchoEngine.answer

    def short(self: EchoEngine, requests: list[Request]):
        for response in answer(self, requests):
            yield replace(response, finish="over_context") if response.finish == "scored" else response

    monkeypatch.setattr(EchoEngine, "answer", short)
    timing, _ = meter.measure(_engine(), plan.stream, plan.offline, lambda _: None)
    assert len(timing.stream_s) == sum(request.ability == "generate" for request in plan.stream)
    only_scored = [request for request in plan.stream if request.ability == "score"]
    with pytest.raises(RunError, match="longer than the model's context"):
        meter.measure(_engine(), only_scored, (), lambda _: None)


def test_the_peak_is_reset_before_the_passes(plan: Plan):
    engine = _engine()
    calls: list[int] = []
    engine.reset_peak = lambda: calls.append(len(engine.asked))  # type: ignore[attr-defined]
    meter.measure(engine, plan.stream, (), lambda _: None)
    assert calls == [2]  # after the warm-up, before the first timed request


def test_a_failed_request_voids_the_measurement(plan: Plan):
    with pytest.raises(RunError, match=r"a timed request failed \(gone\)"):
        meter.measure(_engine(fails=lambda request: "gone"), plan.stream, plan.offline, lambda _: None)


def test_energy_is_not_measured_and_says_why(plan: Plan):
    timing, _ = meter.measure(_engine(), plan.stream, (), lambda _: None)
    assert timing.energy_level == "L4"
    assert timing.joules is None
    assert timing.energy_reason


def test_rapl_is_found_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(meter, "_POWERCAP", tmp_path)
    monkeypatch.setattr(meter, "_nvml_devices", lambda: 0)
    assert meter.energy_reason() == "no energy counter can be read on this machine"
    (tmp_path / "intel-rapl:0").mkdir()
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("12345\n")
    assert meter.energy_reason().startswith("RAPL found, but")


def test_pressure_is_read_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(meter, "_PRESSURE", tmp_path / "cpu")
    assert meter.pressure() is None
    (tmp_path / "cpu").write_text("some avg10=12.50 avg60=1.00 avg300=0.10 total=1\nfull avg10=0.00\n")
    assert meter.pressure() == 12.5
    (tmp_path / "cpu").write_text("nonsense")
    assert meter.pressure() is None


def test_a_timing_comes_back_from_its_file(plan: Plan):
    import json
    from dataclasses import asdict

    timing, _ = meter.measure(_engine(), plan.stream, plan.offline, lambda _: None)
    assert meter.timing_of(json.loads(json.dumps(asdict(timing)))) == timing


def test_the_matrix_rate_is_a_rate():
    assert 1e8 < meter.matrix_rate(0.05) < 1e15
