from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from training.device import DeviceError, chosen_device, mixed_precision
from training.stages.journal import Journal


def lines(folder: Path) -> list[str]:
    return (folder / "losses.csv").read_text("utf-8").splitlines()


def test_a_journal_keeps_losses_and_draws_them(tmp_path: Path) -> None:
    with Journal(tmp_path / "run") as journal:
        for step in range(600):
            journal.losses(step, {"head": 100 * 0.99**step, "hair/bob": 1.0})

    assert lines(tmp_path / "run")[:2] == ["step,name,value", "0,head,100"]
    picture = np.asarray(Image.open(tmp_path / "run" / "curves.png"))
    assert picture.shape == (320, 1040, 3)
    assert len(np.unique(picture[:, :520].reshape(-1, 3), axis=0)) > 10


def test_a_killed_run_goes_on_in_its_journal_where_its_checkpoint_was(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for step in range(1, 6):
        journal.loss(step, head=float(step), hair=0.5)
    journal.close()
    with (tmp_path / "losses.csv").open("a") as file:
        file.write("6,he")  # killed in the middle of a line

    resumed = Journal(tmp_path)
    resumed.rewind(3, ["head"])
    resumed.loss(4, head=7.0)
    resumed.close()

    assert [line for line in lines(tmp_path) if "head" in line] == [
        "1,head,1", "2,head,2", "3,head,3", "4,head,7",
    ]  # fmt: skip
    assert sum("hair" in line for line in lines(tmp_path)) == 5


def test_losses_are_on_disk_before_the_journal_is_closed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)

    journal.loss(1, head=0.25)

    assert lines(tmp_path)[-1] == "1,head,0.25"
    journal.close()


def test_a_sheet_lays_pictures_out_in_rows(tmp_path: Path) -> None:
    images = [np.full((4, 6, 3), share, np.float32) for share in (0.0, 0.5, 1.0)]

    with Journal(tmp_path) as journal:
        path = journal.sheet(12, images, columns=2)

    shown = np.asarray(Image.open(path))
    assert path.name == "sheet-000012.png"
    assert shown.shape == (8, 12, 3)
    assert shown[0, 6, 0] == 128
    assert shown[4, 0, 0] == 255
    assert not shown[4:, 6:].any()


def test_a_journal_without_entries_is_an_empty_sheet(tmp_path: Path) -> None:
    Journal(tmp_path).close()

    assert (np.asarray(Image.open(tmp_path / "curves.png")) == 255).all()


def test_a_loss_that_is_not_finite_does_not_spoil_the_curves(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.loss(1, head=float("nan"))
        journal.loss(2, head=1.0)

    assert (tmp_path / "curves.png").stat().st_size > 0


def test_the_processor_can_always_be_chosen() -> None:
    assert chosen_device("cpu") == torch.device("cpu")
    with mixed_precision(torch.device("cpu"), wanted=True):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_a_missing_graphics_card_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    assert chosen_device("auto").type == "cpu"
    with pytest.raises(DeviceError) as caught:
        chosen_device("cuda")

    assert "auto" in caught.value.hint
