"""Settings of the joint and the detach stage: one TOML file, read into frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.config import ConfigError, load_as


@dataclass(frozen=True, slots=True)
class SittingStage:
    """The pictures to learn from."""

    sittings: int = 96  # heads, each with one face, one light and one hairstyle
    photos: int = 5  # cameras of each; the last one is never trained on
    size: int = 512  # pixels
    bald_share: float = 0.25  # of the sittings
    samples: int = 3  # of the true renderer along each side of a pixel
    makers: int = 1  # processes that draw them
    shard: int = 0  # so many in each tar file; 0: every one is a file


@dataclass(frozen=True, slots=True)
class PictureStage:
    """Training from pictures: what is drawn in a step, and how the networks learn from it."""

    detach: bool = False  # learn from bald and hair-alone pictures, too
    detachment: bool = True  # False: no style knows what is hair and what is head (an ablation)
    steps: int = 2000
    heads: int = 2  # in a step, over all workers
    patches: int = 4  # of each; heads · patches is the batch
    patch: int = 64  # pixels along each side
    supersamples: int = 1  # rays along each side of a pixel
    plane_size: int = 256  # texels
    kept: int = 24  # sittings held ready for drawing
    turnover: int = 16  # steps after which the oldest of them makes room for the next
    base_rate: float = 0.0025  # times R / (R + 1) of the lazy regularisation
    beta1: float = 0.0  # of Adam, as StyleGAN's
    decay: bool = True  # to a tenth of the rate, over the run
    adversarial: float = 0.01  # weight of discriminator and density regularisation together
    density: float = 0.25  # weight of the latter among these two
    density_points: int = 1000
    lazy_generator: int = 4  # density is regularised every so many steps
    lazy_discriminator: int = 16  # the discriminator's gradient every so many steps
    gradient_weight: float = 0.1  # of R1; Karras et al.: 0.0002 · pixels of a patch / batch
    discriminator_width: int = 32  # channels at full resolution; 0: no discriminator
    smoothness: float = 0.3  # weight of the prior against hatched planes
    shared_maps: bool = False  # the skin's full-resolution mean and detail maps learn, too
    mixed_precision: bool = True  # bfloat16 where the networks allow it, on a graphics card
    save_minutes: float = 5.0  # between checkpoints
    sheet_every: int = 250  # steps between sample sheets and measurements


@dataclass(frozen=True, slots=True)
class PictureConfig:
    """A run of the joint or the detach stage."""

    seed: int = 0
    sittings: SittingStage = SittingStage()
    stage: PictureStage = PictureStage()


def load_picture_config(path: Path) -> PictureConfig:
    """Read a TOML file.

    Raises:
        ConfigError: it is no TOML, or holds unknown names, wrong types or impossible numbers.
    """
    config = load_as(PictureConfig, path)
    check(config)
    return config


def check(config: PictureConfig) -> None:
    """Make sure that settings fit each other.

    Raises:
        ConfigError: they do not.
    """
    stage, sittings = config.stage, config.sittings
    if sittings.photos < 2:
        raise ConfigError("“photos” must be 2 at least: the last camera is held out.")
    if sittings.shard < 0:
        raise ConfigError("“shard” must be 0 at least.")
    if stage.patch % 16 or not 16 <= stage.patch <= sittings.size:
        raise ConfigError("“patch” must be a multiple of 16, and no larger than a picture.")
    counts = ("steps", "heads", "patches", "supersamples", "kept", "turnover", "sheet_every")
    if wrong := [name for name in counts if getattr(stage, name) < 1]:
        raise ConfigError(f"“{wrong[0]}” must be 1 at least.")
