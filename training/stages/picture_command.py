"""`python -m training train sittings | joint | detach`: the stages that learn from pictures."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from training.arguments import source_of
from training.config import ConfigError
from training.errors import check_source
from training.stages.joint_config import PictureConfig, check

PICTURE_STAGES = ("sittings", "joint", "detach")


def add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    """What only these stages take."""
    parser.add_argument(
        "--sittings",
        type=Path,
        metavar="DIR",
        help="joint, detach: pictures (default: OUT/sittings)",
    )
    parser.add_argument(
        "--from", dest="start", type=Path, metavar="DIR",
        help="refine, joint, detach: begin with what a stage wrote there (default: the shipped "
        "model; refine: nothing)",
    )  # fmt: skip
    parser.add_argument(
        "--part", default="1/1", metavar="K/N",
        help="sittings: make the K-th of N parts (default 1/1: all), for as many machines",
    )  # fmt: skip
    parser.add_argument(
        "--no-detachment", action="store_true",
        help="detach: learn from whole pictures only, from styles that do not know what is hair",
    )  # fmt: skip


def picture_lines(parsed: argparse.Namespace, config: PictureConfig) -> Iterator[str]:
    """Run one of the stages.

    Raises:
        Head360Error: there is nothing to learn from, or the configuration cannot be used.
    """
    config = _adapted(config, parsed)
    if parsed.stage == "sittings":
        yield from _take(parsed, config)
        return
    from training.stages.run_joint import PictureRun, run

    folder = parsed.sittings or parsed.out / "sittings"
    job = PictureRun(config, folder, parsed.out, parsed.start, parsed.device, parsed.minutes)
    makers = None
    if config.sittings.makers > 0 and _leads() and _has_source(parsed):
        from training.stages.makers import sitting_makers  # pulls in OpenGL
        from training.stages.photographer import Share

        source = source_of(parsed)
        check_source(source)
        makers = sitting_makers(source, folder, config.sittings, _styles(parsed), Share())
    try:
        yield from run(job, makers)
    finally:
        if makers is not None:
            makers.stop()


def _take(parsed: argparse.Namespace, config: PictureConfig) -> Iterator[str]:
    from training.stages.makers import sitting_makers, watched
    from training.stages.photographer import Share
    from training.synhead.shards import parse_part

    source = source_of(parsed)
    check_source(source)
    stage = replace(config.sittings, makers=max(config.sittings.makers, 1))
    which, parts = parse_part(parsed.part)
    share = Share(which - 1, parts)
    makers = sitting_makers(source, parsed.out, stage, _styles(parsed), share)
    try:
        yield from watched(makers, parsed.out, stage.sittings)
    finally:
        makers.stop()


def _adapted(config: PictureConfig, parsed: argparse.Namespace) -> PictureConfig:
    check(config)
    if parsed.stage == "detach":
        config = replace(config, stage=replace(config.stage, detach=True))
    if not parsed.no_detachment:
        return config
    if parsed.stage != "detach":
        raise ConfigError("“--no-detachment” belongs to the stage “detach”.")
    return replace(config, stage=replace(config.stage, detachment=False))


def _styles(parsed: argparse.Namespace) -> list[str]:
    """The chosen styles, or all that the model has which is to be trained."""
    chosen = [name for name in parsed.styles.split(",") if name]
    if chosen:
        return chosen
    from head360.assets import resource
    from head360.model.hair import HairLibrary

    folder = parsed.start or resource("models")
    found = sorted(folder.glob("hair-*.safetensors"))
    shipped = sorted(resource("models").glob("hair-*.safetensors"))
    return list(HairLibrary.load(found or shipped).styles)


def _leads() -> bool:
    """Whether this is the first of the processes that torchrun started, or the only one."""
    return os.environ.get("RANK", "0") == "0"


def _has_source(parsed: argparse.Namespace) -> bool:
    from training.arguments import SOURCE_VARIABLE

    return bool(parsed.source or os.environ.get(SOURCE_VARIABLE))
