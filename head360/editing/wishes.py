"""From labelled words to wishes: which modifier belongs to which part, and how strongly.

Modifiers stand before the part they change (“longer red hair”), or after it (“make the nose a bit
smaller”); a break (a comma, “and”, “but”) ends their reach, except that a “no” goes on over “or”
and “and” (“no beard or moustache”).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from head360.editing.alone import AGED, SKIN_ONLY, meant_alone
from head360.editing.grammar import NOT, SWAP
from head360.editing.labels import (
    BIT,
    KEEP,
    LESS,
    MORE,
    MUCH,
    NO,
    NUMBER,
    UNKNOWN,
    YEARS,
    contrary,
)
from head360.editing.meant import Meant, implied
from head360.editing.numbers import number_said
from head360.editing.parts import Part, parts_of
from head360.editing.reading import read
from head360.editing.tagger import Tagger
from head360.editing.taking import DEGREES, LOOKS, WAYS, said_already, take
from head360.params import ATTRIBUTES


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sentence asks for, and the words that nothing is known of."""

    meant: tuple[Meant, ...]
    unknown: tuple[str, ...]


def hear(text: str, tagger: Tagger) -> Heard:
    """Label the words of a text and put wishes together."""
    parts = list(parts_of(*read(text, tagger)))
    heard = _Listener(parts).listen()
    unknown = [p for p in parts if p.label == UNKNOWN]
    return Heard(tuple(heard), tuple(text[part.start : part.end] for part in unknown))


#: What stands for itself; everything else waits for one of these, or belongs to a topic.
_CARRIERS = ("topic", "style", "person", "move", "light", "hair", "texture")


