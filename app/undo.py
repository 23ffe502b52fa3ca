"""Decides what Ctrl+Z takes back: the last step on the photo in hand, or of the head."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoGroup
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

from app.document import HeadDocument
from app.photo_session import PhotoSession, State


class UndoGroup(QUndoGroup):
    """Undo belongs to where a person works: to the photo while it is looked over, else the head.

    Whatever was done or touched last decides. Paint and landmarks are no part of the project
    until the photo is fitted, so that they have a stack of their own, which ends with the photo.
    """

    def __init__(
        self, document: HeadDocument, session: PhotoSession, dock: QDockWidget, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document, self._session, self._dock = document, session, dock
        self._on_photo = False  # was the photo touched last?
        self._head_then = 0  # how many steps the head was at when it was
        self.addStack(document.undo_stack)
        self.addStack(session.undo_stack)
        session.undo_stack.indexChanged.connect(self._turn_to_photo)
        document.undo_stack.indexChanged.connect(self._turn_to_head)
        session.changed.connect(self._choose)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._follow_focus)
        self._choose()

    def _turn_to_photo(self, _index: int) -> None:
        if self._document.undo_stack not in self.stacks():
            return  # the window is going
        self._on_photo, self._head_then = True, self._document.undo_stack.index()
        self._choose()

    def _turn_to_head(self, index: int) -> None:
        self._on_photo = index == self._head_then  # all that came after is taken back
        self._choose()

    def _follow_focus(self, _old: QWidget | None, now: QWidget | None) -> None:
        window = self._dock.parentWidget()
        if now is None or not isinstance(window, QWidget):
            return
        if self._session.state is not State.READY:  # focus flees from what is hidden
            return
        in_dock = self._dock.isAncestorOf(now)
        if in_dock or window.isAncestorOf(now):  # neither a dialog nor a menu of its own
            self._on_photo = in_dock
            self._choose()

    def _choose(self) -> None:
        stacks = self.stacks()
        stack = self._session.undo_stack
        if stack not in stacks or self._document.undo_stack not in stacks:
            return  # the window is going
        on_photo = self._on_photo and self._session.state is State.READY and stack.count() > 0
        self.setActiveStack(stack if on_photo else self._document.undo_stack)
