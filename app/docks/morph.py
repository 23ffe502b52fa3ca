"""Two kept heads, A and B, and the way between them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.document import HeadDocument
from app.locks import Locks
from app.morph import MORPHED, PERSON, hair_between, make_up_between, mixed, share_of
from app.theme import Theme
from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from app.widgets.section import flat_button
from app.widgets.slot import SIDE_PX, SlotButton
from app.workers.picture import image_from_pixels
from app.workers.render_thread import IdleWork, RenderThread
from head360.camera import OrbitCamera
from head360.light import TRANSPARENT, Light
from head360.params import EXPRESSIONS, HeadParams
from head360.rendering.request import Frame, RenderRequest

PICTURE_PX = 2 * SIDE_PX  # sharp on dense screens too
CAMERA = OrbitCamera(yaw_degrees=20.0, distance=1.2, target=(0.0, -0.025, -0.003))


class Slot(QWidget):
    """One kept head with its buttons: the picture, store, and clear."""

    def __init__(self, letter: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.letter = letter
        self.params: HeadParams | None = None
        self.face = SlotButton(letter)
        self.store = flat_button(theme, "store", "")
        self.clear = flat_button(theme, "close", self.tr("Forget head {x}").format(x=letter))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.face)
        row.addLayout(_column(self.store, self.clear))
        self.keep(None)

    def keep(self, params: HeadParams | None) -> None:
        """Keep a head, or none."""
        self.params = params
        self.face.show_filled(params is not None)
        self.clear.setEnabled(params is not None)
        empty = self.tr("{x} is empty: click to keep the present head here")
        full = self.tr("Become head {x}")
        self._name(self.face, empty if params is None else full)
        store = self.tr("Keep the present head as {x}")
        again = self.tr("Replace {x} with the present head")
        self._name(self.store, store if params is None else again)

    def _name(self, button: SlotButton | QToolButton, text: str) -> None:
        button.setToolTip(text.format(x=self.letter))
        button.setAccessibleName(text.format(x=self.letter))


class MorphPanel(QWidget):
    """Keeps heads for the session, not in the project."""

    def __init__(
        self,
        document: HeadDocument,
        locks: Locks,
        theme: Theme,
        renderer: RenderThread,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._locks, self._renderer = document, locks, renderer
        self.slots = (Slot("A", theme), Slot("B", theme))
        for index, slot in enumerate(self.slots):
            slot.face.clicked.connect(partial(self._click, index))
            slot.store.clicked.connect(partial(self.store, index))
            slot.clear.clicked.connect(partial(self.clear, index))
        self.exchange = flat_button(theme, "swap", self.tr("Exchange A and B"))
        self.exchange.clicked.connect(self.swap)
        self.slider = LabelledSlider(SliderSpec(self.tr("Morph A to B")))
        self.slider.edited.connect(self._morph)
        self._lay_out()
        self._show_state()
        document.params_changed.connect(self._show)

    def store(self, index: int, *_: object) -> None:
        """Keep the present head as A (0) or B (1)."""
        self._keep(index, self._document.params)

    def clear(self, index: int, *_: object) -> None:
        """Forget the head kept as A (0) or B (1)."""
        self.slots[index].keep(None)
        self._show_state()

    def recall(self, index: int) -> None:
        """Become the kept head, as one undo step; expression and light stay."""
        slot = self.slots[index]
        if slot.params is None:
            return
        changes = {name: getattr(slot.params, name) for name in PERSON}
        text = self.tr("Head {x}").format(x=slot.letter)
        self._document.edit(text, **self._locks.allowed(self._document.params, changes))

    def swap(self) -> None:
        """Exchange A and B; the head on show stays."""
        first, second = self.slots
        kept, images = (first.params, second.params), (first.face.image, second.face.image)
        for slot, params, image in zip((second, first), kept, images, strict=True):
            slot.keep(params)
            slot.face.show_filled(params is not None, image)
        self._show_state()

    def _lay_out(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.slots[0])
        row.addStretch()
        row.addWidget(self.exchange)
        row.addStretch()
        row.addWidget(self.slots[1])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 8)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.slider)

    def _click(self, index: int, *_: object) -> None:
        if self.slots[index].params is None:
            self.store(index)
        else:
            self.recall(index)

    def _keep(self, index: int, params: HeadParams) -> None:
        self.slots[index].keep(params)
        request = RenderRequest(
            _posed(params), CAMERA, PICTURE_PX, PICTURE_PX, background=TRANSPARENT
        )
        self._renderer.when_idle(IdleWork(request, partial(self._show_picture, index, params)))
        self._show_state()

    def _show_picture(self, index: int, params: HeadParams, frame: Frame) -> None:
        if not isValid(self):
            return  # the panel went while its picture was drawn
        for slot in self.slots:  # it may have been exchanged, replaced or cleared meanwhile
            if slot.params is params:
                slot.face.show_filled(True, image_from_pixels(frame.image))

    def _morph(self, share: float, gesture: object) -> None:
        first, second = (slot.params for slot in self.slots)
        if first is None or second is None:
            return
        between = {
            **mixed(first, second, share), **hair_between(first, second, share),
            "make_up": make_up_between(first, second, share),
        }  # fmt: skip
        changes = self._locks.allowed(self._document.params, between)
        self._document.edit(self.tr("Morph"), gesture=gesture, **changes)

    def _show(self, params: HeadParams, changed: frozenset[str]) -> None:
        first, second = (slot.params for slot in self.slots)
        if first is None or second is None or not changed & frozenset(MORPHED):
            return
        if not self.slider.slider.isSliderDown():
            self.slider.show_value(share_of(params, first, second))

    def _show_state(self) -> None:
        filled = [slot.params is not None for slot in self.slots]
        self.exchange.setEnabled(any(filled))
        self.slider.setEnabled(all(filled))
        self.slider.set_locked(not all(filled))
        ready = self.tr("Blend shape, skin, hair and eyes between A and B")
        wait = self.tr("Keep one head as A and another as B first")
        self.slider.setToolTip(ready if all(filled) else wait)
        self._show(self._document.params, frozenset(MORPHED))


def _column(*buttons: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(4)
    for button in buttons:
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
    column.addStretch()
    return column


def _posed(params: HeadParams) -> HeadParams:
    """The same person at rest in plain light, so that pictures compare people only."""
    rest = [0.0] * len(EXPRESSIONS)
    return params.with_(expression=rest, head_pose=[0.0] * 3, light=Light())
