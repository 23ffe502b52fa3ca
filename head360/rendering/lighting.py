"""Turns a chosen light into numbers for shading: irradiance, reflections, lamps, and soft shadows.

What lamps and sky can reach through hair is kept in a small *light volume* over the hair box: the
transmittance towards the key lamp, and how much of the surroundings is visible. The head's own
shadow is a depth map seen from the key lamp (`Shadow`). Both renderers read the same arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import pi
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import load_file
from torch import Tensor
from torch.nn import functional

from head360.assets import resource
from head360.light import LIGHT_PRESETS, PHOTO_LIGHT, Light
from head360.model.field import EMPTY_LOG_EXTINCTION
from head360.model.planes import HAIR_BOX, cell_centres, sample_grid, sum_moved_lattice

Floats = npt.NDArray[np.float32]
Warp = Callable[[Tensor], Tensor]

#: Cells of the light volume along x, y, z.
VOLUME_SIZE = (48, 56, 48)
#: Light scatters on from hair to hair, so it reaches deeper than straight lines would.
_LIGHT_EXTINCTION = 0.12
_STEP, _REACH = 0.009, 0.16  # metres
#: The same by name, for who lights hair elsewhere.
REACH = {"extinction": _LIGHT_EXTINCTION, "step": _STEP, "reach": _REACH, "size": VOLUME_SIZE}
#: The shadow map: texels along each side, half its width in metres, what it is centred on.
SHADOW_SIZE, SHADOW_HALF = 512, 0.22
SHADOW_CENTRE = (0.0, -0.03, 0.01)
#: Least light from each side and on a back, as shares of the mean: a photo tells what lights a
#: face. Hardly any of what is added reaches one.
_LEAST = (((1.0, 0.0, 0.0), 0.45), ((-1.0, 0.0, 0.0), 0.45), ((0.0, 0.0, -1.0), 0.65))
#: What a lamp lights, max(n d, 0), in harmonics of its direction d: of order 0, 1 and 2.
_LOBE = (pi, 2 * pi / 3, pi / 4)
_EVEN = 0.282095  # the first harmonic
#: Rows of a photo's light as a sharp and as a blurred probe; how much brighter than the mean light
#: its source is mirrored, and how small.
_PROBE_ROWS = (64, 32)
_LAMP, _SHARPNESS = 4.0, 40
#: Lamps that hair mirrors: degrees around and up that they are sought in, least, most and number;
#: how many; and one behind the head, for nobody knows, of a strength that is a share of the mean.
_AROUND, _UP, _SOUGHT = (-100.0, 100.0, 41), (-10.0, 70.0, 17), 2
_RIM, _RIM_SHARE = (0.35, 0.6, -0.75), 0.45
#: How much of them is seen: they are less sharp than lamps. Of their hue, see `shade._balanced`.
_GLOSS, _GLOSS_HUE, _LUMA = 0.5, 0.4, (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True, slots=True, eq=False)
class Lighting:
    """One set-up, turned and scaled as chosen."""

    irradiance: Floats  # (9, 3) order-2 spherical harmonics, cosine-convolved, divided by pi
    sharp: Floats  # (64, 128, 3) latitude-longitude radiance, for smooth surfaces
    blurred: Floats  # (32, 64, 3), for rough ones
    turn: tuple[float, float]  # cosine and sine of the probe's rotation about +y
    directions: Floats  # (3, 3) unit, towards key, fill and rim lamp, head space
    colors: Floats  # (3, 3) linear RGB
    gloss: Floats  # (3, 3) the same as hair mirrors it


@cache
def _presets(path: Path) -> dict[str, Floats]:
    return {name: array.astype(np.float32) for name, array in load_file(path).items()}


def lighting(light: Light, photo: Floats | None = None) -> Lighting:
    """The numbers behind a choice of light.

    Args:
        light: what was chosen.
        photo: (12,) `Likeness.light` of the head that is lit; without, `PHOTO_LIGHT` is the first
            preset.
    """
    if light.preset != PHOTO_LIGHT:
        still = _preset(light.preset)
    else:
        still = _preset(LIGHT_PRESETS[0]) if photo is None else photo_lighting(photo)
    angle = np.radians(light.rotation_degrees)
    c, s = float(np.cos(angle)), float(np.sin(angle))
    turned = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)
    gain = np.float32(light.intensity)
    return Lighting(
        irradiance=still.irradiance * gain,
        sharp=still.sharp * gain,
        blurred=still.blurred * gain,
        turn=(c, s),
        directions=still.directions @ turned.T,
        colors=still.colors * gain,
        gloss=still.gloss * gain,
    )


def _preset(name: str) -> Lighting:
    arrays = _presets(resource("environments", "lights.safetensors"))
    kinds = ("irradiance", "sharp", "blurred", "directions", "colors")
    found = {kind: arrays[f"{name}.{kind}"] for kind in kinds}
    return Lighting(turn=(1.0, 0.0), gloss=found["colors"], **found)


def photo_lighting(photo: Floats) -> Lighting:
    """The light of a photo (12,), `Likeness.light`: a soft probe, and lamps for hair's gloss."""
    grey, tint = _filled(torch.from_numpy(photo[:9].copy())), torch.from_numpy(photo[9:].copy())
    directions, strength = _lamps(grey)
    sharp, soft = (_probe(grey, tint, rows) for rows in _PROBE_ROWS)
    # Eyes mirror lamps and windows, not an even grey: the brightest part of it, and darkness.
    level = sharp.mean(-1, keepdims=True)
    return Lighting(
        irradiance=(grey[:, None] * tint).numpy(),
        sharp=sharp * _LAMP * (level / level.max()) ** _SHARPNESS,
        blurred=soft,
        turn=(1.0, 0.0),
        directions=directions.numpy(),
        colors=np.zeros((3, 3), np.float32),
        gloss=(strength[:, None] * _balanced(tint)).numpy(),
    )


