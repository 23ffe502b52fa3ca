"""Named attributes of a head, painted over its skin: brows, freckles, wrinkles, make-up, stubble …

Each attribute owns one or several grey maps (*placements*: other people have their freckles
elsewhere) and a recipe of what full strength does to the eight channels. The texture code chooses
between placements, so that a person keeps theirs while a slider moves. Everything happens on
sRGB-encoded albedo, where multiplying is as good as in linear light and costs no powers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from head360.likeness import Likeness
from head360.make_up import PARTS, MakeUp
from head360.params import ATTRIBUTES, HeadParams

#: Numbers of the texture code that choose placements; the generator's other 56 make the skin.
SPOT_CODE, SHAPE_CODE = slice(56, 59), slice(59, 62)
_DECISIVE = 2.5  # how clearly one placement wins over the others

_OCCLUSION, _ROUGHNESS, _SPECULAR, _SCATTER, _HEIGHT = 3, 4, 5, 6, 7
Color = tuple[float, float, float]

#: Brown, of brightness one; how bright brows below dyed hair are.
_BROWN: Color = (1.60, 0.89, 0.51)
_GROWN_BRIGHTNESS = (0.012, 0.045)
#: By how much green may outweigh red, or blue green, and how little green red hair may have:
#: from the first to the second, a colour stops to be natural.
_COLD, _GREEN_OF_RED = (0.05, 0.16), (0.10, 0.24)
_LINER: Color = (0.055, 0.045, 0.045)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an attribute at full strength does where its map is one."""

    absorb: Color | None = None  # encoded albedo is multiplied by exp(-absorb)
    paint: str | None = None  # or blended towards: hair | brow | lipstick | eyeshadow | liner
    cover: float = 1.0  # opacity of the paint
    surface: Mapping[int, float] = field(default_factory=dict)  # added to other channels
    choose: slice | None = None  # code that weighs the placements; None adds all placements up


