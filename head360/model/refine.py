"""RefineNet: adds what planes and grids cannot carry to a drawn picture, strands above all.

It sees the viewer's picture and what the viewer knows about every pixel, at a quarter of the
resolution with sixteen pixels in each cell, and answers with a change of colour and opacity: small
by construction, nothing at all before training, and nothing away from the head. It never sees who
is drawn, so it cannot know anybody: whatever it adds comes from the picture itself.

Colours here are sRGB-encoded and multiplied by opacity; the network works on those numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from head360.errors import ResourceError
from head360.files import replacing

Picture = npt.NDArray[np.uint8]
AnyModule = TypeVar("AnyModule", bound=nn.Module)

#: What the network sees of each pixel: shaded RGB and opacity, albedo, aspect, guide.
CHANNELS = 13
#: What it changes: RGB and opacity.
OUTPUTS = 4
#: Pixels along each side of a cell of the network's finest level.
CELL = 4
#: Sides of what the network is given are multiples of this many pixels.
ALIGNED = 2 * CELL
#: The furthest a colour or an opacity may change, of 1.
REACH = 0.5
#: Pixels around the drawn head that may change: hair frays outwards.
_FRAY_CELLS = 3
#: Numbers of multiply-and-add between two yields, about 30 ms of two processor cores.
_PIECE = 1.2e9
#: Pixels that are made into a picture between two yields.
_FINISHED = 100_000
_SLOPE = 0.2  # of the leaky ReLU
#: Shrinks what the last layer says: Adam's first steps would otherwise turn pictures inside out.
_CAUTION = 0.1
#: Of what a block adds to its short cut: without normalisation, a stack with full blocks can run
#: away within a few steps.
_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class RefineShape:
    """Sizes of a network."""

    fine: int = 64  # channels at a quarter of the resolution
    deep: int = 112  # channels at an eighth
    fine_blocks: int = 3  # before, and again after the deep ones
    deep_blocks: int = 5


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """One view as the viewer draws it, without a background: (H, W, 4) each, straight alpha."""

    shaded: Picture
    albedo: Picture
    aspect: Picture  # how surface and strands lie as the camera sees them
    guide: Picture  # share of hair, nearness, and occlusion or strand noise

    def part(self, rows: slice, columns: slice) -> Layers:
        """Some rows and columns of all of them."""
        parts = (self.shaded, self.albedo, self.aspect, self.guide)
        return Layers(*(part[rows, columns] for part in parts))

    def stack(self) -> Picture:
        """(13, H, W) as the network and its training data hold them."""
        parts = (self.shaded, self.albedo[..., :3], self.aspect[..., :3], self.guide[..., :3])
        stacked: Picture = np.ascontiguousarray(np.concatenate(parts, -1).transpose(2, 0, 1))
        return stacked


class Block(nn.Module):
    """Two convolutions beside a short cut."""

    #: Cells that a result depends on, to each side.
    halo = 2

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        inner: Tensor = self.second(functional.leaky_relu(self.first(x), _SLOPE))
        return x + _SHARE * inner


class RefineNet(nn.Module):
    """The generator. Untrained, it changes nothing."""

    def __init__(self, shape: RefineShape | None = None) -> None:
        super().__init__()
        self.shape = shape or RefineShape()
        fine, deep = self.shape.fine, self.shape.deep
        self.stem = nn.Conv2d(CHANNELS * CELL**2, fine, 1)
        self.before = nn.ModuleList(Block(fine) for _ in range(self.shape.fine_blocks))
        self.down = nn.Conv2d(fine, deep, 2, stride=2)
        self.inside = nn.ModuleList(Block(deep) for _ in range(self.shape.deep_blocks))
        self.up = nn.Conv2d(deep, fine * 4, 1)
        self.after = nn.ModuleList(Block(fine) for _ in range(self.shape.fine_blocks))
        self.head = nn.Conv2d(fine, OUTPUTS * CELL**2, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    @property
    def margin(self) -> int:
        """Pixels to each side that a result depends on at most, a multiple of ALIGNED."""
        fine = 2 * self.shape.fine_blocks * Block.halo + 1
        deep = self.shape.deep_blocks * Block.halo
        return -(-fine * CELL // ALIGNED) * ALIGNED + (deep + 1) * ALIGNED

    def forward(self, x: Tensor) -> Tensor:
        """(N, 4, H, W) change, within ± REACH, of (N, 13, H, W) from `prepared`."""
        cells = functional.pixel_unshuffle(x, CELL)
        # What blocks add up, and the last layer, are never half-precision numbers: eight bits lose
        # the small steps that learning consists of.
        fine: Tensor = self.stem(cells).float()
        for block in self.before:
            fine = block(fine)
        deep: Tensor = self.down(fine).float()
        for block in self.inside:
            deep = block(deep)
        fine = fine + functional.pixel_shuffle(self.up(deep), 2)
        for block in self.after:
            fine = block(fine)
        with torch.autocast(fine.device.type, enabled=False):
            return self._change(self.head(fine), x)

    def pieces(self, x: Tensor) -> Generator[None, None, Tensor]:
        """The same as calling it, in pieces of some 30 ms; yields between them."""
        cells = functional.pixel_unshuffle(x, CELL).contiguous(memory_format=torch.channels_last)
        yield
        fine = yield from _banded(self.stem, cells, 0)
        for block in self.before:
            fine = yield from _banded(block, fine, Block.halo)
        deep: Tensor = self.down(fine)
        yield
        for block in self.inside:
            deep = yield from _banded(block, deep, Block.halo)
        fine = fine + functional.pixel_shuffle(self.up(deep), 2)
        yield
        for block in self.after:
            fine = yield from _banded(block, fine, Block.halo)
        change = yield from _banded(self.head, fine, 1)
        return self._change(change, x)

    def _change(self, raw: Tensor, x: Tensor) -> Tensor:
        # Not tanh: where that is saturated it has no gradient, and never comes back.
        change = functional.softsign(functional.pixel_shuffle(raw, CELL) * _CAUTION) * REACH
        return change * _near_the_head(x[:, 3:4])


def _near_the_head(alpha: Tensor) -> Tensor:
    """(N, 1, H, W) 1 where a pixel is drawn or nearly drawn, else 0."""
    cells = functional.max_pool2d(alpha, CELL) > 0
    size = 2 * _FRAY_CELLS + 1
    near = functional.max_pool2d(cells.to(alpha.dtype), size, 1, _FRAY_CELLS)
    return functional.interpolate(near, scale_factor=CELL, mode="nearest")


def _banded(layer: nn.Module, x: Tensor, halo: int) -> Generator[None, None, Tensor]:
    """`layer(x)` by bands of rows: exactly the same, because every band sees its neighbours."""
    height, width = x.shape[2:]
    work = sum(values.numel() for values in layer.parameters()) * width
    rows = max(8, int(_PIECE / work))
    if rows >= height:
        whole: Tensor = layer(x)
        yield
        return whole
    bands = []
    for top in range(0, height, rows):
        first, last = max(0, top - halo), min(height, top + rows + halo)
        band = layer(x[:, :, first:last])
        bands.append(band[:, :, top - first : top - first + rows])
        yield
    return torch.cat([*bands[:-1], bands[-1][:, :, : height - rows * (len(bands) - 1)]], 2)


def prepared(stack: Tensor) -> Tensor:
    """(N, 13, H, W) float, everything times opacity, from (N, 13, H, W) uint8 of `Layers.stack`."""
    x = stack.float() / 255
    alpha = x[:, 3:4]
    return torch.cat([x[:, :3] * alpha, alpha, x[:, 4:] * alpha], 1)


def changed(x: Tensor, change: Tensor, strength: float = 1.0) -> Tensor:
    """(N, 4, H, W) RGB times opacity, and opacity, possible ones: x's with the change."""
    alpha = (x[:, 3:4] + strength * change[:, 3:]).clamp(0, 1)
    color = (x[:, :3] + strength * change[:, :3]).clamp(min=0).minimum(alpha)
    return torch.cat([color, alpha], 1)


