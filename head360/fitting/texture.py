"""From a photo and the head in it to skin of one's own: light taken off, gaps filled, no seams.

Steps (`SkinFitter.fit` yields the name of each before it runs): unproject, estimate the light, gate
what is not skin, find the generated skin that is most like it, estimate the light again with that
skin's albedo, tame highlights and shadows, mirror, and join with the generated skin.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.atlas import SkinAtlas, skin_atlas
from head360.fitting.blend import joined, mirrored
from head360.fitting.delight import (
    SkinPatch,
    albedo_under,
    estimated_light,
    nearest_light,
    photo_lighting,
    radiance,
    usual,
)
from head360.fitting.eyes import EyeColors, eye_colors
from head360.fitting.skin_code import found_skin, generated
from head360.fitting.skin_gate import skin_gate
from head360.fitting.unproject import Bools, Posed, Seen, View, unprojected
from head360.fitting.zones import Zones, skin_zones
from head360.light import Light
from head360.likeness import MODES, Likeness
from head360.model.bilinear import BilinearModel
from head360.model.texture import TextureModel
from head360.model.texture_layers import Placement, encoded
from head360.params import FloatArray, HeadParams
from head360.rendering.lighting import Lighting
from head360.rendering.shade import linear_from_srgb

#: Channels of a tile.
_OCCLUSION, _ROUGHNESS, _SPECULAR, _SCATTER = 3, 4, 5, 6
#: Albedo of skin lies within these, linear.
_DARKEST, _LIGHTEST = 0.004, 0.92
#: Texels over which a difference between both sides of a face is taken for light, and how much
#: of it is evened out.
_SHADOW_TEXELS, _EVENED = 14.0, 0.35
#: Gloss beyond this, as a logarithm over the skin around it, is taken off for the most part.
_GLOSS, _GLOSS_LEFT, _GLOSS_TEXELS = 0.06, 0.3, 10.0
_SAMPLES = 25_000
#: Texels of patches that are evened out and of what they are compared with; shares taken off.
_PATCH_TEXELS, _AROUND_TEXELS, _CALM_GREY, _CALM_COLOR = 6.0, 36.0, 0.15, 0.35
_LID_SHADOW = 0.38  # of a logarithm: darker is no lid's own colour
_LASH_TEXELS = 1  # lids fold there: drawn a little wider, lashes still show
#: Lashes darken lids by so much at least and at most, as a logarithm; usually; texels to tell by.
_LASHES, _USUAL_LASHES, _LEAST_LASHES = (0.8, 1.8), 1.2, 40.0


@dataclass(frozen=True, slots=True, eq=False)
class FittedSkin:
    """What a photo gave for the skin."""

    code: FloatArray  # (64,) texture code of the generated skin below
    skin: FloatArray  # (3, U, 2U) to be added to its sRGB-encoded albedo
    observed: FloatArray  # (U, 2U) 0 invented … 1 seen
    light: Tensor  # (9,) grey light of the photo, as `Lighting.irradiance`
    tint: Tensor  # (3,) its colour, of mean 1
    colors: EyeColors
    distance: float  # how far the photo's skin is from the generated skin, as a logarithm

    def applied(self, params: HeadParams) -> HeadParams:
        """A head with this skin. Its attributes start at 0: brows and beard are in the photo's."""
        like = params.likeness
        likeness = Likeness.made(
            modes=np.zeros(MODES) if like is None else like.modes,
            skin=self.skin,
            observed=self.observed,
            offsets=None if like is None else like.offsets,
            sclera=self.colors.sclera,
            teeth=self.colors.teeth,
        )
        head = params.with_(
            texture=self.code, attributes=np.zeros_like(params.attributes), likeness=likeness
        )
        return head if self.colors.iris is None else head.with_(iris_color=self.colors.iris)

    def only_generated(self) -> FittedSkin:
        """Without what was taken from the photo itself."""
        return replace(self, skin=np.zeros_like(self.skin), observed=np.zeros_like(self.observed))

    @property
    def lighting(self) -> Lighting:
        """The photo's light, to see the head as in the photo."""
        return photo_lighting(self.light, self.tint)

    @property
    def suggested_light(self) -> Light:
        """The light of ours that is most like the photo's."""
        return nearest_light(self.light)