RECIPES: Mapping[str, Recipe] = {
    "redness": Recipe(absorb=(0.02, 0.26, 0.21)),
    "dark_circles": Recipe(absorb=(0.24, 0.27, 0.20)),
    "wrinkles": Recipe(absorb=(0.11, 0.17, 0.18), choose=SHAPE_CODE,
                       surface={_HEIGHT: -0.42, _OCCLUSION: -0.20, _SPECULAR: -0.10}),
    "age_spots": Recipe(absorb=(0.15, 0.26, 0.32), choose=SPOT_CODE),
    "freckles": Recipe(absorb=(0.12, 0.26, 0.36), choose=SPOT_CODE),
    "moles": Recipe(absorb=(0.50, 0.72, 0.80), choose=SPOT_CODE, surface={_HEIGHT: 0.25}),
    "blush": Recipe(absorb=(0.02, 0.25, 0.17)),
    "eyeshadow": Recipe(paint="eyeshadow", cover=0.75, surface={_SPECULAR: 0.08}),
    "lipstick": Recipe(paint="lipstick", cover=0.72, surface={_ROUGHNESS: -0.06}),
    "eyeliner": Recipe(paint="liner", cover=0.95, surface={_SPECULAR: -0.2}),
    "stubble": Recipe(paint="brow", cover=0.85, surface={_ROUGHNESS: 0.10, _SPECULAR: -0.12}),
    "beard": Recipe(paint="brow", cover=0.95, choose=SHAPE_CODE,
                    surface={_ROUGHNESS: 0.14, _SPECULAR: -0.22, _SCATTER: -0.5, _HEIGHT: 0.30}),
    "moustache": Recipe(paint="brow", cover=0.95,
                        surface={_ROUGHNESS: 0.14, _SPECULAR: -0.22, _SCATTER: -0.5,
                                 _HEIGHT: 0.30}),
    "brows": Recipe(paint="brow", cover=1.0, choose=SHAPE_CODE,
                    surface={_ROUGHNESS: 0.12, _SPECULAR: -0.25, _HEIGHT: 0.12, _SCATTER: -0.5}),
    "scalp": Recipe(paint="hair", cover=0.92, surface={_ROUGHNESS: 0.10, _SPECULAR: -0.15}),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """A grey map over a part of the atlas."""

    row: int
    column: int
    map: Tensor  # (h, w) 0 ... 1


#: Placements of every recipe, by name.
Layers = Mapping[str, tuple[Placement, ...]]


def paint_attributes(maps: Tensor, layers: Layers, params: HeadParams, scalp_tint: float) -> None:
    """Paint everything `params` asks for over skin, in place.

    Args:
        maps: (8, U, 2.5 U) channels as in `head360.model.texture`.
        layers: where attributes go.
        params: how strong they are, and the colours of hair.
        scalp_tint: 0 = bare … 1 = the scalp is covered in the hair's colour.
    """
    strengths = dict(zip(ATTRIBUTES, params.attributes.tolist(), strict=True))
    strengths["scalp"] = scalp_tint
    for name, recipe in RECIPES.items():
        if (strength := strengths[name]) > 0:
            for placement, share in chosen_placements(layers[name], recipe, params):
                _apply(maps, placement, strength * share, recipe, params)


def chosen_placements(
    placements: tuple[Placement, ...], recipe: Recipe, params: HeadParams
) -> list[tuple[Placement, float]]:
    """The placements worth painting, with their shares 0 … 1."""
    if recipe.choose is None or len(placements) == 1:
        return [(placement, 1.0) for placement in placements]
    shares = choice(params, recipe.choose)[: len(placements)]
    return [(p, share) for p, share in zip(placements, shares, strict=True) if share > 0.02]


def choice(params: HeadParams, code: slice) -> list[float]:
    """Shares of the placements a texture code chooses, summing to one."""
    wishes = torch.from_numpy(params.texture[code].copy()) * _DECISIVE
    shares: list[float] = wishes.softmax(0).tolist()
    return shares


def _apply(
    maps: Tensor, placement: Placement, strength: float, recipe: Recipe, params: HeadParams
) -> None:
    height, width = placement.map.shape
    place = maps[:, placement.row :, placement.column :][:, :height, :width]
    amount = placement.map.to(maps) * strength
    if recipe.paint == "hair" and params.likeness is not None:
        amount = amount * (1 - _bare(placement, params.likeness))
    albedo = place[:3]
    if recipe.absorb is not None:
        for channel, absorbed in zip(albedo, recipe.absorb, strict=True):
            channel.mul_(torch.exp(amount * -absorbed))
    if recipe.paint is not None:
        opacity = (amount * recipe.cover).clamp_(max=0.97)
        for channel, tone in zip(albedo, paint_color(recipe.paint, params), strict=True):
            channel.lerp_(torch.full_like(channel, tone), opacity)
    for number, change in recipe.surface.items():
        place[number].add_(amount, alpha=change).clamp_(0.02, 1)


def _bare(placement: Placement, likeness: Likeness) -> Tensor:
    """(h, w) 0 … 1 where a photo has shown skin, so that no hair grows there."""
    height, width = placement.map.shape
    seen = likeness.observed[placement.row :, placement.column :][:height, :width]
    return torch.tensor(seen) / 255


def paint_color(name: str, params: HeadParams) -> Color:
    """The sRGB-encoded colour of a paint: hair, brow, liner, lipstick or eyeshadow."""
    if name in ("hair", "brow"):
        return hair_paint(params, grown=name == "brow")
    if name == "liner":
        return _LINER
    return (params.make_up or MakeUp()).encoded(PARTS[name], params.texture)


def hair_paint(params: HeadParams, *, grown: bool = False) -> Color:
    """Encoded colour of short hair: a little darker than long hair, as the skin shows between.

    Hair that has `grown` undyed, as brows and stubble have, takes a natural colour.
    """
    linear = torch.from_numpy(params.hair_color.copy()).clamp(1e-4, 1)
    if grown:
        linear = natural_hair(linear)
    red, green, blue = encoded(linear * 0.5).tolist()
    return red, green, blue


def natural_hair(color: Tensor) -> Tensor:
    """What hair of a linear RGB colour (3,) was before it was dyed; natural colours stay.

    Nature mixes warm pigments only: red is the strongest and blue the weakest, and even red hair
    has a quarter as much green. What is far from that is taken for dye on brown hair.
    """
    red, green, blue = color.tolist()
    strongest = max(red, green, blue, 1e-4)
    cold = max(green - red, blue - green) / strongest
    natural = _ramp(cold, _COLD) * (1 - _ramp(green / max(red, 1e-4), _GREEN_OF_RED))
    brightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    least, most = _GROWN_BRIGHTNESS
    brown = color.new_tensor(_BROWN) * min(max(0.6 * brightness, least), most)
    return torch.lerp(brown, color, natural)


def _ramp(value: float, edges: tuple[float, float]) -> float:
    """1 up to the first edge, 0 from the second on."""
    first, second = edges
    share = min(max((second - value) / (second - first), 0.0), 1.0)
    return share * share * (3 - 2 * share)


def encoded(linear: Tensor) -> Tensor:
    """sRGB-encoded colour of linear RGB."""
    bright = 1.055 * linear.clamp_min(1e-6) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, 12.92 * linear, bright)
