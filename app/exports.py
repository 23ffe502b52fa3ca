"""Makes pictures and videos in the background, one at a time, while editing goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from app.messages import Messages
from app.workers.engine import EngineFactory
from app.workers.export_tasks import film, photograph, write_mesh
from app.workers.job import Job
from app.workers.picture import Picture, image_from_pixels
from head360.export.options import MeshOptions
from head360.export.video import Play, VideoOptions
from head360.params import HeadParams
from head360.progress import Progress
from head360.rendering.request import Frame, RenderRequest

START_S = 2.5  # an engine of its own has to load the model first
STOP_PATIENCE_MS = 20_000  # packing a long GIF cannot be interrupted


class Exports(QObject):
    """Runs at most one export and says how it goes."""

    began = Signal(str)  # what is being made
    progressed = Signal(float, object)  # part done 0 … 1, seconds left or None when unknown
    stopping = Signal()  # it was cancelled and ends in a moment
    finished = Signal(object)  # Path of what was written, or None
    ended = Signal()  # in whatever way

    def __init__(self, make_engine: EngineFactory, messages: Messages, parent: QObject) -> None:
        super().__init__(parent)
        self._make_engine, self._messages = make_engine, messages
        self._job: Job | None = None
        self._title = ""
        self._notes: list[str] = []  # what a person should know about what was made
        self._done: Callable[[Any], None] = _nothing
        self._first: tuple[float, int] | None = None  # when the first frame was done, and its count
        self._ms_per_pixel: dict[bool, float] = {}  # of pictures as drawn, and of refined ones

    @property
    def running(self) -> str | None:
        """What is being made; None = nothing."""
        return self._title if self._job is not None else None

    def learn_pace(self, picture: Picture) -> None:
        """Take the time of a complete picture as a measure for those to come."""
        if picture.complete:
            width, height = picture.drawn
            self._ms_per_pixel[picture.refined] = picture.milliseconds / max(width * height, 1)

    def estimate_s(
        self, width: int, height: int, frames: int = 1, refine: bool = False
    ) -> float | None:
        """About how long so many pictures will take, seconds; None before one was drawn."""
        pace = self._ms_per_pixel.get(refine)
        return None if pace is None else START_S + pace * width * height * frames / 1000

    def film(self, play: Play, options: VideoOptions, path: Path) -> None:
        """Make a film of a turn, a performance, or both."""
        task = film(self._make_engine, play, options, path)
        title = self.tr("Turntable") if play.performance is None else self.tr("Film")
        self._start(title, task, partial(self._finish, path))

    def photograph(self, request: RenderRequest, path: Path | None) -> None:
        """Make one picture: into a file, or onto the clipboard without a `path`."""
        task = photograph(self._make_engine, request, path)
        done = partial(self._finish, path) if path else self._copy
        self._start(self.tr("Picture"), task, done)

    def write_mesh(self, params: HeadParams, options: MeshOptions, path: Path) -> None:
        """Write a head as a mesh or a cloud."""
        task = write_mesh(self._make_engine, params, options, path)
        self._start(self.tr("Mesh"), task, self.finished.emit)

    def busy(self) -> bool:
        """Whether something is being made already; says so."""
        if self._job is not None:
            self._messages.info(
                self.tr("Something is being made already."),
                self.tr("Wait until it is done, or cancel it."),
            )
        return self._job is not None

    def cancel(self) -> None:
        """Stop what is being made; it leaves no file."""
        if self._job is not None:
            self._job.cancel()
            self.stopping.emit()

    def stop(self) -> bool:
        """Cancel and wait. False: it hangs."""
        if self._job is None:
            return True
        self._job.cancel()
        return self._job.wait(STOP_PATIENCE_MS)

    def _start(
        self, title: str, task: Generator[Any, None, Any], done: Callable[[Any], None]
    ) -> None:
        if self.busy():
            return
        self._title, self._first, self._done, self._notes = title, None, done, []
        self._job = Job(task, self)
        self._job.progressed.connect(self._note)
        self._job.succeeded.connect(self._succeed)
        self._job.failed.connect(self._fail)
        self._job.cancelled.connect(self._say_stopped)
        self._job.finished.connect(self._end)
        self.began.emit(title)
        self._job.start()

    def _note(self, progress: Progress) -> None:
        if progress.note:
            self._notes.append(progress.note)
        self.progressed.emit(progress.done / max(progress.total, 1), self._seconds_left(progress))

    def _seconds_left(self, progress: Progress) -> float | None:
        """From the pace since the first frame, because loading the model is no measure."""
        if progress.done == 0:
            return None
        if self._first is None:
            self._first = (time.monotonic(), progress.done)
        start, count = self._first
        if progress.done == count:
            return None
        pace = (time.monotonic() - start) / (progress.done - count)
        return pace * (progress.total - progress.done)

    def _succeed(self, result: object) -> None:
        self._done(result)
        if self._notes:
            text = self.tr("{what} made, but not all of it.").format(what=self._title)
            self._messages.info(text, "\n".join(self._notes))

    def _finish(self, path: Path, _result: object) -> None:
        self.finished.emit(path)

    def _copy(self, frame: Frame) -> None:
        QGuiApplication.clipboard().setImage(image_from_pixels(frame.image))
        self.finished.emit(None)

    def _fail(self, error: Exception) -> None:
        text = self.tr("{what} could not be made.").format(what=self._title)
        self._messages.show_error(text, error)

    def _say_stopped(self) -> None:
        self._messages.info(self.tr("Stopped. Nothing was written."))

    def _end(self) -> None:
        if self._job is not None:
            self._job.deleteLater()
            self._job = None
        self.ended.emit()


def _nothing(_result: object) -> None:
    """Before the first export."""


def spoken_duration(seconds: float) -> str:
    """“8 s”, “1 min 20 s”, “2 h 5 min”."""
    whole = max(1, round(seconds))
    minutes, rest = divmod(whole, 60)
    if minutes == 0:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60} min"
