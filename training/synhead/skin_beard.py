"""Draws beards and moustaches as short hair that lies on the skin, streak by streak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.synhead.skin_atlas import FloatMap
from training.synhead.skin_noise import SpaceNoise
from training.synhead.skin_zones import Zones, bump, ramp, unit


@dataclass(frozen=True, slots=True)
class BeardShape:
    """Which part of the beard's ground is left to grow."""

    seed: int
    cheeks: float  # cm that the upper edge lies above the usual (+) or below
    jaw: bool  # along the jaw up to the ears, or the chin alone


#: Full, trimmed along the jaw, and on the chin alone.
BEARDS = (BeardShape(1, 0.2, True), BeardShape(2, -0.9, True), BeardShape(3, -0.2, False))
#: Upper edge of a usual beard, cm: |x| and y.
_EDGE_X = (0, 1.6, 2.4, 3.4, 4.8, 6.0, 7.0, 8.0)
_EDGE_Y = (-3.6, -3.4, -2.4, -2.9, -3.1, -2.0, 1.2, 3.4)


def draw_beard(position: FloatMap, zones: Zones, noise: SpaceNoise, shape: BeardShape) -> FloatMap:
    """How much of each texel hair covers, (H, W) 0 … 1."""
    x, y, z = np.moveaxis(position, -1, 0)
    ax = np.abs(x)
    frayed = y + 0.16 * noise(200 + shape.seed, 2.2, 3) + 0.10 * noise(210 + shape.seed, 7.0, 1)
    below = ramp(0.22, -0.28, frayed - np.interp(ax, _EDGE_X, _EDGE_Y) - shape.cheeks * (ax > 2.6))
    ground = ramp(0.12, 0.5, zones.beard) * below * ramp(-10.6, -8.6, frayed)
    if not shape.jaw:
        ground = ground * ramp(2.6, 1.9, ax + 0.15 * noise(220, 3.0, 2)) * (z > 4)
    chin = bump(ax, y, (0, -5.2), (1.1, 0.35)) * 0.25  # a little thinner under the lip
    bare = (1 - chin) * (1 - ramp(0.1, 0.5, zones.lips))
    return unit(ground * _hairs(noise, shape.seed) * bare)


def draw_moustache(position: FloatMap, zones: Zones, noise: SpaceNoise) -> FloatMap:
    """How much of each texel hair covers, (H, W) 0 … 1."""
    x, y, z = np.moveaxis(position, -1, 0)
    ax = np.abs(x)
    droop = y + 0.10 * np.maximum(ax - 1.2, 0) ** 2 + 0.10 * noise(230, 3.0, 2)
    upper = np.interp(ax, [0, 0.5, 1.5, 2.6], [-1.75, -1.55, -1.55, -2.0])
    band = ramp(0.18, -0.18, droop - upper) * ramp(-3.35, -2.95, droop) * ramp(3.0, 2.3, ax)
    parting = 1 - 0.45 * bump(x, y, (0.0, -1.9), (0.16, 0.6))
    cover = band * parting * (z > 8) * (1 - ramp(0.05, 0.35, zones.lips))
    return unit(cover * _hairs(noise, 7))


def _hairs(noise: SpaceNoise, seed: int) -> FloatMap:
    """Streaks of a hair's direction, down and a little curled, over a soft ground."""
    streaks = noise(240 + seed, 13.0, 1, (1.0, 0.17, 1.0))
    clumps = noise(250 + seed, 4.5, 2, (1.0, 0.4, 1.0))
    return unit(0.74 + 0.20 * streaks + 0.10 * clumps)
