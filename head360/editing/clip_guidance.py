"""Leads an image editor's pictures on towards words, by CLIP's gradient.

What an editor made is changed further in the direction in which words change (directional
similarity: Gal et al., 2021), as far as that is worth it: what is measured is the way that pictures
have gone, not its angle alone, which any trace of a change can have. Only soft gains on colours may
change, as paint carries no more: free pixels would learn noise that nothing but CLIP sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from head360.camera import OrbitCamera
from head360.editing.clip import Clip, as_tensor
from head360.editing.decline import declined
from head360.editing.restyle import ImageEditor
from head360.editing.skin_paint import Picture
from head360.errors import EditError

#: Nodes of the gains along each side of a picture, steps of the search, and how far each goes.
_NODES, _STEPS, _STEP = 16, 24, 0.04
#: What a way of 1 in CLIP's space is worth at weight 1, in mean squares of the gains' logarithms.
_WORTH = 5.0


@dataclass(frozen=True, slots=True)
class Guidance:
    """Which way, and how strongly.

    Raises:
        ValueError: the weight is out of range.
        EditError: the words are none that this program works with.
    """

    is_now: str  # what pictures should show, such as “a photo of a bronze statue”
    was: str = "a photo of a person"  # what they show before
    weight: float = 1.0  # against staying as edited; 0 = not at all … 10

    def __post_init__(self) -> None:
        if declined(self.is_now) or declined(self.was):
            raise EditError(
                "That is nothing this program helps with.",
                "Describe a face kindly and try again.",
            )
        if not 0 <= self.weight <= 10:
            raise ValueError("CLIP's guidance is within 0 … 10")


class ClipGuided:
    """An image editor whose pictures are led on by CLIP."""

    def __init__(
        self,
        editor: ImageEditor,
        clip: Clip,
        guidance: Guidance,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """An editor; `is_cancelled` is asked before each step of the search."""
        self._editor, self._clip, self._guidance = editor, clip, guidance
        self._is_cancelled = is_cancelled

    def edit(self, now: Picture, first: Picture, view: OrbitCamera, seed: int) -> Picture:
        """As `ImageEditor`.

        Raises:
            EditError: it was stopped.
        """
        made = self._editor.edit(now, first, view, seed)
        if self._guidance.weight == 0 or made.shape != first.shape:
            return made
        with torch.inference_mode(False), torch.enable_grad():
            gains = self._found(as_tensor(made), as_tensor(first))
            led = _gained(as_tensor(made), gains).detach()[0]
        result: Picture = np.rint(led.permute(1, 2, 0).numpy() * 255).astype(np.uint8)
        return result

    def _found(self, made: Tensor, first: Tensor) -> Tensor:
        """(1, 3, n, n) logarithms of gains on colours that bring a picture nearer to the words."""
        wanted = self._guidance
        with torch.no_grad():
            start = self._clip.seen(first)
            words = self._clip.words([wanted.is_now]) - self._clip.words([wanted.was])
            said = functional.normalize(words, dim=1)
        gains = torch.zeros(1, 3, _NODES, _NODES, requires_grad=True)
        search = torch.optim.Adam([gains], lr=_STEP)
        for _ in range(_STEPS):
            if self._is_cancelled():
                raise EditError("The edit was stopped.")
            way = ((self._clip.seen(_gained(made, gains)) - start) * said).sum()
            loss = gains.square().mean() - _WORTH * wanted.weight * way
            (gains.grad,) = torch.autograd.grad(loss, gains)
            search.step()
        return gains.detach()


def _gained(picture: Tensor, gains: Tensor) -> Tensor:
    """A picture (1, 3, H, W) whose colours are multiplied softly."""
    shape = (picture.shape[2], picture.shape[3])
    over = functional.interpolate(gains, shape, mode="bilinear", align_corners=False)
    return (picture * over.exp()).clamp(0, 1)
