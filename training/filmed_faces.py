"""Test films of heads whose faces are known: of whom, doing what, and the pictures of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from head360.driving.camera import Camera, PictureFolder, VideoFile
from head360.driving.exercise import exercise
from head360.engine import HeadEngine
from head360.export.video import Play, VideoOptions, film
from head360.params import HeadParams
from head360.performance import Performance, applied
from head360.rendering.request import RenderRequest
from training.faces_made import acted
from training.synhead.views import set_ups

FPS, SIZE = 20, 320


@dataclass(frozen=True, slots=True)
class Filmed:
    """A film to be made once: the initial head, or the random one of a seed in its own light."""

    folder: Path
    seed: int | None = None
    mixed: bool = False  # natural mixtures of shapes instead of one after the other

    @property
    def known(self) -> Performance:
        """What the head does."""
        return acted(FPS, seed=self.seed or 0) if self.mixed else exercise(FPS)

    @property
    def camera(self) -> Camera:
        """The film as a camera, once it is made."""
        if self._finished:
            return VideoFile(self.folder / "clip.mp4")
        return PictureFolder(self._drafts, FPS)

    def head(self, engine: HeadEngine) -> HeadParams:
        """Who is filmed."""
        if self.seed is None:
            return engine.initial_head()
        return engine.random_head(self.seed).with_(light=set_ups(self.seed, 1)[0])

    def make(self, engine: HeadEngine) -> Iterator[tuple[int, int]]:
        """Film what is not there yet; yields how many frames of how many are done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._finished:
            yield from self._film(engine)
        else:
            yield from self._draw(engine)

    @property
    def _finished(self) -> bool:
        """Only the clip of the initial head is worth finished pictures; drafts are far quicker."""
        return self.seed is None and not self.mixed

    @property
    def _drafts(self) -> Path:
        return self.folder / f"{self.seed or 'initial'}-{'mixed' if self.mixed else 'single'}"

    def _film(self, engine: HeadEngine) -> Iterator[tuple[int, int]]:
        clip = self.folder / "clip.mp4"
        if clip.exists():
            return
        play = Play(self.head(engine), performance=self.known)
        for progress in film(engine, play, VideoOptions("mp4", size=SIZE, fps=FPS), clip):
            yield progress.done, progress.total or 0

    def _draw(self, engine: HeadEngine) -> Iterator[tuple[int, int]]:
        known, head = self.known, self.head(engine)
        self._drafts.mkdir(exist_ok=True)
        for number, moment in enumerate(known.times):
            path = self._drafts / f"{number:04d}.png"
            if not path.exists():
                face = applied(head, known.at(float(moment)))
                frame = engine.render(RenderRequest(face, width=SIZE, height=SIZE, draft=True))
                Image.fromarray(frame.image[..., :3]).save(path)
            yield number + 1, len(known)
