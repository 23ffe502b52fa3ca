from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from head360.driving import camera as camera_module
from head360.driving.camera import PictureFolder, VideoFile, Webcam, open_camera
from head360.driving.capture import CameraSource
from head360.driving.tracker import sample_of, track_all
from head360.engine import finished
from head360.errors import DrivingError
from head360.faces import Face
from head360.params import EXPRESSIONS
from head360.performance import Sample
from tests.unit.faces_stand_ins import face, weights_of

JAW = EXPRESSIONS.index("jawOpen")


class BrightnessTracker:
    """Opens the jaw as far as the picture is bright; sees no face in the dark."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.closed = seconds, False

    def track(self, picture: np.ndarray, time_s: float) -> Sample | None:
        time.sleep(self.seconds)
        bright = float(picture.mean()) / 255
        return face(time_s, jawOpen=bright) if bright > 0.1 else None

    def close(self) -> None:
        self.closed = True


class LiveCamera:
    """A webcam that never ends, or fails."""

    title, fps, frame_count, live = "Test camera", 100.0, 0, True

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure, self.open = failure, False

    def frames(self) -> Iterator[tuple[np.ndarray, float]]:
        self.open = True
        try:
            while True:
                time.sleep(0.005)
                yield np.full((8, 8, 3), 200, np.uint8), time.perf_counter()
                if self.failure:
                    raise self.failure
        finally:
            self.open = False


def write_video(path: Path, brightness: list[int], fps: int = 20) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in brightness:
            image = np.full((48, 64, 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, level in enumerate((0, 60, 120, 180)):
        Image.new("RGB", (32, 24), (level, level, level)).save(tmp_path / f"frame_{i:02}.png")
    return tmp_path


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < end, "it never came"
        time.sleep(0.005)


def test_a_video_file_is_a_camera(tmp_path: Path) -> None:
    video = open_camera(write_video(tmp_path / "a.mp4", [0, 80, 160, 240]))

    frames = list(video.frames())

    assert (video.fps, video.frame_count, video.live) == (20, 4, False)
    assert [moment for _, moment in frames] == pytest.approx([0, 0.05, 0.1, 0.15])
    assert [int(picture.mean()) for picture, _ in frames] == pytest.approx([0, 80, 160, 240], abs=4)
    assert frames[0][0].shape == (48, 64, 3)


def test_large_pictures_are_made_smaller(tmp_path: Path) -> None:
    Image.new("RGB", (1600, 1200)).save(tmp_path / "large.png")

    ((picture, _),) = PictureFolder(tmp_path).frames()

    assert picture.shape == (480, 640, 3)


def test_every_frame_of_a_folder_becomes_a_take(folder: Path) -> None:
    steps = track_all(open_camera(folder), BrightnessTracker(), "Levels")

    take = finished(steps)

    assert (len(take), take.name, take.fps) == (3, "Levels", 30)
    assert take.channel("jawOpen") == pytest.approx(np.array([60, 120, 180]) / 255, abs=1e-3)


def test_progress_is_told_and_a_recording_without_a_face_explained(folder: Path) -> None:
    for path in sorted(folder.iterdir())[1:]:
        path.unlink()
    steps = track_all(open_camera(folder), BrightnessTracker())

    assert next(steps).total == 1
    with pytest.raises(DrivingError, match="No face was found"):
        finished(steps)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.mp4", b"no video at all" * 99, "cannot be read as a video"),
        ("a.mp4", b"", "cannot be read as a video"),
    ],
)
def test_damaged_videos_are_explained(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DrivingError, match=message):
        open_camera(tmp_path / name)


def test_a_cut_off_video_is_explained_or_shorter(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [100] * 40)
    path.write_bytes(path.read_bytes()[:-600])

    with pytest.raises(DrivingError):
        list(open_camera(path).frames())


def test_missing_and_empty_places_are_explained(tmp_path: Path) -> None:
    with pytest.raises(DrivingError, match="no file"):
        open_camera(tmp_path / "none.mp4")
    with pytest.raises(DrivingError, match="holds no pictures"):
        open_camera(tmp_path)
    (tmp_path / "a.png").write_bytes(b"nonsense")
    with pytest.raises(DrivingError, match="cannot be read"):
        list(open_camera(tmp_path).frames())
    assert isinstance(open_camera("0"), Webcam)
    assert isinstance(open_camera(3), Webcam)


def test_a_camera_is_followed_and_stopped() -> None:
    camera, tracker = LiveCamera(), BrightnessTracker()
    source = CameraSource(camera, lambda: tracker)
    source.start()

    wait_for(lambda: source.status().good >= 5)

    status, sample = source.status(), source.newest()
    assert status.state == "running"
    assert 0 < status.latency_s < 1
    assert sample.expression[JAW] == pytest.approx(200 / 255)
    assert 0 <= time.perf_counter() - sample.time_s < 5
    source.stop()
    assert not camera.open
    assert tracker.closed
    assert source.status().state == "stopped"
    source.start()
    wait_for(lambda: source.status().good >= 1)
    source.stop()


def test_slow_tracking_takes_the_newest_picture() -> None:
    source = CameraSource(LiveCamera(), lambda: BrightnessTracker(0.05))
    source.start()

    wait_for(lambda: source.status().good >= 4)

    status = source.status()
    source.stop()
    assert status.skipped > status.good
    assert status.latency_s < 0.5


def test_a_file_plays_in_its_own_time_and_ends(tmp_path: Path) -> None:
    path, heard = write_video(tmp_path / "a.mp4", [200] * 6), []
    source = CameraSource(VideoFile(path), BrightnessTracker)
    source.listen(heard.append)
    source.start()

    wait_for(lambda: source.status().state == "ended")
    wait_for(lambda: len(heard) >= 3)

    source.stop()
    assert heard[-1].time_s - heard[0].time_s > 0.05


def test_a_dark_picture_is_no_face(folder: Path) -> None:
    for path in sorted(folder.iterdir())[1:]:
        path.unlink()
    source = CameraSource(PictureFolder(folder), BrightnessTracker, loop=True)
    source.start()

    time.sleep(0.3)

    status = source.status()
    source.stop()
    assert (status.state, status.good, status.quality) == ("waiting", 0, 0)
    assert "Looking for a face" in status.text


def test_a_camera_that_fails_says_so(caplog: pytest.LogCaptureFixture) -> None:
    source = CameraSource(LiveCamera(DrivingError("It is gone.", "Plug it in.")), BrightnessTracker)
    source.start()
    wait_for(lambda: source.status().state == "failed")
    source.stop()

    assert source.status().text == "It is gone. Plug it in."
    source = CameraSource(LiveCamera(RuntimeError("boom")), BrightnessTracker)
    source.start()
    wait_for(lambda: source.status().state == "failed")
    source.stop()
    assert "boom" in source.status().text
    caplog.clear()


def test_linux_lists_webcams_by_name(tmp_path: Path) -> None:
    for name, index, title in (
        ("video2", "0", "Cam B"),
        ("video0", "0", "Cam A"),
        ("video1", "1", "Cam A"),
        ("radio0", "0", "No"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index").write_text(index + "\n")
        (tmp_path / name / "name").write_text(title + "\n")

    found = camera_module._video4linux(tmp_path)

    assert [(device.index, device.title) for device in found] == [(0, "Cam A"), (2, "Cam B")]
    assert camera_module._video4linux(tmp_path / "none") == []


def test_what_a_detector_does_not_measure_is_unknown() -> None:
    scores = np.full(52, 0.25, np.float32)
    scores[EXPRESSIONS.index("tongueOut")] = np.nan
    turned = np.eye(4, dtype=np.float32)
    found = Face(np.zeros((478, 3), np.float32), scores, 0.5, turned)

    sample = sample_of(found, 3.0)

    assert sample.unknown == {"tongueOut"}
    assert len(weights_of(sample)) == 51
    assert (sample.time_s, list(sample.head_pose)) == (3.0, [0, 0, 0])
