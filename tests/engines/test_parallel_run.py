"""Whole runs answered by two processes, killed and continued: each item once, scores equal to those of one process unbroken."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from evalkit.bundle import read_responses
from evalkit.engines.local import LocalEngine
from evalkit.errors import StorageError, UsageError
from evalkit.records import Request, Response
from tests import tiny
from tests.test_runner import ROOT, _same_results

DRIVER = """
import sys
from pathlib import Path
from evalkit import registry, runner
from evalkit.config import load_config
from evalkit.engines import parallel
from tests.engines.hooked import HookedEngine, Hooks

class Silent:
    def stage(self, name, total): pass
    def step(self, response=None): pass

def hooked(config):
    hooks = Hooks(folder=sys.argv[3], processes=config.processes, stall_after=4 if config.processes > 1 else None)
    return parallel.ProcessesEngine(hooks, HookedEngine) if config.processes > 1 else HookedEngine(hooks)

find = registry.find
registry.find = lambda kind, name: hooked if (kind, name) == ("engines", "local") else find(kind, name)
parallel.SHARD_TOKENS = {"cpu": 300}
print(runner.run(load_config(Path(sys.argv[1])), Path(sys.argv[2]), Silent()).fresh)
"""
# the command line, with an engine that is held after its first answers
COMMAND_LINE = """
from evalkit import registry
from evalkit.cli import main
from evalkit.engines import parallel
from tests.engines.test_parallel_run import Held

find = registry.find
held = lambda config: parallel.ProcessesEngine(config, Held)
registry.find = lambda kind, name: held if (kind, name) == ("engines", "local") else find(kind, name)
main()
"""
HOOK = "EVALKIT_TEST_HOOK"  # names a file; while it is there, an engine goes on
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


class Held(LocalEngine):
    """A local engine that stops after its first answer for as long as the hook file is not there."""

    def answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        for response in super().answer(requests):
            yield response
            while not Path(os.environ[HOOK]).exists():
                time.sleep(0.01)


def _config(tmp_path: Path, suite: Path, processes: int, *more: str, **engine: object) -> Path:
    path = tmp_path / f"run-{processes}.yaml"
    settings = ", ".join(f"{name}: {value}" for name, value in {"processes": processes, **engine}.items())
    lines = ["name: killed", f"suites: [{suite}]", f"engine: {{{settings}}}", *more]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _started(*words: object, cwd: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, *map(str, words)]
    env = {**ENVIRONMENT, HOOK: str(cwd / "go on")}
    return subprocess.Popen(command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)


def _workers(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return [child for child in children if "evalkit.engines.worker" in " ".join(child.cmdline())]
    except psutil.NoSuchProcess:
        return []


def _wait_for(process: "subprocess.Popen[str]", there: object, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not there():  # type: ignore[operator]
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def _gone(workers: list[psutil.Process], seconds: float = 5) -> bool:
    _, alive = psutil.wait_procs(workers, timeout=seconds)
    return not [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def _answers(folder: Path) -> int:
    try:
        return len(read_responses(folder))
    except (UsageError, StorageError):  # not there yet, or its tables are not
        return 0


def test_killed_driver_and_killed_process_end_equal_to_one_unbroken(tmp_path: Path, built_toy: Path):
    one, two = _config(tmp_path, built_toy, 1, "profile: fast"), _config(tmp_path, built_toy, 2, "profile: fast")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with _started("-c", DRIVER, one, whole, tmp_path, cwd=tmp_path) as alone:
        _, errors = alone.communicate(timeout=120)
    assert alone.returncode == 0, errors
    for held in (8, 16):  # the driver, by SIGKILL, while each process stalls after four answers
        with _started("-c", DRIVER, two, killed, tmp_path, cwd=tmp_path) as driver:
            _wait_for(driver, lambda held=held: _answers(killed) == held)
            workers = _workers(driver)
            assert len(workers) == 2
            driver.kill()
            assert _gone(workers), "a process outlived its driver"
        assert _answers(killed) == held
    with _started("-c", DRIVER, two, killed, tmp_path, cwd=tmp_path) as driver:  # one of its processes, by SIGKILL
        _wait_for(driver, lambda: _answers(killed) == 24)
        _workers(driver)[0].kill()
        (tmp_path / "go").touch()
        out, errors = driver.communicate(timeout=120)
    assert driver.returncode == 0, errors
    assert int(out) == _answers(whole) - 16
    _same_results(whole, killed)
    engine = json.loads((killed / "timing.json").read_text(encoding="utf-8"))["engine"]
    assert engine["processes"] == 2
    assert any("of 2 ended by signal 9" in event["event"] and "taken over" in event["event"] for event in engine["events"])


def test_ctrl_c_and_another_number_of_processes_from_the_command_line(tmp_path: Path, built_toy: Path):
    """A real (tiny) model: begun by two processes, interrupted while they are held in the middle, finished by one."""
    model = tiny.checkpoint("llama", chat="own bos", context=4096)
    settings = {"model": model, "device": "cpu", "batch_size": 1}
    first, second = (_config(tmp_path, built_toy, number, "limit: 8", f"efficiency: {timed}", **settings) for number, timed in ((2, "true"), (1, "false")))
    more = ["--out", tmp_path / "run", "--json"]
    with _started("-c", COMMAND_LINE, "run", first, *more, "--processes", "2", cwd=tmp_path) as driver:
        _wait_for(driver, lambda: _answers(tmp_path / "run") > 0)
        workers = _workers(driver)
        assert len(workers) == 2
        driver.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, errors = driver.communicate(timeout=60)
    assert time.monotonic() - began < 15
    assert driver.returncode == 1
    assert "run the same command again" in errors
    assert "Traceback" not in errors
    assert _gone(workers)
    held = _answers(tmp_path / "run")
    with _started("-m", "evalkit", "run", second, *more, cwd=tmp_path) as alone:
        out, errors = alone.communicate(timeout=200)
    assert alone.returncode == 0, errors
    assert json.loads(out)["failed"] == 0
    assert _answers(tmp_path / "run") > held > 0  # it was in the middle
