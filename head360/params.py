"""The state of one head, as plain immutable data."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from head360.edits import ARRAYS, EditLayer
from head360.light import LIGHT_PRESETS, PHOTO_LIGHT, Light
from head360.likeness import Likeness
from head360.make_up import PARTS, Color, MakeUp
from head360.own_hair import OwnHair
from head360.paint import Paint

FloatArray: TypeAlias = npt.NDArray[np.float32]

SHAPE_SIZE = 50
TEXTURE_SIZE = 64

#: The 52 ARKit blendshapes in the order of every expression vector in this project.
EXPRESSIONS: tuple[str, ...] = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip

#: Named attribute layers of the skin (model.md §3), each a strength, 0 = none … 1 = full.
ATTRIBUTES: tuple[str, ...] = (
    "brows", "freckles", "moles", "wrinkles", "age_spots", "redness", "blush", "dark_circles",
    "eyeshadow", "eyeliner", "lipstick", "stubble", "beard", "moustache",
)  # fmt: skip


#: How much make-up is put on by choosing a colour for what was bare.
_PUT_ON = 0.7
#: How far the head turns on its neck to either side, degrees: yaw, pitch, roll.
POSE_LIMITS: tuple[float, float, float] = (50.0, 25.0, 20.0)


@dataclass(frozen=True, slots=True)
class HairMix:
    """A second hairstyle, and how far hair is on the way to it."""

    style: str  # id in the hairstyle library
    share: float  # 0 = the first style alone … 1 = this one alone

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"the share of a hairstyle must be within 0 … 1, got {self.share}")


@dataclass(frozen=True, slots=True)
class HairShape:
    """How somebody wears a hairstyle: each -1 … 1, and 0 as the library has it."""

    length: float = 0.0  # shorter … longer, below the ears
    volume: float = 0.0  # flatter … fuller
    fringe: float = 0.0  # shorter … longer, before the forehead
    hairline: float = 0.0  # lower … higher, above the forehead and the temples
    curl: float = 0.0  # from 0: straight hair falls in waves
    mirrored: bool = False  # parted and swept to the other side

    def __post_init__(self) -> None:
        for value in (self.length, self.volume, self.fringe, self.hairline, self.curl):
            if not -1 <= value <= 1:
                raise ValueError(f"a hair shape must be within -1 … 1, got {value}")


@dataclass(frozen=True, slots=True)
class HairTones:
    """Other colours near the scalp and at the ends; None is the hair's own."""

    roots: tuple[float, float, float] | None = None  # linear RGB
    tips: tuple[float, float, float] | None = None  # linear RGB
    root_reach: float = 0.2  # up to which share of its length a strand has the roots' colour
    tip_reach: float = 0.4  # over which share at its end it has the tips'

    def __post_init__(self) -> None:
        for color in (self.roots, self.tips):
            if color is not None and not (len(color) == 3 and all(0 <= c <= 1 for c in color)):
                raise ValueError(f"a hair tone must be three numbers within 0 … 1, got {color}")
        for reach in (self.root_reach, self.tip_reach):
            if not 0 <= reach <= 1:
                raise ValueError(f"a hair tone's reach must be within 0 … 1, got {reach}")


#: So much of a fringe's length (as `HairShape.fringe`) is cut with its last strands gone.
_FRINGE_CUT = 0.25
#: Degrees by which a photo's light is turned that falls quite otherwise than in the photo.
_OTHER_LIGHT = 45.0


