"""What many tests share: a toy suite on disk, written by hand and by template, with its frozen build."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side; two pools of threads would fight for the cores
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

TOY_YAML = """\
name: toy
title: {zh: 玩具, en: Toy}
version: 0.1.0
licence: CC-BY-4.0
draws: 2
core: 12
subareas:
  sums: {zh: 加法, en: Sums}
"""

TOY_TEMPLATES = '''\
"""Sums, for tests."""

from evalkit.records import Source
from evalkit.templates import Template

TEMPLATES = (
    Template(
        id="T1",
        subarea="sums",
        foundation=True,
        draw=lambda rng: {"mass": rng.randrange(1000, 9000, 100), "heats": rng.randrange(2, 9)},
        gold=lambda p: p["mass"] * p["heats"],
        mistakes={
            "divided": lambda p: p["mass"] / p["heats"],
            "one heat only": lambda p: p["mass"] * 1.0,
            "added": lambda p: p["mass"] + p["heats"] * 10.0,
            "ten times": lambda p: p["mass"] * p["heats"] * 10.0,
        },
        unit="kg",
        decimals=0,
        stems={
            "zh": ("每炉 {mass} kg，共 {heats} 炉，总质量是多少 kg？", "一炉重 {mass} kg。{heats} 炉合计多少 kg？"),
            "en": ("Each heat weighs {mass} kg. What do {heats} heats weigh in kg?", "{heats} heats of {mass} kg: how many kg together?"),
        },
        explanation={"zh": "质量乘以炉数。", "en": "Mass times heats."},
        source=Source(title="Arithmetic"),
        worked=({"mass": 2000, "heats": 3}, 6000.0),
    ),
)
'''

TOY_ITEMS = """\
{"id": "toy-knowledge-001-en", "task": "knowledge", "subarea": "sums", "form": "choice", "language": "en", "level": "recall", "stem": "What is 2 + 2?", "choices": ["4", "5", "22", "0"], "answer": "4", "mistakes": {"5": "off by one", "22": "written side by side", "0": "subtracted"}, "explanation": "2 + 2 = 4", "source": {"title": "Arithmetic"}, "pair": "toy-knowledge-001-zh", "cluster": "toy-knowledge-001"}
{"id": "toy-knowledge-001-zh", "task": "knowledge", "subarea": "sums", "form": "choice", "language": "zh", "level": "recall", "stem": "2 + 2 等于多少？", "choices": ["5", "4", "22", "0"], "answer": "4", "mistakes": {"5": "off by one", "22": "written side by side", "0": "subtracted"}, "explanation": "2 + 2 = 4", "source": {"title": "Arithmetic"}, "pair": "toy-knowledge-001-en", "cluster": "toy-knowledge-001"}
{"id": "toy-procedure-001-en", "task": "procedure", "subarea": "sums", "form": "ordering", "language": "en", "level": "apply", "stem": "Put the numbers in rising order.", "choices": ["three", "one", "two"], "answer": ["one", "two", "three"], "explanation": "1 < 2 < 3", "source": {"title": "Arithmetic"}, "foundation": true}
{"id": "toy-extraction-001-en", "task": "extraction", "subarea": "sums", "form": "json", "language": "en", "level": "apply", "stem": "Give the sum as {\\"sum\\": number}.", "context": "The sum was 12.", "answer": {"sum": 12}, "schema": {"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"]}, "explanation": "It says 12.", "source": {"title": "Made up", "kind": "made"}}
{"id": "toy-terminology-001-zh", "task": "terminology", "subarea": "sums", "form": "text", "language": "zh", "level": "recall", "stem": "“和”的英文术语是什么？", "answer": "sum", "aliases": ["total"], "explanation": "和是 sum。", "source": {"title": "Arithmetic"}}
"""


def write_toy(folder: Path) -> Path:
    """The toy suite's authored files in `folder`."""
    (folder / "items").mkdir(parents=True)
    (folder / "suite.yaml").write_text(TOY_YAML, encoding="utf-8")
    (folder / "templates.py").write_text(TOY_TEMPLATES, encoding="utf-8")
    (folder / "items" / "hand.jsonl").write_text(TOY_ITEMS, encoding="utf-8")
    (folder / "CARD.md").write_text("# Toy\n\nFor tests.\n", encoding="utf-8")
    return folder


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A toy suite, not built yet."""
    return write_toy(tmp_path / "toy")


@pytest.fixture
def built_toy(toy: Path) -> Path:
    """A toy suite with its frozen build."""
    from evalkit.build import build
    from evalkit.suite import load_suite

    build(load_suite(toy))
    return toy


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Tests write no cache of the user's; those of the real model share the user's converted copy."""
    if request.node.get_closest_marker("model") is None:
        monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` writes the golden files anew."""
    parser.addoption("--update", action="store_true", help="write the golden files anew")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a skip that is not on .ci/skips.txt fails the run: a green run must have run everything."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None or exitstatus != 0:
        return
    lines = (Path(__file__).parent.parent / ".ci" / "skips.txt").read_text(encoding="utf-8").splitlines()
    allowed = tuple(line for line in lines if line and not line.startswith("#"))
    reasons = [str(report.longrepr[2]).removeprefix("Skipped: ") for report in reporter.stats.get("skipped", [])]
    refused = sorted({reason for reason in reasons if not reason.startswith(allowed)})
    if refused:
        reporter.write_line(f"skips that .ci/skips.txt does not allow: {refused}", red=True)
        session.exitstatus = 1
