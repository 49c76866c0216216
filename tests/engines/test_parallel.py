"""A local model answered by several processes: the same answers, each once, whoever dies on the way, and nobody left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from evalkit.config import EngineConfig
from evalkit.engines import parallel
from evalkit.engines.local import LocalEngine
from evalkit.engines.parallel import REPLACED, ProcessesEngine, threads_each
from evalkit.engines.together import together
from evalkit.engines.worker import DRIVER_GIB, Task, neighbours, share, take_cards, with_limit
from evalkit.errors import ModelError, RunError, SuiteError
from evalkit.protocols import Checking
from evalkit.records import Message, Request, Response
from tests.contracts.engine import EngineLaws, answers, asked, assert_same, typical_requests
from tests.engines.hooked import HookedEngine, Hooks
from tests.tiny import checkpoint

ROOT = Path(__file__).parent.parent.parent


def _settings(**more: object) -> EngineConfig:
    return EngineConfig(model=str(checkpoint("llama", chat="own bos")), device="cpu", processes=2, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tiny_processes():
    """Two processes with a tiny model, kept for this module, and shards small enough that both have some."""
    patch = pytest.MonkeyPatch()
    patch.setattr(parallel, "SHARD_TOKENS", {"cpu": 30})
    engine = ProcessesEngine(_settings())
    yield engine
    engine.close()
    patch.undo()


@pytest.fixture
def hooked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes engines whose processes obey what they are asked; ends them after the test."""
    monkeypatch.setattr(parallel, "SHARD_TOKENS", {"cpu": 20})
    made: list[ProcessesEngine] = []

    def make(**more: object) -> ProcessesEngine:
        made.append(ProcessesEngine(Hooks(folder=str(tmp_path), **more), HookedEngine))  # type: ignore[arg-type]
        return made[-1]

    yield make
    (tmp_path / "go").touch()
    for engine in made:
        engine.close()
    assert not _alive(tmp_path)


def _alive(folder: Path) -> list[int]:
    """Processes that loaded there and have not ended."""
    pids = [int(path.name.split("-")[1]) for path in folder.glob("loaded-*")]
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def _many(count: int = 12, **told: str) -> list[Request]:
    """Requests to write, one or two of them in a shard; `item_7` is what the one of item "7" says."""
    return [replace(asked("generate", f"{number:02} {told.get(f'item_{number}', '')}"), item=str(number)) for number in range(count)]


def _answered(folder: Path) -> Counter[str]:
    return Counter(item for path in folder.glob("answered-*") for item in path.read_text().split())


def _events(engine: ProcessesEngine) -> dict[str, int]:
    return {event["event"]: event["times"] for event in engine.facts()["events"]}


