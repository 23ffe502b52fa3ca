"""A studio that draws flat pictures in no time, for tests of everything around the true one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from head360.camera import OrbitCamera
from head360.params import EXPRESSIONS
from training.synhead.views import expression, rig
from training.synhead.writer import View

SIDE = 8


def camera_record(camera: OrbitCamera) -> dict[str, Any]:
    return {**asdict(camera), "target": list(camera.target)}


class PlainShoot:
    """View n of person s is grey s, n; every label that the true one has, small."""

    def __init__(self, seed: int, views: int) -> None:
        self._seed, self._views = seed, views

    @property
    def record(self) -> Mapping[str, Any]:
        return {
            "seed": self._seed,
            "traits": {"male": 0.8, "old": 0.2},
            "attributes": {"freckles": 0.7},
            "hairstyle": "bob",
            "hair_color": [0.4, 0.3, 0.15],
            "lights": [{"preset": "night"}, {"preset": "studio"}],
        }

    def view(self, number: int) -> View:
        weights = expression(self._seed, number)
        named = {n: float(w) for n, w in zip(EXPRESSIONS, weights, strict=True) if w}
        grey = np.full((SIDE, SIDE, 4), [self._seed % 256, number, 0, 255], np.uint8)
        pictures = {"image-0": grey, "image-1": grey + np.uint8(1), "class": grey[..., 1].copy()}
        labels = {
            "depth": np.full((SIDE, SIDE), 11800, np.uint16),
            "normal": np.full((SIDE, SIDE, 3), -32767, np.int16),
            "landmarks": np.full((68, 3), 0.01 * number, np.float32),
        }
        camera = rig(self._views)[number]
        return View({"camera": camera_record(camera), "expression": named}, pictures, labels)


class PlainStudio:
    def __init__(self, views: int, log: Path | None = None) -> None:
        self.opened: list[int] = []
        self.released = False
        self._views, self._log = views, log

    def open(self, seed: int) -> PlainShoot:
        self.opened.append(seed)
        return PlainShoot(seed, self._views)

    def release(self) -> None:
        self.released = True
        note(self._log, "close")


def note(log: Path | None, what: str) -> None:
    """A line of what happened in which process."""
    if log:
        with log.open("a") as file:
            file.write(f"{what} {os.getpid()}\n")


@dataclass
class PlainOpener:
    views: int = 6
    log: Path | None = None  # notes who opened and gave back a studio
    studios: list[PlainStudio] = field(default_factory=list)

    @property
    def description(self) -> Mapping[str, Any]:
        return {"views": self.views}

    def __call__(self) -> PlainStudio:
        note(self.log, "open")
        self.studios.append(PlainStudio(self.views, self.log))
        return self.studios[-1]
