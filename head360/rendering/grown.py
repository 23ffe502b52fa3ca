"""Somebody's own hair on a style: which of it a head wears, and what that makes of the style."""

from __future__ import annotations

from dataclasses import replace

import torch

from head360.model.field import HairField, HairPlanes
from head360.model.strand_ends import thinned
from head360.own_hair import OwnHair
from head360.params import HeadParams


def own_hair(params: HeadParams) -> tuple[OwnHair | None, float]:
    """What a photo gave of the style that is worn, and how far the head wears that, 0 … 1."""
    own, mix = params.own_hair, params.hair_mix
    share = 1.0 if mix is None else 1.0 - mix.share
    if own is None or own.style != params.hairstyle or share * own.strength == 0:
        return None, 0.0
    return own, share * own.strength


def with_own(
    field: HairField, style: HairPlanes, own: OwnHair, share: float, *, mirrored: bool
) -> HairPlanes:
    """A style that is cut as a person's hair, and light and dark where that is.

    Args:
        field: what planes are asked through.
        style: as it is worn.
        own: what was found of somebody's hair.
        share: how far hair is that, 0 … 1.
        mirrored: whether it is worn to the other side.
    """
    _, gains = own.worn(mirrored=mirrored)
    cut = own.cut_off(mirrored=mirrored)
    style = replace(style, gains=share * torch.from_numpy(gains))
    if cut is None:
        return style
    style = replace(style, cut=share * torch.from_numpy(cut), ragged=share * own.ragged)
    return replace(style, counted=thinned(field, style))
