"""Exact marches along rays: what the head and the hair return for each ray, sample by sample.

Both return the columns of a G-buffer, one row a ray; shading comes later. Everything is
differentiable. The viewer's exact mode computes the same sums.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from head360.model.field import (
    EMPTY_LOG_EXTINCTION,
    HairPlanes,
    HairSample,
    HeadSample,
)
from head360.model.planes import HAIR_BOX, sample_grid

#: Takes points (N, 3) metres in head space to the canonical frame of the hair.
Warp: TypeAlias = Callable[[Tensor], Tensor]


class HeadFunction(Protocol):
    """What is marched as a head: `HeadField`, or something in its place."""

    def __call__(self, planes: Tensor, points: Tensor, /) -> HeadSample:
        """Sample planes at (N, 3) metres."""
        ...


class HairFunction(Protocol):
    """What is marched as hair: `HairField`, or something in its place."""

    def __call__(self, hair: HairPlanes, points: Tensor, /) -> HairSample:
        """Sample a style at (N, 3) metres of the canonical frame."""
        ...


#: Columns of the head's G-buffer. Albedo is sRGB-encoded; t is the distance along the ray, metres.
HEAD_COLUMNS: tuple[str, ...] = (
    "albedo_r", "albedo_g", "albedo_b", "alpha", "normal_x", "normal_y", "normal_z", "t",
    "roughness", "specular", "scatter", "occlusion",
)  # fmt: skip
#: Columns of the hair's G-buffer: alpha, then means over what the ray met (not times alpha).
HAIR_COLUMNS: tuple[str, ...] = (
    "alpha", "tone", "along", "t", "tangent_x", "tangent_y", "tangent_z", "root_u", "root_v",
)  # fmt: skip

#: Distance of rays that hit nothing, metres.
NO_HIT = 1e3

#: The head is marched this far before and behind the mesh, in this many steps.
HEAD_WINDOW, HEAD_STEPS = 0.003, 16
#: Extinction inside the head, 1/m, and the distance over which its surface fades in, metres.
HEAD_EXTINCTION, HEAD_SOFTNESS = 4000.0, 0.0003
#: The head is solid from this far behind the mesh, whatever the planes say, metres.
SOLID_BEHIND = 0.0015
HAIR_STEP = 0.003
#: Keeps a mean defined where a ray met nothing.
_TINY_WEIGHT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Half-lines in head space."""

    origins: Tensor  # (N, 3) metres
    directions: Tensor  # (N, 3) unit

    def at(self, t: Tensor) -> Tensor:
        """Points (N, S, 3) at distances (N, S) metres."""
        return self.origins[:, None] + t[..., None] * self.directions[:, None]

    def __getitem__(self, chosen: Tensor | slice) -> Rays:
        return Rays(self.origins[chosen], self.directions[chosen])

    def __len__(self) -> int:
        return len(self.directions)


def same_frame(points: Tensor) -> Tensor:
    """The warp of the mean head: none."""
    return points


def march_head(field: HeadFunction, planes: Tensor, rays: Rays, mesh_t: Tensor) -> Tensor:
    """The head's G-buffer (N, 12) along rays that hit the posed mesh at (N,) metres.

    Midpoints of `HEAD_STEPS` equal steps in mesh_t ± `HEAD_WINDOW`; density is
    `HEAD_EXTINCTION` · sigmoid(s / `HEAD_SOFTNESS`) with s the field's distance, or the depth
    below mesh_t + `SOLID_BEHIND` where that is more. Attributes are means over the density met;
    alpha is 1.
    """
    step = 2 * HEAD_WINDOW / HEAD_STEPS
    ramp = torch.arange(HEAD_STEPS, device=mesh_t.device, dtype=mesh_t.dtype)
    t = mesh_t[:, None] - HEAD_WINDOW + (ramp + 0.5) * step  # (N, S)
    sample = field(planes, rays.at(t).reshape(-1, 3))
    below = torch.maximum(sample.distance.view_as(t), t - mesh_t[:, None] - SOLID_BEHIND)
    density = HEAD_EXTINCTION * torch.sigmoid(below / HEAD_SOFTNESS)
    weights = _weights(density * step)
    weights = weights / weights.sum(1, keepdim=True)

    def mean(values: Tensor) -> Tensor:
        return torch.einsum("ns,nsc->nc", weights, values.reshape(*t.shape, -1))

    normal = torch.nn.functional.normalize(mean(sample.normal), dim=-1, eps=1e-9)
    distance = (weights * t).sum(1, keepdim=True)
    rest = torch.stack([sample.roughness, sample.specular, sample.scatter, sample.occlusion], -1)
    alpha = torch.ones_like(distance)
    return torch.cat([mean(sample.albedo), alpha, normal, distance, mean(rest)], -1)


