"""The neural texture: eight channels over the head's UV atlas, from codes and attributes.

Channels: albedo red, green, blue (sRGB-encoded), occlusion, roughness, specular, scatter, height
(0.5 = flat, ± 0.5 mm over the range). The skin tile comes from the generator; attributes are
painted over it; eye, gums, teeth, lashes and the cap of the neck are fixed tiles, the iris in its
own colour, teeth yellowing with age, the cap like clay in the skin's colour. A fitted head adds its
own skin to the generator's, and has eyes and teeth in the photo's colours. Paint lies over skin.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.errors import ResourceError
from head360.likeness import STEP, Likeness
from head360.model.checkpoint import Arrays, deflated
from head360.model.texture_file import (
    DESCRIPTION,
    LAYER_STEP,
    STEPS,
    TILE_STEP,
    TextureFile,
    read_texture,
)
from head360.model.texture_generator import (
    CHANNELS,
    GeneratorShape,
    TextureGenerator,
    activate,
)
from head360.model.texture_layers import RECIPES, Layers, Placement, encoded, paint_attributes
from head360.model.transform import packed_images
from head360.paint import SKIN_STEP
from head360.params import FloatArray, HeadParams

IRIS_LIGHT = 2.0  # the iris pattern is stored at half brightness
PUPIL = 0.004  # linear: what even black reflects
_GUMS, _TEETH, _CAP = 0, 1, 3  # among the fixed tiles
#: A channel; inside a mouth it is darker by a power of its share of a whole, by number of the tile.
_OCCLUSION, _CAVITY = 3, {_GUMS: (1.0, 0.9), _TEETH: (0.65, 0.7)}
#: Cheeks' insides are on the tile of the back: so open they are at least, or a mouth seen from the
#: side is a black hole with molars in it.
_LEAST_OPEN = 0.22
_SURFACE = (4, 7)  # channels that a photo may change besides the albedo: roughness, height
_AGE_CODE, _TEETH_CODE = 7, 62  # numbers of the texture code
_WORN_TEETH = (0.03, 0.06, 0.14)  # what age takes from encoded albedo
#: Where the bust is cut, this is lost of the skin's saturation, and kept of its encoded albedo.
_CLAY_GREY, _CLAY_LIGHT = 0.1, 0.82
#: … and of its gloss.
_SPECULAR, _CLAY_GLOSS = 5, 0.1
#: Large parameters stored as cosines instead of deflated: the finest step, and what they may weigh,
#: bytes. Files of version 0.1 have them deflated, their details rounded to almost nothing.
_COSINES = {"mean": (0.02, 1_200_000), "details": (0.008, 2_000_000)}


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A fixed part of the atlas."""

    row: int
    column: int
    maps: Tensor  # (8, h, w)


@dataclass(frozen=True, slots=True, eq=False)
class FixedTiles:
    """What every head shares."""

    tiles: tuple[Tile, ...]  # gums, teeth, lashes, and the cap below the neck
    eye: Tile  # sclera, without the iris's colour
    iris: Tensor  # (2, h, w) share of iris, and how brightly its colour shines (halved)


