"""What faces do, as far as a few words settle it: shut mouths, raised brows, gazes."""

from __future__ import annotations

from collections.abc import Sequence

from head360.editing.labels import BIT, GLUE, KEEP, LESS, MUCH, NO, UNKNOWN
from head360.editing.tokens import Token

_LOOKING = frozenset(
    {"look", "looks", "looking", "gaze", "gazing", "gazes", "glance", "glancing", "glances", "eyes",
     "eye", "stare", "staring", "stares", "peek", "roll", "rolling", "pupils", "leftwards",
     "rightwards", "raised", "raise", "lower", "lowered", "downcast"}
)  # fmt: skip
_DIRECTIONS = {
    "up": "up", "upwards": "up", "down": "down", "downwards": "down", "left": "left",
    "right": "right", "upward": "up", "downward": "down", "leftward": "left", "rightward": "right",
    "leftwards": "left", "rightwards": "right",
}  # fmt: skip
_VERBS = {
    "shut": "close", "close": "close", "closed": "close", "closing": "close", "open": "open",
    "opening": "open",
    "lift": "lift", "raise": "lift", "put": "back", "pull": "back",
}  # fmt: skip
#: What is done to a part of the face: which way, and which of the moves.
_DONE = {
    ("close", "mouth"): ("", "mouth closed"), ("close", "lip"): ("", "mouth closed"),
    ("close", "eye"): ("", "eyes closed"), ("open", "mouth"): ("", "mouth open"),
    ("open", "jaw"): ("", "mouth open"), ("close", "jaw"): ("", "mouth closed"),
    ("open", "eye"): (NO, "eyes closed"), ("lift", "brow"): ("", "brows up"),
    ("lift", "eyebrow"): ("", "brows up"), ("back", "tongue"): (NO, "tongue"),
}  # fmt: skip


_INTERJECTIONS = frozenset(
    {"omg", "lol", "haha", "hahaha", "lmao", "rofl", "ew", "eww", "ewww", "ugh", "wow", "yuck",
     "cheers", "gross", "yikes", "whoa", "hehe", "hah", "yay", "cheese", "sorry"}
)  # fmt: skip
_FEELING = frozenset(
    {"feel", "feels", "feeling", "looks", "look", "looking", "so", "very", "bit", "is", "be",
     "seem", "seems", "she's", "he's", "really"}
)  # fmt: skip
_POSES = ("eyes closed", "mouth closed", "mouth open", "eyes wide", "pressed lips")
_CARRIED = ("topic:", "style:", "person:", "hair:", "texture:", "color:", "move:", "shape:")


def interjected(words: Sequence[Token], labels: list[str]) -> None:
    """“Close her mouth, omg”: nobody need look amazed; “down” is a mood of those who feel it."""
    for at, (word, label) in enumerate(zip(words, labels, strict=True)):
        if word.word == "cross" and [w.word for w in words[at + 1 : at + 2]] == ["eyed"]:
            labels[at], labels[at + 1] = UNKNOWN, GLUE
            continue
        lone = not any(o.startswith(_CARRIED) for o in labels)
        if word.word.startswith("calm") and label == LESS and lone:
            labels[at] = "move:neutral"  # “make him calm down”
            labels[at + 1 :] = [GLUE if o == LESS else o for o in labels[at + 1 :]]
            continue
        if word.word == "pop" and label == "move:eyes wide":
            labels[at] = "shape:bright"  # “make the eyes pop”
            labels[:] = ["topic:eyes" if o == "move:eyes wide" else o for o in labels]
        posed = any(o.startswith("move:") and o[5:] in _POSES for o in labels[at + 1 : at + 4])
        if label == KEEP and posed:
            labels[at] = GLUE  # “smile, but keep the eyes closed”
        if not label.startswith("move:"):
            continue
        others = [o for o in (*labels[:at], *labels[at + 1 :]) if o.startswith(_CARRIED)]
        called = word.word in _INTERJECTIONS and any(other != label for other in others)
        before = words[at - 1].word if at else ""
        aside = label == "move:sad" and word.word in ("down", "blue") and before not in _FEELING
        if called or (aside and others and label not in others):
            labels[at] = GLUE


