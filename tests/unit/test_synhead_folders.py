from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.unit.synhead_stand_ins import PlainShoot, PlainStudio
from training.synhead.folders import FolderDataset
from training.synhead.samples import sample_key, sample_of
from training.synhead.tars import ShardError
from training.synhead.writer import Order, write_dataset


@pytest.fixture
def written(tmp_path: Path) -> Path:
    for _ in write_dataset(Order(tmp_path / "set", 2, 3, seed=4), PlainStudio(3)):
        pass
    return tmp_path / "set"


def test_folders_give_the_samples_that_were_drawn(written: Path) -> None:
    data = FolderDataset(written)

    assert len(data) == 6
    for index in range(6):
        seed, number = 4 + index // 3, index % 3
        shoot = PlainShoot(seed, 3)
        drawn = sample_of(sample_key(seed, number), shoot.record, shoot.view(number), number, index)
        read = data[index]
        assert read.keys() == drawn.keys()
        assert (read["key"], read["caption"]) == (drawn["key"], drawn["caption"])
        for name in ("image", "camera", "expression", "landmarks"):
            assert torch.equal(read[name], drawn[name])
        assert read["labels"].keys() == drawn["labels"].keys()


def test_neighbours_are_lit_differently(written: Path) -> None:
    assert [FolderDataset(written)[n]["set_up"] for n in range(4)] == [0, 1, 0, 1]


def test_unfinished_heads_are_no_samples(written: Path) -> None:
    (written / "head-00009.partial" / "000").mkdir(parents=True)

    assert len(FolderDataset(written)) == 6


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ShardError) as caught:
        FolderDataset(tmp_path)

    assert "synhead" in caught.value.hint


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"seed": "a", "views": []}'])
def test_a_damaged_record_is_reported(written: Path, content: str) -> None:
    (written / "head-00004" / "head.json").write_text(content, "utf-8")

    with pytest.raises(ShardError):
        FolderDataset(written)[0]


def test_a_missing_camera_is_reported(written: Path) -> None:
    path = written / "head-00004" / "head.json"
    record = json.loads(path.read_text("utf-8"))
    del record["views"][1]["camera"]
    path.write_text(json.dumps(record), "utf-8")

    with pytest.raises(ShardError):
        FolderDataset(written)[1]
