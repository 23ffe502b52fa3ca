"""The open project: one immutable state, one signal, one undo command."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from head360.marks import Marks
from head360.params import HeadParams, changed_fields
from head360.performance import Performance
from head360.sitting import Sitting

if TYPE_CHECKING:
    from head360.fitting.report import FitReport

UNTITLED = "Untitled"


@dataclass(frozen=True, slots=True, eq=False)
class KeptPhoto:
    """The photo that a head was fitted to."""

    jpeg: bytes
    sitting: Sitting | None  # where it was taken from
    report: FitReport | None = None  # only of a fit in this session
    marks: Marks | None = None  # (H, W) of it: what was painted on it


class _Unchanged(Enum):
    """For an argument that is not given."""

    UNCHANGED = 0


UNCHANGED = _Unchanged.UNCHANGED
_State: TypeAlias = tuple[HeadParams, KeptPhoto | None]


class HeadDocument(QObject):
    """The head being edited. Views read `params` and change it only through `edit`."""

    params_changed = Signal(object, object)  # HeadParams, frozenset of changed field names
    photo_changed = Signal()
    file_changed = Signal()  # path or "modified" changed
    performance_changed = Signal(object)  # Performance, or None

    def __init__(self, params: HeadParams, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._params = params
        self._performance: Performance | None = None
        self._photo: KeptPhoto | None = None
        self._path: Path | None = None
        self.undo_stack = QUndoStack(self)
        self._touched = False
        self.undo_stack.cleanChanged.connect(self.file_changed)

    @property
    def params(self) -> HeadParams:
        """The committed head, without any preview."""
        return self._params

    @property
    def performance(self) -> Performance | None:
        """What the timeline plays."""
        return self._performance

    @property
    def photo(self) -> KeptPhoto | None:
        """The photo that the head was fitted to, if it was."""
        return self._photo

    @property
    def path(self) -> Path | None:
        """The file it was read from or last saved to."""
        return self._path

    @property
    def name(self) -> str:
        """What the project is called."""
        return self._path.stem if self._path else UNTITLED

    @property
    def edited(self) -> bool:
        """Whether the head itself is another than the saved one."""
        return not self.undo_stack.isClean()

    @property
    def modified(self) -> bool:
        """Whether there is anything to lose."""
        return self._touched or self.edited

    def touch(self) -> None:
        """Note that something changed that is saved with the head but cannot be undone."""
        self._touched = True
        self.file_changed.emit()

    def edit(
        self,
        text: str,
        *,
        gesture: object = None,
        photo: KeptPhoto | _Unchanged | None = UNCHANGED,
        **changes: Any,
    ) -> None:
        """Change some fields as one undoable step; nothing to change makes no step.

        Args:
            text: what the undo menu shows, such as "Jaw open".
            gesture: edits that share a gesture (one slider drag) undo together.
            photo: another photo that the head was fitted to, or None for none.
            changes: new values for fields of `HeadParams`.
        """
        before = (self._params, self._photo)
        after = (
            self._params.with_(**changes),
            self._photo if isinstance(photo, _Unchanged) else photo,
        )
        if changed_fields(before[0], after[0]) or before[1] is not after[1]:
            self.undo_stack.push(EditParams(self, text, before, after, gesture))

    def edit_performance(
        self, text: str, performance: Performance | None, *, gesture: object = None
    ) -> None:
        """Change what the timeline plays, as one undoable step."""
        if performance is not self._performance:
            before = self._performance
            self.undo_stack.push(EditPerformance(self, text, before, performance, gesture))

    def replace(
        self,
        params: HeadParams,
        path: Path | None,
        *,
        photo: KeptPhoto | None = None,
        modified: bool = False,
    ) -> None:
        """Become another project; the undo history starts anew."""
        self.undo_stack.clear()
        self._touched = False
        if modified:
            self.undo_stack.resetClean()
        self._path = path
        self._set_state((params, photo))
        self.file_changed.emit()

    def mark_saved(self, path: Path) -> None:
        """Note that the present state is in `path`."""
        self._path = path
        self._touched = False
        self.undo_stack.setClean()
        self.file_changed.emit()

    def set_performance(self, performance: Performance | None) -> None:
        """Have another performance, without an undo step: a project was opened."""
        if performance is not self._performance:
            self._performance = performance
            self.performance_changed.emit(performance)

    def _set_state(self, state: _State) -> None:
        (before, old), (self._params, self._photo) = (self._params, self._photo), state
        if changed := changed_fields(before, self._params):
            self.params_changed.emit(self._params, changed)
        if self._photo is not old:
            self.photo_changed.emit()


class EditParams(QUndoCommand):
    """Swap one head for another: every edit of the head is just that."""

    ID = 1

    def __init__(
        self, document: HeadDocument, text: str, before: _State, after: _State, gesture: object
    ) -> None:
        super().__init__(text)
        self._document, self._before, self._after, self._gesture = document, before, after, gesture

    def redo(self) -> None:
        self._document._set_state(self._after)

    def undo(self) -> None:
        self._document._set_state(self._before)

    def id(self) -> int:
        return self.ID

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 (Qt's name)
        if (
            not isinstance(other, EditParams)
            or self._gesture is None
            or other._gesture is not self._gesture
        ):
            return False
        self._after = other._after
        return True


class EditPerformance(QUndoCommand):
    """Swap one performance for another."""

    ID = 2

    def __init__(
        self,
        document: HeadDocument,
        text: str,
        before: Performance | None,
        after: Performance | None,
        gesture: object,
    ) -> None:
        super().__init__(text)
        self._document, self._before, self._after, self._gesture = document, before, after, gesture

    def redo(self) -> None:
        self._document.set_performance(self._after)

    def undo(self) -> None:
        self._document.set_performance(self._before)

    def id(self) -> int:
        return self.ID

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 (Qt's name)
        same = isinstance(other, EditPerformance) and other._gesture is self._gesture
        if self._gesture is None or not same or not isinstance(other, EditPerformance):
            return False
        self._after = other._after
        return True
