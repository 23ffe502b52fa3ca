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
from training.synhead.skin_atlas import FloatMap
from training.synhead.skin_beard import BEARDS, draw_beard, draw_moustache
from training.synhead.skin_noise import SpaceNoise
from training.synhead.skin_strokes import FaceMap, grow_brows
from training.synhead.skin_wrinkles import draw_wrinkles
from training.synhead.skin_zones import Points, Zones, bump, distance_to, ramp, unit

if TYPE_CHECKING:
    from training.synhead.skin import SkinStudio

_FAINT = 1 / 128  # maps below this are cut away


def draw_layers(studio: SkinStudio) -> Layers:
    """All placements of all attributes."""
    zones, position = studio.zones, studio.texels.position
    noise = SpaceNoise(position)
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
        "wrinkles": [
            draw_wrinkles(studio.head, position, noise, seed) * _bare(zones) * (zones.face > 0.1)
            for seed in (1, 2, 3)
        ],
        "beard": [draw_beard(position, zones, noise, shape) for shape in BEARDS],
        "moustache": [draw_moustache(position, zones, noise)],
    }
    return {name: tuple(_cropped(m) for m in placements) for name, placements in maps.items()}


def _cropped(grey: FloatMap) -> Placement:
    seen = np.clip(grey, 0, 1)
    rows, columns = np.flatnonzero(seen.max(1) > _FAINT), np.flatnonzero(seen.max(0) > _FAINT)
    part = seen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    tensor = torch.from_numpy(np.ascontiguousarray(part, np.float32))
    return Placement(int(rows[0]), int(columns[0]), tensor)


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


def _freckles(position: FloatMap, zones: Zones, noise: SpaceNoise, seed: int) -> FloatMap:
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


def _age_spots(position: FloatMap, zones: Zones, noise: SpaceNoise, seed: int) -> FloatMap:
    where = (
        0.15 + zones.temples + zones.forehead + 0.6 * zones.cheeks + 0.5 * zones.scalp
    ) * _bare(zones)
    centres, rng = _scattered(position, where, 90, 40 + seed)
    wobble = position + 0.16 * np.stack([noise(70 + k, 3.0, 2) for k in range(3)], -1)
    spots = _spots(wobble, centres, rng.uniform(0.15, 0.55, 90), rng.uniform(0.2, 0.9, 90))
    return spots * unit(0.85 + 0.2 * noise(80 + seed, 4.0, 2))


def _redness(zones: Zones, noise: SpaceNoise) -> FloatMap:
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


def _stubble(position: FloatMap, zones: Zones, noise: SpaceNoise) -> FloatMap:
    density = unit(zones.beard * (0.85 + 0.10 * noise(100, 0.9, 2)))
    centres, rng = _scattered(position, density**1.5 + 1e-9, 14000, 60)
    dots = _spots(
        position, centres, rng.uniform(0.035, 0.06, len(centres)), rng.uniform(0.5, 1, len(centres))
    )
    return density * unit(0.34 + 0.05 * noise(101, 6.0, 1) + 0.75 * dots)


def _scalp(position: FloatMap, zones: Zones, noise: SpaceNoise) -> FloatMap:
    wobble = zones.scalp + 0.06 * noise(110, 1.6, 3)
    cover = ramp(0.12, 0.85, wobble) * (zones.scalp > 0.01)
    return cover * unit(0.86 + 0.07 * noise(111, 6.0, 2))


def _brows(studio: SkinStudio) -> list[FloatMap]:
    """Natural, fine and arched, full and straight."""
    face = FaceMap(studio.head, studio.texels, (3.8, 8.5))
    shapes = ((560, 1.36, 0.02, 0.76), (400, 0.98, 0.14, 0.66), (760, 1.72, -0.05, 0.84))
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
    drawn = face.draw(hairs, rng.uniform(0.20, 0.36, len(hairs)))
    # Hairs are finer than texels of small pictures: a soft ground keeps brows whole in those.
    ground = gaussian_filter(drawn, 1.8)
    return np.clip(0.95 * gaussian_filter(drawn, 0.35) + 0.62 * ground, 0, 0.98)
