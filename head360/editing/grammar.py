"""What each word of a sentence means, where a few words settle it.

“Too big” wishes for less, “not too big” for a bit; “instead of” and “swap … for …” refuse; “don't
lose” keeps; “black” right before “man” is a skin; “the man” is whoever is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from head360.editing.complaints import complaints
from head360.editing.gestures import interjected, looks, moves, states
from head360.editing.haircuts import haircuts
from head360.editing.labels import (
    BIT,
    GLUE,
    KEEP,
    LESS,
    MORE,
    MUCH,
    NO,
    NUMBER,
    SHAPES,
    UNKNOWN,
    YEARS,
)
from head360.editing.people import AGED, PEOPLE, people
from head360.editing.tokens import Token
from head360.editing.turns import turn

#: Labels beside the network's: what stands before something that another thing replaces, and
#: before something that is not wished for.
SWAP, NOT = "swap", "not"

_OUGHT = frozenset({"must", "should", "to", "can", "gotta"})
#: “Don't lose the beard” keeps it.
_DENIALS = frozenset({"don't", "dont", "not", "never", "without", "didn't"})
_LOSING = frozenset(
    {"touch", "touching", "change", "changing", "alter", "altering", "lose", "losing", "remove",
     "removing", "cut", "cutting", "shave", "delete", "mess", "ruin", "hide", "trim"}
)  # fmt: skip
#: “Hasn't slept”, “not shaved” can be seen.
_UNDONE = {
    "slept": "topic:dark_circles", "sleep": "topic:dark_circles", "shaved": "topic:stubble",
    "shaving": "topic:stubble",
}  # fmt: skip
_TOO_MUCH = frozenset({MUCH, *(f"shape:{shape}" for shape in SHAPES)})
_SWAPS = frozenset({"swap", "replace", "exchange", "trade", "substitute", "switch", "replacing"})
_FOR = frozenset({"for", "with", "by", "to"})
_INSTEAD = {("instead", "of"), ("rather", "than"), ("in", "place")}
_GIVING = frozenset({"give", "have", "make", "put", "try", "let", "do", "i'd", "go"})
_DENIED = ("color", "texture", "shape", "person")
_FACES = frozenset(f"shape:{shape}" for shape in SHAPES) - {"shape:soft", "shape:smooth"}
_PINNED = frozenset({"piercing", "piercings", "ring", "stud", "studs", "rings"})
_PARTICLES = {
    ("tone", "down"): LESS, ("turn", "down"): LESS, ("dial", "down"): LESS, ("dial", "back"): LESS,
    ("play", "down"): LESS, ("cut", "down"): LESS, ("turn", "up"): MORE, ("play", "up"): MORE,
    ("bring", "out"): MORE, ("take", "off"): NO, ("take", "away"): NO, ("take", "out"): NO,
    ("wipe", "off"): NO, ("wash", "off"): NO, ("get", "off"): NO, ("cover", "up"): NO,
}  # fmt: skip
_PARTS = frozenset(
    f"topic:{part}" for part in ("hair", "eyes", "nose", "lips", "face", "chin", "head", "mouth")
)


def settle(words: list[Token], labels: list[str]) -> None:
    """Change labels, and where clauses begin, as a few words demand."""
    for rule in (
        _denied, _leaving, _excepted, _particles, _too, _after_topics, _years_on, _swapped, _not,
        complaints, people, haircuts, moves, states, looks, interjected, turn, _reddened,
        _amounts, _compounds,
    ):  # fmt: skip
        rule(words, labels)


def _denied(words: list[Token], labels: list[str]) -> None:
    """“Don't lose”, “without touching”: kept."""
    for at, word in enumerate(words[:-1]):
        follows = words[at + 1].word
        if word.word in _DENIALS and follows in _LOSING:
            labels[at] = labels[at + 1] = KEEP
            words[at] = replace(word, after_break=True)
        elif labels[at] == NO and follows in _UNDONE:
            labels[at], labels[at + 1] = GLUE, _UNDONE[follows]
        if word.word.startswith("cover") and any(
            w.word in ("with", "in") for w in words[at + 1 : at + 5]
        ):
            labels[at] = GLUE  # “cover her with freckles”


