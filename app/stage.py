"""Decides which head is on show."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.document import HeadDocument
from head360.params import HeadParams
from head360.performance import Sample, applied


class Stage(QObject):
    """The head on show: the document's, or a preview of another; a live face plays either."""

    shown_changed = Signal(object)  # HeadParams
    performing = Signal(bool)  # whether a live face, or a recording, plays the head

    def __init__(self, document: HeadDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._preview: HeadParams | None = None
        self._sample: Sample | None = None
        self._played: HeadParams | None = None
        document.params_changed.connect(self._drop_preview)

    @property
    def shown(self) -> HeadParams:
        """What the viewport should draw now."""
        return self._played or self._standing

    @property
    def is_performing(self) -> bool:
        """Whether the face on show is not the document's."""
        return self._sample is not None

    @property
    def unknown(self) -> frozenset[str]:
        """Shapes that whoever performs says nothing about: the document's stay."""
        return self._sample.unknown if self._sample is not None else frozenset()

    def preview(self, params: HeadParams | None) -> None:
        """Show `params` without editing the document; None goes back to it."""
        if params is not self._preview:
            self._preview = params
            self._tell()

    def perform(self, sample: Sample | None) -> None:
        """Give whatever is on show another face for now; None gives it back its own."""
        before, self._sample = self._sample, sample
        if sample is not before:
            self._tell()
        if (sample is None) != (before is None):
            self.performing.emit(sample is not None)

    @property
    def _standing(self) -> HeadParams:
        return self._preview or self._document.params

    def _drop_preview(self, *_: object) -> None:
        self._preview = None
        self._tell()

    def _tell(self) -> None:
        self._played = applied(self._standing, self._sample) if self._sample else None
        self.shown_changed.emit(self.shown)
