"""What the documents say is true: commands run, configuration keys and extras exist, the wheel holds what it must."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from evalkit.axes import PROFILES
from evalkit.config import EngineConfig, RunConfig
from evalkit.records import DOMAINS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SLOW = ("suite catalogue", "--model PATH_OR_ID", "--profile fast", "--memory 4", "suite check --all", "suite build", "report runs", "leaderboard build")  # shown by other tests


def _commands() -> list[str]:
    lines = [line.strip() for line in README.splitlines() if line.startswith("    evalkit ")]
    return [line.split("#")[0].strip() for line in lines]


def test_the_readme_has_commands():
    assert len(_commands()) >= 10


@pytest.mark.parametrize("command", [line for line in _commands() if not any(word in line for word in SLOW) and line != "evalkit run configs/demo.yaml"])
def test_readme_commands_run(command: str, tmp_path: Path):
    words = shlex.split(command)[1:]
    if "--dry-run" in words:
        words = ["run", str(_small(tmp_path)), "--dry-run"]
    done = subprocess.run([sys.executable, "-m", "evalkit", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


def _small(folder: Path) -> Path:
    path = folder / "small.yaml"
    path.write_text("suites: [steel]\nengine: {name: random}\nlimit: 2\n")
    return path


@pytest.mark.parametrize("command", _commands())
def test_readme_options_exist(command: str):
    """Every option that the README shows is one of the command's."""
    words = shlex.split(command)[1:]
    name = words[:2] if words[0] in ("suite", "leaderboard") else words[:1]
    done = subprocess.run([sys.executable, "-m", "evalkit", *name, "--help"], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "200"})
    for word in words:
        if word.startswith("--"):
            assert word in done.stdout


def test_make_targets_that_are_named_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`?make (\w+)`?", README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_ci_runs_the_readmes_test_command():
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)


def test_everything_that_is_installed_is_pinned():
    pins = {line.split("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [*project["dependencies"], *(line for extra, lines in project["optional-dependencies"].items() if extra != "gpu" for line in lines)]
    wanted = {re.split(r"[\[<>=; ]", line)[0].lower().replace("_", "-") for line in named}
    assert wanted - pins == {"evalkit"}
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text()


@pytest.mark.parametrize("name", DOMAINS)
def test_each_suite_has_a_card_that_says_who_checked_it(name: str):
    card = (ROOT / "suites" / name / "CARD.md").read_text(encoding="utf-8").lower()
    assert "person of the trade" in card
    assert "licence" in card or "license" in card


def test_profiles_in_the_readme_are_those_of_the_code():
    for name, profile in PROFILES.items():
        items = "all" if profile.items_per_suite is None else str(profile.items_per_suite)
        assert re.search(rf"^\| {name} \| {items} \|", README, re.MULTILINE)


def test_every_configuration_key_is_described():
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for record in (RunConfig, EngineConfig):
        for key in record.model_fields:
            assert f"`{key}`" in text, key


def test_the_demo_names_the_five_domains():
    demo = yaml.safe_load((ROOT / "configs" / "demo.yaml").read_text(encoding="utf-8"))
    assert tuple(demo["suites"]) == DOMAINS
    assert len(demo["baselines"]) == 3


def test_the_repository_speaks_of_the_product_alone():
    """No paths of a machine; the patterns are put together here so that this file does not match itself."""
    bad = re.compile("|".join(["/ro" + "ot/", "/wo" + "rk/", r"/ho" + r"me/\w+/"]))
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in listed:
        path = ROOT / name
        if path.suffix in (".py", ".md", ".yaml", ".toml", ".txt", ".json", ".jsonl", "") and path.is_file():
            assert not bad.search(path.read_text(encoding="utf-8", errors="replace")), name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_suites_templates_and_demo(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    for domain in DOMAINS:
        assert {f"evalkit/suites/{domain}/{file}" for file in ("suite.yaml", "templates.py", "CARD.md", "built/items.jsonl", "built/variants.jsonl", "built/digests.json")} <= names
    assert {"evalkit/configs/demo.yaml", "evalkit/leaderboards/demo/board.yaml", "evalkit/py.typed", "evalkit/pages/report.html"} <= names
    assert not [name for name in names if name.startswith(("tests/", "runs/")) or "/site/" in name]


def test_the_installed_wheel_runs_in_any_folder(wheel: Path, tmp_path: Path):
    site = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(site), str(wheel)], check=True, capture_output=True)
    (tmp_path / "here").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def evalkit(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "evalkit", *words], cwd=tmp_path / "here", env=environment, capture_output=True, text=True, check=False)

    listed = json.loads(evalkit("list", "--json").stdout)
    assert {row["suite"] for row in listed["suites"]} == set(DOMAINS)
    (tmp_path / "here" / "mine.yaml").write_text("name: demo\nsuites: [steel, breeding, healthcare]\nengine: {name: random}\nefficiency: false\nboard: demo\n")
    done = evalkit("run", "mine.yaml")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here" / "runs" / "demo").is_dir()
    page = Path(done.stdout.strip().splitlines()[-1].removeprefix("board: "))
    assert (tmp_path / "here" / page).is_file()
    assert site not in (tmp_path / "here" / page).resolve().parents
    assert evalkit("run", "configs/demo.yaml", "--suites", "steal").returncode == 2
