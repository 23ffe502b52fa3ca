"""What may be asked of a fit, and what it tells while it runs: plain data."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from head360.faces import Face, Picture
from head360.fitting.crop import SIZE, Crop
from head360.fitting.dressing import AUTO
from head360.fitting.finding import FoundFaces
from head360.fitting.photo import Photo
from head360.fitting.solver import Sight
from head360.fitting.without import WHOLE, Without
from head360.marks import Marks
from head360.params import FloatArray, HeadParams

Value = TypeVar("Value")
StepName: TypeAlias = Literal["prepare", "detect", "solve", "parse", "hair", "skin", "report"]
STEPS: tuple[StepName, ...] = ("prepare", "detect", "solve", "parse", "hair", "skin", "report")


@dataclass(frozen=True, slots=True, eq=False)
class FitOptions:
    """What may be chosen about a fit."""

    face: int | None = None  # which face, from 1, left to right; None: the largest
    hair: str = AUTO  # a hairstyle, AUTO or BALD
    second: Photo | None = None  # another photo of the same person, best from the side
    landmarks: FloatArray | None = None  # (478, 3) pixels of the photo, instead of the detector's
    placed: tuple[int, ...] = ()  # which of them a person has placed
    #: (H, W) of the photo, `head360.marks`: what hides the head, where hair is and where it is not
    marks: Marks | None = None
    free_form: bool = True  # let lids and lips move off the shape code
    skin: bool = True  # take skin from the photo
    #: bend hair into the photo's (some seconds); else its length, volume and fringe follow roughly
    hair_shape: bool = True
    without: Without = WHOLE  # to measure what parts of a fit are good for

    def by_hand(self, scale: float) -> tuple[tuple[int, float, float], ...]:
        """The landmarks that a person has placed, as `Sitting.placed`, in a photo resized so."""
        if self.landmarks is None:
            return ()
        at = (self.landmarks[:, :2].astype(float) * scale).round(2).tolist()
        return tuple((number, *at[number]) for number in self.placed)


@dataclass(frozen=True, slots=True, eq=False)
class FitProgress:
    """One moment of a running fit."""

    done: int  # steps
    total: int
    step: StepName  # what is being done
    preview: Picture | None = None  # (H, W, 3) what there is to see, when it is new
    params: HeadParams | None = None  # the head so far, when it is new


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A face as it was found and cut out."""

    found: FoundFaces
    face: Face
    crop: Crop
    landmarks: FloatArray  # (478, 3) pixels of the crop
    scores: FloatArray  # (52,)

    def sight(self, placed: tuple[int, ...] = (), *, profile: bool = False) -> Sight:
        """What the solver needs of it."""
        focal = self.found.photo.focal
        in_crop = None if focal is None else focal * self.crop.scale
        return Sight(self.landmarks, self.scores, SIZE, in_crop, placed, profile)


def waiting(task: Generator[None, None, Value]) -> Generator[FitProgress, None, Value]:
    """What a task returns that must come before the first step, its yields made progress."""
    try:
        while True:
            next(task)
            yield FitProgress(0, len(STEPS), "prepare")
    except StopIteration as done:
        value: Value = done.value
        return value
