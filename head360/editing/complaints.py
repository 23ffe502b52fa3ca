"""What somebody finds wrong with a face, and so wishes otherwise.

“Her mouth is tiny”, “why does she look so old?”, “he doesn't look masculine enough”: nobody says
what to do. “Too” is told in `head360.editing.grammar`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from head360.editing.labels import BIT, GLUE, LESS, MORE, MUCH, NO
from head360.editing.tokens import Token

_SEEMING = frozenset(
    {"look", "looks", "seem", "seems", "feel", "feels", "appear", "appears", "looked", "seemed"}
)  # fmt: skip
_BEING = frozenset({"is", "are", "he's", "she's", "it's", "they're", "was", "were"})
_SO_MUCH = frozenset(
    {"so", "really", "very", "kinda", "rather", "pretty", "quite", "super", "awfully", "terribly",
     "weirdly", "oddly", "bit", "incredibly", "extremely", "totally", "just", "all", "kind", "sort"}
)  # fmt: skip
#: Nobody wishes these for themselves.
_FAULTS = frozenset(
    {"flat", "lifeless", "limp", "dull", "dead", "weak", "tiny", "massive", "huge", "enormous",
     "giant", "gigantic", "ginormous", "humongous", "puny", "gaunt", "dry", "patchy", "sparse",
     "droopy", "saggy", "blotchy", "creepy", "greasy", "uneven", "harsh", "thinning", "bulky",
     "pasty", "sickly", "overdone", "monstrous", "straggly", "wonky", "lopsided", "boring", "weird",
     "nonexistent", "invisible", "mess",
     "awful", "terrible", "gross", "stupid", "ridiculous", "clownish", "caked", "orange", "bloated"}
)  # fmt: skip
_SIZES = frozenset({"huge", "massive", "enormous", "giant", "gigantic", "ginormous", "humongous"})
_SUBJECTS = frozenset(
    {"the", "her", "his", "their", "this", "that", "those", "these", "my", "she", "he", "they",
     "it", "she's", "he's", "they're", "it's", "i", "and", "but", "our", "your"}
)  # fmt: skip
_ORDERING = frozenset(
    {"make", "should", "could", "must", "have", "give", "let", "want", "would", "needs", "need",
     "shall", "please", "can", "keep", "if", "like", "when", "what", "so"}
)  # fmt: skip
_INVERTED = frozenset(
    {"couldn't", "can't", "wouldn't", "shouldn't", "couldnt", "wouldnt", "shouldnt", "isn't",
     "won't", "don't", "aren't"}
)  # fmt: skip
_WHOM = frozenset({"he", "she", "they", "it", "we", "you", "a", "the", "her", "his", "i"})
_WAYS = (NO, LESS, MORE)
_TOLD = ("shape:", "color:", "person:", "move:", "topic:", "style:", "texture:", "hair:")
_FLAWS = ("topic:dark_circles", "topic:redness", "topic:wrinkles", "topic:age_spots")
_HOW = ("shape:", "color:", "person:", "move:", "texture:", "hair:")


def complaints(words: Sequence[Token], labels: list[str]) -> None:
    """Change labels so that what is found wrong is wished otherwise."""
    for rule in (_inverted, _asked, _enough, _makes_look, _seeming):
        for first, end in _thoughts(words):
            rule(words, labels, range(first, end))


def _thoughts(words: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Where each runs from a comma or the like to the next."""
    starts = [0, *(n for n, word in enumerate(words) if n and word.after_break)]
    yield from zip(starts, [*starts[1:], len(words)], strict=True)


def _inverted(words: Sequence[Token], labels: list[str], own: range) -> None:
    """“Couldn't he be younger?” refuses nothing; “isn't her nose wide?” does, and “must she …”."""
    first = own[0] if own else 0
    opens = [words[n].word for n in own[:6]]
    if opens[:1] and opens[0] in ("do", "does", "did", "must") and _forced(opens):
        _refuse(labels, own, first)
        return
    if len(own) > 3 and opens[0] in ("isn't", "aren't") and opens[1] in ("her", "his", "the"):
        _refuse(labels, own, first)
        return
    if len(own) > 2 and words[first].word in _INVERTED and words[first + 1].word in _WHOM:
        labels[first] = GLUE


