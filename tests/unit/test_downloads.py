"""Assets are fetched from a small local server, and from a wheel in a local folder."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from head360 import downloads, fetching
from head360.__main__ import main
from head360.downloads import Asset, Source, asset, asset_path, assets, cache_folder, is_here
from head360.engine import finished
from head360.errors import AssetError, UnknownNameError
from head360.fetching import fetch

CONTENT = bytes(range(256)) * 1000


class _Files(BaseHTTPRequestHandler):
    """Serves CONTENT at /file with ranges, a page at /login, nothing elsewhere."""

    asked: list[str | None]

    def do_GET(self) -> None:
        type(self).asked.append(self.headers.get("Range"))
        body, status = CONTENT, 200
        if self.path == "/login":
            body = b"<html>Please log in</html>"
        elif self.path != "/file":
            self.send_error(404)
            return
        elif wanted := self.headers.get("Range"):
            body, status = CONTENT[int(wanted.removeprefix("bytes=").rstrip("-")) :], 206
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    _Files.asked = []
    with HTTPServer(("127.0.0.1", 0), _Files) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asset:
    """An asset without sources, in a cache of its own; `_offer` gives it some."""
    monkeypatch.setenv(downloads.CACHE_VARIABLE, str(tmp_path / "cache"))
    digest = hashlib.sha256(CONTENT).hexdigest()
    return Asset(
        "thing", "Thing", "does things", "thing.bin", len(CONTENT), digest, "1", "CC0-1.0", "", ()
    )


def _offer(monkeypatch: pytest.MonkeyPatch, entry: Asset, *sources: Source) -> Asset:
    offered = replace(entry, sources=sources)
    monkeypatch.setattr(downloads, "assets", lambda: (offered,))
    return offered


def _fetched(name: str = "thing") -> Path:
    return finished(fetch(name))


def test_the_shipped_list_can_be_read() -> None:
    names = [known.id for known in assets()]

    assert "face_landmarker" in names
    assert all(known.sources and known.licence for known in assets())


def test_a_misspelt_asset_is_guessed() -> None:
    with pytest.raises(UnknownNameError) as caught:
        asset("face_landmark")

    assert "face_landmarker" in caught.value.hint


def test_a_download_arrives_verified(
    server: str, entry: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = _offer(monkeypatch, entry, Source(url=f"{server}/file"))

    path = _fetched()

    assert path == offered.path
    assert path.read_bytes() == CONTENT
    assert is_here(offered)
    assert [p.name for p in path.parent.iterdir()] == ["thing.bin"]


def test_an_interrupted_download_goes_on(
    server: str, entry: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = _offer(monkeypatch, entry, Source(url=f"{server}/file"))
    offered.path.parent.mkdir(parents=True)
    offered.path.with_name("thing.bin.partial").write_bytes(CONTENT[:100_000])

    path = _fetched()

    assert path.read_bytes() == CONTENT
    assert _Files.asked == ["bytes=100000-"]


def test_the_next_source_is_tried(
    server: str, entry: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    _offer(monkeypatch, entry, Source(url=f"{server}/no"), Source(url=f"{server}/file"))

    assert _fetched().read_bytes() == CONTENT


def test_a_log_in_page_is_not_taken_for_the_file(
    server: str, entry: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = _offer(monkeypatch, entry, Source(url=f"{server}/login"))

    with pytest.raises(AssetError, match="something else"):
        _fetched()

    assert not is_here(offered)
    assert list(offered.path.parent.iterdir()) == []


def test_what_has_another_checksum_is_refused(
    server: str, entry: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered = replace(entry, sha256="0" * 64)
    offered = _offer(monkeypatch, altered, Source(url=f"{server}/file"))

    with pytest.raises(AssetError, match="checksum"):
        _fetched()

    assert list(offered.path.parent.iterdir()) == []


def test_without_network_the_error_says_what_was_tried(
    entry: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    _offer(monkeypatch, entry, Source(url="http://127.0.0.1:9/file"))

    with pytest.raises(AssetError) as caught:
        _fetched()

    assert "cannot be reached" in str(caught.value)
    assert str(cache_folder()) in caught.value.hint


def test_a_wheel_gives_its_member(
    tmp_path: Path, entry: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "thing_pack-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("thing_pack/thing.bin", CONTENT)
        archive.writestr("thing_pack-1.0.dist-info/METADATA", "Name: thing-pack\nVersion: 1.0\n")
        archive.writestr("thing_pack-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    source = Source(wheel="thing-pack==1.0", python="3.12", member="thing_pack/thing.bin")
    _offer(monkeypatch, entry, source)

    assert _fetched().read_bytes() == CONTENT


def test_cancelling_leaves_no_process(
    tmp_path: Path, entry: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    class Popen(fetching.subprocess.Popen):  # type: ignore[type-arg,name-defined,misc]
        def __init__(self, words: list[str], **options: object) -> None:
            super().__init__([*words[:1], "-c", "import time; time.sleep(60)"], **options)
            started.append(self)

    monkeypatch.setattr(fetching.subprocess, "Popen", Popen)
    offered = _offer(monkeypatch, entry, Source(wheel="thing", python="3.12", member="x"))

    task = fetch("thing")
    next(task)
    task.close()

    assert started[0].returncode is not None
    assert not is_here(offered)


def test_a_missing_asset_says_how_to_get_it(entry: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, entry)

    with pytest.raises(AssetError) as caught:
        asset_path("thing")

    assert "head360 assets fetch thing" in caught.value.hint


def test_the_command_lists_and_finds(
    server: str, entry: Asset, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    offered = _offer(monkeypatch, entry, Source(url=f"{server}/file"))
    monkeypatch.setattr("head360.cli.assets.assets", downloads.assets)

    codes = [
        main(["assets", "list"]),
        main(["assets", "path", "thing"]),
        main(["assets", "fetch", "-q"]),
        main(["assets", "path", "thing"]),
    ]

    assert codes == [0, 1, 0, 0]
    out = capsys.readouterr().out
    assert "not fetched" in out
    assert str(offered.path) in out
