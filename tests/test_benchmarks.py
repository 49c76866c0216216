"""The benchmark: what it asks, that both sides are asked the same, how it compares, and a whole course with a plain peer."""

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import against_lm_eval, child, compare, driver, peer_venv
from benchmarks.compare import Part
from benchmarks.figure import plot, target
from benchmarks.material import Material, Problem, Question, Subject, from_folder, from_suites
from benchmarks.ours import Ours, shared
from benchmarks.perturb import shifted, spaced, variants
from benchmarks.sides import ROOT, Side, TooSlowError, environment
from benchmarks.workloads import FULL, QUICK, WORKLOADS, Ask, Sizes, Workload, build, capped
from evalkit.checkpoints import locate
from evalkit.engines.plain import loglikelihood
from evalkit.errors import ConfigError, ModelError, RunError
from tests.tiny import checkpoint

FEW = Sizes(subjects=2, letters=3, cloze=2, zero_shot=2, perturbed=1, generation=2)


def question(number: int, subject: str = "steel") -> Question:
    options = (f"{number} kg", f"{number + 1} kg of iron", f"{number + 2}", "none of them")
    return Question(key=f"{subject}/{number}", stem=f"What does Part {number} of the {subject} weigh?", options=options, answer=number % 4)


def material() -> Material:
    subjects = tuple(
        Subject(name=name, shots=tuple(question(n, name) for n in range(5)), questions=tuple(question(n, name) for n in range(5, 9)))
        for name in ("steel", "wind")
    )
    problems = tuple(Problem(key=f"p/{n}", text=f"A heat weighs {n} t. And two?", worked=f"{n} + {n} = {2 * n}") for n in range(8))
    return Material(source="made", subjects=subjects, problem_shots=problems[:4], problems=problems[4:])


# ---------------------------------------------------------------- material


