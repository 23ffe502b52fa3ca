"""A wish as it was said, before anything is known of the head."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(slots=True)
class Meant:
    """One wish, as it was said."""

    kind: str  # of what carries it: `topic`, `style`, `person`, `move`, `light`, `hair` …
    name: str
    way: str = ""  # NO, KEEP, MORE, LESS, or plainly
    degree: float = 1.0
    degree_said: str = ""  # BIT or MUCH
    modifiers: list[tuple[str, str, bool]] = field(default_factory=list)  # kind, name, relative
    number: float | None = None
    spans: list[tuple[int, int]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # its words, in small letters
    swapped: bool = False  # whether something else shall replace it
    refused_in: int = -1  # the clause that says “too”, “less”
    clause: int = -1  # its own
    counted_in: int = -1  # the clause that holds its number
    stated: bool = False  # whether its modifiers say how it is now
    implied: bool = False  # a grandmother is a woman: whether it was said along with another wish

    def words(self, text: str) -> str:
        """The words of the text that it came from."""
        first, last = min(s for s, _ in self.spans), max(e for _, e in self.spans)
        return text[first:last]


_LIDS = frozenset({"lid", "lids", "eyelid", "eyelids"})


def _make_up_of_lids(meant: Meant) -> None:
    """Lids of a colour wear eye shadow, and so do smoky eyes, which are dark."""
    if meant.name not in ("eyes", "lids", "eyeshadow"):
        return
    smoky = any(word.startswith("smok") for word in meant.said)
    colored = any(kind == "color" for kind, _, _ in meant.modifiers)
    if (smoky and not colored) or (colored and not _LIDS.isdisjoint(meant.said)):
        meant.name = "eyeshadow"
    if smoky and not colored:
        meant.modifiers.append(("color", "black", False))


#: Of whom a word says more than how old: “grandmother”, “schoolboy”.
_SEXED = {
    "female": r"gran(d?mother|d?ma|ny|nie|)|nan(a|ny)?|crone|hag|matriarch|schoolgirl|girl",
    "male": r"grand?(father|pa|dad|pop)|gramps|codger|geezer|patriarch|schoolboy|boy",
}


def implied(meant: Meant) -> list[Meant]:
    """What else a word says: a grandmother is a woman, smoky lids are dark."""
    if meant.way or meant.swapped:
        return []
    _make_up_of_lids(meant)
    if meant.kind == "person" and meant.name == "male" and set(meant.said) & {"boy", "boys"}:
        return [Meant("person", "young", spans=list(meant.spans), implied=True)]
    if meant.kind != "person" or meant.name not in ("old", "young"):
        return []
    sexes = [sex for sex, form in _SEXED.items() if any(re.fullmatch(form, w) for w in meant.said)]
    return [Meant("person", sex, spans=list(meant.spans), implied=True) for sex in sexes]
