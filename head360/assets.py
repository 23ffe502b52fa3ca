"""Finds and describes the files that ship with the program. Never imports torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from head360.errors import ResourceError


@dataclass(frozen=True, slots=True)
class Hairstyle:
    """One entry of the hairstyle library."""

    id: str  # as in HeadParams.hairstyle
    title: str  # as people call it
    category: str  # short | medium | long | curly | tied | braided
    scalp_tint: float  # how strongly the scalp is painted in the hair colour, 0 … 1


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the installed model can do, by name."""

    version: str
    hairstyles: tuple[Hairstyle, ...]
    shape_names: tuple[str, ...]  # plain name of each shape component, "" where none is known
    texture_names: tuple[str, ...]  # plain name of each texture component, "" where none is known
    files: Mapping[str, str] = field(default_factory=dict)  # sha256 of each model file, by name


def resource(*parts: str) -> Path:
    """Path of a shipped file, in a checkout or in an installed package.

    Raises:
        ResourceError: the file is not there.
    """
    package = Path(__file__).parent
    for root in (package / "resources", package.parent / "resources"):
        if (path := root.joinpath(*parts)).exists():
            return path
    raise ResourceError(f"The file “{'/'.join(parts)}” is missing from this installation.")


#: The network that refines pictures; the only model file a working installation may lack.
REFINE_FILE = "refine.safetensors"


def refine_problem() -> str:
    """Why pictures cannot be refined here, in words; nothing if they can."""
    try:
        resource("models", REFINE_FILE)
    except ResourceError:
        return f"RefineNet's weights ({REFINE_FILE}) are missing from this installation."
    return ""


@cache
def catalog() -> Catalog:
    """What the installed model can do (resources/models/catalog.json)."""
    path = resource("models", "catalog.json")
    try:
        entries = json.loads(path.read_text("utf-8"))
        return Catalog(
            version=entries["version"],
            hairstyles=tuple(Hairstyle(**entry) for entry in entries["hairstyles"]),
            shape_names=tuple(entries["shape_names"]),
            texture_names=tuple(entries["texture_names"]),
            files=dict(entries.get("files", {})),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ResourceError("The model's catalogue is damaged.") from error


def checksum(path: Path) -> str:
    """The sha256 of a file, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
