from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from pythonosc.osc_bundle import OscBundle

from head360.driving import ifacialmocap, livelink, vmc
from head360.driving.livelink import Quiet
from head360.driving.names import CSV_ORDER, PACKET_ORDERS, shape_index, short_side
from head360.driving.rotation import (
    matrix_from_pose,
    pose_from_matrix,
    pose_from_quaternion,
    quaternion_from_pose,
    relative_pose,
    within_neck,
)
from head360.params import EXPRESSIONS, POSE_LIMITS
from head360.performance import Sample
from tests.unit.faces_stand_ins import random_face, weights_of

UUID = b"$550e8400-e29b-41d4-a716-446655440000"


def live_link(values: list[float], *, name: bytes = b"iPhone", frame: int = 120) -> bytes:
    """A packet written by hand, as public descriptions have it."""
    return (
        b"\x06\x00\x00\x00" + UUID + struct.pack(">i", len(name)) + name
        + struct.pack(">ifii", frame, 0.5, 60, 1)
        + bytes([len(values)]) + struct.pack(f">{len(values)}f", *values)
    )  # fmt: skip


def test_a_live_link_packet_decodes_exactly() -> None:
    values = [0.0] * 61
    values[0], values[14], values[17], values[51] = 0.25, 0.5, 0.75, 1.0
    values[52:55] = [math.radians(30), math.radians(-10), math.radians(5)]

    sample = livelink.decode(live_link(values))

    assert sample is not None
    assert weights_of(sample) == {
        "eyeBlinkLeft": 0.25, "jawForward": 0.5, "jawOpen": 0.75, "tongueOut": 1.0,
    }  # fmt: skip
    assert sample.head_pose == pytest.approx([30, -10, 5], abs=1e-4)
    assert sample.time_s == pytest.approx(120.5 / 60)


@pytest.mark.parametrize(
    ("order", "jaw", "mouth"),
    [
        ("left first", "jawLeft", "mouthLeft"),
        ("right first", "jawRight", "mouthRight"),
    ],
)
def test_which_side_comes_first_is_a_choice(order: str, jaw: str, mouth: str) -> None:
    values = [0.0] * 61
    values[15], values[21] = 0.3, 0.6

    sample = livelink.decode(live_link(values), order)

    assert sample is not None
    assert weights_of(sample) == {jaw: 0.3, mouth: 0.6}
    assert weights_of(livelink.decode(livelink.encode(sample, order=order), order)) == weights_of(
        sample
    )


def test_every_convention_names_the_same_52_shapes() -> None:
    for names in (*PACKET_ORDERS.values(), CSV_ORDER):
        assert sorted(names) == sorted(EXPRESSIONS)
    for spell in (str, str.upper, short_side, lambda n: n[:1].upper() + n[1:]):
        assert [shape_index(spell(name)) for name in EXPRESSIONS] == list(range(52))
    assert shape_index("eye_blink_left") == EXPRESSIONS.index("eyeBlinkLeft")
    assert shape_index("jawL") is None
    assert shape_index("") is None


def test_live_link_survives_its_own_encoder() -> None:
    for seed in range(20):
        sent = random_face(seed, 12.25)

        heard = livelink.decode(livelink.encode(sent))

        assert heard is not None
        assert np.array_equal(heard.expression, sent.expression)
        assert heard.head_pose == pytest.approx(sent.head_pose, abs=1e-4)
        assert heard.time_s == pytest.approx(12.25)


def test_live_link_packets_that_lie_are_refused() -> None:
    good = live_link([0.1] * 61)

    assert livelink.read(live_link([])) is Quiet.NO_FACE
    assert livelink.read(good[:-1]) is None
    assert livelink.read(b"") is None
    assert livelink.read(b"\x05" + good[1:]) is None
    huge = bytearray(good)
    huge[41:45] = struct.pack(">i", 2**31 - 1)
    assert livelink.read(bytes(huge)) is None
    huge[41:45] = struct.pack(">i", -(2**31))
    assert livelink.read(bytes(huge)) is None
    assert livelink.read(live_link([math.nan] * 61)) is None
    assert livelink.read(live_link([0.1] * 12)) is None


def test_an_ifacialmocap_text_decodes_exactly() -> None:
    text = (
        b"mouthSmile_R-12|eyeBlink_L-100|jawLeft-7|jawOpen-0|hapihapi-40|"
        b"=head#-21.5,-6.25,3.5,-0.03,-0.10,-0.65|rightEye#6.0,2.4,0.2|leftEye#6.0,-1.6,-0.1|"
    )

    sample = ifacialmocap.decode(text)

    assert sample is not None
    assert weights_of(sample) == {"eyeBlinkLeft": 1.0, "jawLeft": 0.07, "mouthSmileRight": 0.12}
    assert list(sample.head_pose) == [6.25, -21.5, 3.5]
    assert math.isnan(sample.time_s)
    assert len(sample.unknown) == 52 - 4
    assert "jawOpen" not in sample.unknown


def test_ifacialmocap_version_2_may_be_negative() -> None:
    sample = ifacialmocap.decode(b"trackingStatus-1|jawOpen&-3.5|mouthPucker&40.25|=head#1,2|")

    assert sample is not None
    assert weights_of(sample) == {"mouthPucker": 0.4025}
    assert not sample.head_pose.any()


@pytest.mark.parametrize(("version", "tolerance"), [(1, 0.0051), (2, 1e-6)])
def test_ifacialmocap_survives_its_own_encoder(version: int, tolerance: float) -> None:
    sent = random_face(3)

    heard = ifacialmocap.decode(ifacialmocap.encode(sent, version=version))

    assert heard is not None
    assert heard.expression == pytest.approx(sent.expression, abs=tolerance)
    assert heard.head_pose == pytest.approx(sent.head_pose, abs=1e-4)
    assert heard.unknown == frozenset()


