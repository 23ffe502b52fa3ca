"""A heading that folds the rows below it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.theme import Theme


class Section(QWidget):
    """Fold and unfold with a click; the rows are made when first unfolded."""

    unfolded = Signal(bool)

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._fill: Callable[[QVBoxLayout], None] | None = None
        self.header = QPushButton(title)
        self.header.setObjectName("section")
        self.header.setCheckable(True)
        self.header.setAccessibleName(self.tr("Section {name}").format(name=title))
        self.header.toggled.connect(self._show_rows)
        self._top = QHBoxLayout()
        self._top.setSpacing(4)
        self._top.addWidget(self.header, 1)
        self._body = QWidget()
        self.rows = QVBoxLayout(self._body)
        self.rows.setContentsMargins(8, 4, 0, 8)
        self.rows.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._top)
        column.addWidget(self._body)
        self._show_rows(False)

    def fill_later(self, fill: Callable[[QVBoxLayout], None]) -> None:
        """Make the rows when they are first seen: fifty sliders cost time at the start."""
        self._fill = fill

    def add_button(self, icon: str, tip: str, *, checkable: bool = False) -> QToolButton:
        """Put a small button at the right of the heading."""
        button = flat_button(self._theme, icon, tip, checkable=checkable)
        self._top.addWidget(button)
        return button

    @property
    def is_open(self) -> bool:
        """Whether its rows are shown."""
        return self.header.isChecked()

    def unfold(self, open_: bool = True) -> None:
        """Show or hide the rows."""
        self.header.setChecked(open_)

    def _show_rows(self, open_: bool) -> None:
        if open_ and self._fill is not None:
            fill, self._fill = self._fill, None
            fill(self.rows)
        self._body.setVisible(open_)
        self.header.setIcon(self._theme.icon("chevron-down" if open_ else "chevron-right"))
        self.unfolded.emit(open_)


def flat_button(theme: Theme, icon: str, tip: str, *, checkable: bool = False) -> QToolButton:
    """A quiet button that is only an icon, with its name in tooltip and for readers."""
    button = QToolButton()
    button.setProperty("flat", True)
    button.setIcon(theme.icon(icon))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
