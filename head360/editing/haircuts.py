"""What is done to hair, as far as a few words settle it: cut, shaved, straightened, covered."""

from __future__ import annotations

from collections.abc import Sequence

from head360.editing.labels import GLUE, KEEP, NO, NUMBER, UNKNOWN, YEARS
from head360.editing.tokens import Token

_CUTTING = frozenset({"cut", "trim", "crop", "chop"})
_STRAIGHTENING = frozenset(
    {"straighten", "straightened", "iron", "flatten", "relax", "uncurl", "smooth", "curl", "perm",
     "crimp", "braid", "plait", "unbraid"}
)  # fmt: skip
_CROPS = frozenset({"crop", "cut", "trim", "chop"})
_NOSES = ("topic:nose", "topic:nose_bridge", "topic:nose_tip")


def haircuts(words: list[Token], labels: list[str]) -> None:
    """Change labels as these demand."""
    for rule in (
        _haircuts, _kept_on, _shaves, _spared, _locks, _straightened, _halves, _tips, _covered,
        _cast, _crops, _on_the_face, _thinned, _straight, _slick, _up_and_down, _down_to,
        _shaven, _barbers,
    ):  # fmt: skip
        rule(words, labels)


def _haircuts(words: Sequence[Token], labels: list[str]) -> None:
    """“Cut her hair” takes some of it, “cut her hair off” all."""
    for at, word in enumerate(words):
        after = [following.word for following in words[at + 1 : at + 6]]
        if word.word in _CUTTING and "off" in after and "all" in after[: after.index("off")]:
            labels[at] = GLUE  # the “off” says it
            continue
        off = "off" in after[:3]
        if labels[at] == NO and word.word in _CUTTING and not off:
            hair = any(label == "topic:hair" for label in labels[at + 1 : at + 4])
            labels[at] = GLUE if hair else NO


_BEARDS = ("topic:beard", "topic:moustache", "topic:stubble", "topic:facial_hair")


def _kept_on(words: Sequence[Token], labels: list[str]) -> None:
    """“Don't shave the beard off” keeps it; its “off” takes nothing off."""
    for at, word in enumerate(words):
        if labels[at] != KEEP or word.word not in (*_SHAVING, *_CUTTING):
            continue
        for n in range(at + 1, min(at + 6, len(words))):
            if words[n].after_break:
                break
            if words[n].word in ("off", "away", "all") or labels[n] == "hair:bald":
                labels[n] = GLUE


def _shaves(words: Sequence[Token], labels: list[str]) -> None:
    """“Shave his head”, “shave him completely”, “shave the moustache off”."""
    _beards_off(words, labels)
    for at, word in enumerate(words):
        if labels[at] != NO or word.word not in _SHAVING:
            continue
        following = range(at + 1, min(at + 4, len(words)))
        if any(labels[n] in (NUMBER, YEARS) for n in following):
            continue  # “shave ten years off”
        if any(labels[n].startswith("style:") for n in following):
            labels[at] = GLUE  # “shave the sides”
            continue
        if any(words[n].word == "head" for n in following):
            bald = [n for n in following if words[n].word in ("head", "off")]
            for n in (at, *bald):
                labels[n] = "hair:bald"
        elif not any(labels[n].startswith("topic:") for n in following):
            labels[at] = "person:shaven"
            for n in following:
                labels[n] = GLUE if labels[n] in (NO, "hair:bald") else labels[n]


_SHAVING = ("shave", "shaved", "shaving")


def _beards_off(words: Sequence[Token], labels: list[str]) -> None:
    """“Shave off the beard” takes no moustache, “who shaved his beard off” no hair."""
    for at, word in enumerate(words):
        if not any(label in _BEARDS for label in labels[at + 1 : at + 4]):
            continue
        if word.word in ("shaved", "shaves") and labels[at].startswith("hair:"):
            labels[at] = NO
        if word.word in _SHAVING and labels[at] == "person:shaven":
            labels[at] = NO
            off = [n for n in range(at + 1, min(at + 3, len(words))) if words[n].word == "off"]
            for n in off:
                labels[n] = GLUE


def _spared(words: Sequence[Token], labels: list[str]) -> None:
    """“Shave it all off but leave my hair alone”: the face is shaved."""
    kept = [n for n, label in enumerate(labels) if label == KEEP]
    if not any("topic:hair" in labels[n + 1 : n + 4] for n in kept):
        return
    for at, label in enumerate(labels):
        if label == "hair:bald":
            shaves = words[at].word.startswith("shav")
            labels[at] = "person:shaven" if shaves else GLUE


