"""Noise over scalp coordinates: what tells one strand of hair from the next."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

#: Texels along each side.
_SIZE = 256


@cache
def strand_noise() -> npt.NDArray[np.float32]:
    """(256, 256, 2) standard normal, wrapping, over root coordinates: tone and sheen of strands.

    Half of it varies from strand to strand, half from lock to lock.
    """
    rng = np.random.default_rng(360)
    fine = rng.normal(size=(_SIZE, _SIZE, 2))
    spectrum = np.fft.fft2(fine, axes=(0, 1))
    k = np.fft.fftfreq(_SIZE) * _SIZE
    radius = np.hypot(k[:, None], k[None])[..., None]
    locks = np.fft.ifft2(spectrum * np.exp(-((radius / 13) ** 2)), axes=(0, 1)).real
    strands = np.fft.ifft2(spectrum * np.exp(-((radius / 42) ** 2)), axes=(0, 1)).real
    noise = locks / locks.std() * 0.7 + strands / strands.std() * 0.7
    return np.ascontiguousarray(noise, np.float32)


def noise_at(root: Tensor) -> Tensor:
    """(N, 2) `strand_noise` at (N, 2) scalp coordinates; repeats outside 0 … 1."""
    noise = torch.from_numpy(strand_noise()).to(root)
    padded = functional.pad(noise.permute(2, 0, 1)[None], (1, 1, 1, 1), mode="circular")
    place = ((root - root.floor()) * _SIZE + 1) / (_SIZE + 2) * 2 - 1
    found = functional.grid_sample(
        padded, place[None, None], padding_mode="border", align_corners=False
    )
    return found[0, :, 0].T
