"""Do the 95 % intervals of the four axes cover 93 % to 97 %? Simulation from made-up models whose true axis is known.

    python -m tests.proofs.coverage [--replicas N] [--to FILE]

Every replica draws items, clusters and answers anew and computes the axis through the public functions. The truth is an
integral over the population of items, taken on a grid that the axes know nothing of. Writes coverage.json: for each
case the share of replicas whose interval holds the truth (with its own Monte-Carlo error), the mean bias, the mean
half-width, and how many replicas were withheld by a gate. Under ten minutes on one core with the default number.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np

from evalkit import stats
from evalkit.axes import BY_NUMBER, ENERGY_BAND_J, PROFILES, TIME_BANDS_S, Timing, accuracy, efficiency, generality, robustness
from evalkit.axes.rows import clusters, corrected
from evalkit.canon import rng_for
from evalkit.records import DOMAINS, LANGUAGES, LEVELS, Estimate
from evalkit.stats import clustered_mean
from tests.axes.score_rows import row

HERE = Path(__file__).parent
CLUSTER_SD, ITEM_SD = 0.9, 0.7  # of the log odds of a right answer
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
GRID = NODES * math.hypot(CLUSTER_SD, ITEM_SD)
MASS = WEIGHTS / WEIGHTS.sum()
Replica = Callable[[np.random.Generator], tuple[float, Estimate]]


def chance(logit):
    return 1 / (1 + np.exp(-logit))


def expected(of):
    """Mean over the population of items of a function of the item's deviation in log odds."""
    return float((of(GRID) * MASS).sum())


def abilities(rng, count):
    """Names of clusters of 1 to 3 items and the items' deviations, until there are `count` items."""
    names, deviations = [], []
    while len(names) < count:
        shared = rng.normal() * CLUSTER_SD
        for _ in range(int(rng.integers(1, 4))):
            names.append(f"c{shared:.12f}")
            deviations.append(shared + rng.normal() * ITEM_SD)
    return names[:count], np.array(deviations[:count])


def accuracy_case(items, guess):
    levels = (0.0, 0.6, -0.4, 1.0, 0.2)
    truth = float(np.mean([expected(lambda z, m=m: chance(m + z)) for m in levels]))

    def replica(rng):
        rows = []
        for domain, level in zip(DOMAINS, levels, strict=True):
            names, deviations = abilities(rng, items)
            right = rng.random(items) < guess + (1 - guess) * chance(level + deviations)
            rows += [row(f"{domain}-{i}", float(right[i]), suite=domain, cluster=names[i], guess=guess) for i in range(items)]
        return truth, accuracy(rows).estimate

    return replica


def worse_of_two(cells):
    return float(np.mean([min(pair) for pair in product(cells, repeat=2)]))


def generality_case(each, spread):
    """Templates asked in both languages; `spread` scales how uneven the model is over every facet. `each` templates a cell."""
    tasks = (("knowledge", "choice"), ("calculation", "number"), ("reading", "json"), ("procedure", "text"))
    offset = {
        **dict(zip(DOMAINS, np.array([1.2, -1.0, 0.4, 0.0, -0.4]) * spread, strict=True)),
        **dict(zip(LANGUAGES, np.array([0.4, -0.4]) * spread, strict=True)),
        **dict(zip(LEVELS, np.array([0.6, 0.0, -0.6]) * spread, strict=True)),
        **dict(zip([task for task, _ in tasks], np.array([0.6, -0.6, 0.3, -0.3]) * spread, strict=True)),
    }

    def logit(domain, language, level, task):
        return 0.3 + offset[domain] + offset[language] + offset[level] + offset[task]

    table = np.array(
        [expected(lambda z, k=key: chance(logit(*k) + z)) for key in product(DOMAINS, LANGUAGES, LEVELS, [t for t, _ in tasks])]
    ).reshape(5, 2, 3, 4)
    margins = [table.mean(axis=tuple(a for a in range(4) if a != axis)) for axis in range(4)]
    truth = float(np.mean([worse_of_two(margin) for margin in (*margins, margins[3])]))  # each task here has its own form

    def replica(rng):
        rows = []
        for domain, level, (task, form), number in product(DOMAINS, LEVELS, tasks, range(each)):
            name, shared = f"{domain}-{level}-{task}-{number}", rng.normal() * CLUSTER_SD
            for language in LANGUAGES:
                right = rng.random() < chance(logit(domain, language, level, task) + shared + rng.normal() * ITEM_SD)
                more = {"suite": domain, "cluster": name, "language": language, "level": level, "task": task, "form": form}
                rows.append(row(f"{name}-{language}", float(right), **more))
        return truth, generality(rows, PROFILES["preview"]).estimate

    return replica


