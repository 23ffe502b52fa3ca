"""The second, nearer look at a face."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from head360.fitting.face_looks import _fading, _place, looked
from head360.fitting.face_network import BACKGROUND, EYES, PARTS, FaceNetwork, FaceShape

SIZE, INPUT = 128, 64


class ByColour(nn.Module):
    """Takes what is bright for eyes, and the red of the corner for a hairstyle."""

    shape = FaceShape(styles=2, input=INPUT)

    def near(self, pictures: Tensor) -> Tensor:
        assert pictures.shape[2:] == (INPUT, INPUT)
        logits = torch.full((len(pictures), len(PARTS), INPUT, INPUT), -20.0)
        logits[:, BACKGROUND] = 0
        logits[:, EYES] = 40 * (pictures[:, 0] - 0.6)
        return logits

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        corner = pictures[:, 0, :8, :8].mean((1, 2))
        return self.near(pictures), torch.stack([corner, 1 - corner], 1)


def told(pictures: Tensor, *, nearer: bool = True) -> tuple[Tensor, Tensor]:
    return looked(cast("FaceNetwork", ByColour()), pictures, nearer=nearer)


def with_lines() -> Tensor:
    """Two eyes, one of them a line too thin for the first look."""
    picture = torch.zeros(1, 3, SIZE, SIZE)
    picture[..., 60:68, 50:60] = 1
    picture[..., 65, 70:80] = 1
    return picture


def test_the_nearer_look_sees_what_is_too_thin_for_the_first() -> None:
    picture = with_lines()

    first = told(picture, nearer=False)[0].argmax(1)[0]
    both = told(picture)[0].argmax(1)[0]

    assert (first[61:67, 51:59] == EYES).all()
    assert not (first[65, 72:78] == EYES).any()
    assert (both[65, 70:80] == EYES).all()
    assert not (both[[64, 66], 70:80] == EYES).any()


def test_what_is_told_are_shares_and_styles_of_every_picture() -> None:
    pictures = torch.cat([with_lines(), with_lines().roll(20, 3)])
    pictures[1, 0, :16, :] = 0.5

    logs, styles = told(pictures)

    assert logs.shape == (2, len(PARTS), SIZE, SIZE)
    torch.testing.assert_close(styles, torch.tensor([[0.0, 1.0], [0.5, 0.5]]))
    assert (logs[1].argmax(0) == EYES)[60:68, 70:80].all()


def test_it_looks_where_features_are_and_stays_inside() -> None:
    logs = torch.full((len(PARTS), SIZE, SIZE), -20.0)
    side = SIZE // 2
    middle = _place(logs, side)
    logs[EYES, 30:50, 60:80] = 0
    at_features = _place(logs, side)
    logs[EYES] = -20.0
    logs[EYES, :30, :30] = 0

    assert middle == (32, round(0.47 * SIZE - side / 2))
    assert at_features == (70 - side // 2, 40 - side // 2)
    assert _place(logs, side) == (0, 0)


def test_the_nearer_look_fades_towards_its_rim() -> None:
    fading = _fading(64)

    assert fading[32, 32] == 1
    assert fading[0].max() < 0.1
    assert fading.equal(fading.flip(0).T)


def test_small_pictures_are_enlarged() -> None:
    logs, _ = told(torch.ones(1, 3, 40, 40))

    assert logs.shape == (1, len(PARTS), 40, 40)
    assert (logs.argmax(1) == EYES).all()
