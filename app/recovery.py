"""Keeps unsaved work safe from a crash, and offers it back at the next start.

Each running studio owns one slot in the recovery folder, three files of one name: `.h360` the work,
`.json` where it belongs, `.lock` held for as long as the studio runs. A slot whose lock can be
taken was left by a studio that no longer runs; taking it also keeps a second studio, started at
the same time, from offering the same work.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from app.document import HeadDocument
from app.workers.job import Job
from head360.errors import ProjectFileError
from head360.files import replacing
from head360.project import SUFFIX, Project, load_project, save_project

log = logging.getLogger(__name__)

FOLDER = "recovery"
SETTLED_MS = 2_000  # an edit is kept once the person pauses for so long
OVERDUE_MS = 60_000  # and at the latest after so long


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one studio keeps its unsaved work."""

    work: Path
    lock: QLockFile

    @property
    def note(self) -> Path:
        """What is known of the work."""
        return self.work.with_suffix(".json")

    def remove(self) -> None:
        """The work is safe elsewhere, or unwanted."""
        for path in (self.work, self.note):
            with suppress(OSError):  # it is offered once too often then, which is no harm
                path.unlink(missing_ok=True)
        self.lock.unlock()


@dataclass(frozen=True, slots=True)
class Leftover:
    """Work of a studio that did not close properly."""

    slot: Slot
    path: Path | None  # the file it belongs to, if it had one
    saved_at: datetime

    def load(self) -> Project:
        """The work.

        Raises:
            ProjectFileError: not even the autosave can be read.
        """
        return load_project(self.slot.work)


class Recovery(QObject):
    """Autosaves the document while it holds unsaved work."""

    failed = Signal(object)  # Exception; only the first of a row

    def __init__(
        self,
        document: HeadDocument,
        capture: Callable[[], Project],
        state: Path,
        parent: QObject | None = None,
    ) -> None:
        """Watch `document`; `capture` gives the whole project, `state` the folder of this user."""
        super().__init__(parent)
        self._document, self._capture = document, capture
        self._folder = state / FOLDER
        self._slot: Slot | None = None
        self._job: Job | None = None
        self._complained = False
        self.settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self.overdue = QTimer(self, singleShot=True, interval=OVERDUE_MS)
        for timer in (self.settled, self.overdue):
            timer.timeout.connect(self.save)
        document.params_changed.connect(self._plan)
        document.file_changed.connect(self._plan)

    def save(self) -> None:
        """Keep unsaved work, off the GUI thread; drop what was kept of work that is safe now."""
        self.settled.stop()
        self.overdue.stop()
        if not self._document.modified:
            self.forget()
        elif self._job is not None:
            self.settled.start()
        elif slot := self._own_slot():
            self._job = Job(_write(slot, self._capture(), self._document.path), self)
            self._job.failed.connect(self._complain)
            self._job.finished.connect(self._end_job)
            self._job.start()

    def save_at_once(self) -> None:
        """Keep unsaved work before anything else happens."""
        self._wait()
        self.save()
        self._wait()

    def forget(self) -> None:
        """Nothing is unsaved any more: leave nothing behind."""
        self._wait()
        self.settled.stop()
        self.overdue.stop()
        if self._slot is not None:
            self._slot.remove()
            self._slot = None

    def leftovers(self) -> list[Leftover]:
        """Work that other studios left, newest first; it is now this studio's to decide on."""
        found = [_take(path) for path in self._folder.glob(f"*{SUFFIX}")]
        return sorted(filter(None, found), key=lambda leftover: leftover.saved_at, reverse=True)

    def _plan(self, *_: object) -> None:
        self.settled.start()
        if not self.overdue.isActive():
            self.overdue.start()

    def _own_slot(self) -> Slot | None:
        if self._slot is None:
            try:
                self._slot = _new_slot(self._folder)
            except OSError as error:
                self._complain(error)
        return self._slot

    def _wait(self) -> None:
        if self._job is not None:
            self._job.wait()
            self._end_job()

    def _end_job(self) -> None:
        if self._job is not None and self._job.isFinished():
            self._job.deleteLater()
            self._job = None

    def _complain(self, error: Exception) -> None:
        log.warning("Autosave failed: %s", error)
        if not self._complained:
            self._complained = True
            self.failed.emit(error)


def _new_slot(folder: Path) -> Slot:
    folder.mkdir(parents=True, exist_ok=True)
    work = folder / f"{uuid4().hex}{SUFFIX}"
    lock = _lock_of(work)
    if not lock.tryLock(0):
        raise OSError(f"“{folder}” cannot be written")
    return Slot(work, lock)


def _lock_of(work: Path) -> QLockFile:
    lock = QLockFile(str(work.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # stale only when its process is gone, however old it is
    return lock


def _take(work: Path) -> Leftover | None:
    """The leftover at `work`, unless a studio that still runs holds it."""
    lock = _lock_of(work)
    if not lock.tryLock(0):
        return None
    slot = Slot(work, lock)
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads(slot.note.read_text("utf-8"))
        path = Path(note["path"]) if note["path"] else None
        return Leftover(slot, path, datetime.fromisoformat(note["saved_at"]))
    with suppress(OSError):
        return Leftover(slot, None, datetime.fromtimestamp(work.stat().st_mtime).astimezone())
    lock.unlock()
    return None


def _write(slot: Slot, project: Project, path: Path | None) -> Generator[None, None, None]:
    note = {
        "path": str(path.absolute()) if path else None,
        "saved_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "pid": os.getpid(),
    }
    yield
    try:
        save_project(project, slot.work)
        with replacing(slot.note) as partial:
            partial.write_text(json.dumps(note), "utf-8")
    except OSError as error:
        raise ProjectFileError(f"“{slot.note.name}” cannot be written: {error}.") from error
