"""Parses a picture of a face: what each pixel shows, refined by the picture's own colours.

The network looks twice, the second time nearer (`fitting.face_looks`). Its shares, at the picture's
size, are fitted to its edges: a guided filter (He et al., ECCV 2010) lets hair,
skin, neck, clothes and background end where colours do, after each of them has been modelled by
one Gaussian in Lab over the pixels that the network was sure of. Hair that does not hang together
with the head is somebody else's, or none. The hairstyle is told by a network of its own from what
the parser saw, and by the parser (`fitting.style_network`).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from scipy.ndimage import uniform_filter
from torch.nn import functional

from head360.assets import resource
from head360.fitting.face_looks import looked
from head360.fitting.face_network import (
    BACKGROUND,
    CLOTHES,
    FACES_FILE,
    HAIR,
    NECK,
    PARTS,
    SKIN,
    FaceNetwork,
    load_faces,
)
from head360.fitting.parsing_fringe import fringe_odds
from head360.fitting.parsing_hair import own_hair
from head360.fitting.parsing_landmarks import landmark_odds
from head360.fitting.style_network import (
    STYLE_FILE,
    StyleNetwork,
    load_style,
    style_maps,
    told_styles,
)

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]

#: Pixels along each side of what shares are refined in; larger pictures get them enlarged.
_WORKING = 512
#: Parts that are large enough to have a colour of their own.
_COLOURED = (BACKGROUND, SKIN, HAIR, NECK, CLOTHES)
#: From this share on a pixel is sure enough to say what colour a part is; and how many are needed.
_SURE, _LEAST = 0.9, 60
#: How much colours count beside the network's shares, and how far they may turn the odds.
_COLOR_WEIGHT, _COLOR_LIMIT = 0.35, 2.5
#: How much the parser's own word for a hairstyle counts beside that of the network for them, and
#: the least that it says of any. Chosen on held-out portraits.
_FIRST_COUNTS, _LEAST_TOLD = 0.6, 1e-3
#: The guided filter: half its window in shares of the picture, and what contrast is an edge.
_WINDOW, _EDGE = 1 / 80, 3e-3
_VARIANCE = 12.0  # of Lab units: no part is all of one colour
_LUMA = np.array([0.3, 0.59, 0.11], np.float32)
_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
) / np.array([[0.9505], [1.0], [1.089]], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class ClassMap:
    """What each pixel of a picture shows."""

    labels: Labels  # (H, W) place in PARTS of the likeliest part
    shares: Floats  # (len(PARTS), H, W) probabilities, together 1
    styles: tuple[tuple[str | None, float], ...]  # hairstyles by name, None: bald; best first
    inside: npt.NDArray[np.bool_] | None = None  # (H, W) where there is a picture; None: all over

    def share(self, *names: str) -> Floats:
        """(H, W) probability that a pixel is one of these parts, by name in PARTS."""
        total: Floats = self.shares[[PARTS.index(name) for name in names]].sum(0)
        return total

    def mask(self, *names: str) -> npt.NDArray[np.bool_]:
        """(H, W) whether the likeliest part is one of these, by name in PARTS."""
        found: npt.NDArray[np.bool_] = np.isin(self.labels, [PARTS.index(name) for name in names])
        return found


def parse(
    image: Picture,
    inside: npt.NDArray[np.bool_] | None = None,
    landmarks: Floats | None = None,
) -> ClassMap:
    """What each pixel shows.

    Args:
        image: (H, W, 3) sRGB uint8, a face cut out as `fitting.crop.crop_face` does: upright, some
            40 % of its height the face, with the hair around it. Any size.
        inside: (H, W) where there is a picture; all else becomes background.
        landmarks: (478, 3) of the face, pixels of the crop, where they are known: parts of the face
            are then found more exactly, and skin is told from hair by this person's own.

    Raises:
        ResourceError: a network's file is missing or damaged.
    """
    small, scale = _working(image)
    if landmarks is not None:
        landmarks = landmarks * np.float32(scale)
    shares, styles = _told(small)
    shares = _enlarged(refined(small, shares, landmarks), image.shape[:2])
    if inside is not None:
        shares = shares * inside
        shares[BACKGROUND] += ~inside
    return ClassMap(shares.argmax(0).astype(np.uint8), shares, styles, inside)


def told_again(image: Picture, parts: ClassMap) -> ClassMap:
    """Parts of (N, N, 3) sRGB with the hairstyles that their shares speak for now.

    After somebody has said where hair is, what was told before is not about it any more.
    """
    first = dict.fromkeys(_style_network()[1], 1.0)
    return replace(parts, styles=_worn(image, parts.shares, first))


def _working(image: Picture) -> tuple[Picture, float]:
    """A picture no larger than shares are refined in, and how much smaller it is."""
    scale = min(1.0, _WORKING / max(image.shape[:2]))
    if scale == 1:
        return image, 1.0
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX)), scale


def _enlarged(shares: Floats, size: tuple[int, ...]) -> Floats:
    if shares.shape[1:] == size:
        return shares
    grown: Floats = functional.interpolate(
        torch.from_numpy(shares)[None], size=size, mode="bilinear", align_corners=False
    )[0].numpy()
    return grown


@torch.inference_mode()
def _told(image: Picture) -> tuple[Floats, tuple[tuple[str | None, float], ...]]:
    """The network's shares at the picture's size, and hairstyles."""
    network, names = _network()
    size = max(image.shape[:2])
    square = Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR)
    seen = torch.from_numpy(np.array(square)).permute(2, 0, 1)[None].float() / 255
    with _networks_only():
        logs, styles = looked(network, seen)
    told = torch.softmax(logs[0], 0).numpy()
    first = dict(zip(names, torch.softmax(styles[0], 0).tolist(), strict=True))
    worn = _worn(np.asarray(square), told, first)
    return _enlarged(told, image.shape[:2]), worn


def _worn(
    picture: Picture, shares: Floats, first: Mapping[str, float]
) -> tuple[tuple[str | None, float], ...]:
    """Hairstyles by name with their probabilities, best first: what two networks say together.

    The one for hairstyles learnt from shares as the parser tells them, so it sees those that
    nothing has refined; `first` is what the parser says itself.
    """
    network, names = _style_network()
    told = told_styles(network, style_maps(picture, shares))
    heard = [
        float(share) * max(first[name], _LEAST_TOLD) ** _FIRST_COUNTS
        for name, share in zip(names, told, strict=True)
    ]
    total = max(sum(heard), 1e-12)
    ranked = sorted(zip(names, heard, strict=True), key=lambda entry: -entry[1])
    return tuple((name or None, share / total) for name, share in ranked)


def load_networks() -> None:
    """Have what `parse` asks at hand.

    Raises:
        ResourceError: a network's file is missing or damaged.
    """
    _network()
    _style_network()


@cache
def _network() -> tuple[FaceNetwork, tuple[str, ...]]:
    return load_faces(resource("models", FACES_FILE))


@cache
def _style_network() -> tuple[StyleNetwork, tuple[str, ...]]:
    return load_style(resource("models", STYLE_FILE))


@contextmanager
def _networks_only() -> Generator[None, None, None]:
    """Tiny numbers count as nothing: they slow convolutions down. Not beyond: trees in scipy."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def refined(image: Picture, shares: Floats, landmarks: Floats | None = None) -> Floats:
    """(C, H, W) shares that agree with landmarks and end where the colours of (H, W, 3) sRGB do.

    Small parts keep their shares; large ones share what is left.
    """
    colors = lab(image)
    if landmarks is not None:
        shares = _turned(shares, landmark_odds(colors, landmarks, shares))
    odds = _COLOR_WEIGHT * color_odds(colors, shares)
    if landmarks is not None:
        fringe = fringe_odds(colors, shares, landmarks)
        odds[HAIR] += fringe
        odds[SKIN] -= fringe
    told = _turned(shares, odds)
    guide: Floats = image.astype(np.float32) @ (_LUMA / np.float32(255))
    window = max(3, 2 * round(_WINDOW * max(guide.shape)) + 1)
    large = list(_COLOURED)
    left = told[large].sum(0)
    smooth = np.stack([guided(guide, told[part], window).clip(0, 1) for part in large]) + 1e-6
    told[large] = smooth * (left / smooth.sum(0))
    return own_hair(told, landmarks)


