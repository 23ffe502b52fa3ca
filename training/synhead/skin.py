"""Paints human skin onto the UV atlas from a code of 64 numbers, each normally distributed.

Colour is light that went through pigment and blood: encoded albedo = exp(-absorption), with melanin
and haemoglobin absorbing red, green and blue differently. What varies from person to person is
how much there is of each, where, and in which pattern; see `CODE_NAMES`. Named attributes (brows,
freckles, …) are painted on top by the product itself, `head360.model.texture_layers`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.params import TEXTURE_SIZE
from training.synhead.skin_atlas import Head, Texels, load_head, tile_texels
from training.synhead.skin_noise import value_noise
from training.synhead.skin_strokes import draw_lashes
from training.synhead.skin_zones import Zones, find_zones

#: What each number of the code means; the last eight choose between placements of attributes.
CODE_NAMES: tuple[str, ...] = (
    "Skin tone", "Undertone", "Blood", "Cheek colour", "Nose and ear colour", "Lip colour",
    "Lip darkness", "Age", "Masculinity", "Pores", "Oiliness", "Fine lines", "Veins", "Lid colour",
    "Forehead warmth", "Mottling", "Beard shadow", "Neck contrast", "Eye rims", "Lip furrows",
)  # fmt: skip
_INDEX = {name: number for number, name in enumerate(CODE_NAMES)}
_TEXTURES = slice(20, 32)  # weights of shared patterns of some millimetres
_PIGMENT = slice(32, 44)  # weights of soft blotches of melanin
_BLOOD = slice(44, 56)  # and of blood

#: Absorption of one unit, for red, green and blue of linear albedo.
_MELANIN = (1.20, 1.60, 2.00)
_MELANIN_BEND = (0.0, -0.13, -0.29)  # dense pigment looks less saturated
_HAEMOGLOBIN = (0.10, 0.62, 0.50)
_CAROTENE = (0.0, 0.07, 0.30)
_CLEAR = (0.86, 0.72, 0.64)  # linear albedo without any pigment

Code = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """The skin tile, ready to be painted on: zones and shared noise, flattened to (N,)."""

    size: tuple[int, int]
    zones: dict[str, Tensor]
    occlusion: Tensor  # (N,)
    side: Tensor  # (N,) x in cm
    noises: dict[str, Tensor]  # (N,) each
    textures: Tensor  # (12, N)
    pigment: Tensor  # (12, N)
    blood: Tensor  # (12, N)


def prepare_canvas(head: Head, texels: Texels, zones: Zones) -> Canvas:
    """Everything that all people share (some seconds)."""
    points = torch.from_numpy(texels.position.reshape(-1, 3))
    flat = {n: torch.from_numpy(getattr(zones, n).reshape(-1)) for n in Zones.__slots__}
    flat["lashes"] = torch.from_numpy(draw_lashes(head, texels).reshape(-1))
    return Canvas(
        size=texels.shape,
        zones=flat,
        occlusion=torch.from_numpy(texels.occlusion.reshape(-1)),
        side=points[:, 0],
        noises=_shared_noises(points),
        textures=torch.stack([_texture(points, i) for i in range(12)]),
        pigment=torch.stack([value_noise(points, 40 + i, 0.22, 3) for i in range(12)]),
        blood=torch.stack([value_noise(points, 60 + i, 0.30, 3) for i in range(12)]),
    )


def _shared_noises(points: Tensor) -> dict[str, Tensor]:
    stretched = points * torch.tensor([1.0, 0.35, 1.0])
    return {
        "soft": value_noise(points, 1, 0.5, 3),
        "middle": value_noise(points, 2, 1.5, 3),
        "fine": value_noise(points, 3, 4.5, 2),
        "pores": value_noise(points, 4, 8.0, 1),
        "relief": value_noise(points, 5, 3.2, 2),
        "lines": value_noise(stretched, 6, 5.0, 2),
        "furrows": value_noise(points * torch.tensor([1.0, 0.12, 0.3]), 7, 5.5, 2),
        "veins": _ridges(value_noise(points, 8, 0.55, 2), 0.07),
        "capillaries": _ridges(value_noise(points, 9, 1.3, 3), 0.10),
    }


def _ridges(noise: Tensor, width: float) -> Tensor:
    """Lines where noise passes through zero, 0 ... 1."""
    return torch.exp(-((noise / width) ** 2))


def _texture(points: Tensor, number: int) -> Tensor:
    """One of twelve patterns, from blotches of a centimetre to specks of two millimetres."""
    return value_noise(points, 20 + number, 0.9 * 1.13**number, 2)


@dataclass(frozen=True, slots=True, eq=False)
class SkinStudio:
    """Paints people: what `training` asks for truth."""

    head: Head
    texels: Texels
    zones: Zones
    canvas: Canvas

    @classmethod
    def open(cls, source: Path, rows: int = 512) -> SkinStudio:
        """Read the mean head and prepare its atlas, `rows` texels high."""
        head = load_head(source)
        texels = tile_texels(head, "skin", rows)
        zones = find_zones(head, texels)
        return cls(head, texels, zones, prepare_canvas(head, texels, zones))

    def bake(self, code: Code) -> Tensor:
        """(8, U, 2U) a person's skin without attributes, channels as in the texture model."""
        return bake_skin(self.canvas, code)


