"""Values of a project file: each is checked as it is read."""

from __future__ import annotations

import math
import re
from dataclasses import fields
from typing import Any, TypeAlias

from head360.assets import catalog
from head360.camera import PITCH_LIMIT_DEGREES, OrbitCamera
from head360.light import Background, Light
from head360.make_up import MakeUp
from head360.params import HairMix, HairShape, HairTones

Json: TypeAlias = dict[str, Any]
_HAIRSTYLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class UnreadableError(Exception):
    """Something in the file is not as it must be; the text completes “… is damaged: ”."""


def hairstyle_of(value: object) -> str | None:
    """The id of a hairstyle of this library; None for bald."""
    if value is None:
        return None
    if not isinstance(value, str) or not _HAIRSTYLE.fullmatch(value):
        raise UnreadableError("its hairstyle is not a name")
    if value not in {style.id for style in catalog().hairstyles}:
        raise UnreadableError(f"its hairstyle “{value}” is not in this installation’s library")
    return value


def hair_mix_of(entry: object) -> HairMix | None:
    """A second hairstyle and its share."""
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise UnreadableError("its mix of hairstyles is no pair of a style and a share")
    style = hairstyle_of(entry.get("style"))
    share = number_of(entry, "share", 0, 1)
    if style is None:
        raise UnreadableError("its mix of hairstyles names no style")
    return HairMix(style, share)


def hair_shape_of(entry: object) -> HairShape | None:
    """How hair is worn."""
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise UnreadableError("its hair’s shape is no set of numbers")
    names = [field.name for field in fields(HairShape) if field.name != "mirrored"]
    mirrored = entry.get("mirrored")
    if not isinstance(mirrored, bool):
        raise UnreadableError("its hair is neither mirrored nor not")
    return HairShape(**{name: number_of(entry, name, -1, 1) for name in names}, mirrored=mirrored)


def hair_tones_of(entry: object) -> HairTones | None:
    """Colours of roots and tips."""
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise UnreadableError("its hair’s tones are no set of colours")
    return HairTones(
        _color(entry, "roots"),
        _color(entry, "tips"),
        number_of(entry, "root_reach", 0, 1),
        number_of(entry, "tip_reach", 0, 1),
    )


def make_up_of(entry: object) -> MakeUp | None:
    """Colours of lips and lids."""
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise UnreadableError("its make-up is no set of colours")
    return MakeUp(_color(entry, "lips"), _color(entry, "lids"))


def _color(entry: Json, key: str) -> tuple[float, float, float] | None:
    return None if entry.get(key) is None else three_of(entry, key, 0, 1)


def light_of(entry: Json) -> Light:
    """The light."""
    preset = entry.get("preset")
    if not isinstance(preset, str):
        raise UnreadableError("its light is not a name")
    return Light(preset, number_of(entry, "rotation_degrees"), number_of(entry, "intensity", 0, 4))


def camera_of(entry: Json) -> OrbitCamera:
    """The camera."""
    return OrbitCamera(
        yaw_degrees=number_of(entry, "yaw_degrees"),
        pitch_degrees=number_of(entry, "pitch_degrees", -PITCH_LIMIT_DEGREES, PITCH_LIMIT_DEGREES),
        distance=number_of(entry, "distance", 0.01, 100),
        target=three_of(entry, "target", -100, 100),
        fov_degrees=number_of(entry, "fov_degrees", 1, 170),
    )


def background_of(entry: Json) -> Background:
    """What is behind the head."""
    transparent = entry.get("transparent")
    if not isinstance(transparent, bool):
        raise UnreadableError("its “transparent” is neither true nor false")
    return Background(three_of(entry, "inner", 0, 1), three_of(entry, "outer", 0, 1), transparent)


def object_of(entry: Json, key: str) -> Json:
    """A JSON object that must be there."""
    value = entry.get(key)
    if not isinstance(value, dict):
        raise UnreadableError(f"its “{key}” is missing")
    return value


def integer_of(entry: Json, key: str) -> int:
    """A whole number, 0 or more."""
    value = entry.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise UnreadableError(f"its “{key}” is not a whole number")
    return value


def three_of(entry: Json, key: str, low: float, high: float) -> tuple[float, float, float]:
    """Three numbers within bounds."""
    value = entry.get(key)
    if not isinstance(value, list) or len(value) != 3:
        raise UnreadableError(f"its “{key}” is not three numbers")
    first, second, third = (_checked(number, key, low, high) for number in value)
    return first, second, third


def number_of(entry: Json, key: str, low: float = -1e6, high: float = 1e6) -> float:
    """A number within bounds."""
    return _checked(entry.get(key), key, low, high)


def _checked(value: object, key: str, low: float, high: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise UnreadableError(f"its “{key}” is not a number")
    if not (low <= value <= high and math.isfinite(value)):
        raise UnreadableError(f"its “{key}” is not within {low:g} … {high:g}")
    return float(value)