class _Listener:
    """Reads parts from left to right."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._meant: list[Meant] = []

    def listen(self) -> list[Meant]:
        """Put all wishes together."""
        carriers = [i for i, part in enumerate(self._parts) if self._carries(i, part)]
        for at in carriers:
            part = self._parts[at]
            spans, said = [(part.start, part.end)], list(part.words)
            kind, name, number = part.kind, part.name, None
            if part.label == NUMBER:
                kind, name, number = "topic", "age", number_said(part.words)
            self._meant.append(
                Meant(kind, name, number=number, spans=spans, said=said, clause=part.clause)
            )
        for at, part in enumerate(self._parts):
            if at not in carriers and part.label != UNKNOWN:
                self._attach(at, part, carriers)
        self._spread_ways(carriers)
        if len(self._parts) == 1 and self._parts[0].words[-1] in _LONE:
            self._meant[0].way = MORE  # “cheekbones!”
        self._meant += [own for each in self._meant for own in implied(each)]
        return [
            meant
            for at, meant in enumerate(self._meant)
            if not self._dropped(at, carriers) and not self._complained(at, carriers)
        ]

    def _complained(self, number: int, carriers: list[int]) -> bool:
        """“He's skin and bone, fatten him up”: how somebody is, and the opposite wished for."""
        if number >= len(carriers) or self._parts[carriers[number]].kind != "person":
            return False
        own = self._meant[number].name
        same = [self._parts[at] for at in carriers if self._parts[at].label == f"person:{own}"]
        later = self._meant[number + 1 :]
        stated = any(part.complains or part.stated for part in same)
        return stated and any(contrary(own, meant.name) for meant in later)

    def _dropped(self, number: int, carriers: list[int]) -> bool:
        """Whether something else takes its place, so that nothing is to be done about it.

        What is painted or grown and shall be replaced is taken off.
        """
        meant = self._meant[number]
        refused = number < len(carriers) and self._refused(self._parts[carriers[number]])
        if not refused and not meant.swapped:
            return False
        if meant.kind == "topic" and meant.name in (*ATTRIBUTES, "facial_hair", "makeup"):
            meant.way, meant.modifiers = NO, []
            return False
        return refused or any(
            other.kind in ("style", "texture", "hair", "topic", "person")
            for other in self._meant[number + 1 :]
        )

    def _refused(self, part: Part) -> bool:
        """Whether “instead of” stands before it."""
        return any(p.label == NOT and p.clause == part.clause for p in self._parts)

    def _crossed_out(self, part: Part, carriers: list[int]) -> bool:
        """“… not brown”, “… instead of brown”: a modifier that says what not to take."""
        clause = [p for p in self._parts if p.clause == part.clause]
        bare = not any(self._parts[at].clause == part.clause for at in carriers)
        denied = clause[0].label in (NO, NOT) and clause[0].start < part.start
        return denied and bare and any(self._parts[at].end < part.start for at in carriers)

    def _carries(self, at: int, part: Part) -> bool:
        if part.label == NUMBER:  # “ten years off her”
            own = [p for p in self._parts if p.clause == part.clause]
            aged = any(p.label in AGED for p in self._parts)
            return not aged and any(p.label == YEARS for p in own)
        if self._has_style(part):
            return False
        if part.kind == "texture" or part.label in _HAIR_MODIFIERS:
            return self._neighbour_topic(at, "hair") is None
        return part.kind in _CARRIERS

    def _has_style(self, part: Part) -> bool:
        """“Dreadlocks down to the shoulders”: the style has a length of its own."""
        before = [p for p in self._parts if p.start < part.start]
        return part.label in _LENGTHS and any(p.kind == "style" for p in before)

    def _neighbour_topic(self, at: int, name: str) -> int | None:
        """The nearest part about a topic in the same clause."""
        clause = self._parts[at].clause
        near = sorted(range(len(self._parts)), key=lambda other: abs(other - at))
        for other in near:
            part = self._parts[other]
            if part.clause == clause and part.label == f"topic:{name}":
                return other
        return None

    def _of_stranger(self, at: int, part: Part) -> bool:
        """“Gold earrings”, “remove the hat”: what is said of something unknown."""
        after = [p for p in self._parts[at + 1 :] if p.clause == part.clause]
        strange = bool(after) and after[0].label == UNKNOWN and not after[0].compared
        alone = not any(p.kind in _CARRIERS for p in self._parts if p.clause == part.clause)
        before = [p for p in self._parts[:at] if p.kind not in _DESCRIBING]
        of_last = bool(before) and before[-1].label == UNKNOWN and alone
        of_last = of_last and not (before[-1].compared or before[-1].stated)
        if part.kind in ("color", "shape"):
            return strange or of_last  # “… those ears, make them smaller”
        return (strange or of_last) and alone and part.label in (NO, LESS, MORE, BIT, MUCH)

    def _attach(self, at: int, part: Part, carriers: list[int]) -> None:
        """Give a modifier to what it changes."""
        if self._of_stranger(at, part) or self._unsaid(at, part, carriers):
            return
        owner = None if self._colors_person(at, part) else self._owner(at, part, carriers)
        if owner is None and part.label in (NO, LESS, MORE) and part.of_it and self._meant:
            take(self._meant[-1], part)  # “the tan looks fake, tone it down”
            return
        if owner is None:
            self._alone(part)
            return
        meant = self._meant[owner]
        elsewhere = part.clause != self._parts[carriers[owner]].clause
        less = meant.way == LESS and meant.refused_in != part.clause
        if part.kind == "color" and elsewhere and less and part.of_it_before:
            meant.modifiers, meant.way = [], ""  # “too pink, make them red”
        elif said_already(meant, part, elsewhere=elsewhere, less=less) or (
            elsewhere and meant.modifiers and self._finds_fault(part)
        ):
            return
        unsuited = elsewhere and meant.way == NO and not meant.modifiers and part.kind in LOOKS
        if unsuited and meant.name in ("hair", "eyes", "skin"):
            meant.way = ""  # “the hair colour doesn't suit him, try grey”
        undone = any(contrary(part.name, name) for _, name, _ in meant.modifiers)
        if elsewhere and (undone or (meant.stated and part.of_it and part.kind in LOOKS)):
            # “it is a bit long, shorten it”
            meant.modifiers, meant.degree, meant.way = [], 1.0, ""
        meant.spans.append((part.start, part.end))
        meant.said += part.words
        if meant.swapped and elsewhere and part.kind in LOOKS:
            meant.swapped, meant.modifiers = False, []
        take(meant, part)

    def _finds_fault(self, part: Part) -> bool:
        """Whether its clause only says what is wrong: “… her hair is flat”."""
        own = [p for p in self._parts if p.clause == part.clause]
        return own[0].label == LESS and any(p.stated for p in own)

    def _unsaid(self, at: int, part: Part, carriers: list[int]) -> bool:
        """Whether it refuses what is not there, or belongs to such: “not brown”."""
        following = self._parts[at + 1] if at + 1 < len(self._parts) else part
        if part.kind in LOOKS:
            return self._crossed_out(part, carriers)
        if part.label in (NO, NOT):
            return following.kind in LOOKS and self._crossed_out(following, carriers)
        # “More thin” is thinner.
        same = following.clause == part.clause
        return part.label == MORE and following.kind == "shape" and same

    def _colors_person(self, at: int, part: Part) -> bool:
        """“A ginger kid”."""
        following = self._parts[at + 1] if at + 1 < len(self._parts) else part
        same = following.clause == part.clause
        return part.kind == "color" and following.kind == "person" and same

    def _owner(self, at: int, part: Part, carriers: list[int]) -> int | None:
        """The place, among the carriers, of what a modifier belongs to."""
        same = [i for i, c in enumerate(carriers) if self._parts[c].clause == part.clause]
        same = [i for i in same if self._fits(part, self._parts[carriers[i]])]
        after = [i for i in same if carriers[i] > at]
        before = [i for i in same if carriers[i] < at]
        if after and not (before and self._turned(carriers[before[-1]], at)):
            return after[0]
        if before:
            return before[-1]
        if not _OF_SOMEBODY.isdisjoint(part.words) and part.kind == "shape":
            return None
        fitting = [i for i, c in enumerate(carriers) if self._fits(part, self._parts[c])]
        fitting = [i for i in fitting if not self._is_kept(carriers[i])]
        earlier = [i for i in fitting if carriers[i] < at]
        later = [i for i in fitting if carriers[i] > at]
        if part.label in (SWAP, NOT) or part.name in SKIN_ONLY:
            own = [i for i in earlier + later if self._parts[carriers[i]].label == "topic:skin"]
            return own[0] if own and part.kind == "color" else None
        if part.label in WAYS or part.label in DEGREES:
            return self._owner_of_way(at, part, carriers, earlier, later)
        ends = ("topic:roots", "topic:tips")
        if part.kind == "color" and later and self._parts[carriers[later[0]]].label in ends:
            return earlier[-1] if earlier else None  # “go blond, with dark roots”
        if earlier and not (later and self._heads_list(at, carriers[later[0]])):
            return earlier[-1]
        return later[0] if later and not self._unlike(part, carriers[later[0]]) else None

    def _owner_of_way(
        self, at: int, part: Part, carriers: list[int], earlier: list[int], later: list[int]
    ) -> int | None:
        """The same of “a bit more”, “no”, which do not belong to what another clause names."""
        lone = [p for p in self._parts if p.clause == part.clause] == [part]
        if (part.of_it or lone) and earlier and not later and part.label != KEEP:
            return earlier[-1]  # “that beard, get rid of it”, “the freckles, delete”
        if "too" in part.words or any(
            p.label == YEARS and p.clause == part.clause for p in self._parts
        ):
            return None  # “too serious, make him smile”
        if (modified := self._modifier_behind(at)) is not None:
            return self._owner(modified, self._parts[modified], carriers)
        return None if not later or self._far(at, carriers[later[0]]) else later[0]

    def _unlike(self, part: Part, carrier: int) -> bool:
        """“Ginger, green eyes”, “a blonde with full lips”: a colour of something else."""
        joined = any(p.alternative and p.clause == part.clause + 1 for p in self._parts)
        if part.kind != "color" or joined:
            return False  # “purple and pink eyeshadow”
        hairy = self._parts[carrier].name in ("hair", "beard", "moustache", "brows")
        return self._colored(carrier) or (part.name in _HAIR_ONLY and not hairy)

    def _colored(self, at: int) -> bool:
        """Whether its clause names a colour."""
        clause = self._parts[at].clause
        return any(p.kind == "color" and p.clause == clause for p in self._parts)

    def _is_kept(self, at: int) -> bool:
        """Whether its clause says to keep it, so that what others say is not of it."""
        clause = self._parts[at].clause
        return any(p.label == KEEP and p.clause == clause for p in self._parts)

    def _modifier_behind(self, at: int) -> int | None:
        """The modifier that “a bit more” stands before: “… and a bit more volume”."""
        for number, part in enumerate(self._parts[at + 1 :], at + 1):
            if part.clause != self._parts[at].clause or part.label in (NO, KEEP):
                return None
            if part.kind in ("shape", "color", "texture"):
                return number
        return None

    def _heads_list(self, at: int, carrier: int) -> bool:
        """“long, curly and red hair”: only modifiers lie between them."""
        between = self._parts[at:carrier]
        if between[-1].clause != self._parts[carrier].clause:
            return False  # “hair: short, brown. eyes: green”
        return all(p.kind in ("shape", "color", "texture", BIT, MUCH) for p in between)

    def _far(self, at: int, carrier: int) -> bool:
        return self._parts[carrier].clause - self._parts[at].clause > 1

    def _turned(self, carrier: int, at: int) -> bool:
        """Whether a modifier right behind a topic describes it: “eyes blue and …”."""
        between = self._parts[carrier + 1 : at]
        after = [p for p in self._parts[at + 1 :] if p.clause == self._parts[at].clause]
        adjective_before_next = any(p.kind in _CARRIERS for p in after[:1])
        return not adjective_before_next or any(p.label in DEGREES for p in between)

    def _fits(self, part: Part, carrier: Part) -> bool:
        if part.kind in ("color", "shape", "texture"):
            if carrier.label == "move:smile":
                return part.name in _SMILES
            if part.kind == "color" and carrier.kind == "topic":
                return carrier.name in _COLORED
            worn = carrier.kind == "hair" and carrier.name != "bald" and part.kind == "color"
            return carrier.kind in ("topic", "style", "texture") or (
                worn and part.clause == carrier.clause
            )
        if part.label in (NUMBER, YEARS):
            return carrier.label in AGED or (part.label == YEARS and carrier.label == NUMBER)
        if part.label in _HAIR_MODIFIERS:
            return carrier.label == "topic:hair"
        return True

    def _alone(self, part: Part) -> None:
        """Make a wish of a modifier without a part, if it can be one."""
        if part.kind in ("texture", "hair") and self._has_style(part):
            return
        meant = meant_alone(part, self._parts, self._meant)
        if meant is None:
            return
        for way in self._ways_before(part) if not meant.way else ():
            take(meant, way)
        self._meant.append(meant)

    def _ways_before(self, part: Part) -> list[Part]:
        """“Not so”, “a bit more” right before what stands alone."""
        found: list[Part] = []
        for before in reversed([p for p in self._parts if p.end <= part.start]):
            if before.clause != part.clause or before.label not in (NO, LESS, MORE, BIT, MUCH):
                break
            found.append(before)
        return found

    def _spread_ways(self, carriers: list[int]) -> None:
        """“no beard or moustache”: a way goes on over alternatives that have none.

        “Remove the beard, freckles, wrinkles” goes on over all that is named by itself.
        """
        way, listed = "", False
        for number, at in enumerate(carriers):
            part, meant = self._parts[at], self._meant[number]
            clause = [p for p in self._parts if p.clause == part.clause]
            bare = part.kind == "topic" and _plain(meant)
            if meant.way in (NO, KEEP):
                way = meant.way
                listed = any(not _LISTING.isdisjoint(p.words) for p in clause)
            elif way and bare and (part.alternative or (listed and len(clause) == 1)):
                meant.way = way
            else:
                way = ""


