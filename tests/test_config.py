"""Configurations that are refused, each with the place and what would work."""

from pathlib import Path

import pytest

from evalkit.config import EngineConfig, RunConfig, load_config
from evalkit.errors import ConfigError

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("suites: [steel]\nprofil: fast", "unknown key 'profil'; did you mean 'profile'"),
        ("suites: [steel]\nengine: {modle: x}", "unknown key 'engine.modle'; did you mean 'model'"),
        ("suites: [steel]\nlimit: 0", "limit: Input should be greater than 0, read 0"),
        ("suites: [steel]\nlimit: -3", "limit: Input should be greater than 0, read -3"),
        ("suites: [steel]\nengine: {batch_size: -1}", "engine.batch_size: Input should be greater than 0, read -1"),
        ("suites: [steel]\nengine: {memory_gib: 0}", "engine.memory_gib"),
        ("suites: [steel]\nengine: {memory_gib: .inf}", "engine.memory_gib: Input should be a finite number"),
        ("suites: [steel]\nengine: {processes: 0}", "engine.processes: Input should be greater than or equal to 1, read 0"),
        ("suites: [steel]\nengine: {processes: many}", "engine.processes: Input should be a valid integer"),
        ("suites: [steel]\ntemperature: -0.1", "temperature: Input should be greater than or equal to 0, read -0.1"),
        ("suites: [steel]\ntemperature: 2.1", "temperature: Input should be less than or equal to 2, read 2.1"),
        ("suites: [steel]\ntemperature: .nan", "temperature: Input should be"),
        ("suites: [steel]\ntop_p: 0", "top_p: Input should be greater than 0, read 0"),
        ("suites: [steel]\ntop_p: 1.01", "top_p: Input should be less than or equal to 1, read 1.01"),
        ("suites: [steel]\nseed: [1]", "seed: Input should be a valid string"),
        ("suites: [steel]\nshots: -1", "shots"),
        ("suites: [steel]\nprofile: fats", "profile: read 'fats'; did you mean 'fast'"),
        ("suites: [steel]\nengine: {dtype: fp32}", "engine.dtype: read 'fp32'"),
        ("suites: []", "suites"),
        ("suites: [steel, steel]", "'steel' is named twice"),
        ("name: ../x\nsuites: [steel]", "name"),
        ("suites: [steel\nprofile: fast", "line 2, column 8: broken YAML"),
        ("suites: [steel]\nsuites: [breeding]", "line 2, column 1: broken YAML: the key 'suites' is written twice"),
        ("suites: [steel]\nengine: local", "engine: a mapping of keys was expected, read 'local'"),
        ("suites: [steel]\n? [a, b]\n: c", "a key must be a word"),
        ("profile: fast", "suites: is missing"),
        ("", "a mapping of keys was expected, read nothing"),
        ("- steel", "a mapping of keys was expected, read list"),
        ("suites: !!python/object:os.system [x]", "broken YAML"),
    ],
)
def test_refused(tmp_path: Path, text: str, says: str):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


def test_a_missing_file_has_a_suggestion(tmp_path: Path):
    (tmp_path / "demo.yaml").write_text("suites: [steel]")
    with pytest.raises(ConfigError, match=r"no such file; did you mean 'demo\.yaml'"):
        load_config(tmp_path / "dmo.yaml")


def test_a_folder_or_binary_in_place_of_a_file(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "x.yaml")


def test_options_are_laid_over_the_file(tmp_path: Path):
    path = tmp_path / "run.yaml"
    path.write_text("suites: [steel]\nengine: {model: a, dtype: bfloat16}")
    config = load_config(path, {"engine.model": "b", "limit": 3})
    assert (config.engine.model, config.engine.dtype, config.limit) == ("b", "bfloat16", 3)


@pytest.mark.parametrize("engine", ["local", "", "[local]"])
def test_an_option_does_not_hide_a_wrong_engine(tmp_path: Path, engine: str):
    path = tmp_path / "run.yaml"
    path.write_text(f"suites: [steel]\nengine: {engine}")
    with pytest.raises(ConfigError, match="engine: a mapping of keys was expected"):
        load_config(path, {"engine.model": "b"})


def test_a_seed_may_be_written_as_a_number(tmp_path: Path):
    path = tmp_path / "run.yaml"
    path.write_text("suites: [steel]\nseed: 17\ntemperature: 0.7\ntop_p: 0.9\nengine: {processes: 2}")
    config = load_config(path)
    assert (config.seed, config.temperature, config.top_p, config.engine.processes) == ("17", 0.7, 0.9, 2)


def test_it_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        RunConfig(suites=("steel",)).limit = 3  # type: ignore[misc]


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_the_configurations_that_come_with_evalkit(path: Path):
    config = load_config(path)
    assert config.name == path.stem


def test_defaults_are_a_run_that_works():
    assert EngineConfig().name == "local"
    config = RunConfig(suites=("steel",))
    assert config.profile == "preview"
    assert (config.temperature, config.top_p, config.seed, config.engine.processes) == (0, 1, "0", 1)  # greedy, one process
