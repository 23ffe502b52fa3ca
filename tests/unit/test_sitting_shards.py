"""Sittings in tar files: read in place, mixed with loose ones, shared among machines."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.unit.picture_stand_ins import tiny_model, tiny_sitting, write_tiny
from training.__main__ import main
from training.stages import photographer
from training.stages.gallery import Gallery
from training.stages.joint_config import SittingStage
from training.stages.photographer import Share, take_sittings
from training.stages.sittings import (
    Sitting,
    SittingError,
    load_sitting,
    save_shard,
    save_sitting,
    shard_path,
    sitting_path,
    sittings_in,
)
from training.synhead.tars import ShardError, read_tar


@pytest.fixture(scope="module")
def sittings() -> list[Sitting]:
    model = tiny_model(1)
    return [tiny_sitting(model, number, worn=number != 1) for number in range(3)]


class StandIn:
    """Takes the same sitting again and again, with its number in the skin's code."""

    def __init__(self, *_: object) -> None:
        self._sitting = tiny_sitting(tiny_model(1), 0, worn=False)

    def take(self, number: int) -> Sitting:
        params = self._sitting.params
        code = np.full_like(params.texture, number / 10)
        return Sitting(params.with_(texture=code), self._sitting.vertices, None, ())

    def release(self) -> None:
        pass


def test_sittings_come_back_from_a_shard(sittings: list[Sitting], tmp_path: Path) -> None:
    save_shard(shard_path(tmp_path, 0), enumerate(sittings[:2]))
    save_sitting(sitting_path(tmp_path, 2), sittings[2])

    found = [load_sitting(stored) for stored in sittings_in(tmp_path)]

    assert len(found) == 3
    for made, read in zip(sittings, found, strict=True):
        assert read.params.hairstyle == made.params.hairstyle
        np.testing.assert_array_equal(read.params.texture, made.params.texture)
        for one, other in zip(made.photos, read.photos, strict=True):
            assert one.camera == other.camera
            for layer, picture in one.layers.items():
                assert torch.equal(picture, other.layers[layer])


def test_shards_are_plain_tar_files_of_sittings(sittings: list[Sitting], tmp_path: Path) -> None:
    path = shard_path(tmp_path, 0)
    save_shard(path, enumerate(sittings[:2]))
    save_sitting(sitting_path(tmp_path / "loose", 1), sittings[1])
    loose = sitting_path(tmp_path / "loose", 1).read_bytes()

    with tarfile.open(path) as tar:
        names = tar.getnames()

    assert names == ["sitting-000000.safetensors", "sitting-000001.safetensors"]
    samples = list(read_tar(path))
    assert [sample.key for sample in samples] == ["sitting-000000", "sitting-000001"]
    assert samples[1].members["safetensors"] == loose


def test_a_gallery_shows_what_is_in_shards(sittings: list[Sitting], tmp_path: Path) -> None:
    save_shard(shard_path(tmp_path, 0), enumerate(sittings))
    gallery = Gallery(tmp_path, 4, 1, lambda sitting: sitting, worn_only=True)  # type: ignore[arg-type,return-value]

    names = [stored.name for stored in gallery.window(0)]

    assert names == ["sitting-000000.safetensors", "sitting-000002.safetensors"]


@pytest.mark.parametrize("kept", [700, -4096])
def test_a_shard_that_is_cut_off_is_refused(
    kept: int, sittings: list[Sitting], tmp_path: Path
) -> None:
    path = shard_path(tmp_path, 0)
    save_shard(path, enumerate(sittings))
    content = path.read_bytes().rstrip(b"\0")
    path.write_bytes(content[:kept])

    with pytest.raises(ShardError, match="cut off"):
        sittings_in(tmp_path)


def test_a_damaged_sitting_in_a_shard_is_named(sittings: list[Sitting], tmp_path: Path) -> None:
    path = shard_path(tmp_path, 0)
    save_shard(path, enumerate(sittings))
    content = bytearray(path.read_bytes())
    content[sittings_in(tmp_path)[1].offset + 8] ^= 0xFF
    path.write_bytes(content)

    stored = sittings_in(tmp_path)[1]

    with pytest.raises(SittingError, match="sitting-000001"):
        load_sitting(stored)


def test_machines_share_the_work_shard_by_shard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(photographer, "Photographer", StandIn)
    stage = SittingStage(sittings=7, shard=2)
    machines = [Share(part, 2).divided(maker, 2) for part in range(2) for maker in range(2)]

    made = [list(take_sittings(tmp_path, tmp_path, stage, [], share)) for share in machines]
    again = [list(take_sittings(tmp_path, tmp_path, stage, [], share)) for share in machines]

    assert made == [[0, 1], [4, 5], [2, 3], [6]]
    assert not any(again)
    codes = [load_sitting(stored).params.texture[0] for stored in sittings_in(tmp_path)]
    np.testing.assert_allclose(codes, np.arange(7) / 10, atol=1e-6)


def test_training_from_shards_is_training_from_files(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    loose = sittings_in(tmp_path / "sittings")
    numbered = enumerate(load_sitting(stored) for stored in loose)
    save_shard(shard_path(tmp_path / "shards", 0), numbered)

    for folder in ("sittings", "shards"):
        told = ["--sittings", str(tmp_path / folder), "--from", str(tmp_path / "start")]
        config = ["--config", str(tmp_path / "tiny.toml"), "--device", "cpu"]
        out = ["--out", str(tmp_path / f"out-{folder}")]
        assert main(["train", "joint", *told, *config, *out]) == 0

    one, other = (
        load_file(tmp_path / f"out-{folder}" / "fields.safetensors")
        for folder in ("sittings", "shards")
    )
    assert one.keys() == other.keys()
    assert all(torch.equal(values, other[name]) for name, values in one.items())
