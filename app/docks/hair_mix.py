"""The row below the hairstyles that mixes a second one in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.theme import Theme
from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from app.widgets.section import flat_button
from head360.params import HairMix, HeadParams

#: Where a fresh mix starts.
HALF = 0.5


class MixRow(QWidget):
    """Shows a head's `hair_mix` and says what a person wants of it.

    The button stays down while the second style is being chosen from the grid above.
    """

    choosing = Signal(bool)
    share_edited = Signal(float, object)  # share, gesture
    removed = Signal()

    def __init__(
        self, titles: Mapping[str, str], theme: Theme, parent: QWidget | None = None
    ) -> None:
        """Make the row; `titles` are those of the hairstyles, by id."""
        super().__init__(parent)
        self._titles = titles
        self.button = QPushButton()
        self.button.setObjectName("more")
        self.button.setCheckable(True)
        self.button.toggled.connect(self._choose)
        self.remove = flat_button(theme, "close", self.tr("Wear the first hairstyle alone"))
        self.remove.clicked.connect(self.removed)
        tip = self.tr("How far the hair is on the way to the second hairstyle")
        self.slider = LabelledSlider(SliderSpec(self.tr("Share"), default=HALF, tip=tip))
        self.slider.edited.connect(self.share_edited)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.button, 1)
        top.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.slider)
        self.show_mix(None, can_mix=False)

    @property
    def is_choosing(self) -> bool:
        """Whether the next hairstyle that is picked is the second one."""
        return self.button.isChecked()

    def show_mix(self, mix: HairMix | None, *, can_mix: bool) -> None:
        """Show a mix, None for none; `can_mix` says whether there is hair to mix with."""
        self._mix = mix
        self.button.setEnabled(can_mix)
        self.remove.setVisible(mix is not None)
        self.slider.setVisible(mix is not None)
        if mix is not None:
            self.slider.show_value(mix.share)
        self.stop_choosing()

    def stop_choosing(self) -> None:
        """Let the next hairstyle that is picked be the first one again."""
        was = self.button.isChecked()
        with QSignalBlocker(self.button):
            self.button.setChecked(False)
        self._show_text()
        if was:
            self.choosing.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        if event.key() == Qt.Key.Key_Escape and self.is_choosing:
            self.stop_choosing()
        else:
            super().keyPressEvent(event)

    def _choose(self, choosing: bool) -> None:
        self._show_text()
        self.choosing.emit(choosing)

    def _show_text(self) -> None:
        if self.is_choosing:
            text = self.tr("Now pick the second hairstyle above")
        elif self._mix is not None:
            title = self._titles.get(self._mix.style, self._mix.style)
            text = self.tr("Mixed with {name}").format(name=title)
        else:
            text = self.tr("Mix with…")
        self.button.setText(text)
        self.button.setToolTip(
            self.tr("Find something between two hairstyles; also by a right click on a picture")
        )


def mixed_with(params: HeadParams, style: str | None) -> HairMix | None:
    """The mix of a head once `style` is its second hairstyle; None where there is none to be."""
    if params.hairstyle is None or style is None or style == params.hairstyle:
        return None
    return HairMix(style, params.hair_mix.share if params.hair_mix else HALF)


def worn(params: HeadParams, style: str | None) -> dict[str, Any]:
    """The fields of a head once `style` is its first hairstyle; a mix with itself is none."""
    mix = params.hair_mix
    kept = mix if mix is not None and style is not None and mix.style != style else None
    return {"hairstyle": style, "hair_mix": kept}
