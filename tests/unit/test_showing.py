"""Showing people to the detector goes on where it was stopped."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from head360.cli.terminal import Terminal
from training.showing import show_all, told


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    seed: np.ndarray


class Showing:
    """Sees everybody but every fifth."""

    began = 0

    def __init__(self) -> None:
        Showing.began += 1
        self.shown: list[int] = []

    def show(self, seed: int) -> Said | None:
        return Said(np.array([seed])) if seed % 5 else None

    def close(self) -> None:
        Showing.began -= 1


def test_who_was_shown_is_not_shown_again(tmp_path: Path) -> None:
    task = show_all(Showing, Said, range(20), tmp_path)
    assert [next(task) for _ in range(7)][-1] == (7, 20)
    task.close()  # stopped in between
    assert Showing.began == 0
    assert len(list(tmp_path.iterdir())) == 7
    heard = io.StringIO()

    found = told(show_all(Showing, Said, range(20), tmp_path), Terminal(heard, heard), "heads")

    assert [int(one.seed[0]) for one in found] == [n for n in range(20) if n % 5]
    assert "10/20 heads" in heard.getvalue()
    for path in tmp_path.iterdir():
        path.touch()

    def nobody() -> Showing:
        raise AssertionError("everybody was shown before")

    again = told(show_all(nobody, Said, range(20), tmp_path), Terminal(heard, heard), "heads")
    assert len(again) == len(found)
