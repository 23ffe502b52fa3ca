"""Sentences as people write them when they want a head changed, with the label of every word.

Two sources: captions of the training people (`training.synhead.captions`), whose spans say which
words state which fact, and requests put together from `WORDS` by the patterns below. Both get
typing errors, careless capitals and missing punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from head360.editing.labels import GLUE, NUMBER, UNKNOWN, YEARS
from head360.editing.spelling import SHORTEST, ordinary
from head360.editing.tokens import Token, tokens
from training.prompt.patterns import ASK, CLOSERS, FACT_LABELS, JOINTS, PATTERNS, Pattern
from training.prompt.words import COMMON, GLUE_WORDS, NUMBERS, STRANGERS, WORDS
from training.synhead.caption_words import WORDS as CAPTION_WORDS
from training.synhead.captions import caption

_PLACE = re.compile(r"\[([^\]]+)\]")
_NEAR_KEYS = {
    "a": "sqz", "e": "wr", "i": "uo", "o": "ip", "u": "yi", "s": "ad", "t": "ry", "n": "bm",
    "r": "et", "l": "k", "d": "sf", "h": "gj", "c": "xv", "m": "n", "g": "fh", "p": "o", "b": "vn",
    "y": "tu", "w": "qe", "k": "jl", "f": "dg", "v": "cb",
}  # fmt: skip
_STRANGER = "stranger"
#: Facts that are said to be strong or weak; “light” brown hair is not.
_GRADED = ("topic", "move", "shape")
#: How often the commonest words are taken.
_FIRST_ONES = 0.55
#: How often a sentence is typed carelessly, and then a word of four letters or more.
_CARELESS, _MISTYPED = 0.45, 0.16
#: How often a stranger is any common word.
_UNHEARD = 0.35
#: How often something polite stands before a request or behind it, and idle words between.
_ASKED, _CLOSED, _IDLE = 0.2, 0.3, 0.12


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text, and the label of each of its `tokens`."""

    text: str
    labels: tuple[str, ...]
    meant: str = ""  # the text without typing errors


def request(seed: Sequence[int]) -> Sentence:
    """A request of one to four wishes."""
    rng = np.random.default_rng([*seed, 0xED])
    count = int(rng.choice([1, 1, 2, 2, 3, 4]))
    pieces: list[tuple[str, str]] = []
    if rng.random() < _ASKED:
        pieces.append((_one(rng, ASK), GLUE))
    for number in range(count):
        if number:
            pieces.append((_one(rng, JOINTS), GLUE))
        pieces += _idle(rng) + _filled(PATTERNS[rng.integers(len(PATTERNS))], rng) + _idle(rng)
    if rng.random() < _CLOSED:
        pieces.append((_one(rng, CLOSERS), GLUE))
    return _sentence(pieces, rng)


def _idle(rng: np.random.Generator) -> list[tuple[str, str]]:
    """Now and then a few common words that say nothing of faces."""
    if rng.random() >= _IDLE:
        return []
    words = [_one(rng, _saying_nothing()) for _ in range(int(rng.integers(1, 4)))]
    return [(f" {' '.join(words)} ", GLUE)]


def described(seed: Sequence[int]) -> Sentence:
    """A caption of somebody who need not exist, labelled by its spans."""
    rng = np.random.default_rng([*seed, 0xCB])
    facts = {
        name: _one(rng, sorted({value for role in roles.values() for value in role}))
        for name, roles in CAPTION_WORDS.items()
        if rng.random() < 0.4
    }
    said = caption(facts, [int(part) for part in seed])
    pieces, at = [], 0
    for span in said.spans:
        words = said.text[span.start : span.end]
        fact = FACT_LABELS.get((span.attribute, span.value)) or FACT_LABELS.get(
            (span.attribute, "")
        )
        pieces += _labelled(said.text[at : span.start], GLUE)
        pieces += _labelled(words, fact or GLUE)
        at = span.end
    pieces += _labelled(said.text[at:], GLUE)
    return _sentence(pieces, rng)


def _labelled(words: str, fact: str) -> list[tuple[str, str]]:
    """The words of a span: those known to mean something else get their own label."""
    found = []
    if fact == "person:shaven" and words.lower().startswith("no "):
        fact = "topic:beard" if "beard" in words else "topic:facial_hair"
    if fact == NUMBER:  # “71-year-old”
        digits = re.search(r"\d", words)
        pieces = re.findall(r"\d+|\D+", words) if digits else [words]
        return [(p, YEARS if digits and not p.isdigit() else NUMBER) for p in pieces]
    for match in re.finditer(r"[\w']+(?:-[\w']+)*|[^\w']+", words):
        piece = match[0]
        own = _modifiers().get(piece.lower())
        if own in ("bit", "much") and fact.partition(":")[0] not in _GRADED:
            own = None
        if own and piece.lower() not in _alternatives(fact):
            found.append((piece, own))
        else:
            found.append((piece, GLUE if piece.lower() in GLUE_WORDS else fact))
    return found


