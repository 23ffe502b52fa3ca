"""A small network that tells traits and attributes from a picture of a face.

It learns from true pictures only, so what it says of the product's pictures is an outside view:
whether a slider makes what its name says, and what else it changes. Attributes of the training
people are drawn independently of each other (nobody knows from the lipstick that it is a woman),
else the network would learn how people dress. Each picture of a person has attributes and a skin
tone of its own: paint is cheap and people are dear, and with one paint for each person the network
knew the people by heart instead (of freckles, 600 people told it less than nothing).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from head360.camera import OrbitCamera
from head360.files import replacing
from head360.light import BLACK
from head360.params import ATTRIBUTES, HeadParams
from head360.rendering.lighting import lighting
from training.stages.progress import running_mean, set_rates
from training.synhead.heads import HeadMaker, TrueHead
from training.synhead.renderer import HairReach, SetUp, TrueScene, TruthRenderer
from training.synhead.views import set_ups

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

#: What is told, in order: sex (-1 female … 1 male), age (-0.35 young … 0.95 old), skin tone
#: (standard deviations, dark is positive), whether there is hair, and the attributes, 0 … 1.
TOLD: tuple[str, ...] = ("male", "age", "tone", "hair", *ATTRIBUTES)
_FIRST_PERSON, _HELD_OUT_SHARE = 200_000, 0.1
_CHANNELS = (32, 64, 96, 128, 192)
_PER_FILE = 10  # people
_TONE = 0  # place in the texture code
_STYLES = ("short_side_part", "bob", "long_wavy", "afro_short")


@dataclass(frozen=True, slots=True)
class PredictorStage:
    """How many people, how long."""

    heads: int = 360
    views: int = 10  # of each person, each painted anew
    size: int = 128  # pixels
    steps: int = 1500
    batch: int = 48
    rate: float = 1.5e-3


class Predictor(nn.Module):
    """Pictures (B, 3, S, S) 0 … 1 to (B, len(TOLD)), each in its own unit.

    Every level has its say: freckles are a pixel wide, five levels deep nothing is left of them.
    """

    def __init__(self) -> None:
        super().__init__()
        sizes = (3, *_CHANNELS)
        self.levels = nn.ModuleList(_level(*pair) for pair in pairwise(sizes))
        self.told = nn.Linear(2 * sum(_CHANNELS), len(TOLD))
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(len(TOLD)))
        self.register_buffer("scale", torch.ones(len(TOLD)))

    def forward(self, pictures: Tensor) -> Tensor:
        found, pooled = pictures * 2 - 1, []
        for level in self.levels:
            found = level(found)
            pooled += [found.mean((2, 3)), found.amax((2, 3))]
        told: Tensor = self.told(torch.cat(pooled, 1)) * self.scale + self.mean
        return told


def _level(inputs: int, outputs: int) -> nn.Sequential:
    """Half the size, other features."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, 2, 1), nn.GroupNorm(8, outputs), nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, 1, 1), nn.GroupNorm(8, outputs), nn.ReLU(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Portraits:
    """Pictures and what is true of them."""

    pictures: Tensor  # (N, 3, S, S) uint8
    labels: Tensor  # (N, len(TOLD))


def portrait_camera(rng: np.random.Generator) -> OrbitCamera:
    """A camera before the face, near enough to see freckles."""
    return OrbitCamera(
        float(rng.uniform(-30, 30)), float(rng.uniform(-8, 12)), 0.78, (0.0, 0.0, 0.0)
    )


def labels_of(head: TrueHead) -> Floats:
    """(len(TOLD),) what is true of a head."""
    known = (head.person.sex, head.person.age, float(head.params.texture[_TONE]))
    hair = float(head.groom is not None)
    return np.array([*known, hair, *head.params.attributes], np.float32)


def independent_attributes(rng: np.random.Generator) -> Floats:
    """(A,) half of them absent, the others of any strength."""
    strengths = rng.uniform(0, 1, len(ATTRIBUTES)) * (rng.random(len(ATTRIBUTES)) < 0.5)
    strengths[ATTRIBUTES.index("brows")] = rng.uniform(0.3, 1.0)
    return strengths.astype(np.float32)


