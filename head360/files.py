"""Writes files so that a reader meets the old one or the complete new one, never a half.

And looks before reading what a person named, which may be anything that has a name.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a name beside `path` to write a file at; it becomes `path` once the block ends well.

    If the block fails or is abandoned, what it wrote is removed and `path` is as it was. A symbolic
    link keeps pointing where it points: its target is replaced.
    """
    target = path.resolve()
    partial = partial_name(target)
    try:
        yield partial
        _flush_to_disk(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a new empty folder beside `path`; it becomes `path` once the block ends well."""
    partial, former = partial_name(path), path.with_name(path.name + ".former.partial")
    for leftover in (partial, former):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        if path.exists():
            path.replace(former)
        partial.replace(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)


def size_of(path: Path) -> int:
    """Bytes of a file that is to be read.

    Raises:
        OSError: it is missing, or no file: a pipe or a device would keep its reader waiting.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no file")
    return status.st_size


def partial_name(path: Path) -> Path:
    """Where the unfinished version of `path` lies."""
    return path.with_name(path.name + ".partial")


def _flush_to_disk(path: Path) -> None:
    # Without this, a power cut after the rename could leave an empty file under the final name.
    with path.open("rb+") as file:
        os.fsync(file.fileno())
