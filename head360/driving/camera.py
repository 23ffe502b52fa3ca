"""Pictures of a face, one after another: webcams, video files, folders of pictures.

OpenCV (which comes with MediaPipe) reads webcams, PyAV videos; both are imported when needed.
"""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from head360.errors import DrivingError
from head360.files import size_of

Picture: TypeAlias = npt.NDArray[np.uint8]

#: Larger pictures are made smaller before a face is sought: it is no better in more pixels.
_LONG_SIDE = 640
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
_PROBED = 4  # webcams that are tried where the system does not list them
_MAX_PICTURE_PIXELS = 64 << 20


class Camera(Protocol):
    """Where pictures come from."""

    @property
    def title(self) -> str:
        """What it is, for people."""

    @property
    def fps(self) -> float:
        """Frames a second, nominally; 0 if it does not say."""

    @property
    def frame_count(self) -> int:
        """How many frames there are; 0 if nobody knows."""

    @property
    def live(self) -> bool:
        """Whether frames come in their own time; those of files can be had at once."""

    def frames(self) -> Iterator[tuple[Picture, float]]:
        """Each picture (H, W, 3) sRGB, and when it was taken: rising seconds.

        Of a live camera by `time.perf_counter`, of a file since its start. Closing the iterator
        frees the device.

        Raises:
            DrivingError: it cannot be opened, or fails.
        """


@dataclass(frozen=True, slots=True)
class Device:
    """A webcam of this machine."""

    index: int
    title: str


def listed() -> list[Device]:
    """Webcams to offer, none of which is switched on for it, and at once.

    Where the system does not list them (Windows, macOS) it is the first, whether it is there or
    not: starting it tells.
    """
    if platform.system() == "Linux":
        return _video4linux(Path("/sys/class/video4linux"))
    return [Device(0, "Webcam 0")]


def devices() -> list[Device]:
    """The webcams that are there; where the system does not list them, each is tried for it."""
    if platform.system() == "Linux":
        return listed()
    return [Device(index, f"Webcam {index}") for index in range(_PROBED) if _answers(index)]


def open_camera(where: str | Path | int, fps: float = 30.0) -> Camera:
    """A webcam by number, else a video file, or a folder of pictures `fps` of which are a second.

    Raises:
        DrivingError: there is no such file.
    """
    if re.fullmatch(r"\d{1,3}", str(where)):
        return Webcam(int(str(where)))
    path = Path(str(where))
    if path.is_dir():
        return PictureFolder(path, fps)
    if not path.is_file():
        raise DrivingError(f"There is no file “{path}”.", "Check its name.")
    return VideoFile(path)


class Webcam:
    """A webcam."""

    live = True
    frame_count = 0

    def __init__(self, index: int = 0, size: tuple[int, int] = (640, 480), fps: int = 30) -> None:
        self._index, self._size, self.fps = index, size, float(fps)

    @property
    def title(self) -> str:
        """Its name, where the system knows it."""
        known = {device.index: device.title for device in listed()}
        return known.get(self._index, f"Webcam {self._index}")

    def frames(self) -> Iterator[tuple[Picture, float]]:
        """See `Camera`."""
        import cv2

        capture = cv2.VideoCapture(self._index)
        try:
            if not capture.isOpened():
                raise DrivingError(
                    f"Webcam {self._index} cannot be opened.",
                    "Check that it is plugged in, that no other program uses it, and that this"
                    " program may use cameras.",
                )
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
            capture.set(cv2.CAP_PROP_FPS, self.fps)
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest frame, not the oldest
            yield from self._read(capture)
        finally:
            capture.release()

    def _read(self, capture: Any) -> Iterator[tuple[Picture, float]]:
        while True:
            good, picture = capture.read()
            if not good:
                raise DrivingError(f"Webcam {self._index} stopped.", "Plug it in again.")
            yield np.ascontiguousarray(picture[..., ::-1]), time.perf_counter()


