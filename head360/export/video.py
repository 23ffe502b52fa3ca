"""Films of a head: a turn around it, a performance, or both, as a video, GIF or folder of frames.

`film` draws and encodes one frame after another, so memory does not grow with the length (except
for GIF, whose one palette must fit all frames). Whatever is unfinished is removed when the
generator is closed.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from head360.camera import OrbitCamera
from head360.camera_path import CameraPath
from head360.errors import ExportError
from head360.export.images import unwritable
from head360.export.supersample import MAX_SUPERSAMPLING, averaged
from head360.export.writers import (
    SOUND_FORMATS,
    TRANSPARENT_FORMATS,
    VIDEO_FORMATS,
    Reel,
    VideoFormat,
    writer,
)
from head360.light import TRANSPARENT, Background
from head360.params import HeadParams
from head360.performance import Performance, applied, frame_count
from head360.progress import Progress
from head360.rendering.request import Frame, RendererName, RenderRequest
from head360.sound import Samples, heard

MIN_SIZE, MAX_SIZE = 16, 4096  # pixels
MAX_FRAMES, MAX_FPS = 36_000, 120
#: Many viewers slow faster GIFs down to 10 frames a second.
MAX_GIF_FPS = 50
#: All frames of a GIF are kept until its end.
MAX_GIF_BYTES = 2 << 30


class Renderer(Protocol):
    """What draws the frames, such as `HeadEngine`."""

    def render(self, request: RenderRequest) -> Frame:
        """Make one complete picture."""


@dataclass(frozen=True, slots=True)
class VideoOptions:
    """What kind of film to make."""

    format: VideoFormat = "mp4"
    frames: int = 120  # of the whole film; a performance has its own number
    size: int = 512  # height, pixels
    width: int | None = None  # pixels; None: as wide as high
    fps: int = 30
    transparent: bool = False  # straight alpha; not in MP4
    background: Background = field(default_factory=Background)
    renderer: RendererName = "fast"
    refine: bool = False  # RefineNet's detail in every frame
    supersampling: int = 1  # drawn so many times larger each way, and averaged

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.width or self.size, self.size

    @property
    def seconds(self) -> float:
        """How long the film lasts."""
        return self.frames / self.fps


@dataclass(frozen=True, slots=True, eq=False)
class Play:
    """What is filmed: a head, what it does, and how the camera moves."""

    params: HeadParams
    camera: OrbitCamera | CameraPath = field(default_factory=OrbitCamera)
    performance: Performance | None = None
    turns: float = 0.0  # of the camera around the head, besides, over the whole film

    def filmed(self, options: VideoOptions) -> VideoOptions:
        """The options with the number of frames that the performance needs at their rate."""
        if self.performance is None:
            return options
        return replace(options, frames=frame_count(self.performance, max(1, options.fps)))

    def at(self, index: int, options: VideoOptions) -> tuple[HeadParams, OrbitCamera]:
        """Head and camera of one frame."""
        time_s = index / options.fps
        camera = self.camera.at(time_s) if isinstance(self.camera, CameraPath) else self.camera
        if self.turns:
            turned = 360.0 * self.turns * index / options.frames
            camera = camera.with_(yaw_degrees=camera.yaw_degrees + turned)
        if self.performance is None:
            return self.params, camera
        return applied(self.params, self.performance.at(time_s)), camera


def turntable(
    engine: Renderer,
    params: HeadParams,
    camera: OrbitCamera,
    options: VideoOptions,
    path: Path,
) -> Generator[Progress, None, Path]:
    """Film one turn of the camera around the head, from where it stands; see `film`."""
    return film(engine, Play(params, camera, turns=1.0), options, path)


def film(
    engine: Renderer, play: Play, options: VideoOptions, path: Path
) -> Generator[Progress, None, Path]:
    """Draw a play into `path`, with the sound of its performance where the format has any.

    A folder of `frame_0000.png` … for the format png, otherwise one file. Yields after each frame,
    and while a GIF is packed; returns the path; closing it before the end leaves nothing behind.

    Raises:
        ExportError: the options make no such film, or it cannot be written.
        DrivingError: the sound cannot be decoded.
    """
    import av

    options = play.filmed(options)
    check_options(options)
    reel = _reel(play, options)
    try:
        with writer(options.format, path, reel) as writing:
            for index in range(options.frames):
                yield Progress(index, options.frames)
                image = engine.render(_request(play, options, index)).image
                writing.add(averaged(image, options.supersampling))
            yield Progress(options.frames, options.frames)
            for _ in writing.pack():
                yield Progress(options.frames, options.frames)
    except OSError as error:  # PyAV's errors about files are OSErrors too
        raise unwritable(path, error) from error
    except av.FFmpegError as error:
        raise ExportError(f"“{path.name}” cannot be encoded: {error}.") from error
    return path


def check_options(options: VideoOptions) -> None:
    """Refuse what no encoder could make.

    Raises:
        ExportError: says what to change.
    """
    if options.format not in VIDEO_FORMATS:
        known = ", ".join(VIDEO_FORMATS)
        raise ExportError(f"There is no video format “{options.format}”.", f"Known: {known}.")
    _check_size(options)
    _within("The number of frames", options.frames, 1, MAX_FRAMES)
    fastest = MAX_GIF_FPS if options.format == "gif" else MAX_FPS
    _within("The speed", options.fps, 1, fastest, " frames a second")
    width, height = options.picture_size
    if options.format == "gif" and 4 * width * height * options.frames > MAX_GIF_BYTES:
        raise ExportError(
            "This GIF would be too long to be packed.", "Make it smaller or shorter, or choose MP4."
        )
    if options.transparent and options.format not in TRANSPARENT_FORMATS:
        raise ExportError(
            "MP4 videos cannot be transparent.", "Choose WebM, MOV (ProRes), GIF or PNG frames."
        )


def _check_size(options: VideoOptions) -> None:
    width, height = options.picture_size
    _within("The picture size", min(width, height), MIN_SIZE, MAX_SIZE, " pixels")
    _within("The picture size", max(width, height), MIN_SIZE, MAX_SIZE, " pixels")
    _within("Supersampling", options.supersampling, 1, MAX_SUPERSAMPLING)
    _within(
        "The picture size times supersampling", max(width, height) * options.supersampling,
        MIN_SIZE, 2 * MAX_SIZE, " pixels",
    )  # fmt: skip
    if options.format in ("mp4", "webm", "mov") and (width % 2 or height % 2):
        raise ExportError(
            f"This format needs even numbers of pixels, not {width} × {height}.",
            f"Try {width + width % 2} × {height + height % 2}.",
        )


def _within(what: str, value: int, low: int, high: int, unit: str = "") -> None:
    if not low <= value <= high:
        raise ExportError(f"{what} must be {low} … {high}{unit}, not {value}.")


def _reel(play: Play, options: VideoOptions) -> Reel:
    width, height = options.picture_size
    sound = _heard(play.performance, options) if options.format in SOUND_FORMATS else None
    return Reel(width, height, options.frames, options.fps, options.transparent, sound)


def _heard(performance: Performance | None, options: VideoOptions) -> Samples | None:
    if performance is None or performance.sound is None:
        return None
    return heard(performance.sound, options.seconds)


def _request(play: Play, options: VideoOptions, index: int) -> RenderRequest:
    params, camera = play.at(index, options)
    width, height = options.picture_size
    return RenderRequest(
        params,
        camera,
        width * options.supersampling,
        height * options.supersampling,
        renderer=options.renderer,
        background=TRANSPARENT if options.transparent else options.background,
        refine=options.refine,
    )