def _locks(words: Sequence[Token], labels: list[str]) -> None:
    """“Dreads” are a style, “dreaded hair” is hair like that."""
    for at, label in enumerate(labels):
        hair = labels[at + 1 : at + 2] == ["topic:hair"]
        if label == "texture:locked" and words[at].word.endswith("s") and not hair:
            labels[at] = "style:dreadlocks"


def _straightened(words: Sequence[Token], labels: list[str]) -> None:
    """“Straighten her curls”: what is done counts, not what was there."""
    for at, word in enumerate(words):
        if word.word not in _STRAIGHTENING or not labels[at].startswith(("texture:", "style:")):
            continue
        for n in range(at + 1, min(at + 4, len(words))):
            if words[n].after_break:
                break
            if labels[n].startswith("texture:") and labels[n] != labels[at]:
                labels[n] = "topic:hair"


def _halves(words: Sequence[Token], labels: list[str]) -> None:
    """“Half black, half white” hair has two colours."""
    halves = [n for n, word in enumerate(words) if word.word == "half"]
    colored = [n for n in halves if any(o.startswith("color:") for o in labels[n + 1 : n + 3])]
    for at, word in enumerate(words[1:], 1):
        below = word.word in ("below", "underneath", "beneath") and at + 1 in _ends(words)
        if below and labels[at - 1].startswith("color:"):
            labels[at] = "topic:tips"
    if len(colored) == 2 and not any(label.startswith("topic:eyes") for label in labels):
        labels[colored[0]], labels[colored[1]] = GLUE, "topic:tips"


def _tips(words: list[Token], labels: list[str]) -> None:
    """“A bulbous tip” is that of the nose; “blond tips” are those of hair."""
    for at, label in enumerate(labels):
        faced = any(o in ("topic:face", "topic:lips", *_NOSES) for o in labels)
        ends = words[at].word in ("bottom", "ends", "end", "ombre", "at", "the")
        if label == "topic:tips" and ends and faced and "topic:hair" not in labels:
            labels[at] = GLUE  # “narrower at the bottom”
        if label != "topic:tips" or words[at].word not in ("tip", "tips"):
            continue
        near = labels[max(at - 2, 0) : at + 3]
        shaped = any(o.startswith("shape:") and o not in _TINTS for o in near)
        of_nose = any(o in _NOSES for o in labels) and "topic:hair" not in labels
        if not any(o.startswith("color:") for o in near) and (shaped or of_nose):
            labels[at] = "topic:nose_tip"


_TINTS = ("shape:dark", "shape:bright")


def _covered(words: Sequence[Token], labels: list[str]) -> None:
    """“Cover the dark circles”, “cover her greys”: they shall not be seen."""
    for at, word in enumerate(words):
        if word.word not in ("cover", "covers", "covering") or labels[at] != GLUE:
            continue
        following = labels[at + 1 : at + 5]
        within = any(w.word in ("with", "in") for w in words[at + 1 : at + 6])
        if not within and any(o.startswith("topic:") or o in _GREYS for o in following):
            labels[at] = NO


_GREYS = ("color:grey", "color:white")


def _cast(words: Sequence[Token], labels: list[str]) -> None:
    """“For this part”, “play the part of an old man”: no parting, but what an actor plays."""
    for at, word in enumerate(words):
        played = {w.word for w in words[max(at - 3, 0) : at]} & _ACTING
        if word.word == "part" and labels[at].startswith("hair:") and played:
            labels[at] = GLUE


_ACTING = frozenset({"for", "play", "plays", "playing", "look", "looks", "act", "acting"})


def _crops(words: list[Token], labels: list[str]) -> None:
    """“A grey crop” is hair."""
    for at, word in enumerate(words[1:], 1):
        noun = labels[at - 1].startswith(("color:", "texture:", "shape:"))
        alone = not any(o in ("topic:hair", "topic:beard") for o in labels)
        if word.word in _CROPS and words[at + 1 : at + 2] and words[at + 1].word == "it":
            labels[at] = (
                "shape:short" if labels[at].startswith(("shape:", "topic:")) else labels[at]
            )
            continue
        if word.word in _CROPS and noun and alone and not word.after_break:
            labels[at] = "hair:cropped" if word.word == "crop" else "topic:hair"


def _ends(words: Sequence[Token]) -> set[int]:
    """Where clauses end: the numbers of the words behind."""
    return {n for n, word in enumerate(words) if word.after_break} | {len(words)}


def _on_the_face(words: Sequence[Token], labels: list[str]) -> None:
    """“Hair on the chin” is a beard; “more on the head” is hair."""
    for at, label in enumerate(labels):
        place = words[at].word
        on = {w.word for w in words[max(at - 2, 0) : at]} & {"on", "from", "off"}
        hairs = [n for n in range(max(at - 5, 0), at) if labels[n] == "topic:hair"]
        if label.startswith("topic:") and on and hairs and place in _GROWS:
            labels[hairs[-1]], labels[at] = _GROWS[place], GLUE
        elif label == "topic:head" and "on" in on and any("hair" in w.word for w in words[:at]):
            labels[at] = "topic:hair" if not hairs else GLUE


