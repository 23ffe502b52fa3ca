"""Sounds as tasks for a `Job`: decoding takes too long for the window's thread."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.workers.voice import Steps
from head360.performance import Sound
from head360.sound import heard, read_sound, waveform

#: Columns of a waveform, more than most timelines are pixels wide.
COLUMNS = 1200
_FULL = 32767


@dataclass(frozen=True, slots=True, eq=False)
class DecodedSound:
    """What is heard in the first seconds of a sound, and how it looks."""

    sound: Sound
    seconds: float
    samples: Steps  # (M, 2) at `sound.RATE`
    wave: npt.NDArray[np.float32]  # (COLUMNS, 2) lowest and highest samples, −1 … 1


def reading(path: Path) -> Generator[None, None, Sound]:
    """A sound from a file, like `head360.sound.read_sound`."""
    yield
    return read_sound(path)


def decoding(sound: Sound, seconds: float) -> Generator[None, None, DecodedSound]:
    """The first seconds of a sound."""
    yield
    samples = heard(sound, seconds)
    yield
    wave = waveform(samples, COLUMNS)
    yield
    steps = np.empty(samples.shape[::-1], np.int16)
    for channel, row in enumerate(samples):  # one at a time: an hour is large
        steps[:, channel] = np.rint(row.clip(-1, 1) * _FULL)
    return DecodedSound(sound, seconds, steps, wave)
