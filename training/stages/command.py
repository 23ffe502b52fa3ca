"""`python -m training train`: runs one stage; a stage that was stopped goes on where it was."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from head360.cli.terminal import Terminal
from head360.errors import UnknownNameError
from training.arguments import add_source, count, source_of
from training.config import ConfigError, DirectConfig, load_config
from training.errors import check_source

STAGES = ("mesh", "texture", "direct", "lights", "refine")
_CONFIGURED = ("direct", "refine")
_VARIANTS = ("depth", "plain", "triplane")
DEVICES = ("auto", "cpu", "cuda")  # of training.device, without its torch
_DONE = "was trained before; delete it to train again"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "train",
        help="train a part of the model",
        description="mesh: shape and expressions. texture: skin from a code. direct: the decoders "
        "of head and hair, and every hairstyle. lights: the light presets. refine: the network "
        "that adds detail to pictures. A stage that was stopped goes on where it was.",
    )
    parser.add_argument("stage", choices=STAGES)
    add_source(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file (direct, refine)")
    parser.add_argument("--people", type=count(8, 2000), default=160, help="mesh: sampled people")
    parser.add_argument("--styles", default="", metavar="A,B,…", help="direct: these hairstyles")
    parser.add_argument("--variant", choices=_VARIANTS, default="depth", help="direct: decoder")
    parser.add_argument("--only", choices=("head",), help="direct: stop after the head's decoder")
    parser.add_argument(
        "--minutes", type=float, default=0.0, metavar="M", help="refine: stop after so many minutes"
    )
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="refine: pairs and checkpoint (default: OUT/work)"
    )
    parser.add_argument("--device", choices=DEVICES, default="auto", help="refine: where to learn")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Train.

    Raises:
        Head360Error: source data is missing, or the configuration cannot be used.
    """
    if parsed.config and parsed.stage not in _CONFIGURED:
        raise ConfigError(f"The stage “{parsed.stage}” has no configuration file.")
    source = source_of(parsed)
    check_source(source)
    parsed.out.mkdir(parents=True, exist_ok=True)
    stages = {
        "mesh": _mesh, "texture": _texture, "lights": _lights, "direct": _direct,
        "refine": _refine,
    }  # fmt: skip
    for line in stages[parsed.stage](source, parsed):
        terminal.note(line)
    terminal.result(str(parsed.out))


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


def _texture(source: Path, parsed: argparse.Namespace) -> Iterator[str]:
    from training.stages.run_texture import TextureRun, run

    target = parsed.out / "texture.safetensors"
    if target.exists():
        yield f"{target} {_DONE}"
        return
    yield from run(TextureRun(source, parsed.out))


def _lights(source: Path, parsed: argparse.Namespace) -> Iterator[str]:
    from training.environments import bake_environments

    bake_environments(source, parsed.out / "lights.safetensors")
    yield "lights: baked"


def _refine(source: Path, parsed: argparse.Namespace) -> Iterator[str]:
    from training.device import chosen_device
    from training.stages.refine_config import RefineConfig, load_refine_config
    from training.stages.run_refine import RefineRun, run

    config = load_refine_config(parsed.config) if parsed.config else RefineConfig()
    if parsed.minutes > 0:
        config = replace(config, minutes=parsed.minutes)
    work = parsed.work or parsed.out / "work"
    yield from run(RefineRun(config, source, parsed.out, work, chosen_device(parsed.device)))


def _direct(source: Path, parsed: argparse.Namespace) -> Iterator[str]:
    from training.stages.run_direct import DirectRun, run
    from training.synhead.styles import STYLES

    config = load_config(parsed.config) if parsed.config else DirectConfig()
    styles = [name for name in parsed.styles.split(",") if name] or list(STYLES)
    for name in styles:
        if name not in STYLES:
            raise UnknownNameError("hairstyle", name, STYLES)
    for line in run(DirectRun(config, source, parsed.out, styles, parsed.variant)):
        yield line
        if parsed.only == "head" and (parsed.out / "head.safetensors").exists():
            return
