"""Tiny checkpoints with random weights and a real tokenizer, made from a configuration: for tests of engines.

The weights say nothing, the files are what a real checkpoint has. Each is made once a test session.
"""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any, Literal

Shape = Literal[
    "llama",
    "gpt2",
    "gemma2",
    "qwen3",
    "gemma3",
    "qwen3_moe",
    "opt",
    "bloom",
    "mamba",
    "hybrid",
    "jamba",
    "zamba2",
    "recurrent_gemma",
]
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
    import transformers

    kind, settings = _shapes(vocabulary, context)[shape]
    return getattr(transformers, f"{kind}Config")(**settings)


def _shapes(vocabulary: int, context: int) -> dict[Shape, tuple[str, dict[str, Any]]]:
    """Name of the configuration's class and its settings."""
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": None}
    wide = {"initializer_range": 0.3}  # weights large enough that a wrong position or a missing token is seen
    base = {"vocab_size": vocabulary, "hidden_size": 48, "num_hidden_layers": 2, **wide, **ends}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    shared = {**base, **heads, "intermediate_size": 96, "max_position_embeddings": context}
    headed = {**shared, "head_dim": 12}
    older = {"vocab_size": vocabulary, "n_layer": 2, "n_head": 4, **wide, **ends}
    mamba2 = {"mamba_n_heads": 8, "mamba_d_head": 12, "mamba_d_state": 8, "mamba_n_groups": 1, "mamba_chunk_size": 16}
    window = {"sliding_window": 16, "query_pre_attn_scalar": 12}  # shorter than a prompt
    return {
        "llama": ("Llama", headed),
        "gpt2": ("GPT2", {**older, "n_embd": 48, "n_positions": context}),
        # windows and full layers in turn, and soft caps small enough to matter
        "gemma2": ("Gemma2", {**headed, **window, "final_logit_softcapping": 3.0, "attn_logit_softcapping": 5.0}),
        "qwen3": ("Qwen3", headed),  # norms on queries and keys
        # windows and full layers in turn, each kind with rope of its own base
        "gemma3": ("Gemma3Text", {**headed, **window, "num_hidden_layers": 4, "layer_types": ["sliding_attention", "full_attention"] * 2}),
        "qwen3_moe": ("Qwen3Moe", {**headed, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 48}),
        # learned positions with an offset
        "opt": ("OPT", {**shared, "ffn_dim": 96, "word_embed_proj_dim": 48, "init_std": 0.3}),
        "bloom": ("Bloom", {**older, "hidden_size": 48, "seq_length": context}),  # ALiBi
        # recurrent; given several tokens it starts from nothing, whatever its cache holds
        "mamba": ("Mamba", {**base, "state_size": 8, "time_step_rank": 4}),
        # Mamba-2 layers and attention, mixed experts
        "hybrid": (
            "GraniteMoeHybrid",
            {
                **shared,
                **mamba2,
                "layer_types": ["mamba", "attention"],
                "num_local_experts": 2,
                "num_experts_per_tok": 1,
                "shared_intermediate_size": 48,
                "position_embedding_type": "rope",
            },
        ),
        # Mamba layers and attention; given several tokens, as mamba
        "jamba": (
            "Jamba",
            {
                **shared,
                "attn_layer_period": 2,
                "attn_layer_offset": 1,
                "num_experts": 2,
                "num_experts_per_tok": 1,
                "mamba_d_state": 8,
                "mamba_dt_rank": 4,
            },
        ),
        # Mamba-2 and attention side by side; one token alone goes another way in it than several
        "zamba2": (
            "Zamba2",
            {
                **shared,
                "layers_block_type": ["mamba", "hybrid"],
                "num_mem_blocks": 1,
                "num_key_value_heads": 4,
                "mamba_d_state": 8,
                "mamba_ngroups": 1,
                "n_mamba_heads": 8,
                "mamba_headdim": 12,
                "chunk_size": 16,
            },
        ),
        # keeps its state in itself, no cache is handed out
        "recurrent_gemma": (
            "RecurrentGemma",
            {
                **base,
                **heads,
                "intermediate_size": 96,
                "head_dim": 12,
                "block_types": ("recurrent", "attention"),
                "lru_width": 48,
                "attention_window_size": 64,
            },
        ),
    }


def build(folder: Path, shape: Shape = "llama", *, chat: Chat = "", adds_bos: bool = True, context: int = 512, seed: int = 0) -> Path:
    """Writes a checkpoint into `folder` (300 to 600 kB) and returns the folder."""
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
