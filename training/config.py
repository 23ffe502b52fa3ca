"""How long and how finely to train: TOML files read into frozen dataclasses."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from head360.errors import Head360Error

Section = TypeVar("Section", bound="HeadStage | HairStage")


class ConfigError(Head360Error):
    """A training configuration cannot be used."""


@dataclass(frozen=True, slots=True)
class HeadStage:
    """The head's decoder."""

    heads: int = 64  # random people, each with one expression
    views: int = 2  # pictures of each
    picture_size: int = 256  # pixels
    plane_size: int = 256  # texels
    steps: int = 1500
    rays: int = 2048  # in a batch
    learning_rate: float = 4e-3


@dataclass(frozen=True, slots=True)
class HairStage:
    """The hair's decoder, and the planes and grid of every style."""

    views: int = 32  # pictures of each style
    picture_size: int = 256  # pixels
    plane_size: int = 192  # texels: 256 would double the library's size
    grid_size: int = 64  # cells along each side
    decoder_steps: int = 800  # all styles together
    style_steps: int = 400  # each style, with the decoder as it is
    rays: int = 1536  # in a batch
    decoder_rate: float = 4e-3
    plane_rate: float = 0.01  # of channels of about unit size
    grid_rate: float = 0.03
    smoothness: float = 0.3  # weight of the prior against hatched planes


@dataclass(frozen=True, slots=True)
class DirectConfig:
    """The direct stage."""

    seed: int = 0
    head: HeadStage = HeadStage()
    hair: HairStage = HairStage()


def load_config(path: Path) -> DirectConfig:
    """Read a TOML file.

    Raises:
        ConfigError: it is no TOML, or holds unknown names or wrong types.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"“{path}” cannot be read as a training configuration.") from error
    known = {entry.name for entry in fields(DirectConfig)}
    if unknown := set(content) - known:
        raise ConfigError(f"Unknown in “{path}”: {', '.join(sorted(unknown))}.")
    return DirectConfig(
        seed=int(content.get("seed", 0)),
        head=_section(HeadStage, content.get("head", {})),
        hair=_section(HairStage, content.get("hair", {})),
    )


def _section(kind: type[Section], content: dict[str, Any]) -> Section:
    types = {entry.name: type(entry.default) for entry in fields(kind)}
    for name, value in content.items():
        if name not in types:
            raise ConfigError(f"A training configuration has no “{name}”.")
        if type(value) is not types[name]:
            raise ConfigError(f"“{name}” must be of type {types[name].__name__}.")
    return kind(**content)
