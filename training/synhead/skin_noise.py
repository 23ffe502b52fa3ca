"""Noise in space: equal at both sides of every UV seam, because it asks only where a point is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

_CELLS = 32  # the lattice repeats after so many cells


def value_noise(points: Tensor, seed: int, frequency: float, octaves: int) -> Tensor:
    """Fractal noise of about zero mean and unit deviation.

    Args:
        points: (N, 3) cm.
        seed: chooses the pattern.
        frequency: cells per cm of the coarsest octave; each finer one doubles it at half height.
        octaves: how many there are.

    Returns:
        (N,).
    """
    rng = np.random.default_rng(seed)
    cells = torch.from_numpy(rng.standard_normal((_CELLS,) * 3, dtype=np.float32))
    lattice = functional.pad(cells[None, None], (0, 1) * 3, mode="circular")
    total = points.new_zeros(len(points))
    power = 0.0
    for octave in range(octaves):
        turned = points @ _rotation(rng).to(points)
        total += 0.5**octave * _sample(lattice, turned * (frequency * 2**octave))
        power += 0.25**octave
    deviation = 0.56 * power**0.5  # 0.56: what smooth interpolation leaves
    return total.div_(deviation)


def _rotation(rng: np.random.Generator) -> Tensor:
    """A random turn, so that the lattice's axes never show."""
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    return torch.from_numpy(turn.astype(np.float32))


def _sample(lattice: Tensor, places: Tensor) -> Tensor:
    """(N,) smoothly interpolated lattice values at places in cells."""
    cell = places.floor()
    share = places - cell
    smooth = torch.remainder(cell, _CELLS) + share * share * (3 - 2 * share)
    grid = (smooth * (2 / _CELLS) - 1).flip(-1)[None, None, None]
    return functional.grid_sample(lattice, grid, align_corners=True).reshape(-1)


class SpaceNoise:
    """Noise over the texels of a tile, as maps."""

    def __init__(self, position: npt.NDArray[np.float32]) -> None:
        self._shape = position.shape[:2]
        self._points = torch.from_numpy(position.reshape(-1, 3))

    def __call__(
        self,
        seed: int,
        frequency: float,
        octaves: int,
        stretch: tuple[float, float, float] = (1.0, 1.0, 1.0),
    ) -> npt.NDArray[np.float32]:
        """(H, W); `stretch` multiplies the frequency along each axis."""
        points = self._points * torch.tensor(stretch)
        noise = value_noise(points, 500 + seed, frequency, octaves)
        found: npt.NDArray[np.float32] = noise.numpy().reshape(self._shape)
        return found
