"""Captions in words, made from facts: many phrasings, the same one for the same seed.

A caption is a text and its spans. A span says which words state which fact: (attribute, value,
first character, end). All other words are glue that states nothing, so a caption can only say what
is true, and editing a text can be learned from captions whose facts differ in one attribute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from training.synhead.caption_words import (
    ADJECTIVES,
    AFTER_NOUN,
    AMERICAN,
    DOINGS,
    NEUTRAL_NOUNS,
    NOUNS,
    OPENINGS,
    RIVALS,
    TAILS,
    THINGS,
    WORDS,
)
from training.synhead.facts import NONE, Record, picture_facts

#: How often a fact about something missing (no freckles) is worth a word.
_MISSING_SAID = 0.25
#: How often a person is called a person.
_SEX_UNSAID = 0.12
_MOST_FACTS = 11
_PLACE = re.compile(r"\{([a-z_]+)(?:\.([a-z]+))?\}")
_POSSESSIVE = "{possessive}"


@dataclass(frozen=True, slots=True)
class Span:
    """Words that state a fact: `text[start:end]`."""

    attribute: str
    value: str
    start: int  # characters
    end: int


@dataclass(frozen=True, slots=True)
class Caption:
    """A text and what its words mean; spans are in order and do not overlap."""

    text: str
    spans: tuple[Span, ...]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"text": self.text, "spans": [list(asdict(span).values()) for span in self.spans]}

    @classmethod
    def of(cls, record: Record) -> Caption:
        """From `record`."""
        return cls(str(record["text"]), tuple(Span(*span) for span in record["spans"]))


def caption(facts: Mapping[str, str], seed: Sequence[int]) -> Caption:
    """Say some of the facts, chosen and phrased by the seed (whole numbers, 0 or more)."""
    return _Speaker(facts, np.random.default_rng([*seed, 0xCA])).speak()


def picture_captions(head: Record, view: Record, number: int) -> list[Caption]:
    """One caption for each lighting set-up of view `number`; records as in head.json."""
    count = max(1, len(head.get("lights", ())))
    seed = int(head.get("seed", 0)) % 2**32
    return [
        caption(picture_facts(head, view, set_up), (seed, number, set_up))
        for set_up in range(count)
    ]


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    fact: tuple[str, str] | None = None


_Pieces = list[_Piece]


def _glue(text: str) -> _Pieces:
    return [_Piece(text)]


class _Speaker:
    """Says facts one at a time; each is said once."""

    def __init__(self, facts: Mapping[str, str], rng: np.random.Generator) -> None:
        self._rng = rng
        self._american = bool(rng.random() < 0.5)
        self._facts = {n: v for n, v in facts.items() if v != NONE or rng.random() < _MISSING_SAID}
        self._neutral = "sex" not in facts or rng.random() < _SEX_UNSAID
        if self._neutral:
            self._facts.pop("sex", None)
        elif facts["sex"] == "female" and facts.get("stubble") == NONE:
            self._facts.pop("stubble", None)  # true, but nobody would say so
        self._said: set[str] = set()
        self._left = int(rng.integers(1, _MOST_FACTS + 1))

    def speak(self) -> Caption:
        layouts: list[Callable[[], _Pieces]] = [
            self._one_sentence, self._one_sentence, self._doing_first, self._tail_first,
            self._keywords,
        ]  # fmt: skip
        if not self._neutral:
            layouts += [self._two_sentences, self._three_sentences]
        return _joined(layouts[self._rng.integers(len(layouts))]())

    # Layouts

    def _one_sentence(self) -> _Pieces:
        pieces = [*self._opening(), *self._who()]
        pieces += self._listed(self._things(), self._one_of(" with ", " with ", " who has "))
        pieces += self._trailing(self._doings(2)) + self._trailing(self._tails(2))
        return _sentence(pieces)

    def _doing_first(self) -> _Pieces:
        doings, tails = self._doings(2), self._tails(1)
        pieces = [*self._opening(), *self._who(), *self._listed(doings, " ")]
        pieces += self._listed(self._things(), self._one_of(", with ", ", having "))
        return _sentence(pieces + self._trailing(tails))

    def _tail_first(self) -> _Pieces:
        tails = self._tails(1)
        pieces = [*tails[0], _Piece(", ")] if tails else []
        pieces += self._who() + self._listed(self._things(), " with ")
        return _sentence(pieces + self._trailing(self._doings(1)))

    def _keywords(self) -> _Pieces:
        parts = [self._who(article=False), *self._things(), *self._doings(2), *self._tails(2)]
        return [*_separated(parts, ", ", ", ")]

    def _two_sentences(self) -> _Pieces:
        first = [*self._opening(), *self._who(), *self._trailing(self._tails(2))]
        things, doings = self._things(), self._doings(2)
        second = self._subject(self._listed(things, " has "), self._listed(doings, " is "))
        return _sentence(first) + second

    def _three_sentences(self) -> _Pieces:
        first = [*self._opening(), *self._who(), *self._listed(self._things(2), " with ")]
        second = self._subject(self._listed(self._things(3), " has "))
        third = self._subject(self._listed(self._doings(2), " is "))
        return _sentence(first + self._trailing(self._tails(1))) + second + third

    # Parts

    def _opening(self) -> _Pieces:
        return _glue(self._one_of(*OPENINGS))

    def _who(self, article: bool = True) -> _Pieces:
        """A noun with what is said before and right after it."""
        before = [
            self._say(self._shuffled(line)) for line in ADJECTIVES if self._rng.random() < 0.4
        ]
        nouns = NEUTRAL_NOUNS if self._neutral else NOUNS
        noun = self._say([self._one_of(*nouns)], free=True) or _glue("person")
        aged = self._said & {"age", "age_decade"}
        after = (
            self._say(self._shuffled(AFTER_NOUN)) if self._rng.random() < 0.3 and not aged else []
        )
        pieces = _glue("a ") if article else []
        for words in [p for p in before if p]:
            pieces += [*words, _Piece(" ")]
        return [*pieces, *noun, *([_Piece(" "), *after] if after else [])]

    def _things(self, most: int = 6) -> list[_Pieces]:
        return self._several(THINGS, most)

    def _doings(self, most: int) -> list[_Pieces]:
        return self._several(DOINGS, most) if self._rng.random() < 0.6 else []

    def _tails(self, most: int) -> list[_Pieces]:
        return self._several(TAILS, most) if self._rng.random() < 0.6 else []

    def _several(self, templates: Sequence[str], most: int) -> list[_Pieces]:
        found: list[_Pieces] = []
        for template in self._shuffled(templates):
            if len(found) == most or self._left <= 0:
                break
            if words := self._say([template]):
                found.append(words)
        return found

    def _subject(self, *predicates: _Pieces) -> _Pieces:
        """“ He … and ….” Nothing if there is nothing to say."""
        told = [predicate for predicate in predicates if predicate]
        if not told:
            return []
        pieces = self._say(["{sex.subject}"], free=True)
        for number, predicate in enumerate(told):
            pieces += [*([_Piece(" and")] if number else []), *predicate]
        return [_Piece(" "), *_sentence(pieces)]

    def _listed(self, parts: list[_Pieces], lead: str) -> _Pieces:
        """Lead, then a, b and c."""
        last = ", and " if self._american and len(parts) > 2 else " and "
        return [_Piece(lead), *_separated(parts, ", ", last)] if parts else []

    def _trailing(self, parts: list[_Pieces]) -> _Pieces:
        return [piece for part in parts for piece in (_Piece(", "), *part)]

    # Words

    def _say(self, templates: Iterable[str], free: bool = False) -> _Pieces:
        """The first template all of whose places can be filled; [] if none can."""
        for template in templates:
            wanted = {name for name, role in _PLACE.findall(template) if role}
            if (free or not self._blocked(wanted)) and (pieces := self._filled(template)):
                if not free:
                    self._said |= wanted
                    self._left -= len(wanted)
                return pieces
        return []

    def _blocked(self, wanted: set[str]) -> bool:
        rivals = {name for group in RIVALS if group & wanted for name in group}
        return bool((wanted | rivals) & self._said)

    def _filled(self, template: str) -> _Pieces:
        owner = "their" if self._neutral else "{sex.possessive}"
        template, pieces, at = template.replace(_POSSESSIVE, owner), [], 0
        for place in _PLACE.finditer(template):
            name, role = place.groups()
            words = self._word(name, role)
            if words is None:
                return []
            pieces += [
                _Piece(template[at : place.start()]),
                _Piece(words, (name, self._facts[name])),
            ]
            at = place.end()
        return [piece for piece in (*pieces, _Piece(template[at:])) if piece.text]

    def _word(self, name: str, role: str) -> str | None:
        said = WORDS.get(name, {}).get(role, {}).get(self._facts.get(name, ""))
        choices = _spoken(said, self._american) if said else []
        return self._one_of(*choices) if choices else None

    def _one_of(self, *choices: str) -> str:
        return choices[int(self._rng.integers(len(choices)))]

    def _shuffled(self, templates: Sequence[str]) -> list[str]:
        return [templates[i] for i in self._rng.permutation(len(templates))]


def sayings(attribute: str, value: str) -> frozenset[str]:
    """Everything that may stand in a span of this fact, in small letters."""
    roles = WORDS.get(attribute, {}).values()
    said = [role[value] for role in roles if value in role]
    return frozenset(
        word.lower() for text in said for us in (False, True) for word in _spoken(text, us)
    )


def _spoken(alternatives: str, american: bool) -> list[str]:
    other = "uk:" if american else "us:"
    mine = [word for word in alternatives.split("|") if not word.startswith(other)]
    plain = [word.removeprefix("uk:").removeprefix("us:") for word in mine]
    return [_respelt(word) for word in plain] if american else plain


def _respelt(words: str) -> str:
    return re.sub(r"make-up|[a-z]+", lambda m: AMERICAN.get(m[0], m[0]), words)


def _separated(parts: list[_Pieces], between: str, last: str) -> _Pieces:
    pieces: _Pieces = []
    for number, part in enumerate(parts):
        joint = last if number == len(parts) - 1 else between
        pieces += [*([_Piece(joint)] if number else []), *part]
    return pieces


def _sentence(pieces: _Pieces) -> _Pieces:
    """With a capital and a full stop."""
    told = [piece for piece in pieces if piece.text]
    first = told[0]
    capital = _Piece(first.text[0].upper() + first.text[1:], first.fact)
    return [capital, *told[1:], _Piece(".")]


def _joined(pieces: _Pieces) -> Caption:
    """One text, with “an” before vowels."""
    text = ""
    spans: list[tuple[tuple[str, str], int, int]] = []
    for piece in reversed(pieces):
        words = piece.text
        if re.search(r"\b[Aa] $", words) and re.match(r"[aeiou]|8|11\b|18\b", text):
            words = words[:-1] + "n "
        spans = [(fact, start + len(words), end + len(words)) for fact, start, end in spans]
        if piece.fact:
            spans.append((piece.fact, 0, len(words)))
        text = words + text
    return Caption(text, tuple(Span(*fact, start, end) for fact, start, end in reversed(spans)))
