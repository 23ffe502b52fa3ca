"""Asks how big a picture to make, and whether to save or copy it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.forms import dim_label, form_of, number_field, row_of
from app.exports import spoken_duration
from app.settings import SCREENSHOT, Settings
from app.widgets.refine_box import RefineBox
from head360.export.video import MAX_SIZE

LEAST_PX = 16


class ScreenshotDialog(QDialog):
    """Any size up to 4096 pixels, with or without what is behind the head."""

    save_chosen = Signal(int, int, bool, bool)  # width, height, transparent, refined
    copy_chosen = Signal(int, int, bool, bool)

    def __init__(
        self,
        settings: Settings,
        shown: tuple[int, int],
        estimate_s: Callable[[int, int, bool], float | None],
        parent: QWidget | None = None,
        *,
        unlit: bool = False,
    ) -> None:
        """Ask; `shown` is the size of the view in pixels.

        `estimate_s` says how many seconds (width, height, refined) will take; `unlit` that the view
        shows something else than the lit head.
        """
        super().__init__(parent)
        self._settings, self._estimate_s = settings, estimate_s
        self.setWindowTitle(self.tr("Screenshot"))
        self.width_px = number_field(self.tr("Width in pixels"), LEAST_PX, MAX_SIZE)
        self.height_px = number_field(self.tr("Height in pixels"), LEAST_PX, MAX_SIZE)
        self.transparent = QCheckBox(self.tr("Transparent: nothing behind the head"))
        self.refine = RefineBox(unlit=unlit)
        self.refine.toggled.connect(self._sum_up)
        self.summary = dim_label()
        self.width_px.valueChanged.connect(self._sum_up)
        self.height_px.valueChanged.connect(self._sum_up)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(12)
        column.addLayout(self._make_sizes(shown))
        column.addLayout(self._make_form())
        column.addWidget(self.summary)
        column.addStretch()
        column.addLayout(self._make_buttons())
        self.set_size(*_fitted(*shown))
        self._recall()

    def set_size(self, width: int, height: int) -> None:
        """Fill in a size in pixels."""
        self.width_px.setValue(width)
        self.height_px.setValue(height)

    def _make_sizes(self, shown: tuple[int, int]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        width, height = shown
        for name, size in (
            (self.tr("As shown"), _fitted(width, height)),
            (self.tr("Twice as big"), _fitted(2 * width, 2 * height)),
            (self.tr("Square"), (2048, 2048)),
            (self.tr("Largest"), _fitted(100 * width, 100 * height)),
        ):
            button = QPushButton(name)
            button.setAutoDefault(False)
            button.clicked.connect(partial(self._choose, size))
            row.addWidget(button)
        return row

    def _make_form(self) -> QGridLayout:
        size = row_of(self.width_px, "×", self.height_px, self.tr("pixels"))
        return form_of(
            (self.tr("Size"), size), ("", row_of(self.transparent)), ("", row_of(self.refine))
        )

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch()
        self.copy, self.save = QPushButton(self.tr("Copy")), QPushButton(self.tr("Save…"))
        self.save.setDefault(True)
        cancel = QPushButton(self.tr("Cancel"))
        for button, slot in (
            (cancel, self.reject),
            (self.copy, partial(self._accept, self.copy_chosen)),
            (self.save, partial(self._accept, self.save_chosen)),
        ):
            button.setAutoDefault(button is self.save)
            button.clicked.connect(slot)
            row.addWidget(button)
        return row

    def _choose(self, size: tuple[int, int], *_: object) -> None:
        self.set_size(*size)

    def _accept(self, signal: object, *_: object) -> None:
        size = (self.width_px.value(), self.height_px.value())
        wanted = (*size, self.transparent.isChecked(), self.refine.chosen)
        entry: dict[str, object] = {"transparent": wanted[2], "refine": wanted[3]}
        self._settings.set(SCREENSHOT, entry)
        self.accept()
        signal.emit(*wanted)  # type: ignore[attr-defined]

    def _sum_up(self, *_: object) -> None:
        seconds = self._estimate_s(
            self.width_px.value(), self.height_px.value(), self.refine.chosen
        )
        text = self.tr("The present view.")
        if seconds is not None:
            text = self.tr("The present view; takes about {time}.").format(
                time=spoken_duration(seconds)
            )
        self.summary.setText(text)

    def _recall(self) -> None:
        entry = self._settings.get(SCREENSHOT)
        self.transparent.setChecked(entry.get("transparent") is True)
        self.refine.setChecked(entry.get("refine") is True)
        self._sum_up()


def _fitted(width: int, height: int) -> tuple[int, int]:
    """The same shape, no side longer than what can be drawn."""
    shrink = min(1.0, MAX_SIZE / max(width, height, 1))
    return max(round(width * shrink), LEAST_PX), max(round(height * shrink), LEAST_PX)
