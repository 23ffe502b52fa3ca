"""What a face does over time, as plain immutable data, and the edits that a timeline makes.

A `Performance` is a row of moments (`Sample`): ARKit weights and the turn of the head. Gaze lies in
the eyeLook shapes. All edits are pure functions that return a new performance; its first moment
is always at 0 s, and between two moments values run straight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from head360.params import EXPRESSIONS, POSE_LIMITS, FloatArray, HeadParams

TimeArray: TypeAlias = npt.NDArray[np.float64]

#: The turn of the head as channels, in the order of `HeadParams.head_pose`, degrees.
POSE_CHANNELS: tuple[str, ...] = ("headYaw", "headPitch", "headRoll")
#: Every curve that a performance has: 52 weights, then the turn of the head.
CHANNELS: tuple[str, ...] = (*EXPRESSIONS, *POSE_CHANNELS)

MAX_SAMPLES = 216_000  # an hour at 60 a second
MAX_SECONDS = 86_400.0
MAX_POSE_DEGREES = 180.0


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One moment of a face, as a tracker or a stream sees it."""

    time_s: float  # by the clock of whoever made it
    expression: FloatArray  # (52,) ARKit weights in the order of EXPRESSIONS, 0 … 1
    head_pose: FloatArray  # (3,) degrees as in HeadParams: yaw left, pitch down, roll left
    unknown: frozenset[str] = frozenset()  # shapes that the source cannot see; their weights are 0

    def with_(self, **changes: Any) -> Sample:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Sound:
    """What is heard with a performance: at t seconds, `start_s + speed · t` of a sound file."""

    content: bytes  # a whole WAV, MP3, M4A, OGG or FLAC file
    start_s: float = 0.0  # may be negative: silence first
    speed: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """A take: moments in time order. Immutable, safe to share between threads.

    Raises:
        ValueError: shapes do not fit, times do not rise from 0, or a number is impossible.
    """

    times: TimeArray  # (N,) seconds, strictly rising, the first is 0
    expression: FloatArray  # (N, 52) ARKit weights, 0 … 1
    head_pose: FloatArray  # (N, 3) degrees, see Sample; may exceed what a neck of ours can do
    name: str = "Take"
    fps: float = 60.0  # how many moments a second its source nominally has
    unknown: frozenset[str] = frozenset()  # shapes it says nothing about: the head keeps its own
    sound: Sound | None = None

    def __post_init__(self) -> None:
        count = len(np.atleast_1d(self.times))
        _freeze(self, "times", np.float64, (count,))
        _freeze(self, "expression", np.float32, (count, len(EXPRESSIONS)))
        _freeze(self, "head_pose", np.float32, (count, len(POSE_CHANNELS)))
        _check(self)

    @property
    def duration_s(self) -> float:
        """When the last moment is, seconds."""
        return float(self.times[-1])

    def __len__(self) -> int:
        return len(self.times)

    def with_(self, **changes: Any) -> Performance:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)

    def at(self, time_s: float) -> Sample:
        """The face at a time, seconds; before the start and after the end it holds still."""
        after = int(np.searchsorted(self.times, time_s, "right"))
        low, high = max(after - 1, 0), min(after, len(self) - 1)
        span = float(self.times[high] - self.times[low])
        share = np.float32((time_s - self.times[low]) / span if span > 0 else 0.0)
        return Sample(
            time_s,
            _between(self.expression[low], self.expression[high], share),
            _between(self.head_pose[low], self.head_pose[high], share),
            self.unknown,
        )

    def channel(self, name: str) -> FloatArray:
        """(N,) values of one of CHANNELS.

        Raises:
            ValueError: there is no such channel.
        """
        return self._table()[:, CHANNELS.index(name)]

    def _table(self) -> FloatArray:
        """(N, 55) all CHANNELS."""
        return np.concatenate([self.expression, self.head_pose], 1)


def recorded(
    samples: Sequence[Sample], name: str = "Take", fps: float | None = None
) -> Performance:
    """A performance of what a source sent; moments that are not later than the former are dropped.

    A shape is unknown if no sample knows it. Without `fps`, the rate is measured.

    Raises:
        ValueError: there is no sample.
    """
    if not samples:
        raise ValueError("a performance needs at least one moment")
    stamps = np.array([sample.time_s for sample in samples])
    later = np.concatenate([[True], stamps[1:] > np.maximum.accumulate(stamps)[:-1]])
    kept = [sample for sample, keep in zip(samples, later, strict=True) if keep]
    times = stamps[later] - stamps[0]
    return Performance(
        times,
        np.stack([sample.expression for sample in kept]),
        np.stack([sample.head_pose for sample in kept]),
        name,
        fps or measured_fps(times),
        frozenset.intersection(*(sample.unknown for sample in kept)),
    )


