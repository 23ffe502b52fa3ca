"""Tells a photo's light from its skin.

Photo and renderer must mean the same by a colour, so a photo is taken through the inverse of the
renderer's tone curve first. Its light is then one grey lighting of second order (spherical
harmonics, cosine-convolved and divided by pi, as `Lighting.irradiance`), found by robust least
squares from skin whose albedo is roughly known: what is not skin, or in a cast shadow, weighs
little. Reflections of the same light on the skin's surface are part of the fit, and are taken off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from math import log

import torch
from torch import Tensor
from torch.nn import functional

from head360.light import LIGHT_PRESETS, Light
from head360.rendering.lighting import harmonics, lighting
from head360.rendering.shade import light_from_display, linear_from_srgb

#: Display-linear values are taken for at most so bright: beyond, the tone curve says nothing.
_BRIGHTEST = 0.84
#: What pulls the orders 0, 1, 2 of the light towards an even one.
_RIDGE = (0.0, 0.02, 0.25)
#: Skin is never taken to be in deeper shadow, or in brighter light, than so many times the usual.
_DARKEST, _BRIGHTEST_LIGHT = 0.25, 2.4
#: The irradiance (divided by pi) at which faces are usually exposed: the presets' mean.
USUAL_LIGHT = 2.1
#: Powers to which openness counts for red, green and blue, as `shade._shade_head`.
_SHADOW_POWERS = (0.72, 1.0, 1.08)
_TURNS = range(-180, 180, 15)  # degrees that presets are turned by


@dataclass(frozen=True, slots=True, eq=False)
class SkinPatch:
    """N places of skin, as light sees them."""

    normals: Tensor  # (N, 3) unit, head space
    mirrored: Tensor  # (N, 3) unit: the view, mirrored
    facing: Tensor  # (N,) cosine to the view
    occlusion: Tensor  # (N,) 0 closed … 1 open
    roughness: Tensor  # (N,)
    specular: Tensor  # (N,)
    scatter: Tensor  # (N,)

    def __getitem__(self, chosen: Tensor) -> SkinPatch:
        return SkinPatch(*(getattr(self, name)[chosen] for name in self.__slots__))


def radiance(photo: Tensor) -> Tensor:
    """Scene-linear light of sRGB-encoded colours 0 … 1: undoes encoding and tone curve."""
    return light_shown(linear_from_srgb(photo))


def light_shown(display: Tensor) -> Tensor:
    """The same of display-linear colours 0 … 1."""
    return light_from_display(display.clamp(0, _BRIGHTEST))


def estimated_light(patch: SkinPatch, seen: Tensor, albedo: Tensor, weight: Tensor) -> Tensor:
    """(9,) grey light under which skin of a known albedo looks as it was seen.

    Args:
        patch: N places.
        seen: (N, 3) scene-linear radiance.
        albedo: (N, 3) linear.
        weight: (N,) 0 … 1.
    """
    grey = albedo.mean(1, keepdim=True)
    rows = harmonics(patch.normals) * patch.occlusion[:, None] * grey
    rows = rows + harmonics(patch.mirrored) * _gloss(patch)[:, None]
    target = seen.mean(1)
    # Relative errors: dark skin must count as much as bright skin.
    relative = 1 / grey[:, 0].clamp(min=0.02)
    rows, target = (rows * relative[:, None]).double(), (target * relative).double()
    ridge = torch.tensor([_RIDGE[0], *[_RIDGE[1]] * 3, *[_RIDGE[2]] * 5], dtype=torch.float64)
    robust = weight.double()
    light = rows.new_zeros(9)
    for _ in range(8):
        normal = (rows * robust[:, None]).T @ rows / robust.sum()
        light = torch.linalg.solve(
            normal + torch.diag(ridge) * normal[0, 0],
            (rows * robust[:, None]).T @ target / robust.sum(),
        )
        rest = target - rows @ light
        spread = 1.5 * rest.abs().median() + 1e-3
        robust = weight / (1 + (rest / spread) ** 2)
    return light.float()


def albedo_under(light: Tensor, patch: SkinPatch, seen: Tensor) -> Tensor:
    """(N, 3) linear albedo of skin that was seen, (N, 3) radiance, in a light (9,)."""
    glint = (harmonics(patch.mirrored) @ light).clamp(min=0.02) * _gloss(patch)
    return (seen - glint[:, None]).clamp(min=0.003) / shading(light, patch)


def shading(light: Tensor, patch: SkinPatch) -> Tensor:
    """(N, 3) what albedo is multiplied by in a light (9,)."""
    usual = light[0] * 0.282095
    level = (harmonics(patch.normals) @ light).clamp(min=0.02)
    level = torch.minimum(level.clamp(min=float(_DARKEST * usual)), _BRIGHTEST_LIGHT * usual)
    open_ = patch.occlusion.clamp(min=0.05)[:, None]
    shadow = open_ ** open_.new_tensor(_SHADOW_POWERS)
    return level[:, None] * (open_ + (shadow - open_) * patch.scatter[:, None])


def seen_under(light: Tensor, patch: SkinPatch, albedo: Tensor) -> Tensor:
    """(N, 3) radiance of skin of an albedo (N, 3) in a light (9,): `albedo_under` the other way."""
    glint = (harmonics(patch.mirrored) @ light).clamp(min=0.02) * _gloss(patch)
    return albedo * shading(light, patch) + glint[:, None]


def _gloss(patch: SkinPatch) -> Tensor:
    """(N,) share of the mirrored light that the surface reflects, as `shade._shade_head`."""
    f0 = 0.08 * patch.specular
    f90 = (50 * f0).clamp(max=1)
    grazing = (1 - patch.facing.clamp(min=0.05)) ** 5
    rim = f0 + (f90 - f0) * grazing * 0.55 * (1 - 0.6 * patch.roughness)
    return rim * patch.occlusion**2 * 0.9


def nearest_light(light: Tensor) -> Light:
    """The preset, rotation and intensity that light a face most like a light (9,) does."""
    normals, weight = _face_directions()
    wanted = (harmonics(normals) @ light).clamp(min=0.02).log()
    lights, levels = turned_presets()
    difference, share = wanted - levels, weight / weight.sum()
    gain = difference @ share
    rest = (difference - gain[:, None]).square() @ share
    # Dimmed or driven presets lose their character.
    best = int((rest + 0.02 * gain.square()).argmin())
    intensity = min(max(float(gain[best].exp()), 0.4), 2.0)
    return replace(lights[best], intensity=round(intensity, 2))


@cache
def turned_presets() -> tuple[tuple[Light, ...], Tensor]:
    """Presets turned around a face, and logarithms (L, M) of what each brings to its normals."""
    normals, _ = _face_directions()
    lights = tuple(Light(name, float(turn)) for name in LIGHT_PRESETS for turn in _TURNS)
    return lights, torch.stack([_level(light, normals) for light in lights])


def _level(light: Light, normals: Tensor) -> Tensor:
    numbers = lighting(light)
    c, s = numbers.turn
    turned = normals @ torch.tensor([[c, 0, s], [0, 1, 0], [-s, 0, c]], dtype=torch.float32)
    sky = harmonics(turned) @ torch.tensor(numbers.irradiance)
    lamps = functional.relu(normals @ torch.tensor(numbers.directions).T)
    level = sky.clamp(min=0.02) + lamps @ torch.tensor(numbers.colors)
    return level.mean(1).log()


def _face_directions() -> tuple[Tensor, Tensor]:
    """(M, 3) normals of a face and how much each of them is seen, (M,)."""
    spread = torch.linspace(-1.2, 1.2, 9)
    yaw, pitch = (grid.flatten() for grid in torch.meshgrid(spread, spread * 0.7, indexing="ij"))
    normals = torch.stack([yaw.sin() * pitch.cos(), pitch.sin(), yaw.cos() * pitch.cos()], -1)
    return normals, normals[:, 2].clamp(min=0.1)


def usual(light: Tensor) -> Tensor:
    """A light scaled so that a face in it is exposed as usual."""
    normals, weight = _face_directions()
    level = ((harmonics(normals) @ light).clamp(min=0.02) * weight).sum() / weight.sum()
    return light * (USUAL_LIGHT / level)


#: How far, as a logarithm, the exposure of a face is from the usual one.
EXPOSURE_SPREAD = log(1.35)