#: The largest part of a picture that is worked on at once, pixels along each side.
TILE = 1024


def refine_steps(
    net: RefineNet, layers: Layers, strength: float = 1.0, tile: int = TILE
) -> Generator[None, None, Picture]:
    """Refine a picture of any size; yields at least every 100 ms on two processor cores.

    Args:
        net: a trained network.
        layers: what the viewer drew.
        strength: 0 changes nothing, 1 is what was trained.
        tile: side of the parts that large pictures are made of; every value gives the same result.

    Returns:
        (H, W, 4) sRGB with straight alpha, as `layers.shaded` is.
    """
    height, width = layers.shaded.shape[:2]
    result = np.empty_like(layers.shaded)
    tile = tile // ALIGNED * ALIGNED
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            rows, columns = (slice(start, start + tile) for start in (top, left))
            result[rows, columns] = yield from _tile(net, layers, rows, columns, strength)
    return result


def _tile(
    net: RefineNet, layers: Layers, rows: slice, columns: slice, strength: float
) -> Generator[None, None, Picture]:
    """One part of a picture, computed with a margin around it."""
    wide = [
        slice(max(0, part.start - net.margin), part.stop + net.margin) for part in (rows, columns)
    ]
    stack = _padded(layers.part(wide[0], wide[1]).stack())
    yield
    steps = _whole(net, torch.from_numpy(stack))
    while True:
        with torch.inference_mode():  # never across a yield: the mode belongs to the thread
            try:
                next(steps)
            except StopIteration as done:
                x, change = done.value
                break
        yield
    drawn = layers.shaded[rows, columns]
    made = np.empty_like(drawn)
    top, left = rows.start - wide[0].start, columns.start - wide[1].start
    band = max(1, _FINISHED // drawn.shape[1])
    for row in range(0, len(drawn), band):
        part = (slice(None), slice(None), slice(top + row, top + row + band), slice(left, None))
        with torch.inference_mode():
            color = changed(x[part], change[part], strength)[0]
        here = drawn[row : row + band]
        made[row : row + band] = _straight(color[:, : len(here), : here.shape[1]], here)
        yield
    return made


def _whole(net: RefineNet, stack: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """What the network is given of a whole stack, and what it answers."""
    x = prepared(stack[None])
    yield
    return x, (yield from net.pieces(x))


def _padded(stack: Picture) -> Picture:
    """Continued with emptiness to whole cells."""
    height, width = stack.shape[1:]
    padded: Picture = np.pad(stack, ((0, 0), (0, -height % ALIGNED), (0, -width % ALIGNED)))
    return padded


def _straight(made: Tensor, drawn: Picture) -> Picture:
    """(H, W, 4) uint8 from (4, H, W) RGB times alpha; pixels without any keep what was drawn."""
    alpha = made[3:]
    color = torch.where(alpha > 0, made[:3] / alpha.clamp(min=1e-6), 0)
    image = (torch.cat([color, alpha]) * 255 + 0.5).clamp(0, 255).to(torch.uint8)
    straight: Picture = image.permute(1, 2, 0).contiguous().numpy()
    empty = straight[..., 3] == 0
    straight[empty] = drawn[empty] * np.array([1, 1, 1, 0], np.uint8)
    return straight


#: Of the file's layout and of what the network is given; others cannot be used.
FORMAT = "2"


def save_refine(path: Path, net: RefineNet, about: str) -> None:
    """Write a network as half-precision numbers, with its sizes, a checksum and a few words."""
    tensors = {name: value.half().cpu().contiguous() for name, value in net.state_dict().items()}
    metadata = {
        "format": FORMAT,
        "shape": json.dumps(asdict(net.shape)),
        "sha256": _checksum(tensors),
        "about": about,
    }
    with replacing(path) as partial:
        save_file(tensors, partial, metadata)


def load_refine(path: Path) -> RefineNet:
    """The network of a file written by `save_refine`, without gradients.

    Raises:
        ResourceError: the file is damaged, or of another version.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata["format"] != FORMAT or metadata["sha256"] != _checksum(tensors):
            raise ResourceError(f"The model file “{path.name}” is damaged or of another version.")
        net = RefineNet(RefineShape(**json.loads(metadata["shape"])))
        net.load_state_dict({name: value.float() for name, value in tensors.items()})
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise ResourceError(f"The model file “{path.name}” is damaged.") from error
    return in_place(net, torch.device("cpu")).eval().requires_grad_(False)


def in_place(module: AnyModule, device: torch.device) -> AnyModule:
    """The module on a device, its weights ordered as convolutions are quickest with."""
    placed: Any = module
    moved: AnyModule = placed.to(device, memory_format=torch.channels_last)
    return moved


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    found = hashlib.sha256()
    for name in sorted(tensors):
        found.update(name.encode())
        found.update(tensors[name].numpy().tobytes())
    return found.hexdigest()
