"""Paints the texture of hair cards: lanes of strands with gaps between them, from root to tip."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.ndimage import gaussian_filter1d

from head360.export.bust import Floats, Image
from head360.rendering.lighting import strand_noise
from head360.rendering.shade import STRANDS_IN_A_LOCK

Colors: TypeAlias = Callable[[Floats], Floats]

LANES = 16
#: Strands of a lane, how wide they are, and how far they wander, as shares of the lane.
_STRANDS, _WIDTH, _WANDER = 18, 0.024, 0.04
#: Tones of lanes and of strands (standard deviations of the logarithm), as in the viewer.
_LANE_TONE, _STRAND_TONE = 0.16, 0.16
_ROOT_TONES = (0.16, 0.2)  # of locks and strands on a surface
#: How steep the sides of strands are in the normal map.
_RELIEF = 0.55


def lane_tones() -> Floats:
    """(LANES,) logarithm of the gain on the colour of each lane, from dark to light."""
    spread = np.linspace(-1.8, 1.8, LANES)
    return (spread * _LANE_TONE).astype(np.float32)


def hair_pictures(colors: Colors, size: int) -> tuple[Image, Image]:
    """Colour with alpha (size / 2, size, 4) and normals (size / 2, size, 3).

    Args:
        colors: linear RGB (N, 3) at shares (N, 1) of a strand's length.
        size: width of the pictures, pixels.
    """
    rng = np.random.default_rng(360)
    width = size // LANES
    lanes = [_lane(width, size // 2, rng) for _ in range(LANES)]
    alpha, tone, height = (np.concatenate([lane[i] for lane in lanes], 1) for i in range(3))
    tone = tone + np.repeat(lane_tones(), width)[None]
    along = ((np.arange(size // 2)[::-1] + 0.5) / (size // 2))[:, None]
    gain = np.exp(tone) * _fade(along) * (1 + 0.3 * along**2)
    shown = _encoded(colors(along.astype(np.float32))[:, None] * gain[..., None])
    picture = np.concatenate([shown, alpha[..., None]], 2)
    return _bytes(picture), _bytes(_normals(height) * 0.5 + 0.5)


def root_picture(color: Floats, size: int) -> Image:
    """(size, size, 3) tones of locks and strands over scalp coordinates, v upwards."""
    at = (np.arange(size) + 0.5) / size
    noise = strand_noise()[..., 0]
    count = len(noise)
    u, v = np.meshgrid(at, at[::-1])
    lock = noise[(v * count).astype(int) % count, (u * count).astype(int) % count]
    fine = STRANDS_IN_A_LOCK * count
    strand = noise[(v * fine).astype(int) % count, (u * fine).astype(int) % count]
    gain = np.exp(_ROOT_TONES[0] * lock + _ROOT_TONES[1] * strand)
    return _bytes(_encoded(color[None, None] * gain[..., None]))


def _lane(width: int, rows: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Alpha, tone and height (rows, width) of one lock."""
    across = (np.arange(width) + 0.5) / width
    alpha = np.zeros((rows, width), np.float32)
    tone, height = np.zeros_like(alpha), np.zeros_like(alpha)
    for middle in rng.permutation(np.linspace(0.07, 0.93, _STRANDS)):
        path = middle + _wander(rows, rng)
        thick = _WIDTH * rng.uniform(0.6, 1.25)
        shape = 1 - (np.abs(across[None] - path[:, None]) / thick) ** 2
        shape = shape.clip(0, 1).astype(np.float32)
        end = _ends(rows, rng)[:, None]
        covers = shape * end
        over = covers > alpha * 0.98
        own = float(rng.normal(0, _STRAND_TONE))
        tone = np.where(over & (covers > 0.05), own, tone)
        height = np.where(over, covers, height)
        alpha = np.maximum(alpha, covers)
    edge = np.clip(np.minimum(across, 1 - across) / 0.05, 0, 1)[None]
    return np.sqrt(alpha) * edge, tone, height


def _wander(rows: int, rng: np.random.Generator) -> Floats:
    """(rows,) how far a strand strays to the side."""
    noise = gaussian_filter1d(rng.normal(size=rows), rows / 9, mode="nearest")
    found: Floats = noise / max(float(noise.std()), 1e-9) * _WANDER * rng.uniform(0.3, 1)
    return found.astype(np.float32)


def _ends(rows: int, rng: np.random.Generator) -> Floats:
    """(rows,) one, but for the last bit, where strands end one by one."""
    v = (np.arange(rows)[::-1] + 0.5) / rows
    end = rng.uniform(0.93, 1.04)
    return np.clip((end - v) / 0.05, 0, 1).astype(np.float32)


def _fade(along: Floats) -> Floats:
    """Roots are darker (`head360.rendering.shade`)."""
    ramp = (along / 0.3).clip(0, 1)
    faded: Floats = 0.6 + 0.4 * ramp * ramp * (3 - 2 * ramp)
    return faded


def _normals(height: Floats) -> Floats:
    """(H, W, 3) unit, bent across the strands."""
    slope = np.gradient(gaussian_filter1d(height, 1.0, axis=1), axis=1)
    slope = slope / max(float(np.abs(slope).max()), 1e-6) * _RELIEF * 2
    found = np.stack([-slope, np.zeros_like(slope), np.ones_like(slope)], 2)
    unit: Floats = found / np.linalg.norm(found, axis=2, keepdims=True)
    return unit


def _encoded(linear: Floats) -> Floats:
    """SRGB of linear colour."""
    bright = 1.055 * linear.clip(1e-6, 1) ** (1 / 2.4) - 0.055
    encoded: Floats = np.where(linear <= 0.0031308, 12.92 * linear, bright)
    return encoded


def _bytes(values: Floats) -> Image:
    return np.ascontiguousarray((values.clip(0, 1) * 255).round().astype(np.uint8))
