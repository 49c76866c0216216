"""What people and programs are shown."""

import io
import time

import pytest

from evalkit import screen
from evalkit.records import AxisScore, Estimate, Response


def test_a_figure_has_its_interval_and_denominator():
    assert screen.figure(Estimate(value=0.5, low=0.4, high=0.6, n=20, missing=2)) == "0.500 [0.400, 0.600] (n=20, 2 missing)"
    assert screen.figure(Estimate(value=1.25, n=3, unit="s")) == "1.250 s (n=3)"


def test_no_figure_says_why():
    assert screen.figure(Estimate(value=None, standing="not reported", reason="near chance")) == "not reported (near chance)"


def test_tables_on_a_pipe_are_tab_separated(capsys: pytest.CaptureFixture[str]):
    screen.axes_table("t", [AxisScore(axis="accuracy", estimate=Estimate(value=0.5, n=2), partial="x")])
    assert capsys.readouterr().out == "axis\tfigure\tpartial\naccuracy\t0.500 (n=2)\tx\n"


def test_plain_lines_say_how_far_it_is(monkeypatch: pytest.MonkeyPatch):
    out = io.StringIO()
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    lines = screen.Lines(out)
    lines.stage("answers", 4)
    for finish in ("stop", "error", "stop", "stop"):
        lines.step(Response(request="r", finish=finish))  # type: ignore[arg-type]
    said = out.getvalue().splitlines()
    assert said[0] == "answers: 4 to do"
    assert said[-1].startswith("answers: 4/4, ")
    assert said[-1].endswith("0 s left, 1 failed")
    assert len(said) == 3


def test_the_watcher_fits_where_it_writes(capsys: pytest.CaptureFixture[str]):
    with screen.watcher() as watcher:
        assert isinstance(watcher, screen.Lines)
    with screen.watcher(quiet=True) as watcher:
        watcher.stage("answers", 1)
        watcher.step()
    assert capsys.readouterr().err == ""


def test_the_bar_counts_failures():
    from rich.progress import Progress

    with Progress(disable=True) as progress:
        bar = screen.Bar(progress)
        bar.stage("answers", 2)
        bar.step(Response(request="a", finish="error"))
        bar.step(Response(request="b", finish="stop"))
        assert progress.tasks[0].completed == 2
        assert progress.tasks[0].fields["failed"] == "[red]1 failed[/red]"
