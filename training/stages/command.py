"""`python -m training train`: runs one stage; a stage that was stopped goes on where it was."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from head360.cli.terminal import Terminal
from head360.errors import UnknownNameError
from training.arguments import add_source, count, source_of
from training.config import ConfigError, DirectConfig, load_config
from training.errors import check_source

STAGES = ("mesh", "texture", "direct", "lights")
_VARIANTS = ("depth", "plain", "triplane")
_DONE = "was trained before; delete it to train again"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "train",
        help="train a part of the model",
        description="mesh: shape and expressions. texture: skin from a code. direct: the decoders "
        "of head and hair, and every hairstyle. lights: the light presets. A stage that was "
        "stopped goes on where it was.",
    )
    parser.add_argument("stage", choices=STAGES)
    add_source(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file (direct only)")
    parser.add_argument("--people", type=count(8, 2000), default=160, help="mesh: sampled people")
    parser.add_argument("--styles", default="", metavar="A,B,…", help="direct: these hairstyles")
    parser.add_argument("--variant", choices=_VARIANTS, default="depth", help="direct: decoder")
    parser.add_argument("--only", choices=("head",), help="direct: stop after the head's decoder")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Train.

    Raises:
        Head360Error: source data is missing, or the configuration cannot be used.
    """
    if parsed.config and parsed.stage != "direct":
        raise ConfigError(f"The stage “{parsed.stage}” has no configuration file.")
    config = load_config(parsed.config) if parsed.config else DirectConfig()
    source = source_of(parsed)
    check_source(source)
    parsed.out.mkdir(parents=True, exist_ok=True)
    stages = {"mesh": _mesh, "texture": _texture, "lights": _lights}
    if parsed.stage == "direct":
        lines = _direct(source, parsed, config)
    else:
        lines = stages[parsed.stage](source, parsed)
    for line in lines:
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


def _direct(source: Path, parsed: argparse.Namespace, config: DirectConfig) -> Iterator[str]:
    from training.stages.run_direct import DirectRun, run
    from training.synhead.styles import STYLES

    styles = [name for name in parsed.styles.split(",") if name] or list(STYLES)
    for name in styles:
        if name not in STYLES:
            raise UnknownNameError("hairstyle", name, STYLES)
    for line in run(DirectRun(config, source, parsed.out, styles, parsed.variant)):
        yield line
        if parsed.only == "head" and (parsed.out / "head.safetensors").exists():
            return