@pytest.mark.parametrize("packet", [b"", b"|||", b"\xff" * 50, b"jawOpen-nan", b"jawOpen-1e999"])
def test_texts_without_a_face_are_refused(packet: bytes) -> None:
    assert ifacialmocap.decode(packet) is None


def osc(address: str, tags: str, *arguments: bytes) -> bytes:
    def text(value: str) -> bytes:
        return value.encode() + b"\0" * (4 - len(value) % 4)

    return text(address) + text("," + tags) + b"".join(arguments)


def text(value: str) -> bytes:
    return value.encode() + b"\0" * (4 - len(value) % 4)


def number(value: float) -> bytes:
    return struct.pack(">f", value)


def test_vmc_messages_make_a_face_once_applied() -> None:
    ear = vmc.VmcFace()

    assert ear.feed(osc("/VMC/Ext/T", "f", number(2.5))) is Quiet.NO_FACE
    assert ear.feed(osc("/vmc/ext/blend/val", "sf", text("BROWINNERUP"), number(0.5)))
    assert ear.feed(osc("/VMC/Ext/Blend/Val", "sf", text("eyeBlinkLeft"), number(7))) is (
        Quiet.NO_FACE
    )
    turned = [number(v) for v in (0, 0, 0, 0, -math.sin(0.2), 0, math.cos(0.2))]
    assert ear.feed(osc("/VMC/Ext/Bone/Pos", "sfffffff", text("Head"), *turned)) is Quiet.NO_FACE
    sample = ear.feed(osc("/VMC/Ext/Blend/Apply", ""))

    assert isinstance(sample, Sample)
    assert weights_of(sample) == {"browInnerUp": 0.5, "eyeBlinkLeft": 1.0}
    assert sample.time_s == 2.5
    assert sample.head_pose == pytest.approx([math.degrees(0.4), 0, 0], abs=1e-3)
    assert len(sample.unknown) == 50


def test_vmc_understands_avatars_without_arkit_shapes() -> None:
    ear = vmc.VmcFace()
    for name in ("Blink_L", "aa"):
        ear.feed(osc("/VMC/Ext/Blend/Val", "sf", text(name), number(0.5)))

    sample = ear.feed(osc("/VMC/Ext/Blend/Apply", ""))

    assert isinstance(sample, Sample)
    assert weights_of(sample) == {"eyeBlinkLeft": 0.5, "jawOpen": 0.3}
    assert "jawOpen" not in sample.unknown
    assert "tongueOut" in sample.unknown


def test_vmc_survives_its_own_encoder_and_python_osc_reads_it() -> None:
    sent = random_face(5, 3.5)

    packet = vmc.encode(sent)

    heard = vmc.VmcFace().feed(packet)
    assert isinstance(heard, Sample)
    assert np.array_equal(heard.expression, sent.expression)
    assert heard.head_pose == pytest.approx(sent.head_pose, abs=1e-3)
    contents = [message.address for message in OscBundle(packet)]
    assert contents[-1] == "/VMC/Ext/Blend/Apply"
    assert contents.count("/VMC/Ext/Blend/Val") == 52


def test_osc_that_lies_is_refused() -> None:
    bundle = b"#bundle\0" + bytes(8)

    assert vmc.decode(b"") is None
    assert vmc.decode(b"hello") is None
    assert vmc.decode(bundle + struct.pack(">i", -4)) is None
    assert vmc.decode(bundle + struct.pack(">i", 0)) is None
    assert vmc.decode(osc("/a", "f")) is None
    assert vmc.decode(osc("/a", "z")) is None
    nested = osc("/a", "")
    for _ in range(9):
        nested = bundle + struct.pack(">i", len(nested)) + nested
    assert vmc.decode(nested) is None
    part = osc("/a", "")
    crowd = bundle + (struct.pack(">i", len(part)) + part) * 2000
    assert vmc.decode(crowd) is None


def test_turns_survive_matrices_and_quaternions() -> None:
    for seed in range(50):
        pose = random_face(seed).head_pose

        assert pose_from_matrix(matrix_from_pose(pose)) == pytest.approx(pose, abs=1e-4)
        assert pose_from_quaternion(*quaternion_from_pose(pose)) == pytest.approx(pose, abs=1e-4)
    assert pose_from_matrix(matrix_from_pose([20, 90, 0]))[1] == pytest.approx(90, abs=0.1)
    assert pose_from_quaternion(0, 0, 0, 0) is None
    assert pose_from_quaternion(math.nan, 0, 0, 1) is None


def test_turns_are_seen_from_the_head() -> None:
    left, down, rolled = (matrix_from_pose(pose) for pose in ([30, 0, 0], [0, 30, 0], [0, 0, 30]))

    assert (left @ [0, 0, 1])[0] > 0  # the nose goes to the head's left, +x
    assert (down @ [0, 0, 1])[1] < 0  # the nose goes down
    assert (rolled @ [0, 1, 0])[0] > 0  # the crown goes to the left shoulder
    assert relative_pose([30, 5, 0], [30, 5, 0]) == pytest.approx([0, 0, 0], abs=1e-5)


def test_a_live_head_bends_softly_within_its_neck() -> None:
    assert within_neck([20, 10, -5]) == pytest.approx([20, 10, -5])
    held = within_neck([120, -90, 60])
    assert (np.abs(held) <= np.array(POSE_LIMITS) + 1e-4).all()
    assert within_neck([50, 0, 0])[0] > within_neck([45, 0, 0])[0] > 35
