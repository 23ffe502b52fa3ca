"""What each texel of the atlas is: skin, brow, lash, beard, lip, neck … for class labels.

A pixel's class is the class of its texel, so that labels and painted maps can never disagree. Where
attributes grow depends on the person, so every head has an atlas of its own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from head360.model.texture_layers import RECIPES, Layers, chosen_placements
from head360.params import ATTRIBUTES, HeadParams
from training.synhead.skin_atlas import TILES, FloatMap
from training.synhead.skin_zones import Zones

Atlas = npt.NDArray[np.uint8]

#: What a pixel shows.
CLASSES = (
    "background", "hair", "skin", "brows", "eyes", "lashes", "beard", "lips", "mouth", "teeth",
    "ears", "neck", "cap",
)  # fmt: skip
(
    BACKGROUND, CLASS_HAIR, CLASS_SKIN, CLASS_BROWS, CLASS_EYES, CLASS_LASHES, CLASS_BEARD,
    CLASS_LIPS, CLASS_MOUTH, CLASS_TEETH, CLASS_EARS, CLASS_NECK, CLASS_CAP,
) = range(len(CLASSES))  # fmt: skip

#: What covers more than this of a texel is what the texel shows, and more than so much of it, if
#: that is half as much as where it is densest: thin brows are no scraps of brows.
_COVERED, _BROWS_SEEN, _LASHES_COVER = 0.3, 0.15, 0.2
_HALF = 0.5
#: Between the hairs of a beard one sees skin; it is the beard all the same, and so with brows and
#: lashes. Deviations of the averaging, of the atlas's height.
_BEARD_BLUR, _HAIRS_BLUR = 1 / 256, 1 / 512
#: The neck lies below a plane that rises towards the nape: height over the chin's and slope, cm.
_NECK_Y, _NECK_RISE, _NECK_FROM_Z = -8.0, 0.45, 4.0


class ClassAtlas:
    """Makes people's atlases over what all of them share."""

    def __init__(self, zones: Zones, lashes: FloatMap, position: FloatMap, layers: Layers) -> None:
        """From maps of the skin tile, (U, 2U), and the placements of attributes."""
        self._layers = layers
        rows = position.shape[0]
        self._shared = np.full((rows, rows * 5 // 2), CLASS_SKIN, np.uint8)
        skin = self._shared[:, : 2 * rows]
        _, y, z = np.moveaxis(position, -1, 0)
        skin[y < _NECK_Y + _NECK_RISE * np.maximum(_NECK_FROM_Z - z, 0)] = CLASS_NECK
        skin[zones.ears > _HALF] = CLASS_EARS
        skin[zones.lips > _HALF] = CLASS_LIPS
        skin[zones.mouth > _HALF] = CLASS_MOUTH
        hairs = gaussian_filter(lashes, _HAIRS_BLUR * rows)
        self._lashes = (hairs > _LASHES_COVER) & (zones.mouth < _HALF)
        x, bottom, width, height = (round(rows * side) for side in TILES["cap"])
        self._shared[bottom : bottom + height, x : x + width] = CLASS_CAP

    def of(self, params: HeadParams) -> Atlas:
        """(U, 2.5U) indices into `CLASSES`, row 0 at v = 0; for texels of the material skin."""
        atlas = self._shared.copy()
        shape = atlas.shape
        beard = self._cover(params, ("stubble", "beard", "moustache"), shape)
        bearded = _grown(gaussian_filter(beard, _BEARD_BLUR * shape[0]), _COVERED)
        atlas[bearded & (atlas != CLASS_LIPS)] = CLASS_BEARD
        brows = self._cover(params, ("brows",), shape)
        atlas[_grown(gaussian_filter(brows, _HAIRS_BLUR * shape[0]), _BROWS_SEEN)] = CLASS_BROWS
        rows = shape[0]
        atlas[:, : 2 * rows][self._lashes] = CLASS_LASHES
        return atlas

    def _cover(
        self, params: HeadParams, names: tuple[str, ...], shape: tuple[int, ...]
    ) -> FloatMap:
        strengths = dict(zip(ATTRIBUTES, params.attributes.tolist(), strict=True))
        cover = np.zeros(shape, np.float32)
        for name in names:
            recipe = RECIPES[name]
            for placement, share in chosen_placements(self._layers[name], recipe, params):
                height, width = placement.map.shape
                part = cover[placement.row :, placement.column :][:height, :width]
                opacity = placement.map.numpy() * (strengths[name] * share * recipe.cover)
                part += opacity * (1 - part)
        return cover


def _grown(cover: FloatMap, seen: float) -> npt.NDArray[np.bool_]:
    """Texels where hairs grow by how much they cover; none if they nowhere cover what is `seen`."""
    densest = float(cover.max())
    grown: npt.NDArray[np.bool_] = cover > min(_COVERED, _HALF * densest)
    return grown & (densest > seen)


def refined(kind: Atlas, uv: npt.NDArray[np.float32], atlas: Atlas) -> Atlas:
    """Pixels' classes (H, W), with skin split up by what an atlas says at uv (H, W, 2)."""
    size = np.array(atlas.shape[::-1])
    column, row = np.moveaxis((uv * size).astype(np.int64).clip(0, size - 1), -1, 0)
    found: Atlas = np.where(kind == CLASS_SKIN, atlas[row, column], kind)
    return found
