"""Normal equations of one Gauss-Newton step of the solver: who it is, and how each photo saw them.

Unknown are the identity's modes, then for each photo its pose (rotation 3, offset 2, logarithms of
distance and focal length) and 51 expression weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from head360.params import EXPRESSIONS

Doubles = npt.NDArray[np.float64]

IDENTITY_MODES = 100
#: Expressions that the landmarks can tell: all but the tongue.
SOLVED = np.array([i for i, name in enumerate(EXPRESSIONS) if name != "tongueOut"])
POSE = 7  # rotation 3, offset 2, log distance, log focal length
#: Unknowns of each photo.
OWN = POSE + len(SOLVED)


class Equations:
    """Sums of squares to be made small: add all that asks for something, then take the step."""

    def __init__(self, photos: int) -> None:
        self._photos = photos
        count = IDENTITY_MODES + photos * OWN
        self._matrix, self._slope = np.zeros((count, count)), np.zeros(count)
        self._of_poses: tuple[Doubles, Doubles] | None = None

    def add(self, number: int, rows: Doubles, errors: Doubles) -> None:
        """What photo `number` asks for.

        Args:
            number: of the photo, from 0.
            rows: (N, modes + K) slopes, by the modes and the photo's first K unknowns.
            errors: (N,) as they are now, in standard deviations.
        """
        own = rows.shape[1] - IDENTITY_MODES
        order = np.concatenate([np.arange(IDENTITY_MODES), self._places(number)[:own]])
        self._matrix[np.ix_(order, order)] += rows.T @ rows
        self._slope[order] += errors @ rows

    def add_own_prior(self, number: int, inverse: Doubles, off: Doubles) -> None:
        """What is usual for a photo's unknowns (58,): inverse variances, and how far off we are."""
        places = self._places(number)
        self._matrix[places, places] += inverse
        self._slope[places] += inverse * off

    def add_identity_prior(self, precision: Doubles, off: Doubles) -> None:
        """Who is likely: the inverse covariance (modes, modes), and how far (modes,) we are off."""
        self._matrix[:IDENTITY_MODES, :IDENTITY_MODES] += precision
        self._slope[:IDENTITY_MODES] += precision @ off

    def tell_no_shape(self) -> None:
        """Let what was added say how photos of any given shape were taken, and nothing of it.

        Of the sum of squares its least over poses and expressions is taken off, which leaves, for
        each shape, how much worse others are. What is added from now on counts as it is.
        """
        self._of_poses = self._matrix, self._slope
        self._matrix, self._slope = np.zeros_like(self._matrix), np.zeros_like(self._slope)

    def step(self, expressions: Sequence[Doubles]) -> Doubles:
        """The best step from these (51,) weights of each photo; all stay within 0 … 1.

        Those that would leave are held where they would (active sets).
        """
        count = len(self._slope)
        now, bounded = np.zeros(count), np.zeros(count, bool)
        for number, weights in enumerate(expressions):
            places = self._places(number)[POSE:]
            now[places], bounded[places] = weights, True
        step, held = np.zeros(count), np.zeros(count, bool)
        for _ in range(4):
            free = ~held
            matrix, slope = self._sum(free)
            right = -slope[free] - matrix[np.ix_(free, held)] @ step[held]
            step[free] = np.linalg.solve(matrix[np.ix_(free, free)], right)
            there = now + step
            out = bounded & free & ((there < -1e-9) | (there > 1 + 1e-9))
            if not out.any():
                break
            step[out] = np.where(there[out] < 0.5, 0.0, 1.0) - now[out]
            held |= out
        return step

    def _sum(self, free: npt.NDArray[np.bool_]) -> tuple[Doubles, Doubles]:
        """Matrix and slope of all that was added, where only some unknowns are free."""
        if self._of_poses is None:
            return self._matrix, self._slope
        matrix, slope = self._of_poses
        poses = IDENTITY_MODES + np.flatnonzero(free[IDENTITY_MODES:])
        best = np.linalg.solve(matrix[np.ix_(poses, poses)], matrix[poses])
        return self._matrix + matrix[:, poses] @ best, self._slope + slope[poses] @ best

    def part(self, step: Doubles, number: int) -> Doubles:
        """A photo's own (7 + 51,) of a step."""
        return step[self._places(number)]

    def codes(self, step: Doubles) -> Doubles:
        """Identity and expressions of a step, without the cameras."""
        own = [self.part(step, number)[POSE:] for number in range(self._photos)]
        return np.concatenate([step[:IDENTITY_MODES], *own])

    def deviations(self) -> dict[str, float]:
        """What is left unknown, of the main photo; see `solver.Solution.deviations`."""
        matrix, _ = self._sum(np.ones(len(self._slope), bool))
        variance = np.diag(np.linalg.inv(matrix))
        own = np.sqrt(variance[self._places(0)])
        return {
            "log_distance": float(own[5]),
            "log_focal": float(own[6]),
            "yaw_degrees": float(np.degrees(own[1])),
            "identity": float(variance[:IDENTITY_MODES].mean()),
        }

    def _places(self, number: int) -> npt.NDArray[np.intp]:
        first = IDENTITY_MODES + number * OWN
        return np.arange(first, first + OWN)
