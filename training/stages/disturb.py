"""What cameras and files do to pictures: light, colour, blur, noise, JPEG."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from training.stages.backdrops import field_of

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Random = np.random.Generator

#: How far white balance usually is off, per channel (natural logarithm); at times several times so.
_TINT = 0.08
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def relit(picture: Floats, rng: Random) -> Floats:
    """(H, W, 3) 0 … 255 under uneven light: soft patches, or the edge of a shadow."""
    size = picture.shape[0]
    if rng.random() < 0.5:
        gain = np.exp(field_of(rng, size, int(rng.integers(2, 6))) * rng.uniform(0.1, 0.7))
        picture = picture * gain[..., None].astype(np.float32)
    if rng.random() < 0.2:
        angle, across = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3) * size
        y, x = np.mgrid[:size, :size].astype(np.float32) - size / 2
        edge = x * np.cos(angle) + y * np.sin(angle) + across
        edge = edge + field_of(rng, size, 6) * size * 0.08
        soft = (edge / rng.uniform(1, 12)).clip(-1, 1) * 0.5 + 0.5
        shade = 1 - rng.uniform(0.2, 0.7) * soft
        picture = picture * shade[..., None].astype(np.float32)
    return picture


def graded(picture: Floats, rng: Random) -> Floats:
    """(H, W, 3) 0 … 255 with other exposure, contrast, saturation and white balance."""
    x = (picture / np.float32(255)).clip(0, 1)
    if rng.random() < 0.8:
        x = x ** np.float32(np.exp(rng.normal(0, 0.28)))
    x = x * (
        np.exp(rng.normal(0, 0.14)) * np.exp(rng.normal(0, _TINT * min(rng.exponential(), 2.5), 3))
    ).astype(np.float32)
    x = (x - 0.45) * np.float32(np.exp(rng.normal(0, 0.18))) + np.float32(
        0.45 + rng.normal(0, 0.04)
    )
    grey = (x @ _LUMA)[..., None]
    saturation = 0.0 if rng.random() < 0.08 else np.exp(rng.normal(0, 0.3))
    found: Floats = (grey + (x - grey) * np.float32(saturation)).clip(0, 1) * np.float32(255)
    return found


def recorded(picture: Bytes, rng: Random) -> Bytes:
    """(H, W, 3) as a lens, a sensor and a file leave it."""
    image = Image.fromarray(picture)
    kind = rng.random()
    if kind < 0.3:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.8))))
    elif kind < 0.5:
        small = int(image.width / rng.uniform(1.1, 3.2))
        rough = Image.Resampling.BILINEAR if rng.random() < 0.5 else Image.Resampling.BICUBIC
        image = image.resize((small, small), Image.Resampling.BOX).resize(image.size, rough)
    elif kind < 0.7:
        strength = int(rng.integers(40, 220))
        image = image.filter(ImageFilter.UnsharpMask(float(rng.uniform(0.6, 2)), strength, 0))
    if rng.random() < 0.5:
        image = Image.fromarray(_noisy(np.asarray(image), rng))
    if rng.random() < 0.5:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(rng.integers(25, 96)))
        with Image.open(buffer) as read:
            image = read.convert("RGB")
    return np.asarray(image)


def _noisy(picture: Bytes, rng: Random) -> Bytes:
    height, width, _ = picture.shape
    grain = rng.standard_normal((height, width, 1 if rng.random() < 0.4 else 3), np.float32)
    noisy: Bytes = (picture + grain * np.float32(rng.uniform(1, 12))).clip(0, 255).astype(np.uint8)
    return noisy
