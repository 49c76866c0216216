"""`--model synthetic-qwen3`: random weights in Qwen3's shape, with a vocabulary as large as its own.

It says nothing sensible; it is there to measure an architecture with a heavy head where no other weights can be had.
The weights follow from a seed. The tokenizer is SmolLM2's, filled up with entries that no text is cut into.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from evalkit.checkpoints import TOKENIZER_FILES, as_folder, cache_folder, locate, quiet_transformers

NAME = "synthetic-qwen3"
NOTE = "random weights in Qwen3's shape with SmolLM2's tokenizer: timings and exactness, no answers"
VERSION = 1
VOCABULARY = 151_936
SETTINGS = {
    "vocab_size": VOCABULARY,
    "hidden_size": 384,
    "intermediate_size": 1152,
    "num_hidden_layers": 12,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 64,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
    "initializer_range": 0.05,  # wider than usual, so that options differ by more than rounding
}
SEED = 20260101
_MORE = (*TOKENIZER_FILES, "tokenizer_config.json")


def folder_of(base: str = "smollm2-135m") -> Path:
    """The checkpoint's folder, made once (about 350 MB). Raises ModelError where the tokenizer's model is not there."""
    folder = cache_folder() / "benchmarks" / f"{NAME}-{VERSION}"
    if not (folder / "config.json").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{NAME}."))
        try:
            build(new, as_folder(locate(base)), SETTINGS)
            new.replace(folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return folder


def build(folder: Path, tokenizer: Path, settings: Mapping[str, object]) -> None:
    """Writes the checkpoint into `folder` with the tokenizer of the checkpoint in `tokenizer`."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen3Config

    words = AutoTokenizer.from_pretrained(str(tokenizer), local_files_only=True)
    ends = {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}
    with torch.random.fork_rng(devices=[]), quiet_transformers():
        torch.manual_seed(SEED)
        model = AutoModelForCausalLM.from_config(Qwen3Config(**settings, **ends), dtype=torch.float32)
        model.save_pretrained(folder)
    for name in _MORE:
        if (tokenizer / name).is_file() and not (folder / name).exists():
            shutil.copyfile(tokenizer / name, folder / name)
    _fill(folder / "tokenizer.json", model.config.vocab_size)


def _fill(path: Path, size: int) -> None:
    """Give every id below `size` a text of its own. No merge leads to the new ones, so no text is cut into them."""
    read = json.loads(path.read_text(encoding="utf-8"))
    vocabulary = read["model"]["vocab"]
    taken = {*vocabulary.values(), *(entry["id"] for entry in read["added_tokens"])}
    vocabulary.update({f"zq{number}": number for number in range(size) if number not in taken})
    path.write_text(json.dumps(read, ensure_ascii=False), encoding="utf-8")
