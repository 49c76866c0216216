"""Is scoring over stored prefixes as exact as a plain forward? A real model, real prompts, each scored token against float64.

    python -m tests.proofs.exactness [--items N] [--model M] [--to FILE]

Items of the five suites with three shots each: labels and option texts. Every scored token's log-probability is computed three
ways: over the forest (fp32), by a plain forward of its sequence alone (fp32), and by the same in float64. Writes exactness.json:
root mean square and largest error of the two fp32 ways, their ratio (target: at most 1.25), and whether the same option comes first.
"""

import argparse
import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import torch

from evalkit.config import EngineConfig
from evalkit.engines.forward import ScoreRow, loglikelihoods
from evalkit.engines.head import Head
from evalkit.engines.local import LocalEngine
from evalkit.engines.memory import BUDGETS, footprint, sizes
from evalkit.engines.prefix import PrefixScorer, Work
from evalkit.prompts import prompt_of
from evalkit.records import DOMAINS, Request
from evalkit.suite import find_suite

HERE = Path(__file__).parent
SHOTS, TARGET, TIE = 3, 1.25, 1e-4


def asked(items):
    """Requests over choice items of all suites: each with its labels, and with its options' texts."""
    for domain in DOMAINS:
        suite = find_suite(domain)
        choices = [item for item in suite.items if item.form == "choice"]
        for item in choices[:items]:
            shots = [other for other in choices[::-1] if other.language == item.language and other.cluster != item.cluster][:SHOTS]
            prompt = prompt_of(item, tuple(shots))
            for kind, options in (("labels", prompt.options), ("texts", item.choices)):
                yield Request(
                    id=f"{item.key}.{kind}", item=item.key, ability="score", messages=prompt.messages, cue=prompt.cue, options=options
                )


def rows_of(engine, requests):
    """A row a sequence; every scored token is a continuation of its own, so that errors are a token's."""
    rows, options = {}, []
    for request in requests:
        for number, (context, ids) in enumerate(engine.encoder().pairs(request)):
            tokens = (*context, *ids[:-1])
            row = rows.setdefault(tokens, ScoreRow(str(len(rows)), tokens, ()))
            places = tuple((len(context) - 1 + step, (token,)) for step, token in enumerate(ids))
            rows[tokens] = replace(row, continuations=tuple(dict.fromkeys((*row.continuations, *places))))
            options.append((request.id, number, tokens, places))
    return list(rows.values()), options


def by_place(rows, results):
    return {(row.tokens, place): value for row, result in zip(rows, results, strict=True) for place, value in zip(row.continuations, result, strict=True)}


def errors(found, truth):
    apart = [abs(found[place] - truth[place]) for place in truth]
    return {"rms": math.sqrt(math.fsum(error * error for error in apart) / len(apart)), "largest": max(apart)}


def first(options, found):
    """The likeliest option of each request, and by how much."""
    sums = {}
    for name, number, tokens, places in options:
        sums.setdefault(name, {})[number] = math.fsum(found[tokens, place] for place in places)
    best = {}
    for name, values in sums.items():
        ranked = sorted(values, key=values.__getitem__, reverse=True)
        best[name] = (ranked[0], values[ranked[0]] - values[ranked[1]])
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=2, help="of each suite")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--to", type=Path, default=HERE / "exactness.json")
    chosen = parser.parse_args()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, cwd=HERE).stdout.strip()
    engine = LocalEngine(EngineConfig(model=chosen.model, device="cpu", chat_template="never"))
    model = engine.load().model
    rows, options = rows_of(engine, list(asked(chosen.items)))
    longest = max(len(row.tokens) for row in rows)
    planned = sizes(BUDGETS["cpu"], footprint(model.config.get_text_config(decoder=True), 4), scored=longest, text=0, room=None)
    work, failed = Work(), []
    scored = {row.name: result for row, result, _ in PrefixScorer(model, planned.limits, Head(model), work).score(rows, lambda *what: failed.append(what))}
    if failed:
        sys.exit(f"scoring failed: {failed[0]}")
    packed = by_place(rows, [scored[row.name] for row in rows])
    plain = by_place(rows, [loglikelihoods(model, [row])[0] for row in rows])
    with torch.inference_mode():
        model.double()  # the library's model in float64, same weights
        truth = by_place(rows, [exact(model, row) for row in rows])
    packed_errors, plain_errors = errors(packed, truth), errors(plain, truth)
    ratios = {name: packed_errors[name] / plain_errors[name] for name in packed_errors}
    ours, theirs = first(options, packed), first(options, plain)
    others = [name for name in ours if ours[name][0] != theirs[name][0] and theirs[name][1] > TIE]
    written = {
        "proof": "scoring over stored prefixes against float64",
        "commit": commit,
        "model": engine.model.name,
        "requests": len(ours),
        "tokens_scored": len(truth),
        "tokens_computed": work.tokens_computed,
        "tokens_of_the_plain_way": work.tokens_asked,
        "packed": packed_errors,
        "plain": plain_errors,
        "ratios": ratios,
        "target": TARGET,
        "largest_difference": max(abs(packed[place] - plain[place]) for place in truth),
        "other_option_first": others,
        "within_target": all(ratio <= TARGET for ratio in ratios.values()) and not others,
    }
    chosen.to.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(written, indent=2, ensure_ascii=False) + "\n")


def exact(model, row):
    logits = model(input_ids=torch.tensor([row.tokens]), use_cache=False).logits[0]
    at = torch.tensor([start for start, _ in row.continuations])
    nats = torch.log_softmax(logits[at].double(), dim=-1)
    return [float(nats[index, ids[0]]) for index, (_, ids) in enumerate(row.continuations)]


if __name__ == "__main__":
    main()
