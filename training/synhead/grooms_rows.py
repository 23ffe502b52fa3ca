"""Where hair grows besides the hairline's say, and cornrows: braids that lie flat on the scalp.

Rows lie in planes through one axis under the scalp, from above the brow to the nape: side by side
on top, closer at the temples, together at the nape.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.synhead.grooms_scalp import (
    Floats,
    ScalpSurface,
    polar_degrees,
    smoothstep,
    unit,
)
from training.synhead.styles import GroomStyle, Rows

_ORIGIN = np.array([0.0, -0.050, -0.080])  # a point on the rows' axis, metres
_ALONG = unit([0.0, 0.065, 0.165])
_ABOVE = np.array([0.0, _ALONG[2], -_ALONG[1]])
_CENTRE = np.array([0.0, 0.030, 0.0])  # what a braid's turns are counted around
_REACH = 0.10  # metres from there to the scalp
_THIN = 0.02  # what is left of the hair where men go bald


def growth_of(style: GroomStyle) -> Callable[[Floats], Floats] | None:
    """How well a style's hair grows at (N, 3) points, (N,) 0 … 1; None: well everywhere."""
    if style.rows is None and style.bald_degrees is None and not style.strip:
        return None

    def growth(points: Floats) -> Floats:
        density = np.ones(len(points))
        if style.bald_degrees is not None:
            bare = smoothstep(-9, 11, polar_degrees(points)[1] - style.bald_degrees)
            density *= 1 - (1 - _THIN) * bare
        if style.strip:
            density *= 1 - 0.45 * smoothstep(1.0, 1.2, np.abs(points[:, 0]) / style.strip)
        if style.rows is not None:
            angle, _ = _around(points)
            off = np.abs(angle / style.rows.pitch_degrees - _row(style.rows, angle)) * 2
            density *= off < style.rows.filled
        return density

    return growth


def rowed(
    rows: Rows, strands: Floats, arc: Floats, head: ScalpSurface, rng: np.random.Generator
) -> Floats:
    """(N, S, 3) strands braided into the rows they root in."""
    count, samples, _ = strands.shape
    angle, reach = _around(strands.reshape(-1, 3))
    angle, reach = angle.reshape(count, samples), reach.reshape(count, samples)
    center = _row(rows, angle[:, :1]) * rows.pitch_degrees
    half = 0.5 * rows.filled * np.radians(rows.pitch_degrees) * reach
    radius = np.minimum(rows.radius, half)
    around = np.arctan2(strands[..., 2] - _CENTRE[2], strands[..., 1] - _CENTRE[1]) * _REACH
    turn = 2 * np.pi * (around / rows.braid_pitch + rng.integers(0, 3, (count, 1)) / 3)
    spread = rng.uniform(-0.4, 0.4, (count, 2, 1))
    sideways = (0.62 * np.sin(turn) + spread[:, 0]) * radius
    height = (0.75 + 0.38 * np.sin(2 * turn) + spread[:, 1]) * radius
    moved = _turned(strands, np.radians(center - angle) + sideways / reach)
    distance, outward = head.body.sample(moved.reshape(-1, 3))
    lift = (height.reshape(-1) - distance)[:, None] * outward
    joined = smoothstep(0, 0.006, arc)[..., None]
    braided: Floats = (moved + lift.reshape(strands.shape)) * joined + strands * (1 - joined)
    return braided


def _row(rows: Rows, angle: Floats) -> Floats:
    """The number of the row at an angle in degrees; no row runs along the mid-plane."""
    number: Floats = np.floor(angle / rows.pitch_degrees) + 0.5
    return number


def _around(points: Floats) -> tuple[Floats, Floats]:
    """(N,) degrees about the rows' axis, 0 on top, and metres from it."""
    above = (points - _ORIGIN) @ _ABOVE
    return np.degrees(np.arctan2(points[:, 0], above)), np.hypot(points[:, 0], above)


def _turned(points: Floats, angle: Floats) -> Floats:
    """(*B, 3) points turned about the rows' axis by (*B,) radians."""
    rest = points - _ORIGIN
    x, above, along = rest[..., 0], rest @ _ABOVE, rest @ _ALONG
    cosine, sine = np.cos(angle), np.sin(angle)
    across = (x * cosine + above * sine)[..., None] * np.array([1.0, 0.0, 0.0])
    up = (above * cosine - x * sine)[..., None] * _ABOVE
    turned: Floats = _ORIGIN + across + up + along[..., None] * _ALONG
    return turned
