"""Knows a face at rest: from moments that somebody said were rest, or those that look like it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from head360.driving.reading import FaceReader, Look
from head360.params import FloatArray

#: How much less a moment counts as rest for each 1 of scores beyond those of the calmest so far.
_EXPRESSIVE = 4.0
#: Moments after which what MediaPipe says itself is no longer mixed in, and those that are
#: remembered: half a minute.
_KNOWN, _MEMORY = 8, 600.0
#: Looks that are kept to calibrate with: 8 s of 30 a second.
_KEPT = 240
#: Of a whole film, the share that looks most like rest.
_RESTING_SHARE = 0.15


class RestingFace:
    """Reads one face after the other of one person, and learns their rest meanwhile.

    Until it is known, what MediaPipe itself says of the face is mixed in. One thread at a time.
    """

    def __init__(self, reader: FaceReader) -> None:
        self._reader = reader
        self._sum = np.zeros_like(reader.usual_rest.numbers)
        self._seen = 0.0
        self._calmest, self._count = np.inf, 0
        self._calibrated: Look | None = None
        self._kept: deque[tuple[float, Look]] = deque(maxlen=_KEPT)

    def read(self, look: Look, scores: FloatArray, time_s: float) -> FloatArray:
        """(52,) weights of a look, whose own scores are (52,), NaN where unknown."""
        self._kept.append((time_s, look))
        self._learn(look)
        weights = self._reader.read(look, self._rest)
        self._count += 1
        known = 1.0 if self._calibrated else min(self._count / _KNOWN, 1.0)
        mixed: FloatArray = (known * weights + (1 - known) * scores).astype(np.float32)
        return mixed

    def calibrate(self, since_s: float) -> bool:
        """Take what was seen since then as rest, and learn no more; says whether anything was."""
        looks = [look for time_s, look in self._kept if time_s >= since_s]
        if looks:
            self._calibrated = median_look(looks)
        return bool(looks)

    @property
    def _rest(self) -> Look:
        return self._calibrated or Look.of(self._sum / self._seen)

    def _learn(self, look: Look) -> None:
        """A mean in which calm moments count; a calmer one makes those before count less."""
        moved = unrest(self._reader, look)
        if moved < self._calmest:
            self._forget(np.exp(_EXPRESSIVE * (moved - self._calmest)))
            self._calmest = moved
        if self._seen > _MEMORY:
            self._forget(_MEMORY / self._seen)
        count = np.exp(_EXPRESSIVE * (self._calmest - moved))
        self._sum += count * look.numbers
        self._seen += count

    def _forget(self, share: float) -> None:
        self._sum *= share
        self._seen *= share


def unrest(reader: FaceReader, look: Look) -> float:
    """How far a look's scores go beyond those of most people at rest, all together."""
    return float((look.scores - reader.rest_scores).clip(0).sum())


def median_look(looks: Sequence[Look]) -> Look:
    """The middle of some looks: a blink does not show in it."""
    return Look.of(np.median([look.numbers for look in looks], axis=0))


def rest_of_film(
    reader: FaceReader, looks: Sequence[Look], resting: npt.NDArray[np.bool_] | None = None
) -> Look:
    """The face at rest of all that was seen of somebody.

    Args:
        reader: what was learnt.
        looks: all of the film, at least one.
        resting: of each, whether it is known to be rest; None: those that look most like it.
    """
    if resting is None or not resting.any():
        moved = np.array([unrest(reader, look) for look in looks])
        resting = moved <= np.quantile(moved, _RESTING_SHARE)
    return median_look([look for look, rests in zip(looks, resting, strict=True) if rests])
