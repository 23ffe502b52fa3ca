"""Colours of irises, whites of the eyes and teeth, measured where a photo shows them.

Each pixel that shows an eye or a tooth is compared with what the model's own eyes and teeth would
look like there in the photo's light. What differs in the median is the person's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import binary_erosion
from torch import Tensor
from torch.nn import functional

from head360.fitting.delight import SkinPatch, albedo_under, radiance, seen_under
from head360.fitting.unproject import Posed, View
from head360.model.sampling import IRIS_COLORS
from head360.model.texture import IRIS_LIGHT, PUPIL, FixedTiles
from head360.model.texture_layers import encoded
from head360.model.topology import ATLAS_ASPECT, EYE, TEETH
from head360.rendering.rasterize import interpolated
from head360.rendering.shade import linear_from_srgb

#: So many pixels must show something before it is believed.
_LEAST_PIXELS = 24
#: Eyes and teeth lie in the shade of lids and lips, which factors may make up for, encoded. Whites
#: that were brighter than any would stare.
_WHITES, _TEETH = (0.55, 1.0), (0.55, 1.25)
_IRIS_LIMITS = (0.008, 0.40)
_WHITE, _IRIS = 0.05, 0.9
#: Irises shine in the middle (the pupil does not): pattern brighter than this is iris.
_SHINING = 0.15
#: Of the pixels of an iris, from the darkest up, these are believed.
_BELIEVED = (0.10, 0.50)
#: How far, as logarithms, irises seem lighter and of another hue than they are; how much what
#: irises usually look like counts.
_LIGHTER, _HUE, _LIKELY = 0.3, 0.9, 0.65
_GAMMA = 1 / 2.2
_CHROMA = 0.5  # of the colour that a white of an eye or a tooth seems to have


@dataclass(frozen=True, slots=True, eq=False)
class EyeColors:
    """What was measured; factors as in `Likeness`."""

    sclera: tuple[float, float, float] = (1.0, 1.0, 1.0)
    teeth: tuple[float, float, float] = (1.0, 1.0, 1.0)
    iris: tuple[float, float, float] | None = None  # linear RGB; None: not seen


def eye_colors(
    photo: Tensor, view: View, posed: Posed, fixed: FixedTiles, light: Tensor, tint: Tensor
) -> EyeColors:
    """Measure eyes and teeth.

    Args:
        photo: (H, W, 3) sRGB-encoded, 0 … 1.
        view: what each of its pixels shows.
        posed: the head in it.
        fixed: the model's eyes and teeth.
        light: (9,) the photo's grey light.
        tint: (3,) the light's colour.
    """
    eye, tooth = (_shown(view, posed, material) for material in (EYE, TEETH))
    maps = _maps(fixed, view, posed, torch.cat([eye, tooth]))
    sight = _Sight(photo, view, posed, light, tint)
    sclera, iris = _eyes(sight, eye, maps[: len(eye)])
    return EyeColors(sclera, _factor(sight, tooth, maps[len(eye) :], _TEETH), iris)


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """What a photo shows, and in which light."""

    photo: Tensor  # (H, W, 3) sRGB-encoded
    view: View
    posed: Posed
    light: Tensor  # (9,) grey
    tint: Tensor  # (3,)

    def at(self, pixels: Tensor) -> Tensor:
        """(K, 3) scene-linear light, its colour taken off."""
        return radiance(self.photo.flatten(0, 1)[pixels]) / self.tint


def _shown(view: View, posed: Posed, material: int) -> Tensor:
    """(K,) flat pixels well within what shows a material."""
    there = view.shows(posed.topology, material)
    inner = binary_erosion(there.numpy(), iterations=1)
    return torch.nonzero(torch.from_numpy(inner).flatten())[:, 0]


def _eyes(
    sight: _Sight, eye: Tensor, maps: Tensor
) -> tuple[tuple[float, float, float], tuple[float, float, float] | None]:
    share, shine = maps[:, 8], maps[:, 9] * IRIS_LIGHT
    white, iris = share < _WHITE, (share > _IRIS) & (shine > _SHINING)
    sclera = _factor(sight, eye[white], maps[white], _WHITES)
    if int(iris.sum()) < _LEAST_PIXELS:
        return sclera, None
    patch = _patch(sight, eye[iris], maps[iris])
    mixed = encoded(albedo_under(sight.light, patch, sight.at(eye[iris])).clamp(0, 1))
    around = maps[iris, :3] * mixed.new_tensor(sclera)
    own = share[iris, None]
    albedo = linear_from_srgb((mixed - (1 - own) * around) / own)
    color = (albedo - PUPIL) / shine[iris, None]
    # Glints, and white that lies beside, are brighter than irises; pupils and lashes darker.
    order = color.mean(1).argsort()
    few, many = (round(share * len(order)) for share in _BELIEVED)
    color = color[order[few:many]].mean(0).clamp(*_IRIS_LIMITS)
    red, green, blue = likely_iris(color).tolist()
    return sclera, (red, green, blue)


def likely_iris(seen: Tensor) -> Tensor:
    """(3,) a colour that irises have, near to one that was seen (3,).

    Some pixels of an iris, with the sky mirrored in them, tell how light it is, but hardly its hue.
    """
    known = seen.new_tensor(list(IRIS_COLORS.values())).log()
    away = known - seen.log()
    lighter = away.mean(1, keepdim=True)
    distance = (lighter[:, 0] / _LIGHTER).square() + (away - lighter).square().sum(1) / _HUE**2
    likely = torch.softmax(-distance / 2, 0) @ known
    return torch.lerp(seen.log(), likely, _LIKELY).exp()


def _factor(
    sight: _Sight, pixels: Tensor, maps: Tensor, limits: tuple[float, float]
) -> tuple[float, float, float]:
    """What the encoded albedo must be multiplied by to look as it was seen."""
    if len(pixels) < _LEAST_PIXELS:
        return (1.0, 1.0, 1.0)
    patch = _patch(sight, pixels, maps)
    made = seen_under(sight.light, patch, linear_from_srgb(maps[:, :3]))
    ratio = (sight.at(pixels) / made.clamp(min=1e-3)).log().median(0).values
    ratio = ratio.mean() + _CHROMA * (ratio - ratio.mean())
    red, green, blue = (ratio * _GAMMA).exp().clamp(*limits).tolist()
    return red, green, blue


def _maps(fixed: FixedTiles, view: View, posed: Posed, pixels: Tensor) -> Tensor:
    """(K, 10) the model's channels at pixels, and the share and shine of the iris."""
    rows = 2 * fixed.eye.maps.shape[1]
    whole = torch.zeros(10, rows, round(ATLAS_ASPECT * rows))
    for tile in (*fixed.tiles, fixed.eye):
        height, width = tile.maps.shape[1:]
        place = whole[:, tile.row : tile.row + height, tile.column : tile.column + width]
        place[:8] = tile.maps
    height, width = fixed.iris.shape[1:]
    eye = fixed.eye
    whole[8:, eye.row : eye.row + height, eye.column : eye.column + width] = fixed.iris
    topology = posed.topology
    flat = torch.from_numpy(topology.uv_triangles[topology.drawn].astype(np.int64))
    uv = interpolated(view.raster, torch.from_numpy(topology.uv), flat, pixels)
    sampled = functional.grid_sample(
        whole[None], uv[None, None] * 2 - 1, padding_mode="border", align_corners=False
    )
    return sampled[0, :, 0].T


def _patch(sight: _Sight, pixels: Tensor, maps: Tensor) -> SkinPatch:
    posed, topology = sight.posed, sight.posed.topology
    triangles = torch.from_numpy(topology.triangles[topology.drawn].astype(np.int64))
    both = torch.cat([posed.vertices, posed.normals], 1)
    shown = interpolated(sight.view.raster, both, triangles, pixels)
    normals = functional.normalize(shown[:, 3:], dim=1)
    towards = functional.normalize(posed.eye - shown[:, :3], dim=1)
    facing = (normals * towards).sum(1)
    mirror = functional.normalize(2 * facing[:, None] * normals - towards, dim=1)
    occlusion, roughness, _, scatter = maps[:, 3:7].unbind(1)
    # What they mirror is dark, but for a glint that the median leaves out.
    dull = torch.zeros_like(facing)
    return SkinPatch(normals, mirror, facing, occlusion, roughness, dull, scatter)
