"""A row of colours to choose from, and a button for any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QColorDialog, QGridLayout, QSizePolicy, QWidget

from app.colors import LinearRGB, color_from_linear, linear_from_color, looks_same
from app.theme import Theme
from app.widgets.hover import HoverDelay
from app.widgets.section import flat_button

CELL_PX, DISC_PX = 24, 16


class Swatch(QAbstractButton):
    """One colour: a disc, ringed when it is the chosen one."""

    def __init__(self, name: str, color: QColor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.color = color
        self.setCheckable(True)
        self.setFixedSize(CELL_PX, CELL_PX)
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(CELL_PX, CELL_PX)

    def nextCheckState(self) -> None:  # noqa: N802 (Qt's name)
        """Stay: the row marks what is in force, which a click alone does not decide."""

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        palette, group = self.palette(), QPalette.ColorGroup.Normal
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.4)
        middle = QPointF(CELL_PX / 2, CELL_PX / 2)
        rim = palette.color(group, QPalette.ColorRole.PlaceholderText)
        painter.setPen(QPen(rim, 1))
        painter.setBrush(self.color)
        grown = 1 if self.underMouse() and self.isEnabled() else 0
        painter.drawEllipse(middle, DISC_PX / 2 + grown, DISC_PX / 2 + grown)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.isChecked():
            painter.setPen(QPen(palette.color(group, QPalette.ColorRole.Accent), 2))
            painter.drawEllipse(middle, CELL_PX / 2 - 1, CELL_PX / 2 - 1)
        if self.hasFocus():
            painter.setPen(QPen(palette.color(group, QPalette.ColorRole.WindowText), 1))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)


class SwatchRow(QWidget):
    """Named colours that preview on hover and apply on click; arrow keys walk along them."""

    previewed = Signal(object)  # LinearRGB on show for now; None: nothing any more
    picked = Signal(str, object)  # name, "" from the dialog; LinearRGB

    def __init__(
        self,
        title: str,
        colors: Mapping[str, LinearRGB],
        theme: Theme,
        parent: QWidget | None = None,
        *,
        columns: int = 12,
    ) -> None:
        """Make the row; more colours than `columns` start another one."""
        super().__init__(parent)
        self._title, self._colors = title, colors
        self._shown: Sequence[float] = (0.0, 0.0, 0.0)
        self.dialog: QColorDialog | None = None
        self._hover = HoverDelay(self)
        self._hover.previewed.connect(self._preview)
        self.setAccessibleName(title)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        self.swatches: dict[str, Swatch] = {}
        for number, (name, linear) in enumerate(colors.items()):
            swatch = Swatch(name, color_from_linear(linear))
            swatch.clicked.connect(partial(self._pick, name))
            swatch.installEventFilter(self)
            grid.addWidget(swatch, number // columns, number % columns)
            self.swatches[name] = swatch
        self.other = flat_button(theme, "picker", self.tr("Another colour…"), checkable=True)
        self.other.clicked.connect(self.choose)
        grid.addWidget(self.other, 0, min(columns, len(colors)))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._move_tab_stop(next(iter(self.swatches.values())))

    def show_color(self, linear: Sequence[float] | None) -> None:
        """Mark the colour that is in force; None marks nothing."""
        self._shown = linear or (0.0, 0.0, 0.0)
        chosen = None
        for name, swatch in self.swatches.items():
            same = chosen is None and linear is not None
            same = same and looks_same(self._colors[name], self._shown)
            swatch.setChecked(same)
            chosen = swatch if same else chosen
        self.other.setChecked(chosen is None and linear is not None)
        if chosen is not None:
            self._move_tab_stop(chosen)

    def choose(self) -> None:
        """Open a dialog for any colour; it previews while one looks for the right one."""
        self.other.setChecked(not any(swatch.isChecked() for swatch in self.swatches.values()))
        self.dialog = dialog = QColorDialog(color_from_linear(self._shown), self)
        dialog.setWindowTitle(self._title)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.currentColorChanged.connect(self._preview_color)
        dialog.colorSelected.connect(self._pick_color)
        dialog.rejected.connect(partial(self._preview, ""))
        dialog.open()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        if isinstance(watched, Swatch):
            if event.type() == QEvent.Type.Enter and watched.isEnabled():
                self._hover.enter(watched.accessibleName())
            elif event.type() == QEvent.Type.Leave:
                self._hover.leave()
            elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                return self._walk(watched, event)
        return super().eventFilter(watched, event)

    def _walk(self, swatch: Swatch, event: QKeyEvent) -> bool:
        steps = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1,
        }  # fmt: skip
        step = steps.get(Qt.Key(event.key()), 0)
        if step:
            every = list(self.swatches.values())
            target = every[(every.index(swatch) + step) % len(every)]
            self._move_tab_stop(target)
            target.setFocus(Qt.FocusReason.OtherFocusReason)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            swatch.click()
        return bool(step) or event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)

    def _move_tab_stop(self, stop: Swatch) -> None:
        """Let Tab reach one swatch of the row only."""
        for swatch in self.swatches.values():
            focus = Qt.FocusPolicy.StrongFocus if swatch is stop else Qt.FocusPolicy.ClickFocus
            swatch.setFocusPolicy(focus)

    def _preview(self, name: str) -> None:
        self.previewed.emit(self._colors[name] if name else None)

    def _preview_color(self, color: QColor) -> None:
        self.previewed.emit(tuple(linear_from_color(color).tolist()))

    def _pick(self, name: str, *_: object) -> None:
        self._hover.leave()
        self.picked.emit(name, self._colors[name])

    def _pick_color(self, color: QColor) -> None:
        self.picked.emit("", tuple(linear_from_color(color).tolist()))
