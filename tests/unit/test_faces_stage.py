"""Parser and classifier: pictures become something like photos, and networks learn from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from head360.fitting.face_network import (
    BACKGROUND,
    BEARD,
    CLOTHES,
    EYES,
    HAIR,
    NECK,
    PARTS,
    SKIN,
)
from training.stages import dressing
from training.stages.backdrops import Backdrops
from training.stages.disturb import graded, recorded, relit
from training.stages.face_lines import coherence, lines_of
from training.stages.face_pictures import (
    CHANNELS,
    CLASS,
    COLOR,
    COVER,
    HAIR_SHARE,
    WORN,
    pixel_classes,
    portrait_camera,
    random_face,
    sheets,
)
from training.stages.face_report import overlaps, told
from training.stages.face_samples import Framing, _ended, face_sample, halved, plain_sample
from training.stages.faces_config import FaceLearning, FacePictures, FacesConfig
from training.stages.parsing import Batch, FaceLearner, parts_loss, style_loss
from training.stages.resnet import ResNet50, quiet_start
from training.synhead.classes import CLASS_EYES, CLASS_HAIR, CLASS_NECK, CLASS_SKIN

SIZE = 64
CONFIG = FacesConfig(
    half=False,
    pictures=FacePictures(rounds=1, held_out_rounds=1),
    learning=FaceLearning(steps=3, batch=2, portraits=1.0),
)


def doll(hair: bool = True) -> np.ndarray:
    """(64, 64, 6): a square face with eyes and neck, and hair on top."""
    stored = np.zeros((SIZE, SIZE, CHANNELS), np.uint8)
    for rows, columns, kind, color in (
        (slice(20, 44), slice(18, 46), CLASS_SKIN, (220, 170, 150)),
        (slice(44, 60), slice(24, 40), CLASS_NECK, (200, 150, 130)),
        (slice(27, 30), slice(22, 29), CLASS_EYES, (240, 240, 240)),
        (slice(27, 30), slice(36, 43), CLASS_EYES, (240, 240, 240)),
        (slice(8, 20), slice(16, 48), CLASS_HAIR, (60, 40, 20)),
    ):
        if kind != CLASS_HAIR or hair:
            stored[rows, columns, CLASS] = kind
            stored[rows, columns, COLOR], stored[rows, columns, COVER] = color, 255
            stored[rows, columns, HAIR_SHARE] = 255 * (kind == CLASS_HAIR)
    return stored


def test_every_round_shows_every_style_once_and_nobody_is_held_out_and_learnt_from() -> None:
    listed = sheets(FacePictures(rounds=5, held_out_rounds=2))

    assert len(listed) == 7 * len(WORN)
    assert len({sheet.path(Path("x")) for sheet in listed}) == len(listed)
    first = listed[: len(WORN)]
    assert {sheet.worn for sheet in first} == set(range(len(WORN)))
    people = {held: {s.seed for s in listed if s.held_out is held} for held in (False, True)}
    assert not people[True] & people[False]
    assert listed[len(WORN)].held_out


def test_cameras_and_faces_are_within_what_is_promised() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        camera = portrait_camera(rng)
        assert abs(camera.yaw_degrees) <= 45
        assert abs(camera.pitch_degrees) <= 15
        face = random_face(rng)
        assert face.min() >= 0
        assert face.max() <= 1


def test_a_pixel_is_what_most_of_its_samples_show() -> None:
    samples = np.zeros((2, 8), np.uint8)
    samples[:, 0:2] = CLASS_SKIN
    samples[0, 2:4] = CLASS_HAIR
    samples[1, 2] = CLASS_SKIN
    samples[0, 4] = CLASS_SKIN
    samples[0, 6], samples[1, 6:8], samples[0, 7] = CLASS_SKIN, CLASS_EYES, CLASS_EYES

    kinds, hair = pixel_classes(samples, 2)

    assert kinds.tolist() == [[CLASS_SKIN, CLASS_HAIR, 0, CLASS_EYES]]
    assert hair.tolist() == [[0, 0.5, 0, 0]]


def test_halved_pixels_are_what_most_were() -> None:
    kinds = np.array([[1, 2, 3, 4, 5, 5], [2, 2, 5, 6, 6, 6]], np.uint8)

    assert halved(kinds).tolist() == [[2, 3, 5]]


def test_the_nearer_look_is_at_the_eyes() -> None:
    framing = Framing.nearer(doll(), np.random.default_rng(0))
    shown = plain_sample(doll(), framing, np.zeros((SIZE, SIZE, 3), np.uint8)).parts

    assert 1.4 < framing.zoom < 2.9
    assert (shown == EYES).sum() > 2 * 2 * 3 * 7
    assert not (shown == NECK)[: SIZE // 2].any()


def test_a_portrait_before_a_background_keeps_its_parts_and_colours() -> None:
    ground = np.full((SIZE, SIZE, 3), (10, 20, 200), np.uint8)

    sample = plain_sample(doll(), Framing(), ground)

    assert sample.picture[2, 2].tolist() == [10, 20, 200]
    assert sample.parts[2, 2] == BACKGROUND
    assert sample.parts[36, 32] == SKIN
    assert sample.parts[12, 32] == HAIR
    assert sample.parts[52, 32] == NECK
    np.testing.assert_allclose(sample.picture[36, 32], (220, 170, 150), atol=2)


def test_somebody_behind_is_background_with_hair_and_all() -> None:
    backdrops, rng = Backdrops(), np.random.default_rng(4)
    alone = face_sample(doll(hair=False), Framing(), backdrops, np.random.default_rng(3), SIZE)

    for _ in range(20):
        sample = face_sample(doll(hair=False), Framing(), backdrops, rng, SIZE, doll())
        assert not (sample.parts == HAIR).any()
    assert (alone.parts == SKIN).sum() > 100


def test_beyond_its_edge_a_photo_repeats_itself_and_shows_nothing() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (SIZE, SIZE, 3)).astype(np.uint8)
    parts = np.full((SIZE, SIZE), HAIR, np.uint8)

    for seed in range(30):
        ended, shown = _ended(picture, parts, np.random.default_rng(seed))
        kept = shown == HAIR
        rows, columns = kept.any(1), kept.any(0)
        assert (kept == rows[:, None] & columns).all()
        assert (ended[kept] == picture[kept]).all()
        last = int(np.flatnonzero(rows)[-1])
        assert (ended[last:] == ended[last]).all()


def test_lines_of_hair_tell_straight_hair_from_curls() -> None:
    x = np.arange(256)[None].repeat(256, 0)
    stripes = (120 + 60 * np.sin(x / 2)).astype(np.uint8)
    grain = np.random.default_rng(0).integers(60, 190, (256, 256)).astype(np.uint8)
    found = []
    for look in (stripes, grain):
        stored = np.full((256, 256, CHANNELS), 255, np.uint8)
        stored[..., COLOR] = look[..., None]
        found.append(coherence(stored))
    bare = np.zeros((256, 256, CHANNELS), np.uint8)

    straight, curly = (float(value or 0) for value in found)
    assert straight > 0.9 > 0.4 > curly
    assert coherence(bare) is None
    lines = lines_of({"bob": [straight] * 5, "afro": [curly]})
    assert set(lines) == {"bob"}, "one portrait tells nothing of a style"
    assert lines["bob"].mean == pytest.approx(straight, abs=1e-4)


def test_a_mirrored_and_shifted_frame_moves_picture_and_parts_together() -> None:
    stored = doll()
    stored[30:34, 18:24, COLOR] = (255, 0, 0)
    stored[30:34, 18:24, CLASS] = CLASS_EYES
    ground = np.zeros((SIZE, SIZE, 3), np.uint8)

    sample = plain_sample(stored, Framing(zoom=1.3, x=0.05, roll_degrees=8, mirrored=True), ground)

    red = (sample.picture[..., 0] > 240) & (sample.picture[..., 1] < 15)
    assert red.sum() > 20
    assert (sample.parts[red] == EYES).mean() > 0.9
    assert np.flatnonzero(red.any(0)).mean() > SIZE / 2


@pytest.mark.parametrize("size", [32, 64, 96])
def test_samples_are_pictures_of_known_parts_and_follow_from_their_seed(size: int) -> None:
    backdrops = Backdrops()

    def sampled(seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        sample = face_sample(doll(), Framing.anything(rng), backdrops, rng, size)
        return sample.picture, sample.parts

    for seed in range(12):
        picture, parts = sampled(seed)
        assert picture.shape == (size, size, 3)
        assert picture.dtype == np.uint8
        assert parts.max() < len(PARTS)
        again = sampled(seed)
        assert np.array_equal(picture, again[0])
        assert np.array_equal(parts, again[1])


def test_clothes_lie_below_the_chin_and_hair_before_them() -> None:
    parts = plain_sample(doll(), Framing(), np.zeros((SIZE, SIZE, 3), np.uint8)).parts
    shirts = [
        shirt
        for seed in range(8)
        if (shirt := dressing.clothes(parts, Backdrops(), np.random.default_rng(seed)))
    ]

    assert len(shirts) == 8
    assert all(shirt.cover[62].mean() > 0.3 for shirt in shirts)
    assert all(not shirt.cover[: 44 - 4].any() for shirt in shirts)
    assert dressing.clothes(np.zeros_like(parts), Backdrops(), np.random.default_rng(0)) is None
    dressed = [
        face_sample(doll(), Framing(), Backdrops(), np.random.default_rng(seed)).parts
        for seed in range(8)
    ]
    assert sum((parts == CLOTHES).any() for parts in dressed) >= 5


def test_glasses_sit_on_both_eyes_and_nowhere_without_them() -> None:
    parts = plain_sample(doll(), Framing(), np.zeros((SIZE, SIZE, 3), np.uint8)).parts

    worn = dressing.glasses(parts, np.random.default_rng(1))

    assert worn is not None
    rows = np.flatnonzero(worn[1].any(1))
    assert 18 < rows.min() < 30 < rows.max() < 44
    assert dressing.glasses(np.full_like(parts, SKIN), np.random.default_rng(1)) is None


def test_cameras_faults_keep_pictures_pictures() -> None:
    picture = np.full((48, 48, 3), 120, np.uint8)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        lit = graded(relit(picture.astype(np.float32), rng), rng)
        assert lit.min() >= 0
        assert lit.max() <= 255
        assert recorded(np.rint(lit).astype(np.uint8), rng).shape == picture.shape


def test_the_loss_of_parts_is_least_where_they_are_right() -> None:
    truth = torch.zeros(1, 8, 8, dtype=torch.long)
    truth[:, :4] = BEARD
    right = torch.nn.functional.one_hot(truth, len(PARTS)).permute(0, 3, 1, 2) * 9.0

    assert parts_loss(right, truth, 0.6) < 0.1 * parts_loss(-right, truth, 0.6)


def test_the_loss_of_parts_is_cross_entropy_and_overlap() -> None:
    logits = torch.randn(2, len(PARTS), 5, 4, generator=torch.Generator().manual_seed(1))
    truth = torch.full((2, 5, 4), SKIN)
    truth[1, :2] = HAIR  # both weigh one
    shares, masks = logits.softmax(1), torch.stack([truth == SKIN, truth == HAIR])
    seen = shares[:, [SKIN, HAIR]].transpose(0, 1)
    overlap = (2 * (seen * masks).sum((1, 2, 3)) + 1) / (
        shares.sum((0, 2, 3))[[SKIN, HAIR]] + masks.sum((1, 2, 3)) + 1
    )

    found = parts_loss(logits, truth, 0.5)

    expected = torch.nn.functional.cross_entropy(logits, truth) + 0.5 * (1 - overlap).mean()
    torch.testing.assert_close(found, expected)


def test_a_cropped_head_tells_no_style() -> None:
    logits = torch.zeros(2, 3)

    assert float(style_loss(logits, torch.tensor([-1, -1]), FaceLearning())) == 0
    assert float(style_loss(logits, torch.tensor([-1, 1]), FaceLearning())) == pytest.approx(
        np.log(3)
    )


def test_scores_count_overlap_and_ranks() -> None:
    counts = np.zeros((len(PARTS), len(PARTS)), np.int64)
    counts[SKIN, SKIN], counts[SKIN, HAIR], counts[HAIR, HAIR] = 6, 2, 8

    found, styles = overlaps(counts), told(np.array([0, 0, 3, 9]))

    assert found["skin"] == pytest.approx(6 / 8)
    assert found["hair"] == pytest.approx(8 / 10)
    assert found["mIoU"] == pytest.approx((6 / 8 + 8 / 10) / 2)
    assert (styles["top-1"], styles["top-5"]) == (0.5, 0.75)


def test_the_network_learns_the_doll() -> None:
    torch.set_num_threads(1)
    sample = face_sample(doll(), Framing(), Backdrops(), np.random.default_rng(0), 48)
    pictures = torch.from_numpy(sample.picture.copy()).permute(2, 0, 1)[None].float() / 255
    parts = torch.from_numpy(sample.parts.copy())[None].long()
    near, worn = torch.tensor([False, False, True, True]), torch.tensor([0, 0, -1, -1])
    batch = Batch(pictures.repeat(4, 1, 1, 1), parts.repeat(4, 1, 1), worn, near)
    learner = FaceLearner(CONFIG, torch.device("cpu"))

    losses = [learner.learn(batch, 0.0)["nearer"] for _ in range(25)]

    assert losses[-1] < 0.8 * losses[0]


def test_resnet_is_what_it_is_called() -> None:
    network = ResNet50(len(WORN))
    quiet_start(network)
    count = sum(values.numel() for values in network.features.parameters())

    assert count == 23_508_032  # of the paper's network without its last layer
