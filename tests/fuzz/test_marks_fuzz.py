"""Whatever the marks of a project are, reading it gives a project or a `ProjectFileError`."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from head360.marks import marks_bytes, marks_of
from head360.params import neutral_head
from head360.project import Project, load_project, save_project
from tests.fuzz.test_project_fuzz import changed, changes, packed, quick, try_to_load
from tests.unit.test_marks import jpeg, some_marks


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The unpacked parts of a project with marks on its photo."""
    path = tmp_path_factory.mktemp("fuzz") / "marked.h360"
    save_project(Project(neutral_head(), photo=jpeg(), marks=some_marks()), path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@quick
@given(edits=changes, front=st.booleans())
def test_changed_marks(
    tmp_path: Path, marked: dict[str, bytes], edits: list[tuple[float, int]], front: bool
) -> None:
    whole = marked["marks.png"]
    head = 60 if front else len(whole)  # where sizes, kinds and colours stand
    content = changed(whole[:head], edits) + whole[head:]

    try_to_load(tmp_path / "a.h360", packed(marked | {"marks.png": content}))


@quick
@given(content=st.binary(max_size=200))
def test_arbitrary_marks(content: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n"):
        with suppress(ValueError):
            assert marks_of(start + content).dtype == np.uint8


@quick
@given(edits=changes)
def test_changed_photos_under_marks(
    tmp_path: Path, marked: dict[str, bytes], edits: list[tuple[float, int]]
) -> None:
    photo = changed(marked["photo.jpg"], edits)

    try_to_load(tmp_path / "a.h360", packed(marked | {"photo.jpg": photo}))


@quick
@given(
    mode=st.sampled_from(["1", "L", "P", "RGB", "RGBA", "I;16"]),
    size=st.tuples(st.integers(1, 99), st.integers(1, 99)),
    value=st.integers(0, 255),
)
def test_other_pictures(
    tmp_path: Path, marked: dict[str, bytes], mode: str, size: tuple[int, int], value: int
) -> None:
    file = io.BytesIO()
    Image.new(mode, size, (value,) * 3 if mode.startswith("RGB") else value).save(file, "PNG")

    try_to_load(tmp_path / "a.h360", packed(marked | {"marks.png": file.getvalue()}))


@quick
@given(codes=st.lists(st.sampled_from([0, 1, 2, 3, 4, 5]), min_size=6, max_size=6))
def test_all_marks_come_back(tmp_path: Path, codes: list[int]) -> None:
    marks = np.array(codes, np.uint8).reshape(2, 3).repeat(30, 0).repeat(30, 1)

    assert np.array_equal(marks_of(marks_bytes(marks) or b""), marks)
    path = tmp_path / "a.h360"
    save_project(Project(neutral_head(), photo=jpeg(), marks=marks), path)
    assert np.array_equal(load_project(path).marks, marks)  # type: ignore[arg-type]
