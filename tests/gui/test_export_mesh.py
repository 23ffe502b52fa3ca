"""Meshes are asked for in a dialog, written beside the work, and can be cancelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.dialogs.mesh import PRESETS, MeshDialog
from app.main_window import MainWindow
from app.settings import Settings
from head360.export.formats import EXPORTERS
from head360.export.options import MeshOptions
from tests.gui.conftest import FakeEngine, Pace


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the next file dialog will choose; its folder holds nothing else."""
    folder = tmp_path / "meshes"
    folder.mkdir()
    monkeypatch.setattr("app.export_commands.choose_target", lambda *_: folder / "maya.glb")
    return folder / "maya.glb"


@pytest.fixture
def dialog(qtbot: QtBot, settings: Settings) -> MeshDialog:
    dialog = MeshDialog(settings)
    qtbot.addWidget(dialog)
    return dialog


def test_every_kind_on_offer_can_be_written() -> None:
    assert {preset.ending for preset in PRESETS} <= EXPORTERS.keys()


def test_the_dialog_offers_what_a_format_can_say(dialog: MeshDialog) -> None:
    dialog.choose(".ply")

    assert dialog.points.isEnabled()
    assert not dialog.texture.isEnabled()
    assert not dialog.shapes.isEnabled()
    assert dialog.options == MeshOptions()


def test_a_folder_of_blendshapes_has_no_ending(dialog: MeshDialog) -> None:
    dialog.shapes.setChecked(True)
    assert dialog.ending == ".glb"

    dialog.choose(".obj")

    assert dialog.ending == ""
    assert dialog.options.shapes


def test_choices_are_remembered(qtbot: QtBot, dialog: MeshDialog, settings: Settings) -> None:
    dialog.choose(".obj")
    dialog.texture.setCurrentIndex(dialog.texture.findData("4096"))
    dialog.hair.setCurrentIndex(dialog.hair.findData("surface"))
    with qtbot.waitSignal(dialog.chosen) as chosen:
        qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)

    again = MeshDialog(settings)
    qtbot.addWidget(again)

    assert chosen.args == [MeshOptions(texture=4096, hair="surface"), ".obj"]
    assert (again.ending, again.options) == (".obj", chosen.args[0])


def test_damaged_settings_read_as_usual(qtbot: QtBot, settings: Settings) -> None:
    from app.settings import MESH

    settings.set(MESH, {"ending": ".exe", "texture": 7, "hair": None, "shapes": "yes"})

    dialog = MeshDialog(settings)
    qtbot.addWidget(dialog)

    assert (dialog.ending, dialog.options) == (".glb", MeshOptions())


def test_a_mesh_is_written_of_the_head_of_the_moment(
    qtbot: QtBot, window: MainWindow, target: Path, engines: list[FakeEngine]
) -> None:
    before = window.document.params
    with qtbot.waitSignal(window.exports.ended, timeout=10_000):
        window.export_commands.write_mesh(MeshOptions(texture=1024), ".glb")
        window.document.edit("Width", shape=np.ones(50))

    [wish] = [wish for engine in engines for wish in engine.exported]
    assert wish[0] is before
    assert wish[1] == target
    assert wish[2] == MeshOptions(texture=1024, name=window.document.name)
    assert target.exists()
    assert window.chip.show_folder.isVisible()


def test_cancel_leaves_no_mesh(qtbot: QtBot, window: MainWindow, target: Path, pace: Pace) -> None:
    pace.seconds = 2.0
    window.export_commands.write_mesh(MeshOptions(), ".glb")
    qtbot.waitUntil(lambda: "%" in window.chip.title.text(), timeout=5000)

    with qtbot.waitSignal(window.exports.ended, timeout=5000):
        qtbot.mouseClick(window.chip.cancel, Qt.MouseButton.LeftButton)

    assert list(target.parent.iterdir()) == []
    assert "Nothing was written" in window.message_bar.cards[-1].message.text


def test_the_menu_opens_the_dialog(qtbot: QtBot, window: MainWindow) -> None:
    window.export_commands.ask_mesh()

    [dialog] = window.findChildren(MeshDialog)
    assert dialog.isVisible()
    dialog.reject()
