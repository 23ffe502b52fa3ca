"""Dock with the hairstyles as pictures, and the colour of hair."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QCoreApplication, QPoint, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.colors import LinearRGB
from app.docks.hair_mix import MixRow, mixed_with, worn
from app.docks.hair_shape import ShapeRows
from app.docks.hair_tones import ToneRows
from app.docks.panel import set_up_dock
from app.document import HeadDocument
from app.head_names import DYES, HAIR_COLORS, categories
from app.locks import HAIR, Locks
from app.settings import Places, Settings
from app.stage import Stage
from app.theme import Theme
from app.widgets.chips import ChipRow
from app.widgets.section import Section, flat_button
from app.widgets.swatches import SwatchRow
from app.widgets.thumbnail_grid import ThumbnailGrid, Tile
from app.workers.engine import EngineFactory
from app.workers.thumbnails import ThumbnailMaker, thumbnail_folder
from head360.assets import Catalog
from head360.camera import OrbitCamera
from head360.edited import hair_of
from head360.light import TRANSPARENT
from head360.params import HairMix, HairShape, HairTones, HeadParams, neutral_head
from head360.rendering.request import RenderRequest

BALD = "bald"  # key of the tile that takes the hair off; the library has no such id
THUMBNAIL_PX = (176, 194)  # two pixels for each of the screen's: sharp on dense screens
CAMERA = OrbitCamera(
    yaw_degrees=34.0, pitch_degrees=4.0, distance=1.16, target=(0.0, -0.005, -0.01)
)
HAIR_ON_THUMBNAILS = HAIR_COLORS["Light brown"]
PATIENCE_MS = 500  # a panel that only flashes by starts no engine


class HairDock(QDockWidget):
    """Edits the hairstyle, `hair_mix`, `hair_shape`, `hair_color`, `hair_tones`, `own_hair`."""

    borrow_asked = Signal()  # for the hair of another head

    def __init__(
        self,
        document: HeadDocument,
        stage: Stage,
        locks: Locks,
        theme: Theme,
        settings: Settings,
        parent: QWidget | None = None,
        *,
        catalog: Catalog,
        make_engine: EngineFactory,
        places: Places,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Hair"))
        self._document, self._stage, self._locks = document, stage, locks
        self._theme, self._settings = theme, settings
        self._styles = {style.id: style for style in catalog.hairstyles}
        self._categories = categories(catalog.hairstyles)
        content = QWidget()
        content.setObjectName("panel")
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 4, 12, 12)
        column.setSpacing(6)
        column.addLayout(self._make_tools())
        column.addWidget(self._make_grid(), 100)  # all it can use; what is left stays empty
        others = QHBoxLayout()
        others.addWidget(self._make_mix(), 1)
        others.addWidget(self._make_borrow(), 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(others)
        column.addWidget(self._make_shape())
        column.addLayout(self._make_colors())
        column.addWidget(self._make_tones())
        column.addStretch(1)
        set_up_dock(self, "hair_dock", content)
        self._make_thumbnails(catalog.version, make_engine, places)
        self._show(document.params, frozenset(HAIR))
        document.params_changed.connect(self._show)
        locks.changed.connect(self._show_locks)

    def stop(self) -> bool:
        """Give up the thumbnails that are not made yet; the window calls this when it closes.

        Returns False when the thread hangs in the driver.
        """
        self._delay.stop()
        return self.thumbnails.stop()

    # -- making --------------------------------------------------------------------------------

    def _make_tools(self) -> QHBoxLayout:
        self.chips = ChipRow([self.tr("All"), *map(self.tr, self._categories.values())])
        self.chips.setAccessibleName(self.tr("Kinds of hairstyle"))
        self.chips.picked.connect(self.show_category)
        self.chips.show_checked(self.tr("All"))
        self.lock = flat_button(
            self._theme, "unlock", self.tr("Lock the hair: nothing changes it"), checkable=True
        )
        self.lock.toggled.connect(partial(self._locks.lock, HAIR))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.chips, 1)
        row.addWidget(self.lock, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _make_grid(self) -> ThumbnailGrid:
        tiles = [Tile(BALD, self.tr("Bald"), self.tr("No hair"))]
        tiles += [Tile(style.id, style.title) for style in self._styles.values()]
        width, height = THUMBNAIL_PX
        self.grid = ThumbnailGrid(tiles, self._theme, "head", 3, height / width)
        self.grid.setAccessibleName(self.tr("Hairstyles"))
        self.grid.previewed.connect(self._preview)
        self.grid.picked.connect(self._apply)
        self.grid.asked.connect(self._offer)
        return self.grid

    def _make_mix(self) -> MixRow:
        titles = {style.id: style.title for style in self._styles.values()}
        self.mix = MixRow(titles, self._theme)
        self.mix.share_edited.connect(self._edit_share)
        self.mix.removed.connect(partial(self._apply_mix, None))
        return self.mix

    def _make_shape(self) -> Section:
        self.worn = Section(self.tr("How it is worn"), self._theme)
        self.shape = ShapeRows()
        self.worn.rows.addWidget(self.shape)
        self.worn.unfold()
        self.shape.edited.connect(self._edit_shape)
        self.shape.mirrored.connect(self._mirror)
        self.shape.own_edited.connect(self._edit_own)
        return self.worn

    def _make_tones(self) -> ToneRows:
        self.tones = ToneRows(self._theme)
        self.tones.previewed.connect(self._preview_tones)
        self.tones.edited.connect(self._edit_tones)
        # One at a time: pictures need the room.
        self.tones.unfolded.connect(lambda open_: self.worn.unfold(not open_))
        self.worn.unfolded.connect(
            lambda open_: self.tones.unfold(self.tones.is_open and not open_)
        )
        return self.tones

    def _make_borrow(self) -> QPushButton:
        self.borrow = QPushButton(self.tr("From another head…"))
        self.borrow.setObjectName("more")
        self.borrow.setToolTip(self.tr("Wear the hair of a head that was saved"))
        self.borrow.clicked.connect(self.borrow_asked)
        return self.borrow

    def _make_colors(self) -> QVBoxLayout:
        self.colors = SwatchRow(
            self.tr("Hair colour"),
            {**HAIR_COLORS, **DYES},
            self._theme,
            columns=len(HAIR_COLORS),
        )
        self.colors.previewed.connect(self._preview_color)
        self.colors.picked.connect(self._apply_color)
        heading = QLabel(self.tr("Hair colour"))
        heading.setProperty("role", "heading")
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(heading)
        column.addWidget(self.colors)
        return column

    def _make_thumbnails(self, version: str, make_engine: EngineFactory, places: Places) -> None:
        requests = {key: thumbnail_request(key) for key in (BALD, *self._styles)}
        folder = thumbnail_folder(places.cache, version, requests)
        self.thumbnails = ThumbnailMaker(make_engine, folder, requests, self)
        self.thumbnails.ready.connect(self.grid.set_picture)
        self._stage.shown_changed.connect(self.thumbnails.hold)
        self._delay = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._delay.timeout.connect(self._make_pictures)
        self.visibilityChanged.connect(self._on_seen)
        if (application := QCoreApplication.instance()) is not None:
            application.aboutToQuit.connect(self.stop)

    # -- editing -------------------------------------------------------------------------------

    def show_category(self, title: str) -> None:
        """Show the hairstyles of one kind only, by its chip's text."""
        self.chips.show_checked(title)
        wanted = {key for key, name in self._categories.items() if self.tr(name) == title}
        keys = [style.id for style in self._styles.values() if style.category in wanted]
        self.grid.show_only(keys if wanted else None)

    def _preview(self, key: str) -> None:
        if not key or self._locks.is_locked("hairstyle"):
            self._stage.preview(None)
            return
        params, style = self._document.params, _style(key)
        if self.mix.is_choosing:
            self._stage.preview(params.with_(hair_mix=mixed_with(params, style)))
        else:
            self._stage.preview(params.with_(**worn(params, style)))

    def _apply(self, key: str) -> None:
        params, style = self._document.params, _style(key)
        if self.mix.is_choosing:
            self._apply_mix(style)
        elif style != params.hairstyle and not self._locks.is_locked("hairstyle"):
            title = self._styles[key].title if style else self.tr("Bald")
            text = self.tr("Hairstyle: {name}").format(name=title)
            self._document.edit(text, **worn(params, style))

    def _offer(self, key: str, place: QPoint) -> None:
        """Show what can be done with a hairstyle besides wearing it."""
        menu = self.tile_menu(key)
        menu.exec(place)
        menu.deleteLater()

    def tile_menu(self, key: str) -> QMenu:
        """Wear a hairstyle, or mix it in."""
        menu = QMenu(self)
        menu.addAction(self.tr("Wear"), partial(self._apply, key))
        mix = menu.addAction(self.tr("Mix in"), partial(self._apply_mix, _style(key)))
        possible = mixed_with(self._document.params, _style(key)) is not None
        mix.setEnabled(possible and not self._locks.is_locked("hair_mix"))
        return menu

    def _apply_mix(self, style: str | None) -> None:
        """Mix a second hairstyle in; None takes it out again."""
        self.mix.stop_choosing()
        params = self._document.params
        mix = mixed_with(params, style)
        if mix == params.hair_mix or self._locks.is_locked("hair_mix"):
            return
        title = self._styles[mix.style].title if mix else ""
        text = self.tr("Mix with {name}").format(name=title) if mix else self.tr("One hairstyle")
        self._document.edit(text, hair_mix=mix)

    def _edit_share(self, share: float, gesture: object) -> None:
        mix = self._document.params.hair_mix
        if mix is not None and not self._locks.is_locked("hair_mix"):
            text = self.tr("Share of {name}").format(name=self._styles[mix.style].title)
            self._document.edit(text, gesture=gesture, hair_mix=HairMix(mix.style, share))

    def _edit_shape(self, name: str, value: float, gesture: object) -> None:
        if not self._locks.is_locked("hair_shape"):
            changes: dict[str, Any] = {name: value}
            shape = replace(self._document.params.hair_shape or HairShape(), **changes)
            title = self.shape.sliders[name].spec.label
            self._apply_shape(self.tr("Hair: {name}").format(name=title), shape, gesture)

    def _mirror(self, mirrored: bool) -> None:
        if not self._locks.is_locked("hair_shape"):
            shape = replace(self._document.params.hair_shape or HairShape(), mirrored=mirrored)
            self._apply_shape(self.tr("Hair: parting"), shape, None)

    def _edit_own(self, strength: float, gesture: object) -> None:
        own = self._document.params.own_hair
        if own is not None and not self._locks.is_locked("own_hair"):
            text = self.tr("Hair: own shape")
            changed = replace(own, strength=strength)
            self._document.edit(text, gesture=gesture, own_hair=changed)

    def _apply_shape(self, text: str, shape: HairShape, gesture: object) -> None:
        changed = None if shape == HairShape() else shape
        self._document.edit(text, gesture=gesture, hair_shape=changed)

    def wear(self, hair: HeadParams, name: str) -> None:
        """Take over the hair of another head, in one step."""
        taken = self._locks.allowed(self._document.params, hair_of(hair))
        if taken:
            self._document.edit(self.tr("Hair of {name}").format(name=name), **taken)

    def _preview_tones(self, tones: HairTones | None) -> None:
        params = self._document.params
        self._stage.preview(None if tones is None else params.with_(hair_tones=tones))

    def _edit_tones(self, tones: HairTones | None, gesture: object) -> None:
        if not self._locks.is_locked("hair_tones"):
            self._document.edit(self.tr("Roots and tips"), gesture=gesture, hair_tones=tones)

    def _preview_color(self, color: LinearRGB | None) -> None:
        params = self._document.params
        self._stage.preview(None if color is None else params.with_(hair_color=color))

    def _apply_color(self, name: str, color: LinearRGB) -> None:
        title = self.tr("Hair colour: {name}").format(name=name)
        self._document.edit(title if name else self.tr("Hair colour"), hair_color=color)

    # -- showing -------------------------------------------------------------------------------

    def _show(self, params: HeadParams, changed: frozenset[str]) -> None:
        if "hairstyle" in changed:
            self.grid.show_chosen(params.hairstyle or BALD)
        if changed & {"hairstyle", "hair_mix"}:
            self.mix.show_mix(params.hair_mix, can_mix=params.hairstyle is not None)
        if "hair_shape" in changed:
            self.shape.show_shape(params.hair_shape)
        if changed & {"hairstyle", "own_hair"}:
            own = params.own_hair
            worn_so = own is not None and own.style == params.hairstyle
            self.shape.show_own(own if worn_so else None)
        if "hair_tones" in changed:
            self.tones.show_tones(params.hair_tones)
        if "hair_color" in changed:
            self.colors.show_color(params.hair_color.tolist())

    def _on_seen(self, seen: bool) -> None:
        """Begin with the thumbnails once the dock is on top of its tabs for a moment."""
        if seen:
            self._delay.start()
        else:
            self._delay.stop()

    def _make_pictures(self) -> None:
        if self.isVisible() and not self.visibleRegion().isEmpty():  # not behind another tab
            self.thumbnails.start()

    def _show_locks(self) -> None:
        locked = all(self._locks.is_locked(field) for field in HAIR)
        with QSignalBlocker(self.lock):
            self.lock.setChecked(locked)
        self.lock.setIcon(self._theme.icon("lock" if locked else "unlock"))
        self.grid.setEnabled(not self._locks.is_locked("hairstyle"))
        self.mix.setEnabled(not self._locks.is_locked("hair_mix"))
        self.shape.setEnabled(not self._locks.is_locked("hair_shape"))
        self.colors.setEnabled(not self._locks.is_locked("hair_color"))
        self.tones.setEnabled(not self._locks.is_locked("hair_tones"))
        self.borrow.setEnabled(not locked)


def thumbnail_request(key: str) -> RenderRequest:
    """The picture of a hairstyle: always on the same plain head, whatever is being edited."""
    width, height = THUMBNAIL_PX
    params = neutral_head().with_(hairstyle=_style(key), hair_color=HAIR_ON_THUMBNAILS)
    return RenderRequest(params, CAMERA, width, height, background=TRANSPARENT)


def _style(key: str) -> str | None:
    return None if key == BALD else key
