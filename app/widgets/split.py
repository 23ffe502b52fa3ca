"""A line over the viewport: the photo to its left, the head to its right."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.theme import Theme

GRASP_PX, KNOB_PX, STEP = 16.0, 9.0, 0.02
MIDDLE = 0.5


class SplitLine(QWidget):
    """Covers its parent; all but the line itself lets the mouse through to it."""

    resized = Signal()  # the photo must be laid out anew
    left = Signal()  # a person has seen enough

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._over = theme, parent
        self._photo = QImage()
        self._at = MIDDLE
        self._held = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Line between photo and head"))
        self.setAccessibleDescription(self.tr("Left and right arrows move it, Escape ends."))
        parent.installEventFilter(self)
        self.hide()

    @property
    def at(self) -> float:
        """Where the line is, 0 left … 1 right."""
        return self._at

    @property
    def photo(self) -> QImage:
        """The photo as it is laid out; null until it is."""
        return self._photo

    def begin(self) -> None:
        """Show the line; the photo follows."""
        self._photo, self._at = QImage(), MIDDLE
        self.setGeometry(self._over.rect())
        self.lower()
        self.show()
        self.setFocus()

    def show_photo(self, image: QImage) -> None:
        """Show a photo of the widget's own size, in pixels of the screen."""
        self._photo = image
        self.update()

    def move_line(self, at: float) -> None:
        """Put the line somewhere, 0 left … 1 right."""
        self._at = min(max(at, 0.0), 1.0)
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        if watched is self._over and event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._over.rect())
            self.resized.emit()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        near = abs(event.position().x() - self._at * self.width()) <= GRASP_PX
        self._held = near and event.button() is Qt.MouseButton.LeftButton
        event.setAccepted(self._held)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        x = event.position().x()
        if self._held:
            self.move_line(x / max(self.width(), 1))
            return
        near = abs(x - self._at * self.width()) <= GRASP_PX
        self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
        event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        event.setAccepted(self._held)
        self._held = False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        steps = {Qt.Key.Key_Left: -STEP, Qt.Key.Key_Right: STEP}
        key = Qt.Key(event.key())
        if key in steps:
            self.move_line(self._at + steps[key])
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        x = round(self._at * self.width())
        if not self._photo.isNull():
            scale = self._photo.width() / max(self.width(), 1)
            part = QRectF(0, 0, x, self.height())
            source = QRectF(0, 0, x * scale, self._photo.height())
            painter.fillRect(part, self._theme.color("stage_outer"))
            painter.drawImage(part, self._photo, source)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("accent" if self.hasFocus() else "text"), 2))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setBrush(self._theme.color("panel"))
        painter.drawEllipse(QPointF(x, self.height() / 2), KNOB_PX, KNOB_PX)
        self._paint_names(painter, x)

    def _paint_names(self, painter: QPainter, x: int) -> None:
        font = QFont(self.font())
        painter.setFont(font)
        metrics = painter.fontMetrics()
        for text, left in ((self.tr("Photo"), True), (self.tr("Head"), False)):
            width = metrics.horizontalAdvance(text) + 16
            edge = x - 12 - width if left else x + 12
            place = QRectF(edge, self.height() / 2 + 20, width, metrics.height() + 6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("overlay"))
            painter.drawRoundedRect(place, 8, 8)
            painter.setPen(self._theme.color("text"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
