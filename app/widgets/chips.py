"""A wrapping row of small buttons that preview on hover and apply on click."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Signal
from PySide6.QtWidgets import QLayout, QLayoutItem, QPushButton, QSizePolicy, QWidget

from app.widgets.hover import HoverDelay

GAP_PX = 4


class FlowLayout(QLayout):
    """Rows that wrap like words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802 (Qt's name)
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:  # noqa: N802 (Qt's name)
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 (Qt's name)
        return self._arrange(QRect(0, 0, width, 0), place=False)

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802 (Qt's name)
        super().setGeometry(rect)
        self._arrange(rect, place=True)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return self.minimumSize()

    def minimumSize(self) -> QSize:  # noqa: N802 (Qt's name)
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _arrange(self, rect: QRect, *, place: bool) -> int:
        x, y, row = rect.x(), rect.y(), 0
        for item in self._items:
            size = item.sizeHint()
            if x > rect.x() and x + size.width() > rect.right() + 1:
                x, y, row = rect.x(), y + row + GAP_PX, 0
            if place:
                item.setGeometry(QRect(QPoint(x, y), size))
            x, row = x + size.width() + GAP_PX, max(row, size.height())
        return y + row - rect.y()


class ChipRow(QWidget):
    """Choices by name."""

    previewed = Signal(str)  # after resting on one; "" on leaving
    picked = Signal(str)

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hover = HoverDelay(self)
        self._hover.previewed.connect(self.previewed)
        self.buttons: dict[str, QPushButton] = {}
        flow = FlowLayout(self)
        for name in names:
            button = QPushButton(name)
            button.setProperty("chip", True)
            button.clicked.connect(partial(self._pick, name))
            button.installEventFilter(self)
            flow.addWidget(button)
            self.buttons[name] = button
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        if isinstance(watched, QPushButton):
            if event.type() == QEvent.Type.Enter:
                self._hover.enter(watched.text())
            elif event.type() == QEvent.Type.Leave:
                self._hover.leave()
        return super().eventFilter(watched, event)

    def show_checked(self, name: str | None) -> None:
        """Mark the choice that is in force."""
        for text, button in self.buttons.items():
            button.setCheckable(True)
            button.setChecked(text == name)

    def _pick(self, name: str, *_: object) -> None:
        self._hover.leave()
        self.picked.emit(name)
