"""Sliders for how a hairstyle is worn: its length, volume and fringe."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from head360.params import HairShape

NAMES = ("length", "volume", "fringe")


class ShapeRows(QWidget):
    """Shows a head's `hair_shape` and says what a person wants of it."""

    edited = Signal(str, float, object)  # which of `NAMES`, value, gesture

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tips = {
            "length": (self.tr("Length"), self.tr("Shorter … longer, below the ears")),
            "volume": (self.tr("Volume"), self.tr("Flatter … fuller")),
            "fringe": (self.tr("Fringe"), self.tr("Shorter … longer, before the forehead")),
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.sliders = {}
        for name in NAMES:
            label, tip = tips[name]
            slider = LabelledSlider(SliderSpec(label, -1.0, 1.0, 0.0, tip))
            slider.edited.connect(partial(self.edited.emit, name))
            self.sliders[name] = slider
            column.addWidget(slider)

    def show_shape(self, shape: HairShape | None) -> None:
        """Show a shape; None is the library's own."""
        known = shape or HairShape()
        for name, slider in self.sliders.items():
            slider.show_value(getattr(known, name))
