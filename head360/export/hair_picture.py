"""Paints the texture of hair cards: lanes of strands with gaps between them, from root to tip.

Hair of one colour, or with other roots and tips, needs lanes from dark to light only. Painted hair,
and hair as light and dark as a photo shows it, has other colours from strand to strand: its lanes
are the looks that most cards come near to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from head360.export.bust import Floats, Image
from head360.model.strand_noise import strand_noise
from head360.rendering.shade import STRANDS_IN_A_LOCK

#: Linear RGB (N, 3) at shares (N, 1) of a strand's length, of strands that start at scalp
#: coordinates (N, 2).
Colors: TypeAlias = Callable[[Floats, Floats], Floats]

#: Lanes side by side, and how many such rows varied hair has.
LANES, _VARIED_ROWS = 16, 4
#: Places along a strand at which looks are compared, and rounds of finding the lanes.
_COMPARED, _ROUNDS = 12, 12
#: Share of a row's height that is left free at both ends, where rows meet.
_MARGIN = 0.01
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


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """What the lanes look like, row after row from the bottom, each from left to right."""

    rows: int
    colors: Callable[[int, Floats], Floats]  # linear RGB (N, 3) of a lane at shares (N, 1)

    def edges(self, lanes: npt.NDArray[np.int64]) -> Floats:
        """(N, 2) u at the left and the right of lanes (N,)."""
        column = lanes % LANES
        edges: Floats = np.stack([column, column + 1], 1) / LANES
        return edges

    def heights(self, lanes: npt.NDArray[np.int64], along: Floats) -> Floats:
        """(N, S) v of lanes (N,) at shares (N, S) of a strand's length."""
        if self.rows == 1:
            return along
        inside = _MARGIN + (1 - 2 * _MARGIN) * along
        heights: Floats = ((lanes // LANES)[:, None] + inside) / self.rows
        return heights


def plain_lanes(colors: Colors) -> Lanes:
    """A row of lanes from dark to light."""

    def lane(number: int, along: Floats) -> Floats:
        gain = np.exp(lane_tones()[number])
        shown: Floats = colors(along, np.full((len(along), 2), 0.5, np.float32)) * gain
        return shown

    return Lanes(1, lane)


def varied_lanes(
    colors: Colors, roots: Floats, tones: Floats, rng: np.random.Generator
) -> tuple[Lanes, npt.NDArray[np.int64]]:
    """The lanes that come near to all of N strands, and which each strand takes.

    Args:
        colors: of the strands.
        roots: (N, 2) scalp coordinates where they start.
        tones: (N,) logarithms of gains on their colours.
        rng: where the search for lanes begins.
    """
    along = (np.arange(_COMPARED, dtype=np.float32) + 0.5) / _COMPARED
    every = np.tile(along[:, None], (len(roots), 1))
    shown = colors(every, np.repeat(roots, _COMPARED, 0)).clip(1e-4)
    looks = np.log(shown).reshape(len(roots), -1) + tones[:, None]
    middles, chosen = _gathered(looks, _VARIED_ROWS * LANES, rng)
    profiles = np.exp(middles).reshape(-1, _COMPARED, 3)

    def lane(number: int, at: Floats) -> Floats:
        profile = profiles[min(number, len(profiles) - 1)]
        return np.stack([np.interp(at[:, 0], along, channel) for channel in profile.T], 1)

    return Lanes(_VARIED_ROWS, lane), chosen


def _gathered(
    looks: Floats, count: int, rng: np.random.Generator
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Means (≤ count, C) that looks (N, C) are near to, and which each is nearest to (N,)."""
    middles = looks[rng.permutation(len(looks))[:count]]
    for _ in range(_ROUNDS):
        chosen = _nearest(looks, middles)
        sizes = np.bincount(chosen, minlength=len(middles))[:, None]
        sums = np.zeros_like(middles)
        np.add.at(sums, chosen, looks)
        middles = np.where(sizes > 0, sums / np.maximum(sizes, 1), middles)
    return middles, _nearest(looks, middles)


def _nearest(looks: Floats, middles: Floats) -> npt.NDArray[np.int64]:
    squares = np.square(middles).sum(1)[None] - 2 * looks @ middles.T
    nearest: npt.NDArray[np.int64] = squares.argmin(1)
    return nearest


def hair_pictures(lanes: Lanes, size: int) -> tuple[Image, Image]:
    """Colour with alpha (H, size, 4) and normals (H, size, 3), one row of lanes half as high.

    Args:
        lanes: what they look like.
        size: width of the pictures, pixels.
    """
    rng = np.random.default_rng(360)
    high = size // 2 if lanes.rows == 1 else size // lanes.rows
    rows = [_row(lanes, row, size // LANES, high, rng) for row in range(lanes.rows)]
    picture, normals = (np.concatenate([row[i] for row in rows[::-1]]) for i in range(2))
    return _bytes(picture), _bytes(normals)


def _row(
    lanes: Lanes, row: int, width: int, high: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Colour with alpha and normals (high, LANES · width, 4 or 3), 0 … 1."""
    painted = [_lane(width, high, rng) for _ in range(LANES)]
    alpha, tone, height = (np.concatenate([lane[i] for lane in painted], 1) for i in range(3))
    inside = ((np.arange(high)[::-1] + 0.5) / high)[:, None]
    margin = _MARGIN if lanes.rows > 1 else 0.0
    along = ((inside - margin) / (1 - 2 * margin)).clip(0, 1)
    gain = np.exp(tone) * _fade(along) * (1 + 0.3 * along**2)
    own = [lanes.colors(row * LANES + i, along.astype(np.float32)) for i in range(LANES)]
    shown = _encoded(np.repeat(np.stack(own, 1), width, 1) * gain[..., None])
    return np.concatenate([shown, alpha[..., None]], 2), _normals(height) * 0.5 + 0.5


def root_picture(colors: Colors, gain: float, size: int) -> Image:
    """(size, size, 3) colours, locks and strands over scalp coordinates, v upwards."""
    at = (np.arange(size) + 0.5) / size
    noise = strand_noise()[..., 0]
    count = len(noise)
    u, v = np.meshgrid(at, at[::-1])
    lock = noise[(v * count).astype(int) % count, (u * count).astype(int) % count]
    fine = STRANDS_IN_A_LOCK * count
    strand = noise[(v * fine).astype(int) % count, (u * fine).astype(int) % count]
    tones = gain * np.exp(_ROOT_TONES[0] * lock + _ROOT_TONES[1] * strand)
    roots = np.stack([u, v], -1).reshape(-1, 2).astype(np.float32)
    middle = colors(np.full((len(roots), 1), 0.5, np.float32), roots).reshape(size, size, 3)
    return _bytes(_encoded(middle * tones[..., None]))


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
