"""Draws the tiles that every head shares: eye, teeth, gums and tongue, lashes, and the neck's cap.

Only the iris takes a colour, and only in the product: its fibres are stored as a grey pattern.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from training.synhead.skin_atlas import TEETH, FloatMap, Head, Texels, tile_texels
from training.synhead.skin_noise import value_noise
from training.synhead.skin_zones import ramp

_PUPIL = 0.34  # of the iris's radius
_CHANNELS = 8
_CAP_RADIUS = 0.46  # of its tile


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """The fixed tiles, each (8, H, W) with channels as in the texture model."""

    eye: FloatMap
    iris: FloatMap  # (2, H, W): how much of a texel is iris; how much of its colour shines there
    gums: FloatMap
    teeth: FloatMap
    lashes: FloatMap
    cap: FloatMap


def draw_tiles(head: Head, rows: int = 512) -> Tiles:
    """All of them, for an atlas `rows` high."""
    eye, iris = _eye(head, tile_texels(head, "eye", rows))
    return Tiles(
        eye=eye,
        iris=iris,
        gums=_gums(tile_texels(head, "gums", rows)),
        teeth=_teeth(head, tile_texels(head, "teeth", rows)),
        lashes=_lashes(rows),
        cap=_cap(rows // 4),
    )


def _plain(
    shape: tuple[int, int], color: tuple[float, float, float], *, occlusion: float = 1.0,
    roughness: float = 0.5, specular: float = 0.5, scatter: float = 0.0,
) -> FloatMap:  # fmt: skip
    values = (*color, occlusion, roughness, specular, scatter, 0.5)
    maps = np.empty((_CHANNELS, *shape), np.float32)
    maps[:] = np.array(values, np.float32)[:, None, None]
    return maps


def _noise(texels: Texels, seed: int, frequency: float, octaves: int = 2) -> FloatMap:
    points = torch.from_numpy(texels.position.reshape(-1, 3))
    found: FloatMap = (
        value_noise(points, 900 + seed, frequency, octaves).numpy().reshape(texels.shape)
    )
    return found


def _iris_polar(head: Head, texels: Texels) -> tuple[FloatMap, FloatMap]:
    """Distance from the iris's middle (1 = its rim) and angle around it, radians."""
    rim = head.iris[1:]
    axis = rim.mean(0) - head.eye_centre
    axis = axis / np.linalg.norm(axis)
    away = texels.position - head.eye_centre.astype(np.float32)
    away = away / np.linalg.norm(away, axis=-1, keepdims=True)
    turned = np.arccos(np.clip(away @ axis, -1, 1))
    edge = rim - head.eye_centre
    reach = np.arccos(edge @ axis / np.linalg.norm(edge, axis=1)).mean()
    right = np.cross([0, 1, 0], axis)
    angle = np.arctan2(away @ np.cross(axis, right), away @ right)
    return (turned / reach).astype(np.float32), angle.astype(np.float32)


def _fibres(radius: FloatMap, angle: FloatMap) -> FloatMap:
    """Streaks that run from the pupil outwards, wavering a little; about zero mean."""
    rng = np.random.default_rng(5)
    total = np.zeros_like(radius)
    for number in (7, 13, 19, 27, 37, 46):
        phase, waver = rng.uniform(0, 6.28, 2)
        drift = 0.9 * np.sin(3.1 * radius + waver) + 0.5 * np.sin(2 * angle + phase)
        weight = rng.uniform(0.6, 1.0) * (0.5 + 0.5 * np.sin(angle * (number % 5 + 1) + waver))
        total += weight * np.sin(number * angle + phase + drift)
    streaks: FloatMap = (total / 2.2).astype(np.float32)
    return streaks


def _eye(head: Head, texels: Texels) -> tuple[FloatMap, FloatMap]:
    radius, angle = _iris_polar(head, texels)
    maps = _plain(texels.shape, (0.70, 0.655, 0.63), roughness=0.10, specular=0.55)
    _sclera(maps, texels, radius)
    soft = 1.5 / 28  # of the rim: about a texel and a half
    inside = ramp(1.0 + soft, 1.0 - 1.6 * soft, radius)
    ring = np.exp(-(((radius - 0.97) / 0.10) ** 2))
    collar = np.exp(-(((radius - 0.50) / 0.11) ** 2))
    shine = 0.70 + 0.26 * _fibres(radius, angle) * ramp(0.3, 0.5, radius)
    shine = (shine + 0.30 * collar + 0.10 * ramp(0.95, 0.6, radius)) * (1 - 0.80 * ring)
    shine = np.clip(0.8 * shine, 0.05, 2.0) * ramp(_PUPIL - soft, _PUPIL + 0.8 * soft, radius)
    lid = ramp(0.15, 0.75, texels.position[..., 1] - head.eye_centre[1].astype(np.float32))
    maps[3] = (0.5 + 0.5 * texels.occlusion) * (1 - 0.10 * ring) * (1 - 0.45 * lid)
    maps[4] = np.where(radius < 1.15, 0.045, maps[4])
    maps[6] = 0.25 * (1 - inside)
    return maps, np.stack([inside, shine / 2]).astype(np.float32)


