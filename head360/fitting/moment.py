"""What a photo shows of its moment, and the person's own skin is without: drawn, compared, kept.

Skin of one's own is evened out, or folds and shadows of one moment would stay for all others. In
that moment, though, they were there. The head is drawn as the photo's camera saw it, in the photo's
light, with the renderer's own shading; what differs from the photo is added to the albedo, texel by
texel, and drawn again. The difference to the evened skin is kept beside it (`Likeness.moment`) and
comes back as the face does again what it did then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.atlas import SkinAtlas
from head360.fitting.delight import radiance
from head360.fitting.unproject import Posed, View, at_pixels
from head360.model.texture_layers import encoded
from head360.model.topology import ATLAS_ASPECT, SKIN
from head360.rendering.lighting import Lighting
from head360.rendering.rasterize import interpolate
from head360.rendering.reference import Layout, Seen, Surface, attributes, uv_gradients
from head360.rendering.shade import LitScene, linear_from_srgb, skin_colors, srgb_from_linear

#: How often it is drawn and corrected, and by how much at most each time, as a logarithm.
_ROUNDS, _MOST = 3, 0.7
#: Light darker than this says nothing, and albedo stays within these limits, linear.
_LEAST_LIGHT = 0.003
_LIMITS = (0.004, 0.92)
#: Of a hue that the photo's light alone gives even skin, this is kept: other light has it not.
#: Skin becomes lighter by so much at most, as a logarithm: lids lit from below would glow.
_HUE, _LIGHTER = 0.25, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Easel:
    """Draws the skin as a photo's camera saw it: P pixels, whatever is painted on it."""

    pixels: Tensor  # (P,) of the flattened photo
    seen: Seen  # (1, P, …)
    rays: Tensor  # (P, 3) unit
    distance: Tensor  # (P, 1) metres along them
    scene: LitScene

    @classmethod
    def of(cls, view: View, posed: Posed, lighting: Lighting) -> Easel:
        """For the head as it stands in the photo, bald, in a light."""
        topology = posed.topology
        pixels = torch.nonzero(view.shows(topology, SKIN).flatten())[:, 0]
        triangles, flat = (
            torch.from_numpy(corners[topology.drawn].astype(np.int64))
            for corners in (topology.triangles, topology.uv_triangles)
        )
        uv = torch.from_numpy(topology.uv).float()
        both = torch.cat([posed.vertices, posed.normals], 1)
        places = interpolate(view.raster, both, triangles).flatten(0, 1)[pixels]
        surface = Surface(Layout(triangles, flat, uv), posed.vertices, posed.normals, both)
        seen = Seen(
            interpolate(view.raster, uv, flat).flatten(0, 1)[None, pixels],
            functional.normalize(places[None, :, 3:], dim=-1),
            uv_gradients(surface)[view.raster.triangle.flatten()[None, pixels]],
        )
        away = places[:, :3] - posed.eye
        distance = away.norm(dim=1, keepdim=True)
        scene = LitScene(lighting, None, None, None, torch.zeros(3), posed.eye)
        return cls(pixels, seen, away / distance, distance, scene)

    def drawn(self, skin: Tensor) -> Tensor:
        """(P, 3) sRGB-encoded colours of a skin tile (8, U, 2U)."""
        rows = skin.shape[1]
        maps = functional.pad(skin, (0, round(ATLAS_ASPECT * rows) - skin.shape[2]))
        material, normals = (found[0] for found in attributes(maps, self.seen))
        whole = torch.ones_like(self.distance)
        head = torch.cat(
            [material[:, :3], whole, normals, self.distance, material[:, 4:7], material[:, 3:4]], 1
        )
        return srgb_from_linear(skin_colors(head, self.rays, self.scene))


def as_seen(
    atlas: SkinAtlas, easel: Easel, photo: Tensor, at: Tensor, skin: Tensor, share: Tensor
) -> Tensor:
    """(N, 3) logarithms of the albedo with which a skin looks as in its photo.

    Args:
        atlas: whose texels these are.
        easel: that draws it.
        photo: (H, W, 3) sRGB-encoded, 0 … 1.
        at: (N, 2) column and row of each texel in it.
        skin: (8, U, 2U) the tile to start from.
        share: (N,) 0 … 1 how far each texel may change.
    """
    wanted = radiance(photo.flatten(0, 1)[easel.pixels]).clamp(min=_LEAST_LIGHT).log()
    tile, low, high = skin.clone(), *(encoded(torch.tensor(limit)) for limit in _LIMITS)
    logs = linear_from_srgb(atlas.listed(tile)[:, :3]).clamp(*_LIMITS).log()
    for _ in range(_ROUNDS):
        missing = wanted - radiance(easel.drawn(tile)).clamp(min=_LEAST_LIGHT).log()
        image = photo.new_zeros(photo.shape[0] * photo.shape[1], 4)
        image[easel.pixels] = torch.cat([missing, torch.ones_like(missing[:, :1])], 1)
        found = at_pixels(image.view(*photo.shape[:2], 4).permute(2, 0, 1), at)
        change = found[:, :3] / found[:, 3:].clamp(min=0.3)
        logs = logs + share[:, None] * change.clamp(-_MOST, _MOST)
        tile[:3] = atlas.padded(atlas.tile(encoded(logs.exp()).clamp(low, high)))
    return logs


def for_other_light(change: Tensor, features: Tensor) -> Tensor:
    """Changes of logarithms (N, 3) as far as they may be seen in light that is not the photo's.

    Features (N,) 0 … 1 keep their hue.
    """
    grey = change.mean(1, keepdim=True)
    kept = _HUE + (1 - _HUE) * features[:, None]
    return grey.clamp(max=_LIGHTER) + kept * (change - grey)
