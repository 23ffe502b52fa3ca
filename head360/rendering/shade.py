"""Lights G-buffers: the differentiable torch twin of shaders/shade.frag, formula by formula.

Skin: wrapped diffuse light whose red reaches furthest round, two GGX lobes, Fresnel reflections of
the probe. Hair: Kajiya and Kay's strand shading (1989) with Marschner's two shifted highlights
(2003) and forward scattering. Everything passes one filmic tone curve (Narkowicz, 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor
from torch.nn import functional

from head360.model.planes import HAIR_BOX, sample_grid
from head360.rendering.lighting import SHADOW_HALF, Lighting, shadow_from_head, strand_noise
from head360.rendering.march import NO_HIT
from head360.rendering.reference import Buffers

EXPOSURE = 0.42
#: Hair bulges away from here, metres.
SKULL_CENTRE = (0.0, 0.04, -0.005)
#: Shadows start this far behind the surface that the lamp sees, metres.
SHADOW_BIAS = 0.0012
#: Metres in front of and behind the shadow's centre that the shadow map spans.
SHADOW_DEPTH = 0.35
_MIN_HAIR_ALPHA = 0.003


@dataclass(frozen=True, slots=True, eq=False)
class LitScene:
    """What shading knows besides the G-buffers."""

    lighting: Lighting
    shadow: Tensor | None  # (S, S) metres away from the key lamp, row 0 at y = -1; None: no shadow
    transmittance: Tensor | None  # (z, y, x) of the key lamp through hair; None: no hair
    visibility: Tensor | None  # (z, y, x) of the surroundings through hair
    hair_color: Tensor  # (3,) linear RGB
    eye: Tensor  # (3,) metres


def shade(buffers: Buffers, scene: LitScene) -> Tensor:
    """Display-linear RGB times alpha, and alpha: (H, W, 4)."""
    size = buffers.directions.shape[:2]
    rays = buffers.directions.reshape(-1, 3)
    head = buffers.head.reshape(len(rays), -1)
    hair = buffers.hair.reshape(len(rays), -1)
    sum_ = rays.new_zeros(len(rays), 4)
    seen = torch.nonzero(head[:, 3] > 0)[:, 0]
    color = tone_curve(_shade_head(head[seen], rays[seen], scene))
    sum_ = sum_.index_put(
        (seen,), torch.cat([color, torch.ones_like(color[:, :1])], 1) * head[seen, 3:4]
    )
    met = torch.nonzero(hair[:, 0] > _MIN_HAIR_ALPHA)[:, 0]
    color = tone_curve(_shade_hair(hair[met], rays[met], scene))
    alpha = hair[met, :1]
    over = torch.cat([color, torch.ones_like(alpha)], 1) * alpha + sum_[met] * (1 - alpha)
    return sum_.index_put((met,), over).view(*size, 4)


def tone_curve(color: Tensor) -> Tensor:
    """Display-linear 0 … 1 from scene-linear light."""
    c = color * EXPOSURE
    return (c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14)).clamp(0, 1)


def linear_from_srgb(color: Tensor) -> Tensor:
    """Undo the sRGB curve (IEC 61966-2-1)."""
    c = color.clamp(min=0)
    return torch.where(c < 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(color: Tensor) -> Tensor:
    """The sRGB curve (IEC 61966-2-1)."""
    c = color.clamp(min=1e-9)
    return torch.where(c < 0.0031308, c * 12.92, 1.055 * c ** (1 / 2.4) - 0.055)


def _shade_head(head: Tensor, rays: Tensor, scene: LitScene) -> Tensor:
    """(N, 3) scene-linear light from (N, 12) HEAD_COLUMNS."""
    view, n, points = -rays, head[:, 4:7], scene.eye + rays * head[:, 7:8]
    roughness, scatter = head[:, 8:9], head[:, 10:11]
    occlusion = head[:, 11:12].clamp(0, 1)
    through, visible = _through_hair(points, scene)
    open_ = occlusion * (0.25 + 0.75 * visible)
    key = _lamp_visibility(points + n * 0.0015, scene) * through
    f0 = 0.08 * head[:, 9:10]
    f90 = (50 * f0).clamp(max=1)
    nv = _dot(n, view).clamp(min=0.05)
    wide, narrow = (
        (roughness**2).clamp(min=0.003),
        (0.36 * roughness**2).clamp(min=0.002),
    )
    wrap = scatter * rays.new_tensor([0.38, 0.16, 0.10])
    diffuse = _irradiance(n, scene) * _scattered(open_, scatter, (0.72, 1.0, 1.08))
    glints = torch.zeros_like(diffuse)
    for i, (light, color) in enumerate(_lamps(scene)):
        seen = key if i == 0 else (0.35 + 0.65 * occlusion) * (0.3 + 0.7 * visible)
        nl = _dot(n, light)
        soft = ((nl + wrap) / (1 + wrap) ** 2).clamp(0, 1)
        diffuse = diffuse + color * soft * _scattered(seen, scatter, (0.75, 1.0, 1.1))
        halfway = functional.normalize(light + view, dim=-1)
        nh, vh = _dot(n, halfway).clamp(min=0), _dot(view, halfway).clamp(min=0)
        facing = nl.clamp(min=0)
        fresnel = f0 + (f90 - f0) * (1 - vh) ** 5
        lobes = 0.62 * _ggx(nh, wide) + 0.38 * _ggx(nh, narrow)
        masking = 0.25 / ((0.7 * facing + 0.3) * (0.7 * nv + 0.3)).clamp(min=0.05)
        glints = glints + color * (seen * lobes * fresnel * masking * facing)
    rim = f0 + (f90 - f0) * (1 - nv) ** 5 * 0.55 * (1 - 0.6 * roughness)
    mirrored = rays - 2 * _dot(n, rays) * n
    glints = glints + _reflection(mirrored, roughness, scene) * (rim * open_**2 * 0.9)
    return linear_from_srgb(head[:, :3]) * diffuse + glints


def _shade_hair(hair: Tensor, rays: Tensor, scene: LitScene) -> Tensor:
    """(N, 3) scene-linear light from (N, 9) HAIR_COLUMNS."""
    view, points = -rays, scene.eye + rays * hair[:, 3:4]
    t = hair[:, 4:7] / hair[:, 4:7].norm(dim=-1, keepdim=True).clamp(min=1e-4)
    noise = _noise(hair[:, 7:9])
    along = hair[:, 2:3]
    ramp = (along / 0.25).clamp(0, 1)
    fade = 0.55 + 0.45 * ramp**2 * (3 - 2 * ramp)
    gain = hair[:, 1:2] * fade * (1 + 0.25 * along) * torch.exp(0.17 * noise[:, :1])
    albedo = scene.hair_color * gain
    sheen = albedo.clamp(min=0).sqrt()
    through, visible = _through_hair(points, scene)
    bulge = functional.normalize(points - points.new_tensor(SKULL_CENTRE), dim=-1)
    flat_on = view - t * _dot(t, view)
    flat_on = flat_on / flat_on.norm(dim=-1, keepdim=True).clamp(min=1e-4)
    n = functional.normalize(0.45 * flat_on + 0.55 * bulge, dim=-1)
    key_light = points.new_tensor(scene.lighting.directions[0])
    key = _lamp_visibility(points + key_light * 0.004, scene) * through
    total = albedo * _irradiance(n, scene) * (0.35 * visible + 0.65 * visible**2)
    for i, (light, color) in enumerate(_lamps(scene)):
        seen = key if i == 0 else (0.3 + 0.7 * visible) * visible
        nl = _dot(n, light)
        across = (1 - _dot(t, light) ** 2).clamp(min=0).sqrt()
        lit = albedo * (0.6 * across * (0.35 + 0.65 * ((nl + 0.45) / 1.45).clamp(0, 1)))
        th = _dot(t, functional.normalize(light + view, dim=-1))
        narrow = (1 - (th + 0.06 + 0.02 * noise[:, 1:]) ** 2).clamp(min=0) ** 40
        wide = (1 - (th - 0.12 + 0.04 * noise[:, 1:]) ** 2).clamp(min=0) ** 24
        shine = 0.03 * narrow + (0.45 * albedo + 0.018) * sheen * wide
        edge = ((nl + 0.2) / 0.7).clamp(0, 1)
        lit = lit + shine * edge**2 * (3 - 2 * edge)
        lit = lit + albedo * (0.6 * (-_dot(light, view)).clamp(min=0) ** 6)
        total = total + color * seen * lit
    return total


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(-1, keepdim=True)


def _ggx(nh: Tensor, alpha: Tensor) -> Tensor:
    squared = alpha**2
    return (squared / (pi * (nh**2 * (squared - 1) + 1) ** 2)).clamp(max=60)


def _scattered(light: Tensor, scatter: Tensor, powers: tuple[float, float, float]) -> Tensor:
    """Shadows of skin end red: (N, 3)."""
    colored = light.clamp(min=1e-6) ** light.new_tensor(powers)
    return light + (colored - light) * scatter


def _lamps(scene: LitScene) -> list[tuple[Tensor, Tensor]]:
    directions = scene.eye.new_tensor(scene.lighting.directions)
    return list(zip(directions, scene.eye.new_tensor(scene.lighting.colors), strict=True))


def _turned(direction: Tensor, scene: LitScene) -> Tensor:
    c, s = scene.lighting.turn
    x, y, z = direction.unbind(-1)
    return torch.stack([c * x - s * z, y, s * x + c * z], -1)


def _irradiance(direction: Tensor, scene: LitScene) -> Tensor:
    x, y, z = _turned(direction, scene).unbind(-1)
    basis = torch.stack(
        [
            0.282095 + 0 * x, 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y,
            1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z,
            0.546274 * (x * x - y * y),
        ], -1
    )  # fmt: skip
    return (basis @ direction.new_tensor(scene.lighting.irradiance)).clamp(min=0.02)


def _reflection(direction: Tensor, roughness: Tensor, scene: LitScene) -> Tensor:
    d = _turned(direction, scene)
    u = torch.atan2(d[:, 0], d[:, 2]) / (2 * pi) + 0.5
    v = torch.acos(d[:, 1].clamp(-1 + 1e-7, 1 - 1e-7)) / pi
    at = torch.stack([u, v], -1)
    ramp = ((roughness - 0.1) / 0.25).clamp(0, 1)
    rough = ramp**2 * (3 - 2 * ramp)
    sharp = _wrapped(direction.new_tensor(scene.lighting.sharp), at)
    blurred = _wrapped(direction.new_tensor(scene.lighting.blurred), at)
    return sharp + (blurred - sharp) * rough


def _wrapped(image: Tensor, at: Tensor) -> Tensor:
    """Bilinear samples (N, C) of (H, W, C), repeating along x, at (N, 2) in 0 … 1."""
    width = image.shape[1]
    padded = torch.cat([image[:, -1:], image, image[:, :1]], 1).permute(2, 0, 1)
    x = (at[:, 0] * width + 1) / (width + 2)
    grid = torch.stack([x, at[:, 1]], -1) * 2 - 1
    sampled = functional.grid_sample(
        padded[None], grid[None, None], padding_mode="border", align_corners=False
    )
    return sampled[0, :, 0].T


def _noise(root: Tensor) -> Tensor:
    """(N, 2) strand noise at (N, 2) scalp coordinates; repeats outside 0 … 1."""
    noise = root.new_tensor(strand_noise())
    rows = torch.cat([noise[-1:], noise, noise[:1]])
    height = len(noise)
    wrapped = root - root.floor()
    at = torch.stack([wrapped[:, 0], (wrapped[:, 1] * height + 1) / (height + 2)], -1)
    return _wrapped(rows, at)


def _through_hair(points: Tensor, scene: LitScene) -> tuple[Tensor, Tensor]:
    """Transmittance to the key lamp and visibility of the surroundings, (N, 1) each."""
    one = torch.ones_like(points[:, :1])
    if scene.transmittance is None or scene.visibility is None:
        return one, one
    return (
        sample_grid(scene.transmittance, points, HAIR_BOX)[:, None],
        sample_grid(scene.visibility, points, HAIR_BOX)[:, None],
    )


def _lamp_visibility(points: Tensor, scene: LitScene) -> Tensor:
    """(N, 1) share of the key lamp's light that the head lets through: four taps of 2 x 2."""
    if scene.shadow is None:
        return torch.ones_like(points[:, :1])
    matrix = points.new_tensor(shadow_from_head(scene.lighting.directions[0]))
    at = points @ matrix[:3, :3].T + matrix[:3, 3]
    size = scene.shadow.shape[0]
    texels = (at[:, :2] * 0.5 + 0.5) * size - 0.5
    depth = at[:, 2] - SHADOW_BIAS
    taps = [
        _compared(scene.shadow, texels + points.new_tensor([x, y]), depth)
        for x in (-0.75, 0.75)
        for y in (-0.75, 0.75)
    ]
    return torch.stack(taps).mean(0)[:, None]


