import json
import shutil
import subprocess
import sys

import pytest

from evalkit.checkpoints import identify, locate
from evalkit.engines.loading import GIB, Placement, load, load_encoder, needed_bytes, place
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
