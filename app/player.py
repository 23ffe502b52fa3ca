"""Plays the document's performance on the stage."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from app.document import HeadDocument
from app.stage import Stage
from head360.performance import Performance

#: The clock ticks so often; pictures come as fast as they can.
TICK_MS = 33


class Player(QObject):
    """Where the timeline stands, and whether it runs."""

    moved = Signal(float)  # seconds
    running_changed = Signal(bool)

    def __init__(self, document: HeadDocument, stage: Stage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._stage = document, stage
        self.loop = True
        self._position = 0.0
        self._ticked = 0.0
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        document.performance_changed.connect(self._begin_anew)

    @property
    def position(self) -> float:
        """Seconds from the start."""
        return self._position

    @property
    def running(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    def play(self) -> None:
        """Go on from where it stands, or from the start at the end."""
        take = self._document.performance
        if take is None or self.running:
            return
        if self._position >= take.duration_s - 1e-6:
            self._position = 0.0
        self._ticked = time.perf_counter()
        self._timer.start()
        self.running_changed.emit(True)

    def pause(self) -> None:
        """Stand still."""
        if self.running:
            self._timer.stop()
            self.running_changed.emit(False)

    def stop(self) -> None:
        """Stand still and give the head its own face back."""
        self.pause()
        self._stage.perform(None)

    def seek(self, position: float) -> None:
        """Show the moment at `position` seconds."""
        take = self._document.performance
        if take is not None:
            self._position = min(max(position, 0.0), take.duration_s)
            self._stage.perform(take.at(self._position))
            self.moved.emit(self._position)

    def _tick(self) -> None:
        take = self._document.performance
        if take is None:
            self.stop()
            return
        now = time.perf_counter()
        position, self._ticked = self._position + now - self._ticked, now
        if position > take.duration_s:
            if not self.loop:
                self.seek(take.duration_s)
                self.pause()
                return
            position %= max(take.duration_s, 1e-3)
        self.seek(position)

    def _begin_anew(self, take: Performance | None) -> None:
        if take is None:
            self.stop()
            self._position = 0.0
        elif self._stage.is_performing:
            self.seek(self._position)
