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
from head360.fitting.landmarks import LandmarkModel, face_height
from head360.fitting.view import FACING, PhotoCamera
from head360.params import EXPRESSIONS, FloatArray

Doubles = npt.NDArray[np.float64]

IDENTITY_MODES = 100
#: Expressions that the landmarks can tell: all but the tongue.
SOLVED = np.array([i for i, name in enumerate(EXPRESSIONS) if name != "tongueOut"])

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
_HAND_TRUST = 8.0  # of a landmark that a person has placed
_ROUNDS, _FROM_ROUND = 14, 3
_SETTLED = 2e-3
_PINNED = 1e8
_POSE = 7  # rotation 3, offset 2, log distance, log focal length


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
) -> Solution:
    """Explain one or several photos of one person.

    Args:
        model: the landmarks on the mesh.
        sights: what each photo shows, the main one first.
        start: how nearly the same was explained, as before a landmark was dragged a little. What
            is found from there is the same within a hundredth of a pixel, in fewer rounds.
        shaped: find the shape; else everybody has that of the mean head.
    """
    shape = np.zeros(IDENTITY_MODES) if start is None else start.shape.astype(np.float64)
    guesses = [_Guess.first(model, sight, shape) for sight in sights]
    for guess, seen in zip(guesses, () if start is None else start.sights, strict=False):
        guess.resume(seen)
    rough, least = (_FROM_ROUND, _FROM_ROUND + 3) if start is None else (0, 1)
    done = 0
    system = _System(IDENTITY_MODES, len(sights))
    for done in range(1, _ROUNDS + 1):
        system = _System(IDENTITY_MODES, len(sights))
        for number, guess in enumerate(guesses):
            guess.linearise(model, shape, robust=done > rough)
            system.add(number, guess)
        system.add_identity_prior(shape, 1.0 if shaped else _PINNED)
        step = system.step(guesses)
        shape = shape + step[:IDENTITY_MODES]
        for number, guess in enumerate(guesses):
            guess.take(system.part(step, number))
        if done >= least and np.abs(system.codes(step)).max() < _SETTLED:
            break
    found = tuple(guess.seen(model, shape) for guess in guesses)
    return Solution(shape.astype(np.float32), found, done, system.deviations())


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
        seen = turned + self.offset
        inverse, focal = 1 / seen[:, 2], exp(self.log_focal)
        image = seen[:, :2] * (inverse * focal)[:, None]
        self.residual = image - self.target
        weights = self._weights(model, seen, robust)
        self.whitening = self.slide * np.sqrt(weights)[:, None, None]
        to_image = np.zeros((len(turned), 2, 3))
        to_image[:, 0, 0] = to_image[:, 1, 1] = focal * inverse
        to_image[:, :, 2] = -image * inverse[:, None]
        to_image = self.whitening @ to_image
        count, from_head = len(shape), to_image @ self.rotation
        slopes = np.empty((len(turned), 2, count + _POSE + len(SOLVED)))
        slopes[:, :, :count] = from_head @ model.points.modes[:count].transpose(1, 2, 0)
        pose = slopes[:, :, count:]
        pose[:, :, :3] = to_image @ _turning(turned)
        pose[:, :, 3:5] = to_image[:, :, :2]
        pose[:, :, 5] = to_image[:, :, 2] * self.offset[2]
        pose[:, :, 6] = (self.whitening @ image[:, :, None])[:, :, 0]
        pose[:, :, _POSE:] = from_head @ moves.transpose(1, 2, 0)
        self.jacobian = slopes

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
        self.expression = (self.expression + step[_POSE:]).clip(0, 1)

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


class _System:
    """Normal equations of shape, then pose and expression of each photo."""

    def __init__(self, modes: int, photos: int) -> None:
        self._modes, self._photos = modes, photos
        self._own = _POSE + len(SOLVED)
        count = modes + photos * self._own
        self._matrix, self._slope = np.zeros((count, count)), np.zeros(count)

    def add(self, number: int, guess: _Guess) -> None:
        """What a photo's landmarks and priors ask for."""
        order = np.concatenate([np.arange(self._modes), self._places(number)])
        rows = guess.jacobian.reshape(-1, len(order))
        self._matrix[np.ix_(order, order)] += rows.T @ rows
        self._slope[order] += (guess.whitening @ guess.residual[:, :, None]).ravel() @ rows
        self._add_prior(number, guess)

    def _add_prior(self, number: int, guess: _Guess) -> None:
        inverse = np.zeros(self._own)
        off = np.zeros(self._own)
        inverse[_POSE:], off[_POSE:] = guess.noise**-2, guess.expression - guess.prior
        if guess.pinned is None:
            inverse[5] = _DISTANCE_DEVIATION**-2
            off[5] = log(guess.offset[2] / _DISTANCE)
        else:
            inverse[6], off[6] = _PINNED, guess.log_focal - guess.pinned
        places = self._places(number)
        self._matrix[places, places] += inverse
        self._slope[places] += inverse * off

    def add_identity_prior(self, shape: Doubles, strength: float) -> None:
        """N(0, 1), and how much it counts."""
        places = np.arange(self._modes)
        self._matrix[places, places] += strength
        self._slope[places] += strength * shape

    def step(self, guesses: Sequence[_Guess]) -> Doubles:
        """The best step that keeps every expression within 0 … 1 (active sets)."""
        count = len(self._slope)
        now, bounded = np.zeros(count), np.zeros(count, bool)
        for number, guess in enumerate(guesses):
            places = self._places(number)[_POSE:]
            now[places], bounded[places] = guess.expression, True
        step, held = np.zeros(count), np.zeros(count, bool)
        for _ in range(4):
            free = ~held
            right = -self._slope[free] - self._matrix[np.ix_(free, held)] @ step[held]
            step[free] = np.linalg.solve(self._matrix[np.ix_(free, free)], right)
            there = now + step
            out = bounded & free & ((there < -1e-9) | (there > 1 + 1e-9))
            if not out.any():
                break
            step[out] = np.where(there[out] < 0.5, 0.0, 1.0) - now[out]
            held |= out
        return step

    def part(self, step: Doubles, number: int) -> Doubles:
        """A photo's own (7 + 51,) of a step."""
        return step[self._places(number)]

    def codes(self, step: Doubles) -> Doubles:
        """Identity and expressions of a step, without the cameras."""
        own = [self.part(step, number)[_POSE:] for number in range(self._photos)]
        return np.concatenate([step[: self._modes], *own])

    def deviations(self) -> dict[str, float]:
        """What is left unknown, of the main photo; see `Solution.deviations`."""
        variance = np.diag(np.linalg.inv(self._matrix))
        own = np.sqrt(variance[self._places(0)])
        return {
            "log_distance": float(own[5]),
            "log_focal": float(own[6]),
            "yaw_degrees": float(np.degrees(own[1])),
            "identity": float(variance[: self._modes].mean()),
        }

    def _places(self, number: int) -> npt.NDArray[np.intp]:
        first = self._modes + number * self._own
        return np.arange(first, first + self._own)


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
