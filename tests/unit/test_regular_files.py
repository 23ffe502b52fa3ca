"""What a person names may be anything that has a name: nothing waits for it for ever."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from head360.driving.bvh import read_bvh
from head360.driving.camera import PictureFolder, open_camera
from head360.driving.csv import read_csv
from head360.errors import Head360Error
from head360.files import size_of
from head360.fitting.photo import read_photo
from head360.project import load_project
from head360.sound import read_sound


def _frames(path: Path) -> None:
    list(PictureFolder(path.parent).frames())


_READERS: list[tuple[Callable[[Path], object], str]] = [
    (read_photo, "a.jpg"), (load_project, "a.h360"), (read_csv, "a.csv"), (read_bvh, "a.bvh"),
    (read_sound, "a.wav"), (read_sound, "a.mp4"), (open_camera, "a.mp4"), (_frames, "a.png"),
]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.timeout(20)
@pytest.mark.parametrize(("read", "name"), _READERS)
def test_no_reader_waits_for_a_pipe(
    read: Callable[[Path], object], name: str, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / name)

    with pytest.raises(Head360Error, match="no file"):
        read(tmp_path / name)


@pytest.mark.parametrize("read", [read_photo, load_project, read_csv, read_bvh, read_sound])
def test_folders_are_no_files(read: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(Head360Error, match="it is no file"):
        read(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no such devices")
@pytest.mark.parametrize("read", [read_photo, load_project, read_csv, read_bvh, read_sound])
def test_devices_are_no_files(read: Callable[[Path], object]) -> None:
    with pytest.raises(Head360Error, match="it is no file"):
        read(Path("/dev/zero"))


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").symlink_to(tmp_path / "a")

    assert size_of(tmp_path / "b") == 5
