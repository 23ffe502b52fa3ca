"""The one thread that owns the head engine and makes every picture on screen.

Three kinds of work, in this order: questions (“give me a random head”), the newest picture
asked for, and idle work such as thumbnails once nothing was asked for a while. A newer picture
interrupts an older one between its tiles, and interrupts idle work, which starts again later.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from app.workers.engine import Engine, EngineFactory
from app.workers.picture import picture_from_frame
from head360.errors import Head360Error
from head360.latest import Latest
from head360.rendering.request import Frame, RenderRequest

log = logging.getLogger(__name__)

IDLE_AFTER_S = 0.4  # rest before idle work begins
WAIT_S = 0.1  # how long a sleeping thread may miss a request to stop
STOP_PATIENCE_MS = 4000  # a stalled driver must not keep the window from closing


@dataclass(frozen=True, eq=False, slots=True)
class IdleWork:
    """A picture nobody waits for."""

    request: RenderRequest
    done: Callable[[Frame], None]  # called on the GUI thread


class RenderThread(QThread):
    """Draws the newest request; skips those it had no time for."""

    picture_ready = Signal(object)  # Picture
    failed = Signal(object)  # Exception: no engine, or no picture
    _answered = Signal(object, object)  # callback, value: hops to the GUI thread

    def __init__(self, make_engine: EngineFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._make_engine = make_engine
        self._requests: Latest[RenderRequest] = Latest()
        self._questions: deque[tuple[Callable[[Engine], Any], Callable[[Any], None]]] = deque()
        self._idle_work: deque[IdleWork] = deque()
        self._busy_until = 0.0  # time.monotonic of the last request
        self._answered.connect(self._deliver)

    def request(self, request: RenderRequest) -> None:
        """Ask for a picture; replaces a request that has not finished. Never blocks."""
        self._requests.put(request)

    def ask(self, question: Callable[[Engine], Any], answer: Callable[[Any], None]) -> None:
        """Run `question` on the render thread and call `answer` on the GUI thread."""
        self._questions.append((question, answer))
        self._requests.wake()

    def when_idle(self, work: IdleWork) -> None:
        """Draw a picture when nobody is waiting for another."""
        self._idle_work.append(work)

    def forget_idle_work(self) -> None:
        """Drop everything that was left for idle time."""
        self._idle_work.clear()

    def stop(self) -> bool:
        """End the thread after its current tile. False: it hangs in the driver."""
        self.requestInterruption()
        self._requests.wake()
        return self.wait(STOP_PATIENCE_MS)

    def run(self) -> None:
        """Thread body; call `start`."""
        try:
            engine = self._make_engine()
        except Exception as error:  # noqa: BLE001 (thread border: the window stays, and says why)
            self._report("No engine", error)
            return
        try:
            while not self.isInterruptionRequested():
                self._work(engine)
        finally:
            engine.close()

    def _work(self, engine: Engine) -> None:
        request = self._requests.take(timeout_s=0.0 if self._questions else WAIT_S)
        try:
            while self._questions:
                self._answer(engine, *self._questions.popleft())
            if request is not None:
                self._draw(engine, request)
                self._busy_until = time.monotonic() + IDLE_AFTER_S
            elif self._idle_work and time.monotonic() > self._busy_until:
                self._draw_idle(engine, self._idle_work.popleft())
        except Exception as error:  # noqa: BLE001 (thread border: one picture must not end the studio)
            self._report("Drawing failed", error)

    def _answer(
        self, engine: Engine, question: Callable[[Engine], Any], answer: Callable[[Any], None]
    ) -> None:
        self._answered.emit(answer, question(engine))

    def _draw(self, engine: Engine, request: RenderRequest) -> None:
        complete = False
        for frame in engine.refine(request, self._is_stale):
            self.picture_ready.emit(picture_from_frame(frame, request))
            complete = frame.complete
        if not complete and not self._requests.waiting and not self.isInterruptionRequested():
            self._requests.put(request)  # a question got in between: finish the picture later

    def _draw_idle(self, engine: Engine, work: IdleWork) -> None:
        frames = [frame for frame in engine.refine(work.request, self._is_stale) if frame.complete]
        if frames:
            self._answered.emit(work.done, frames[-1])
        else:
            self._idle_work.appendleft(work)

    def _is_stale(self) -> bool:
        return self._requests.waiting or bool(self._questions) or self.isInterruptionRequested()

    def _report(self, what: str, error: Exception) -> None:
        if isinstance(error, Head360Error):
            log.info("%s: %s", what, error)
        else:
            log.error(what, exc_info=error)
        self.failed.emit(error)

    def _deliver(self, callback: Callable[[Any], None], value: Any) -> None:
        callback(value)
