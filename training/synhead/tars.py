"""Samples in tar files, in WebDataset's convention, and a reader that believes nothing it reads.

A sample is several files in a row that share a key: `00007-012.json`, `00007-012.image-0.png`. The
key ends at the first dot. Files carry no dates and no owners, so equal samples make equal bytes.

The reader takes plain ustar files only, one at a time, with limits on everything. It never unpacks
to disk and never follows a name, so what a name says can do no harm; it refuses strange ones all
the same, for the sake of whoever unpacks the file by other means.
"""

from __future__ import annotations

import io
import os
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from head360.errors import Head360Error
from head360.files import replacing

_BLOCK = 512
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PART = re.compile(r"[A-Za-z0-9_-]{1,48}(\.[A-Za-z0-9_-]{1,16})?")


class ShardError(Head360Error):
    """A shard cannot be read: it is cut off, damaged, or no shard."""

    hint = "Delete the file and make it again with the same command."


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader is ready to hold in memory."""

    member_bytes: int = 64 * 2**20
    sample_bytes: int = 256 * 2**20
    sample_members: int = 96


LIMITS = Limits()


@dataclass(frozen=True, slots=True, eq=False)
class PackedSample:
    """A sample as files."""

    key: str
    members: Mapping[str, bytes]  # by what follows the key and its dot


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies in a tar file."""

    name: str
    offset: int  # bytes
    size: int  # bytes


@contextmanager
def writing_tar(path: Path) -> Iterator[Callable[[PackedSample], None]]:
    """Yield a function that adds a sample; the file gets its name once the block ends well.

    Raises:
        OSError: the file cannot be written.
    """

    def add(sample: PackedSample) -> None:
        for name, content in sample.members.items():
            _add(tar, f"{sample.key}.{name}", content)

    with (
        replacing(path) as partial,
        tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        yield add


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    _split(name)  # what would not be read must not be written
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    tar.addfile(info, io.BytesIO(content))


def read_tar(path: Path, limits: Limits = LIMITS) -> Iterator[PackedSample]:
    """The samples of a tar file, in order.

    Raises:
        ShardError: it is no such file, or is cut off; samples before the fault were good.
    """
    try:
        with path.open("rb") as file:
            yield from _grouped(_members(file, limits), limits)
    except OSError as error:
        raise ShardError(f"“{path}” cannot be read: {error.strerror}.") from error
    except ShardError as error:
        raise ShardError(f"“{path.name}”: {error}", error.hint) from error


def tar_places(path: Path, limits: Limits = LIMITS) -> list[Place]:
    """Where all files of a tar file lie, for readers that want some of them; contents stay unread.

    Raises:
        ShardError: it is no such file, or is cut off.
    """
    try:
        with path.open("rb") as file:
            return list(_places(file, path.stat().st_size, limits))
    except OSError as error:
        raise ShardError(f"“{path}” cannot be read: {error.strerror}.") from error
    except ShardError as error:
        raise ShardError(f"“{path.name}”: {error}", error.hint) from error


def _places(file: BinaryIO, end: int, limits: Limits) -> Iterator[Place]:
    while info := _header(file, limits):
        _split(info.name)
        yield Place(info.name, file.tell(), info.size)
        if file.seek(info.size + -info.size % _BLOCK, os.SEEK_CUR) > end:
            raise ShardError("cut off.")


def _grouped(members: Iterable[tuple[str, bytes]], limits: Limits) -> Iterator[PackedSample]:
    key, found = "", dict[str, bytes]()
    for name, content in members:
        owner, part = _split(name)
        if owner != key and found:
            yield PackedSample(key, found)
            found = {}
        key = owner
        if part in found:
            raise ShardError(f"{name} is there twice.")
        found[part] = content
        if len(found) > limits.sample_members:
            raise ShardError(f"{key} has more than {limits.sample_members} files.")
        if sum(map(len, found.values())) > limits.sample_bytes:
            raise ShardError(f"{key} is larger than {limits.sample_bytes} bytes.")
    if found:
        yield PackedSample(key, found)


def _split(name: str) -> tuple[str, str]:
    key, dot, part = name.partition(".")
    if not (dot and _KEY.fullmatch(key) and _PART.fullmatch(part)):
        raise ShardError(f"{name!r:.120} is no name of a sample's file.")
    return key, part


def _members(file: BinaryIO, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Names and contents, up to the end mark.

    `tarfile` parses each header, but does not move through the file: it would follow extensions
    (long names, sparse maps, global headers) that can ask for any amount of memory.
    """
    while info := _header(file, limits):
        content = _exactly(file, info.size)
        _exactly(file, -info.size % _BLOCK)
        yield info.name, content


def _header(file: BinaryIO, limits: Limits) -> tarfile.TarInfo | None:
    """Of the file whose content comes next; None at the end mark."""
    header = _exactly(file, _BLOCK)
    if not header.strip(b"\0"):
        return None
    try:
        info = tarfile.TarInfo.frombuf(header, "ascii", "strict")
    except (tarfile.HeaderError, ValueError) as error:
        raise ShardError("damaged, or no tar file.") from error
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        raise ShardError(f"{info.name!r:.120} is no plain file.")
    if not 0 <= info.size <= limits.member_bytes:
        raise ShardError(f"{info.name!r:.120} is larger than {limits.member_bytes} bytes.")
    return info


def _exactly(file: BinaryIO, count: int) -> bytes:
    content = file.read(count)
    if len(content) != count:
        raise ShardError("cut off.")
    return content
