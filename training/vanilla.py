"""A head without planes, for comparison: one network from position and codes to the surface.

The paper's ablation “vanilla NeRF”: the same rays, the same marches, the same decoder outputs, but
what is where has to be remembered by a network alone. Training identities and hairstyles have a
learned code each (an auto-decoder); expressions come in as their 52 weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from head360.errors import ResourceError
from head360.model.field import (
    EMPTY_LOG_EXTINCTION,
    MAX_LOG_EXTINCTION,
    MAX_OFFSET,
    HairPlanes,
    HairSample,
    HeadSample,
)
from head360.model.planes import HAIR_BOX, HEAD_BOX, PlaneBox
from head360.params import EXPRESSIONS

#: Frequencies of the positional encoding (Mildenhall et al., “NeRF”, 2020), π · 2⁰ … 2⁷ a box.
_OCTAVES = 8
_ENCODED = 3 + 6 * _OCTAVES
#: Start of the densest hair, log(1/m), and how far the network's output moves it.
_MEAN_LOG_EXTINCTION, _LOG_EXTINCTION_SPREAD = 3.0, 4.0


@dataclass(frozen=True, slots=True)
class VanillaShape:
    """Sizes of both networks."""

    hidden: int = 160
    layers: int = 6
    identity_code: int = 64
    style_code: int = 32


class VanillaHead(nn.Module):
    """Stands where a `HeadField` would; its “planes” are a code, see `code_of`."""

    def __init__(self, identities: int, shape: VanillaShape) -> None:
        super().__init__()
        self.identities = nn.Parameter(torch.randn(identities, shape.identity_code) * 0.1)
        inputs = _ENCODED + shape.identity_code + len(EXPRESSIONS)
        self.network = _perceptron(inputs, shape, 11)

    def code_of(self, identity: int, expression: Tensor) -> Tensor:
        """(code + 52,) what `forward` takes for planes."""
        return torch.cat([self.identities[identity], expression])

    def forward(self, planes: Tensor, points: Tensor) -> HeadSample:
        """Sample at (N, 3) metres."""
        out = self.network(_with_code(_encoded(points, HEAD_BOX), planes))
        return HeadSample(
            distance=MAX_OFFSET * out[:, 0],
            albedo=torch.sigmoid(out[:, 1:4]),
            occlusion=torch.sigmoid(out[:, 4]),
            normal=nn.functional.normalize(out[:, 5:8], dim=-1, eps=1e-9),
            roughness=torch.sigmoid(out[:, 8]),
            specular=torch.sigmoid(out[:, 9]),
            scatter=torch.sigmoid(out[:, 10]),
        )


class VanillaHair(nn.Module):
    """Stands where a `HairField` would; a style is a code inside `HairPlanes`."""

    def __init__(self, styles: int, shape: VanillaShape) -> None:
        super().__init__()
        self.styles = nn.Parameter(torch.randn(styles, shape.style_code) * 0.1)
        self.network = _perceptron(_ENCODED + shape.style_code, shape, 8)

    def style(self, number: int) -> HairPlanes:
        """A style's code as planes, and a grid that says “perhaps” everywhere."""
        return HairPlanes(self.styles[number].view(1, -1, 1, 1), self.styles.new_zeros(2, 2, 2))

    def forward(self, hair: HairPlanes, points: Tensor) -> HairSample:
        """Sample at (N, 3) metres in the canonical frame."""
        out = self.network(_with_code(_encoded(points, HAIR_BOX), hair.planes.flatten()))
        log_extinction = _MEAN_LOG_EXTINCTION + _LOG_EXTINCTION_SPREAD * out[:, 0]
        presence = (log_extinction - EMPTY_LOG_EXTINCTION).clamp(0, 1)
        return HairSample(
            extinction=presence * torch.exp(log_extinction.clamp(max=MAX_LOG_EXTINCTION)),
            tangent=nn.functional.normalize(out[:, 1:4], dim=-1, eps=1e-9),
            along=torch.sigmoid(out[:, 4]),
            root=torch.sigmoid(out[:, 5:7]),
            tone=torch.exp(0.5 * torch.tanh(out[:, 7])),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Vanilla:
    """Both networks, and which style has which code."""

    head: VanillaHead
    hair: VanillaHair
    styles: tuple[str, ...]

    @classmethod
    def begun(cls, identities: int, styles: tuple[str, ...], shape: VanillaShape) -> Vanilla:
        """Untrained."""
        return cls(VanillaHead(identities, shape), VanillaHair(len(styles), shape), styles)

    def save(self, path: Path) -> None:
        """Write both into one safetensors file."""
        tensors = {f"head.{name}": value for name, value in self.head.state_dict().items()}
        tensors |= {f"hair.{name}": value for name, value in self.hair.state_dict().items()}
        partial = path.with_suffix(".partial")
        save_file(
            {n: v.cpu() for n, v in tensors.items()}, partial, {"styles": ",".join(self.styles)}
        )
        partial.replace(path)

    @classmethod
    def load(cls, path: Path, shape: VanillaShape | None = None) -> Vanilla:
        """Read a file that `save` wrote.

        Raises:
            ResourceError: it is missing, damaged or of another shape.
        """
        try:
            with safe_open(path, framework="pt") as file:
                names = tuple((file.metadata() or {})["styles"].split(","))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            made = cls.begun(len(tensors["head.identities"]), names, shape or VanillaShape())
            for prefix, module in (("head.", made.head), ("hair.", made.hair)):
                module.load_state_dict(
                    {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
                )
        except (OSError, SafetensorError, KeyError, RuntimeError) as error:
            raise ResourceError(f"“{path}” holds no vanilla NeRF.") from error
        return made


def _perceptron(inputs: int, shape: VanillaShape, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(inputs, shape.hidden), nn.ReLU()]
    for _ in range(shape.layers - 2):
        layers += [nn.Linear(shape.hidden, shape.hidden), nn.ReLU()]
    last = nn.Linear(shape.hidden, outputs)
    nn.init.normal_(last.weight, 0.0, 0.02)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, last)


def _encoded(points: Tensor, box: PlaneBox) -> Tensor:
    """(N, 51): unit position, sines and cosines."""
    unit = (points - points.new_tensor(box.centre)) / points.new_tensor(box.half)
    octaves = 2.0 ** torch.arange(_OCTAVES, device=points.device) * torch.pi
    angles = (unit[:, :, None] * octaves).flatten(1)
    return torch.cat([unit, angles.sin(), angles.cos()], 1)


def _with_code(encoded: Tensor, code: Tensor) -> Tensor:
    return torch.cat([encoded, code.expand(len(encoded), -1)], 1)