def march_hair(
    field: HairFunction,
    hair: HairPlanes,
    rays: Rays,
    limit: Tensor,
    *,
    warp: Warp = same_frame,
    jitter: Tensor | None = None,
) -> Tensor:
    """The hair's G-buffer (N, 9) along rays, up to (N,) metres.

    Steps of `HAIR_STEP` from where the ray enters the hair box; the last one ends at the box's far
    side or the limit. Samples sit in the middle of steps, or at the share `jitter` (N, 1) of them.
    """
    enter, leave = _box_span(rays)
    leave = torch.minimum(leave, limit)
    count = int(((leave - enter).clamp(min=0) / HAIR_STEP).max().ceil().item()) if len(rays) else 0
    ramp = torch.arange(max(count, 1), device=limit.device, dtype=limit.dtype)
    start = enter[:, None] + ramp * HAIR_STEP  # (N, S)
    length = (leave[:, None] - start).clamp(0, HAIR_STEP)
    t = start + length * (0.5 if jitter is None else jitter)
    points = warp(rays.at(t).reshape(-1, 3))
    with torch.no_grad():
        grid = sample_grid(hair.grid, points, HAIR_BOX)
        met = (grid > EMPTY_LOG_EXTINCTION) & (length > 0).reshape(-1)
    sample = field(hair, points[met])
    thickness = length.new_zeros(length.numel()).masked_scatter(met, sample.extinction)
    weights = _weights(thickness.view_as(t) * length)
    return _hair_columns(sample, weights, t, met)


def _hair_columns(sample: HairSample, weights: Tensor, t: Tensor, met: Tensor) -> Tensor:
    """Means (N, 9) of the samples met, `met` (N · S,) bool, under weights (N, S)."""
    values = torch.cat(
        [sample.tone[:, None], sample.along[:, None], t.reshape(-1, 1)[met], sample.tangent,
         sample.root], -1
    )  # fmt: skip
    ray = torch.arange(len(t), device=t.device).repeat_interleave(t.shape[1])[met]
    weighted = values * weights.reshape(-1, 1)[met]
    sums = torch.zeros(len(t), values.shape[1], dtype=t.dtype, device=t.device)
    sums = sums.index_add(0, ray, weighted)
    alpha = weights.sum(1, keepdim=True)
    return torch.cat([alpha, sums / alpha.clamp(min=_TINY_WEIGHT)], -1)


def _weights(optical_depth: Tensor) -> Tensor:
    """How much each sample of (N, S) shows through those before it."""
    before = torch.cumsum(optical_depth, 1) - optical_depth
    return torch.exp(-before) * (1 - torch.exp(-optical_depth))


def _box_span(rays: Rays) -> tuple[Tensor, Tensor]:
    """Where rays enter and leave the hair box, metres: (N,) each; empty spans end before 0."""
    centre = rays.origins.new_tensor(HAIR_BOX.centre)
    half = rays.origins.new_tensor(HAIR_BOX.half)
    safe = torch.where(rays.directions.abs() < 1e-9, 1e-9, rays.directions)
    low = (centre - half - rays.origins) / safe
    high = (centre + half - rays.origins) / safe
    enter = torch.minimum(low, high).amax(-1).clamp(min=0)
    return enter, torch.maximum(low, high).amin(-1)
