"""Which way strands run in a photo, and hair that is bent until its strands run so."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from head360.fitting.face_network import HAIR, PARTS
from head360.fitting.hair_lines import HairLines
from head360.fitting.parsing import ClassMap
from head360.fitting.photo_lines import photo_lines
from head360.model.planes import HAIR_BOX, cell_centres
from head360.model.seating import GRID_SIZE


def stripes(degrees: float) -> np.ndarray:
    """(256, 256, 3) bright and dark lines, so far from columns towards rows (downwards)."""
    row, column = np.mgrid[:256, :256]
    angle = np.radians(degrees)
    across = row * np.cos(angle) - column * np.sin(angle)
    grey = 120 + 60 * np.sin(across * 1.2)
    return np.repeat(grey[..., None], 3, 2).astype(np.uint8)


def all_hair(share: float = 1.0) -> ClassMap:
    shares = np.zeros((len(PARTS), 256, 256), np.float32)
    shares[HAIR] = share
    return ClassMap(shares.argmax(0).astype(np.uint8), shares, ())


def hanging(wanted_degrees: float) -> HairLines:
    """Strands that hang before the forehead, and should run another way."""
    at = torch.tensor([[x, y, 0.1] for x in (-0.03, 0.0, 0.03) for y in (0.05, 0.08)])
    down = torch.tensor([0.0, -0.012, 0.0])
    flat = torch.tensor([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]).expand(len(at), 2, 3)
    angle = torch.tensor(np.radians(2 * wanted_degrees))
    wanted = torch.stack([angle.cos(), angle.sin()]).float().expand(len(at), 2)
    return HairLines(at + down / 2, at - down / 2, down.expand(len(at), 3), flat, wanted)


def sheared(slope: float) -> torch.Tensor:
    """(z, y, x, 3) a bend that asks further to the side the higher it is."""
    nodes = cell_centres(HAIR_BOX, GRID_SIZE)
    moved = torch.zeros_like(nodes)
    moved[:, 0] = slope * nodes[:, 1]
    return moved.view(*GRID_SIZE[::-1], 3)


@pytest.mark.parametrize("degrees", [0.0, 30.0, 90.0, 135.0])
def test_lines_of_a_photo_run_as_they_are_drawn(degrees: float) -> None:
    found = photo_lines(stripes(degrees), all_hair(), 16).view(16, 16, 2)[8, 8]

    wanted = np.array([np.cos(np.radians(2 * degrees)), np.sin(np.radians(2 * degrees))])
    assert found.numpy() == pytest.approx(wanted * np.linalg.norm(found), abs=0.1)
    assert float(found.norm()) > 0.5


def test_where_there_is_no_hair_nothing_is_known() -> None:
    found = photo_lines(stripes(30.0), all_hair(0.0), 16)

    assert float(found.abs().max()) == 0


def test_strands_are_apart_by_their_angle_whatever_their_sign() -> None:
    still = sheared(0.0)

    along, across, askew = (float(hanging(a).apart(still)) for a in (90.0, 0.0, 45.0))

    assert along < 0.05
    assert across > 0.9
    assert along < askew < across
    assert float(hanging(270.0).apart(still)) == pytest.approx(along, abs=1e-5)


def test_a_bend_along_strands_turns_them() -> None:
    # Asked further to the left the higher, what hung straight falls to the left.
    swept, other = hanging(45.0), hanging(135.0)

    assert float(swept.apart(sheared(1.0))) < 0.1
    assert float(other.apart(sheared(-1.0))) < 0.1
    assert float(swept.apart(sheared(-1.0))) > 0.8
