from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from head360.params import EXPRESSIONS
from tests.unit.synhead_stand_ins import PlainShoot, PlainStudio
from training.__main__ import main
from training.synhead.captions import picture_captions
from training.synhead.samples import collate, pack, sample_key, sample_of, unpack
from training.synhead.shards import (
    PartError,
    ShardOrder,
    finished,
    parse_part,
    read_index,
    read_shard,
    sha256_of,
    write_shards,
)
from training.synhead.tars import ShardError, read_tar
from training.synhead.writer import DataSetError


def finish(order: ShardOrder, studio: PlainStudio | None = None):
    steps = write_shards(order, studio or PlainStudio(order.views))
    shown = []
    while True:
        try:
            shown.append(next(steps))
        except StopIteration as done:
            return done.value, shown


def keys(folder: Path) -> list[str]:
    return [s.key for entry in read_index(folder) for s in read_shard(folder, entry, check=True)]


def test_a_sample_survives_files_unchanged() -> None:
    shoot = PlainShoot(7, 6)
    view = shoot.view(4)

    read = unpack(pack("00007-004", shoot.record, view, 4), set_up=1)

    direct = sample_of("00007-004", shoot.record, view, 4, set_up=1)
    assert read.keys() == direct.keys()
    assert read["identity"] == 7
    assert torch.equal(read["image"], torch.from_numpy(view.pictures["image-1"]).permute(2, 0, 1))
    assert read["pictures"]["class"].shape == (1, 8, 8)
    assert torch.allclose(read["labels"]["depth"], torch.tensor(1.18))
    assert torch.allclose(read["labels"]["normal"], torch.tensor(-1.0))
    assert torch.equal(read["landmarks"], torch.full((68, 3), 0.04))
    for name in ("image", "camera", "expression", "landmarks"):
        assert torch.equal(read[name], direct[name])
    assert read["caption"] == picture_captions(shoot.record, view.record, 4)[1].text
    assert read["spans"] == direct["spans"]


def test_expressions_are_in_the_order_of_the_code() -> None:
    view = PlainShoot(7, 6).view(4)
    sample = sample_of("a-1", PlainShoot(7, 6).record, view, 4)

    assert view.record["expression"]
    for name, weight in view.record["expression"].items():
        assert sample["expression"][EXPRESSIONS.index(name)] == pytest.approx(weight)


def test_unknown_labels_and_pictures_flow_through() -> None:
    shoot, view = PlainShoot(1, 6), PlainShoot(1, 6).view(0)
    view.pictures["brows"] = np.zeros((8, 8), np.uint8)  # type: ignore[index]
    view.labels["landmarks478"] = np.ones((478, 2), np.float32)  # type: ignore[index]
    view.labels["part"] = np.full((8, 8), 40_000, np.uint16)  # type: ignore[index]

    sample = unpack(pack("00001-000", shoot.record, view, 0))

    assert sample["pictures"]["brows"].shape == (1, 8, 8)
    assert sample["labels"]["landmarks478"].shape == (478, 2)
    assert sample["labels"]["part"].max() == 40_000


def test_batches_stack_what_can_be_stacked() -> None:
    shoot = PlainShoot(1, 6)
    samples = [sample_of(sample_key(1, n), shoot.record, shoot.view(n), n) for n in range(3)]
    del samples[1]["mesh" if "mesh" in samples[1] else "landmarks"]

    batch = collate(samples)

    assert batch["image"].shape == (3, 4, 8, 8)
    assert batch["labels"]["depth"].shape == (3, 8, 8)
    assert batch["identity"].tolist() == [1, 1, 1]
    assert [len(spans) for spans in batch["spans"]]
    assert "landmarks" not in batch


