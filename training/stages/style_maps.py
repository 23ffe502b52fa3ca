"""What the hairstyle network learns from: maps of portraits, as the parser sees them.

Maps are kept in bytes, and are varied each time that they are seen.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.line_tensor import DARK, LUMA
from head360.fitting.style_network import (
    CENTRE,
    LEAST_HAIR,
    LIGHT,
    LIGHTEST,
    LINES,
    LITTLE,
    OF_LOCKS,
    OF_STRANDS,
    PLACED,
    SLANTS,
    STRANDS,
    STRENGTHS,
    face_centres,
)

Floats = npt.NDArray[np.float32]

_STREAM = 23
_SIZE = 256  # pixels of the pictures that are parsed
#: Maps are kept in bytes: some lie within -1 … 1, the strength of lines within 0 … this.
_SIGNED = [LIGHT, *(slant + way for slant in SLANTS for way in (-1, 0))]
_STRONGEST = 2.0
#: Deviations of what is moved: degrees, natural logarithms of size and width, shares of half the
#: side.
_TURN, _ZOOM, _SQUEEZE, _SHIFT = 4.0, 0.07, 0.04, 0.03
#: Nobody's hair is another's: maps are bent by so many random ways along each side, up to such a
#: deviation (shares of half the side).
_WAYS, _BEND = 5, 0.035
#: How often a picture tells nothing of some maps, or has something before it.
_HIDDEN, _COVERED = ((LIGHT, 0.1), (LINES, 0.05), (STRANDS, 0.1)), 0.15


def packed_maps(maps: Tensor) -> Tensor:
    """(B, MAPS, S, S) in bytes."""
    scaled = maps.clone()
    scaled[:, _SIGNED] = (scaled[:, _SIGNED] + 1) / 2
    scaled[:, STRENGTHS] /= _STRONGEST
    return (scaled.clamp(0, 1) * 255).round().byte()


def unpacked_maps(stored: Tensor) -> Tensor:
    """(B, MAPS, S, S) as the network sees them, of what `packed_maps` gave."""
    maps = stored.float() / 255
    maps[:, _SIGNED] = maps[:, _SIGNED] * 2 - 1
    maps[:, STRENGTHS] *= _STRONGEST
    return maps


def varied_maps(maps: Tensor, rng: np.random.Generator) -> Tensor:
    """(B, MAPS, S, S) moved and bent a little, or mirrored; of some, parts or lines are hidden."""
    count = len(maps)
    turn, flip = np.deg2rad(rng.normal(0, _TURN, count)), np.sign(rng.random(count) - 0.5)
    zoom, wide = (np.exp(rng.normal(0, each, count)) for each in (_ZOOM, _SQUEEZE))
    across, down, wide = zoom * np.cos(turn), zoom * np.sin(turn), flip * wide
    matrix = np.array([[wide * across, -down], [wide * down, across]]).transpose(2, 0, 1)
    to = np.array(CENTRE) + rng.normal(0, _SHIFT, (count, 2))
    shift = face_centres(maps).cpu().numpy() - np.einsum("nij,nj->ni", matrix, to)
    rows = torch.from_numpy(np.concatenate([matrix, shift[..., None]], 2)).to(maps)
    places = functional.affine_grid(rows, list(maps.shape), align_corners=False)
    moved = functional.grid_sample(maps, places + _bends(maps, rng), align_corners=False)
    moved[:, SLANTS] *= _each(flip, maps)
    return _hidden(moved, rng)


def _each(values: npt.NDArray[np.floating], maps: Tensor) -> Tensor:
    """(B,) numbers that (B, C, S, S) can be multiplied with."""
    return torch.from_numpy(values).to(maps).view(-1, 1, 1, 1)


def _bends(maps: Tensor, rng: np.random.Generator) -> Tensor:
    """(B, S, S, 2) smooth random ways, of some maps further than of others."""
    far = _BEND * rng.random((len(maps), 1, 1, 1))
    ways = torch.from_numpy(far * rng.normal(0, 1, (len(maps), 2, _WAYS, _WAYS))).to(maps)
    grown = functional.interpolate(ways, maps.shape[2:], mode="bicubic", align_corners=True)
    return grown.permute(0, 2, 3, 1)


def _hidden(maps: Tensor, rng: np.random.Generator) -> Tensor:
    """Photos are blurred, noisy and dark, and things stand before heads."""
    count, size = len(maps), maps.shape[-1]
    maps[:, LIGHT : LIGHT + 1] *= _each(np.exp(rng.normal(0, 0.2, count)), maps)
    maps[:, LINES] *= _each(rng.uniform(0.55, 1.15, count), maps)
    for which, often in _HIDDEN:
        chosen = which if isinstance(which, slice) else slice(which, which + 1)
        maps[:, chosen] *= _each((rng.random(count) >= often) * 1.0, maps)
    sides = size * rng.uniform(0.1, 0.35, (2, count)) * (rng.random(count) < _COVERED)
    first = (size - sides) * rng.random((2, count))
    at = np.arange(size)
    rows, columns = (
        (at >= start[:, None]) & (at < (start + side)[:, None])
        for start, side in zip(first, sides, strict=True)
    )
    covered = torch.from_numpy(rows[:, :, None] & columns[:, None]).to(maps.device)
    return maps.masked_fill(covered[:, None], 0)


def maps_of(pictures: Tensor, shares: Tensor) -> Tensor:
    """(B, MAPS, MAP_SIZE, MAP_SIZE) as `style_maps` makes them, of many on any device.

    Args:
        pictures: (B, 3, LINES_SIZE, LINES_SIZE) sRGB 0 … 255.
        shares: (B, len(PARTS), LINES_SIZE, LINES_SIZE).
    """
    placed = torch.stack([shares[:, part].sum(1) for part in PLACED], 1)
    hair, head = placed[:, 0], placed.sum(1).clamp(max=1)
    grey = torch.log((pictures * pictures.new_tensor(LUMA)[:, None, None]).sum(1) + DARK)
    hairy = hair.mean((1, 2), keepdim=True) > LEAST_HAIR
    among = torch.where(hairy, hair, head)
    usual = (grey * among).sum((1, 2)) / among.sum((1, 2)).clamp(min=1)
    light = ((grey - usual[:, None, None]) / LIGHTEST).clamp(-1, 1) * head
    lines = [_lines_of(grey, hair, *widths) for widths in (OF_STRANDS, OF_LOCKS)]
    return functional.avg_pool2d(torch.cat([placed, light[:, None], *lines], 1), 2)


def _lines_of(grey: Tensor, hair: Tensor, fine: float, window: float) -> Tensor:
    across, down = _blurred(grey, fine, 0, 1), _blurred(grey, fine, 1, 0)
    xx, yy, xy = (_blurred(each * hair, window) for each in (across**2, down**2, across * down))
    both = xx + yy
    way = torch.stack([xx - yy, 2 * xy, both], 1) / (both + LITTLE)[:, None]
    way[:, 2] = torch.log1p(both / LITTLE) / 4
    return way * hair[:, None]


def _blurred(images: Tensor, width: float, rows: int = 0, columns: int = 0) -> Tensor:
    """(B, H, W) as scipy's `gaussian_filter` does, derived so many times along rows and columns."""
    found = images[:, None]
    for axis, order in ((2, rows), (3, columns)):
        radius = int(4 * width + 0.5)
        at = torch.arange(-radius, radius + 1, device=images.device, dtype=images.dtype)
        kernel = torch.exp(-0.5 * (at / width) ** 2)
        kernel = kernel / kernel.sum() * (at / width**2 if order else 1)
        size = found.shape[axis]
        beyond = torch.arange(-radius, size + radius, device=images.device) % (2 * size)
        found = found.index_select(axis, torch.minimum(beyond, 2 * size - 1 - beyond))
        found = functional.conv2d(found, kernel.view(1, 1, *((-1, 1) if axis == 2 else (1, -1))))
    return found[:, 0]
