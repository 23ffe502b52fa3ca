"""Finds where the face detector's points lie on our mesh, by showing it heads that we know.

People that nobody trained on are drawn with hair, light and faces of all kinds, and run through
the detector as photos are. Each landmark then gets one offset on the neutral head (ridge, robust),
and the solver is tried on other such heads, whose true shape is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save_file

from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.faces import MESH_LANDMARKS, FaceDetector, Picture
from head360.files import replacing
from head360.fitting.crop import SIZE, crop_face
from head360.fitting.landmarks import LandmarkModel
from head360.fitting.solver import Sight, solve
from head360.light import Background, Light
from head360.model.bilinear import BilinearModel
from head360.params import EXPRESSIONS, HeadParams
from head360.rendering.request import RenderRequest
from training.synhead.views import set_ups

Doubles = npt.NDArray[np.float64]

#: Seeds of people for the offsets, and of those that try them.
FIRST_SEED, FIRST_HELD_OUT = 50_000, 60_000
_PICTURE_PX = 384
_YAW, _PITCH = 22.0, 12.0  # degrees to either side
_DISTANCE, _DISTANCE_SPREAD = 1.1, 0.3  # metres; of its logarithm
_FIELD = 0.38  # metres of the scene from top to bottom
_EXPRESSIVE, _SMILING = 0.6, 0.25
#: Pull of the offsets towards none, (pixels a metre)² for each picture: along the skin they are
#: well seen, away from it hardly.
_ALONG, _AWAY = 8e3, 2e5
_GROSS_PX = 3.0
_HIDDEN, _SIDE = 0.15, 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A head that the detector was shown, and what it said."""

    landmarks: npt.NDArray[np.float32]  # (478, 3) pixels of the crop
    scores: npt.NDArray[np.float32]  # (52,)
    shape: npt.NDArray[np.float32]  # (50,) or more, standard deviations
    expression: npt.NDArray[np.float32]  # (52,)
    projection: npt.NDArray[np.float64]  # (3, 4) the crop's pixels from head space
    focal: npt.NDArray[np.float64]  # (1,) pixels of the crop


class Showing:
    """Shows heads to the detector."""

    #: Pictures as they are while something moves: a dozen times faster, with jagged edges.
    draft = False

    def __init__(self) -> None:
        self._engine, self._detector = HeadEngine(), FaceDetector()

    def show(self, seed: int) -> Shown | None:
        """Head `seed`, from somewhere in front; None if no face was found."""
        rng = np.random.default_rng([seed, 3])
        person = posed(self._person(seed), seed, rng)
        camera = self._camera(rng)
        picture = self._picture(person, camera, rng)
        found = self._detector.detect(picture)
        if not found:
            return None
        crop = crop_face(picture, found[0].landmarks)
        again = self._detector.detect(crop.image)
        if not again:
            return None
        return Shown(
            again[0].landmarks,
            again[0].expression,
            codes(person),
            person.expression,
            np.vstack([crop.crop_from_photo, [0, 0, 1]]) @ _projection(camera),
            np.array([crop.scale * _focal(camera)]),
        )

    def close(self) -> None:
        """Free detector and renderer."""
        self._detector.close()
        self._engine.close()

    def _person(self, seed: int) -> HeadParams:
        return self._engine.random_head(seed)

    def _camera(self, rng: np.random.Generator) -> OrbitCamera:
        return photographer(rng)

    def _picture(
        self, person: HeadParams, camera: OrbitCamera, rng: np.random.Generator
    ) -> Picture:
        wall = tuple(rng.uniform(0.1, 0.8, 3).tolist())
        request = RenderRequest(
            person, camera, _PICTURE_PX, _PICTURE_PX, background=Background(wall, wall),
            draft=self.draft,
        )  # fmt: skip
        return np.ascontiguousarray(self._engine.render(request).image[..., :3])


def codes(person: HeadParams) -> npt.NDArray[np.float32]:
    """(50,) the shape, with the modes (70,) of its likeness if there is one."""
    finer = () if person.likeness is None else (person.likeness.modes,)
    return np.concatenate([person.shape, *finer])


def posed(person: HeadParams, seed: int, rng: np.random.Generator) -> HeadParams:
    """The person in some light, making some face."""
    weights = np.zeros(len(EXPRESSIONS), np.float32)
    if rng.random() < _EXPRESSIVE:
        weights[rng.choice(len(EXPRESSIONS) - 1, 3, replace=False)] = rng.uniform(0, 0.6, 3)
        if rng.random() < _SMILING / _EXPRESSIVE:
            for name in ("mouthSmileLeft", "mouthSmileRight"):
                weights[EXPRESSIONS.index(name)] = rng.uniform(0.2, 0.8)
    light: Light = set_ups(seed, 1)[0]
    return person.with_(expression=weights, light=light)


def photographer(rng: np.random.Generator) -> OrbitCamera:
    """A camera somewhere in front, or to either side."""
    distance = float(_DISTANCE * np.exp(rng.normal() * _DISTANCE_SPREAD))
    return OrbitCamera(
        yaw_degrees=float(rng.uniform(-_YAW, _YAW)),
        pitch_degrees=float(rng.uniform(-_PITCH, _PITCH)),
        distance=distance,
        fov_degrees=float(np.degrees(2 * np.arctan(_FIELD / 2 / distance))),
    )


