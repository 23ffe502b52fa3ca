"""A head that is being repainted: one at a time, and what was interrupted before."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.workers.engine import EngineFactory
from app.workers.errand import Errands
from app.workers.repaint import (
    Prospect,
    RepaintWish,
    Waiting,
    forget,
    prospect,
    repaint,
    waiting,
)
from head360.hub import PUBLISHED, fetch_model
from head360.params import HeadParams

#: An interrupted repainting is looked for once the head has stayed the same so long.
_REST_MS = 400


class RepaintSession(QObject):
    """Runs one repainting at a time, and looks at models and at what was interrupted."""

    changed = Signal()  # whether it works
    progressed = Signal(object)  # RepaintNews
    repainted = Signal(object)  # HeadParams with one more layer
    failed = Signal(object)  # Exception
    cancelled = Signal()
    foreseen = Signal(object)  # Prospect of the model last asked for
    found = Signal(object)  # Waiting, or None: an interrupted repainting of the head
    fetching = Signal(object)  # FetchProgress of a model
    fetched = Signal(object)  # Path of its folder
    not_fetched = Signal(object)  # Exception

    def __init__(
        self, make_engine: EngineFactory, kept: Path, parent: QObject | None = None
    ) -> None:
        """Interrupted repaintings are kept in the folder `kept`."""
        super().__init__(parent)
        self._make_engine, self._kept = make_engine, kept
        self._work, self._look, self._search = Errands(), Errands(), Errands()
        self._params: HeadParams | None = None
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._seek)
        self.busy = False

    def start(self, params: HeadParams, wish: RepaintWish) -> None:
        """Repaint a head; what was reached of the same before is not done again."""
        self._become(True)
        task = repaint(self._make_engine, params, wish, self._kept)
        self._work.run(task, self._finish, self._fail, self.progressed.emit)

    def cancel(self) -> None:
        """Stop; what was reached is kept."""
        if self.busy:
            self._work.drop()
            self._become(False)
            self.cancelled.emit()

    def foresee(self, model: str) -> None:
        """Look whether a folder holds a model that can be used."""
        self._look.run(prospect(model), self._tell, self._fail)

    def fetch(self) -> None:
        """Fetch the published model; what came of it stays if it is cancelled."""
        self._become(True)
        folder = self._kept.parent / "models" / PUBLISHED.rpartition("/")[2]
        task = fetch_model(PUBLISHED, folder)
        self._work.run(task, self._end_fetching, self._give_up, self.fetching.emit)

    def seek(self, params: HeadParams) -> None:
        """Look for an interrupted repainting of a head, once it rests."""
        self._params = params
        self._rest.start()

    def forget(self, interrupted: Waiting) -> None:
        """Nobody wants to go on with it."""
        forget(interrupted)
        self.found.emit(None)

    def stop(self) -> bool:
        """End all; the window calls this when it closes. False: a thread hangs."""
        self._rest.stop()
        return all([each.stop() for each in (self._work, self._look, self._search)])  # noqa: C419

    def _seek(self) -> None:
        if self._params is not None and self._kept.is_dir():
            self._search.run(waiting(self._params, self._kept), self.found.emit, self._fail)
        else:
            self.found.emit(None)

    def _tell(self, seen: Prospect) -> None:
        self.foreseen.emit(seen)

    def _finish(self, params: HeadParams) -> None:
        self.repainted.emit(params)
        self._become(False)

    def _fail(self, error: Exception) -> None:
        if self.busy:
            self._become(False)
        self.failed.emit(error)

    def _end_fetching(self, folder: Path) -> None:
        self._become(False)
        self.fetched.emit(folder)

    def _give_up(self, error: Exception) -> None:
        self._become(False)
        self.not_fetched.emit(error)

    def _become(self, busy: bool) -> None:
        self.busy = busy
        self.changed.emit()
