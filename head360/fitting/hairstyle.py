"""Which hairstyle a picture shows, and what colour the hair is.

The style is told while a picture is parsed. The colour is measured: the hair's own light (the
photo through the inverse of the renderer's tone curve), from the middling bright pixels well inside
its mask, over the light that falls on such hair. How much of that light comes back was calibrated
on true renders of known colour; hair also shines, so that dark hair comes back brighter than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import radians

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import binary_erosion

from head360.assets import resource
from head360.fitting.face_network import FACES_FILE, Lines, load_lines
from head360.fitting.parsing import ClassMap, Picture
from head360.rendering.lighting import Lighting, harmonics
from head360.rendering.shade import EXPOSURE, linear_from_srgb

Floats = npt.NDArray[np.float32]

#: Colours are taken from the pixels between these quantiles of brightness …
_FROM, _TO = 0.5, 0.8
#: … of those that are hair for sure; and so many are needed.
_SURE, _LEAST = 0.9, 24
#: Shares of the picture's side that the mask is drawn in by.
_RIM = 1 / 128
#: log(colour) = slope · log(light that comes back / light that falls on it) + offset, natural.
_SLOPE, _OFFSET = 1.2546, 0.2249
#: The light that usually falls on hair, where nobody knows better: the presets' mean.
USUAL_LIGHT = (1.73, 1.68, 1.75)
_DARKEST, _BRIGHTEST = 0.004, 0.9
#: Display-linear values above say nothing: the tone curve is flat there.
_CLIPPED = 0.9
#: Coefficients of the tone curve, see `shade.tone_curve`.
_CURVE = (2.51, 0.03, 2.43, 0.59, 0.14)
#: Where visible hair faces: degrees around the head and up.
_AROUND, _UP = (-60, -30, 0, 30, 60), (0, 25, 50, 75)
#: Of lamps: how much of what meets a strand comes back, and how it fades towards the dark side.
_STRAND, _WRAP = 0.55, 0.45


def classify(crop: Picture, parsed: ClassMap) -> tuple[tuple[str | None, float], ...]:
    """Hairstyles by their name in the library with their probabilities, best first; None is bald.

    `parsed` must be of the same crop (H, W, 3); crops that do not show the whole head with its
    hair, as `fitting.crop.crop_face` cuts it, give less certain answers.
    """
    if crop.shape[:2] != parsed.labels.shape:
        raise ValueError("the class map is of another picture")
    return parsed.styles


@cache
def known_lines() -> dict[str, Lines]:
    """How far hair's lines run together in renders of each style.

    Raises:
        ResourceError: the network's file is missing or damaged.
    """
    return load_lines(resource("models", FACES_FILE))


def hair_color(crop: Picture, parsed: ClassMap, lighting: Lighting | None = None) -> Floats | None:
    """(3,) linear RGB of the hair in a crop (H, W, 3), as in `HeadParams.hair_color`.

    `lighting` is the photo's own, if it is known. None where too little hair is seen.
    """
    sure = (parsed.share("hair") > _SURE) & ~clipped(crop)
    rim = max(1, round(_RIM * max(sure.shape)))
    inner = binary_erosion(sure, iterations=rim)
    chosen = inner if inner.sum() >= _LEAST else sure
    if chosen.sum() < _LEAST:
        return None
    light = np.array(USUAL_LIGHT) if lighting is None else falling_light(lighting)
    return color_of(radiance(crop[chosen]), light)


def color_of(seen: Floats, light: npt.NDArray[np.float64]) -> Floats:
    """(3,) linear RGB of hair: (N, 3) scene-linear light comes back of (3,) that falls on it."""
    order = np.argsort(seen.sum(1))
    middling = order[int(_FROM * len(order)) : max(int(_TO * len(order)), 1)]
    share = np.maximum(seen[middling].mean(0) / light, 1e-4)
    color = np.exp(_SLOPE * np.log(share) + _OFFSET)
    found: Floats = color.clip(_DARKEST, _BRIGHTEST).astype(np.float32)
    return found


def clipped(crop: Picture) -> npt.NDArray[np.bool_]:
    """(H, W) where a picture is too bright to say how bright."""
    found: npt.NDArray[np.bool_] = _linear(crop).max(-1) > _CLIPPED
    return found


def radiance(colors: Picture) -> Floats:
    """(N, 3) scene-linear light of (N, 3) sRGB uint8: undoes encoding and the tone curve."""
    a, b, c, d, e = _CURVE
    y = _linear(colors).clip(0, _CLIPPED)
    p, q, r = a - c * y, b - d * y, -e * y
    light = (-q + np.sqrt(q * q - 4 * p * r)) / (2 * p) / EXPOSURE
    return light.astype(np.float32)


def _linear(colors: Picture) -> Floats:
    table: Floats = linear_from_srgb(torch.arange(256) / 255).numpy()
    return table[colors]


def falling_light(lighting: Lighting) -> npt.NDArray[np.float64]:
    """(3,) linear RGB that falls on hair above a face, on average over where it faces."""
    normals = np.array([_direction(around, up) for around in _AROUND for up in _UP])
    sky = _irradiance(normals, lighting)
    total = sky.mean(1, keepdims=True) + 0.5 * (sky - sky.mean(1, keepdims=True))
    for direction, color in zip(lighting.directions, lighting.colors, strict=True):
        facing = normals @ direction
        wrapped = 0.35 + 0.65 * ((facing + _WRAP) / (1 + _WRAP)).clip(0, 1)
        lit = wrapped / (1 + np.exp(-8 * (facing - 0.15)))
        total = total + _STRAND * lit[:, None] * color
    found: npt.NDArray[np.float64] = np.maximum(total.mean(0), 0.02)
    return found


def _direction(around: float, up: float) -> Sequence[float]:
    a, u = radians(around), radians(up)
    return (np.sin(a) * np.cos(u), np.sin(u), np.cos(a) * np.cos(u))


def _irradiance(normals: npt.NDArray[np.float64], lighting: Lighting) -> npt.NDArray[np.float64]:
    """(N, 3) as `shade._irradiance`."""
    c, s = lighting.turn
    x, y, z = normals.T
    turned = np.stack([c * x - s * z, y, s * x + c * z], 1)
    basis = harmonics(torch.from_numpy(turned)).numpy()
    return np.maximum(basis @ lighting.irradiance, 0.02)
