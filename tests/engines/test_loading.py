import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from evalkit.checkpoints import identify, locate
from evalkit.engines import loading
from evalkit.engines.loading import (
    GIB,
    QUANTISERS,
    Placement,
    _weights,
    changed_file,
    load,
    load_encoder,
    needed_bytes,
    place,
    vocabulary,
)
from evalkit.errors import ModelError
from tests.tiny import checkpoint


def test_weights_that_fit_stay_on_one_device():
    assert place("cuda", needed=10 * GIB, cards=[24 * GIB, 24 * GIB], limit=None) == Placement(device_map="cuda")
    assert place("cpu", needed=10 * GIB, cards=[], limit=None) == Placement(device_map="cpu")


def test_weights_too_large_for_one_card_are_spread_within_the_limit():
    spot = place("cuda", needed=30 * GIB, cards=[24 * GIB, 24 * GIB], limit=20)
    assert spot.device_map == "auto"
    assert spot.max_memory[0] == spot.max_memory[1] == 16 * GIB
    assert spot.max_memory["cpu"] > 0
    assert place("cuda", needed=10 * GIB, cards=[24 * GIB], limit=8).device_map == "auto"


def test_the_cpu_keeps_to_its_limit():
    with pytest.raises(ModelError, match=r"10\.00 GiB, memory_gib allows 4"):
        place("cpu", needed=10 * GIB, cards=[], limit=4)


def test_a_limit_of_nothing_is_a_limit():
    with pytest.raises(ModelError, match="memory_gib allows 0"):
        place("cpu", needed=1, cards=[], limit=0.0)
    assert place("cuda", needed=1, cards=[24 * GIB], limit=0.0).device_map == "auto"


def load_tiny(folder):
    model = identify(locate(str(folder)), "float32")
    return load(folder, model, load_encoder(folder, chat=False), device="cpu", limit=None)


def test_needed_bytes_follow_the_dtype():
    found = locate(str(checkpoint()))
    assert needed_bytes(identify(found, "float32")) == 2 * needed_bytes(identify(found, "bfloat16"))


def test_tensors_that_are_missing_are_never_filled_with_random_numbers(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(checkpoint(), folder)
    tensors = load_file(folder / "model.safetensors")
    name = sorted(name for name in tensors if "mlp" in name)[0]
    del tensors[name]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        load_tiny(folder)


def test_tensors_of_another_shape_are_refused(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(checkpoint(), folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"intermediate_size": 64}))
    with pytest.raises(ModelError):
        load_tiny(folder)


def test_an_architecture_that_transformers_does_not_know_is_refused(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(checkpoint(), folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "unheard_of"}))
    with pytest.raises(ModelError, match="unheard_of"):
        load_tiny(folder)


def test_a_broken_tokenizer_is_refused(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(checkpoint(), folder)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="tokenizer"):
        load_encoder(folder, chat=False)