class SkinFitter:
    """Fits skins; makes what all of them need once."""

    def __init__(self, texture: TextureModel, mesh: BilinearModel) -> None:
        self._generator, self._fixed = texture.generator, texture.fixed
        self._atlas = skin_atlas()
        self._lashes = _layer(self._atlas, texture.layers["eyeliner"], _LASH_TEXELS)
        self._zones = skin_zones(self._atlas, mesh.mean, mesh.topology)

    @property
    def atlas(self) -> SkinAtlas:
        """The texels that skins are made of."""
        return self._atlas

    @property
    def zones(self) -> Zones:
        """Parts of the face, for each of the texels."""
        return self._zones

    def fit(
        self,
        photo: Tensor,
        posed: Posed,
        allowed: Bools | None = None,
        *,
        parsed: bool = False,
    ) -> Generator[str, None, FittedSkin]:
        """Skin of a face in a photo.

        Args:
            photo: (H, W, 3) sRGB-encoded, 0 … 1, best of 512 to 1024 pixels a side.
            posed: the head as it stands in the photo, with the photo's camera.
            allowed: (H, W) where skin may be seen.
            parsed: whether hair is left out there; else it is told by its looks, and scalp and
                ears, where it is most likely, are invented.
        """
        yield "unproject"
        atlas, zones = self._atlas, self._zones
        view = View.of(posed, (photo.shape[0], photo.shape[1]))
        seen = unprojected(photo, view, posed, atlas, allowed)
        light = radiance(seen.color)
        yield "light"
        start = atlas.listed(generated(self._generator, torch.zeros(64)))
        patch = _patch(seen, start)
        trust = seen.trust * (zones.reached if parsed else zones.bare)
        first = usual(_light(patch, light, linear_from_srgb(start[:, :3]), trust * zones.plain))
        yield "gate"
        albedo = albedo_under(first, patch, light)
        trust = trust * skin_gate(atlas, zones, albedo, trust)
        yield "generated skin"
        found = found_skin(self._generator, atlas, albedo, trust)
        tile = generated(self._generator, found.code)
        base = atlas.listed(tile)
        template = linear_from_srgb(base[:, :3]).clamp(min=_DARKEST)
        yield "albedo"
        tint = found.gain / found.gain.mean()
        patch = _patch(seen, base)
        second = _light(patch, light / tint, template, trust * (0.15 + zones.plain))
        albedo = albedo_under(second, patch, light / tint)
        logs = albedo.clamp(_DARKEST, _LIGHTEST).log()
        yield "join"
        logs = _without_gloss(atlas, logs, trust)
        logs = _without_shadow(atlas, logs, trust)
        logs = _calmed(atlas, logs, template.log(), trust, zones)
        logs = _clean_lids(logs, template.log(), trust, zones)
        logs, wider = mirrored(atlas, logs, trust)
        lash = _lash_line(self._lashes, logs, template.log(), seen.shown)
        whole = joined(atlas, logs, wider, template.log(), zones.plain) - lash
        colors = eye_colors(photo, view, posed, self._fixed, second, tint)
        painted = encoded(whole.exp().clamp(_DARKEST, _LIGHTEST))
        return FittedSkin(
            found.code.numpy(),
            atlas.padded(atlas.tile(painted - base[:, :3])).numpy(),
            atlas.tile(trust[:, None])[0].numpy(),
            second,
            tint,
            colors,
            found.distance,
        )


