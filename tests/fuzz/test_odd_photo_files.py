"""Files that say they are photos, and what only looks like a file: read, or told why not."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from head360.errors import PhotoError
from head360.fitting.photo import read_photo

_SIZE = 64


def _gradient() -> Image.Image:
    """Brighter to the right: nothing that is read should lose that."""
    return Image.linear_gradient("L").rotate(90).resize((_SIZE, _SIZE)).convert("RGB")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png_with(kind: bytes, body: bytes) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", _SIZE, _SIZE, 8, 2, 0, 0, 0))
    rows = _chunk(b"IDAT", zlib.compress(b"\0" * (_SIZE * (3 * _SIZE + 1))))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(kind, body) + rows + _chunk(b"IEND", b"")


def _tiff_16() -> bytes:
    """A TIFF of 16 bits a channel, which Pillow cannot write."""
    body = (np.asarray(_gradient(), np.uint16) * 257).astype("<u2").tobytes()
    entries = [
        (256, 4, 1, _SIZE), (257, 4, 1, _SIZE), (258, 3, 3, 122), (259, 3, 1, 1), (262, 3, 1, 2),
        (273, 4, 1, 128), (277, 3, 1, 3), (278, 4, 1, _SIZE), (279, 4, 1, len(body)),
    ]  # fmt: skip
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return (
        b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + struct.pack("<I", 0)
        + struct.pack("<3H", 16, 16, 16) + body
    )  # fmt: skip


def _saved(path: Path, kind: str, image: Image.Image | None = None, **options: object) -> None:
    (image or _gradient()).save(path, kind, **options)


_LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
_READ: dict[str, Callable[[Path], object]] = {
    "broken_profile.jpg": lambda p: _saved(p, "JPEG", icc_profile=b"\0" * 200),
    "broken_profile.png": lambda p: _saved(p, "PNG", icc_profile=b"\xff" * 3000),
    "profile_of_other_colours.jpg": lambda p: _saved(p, "JPEG", icc_profile=_LAB),
    "print.tif": lambda p: _saved(p, "TIFF", _gradient().convert("CMYK"), compression="tiff_lzw"),
    "lab.tif": lambda p: _saved(p, "TIFF", _gradient().convert("LAB")),
    "float.tif": lambda p: _saved(
        p, "TIFF", Image.fromarray(np.asarray(_gradient().convert("L"), np.float32) / 255)
    ),
    "thirty_two.tif": lambda p: _saved(
        p, "TIFF", Image.fromarray(np.asarray(_gradient().convert("L"), np.int32) * 65536)
    ),
    "sixteen.tif": lambda p: p.write_bytes(_tiff_16()),
    "stereo.mpo": lambda p: _saved(p, "MPO", save_all=True, append_images=[_gradient()]),
    "moving.png": lambda p: _saved(p, "PNG", save_all=True, append_images=[_gradient()]),
    "moving.webp": lambda p: _saved(p, "WEBP", save_all=True, append_images=[_gradient()]),
}
_REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "dot.png": (lambda p: _saved(p, "PNG", Image.new("RGB", (1, 1))), "too small"),
    "vast.webp": (
        lambda p: p.write_bytes(
            b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0" + b"\0" * 4 + b"\xff\xff\xff" * 2
        ),
        "too large",
    ),
    "profile_bomb.png": (
        lambda p: p.write_bytes(_png_with(b"iCCP", b"x\0\0" + zlib.compress(b"\0" * 100_000_000))),
        "damaged",
    ),
    "text_bomb.png": (
        lambda p: p.write_bytes(_png_with(b"zTXt", b"x\0\0" + zlib.compress(b"\0" * 100_000_000))),
        "damaged",
    ),
    "heic.jpg": (
        lambda p: p.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 99), "HEIC"
    ),
    "raw.dng": (lambda p: p.write_bytes(b"II*\0\x08\0\0\0\0\0\x08\0\0\0"), "raw"),
    "folder.png": (lambda p: p.mkdir(), "it is no file"),
}  # fmt: skip


@pytest.mark.parametrize("name", _READ)
def test_odd_kinds_are_read(name: str, tmp_path: Path) -> None:
    _READ[name](tmp_path / name)

    image = read_photo(tmp_path / name).image

    assert image.shape == (_SIZE, _SIZE, 3)
    assert image[:, -8:].mean() > image[:, :8].mean() + 150


@pytest.mark.skipif(not features.check("avif"), reason="Pillow was built without AVIF")
def test_avif_is_read(tmp_path: Path) -> None:
    _saved(tmp_path / "a.jpg", "AVIF")  # by its content, not its name

    assert read_photo(tmp_path / "a.jpg").image.shape == (_SIZE, _SIZE, 3)


@pytest.mark.parametrize("name", _REFUSED)
def test_others_are_refused_in_words(name: str, tmp_path: Path) -> None:
    make, words = _REFUSED[name]
    make(tmp_path / name)

    with pytest.raises(PhotoError) as refused:
        read_photo(tmp_path / name)

    assert words in f"{refused.value} {refused.value.hint}"


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize("target", ["/nowhere", "itself.jpg", "/dev/zero", "/dev/full"])
def test_links_to_nothing_useful_are_told(target: str, tmp_path: Path) -> None:
    (tmp_path / "itself.jpg").symlink_to(target)

    with pytest.raises(PhotoError, match="cannot be opened"):
        read_photo(tmp_path / "itself.jpg")
