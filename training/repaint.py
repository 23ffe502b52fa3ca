"""`python -m training repaint`: draws the layers and fixed tiles of a texture model anew.

What was learnt stays as it is, to the bit; so a brow, a wrinkle or the cap of the neck can be drawn
better without training anything again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from safetensors.numpy import save_file

from head360.assets import resource
from head360.cli.terminal import Terminal
from head360.errors import ResourceError
from head360.files import replacing
from training.arguments import add_source, source_of
from training.errors import check_source

_FILE = "texture.safetensors"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "repaint",
        help="draw a texture model's attribute layers and fixed tiles anew",
        description="Draw brows, wrinkles, beards, eyes, teeth and the cap of the neck anew into "
        "a copy of a texture model; what was learnt stays as it is. Then: export.",
    )
    add_source(parser)
    parser.add_argument("--model", type=Path, metavar="FILE", help="default: the shipped one")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Write `--out`/texture.safetensors.

    Raises:
        Head360Error: source data or the model is missing or damaged.
    """
    source = source_of(parsed)
    check_source(source)
    terminal.result(str(repaint(source, parsed.model or resource("models", _FILE), parsed.out)))


def repaint(source: Path, model: Path, out: Path) -> Path:
    """Write a copy of a model with layers and tiles drawn anew; returns its path.

    Raises:
        ResourceError: the model is missing or damaged.
    """
    from head360.model.checkpoint import load_arrays
    from head360.model.texture import pack_model
    from head360.model.texture_generator import GeneratorShape, TextureGenerator
    from training.stages.run_texture import fixed_tiles
    from training.synhead.skin import SkinStudio
    from training.synhead.skin_layers import draw_layers

    learnt = load_arrays(model)
    try:
        options = json.loads(learnt["description"].tobytes())["generator"]
        options["convolution"] = tuple(options["convolution"])
        generator = TextureGenerator(GeneratorShape(**options))
        kept = {name: learnt[name] for name in generator.state_dict()}
    except (KeyError, ValueError, TypeError) as error:
        raise ResourceError(f"The model file “{model.name}” is damaged.") from error
    studio = SkinStudio.open(source, generator.shape.rows)
    arrays = pack_model(generator, draw_layers(studio), fixed_tiles(studio)) | kept
    path = out / _FILE
    out.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        save_file(arrays, partial)
    return path
