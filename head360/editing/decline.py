"""Requests that are politely declined: slurs and sexual ones. The words are kept as hashes only."""

from __future__ import annotations

import hashlib
from pathlib import Path

from head360.editing.tokens import tokens

_SALT = b"head360 "
_DIGITS = 12
_HASHES = frozenset(Path(__file__).with_name("declined.txt").read_text("utf-8").split())


def declined(text: str) -> bool:
    """Whether a text holds a word that this program does not work with."""
    words = {token.word for token in tokens(text)}
    singular = {word[:-1] for word in words if word.endswith("s")}
    return any(_hash(word) in _HASHES for word in words | singular)


def _hash(word: str) -> str:
    return hashlib.sha256(_SALT + word.encode()).hexdigest()[:_DIGITS]