def moves(words: Sequence[Token], labels: list[str]) -> None:
    """“Shut your mouth”, “open the eyes again”, “put the tongue back in”."""
    for at, word in enumerate(words):
        if labels[at] == "move:tongue":
            for n in range(at + 1, min(at + 3, len(words))):
                labels[n] = GLUE if words[n].word == "out" else labels[n]
        for n in range(at + 1, min(at + 4, len(words))):
            if words[n].after_break:
                break
            move = _DONE.get((_VERBS.get(word.word, ""), words[n].word.removesuffix("s")))
            told = labels[n].startswith("move:") and labels[at].startswith("move:")
            told = told and "eyes wide" not in labels[at]  # “open the eyes”, not “wide”
            if move is None or told or words[at + 1].word == "set":
                continue
            way, name = move
            widely = {w.word for w in words[n + 1 : n + 3]} & {"wide", "wider", "widely", "fully"}
            if name == "eyes closed" and way and widely:
                way, name = "", "eyes wide"
                labels[n + 1 : n + 3] = [GLUE] * len(labels[n + 1 : n + 3])
            labels[at], labels[n] = way or f"move:{name}", f"move:{name}"
            if words[n].word == "tongue":
                labels[n + 1 : n + 3] = [GLUE] * len(labels[n + 1 : n + 3])


def states(words: Sequence[Token], labels: list[str]) -> None:
    """“Her mouth should be closed”."""
    for at, word in enumerate(words):
        for n in range(at + 1, min(at + 5, len(words))):
            verb = _VERBS.get(words[n].word.removesuffix("ed").replace("clos", "close"), "")
            move = _DONE.get((verb, word.word.removesuffix("s"))) if verb != "back" else None
            if move is not None and labels[at].startswith("topic:"):
                labels[at], labels[n] = move[0] or f"move:{move[1]}", f"move:{move[1]}"
                break
            if labels[n] != GLUE:
                break


def looks(words: Sequence[Token], labels: list[str]) -> None:
    """“Up”, “down”, “left” and “right” are looked at only where somebody looks."""
    for at, word in enumerate(words):
        tilted = any(w.word in _TILTING for w in words[max(at - 4, 0) : at + 1])
        browed = tilted or any(label.startswith(_BROWED) for label in labels[at : at + 4])
        if word.word not in _LOOKING or labels[at].startswith("topic:eyes") or browed:
            continue
        for n in range(at + 1, min(at + 4, len(words))):
            if words[n].word in _DIRECTIONS:
                labels[at] = labels[n] = f"move:look {_DIRECTIONS[words[n].word]}"
                break
            if labels[n] != GLUE and not labels[n].startswith("move:look"):
                break
        _second(at, words, labels)
    for at, label in enumerate(labels):
        if not label.startswith("move:look"):
            continue
        back = at - 1
        while back >= max(at - 5, 0) and _idle(labels[back]):
            if words[back].word in _LOOKING:
                break
            back -= 1
        else:
            sees = words[at].word in _LOOKING or any(
                w.word in _LOOKING for w in words[at + 1 : at + 3]
            )
            labels[at] = label if sees or _begins(back, labels) else GLUE


_TILTING = frozenset({"tilt", "slant", "rotate", "angle", "tilted"})
_BROWED = ("topic:brows", "move:brows", "topic:lids")


def _second(at: int, words: Sequence[Token], labels: list[str]) -> None:
    """“Look up and to the right”."""
    for n in range(at + 2, min(at + 7, len(words))):
        joined = "and" in {word.word for word in words[at + 1 : n]}
        if joined and words[n].word in _DIRECTIONS and labels[n] == GLUE:
            labels[n] = f"move:look {_DIRECTIONS[words[n].word]}"


def _idle(label: str) -> bool:
    """Whether a direction can look back over a word of this label."""
    return label in (GLUE, BIT, MUCH) or label.startswith("move:look")


def _begins(at: int, labels: Sequence[str]) -> bool:
    """Whether nothing that tells stands there or before: “right”, said alone."""
    return not any(label != GLUE for label in labels[: at + 1]) and len(labels) <= 2
