"""Time: how much of it a run may take, and how far a training loop has come.

A loop that may take so many seconds does fewer steps than planned if it has to, and its learning
rate still falls all the way: rates follow the share done, whichever of steps and seconds is ahead.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

Clock = Callable[[], float]


class Budget:
    """The minutes a run may take, counted from when it was made; no limit if None."""

    def __init__(self, minutes: float | None = None, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._end = None if minutes is None else clock() + 60 * minutes

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._end is not None

    @property
    def left(self) -> float:
        """Seconds left, never negative; infinite without a limit."""
        return float("inf") if self._end is None else max(0.0, self._end - self._clock())

    def part(self, share: float, *, reserve: float = 0.0) -> float | None:
        """Seconds: a share of what is left once `reserve` is set aside; None without a limit."""
        return None if self._end is None else share * max(0.0, self.left - reserve)

    def pace(self, steps: int, share: float = 1.0, *, reserve: float = 0.0, least: int = 1) -> Pace:
        """The pace of a loop that may take a share of what is left."""
        return Pace(steps, self.part(share, reserve=reserve), least=least, clock=self._clock)


class Pace:
    """Counts a loop's steps; it is done when all steps are, or when its seconds have passed."""

    def __init__(
        self,
        steps: int,
        seconds: float | None = None,
        *,
        least: int = 1,
        clock: Clock = time.monotonic,
    ) -> None:
        """`least` steps are done whatever the time."""
        self.steps = steps
        self._seconds, self._clock, self._least = seconds, clock, min(least, steps)

    def run(self, first: int = 0) -> Iterator[tuple[int, float]]:
        """Yield (step, share done before it), from step `first`; the share ends below 1."""
        start, begun = self._clock(), first / max(self.steps, 1)
        for step in range(first, self.steps):
            share = step / self.steps
            if self._seconds is not None:
                spent = self._clock() - start
                passed = spent / self._seconds if self._seconds > 0 else 1.0
                if passed >= 1 and step - first >= self._least:
                    return
                share = min(max(share, begun + (1 - begun) * passed), 1.0)
            yield step, share
