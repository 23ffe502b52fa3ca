"""Settings of the refine stage: a TOML file read into a frozen dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.config import load_as


@dataclass(frozen=True, slots=True)
class RefineConfig:
    """How pairs are made, and how the network learns from them."""

    seed: int = 0
    # Pairs: what the viewer draws, and the truth.
    heads: int = 48  # people; none of them is in the evaluation of the model
    views: int = 6  # pictures of each: camera, face and light differ
    held_out: int = 8  # more people, only measured
    size: int = 384  # pixels along each side of a picture
    makers: int = 2  # processes that draw pairs while the network learns
    first_pairs: int = 24  # training begins when so many are there
    true_skin: float = 0.75  # share of people whose skin the viewer is given, not made from a code
    bald: float = 0.08  # share of people without hair
    # Network.
    fine: int = 64
    deep: int = 112
    # Learning.
    minutes: float = 0.0  # altogether; 0 = as many steps as said
    steps: int = 4000
    batch: int = 4
    crop: int = 128  # pixels
    rate: float = 1.5e-4
    critic_rate: float = 1e-4
    alone: float = 0.55  # share of the run before discriminators join
    scales: int = 2  # discriminators, each at half the resolution of the one before
    width: int = 32  # channels of a discriminator's first layer
    pixel_weight: float = 1.0  # of colours 0 … 1
    gradient_weight: float = 1.0
    feature_weight: float = 10.0  # as pix2pixHD's
    adversarial: float = 1e-3  # of everything that discriminators say
    averaging: float = 0.998  # of the weights that ship
    save_seconds: float = 60.0
    check_seconds: float = 20.0  # between two looks at people who are only measured
    report_seconds: float = 45.0  # of the minutes, kept for the report
    report_views: int = 40  # pictures that the report measures


def load_refine_config(path: Path) -> RefineConfig:
    """Read a TOML file.

    Raises:
        ConfigError: it is no TOML, or holds unknown names or wrong types.
    """
    return load_as(RefineConfig, path)
