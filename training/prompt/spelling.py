"""The words that typing errors are traced back to: all that the tagger was taught, and common ones.

`python -m training.prompt.spelling` writes them into the package.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from head360.editing.spelling import SHORTEST, WORD_FILE
from head360.files import replacing

#: Common words that say nothing of faces, so that they are not taken for others mistyped.
_COMMON = """
about above across after again almost along already also although always another anyone around away
back because been before began being below beside best better between both bring came cannot come
could course days does doing done down during each either else enough even ever every everyone
everything fact feel find first form found from full gave goes going good great half have having
hear heard help here hers herself himself however idea into itself just keep kept kind knew know
last later least left lest like line list lose lost made make many mean means might mine more most
much must myself name near need never next nine none nose once only onto other ours over part
perhaps place play please quite rather ready real right said same says seem seen send shall should
show side since some something soon sort still such sure take taken tell than thank that their
theirs them themselves then there these they thing things think this those though thought three
through time times together told took toward trail true turn twice under until upon used using usual
very view want wanted well went were what when where whether which while whole whom whose will with
within without word work world would year yesterday yours yourself
"""


def taught() -> list[str]:
    """Words of at least `SHORTEST` letters, in order."""
    words = set(_COMMON.split())
    for name in ("words.toml", "patterns.toml"):
        table = tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))
        for text in _strings(table):
            spoken = re.sub(r"\[(?!~)[^\]]*\]", " ", text)  # a pattern's places are no words
            words.update(re.findall(rf"[a-z]{{{SHORTEST},}}", spoken.lower()))
    return sorted(words)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if ":" not in value:  # a label
            yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def main() -> None:
    """Write the list."""
    with replacing(WORD_FILE) as path:
        path.write_text("\n".join(taught()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