class TextureModel:
    """Makes the maps of a head. Keeps the last code's skin, so it is not for several threads."""

    def __init__(self, generator: TextureGenerator, layers: Layers, fixed: FixedTiles) -> None:
        self._generator = generator.eval().requires_grad_(False)
        self._layers = layers
        self._fixed, self._shown = fixed, _deepened(fixed)
        self._skin: tuple[bytes, Tensor] | None = None

    @classmethod
    def load(cls, path: Path) -> TextureModel:
        """Read a model file.

        Raises:
            ResourceError: the file is missing or damaged.
        """
        return cls.of_file(read_texture(path))

    @classmethod
    def of_file(cls, file: TextureFile) -> TextureModel:
        """The model of a file that was unpacked before.

        Raises:
            ResourceError: the file is damaged.
        """
        try:
            return cls(*_assembled(file))
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            raise ResourceError("The skin's model file is damaged.") from error

    @property
    def generator(self) -> TextureGenerator:
        """The skin's generator, for fitting; gradients flow to the code it is given."""
        return self._generator

    @property
    def layers(self) -> Layers:
        """Placements of the named attributes."""
        return self._layers

    @property
    def fixed(self) -> FixedTiles:
        """Tiles that every head shares, as files have them."""
        return self._fixed

    @property
    def shown(self) -> FixedTiles:
        """The same as heads are painted with them."""
        return self._shown

    @torch.inference_mode()
    def maps(self, params: HeadParams, scalp_tint: float) -> Tensor:
        """The maps of a head.

        Args:
            params: whose texture code, attributes and colours are painted.
            scalp_tint: 0 = bare scalp … 1 = fully covered in the hair's colour.

        Returns:
            (8, U, 2.5 U) float32, 0 … 1, row 0 at v = 0.
        """
        skin, moment = self._skin_of(params.texture), moment_of(params)
        if params.likeness is not None:
            skin = fitted_skin(skin, params.likeness, moment)
        maps = self.painted(skin, params, scalp_tint)
        if moment is not None:  # of eyes, gums and teeth
            tile = maps[:3, :, skin.shape[2] :]
            tile.add_(moment[..., skin.shape[2] :]).clamp_(0, 1)
        if params.paint is not None and params.paint.skin is not None:
            tile = maps[:3, :, : params.paint.skin.shape[2]]
            tile.add_(torch.tensor(params.paint.skin), alpha=SKIN_STEP).clamp_(0, 1)
        return maps

    def painted(self, skin: Tensor, params: HeadParams, scalp_tint: float) -> Tensor:
        """The same over another skin tile (8, U, 2U), 0 … 1: a baked or a fitted one."""
        rows = skin.shape[1]
        maps = skin.new_empty(CHANNELS, rows, rows * 5 // 2)
        maps[:, :, : 2 * rows] = skin
        maps[_OCCLUSION, :, rows : 2 * rows].clamp_(min=_LEAST_OPEN)
        for tile in self._shown.tiles:
            _place(maps, tile)
        _tint_teeth(maps, self._shown.tiles[_TEETH], params)
        _tint_cap(maps, self._shown.tiles[_CAP], skin)
        _place(maps, _colored_eye(self._shown, params))
        paint_attributes(maps, self._layers, params, scalp_tint)
        return maps

    def _skin_of(self, code: npt.NDArray[np.float32]) -> Tensor:
        key = code.tobytes()
        if self._skin is None or self._skin[0] != key:
            made = self._generator(torch.from_numpy(code.copy())[None])[0]
            self._skin = (key, activate(made))
        return self._skin[1]


def _place(maps: Tensor, tile: Tile) -> None:
    height, width = tile.maps.shape[1:]
    maps[:, tile.row : tile.row + height, tile.column : tile.column + width] = tile.maps


def _part(maps: Tensor, tile: Tile) -> Tensor:
    """(3, h, w) the albedo of a tile's place."""
    height, width = tile.maps.shape[1:]
    return maps[:3, tile.row : tile.row + height, tile.column : tile.column + width]


def moment_of(params: HeadParams) -> Tensor | None:
    """(3, U, 2.5 U) what a photo's moment adds to encoded albedo; None while it is nowhere present.

    Of hair before the skin only so much as its fringe still is there; what only the photo's own
    light shows, as far as the head is lit so.
    """
    like = params.likeness
    if like is None or like.moment is None or (present := like.present(params.expression)) == 0:
        return None
    columns = like.moment.shape[2]
    steps = torch.zeros(3, columns // 2, columns * 5 // 4)
    steps[..., :columns] = torch.tensor(like.moment)
    if like.opening is not None:
        steps[..., columns:] = torch.tensor(like.opening)
    if like.cast is not None and (lit := params.own_light) > 0:
        steps.add_(torch.tensor(like.cast), alpha=lit)
    if like.fringe is not None and (fringe := params.own_fringe) < 1:
        steps[..., :columns] *= 1 - (1 - fringe) / 255 * torch.tensor(like.fringe)
    return steps * (present * STEP)


def fitted_skin(skin: Tensor, likeness: Likeness, moment: Tensor | None) -> Tensor:
    """A skin tile (8, U, 2U), 0 … 1, with what a photo has shown added; `moment_of` is of it."""
    fitted = skin.clone()
    if moment is not None:
        fitted[:3].add_(moment[..., : skin.shape[2]])
    fitted[:3].add_(torch.tensor(likeness.skin), alpha=STEP).clamp_(0, 1)
    if likeness.surface is not None:
        for channel, steps in zip(_SURFACE, likeness.surface, strict=True):
            fitted[channel].add_(torch.tensor(steps), alpha=STEP).clamp_(0, 1)
    return fitted


def _deepened(fixed: FixedTiles) -> FixedTiles:
    """Light comes into a mouth through its opening alone: the further in, the less."""
    tiles = list(fixed.tiles)
    for number, (whole, power) in _CAVITY.items():
        maps = tiles[number].maps.clone()
        maps[_OCCLUSION] *= (maps[_OCCLUSION] / whole).clamp(max=1) ** power
        tiles[number] = replace(tiles[number], maps=maps)
    return replace(fixed, tiles=tuple(tiles))


def _tint_teeth(maps: Tensor, tile: Tile, params: HeadParams) -> None:
    """Teeth yellow and darken with age, and a little by chance; or are as a photo shows them."""
    if params.likeness is not None:
        _tint(_part(maps, tile), params.likeness.teeth)
        return
    age, chance = float(params.texture[_AGE_CODE]), float(params.texture[_TEETH_CODE])
    worn = 1 / (1 + math.exp(-(0.9 * age + 0.9 * chance)))
    for channel, absorbed in zip(_part(maps, tile), _WORN_TEETH, strict=True):
        channel.mul_(math.exp(-absorbed * worn))


def _tint_cap(maps: Tensor, tile: Tile, skin: Tensor) -> None:
    """The cut below the neck is clay in the skin's colour, darker; the tile shades it."""
    color = skin[:3, :, skin.shape[2] // 2 :].mean((1, 2))
    clay = _CLAY_LIGHT * torch.lerp(color, color.mean().expand(3), _CLAY_GREY)
    _part(maps, tile).mul_(clay[:, None, None])
    height, width = tile.maps.shape[1:]
    gloss = maps[_SPECULAR, tile.row : tile.row + height, tile.column : tile.column + width]
    gloss.mul_(_CLAY_GLOSS)


def _colored_eye(fixed: FixedTiles, params: HeadParams) -> Tile:
    share, shine = fixed.iris
    color = torch.from_numpy(params.iris_color.copy())[:, None, None]
    iris = encoded((color * shine * IRIS_LIGHT + PUPIL).clamp(0, 1))
    maps = fixed.eye.maps.clone()
    if params.likeness is not None:
        _tint(maps[:3], params.likeness.sclera)
    maps[:3] = torch.lerp(maps[:3], iris, share)
    return Tile(fixed.eye.row, fixed.eye.column, maps)


def _tint(albedo: Tensor, factors: FloatArray) -> None:
    """Multiply encoded albedo (3, h, w) by (3,) factors, in place."""
    albedo.mul_(torch.tensor(factors)[:, None, None]).clamp_(0, 1)


def pack_model(generator: TextureGenerator, layers: Layers, fixed: FixedTiles) -> Arrays:
    """The arrays of a model file, for `safetensors.numpy.save_file`."""
    described: dict[str, Any] = {"generator": asdict(generator.shape), "layers": {}, "tiles": []}
    arrays: Arrays = {}
    for name, values in generator.state_dict().items():
        if name in _COSINES:
            arrays[name] = _as_cosines(values, *_COSINES[name])
        elif step := STEPS.get(name):
            arrays[name] = _stepped(values, step)
        else:
            arrays[name] = values.half().cpu().numpy()
    for name, placements in layers.items():
        described["layers"][name] = [[p.row, p.column, *p.map.shape] for p in placements]
        for number, placement in enumerate(placements):
            arrays[f"layer.{name}.{number}"] = _stepped(placement.map, LAYER_STEP)
    for number, tile in enumerate((fixed.eye, *fixed.tiles)):
        described["tiles"].append([tile.row, tile.column, *tile.maps.shape[1:]])
        arrays[f"tile.{number}"] = _stepped(tile.maps, TILE_STEP)
    arrays["iris"] = _stepped(fixed.iris, TILE_STEP)
    text = json.dumps(described).encode()
    arrays[DESCRIPTION] = np.frombuffer(text, np.uint8)
    return arrays


def _stepped(values: Tensor, step: float) -> npt.NDArray[np.uint8]:
    return deflated((values.cpu() / step).round().to(torch.int16).numpy())


def _as_cosines(values: Tensor, step: float, most: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(packed_images(values.cpu().numpy(), step, most), np.uint8)


def _assembled(file: TextureFile) -> tuple[TextureGenerator, Layers, FixedTiles]:
    options = dict(file.described["generator"])
    options["convolution"] = tuple(options["convolution"])
    generator = TextureGenerator(GeneratorShape(**options), filled=False)
    state = {name: torch.from_numpy(file.arrays[name]) for name in generator.state_dict()}
    generator.load_state_dict(state, assign=True)
    layers = {name: _layer(file, name) for name in RECIPES}
    eye, *tiles = (
        Tile(row, column, torch.from_numpy(file.arrays[f"tile.{number}"]))
        for number, (row, column, _, _) in enumerate(file.described["tiles"])
    )
    return generator, layers, FixedTiles(tuple(tiles), eye, torch.from_numpy(file.arrays["iris"]))


def _layer(file: TextureFile, name: str) -> tuple[Placement, ...]:
    return tuple(
        Placement(row, column, torch.from_numpy(file.arrays[f"layer.{name}.{number}"]))
        for number, (row, column, _, _) in enumerate(file.described["layers"][name])
    )