def write_data(folder: Path) -> Path:
    for split, rows in (("dev", 5), ("test", 3)):
        (folder / "mmlu" / split).mkdir(parents=True)
        lines = [f'"Stem, {n}",one {n},two,three,four,{"ABCD"[n % 4]}' for n in range(rows)]
        (folder / "mmlu" / split / f"metal_work_{split}.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "gsm8k").mkdir()
    for name in ("train_first200", "test"):
        lines = [json.dumps({"question": f"{name} {n}?", "answer": f"#### {n}"}) for n in range(6)]
        (folder / "gsm8k" / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_real_files_are_read(tmp_path: Path):
    read = from_folder(write_data(tmp_path))
    (subject,) = read.subjects
    assert subject.name == "metal work"
    assert [shot.key for shot in subject.shots] == [f"metal_work/dev/{n}" for n in range(1, 6)]
    assert subject.questions[1] == Question(key="metal_work/2", stem="Stem, 1", options=("one 1", "two", "three", "four"), answer=1)
    assert [problem.text for problem in read.problem_shots] == [f"train_first200 {n}?" for n in range(4)]
    assert len(read.problems) == 6


def test_a_row_with_equal_options_is_left_out(tmp_path: Path):
    write_data(tmp_path)
    (tmp_path / "mmlu" / "test" / "metal_work_test.csv").write_text("S,a,a ,b,c,A\nT,a,b,c,d,D\n")
    (subject,) = from_folder(tmp_path).subjects
    assert [asked.stem for asked in subject.questions] == ["T"]


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("mmlu/test/metal_work_test.csv", "S,a,b,c,d,E\n", "row 1"),
        ("gsm8k/test.jsonl", '{"question": "Q"}\n', "line 1"),
        ("gsm8k/train_first200.jsonl", "[]\n", "line 1"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, path: str, text: str, told: str):
    write_data(tmp_path)
    (tmp_path / path).write_text(text)
    with pytest.raises(ConfigError, match=rf"{Path(path).name}, {told}"):
        from_folder(tmp_path)


def test_a_folder_without_the_files_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="no such folder"):
        from_folder(tmp_path / "none")
    with pytest.raises(ConfigError, match="mmlu/test"):
        from_folder(tmp_path)


def test_the_suites_give_material_for_every_workload():
    read = from_suites()
    assert len(read.subjects) == 5
    for subject in read.subjects:
        assert len(subject.shots) == 5
        assert not {shot.key for shot in subject.shots} & {asked.key for asked in subject.questions}
    for name in WORKLOADS:
        assert build(name, read, QUICK).asks


def test_the_shortest_prompts_come_first(tmp_path: Path):
    write_data(tmp_path)
    for split in ("dev", "test"):
        there = tmp_path / "mmlu" / split / f"metal_work_{split}.csv"
        (there.parent / f"arts_{split}.csv").write_text(there.read_text().replace("Stem", "A much longer stem than the other"))
    assert [subject.name for subject in from_folder(tmp_path).subjects] == ["metal work", "arts"]


# ---------------------------------------------------------------- workloads


@pytest.mark.parametrize(
    ("name", "items", "asks", "prefixes"),
    [("letters", 6, 6, 2), ("cloze", 4, 4, 2), ("zero_shot", 4, 8, 4), ("perturbed", 1, 10, 5), ("generation", 2, 2, 1)],
)
def test_counts(name: str, items: int, asks: int, prefixes: int):
    made = build(name, material(), FEW)
    assert (made.items, len(made.asks), made.prefixes) == (items, asks, prefixes)
    assert made.there == (8 if prefixes == 2 or name == "zero_shot" else 4)  # four questions a subject, four problems
    assert made.items_per_prefix == asks / prefixes
    assert len({ask.key for ask in made.asks}) == len({ask.request.id for ask in made.asks}) == asks


def test_sizes_of_the_two_runs():
    assert (QUICK.letters, QUICK.cloze, QUICK.generation, QUICK.subjects) == (100, 40, 16, 1)
    assert (FULL.letters, FULL.cloze, FULL.zero_shot) == (None, None, None)  # subjects whole
    assert FULL.subjects >= 3
    assert FULL.perturbed == 100
    assert capped(FULL, 7).letters == 7


def test_a_prompt_as_it_is_read():
    made = build("letters", material(), FEW)
    shown = made.asks[0]
    shots = "".join(
        f"What does Part {n} of the steel weigh?\nA. {n} kg\nB. {n + 1} kg of iron\nC. {n + 2}\nD. none of them\nAnswer: {'ABCD'[n % 4]}\n\n"
        for n in range(5)
    )
    assert shown.context == (
        "The following are multiple choice questions (with answers) about steel.\n\n" + shots
        + "What does Part 5 of the steel weigh?\nA. 5 kg\nB. 6 kg of iron\nC. 7\nD. none of them\nAnswer:"
    )  # fmt: skip
    assert shown.continuations == (" A", " B", " C", " D")


def test_cloze_shows_no_options_and_scores_their_texts():
    ask = build("cloze", material(), FEW).asks[0]
    assert ask.continuations == (" 5 kg", " 6 kg of iron", " 7", " none of them")
    assert "A. " not in ask.context
    assert ask.context.count("Answer:") == 6


def test_zero_shot_has_no_shots():
    made = build("zero_shot", material(), FEW)
    assert made.shots == 0
    assert all(ask.context.count("Answer:") == 1 for ask in made.asks)


def test_generation_shows_four_solved_problems():
    made = build("generation", material(), FEW)
    assert made.shots == 4
    assert {(ask.max_tokens, ask.options) for ask in made.asks} == {(64, ())}
    assert made.asks[0].context.endswith("3 + 3 = 6\n\nQuestion: A heat weighs 4 t. And two?\nAnswer:")


def test_the_right_option_moves_with_the_others():
    asked = question(5)
    for shift in range(4):
        moved = shifted(asked, shift)
        assert moved.options[moved.answer] == asked.options[asked.answer]
    assert shifted(asked, 1).options == (*asked.options[3:], *asked.options[:3])
    assert len({shifted(asked, shift).options for shift in range(4)}) == 4


def test_ten_variants_each_with_a_change_of_its_own():
    made = variants(question(5))
    assert len(made) == 10
    assert len({(variant.question, variant.labels, variant.instruction) for variant in made}) == 10
    assert {variant.question.stem.lower().replace(" ", "") for variant in made} == {question(5).stem.lower().replace(" ", "")}
    assert all(variant.question.options[variant.question.answer] == question(5).options[1] for variant in made)


def test_a_perturbed_ask_keeps_the_clean_prefix_unless_its_convention_changes():
    made = build("perturbed", material(), FEW)
    by_prefix = {ask.key.partition("#")[2]: ask.prefix for ask in made.asks}
    clean = by_prefix.pop("clean")
    shares = {name for name, prefix in by_prefix.items() if prefix == clean}
    assert shares == {"shift 1", "shift 2", "shift 3", "lower case", "spacing"}
    digits = next(ask for ask in made.asks if ask.key.endswith("#digits"))
    assert digits.options == ("1", "2", "3", "4")
    assert "\nAnswer: 2\n" in digits.prefix


def test_spacing_doubles_some_spaces_always_the_same():
    text = "a b c d e f"
    made = spaced(text, "k")
    assert made != text
    assert made.replace("  ", " ") == text
    assert made == spaced(text, "k")
    assert spaced("word", "k") == "word"
    assert len({spaced(text, str(key)) for key in range(9)}) > 1


@pytest.mark.parametrize("name", WORKLOADS)
def test_both_sides_read_the_same_string(name: str):
    """What evalkit lays out of a request is what lm_eval is handed as context and continuation."""
    ours = Ours()
    ours.load({"folder": str(checkpoint()), "dtype": "float32"})
    encoder = ours.engine.encoder()
    for ask in build(name, material(), FEW).asks:
        assert encoder.text(ask.request) == ask.context
        for continuation, (head, tail) in zip(ask.continuations, encoder.pairs(ask.request) if ask.options else (), strict=True):
            assert encoder.read((*head, *tail)) == ask.context + continuation


# ---------------------------------------------------------------- comparing


def told(seconds: float, answers: dict[str, Any], work: dict[str, int] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "seconds": seconds, "peak_bytes": 2_000_000, "rate_before": 1e9, "rate_after": 2e9, "work": work or {}, "answers": answers, **more
    }  # fmt: skip


ARITHMETIC = {"linear": 1000, "hidden": 10, "vocabulary": 50, "layers": 2, "attention_width": 8}


def answered(nats: Sequence[float], *, tokens: Sequence[int] = (1, 2), context: int = 9, error: str = "") -> dict[str, Any]:
    return {"loglikelihoods": list(nats), "option_tokens": list(tokens), "context_tokens": context, "error": error, "text": "", "written": 0}


def two_asks(mine: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    asks = tuple(Ask(key=name, part="steel", prefix="p", body=name, options=("A", "B")) for name in "xy")
    workload = Workload(name="letters", items=2, shots=5, asks=asks)
    work = {"tokens_asked": 90, "tokens_computed": 60, "positions": 4, "prefixes": 1}
    passes = tuple(told(seconds, dict(zip("xy", mine, strict=True)), work) for seconds in (1.0, 3.0))
    peer = told(8.0, dict(zip("xy", theirs, strict=True)), {"tokens": 100, "positions": 100, "pairs": 500}, peak_bytes=8_000_000)
    part = Part(name="steel", asks=asks, ours=passes, peer=peer, tree={"tokens": 40, "pairs": 200}, **more)
    return compare.figures(workload, [part], ARITHMETIC, lambda context, texts: None)


def test_figures_of_a_workload():
    found = two_asks([answered([-1, -2]), answered([-3, -1])], [answered([-1, -2.0002]), answered([-3.00005, -1])])
    assert found["seconds"] == 2.0
    assert found["ratio"] == 4.0
    assert found["parts"]["steel"]["ratio"] == 4.0
    assert found["max_abs_diff_per_token"] == pytest.approx(1e-4)  # two tokens share 2e-4
    assert found["argmax_agreement"] == 1.0
    assert (found["peak_mb"], found["peer_peak_mb"]) == (2.0, 8.0)
    assert (found["tokens_asked"], found["tokens_computed"], found["peer_tokens_computed"], found["items_per_prefix"]) == (90, 60, 100, 2.0)
    # 60 tokens x 1000 weights, 4 positions x 10 x 50, 200 pairs raised by 60/40, 8 wide, 2 layers; 4 s at the better rate of 2e9
    assert found["matmul_share"] == pytest.approx(2 * (120_000 + 4_000 + 300 * 64) / (4.0 * 2e9))
    assert found["peer_matmul_share"] == pytest.approx((200_000 + 100_000 + 500 * 64) / (8.0 * 2e9))
    assert found["rates"]["drift"] == 1.0


def test_an_engine_that_does_not_count_has_no_share():
    asks = (Ask(key="x", part="steel", prefix="p", body="x", options=("A", "B")),)
    part = Part(
        name="steel",
        asks=asks,
        ours=(told(1, {"x": answered([-1, -2])}),),
        peer=told(2, {"x": answered([-1, -2])}, {"tokens": 1, "positions": 1, "pairs": 1}),
        tree={"tokens": 1, "pairs": 1},
    )
    found = compare.figures(Workload(name="letters", items=1, shots=5, asks=asks), [part], ARITHMETIC, lambda context, texts: None)
    assert found["matmul_share"] is None
    assert found["tokens_computed"] is None


def test_a_near_tie_is_listed_and_other_disagreements_too():
    found = two_asks([answered([-1, -1.00005]), answered([-3, -1])], [answered([-1.0001, -1.00005]), answered([-1, -3])])
    assert found["argmax_agreement"] == 0.0
    assert [(tie["ask"], tie["same"]) for tie in found["ties"]] == [("x", False)]
    assert [entry["ask"] for entry in found["differing"]] == ["y"]


def test_a_figure_that_is_no_number_is_no_small_difference():
    found = two_asks([answered([-1, -2]), answered([-3, -1])], [answered([-1, math.nan]), answered([-3, -1])])
    assert found["max_abs_diff_per_token"] == math.inf


@pytest.mark.parametrize(
    ("mine", "theirs", "match"),
    [
        (answered([-1, -2], context=8), answered([-1, -2]), "context_tokens"),
        (answered([-1, -2], tokens=(1, 1)), answered([-1, -2]), "option_tokens"),
        (answered([-1, -2], error="out of memory"), answered([-1, -2]), "out of memory"),
    ],
)
def test_unlike_questions_are_no_comparison(mine: dict[str, Any], theirs: dict[str, Any], match: str):
    with pytest.raises(RunError, match=match):
        two_asks([answered([-1, -2]), mine], [answered([-1, -2]), theirs])


def test_texts_that_part_at_a_tie():
    asks = tuple(Ask(key=name, part="problems", prefix="", body=name, max_tokens=4) for name in "abc")
    mine = {name: {"text": f"{name} one", "written": 3, "context_tokens": 5, "error": ""} for name in "abc"}
    theirs = {name: {"text": text, "context_tokens": 5} for name, text in {"a": "a one", "b": "b two", "c": "c three"}.items()}
    part = Part(
        name="problems",
        asks=asks,
        ours=(told(1, mine),),
        peer=told(2, theirs, {"tokens": 1, "positions": 1, "pairs": 1}),
        tree={"tokens": 1, "pairs": 1},
    )
    found = compare.figures(
        Workload(name="generation", items=3, shots=4, asks=asks), [part], ARITHMETIC,
        lambda context, texts: 5e-4 if texts[1] == "b two" else 0.2,
    )  # fmt: skip
    assert found["argmax_agreement"] == pytest.approx(1 / 3)
    assert [tie["ask"] for tie in found["ties"]] == ["b"]
    assert [entry["ask"] for entry in found["differing"]] == ["c"]
    assert found["tokens_written"] == 9


def test_shared_tokens_against_a_set_of_prefixes():
    rng = random.Random(3)
    sequences = [tuple(rng.randrange(2) for _ in range(rng.randrange(1, 9))) for _ in range(40)]
    nodes = {sequence[: end + 1] for sequence in sequences for end in range(len(sequence))}
    assert shared(sequences) == (len(nodes), sum(map(len, nodes)))


def test_arithmetic_of_a_checkpoint():
    ours = Ours()
    ours.load({"folder": str(checkpoint()), "dtype": "float32"})
    sizes = ours.arithmetic({})
    hidden, inner, keys = 48, 96, 24
    assert sizes["linear"] == 2 * (2 * hidden * hidden + 2 * hidden * keys + 3 * hidden * inner)
    assert (sizes["hidden"], sizes["layers"], sizes["attention_width"]) == (48, 2, 48)


def test_peak_is_what_the_work_took():
    _, small = child.measured(lambda: None, None)
    _, large = child.measured(lambda: len(bytearray(64_000_000)), None)
    assert small["peak_bytes"] < 32_000_000
    assert 50_000_000 < large["peak_bytes"] < 100_000_000


@pytest.mark.parametrize(("peak", "held", "told"), [(900, 500, None), (505, 500, 5), (0, 500, None), (900, 0, None)])
def test_a_peak_that_does_not_begin_anew_is_no_figure(monkeypatch: pytest.MonkeyPatch, peak: int, held: int, told: int | None):
    """A system that takes the write to clear_refs and does nothing, or tells no figures."""
    monkeypatch.setattr(child, "_status", lambda field: {"VmHWM": peak, "VmRSS": held}[field])
    _, found = child.measured(lambda: None, None)
    assert found["peak_bytes"] == told


# ---------------------------------------------------------------- plot and table


def result(ratio: float = 7.0, each: float = 100.0) -> dict[str, Any]:
    return {"ratio": ratio, "seconds": 1.0, "peer_seconds": ratio, "items_per_prefix": each}


def test_the_plot_is_an_svg_with_a_bar_a_workload():
    drawn = plot({"letters": result(7), "cloze": result(3), "zero_shot": result(2)}, title="a < b", below="& here")
    root = ElementTree.fromstring(drawn)
    svg = "{http://www.w3.org/2000/svg}"
    bars = [(bar.get("class"), float(bar.get("width") or 0)) for bar in root.iter(f"{svg}rect")]
    assert [kind for kind, _ in bars] == ["bar", "missed", "bar"]
    assert bars[0][1] == pytest.approx(bars[2][1] * 3.5, abs=0.02)
    assert len([line for line in root.iter(f"{svg}line") if line.get("class") == "target"]) == 2


def test_letters_aim_higher_with_more_items_a_prefix():
    assert target("letters", result(each=100)) == 6
    assert target("letters", result(each=200)) == 8
    assert target("zero_shot", result()) is None


# ---------------------------------------------------------------- the command


def test_wrong_use_is_one_line_and_exit_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for wrong, word in (
        (["--workload", "leters"], "letters"),
        (["--data", str(tmp_path / "none")], "no such folder"),
        (["--model", str(tmp_path / "none")], "no such file or folder"),
        (["--items", "0"], "--items"),
    ):
        assert against_lm_eval.main([*wrong, "--peer-venv", str(tmp_path / "venv")]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert word in said
    assert not (tmp_path / "venv").exists()


def test_a_folder_that_is_no_venv_is_left_alone(tmp_path: Path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(ConfigError, match="no venv"):
        peer_venv.ready(tmp_path, lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_workloads_keep_their_order():
    assert against_lm_eval.chosen(["generation", "letters"]) == ("letters", "generation")
    assert against_lm_eval.chosen(None) == tuple(WORKLOADS)


def test_the_model_is_given_to_both_sides_as_a_folder():
    folder, note = against_lm_eval.model_folder(str(checkpoint()), "float32")
    assert (folder, note) == (locate(str(checkpoint())).path, "")
    with pytest.raises(ModelError):
        against_lm_eval.model_folder("./nowhere", "float32")


# ---------------------------------------------------------------- child processes

ECHO = "from benchmarks.child import serve; serve({'echo': lambda asked: print('noise') or {'back': asked['text']}, 'die': lambda asked: exit(3), 'hang': lambda asked: __import__('time').sleep(60), 'fail': lambda asked: 1 / 0})"


@pytest.fixture
def echo():
    side = Side("echo", [sys.executable, "-c", ECHO], environment(1, "PASSIVE"))
    yield side
    side.close()


def test_a_side_answers_and_what_it_prints_is_no_answer(echo: Side):
    assert echo.call("echo", text="钢")["back"] == "钢"
    with pytest.raises(RunError, match=r"echo: fail failed: ZeroDivisionError"):
        echo.call("fail")
    assert echo.call("echo", text="still here")["back"] == "still here"


def test_a_side_that_dies_says_so(echo: Side):
    with pytest.raises(RunError, match="exit status 3"):
        echo.call("die")


def test_a_side_that_takes_too_long_is_given_up_and_ends(echo: Side):
    with pytest.raises(TooSlowError, match="no answer in 1 s"):
        echo.call("hang", timeout=1)
    started = time.monotonic()
    echo.close()
    assert time.monotonic() - started < 5
    assert echo._process.poll() is not None


def plain_peer() -> None:
    """A peer for the tests: a plain forward a continuation. Run in a process of its own."""
    from evalkit.config import EngineConfig
    from evalkit.engines.local import LocalEngine

    held: dict[str, Any] = {}

    def load(asked: dict[str, Any]) -> dict[str, Any]:
        held["engine"] = LocalEngine(EngineConfig(model=asked["folder"], device="cpu", chat_template="never"))
        held["model"] = held["engine"].load().model
        return {"versions": {"lm_eval": "of the tests"}, "threads": held["engine"].facts()["threads"]}

    def run(asked: dict[str, Any]) -> dict[str, Any]:
        if asked["batch"] == "auto":
            raise ValueError("no such thing here")
        told, measured = child.measured(lambda: {ask["key"]: answer(ask) for ask in asked["asks"]}, lambda: 1e9)
        return {**measured, "work": {"tokens": 1, "positions": 1, "pairs": 1}, "answers": told}

    def ids(text: str) -> tuple[int, ...]:
        return held["engine"].encoder().ids([text])[0]

    def answer(ask: dict[str, Any]) -> dict[str, Any]:
        context = ids(ask["context"])
        if not ask["continuations"]:
            import torch

            made = held["model"].generate(torch.tensor([context]), max_new_tokens=ask["max_tokens"], do_sample=False, pad_token_id=1)
            text = held["engine"].encoder().read(made[0, len(context) :].tolist())
            for stop in ask["stop"]:
                text = text.partition(stop)[0]
            return {"text": text, "context_tokens": len(context)}
        tails = [ids(ask["context"] + continuation)[len(context) :] for continuation in ask["continuations"]]
        return {
            "loglikelihoods": [loglikelihood(held["model"], context, tail) for tail in tails],
            "option_tokens": [len(tail) for tail in tails],
            "context_tokens": len(context),
        }

    child.serve({"load": load, "run": run, "gap": lambda asked: {"nats": None}})


PLAIN_PEER = (sys.executable, "-c", "from tests.test_benchmarks import plain_peer; plain_peer()")
KEYS = {
    "ratio", "seconds", "peer_seconds", "tokens_computed", "matmul_share", "peak_mb", "peer_peak_mb", "max_abs_diff_per_token", "argmax_agreement",
    "items", "items_per_prefix", "tokens_asked", "peer_tokens_computed", "peer_batch", "shots", "ties", "rates", "subjects",
}  # fmt: skip


def setting(out: Path, **more: Any) -> driver.Setting:
    made = {
        "model": "tiny", "folder": checkpoint(context=4096), "note": "", "dtype": "float32", "threads": 1,
        "peer": PLAIN_PEER, "out": out, "quick": True, "say": lambda _: None,
    }  # fmt: skip
    return driver.Setting(**{**made, **more})


def test_a_whole_course_with_a_plain_peer(tmp_path: Path):
    out = tmp_path / "results" / "bench.json"
    cloze, written = (build(name, material(), FEW) for name in ("cloze", "generation"))
    long = replace(cloze.asks[0], key="long", prefix="p " * 5000)
    workloads = [replace(cloze, asks=(*cloze.asks, long)), written]
    driver.run(setting(out), workloads, {"material": "made"})
    read = json.loads(out.read_text(encoding="utf-8"))
    assert set(read["workloads"]) == {"cloze", "generation"}
    for found in read["workloads"].values():
        assert set(found) >= KEYS
        assert found["argmax_agreement"] == 1.0
        assert found["peer_batch"] in (1, 8)
        assert found["peer_batches"]["auto"].startswith("lm_eval: run failed: ValueError")
        assert found["ratio"] == pytest.approx(found["peer_seconds"] / found["seconds"])
    found_cloze = read["workloads"]["cloze"]
    assert found_cloze["max_abs_diff_per_token"] <= 1e-4
    assert set(found_cloze["parts"]) == {"steel", "wind"}
    assert (found_cloze["left_out"], found_cloze["requests"]) == (["long"], 4)
    assert (found_cloze["items"], found_cloze["items_not_asked"]) == (4, 4)
    assert read["device"] == "cpu"
    assert set(read["wait_policy_trial_s"]) == {"PASSIVE", "ACTIVE"}
    assert {"machine", "model", "dtype", "threads", "versions", "peer_versions", "date", "warnings", "material"} <= set(read)
    ElementTree.parse(out.with_suffix(".svg"))
    lines = driver.table(read).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:4]] == ["| cloze", "| generation"]


def test_prompts_beyond_the_context_are_asked_of_neither_side(tmp_path: Path):
    class Counter:
        def call(self, what: str, *, asks: list[dict[str, Any]]) -> dict[str, Any]:
            assert what == "lengths"
            return {"lengths": {ask["key"]: 129 if ask["key"].startswith("long") else 128 for ask in asks}}

    def workload(*keys: str) -> Workload:
        asks = tuple(Ask(key=key, part="steel", prefix="p", body="b", options=("A", "B")) for key in keys)
        return Workload(name="letters", items=len(keys), shots=5, asks=asks)

    bench = driver.Bench(setting(tmp_path / "x.json"))
    bench.ours, bench.context = Counter(), 128  # type: ignore[assignment]
    kept, left_out = bench._fitting(workload("short", "long"))
    assert ([ask.key for ask in kept.asks], left_out) == (["short"], ["long"])
    with pytest.raises(RunError, match="every prompt is longer than the model's context of 128 tokens"):
        bench._fitting(workload("long", "longer"))


@pytest.mark.parametrize(
    ("first", "auto", "best", "started"), [(0.5, 0.5, "auto", 0), (9.0, 0.5, "auto", 0), (0.5, 5.0, 8, 0), (0.5, 99.0, 8, 1), (99.0, 0.5, 8, 1)]
)
def test_the_peer_gets_its_fastest_batch_size(tmp_path: Path, first: float, auto: float, best: int | str, started: int):
    """Seconds of "auto" at its first call and then on the trial; beyond the limit it is given up, and a fresh process takes its place."""
    events: list[str] = []

    class Timed:
        name, alive = "timed", True

        def call(self, what: str, *, timeout: float | None = None, **more: Any) -> dict[str, Any]:
            if what == "load":
                events.append("load")
                return {"threads": 1}
            seconds = {1: 20.0, 8: 2.0, "auto": first if len(more["asks"]) == 2 else auto}[more["batch"]]
            if timeout is not None and seconds > timeout:
                raise TooSlowError(f"no answer in {timeout:.0f} s")
            return {"seconds": seconds}

        def close(self) -> None:
            events.append("closed")

    bench = driver.Bench(setting(tmp_path / "x.json"))
    bench._start = lambda name, command, wait="": bench._sides.append(Timed()) or bench._sides[-1]  # type: ignore[method-assign]
    bench.peer = bench._start("lm_eval", ())
    chosen, batches = bench._best_batch(list(build("letters", material(), FEW).first(3)))
    assert chosen == best
    assert (batches["1"], batches["8"]) == (20.0, 2.0)
    assert events == ["closed", "load"] * started
    assert (batches["auto"] == auto) is (started == 0)
    assert batches.get("auto, first call") == (first if first < 10 else None)
    if started:
        assert batches["auto"] == ("slower: given up" if first < 10 else "not measured: its search for a size was given up") + " after 10 s"


@pytest.mark.parametrize(("quick", "waited"), [(True, 60.0), (False, 300.0)])
def test_a_quick_run_waits_a_minute_for_the_peer_s_search_and_no_longer(tmp_path: Path, quick: bool, waited: float):
    limits: list[float | None] = []

    class Slow:
        def call(self, what: str, *, timeout: float | None, batch: int | str, **more: Any) -> dict[str, Any]:
            limits.append(timeout)
            return {"seconds": 100.0}

    bench = driver.Bench(setting(tmp_path / "x.json", quick=quick))
    bench.peer = Slow()  # type: ignore[assignment]
    bench._best_batch(list(build("letters", material(), FEW).first(3)))
    assert limits == [None, None, waited, waited]


def test_both_sides_are_told_the_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    told: list[dict[str, Any]] = []

    class Noted:
        name = "noted"

        def call(self, what: str, **more: Any) -> dict[str, Any]:
            told.append({"do": what, **more})
            return {"threads": 1, "context": None, "versions": {}}

        def close(self) -> None:
            pass

    for device in ("cpu", "cuda"):
        bench = driver.Bench(setting(tmp_path / "x.json", device=device))
        bench._start = lambda name, command, wait="": Noted()  # type: ignore[method-assign, assignment, return-value]
        with bench:
            pass
        loads = [call for call in told if call["do"] == "load"]
        assert [(call["device"], call["memory_bytes"] is None) for call in loads[-2:]] == [(device, device == "cuda")] * 2
        assert any("unproven" in warning for warning in bench.warnings) is (device == "cuda")
    assert against_lm_eval.parser().parse_args([]).device == "cpu"
    with pytest.raises(SystemExit):
        against_lm_eval.parser().parse_args(["--device", "tpu"])
    assert "tpu" in capsys.readouterr().err


def test_ctrl_c_ends_both_sides(tmp_path: Path):
    """A driver that is interrupted while a side works leaves no process behind."""
    script = tmp_path / "stop.py"
    script.write_text(
        "import sys\n"
        "from benchmarks import against_lm_eval\n"
        "from benchmarks.sides import Side, environment\n"
        f"ECHO = {ECHO!r}\n"
        "def run(asked):\n"
        "    side = Side('echo', [sys.executable, '-c', ECHO], environment(1, 'PASSIVE'))\n"
        "    try:\n"
        "        side.call('echo', text='up')\n"
        "        print(side._process.pid, flush=True)\n"
        "        side.call('hang')\n"
        "    finally:\n"
        "        side.close()\n"
        "against_lm_eval._run = run\n"
        "sys.exit(against_lm_eval.main([]))\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as started:
        assert started.stdout is not None
        working = int(started.stdout.readline())
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=30)
        assert started.returncode == 130
    assert "stopped" in said
    with pytest.raises(ProcessLookupError):
        os.kill(working, 0)


def test_time_is_shared_out_by_kind_of_operation():
    from benchmarks.shares import kind_of, shares

    assert [kind_of(name) for name in ("aten::addmm", "aten::add", "aten::_scaled_dot_product_flash_attention_for_cpu", "aten::silu", "aten::cat", "Torch-Compiled")] == [
        "matrix products", "element-wise", "attention", "element-wise", "copies", "other",
    ]  # fmt: skip
    assert shares([("aten::mm", 6.0), ("aten::mul", 1.0), ("aten::cat", 1.0), ("aten::bmm", 2.0)]) == {"matrix products": 0.8, "element-wise": 0.1, "copies": 0.1}
    with pytest.raises(ValueError, match="no operation"):
        shares([])
