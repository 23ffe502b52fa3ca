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

from head360.fitting.atlas import SkinAtlas, opening_atlases, rim_of, skin_atlas
from head360.fitting.blend import joined, mirrored, usual_difference
from head360.fitting.calm import (
    calmed,
    clean_lids,
    even_hue,
    folded,
    one_hue,
    with_even_neck,
    without_gloss,
    without_shadow,
)
from head360.fitting.delight import (
    SkinPatch,
    albedo_under,
    estimated_light,
    nearest_light,
    radiance,
    usual,
)
from head360.fitting.eyes import EyeColors, eye_colors
from head360.fitting.lashes import lash_band, lash_line
from head360.fitting.occasion import Before, Occasion, moment_of
from head360.fitting.skin_code import FoundSkin, found_skin, generated
from head360.fitting.skin_gate import skin_gate
from head360.fitting.unproject import Bools, Posed, Seen, View, unprojected
from head360.fitting.zones import Zones, skin_zones
from head360.light import Light
from head360.likeness import MODES, Likeness
from head360.model.bilinear import BilinearModel
from head360.model.texture import TextureModel
from head360.model.texture_layers import encoded
from head360.params import FloatArray, HeadParams, neutral_head
from head360.rendering.lighting import Lighting, photo_lighting
from head360.rendering.shade import linear_from_srgb

#: Channels of a tile.
_OCCLUSION, _ROUGHNESS, _SPECULAR, _SCATTER = 3, 4, 5, 6
#: Albedo of skin lies within these, linear.
_DARKEST, _LIGHTEST = 0.004, 0.92
_SAMPLES = 25_000


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
    #: To be added while the face does what it does in the photo: (3, U, 2U) to `skin`, and
    #: (3, U, U / 2) to the atlas's columns of eyes, gums and teeth
    moment: FloatArray
    opening: FloatArray
    fringe: FloatArray  # (U, 2U) 0 … 1 how much of `moment` is hair that is worn, not skin
    cast: FloatArray  # (3, U, 5U / 2) to be added to both in the photo's own light

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
            moment=self.moment,
            opening=self.opening,
            fringe=self.fringe,
            cast=self.cast,
            expression=params.expression,
            light=self._told_light,
        )
        head = params.with_(
            texture=self.code, attributes=np.zeros_like(params.attributes), likeness=likeness
        )
        return head if self.colors.iris is None else head.with_(iris_color=self.colors.iris)

    def only_generated(self) -> FittedSkin:
        """Without what was taken from the photo itself."""
        nothing = np.zeros_like(self.skin)
        return replace(
            self, skin=nothing, moment=nothing, opening=np.zeros_like(self.opening),
            fringe=np.zeros_like(self.fringe), cast=np.zeros_like(self.cast),
            observed=np.zeros_like(self.observed),
        )  # fmt: skip

    @property
    def lighting(self) -> Lighting:
        """The photo's light, to see the head as in the photo."""
        return photo_lighting(self._told_light)

    @property
    def _told_light(self) -> FloatArray:
        """(12,) as `Likeness.light`."""
        told: FloatArray = torch.cat([self.light, self.tint]).numpy().astype(np.float32)
        return told

    @property
    def suggested_light(self) -> Light:
        """The light of ours that is most like the photo's."""
        return nearest_light(self.light)


