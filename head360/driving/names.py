"""What others call the 52 shapes, and in which order they send them: the one table of conventions.

Public descriptions of Live Link Face disagree about which side of jaw and mouth comes first. Its
packets follow the engine's enumeration (left first); its CSV files name right first. Whoever meets
a sender that swaps them chooses the other of `PACKET_ORDERS`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from head360.params import EXPRESSIONS

SideOrder: TypeAlias = Literal["left first", "right first"]


def _eye(side: str) -> tuple[str, ...]:
    parts = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
    return tuple(f"eye{part}{side}" for part in parts)


def _sides(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{side}" for name in names for side in ("Left", "Right"))


def _live_link(first: str, second: str) -> tuple[str, ...]:
    """The 52 shapes of Live Link Face; `first` is the side that jaw and mouth begin with."""
    return (
        *_eye("Left"), *_eye("Right"),
        "jawForward", f"jaw{first}", f"jaw{second}", "jawOpen",
        "mouthClose", "mouthFunnel", "mouthPucker", f"mouth{first}", f"mouth{second}",
        *_sides("mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch"),
        "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
        *_sides("mouthPress", "mouthLowerDown", "mouthUpperUp", "browDown"),
        "browInnerUp", *_sides("browOuterUp"), "cheekPuff", *_sides("cheekSquint", "noseSneer"),
        "tongueOut",
    )  # fmt: skip


#: Order of the shapes in a packet of Live Link Face.
PACKET_ORDERS: dict[SideOrder, tuple[str, ...]] = {
    "left first": _live_link("Left", "Right"),
    "right first": _live_link("Right", "Left"),
}
#: Order of the columns in its CSV files, which are read by name in any order.
CSV_ORDER = PACKET_ORDERS["right first"]
#: What follows the shapes in packets and files, radians.
ROTATIONS: tuple[str, ...] = (
    "HeadYaw", "HeadPitch", "HeadRoll",
    "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip

#: Faces of VRM avatars, for senders that know no ARKit shapes: rough equivalents, at value 1.
#: Names of VRM 0 and 1, in lower case.
VRM_FACES: dict[str, dict[str, float]] = {
    "blink": {"eyeBlinkLeft": 1, "eyeBlinkRight": 1},
    "blinkleft": {"eyeBlinkLeft": 1},
    "blinkright": {"eyeBlinkRight": 1},
    "a": {"jawOpen": 0.6},
    "i": {"mouthStretchLeft": 0.5, "mouthStretchRight": 0.5, "jawOpen": 0.1},
    "u": {"mouthPucker": 0.7, "jawOpen": 0.1},
    "e": {"mouthStretchLeft": 0.3, "mouthStretchRight": 0.3, "jawOpen": 0.3},
    "o": {"mouthFunnel": 0.7, "jawOpen": 0.3},
    "joy": {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "cheekSquintLeft": 0.5,
            "cheekSquintRight": 0.5},
    "angry": {"browDownLeft": 0.8, "browDownRight": 0.8, "noseSneerLeft": 0.4,
              "noseSneerRight": 0.4},
    "sorrow": {"browInnerUp": 0.8, "mouthFrownLeft": 0.6, "mouthFrownRight": 0.6},
    "surprised": {"browInnerUp": 0.6, "browOuterUpLeft": 0.7, "browOuterUpRight": 0.7,
                  "eyeWideLeft": 0.7, "eyeWideRight": 0.7},
    "lookup": {"eyeLookUpLeft": 1, "eyeLookUpRight": 1},
    "lookdown": {"eyeLookDownLeft": 1, "eyeLookDownRight": 1},
    "lookleft": {"eyeLookOutLeft": 1, "eyeLookInRight": 1},
    "lookright": {"eyeLookInLeft": 1, "eyeLookOutRight": 1},
}  # fmt: skip
_VRM_1 = {
    "aa": "a", "ih": "i", "ou": "u", "ee": "e", "oh": "o", "happy": "joy", "sad": "sorrow",
}  # fmt: skip


def shape_index(name: str) -> int | None:
    """Which of EXPRESSIONS somebody means, in any case, with Left, _L or -left; None: none."""
    return _INDEX.get(_plain(name))


def vrm_face(name: str) -> str | None:
    """Which of VRM_FACES somebody means; None: none."""
    plain = _plain(name)
    face = _VRM_1.get(plain, plain)
    return face if face in VRM_FACES else None


def short_side(name: str) -> str:
    """A shape as iFacialMocap spells it: eyeBlinkLeft is eyeBlink_L; jawLeft stays."""
    for side in ("Left", "Right"):
        base = name.removesuffix(side)
        if base != name and base not in ("jaw", "mouth"):
            return f"{base}_{side[0]}"
    return name


def pascal_case(name: str) -> str:
    """A shape as Live Link Face and avatars of VMC spell it: EyeBlinkLeft."""
    return name[:1].upper() + name[1:]


def mirrored_name(name: str) -> str:
    """The same shape on the other side of the face."""
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


def _plain(name: str) -> str:
    low = name[:64].lower()
    if low[-2:] in ("_l", "_r"):
        low = low[:-2] + ("left" if low[-1] == "l" else "right")
    return low.replace("_", "").replace("-", "").replace(" ", "")


_INDEX = {_plain(name): index for index, name in enumerate(EXPRESSIONS)}
