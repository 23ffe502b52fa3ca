"""Learns how true shapes follow from those that the solver finds, by showing it heads that we know.

The detector sees faces nearer to the average than they are, and its landmarks err together, so what
the solver makes of them is a good guess of neither size nor direction. Random people whose true
codes are known are drawn, found and solved; how codes and true codes go together, direction by
direction, is what `fitting.likely_shape` ships (canonical correlations, Hotelling 1936).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from head360.camera import OrbitCamera
from head360.files import replacing
from head360.fitting.crop import SIZE
from head360.fitting.equations import IDENTITY_MODES
from head360.fitting.landmarks import LandmarkModel
from head360.fitting.likely_shape import LikelyShape
from head360.fitting.solver import Sight, solve
from head360.likeness import MODES, SKIN_ROWS, Likeness
from head360.model.bilinear import BilinearModel
from head360.params import HeadParams
from training.calibrate import Showing, Shown, neutral_points, photographer
from training.novel_views import Similarity
from training.synhead.source import FACE, HEAD_NECK

Doubles = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.intp]

#: Seeds of people to learn from, and of those that try it.
FIRST_SEED, FIRST_HELD_OUT = 70_000, 80_000
#: Modes beyond those of a project that people differ in here, as all modes do by one deviation.
_FINER = 50
#: Degrees to either side, the less often the further.
_YAW, _PITCH = 38.0, 16.0
#: Pull of the directions towards those that solved codes have anyhow, and how many are kept.
_RIDGE, _DIRECTIONS = 0.3, 24
#: iBUG 68, and how far below it a neck is no chin any more, metres.
_CHIN, _BELOW = 8, 0.015


class WholeShowing(Showing):
    """Shows people who differ in all modes that the solver finds, as photos show them."""

    draft = True

    def _person(self, seed: int) -> HeadParams:
        finer = np.zeros(MODES, np.float32)
        finer[:_FINER] = np.random.default_rng([seed, 11]).normal(size=_FINER)
        skin = np.zeros((3, SKIN_ROWS, 2 * SKIN_ROWS), np.float32)
        likeness = Likeness.made(modes=finer, skin=skin, observed=0 * skin[0])
        return super()._person(seed).with_(likeness=likeness)

    def _camera(self, rng: np.random.Generator) -> OrbitCamera:
        yaw, pitch = (_YAW, _PITCH) * (rng.random(2) - rng.random(2))
        camera = photographer(rng)
        return replace(camera, yaw_degrees=float(yaw), pitch_degrees=float(pitch))


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """What the solver made of heads whose codes are known."""

    solved: Doubles  # (N, 100) identity codes
    true: Doubles  # (N, 100)

    @classmethod
    def of(cls, model: LandmarkModel, shown: Sequence[Shown]) -> Pairs:
        """Solve what the detector said of heads."""
        solved = [
            solve(model, [Sight(one.landmarks, one.scores, SIZE)]).shape.astype(np.float64)
            for one in shown
        ]
        true = [one.shape[:IDENTITY_MODES].astype(np.float64) for one in shown]
        return cls(np.array(solved), np.array(true))


def learnt(pairs: Pairs) -> LikelyShape:
    """The directions in which codes and true codes go together most; true ones have variance 1."""
    middle, deviation = pairs.solved.mean(0), pairs.solved.std(0)
    usual = (pairs.solved - middle) / deviation
    spread = usual.T @ usual / len(usual) + _RIDGE * np.eye(IDENTITY_MODES)
    sizes, axes = np.linalg.eigh(spread)
    whitening = axes @ np.diag(sizes**-0.5) @ axes.T
    together = whitening @ usual.T @ pairs.true / len(usual)
    readings, correlations, directions = np.linalg.svd(together)
    kept = slice(None, _DIRECTIONS)
    return LikelyShape(
        middle,
        (whitening @ readings[:, kept]) / deviation[:, None],
        correlations[kept],
        directions[kept],
    )


@dataclass(frozen=True, slots=True)
class ShapeErrors:
    """How far neutral heads are from the true ones, millimetres: means over heads.

    Root mean squares of the face, and of neck and shoulders, after a similarity of the face.
    """

    average: tuple[float, float]  # if everybody is the average
    solved: tuple[float, float]  # as landmarks alone ask for
    likely: tuple[float, float]


def errors(mesh: BilinearModel, likely: LikelyShape, pairs: Pairs) -> ShapeErrors:
    """Of heads that nobody learnt from."""
    told = np.array([likely.told(solved).mean for solved in pairs.solved])
    guesses = (np.zeros_like(told), pairs.solved, told)
    return ShapeErrors(*(_away(mesh, guess, pairs.true) for guess in guesses))


def write(likely: LikelyShape, path: Path) -> None:
    """Write it where `LikelyShape.load` reads it."""
    arrays = {entry.name: getattr(likely, entry.name) for entry in fields(likely)}
    with replacing(path) as partial:
        save_file(
            {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in arrays.items()},
            partial,
        )


def _away(mesh: BilinearModel, codes: Doubles, true: Doubles) -> tuple[float, float]:
    face, below = regions(mesh)
    found = []
    for code, truth in zip(codes, true, strict=True):
        mine, there = neutral_points(mesh, code), neutral_points(mesh, truth)
        off = Similarity.between(mine[face], there[face])(mine) - there
        found.append([1e3 * np.sqrt(np.square(off[part]).sum(1).mean()) for part in (face, below)])
    first, second = np.mean(found, axis=0).tolist()
    return first, second


def regions(mesh: BilinearModel) -> tuple[Numbers, Numbers]:
    """Vertices of the face, and those of the skin below the chin."""
    topology, height = mesh.topology, mesh.mean[:, 1].numpy()
    part, chin = topology.vertex_part, height[topology.landmarks68[_CHIN]]
    below = (part == HEAD_NECK) & (height < chin - _BELOW)
    return np.flatnonzero(part == FACE), np.flatnonzero(below)
