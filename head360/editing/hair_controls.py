"""Wishes about hair: which library style meets them best, and its colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from head360.assets import catalog
from head360.editing.labels import BIT, LESS, MORE, NO
from head360.editing.meant import Meant
from head360.editing.targets import HAIR, PARTED, STYLE_FACTS
from head360.edits import BALD, Change
from head360.model.bilinear import BilinearModel
from head360.params import HeadParams

_CROPPED, _SHORT, _MEDIUM, _LONG = range(4)
_LENGTHS = {"cropped": _CROPPED, "short": _SHORT, "small": _SHORT, "medium-length": _MEDIUM,
            "long": _LONG, "big": _LONG}  # fmt: skip
_ARRANGED = {"fringe": "fringe", "centre parting": "centre", "side parting": "side", "tied": "tied",
             "slicked": "slicked", "tousled": "tousled", "loose": "loose"}  # fmt: skip
_SIDES = {"parting left": "left", "parting right": "right", "mirrored": "mirrored"}
_TEXTURED = ("straight", "wavy", "curly", "coily", "braided", "locked")
#: What a style is charged for not being as wished, and for changing what nobody mentioned.
_WRONG, _CHANGED = 10.0, 1.0
_DARKER, _LIGHTER = 0.45, 1.9
_GREY = np.array(HAIR["grey"], np.float32)


def hair(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    """“Hair” with whatever was said of it."""
    if meant.way == NO and not meant.modifiers:
        return _worn(head, BALD)
    color = color_of(head, meant)
    if head.hairstyle is not None and (worn := _reshaped(meant, head.hairstyle)) is not None:
        return Change(hair_shape=worn, hair_color=color)
    return _change(head, _styled(head, meant), color)


def style(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    """A style by its name, perhaps with a colour; “no ponytail” lets it down."""
    if meant.way == NO:
        kin = [STYLE_FACTS.get(name or "", (0, "", "")) for name in (head.hairstyle, meant.name)]
        alike = kin[0][1] == kin[1][1] == "braided" or kin[0][2] == kin[1][2] == "tied"
        worn = head.hairstyle == meant.name or alike
        return _change(head, _let_down(head) if worn else None, None)
    return _change(head, meant.name, color_of(head, meant))


def _let_down(head: HeadParams) -> str | None:
    """The style when nothing ties or braids it; None where nothing does."""
    _, own_texture, arranged = STYLE_FACTS.get(head.hairstyle or "", (0, "", ""))
    braided = own_texture == "braided"
    if arranged != "tied" and not braided:
        return None
    return best_style(head.hairstyle, texture="wavy" if braided else None, arranged="loose")


def texture(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    """“Curlier”, without a word about hair."""
    wanted = "straight" if meant.way in (NO, LESS) and meant.name != "straight" else meant.name
    textured = replace(meant, way="", modifiers=[("texture", wanted, False), *meant.modifiers])
    return _change(head, _styled(head, textured), color_of(head, meant))


def roots(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    """“Dark roots”: those that grow out are dark if nothing is said; lifted ones give volume."""
    if any(name in ("full", "high", "big") for _, name, _ in meant.modifiers):
        fuller = replace(meant, modifiers=[("shape", "full", True)])
        return Change(hair_shape=_reshaped(fuller, head.hairstyle or ""))
    color = _tone(head, meant, plain="dark")
    return None if color is None else Change(hair_roots=color)


def tips(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    """“Blond tips”, “brown to blond ombre”: the second of two colours is that of the tips."""
    color = _tone(head, meant, plain="bright")
    if color is None:
        return None
    colors = [name for kind, name, _ in meant.modifiers if kind == "color" and name in HAIR]
    own = np.array(HAIR[colors[0]], np.float32) if len(colors) > 1 else None
    return Change(hair_tips=color, hair_color=own)


def _tone(head: HeadParams, meant: Meant, plain: str) -> np.ndarray | None:
    """The colour of a part of the hair; of what shall have none, the hair's own."""
    if head.hairstyle is None:
        return None
    if meant.way == NO:
        return head.hair_color if head.hair_tones is not None else None
    colors = [name for kind, name, _ in meant.modifiers if kind == "color" and name in HAIR]
    if colors:
        return np.array(HAIR[colors[-1]], np.float32)
    dark = any(name == "dark" for _, name, _ in meant.modifiers)
    bright = any(name == "bright" for _, name, _ in meant.modifiers)
    if dark or (plain == "dark" and not bright):
        darker: np.ndarray = np.minimum(np.array(HAIR["dark brown"]), _DARKER * head.hair_color)
        return darker
    brighter: np.ndarray = np.maximum(np.array(HAIR["blond"]), head.hair_color)
    return brighter


