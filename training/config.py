"""How long and how finely to train: TOML files read into frozen dataclasses."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from head360.errors import Head360Error

Section = TypeVar("Section")


class ConfigError(Head360Error):
    """A training configuration cannot be used."""


@dataclass(frozen=True, slots=True)
class HeadStage:
    """The head's decoder."""

    heads: int = 64  # random people, each with one expression
    identities: int = 0  # whom a vanilla NeRF meets; 0: as many as `heads`
    real_share: float = 0.0  # of them: the product's own people; the others have noise for skin
    views: int = 2  # pictures of each
    picture_size: int = 256  # pixels
    plane_size: int = 256  # texels
    steps: int = 1500
    rays: int = 2048  # in a batch
    learning_rate: float = 4e-3
    time_share: float = 0.2  # of a run's minutes, where they are limited


@dataclass(frozen=True, slots=True)
class HairStage:
    """The hair's decoder, and the planes and grid of every style."""

    views: int = 32  # pictures of each style
    picture_size: int = 256  # pixels
    plane_size: int = 192  # texels
    grid_size: int = 64  # cells along each side
    targets: int = 0  # rays kept of each style's pictures; 0: all
    decoder_steps: int = 800  # all styles together
    style_steps: int = 400  # each style, with the decoder as it is
    rays: int = 1536  # in a batch
    decoder_rate: float = 4e-3
    plane_rate: float = 0.01  # of channels of about unit size
    grid_rate: float = 0.03
    smoothness: float = 0.3  # weight of the prior against hatched planes
    style_bytes: int = 430_000  # a packed style gets coarser until it weighs no more
    time_share: float = 0.15  # the decoder's, of what the head's decoder leaves


@dataclass(frozen=True, slots=True)
class DirectConfig:
    """The direct stage."""

    seed: int = 0
    head: HeadStage = HeadStage()
    hair: HairStage = HairStage()


@dataclass(frozen=True, slots=True)
class TextureStage:
    """How long and how finely the skin's generator is trained."""

    people: int = 128  # painted at full resolution
    soft_people: int = 640  # more, kept at low resolution only
    painted_at_once: int = 16
    steps: int = 4000
    batch: int = 8
    convolution_rate: float = 2e-3
    mapping_rate: float = 6e-4
    basis_rate: float = 4e-4
    detail_weight: float = 0.3  # of the detail weights' error


@dataclass(frozen=True, slots=True)
class TextureSizes:
    """Sizes of the skin's generator that may be chosen; see `GeneratorShape`."""

    rows: int = 512
    soft_rows: int = 64
    hidden: int = 192
    basis: int = 64
    details: int = 24


@dataclass(frozen=True, slots=True)
class TextureConfig:
    """The texture stage."""

    seed: int = 0
    stage: TextureStage = TextureStage()
    generator: TextureSizes = TextureSizes()


def load_config(path: Path) -> DirectConfig:
    """Read the direct stage's TOML file.

    Raises:
        ConfigError: it is no TOML, or holds unknown names or wrong types.
    """
    return load_as(DirectConfig, path)


def load_as(kind: type[Section], path: Path) -> Section:
    """Read a TOML file into a frozen dataclass: numbers, and tables for dataclasses within.

    Raises:
        ConfigError: it is no TOML, or holds unknown names or wrong types.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"“{path}” cannot be read as a training configuration.") from error
    return _section(kind(), content)


def preset(stage: str, name: str) -> Path:
    """The file of a preset that comes with the program.

    Raises:
        ConfigError: there is none of that name for the stage.
    """
    folder = Path(__file__).parent / "configs"
    path = folder / f"{stage}-{name}.toml"
    if not path.is_file():
        known = sorted(p.stem.removeprefix(f"{stage}-") for p in folder.glob(f"{stage}-*.toml"))
        raise ConfigError(
            f"The stage “{stage}” has no preset “{name}”.",
            f"There are: {', '.join(known)}." if known else "It takes no configuration.",
        )
    return path


def _section(default: Section, content: dict[str, Any]) -> Section:
    """A copy of a dataclass with what a TOML table says."""
    known = {entry.name: getattr(default, entry.name) for entry in fields(cast("Any", default))}
    changed: dict[str, Any] = {}
    for name, value in content.items():
        if name not in known:
            raise ConfigError(f"A training configuration has no “{name}”.")
        if is_dataclass(known[name]) and isinstance(value, dict):
            changed[name] = _section(known[name], value)
        elif type(value) is not type(known[name]):
            raise ConfigError(f"“{name}” must be of type {type(known[name]).__name__}.")
        else:
            changed[name] = value
    return cast("Section", replace(cast("Any", default), **changed))
