"""The sound of a performance: reads files, draws their waveform, hands out samples to export.

FFmpeg (through PyAV, imported when needed) decodes whatever people have; what a project keeps is
the file as it was, or AAC if that is smaller than a limit or if the file was a video.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from head360.errors import DrivingError
from head360.files import size_of
from head360.performance import Sound
from head360.recording import MAX_SOUND_BYTES

Samples: TypeAlias = npt.NDArray[np.float32]

RATE = 48_000  # samples a second of everything that is handed out
CHANNELS = 2
MAX_SECONDS = 3600.0
_KEPT_FORMATS = (".wav", ".mp3", ".m4a", ".ogg", ".opus", ".flac")
_AAC_BITS = 160_000
#: MP3 of fewer bits sounds better at half the rate.
_BITS_OF_FULL_RATE = 64_000
#: What FFmpeg's atempo stretches by in one step.
_LEAST_TEMPO, _MOST_TEMPO = 0.5, 100.0


def read_sound(path: Path) -> Sound:
    """The sound of a WAV, MP3, M4A, OGG or FLAC file, or of a video.

    Raises:
        DrivingError: it cannot be read, holds no sound, or is too long for a project.
    """
    try:
        small = size_of(path) <= MAX_SOUND_BYTES and path.suffix.lower() in _KEPT_FORMATS
        content = path.read_bytes() if small else _as_aac(path)
    except OSError as error:
        raise DrivingError(f"“{path.name}” cannot be opened: {error.strerror or error}.") from error
    if not content or not any(True for _ in _decoded(io.BytesIO(content), path.name)):
        raise DrivingError(f"“{path.name}” holds no sound.", "Choose a WAV, MP3 or MP4 file.")
    if len(content) > MAX_SOUND_BYTES:
        raise DrivingError(
            f"The sound of “{path.name}” is too long for a project.", "Cut it to a few minutes."
        )
    return Sound(content)


def heard(sound: Sound, seconds: float) -> Samples:
    """(2, M) samples −1 … 1 at RATE of what is heard in the first seconds of a performance.

    Exactly M = round(seconds · RATE); silence where the file has nothing. Other speeds keep the
    pitch.

    Raises:
        DrivingError: it cannot be decoded.
    """
    count = round(min(seconds, MAX_SECONDS) * RATE)
    needed = max(0.0, sound.start_s) + sound.speed * seconds + 1
    skip = round(sound.start_s * RATE)
    samples = _collected(sound.content, min(needed, MAX_SECONDS))
    samples = samples[:, skip:] if skip > 0 else np.pad(samples, ((0, 0), (-skip, 0)))
    if sound.speed != 1:
        samples = _stretched(samples, sound.speed)
    samples = samples[:, :count]
    return np.pad(samples, ((0, 0), (0, count - samples.shape[1])))


def waveform(stereo: Samples, columns: int) -> Samples:
    """(columns, 2) lowest and highest of (2, M) samples in each of so many equal parts."""
    samples = stereo.mean(0)
    edges = np.linspace(0, len(samples), columns + 1).astype(int)
    found = np.zeros((columns, 2), np.float32)
    for column, (start, stop) in enumerate(pairwise(edges)):
        if stop > start:
            part = samples[start:stop]
            found[column] = part.min(), part.max()
    return found


def _collected(content: bytes, seconds: float) -> Samples:
    parts, count = [np.zeros((CHANNELS, 0), np.float32)], 0
    for part in _decoded(io.BytesIO(content), "The sound"):
        parts.append(part)
        count += part.shape[1]
        if count >= seconds * RATE:
            break
    return np.concatenate(parts, 1)


def _decoded(file: Any, name: str) -> Iterator[Samples]:
    """(2, M) pieces at RATE."""
    import av

    try:
        with av.open(file) as container:
            if not container.streams.audio:
                return
            # FFmpeg makes mono 3 dB quieter when it spreads it; here it is as loud on both sides.
            layout = "mono" if container.streams.audio[0].channels == 1 else "stereo"
            resampler = av.AudioResampler("fltp", layout, RATE)
            for frame in chain(container.decode(audio=0), [None]):
                for piece in resampler.resample(frame):
                    samples = piece.to_ndarray().astype(np.float32)
                    yield np.repeat(samples, CHANNELS // len(samples), 0)
    except (av.FFmpegError, ValueError) as error:
        raise DrivingError(
            f"“{name}” cannot be heard: {error}.", "Convert it to WAV, MP3 or MP4."
        ) from error


def _as_aac(path: Path) -> bytes:
    """The sound of any file as a small M4A."""
    import av

    buffer, clock = io.BytesIO(), 0
    with av.open(buffer, "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=RATE)
        stream.bit_rate = _AAC_BITS
        for piece in _decoded(str(path), path.name):
            if clock > MAX_SECONDS * RATE:
                break
            container.mux(stream.encode(audio_frame(piece, clock)))
            clock += piece.shape[1]
        container.mux(stream.encode())
    return buffer.getvalue() if clock else b""


def as_mp3(stereo: Samples, bits: int) -> bytes:
    """(2, M) samples at RATE as a mono MP3 of so many bits a second, which every browser plays.

    Raises:
        DrivingError: this FFmpeg cannot make MP3.
    """
    import av

    if "libmp3lame" not in av.codecs_available:
        raise DrivingError("This build of PyAV cannot make MP3.", "Install PyAV's own wheel.")
    rate = RATE if bits >= _BITS_OF_FULL_RATE else RATE // 2
    buffer, resampler = io.BytesIO(), av.AudioResampler("s16p", "mono", rate)
    with av.open(buffer, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=rate, layout="mono", format="s16p")
        stream.bit_rate = bits
        starts = range(0, stereo.shape[1], RATE)
        frames = (audio_frame(stereo[:, start : start + RATE], start) for start in starts)
        for frame in chain(frames, [None]):
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        container.mux(stream.encode())
    return buffer.getvalue()


def audio_frame(samples: Samples, clock: int) -> Any:
    """Samples (2, M) at RATE as a frame for PyAV that starts at so many samples."""
    import av

    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", "stereo")
    frame.sample_rate, frame.pts = RATE, clock
    return frame


def _stretched(samples: Samples, speed: float) -> Samples:
    """Played at another speed with the same pitch."""
    import av

    graph = av.filter.Graph()
    steps = [graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo")]
    steps += [graph.add("atempo", f"{tempo:.6f}") for tempo in _tempos(speed)]
    steps.append(graph.add("aformat", "sample_fmts=fltp:channel_layouts=stereo"))
    steps.append(graph.add("abuffersink"))
    for step, following in pairwise(steps):
        step.link_to(following)
    graph.configure()
    parts = [np.zeros((CHANNELS, 0), np.float32)]
    for start in range(0, samples.shape[1], RATE):
        graph.push(audio_frame(samples[:, start : start + RATE], start))
        parts += _pulled(graph)
    graph.push(None)
    return np.concatenate([*parts, *_pulled(graph)], 1)


def _pulled(graph: Any) -> list[Samples]:
    import av

    pieces = []
    while True:
        try:
            pieces.append(graph.pull().to_ndarray().astype(np.float32))
        except (av.BlockingIOError, av.EOFError):
            return pieces


def _tempos(speed: float) -> list[float]:
    """Factors that atempo can do, whose product is the speed."""
    tempos = []
    while speed < _LEAST_TEMPO:
        tempos.append(_LEAST_TEMPO)
        speed /= _LEAST_TEMPO
    return [*tempos, min(speed, _MOST_TEMPO)]
