"""Whatever bytes a shard holds, reading it gives samples or a `ShardError`, in bounded memory."""

from __future__ import annotations

import io
import tarfile
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.synhead_stand_ins import PlainShoot
from training.synhead.samples import pack, sample_key, unpack
from training.synhead.tars import Limits, PackedSample, ShardError, read_tar, writing_tar

quick = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("fuzz") / "good.tar"
    shoot = PlainShoot(3, 6)
    with writing_tar(path) as add:
        for number in range(2):
            add(pack(sample_key(3, number), shoot.record, shoot.view(number), number))
    return path.read_bytes()


def try_to_read(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with suppress(ShardError):
        for packed in read_tar(path):
            unpack(packed)


@quick
@given(content=st.binary(max_size=2000))
def test_arbitrary_bytes(tmp_path: Path, content: bytes) -> None:
    try_to_read(tmp_path / "a.tar", content)


@quick
@given(cut=st.floats(0, 1))
def test_cut_off_shards(tmp_path: Path, good: bytes, cut: float) -> None:
    try_to_read(tmp_path / "a.tar", good[: int(cut * len(good))])


@quick
@given(edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_changed_shards(tmp_path: Path, good: bytes, edits: list[tuple[float, int]]) -> None:
    content = bytearray(good)
    for position, value in edits:
        content[int(position * (len(content) - 1))] = value

    try_to_read(tmp_path / "a.tar", bytes(content))


@quick
@given(
    name=st.sampled_from(["json", "labels.npz", "image-0.png", "txt"]),
    content=st.binary(max_size=300),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
)
def test_changed_files_in_a_sound_shard(
    name: str, content: bytes, edits: list[tuple[float, int]]
) -> None:
    shoot = PlainShoot(3, 6)
    members = dict(pack("a-1", shoot.record, shoot.view(1), 1).members)
    changed = bytearray(members[name] if edits else content)
    for position, value in edits:
        changed[int(position * (len(changed) - 1))] = value

    with suppress(ShardError):
        assert unpack(PackedSample("a-1", members | {name: bytes(changed)}))["key"] == "a-1"


def tar_of(*members: tarfile.TarInfo, **options) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", **options) as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)) if member.isreg() else None)
    return buffer.getvalue()


def info(
    name: str, size: int = 4, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = size, kind, link
    return member


@pytest.mark.parametrize(
    "name",
    ["../a.json", "/etc/a.json", "a/../../b.json", "a\\b.json", "C:a.json", ".json", "a", "a.",
     "a..json", "a.b.c.d", "é.json", "a.json/", "a b.json", "x" * 65 + ".json"],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of(info(name)))

    with pytest.raises(ShardError):
        list(read_tar(path))


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE,
     tarfile.GNUTYPE_SPARSE, tarfile.CONTTYPE],
)  # fmt: skip
def test_everything_but_plain_files_is_refused(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of(info("a.json", 0, kind, "/etc/passwd")))

    with pytest.raises(ShardError, match="plain"):
        list(read_tar(path))


def test_extended_headers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    member = info("a.json")
    member.pax_headers = {"size": "99999999999999"}
    path.write_bytes(tar_of(member, format=tarfile.PAX_FORMAT))

    with pytest.raises(ShardError, match="plain"):
        list(read_tar(path))


@pytest.mark.parametrize("size", [2**20 + 1, 8**11 - 1, 2**60, -1])
def test_huge_members_are_refused_before_they_are_read(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(info("a.json", size).tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    tracemalloc.start()

    with pytest.raises(ShardError):
        list(read_tar(path, Limits(member_bytes=2**20)))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_a_member_that_claims_more_than_there_is_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(info("a.json", 10_000).tobuf(tarfile.USTAR_FORMAT) + bytes(1024))

    with pytest.raises(ShardError, match="cut off"):
        list(read_tar(path))


@pytest.mark.parametrize(
    "limits", [Limits(sample_members=3), Limits(sample_bytes=10)], ids=["members", "bytes"]
)
def test_endless_samples_are_refused(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of(*(info(f"a.p{n}") for n in range(9))))

    with pytest.raises(ShardError):
        list(read_tar(path, limits))


def test_the_same_file_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of(info("a.json"), info("a.json")))

    with pytest.raises(ShardError, match="twice"):
        list(read_tar(path))


def with_labels(content: bytes) -> PackedSample:
    shoot = PlainShoot(3, 6)
    members = dict(pack("a-1", shoot.record, shoot.view(1), 1).members)
    return PackedSample("a-1", members | {"labels.npz": content})


def zipped(name: str, content: bytes, claimed: int | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    whole = buffer.getvalue()
    if claimed is None:
        return whole
    return whole.replace(len(content).to_bytes(4, "little"), claimed.to_bytes(4, "little"))


def npy(shape: str, kind: str = "<f4") -> bytes:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    padded = header + b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + bytes(16)


@pytest.mark.parametrize(
    "content",
    [
        npy("(1000000000000,)"), npy("(4, -1)"), npy("(5,)"), npy("(2**40,)"), npy("'a'"),
        npy("(2,)", "|O"), npy("(4,)", "<U1"), b"", b"\x93NUMPY\x09\x00",
    ],
)  # fmt: skip
def test_labels_that_claim_what_they_do_not_hold_are_refused(content: bytes) -> None:
    tracemalloc.start()

    with pytest.raises(ShardError):
        unpack(with_labels(zipped("depth.npy", content)))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 2**20


def test_a_zip_bomb_is_not_inflated() -> None:
    bomb = zipped("depth.npy", bytes(64 * 2**20), claimed=1000)
    assert len(bomb) < 100_000
    tracemalloc.start()

    with pytest.raises(ShardError):
        unpack(with_labels(bomb))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 2**20


def test_labels_of_every_shape_come_back(tmp_path: Path) -> None:
    arrays = {
        "flat": np.arange(6, dtype=np.int16).reshape(2, 3),
        "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "one": np.float32(3.5).reshape(()),
        "none": np.zeros((0, 3), np.uint8),
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)

    labels = unpack(with_labels(buffer.getvalue()))["labels"]

    for name, array in arrays.items():
        assert np.array_equal(labels[name].numpy(), array)
