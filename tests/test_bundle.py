"""The durable log: resume, one writer, full disks, other plans."""

import json
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from evalkit.bundle import BATCH_RESPONSES, BATCH_SECONDS, LOG_FILE, Bundle, read_axes, read_responses, read_scores, write_json
from evalkit.errors import PlanMismatchError, StorageError, UsageError
from evalkit.records import AxisScore, Estimate, Message, Request, Response

ABOUT = {"plan": "p1", "model": {"name": "m"}, "profile": "preview"}


def _request(name: str) -> Request:
    return Request(id=name, item=f"item-{name}", ability="generate", messages=(Message(role="user", content="?"),), max_tokens=4)


def _response(name: str, **more: object) -> Response:
    return Response(
        **{"request": name, "finish": "stop", "text": f"answer {name}", "loglikelihoods": (-0.5, -1.25), "total_s": 0.5, **more}
    )  # type: ignore[arg-type]


def test_answers_survive_and_are_not_asked_again(tmp_path: Path):
    requests = [_request(name) for name in ("a", "b", "c", "a")]
    with Bundle.open(tmp_path, ABOUT) as bundle:
        assert [request.id for request in bundle.unanswered(requests)] == ["a", "b", "c"]
        bundle.append(_response("b"))
    with Bundle.open(tmp_path, ABOUT) as bundle:
        assert [request.id for request in bundle.unanswered(requests)] == ["a", "c"]
        assert list(bundle.responses()) == [_response("b")]
    assert read_responses(tmp_path) == (_response("b"),)


def test_a_batch_is_durable_before_the_next(tmp_path: Path):
    with Bundle.open(tmp_path, ABOUT) as bundle:
        for number in range(BATCH_RESPONSES):
            bundle.append(_response(f"r{number:02d}"))
        assert len(read_responses(tmp_path)) == BATCH_RESPONSES  # read by another connection, nothing closed yet
        bundle.append(_response("late"))
        assert len(read_responses(tmp_path)) == BATCH_RESPONSES


def test_a_lone_answer_is_durable_within_a_second_or_two(tmp_path: Path):
    """Whether or not another answer comes: an engine may compute for minutes before it yields again."""
    with Bundle.open(tmp_path, ABOUT) as bundle:
        bundle.append(_response("alone"))
        end = time.monotonic() + 5 * BATCH_SECONDS
        while not read_responses(tmp_path) and time.monotonic() < end:
            time.sleep(0.05)
        assert [response.request for response in read_responses(tmp_path)] == ["alone"]


def test_half_characters_can_be_stored(tmp_path: Path):
    """A lone surrogate is what a model may write, and nothing that Parquet takes."""
    with Bundle.open(tmp_path, ABOUT) as bundle:
        bundle.append(_response("a", text="x \ud83d y"))
        bundle.write_responses([_request("a")])
    assert list(pd.read_parquet(tmp_path / "responses.parquet")["text"]) == ["x ? y"]


def test_each_process_leaves_its_machine(tmp_path: Path):
    for machine in ("one", "two"):
        with Bundle.open(tmp_path, {**ABOUT, "machine": machine}):
            pass
    log = sqlite3.connect(tmp_path / LOG_FILE)
    facts = [json.loads(row[0])["machine"] for row in log.execute("SELECT facts FROM processes ORDER BY process")]
    log.close()
    assert facts == ["one", "two"]


def test_a_run_file_that_is_no_object(tmp_path: Path):
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(UsageError, match="an object was expected, read list"):
        Bundle.open(tmp_path, ABOUT)


def test_an_answer_never_gives_way_and_a_failure_does(tmp_path: Path):
    with Bundle.open(tmp_path, ABOUT) as bundle:
        bundle.append(_response("a", finish="error", error="crash"))
        bundle.flush()
        assert [request.id for request in bundle.unanswered([_request("a")])] == ["a"]
        bundle.append(_response("a", text="first"))
        bundle.flush()
        bundle.append(_response("a", text="second"))
    assert [response.text for response in read_responses(tmp_path)] == ["first"]


