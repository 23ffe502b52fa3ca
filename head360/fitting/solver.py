"""Finds camera, shape and expression from face landmarks: Gauss-Newton on everything at once.

Unknown are the camera's rotation, offset and focal length, 100 identity modes and 51 expression
weights. The landmarks' errors are correlated and now and then gross, so they count less than their
number (`_CORRELATED`), and large ones less still. Priors: identity N(0, 1); expression about the
detector's own scores; distance about that of portraits. One photo cannot tell a long lens far away
from a short one nearby: without EXIF the focal length *is* the prior, and `Solution.deviations`
says so. Several photos of one person share the identity and have their own cameras and faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt

from head360.faces import MESH_LANDMARKS, OVAL
from head360.fitting.blas import one_core
from head360.fitting.equations import IDENTITY_MODES, OWN, POSE, SOLVED, Equations
from head360.fitting.landmarks import LandmarkModel, face_height
from head360.fitting.likely_shape import Belief
from head360.fitting.outline import Outline, weights
from head360.fitting.view import FACING, PhotoCamera
from head360.params import EXPRESSIONS, FloatArray

Doubles = npt.NDArray[np.float64]

#: Deviation of a landmark in a face so high, pixels (from repeatability on rendered heads).
_NOISE_PX, _NOISE_HEIGHT = 1.6, 215.0
#: As many landmarks tell as much as one, since neighbours err together.
_CORRELATED = 3.0
_SCORE_DEVIATION = 0.2  # of the detector's expression scores
_DISTANCE, _DISTANCE_DEVIATION = 1.1, 0.35  # metres; of its logarithm
_SLIDING = 0.85  # share of a contour point's error along the contour that does not count
_GROSS = 2.0  # an error of so many deviations counts half
#: The detector's landmarks of heads seen from aside say this much of those from the front, and its
#: outline nothing: at full weight they made shapes worse (3.29 instead of 2.77 mm on twelve heads).
_FROM_ASIDE = 0.1
#: What landmarks and scores say of poses and faces counts by a share beside outlines.
_LOOSE = 0.3
_HAND_TRUST = 8.0  # of a landmark that a person has placed
_ROUNDS, _FROM_ROUND = 14, 3
_SETTLED = 2e-3
_PINNED = 1e8


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What one photo shows of a face."""

    landmarks: FloatArray  # (478, 3) pixels of a square crop
    scores: FloatArray  # (52,) the detector's expression, NaN where unknown
    size: int  # pixels along each side of the crop
    focal: float | None = None  # pixels, if known
    fixed: tuple[int, ...] = ()  # landmarks that a person has placed
    hides_far_side: bool = False  # near-profile: the detector guessed what it did not see


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """How one photo was explained."""

    camera: PhotoCamera
    expression: FloatArray  # (52,) 0 … 1
    projected: Doubles  # (468, 2) pixels, where the solution has the landmarks
    depths: Doubles  # (468,) metres along the camera's axis
    errors: Doubles  # (468,) pixels, distance from where the detector has them
    facing: Doubles  # (468,) cosine between the surface and the line of sight


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Who it is, and how each photo saw them."""

    shape: FloatArray  # (100,) identity code, standard deviations
    sights: tuple[Seen, ...]  # as the photos given
    rounds: int
    #: Standard deviations that remain, given noise and priors: `log_distance`, `log_focal`,
    #: `yaw_degrees`, and `identity`, the share of the prior's variance that is left, 0 … 1.
    deviations: dict[str, float]

    @property
    def first(self) -> Seen:
        """How the main photo was explained."""
        return self.sights[0]


@one_core()
def solve(
    model: LandmarkModel,
    sights: Sequence[Sight],
    start: Solution | None = None,
    *,
    shaped: bool = True,
    belief: Belief | None = None,
) -> Solution:
    """Explain one or several photos of one person.

    Args:
        model: the landmarks on the mesh.
        sights: what each photo shows, the main one first.
        start: how nearly the same was explained, as before a landmark was dragged a little. What
            is found from there is the same within a hundredth of a pixel, in fewer rounds.
        shaped: find the shape; else everybody has that of the mean head.
        belief: whom the photos likely show, from what was solved without it. The landmarks have
            then told all they know of the shape, and tell only how the photos were taken.
    """
    shape = np.zeros(IDENTITY_MODES) if start is None else start.shape.astype(np.float64)
    guesses = [_Guess.first(model, sight, shape) for sight in sights]
    for guess, seen in zip(guesses, () if start is None else start.sights, strict=False):
        guess.resume(seen)
    rough, least = (_FROM_ROUND, _FROM_ROUND + 3) if start is None else (0, 1)
    done = 0
    system = Equations(len(sights))
    for done in range(1, _ROUNDS + 1):
        system = Equations(len(sights))
        for number, guess in enumerate(guesses):
            guess.linearise(model, shape, robust=done > rough)
            guess.ask(system, number, 1.0 if belief is None else _LOOSE)
        if belief is None:
            system.add_identity_prior((1.0 if shaped else _PINNED) * np.eye(len(shape)), shape)
        else:
            _believe(system, guesses[0], shape, belief)
        step = system.step([guess.expression for guess in guesses])
        shape = shape + step[:IDENTITY_MODES]
        for number, guess in enumerate(guesses):
            guess.take(system.part(step, number))
        if done >= least and np.abs(system.codes(step)).max() < _SETTLED:
            break
    found = tuple(guess.seen(model, shape) for guess in guesses)
    return Solution(shape.astype(np.float32), found, done, system.deviations())


def _believe(system: Equations, guess: _Guess, shape: Doubles, belief: Belief) -> None:
    """Let landmarks tell poses and faces only; the shape is what is believed, and the outline's."""
    system.tell_no_shape()
    if belief.outline is not None:
        guess.ask_outline(system, belief.outline, shape)
    system.add_identity_prior(belief.precision, shape - belief.mean)


