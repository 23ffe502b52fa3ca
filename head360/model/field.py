"""Turns six planes into a head and into hair: what is at a point in space, for any point.

Each plane knows the surface it sees: depth, normal, material. For a point x and plane k, e_k(x) is
how far x lies behind that surface (metres). A point is inside the head where every e_k is
positive; the planes whose surface is near x, and that see it face on, say what it looks like. A
small network then corrects what projection cannot know. Hair is no surface: its density comes
from a coarse grid of extinction, sharpened by the planes' soft depth.

Planes hold zeros where they see nothing, so sums over planes are divided by the sum of sampled
coverage ("premultiplied"): an edge texel never darkens its neighbour. For the same reason the
depth sampled at an edge mixes the surface with `EMPTY_DEPTH`; `_offsets` takes that share out
again, and puts the outline where half a texel is covered.

The same functions exist in GLSL (`rendering/shaders/field_*.glsl`); tests hold both together.
Variants for comparison: `plain` takes the unweighted mean of all six planes, `triplane` that of
the front, left and top plane; their networks have to find the surface on their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from head360.errors import ResourceError
from head360.model.planes import (
    HAIR_BOX,
    HEAD_BOX,
    VIEW_AXES,
    contains,
    heights,
    sample_grid,
    sample_planes,
    sideways,
)
from head360.model.strand_ends import trimmed

Variant: TypeAlias = Literal["depth", "plain", "triplane"]
VARIANTS: tuple[Variant, ...] = ("depth", "plain", "triplane")
#: Front, left, top.
_TRIPLANE = (0, 2, 4)

#: Channels of the head's planes: three atlases of four.
HEAD_CHANNELS: tuple[str, ...] = (
    "albedo_r", "albedo_g", "albedo_b", "occlusion",
    "normal_x", "normal_y", "normal_z", "depth",
    "roughness", "specular", "scatter", "coverage",
)  # fmt: skip
#: Channels of the hair's planes: three atlases of four, the last channel unused.
HAIR_CHANNELS: tuple[str, ...] = (
    "coverage", "depth", "spread", "along",
    "tangent_x", "tangent_y", "tangent_z", "feature_0",
    "root_u", "root_v", "feature_1",
)  # fmt: skip

#: How fast a plane loses its say with the distance from its surface, metres.
HEAD_REACH, HAIR_REACH = 0.002, 0.003
#: Distances beyond this look alike to the networks, metres.
OFFSET_SCALE = 0.007
#: Most that the head's network may move the surface, metres.
MAX_OFFSET = 0.002
MIN_FACING = 0.05
#: Keeps sums positive where no plane has a say.
_HEAD_FLOOR, _HAIR_FLOOR = 1e-7, 1e-6
#: How far outside the head points beyond a plane's outline are, metres per lost coverage.
_OUTLINE_SLOPE = 0.004
_MIN_COVERAGE = 0.05
#: Greater depths than this stem from `UNKNOWN_DEPTH`, metres.
_KNOWN_DEPTH = 0.5
#: Points further from all that planes see get darker over about `_SEEN_FADE`, metres, down to a
#: share: the inside of an open mouth is dark, not a hole.
_SEEN_WITHIN, _SEEN_FADE, _LEAST_SEEN = 0.004, 0.003, 0.35

#: Hair grids store log(extinction in 1/m). Below this there is no hair; one unit above, the full
#: density, so that skipping empty space never makes an edge.
EMPTY_LOG_EXTINCTION = -1.0
#: Densest hair, log(1/m).
MAX_LOG_EXTINCTION = 8.3
#: Softest step of a plane's soft depth, metres.
_SOFT_DEPTH = 0.0008


@dataclass(frozen=True, slots=True, eq=False)
class HeadSample:
    """The head at N points."""

    distance: Tensor  # (N,) metres below the surface, negative outside
    albedo: Tensor  # (N, 3) sRGB-encoded, 0 ... 1
    occlusion: Tensor  # (N,) 0 hidden ... 1 open
    normal: Tensor  # (N, 3) unit, head space
    roughness: Tensor  # (N,)
    specular: Tensor  # (N,)
    scatter: Tensor  # (N,)


@dataclass(frozen=True, slots=True, eq=False)
class HairPlanes:
    """One hairstyle in the canonical frame."""

    planes: Tensor  # (6, 11, R, R) HAIR_CHANNELS; metres for depth (about the centre) and spread
    grid: Tensor  # (D, D, D) = (z, y, x), log(extinction in 1/m)
    #: (L, L, L) the same, as the strands themselves were counted. Training moves `grid` until
    #: pictures fit, whatever lies inside; light has to get through what is really there.
    counted: Tensor | None = None
    #: (z, y, x) natural logarithms of factors on tones, cells over the box; None: 1 all over.
    gains: Tensor | None = None
    #: (v, u) shares that are cut off strands, over scalp coordinates; None: nothing, no ragged end.
    cut: Tensor | None = None
    #: How far ends are ragged: 0 as the style's own … 1 each strand ends elsewhere.
    ragged: float = 0.0

    @property
    def shading(self) -> Tensor:
        """(L, L, L) log(extinction in 1/m): what keeps light away."""
        return self.grid if self.counted is None else self.counted

    def mirrored(self) -> HairPlanes:
        """The same style, left for right."""
        planes = sideways(self.planes)
        signs = planes.new_ones(len(HAIR_CHANNELS), 1, 1)
        signs[HAIR_CHANNELS.index("tangent_x")] = -1.0
        planes = planes * signs
        root = HAIR_CHANNELS.index("root_u")
        planes[:, root] = 1 - planes[:, root]
        counted = None if self.counted is None else self.counted.flip(-1)
        gains = None if self.gains is None else self.gains.flip(-1)
        cut = None if self.cut is None else self.cut.flip(-1)
        return HairPlanes(planes, self.grid.flip(-1), counted, gains, cut, self.ragged)

    def to(self, device: torch.device) -> HairPlanes:
        """The same on another device."""
        counted = None if self.counted is None else self.counted.to(device)
        gains = None if self.gains is None else self.gains.to(device)
        cut = None if self.cut is None else self.cut.to(device)
        planes, grid = self.planes.to(device), self.grid.to(device)
        return HairPlanes(planes, grid, counted, gains, cut, self.ragged)


@dataclass(frozen=True, slots=True, eq=False)
class HairSample:
    """The hair at N points."""

    extinction: Tensor  # (N,) 1/m
    tangent: Tensor  # (N, 3) unit, canonical frame, root to tip
    along: Tensor  # (N,) 0 root ... 1 tip
    root: Tensor  # (N, 2) scalp coordinates, 0 ... 1
    tone: Tensor  # (N,) gain on the strand tone of (root, along), about 1


class Decoder(nn.Module):
    """Linear, ReLU, Linear: small enough to be written into a shader as literals."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(inputs, hidden)
        self.output = nn.Linear(hidden, outputs)
        nn.init.normal_(self.output.weight, 0.0, 0.02)
        nn.init.zeros_(self.output.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """(N, outputs) from (N, inputs)."""
        return cast("Tensor", self.output(torch.relu(self.hidden(inputs))))


class HeadField(nn.Module):
    """The head's surface and material around the surface that six planes show."""

    def __init__(self, variant: Variant = "depth") -> None:
        super().__init__()
        self.variant = variant
        # Near enough the same number of weights for each variant.
        self.decoder = Decoder(20, 16, 5) if variant == "depth" else Decoder(12, 20, 8)

    def forward(self, planes: Tensor, points: Tensor) -> HeadSample:
        """Sample (6, 12, R, R) planes at (N, 3) metres."""
        samples = sample_planes(planes, points, HEAD_BOX)
        if self.variant == "depth":
            return self._decode(samples, points)
        return self._decode_mean(samples)

    def _decode(self, samples: Tensor, points: Tensor) -> HeadSample:
        coverage = samples[:, 11]
        offsets = _offsets(samples[:, 7], coverage, heights(points, HEAD_BOX))
        shares = _head_shares(samples[:, 4:7], coverage, offsets)
        total = (shares * coverage).sum(0) + 1e-12
        sums = torch.einsum("kn,kcn->cn", shares, samples)
        means = torch.cat([sums[:4], sums[8:]]) / total  # (8, N)
        out = self.decoder(torch.cat([means, torch.tanh(offsets / OFFSET_SCALE), coverage]).T)
        gains = torch.exp(0.5 * torch.tanh(out[:, 1:]))
        seen = _seen(offsets)
        return HeadSample(
            distance=offsets.amin(0) + MAX_OFFSET * torch.tanh(out[:, 0]),
            albedo=means[:3].T * gains[:, :3] * seen[:, None],
            occlusion=means[3] * gains[:, 3] * seen,
            normal=nn.functional.normalize(sums[4:7], dim=0, eps=1e-9).T,
            roughness=means[4],
            specular=means[5],
            scatter=means[6],
        )

    def _decode_mean(self, samples: Tensor) -> HeadSample:
        means = samples.mean(0) if self.variant == "plain" else samples[list(_TRIPLANE)].mean(0)
        out = self.decoder(means.T)
        return HeadSample(
            distance=MAX_OFFSET * out[:, 0],
            albedo=torch.sigmoid(out[:, 1:4]),
            occlusion=torch.sigmoid(out[:, 4]),
            normal=nn.functional.normalize(means[4:7].T + out[:, 5:8], dim=-1, eps=1e-9),
            roughness=means[8],
            specular=means[9],
            scatter=means[10],
        )


def surface_distance(planes: Tensor, points: Tensor) -> Tensor:
    """Metres below the surface that (6, 12, R, R) planes show, before the network: (N,)."""
    samples = sample_planes(planes[:, [7, 11]], points, HEAD_BOX)
    return _offsets(samples[:, 0], samples[:, 1], heights(points, HEAD_BOX)).amin(0)


def _offsets(depth: Tensor, coverage: Tensor, height: Tensor) -> Tensor:
    """(6, N) metres below each plane's surface, from sampled depth and the points' heights."""
    surface = (depth + 1 - coverage) / coverage.clamp(min=_MIN_COVERAGE)
    below = surface - height
    beyond_outline = (coverage < 0.5) & (surface < _KNOWN_DEPTH)
    return torch.where(
        beyond_outline, torch.minimum(below, (coverage - 0.5) * _OUTLINE_SLOPE), below
    )


def _seen(offsets: Tensor) -> Tensor:
    """(N,) 1 near what some plane sees, little deep in the mouth, whose colour nobody knows."""
    beyond = (offsets.abs().amin(0) - _SEEN_WITHIN).clamp(min=0)
    return _LEAST_SEEN + (1 - _LEAST_SEEN) * torch.exp(-beyond / _SEEN_FADE)


def _head_shares(normals: Tensor, coverage: Tensor, offsets: Tensor) -> Tensor:
    """(6, N) say of each plane, not normalised; `normals` (6, 3, N) carry their coverage."""
    axes = normals.new_tensor(VIEW_AXES)
    facing = torch.einsum("kcn,kc->kn", normals, axes) / coverage.clamp(min=_MIN_COVERAGE)
    facing = facing.clamp(MIN_FACING, 1.0)
    return facing**2 * torch.exp(-offsets.abs() / HEAD_REACH) + _HEAD_FLOOR


class HairField(nn.Module):
    """The density and look of hair, from a coarse grid and six planes that show it from outside.

    View independent, so that the hair can be baked into a volume.
    """

    def __init__(self, variant: Variant = "depth") -> None:
        super().__init__()
        self.variant = variant
        self.decoder = Decoder(20, 32, 2) if variant == "depth" else Decoder(11, 52, 2)

    def forward(self, hair: HairPlanes, points: Tensor) -> HairSample:
        """Sample a style at (N, 3) metres of the canonical frame."""
        log_extinction = sample_grid(hair.grid, points, HAIR_BOX)
        # Beyond the box border texels only continue; a turned head looks there.
        inside = contains(HAIR_BOX, points)
        log_extinction = torch.where(inside, log_extinction, EMPTY_LOG_EXTINCTION)
        samples = sample_planes(hair.planes, points, HAIR_BOX)
        if self.variant == "depth":
            found = self._decode(samples, log_extinction, points)
        else:
            found = self._decode_mean(samples, log_extinction)
        if hair.gains is not None:
            gain = sample_grid(hair.gains, points, HAIR_BOX).exp()
            found = replace(found, tone=found.tone * gain)
        if hair.cut is not None:
            left, along = trimmed(found.along, found.root, hair.cut, hair.ragged)
            found = replace(found, extinction=found.extinction * left, along=along)
        return found

    def _decode(self, samples: Tensor, log_extinction: Tensor, points: Tensor) -> HairSample:
        coverage = samples[:, 0]
        offsets = samples[:, 1] - heights(points, HAIR_BOX)
        shares = coverage.clamp(min=0) * torch.exp(-offsets.abs() / HAIR_REACH) + _HAIR_FLOOR
        shares = shares / shares.sum(0)
        means = torch.einsum("kn,kcn->cn", shares, samples)
        out = self.decoder(
            torch.cat(
                [
                    means[[0, 3, 7, 10]],
                    means[2:3] / OFFSET_SCALE,
                    torch.tanh(offsets / OFFSET_SCALE),
                    coverage,
                    _two_shallowest(samples, offsets),
                    log_extinction[None] / 8,
                ]
            ).T
        )
        return _hair_sample(means, log_extinction, log_extinction + out[:, 0], out[:, 1])

    def _decode_mean(self, samples: Tensor, log_extinction: Tensor) -> HairSample:
        means = samples.mean(0) if self.variant == "plain" else samples[list(_TRIPLANE)].mean(0)
        scale = means.new_ones(len(means), 1)
        scale[1:3] = 10.0  # metres of depth and spread, to about the size of the other channels
        out = self.decoder((means * scale).T)
        return _hair_sample(means, log_extinction, 5 + 4 * out[:, 0], out[:, 1])


def _two_shallowest(samples: Tensor, offsets: Tensor) -> Tensor:
    """(2, N) how deep in the hair the two planes say that disagree most, 0 outside ... 1 inside."""
    spread = samples[:, 2].clamp(min=0)
    inside = torch.sigmoid((offsets + 0.5 * spread) / (_SOFT_DEPTH + 0.5 * spread))
    return (inside * samples[:, 0].clamp(0, 1)).sort(0)[0][:2]


def _hair_sample(means: Tensor, grid: Tensor, log_extinction: Tensor, tone: Tensor) -> HairSample:
    """Assemble a sample from (11, N) mean channels."""
    presence = (grid - EMPTY_LOG_EXTINCTION).clamp(0, 1)
    return HairSample(
        extinction=presence * torch.exp(log_extinction.clamp(max=MAX_LOG_EXTINCTION)),
        tangent=nn.functional.normalize(means[4:7], dim=0, eps=1e-9).T,
        along=means[3],
        root=means[8:10].T,
        tone=torch.exp(0.5 * torch.tanh(tone)),
    )


def save_fields(path: Path, head: HeadField, hair: HairField) -> None:
    """Write both networks' weights into one safetensors file."""
    tensors = {f"head.{name}": value for name, value in head.state_dict().items()}
    tensors |= {f"hair.{name}": value for name, value in hair.state_dict().items()}
    save_file(tensors, path, {"head_variant": head.variant, "hair_variant": hair.variant})


def load_fields(path: Path) -> tuple[HeadField, HairField]:
    """The fields of a file written by `save_fields`, without gradients.

    Raises:
        ResourceError: the file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            variants = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        fields = (
            HeadField(_variant(variants["head_variant"])),
            HairField(_variant(variants["hair_variant"])),
        )
        for prefix, field in zip(("head.", "hair."), fields, strict=True):
            field.load_state_dict(
                {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            )
            field.requires_grad_(False)
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise ResourceError(f"The model file “{path.name}” is damaged.") from error
    return fields


def _variant(name: str) -> Variant:
    """Check a variant's name that comes from a file."""
    for variant in VARIANTS:
        if variant == name:
            return variant
    raise KeyError(name)
