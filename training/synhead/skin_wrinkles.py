"""Draws wrinkles: folds that break, fork, waver and differ from side to side, as skin's do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from training.synhead.skin_atlas import FloatMap, Head
from training.synhead.skin_noise import SpaceNoise
from training.synhead.skin_zones import Points, curve

_STEPS = 120  # points along a fold
_REACH = 3.0  # of a fold's width: beyond that it has no depth
_SIDES = (-1, 1)
_STRENGTH = 1.35  # of folds, before the deepest are cut off


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """A line on the face seen from the front."""

    line: Points  # (N, 2) cm
    width: float  # cm
    depth: Points  # (N,) 0 … 1


def draw_wrinkles(head: Head, position: FloatMap, noise: SpaceNoise, seed: int) -> FloatMap:
    """Depth (H, W) 0 … 1 of one person's folds."""
    rng = np.random.default_rng([13, seed])
    bent = position[..., :2].copy()
    for axis in (0, 1):  # waves of centimetres, and a tremble of millimetres
        bent[..., axis] += 0.09 * noise(120 + 10 * seed + axis, 0.45, 2)
        bent[..., axis] += 0.022 * noise(124 + 10 * seed + axis, 2.4, 2)
    front = position[..., 2] > 4
    deepest, total = np.zeros((2, *front.shape), np.float32)
    for fold in _folds(head, rng):
        drawn = _crease(bent, front, fold)
        deepest = np.maximum(deepest, drawn)
        total += drawn
    patchy = np.clip(1 + 0.30 * noise(140 + seed, 1.1, 3), 0.25, 1.5)
    skin = np.abs(noise(130 + seed, 2.6, 2, (1.0, 1.6, 1.0))) * _crepe(position)
    depth = _STRENGTH * (deepest + 0.22 * total) * patchy + 0.12 * skin * front
    soft: FloatMap = np.clip(gaussian_filter(depth, 0.6), 0, 1).astype(np.float32)
    return soft


def _crease(places: FloatMap, front: np.ndarray[Any, np.dtype[np.bool_]], fold: Fold) -> FloatMap:
    """A fold, deepest in the middle of its line."""
    reach = _REACH * fold.width
    low, high = fold.line.min(0) - reach, fold.line.max(0) + reach
    near = front & (places >= low).all(-1) & (places <= high).all(-1)
    found: Any = cKDTree(fold.line).query(places[near], distance_upper_bound=reach)
    distance, nearest = found
    reached = np.isfinite(distance)
    depth = np.append(fold.depth, 0.0)[nearest]
    drawn = np.zeros(front.shape, np.float32)
    squared = (np.where(reached, distance, 0) / fold.width) ** 2
    drawn[near] = np.where(reached, np.exp(-squared) * depth, 0)
    return drawn


def _crepe(position: FloatMap) -> FloatMap:
    """Where thin skin crinkles: around the eyes and on the cheeks."""
    ax, y = np.abs(position[..., 0]), position[..., 1]
    eyes: FloatMap = np.exp(-(((ax - 3.4) / 1.8) ** 2) - ((y - 2.3) / 0.9) ** 2)
    cheeks: FloatMap = np.exp(-(((ax - 4.6) / 1.8) ** 2) - ((y + 1.0) / 2.2) ** 2)
    both: FloatMap = eyes + 0.6 * cheeks
    return both


def _folds(head: Head, rng: np.random.Generator) -> Iterator[Fold]:
    yield from _forehead(rng)
    yield from _lip_lines(rng)
    for side in _SIDES:
        corner = head.landmarks[36 if side < 0 else 45, :2]
        yield from _forked(_nasolabial(side, rng), rng, 0.3)
        yield _marionette(side, rng)
        yield from _frown(side, rng)
        for fold in _crows_feet(corner, side, rng):
            yield from _forked(fold, rng, 0.35)
        yield from _eye_bags(side, rng)
        if rng.random() < 0.6:
            yield from _cheek_lines(side, rng)


def _tapered(points: Points, width: float, depth: float, rng: np.random.Generator) -> Fold:
    """Through some points, fading at both ends and here and there between."""
    line = curve(points, _STEPS)
    along = np.linspace(0, 1, _STEPS)
    ends = np.clip(np.sin(np.pi * (0.06 + 0.94 * along) ** rng.uniform(0.7, 1.4)) * 1.5, 0, 1)
    gaps = 0.78 + 0.30 * np.sin(along * rng.uniform(4, 13) + rng.uniform(0, 6.3))
    return Fold(line, width, ends * np.clip(gaps, 0.2, 1) * depth)


