"""Fits a tracked face to the head that it drives: rest face, strength of each shape, mirror.

No tracker calls a resting face zero. Calibration takes what it says of one as the new zero; what
comes beyond is stretched so that full stays full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from head360.driving.filters import OneEuro, smoothing
from head360.driving.names import mirrored_name
from head360.driving.rotation import relative_pose, within_neck
from head360.errors import DrivingError
from head360.params import EXPRESSIONS, FloatArray
from head360.performance import POSE_CHANNELS, Performance, Sample, recorded

#: A rest face needs this many moments, no more unsteady than this (standard deviation).
_REST_SAMPLES, _UNSTEADY, _UNSTEADY_DEGREES = 10, 0.12, 6.0
#: A shape that rests higher than this was held on purpose; only so much is taken off.
_HIGHEST_REST = 0.6
#: Shapes that are two ends of one movement, whose zero lies in between.
_OPPOSITES = tuple(
    (EXPRESSIONS.index(first), EXPRESSIONS.index(second))
    for first, second in (
        ("eyeLookUpLeft", "eyeLookDownLeft"), ("eyeLookUpRight", "eyeLookDownRight"),
        ("eyeLookInLeft", "eyeLookOutLeft"), ("eyeLookInRight", "eyeLookOutRight"),
        ("jawLeft", "jawRight"), ("mouthLeft", "mouthRight"),
    )
)  # fmt: skip
_MIRROR = np.array([EXPRESSIONS.index(mirrored_name(name)) for name in EXPRESSIONS])
_MIRRORED_POSE = np.array([-1, 1, -1], np.float32)
MAX_GAIN = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """What a tracker says of a resting face."""

    expression: FloatArray  # (52,)
    head_pose: FloatArray  # (3,) degrees


@dataclass(frozen=True, slots=True, eq=False)
class Tuning:
    """How a tracked face drives the head.

    Raises:
        ValueError: a gain or the strength of smoothing is out of range, or a name is unknown.
    """

    rest: Rest | None = None
    gains: Mapping[str, float] = field(default_factory=dict)  # by channel, 1 = as is
    mirror: bool = False  # as in a looking glass
    smoothing: float = 0.5  # 0 … 1, see filters.smoothing

    def __post_init__(self) -> None:
        smoothing(self.smoothing)
        for name, gain in self.gains.items():
            if name not in EXPRESSIONS and name not in POSE_CHANNELS:
                raise ValueError(f"there is no channel called “{name}”")
            low = -MAX_GAIN if name in POSE_CHANNELS else 0.0
            if not low <= gain <= MAX_GAIN:
                raise ValueError(f"the gain of “{name}” must be within {low:g} … {MAX_GAIN:g}")


def rest_of(samples: Sequence[Sample]) -> Rest:
    """The rest face of somebody who looked straight ahead for a second or two.

    Raises:
        DrivingError: too little was seen, or the face moved.
    """
    if len(samples) < _REST_SAMPLES:
        raise DrivingError(
            "Too little of the face was seen to calibrate.",
            "Look at the camera with a resting face until the countdown ends.",
        )
    weights = np.stack([sample.expression for sample in samples])
    poses = np.stack([sample.head_pose for sample in samples])
    # Blinks are over in a moment; the middle half tells whether the face was still.
    spread = _quartile_spread(weights).max(), _quartile_spread(poses).max()
    if spread[0] > _UNSTEADY or spread[1] > _UNSTEADY_DEGREES:
        raise DrivingError("The face moved while calibrating.", "Hold still, then try again.")
    return Rest(_median(weights), _median(poses))


def rest_at_start(samples: Sequence[Sample], seconds: float) -> Rest:
    """The rest face of a recording that begins with one.

    Raises:
        DrivingError: too little was seen, or the face moved.
    """
    first = samples[0].time_s if samples else 0.0
    return rest_of([sample for sample in samples if sample.time_s - first <= seconds])


def tuned(sample: Sample, tuning: Tuning) -> Sample:
    """The moment as the head shall play it, but for smoothing: see `Tuner`."""
    weights, pose = sample.expression, sample.head_pose
    if tuning.rest is not None:
        weights = _from_rest(weights, tuning.rest.expression)
        pose = relative_pose(pose, tuning.rest.head_pose)
    if tuning.gains:
        weights = weights * np.array([tuning.gains.get(n, 1.0) for n in EXPRESSIONS], np.float32)
        pose = pose * np.array([tuning.gains.get(n, 1.0) for n in POSE_CHANNELS], np.float32)
    moment = sample.with_(expression=np.clip(weights, 0, 1), head_pose=pose)
    return mirrored(moment) if tuning.mirror else moment


def mirrored(sample: Sample) -> Sample:
    """As in a looking glass: left and right change places."""
    return sample.with_(
        expression=sample.expression[_MIRROR],
        head_pose=sample.head_pose * _MIRRORED_POSE,
        unknown=frozenset(mirrored_name(name) for name in sample.unknown),
    )


class Tuner:
    """Tunes samples in time order, with smoothing; the tuning may change in between."""

    def __init__(self, tuning: Tuning) -> None:
        self._tuning = tuning
        self._filter = _filter(tuning)

    @property
    def tuning(self) -> Tuning:
        """What is in force; assign to change it."""
        return self._tuning

    @tuning.setter
    def tuning(self, tuning: Tuning) -> None:
        if tuning.smoothing != self._tuning.smoothing or tuning.mirror != self._tuning.mirror:
            self._filter = _filter(tuning)
        self._tuning = tuning

    @property
    def latency_s(self) -> float:
        """How late smoothing makes what moves just now, seconds."""
        return self._filter.latency_s if self._filter else 0.0

    def __call__(self, sample: Sample) -> Sample:
        """The moment as the head shall play it, within what its neck can do."""
        moment = tuned(sample, self._tuning)
        if self._filter is not None:
            moment = self._filter(moment)
        return moment.with_(head_pose=within_neck(moment.head_pose))


def tuned_take(performance: Performance, tuning: Tuning) -> Performance:
    """A whole recording, tuned as if it were live."""
    tuner = Tuner(tuning)
    samples = [tuner(performance.at(float(time))) for time in performance.times]
    took = recorded(samples, performance.name, performance.fps)
    return replace(performance, expression=took.expression, head_pose=took.head_pose,
                   unknown=took.unknown)  # fmt: skip


def _from_rest(weights: FloatArray, rest: FloatArray) -> FloatArray:
    zero = np.minimum(rest, _HIGHEST_REST)
    moved: FloatArray = (weights - zero) / (1 - zero)
    for first, second in _OPPOSITES:
        signed = (weights[first] - weights[second]) - (rest[first] - rest[second])
        moved[first], moved[second] = max(signed, 0), max(-signed, 0)
    return np.clip(moved, 0, 1)


def _filter(tuning: Tuning) -> OneEuro | None:
    settings = smoothing(tuning.smoothing)
    return OneEuro(settings) if settings else None


def _quartile_spread(values: FloatArray) -> FloatArray:
    low, high = np.quantile(values, [0.25, 0.75], axis=0)
    spread: FloatArray = (high - low).astype(np.float32)
    return spread


def _median(values: FloatArray) -> FloatArray:
    return np.asarray(np.median(values, axis=0), np.float32)
