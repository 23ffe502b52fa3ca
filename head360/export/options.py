"""What can be chosen about a mesh or a cloud before it is exported; plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from head360.errors import ExportError
from head360.performance import Performance

HairKind: TypeAlias = Literal["cards", "surface", "none"]
HAIR_KINDS: tuple[HairKind, ...] = get_args(HairKind)
PointKind: TypeAlias = Literal["gaussians", "points"]
POINT_KINDS: tuple[PointKind, ...] = get_args(PointKind)

TEXTURES = (1024, 2048, 4096)  # widths of the skin's pictures, pixels
MIN_CARDS, MAX_CARDS = 200, 20_000
MIN_POINTS, MAX_POINTS = 1000, 5_000_000
#: Moments of an animation at most: 20 minutes at 30 a second.
MAX_MOMENTS = 36_000


@dataclass(frozen=True, slots=True)
class MeshOptions:
    """How a head is exported. Formats ignore what they cannot say."""

    texture: int = 2048  # one of TEXTURES
    hair: HairKind = "cards"
    cards: int = 5000  # about so many, if hair is made of cards
    compact: bool = True  # GLB: small integers where they are exact enough
    shapes: bool = False  # OBJ: a folder with a file for each blendshape
    points: PointKind = "gaussians"  # PLY
    count: int = 300_000  # PLY: about so many
    performance: Performance | None = None  # GLB, USD, HTML: an animation
    name: str = "Head"


def check_options(options: MeshOptions) -> None:
    """Refuse what cannot be made.

    Raises:
        ExportError: says what to change.
    """
    if options.texture not in TEXTURES:
        known = ", ".join(map(str, TEXTURES))
        raise ExportError(f"Textures cannot be {options.texture} pixels wide.", f"Known: {known}.")
    _known("kind of hair", options.hair, HAIR_KINDS)
    _known("kind of points", options.points, POINT_KINDS)
    _within("The number of hair cards", options.cards, MIN_CARDS, MAX_CARDS)
    _within("The number of points", options.count, MIN_POINTS, MAX_POINTS)
    if options.performance is not None and len(options.performance) > MAX_MOMENTS:
        raise ExportError(
            f"An animation may have {MAX_MOMENTS} moments, not {len(options.performance)}.",
            "Trim the performance, or resample it at fewer frames a second.",
        )


def _known(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise ExportError(f"There is no {what} “{name}”.", f"Known: {', '.join(known)}.")


def _within(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ExportError(f"{what} must be {low} … {high}, not {value}.")