def _forced(opens: Sequence[str]) -> bool:
    """“Does she have to …”, “do we need …”."""
    return ("have" in opens or "need" in opens) and "to" in opens and len(opens) > 4


def _asked(words: Sequence[Token], labels: list[str], own: range) -> None:
    """“Why are there no freckles?”, “why does she look so old?”"""
    if len(own) < 3 or words[own[0]].word != "why":
        return
    denied = [n for n in own if labels[n] == NO or words[n].word.endswith("n't")]
    if denied[:1] == [own[1]] and words[own[2]].word in ("you", "we", "try"):
        labels[denied[0]] = GLUE  # “why don't we”, “why not try”
    elif denied:
        for n in denied:
            labels[n] = GLUE
        plain = any(labels[n].startswith(("move:", "style:", "person:")) for n in own)
        labels[denied[0]] = GLUE if plain else MORE
    elif any(labels[n].startswith(_TOLD) for n in own):
        _refuse(labels, own, own[0])


def _refuse(labels: list[str], own: range, at: int) -> None:
    """Let the word at a place say that the rest of the thought shall be less, or not at all."""
    for n in own:
        labels[n] = GLUE if labels[n] in (BIT, MUCH, MORE, LESS) else labels[n]
    described = any(labels[n].startswith(_HOW) and labels[n][:4] != "move" for n in own)
    if labels[at] != GLUE:  # “forehead's”
        at = next((n for n in reversed(own) if labels[n] == GLUE), at)
    labels[at] = LESS if described else NO


def _enough(words: Sequence[Token], labels: list[str], own: range) -> None:
    """“Not dark enough” wishes for more."""
    places = [n for n in own if words[n].word == "enough"]
    for at in places:
        before = [n for n in own if n < at and (labels[n] == NO or words[n].word == "not")]
        labels[at] = GLUE
        if before:
            labels[before[-1]] = MORE


def _makes_look(words: Sequence[Token], labels: list[str], own: range) -> None:
    """“The grey makes him look old”: the grey shall go, nobody asks for age."""
    for n in own[1:-2]:
        looks = [w.word for w in words[n + 1 : n + 3]]
        made = words[n].word in ("makes", "making") or (
            words[n].word == "make" and any(labels[m].startswith(_TOLD) for m in own if m < n)
        )
        if made and "look" in looks and words[own[0]].word in _SUBJECTS:
            for later in range(n + 1, own[-1] + 1):
                labels[later] = GLUE
            subject = [labels[m] for m in own if m < n]
            labels[n] = NO if any(label.startswith(_TOLD) for label in subject) else GLUE
            return


def _seeming(words: Sequence[Token], labels: list[str], own: range) -> None:
    """“Her mouth is tiny”, “hair looks flat”, “she's so gaunt”."""
    first = own[0] if own else 0
    said = {words[n].word for n in own}
    about = words[first].word in _SUBJECTS or labels[first].startswith("topic:") if own else False
    if not about or said & _ORDERING - {"so"} or any(labels[n] in _WAYS for n in own):
        return
    for n in own:
        contracted = words[n].word.endswith("'s") and labels[n].startswith("topic:")
        seems, is_so = words[n].word in _SEEMING, words[n].word in _BEING or contracted
        if not (seems or is_so) or n == own[-1]:
            continue
        after = [m for m in own if m > n]
        for m in after:
            if labels[m] == MUCH and words[m].word in _SIZES:
                labels[m] = "shape:big"
        following = {words[m].word for m in after[:3]}
        strongly = (seems and following & _SO_MUCH) or words[n + 1].word == "so"
        faulty = any(words[m].word in _FAULTS for m in after)
        told = any(labels[m].startswith(_HOW) or labels[m] in _FLAWS for m in after)
        if (strongly or faulty) and told:
            _refuse(labels, own, n)
            return
