"""Films of performances: frames, sound, alpha, camera paths, supersampling, full disks."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from head360.camera import OrbitCamera
from head360.camera_path import CameraPath
from head360.errors import DrivingError, ExportError
from head360.export.supersample import averaged
from head360.export.video import Play, VideoOptions, film
from head360.params import EXPRESSIONS, HeadParams
from head360.performance import Performance, Sound, retimed, trimmed
from head360.rendering.request import Frame, RenderRequest
from head360.sound import RATE, heard, read_sound, waveform
from tests.unit.faces_stand_ins import random_take

JAW = EXPRESSIONS.index("jawOpen")


class Slate:
    """Draws the jaw's weight as grey on the left half; the right half is empty."""

    def __init__(self) -> None:
        self.requests: list[RenderRequest] = []

    def render(self, request: RenderRequest) -> Frame:
        self.requests.append(request)
        image = np.zeros((request.height, request.width, 4), np.uint8)
        grey = round(255 * float(request.params.expression[JAW]))
        image[:, : request.width // 2] = (grey, grey, grey, 255)
        if not request.background.transparent:
            image[..., 3] = 255
        return Frame(image, complete=True, milliseconds=1.0)


def beep(seconds: float, hertz: float = 440.0, rate: int = 22_050) -> bytes:
    """A WAV file: silence in its first half, a tone in the second."""
    times = np.arange(round(seconds * rate)) / rate
    tone = np.where(times < seconds / 2, 0, 0.5 * np.sin(2 * np.pi * hertz * times))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


@pytest.fixture
def take() -> Performance:
    """A second in which the jaw opens evenly, with a beep in its second half."""
    expression = np.zeros((31, 52), np.float32)
    expression[:, JAW] = np.linspace(0, 1, 31)
    times = np.arange(31) / 30
    return Performance(times, expression, np.zeros((31, 3)), fps=30, sound=Sound(beep(1.0)))


def make(play: Play, path: Path, engine: Slate | None = None, **changes: object) -> list[int]:
    options = VideoOptions(**{"size": 64, "fps": 30, **changes})
    return [progress.done for progress in film(engine or Slate(), play, options, path)]


def loudness(samples: np.ndarray, start_s: float, stop_s: float) -> float:
    part = samples[:, round(start_s * RATE) : round(stop_s * RATE)]
    return float(np.sqrt((part**2).mean()))


def sound_of(path: Path) -> np.ndarray:
    return heard(Sound(path.read_bytes()), 3.0)


@pytest.mark.parametrize("kind", ["mp4", "webm", "mov"])
def test_a_performance_is_filmed_frame_by_frame_with_its_sound(
    tmp_path: Path, neutral: HeadParams, take: Performance, kind: str
) -> None:
    path = tmp_path / f"take.{kind}"

    progress = make(Play(neutral, performance=take), path, format=kind)

    assert progress == list(range(32))
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == Fraction(30)
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 31
    greys = [int(frame[32, 16, 0]) for frame in frames]
    assert greys == pytest.approx(list(np.linspace(0, 255, 31)), abs=6)
    with av.open(str(path)) as container:
        rate = container.streams.audio[0]
        length = sum(frame.samples for frame in container.decode(audio=0)) / rate.sample_rate
    assert length == pytest.approx(31 / 30, abs=0.05)
    samples = sound_of(path)
    assert loudness(samples, 0.1, 0.4) < 0.01
    assert loudness(samples, 0.6, 0.9) > 0.3


def test_prores_keeps_alpha(tmp_path: Path, neutral: HeadParams, take: Performance) -> None:
    path = tmp_path / "take.mov"

    make(Play(neutral, performance=take), path, format="mov", transparent=True)

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(video=0))
    assert stream.codec_context.name == "prores"
    image = frames[-1].to_ndarray(format="rgba")
    assert (image[32, 16] >= 250).all()
    assert image[32, 60, 3] == 0
    assert len(frames) == 31


def test_the_camera_follows_its_keys_while_the_head_plays(
    tmp_path: Path, neutral: HeadParams, take: Performance
) -> None:
    start = OrbitCamera()
    keys = ((0.0, start), (1.0, start.with_(yaw_degrees=90, distance=2.0, target=(0.0, 0.1, 0.0))))
    engine = Slate()

    make(Play(neutral, CameraPath(keys), take, turns=1), tmp_path / "a.gif", engine, format="gif")

    cameras = [request.camera for request in engine.requests]
    assert cameras[0] == start
    assert cameras[30].yaw_degrees == pytest.approx(90 + 360 * 30 / 31)
    assert cameras[30].distance == 2
    assert cameras[30].target == (0, 0.1, 0)
    assert 1.18 < cameras[15].distance < 2
    with pytest.raises(ValueError, match="at least one key"):
        CameraPath(())
    with pytest.raises(ValueError, match="rising"):
        CameraPath(((1.0, start), (0.0, start)))


