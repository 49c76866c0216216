"""Where a model's numbers stop being numbers, for the error that says so."""

from collections.abc import Sequence
from typing import Any

import torch

from evalkit.engines.forward import logits_at


@torch.inference_mode()
def first_not_finite(model: Any, tokens: Sequence[int]) -> str:
    """The first module, in order of execution, whose output for `tokens` is not finite, with its type of number.

    A module that holds others is named only where none of those inside was at fault before.
    """
    found: list[str] = []

    def looked(name: str) -> Any:
        def look(module: torch.nn.Module, _: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) and output else output
            if not found and isinstance(first, torch.Tensor) and first.is_floating_point() and not bool(torch.isfinite(first).all()):
                found.append(f"first at {name} ({type(module).__name__}, {str(first.dtype).removeprefix('torch.')})")

        return look

    handles = [module.register_forward_hook(looked(name)) for name, module in model.named_modules() if name]
    try:
        ids, last = torch.tensor([list(tokens)], device=model.device), torch.tensor([len(tokens) - 1])
        logits_at(model, torch.zeros_like(last), last, input_ids=ids, use_cache=False)
    except Exception as error:  # noqa: BLE001 (only words for an error that is being reported are looked for)
        return f"the layer could not be found ({type(error).__name__})"
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else "no layer by itself, in a plain forward"
