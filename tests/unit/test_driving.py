from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from head360.driving import camera, ifacialmocap, livelink, vmc
from head360.driving.filters import OneEuro, smoothing
from head360.driving.live import Live
from head360.driving.send import UdpSender, played
from head360.driving.source import Listener, SourceStatus
from head360.driving.tuning import Rest, Tuner, Tuning, mirrored, rest_of, tuned, tuned_take
from head360.driving.udp import UdpSource, protocol
from head360.errors import DrivingError
from head360.params import EXPRESSIONS, POSE_LIMITS
from head360.performance import Sample
from tests.unit.faces_stand_ins import face, random_face, random_take, weights_of

JAW = EXPRESSIONS.index("jawOpen")


# --- filters and tuning --------------------------------------------------------------------------


def curve(values: np.ndarray, strength: float) -> np.ndarray:
    settings = smoothing(strength)
    assert settings
    calm = OneEuro(settings)
    return np.array([
        calm(face(i / 60, jawOpen=float(v))).expression[JAW] for i, v in enumerate(values)
    ])  # fmt: skip


def test_one_euro_calms_rest_and_follows_speed() -> None:
    noise = 0.3 + np.random.default_rng(0).normal(0, 0.02, 300)
    step = np.concatenate([np.zeros(30), np.ones(30)])

    assert curve(noise, 0.5)[60:].std() < 0.4 * noise.std()
    assert curve(step, 0.5)[30 + 9] > 0.9  # within 0.15 s
    assert curve(noise, 0.9)[100:].std() < curve(noise, 0.2)[100:].std()
    with pytest.raises(ValueError, match="0 … 1"):
        smoothing(2)


def test_one_euro_knows_how_late_it_is() -> None:
    calm = OneEuro(smoothing(0.5))
    ramp = [min(1.0, i / 60) for i in range(50)]

    made = [calm(face(i / 60, jawOpen=v)).expression[JAW] for i, v in enumerate(ramp)]

    lag_s = (ramp[-1] - made[-1]) / 1.0  # the ramp rises by 1 a second
    assert calm.latency_s == pytest.approx(lag_s, rel=0.35)


def test_calibration_takes_the_resting_face_for_zero() -> None:
    rng = np.random.default_rng(0)
    seen = [
        face(i / 30, (8 + rng.normal(0, 0.3), 5, 0), browInnerUp=0.2, eyeLookDownLeft=0.3)
        for i in range(30)
    ]
    seen[10] = face(10 / 30, (8, 5, 0), eyeBlinkLeft=1, eyeBlinkRight=1, browInnerUp=0.2)

    tuning = Tuning(rest_of(seen), smoothing=0)

    rest = tuned(seen[0], tuning)
    assert rest.expression.max() < 0.02
    assert np.abs(rest.head_pose).max() < 1
    full = tuned(face(0, (8, 5, 0), browInnerUp=1, eyeLookUpLeft=0.1), tuning)
    assert full.expression[EXPRESSIONS.index("browInnerUp")] == pytest.approx(1)
    # The eye rests 0.3 down, so a look of 0.1 up is 0.4 up.
    assert weights_of(full)["eyeLookUpLeft"] == pytest.approx(0.4, abs=0.01)
    assert "eyeLookDownLeft" not in weights_of(full)


def test_calibration_refuses_too_little_and_fidgeting() -> None:
    with pytest.raises(DrivingError, match="Too little"):
        rest_of([face()] * 3)
    with pytest.raises(DrivingError, match="moved"):
        rest_of([face(i / 30, (i % 30, 0, 0)) for i in range(60)])


def test_gains_and_mirror() -> None:
    sample = face(0, (10, 5, 4), mouthSmileLeft=0.3, jawLeft=0.5, eyeLookInRight=0.6)

    strong = tuned(sample, Tuning(gains={"mouthSmileLeft": 2, "headYaw": -1}))
    other = tuned(sample, Tuning(mirror=True))

    assert weights_of(strong)["mouthSmileLeft"] == 0.6
    assert strong.head_pose[0] == -10
    assert weights_of(other) == {"mouthSmileRight": 0.3, "jawRight": 0.5, "eyeLookInLeft": 0.6}
    assert list(other.head_pose) == [-10, 5, -4]
    assert weights_of(mirrored(mirrored(sample))) == weights_of(sample)
    with pytest.raises(ValueError, match="no channel"):
        Tuning(gains={"ears": 1})
    with pytest.raises(ValueError, match="within 0 … 4"):
        Tuning(gains={"jawOpen": 9})


