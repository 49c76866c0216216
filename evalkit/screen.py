"""What a run looks like on a terminal, in a log file and to a program: three watchers and a few tables."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from evalkit.records import AxisScore, Estimate, Response

_PLAIN_SECONDS = 10.0  # between two lines where there is no terminal


class Bar:
    """A rich progress bar: items done, rate, time left, failures so far."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._failed = 0

    def stage(self, name: str, total: int) -> None:
        """A new bar for the stage."""
        self._task = self._progress.add_task(name, total=total, failed="", rate="")
        self._failed = 0

    def step(self, response: Response | None = None) -> None:
        """One further step."""
        if self._task is None:
            return
        self._failed += response is not None and response.finish == "error"
        task = self._progress.tasks[self._task]
        rate = f"{task.speed:.1f}/s" if task.speed else ""
        self._progress.update(self._task, advance=1, rate=rate, failed=f"[red]{self._failed} failed[/red]" if self._failed else "")


class Lines:
    """Plain lines, one each ten seconds, for files and pipes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._name, self._total, self._done, self._failed = "", 0, 0, 0
        self._began = self._said = time.monotonic()

    def stage(self, name: str, total: int) -> None:
        """Says that the stage begins."""
        self._name, self._total, self._done, self._failed = name, total, 0, 0
        self._began = self._said = time.monotonic()
        self._out.write(f"{name}: {total} to do\n")
        self._out.flush()

    def step(self, response: Response | None = None) -> None:
        """Says how far it is, now and then."""
        self._done += 1
        self._failed += response is not None and response.finish == "error"
        now = time.monotonic()
        if now - self._said >= _PLAIN_SECONDS or self._done == self._total:
            self._said = now
            rate = self._done / max(now - self._began, 1e-9)
            left = (self._total - self._done) / rate if rate else 0.0
            self._out.write(f"{self._name}: {self._done}/{self._total}, {rate:.1f}/s, {left:.0f} s left, {self._failed} failed\n")
            self._out.flush()


class Silent:
    """For `--json`: nothing but the result."""

    def stage(self, name: str, total: int) -> None:
        """Says nothing."""

    def step(self, response: Response | None = None) -> None:
        """Says nothing."""


@contextmanager
def watcher(*, quiet: bool = False) -> Iterator[Bar | Lines | Silent]:
    """The watcher that fits where standard error goes."""
    if quiet:
        yield Silent()
    elif sys.stderr.isatty():
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[failed]}"),
        )
        with Progress(*columns, console=Console(stderr=True)) as progress:
            yield Bar(progress)
    else:
        yield Lines(sys.stderr)


def say(text: str) -> None:
    """One line on standard output, as it is (no markup)."""
    sys.stdout.write(text + "\n")


def say_json(value: Any) -> None:
    """`value` as JSON on standard output, for programs."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on standard output; on a pipe, tab-separated lines with the head first."""
    if not sys.stdout.isatty():
        for row in [head, *rows]:
            sys.stdout.write("\t".join(row) + "\n")
        return
    drawn = Table(title=title, title_justify="left")
    for name in head:
        drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*[cell.replace("[", r"\[") for cell in row])
    Console().print(drawn)


def figure(estimate: Estimate, digits: int = 3) -> str:
    """An estimate in one line: value, interval, n; or why there is none."""
    if estimate.value is None:
        return f"{estimate.standing} ({estimate.reason})"
    unit = f" {estimate.unit}" if estimate.unit else ""
    interval = "" if estimate.low is None or estimate.high is None else f" [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"
    missing = f", {estimate.missing} missing" if estimate.missing else ""
    return f"{estimate.value:.{digits}f}{interval}{unit} (n={estimate.n}{missing})"


def axes_table(title: str, axes: Sequence[AxisScore]) -> None:
    """The four axes, a line each."""
    table(title, ("axis", "figure", "partial"), [(axis.axis, figure(axis.estimate), axis.partial) for axis in axes])


def facts_table(title: str, facts: Mapping[str, Any]) -> None:
    """Names and values, a line each."""
    table(title, ("what", "found"), [(name, str(value)) for name, value in facts.items()])