def offsets(model: LandmarkModel, shown: Sequence[Shown]) -> tuple[Doubles, Doubles]:
    """(468, 3) metres from the mesh's points to the detector's, and (468,) pixels that remain."""
    seen = [_errors(model, one) for one in shown]
    found, rest = np.zeros((MESH_LANDMARKS, 3)), np.zeros(MESH_LANDMARKS)
    for place in range(MESH_LANDMARKS):
        side = model.normals[place, 2] <= _SIDE
        kept = [one for one in seen if side or one.facing[place] > _HIDDEN]
        matrix = np.concatenate([one.slopes[place] for one in kept])
        wanted = np.concatenate([one.errors[place] for one in kept])
        found[place] = _robust(matrix, wanted, model.normals[place])
        left = (wanted - matrix @ found[place]).reshape(-1, 2)
        rest[place] = np.median(np.linalg.norm(left, axis=1))
    return found, rest


@dataclass(frozen=True, slots=True, eq=False)
class ShapeError:
    """How far found neutral faces are from the true ones, millimetres, means over heads."""

    mean_face: float
    solved: float
    true_focal: float
    landmarks_px: float
    rounds: float


def shape_error(mesh: BilinearModel, model: LandmarkModel, shown: Sequence[Shown]) -> ShapeError:
    """Solve heads of known shape; faces are compared after a similarity."""
    skin = _face_vertices(mesh)
    rows = []
    for one in shown:
        truth = neutral_points(mesh, one.shape)[skin]
        free = solve(model, [Sight(one.landmarks, one.scores, SIZE)])
        known = solve(model, [Sight(one.landmarks, one.scores, SIZE, one.focal.item())])
        faces = [np.zeros(1, np.float32), free.shape, known.shape]
        found = [_distance(neutral_points(mesh, shape)[skin], truth) for shape in faces]
        rows.append([*found, free.first.errors.mean(), free.rounds])
    return ShapeError(*np.mean(rows, axis=0).tolist())


def neutral_points(mesh: BilinearModel, shape: npt.NDArray[np.floating[Any]]) -> Doubles:
    """(V, 3) metres at rest, of a code of up to 120 numbers."""
    code = np.zeros(120, np.float32)
    code[: len(shape)] = shape
    neutral: Doubles = mesh.neutral(torch.from_numpy(code)).double().numpy()
    return neutral


def write(found: Doubles, path: Path) -> None:
    """Write offsets where `LandmarkModel` reads them."""
    with replacing(path) as partial:
        save_file({"offsets": found.astype(np.float32)}, partial)


@dataclass(frozen=True, slots=True, eq=False)
class _Errors:
    errors: Doubles  # (468, 2) pixels from where points are to where the detector has them
    slopes: Doubles  # (468, 2, 3) pixels a metre
    facing: Doubles  # (468,)


def _errors(model: LandmarkModel, one: Shown) -> _Errors:
    shape = one.shape.astype(np.float64)
    points = model.points.neutral(shape)
    points = points + np.tensordot(
        one.expression.astype(np.float64), model.points.expressions(shape), 1
    )
    image = points @ one.projection[:, :3].T + one.projection[:, 3]
    pixels = image[:, :2] / image[:, 2:]
    slopes = one.projection[None, :2, :3] - pixels[:, :, None] * one.projection[None, 2:, :3]
    eye = -np.linalg.solve(one.projection[:, :3], one.projection[:, 3])
    away = eye - points
    facing = (model.normals * away).sum(1) / np.linalg.norm(away, axis=1)
    wanted = one.landmarks[:MESH_LANDMARKS, :2] - pixels
    return _Errors(wanted, slopes / image[:, 2, None, None], facing)


def _robust(matrix: Doubles, wanted: Doubles, normal: Doubles) -> Doubles:
    """(3,) offset that explains errors (2P,) best; gross ones count little."""
    pictures = len(wanted) / 2
    pull = pictures * (_ALONG * np.eye(3) + _AWAY * np.outer(normal, normal))
    weights = np.ones(len(wanted))
    found = np.zeros(3)
    for _ in range(5):
        weighted = matrix * weights[:, None]
        found[:] = np.linalg.solve(weighted.T @ matrix + pull, weighted.T @ wanted)
        left = (wanted - matrix @ found).reshape(-1, 2)
        size = np.linalg.norm(left, axis=1)
        weights[:] = np.repeat(1 / (1 + (size / _GROSS_PX) ** 2), 2)
    return found


def _projection(camera: OrbitCamera) -> Doubles:
    """(3, 4) pixels of the picture, homogeneous, from head space."""
    half = _PICTURE_PX / 2
    focal = _focal(camera)
    lens = np.array([[focal, 0, -half], [0, -focal, -half], [0, 0, -1]])
    matrix: Doubles = lens @ camera.view_from_head[:3]
    return matrix


def _focal(camera: OrbitCamera) -> float:
    return float(_PICTURE_PX / 2 / np.tan(np.radians(camera.fov_degrees) / 2))


def _face_vertices(mesh: BilinearModel) -> npt.NDArray[np.int64]:
    """Skin of the front of the head, above the neck."""
    from head360.model.topology import SKIN

    topology = mesh.topology
    skin = np.unique(topology.triangles[topology.triangle_material == SKIN])
    mean = mesh.mean.numpy()[skin]
    found: npt.NDArray[np.int64] = skin[(mean[:, 2] > 0) & (mean[:, 1] > -0.08)].astype(np.int64)
    return found


def _distance(found: Doubles, truth: Doubles) -> float:
    """Mean distance (V, 3) after the best similarity, millimetres."""
    a, b = found - found.mean(0), truth - truth.mean(0)
    u, s, vt = np.linalg.svd(b.T @ a)
    turn = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
    scale = s.sum() / (a**2).sum()
    return float(np.linalg.norm(scale * a @ turn.T - b, axis=1).mean() * 1e3)
