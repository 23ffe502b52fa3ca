"""Products of a picture's gradients where there is hair: what its lines are told from.

Smoothed they are the structure tensor (Bigün and Granlund, ICCV 1987).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

#: Lines are measured in crops of so many pixels a side; width of the gradient's Gaussian.
LINES_SIZE, _FINE = 256, 0.7
DARK = 8.0  # grey levels below which brightness tells nothing
LUMA = np.array([0.3, 0.59, 0.11], np.float32)


def log_grey(picture: Picture) -> Floats:
    """(H, W) natural logarithm of the brightness of (H, W, 3) sRGB."""
    found: Floats = np.log(picture.astype(np.float32) @ LUMA + np.float32(DARK))
    return found


def line_tensor(
    grey: Floats, hair: npt.NDArray[np.float32] | npt.NDArray[np.bool_], fine: float = _FINE
) -> tuple[Floats, Floats, Floats]:
    """(H, W) products of gradients of `log_grey`: columns, rows and both; times hair's share.

    `fine` is the width (pixels) of the gradient's Gaussian: what is finer is no line.
    """
    across, down = (gaussian_filter(grey, fine, order=order) for order in ((0, 1), (1, 0)))
    return across**2 * hair, down**2 * hair, across * down * hair
