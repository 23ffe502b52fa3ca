"""Draws the grey maps of the named attributes on the skin tile; what they do to skin is
decided in `head360.model.texture_layers`, for truth and for the product alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from head360.model.texture_layers import Layers, Placement
from training.synhead.skin_atlas import FloatMap, Head
from training.synhead.skin_noise import value_noise
from training.synhead.skin_strokes import FaceMap, grow_brows
from training.synhead.skin_zones import Points, Zones, bump, curve, distance_to, ramp, unit

if TYPE_CHECKING:
    from training.synhead.skin import SkinStudio

_FAINT = 1 / 128  # maps below this are cut away


def draw_layers(studio: SkinStudio) -> Layers:
    """All placements of all attributes."""
    zones, position = studio.zones, studio.texels.position
    noise = _Noise(position)
    maps = {
        "brows": _brows(studio),
        "redness": [_redness(zones, noise)],
        "dark_circles": [_dark_circles(position, zones)],
        "blush": [_blush(position, zones)],
        "eyeshadow": [_eyeshadow(position, zones)],
        "eyeliner": [_eyeliner(position, zones)],
        "lipstick": [np.clip(zones.lips * 1.05, 0, 1) * (1 + 0.10 * noise(30, 5.0, 2))],
        "stubble": [_stubble(position, zones, noise)],
        "scalp": [_scalp(position, zones, noise)],
        "freckles": [_freckles(position, zones, noise, seed) for seed in (1, 2, 3)],
        "moles": [_moles(position, zones, seed) for seed in (1, 2, 3)],
        "age_spots": [_age_spots(position, zones, noise, seed) for seed in (1, 2, 3)],
        "wrinkles": [_wrinkles(studio.head, position, zones, noise, seed) for seed in (1, 2, 3)],
    }
    return {name: tuple(_cropped(m) for m in placements) for name, placements in maps.items()}


def _cropped(grey: FloatMap) -> Placement:
    seen = np.clip(grey, 0, 1)
    rows, columns = np.flatnonzero(seen.max(1) > _FAINT), np.flatnonzero(seen.max(0) > _FAINT)
    part = seen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    tensor = torch.from_numpy(np.ascontiguousarray(part, np.float32))
    return Placement(int(rows[0]), int(columns[0]), tensor)


class _Noise:
    """Noise over the texels, in maps."""

    def __init__(self, position: FloatMap) -> None:
        self._shape = position.shape[:2]
        self._points = torch.from_numpy(position.reshape(-1, 3))

    def __call__(self, seed: int, frequency: float, octaves: int) -> FloatMap:
        noise = value_noise(self._points, 500 + seed, frequency, octaves)
        found: FloatMap = noise.numpy().reshape(self._shape)
        return found


def _spots(position: FloatMap, centres: Points, radii: Points, fade: Points) -> FloatMap:
    """Round soft spots: the strongest of those around each texel."""
    flat = position.reshape(-1, 3)
    found = np.zeros(len(flat), np.float32)
    reach = float(radii.max() * 1.5)
    query: Any = cKDTree(centres).query(flat, k=3, distance_upper_bound=reach)
    distance, nearest = query
    for near, number in zip(distance.T, nearest.T, strict=True):
        real = number < len(centres)
        own = np.where(real, number, 0)
        edge = 1 - np.clip((near / radii[own] - 0.35) / 0.9, 0, 1)
        found = np.maximum(found, np.where(real, edge**1.5 * fade[own], 0))
    return found.reshape(position.shape[:2]).astype(np.float32)


def _scattered(
    position: FloatMap, density: FloatMap, count: int, seed: int
) -> tuple[Points, np.random.Generator]:
    """(count, 3) places on the skin, as often as `density` says."""
    rng = np.random.default_rng([9, seed])
    chance = density.reshape(-1).astype(np.float64)
    picked = rng.choice(len(chance), count, replace=False, p=chance / chance.sum())
    return position.reshape(-1, 3)[picked] + rng.normal(0, 0.02, (count, 3)), rng


def _bare(zones: Zones) -> FloatMap:
    """Skin proper: no lips, lids' edges or insides."""
    hidden = np.maximum.reduce([zones.lips, zones.rim, zones.mouth, zones.sockets])
    return unit(1 - hidden) * ramp(0.15, 0.4, zones.eye_distance)


