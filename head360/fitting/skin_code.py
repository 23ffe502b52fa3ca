"""Finds the generated skin that is most like what a photo shows: it fills what the photo does not.

The generator's code is searched at the generator's own low resolution, and by what its linear basis
does: what its network adds, whose slopes take ten times as long, is worked out now and then and
held still between. That finds better codes than to follow the slopes of both did. Numbers of the
code that only place freckles or choose make-up stay 0. How brightly the photo was exposed is not
known well, so a factor for each channel is found beside the code: that of everyday light, or that
of a night, which is dim and blue. The search begins at both, for dim bluish light on brown skin and
everyday light on dark grey skin look almost the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.atlas import SkinAtlas
from head360.fitting.delight import EXPOSURE_SPREAD
from head360.fitting.descent import Adam
from head360.model.texture_generator import TextureGenerator, activate
from head360.model.texture_layers import SPOT_CODE
from head360.rendering.shade import linear_from_srgb

#: With half as many steps dark skin in dim bluish light comes out lighter and redder than it is.
_STEPS, _RATE, _MEMORIES = 96, 0.22, (0.9, 0.95)
_HELD = 4  # steps that the network's part is held still for
_ALBEDO = slice(0, 3)
#: Spread of what is left between photo and generated skin, as a logarithm, and how many places
#: are as good as independent.
_SPREAD, _INDEPENDENT = 0.16, 300.0
#: Spread of the colour of the light, as a logarithm.
_TINT_SPREAD = 0.08
#: Logarithms of factors on red, green and blue: light as usual, and at night; how far exposure
#: spreads about them, and how often each is (the light presets, turned around a face).
_LIGHTS = ((0.0, 0.0, 0.0), (-1.15, -1.05, -0.6))
_EXPOSURES, _OFTEN = (EXPOSURE_SPREAD, 0.2), (7 / 8, 1 / 8)


@dataclass(frozen=True, slots=True, eq=False)
class FoundSkin:
    """A generated skin, and how the photo's light differed from what was thought."""

    code: Tensor  # (64,) standard deviations
    gain: Tensor  # (3,) the photo's albedo, divided by this, is like the skin's
    distance: float  # root mean square of what is left, as a logarithm

    @property
    def tint(self) -> Tensor:
        """(3,) the colour of the photo's light, of mean 1."""
        return self.gain / self.gain.mean()


def found_skin(
    generator: TextureGenerator, atlas: SkinAtlas, albedo: Tensor, weight: Tensor
) -> FoundSkin:
    """The code whose skin is most like an albedo (N, 3), linear, where weights (N,) say."""
    rows = generator.shape.soft_rows
    target, share = _lowered(atlas, albedo, weight, rows)
    cells = _Cells.of(generator, share)
    target, share = cells.listed(target), share.flatten()[cells.places]
    gain = torch.tensor(_LIGHTS).requires_grad_()
    code = torch.zeros(len(_LIGHTS), SPOT_CODE.start, requires_grad=True)
    steps = (Adam(code, _MEMORIES), Adam(gain, _MEMORIES))
    rest = loss = target.new_zeros(len(_LIGHTS))
    still = cells.mean
    for step in range(_STEPS):
        whole = functional.pad(code, (0, generator.shape.code - code.shape[1]))
        if step % _HELD == 0:
            still = cells.mean + cells.network(whole)
        made = (cells.linear(whole) + still).sigmoid()
        missing = target - linear_from_srgb(made).clamp(min=1e-3).log() - gain[:, :, None]
        off = missing / _SPREAD
        rest = _weighed(off.clamp(-3, 3).square(), share)
        loss = _INDEPENDENT * _weighed(_robust(off), share) + code.square().sum(1) + _rare(gain)
        slopes = torch.autograd.grad(loss.sum(), (code, gain))
        for one, slope in zip(steps, slopes, strict=True):
            one.take(slope, _RATE * (1 - step / _STEPS) + 0.01)
    best = int(loss.argmin())
    found = functional.pad(code.detach()[best], (0, generator.shape.code - code.shape[1]))
    return FoundSkin(found, gain.detach()[best].exp(), float(rest[best].detach().sqrt()) * _SPREAD)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The generator's albedo, before its sigmoid, at M cells of its low resolution."""

    generator: TextureGenerator
    places: Tensor  # (M,) of the flattened maps
    mean: Tensor  # (3, M)
    basis: Tensor  # (K, 3 M)
    details: Tensor  # (D, M)

    @classmethod
    def of(cls, generator: TextureGenerator, share: Tensor) -> _Cells:
        """At those that have a share (rows, 2 rows)."""
        rows, places = len(share), torch.nonzero(share.flatten())[:, 0]
        mean = generator.soft_mean[_ALBEDO] + _area(generator.mean[None, _ALBEDO], rows)[0]
        return cls(
            generator,
            places,
            mean.flatten(1)[:, places],
            generator.basis[:, _ALBEDO].flatten(2)[..., places].flatten(1),
            _area(generator.details[None], rows)[0].flatten(1)[:, places],
        )

    def listed(self, maps: Tensor) -> Tensor:
        """(…, M) of maps (…, rows, 2 rows)."""
        return maps.flatten(-2)[..., self.places]

    def linear(self, code: Tensor) -> Tensor:
        """(K, 3, M) what bases add for codes (K, 64)."""
        soft = (self.generator.weighing(code) @ self.basis).view(len(code), 3, -1)
        return soft + self.generator.mixture(code)[:, _ALBEDO] @ self.details

    @torch.no_grad()
    def network(self, code: Tensor) -> Tensor:
        """(K, 3, M) what the network adds."""
        return self.listed(self.generator.network(self.generator.mapping(code))[:, _ALBEDO])


def _weighed(values: Tensor, share: Tensor) -> Tensor:
    """(K,) means of (K, 3, M), each cell by its share."""
    return (values.mean(1) * share).sum(1) / share.sum().clamp(min=1e-6)


def _rare(gain: Tensor) -> Tensor:
    """(K,) minus twice the log likelihood of lights (K, 3), a mixture of the kinds there are."""
    away = gain[:, None] - gain.new_tensor(_LIGHTS)  # (K, kinds, 3)
    level = away.mean(-1)
    tint = (away - level[..., None]) / _TINT_SPREAD
    spread, often = gain.new_tensor(_EXPOSURES), gain.new_tensor(_OFTEN)
    squares = (level / spread).square() + tint.square().sum(-1)
    return -2 * ((often / spread).log() - squares / 2).logsumexp(1)


@torch.no_grad()
def generated(generator: TextureGenerator, code: Tensor) -> Tensor:
    """The skin tile (8, U, 2U) 0 … 1 of a code (64,)."""
    return activate(generator(code[None])[0])


def _lowered(atlas: SkinAtlas, albedo: Tensor, weight: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    """Mean logarithms (3, rows, 2 rows) of an albedo and how much of each cell was seen."""
    logs = albedo.clamp(min=2e-3).log() * weight[:, None]
    tile = atlas.tile(torch.cat([logs, weight[:, None]], 1))
    small = _area(tile[None], rows)[0]
    share = small[3]
    return small[:3] / share.clamp(min=1e-4), torch.where(share > 0.1, share, 0)


def _area(images: Tensor, rows: int) -> Tensor:
    return functional.interpolate(images, size=(rows, 2 * rows), mode="area")


def _robust(deviation: Tensor) -> Tensor:
    """Geman and McClure's loss: like a square at first, then bounded."""
    square = deviation.square()
    return 4 * square / (4 + square)
