"""Asks as what kind of mesh or cloud a head is exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.forms import answer_row, choice_row, dim_label, form_of, row_of
from app.settings import MESH, Settings
from head360.export.options import TEXTURES, MeshOptions
from head360.performance import Performance


@dataclass(frozen=True, slots=True)
class MeshPreset:
    """One kind of file, what it is for, and which choices it leaves."""

    ending: str
    name: str
    use: str
    choices: frozenset[str]  # names of fields of the dialog


PRESETS: tuple[MeshPreset, ...] = (
    MeshPreset(
        ".glb", "GLB", "Blender, Unity, Unreal, Godot, web: 52 blendshapes, neck and eyes.",
        frozenset({"texture", "hair", "compact", "animation"}),
    ),
    MeshPreset(
        ".usdz", "USD", "Apple devices, Omniverse, Houdini: 52 blendshapes, neck and eyes.",
        frozenset({"texture", "hair", "animation"}),
    ),
    MeshPreset(
        ".obj", "OBJ", "Every modelling program: the face as it is now.",
        frozenset({"texture", "hair", "shapes"}),
    ),
    MeshPreset(
        ".ply", "PLY", "Splat viewers and scan tools: coloured points, lit as now.",
        frozenset({"hair", "points"}),
    ),
    MeshPreset(
        ".html", "Web page", "Any browser, offline: the head to turn, with all sliders.",
        frozenset(),
    ),
)  # fmt: skip
HAIR: Mapping[str, str] = {
    "cards": "Cards with strands", "surface": "One textured surface", "none": "No hair",
}  # fmt: skip
POINTS: Mapping[str, str] = {"gaussians": "Gaussian splats", "points": "Plain coloured points"}


class MeshDialog(QDialog):
    """The kind of file first, then what that kind leaves to choose."""

    chosen = Signal(object, str)  # MeshOptions, ending

    def __init__(
        self,
        settings: Settings,
        parent: QWidget | None = None,
        *,
        take: Performance | None = None,
    ) -> None:
        """Ask; `take` is the recording that can go along as an animation."""
        super().__init__(parent)
        self._settings, self._take = settings, take
        self._preset = PRESETS[0]
        self.setWindowTitle(self.tr("Mesh"))
        self._make_fields()
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(12)
        column.addLayout(self._make_presets())
        column.addWidget(self.use)
        column.addLayout(
            form_of(
                (self.tr("Skin texture"), row_of(self.texture, self.tr("pixels wide"))),
                (self.tr("Hair"), row_of(self.hair)),
                (self.tr("Points"), row_of(self.points)),
                ("", row_of(self.shapes)),
                ("", row_of(self.compact)),
                ("", row_of(self.animation)),
            )
        )
        column.addStretch()
        column.addLayout(self._make_buttons())
        self._recall()

    @property
    def ending(self) -> str:
        """What the file's name ends in; empty for a folder."""
        return "" if self.options.shapes else self._preset.ending

    @property
    def options(self) -> MeshOptions:
        """What the fields say; what the kind of file does not leave open stays as usual."""
        usual, open_ = MeshOptions(), self._preset.choices
        return MeshOptions(
            texture=int(self.texture.currentData()) if "texture" in open_ else usual.texture,
            hair=self.hair.currentData(),
            compact=self.compact.isChecked() or "compact" not in open_,
            shapes=self.shapes.isChecked() and "shapes" in open_,
            points=self.points.currentData(),
            performance=self._take if self._animates else None,
        )

    def choose(self, ending: str) -> None:
        """Pick a kind of file."""
        self._preset = next(preset for preset in PRESETS if preset.ending == ending)
        self.presets[ending].setChecked(True)
        self.use.setText(self.tr(self._preset.use))
        for name in ("texture", "hair", "points", "shapes", "compact"):
            getattr(self, name).setEnabled(name in self._preset.choices)
        can = self._take is not None and "animation" in self._preset.choices
        self.animation.setEnabled(can)

    @property
    def _animates(self) -> bool:
        return self.animation.isEnabled() and self.animation.isChecked()

    def _make_fields(self) -> None:
        self.use = dim_label()
        sizes = {str(size): str(size) for size in TEXTURES}
        self.texture = self._choice(self.tr("Width of the skin's texture"), sizes)
        self.texture.setCurrentIndex(TEXTURES.index(MeshOptions().texture))
        self.hair = self._choice(self.tr("Hair"), HAIR)
        self.points = self._choice(self.tr("Kind of points"), POINTS)
        self.shapes = QCheckBox(self.tr("A folder with a file for each blendshape"))
        self.compact = QCheckBox(self.tr("Compact; some older programs need it off"))
        self.compact.setChecked(True)
        self.animation = QCheckBox(self.tr("With the recording as an animation"))
        self.animation.setVisible(self._take is not None)

    def _choice(self, name: str, entries: Mapping[str, str]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for key, text in entries.items():
            box.addItem(self.tr(text), key)
        return box

    def _make_presets(self) -> QHBoxLayout:
        names = [(self.tr(preset.name), partial(self._choose, preset.ending)) for preset in PRESETS]
        row, buttons = choice_row(self, names)
        keys = [preset.ending for preset in PRESETS]
        self.presets: dict[str, QPushButton] = dict(zip(keys, buttons, strict=True))
        return row

    def _make_buttons(self) -> QHBoxLayout:
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.export = QPushButton(self.tr("Export…"))
        self.export.clicked.connect(self._accept)
        return answer_row(cancel, self.export)

    def _choose(self, ending: str, *_: object) -> None:
        self.choose(ending)

    def _accept(self) -> None:
        entry: dict[str, object] = {
            "ending": self._preset.ending,
            "texture": self.texture.currentData(),
            "hair": self.hair.currentData(),
            "points": self.points.currentData(),
            "shapes": self.shapes.isChecked(),
            "compact": self.compact.isChecked(),
            "animation": self.animation.isChecked(),
        }
        self._settings.set(MESH, entry)
        options, ending = self.options, self.ending
        self.accept()
        self.chosen.emit(options, ending)

    def _recall(self) -> None:
        entry = self._settings.get(MESH)
        ending = entry.get("ending")
        self.choose(ending if isinstance(ending, str) and ending in self.presets else ".glb")
        for name in ("texture", "hair", "points"):
            box: QComboBox = getattr(self, name)
            if (index := box.findData(entry.get(name))) >= 0:
                box.setCurrentIndex(index)
        self.shapes.setChecked(entry.get("shapes") is True)
        self.compact.setChecked(entry.get("compact") is not False)
        self.animation.setChecked(entry.get("animation") is not False)
