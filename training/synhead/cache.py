"""Pictures kept on disk for a while: the most recently used ones, up to so many bytes.

Several processes may share a folder. Files appear complete or not at all; whoever writes one
removes what was not used for longest. Losing a file, or the whole folder, loses time only: every
picture can be drawn again from its seed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from training.synhead.tars import PackedSample, ShardError, read_tar, writing_tar


class RollingCache:
    """Samples by key, in one folder of a cache that may have several."""

    def __init__(self, root: Path, folder: str, limit_bytes: int) -> None:
        self._root, self._folder, self._limit = root, root / folder, limit_bytes
        self._folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> PackedSample | None:
        """A sample, if it is there and sound; one that is damaged is removed."""
        path = self._folder / f"{key}.tar"
        try:
            found = next(read_tar(path), None) if path.exists() else None
            if found:
                os.utime(path)  # used now: others go first
        except ShardError:
            path.unlink(missing_ok=True)
            return None
        except FileNotFoundError:  # removed by another process after it was read
            return found
        return found

    def put(self, sample: PackedSample) -> None:
        """Keep a sample, and remove old ones."""
        path = self._folder / f"{sample.key}.tar"
        # Two processes may draw the same picture: each writes a file of its own and renames it.
        own = path.with_name(f"{sample.key}-{os.getpid()}.writing")
        with writing_tar(own) as add:
            add(sample)
        own.replace(path)
        self._trim()

    def _trim(self) -> None:
        files = sorted(_files(self._root))
        excess = sum(size for _, size, _ in files) - self._limit
        for _, size, path in files:
            if excess <= 0:
                break
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108 (scandir gives strings)
                excess -= size


def _files(folder: Path) -> Iterator[tuple[float, int, str]]:
    """Time of last use, bytes and path of everything in a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.is_dir(follow_symlinks=False):
                    yield from _files(Path(entry.path))
                else:
                    status = entry.stat(follow_symlinks=False)
                    yield status.st_mtime, status.st_size, entry.path
