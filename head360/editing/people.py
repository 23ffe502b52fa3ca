"""Who is spoken of: what somebody shall become, and who is only pointed at or spoken to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from head360.editing.labels import BIT, GLUE, LESS, MUCH, NO, NUMBER, UNKNOWN
from head360.editing.tokens import Token

#: “The man”, “this guy” mean whoever is there.
_POINTING = frozenset({"the", "this", "that", "our", "said", "same"})
_BECOMING = frozenset({"into", "like", "as", "be", "version"})
PEOPLE = frozenset({"person:male", "person:female", "person:old", "person:young"})
AGED = frozenset({"old", "young", "older", "younger", "elderly", "aged", "female", "male"})
_THEIRS = frozenset({"my", "his", "her", "your", "our", "their"})
_LIKING = frozenset({"i'd", "would", "i", "we'd", "we", "she'd", "he'd", "they'd", "don't", "you"})
_SEEMING = frozenset({"look", "looks", "looking", "seem", "be", "is", "appear"})
_FIGURES = {
    "shape:narrow": "person:slim", "shape:thin": "person:slim", "shape:full": "person:heavy",
    "shape:big": "person:heavy", "shape:wide": "person:heavy",
}  # fmt: skip
_SEXES = frozenset({"person:male", "person:female"})
_SKINS = {
    "color:black": "color:deep", "color:brown": "color:deep", "color:dark brown": "color:deep",
    "color:white": "color:pale",
}  # fmt: skip
_PRONOUNS = frozenset({"she", "he", "her", "him", "them", "they"})
_AGEING = frozenset({"going", "gone", "turning", "went", "goes"})
_DYEING = frozenset({"dye", "dyed", "colour", "color", "bleach", "paint", "hair"})
_DEGREES = (BIT, MUCH)
#: What asks for something.
_TELLING = ("topic:", "style:", "move:", "texture:", "hair:", "shape:", "color:", "person:")
_KIN = frozenset(
    {"mum", "mom", "mummy", "mommy", "mother", "dad", "daddy", "father", "grandpa", "grandma",
     "granny", "grandad", "granddad", "gran", "nan", "nana", "gramp", "grandfather", "grandmother",
     "uncle", "aunt", "auntie", "sister", "brother", "son", "daughter", "wife", "husband",
     "boyfriend", "girlfriend", "cousin", "niece", "nephew"}
)  # fmt: skip
#: Before somebody's name, these make others into them.
_TURNING = frozenset(
    {"a", "an", "like", "as", "into", "of", "more", "less", "be", "become", "becomes", "typical"}
)
_ADDRESSES = frozenset(
    {"man", "girl", "guy", "guys", "dude", "mate", "lad", "lads", "boy", "lady", "chap", "bloke",
     "fella", "gal", "lass", "son", "mister", "sir", "miss", "madam", "ma'am"}
)  # fmt: skip
_WHO = frozenset({"she", "he", "they", "it"})
_WHO_IS = frozenset({"she's", "he's", "they're", "it's"})
_STATES = frozenset({"has", "is", "looks", "have", "are", "look", "had", "was", "were", "seems"})
_JOINING = frozenset(
    {"as", "like", "if", "that", "so", "when", "because", "who", "where", "what", "how", "than",
     "think", "and", "but", "though", "since", "sure", "until", "while", "say", "says", "whether",
     "once", "after", "before", "till", "see", "want", "wish", "unless", "or", "thinks",
     "imagine", "said", "then", "guess", "feel", "does", "did", "for", "at", "of", "in", "with"}
)  # fmt: skip


#: “A fat red nose” makes nobody fat.
_FLESH = {"person:heavy": "shape:full", "person:slim": "shape:thin"}
_FLESHY = frozenset(f"topic:{part}" for part in ("nose", "lips", "brows", "chin", "jaw", "mouth"))
_SIZES = frozenset(
    {"big", "large", "huge", "massive", "thick", "thin", "slim", "skinny", "chunky", "slender",
     "lean", "chubby", "plump", "bigger", "thinner", "slimmer", "broad"}
)  # fmt: skip
_BUILDS = {
    "shape:big": "person:heavy", "shape:full": "person:heavy", "shape:wide": "person:heavy",
    "shape:thin": "person:slim", "shape:narrow": "person:slim",
}  # fmt: skip


def people(words: list[Token], labels: list[str]) -> None:
    """Change labels, and where clauses begin, as these demand."""
    for rule in (
        _stated, _built, _kin, _pointed, _addressed, _skins, _people_shaped, _similes, _between
    ):  # fmt: skip
        rule(words, labels)


def _built(words: Sequence[Token], labels: list[str]) -> None:
    """“A big man” is heavy; “a tall man”, “an anime girl” are only described."""
    for at, label in enumerate(labels[:-1]):
        somebody = labels[at + 1] in _SEXES and not words[at + 1].after_break
        if label == NO and words[at].word == "clean" and labels[at + 1] in _SEXES:
            labels[at] = labels[at + 1] = GLUE  # “clean girl look”
        part = labels[at + 1] in _FLESHY or labels[at + 1 : at + 3][-1] in _FLESHY
        if label in _FLESH and part and not words[at + 1].after_break:
            labels[at] = _FLESH[label]
        if label in _FLESH and labels[at + 1] == "topic:cheeks":
            labels[at + 1] = GLUE  # “chubby cheeks gone”
        if labels[at + 1] in _FLESH and label in _FLESHY and not words[at + 1].after_break:
            labels[at + 1] = _FLESH[labels[at + 1]]  # “eyebrows heavier”
        if label.startswith("shape:") and somebody:
            labels[at] = _BUILDS.get(label, GLUE) if words[at].word in _SIZES else GLUE


def _people_shaped(words: Sequence[Token], labels: list[str]) -> None:
    """“Slim her down” is about her, not about a part that is named later."""
    for at, label in enumerate(labels[:-1]):
        part = labels[at + 2 : at + 3] and labels[at + 2].startswith("topic:")
        if label in _FIGURES and words[at + 1].word in ("her", "him", "them", "me") and not part:
            labels[at] = _FIGURES[label]
            beyond = words[at + 2 : at + 3]
            if beyond and (labels[at + 2] == label or beyond[0].word in ("up", "down", "out")):
                labels[at + 2] = GLUE


def _pointed(words: Sequence[Token], labels: list[str]) -> None:
    """“Give the man a beard” makes nobody a man."""
    for at, label in enumerate(labels[1:], 1):
        if label not in ("person:male", "person:female"):
            continue
        becoming = at > 1 and words[at - 2].word in _BECOMING
        for_a = at > 1 and words[at - 1].word == "a" and words[at - 2].word == "for"
        if (words[at - 1].word in _POINTING | _THEIRS | {"of"} and not becoming) or for_a:
            labels[at] = GLUE


def _skins(words: Sequence[Token], labels: list[str]) -> None:
    """“A black man”, “she should be black” are about skin, “going white” is about hair."""
    for at, label in enumerate(labels):
        if label not in _SKINS or words[at].word.startswith(("brunet", "goth")):
            continue
        before = {word.word for word in words[max(at - 4, 0) : at]}
        rest = labels[at + 1 :]
        of_somebody = bool(rest) and rest[0] in PEOPLE
        alone = not any(other.startswith(("topic:", "style:", UNKNOWN)) for other in rest[:2])
        dyed = not before.isdisjoint(_AGEING | _DYEING)
        said_of = not dyed and alone and _said_of_somebody(words, labels, at)
        said_of = said_of or {"colour", "of"} <= before or {"color", "of"} <= before
        no_part = not any(o.startswith(("topic:", "style:")) for o in labels[max(at - 4, 0) : at])
        if of_somebody or (said_of and no_part):
            labels[at] = _SKINS[label]


def _said_of_somebody(words: Sequence[Token], labels: Sequence[str], at: int) -> bool:
    """Whether “she”, “him” stand a little before, with nothing between that means something."""
    for n in range(at - 1, max(at - 5, -1), -1):
        if words[n].word in _PRONOUNS:
            return True
        if words[n + 1].after_break or labels[n] not in (GLUE, *_DEGREES):
            return False
    return False


def _between(words: Sequence[Token], labels: list[str]) -> None:
    """“Between male and female”."""
    for at, word in enumerate(words):
        sexes = [n for n in range(at, min(at + 5, len(words))) if labels[n] in _SEXES]
        if word.word == "between" and len(sexes) == len(_SEXES):
            labels[at] = "person:androgynous"
            for n in sexes:
                labels[n] = GLUE


def _similes(words: Sequence[Token], labels: list[str]) -> None:
    """“Bushy, like my grandad's” makes nobody a grandad; “look like a grandad” does."""
    for at, word in enumerate(words):
        seems = at and words[at - 1].word in _SEEMING | _PRONOUNS | _LIKING
        if word.word != "like" or not at or seems:
            continue
        before = _clause_before(words, labels, at)
        said = any(label.startswith(_TELLING) for label in before)
        said = said or (not before and any(label.startswith(_TELLING) for label in labels[:at]))
        said = said or (len(before) < 2 and any(label == LESS for label in labels[:at]))
        for n in range(at + 1, min(at + 4, len(words))):
            if words[n].after_break:
                break
            theirs = words[at + 1].word in _THEIRS or said
            if theirs and labels[n] in _ATTRIBUTES:
                labels[n] = GLUE  # “small like sleepy”
                continue
            if labels[n].startswith("shape:") and not _shaped(words, labels, at):
                continue  # “a jaw like a square”
            lit = labels[n].startswith("light:") and "topic:light" not in labels
            if (
                lit
                or labels[n].startswith("shape:")
                or (theirs and labels[n].startswith(("person:", NUMBER)))
            ):
                labels[n] = GLUE


