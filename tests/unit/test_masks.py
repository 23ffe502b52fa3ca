"""Masks drawn in any painting program become marks, or a reason in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from head360.errors import PhotoError
from head360.fitting.masks import marks_from_files
from head360.fitting.photo import Photo, read_photo
from head360.marks import HAIR, LEFT_OUT, NOT_HAIR, Marks

WIDTH, HEIGHT = 120, 80
PHOTO = Photo(np.zeros((HEIGHT, WIDTH, 3), np.uint8))


def drawn() -> Image.Image:
    """Black on the left, grey in the middle, white on the right."""
    grey = np.full((HEIGHT, WIDTH), 128, np.uint8)
    grey[:, :40], grey[:, 80:] = 0, 255
    return Image.fromarray(grey)


def hair(folder: Path, image: Image.Image, name: str = "mask.png") -> Marks:
    image.save(folder / name)
    found = marks_from_files(PHOTO, None, folder / name)
    assert found is not None
    return found


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "I;16"])
def test_white_is_hair_black_is_none_and_grey_says_nothing(tmp_path: Path, mode: str) -> None:
    image = drawn().convert(mode) if mode != "I;16" else None
    if image is None:
        image = Image.fromarray(np.asarray(drawn(), np.uint16) * 257)

    marks = hair(tmp_path, image)

    assert (marks[:, :40] == NOT_HAIR).all()
    assert not marks[:, 40:80].any()
    assert (marks[:, 80:] == HAIR).all()


def test_one_bit_and_jpeg_masks_are_read(tmp_path: Path) -> None:
    sharp = hair(tmp_path, drawn().point(lambda value: 255 * (value > 200)).convert("1"))
    blurry = hair(tmp_path, drawn().convert("RGB"), "mask.jpg")

    assert (sharp[:, :80] == NOT_HAIR).all()
    assert (blurry[:, 90:] == HAIR).all()
    assert not blurry[:, 50:70].any()


def test_transparent_parts_say_nothing(tmp_path: Path) -> None:
    image = drawn().convert("RGBA")
    image.putalpha(Image.fromarray(np.repeat(np.uint8([0, 255]), [100, 20])[None].repeat(80, 0)))

    marks = hair(tmp_path, image)

    assert not marks[:, :100].any()
    assert (marks[:, 100:] == HAIR).all()


def test_white_is_left_out(tmp_path: Path) -> None:
    drawn().save(tmp_path / "mask.png")

    marks = marks_from_files(PHOTO, tmp_path / "mask.png", None)
    both = marks_from_files(PHOTO, tmp_path / "mask.png", tmp_path / "mask.png")

    assert marks is not None
    assert (marks[:, 80:] == LEFT_OUT).all()
    assert not marks[:, :80].any()
    assert both is not None
    assert set(np.unique(both)) == {0, NOT_HAIR, HAIR | LEFT_OUT}


def test_nothing_drawn_is_no_marks(tmp_path: Path) -> None:
    Image.new("L", (WIDTH, HEIGHT), 128).save(tmp_path / "mask.png")

    assert marks_from_files(PHOTO, tmp_path / "mask.png", tmp_path / "mask.png") is None
    assert marks_from_files(PHOTO, None, None) is None


def test_a_mask_of_a_huge_photo_is_shrunk_with_it(tmp_path: Path) -> None:
    Image.new("RGB", (6001, 4003)).save(tmp_path / "photo.jpg")
    Image.new("1", (6001, 4003), 1).save(tmp_path / "mask.png")
    photo = read_photo(tmp_path / "photo.jpg")

    marks = marks_from_files(photo, None, tmp_path / "mask.png")

    assert marks is not None
    assert marks.shape == photo.image.shape[:2]
    assert (marks == HAIR).all()


def _colored(path: Path) -> None:
    Image.new("RGB", (WIDTH, HEIGHT), "red").save(path)


def _small(path: Path) -> None:
    Image.new("L", (WIDTH // 2, HEIGHT // 2)).save(path)


def _tiny(path: Path) -> None:
    Image.new("L", (8, 8)).save(path)


def _turned(path: Path) -> None:
    Image.new("L", (HEIGHT, WIDTH)).save(path)


def _text(path: Path) -> None:
    path.write_text("no mask")


def _torn(path: Path) -> None:
    drawn().save(path)
    path.write_bytes(path.read_bytes()[:60])


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_colored, "has colours"),
        (_small, "is 60 × 40 pixels, the photo 120 × 80"),
        (_turned, "is 80 × 120 pixels, the photo 120 × 80"),
        (_tiny, "too small"),
        (_text, "not a picture"),
        (_torn, "damaged"),
        (lambda path: None, "cannot be opened"),
    ],
)
def test_what_is_no_mask_is_explained(tmp_path: Path, make: object, why: str) -> None:
    make(tmp_path / "mask.png")  # type: ignore[operator]

    with pytest.raises(PhotoError, match=why) as told:
        marks_from_files(PHOTO, None, tmp_path / "mask.png")
    assert "white where hair is" in told.value.hint
    with pytest.raises(PhotoError, match=why) as told:
        marks_from_files(PHOTO, tmp_path / "mask.png", None)
    assert "left out" in told.value.hint
