"""Pieces that the export dialogs share."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QWidget,
)

from app.theme import tabular


def number_field(name: str, low: int, high: int, step: int = 1) -> QSpinBox:
    """A whole number to type."""
    field = QSpinBox()
    field.setRange(low, high)
    field.setSingleStep(step)
    field.setAlignment(Qt.AlignmentFlag.AlignRight)
    field.setFont(tabular(field.font()))
    field.setFixedWidth(72)
    field.setAccessibleName(name)
    return field


def row_of(*parts: QWidget | str) -> QHBoxLayout:
    """Widgets and words in a line, at the left."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for part in parts:
        row.addWidget(dim_label(part) if isinstance(part, str) else part)
    row.addStretch()
    return row


def answer_row(cancel: QPushButton, accept: QPushButton) -> QHBoxLayout:
    """The two ways out of a dialog, at the right; Return takes the second."""
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addStretch()
    cancel.setAutoDefault(False)
    accept.setDefault(True)
    row.addWidget(cancel)
    row.addWidget(accept)
    return row


def choice_row(
    parent: QWidget, choices: Iterable[tuple[str, Callable[..., None]]]
) -> tuple[QHBoxLayout, list[QPushButton]]:
    """Buttons of which one is down, by what they say and what they do, in a line."""
    row, group = QHBoxLayout(), QButtonGroup(parent)
    row.setSpacing(4)
    buttons = []
    for text, chosen in choices:
        button = QPushButton(text)
        button.setCheckable(True)
        button.setAutoDefault(False)
        button.clicked.connect(chosen)
        group.addButton(button)
        row.addWidget(button)
        buttons.append(button)
    return row, buttons


def form_of(*rows: tuple[str, QHBoxLayout]) -> QGridLayout:
    """Named rows. Not a QFormLayout, which sets names higher than what stands beside them."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(1, 1)
    for index, (name, row) in enumerate(rows):
        grid.addWidget(QLabel(name), index, 0)
        grid.addLayout(row, index, 1)
    return grid


def dim_label(text: str = "") -> QLabel:
    """Words that explain."""
    label = QLabel(text)
    label.setProperty("role", "dim")
    return label
