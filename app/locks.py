"""Which parts of a head must survive randomise, reset, presets and morph."""

from __future__ import annotations

from typing import Any, TypeAlias

from PySide6.QtCore import QObject, Signal

from head360.params import HeadParams

LockKey: TypeAlias = tuple[str, int | None]  # field of HeadParams; one component, None = all

SHAPE, SKIN = ("shape",), ("texture", "attributes", "iris_color", "make_up")
HAIR = ("hairstyle", "hair_mix", "hair_shape", "hair_color", "hair_tones", "own_hair")


class Locks(QObject):
    """The set of locked fields and components. Part of the session, not of the project."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._locked: set[LockKey] = set()

    def is_locked(self, field: str, index: int | None = None) -> bool:
        """Whether a whole field or one of its components is locked."""
        return (field, None) in self._locked or (field, index) in self._locked

    def lock(self, fields: tuple[str, ...], locked: bool, index: int | None = None) -> None:
        """Lock or free whole fields, or one component of them."""
        keys = {(field, index) for field in fields}
        self._locked = self._locked | keys if locked else self._locked - keys
        self.changed.emit()

    def allowed(self, params: HeadParams, changes: dict[str, Any]) -> dict[str, Any]:
        """The part of `changes` that leaves every locked value of `params` alone."""
        return {
            field: self._keep_components(params, field, value)
            for field, value in changes.items()
            if (field, None) not in self._locked
        }

    def _keep_components(self, params: HeadParams, field: str, value: Any) -> Any:
        kept = [i for name, i in self._locked if name == field and i is not None]
        if not kept:
            return value
        patched = value.copy()
        patched[kept] = getattr(params, field)[kept]
        return patched
