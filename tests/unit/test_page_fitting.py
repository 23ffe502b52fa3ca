"""A long performance is made to fit into a page, and what that cost is said."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from head360.engine import finished
from head360.errors import ExportError
from head360.export.page.fitting import Fitted, fitted
from head360.params import HeadParams
from head360.performance import Performance, Sound
from head360.sound import RATE, heard

SECONDS, FPS = 10, 60


@pytest.fixture(scope="module")
def take() -> Performance:
    rng = np.random.default_rng(3)
    times = np.arange(SECONDS * FPS + 1) / FPS
    weights = rng.uniform(0, 1, (len(times), 52)).astype(np.float32)
    return Performance(
        times, weights, np.zeros((len(times), 3), np.float32), "Talk", FPS, sound=tone()
    )


def tone() -> Sound:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        turns = np.arange(16_000 * SECONDS) / 16_000 * 440
        file.writeframes((9000 * np.sin(2 * np.pi * turns)).astype("<i2").tobytes())
    return Sound(buffer.getvalue())


def fit(head: HeadParams, take: Performance, room: float) -> Fitted:
    return finished(fitted(head, take, room))


def test_what_fits_is_kept_whole(neutral: HeadParams, take: Performance) -> None:
    found = fit(neutral, take, 1e7)
    assert found.notes == ()
    assert found.fps == FPS
    np.testing.assert_allclose(found.arrays["take_times"], take.times, rtol=1e-6)
    sound = heard(Sound(found.arrays["take_sound"].tobytes()), SECONDS)
    assert sound.shape == (2, SECONDS * RATE)
    spectrum = np.abs(np.fft.rfft(sound[0, RATE : 5 * RATE]))
    assert np.argmax(spectrum) / 4 == pytest.approx(440, abs=1)


def test_less_room_costs_moments_then_the_sound(neutral: HeadParams, take: Performance) -> None:
    # Whole, the moments need about 66 kB, and the sound at its best 160 kB.
    thinned = fit(neutral, take, 150_000)
    assert thinned.fps == 30
    assert len(thinned.arrays["take_times"]) == SECONDS * 30 + 1
    assert thinned.arrays["take_weights"].shape == (52, SECONDS * 30 + 1)
    assert "take_sound" in thinned.arrays
    assert len(thinned.notes) == 1
    assert "30 moments" in thinned.notes[0]
    silent = fit(neutral, take, 50_000)
    assert silent.fps == 30
    assert "take_sound" not in silent.arrays
    assert any("sound is left out" in note for note in silent.notes)


def test_far_too_little_room_is_refused_with_a_way_out(
    neutral: HeadParams, take: Performance
) -> None:
    with pytest.raises(ExportError, match="12 MB") as told:
        fit(neutral, take, 5_000)
    seconds = int("".join(filter(str.isdigit, told.value.hint.partition(" s")[0])))
    assert 0 < seconds < SECONDS
