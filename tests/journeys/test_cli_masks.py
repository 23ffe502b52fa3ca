"""`head360 fit` with masks, from the words typed to what the fit is asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from head360.marks import HAIR, LEFT_OUT, NOT_HAIR
from tests.journeys.photographer import Photographer, run


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Photographer:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (90, 60), "grey").save("photo.png")
    mask = np.full((60, 90), 128, np.uint8)
    mask[:, :30], mask[:, 60:] = 0, 255
    Image.fromarray(mask).save("mask.png")
    Image.new("L", (30, 20)).resize((45, 40)).save("small.png")
    return Photographer()


def test_masks_are_marks_on_the_photo(maker: Photographer) -> None:
    assert run(maker, "photo.png --leave-out mask.png --hair-mask mask.png") == 1

    marks = maker.asked[0].marks
    assert marks is not None
    assert marks[0, ::30].tolist() == [NOT_HAIR, 0, LEFT_OUT | HAIR]


def test_without_masks_there_are_no_marks(maker: Photographer) -> None:
    run(maker, "photo.png")

    assert maker.asked[0].marks is None


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("photo.png --hair-mask small.png", 1, "is 45 × 40 pixels, the photo 90 × 60"),
        ("photo.png --leave-out none.png", 1, "cannot be opened"),
        (". --leave-out mask.png", 2, "not to a folder"),
    ],
)
def test_masks_that_will_not_do_are_explained(
    maker: Photographer,
    capsys: pytest.CaptureFixture[str],
    words: str,
    code: int,
    message: str,
) -> None:
    assert run(maker, words) == code

    assert message in capsys.readouterr().err
    assert not maker.asked
