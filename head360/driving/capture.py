"""A camera and a tracker as a `LiveSource`: two threads with a mailbox of one in between.

Capturing never waits for tracking, and tracking always takes the newest picture; what it could not
look at is dropped and counted. Every sample carries the time when its picture was taken, so that
whoever draws it knows how old it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Protocol

from head360.driving.camera import Camera, Picture
from head360.driving.meter import Meter
from head360.driving.source import KnowsRest, Listener, SourceState, SourceStatus
from head360.errors import Head360Error
from head360.latest import Latest
from head360.performance import Sample

_log = logging.getLogger(__name__)

_WAIT_S = 0.1  # to notice `stop` when nothing comes
_JOIN_S = 5.0  # a webcam's driver may hang; its thread is then left behind


class Tracker(Protocol):
    """What makes samples of pictures, such as `FaceTracker`."""

    def track(self, picture: Picture, time_s: float) -> Sample | None:
        """The face in a picture, if there is one."""

    def close(self) -> None:
        """Free it."""


class CameraSource:
    """A live face from a camera. Files are played in their own time, as if they were live."""

    def __init__(
        self, camera: Camera, make_tracker: Callable[[], Tracker], *, loop: bool = False
    ) -> None:
        """Nothing is opened yet. `loop`: a file begins anew at its end."""
        self._camera, self._make_tracker, self._loop = camera, make_tracker, loop
        self._meter, self._stop = Meter(), Event()
        self._threads: list[Thread] = []
        self._pictures: Latest[tuple[Picture, float]] = Latest()
        self._failure, self._ended = "", False
        self._tracker: Tracker | None = None

    @property
    def title(self) -> str:
        """The camera's."""
        return self._camera.title

    def start(self) -> None:
        """Switch the camera on. That it cannot be is said by `status` a moment later."""
        self.stop()
        self._meter.reset()
        self._stop, self._failure, self._ended = Event(), "", False
        self._pictures = Latest()
        jobs = (self._capture, self._track)
        self._threads = [
            Thread(target=job, args=(self._stop, self._pictures), name=self.title, daemon=True)
            for job in jobs
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Switch it off."""
        self._stop.set()
        self._pictures.wake()
        for thread in self._threads:
            thread.join(_JOIN_S)
        self._threads = []

    def newest(self) -> Sample | None:
        """See `LiveSource`."""
        return self._meter.newest()

    def listen(self, listener: Listener | None) -> None:
        """See `LiveSource`."""
        self._meter.listen(listener)

    def status(self) -> SourceStatus:
        """See `LiveSource`."""
        texts: dict[SourceState, str] = {
            "stopped": "Stopped",
            "waiting": f"Looking for a face in {self.title}",
            "running": self.title,
            "lost": "No face to be seen",
            "failed": self._failure,
            "ended": f"{self.title} is over",
        }
        state: SourceState | None = None
        if self._failure:
            state = "failed"
        elif not self._threads:
            state = "stopped"
        elif self._ended:
            state = "ended"
        return self._meter.status(texts, state)

    def rest_since(self, time_s: float) -> bool:
        """See `KnowsRest`."""
        tracker: object = self._tracker
        return isinstance(tracker, KnowsRest) and tracker.rest_since(time_s)

    def _capture(self, stop: Event, pictures: Latest[tuple[Picture, float]]) -> None:
        """First thread: from the camera into the mailbox."""
        with self._reported():
            while not stop.is_set():
                for picture, taken in self._paced(stop):
                    if pictures.waiting:
                        self._meter.count("skipped")
                    pictures.put((picture, taken))
                if self._camera.live or not self._loop:
                    break
            self._ended = not stop.is_set()

    def _track(self, stop: Event, pictures: Latest[tuple[Picture, float]]) -> None:
        """Second thread: from the mailbox to samples."""
        with self._reported():
            tracker = self._tracker = self._make_tracker()
            try:
                while not stop.is_set():
                    if (item := pictures.take(_WAIT_S)) is not None:
                        self._follow(tracker, *item)
            finally:
                self._tracker = None
                tracker.close()

    def _follow(self, tracker: Tracker, picture: Picture, taken: float) -> None:
        sample = tracker.track(picture, taken)
        if sample is None:
            self._meter.missed()
        else:
            self._meter.seen(sample, time.perf_counter() - taken)

    def _paced(self, stop: Event) -> Iterator[tuple[Picture, float]]:
        """Pictures with the time of this machine's clock; those of files when they are due."""
        began = time.perf_counter()
        for picture, moment in self._camera.frames():
            if self._camera.live:
                yield picture, moment
            else:
                stop.wait(max(0.0, began + moment - time.perf_counter()))
                yield picture, time.perf_counter()
            if stop.is_set():
                return

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn what ends a thread into a status: nobody waits for its exceptions."""
        try:
            yield
        except Head360Error as error:
            self._fail(f"{error} {error.hint}".strip())
            _log.info("%s: %s", self.title, error)
        except Exception as error:  # noqa: BLE001 (a thread's border)
            self._fail(f"{self.title} failed: {error}.")
            _log.error("%s failed", self.title, exc_info=error)

    def _fail(self, text: str) -> None:
        self._failure = self._failure or text
        self._stop.set()
