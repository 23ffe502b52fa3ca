"""RefineNet: harmless before training, the same however it is cut, and never far from the head."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from head360.engine import finished
from head360.model.refine import (
    CHANNELS,
    REACH,
    Layers,
    RefineNet,
    RefineShape,
    changed,
    prepared,
    refine_steps,
)

SMALL = RefineShape(fine=8, deep=12, fine_blocks=1, deep_blocks=1)


def ball_layers(height: int = 72, width: int = 88) -> Layers:
    """A noisy ball with a soft rim before nothing."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    radius = np.hypot(y - height / 2, x - width / 2) / min(height, width)
    alpha = (np.clip((0.33 - radius) * 20, 0, 1) * 255).astype(np.uint8)

    def noise() -> np.ndarray:
        made = rng.integers(0, 256, (height, width, 4), np.uint8)
        made[..., 3] = alpha
        made[alpha == 0] = 0
        return made

    return Layers(noise(), noise(), noise(), noise())


def trained_net(shape: RefineShape = SMALL) -> RefineNet:
    """One that changes things."""
    torch.manual_seed(0)
    net = RefineNet(shape)
    torch.nn.init.normal_(net.head.weight, std=0.2)
    return net.eval().requires_grad_(False)


def refined(net: RefineNet, layers: Layers, **options: float) -> np.ndarray:
    return finished(refine_steps(net, layers, **options))  # type: ignore[arg-type]


def test_an_untrained_net_changes_nothing() -> None:
    layers = ball_layers()

    made = refined(RefineNet(SMALL), layers)

    assert np.array_equal(made, layers.shaded)


def test_strength_nought_changes_nothing() -> None:
    layers = ball_layers()

    made = refined(trained_net(), layers, strength=0.0)

    assert np.array_equal(made, layers.shaded)


def test_tiles_make_the_same_picture_as_the_whole() -> None:
    layers, net = ball_layers(200, 208), trained_net()

    whole = refined(net, layers)
    tiled = refined(net, layers, tile=64)

    assert not np.array_equal(whole, layers.shaded)
    assert np.abs(whole.astype(int) - tiled).max() <= 1  # rounding


def test_bands_make_the_same_as_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("head360.model.refine._PIECE", 1.0)
    net = trained_net()
    x = torch.rand(1, CHANNELS, 104, 96)

    steps, count = net.pieces(x), 0
    while True:
        try:
            next(steps)
            count += 1
        except StopIteration as done:
            banded = done.value
            break

    assert count > 10
    assert torch.allclose(banded, net(x), atol=1e-6)


def test_a_result_depends_on_nothing_beyond_the_margin() -> None:
    net = trained_net()
    x = torch.rand(1, CHANNELS, 16, net.margin + 64)
    y = x.clone()
    y[..., -8:] = 0.5

    difference = (net(x) - net(y)).abs().amax((0, 1, 2))

    assert difference[-8:].max() > 0
    assert difference[: x.shape[3] - 8 - net.margin].max() == 0


def test_what_is_far_from_the_head_stays_empty() -> None:
    layers = ball_layers(160, 160)

    made = refined(trained_net(), layers)

    assert made[:24, :24].max() == 0


def test_changes_are_bounded_and_colours_possible() -> None:
    net = trained_net()
    torch.nn.init.normal_(net.head.weight, std=9.0)
    x = prepared(torch.from_numpy(ball_layers().stack())[None])

    change = net(x)
    made = changed(x, change)

    assert change.abs().max() <= REACH
    assert made.min() >= 0
    assert (made[:, :3] <= made[:, 3:]).all()
    assert made.max() <= 1


def test_however_large_a_change_is_it_can_be_unlearnt() -> None:
    net = RefineNet(SMALL)
    assert net.head.bias is not None
    torch.nn.init.constant_(net.head.bias, 1000.0)

    net(torch.ones(1, CHANNELS, 16, 16)).mean().backward()

    assert net.head.bias.grad is not None
    assert net.head.bias.grad.min() > 1e-9


def test_work_can_be_left_at_any_point_without_a_trace() -> None:
    layers, net = ball_layers(), trained_net()
    steps = refine_steps(net, layers)

    next(steps)
    next(steps)
    steps.close()

    assert not torch.is_inference_mode_enabled()
    assert np.array_equal(refined(net, layers), refined(net, layers))


def test_the_shipped_size_is_small() -> None:
    parameters = sum(values.numel() for values in RefineNet().parameters())

    assert parameters < 1_750_000


def test_sizes_need_not_be_multiples_of_anything() -> None:
    layers = ball_layers(61, 45)

    assert refined(trained_net(), layers).shape == (61, 45, 4)