def _parted(head: HeadParams, side: str) -> Change | None:
    """Hair parted on a side of the head's own, “left” or “right”, or on the other side."""
    mirrored = head.hair_shape is not None and head.hair_shape.mirrored
    if side == "mirrored":
        return None if head.hairstyle is None else Change(hair_mirrored=not mirrored)
    length = STYLE_FACTS.get(head.hairstyle or "", (_SHORT, "", ""))[0]
    near = min(PARTED, key=lambda name: abs(STYLE_FACTS[name][0] - length))
    worn = None if head.hairstyle in PARTED else near
    wanted = worn or head.hairstyle or near
    return Change(hairstyle=worn, hair_mirrored=PARTED[wanted] != side)


def word(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    """Words that only hair can mean: bald, a fringe, a parting, tied."""
    if meant.name == "bald":
        if meant.way not in (NO, LESS):
            return _worn(head, BALD)
        return _worn(head, "short_side_part") if head.hairstyle is None else None
    color = color_of(head, meant)
    if meant.name in _LENGTHS:
        return _change(head, best_style(head.hairstyle, length=_LENGTHS[meant.name]), color)
    if meant.name == "loose":
        return _change(head, _let_down(head), color)
    if meant.name in _SIDES and meant.way != NO:
        return _parted(head, _SIDES[meant.name])
    arranged = _ARRANGED.get(meant.name, "side")
    if meant.way in (NO, LESS):
        if STYLE_FACTS.get(head.hairstyle or "", (0, "", ""))[2] != arranged:
            return None  # “a bun, no fringe”
        arranged = "loose" if arranged == "tied" else f"no {arranged}"
    return _change(head, best_style(head.hairstyle, arranged=arranged), color)


def hairline(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    """Higher or lower; a plain mention means one that recedes."""
    if head.hairstyle is None:
        return None
    if (color := color_of(head, meant)) is not None:
        return Change(hair_color=color)  # “grey at the temples”
    names = {name for _, name, _ in meant.modifiers}
    back = -1.0 if meant.way in (NO, LESS) else 1.0
    step = -0.8 if names & {"low", "forward", "short", "small"} else 0.8
    return Change(hair_shape=np.array([0, 0, 0, back * step, 0], np.float32))


def best_style(
    now: str | None,
    *,
    length: int | None = None,
    texture: str | None = None,
    arranged: str | None = None,
) -> str:
    """The library style that meets what is wished, and else is most like the one now."""
    base_length, base_texture, base_arranged = STYLE_FACTS.get(now or "", (_SHORT, "straight", ""))
    if arranged in ("fringe", "tied") and length is None and base_length < _MEDIUM:
        base_length = _MEDIUM
    known = {style.id for style in catalog().hairstyles}

    def cost(name: str) -> float:
        own_length, own_texture, own_arranged = STYLE_FACTS[name]
        total = abs(own_length - (base_length if length is None else length)) * (
            _CHANGED if length is None else _WRONG
        )
        total += _mismatch(own_texture, base_texture, texture)
        total += _mismatch(own_arranged, base_arranged, arranged)
        return total - (0.5 if name == now else 0.0)

    return min((name for name in STYLE_FACTS if name in known), key=cost)


def _mismatch(own: str, base: str, wanted: str | None) -> float:
    if wanted is None:
        if {own, base} <= set(_BY_CURL):
            return _CHANGED * abs(_BY_CURL.index(own) - _BY_CURL.index(base))
        return 1.5 * _CHANGED * (own != base) + 0.5 * (
            own in ("braided", "locked", "tied") and own != base
        )
    if wanted == "loose":
        return _WRONG * (own in ("fringe", "tied"))
    if wanted.startswith("no "):
        return _WRONG * (own == wanted.removeprefix("no ")) + _CHANGED * (own == "tied")
    return 0.0 if own == wanted else 0.4 * _WRONG if {own, wanted} in _NEAR else _WRONG


_BY_CURL = ("straight", "wavy", "curly", "coily")
_NEAR = ({"curly", "coily"},)


def _styled(head: HeadParams, meant: Meant) -> str | None:
    """The style of “long curly hair”, “hair tied up”; None if nothing was said of it."""
    names = [name for _, name, _ in meant.modifiers]
    lengths = [_length(head, meant, n, r) for k, n, r in meant.modifiers if n in _LENGTHS]
    textures = [name for name in names if name in _TEXTURED]
    arranged = [_ARRANGED[name] for name in names if name in _ARRANGED]
    if "smooth" in names:
        textures.append("straight")
    if not lengths and not textures and not arranged:
        return _denser(head, meant, names)
    if "grow" in meant.said and "medium-length" in names:
        lengths = [_MEDIUM]  # “grow it to the shoulders”
    opposite = meant.way in (NO, LESS) and textures
    return best_style(
        head.hairstyle,
        length=max(lengths) if lengths else None,
        texture=("straight" if opposite else textures[-1]) if textures else None,
        arranged=arranged[-1] if arranged else None,
    )


def _length(head: HeadParams, meant: Meant, name: str, relative: bool) -> int:
    """“Longer” starts from what is there."""
    now = STYLE_FACTS.get(head.hairstyle or "", (_CROPPED, "", ""))[0]
    back = meant.way in (NO, LESS)
    if not (relative or back or meant.way == MORE or meant.degree_said == BIT):
        return _LENGTHS[name]
    longer = (_LENGTHS[name] >= _LONG) != back
    return min(now + 1, _LONG) if longer else max(now - 1, _CROPPED)


def _reshaped(meant: Meant, style: str) -> np.ndarray | None:
    """(5,) change of `HairShape` that keeps the style; None for another style."""
    names = {name for _, name, _ in meant.modifiers}
    back = -1.0 if meant.way in (NO, LESS) else 1.0
    more = meant.way == MORE and not names
    beyond = any(name == "long" and relative for _, name, relative in meant.modifiers)
    beyond = beyond or ("long" in names and not _FAR_DOWN.isdisjoint(meant.said))
    if beyond and back > 0 and len(names) == 1 and STYLE_FACTS[style][0] == _LONG:
        return np.array([1.4, 0, 0, 0, 0], np.float32)
    if names & {"full", "big", "wide"} or more:
        return np.array([0, 0.8 * back, 0, 0, 0], np.float32)
    if names & {"thin", "narrow", "low"}:
        return np.array([0, -0.8 * back, 0, 0, 0], np.float32)
    if meant.degree_said == BIT and names & {"long", "short"}:
        longer = 1.4 * back if "long" in names else -1.4 * back
        return np.array([longer, 0, 0, 0, 0], np.float32)
    return None


_FAR_DOWN = frozenset(
    {
        "grow",
        "lengthen",
        "extend",
        "extensions",
        "hips",
        "hip",
        "waist",
        "bum",
        "butt",
        "floor",
        "knees",
        "thighs",
        "super",
    }
)


def _denser(head: HeadParams, meant: Meant, names: list[str]) -> str | None:
    """“More hair”, “thinner hair”: for the bald a style; for others a fuller or a sparser one."""
    more = meant.way == MORE or "full" in names or (not meant.way and not names)
    if head.hairstyle is None:
        return "short_side_part" if more else None
    if names and not {"thin", "full", "low", "narrow"} & set(names):
        return None  # only its colour
    if meant.way == LESS or "thin" in names:
        return "horseshoe"
    return "long_wavy" if more and names else None


def color_of(head: HeadParams, meant: Meant) -> np.ndarray | None:
    """Linear RGB (3,) that was asked for; None if none was."""
    color: np.ndarray | None = None
    for kind, name, _ in meant.modifiers:
        if kind == "color" and name in HAIR:
            color = np.array(HAIR[name], np.float32)
        elif name in ("dark", "bright"):
            base = head.hair_color if color is None else color
            color = base * (_DARKER if (name == "dark") != (meant.way in (NO, LESS)) else _LIGHTER)
    if color is None:
        return None
    if meant.way in (NO, LESS):  # “less grey”
        natural = np.array(HAIR["brown"], np.float32)
        if np.allclose(color, _GREY):
            return natural
        named = [n for kind, n, _ in meant.modifiers if kind == "color"]
        if not named:
            return color.clip(0, 0.8).astype(np.float32)
        if named[-1] in _FAIR:  # “too blonde”
            return (head.hair_color * _DARKER).astype(np.float32)
        return (0.5 * (head.hair_color + natural)).astype(np.float32)
    return color.clip(0, 0.8).astype(np.float32)


_FAIR = ("blond", "dark blond", "platinum", "white", "light brown", "fair", "pale")


def _worn(head: HeadParams, name: str) -> Change | None:
    return None if (head.hairstyle or BALD) == name else Change(hairstyle=name)


def _change(head: HeadParams, name: str | None, color: np.ndarray | None) -> Change | None:
    worn = name if name is not None and name != head.hairstyle else None
    if worn is None and color is None:
        return None
    return Change(hairstyle=worn, hair_color=color)
