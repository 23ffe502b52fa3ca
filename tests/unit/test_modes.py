"""The comparison of fast and exact pictures goes on where it was stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from head360.engine import HeadEngine
from training import modes

STYLES = ("bald", "bob", "afro")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Styles in the order in which they were drawn."""
    found: list[str] = []

    def compared(_engine: HeadEngine, style: str, size: int) -> tuple[object, object]:
        found.append(style)
        picture = np.zeros((size, size, 3), np.uint8)
        return {"front": 40.0 + len(found), "back": 39.0}, (picture, picture)

    monkeypatch.setattr(modes, "_compared", compared)
    return found


def test_styles_that_were_compared_are_not_drawn_again(tmp_path: Path, drawn: list[str]) -> None:
    task = modes.run(modes.Modes(tmp_path, 32, STYLES))
    next(task)
    next(task)
    task.close()  # type: ignore[attr-defined]
    assert drawn == ["bald", "bob"]

    lines = list(modes.run(modes.Modes(tmp_path, 32, STYLES)))

    assert drawn == list(STYLES)
    assert "bob: front 42.0 dB, back 39.0 dB" in lines
    table = json.loads((tmp_path / "table-modes.json").read_text("utf-8"))
    assert "41.0" in json.dumps(table)
    list(modes.run(modes.Modes(tmp_path, 48, STYLES)))  # another size is another table
    assert drawn == [*STYLES, *STYLES]