def _layer(atlas: SkinAtlas, placements: tuple[Placement, ...], wider: int) -> Tensor:
    """(N,) 0 … 1 where an attribute goes, wider by some texels to each side."""
    whole = torch.zeros(1, atlas.rows, 5 * atlas.rows // 2)
    for placement in placements:
        height, width = placement.map.shape
        place = whole[0, placement.row :, placement.column :][:height, :width]
        torch.maximum(place, placement.map, out=place)
    grown = functional.max_pool2d(whole[None], 2 * wider + 1, 1, wider)[0]
    return atlas.listed(grown[:, :, : 2 * atlas.rows])[:, 0]


def _patch(seen: Seen, channels: Tensor) -> SkinPatch:
    """The texels as light sees them, with the surface of a generated skin (N, 8)."""
    mirror = 2 * seen.facing[:, None] * seen.normals - seen.view
    return SkinPatch(
        seen.normals,
        functional.normalize(mirror, dim=1),
        seen.facing,
        channels[:, _OCCLUSION],
        channels[:, _ROUGHNESS],
        channels[:, _SPECULAR],
        channels[:, _SCATTER],
    )


def _light(patch: SkinPatch, seen: Tensor, albedo: Tensor, weight: Tensor) -> Tensor:
    """The light, from some thousand of the texels that weigh anything."""
    chosen = torch.nonzero(weight > 0.05)[:, 0]
    chosen = chosen[:: max(1, len(chosen) // _SAMPLES)]
    return estimated_light(patch[chosen], seen[chosen], albedo[chosen], weight[chosen])


def _without_gloss(atlas: SkinAtlas, logs: Tensor, trust: Tensor) -> Tensor:
    """Takes off highlights: spots that are brighter and greyer than the skin around them."""
    around = _smoothed(atlas, logs, trust, _GLOSS_TEXELS)
    brighter = (logs - around).mean(1)
    greyer = (logs[:, 2] - logs[:, 0]) - (around[:, 2] - around[:, 0])
    gloss = torch.minimum(brighter, 2.5 * greyer.clamp(min=0))
    share = ((gloss - _GLOSS) / (2 * _GLOSS)).clamp(0, 1)[:, None] * (1 - _GLOSS_LEFT)
    return logs + share * (around - logs)


def _without_shadow(atlas: SkinAtlas, logs: Tensor, trust: Tensor) -> Tensor:
    """Evens out what is brighter, over some distance, on one side than on the other."""
    grey = logs.mean(1, keepdim=True)
    other, there = grey[atlas.mirrored], trust[atlas.mirrored]
    both = trust * there
    uneven = _smoothed(atlas, grey - other, both, _SHADOW_TEXELS)
    known = atlas.blurred(both[:, None], _SHADOW_TEXELS)
    return logs - 0.5 * _EVENED * uneven * (known / 0.5).clamp(max=1)


def _calmed(
    atlas: SkinAtlas, logs: Tensor, template: Tensor, trust: Tensor, zones: Zones
) -> Tensor:
    """Evens out patches: the photo's folds of a smile, its shadows, and what glowed in its light.

    Fine detail stays; so do brows, lips and whatever else is not even by nature.
    """
    weight = trust * (1 - zones.features)
    difference = logs - template
    patches = _smoothed(atlas, difference, weight, _PATCH_TEXELS)
    around = _smoothed(atlas, difference, weight, _AROUND_TEXELS)
    uneven = patches - around
    grey = uneven.mean(1, keepdim=True)
    calm = _CALM_GREY * grey + _CALM_COLOR * (uneven - grey)
    return logs - calm * (1 - zones.features)[:, None]


def _clean_lids(logs: Tensor, template: Tensor, trust: Tensor, zones: Zones) -> Tensor:
    """Limits how dark upper lids are: in their folds lies shadow that a closed eye would show."""
    sure = torch.nonzero(trust * zones.plain > 0.7)[:, 0]
    if not len(sure):
        return logs
    usual = (logs - template)[sure].median(0).values
    bright = torch.maximum(logs, template + usual - _LID_SHADOW)
    return torch.lerp(logs, bright, zones.lids[:, None])


def _lash_line(lashes: Tensor, logs: Tensor, template: Tensor, shown: Tensor) -> Tensor:
    """(N, 1) how much darker, as a logarithm, skin is where lashes (N,) stand: they are painted."""
    weight = lashes * shown * (lashes > 0.4)
    if float(weight.sum()) < _LEAST_LASHES:
        return _USUAL_LASHES * lashes[:, None]
    darker = ((template - logs).mean(1) * weight).sum() / weight.sum()
    return float(darker.clamp(*_LASHES)) * lashes[:, None]


def _smoothed(atlas: SkinAtlas, values: Tensor, trust: Tensor, texels: float) -> Tensor:
    """Means (N, C) over some texels around, of what is trusted."""
    soft = atlas.blurred(torch.cat([values * trust[:, None], trust[:, None]], 1), texels)
    return soft[:, :-1] / soft[:, -1:].clamp(min=1e-3)
