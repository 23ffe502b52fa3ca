"""Thumbnails of hairstyles: drawn when idle, kept, and given up without a trace."""

from __future__ import annotations

import time
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.docks.hair import thumbnail_request
from app.workers.thumbnails import ThumbnailMaker, thumbnail_folder
from head360.errors import ResourceError
from tests.gui.conftest import FakeEngine


def requests(*keys: str) -> dict[str, object]:
    return {key: thumbnail_request(key) for key in keys}


def finish(qtbot: QtBot, maker: ThumbnailMaker) -> list[str]:
    """Run to the end; the keys in the order they came."""
    came: list[str] = []
    maker.ready.connect(lambda key, _image: came.append(key))
    maker.start()
    qtbot.waitUntil(lambda: not maker.running, timeout=10000)
    qtbot.wait(20)  # what was posted from the other thread
    return came


def test_second_start_reads_the_cache(qtbot: QtBot, tmp_path: Path) -> None:
    made: list[FakeEngine] = []

    def make_engine() -> FakeEngine:
        made.append(FakeEngine())
        return made[-1]

    first = finish(qtbot, ThumbnailMaker(make_engine, tmp_path, requests("bob", "afro")))
    second = finish(qtbot, ThumbnailMaker(make_engine, tmp_path, requests("bob", "afro")))

    assert first == second == ["bob", "afro"]
    assert len(made) == 1
    assert made[0].closed


def test_only_what_is_missing_is_drawn(qtbot: QtBot, tmp_path: Path) -> None:
    engine = FakeEngine()
    finish(qtbot, ThumbnailMaker(FakeEngine, tmp_path, requests("bob", "afro")))
    (tmp_path / "bob.png").write_bytes(b"")

    came = finish(qtbot, ThumbnailMaker(lambda: engine, tmp_path, requests("bob", "afro")))

    assert sorted(came) == ["afro", "bob"]
    assert [request.params.hairstyle for request in engine.drawn] == ["bob"]


def test_cancelled_thumbnails_leave_no_half_written_file(qtbot: QtBot, tmp_path: Path) -> None:
    slow = FakeEngine(seconds=30.0)
    maker = ThumbnailMaker(lambda: slow, tmp_path, requests("bob", "afro"))
    maker.start()
    qtbot.wait(100)
    assert maker.running

    start = time.monotonic()
    assert maker.stop()

    assert time.monotonic() - start < 2
    assert slow.closed
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_maker_goes_on_later(qtbot: QtBot, tmp_path: Path) -> None:
    engines = [FakeEngine(seconds=30.0), FakeEngine()]
    maker = ThumbnailMaker(lambda: engines.pop(0), tmp_path, requests("bob"))
    maker.start()
    qtbot.wait(50)
    maker.stop()

    assert finish(qtbot, maker) == ["bob"]


def test_thumbnails_wait_until_the_head_is_left_alone(qtbot: QtBot, tmp_path: Path) -> None:
    engine = FakeEngine()
    maker = ThumbnailMaker(lambda: engine, tmp_path, requests("bob"))
    maker.hold()
    maker.start()

    qtbot.wait(300)
    assert engine.drawn == []

    qtbot.waitUntil(lambda: len(engine.drawn) == 1, timeout=5000)
    assert not maker.held()
    assert maker.stop()


def test_a_held_picture_is_given_up_and_drawn_again(qtbot: QtBot, tmp_path: Path) -> None:
    engine = FakeEngine(seconds=0.3)
    maker = ThumbnailMaker(lambda: engine, tmp_path, requests("bob"))
    maker.start()
    qtbot.wait(100)

    maker.hold()
    qtbot.wait(400)
    assert engine.drawn == []

    qtbot.waitUntil(lambda: (tmp_path / "bob.png").exists(), timeout=5000)
    assert maker.stop()


def test_an_engine_that_fails_leaves_placeholders(qtbot: QtBot, tmp_path: Path) -> None:
    def no_engine() -> FakeEngine:
        raise ResourceError("There is no model.")

    assert finish(qtbot, ThumbnailMaker(no_engine, tmp_path, requests("bob"))) == []


def test_other_requests_or_versions_get_another_folder(tmp_path: Path) -> None:
    bob, afro = requests("bob"), requests("afro")

    folders = {
        thumbnail_folder(tmp_path, "1", bob),
        thumbnail_folder(tmp_path, "2", bob),
        thumbnail_folder(tmp_path, "1", afro),
        thumbnail_folder(tmp_path, "1", {"bob": afro["afro"]}),
    }

    assert len(folders) == 4
    assert thumbnail_folder(tmp_path, "1", bob) in folders
