"""Who somebody likely is whose landmarks explain themselves by a shape.

The detector draws faces nearer to the average, and its landmarks err together, so the shape that
explains them best is not the likeliest. How true codes go together with solved ones was learnt
from heads that are known (`python -m training shapes`): a few directions of the one with a
direction of the other each, and their correlation (canonical correlations, Hotelling 1936). In all
other directions a photo's landmarks tell nothing, and the average is the best guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from head360.assets import resource
from head360.fitting.outline import Outline
from head360.model.checkpoint import load_arrays
from head360.params import FloatArray

Doubles = npt.NDArray[np.float64]

SHAPE_FILE = "shape.safetensors"
#: Of a correlation: nothing that is learnt from some people is quite sure of others.
_SUREST = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """Whom a photo likely shows, as the solver wants it."""

    mean: Doubles  # (100,) identity code
    precision: Doubles  # (100, 100) inverse covariance
    outline: Outline | None = None  # where the main photo has the silhouette

    def surprise(self, shape: FloatArray) -> float:
        """How far a code (100,) is from what was believed, standard deviations (Mahalanobis)."""
        off = shape - self.mean
        return float(np.sqrt(off @ self.precision @ off))


@dataclass(frozen=True, slots=True, eq=False)
class LikelyShape:
    """R directions in which solved shapes tell something of true ones."""

    middle: Doubles  # (100,) of solved codes
    readings: Doubles  # (100, R) what makes a solved code R numbers of variance 1
    correlations: Doubles  # (R,) of those with the true code along …
    directions: Doubles  # (R, 100) … these unit vectors, at right angles to each other

    @classmethod
    def load(cls, path: Path | None = None) -> LikelyShape:
        """The shipped one, or that of another file.

        Raises:
            ResourceError: the file is missing or damaged.
        """
        found = load_arrays(path or resource("models", SHAPE_FILE))
        names = ("middle", "readings", "correlations", "directions")
        return cls(*(found[name].astype(np.float64) for name in names))

    def told(self, shape: npt.NDArray[np.floating]) -> Belief:
        """What to believe of somebody whose landmarks alone ask for a shape (100,)."""
        seen = (shape - self.middle) @ self.readings
        usual = np.sqrt(len(seen))
        seen *= usual / max(float(np.linalg.norm(seen)), usual)
        known = self.correlations.clip(0, _SUREST) ** 2
        sharper = (self.directions.T * (known / (1 - known))) @ self.directions
        mean: Doubles = (seen * self.correlations) @ self.directions
        return Belief(mean, np.eye(len(mean)) + sharper)
