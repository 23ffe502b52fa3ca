"""The words of captions: how each value of an attribute is said, and how sayings go together.

`WORDS[attribute][role][value]` holds alternatives separated by bars. An alternative that only one
side of the Atlantic says starts with `uk:` or `us:`; all others are spelt as in Britain here and
respelt by `AMERICAN` where the caption is American. Templates hold places like `{eyes.adj}`: any
alternative of that attribute and role, for the value that is true.
"""

from __future__ import annotations

from typing import TypeAlias

#: By role, then by value.
Roles: TypeAlias = dict[str, dict[str, str]]

AMERICAN = {
    "grey": "gray", "greying": "graying", "colour": "color", "coloured": "colored",
    "centre": "center", "moustache": "mustache", "make-up": "makeup",
}  # fmt: skip

_SPOKEN_TENS = {"twenties": "20s", "thirties": "30s", "forties": "40s", "fifties": "50s",
                "sixties": "60s", "seventies": "70s"}  # fmt: skip
_TENS = {"twenties": "twenty", "thirties": "thirty", "forties": "forty", "fifties": "fifty",
         "sixties": "sixty", "seventies": "seventy"}  # fmt: skip
_YEARS = [str(n) for n in range(10, 100)]

WORDS: dict[str, Roles] = {
    "sex": {
        "noun": {"female": "woman|woman|lady", "male": "man|man|gentleman|guy"},
        "adj": {"female": "female", "male": "male"},
        "subject": {"female": "she", "male": "he"},
        "possessive": {"female": "her", "male": "his"},
    },
    "age": {
        "adj": {n: f"{n}-year-old" for n in _YEARS},
        "post": {n: f"aged {n}|of {n} years" for n in _YEARS},
    },
    "age_decade": {
        "plural": {"teens": "teens", **{n: f"{n}|{s}" for n, s in _SPOKEN_TENS.items()}},
        "adj": {"teens": "teenage", **{n: f"{s}-something" for n, s in _TENS.items()}},
    },
    "age_group": {
        "adj": {
            "young": "young|youthful", "middle": "middle-aged", "old": "elderly|old|older|senior",
        },
    },
    "skin": {
        "adj": {
            "very light": "pale|very fair-skinned|pale-skinned",
            "light": "light-skinned|fair-skinned",
            "medium": "medium-skinned",
            "tan": "tan-skinned|tanned",
            "dark": "dark-skinned|brown-skinned",
            "very dark": "very dark-skinned|deep-skinned",
        },
        "np": {
            "very light": "very light skin|pale skin|a very fair complexion|a pale complexion",
            "light": "light skin|fair skin|a light complexion|a fair complexion",
            "medium": "a medium skin tone|a medium complexion|medium-toned skin",
            "tan": "tan skin|tanned skin|light brown skin|a tan complexion",
            "dark": "dark skin|brown skin|a dark complexion|a dark skin tone",
            "very dark": "very dark skin|deep brown skin|a very dark complexion|a deep skin tone",
        },
    },
    "hair": {
        "adj": {"none": "bald|hairless|bald-headed"},
        "np": {"none": "no hair|a bald head|a completely bald head|no hair on the head"},
    },
    "hair_length": {
        "adj": {
            "cropped": "very short|close-cropped|closely cropped|buzzed", "short": "short",
            "medium": "medium-length|mid-length", "long": "long",
        },
        "person": {"short": "short-haired", "long": "long-haired"},
    },
    "hair_texture": {
        "adj": {
            "straight": "straight", "wavy": "wavy", "curly": "curly",
            "coily": "coily|afro-textured|tightly curled|kinky",
            "braided": "braided|uk:plaited", "locked": "dreadlocked|locked",
        },
        "person": {"wavy": "wavy-haired", "curly": "curly-haired", "straight": "straight-haired"},
    },
    "hair_colour": {
        "adj": {
            "black": "black|jet-black|raven-black", "dark brown": "dark brown|deep brown",
            "brown": "brown|chestnut|medium brown", "light brown": "light brown",
            "dark blond": "dark blond|dark blonde|dirty blond", "blond": "blond|blonde|fair",
            "red": "red|ginger|copper|copper-coloured", "auburn": "auburn|reddish-brown",
            "grey": "grey|silver|silver-grey", "white": "white|snow-white",
        },
        "person": {
            "black": "black-haired", "dark brown": "dark-haired|brunette", "brown": "brown-haired",
            "dark blond": "dark-blond", "blond": "blond|blonde|fair-haired|blond-haired",
            "red": "red-haired|ginger|red-headed", "auburn": "auburn-haired",
            "grey": "grey-haired|silver-haired", "white": "white-haired",
        },
    },
    "hair_style": {
        "worn": {
            "buzz": "buzzed close to the scalp|cut in a buzz cut", "crew": "cut in a crew cut",
            "short_side_part": "combed to the side", "quiff": "styled in a quiff",
            "slicked_back": "slicked back|combed back", "messy": "in a messy cut|left messy",
            "pixie": "cut in a pixie cut", "bob": "cut in a bob", "bob_bangs": "cut in a bob",
            "lob_wavy": "cut in a long bob", "afro": "worn in an afro|grown into a big afro",
            "afro_short": "worn in a short afro",
            "ponytail": "tied back in a ponytail|worn in a ponytail|pulled into a ponytail",
            "high_ponytail": "tied up in a high ponytail|worn in a high ponytail",
            "bun_top": "tied up in a top knot|worn in a top bun|gathered in a bun on top",
            "bun_low": "tied in a low bun|gathered in a bun at the nape",
            "caesar": "cut in a Caesar cut|combed forward", "undercut": "cut in an undercut",
            "mohawk": "styled in a mohawk|shaved to a mohawk",
            "horseshoe": "left only at the sides and back",
            "long_side_swept": "swept to one side", "half_up": "half tied up|worn half up",
            "braid": "braided into one long braid|uk:plaited into one long plait",
            "pigtails": "tied in pigtails|worn in pigtails|uk:tied in bunches",
            "twin_braids": "worn in two braids|uk:worn in two plaits",
            "cornrows": "braided into cornrows|worn in cornrows",
            "box_braids": "worn in box braids", "dreadlocks": "worn in dreadlocks|worn in locs",
        },
        "np": {
            "buzz": "a buzz cut|a buzzcut", "crew": "a crew cut", "short_side_part": "a short cut",
            "quiff": "a quiff", "slicked_back": "slicked-back hair", "messy": "messy hair",
            "pixie": "a pixie cut", "bob": "a bob|a bob cut|a chin-length bob",
            "bob_bangs": "a bob|a bob cut", "lob_wavy": "a long bob|a lob",
            "afro": "an afro|a big afro|a round afro", "afro_short": "a short afro",
            "ponytail": "a ponytail|hair in a ponytail", "high_ponytail": "a high ponytail",
            "bun_top": "a top knot|a bun on top of the head|a top bun",
            "bun_low": "a low bun|a bun at the nape of the neck",
            "caesar": "a Caesar cut|a Caesar haircut", "undercut": "an undercut",
            "mohawk": "a mohawk|uk:a mohican", "horseshoe": "a receding hairline|a balding head",
            "long_side_swept": "side-swept hair", "half_up": "a half-up hairstyle",
            "braid": "a long braid|a braid|uk:a plait", "pigtails": "pigtails|uk:bunches",
            "twin_braids": "two braids|twin braids|uk:two plaits", "cornrows": "cornrows",
            "box_braids": "box braids|long box braids", "dreadlocks": "dreadlocks|locs",
        },
    },
    "fringe": {"np": {"some": "uk:a fringe|us:bangs|uk:a cut fringe"}},
    "parting": {
        "np": {
            "centre": "uk:a centre parting|us:a center part|uk:a middle parting|us:a middle part",
            "side": "uk:a side parting|us:a side part",
        },
    },
    "brows": {
        "np": {
            "thin": "thin eyebrows|sparse eyebrows|fine brows|thin brows",
            "thick": "thick eyebrows|bushy eyebrows|full brows|strong brows|thick brows",
        },
    },
    "stubble": {
        "np": {
            "none": "no facial hair|no beard|a clean-shaven face|a clean-shaven chin",
            "light": "light stubble|a hint of stubble|faint stubble",
            "medium": "stubble|a stubbly chin|a five o'clock shadow",
            "heavy": "heavy stubble|thick stubble|dense stubble",
        },
        "adj": {
            "none": "clean-shaven", "medium": "stubbly|unshaven", "heavy": "unshaven|stubbly",
        },
    },
    "beard": {
        "np": {
            "short": "a short beard|a trimmed beard|a close-cut beard",
            "full": "a full beard|a thick beard|a beard",
        },
        "adj": {"short": "bearded", "full": "bearded"},
    },
    "moustache": {"np": {"some": "a moustache"}},
    "freckles": {
        "np": {
            "none": "no freckles",
            "some": "a few freckles|light freckles|faint freckles|a dusting of freckles",
            "many": "freckles|many freckles|lots of freckles|a freckled face|freckled cheeks",
        },
        "adj": {"many": "freckled|freckle-faced"},
    },
    "moles": {"np": {"some": "a few moles|some moles|moles|beauty spots"}},
    "wrinkles": {
        "np": {
            "none": "smooth skin|unlined skin|a smooth face|no wrinkles",
            "fine": "fine lines|faint wrinkles|slight wrinkles",
            "clear": "wrinkles|lined skin|visible wrinkles|a lined face",
            "deep": "deep wrinkles|many wrinkles|a deeply lined face|heavy wrinkles",
        },
        "adj": {"deep": "wrinkled"},
    },
    "age_spots": {"np": {"some": "age spots|a few age spots|liver spots"}},
    "redness": {"np": {"some": "reddish skin|ruddy skin|a ruddy complexion|flushed skin"}},
    "dark_circles": {"np": {"some": "dark circles under the eyes|shadows under the eyes"}},
    "make_up": {
        "np": {
            "none": "no make-up|a bare face|a face free of make-up|no cosmetics",
            "light": "light make-up|subtle make-up|a little make-up|some make-up",
            "heavy": "heavy make-up|full make-up|lots of make-up|a made-up face",
        },
        "ing": {
            "none": "wearing no make-up|without make-up|not wearing make-up",
            "light": "wearing light make-up|wearing subtle make-up|wearing a little make-up",
            "heavy": "wearing heavy make-up|wearing full make-up",
        },
    },
    "lipstick": {
        "np": {
            "light": "a touch of lipstick|subtle lipstick|light lipstick",
            "strong": "lipstick|strong lipstick|bold lipstick|painted lips",
        },
    },
    "eyeliner": {
        "np": {
            "light": "a little eyeliner|thin eyeliner|soft eyeliner",
            "strong": "eyeliner|dark eyeliner|strong eyeliner|lined lids",
        },
    },
    "eyeshadow": {
        "np": {
            "light": "a little eyeshadow|soft eye shadow|light eyeshadow",
            "strong": "eyeshadow|eye shadow|strong eyeshadow|painted lids",
        },
    },
    "blush": {
        "np": {
            "light": "a little blush|uk:a little blusher|a touch of rouge",
            "strong": "blush|rouge|uk:blusher|rouged cheeks",
        },
    },
    "eyes": {
        "adj": {
            "dark brown": "dark brown|deep brown|dark", "brown": "brown|chestnut",
            "hazel": "hazel|hazel-coloured", "green": "green", "blue": "blue",
            "grey": "grey|steel-grey", "amber": "amber|amber-coloured",
            "light blue": "light blue|pale blue", "ice blue": "ice-blue|icy blue",
            "blue-green": "blue-green|turquoise", "light brown": "light brown",
        },
        "person": {
            "brown": "brown-eyed", "dark brown": "dark-eyed", "hazel": "hazel-eyed",
            "green": "green-eyed", "blue": "blue-eyed", "grey": "grey-eyed",
        },
    },
    "expression": {
        "np": {
            "neutral": "a neutral expression|a relaxed face|a calm expression|a blank expression",
        },
        "ing": {"neutral": "looking calm|keeping a straight face"},
    },
    "smile": {
        "np": {
            "slight": "a slight smile|a faint smile|a gentle smile|a hint of a smile",
            "broad": "a broad smile|a big smile|a wide smile|a grin",
        },
        "ing": {
            "slight": "smiling slightly|smiling a little|smiling faintly|smiling gently",
            "broad": "smiling broadly|grinning|beaming|smiling widely|smiling from ear to ear",
        },
        "adj": {"slight": "smiling", "broad": "smiling|grinning|beaming"},
    },
    "mouth": {
        "np": {
            "open": "an open mouth|a slightly open mouth|parted lips",
            "wide open": "a wide-open mouth|the mouth wide open|a dropped jaw",
        },
    },
    "lids": {
        "np": {
            "closed": "closed eyes|both eyes closed|eyes shut|shut eyes", "wink": "one eye closed",
            "narrow": "narrowed eyes|squinting eyes|half-closed eyes",
            "wide": "wide eyes|eyes opened wide|wide-open eyes",
        },
        "ing": {"closed": "closing both eyes", "wink": "winking|giving a wink",
                "narrow": "squinting|narrowing both eyes"},
    },
    "lips": {
        "np": {
            "tongue": "the tongue out", "pucker": "pursed lips|puckered lips",
            "pressed": "pressed lips|tight lips|lips pressed together",
        },
        "ing": {"tongue": "sticking the tongue out|showing the tongue",
                "pucker": "pouting|puckering up", "pressed": "pressing the lips together"},
    },
    "gaze": {
        "ing": {
            "up": "looking up|glancing up|gazing upwards", "down": "looking down|glancing down",
            "left": "looking to the left|glancing to the left",
            "right": "looking to the right|glancing to the right",
        },
    },
    "brow_move": {
        "np": {"raised": "raised eyebrows|raised brows|lifted eyebrows",
               "lowered": "lowered brows|furrowed brows|knitted brows"},
        "ing": {"raised": "raising the eyebrows", "lowered": "scowling|knitting the brows"},
    },
    "cheeks": {
        "np": {"some": "puffed cheeks|puffed-out cheeks"},
        "ing": {"some": "puffing out the cheeks"},
    },
    "nose": {
        "np": {"some": "a scrunched nose|a scrunched-up nose"},
        "ing": {"some": "scrunching the nose|sneering"},
    },
    "mouth_corners": {
        "np": {"down": "a downturned mouth|mouth corners pulled down|a sad mouth"},
    },
    "light": {
        "tail": {
            "studio": "in studio light|lit by studio lamps|in a photo studio|under studio lights",
            "courtyard": "in a courtyard|in the daylight of a courtyard|standing in a courtyard",
            "forest": "in a forest|under trees|in woodland light|in the light of a forest",
            "sunset": "at sunset|in the warm light of the setting sun|lit by the setting sun",
            "sunrise": "at sunrise|at dawn|in early morning light|lit by the rising sun",
            "city": "in a city|in a city street|in the daylight of a street",
            "interior": "indoors|in a room|in indoor light|under room lighting",
            "night": "at night|by night|in dim blue light|in the dark of night",
        },
    },
    "view": {
        "tail": {
            "front": "facing the camera|seen from the front|in front view|viewed head-on",
            "three-quarter": "in three-quarter view|seen at an angle|turned a little to the side",
            "profile": "in profile|seen from the side|in side view",
            "back three-quarter": "seen from behind at an angle|in three-quarter back view",
            "back": "seen from behind|from the back|in rear view|viewed from behind",
        },
    },
    "height": {
        "tail": {
            "above": "from slightly above|seen from above", "below": "from below|seen from below",
        },
    },
}  # fmt: skip

