"""The window puts its parts together: menus, keys, layout, themes, messages."""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDragLeaveEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QDockWidget, QMenu, QTabBar
from pytestqt.qtbot import QtBot

from app.actions import ACTIONS
from app.crash import CrashHook
from app.display import display_problem
from app.locks import SHAPE
from app.main_window import MainWindow, Services
from app.overlays import MARGIN_PX
from app.panels import LEFT
from app.person_clipboard import MIME
from app.settings import BACKGROUND, LAYOUT, THEME
from head360.params import EXPRESSIONS
from tests.gui.conftest import end

JAW = EXPRESSIONS.index("jawOpen")


def open_jaw(window: MainWindow, weight: float = 0.5) -> None:
    weights = window.document.params.expression.copy()
    weights[JAW] = weight
    window.document.edit("Jaw open", expression=weights)


def menu_actions(menu: QMenu) -> list[QAction]:
    found = []
    for action in menu.actions():
        submenu = action.menu()
        found += menu_actions(submenu) if isinstance(submenu, QMenu) else [action]
    return found


def all_actions(window: MainWindow) -> list[QAction]:
    menus = [action.menu() for action in window.menuBar().actions()]
    return [action for menu in menus for action in menu_actions(menu)]


def test_undo_and_redo_name_the_step(window: MainWindow) -> None:
    undo, redo = window.actions_by_id["undo"], window.actions_by_id["redo"]
    assert not undo.isEnabled()

    open_jaw(window)

    assert undo.text() == "Undo Jaw open"
    undo.trigger()
    assert window.document.params.expression[JAW] == 0.0
    assert redo.text() == "Redo Jaw open"
    redo.trigger()
    assert window.document.params.expression[JAW] == pytest.approx(0.5)


def test_every_action_is_in_a_menu(window: MainWindow) -> None:
    offered = {action.objectName() for action in all_actions(window)}

    assert {spec.id for spec in ACTIONS} <= offered


def test_no_two_actions_share_a_shortcut(window: MainWindow) -> None:
    keys = Counter(key.toString() for action in all_actions(window) for key in action.shortcuts())

    assert {key: n for key, n in keys.items() if n > 1} == {}
    assert keys["F"] == keys["7"] == keys["Ctrl+Z"] == 1


@pytest.mark.parametrize(
    ("key", "yaw", "pitch"),
    [("L", 90, 0), ("R", -90, 0), ("B", 180, 0), ("T", 0, 85), ("F", 0, 0)],
)
def test_view_keys_turn_the_camera(
    qtbot: QtBot, window: MainWindow, key: str, yaw: float, pitch: float
) -> None:
    start = window.viewport.camera.with_(yaw_degrees=30, pitch_degrees=20, distance=0.8)
    window.viewport.set_camera(start)

    qtbot.keyClick(window, key)
    qtbot.waitUntil(lambda: window.viewport.camera.yaw_degrees == yaw, timeout=2000)

    assert window.viewport.camera.pitch_degrees == pitch
    assert window.viewport.camera.distance == 0.8


def test_zero_goes_back_to_where_everybody_starts(qtbot: QtBot, window: MainWindow) -> None:
    window.viewport.set_camera(window.viewport.camera.with_(distance=0.6, yaw_degrees=70))

    qtbot.keyClick(window, "0")

    qtbot.waitUntil(lambda: window.viewport.camera.distance == 1.18, timeout=2000)


def test_number_keys_choose_what_is_shown(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, "5")

    assert window.viewport.mode == "wireframe"
    assert window.modes.choices["wireframe"].isChecked()


def test_letters_typed_into_a_field_are_no_shortcuts(qtbot: QtBot, window: MainWindow) -> None:
    window.activateWindow()
    window.actions_by_id["find_expression"].trigger()

    qtbot.keyClicks(window.panels.expression.search, "bl5")

    assert window.panels.expression.search.text() == "bl5"
    assert window.viewport.camera.yaw_degrees == 0.0
    assert window.viewport.mode == "shaded"


def test_a_closed_panel_stays_closed_until_the_layout_is_reset(
    qtbot: QtBot, window: MainWindow, services: Services
) -> None:
    window.panels.head.close()
    window.resize(1024, 714)
    window.close_without_asking()

    again = MainWindow(services)
    qtbot.addWidget(again, before_close_func=end)
    again.show()

    assert again.panels.head.isHidden()
    assert again.height() == 714
    again.actions_by_id["reset_layout"].trigger()
    assert again.panels.head.isVisible()


