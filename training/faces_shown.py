"""Shows the face tracker people whose faces are known, and keeps what it says of them.

Each person is drawn at rest a few times, then making faces (`faces_made`), turned somehow, in some
light, by drafts: the tracker looks at faces of some 200 pixels, where drafts are as good as
finished pictures and five times as quick.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.faces import FaceDetector, Picture
from head360.light import Background
from head360.params import EXPRESSIONS, FloatArray, HeadParams
from head360.rendering.request import RenderRequest
from training.faces_made import made_face
from training.synhead.views import set_ups

#: Seeds of people to learn from, and of those to try it on.
FIRST_SEED, FIRST_HELD_OUT = 80_000, 90_000
#: So many people wear their hair. It says little of faces and costs three quarters of the time.
HAIRED = 60
RESTS, FACES = 3, 29  # pictures of a person
_PICTURE_PX = 320
_TURN = np.array([12.0, 8.0, 5.0])  # degrees, deviations of yaw, pitch and roll
_LIMIT = np.array([32.0, 20.0, 15.0])
_DISTANCE, _DISTANCE_SPREAD = 0.8, 0.3  # metres; of its logarithm
_FIELD = (0.26, 0.36)  # metres of the scene from top to bottom
_FINISHED = 0.04  # share of pictures that are no drafts
#: The tracker calms what it sees; after so long it no longer knows the face before.
_FORGETS_MS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What the tracker said of a person's N pictures; the first `RESTS` are of the face at rest."""

    landmarks: FloatArray  # (N, 478, 3) pixels
    scores: FloatArray  # (N, 52) NaN where it knows none
    pose: FloatArray  # (N, 4, 4)
    expression: FloatArray  # (N, 52) the true weights
    turn: FloatArray  # (N, 3) the true turn, degrees
    rest: npt.NDArray[np.bool_]  # (N,) whether it is the face at rest


class Showing:
    """Draws people and has the tracker look at them."""

    def __init__(self) -> None:
        self._engine, self._detector = HeadEngine(), FaceDetector("video")
        self._time_ms = 0

    def show(self, seed: int) -> Shown | None:
        """Person `seed`; None if the tracker does not see the face at rest."""
        rng = np.random.default_rng([seed, 5])
        haired = not FIRST_SEED + HAIRED <= seed < FIRST_HELD_OUT
        person = self._engine.random_head(seed, ... if haired else None)
        person = person.with_(light=set_ups(seed, 1)[0])
        seen: list[tuple[FloatArray, ...]] = []
        for number in range(RESTS + FACES):
            resting = number < RESTS
            weights = np.zeros(len(EXPRESSIONS), np.float32) if resting else made_face(rng)
            turn = rng.normal(0, 0.3 if resting else 1, 3) * _TURN
            turn = turn.clip(-_LIMIT, _LIMIT).astype(np.float32)
            picture = self._picture(person.with_(expression=weights, head_pose=turn), rng)
            if (face := self._look(picture)) is not None:
                seen.append((*face, weights, turn, np.array(resting)))
        if not any(row[-1] for row in seen):
            return None
        return Shown(*(np.stack(column) for column in zip(*seen, strict=True)))

    def close(self) -> None:
        """Free detector and renderer."""
        self._detector.close()
        self._engine.close()

    def _look(self, picture: Picture) -> tuple[FloatArray, FloatArray, FloatArray] | None:
        """Twice: from the second time on it looks where it has seen a face, as in a film."""
        found = []
        for _ in range(2):
            self._time_ms += _FORGETS_MS
            found = self._detector.detect(picture, self._time_ms)
        return (found[0].landmarks, found[0].expression, found[0].pose) if found else None

    def _picture(self, person: HeadParams, rng: np.random.Generator) -> Picture:
        distance = float(_DISTANCE * np.exp(rng.normal() * _DISTANCE_SPREAD))
        field, wall = rng.uniform(*_FIELD), tuple(rng.uniform(0.1, 0.8, 3).tolist())
        camera = OrbitCamera(
            yaw_degrees=float(rng.normal(0, 5)),
            pitch_degrees=float(rng.normal(0, 4)),
            distance=distance,
            fov_degrees=float(np.degrees(2 * np.arctan(field / 2 / distance))),
        )
        request = RenderRequest(
            person, camera, _PICTURE_PX, _PICTURE_PX,
            background=Background(wall, wall), draft=rng.random() > _FINISHED,
        )  # fmt: skip
        return np.ascontiguousarray(self._engine.render(request).image[..., :3])
