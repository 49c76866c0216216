"""A checkpoint's weights into memory: where they go, and what is refused on the way.

Weights that are kept in the dtype of the computation are not copied on the CPU: transformers lays the tensors over the file
itself (a private mapping, copied page by page where a merge writes). So a file must stay as it is while it is in use:
`changed_file` says whether it did.
"""

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evalkit.checkpoints import (
    ADAPTER_WEIGHTS,
    CONVERTED,
    as_folder,
    device_of,
    has_tokenizer,
    identify,
    locate,
    quantisation_of,
    quiet_transformers,
    template_of,
)
from evalkit.engines.batches import is_out_of_memory
from evalkit.engines.tokens import Encoder
from evalkit.errors import ModelError
from evalkit.records import Model

BYTES_OF = {"float32": 4, "bfloat16": 2, "float16": 2}
GIB = 2**30
# packages by which transformers reads a kind of quantised weights; fp8 and mxfp4 need none
QUANTISERS: Mapping[str, tuple[str, ...]] = {
    "aqlm": ("aqlm",),
    "auto-round": ("auto-round",),
    "awq": ("gptqmodel",),
    "bitsandbytes": ("bitsandbytes",),
    "compressed-tensors": ("compressed-tensors",),
    "gptq": ("gptqmodel", "optimum"),
    "hqq": ("hqq",),
    "quanto": ("optimum-quanto",),
    "quark": ("amd-quark",),
    "torchao": ("torchao",),
    "vptq": ("vptq",),
}
MERGE_TOLERANCE = {"float32": 1e-4, "bfloat16": 5e-2, "float16": 1e-2}  # of the largest logit, between adapted and merged model


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where the weights go: what `from_pretrained` (through accelerate) takes."""

    device_map: str
    max_memory: Mapping[int | str, int] | None = None


def place(device: str, *, needed: int, cards: Sequence[int], limit: float | None) -> Placement:
    """One device where the weights fit on it, else spread over all cards and then the CPU.

    `needed` and `cards` (memory of each) are bytes, `limit` is GiB a card. A fifth is left free for activations.
    Raises ModelError when the CPU may not hold them.
    """
    if device == "cpu" and limit is not None and needed > limit * GIB:
        raise ModelError(f"the weights take {needed / GIB:.2f} GiB, memory_gib allows {limit:g}; a smaller dtype or model would work")
    kept = [int(card if limit is None else min(card, limit * GIB)) for card in cards]
    if device != "cuda" or not kept or needed <= 0.8 * kept[0]:
        return Placement(device_map=device)
    import psutil

    spread: dict[int | str, int] = {index: int(0.8 * card) for index, card in enumerate(kept)}
    return Placement(device_map="auto", max_memory={**spread, "cpu": int(0.8 * psutil.virtual_memory().available)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Weights in memory, with the tokens that end an answer, and the files they may lie on: size and times of each."""

    model: Any
    ends: frozenset[int]
    device: str
    load_s: float
    files: Mapping[Path, tuple[int, ...]] = field(default_factory=dict)


def changed_file(loaded: Loaded) -> Path | None:
    """The first file of weights that is not as it was when they were loaded, None where all are.

    A mapped file that somebody writes into changes the model under the run, so answers given since must not count.
    """
    return next((path for path, stamp in loaded.files.items() if _stamp(path) != stamp), None)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        stat = path.stat()
    except OSError:
        return ()
    return (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


def needed_bytes(model: Model) -> int:
    """Memory that the weights take in the model's dtype.

    A quantised checkpoint without a count of parameters stays packed, as it is on the disk; the others are spread out.
    """
    if model.parameters is None:
        return model.weight_bytes or 0
    return model.parameters * BYTES_OF[model.dtype]


def load_encoder(folder: Path, *, chat: bool) -> Encoder:
    """The tokenizer in `folder` with the rules of one run; an adapter's own, where it brings one, else its base's.

    Raises ModelError where it cannot be loaded.
    """
    from transformers import AutoTokenizer

    base, adapter = _parts(folder)
    folder = adapter if adapter is not None and has_tokenizer(adapter) else base
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False, **({"config": _base_config(base)} if folder != base else {})
            )
    except Exception as error:  # tokenizers raises bare Exceptions
        raise ModelError(f"{folder}: its tokenizer cannot be loaded ({type(error).__name__}: {error})") from error
    if chat and not tokenizer.chat_template:
        raise ModelError(f"{folder}: its chat template is not one that the tokenizer reads; chat_template: never would work")
    if chat and _used_template(tokenizer) != template_of(folder):
        raise ModelError(f"{folder}: the tokenizer uses another chat template than the one identified; chat_template: never would work")
    return Encoder(tokenizer, chat=chat)


