"""The Live panel's switch shows the viewport to a virtual camera."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.workers.camera_feed import filling
from head360.errors import ExportError
from head360.export.virtual_camera import HEIGHT, WIDTH, PictureSink


class Remembering:
    """A camera that keeps what it is shown."""

    name = "Studio camera"

    def __init__(self) -> None:
        self.shown: list[np.ndarray] = []
        self.closed = False

    def send(self, image: np.ndarray) -> None:
        self.shown.append(image)

    def close(self) -> None:
        self.closed = True


def test_what_is_on_show_is_sent(window: MainWindow, qtbot: QtBot) -> None:
    sink, switch = Remembering(), window.panels.live.camera
    switch._open_camera = lambda: sink
    with qtbot.waitSignal(window.messages.posted, timeout=5000) as posted:
        switch.click()
    assert "Studio camera" in posted.args[0].text
    qtbot.waitUntil(lambda: len(sink.shown) > 0, timeout=5000)
    before = sink.shown[-1]
    assert before.shape == (HEIGHT, WIDTH, 3)
    assert before.std() > 10  # there is a head
    weights = window.document.params.expression.copy()
    weights[24] = 1.0
    window.document.edit("Jaw", expression=weights)
    qtbot.waitUntil(lambda: np.abs(sink.shown[-1].astype(int) - before).max() > 30, timeout=5000)
    switch.click()
    assert sink.closed
    count = len(sink.shown)
    window.viewport.redraw()
    qtbot.wait(50)
    assert len(sink.shown) == count


def test_without_a_camera_the_switch_goes_back_and_says_why(
    window: MainWindow, qtbot: QtBot
) -> None:
    def missing() -> PictureSink:
        raise ExportError("There is no virtual camera that is free.", "Install one.")

    switch = window.panels.live.camera
    switch._open_camera = missing
    with qtbot.waitSignal(window.messages.posted, timeout=5000) as posted:
        switch.click()
    assert posted.args[0].hint == "Install one."
    qtbot.waitUntil(lambda: not switch.isChecked(), timeout=5000)


@pytest.mark.parametrize("size", [(640, 480), (300, 900), (WIDTH, HEIGHT)])
def test_pictures_fill_the_camera_with_their_middle(size: tuple[int, int]) -> None:
    image = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("#204060"))
    image.setPixelColor(0, 0, QColor("white"))

    pixels = filling(image)

    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert tuple(pixels[HEIGHT // 2, WIDTH // 2]) == (0x20, 0x40, 0x60)
    assert tuple(pixels[-1, -1]) == (0x20, 0x40, 0x60)