def _forked(fold: Fold, rng: np.random.Generator, chance: float) -> Iterator[Fold]:
    """The fold, and sometimes a shallow branch of it."""
    yield fold
    if rng.random() > chance:
        return
    start = int(rng.integers(_STEPS // 4, _STEPS // 2))
    branch = fold.line[start : start + _STEPS // 3]
    away = np.linspace(0, 1, len(branch))[:, None] ** 1.3
    along = branch[-1] - branch[0]
    across = np.array([-along[1], along[0]]) * rng.choice((-1, 1)) * rng.uniform(0.2, 0.45)
    depth = fold.depth[start : start + len(branch)] * (1 - 0.8 * away[:, 0]) * 0.7
    yield Fold(branch + across * away, fold.width * 0.8, depth)


def _forehead(rng: np.random.Generator) -> Iterator[Fold]:
    """Two to five broken lines, of which hardly one reaches from side to side."""
    y = rng.uniform(6.9, 7.6)
    for _ in range(rng.integers(2, 6)):
        middle, strength = rng.normal(0, 0.7), rng.uniform(0.3, 0.9)
        tilt, sag = rng.normal(0, 0.035), rng.uniform(0.0, 0.4)
        for start, end in _pieces(rng.uniform(3.4, 8.4), rng):
            x = middle + np.linspace(start, end, 6)
            rise = tilt * x - sag * np.exp(-((x / 1.7) ** 2)) + rng.normal(0, 0.05, 6)
            points = np.stack([x, y + rise + rng.normal(0, 0.07)], 1)
            yield from _forked(_tapered(points, rng.uniform(0.05, 0.11), strength, rng), rng, 0.3)
        y += rng.uniform(0.45, 1.05)


def _pieces(length: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    """A line about zero, whole or cut into two or three pieces that overlap or miss each other."""
    cuts = np.sort(rng.uniform(-0.35, 0.35, rng.integers(0, 3))) * length
    ends = [-length / 2, *cuts, length / 2]
    pairs = pairwise(ends)
    return [(a + rng.normal(0, 0.2), b + rng.normal(0, 0.2)) for a, b in pairs if b - a > 0.8]


def _nasolabial(side: int, rng: np.random.Generator) -> Fold:
    points = np.array([[1.75, -0.35], [2.35, -1.25], [2.95, -2.4], [3.15, -3.5]])
    points[-1] += rng.normal(0, 0.15, 2)
    moved = points * [side, 1] + rng.normal(0, 0.07, points.shape)
    return _tapered(moved, rng.uniform(0.11, 0.17), rng.uniform(0.45, 0.9), rng)


def _marionette(side: int, rng: np.random.Generator) -> Fold:
    points = np.array([[2.7, -3.8], [2.85, -4.6], [2.75, -5.3], [2.6, -5.8]]) * [side, 1]
    moved = points[: rng.integers(3, 5)] + rng.normal(0, 0.08, 2)
    line = np.vstack([moved, moved[-1] + [0.05 * side, -0.3]])
    return _tapered(line, rng.uniform(0.09, 0.14), rng.uniform(0.1, 0.5), rng)


def _frown(side: int, rng: np.random.Generator) -> Iterator[Fold]:
    """One line beside the nose's root, sometimes a second one, never the same on both sides."""
    for number in range(rng.integers(1, 3)):
        top = rng.uniform(6.0, 7.1) - 0.4 * number
        y = np.linspace(5.0 + 0.2 * number, top, 4)
        lean = np.linspace(0, rng.normal(0.12, 0.12), 4)
        x = 0.60 + 0.38 * number + lean + rng.normal(0, 0.05, 4)
        line = np.stack([side * x, y], 1)
        yield _tapered(line, rng.uniform(0.06, 0.10), rng.uniform(0.2, 0.7), rng)


def _crows_feet(corner: Points, side: int, rng: np.random.Generator) -> Iterator[Fold]:
    count = int(rng.integers(3, 7))
    angles = np.linspace(42, -36, count) + rng.normal(0, 7, count)
    for angle in angles:
        start, length = rng.uniform(0.3, 0.75), rng.uniform(0.35, 1.5)
        steps = np.linspace(0, 1, 5)
        turn = np.radians(angle - rng.uniform(-4, 26) * steps)
        away = start + length * steps
        points = corner + np.stack([side * np.cos(turn) * away, np.sin(turn) * away], 1)
        yield _tapered(points, rng.uniform(0.035, 0.075), rng.uniform(0.2, 0.75), rng)


def _eye_bags(side: int, rng: np.random.Generator) -> Iterator[Fold]:
    deep = np.array([[1.75, 2.75], [2.3, 2.2], [3.1, 1.85], [3.9, 1.95], [4.4, 2.3]])
    fine = np.array([[2.0, 2.8], [2.6, 2.5], [3.3, 2.35], [4.0, 2.5], [4.5, 2.85]])
    for points, width, chance in ((deep, 0.13, 1.0), (fine, 0.055, 0.8), (fine - 0.25, 0.05, 0.5)):
        if rng.random() < chance:
            first = rng.integers(0, 2)
            part = points[first : first + 4] * [side, 1] + rng.normal(0, 0.07, (4, 2))
            yield _tapered(part, width * rng.uniform(0.8, 1.2), rng.uniform(0.25, 0.6), rng)


def _cheek_lines(side: int, rng: np.random.Generator) -> Iterator[Fold]:
    """Long soft lines down the cheek."""
    for _ in range(rng.integers(1, 3)):
        x, y = rng.uniform(3.9, 5.4), rng.uniform(-1.4, 0.2)
        drop = np.linspace(0, rng.uniform(1.4, 3.0), 4)
        points = np.stack([side * (x + 0.16 * drop), y - drop], 1) + rng.normal(0, 0.06, (4, 2))
        yield _tapered(points, rng.uniform(0.08, 0.13), rng.uniform(0.12, 0.35), rng)


def _lip_lines(rng: np.random.Generator) -> Iterator[Fold]:
    """Short lines that run into the lips' border."""
    for x in rng.uniform(-1.9, 1.9, rng.integers(3, 9)):
        y, length = rng.uniform(-2.75, -2.45), rng.uniform(0.25, 0.6)
        lean = 0.06 * x + rng.normal(0, 0.03)
        points = np.array([[x, y], [x + lean / 2, y + length / 2], [x + lean, y + length]])
        line = np.vstack([points, points[-1] + [lean / 3, 0.05]])
        yield _tapered(line, rng.uniform(0.03, 0.05), rng.uniform(0.1, 0.4), rng)
