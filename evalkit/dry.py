"""`evalkit run --dry-run`: what would be asked, and an estimate of time and memory. Estimates are called estimates."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from evalkit import registry
from evalkit.config import RunConfig
from evalkit.meter import matrix_rate
from evalkit.plan import Plan, build_plan
from evalkit.protocols import Engine
from evalkit.records import Model, Request

_CHARACTERS_PER_TOKEN = {"zh": 1.0, "en": 3.5}  # where no tokenizer can be read without loading the model
_PROBE_SECONDS = 0.3
_DECODING_SHARE = 0.25  # of the matrix rate that one token at a time reaches in a small group
_ACTIVATION_BYTES = 600_000_000  # of a group of requests, on top of the weights


def estimate(config: RunConfig) -> dict[str, Any]:
    """Requests, tokens, estimated seconds and bytes of a run; asks the model nothing and writes nothing."""
    engine: Engine = registry.find("engines", config.engine.name)(config.engine)
    plan = build_plan(config, engine)
    unique = {request.id: request for request in plan.requests}
    tokens, how = _prompt_tokens(list(unique.values()), plan, engine)
    written = sum(request.max_tokens for request in unique.values())
    return {
        "model": engine.model.name,
        "plan": plan.digest,
        "profile": plan.profile.name,
        "suites": dict(plan.suites),
        "requests": len(plan.requests),
        "requests without repeats": len(unique),
        "by arm": dict(sorted(Counter(plan.items[request.item].arm for request in plan.requests).items())),
        "by ability": dict(sorted(Counter(request.ability for request in plan.requests).items())),
        **({"left out": "; ".join(plan.left_out)} if plan.left_out else {}),
        "timed requests": len(plan.stream) + len(plan.offline),
        "prompt tokens": tokens,
        "prompt tokens counted by": how,
        "written tokens at most": written,
        **_cost(engine.model, tokens, written),
    }


def _cost(model: Model, tokens: int, written: int) -> dict[str, Any]:
    if not model.parameters:
        return {"estimated seconds": None, "estimated memory bytes": None}
    rate = matrix_rate(_PROBE_SECONDS)
    operations = 2.0 * model.parameters
    seconds = operations * tokens / rate + operations * written / (rate * _DECODING_SHARE)
    width = 2 if model.dtype in ("bfloat16", "float16") else 4
    return {"estimated seconds": round(seconds), "estimated memory bytes": model.parameters * width + _ACTIVATION_BYTES}


def _prompt_tokens(requests: Sequence[Request], plan: Plan, engine: Engine) -> tuple[int, str]:
    count_of = getattr(engine, "prompt_tokens", None)
    if count_of is not None:
        return sum(count_of(request) for request in requests), "the model's tokenizer and chat template"
    count = 0.0
    for request in requests:
        count += sum(len(message.content) for message in request.messages) / _CHARACTERS_PER_TOKEN[plan.items[request.item].language]
    return round(count), "characters (estimated)"
