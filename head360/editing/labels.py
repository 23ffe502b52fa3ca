"""What a word of a sentence can mean to the editor. The tagger gives every word one of these."""

from __future__ import annotations

#: Says nothing by itself; says something that the editor does not know.
GLUE, UNKNOWN = "-", "?"
#: How much, which way, and whether at all. LOOKS means the same head made up: “without make-up”.
KEEP, NO, MORE, LESS, BIT, MUCH = "keep", "no", "more", "less", "bit", "much"
#: Numbers, and the words about them: “years”, “aged”.
NUMBER, YEARS = "number", "years"

#: What a sentence can be about; a modifier needs one of these.
TOPICS: tuple[str, ...] = (
    "hair", "eyes", "lids", "skin", "lips", "nose", "nose_tip", "nose_bridge", "jaw", "chin",
    "face", "mouth", "brows", "brow_ridge", "cheeks", "head", "forehead", "hairline", "roots",
    "tips", "age", "light",
    # painted or grown; a plain mention means “have it”
    "lipstick", "eyeshadow", "eyeliner", "blush", "makeup", "beard", "moustache", "stubble",
    "facial_hair", "freckles", "moles", "wrinkles", "age_spots", "dark_circles", "redness",
)  # fmt: skip

#: Modifiers that say how a part is.
SHAPES: tuple[str, ...] = (
    "wide", "narrow", "long", "short", "big", "small", "full", "thin", "high", "low", "round",
    "square", "pointed", "strong", "soft", "apart", "together", "slanted", "deep_set", "smooth",
    "shiny", "dark", "bright", "forward", "back",
)  # fmt: skip

#: Colours of hair, eyes, skin, lips and lids.
COLORS: tuple[str, ...] = (
    "black", "dark brown", "brown", "light brown", "dark blond", "blond", "platinum", "red",
    "auburn", "grey", "white", "pink", "violet", "blue", "turquoise", "green", "flame",
    "hazel", "amber", "light blue", "pale", "fair", "medium", "tan", "deep",
)  # fmt: skip

#: What hair does.
TEXTURES: tuple[str, ...] = ("straight", "wavy", "curly", "coily", "braided", "locked")
HAIR_WORDS: tuple[str, ...] = (
    "cropped", "medium-length", "bald", "fringe", "centre parting", "side parting", "tied",
    "slicked", "tousled", "loose", "parting left", "parting right", "mirrored",
)  # fmt: skip

#: Who somebody is.
PEOPLE: tuple[str, ...] = ("old", "young", "middle-aged", "male", "female", "heavy", "slim",
                          "shaven", "rested", "other sex", "androgynous")  # fmt: skip

#: What a face does.
MOVES: tuple[str, ...] = (
    "smile", "grin", "laugh", "neutral", "sad", "angry", "surprised", "afraid", "disgusted",
    "mouth open", "mouth wide open", "mouth closed", "eyes closed", "wink", "squint", "eyes wide",
    "tongue", "pucker", "pressed lips", "look up", "look down", "look left", "look right",
    "brows up", "brows down", "puffed cheeks", "scrunched nose", "frown",
)  # fmt: skip

#: Light presets.
LIGHTS: tuple[str, ...] = (
    "studio", "courtyard", "forest", "sunset", "sunrise", "city", "interior", "night",
)  # fmt: skip

STYLES: tuple[str, ...] = (
    "buzz", "crew", "caesar", "short_side_part", "quiff", "slicked_back", "undercut", "messy",
    "mohawk", "horseshoe", "pixie", "bob", "bob_bangs", "lob_wavy", "long_straight",
    "long_side_swept", "long_wavy", "long_bangs", "long_curly", "short_curly", "afro",
    "afro_short", "ponytail", "high_ponytail", "bun_top", "bun_low", "half_up", "pigtails",
    "braid", "twin_braids", "box_braids", "dreadlocks", "cornrows",
)  # fmt: skip


def _named(kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{kind}:{name}" for name in names)


#: All labels, in the order of the tagger's outputs.
LABELS: tuple[str, ...] = (
    GLUE, UNKNOWN, KEEP, NO, MORE, LESS, BIT, MUCH, NUMBER, YEARS,
    *_named("topic", TOPICS), *_named("shape", SHAPES), *_named("color", COLORS),
    *_named("texture", TEXTURES), *_named("hair", HAIR_WORDS), *_named("style", STYLES),
    *_named("person", PEOPLE), *_named("move", MOVES), *_named("light", LIGHTS),
)  # fmt: skip


def split_label(label: str) -> tuple[str, str]:
    """Kind and name of a label; the kind of a plain one is the label itself."""
    kind, _, name = label.partition(":")
    return kind, name


_CONTRARY = (
    {"wide", "narrow"}, {"long", "short"}, {"big", "small"}, {"full", "thin"}, {"high", "low"},
    {"dark", "bright"}, {"deep", "bright"}, {"dark", "pale"}, {"dark", "fair"},
    {"strong", "soft"}, {"young", "old"}, {"slim", "heavy"},
    {"male", "female"}, {"straight", "curly"}, {"round", "square"}, {"strong", "smooth"},
)  # fmt: skip


def contrary(one: str, other: str) -> bool:
    """Whether nothing can be both: wide and narrow."""
    return {one, other} in _CONTRARY
