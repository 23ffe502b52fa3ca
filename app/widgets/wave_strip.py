"""The loudness of a sound over time, as editors show it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from app.theme import Theme

HEIGHT_PX = 28
_LEAST_PX = 1.0  # silence is a line


class WaveStrip(QWidget):
    """Draws lowest and highest samples of equal parts of the time; hidden without a sound."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._wave: npt.NDArray[np.float32] | None = None
        self.left = 0  # pixels, where the time begins
        self.setFixedHeight(HEIGHT_PX)
        self.setAccessibleName(self.tr("Sound"))
        self.setToolTip(self.tr("The sound; films are made with it"))
        self.hide()

    @property
    def wave(self) -> npt.NDArray[np.float32] | None:
        """(columns, 2) samples −1 … 1 on show."""
        return self._wave

    def show_wave(self, wave: npt.NDArray[np.float32] | None) -> None:
        """Show (columns, 2) samples −1 … 1; None = there is no sound."""
        self._wave = wave
        self.setVisible(wave is not None)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        if self._wave is None or not len(self._wave):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("dim"))
        middle, half = self.height() / 2, self.height() / 2 - 1
        xs = np.linspace(self.left, self.width(), len(self._wave)).tolist()
        loudest = max(float(np.abs(self._wave).max()), 1e-3)
        low, high = (middle - half * self._wave.T / loudest).tolist()
        above = [QPointF(x, y) for x, y in zip(xs, high, strict=True)]
        below = [QPointF(x, y + _LEAST_PX) for x, y in zip(xs, low, strict=True)]
        painter.drawPolygon(QPolygonF([*above, *reversed(below)]))
