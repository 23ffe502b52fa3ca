"""A missing model is offered to be fetched: asked first, with progress, and a way out."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.docks.text import TextDock
from app.main_window import MainWindow
from head360.downloads import FetchProgress
from head360.errors import AssetError

TOTAL = 4_500_000_000


class Hub:
    """Stands in for the hub: slow, and with or without a model."""

    def __init__(self) -> None:
        self.steps, self.closed, self.folder = 3, False, Path()
        self.problem: AssetError | None = None

    def fetch(self, name: str, folder: Path) -> Generator[FetchProgress, None, Path]:
        self.folder = folder
        try:
            for number in range(self.steps):
                time.sleep(0.02)
                yield FetchProgress(number * TOTAL // self.steps, TOTAL, name)
            if self.problem is not None:
                raise self.problem
            folder.mkdir(parents=True)
            (folder / "model_index.json").write_text("{}")
            return folder
        finally:
            self.closed = True


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub()
    monkeypatch.setattr("app.repaint_session.fetch_model", hub.fetch)
    monkeypatch.setattr("head360.editing.instruct._missing_packages", lambda: None)
    monkeypatch.setattr("head360.editing.instruct._short_of_memory", lambda *_: None)
    return hub


@pytest.fixture
def dock(window: MainWindow, hub: Hub, qtbot: QtBot) -> TextDock:
    """The panel without a model, which has been looked at."""
    dock = window.panels.text
    with qtbot.waitSignal(dock.session.foreseen, timeout=10_000):
        dock.how.setCurrentIndex(1)
    return dock


def test_it_is_asked_before_anything_is_fetched(dock: TextDock, hub: Hub, qtbot: QtBot) -> None:
    part = dock.painting
    assert part.offer.isVisibleTo(part)
    assert not part.ask.isVisibleTo(part)
    part.offer.click()
    assert "4.5 GB" in part.ask.words.text()
    assert "OpenRAIL" in part.ask.words.text()
    part.ask.later.click()
    assert part.offer.isVisibleTo(part)
    assert hub.folder == Path()

    part.offer.click()
    with qtbot.waitSignal(dock.session.foreseen, timeout=10_000):
        part.ask.fetch.click()
        assert part.busy.isVisibleTo(part)
        qtbot.waitUntil(lambda: "GB" in part.busy.words.text(), timeout=10_000)
    assert part.model.text() == str(hub.folder)
    assert hub.folder.name == "instruct-pix2pix"
    assert not part.offer.isVisibleTo(part)
    assert not dock.session.busy


def test_it_can_be_cancelled(dock: TextDock, hub: Hub, qtbot: QtBot) -> None:
    hub.steps = 10_000
    dock.painting.offer.click()
    dock.painting.ask.fetch.click()
    qtbot.waitUntil(lambda: "GB" in dock.painting.busy.words.text(), timeout=10_000)
    dock.painting.busy.cancel.click()
    assert not dock.session.busy
    qtbot.waitUntil(lambda: hub.closed, timeout=10_000)
    assert dock.painting.model.text() == ""
    assert dock.painting.form.isVisibleTo(dock.painting)


def test_what_is_in_the_way_is_said(
    dock: TextDock, hub: Hub, window: MainWindow, qtbot: QtBot
) -> None:
    hub.problem = AssetError("The hub cannot be reached.", "Check the network.")
    dock.painting.offer.click()
    with qtbot.waitSignal(dock.session.not_fetched, timeout=10_000):
        dock.painting.ask.fetch.click()
    assert not dock.session.busy
    assert dock.painting.form.isVisibleTo(dock.painting)
