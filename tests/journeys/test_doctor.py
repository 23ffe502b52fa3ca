"""The doctor names what is missing, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from head360 import __main__ as command_line
from head360 import assets
from head360.engine import HeadEngine
from head360.errors import GraphicsError


def test_doctor_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_parts: str) -> Path:
        raise assets.ResourceError("gone")

    def no_engine() -> HeadEngine:
        raise GraphicsError("no OpenGL")

    monkeypatch.setattr("head360.doctor.resource", missing)

    assert command_line.main(["doctor"], no_engine) == 1

    report = capsys.readouterr().out
    bad = [i for i, line in enumerate(report.splitlines()) if line.startswith("✗")]
    assert len(bad) >= 6
    assert all(report.splitlines()[i + 1].strip().startswith("→") for i in bad)
