"""Requests that are politely declined: slurs and sexual ones. The words are kept as hashes only."""

from __future__ import annotations

import hashlib
from pathlib import Path

from head360.editing.tokens import tokens

_SALT = b"head360 "
_DIGITS = 12
#: A colour of make-up has a name that means something else alone.
_COLOR = "nude"
_PAINTED = frozenset({"lip", "lips", "lipstick", "gloss", "pink", "makeup", "eyeshadow"})
#: How far down hair may reach.
_LENGTH = "butt"
_BEARD = "dyke"
_SEXES = frozenset({"m", "f", "male", "female", "swap", "change"})
_SWAPPING = frozenset({"swap", "change", "switch", "opposite", "other"})
_HASHES = frozenset(Path(__file__).with_name("declined.txt").read_text("utf-8").split())


def declined(text: str) -> bool:
    """Whether a text holds a word that this program does not work with."""
    found = [token.word for token in tokens(text)]
    words = {
        word
        for at, word in enumerate(found)
        if not (_cosmetic(found, at) or _named(found, at) or _sexed(found, at))
    }
    singular = {word[:-1] for word in words if word.endswith("s")}
    return any(_hash(word) in _HASHES for word in words | singular)


def _named(words: list[str], at: int) -> bool:
    """Whether it tells how long hair is, or is a name that a beard has from a painter: van …"""
    long = words[at] == _LENGTH and not {"hair", "down", "length", "chin"}.isdisjoint(words)
    beard = words[at].removesuffix("s") == _BEARD
    return long or (beard and at > 0 and words[at - 1] == "van")


def _sexed(words: list[str], at: int) -> bool:
    """Whether it tells which of two somebody is: “sex: f”, “swap the sex”."""
    after, before = words[at + 1 : at + 2], words[max(at - 2, 0) : at]
    told = bool(after) and after[0] in _SEXES
    return words[at] == "sex" and (told or not _SWAPPING.isdisjoint(before))


def _cosmetic(words: list[str], at: int) -> bool:
    """Whether a word is the colour of lips or lids: “nude lips”, “lips: nude”."""
    near = words[max(at - 2, 0) : at] + words[at + 1 : at + 2]
    return words[at] == _COLOR and not _PAINTED.isdisjoint(near)


def _hash(word: str) -> str:
    return hashlib.sha256(_SALT + word.encode()).hexdigest()[:_DIGITS]
