"""Settings of what learns from pictures of faces: the parser and the hairstyle classifier."""

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
class FaceLearning:
    """How long and how finely the parser, with the hairstyle's classifier, is trained."""

    steps: int = 3000
    batch: int = 16
    rate: float = 2e-3
    coarse: int = 112  # pixels of what is learnt from at first …
    middle: int = 176  # … and later; at last it is the network's own size
    coarse_until: float = 0.4  # share of the run
    middle_until: float = 0.8
    decay: float = 1e-2
    average: float = 0.996  # share of the averaged network that a step keeps
    portraits: float = 0.5  # share of pictures that are cut as a found face is; they tell styles
    nearer: float = 0.35  # share of pictures of the features, as the second look shows them
    company: float = 0.15  # share of pictures with somebody else behind
    dice: float = 1.0  # weight of the overlap's loss
    style: float = 0.4  # weight of the hairstyle's loss
    smoothing: float = 0.05  # of the hairstyle's label
    encoder: bool = True  # whether features and the hairstyle are learnt too, or only parts
    distillation: float = 0.5  # of the hairstyle's loss, where there is a teacher

    def size(self, done: float, full: int) -> int:
        """Pixels of the pictures when a share of the run is done."""
        if done < self.coarse_until:
            return min(self.coarse, full)
        return min(self.middle, full) if done < self.middle_until else full


@dataclass(frozen=True, slots=True)
class ShotSettings:
    """What the stage faces makes of portraits, and how it shares its time out."""

    size: int = 256  # pixels along each side
    others: float = 0.5  # of portraits that are also cut in any other way, and seen from near
    company: float = 0.15  # share of disturbed shots with somebody else behind
    most: int = 6000  # shots that are kept: 0.26 MB of memory each
    begin: int = 300  # shots with which learning begins
    parsing: float = 0.45  # share of the minutes that the parser has …
    teacher: float = 0.2  # … and ResNet-50; what is left is the hairstyle network's
    teacher_steps: int = 0  # of ResNet-50; 0: none is trained
    teacher_batch: int = 96


@dataclass(frozen=True, slots=True)
class StyleLearning:
    """How long and how finely the compact hairstyle network is trained."""

    steps: int = 2000
    batch: int = 64
    rate: float = 2e-3
    decay: float = 5e-2
    average: float = 0.998  # share of the averaged network that a step keeps
    smoothing: float = 0.1  # of the hairstyle's label
    times: int = 2  # maps of each portrait
    plain: float = 0.4  # share of those of which a picture is only put before a background
    truth: float = 0.2  # share of those of which the true parts are known, not the parser's
    company: float = 0.1  # share of the others with somebody else behind
    shapes: str = "small"  # sizes that are trained side by side; the best held-out one ships
    distillation: float = 0.0  # of the loss, where ResNet-50 was trained, too


@dataclass(frozen=True, slots=True)
class FacesConfig:
    """The stages parsing and hairstyle."""

    seed: int = 0
    half: bool = True  # convolutions in bfloat16, where the device knows how
    pictures: FacePictures = FacePictures()
    learning: FaceLearning = FaceLearning()
    compact: bool = False  # hairstyle: the network that ships, on what the parser sees; or ResNet
    style: StyleLearning = StyleLearning()  # of the compact network
    shots: ShotSettings = ShotSettings()  # of the stage faces