def test_a_whole_take_is_tuned_as_if_it_were_live() -> None:
    take = random_take(1)

    tuning = Tuning(Rest(np.zeros(52, np.float32), np.zeros(3, np.float32)), smoothing=0.3)
    smooth = tuned_take(take, tuning)

    assert (
        np.abs(np.diff(smooth.expression, axis=0)).mean()
        < np.abs(np.diff(take.expression, axis=0)).mean()
    )
    assert (np.abs(smooth.head_pose) <= np.array(POSE_LIMITS) + 1e-3).all()
    assert np.array_equal(smooth.times, take.times)


# --- sockets -------------------------------------------------------------------------------------


@pytest.fixture
def heard() -> Iterator[Callable[..., UdpSource]]:
    """Starts sources on free ports, and stops them."""
    sources: list[UdpSource] = []

    def start(name: str) -> UdpSource:
        sources.append(UdpSource(protocol(name), port=0))
        sources[-1].start()
        return sources[-1]

    yield start
    for source in sources:
        source.stop()


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < end, "nothing came"
        time.sleep(0.005)


@pytest.mark.parametrize("name", ["livelink", "ifacialmocap", "vmc"])
def test_each_protocol_is_heard_on_its_port(heard: Callable[..., UdpSource], name: str) -> None:
    source, sent = heard(name), random_face(4, 2.0)
    assert source.status().state == "waiting"
    sender = UdpSender(name, source.port)

    sender.send(sent)

    wait_for(lambda: source.newest() is not None)
    sample = source.newest()
    assert sample.expression == pytest.approx(sent.expression, abs=0.006)
    assert 0 <= time.perf_counter() - sample.time_s < 5
    assert source.status().state == "running"
    assert source.title.endswith(str(source.port))
    sender.close()


def test_late_packets_are_dropped_and_bad_ones_counted(heard: Callable[..., UdpSource]) -> None:
    source = heard("livelink")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for moment, jaw in ((10.0, 0.1), (10.2, 0.3), (10.1, 0.9)):
            packet = livelink.encode(face(moment, jawOpen=jaw))
            before = source.status().good + source.status().late
            sender.sendto(packet, ("127.0.0.1", source.port))
            wait_for(lambda n=before: source.status().good + source.status().late > n)
        sender.sendto(b"nonsense", ("127.0.0.1", source.port))
        sender.sendto(b"\x06" + bytes(60_000), ("127.0.0.1", source.port))
        wait_for(lambda: source.status().bad >= 1)

    assert weights_of(source.newest())["jawOpen"] == pytest.approx(0.3)
    assert source.status().late == 1


def test_a_sender_may_begin_anew(heard: Callable[..., UdpSource]) -> None:
    source = heard("livelink")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for moment in (10.0, 10.4, 10.0, 3.0, 3.1):
            before = source.status().good
            sender.sendto(livelink.encode(face(moment)), ("127.0.0.1", source.port))
            wait_for(lambda n=before: source.status().good > n)

    assert source.status().late == 0


def test_a_second_sender_waits_until_the_first_is_silent(heard: Callable[..., UdpSource]) -> None:
    source = heard("ifacialmocap")
    first, second = UdpSender("ifacialmocap", source.port), UdpSender("ifacialmocap", source.port)

    first.send(face(jawOpen=0.2))
    wait_for(lambda: source.newest() is not None)
    second.send(face(jawOpen=0.9))
    wait_for(lambda: source.status().skipped >= 1)
    assert weights_of(source.newest())["jawOpen"] == 0.2
    time.sleep(0.8)
    second.send(face(jawOpen=0.9))

    wait_for(lambda: weights_of(source.newest())["jawOpen"] == 0.9)
    first.close()
    second.close()