RETAINED = {1: 0.95, 2: 0.9, 4: 1.0, 5: 0.85, 8: 0.95, 9: 0.8, 10: 0.9, 12: 0.8, 14: 0.7, 16: 0.9}


def robustness_truth(level, guess):
    """Mean over families of the population's retention or keep rate: the perturbed chance is RETAINED times the clean one."""
    by_family = {}
    for number, kept in RETAINED.items():
        if BY_NUMBER[number].scored == "keep":
            before = lambda z: guess + (1 - guess) * chance(level + z)  # noqa: E731
            after = lambda z, k=kept: guess + (1 - guess) * k * chance(level + z)  # noqa: E731
            value = expected(lambda z, b=before, a=after: b(z) * a(z)) / expected(lambda z, b=before: b(z) ** 2)
        else:
            value = kept
        by_family.setdefault(BY_NUMBER[number].family, []).append(value)
    return float(np.mean([np.mean(values) for values in by_family.values()]))


def robustness_case(items, guess, runs, level=0.6):
    truth = robustness_truth(level, guess)

    def replica(rng):
        names, deviations = abilities(rng, items)
        clean = chance(level + deviations)
        rows = []

        def ask(i, skill, **more):
            right = rng.random() < guess + (1 - guess) * skill
            rows.append(row(f"steel-{i:03d}", float(right), cluster=names[i], guess=guess, **more))

        for i, skill in enumerate(clean):
            for run in range(runs):
                ask(i, skill, run=run)
            ask(i, skill, arm="placebo", run=1)
            ask(i, 0.1 * skill, arm="positive")
            for number, kept in RETAINED.items():
                if number % 3 == 2 and i % 3 == 0:
                    continue  # partial applicability
                if BY_NUMBER[number].base == "control":
                    for run in range(runs):
                        ask(i, skill, arm="control", operator=number, run=run)
                ask(i, kept * skill, arm="perturbed", operator=number)
        return truth, robustness(rows, PROFILES["fast"]).estimate

    return replica


def exact_case(items, changed, level=0.6):
    """One clean run of an engine that repeats itself exactly; an operator draws a share `changed` of the answers anew."""
    kept = 1 - changed + changed * expected(lambda z: chance(level + z) ** 2) / expected(lambda z: chance(level + z))
    truth = float(np.mean([1.0, 1.0, kept, 1.0, 1.0]))

    def replica(rng):
        names, deviations = abilities(rng, items)
        skill = chance(level + deviations)
        clean = rng.random(items) < skill
        rows = []
        for i in range(items):

            def ask(value, i=i, **more):
                rows.append(row(f"steel-{i:03d}", float(value), cluster=names[i], **more))

            ask(clean[i])
            ask(clean[i], arm="placebo", run=1)
            ask(clean[i] and rng.random() < 0.1, arm="positive")
            ask(clean[i], arm="control", operator=10)
            for number in (1, 4, 8, 9, 10, 12):
                anew = rng.random() < changed
                ask(rng.random() < skill[i] if anew else clean[i], arm="perturbed", operator=number)
        return truth, robustness(rows, PROFILES["preview"]).estimate

    return replica


