"""What is true of a picture, in words of a fixed list: numbers of the labels become named values.

A fact is an attribute and a value, both strings: `hair_colour: auburn`, `freckles: none`. Facts are
made from the records that stand in head.json, so they can be made again for any data set; a label
that a record lacks makes no fact. What a camera cannot see (a smile from behind) makes none either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from head360.model.sampling import HAIR_COLORS, IRIS_COLORS
from training.synhead.grooms_varied import varied
from training.synhead.styles import STYLES, GroomStyle

Record: TypeAlias = Mapping[str, Any]
Facts: TypeAlias = dict[str, str]

#: The value of an attribute that is not there.
NONE = "none"
#: The trait “old” at both ends, and the years it stands for.
_OLD, _YEARS = (-0.35, 0.95), (16.0, 70.0)
_DECADES = ("teens", "twenties", "thirties", "forties", "fifties", "sixties", "seventies")
#: Upper ends of the code “skin tone”, standard deviations; about a sixth of people in each.
_SKINS = (
    (-1.0, "very light"), (-0.35, "light"), (0.35, "medium"), (0.9, "tan"), (1.5, "dark"),
    (np.inf, "very dark"),
)  # fmt: skip
#: Upper ends of strengths of attributes, 0 … 1.
_NEVER = 0.02
_SOME = ((_NEVER, NONE), (0.35, "some"), (1.1, "many"))
_LEVELS = {
    "freckles": _SOME,
    "moles": ((_NEVER, NONE), (0.25, ""), (1.1, "some")),
    "wrinkles": ((_NEVER, NONE), (0.3, "fine"), (0.65, "clear"), (1.1, "deep")),
    "age_spots": ((_NEVER, NONE), (0.2, ""), (1.1, "some")),
    "redness": ((0.25, ""), (1.1, "some")),
    "dark_circles": ((0.25, ""), (1.1, "some")),
    "brows": ((0.35, "thin"), (0.78, ""), (1.1, "thick")),
    "stubble": ((_NEVER, NONE), (0.35, "light"), (0.65, "medium"), (1.1, "heavy")),
    "beard": ((_NEVER, ""), (0.5, "short"), (1.1, "full")),
    "moustache": ((_NEVER, ""), (1.1, "some")),
    "lipstick": ((0.1, ""), (0.45, "light"), (1.1, "strong")),
    "eyeliner": ((0.1, ""), (0.45, "light"), (1.1, "strong")),
    "eyeshadow": ((0.1, ""), (0.45, "light"), (1.1, "strong")),
    "blush": ((0.1, ""), (0.3, "light"), (1.1, "strong")),
}
_MAKE_UP = ("lipstick", "eyeliner", "eyeshadow", "blush")
#: Angles away from the face up to which a picture counts as …
_VIEWS = ((15, "front"), (60, "three-quarter"), (105, "profile"), (150, "back three-quarter"),
          (181, "back"))  # fmt: skip
_FACE_SEEN_DEGREES, _EYES_SEEN_DEGREES = 100.0, 75.0
_ABOVE_DEGREES, _BELOW_DEGREES = 20.0, -12.0
#: Facts of the head that need the face, and the eyes, in view.
_OF_THE_FACE = frozenset({*_LEVELS, "make_up", "eyes"})
_REST = 0.08  # a face whose weights stay below is at rest


def head_facts(record: Record) -> Facts:
    """What is true of a head from wherever it is looked at; `record` as in head.json."""
    found = _traits(record.get("traits", {}))
    if code := record.get("texture_code"):
        found["skin"] = _level(float(code[0]), _SKINS)
    if "attributes" in record:
        found |= _attributes(record["attributes"])
    if "hairstyle" in record:
        found |= hair_facts(record["hairstyle"], record.get("hairdresser"))
    if "hair_color" in record and found.get("hair") == "some":
        found["hair_colour"] = nearest_color(record["hair_color"], HAIR_COLORS)
    if "iris_color" in record:
        found["eyes"] = nearest_color(record["iris_color"], IRIS_COLORS)
    return found


def picture_facts(record: Record, view: Record, set_up: int = 0) -> Facts:
    """What is true and visible in one picture: a head's record, a view of it, a set-up's number."""
    found = head_facts(record)
    lights = record.get("lights", ())
    if set_up < len(lights):
        found["light"] = str(lights[set_up]["preset"])
    moves = _expression(view["expression"]) if "expression" in view else {}
    camera = view.get("camera", {})
    yaw = abs((float(camera.get("yaw_degrees", 0.0)) + 180) % 360 - 180)
    if "yaw_degrees" in camera:
        found["view"] = _level(yaw, _VIEWS)
    found |= _height(float(camera.get("pitch_degrees", 0.0)))
    hidden = _OF_THE_FACE if yaw > _FACE_SEEN_DEGREES else frozenset[str]()
    if yaw > _EYES_SEEN_DEGREES or moves.get("lids") in ("closed", "narrow"):
        hidden |= {"eyes"}
    shown = {} if yaw > _EYES_SEEN_DEGREES else moves
    return {name: value for name, value in found.items() if name not in hidden} | shown


def hair_facts(style: str | None, hairdresser: int | None = None) -> Facts:
    """Length, curl and arrangement of a hairstyle; of an unknown style just its name.

    `hairdresser`: who varied the style, as in head.json; None: it is the library's.
    """
    if style is None:
        return {"hair": NONE}
    groom = STYLES.get(style)
    if groom is not None and hairdresser is not None:
        groom = varied(groom, int(hairdresser))
    shape = _groomed(groom) if groom else {}
    return {"hair": "some", "hair_style": style, **shape}


def nearest_color(color: Sequence[float], palette: Mapping[str, Sequence[float]]) -> str:
    """The name of the colour of a palette that looks most alike; linear RGB."""
    wanted = _perceived(color)
    return min(palette, key=lambda name: float(((_perceived(palette[name]) - wanted) ** 2).sum()))


def _perceived(color: Sequence[float]) -> np.ndarray:
    # Cube roots are about even steps to the eye; differences of channels are what hue is made of.
    red, green, blue = np.cbrt(np.asarray(color, np.float64))
    return np.array([(red + green + blue) / 3, 2 * (red - green), green - blue])


def _level(value: float, ends: Sequence[tuple[float, str]]) -> str:
    for end, name in ends:
        if value <= end:
            return name
    raise ValueError(f"{value} is beyond {ends[-1][0]}")


def _traits(traits: Record) -> Facts:
    found = {}
    if "male" in traits:
        found["sex"] = "male" if traits["male"] > 0 else "female"
    if "age_years" in traits or "old" in traits:
        years = round(float(traits.get("age_years", years_of(float(traits.get("old", 0))))))
        found["age"] = str(years)
        found["age_decade"] = _DECADES[min(max(years // 10 - 1, 0), len(_DECADES) - 1)]
        found["age_group"] = _level(years, ((33, "young"), (42, ""), (58, "middle"), (200, "old")))
    return {name: value for name, value in found.items() if value}


def years_of(old: float) -> float:
    """Years that the trait “old”, -0.35 … 0.95, stands for."""
    return float(np.interp(old, _OLD, _YEARS))


def _attributes(strengths: Record) -> Facts:
    named = {name: _level(float(strengths.get(name, 0.0)), ends) for name, ends in _LEVELS.items()}
    total = sum(float(strengths.get(name, 0.0)) for name in _MAKE_UP)
    named["make_up"] = _level(total, ((_NEVER, NONE), (0.2, ""), (0.9, "light"), (9, "heavy")))
    if named["beard"] or named["moustache"]:
        named["stubble"] = ""  # a shaved chin and a beard do not go together
    return {name: value for name, value in named.items() if value}


def _groomed(style: GroomStyle) -> Facts:
    found = {"hair_texture": _texture(style)}
    if style.tail is None or style.hem is not None:  # of tied hair nobody sees how long it is
        found["hair_length"] = _length(style)
    if style.fringe is not None:
        found["fringe"] = "some"
    if style.parting is not None:
        found["parting"] = "centre" if abs(style.parting) < 0.008 else "side"
    return found


def _texture(style: GroomStyle) -> str:
    if style.rows is not None:
        return "braided"
    if style.ropes is not None:
        return {"braid": "braided", "lock": "locked"}[style.ropes.kind]
    if style.curl and style.curl_pitch < 0.0125:
        return "coily"
    if style.curl:
        return "curly"
    return "wavy" if style.wave >= 0.005 else "straight"


def _length(style: GroomStyle) -> str:
    if style.hem is not None:
        return "long" if style.hem.height < -0.15 else "medium"
    longest = max(style.lengths.top, style.lengths.back)
    return _level(longest, ((0.012, "cropped"), (0.13, "short"), (0.2, "medium"), (9, "long")))


def _height(pitch: float) -> Facts:
    if pitch > _ABOVE_DEGREES:
        return {"height": "above"}
    return {"height": "below"} if pitch < _BELOW_DEGREES else {}


def _expression(weights: Record) -> Facts:
    """What a face does; `weights` of the 52 shapes, zero where they are missing."""

    def one(name: str) -> float:
        return float(weights.get(name, 0.0))

    def both(name: str) -> float:
        return min(one(f"{name}Left"), one(f"{name}Right"))

    if all(value < _REST for value in weights.values()):
        return {"expression": "neutral"}
    found = {name: rule(one, both) for name, rule in _MOVES.items()}
    return {name: value for name, value in found.items() if value}


_Weight: TypeAlias = Callable[[str], float]
_Rule: TypeAlias = Callable[[_Weight, _Weight], str]


def _smile(_one: _Weight, both: _Weight) -> str:
    if both("mouthFrown") > 0.2:
        return ""
    return _level(both("mouthSmile"), ((0.2, ""), (0.55, "slight"), (2, "broad")))


def _mouth(one: _Weight, _both: _Weight) -> str:
    # mouthClose keeps the lips together while the jaw is open.
    gap = one("jawOpen") - one("mouthClose")
    return _level(gap, ((0.25, ""), (0.6, "open"), (2, "wide open")))


def _lids(one: _Weight, both: _Weight) -> str:
    left, right = one("eyeBlinkLeft"), one("eyeBlinkRight")
    if min(left, right) > 0.75:
        return "closed"
    if max(left, right) > 0.75 and min(left, right) < 0.2:
        return "wink"
    if both("eyeSquint") > 0.5 or min(left, right) > 0.4:
        return "narrow"
    return "wide" if both("eyeWide") > 0.4 and max(left, right) < 0.2 else ""


def _lips(one: _Weight, both: _Weight) -> str:
    if one("tongueOut") > 0.4:
        return "tongue"
    if one("mouthPucker") > 0.4:
        return "pucker"
    return "pressed" if both("mouthPress") > 0.4 else ""


def _gaze(one: _Weight, both: _Weight) -> str:
    sides = {
        "up": both("eyeLookUp"),
        "down": both("eyeLookDown"),
        "left": min(one("eyeLookOutLeft"), one("eyeLookInRight")),
        "right": min(one("eyeLookInLeft"), one("eyeLookOutRight")),
    }
    side = max(sides, key=lambda name: sides[name])
    return side if sides[side] > 0.35 else ""


def _brow_move(one: _Weight, both: _Weight) -> str:
    raised, lowered = max(one("browInnerUp"), both("browOuterUp")), both("browDown")
    if raised > 0.4 and lowered < 0.2:
        return "raised"
    return "lowered" if lowered > 0.4 and raised < 0.2 else ""


def _over(name: str, least: float) -> _Rule:
    return lambda one, _both: "some" if one(name) > least else ""


_MOVES: dict[str, _Rule] = {
    "smile": _smile,
    "mouth": _mouth,
    "lids": _lids,
    "lips": _lips,
    "gaze": _gaze,
    "brow_move": _brow_move,
    "cheeks": _over("cheekPuff", 0.4),
    "nose": lambda _one, both: "some" if both("noseSneer") > 0.4 else "",
    "mouth_corners": lambda _one, both: "down" if both("mouthFrown") > 0.4 else "",
}
