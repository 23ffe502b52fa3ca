"""One live face at a time: a source, its tuning, and what is recorded of it.

The source can be changed while the head goes on; so can the tuning. Everything may be called from
the thread that shows the head, none of it waits.
"""

from __future__ import annotations

from threading import Lock

import numpy as np

from head360.driving.source import KnowsRest, LiveSource, SourceStatus
from head360.driving.tuning import Rest, Tuner, Tuning, rest_of
from head360.performance import MAX_SAMPLES, Performance, Sample, recorded


class Live:
    """Follows a face."""

    def __init__(self, tuning: Tuning | None = None) -> None:
        self._lock = Lock()
        self._tuner = Tuner(tuning or Tuning())
        self._source: LiveSource | None = None
        self._raw: Sample | None = None
        self._shown: Sample | None = None
        self._take: list[Sample] | None = None
        self._calibrating: list[Sample] | None = None

    @property
    def source(self) -> LiveSource | None:
        """What is followed."""
        return self._source

    @property
    def tuning(self) -> Tuning:
        """How the face drives the head; assign to change it."""
        return self._tuner.tuning

    @tuning.setter
    def tuning(self, tuning: Tuning) -> None:
        with self._lock:
            self._tuner.tuning = tuning

    @property
    def latency_s(self) -> float:
        """From light to a smoothed sample, seconds: the source's and the filter's together."""
        status = self.status()
        return status.latency_s + self._tuner.latency_s if status else 0.0

    def follow(self, source: LiveSource | None) -> None:
        """Stop the former source, if any, and start another; the last face stays until it speaks.

        Raises:
            DrivingError: it cannot be started; nothing is followed then.
        """
        if (former := self.leave()) is not None:
            former.stop()
        if source is not None:
            source.listen(self._hear)
            source.start()
        self._source = source

    def leave(self) -> LiveSource | None:
        """Follow nothing, and hand the source over: stopping it may take its camera's time."""
        source, self._source = self._source, None
        if source is not None:
            source.listen(None)
        return source

    def newest(self) -> Sample | None:
        """The face as the head shall play it; the same object until there is a newer one."""
        return self._shown

    def raw(self) -> Sample | None:
        """The face as the source saw it, for curves that show both."""
        return self._raw

    def status(self) -> SourceStatus | None:
        """How the source is doing; None if there is none."""
        source = self._source
        return source.status() if source else None

    def record(self) -> None:
        """Begin a take of what the head plays."""
        with self._lock:
            self._take = []

    @property
    def recording(self) -> int | None:
        """Moments recorded so far; None if nothing is being recorded."""
        take = self._take
        return None if take is None else len(take)

    def finish(self, name: str = "Take") -> Performance | None:
        """End the take and return it; None if no face was seen."""
        with self._lock:
            take, self._take = self._take, None
        return recorded(take, name) if take else None

    def calibrate(self) -> None:
        """Begin to collect a resting face; `calibrated` ends it, after a second or two."""
        with self._lock:
            self._calibrating = []

    def calibrated(self) -> Rest:
        """The rest face since `calibrate`, now part of the tuning.

        Raises:
            DrivingError: too little was seen, or the face moved; the tuning is as it was.
        """
        with self._lock:
            seen = list(self._calibrating or [])
            self._calibrating = None
        rest = rest_of(seen)
        source: object = self._source
        if isinstance(source, KnowsRest) and source.rest_since(seen[0].time_s):
            rest = Rest(np.zeros_like(rest.expression), rest.head_pose)
        self.tuning = _with_rest(self.tuning, rest)
        return rest

    def _hear(self, sample: Sample) -> None:
        """On the source's thread."""
        with self._lock:
            shown = self._tuner(sample)
            self._raw, self._shown = sample, shown
            _append(self._calibrating, sample)
            _append(self._take, shown)


def _append(samples: list[Sample] | None, sample: Sample) -> None:
    if samples is not None and len(samples) < MAX_SAMPLES:
        samples.append(sample)


def _with_rest(tuning: Tuning, rest: Rest) -> Tuning:
    return Tuning(rest, tuning.gains, tuning.mirror, tuning.smoothing)