OPENINGS = (
    "", "", "", "a portrait of ", "a head-and-shoulders portrait of ", "a photo of ",
    "an image of ",
    "a photograph of ", "a picture of ", "a close-up of ", "a 3D portrait of ", "a rendering of ",
    "a render of ", "a headshot of ", "this is ", "here is ", "we see ", "it shows ",
)  # fmt: skip
NOUNS = ("{sex.noun}", "{sex.noun}", "{sex.noun}", "{sex.adj} person", "{sex.adj} model")
NEUTRAL_NOUNS = ("person", "person", "model", "adult person")
#: Said before the noun, in this order; at most one of each line.
ADJECTIVES = (
    ("{age_group.adj}", "{age.adj}", "{age_decade.adj}"),
    ("{smile.adj}",),
    ("{hair.adj}", "{hair_colour.person}", "{hair_length.person}", "{hair_texture.person}",
     "{eyes.person}"),
    ("{freckles.adj}", "{stubble.adj}", "{beard.adj}", "{wrinkles.adj}"),
    ("{skin.adj}",),
)  # fmt: skip
#: Said right after the noun.
AFTER_NOUN = ("in {possessive} {age_decade.plural}", "{age.post}")
#: Said after “with” or “has”.
THINGS = (
    "{hair_length.adj} {hair_texture.adj} {hair_colour.adj} hair",
    "{hair_length.adj}, {hair_texture.adj}, {hair_colour.adj} hair",
    "{hair_colour.adj}, {hair_length.adj} hair",
    "{hair_length.adj} {hair_colour.adj} hair",
    "{hair_texture.adj} {hair_colour.adj} hair",
    "{hair_length.adj} {hair_texture.adj} hair",
    "{hair_colour.adj} hair",
    "{hair_texture.adj} hair",
    "{hair_length.adj} hair",
    "hair that is {hair_length.adj} and {hair_colour.adj}",
    "hair that is {hair_texture.adj} and {hair_colour.adj}",
    "{hair_colour.adj} hair {hair_style.worn}",
    "{hair_texture.adj} {hair_colour.adj} hair {hair_style.worn}",
    "{hair_length.adj} {hair_colour.adj} hair {hair_style.worn}",
    "hair {hair_style.worn}",
    "{hair_style.np}",
    "{hair.np}",
    "{fringe.np}",
    "{parting.np}",
    "{eyes.adj} eyes",
    "{eyes.adj} eyes",
    "eyes that are {eyes.adj}",
    *(f"{{{name}.np}}" for name in (
        "skin", "brows", "stubble", "beard", "moustache", "freckles", "moles", "wrinkles",
        "age_spots", "redness", "dark_circles", "make_up", "lipstick", "eyeliner", "eyeshadow",
        "blush", "expression", "smile", "mouth", "lids", "lips", "brow_move", "cheeks", "nose",
        "mouth_corners",
    )),
)  # fmt: skip
#: What the person does.
DOINGS = tuple(
    f"{{{name}.ing}}"
    for name in ("expression", "smile", "lids", "lips", "gaze", "brow_move", "cheeks", "nose",
                 "make_up")
)  # fmt: skip
#: How it is seen and lit.
TAILS = ("{light.tail}", "{view.tail}", "{height.tail}")
#: Facts that say the same, or that one place says together: a caption has one place for them.
RIVALS = (
    {"age", "age_decade"},
    {"stubble", "beard"},
    {"hair_length", "hair_texture", "hair_colour", "hair_style"},
)
