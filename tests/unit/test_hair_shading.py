"""What hair looks like, whatever the light: through the reference's shading, no head behind it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from head360.light import LIGHT_PRESETS, Light
from head360.rendering.lighting import lighting
from head360.rendering.reference import Buffers
from head360.rendering.shade import LitScene, hair_colors, shade
from head360.rendering.strands import strand_color

SIZE = 48
BLACK, GREY = (0.012, 0.010, 0.010), (0.30, 0.29, 0.28)


def lit(color: tuple[float, ...], alpha: float = 1.0, light: str = "studio") -> Tensor:
    """(48, 48, 4) a mat of hair behind the head, seen from behind; it falls and leans to a side."""
    x, y = torch.meshgrid(
        torch.linspace(-0.05, 0.05, SIZE), torch.linspace(0.05, -0.05, SIZE), indexing="xy"
    )
    directions = torch.nn.functional.normalize(torch.stack([x, y, torch.ones_like(x)], -1), dim=-1)
    hair = torch.zeros(SIZE, SIZE, 9)
    hair[..., 0] = alpha
    hair[..., 1] = 1.0
    hair[..., 2] = 0.5 - 5 * y
    hair[..., 3] = 0.9
    hair[..., 4:7] = torch.nn.functional.normalize(torch.tensor([0.2, -1.0, 0.1]), dim=0)
    hair[..., 7] = 0.5 + x
    hair[..., 8] = 0.4
    buffers = Buffers(torch.zeros(SIZE, SIZE, 12), hair, directions)
    eye, tone = torch.tensor([0.0, 0.0, -1.0]), torch.tensor(color)
    return shade(buffers, LitScene(lighting(Light(light)), None, None, None, tone, eye))


@pytest.mark.parametrize("preset", LIGHT_PRESETS)
def test_black_hair_shows_strands_from_behind(preset: str) -> None:
    brightness = lit(BLACK, light=preset)[..., :3].mean(-1)

    assert 0.002 < brightness.mean() < 0.2
    assert brightness.std() > 0.05 * brightness.mean()


def test_strands_run_along_the_hair_and_not_across() -> None:
    brightness = lit((0.16, 0.095, 0.05))[..., :3].mean(-1)

    along, across = brightness.diff(dim=0).abs().mean(), brightness.diff(dim=1).abs().mean()

    assert across > 2 * along


def test_grey_hair_stays_grey_in_tinted_light() -> None:
    color = lit(GREY)[..., :3].mean((0, 1))

    assert color.max() / color.min() < 1.12


def test_grey_hair_mixes_dark_and_white_strands_and_not_locks() -> None:
    hair = torch.zeros(2, 9)
    hair[:, 1:3] = 1.0

    def contrast(color: tuple[float, ...], kind: int) -> float:
        noise = torch.zeros(2, 4)
        noise[1, kind] = 1.0
        dark, light = strand_color(hair, noise, torch.tensor(color).expand(2, 3))
        return float((light / dark).log().mean())

    brown, (lock, strand) = (0.30, 0.19, 0.10), (0, 2)
    assert contrast(GREY, strand) > 1.3 * contrast(brown, strand)
    assert 0 < contrast(GREY, lock) < 0.5 * contrast(brown, lock)


def test_thin_hair_frays_and_thick_hair_stays_thick() -> None:
    thin, thick = lit(BLACK, 0.5)[..., 3], lit(BLACK, 1.0)[..., 3]

    assert thin.std() > 0.05
    assert abs(thin.mean() - 0.5) < 0.08
    assert thick.min() == 1


def test_strands_change_colour_at_their_roots_and_tips() -> None:
    tones = torch.tensor([[0.0, 0.0, 0.1, 0.2], [0.9, 0.0, 0.0, 0.4]])
    along = torch.tensor([[0.0], [0.2], [0.45], [0.6], [1.0]])

    colors = hair_colors(along, torch.tensor([0.2, 0.2, 0.2]), tones)

    assert torch.allclose(colors[0], tones[0, :3], atol=1e-4)
    assert torch.allclose(colors[1], torch.tensor([0.1, 0.1, 0.15]), atol=2e-3)  # half way
    assert torch.allclose(colors[2], torch.tensor([0.2, 0.2, 0.2]), atol=4e-3)
    assert torch.allclose(colors[4], tones[1, :3], atol=1e-4)
    assert torch.equal(hair_colors(along, tones[1, :3], None)[3], tones[1, :3])
