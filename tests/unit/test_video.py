from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from head360.camera import OrbitCamera
from head360.errors import ExportError
from head360.export.gif import packed_gif
from head360.export.images import save_picture, save_png
from head360.export.video import VideoOptions, turntable
from head360.params import HeadParams
from head360.rendering.request import Frame, RenderRequest

RED, GREEN = (200, 40, 30), (20, 160, 60)


class Disc:
    """Draws a disc that changes from red to green as the camera turns."""

    def __init__(self) -> None:
        self.requests: list[RenderRequest] = []

    def render(self, request: RenderRequest) -> Frame:
        self.requests.append(request)
        y, x = np.mgrid[: request.height, : request.width]
        inside = (x - request.width / 2) ** 2 + (y - request.height / 2) ** 2 < 20**2
        image = np.full((request.height, request.width, 4), (30, 30, 60, 255), np.uint8)
        if request.background.transparent:
            image[:] = 0
        image[50:54, len(self.requests)] = (250, 250, 250, 255)  # no two frames are equal
        image[inside] = (*(RED if math.cos(self.yaw) > -0.5 else GREEN), 255)
        return Frame(image, complete=True, milliseconds=1.0)

    @property
    def yaw(self) -> float:
        return math.radians(self.requests[-1].camera.yaw_degrees)


def make(
    head: HeadParams, options: VideoOptions, path: Path, engine: Disc | None = None
) -> list[tuple[int, int]]:
    task = turntable(engine or Disc(), head, OrbitCamera(), options, path)
    return [(progress.done, progress.total) for progress in task]


def small(**changes: object) -> VideoOptions:
    return VideoOptions(**{"frames": 6, "size": 64, "fps": 12, **changes})


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def pixels_of(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def close_to(pixel: np.ndarray, color: tuple[int, ...], tolerance: int = 6) -> bool:
    return bool((np.abs(pixel[..., : len(color)].astype(int) - color) <= tolerance).all())


def test_mp4_is_plain_h264_with_true_colours(tmp_path: Path, neutral: HeadParams) -> None:
    path = tmp_path / "turn.mp4"

    progress = make(neutral, small(), path)

    assert progress == [(i, 6) for i in range(7)]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == Fraction(12)
    frames = decoded(path)
    assert len(frames) == 6
    assert close_to(frames[0][32, 32], RED)
    assert close_to(frames[3][32, 32], GREEN)
    assert close_to(frames[0][2, 2], (30, 30, 60))
    assert list(tmp_path.iterdir()) == [path]


def test_webm_keeps_transparency(tmp_path: Path, neutral: HeadParams) -> None:
    path = tmp_path / "turn.webm"

    make(neutral, small(format="webm", transparent=True), path)

    decoder = av.CodecContext.create("libvpx-vp9", "r")  # ffmpeg's own decoder ignores alpha
    with av.open(str(path)) as container:
        packet = next(container.demux(video=0))
        image = decoder.decode(packet)[0].to_ndarray(format="rgba")
    assert close_to(image[32, 32], (*RED, 255))
    assert image[2, 2, 3] == 0


def test_gif_has_the_right_length_and_colours(tmp_path: Path, neutral: HeadParams) -> None:
    path = tmp_path / "turn.gif"

    make(neutral, small(format="gif", fps=12), path)

    with Image.open(path) as image:
        assert image.n_frames == 6
        durations = []
        for index in range(6):
            image.seek(index)
            durations.append(image.info["duration"])
        image.seek(3)
        assert close_to(np.asarray(image.convert("RGB"))[32, 32], GREEN)
    assert sum(durations) == 500


def test_a_gif_shows_every_frame_as_it_was_drawn(tmp_path: Path, neutral: HeadParams) -> None:
    path, truth = tmp_path / "turn.gif", tmp_path / "frames"
    make(neutral, small(format="png"), truth)

    make(neutral, small(format="gif"), path)

    with Image.open(path) as image:
        for index in range(6):
            image.seek(index)
            shown = np.asarray(image.convert("RGB"))
            assert close_to(shown, pixels_of(truth / f"frame_{index:04d}.png")), index


def test_a_gif_of_a_still_keeps_its_length(tmp_path: Path) -> None:
    still = np.full((20, 30, 4), (90, 60, 30, 255), np.uint8)

    pieces = list(packed_gif([still] * 3, [100, 200, 100], transparent=False))

    (tmp_path / "still.gif").write_bytes(b"".join(pieces))
    with Image.open(tmp_path / "still.gif") as image:
        assert (image.size, image.n_frames, image.info["loop"]) == ((30, 20), 3, 0)
        image.seek(1)
        assert image.info["duration"] == 200
        assert close_to(np.asarray(image.convert("RGB"))[10, 10], (90, 60, 30))


def test_packing_a_gif_can_be_cancelled_between_frames(tmp_path: Path, neutral: HeadParams) -> None:
    options = small(format="gif", frames=40)
    task = turntable(Disc(), neutral, OrbitCamera(), options, tmp_path / "turn.gif")
    while next(task).done < 40:
        pass
    next(task)
    next(task)

    task.close()

    assert list(tmp_path.iterdir()) == []


def test_gif_keeps_transparency(tmp_path: Path, neutral: HeadParams) -> None:
    path = tmp_path / "turn.gif"

    make(neutral, small(format="gif", transparent=True), path)

    with Image.open(path) as image:
        image.seek(3)
        pixels = np.asarray(image.convert("RGBA"))
    assert close_to(pixels[32, 32], (*GREEN, 255))
    assert pixels[2, 2, 3] == 0


def test_png_makes_a_folder_of_frames(tmp_path: Path, neutral: HeadParams) -> None:
    path = tmp_path / "frames"

    make(neutral, small(format="png", transparent=True, size=65), path)

    names = sorted(entry.name for entry in path.iterdir())
    assert names == [f"frame_{i:04d}.png" for i in range(6)]
    pixels = pixels_of(path / names[0])
    assert pixels.shape == (65, 65, 4)
    assert tuple(pixels[32, 32]) == (*RED, 255)
    assert list(tmp_path.iterdir()) == [path]


def test_png_replaces_older_frames_but_no_other_files(tmp_path: Path, neutral: HeadParams) -> None:
    path = tmp_path / "frames"
    make(neutral, small(format="png", frames=8), path)

    make(neutral, small(format="png"), path)

    assert len(list(path.iterdir())) == 6
    (path / "thesis.txt").write_text("mine")
    with pytest.raises(ExportError, match="holds other files"):
        make(neutral, small(format="png"), path)
    assert (path / "thesis.txt").read_text() == "mine"


def test_the_camera_makes_one_full_turn(tmp_path: Path, neutral: HeadParams) -> None:
    engine = Disc()

    make(neutral, small(frames=4, width=96, renderer="exact"), tmp_path / "a.mp4", engine)

    assert [r.camera.yaw_degrees for r in engine.requests] == [0, 90, 180, 270]
    assert {(r.width, r.height, r.renderer) for r in engine.requests} == {(96, 64, "exact")}


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "png"])
def test_cancelling_leaves_nothing(tmp_path: Path, neutral: HeadParams, kind: str) -> None:
    task = turntable(Disc(), neutral, OrbitCamera(), small(format=kind), tmp_path / f"turn.{kind}")
    for _ in range(4):
        next(task)

    task.close()

    assert list(tmp_path.iterdir()) == []


