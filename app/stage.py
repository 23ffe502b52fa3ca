"""Decides which head is on show."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.document import HeadDocument
from head360.params import HeadParams


class Stage(QObject):
    """The head on show: the document's, unless something previews another."""

    shown_changed = Signal(object)  # HeadParams

    def __init__(self, document: HeadDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._preview: HeadParams | None = None
        document.params_changed.connect(self._drop_preview)

    @property
    def shown(self) -> HeadParams:
        """What the viewport should draw now."""
        return self._preview or self._document.params

    def preview(self, params: HeadParams | None) -> None:
        """Show `params` without editing the document; None goes back to it."""
        if params is not self._preview:
            self._preview = params
            self.shown_changed.emit(self.shown)

    def _drop_preview(self, *_: object) -> None:
        self._preview = None
        self.shown_changed.emit(self.shown)
