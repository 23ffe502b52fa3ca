"""A place to keep one head: empty, or with its picture."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

SIDE_PX, RADIUS_PX, BADGE_PX = 80, 8, 18


class SlotButton(QAbstractButton):
    """Shows a letter in a dashed frame while empty; a picture with the letter once filled."""

    def __init__(self, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filled = False
        self._image: QImage | None = None
        self.setText(letter)
        self.setFixedSize(SIDE_PX, SIDE_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(SIDE_PX, SIDE_PX)

    def show_filled(self, filled: bool, image: QImage | None = None) -> None:
        """Show whether there is a head, and its picture once there is one."""
        self.filled, self._image = filled, image
        self.update()

    @property
    def image(self) -> QImage | None:
        """The picture on show."""
        return self._image

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.filled:
            self._paint_filled(painter, place)
        else:
            self._paint_empty(painter, place)
        if self.hasFocus():
            painter.setPen(QPen(self._role(QPalette.ColorRole.Accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(place, RADIUS_PX, RADIUS_PX)

    def _paint_empty(self, painter: QPainter, place: QRectF) -> None:
        if self.underMouse():
            painter.setBrush(self._role(QPalette.ColorRole.Button))
        pen = QPen(self._role(QPalette.ColorRole.PlaceholderText), 1, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(place, RADIUS_PX, RADIUS_PX)
        font = self.font()
        font.setPixelSize(20)
        painter.setFont(font)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.text())

    def _paint_filled(self, painter: QPainter, place: QRectF) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(place, RADIUS_PX, RADIUS_PX)
        role = QPalette.ColorRole
        painter.fillPath(shape, self._role(role.Light if self.underMouse() else role.Button))
        if self._image is not None:
            painter.setClipPath(shape)
            painter.drawImage(place, self._image)
            painter.setClipping(False)
        badge = QRectF(place.left() + 4, place.top() + 4, BADGE_PX, BADGE_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._role(role.Accent))
        painter.drawRoundedRect(badge, 4, 4)
        painter.setPen(self._role(role.HighlightedText))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, self.text())

    def _role(self, role: QPalette.ColorRole) -> QColor:
        return self.palette().color(QPalette.ColorGroup.Normal, role)
