"""`python -m training recount`: counts the strands of packed hairstyles, for the light among them.

The grid that training fits makes pictures right and says little about what lies inside. How far
light reaches follows from the strands themselves, which the groomer makes again; planes and grid
stay as they are, to the bit.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from head360.assets import resource
from head360.cli.terminal import Terminal
from head360.errors import Head360Error
from training.arguments import add_source, source_of
from training.errors import check_source

_HAIR = "hair-*.safetensors"
#: Along each side. Forty of them would smear thin tails and short hair, which then get too dark.
_CELLS = 64


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "recount",
        help="count the strands of packed hairstyles, for the light among them",
        description="Groom every hairstyle of a library again and store how dense its strands are "
        "in a copy of the library; what was learnt stays as it is. Then: export.",
    )
    add_source(parser)
    parser.add_argument("--models", type=Path, metavar="DIR", help="default: the shipped ones")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Write `--out`/hair-*.safetensors.

    Raises:
        Head360Error: source data is missing, or there are no hairstyles.
    """
    source = source_of(parsed)
    check_source(source)
    for line in recount(source, parsed.models or resource("models"), parsed.out):
        terminal.note(line)
    terminal.result(str(parsed.out))


def recount(source: Path, models: Path, out: Path) -> Iterator[str]:
    """Copy a library with its strands counted; yields a line for each style.

    Raises:
        Head360Error: there is no library, or it holds a style that cannot be groomed.
        ResourceError: a file is damaged.
    """
    from head360.model.hair import HairLibrary, save_blobs, with_counted
    from training.stages.hair_data import extinction_grid
    from training.stages.hair_pool import mean_scalp
    from training.synhead.grooms import LIBRARY_SEED, make_groom
    from training.synhead.styles import STYLES

    paths = sorted(models.glob(_HAIR))
    if not paths:
        raise Head360Error(f"There are no hairstyles in “{models}”.", "Name a folder of hair-*.")
    scalp = mean_scalp(source)
    out.mkdir(parents=True, exist_ok=True)
    for path in paths:
        library, blobs = HairLibrary.load([path]), {}
        for name in library.styles:
            if name not in STYLES:
                raise Head360Error(f"Nobody knows how to groom “{name}”.")
            groom = make_groom(STYLES[name], scalp, LIBRARY_SEED)
            blobs[name] = with_counted(library.blob(name), extinction_grid(groom, _CELLS))
            yield f"{name}: {len(blobs[name]) - len(library.blob(name))} bytes more"
        save_blobs(out / path.name, blobs)
