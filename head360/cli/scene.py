"""From options to what is drawn: the head, its light, the camera and the background."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from head360.assets import catalog
from head360.camera import PITCH_LIMIT_DEGREES, OrbitCamera
from head360.cli.arguments import UsageError
from head360.cli.options import HAIR_SHAPE, HAIR_TONES, HEAD_ANGLES, MAKE_UP
from head360.cli.values import srgb
from head360.edited import hair_of
from head360.errors import UnknownNameError
from head360.light import LIGHT_PRESETS, PHOTO_LIGHT, Background, Light
from head360.own_hair import OwnHair
from head360.params import (
    EXPRESSIONS,
    POSE_LIMITS,
    FloatArray,
    HairMix,
    HairShape,
    HairTones,
    HeadParams,
    made_up,
)
from head360.project import load_project

if TYPE_CHECKING:
    from head360.engine import HeadEngine

Name = TypeVar("Name", bound=str)

BALD = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything that was chosen about the picture's content."""

    params: HeadParams
    camera: OrbitCamera
    background: Background


def scene_of(arguments: argparse.Namespace, engine: HeadEngine) -> Scene:
    """The scene that the options describe.

    Raises:
        Head360Error: a name is unknown, a value out of range, or a file unreadable.
    """
    start = _start(arguments, engine)
    params = _changed(arguments, start.params)
    return Scene(params, _camera(arguments, start.camera), _background(arguments, start.background))


def head_of(arguments: argparse.Namespace, engine: HeadEngine) -> HeadParams:
    """The head that the options describe, of commands that draw nothing.

    Raises:
        Head360Error: a name is unknown, a value out of range, or a file unreadable.
    """
    return _changed(arguments, _start(arguments, engine).params)


def one_of(kind: str, name: str, known: Collection[Name]) -> Name:
    """The known name that was meant; case does not matter.

    Raises:
        UnknownNameError: there is none.
    """
    for candidate in known:
        if candidate.lower() == name.lower():
            return candidate
    raise UnknownNameError(kind, name, known)


def hairstyle(name: str) -> str | None:
    """The id of a hairstyle; None for “none”."""
    styles = [style.id for style in catalog().hairstyles]
    chosen = one_of("hairstyle", name, [BALD, *styles])
    return None if chosen == BALD else chosen


def _hair_shape(arguments: argparse.Namespace, start: HairShape | None) -> HairShape | None:
    given = {part: getattr(arguments, f"hair_{part}") for part in HAIR_SHAPE}
    given["hairline"] = arguments.hairline
    changes: dict[str, Any] = {
        part: _within(f"The hair's {part}", value, -1, 1)
        for part, value in given.items()
        if value is not None
    }
    if arguments.hair_mirrored:
        changes["mirrored"] = not (start is not None and start.mirrored)
    return replace(start or HairShape(), **changes) if changes else start


def _hair_tones(arguments: argparse.Namespace, start: HairTones | None) -> HairTones | None:
    """Colours of roots and tips, from “#RRGGBB=reach”."""
    changes: dict[str, Any] = {}
    for part in HAIR_TONES:
        if (setting := getattr(arguments, f"hair_{part}")) is None:
            continue
        color, equals, reach = setting.partition("=")
        changes[part] = _color_or_none(color)
        if equals:
            changes[f"{part[:-1]}_reach"] = _within(f"The reach of the {part}", reach, 0, 1)
    tones = replace(start or HairTones(), **changes)
    return None if tones.roots is tones.tips is None else tones


def hair_mix(setting: str) -> HairMix | None:
    """A second style and its share, from “style=share”; None for “none”."""
    if setting.lower() == BALD:
        return None
    name, equals, text = setting.partition("=")
    if not equals:
        raise UsageError(f"“{setting}” is not of the form style=share, such as long_wavy=0.4.")
    style = one_of("hairstyle", name, [style.id for style in catalog().hairstyles])
    return HairMix(style, _within("The share of a hairstyle", text, 0, 1))


def expression(settings: Iterable[str], start: FloatArray) -> FloatArray:
    """Blendshape weights (52,) 0 … 1: `start`, changed by “name=value” settings.

    A name without Left or Right means both sides.
    """
    weights = start.copy()
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise UsageError(f"“{setting}” is not of the form name=value, such as jawOpen=0.4.")
        for index in _blendshapes(name):
            weights[index] = _within(f"The expression “{name}”", text, 0, 1)
    return weights


def _blendshapes(name: str) -> list[int]:
    sides = {f"{name}{side}".lower() for side in ("", "Left", "Right")}
    found = [i for i, known in enumerate(EXPRESSIONS) if known.lower() in sides]
    if not found:
        raise UnknownNameError("expression", name, EXPRESSIONS)
    return found


def _changed(arguments: argparse.Namespace, params: HeadParams) -> HeadParams:
    params = with_make_up(arguments, with_hair(arguments, params))
    if arguments.expression:
        params = params.with_(expression=expression(arguments.expression, params.expression))
    return params.with_(
        light=_light(arguments, params), head_pose=_head_pose(arguments, params.head_pose)
    )


