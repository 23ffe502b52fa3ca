"""Curves that a person draws: a few keys, joined so that nothing overshoots.

Between keys the curve is the monotone cubic of Fritsch and Carlson (1980), scipy's PCHIP: it never
leaves the range of its two neighbours, so a lid that was keyed shut stays shut.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from head360.params import EXPRESSIONS
from head360.performance import (
    MAX_POSE_DEGREES,
    Performance,
    TimeArray,
    at_times,
    with_channel,
)

#: Keys closer in time than this are one, seconds.
SAME_TIME_S = 1e-3
MAX_KEYS = 10_000
#: How often `few_keys` allows twice the error.
_LOOSER = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """Keys in time order: (seconds, value) pairs. Immutable; call it with times to draw it.

    Raises:
        ValueError: a number is impossible, or times do not rise.
    """

    keys: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        table = np.array(self.keys, float).reshape(-1, 2)
        rising = bool((np.diff(table[:, 0]) >= SAME_TIME_S / 2).all())
        if not (np.isfinite(table).all() and rising and len(table) <= MAX_KEYS):
            raise ValueError("keys must be finite numbers at rising times")

    def __call__(self, times: npt.ArrayLike) -> TimeArray:
        """Values at any times, seconds; before the first key and after the last it is level."""
        from scipy.interpolate import PchipInterpolator

        when = np.asarray(times, float)
        if not self.keys:
            return np.zeros_like(when)
        table = np.array(self.keys)
        if len(table) == 1:
            return np.full_like(when, table[0, 1])
        inside = np.clip(when, table[0, 0], table[-1, 0])
        drawn: TimeArray = PchipInterpolator(table[:, 0], table[:, 1])(inside)
        return drawn


def set_key(curve: Curve, time_s: float, value: float) -> Curve:
    """Add a key, or change the one that is there."""
    others = [key for key in curve.keys if abs(key[0] - time_s) >= SAME_TIME_S]
    return Curve(tuple(sorted([*others, (float(time_s), float(value))])))


def move_key(curve: Curve, index: int, time_s: float, value: float) -> Curve:
    """Move a key; it stops short of its neighbours rather than jump over them.

    Raises:
        IndexError: there is no such key.
    """
    keys = list(curve.keys)
    low = keys[index - 1][0] + SAME_TIME_S if index > 0 else -np.inf
    high = keys[index + 1][0] - SAME_TIME_S if index + 1 < len(keys) else np.inf
    keys[index] = (float(min(max(time_s, low), high)), float(value))
    return Curve(tuple(keys))


def delete_key(curve: Curve, index: int) -> Curve:
    """Leave out a key.

    Raises:
        IndexError: there is no such key.
    """
    keys = list(curve.keys)
    del keys[index]
    return Curve(tuple(keys))


def curve_of(
    performance: Performance, channel: str, tolerance: float = 0.01, most: int = MAX_KEYS
) -> Curve:
    """Few keys that draw a recorded channel, to edit it by.

    Adds the worst moment as a key until the curve is nowhere farther than `tolerance` (weights, or
    degrees) from the recording, or has more than `most` keys.

    Raises:
        ValueError: there is no such channel.
    """
    times, values = performance.times, performance.channel(channel).astype(float)
    chosen = sorted({0, len(times) - 1})
    for _ in range(MAX_KEYS):
        curve = Curve(tuple((float(times[i]), float(values[i])) for i in chosen))
        error = np.abs(curve(times) - values)
        if error.max() <= tolerance or len(chosen) > most:
            break
        worst = _worst_in_each_gap(error, chosen, tolerance)
        chosen = sorted({*chosen, *worst})
    return curve


def few_keys(performance: Performance, channel: str, tolerance: float, most: int) -> Curve:
    """As `curve_of`; a recording that needs more than `most` keys is drawn less exactly.

    Raises:
        ValueError: there is no such channel.
    """
    curve = curve_of(performance, channel, tolerance, most)
    for _ in range(_LOOSER):
        if len(curve.keys) <= most:
            break
        tolerance *= 2
        curve = curve_of(performance, channel, tolerance, most)
    return curve


def span_changed(before: Curve, after: Curve) -> tuple[float, float]:
    """From when to when two curves differ, seconds: a key bends them up to its second neighbour."""
    other = [time for time, _ in set(before.keys) ^ set(after.keys)]
    if not other:
        return 0.0, 0.0
    same = [time for time, _ in sorted(set(before.keys) & set(after.keys))]
    below = [time for time in same if time < min(other)]
    above = [time for time in same if time > max(other)]
    return below[-2] if len(below) > 1 else -np.inf, above[1] if len(above) > 1 else np.inf


def keyed(
    performance: Performance,
    channel: str,
    curve: Curve,
    start_s: float = 0.0,
    stop_s: float = np.inf,
) -> Performance:
    """One channel as the curve draws it from `start_s` to `stop_s`, the rest as it was.

    A performance of a few moments gains some, at its own rate, so that the curve is seen.

    Raises:
        ValueError: there is no such channel.
    """
    dense = with_moments(performance, np.array([time for time, _ in curve.keys]))
    limit = (0.0, 1.0) if channel in EXPRESSIONS else (-MAX_POSE_DEGREES, MAX_POSE_DEGREES)
    drawn = np.clip(curve(dense.times), *limit)
    there = (dense.times >= start_s) & (dense.times <= stop_s)
    return with_channel(dense, channel, np.where(there, drawn, dense.channel(channel)))


def with_moments(performance: Performance, wanted: TimeArray) -> Performance:
    """More moments, never fewer: its own, at `fps` where it has gaps, and the wanted seconds."""
    times, step = performance.times, 1 / performance.fps
    gaps = [np.arange(a + step, b - step / 2, step) for a, b in _wide_gaps(times, step)]
    inside = wanted[(wanted > 0) & (wanted < performance.duration_s)]
    every = np.unique(np.concatenate([times, *gaps, inside]))
    apart = np.concatenate([[True], np.diff(every) > SAME_TIME_S / 10])
    apart[-1] = True
    return performance if len(every) == len(times) else at_times(performance, every[apart])


def _wide_gaps(times: TimeArray, step: float) -> list[tuple[float, float]]:
    wide = np.flatnonzero(np.diff(times) > 1.5 * step)
    return [(float(times[i]), float(times[i + 1])) for i in wide]


def _worst_in_each_gap(error: TimeArray, chosen: list[int], tolerance: float) -> list[int]:
    """Between each two keys, where the curve misses most, if it misses."""
    worst = []
    for low, high in pairwise(chosen):
        gap = error[low : high + 1]
        if gap.max() > tolerance:
            worst.append(low + int(gap.argmax()))
    return worst