def test_a_chat_template_that_the_tokenizer_does_not_read_is_refused(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(checkpoint(), folder)
    with pytest.raises(ModelError, match="chat_template: never"):
        load_encoder(folder, chat=True)


def test_naming_the_engines_imports_no_torch():
    code = (
        "import sys, evalkit.checkpoints, evalkit.engines.local, evalkit.engines.baselines, evalkit.engines.echo;"
        "assert not {'torch', 'transformers', 'gguf', 'huggingface_hub'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_another_template_than_the_identified_one_is_refused(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(checkpoint(chat="own bos"), folder)
    load_encoder(folder, chat=True)
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "file.jinja").write_text("{{ 1 }}")  # transformers mixes it up with chat_template.jinja
    with pytest.raises(ModelError, match="another chat template than the one identified"):
        load_encoder(folder, chat=True)


# ---------------------------------------------------------------- quantised


def quantised(tmp_path, change_config, change_tensors):
    """A copy of the tiny Llama whose projections were packed by `change_tensors`, and the float32 values they stand for."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "packed"
    shutil.copytree(checkpoint(), folder)
    tensors, plain = {}, load_file(folder / "model.safetensors")
    for name, value in list(plain.items()):
        if "proj" in name:
            packed, plain[name] = change_tensors(name, value)
            tensors.update(packed)
        else:
            tensors[name] = value
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": change_config}))
    return folder, plain


def fp8(tmp_path):
    """Blocks of 12 x 12 in 8-bit floats, one scale a block, as DeepSeek and Qwen publish theirs."""
    import torch

    def pack(name, value):
        rows, columns = value.shape
        blocks = value.view(rows // 12, 12, columns // 12, 12)
        scale = blocks.abs().amax((1, 3)) / 448
        bits = (blocks / scale[:, None, :, None]).to(torch.float8_e4m3fn)
        kept = (bits.to(torch.float32) * scale[:, None, :, None]).reshape(rows, columns)
        return {name: bits.reshape(rows, columns).contiguous(), f"{name}_scale_inv": scale}, kept

    return quantised(tmp_path, {"quant_method": "fp8", "weight_block_size": [12, 12], "activation_scheme": "dynamic"}, pack)


def packed_int4(tmp_path):
    """Four bits a weight, eight weights an integer, one scale a row: "pack-quantized" of compressed-tensors."""
    import torch

    def pack(name, value):
        scale = value.abs().amax(1, keepdim=True) / 7
        numbers = (value / scale).round().clamp(-8, 7).to(torch.int32)
        columns = value.shape[1]
        padded = torch.nn.functional.pad(numbers + 8, (0, -columns % 8)).view(value.shape[0], -1, 8)
        packed = (padded << torch.arange(0, 32, 4, dtype=torch.int32)).sum(-1, dtype=torch.int32)
        stem = name.removesuffix("weight")
        shape = torch.tensor(value.shape, dtype=torch.int64)
        return {f"{stem}weight_packed": packed, f"{stem}weight_scale": scale, f"{stem}weight_shape": shape}, numbers * scale

    weights = {"num_bits": 4, "type": "int", "symmetric": True, "strategy": "channel", "dynamic": False, "group_size": None}
    groups = {"group_0": {"targets": ["Linear"], "weights": weights, "input_activations": None, "output_activations": None}}
    settings = {"quant_method": "compressed-tensors", "format": "pack-quantized", "quantization_status": "compressed"}
    return quantised(tmp_path, {**settings, "config_groups": groups, "ignore": ["lm_head"]}, pack)


@pytest.mark.parametrize(("make", "words"), [(fp8, "fp8"), (packed_int4, "compressed-tensors 4-bit")])
def test_quantised_weights_become_the_numbers_they_stand_for(tmp_path, make, words):
    import torch

    folder, plain = make(tmp_path)
    record = identify(locate(str(folder)), "float32")
    assert record.note == f"{words} weights computed in fp32"
    dense = identify(locate(str(checkpoint())), "float32")
    assert record.parameters == dense.parameters
    assert needed_bytes(record) == needed_bytes(dense)
    assert record.weight_bytes < dense.weight_bytes
    found = load_tiny(folder).model
    assert found.dtype == torch.float32
    held = found.state_dict()
    for name, value in plain.items():
        assert torch.allclose(held[name], value, rtol=1e-6, atol=0), name
    with torch.no_grad():  # the inner model is called by itself, as the engine does
        inner = found.model(torch.arange(9)[None]).last_hidden_state
    assert bool(inner.isfinite().all())


def test_a_quantiser_that_computes_in_another_dtype_is_refused(tmp_path, monkeypatch):
    """As bitsandbytes does, whose checkpoints keep their own dtype whatever is asked for."""
    inner = loading._weights
    monkeypatch.setattr(loading, "_weights", lambda *given: inner(*given).bfloat16())
    with pytest.raises(ModelError, match="computed in bfloat16, not in float32; dtype: bfloat16 would work"):
        load_tiny(fp8(tmp_path)[0])


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
@pytest.mark.parametrize("make", [fp8, packed_int4])
def test_quantised_weights_are_spread_out_on_every_device(tmp_path, monkeypatch, make, device):
    """Told to transformers alike, wherever the weights go: the identity of the answers names no device."""
    told = []

    def weights(folder, dtype, spot, dequantised):
        told.append((spot.device_map, dequantised["quantization_config"].dequantize))
        raise ModelError("far enough")

    monkeypatch.setattr(loading, "_device", lambda asked: device)
    monkeypatch.setattr(loading, "_weights", weights)
    with pytest.raises(ModelError, match="far enough"):
        load_tiny(make(tmp_path)[0])
    assert told == [(device, True)]


def test_a_packed_head_counts_its_logits():
    import torch

    packed = torch.nn.Linear(8, 40)
    packed.weight = torch.nn.Parameter(torch.zeros(160, 1, dtype=torch.uint8), requires_grad=False)
    assert vocabulary(SimpleNamespace(get_output_embeddings=lambda: packed)) == 40


@pytest.mark.parametrize("method", sorted(QUANTISERS))
def test_a_missing_quantiser_is_named(tmp_path, monkeypatch, method):
    folder = tmp_path / "packed"
    shutil.copytree(checkpoint(), folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": method}}))
    monkeypatch.setattr(loading, "_installed", lambda package: False)
    with pytest.raises(ModelError, match=f"quantised by {method}, which needs the package .*pip install {QUANTISERS[method][0]}"):
        load_tiny(folder)


@pytest.mark.parametrize("settings", [{"quant_method": "of_tomorrow"}, {"bits": 4}])
def test_a_quantisation_that_transformers_would_skip_is_refused(tmp_path, settings):
    folder = tmp_path / "packed"
    shutil.copytree(checkpoint(), folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": settings}))
    with pytest.raises(ModelError, match=f"quant_method: read '{settings.get('quant_method', 'unnamed')}'"):
        load_tiny(folder)


# ---------------------------------------------------------------- mapped, spread


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_weights_are_mapped_and_not_copied(tmp_path):
    """The address of each parameter lies in a mapping of the file; a copy would lie elsewhere. Tied weights stay one."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(checkpoint(), folder)
    tensors = {name: value for name, value in load_file(folder / "model.safetensors").items() if name != "lm_head.weight"}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": True}))
    found = load_tiny(folder)
    assert found.model.get_input_embeddings().weight is found.model.get_output_embeddings().weight
    spans = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        if line.endswith(str(folder / "model.safetensors")):
            span, rights = line.split()[:2]
            assert rights in ("r--p", "rw-p")  # private: what is written stays in this process
            spans.append(tuple(int(end, 16) for end in span.split("-")))
    for name, parameter in found.model.named_parameters():
        assert any(start <= parameter.data_ptr() < end for start, end in spans), name


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_files_that_changed_after_they_were_identified_are_not_loaded(tmp_path, name):
    folder = tmp_path / "model"
    shutil.copytree(checkpoint(), folder)
    record = identify(locate(str(folder)), "float32")
    raw = (folder / name).read_bytes()
    (folder / name).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]) if name.endswith("safetensors") else raw + b" ")
    with pytest.raises(ModelError, match="changed after they were identified"):
        load(folder, record, load_encoder(folder, chat=False), device="cpu", limit=None)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_file_that_changes_under_the_model_is_noticed(tmp_path, dtype):
    folder = tmp_path / "model"
    shutil.copytree(checkpoint(), folder)
    record = identify(locate(str(folder)), dtype)
    found = load(folder, record, load_encoder(folder, chat=False), device="cpu", limit=None)
    assert list(found.files) == [folder / "model.safetensors"]
    assert changed_file(found) is None
    with (folder / "model.safetensors").open("r+b") as stream:
        stream.seek(-4, 2)
        stream.write(b"\0\0\0\0")
    os.utime(folder / "model.safetensors", ns=(1, 1))
    assert changed_file(found) == folder / "model.safetensors"
    (folder / "model.safetensors").unlink()
    assert changed_file(found) == folder / "model.safetensors"


