"""The command line as people use it: a process, its exit code, what it prints. Wrong use never shows a traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests import tiny
from tests.golden import compare

ROOT = Path(__file__).parent.parent
COMMANDS = ("run", "list", "show", "suite build", "suite check", "report", "leaderboard build", "doctor")


def evalkit(*words: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", **more}
    command = [sys.executable, "-m", "evalkit", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment, check=False, timeout=300)


def _refused(done: subprocess.CompletedProcess[str], *says: str) -> None:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for text in says:
        assert text in done.stderr


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_reads_as_it_did(command: str, tmp_path: Path, request: pytest.FixtureRequest):
    done = evalkit(*command.split(), "--help", cwd=tmp_path)
    assert done.returncode == 0
    compare(request, f"help {command}.txt".replace(" .", "."), done.stdout)


def test_every_command_is_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"evalkit {command}" in readme


def test_version(tmp_path: Path):
    assert evalkit("--version", cwd=tmp_path).stdout.startswith("evalkit 0.")


def test_wrong_use_is_2_and_says_what_would_work(tmp_path: Path, built_toy: Path):
    config = tmp_path / "run.yaml"
    config.write_text(f"suites: [{built_toy}]\nengine: {{name: random}}\n")
    _refused(evalkit("run", "configs/dmo.yaml", cwd=tmp_path), "no such file", "configs/demo.yaml")
    _refused(evalkit("run", "run.yaml", "--limit", "0", cwd=tmp_path), "limit", "greater than 0")
    _refused(evalkit("run", "run.yaml", "--limit", "-2", cwd=tmp_path), "limit", "read -2")
    _refused(evalkit("run", "run.yaml", "--profile", "fats", cwd=tmp_path), "did you mean 'fast'")
    _refused(evalkit("run", "run.yaml", "--processes", "0", cwd=tmp_path), "engine.processes", "greater than or equal to 1", "read 0")
    _refused(evalkit("run", "run.yaml", "--processes", "two", cwd=tmp_path), "--processes", "valid integer")
    _refused(evalkit("run", "run.yaml", "--memory", "0", cwd=tmp_path), "engine.memory_gib", "greater than 0")
    _refused(evalkit("run", "run.yaml", "--memory", "4GB", cwd=tmp_path), "--memory", "valid number")
    _refused(evalkit("run", "run.yaml", "--suites", "steal", cwd=tmp_path), "did you mean 'steel'")
    _refused(evalkit("show", "steal", cwd=tmp_path), "did you mean 'steel'")
    _refused(evalkit("suite", "check", cwd=tmp_path), "name a suite, or use --all")
    _refused(evalkit("report", str(tmp_path), cwd=tmp_path), str(tmp_path))
    _refused(evalkit("leaderboard", "build", "dmo", cwd=tmp_path), "did you mean 'demo'")
    config.write_text(f"suites: [{built_toy}]\nengine: {{name: locale}}\n")
    _refused(evalkit("run", "run.yaml", cwd=tmp_path), "did you mean 'local'")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json"),
        (lambda folder: (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-64]), "model.safetensors"),
        (lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"), "pytorch_model.bin"),
        (lambda folder: (folder / "config.json").write_text((folder / "config.json").read_text().replace("{", '{"auto_map": {"AutoModel": "x.Y"},', 1)), "auto_map"),
    ],
    ids=["no tokenizer", "broken config", "truncated", "pickle", "remote code"],
)  # fmt: skip
def test_models_that_cannot_be_used(tmp_path: Path, built_toy: Path, break_it: object, says: str):
    model = tiny.build(tmp_path / "model", "llama", chat="own bos")
    break_it(model)  # type: ignore[operator]
    (tmp_path / "run.yaml").write_text(f"suites: [{built_toy}]\nengine: {{device: cpu}}\n")
    _refused(evalkit("run", "run.yaml", "--model", str(model), cwd=tmp_path), says, str(model))
    assert not (tmp_path / "runs").exists()


def test_a_model_that_is_nowhere(tmp_path: Path, built_toy: Path):
    (tmp_path / "run.yaml").write_text(f"suites: [{built_toy}]\n")
    _refused(evalkit("run", "run.yaml", "--model", "smollm2-136m", cwd=tmp_path), "smollm2-135m")
    _refused(evalkit("run", "run.yaml", "--model", "nobody/nothing", cwd=tmp_path), "hf download nobody/nothing")
    _refused(evalkit("run", "run.yaml", "--model", "./none.gguf", cwd=tmp_path), "none.gguf")


def test_the_whole_way_by_hand(tmp_path: Path, built_toy: Path):
    """A real (tiny) model and a baseline: run, show, report, a second model, another plan."""
    model = tiny.checkpoint("llama", chat="own bos", context=4096)
    (tmp_path / "run.yaml").write_text(
        f"name: toy\nsuites: [{built_toy}]\nengine: {{device: cpu}}\nbaselines: [random, constant, longest]\n"
    )
    dry = evalkit("run", "run.yaml", "--model", str(model), "--dry-run", "--json", cwd=tmp_path)
    assert dry.returncode == 0, dry.stderr
    facts = json.loads(dry.stdout)
    assert facts["requests"] > 13
    assert facts["prompt tokens"] > 1000
    assert facts["estimated seconds"] >= 0
    assert not (tmp_path / "runs").exists()
    done = evalkit("run", "run.yaml", "--model", str(model), "--out", "runs/toy/tiny", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["failed"] == 0
    beside = ["tiny", "tiny.baseline-constant", "tiny.baseline-longest", "tiny.baseline-random"]
    assert sorted(path.name for path in (tmp_path / "runs" / "toy").iterdir()) == beside
    assert (tmp_path / "runs" / "toy" / "tiny" / "report.html").stat().st_size > 5000
    shown = evalkit("show", "runs/toy/tiny", "--json", cwd=tmp_path)
    assert [axis["axis"] for axis in json.loads(shown.stdout)] == ["accuracy", "generality", "robustness", "efficiency"]
    assert evalkit("report", "runs/toy/tiny", cwd=tmp_path).returncode == 0
    other = evalkit("run", "run.yaml", "--model", str(model), "--out", "runs/toy/tiny", "--limit", "3", cwd=tmp_path)
    _refused(other, "holds the run of another plan")


def test_options_that_change_the_plan_have_a_folder_of_their_own(tmp_path: Path, built_toy: Path):
    """What the README shows after `make demo`: another profile or limit is another bundle, not a refusal."""
    (tmp_path / "run.yaml").write_text(f"name: toy\nsuites: [{built_toy}]\nengine: {{name: random, model: m}}\nbaselines: [constant]\n")
    for options in ([], ["--limit", "4"], ["--profile", "fast"]):
        done = evalkit("run", "run.yaml", *options, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    done = evalkit("run", "run.yaml", "--memory", "1.5", "--processes", "1", cwd=tmp_path)  # no other plan, so no other folder
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "runs" / "toy").iterdir())
    assert names == ["baseline-constant", "baseline-constant-fast", "baseline-constant-limit-4", "m", "m-fast", "m-limit-4"]


def test_a_folder_of_another_plan_shows_before_the_long_part(tmp_path: Path, built_toy: Path):
    (tmp_path / "run.yaml").write_text(f"name: toy\nsuites: [{built_toy}]\nengine: {{name: random}}\nbaselines: [constant]\n")
    assert evalkit("run", "run.yaml", "--out", "o/x", cwd=tmp_path).returncode == 0
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["x", "x.baseline-constant"]
    assert evalkit("run", "run.yaml", "--out", "o/y", "--limit", "3", cwd=tmp_path).returncode == 0
    (tmp_path / "o" / "y").rename(tmp_path / "o" / "z")
    _refused(evalkit("run", "run.yaml", "--out", "o/y", cwd=tmp_path), "another plan", "y.baseline-constant")
    assert not (tmp_path / "o" / "y").exists()


@pytest.mark.parametrize(("delay", "processes"), [(0.3, 1), (0.8, 1), (1.5, 1), (1.5, 2), (4.0, 2)])
def test_ctrl_c_at_any_early_moment_says_how_to_go_on(tmp_path: Path, built_toy: Path, delay: float, processes: int):
    model = tiny.checkpoint("llama", chat="own bos", context=4096)
    (tmp_path / "run.yaml").write_text(f"suites: [{built_toy}]\nengine: {{device: cpu, batch_size: 1}}\nprofile: fast\n")
    command = [sys.executable, "-m", "evalkit", "run", "run.yaml", "--model", str(model), "--processes", str(processes)]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    time.sleep(delay)
    others = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert process.returncode == 1, errors
    assert "run the same command again" in errors
    assert "Traceback" not in errors
    assert psutil.wait_procs(others, timeout=5)[1] == []


def test_ctrl_c_within_compiled_code_ends_with_1_too(tmp_path: Path):
    code = "import evalkit.commands as c, sys\nfrom evalkit.cli import main\n"
    code += "c.doctor = lambda **_: exec('raise KeyboardInterrupt')\nsys.argv = ['evalkit', 'doctor']\nmain()"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "run the same command again" in done.stderr


def test_list_and_show(tmp_path: Path):
    listed = json.loads(evalkit("list", "--json", cwd=tmp_path).stdout)
    assert {row["suite"] for row in listed["suites"]} >= {"steel", "new_energy", "electronics", "healthcare", "breeding"}
    assert {"local", "random", "constant", "longest", "echo"} <= set(listed["engines"])
    suite = json.loads(evalkit("show", "steel", "--json", cwd=tmp_path).stdout)
    assert suite["items"] >= 100
    item = evalkit("show", "steel-S6-000-en-choice", cwd=tmp_path)
    assert "answer:" in item.stdout
    assert evalkit("list", cwd=tmp_path).returncode == 0


def test_doctor_says_what_can_be_measured(tmp_path: Path):
    facts = json.loads(evalkit("doctor", "--json", cwd=tmp_path).stdout)
    assert facts["cores"] >= 1
    assert facts["matrix operations per second (fp32)"] > 1e8
    assert facts["efficiency: energy"].startswith("not measured: ")


def test_debug_shows_the_traceback(tmp_path: Path):
    for words in (("--debug", "show", "steal"), ("show", "steal", "--debug")):
        assert "Traceback" in evalkit(*words, cwd=tmp_path).stderr


def test_a_defect_is_one_line_too(tmp_path: Path):
    code = "import evalkit.commands as c, sys\nfrom evalkit.cli import main\nc.doctor = lambda **_: 1 / 0\nsys.argv = ['evalkit', 'doctor']\nmain()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "evalkit: failed: ZeroDivisionError: division by zero; this is a defect of evalkit: --debug shows where\n"
