"""Scalp coordinates, and the warp that seats hair groomed on the mean head onto any other."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating]

#: Centre of the cranium of the mean head, metres.
CRANIUM = np.array([0.0, 0.05, 0.0])
#: The pole of the scalp coordinates points up and back, 40° from the vertical: from there the
#: hairline is about equally far in every direction.
_POLE_TILT = np.radians(40.0)
#: Angle from the pole that maps to the rim of the unit square.
_RIM_RADIANS = np.radians(120.0)


def root_coordinates(points: Floats) -> Floats:
    """Scalp coordinates of (N, 3) points of the mean head's scalp: (N, 2), 0 … 1.

    Azimuthal equidistant about the crown: (0.5, 0.5) is the pole, the first coordinate grows
    towards the head's own left, the second towards the forehead; x → -x mirrors the first.
    """
    sine, cosine = np.sin(_POLE_TILT), np.cos(_POLE_TILT)
    direction = np.asarray(points, np.float64) - CRANIUM
    direction = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
    left = direction[..., 0]
    front = direction @ np.array([0.0, sine, cosine])
    polar = np.arccos(np.clip(direction @ np.array([0.0, cosine, -sine]), -1, 1))
    scale = polar / np.maximum(np.hypot(left, front), 1e-9) / _RIM_RADIANS
    return np.clip(0.5 + 0.5 * np.stack([left * scale, front * scale], -1), 0, 1)
