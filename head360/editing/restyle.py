"""Repaints a head's skin and hair as an image editor repaints its pictures.

The head is drawn from several sides; an `ImageEditor` changes each picture; what it changed is
carried back to skin (texel by texel) and hair (strand by strand) as paint; then the head is drawn
anew and edited again (iterative dataset update: Haque et al., Instruct-NeRF2NeRF, 2023;
InstructPix2Pix for heads: He et al., Head360, 2024, section 3.4). Where light adds gloss that is
not exact, so rounds repeat on what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
import torch

from head360.camera import OrbitCamera
from head360.edited import edited
from head360.editing.hair_paint import HairPainter, SaidOfHair, Strands
from head360.editing.skin_paint import Model, Picture, SaidOfSkin, SkinPainter
from head360.editing.unfinished import Arrays, Unfinished
from head360.edits import Change, EditLayer, Wish
from head360.errors import EditError
from head360.fitting.steps import beside
from head360.light import BLACK
from head360.paint import Paint
from head360.params import HeadParams
from head360.rendering.request import RenderRequest, ViewMode

Value = TypeVar("Value")
#: Draws a view in several modes, (H, W, 4) each; yields while it does.
Draw: TypeAlias = Callable[
    [RenderRequest, Sequence[ViewMode]], Generator[None, None, tuple[Picture, ...]]
]

#: Parts that can be left to the editor; all of them is no mask at all.
PARTS: tuple[str, ...] = ("skin", "lips", "eyes", "brows", "hair")
#: Views in the order that rounds take them: yaw, degrees.
YAWS: tuple[float, ...] = (0.0, 30.0, -30.0, 60.0, -60.0, 90.0, -90.0, 150.0, -150.0, 180.0)
_MODES: tuple[ViewMode, ...] = ("shaded", "guide", "strands")
_HAIR = frozenset({"hair"})


class ImageEditor(Protocol):
    """Changes pictures as it was told."""

    def edit(self, now: Picture, first: Picture, view: OrbitCamera, seed: int) -> Picture:
        """A changed picture.

        Args:
            now: (S, S, 3) sRGB, the head as it is by now.
            first: (S, S, 3) the head before any change, from the same side.
            view: from where it was drawn.
            seed: the same picture and seed give the same result.
        """


@dataclass(frozen=True, slots=True)
class RestyleOptions:
    """How much is done.

    Raises:
        ValueError: a number is out of range, or a part is unknown.
    """

    views: int = 5  # of `YAWS`
    rounds: int = 2  # over all views
    size: int = 512  # pixels of each picture
    seed: int = 0
    parts: frozenset[str] = field(default_factory=lambda: frozenset(PARTS))
    title: str = "Repainted"  # of the layer: what the editor was told
    aside: bool = False  # the editor works on a thread of its own, and must not use this engine

    def __post_init__(self) -> None:
        if not (1 <= self.views <= len(YAWS) and 1 <= self.rounds <= 50):
            raise ValueError(f"there are 1 … {len(YAWS)} views and 1 … 50 rounds")
        if not 64 <= self.size <= 1024 or self.size % 8:
            raise ValueError("pictures are 64 … 1024 pixels a side, in eights")
        if not self.parts or not self.parts <= {*PARTS}:
            raise ValueError(f"parts are some of {', '.join(PARTS)}")


@dataclass(frozen=True, slots=True, eq=False)
class RestyleStep:
    """How far it is; the same one again while the next picture is in the making."""

    done: int  # pictures
    total: int
    picture: Picture | None  # (S, S, 3) as the editor made it; None before the first one
    params: HeadParams  # the head so far


def restyle(
    params: HeadParams,
    editor: ImageEditor,
    draw: Draw,
    model: Model,
    options: RestyleOptions,
    unfinished: Unfinished | None = None,
) -> Generator[RestyleStep, None, HeadParams]:
    """Repaint a head; yields after every picture and often between, where it can be stopped.

    Its expression is kept; pictures show it at rest, so that nothing is hidden. The result is the
    head with one more layer, which holds the paint. What `unfinished` has reached is not done
    again, and forgotten once all is done.

    Raises:
        EditError: the editor returned something that is no picture, or nothing can be kept.
    """
    work = _Work(params, draw, model, options)
    total = options.views * options.rounds
    start = work.resume(unfinished.reached()) if unfinished else 0
    step = RestyleStep(start, total, None, work.result())
    yield step
    for number in range(start, total):
        for now in work.edit(number, editor):
            step = now or step
            yield step
        if unfinished is not None:
            unfinished.keep(number, work.said(number), replaced=number - options.views)
    if unfinished is not None:
        unfinished.forget()
    return step.params


def shown_while(
    task: Generator[object, None, Value], step: RestyleStep
) -> Generator[RestyleStep, None, Value]:
    """What a task returns; yields the same step as long as it runs."""
    try:
        while True:
            next(task)
            yield step
    except StopIteration as done:
        value: Value = done.value
        return value
    finally:
        task.close()


def _checked(after: Picture, before: Picture) -> Picture:
    if after.shape != before.shape or after.dtype != np.uint8:
        raise EditError("The image editor returned no picture of the size it was given.")
    return after


class _Work:
    """A head on its way, at rest and without layers, and who paints it."""

    def __init__(
        self, params: HeadParams, draw: Draw, model: Model, options: RestyleOptions
    ) -> None:
        self._params, self._draw, self._options = params, draw, options
        shown = edited(params)
        still = np.zeros_like(shown.expression)
        self._rest = shown.with_(expression=still, head_pose=np.zeros_like(shown.head_pose))
        parts = options.parts
        self._skin = None if parts <= _HAIR else SkinPainter(self._rest, model, parts)
        hairy = "hair" in parts and shown.hairstyle is not None
        self._hair = HairPainter() if hairy else None
        self._first: dict[float, Picture] = {}

    def edit(self, number: int, editor: ImageEditor) -> Generator[RestyleStep | None, None, None]:
        """Draw, edit and learn from one picture; yields None while it does, then the step."""
        options, camera = self._options, self._camera(number)
        shaded, guide, strands = yield from self._drawn(camera)
        before = np.ascontiguousarray(shaded[..., :3])
        first = self._first.setdefault(camera.yaw_degrees, before)
        work = partial(editor.edit, before, first, camera, options.seed + number)
        after = _checked((yield from self._waited(work)), before)
        hair = Strands.of(guide, strands)
        yield from beside(partial(self._learn, camera, before, after, hair))
        total = options.views * options.rounds
        yield RestyleStep(number + 1, total, after, self.result())

    def result(self) -> HeadParams:
        """The head by now."""
        words = self._options.title
        paints = {"Painted skin": self._skin_paint(), "Painted hair": self._hair_paint()}
        wishes = tuple(
            Wish(title, words, 1.0, Change(paint=paint)) for title, paint in paints.items() if paint
        )
        return self._params.with_(edits=(*self._params.edits, EditLayer(words, wishes)))

    # --- what is kept of an interrupted run

    def said(self, number: int) -> Arrays:
        """What the view of a picture has said."""
        yaw = self._camera(number).yaw_degrees
        arrays: Arrays = {"first": self._first[yaw]}
        if self._skin is not None:
            skin = self._skin.said[yaw]
            arrays |= {"skin": skin.logs.numpy(), "trust": skin.trust.numpy()}
        if self._hair is not None and (hair := self._hair.said.get(yaw)) is not None:
            arrays |= {"hair": hair.logs.numpy(), "pixels": hair.pixels.numpy()}
        return arrays

    def resume(self, reached: dict[int, Arrays]) -> int:
        """Take up what was kept, by number; gives how many pictures are done."""
        done = max(reached, default=-1) + 1
        if any(number not in reached for number in range(max(0, done - self._options.views), done)):
            return 0  # somebody has taken a file away
        for number in sorted(reached, key=lambda number: number % self._options.views):
            self._take(self._camera(number).yaw_degrees, reached[number])
        if done and self._skin is not None:
            self._skin.fuse()
        if done and self._hair is not None:
            self._hair.fuse()
        return done

    def _take(self, yaw: float, arrays: Arrays) -> None:
        self._first[yaw] = arrays["first"]
        tensors = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
        if self._skin is not None:
            self._skin.said[yaw] = SaidOfSkin(tensors["skin"], tensors["trust"])
        if self._hair is not None and "hair" in tensors:
            self._hair.said[yaw] = SaidOfHair(tensors["hair"], tensors["pixels"])

    # --- inside

    def _camera(self, number: int) -> OrbitCamera:
        return OrbitCamera(yaw_degrees=YAWS[number % self._options.views])

    def _drawn(self, camera: OrbitCamera) -> Generator[None, None, tuple[Picture, ...]]:
        paint = self._rest.paint or Paint()
        for own in (self._skin_paint(), self._hair_paint()):
            paint = paint if own is None else paint.added(own, 1.0)
        size = self._options.size
        head = self._rest.with_(paint=paint)
        request = RenderRequest(head, camera, size, size, background=BLACK)
        return (yield from self._draw(request, _MODES))

    def _waited(self, work: Callable[[], Value]) -> Generator[None, None, Value]:
        if not self._options.aside:
            return work()
        return (yield from beside(work))

    def _learn(self, camera: OrbitCamera, before: Picture, after: Picture, hair: Strands) -> None:
        if self._hair is not None:
            self._hair.learn(camera, before, after, hair)
        if self._skin is not None:
            self._skin.learn(camera, before, after, hair.share)

    def _skin_paint(self) -> Paint | None:
        return Paint.made(self._skin.paint()) if self._skin and self._skin.said else None

    def _hair_paint(self) -> Paint | None:
        paint = self._hair.paint() if self._hair else None
        return None if paint is None else Paint.made(hair=paint)


def known_parts(names: Sequence[str]) -> frozenset[str]:
    """Parts by name; none means all.

    Raises:
        EditError: one is unknown.
    """
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise EditError(f"“{unknown[0]}” is no part.", f"Known: {', '.join(PARTS)}.")
    return frozenset(names) or frozenset(PARTS)
