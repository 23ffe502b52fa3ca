"""The checkerboard that stands for nothing."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter

CHECK_PX = 8
LIGHT, DARK = "#8c9097", "#777b82"  # in both themes: what is drawn over it looks the same


def paint_checks(painter: QPainter, place: QRect) -> None:
    """Fill a rectangle with light and dark squares."""
    dark = QColor(DARK)
    painter.fillRect(place, QColor(LIGHT))
    for row, y in enumerate(range(place.top(), place.bottom() + 1, CHECK_PX)):
        for x in range(place.left() + row % 2 * CHECK_PX, place.right() + 1, 2 * CHECK_PX):
            painter.fillRect(QRect(x, y, CHECK_PX, CHECK_PX) & place, dark)
