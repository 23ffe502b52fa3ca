"""A sound as a loudspeaker asks for it, and a clock that says which moment of it is heard."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from head360.sound import CHANNELS, RATE

Steps: TypeAlias = npt.NDArray[np.int16]

#: How fast the clock follows the device, of each difference; large ones at once.
_FOLLOW, _JUMP_S = 0.1, 0.25


class Voice:
    """Samples from one moment on. Any thread may call anything.

    Until the device asks for its first samples, and if it never does, time goes on by the
    computer's clock. From then on the device's own pace counts, because no two clocks agree: what
    it has asked for, less what still waits in its buffer, is what the ear hears. It asks in
    bursts, so the difference between both clocks is smoothed.
    """

    def __init__(
        self,
        samples: Steps,  # (M, 2) at RATE
        start_s: float,
        *,
        loop: bool,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.muted = False
        self._samples, self._start_s, self._loop, self._clock = samples, start_s, loop, clock
        self._lock = Lock()
        self._ahead_s = -clock()  # of this clock: adding it to the time gives seconds since start
        self._first: int | None = None  # sample that was handed out first
        self._handed = 0

    def elapsed_s(self) -> float:
        """Seconds of the sound, from where it began, that have been heard."""
        with self._lock:
            return self._clock() + self._ahead_s

    def read(self, count: int, buffered_s: float) -> Steps:
        """(count, 2) samples to be heard next, `buffered_s` after those the ear hears now."""
        with self._lock:
            now = self._clock()
            if self._first is None:
                self._first = round((self._start_s + now + self._ahead_s) * RATE)
            at = self._first + self._handed
            self._handed += count
            if self._handed >= round(buffered_s * RATE):  # before, the buffer is being filled
                heard_s = (at + count) / RATE - buffered_s - self._start_s
                self._follow(heard_s - now)
        return np.zeros((count, CHANNELS), np.int16) if self.muted else self._cut(at, count)

    def _follow(self, measured: float) -> None:
        apart = measured - self._ahead_s
        self._ahead_s += apart if abs(apart) > _JUMP_S else _FOLLOW * apart

    def _cut(self, at: int, count: int) -> Steps:
        """Samples from one on; beyond the end it begins again, or there is silence."""
        length = len(self._samples)
        if self._loop and length:
            return self._samples[np.arange(at, at + count) % length]
        piece = self._samples[min(at, length) : at + count]
        return np.concatenate([piece, np.zeros((count - len(piece), CHANNELS), np.int16)])
