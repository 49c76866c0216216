"""PEFT adapters: found with their base, identified by both, merged exactly, refused where they do not fit."""

import hashlib
import json
import pickle
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from evalkit import checkpoints
from evalkit.checkpoints import ADAPTER, ADAPTER_WEIGHTS, as_folder, identify, locate
from evalkit.engines import loading
from evalkit.engines.loading import load, load_encoder
from evalkit.errors import ModelError
from tests.engines.test_local import Settings
from tests.test_checkpoints import write_gguf
from tests.tiny import checkpoint, tokenizer

TARGETS = ["q_proj", "v_proj", "down_proj"]


def make_adapter(folder, base, kind="LoraConfig", *, named=None, save=None, **settings):
    """An adapter with weights from a fixed seed, as peft itself writes it. Returns the folder and the adapted model's logits."""
    import torch
    from transformers import AutoModelForCausalLM

    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), checkpoints.quiet_transformers():
        warnings.simplefilter("ignore")
        import peft

        torch.manual_seed(7)
        chosen = {"task_type": "CAUSAL_LM", "target_modules": TARGETS, "modules_to_save": save} | settings
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        adapted = peft.get_peft_model(model, getattr(peft, kind)(**{key: value for key, value in chosen.items() if value is not None}))
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.data += torch.randn_like(parameter) * 0.1
        adapted.eval().save_pretrained(folder)
        with torch.no_grad():
            logits = adapted(input_ids=tokens()).logits
    if named is not None:
        change(folder, base_model_name_or_path=named)
    return folder, logits


def change(folder, **settings):
    held = json.loads((folder / ADAPTER).read_text())
    (folder / ADAPTER).write_text(json.dumps(held | settings))


def tokens():
    import torch

    return torch.arange(5, 45)[None]


def loaded(folder, dtype="float32"):
    found = locate(str(folder))
    record = identify(found, dtype)
    place = as_folder(found)
    return load(place, record, load_encoder(place, chat=False), device="cpu", limit=None)


