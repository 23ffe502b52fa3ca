"""A small picture of what an export will look like."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from app.widgets.checks import paint_checks

SIDE_PX, RADIUS_PX = 184, 8


class Preview(QWidget):
    """Shows a picture as large as it fits, a checkerboard where it is transparent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self.setFixedSize(SIDE_PX, SIDE_PX)
        self.setAccessibleName(self.tr("Preview"))

    @property
    def image(self) -> QImage | None:
        """The picture on show."""
        return self._image

    def show_image(self, image: QImage) -> None:
        """Show a picture; the one before stays until then."""
        self._image = image
        self.update()

    def fitted(self, width: int, height: int) -> QSize:
        """The largest size of this shape that fits, pixels of the screen."""
        scale = self.devicePixelRatioF() * SIDE_PX / max(width, height, 1)
        return QSize(max(round(width * scale), 1), max(round(height * scale), 1))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        palette = self.palette()
        if self._image is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.Button))
            painter.drawRoundedRect(self.rect(), RADIUS_PX, RADIUS_PX)
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("Drawing…"))
            return
        size = QSize(self._image.size())
        size.scale(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(0, 0, size.width(), size.height())
        place.moveCenter(self.rect().center())
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(place), RADIUS_PX, RADIUS_PX)
        painter.setClipPath(shape)
        paint_checks(painter, place)
        painter.drawImage(place, self._image)
