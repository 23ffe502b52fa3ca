"""Photos among what is dragged or copied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage

from app.workers.photos import Read, from_bytes, from_file, from_image
from head360.fitting.photo import SUFFIXES

#: Kinds of picture that a clipboard may hold as the file they came from, best first.
_ENCODED = ("image/jpeg", "image/png", "image/webp", "image/bmp")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a photo can be had, and what to call it."""

    read: Read  # on any thread
    name: str


def file_source(path: Path) -> Source:
    """A photo on disk."""
    return Source(partial(from_file, path), path.name)


def photo_in(mime: QMimeData, name: str) -> Source | None:
    """The one photo among what is dragged or copied; `name` is for one without a file."""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    if len(paths) == 1 and paths[0].suffix.lower() in SUFFIXES:
        return file_source(paths[0])
    if paths:
        return None
    for kind in _ENCODED:
        if mime.hasFormat(kind):
            return Source(partial(from_bytes, bytes(mime.data(kind).data()), name), name)
    if mime.hasImage() and isinstance(image := mime.imageData(), QImage) and not image.isNull():
        return Source(partial(from_image, image, name), name)
    return None


def offers_photo(mime: QMimeData) -> bool:
    """Whether there is one, without reading it."""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    if paths:
        return len(paths) == 1 and paths[0].suffix.lower() in SUFFIXES
    return mime.hasImage() or any(mime.hasFormat(kind) for kind in _ENCODED)
