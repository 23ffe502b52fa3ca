"""Lights G-buffers: the differentiable torch twin of shaders/shade.frag, formula by formula.

Skin: wrapped diffuse light whose red reaches furthest round, two GGX lobes, Fresnel reflections of
the probe. Hair: Kajiya and Kay's strand shading (1989) with Marschner's two shifted highlights
(2003) and forward scattering, and the probe mirrored along each strand's cone. Noise keyed to a
strand's root tells locks and strands apart. Everything passes one filmic tone curve (Narkowicz,
2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor
from torch.nn import functional

from head360.model.planes import HAIR_BOX, sample_grid
from head360.model.strand_noise import noise_at
from head360.rendering.lighting import SHADOW_HALF, Lighting, harmonics, shadow_from_head
from head360.rendering.march import NO_HIT
from head360.rendering.reference import Buffers
from head360.rendering.strands import hair_colors, painted_hair, smoothstep, strand_color

EXPOSURE = 0.42
#: Hair bulges away from here, metres.
SKULL_CENTRE = (0.0, 0.04, -0.005)
#: Shadows start this far behind the surface that the lamp sees, metres.
SHADOW_BIAS = 0.0012
#: How much finer the noise of strands is than that of locks.
STRANDS_IN_A_LOCK = 4.0
#: Samples of the first size (metres) show single strands, those of the second do not.
STRANDS_SHOW = (0.0008, 0.0025)
#: What is left of strands' own noise: a field gives the mean of many, and noise looked up for
#: their mean is no mean of theirs. Measured against the truth, see docs/adr/0026.
SINGLE_STRANDS = 0.45
#: Even black hair scatters some light.
DARKEST = 0.006
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
    eye: Tensor  # (3,) metres; (N, 3) for N rays from different places
    hair_tones: Tensor | None = None  # (2, 4) of roots and tips, see `Scene`; None: all one colour
    hair_paint: Tensor | None = None  # (3, along, v, u) logarithms of factors; None: none


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
    footprint = hair[met, 3:4] * _sample_angle(buffers.directions)
    noise = _strand_noise(hair[met, 7:9], hair[met, 2:3], footprint)
    color = tone_curve(_shade_hair(hair[met], noise, rays[met], scene))
    alpha = _frayed(hair[met, :1], noise[:, 2:3] / SINGLE_STRANDS)
    over = torch.cat([color, torch.ones_like(alpha)], 1) * alpha + sum_[met] * (1 - alpha)
    return sum_.index_put((met,), over).view(*size, 4)


def skin_colors(head: Tensor, rays: Tensor, scene: LitScene) -> Tensor:
    """(N, 3) display-linear colours of rows (N, 12) HEAD_COLUMNS seen along unit rays (N, 3)."""
    return tone_curve(_shade_head(head, rays, scene))


def strand_colors(hair: Tensor, rays: Tensor, scene: LitScene) -> Tensor:
    """The same of rows (N, 9) HAIR_COLUMNS, as close to as can be."""
    noise = _strand_noise(hair[:, 7:9], hair[:, 2:3], torch.zeros_like(hair[:, :1]))
    return tone_curve(_shade_hair(hair, noise, rays, scene))


def tone_curve(color: Tensor) -> Tensor:
    """Display-linear 0 … 1 from scene-linear light."""
    c = color * EXPOSURE
    return (c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14)).clamp(0, 1)


def light_from_display(color: Tensor) -> Tensor:
    """Undo the tone curve: scene-linear light from display-linear 0 … 1."""
    y = color.clamp(0, 1)
    a, b = 2.51 - 2.43 * y, 0.03 - 0.59 * y
    light: Tensor = ((b * b + 0.56 * a * y).sqrt() - b) / (2 * a * EXPOSURE)
    return light


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
    diffuse, glints = skin_light(head, rays, scene)
    return linear_from_srgb(head[:, :3]) * diffuse + glints


def skin_light(head: Tensor, rays: Tensor, scene: LitScene) -> tuple[Tensor, Tensor]:
    """What light albedo is multiplied by (N, 3), and what is mirrored, of such rows."""
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
    for number, light, color in _lamps(scene):
        seen = key if number == 0 else (0.35 + 0.65 * occlusion) * (0.3 + 0.7 * visible)
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
    return diffuse, glints


def _shade_hair(hair: Tensor, noise: Tensor, rays: Tensor, scene: LitScene) -> Tensor:
    """(N, 3) scene-linear light from (N, 9) HAIR_COLUMNS and their (N, 4) strand noise."""
    view, points = -rays, scene.eye + rays * hair[:, 3:4]
    # Where strands lie this way and that, their mean direction says nothing.
    t, sure = _unit(hair[:, 4:7]), smoothstep(0.35, 0.85, hair[:, 4:7].norm(dim=-1, keepdim=True))
    own = hair_colors(hair[:, 2:3], scene.hair_color, scene.hair_tones)
    own = painted_hair(own, hair[:, 7:9], hair[:, 2:3], scene.hair_paint)
    albedo = strand_color(hair, noise, own)
    tinted = albedo * albedo.clamp(min=0).sqrt()  # light that has been in a strand
    lock, fine = noise[:, 1:2], noise[:, 3:4]
    strong, shift = torch.exp(0.22 * lock + 0.20 * fine), 0.02 * lock + 0.015 * fine
    through, visible = _through_hair(points, scene)
    bulge = functional.normalize(points - points.new_tensor(SKULL_CENTRE), dim=-1)
    tv = _dot(t, view)
    n = functional.normalize(0.45 * _unit(view - t * tv) + 0.55 * bulge, dim=-1)
    key_light = points.new_tensor(scene.lighting.directions[0])
    key = _lamp_visibility(points + key_light * 0.004, scene) * through
    # Light hair hands light on where dark hair swallows it.
    deep = 0.35 + 0.65 * visible
    open_ = visible * (deep + (1 - deep) * albedo[:, 1:2].clamp(0, 1))
    outer = (1.6 * visible).clamp(max=1)  # half of what a strand on top sees is the hair below it
    ambient = _balanced(_irradiance(n, scene))
    total = (albedo + DARKEST) * ambient * open_
    # The probe, along the cone that a strand mirrors the view into, where that leaves the hair.
    side = _unit(n - t * _dot(t, n))
    mirrored = side * (1 - tv**2).clamp(min=0).sqrt() - t * tv
    sky = 0.5 * ambient + 0.5 * _balanced(_blurred_probe(mirrored, scene))
    total = total + sky * (0.033 * strong + 0.30 * tinted) * (outer * open_)
    for number, light, color, gloss in _lamps_of_hair(scene):
        seen = key if number == 0 else (0.3 + 0.7 * outer) * outer
        nl = _dot(n, light)
        across = (1 - _dot(t, light) ** 2).clamp(min=0).sqrt()
        wrapped = 0.35 + 0.65 * ((nl + 0.45) / 1.45).clamp(0, 1)
        lit = (albedo + DARKEST) * (0.55 * across * wrapped)
        th = _dot(t, functional.normalize(light + view, dim=-1))
        first, second = th + 0.07 + shift, th - 0.11 + 1.5 * shift
        white = 0.25 + (torch.exp(-32 * first**2) - 0.25) * sure
        colored = 0.40 + (torch.exp(-14 * second**2) - 0.40) * sure
        shine = strong * (0.050 * white + (0.45 * tinted + 0.008) * colored)
        lit = lit + albedo * (0.6 * (-_dot(light, view)).clamp(min=0) ** 6)
        total = total + seen * (color * lit + gloss * shine * smoothstep(-0.2, 0.5, nl))
    return total


def _balanced(light: Tensor) -> Tensor:
    """Cameras balance white, and nothing betrays them like grey hair."""
    grey = (light @ light.new_tensor([0.2126, 0.7152, 0.0722]))[:, None]
    return grey + 0.4 * (light - grey)


def _frayed(alpha: Tensor, noise: Tensor) -> Tensor:
    """Thin hair is some strands and some gaps, not a haze."""
    return (alpha + 0.9 * alpha * (1 - alpha) * noise).clamp(0, 1)


def _unit(vectors: Tensor) -> Tensor:
    unit: Tensor = vectors / vectors.norm(dim=-1, keepdim=True).clamp(min=1e-4)
    return unit


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(-1, keepdim=True)


def _ggx(nh: Tensor, alpha: Tensor) -> Tensor:
    squared = alpha**2
    return (squared / (pi * (nh**2 * (squared - 1) + 1) ** 2)).clamp(max=60)


def _scattered(light: Tensor, scatter: Tensor, powers: tuple[float, float, float]) -> Tensor:
    """Shadows of skin end red: (N, 3)."""
    colored = light.clamp(min=1e-6) ** light.new_tensor(powers)
    return light + (colored - light) * scatter


def _lamps(scene: LitScene) -> list[tuple[int, Tensor, Tensor]]:
    """Number (0 is the key), direction and colour of those that shine."""
    directions = scene.eye.new_tensor(scene.lighting.directions)
    colors = scene.eye.new_tensor(scene.lighting.colors)
    return [(i, directions[i], colors[i]) for i in range(len(colors)) if colors[i].any()]


def _lamps_of_hair(scene: LitScene) -> list[tuple[int, Tensor, Tensor, Tensor]]:
    """The same, and the colour that hair mirrors, of those that light it or that it mirrors."""
    lit = scene.lighting
    directions, colors, gloss = (
        scene.eye.new_tensor(each) for each in (lit.directions, lit.colors, lit.gloss)
    )
    chosen = [i for i in range(len(colors)) if colors[i].any() or gloss[i].any()]
    return [(i, directions[i], colors[i], gloss[i]) for i in chosen]


def _turned(direction: Tensor, scene: LitScene) -> Tensor:
    c, s = scene.lighting.turn
    x, y, z = direction.unbind(-1)
    return torch.stack([c * x - s * z, y, s * x + c * z], -1)


def _irradiance(direction: Tensor, scene: LitScene) -> Tensor:
    basis = harmonics(_turned(direction, scene))
    return (basis @ direction.new_tensor(scene.lighting.irradiance)).clamp(min=0.02)


def _reflection(direction: Tensor, roughness: Tensor, scene: LitScene) -> Tensor:
    rough = smoothstep(0.1, 0.35, roughness)
    at = _on_probe(direction, scene)
    sharp = _wrapped(direction.new_tensor(scene.lighting.sharp), at)
    blurred = _wrapped(direction.new_tensor(scene.lighting.blurred), at)
    return sharp + (blurred - sharp) * rough


def _blurred_probe(direction: Tensor, scene: LitScene) -> Tensor:
    image = direction.new_tensor(scene.lighting.blurred)
    return _wrapped(image, _on_probe(direction, scene))


def _on_probe(direction: Tensor, scene: LitScene) -> Tensor:
    """(N, 2) places 0 … 1 on the probe's picture."""
    d = _turned(direction, scene)
    u = torch.atan2(d[:, 0], d[:, 2]) / (2 * pi) + 0.5
    v = torch.acos(d[:, 1].clamp(-1 + 1e-7, 1 - 1e-7)) / pi
    return torch.stack([u, v], -1)


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


def _strand_noise(root: Tensor, along: Tensor, footprint: Tensor) -> Tensor:
    """(N, 4) what makes strands of the hair's mass: tone and sheen of locks, then of strands.

    Strands that are much finer than a sample ((N, 1) metres) fade instead of flickering.
    """
    fine = root * STRANDS_IN_A_LOCK + along * along.new_tensor([0.11, 0.07])
    seen = SINGLE_STRANDS * (1 - smoothstep(*STRANDS_SHOW, footprint))
    return torch.cat([noise_at(root), noise_at(fine) * seen], -1)


def _sample_angle(directions: Tensor) -> float:
    """Radians between neighbours in the middle of a picture (H, W, 3); 0 if it has none."""
    height, width = directions.shape[:2]
    if width < 2:
        return 0.0
    middle = directions[height // 2, width // 2 - 1 : width // 2 + 1]
    return float((middle[1] - middle[0]).norm())


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
