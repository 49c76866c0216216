"""Tiny checkpoints with random weights and a real tokenizer, made from a configuration: for tests of engines.

The weights say nothing, the files are what a real checkpoint has. Each is made once a test session.
"""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any, Literal

Shape = Literal["llama", "gpt2", "gemma2"]
Chat = Literal["", "own bos", "no bos", "two bos", "no system"]

TURNS = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
REFUSES_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
TEMPLATES: dict[str, str] = {
    "own bos": "{{ bos_token }}" + TURNS,
    "no bos": TURNS,
    "two bos": "{{ bos_token }}{{ bos_token }}" + TURNS,
    "no system": REFUSES_SYSTEM + "{{ bos_token }}" + TURNS,
}
CORPUS = [
    "Which gas is blown into the converter? Answer: A",
    "The casting speed is 1.2 m/min and the slab is 230 mm thick. Question: how long does it solidify?",
    "Answer with the letter of the right option only. A. oxygen B. nitrogen C. argon D. hydrogen",
    "转炉炼钢吹入的气体是什么？答案：A 氧气 B 氮气 C 氩气 D 氢气",
    "system user assistant You are a helpful assistant.",
]


def tokenizer(*, chat: Chat = "", adds_bos: bool = True) -> Any:
    """A byte-level BPE tokenizer trained on a few lines: 256 bytes, some merges, four special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    special = ["<|bos|>", "<|eos|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=360, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    trained.train_from_iterator(CORPUS, trainer)
    if adds_bos:
        trained.post_processor = processors.TemplateProcessing(single="<|bos|> $A", pair="<|bos|> $A $B", special_tokens=[("<|bos|>", 0)])
    made = PreTrainedTokenizerFast(tokenizer_object=trained, bos_token="<|bos|>", eos_token="<|eos|>")
    made.chat_template = TEMPLATES[chat] if chat else None
    return made


def _config(shape: Shape, vocabulary: int, context: int) -> Any:
    from transformers import Gemma2Config, GPT2Config, LlamaConfig

    ends = {"bos_token_id": 0, "eos_token_id": 1}
    if shape == "gpt2":
        return GPT2Config(
            vocab_size=vocabulary, n_embd=48, n_layer=2, n_head=4, n_positions=context, initializer_range=0.3, **ends
        )
    shared = {
        "vocab_size": vocabulary,
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 12,
        "max_position_embeddings": context,
        "initializer_range": 0.3,
        "pad_token_id": None,
        **ends,
    }
    if shape == "gemma2":  # alternating window shorter than a prompt, and soft caps small enough to matter
        return Gemma2Config(sliding_window=16, final_logit_softcapping=3.0, attn_logit_softcapping=5.0, query_pre_attn_scalar=12, **shared)
    return LlamaConfig(**shared)


def build(folder: Path, shape: Shape = "llama", *, chat: Chat = "", adds_bos: bool = True, context: int = 512, seed: int = 0) -> Path:
    """Writes a checkpoint into `folder` (about 300 kB) and returns the folder."""
    import torch
    from transformers import AutoModelForCausalLM

    from evalkit.checkpoints import quiet_transformers

    made = tokenizer(chat=chat, adds_bos=adds_bos)
    with torch.random.fork_rng(devices=[]), quiet_transformers():
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(_config(shape, len(made), context), dtype=torch.float32)
        model.save_pretrained(folder)
        made.save_pretrained(folder)
    return folder


@functools.cache
def _root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="evalkit-tiny-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


@functools.cache
def checkpoint(shape: Shape = "llama", *, chat: Chat = "", adds_bos: bool = True, context: int = 512) -> Path:
    """The folder of such a checkpoint, made once a session. Read it, copy it, but do not change it."""
    return build(_root() / f"{shape}-{chat.replace(' ', '-')}-{adds_bos}-{context}", shape, chat=chat, adds_bos=adds_bos, context=context)