def applied(params: HeadParams, sample: Sample) -> HeadParams:
    """The head with that face: within what a neck can do; unknown shapes stay as they are."""
    weights = np.clip(sample.expression, 0, 1)
    for name in sample.unknown:
        weights[EXPRESSIONS.index(name)] = params.expression[EXPRESSIONS.index(name)]
    limits = np.array(POSE_LIMITS, np.float32)
    return params.with_(expression=weights, head_pose=np.clip(sample.head_pose, -limits, limits))


def posed_still(params: HeadParams, seconds: float, name: str = "Take") -> Performance:
    """A performance that holds one face: something to set keys on.

    Raises:
        ValueError: the length is not a positive number of seconds.
    """
    if not 0 < seconds <= MAX_SECONDS:
        raise ValueError("a performance must last longer than 0 s and at most a day")
    return Performance(
        np.array([0.0, seconds]),
        np.stack([np.clip(params.expression, 0, 1)] * 2),
        np.stack([params.head_pose] * 2),
        name,
    )


def measured_fps(times: TimeArray) -> float:
    """Moments a second of (N,) seconds: 1 / the median step; 60 if there is only one moment."""
    return float(1 / np.median(np.diff(times))) if len(times) > 1 else 60.0


# --- edits ---------------------------------------------------------------------------------------


def trimmed(performance: Performance, start_s: float, stop_s: float) -> Performance:
    """What happens from `start_s` to `stop_s`, moved to start at 0 s.

    Raises:
        ValueError: nothing of the performance lies there.
    """
    start, stop = max(0.0, start_s), min(performance.duration_s, stop_s)
    if not start <= stop:
        raise ValueError(f"nothing happens between {start_s:g} and {stop_s:g} s")
    inside = performance.times[(performance.times > start) & (performance.times < stop)]
    times = np.concatenate([[start], inside, [stop] if stop > start else []])
    sound = performance.sound
    if sound is not None:
        sound = replace(sound, start_s=sound.start_s + sound.speed * start)
    return at_times(performance, times).with_(sound=sound)


def retimed(performance: Performance, speed: float) -> Performance:
    """Faster (`speed` above 1) or slower; the sound goes along.

    Raises:
        ValueError: the speed is not a positive number.
    """
    if not (np.isfinite(speed) and speed > 0):
        raise ValueError("the speed must be a positive number")
    sound = performance.sound
    if sound is not None:
        sound = replace(sound, speed=sound.speed * speed)
    return performance.with_(times=performance.times / speed, sound=sound)


def resampled(performance: Performance, fps: float) -> Performance:
    """Evenly spaced moments, `frame_count(performance, fps)` of them.

    Raises:
        ValueError: the rate is not positive, or makes too many moments.
    """
    times = np.arange(frame_count(performance, fps)) / fps
    return at_times(performance, times).with_(fps=float(fps))


def at_times(performance: Performance, times: TimeArray) -> Performance:
    """Its moments at (M,) rising seconds, moved to start at 0 s."""
    return _from_table(performance, times - times[0], _channels_at(performance, times))


def frame_count(performance: Performance, fps: float) -> int:
    """How many frames it has at a rate, first and last included.

    Raises:
        ValueError: the rate is not positive.
    """
    if not (np.isfinite(fps) and fps > 0):
        raise ValueError("the rate must be a positive number")
    return int(np.floor(performance.duration_s * fps + 1e-6)) + 1


def smoothed(performance: Performance, seconds: float) -> Performance:
    """Each curve blurred by a Gaussian of this standard deviation; nothing lags.

    Raises:
        ValueError: the width is negative.
    """
    from scipy.ndimage import gaussian_filter1d

    if not seconds >= 0:
        raise ValueError("the width of smoothing must not be negative")
    if seconds == 0 or len(performance) < 3:
        return performance
    fps = min(240.0, max(measured_fps(performance.times), 2 / seconds))
    even = resampled(performance, fps)
    table = gaussian_filter1d(even._table(), seconds * fps, axis=0, mode="nearest")
    return _from_table(
        performance, performance.times, _table_at(even.times, table, performance.times)
    )


def looped(performance: Performance, rounds: int, crossfade_s: float = 0.0) -> Performance:
    """Repeated; the end of each round fades over `crossfade_s` into the start of the next.

    The sound is heard once.

    Raises:
        ValueError: the number of rounds or the fade is impossible.
    """
    if rounds < 1 or not 0 <= crossfade_s <= performance.duration_s / 2:
        raise ValueError("a loop needs at least one round, and a fade of at most half of it")
    once, step = performance, 1 / performance.fps
    for _ in range(rounds - 1):
        once = joined(once, performance, crossfade_s or -step)
    return once


def ping_pong(performance: Performance) -> Performance:
    """Forwards, then backwards to where it began. The sound is heard once."""
    back = performance.duration_s + (performance.duration_s - performance.times[::-1][1:])
    return performance.with_(
        times=np.concatenate([performance.times, back]),
        expression=np.concatenate([performance.expression, performance.expression[::-1][1:]]),
        head_pose=np.concatenate([performance.head_pose, performance.head_pose[::-1][1:]]),
    )


