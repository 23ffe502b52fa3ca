"""Reads what a face does from its landmarks, compared with the same face at rest.

MediaPipe's own scores hardly tell frowns, sneers or a jaw sideways. Its landmarks do: taken out
of their turn and size, less those of the face at rest, they are nearly a sum of what each shape
moves. How far each shape moves them, what turning the head does besides, and which errors go
together was learnt from rendered people (`python -m training reading`); the rest is a small
least-squares problem with weights that are never negative. The scores have their say in it, as
far as they proved right, and never more than as if they were exact.

A small network that was taught by the same people is asked, too: it knows what is not a sum. It
also sees what usually comes with a shape where that is alone, so what is played lies between both,
by a mean of their logarithms: what one of them does not see at all is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from head360.assets import resource
from head360.faces import LANDMARKS, Face
from head360.model.checkpoint import load_arrays
from head360.params import EXPRESSIONS, FloatArray

Doubles = npt.NDArray[np.float64]

READING_FILE = "reading.safetensors"
#: What names of the network's arrays begin with.
NETWORK_KEY = "network."
#: How much of what is read goes by the sum of shapes; the rest by the network. Chosen on films.
SUM_SHARE = 0.35
#: Shapes that are read: all but the tongue, which nothing tells.
READ = np.array([place for place, name in enumerate(EXPRESSIONS) if name != "tongueOut"])
#: Faces smaller than this, and landmarks farther away, are nonsense, pixels.
_LEAST_PX, _MOST_PX = 4.0, 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one picture says of a face; a mean of looks is a look."""

    points: Doubles  # (K,) where landmarks are, along the directions that were learnt
    turned: Doubles  # (6,) what the turn of the head adds, see `turned`
    scores: Doubles  # (51,) MediaPipe's

    @classmethod
    def of(cls, numbers: Doubles) -> Look:
        """From `numbers`."""
        ends = len(numbers) - len(READ) - 6
        return cls(numbers[:ends], numbers[ends : ends + 6], numbers[ends + 6 :])

    def since(self, rest: Look) -> Look:
        """What changed since another look."""
        return Look.of(self.numbers - rest.numbers)

    @property
    def numbers(self) -> Doubles:
        """(K + 6 + 51,) all of it, to keep and to average."""
        return np.concatenate([self.points, self.turned, self.scores])


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One hidden layer of rectified sums."""

    scale: Doubles  # (D,) what inputs are divided by
    hidden: Doubles  # (H, D)
    hidden_bias: Doubles  # (H,)
    out: Doubles  # (51, H)
    out_bias: Doubles  # (51,)

    def __call__(self, inputs: Doubles) -> Doubles:
        """(51,) weights 0 … 1 by inputs (D,), see `network_inputs`."""
        hidden = (self.hidden @ (inputs / self.scale) + self.hidden_bias).clip(0)
        told: Doubles = (self.out @ hidden + self.out_bias).clip(0, 1)
        return told


@dataclass(frozen=True, slots=True, eq=False)
class FaceReader:
    """What was learnt of faces; the same for everybody, and never changed by reading."""

    places: npt.NDArray[np.int64]  # (L,) landmarks that are looked at
    template: Doubles  # (L, 3) the mean face at rest, in units of its eyes' distance or so
    steady: Doubles  # (L,) what share each has in saying how the face is turned; sums to 1
    basis: Doubles  # (K, 3 L) directions that landmarks move in
    response: Doubles  # (51, K) where each shape at full weight takes them
    turning: Doubles  # (6, K) where turns of the head take them
    precision: Doubles  # (K, K) inverse covariance of what remains
    score_gain: Doubles  # (51,) of a shape's score at full weight
    score_trust: Doubles  # (51,) 1 / variance of a score
    stretch: Doubles  # (51,) from what was found, which is cautious, to what is played
    prior: Doubles  # (2,) how much a shape costs by its weight, and by half of its square
    rest_scores: Doubles  # (51,) of most people at rest
    network: Network | None = None

    @classmethod
    def load(cls, path: Path | None = None) -> FaceReader:
        """What ships, or another file.

        Raises:
            ResourceError: it is missing or damaged.
        """
        found = load_arrays(path or resource("models", READING_FILE))
        places = found.pop("places").astype(np.int64)
        rest = {name: values.astype(np.float64) for name, values in found.items()}
        parts = {name: rest.pop(NETWORK_KEY + name) for name in Network.__slots__}
        return cls(places=places, network=Network(**parts), **rest)

    def look(self, face: Face) -> Look | None:
        """What a detected face says; None if its landmarks make no sense."""
        if len(face.landmarks) != LANDMARKS:
            return None
        points = face.landmarks[self.places].astype(np.float64)
        scores = face.expression[READ].astype(np.float64)
        if not np.abs(points).max() < _MOST_PX:  # nor if one is NaN
            return None
        if np.ptp(points[:, :2], axis=0).min() < _LEAST_PX:
            return None
        placed, turn = aligned(points, self.template, self.steady)
        moved = self.basis @ (placed - self.template).ravel()
        return Look(moved, turned(turn), np.nan_to_num(scores).clip(0, 1))

    @property
    def usual_rest(self) -> Look:
        """Somebody of whom nothing is known yet."""
        return Look(np.zeros(len(self.basis)), np.zeros(6), self.rest_scores)

    def read(self, look: Look, rest: Look) -> FloatArray:
        """(52,) weights 0 … 1 of a face whose rest is known; the tongue's is NaN."""
        moved = look.since(rest)
        summed = self.summed(moved)
        weights = np.full(len(EXPRESSIONS), np.nan, np.float32)
        if self.network is not None:
            guessed = self.network(network_inputs(moved, summed))
            summed = summed**SUM_SHARE * guessed ** (1 - SUM_SHARE)
        weights[READ] = (self.stretch * summed).clip(0, 1)
        return weights

    def summed(self, moved: Look) -> Doubles:
        """(51,) weights 0 … 1 by the sum of shapes alone, of a look less that at rest."""
        points = moved.points - moved.turned @ self.turning
        told = self.response @ (self.precision @ points)
        told += self.score_gain * self.score_trust * moved.scores
        return self._solved(told - self.prior[0]).clip(0, 1)

    def _solved(self, told: Doubles) -> Doubles:
        """(51,) the likeliest weights that are not negative."""
        matrix = self.response @ self.precision @ self.response.T
        matrix += np.diag(self.score_gain**2 * self.score_trust + self.prior[1])
        root = np.linalg.cholesky(matrix)
        try:
            found: Doubles = nnls(root.T, np.linalg.solve(root, told))[0]
        except RuntimeError:  # it went round in circles: better a rough answer than none
            return np.linalg.solve(matrix, told).clip(0)
        return found