def _base_config(base: Path) -> Any:
    """The base's configuration: an adapter's folder has none, and without one transformers looks for it on the hub."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(str(base), local_files_only=True, trust_remote_code=False)


def _parts(folder: Path) -> tuple[Path, Path | None]:
    """The folder of the model itself, and that of the adapter where `folder` is one."""
    found = locate(str(folder))
    return (folder, None) if found.base is None else (as_folder(found.base), folder)


def _used_template(tokenizer: Any) -> str:
    try:
        return str(tokenizer.get_chat_template())
    except ValueError:  # several templates, none of them the default
        return ""


def load(folder: Path, record: Model, encoder: Encoder, *, device: str, limit: float | None) -> Loaded:
    """Bring the weights into memory. Raises ModelError where the device is absent, too small, or the files do not fit."""
    base, adapter = _parts(folder)
    quantised = quantisation_of(base)
    _need_packages(base, quantised, adapter)
    import torch

    found = _device(device)
    cards = [torch.cuda.get_device_properties(card).total_memory for card in range(torch.cuda.device_count())]
    spot = place(found, needed=needed_bytes(record), cards=cards, limit=limit)
    # before the identity is checked: what changes between the two is then either another identity or another stamp
    files = {path: _stamp(path) for part in filter(None, (base, adapter)) for path in sorted(part.glob("*.safetensors"))}
    _check_identity(folder, record)
    start = time.perf_counter()
    model = _weights(base, record.dtype, spot, _how_dequantised(base, quantised))
    if quantised:
        _check_dtype(model, base, record.dtype)
    if adapter is not None:
        model = _adapted(model, adapter, base, record)
    ends, load_s = _ends(model, encoder), time.perf_counter() - start
    return Loaded(model=model, ends=ends, device=_device_name(found, spot), load_s=load_s, files=files)


def _check_identity(folder: Path, record: Model) -> None:
    """Raises ModelError where the files are no longer those that were identified: the answers would bear a wrong digest.

    A converted GGUF file is left out: its folder is named by the file's digest and appears whole. Digests are remembered,
    so that unchanged files are not read again.
    """
    if not (folder / CONVERTED).exists() and identify(locate(str(folder)), record.dtype).weights_digest != record.weights_digest:
        raise ModelError(f"{folder}: its weights or settings changed after they were identified; run the command again")


def _need_packages(base: Path, quantised: Mapping[str, Any], adapter: Path | None) -> None:
    """Raises ModelError naming the package that reads these weights where it is not installed."""
    method = str(quantised.get("quant_method", ""))
    for package in QUANTISERS.get(method, ()):
        if not _installed(package):
            raise ModelError(f"{base}: its weights are quantised by {method}, which needs the package {package}: pip install {package}")
    if adapter is not None and not _installed("peft"):
        raise ModelError(f"{adapter}: an adapter needs the package peft: pip install peft")


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _how_dequantised(base: Path, quantised: Mapping[str, Any]) -> dict[str, Any]:
    """What `from_pretrained` is told so that quantised weights become plain ones at once, on every device.

    compressed-tensors otherwise waits for the first call of the whole model, and the engine calls its parts; fp8 and mxfp4
    have kernels for cards only, some of which round activations too: other numbers under the same identity. Raises ModelError
    for a method that transformers does not know: it would skip it unsaid.
    """
    if not quantised:
        return {}
    from transformers.quantizers import auto

    method = quantised["quant_method"]
    if method not in (*auto.AUTO_QUANTIZATION_CONFIG_MAPPING, "bitsandbytes"):
        raise ModelError(f"{base}: quant_method: read {method!r}, which this version of transformers cannot load")
    if method in ("compressed-tensors", "fp8", "mxfp4"):
        return {"quantization_config": auto.AUTO_QUANTIZATION_CONFIG_MAPPING[method](dequantize=True)}
    return {}


def _device(asked: str) -> str:
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    found = device_of(asked)
    if not there.get(found, False):
        known = ", ".join(name for name, usable in there.items() if usable)
        raise ModelError(f"device {asked!r} is not usable on this machine; usable: auto, {known}")
    return found


def _device_name(device: str, spot: Placement) -> str:
    return f"{device}: spread by accelerate" if spot.device_map == "auto" else device


def _weights(folder: Path, dtype: str, spot: Placement, dequantised: Mapping[str, Any]) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    memory = {} if spot.max_memory is None else {"max_memory": dict(spot.max_memory)}
    try:
        with quiet_transformers(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # advice of quantisers
            model, report = AutoModelForCausalLM.from_pretrained(
                str(folder),
                dtype=getattr(torch, dtype),
                device_map=spot.device_map,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
                **memory,
                **dequantised,
            )
    except Exception as error:  # whatever a strangers' checkpoint makes transformers raise
        if is_out_of_memory(error):
            raise ModelError(f"{folder}: its weights do not fit in memory in {dtype}; a smaller dtype or model would work") from error
        raise ModelError(f"{folder}: transformers cannot load it ({type(error).__name__}: {str(error)[:500]})") from error
    lacking = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
    if lacking:  # transformers would fill them with random numbers
        raise ModelError(f"{folder}: {len(lacking)} tensors are missing or of another shape, such as {lacking[0]}; fetch it again")
    if model.get_output_embeddings() is None:
        raise ModelError(f"{folder}: {type(model).__name__} has no language-model head, so it cannot be scored")
    return model.eval()


def _check_dtype(model: Any, folder: Path, dtype: str) -> None:
    """Raises ModelError where a quantiser computes in another dtype than it was told: that of the file, or its kernels'."""
    found = str(model.dtype).removeprefix("torch.")
    if found != dtype:
        raise ModelError(f"{folder}: its quantised weights are computed in {found}, not in {dtype}; dtype: {found} would work")