def person_code(seed: int) -> Code:
    """(64,) the code of training person `seed`; negative seeds are never trained on."""
    rng = np.random.default_rng([7, abs(seed), int(seed < 0)])
    return rng.standard_normal(TEXTURE_SIZE).astype(np.float32)


def bake_skin(canvas: Canvas, code: Code) -> Tensor:
    """(8, H, W) float32: sRGB albedo, occlusion, roughness, specular, scatter, height."""
    knob = {name: float(np.tanh(code[i] / 2) * 2) for name, i in _INDEX.items()}
    colour = _encoded(torch.exp(-_absorption(canvas, code, knob)))
    height = _height(canvas, knob)
    surface = _surface(canvas, knob, height)
    maps = torch.cat([colour, surface, height[None]]).clamp(0, 1)
    return maps.view(8, *canvas.size)


def _encoded(linear: Tensor) -> Tensor:
    bright = 1.055 * linear.clamp_min(1e-6) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, 12.92 * linear, bright)


def melanin_of(tone: float) -> float:
    """Units of melanin at a code's first number: about .06 (very light) to 1.9 (very dark)."""
    share = 0.5 * (1 + math.erf(tone / math.sqrt(2)))
    return 0.05 + 1.75 * math.pow(share, 2.3)


def _absorption(canvas: Canvas, code: Code, knob: dict[str, float]) -> Tensor:
    """(3, N) of linear albedo."""
    tone = melanin_of(float(code[0]))
    melanin = tone * _pigment_pattern(canvas, code, knob)
    blood = _blood_pattern(canvas, code, knob)
    carotene = 0.5 + 0.45 * knob["Undertone"] + _carotene_pattern(canvas, knob)
    thick = torch.tensor(_MELANIN)[:, None] * melanin
    thick += torch.tensor(_MELANIN_BEND)[:, None] * melanin**2
    thick += torch.tensor(_HAEMOGLOBIN)[:, None] * blood
    thick += torch.tensor(_CAROTENE)[:, None] * carotene
    thick += _inner_parts(canvas, knob)
    return (thick - torch.tensor(_CLEAR).log()[:, None]).clamp_min(0.03)


