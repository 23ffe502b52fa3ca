"""Live before apply: tells what the pointer rests on, after a moment."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

HOVER_MS = 150


class HoverDelay(QObject):
    """Turns a stream of “over this now” into calm previews; leaving is told at once."""

    previewed = Signal(str)  # what to preview; "" = nothing any more

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._over = ""
        self._told = ""
        self._timer = QTimer(self, singleShot=True, interval=HOVER_MS)
        self._timer.timeout.connect(self._tell)

    def enter(self, name: str) -> None:
        """The pointer is over `name`."""
        if name != self._over:
            self._over = name
            self._timer.start()

    def leave(self) -> None:
        """The pointer left, or the choice was made."""
        self._timer.stop()
        self._over = ""
        if self._told:
            self._tell()

    def _tell(self) -> None:
        self._told = self._over
        self.previewed.emit(self._told)