_ATTRIBUTES = ("topic:dark_circles", "topic:redness", "topic:wrinkles", "topic:makeup")


def _shaped(words: Sequence[Token], labels: Sequence[str], at: int) -> bool:
    """Whether what stands before says already how something shall be."""
    before = _clause_before(words, labels, at)
    return any(label.startswith(("shape:", "color:", "style:", "texture:")) for label in before)


def _clause_before(words: Sequence[Token], labels: Sequence[str], at: int) -> Sequence[str]:
    """The labels of the words between the last break and a word."""
    first = max((n for n in range(at + 1) if words[n].after_break), default=0)
    return labels[first:at]


def _kin(words: Sequence[Token], labels: list[str]) -> None:
    """“Make mum younger”, “remove my uncle's beard”: whoever is there, not what they become."""
    wished = sum(label != GLUE for label in labels) > 1
    for at, word in enumerate(words):
        named = word.word.removesuffix("'s").removesuffix("s") in _KIN
        if not named or not labels[at].startswith("person:") or not wished:
            continue
        before = words[at - 1].word if at else ""
        described = at and labels[at - 1].startswith(("person:", "color:", "move:"))
        headed = {w.word for w in words[max(at - 4, 0) : at]} & {"a", "an"}
        heads = at == 0 and [w.word for w in words[1:2]] == ["with"]
        if before not in _TURNING and not (described or headed or heads):
            labels[at] = GLUE


