"""`head360 COMMAND`: the whole library from a terminal.

Exit codes: 0 done; 1 it could not be done; 2 what was typed makes no sense; 130 interrupted.
"""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING

from head360.cli.arguments import COMMANDS, UsageError, build_parser
from head360.cli.terminal import Terminal
from head360.errors import Head360Error, UnknownNameError

if TYPE_CHECKING:
    import argparse

    from head360.engine import HeadEngine

    EngineFactory = Callable[[], HeadEngine]

INTERRUPTED, FAILED, MISUSED = 130, 1, 2


def main(arguments: Sequence[str] | None = None, make_engine: EngineFactory | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    terminal = Terminal()
    _survive_narrow_alphabets()
    former = signal.signal(signal.SIGTERM, _interrupt)
    try:
        _check_command(words)
        parsed = build_parser().parse_args(words)
        terminal.quiet = parsed.quiet
        return _run(parsed, make_engine or _real_engine, terminal)
    except (UsageError, UnknownNameError) as error:
        terminal.problem(error)
        return MISUSED
    except Head360Error as error:
        terminal.problem(error)
        return FAILED
    except KeyboardInterrupt:
        terminal.note("\nStopped; nothing was written.")
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, former)


def _run(parsed: argparse.Namespace, make_engine: EngineFactory, terminal: Terminal) -> int:
    # Imported here, so that --help and misspelt names do not wait for torch.
    if parsed.command == "doctor":
        from head360.cli.health import doctor

        return FAILED if doctor(parsed, make_engine, terminal) else 0
    if parsed.command == "assets":
        from head360.cli.assets import run_assets

        run_assets(parsed, terminal)
        return 0
    if parsed.command == "drive":
        from head360.cli.drive import drive

        drive(parsed, make_engine, terminal)
        return 0
    engine = make_engine()
    try:
        if parsed.command == "bench":
            from head360.cli.speed import bench

            bench(parsed, engine, terminal)
        elif parsed.command == "edit":
            from head360.cli.edit import edit

            edit(parsed, engine, terminal)
        elif parsed.command == "fit":
            from head360.cli.fit import fit

            fit(parsed, engine, terminal)
        else:
            from head360.cli import commands, meshes

            run = {
                "render": commands.render,
                "turntable": commands.film,
                "new": commands.new,
                "export": meshes.export,
            }
            run[parsed.command](parsed, engine, terminal)
    finally:
        engine.close()
    return 0


def _check_command(words: list[str]) -> None:
    """Argparse only lists the commands; this also guesses which was meant."""
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        raise UnknownNameError("command", words[0], COMMANDS)


def _real_engine() -> HeadEngine:
    from head360.starting import started_engine

    return started_engine()


def _survive_narrow_alphabets() -> None:
    """Print “?” for letters the terminal lacks (older Windows consoles), not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Let a polite kill clean up as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
