from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from head360.driving.bvh import read_bvh, write_bvh
from head360.driving.csv import read_csv, write_csv
from head360.driving.names import CSV_ORDER, ROTATIONS
from head360.errors import DrivingError
from head360.params import EXPRESSIONS
from head360.performance import Performance
from tests.unit.faces_stand_ins import random_take, weights_of

HEADER = ",".join(["Timecode", "BlendShapeCount", *CSV_ORDER, *ROTATIONS])


def row(time: str, **values: float) -> str:
    numbers = [values.get(name, 0.0) for name in (*CSV_ORDER, *ROTATIONS)]
    return ",".join([time, str(len(numbers)), *map(str, numbers)])


def read(path: Path, *lines: str, end: str = "\n", fps: float | None = None) -> Performance:
    path.write_text(end.join(lines) + end, "utf-8")
    return read_csv(path, fps)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "MySlate_1_iPhone.csv"


@pytest.mark.parametrize("fps", [24, 25, 30, 60, 120, 17.3])
@pytest.mark.parametrize("count", [1, 7, 400])
def test_a_take_comes_back_from_its_file(path: Path, fps: float, count: int) -> None:
    take = random_take(1, count, fps)

    write_csv(take, path)

    again = read_csv(path)
    assert again.times == pytest.approx(take.times, abs=1e-4)
    assert np.abs(again.expression - take.expression).max() < 1e-4
    assert np.abs(again.head_pose - take.head_pose).max() < 1e-4
    assert again.name == "MySlate_1_iPhone"
    if count > 1:
        assert again.fps == pytest.approx(fps, rel=1e-3)
    assert path.read_text().splitlines()[0].lower() == HEADER.lower()


def test_uneven_moments_come_back_too(path: Path) -> None:
    take = random_take(2, 300)
    steps = np.random.default_rng(3).uniform(0.02, 0.2, 299)
    take = take.with_(times=np.concatenate([[0], np.cumsum(steps)]), fps=11.0)

    write_csv(take, path)

    assert read_csv(path).times == pytest.approx(take.times, abs=1e-4)


def test_a_file_of_the_app_is_understood(path: Path) -> None:
    take = read(
        path,
        HEADER.replace("eye", "Eye"),
        row("17:59:59:58.250", jawOpen=0.25, HeadYaw=math.radians(10)),
        "17:59:59:58.750,0",
        row("17:59:59:59.750", jawOpen=0.75),
        row("18:00:01:00.250", mouthLeft=0.5),
    )

    assert take.times == pytest.approx([0, 1.5 / 60, (62) / 60])
    assert weights_of(take.at(0)) == {"jawOpen": 0.25}
    assert take.head_pose[0, 0] == pytest.approx(10)
    assert weights_of(take.at(9)) == {"mouthLeft": 0.5}
    assert take.unknown == frozenset()


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (["00:00:00:00.000", "00:00:00:12.500", "00:00:01:24.000"], [0, 0.5, 1.96]),
        (["23:59:59:30.0", "00:00:00:30.0", "00:00:01:59.0"], [0, 1, 2.4833]),
        (["0.25", "0.5", "1.25"], [0, 0.25, 1]),
        (["00:00:01.250", "00:00:01.750", "00:01:00"], [0, 0.5, 58.75]),
        (["00:00:00:000", "00:00:00:500", "00:00:01:250"], [0, 0.5, 1.25]),
        (["01:00:00:05", "01:00:00:06", "01:00:00:06"], [0, 1 / 60]),
        (["nonsense", "00:00:00:00.000", "00:00:01:59.0"], [0, 1.98333]),
    ],
)
def test_every_kind_of_time(path: Path, times: list[str], expected: list[float]) -> None:
    take = read(path, HEADER, *(row(time) for time in times))

    assert take.times == pytest.approx(expected, abs=1e-3)


def test_columns_may_be_few_foreign_and_in_any_order(path: Path) -> None:
    take = read(
        path, '"jaw_open";Notes;EYEBLINK_L', '0.5;hello;"1.5"', "0.25;;0", end="\r\n", fps=10
    )

    assert weights_of(take.at(0)) == {"eyeBlinkLeft": 1.0, "jawOpen": 0.5}
    assert take.times == pytest.approx([0, 0.1])
    assert take.unknown == frozenset(EXPRESSIONS) - {"jawOpen", "eyeBlinkLeft"}


