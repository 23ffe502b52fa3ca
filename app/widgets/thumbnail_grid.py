"""A grid of pictures with names that preview on hover and apply on click."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPen,
    QResizeEvent,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.theme import Theme
from app.widgets.hover import HoverDelay

GAP_PX, RADIUS_PX, TITLE_PX = 4, 8, 22
PLACEHOLDER_PX = 24
SMALL_PX = 11  # of titles that would not fit otherwise
PICTURE_ROLE = Qt.ItemDataRole.UserRole + 1
KEY_ROLE = Qt.ItemDataRole.UserRole + 2
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Tile:
    """One choice."""

    key: str
    title: str
    tip: str = ""


class ThumbnailGrid(QListView):
    """Choices by picture. Arrow keys preview, Enter applies, Escape restores."""

    previewed = Signal(str)  # key, after resting on a tile; "" on leaving
    picked = Signal(str)  # key
    asked = Signal(str, QPoint)  # key, place on the screen: somebody wants a tile's menu

    def __init__(
        self,
        tiles: Sequence[Tile],
        theme: Theme,
        placeholder: str,
        columns: int = 3,
        proportion: float = 1.0,
        parent: QWidget | None = None,
    ) -> None:
        """Make a grid; `placeholder` names an icon, `proportion` is height over width."""
        super().__init__(parent)
        self._columns, self._proportion = columns, proportion
        self._fits = False
        self._items: dict[str, QStandardItem] = {}
        self._hover = HoverDelay(self)
        self._hover.previewed.connect(self.previewed)
        self._model = QStandardItemModel(self)
        for tile in tiles:
            self._add(tile)
        self.setModel(self._model)
        self.setItemDelegate(_TileDelegate(theme, placeholder, self))
        self._set_up_view()
        self.entered.connect(self._enter)
        self.viewportEntered.connect(self._hover.leave)
        self.clicked.connect(self._pick)

    def set_picture(self, key: str, image: QImage) -> None:
        """Show the picture of a tile instead of its placeholder."""
        self._items[key].setData(image, PICTURE_ROLE)

    def has(self, key: str) -> bool:
        """Whether there is such a tile."""
        return key in self._items

    def picture(self, key: str) -> QImage | None:
        """The picture of a tile, if it has come."""
        image = self._items[key].data(PICTURE_ROLE) if key in self._items else None
        return image if isinstance(image, QImage) else None

    def has_picture(self, key: str) -> bool:
        """Whether a tile shows more than its placeholder."""
        return self._items[key].data(PICTURE_ROLE) is not None

    def show_chosen(self, key: str | None) -> None:
        """Mark the choice that is in force."""
        for name, item in self._items.items():
            chosen = name == key
            item.setCheckState(Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked)
            if chosen and not self.hasFocus():
                self.setCurrentIndex(item.index())

    def show_only(self, keys: Collection[str] | None) -> None:
        """Hide every tile that is not among `keys`; None shows all."""
        for key, item in self._items.items():
            self.setRowHidden(item.row(), keys is not None and key not in keys)
        self.scrollToTop()

    def visible_keys(self) -> list[str]:
        """The tiles that are not hidden, in order."""
        return [k for k, item in self._items.items() if not self.isRowHidden(item.row())]

    def fit_content(self) -> None:
        """Be always high enough for all tiles: for a grid inside a scrolling column."""
        self._fits = True
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def content_height(self) -> int:
        """Pixels that all tiles need at the present width."""
        rows = -(-len(self._items) // self._columns)
        return rows * self.gridSize().height() + 2 * self.frameWidth()

    # -- events --------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        # Room for the scroll bar is always kept: tiles whose size depended on it could make it
        # come and go for ever.
        # One pixel less: a row that fits exactly would wrap.
        extent = QStyle.PixelMetric.PM_ScrollBarExtent
        bar = 0 if self._fits else self.style().pixelMetric(extent, None, self.verticalScrollBar())
        width = (self.width() - 2 * self.frameWidth() - bar - 1) // self._columns
        picture = round((width - 2 * GAP_PX) * self._proportion)
        self.setGridSize(QSize(width, picture + 2 * GAP_PX + TITLE_PX))
        self.setMaximumHeight(self.content_height())
        self.setMinimumHeight(self.content_height() if self._fits else self.gridSize().height())
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(super().sizeHint().width(), self.content_height())

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        if event.type() == QEvent.Type.Leave:
            self._hover.leave()
        return super().viewportEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 (Qt's name)
        self._hover.leave()
        super().focusOutEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 (Qt's name)
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if keyboard else self.indexAt(event.pos())
        if index.isValid():
            place = self.visualRect(index).center() if keyboard else event.pos()
            self.asked.emit(index.data(KEY_ROLE), self.viewport().mapToGlobal(place))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._pick(self.currentIndex())
            return
        if event.key() == Qt.Key.Key_Escape:
            self._hover.leave()
            return
        before = self.currentIndex()
        super().keyPressEvent(event)
        if self.currentIndex() != before:
            self._enter(self.currentIndex())

    # -- inside --------------------------------------------------------------------------------

    def _add(self, tile: Tile) -> None:
        item = QStandardItem(tile.title)
        item.setData(tile.key, KEY_ROLE)
        item.setToolTip(tile.tip or tile.title)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        self._model.appendRow(item)
        self._items[tile.key] = item

    def _set_up_view(self) -> None:
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)

    def _enter(self, index: Index) -> None:
        if index.isValid() and self.isEnabled():
            self._hover.enter(index.data(KEY_ROLE))

    def _pick(self, index: Index) -> None:
        if index.isValid():
            self._hover.leave()
            self.picked.emit(index.data(KEY_ROLE))


class _TileDelegate(QStyledItemDelegate):
    """Paints a picture with a title below.

    In the theme's colours: a style sheet replaces those of a view's own palette.
    """

    def __init__(self, theme: Theme, placeholder: str, parent: ThumbnailGrid) -> None:
        super().__init__(parent)
        self._theme, self._placeholder, self._grid = theme, placeholder, parent

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return self._grid.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell: QRect = option.rect
        state: QStyle.StateFlag = option.state
        place = QRectF(cell.adjusted(GAP_PX, GAP_PX, -GAP_PX, -GAP_PX - TITLE_PX))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if not self._grid.isEnabled():
            painter.setOpacity(0.4)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        self._paint_picture(painter, place, index, over)
        focused = bool(state & QStyle.StateFlag.State_HasFocus) and self._grid.hasFocus()
        self._paint_frame(painter, place, _is_chosen(index), focused)
        title = QRect(cell.left(), round(place.bottom()), cell.width(), TITLE_PX)
        painter.setPen(self._theme.color("accent" if _is_chosen(index) else "text"))
        if painter.fontMetrics().horizontalAdvance(index.data()) > title.width() - 2:
            font = painter.font()
            font.setPixelSize(SMALL_PX)
            painter.setFont(font)
        text = painter.fontMetrics().elidedText(
            index.data(), Qt.TextElideMode.ElideRight, title.width() - 2
        )
        painter.drawText(title, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()

    def _paint_picture(self, painter: QPainter, place: QRectF, index: Index, over: bool) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(place, RADIUS_PX, RADIUS_PX)
        painter.fillPath(shape, self._theme.color("hover" if over else "control"))
        image = index.data(PICTURE_ROLE)
        if isinstance(image, QImage):
            painter.setClipPath(shape)
            painter.drawImage(place, image)
            painter.setClipping(False)
        else:
            spot = QRect(0, 0, PLACEHOLDER_PX, PLACEHOLDER_PX)
            spot.moveCenter(place.center().toPoint())
            self._theme.icon(self._placeholder, "faint").paint(painter, spot)

    def _paint_frame(self, painter: QPainter, place: QRectF, chosen: bool, focused: bool) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if chosen:
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), RADIUS_PX - 1, RADIUS_PX - 1)
        if focused:
            painter.setPen(QPen(self._theme.color("text"), 1.5))
            painter.drawRoundedRect(place.adjusted(-2, -2, 2, 2), RADIUS_PX + 2, RADIUS_PX + 2)


def _is_chosen(index: Index) -> bool:
    checked = index.data(Qt.ItemDataRole.CheckStateRole)
    return checked is not None and Qt.CheckState(checked) is Qt.CheckState.Checked
