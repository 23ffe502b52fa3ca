"""Takes as CSV files: what Live Link Face writes, and what others write in its manner.

`Timecode,BlendShapeCount,EyeBlinkLeft,…,TongueOut,HeadYaw,…,RightEyeRoll`, one row for each frame;
a row whose count is 0 has no face. Columns are found by name in any case and order; what is missing
is unknown. Times are `HH:MM:SS:FF.part`, `HH:MM:SS.part`, or plain seconds; a file without times
has an even rate. Angles are radians. A last row that was cut off is left out.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from head360.driving.names import CSV_ORDER, ROTATIONS, pascal_case, shape_index
from head360.errors import DrivingError
from head360.files import replacing, size_of
from head360.params import EXPRESSIONS, FloatArray
from head360.performance import MAX_SAMPLES, Performance, TimeArray, measured_fps

MAX_FILE_BYTES = 512 << 20
_MAX_LINE = 16_384
_MAX_COLUMNS = 512
#: Rates that timecodes count in; files do not say theirs.
_RATES = (24, 25, 30, 48, 50, 60, 90, 100, 120, 240)
_DEFAULT_RATE = 60
_DAY_S = 86_400.0
#: How far an eye turns at full weight, degrees, to write the angles of eyes by.
_EYE_DEGREES = 30.0
_TIMECODE = re.compile(r"(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[:;](\d{1,4}(?:\.\d{1,9})?)|(\.\d{1,9}))?")
_TIME_COLUMNS = ("timecode", "time", "timestamp")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where things stand in a row."""

    count: int  # of columns
    time: int | None
    shapes: dict[int, int]  # column: shape
    angles: dict[int, int]  # column: which of head_pose
    tally: int | None  # BlendShapeCount


def read_csv(path: Path, fps: float | None = None) -> Performance:
    """A take from a file. `fps`: what its timecodes count in, if it is known.

    Raises:
        DrivingError: it cannot be read, or holds no face.
    """
    try:
        if size_of(path) > MAX_FILE_BYTES:
            raise DrivingError(f"“{path.name}” is far too big for a take.")
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            return _read(_lines(file), path, fps)
    except OSError as error:
        raise DrivingError(
            f"“{path.name}” cannot be opened: {error.strerror or error}.",
            "Check the name and whether you may read it.",
        ) from error


def write_csv(performance: Performance, path: Path) -> None:
    """Write a take as Live Link Face does. What is unknown is 0.

    Raises:
        DrivingError: it cannot be written.
    """
    rate = _written_rate(performance)
    try:
        with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            names = [pascal_case(name) for name in CSV_ORDER]
            writer.writerow(["Timecode", "BlendShapeCount", *names, *ROTATIONS])
            places = [EXPRESSIONS.index(name) for name in CSV_ORDER]
            for time, weights, pose in zip(
                performance.times, performance.expression, performance.head_pose, strict=True
            ):
                angles = [*np.radians(pose), *_eye_angles(weights)]
                values = [f"{value:.7f}" for value in (*weights[places], *angles)]
                writer.writerow([_timecode(float(time), rate), len(values), *values])
    except OSError as error:
        raise DrivingError(
            f"“{path.name}” cannot be written: {error.strerror or error}.",
            "Choose another folder, or make room on the disk.",
        ) from error


# --- reading -------------------------------------------------------------------------------------


