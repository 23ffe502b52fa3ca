"""Whole runs of the joint stage in processes of their own: alone, killed, and shared by two."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.picture_stand_ins import write_tiny

_PATIENCE_S = 120


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    write_tiny(folder, sittings=2)
    return folder


@pytest.fixture(scope="module")
def alone(tiny: Path) -> Path:
    process = start(tiny, "alone")
    assert process.wait(_PATIENCE_S) == 0
    return tiny / "alone"


def start(folder: Path, out: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "training", "-q", "train", "joint", "--device", "cpu",
        "--from", str(folder / "start"), "--sittings", str(folder / "sittings"),
        "--config", str(folder / "tiny.toml"), "--out", str(folder / out),
    ]  # fmt: skip
    root = Path(__file__).parents[2]
    limits = {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    return subprocess.Popen(command, cwd=root, env={**os.environ, **limits, **environment})


def losses(out: Path) -> dict[tuple[str, str], float]:
    rows = (out / "losses.csv").read_text("utf-8").splitlines()[1:]
    return {(step, name): float(value) for step, name, value in (row.split(",") for row in rows)}


def test_a_run_leaves_what_export_takes(alone: Path) -> None:
    names = {path.name for path in alone.iterdir()}

    wanted = {"fields.safetensors", "texture.safetensors", "hair-0.safetensors", "results.json"}
    assert wanted | {"curves.png", "sheet-000006.png"} <= names
    assert len([step for step, name in losses(alone) if name == "picture"]) == 6


def test_a_killed_run_goes_on_with_the_same_losses(tiny: Path, alone: Path) -> None:
    process = start(tiny, "killed")
    checkpoint = tiny / "killed" / "checkpoint" / "run.safetensors"
    end = time.monotonic() + _PATIENCE_S
    while not checkpoint.exists() and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tiny / "killed" / "results.json").exists()

    assert start(tiny, "killed").wait(_PATIENCE_S) == 0

    # Sums over threads round differently; PSNR of pictures that are nearly the same shows it.
    assert losses(tiny / "killed") == pytest.approx(losses(alone), rel=5e-3, abs=1e-6)


def test_two_processes_train_as_one_with_the_whole_batch(tiny: Path, alone: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}

    processes = [start(tiny, "shared", RANK=rank, **shared) for rank in ("0", "1")]
    codes = [process.wait(_PATIENCE_S) for process in processes]

    assert codes == [0, 0]
    assert losses(tiny / "shared") == pytest.approx(losses(alone), rel=2e-3, abs=1e-6)