def _leaving(words: Sequence[Token], labels: list[str]) -> None:
    """“Leave a mohawk” wishes for one, “leave the mohawk” keeps it."""
    for at, label in enumerate(labels[:-1]):
        faced = labels[at + 1 : at + 4]
        if label == KEEP and "topic:face" in faced and faced[-1] in ("person:young", "person:old"):
            labels[at + 1 : at + 4] = [GLUE, GLUE, "topic:age"][-len(faced) :]
        if words[at].word == "hold" and label == NO and labels[at + 1 : at + 3][-1] in _HELD:
            labels[at] = KEEP
        if label == KEEP and words[at + 1].word in ("everything", "all") and at + 3 < len(labels):
            labels[at] = labels[at] if "same" in [w.word for w in words] else GLUE
        it = words[at + 1].word in ("it", "them", "things") and at + 2 < len(labels)
        how = it and labels[at + 2].startswith(("shape:", "color:", "texture:", BIT, "hair:"))
        if label == KEEP and (how or words[at + 1].word in ("a", "an", "just", "some", "only")):
            labels[at] = GLUE


_HELD = frozenset(f"topic:{part}" for part in ("hair", "age", "eyes", "skin", "nose", "face"))


def _excepted(words: list[Token], labels: list[str]) -> None:
    """“Everything stays except the hair”: that is what changes."""
    for at, word in enumerate(words):
        before = [n for n in range(at) if labels[n] == KEEP or words[n].word == "same"]
        whole = {"everything", "all", "nothing", "anything"} & {w.word for w in words[:at]}
        refused = [n for n in range(at) if labels[n] == NO]
        if word.word in ("except", "besides", "bar") and refused and not before:
            labels[at] = KEEP  # “all make-up off except lipstick”
            words[at] = replace(word, after_break=True)
        if word.word in ("except", "apart", "besides", "but", "only") and before and whole:
            for n in (*before, at):
                labels[n] = GLUE
            words[at] = replace(word, after_break=True)


def _particles(words: Sequence[Token], labels: list[str]) -> None:
    """“Tone the freckles down”, “take her lipstick off”."""
    for at, word in enumerate(words):
        for n in range(at + 2, min(at + 6, len(words))):
            told = _PARTICLES.get((word.word, words[n].word))
            between = [label for label in labels[at + 1 : n] if label != GLUE]
            if told and between and all(label.startswith("topic:") for label in between):
                labels[at], labels[n] = told, GLUE
                break


def _too(words: Sequence[Token], labels: list[str]) -> None:
    """“Too big” is less, “not too big” is a bit; at the end, “too” says nothing."""
    for at, word in enumerate(words):
        mistyped = word.word == "to" and 0 < at < len(words) - 1
        mistyped = mistyped and (labels[at + 1] in _TOO_MUCH or labels[at + 1][:6] == "person")
        looks = words[at - 1].word in ("is", "are", "look", "looks", "way", "far", "bit")
        looks = looks or (words[at - 1].word in ("she's", "he's") and at + 2 == len(words))
        looks = looks and words[max(at - 2, 0)].word not in ("a", "any", "the", "one", "some")
        if mistyped and (looks or labels[at - 1].startswith("topic:")):
            labels[at] = LESS  # “eyebrows to thick”
            labels[at + 1] = "shape:full" if words[at + 1].word == "thick" else labels[at + 1]
        if word.word != "too":
            continue
        following = at + 1 < len(words) and not words[at + 1].after_break
        if not following or (
            labels[at + 1] in (GLUE, UNKNOWN) and words[at + 1].word not in ("much", "many")
        ):
            labels[at] = GLUE if labels[at] != BIT else BIT
            continue
        denied = at and (words[at - 1].word in _DENIALS or words[at - 1].word.endswith("n't"))
        labels[at] = BIT if denied else LESS
        if denied:
            labels[at - 1] = BIT
        if words[at + 1].word in ("much", "many"):
            labels[at + 1] = labels[at]
        for n in range(at + 2, min(at + 5, len(words))):  # “too big for her face”
            if words[n].word == "for":
                _forget_whole(labels, range(n + 1, min(n + 3, len(words))))


def _forget_whole(labels: list[str], places: Iterable[int]) -> None:
    for at in places:
        if labels[at] in ("topic:face", "topic:head"):
            labels[at] = GLUE