def test_reset_layout_brings_a_floating_panel_home(qtbot: QtBot, window: MainWindow) -> None:
    window.panels.light.setFloating(True)

    window.actions_by_id["reset_layout"].trigger()

    assert not window.panels.light.isFloating()
    qtbot.waitUntil(lambda: window.panels.light.titleBarWidget() is not None)  # in a tab again


def test_a_damaged_layout_is_ignored(qtbot: QtBot, services: Services) -> None:
    services.settings.set(LAYOUT, "bm9uc2Vuc2U=")

    window = MainWindow(services)
    qtbot.addWidget(window, before_close_func=end)
    window.show()

    used = [dock for dock in window.panels.all if dock is not window.panels.timeline]
    assert all(not dock.isHidden() for dock in used)
    assert window.panels.timeline.isHidden()  # until there is a recording


def test_a_layout_of_other_docks_is_ignored(qtbot: QtBot, services: Services) -> None:
    older = MainWindow(services)
    for name in ("strands", "layers"):
        dock = QDockWidget(name, older)
        dock.setObjectName(f"{name}_dock")
        older.addDockWidget(LEFT, dock)
    older.tabifyDockWidget(older.findChildren(QDockWidget)[-2], older.findChildren(QDockWidget)[-1])
    older.panels.live.close()
    older.show()
    older.close_without_asking()
    end(older)

    window = MainWindow(services)
    qtbot.addWidget(window, before_close_func=end)
    window.show()

    assert not window.panels.live.isHidden()
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert all(bar.count() > 1 for bar in bars if bar.isVisible())
    assert not any(
        bar.geometry().intersects(window.menuBar().geometry()) for bar in bars if bar.isVisible()
    )


def test_the_window_can_be_small(window: MainWindow) -> None:
    window.resize(10, 10)

    assert (window.width(), window.height()) == (1024, 680)


def test_a_person_is_copied_and_pasted(window: MainWindow) -> None:
    person = window.document.params
    window.actions_by_id["copy_head"].trigger()
    window.document.edit("Other", shape=np.ones(50), texture=np.ones(64))

    window.actions_by_id["paste_head"].trigger()

    assert np.array_equal(window.document.params.shape, person.shape)
    assert np.array_equal(window.document.params.texture, person.texture)
    assert window.document.undo_stack.undoText() == "Paste shape and skin"


def test_pasting_leaves_locked_shape_alone(window: MainWindow) -> None:
    window.actions_by_id["copy_head"].trigger()
    window.document.edit("Other", shape=np.ones(50), texture=np.ones(64))
    window.locks.lock(SHAPE, True)

    window.actions_by_id["paste_head"].trigger()

    assert np.array_equal(window.document.params.shape, np.ones(50))
    assert np.array_equal(window.document.params.texture, np.zeros(64))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"shape": [1]}', json.dumps({"shape": "x" * 50}).encode(), b"9" * 99_999],
)
def test_nonsense_on_the_clipboard_changes_nothing(window: MainWindow, content: bytes) -> None:
    mime = QMimeData()
    mime.setData(MIME, content)
    QGuiApplication.clipboard().setMimeData(mime)

    window.actions_by_id["paste_head"].trigger()

    assert not window.document.modified
    assert "no head" in window.message_bar.cards[-1].message.text