def test_a_file_that_was_cut_off_keeps_its_whole_rows(path: Path) -> None:
    write_csv(random_take(4, 50), path)
    path.write_bytes(path.read_bytes()[:-200])

    assert len(read_csv(path)) == 49


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no recording of a face"),
        (b"\x00\xff\xfe" * 90, "no recording of a face"),
        (b"a,b,c\n1,2,3\n", "no recording of a face"),
        (HEADER.encode() + b"\n", "no frame with a face"),
        (HEADER.encode() + b"\n00:00:00:00.0,61,x,y\n", "no frame with a face"),
        (b"Timecode,jawOpen\nnan,0.5\n", "no frame with a time"),
        (b"jawOpen\nnan\ninf\n", "no frame with a face"),
        (b"," * 5000 + b"jawOpen\n", "no recording of a face"),
    ],
)
def test_hostile_files_are_explained(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)

    with pytest.raises(DrivingError, match=message):
        read_csv(path)


def test_missing_files_and_folders_are_explained(tmp_path: Path) -> None:
    with pytest.raises(DrivingError, match="cannot be opened"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(DrivingError, match="cannot be written"):
        write_csv(random_take(0, 3), tmp_path / "nowhere" / "a.csv")


def test_any_change_of_a_file_is_read_or_refused(path: Path) -> None:
    write_csv(random_take(5, 4), path)
    good, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(150):
        content = bytearray(good)
        for place in rng.integers(0, len(good), 9):
            content[place] = rng.integers(256)
        path.write_bytes(bytes(content))
        with suppress(DrivingError):
            assert isinstance(read_csv(path), Performance)


BODY = """HIERARCHY
ROOT Hips
{
  OFFSET 0 90 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT mixamorig:Neck
  {
    OFFSET 0 50 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT mixamorig:Head
    {
      OFFSET 0 10 0
      CHANNELS 3 Zrotation Xrotation Yrotation
      JOINT mixamorig:HeadTop_End
      {
        OFFSET 0 20 0
        CHANNELS 3 Zrotation Xrotation Yrotation
      }
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0333333
0 0 0 9 9 9 0 0 0 0 0 0 5 5 5
1 2 3 9 9 9 0 0 10 0 0 20 5 5 5
"""


def test_the_head_of_a_moving_body_is_read(tmp_path: Path) -> None:
    (tmp_path / "walk.bvh").write_text(BODY)

    take = read_bvh(tmp_path / "walk.bvh")

    assert take.head_pose[0] == pytest.approx([0, 0, 0])
    assert take.head_pose[1] == pytest.approx([30, 0, 0], abs=1e-4)
    assert take.unknown == frozenset(EXPRESSIONS)
    assert take.fps == pytest.approx(30, abs=0.01)


def test_the_turn_of_a_head_comes_back_from_bvh(tmp_path: Path) -> None:
    take = random_take(3, 50)

    write_bvh(take, tmp_path / "a.bvh")

    assert read_bvh(tmp_path / "a.bvh").head_pose == pytest.approx(take.head_pose, abs=1e-3)
    with pytest.raises(DrivingError, match="cannot be written"):
        write_bvh(take, tmp_path / "none" / "a.bvh")


@pytest.mark.parametrize(
    "change",
    [("Head\n", "Foot\n"), ("0.0333333", "0"), ("0.0333333", "soon"), ("MOTION", "LOTION"),
     ("CHANNELS 6", "CHANNELS 9999999"), ("Zposition Zrotation", ""), (" 0 0 10 0 0", " x 0 0 0 0"),
     ("CHANNELS 3 Zrotation Xrotation Yrotation\n    JOINT", "CHANNELS"), (BODY, "")],
)  # fmt: skip
def test_hostile_motion_files_are_explained(tmp_path: Path, change: tuple[str, str]) -> None:
    (tmp_path / "a.bvh").write_text(BODY.replace(*change))

    with suppress(DrivingError):
        take = read_bvh(tmp_path / "a.bvh")
        assert change[1] == " x 0 0 0 0"  # a last line that was cut off
        assert len(take) == 1
