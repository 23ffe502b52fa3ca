"""The network that parses pictures of faces, and tells hairstyles on the way.

A two-path design as in BiSeNet (Yu et al., ECCV 2018): a shallow path keeps edges at half and a
quarter of the resolution, a deep one gathers context down to a thirty-second, weighs its channels
by their means over the picture (attention refinement), and is fused back upwards. The hairstyle is
told from the deepest features, those of the whole picture and those where the parser saw hair, and
from the layout of hair, face and neck.
Batch normalisation throughout: it costs nothing once a network has learnt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from head360.errors import ResourceError
from head360.files import replacing

#: Pixels along each side of the picture that a network sees, and that the first one shipped saw.
INPUT, _FIRST_INPUT = 256, 208
#: What a pixel can be. Ears are skin, lashes are eyes, teeth and tongue are mouth.
PARTS = (
    "background", "skin", "hair", "brows", "eyes", "lips", "mouth", "neck", "beard", "clothes",
    "glasses",
)  # fmt: skip
(
    BACKGROUND, SKIN, HAIR, BROWS, EYES, LIPS, MOUTH, NECK, BEARD, CLOTHES, GLASSES,
) = range(len(PARTS))  # fmt: skip


#: Of these parts, the layout of the picture is known to who tells the hairstyle, in so many cells
#: along each side.
_LAID_OUT, _CELLS = ([HAIR], [SKIN, BROWS, EYES, LIPS, MOUTH, BEARD], [NECK, CLOTHES]), 16


@dataclass(frozen=True, slots=True)
class FaceShape:
    """Sizes of a network."""

    widths: tuple[int, ...] = (24, 48, 80, 112, 144)  # channels at 1/2 … 1/32
    blocks: tuple[int, ...] = (0, 1, 2, 2, 2)
    up: int = 48  # channels on the way up
    styles: int = 34
    input: int = INPUT  # pixels along each side of what it sees


class Unit(nn.Sequential):
    """Convolution, normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    """Two convolutions beside a short cut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Unit(channels, channels)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(self.first(x)), inplace=True)


class Attention(nn.Module):
    """Weighs channels by what the whole picture shows."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.unit = Unit(inputs, outputs, 1)
        self.weigh = nn.Conv2d(outputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.unit(x)
        return found * torch.sigmoid(self.weigh(found.mean((2, 3), keepdim=True)))


class WayUp(nn.Module):
    """From the features of every level to what each pixel is."""

    def __init__(self, shape: FaceShape) -> None:
        super().__init__()
        widths, up = shape.widths, shape.up
        self.context = Unit(widths[-1], up, 1)
        self.attend = nn.ModuleList(Attention(width, up) for width in widths[1:])
        self.fuse = nn.ModuleList(Unit(up, up) for _ in widths[1:])
        self.narrow = Unit(up, up // 3, 1)
        self.edges = Unit(widths[0] + up // 3, up // 2)
        self.parts = nn.Conv2d(up // 2, 4 * len(PARTS), 1)

    def forward(self, levels: list[Tensor]) -> Tensor:
        """(B, len(PARTS), S, S) logits."""
        last = levels[-1]
        x = self.context(last.mean((2, 3), keepdim=True)).expand(-1, -1, *last.shape[2:])
        for level, attend, fuse in reversed(
            list(zip(levels[1:], self.attend, self.fuse, strict=True))
        ):
            x = fuse(_grown(x, level) + attend(level))
        fine = self.edges(torch.cat([levels[0], _grown(self.narrow(x), levels[0])], 1))
        return functional.pixel_shuffle(self.parts(fine), 2)


class FaceNetwork(nn.Module):
    """Pictures (B, 3, S, S), sRGB 0 … 1, to what each pixel is and which hairstyle is worn.

    Heads from afar and features from near are looked at in the same way, and told in two.
    """

    def __init__(self, shape: FaceShape | None = None) -> None:
        super().__init__()
        self.shape = shape or FaceShape()
        widths = self.shape.widths
        inputs = (3, *widths[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(Unit(i, o, 3, 2), *(Residual(o) for _ in range(n)))
            for i, o, n in zip(inputs, widths, self.shape.blocks, strict=True)
        )
        self.up, self.nearer = WayUp(self.shape), WayUp(self.shape)
        self.told = StyleHead(
            3 * widths[-1] + 2 * widths[-2] + len(_LAID_OUT) * _CELLS**2, self.shape.styles
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """(B, len(PARTS), S, S) logits of the parts, and (B, styles) logits."""
        levels = self.levels(pictures)
        parts: Tensor = self.up(levels)
        told: Tensor = self.told(self.about_hair(levels, parts))
        return parts, told

    def near(self, pictures: Tensor) -> Tensor:
        """(B, len(PARTS), S, S) logits of what pictures from near show."""
        parts: Tensor = self.nearer(self.levels(pictures))
        return parts

    def levels(self, pictures: Tensor) -> list[Tensor]:
        """Features at a half, a quarter … of the resolution."""
        levels, x = [], pictures * 2 - 1
        for stage in self.down:
            x = stage(x)
            levels.append(x)
        return levels

    def about_hair(self, levels: list[Tensor], parts: Tensor) -> Tensor:
        """(B, N) what hairstyles are told from: deep features, and where hair, face and neck lie.

        Nothing that is learnt about hairstyles changes how parts are told.
        """
        shares = torch.softmax(parts.detach().float(), 1)
        hair = shares[:, HAIR : HAIR + 1]
        layout = torch.cat([shares[:, group].sum(1, keepdim=True) for group in _LAID_OUT], 1)
        deep, middle = levels[-1].float(), levels[-2].float()
        return torch.cat(
            [
                deep.mean((2, 3)), deep.amax((2, 3)), _mean_where(deep, hair),
                middle.mean((2, 3)), _mean_where(middle, hair),
                functional.adaptive_avg_pool2d(layout, _CELLS).flatten(1),
            ], 1,
        )  # fmt: skip


class StyleHead(nn.Sequential):
    """From what is known about the hair to its style."""

    def __init__(self, inputs: int, styles: int) -> None:
        super().__init__(
            nn.BatchNorm1d(inputs), nn.Dropout(0.3), nn.Linear(inputs, 192), nn.ReLU(),
            nn.Dropout(0.4), nn.Linear(192, styles),
        )  # fmt: skip


def _grown(x: Tensor, like: Tensor) -> Tensor:
    if x.shape[2:] == like.shape[2:]:
        return x
    return functional.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


def _mean_where(features: Tensor, mask: Tensor) -> Tensor:
    """(B, C) mean of features, weighted by a mask (B, 1, h, w) of any size."""
    weight = functional.adaptive_avg_pool2d(mask, (features.shape[2], features.shape[3]))
    return (features * weight).sum((2, 3)) / weight.sum((2, 3)).clamp(min=0.5)


#: The weights' file among the models.
FACES_FILE = "faces.safetensors"
_STYLE_NAMES, _LINES = "styles", "lines"


@dataclass(frozen=True, slots=True)
class Lines:
    """How far hair's lines run together in renders of a style: far if straight, not if curly."""

    mean: float
    deviation: float


def save_faces(
    path: Path,
    network: FaceNetwork,
    styles: Sequence[str] = (),
    lines: Mapping[str, Lines] | None = None,
) -> None:
    """Write a network in half precision.

    Args:
        path: of the file.
        network: that learnt.
        styles: names of its answers, "" for none on the head.
        lines: of what it learnt from, by style, see `fitting.hair_choice`.
    """
    about = {
        "shape": json.dumps(asdict(network.shape)), _STYLE_NAMES: json.dumps(list(styles)),
        _LINES: json.dumps({name: asdict(each) for name, each in (lines or {}).items()}),
    }  # fmt: skip
    save_halved(path, network, about)


def save_halved(path: Path, network: nn.Module, about: Mapping[str, str]) -> None:
    """Write a network that does not learn any more, in half precision, with what `about` says."""
    content = {
        name: (values.half() if values.dtype.is_floating_point else values).contiguous()
        for name, values in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    with replacing(path) as partial:
        save_file(content, partial, dict(about))


def load_halved(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """What `save_halved` wrote: what it said about the network, and its weights in full floats."""
    with safe_open(path, framework="pt") as file:
        content = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        return dict(file.metadata() or {}), content


def load_faces(path: Path) -> tuple[FaceNetwork, tuple[str, ...]]:
    """A network that does not learn any more, and the names of its styles.

    Raises:
        ResourceError: the file is missing or damaged.
    """
    try:
        about, content = load_halved(path)
        shape = json.loads(about["shape"])
        sizes = {name: tuple(shape[name]) for name in ("widths", "blocks")}
        seen = int(shape.get("input", _FIRST_INPUT))
        network = FaceNetwork(
            FaceShape(up=shape["up"], styles=shape["styles"], input=seen, **sizes)
        )
        network.load_state_dict(content, strict=False)
        missing = set(network.state_dict()) - set(content)
        styles = tuple(json.loads(about[_STYLE_NAMES]))
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ResourceError(f"The model file “{path.name}” is missing or damaged.") from error
    if any(not name.endswith("num_batches_tracked") for name in missing):
        raise ResourceError(f"The model file “{path.name}” is damaged: something is missing.")
    return network.eval().requires_grad_(False), styles


def load_lines(path: Path) -> dict[str, Lines]:
    """What `save_faces` was told of hair's lines; nothing where it was told nothing.

    Raises:
        ResourceError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            told = json.loads(file.metadata().get(_LINES, "{}"))
        return {name: Lines(float(e["mean"]), float(e["deviation"])) for name, e in told.items()}
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResourceError(f"The model file “{path.name}” is missing or damaged.") from error