def test_supersampling_averages_light_and_keeps_colours_at_edges() -> None:
    image = np.zeros((4, 4, 4), np.uint8)
    image[:, :2] = (200, 100, 50, 255)
    image[:2, 0] = (0, 0, 0, 255)
    image[:, 3] = (9, 9, 9, 0)

    small = averaged(image, 2)

    assert small.shape == (2, 2, 4)
    assert tuple(small[1, 0]) == (200, 100, 50, 255)
    assert small[0, 0, 0] == 146  # half the light of 200, not half its number
    half = np.zeros((2, 2, 4), np.uint8)
    half[:, 0] = (200, 100, 50, 255)
    assert averaged(half, 2)[0, 0].tolist() == [200, 100, 50, 128]


def test_supersampled_films_have_the_asked_for_size(
    tmp_path: Path, neutral: HeadParams, take: Performance
) -> None:
    engine = Slate()

    make(Play(neutral, performance=take), tmp_path / "a.mp4", engine, supersampling=2)

    assert {request.height for request in engine.requests} == {128}
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].height == 64


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"supersampling": 9}, "Supersampling"),
        ({"size": 4096, "supersampling": 4}, "times supersampling"),
        ({"fps": 0}, "frames a second"),
        ({"format": "gif", "size": 4096, "fps": 50}, "too long to be packed"),
    ],
)
def test_impossible_films_are_explained(
    tmp_path: Path, neutral: HeadParams, take: Performance, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        make(Play(neutral, performance=take), tmp_path / "a", **changes)

    assert list(tmp_path.iterdir()) == []


# --- sound ---------------------------------------------------------------------------------------


def test_sound_is_cut_and_stretched_with_its_performance(take: Performance) -> None:
    cut = trimmed(take, 0.25, 1.0)
    slow = retimed(take, 0.5)

    late = heard(cut.sound, cut.duration_s)
    long = heard(slow.sound, slow.duration_s)

    assert late.shape == (2, round(0.75 * RATE))
    assert loudness(late, 0.02, 0.23) < 0.01
    assert loudness(late, 0.3, 0.7) > 0.3
    assert loudness(long, 0.1, 0.9) < 0.02
    assert loudness(long, 1.1, 1.8) > 0.25
    spectrum = np.abs(np.fft.rfft(long[0, round(1.2 * RATE) : round(1.7 * RATE)]))
    assert np.argmax(spectrum) / 0.5 == pytest.approx(440, abs=12)  # the same pitch
    early = heard(Sound(beep(1.0), start_s=-0.5), 2.0)
    assert loudness(early, 0, 0.95) < 0.01
    assert loudness(early, 1.05, 1.45) > 0.3


def test_a_waveform_shows_where_the_sound_is(take: Performance) -> None:
    drawn = waveform(heard(take.sound, 1.0), 100)

    assert drawn.shape == (100, 2)
    assert np.abs(drawn[:45]).max() < 0.05
    assert drawn[60:95, 1].min() > 0.4
    assert drawn[60:95, 0].max() < -0.4


def test_sounds_are_read_from_files_and_videos(
    tmp_path: Path, neutral: HeadParams, take: Performance
) -> None:
    (tmp_path / "beep.wav").write_bytes(beep(1.0))
    make(Play(neutral, performance=take), tmp_path / "take.mp4")

    plain, video = read_sound(tmp_path / "beep.wav"), read_sound(tmp_path / "take.mp4")

    assert plain.content == beep(1.0)
    assert loudness(heard(video, 1.0), 0.6, 0.9) > 0.3
    assert len(video.content) < 40_000  # without the pictures


def test_files_without_sound_are_explained(
    tmp_path: Path, neutral: HeadParams, take: Performance
) -> None:
    (tmp_path / "noise.wav").write_bytes(b"RIFFnonsense" * 40)
    make(Play(neutral, performance=take.with_(sound=None)), tmp_path / "mute.mp4")

    with pytest.raises(DrivingError, match="cannot be heard"):
        read_sound(tmp_path / "noise.wav")
    with pytest.raises(DrivingError, match="no sound"):
        read_sound(tmp_path / "mute.mp4")
    with pytest.raises(DrivingError, match="cannot be opened"):
        read_sound(tmp_path / "none.wav")


# --- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mp4", "webm", "mov", "gif", "png"])
def test_cancelling_leaves_nothing(
    tmp_path: Path, neutral: HeadParams, take: Performance, kind: str
) -> None:
    options = VideoOptions(format=kind, size=64)
    task = film(Slate(), Play(neutral, performance=take), options, tmp_path / f"a.{kind}")
    for _ in range(5):
        next(task)

    task.close()

    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond 20 kB, as if the disk were full."""
    resource = pytest.importorskip("resource")
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, former[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, former)


class Noise(Slate):
    """Frames that cannot be packed small."""

    def render(self, request: RenderRequest) -> Frame:
        frame = super().render(request)
        rng = np.random.default_rng(len(self.requests))
        image = rng.integers(0, 255, frame.image.shape, np.uint8)
        return Frame(image, complete=True, milliseconds=1.0)


@pytest.mark.parametrize("kind", ["mp4", "webm", "mov", "gif", "png"])
@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_explained_and_leaves_nothing(
    tmp_path: Path, neutral: HeadParams, kind: str
) -> None:
    play = Play(neutral, performance=random_take(0, 30))

    with pytest.raises(ExportError, match="cannot be written") as caught:
        make(play, tmp_path / f"a.{kind}", Noise(), format=kind, size=96, transparent=kind != "mp4")

    assert "room on the disk" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
