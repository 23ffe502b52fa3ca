"""Copies a person, shape and skin, from one head to another, also between two studios."""

from __future__ import annotations

import atexit
import json
from dataclasses import asdict
from typing import Any

import numpy as np
from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication

from app.document import HeadDocument
from app.locks import SHAPE, SKIN, Locks
from app.messages import Messages
from head360.params import HeadParams
from head360.project import MAX_ABSOLUTE
from head360.project_values import UnreadableError, make_up_of

#: The one field that is no array.
MAKE_UP = "make_up"
MIME = "application/x-head360-person+json"
FIELDS = tuple(name for name in (*SHAPE, *SKIN) if name != MAKE_UP)
LIMIT_BYTES = 64 << 10  # a person takes about 3 kB


class PersonClipboard(QObject):
    """Copy and paste shape and skin."""

    def __init__(
        self, document: HeadDocument, locks: Locks, messages: Messages, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._document, self._locks, self._messages = document, locks, messages

    def copy(self) -> None:
        """Put the present person on the clipboard."""
        mime = QMimeData()
        mime.setData(MIME, person_to_json(self._document.params))
        QGuiApplication.clipboard().setMimeData(mime)
        self._messages.info(self.tr("Shape and skin are on the clipboard."))

    def paste(self) -> None:
        """Become the person on the clipboard, except for what is locked."""
        content = bytes(QGuiApplication.clipboard().mimeData().data(MIME).data())
        person = person_from_json(content, self._document.params)
        if person is None:
            self._messages.info(
                self.tr("There is no head on the clipboard."),
                self.tr("Copy one first: Edit, Copy shape and skin."),
            )
            return
        changes = self._locks.allowed(self._document.params, person)
        self._document.edit(self.tr("Paste shape and skin"), **changes)


@atexit.register
def _clear_own_clipboard() -> None:
    """Take back what Python put there: Qt would ask it for data when Python is gone, and crash."""
    if QGuiApplication.instance() is None:
        return
    mime: QMimeData | None = QGuiApplication.clipboard().mimeData()  # None without a screen
    if mime is not None and mime.hasFormat(MIME):
        QGuiApplication.clipboard().clear()


def person_to_json(params: HeadParams) -> bytes:
    """Shape and skin as JSON."""
    entries: dict[str, Any] = {name: getattr(params, name).tolist() for name in FIELDS}
    entries[MAKE_UP] = asdict(params.make_up) if params.make_up else None
    return json.dumps(entries).encode()


def person_from_json(content: bytes, like: HeadParams) -> dict[str, Any] | None:
    """Fields of a person, each of the size it has in `like`; None when it is anything else.

    Any program may put anything on the clipboard, so nothing is taken on trust.
    """
    if not 0 < len(content) <= LIMIT_BYTES:
        return None
    try:
        entries = json.loads(content)
        person = {name: np.array(entries[name], np.float32) for name in FIELDS}
        make_up = make_up_of(entries.get(MAKE_UP))
    except (ValueError, KeyError, TypeError, RecursionError, UnreadableError):
        return None
    sane = [
        person[name].shape == getattr(like, name).shape
        and bool((np.abs(person[name]) <= MAX_ABSOLUTE).all())
        for name in FIELDS
    ]
    return {**person, MAKE_UP: make_up} if all(sane) else None