def draw_portraits(source: Path, folder: Path, stage: PredictorStage) -> Iterator[str]:
    """Draw what is not there yet, a file for some people; yields a line now and then."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, stage.heads, _PER_FILE)
    missing = [start for start in starts if not (folder / f"{start:06d}.npz").exists()]
    if not missing:
        return
    maker = HeadMaker(source)
    renderer = TruthRenderer(maker.topology, stage.size)
    try:
        for start in missing:
            people = range(start, min(start + _PER_FILE, stage.heads))
            shown = [part for person in people for part in _shown(maker, renderer, person, stage)]
            with replacing(folder / f"{start:06d}.npz") as partial, partial.open("wb") as file:
                np.savez(
                    file,
                    pictures=np.stack([picture for picture, _ in shown]),
                    labels=np.stack([labels for _, labels in shown]),
                )
            yield f"portraits of {people.stop}/{stage.heads} people"
    finally:
        renderer.release()


def _shown(
    maker: HeadMaker, renderer: TruthRenderer, person: int, stage: PredictorStage
) -> Iterator[tuple[Picture, Floats]]:
    rng = np.random.default_rng([360, person, 5])
    style = None if rng.random() < 0.6 else str(rng.choice(_STYLES))
    head = maker.head(_FIRST_PERSON + person, style)
    posed = maker.pose(head, np.zeros_like(head.person.gains))
    reach = HairReach.of(head.groom) if head.groom else None
    red, green, blue = (float(c) for c in head.params.hair_color)
    for view in range(stage.views):
        head = maker.repainted(head, _made_up(head.params, rng))
        renderer.show(
            TrueScene(posed, head.maps.numpy(), head.groom, (red, green, blue)),
            portrait_camera(rng),
        )
        (light,) = set_ups(person * stage.views + view, 1)
        yield renderer.picture(SetUp.of(lighting(light), reach), BLACK)[..., :3], labels_of(head)


def _made_up(person: HeadParams, rng: np.random.Generator) -> HeadParams:
    """The same person with other attributes and another tone of skin."""
    code = person.texture.copy()
    code[_TONE] = rng.normal()
    return person.with_(texture=code, attributes=independent_attributes(rng))


def load_portraits(folder: Path) -> Portraits:
    """All that was drawn."""
    pictures, labels = [], []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            pictures.append(torch.from_numpy(arrays["pictures"]))
            labels.append(torch.from_numpy(arrays["labels"]))
    return Portraits(torch.cat(pictures).permute(0, 3, 1, 2), torch.cat(labels))


def train_predictor(
    portraits: Portraits, stage: PredictorStage, device: torch.device, seed: int = 0
) -> Iterator[str | Predictor]:
    """Learn from all but the last tenth; yields lines, and the network at the end."""
    torch.manual_seed(seed)
    network = Predictor().to(device)
    learnt = portraits.labels[: held_out_from(portraits)]
    network.mean.copy_(learnt.mean(0))
    network.scale.copy_(learnt.std(0).clamp(min=1e-3))
    optimizer = torch.optim.AdamW(network.parameters(), stage.rate, weight_decay=1e-2)
    mean = 0.0
    for step in range(stage.steps):
        set_rates(optimizer, step, stage.steps)
        chosen = torch.randint(len(learnt), (stage.batch,))
        pictures = _disturbed(portraits.pictures[chosen].to(device).float() / 255)
        error = (network(pictures) - learnt[chosen].to(device)) / network.scale
        loss = nn.functional.smooth_l1_loss(error, torch.zeros_like(error))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        mean = running_mean(mean, float(loss.detach()), step)
        if (step + 1) % max(stage.steps // 10, 1) == 0:
            yield f"predictor: {step + 1}/{stage.steps}, loss {mean:.4f}"
    yield network.cpu().eval().requires_grad_(False)


def _disturbed(pictures: Tensor) -> Tensor:
    """Mirrored or not, moved by a few pixels, brighter or darker, with a little noise."""
    if torch.rand(()) < 0.5:
        pictures = pictures.flip(3)
    shifts = tuple(int(n) for n in torch.randint(-6, 7, (2,)))
    gain = 0.85 + 0.3 * torch.rand(len(pictures), 1, 1, 1, device=pictures.device)
    noisy = pictures.roll(shifts, (2, 3)) * gain + 0.01 * torch.randn_like(pictures)
    return noisy.clamp(0, 1)


def held_out_from(portraits: Portraits) -> int:
    """The first picture that nothing is learned from."""
    return round(len(portraits.labels) * (1 - _HELD_OUT_SHARE))


@torch.no_grad()
def explained(network: Predictor, portraits: Portraits) -> Floats:
    """(len(TOLD),) share of each label's variance that is told right of held-out people."""
    start = held_out_from(portraits)
    told = torch.cat([network(part.float() / 255) for part in portraits.pictures[start:].split(64)])
    truth = portraits.labels[start:]
    wrong = (told - truth).square().mean(0)
    share: Floats = (1 - wrong / truth.var(0).clamp(min=1e-6)).numpy()
    return share


def save_predictor(path: Path, network: Predictor) -> None:
    """Write the weights."""
    partial = path.with_suffix(".partial")
    save_file(network.state_dict(), partial)
    partial.replace(path)


def load_predictor(path: Path) -> Predictor:
    """Read what `save_predictor` wrote."""
    network = Predictor()
    network.load_state_dict(load_file(path))
    return network.eval().requires_grad_(False)