def test_a_flood_is_survived_and_the_newest_wins(heard: Callable[..., UdpSource]) -> None:
    source, used = heard("vmc"), time.process_time()
    packets = [vmc.encode(random_face(seed, math.nan)) for seed in range(1, 30)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(70):
            for packet in packets:
                sender.sendto(packet, ("127.0.0.1", source.port))
            time.sleep(0.0145)
        sender.sendto(vmc.encode(face(math.nan, jawOpen=0.5)), ("127.0.0.1", source.port))

    wait_for(lambda: weights_of(source.newest()).get("jawOpen") == 0.5)
    assert source.status().good > 50
    assert time.process_time() - used < 2.5


def test_a_port_in_use_is_explained(heard: Callable[..., UdpSource]) -> None:
    source = heard("livelink")

    with pytest.raises(DrivingError, match="cannot be listened to"):
        UdpSource(protocol("livelink"), port=source.port).start()
    with pytest.raises(DrivingError, match="cannot be listened to"):
        UdpSource(protocol("livelink"), port=99_999).start()
    with pytest.raises(DrivingError, match="no stream called"):
        protocol("carrier pigeon")
    with pytest.raises(DrivingError, match="cannot be asked"):
        source.request("127.0.0.1")


def test_nobody_listens_beyond_this_machine_unless_asked() -> None:
    source = UdpSource(protocol("livelink"), port=0)
    source.start()
    try:
        with (
            pytest.raises(OSError, match="in use"),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        ):
            other.bind(("127.0.0.1", source.port))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.2", source.port))  # free: it is not bound everywhere
    finally:
        source.stop()
    assert source.status().state == "stopped"


def test_a_take_is_played_to_another_program(heard: Callable[..., UdpSource]) -> None:
    source, take = heard("vmc"), random_take(2, 13)
    sender = UdpSender("vmc", source.port)

    steps = played(take, sender)

    assert len(list(steps)) == 13
    wait_for(lambda: source.newest() is not None)
    sender.close()


# --- live ----------------------------------------------------------------------------------------


class Puppet:
    """A source that says what a test wants."""

    title = "Puppet"

    def __init__(self) -> None:
        self.running = False
        self.listener: Listener | None = None

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def newest(self) -> Sample | None:
        return None

    def status(self) -> SourceStatus:
        return SourceStatus("running", "Here", latency_s=0.01)

    def listen(self, listener: Listener | None) -> None:
        self.listener = listener

    def say(self, sample: Sample) -> None:
        assert self.listener
        self.listener(sample)


def test_sources_change_while_the_head_goes_on() -> None:
    live, first, second = Live(Tuning(smoothing=0)), Puppet(), Puppet()
    live.follow(first)
    first.say(face(1, jawOpen=0.5))

    live.follow(second)

    assert not first.running
    assert second.running
    assert weights_of(live.newest()) == {"jawOpen": 0.5}
    second.say(face(2, jawOpen=0.7))
    assert weights_of(live.newest()) == {"jawOpen": 0.7}
    live.follow(None)
    assert live.status() is None


def test_live_faces_are_recorded_and_calibrated() -> None:
    live, puppet = Live(Tuning(smoothing=0)), Puppet()
    live.follow(puppet)
    live.calibrate()
    for i in range(20):
        puppet.say(face(i / 30, browInnerUp=0.3))
    live.calibrated()

    live.record()
    for i in range(10):
        puppet.say(face(5 + i / 10, browInnerUp=0.3, jawOpen=i / 10))

    assert live.recording == 10
    take = live.finish("Mine")
    assert take is not None
    assert (len(take), take.name, take.duration_s) == (10, "Mine", pytest.approx(0.9))
    assert take.channel("jawOpen") == pytest.approx(np.arange(10) / 10)
    assert take.channel("browInnerUp").max() < 1e-6
    assert live.recording is None
    live.record()
    assert live.finish() is None
    live.calibrate()
    with pytest.raises(DrivingError):
        live.calibrated()


def test_smoothing_adds_to_the_latency() -> None:
    live, puppet = Live(Tuning(smoothing=0.8)), Puppet()
    live.follow(puppet)
    for i in range(10):
        puppet.say(face(i / 60, jawOpen=i / 20))

    assert live.latency_s > 0.02
    tuner = Tuner(Tuning(smoothing=0))
    tuner(face(0))
    assert tuner.latency_s == 0


def test_an_iphone_is_asked_to_send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        try:
            phone.bind(("127.0.0.1", ifacialmocap.PORT))
        except OSError:
            pytest.skip("the port is in use")
        phone.settimeout(5)
        UdpSource(protocol("ifacialmocap"), port=0).request("127.0.0.1")

        assert phone.recv(200) == ifacialmocap.REQUEST


def test_offering_webcams_switches_none_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def tried(index: int) -> bool:
        raise AssertionError(f"webcam {index} was switched on")

    monkeypatch.setattr(camera, "_answers", tried)
    for system in ("Linux", "Darwin", "Windows"):
        monkeypatch.setattr(camera.platform, "system", lambda known=system: known)
        offered = camera.listed()
        assert system == "Linux" or [device.index for device in offered] == [0]
        assert camera.Webcam(0).title
