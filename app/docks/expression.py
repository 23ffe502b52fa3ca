"""Dock with presets and one slider per blendshape."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.docks.driven import DrivenSliders
from app.docks.field_sliders import FieldSliders
from app.docks.panel import scrolling_column, set_up_dock
from app.document import HeadDocument
from app.locks import Locks
from app.settings import SYMMETRIC, Settings
from app.stage import Stage
from app.theme import Theme
from app.widgets.chips import ChipRow
from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from app.widgets.section import Section, flat_button
from head360.expression_names import (
    GROUPS,
    PRESETS,
    Preset,
    matches,
    members,
    mirrored,
    other_side,
    preset_weights,
    short_name,
    spoken_name,
)
from head360.params import EXPRESSIONS, POSE_LIMITS, FloatArray, HeadParams

OPEN_AT_FIRST = ("Brows", "Eyes", "Mouth")
FIELD = "expression"
#: Plain names of the angles of `HeadParams.head_pose`, and what is positive.
POSE = {
    "Turn": "Turn the head to its own left (yaw)",
    "Nod": "Bend the head down (pitch)",
    "Tilt": "Lean the head towards its own left shoulder (roll)",
}


class ExpressionDock(QDockWidget):
    """Edits `HeadParams.expression` and `head_pose`.

    Down: a slider moves → `document.edit`. Up: `params_changed` → sliders, with their signals
    blocked. The dock keeps no copy of the weights, so undo and loading just work.
    """

    def __init__(
        self,
        document: HeadDocument,
        stage: Stage,
        locks: Locks,
        theme: Theme,
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Expression", parent)
        self.setWindowTitle(self.tr("Expression"))
        self._document, self._stage, self._locks = document, stage, locks
        self._theme, self._settings = theme, settings
        self.sliders: dict[int, LabelledSlider] = {}
        self.sections: list[Section] = []
        self._groups: list[list[int]] = []
        content = QWidget()
        content.setObjectName("panel")
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._make_tools())
        area, column = scrolling_column()
        column.addWidget(self._make_presets())
        column.addWidget(self._make_pose())
        for title, prefixes in GROUPS:
            column.addWidget(self._make_section(title, members(prefixes)))
        column.addStretch()
        layout.addWidget(area)
        set_up_dock(self, "expression_dock", content)
        weights = DrivenSliders(stage, self.sliders, FIELD, self)
        pose = DrivenSliders(stage, self.pose.sliders, "head_pose", self)
        self.pose_section.unfolded.connect(pose.look_again)
        seen = [section.unfolded for section in self.sections]
        for signal in (*seen, self.search.textChanged, self.visibilityChanged):
            signal.connect(weights.look_again)
        document.params_changed.connect(self._show)
        locks.changed.connect(self._show_locks)

    def slider(self, name: str) -> LabelledSlider:
        """The slider of a blendshape; unfolds its group."""
        index = EXPRESSIONS.index(name)
        for section, group in zip(self.sections, self._groups, strict=True):
            if index in group:
                section.unfold()
        return self.sliders[index]

    def mirror(self) -> None:
        """Exchange left and right."""
        self._edit_all(self.tr("Mirror expression"), mirrored(self._document.params.expression))

    def reset(self) -> None:
        """Relax the whole face."""
        self._edit_all(self.tr("Reset expression"), np.zeros(len(EXPRESSIONS), np.float32))

    def _make_tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(4)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search expressions"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(self._theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._filter)
        row.addWidget(self.search, 1)
        self.symmetric = flat_button(
            self._theme, "link", self.tr("Move both sides together"), checkable=True
        )
        self.symmetric.setChecked(self._settings.get(SYMMETRIC))
        self.symmetric.toggled.connect(partial(self._settings.set, SYMMETRIC))
        mirror = flat_button(self._theme, "mirror", self.tr("Mirror: exchange left and right"))
        mirror.clicked.connect(self.mirror)
        reset = flat_button(self._theme, "reset", self.tr("Reset the expression"))
        reset.clicked.connect(self.reset)
        for button in (self.symmetric, mirror, reset):
            row.addWidget(button)
        return row

    def _make_presets(self) -> ChipRow:
        self.presets = ChipRow([preset.name for preset in PRESETS])
        self.presets.setAccessibleName(self.tr("Expression presets"))
        self.presets.previewed.connect(self._preview)
        self.presets.picked.connect(self._apply)
        return self.presets

    def _make_pose(self) -> Section:
        self.pose = FieldSliders(
            self._document, self._locks, "head_pose", dict(enumerate(_pose_specs())), self
        )
        self.pose_section = section = Section(self.tr("Head pose"), self._theme)
        section.fill_later(partial(self.pose.fill, range(len(POSE))))
        section.add_button("reset", self.tr("Look straight on")).clicked.connect(
            lambda: self.pose.reset(self.tr("Look straight on"))
        )
        return section

    def _make_section(self, title: str, group: list[int]) -> Section:
        section = Section(self.tr(title), self._theme)
        section.fill_later(partial(self._fill, group))
        section.add_button("reset", self.tr("Reset this group")).clicked.connect(
            partial(self._reset_group, title, group)
        )
        self.sections.append(section)
        self._groups.append(group)
        section.unfold(title in OPEN_AT_FIRST)
        return section

    def _fill(self, group: list[int], rows: QVBoxLayout) -> None:
        for index in group:
            name = EXPRESSIONS[index]
            tip = self.tr("{name} (ARKit: {id})").format(name=spoken_name(name), id=name)
            slider = LabelledSlider(SliderSpec(short_name(name), tip=tip))
            slider.make_lockable()
            slider.show_value(float(self._document.params.expression[index]))
            slider.set_locked(self._locks.is_locked(FIELD, index))
            slider.edited.connect(partial(self._edit, index))
            slider.lock_toggled.connect(partial(self._lock, index))
            rows.addWidget(slider)
            self.sliders[index] = slider

    def _edit(self, index: int, weight: float, gesture: object) -> None:
        weights = self._document.params.expression.copy()
        weights[index] = weight
        twin = other_side(index) if self.symmetric.isChecked() else None
        if twin is not None and not self._locks.is_locked(FIELD, twin):
            weights[twin] = weight
        text = spoken_name(EXPRESSIONS[index])
        self._document.edit(text, gesture=gesture, expression=weights)

    def _edit_all(self, text: str, weights: FloatArray) -> None:
        params = self._document.params
        self._document.edit(text, **self._locks.allowed(params, {FIELD: weights}))

    def _reset_group(self, title: str, group: list[int]) -> None:
        weights = self._document.params.expression.copy()
        weights[group] = 0.0
        self._edit_all(self.tr("Reset {group}").format(group=title.lower()), weights)

    def _preset(self, name: str) -> Preset:
        return next(preset for preset in PRESETS if preset.name == name)

    def _preview(self, name: str) -> None:
        if not name:
            self._stage.preview(None)
            return
        params = self._document.params
        weights = preset_weights(self._preset(name))
        self._stage.preview(params.with_(**self._locks.allowed(params, {FIELD: weights})))

    def _apply(self, name: str) -> None:
        self._edit_all(name, preset_weights(self._preset(name)))

    def _lock(self, index: int, locked: bool) -> None:
        self._locks.lock((FIELD,), locked, index)

    def _filter(self, query: str) -> None:
        for section, group in zip(self.sections, self._groups, strict=True):
            found = [index for index in group if matches(EXPRESSIONS[index], query)]
            section.setVisible(bool(found))
            if query and found:
                section.unfold()
            for index in group:
                if index in self.sliders:
                    self.sliders[index].setVisible(index in found)
        self.presets.setVisible(not query)
        words = " ".join((*POSE, self.pose_section.header.text())).lower()
        self.pose_section.setVisible(query.strip().lower() in words)

    def _show(self, params: HeadParams, changed: frozenset[str]) -> None:
        if FIELD in changed:
            for index, slider in self.sliders.items():
                slider.show_value(float(params.expression[index]))

    def _show_locks(self) -> None:
        for index, slider in self.sliders.items():
            slider.set_locked(self._locks.is_locked(FIELD, index))


def _pose_specs() -> list[SliderSpec]:
    return [
        SliderSpec(name, -limit, limit, tip=tip, decimals=0, unit="°")
        for (name, tip), limit in zip(POSE.items(), POSE_LIMITS, strict=True)
    ]


def focus_search(dock: ExpressionDock) -> None:
    """Bring the dock forward and start a search."""
    dock.show()
    dock.raise_()
    dock.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
    dock.search.selectAll()
