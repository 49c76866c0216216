"""A run in a process of its own that says on which stage it is, so that a test can kill it there.

    python -m tests.stages CONFIG FOLDER STAGE_FILE ANSWERS_FILE

Stages: load, answers, scoring, timing, export, done. Nothing of the run is changed: functions are wrapped, not replaced.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

STAGES = ("load", "answers", "scoring", "timing", "export", "done")


def main(config_path: str, folder: str, stage_file: str, answers_file: str) -> None:
    """Runs the configuration; `stage_file` holds the stage's name, `answers_file` gets a line for every answer of the engine."""
    mark = Path(stage_file)

    def at(stage: str) -> None:
        beside = mark.with_suffix(".new")
        beside.write_text(stage)
        beside.replace(mark)  # a reader never finds it empty

    at("load")
    from evalkit import runner
    from evalkit.bundle import Bundle
    from evalkit.config import load_config
    from evalkit.records import Response

    def entering(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **more: Any) -> Any:
            at(stage)
            return function(*args, **more)

        return wrapped

    runner.score = entering("scoring", runner.score)  # type: ignore[assignment]
    runner.timed = entering("timing", runner.timed)
    append = Bundle.append

    def noted(self: Bundle, response: Response) -> None:
        with Path(answers_file).open("a") as answered:  # before the bundle has it
            answered.write(response.request + "\n")
        append(self, response)

    Bundle.append = noted  # type: ignore[method-assign]
    Bundle.write_responses = entering("export", Bundle.write_responses)  # type: ignore[method-assign]

    class Watcher:
        def stage(self, name: str, total: int) -> None:
            pass

        def step(self, response: Response | None = None) -> None:
            if mark.read_text() == "load":
                at("answers")

    outcome = runner.run(load_config(Path(config_path)), Path(folder), Watcher())
    at("done")
    print(outcome.fresh)


if __name__ == "__main__":
    main(*sys.argv[1:])
