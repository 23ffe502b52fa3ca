"""The sound of the document's performance, decoded in the background, to be heard and seen."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.document import HeadDocument
from app.messages import Messages
from app.workers.job import Job
from app.workers.sound_tasks import DecodedSound, decoding
from app.workers.voice import Steps
from head360.performance import Performance, Sound


class Soundtrack(QObject):
    """Decodes whenever the performance has another sound or length."""

    changed = Signal(object)  # DecodedSound, or None without a sound

    def __init__(self, document: HeadDocument, messages: Messages, parent: QObject) -> None:
        super().__init__(parent)
        self._messages = messages
        self._jobs: list[Job] = []
        self._wanted: tuple[Sound, float] | None = None
        self._decoded: DecodedSound | None = None
        document.performance_changed.connect(self._look)

    @property
    def samples(self) -> Steps | None:
        """(M, 2) at `sound.RATE` of the whole performance; None: no sound, or not decoded yet."""
        decoded = self._decoded
        fits = decoded is not None and (decoded.sound, decoded.seconds) == self._wanted
        return decoded.samples if decoded is not None and fits else None

    def stop(self) -> None:
        """Wait for what is being decoded."""
        for job in self._jobs:
            job.wait()

    def _look(self, take: Performance | None) -> None:
        sound = take.sound if take is not None else None
        wanted = (sound, take.duration_s) if take is not None and sound is not None else None
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if wanted is None:
            self._decoded = None
            self.changed.emit(None)
        else:
            self._decode(*wanted)

    def _decode(self, sound: Sound, seconds: float) -> None:
        job = Job(decoding(sound, seconds), self)
        self._jobs.append(job)
        job.succeeded.connect(self._take)
        job.failed.connect(self._fail)
        job.finished.connect(self._sweep)
        job.start()

    def _take(self, decoded: DecodedSound) -> None:
        if self._wanted == (decoded.sound, decoded.seconds):  # else the take is another by now
            self._decoded = decoded
            self.changed.emit(decoded)

    def _fail(self, error: Exception) -> None:
        self._messages.show_error(self.tr("The sound cannot be read."), error)

    def _sweep(self) -> None:
        for job in [job for job in self._jobs if job.isFinished()]:
            self._jobs.remove(job)
            job.deleteLater()
