"""How a code of 64 numbers weighs the shared maps of the canvas: who has how much of what, where.

Colour is light that went through pigment and blood: encoded albedo = exp(-absorption), with melanin
and haemoglobin absorbing red, green and blue differently.
"""

from __future__ import annotations

import torch
from torch import Tensor

from training.synhead.skin_canvas import PATTERNS, Canvas

#: What each number of the code means; the last eight choose between placements of attributes.
CODE_NAMES: tuple[str, ...] = (
    "Skin tone", "Undertone", "Blood", "Cheek colour", "Nose and ear colour", "Lip colour",
    "Lip darkness", "Age", "Masculinity", "Pores", "Oiliness", "Fine lines", "Veins", "Lid colour",
    "Forehead warmth", "Mottling", "Beard shadow", "Neck contrast", "Eye rims", "Lip furrows",
)  # fmt: skip
_INDEX = {name: number for number, name in enumerate(CODE_NAMES)}
_TEXTURES, _PIGMENT, _BLOOD = 20, 32, 44  # where weights of patterns begin in the code

#: Absorption of one unit, for red, green and blue of linear albedo.
MELANIN = (1.22, 1.58, 1.92)
MELANIN_BEND = (0.0, -0.125, -0.285)  # dense pigment looks less saturated
_HAEMOGLOBIN = (0.10, 0.62, 0.50)
_CAROTENE = (0.0, 0.07, 0.30)
_VEINS = (0.10, 0.04, 0.02)
_SHADE = (0.08, 0.07, 0.02)  # under the eyes
_BEARD = (0.30, 0.24, 0.16)
#: Sums that a person is painted from: melanin, three absorptions without the bend, height and
#: roughness.
SUM_NAMES = ("melanin", "red", "green", "blue", "height", "roughness")
_RED, _HEIGHT, _ROUGHNESS = 1, 4, 5


def melanin_of(tone: Tensor) -> Tensor:
    """Units of melanin at a code's first number: about .05 (very light) to 2 (very dark)."""
    share = 0.5 * (1 + torch.erf(tone / 2**0.5))
    return 0.05 + 1.95 * share**2.4


class _Sums:
    """Collects weights (B, 6, F)."""

    def __init__(self, canvas: Canvas, codes: Tensor) -> None:
        self._places = {name: number for number, name in enumerate(canvas.names)}
        self.weights = codes.new_zeros(len(codes), len(SUM_NAMES), len(canvas.names))

    def add(self, row: int, feature: str, weight: Tensor | float) -> None:
        self.weights[:, row, self._places[feature]] += weight

    def tint(self, feature: str, color: tuple[float, ...], weight: Tensor | float) -> None:
        """Absorption."""
        for channel, share in enumerate(color):
            self.add(_RED + channel, feature, weight * share)


def weights(canvas: Canvas, codes: Tensor) -> Tensor:
    """Weights of the canvas's features in the sums that a person is painted from.

    Args:
        canvas: whose features are weighed.
        codes: (B, 64) on the canvas's device.

    Returns:
        (B, 6, F), rows as in `SUM_NAMES`.
    """
    knobs = torch.tanh(codes / 2) * 2
    k = {name: knobs[:, i] for name, i in _INDEX.items()}
    tone = melanin_of(codes[:, 0])
    sums = _Sums(canvas, codes)
    _pigment(sums, codes, k, tone)
    _blood(sums, codes, k, tone)
    _inner(sums, k)
    _surface(sums, k)
    return sums.weights


def _pigment(sums: _Sums, codes: Tensor, k: dict[str, Tensor], tone: Tensor) -> None:
    calm = tone / (1 + 0.9 * tone)  # dark skin is the most even
    parts = {
        "melanin": tone,
        "mottled": calm * (1 + 0.35 * k["Mottling"]),
        "neck": -0.05 * tone * k["Neck contrast"],
        "lips": 0.084 * tone * k["Lip darkness"],
    }
    for i in range(PATTERNS):
        parts[f"melanin {i}"] = 0.014 * calm * codes[:, _PIGMENT + i]
        parts[f"texture {i}"] = 0.008 * calm * codes[:, _TEXTURES + i]
    for feature, weight in parts.items():
        sums.add(0, feature, weight)
        sums.tint(feature, MELANIN, weight)


def _blood(sums: _Sums, codes: Tensor, k: dict[str, Tensor], tone: Tensor) -> None:
    veiled = 1 - 0.27 * tone.clamp_max(2.0)  # little of it shows under pigment
    base = (0.46 + 0.08 * k["Blood"]) * veiled
    parts = {
        "blood": base,
        "uneven blood": 0.018 * base * k["Mottling"],
        "cheeks": 0.16 * base * k["Cheek colour"],
        "warm": 0.16 * base * k["Nose and ear colour"],
        "lids": 0.14 * base * k["Lid colour"],
        "capillaries": 0.1 * base * k["Age"],
        "lip blood": 0.62 + 0.17 * k["Lip colour"],
        "rim": 0.5 + 0.2 * k["Eye rims"],
    }
    parts |= {f"blood {i}": 0.010 * codes[:, _BLOOD + i] for i in range(PATTERNS)}
    for feature, weight in parts.items():
        sums.tint(feature, _HAEMOGLOBIN, weight)
    sums.tint("one", _CAROTENE, 0.55 + 0.36 * k["Undertone"])
    sums.tint("yellow", _CAROTENE, 1.0)
    sums.tint("forehead", _CAROTENE, 0.15 * k["Forehead warmth"])


def _inner(sums: _Sums, k: dict[str, Tensor]) -> None:
    man = torch.sigmoid(2.5 * k["Masculinity"])
    sums.tint("veins", _VEINS, 0.5 + 0.2 * k["Veins"])
    sums.tint("under_eyes", _SHADE, 0.8 + 0.3 * k["Veins"])
    sums.tint("beard", _BEARD, man * (0.75 + 0.3 * k["Beard shadow"]))
    for channel, name in enumerate(SUM_NAMES[_RED:_HEIGHT]):
        sums.add(_RED + channel, f"inner {name}", 1.0)


def _surface(sums: _Sums, k: dict[str, Tensor]) -> None:
    sums.add(_HEIGHT, "flat", 1.0)
    sums.add(_HEIGHT, "pores", 0.065 * (1 + 0.35 * k["Pores"]))
    sums.add(_HEIGHT, "relief", 0.018 * (1 + 0.25 * k["Age"]))
    sums.add(_HEIGHT, "fine lines", 0.030 * (1 + 0.4 * k["Fine lines"]))
    sums.add(_HEIGHT, "furrows", 0.045 * (1 + 0.35 * k["Lip furrows"]))
    sums.add(_ROUGHNESS, "roughness", 1.0)
    sums.add(_ROUGHNESS, "greasy", -0.03 * k["Oiliness"])
    sums.add(_ROUGHNESS, "bare", 0.012 * k["Age"] - 0.01 * k["Oiliness"])
