"""What all fits need and no photo changes: made once, beside what a fit does first."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from head360.errors import ResourceError
from head360.fitting.delight import turned_presets
from head360.fitting.landmarks import LandmarkModel
from head360.fitting.likely_shape import LikelyShape
from head360.fitting.outline import Outliner
from head360.fitting.parsing import load_networks
from head360.fitting.shape import FreeForm
from head360.fitting.steps import Once
from head360.fitting.texture import SkinFitter
from head360.model.hair_shape import HairShaper
from head360.model.seating import Seat
from head360.rendering.scene import Models

log = logging.getLogger(__name__)


class Stock:
    """Call one of its parts to have it; whoever is first makes it, and others wait.

    `begin` makes all of them on another thread. One photo needs a second and a half of such work,
    which the detector's start and the parser, on one core each, leave the other core for.
    """

    def __init__(self, models: Models) -> None:
        mesh = models.mesh
        self.landmarks = Once(partial(LandmarkModel.of, mesh))
        self.likely = Once(LikelyShape.load)
        self.outliner = Once(partial(Outliner, mesh))
        self.free_form = Once(
            lambda: FreeForm.of(self.landmarks(), mesh.topology, mesh.mean.numpy())
        )
        self.seat = Once(partial(Seat, mesh.topology, mesh.mean))
        self.shaper = Once(partial(HairShaper, mesh.topology, mesh.mean))
        self.skin = Once(partial(SkinFitter, models.texture, mesh))
        self._styles = models.styles
        self._unwanted = threading.Event()

    def begin(self) -> None:
        """Make all of it, until `close`."""
        grids = [partial(self._styles.grid, style) for style in self._styles.styles]
        first = [self.free_form, self.likely, self.seat, self.shaper, load_networks]
        parts = [*first, *grids, self.skin, turned_presets]
        # No daemon: Python would abort when it ends in the midst of torch's work.
        threading.Thread(target=self._make, args=(parts,), name="fit").start()

    def close(self) -> None:
        """Nobody needs it soon: what is being made becomes ready, and nothing else."""
        self._unwanted.set()

    def _make(self, parts: list[Callable[[], object]]) -> None:
        for part in parts:
            if self._unwanted.is_set():
                return
            try:
                part()
            except ResourceError as error:  # told to whoever needs it
                log.debug("Not made ahead: %s", error)
