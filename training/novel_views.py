"""Held-out people as photos show them, and fitted heads seen from where true ones are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from head360.camera import Matrix, OrbitCamera
from head360.params import EXPRESSIONS

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

#: Views go around in equal steps and look from a little below, level and from above by turns.
_PITCHES = (4.0, 20.0, -12.0)
#: A portrait is nearly frontal: standard deviation in degrees, and where it ends.
_AWAY, _FURTHEST = 3.0, 6.0
#: Every second person smiles, with the lips closed.
_SMILE = ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight")


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """A rotation, a scale and a shift of space: scale · turn · x + shift."""

    scale: float
    turn: Doubles  # (3, 3)
    shift: Doubles  # (3,) metres

    @classmethod
    def between(cls, points: npt.ArrayLike, goals: npt.ArrayLike) -> Similarity:
        """The one that brings points (N, 3) nearest to goals (N, 3) (Umeyama, PAMI 1991)."""
        mine, there = np.asarray(points, np.float64), np.asarray(goals, np.float64)
        middle, wanted = mine.mean(0), there.mean(0)
        u, sizes, vt = np.linalg.svd((there - wanted).T @ (mine - middle))
        signs = np.array([1, 1, np.linalg.det(u @ vt)])
        turn = u @ np.diag(signs) @ vt
        scale = float((sizes * signs).sum() / np.square(mine - middle).sum())
        return cls(scale, turn, wanted - scale * turn @ middle)

    def __call__(self, points: npt.ArrayLike) -> Doubles:
        """Points (N, 3) carried over."""
        moved: Doubles = self.scale * np.asarray(points, np.float64) @ self.turn.T + self.shift
        return moved

    def camera(self, goal: OrbitCamera) -> CarriedCamera:
        """The camera that sees what was not carried over yet as `goal` sees it once it is."""
        eye = self.turn.T @ (goal.eye - self.shift) / self.scale
        return CarriedCamera(
            distance=goal.distance / self.scale, fov_degrees=goal.fov_degrees,
            place=eye, rows=goal.axes @ self.turn,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class CarriedCamera(OrbitCamera):
    """A camera that need not stand upright."""

    place: Matrix | None = None  # (3,) metres
    rows: Matrix | None = None  # (3, 3) right, up and backward

    @property
    def eye(self) -> Matrix:
        """(3,) metres."""
        assert self.place is not None
        return self.place

    @property
    def axes(self) -> Matrix:
        """(3, 3) rows: right, up, and backward."""
        assert self.rows is not None
        return self.rows


def geometry_error(points: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Millimetres, root mean square over points (N, 3) in metres after they were aligned."""
    carried = Similarity.between(points, truth)(points)
    return 1000 * float(np.sqrt(np.square(carried - np.asarray(truth)).sum(1).mean()))


def around(count: int) -> list[OrbitCamera]:
    """Cameras all around a head in equal steps, the first before it."""
    steps = (360 * number / count for number in range(count))
    return [
        OrbitCamera((yaw + 180) % 360 - 180, _PITCHES[number % len(_PITCHES)])
        for number, yaw in enumerate(steps)
    ]


def portrait_camera(rng: np.random.Generator) -> OrbitCamera:
    """Before a face, nearly."""
    yaw, pitch = rng.normal(0, _AWAY, 2).clip(-_FURTHEST, _FURTHEST)
    return OrbitCamera(float(yaw), float(pitch))


def portrait_face(rng: np.random.Generator) -> Floats:
    """(52,) at rest or smiling."""
    weights = np.zeros(len(EXPRESSIONS), np.float32)
    if rng.random() < 0.5:
        return weights
    strength = rng.uniform(0.3, 0.8)
    for name in _SMILE:
        weights[EXPRESSIONS.index(name)] = strength * rng.uniform(0.7, 1.1)
    return weights.clip(0, 1)
