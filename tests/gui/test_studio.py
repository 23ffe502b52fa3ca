"""Starting up: no screen, the log, and an engine that cannot be had."""

from __future__ import annotations

import faulthandler
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from logging import FileHandler, StreamHandler
from pathlib import Path

import pytest
from PySide6.QtCore import qInstallMessageHandler
from pytestqt.qtbot import QtBot

import head360
from app.log import FORMER_NAME, LIMIT_BYTES, log_file, start_log
from app.main_window import MainWindow, Services
from app.settings import Places, Settings
from head360.errors import GraphicsError
from tests.gui.conftest import CATALOG, FakeEngine, end

ROOT = Path(__file__).parents[2]


def run_studio(*words: str) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is a screen")
def test_without_a_screen_it_says_so_and_ends() -> None:
    ended = run_studio()

    assert ended.returncode == 1
    assert "needs a screen" in ended.stderr
    assert "head360 turntable" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_version_needs_no_screen() -> None:
    assert run_studio("--version").stdout.strip() == f"Head360 Studio {head360.__version__}"


def test_nonsense_is_refused() -> None:
    assert run_studio("--nonsense").returncode == 2


@pytest.fixture
def bare_logging() -> Iterator[None]:
    """Takes away what the test set up for the whole process."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    faulthandler.disable()
    for handler in root.handlers[:]:
        if handler not in before and type(handler) in (FileHandler, StreamHandler):
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    qInstallMessageHandler(None)


def test_the_log_goes_to_a_file_that_does_not_grow_for_ever(
    bare_logging: None, tmp_path: Path
) -> None:
    path = log_file(tmp_path / "state")
    path.parent.mkdir()
    path.write_text("x" * (LIMIT_BYTES + 1))

    start_log(tmp_path / "state")
    logging.getLogger("test").info("Good morning")

    assert "Good morning" in path.read_text("utf-8")
    assert path.stat().st_size < 1000
    assert (tmp_path / "state" / FORMER_NAME).stat().st_size > LIMIT_BYTES


def test_a_missing_driver_is_said_and_the_window_stays(
    qtbot: QtBot, settings: Settings, places: Places
) -> None:
    def no_engine() -> FakeEngine:
        raise GraphicsError("OpenGL 3.3 cannot be used here.")

    window = MainWindow(Services(no_engine, CATALOG, settings, places))
    qtbot.addWidget(window, before_close_func=end)
    window.show()

    qtbot.waitUntil(lambda: bool(window.message_bar.cards), timeout=3000)

    message = window.message_bar.cards[0].message
    assert message.text == "The head cannot be drawn. OpenGL 3.3 cannot be used here."
    assert "head360 doctor" in message.hint
