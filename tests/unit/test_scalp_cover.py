"""Hair covers the scalp of every head about as well as that of the mean head."""

from __future__ import annotations

import pytest

from head360.rendering.scene import Models
from training.scalp_cover import Cover, ScalpCover, excesses, heads

STYLES = ("bob", "afro", "ponytail")


@pytest.fixture(scope="module")
def covers() -> list[Cover]:
    measuring = ScalpCover(Models.load())
    return [cover for name, code in heads(6) for cover in measuring.measure(name, code, STYLES)]


@pytest.mark.parametrize("style", STYLES)
def test_no_head_shows_much_more_scalp_than_the_mean_head(covers: list[Cover], style: str) -> None:
    found = next(excess for excess in excesses(covers) if excess.style == style)

    assert found.mean < 0.01
    assert found.worst < 0.06


def test_bald_patches_are_seen_where_hair_is_parted(covers: list[Cover]) -> None:
    shown = next(c.shown for c in covers if (c.style, c.head) == ("bob", "mean"))

    assert shown["above"] > 0.05  # the parting
    assert shown["behind"] < 0.01


def test_the_worst_head_is_named() -> None:
    covers = [
        Cover("bob", "mean", {"behind": 0.1}),
        Cover("bob", "long", {"behind": 0.4}),
        Cover("bob", "wide", {"behind": 0.2}),
    ]

    (found,) = excesses(covers)

    assert (found.on_mean, found.where) == (0.1, "long, behind")
    assert found.mean == pytest.approx(0.2)
    assert found.worst == pytest.approx(0.3)