class SkinFitter:
    """Fits skins; makes what all of them need once."""

    def __init__(self, texture: TextureModel, mesh: BilinearModel) -> None:
        self._texture, self._generator = texture, texture.generator
        self._atlas = skin_atlas()
        self._lashes = lash_band(self._atlas, mesh.mean, mesh.topology)
        self._zones = skin_zones(self._atlas, mesh.mean, mesh.topology)
        self._start = self._atlas.listed(generated(self._generator, torch.zeros(64)))
        rim_of((self._atlas, *opening_atlases()))  # found again by who paints

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
        told: Tensor | None = None,
        relaxed: Tensor | None = None,
        before: Before | None = None,
    ) -> Generator[str, None, FittedSkin]:
        """Skin of a face in a photo.

        Args:
            photo: (H, W, 3) sRGB-encoded, 0 … 1, best of 512 to 1024 pixels a side.
            posed: the head as it stands in the photo, with the photo's camera.
            allowed: (H, W) where skin may be seen.
            told: (4, H, W) shares of brows, lips, beard, and skin that a person says is bare.
                Without, hair is told by its looks; scalp and ears, often hidden, are invented.
            relaxed: (V, 3) metres: the head without expression, to know where its skin folds.
            before: what is before the face: hair that is drawn with the head, and all else.
        """
        yield "unproject"
        atlas, before = self._atlas, before or Before()
        view = View.of(posed, (photo.shape[0], photo.shape[1]))
        seen = unprojected(photo, view, posed, atlas, allowed, told, before.hair)
        zones = self._zones.told(atlas, seen.told) if told is not None else self._zones
        light = radiance(seen.color)
        yield "light"
        start = self._start
        patch = _patch(seen, start)
        trust = seen.trust * (zones.bare if told is None else zones.reached)
        first = usual(_light(patch, light, linear_from_srgb(start[:, :3]), trust * zones.plain))
        yield "gate"
        albedo = albedo_under(first, patch, light)
        gate = skin_gate(atlas, zones, albedo, trust)
        trust = trust * gate
        yield "generated skin"
        found = found_skin(self._generator, atlas, albedo, trust)
        made = generated(self._generator, found.code)
        base = atlas.listed(made)
        template = linear_from_srgb(base[:, :3]).clamp(min=_DARKEST)
        yield "albedo"
        tint, patch = found.tint, _patch(seen, base)
        second = _light(patch, light / tint, template, trust * (0.15 + zones.plain))
        logs = _skin_under(second, patch, light, tint, trust * zones.plain * (1 - zones.hairline))
        yield "join"
        pushed = _pushed(atlas, posed, relaxed)
        painted = self._whole(logs, template.log(), trust, seen.shown, zones, pushed)
        colors = eye_colors(photo, view, posed, self._texture.shown, second, tint)
        fitted = self._evened(found, painted - base[:, :3], trust, second, colors)
        yield "moment"
        made[:3] = atlas.padded(atlas.tile(painted))
        maps = self._texture.painted(made, fitted.applied(neutral_head()), 0.0)
        occasion = Occasion(photo, view, posed, seen, zones, trust, gate, before)
        moment = moment_of(atlas, occasion, maps, fitted.lighting)
        return replace(
            fitted, moment=moment.skin, opening=moment.opening, fringe=moment.fringe,
            cast=moment.cast,
        )  # fmt: skip

    def _evened(
        self, found: FoundSkin, added: Tensor, trust: Tensor, light: Tensor, colors: EyeColors
    ) -> FittedSkin:
        """Without its moment: what is added (N, 3) to the generated skin, in a light (9,)."""
        atlas = self._atlas
        nothing = np.zeros((3, atlas.rows, atlas.columns * 5 // 4), np.float32)
        skin = nothing[..., : atlas.columns]
        return FittedSkin(
            code=found.code.numpy(),
            skin=atlas.padded(atlas.tile(added)).numpy(),
            observed=atlas.tile(trust[:, None])[0].numpy(),
            light=light, tint=found.tint, colors=colors, distance=found.distance,
            moment=skin, opening=nothing[..., atlas.columns :], fringe=skin[0], cast=nothing,
        )  # fmt: skip

    def _whole(
        self, logs: Tensor, skin: Tensor, trust: Tensor, shown: Tensor, zones: Zones, pushed: Tensor
    ) -> Tensor:
        """(N, 3) encoded albedo of all the skin, from logarithms of a photo's and of generated."""
        atlas = self._atlas
        plain = skin + usual_difference(logs - skin, trust * zones.plain)
        lash = lash_line(self._lashes, logs, plain, shown)
        logs = without_gloss(atlas, logs, trust)
        logs = without_shadow(atlas, logs, trust)
        logs = calmed(atlas, logs, skin, trust, torch.maximum(zones.features, zones.brows), pushed)
        logs = one_hue(logs, trust * zones.brows, zones.brows)
        logs = clean_lids(atlas, logs, plain, trust, zones.lids)
        usual_skin = skin + usual_difference(logs - skin, trust * zones.plain)
        even = with_even_neck(atlas, logs - usual_skin, trust, zones.neck)
        logs, wider = mirrored(atlas, usual_skin + even, trust)
        logs = joined(atlas, logs, wider, skin, zones.plain) - lash
        return encoded(logs.exp().clamp(_DARKEST, _LIGHTEST))


def _skin_under(
    told: Tensor, patch: SkinPatch, light: Tensor, tint: Tensor, bare: Tensor
) -> Tensor:
    """(N, 3) logarithms of albedo in a light (9,) of a colour (3,), evened where skin is bare."""
    logs = albedo_under(told, patch, light / tint).clamp(_DARKEST, _LIGHTEST).log()
    return even_hue(logs, light.clamp(min=_DARKEST).log().mean(1), bare)


def _pushed(atlas: SkinAtlas, posed: Posed, relaxed: Tensor | None) -> Tensor:
    """Where the expression folds skin, against a face (V, 3) that is `relaxed`."""
    still = posed.vertices if relaxed is None else relaxed
    return folded(atlas, posed.topology, still, posed.vertices)


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
    """(9,) the light, from some thousand of the texels that weigh anything."""
    chosen = torch.nonzero(weight > 0.05)[:, 0]
    chosen = chosen[:: max(1, len(chosen) // _SAMPLES)]
    return estimated_light(patch[chosen], seen[chosen], albedo[chosen], weight[chosen])
