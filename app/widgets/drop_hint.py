"""Says that what is dragged over the window may be dropped."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

MARGIN_PX, RADIUS_PX, VEIL = 8, 8, 0.12
PAD_X_PX, PAD_Y_PX = 16, 8


class DropHint(QWidget):
    """A frame in the accent colour over its parent, with what a drop would do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.text = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def offer(self, text: str) -> None:
        """Show what a drop would do."""
        self.text = text
        self.setAccessibleName(text)
        self.setGeometry(self._over.rect())
        self.raise_()
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        role, palette = QPalette.ColorRole, self.palette()
        accent = palette.color(role.Accent)
        veil = palette.color(role.Accent)
        veil.setAlphaF(VEIL)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        margin = MARGIN_PX
        frame = QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)
        painter.setPen(QPen(accent, 2))
        painter.setBrush(veil)
        painter.drawRoundedRect(frame, RADIUS_PX, RADIUS_PX)
        words = QRectF(painter.fontMetrics().boundingRect(self.text))
        words = words.adjusted(-PAD_X_PX, -PAD_Y_PX, PAD_X_PX, PAD_Y_PX)
        words.moveCenter(frame.center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawRoundedRect(words, RADIUS_PX, RADIUS_PX)
        painter.setPen(palette.color(role.HighlightedText))
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.text)
