"""How a head is lit: what a person chooses, as plain data; `rendering.shade` makes it numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

#: Light presets, in the order the studio shows them; each is a probe plus key, fill and rim.
LIGHT_PRESETS: tuple[str, ...] = (
    "studio", "courtyard", "forest", "sunset", "sunrise", "city", "interior", "night",
)  # fmt: skip
#: The light of the photo that a head was fitted to (`Likeness.light`). Heads that know of none are
#: lit as by the first preset.
PHOTO_LIGHT: Final = "photo"


@dataclass(frozen=True, slots=True)
class Light:
    """One lighting set-up."""

    preset: str = "studio"  # one of LIGHT_PRESETS, or PHOTO_LIGHT
    rotation_degrees: float = 0.0  # turns probe and lamps about +y, towards the head's left
    intensity: float = 1.0  # multiplies all light, 0 … 4

    def __post_init__(self) -> None:
        if self.preset not in (*LIGHT_PRESETS, PHOTO_LIGHT):
            raise ValueError(f"unknown light preset {self.preset!r}")
        if not (isfinite(self.rotation_degrees) and isfinite(self.intensity)):
            raise ValueError("light rotation and intensity must be finite")
        if not 0.0 <= self.intensity <= 4.0:
            raise ValueError("light intensity must be within 0 … 4")


@dataclass(frozen=True, slots=True)
class Background:
    """What stands behind the head: a vertical-ish vignette between two sRGB colours, or nothing."""

    inner: tuple[float, float, float] = (0.20, 0.21, 0.23)  # sRGB 0 … 1, behind the head
    outer: tuple[float, float, float] = (0.085, 0.09, 0.10)  # sRGB 0 … 1, in the corners
    transparent: bool = False  # True: straight (not premultiplied) alpha in the result


BLACK = Background((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
TRANSPARENT = Background(transparent=True)
