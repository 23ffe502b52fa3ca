from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from head360.camera import OrbitCamera
from head360.errors import ProjectFileError
from head360.params import neutral_head
from head360.project import Project, load_project, save_project
from head360.sitting import Sitting, sitting_bytes, sitting_of

JPEG = b"\xff\xd8\xff\xe0 stands for a photo"
SITTING = Sitting((0.1, -0.02, 5.0, 0.02, 0.1, -3.0), OrbitCamera(12.0, 3.0, 0.9), 1.5)


def _saved(tmp_path: Path) -> Path:
    path = tmp_path / "a.h360"
    save_project(Project(neutral_head(), photo=JPEG, sitting=SITTING), path)
    return path


def test_photo_and_sitting_come_back(tmp_path: Path) -> None:
    found = load_project(_saved(tmp_path))

    assert found.photo == JPEG
    assert found.sitting == SITTING


def test_projects_without_a_photo_have_none(tmp_path: Path) -> None:
    save_project(Project(neutral_head()), tmp_path / "a.h360")

    found = load_project(tmp_path / "a.h360")

    assert found.photo is None
    assert found.sitting is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"<svg>"),
        ("sitting.json", b"[]"),
        ("sitting.json", json.dumps({"crop_from_photo": [1, 2]}).encode()),
        ("sitting.json", sitting_bytes(SITTING).replace(b"12.0", b"NaN")),  # type: ignore[union-attr]
        ("sitting.json", sitting_bytes(SITTING).replace(b"0.9", b"-0.9")),  # type: ignore[union-attr]
    ],
)
def test_damaged_parts_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = _saved(tmp_path)
    with zipfile.ZipFile(path) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for entry, whole in (parts | {name: content}).items():
            archive.writestr(entry, whole)

    with pytest.raises(ProjectFileError, match="damaged"):
        load_project(path)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.recursive(st.none() | st.floats() | st.text(max_size=5), st.lists, max_leaves=5))
def test_no_sitting_is_ever_half_read(value: object) -> None:
    whole = json.loads(sitting_bytes(SITTING) or b"")
    for key in whole:
        with pytest.raises(ValueError, match="cannot be read"):
            sitting_of(json.dumps(whole | {key: {"it": value}}).encode())
