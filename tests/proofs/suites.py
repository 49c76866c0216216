"""What does a small real model score on the five suites? SmolLM2 on the first items of each, as they come.

    python -m tests.proofs.suites [--items N] [--model M] [--to FILE]

The first N items of each suite's frozen order (160, what the fast profile asks), clean, no shots: choice by letter scoring, the
rest written with the preview's limits on length. Writes suites.json: for each suite the digest of its frozen items, raw and
chance-corrected accuracy with clustered 95 % intervals, by task, and the refusal items apart. The suites' cards quote it.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from evalkit import registry
from evalkit.axes import PROFILES, accuracy
from evalkit.config import RunConfig
from evalkit.plan import _request
from evalkit.prompts import prompt_of
from evalkit.records import DOMAINS, Response
from evalkit.scoring import _row, find_metric, metric_name
from evalkit.suite import find_suite

HERE = Path(__file__).parent
ITEMS = 160


def rows_of(suite, engine, config, items):
    profile = PROFILES["preview"]
    asked = {item.key: item for item in suite.items[:items]}
    requests = [_request(item, prompt_of(item), config, engine, profile) for item in asked.values()]
    answers = {response.request: response for response in engine.answer(requests)}
    rows = []
    for request in requests:
        item = asked[request.item]
        response = answers.get(request.id) or Response(request=request.id, finish="error", error="never answered")
        rows.append(_row(request, item, response, find_metric(metric_name(suite.metrics or {}, item))(item, response)))
    return rows


def figures(rows):
    """Accuracy of a suite's rows: the parts that a card shows."""
    axis = accuracy(rows)
    kept = {name: part for name, part in axis.parts.items() if name == "raw" or name.split("/")[0] in ("task", "language", "level", "state") or name == "refusal"}
    shown = {"corrected": axis.estimate, **kept}
    return {name: {key: asdict(part)[key] for key in ("value", "low", "high", "n", "clusters", "missing")} for name, part in shown.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=ITEMS, help="of each suite")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--to", type=Path, default=HERE / "suites.json")
    chosen = parser.parse_args()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, cwd=HERE).stdout.strip()
    config = RunConfig.model_validate({"suites": list(DOMAINS), "engine": {"model": chosen.model}})
    engine = registry.find("engines", config.engine.name)(config.engine)
    held = {"proof": "a small model on the five suites", "commit": commit, "model": engine.model.name, "items": chosen.items, "suites": {}}
    for name in DOMAINS:
        suite = find_suite(name)
        rows = rows_of(suite, engine, config, chosen.items)
        held["suites"][name] = {"digest": suite.digests["items.jsonl"], "version": suite.version, "figures": figures(rows)}
        raw = held["suites"][name]["figures"]["raw"]
        sys.stdout.write(f"{name}: raw {raw['value']:.3f} [{raw['low']:.3f}, {raw['high']:.3f}] over {raw['n']}\n")
        chosen.to.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")  # what is measured is kept


if __name__ == "__main__":
    main()
