"""Fetches a model's folder from the Hugging Face hub: what diffusers needs of it, and no more.

File by file, each verified before it gets its name; an interrupted download goes on later.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from head360 import __version__
from head360.assets import checksum
from head360.downloads import FetchProgress
from head360.errors import AssetError
from head360.fetching import downloaded
from head360.files import partial_name

HUB = "https://huggingface.co"
#: InstructPix2Pix's published weights (MIT licence of the code; CreativeML OpenRAIL-M of them).
PUBLISHED = "timbrooks/instruct-pix2pix"
#: Files of a model: none of other programs, none in half precision beside the whole ones.
_SUFFIXES, _LESSER = (".json", ".txt", ".safetensors"), (".fp16.", ".non_ema.")
_INDEX = "model_index.json"
_PATIENCE_S, _MOST_FILES, _LONGEST_LIST = 20.0, 200, 4 << 20


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a model."""

    name: str  # path inside the folder
    bytes: int
    sha256: str | None  # of large ones


def fetch_model(name: str, folder: Path, hub: str = HUB) -> Generator[FetchProgress, None, Path]:
    """Fetch a model into a folder; closing the generator stops within 0.2 s.

    What is there already, whole or in part, is not fetched again. The index comes last, so that a
    folder that has one is complete.

    Raises:
        AssetError: it cannot be had; the message says why, the hint what to do.
    """
    try:
        files = _listed(name, hub)
        yield FetchProgress(0, sum(file.bytes for file in files), name)
        yield from _fetched(name, folder, files, hub)
    except OSError as error:
        raise AssetError(
            f"“{name}” cannot be kept in {folder}: {error.strerror or error}.",
            "Make room, or choose another folder.",
        ) from error
    return folder


def _fetched(
    name: str, folder: Path, files: list[HubFile], hub: str
) -> Generator[FetchProgress, None, None]:
    total, before = sum(file.bytes for file in files), 0
    for file in files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (path.is_file() and path.stat().st_size == file.bytes):
            url = f"{hub}/{name}/resolve/main/{urllib.parse.quote(file.name)}"
            partial = partial_name(path)
            try:
                for done in downloaded(url, partial, file.bytes):
                    yield FetchProgress(before + done, total, name)
                _accept(file, partial)
            except AssetError as error:
                raise AssetError(
                    f"“{file.name}” of {name} could not be fetched: {error}",
                    "Check the network (and proxy), then fetch again: what is here is kept.",
                ) from error
            partial.replace(path)
        before += file.bytes
        yield FetchProgress(before, total, name)


def _accept(file: HubFile, partial: Path) -> None:
    if not partial.is_file() or partial.stat().st_size != file.bytes:
        raise AssetError("it ended too early.")
    if file.sha256 is not None and checksum(partial) != file.sha256:
        partial.unlink()
        raise AssetError("what came is not the file it should be (its checksum is wrong).")


def _listed(name: str, hub: str) -> list[HubFile]:
    """The files of a model, its index last."""
    request = urllib.request.Request(
        f"{hub}/api/models/{name}?blobs=true", headers={"User-Agent": f"head360/{__version__}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
            entries = json.loads(answer.read(_LONGEST_LIST))["siblings"]
        files = [file for file in map(_file_of, entries) if file is not None]
    except urllib.error.HTTPError as error:
        raise AssetError(
            f"The hub knows no “{name}” ({error.code}).", "Check the name, or try again later."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise AssetError(
            f"{urllib.parse.urlsplit(hub).netloc} cannot be reached "
            f"({getattr(error, 'reason', error)}).",
            "Check the network (and proxy), or copy the model's folder from another computer.",
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AssetError("The hub's list of files makes no sense.", "Try again later.") from error
    if not any(file.name == _INDEX for file in files) or len(files) > _MOST_FILES:
        raise AssetError(f"“{name}” is no model in diffusers' layout.", "Choose another one.")
    return sorted(files, key=lambda file: (file.name == _INDEX, file.name))


def _file_of(entry: Mapping[str, Any]) -> HubFile | None:
    """A file that a pipeline reads; None for any other. Trusts nothing."""
    name, size, large = str(entry["rfilename"]), int(entry["size"]), entry.get("lfs")
    parts = PurePosixPath(name).parts
    inside = len(parts) == 2 and not any(p in ("..", ".") or "\\" in p for p in parts)
    wanted = name.endswith(_SUFFIXES) and not any(mark in name for mark in _LESSER)
    if name != _INDEX and not (inside and wanted and not name.startswith("/")):
        return None
    return HubFile(name, size, str(large["sha256"]) if large else None)
