"""What people call the parts of a head, its colours and its lights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.colors import LinearRGB
from head360.assets import Catalog, Hairstyle
from head360.light import LIGHT_PRESETS, PHOTO_LIGHT
from head360.params import ATTRIBUTES

#: Components listed before “Show all”, besides those that have a name.
FIRST_SHAPES = 24

#: Plain names of `ATTRIBUTES`.
ATTRIBUTE_NAMES: Mapping[str, str] = {
    **{name: name.replace("_", " ").capitalize() for name in ATTRIBUTES},
    "eyeshadow": "Eye shadow",
}

#: Natural hair, linear RGB; the means that random people are drawn around.
HAIR_COLORS: Mapping[str, LinearRGB] = {
    "Black": (0.012, 0.010, 0.010),
    "Dark brown": (0.032, 0.019, 0.012),
    "Brown": (0.075, 0.042, 0.024),
    "Light brown": (0.16, 0.095, 0.050),
    "Dark blond": (0.27, 0.175, 0.090),
    "Blond": (0.42, 0.29, 0.15),
    "Red": (0.21, 0.062, 0.022),
    "Auburn": (0.105, 0.034, 0.018),
    "Grey": (0.30, 0.29, 0.28),
    "White": (0.55, 0.54, 0.52),
}
#: Dyes that look like dye.
DYES: Mapping[str, LinearRGB] = {
    "Pink": (0.50, 0.11, 0.23),
    "Violet": (0.17, 0.055, 0.30),
    "Blue": (0.035, 0.10, 0.36),
    "Turquoise": (0.03, 0.24, 0.27),
    "Green": (0.055, 0.20, 0.065),
    "Flame": (0.55, 0.045, 0.015),
}
#: Natural irises, linear RGB; likewise.
IRIS_COLORS: Mapping[str, LinearRGB] = {
    "Dark brown": (0.055, 0.026, 0.012),
    "Brown": (0.13, 0.060, 0.024),
    "Hazel": (0.17, 0.115, 0.040),
    "Green": (0.11, 0.15, 0.070),
    "Blue": (0.11, 0.20, 0.32),
    "Grey": (0.17, 0.21, 0.24),
    "Amber": (0.25, 0.125, 0.030),
}
#: What to put behind a head, linear RGB.
BACKGROUND_COLORS: Mapping[str, LinearRGB] = {
    "Black": (0.0, 0.0, 0.0),
    "Charcoal": (0.0423, 0.0497, 0.0630),
    "Slate": (0.0865, 0.1195, 0.1651),
    "Middle grey": (0.2140, 0.2140, 0.2140),
    "Warm grey": (0.3613, 0.3231, 0.2831),
    "Light grey": (0.6376, 0.6514, 0.6724),
    "White": (1.0, 1.0, 1.0),
    "Studio blue": (0.0513, 0.1274, 0.3050),
    "Chroma green": (0.0, 0.4397, 0.0865),
}

#: Categories of the catalogue in the order of their chips.
CATEGORIES: Mapping[str, str] = {
    "short": "Short",
    "medium": "Medium",
    "long": "Long",
    "curly": "Curly",
    "tied": "Tied",
    "braided": "Braided",
}

#: Plain names of lights, with what to expect of them.
LIGHT_NAMES: Mapping[str, str] = {
    **{preset: preset.capitalize() for preset in LIGHT_PRESETS},
    PHOTO_LIGHT: "As in the photo",
}
LIGHT_TIPS: Mapping[str, str] = {
    "studio": "Soft boxes in a portrait studio",
    "courtyard": "Open shade between walls",
    "forest": "Green daylight under trees",
    "sunset": "A low warm sun",
    "sunrise": "A low pale sun",
    "city": "Street and sky at day",
    "interior": "Lamps in a living room",
    "night": "Dim and blue, with street lamps",
    PHOTO_LIGHT: "The light that the photo of this head was taken in, as far as its skin tells it",
}


def component_titles(names: Sequence[str], noun: str) -> list[str]:
    """A title for each component: its name, or “Shape 5” for the fifth that has none."""
    return [name or f"{noun} {index + 1}" for index, name in enumerate(names)]


def first_shapes(catalog: Catalog) -> list[int]:
    """The shape components that are listed at once: named ones, then the strongest others."""
    named = [index for index, name in enumerate(catalog.shape_names) if name]
    others = [index for index in range(FIRST_SHAPES) if index not in named]
    return named + others


def first_textures(catalog: Catalog) -> list[int]:
    """The texture components that are listed at once: the named ones."""
    return [index for index, name in enumerate(catalog.texture_names) if name]


def categories(hairstyles: Sequence[Hairstyle]) -> dict[str, str]:
    """Title by category, of those that have a hairstyle; unknown ones keep their own name."""
    present = {style.category for style in hairstyles}
    known = [category for category in CATEGORIES if category in present]
    return {
        category: CATEGORIES.get(category, category.capitalize())
        for category in known + sorted(present - set(known))
    }
