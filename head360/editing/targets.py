"""What words stand for in numbers: colours, tones, moves, hairstyles, measures."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from head360.model.sampling import HAIR_COLORS, IRIS_COLORS

Color = tuple[float, float, float]

#: Linear RGB by the label's name. Dyes look like dye.
HAIR: Mapping[str, Color] = MappingProxyType(
    {
        **HAIR_COLORS,
        "platinum": (0.62, 0.52, 0.38),
        "pink": (0.50, 0.11, 0.23),
        "violet": (0.17, 0.055, 0.30),
        "blue": (0.035, 0.10, 0.36),
        "turquoise": (0.03, 0.24, 0.27),
        "green": (0.055, 0.20, 0.065),
        "flame": (0.55, 0.045, 0.015),
        # words that mean skin or eyes more often, said of hair
        "fair": HAIR_COLORS["blond"],
        "deep": HAIR_COLORS["dark brown"],
        "medium": HAIR_COLORS["brown"],
        "tan": HAIR_COLORS["light brown"],
        "amber": HAIR_COLORS["light brown"],
        "hazel": HAIR_COLORS["light brown"],
        "pale": (0.62, 0.52, 0.38),
        "light blue": (0.16, 0.32, 0.52),
    }
)
EYES: Mapping[str, Color] = MappingProxyType(
    {
        **IRIS_COLORS,
        "light brown": (0.19, 0.095, 0.036),
        "light blue": (0.22, 0.34, 0.46),
        "turquoise": (0.09, 0.22, 0.24),
        "black": (0.02, 0.012, 0.008),
        "violet": (0.16, 0.11, 0.28),
        "deep": (0.055, 0.026, 0.012),
        "auburn": (0.16, 0.060, 0.022),
        "red": (0.30, 0.03, 0.02),
        "white": (0.45, 0.47, 0.50),
        "pale": (0.22, 0.34, 0.46),
        "blond": IRIS_COLORS["amber"],  # yellow, golden
        "tan": IRIS_COLORS["amber"],
    }
)
#: Skin tone, standard deviations of the texture code; dark is positive.
TONES: Mapping[str, float] = MappingProxyType(
    {"pale": -1.5, "white": -1.5, "fair": -0.7, "blond": -0.7, "medium": 0.3, "tan": 0.75,
     "light brown": 0.75, "brown": 1.4, "dark brown": 1.7, "deep": 1.9, "black": 2.3, "amber": 0.9}
)  # fmt: skip
#: Shades of make-up (`head360.make_up.SHADES`) by the label's name …
MAKE_UP: Mapping[str, str] = MappingProxyType(
    {**{name: name for name in ("red", "pink", "violet", "brown", "black", "grey", "white", "blue",
                                "light blue", "turquoise", "green")},
     "flame": "red", "auburn": "burgundy", "deep": "burgundy", "dark brown": "brown",
     "light brown": "bronze", "hazel": "bronze", "amber": "gold", "blond": "gold",
     "dark blond": "gold", "platinum": "white", "pale": "nude", "fair": "nude", "medium": "nude",
     "tan": "nude"}
)  # fmt: skip
#: … and by words that say of make-up more than their label does.
MAKE_UP_WORDS: Mapping[str, str] = MappingProxyType(
    {"nude": "nude", "coral": "coral", "peach": "coral", "peachy": "coral", "salmon": "coral",
     "orange": "orange", "fuchsia": "fuchsia", "magenta": "fuchsia", "hot": "fuchsia",
     "neon": "fuchsia", "bronze": "bronze", "copper": "bronze", "taupe": "bronze"}
)  # fmt: skip
HOT = frozenset({"hot", "neon"})  # of these, those that name a colour beside pink alone

#: Measures (`model.measures`) that a shape word moves, in standard deviations: by part, by word.
GEOMETRY: Mapping[str, Mapping[str, Mapping[str, float]]] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("geometry.toml").read_text("utf-8"))
)
#: Of gaining and losing weight.
WEIGHT: Mapping[str, float] = MappingProxyType(
    {"Cheek width": 1.5, "Jaw width": 0.9, "Face width": 0.5, "Chin width": 0.4}
)

#: Blendshapes of a face, 0 … 1; names without Left or Right mean both sides.
MOVES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "smile": {"mouthSmile": 0.6, "cheekSquint": 0.35, "eyeSquint": 0.15},
        "grin": {"mouthSmile": 0.95, "cheekSquint": 0.6, "eyeSquint": 0.3, "jawOpen": 0.12,
                 "mouthUpperUp": 0.3, "mouthLowerDown": 0.2},
        "laugh": {"mouthSmile": 0.9, "cheekSquint": 0.7, "eyeSquint": 0.5, "jawOpen": 0.42,
                  "mouthUpperUp": 0.35},
        "neutral": {},
        "sad": {"mouthFrown": 0.6, "browInnerUp": 0.7, "eyeSquint": 0.2, "mouthShrugLower": 0.3},
        "angry": {"browDown": 0.9, "noseSneer": 0.4, "mouthPress": 0.4, "eyeSquint": 0.4,
                  "mouthFrown": 0.3},
        "surprised": {"browInnerUp": 0.8, "browOuterUp": 0.8, "eyeWide": 0.8, "jawOpen": 0.45},
        "afraid": {"browInnerUp": 0.9, "browOuterUp": 0.3, "eyeWide": 0.8, "mouthStretch": 0.5,
                   "jawOpen": 0.15},
        "disgusted": {"noseSneer": 0.9, "mouthUpperUp": 0.5, "browDown": 0.5, "mouthFrown": 0.3,
                      "eyeSquint": 0.4},
        "mouth open": {"jawOpen": 0.4}, "mouth wide open": {"jawOpen": 0.85},
        "mouth closed": {"jawOpen": -1.0, "mouthLowerDown": -1.0, "mouthUpperUp": -1.0},
        "eyes closed": {"eyeBlink": 1.0}, "wink": {"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.4},
        "squint": {"eyeSquint": 0.9, "eyeBlink": 0.3}, "eyes wide": {"eyeWide": 0.9},
        "tongue": {"tongueOut": 0.9, "jawOpen": 0.4}, "pucker": {"mouthPucker": 0.8},
        "pressed lips": {"mouthPress": 0.8}, "frown": {"mouthFrown": 0.7},
        "look up": {"eyeLookUp": 0.7}, "look down": {"eyeLookDown": 0.7},
        "look left": {"eyeLookOutLeft": 0.7, "eyeLookInRight": 0.7},
        "look right": {"eyeLookInLeft": 0.7, "eyeLookOutRight": 0.7},
        "brows up": {"browInnerUp": 0.7, "browOuterUp": 0.7}, "brows down": {"browDown": 0.8},
        "puffed cheeks": {"cheekPuff": 0.8}, "scrunched nose": {"noseSneer": 0.8},
    }
)  # fmt: skip

#: Length (0 cropped … 3 long), texture, fringe and parting of the library's styles.
STYLE_FACTS: Mapping[str, tuple[int, str, str]] = MappingProxyType(
    {
        "buzz": (0, "straight", ""), "crew": (1, "straight", ""),
        "caesar": (1, "straight", "fringe"),
        "short_side_part": (1, "straight", "side"), "quiff": (1, "straight", ""),
        "slicked_back": (1, "straight", "slicked"), "undercut": (1, "straight", ""),
        "messy": (1, "wavy", "tousled"), "mohawk": (1, "straight", ""),
        "horseshoe": (0, "straight", ""),
        "pixie": (1, "straight", "side"), "bob": (2, "straight", "side"),
        "bob_bangs": (2, "straight", "fringe"), "lob_wavy": (2, "wavy", "centre"),
        "long_straight": (3, "straight", "centre"), "long_side_swept": (3, "straight", "side"),
        "long_wavy": (3, "wavy", "centre"), "long_bangs": (3, "straight", "fringe"),
        "long_curly": (3, "curly", ""), "short_curly": (1, "curly", ""), "afro": (2, "coily", ""),
        "afro_short": (1, "coily", ""), "ponytail": (3, "straight", "tied"),
        "high_ponytail": (3, "straight", "tied"), "bun_top": (2, "straight", "tied"),
        "bun_low": (2, "straight", "tied"), "half_up": (3, "straight", "tied"),
        "pigtails": (3, "straight", "tied"), "braid": (3, "braided", "tied"),
        "twin_braids": (3, "braided", "tied"), "box_braids": (3, "braided", ""),
        "dreadlocks": (3, "locked", ""), "cornrows": (0, "braided", ""),
    }
)  # fmt: skip

#: On which of the head's own sides styles of the library are parted, as can be seen.
PARTED: Mapping[str, str] = MappingProxyType(
    {"short_side_part": "left", "bob": "left", "long_side_swept": "right"}
)