def _freckles(position: FloatMap, zones: Zones, noise: _Noise, seed: int) -> FloatMap:
    where = zones.cheeks * 1.2 + zones.nose * 1.3 + 0.30 * zones.forehead + 0.08 * zones.face
    where = (
        where * np.clip(1 + 0.5 * noise(seed, 0.8, 2), 0.1, 2) * _bare(zones) * (zones.face > 0.3)
    )
    centres, rng = _scattered(position, where, 1500, seed)
    radii = 0.05 + 0.07 * rng.gamma(2.0, 0.5, len(centres))
    return _spots(position, centres, np.minimum(radii, 0.22), rng.uniform(0.25, 1.0, len(centres)))


def _moles(position: FloatMap, zones: Zones, seed: int) -> FloatMap:
    where = (0.3 + zones.face + zones.neck) * _bare(zones) * (1 - zones.scalp)
    centres, rng = _scattered(position, where, 16, 20 + seed)
    return _spots(position, centres, rng.uniform(0.10, 0.22, 16), rng.uniform(0.5, 1.0, 16))


def _age_spots(position: FloatMap, zones: Zones, noise: _Noise, seed: int) -> FloatMap:
    where = (
        0.15 + zones.temples + zones.forehead + 0.6 * zones.cheeks + 0.5 * zones.scalp
    ) * _bare(zones)
    centres, rng = _scattered(position, where, 90, 40 + seed)
    wobble = position + 0.16 * np.stack([noise(70 + k, 3.0, 2) for k in range(3)], -1)
    spots = _spots(wobble, centres, rng.uniform(0.15, 0.55, 90), rng.uniform(0.2, 0.9, 90))
    return spots * unit(0.85 + 0.2 * noise(80 + seed, 4.0, 2))


def _redness(zones: Zones, noise: _Noise) -> FloatMap:
    spread = zones.cheeks + 0.9 * zones.nose + 0.8 * zones.nose_wings + 0.35 * zones.chin
    spread += 0.22 * zones.forehead + 0.35 * zones.ears
    flush: FloatMap = np.minimum(spread, 1.2)
    return flush * (0.8 + 0.14 * noise(90, 1.2, 3)) * (1 - zones.lips)


def _blush(position: FloatMap, zones: Zones) -> FloatMap:
    ax, y = np.abs(position[..., 0]), position[..., 1]
    rising = y - 0.35 * (ax - 4.6)
    return bump(ax, rising, (4.9, 0.4), (1.6, 1.0)) * zones.face


def _dark_circles(position: FloatMap, zones: Zones) -> FloatMap:
    ax, y = np.abs(position[..., 0]), position[..., 1]
    trough = bump(ax, y + 0.18 * (ax - 2.6), (2.6, 2.15), (1.05, 0.55))
    inner = bump(ax, y, (1.75, 2.9), (0.5, 0.7))
    shade = unit(trough + 0.6 * inner + 0.25 * zones.lids) * (1 - zones.rim)
    return shade * ramp(0.05, 0.3, zones.eye_distance) * zones.face


def _upper_lid(position: FloatMap, tail: float) -> FloatMap:
    """Above the eye's axis, soft; the axis rises outwards by `tail`."""
    ax, y = np.abs(position[..., 0]), position[..., 1]
    axis = np.interp(ax, [1.7, 2.4, 3.2, 4.0, 4.6, 5.4], [3.3, 3.6, 3.66, 3.55, 3.35, 3.5 + tail])
    return ramp(-0.06, 0.08, y - axis)


def _eyeshadow(position: FloatMap, zones: Zones) -> FloatMap:
    ax, y = np.abs(position[..., 0]), position[..., 1]
    lid = _upper_lid(position, 0.3) * ramp(1.35, 0.25, zones.eye_distance)
    outer = bump(ax, y, (4.5, 4.25), (0.8, 0.6)) * 0.5
    lower = 0.3 * ramp(0.35, 0.1, zones.eye_distance) * ramp(3.0, 4.3, ax)
    return (
        unit(lid * (0.75 + outer) + lower)
        * (zones.face > 0.2)
        * ramp(5.9, 5.2, y)
        * (1 - zones.rim)
    )