def test_another_plan_is_refused_and_nothing_is_written_over(tmp_path: Path):
    with Bundle.open(tmp_path, ABOUT) as bundle:
        bundle.append(_response("a"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(PlanMismatchError, match="holds the run of another plan"):
        Bundle.open(tmp_path, {**ABOUT, "plan": "p2"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"is not empty and holds no run\.json"):
        Bundle.open(tmp_path, ABOUT)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_one_writer(tmp_path: Path):
    with Bundle.open(tmp_path, ABOUT), pytest.raises(UsageError, match="another run is writing here"):
        Bundle.open(tmp_path, ABOUT)


def test_a_file_in_place_of_the_folder(tmp_path: Path):
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(StorageError, match="cannot be written"):
        Bundle.open(path, ABOUT)


def test_a_broken_run_file_is_said(tmp_path: Path):
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(UsageError, match=r"run\.json: cannot be read"):
        Bundle.open(tmp_path, ABOUT)


def test_a_full_disk_loses_nothing(tmp_path: Path):
    """SQLite itself says that the database is full: its page limit stands for the disk's."""
    bundle = Bundle.open(tmp_path, ABOUT)
    bundle._log.execute("PRAGMA max_page_count=8")
    big = "x" * 4000
    with pytest.raises(StorageError, match="full"):
        for number in range(200):
            bundle.append(_response(f"r{number:03d}", text=big))
    kept = len(read_responses(tmp_path))
    bundle._log.execute("PRAGMA max_page_count=1000000")
    bundle.__exit__(None, None, None)
    assert len(read_responses(tmp_path)) > kept  # what waited in memory is durable now
    with Bundle.open(tmp_path, ABOUT) as again:
        left = again.unanswered([_request(f"r{number:03d}") for number in range(200)])
        for request in left:
            again.append(_response(request.id, text=big))
    assert len(read_responses(tmp_path)) == 200


def test_a_log_that_is_no_database(tmp_path: Path):
    write_json(tmp_path / "run.json", ABOUT)
    (tmp_path / LOG_FILE).write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(StorageError, match="file is not a database"):
        Bundle.open(tmp_path, ABOUT)


def test_each_answered_id_is_logged_once(tmp_path: Path):
    for _ in range(3):
        with Bundle.open(tmp_path, ABOUT) as bundle:
            for request in bundle.unanswered([_request("a"), _request("b")]):
                bundle.append(_response(request.id))
    log = sqlite3.connect(tmp_path / LOG_FILE)
    counts = dict(log.execute("SELECT request, COUNT(*) FROM asked WHERE request <> '' GROUP BY request"))
    log.close()
    assert counts == {"a": 1, "b": 1}


def test_parquet_is_a_row_a_request_with_its_prompt(tmp_path: Path):
    with Bundle.open(tmp_path, ABOUT) as bundle:
        bundle.append(_response("a"))
        bundle.write_responses([_request("a"), _request("missing")])
    table = pd.read_parquet(tmp_path / "responses.parquet")
    assert list(table["request"]) == ["a"]
    assert json.loads(table["prompt"][0]) == [{"role": "user", "content": "?"}]
    assert list(table["loglikelihoods"][0]) == [-0.5, -1.25]


def test_axes_come_back(tmp_path: Path):
    axes = (
        AxisScore(
            axis="accuracy", estimate=Estimate(value=0.5, n=3), parts={"raw": Estimate(value=None, standing="not reported", reason="x")}
        ),
    )
    with Bundle.open(tmp_path, ABOUT) as bundle:
        bundle.write_axes(axes)
    assert read_axes(tmp_path) == axes
    assert read_axes(tmp_path)[0].parts["raw"] == replace(axes[0].parts["raw"])


def test_an_unfinished_bundle_says_so(tmp_path: Path):
    for read in (read_axes, read_scores):
        with pytest.raises(UsageError, match="finish the run with the same command"):
            read(tmp_path)
    with pytest.raises(UsageError, match="is not a bundle"):
        read_responses(tmp_path)
