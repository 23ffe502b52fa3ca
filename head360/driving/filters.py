"""Calms what trackers tremble: the One-Euro filter over all channels of a face at once.

Casiez, Roussel and Vogel, “1€ Filter” (CHI 2012): a low pass whose cut-off frequency rises with
speed, so that a face at rest is still and a fast blink is not late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from head360.params import EXPRESSIONS
from head360.performance import CHANNELS, Sample, TimeArray

#: A head that turns this far, degrees, counts like a shape that goes from 0 to 1.
_POSE_UNIT = 40.0
#: Longer silence than this starts anew, seconds.
_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How strongly to calm."""

    min_cutoff_hz: float = 1.5  # of a face at rest: lower is calmer
    speed_coefficient: float = 3.0  # Hz for each unit a second: higher is faster
    speed_cutoff_hz: float = 1.0  # of the speed itself


def smoothing(strength: float) -> Smoothing | None:
    """From 0 (none) to 1 (very calm); about 0.5 suits a webcam.

    Raises:
        ValueError: the strength is not within 0 … 1.
    """
    if not 0 <= strength <= 1:
        raise ValueError("the strength of smoothing must be within 0 … 1")
    if strength == 0:
        return None
    # 8 Hz … 0.3 Hz at rest.
    return Smoothing(min_cutoff_hz=float(8 * (0.3 / 8) ** strength), speed_coefficient=3.0)


class OneEuro:
    """Filters samples of one face in time order. One thread at a time."""

    def __init__(self, settings: Smoothing) -> None:
        self._settings = settings
        self._time: float | None = None
        self._value = np.zeros(len(CHANNELS))
        self._speed = np.zeros(len(CHANNELS))
        self._delay_s = 0.0

    @property
    def latency_s(self) -> float:
        """How late the last sample was made, seconds: 1 / 2πf of the channels that moved."""
        return self._delay_s

    def __call__(self, sample: Sample) -> Sample:
        """The same moment, calmed."""
        raw = np.concatenate([sample.expression, sample.head_pose / _POSE_UNIT]).astype(float)
        step = np.inf if self._time is None else sample.time_s - self._time
        if not 0 < step < _PAUSE_S:
            self._value, self._speed, self._delay_s = raw, np.zeros_like(raw), 0.0
        else:
            self._advance(raw, step)
        self._time = sample.time_s
        value, shapes = self._value.astype(np.float32), len(EXPRESSIONS)
        return sample.with_(expression=value[:shapes], head_pose=value[shapes:] * _POSE_UNIT)

    def _advance(self, raw: TimeArray, step: float) -> None:
        settings = self._settings
        speed = (raw - self._value) / step
        self._speed += _share(settings.speed_cutoff_hz, step) * (speed - self._speed)
        cutoff = settings.min_cutoff_hz + settings.speed_coefficient * np.abs(self._speed)
        self._value = self._value + _share(cutoff, step) * (raw - self._value)
        moving = np.abs(self._speed) + 1e-6
        self._delay_s = float((moving / cutoff).sum() / moving.sum() / (2 * np.pi))


def _share(cutoff_hz: float | TimeArray, step: float) -> TimeArray:
    """How much of the new value a low pass takes after `step` seconds."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * np.asarray(cutoff_hz) * step)))
