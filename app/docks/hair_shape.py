"""How a hairstyle is worn: sliders, and a button that parts it on the other side."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from head360.own_hair import OwnHair
from head360.params import HairShape

NAMES = ("length", "volume", "fringe", "hairline", "curl")


class ShapeRows(QWidget):
    """Shows a head's `hair_shape` and says what a person wants of it."""

    edited = Signal(str, float, object)  # which of `NAMES`, value, gesture
    mirrored = Signal(bool)
    own_edited = Signal(float, object)  # strength, gesture

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tips = {
            "length": (self.tr("Length"), self.tr("Shorter … longer, below the ears")),
            "volume": (self.tr("Volume"), self.tr("Flatter … fuller")),
            "fringe": (self.tr("Fringe"), self.tr("Shorter … longer, before the forehead")),
            "hairline": (self.tr("Hairline"), self.tr("Lower … higher, above the forehead")),
            "curl": (self.tr("Curl"), self.tr("As the style is … in waves, away from the scalp")),
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.sliders = {}
        for name in NAMES:
            label, tip = tips[name]
            lowest = 0.0 if name == "curl" else -1.0
            slider = LabelledSlider(SliderSpec(label, lowest, 1.0, 0.0, tip))
            slider.edited.connect(partial(self.edited.emit, name))
            self.sliders[name] = slider
            column.addWidget(slider)
        tip = self.tr("As the library has the style … as the photo shows this person's hair")
        self.own = LabelledSlider(SliderSpec(self.tr("Own shape"), default=1.0, tip=tip))
        self.own.edited.connect(self.own_edited)
        self.own.hide()
        column.addWidget(self.own)
        self.mirror = QPushButton(self.tr("Parted on the other side"))
        self.mirror.setObjectName("more")
        self.mirror.setCheckable(True)
        self.mirror.setToolTip(self.tr("Exchange left and right of the hairstyle"))
        self.mirror.clicked.connect(self.mirrored)
        column.addWidget(self.mirror)

    def show_shape(self, shape: HairShape | None) -> None:
        """Show a shape; None is the library's own."""
        known = shape or HairShape()
        for name, slider in self.sliders.items():
            slider.show_value(getattr(known, name))
        self.mirror.setChecked(known.mirrored)

    def show_own(self, own: OwnHair | None) -> None:
        """Show how far somebody's own hair is worn; None, and no slider, where there is none."""
        self.own.setVisible(own is not None)
        if own is not None:
            self.own.show_value(own.strength)
