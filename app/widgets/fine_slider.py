"""A bare slider for real numbers: fine with Shift, deaf to the wheel until focused."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

STEPS = 1000  # ticks of the whole range
HANDLE_PX = 12
GROOVE_PX = 4
FINE = 0.1  # how much slower the handle follows with Shift held
TINT = 0.22  # opacity of the accent over the groove of a driven slider
KEY_TICKS, FINE_KEY_TICKS = 10, 1


class FineSlider(QSlider):
    """Horizontal slider over 0 … STEPS that fills from its origin to its handle."""

    reset_requested = Signal()

    def __init__(self, origin: int = 0, parent: QWidget | None = None) -> None:
        """Make a slider; `origin` is the tick that means “nothing”."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._origin = origin
        self._pointer_x = 0.0
        self._exact = 0.0  # tick under the pointer, before rounding
        self.driven = False  # something else moves it: drawn tinted
        self.setRange(0, STEPS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSingleStep(KEY_TICKS)
        self.setPageStep(STEPS // 10)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(96, 20)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(48, 20)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._pointer_x = event.position().x()
        self._exact = float(self.value())
        self.setSliderDown(True)
        if abs(self._pointer_x - self._handle_x()) > HANDLE_PX:
            self._exact = (self._pointer_x - HANDLE_PX / 2) * self._ticks_per_pixel()
            self.setValue(round(self._exact))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if not self.isSliderDown():
            return
        slow = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        moved = (event.position().x() - self._pointer_x) * self._ticks_per_pixel() * slow
        self._pointer_x = event.position().x()
        self._exact = min(max(self._exact + moved, 0.0), float(STEPS))
        self.setValue(round(self._exact))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        self.setSliderDown(False)
        self.reset_requested.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 (Qt's name)
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # the panel scrolls instead

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        self.setSingleStep(FINE_KEY_TICKS if fine else KEY_TICKS)
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        palette, group = self.palette(), QPalette.ColorGroup.Normal
        role = QPalette.ColorRole
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        self._bar(painter, 0, STEPS, role.Mid)
        if self.driven:
            painter.setOpacity(TINT)
            self._bar(painter, 0, STEPS, role.Accent)
            painter.setOpacity(1)
        live = role.Accent if self.driven or self.isEnabled() else role.Mid
        self._bar(painter, self._origin, self.value(), live)
        middle = QPointF(self._handle_x(), self.height() / 2)
        if self.hasFocus():
            painter.setPen(QPen(palette.color(group, role.Accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, HANDLE_PX / 2 + 2, HANDLE_PX / 2 + 2)
            painter.setPen(Qt.PenStyle.NoPen)
        bright = self.driven or (self.isEnabled() and (self.underMouse() or self.isSliderDown()))
        handle = palette.color(group, role.Accent if bright else role.WindowText)
        lit = self.driven or self.isEnabled()
        painter.setBrush(handle if lit else palette.color(group, role.Mid))
        painter.drawEllipse(middle, HANDLE_PX / 2 - 1, HANDLE_PX / 2 - 1)

    def _bar(self, painter: QPainter, start: int, end: int, role: QPalette.ColorRole) -> None:
        left, right = sorted((self._x_of(start), self._x_of(end)))
        box = QRectF(left, self.height() / 2 - GROOVE_PX / 2, right - left, GROOVE_PX)
        painter.setBrush(self.palette().color(QPalette.ColorGroup.Normal, role))
        painter.drawRoundedRect(box, GROOVE_PX / 2, GROOVE_PX / 2)

    def _ticks_per_pixel(self) -> float:
        return STEPS / max(self.width() - HANDLE_PX, 1)

    def _x_of(self, tick: int) -> float:
        return HANDLE_PX / 2 + tick / self._ticks_per_pixel()

    def _handle_x(self) -> float:
        return self._x_of(self.value())
