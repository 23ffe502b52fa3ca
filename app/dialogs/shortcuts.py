"""All shortcuts on one page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.actions import ACTIONS, MENUS, MODE_NAMES

#: What mouse and keys do on the head, on photos and on sliders.
GESTURES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "On the head",
        (
            ("Turn", "Drag, arrows"),
            ("Move", "Middle drag, Space drag"),
            ("Zoom", "Wheel, + −"),
            ("Centre a point", "Double click"),
            ("Before refining", "Hold C"),
        ),
    ),
    (
        "On a photo",
        (
            ("Next face or landmark", "Arrows, Page up, Page down"),
            ("Take paint back", "Shift"),
            ("Size of the brush", "[ ]"),
            ("Paint without a mouse", "Arrows, Space"),
            ("Stop a fit", "Esc"),
        ),
    ),
    (
        "On a slider",
        (
            ("Fine", "Shift"),
            ("Reset", "Double click"),
            ("Copy, paste, lock", "Right click"),
        ),
    ),
)


class ShortcutsDialog(QDialog):
    """Groups side by side, so that nothing scrolls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        groups = [*_from_menus(), ("Show", _modes()), *GESTURES]
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 20, 24, 24)
        row.setSpacing(40)
        for column in _in_columns(groups, 3):
            box = QVBoxLayout()
            box.setSpacing(20)
            for title, rows in column:
                box.addLayout(self._group(title, rows))
            box.addStretch()
            row.addLayout(box)

    def _group(self, title: str, rows: tuple[tuple[str, str], ...]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        heading = QLabel(self.tr(title))
        heading.setProperty("role", "heading")
        grid.addWidget(heading, 0, 0, 1, 2)
        for index, (what, key) in enumerate(rows, 1):
            label = QLabel(key)
            label.setProperty("role", "key")
            grid.addWidget(QLabel(self.tr(what)), index, 0)
            grid.addWidget(label, index, 1, Qt.AlignmentFlag.AlignRight)
        return grid


def _from_menus() -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    specs = {spec.id: spec for spec in ACTIONS}
    keys = {spec.id: (spec.text.rstrip("…"), _native(spec.shortcut)) for spec in ACTIONS}
    keys |= {"undo": ("Undo", _native("Ctrl+Z")), "redo": ("Redo", _native("Ctrl+Shift+Z"))}
    groups = []
    for title, entries in MENUS:
        bound = [e for e in entries if e in ("undo", "redo") or (e in specs and specs[e].shortcut)]
        if bound:
            groups.append((title.replace("&", ""), tuple(keys[entry] for entry in bound)))
    return groups


def _modes() -> tuple[tuple[str, str], ...]:
    return tuple((name, str(number)) for number, name in enumerate(MODE_NAMES.values(), 1))


def _native(shortcut: str) -> str:
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)


def _in_columns(
    groups: list[tuple[str, tuple[tuple[str, str], ...]]], count: int
) -> list[list[tuple[str, tuple[tuple[str, str], ...]]]]:
    """Groups in order, in columns of about equal height."""
    total = sum(len(rows) + 2 for _, rows in groups)
    columns: list[list[tuple[str, tuple[tuple[str, str], ...]]]] = [[] for _ in range(count)]
    filled = 0
    for title, rows in groups:
        middle = filled + (len(rows) + 2) / 2
        columns[min(int(middle / total * count), count - 1)].append((title, rows))
        filled += len(rows) + 2
    return columns
