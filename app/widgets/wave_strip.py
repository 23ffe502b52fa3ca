"""The loudness of a sound over time, as editors show it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.theme import Theme

HEIGHT_PX = 28


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
        painter.setPen(self._theme.color("dim"))
        middle, half = self.height() / 2, self.height() / 2 - 1
        step = (self.width() - self.left) / len(self._wave)
        loudest = max(float(np.abs(self._wave).max()), 1e-3)
        lines = [
            QLineF(x, middle - half * high / loudest, x, middle - half * low / loudest + 0.5)
            for x, (low, high) in zip(
                self.left + step * np.arange(len(self._wave)), self._wave.tolist(), strict=True
            )
        ]
        painter.drawLines(lines)
