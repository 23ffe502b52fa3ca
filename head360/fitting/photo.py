"""Reads photos from anywhere: upright, in sRGB, of sane size, with what EXIF knows of the lens.

A photo is untrusted: only common formats are understood, sizes are checked before anything is
decoded, and whatever is wrong with a file ends in one `PhotoError` with words for people.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, UnidentifiedImageError

from head360.errors import PhotoError
from head360.faces import Picture
from head360.files import size_of
from head360.sitting import MAX_PHOTO_SIDE

#: What Pillow may try to read; MPO is what some phones and 3D cameras call their JPEGs.
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF", "JPEG2000")
SUFFIXES = (
    ".jpg", ".jpeg", ".jfif", ".mpo", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm",
    ".avif", ".jp2",
)  # fmt: skip
MAX_FILE_BYTES = 200 << 20
MAX_PIXELS, MAX_SIDE, MIN_SIDE = 120_000_000, 20_000, 32
#: Larger photos are shrunk to this after reading: a face in them is large enough still.
WORKING_SIDE = 4096

_KEPT_QUALITIES = (92, 80, 60)
_ORIENTATION, _EXIF, _FILM_FOCAL = 0x0112, 0x8769, 0xA405
_TRUE_WIDTH, _TRUE_HEIGHT = 0xA002, 0xA003
_FILM_DIAGONAL_MM = 43.27
_FILM_FOCALS_MM = (8.0, 500.0)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_REDUCIBLE = ("L", "RGB", "RGBA", "CMYK", "YCbCr", "LAB")  # whose values may be averaged
_GREY = 128  # what shows through transparent parts
#: Whatever Pillow's readers raise on damaged files.
_DAMAGE = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError,
    EOFError, NotImplementedError, MemoryError, struct.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photo, ready to be looked at."""

    image: Picture  # (H, W, 3) sRGB, top row first
    name: str = ""
    focal: float | None = None  # pixels of `image`; None: unknown
    notes: tuple[str, ...] = ()  # what people may want to know of how it was read
    grey: bool = False  # black and white


def read_photo(path: Path) -> Photo:
    """Read a photo.

    Raises:
        PhotoError: it is missing, too large, damaged, or no picture of a known format.
    """
    try:
        if size_of(path) > MAX_FILE_BYTES:
            raise PhotoError(
                f"“{path.name}” is larger than {MAX_FILE_BYTES >> 20} MB.", _SHRINK_HINT
            )
        with path.open("rb") as file:
            return _read(file, path.name)
    except OSError as error:
        raise PhotoError(
            f"“{path.name or path}” cannot be opened: {error.strerror or error}.",
            "Check the name and whether you may read it.",
        ) from error


def photo_from_bytes(content: bytes, name: str = "the picture") -> Photo:
    """The same, of a file's content, such as from the clipboard or a project.

    Raises:
        PhotoError: as `read_photo`.
    """
    return _read(io.BytesIO(content), name)


