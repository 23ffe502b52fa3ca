"""Steps of working on a photo that can be undone: a stroke of paint, a landmark put elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QUndoCommand

from app.workers.photos import ShownFace
from head360.marks import Marks


class PaintStroke(QUndoCommand):
    """Swaps a part of what is painted; keeps only that part of either."""

    def __init__(
        self, text: str, before: Marks, after: Marks, change: Callable[[PaintStroke, Marks], None]
    ) -> None:
        """From marks (N, N) to others; `change` is given what takes the place of a part."""
        super().__init__(text)
        rows, columns = np.nonzero(before != after)
        self._part = (
            slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        )  # fmt: skip
        self._before, self._after = before[self._part].copy(), after[self._part].copy()
        self._change = change

    def on(self, marks: Marks, part: Marks) -> Marks:
        """Marks (N, N) with the part exchanged."""
        changed = marks.copy()
        changed[self._part] = part
        return changed

    def redo(self) -> None:
        self._change(self, self._after)

    def undo(self) -> None:
        self._change(self, self._before)


class PlaceLandmark(QUndoCommand):
    """Swaps a face for the same with a landmark elsewhere; one drag is one step."""

    ID = 3

    def __init__(
        self,
        text: str,
        before: ShownFace,
        after: ShownFace,
        show: Callable[[ShownFace], None],
        gesture: object,
    ) -> None:
        super().__init__(text)
        self._before, self._after, self._show, self._gesture = before, after, show, gesture

    def redo(self) -> None:
        self._show(self._after)

    def undo(self) -> None:
        self._show(self._before)

    def id(self) -> int:
        return self.ID

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 (Qt's name)
        if not isinstance(other, PlaceLandmark) or other._gesture is not self._gesture:
            return False
        self._after = other._after
        return True
