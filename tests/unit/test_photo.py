from __future__ import annotations

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, TiffImagePlugin

from head360.errors import PhotoError
from head360.fitting.photo import (
    WORKING_SIDE,
    photo_from_bytes,
    photo_from_pixels,
    read_photo,
)

SIZE = (80, 60)


def _picture(mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, brighter to the bottom."""
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    image[:, :40, 0] = np.linspace(120, 250, 60)[:, None]
    image[:, 40:, 2] = np.linspace(120, 250, 60)[:, None]
    return Image.fromarray(image).convert(mode)


def _bytes(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _left_is_red(image: np.ndarray) -> bool:
    left, right = image[:, 5:30].mean((0, 1)), image[:, 50:75].mean((0, 1))
    return bool(left[0] > 100 > left[2] and right[2] > 100 > right[0])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "PPM", "GIF"])
def test_usual_kinds_are_read(kind: str) -> None:
    photo = photo_from_bytes(_bytes(_picture(), kind))

    assert photo.image.shape == (60, 80, 3)
    assert _left_is_red(photo.image)
    assert photo.notes == ()
    assert photo.focal is None


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("CMYK", "JPEG"), ("CMYK", "TIFF"), ("P", "PNG"), ("RGBA", "PNG"), ("YCbCr", "TIFF"),
     ("LAB", "TIFF"), ("RGBA", "WEBP")],
)  # fmt: skip
def test_every_kind_of_colour_becomes_rgb(mode: str, kind: str) -> None:
    picture = _picture() if mode != "LAB" else _lab(_picture())
    content = _bytes(picture if mode == "LAB" else picture.convert(mode), kind)

    assert _left_is_red(photo_from_bytes(content).image)


def _lab(image: Image.Image) -> Image.Image:
    return ImageCms.profileToProfile(
        image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "F"])
def test_grey_of_any_depth_is_grey(mode: str) -> None:
    ramp = np.linspace(0, 1, 80 * 60, dtype=np.float32).reshape(60, 80)
    if mode == "F":
        image, kind = Image.fromarray(ramp), "TIFF"
    elif mode == "I;16":
        image, kind = Image.fromarray((ramp * 65535).astype(np.uint16)), "PNG"
    else:
        image, kind = Image.fromarray((ramp * 255).astype(np.uint8)).convert(mode), "PNG"

    photo = photo_from_bytes(_bytes(image, kind))

    assert photo.grey
    assert photo.image[:20].mean() < 100 < photo.image[40:].mean()


def test_transparent_parts_are_grey_not_what_they_hid() -> None:
    picture = _picture("RGBA")
    picture.putalpha(Image.new("L", SIZE, 0))

    assert (photo_from_bytes(_bytes(picture, "PNG")).image == 128).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_stand_upright(orientation: int) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpositions
    shown = _picture()
    stored = shown.transpose(undo[orientation]) if orientation > 1 else shown
    exif = Image.Exif()
    exif[0x0112] = orientation

    photo = photo_from_bytes(_bytes(stored, "PNG", exif=exif))

    assert (photo.image == np.asarray(shown)).all()


def test_colours_follow_the_profile() -> None:
    picture = _picture()
    broken = _bytes(picture, "PNG", icc_profile=b"no profile at all")
    own = _bytes(picture, "PNG", icc_profile=ImageCms.ImageCmsProfile(
        ImageCms.createProfile("sRGB")).tobytes())  # fmt: skip

    assert _left_is_red(photo_from_bytes(broken).image)
    difference = photo_from_bytes(own).image.astype(int) - np.asarray(picture)
    assert np.abs(difference).max() <= 2


def _with_focal(
    focal: object, taken: tuple[int, int] | None = None, size: tuple[int, int] = SIZE
) -> bytes:
    exif = Image.Exif()
    tags = exif.get_ifd(0x8769)
    tags[0xA405] = focal
    if taken:
        tags[0xA002], tags[0xA003] = taken
    return _bytes(_picture().resize(size), "JPEG", exif=exif)


def test_the_lens_is_known_from_exif() -> None:
    photo = photo_from_bytes(_with_focal(50, (4000, 3000)))

    # 35 mm film has a diagonal of 43.27 mm.
    assert photo.focal == pytest.approx(50 / 43.27 * 100, rel=1e-6)


@pytest.mark.parametrize("focal", [0, 1, 60000])
def test_impossible_lenses_are_not_believed(focal: int) -> None:
    assert photo_from_bytes(_with_focal(focal)).focal is None


def test_a_photo_that_was_cut_has_lost_its_lens() -> None:
    assert photo_from_bytes(_with_focal(50, (4000, 3000), size=(60, 60))).focal is None


def test_fractions_by_nothing_are_no_numbers() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    tags = exif.get_ifd(0x8769)
    tags[0x920A] = TiffImagePlugin.IFDRational(0, 0)
    tags[0xA405] = 35
    content = _bytes(_picture(), "JPEG", exif=exif)

    photo = photo_from_bytes(content)

    assert photo.focal == pytest.approx(35 / 43.27 * 100)
    assert Fraction(photo.image.shape[1], photo.image.shape[0]) == Fraction(60, 80)


def test_animations_give_their_first_picture() -> None:
    frames = [_picture(), Image.new("RGB", SIZE, "white")]
    content = _bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])

    photo = photo_from_bytes(content)

    assert _left_is_red(photo.image)
    assert "animation" in photo.notes[0]


def test_large_photos_are_shrunk_and_keep_their_lens() -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 50
    content = _bytes(Image.new("L", (8000, 6000), 90), "JPEG", exif=exif)

    photo = photo_from_bytes(content)

    assert max(photo.image.shape) <= WORKING_SIDE
    diagonal = np.hypot(*photo.image.shape[:2])
    assert photo.focal == pytest.approx(50 / 43.27 * diagonal, rel=0.01)


def _png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + b"\0" * 4


@pytest.mark.parametrize("size", [(30_000, 30_000), (10_000, 13_000), (100_000, 50)])
def test_giants_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(PhotoError, match="too large"):
        photo_from_bytes(_png_header(*size))


@pytest.mark.parametrize("size", [(8, 8), (4000, 5)])
def test_dwarfs_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PhotoError, match="too small"):
        photo_from_bytes(_bytes(Image.new("RGB", size), "PNG"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
def test_half_files_are_refused(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    whole = _bytes(Image.fromarray(noise), kind)

    with pytest.raises(PhotoError) as caught:
        photo_from_bytes(whole[: len(whole) // 2])

    assert "JPEG or PNG" in caught.value.hint


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7",
                b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"],
)  # fmt: skip
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoError, match="not a picture") as caught:
        photo_from_bytes(content, "me.heic")

    assert "HEIC" in caught.value.hint


def test_missing_files_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(PhotoError) as caught:
            read_photo(path)
        assert path.name in str(caught.value)


def test_only_pictures_are_taken_for_pictures() -> None:
    assert photo_from_pixels(np.zeros((40, 40, 3), np.uint8)).grey
    for wrong in (
        np.zeros((40, 40), np.uint8),
        np.zeros((40, 40, 3)),
        np.zeros((8, 8, 3), np.uint8),
    ):
        with pytest.raises(PhotoError):
            photo_from_pixels(wrong)


WHOLE = {
    kind: _bytes(_picture(), kind) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM")
} | {"lens": _with_focal(50, (4000, 3000))}


@pytest.fixture(scope="module")
def pillow_is_quiet() -> Iterator[None]:
    """It writes what is wrong with files into the log, which is welcome there."""
    logger = logging.getLogger("PIL")
    former = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(former)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
@given(
    kind=st.sampled_from(sorted(WHOLE)),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    kept=st.floats(0.1, 1),
)
@pytest.mark.usefixtures("pillow_is_quiet")
def test_changed_files_are_read_or_refused(
    kind: str, edits: list[tuple[float, int]], kept: float
) -> None:
    content = bytearray(WHOLE[kind][: int(kept * len(WHOLE[kind]))])
    for position, value in edits:
        content[int(position * (len(content) - 1))] = value

    photo = None
    with suppress(PhotoError):
        photo = photo_from_bytes(bytes(content))

    assert photo is None or max(photo.image.shape) <= WORKING_SIDE
