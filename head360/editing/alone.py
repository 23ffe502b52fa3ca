"""What a modifier means where it stands alone, without a part that it is of.

A number is an age; a colour or a length means hair; “skinny” is somebody, “glowing” a skin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from head360.editing.labels import LESS, MORE, NO, NUMBER, UNKNOWN, YEARS
from head360.editing.meant import Meant
from head360.editing.numbers import number_said
from head360.editing.parts import Part

#: Tone words that are no hair's.
SKIN_ONLY = ("pale", "fair", "medium", "tan", "deep")
AGED = ("person:old", "person:young", "person:middle-aged", "topic:age")
_BARBERS = frozenset({"cut", "trim", "dye", "bleach", "bleached", "cutting", "dyed"})
_MENTIONED = 12  # a number up to this need not be an age
_SPIKY = ("spiky", "spikey", "spikes")
_RUGGED = frozenset({"rugged", "tough", "tougher", "macho"})
#: Of these, only hair has more or less.
_OF_HAIR = frozenset(
    {"volume", "body", "bounce", "bouncy", "bouncier", "root", "roots", "crown", "blowout", "flat",
     "backcombed", "teased", "fluffy", "fluffier", "poofy", "floofy", "flatter", "layers",
     "longer", "shorter", "length", "long", "short", "bushy", "trim", "cut", "chop", "shorten"}
)  # fmt: skip
_LIKE_PEOPLE = {"shape:thin": "slim", "shape:narrow": "slim", "shape:full": "heavy",
                "shape:big": "heavy"}  # fmt: skip
_ON_SKIN = ("shape:smooth", "shape:shiny")
_OF_EYES = ("shape:apart", "shape:together")

Rule = Callable[[Part, Sequence[Part], Sequence[Meant]], Meant | None]


def meant_alone(part: Part, parts: Sequence[Part], said: Sequence[Meant]) -> Meant | None:
    """The wish of a part that belongs to no other; None if it says nothing.

    Args:
        part: the modifier.
        parts: all of the sentence.
        said: the wishes before it.
    """
    for rule in (_number, _years, _color, _shave, _tint, _shape, _worn):
        if (meant := rule(part, parts, said)) is not None:
            meant.spans.append((part.start, part.end))
            meant.said += part.words
            return meant
    return None


def _with(kind: str, name: str, part: Part) -> Meant:
    """A wish with the part as its modifier."""
    meant = Meant(kind, name)
    meant.modifiers.append((part.kind, part.name, part.compares))
    return meant


def _number(part: Part, parts: Sequence[Part], said: Sequence[Meant]) -> Meant | None:
    number = number_said(part.words)
    if part.label != NUMBER or _counts(part, number or 0, parts, said):
        return None  # “a 70s afro”, “two shades”
    return Meant("topic", "age", number=number)


def _counts(part: Part, number: float, parts: Sequence[Part], said: Sequence[Meant]) -> bool:
    """Whether a number is of a style or of something else, and no age."""
    own = [p for p in parts if p.clause == part.clause]
    styled = any(p.kind == "style" and p.start > part.start for p in own)
    styled = styled or any(p.name == "heavy" and p.start > part.start for p in own[:2])
    before = [p for p in own if p.end <= part.start]
    aged = len(own) == 1 or (bool(before) and before[-1].kind == "person")
    somebody = any(m.kind == "person" for m in said) and aged
    return styled or (bool(said) and number <= _MENTIONED and not somebody)


def _years(part: Part, parts: Sequence[Part], _said: Sequence[Meant]) -> Meant | None:
    """“More years”, where nobody counts them and nothing else of age is said."""
    own = [p.label for p in parts if p.clause == part.clause]
    uncounted = YEARS in own and NUMBER not in own and not set(own) & set(AGED)
    if part.label not in (MORE, LESS, NO) or not uncounted:
        return None
    return Meant("topic", "age", way=part.label)


def _color(part: Part, _parts: Sequence[Part], said: Sequence[Meant]) -> Meant | None:
    if part.kind != "color" or (part.compared and said):
        return None  # “a mole like Marilyn's”
    return _with("topic", "skin" if part.name in SKIN_ONLY else "hair", part)


def _shave(part: Part, _parts: Sequence[Part], _said: Sequence[Meant]) -> Meant | None:
    """“Give him a shave”."""
    return Meant("person", "shaven") if part.label == NO and "shave" in part.words else None


def _tint(part: Part, parts: Sequence[Part], said: Sequence[Meant]) -> Meant | None:
    if part.label not in ("shape:dark", "shape:bright"):
        return None
    own = [p for p in parts if p.clause == part.clause and p.start > part.start]
    if own and own[0].kind == "color":
        return None  # “lighter brown”
    last = said[-1] if said else None
    of_hair = last is not None and "hair" in (last.kind, last.name)
    of_hair = of_hair or (last is not None and last.kind in ("style", "texture"))
    of_hair = of_hair or any(not _BARBERS.isdisjoint(p.words) for p in parts)
    return _with("topic", "hair" if of_hair else "skin", part)


def _shape(part: Part, parts: Sequence[Part], said: Sequence[Meant]) -> Meant | None:
    if any(word.startswith("heav") for word in part.words):
        return Meant("person", "heavy")
    if part.kind != "shape":
        return None
    if not _OF_HAIR.isdisjoint(part.words):
        if any(m.kind == "hair" and m.name in ("medium-length", "cropped") for m in said):
            return None  # “not too long, shoulder length”
        return _with("topic", "hair", part)
    if part.words[-1] in _SPIKY:
        return Meant("style", "messy")
    if part.label in _ON_SKIN:
        return Meant("topic", "lipstick") if "gloss" in part.words else _with("topic", "skin", part)
    if part.label in _OF_EYES:
        strange = any(p.label == UNKNOWN for p in parts)  # “a gap in the teeth”
        return None if strange else _with("topic", "eyes", part)
    if not _RUGGED.isdisjoint(part.words):
        return Meant("person", "male")
    like = _LIKE_PEOPLE.get(part.label)
    return Meant("person", like) if like else None


def _worn(part: Part, _parts: Sequence[Part], _said: Sequence[Meant]) -> Meant | None:
    return Meant(part.kind, part.name) if part.kind in ("texture", "hair") else None