def network_inputs(moved: Look, summed: Doubles) -> Doubles:
    """(K + 6 + 51 + 51,) what the network goes by: a look less that at rest, and the sum's say."""
    return np.concatenate([moved.numbers, summed])


def aligned(points: Doubles, template: Doubles, shares: Doubles) -> tuple[Doubles, Doubles]:
    """Points (L, 3) turned, scaled and moved onto a template, and the rotation (3, 3) of it.

    Args:
        points: of a picture, any unit.
        template: (L, 3) what they shall lie on.
        shares: (L,) how much each counts in finding the way; they sum to 1.
    """
    middle, home = shares @ points, shares @ template
    shown, ideal = points - middle, template - home
    u, sizes, vt = np.linalg.svd((shown * shares[:, None]).T @ ideal)
    signs = np.array([1, 1, np.linalg.det(u @ vt)])
    turn = (u * signs) @ vt
    scale = (sizes * signs).sum() / (shares @ np.square(shown).sum(1))
    return scale * shown @ turn + home, turn


def turned(turn: Doubles) -> Doubles:
    """(6,) yaw, pitch, roll, yaw², pitch² and yaw · pitch, radians, of a rotation (3, 3)."""
    yaw = np.arctan2(turn[2, 0], turn[2, 2])
    pitch = np.arcsin(np.clip(turn[2, 1], -1, 1))
    roll = np.arctan2(turn[1, 0], turn[0, 0])
    return np.array([yaw, pitch, roll, yaw**2, pitch**2, yaw * pitch])
