"""How alike two pictures are: PSNR, SSIM and ꟻLIP, as papers report them."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

#: Of pictures without any difference, dB: keeps means finite.
SAME_DB = 99.0
#: Wang et al., “Image quality assessment: from error visibility to structural similarity”, 2004.
_SIGMA_PX, _RADIUS_PX = 1.5, 5
_K1, _K2 = 0.01, 0.03


def psnr(one: Picture, other: Picture, where: Mask | None = None) -> float:
    """Peak signal-to-noise ratio in dB of two (H, W, C) pictures, over all pixels or some (H, W).

    Raises:
        ValueError: the sizes differ, or no pixel is chosen.
    """
    if one.shape != other.shape:
        raise ValueError(f"pictures of different sizes: {one.shape} and {other.shape}")
    squared = (one.astype(np.float64) - other) ** 2
    chosen = squared if where is None else squared[where]
    if not chosen.size:
        raise ValueError("no pixel to compare")
    mean = float(chosen.mean())
    return SAME_DB if mean == 0 else min(SAME_DB, 10 * math.log10(255**2 / mean))


def ssim(one: Picture, other: Picture, where: Mask | None = None) -> float:
    """Structural similarity of two (H, W, C) pictures, mean over channels and pixels, all but the
    outermost 5 or some (H, W).

    Raises:
        ValueError: the sizes differ.
    """
    if one.shape != other.shape:
        raise ValueError(f"pictures of different sizes: {one.shape} and {other.shape}")
    x, y = one.astype(np.float64), other.astype(np.float64)
    mean_x, mean_y = _blurred(x), _blurred(y)
    variance_x = _blurred(x * x) - mean_x**2
    variance_y = _blurred(y * y) - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    c1, c2 = (_K1 * 255) ** 2, (_K2 * 255) ** 2
    alike = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    alike /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    inside = (
        alike[_RADIUS_PX:-_RADIUS_PX, _RADIUS_PX:-_RADIUS_PX] if where is None else alike[where]
    )
    return float(inside.mean())


def flip() -> Callable[[Picture, Picture], float] | None:
    """Mean ꟻLIP of a true and another (H, W, 3) picture, 0 … 1, less is better; None without it.

    Andersson et al., “FLIP: A Difference Evaluator for Alternating Images”, 2020; at its usual
    67 pixels a degree. Needs `flip-evaluator`.
    """
    if find_spec("flip_evaluator") is None:
        return None
    evaluator = import_module("flip_evaluator")

    def distance(one: Picture, other: Picture) -> float:
        true, made = (each.astype(np.float32) / 255 for each in (one, other))
        return float(evaluator.evaluate(true, made, "LDR", applyMagma=False)[1])

    return distance


def _blurred(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    blurred: npt.NDArray[np.float64] = gaussian_filter(
        image, (_SIGMA_PX, _SIGMA_PX, 0), radius=(_RADIUS_PX, _RADIUS_PX, 0)
    )
    return blurred