@dataclass(slots=True, eq=False)
class _Guess:
    """What is thought of one photo so far, and its linear model."""

    sight: Sight
    target: Doubles  # (468, 2) pixels from the crop's middle
    trust: Doubles  # (468,) 1 / pixels²
    slide: Doubles  # (468, 2, 2) how much of an error counts, by direction
    prior: Doubles  # (51,) expression scores
    noise: Doubles  # (51,) their deviations
    rotation: Doubles  # (3, 3)
    offset: Doubles  # (3,)
    log_focal: float
    expression: Doubles  # (51,)
    pinned: float | None  # log focal length
    residual: Doubles = field(default_factory=lambda: np.zeros(0))  # (468, 2) pixels
    #: (468, 2, 2) makes errors count: its square is their inverse covariance.
    whitening: Doubles = field(default_factory=lambda: np.zeros(0))
    jacobian: Doubles = field(default_factory=lambda: np.zeros(0))  # (468, 2, modes + 7 + 51), so

    @classmethod
    def first(cls, model: LandmarkModel, sight: Sight, shape: Doubles) -> _Guess:
        """From the detector's own depths, as if seen from far away."""
        points = sight.landmarks[:MESH_LANDMARKS].astype(np.float64)
        scores = sight.scores[SOLVED].astype(np.float64)
        known = np.isfinite(scores)
        prior = np.where(known, scores, 0.0).clip(0, 1)
        ideal = model.points.neutral(shape)
        ideal = ideal + np.tensordot(prior, model.points.expressions(shape)[SOLVED], 1)
        turn, scale, middle = _similar(points * [1, -1, -1], ideal, model.trust)
        distance = _DISTANCE if sight.focal is None else sight.focal / scale
        target = points[:, :2] - sight.size / 2
        offset = np.append(np.average(target, axis=0, weights=model.trust) / scale, distance)
        offset -= FACING @ turn @ middle
        offset[2] = distance
        pixel = _NOISE_PX * face_height(points) / _NOISE_HEIGHT * np.sqrt(_CORRELATED)
        trust = model.trust / pixel**2
        trust[[i for i in sight.fixed if i < MESH_LANDMARKS]] *= _HAND_TRUST
        return cls(
            sight, target, trust, _slides(points, sight.fixed), prior,
            np.where(known, _SCORE_DEVIATION, 2 * _SCORE_DEVIATION),
            FACING @ turn, offset, log(scale * distance), prior.copy(),
            None if sight.focal is None else log(sight.focal),
        )  # fmt: skip

    def resume(self, seen: Seen) -> None:
        """Begin where this photo was explained before."""
        self.rotation, self.offset = seen.camera.rotation, seen.camera.offset.copy()
        self.log_focal = log(seen.camera.focal)
        self.expression = seen.expression[SOLVED].astype(np.float64)

    def linearise(self, model: LandmarkModel, shape: Doubles, *, robust: bool) -> None:
        """Residuals and their derivatives at this guess."""
        moves = model.points.expressions(shape)[SOLVED]
        turned = self._points(model, shape, moves) @ self.rotation.T
        image, to_image = self._lens(turned)
        self.residual = image - self.target
        weights = self._weights(model, turned + self.offset, robust)
        self.whitening = self.slide * np.sqrt(weights)[:, None, None]
        to_image = self.whitening @ to_image
        count, from_head = len(shape), to_image @ self.rotation
        slopes = np.empty((len(turned), 2, count + POSE + len(SOLVED)))
        slopes[:, :, :count] = from_head @ model.points.modes[:count].transpose(1, 2, 0)
        pose = slopes[:, :, count:]
        pose[:, :, :3] = to_image @ _turning(turned)
        pose[:, :, 3:5] = to_image[:, :, :2]
        pose[:, :, 5] = to_image[:, :, 2] * self.offset[2]
        pose[:, :, 6] = (self.whitening @ image[:, :, None])[:, :, 0]
        pose[:, :, POSE:] = from_head @ moves.transpose(1, 2, 0)
        self.jacobian = slopes

    def ask(self, system: Equations, number: int, share: float) -> None:
        """What landmarks and scores of photo `number` ask for by a share, and its priors."""
        rows = sqrt(share) * self.jacobian.reshape(-1, self.jacobian.shape[2])
        errors = sqrt(share) * (self.whitening @ self.residual[:, :, None])
        system.add(number, rows, errors.ravel())
        inverse, off = np.zeros(OWN), np.zeros(OWN)
        inverse[POSE:], off[POSE:] = share * self.noise**-2, self.expression - self.prior
        if self.pinned is None:
            inverse[5] = _DISTANCE_DEVIATION**-2
            off[5] = log(self.offset[2] / _DISTANCE)
        else:
            inverse[6], off[6] = _PINNED, self.log_focal - self.pinned
        system.add_own_prior(number, inverse, off)

    def ask_outline(self, system: Equations, outline: Outline, shape: Doubles) -> None:
        """What the main photo's outline asks for."""
        turned = outline.placed(shape) @ self.rotation.T
        image, to_image = self._lens(turned)
        missed = outline.missed(image)
        across = (outline.normal[:, None] @ to_image)[:, 0]  # (N, 3) pixels a metre, camera's axes
        rows = np.empty((len(turned), len(shape) + POSE))
        rows[:, : len(shape)] = ((outline.modes @ self.rotation.T) * across).sum(2).T
        pose = rows[:, len(shape) :]
        pose[:, :3] = (across[:, None] @ _turning(turned))[:, 0]
        pose[:, 3:5] = across[:, :2]
        pose[:, 5] = across[:, 2] * self.offset[2]
        pose[:, 6] = (outline.normal * image).sum(1)
        share = weights(missed)
        system.add(0, rows * share[:, None], missed * share)

    def _lens(self, turned: Doubles) -> tuple[Doubles, Doubles]:
        """Pixels (L, 2) from the middle of points (L, 3) in turned axes, (L, 2, 3) derivatives."""
        seen = turned + self.offset
        inverse, focal = 1 / seen[:, 2], exp(self.log_focal)
        image = seen[:, :2] * (inverse * focal)[:, None]
        to_image = np.zeros((len(turned), 2, 3))
        to_image[:, 0, 0] = to_image[:, 1, 1] = focal * inverse
        to_image[:, :, 2] = -image * inverse[:, None]
        return image, to_image

    def _points(self, model: LandmarkModel, shape: Doubles, moves: Doubles) -> Doubles:
        """(468, 3) metres of head space, with the face that is made."""
        points: Doubles = model.points.neutral(shape) + np.tensordot(self.expression, moves, 1)
        return points

    def _weights(self, model: LandmarkModel, seen: Doubles, robust: bool) -> Doubles:
        """(468,) trust of each landmark at this guess."""
        facing = _facing(model.normals @ self.rotation.T, seen)
        floor = 0.0 if self.sight.hides_far_side else 0.05
        weights = self.trust * ((facing + 0.15) / 0.4).clip(floor, 1)
        if self.sight.hides_far_side:
            weights[list(OVAL)] = 0
            weights = weights * _FROM_ASIDE
        if robust:
            gross = _GROSS * 3.0 * face_height(self.sight.landmarks) / _NOISE_HEIGHT
            large = np.square(self.residual).sum(1) / gross**2
            large[[i for i in self.sight.fixed if i < MESH_LANDMARKS]] = 0
            weights = weights / (1 + large)
        kept: Doubles = weights
        return kept

    def take(self, step: Doubles) -> None:
        """Go a step (7 + 51,)."""
        self.rotation = _rotation(step[:3]) @ self.rotation
        self.offset[:2] += step[3:5]
        self.offset[2] *= exp(np.clip(step[5], -0.5, 0.5))
        self.log_focal += float(np.clip(step[6], -0.5, 0.5))
        self.expression = (self.expression + step[POSE:]).clip(0, 1)

    def seen(self, model: LandmarkModel, shape: Doubles) -> Seen:
        """What to tell others of it."""
        size = self.sight.size
        camera = PhotoCamera(self.rotation, self.offset, exp(self.log_focal), size)
        moves = model.points.expressions(shape)[SOLVED]
        points = self._points(model, shape, moves)
        found = camera.pixels(points)
        pixels = found[:, :2]
        weights = np.zeros(len(EXPRESSIONS), np.float32)
        weights[SOLVED] = self.expression
        return Seen(
            camera,
            weights,
            pixels,
            found[:, 2],
            np.linalg.norm(pixels - size / 2 - self.target, axis=1),
            _facing(model.normals @ self.rotation.T, camera.viewed(points)),
        )


