"""Carries out wishes: what each does to a given head, as a change that can be weakened later.

Every effect is worked out on the head as it is now (“older” starts from its age), then stored as
the difference, so that a layer keeps meaning the same when something else is edited below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from head360.editing import hair_controls, targets
from head360.editing.ages import AGES, OLD, OLDER_YEARS, WORD_AGES, years_said, years_wished
from head360.editing.difference import difference
from head360.editing.expressions import what_a_face_does
from head360.editing.labels import LESS, MORE, NO
from head360.editing.meant import Meant
from head360.edits import Change
from head360.make_up import PARTS, SHADES, MakeUp
from head360.model.bilinear import BilinearModel
from head360.model.directions import with_trait
from head360.model.measures import measure_directions
from head360.model.sampling import TRAITS, shape_statistics
from head360.params import ATTRIBUTES, HeadParams

Control: TypeAlias = Callable[[HeadParams, Meant, BilinearModel], "Change | None"]

_TONE, _LIP_COLOR, _MASCULINE, _OILY = 0, 5, 8, 10
#: Strength of a plainly wished attribute, and of “more”.
_PLAIN, _STEP = 0.7, 0.35
_PLAINLY = {
    "brows": 0.9,
    "freckles": 0.9,
    "lipstick": 0.9,
    "blush": 0.45,
    "redness": 0.6,
    "dark_circles": 0.65,
}
_MAKEUP = ("lipstick", "eyeliner", "eyeshadow", "blush")
#: These take the colour of the hair, so whoever colours them colours it.
_HAIRY = {"stubble", "beard", "moustache", "brows"}
_FACIAL_HAIR = ("stubble", "beard", "moustache")
#: Words for people who lack something.
_TAKES_OFF = {"shaven": _FACIAL_HAIR, "rested": ("dark_circles",)}
#: Bright make-up is strong; bright brows are weak.
_BRIGHT: dict[bool, set[str]] = {True: {"bright"}, False: set()}
#: How dark “dark lipstick” is.
_DARKER, _DARK = 0.5, frozenset({"dark", "darker", "deep", "deeper"})
#: Colours of a change, by the attribute that they colour.
COLORED = {"lipstick": "lip_color", "eyeshadow": "lid_color"}
_TINTS = ("shiny", "dark", "bright")
#: “A barely-there lip”: less than is worn.
_BARELY = frozenset({"barely", "hardly", "sheer"})


def change_of(head: HeadParams, meant: Meant, mesh: BilinearModel) -> Change | None:
    """What a wish does to a head (its edits added up); None if it would do nothing."""
    control = _CONTROLS.get(meant.kind)
    return control(head, meant, mesh) if control else None


# --- who somebody is -----------------------------------------------------------------------------


def masculinity_of(head: HeadParams) -> float:
    """About where between female (-1) and male (1) a head's code stands."""
    codes, _ = shape_statistics()
    row = codes[TRAITS.index("male")]
    by_shape = float(head.shape @ row / (row @ row))
    return float(np.clip(0.6 * by_shape + 0.4 * float(head.texture[_MASCULINE]) / 1.4, -1, 1))


def _person(head: HeadParams, meant: Meant, mesh: BilinearModel) -> Change | None:
    name, back = meant.name, -1.0 if meant.way in (NO, LESS) else 1.0
    if name in WORD_AGES:
        return _aged(head, years_wished(head, meant))
    if name in _TAKES_OFF:
        return _painted(_TAKES_OFF[name])(head, replace(meant, way=NO), mesh)
    if name == "androgynous":
        return difference(head, with_trait(head, "male", -masculinity_of(head)))
    if name == "other sex":
        name = "female" if masculinity_of(head) > 0 else "male"
        meant = replace(meant, name=name)
    if name in ("heavy", "slim"):
        sign = back * (1.0 if name == "heavy" else -1.0)
        return _moved(head, mesh, {key: sign * by for key, by in targets.WEIGHT.items()})
    sign = back * (1.0 if name == "male" else -1.0)
    noun = not meant.way and not any(_ADJECTIVE.search(word) for word in meant.said)
    if noun and sign * masculinity_of(head) > 0.2:
        return None  # “a man with …”, said of a man
    step = sign * 0.8 if meant.way else sign * 0.95 - masculinity_of(head)
    step = sign * max(abs(step), 0.5) if np.sign(step) == sign or abs(step) < 0.5 else step
    return difference(head, with_trait(head, "male", step))