def _lines(file: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(file):
        if len(line) > _MAX_LINE or number > MAX_SAMPLES:
            return
        yield line.replace("\0", "")


def _read(lines: Iterator[str], path: Path, fps: float | None) -> Performance:
    header = next(lines, "")
    mark = max(",;\t", key=header.count)
    columns = _columns(next(csv.reader([header], delimiter=mark, quoting=csv.QUOTE_NONE), []))
    if columns is None:
        raise DrivingError(
            f"“{path.name}” is no recording of a face.",
            "Its first line must name ARKit shapes, as in files of Live Link Face.",
        )
    times: list[tuple[float, float | None]] = []
    faces: list[tuple[FloatArray, FloatArray]] = []
    for row in csv.reader(lines, delimiter=mark, quoting=csv.QUOTE_NONE):
        if (face := _face(row, columns)) is not None:
            faces.append(face)
            times.append(_parsed_time(row[columns.time]) if columns.time is not None else (0, None))
    if not faces:
        raise DrivingError(f"“{path.name}” holds no frame with a face.")
    stamps = _seconds(times, columns.time is not None, fps)
    return _take(stamps, faces, columns, path.stem)


def _columns(names: list[str]) -> _Columns | None:
    """What the first line says; None if it names no shape."""
    if len(names) > _MAX_COLUMNS:
        return None
    plain = [name.strip(' "').lower() for name in names]
    shapes = {c: s for c, name in enumerate(plain) if (s := shape_index(name)) is not None}
    heads = {name.lower(): i for i, name in enumerate(ROTATIONS[:3])}
    angles = {c: heads[name] for c, name in enumerate(plain) if name in heads}
    time = next((plain.index(name) for name in _TIME_COLUMNS if name in plain), None)
    tally = plain.index("blendshapecount") if "blendshapecount" in plain else None
    return _Columns(len(names), time, shapes, angles, tally) if shapes else None


def _face(row: list[str], columns: _Columns) -> tuple[FloatArray, FloatArray] | None:
    """Weights and pose of a row; None if it is incomplete, or has no face."""
    if len(row) < columns.count or (columns.tally is not None and row[columns.tally] == "0"):
        return None
    weights, pose = np.zeros(len(EXPRESSIONS)), np.zeros(3)
    try:
        for column, shape in columns.shapes.items():
            weights[shape] = _number(row[column])
        for column, angle in columns.angles.items():
            pose[angle] = math.degrees(_number(row[column]))
    except (ValueError, OverflowError):
        return None
    if not (np.isfinite(weights).all() and np.isfinite(pose).all()):
        return None
    return np.clip(weights, 0, 1).astype(np.float32), np.clip(pose, -180, 180).astype(np.float32)


def _number(cell: str) -> float:
    return float(cell[:32].strip(' "') or 0)


def _parsed_time(text: str) -> tuple[float, float | None]:
    """Whole seconds and frames within them; None for frames if the first number has it all."""
    if match := _TIMECODE.fullmatch(text.strip(' "')):
        hours, minutes, seconds = (int(match[i]) for i in (1, 2, 3))
        whole = 3600.0 * hours + 60 * minutes + seconds
        if match[4]:
            return whole, float(match[4])
        return whole + float(match[5] or 0), None
    try:
        value = float(text[:32])
    except ValueError:
        return math.nan, None
    return (value if math.isfinite(value) else math.nan), None


def _seconds(times: list[tuple[float, float | None]], timed: bool, fps: float | None) -> TimeArray:
    """(N,) seconds of all rows; NaN where a time makes no sense."""
    if not timed:
        return np.arange(len(times)) / (fps or _DEFAULT_RATE)
    whole = np.array([time[0] for time in times])
    frames = np.array([math.nan if time[1] is None else time[1] for time in times])
    counted = np.isfinite(frames)
    rate = fps or _rate_of(whole[counted], frames[counted])
    seconds = np.where(counted, whole + np.nan_to_num(frames) / rate, whole)
    midnight = np.concatenate([[False], np.diff(seconds) < -_DAY_S / 2])
    unwrapped: TimeArray = seconds + _DAY_S * np.cumsum(midnight)
    return unwrapped


def _rate_of(whole: TimeArray, frames: TimeArray) -> float:
    """What timecodes count in: the lowest usual rate above every frame number."""
    highest = float(np.floor(frames).max()) if len(frames) else 0.0
    if highest >= _RATES[-1]:
        return 1000.0  # these are milliseconds
    if whole.max(initial=0) - whole.min(initial=np.inf) < 1:  # may not have counted to the end
        return max(_DEFAULT_RATE, _next_rate(highest))
    return _next_rate(highest)


def _next_rate(highest: float) -> float:
    return float(next(rate for rate in _RATES if rate > highest))


def _take(
    stamps: TimeArray, faces: list[tuple[FloatArray, FloatArray]], columns: _Columns, name: str
) -> Performance:
    sound = np.isfinite(stamps)
    former = np.maximum.accumulate(np.where(sound, stamps, -np.inf))
    later = sound & np.concatenate([[True], np.where(sound, stamps, -np.inf)[1:] > former[:-1]])
    kept = np.flatnonzero(later & (stamps - _first(stamps) <= _DAY_S))
    if not len(kept):
        raise DrivingError(f"“{name}” holds no frame with a time.")
    times = stamps[kept] - stamps[kept[0]]
    known = {EXPRESSIONS[shape] for shape in columns.shapes.values()}
    return Performance(
        times,
        np.stack([faces[i][0] for i in kept]),
        np.stack([faces[i][1] for i in kept]),
        name,
        min(max(round(measured_fps(times), 3), 0.01), 1000.0),
        frozenset(EXPRESSIONS) - known,
    )


def _first(stamps: TimeArray) -> float:
    finite = stamps[np.isfinite(stamps)]
    return float(finite[0]) if len(finite) else 0.0


# --- writing -------------------------------------------------------------------------------------


def _written_rate(performance: Performance) -> int:
    """What timecodes count in, such that a reader will guess it: see `_rate_of`."""
    rate = round(performance.fps)
    steps = np.diff(performance.times)
    even = len(steps) > 0 and bool((np.abs(steps * rate - 1) < 0.01).all())
    return rate if even and rate in _RATES and performance.duration_s > 2 else _DEFAULT_RATE


def _timecode(time_s: float, rate: int) -> str:
    """HH:MM:SS:FF.ffff"""
    ticks = round(time_s * rate * 10_000)
    frames, part = divmod(ticks, 10_000)
    seconds, frame = divmod(frames, rate)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frame:02}.{part:04}"


def _eye_angles(weights: FloatArray) -> list[float]:
    """Yaw, pitch, roll of the left and the right eye, radians, as their shapes say."""
    value = dict(zip(EXPRESSIONS, weights, strict=True))
    angles = []
    for side, outwards in (("Left", 1), ("Right", -1)):
        yaw = outwards * (value[f"eyeLookOut{side}"] - value[f"eyeLookIn{side}"])
        pitch = value[f"eyeLookDown{side}"] - value[f"eyeLookUp{side}"]
        angles += [math.radians(_EYE_DEGREES * float(angle)) for angle in (yaw, pitch)] + [0.0]
    return angles
