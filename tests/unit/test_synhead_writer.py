from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from training.synhead.writer import (
    DataSetError,
    Order,
    View,
    head_folder,
    write_dataset,
)


class FakeShoot:
    def __init__(self, seed: int) -> None:
        self._seed = seed

    @property
    def record(self) -> Mapping[str, Any]:
        return {"seed": self._seed}

    def view(self, number: int) -> View:
        picture = np.full((8, 8, 4), 10 * self._seed + number, np.uint8)
        labels = {"depth": np.full((8, 8), 11800, np.uint16)}
        return View({"camera": {"yaw_degrees": number}}, {"image-0": picture}, labels)


class FakeStudio:
    def __init__(self) -> None:
        self.opened: list[int] = []

    def open(self, seed: int) -> FakeShoot:
        self.opened.append(seed)
        return FakeShoot(seed)


def finish(order: Order, studio: FakeStudio):
    steps = write_dataset(order, studio)
    shown = []
    while True:
        try:
            shown.append(next(steps))
        except StopIteration as done:
            return done.value, shown


def test_writes_pictures_labels_and_a_record(tmp_path: Path) -> None:
    written, shown = finish(Order(tmp_path / "set", 2, 3, seed=5), FakeStudio())

    folder = head_folder(tmp_path / "set", 6)
    record = json.loads((folder / "head.json").read_text("utf-8"))
    with np.load(folder / "002" / "labels.npz", allow_pickle=False) as labels:
        assert labels["depth"].dtype == np.uint16
    assert np.asarray(Image.open(folder / "002" / "image-0.png"))[0, 0, 0] == 62
    assert record["seed"] == 6
    assert [view["camera"]["yaw_degrees"] for view in record["views"]] == [0, 1, 2]
    assert (written.made, written.kept) == (2, 0)
    assert [step.done for step in shown] == [0, 1, 2, 3, 4, 5, 6]
    assert shown[-1].total == 6


def test_finished_heads_are_not_made_again(tmp_path: Path) -> None:
    finish(Order(tmp_path, 2, 2), FakeStudio())
    studio = FakeStudio()

    written, _ = finish(Order(tmp_path, 3, 2), studio)

    assert studio.opened == [2]
    assert (written.made, written.kept) == (1, 2)


def test_stopping_leaves_finished_heads_only(tmp_path: Path) -> None:
    steps = write_dataset(Order(tmp_path, 3, 2), FakeStudio())
    for _ in range(4):  # the first head, and one view of the second
        next(steps)

    steps.close()

    assert sorted(p.name for p in tmp_path.iterdir()) == ["dataset.json", "head-00000"]


def test_an_interrupt_inside_a_picture_leaves_nothing_half_written(tmp_path: Path) -> None:
    class Interrupted(FakeShoot):
        def view(self, number: int) -> View:
            if number == 1:
                raise KeyboardInterrupt
            return super().view(number)

    class Studio(FakeStudio):
        def open(self, seed: int) -> FakeShoot:
            return Interrupted(seed)

    with pytest.raises(KeyboardInterrupt):
        finish(Order(tmp_path, 1, 3), Studio())

    assert [p.name for p in tmp_path.iterdir()] == ["dataset.json"]


def test_a_head_left_by_a_power_cut_is_made_again(tmp_path: Path) -> None:
    leftover = tmp_path / "head-00000.partial" / "000"
    leftover.mkdir(parents=True)
    (leftover / "image-0.png").write_bytes(b"half a picture")

    finish(Order(tmp_path, 1, 2), FakeStudio())

    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["dataset.json", "head-00000", "sheet.png"]
    assert len(list(head_folder(tmp_path, 0).glob("*/image-0.png"))) == 2


def test_another_data_set_is_left_alone(tmp_path: Path) -> None:
    finish(Order(tmp_path, 1, 2, options={"size": 256}), FakeStudio())

    with pytest.raises(DataSetError) as caught:
        finish(Order(tmp_path, 1, 2, options={"size": 512}), FakeStudio())

    assert "size" in str(caught.value)


def test_a_damaged_description_is_reported(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text("{", "utf-8")

    with pytest.raises(DataSetError):
        finish(Order(tmp_path, 1, 1), FakeStudio())


def test_a_file_in_the_way_is_reported(tmp_path: Path) -> None:
    (tmp_path / "set").write_text("not a folder", "utf-8")

    with pytest.raises(DataSetError):
        finish(Order(tmp_path / "set", 1, 1), FakeStudio())


def test_the_contact_sheet_shows_every_head(tmp_path: Path) -> None:
    finish(Order(tmp_path, 2, 3), FakeStudio())

    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (2 * 160, 6 * 160, 3)
    assert sheet[0, 0, 0] != sheet[-1, -1, 0]
