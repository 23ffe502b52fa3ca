"""Encodes the frames of a film, one after another, into a file or a folder.

Each writer is a context manager that takes frames. Whatever is unfinished lies under a `*.partial`
name and is gone if the context is left before its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

import numpy as np
import numpy.typing as npt

from head360.errors import ExportError
from head360.export.gif import packed_gif
from head360.export.images import Picture, save_png
from head360.files import replacing, replacing_folder
from head360.sound import RATE, Samples, audio_frame

if TYPE_CHECKING:
    import av

VideoFormat: TypeAlias = Literal["mp4", "webm", "mov", "gif", "png"]
VIDEO_FORMATS: tuple[VideoFormat, ...] = get_args(VideoFormat)
#: Formats that keep transparency, and that carry sound.
TRANSPARENT_FORMATS = ("webm", "mov", "gif", "png")
SOUND_FORMATS = ("mp4", "webm", "mov")

_FRINGE_PIXELS = 4.0  # colour continues this far beyond the outline


@dataclass(frozen=True, slots=True, eq=False)
class Reel:
    """What a film is made of, as encoders see it."""

    width: int  # pixels
    height: int  # pixels
    frames: int
    fps: int
    transparent: bool  # frames have straight alpha
    sound: Samples | None = None  # (2, M) at sound.RATE; left out where a format has none


def _nothing_left() -> Iterable[None]:
    return ()


@dataclass(frozen=True, slots=True)
class Writer:
    """Where frames go."""

    add: Callable[[Picture], None]  # one (H, W, 4) frame
    pack: Callable[[], Iterable[None]] = _nothing_left  # what is left to do, in short steps


def writer(format_: VideoFormat, path: Path, reel: Reel) -> AbstractContextManager[Writer]:
    """What writes a film in a format.

    Raises:
        ExportError: on entering, the folder cannot be used.
    """
    return _WRITERS[format_](path, reel)


@contextmanager
def _mp4(path: Path, reel: Reel) -> Iterator[Writer]:
    """H.264 that every player and browser shows."""
    settings = {"crf": "16", "preset": "medium"}
    coding = _Coding("mp4", "libx264", "yuv420p", settings, "aac", {"movflags": "+faststart"})
    with replacing(path) as partial, _encoder(partial, reel, coding) as encoding:
        yield encoding


@contextmanager
def _webm(path: Path, reel: Reel) -> Iterator[Writer]:
    """VP9, whose alpha plane browsers and video editors understand."""
    settings = {"crf": "20", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"}
    if reel.transparent:
        settings["auto-alt-ref"] = "0"  # libvpx refuses alpha with it
    pixels = "yuva420p" if reel.transparent else "yuv420p"
    coding = _Coding("webm", "libvpx-vp9", pixels, settings, "libopus")
    with replacing(path) as partial, _encoder(partial, reel, coding) as encoding:
        yield encoding


@contextmanager
def _mov(path: Path, reel: Reel) -> Iterator[Writer]:
    """ProRes 4444 for video editors: every frame whole, ten bits, alpha in sixteen."""
    pixels = "yuva444p10le" if reel.transparent else "yuv444p10le"
    settings = {"profile": "4444", "vendor": "apl0"}
    if reel.transparent:
        settings["alpha_bits"] = "16"
    coding = _Coding("mov", "prores_ks", pixels, settings, "pcm_s16le")
    with replacing(path) as partial, _encoder(partial, reel, coding) as encoding:
        yield encoding


@dataclass(frozen=True, slots=True)
class _Coding:
    """How to encode."""

    container: str
    codec: str
    pixels: str
    settings: dict[str, str]
    sound: str  # its codec
    options: dict[str, str] | None = None  # of the container


@contextmanager
def _encoder(path: Path, reel: Reel, coding: _Coding) -> Iterator[Writer]:
    import av

    container = av.open(str(path), "w", format=coding.container, options=coding.options or {})
    with container:
        stream = cast("av.VideoStream", container.add_stream(coding.codec, rate=reel.fps))
        stream.width, stream.height = reel.width, reel.height
        stream.pix_fmt = coding.pixels
        stream.options = {**coding.settings}
        _tag_bt709(stream.codec_context)
        soundtrack = _Soundtrack(container, reel, coding)

        def add(image: Picture) -> None:
            container.mux(stream.encode(_video_frame(image, coding.pixels)))
            soundtrack.frame_done()

        yield Writer(add)
        container.mux(stream.encode())
        soundtrack.close()


class _Soundtrack:
    """Encodes sound along with the frames, so that a player finds both side by side."""

    def __init__(self, container: Any, reel: Reel, coding: _Coding) -> None:
        self._container, self._sound = container, reel.sound
        self._per_frame = Fraction(RATE, reel.fps)
        self._frames, self._clock = 0, 0
        self._stream: Any = None
        if self._sound is not None:
            self._stream = container.add_stream(coding.sound, rate=RATE)
            self._stream.layout = "stereo"

    def frame_done(self) -> None:
        """Encode what is heard until the end of the next frame."""
        self._frames += 1
        self._until(int(self._frames * self._per_frame))

    def close(self) -> None:
        """Encode the rest."""
        if self._sound is not None:
            self._until(self._sound.shape[1])
            self._container.mux(self._stream.encode())

    def _until(self, clock: int) -> None:
        if self._sound is None or clock <= self._clock:
            return
        piece = self._sound[:, self._clock : clock]
        if piece.shape[1]:
            self._container.mux(self._stream.encode(audio_frame(piece, self._clock)))
            self._clock += piece.shape[1]


def _tag_bt709(codec: Any) -> None:
    """Say which colours the numbers mean, so that players do not guess."""
    codec.color_range = 1  # 16 … 235
    codec.colorspace = codec.color_primaries = codec.color_trc = 1  # BT.709


def _video_frame(image: Picture, pixels: str) -> av.VideoFrame:
    import av

    if pixels.startswith("yuva"):
        frame = av.VideoFrame.from_ndarray(_with_fringe(image), format="rgba")
    else:
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[..., :3]), format="rgb24")
    return frame.reformat(format=pixels, dst_colorspace="ITU709", dst_color_range="MPEG")


def _with_fringe(image: Picture) -> Picture:
    """Continue colour beyond the outline: chroma has half the resolution and would bleed black."""
    from scipy.ndimage import distance_transform_edt

    empty = image[..., 3] == 0
    if empty.all() or not empty.any():
        return np.ascontiguousarray(image)
    distance, nearest = distance_transform_edt(empty, return_indices=True)
    colored = image.copy()
    fringe = empty & (distance <= _FRINGE_PIXELS)
    colored[fringe, :3] = image[nearest[0][fringe], nearest[1][fringe], :3]
    return colored


@contextmanager
def _gif(path: Path, reel: Reel) -> Iterator[Writer]:
    """Keeps the frames until all are there, because one palette must fit them; then packs them."""
    pictures: list[Picture] = []
    with replacing(path) as partial, partial.open("wb") as file:

        def pack() -> Iterator[None]:
            durations = _gif_durations(reel)
            for piece in packed_gif(pictures, durations, transparent=reel.transparent):
                file.write(piece)
                yield

        yield Writer(pictures.append, pack)


def _gif_durations(reel: Reel) -> list[int]:
    """Milliseconds of each frame; GIF counts hundredths of a second, and the sum must be right."""
    ends = np.rint(np.arange(reel.frames + 1) * 100 / reel.fps)
    durations: npt.NDArray[np.float64] = np.diff(ends) * 10
    return [int(duration) for duration in durations]


@contextmanager
def _png(path: Path, reel: Reel) -> Iterator[Writer]:
    """A folder of numbered pictures; an older one is replaced if it holds nothing else."""
    refuse_foreign(path, ("frame_*.png",))
    with replacing_folder(path) as folder:
        count = 0

        def add(image: Picture) -> None:
            nonlocal count
            shown = image if reel.transparent else image[..., :3]
            save_png(shown, folder / f"frame_{count:04d}.png")
            count += 1

        yield Writer(add)


def refuse_foreign(path: Path, own: Sequence[str]) -> None:
    """Keep a folder from being replaced that holds more than files of the patterns `own`.

    Raises:
        ExportError: it does, or there is a file of that name.
    """
    if path.exists() and not path.is_dir():
        raise ExportError(f"“{path.name}” is a file, but a folder is needed.", "Rename it.")
    if path.is_dir() and any(
        not any(entry.match(pattern) for pattern in own) for entry in path.iterdir()
    ):
        raise ExportError(
            f"The folder “{path.name}” holds other files.", "Choose a new or empty folder."
        )


_WRITERS: dict[VideoFormat, Callable[[Path, Reel], AbstractContextManager[Writer]]] = {
    "mp4": _mp4,
    "webm": _webm,
    "mov": _mov,
    "gif": _gif,
    "png": _png,
}
