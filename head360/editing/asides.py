"""Words that are about something else than they say: numbers, asides, what shall be fixed."""

from __future__ import annotations

from collections.abc import Sequence

from head360.editing.labels import GLUE, LESS, MORE, MUCH, NO, NUMBER, YEARS
from head360.editing.tokens import Token


def asides(words: Sequence[Token], labels: list[str]) -> None:
    """Change labels as these demand."""
    for rule in (
        _measured, _dated, _sized, _stretched, _fixed, _idle, _reread, _of_part, _overdone,
        _highlit, _streaked,
    ):  # fmt: skip
        rule(words, labels)


def _measured(words: Sequence[Token], labels: list[str]) -> None:
    """“Wrinkles: 0”, “a 5 day beard”, “eyes huge”, “a curly moustache”."""
    for at, word in enumerate(words):
        before = words[at - 1].word if at else ""
        if labels[at] == NUMBER and word.word in ("0", "zero", "0%"):
            labels[at] = NO
        if labels[at] == "topic:beard" and before in ("day", "days", "day's", "days'"):
            labels[at] = "topic:stubble"
        after = labels[at + 1 : at + 2]
        if labels[at].startswith("texture:") and after and after[0] in _BEARDS:
            labels[at] = GLUE
        shaped = any(o.startswith(("shape:", "color:", "texture:")) for o in labels)
        sized = word.word in _HUGE and labels[at] == MUCH and not shaped
        if sized and any(o in _PARTS for o in labels):
            labels[at] = "shape:big"


def _dated(words: Sequence[Token], labels: list[str]) -> None:
    """“Set age to 40”, “her age should be about 50” tell the age, not by how much."""
    for at, word in enumerate(words):
        if word.word != "age" or labels[at] not in ("person:old", "topic:age"):
            continue
        behind = range(at + 1, min(at + 6, len(words)))
        n = next((n for n in behind if labels[n] != GLUE), at)
        said = {w.word for w in words[at + 1 : n]}
        if labels[n] == NUMBER and said & _REACHING and "by" not in said:
            labels[at] = YEARS
            if "to" in said:  # “raise his age to 50”: the number says how far
                near = slice(max(at - 3, 0), at)
                labels[near] = [GLUE if o in (MORE, LESS) else o for o in labels[near]]


#: Between “age” and a number that says which age.
_REACHING = frozenset({"to", "at", "around", "about", "be", "is", "become", "becomes", "of"})


_EXTENTS = {
    "width": "shape:wide", "breadth": "shape:wide", "length": "shape:long",
    "projection": "shape:forward",
}  # fmt: skip


def _sized(words: Sequence[Token], labels: list[str]) -> None:
    """“Reduce the chin width”: less wide."""
    for at, word in enumerate(words[1:], 1):
        changed = any(o in (MORE, LESS) for o in labels[:at])
        if word.word in _EXTENTS and labels[at] == labels[at - 1] and changed:
            labels[at] = _EXTENTS[word.word] if labels[at].startswith("topic:") else labels[at]


_LENGTHWISE = frozenset({"vertically", "vertical"})
_SIDEWAYS = frozenset({"horizontally", "horizontal", "sideways"})
_STRETCHED = {
    ("stretch", True): "shape:long", ("stretch", False): "shape:wide",
    ("squash", True): "shape:short", ("squash", False): "shape:narrow",
    ("squeeze", True): "shape:short", ("squeeze", False): "shape:narrow",
    ("compress", True): "shape:short", ("compress", False): "shape:narrow",
}  # fmt: skip


def _stretched(words: Sequence[Token], labels: list[str]) -> None:
    """“Stretch the face vertically” is longer; “flatten the back of the head” is less deep."""
    for at, word in enumerate(words):
        after = words[at + 1 : at + 6]
        for n, way in enumerate(after, at + 1):
            verb = word.word.removesuffix("ed").removesuffix("ing")
            stretched = _STRETCHED.get((verb, way.word in _LENGTHWISE))
            if stretched and way.word in _LENGTHWISE | _SIDEWAYS:
                labels[at], labels[n] = stretched, GLUE
        behind = [w.word for w in after]
        if word.word.startswith("flat") and "back" in behind and "topic:head" in labels[at:]:
            back = at + 1 + behind.index("back")
            if labels[back] == "topic:head":
                labels[at], labels[back] = LESS, "shape:back"


_BEARDS = ("topic:beard", "topic:moustache")
_HUGE = frozenset({"huge", "massive", "enormous", "giant", "gigantic", "humongous"})
_PARTS = tuple(
    f"topic:{part}" for part in ("eyes", "nose", "lips", "mouth", "chin", "jaw", "head", "forehead")
)


def _fixed(words: Sequence[Token], labels: list[str]) -> None:
    """“Fix the hairline”, “no shine on the forehead”, “skin a shade warmer”, “nose tip up”."""
    for at, word in enumerate(words):
        following = labels[at + 1 : at + 4]
        if word.word in ("fix", "sort", "repair") and any(o in _FIXED for o in following):
            labels[at] = NO
        it = {w.word for w in words[at + 1 : at + 2]} & {"it", "that", "them", "this"}
        if (
            word.word in ("fix", "sort", "cover")
            and it
            and at
            and not labels[at].startswith("topic")
        ):
            labels[at] = NO  # “a weak jaw, fix it”
        if labels[at] == "shape:shiny":
            labels[:] = ["topic:skin" if o in _SHINING else o for o in labels]
        if word.word in ("warmer", "warm") and "topic:skin" in labels:
            labels[at] = "color:tan"
        tip = labels[at - 1] if at else ""
        if tip in ("topic:nose_tip", "topic:nose") and labels[at] == GLUE and word.word in _TURNED:
            labels[at] = _TURNED[word.word]