class VideoFile:
    """A video file as a camera."""

    live = False

    def __init__(self, path: Path) -> None:
        """Look at it.

        Raises:
            DrivingError: it is no video.
        """
        import av

        self._path, self.title = path, f"“{path.name}”"
        with _explained(path), av.open(str(path)) as container:
            if not container.streams.video:
                raise DrivingError(f"“{path.name}” holds no pictures.", "Choose a video.")
            stream = container.streams.video[0]
            self.fps = float(stream.average_rate or stream.guessed_rate or 0)
            seconds = (container.duration or 0) / av.time_base
            self.frame_count = int(stream.frames or seconds * self.fps)  # WebM does not count

    def frames(self) -> Iterator[tuple[Picture, float]]:
        """See `Camera`."""
        import av

        with _explained(self._path), av.open(str(self._path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            start: float | None = None
            last = -1.0
            for number, frame in enumerate(container.decode(stream)):
                moment = frame.time if frame.time is not None else number / (self.fps or 30.0)
                start = moment if start is None else start
                if moment - start > last:  # damaged files repeat themselves
                    last = moment - start
                    yield _upright(frame), last


class PictureFolder:
    """A folder of numbered pictures as a camera."""

    live = False

    def __init__(self, path: Path, fps: float = 30.0) -> None:
        """List it.

        Raises:
            DrivingError: it holds no pictures, or they come impossibly fast.
        """
        if not 0 < fps <= 1000:
            raise DrivingError("The pictures of a folder must come 1 … 1000 a second.")
        try:
            found = sorted(p for p in path.iterdir() if p.suffix.lower() in _PICTURES)
        except OSError as error:
            raise DrivingError(f"“{path.name}” cannot be opened: {error.strerror}.") from error
        if not found:
            raise DrivingError(f"“{path.name}” holds no pictures.", "PNG, JPEG or WebP are read.")
        self._pictures, self.fps = found, fps
        self.title, self.frame_count = f"“{path.name}”", len(found)

    def frames(self) -> Iterator[tuple[Picture, float]]:
        """See `Camera`."""
        from PIL import Image, UnidentifiedImageError

        for number, path in enumerate(self._pictures):
            try:
                size_of(path)
                with Image.open(path) as image:
                    if image.width * image.height > _MAX_PICTURE_PIXELS:
                        raise DrivingError(f"“{path.name}” is far too big.")
                    image.thumbnail((_LONG_SIDE, _LONG_SIDE))
                    picture = np.asarray(image.convert("RGB"))
            except (OSError, UnidentifiedImageError, ValueError) as error:
                raise DrivingError(f"“{path.name}” cannot be read: {error}.") from error
            yield picture, number / self.fps


class _explained:  # noqa: N801 (reads as a phrase: with _explained(path))
    """Says in words what PyAV could not do with a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        import av

        if isinstance(error, (av.FFmpegError, OSError, ValueError)):
            raise DrivingError(
                f"“{self._path.name}” cannot be read as a video: {error}.",
                "It may be damaged or of an unknown kind; convert it to MP4.",
            ) from error


def _upright(frame: Any) -> Picture:
    """A decoded frame, no larger than needed, turned as the phone was held."""
    scale = min(1.0, _LONG_SIDE / max(frame.width, frame.height))
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    picture = frame.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90) % 4))


def _video4linux(folder: Path) -> list[Device]:
    """Each webcam once: the first node of a device takes pictures, others carry its data."""
    found = []
    with suppress(OSError):
        for entry in sorted(folder.iterdir(), key=lambda path: (len(path.name), path.name)):
            match = re.fullmatch(r"video(\d+)", entry.name)
            with suppress(OSError):
                if match and (entry / "index").read_text().strip() == "0":
                    name = (entry / "name").read_text("utf-8", "replace").strip()
                    found.append(Device(int(match[1]), name or f"Webcam {match[1]}"))
    return found


def _answers(index: int) -> bool:
    import cv2

    capture = cv2.VideoCapture(index)
    try:
        return bool(capture.isOpened())
    finally:
        capture.release()