def _eyeliner(position: FloatMap, zones: Zones) -> FloatMap:
    ax, y = np.abs(position[..., 0]), position[..., 1]
    width = np.interp(ax, [1.8, 3.2, 4.5], [0.05, 0.10, 0.15])
    upper = ramp(0.06, -0.04, zones.eye_distance - width) * _upper_lid(position, 0.2)
    wing = np.stack([np.linspace(4.40, 5.0, 40), 3.42 + np.linspace(0, 0.36, 40)], 1)
    outwards = distance_to(np.stack([ax, y], -1), wing)
    flick = ramp(0.11, 0.03, outwards) * ramp(5.15, 4.6, ax)
    return unit(np.maximum(upper, flick)) * (zones.face > 0.2) * (position[..., 2] > 5)


def _stubble(position: FloatMap, zones: Zones, noise: _Noise) -> FloatMap:
    density = unit(zones.beard * (0.85 + 0.10 * noise(100, 0.9, 2)))
    centres, rng = _scattered(position, density**1.5 + 1e-9, 14000, 60)
    dots = _spots(
        position, centres, rng.uniform(0.035, 0.06, len(centres)), rng.uniform(0.5, 1, len(centres))
    )
    return density * unit(0.34 + 0.05 * noise(101, 6.0, 1) + 0.75 * dots)


def _scalp(position: FloatMap, zones: Zones, noise: _Noise) -> FloatMap:
    wobble = zones.scalp + 0.06 * noise(110, 1.6, 3)
    cover = ramp(0.12, 0.85, wobble) * (zones.scalp > 0.01)
    return cover * unit(0.86 + 0.07 * noise(111, 6.0, 2))


def _brows(studio: SkinStudio) -> list[FloatMap]:
    """Natural, fine and arched, full and straight."""
    face = FaceMap(studio.head, studio.texels, (3.8, 8.5))
    shapes = ((330, 0.86, 0.05, 0.72), (270, 0.62, 0.16, 0.62), (440, 1.12, -0.02, 0.80))
    return [_brow(studio, face, number, *shape) for number, shape in enumerate(shapes)]


def _brow(
    studio: SkinStudio,
    face: FaceMap,
    seed: int,
    count: int,
    thickness: float,
    arch: float,
    length: float,
) -> FloatMap:
    rng = np.random.default_rng([11, seed])
    hairs = grow_brows(studio.head, rng, count=count, thickness=thickness, arch=arch, length=length)
    drawn = face.draw(hairs, rng.uniform(0.16, 0.30, len(hairs)))
    ground = gaussian_filter(drawn, 1.6)
    return np.clip(1.35 * drawn + 0.35 * ground, 0, 0.98)


def _crease(position: FloatMap, line: Points, width: float, depth: Points) -> FloatMap:
    """A fold along a line (N, 2) seen from the front, deepest where `depth` (N,) says so."""
    places = position[..., :2].reshape(-1, 2)
    distance, nearest = cKDTree(line).query(places)
    fold = np.exp(-((distance / width) ** 2)) * depth[nearest]
    return fold.reshape(position.shape[:2]).astype(np.float32)


def _wrinkles(head: Head, position: FloatMap, zones: Zones, noise: _Noise, seed: int) -> FloatMap:
    rng = np.random.default_rng([13, seed])
    bent = position.copy()
    bent[..., 1] += 0.035 * noise(120 + seed, 0.8, 2)
    folds = [_crease(bent, *fold) for fold in _fold_lines(head, rng)]
    total = np.maximum.reduce(folds) + 0.25 * np.sum(folds, 0)
    fine = 0.07 * np.abs(noise(130 + seed, 2.2, 2)) * (zones.under_eyes + 0.7 * zones.cheeks)
    total = (total * (1 + 0.18 * noise(140 + seed, 1.7, 2)) + fine) * (position[..., 2] > 4)
    return np.clip(gaussian_filter(total, 0.5), 0, 1) * _bare(zones) * (zones.face > 0.1)