def _sclera(maps: FloatMap, texels: Texels, radius: FloatMap) -> None:
    """Warmer and redder towards the corners, with fine veins that fade before the iris."""
    away = ramp(1.1, 2.4, radius)
    veins = np.zeros_like(radius)
    for seed, frequency in ((1, 1.6), (2, 2.8)):
        line = np.exp(-((_noise(texels, seed, frequency, 3) / 0.05) ** 2))
        veins += line * ramp(-0.2, 0.9, _noise(texels, 10 + seed, 1.0))
    veins = np.clip(veins, 0, 1) * ramp(1.2, 2.1, radius)
    cloud = 0.5 * _noise(texels, 5, 1.2)
    for channel, (far, vein) in enumerate(((0.02, 0.03), (0.11, 0.22), (0.13, 0.20))):
        maps[channel] *= np.exp(-away * far * (1 + 0.3 * cloud) - veins * vein)
        maps[channel] *= 1 - 0.16 * np.exp(-(((radius - 1.08) / 0.09) ** 2))  # grey towards the rim


def _gums(texels: Texels) -> FloatMap:
    position, tongue = texels.position, ramp(0.2, 0.8, texels.tongue)
    maps = _plain(texels.shape, (0.66, 0.37, 0.36), roughness=0.25, specular=0.55, scatter=0.8)
    bumpy = _noise(texels, 20, 6.0)
    groove = np.exp(-((position[..., 0] / 0.18) ** 2))
    for channel, (gum, muscle) in enumerate(((0.66, 0.64), (0.36, 0.36), (0.35, 0.36))):
        plain = gum + (muscle - gum) * tongue
        maps[channel] = (
            plain * (1 + 0.05 * bumpy + 0.04 * _noise(texels, 21, 2.0)) - 0.04 * tongue * groove
        )
    depth = ramp(4.5, 10.0, position[..., 2])
    maps[3] = 0.30 + 0.55 * depth
    maps[4] += tongue * 0.12
    maps[7] = 0.5 + (0.05 * bumpy - 0.10 * groove) * tongue
    return maps


def _tooth_frames(head: Head) -> dict[int, npt.NDArray[np.float64]]:
    """Centre (cm) and half size along the arch and up, by number of the tooth of each vertex."""
    edges = head.triangles[head.part == TEETH][:, [0, 1, 1, 2]].reshape(-1, 2)
    count = len(head.vertices)
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    label = connected_components(graph)[1]
    frames = {}
    for tooth in np.unique(label[edges]):
        points = head.vertices[label == tooth]
        frames[int(tooth)] = np.stack([points.mean(0), points.min(0), points.max(0)])
    frames[-1] = label[:, None].astype(np.float64)
    return frames


def _teeth(head: Head, texels: Texels) -> FloatMap:
    frames = _tooth_frames(head)
    label = frames.pop(-1)[:, 0].astype(np.int64)
    number = label[head.triangles[texels.triangle][..., 0]]
    maps = _plain(texels.shape, (0.84, 0.80, 0.71), roughness=0.16, specular=0.6, scatter=0.5)
    x, y, z = np.moveaxis(texels.position, -1, 0)
    for tooth, (centre, low, high) in frames.items():
        mine = number == tooth
        _tooth(maps, mine, (x, y, z), np.stack([centre, low, high]))
    maps[:3] *= 1 + 0.015 * _noise(texels, 30, 3.0)
    maps[3] *= 0.22 + 0.43 * ramp(6.5, 9.8, z)
    return maps


def _tooth(
    maps: FloatMap, mine: npt.NDArray[np.bool_], axes: tuple[FloatMap, FloatMap, FloatMap],
    frame: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    """Ivory, yellower at the root, greyish and clearer at the tip, dark between the teeth."""
    centre, low, high = frame
    arch = np.array([centre[2] - 5.0, 0, -centre[0]])  # along the dental arch, about its middle
    arch /= np.linalg.norm(arch)
    half = 0.5 * np.abs((high - low) @ np.abs(arch))
    sideways = sum((axes[k][mine] - centre[k]) * arch[k] for k in (0, 2)) / half
    upper = centre[1] > -3.2
    rise = (axes[1][mine] - low[1]) / (high[1] - low[1])
    to_tip = 1 - rise if upper else rise
    gap = ramp(0.55, 1.0, np.abs(sideways).astype(np.float32))
    root = ramp(0.55, 0.1, to_tip.astype(np.float32))
    tip = ramp(0.82, 1.0, to_tip.astype(np.float32))
    for channel, (at_root, at_tip) in enumerate(((0.05, 0.06), (0.10, 0.05), (0.22, 0.01))):
        maps[channel][mine] *= np.exp(
            -root * at_root - tip * at_tip - gap * (0.22 + 0.06 * channel)
        )
    maps[3][mine] = (1 - 0.55 * gap) * (1 - 0.35 * root)


def _lashes(rows: int) -> FloatMap:
    """Dark hair; the occlusion channel says how much of a texel a lash covers."""
    return _plain((rows // 4, rows // 4), (0.07, 0.055, 0.05), roughness=0.55, specular=0.3)


def _cap(rows: int) -> FloatMap:
    """Where the bust is cut: matte clay, a bevelled edge, softly brushed.

    The product multiplies it by the colour of the skin.
    """
    row, column = np.mgrid[:rows, :rows].astype(np.float32)
    across, along = (column + 0.5) / rows - 0.5, (row + 0.5) / rows - 0.5
    radius = np.hypot(across, along) / _CAP_RADIUS
    bevel = ramp(0.86, 0.97, radius)
    points = np.stack([across, along, 0 * across], -1).reshape(-1, 3) * 24  # about centimetres
    brushed = value_noise(torch.from_numpy(points), 950, 1.1, 3).numpy().reshape(rows, rows)
    maps = _plain((rows, rows), (1.0, 1.0, 1.0), roughness=0.72, specular=0.35, scatter=0.35)
    maps[:3] = 0.86 + 0.10 * bevel + 0.012 * brushed
    maps[3] = 0.80 + 0.20 * bevel
    maps[4] += 0.03 * brushed
    maps[7] = 0.5 + 0.02 * brushed
    return maps
