"""Hair's colour, looked at: the fitted hair is drawn as the photo shows it, and corrected.

What a strand of some colour looks like depends on its neighbours, on where it lies and on its
light, so a colour read off the photo (`fitting.hairstyle.hair_color`) is a first guess. Here the
renderer's own functions march and shade the fitted style along the photo's rays, under the light
that the head is going to be shown in; the colour moves until both are as bright and as coloured on
average. The march is done once, a look at another colour costs some milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.fitting.hair import Silhouette
from head360.fitting.parsing import ClassMap, Picture
from head360.model.field import HairField, HairPlanes
from head360.model.seating import Seating
from head360.rendering.lighting import (
    Lighting,
    ambient_visibility,
    key_transmittance,
    seated_extinction,
)
from head360.rendering.march import HAIR_COLUMNS, Rays, march_hair
from head360.rendering.shade import LitScene, linear_from_srgb, strand_colors

Floats = npt.NDArray[np.float32]

#: Rays whose pixel is hair so far, in the photo and in the drawing; how many at least and at most.
_SURE, _DRAWN, _LEAST, _MOST = 0.9, 0.6, 24, 500
#: Colours are compared without the darkest and the brightest tenth: gaps, and what shines.
_TRIMMED = 0.1
#: log(colour) moves so far for log(light): dark hair shines, so light changes less than colour.
_SLOPE, _ROUNDS = 1.25, 4
_DARKEST, _BRIGHTEST = 0.003, 0.9
#: Darker than the second, hair is brown or black; lighter than the first it may be of any hue.
_PALE, _BLACK, _BROWN = 0.04, 0.01, np.array([1.25, 0.95, 0.75], np.float32)
#: Natural hair's log(red / green) is at least so many log(green / blue): blond has 0.56, grey and
#: platinum as much, brown and red more. Beyond this log(green / red) or log(blue / green) it begins
#: to be dyed, at twice as much it is.
_REDDER, _DYED = 0.55, 0.15
#: How far colours of light, the photo's and ours, are left out: nobody knows whether a warm picture
#: was taken in warm light. All would be right for other lights, none for the first look.
_NEUTRAL = 0.5
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class DrawnHair:
    """What the photo's rays meet of a fitted style, ready to be shaded in any colour."""

    columns: Tensor  # (N, 9) HAIR_COLUMNS
    rays: Tensor  # (N, 3) unit
    photo: Tensor  # (N, 3) display-linear light of the photo along them
    scene: LitScene

    def drawn(self, color: Floats) -> Tensor:
        """(N, 3) display-linear light of hair whose colour is (3,) linear RGB."""
        scene = replace(self.scene, hair_color=torch.tensor(color))
        return strand_colors(self.columns, self.rays, scene)


@torch.inference_mode()
def drawn_hair(
    crop: Picture,
    seen: Silhouette,
    parsed: ClassMap,
    field: HairField,
    style: HairPlanes,
    seating: Seating,
    light: Lighting,
) -> DrawnHair | None:
    """March a style along the photo's rays; None where too little hair is seen in both.

    Args:
        crop: (H, W, 3) sRGB.
        seen: the photo's silhouette.
        parsed: the crop's class map.
        field: what planes are asked through.
        style: the planes of the fitted style.
        seating: where it sits on this head, in its fitted shape.
        light: what it is lit by; half of its colour is left out.
    """
    rays, limit, chosen = hair_rays(seen)
    if len(chosen) < _LEAST:
        return None
    columns = march_hair(field, style, rays, limit, warp=seating)
    met = torch.nonzero(columns[:, HAIR_COLUMNS.index("alpha")] > _DRAWN)[:, 0]
    if len(met) < _LEAST:
        return None
    photo = _photo_light(crop, parsed, seen.size)[chosen[met]]
    scene = _lit(style, seating, light, rays.origins[0])
    return DrawnHair(columns[met], rays.directions[met], photo, scene)


@torch.inference_mode()
def relit(hair: DrawnHair, style: HairPlanes, seating: Seating, light: Lighting) -> DrawnHair:
    """The same hair, as `drawn_hair` met it, in another light."""
    return replace(hair, scene=_lit(style, seating, light, hair.scene.eye))


