"""Keeps what an interrupted repainting has reached, so that it goes on where it stopped.

A folder holds `what.json`, written first, and one file for each picture that was edited, as long as
no later one of the same view replaces it. Every file is complete or not there; a run that is killed
at any moment leaves a folder to go on from.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as arrays_from_bytes
from safetensors.numpy import save as bytes_from_arrays

from head360.errors import EditError
from head360.files import replacing

Arrays: TypeAlias = dict[str, npt.NDArray[Any]]

#: Of what is kept; files of another version are not gone on from.
_VERSION = 1
_WHAT = "what.json"
_MAX_WHAT_BYTES = 64 << 10


class Unfinished:
    """What one repainting has reached."""

    def __init__(self, folder: Path, key: str, about: Mapping[str, Any] | None = None) -> None:
        """Kept in `folder`, which is made when there is something to keep.

        Args:
            folder: nobody else's.
            key: `fingerprint` of everything that decides the result.
            about: what a person should know of it, JSON.
        """
        self._folder, self._key, self._about = folder, key, dict(about or {})

    def reached(self) -> dict[int, Arrays]:
        """What is in force, by the number of the picture; nothing of another repainting."""
        what = read_what(self._folder)
        if what is None or what["key"] != self._key:
            return {}
        found = {number: _read(path) for number, path in _files(self._folder)}
        return {number: arrays for number, arrays in found.items() if arrays is not None}

    def keep(self, number: int, arrays: Arrays, *, replaced: int) -> None:
        """Keep what picture `number` gave, instead of what picture `replaced` did.

        Raises:
            EditError: it cannot be written.
        """
        try:
            self._begin()
            # safetensors writes memory as it lies, whatever an array's strides say.
            whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
            with replacing(self._folder / f"{number:04}.safetensors") as partial:
                partial.write_bytes(bytes_from_arrays(whole))
            (self._folder / f"{replaced:04}.safetensors").unlink(missing_ok=True)
        except OSError as error:
            raise EditError(
                f"What was reached cannot be kept: {error.strerror or error}.",
                f"Make room or let it be written: “{self._folder}”.",
            ) from error

    def forget(self) -> None:
        """Remove the folder: it is done, or nobody wants it."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _begin(self) -> None:
        what = read_what(self._folder)
        if what is not None and what["key"] == self._key:
            return
        self.forget()  # another one's
        self._folder.mkdir(parents=True)
        text = json.dumps({"version": _VERSION, "key": self._key, "about": self._about})
        with replacing(self._folder / _WHAT) as partial:
            partial.write_text(text, "utf-8")


def read_what(folder: Path) -> dict[str, Any] | None:
    """The `key` and `about` of a folder; None where there is nothing to go on from."""
    path = folder / _WHAT
    try:
        if path.stat().st_size > _MAX_WHAT_BYTES:
            return None
        what = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    kinds = {"version": int, "key": str, "about": dict}
    if not isinstance(what, dict) or what.get("version") != _VERSION:
        return None
    return what if all(isinstance(what.get(n), kind) for n, kind in kinds.items()) else None


def pictures_done(folder: Path) -> int:
    """How many pictures a folder's repainting has edited."""
    return max((number + 1 for number, _ in _files(folder)), default=0)


def fingerprint(*things: object) -> str:
    """Letters that are the same for equal arrays, texts, numbers and data classes of them."""
    digest = hashlib.sha256()
    for thing in things:
        for piece in _pieces(thing):
            digest.update(piece)
            digest.update(b"|")
    return digest.hexdigest()


def _pieces(thing: object) -> Iterator[bytes]:
    if isinstance(thing, np.ndarray):
        yield f"{thing.dtype.str}{thing.shape}".encode()
        yield np.ascontiguousarray(thing).tobytes()
    elif is_dataclass(thing) and not isinstance(thing, type):
        yield type(thing).__name__.encode()
        for entry in fields(thing):
            yield from _pieces(getattr(thing, entry.name))
    elif isinstance(thing, frozenset):
        yield repr(sorted(thing)).encode()
    elif isinstance(thing, tuple):
        yield f"({len(thing)}".encode()
        for each in thing:
            yield from _pieces(each)
    else:
        yield repr(thing).encode()


def _files(folder: Path) -> Iterator[tuple[int, Path]]:
    """Numbers and files of pictures, in order."""
    for path in sorted(folder.glob("[0-9][0-9][0-9][0-9].safetensors")):
        yield int(path.stem), path


def _read(path: Path) -> Arrays | None:
    try:
        arrays: Arrays = arrays_from_bytes(path.read_bytes())
    except (OSError, SafetensorError, ValueError):
        return None
    return arrays
