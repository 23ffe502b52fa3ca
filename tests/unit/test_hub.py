"""A model is fetched from a small local hub: what is needed, verified, gone on with, cancelled."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from head360.errors import AssetError
from head360.hub import fetch_model

WEIGHTS = bytes(range(256)) * 3000
FILES = {
    "model_index.json": b"{}",
    "unet/config.json": b'{"a": 1}',
    "unet/diffusion_pytorch_model.safetensors": WEIGHTS,
    "unet/diffusion_pytorch_model.fp16.safetensors": WEIGHTS,
    "unet/diffusion_pytorch_model.bin": WEIGHTS,
    "tokenizer/merges.txt": b"a b",
    "instruct-pix2pix-00-22000.safetensors": WEIGHTS,
    "README.md": b"words",
}
NEEDED = {
    "model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors",
    "tokenizer/merges.txt",
}  # fmt: skip


class _Hub(BaseHTTPRequestHandler):
    """Lists and serves FILES as `me/model`."""

    asked: list[tuple[str, str | None]]
    spoiled: set[str]
    listed: Any

    def do_GET(self) -> None:
        kind = type(self)
        path, wanted = self.path, self.headers.get("Range")
        kind.asked.append((path, wanted))
        if path.startswith("/api/models/me/model"):
            body = json.dumps({"siblings": kind.listed}).encode()
        elif path.startswith("/me/model/resolve/main/"):
            name = path.removeprefix("/me/model/resolve/main/")
            body = FILES[name]
            if name in kind.spoiled:
                body = bytes(len(body))
        else:
            self.send_error(404)
            return
        status = 200
        if wanted:
            body, status = body[int(wanted.removeprefix("bytes=").rstrip("-")) :], 206
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def listing() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, content in FILES.items():
        entry: dict[str, Any] = {"rfilename": name, "size": len(content)}
        if content is WEIGHTS:
            entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        found.append(entry)
    return found


@pytest.fixture
def hub() -> Iterator[str]:
    _Hub.asked, _Hub.spoiled, _Hub.listed = [], set(), listing()
    with HTTPServer(("127.0.0.1", 0), _Hub) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


def files_in(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_what_a_pipeline_reads_is_fetched_and_the_index_last(hub: str, tmp_path: Path) -> None:
    steps = list(fetch_model("me/model", tmp_path, hub))

    assert files_in(tmp_path) == NEEDED
    assert (tmp_path / "unet/diffusion_pytorch_model.safetensors").read_bytes() == WEIGHTS
    total = sum(len(FILES[name]) for name in NEEDED)
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (0, total, total)
    assert [a.done for a in steps] == sorted(a.done for a in steps)
    assert _Hub.asked[-1][0].endswith("model_index.json")
    before = len(_Hub.asked)
    list(fetch_model("me/model", tmp_path, hub))
    assert len(_Hub.asked) == before + 1  # the list alone


def test_a_cancelled_download_goes_on(hub: str, tmp_path: Path) -> None:
    steps = fetch_model("me/model", tmp_path, hub)
    next(steps)
    steps.close()
    weights = tmp_path / "unet/diffusion_pytorch_model.safetensors"
    weights.parent.mkdir(parents=True, exist_ok=True)
    from head360.files import partial_name

    partial_name(weights).write_bytes(WEIGHTS[:5000])
    list(fetch_model("me/model", tmp_path, hub))
    assert weights.read_bytes() == WEIGHTS
    assert any(wanted == "bytes=5000-" for _, wanted in _Hub.asked)


def test_what_is_spoiled_is_thrown_away_and_no_index_comes(hub: str, tmp_path: Path) -> None:
    _Hub.spoiled = {"unet/diffusion_pytorch_model.safetensors"}
    with pytest.raises(AssetError, match="checksum") as error:
        list(fetch_model("me/model", tmp_path, hub))
    assert "again" in error.value.hint
    assert not (tmp_path / "model_index.json").exists()
    assert not any("diffusion" in name for name in files_in(tmp_path))


@pytest.mark.parametrize(
    "listed",
    [
        [],
        3,
        [{"rfilename": "unet/config.json", "size": 3}],
        [{"rfilename": "model_index.json"}],
        [{"rfilename": "model_index.json", "size": "much"}],
    ],
)
def test_nonsense_is_refused(hub: str, tmp_path: Path, listed: Any) -> None:
    _Hub.listed = listed
    with pytest.raises(AssetError):
        list(fetch_model("me/model", tmp_path, hub))
    assert not files_in(tmp_path)


@pytest.mark.parametrize("name", ["../evil.json", "..\\evil.json", "/etc/x.json", "a/../b.json"])
def test_nothing_is_written_outside_of_the_folder(hub: str, tmp_path: Path, name: str) -> None:
    _Hub.listed = [*listing(), {"rfilename": name, "size": 3}]
    list(fetch_model("me/model", tmp_path / "in", hub))
    assert files_in(tmp_path) == {f"in/{needed}" for needed in NEEDED}


def test_who_cannot_be_reached_is_named(tmp_path: Path, hub: str) -> None:
    with pytest.raises(AssetError, match="no “you/model”"):
        list(fetch_model("you/model", tmp_path, hub))
    with pytest.raises(AssetError, match="cannot be reached"):
        list(fetch_model("me/model", tmp_path, "http://127.0.0.1:9"))