def _lit(style: HairPlanes, seating: Seating, light: Lighting, eye: Tensor) -> LitScene:
    extinction = seated_extinction(style.shading, seating)
    paler = _paler(light)
    return LitScene(
        paler, None, key_transmittance(extinction, paler.directions[0]),
        ambient_visibility(extinction), torch.zeros(3), eye,
    )  # fmt: skip


@torch.inference_mode()
def matched_color(hair: DrawnHair, start: Floats, tint: Floats | None = None) -> Floats:
    """(3,) linear RGB with which hair looks on average as in the photo.

    Args:
        hair: what the photo's rays meet.
        start: (3,) a first guess.
        tint: (3,) the colour of the photo's light, if it is known.
    """
    wanted = _mean(hair.photo)
    if tint is not None:
        wanted = wanted / (tint / float(tint @ _LUMA)) ** _NEUTRAL
    color = start.astype(np.float32)
    for _ in range(_ROUNDS):
        change = np.log(np.maximum(wanted, 1e-4)) - np.log(
            np.maximum(_mean(hair.drawn(color)), 1e-4)
        )
        moved = color * np.exp(_SLOPE * np.clip(change, -1.5, 1.5))
        color = moved.clip(_DARKEST, _BRIGHTEST).astype(np.float32)
    return _natural(color)


def _natural(color: Floats) -> Floats:
    """The nearest colour that grows: what else hair seems to have, its surroundings lend it.

    Natural hair, and what is dyed to look so, is never green or blue, and the yellower, the redder;
    clearly dyed hair stays. Dark hair is brown or black.
    """
    level = float(color @ _LUMA)
    red, blue = (float(np.log(color[place] / color[1])) for place in (0, 2))
    dyed = float(np.clip((max(-red, blue) - _DYED) / _DYED, 0, 1))
    grown = np.exp([max(red, _REDDER * max(-blue, 0)), 0, min(blue, 0)])
    grown *= level / float(grown @ _LUMA)
    found = grown + dyed * (color - grown)
    dark = float(np.clip((_PALE - level) / (_PALE - _BLACK), 0, 1))
    natural: Floats = (found + dark * (level * _BROWN - found)).astype(np.float32)
    return natural


def hair_rays(seen: Silhouette, most: int = _MOST) -> tuple[Rays, Tensor, Tensor]:
    """At most so many rays (N) to hair in the photo, how far each may go, and their numbers."""
    sure = torch.nonzero((seen.share > _SURE) & (seen.weight > 0.5))[:, 0]
    chosen = sure[:: max(1, -(-len(sure) // most))]
    away = seen.points[chosen] - seen.eye
    directions = torch.nn.functional.normalize(away[:, 0], dim=1)
    limit = (away * directions[:, None]).sum(2).amax(1)
    return Rays(seen.eye.expand(len(chosen), 3), directions), limit, chosen


def _paler(light: Lighting) -> Lighting:
    def plain(colors: Floats) -> Floats:
        grey = (colors @ _LUMA)[..., None]
        return (colors + _NEUTRAL * (grey - colors)).astype(np.float32)

    return replace(
        light, irradiance=plain(light.irradiance), sharp=plain(light.sharp),
        blurred=plain(light.blurred), colors=plain(light.colors), gloss=plain(light.gloss),
    )  # fmt: skip


def _photo_light(crop: Picture, parsed: ClassMap, size: int) -> Tensor:
    """(R, 3) display-linear means of the photo's hair in each pixel of the silhouette."""
    hair = torch.from_numpy(np.ascontiguousarray(parsed.share("hair")))[None]
    linear = linear_from_srgb(torch.from_numpy(np.array(crop)).permute(2, 0, 1).float() / 255)
    pooled = torch.nn.functional.adaptive_avg_pool2d(torch.cat([linear * hair, hair])[None], size)
    flat = pooled[0].flatten(1).T
    return flat[:, :3] / flat[:, 3:].clamp(min=1e-3)


def _mean(light: Tensor) -> Floats:
    """(3,) of (N, 3), without the darkest and the brightest."""
    order = light.sum(1).argsort()
    cut = int(_TRIMMED * len(order))
    found: Floats = light[order[cut : len(order) - cut]].mean(0).numpy().astype(np.float32)
    return found
