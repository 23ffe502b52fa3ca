"""A head on a virtual camera, with a driver that only remembers; and clear words without one."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import pytest

from head360 import __main__ as command_line
from head360.driving.csv import write_csv
from head360.errors import ExportError
from head360.export.virtual_camera import HEIGHT, WIDTH, open_virtual_camera
from head360.params import EXPRESSIONS, HeadParams, neutral_head
from head360.performance import Performance
from head360.rendering.request import Frame, RenderRequest

JAW = EXPRESSIONS.index("jawOpen")


class Driver:
    """What pyvirtualcam.Camera looks like from here."""

    device = "/dev/video7"
    made: list[Driver]

    def __init__(self, width: int, height: int, fps: float) -> None:
        self.size, self.fps = (width, height), fps
        self.shown: list[np.ndarray] = []
        self.closed = False
        self.made.append(self)

    def send(self, frame: np.ndarray) -> None:
        assert frame.shape == (HEIGHT, WIDTH, 3)
        assert frame.flags.c_contiguous
        self.shown.append(frame[0, 0].copy())

    def close(self) -> None:
        self.closed = True


class Nobody(Driver):
    def __init__(self, *_: object) -> None:
        raise RuntimeError("No camera registered")


class Engine:
    """Draws pictures whose red says how far the jaw is open."""

    def initial_head(self) -> HeadParams:
        return neutral_head()

    def render(self, request: RenderRequest) -> Frame:
        image = np.zeros((request.height, request.width, 4), np.uint8)
        image[..., 0] = round(255 * float(request.params.expression[JAW]))
        return Frame(image, True, 1.0)

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> type[Driver]:
    Driver.made = []
    module = types.ModuleType("pyvirtualcam")
    module.Camera = Driver
    monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
    return Driver


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A mouth that opens within half a second."""
    times = np.linspace(0, 0.5, 31)
    weights = np.zeros((31, len(EXPRESSIONS)), np.float32)
    weights[:, JAW] = times * 2
    path = tmp_path / "take.csv"
    write_csv(Performance(times, weights, np.zeros((31, 3), np.float32), "Open", 60.0), path)
    return path


def test_a_recording_is_shown_in_its_own_time(
    driver: type[Driver], recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["drive", "--from", str(recording), "--virtual-camera"]
    assert command_line.main(words, Engine) == 0

    camera = driver.made[0]
    reds = [int(pixel[0]) for pixel in camera.shown]
    assert 1 < len(reds) <= 17  # 30 a second at most
    assert reds == sorted(reds)
    assert camera.size == (1280, 720)
    assert camera.closed
    assert "/dev/video7" in capsys.readouterr().err


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(ExportError, match="pyvirtualcam") as told:
        open_virtual_camera()
    assert "virtual-camera" in told.value.hint


@pytest.mark.parametrize(
    ("platform", "word"),
    [("linux", "v4l2loopback"), ("win32", "OBS"), ("darwin", "OBS"), ("plan9", "driver")],
)
def test_without_a_driver_it_says_which(
    platform: str, word: str, driver: type[Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    del driver
    monkeypatch.setattr(sys.modules["pyvirtualcam"], "Camera", Nobody)
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(ExportError) as told:
        open_virtual_camera()
    assert word in told.value.hint


def test_a_driver_that_goes_away_is_told(
    driver: type[Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OSError("No such device")

    camera = open_virtual_camera()
    monkeypatch.setattr(driver, "send", gone)
    with pytest.raises(ExportError, match="No such device"):
        camera.send(np.zeros((HEIGHT, WIDTH, 4), np.uint8))
