"""Words that are about something else than they say: numbers, asides, what shall be fixed."""

from __future__ import annotations

from collections.abc import Sequence

from head360.editing.labels import GLUE, MORE, MUCH, NO, NUMBER, YEARS
from head360.editing.tokens import Token


def asides(words: Sequence[Token], labels: list[str]) -> None:
    """Change labels as these demand."""
    for rule in (_measured, _fixed, _idle, _reread, _highlit):
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


def _highlit(words: Sequence[Token], labels: list[str]) -> None:
    """“Highlight on the cheekbones” shines; it is no strand of hair."""
    for at, word in enumerate(words):
        lit = word.word.startswith("highlight") and labels[at] == "topic:tips"
        if lit and "topic:cheeks" in labels:
            labels[at] = "shape:shiny"
            labels[labels.index("topic:cheeks")] = "topic:skin"
