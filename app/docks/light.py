"""Dock with the light on the head and what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QButtonGroup,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from app.colors import LinearRGB, color_from_linear, linear_from_color
from app.docks.panel import scrolling_column, set_up_dock
from app.document import HeadDocument
from app.head_names import BACKGROUND_COLORS, LIGHT_NAMES, LIGHT_TIPS
from app.locks import Locks
from app.settings import BACKGROUND, BACKGROUND_COLOR, Places, Settings
from app.stage import Stage
from app.theme import Theme
from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from app.widgets.swatches import SwatchRow
from app.widgets.thumbnail_grid import ThumbnailGrid, Tile
from app.workers.engine import EngineFactory
from app.workers.thumbnails import ThumbnailMaker, thumbnail_folder
from head360.camera import OrbitCamera
from head360.light import LIGHT_PRESETS, PHOTO_LIGHT, TRANSPARENT, Background, Light
from head360.params import HeadParams, neutral_head
from head360.rendering.request import RenderRequest

#: Choices of background by their value in the settings.
BACKGROUNDS: Mapping[str, str] = {
    "gradient": "Gradient", "colour": "Colour", "transparent": "Transparent",
}  # fmt: skip
BACKGROUND_TIPS: Mapping[str, str] = {
    "gradient": "A quiet vignette in the window's own greys",
    "colour": "One even colour",
    "transparent": "Nothing; shown as a checkerboard, exported with alpha",
}
THUMBNAIL_PX = 128
CAMERA = OrbitCamera(yaw_degrees=16.0, distance=1.02, target=(0.0, 0.0, -0.003))
PATIENCE_MS = 500  # a panel that only flashes by starts no engine


class LightDock(QDockWidget):
    """Edits `HeadParams.light`; the background belongs to the window and lives in the settings."""

    background_changed = Signal(object)  # Background; also while a colour is only previewed
    background_chosen = Signal()  # by a person

    def __init__(
        self,
        document: HeadDocument,
        stage: Stage,
        locks: Locks,
        theme: Theme,
        settings: Settings,
        parent: QWidget | None = None,
        *,
        make_engine: EngineFactory | None = None,
        places: Places | None = None,
    ) -> None:
        """Make the dock; without an engine and a cache, presets have names but no pictures."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Light"))
        self._document, self._stage, self._locks = document, stage, locks
        self._theme, self._settings = theme, settings
        area, column = scrolling_column()
        column.setSpacing(8)
        column.addWidget(self._make_presets())
        column.addWidget(self._make_photo_light())
        column.addWidget(self._make_rotation())
        column.addWidget(self._make_intensity())
        column.addSpacing(8)
        column.addWidget(_heading(self.tr("Background")))
        column.addLayout(self._make_backgrounds())
        column.addWidget(self._make_colors())
        column.addStretch()
        set_up_dock(self, "light_dock", area)
        self._delay = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self.thumbnails = self._make_thumbnails(make_engine, places)
        self._show(document.params, frozenset({"light", "likeness"}))
        self._show_background()
        document.params_changed.connect(self._show)

    @property
    def background(self) -> Background:
        """What stands behind the head, as remembered in the settings."""
        return background_of(
            self._settings.get(BACKGROUND), self._settings.get(BACKGROUND_COLOR), self._theme
        )

    def choose_background(self, kind: str, color: str | None = None) -> None:
        """Put another of `BACKGROUNDS` behind the head, as a person's choice."""
        before = self.background
        if color is not None:
            self._settings.set(BACKGROUND_COLOR, color)
        self.show_background(kind)
        if self.background != before:
            self.background_chosen.emit()

    def show_background(self, kind: str) -> None:
        """Put another of `BACKGROUNDS` behind the head, as a project asks for it."""
        self._settings.set(BACKGROUND, kind)
        self._show_background()
        self.background_changed.emit(self.background)

    def stop(self) -> bool:
        """Give up the pictures that are not made yet; the window calls this when it closes.

        Returns False when the thread hangs in the driver.
        """
        self._delay.stop()
        return self.thumbnails is None or self.thumbnails.stop()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:  # the gradient is the theme's
            self.background_changed.emit(self.background)

    # -- making --------------------------------------------------------------------------------

    def _make_presets(self) -> ThumbnailGrid:
        tiles = [
            Tile(preset, self.tr(LIGHT_NAMES[preset]), self.tr(LIGHT_TIPS[preset]))
            for preset in LIGHT_PRESETS
        ]
        self.presets = ThumbnailGrid(tiles, self._theme, "light", 4)
        self.presets.setAccessibleName(self.tr("Lights"))
        self.presets.fit_content()
        self.presets.previewed.connect(self._preview)
        self.presets.picked.connect(self._apply)
        return self.presets

    def _make_photo_light(self) -> QPushButton:
        self.photo_light = QPushButton(self.tr(LIGHT_NAMES[PHOTO_LIGHT]))
        self.photo_light.setCheckable(True)
        self.photo_light.setToolTip(self.tr(LIGHT_TIPS[PHOTO_LIGHT]))
        self.photo_light.clicked.connect(self._light_as_in_photo)
        return self.photo_light

    def _make_rotation(self) -> LabelledSlider:
        tip = self.tr("Turn the light around the head, degrees; positive is towards its left")
        self.rotation = LabelledSlider(
            SliderSpec(self.tr("Rotation"), -180.0, 180.0, tip=tip, decimals=0, unit="°")
        )
        self.rotation.edited.connect(self._rotate)
        return self.rotation

    def _make_intensity(self) -> LabelledSlider:
        tip = self.tr("How bright the light is; 1 is as the preset was measured")
        self.intensity = LabelledSlider(
            SliderSpec(self.tr("Intensity"), 0.0, 4.0, default=1.0, tip=tip)
        )
        self.intensity.edited.connect(self._brighten)
        return self.intensity

    def _make_backgrounds(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self._kinds = QButtonGroup(self)
        self.kinds: dict[str, QPushButton] = {}
        for kind, title in BACKGROUNDS.items():
            button = QPushButton(self.tr(title))
            button.setCheckable(True)
            button.setToolTip(self.tr(BACKGROUND_TIPS[kind]))
            button.setAccessibleName(self.tr("Background: {name}").format(name=title))
            button.clicked.connect(partial(self._choose, kind))
            self._kinds.addButton(button)
            row.addWidget(button, 1)
            self.kinds[kind] = button
        return row

    def _make_colors(self) -> SwatchRow:
        self.colors = SwatchRow(self.tr("Background colour"), BACKGROUND_COLORS, self._theme)
        self.colors.previewed.connect(self._preview_color)
        self.colors.picked.connect(self._pick_color)
        return self.colors

    def _make_thumbnails(
        self, make_engine: EngineFactory | None, places: Places | None
    ) -> ThumbnailMaker | None:
        if make_engine is None or places is None:
            return None
        requests = {preset: thumbnail_request(preset) for preset in LIGHT_PRESETS}
        folder = thumbnail_folder(places.cache, "lights", requests)
        maker = ThumbnailMaker(make_engine, folder, requests, self)
        maker.ready.connect(self.presets.set_picture)
        self._stage.shown_changed.connect(maker.hold)
        self._delay.timeout.connect(self._make_pictures)
        self.visibilityChanged.connect(self._on_seen)
        if (application := QCoreApplication.instance()) is not None:
            application.aboutToQuit.connect(self.stop)
        return maker

    # -- editing -------------------------------------------------------------------------------

    def _preview(self, preset: str) -> None:
        if preset:
            params = self._document.params
            self._stage.preview(params.with_(light=replace(params.light, preset=preset)))
        else:
            self._stage.preview(None)

    def _apply(self, preset: str) -> None:
        title = self.tr("Light: {name}").format(name=self.tr(LIGHT_NAMES[preset]))
        self._edit(title, None, preset=preset)

    def _light_as_in_photo(self, chosen: bool) -> None:
        if chosen:  # as it was there: neither turned nor scaled as another was
            title = self.tr("Light: {name}").format(name=self.tr(LIGHT_NAMES[PHOTO_LIGHT]))
            self._edit(title, None, preset=PHOTO_LIGHT, rotation_degrees=0.0, intensity=1.0)
        else:
            self._apply(LIGHT_PRESETS[0])

    def _rotate(self, degrees: float, gesture: object) -> None:
        self._edit(self.tr("Light rotation"), gesture, rotation_degrees=degrees)

    def _brighten(self, intensity: float, gesture: object) -> None:
        self._edit(self.tr("Light intensity"), gesture, intensity=intensity)

    def _edit(self, text: str, gesture: object, **changes: Any) -> None:
        light = replace(self._document.params.light, **changes)
        if light != self._document.params.light:
            self._document.edit(text, gesture=gesture, light=light)

    def _choose(self, kind: str, *_: object) -> None:
        self.choose_background(kind)

    def _preview_color(self, color: LinearRGB | None) -> None:
        shown = self.background if color is None else _even(color_from_linear(color))
        self.background_changed.emit(shown)

    def _pick_color(self, _name: str, color: LinearRGB) -> None:
        self.choose_background("colour", color_from_linear(color).name())

    # -- showing -------------------------------------------------------------------------------

    def _show(self, params: HeadParams, changed: frozenset[str]) -> None:
        if "light" in changed or "likeness" in changed:
            self.photo_light.setVisible(params.photo_light is not None)
            self.photo_light.setChecked(params.shown_light == PHOTO_LIGHT)
            self.presets.show_chosen(params.shown_light)
            self.rotation.show_value(params.light.rotation_degrees)
            self.intensity.show_value(params.light.intensity)

    def _on_seen(self, seen: bool) -> None:
        """Begin with the pictures once the dock is on top of its tabs for a moment."""
        if seen:
            self._delay.start()
        else:
            self._delay.stop()

    def _make_pictures(self) -> None:
        visible = self.isVisible() and not self.visibleRegion().isEmpty()  # not behind another tab
        if visible and self.thumbnails is not None:
            self.thumbnails.start()

    def _show_background(self) -> None:
        kind = self._settings.get(BACKGROUND)
        self.kinds.get(kind, self.kinds["gradient"]).setChecked(True)
        self.colors.setVisible(kind == "colour")
        color = QColor(self._settings.get(BACKGROUND_COLOR))
        self.colors.show_color(linear_from_color(color).tolist())


def background_of(kind: str, color: str, theme: Theme) -> Background:
    """The background behind a remembered choice; an unknown one is the gradient."""
    if kind == "transparent":
        return TRANSPARENT
    if kind == "colour" and QColor.isValidColorName(color):
        return _even(QColor(color))
    return Background(_rgb(theme.color("stage_inner")), _rgb(theme.color("stage_outer")))


def thumbnail_request(preset: str) -> RenderRequest:
    """The picture of a light: always on the same plain head, whatever is being edited."""
    params = neutral_head().with_(light=Light(preset))
    return RenderRequest(params, CAMERA, THUMBNAIL_PX, THUMBNAIL_PX, background=TRANSPARENT)


def _even(color: QColor) -> Background:
    return Background(_rgb(color), _rgb(color))


def _rgb(color: QColor) -> tuple[float, float, float]:
    return color.redF(), color.greenF(), color.blueF()


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label