def test_randomise_is_one_undo_step(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_id["randomise"].trigger()

    qtbot.waitUntil(lambda: window.document.undo_stack.count() == 1, timeout=2000)
    assert window.actions_by_id["undo"].text() == "Undo Randomise everything"


def test_the_background_menu_and_the_light_panel_agree(window: MainWindow) -> None:
    window.backgrounds.choices["transparent"].trigger()

    assert window.viewport.background.transparent
    assert window.panels.light.kinds["transparent"].isChecked()
    assert window.panels.light.background.transparent
    window.panels.light.choose_background("gradient")
    assert window.backgrounds.choices["gradient"].isChecked()
    assert services_background(window) == "gradient"


def services_background(window: MainWindow) -> str:
    return window._settings.get(BACKGROUND)


def test_the_light_theme_dresses_icons_too(qapp: QApplication, window: MainWindow) -> None:
    icon = window.actions_by_id["undo"].icon().cacheKey()
    dark = window.viewport.background
    window.actions_by_id["theme_light"].setChecked(True)

    try:
        assert window.actions_by_id["undo"].icon().cacheKey() != icon
        assert window.viewport.background.inner[0] > dark.inner[0] + 0.3
        assert window._settings.get(THEME) == "light"
    finally:
        window.actions_by_id["theme_light"].setChecked(False)
        qapp.setStyleSheet("")
    assert window.viewport.background.inner == dark.inner


def test_a_bug_becomes_a_message_once(window: MainWindow, caplog: pytest.LogCaptureFixture) -> None:
    hook = CrashHook(window.messages, window)
    error = RuntimeError("a bug")

    with caplog.at_level(logging.CRITICAL):
        for _ in range(5):
            hook.report(RuntimeError, error, None)

    assert len(caplog.records) == 5
    caplog.clear()
    assert len(window.message_bar.cards) == 1
    assert "save it" in window.message_bar.cards[0].message.hint


def test_messages_stay_off_the_cube(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1024, 680)

    window.messages.error("Something long enough to need several lines of words. " * 4)

    qtbot.waitUntil(lambda: window.message_bar.width() > 200)
    assert window.message_bar.geometry().right() < window.viewport.width() - 72
    assert window.message_bar.geometry().left() >= MARGIN_PX


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "needs a screen"),
        ({"DISPLAY": ":63999"}, "does not answer"),
        ({"DISPLAY": "nonsense"}, "does not answer"),
        ({"WAYLAND_DISPLAY": "wayland-63999"}, "does not answer"),
    ],
)
def test_no_screen_is_said_in_words(environment: dict[str, str], problem: str) -> None:
    assert problem in (display_problem(environment, "linux") or "")


def test_a_named_platform_or_another_system_needs_no_screen_variables() -> None:
    assert display_problem({"QT_QPA_PLATFORM": "offscreen"}, "linux") is None
    assert display_problem({}, "darwin") is None


def test_a_chosen_background_is_a_change_to_save(window: MainWindow, tmp_path: Path) -> None:
    window.panels.light.choose_background("transparent")

    assert window.document.modified
    assert window.windowTitle().endswith(" *")
    assert not window.document.undo_stack.canUndo()
    window.document.mark_saved(tmp_path / "maya.h360")
    assert not window.document.modified


def test_a_background_chosen_early_does_not_keep_the_first_head_away(
    qtbot: QtBot, services: Services
) -> None:
    window = MainWindow(services)
    qtbot.addWidget(window, before_close_func=end)
    window.panels.light.choose_background("transparent")

    window.show()

    qtbot.waitUntil(lambda: window.document.params.hairstyle == "bob", timeout=5000)


def test_turning_the_head_holds_the_thumbnails(window: MainWindow) -> None:
    window.viewport.set_camera(window.viewport.camera.with_(yaw_degrees=12.0))

    assert window.panels.hair.thumbnails.held()
    assert window.panels.light.thumbnails.held()


def dragged(path: Path) -> QDragEnterEvent:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    dragged.mime = mime  # type: ignore[attr-defined]  # the event does not own it
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    return QDragEnterEvent(QPoint(50, 50), action, mime, button, Qt.KeyboardModifier.NoModifier)


def test_a_dragged_project_is_offered_a_place(window: MainWindow, tmp_path: Path) -> None:
    window.dragEnterEvent(dragged(tmp_path / "maya.h360"))

    assert window.drop_hint.isVisible()
    assert window.drop_hint.text == "Drop to open “maya”"
    window.dragLeaveEvent(QDragLeaveEvent())
    assert not window.drop_hint.isVisible()


def test_a_dragged_photo_is_offered_a_place(window: MainWindow, tmp_path: Path) -> None:
    window.dragEnterEvent(dragged(tmp_path / "maya.JPG"))

    assert window.drop_hint.isVisible()
    assert "head" in window.drop_hint.text


def test_nothing_else_is_offered_a_place(window: MainWindow, tmp_path: Path) -> None:
    window.dragEnterEvent(dragged(tmp_path / "maya.txt"))

    assert not window.drop_hint.isVisible()
