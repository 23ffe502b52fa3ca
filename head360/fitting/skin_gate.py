"""Tells skin from what lies before it by colour alone: hair, glasses, hands of another colour.

A Gaussian over lightness and two chroma axes (CIE Lab of the albedo) is fitted to the middle of
the face, trimmed so that whatever covers a part of it does not count; where skin may have any
darkness (brows, lips, beards), only chroma is asked. Works without any network.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.atlas import SkinAtlas
from head360.fitting.zones import Zones

#: Squared distances, in spreads, between which a colour stops to be skin; the second by chroma.
_SKIN, _CHROMA = (14.0, 36.0), (20.0, 50.0)
#: The model must not be narrower than this: variances of lightness and chroma.
_LEAST = (90.0, 14.0, 14.0)
_WIDENED = 2.5
#: Of the middle of the face, so much is trusted to be skin.
_CORE = 0.55
#: Strands are told by contrast: of skin's own, so many times it is still skin, and no more.
_STRANDS, _STRAND_TEXELS = (1.5, 2.4), 3.0
#: Where strands may fall, what is darker than skin by so much lightness is hair, or its shadow.
_SHADED = (9.0, 15.0)
#: Where strands may fall, colours are judged so much more strictly, and this far beside them.
_STRICTER, _SURE, _FRINGE_TEXELS = 1.5, 0.7, 6
_SAMPLES = 20_000


def skin_gate(atlas: SkinAtlas, zones: Zones, albedo: Tensor, trust: Tensor) -> Tensor:
    """(N,) 0 … 1: whether texels of an albedo (N, 3), linear, seen with a trust (N,), are skin."""
    lab = lab_of(albedo)
    sure = torch.nonzero((zones.plain > 0.9) & (trust > 0.6))[:, 0]
    if len(sure) < 100:  # hardly anything of the face is in the picture
        return torch.ones_like(trust)
    core = lab[sure[:: max(1, len(sure) // _SAMPLES)]]
    middle = core.median(0).values
    for _ in range(4):
        distance = ((core - middle) ** 2 / core.new_tensor([700.0, 90.0, 90.0])).sum(1)
        kept = core[distance <= distance.quantile(_CORE)]
        middle = kept.median(0).values
    spread = torch.cov(kept.T) * _WIDENED + torch.diag(core.new_tensor(_LEAST))
    rest = lab - middle
    whole = _passed(rest, spread, _SKIN, 1 + _STRICTER * zones.hairline)
    chroma = _passed(rest[:, 1:], spread[1:, 1:], _CHROMA)
    varied = zones.varied
    gate = whole * (1 - varied) + torch.maximum(whole, chroma) * varied
    dark = ((middle[0] - lab[:, 0] - _SHADED[0]) / (_SHADED[1] - _SHADED[0])).clamp(0, 1)
    strands = torch.maximum(_strands(atlas, albedo, sure), dark)
    gate = torch.maximum(gate * (1 - zones.hairline * strands), zones.own)
    # What is beside something that is no skin is half covered by it.
    soft = atlas.blurred(gate[:, None], 2.0)[:, 0]
    return _below_fringe(atlas, zones, ((soft - 0.45) / 0.5).clamp(0, 1))


def _strands(atlas: SkinAtlas, albedo: Tensor, sure: Tensor) -> Tensor:
    """(N,) 0 … 1: how much finer contrasts an albedo (N, 3) has than skin that is sure (M,)."""
    grey = albedo.mean(1, keepdim=True).clamp(min=1e-3).log()
    fine = (grey - atlas.blurred(grey, 2.0)).square()
    contrast = atlas.blurred(fine, _STRAND_TEXELS)[:, 0].sqrt()
    few, many = _STRANDS
    return ((contrast / contrast[sure].median() - few) / (many - few)).clamp(0, 1)


def lab_of(linear: Tensor) -> Tensor:
    """(N, 3) CIE L, a, b (D65) of linear RGB (N, 3)."""
    matrix = linear.new_tensor(
        [[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0178, 0.1098, 0.8730]]
    )  # rows X, Y, Z, divided by the white point's
    cubes = (linear.clamp(min=0) @ matrix.T).clamp(min=1e-6)
    f = torch.where(cubes > 0.008856, cubes ** (1 / 3), 7.787 * cubes + 16 / 116)
    x, y, z = f.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def _below_fringe(atlas: SkinAtlas, zones: Zones, gate: Tensor) -> Tensor:
    """A gate (N,) that keeps away from what falls on the forehead, and shuts all above it."""
    tile = atlas.tile(torch.stack([gate, zones.hairline, torch.ones_like(gate)], 1))
    open_, forehead, known = tile[:, :, : atlas.rows]
    elsewhere = (known == 0) | (forehead < 0.5)
    passed = torch.where(elsewhere, 1.0, (open_ > _SURE).float())
    size = 2 * _FRINGE_TEXELS + 1
    near = -functional.max_pool2d(-passed[None], size, 1, _FRINGE_TEXELS)[0]
    lowest = near.cummin(0).values  # rows run upwards
    soft = functional.avg_pool2d(lowest[None], size, 1, _FRINGE_TEXELS, count_include_pad=False)[0]
    closed = torch.where(elsewhere, 1.0, (2 * soft - 1).clamp(0, 1))
    return gate * atlas.listed(torch.cat([closed, torch.ones_like(closed)], 1)[None])[:, 0]


def _passed(
    rest: Tensor, spread: Tensor, edges: tuple[float, float], stricter: Tensor | None = None
) -> Tensor:
    distance = torch.einsum("ni,ij,nj->n", rest, torch.linalg.inv(spread), rest)
    if stricter is not None:
        distance = distance * stricter
    near, far = edges
    return ((far - distance) / (far - near)).clamp(0, 1)
