"""What a wish takes from the parts that are said of it."""

from __future__ import annotations

from head360.editing.grammar import NOT, SWAP
from head360.editing.labels import BIT, KEEP, LESS, MORE, MUCH, NO, NUMBER, YEARS
from head360.editing.meant import Meant
from head360.editing.numbers import number_said
from head360.editing.parts import Part

DEGREES = {BIT: 0.5, MUCH: 1.6}
WAYS = (NO, KEEP, MORE, LESS)
#: How something looks; the rest says how much, which way, or since when.
LOOKS = ("color", "shape", "texture")


def take(meant: Meant, part: Part) -> None:
    """Let a wish have what a part says of it."""
    if part.label in DEGREES:
        meant.degree, meant.degree_said = DEGREES[part.label], part.label
    elif part.label in WAYS:
        meant.way, meant.refused_in = part.label, part.clause
    elif part.label == NUMBER:
        meant.number = number_said(part.words)
        meant.counted_in = part.clause
    elif part.label == SWAP:
        meant.swapped = True
    elif part.label not in (YEARS, NOT):
        meant.stated |= part.stated
        meant.modifiers.append((part.kind, part.name, part.compares))


def said_already(meant: Meant, part: Part, *, elsewhere: bool, less: bool) -> bool:
    """Whether a modifier adds nothing to what a wish has."""
    if part.kind in LOOKS and elsewhere and less and meant.modifiers:
        return True  # “too dark, lighten it”
    if elsewhere and part.complains and (meant.modifiers or meant.way):
        return True  # “fill in the brows, they're sparse”
    colored = any(kind == "color" for kind, _, _ in meant.modifiers)
    like = part.kind == "color" and part.compared and not meant.swapped
    return like and colored  # “red lips like Snow White's”
