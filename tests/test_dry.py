"""A dry run: counted with the model's own tokenizer where it can be, estimated otherwise, and nothing is written."""

from pathlib import Path

import pytest

from evalkit.config import RunConfig
from evalkit.dry import estimate
from evalkit.plan import build_plan
from tests import tiny


def test_counts_are_those_of_the_plan(built_toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    config = RunConfig(suites=(str(built_toy),), engine={"name": "random"})  # type: ignore[arg-type]
    facts = estimate(config)
    from evalkit.engines.baselines import RandomEngine

    plan = build_plan(config, RandomEngine())
    assert facts["requests"] == len(plan.requests)
    assert sum(facts["by arm"].values()) == len(plan.requests)
    assert sum(facts["by ability"].values()) == facts["requests without repeats"]
    assert facts["prompt tokens counted by"] == "characters (estimated)"
    assert facts["estimated seconds"] is None  # a baseline has no parameters to compute with
    assert list(tmp_path.iterdir()) == [built_toy]


def test_a_real_tokenizer_counts(built_toy: Path):
    checkpoint = tiny.checkpoint("llama", chat="own bos", context=4096)
    config = RunConfig(suites=(str(built_toy),), engine={"model": str(checkpoint), "device": "cpu"}, limit=2)  # type: ignore[arg-type]
    facts = estimate(config)
    assert facts["prompt tokens counted by"] == "the model's tokenizer and chat template"
    assert facts["prompt tokens"] > 10 * facts["requests without repeats"]
    assert facts["estimated seconds"] >= 0
    assert facts["estimated memory bytes"] > 0
