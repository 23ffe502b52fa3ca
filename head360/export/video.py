"""Turntables: one turn around the head as a video, an animated picture or a folder of frames.

`turntable` draws and encodes one frame after another, so memory does not grow with the length
(except for GIF, whose one palette must fit all frames). Whatever is unfinished lies under a
`*.partial` name and is removed when the generator is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast, get_args

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.errors import ExportError
from head360.export.gif import packed_gif
from head360.export.images import Picture, save_png, unwritable
from head360.files import replacing, replacing_folder
from head360.light import TRANSPARENT, Background
from head360.params import HeadParams
from head360.progress import Progress
from head360.rendering.request import Frame, RendererName, RenderRequest

if TYPE_CHECKING:
    import av

VideoFormat: TypeAlias = Literal["mp4", "webm", "gif", "png"]
VIDEO_FORMATS: tuple[VideoFormat, ...] = get_args(VideoFormat)

MIN_SIZE, MAX_SIZE = 16, 4096  # pixels
MAX_FRAMES, MAX_FPS = 3600, 120
#: Many viewers slow faster GIFs down to 10 frames a second.
MAX_GIF_FPS = 50

_FRINGE_PIXELS = 4.0  # colour continues this far beyond the outline


class Renderer(Protocol):
    """What draws the frames, such as `HeadEngine`."""

    def render(self, request: RenderRequest) -> Frame:
        """Make one complete picture."""


@dataclass(frozen=True, slots=True)
class TurntableOptions:
    """What kind of turntable to make."""

    format: VideoFormat = "mp4"
    frames: int = 120  # of one full turn
    size: int = 512  # height, pixels
    width: int | None = None  # pixels; None: as wide as high
    fps: int = 30
    transparent: bool = False  # straight alpha; not in MP4
    background: Background = field(default_factory=Background)
    renderer: RendererName = "fast"
    refine: bool = False  # RefineNet's detail in every frame

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.width or self.size, self.size

    @property
    def seconds(self) -> float:
        """How long one turn lasts."""
        return self.frames / self.fps


def turntable(
    engine: Renderer,
    params: HeadParams,
    camera: OrbitCamera,
    options: TurntableOptions,
    path: Path,
) -> Generator[Progress, None, Path]:
    """Film one turn of the camera around the head, from where it stands, into `path`.

    A folder of `frame_0000.png` … for the format png, otherwise one file. Yields after each frame,
    and while a GIF is packed; returns the path; closing it before the end leaves nothing behind.

    Raises:
        ExportError: the options make no such video, or it cannot be written.
    """
    import av

    check_options(options)
    try:
        with _WRITERS[options.format](path, options) as writer:
            for index in range(options.frames):
                yield Progress(index, options.frames)
                writer.add(engine.render(_request(params, camera, options, index)).image)
            yield Progress(options.frames, options.frames)
            for _ in writer.pack():
                yield Progress(options.frames, options.frames)
    except OSError as error:  # PyAV's errors about files are OSErrors too
        raise unwritable(path, error) from error
    except av.FFmpegError as error:
        raise ExportError(f"“{path.name}” cannot be encoded: {error}.") from error
    return path


def check_options(options: TurntableOptions) -> None:
    """Refuse what no encoder could make.

    Raises:
        ExportError: says what to change.
    """
    if options.format not in VIDEO_FORMATS:
        known = ", ".join(VIDEO_FORMATS)
        raise ExportError(f"There is no video format “{options.format}”.", f"Known: {known}.")
    width, height = options.picture_size
    _within("The picture size", min(width, height), MIN_SIZE, MAX_SIZE, " pixels")
    _within("The picture size", max(width, height), MIN_SIZE, MAX_SIZE, " pixels")
    _within("The number of frames", options.frames, 1, MAX_FRAMES)
    fastest = MAX_GIF_FPS if options.format == "gif" else MAX_FPS
    _within("The speed", options.fps, 1, fastest, " frames a second")
    if options.format in ("mp4", "webm") and (width % 2 or height % 2):
        raise ExportError(
            f"This format needs even numbers of pixels, not {width} × {height}.",
            f"Try {width + width % 2} × {height + height % 2}.",
        )
    if options.transparent and options.format == "mp4":
        raise ExportError("MP4 videos cannot be transparent.", "Choose WebM, GIF or PNG frames.")


def _within(what: str, value: int, low: int, high: int, unit: str = "") -> None:
    if not low <= value <= high:
        raise ExportError(f"{what} must be {low} … {high}{unit}, not {value}.")


def _request(
    params: HeadParams, camera: OrbitCamera, options: TurntableOptions, index: int
) -> RenderRequest:
    turned = camera.with_(yaw_degrees=camera.yaw_degrees + 360.0 * index / options.frames)
    width, height = options.picture_size
    return RenderRequest(
        params,
        turned,
        width,
        height,
        renderer=options.renderer,
        background=TRANSPARENT if options.transparent else options.background,
        refine=options.refine,
    )


# --- writers: context managers that take the frames ----------------------------------------------


def _nothing_left() -> Iterable[None]:
    return ()


@dataclass(frozen=True, slots=True)
class _Writer:
    """Where frames go."""

    add: Callable[[Picture], None]  # one (H, W, 4) frame
    pack: Callable[[], Iterable[None]] = _nothing_left  # what is left to do, in short steps


@contextmanager
def _mp4(path: Path, options: TurntableOptions) -> Iterator[_Writer]:
    """H.264 that every player and browser shows."""
    settings = {"crf": "16", "preset": "medium", "movflags": "+faststart"}
    with replacing(path) as partial, _encoder(partial, options, "libx264", settings) as writer:
        yield writer


@contextmanager
def _webm(path: Path, options: TurntableOptions) -> Iterator[_Writer]:
    """VP9, whose alpha plane browsers and video editors understand."""
    settings = {"crf": "20", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"}
    if options.transparent:
        settings["auto-alt-ref"] = "0"  # libvpx refuses alpha with it
    with replacing(path) as partial, _encoder(partial, options, "libvpx-vp9", settings) as writer:
        yield writer


@contextmanager
def _encoder(
    path: Path, options: TurntableOptions, codec: str, settings: dict[str, str]
) -> Iterator[_Writer]:
    import av

    with av.open(str(path), "w", format=options.format) as container:
        stream = cast("av.VideoStream", container.add_stream(codec, rate=options.fps))
        stream.width, stream.height = options.picture_size
        stream.pix_fmt = "yuva420p" if options.transparent else "yuv420p"
        stream.options = {**settings}
        _tag_bt709(stream.codec_context)

        def add(image: Picture) -> None:
            container.mux(stream.encode(_video_frame(image, transparent=options.transparent)))

        yield _Writer(add)
        container.mux(stream.encode())


def _tag_bt709(codec: Any) -> None:
    """Say which colours the numbers mean, so that players do not guess."""
    codec.color_range = 1  # 16 … 235
    codec.colorspace = codec.color_primaries = codec.color_trc = 1  # BT.709


def _video_frame(image: Picture, *, transparent: bool) -> av.VideoFrame:
    import av

    if transparent:
        frame = av.VideoFrame.from_ndarray(_with_fringe(image), format="rgba")
        pixels = "yuva420p"
    else:
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[..., :3]), format="rgb24")
        pixels = "yuv420p"
    return frame.reformat(format=pixels, dst_colorspace="ITU709", dst_color_range="MPEG")


def _with_fringe(image: Picture) -> Picture:
    """Continue colour beyond the outline: chroma has half the resolution and would bleed black."""
    from scipy.ndimage import distance_transform_edt

    empty = image[..., 3] == 0
    if empty.all() or not empty.any():
        return image
    distance, nearest = distance_transform_edt(empty, return_indices=True)
    colored = image.copy()
    fringe = empty & (distance <= _FRINGE_PIXELS)
    colored[fringe, :3] = image[nearest[0][fringe], nearest[1][fringe], :3]
    return colored


@contextmanager
def _gif(path: Path, options: TurntableOptions) -> Iterator[_Writer]:
    """Keeps the frames until all are there, because one palette must fit them; then packs them."""
    pictures: list[Picture] = []
    with replacing(path) as partial, partial.open("wb") as file:

        def pack() -> Iterator[None]:
            durations = _gif_durations(options)
            for piece in packed_gif(pictures, durations, transparent=options.transparent):
                file.write(piece)
                yield

        yield _Writer(pictures.append, pack)


def _gif_durations(options: TurntableOptions) -> list[int]:
    """Milliseconds of each frame; GIF counts hundredths of a second, and the sum must be right."""
    ends = np.rint(np.arange(options.frames + 1) * 100 / options.fps)
    durations: npt.NDArray[np.float64] = np.diff(ends) * 10
    return [int(duration) for duration in durations]


@contextmanager
def _png(path: Path, options: TurntableOptions) -> Iterator[_Writer]:
    """A folder of numbered pictures; an older one is replaced if it holds nothing else."""
    _refuse_foreign(path)
    with replacing_folder(path) as folder:
        count = 0

        def add(image: Picture) -> None:
            nonlocal count
            shown = image if options.transparent else image[..., :3]
            save_png(shown, folder / f"frame_{count:04d}.png")
            count += 1

        yield _Writer(add)


def _refuse_foreign(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise ExportError(f"“{path.name}” is a file, and frames need a folder.", "Rename it.")
    foreign = path.is_dir() and any(not entry.match("frame_*.png") for entry in path.iterdir())
    if foreign:
        raise ExportError(
            f"The folder “{path.name}” holds other files.", "Choose a new or empty folder."
        )


_WRITERS: dict[VideoFormat, Callable[[Path, TurntableOptions], AbstractContextManager[_Writer]]] = {
    "mp4": _mp4,
    "webm": _webm,
    "gif": _gif,
    "png": _png,
}