def _fold_lines(head: Head, rng: np.random.Generator) -> list[tuple[Points, float, Points]]:
    folds = [_forehead_fold(y, rng) for y in np.arange(7.5, 10.6, 0.62) + rng.uniform(-0.15, 0.15)]
    for side in (-1, 1):
        folds += [_nasolabial(side, rng), _marionette(side, rng), _frown(side, rng)]
        folds += _crows_feet(head.landmarks[36 if side < 0 else 45, :2], side, rng)
        folds += _eye_bags(side, rng)
    return folds


def _forehead_fold(y: float, rng: np.random.Generator) -> tuple[Points, float, Points]:
    start, end = -rng.uniform(2.6, 4.8), rng.uniform(2.6, 4.8)
    x = np.linspace(start, end, 160)
    wave = 0.10 * np.sin(x * rng.uniform(0.5, 0.9) + rng.uniform(0, 6)) + 0.04 * np.sin(
        2.3 * x + rng.uniform(0, 6)
    )
    dip = -0.22 * np.exp(-((x / 1.6) ** 2)) * rng.uniform(0.3, 1.2)
    strength = np.clip(np.sin(np.linspace(0, np.pi, 160)) * 1.4, 0, 1)
    broken = np.clip(0.8 + 0.35 * np.sin(x * rng.uniform(1.2, 2.2) + rng.uniform(0, 6)), 0.15, 1)
    depth = strength * broken * rng.uniform(0.45, 0.85)
    return np.stack([x, y + wave + dip + rng.normal(0, 0.06)], 1), rng.uniform(0.06, 0.10), depth


def _tapered(points: Points, width: float, depth: float) -> tuple[Points, float, Points]:
    taper = np.clip(np.sin(np.linspace(0.25, np.pi, 200)) * 1.3, 0, 1) * depth
    return curve(points, 200), width, taper


def _nasolabial(side: int, rng: np.random.Generator) -> tuple[Points, float, Points]:
    points = np.array([[1.75, -0.35], [2.35, -1.25], [2.95, -2.4], [3.15, -3.5]]) * [side, 1]
    return _tapered(points + rng.normal(0, 0.05, points.shape), 0.15, rng.uniform(0.55, 0.9))


def _marionette(side: int, rng: np.random.Generator) -> tuple[Points, float, Points]:
    points = np.array([[2.7, -3.8], [2.85, -4.6], [2.75, -5.3], [2.6, -5.8]]) * [side, 1]
    return _tapered(points + rng.normal(0, 0.06, points.shape), 0.13, rng.uniform(0.15, 0.5))


def _frown(side: int, rng: np.random.Generator) -> tuple[Points, float, Points]:
    points = np.array([[0.62, 5.1], [0.70, 5.7], [0.66, 6.3], [0.78, 6.9]]) * [side, 1]
    return _tapered(points + rng.normal(0, 0.05, points.shape), 0.09, rng.uniform(0.3, 0.7))


def _crows_feet(
    corner: Points, side: int, rng: np.random.Generator
) -> list[tuple[Points, float, Points]]:
    folds = []
    for angle in np.array([38.0, 20.0, 3.0, -14.0, -32.0]) + rng.normal(0, 4, 5):
        start, length = rng.uniform(0.4, 0.6), rng.uniform(0.5, 1.15)
        steps = np.linspace(0, 1, 5)
        turn = np.radians(angle - 10 * steps)
        away = start + length * steps
        points = corner + np.stack([side * np.cos(turn) * away, np.sin(turn) * away], 1)
        folds.append(_tapered(points, rng.uniform(0.045, 0.07), rng.uniform(0.35, 0.75)))
    return folds


def _eye_bags(side: int, rng: np.random.Generator) -> list[tuple[Points, float, Points]]:
    deep = np.array([[1.75, 2.75], [2.3, 2.2], [3.1, 1.85], [3.9, 1.95], [4.4, 2.3]]) * [side, 1]
    fine = np.array([[2.0, 2.8], [2.6, 2.5], [3.3, 2.35], [4.0, 2.5], [4.5, 2.85]]) * [side, 1]
    return [
        _tapered(deep + rng.normal(0, 0.04, deep.shape), 0.13, rng.uniform(0.3, 0.6)),
        _tapered(fine + rng.normal(0, 0.04, fine.shape), 0.06, rng.uniform(0.3, 0.6)),
    ]
