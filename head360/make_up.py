"""The colours of lips and lids that are made up. Plain data; never imports torch.

Of nobody who has chosen, both come from four of their own that two numbers of the texture code
mix; how much of either there is are the attributes lipstick and eyeshadow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Color: TypeAlias = tuple[float, float, float]

#: Numbers of the texture code that choose between four colours.
PALETTE_CODE = slice(62, 64)
#: What has a colour of its own, a field of `MakeUp`, by the attribute that says how much.
PARTS: Mapping[str, str] = MappingProxyType({"lipstick": "lips", "eyeshadow": "lids"})
#: The four colours of each, sRGB-encoded.
_PALETTES: Mapping[str, tuple[Color, ...]] = MappingProxyType(
    {
        "lips": ((0.62, 0.16, 0.20), (0.70, 0.34, 0.33), (0.50, 0.12, 0.26), (0.66, 0.27, 0.21)),
        "lids": ((0.42, 0.29, 0.25), (0.45, 0.30, 0.37), (0.31, 0.30, 0.34), (0.58, 0.40, 0.28)),
    }
)


def linear_of(encoded: Color) -> Color:
    """Linear RGB of an sRGB-encoded colour, 0 … 1."""
    red, green, blue = (
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in encoded
    )
    return red, green, blue


#: Colours that make-up is sold in, linear RGB.
SHADES: Mapping[str, Color] = MappingProxyType(
    {
        name: linear_of(encoded)
        for name, encoded in {
            "nude": (0.74, 0.48, 0.41), "pink": (0.78, 0.39, 0.46), "fuchsia": (0.76, 0.12, 0.42),
            "coral": (0.88, 0.38, 0.31), "red": (0.64, 0.09, 0.13), "orange": (0.84, 0.30, 0.10),
            "burgundy": (0.40, 0.07, 0.14), "violet": (0.42, 0.14, 0.44),
            "brown": (0.42, 0.24, 0.18), "bronze": (0.60, 0.39, 0.25), "gold": (0.74, 0.57, 0.34),
            "green": (0.16, 0.40, 0.22), "turquoise": (0.10, 0.50, 0.52),
            "blue": (0.11, 0.28, 0.60), "light blue": (0.48, 0.66, 0.82),
            "grey": (0.44, 0.44, 0.47), "black": (0.06, 0.05, 0.06), "white": (0.93, 0.91, 0.90),
        }.items()
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MakeUp:
    """Chosen colours; None is what the texture code mixes."""

    lips: Color | None = None  # linear RGB
    lids: Color | None = None  # linear RGB

    def encoded(self, part: str, texture: npt.NDArray[np.float32]) -> Color:
        """The sRGB-encoded colour of a part's make-up.

        Args:
            part: “lips” or “lids”.
            texture: (T,) the texture code, for what was not chosen.
        """
        chosen = getattr(self, part)
        return _mixed(_PALETTES[part], texture) if chosen is None else _encoded(chosen)

    def linear(self, part: str, texture: npt.NDArray[np.float32]) -> Color:
        """The same as linear RGB."""
        chosen: Color | None = getattr(self, part)
        return linear_of(_mixed(_PALETTES[part], texture)) if chosen is None else chosen


def _encoded(linear: Color) -> Color:
    red, green, blue = (
        12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055 for v in linear
    )
    return red, green, blue


def _mixed(palette: tuple[Color, ...], texture: npt.NDArray[np.float32]) -> Color:
    """A colour between four, added up in single precision, as ever: old heads look the same."""
    one = np.float32(1)
    code = texture[PALETTE_CODE].astype(np.float64).clip(-40, None)  # below, the share is none
    powers = np.exp(-2.0 * code).astype(np.float32)
    first, second = (float(v) for v in one / (one + powers))
    shares = (
        (1 - first) * (1 - second), first * (1 - second), (1 - first) * second, first * second,
    )  # fmt: skip
    total = np.zeros(3, np.float32)
    for share, color in zip(shares, palette, strict=True):
        total += np.float32(share) * np.array(color, np.float32)
    red, green, blue = (float(v) for v in total)
    return red, green, blue
