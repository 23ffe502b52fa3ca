"""Paint on a face: what a brush leaves on a canvas, and how that looks over the photo."""

from __future__ import annotations

from enum import Enum

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap

from head360.marks import COLORS, HAIR, LEFT_OUT, NOT_HAIR, Marks, Mask

#: Pixels along each side of what is painted on, whatever the size on screen.
CANVAS_PX = 512
#: Radius of a brush in shares of the canvas: at first, least, most, and from one size to the next.
RADIUS, LEAST, MOST, STEP = 0.03, 0.005, 0.14, 1.2
#: Opacities (of 255) of paint, of hair that was found without it, and of that hair's rim.
_PAINT, _FOUND, _RIM = 140, 56, 255
_FOUND_CODE, _RIM_CODE = 8, 9
_DOT_PX = 12


class Tool(Enum):
    """What the mouse does to a face."""

    LANDMARKS = "landmarks"
    LEAVE_OUT = "leave out"
    HAIR = "hair"
    NOT_HAIR = "no hair"

    @property
    def code(self) -> int:
        """The mark that it paints; 0: it does not paint."""
        return _CODES.get(self, 0)


_CODES = {Tool.LEAVE_OUT: LEFT_OUT, Tool.HAIR: HAIR, Tool.NOT_HAIR: NOT_HAIR}


class Easel:
    """The brush, and what it has painted; places are columns and rows as shares of the crop."""

    def __init__(self) -> None:
        self.tool = Tool.LANDMARKS
        self.radius = RADIUS
        self.spot: QPointF | None = None  # where the brush is
        self._marks, self._found = blank(), found_layer(None)
        self._canvas: Marks | None = None  # what a stroke is being painted on
        self._code = 0  # and with what
        self.picture = tint(self._marks, self._found)  # CANVAS_PX square

    @property
    def paints(self) -> bool:
        """Whether there is a brush in hand."""
        return self.tool.code > 0

    @property
    def busy(self) -> bool:
        """Whether a stroke is being painted."""
        return self._canvas is not None

    def use(self, tool: Tool) -> None:
        """Have another tool in hand."""
        self.tool, self._canvas = tool, None
        self._draw()

    def show_marks(self, marks: Marks) -> None:
        """Show what is painted (N, N); other paint ends the stroke that is on its way."""
        if marks is not self._marks:
            self._marks, self._canvas = marks, None
        self._draw()

    def show_hair(self, hair: Mask | None) -> None:
        """Show where hair was found without paint (N, N); None: nobody knows."""
        self._found = found_layer(hair)
        self._draw()

    def resize(self, radius: float) -> None:
        """Give the brush another radius, within limits."""
        self.radius = min(max(radius, LEAST), MOST)

    def begin(self, at: QPointF, *, erase: bool) -> None:
        """Put the brush down, to paint or to take paint back."""
        self._canvas, self.spot = self._marks.copy(), at
        self._code = 0 if erase else self.tool.code
        self.move(at)

    def move(self, to: QPointF) -> None:
        """Move the brush; where it is down it leaves its mark."""
        if self._canvas is not None and self.spot is not None:
            ends = (self.spot * CANVAS_PX, to * CANVAS_PX)
            paint(self._canvas, *ends, self.radius * CANVAS_PX, self._code)
            self._draw()
        self.spot = to

    def lift(self) -> Marks | None:
        """End the stroke: what is painted now (N, N); None where there was none."""
        canvas, self._canvas = self._canvas, None
        self._draw()
        return canvas

    def _draw(self) -> None:
        hair = self.tool in (Tool.HAIR, Tool.NOT_HAIR)
        marks = self._marks if self._canvas is None else self._canvas
        self.picture = tint(marks, self._found if hair else blank())


def blank() -> Marks:
    """A canvas without any paint."""
    return np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)


def paint(marks: Marks, start: QPointF, end: QPointF, radius: float, code: int) -> None:
    """Draw a line with round ends on marks (N, N): every pixel whose middle it reaches.

    Places and radius in pixels of the canvas. The marks are changed in place.
    """
    places = np.array([[start.x(), start.y()], [end.x(), end.y()]])
    low = np.floor(places.min(0) - radius).astype(int).clip(0, len(marks))
    high = np.ceil(places.max(0) + radius).astype(int).clip(0, len(marks))
    x, y = np.meshgrid(*(np.arange(*ends) + 0.5 for ends in zip(low, high, strict=True)))
    (dx, dy), (fx, fy) = places[1] - places[0], places[0]
    length = max(dx * dx + dy * dy, 1e-9)
    along = (((x - fx) * dx + (y - fy) * dy) / length).clip(0, 1)
    near = (x - fx - along * dx) ** 2 + (y - fy - along * dy) ** 2 <= radius * radius
    marks[low[1] : high[1], low[0] : high[0]][near] = code


def found_layer(hair: Mask | None) -> Marks:
    """How hair (N, N) that was found without paint is shown: faintly, with a rim."""
    layer = blank()
    if hair is not None:
        layer[hair] = _FOUND_CODE
        layer[hair & ~_inner(hair)] = _RIM_CODE
    return layer


def _inner(mask: Mask) -> Mask:
    """What of a mask is further inside than its rim of two pixels."""
    wide = np.pad(mask, 2, mode="edge")
    found: Mask = wide[:-4, 2:-2] & wide[4:, 2:-2] & wide[2:-2, :-4] & wide[2:-2, 4:]
    return found


def tint(marks: Marks, found: Marks) -> QImage:
    """Paint as a transparent picture, and under it what `found_layer` gave."""
    shown: Marks = np.where(marks > 0, marks, found).astype(np.uint8)
    height, width = shown.shape
    image = QImage(shown.tobytes(), width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(_table())
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _table() -> list[int]:
    """Colours of all codes on a canvas."""
    shown = [(code, _PAINT if code else 0) for code in range(len(COLORS))]
    table = [_rgba(code, opacity) for code, opacity in shown]
    table += [0] * (_FOUND_CODE - len(table))
    return [*table, _rgba(HAIR, _FOUND), _rgba(HAIR, _RIM)]


def _rgba(code: int, opacity: int) -> int:
    return QColor(*COLORS[code], opacity).rgba()


def dot(code: int) -> QIcon:
    """A small dot in the colour of a mark."""
    pixmap = QPixmap(_DOT_PX, _DOT_PX)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(0, 0, 0, 60))
    painter.setBrush(QColor(*COLORS[code]))
    painter.drawEllipse(1, 1, _DOT_PX - 3, _DOT_PX - 3)
    painter.end()
    return QIcon(pixmap)
