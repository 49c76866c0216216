"""Score rows for the tests of the axes: a row with defaults, and a made-up model asked through the arms of a core."""

import numpy as np

from evalkit.records import Score


def row(item="steel-1", value=1.0, *, suite="steel", arm="clean", operator=0, draw=0, run=0, **more):
    key = item if arm == "clean" and run == 0 else f"{item}#{operator}.{draw}.{arm}.{run}"
    fields = {
        "task": "knowledge",
        "subarea": "s",
        "cluster": item,
        "form": "choice",
        "language": "zh",
        "level": "recall",
        "foundation": False,
        "guess": 0.0,
        "state": "answered" if value is not None else "errored",
        "parsed": "x" if value else "y",
        "rule": "",
        "confidence": None,
        "brier": None,
        "mistake": "",
        "finish": "scored",
        "tokens_in": 1,
        "tokens_out": 0,
    }
    fields |= more
    return Score(key=key, item=item, request=key, suite=suite, operator=operator, draw=draw, arm=arm, run=run, value=value, **fields)


def core_rows(seed, *, items=60, runs=2, size=2, skill=0.7, drop=None, operators=(1, 4, 8, 9, 10, 12), draws=1, guess=0.0, placebo=1.0):
    """A model right on an item with a chance of its own (no other memory: pure noise), times `drop` under an operator."""
    rng = np.random.default_rng(seed)
    chances = rng.beta(4 * skill, 4 * (1 - skill), items)
    rows = []

    def ask(number, chance, **more):
        name = f"steel-{number:03d}"
        right = rng.random() < guess + (1 - guess) * chance
        rows.append(row(name, float(right), cluster=f"c{number // size}", guess=guess, **more))

    for number, chance in enumerate(chances):
        for run in range(runs):
            ask(number, chance, run=run)
        ask(number, chance * placebo, arm="placebo", run=1)
        ask(number, chance * 0.1, arm="positive")
        for operator in operators:
            if operator in (10, 11):
                ask(number, chance, arm="control", operator=operator)
            for draw in range(draws):
                ask(number, chance * (drop or {}).get(operator, 1.0), arm="perturbed", operator=operator, draw=draw)
    return rows
