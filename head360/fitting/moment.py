"""What a photo shows of its moment, and the person's own skin is without: drawn, compared, kept.

Skin of one's own is evened out, or folds and shadows of one moment would stay for all others. In
that moment, though, they were there. The head is drawn as the photo's camera saw it, in the photo's
light, with the renderer's own shading; what differs from the photo is added to the albedo, texel by
texel, and drawn again. The difference to the evened skin is kept beside it (`Likeness.moment`) and
comes back as the face does again what it did then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.atlas import Atlas, rim_of
from head360.fitting.delight import light_shown, radiance
from head360.fitting.unproject import Posed, View, at_pixels
from head360.model.texture_layers import encoded
from head360.model.topology import ATLAS_ASPECT
from head360.rendering.lighting import Lighting
from head360.rendering.rasterize import interpolated
from head360.rendering.reference import Layout, Seen, Surface, attributes, sample_map, uv_gradients
from head360.rendering.shade import LitScene, linear_from_srgb, skin_light, tone_curve

#: How often it is drawn and corrected, and by how much at most each time, as a logarithm.
_ROUNDS, _MOST = 3, 0.7
#: Light darker than this says nothing, and albedo stays within these limits, linear.
_LEAST_LIGHT = 0.003
_LIMITS = (0.004, 0.92)
#: Of a hue that the photo's light alone gives even skin, this is kept: other light has it not.
#: Skin becomes lighter by so much at most, as a logarithm: lids lit from below would glow.
_HUE, _LIGHTER = 0.25, 0.1
#: Of the hue of eyes and teeth, and by how much they become lighter or darker.
_OPENING_HUE, _OPENING_MOST = 0.6, 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Easel:
    """Draws the skin as a photo's camera saw it: P pixels, whatever is painted on it."""

    pixels: Tensor  # (P,) of the flattened photo
    seen: Seen  # (1, P, …)
    rays: Tensor  # (P, 3) unit
    distance: Tensor  # (P, 1) metres along them
    scene: LitScene

    @classmethod
    def of(
        cls, view: View, posed: Posed, lighting: Lighting, visibility: Tensor | None = None
    ) -> Easel:
        """For the head as it stands in the photo, in a light.

        `visibility` (z, y, x) is the share of the surroundings that is seen through its hair.
        """
        topology = posed.topology
        pixels = torch.nonzero(view.raster.covered.flatten())[:, 0]
        triangles, flat = (
            torch.from_numpy(corners[topology.drawn].astype(np.int64))
            for corners in (topology.triangles, topology.uv_triangles)
        )
        uv = torch.from_numpy(topology.uv).float()
        both = torch.cat([posed.vertices, posed.normals], 1)
        places = interpolated(view.raster, both, triangles, pixels)
        surface = Surface(Layout(triangles, flat, uv), posed.vertices, posed.normals, both)
        seen = Seen(
            interpolated(view.raster, uv, flat, pixels)[None],
            functional.normalize(places[None, :, 3:], dim=-1),
            uv_gradients(surface)[view.raster.triangle.flatten()[None, pixels]],
        )
        away = places[:, :3] - posed.eye
        distance = away.norm(dim=1, keepdim=True)
        # No lamps: nothing is asked of how their light passes through hair.
        through = None if visibility is None else torch.ones_like(visibility)
        scene = LitScene(lighting, None, through, visibility, torch.zeros(3), posed.eye)
        return cls(pixels, seen, away / distance, distance, scene)

    def light(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """(P, 3) what albedo is multiplied by, and what is mirrored; no albedo matters."""
        material, normals = (found[0] for found in attributes(maps, self.seen))
        whole = torch.ones_like(self.distance)
        head = torch.cat(
            [material[:, :3], whole, normals, self.distance, material[:, 4:7], material[:, 3:4]], 1
        )
        return skin_light(head, self.rays, self.scene)

    def shown(self, maps: Tensor, light: tuple[Tensor, Tensor]) -> Tensor:
        """(P, 3) display-linear colours of the maps' albedo in such a light."""
        diffuse, mirrored = light
        albedo = sample_map(maps[:3], self.seen.uv)[0]
        return tone_curve(linear_from_srgb(albedo) * diffuse + mirrored)


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Texels that a photo may repaint."""

    atlas: Atlas
    at: Tensor  # (N, 2) column and row of each texel in the photo
    share: Tensor  # (N,) 0 … 1 how far it may change
    shows: Tensor  # (H, W) pixels that show such texels


def as_seen(easel: Easel, photo: Tensor, maps: Tensor, canvases: Sequence[Canvas]) -> Tensor:
    """(3, U, 2.5 U) by how much the logarithm of albedo must change to look as in a photo.

    Args:
        easel: that draws it.
        photo: (H, W, 3) sRGB-encoded, 0 … 1.
        maps: (8, U, 2.5 U) to start from.
        canvases: what may change of them.
    """
    wanted = radiance(photo.flatten(0, 1)[easel.pixels]).clamp(min=_LEAST_LIGHT).log()
    own = linear_from_srgb(maps[:3]).clamp(*_LIMITS).log()
    low, high = (encoded(torch.tensor(limit)) for limit in _LIMITS)
    painted, change, light = maps[:3], torch.zeros_like(own), easel.light(maps)
    for _ in range(_ROUNDS):
        shown = light_shown(easel.shown(painted, light))
        missing = wanted - shown.clamp(min=_LEAST_LIGHT).log()
        image = photo.new_zeros(3, photo.shape[0] * photo.shape[1])
        image[:, easel.pixels] = missing.T
        image = image.view(3, *photo.shape[:2])
        sums = torch.stack([_asked(each, image) for each in canvases]).sum(0)
        asked, share = sums[:3] / sums[3:].clamp(min=1e-3), sums[3:].clamp(max=1)
        change = share * (change + asked)
        painted = encoded((own + widened(change, canvases, 3)).exp()).clamp(low, high)
    return change


def widened(change: Tensor, canvases: Sequence[Canvas], steps: int = 6) -> Tensor:
    """A change (C, U, 2.5 U) of the texels of some canvases, for bilinear look-ups."""
    return rim_of(tuple(each.atlas for each in canvases)).padded(change, steps)


def _widened(tile: Tensor) -> Tensor:
    """A tile (C, U, W) on the first columns of the whole atlas (C, U, 2.5 U)."""
    return functional.pad(tile, (0, round(ATLAS_ASPECT * tile.shape[1]) - tile.shape[2]))


def _asked(canvas: Canvas, missing: Tensor) -> Tensor:
    """(4, U, 2.5 U) changes times shares, and shares, from what is missing (3, H, W)."""
    image = torch.cat([missing, torch.ones_like(missing[:1])]) * canvas.shows
    found = at_pixels(image, canvas.at)
    change = (found[:, :3] / found[:, 3:].clamp(min=0.3)).clamp(-_MOST, _MOST)
    share = canvas.share[:, None]
    return _widened(canvas.atlas.tile(torch.cat([share * change, share], 1)))


def for_other_light(change: Tensor, features: Tensor) -> Tensor:
    """Changes of logarithms (N, 3) as far as they may be seen in light that is not the photo's.

    Features (N,) 0 … 1 keep their hue.
    """
    grey = change.mean(1, keepdim=True)
    kept = _HUE + (1 - _HUE) * features[:, None]
    return grey.clamp(max=_LIGHTER) + kept * (change - grey)


def for_other_opening(change: Tensor) -> Tensor:
    """The same of eyes, gums and teeth (3, H, W)."""
    grey = change.mean(0, keepdim=True)
    return grey.clamp(-_OPENING_MOST, _OPENING_MOST) + _OPENING_HUE * (change - grey)
