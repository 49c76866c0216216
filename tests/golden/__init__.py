"""Golden files: what people read, kept as text and reviewed as text. `pytest --update` writes them anew."""

from pathlib import Path

import pytest


def compare(request: pytest.FixtureRequest, name: str, text: str) -> None:
    """`text` must be what the golden file holds."""
    path = Path(__file__).parent / name
    if request.config.getoption("--update"):
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing; run pytest --update and read it"
    assert text == path.read_text(encoding="utf-8")
