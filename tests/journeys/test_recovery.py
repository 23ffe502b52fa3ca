"""Kill the studio in the middle of work; the next start offers the work back."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="places the user's folders with XDG variables"
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user without a history."""
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("DATA", "CONFIG", "CACHE")}
    return os.environ | own | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}


def studio(environment: dict[str, str], act: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.journeys.light_studio", act]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_killed_work_comes_back(environment: dict[str, str]) -> None:
    with studio(environment, "edit") as first:
        assert first.stdout is not None
        note = Path(first.stdout.readline().strip())  # waits for the autosave
        assert note.suffix == ".json"
        assert note.with_suffix(".h360").exists()
        first.send_signal(signal.SIGKILL)
        assert first.wait(PATIENCE_S) == -signal.SIGKILL

    with studio(environment, "restore") as second:
        said, complaints = second.communicate(timeout=PATIENCE_S)

    offer, state = said.splitlines()
    assert re.fullmatch(r".*did not close properly. Restore “maya” from \d\d:\d\d\?", offer)
    assert state == "1.25 True"
    assert second.returncode == 0, complaints
    assert not note.with_suffix(".h360").exists()
    assert list(note.parent.iterdir()) == []  # closed properly this time
