"""A named number: label, slider, and a field to type into."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QWidget,
)

from app.theme import tabular
from app.widgets.fine_slider import STEPS, FineSlider

LABEL_PX, VALUE_PX = 120, 44
GESTURE_PAUSE_MS = 600  # keys and wheel notches closer than this are one edit


@dataclass(frozen=True, slots=True)
class SliderSpec:
    """What a slider stands for."""

    label: str
    minimum: float = 0.0
    maximum: float = 1.0
    default: float = 0.0
    tip: str = ""
    decimals: int = 2
    unit: str = ""  # shown after the number


class ElidedLabel(QLabel):
    """A label that shortens its text rather than pushing its neighbours."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = text
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = QFontMetrics(self.font())
        self.setText(metrics.elidedText(self._full, Qt.TextElideMode.ElideRight, self.width()))


class LabelledSlider(QWidget):
    """Shows one number and says when a person changes it.

    One drag, one burst of keys or one typed number is one gesture, so that it becomes one undo
    step. Double click resets; Shift is fine; the context menu copies, pastes, locks and resets.
    """

    edited = Signal(float, object)  # new value, gesture
    lock_toggled = Signal(bool)

    def __init__(self, spec: SliderSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._locked = False
        self._lockable = False
        self._gesture: object = None
        self._pause = QTimer(self, singleShot=True, interval=GESTURE_PAUSE_MS)
        self._pause.timeout.connect(self._end_gesture)
        self._label = ElidedLabel(spec.label)
        self._label.setFixedWidth(LABEL_PX)
        self._label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.slider = FineSlider(self._ticks(spec.default))
        self.field = self._make_field()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.field)
        self._name_for_readers()
        self.slider.valueChanged.connect(self._on_slider)
        self.slider.sliderPressed.connect(self._begin_drag)
        self.slider.sliderReleased.connect(self._end_gesture)
        self.slider.reset_requested.connect(self.reset)
        self.field.valueChanged.connect(self._on_field)
        self.show_value(spec.default)

    @property
    def value(self) -> float:
        """The number on show."""
        return self.field.value()

    def show_value(self, value: float) -> None:
        """Show a number without saying that it changed."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.field):
            self.slider.setValue(self._ticks(value))
            self.field.setValue(value)
        self.slider.update()

    def make_lockable(self) -> None:
        """Offer a lock in the context menu."""
        self._lockable = True

    def set_locked(self, locked: bool) -> None:
        """Show a locked value, which cannot be edited here."""
        self._locked = locked
        self._enable()

    def set_driven(self, driven: bool) -> None:
        """Tint it, because something else moves it; nobody can edit it meanwhile."""
        if driven != self.slider.driven:
            self.slider.driven = driven
            self._enable()
            self.slider.update()

    def reset(self) -> None:
        """Go back to the default, as a person's edit."""
        self._end_gesture()
        self._change(self.spec.default)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 (Qt's name)
        menu = self.context_menu()
        menu.exec(event.globalPos())
        menu.deleteLater()

    def context_menu(self) -> QMenu:
        """Copy, paste, lock and reset."""
        menu = QMenu(self)
        menu.addAction(self.tr("Copy value"), self._copy)
        paste = menu.addAction(self.tr("Paste value"), self._paste)
        paste.setEnabled(self._pasted() is not None and not self._locked)
        if self._lockable:
            text = self.tr("Unlock") if self._locked else self.tr("Lock")
            menu.addAction(text, lambda: self.lock_toggled.emit(not self._locked))
        menu.addSeparator()
        menu.addAction(self.tr("Reset"), self.reset).setEnabled(not self._locked)
        return menu

    def _enable(self) -> None:
        self._label.setEnabled(not self._locked)
        for part in (self.slider, self.field):
            part.setEnabled(not (self._locked or self.slider.driven))

    def _make_field(self) -> QDoubleSpinBox:
        field = QDoubleSpinBox()
        field.setObjectName("value")
        # The style sheet takes the buttons away: with `NoButtons`, Qt 6.11 leaves the text of a
        # styled field one pixel wide.
        field.lineEdit().setTextMargins(0, 0, 4, 0)
        field.setRange(self.spec.minimum, self.spec.maximum)
        field.setDecimals(self.spec.decimals)
        field.setSuffix(self.spec.unit)
        field.setSingleStep((self.spec.maximum - self.spec.minimum) / 100)
        field.setKeyboardTracking(False)
        field.setFixedWidth(VALUE_PX)
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        field.setFont(tabular(field.font()))
        field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        field.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]
        return field

    def _name_for_readers(self) -> None:
        self.slider.setAccessibleName(self.spec.label)
        self.field.setAccessibleName(self.tr("{name}, number").format(name=self.spec.label))
        self.setToolTip(self.spec.tip or self.spec.label)

    def _ticks(self, value: float) -> int:
        span = self.spec.maximum - self.spec.minimum
        return round((value - self.spec.minimum) / span * STEPS)

    def _on_slider(self, ticks: int) -> None:
        span = self.spec.maximum - self.spec.minimum
        self._change(self.spec.minimum + ticks / STEPS * span)

    def _on_field(self, value: float) -> None:
        self._change(value)

    def _change(self, value: float) -> None:
        if self._locked or self.slider.driven:
            return
        if not self.slider.isSliderDown():
            self._gesture = self._gesture or object()
            self._pause.start()
        self.show_value(value)
        self.edited.emit(value, self._gesture)

    def _begin_drag(self) -> None:
        self._pause.stop()
        self._gesture = object()

    def _end_gesture(self) -> None:
        self._pause.stop()
        self._gesture = None

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.value:.{self.spec.decimals}f}")

    def _paste(self) -> None:
        if (value := self._pasted()) is not None:
            self._end_gesture()
            self._change(value)

    def _pasted(self) -> float | None:
        try:
            value = float(QGuiApplication.clipboard().text().replace(",", "."))
        except ValueError:
            return None
        return min(max(value, self.spec.minimum), self.spec.maximum)
