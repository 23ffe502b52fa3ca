"""Lays messages, the welcome strip and the export chip over the viewport, clear of its cube."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

MARGIN_PX = 12
CUBE_PX = 96  # width that the direction cube takes at the upper right
READOUT_PX, READOUT_WIDTH_PX = 40, 320  # what the readout takes at the lower left
WIDEST_PX = 560  # of messages
FOOT_PX = 448


class Overlays(QObject):
    """Keeps its parts in place while the viewport changes its size or they change theirs."""

    def __init__(self, viewport: QWidget, *, top: QWidget, foot: QWidget, corner: QWidget) -> None:
        """Put `top` at the upper edge, `foot` at the lower one and `corner` at the lower right."""
        super().__init__(viewport)
        self._viewport = viewport
        self._top, self._foot, self._corner = top, foot, corner
        for part in (top, foot, corner):
            hidden = part.isHidden()
            part.setParent(viewport)
            part.setHidden(hidden)
            part.installEventFilter(self)
        viewport.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        kind = event.type()
        resized = kind == QEvent.Type.Resize and watched is self._viewport
        if resized or kind in (QEvent.Type.LayoutRequest, QEvent.Type.Show, QEvent.Type.Hide):
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        room, floor = self._viewport.width(), self._viewport.height() - MARGIN_PX
        corner = self._corner.sizeHint().expandedTo(self._corner.minimumSize())
        left = max(room - corner.width() - MARGIN_PX, MARGIN_PX)
        beside_readout = room >= corner.width() + READOUT_WIDTH_PX
        top = floor - corner.height() - (0 if beside_readout else READOUT_PX)
        self._corner.setGeometry(left, top, corner.width(), corner.height())
        floor = floor - READOUT_PX if self._corner.isHidden() else top - 8
        width, left = self._beside_cube(room)
        self._top.setGeometry(left, 0, width, _height(self._top, width))
        width = min(FOOT_PX, room - 2 * MARGIN_PX)
        height = _height(self._foot, width)
        self._foot.setGeometry((room - width) // 2, floor - height, width, height)
        for part in (self._top, self._foot, self._corner):
            part.raise_()

    def _beside_cube(self, room: int) -> tuple[int, int]:
        """Width and left edge of messages: in the middle, unless the cube stands there."""
        width = max(min(WIDEST_PX, room - MARGIN_PX - CUBE_PX), 0)
        middle = (room - width) // 2
        return width, middle if middle >= CUBE_PX else MARGIN_PX


def _height(part: QWidget, width: int) -> int:
    layout = part.layout()
    if layout is not None and layout.hasHeightForWidth():
        return layout.totalHeightForWidth(width)
    return part.sizeHint().height()