def joined(first: Performance, second: Performance, overlap_s: float = 0.0) -> Performance:
    """One after the other; they fade into each other over `overlap_s` (negative: a pause).

    The sound of the first stays.

    Raises:
        ValueError: the overlap is longer than one of them.
    """
    if not overlap_s <= min(first.duration_s, second.duration_s):
        raise ValueError("takes can only overlap as far as the shorter one lasts")
    begin = first.duration_s - overlap_s
    times = _union(first.times, begin + second.times)
    share = np.clip((times - begin) / overlap_s, 0, 1) if overlap_s > 0 else times >= begin
    moved = _channels_at(second, times - begin)
    return _mixed(first, second, times, _channels_at(first, times), moved, np.asarray(share, float))


def blended(
    first: Performance, second: Performance, share: float | Callable[[TimeArray], TimeArray]
) -> Performance:
    """Both at once, from the first alone (share 0) to the second alone (1).

    `share` may be a function of (N,) seconds, such as a `Curve`. The shorter take holds its last
    face. The sound of the first stays.
    """
    times = _union(first.times, second.times)
    shares = share(times) if callable(share) else np.full(len(times), float(share))
    pair = _channels_at(first, times), _channels_at(second, times)
    return _mixed(first, second, times, *pair, np.clip(shares, 0, 1))


def with_channel(performance: Performance, name: str, values: npt.ArrayLike) -> Performance:
    """One of CHANNELS replaced by (N,) values; weights are held within 0 … 1.

    Raises:
        ValueError: there is no such channel, or the number of values is wrong.
    """
    table = performance._table()
    table[:, CHANNELS.index(name)] = values
    known = performance.unknown - {name}
    return _from_table(performance, performance.times, table).with_(unknown=known)


# --- arrays --------------------------------------------------------------------------------------


def _freeze(owner: object, name: str, kind: type[np.floating[Any]], shape: tuple[int, ...]) -> None:
    value = getattr(owner, name)
    ready = isinstance(value, np.ndarray) and value.dtype == kind and not value.flags.writeable
    array = value if ready else np.array(value, kind)
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    array.setflags(write=False)
    object.__setattr__(owner, name, array)


def _check(performance: Performance) -> None:
    times = performance.times
    if not 1 <= len(times) <= MAX_SAMPLES:
        raise ValueError(f"a performance has 1 … {MAX_SAMPLES} moments, not {len(times)}")
    if times[0] != 0 or not (np.diff(times) > 0).all() or not times[-1] <= MAX_SECONDS:
        raise ValueError("times must rise from 0 s, for a day at most")
    weights, pose = performance.expression, performance.head_pose
    if not ((weights >= 0) & (weights <= 1)).all():  # false for NaN too
        raise ValueError("expression weights must be within 0 … 1")
    if not (np.abs(pose) <= MAX_POSE_DEGREES).all():
        raise ValueError("the turn of the head must be within ±180°")
    if not 0 < performance.fps <= 1000:
        raise ValueError("the rate must be within 0 … 1000 moments a second")
    if strangers := performance.unknown.difference(EXPRESSIONS):
        raise ValueError(f"there is no shape called “{min(strangers)}”")


def _between(low: FloatArray, high: FloatArray, share: np.float32) -> FloatArray:
    return low + share * (high - low)


def _channels_at(performance: Performance, times: TimeArray) -> FloatArray:
    """(M, 55) all channels at (M,) seconds."""
    return _table_at(performance.times, performance._table(), times)


def _table_at(known: TimeArray, table: FloatArray, times: TimeArray) -> FloatArray:
    columns = [np.interp(times, known, column) for column in table.T]
    return np.stack(columns, 1).astype(np.float32)


def _from_table(like: Performance, times: TimeArray, table: FloatArray) -> Performance:
    shapes = len(EXPRESSIONS)
    weights, pose = np.clip(table[:, :shapes], 0, 1), table[:, shapes:]
    return like.with_(times=times, expression=weights, head_pose=pose)


def _union(first: TimeArray, second: TimeArray) -> TimeArray:
    """Times of both, once each, and none closer than a microsecond to the one before."""
    times = np.union1d(first, second)
    apart: TimeArray = times[np.concatenate([[True], np.diff(times) > 1e-6])]
    return apart


def _mixed(
    first: Performance,
    second: Performance,
    times: TimeArray,
    pair_first: FloatArray,
    pair_second: FloatArray,
    shares: TimeArray,
) -> Performance:
    """Two tables (N, 55) mixed by shares (N,); what only one knows comes from that one."""
    weight = np.repeat(shares[:, None].astype(np.float32), len(CHANNELS), 1)
    for name in first.unknown ^ second.unknown:
        weight[:, CHANNELS.index(name)] = float(name in first.unknown)
    table = pair_first + weight * (pair_second - pair_first)
    return _from_table(first, times, table).with_(unknown=first.unknown & second.unknown)
