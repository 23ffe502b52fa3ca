"""Maps of shots in a device's memory, and the hairstyle networks that learn from them there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from head360.fitting.face_looks import looked
from head360.fitting.face_network import FaceNetwork
from head360.fitting.style_network import MAP_SIZE, MAPS, StyleNetwork, StyleShape, style_logits
from training.stages.face_pictures import WORN
from training.stages.shots import PLAIN, PORTRAIT, ShotPool
from training.stages.style_maps import maps_of, packed_maps, unpacked_maps, varied_maps

#: Sizes by name; `small` is what version 0.7 shipped.
SHAPES = {
    "small": StyleShape(styles=len(WORN)),
    "large": StyleShape((32, 56, 88, 128), (0, 1, 2, 3), 12, len(WORN)),
}
_STREAM, _AT_ONCE = 29, 64


def size_of(name: str) -> str:
    """Which of `SHAPES` a network has that is called so, taught or not."""
    return name.removesuffix("-taught")


class StylePool:
    """Maps, as a parser that has learnt sees whole heads; and what a teacher says of them."""

    def __init__(self, shots: ShotPool, parser: FaceNetwork, teacher: nn.Module | None) -> None:
        self._shots, self._parser, self._teacher = shots, parser, teacher
        most, device = len(shots.worn), shots.device
        shape = (most, MAPS, MAP_SIZE, MAP_SIZE)
        self.maps = torch.empty(shape, dtype=torch.uint8, device=device)
        self._taught = torch.empty((most, len(WORN)), dtype=torch.half, device=device)
        self.worn, self.kinds = (torch.empty(0, dtype=torch.long) for _ in range(2))
        self._of: list[Tensor] = []
        self._seen = 0

    def look(self) -> None:
        """Make maps of what has come since the last time."""
        start, self._seen = self._seen, self._shots.count
        kinds = self._shots.kinds[start : self._seen]
        new = start + torch.nonzero((kinds == PLAIN) | (kinds == PORTRAIT))[:, 0]
        for part in new.split(_AT_ONCE) if len(new) else ():
            self._add(part)
        self._of = [torch.nonzero(self.worn == place)[:, 0] for place in range(len(WORN))]

    def batch(self, seed: int, step: int, count: int) -> tuple[Tensor, Tensor, Tensor | None]:
        """(B, MAPS, S, S), (B,) places in `WORN`, and (B, styles) what the teacher says."""
        rng = np.random.default_rng([_STREAM, seed, step])
        there = [numbers for numbers in self._of if len(numbers)]
        styles = rng.integers(len(there), size=count)
        numbers = torch.stack([there[style][rng.integers(len(there[style]))] for style in styles])
        at = numbers.to(self.maps.device)
        maps = varied_maps(unpacked_maps(self.maps[at]), rng)
        taught = self._taught[at].float() if self._teacher is not None else None
        return maps, self.worn[numbers].to(self.maps.device), taught

    def taught(self, kind: int) -> Tensor:
        """(N, styles) what the teacher says of all shots of a kind."""
        at = torch.nonzero(self.kinds == kind)[:, 0].to(self.maps.device)
        return self._taught[at].float()

    @torch.inference_mode()
    def _add(self, numbers: Tensor) -> None:
        pictures = self._shots.pictures[numbers.to(self._shots.device)].permute(0, 3, 1, 2).float()
        logs, _ = looked(self._parser, pictures / 255, nearer=False)
        place = slice(len(self.worn), len(self.worn) + len(numbers))
        self.maps[place] = packed_maps(maps_of(pictures, logs.exp()))
        if self._teacher is not None:
            self._taught[place] = self._teacher(pictures / 255).half()
        self.worn = torch.cat([self.worn, self._shots.worn[numbers]])
        self.kinds = torch.cat([self.kinds, self._shots.kinds[numbers]])


@torch.inference_mode()
def style_ranks(network: StyleNetwork, pool: StylePool, kind: int) -> npt.NDArray[np.int64]:
    """How many styles were thought likelier than the true one, of all shots of a kind."""
    ranks = []
    numbers = torch.nonzero(pool.kinds == kind)[:, 0]
    for part in numbers.split(_AT_ONCE) if len(numbers) else ():
        maps = unpacked_maps(pool.maps[part.to(pool.maps.device)])
        ranks.append(ranks_of(style_logits(network, maps), pool.worn[part]))
    return np.concatenate(ranks) if ranks else np.zeros(0, np.int64)


def ranks_of(told: Tensor, worn: Tensor) -> npt.NDArray[np.int64]:
    """(B,) how many of (B, styles) logits are above the one at (B,) a place."""
    told = told.float().cpu()
    found: npt.NDArray[np.int64] = (told > told.gather(1, worn[:, None])).sum(1).numpy()
    return found
