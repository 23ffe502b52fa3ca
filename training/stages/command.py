"""`python -m training train`: runs one stage; a stage that was stopped goes on where it was."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from head360.cli.terminal import Terminal
from head360.errors import UnknownNameError
from training.arguments import add_device, add_source, count, minutes, source_of
from training.config import ConfigError, DirectConfig, TextureConfig, load_as, preset
from training.errors import check_source
from training.stages.face_command import FACE_STAGES, face_lines
from training.stages.faces_config import FacesConfig
from training.stages.joint_config import PictureConfig
from training.stages.picture_command import PICTURE_STAGES, add_picture_arguments, picture_lines
from training.stages.refine_config import RefineConfig

STAGES = ("mesh", "texture", "direct", "lights", "refine", *FACE_STAGES, *PICTURE_STAGES)
AnyConfig: TypeAlias = DirectConfig | TextureConfig | RefineConfig | PictureConfig | FacesConfig
_CONFIGURED: dict[str, type[AnyConfig]] = {
    "direct": DirectConfig,
    "texture": TextureConfig,
    "refine": RefineConfig,
    **dict.fromkeys(PICTURE_STAGES, PictureConfig),
    **dict.fromkeys(FACE_STAGES, FacesConfig),
}
_VARIANTS = ("depth", "plain", "triplane", "nerf")
_DONE = "was trained before; delete it to train again"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "train",
        help="train a part of the model",
        description="mesh: shape and expressions. texture: skin from a code. direct: the decoders "
        "of head and hair, and every hairstyle. lights: the light presets. refine: the network "
        "that adds detail to pictures. faces: what a photo shows where, and which hair. "
        "sittings: pictures to learn from. "
        "joint: all from pictures. "
        "detach: head and hair apart. A stage that was stopped goes on where it was.",
    )
    parser.add_argument("stage", choices=STAGES)
    add_source(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML file of the stage’s settings",
    )
    chosen.add_argument("--preset", metavar="NAME", help="one that comes along: cpu, gpu-25min")
    add_device(parser)
    parser.add_argument(
        "--minutes", type=minutes, metavar="M",
        help="direct, texture, refine, faces, joint, detach: be done in time, by "
        "fewer steps if need be",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=count(0, 256), default=0, metavar="N",
        help="direct, faces: processes that make data while others train (default: none)",
    )  # fmt: skip
    parser.add_argument("--people", type=count(8, 2000), default=160, help="mesh: sampled people")
    parser.add_argument("--styles", default="", metavar="A,B,…", help="direct: these hairstyles")
    parser.add_argument("--variant", choices=_VARIANTS, default="depth", help="direct: decoder")
    parser.add_argument("--only", choices=("head",), help="direct: stop after the head's decoder")
    parser.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        help="refine: pairs and checkpoint; faces: shots, which need no source data once they are "
        "there (default: OUT/work)",
    )
    add_picture_arguments(parser)
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Train.

    Raises:
        Head360Error: source data is missing, or the configuration cannot be used.
    """
    config = _chosen_config(parsed)
    for line in _lines(parsed, config):
        terminal.note(line)
    terminal.result(str(parsed.out))


def _lines(parsed: argparse.Namespace, config: AnyConfig | None) -> Iterator[str]:
    if isinstance(config, PictureConfig):  # pictures that are there need no source data
        return picture_lines(parsed, config)
    if isinstance(config, FacesConfig):
        return face_lines(parsed, config)
    source = source_of(parsed)
    check_source(source)
    parsed.out.mkdir(parents=True, exist_ok=True)
    return _stage(source, parsed, config)


def _stage(source: Path, parsed: argparse.Namespace, config: AnyConfig | None) -> Iterator[str]:
    if isinstance(config, DirectConfig):
        return _direct(source, parsed, config)
    if isinstance(config, TextureConfig):
        return _texture(source, parsed, config)
    if isinstance(config, RefineConfig):
        return _refine(source, parsed, config)
    return {"mesh": _mesh, "lights": _lights}[parsed.stage](source, parsed)


def _chosen_config(parsed: argparse.Namespace) -> AnyConfig | None:
    kind = _CONFIGURED.get(parsed.stage)
    if kind is None:
        if parsed.config or parsed.preset:
            raise ConfigError(f"The stage “{parsed.stage}” has no configuration file.")
        return None
    stage = "joint" if parsed.stage == "sittings" else parsed.stage
    path = preset(stage, parsed.preset) if parsed.preset else parsed.config
    return load_as(kind, path) if path else kind()


def _mesh(source: Path, parsed: argparse.Namespace) -> Iterator[str]:
    from training.stages.mesh import save_mesh, train_mesh
    from training.synhead.source import load_source

    target = parsed.out / "mesh.safetensors"
    if target.exists():
        yield f"{target} {_DONE}"
        return
    training = train_mesh(load_source(source), parsed.people)
    while True:
        try:
            progress = next(training)
        except StopIteration as done:
            save_mesh(target, done.value)
            return
        if progress.step % 16 == 0:
            yield f"mesh: person {progress.step}/{progress.steps}"


def _texture(source: Path, parsed: argparse.Namespace, config: TextureConfig) -> Iterator[str]:
    from training.device import chosen_device
    from training.stages.run_texture import TextureRun, run

    target = parsed.out / "texture.safetensors"
    if target.exists():
        yield f"{target} {_DONE}"
        return
    device = chosen_device(parsed.device)
    yield from run(TextureRun(source, parsed.out, config, device, parsed.minutes))


def _lights(source: Path, parsed: argparse.Namespace) -> Iterator[str]:
    from training.environments import bake_environments

    bake_environments(source, parsed.out / "lights.safetensors")
    yield "lights: baked"


def _refine(source: Path, parsed: argparse.Namespace, config: RefineConfig) -> Iterator[str]:
    from training.device import chosen_device
    from training.stages.run_refine import RefineRun, run

    if parsed.minutes is not None:
        config = replace(config, minutes=parsed.minutes)
    work, device = parsed.work or parsed.out / "work", chosen_device(parsed.device)
    yield from run(RefineRun(config, source, parsed.out, work, device, parsed.start))


def _direct(source: Path, parsed: argparse.Namespace, config: DirectConfig) -> Iterator[str]:
    from training.device import chosen_device
    from training.stages.run_direct import DirectRun, run
    from training.synhead.styles import STYLES

    styles = [name for name in parsed.styles.split(",") if name] or list(STYLES)
    for name in styles:
        if name not in STYLES:
            raise UnknownNameError("hairstyle", name, STYLES)
    if parsed.variant == "nerf":
        from training.stages.run_vanilla import VanillaRun
        from training.stages.run_vanilla import run as run_vanilla

        device = chosen_device(parsed.device)
        yield from run_vanilla(
            VanillaRun(config, source, parsed.out, styles, device, parsed.workers, parsed.minutes)
        )
        return
    job = DirectRun(
        config, source, parsed.out, styles, parsed.variant, chosen_device(parsed.device),
        parsed.workers, parsed.minutes, parsed.only == "head",
    )  # fmt: skip
    yield from run(job)