def _pigment_pattern(canvas: Canvas, code: Code, knob: dict[str, float]) -> Tensor:
    """(N,) factor about 1."""
    z, n = canvas.zones, canvas.noises
    blotches = torch.from_numpy(code[_PIGMENT].copy()) @ canvas.pigment * 0.014
    patterns = torch.from_numpy(code[_TEXTURES].copy()) @ canvas.textures * 0.008
    mottled = 0.022 * n["soft"] + 0.02 * n["middle"] + 0.022 * n["fine"] + 0.012 * n["pores"]
    calm = 1 / (1 + 0.9 * melanin_of(float(code[0])))  # dark skin is the most even
    uneven = (1 + 0.35 * knob["Mottling"]) * mottled
    factor = 1 + (blotches + patterns + uneven) * calm
    factor += (
        0.10 * z["forehead"] + 0.16 * z["lids"] + 0.10 * z["under_eyes"] + 0.10 * z["nose_wings"]
    )
    factor += (
        0.12 * z["crease"] - 0.06 * z["cheeks"] + (0.04 - 0.05 * knob["Neck contrast"]) * z["neck"]
    )
    factor += 0.14 * z["lips"] * (1 + 0.6 * knob["Lip darkness"]) + 0.05 * z["ears"]
    factor += 0.06 * z["beard"] - 0.18 * z["philtrum"]
    return factor.clamp_min(0.1)


def _blood_pattern(canvas: Canvas, code: Code, knob: dict[str, float]) -> Tensor:
    """(N,) units of haemoglobin."""
    z, n = canvas.zones, canvas.noises
    veiled = 1 - 0.22 * min(melanin_of(float(code[0])), 2.0)  # little of it shows under pigment
    base = (0.46 + 0.10 * knob["Blood"]) * veiled
    patterns = torch.from_numpy(code[_BLOOD].copy()) @ canvas.blood * 0.010
    factor = 1 + patterns / base + 0.05 * n["soft"]
    factor += 0.06 * (1 + 0.3 * knob["Mottling"]) * n["middle"]
    factor += 0.05 * n["fine"] - 0.22 * z["forehead"] + 0.12 * z["chin"]
    factor += (0.42 + 0.16 * knob["Cheek colour"]) * z["cheeks"] * (1 + 0.16 * n["middle"])
    warm = 0.45 + 0.16 * knob["Nose and ear colour"]
    factor += warm * (z["nose"] + 0.8 * z["nose_wings"] + 0.95 * z["ears"])
    factor += (0.30 + 0.14 * knob["Lid colour"]) * z["lids"] + 0.12 * z["under_eyes"]
    factor += (0.25 + 0.1 * knob["Age"]) * n["capillaries"] * (z["nose_wings"] + 0.35 * z["cheeks"])
    return base * factor + _lip_blood(canvas, knob) + (0.5 + 0.2 * knob["Eye rims"]) * z["rim"]


def _lip_blood(canvas: Canvas, knob: dict[str, float]) -> Tensor:
    z, n = canvas.zones, canvas.noises
    streaks = 1 + 0.10 * n["furrows"] + 0.05 * n["middle"]
    return (0.62 + 0.17 * knob["Lip colour"]) * z["lips"] * streaks * (1 + 0.25 * z["lip_inside"])


def _carotene_pattern(canvas: Canvas, knob: dict[str, float]) -> Tensor:
    z = canvas.zones
    warm = (0.30 + 0.15 * knob["Forehead warmth"]) * z["forehead"] - 0.25 * z["lips"]
    return warm + 0.12 * z["neck"] - 0.1 * z["cheeks"] + 0.05 * canvas.noises["soft"]


