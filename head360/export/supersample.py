"""Makes a picture smaller as a lens would: averages light, not numbers."""

from __future__ import annotations

import numpy as np

from head360.export.images import Picture

MAX_SUPERSAMPLING = 4

_CODES = np.arange(256) / 255
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4)
_LINEAR = _LINEAR.astype(np.float32)  # light of each sRGB code, IEC 61966-2-1


def averaged(image: Picture, factor: int) -> Picture:
    """(H, W, 4) sRGB with straight alpha, each `factor` × `factor` pixels made one."""
    if factor == 1:
        return image
    height, width = image.shape[0] // factor, image.shape[1] // factor
    alpha = image[..., 3:].astype(np.float32) / 255
    light = np.concatenate([_LINEAR[image[..., :3]] * alpha, alpha], 2)
    mean = light.reshape(height, factor, width, factor, 4).mean((1, 3))
    color = mean[..., :3] / np.maximum(mean[..., 3:], 1e-6)
    coded = np.where(color <= 0.0031308, color * 12.92, 1.055 * color ** (1 / 2.4) - 0.055)
    whole = np.concatenate([coded, mean[..., 3:]], 2)
    small: Picture = np.rint(np.clip(whole, 0, 1) * 255).astype(np.uint8)
    return small
