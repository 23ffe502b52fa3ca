"""Writes single pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.errors import ExportError
from head360.files import replacing

Picture: TypeAlias = npt.NDArray[np.uint8]

#: Formats by file name ending; only some keep transparency.
PICTURE_FORMATS = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}


def save_picture(image: Picture, path: Path) -> None:
    """Write (H, W, 3 or 4) sRGB, top row first, in the format that the name ends in.

    Raises:
        ExportError: the ending is unknown, or the file cannot be written.
    """
    format_ = PICTURE_FORMATS.get(path.suffix.lower())
    if format_ is None:
        known = ", ".join(PICTURE_FORMATS)
        raise ExportError(
            f"“{path.name}” does not say what kind of picture it should be.",
            f"Let the name end in one of {known}.",
        )
    _save(image[..., :3] if format_ == "JPEG" else image, path, format_)


def save_png(image: Picture, path: Path) -> None:
    """Write (H, W, 3 or 4) sRGB, straight alpha, top row first, as a PNG.

    Raises:
        ExportError: the file cannot be written.
    """
    _save(image, path, "PNG")


def unwritable(path: Path, error: OSError) -> ExportError:
    """What to tell a person when `path` cannot be written."""
    if not path.parent.is_dir():
        return ExportError(
            f"The folder “{path.parent}” does not exist.", "Make it, or choose another one."
        )
    return ExportError(
        f"“{path.name}” cannot be written: {error.strerror or error}.",
        "Choose another folder, or make room on the disk.",
    )


def _save(image: Picture, path: Path, format_: str) -> None:
    try:
        with replacing(path) as partial:
            Image.fromarray(np.ascontiguousarray(image)).save(partial, format_, **_OPTIONS[format_])
    except OSError as error:
        raise unwritable(path, error) from error


_OPTIONS: dict[str, dict[str, int]] = {
    "PNG": {},
    "WEBP": {"quality": 92},
    "JPEG": {"quality": 93, "subsampling": 0},
}
