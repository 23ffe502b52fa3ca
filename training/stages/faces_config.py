"""Settings of the stage faces: what learns from pictures of faces."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FacePictures:
    """Which true pictures are drawn; every round shows each hairstyle, and a bald head, once."""

    rounds: int = 12  # to learn from
    views: int = 4  # of each hairstyle in a round, shared by so many people
    people: int = 2
    held_out_rounds: int = 3  # to measure with: other people, other grooms, other lights
    held_out_views: int = 5
    size: int = 512  # pixels, as a found face is cut out
    samples: int = 2  # along each side of a pixel


@dataclass(frozen=True, slots=True)
class ShotSettings:
    """What is made of portraits, and how the minutes of a limited run are shared out."""

    size: int = 256  # pixels along each side
    others: float = 0.5  # of portraits that are also cut in any other way, and seen from near
    company: float = 0.15  # share of disturbed shots with somebody else behind
    most: int = 8000  # shots that are kept, 0.45 MB of memory each with their maps
    begin: int = 300  # shots with which learning begins
    parsing: float = 0.45  # share of the minutes that the parser has …
    teacher: float = 0.2  # … and ResNet-50; what is left is the hairstyle network's


@dataclass(frozen=True, slots=True)
class FaceLearning:
    """How long and how finely the parser, with the hairstyle's classifier, is trained."""

    steps: int = 3000
    batch: int = 16
    rate: float = 2e-3
    coarse_until: float = 0.4  # share of the run in which shots are seen at half their size
    decay: float = 1e-2
    average: float = 0.996  # share of the averaged network that a step keeps
    portraits: float = 0.5  # share of shots that are cut as a found face is; they tell styles
    nearer: float = 0.35  # share of shots of the features, as the second look shows them
    dice: float = 1.0  # weight of the overlap's loss
    style: float = 0.4  # weight of the hairstyle's loss
    smoothing: float = 0.05  # of the hairstyle's label


@dataclass(frozen=True, slots=True)
class TeacherLearning:
    """How long ResNet-50 is trained, the paper's classifier of hairstyles."""

    steps: int = 0  # 0: it is left out
    batch: int = 96
    rate: float = 2.5e-3
    decay: float = 1e-2
    smoothing: float = 0.05  # of the hairstyle's label


@dataclass(frozen=True, slots=True)
class StyleLearning:
    """How long and how finely the hairstyle network is trained."""

    steps: int = 2000
    batch: int = 64
    rate: float = 2e-3
    decay: float = 5e-2
    average: float = 0.998  # share of the averaged network that a step keeps
    smoothing: float = 0.1  # of the hairstyle's label
    #: networks that are trained side by side, by size; `-taught` copies ResNet-50 as well
    shapes: str = "small"
    distillation: float = 0.3  # of the loss of those


@dataclass(frozen=True, slots=True)
class FacesConfig:
    """The stage faces."""

    seed: int = 0
    half: bool = True  # convolutions in bfloat16, where the device knows how
    pictures: FacePictures = FacePictures()
    shots: ShotSettings = ShotSettings()
    learning: FaceLearning = FaceLearning()
    teacher: TeacherLearning = TeacherLearning()
    style: StyleLearning = StyleLearning()
