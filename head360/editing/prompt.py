"""A sentence about a head becomes an edit layer: understood offline, in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from head360.edited import edited
from head360.editing.ages import ageless
from head360.editing.controls import COLORED, change_of
from head360.editing.decline import declined
from head360.editing.labels import KEEP, LESS, MORE, NO, contrary
from head360.editing.meant import Meant
from head360.editing.tagger import tagger
from head360.editing.targets import GEOMETRY
from head360.editing.where import place_named
from head360.editing.wishes import hear
from head360.edits import MAX_AMOUNT, Change, EditLayer, Wish
from head360.model.bilinear import BilinearModel
from head360.model.measures import measure_correlations, measure_directions
from head360.params import ATTRIBUTES, HeadParams

#: A sentence longer than this is not one.
MAX_CHARACTERS = 400
_ELSEWHERE = "Only roots and tips can have a colour of their own, not the {place}: {now} it now."
EXAMPLE = "older, with a grey beard and a slight smile"


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a sentence came to."""

    layer: EditLayer | None  # None: nothing changes
    unknown: tuple[str, ...]  # words that nothing is known of
    notes: tuple[str, ...]  # what is worth saying, in whole sentences


def understand(text: str, head: HeadParams, mesh: BilinearModel) -> Understanding:
    """Turn a sentence into a layer over a head.

    Args:
        text: what should change, in English, at most `MAX_CHARACTERS`.
        head: whom it is said of; effects start from how it looks with its own layers.
        mesh: whose shape code is moved.

    Returns:
        The layer, its wishes with the words they came from, and what was not understood. Every
        text gets an answer; none raises.
    """
    said = " ".join(text.split())
    if problem := _problem(said):
        return Understanding(None, (), (problem,))
    heard = hear(said, tagger())
    wishes, notes, beyond = _wishes(said, heard.meant, edited(head), mesh)
    unknown = (*heard.unknown, *beyond)
    if unknown:
        words = ", ".join(f"“{word}”" for word in unknown)
        notes.append(f"Not understood: {words}.")
    if not wishes and not notes:
        notes.append(f"Nothing to change was found in this. Try “{EXAMPLE}”.")
    layer = EditLayer(said, tuple(wishes)) if wishes else None
    return Understanding(layer, unknown, tuple(notes))


def _problem(said: str) -> str:
    """Why a text cannot be carried out at all; nothing if it can."""
    if not said:
        return f"Say what should change, such as “{EXAMPLE}”."
    if len(said) > MAX_CHARACTERS:
        return f"That is too long: say it in at most {MAX_CHARACTERS} characters."
    if declined(said):
        return "That is nothing this program helps with. Describe a face kindly and try again."
    letters = [letter for letter in said if letter.isalpha()]
    if not letters:
        return f"There are no words in this. Try “{EXAMPLE}”."
    if sum(letter.isascii() for letter in letters) < 0.6 * len(letters):
        return f"Only English is understood so far. Try “{EXAMPLE}”."
    return ""


def _wishes(
    text: str, meant: tuple[Meant, ...], head: HeadParams, mesh: BilinearModel
) -> tuple[list[Wish], list[str], list[str]]:
    """Wishes, each worked out on the head that those before it make; notes; what has no control."""
    kept = [each for each in meant if each.way == KEEP]
    wishes: list[Wish] = []
    notes: list[str] = []
    beyond: list[str] = []
    now, seen = head, dict[str, Meant]()
    for each in sorted(meant, key=_takes_all_off):
        if each.way == KEEP:
            continue
        change = change_of(now, each, mesh)
        change = _without(change, kept, mesh) if change else None
        words = each.words(text)
        if change is None and _is_beyond(each):
            beyond.append(words)
            continue
        if change is None:
            told = each.kind == "person" and each.name in ("male", "female") and len(meant) > 1
            notes += [] if each.implied or told else [f"“{words}” changes nothing here."]
            continue
        if (other := seen.get(_subject(each))) and _opposite(other, each):
            notes.append(f"“{other.words(text)}” and “{words}” contradict; both are carried out.")
        seen[_subject(each)] = each
        if where := _colored_where(change, each):
            place = place_named(text, words)
            notes += [_ELSEWHERE.format(place=place, now=where)] if place else []
        wish = Wish(_title(each), words, min(_amount(each, change), MAX_AMOUNT), change)
        wishes.append(wish)
        now = edited(now.with_(edits=(EditLayer("", (replace(wish, amount=1.0),)),)))
    return wishes, notes, beyond


def _colored_where(change: Change, meant: Meant) -> str:
    """What has the colour that was wished, if only that was wished of hair."""
    if not all(kind == "color" for kind, _, _ in meant.modifiers):
        return ""
    if change.hair_color is not None:
        return "all hair has"
    return "tips have" if change.hair_tips is not None else ""


