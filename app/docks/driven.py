"""Sliders that a live face or a recording moves: tinted, in step, not to be edited meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer

from app.stage import Stage
from app.widgets.labelled_slider import LabelledSlider
from head360.params import EXPRESSIONS

#: Sliders follow no more often: the processor belongs to the head.
FOLLOW_MS = 100


class DrivenSliders(QObject):
    """Lets the sliders of one field of a head follow the stage while it performs."""

    def __init__(
        self, stage: Stage, sliders: Mapping[int, LabelledSlider], field: str, parent: QObject
    ) -> None:
        """Follow; `sliders`, by component, may still be filled later."""
        super().__init__(parent)
        self._stage, self._sliders, self._field = stage, sliders, field
        self._soon = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._soon.timeout.connect(self._follow)
        stage.shown_changed.connect(self.look_again)
        stage.performing.connect(self._begin_or_end)

    def look_again(self, *_: object) -> None:
        """Bring sliders up to date in a moment; also needed when some come into sight."""
        if self._stage.is_performing and not self._soon.isActive():
            self._soon.start()

    def _begin_or_end(self, performing: bool) -> None:
        if not performing:
            self._soon.stop()
            self._follow()

    def _follow(self) -> None:
        values = getattr(self._stage.shown, self._field)
        performs, unknown = self._stage.is_performing, self._stage.unknown
        for index, slider in self._sliders.items():
            name = EXPRESSIONS[index] if self._field == "expression" else ""
            slider.set_driven(performs and name not in unknown)
            if slider.isVisible() or not performs:
                slider.show_value(float(values[index]))
