"""Combs the root coordinates of a trained hairstyle: along a strand they must not change.

Streaks, roots and tips are looked up by root coordinate (docs/adr/0012). What training finds is
near the truth texel by texel, but wavers along the strands, and colour keyed to it looks like
marble. Here each texel takes the mean of the coordinates along the strand that it shows, followed
through the plane by its tangents (Cabral and Leedom, “Imaging vector fields using line integral
convolution”, 1993), as far as the hair lies at about the same depth.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from head360.model.field import HAIR_CHANNELS, HairPlanes
from head360.model.planes import HAIR_BOX, PLANES, RIGHT_AXES, UP_AXES

#: How far strands are followed to each side, share of a plane's width, and in how many rounds.
_REACH, _ROUNDS = 0.20, 2
#: Depth at which the strand followed is no longer trusted to be the same, metres a step.
_SAME_DEPTH = 0.003
_LEAST_COVERAGE, _NO_TRUST = 1e-3, 1e-4
_DEPTH = HAIR_CHANNELS.index("depth")
_COVERAGE = HAIR_CHANNELS.index("coverage")
_TANGENT = slice(HAIR_CHANNELS.index("tangent_x"), HAIR_CHANNELS.index("tangent_z") + 1)
_ROOTS = [HAIR_CHANNELS.index("root_u"), HAIR_CHANNELS.index("root_v")]


def combed(hair: HairPlanes) -> HairPlanes:
    """The same hairstyle with root coordinates that hold along its strands."""
    planes = hair.planes.clone()
    for number in range(PLANES):
        for _ in range(_ROUNDS):
            planes[number, _ROOTS] = _combed_plane(planes[number], number)
    return replace(hair, planes=planes)


def _combed_plane(plane: Tensor, number: int) -> Tensor:
    """(2, R, R) root coordinates averaged along the strands of one plane (11, R, R)."""
    size = plane.shape[-1]
    flow = _flow(plane[_TANGENT], number)  # (2, R, R), plane coordinates a step
    seen = torch.cat([plane[_ROOTS], plane[_DEPTH : _DEPTH + 1], plane[_COVERAGE : _COVERAGE + 1]])
    images = torch.cat([seen, flow])[None]
    centres = (torch.arange(size, device=plane.device) + 0.5) / size * 2 - 1
    v, u = torch.meshgrid(centres, centres, indexing="ij")
    weight = plane[_COVERAGE].clamp(min=_LEAST_COVERAGE)
    total, weights = plane[_ROOTS] * weight, weight
    for way in (1.0, -1.0):
        place, trust = torch.stack([u, v], -1), torch.ones_like(u)
        depth, step = plane[_DEPTH], flow
        for _ in range(int(_REACH * size)):
            place = place + way * step.permute(1, 2, 0)
            met = _sampled(images, place)
            trust = trust * torch.exp(-((met[2] - depth) / _SAME_DEPTH).square())
            trust = torch.where(trust < _NO_TRUST, 0.0, trust)  # never so small that it is slow
            weight = trust * met[3].clamp(min=0)
            total, weights = total + met[:2] * weight, weights + weight
            depth, step = met[2], met[4:]
    return total / weights


def _flow(tangent: Tensor, number: int) -> Tensor:
    """(2, R, R) along the strands in plane coordinates, at most a texel long."""
    axes = tangent.new_tensor([RIGHT_AXES[number], UP_AXES[number]])
    half = tangent.new_tensor(HAIR_BOX.half_size(number))
    across = torch.einsum("ac,chw->ahw", axes, tangent) / half[:, None, None]
    full = torch.linalg.norm(across, dim=0, keepdim=True).clamp(min=1e-6)
    # Strands that run towards the viewer hardly move through the plane: shorter steps for them.
    straight = torch.linalg.norm(tangent, dim=0, keepdim=True) / half.amin()
    return across / torch.maximum(full, 0.3 * straight) * (2 / tangent.shape[-1])


def _sampled(images: Tensor, place: Tensor) -> Tensor:
    """(C, R, R) bilinear samples of (1, C, R, R) at (R, R, 2) plane coordinates."""
    sampled = functional.grid_sample(
        images, place[None], padding_mode="border", align_corners=False
    )
    return sampled[0]