#: “Manly”, “girlish” ask for more than “man” and “girl”.
_ADJECTIVE = re.compile(
    r"masc|femin|manl|mannish|macho|girl(y|i)|lady-?like|woman(l|is)|viril|butch|effem|er$"
)


def _aged(head: HeadParams, years: float) -> Change | None:
    step = years * (OLD[1] - OLD[0]) / (AGES[1] - AGES[0])
    aged = with_trait(head, "old", float(np.clip(step, -1.3, 1.5)))
    return difference(head, aged)


def _age(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    if years_said(meant) is not None:
        return _aged(head, years_wished(head, meant))
    sign = -1.0 if meant.way in (LESS, NO) else 1.0  # “age him” is older
    return _aged(head, sign * OLDER_YEARS)


# --- what is painted or grown --------------------------------------------------------------------


def _painted(names: tuple[str, ...]) -> Control:
    def control(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
        strengths = head.attributes.copy()
        for name in names:
            at = ATTRIBUTES.index(name)
            plain = _PLAINLY.get(name, _PLAIN)
            strengths[at] = _strength(float(strengths[at]), meant, plain, name in _MAKEUP)
        change = difference(head, head.with_(attributes=strengths))
        colors = _colors(head, meant, names)
        return replace(change or Change(), **colors) if colors else change

    return control


def _strength(now: float, meant: Meant, plain: float, bright_is_strong: bool) -> float:
    """The strength that a wish of an attribute comes to, 0 … 1."""
    names = {name for _, name, _ in meant.modifiers}
    if bright_is_strong and not meant.way and now and _BARELY & set(meant.said):
        names = {"soft"}
    if meant.name == "beard" and "short" in meant.said:
        names |= {"short"}
    weaker = ({"thin", "small", "short", "soft", "narrow"} | _BRIGHT[not bright_is_strong]) & names
    stronger = (
        {"full", "big", "long", "strong", "dark", "deep_set"} | _BRIGHT[bright_is_strong]
    ) & names
    if meant.way == NO:
        return 0.0
    if meant.way == LESS and weaker and not {"down", "trim", "trimmed"} & set(meant.said):
        # “too thin”
        return min(now + _STEP, 1.0)
    if meant.way == LESS or ("smooth" in names and not bright_is_strong):
        return now * 0.45
    if meant.way == MORE:
        return min(now + _STEP, 1.0)
    wanted = plain * (0.6 if weaker else 1.35 if stronger else 1.0)
    return min(wanted, 0.6 * now or wanted) if weaker else min(max(wanted, now + 0.1), 1.0)


def _colors(head: HeadParams, meant: Meant, names: tuple[str, ...]) -> dict[str, Any]:
    """The colours that were named, of what is painted: fields of a change."""
    named = any(kind == "color" for kind, _, _ in meant.modifiers)
    hair = hair_controls.color_of(head, meant) if named and set(names) & _HAIRY else None
    found: dict[str, Any] = {} if hair is None else {"hair_color": hair}
    if meant.way in (NO, LESS):  # “no red lipstick” is none
        return found
    for name in set(names) & COLORED.keys():
        if (shade := _shade(head, meant, PARTS[name])) is not None:
            found[COLORED[name]] = shade
    return found


def _shade(head: HeadParams, meant: Meant, part: str) -> np.ndarray | None:
    """The colour that was said of lips' or lids' make-up; None if none was."""
    colors = [name for kind, name, _ in meant.modifiers if kind == "color"]
    named = [w for w in meant.said if w in targets.MAKE_UP_WORDS and colors]
    pink = colors[:1] == ["pink"]  # “hot red” is red
    said = [targets.MAKE_UP_WORDS[w] for w in named if pink or w not in targets.HOT]
    known = said + [targets.MAKE_UP[name] for name in colors if name in targets.MAKE_UP]
    dark = any(name == "dark" for _, name, _ in meant.modifiers)
    dark = dark or (bool(colors) and not _DARK.isdisjoint(meant.said))  # “dark red” is a colour
    if not known and not dark:
        return None
    own = (head.make_up or MakeUp()).linear(part, head.texture)
    color = np.array(SHADES[known[0]] if known else own, np.float32)
    return color * np.float32(_DARKER if dark and known[:1] != ["black"] else 1)


def _lips(head: HeadParams, meant: Meant, mesh: BilinearModel) -> Change | None:
    """Lips that are given a colour are painted; bare ones are not."""
    painted = any(kind == "color" or name in _TINTS for kind, name, _ in meant.modifiers)
    shaped = _part("lips")(head, meant, mesh)
    if not (painted or (meant.way == NO and not meant.modifiers)):
        return shaped
    colored = _painted(("lipstick",))(head, meant, mesh)
    if colored is None or shaped is None:
        return colored or shaped
    return replace(colored, shape=shaped.shape)


def _brows(head: HeadParams, meant: Meant, mesh: BilinearModel) -> Change | None:
    """Brows are moved, or grow thicker and thinner, or both."""
    moved = [m for m in meant.modifiers if m[1] in targets.GEOMETRY["brows"]]
    if not moved:
        return _painted(("brows",))(head, meant, mesh)
    change = _part("brows")(head, replace(meant, modifiers=moved), mesh)
    rest = [m for m in meant.modifiers if m not in moved]
    grown = _painted(("brows",))(head, replace(meant, modifiers=rest), mesh) if rest else None
    if grown is None or change is None:
        return change or grown
    return replace(grown, shape=change.shape)


def _lids(head: HeadParams, meant: Meant, mesh: BilinearModel) -> Change | None:
    """Lids that are given a colour are painted; others hang or open."""
    painted = any(kind == "color" or name in _TINTS for kind, name, _ in meant.modifiers)
    if painted or (meant.way == NO and not meant.modifiers):
        return _painted(("eyeshadow",))(head, meant, mesh)
    return _part("lids")(head, meant, mesh)


_BUMPS = {"bump", "hump"}


# --- parts and their shape -----------------------------------------------------------------------


def _part(part: str) -> Control:
    def control(head: HeadParams, meant: Meant, mesh: BilinearModel) -> Change | None:
        if part == "face" and meant.way == NO and not meant.modifiers:
            return _painted(_MAKEUP)(head, meant, mesh)  # “a bare face”
        moved: dict[str, float] = {}
        sign = -1.0 if meant.way in (LESS, NO) else 1.0
        names = [name for kind, name, _ in meant.modifiers if kind == "shape"]
        if part == "nose" and any(word.startswith("flat") for word in meant.said):
            names = ["low" if name == "thin" else name for name in names]
        if part == "nose_bridge" and not names and _BUMPS & set(meant.said):
            names = ["high"]  # “a bump on the nose”
        if not names and meant.way in (MORE, LESS):
            names, sign = ["big"], 1.0 if meant.way == MORE else -1.0
        for name in names:
            for measure, by in targets.GEOMETRY[part].get(name, {}).items():
                moved[measure] = moved.get(measure, 0.0) + sign * by
        return _moved(head, mesh, moved) if moved else None

    return control


def _moved(head: HeadParams, mesh: BilinearModel, by: Mapping[str, float]) -> Change | None:
    directions = measure_directions(mesh)
    step = sum(
        (amount * directions[name] for name, amount in by.items()), np.zeros(len(head.shape))
    )
    return difference(head, head.with_(shape=(head.shape + step).astype(np.float32)))


def _eyes(head: HeadParams, meant: Meant, mesh: BilinearModel) -> Change | None:
    """Eyes of another colour, another shape, or both."""
    if any(word.startswith(("sunk", "hollow")) for word in meant.said):
        sunken = [m if m[1] != "thin" else ("shape", "deep_set", False) for m in meant.modifiers]
        meant = replace(meant, modifiers=sunken)
    shaped = _part("eyes")(head, meant, mesh)
    color = _iris(head, meant)
    if color is None:
        return shaped
    return replace(shaped or Change(), iris_color=color)


def _iris(head: HeadParams, meant: Meant) -> np.ndarray | None:
    color = None
    for kind, name, _ in meant.modifiers:
        if kind == "color" and name in targets.EYES:
            color = np.array(targets.EYES[name], np.float32)
        elif name in ("dark", "bright"):
            color = (head.iris_color * (0.45 if name == "dark" else 1.9)).clip(0, 1)
    return color


def _skin(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    texture, strengths = head.texture.copy(), head.attributes.copy()
    if meant.way == NO and not meant.modifiers:
        return _painted(_MAKEUP)(head, meant, _mesh)  # “bare skin”
    sign = -1.0 if meant.way in (LESS, NO) else 1.0
    for kind, name, relative in meant.modifiers:
        if kind == "color" and name in targets.TONES:
            texture[_TONE] = _toned(float(texture[_TONE]), targets.TONES[name], sign)
        elif name in ("dark", "bright"):
            texture[_TONE] += _tone_step(float(texture[_TONE]), name, relative or meant.way, sign)
        elif name == "shiny":
            texture[_OILY] += 2.0 * sign
        elif name == "smooth":
            for spot in ("wrinkles", "age_spots", "freckles", "moles", "redness"):
                strengths[ATTRIBUTES.index(spot)] *= 0.1
        elif name in ("pink", "red"):
            at = ATTRIBUTES.index("redness")
            strengths[at] = 0.6 if sign > 0 else 0.2 * strengths[at]
    return difference(head, head.with_(texture=texture, attributes=strengths))


def _toned(now: float, wanted: float, sign: float) -> float:
    """A tone that was named; “too pale” is darker than now."""
    if sign < 0:
        return now + (0.8 if wanted < 0 else -0.8)
    if wanted == targets.TONES["tan"]:
        return max(wanted, min(now + 0.5, 2.0))  # a tan makes nobody paler
    if wanted == targets.TONES["pale"]:
        return min(wanted, max(now - 0.5, -2.0))
    return wanted


def _tone_step(now: float, name: str, relative: object, sign: float) -> float:
    """Darker by some, or dark at least."""
    step = sign * (0.8 if name == "dark" else -0.8)
    if relative:
        return step
    wanted = 1.3 if name == "dark" else -0.8
    return wanted - now if (wanted - now) * step > 0 and abs(wanted - now) > abs(step) else step


def _light(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    return None if meant.way == NO or head.light.preset == meant.name else Change(light=meant.name)


def _topic(head: HeadParams, meant: Meant, mesh: BilinearModel) -> Change | None:
    control = _TOPICS.get(meant.name)
    return control(head, meant, mesh) if control else None


#: Parts with colours of their own.
_PAINTED_TOO = ("eyes", "lids", "brows", "lips")
_TOPICS: Mapping[str, Control] = {
    "age": _age, "brows": _brows, "eyes": _eyes, "skin": _skin, "lips": _lips, "lids": _lids,
    "hair": hair_controls.hair, "hairline": hair_controls.hairline,
    "roots": hair_controls.roots, "tips": hair_controls.tips,
    "makeup": _painted(_MAKEUP), "facial_hair": _painted(_FACIAL_HAIR),
    **{name: _painted((name,)) for name in ATTRIBUTES if name != "brows"},
    **{name: _part(name) for name in targets.GEOMETRY if name not in _PAINTED_TOO},
}  # fmt: skip
_CONTROLS: Mapping[str, Control] = {
    "topic": _topic, "person": _person, "move": what_a_face_does, "light": _light,
    "style": hair_controls.style, "texture": hair_controls.texture, "hair": hair_controls.word,
}  # fmt: skip
