"""Where hair is wished in another colour: roots and tips have one of their own, no other place."""

from __future__ import annotations

import re

_PLACE = r"temples?|sideburns|sides?|front|back|crown|nape"
#: “… at the temples”, behind the colour; “grey temples”; “the sides of her hair grey”.
_BEHIND = re.compile(
    r"(?: (?:hair|streaks?|bits?|just|only|a bit|a little))*"
    r" (?:at|on|in|around|near|to|along) (?:the|her|his|my|their)"
    rf" ({_PLACE})\b(?! of (?:the|her|his|my|their) (?!hair|head))",
    re.IGNORECASE,
)
_WITHIN = re.compile(r"\b(temples|sideburns)\b", re.IGNORECASE)
_OF_HAIR = re.compile(rf"\b({_PLACE}) of (?:the|her|his|my|their) hair\b", re.IGNORECASE)


def place_named(text: str, words: str) -> str:
    """The part of the hair that `words`, a wish for a colour, or what is beside them name."""
    start = max(text.find(words), 0)
    behind = _BEHIND.match(text, start + len(words))
    found = behind or _WITHIN.search(words) or _OF_HAIR.search(text)
    return found[1].lower() if found else ""