def _balanced(tint: Tensor) -> Tensor:
    """A light's colour (3,) as hair's gloss has it, see `shade._balanced`."""
    grey = tint @ tint.new_tensor(_LUMA)
    return _GLOSS * (grey + _GLOSS_HUE * (tint - grey))


def _filled(light: Tensor) -> Tensor:
    """A light (9,) that leaves no back in the dark: no face tells what comes from behind."""
    for way, share in _LEAST:
        basis = harmonics(light.new_tensor([way]))
        lobe = _lobes(basis)[0]
        lacking = share * _mean(light) - basis[0] @ light
        light = light + lobe * (lacking / (basis[0] @ lobe)).clamp(min=0)
    return light


def _lamps(light: Tensor) -> tuple[Tensor, Tensor]:
    """(3, 3) unit directions of the lamps that a light (9,) seems to have, and (3,) their strength.

    Two before the head, each as strong as its way is brighter than the mean, and one behind it.
    """
    ways, mean = _before_the_head(), _mean(light)
    basis = harmonics(ways)
    lobes = _lobes(basis)
    directions, strengths = [], []
    for _ in range(_SOUGHT):
        level = basis @ light
        brightest = level.argmax()
        strengths.append((level[brightest] - _mean(light)).clamp(min=0))
        directions.append(ways[brightest])
        light = light - strengths[-1] * lobes[brightest]
    behind = functional.normalize(light.new_tensor(_RIM), dim=0)
    return torch.stack([*directions, behind]), torch.stack([*strengths, _RIM_SHARE * mean])


def _before_the_head() -> Tensor:
    """(N, 3) unit ways that a face's lamps may be in."""
    around, up = torch.meshgrid(
        torch.linspace(*_AROUND).deg2rad(), torch.linspace(*_UP).deg2rad(), indexing="ij"
    )
    ways = [around.sin() * up.cos(), up.sin(), around.cos() * up.cos()]
    return torch.stack(ways, -1).view(-1, 3)


def _lobes(basis: Tensor) -> Tensor:
    """(N, 9) what a lamp of strength 1 lights, from harmonics (N, 9) of its direction."""
    return basis * basis.new_tensor(_LOBE).repeat_interleave(torch.tensor([1, 3, 5]))


def _mean(light: Tensor) -> Tensor:
    """What a light (9,) brings on average."""
    return light[0] * _EVEN


