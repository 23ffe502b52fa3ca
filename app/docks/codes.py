"""Dock with who the head is: two heads to morph between, shape, skin, and details."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.colors import LinearRGB
from app.docks.field_sliders import FieldSliders
from app.docks.make_up import MakeUpRows
from app.docks.morph import MorphPanel
from app.docks.panel import scrolling_column, set_up_dock
from app.document import HeadDocument
from app.head_names import (
    ATTRIBUTE_NAMES,
    IRIS_COLORS,
    component_titles,
    first_shapes,
    first_textures,
)
from app.locks import HAIR, SHAPE, SKIN, Locks
from app.settings import Settings
from app.stage import Stage
from app.theme import Theme
from app.widgets.labelled_slider import SliderSpec
from app.widgets.section import Section
from app.widgets.swatches import SwatchRow
from app.workers.render_thread import RenderThread
from head360.assets import Catalog
from head360.params import ATTRIBUTES, SHAPE_SIZE, TEXTURE_SIZE, HeadParams, neutral_head

LARGEST_CODE = 3.0  # standard deviations; further out nobody looks like that
SEEDS = 2**31


class HeadDock(QDockWidget):
    """Edits shape, texture, attributes, and the colours of eyes and make-up.

    As in every dock, sliders show the document and send edits to it; nothing is kept here but the
    two heads A and B.
    """

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
        renderer: RenderThread,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Head"))
        self._document, self._stage, self._locks = document, stage, locks
        self._theme, self._settings, self._catalog = theme, settings, catalog
        self._renderer = renderer
        self.shape = FieldSliders(document, locks, "shape", self._shape_specs(), self)
        self.skin = FieldSliders(document, locks, "texture", self._skin_specs(), self)
        self.details = FieldSliders(document, locks, "attributes", _detail_specs(), self)
        self._section_locks: dict[tuple[str, ...], QToolButton] = {}
        self.iris: SwatchRow | None = None  # made when the details are first unfolded
        self.make_up: MakeUpRows | None = None  # likewise
        area, column = scrolling_column()
        self.morph = MorphPanel(document, locks, theme, renderer)
        column.addWidget(self.morph)
        for section in (self._make_shape(), self._make_skin(), self._make_details()):
            column.addWidget(section)
        column.addStretch()
        set_up_dock(self, "head_dock", area)
        self._show_locks()
        document.params_changed.connect(self._show)
        locks.changed.connect(self._show_locks)

    def randomise(self) -> None:
        """Become another person: shape, skin, eyes and hair; expression and light stay."""
        self._randomise(self.tr("Randomise everything"), (*SHAPE, *SKIN, *HAIR))

    def randomise_shape(self) -> None:
        """Take another person's shape and keep the skin."""
        self._randomise(self.tr("Randomise shape"), SHAPE)

    def randomise_skin(self) -> None:
        """Take another person's skin and eyes and keep the shape."""
        self._randomise(self.tr("Randomise skin"), SKIN)

    # -- making --------------------------------------------------------------------------------

    def _shape_specs(self) -> dict[int, SliderSpec]:
        tip = self.tr("{name} (shape component {number} of {size}, standard deviations)")
        titles = component_titles(self._catalog.shape_names, self.tr("Shape"))
        return _code_specs(titles, tip, SHAPE_SIZE)

    def _skin_specs(self) -> dict[int, SliderSpec]:
        tip = self.tr("{name} (texture component {number} of {size}, standard deviations)")
        titles = component_titles(self._catalog.texture_names, self.tr("Skin"))
        return _code_specs(titles, tip, TEXTURE_SIZE)

    def _make_shape(self) -> Section:
        self.shape_section = section = Section(self.tr("Shape"), self._theme)
        first = first_shapes(self._catalog)
        section.fill_later(partial(self._fill_codes, self.shape, first, SHAPE_SIZE))
        dice = section.add_button("dice", self.tr("Randomise the shape"))
        dice.clicked.connect(self.randomise_shape)
        self._add_reset(section, self.shape, self.tr("Reset shape"), self.tr("Reset the shape"))
        self._add_lock(section, SHAPE, self.tr("Lock the shape: nothing changes it"))
        section.unfold()
        return section

    def _make_skin(self) -> Section:
        self.skin_section = section = Section(self.tr("Skin"), self._theme)
        first = first_textures(self._catalog)
        section.fill_later(partial(self._fill_codes, self.skin, first, TEXTURE_SIZE))
        dice = section.add_button("dice", self.tr("Randomise skin and details"))
        dice.clicked.connect(self.randomise_skin)
        self._add_reset(section, self.skin, self.tr("Reset skin"), self.tr("Reset the skin"))
        self._add_lock(section, SKIN, self.tr("Lock skin and details: nothing changes them"))
        return section

    def _make_details(self) -> Section:
        self.details_section = section = Section(self.tr("Details"), self._theme)
        section.fill_later(self._fill_details)
        self._add_reset(
            section, self.details, self.tr("Reset details"), self.tr("Reset the details")
        )
        return section

    def _add_reset(self, section: Section, sliders: FieldSliders, text: str, tip: str) -> None:
        section.add_button("reset", tip).clicked.connect(lambda: sliders.reset(text))

    def _add_lock(self, section: Section, fields: tuple[str, ...], tip: str) -> None:
        button = section.add_button("unlock", tip, checkable=True)
        button.toggled.connect(partial(self._locks.lock, fields))
        self._section_locks[fields] = button

    def _fill_codes(
        self, sliders: FieldSliders, first: Sequence[int], size: int, rows: QVBoxLayout
    ) -> None:
        sliders.fill(first, rows)
        rest = [index for index in range(size) if index not in first]
        if rest:
            rows.addWidget(_more_button(self.tr("Show all {n}").format(n=size), sliders, rest))

    def _fill_details(self, rows: QVBoxLayout) -> None:
        self.details.fill(range(len(ATTRIBUTES)), rows)
        self.iris = iris = SwatchRow(self.tr("Eye colour"), IRIS_COLORS, self._theme)
        iris.previewed.connect(self._preview_iris)
        iris.picked.connect(self._pick_iris)
        iris.show_color(self._document.params.iris_color.tolist())
        label = QLabel(self.tr("Eye colour"))
        row = QHBoxLayout()
        row.addWidget(label)
        row.addStretch()
        row.addWidget(iris)
        rows.addLayout(row)
        self.make_up = MakeUpRows(self._document, self._stage, self._theme)
        rows.addWidget(self.make_up)
        self._show_locks()

    # -- editing -------------------------------------------------------------------------------

    def _randomise(self, text: str, fields: tuple[str, ...]) -> None:
        seed = int(np.random.default_rng().integers(SEEDS))

        def become(person: HeadParams) -> None:
            changes = {field: getattr(person, field) for field in fields}
            self._document.edit(text, **self._locks.allowed(self._document.params, changes))

        self._renderer.ask(lambda engine: engine.random_head(seed), become)

    def _preview_iris(self, color: LinearRGB | None) -> None:
        params = self._document.params
        self._stage.preview(None if color is None else params.with_(iris_color=color))

    def _pick_iris(self, name: str, color: LinearRGB) -> None:
        title = self.tr("Eye colour: {name}").format(name=name)
        self._document.edit(title if name else self.tr("Eye colour"), iris_color=color)

    # -- showing -------------------------------------------------------------------------------

    def _show(self, params: HeadParams, changed: frozenset[str]) -> None:
        if "iris_color" in changed and self.iris is not None:
            self.iris.show_color(params.iris_color.tolist())

    def _show_locks(self) -> None:
        for fields, button in self._section_locks.items():
            locked = all(self._locks.is_locked(field) for field in fields)
            with QSignalBlocker(button):
                button.setChecked(locked)
            button.setIcon(self._theme.icon("lock" if locked else "unlock"))
        if self.iris is not None:
            self.iris.setEnabled(not self._locks.is_locked("iris_color"))
        if self.make_up is not None:
            self.make_up.setEnabled(not self._locks.is_locked("make_up"))


def _code_specs(titles: Sequence[str], tip: str, size: int) -> dict[int, SliderSpec]:
    return {
        index: SliderSpec(
            title,
            -LARGEST_CODE,
            LARGEST_CODE,
            tip=tip.format(name=title, number=index + 1, size=size),
        )
        for index, title in enumerate(titles)
    }


def _detail_specs() -> dict[int, SliderSpec]:
    defaults = neutral_head().attributes
    return {
        index: SliderSpec(
            ATTRIBUTE_NAMES[name], default=float(defaults[index]), tip=ATTRIBUTE_NAMES[name]
        )
        for index, name in enumerate(ATTRIBUTES)
    }


def _more_button(text: str, sliders: FieldSliders, rest: Sequence[int]) -> QWidget:
    """A button that becomes the sliders it promises."""
    place = QWidget()
    rows = QVBoxLayout(place)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(4)
    button = QPushButton(text)
    button.setObjectName("more")
    rows.addWidget(button)

    def show_all() -> None:
        button.hide()
        sliders.fill(rest, rows)
        sliders.sliders[rest[0]].slider.setFocus()

    button.clicked.connect(show_all)
    return place