def test_shards_hold_every_view_once_in_order(tmp_path: Path) -> None:
    written, shown = finish(ShardOrder(tmp_path, 3, 6, seed=5, size=4))

    assert keys(tmp_path) == [sample_key(5 + n // 6, n % 6) for n in range(18)]
    assert [entry.samples for entry in read_index(tmp_path)] == [4, 4, 4, 4, 2]
    assert (written.made, written.kept) == (5, 0)
    assert [step.done for step in shown] == list(range(19))


def test_each_person_is_opened_once(tmp_path: Path) -> None:
    studio = PlainStudio(6)

    finish(ShardOrder(tmp_path, 3, 6, size=4), studio)

    assert studio.opened == [0, 1, 2]


def test_parts_are_what_one_machine_would_have_made(tmp_path: Path) -> None:
    finish(ShardOrder(tmp_path / "one", 5, 6, size=4))
    for which in (3, 1, 2):
        finish(ShardOrder(tmp_path / "many", 5, 6, size=4, part=(which, 3)))

    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "many" / path.name).read_bytes()


def test_more_parts_than_shards_leave_some_with_nothing(tmp_path: Path) -> None:
    parts = [ShardOrder(tmp_path, 1, 6, size=4, part=(k, 16)).shards for k in range(1, 17)]

    assert [shard for part in parts for shard in part] == [0, 1]


def test_finished_shards_are_kept(tmp_path: Path) -> None:
    order = ShardOrder(tmp_path, 2, 6, size=4)
    finish(order)
    (tmp_path / "shard-000001.json").unlink()
    with (tmp_path / "shard-000002.tar").open("ab") as file:
        file.write(b"more")

    written, _ = finish(order)

    assert (written.made, written.kept) == (2, 1)
    assert len(keys(tmp_path)) == 12


def test_stopping_leaves_whole_shards_only(tmp_path: Path) -> None:
    order = ShardOrder(tmp_path, 2, 6, size=4)
    steps = write_shards(order, PlainStudio(6))
    for _ in range(7):
        next(steps)

    steps.close()

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["dataset.json", "shard-000000.json", "shard-000000.tar"]
    assert finished(tmp_path, 0)


def test_other_options_do_not_mix(tmp_path: Path) -> None:
    finish(ShardOrder(tmp_path, 2, 6, size=4, options={"size": 64}))

    with pytest.raises(DataSetError, match="size"):
        finish(ShardOrder(tmp_path, 2, 6, size=4, options={"size": 128}))


def test_standard_tools_read_the_shards(tmp_path: Path) -> None:
    finish(ShardOrder(tmp_path, 1, 6, size=6))

    with tarfile.open(tmp_path / "shard-000000.tar") as tar:
        names = tar.getnames()
        assert {name.split(".")[0] for name in names} == {sample_key(0, n) for n in range(6)}
        assert {"00000-000.image-0.png", "00000-000.json", "00000-000.labels.npz"} <= set(names)
        assert all(member.mtime == 0 and member.uid == 0 for member in tar)


def test_a_changed_shard_is_noticed(tmp_path: Path) -> None:
    finish(ShardOrder(tmp_path, 1, 6, size=6))
    path = tmp_path / "shard-000000.tar"
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)

    with pytest.raises(ShardError, match="index"):
        list(read_shard(tmp_path, read_index(tmp_path)[0], check=True))


def test_a_cut_shard_gives_its_whole_samples_and_then_says_so(tmp_path: Path) -> None:
    finish(ShardOrder(tmp_path, 1, 6, size=6))
    path = tmp_path / "shard-000000.tar"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    found = []
    with pytest.raises(ShardError, match="cut off"):  # noqa: PT012 (what came before counts)
        for sample in read_tar(path):
            found.append(sample.key)

    assert found == [sample_key(0, n) for n in range(len(found))]
    assert 1 <= len(found) < 6


@pytest.mark.parametrize("name", ["../shard-000000.tar", "/etc/passwd", "shard-1.tar", 5, None])
def test_an_index_leads_nowhere_else(tmp_path: Path, name: object) -> None:
    entry = {"name": name, "sha256": "0" * 64, "samples": 1, "bytes": 1}
    content = {"format": "head360-shards", "version": 1, "shards": [entry]}
    (tmp_path / "index.json").write_text(json.dumps(content), "utf-8")

    with pytest.raises(ShardError):
        read_index(tmp_path)


def test_no_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ShardError) as caught:
        read_index(tmp_path)

    assert "again" in caught.value.hint
    assert sha256_of(tmp_path / "none") == ""


def test_parts_are_read_from_words() -> None:
    assert parse_part("3/16") == (3, 16)


@pytest.mark.parametrize("text", ["0/4", "5/4", "3", "a/b", "1/0", "-1/3"])
def test_impossible_parts_are_misuse(text: str, tmp_path: Path, capsys) -> None:
    for name in ("ict_head.npz", "env.npz"):
        (tmp_path / name).touch()
    with pytest.raises(PartError):
        parse_part(text)
    command = ["synhead", "--source", str(tmp_path), "--shards", str(tmp_path / "s")]

    assert main([*command, f"--part={text}"]) == 1
    assert "part" in capsys.readouterr().err