@cache
def _modifiers() -> dict[str, str]:
    """Single words that say how much, and names of parts."""
    kinds = ("no", "bit", "much", "topic:hair", "topic:eyes", "topic:skin", "topic:lips")
    return {w: kind for kind in reversed(kinds) for w in WORDS[kind] if " " not in w}


@cache
def _alternatives(label: str) -> frozenset[str]:
    return frozenset(WORDS.get(label, ""))


def _filled(pattern: Pattern, rng: np.random.Generator) -> list[tuple[str, str]]:
    """The pieces of a pattern, its places filled with words of one of the labels they allow."""
    pieces, at = [], 0
    for place in _PLACE.finditer(pattern.text):
        pieces.append((pattern.text[at : place.start()], GLUE))
        at = place.end()
        name, optional = place[1].removesuffix("?"), place[1].endswith("?")
        if optional and rng.random() < 0.55:
            pieces.append(("", GLUE))
            continue
        pieces.append(_word(name, pattern, rng))
    pieces.append((pattern.text[at:], GLUE))
    return pieces


def _word(name: str, pattern: Pattern, rng: np.random.Generator) -> tuple[str, str]:
    if name == NUMBER:
        return (str(rng.integers(3, 99)) if rng.random() < 0.6 else _one(rng, NUMBERS)), NUMBER
    if name == _STRANGER:
        return _one(rng, STRANGERS if rng.random() > _UNHEARD else _ordinary()), UNKNOWN
    if "=" in name:  # these very words
        label, words = name.split("=")
        return _one(rng, words.split("|")), label
    if name == "~@ask":
        return _common(rng, ASK), GLUE
    if name.startswith("~"):  # glue, one of several
        return _common(rng, name[1:].split("|")), GLUE
    label = _one(rng, pattern.places.get(name, (name,)))
    if "=" in label:
        return _word(label, pattern, rng)
    return _common(rng, WORDS[label]), label


@cache
def _saying_nothing() -> tuple[str, ...]:
    """Common words that can mean nothing here."""
    telling = {w for texts in WORDS.values() for text in texts for w in (text, f"{text}s")}
    return tuple(word for word in COMMON if word not in telling)


@cache
def _ordinary() -> tuple[str, ...]:
    """Common words that are not taught, in order."""
    return tuple(sorted(word for word in ordinary() if len(word) > SHORTEST + 1))


def _sentence(pieces: Sequence[tuple[str, str]], rng: np.random.Generator) -> Sentence:
    """One text; each token's label is that of the piece it came from."""
    careless = rng.random() < _CARELESS
    text, owners, meant = "", [], "".join(words for words, _ in pieces)
    for words, label in pieces:
        typed = re.sub(r"[^\W\d_]{4,}", lambda m: _typed(m[0], rng), words) if careless else words
        text += typed
        owners += [label] * len(typed)
    if rng.random() < 0.3:
        text = text.upper() if rng.random() < 0.1 else text[:1].upper() + text[1:]
    found = tokens(text)
    labels = [_owner(text[word.start], owners[word.start : word.end]) for word in found]
    alone = [sum(label == other for other in labels) == 1 for label in labels]
    return Sentence(text, tuple(map(_unglued, found, labels, alone)), meant)


def _unglued(word: Token, label: str, alone: bool) -> str:
    """Articles and the like within a phrase say nothing, unless they are all of it."""
    return GLUE if word.word in GLUE_WORDS and not alone else label


def _owner(first: str, labels: Sequence[str]) -> str:
    """The label of a word; one made of two pieces belongs to the one that says something."""
    if first.isdigit():
        return labels[0]  # “60ish” is a number
    telling = [label for label in labels if label != GLUE]
    return max(telling, key=telling.count) if telling else GLUE


def _typed(word: str, rng: np.random.Generator) -> str:
    if rng.random() > _MISTYPED:
        return word
    place, kind = int(rng.integers(1, len(word) - 1)), rng.integers(5)
    if kind == 0:  # two letters change places
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[: place + 1] + word[place:]
    near = _NEAR_KEYS.get(word[place].lower(), "e")
    if kind == 3:
        return word[:place] + _one(rng, near) + word[place + 1 :]
    return word[:place] + _one(rng, near) + word[place:]


def _common(rng: np.random.Generator, choices: Sequence[str]) -> str:
    """One of the choices; half the time one of the first few, which are the commonest."""
    first = rng.random() < _FIRST_ONES
    return choices[int(rng.geometric(0.45) - 1) % len(choices)] if first else _one(rng, choices)


def _one(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]
