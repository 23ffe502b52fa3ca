"""Measures of a face (how wide, how long, how full), and the shape codes that move just one.

Measures are nearly linear in the shape code, so their slopes at the mean head say it all. The
direction of a measure changes it by a standard deviation of what people differ by, and the others
as little as a small change of the code allows.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from head360.model.bilinear import SHOWN_MODES, BilinearModel

Points = npt.NDArray[np.float64]

#: How much other measures may follow: small keeps them still at the price of a larger code.
_SLACK = 0.25


def measures(mesh: BilinearModel, code: torch.Tensor) -> dict[str, float]:
    """Measures of the neutral head of a shape code (S,), metres, by name."""
    vertices = mesh.neutral(code).numpy().astype(np.float64)
    p = vertices[mesh.topology.landmarks68]
    skull = vertices[mesh.topology.rigid]
    low, high = skull.min(0), skull.max(0)

    def apart(one: int, other: int, axis: int | None = None) -> float:
        step = p[one] - p[other]
        return float(np.linalg.norm(step) if axis is None else step[axis])

    return {
        "Face width": apart(16, 0, 0),
        "Face length": apart(27, 8, 1),
        "Cheek width": apart(13, 3, 0),
        "Jaw width": apart(12, 4, 0),
        "Chin width": apart(9, 7, 0),
        "Chin height": apart(57, 8, 1),
        "Chin forward": apart(8, 27, 2),
        "Head height": float(high[1] - low[1]),
        "Head depth": float(high[2] - low[2]),
        "Nose length": apart(27, 33, 1),
        "Nose width": apart(35, 31, 0),
        "Nose tip": apart(30, 33, 2),
        "Nose bridge": apart(28, 39, 2),
        "Mouth width": apart(54, 48, 0),
        "Lip fullness": apart(51, 62, 1) + apart(66, 57, 1),
        "Mouth height": apart(33, 51, 1),
        "Mouth forward": apart(62, 33, 2),
        "Eye spacing": apart(42, 39, 0),
        "Eye width": apart(39, 36, 0) + apart(45, 42, 0),
        "Eye opening": apart(37, 41, 1) + apart(44, 46, 1),
        "Eye slant": apart(36, 39, 1) + apart(45, 42, 1),
        "Eye depth": apart(27, 36, 2) + apart(27, 45, 2),
        "Brow height": apart(19, 37, 1) + apart(24, 44, 1),
        "Brow ridge": apart(21, 39, 2) + apart(22, 42, 2),
    }


@lru_cache(maxsize=1)
def measure_correlations(mesh: BilinearModel) -> dict[str, Points]:
    """(50,) correlation of each component with each measure over the population.

    Components are uncorrelated and of unit variance, so it is the derivative over the deviation.
    """
    start = measures(mesh, torch.zeros(SHOWN_MODES))
    rows = [measures(mesh, row) for row in torch.eye(SHOWN_MODES)]
    found = {}
    for name, value in start.items():
        slopes = np.array([row[name] - value for row in rows])
        found[name] = slopes / np.linalg.norm(slopes)
    return found


@lru_cache(maxsize=1)
def measure_directions(mesh: BilinearModel) -> dict[str, Points]:
    """(50,) shape code that adds a standard deviation to each measure, by name."""
    correlations = measure_correlations(mesh)
    rows = np.stack(list(correlations.values()))
    inverse = rows.T @ np.linalg.inv(rows @ rows.T + _SLACK * np.eye(len(rows)))
    directions = {}
    for number, (name, row) in enumerate(correlations.items()):
        direction = inverse[:, number]
        directions[name] = direction / float(row @ direction)
    return directions
