from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from head360.keyframes import (
    Curve,
    curve_of,
    delete_key,
    few_keys,
    keyed,
    move_key,
    set_key,
    span_changed,
)
from head360.params import EXPRESSIONS, HeadParams
from head360.performance import (
    Performance,
    Sample,
    Sound,
    applied,
    blended,
    frame_count,
    joined,
    looped,
    ping_pong,
    posed_still,
    recorded,
    resampled,
    retimed,
    smoothed,
    trimmed,
    with_channel,
)

JAW, TONGUE = EXPRESSIONS.index("jawOpen"), EXPRESSIONS.index("tongueOut")


def take(jaw: list[float], step: float = 0.5, **changes: object) -> Performance:
    """A performance that opens its jaw and turns to the left as far, in tens of degrees."""
    expression = np.zeros((len(jaw), 52), np.float32)
    expression[:, JAW] = jaw
    pose = np.outer(jaw, [10.0, 0, 0])
    return Performance(np.arange(len(jaw)) * step, expression, pose, fps=1 / step, **changes)


def jaw_at(performance: Performance, time_s: float) -> float:
    return round(float(performance.at(time_s).expression[JAW]), 5)


def test_between_moments_values_run_straight_and_ends_hold() -> None:
    performance = take([0, 1, 0.5])

    assert [jaw_at(performance, t) for t in (-1, 0, 0.25, 0.5, 0.75, 1, 9)] == [
        0, 0, 0.5, 1, 0.75, 0.5, 0.5,
    ]  # fmt: skip
    assert performance.at(0.25).head_pose[0] == pytest.approx(5)
    assert performance.duration_s == 1
    assert performance.channel("headYaw") == pytest.approx([0, 10, 5])


@pytest.mark.parametrize(
    "changes",
    [
        {"times": [0, 0, 1]},
        {"times": [1, 2, 3]},
        {"times": [0, 1, np.nan]},
        {"expression": np.full((3, 52), 1.5)},
        {"expression": np.full((3, 52), np.nan)},
        {"expression": np.zeros((2, 52))},
        {"head_pose": np.full((3, 3), 200)},
        {"fps": 0},
        {"unknown": frozenset({"earWiggle"})},
    ],
)
def test_impossible_performances_are_refused(changes: dict[str, object]) -> None:
    good = {"times": [0, 1, 2], "expression": np.zeros((3, 52)), "head_pose": np.zeros((3, 3))}

    with pytest.raises(ValueError, match=r"\w"):
        Performance(**good | changes)


def test_applied_keeps_what_the_source_cannot_see_and_what_a_neck_can_do(
    neutral: HeadParams,
) -> None:
    weights = np.zeros(52, np.float32)
    weights[TONGUE] = 0.8
    sample = Sample(0, np.zeros(52, np.float32), np.array([90, 0, -3], np.float32))

    head = applied(neutral.with_(expression=weights), sample.with_(unknown={"tongueOut"}))

    assert head.expression[TONGUE] == np.float32(0.8)
    assert list(head.head_pose) == [50, 0, -3]


def test_recording_drops_moments_out_of_order() -> None:
    face, ahead = np.zeros(52, np.float32), np.zeros(3, np.float32)
    samples = [Sample(t, face, ahead, frozenset({"tongueOut"})) for t in (5, 5.1, 5.05, 5.1, 5.2)]

    performance = recorded(samples)

    assert performance.times == pytest.approx([0, 0.1, 0.2])
    assert performance.fps == pytest.approx(10)
    assert performance.unknown == {"tongueOut"}


def test_trimming_cuts_between_moments_and_takes_the_sound_along() -> None:
    performance = take([0, 1, 0, 1], sound=Sound(b"", start_s=2, speed=3))

    cut = trimmed(performance, 0.25, 1.25)

    assert cut.times == pytest.approx([0, 0.25, 0.75, 1])
    assert [jaw_at(cut, t) for t in (0, 0.25, 0.75, 1)] == [0.5, 1, 0, 0.5]
    assert cut.sound is not None
    assert cut.sound.start_s == 2.75
    with pytest.raises(ValueError, match="nothing happens"):
        trimmed(performance, 7, 8)


def test_retiming_keeps_the_shape_of_the_curve() -> None:
    fast = retimed(take([0, 1, 0]), 2)

    assert fast.duration_s == 0.5
    assert jaw_at(fast, 0.25) == 1
    with pytest.raises(ValueError, match="positive"):
        retimed(fast, 0)


def test_resampling_has_the_exact_number_of_frames() -> None:
    even = resampled(take([0, 1, 0, 1, 0]), 30)

    assert len(even) == frame_count(even, 30) == 61
    assert even.duration_s == pytest.approx(2)
    assert jaw_at(even, 1.25) == 0.5


def test_smoothing_calms_noise_and_does_not_lag() -> None:
    rng = np.random.default_rng(1)
    times = np.arange(240) / 60
    wave = 0.5 + 0.4 * np.sin(2 * np.pi * 0.5 * times)
    noisy = take(list(np.clip(wave + rng.normal(0, 0.03, 240), 0, 1)), 1 / 60)

    calm = smoothed(noisy, 0.05).channel("jawOpen")

    inner = slice(20, -20)
    assert np.abs(calm - wave)[inner].mean() < 0.4 * np.abs(noisy.channel("jawOpen") - wave).mean()
    shifts = range(-6, 7)
    fit = [np.corrcoef(np.roll(calm, -s)[inner], wave[inner])[0, 1] for s in shifts]
    assert list(shifts)[int(np.argmax(fit))] == 0


