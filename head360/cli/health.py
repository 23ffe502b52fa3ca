"""`head360 doctor`: the report as text."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from head360.cli.terminal import Terminal
from head360.doctor import Finding, diagnose

if TYPE_CHECKING:
    from head360.engine import HeadEngine

_MARKS = {"good": "✓", "note": "·", "bad": "✗"}
_NAME_WIDTH = 32


def doctor(
    arguments: argparse.Namespace, make_engine: Callable[[], HeadEngine], terminal: Terminal
) -> int:
    """Print the findings; returns how many are bad."""
    problems = 0
    for finding in diagnose(make_engine):
        if finding.state != "good" or not arguments.quiet:
            terminal.result(_line(finding))
        problems += finding.state == "bad"
    plural = "" if problems == 1 else "s"
    verdict = f"{problems} problem{plural} found." if problems else "Everything works."
    terminal.result(verdict)
    return problems


def _line(finding: Finding) -> str:
    text = f"{_MARKS[finding.state]} {finding.name:<{_NAME_WIDTH}} {finding.detail}"
    return f"{text}\n    → {finding.remedy}" if finding.remedy else text
