"""Colours of the roots and of the tips, each with how far it reaches."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.colors import LinearRGB
from app.head_names import DYES, HAIR_COLORS
from app.theme import Theme
from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from app.widgets.section import Section, flat_button
from app.widgets.swatches import SwatchRow
from head360.params import HairTones

#: Of roots and tips: their fields of `HairTones`.
REACHES = {"roots": "root_reach", "tips": "tip_reach"}


class ToneRows(Section):
    """Shows a head's `hair_tones` and says what a person wants of them."""

    previewed = Signal(object)  # HairTones on show for now; None: nothing any more
    edited = Signal(object, object)  # HairTones or None, gesture

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Roots and tips"), theme, parent)
        self._tones = HairTones()
        self.colors: dict[str, SwatchRow] = {}
        self.reaches: dict[str, LabelledSlider] = {}
        self.removes: dict[str, QToolButton] = {}
        titles = {"roots": self.tr("Roots"), "tips": self.tr("Tips")}
        for part, title in titles.items():
            self._add(part, title)
        self.show_tones(None)

    def show_tones(self, tones: HairTones | None) -> None:
        """Show colours; None is the hair's own."""
        self._tones = tones or HairTones()
        for part, reach in REACHES.items():
            color = getattr(self._tones, part)
            self.colors[part].show_color(color)
            self.removes[part].setEnabled(color is not None)
            self.reaches[part].setEnabled(color is not None)
            self.reaches[part].show_value(getattr(self._tones, reach))

    def _add(self, part: str, title: str) -> None:
        name = self.tr("Colour of the {part}").format(part=title.lower())
        colors = SwatchRow(name, {**HAIR_COLORS, **DYES}, self._theme, columns=len(HAIR_COLORS))
        colors.previewed.connect(partial(self._preview, part))
        colors.picked.connect(lambda _, color: self._edit(part, color))
        tip = self.tr("The hair’s own colour at the {part}").format(part=title.lower())
        remove = flat_button(self._theme, "close", tip)
        remove.clicked.connect(lambda: self._edit(part, None))
        default = getattr(HairTones(), REACHES[part])
        tip = self.tr("Over how much of each strand, measured from its {end}").format(
            end=self.tr("root") if part == "roots" else self.tr("tip")
        )
        reach = LabelledSlider(SliderSpec(title, default=default, tip=tip))
        reach.edited.connect(partial(self._edit_reach, part))
        top = QHBoxLayout()
        top.addWidget(reach, 1)
        top.addWidget(remove)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(colors)
        self.rows.addLayout(column)
        self.colors[part], self.reaches[part], self.removes[part] = colors, reach, remove

    def _with(self, part: str, color: LinearRGB | None) -> HairTones:
        changes: dict[str, Any] = {part: color}
        return replace(self._tones, **changes)

    def _preview(self, part: str, color: LinearRGB | None) -> None:
        self.previewed.emit(None if color is None else self._with(part, color))

    def _edit(self, part: str, color: LinearRGB | None) -> None:
        tones = self._with(part, color)
        self.edited.emit(None if tones.roots is tones.tips is None else tones, None)

    def _edit_reach(self, part: str, value: float, gesture: object) -> None:
        changes: dict[str, Any] = {REACHES[part]: value}
        self.edited.emit(replace(self._tones, **changes), gesture)
