"""An engine for tests of processes: it answers like echo, and a request's text may tell it to stall, to die or to misbehave.

    die          ends its process by SIGKILL, each time it is asked
    die once     the first time only (a file in `folder` remembers)
    stall        says so in `folder` and waits for the file "go" there
    raise        an exception that no engine should let out
    silent       no response at all
"""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.engines.echo import EchoEngine
from evalkit.errors import ModelError, SuiteError
from evalkit.records import Request, Response


@dataclass(frozen=True)
class Hooks:
    """Settings of `HookedEngine`. `load` is what loading does: "", "refuse" or "die"; `stall_after` so many answers it stalls."""

    folder: str
    processes: int = 2
    device: str = "none"
    memory_gib: float | None = None
    load: str = ""
    stall_after: int | None = None


class HookedEngine(EchoEngine):
    """Leaves in `folder` a file for each process, with the items it answered."""

    def __init__(self, config: Hooks) -> None:
        super().__init__(answer=lambda request: request.options[0] if request.options else request.messages[-1].content)
        self._folder, self._load = Path(config.folder), config.load
        self._stall_after, self._answers = config.stall_after, 0
        self._peak = 1000

    def load(self) -> None:
        (self._folder / f"loaded-{os.getpid()}").touch()
        if self._load == "refuse":
            raise ModelError("the weights are torn")
        if self._load == "die":
            os.kill(os.getpid(), signal.SIGKILL)

    def check(self, requests: Sequence[Request]) -> None:
        for request in requests:
            if not request.messages[-1].content:
                raise SuiteError(f"item {request.item} has no text")

    def answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            text = request.messages[-1].content
            if "silent" in text:
                continue
            self._obey("stall" if self._answers == self._stall_after else text)
            self._answers += 1
            with (self._folder / f"answered-{os.getpid()}").open("a") as noted:
                noted.write(request.item + "\n")
            yield self._respond(request, time.perf_counter())

    def _obey(self, text: str) -> None:
        once = self._folder / "died"
        if "raise" in text:
            raise RuntimeError("the device is gone")
        if "die once" in text and not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if "die" in text and "once" not in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "stall" in text and not (self._folder / "go").exists():
            (self._folder / f"stalled-{os.getpid()}").touch()
            while not (self._folder / "go").exists():
                time.sleep(0.01)

    def reset_peak(self) -> bool:
        self._peak = 10
        return True

    def facts(self) -> dict[str, Any]:
        return {
            **super().facts(),
            "peak_bytes": self._peak,
            "peak_what": "process memory",
            "load_s": 0.5,
            "events": [{"event": "a group was halved", "times": 2}],
            "work": {"tokens": 7},
        }
