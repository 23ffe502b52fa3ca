"""`head360 drive`, from the words typed to the files that lie there afterwards."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from head360 import __main__ as command_line
from head360.driving import udp
from head360.driving.csv import read_csv, write_csv
from head360.driving.exercise import exercise
from head360.driving.send import UdpSender
from head360.params import EXPRESSIONS, neutral_head
from head360.performance import Performance, Sample
from head360.project import Project, load_project, save_project
from tests.journeys.plain_engine import PlainEngine
from tests.unit.faces_stand_ins import face, random_take
from tests.unit.test_film import beep


@pytest.fixture(autouse=True)
def work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def engine() -> PlainEngine:
    return PlainEngine()


def run(engine: PlainEngine, words: str) -> int:
    code = command_line.main(words.split(), lambda: engine)
    assert engine.closed or not engine.requests
    return code


def left() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def test_a_csv_becomes_a_film_a_project_and_a_csv(engine: PlainEngine) -> None:
    take = random_take(0, 61)
    write_csv(take, Path("take.csv"))

    assert run(engine, "drive --from take.csv -o a.mp4 -o b.h360 -o c.csv --size 64 --fps 12") == 0

    assert left() == ["a.mp4", "b.h360", "c.csv", "take.csv"]
    with av.open("a.mp4") as container:
        assert sum(1 for _ in container.decode(video=0)) == 13
    weights = engine.requests[6].params.expression
    assert weights == pytest.approx(take.at(0.5).expression, abs=1e-3)
    kept = load_project(Path("b.h360")).performance
    assert np.abs(kept.expression - take.expression).max() < 1e-4
    assert np.abs(read_csv(Path("c.csv")).head_pose - take.head_pose).max() < 2e-4


def test_a_project_plays_its_own_performance_on_its_own_head(engine: PlainEngine) -> None:
    head = neutral_head().with_(shape=np.full(50, 0.5, np.float32))
    save_project(Project(head, performance=random_take(1, 31, 30)), Path("me.h360"))

    words = "drive --from me.h360 -o out --size 32 --trim 0.2:0.6 --speed 2 --turns 1"
    assert run(engine, words) == 0

    assert len(list(Path("out").iterdir())) == 7
    assert engine.requests[0].params.shape[0] == np.float32(0.5)
    assert engine.requests[-1].camera.yaw_degrees == pytest.approx(360 * 6 / 7)


def test_the_camera_follows_keys_and_sound_is_added(engine: PlainEngine) -> None:
    Path("beep.wav").write_bytes(beep(0.5))
    write_csv(random_take(0, 31, 30), Path("take.csv"))

    words = (
        "drive --from take.csv -o a.mp4 --size 64 --sound beep.wav --key 0:yaw=0 1:yaw=40,fov=30"
    )
    assert run(engine, words) == 0

    assert engine.requests[0].camera.yaw_degrees == 0
    assert engine.requests[-1].camera.yaw_degrees == pytest.approx(40)
    assert engine.requests[-1].camera.fov_degrees == pytest.approx(30)
    with av.open("a.mp4") as container:
        assert len(container.streams.audio) == 1


def test_tuning_options_reach_the_take(engine: PlainEngine) -> None:
    jaw = EXPRESSIONS.index("jawOpen")
    expression = np.zeros((60, 52), np.float32)
    expression[:, jaw], expression[40:, jaw] = 0.2, 0.6
    expression[40:, EXPRESSIONS.index("mouthSmileLeft")] = 0.4
    take = Performance(np.arange(60) / 30, expression, np.full((60, 3), 5.0), fps=30)
    write_csv(take, Path("take.csv"))

    words = "drive --from take.csv -o b.csv --calibrate 1 --gain mouthSmile=2 --mirror"
    assert run(engine, words) == 0

    end = read_csv(Path("b.csv")).at(2)
    assert end.expression[jaw] == pytest.approx(0.5, abs=0.01)  # (0.6 − 0.2) / (1 − 0.2)
    assert end.expression[EXPRESSIONS.index("mouthSmileRight")] == pytest.approx(0.8, abs=0.01)
    assert np.abs(end.head_pose).max() < 0.01


@pytest.mark.parametrize("name", ["livelink", "ifacialmocap", "vmc"])
def test_a_phone_is_listened_to_and_recorded(
    engine: PlainEngine, monkeypatch: pytest.MonkeyPatch, name: str, capsys: pytest.CaptureFixture
) -> None:
    started: list[udp.UdpSource] = []
    monkeypatch.setattr(
        udp.UdpSource, "start", lambda self, start=udp.UdpSource.start: (
            start(self), started.append(self),
        ),
    )  # fmt: skip

    def phone() -> None:
        while not started:
            time.sleep(0.01)
        sender = UdpSender(name, started[0].port)
        for i in range(60):
            sender.send(face(1 + i / 50, jawOpen=i / 100))
            time.sleep(0.02)
        sender.close()

    thread = threading.Thread(target=phone)
    thread.start()
    words = f"drive --listen {name} --port 0 --seconds 1 --smooth 0 -o take.csv"
    assert run(engine, words) == 0
    thread.join()

    take = read_csv(Path("take.csv"))
    assert len(take) > 10
    assert take.channel("jawOpen")[-1] > take.channel("jawOpen")[0]
    assert "faces/s" in capsys.readouterr().err


def test_a_recording_is_sent_on(engine: PlainEngine) -> None:
    write_csv(random_take(0, 31, 60), Path("take.csv"))
    source = udp.UdpSource(udp.protocol("vmc"), port=0)
    source.start()
    heard: list[Sample] = []
    source.listen(heard.append)

    assert run(engine, f"drive --from take.csv --send vmc --port {source.port}") == 0

    time.sleep(0.2)
    source.stop()
    assert len(heard) >= 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("drive", "one of the arguments"),
        ("drive --from none.mp4 -o a.csv", "no file"),
        ("drive --from none.csv -o a.csv", "cannot be opened"),
        ("drive --listen pigeon", "no protocol"),
        ("drive --listen vmc --port 99999", "cannot be listened"),
        ("drive --from exercise -o a.avi", "video format"),
        ("drive --from exercise -o a.mp4 --size 63", "even"),
        ("drive --from exercise -o a.mp4 --transparent", "cannot be transparent"),
        ("drive --from exercise -o a.csv --trim 90:99", "nothing happens"),
        ("drive --from exercise -o a.csv --trim 3", "from:to"),
        ("drive --from exercise -o a.csv --speed 0", "positive"),
        ("drive --from exercise -o a.csv --loop 0", "at least one"),
        ("drive --from exercise -o a.csv --gain ears=2", "no channel"),
        ("drive --from exercise -o a.csv --gain jawOpen=90", "within"),
        ("drive --from exercise -o a.csv --smooth 3", "0 … 1"),
        ("drive --from exercise -o a.mp4 --key yaw=3", "of the form"),
        ("drive --from exercise -o a.mp4 --key 0:yaw=3 0:yaw=4", "impossible times"),
        ("drive --from exercise -o a.mp4 --supersample 9", "Supersampling"),
        ("drive --from exercise --sound none.wav -o a.csv", "cannot be opened"),
        ("drive --listen vmc --port 0 --seconds 0.2", "No face came"),
        ("drive --from empty.h360 -o a.csv", "no performance"),
    ],
)
def test_mistakes_are_explained_and_leave_nothing(
    engine: PlainEngine, capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    save_project(Project(neutral_head()), Path("empty.h360"))

    try:
        assert run(engine, words) in (1, 2)
    except SystemExit as error:
        assert error.code == 2  # noqa: PT017 (argparse ends the program itself)

    assert message.lower() in capsys.readouterr().err.lower()
    assert left() == ["empty.h360"]


def test_every_shape_is_exercised_once_and_never_too_fast() -> None:
    take = exercise(30)

    assert 13 < take.duration_s < 17
    assert (take.expression.max(0) > 0.85).all()
    assert not take.expression[:15].any()
    assert np.abs(np.diff(take.expression, axis=0)).max() < 0.2


def test_webcams_are_listed(engine: PlainEngine, monkeypatch: pytest.MonkeyPatch,
                            capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setattr("head360.driving.camera.devices", list)

    assert run(engine, "drive --devices") == 0

    assert "No webcam" in capsys.readouterr().err
