"""`head360 fit` says before the work where it cannot write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from tests.journeys.photographer import Photographer, run


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Photographer:
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    Image.new("RGB", (90, 60), "grey").save("photos/a.png")
    Path("file").touch()
    return Photographer()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("photos -o file", "“file” is no folder"),
        ("photos -o file/heads", "cannot be made"),
        ("photos --report nowhere/all.csv", "“nowhere” does not exist"),
        ("photos/a.png --report nowhere/a.json", "“nowhere” does not exist"),
        ("photos/a.png -o nowhere/a.h360", "“nowhere” does not exist"),
        ("photos/a.png -o file/a.h360", "“file” is no folder"),
    ],
)
def test_nothing_is_fitted_that_could_not_be_written(
    maker: Photographer, words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(maker, words) == 1

    assert message in capsys.readouterr().err
    assert not maker.asked


@pytest.mark.parametrize("words", ["photos", "photos/a.png -o photos/a.h360"])
def test_a_folder_that_takes_no_files_is_noticed(
    maker: Photographer,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root, who may run this, may do all

    assert run(maker, words) == 1

    assert "Nothing can be written" in capsys.readouterr().err
    assert not maker.asked


def test_a_folder_is_made_for_heads(maker: Photographer) -> None:
    run(maker, "photos -o new/heads")

    assert [path.name for path in Path("new/heads").iterdir()] == ["fit.csv"]
    assert len(maker.asked) == 1