_FIXED = ("topic:hairline", "topic:wrinkles", "topic:dark_circles", "topic:redness")
_SHINING = ("topic:forehead", "topic:cheeks", "topic:nose", "topic:face", "topic:chin")
_TURNED = {"up": "shape:high", "upwards": "shape:high", "down": "shape:low", "out": "shape:forward"}


_DOS = frozenset({"a", "the", "her", "his", "new", "this", "that", "hair", "down", "up"})
_PRAISED = frozenset({"be", "is", "hair's", "look", "looks"})


def _idle(words: Sequence[Token], labels: list[str]) -> None:
    """“Kindly make …” smiles at nobody, “I'm afraid …” fears nothing; “it's gross” is a reason."""
    for at, word in enumerate(words[:-1]):
        before = words[at - 1].word if at else ""
        taken = {w.word for w in words[at + 1 : at + 7]} & {"off", "away", "out", "from"}
        if word.word == "take" and labels[at] == NO and not taken and at + 2 < len(words):
            labels[at] = GLUE if words[at + 2].word == "to" else NO  # “take it to a lob”
        polite = (word.word == "kindly" and at == 0) or (
            labels[at] == "move:afraid" and before in ("i'm", "im", "am")
        )
        praised = word.word in ("great", "nice", "perfect") and before in _PRAISED
        does = word.word == "do" and labels[at] == "topic:hair" and before not in _DOS
        if polite or praised or does:
            labels[at] = GLUE
        reason = word.word in ("it's", "that's", "its") and at > 1
        if reason and labels[at + 1].startswith("move:"):
            labels[at + 1] = GLUE


def _reread(words: Sequence[Token], labels: list[str]) -> None:
    """“Facial redness” is redness; “not a grin” refuses one; “with more years” is older."""
    for at, word in enumerate(words[:-1]):
        after = labels[at + 1]
        if word.word == "facial" and after.startswith("topic:"):
            labels[at] = GLUE
            if after in ("topic:facial_hair", "topic:hair"):
                labels[at] = labels[at + 1] = "topic:facial_hair"
        refused = [o for o in labels[at + 1 : at + 3] if o != GLUE][:1]
        denied = at and word.word == "not" and labels[at] == GLUE
        if denied and refused and refused[0].startswith("move:"):
            labels[at] = NO
        if word.word == "more" and labels[at] == YEARS:
            labels[at] = MORE
        if word.word in ("sex", "gender") and words[at + 1].word in _SEXES:
            labels[at], labels[at + 1] = GLUE, _SEXES[words[at + 1].word]
        if word.word == "less" and labels[at].startswith("person:"):
            labels[at] = LESS  # “a little less manly”
        if words[at + 1].word == "hair" and after in _BEARDS and labels[at] in (MORE, LESS):
            labels[at + 1] = "topic:hair"  # “less beard, more hair”


_SEXES = {"f": "person:female", "m": "person:male"}


def _of_part(words: Sequence[Token], labels: list[str]) -> None:
    """“Her lips are overdone, thin them”: a part that was named, and not all of her."""
    for at, word in enumerate(words[1:], 1):
        named = [label for label in labels[: at - 1] if label.startswith("topic:")]
        if named and word.word in _PARTS_OF and labels[at - 1] in _OF_PARTS:
            labels[at - 1] = _OF_PARTS[labels[at - 1]]


_PARTS_OF = frozenset({"it", "them", "that", "those", "these", "this"})
_OF_PARTS = {"person:slim": "shape:thin", "person:heavy": "shape:full"}


def _overdone(words: Sequence[Token], labels: list[str]) -> None:
    """“Lips overdone, make them smaller”: what is wished of them, not less of that."""
    for at, word in enumerate(words):
        if word.word not in _TOO_MUCH or labels[at] != LESS:
            continue
        after = labels[at + 1 :]
        back = any(w.word in _THEM for w in words[at + 1 :])
        other = any(label.startswith("topic:") for label in after)
        if back and not other and any(o == LESS or o.startswith("shape:") for o in after):
            labels[at] = GLUE


_TOO_MUCH = frozenset({"overdone", "much", "excessive"})
_THEM = frozenset({"it", "them", "they", "there", "that", "those"})


def _highlit(words: Sequence[Token], labels: list[str]) -> None:
    """“Highlight on the cheekbones” shines; it is no strand of hair."""
    for at, word in enumerate(words):
        lit = word.word.startswith("highlight") and labels[at] == "topic:tips"
        if lit and "topic:cheeks" in labels:
            labels[at] = "shape:shiny"
            labels[labels.index("topic:cheeks")] = "topic:skin"


def _streaked(words: Sequence[Token], labels: list[str]) -> None:
    """“Silver streaks at her temples”: hair turns grey there, and nothing happens to tips."""
    colored = any(label.startswith("color:") for label in labels)
    for at, word in enumerate(words if colored else ()):
        behind = labels[at + 1 : at + 4]
        streaks = word.word.startswith(_STREAKS) and labels[at] == "topic:tips"
        if streaks and "topic:hairline" in behind and set(behind) <= {GLUE, "topic:hairline"}:
            labels[at] = GLUE


_STREAKS = ("streak", "strand", "highlight")