@dataclass(frozen=True, eq=False, slots=True)
class HeadParams:
    """Everything that decides how one head looks. Immutable, on the CPU, safe to share.

    An edit makes a new `HeadParams` and keeps every untouched field as the same object,
    so "what changed?" is an identity test (`changed_fields`), never an array comparison.
    """

    shape: FloatArray  # (S,) identity code, standard deviations from the mean head
    texture: FloatArray  # (T,) appearance code, standard deviations
    attributes: FloatArray  # (A,) strengths of ATTRIBUTES, 0 … 1
    expression: FloatArray  # (E,) ARKit blendshape weights, 0 = rest … 1 = full
    hairstyle: str | None  # id in the hairstyle library; None = bald
    hair_color: FloatArray  # (3,) linear RGB of the hair; brows and stubble take a natural one
    iris_color: FloatArray  # (3,) linear RGB
    light: Light = field(default_factory=Light)
    hair_mix: HairMix | None = None  # what the hairstyle is mixed with; the bald have none
    #: (3,) degrees, at most `POSE_LIMITS`: yaw to the head's left, pitch down, roll to its left
    head_pose: FloatArray = field(default_factory=lambda: np.zeros(3, np.float32))
    edits: tuple[EditLayer, ...] = ()  # over all this, the lowest first (`head360.edited`)
    likeness: Likeness | None = None  # what a photo gave beyond the codes; None: nobody's
    hair_shape: HairShape | None = None  # its length, volume …; None: as in the library
    hair_tones: HairTones | None = None  # of roots and tips; None: all `hair_color`
    paint: Paint | None = None  # over skin and hair; None: as codes, attributes and colours say
    own_hair: OwnHair | None = None  # what a photo gave beyond its style; of other styles: nothing
    make_up: MakeUp | None = None  # colours of lips and lids; None: as the texture code says

    def __post_init__(self) -> None:
        for name, size in _VECTORS.items():
            object.__setattr__(self, name, _frozen_vector(name, getattr(self, name), size))
        for wish in (wish for layer in self.edits for wish in layer.wishes):
            for name in ARRAYS:
                values = getattr(wish.change, name)
                if values is not None and values.shape != (_CHANGED[name],):
                    raise ValueError(f"an edit’s {name} must have shape ({_CHANGED[name]},)")

    @property
    def photo_light(self) -> FloatArray | None:
        """(12,) the light of the photo that the head was fitted to, as far as that is known."""
        return None if self.likeness is None else self.likeness.light

    @property
    def shown_light(self) -> str:
        """The name of the light that it is lit by: without a photo's, `PHOTO_LIGHT` is none."""
        unknown = self.light.preset == PHOTO_LIGHT and self.photo_light is None
        return LIGHT_PRESETS[0] if unknown else self.light.preset

    @property
    def own_light(self) -> float:
        """0 … 1: how far it is lit as in its photo; turned by `_OTHER_LIGHT`, not at all."""
        if self.shown_light != PHOTO_LIGHT:
            return 0.0
        turned = abs((self.light.rotation_degrees + 180) % 360 - 180)
        return round(max(0.0, 1 - turned / _OTHER_LIGHT), 1)  # skin is not painted anew so often

    @property
    def own_fringe(self) -> float:
        """0 … 1: how far hair hangs before the face as in the photo that it was taken from."""
        own, mix = self.own_hair, self.hair_mix
        if own is None or own.style != self.hairstyle:
            return 0.0
        worn = self.hair_shape or HairShape()
        if worn.mirrored != own.mirrored:
            return 0.0
        cut = 0.0 if own.fringe is None else max(0.0, own.fringe - worn.fringe)
        left = max(0.0, 1.0 - cut / _FRINGE_CUT)
        return left * own.strength * (1.0 if mix is None else 1.0 - mix.share)

    def with_(self, **changes: Any) -> HeadParams:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)


def made_up(params: HeadParams, attribute: str, color: Color | None) -> HeadParams:
    """A head whose make-up has a colour; where there was none, it is put on.

    Args:
        params: the head.
        attribute: “lipstick” or “eyeshadow”.
        color: linear RGB; None for the colour that the texture code chooses.
    """
    changes: dict[str, Any] = {PARTS[attribute]: color}
    worn = replace(params.make_up or MakeUp(), **changes)
    at = ATTRIBUTES.index(attribute)
    strengths = params.attributes
    if color is not None and strengths[at] == 0:
        strengths = strengths.copy()
        strengths[at] = _PUT_ON
    return params.with_(make_up=None if worn == MakeUp() else worn, attributes=strengths)


_VECTORS = {
    "shape": SHAPE_SIZE,
    "texture": TEXTURE_SIZE,
    "attributes": len(ATTRIBUTES),
    "expression": len(EXPRESSIONS),
    "hair_color": 3,
    "iris_color": 3,
    "head_pose": 3,
}

#: Sizes of what an edit changes.
_CHANGED = {
    **_VECTORS, "hair_shape": 5, "hair_roots": 3, "hair_tips": 3, "lip_color": 3, "lid_color": 3,
}  # fmt: skip


def neutral_head() -> HeadParams:
    """The mean head: no expression, bald, brown eyes, brows only."""
    attributes = np.zeros(len(ATTRIBUTES), np.float32)
    attributes[ATTRIBUTES.index("brows")] = 0.6
    return HeadParams(
        shape=np.zeros(SHAPE_SIZE, np.float32),
        texture=np.zeros(TEXTURE_SIZE, np.float32),
        attributes=attributes,
        expression=np.zeros(len(EXPRESSIONS), np.float32),
        hairstyle=None,
        hair_color=np.array([0.08, 0.045, 0.026], np.float32),
        iris_color=np.array([0.16, 0.075, 0.03], np.float32),
    )


def _frozen_vector(name: str, value: npt.ArrayLike, size: int) -> FloatArray:
    """Read-only float32 vector; hands an already frozen one back as the same object."""
    if isinstance(value, np.ndarray) and value.dtype == np.float32 and not value.flags.writeable:
        vector = value
    else:
        vector = np.array(value, dtype=np.float32)
        vector.setflags(write=False)
    if vector.shape != (size,):
        raise ValueError(f"{name} must have shape ({size},), got {vector.shape}")
    if not np.isfinite(vector).all():
        raise ValueError(f"{name} must be finite")
    return vector


def changed_fields(before: HeadParams, after: HeadParams) -> frozenset[str]:
    """Names of the fields that differ between two states."""
    names = (entry.name for entry in fields(HeadParams))
    return frozenset(n for n in names if getattr(before, n) is not getattr(after, n))
