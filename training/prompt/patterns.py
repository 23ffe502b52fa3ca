"""How requests are put together (patterns.toml), and what facts of captions are called."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from head360.editing.labels import COLORS, LIGHTS, STYLES, TEXTURES

Places = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with places."""

    text: str
    places: Places = field(default_factory=lambda: MappingProxyType({}))


_TABLE = tomllib.loads(Path(__file__).with_name("patterns.toml").read_text("utf-8"))
#: What stands before a wish, behind it, and between two.
ASK, CLOSERS, JOINTS = (tuple(_TABLE[name]) for name in ("ask", "closers", "joints"))


def _patterns() -> Iterator[Pattern]:
    for part, shapes in _TABLE["shapes"].items():
        wished = tuple(f"shape:{shape}" for shape in shapes)
        places = {"part": (f"topic:{part}",), "shape": wished, "deg": ("bit", "much")}
        yield from (Pattern(text, places) for text in _TABLE["shape_patterns"])
    for group in _TABLE["group"]:
        named = group.get("places", {}).items()
        sets = _TABLE["sets"]
        places = {n: tuple(sets[own] if isinstance(own, str) else own) for n, own in named}
        for text in group["patterns"]:
            yield from [Pattern(text, places)] * group["weight"]


#: Common ones stand here several times.
PATTERNS: tuple[Pattern, ...] = tuple(_patterns())

#: The label of words that state a fact of a caption; "" stands for every other value.
FACT_LABELS: dict[tuple[str, str], str] = {
    ("sex", "female"): "person:female", ("sex", "male"): "person:male",
    ("age", ""): "number", ("age_decade", ""): "number",
    ("age_group", "young"): "person:young", ("age_group", "middle"): "person:middle-aged",
    ("age_group", "old"): "person:old",
    ("skin", "very light"): "color:pale", ("skin", "light"): "color:fair",
    ("skin", "medium"): "color:medium", ("skin", "tan"): "color:tan",
    ("skin", "dark"): "color:deep", ("skin", "very dark"): "color:deep",
    ("hair", "none"): "hair:bald",
    ("hair_length", "cropped"): "hair:cropped", ("hair_length", "short"): "shape:short",
    ("hair_length", "medium"): "hair:medium-length", ("hair_length", "long"): "shape:long",
    **{("hair_texture", name): f"texture:{name}" for name in TEXTURES},
    **{("hair_colour", name): f"color:{name}" for name in COLORS},
    **{("hair_style", name): f"style:{name}" for name in STYLES},
    ("fringe", "some"): "hair:fringe", ("parting", "centre"): "hair:centre parting",
    ("parting", "side"): "hair:side parting",
    ("brows", ""): "topic:brows", ("stubble", ""): "topic:stubble",
    ("stubble", "none"): "person:shaven", ("beard", ""): "topic:beard",
    ("moustache", ""): "topic:moustache", ("freckles", ""): "topic:freckles",
    ("moles", ""): "topic:moles", ("wrinkles", ""): "topic:wrinkles",
    ("age_spots", ""): "topic:age_spots", ("redness", ""): "topic:redness",
    ("dark_circles", ""): "topic:dark_circles", ("make_up", ""): "topic:makeup",
    ("lipstick", ""): "topic:lipstick", ("eyeliner", ""): "topic:eyeliner",
    ("eyeshadow", ""): "topic:eyeshadow", ("blush", ""): "topic:blush",
    **{("eyes", name): f"color:{name}" for name in (
        "dark brown", "brown", "hazel", "green", "blue", "grey", "amber", "light blue",
        "light brown")},
    ("eyes", "ice blue"): "color:light blue", ("eyes", "blue-green"): "color:turquoise",
    ("expression", ""): "move:neutral", ("smile", "slight"): "move:smile",
    ("smile", "broad"): "move:grin", ("mouth", "open"): "move:mouth open",
    ("mouth", "wide open"): "move:mouth wide open", ("lids", "closed"): "move:eyes closed",
    ("lids", "wink"): "move:wink", ("lids", "narrow"): "move:squint",
    ("lids", "wide"): "move:eyes wide", ("lips", "tongue"): "move:tongue",
    ("lips", "pucker"): "move:pucker", ("lips", "pressed"): "move:pressed lips",
    **{("gaze", side): f"move:look {side}" for side in ("up", "down", "left", "right")},
    ("brow_move", "raised"): "move:brows up", ("brow_move", "lowered"): "move:brows down",
    ("cheeks", "some"): "move:puffed cheeks", ("nose", "some"): "move:scrunched nose",
    ("mouth_corners", "down"): "move:frown",
    **{("light", name): f"light:{name}" for name in LIGHTS},
}  # fmt: skip
