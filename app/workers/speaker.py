"""Makes a voice heard, off the window's thread; where there is no loudspeaker it says so."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.workers.voice import Steps, Voice
from head360.errors import Head360Error
from head360.sound import CHANNELS, RATE

log = logging.getLogger(__name__)

#: The device asks for so much at a time, and has so many pieces waiting: short enough for a sound
#: to begin at once, long enough for a busy computer.
PERIOD_MS, PERIODS = 40, 3
BUFFERED_S = PERIOD_MS * PERIODS / 1000


class NoSpeakerError(Head360Error):
    """Nothing can be heard here."""


class Device(Protocol):
    """A loudspeaker that has been switched on."""

    def close(self) -> None:
        """Switch it off."""


Pull: TypeAlias = Callable[[int], Steps]  # the next so many samples, (N, 2), on a thread of its own
OpenDevice: TypeAlias = Callable[[Pull], Device]  # raises NoSpeakerError


class Speaker(QObject):
    """Plays one voice at a time; its device is open only meanwhile."""

    unavailable = Signal(object)  # NoSpeakerError, whenever a voice cannot be heard

    def __init__(self, open_device: OpenDevice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_device = open_device
        self._voice: Voice | None = None
        self._device: Device | None = None  # of the thread below
        self._thread = ThreadPoolExecutor(1, "speaker")  # opening takes up to a second

    def play(self, voice: Voice) -> None:
        """Let this be heard, and nothing else; returns at once."""
        self._voice = voice
        self._thread.submit(self._settle)

    def silence(self) -> None:
        """Let nothing be heard; returns at once."""
        if self._voice is not None:
            self._voice = None
            self._thread.submit(self._settle)

    def close(self) -> None:
        """Switch the device off and wait until it is."""
        self.silence()
        self._thread.shutdown()

    def _settle(self) -> None:
        """Have the device on or off, as is wanted by now."""
        if self._voice is None and self._device is not None:
            self._device.close()
            self._device = None
        elif self._voice is not None and self._device is None:
            try:
                self._device = self._open_device(self._pull)
            except NoSpeakerError as error:
                log.info("No sound: %s", error)
                self.unavailable.emit(error)

    def _pull(self, count: int) -> Steps:
        voice = self._voice
        if voice is None:
            return np.zeros((count, CHANNELS), np.int16)
        return voice.read(count, BUFFERED_S)


def open_speaker(pull: Pull) -> Device:
    """The computer's own loudspeaker, which begins to ask for samples.

    Raises:
        NoSpeakerError: there is none, or what speaks to it is not installed.
    """
    try:
        miniaudio = importlib.import_module("miniaudio")
    except ImportError as error:
        raise NoSpeakerError(
            "The sound cannot be heard: the package miniaudio is missing.",
            "“pip install miniaudio”. Films are made with the sound all the same.",
        ) from error
    try:
        device = miniaudio.PlaybackDevice(
            miniaudio.SampleFormat.SIGNED16, CHANNELS, RATE, PERIOD_MS,
            callback_periods=PERIODS, backends=_backends(miniaudio), app_name="Head360 Studio",
        )  # fmt: skip
        asking = _asking(pull)
        next(asking)
        device.start(asking)
    except miniaudio.MiniaudioError as error:
        raise NoSpeakerError(
            "The sound cannot be heard: there is no loudspeaker here.",
            "Films are made with the sound all the same.",
        ) from error
    opened: Device = device
    return opened


def _backends(miniaudio: Any) -> list[Any]:
    """Every way to a loudspeaker but the one that swallows sounds."""
    kinds = miniaudio.Backend
    left_out = {kinds.NULL, kinds.JACK}  # where JACK does not run it complains to the terminal
    if sys.platform.startswith("linux") and not Path("/dev/snd").exists():
        left_out |= {kinds.ALSA, kinds.OSS}  # ALSA writes pages about that to the terminal
    return [kind for kind in kinds if kind not in left_out]


def _asking(pull: Pull) -> Generator[bytes, int, None]:
    """As miniaudio wants it: a count comes in, samples go out."""
    count = yield b""
    while True:
        count = yield pull(count).tobytes()