def _after_topics(words: Sequence[Token], labels: list[str]) -> None:
    """“The face longer”, “beard off”, “the beard must go”, “wrinkle-free”."""
    for at, word in enumerate(words[:-1]):
        topic, follows = labels[at].startswith("topic:"), words[at + 1].word
        if word.word == "face" and labels[at] == GLUE and _shaped(labels[at + 1 : at + 3]):
            labels[at] = "topic:face"  # not “a face with …”
        elif follows == "face" and labels[at + 1] == GLUE and labels[at] in _FACES:
            labels[at + 1] = "topic:face"  # “a broad face”
        elif topic and follows in ("off", "free", "away") and not words[at + 1].after_break:
            labels[at + 1] = NO
        elif topic and follows == "thick" and labels[at + 1] == MUCH:
            labels[at + 1] = "shape:full"  # “lips: thick”
        elif word.word == "face" and _face_colored(labels, at):
            labels[at] = "topic:skin"  # “with a red face”
        elif word.word == "same" and labels[at + 1].startswith("topic:"):
            but = [w.word for w in words[at + 2 : at + 3]] == ["but"] and len(words) < at + 6
            labels[at] = GLUE if but else KEEP  # “same hair but darker”
        elif word.word == "never" and follows == "mind":
            labels[at] = labels[at + 1] = KEEP
        elif follows == "go" and word.word in _OUGHT:
            labels[at], labels[at + 1] = GLUE, NO


def _face_colored(labels: Sequence[str], at: int) -> bool:
    """Whether a colour stands right before, or “face” is a topic and a colour follows."""
    return labels[at] in (GLUE, "topic:face") and at > 0 and labels[at - 1].startswith("color:")


def _shaped(following: Sequence[str]) -> bool:
    """Whether a shape follows, or “much” and a shape."""
    first = following[1:2] if following[0] in (BIT, MUCH, MORE, LESS) else following[:1]
    return bool(first) and first[0].startswith("shape:")


def _named_next(words: Sequence[Token], labels: Sequence[str], at: int) -> bool:
    """Whether “the” and a part follow."""
    following = labels[at + 2 : at + 3]
    return (
        words[at + 1].word in ("the", "her", "his")
        and following[:1] != []
        and following[0].startswith("topic:")
    )


def _reddened(words: Sequence[Token], labels: list[str]) -> None:
    """Reddened cheeks are blush."""
    del words
    for at, label in enumerate(labels):
        near = slice(max(at - 4, 0), at + 6)
        if label == "topic:redness" and "topic:lips" in labels[near]:
            labels[at] = "color:pink"  # rosy lips
        if label in ("color:pink", "color:red") and "topic:cheeks" in labels[near]:
            labels[near] = ["topic:blush" if o == "topic:cheeks" else o for o in labels[near]]
            labels[at] = GLUE
        if label == "topic:redness" and "topic:cheeks" in labels[near]:
            labels[near] = [
                "topic:blush" if o in ("topic:cheeks", label) else o for o in labels[near]
            ]


def _compounds(words: Sequence[Token], labels: list[str]) -> None:
    """“A cowboy hat”, “a face tattoo” are one thing, and nothing that is known."""
    for at in range(len(words) - 1):
        if labels[at] in _PARTS and words[at + 1].word in _PINNED:
            labels[at + 1] = UNKNOWN
        joined = labels[at + 1] == UNKNOWN and not words[at + 1].after_break
        heavy = words[at].word in ("heavy", "thick", "light", "fine")
        if joined and heavy and labels[at] in ("person:heavy", "person:slim"):
            labels[at] = GLUE  # “heavy lashes”
        somebody = labels[at] in PEOPLE and words[at].word not in AGED
        if joined and (somebody or labels[at] in _PARTS):
            labels[at] = UNKNOWN


def _years_on(words: Sequence[Token], labels: list[str]) -> None:
    """“Put ten years on her” is older."""
    for at, word in enumerate(words[1:], 1):
        if word.word == "on" and labels[at - 1] == YEARS and NUMBER in labels[:at]:
            labels[at] = MORE