def _wait(there: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


# ---------------------------------------------------------------- the same answers


class TestLaws(EngineLaws):
    @pytest.fixture
    def engine(self, tiny_processes):
        return tiny_processes


def test_the_same_as_one_process_and_both_have_worked(tiny_processes):
    alone = LocalEngine(_settings())
    assert (tiny_processes.model, tiny_processes.rules, tiny_processes.abilities) == (alone.model, alone.rules, alone.abilities)
    requests = typical_requests()
    together_, expected = answers(tiny_processes, requests), answers(alone, requests)
    for name, response in expected.items():
        assert_same(together_[name], response)
    facts = tiny_processes.facts()
    assert facts["processes"] == 2
    assert facts["device"] == "cpu"
    assert facts["threads"] == 1
    assert facts["load_s"] > 0
    assert facts["peak_bytes"] > 2 * 50_000_000
    assert facts["rules"] == alone.rules
    assert tiny_processes.prompt_tokens(requests[0]) == alone.prompt_tokens(requests[0])


def test_making_one_starts_no_process_and_the_factory_counts():
    before = psutil.Process().children(recursive=True)
    assert isinstance(parallel.engine(_settings()), ProcessesEngine)
    assert type(parallel.engine(_settings().model_copy(update={"processes": 1}))) is LocalEngine
    assert ProcessesEngine(_settings()).facts()["processes"] == 2
    assert psutil.Process().children(recursive=True) == before


def test_what_the_model_lacks_is_said_before_anything_is_answered(tmp_path: Path):
    weights = LocalEngine(_settings()).model.parameters * 4 / 2**30  # type: ignore[operator]
    with pytest.raises(ModelError, match=r"each process's part of .* GiB, .*: fewer processes would work too"):
        ProcessesEngine(_settings(memory_gib=DRIVER_GIB + 1.5 * weights))
    ProcessesEngine(_settings(memory_gib=DRIVER_GIB + 2.1 * weights))
    with pytest.raises(ModelError):
        ProcessesEngine(_settings().model_copy(update={"model": str(tmp_path)}))


@pytest.mark.parametrize("over", [0.0, -0.1, 1e-6])
def test_a_part_of_nothing_is_no_absent_limit(monkeypatch: pytest.MonkeyPatch, over: float):
    """The driver takes the whole limit; "auto" is the CPU here and is asked beforehand as well."""
    monkeypatch.setattr(parallel, "device_of", lambda asked: "cpu" if asked == "auto" else asked)
    for device in ("auto", "cpu"):
        with pytest.raises(ModelError, match="fewer processes would work too"):
            ProcessesEngine(_settings(memory_gib=DRIVER_GIB + over).model_copy(update={"device": device}))


def test_prompts_are_held_only_while_shards_are_cut(hooked):
    requests = [replace(request, messages=(Message(role="user", content=f"{number:02} " + "long " * 100_000),)) for number, request in enumerate(_many())]
    engine = hooked()
    engine.load()
    tracemalloc.start()
    try:
        waiting = engine._shards(requests)
        held, highest = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(len(shard.requests) for shard in waiting) == len(requests)
    assert highest > 12 * 500_000  # they were compared
    assert held < 100_000


def test_what_one_engine_refuses_beforehand_is_refused_without_processes(hooked, tmp_path: Path):
    engine = hooked()
    with pytest.raises(SuiteError, match="item 3 has no text"):
        engine.check([*_many(3), replace(asked("generate", ""), item="3")])
    assert isinstance(engine, Checking)
    assert not _alive(tmp_path)


# ---------------------------------------------------------------- who answers


def test_each_request_once_by_all_processes(hooked, tmp_path: Path):
    engine = hooked(processes=3)
    requests = _many(24, item_0="stall", item_8="stall", item_16="stall")
    got = []
    reader = threading.Thread(target=lambda: got.extend(engine.answer(requests)))
    reader.start()
    _wait(lambda: len(list(tmp_path.glob("stalled-*"))) == 3)  # all three work at the same time
    (tmp_path / "go").touch()
    reader.join(30)
    assert sorted(response.request for response in got) == sorted(request.id for request in requests)
    assert set(_answered(tmp_path).values()) == {1}
    assert len(list(tmp_path.glob("answered-*"))) == 3
    assert _events(engine) == {"a group was halved": 6}


def test_an_answer_comes_as_soon_as_it_is_there(hooked, tmp_path: Path):
    """While one process stalls, the others' answers are had; nothing waits for the slowest."""
    engine = hooked()
    coming = engine.answer(_many(12, item_3="stall"))
    early = [next(coming) for _ in range(9)]
    assert not (tmp_path / "go").exists()
    (tmp_path / "go").touch()
    assert len({response.request for response in [*early, *coming]}) == 12


def test_a_single_request_is_the_first_process_s_and_all_have_loaded_before(hooked, tmp_path: Path):
    engine = hooked()
    (only,) = engine.answer(_many(1))
    assert only.text == "00 "
    assert len(list(tmp_path.glob("loaded-*"))) == 2
    for request in _many(6):
        list(engine.answer([request]))
    assert len(list(tmp_path.glob("answered-*"))) == 1


# ---------------------------------------------------------------- who dies


def test_a_process_killed_in_mid_run_loses_nothing(hooked, tmp_path: Path):
    engine = hooked()
    requests = _many(12, item_5="stall")
    got = []
    reader = threading.Thread(target=lambda: got.extend(engine.answer(requests)))
    reader.start()
    _wait(lambda: list(tmp_path.glob("stalled-*")))
    (stalled,) = tmp_path.glob("stalled-*")
    os.kill(int(stalled.name.split("-")[1]), signal.SIGKILL)
    _wait(lambda: len(list(tmp_path.glob("stalled-*"))) == 2)
    (tmp_path / "go").touch()
    reader.join(30)
    assert sorted(response.request for response in got) == sorted(request.id for request in requests)
    assert all(response.finish == "stop" for response in got)
    (event,) = [event for event in _events(engine) if event.startswith("process ")]
    assert "of 2 ended by signal 9" in event
    assert "taken over" in event
    engine.load()  # until the one that replaces it is there too
    assert len(_alive(tmp_path)) == 2
    assert engine.facts()["work"] == {"tokens": 21}  # the dead one's too


@pytest.mark.parametrize(("item", "deaths"), [(0, 4), (11, 2)], ids=["first", "last"])
@pytest.mark.parametrize("word", ["die", "raise"])
def test_a_request_that_ends_processes_is_given_up_and_the_others_are_not(
    hooked, monkeypatch: pytest.MonkeyPatch, word: str, item: int, deaths: int
):
    """One shard of all. With others behind it: twice in the shard, which is split then, and twice alone."""
    monkeypatch.setattr(parallel, "SHARD_TOKENS", {"cpu": 1000})
    engine = hooked()
    requests = _many(12, **{f"item_{item}": word})
    found = answers(engine, requests)
    (failed,) = [response for response in found.values() if response.finish == "error"]
    assert failed.request == requests[item].id
    assert failed.error.startswith("process ended " + ("by signal 9" if word == "die" else "with exit code 1 (RuntimeError: the device is gone)"))
    assert sum(times for event, times in _events(engine).items() if event.startswith("process ")) == deaths
    assert len(answers(engine, _many(12))) == 12  # the engine lives on


def test_a_death_that_was_chance_costs_no_answer(hooked):
    engine = hooked()
    assert {response.finish for response in answers(engine, _many(8, item_2="die once")).values()} == {"stop"}


class Unreadable:
    """Pickles, and raises where it is read."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return int, ("no number",)


def test_a_process_that_cannot_read_an_order_ends_and_is_replaced(hooked):
    engine = hooked()
    engine.load()
    engine._crew[0].tell(("answer", Unreadable()))
    got: list[Response] = []
    reader = threading.Thread(target=lambda: got.extend(engine.answer(_many(8))), daemon=True)
    reader.start()
    reader.join(30)
    assert not reader.is_alive(), "both sides wait for each other"
    assert [response.finish for response in got] == ["stop"] * 8
    (event,) = [event for event in _events(engine) if event.startswith("process ")]
    assert "process 1 of 2 ended with exit code 1 (ValueError: invalid literal for int" in event


def test_when_all_are_gone_the_rest_is_our_failure_and_not_a_score(hooked, tmp_path: Path):
    engine = hooked(processes=2)
    requests = _many(14, **{f"item_{number}": "die" for number in range(14)})
    found = answers(engine, requests)
    assert {response.finish for response in found.values()} == {"error"}
    assert all(response.error.startswith("process ended by signal 9") for response in found.values())
    assert len(list(tmp_path.glob("loaded-*"))) == 2 + 2 * REPLACED
    assert not _alive(tmp_path)
    assert any("no process is left" in event for event in _events(engine))
    assert {response.finish for response in answers(engine, _many(4)).values()} == {"stop"}  # asked again, it starts afresh


def test_processes_that_die_while_they_load(hooked, tmp_path: Path):
    engine = hooked(load="die")
    assert {response.finish for response in answers(engine, _many(4)).values()} == {"error"}
    assert len(list(tmp_path.glob("loaded-*"))) == 4  # each was tried once more
    with pytest.raises(RunError, match="no process could load echo: the last one ended by signal 9"):
        engine.load()


def test_a_model_that_cannot_be_loaded_ends_the_run_as_it_does_alone(hooked, tmp_path: Path):
    with pytest.raises(ModelError, match="the weights are torn"):
        list(hooked(load="refuse").answer(_many(4)))
    assert not _alive(tmp_path)


def test_an_engine_that_does_not_answer_is_told_on(hooked):
    found = answers(hooked(), _many(6, item_2="silent"))
    assert Counter(response.error for response in found.values()) == {"": 5, "the engine gave no answer to it": 1}


# ---------------------------------------------------------------- nobody is left behind


def test_a_reader_that_stops_early_ends_the_processes(hooked, tmp_path: Path):
    engine = hooked()
    coming = engine.answer(_many(12, item_3="stall"))
    next(coming)
    with pytest.raises(RunError, match="still answering an earlier call"):
        next(engine.answer(_many(2)))
    _wait(lambda: len(_alive(tmp_path)) == 2)
    coming.close()
    assert not _alive(tmp_path)


def test_an_engine_that_is_no_longer_used_ends_its_processes(hooked, tmp_path: Path):
    engine = ProcessesEngine(Hooks(folder=str(tmp_path)), HookedEngine)  # type: ignore[arg-type]
    engine.load()
    assert len(_alive(tmp_path)) == 2
    del engine
    assert not _alive(tmp_path)


DRIVER = """
from evalkit.engines.parallel import ProcessesEngine
from tests.contracts.engine import asked
from tests.engines.hooked import HookedEngine, Hooks
import sys
engine = ProcessesEngine(Hooks(folder=sys.argv[1]), HookedEngine)
try:
    print(len(list(engine.answer([asked("generate", f"{number} {sys.argv[2]}") for number in range(4)]))))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.fixture
def driver(tmp_path: Path):
    """Starts a script without a guard for its main module: processes must not run it again."""
    with contextlib.ExitStack() as started:

        def start(word: str, *, as_file: bool = False) -> "subprocess.Popen[str]":
            script = tmp_path / "driver.py"
            script.write_text(DRIVER)
            command = [sys.executable, *([str(script)] if as_file else ["-c", DRIVER]), str(tmp_path), word]
            made = started.enter_context(subprocess.Popen(
                command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
            ))  # fmt: skip
            started.callback(made.kill)
            return made

        yield start


@pytest.mark.parametrize("as_file", [True, False])
def test_a_script_without_a_guard_works_and_leaves_nothing(driver, tmp_path: Path, as_file: bool):
    process = driver("", as_file=as_file)
    out, errors = process.communicate(timeout=60)
    assert (out, errors, process.returncode) == ("4\n", "", 0)
    _wait(lambda: not _alive(tmp_path), 5)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_the_driver_s_end_is_the_processes_end_within_seconds(driver, tmp_path: Path, name: str):
    process = driver("stall")
    _wait(lambda: list(tmp_path.glob("stalled-*")) and len(_alive(tmp_path)) == 2, 60)
    process.send_signal(getattr(signal, name))
    out, errors = process.communicate(timeout=10)
    assert (out, errors) == (("interrupted\n", "") if name == "SIGINT" else ("", ""))
    _wait(lambda: not _alive(tmp_path), 5)


# ---------------------------------------------------------------- facts


def test_facts_of_several_processes():
    driver = {"rules": "x", "peak_bytes": 5, "peak_rss_bytes": 50, "events": []}
    one = {"rules": "x", "device": "cpu", "peak_bytes": 100, "peak_rss_bytes": 200, "load_s": 3.0, "peak_what": "process memory",
           "events": [{"event": "e", "times": 1}], "work": {"rows": 4}, "scoring": {"way": "packed", "proof": {"rows": 3, "mode": ""}}}  # fmt: skip
    ended = {**one, "peak_bytes": 400, "load_s": 9.0}
    other = {**one, "load_s": 4.0, "events": [{"event": "e", "times": 2}, {"event": "f", "times": 1}], "work": {"rows": 1, "steps": 2},
             "scoring": {"way": "copies", "proof": {"rows": 3, "mode": "plain"}}}  # fmt: skip
    merged = together(driver, [[ended, one], [other], []])
    assert merged == {
        "rules": "x", "device": "cpu", "peak_bytes": 400 + 100 + 5, "peak_rss_bytes": 200 + 200 + 50, "load_s": 9.0,
        "peak_what": "process memory; added up over 2 processes", 
        "scoring": {"way": ["packed", "copies"], "proof": {"rows": 3, "mode": ["", "plain"]}},
        "events": [{"event": "e", "times": 4}, {"event": "f", "times": 1}], "work": {"rows": 9, "steps": 2},
    }  # fmt: skip
    assert together(driver, []) == driver
    assert json.loads(json.dumps(merged)) == merged


def test_facts_of_cards_leave_the_driver_s_memory_out():
    driver = {"peak_bytes": 5, "peak_rss_bytes": 50}
    card = {"device": "cuda", "accelerator": "H", "peak_bytes": 100, "peak_rss_bytes": 10, "peak_device_bytes": [100], "cards": ["0"]}
    merged = together(driver, [[card], [{**card, "cards": ["1"]}]])
    assert (merged["peak_bytes"], merged["peak_rss_bytes"]) == (200, 70)
    assert (merged["accelerator"], merged["cards"], merged["peak_device_bytes"]) == ("2 x H", ["0", "1"], [100, 100])
    assert together(driver, [[card], [card]])["accelerator"] == "H"  # two processes on one card


def test_the_peak_begins_anew_in_every_process(hooked):
    engine = hooked()
    answers(engine, _many(8, item_2="die once"))
    assert engine.facts()["peak_bytes"] == 3 * 1000  # two places and the driver
    assert engine.reset_peak()
    assert engine.facts()["peak_bytes"] == 3 * 10
    assert engine.facts()["load_s"] == 0.5


def test_cores_cards_and_memory_are_shared_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert [threads_each(count) for count in (1, 2, 3, 16)] == [8, 4, 2, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert [threads_each(count) for count in (2, 4)] == [3, 2]
    cards = ("0", "1", "2", "3", "4")
    assert [share(cards, index, 2) for index in range(2)] == [("0", "1"), ("2", "3", "4")]
    assert [share(cards[:2], index, 3) for index in range(3)] == [("0",), ("1",), ("0",)]
    assert [neighbours(index, 3, 2) for index in range(3)] == [(0, 2), (1,), (0, 2)]
    assert neighbours(1, 2, 4) == (1,)
    assert with_limit(_settings(memory_gib=3.0), 2).memory_gib == 1.5
    assert with_limit(Hooks(folder="", memory_gib=3.0), 3).memory_gib == 1.0
    assert with_limit(_settings(memory_gib=3.0), 2, beside=0.5).memory_gib == 1.25
    assert with_limit(_settings(), 2, beside=0.5).memory_gib is None


def test_a_process_keeps_to_its_cards(monkeypatch: pytest.MonkeyPatch):
    """By what CUDA_VISIBLE_DEVICES says, with torch's count of it put in place of real cards."""
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(os.environ.get("CUDA_VISIBLE_DEVICES", "0,1,2,3").split(",")))
    task = Task(make=HookedEngine, config=_settings().model_copy(update={"device": "cuda"}), index=1, of=2, threads=1)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a,GPU-b,GPU-c")
    cards = take_cards(task)
    assert cards is not None
    assert (cards.all, cards.mine) == (("GPU-a", "GPU-b", "GPU-c"), ("GPU-b", "GPU-c"))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-b,GPU-c"
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert take_cards(replace(task, of=8)).mine == ("1",)  # type: ignore[union-attr]
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert take_cards(task) is None
    assert take_cards(replace(task, config=_settings())) is None
