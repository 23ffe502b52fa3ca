"""Where live faces come from: what every source offers, whatever is behind it.

A source works on a thread of its own. Whoever shows it polls `newest` and `status`, as often as the
screen is drawn; neither ever waits. Times are seconds of `time.perf_counter` on this machine: the
moment when the light fell into the camera, or when a packet arrived, as well as it is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from head360.performance import Sample

#: stopped; waiting for a first face; running; no face for a moment; broken; a file came to its end
SourceState: TypeAlias = Literal["stopped", "waiting", "running", "lost", "failed", "ended"]
#: Called on the source's thread with every sample, so that a recording misses none.
Listener: TypeAlias = Callable[[Sample], None]

#: A face that was not seen for so long is lost, seconds.
LOST_AFTER_S = 0.5


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing."""

    state: SourceState
    text: str  # for people, such as “Waiting for packets on port 11111”
    fps: float = 0.0  # faces a second, of the last second or so
    latency_s: float = 0.0  # from light (or packet) to sample, the last second's median
    quality: float = 0.0  # 0 no usable face … 1 a sure face in every frame
    good: int = 0  # faces so far
    bad: int = 0  # frames or packets that could not be understood
    late: int = 0  # packets that came after a newer one, and were dropped
    skipped: int = 0  # frames or packets that a newer one overtook


class LiveSource(Protocol):
    """A live face. Start and stop it from one thread; read it from any."""

    @property
    def title(self) -> str:
        """What it is, for people: “Webcam 0”, “Live Link Face, port 11111”."""

    def start(self) -> None:
        """Begin; may be called again after `stop`.

        Raises:
            DrivingError: there is no such camera, port or file, or it is in use.
        """

    def stop(self) -> None:
        """End the thread and free the device. Harmless if nothing runs."""

    def newest(self) -> Sample | None:
        """The last face seen, the same object until there is a newer one; None before the first."""

    def status(self) -> SourceStatus:
        """How it is doing."""

    def listen(self, listener: Listener | None) -> None:
        """Have every sample from now on called out, on the source's thread; None: no longer."""


@runtime_checkable
class KnowsRest(Protocol):
    """A source or tracker that compares faces with the same face at rest."""

    def rest_since(self, time_s: float) -> bool:
        """Take the face seen since then as rest, which reads as nothing from now on.

        Says whether there was one. Any thread may call it.
        """
