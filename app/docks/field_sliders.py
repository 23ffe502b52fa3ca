"""Sliders for the components of one vector of a head, kept in step with document and locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout

from app.document import HeadDocument
from app.locks import Locks
from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from head360.params import FloatArray, HeadParams


class FieldSliders(QObject):
    """Makes sliders on demand; an undo step is called after the slider's label."""

    def __init__(
        self,
        document: HeadDocument,
        locks: Locks,
        field: str,
        specs: Mapping[int, SliderSpec],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._locks = document, locks
        self._field, self._specs = field, specs
        self.sliders: dict[int, LabelledSlider] = {}
        document.params_changed.connect(self._show)
        locks.changed.connect(self._show_locks)

    def fill(self, indices: Iterable[int], rows: QVBoxLayout) -> None:
        """Put a slider for each component into `rows`."""
        values = getattr(self._document.params, self._field)
        for index in indices:
            slider = LabelledSlider(self._specs[index])
            slider.make_lockable()
            slider.show_value(float(values[index]))
            slider.set_locked(self._locks.is_locked(self._field, index))
            slider.edited.connect(partial(self._edit, index))
            slider.lock_toggled.connect(partial(self._lock, index))
            rows.addWidget(slider)
            self.sliders[index] = slider

    def reset(self, text: str) -> None:
        """Put every component that is not locked to its default, as one undo step."""
        defaults = self._values()
        for index, spec in self._specs.items():
            defaults[index] = spec.default
        params = self._document.params
        allowed = self._locks.allowed(params, {self._field: defaults})
        self._document.edit(text, **allowed)

    def _values(self) -> FloatArray:
        values: FloatArray = getattr(self._document.params, self._field).copy()
        return values

    def _edit(self, index: int, value: float, gesture: object) -> None:
        values = self._values()
        values[index] = value
        changes: dict[str, Any] = {self._field: values}
        self._document.edit(self._specs[index].label, gesture=gesture, **changes)

    def _lock(self, index: int, locked: bool) -> None:
        if not locked and self._locks.is_locked(self._field):
            # All but this one: the whole-field lock makes way for one on each other component.
            self._locks.lock((self._field,), False)
            for other in self._specs:
                self._locks.lock((self._field,), other != index, other)
        else:
            self._locks.lock((self._field,), locked, index)

    def _show(self, params: HeadParams, changed: frozenset[str]) -> None:
        if self._field in changed:
            values = getattr(params, self._field)
            for index, slider in self.sliders.items():
                slider.show_value(float(values[index]))

    def _show_locks(self) -> None:
        for index, slider in self.sliders.items():
            slider.set_locked(self._locks.is_locked(self._field, index))