def with_hair(arguments: argparse.Namespace, params: HeadParams) -> HeadParams:
    """The head with what hair options say.

    Raises:
        Head360Error: a name is unknown, a value out of range, or a file unreadable.
    """
    if arguments.hair_from is not None:
        params = params.with_(**hair_of(load_project(arguments.hair_from).params))
    if arguments.hair is not None:
        params = params.with_(hairstyle=hairstyle(arguments.hair), hair_mix=None)
    if arguments.hair_mix is not None:
        params = params.with_(hair_mix=hair_mix(arguments.hair_mix))
    params = params.with_(hair_shape=_hair_shape(arguments, params.hair_shape))
    if arguments.hair_own is not None:
        params = params.with_(own_hair=_own_hair(arguments.hair_own, params))
    if arguments.hair_color is not None:
        params = params.with_(hair_color=_linear(arguments.hair_color))
    return params.with_(hair_tones=_hair_tones(arguments, params.hair_tones))


def _own_hair(setting: float, params: HeadParams) -> OwnHair:
    own = params.own_hair
    if own is None or own.style != params.hairstyle:
        raise UsageError("This head has no hair of its own: only fitting a photo gives it.")
    return replace(own, strength=_within("How far hair is its own", setting, 0, 1))


def with_make_up(arguments: argparse.Namespace, params: HeadParams) -> HeadParams:
    """The head with the colours of make-up that options name.

    Raises:
        UsageError: something is no colour.
    """
    for part, attribute in MAKE_UP.items():
        if (text := getattr(arguments, f"{part}_color")) is not None:
            params = made_up(params, attribute, _color_or_none(text))
    return params


def _start(arguments: argparse.Namespace, engine: HeadEngine) -> Scene:
    if arguments.head is not None:
        project = load_project(arguments.head)
        return Scene(project.params, project.camera, project.background)
    if arguments.seed is not None:
        return Scene(engine.random_head(arguments.seed), OrbitCamera(), Background())
    return Scene(engine.initial_head(), OrbitCamera(), Background())


def _head_pose(arguments: argparse.Namespace, start: FloatArray) -> FloatArray:
    """Yaw, pitch and roll of the head (3,) degrees."""
    pose = start.copy()
    for index, (angle, limit) in enumerate(zip(HEAD_ANGLES, POSE_LIMITS, strict=True)):
        value = getattr(arguments, f"head_{angle}")
        if value is not None:
            pose[index] = _within(f"The head's {angle}", value, -limit, limit)
    return pose if (pose != start).any() else start


def _light(arguments: argparse.Namespace, params: HeadParams) -> Light:
    # A photo's light is as it was: what another was turned and scaled by is none of it.
    start = Light(PHOTO_LIGHT) if arguments.light == PHOTO_LIGHT else params.light
    changes: dict[str, Any] = {}
    if arguments.light is not None:
        changes["preset"] = _preset(arguments.light, params)
    if arguments.light_rotation is not None:
        changes["rotation_degrees"] = arguments.light_rotation
    if arguments.light_intensity is not None:
        changes["intensity"] = _within("The light intensity", arguments.light_intensity, 0, 4)
    return replace(start, **changes) if changes else start


def _preset(name: str, params: HeadParams) -> str:
    if name != PHOTO_LIGHT:
        return one_of("light", name, LIGHT_PRESETS)
    if params.photo_light is None:
        raise UsageError(
            "This head knows no photo’s light: only heads that were fitted to one do, and older"
            " ones must be fitted again."
        )
    return PHOTO_LIGHT


def _camera(arguments: argparse.Namespace, start: OrbitCamera) -> OrbitCamera:
    changes: dict[str, float] = {}
    if arguments.yaw is not None:
        changes["yaw_degrees"] = arguments.yaw
    if arguments.pitch is not None:
        limit = PITCH_LIMIT_DEGREES
        changes["pitch_degrees"] = _within("The pitch", arguments.pitch, -limit, limit)
    if arguments.distance is not None:
        changes["distance"] = _within("The distance", arguments.distance, 0.3, 5)
    if arguments.fov is not None:
        changes["fov_degrees"] = _within("The field of view", arguments.fov, 2, 90)
    return start.with_(**changes)


def _background(arguments: argparse.Namespace, start: Background) -> Background:
    if getattr(arguments, "transparent", False):
        return replace(start, transparent=True)
    if colors := getattr(arguments, "background", None):
        return Background(colors[0], colors[-1])
    return start


def _color_or_none(text: str) -> tuple[float, float, float] | None:
    """Linear RGB from sRGB text; None for “none”."""
    if text.lower() == BALD:
        return None
    red, green, blue = _linear(text).tolist()
    return red, green, blue


def _linear(text: str) -> FloatArray:
    """Linear RGB (3,) from sRGB text."""
    try:
        color = np.array(srgb(text))
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"{error}.") from error
    linear = np.where(color < 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


def _within(what: str, value: str | float, low: float, high: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise UsageError(f"{what} must be a number within {low:g} … {high:g}, not {value}.")
    return number
