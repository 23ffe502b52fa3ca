"""Colours between a head, which holds linear RGB, and the screen, which shows sRGB."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from head360.params import FloatArray

LinearRGB: TypeAlias = tuple[float, float, float]  # 0 … 1

# IEC 61966-2-1.
_KNEE_LINEAR, _KNEE_SRGB, _SLOPE, _OFFSET, _GAMMA = 0.0031308, 0.04045, 12.92, 0.055, 2.4
_JUST_NOTICEABLE = 1.5 / 255  # sRGB; closer than this two colours look the same


def srgb_from_linear(linear: npt.ArrayLike) -> FloatArray:
    """Encoded 0 … 1 values of linear ones; what is out of range is clipped."""
    light = np.clip(np.asarray(linear, np.float64), 0.0, 1.0)
    bright = (1 + _OFFSET) * light ** (1 / _GAMMA) - _OFFSET
    return np.where(light <= _KNEE_LINEAR, _SLOPE * light, bright).astype(np.float32)


def linear_from_srgb(encoded: npt.ArrayLike) -> FloatArray:
    """Linear 0 … 1 values of encoded ones; what is out of range is clipped."""
    code = np.clip(np.asarray(encoded, np.float64), 0.0, 1.0)
    bright = ((code + _OFFSET) / (1 + _OFFSET)) ** _GAMMA
    return np.where(code <= _KNEE_SRGB, code / _SLOPE, bright).astype(np.float32)


def color_from_linear(linear: npt.ArrayLike) -> QColor:
    """How three linear numbers look on the screen."""
    red, green, blue = srgb_from_linear(linear).tolist()
    return QColor.fromRgbF(red, green, blue)


def linear_from_color(color: QColor) -> FloatArray:
    """(3,) linear RGB of a colour on the screen; alpha is ignored."""
    return linear_from_srgb((color.redF(), color.greenF(), color.blueF()))


def looks_same(one: npt.ArrayLike, other: npt.ArrayLike) -> bool:
    """Whether nobody could tell two linear colours apart."""
    difference = np.abs(srgb_from_linear(one) - srgb_from_linear(other))
    return bool(difference.max() < _JUST_NOTICEABLE)
