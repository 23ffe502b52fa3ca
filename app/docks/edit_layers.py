"""The rows of the “Say it” panel: edit layers, and the wishes of the one that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.theme import Theme
from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from app.widgets.section import flat_button
from head360.edits import MAX_AMOUNT, EditLayer, Wish

_MARGINS_PX = 24  # of a button, to both sides of its text


class LayerRow(QWidget):
    """One layer: on or off, its sentence, how strongly, and where it stands."""

    switched = Signal(int, bool)
    strengthened = Signal(int, float, object)  # number, strength, gesture
    chosen = Signal(int)
    moved = Signal(int, int)  # number, by how many places upwards
    removed = Signal(int)

    def __init__(
        self, number: int, layer: EditLayer, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._number = number
        self.check = QCheckBox()
        self.check.setAccessibleName(self.tr("Show “{text}”").format(text=layer.text))
        self.check.toggled.connect(self._switch)
        self.title = QPushButton()
        self.title.setObjectName("section")
        self.title.setCheckable(True)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.title.clicked.connect(self._choose)
        self.up = flat_button(theme, "chevron-up", self.tr("Move up"))
        self.up.clicked.connect(self._move_up)
        self.down = flat_button(theme, "chevron-down", self.tr("Move down"))
        self.down.clicked.connect(self._move_down)
        self.remove = flat_button(theme, "close", self.tr("Remove this edit"))
        self.remove.clicked.connect(self._remove)
        tip = self.tr("0 = before … 1 = after")
        self.slider = LabelledSlider(SliderSpec(self.tr("Strength"), default=1.0, tip=tip))
        self.slider.edited.connect(self._strengthen)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.check)
        top.addWidget(self.title, 1)
        for button in (self.up, self.down, self.remove):
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(self.slider)
        self.show_layer(layer)

    def show_layer(self, layer: EditLayer) -> None:
        """Show another state of the layer."""
        with QSignalBlocker(self.check):
            self.check.setChecked(layer.on)
        self.title.setToolTip(layer.text)
        self._text = layer.text
        self._elide()
        self.slider.show_value(layer.strength)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = self.title.width() - _MARGINS_PX
        metrics = self.title.fontMetrics()
        short = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, max(room, 40))
        self.title.setText(short.replace("&", "&&"))

    def show_chosen(self, chosen: bool) -> None:
        """Whether the wishes below are this layer's."""
        self.title.setChecked(chosen)

    def _switch(self, on: bool) -> None:
        self.switched.emit(self._number, on)

    def _choose(self) -> None:
        self.chosen.emit(self._number)

    def _move_up(self) -> None:
        self.moved.emit(self._number, 1)

    def _move_down(self) -> None:
        self.moved.emit(self._number, -1)

    def _remove(self) -> None:
        self.removed.emit(self._number)

    def _strengthen(self, value: float, gesture: object) -> None:
        self.strengthened.emit(self._number, value, gesture)


class WishRows(QWidget):
    """What was understood: a slider for each wish, with the words it came from."""

    amount_edited = Signal(int, float, object)  # number of the wish, amount, gesture

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.sliders: list[LabelledSlider] = []
        self._titles: tuple[str, ...] = ()

    def show_wishes(self, wishes: Sequence[Wish]) -> None:
        """Show a layer's wishes; rows are kept while they stand for the same ones."""
        titles = tuple(f"{wish.title} {wish.words}" for wish in wishes)
        if titles != self._titles:
            self._titles = titles
            self._make(wishes)
        for slider, wish in zip(self.sliders, wishes, strict=True):
            slider.show_value(wish.amount)

    def _make(self, wishes: Sequence[Wish]) -> None:
        for slider in self.sliders:
            self._column.removeWidget(slider)
            slider.deleteLater()
        self.sliders = [self._row(number, wish) for number, wish in enumerate(wishes)]
        for slider in self.sliders:
            self._column.addWidget(slider)

    def _row(self, number: int, wish: Wish) -> LabelledSlider:
        tip = self.tr("From “{words}”").format(words=wish.words)
        spec = SliderSpec(wish.title, 0.0, MAX_AMOUNT, 1.0, tip)
        slider = LabelledSlider(spec)
        slider.edited.connect(partial(self.amount_edited.emit, number))
        return slider