def _probe(light: Tensor, tint: Tensor, rows: int) -> Floats:
    """(rows, 2 rows, 3) what comes from everywhere, latitude by longitude."""
    elevation = (torch.arange(rows) + 0.5) / rows * pi
    azimuth = ((torch.arange(2 * rows) + 0.5) / rows - 1) * pi
    sine, up = elevation.sin()[:, None], elevation.cos()[:, None].expand(-1, 2 * rows)
    directions = torch.stack([sine * azimuth.sin(), up, sine * azimuth.cos()], -1)
    probe = (harmonics(directions) @ light).clamp(min=0.02)[..., None] * tint
    return np.ascontiguousarray(probe.numpy(), np.float32)


def harmonics(directions: Tensor) -> Tensor:
    """(N, 9) the basis that `Lighting.irradiance` multiplies, for unit directions (N, 3)."""
    x, y, z = directions.unbind(-1)
    return torch.stack(
        [
            torch.full_like(x, 0.282095), 0.488603 * y, 0.488603 * z, 0.488603 * x,
            1.092548 * x * y, 1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z,
            0.546274 * (x * x - y * y),
        ], -1,
    )  # fmt: skip


def volume_points(size: tuple[int, int, int] = VOLUME_SIZE) -> Tensor:
    """(N, 3) metres: cell centres of a grid over the hair box, x fastest, then y, then z."""
    return cell_centres(HAIR_BOX, size)


def seated_extinction(grid: Tensor, warp: Warp) -> Tensor:
    """(z, y, x) extinction in 1/m over the hair box in head space, on the light volume's cells."""
    log_extinction = sample_grid(grid, warp(volume_points().to(grid)), HAIR_BOX)
    presence = (log_extinction - EMPTY_LOG_EXTINCTION).clamp(0, 1)
    return (presence * log_extinction.exp()).view(VOLUME_SIZE[::-1])


def ambient_visibility(extinction: Tensor) -> Tensor:
    """(z, y, x) share of the surroundings that each cell sees through hair, 0 … 1."""
    rng = np.random.default_rng(14)
    directions = rng.normal(size=(14, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    coarse = (VOLUME_SIZE[0] // 2, VOLUME_SIZE[1] // 2, VOLUME_SIZE[2] // 2)
    seen = torch.stack(
        [_transmittance(extinction, coarse, way.astype(np.float32)) for way in directions]
    )
    full: Tensor = torch.nn.functional.interpolate(
        seen.mean(0)[None, None], VOLUME_SIZE[::-1], mode="trilinear", align_corners=False
    )
    return full[0, 0]


def key_transmittance(extinction: Tensor, direction: Floats) -> Tensor:
    """(z, y, x) share of the key lamp's light that reaches each cell through hair, 0 … 1."""
    return _transmittance(extinction, VOLUME_SIZE, direction)


def _transmittance(extinction: Tensor, size: tuple[int, int, int], direction: Floats) -> Tensor:
    """(z, y, x) exp(-optical depth) from each cell along a unit direction, through hair.

    Args:
        extinction: (z, y, x) 1/m.
        size: cells along x, y, z, from whose centres light is looked for.
        direction: (3,) unit.
    """
    steps = (torch.arange(int(_REACH / _STEP)).to(extinction) + 0.6) * _STEP
    ahead = steps[:, None] * extinction.new_tensor(direction)
    met = sum_moved_lattice(extinction, size, ahead, HAIR_BOX)
    return torch.exp(-_LIGHT_EXTINCTION * _STEP * met)


def shadow_from_head(direction: Floats) -> npt.NDArray[np.float64]:
    """(4, 4) orthographic view from the key lamp: x, y in -1 … 1, z metres away from the lamp."""
    back = np.asarray(direction, np.float64)
    helper = np.array([0.0, 1.0, 0.0]) if abs(back[1]) < 0.95 else np.array([0.0, 0.0, 1.0])
    right = np.cross(helper, back)
    right /= np.linalg.norm(right)
    rows = np.stack([right / SHADOW_HALF, np.cross(back, right) / SHADOW_HALF, -back])
    matrix = np.eye(4)
    matrix[:3, :3] = rows
    matrix[:3, 3] = -rows @ np.array(SHADOW_CENTRE)
    return matrix