def _compared(shadow: Tensor, texels: Tensor, depth: Tensor) -> Tensor:
    """(N,) bilinear mean of four comparisons at (N, 2) texel coordinates."""
    size = shadow.shape[0]
    low = texels.floor()
    share = texels - low
    total = torch.zeros_like(depth)
    for dx in (0, 1):
        for dy in (0, 1):
            column = (low[:, 0].long() + dx).clamp(0, size - 1)
            row = (low[:, 1].long() + dy).clamp(0, size - 1)
            weight = (share[:, 0] if dx else 1 - share[:, 0]) * (
                share[:, 1] if dy else 1 - share[:, 1]
            )
            total = total + weight * (depth <= shadow[row, column]).to(depth)
    return total


def shadow_map(vertices: Tensor, triangles: Tensor, lighting: Lighting, size: int) -> Tensor:
    """(size, size) metres away from the key lamp of the nearest surface, else `NO_HIT`."""
    from head360.rendering.rasterize import interpolate, rasterize

    matrix = vertices.new_tensor(shadow_from_head(lighting.directions[0]))
    seen = vertices @ matrix[:3, :3].T + matrix[:3, 3]
    screen = torch.cat([(seen[:, :2] * 0.5 + 0.5) * size, seen[:, 2:] + SHADOW_HALF * 3], -1)
    raster = rasterize(screen, triangles, (size, size), perspective=False)
    depth = interpolate(raster, seen[:, 2:], triangles)[..., 0]
    return torch.where(raster.covered, depth, NO_HIT)