def _adapted(model: Any, adapter: Path, base: Path, record: Model) -> Any:
    """`model` with the adapter merged into its weights, or beside them where those stay packed.

    Raises ModelError where the adapter does not fit this base, or the merged model is another one than the adapted.
    """
    named = f"{adapter}: an adapter that does not fit its base model {base}"
    if record.parameters is not None and any(parameter.is_meta for parameter in model.parameters()):
        raise ModelError(f"{adapter}: its base {base} does not fit in memory, so nothing can be merged into it; a smaller dtype would work")
    try:
        with quiet_transformers(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # peft and transformers warn about each other's names
            return _merged(model, adapter, record)
    except ModelError as error:
        raise ModelError(f"{named}: {error}") from error
    except Exception as error:  # whatever a stranger's adapter makes peft raise
        if is_out_of_memory(error):
            raise ModelError(f"{adapter}: does not fit in memory beside its base; a smaller dtype or model would work") from error
        raise ModelError(f"{named} ({type(error).__name__}: {str(error)[:500]})") from error


def _merged(model: Any, adapter: Path, record: Model) -> Any:
    import peft
    import torch

    settings = peft.PeftConfig.from_pretrained(str(adapter), local_files_only=True)
    settings.inference_mode = True
    _is_for(model, adapter, settings)
    adapted = peft.PeftModel(model, settings)
    report = adapted.load_adapter(str(adapter), "default", local_files_only=True, use_safetensors=True, torch_device=str(model.device))
    odd = sorted([*report.unexpected_keys, *report.missing_keys])
    if odd:
        raise ModelError(f"{len(odd)} of its tensors have no counterpart, such as {odd[0]}")
    adapted = adapted.eval().requires_grad_(False)
    if record.parameters is None:
        return adapted.get_base_model()
    tokens = torch.arange(min(16, vocabulary(model)), device=model.device)[None]
    with torch.no_grad():
        wanted = adapted(input_ids=tokens, use_cache=False).logits
        merged = adapted.merge_and_unload(safe_merge=True)
        found = merged(input_ids=tokens, use_cache=False).logits
    error = float((found - wanted).abs().max() / wanted.abs().max().clamp_min(1e-6))
    if not error <= MERGE_TOLERANCE[record.dtype]:  # tied layers, for one: a merge into one of the two changes both
        raise ModelError(f"merging it changes the logits by {error:.1%} of the largest; merge it with peft and name the merged folder")
    return merged.eval()


def _is_for(model: Any, adapter: Path, settings: Any) -> None:
    """Raises ModelError where the settings name another class than the base's, or a module that the adapter does not hold."""
    from safetensors import safe_open

    mapping = settings.auto_mapping or {}
    wanted = mapping.get("base_model_class", "") if isinstance(mapping, dict) else ""
    if wanted and wanted != type(model).__name__:
        raise ModelError(f"it was made for a {wanted}, the base is a {type(model).__name__}")
    with safe_open(str(adapter / ADAPTER_WEIGHTS), "pt") as held:
        names = list(held.keys())
    for module in getattr(settings, "modules_to_save", None) or ():
        if not any(f".{module}." in name for name in names):
            raise ModelError(f"it replaces {module} by its settings, and holds no tensor of it")


def _ends(model: Any, encoder: Encoder) -> frozenset[int]:
    """Tokens that end an answer: of the generation settings, the configuration, the tokenizer and the chat template."""
    found: set[int] = set(encoder.ends)
    for value in (model.generation_config.eos_token_id, getattr(model.config, "eos_token_id", None), encoder.tokenizer.eos_token_id):
        found.update([value] if isinstance(value, int) else value or [])
    return frozenset(found)


def vocabulary(model: Any) -> int:
    """Number of logits at one position; a packed head has other shapes than its own."""
    head = model.get_output_embeddings()
    return int(getattr(head, "out_features", None) or head.weight.shape[0])
