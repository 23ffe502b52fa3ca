"""`python -m training COMMAND`: makes the data and the weights, and measures them.

Exit codes: 0 done; 1 it could not be done; 2 what was typed makes no sense; 130 interrupted.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from head360.cli.terminal import Terminal
from head360.errors import Head360Error, UnknownNameError
from training import calibrate_command as calibrate
from training import evaluation_command as evaluation
from training import faces_command as faces
from training import recount, repaint
from training import scalp_command as scalp
from training import shapes_command as shapes
from training.prompt import command as prompt
from training.stages import command as stages
from training.synhead import command as synhead

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parsed = _parser().parse_args(sys.argv[1:] if arguments is None else list(arguments))
    terminal = Terminal(quiet=parsed.quiet)
    former = signal.signal(signal.SIGTERM, _interrupt)
    try:
        parsed.run(parsed, terminal)
    except UnknownNameError as error:
        terminal.problem(error)
        return MISUSED
    except Head360Error as error:
        terminal.problem(error)
        return FAILED
    except KeyboardInterrupt:
        terminal.note("\nStopped; what was finished is kept.")
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, former)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training", description="Make the data and the weights of Head360 Studio."
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what goes wrong")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    synhead.add_parser(commands)
    stages.add_parser(commands)
    evaluation.add_parser(commands)
    repaint.add_parser(commands)
    recount.add_parser(commands)
    scalp.add_parser(commands)
    calibrate.add_parser(commands)
    shapes.add_parser(commands)
    faces.add_parser(commands)
    prompt.add_parser(commands)
    _add_export(commands)
    return parser


def _add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "export",
        help="put what was trained into the product",
        description="Copy trained parts into resources/models and write their catalogue; "
        "parts that are missing stay as they are.",
    )
    parser.add_argument("--from", dest="trained", type=Path, required=True, metavar="DIR")
    parser.add_argument("--to", type=Path, metavar="DIR", help="default: resources/models")
    parser.set_defaults(run=_export)


def _export(parsed: argparse.Namespace, terminal: Terminal) -> None:
    from training.export import export

    for name in export(parsed.trained, parsed.to):
        terminal.result(name)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Let a polite kill clean up as Ctrl-C does; asked twice, it does not hurry."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
