"""How a tracker is judged."""

from __future__ import annotations

import numpy as np
import pytest

from head360.driving.exercise import exercise
from head360.params import EXPRESSIONS
from training.talking_head import compared, table


def test_a_perfect_tracker_correlates_perfectly() -> None:
    known = exercise(20)

    rows = {row.channel: row for row in compared(known, known)}

    assert all(row.correlation == pytest.approx(1) for row in rows.values())
    assert rows["jawOpen"].height == pytest.approx(0.9, abs=0.02)
    assert rows["jawOpen"].rest == 0


def test_blind_spots_weak_shapes_and_an_offset_are_seen() -> None:
    known = exercise(20)
    weights = known.expression.copy()
    weights[:, EXPRESSIONS.index("tongueOut")] = 0
    weights[:, EXPRESSIONS.index("jawOpen")] *= 0.5
    weights[:, EXPRESSIONS.index("browInnerUp")] = (
        0.2 + 0.5 * (weights[:, EXPRESSIONS.index("browInnerUp")])
    )
    pose = known.head_pose * np.array([-1, 1, 1], np.float32)

    rows = {row.channel: row for row in compared(known, known.with_(
        expression=weights, head_pose=pose
    ))}  # fmt: skip

    assert np.isnan(rows["tongueOut"].correlation)
    assert (rows["jawOpen"].correlation, rows["jawOpen"].height) == pytest.approx(
        (1, 0.45), abs=0.02
    )
    assert rows["browInnerUp"].rest == pytest.approx(0.2)
    assert rows["jawOpen"].response == pytest.approx(0.5, abs=0.01)
    assert rows["headYaw"].correlation == pytest.approx(-1)
    text = table(list(rows.values()))
    assert "| tongueOut | nan | 0.00 | 0.00 | 0.00 |" in text
    assert text.endswith("Median of 51 shapes: 1.00")
