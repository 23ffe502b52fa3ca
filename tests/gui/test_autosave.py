"""Unsaved work survives a crash, and only a crash."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.document import HeadDocument
from app.main_window import MainWindow, Services
from app.recovery import FOLDER, Recovery
from app.settings import Places
from head360.camera import OrbitCamera
from head360.params import neutral_head
from head360.project import Project, load_project, save_project
from tests.gui.conftest import end

Answer = Callable[[str], list[str]]


@pytest.fixture
def folder(places: Places) -> Path:
    return places.state / FOLDER


def works(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.h360"))


def edit(document: HeadDocument, value: float = 1.0) -> None:
    document.edit("Width", shape=np.full(50, value, np.float32))


@pytest.fixture
def leave(folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """Leaves work behind as a studio that was killed does: files, but no living lock."""

    def make(value: float = 3.0, path: Path | None = None, minutes_ago: int = 1) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        work = folder / f"left{len(works(folder))}.h360"
        params = neutral_head().with_(shape=np.full(50, value, np.float32))
        save_project(Project(params, OrbitCamera(yaw_degrees=25.0)), work)
        saved_at = datetime.now().astimezone() - timedelta(minutes=minutes_ago)
        note = {"path": str(path) if path else None, "saved_at": saved_at.isoformat(), "pid": 1}
        work.with_suffix(".json").write_text(json.dumps(note))
        return work

    return make


@pytest.fixture
def start(qtbot: QtBot, services: Services) -> Iterator[Callable[[], MainWindow]]:
    windows: list[MainWindow] = []

    def begin() -> MainWindow:
        window = MainWindow(services)
        windows.append(window)
        with qtbot.waitSignal(window.viewport.picture_shown, timeout=5000):
            window.show()
        window.rescue.offer()
        return window

    yield begin
    for window in windows:
        end(window)
        window.deleteLater()


def press(window: MainWindow, label: str) -> None:
    card = next(card for card in window.message_bar.cards if card.message.choices)
    handler = next(c.handler for c in card.message.choices if c.label == label)
    card.leave()
    handler()


def test_an_edit_is_kept_once_the_person_pauses(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    window.recovery.settled.setInterval(50)

    edit(window.document, 1.5)

    qtbot.waitUntil(lambda: len(list(folder.glob("*.json"))) == 1, timeout=2000)
    assert load_project(works(folder)[0]).params.shape[0] == 1.5


def test_steady_editing_is_kept_too(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    window.recovery.settled.setInterval(60_000)
    window.recovery.overdue.setInterval(50)

    edit(window.document)

    qtbot.waitUntil(lambda: len(works(folder)) == 1, timeout=2000)


def test_intervals_are_what_people_are_told(window: MainWindow) -> None:
    assert window.recovery.settled.interval() == 2_000
    assert window.recovery.overdue.interval() == 60_000


def test_saving_leaves_nothing_to_recover(
    window: MainWindow, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.files.choose_target", lambda *_: tmp_path / "maya.h360")
    edit(window.document)
    window.recovery.save_at_once()
    assert len(works(folder)) == 1

    window.files.save()

    assert list(folder.iterdir()) == []


def test_closing_leaves_nothing_to_recover(
    window: MainWindow, folder: Path, answer: Answer
) -> None:
    edit(window.document)
    window.recovery.save_at_once()
    answer("Don’t save")

    window.close()

    assert list(folder.iterdir()) == []


def test_undoing_everything_leaves_nothing_to_recover(window: MainWindow, folder: Path) -> None:
    edit(window.document)
    window.recovery.save_at_once()

    window.document.undo_stack.undo()
    window.recovery.save_at_once()

    assert list(folder.iterdir()) == []


def test_work_of_a_killed_studio_is_offered_and_restored(
    start: Callable[[], MainWindow], leave: Callable[..., Path], folder: Path, tmp_path: Path
) -> None:
    original = tmp_path / "maya.h360"
    left = leave(3.0, original)

    window = start()
    text = window.message_bar.cards[0].message.text
    press(window, "Restore")

    assert text.startswith("Head360 Studio did not close properly. Restore “maya” from ")
    assert window.document.params.shape[0] == 3.0
    assert window.document.path == original
    assert window.document.modified
    assert window.viewport.camera.yaw_degrees == 25.0
    assert not left.exists()
    assert len(works(folder)) == 1  # safe again, under the new studio's name


def test_discarded_work_is_gone(
    start: Callable[[], MainWindow], leave: Callable[..., Path], folder: Path
) -> None:
    leave()
    window = start()

    press(window, "Discard")

    assert list(folder.iterdir()) == []
    assert not window.document.modified


def test_unanswered_work_is_offered_again(
    start: Callable[[], MainWindow], leave: Callable[..., Path]
) -> None:
    left = leave()
    start().close_without_asking()
    assert left.exists()

    window = start()

    assert window.message_bar.cards[0].message.choices[0].label == "Restore"


def test_the_newest_work_is_offered_first_then_the_rest(
    start: Callable[[], MainWindow], leave: Callable[..., Path]
) -> None:
    leave(1.0, Path("/x/old.h360"), minutes_ago=90)
    leave(2.0, Path("/x/new.h360"), minutes_ago=5)

    window = start()
    assert "“new”" in window.message_bar.cards[0].message.text
    press(window, "Discard")

    assert "“old”" in window.message_bar.cards[0].message.text


def test_a_studio_that_runs_keeps_its_work(
    window: MainWindow, start: Callable[[], MainWindow], folder: Path
) -> None:
    edit(window.document)
    window.recovery.save_at_once()

    other = start()

    assert other.message_bar.cards == []
    other.close_without_asking()
    assert len(works(folder)) == 1


def test_two_studios_do_not_offer_the_same_work(
    start: Callable[[], MainWindow], leave: Callable[..., Path]
) -> None:
    leave()

    first, second = start(), start()

    assert len(first.message_bar.cards) == 1
    assert second.message_bar.cards == []


def test_restoring_asks_before_present_work_is_lost(
    start: Callable[[], MainWindow], leave: Callable[..., Path], answer: Answer
) -> None:
    left = leave(3.0)
    window = start()
    edit(window.document, 0.5)
    asked = answer("Cancel")

    press(window, "Restore")

    assert len(asked) == 1
    assert window.document.params.shape[0] == 0.5
    assert left.exists()
    assert window.message_bar.cards[0].message.choices  # still offered


def test_damaged_work_is_said_and_no_crash(
    start: Callable[[], MainWindow], leave: Callable[..., Path]
) -> None:
    left = leave()
    left.write_bytes(b"torn")
    left.with_suffix(".json").write_text("{")
    window = start()

    press(window, "Restore")

    assert "damaged" in window.message_bar.cards[-1].message.text
    assert not window.document.modified


def test_an_unwritable_folder_is_said_once(
    qtbot: QtBot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = tmp_path / "state"
    state.write_text("a file where a folder should be")
    document = HeadDocument(neutral_head())
    recovery = Recovery(document, lambda: Project(document.params), state)
    failures: list[Exception] = []
    recovery.failed.connect(failures.append)
    edit(document)

    recovery.save()
    recovery.save()

    assert len(failures) == 1
    caplog.clear()
    shutil.rmtree(state, ignore_errors=True)