_LISTING = frozenset({"remove", "delete", "erase", "lose", "keep", "drop"})


def _plain(meant: Meant) -> bool:
    return not meant.way and not meant.modifiers


_HAIR_MODIFIERS = frozenset(
    f"hair:{name}"
    for name in ("cropped", "medium-length", "tied", "slicked", "tousled", "fringe",
                 "centre parting", "side parting", "loose")
)  # fmt: skip
_COLORED = frozenset(
    {"hair", "eyes", "lids", "skin", "lips", "brows", "roots", "tips", "lipstick", "eyeshadow",
     "eyeliner", "makeup", "blush", "beard", "moustache", "stubble", "facial_hair", "hairline"}
)  # fmt: skip
_LENGTHS = ("hair:medium-length", "hair:cropped")
_DESCRIBING = ("color", "shape", "texture", BIT, MUCH, LESS, MORE)
_SMILES = ("wide", "narrow", "big", "small", "soft", "full")
_HAIR_ONLY = ("blond", "dark blond", "platinum")
#: Said alone, there shall be more of these.
_LONE = frozenset({"cheekbones", "cheekbone", "jawline"})
#: Said alone, these are of somebody, not of a part that is named elsewhere.
_OF_SOMEBODY = frozenset(
    {"gaunt", "skinny", "skinnier", "chubby", "chubbier", "podgy", "bony", "fat", "fatter",
     "scrawny", "emaciated", "overweight", "thicc"}
)  # fmt: skip
