"""USD scenes play what was recorded: weights of the face and turns of the neck, in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from head360.engine import finished
from head360.export.bust import HEAD, JOINTS, Bust, Material, Part
from head360.export.busts import clip_of, pose_of
from head360.export.usd import write_usd
from head360.params import EXPRESSIONS, HeadParams
from head360.performance import Performance

usd = pytest.importorskip("pxr.Usd")
SHAPES = len(EXPRESSIONS)


@pytest.fixture
def take() -> Performance:
    """Two seconds at uneven times, every shape in use."""
    rng = np.random.default_rng(5)
    times = np.array([0.0, 0.3, 0.75, 1.0, 2.0])
    weights = rng.uniform(0.1, 0.9, (len(times), SHAPES)).astype(np.float32)
    weights[:, EXPRESSIONS.index("jawOpen")] = 1.0  # else it would limit mouthClose
    turns = np.array([[0, 0, 0], [20, 0, 0], [0, 10, 0], [0, 0, 8], [-30, 5, -4]], np.float32)
    return Performance(times, weights, turns, "Hello", 30.0)


def small_bust(head: HeadParams, take: Performance) -> Bust:
    """One triangle that every shape moves, and all joints."""
    points = np.array([[0, 0, 0.1], [0.01, 0, 0.1], [0, 0.01, 0.1]], np.float32)
    morphs = np.zeros((SHAPES, 3, 3), np.float32)
    morphs[:, 0, 1] = np.linspace(0.001, 0.01, SHAPES)
    joints = np.tile(np.array([HEAD, 0, 0, 0], np.uint8), (3, 1))
    part = Part(
        "Skin", "Skin", points, np.tile(np.array([0, 0, 1], np.float32), (3, 1)),
        np.zeros((3, 2), np.float32), np.array([[0, 1, 2]], np.uint32), joints,
        np.tile(np.array([1, 0, 0, 0], np.float32), (3, 1)), morphs, np.zeros_like(morphs),
    )  # fmt: skip
    places = np.zeros((len(JOINTS), 3), np.float32)
    skin = Material("Skin", np.full((4, 4, 3), 128, np.uint8))
    rest = pose_of(head.expression, head.head_pose)
    return Bust("Maya", (part,), (skin,), places, rest, (clip_of(head, take),))


@pytest.mark.parametrize("name", ["maya.usdz", "maya.usdc", "maya.usda"])
def test_a_scene_plays_the_recording(
    name: str, neutral: HeadParams, take: Performance, tmp_path: Path
) -> None:
    from pxr import UsdSkel

    finished(write_usd(small_bust(neutral, take), tmp_path / name))

    stage = usd.Stage.Open(str(tmp_path / name))
    animation = UsdSkel.Animation(stage.GetPrimAtPath("/Head/Skeleton/Animation"))
    weights = animation.GetBlendShapeWeightsAttr()
    assert list(animation.GetBlendShapesAttr().Get()) == list(EXPRESSIONS)
    codes = np.array(weights.GetTimeSamples())
    np.testing.assert_allclose(codes / stage.GetTimeCodesPerSecond(), take.times, atol=1e-6)
    played = np.array([weights.Get(code) for code in codes])
    np.testing.assert_allclose(played, take.expression, atol=1e-6)
    between = np.array(weights.Get(0.5 * (codes[0] + codes[1])))
    np.testing.assert_allclose(between, take.at(0.15).expression, atol=1e-6)
    assert stage.GetStartTimeCode() == 0
    assert stage.GetEndTimeCode() == pytest.approx(codes[-1])


def test_a_scene_turns_the_head(neutral: HeadParams, take: Performance, tmp_path: Path) -> None:
    from pxr import UsdSkel

    finished(write_usd(small_bust(neutral, take), tmp_path / "maya.usdc"))

    stage = usd.Stage.Open(str(tmp_path / "maya.usdc"))
    cache = UsdSkel.Cache()
    root = UsdSkel.Root(stage.GetPrimAtPath("/Head"))
    cache.Populate(root, usd.PrimDefaultPredicate)
    query = cache.GetSkelQuery(UsdSkel.Skeleton(stage.GetPrimAtPath("/Head/Skeleton")))
    code = stage.GetTimeCodesPerSecond() * take.times[1]
    matrix = np.array(query.ComputeJointSkelTransforms(code)[HEAD])[:3, :3].T  # rows are USD's
    yaw = Rotation.from_matrix(matrix).as_euler("YXZ", degrees=True)[0]
    assert yaw == pytest.approx(20, abs=0.01)


def test_the_mesh_moves_as_recorded(neutral: HeadParams, take: Performance, tmp_path: Path) -> None:
    """What a reader computes from the scene alone."""
    from pxr import UsdSkel

    bust = small_bust(neutral, take)
    finished(write_usd(bust, tmp_path / "maya.usdc"))

    stage = usd.Stage.Open(str(tmp_path / "maya.usdc"))
    skin = UsdSkel.BindingAPI(stage.GetPrimAtPath("/Head/Skin"))
    query = UsdSkel.BlendShapeQuery(skin)
    weights = np.array(
        UsdSkel.Animation(stage.GetPrimAtPath("/Head/Skeleton/Animation"))
        .GetBlendShapeWeightsAttr()
        .Get(stage.GetTimeCodesPerSecond() * 1.0)
    )
    moved = bust.parts[0].points.astype(float)
    for index, path in enumerate(skin.GetBlendShapeTargetsRel().GetTargets()):
        shape = UsdSkel.BlendShape(stage.GetPrimAtPath(path))
        which = np.array(shape.GetPointIndicesAttr().Get())
        moved[which] += weights[index] * np.array(shape.GetOffsetsAttr().Get())
    assert query.GetNumBlendShapes() == SHAPES
    wanted = bust.parts[0].points[0, 1] + take.expression[3] @ bust.parts[0].morphs[:, 0, 1]
    assert moved[0, 1] == pytest.approx(wanted, abs=1e-6)
