"""How a fitted head sat for its photo: what part of it was looked at, and from where.

Kept in a project beside the photo, so that head and photo can be compared, and the fit repeated.
"""

from __future__ import annotations

import io
import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from PIL import Image

from head360.camera import PITCH_LIMIT_DEGREES, OrbitCamera

MAX_PHOTO_BYTES, MAX_SITTING_BYTES = 3 << 20, 32 << 10
#: Pixels of a stored photo's longer side.
MAX_PHOTO_SIDE = 1600
#: Of the detector's landmarks.
_LANDMARKS, _MAX_PLACE = 478, 1e5
_JPEG_START = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Sitting:
    """Where a photo was taken from.

    A picture that `camera` takes of the head with the fitted expression, turned clockwise by
    `roll_degrees` about its middle, lies over the crop of the photo.
    """

    #: Six numbers a … f: column a·x + b·y + c and row d·x + e·y + f of the crop, as shares of its
    #: side, from column x and row y of the stored photo in pixels
    crop_from_photo: tuple[float, float, float, float, float, float]
    camera: OrbitCamera
    roll_degrees: float = 0.0
    #: Landmarks that a person has placed: number, column and row in the stored photo, pixels.
    placed: tuple[tuple[int, float, float], ...] = ()


def photo_bytes(photo: bytes | None) -> bytes | None:
    """A stored photo as it is."""
    return photo


def photo_of(content: bytes) -> bytes:
    """A stored photo; whether it can be decoded, `fitting.photo.photo_from_bytes` finds out.

    Raises:
        ValueError: it is no JPEG.
    """
    if not content.startswith(_JPEG_START):
        raise ValueError("its photo is no JPEG")
    return content


def photo_size(content: bytes) -> tuple[int, int]:
    """Width and height of a stored photo, pixels; it is not decoded.

    Raises:
        ValueError: it does not say.
    """
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
            return image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError("its photo cannot be read") from error


def sitting_bytes(sitting: Sitting | None) -> bytes | None:
    """As JSON; nothing for none."""
    return None if sitting is None else json.dumps(asdict(sitting), indent=1).encode()


def sitting_of(content: bytes) -> Sitting:
    """Undo `sitting_bytes`.

    Raises:
        ValueError: it is none, or impossible; the text completes “… is damaged: ”.
    """
    try:
        entry = json.loads(content.decode("utf-8"))
        camera = entry["camera"]
        limit = PITCH_LIMIT_DEGREES
        a, b, c, d, e, f = (_number(value, -1e6, 1e6) for value in entry["crop_from_photo"])
        x, y, z = (_number(value, -100, 100) for value in camera["target"])
        return Sitting(
            (a, b, c, d, e, f),
            OrbitCamera(
                _number(camera["yaw_degrees"], -360, 360),
                _number(camera["pitch_degrees"], -limit, limit),
                _number(camera["distance"], 0.01, 100),
                (x, y, z),
                _number(camera["fov_degrees"], 0.1, 170),
            ),
            _number(entry["roll_degrees"], -360, 360),
            _all_placed(entry.get("placed", [])),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("its sitting for the photo cannot be read") from error


def _all_placed(entries: Any) -> tuple[tuple[int, float, float], ...]:
    if not isinstance(entries, list):
        raise ValueError("no landmarks")
    return tuple(_placed(each) for each in entries)


def _placed(entry: Any) -> tuple[int, float, float]:
    number, x, y = entry
    if type(number) is not int or not 0 <= number < _LANDMARKS:
        raise ValueError("no landmark")
    return number, _number(x, -_MAX_PLACE, _MAX_PLACE), _number(y, -_MAX_PLACE, _MAX_PLACE)


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError("impossible number")
    return float(value)