def logits_of(model):
    import torch

    with torch.no_grad():
        return model(input_ids=tokens()).logits


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A LoRA adapter on the tiny Llama; copy it before changing it."""
    return make_adapter(tmp_path_factory.mktemp("adapter") / "lora", checkpoint("llama", chat="own bos"), r=4)


@pytest.fixture
def adapter(made, tmp_path):
    return Path(shutil.copytree(made[0], tmp_path / "tuned"))


# ---------------------------------------------------------------- merged


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("LoraConfig", {"r": 4}),
        ("LoraConfig", {"r": 4, "use_dora": True, "use_rslora": True}),
        ("LoraConfig", {"r": 4, "task_type": None}),
        ("LoraConfig", {"r": 4, "save": ["lm_head"]}),
        ("LoraConfig", {"r": 4, "trainable_token_indices": [7, 9]}),
        ("LoraConfig", {"r": 4, "target_modules": ["embed_tokens", "lm_head"]}),
        ("AdaLoraConfig", {"init_r": 4, "target_r": 2, "total_step": 10}),
        ("IA3Config", {"feedforward_modules": ["down_proj"]}),
        ("LoHaConfig", {"r": 4}),
        ("LoKrConfig", {"r": 4}),
        ("OFTConfig", {"r": 0, "oft_block_size": 4}),
        ("HRAConfig", {"r": 4}),
        ("MissConfig", {"r": 4}),
        ("LNTuningConfig", {"target_modules": ["input_layernorm"]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_the_merged_model_answers_as_the_adapted_one(tmp_path, kind, settings):
    base = checkpoint()
    folder, wanted = make_adapter(tmp_path / "tuned", base, kind, **settings)
    found = loaded(folder).model
    assert not any("lora" in name or "base_layer" in name for name, _ in found.named_parameters())
    plain = loaded(base).model
    assert type(found) is type(plain)
    assert {name: value.shape for name, value in found.named_parameters()} == {name: value.shape for name, value in plain.named_parameters()}
    largest = float(wanted.abs().max())
    assert float((logits_of(found) - wanted).abs().max()) < 1e-5 * largest
    assert float((logits_of(plain) - wanted).abs().max()) > 1e-2 * largest  # the adapter does something


def test_a_merge_leaves_the_files_as_they_are(made):
    base = checkpoint("llama", chat="own bos") / "model.safetensors"
    before = hashlib.sha256(base.read_bytes()).hexdigest()
    loaded(made[0])
    assert hashlib.sha256(base.read_bytes()).hexdigest() == before


def test_half_precision_merges_too(made):
    found = loaded(made[0], "bfloat16").model
    assert str(found.dtype) == "torch.bfloat16"
    assert float((logits_of(found).float() - made[1]).abs().max()) < 0.1 * float(made[1].abs().max())


def test_an_adapter_on_a_gguf_file(tmp_path, made):
    write_gguf(tmp_path / "base.gguf")
    converted = as_folder(locate(str(tmp_path / "base.gguf")))
    folder, wanted = make_adapter(tmp_path / "tuned", converted, named="../base.gguf", r=2)
    model = identify(locate(str(folder)), "float32")
    assert model.name == "base+tuned"
    assert model.note == "lora adapter tuned merged into base; f32 weights computed in fp32"
    assert float((logits_of(loaded(folder).model) - wanted).abs().max()) < 1e-5 * float(wanted.abs().max())


def test_the_engine_answers_with_an_adapter(made):
    from evalkit.engines.local import LocalEngine
    from evalkit.records import Message, Request

    request = Request(
        id="r", item="i", ability="score", messages=(Message(role="user", content="Which gas?"),), cue="Answer:", options=(" A", " B")
    )
    answers = {
        name: next(iter(LocalEngine(Settings(model=str(folder))).answer([request])))
        for name, folder in (("adapted", made[0]), ("base", checkpoint("llama", chat="own bos")))
    }
    assert {answer.finish for answer in answers.values()} == {"scored"}
    assert answers["adapted"].loglikelihoods != answers["base"].loglikelihoods


def test_beside_a_packed_base_the_adapter_stays_a_layer_of_its_own(made):
    from dataclasses import replace

    found = locate(str(made[0]))
    record = replace(identify(found, "float32"), parameters=None)  # as of weights that are packed
    model = load(made[0], record, load_encoder(made[0], chat=False), device="cpu", limit=None).model
    assert type(model).__name__ == "LlamaForCausalLM"
    assert any("lora_A" in name for name, _ in model.named_parameters())
    assert float((logits_of(model) - made[1]).abs().max()) < 1e-6 * float(made[1].abs().max())


def test_the_note_says_that_an_adapter_stays_beside(adapter, tmp_path):
    base = Path(shutil.copytree(checkpoint("llama", chat="own bos"), tmp_path / "base"))
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}))
    change(adapter, base_model_name_or_path="../base")
    found = identify(locate(str(adapter)), "float32")
    assert found.note == "lora adapter tuned beside base; bitsandbytes 4-bit weights computed in fp32"
    assert found.parameters is None


# ---------------------------------------------------------------- identity


def test_the_identity_covers_base_and_adapter(adapter, tmp_path):
    base = Path(shutil.copytree(checkpoint("llama", chat="own bos"), tmp_path / "base"))
    change(adapter, base_model_name_or_path="../base")
    found = locate(str(adapter))
    assert (found.kind, found.name) == ("adapter", "base+tuned")
    assert found.base.path == base
    before, plain = identify(found, "float32"), identify(locate(str(base)), "float32")
    assert before == identify(locate(str(adapter)), "float32")
    assert before.weights_digest != plain.weights_digest
    assert (before.tokenizer_digest, before.template_digest) == (plain.tokenizer_digest, plain.template_digest)
    assert (before.parameters, before.context) == (plain.parameters, plain.context)
    assert before.note == "lora adapter tuned merged into base"
    assert before.weight_bytes == plain.weight_bytes + (adapter / ADAPTER_WEIGHTS).stat().st_size
    seen = {before.weights_digest}
    for file in (base / "model.safetensors", adapter / ADAPTER_WEIGHTS):
        raw = file.read_bytes()
        file.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
        seen.add(identify(locate(str(adapter)), "float32").weights_digest)
        file.write_bytes(raw)
    change(adapter, lora_alpha=64)
    seen.add(identify(locate(str(adapter)), "float32").weights_digest)
    assert len(seen) == 4


def test_the_licences_of_both_count(adapter, tmp_path):
    base = Path(shutil.copytree(checkpoint("llama", chat="own bos"), tmp_path / "base"))
    change(adapter, base_model_name_or_path="../base")
    (base / "README.md").write_text("---\nlicense: llama3.2\n---\n")
    (adapter / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    assert identify(locate(str(adapter)), "float32").licence == "apache-2.0 and llama3.2"
    (adapter / "README.md").unlink()
    assert identify(locate(str(adapter)), "float32").licence == "llama3.2"


def test_an_adapters_own_tokenizer_wins(adapter):
    plain = identify(locate(str(checkpoint("llama", chat="own bos"))), "float32")
    tokenizer(chat="no bos", adds_bos=False).save_pretrained(adapter)
    own = identify(locate(str(adapter)), "float32")
    assert own.tokenizer_digest != plain.tokenizer_digest
    assert own.template_digest != plain.template_digest
    ids = load_encoder(adapter, chat=True).ids(["Which gas?"])[0]
    base_ids = load_encoder(checkpoint("llama", chat="own bos"), chat=True).ids(["Which gas?"])[0]
    assert ids == base_ids[1:]  # the adapter's adds no BOS
    (adapter / "tokenizer_config.json").write_text(json.dumps({"auto_map": {"AutoTokenizer": "evil.Tokenizer"}}))
    with pytest.raises(ModelError, match="auto_map"):
        identify(locate(str(adapter)), "float32")


def test_a_base_from_the_hub_cache_is_found_with_its_commit(tmp_path, monkeypatch, adapter):
    import huggingface_hub.constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    snapshot = tmp_path / "hub" / "models--owner--tiny" / "snapshots" / commit
    shutil.copytree(checkpoint("llama", chat="own bos"), snapshot)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    change(adapter, base_model_name_or_path="owner/tiny", revision=commit)
    found = locate(str(adapter))
    assert (found.base.revision, found.base.path) == (commit, snapshot)
    assert identify(found, "float32").note == "lora adapter tuned merged into owner/tiny@0123456789ab"
    change(adapter, revision="f" * 40)
    with pytest.raises(ModelError, match=rf"{ADAPTER}: its base model cannot be had: .*hf download owner/tiny --revision f"):
        locate(str(adapter))


def test_an_adapter_is_identified_without_torch_or_peft(made):
    code = (
        "import sys; from evalkit.checkpoints import *; m = identify(locate(sys.argv[1]), 'float32'); print(m.name);"
        "assert not {'torch', 'transformers', 'peft', 'safetensors'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(made[0])], check=True, capture_output=True, text=True)
    assert done.stdout.strip().endswith("+lora")


# ---------------------------------------------------------------- refused


def _pickled(folder):
    (folder / ADAPTER_WEIGHTS).unlink()
    (folder / "adapter_model.bin").write_bytes(pickle.dumps({"w": [1.0]}))


def _cut(folder):
    raw = (folder / ADAPTER_WEIGHTS).read_bytes()
    (folder / ADAPTER_WEIGHTS).write_bytes(raw[:-1])


EVIL = {"base_model_class": "Model", "parent_library": "evil.models"}


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_pickled, r"adapter_model\.bin: an adapter as a pickle.*convert"),
        (_cut, "truncated or torn"),
        (lambda f: (f / ADAPTER_WEIGHTS).unlink(), f"no {ADAPTER_WEIGHTS}"),
        (lambda f: (f / ADAPTER).write_text("{"), f"{ADAPTER}: broken JSON"),
        (lambda f: change(f, peft_type="PREFIX_TUNING"), "peft_type: read 'PREFIX_TUNING'"),
        (lambda f: change(f, peft_type=["LORA"]), "peft_type: read"),
        (lambda f: change(f, task_type="SEQ_CLS"), "task_type: read 'SEQ_CLS'"),
        (lambda f: change(f, auto_mapping=EVIL), r"code of its own to be run \(evil\.models\)"),
        (lambda f: change(f, auto_mapping="evil"), r"code of its own to be run \(evil\)"),
        (lambda f: change(f, auto_map={"AutoModel": "evil.Model"}), "code of its own to be run"),
        (lambda f: change(f, megatron_config={"x": 1}), "megatron_config: read"),
        (lambda f: change(f, corda_config={"x": 1}), "corda_config: read"),
        (lambda f: change(f, layer_replication=[[0, 1], [0, 2]]), "layer_replication: read"),
        (lambda f: change(f, init_lora_weights="pissa_niter_16"), "init_lora_weights: read 'pissa_niter_16'"),
        (lambda f: change(f, base_model_name_or_path=None), "base_model_name_or_path: read None"),
        (lambda f: change(f, base_model_name_or_path="/nowhere/base"), "its base model cannot be had: /nowhere/base: no such file"),
        (lambda f: change(f, base_model_name_or_path="x" * 5000), "its base model cannot be had"),
        (lambda f: change(f, base_model_name_or_path="~nobody-of-that-name/x"), "its base model cannot be had"),
        (lambda f: change(f, base_model_name_or_path="."), "is an adapter itself"),
        (lambda f: change(f, base_model_name_or_path="smollm2-135n"), "did you mean 'smollm2-135m'"),
    ],
)
def test_what_is_no_adapter_of_a_plain_model_is_refused(adapter, damage, words):
    damage(adapter)
    with pytest.raises(ModelError, match=words) as caught:
        identify(locate(str(adapter)), "float32")
    assert caught.value.exit_code == 2
    assert str(adapter) in str(caught.value)



def _without_layer(folder):
    """The base loses its second layer: the adapter then has tensors without a counterpart."""
    from safetensors.torch import load_file, save_file

    held = load_file(folder / "model.safetensors")
    save_file({name: value for name, value in held.items() if ".layers.1." not in name}, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 1}))


def _without_adapted_layer(folder):
    from safetensors.torch import load_file, save_file

    held = load_file(folder / ADAPTER_WEIGHTS)
    save_file({name: value for name, value in held.items() if ".layers.1." not in name}, folder / ADAPTER_WEIGHTS, {"format": "pt"})


def refused(adapter, base, words):
    with pytest.raises(ModelError, match=words) as caught:
        loaded(adapter)
    assert caught.value.exit_code == 2
    assert str(adapter) in str(caught.value)
    assert str(base) in str(caught.value)


def test_an_adapter_for_other_shapes_is_refused(adapter, tmp_path):
    from safetensors.torch import load_file, save_file

    held = load_file(adapter / ADAPTER_WEIGHTS)
    save_file({name: value.repeat(1, 2) if "lora_A" in name else value for name, value in held.items()}, adapter / ADAPTER_WEIGHTS, {"format": "pt"})
    refused(adapter, checkpoint("llama", chat="own bos"), "size mismatch")


def test_an_adapter_for_other_names_is_refused(adapter):
    base = checkpoint("gpt2")
    change(adapter, base_model_name_or_path=str(base))
    refused(adapter, base, "does not fit its base model.*not found")


def test_an_adapter_for_more_layers_is_refused(adapter, tmp_path):
    base = Path(shutil.copytree(checkpoint("llama", chat="own bos"), tmp_path / "base"))
    _without_layer(base)
    change(adapter, base_model_name_or_path=str(base))
    refused(adapter, base, r"6 of its tensors have no counterpart, such as base_model.*layers\.1\.")


def test_an_adapter_for_fewer_layers_is_refused(adapter):
    _without_adapted_layer(adapter)
    refused(adapter, checkpoint("llama", chat="own bos"), r"6 of its tensors have no counterpart, such as base_model.*layers\.1\.")


def test_an_adapter_that_lacks_a_module_it_replaces_is_refused(adapter):
    change(adapter, modules_to_save=["lm_head"])
    refused(adapter, checkpoint("llama", chat="own bos"), "replaces lm_head by its settings, and holds no tensor of it")


def test_an_adapter_made_for_another_class_is_refused(adapter):
    change(adapter, auto_mapping={"base_model_class": "Qwen3ForCausalLM", "parent_library": "transformers.models.qwen3.modeling_qwen3"})
    refused(adapter, checkpoint("llama", chat="own bos"), "made for a Qwen3ForCausalLM, the base is a LlamaForCausalLM")


def test_a_merge_that_changes_the_model_is_refused(adapter, monkeypatch):
    """As a merge into one of two tied layers would, which changes both. Here the merge itself is made wrong."""
    from peft.tuners.lora import LoraModel

    plain = LoraModel.merge_and_unload

    def doubled(self, *args, **kwargs):
        merged = plain(self, *args, **kwargs)
        merged.model.layers[0].self_attn.v_proj.weight.data.mul_(1.5)
        return merged

    monkeypatch.setattr(LoraModel, "merge_and_unload", doubled)
    refused(adapter, checkpoint("llama", chat="own bos"), "merging it changes the logits by")


def test_numbers_that_are_none_are_refused(adapter):
    from safetensors.torch import load_file, save_file

    held = load_file(adapter / ADAPTER_WEIGHTS)
    name = next(name for name in held if "lora_B" in name)
    held[name][0, 0] = float("nan")
    save_file(held, adapter / ADAPTER_WEIGHTS, {"format": "pt"})
    refused(adapter, checkpoint("llama", chat="own bos"), "NaN")


def test_a_base_that_does_not_fit_in_memory_is_refused(adapter, monkeypatch):
    size = identify(locate(str(adapter)), "float32").parameters * 4
    spread = loading.Placement(device_map="auto", max_memory={"cpu": int(0.7 * size)})
    monkeypatch.setattr(loading, "place", lambda *_, **__: spread)
    refused(adapter, checkpoint("llama", chat="own bos"), "does not fit in memory, so nothing can be merged")


def test_a_command_with_a_foreign_adapter_ends_plainly(adapter, built_toy, tmp_path):
    change(adapter, base_model_name_or_path=str(checkpoint("gpt2")))
    config = {"name": "x", "suites": [str(built_toy)], "engine": {"model": str(adapter), "device": "cpu"}, "limit": 1}
    (tmp_path / "run.yaml").write_text(json.dumps(config))
    done = subprocess.run(
        [sys.executable, "-m", "evalkit", "run", str(tmp_path / "run.yaml")], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2, done.stderr
    assert "does not fit its base model" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_without_peft_the_command_is_named(adapter, monkeypatch):
    def version(package):
        raise loading.PackageNotFoundError(package)

    monkeypatch.setattr(loading, "version", version)
    with pytest.raises(ModelError, match="needs the package peft: pip install peft"):
        loaded(adapter)
