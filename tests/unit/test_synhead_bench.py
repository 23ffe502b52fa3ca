"""The figures of `--bench` on a stand-in that takes known time."""

from __future__ import annotations

import time

import numpy as np

from training.synhead.bench import SynheadBench, measure
from training.synhead.writer import View


class Shoot:
    @property
    def record(self) -> dict[str, int]:
        return {"seed": 0}

    def view(self, number: int) -> View:
        time.sleep(0.02)
        grey = np.zeros((4, 4), np.uint8)
        names = ("image-0", "image-1", "hair-0", "albedo", "mask")
        return View({"number": number}, dict.fromkeys(names, grey))


class Studio:
    card = "a stand-in"

    def __init__(self) -> None:
        self.opened: list[int] = []

    def open(self, seed: int) -> Shoot:
        self.opened.append(seed)
        time.sleep(0.01)
        return Shoot()


def test_heads_and_views_are_timed_apart_and_lit_pictures_counted() -> None:
    studio = Studio()

    *said, found = measure(studio, 2, 3)

    assert isinstance(found, SynheadBench)
    assert len(said) == 2
    assert studio.opened == [2, 0, 1]  # one to warm up
    assert (found.heads, found.views, found.pictures) == (
        2,
        6,
        18,
    )  # not albedo and masks
    assert found.making.wall_s >= 0.02
    assert found.drawing.wall_s >= 0.12
    assert found.drawing.processor_s < found.drawing.wall_s  # sleeping takes no processor
    text = "\n".join(found.lines)
    assert "a stand-in" in text
    assert "a second" in text