_GROWS = {
    "chin": "topic:beard", "face": "topic:facial_hair", "lip": "topic:moustache",
    "jaw": "topic:beard", "cheeks": "topic:beard",
}  # fmt: skip


def _thinned(words: Sequence[Token], labels: list[str]) -> None:
    """“Take some weight out of the hair” makes it flatter, nobody slimmer."""
    for at, word in enumerate(words):
        if word.word not in ("weight", "bulk", "volume", "thickness"):
            continue
        after = [w.word for w in words[at + 1 : at + 4]]
        taken = next((n for n in range(at - 1, max(at - 5, -1), -1) if words[n].word in _TAKES), -1)
        if taken >= 0 and {"out", "off", "from"} & set(after) and "topic:hair" in labels:
            for n in range(taken, min(at + 4, len(words))):
                labels[n] = labels[n] if labels[n] == "topic:hair" else GLUE
            labels[at] = "shape:thin"


_TAKES = frozenset({"take", "taking", "remove", "lose", "cut", "get"})


def _straight(words: Sequence[Token], labels: list[str]) -> None:
    """A straight nose has no bump, straight brows no arch."""
    del words
    if "topic:hair" in labels:
        return
    for at, label in enumerate(labels):
        if label == "texture:straight":
            near = labels[max(at - 5, 0) : at + 3]
            if any(o in _NOSES for o in near):
                labels[at] = "shape:soft"
            elif "topic:brows" in near:
                labels[at] = "shape:low"


def _slick(words: Sequence[Token], labels: list[str]) -> None:
    """“Slick hair” is combed back rather than wet."""
    for at, word in enumerate(words):
        of_hair = "topic:hair" in labels[max(at - 3, 0) : at + 3]
        if of_hair and word.word.startswith("slick") and labels[at] == "shape:shiny":
            labels[at] = "hair:slicked"


def _up_and_down(words: Sequence[Token], labels: list[str]) -> None:
    """“Hair up”, “take her hair down”."""
    for at, word in enumerate(words[:-1]):
        after = words[at + 1]
        worn = _WORN_UP.get(after.word)
        ends = at + 2 in _ends(words) and not after.after_break
        if labels[at] != "topic:hair" or word.word != "hair" or worn is None or not ends:
            continue
        labels[at + 1] = worn
        for n in range(max(at - 3, 0), at):
            if words[n].word in ("take", "let", "put", "get", "bring", "wear"):
                labels[n] = GLUE


_WORN_UP = {"up": "hair:tied", "down": "hair:loose", "back": "hair:slicked"}


def _barbers(words: Sequence[Token], labels: list[str]) -> None:
    """“He needs a haircut” wishes for less of it."""
    for at, word in enumerate(words[2:], 2):
        wanted = {w.word for w in words[max(at - 4, 0) : at]} & _GETTING
        if word.word in ("haircut", "trim") and words[at - 1].word == "a" and wanted:
            labels[at - 1], labels[at] = "shape:short", "topic:hair"


_GETTING = frozenset(
    {"needs", "need", "get", "gets", "give", "have", "use", "got", "want", "wants"}
)


def _down_to(words: Sequence[Token], labels: list[str]) -> None:
    """“Hair to the chin”; “down” alone lets no hair down."""
    for at, word in enumerate(words):
        near = {w.word for w in words[max(at - 3, 0) : at + 3]}
        if word.word == "down" and labels[at] == "hair:loose" and not near & _LETTING:
            labels[at] = GLUE
        to = {w.word for w in words[max(at - 2, 0) : at]} & {"to", "at", "below", "past", "till"}
        of_hair = "topic:hair" in labels[max(at - 5, 0) : at]
        of_hair = of_hair or (labels[at] == UNKNOWN and word.word.startswith(("should", "collarb")))
        if word.word in _PLACES and of_hair and to and not word.after_break:
            labels[at] = "hair:medium-length"


_LETTING = frozenset({"hair", "let", "wear", "worn", "take", "it", "hanging"})
_PLACES = frozenset(
    {"chin", "jaw", "shoulder", "shoulders", "collarbone", "ears", "neck", "collar"}
)


def _shaven(words: Sequence[Token], labels: list[str]) -> None:
    """“Without facial hair” is shaven."""
    for at, word in enumerate(words[1:], 1):
        if labels[at] == "person:shaven" and word.word == "facial" and labels[at - 1] == NO:
            labels[at - 1] = GLUE
