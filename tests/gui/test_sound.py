"""The sound of a recording is heard in step with the picture, or quietly not at all."""

from __future__ import annotations

import importlib.util
import threading
import wave
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.messages import Level, Message
from app.workers.speaker import BUFFERED_S, Speaker, _asking
from app.workers.voice import Steps, Voice
from head360.performance import Sound
from head360.sound import RATE
from tests.gui.conftest import FakeSpeaker, Speakers
from tests.gui.test_live_dock import jaw, take

PIECE = RATE // 25


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def counting(seconds: float = 1.0) -> Steps:
    """Samples that say their own number, in hundredths of a second."""
    hundredths = (np.arange(round(seconds * RATE)) * 100 // RATE).astype(np.int16)
    return np.stack([hundredths, hundredths], 1)


def play(voice: Voice, clock: Clock, seconds: float, pace: float = 1.0) -> list[Steps]:
    """Ask like a device whose buffer is full at first, and whose clock is `pace` times as fast."""
    pieces = [voice.read(PIECE, BUFFERED_S) for _ in range(3)]
    for _ in range(round(seconds * 25)):
        clock.now += PIECE / RATE / pace
        pieces.append(voice.read(PIECE, BUFFERED_S))
    return pieces


def test_the_clock_runs_before_anything_is_heard_and_does_not_jump_then() -> None:
    clock = Clock()
    voice = Voice(counting(), 0.2, loop=False, clock=clock)
    clock.now += 0.15  # the device takes its time to open
    assert voice.elapsed_s() == pytest.approx(0.15)
    first = voice.read(PIECE, BUFFERED_S)
    assert first[0, 0] == 35  # it begins where the picture is by now
    assert voice.elapsed_s() == pytest.approx(0.15, abs=1e-4)
    for _ in range(2):
        voice.read(PIECE, BUFFERED_S)
    assert voice.elapsed_s() == pytest.approx(0.15, abs=1e-3)


@pytest.mark.parametrize("pace", [0.98, 1.02])
def test_the_clock_follows_the_device(pace: float) -> None:
    clock = Clock()
    voice = Voice(counting(30), 0.0, loop=False, clock=clock)
    pieces = play(voice, clock, 20, pace)
    heard = sum(map(len, pieces)) / RATE - BUFFERED_S
    assert heard != pytest.approx(clock.now - 100, abs=0.3)
    assert voice.elapsed_s() == pytest.approx(heard, abs=0.02)


def test_a_voice_goes_round_or_ends_in_silence() -> None:
    clock = Clock()
    round_ = np.concatenate(play(Voice(counting(), 0.9, loop=True, clock=clock), clock, 1))
    assert set(round_[: RATE // 10, 0]) == set(range(90, 100))
    assert round_[round(0.105 * RATE), 0] == 0
    assert round_[round(0.455 * RATE), 0] == 35
    once = np.concatenate(play(Voice(counting(), 0.9, loop=False, clock=clock), clock, 1))
    assert once[round(0.095 * RATE), 0] == 99
    assert not once[RATE // 10 :].any()


def noise(path: Path) -> bytes:
    """A WAV of half a second."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.full(RATE // 2, 9000, "<i2").tobytes())
    return path.read_bytes()


@pytest.fixture
def sounding(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    """A window whose take of one second is heard in its first half."""
    sound = Sound(noise(tmp_path / "noise.wav"))
    window.document.edit_performance("Record", take().with_(sound=sound))
    qtbot.waitUntil(lambda: window.soundtrack.samples is not None, timeout=10_000)
    return window


def speaker_on(speakers: Speakers, qtbot: QtBot) -> FakeSpeaker:
    qtbot.waitUntil(lambda: speakers.on is not None, timeout=5000)
    assert speakers.on is not None
    return speakers.on


def test_the_picture_follows_the_sound(
    sounding: MainWindow, speakers: Speakers, qtbot: QtBot
) -> None:
    player = sounding.player
    player.set_loop(False)
    player.seek(0.2)
    player.play()
    asked = speaker_on(speakers, qtbot).ask(round(BUFFERED_S * RATE))
    assert abs(int(asked[0, 0]) - 9000) < 100
    began = player.position
    speaker_on(speakers, qtbot).ask(round(0.6 * RATE))  # much faster than any clock
    qtbot.waitUntil(lambda: player.position > began + 0.55, timeout=5000)
    assert jaw(sounding) == pytest.approx(player.position, abs=0.02)
    qtbot.waitUntil(lambda: not player.running, timeout=5000)
    qtbot.waitUntil(lambda: speakers.on is None, timeout=5000)
    assert player.position == pytest.approx(1.0)


def test_seeking_muting_and_loops_are_heard(
    sounding: MainWindow, speakers: Speakers, qtbot: QtBot
) -> None:
    dock, player = sounding.panels.timeline, sounding.player
    assert not dock.mute.isHidden()
    player.play()
    speaker = speaker_on(speakers, qtbot)
    assert speaker.ask(100)[-1, 0] > 8000
    player.seek(0.7)  # silence from 0.5 s on
    assert not speaker.ask(100).any()
    player.seek(0.9)
    assert speaker.ask(RATE // 5)[-1, 0] > 8000  # round again
    dock.mute.click()
    assert not speaker.ask(RATE // 5).any()
    dock.mute.click()
    dock.loop.click()
    player.seek(0.9)
    assert not speaker.ask(RATE // 5).any()  # its end is the end
    player.pause()
    qtbot.waitUntil(lambda: not speaker.is_open, timeout=5000)


def test_an_edit_is_heard_and_silence_is_silent(
    sounding: MainWindow, speakers: Speakers, qtbot: QtBot
) -> None:
    player, dock = sounding.player, sounding.panels.timeline
    player.play()
    speaker = speaker_on(speakers, qtbot)
    dock.files.remove_sound()
    assert not speaker.ask(100).any()
    assert player.running
    assert dock.mute.isHidden()
    sounding.document.undo_stack.undo()
    qtbot.waitUntil(lambda: sounding.soundtrack.samples is not None, timeout=10_000)
    player.seek(0.1)
    qtbot.waitUntil(lambda: speakers.on is not None, timeout=5000)
    assert speaker_on(speakers, qtbot).ask(100)[-1, 0] > 8000


def test_without_a_loudspeaker_one_quiet_note_is_all(
    sounding: MainWindow, speakers: Speakers, qtbot: QtBot
) -> None:
    said: list[Message] = []
    sounding.messages.posted.connect(said.append)
    speakers.missing = True
    player = sounding.player
    player.play()
    qtbot.waitUntil(lambda: len(said) == 1, timeout=5000)
    assert said[0].level is Level.INFO
    assert not said[0].stays
    qtbot.waitUntil(lambda: jaw(sounding) > 0.1, timeout=5000)  # it plays all the same
    player.pause()
    player.play()
    qtbot.wait(100)
    assert len(said) == 1


def test_a_real_device_asks_and_gets() -> None:
    if importlib.util.find_spec("miniaudio") is None:
        pytest.skip("miniaudio is not installed")
    import miniaudio

    enough, counts = threading.Event(), []

    def pull(count: int) -> Steps:
        counts.append(count)
        if sum(counts) > RATE // 4:
            enough.set()
        return np.zeros((count, 2), np.int16)

    nowhere = [miniaudio.Backend.NULL]
    kind = miniaudio.SampleFormat.SIGNED16
    device = miniaudio.PlaybackDevice(kind, 2, RATE, 40, callback_periods=3, backends=nowhere)
    asking = _asking(pull)
    next(asking)
    device.start(asking)
    assert enough.wait(10)
    device.close()


def test_a_speaker_that_was_closed_before_it_opened_is_not_left_on(qtbot: QtBot) -> None:
    del qtbot
    speakers = Speakers()
    speaker = Speaker(speakers.open)
    for _ in range(20):
        speaker.play(Voice(counting(), 0.0, loop=True))
        speaker.silence()
    speaker.close()
    assert speakers.on is None