def _swapped(words: list[Token], labels: list[str]) -> None:
    """“Swap the beard for stubble”, “stubble instead of a beard”."""
    for at, word in enumerate(words[:-1]):
        if word.word == "than" and at and labels[at + 1 : at + 3][-1].startswith("style:"):
            labels[at + 1 : at + 3] = [GLUE] * len(labels[at + 1 : at + 3])  # “than a ponytail”
        if (word.word, words[at + 1].word) in _INSTEAD and at == 0:
            gives = [n for n in range(2, len(words)) if words[n].word in _GIVING]
            for n in gives[:1]:
                words[n] = replace(words[n], after_break=True)  # “instead of braids give her …”
        if (word.word, words[at + 1].word) in _INSTEAD:
            labels[at], labels[at + 1] = NOT, GLUE
            words[at] = replace(word, after_break=True)
        elif word.word in _SWAPS and labels[at] in (NO, GLUE, UNKNOWN):
            later = [n for n in range(at + 2, len(words) - 1) if words[n].word in _FOR]
            labels[at] = SWAP if later else GLUE
            first = next((n for n in range(at + 1, len(words)) if labels[n] != GLUE), at)
            before = later and first < later[0]
            if before and labels[first].startswith("color:") and labels[first + 1] == GLUE:
                labels[at] = labels[first] = GLUE  # “swap the blonde for brunette”
            if later:
                words[later[0] + 1] = replace(words[later[0] + 1], after_break=True)


def _not(words: list[Token], labels: list[str]) -> None:
    """“Green, not brown”, “to the chin, not longer”, “arched not flat”: what is not wished for."""
    for at, word in enumerate(words[:-1]):
        kind = labels[at + 1].partition(":")[0]
        kinds = ("shape", "hair", "style", "texture") if kind == "shape" else (kind,)
        said = any(label.partition(":")[0] in kinds for label in labels[:at])
        n = at + 2 if words[at + 1].word in ("a", "an") and at + 2 < len(words) else at + 1
        another = any(label.startswith("color:") for label in labels[n + 1 :])
        if word.word == "not" and labels[n].startswith("color:") and another and not said:
            labels[at] = labels[n] = GLUE  # “not a blonde, a brunette”
        if labels[at] == NO and (other := _other_color(words, labels, at)):
            labels[at] = labels[other] = GLUE
        if at and word.word == "not" and _named_next(words, labels, at):
            labels[at] = KEEP  # “grey hair, not the beard”
            words[at] = replace(word, after_break=True)
            continue
        if word.word == "no" and kind == "person":
            continue
        if word.word in ("not", "never", "no") and kind in _DENIED and said:
            labels[at] = NOT
            words[at] = replace(word, after_break=True)


def _other_color(words: Sequence[Token], labels: Sequence[str], at: int) -> int:
    """Where the colour stands that is refused for another, behind a “no”; 0: nowhere.

    “Her hair shouldn't be white, make it brown”, “no red hair, I'd rather have black”.
    """
    n = at + 2 if words[at + 1].word in ("be", "a") else at + 1
    if not labels[n : n + 1] or not labels[n].startswith("color:"):
        return 0
    rest = labels[n + 1 :]
    if rest[:1] and rest[0].startswith("topic:"):
        rest = rest[1:]
    told = [label for label in rest if label not in (GLUE, BIT, MUCH)]
    broken = any(word.after_break or word.word == "but" for word in words[n + 1 :])
    return n if broken and len(told) == 1 and told[0].startswith("color:") else 0


def _amounts(words: Sequence[Token], labels: list[str]) -> None:
    """“Raise her BMI”, “lower the redness”: more and less of what is no place."""
    for at, word in enumerate(words):
        way = MORE if word.word in _RAISING else LESS if word.word in _LOWERING else ""
        if not way or labels[at] not in ("shape:high", "shape:low", MORE, LESS, GLUE):
            continue
        following = [label for label in labels[at + 1 : at + 4] if label != GLUE]
        if following and following[0].startswith(_MEASURED):
            labels[at] = way
        placed = (*following[:1], *(o for o in labels[max(at - 2, 0) : at]))
        if labels[at] == way and any(o in _PLACED for o in placed):
            labels[at] = "shape:high" if way == MORE else "shape:low"


_PLACED = frozenset(
    f"topic:{part}" for part in ("brows", "lids", "hairline", "mouth", "cheeks", "nose_tip")
)
_RAISING = frozenset({"raise", "raised", "raising", "lift", "heighten"})
_LOWERING = frozenset({"lower", "lowered", "lowering", "drop", "bring"})
_MEASURED = (
    "person:heavy", "person:slim", "topic:redness", "topic:blush", "topic:freckles",
    "topic:wrinkles", "topic:lipstick", "topic:eyeshadow", "topic:eyeliner", "topic:makeup",
    "topic:dark_circles", "topic:age_spots", "topic:age", "texture:",
)  # fmt: skip
