"""Finished bundles of made-up models, through the real axes and the real writers: what report and board are tested on."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from evalkit.axes import PROFILES, Timing, summarise
from evalkit.bundle import write_json, write_parquet
from evalkit.canon import digest
from evalkit.records import DOMAINS, AxisScore, Model, Response, Score

HOSTILE = "<script>alert(1)</script>\u202eevil"
FORMULA = '=HYPERLINK("x","y")'
_TASKS = ("knowledge", "calculation", "compliance", "extraction", "diagnosis", "terminology")
_FORMS = {
    "knowledge": "choice",
    "calculation": "number",
    "compliance": "choice",
    "extraction": "json",
    "diagnosis": "choice",
    "terminology": "text",
}
_LEVELS = ("recall", "apply", "judge")


def make_bundle(
    folder: Path,
    name: str = "model",
    *,
    skill: float = 0.6,
    seed: int = 0,
    baseline: bool = False,
    profile: str = "preview",
    domains=DOMAINS,
    pairs: int = 12,
    energy: bool = False,
    version: str = "0.1.0",
    timed: bool = True,
    **model,
) -> Path:
    """A bundle in `folder`: `pairs` zh/en pairs a domain, a core with variants, timings, and answers that try to break a page."""
    rng = np.random.default_rng(seed)
    scores = [row for domain in domains for row in _domain(rng, domain, pairs, skill, baseline)]
    timing = None if baseline or not timed else _timing(rng, energy)
    axes = summarise(scores, timing, PROFILES[profile])
    _write(folder, _about(name, profile, domains, version, baseline, model), axes, scores, timing)
    return folder


def _domain(rng, domain, pairs, skill, baseline):
    rows = []
    for number in range(pairs):
        task = _TASKS[number % len(_TASKS)]
        chance = float(np.clip(rng.normal(skill, 0.2), 0, 1))
        for language in ("zh", "en"):
            facets = {
                "suite": domain,
                "task": task,
                "form": _FORMS[task],
                "language": language,
                "level": _LEVELS[number % 3],
                "cluster": f"{domain}-{number:03d}",
                "item": f"{domain}-{task}-{number:03d}-{language}",
                "subarea": "s",
                "foundation": number % 5 == 0,
            }
            rows.append(_row(rng, chance, facets, baseline))
            if number < 6:
                rows.append(_row(rng, chance, facets, baseline, arm="placebo", run=1))
                rows.append(_row(rng, chance * 0.2, facets, baseline, arm="positive"))
                for operator in (4, 5, 8, 9, 12):
                    rows.append(_row(rng, chance * 0.9, facets, baseline, arm="perturbed", operator=operator))
    return rows


def _row(rng, chance, facets, baseline, *, arm="clean", operator=0, run=0):
    choice = facets["form"] == "choice"
    guess = 0.25 if choice else 0.0
    if baseline:
        chance = 0.0
    right = bool(rng.random() < guess + (1 - guess) * chance)
    unread = not right and not choice and rng.random() < 0.3
    state = "unparsable" if unread else "answered"
    key = facets["item"] if arm == "clean" and run == 0 else f"{facets['item']}#{operator}.0.{arm}.{run}"
    confidence = round(float(np.clip(rng.normal(0.55 if right else 0.45, 0.15), 0.26, 0.99)), 6) if choice else None
    return Score(
        key=key, request=digest([key]), operator=operator, draw=0, arm=arm, run=run, value=float(right), guess=guess, state=state,
        parsed="" if unread else ("A" if choice else HOSTILE), rule="letter" if choice else "last number", confidence=confidence,
        brier=None if confidence is None else 2 * (1 - confidence) ** 2 if right else 2 * confidence**2,
        mistake="" if right else "unit not converted", finish="scored" if choice else "stop", tokens_in=80, tokens_out=0 if choice else 12,
        **facets,
    )  # fmt: skip


def _timing(rng, energy):
    return Timing(
        machine_class="cpu",
        machine="Imaginary CPU 3000 x 2 cores",
        stream_s=tuple(rng.uniform(0.4, 2.0, 10)),
        first_s=tuple(rng.uniform(0.1, 0.3, 6)),
        token_s=tuple(rng.uniform(0.02, 0.04, 6)),
        offline_items=(30,),
        offline_s=(18.4,),
        tokens_in=2400,
        tokens_out=360,
        peak_bytes=900 * 2**20,
        load_s=1.9,
        energy_level="L1" if energy else "L4",
        joules=(420.0,) if energy else None,
        energy_reason="" if energy else "no energy counter can be read on this machine",
    )


def _about(name, profile, domains, version, baseline, model):
    made = Model(
        **{
            "name": name,
            "source": name,
            "weights_digest": digest(["weights", name]),
            "tokenizer_digest": digest(["tokenizer"]),
            "dtype": "" if baseline else "float32",
            "parameters": None if baseline else 134_515_008,
            "weight_bytes": None if baseline else 538_060_032,
            "context": None if baseline else 8192,
            "baseline": baseline,
            **model,
        }
    )
    return {
        "plan": digest([name, profile, version, asdict(made)]),
        "profile": profile,
        "sizes": asdict(PROFILES[profile]),
        "suites": dict.fromkeys(domains, version),
        "suite_digests": {domain: digest([domain, version]) for domain in domains},
        "config": {"name": "made", "suites": [f"made-{domain}" for domain in domains], "shots": 0, "answers": "auto"},
        "model": asdict(made),
        "engine": {"name": "echo", "rules": "echo/1"},
        "machine": {"cpu": "Imaginary CPU 3000", "cores": 2, "memory_bytes": 8 * 2**30, "system": "Linux 6.1", "architecture": "x86_64",
                    "hypervisor": True, "memory_limit_bytes": None, "threads": ""},
        "versions": {"python": "3.11.2", "evalkit": "0.1.0", "torch": "2.13.0"},
        "code": {"commit": "0123456789abcdef0123456789abcdef01234567", "changed": False},
        "command": f"evalkit run made.yaml --model {name}",
        "requests": 100,
    }  # fmt: skip


def _write(folder: Path, about, axes: tuple[AxisScore, ...], scores, timing) -> None:
    write_json(folder / "run.json", about)
    write_json(folder / "axes.json", [asdict(axis) for axis in axes])
    if timing is not None:
        before, after = {"operations_per_second": 9.1e10, "cpu_pressure": 2.0}, {"operations_per_second": 8.2e10, "cpu_pressure": 7.5}
        write_json(
            folder / "timing.json",
            {"timing": asdict(timing), "conditions": {"before": before, "after": after, "drift": 0.099}, "engine": {"device": "cpu"}},
        )
    write_parquet(folder / "scores.parquet", [asdict(row) for row in scores])
    write_parquet(folder / "responses.parquet", [_answer(row) for row in scores])


def _answer(row: Score):
    scored = row.form == "choice"
    text = "" if scored else f"{HOSTILE} {FORMULA} " + "long " * (400 if row.item.endswith("003-en") else 1)
    nats = (-1.0, -2.0, -3.0, -4.0) if scored else ()
    response = Response(request=row.request, finish=row.finish, text=text, loglikelihoods=nats, tokens_in=80, tokens_out=row.tokens_out)
    prompt = [{"role": "user", "content": f"Question of {row.item}: <b>what</b> is it?\nA. one\nB. two"}]
    columns = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(response).items()}
    return {
        "item": row.key,
        "ability": "score" if scored else "generate",
        "prompt": json.dumps(prompt, ensure_ascii=False),
        "cue": "Answer:",
        **columns,
    }
