"""Sounds as tasks for a `Job`: decoding takes too long for the window's thread."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from head360.performance import Sound
from head360.sound import read_sound, waveform

#: Columns of a waveform, more than most timelines are pixels wide.
COLUMNS = 1200


@dataclass(frozen=True, slots=True, eq=False)
class WavePicture:
    """A waveform, and of what."""

    sound: Sound
    seconds: float
    wave: npt.NDArray[np.float32]  # (COLUMNS, 2) lowest and highest samples, −1 … 1


def reading(path: Path) -> Generator[None, None, Sound]:
    """A sound from a file, like `head360.sound.read_sound`."""
    yield
    return read_sound(path)


def picturing(sound: Sound, seconds: float) -> Generator[None, None, WavePicture]:
    """The waveform of what is heard in so many seconds."""
    yield
    return WavePicture(sound, seconds, waveform(sound, seconds, COLUMNS))