def efficiency_case(items, runs, energy):
    level, centre = 0.4, 12.0 if energy else 5.0
    q = expected(lambda z: chance(level + z))
    low, high = ENERGY_BAND_J if energy else TIME_BANDS_S["cpu"]
    truth = q * math.log(high / centre) / math.log(high / low)

    def replica(rng):
        names, deviations = abilities(rng, items)
        right = rng.random(items) < chance(level + deviations)
        rows = [row(f"steel-{i}", float(right[i]), cluster=names[i]) for i in range(items)]
        quality = clustered_mean([corrected(r) for r in rows], clusters(rows))
        costs = tuple((centre * np.exp(rng.normal(scale=0.15, size=runs)) * items).tolist())
        more = {"joules": costs, "energy_level": "L0"} if energy else {}
        seconds = (10.0,) * runs if energy else costs
        timing = Timing(machine_class="cpu", offline_items=(items,) * runs, offline_s=seconds, **more)
        return truth, efficiency(quality, timing, PROFILES["fast"]).estimate

    return replica


CASES: dict[str, tuple[float, Replica]] = {  # name > share of the replicas (some are slow), replica
    "accuracy, 5 x 24 items, choice": (1, accuracy_case(24, 0.25)),
    "accuracy, 5 x 80 items, choice": (1, accuracy_case(80, 0.25)),
    "accuracy, 5 x 80 items, free form": (1, accuracy_case(80, 0.0)),
    "generality, uneven model, 120 items": (1, generality_case(1, 1.0)),
    "generality, uneven model, 480 items": (0.8, generality_case(4, 1.0)),
    "generality, uneven model, 960 items": (0.4, generality_case(8, 1.0)),
    "generality, even model, 480 items": (0.8, generality_case(4, 0.0)),
    "generality, even model, 960 items": (0.4, generality_case(8, 0.0)),
    "robustness, 150 items, choice, 2 runs": (0.7, robustness_case(150, 0.25, 2)),
    "robustness, 150 items, free form, 2 runs": (0.7, robustness_case(150, 0.0, 2)),
    "robustness, 150 items, free form, 3 runs": (0.7, robustness_case(150, 0.0, 3)),
    "robustness, 20 items, exact engine, 1 run": (1, exact_case(20, 0.3)),
    "robustness, 60 items, exact engine, 1 run": (1, exact_case(60, 0.3)),
    "efficiency, 60 items, time, 5 runs": (1, efficiency_case(60, 5, energy=False)),
    "efficiency, 200 items, time, 3 runs": (1, efficiency_case(200, 3, energy=False)),
    "efficiency, 200 items, energy, 5 runs": (1, efficiency_case(200, 5, energy=True)),
}


def measure(name, replica, replicas):
    """Coverage and its companions over `replicas` keyed replicas of a case."""
    held, bias, widths, withheld = 0, [], [], 0
    for number in range(replicas):
        truth, made = replica(np.random.default_rng(rng_for("coverage", name, number).getrandbits(128)))
        if made.value is None or made.low is None or made.high is None:
            withheld += 1
            continue
        held += made.low <= truth <= made.high
        bias.append(made.value - truth)
        widths.append((made.high - made.low) / 2)
    had = len(bias)
    share = held / had
    return {
        "coverage": round(share, 4),
        "monte_carlo_se": round(math.sqrt(share * (1 - share) / had), 4),
        "replicas": had,
        "withheld": withheld,
        "truth": round(truth, 4),
        "bias": round(float(np.mean(bias)), 4),
        "half_width": round(float(np.mean(widths)), 4),
        "within_target": bool(0.93 <= share <= 0.97),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicas", type=int, default=1000)
    parser.add_argument("--only", default="")
    parser.add_argument("--to", type=Path, default=HERE / "coverage.json")
    chosen = parser.parse_args()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, cwd=HERE).stdout.strip()
    stats.MAX_T_DRAWS = 100  # the intervals of the weakest cells are not looked at here, and cost most of the time
    start, cases = time.perf_counter(), {}
    for name, (share, replica) in CASES.items():
        if chosen.only in name:
            cases[name] = measure(name, replica, max(2, int(chosen.replicas * share)))
            sys.stdout.write(f"{time.perf_counter() - start:6.1f} s  {name}: {cases[name]}\n")
            sys.stdout.flush()
    written = {"proof": "coverage of the 95 % intervals", "commit": commit, "target": [0.93, 0.97], "cases": cases}
    chosen.to.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