def test_cancelling_keeps_the_older_file(tmp_path: Path, neutral: HeadParams) -> None:
    path = tmp_path / "turn.mp4"
    path.write_bytes(b"older")
    task = turntable(Disc(), neutral, OrbitCamera(), small(), path)
    next(task)

    task.close()

    assert path.read_bytes() == b"older"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 65}, "even"),
        ({"size": 8}, "16 … 4096 pixels"),
        ({"size": 64, "width": 9000}, "16 … 4096 pixels"),
        ({"frames": 0}, "frames"),
        ({"fps": 0}, "frames a second"),
        ({"format": "gif", "fps": 60}, "1 … 50"),
        ({"transparent": True}, "cannot be transparent"),
        ({"format": "avi"}, "no video format “avi”"),
    ],
)
def test_impossible_videos_are_explained(
    tmp_path: Path, neutral: HeadParams, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        make(neutral, small(**changes), tmp_path / "turn")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "png"])
def test_a_missing_folder_is_explained(tmp_path: Path, neutral: HeadParams, kind: str) -> None:
    with pytest.raises(ExportError, match="does not exist"):
        make(neutral, small(format=kind), tmp_path / "nowhere" / "turn")


def test_a_picture_keeps_its_alpha(tmp_path: Path) -> None:
    image = np.zeros((4, 6, 4), np.uint8)
    image[1, 2] = (10, 20, 30, 128)

    save_png(image, tmp_path / "a.png")

    assert np.array_equal(pixels_of(tmp_path / "a.png"), image)


def test_a_picture_is_written_as_its_name_says(tmp_path: Path) -> None:
    image = np.full((8, 8, 4), 200, np.uint8)

    save_picture(image, tmp_path / "a.jpg")

    with Image.open(tmp_path / "a.jpg") as saved:
        assert saved.format == "JPEG"
    with pytest.raises(ExportError, match="what kind of picture"):
        save_picture(image, tmp_path / "a.xyz")
