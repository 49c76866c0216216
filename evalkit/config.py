"""A run's configuration: YAML to one frozen record, refused where a key or a value is not understood."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from evalkit.errors import ConfigError, did_you_mean


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class EngineConfig(_Frozen):
    """Which engine answers, and with what model."""

    name: str = Field("local", description="entry point of the engine")
    model: str = Field(
        "smollm2-135m", description="short name, folder of safetensors or of a PEFT adapter, GGUF file, or hub id in the local cache"
    )
    revision: str = Field("", description="commit of a hub checkpoint")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "float32"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    batch_size: int | None = Field(
        None, gt=0, description="sequences of a step, and texts written at once; none: by the engine's token budget"
    )
    chat_template: Literal["auto", "always", "never"] = "auto"
    memory_gib: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="limit the engine keeps to, in GiB: of the machine, or of each GPU"
    )
    processes: int = Field(
        1, ge=1, le=1024, description="local models answered by that many processes: one a GPU, or sharing the cores of a CPU"
    )
    vendor: str = ""


class RunConfig(_Frozen):
    """One run: suites, sizes, engine. What is left out has the default shown here."""

    name: str = Field("run", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="runs/<name>/ holds its bundles")
    suites: tuple[str, ...] = Field(min_length=1, description="names or folders of suites")
    profile: Literal["preview", "fast", "full"] = "preview"
    engine: EngineConfig = EngineConfig()
    limit: int | None = Field(None, gt=0, description="items of each suite, where fewer than the profile asks for are wanted")
    shots: int = Field(0, ge=0, le=16, description="worked examples before each item")
    answers: Literal["auto", "scored", "generated"] = Field(
        "auto", description="how choices are answered; auto: scored where the engine can"
    )
    temperature: float = Field(0.0, ge=0, le=2, description="of written answers; 0 is greedy: the most likely token each time")
    top_p: float = Field(1.0, gt=0, le=1, description="written tokens are drawn from the most likely ones that hold this probability")
    seed: str = Field("0", coerce_numbers_to_str=True, description="of the draws where temperature is above 0")
    efficiency: bool = Field(True, description="timed passes after the answers")
    baselines: tuple[str, ...] = Field((), description="engines run beside the model: random, constant, longest")
    board: str = Field("", description="leaderboards/<board>/ is rebuilt after the run")

    @field_validator("suites", "baselines")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} is named twice")
        return names


class _Loader(yaml.SafeLoader):
    """Refuses a key that is written twice, which YAML would silently let the last one win."""


def _mapping_once(loader: _Loader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool | None):
            raise yaml.constructor.ConstructorError(None, None, f"a key must be a word, read {key!r}", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is written twice", key_node.start_mark)
        seen.add(key)
    return dict(yaml.SafeLoader.construct_mapping(loader, node, deep))


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_once)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file. Raises ConfigError with the line where it is broken or a key is written twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        near = did_you_mean(path.name, [other.name for other in path.parent.glob("*.yaml")] if path.parent.is_dir() else [])
        raise ConfigError(f"{path}: no such file; {near}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    try:
        read = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)
        raise ConfigError(f"{where}: broken YAML: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(read, dict):
        raise ConfigError(f"{path}: a mapping of keys was expected, read {'nothing' if read is None else type(read).__name__}")
    return read


def load_config(path: Path, changes: Mapping[str, Any] | None = None) -> RunConfig:
    """The configuration in `path` with `changes` laid over it (dotted keys reach into `engine`)."""
    read = read_yaml(path)
    for dotted, value in (changes or {}).items():
        target = read
        *outer, last = dotted.split(".")
        for part in outer:
            if not isinstance(target.setdefault(part, {}), dict):
                raise ConfigError(f"{path}: {part}: a mapping of keys was expected, read {target[part]!r}")
            target = target[part]
        target[last] = value
    return parse_config(read, str(path))


def parse_config(read: Mapping[str, Any], where: str) -> RunConfig:
    """`read` as a RunConfig. Raises ConfigError naming the key, what was read and what would work."""
    try:
        return RunConfig.model_validate(read)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"]) or "the configuration"
    if fault["type"] == "extra_forbidden":
        *outer, last = fault["loc"]
        record: type[BaseModel] = EngineConfig if outer and outer[0] == "engine" else RunConfig
        return f"unknown key {where!r}; {did_you_mean(str(last), record.model_fields)}"
    if fault["type"] == "literal_error":
        record = EngineConfig if fault["loc"][0] == "engine" else RunConfig
        allowed = get_args(record.model_fields[str(fault["loc"][-1])].annotation)
        return f"{where}: read {fault['input']!r}; {did_you_mean(str(fault['input']), [str(word) for word in allowed])}"
    if fault["type"] in ("model_type", "dict_type", "model_attributes_type"):
        return f"{where}: a mapping of keys was expected, read {fault['input']!r}"
    if fault["type"] == "missing":
        return f"{where}: is missing"
    return f"{where}: {fault['msg']}, read {fault['input']!r}"