def test_a_file_that_changes_right_after_it_was_identified_is_noticed(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    shutil.copytree(checkpoint(), folder)
    inner = loading._check_identity

    def identified_then_changed(*given):
        inner(*given)
        os.utime(folder / "model.safetensors", ns=(1, 1))

    monkeypatch.setattr(loading, "_check_identity", identified_then_changed)
    assert changed_file(load_tiny(folder)) == folder / "model.safetensors"


def test_a_model_spread_over_memory_and_disk_answers_the_same(tmp_path):
    """What accelerate does with a model larger than a card, run here with the CPU as the card and the disk as the rest."""
    import torch

    folder = checkpoint()
    whole = load_tiny(folder).model
    size = sum(parameter.numel() * 4 for parameter in whole.parameters())
    spread = _weights(folder, "float32", Placement(device_map="auto", max_memory={"cpu": int(0.7 * size)}), {})
    assert set(spread.hf_device_map.values()) == {"cpu", "disk"}
    assert any(parameter.is_meta for parameter in spread.parameters())
    tokens = torch.arange(20)[None]
    with torch.inference_mode():
        assert torch.equal(spread(tokens).logits, whole(tokens).logits)
        assert torch.equal(spread.model(tokens).last_hidden_state, whole.model(tokens).last_hidden_state)
