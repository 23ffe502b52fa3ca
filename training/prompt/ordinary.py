"""Common English words that are neither known to the editor nor slips of known ones.

`python -m training.prompt.ordinary VOCAB DICT` takes them from the vocabulary of all-MiniLM-L6-v2
(`vocab.txt`, whole words by how common they are; Apache-2.0) as far as WordNet 3.1 (`DICT`, its
folder of `index.*` files) knows them or what they are forms of, and writes them into the package.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from head360.editing.spelling import ORDINARY_FILE, derived, meanings
from head360.files import replacing

#: Forms by their endings only: a corner has nothing to do with corn.
NO_FORMS = frozenset(
    {
        "noted", "corner", "latter", "shortly", "loved", "bodies", "largely", "crossed",
        "backing", "crossing", "heading", "speaker", "backed", "bobby", "oliver", "dozen",
        "lover", "tier", "crosses", "loving", "numbered", "feared", "hardy", "lobby",
        "wilderness", "bounded", "archer", "beaches", "witches", "tanner", "tomatoes", "potatoes",
        "numbering", "cutter", "browser", "hooker", "highness", "skinner", "sniper", "weed",
        "slater", "grossing", "flipping", "litter", "tally", "dolly", "header", "buzzing",
        "bumper", "skier", "zipper", "banging", "berries", "cater", "liter", "hawker", "foxes",
        "outing", "huffed", "riches", "fates", "fated", "gingerly", "chopper", "shutter",
        "huskies", "opener", "sleeper", "plumbing", "madly", "banged", "siding", "noting",
        "outed", "fined", "hanged", "waving", "modeling", "modelling", "modeled", "modelled",
        "gasped", "growled", "loves", "bouncing", "bounced", "lighted",
    }
)  # fmt: skip
#: Slips of what is talked about here, rather than themselves.
_SLIPS = frozenset(
    {
        "hare", "heir", "bread", "bard", "noise", "lisp", "fridge", "eyre", "bold", "lops",
        "checks", "cheques",
    }
)  # fmt: skip
_SHORTEST = 4
#: So many of the vocabulary's words are common.
_COMMON = 17_000


def ordinary_words(vocabulary: Path, dictionary: Path) -> list[str]:
    """The words, in order."""
    lemmas = {
        word
        for kind in ("adj", "adv", "noun", "verb")
        for line in (dictionary / f"data.{kind}").read_text("utf-8").splitlines()
        if not line.startswith(" ")
        for word in re.findall(r" ([a-z]+)(?:\(\w+\))? [0-9a-f] ", line)  # no names
    }
    common = re.findall(rf"^[a-z]{{{_SHORTEST},}}$", vocabulary.read_text("utf-8"), re.M)
    english = {word for word in common[:_COMMON] if not lemmas.isdisjoint(_bases(word))}
    known = {word for word in english if meanings().keys() & {word, word.removesuffix("s")}}
    strange = {word for word in english - known if word in NO_FORMS or derived(word) is None}
    return sorted(strange - _SLIPS)


def _bases(word: str) -> set[str]:
    """What a word may be a form of."""
    endings = (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ied", "y"),
               ("ing", ""), ("ing", "e"))  # fmt: skip
    found = {word} | {word.removesuffix(e) + i for e, i in endings if word.endswith(e)}
    return found | {base[:-1] for base in found if len(base) > 3 and base[-1] == base[-2]}


def main(vocabulary: str, dictionary: str) -> None:
    """Write the list."""
    with replacing(ORDINARY_FILE) as path:
        path.write_text("\n".join(ordinary_words(Path(vocabulary), Path(dictionary))) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
