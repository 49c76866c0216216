"""Plugins through entry points; a real third-party package, installed into a folder of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit import registry
from evalkit.errors import ConfigError

PLUGIN = Path(__file__).parent / "plugin"


@pytest.mark.parametrize("kind", ["engines", "metrics", "operators"])
def test_our_own_plugins_load(kind: registry.Kind):
    assert registry.declared(kind)
    for name in registry.declared(kind):
        assert callable(registry.find(kind, name))


def test_a_misspelt_name_has_a_suggestion():
    with pytest.raises(ConfigError, match=r"no engine is called 'locale'; did you mean 'local'\?"):
        registry.find("engines", "locale")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy package, installed by pip into a folder."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--target",
        str(folder),
        str(PLUGIN),
    ]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    return folder


def _python(installed: Path, code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{Path(__file__).parent.parent}"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_plugin_package_is_found_and_obeys_the_laws(installed: Path, built_toy: Path):
    found = _python(
        installed,
        f"""
import json
from pathlib import Path
from types import SimpleNamespace
from evalkit import registry
from evalkit.suite import load_suite
from tests.contracts.metric import check_metric
from tests.contracts.operator import check_operator
items = load_suite(Path({str(built_toy)!r})).items
check_operator(registry.find("operators", "shout")({{}}), items)
check_metric(registry.find("metrics", "starts_right"), items)
engine = registry.find("engines", "parrot")(SimpleNamespace(model="x"))
print(json.dumps([engine.model.name, sorted(registry.declared("metrics"))]))
""",
    )
    name, metrics = json.loads(found)
    assert name == "parrot"
    assert {"starts_right", "choice", "number"} <= set(metrics)


def test_a_plugin_engine_runs_from_the_command_line(installed: Path, built_toy: Path, tmp_path: Path):
    (tmp_path / "toy.yaml").write_text(f"name: toy\nsuites: [{built_toy}]\nengine: {{name: parrot, model: polly}}\n")
    done = subprocess.run(
        [sys.executable, "-m", "evalkit", "run", "toy.yaml", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{Path(__file__).parent.parent}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["failed"] == 0
    assert result["answered"] > 13
    assert [axis["axis"] for axis in result["axes"]] == ["accuracy", "generality", "robustness", "efficiency"]
