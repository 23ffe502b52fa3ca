"""Where figures come from: commit, versions and machine, for the foot of every table."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import torch

from head360 import __version__
from training.device import chosen_device, described


def provenance() -> str:
    """One sentence."""
    return (
        f"Head360 Studio {__version__}, commit {_commit()}, {platform.machine()}, "
        f"{described(chosen_device())}, torch {torch.__version__}."
    )


def _commit() -> str:
    """The checkout's short hash, with a + where it has changes; “unknown” outside a checkout."""
    try:
        asked = subprocess.run(
            ["git", "describe", "--always", "--abbrev=8", "--dirty=+", "--exclude=*"],
            cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return asked.stdout.strip()