def _inner_parts(canvas: Canvas, knob: dict[str, float]) -> Tensor:
    """(3, N) absorption of what shines through or lies inside: veins, roots of hair, mouth."""
    z, n = canvas.zones, canvas.noises

    def tint(mask: Tensor, red: float, green: float, blue: float) -> Tensor:
        return torch.tensor([[red], [green], [blue]]) * mask

    veins = n["veins"] * (z["temples"] + 0.35 * z["lids"] + 0.25 * z["neck"])
    man = 1 / (1 + math.exp(-2.5 * knob["Masculinity"]))
    shadow = man * (0.75 + 0.3 * knob["Beard shadow"]) * (1 + 0.12 * n["fine"] + 0.1 * n["pores"])
    total = tint(veins * (0.5 + 0.2 * knob["Veins"]), 0.10, 0.04, 0.02)
    total += tint(z["under_eyes"] * (0.8 + 0.3 * knob["Veins"]), 0.08, 0.07, 0.02)
    total += tint(z["beard"] * shadow, 0.30, 0.24, 0.16)
    total += tint(z["lash_line"] + 1.3 * z["lashes"], 0.70, 0.80, 0.85) + tint(
        z["tear_corner"], -0.05, 0.30, 0.22
    )
    total += tint(z["sockets"], 0.05, 0.55, 0.45) + tint(z["mouth"], 0.35, 1.5, 1.3)
    hidden = (1 - canvas.occlusion) * (1 - z["lips"]) * (1 - z["rim"])
    total += tint(hidden, 0.30, 0.75, 0.70)
    return total


def _height(canvas: Canvas, knob: dict[str, float]) -> Tensor:
    """(N,) 0.5 = flat, +-0.5 = +-0.5 mm."""
    z, n = canvas.zones, canvas.noises
    bare = (1 - z["lips"]) * (1 - z["mouth"]) * (1 - 0.5 * z["lids"])
    porous = 0.35 + 0.65 * (z["nose"] + 0.8 * z["cheeks"] + 0.5 * z["forehead"] + 0.6 * z["chin"])
    pits = 0.5 * (n["pores"].abs() - 0.8) - 0.5 * n["pores"].clamp_min(0.3)
    height = 0.065 * (1 + 0.35 * knob["Pores"]) * porous * pits * bare
    height += 0.018 * (1 + 0.25 * knob["Age"]) * n["relief"] * bare
    height += (
        0.030 * (1 + 0.4 * knob["Fine lines"]) * n["lines"] * (0.3 + z["under_eyes"] + z["lids"])
    )
    height += 0.045 * (1 + 0.35 * knob["Lip furrows"]) * n["furrows"] * z["lips"]
    height += 0.09 * z["vermilion"] * (1 - z["lips"]) - 0.16 * z["crease"]
    return 0.5 + height


def _surface(canvas: Canvas, knob: dict[str, float], height: Tensor) -> Tensor:
    """(4, N) occlusion, roughness, specular, scatter."""
    z, n = canvas.zones, canvas.noises
    pits = (0.5 - height).clamp(0, 0.12)
    deep = (0.3 * torch.maximum(z["lips"], z["rim"])).clamp_min(0.04)
    occlusion = (deep + (1 - deep) * canvas.occlusion) * (1 - 1.4 * pits) * (1 - 0.18 * z["crease"])
    greasy = z["nose"] + 0.7 * z["forehead"] + 0.5 * z["chin"] + 0.25 * z["cheeks"]
    rough = (
        0.60 - (0.09 + 0.03 * knob["Oiliness"]) * greasy + 0.02 * n["fine"] + 0.025 * n["middle"]
    )
    rough += 0.012 * knob["Age"] - 0.01 * knob["Oiliness"]
    rough = torch.lerp(rough, 0.36 + 0.03 * n["furrows"], z["lips"])
    rough = torch.lerp(rough, torch.full_like(rough, 0.2), torch.maximum(z["rim"], z["mouth"]))
    specular = 0.5 - 0.12 * z["ears"] + 0.08 * greasy - 0.9 * pits - 0.15 * z["scalp"] * 0.5
    specular = torch.lerp(specular, torch.full_like(specular, 0.62), z["rim"])
    scatter = 1 - 0.25 * z["lash_line"] - 0.3 * z["mouth"]
    return torch.stack([occlusion, rough, specular, scatter])
