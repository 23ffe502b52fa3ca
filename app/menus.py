"""Fills the menu bar from the table in `actions`, with the menus that change by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QUndoGroup
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QToolButton, QWidget

from app.actions import MENUS, MODE_NAMES, SEPARATOR
from app.docks.light import BACKGROUNDS
from app.files import ProjectFiles
from app.theme import Theme


class ChoiceMenu(QMenu):
    """One of several by name."""

    chosen = Signal(str)

    def __init__(self, title: str, names: Mapping[str, str], parent: QWidget) -> None:
        super().__init__(title, parent)
        self._group = QActionGroup(self)
        self.choices: dict[str, QAction] = {}
        for key, name in names.items():
            action = self.addAction(parent.tr(name))
            action.setCheckable(True)
            action.triggered.connect(partial(self._choose, key))
            self._group.addAction(action)
            self.choices[key] = action

    def show_chosen(self, key: str) -> None:
        """Mark the choice that is in force."""
        self.choices[key].setChecked(True)

    def choose(self, key: str) -> None:
        """Take a choice as if a person had."""
        self.choices[key].trigger()

    def _choose(self, key: str, *_: object) -> None:
        self.chosen.emit(key)


class RecentMenu(QMenu):
    """Projects used lately."""

    def __init__(self, files: ProjectFiles, parent: QWidget) -> None:
        super().__init__(parent.tr("Open recent"), parent)
        self._files = files
        files.recent_changed.connect(self.refill)
        self.refill()

    def refill(self) -> None:
        """List them anew."""
        self.clear()
        paths = self._files.recent()
        names = [path.name for path in paths]
        for path in paths:
            unique = names.count(path.name) == 1
            action = self.addAction(path.name if unique else str(path))
            action.setStatusTip(str(path))
            action.triggered.connect(partial(self._open, path))
        self.addSeparator()
        self.addAction(self.tr("Forget this list"), self._files.forget_recent)
        self.setEnabled(bool(paths))

    def _open(self, path: Path, *_: object) -> None:
        self._files.open_path(path)


def mode_menu(parent: QWidget) -> ChoiceMenu:
    """View modes, with the keys 1 … 8."""
    menu = ChoiceMenu(parent.tr("Show"), MODE_NAMES, parent)
    for number, action in enumerate(menu.choices.values(), 1):
        action.setShortcut(QKeySequence(str(number)))
        parent.addAction(action)
    menu.show_chosen("shaded")
    return menu


def background_menu(parent: QWidget) -> ChoiceMenu:
    """What stands behind the head."""
    return ChoiceMenu(parent.tr("Background"), BACKGROUNDS, parent)


def panel_menu(toggles: Iterable[QAction], parent: QWidget) -> QMenu:
    """Show and hide panels."""
    menu = QMenu(parent.tr("Panels"), parent)
    menu.addActions(list(toggles))
    return menu


def undo_actions(group: QUndoGroup, theme: Theme, owner: QWidget) -> dict[str, QAction]:
    """Undo and redo, which name the step they take back."""
    undo = group.createUndoAction(owner, owner.tr("Undo"))
    undo.setShortcut(QKeySequence.StandardKey.Undo)
    redo = group.createRedoAction(owner, owner.tr("Redo"))
    redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
    for action, name in ((undo, "undo"), (redo, "redo")):
        action.setObjectName(name)
        action.setIcon(theme.icon(name))
        action.setIconVisibleInMenu(False)
        owner.addAction(action)
    return {"undo": undo, "redo": redo}


def fill_menu_bar(
    window: QMainWindow, actions: Mapping[str, QAction], submenus: Mapping[str, QMenu]
) -> None:
    """Every menu of the table; what is not an action is one of `submenus`."""
    for title, entries in MENUS:
        menu = window.menuBar().addMenu(window.tr(title))
        menu.setToolTipsVisible(False)
        for entry in entries:
            if entry == SEPARATOR:
                menu.addSeparator()
            elif entry in submenus:
                menu.addMenu(submenus[entry])
            else:
                menu.addAction(actions[entry])


def add_corner_buttons(window: QMainWindow, actions: Iterable[QAction]) -> None:
    """Small buttons at the right end of the menu bar."""
    corner = QWidget(window.menuBar())
    corner.setObjectName("corner")
    row = QHBoxLayout(corner)
    row.setContentsMargins(0, 0, 8, 0)
    row.setSpacing(4)
    for action in actions:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setProperty("flat", True)
        row.addWidget(button)
    window.menuBar().setCornerWidget(corner)
