"""Marks on a photo: small and exact in a project, and never anything else's picture."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from head360.errors import ProjectFileError
from head360.marks import (
    HAIR,
    LEFT_OUT,
    MAX_MARKS_BYTES,
    NOT_HAIR,
    Marks,
    marks_bytes,
    marks_made,
    marks_of,
    resized,
)
from head360.params import HeadParams
from head360.project import Project, load_project, save_project
from tests.unit.project_files import edit, rewrite


def some_marks(height: int = 60, width: int = 90) -> Marks:
    marks = np.zeros((height, width), np.uint8)
    marks[5:20, 10:40] = LEFT_OUT
    marks[:15, 50:80] = HAIR
    marks[30:40, 20:30] = NOT_HAIR
    marks[50:, :10] = LEFT_OUT | NOT_HAIR
    return marks


def jpeg(width: int = 90, height: int = 60) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "grey").save(file, "JPEG")
    return file.getvalue()


def test_marks_come_back_bit_by_bit(path: Path, neutral: HeadParams) -> None:
    save_project(Project(neutral, photo=jpeg(), marks=some_marks()), path)

    loaded = load_project(path)
    save_project(loaded, path.with_name("again.h360"))

    assert np.array_equal(loaded.marks, some_marks())  # type: ignore[arg-type]
    assert path.with_name("again.h360").read_bytes() == path.read_bytes()


def test_marks_of_a_large_photo_are_small() -> None:
    row, column = np.indices((1200, 1600))
    marks = np.zeros((1200, 1600), np.uint8)
    marks[(row - 300) ** 2 + (column - 800) ** 2 < 250**2] = HAIR
    marks[(row - 700) ** 2 + (column - 500) ** 2 < 90**2] = LEFT_OUT

    assert len(marks_bytes(marks) or b"") < 6000


def test_marks_of_pure_noise_stay_below_their_cap() -> None:
    codes = np.array([0, LEFT_OUT, HAIR, HAIR | LEFT_OUT, NOT_HAIR, NOT_HAIR | LEFT_OUT], np.uint8)
    noise = codes[np.random.default_rng(0).integers(0, 6, (1600, 1600))]

    packed = marks_bytes(noise) or b""

    assert len(packed) < MAX_MARKS_BYTES
    assert np.array_equal(marks_of(packed), noise)


def test_any_viewer_shows_them() -> None:
    with Image.open(io.BytesIO(marks_bytes(some_marks()) or b"")) as image:
        shown = np.asarray(image.convert("RGBA"))

    assert shown[2, 0, 3] == 0
    assert shown[10, 20, 3] == 128
    assert shown[10, 20, 0] > shown[10, 20, 1]  # left out: red


def test_projects_without_a_photo_are_not_marked(path: Path, neutral: HeadParams) -> None:
    with pytest.raises(ProjectFileError, match="another picture"):
        save_project(Project(neutral, marks=some_marks()), path)


def _header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no PNG"),
        (jpeg(), "no PNG"),
        (b"\x89PNG\r\n\x1a\n", "no PNG"),
        (_header(30_000, 30_000), "impossible size"),
        (_header(0, 5), "impossible size"),
        (_header(90, 60), "cannot be read"),
        ((marks_bytes(some_marks()) or b"")[:90], "cannot be read"),
        (_png(Image.new("RGB", (90, 60))), "no marks"),
        (_png(Image.new("L", (90, 60), 255)), "no marks"),
        (marks_bytes(np.full((60, 90), HAIR | NOT_HAIR, np.uint8)), "no marks"),
        (marks_bytes(some_marks(60, 91)), "another picture"),
    ],
)
def test_what_are_no_marks_is_refused(
    path: Path, neutral: HeadParams, content: bytes, why: str
) -> None:
    save_project(Project(neutral, photo=jpeg()), path)
    rewrite(path, {"marks.png": content})

    with pytest.raises(ProjectFileError, match=why):
        load_project(path)


def test_marks_on_a_photo_that_does_not_say_its_size_are_refused(
    path: Path, neutral: HeadParams
) -> None:
    save_project(Project(neutral, photo=b"\xff\xd8\xff nothing"), path)
    rewrite(path, {"marks.png": marks_bytes(some_marks()) or b""})

    with pytest.raises(ProjectFileError, match="photo cannot be read"):
        load_project(path)


def test_a_file_of_version_5_still_opens(path: Path, neutral: HeadParams) -> None:
    save_project(Project(neutral, photo=jpeg()), path)
    edit(path, version=5)

    assert load_project(path).marks is None
    with zipfile.ZipFile(path) as archive:
        assert "marks.png" not in archive.namelist()


def test_masks_become_marks() -> None:
    yes, no = np.zeros((2, 3), bool), np.zeros((2, 3), bool)
    yes[0], no[:, 0] = True, True

    marks = marks_made(left_out=no, hair=yes, not_hair=no)

    assert marks is not None
    assert marks.tolist() == [[LEFT_OUT | HAIR, HAIR, HAIR], [LEFT_OUT | NOT_HAIR, 0, 0]]
    assert marks_made(hair=np.zeros((2, 3), bool)) is None
    assert marks_made() is None
    with pytest.raises(ValueError, match="different sizes"):
        marks_made(hair=yes, not_hair=no[:1])


def test_marks_follow_the_photo_to_another_size() -> None:
    half = resized(some_marks(), 45, 30)

    assert half is not None
    assert np.array_equal(half, some_marks()[1::2, 1::2])
    assert resized(None, 4, 4) is None
    assert resized(np.zeros((8, 8), np.uint8), 4, 4) is None