def _addressed(words: Sequence[Token], labels: list[str]) -> None:
    """“Stop grinning, girl”, “… poor guy”: somebody is spoken to, nobody becomes one."""
    for at, word in enumerate(words[1:], 1):
        ends = at + 1 == len(words) or words[at + 1].after_break
        named = labels[at] in ("person:male", "person:female") and word.word in _ADDRESSES
        if not (named and ends) or not (
            word.after_break
            or labels[at - 1] in (GLUE, UNKNOWN)
            or (labels[0] == NO and labels[at - 1].startswith("move:"))
        ):
            continue
        before = _clause_before(words, labels, at)
        asked = any(label.startswith(_TELLING) for label in before) or word.after_break
        becomes = {w.word for w in words[max(at - 3, 0) : at]} & _TURNING
        if asked and at > 1 and not becomes:
            labels[at] = GLUE


def _stated(words: list[Token], labels: list[str]) -> None:
    """“More eyebrows he has none”: what is said of somebody is a thought of its own."""
    for at in range(2, len(words) - 1):
        word, after = words[at], words[at + 1].word
        states = word.word in _WHO_IS or (word.word in _WHO and after in _STATES)
        if not states or word.after_break or words[at - 1].word in _JOINING:
            continue
        if any(label.startswith(_TELLING) for label in labels[:at]):
            words[at] = replace(word, after_break=True)