def _turned(shares: Floats, odds: Floats) -> Floats:
    """Shares after something has been learnt about their odds (natural logarithms)."""
    logs = np.log(np.maximum(shares, 1e-4)) + odds
    likely = np.exp(logs - logs.max(0))
    told: Floats = likely / likely.sum(0)
    return told


def color_odds(colors: Floats, shares: Floats) -> Floats:
    """(C, H, W) how much likelier each part makes a pixel's Lab colour than the parts together do.

    Nothing for parts without a colour of their own, and where the network is sure anyhow.
    """
    flat = colors.reshape(-1, 3)
    odds = np.zeros((len(shares), len(flat)), np.float32)
    unsure = np.flatnonzero(shares.max(0).ravel() < _SURE)
    modelled = [part for part in _COLOURED if (shares[part] > _SURE).sum() >= _LEAST]
    if len(modelled) < 2 or not len(unsure):
        return odds.reshape(shares.shape)
    logs = np.stack(
        [_log_normal(flat[unsure], flat[shares[part].ravel() > _SURE]) for part in modelled]
    )
    logs -= logs.mean(0)
    odds[np.array(modelled)[:, None], unsure] = logs.clip(-_COLOR_LIMIT, _COLOR_LIMIT)
    return odds.reshape(shares.shape)


def _log_normal(colors: Floats, sample: Floats) -> Floats:
    """(N,) log density of colours under one Gaussian over a sample."""
    mean = sample.mean(0)
    variance = np.cov(sample.T) + _VARIANCE * np.eye(3)
    away = colors - mean
    squared = np.einsum("ni,ij,nj->n", away, np.linalg.inv(variance), away)
    log: Floats = (-0.5 * (squared + np.linalg.slogdet(variance)[1])).astype(np.float32)
    return log


def guided(guide: Floats, values: Floats, window: int) -> Floats:
    """(H, W) values smoothed but for the edges of the guide, over a window of so many pixels."""
    mean_guide, mean = uniform_filter(guide, window), uniform_filter(values, window)
    covariance = uniform_filter(guide * values, window) - mean_guide * mean
    variance = uniform_filter(guide * guide, window) - mean_guide**2
    slope = covariance / (variance.clip(0) + _EDGE)
    level = mean - slope * mean_guide
    found: Floats = uniform_filter(slope, window) * guide + uniform_filter(level, window)
    return found


def lab(image: Picture) -> Floats:
    """(H, W, 3) CIE L*a*b* (D65) of sRGB."""
    table = np.arange(256, dtype=np.float32) / 255
    linear = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055) ** 2.4)
    xyz = linear.astype(np.float32)[image] @ _XYZ.T
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    found: Floats = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)
    return found