def _takes_all_off(meant: Meant) -> bool:
    """First what takes all of a kind off, then what of it is worn: “a moustache, lose the rest”."""
    return not (meant.way == NO and meant.name in ("facial_hair", "makeup"))


def _is_beyond(meant: Meant) -> bool:
    """Whether something was said of a part of the face that nothing can do: green skin."""
    looks = {kind for kind, _, _ in meant.modifiers}
    return meant.kind == "topic" and meant.name not in _WORN and bool(looks & {"color", "shape"})


_WORN = ("hair", "hairline", "roots", "tips", *ATTRIBUTES, "makeup", "facial_hair", "age", "light")


def _amount(meant: Meant, change: Change) -> float:
    """“A bit” is half; what is reached or taken away is so wholly."""
    if change.hairstyle is not None or change.light is not None or meant.way == NO:
        return 1.0
    if meant.number is not None:
        return 1.0
    return meant.degree


def _subject(meant: Meant) -> str:
    opposites = {"young": "old", "slim": "heavy", "female": "male", "middle-aged": "old"}
    return f"{meant.kind} {opposites.get(meant.name, meant.name)}"


def _opposite(one: Meant, other: Meant) -> bool:
    """Whether one wish undoes another: longer and shorter, more and fewer."""
    names = [{m.name, *(name for _, name, _ in m.modifiers)} for m in (one, other)]
    ways = [m.way in (NO, LESS) for m in (one, other)]
    apart = any(contrary(own, its) for own in names[0] for its in names[1] - names[0])
    return apart or (ways[0] != ways[1] and one.name == other.name)


def _title(meant: Meant) -> str:
    """A chip's name: “Older”, “No beard”, “Wider nose”, “Auburn hair”."""
    name = meant.name.replace("_", " ")
    names = [said.replace("_", "-") for _, said, _ in meant.modifiers]
    if meant.kind == "style":
        name = f"{name} hair"
    if meant.kind == "person" and meant.number is not None:
        name = (
            f"{meant.number:.0f} years {name}"
            if meant.number <= 12
            else f"{meant.number:.0f} years"
        )
    way = {NO: "no ", LESS: "less ", MORE: "more "}.get(meant.way, "")
    title = way + " ".join([*names, name]).strip()
    return title[:1].upper() + title[1:]


def _without(change: Change, kept: list[Meant], mesh: BilinearModel) -> Change | None:
    """A change that spares what shall be kept; None if nothing is left of it."""
    spared: dict[str, Any] = {}
    for each in kept:
        if each.name == "hair" or each.kind in ("style", "texture", "hair"):
            spared |= dict.fromkeys(_HAIR)
        elif each.name == "eyes":
            spared["iris_color"] = None
        elif each.kind == "move":
            spared["expression"] = None
        elif each.name in GEOMETRY and change.shape is not None:
            spared["shape"] = _sparing(spared.get("shape", change.shape), each.name, mesh)
        elif each.name == "age":
            spared |= ageless(replace(change, **spared))
        elif each.name == "skin":
            spared |= {"texture": None}
        for name in _PAINTED.get(each.name, (each.name,)):
            spared |= _unpainted(replace(change, **spared), name)
    rest = replace(change, **spared)
    return rest if _does_something(rest) else None


def _unpainted(change: Change, name: str) -> dict[str, Any]:
    """What spares an attribute and its colour, as fields of the change."""
    spared: dict[str, Any] = {COLORED[name]: None} if name in COLORED else {}
    if name in ATTRIBUTES and change.attributes is not None:
        strengths = change.attributes.copy()
        strengths[ATTRIBUTES.index(name)] = 0.0
        spared["attributes"] = strengths
    return spared


def _sparing(shape: np.ndarray, part: str, mesh: BilinearModel) -> np.ndarray | None:
    """A step of the shape code without what it does to the measures of a part."""
    if part in ("face", "head"):
        return None
    rest = shape.astype(np.float64)
    slopes, directions = measure_correlations(mesh), measure_directions(mesh)
    for name in {name for moved in GEOMETRY[part].values() for name in moved}:
        rest = rest - float(slopes[name] @ rest) * directions[name]
    return rest.astype(np.float32)


_HAIR = (
    "hairstyle", "hair_color", "hair_shape", "hair_roots", "hair_tips", "hair_mirrored",
)  # fmt: skip
_PAINTED = {
    "makeup": ("lipstick", "eyeliner", "eyeshadow", "blush"),
    "facial_hair": ("stubble", "beard", "moustache"),
}


def _does_something(change: Change) -> bool:
    vectors = (
        change.shape, change.texture, change.attributes, change.expression, change.hair_shape
    )  # fmt: skip
    if any(values is not None and np.abs(values).max() > 0 for values in vectors):
        return True
    rest = (
        change.hair_color, change.hair_roots, change.hair_tips, change.iris_color,
        change.hairstyle, change.hair_mirrored, change.light, change.lip_color, change.lid_color,
    )  # fmt: skip
    return any(value is not None for value in rest)
