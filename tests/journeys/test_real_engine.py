"""A few journeys with the real engine and the shipped weights, from words typed to files."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from head360.__main__ import main
from head360.engine import HeadEngine

pytestmark = pytest.mark.usefixtures("gl")  # skips where there is no OpenGL


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def engine() -> HeadEngine:
    """One for all journeys: its models load once, its OpenGL context is made anew each time."""
    return HeadEngine()


def run(engine: HeadEngine, words: str) -> int:
    return main(words.split(), lambda: engine)


def pixels_of(path: str) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def test_render_shows_a_face_before_nothing(
    engine: HeadEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(engine, "render --transparent --size 96 -o face.png") == 0

    image = pixels_of("face.png")
    red, green, blue, alpha = image[44:60, 40:56].reshape(-1, 4).mean(0)
    assert alpha == 255
    assert 50 < blue < green < red < 245  # skin, lit
    assert image[[0, 0], [0, -1], 3].tolist() == [0, 0]
    assert 0.2 < (image[..., 3] > 127).mean() < 0.8
    assert "face.png" in capsys.readouterr().err


def test_a_project_renders_as_the_person_it_was_made_of(engine: HeadEngine) -> None:
    assert run(engine, "new -q --seed 12 --hair bob --yaw 20 -o maya") == 0

    assert run(engine, "render -q --head maya.h360 --size 64 -o project.png") == 0
    assert run(engine, "render -q --seed 12 --hair bob --yaw 20 --size 64 -o seed.png") == 0
    assert run(engine, "render -q --seed 13 --hair bob --yaw 20 --size 64 -o other.png") == 0

    project, seed, other = (pixels_of(f"{n}.png").astype(int) for n in ("project", "seed", "other"))
    assert np.abs(project - seed).max() <= 1
    assert np.abs(project - other).max() > 20


def test_a_turntable_shows_the_face_and_then_the_back(engine: HeadEngine) -> None:
    assert run(engine, "turntable -q --seed 12 --hair none --size 96 --frames 6 -o turn.mp4") == 0

    with av.open("turn.mp4") as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 6
    assert {frame.shape for frame in frames} == {(96, 96, 3)}
    face, back = (frames[i][35:60, 35:60].astype(float) for i in (0, 3))
    assert face.std() > back.std() + 5  # eyes, mouth and nose against plain skin


def test_doctor_finds_nothing_wrong(engine: HeadEngine, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(engine, "doctor") == 0

    report = capsys.readouterr().out
    assert report.splitlines()[-1] == "Everything works."
    assert "✗" not in report


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_ctrl_c_in_mid_turntable_leaves_no_file(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "head360", "turntable", "--size", "32", "--frames", "3600"]
    process = subprocess.Popen([*words, "-o", "frames"], stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not list(tmp_path.glob("frames.partial/*")) and time.monotonic() < until:
        time.sleep(0.05)

    process.send_signal(signal.SIGINT)
    _, words_left = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "nothing was written" in words_left
    assert list(tmp_path.iterdir()) == []


def test_a_fit_that_fails_early_ends_in_order(face_landmarker: None, tmp_path: Path) -> None:
    Image.new("RGB", (200, 200), "navy").save(tmp_path / "sea.png")
    words = [sys.executable, "-m", "head360", "fit", "sea.png", "-q"]

    done = subprocess.run(words, stderr=subprocess.PIPE, text=True, timeout=60)

    assert done.returncode == 1  # it was aborted while models were still being made ready
    assert done.stderr.splitlines()[0] == "head360: No face was found in “sea.png”."
    assert len(done.stderr.splitlines()) == 2