def photo_from_pixels(image: Picture, name: str = "the picture") -> Photo:
    """A photo (H, W, 3) sRGB that somebody has decoded already, such as a webcam's picture.

    Raises:
        PhotoError: it is too small, or no such array.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise PhotoError(f"{name} is not a picture of 8-bit RGB, shape (H, W, 3).")
    _check_size(name, image.shape[1], image.shape[0])
    return _finished(Image.fromarray(np.ascontiguousarray(image)), name, None, [])


def kept(photo: Photo, most: int) -> tuple[bytes, float]:
    """A photo as a JPEG without EXIF to keep, at most so many bytes, and its scale to the photo."""
    image = Image.fromarray(photo.image)
    scale = min(1.0, MAX_PHOTO_SIDE / max(image.size))
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    content = b""
    for quality in _KEPT_QUALITIES:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        content = file.getvalue()
        if len(content) <= most:
            break
    return content, image.width / photo.image.shape[1]


_SHRINK_HINT = "Save a smaller copy of it (4000 pixels are plenty) and use that."
_DAMAGED_HINT = (
    "Open it in a picture viewer and save it again as JPEG or PNG. (Photos in HEIC or raw "
    "formats must be converted as well.)"
)


def _read(file: BinaryIO, name: str) -> Photo:
    Image.init()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes are checked below; damage raises by itself
        try:
            with Image.open(file, formats=[f for f in FORMATS if f in Image.OPEN]) as opened:
                _check_size(name, *opened.size)
                return _decoded(opened, name)
        except Image.DecompressionBombError as error:
            raise _too_large(name) from error
        except UnidentifiedImageError as error:
            raise PhotoError(f"“{name}” is not a picture that can be read.", _DAMAGED_HINT) from (
                error
            )
        except _DAMAGE as error:
            raise PhotoError(f"“{name}” is damaged or incomplete.", _DAMAGED_HINT) from error


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_large(name, f" ({width} × {height})")
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            f"“{name}” is too small: {width} × {height} pixels.",
            "Use a photo in which the face alone is some 200 pixels high.",
        )


def _too_large(name: str, size: str = "") -> PhotoError:
    return PhotoError(
        f"“{name}” is too large{size}: at most {MAX_PIXELS // 1_000_000} million pixels "
        f"and {MAX_SIDE} a side can be read.",
        _SHRINK_HINT,
    )


def _decoded(opened: Image.Image, name: str) -> Photo:
    notes = []
    if getattr(opened, "n_frames", 1) > 1 and opened.format != "MPO":
        notes.append("It is an animation or has several pages: only the first picture is used.")
    exif = _exif(opened)
    width, height = opened.size
    focal = _film_focal(exif, width, height)
    if opened.format == "JPEG":  # decodes fewer pixels, where there are far too many
        opened.draft(None, (WORKING_SIDE, WORKING_SIDE))
    profile = opened.info.get("icc_profile")
    opened.load()
    image, remark = _in_srgb(_reduced(opened), profile)
    notes += [remark] if remark else []
    turn = _UPRIGHT.get(_whole(exif.get(_ORIENTATION)))
    if turn is not None:
        image = image.transpose(turn)
    diagonal = math.hypot(*image.size)
    pixels = None if focal is None else focal / _FILM_DIAGONAL_MM * diagonal
    return _finished(image, name, pixels, notes)


def _reduced(image: Image.Image) -> Image.Image:
    """Far too large a picture in whole steps smaller: all that follows copies it, 400 MB a time."""
    factor = max(image.size) // WORKING_SIDE
    if factor < 2 or image.mode not in _REDUCIBLE or min(image.size) < factor:
        return image
    smaller = image.reduce(factor)
    smaller.info = image.info
    image.close()
    return smaller


def _finished(image: Image.Image, name: str, focal: float | None, notes: list[str]) -> Photo:
    longest = max(image.size)
    if longest > WORKING_SIDE:
        scale = WORKING_SIDE / longest
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        focal = focal * scale if focal else None
    pixels = np.asarray(image)
    spread = pixels[::4, ::4].astype(np.int16)
    grey = bool((spread.max(2) - spread.min(2)).max(initial=0) <= 8)
    return Photo(pixels, name, focal, tuple(notes), grey)


def _exif(opened: Image.Image) -> Mapping[int, Any]:
    """Tags of both directories that matter; nothing where they are damaged."""
    try:
        exif = opened.getexif()
        return {**exif.get_ifd(_EXIF), **{_ORIENTATION: exif.get(_ORIENTATION)}}
    except _DAMAGE:
        return {}


def _film_focal(exif: Mapping[int, Any], width: int, height: int) -> float | None:
    """Focal length on 35 mm film, if the photo says so and was not cut since."""
    focal = _number(exif.get(_FILM_FOCAL))
    if not _FILM_FOCALS_MM[0] <= focal <= _FILM_FOCALS_MM[1]:
        return None
    taken = sorted((_number(exif.get(_TRUE_WIDTH)), _number(exif.get(_TRUE_HEIGHT))))
    if taken[0] > 0:
        shape = max(width, height) / min(width, height)
        if not 0.98 < taken[1] / taken[0] / shape < 1.02:
            return None
    return focal


def _number(value: Any) -> float:
    """A finite number, or 0: EXIF holds fractions by nothing, text and worse."""
    try:
        number = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return 0.0
    return number if math.isfinite(number) else 0.0


def _whole(value: Any) -> int:
    return int(_number(value))


def _in_srgb(opened: Image.Image, profile: bytes | None) -> tuple[Image.Image, str]:
    """The picture in sRGB, opaque, and a remark if something had to be guessed."""
    image, remark = opened, ""
    if image.mode in ("P", "PA", "LA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    image = image.convert("RGB") if alpha is not None else image
    converted = _by_profile(image, profile) if profile else None
    if converted is None:
        if image.mode == "CMYK":
            remark = "Its colours are for print and without a profile: they are a guess."
        converted = image if image.mode == "RGB" else image.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        ground = Image.new("RGB", converted.size, (_GREY,) * 3)
        ground.paste(converted, mask=alpha)
        return ground, remark
    return converted, remark


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Converted by the photo's own colour profile, if that can be used."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, *_DAMAGE):
        return None
    return made


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits, 32 bits or floating point, as 8 bits."""
    values: npt.NDArray[np.float32] = np.nan_to_num(np.asarray(image, np.float32), posinf=0.0)
    top = float(values.max(initial=0.0))
    full = 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0 if top <= 65535 else top
    return Image.fromarray((values.clip(0) / full * 255 + 0.5).astype(np.uint8))