def test_loops_fade_and_ping_pong_returns() -> None:
    performance = take([0, 0.5, 1])

    assert looped(performance, 3).duration_s == pytest.approx(4)
    assert looped(performance, 3, 0.5).duration_s == pytest.approx(2)
    assert jaw_at(looped(performance, 2), 1.5) == 0
    there_and_back = ping_pong(performance)
    assert there_and_back.duration_s == 2
    assert jaw_at(there_and_back, 2) == 0
    assert jaw_at(there_and_back, 1.5) == 0.5


def test_two_takes_blend_and_each_brings_what_only_it_knows() -> None:
    first, second = take([0, 0, 0], unknown={"tongueOut"}), take([1, 1])
    second = with_channel(second, "tongueOut", [0.4, 0.4])

    both = blended(first, second, 0.25)

    assert jaw_at(both, 1) == 0.25
    assert both.at(1).expression[TONGUE] == pytest.approx(0.4)
    assert both.unknown == frozenset()
    crossfade = blended(first, second, Curve(((0.0, 0.0), (1.0, 1.0))))
    assert (jaw_at(crossfade, 0), jaw_at(crossfade, 1)) == (0, 1)


def test_joining_pauses_or_overlaps() -> None:
    first, second = take([0, 0, 0]), take([1, 1, 1])

    assert joined(first, second, -1).duration_s == 3
    over = joined(first, second, 0.5)
    assert over.duration_s == 1.5
    assert (jaw_at(over, 0.5), jaw_at(over, 1)) == (0, 1)


keys = st.lists(
    st.tuples(st.integers(0, 100), st.floats(0, 1, width=32)),
    min_size=1, max_size=12, unique_by=lambda key: key[0],
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(keys=keys)
def test_curves_pass_their_keys_and_never_overshoot(keys: list[tuple[int, float]]) -> None:
    curve = Curve()
    for time, value in keys:
        curve = set_key(curve, time / 10, value)

    times = np.array([key[0] for key in curve.keys])
    values = np.array([key[1] for key in curve.keys])
    assert curve(times) == pytest.approx(values, abs=1e-9)
    dense = np.linspace(times[0], times[-1], 200)
    gap = np.clip(np.searchsorted(times, dense, "right") - 1, 0, max(0, len(times) - 2))
    ends = np.stack([values[gap], values[np.minimum(gap + 1, len(values) - 1)]])
    drawn = curve(dense)
    assert (drawn >= ends.min(0) - 1e-9).all()
    assert (drawn <= ends.max(0) + 1e-9).all()


def test_keys_are_set_moved_and_deleted() -> None:
    curve = set_key(set_key(set_key(Curve(), 1, 0.5), 0, 0), 1, 0.7)

    assert curve.keys == ((0, 0), (1, 0.7))
    assert move_key(curve, 0, 5, 0.2).keys[0] == (pytest.approx(0.999), 0.2)
    assert delete_key(curve, 0).keys == ((1, 0.7),)
    assert list(Curve()([0, 1])) == [0, 0]
    with pytest.raises(ValueError, match="finite"):
        set_key(curve, 0.5, np.nan)


def test_a_recorded_channel_becomes_few_keys_and_back() -> None:
    times = np.arange(300) / 60
    performance = take(list(0.5 + 0.5 * np.sin(2 * np.pi * 0.4 * times)), 1 / 60)

    curve = curve_of(performance, "jawOpen", 0.01)

    assert len(curve.keys) < 30
    assert curve(times) == pytest.approx(performance.channel("jawOpen"), abs=0.011)
    again = keyed(performance, "jawOpen", curve)
    assert again.channel("jawOpen") == pytest.approx(performance.channel("jawOpen"), abs=0.011)


def test_a_shaky_channel_is_drawn_by_few_keys_less_exactly() -> None:
    rng, times = np.random.default_rng(0), np.arange(1200) / 60
    performance = take(list(0.5 + 0.4 * np.sin(times) + rng.uniform(-0.02, 0.02, 1200)), 1 / 60)

    curve = few_keys(performance, "jawOpen", 0.01, 60)

    assert len(curve.keys) <= 60
    assert curve(times) == pytest.approx(performance.channel("jawOpen"), abs=0.081)
    assert few_keys(performance, "mouthPucker", 0.01, 60).keys == ((0, 0), (times[-1], 0))


def test_a_key_bends_a_curve_only_as_far_as_is_said() -> None:
    before = Curve(tuple((float(time), np.sin(time)) for time in range(10)))
    times = np.linspace(0, 9, 1801)
    for after in (set_key(before, 4.5, 3.0), move_key(before, 5, 5.2, 2.0), delete_key(before, 5)):
        low, high = span_changed(before, after)
        beyond = (times < low) | (times > high)
        assert 300 < beyond.sum() < 1500
        assert np.array_equal(before(times[beyond]), after(times[beyond]))
    assert span_changed(before, before) == (0, 0)
    assert span_changed(before, set_key(before, 0.0, 2.0)) == (-np.inf, 2)


def test_keys_on_a_still_are_seen_and_only_within_their_time(neutral: HeadParams) -> None:
    still = posed_still(neutral, 2.0)
    blink = Curve(((0.5, 0.0), (0.6, 1.0), (0.7, 0.0)))

    blinking = keyed(still, "eyeBlinkLeft", blink, 0.0, 1.0)

    weights = blinking.channel("eyeBlinkLeft")
    assert weights.max() == 1
    assert len(blinking) >= 121
    assert blinking.duration_s == 2
    assert weights[blinking.times > 0.75].max() < 1e-6
    assert keyed(still, "headYaw", Curve(((0.0, 500.0),))).head_pose.max() == 180
