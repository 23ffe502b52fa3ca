"""Paints human skin onto the UV atlas from a code of 64 numbers, each normally distributed.

What varies from person to person is how much pigment and blood there is, where, and in which
pattern; see `CODE_NAMES`. Named attributes (brows, freckles, …) are painted on top by the product
itself, `head360.model.texture_layers`. Everything runs where the canvas lies, many people at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.params import TEXTURE_SIZE
from training.synhead.people import suited, traits_of
from training.synhead.skin_atlas import FloatMap, Head, Texels, load_head, tile_texels
from training.synhead.skin_canvas import Canvas, prepare_canvas
from training.synhead.skin_recipe import CODE_NAMES, MELANIN_BEND, SUM_NAMES, weights
from training.synhead.skin_zones import Zones, find_zones

__all__ = ["CODE_NAMES", "SkinStudio", "bake_skin", "person_code"]

Code = npt.NDArray[np.float32]

_CHANNELS = 8
#: Absorption is kept to this: 0.03 of white leaves skin, and nothing is darker than 0.3 %.
_THINNEST, _THICKEST = 0.03, 5.7
_STRANGERS = 10**6  # where the seeds of people who are never trained on begin
_GAMMA = 2.4  # of sRGB
#: Numbers that are worked on at once: few on a processor, whose cache is small.
_AT_ONCE = {"cpu": 1 << 18, "cuda": 1 << 28}


@dataclass(frozen=True, slots=True, eq=False)
class SkinStudio:
    """Paints people: what `training` asks for truth."""

    head: Head
    texels: Texels
    zones: Zones
    canvas: Canvas

    @property
    def lashes(self) -> FloatMap:
        """(U, 2U) how much of each texel is covered by painted lashes, or dark by their roots."""
        found: FloatMap = self.canvas.lashes.cpu().numpy().reshape(self.canvas.size)
        return found

    @classmethod
    def open(cls, source: Path, rows: int = 512, device: str | torch.device = "cpu") -> SkinStudio:
        """Read the mean head and prepare its atlas, `rows` texels high."""
        head = load_head(source)
        texels = tile_texels(head, "skin", rows)
        zones = find_zones(head, texels)
        return cls(head, texels, zones, prepare_canvas(head, texels, zones)).to(device)

    def to(self, device: str | torch.device) -> SkinStudio:
        """The same, painting on another device."""
        return replace(self, canvas=self.canvas.to(torch.device(device)))

    def bake(self, code: Code) -> Tensor:
        """(8, U, 2U) a person's skin without attributes, channels as in the texture model."""
        return self.bake_many(torch.from_numpy(code.copy())[None])[0]

    def bake_many(self, codes: Tensor) -> Tensor:
        """(B, 8, U, 2U) float32 skins of codes (B, 64), on the canvas's device."""
        return bake_skin(self.canvas, codes.to(self.canvas.features))


def person_code(seed: int) -> Code:
    """(64,) the skin code of training person `seed`, as suits their sex, age and ancestry.

    Negative seeds are people that are never trained on.
    """
    rng = np.random.default_rng([7, abs(seed), int(seed < 0)])
    code = rng.standard_normal(TEXTURE_SIZE).astype(np.float32)
    return suited(code, traits_of(seed if seed >= 0 else _STRANGERS - seed))


@torch.no_grad()
def bake_skin(canvas: Canvas, codes: Tensor) -> Tensor:
    """(B, 8, H, W) float32: sRGB albedo, occlusion, roughness, specular, scatter, height.

    Codes are (B, 64), on the canvas's device.
    """
    mixture = weights(canvas, codes)
    people, texels = len(codes), canvas.features.shape[1]
    maps = codes.new_empty(people, _CHANNELS, texels)
    step = max(1, _AT_ONCE.get(codes.device.type, 1 << 28) // (people * len(SUM_NAMES)))
    for first in range(0, texels, step):
        part = slice(first, min(first + step, texels))
        _paint(canvas, mixture, part, maps[:, :, part])
    return maps.view(people, _CHANNELS, *canvas.size)


def _paint(canvas: Canvas, mixture: Tensor, part: slice, maps: Tensor) -> None:
    """Fill maps (B, 8, n) of some texels."""
    sums = (mixture.flatten(0, 1) @ canvas.features[:, part]).unflatten(0, mixture.shape[:2])
    melanin, absorbed, height, rough = sums[:, :1], sums[:, 1:4], sums[:, 4], sums[:, 5]
    absorbed.addcmul_(melanin * melanin, _bend(sums))
    # 1.055 · exp(-a)^(1/2.4) - 0.055: sRGB's curve; its straight end is darker than anything here.
    encoded = absorbed.clamp_(_THINNEST, _THICKEST).mul_(-1 / _GAMMA).exp_()
    torch.add(encoded.mul_(1.055), -0.055, out=encoded)
    maps[:, :3] = encoded
    pits = (0.5 - height).clamp_(0, 0.12)
    maps[:, 3] = canvas.openness[part] * (1 - 1.4 * pits)
    maps[:, 4] = rough
    maps[:, 5] = canvas.specular[part] - canvas.dulling[part] * pits
    maps[:, 6] = canvas.scatter[part]
    maps[:, 7] = height
    maps[:, 3:].clamp_(0, 1)


def _bend(like: Tensor) -> Tensor:
    """(1, 3, 1)."""
    return like.new_tensor(MELANIN_BEND)[None, :, None]