def _similar(seen: Doubles, ideal: Doubles, weights: Doubles) -> tuple[Doubles, float, Doubles]:
    """Rotation (3, 3) and pixels a metre from ideal to seen points (L, 3), and the ideal's mean."""
    share = weights[:, None] / weights.sum()
    middle = (ideal * share).sum(0)
    centred, shown = ideal - middle, seen - (seen * share).sum(0)
    u, _, vt = np.linalg.svd((shown * share).T @ centred)
    turn = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
    # In the picture alone: the detector's depths are only roughly in pixels.
    flat, mine = shown[:, :2], (centred @ turn.T)[:, :2]
    return turn, float((flat * mine * share).sum() / (mine**2 * share).sum()), middle


def _slides(points: Doubles, fixed: tuple[int, ...]) -> Doubles:
    """(468, 2, 2): how much of an error counts, by direction (its square is a weight).

    Points of the face's outline may slide along it, unless a person has placed them.
    """
    slide = np.tile(np.eye(2), (len(points), 1, 1))
    oval = np.array(OVAL)
    along = points[np.roll(oval, -1), :2] - points[np.roll(oval, 1), :2]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    slide[oval] -= (1 - sqrt(1 - _SLIDING)) * along[:, :, None] * along[:, None, :]
    slide[[i for i in fixed if i < len(points)]] = np.eye(2)
    return slide


def _turning(points: Doubles) -> Doubles:
    """(L, 3, 3) derivative of points (L, 3) by a rotation vector put before them."""
    x, y, z = points.T
    zero = np.zeros_like(x)
    rows = np.array([[zero, z, -y], [-z, zero, x], [y, -x, zero]])
    turning: Doubles = rows.transpose(2, 0, 1)
    return turning


def _rotation(vector: Doubles) -> Doubles:
    """(3, 3) of a rotation vector (3,), radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    x, y, z = vector
    cross: Doubles = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    sine = float(np.sinc(angle / np.pi))
    versine = 0.5 * float(np.sinc(angle / (2 * np.pi))) ** 2
    turn: Doubles = np.eye(3) + sine * cross + versine * (cross @ cross)
    return turn


def _facing(normals: Doubles, seen: Doubles) -> Doubles:
    """(L,) cosine between normals and the way to the camera, both in camera axes."""
    cosine: Doubles = -(normals * seen).sum(1) / np.linalg.norm(seen, axis=1)
    return cosine
