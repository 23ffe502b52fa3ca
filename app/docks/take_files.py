"""What the timeline reads and writes: takes as CSV or BVH, others to blend with, and sounds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QInputDialog, QWidget

from app.dialogs.paths import choose_target
from app.document import HeadDocument
from app.messages import Messages
from app.settings import FOLDER, Settings
from app.workers.job import Job
from app.workers.sound_tasks import reading
from head360.driving.bvh import read_bvh, write_bvh
from head360.driving.csv import read_csv, write_csv
from head360.errors import Head360Error
from head360.performance import Performance, Sound, blended, joined

#: How long one take fades into the next, seconds.
_FADE_S = 0.2
_TAKES = "Recordings (*.csv *.bvh);;Live Link Face CSV (*.csv);;Turns of the head, BVH (*.bvh)"
_WRITTEN = "Live Link Face CSV (*.csv);;Turns of the head, BVH (*.bvh)"
_BVH = ".bvh"
_SOUNDS = "Sounds and videos (*.wav *.mp3 *.m4a *.ogg *.flac *.mp4 *.mov *.webm);;All files (*)"


class TakeFiles(QObject):
    """Asks for files; every change of the document's performance is one undo step."""

    def __init__(
        self, document: HeadDocument, messages: Messages, settings: Settings, window: QWidget
    ) -> None:
        super().__init__(window)
        self._document, self._messages, self._window = document, messages, window
        self._settings = settings
        self.former: Performance | None = None  # the take that a newer one replaced
        self._jobs: list[Job] = []

    # --- takes

    def load(self) -> None:
        """Have the take of a CSV or BVH file."""
        if (take := self._read()) is not None:
            self.replace(self.tr("Import"), take)

    def replace(self, text: str, take: Performance) -> None:
        """Have another take; the present one can still be blended with."""
        self.former = self._document.performance or self.former
        self._document.edit_performance(text, take)

    def append(self) -> None:
        """Add the take of a file at the end."""
        known = self._document.performance
        take = self._read() if known is not None else None
        if known is not None and take is not None:
            fade = min(_FADE_S, known.duration_s, take.duration_s)
            self._change(self.tr("Append"), lambda: joined(known, take, fade))

    def blend_file(self) -> None:
        """Blend with the take of a file."""
        if (take := self._read()) is not None:
            self.blend(take)

    def blend_former(self) -> None:
        """Blend with the take that was replaced last."""
        if self.former is not None:
            self.blend(self.former)

    def blend(self, other: Performance) -> None:
        """Ask how much of another take, and mix it in."""
        known = self._document.performance
        percent, agreed = QInputDialog.getInt(
            self._window, self.tr("Blend"), self.tr("Share of the other take, %"), 50, 0, 100
        )
        if known is not None and agreed:
            self._change(self.tr("Blend"), lambda: blended(known, other, percent / 100))

    def save(self) -> None:
        """Write the take as CSV, or the turns of its head as BVH."""
        take = self._document.performance
        if take is None:
            return
        start = self._settings.folder() / f"{self._document.name}.csv"
        title = self.tr("Export the performance")
        path = choose_target(self._window, title, start, self.tr(_WRITTEN))
        if path is None:
            return
        self._settings.set(FOLDER, str(path.parent))
        try:
            (write_bvh if _is_bvh(path) else write_csv)(take, path)
        except Head360Error as error:
            self._messages.show_error(self.tr("The performance cannot be written."), error)
        else:
            self._messages.success(self.tr("Exported “{name}”.").format(name=path.name))

    def _read(self) -> Performance | None:
        path = self._pick(self.tr("Choose a performance"), self.tr(_TAKES))
        if path is None:
            return None
        try:
            return read_bvh(path) if _is_bvh(path) else read_csv(path)
        except Head360Error as error:
            self._messages.show_error(self.tr("The performance cannot be read."), error)
            return None

    def _pick(self, title: str, kinds: str) -> Path | None:
        folder = str(self._settings.folder())
        name, _ = QFileDialog.getOpenFileName(self._window, title, folder, kinds)
        if name:
            self._settings.set(FOLDER, str(Path(name).parent))
        return Path(name) if name else None

    def _change(self, text: str, make: Callable[[], Performance]) -> None:
        try:
            self._document.edit_performance(text, make())
        except ValueError as error:
            self._messages.error(self.tr("The recording stays as it is."), str(error))

    # --- sounds

    def load_sound(self) -> None:
        """Have a sound with the take."""
        path = self._pick(self.tr("Choose a sound"), self.tr(_SOUNDS))
        if path is not None:
            self._run(Job(reading(path), self))

    def remove_sound(self) -> None:
        """Have the take in silence."""
        take = self._document.performance
        if take is not None and take.sound is not None:
            self._document.edit_performance(self.tr("Remove the sound"), take.with_(sound=None))

    def stop(self) -> None:
        """Wait for what is being read."""
        for job in self._jobs:
            job.wait()

    def _take_sound(self, sound: Sound) -> None:
        take = self._document.performance
        if take is not None:
            self._document.edit_performance(self.tr("Sound"), take.with_(sound=sound))

    def _run(self, job: Job) -> None:
        self._jobs.append(job)
        job.succeeded.connect(self._take_sound)
        job.failed.connect(self._fail)
        job.finished.connect(self._sweep)
        job.start()

    def _sweep(self) -> None:
        for job in [job for job in self._jobs if job.isFinished()]:
            self._jobs.remove(job)
            job.deleteLater()

    def _fail(self, error: Exception) -> None:
        self._messages.show_error(self.tr("The sound cannot be read."), error)


def _is_bvh(path: Path) -> bool:
    return path.suffix.lower() == _BVH
