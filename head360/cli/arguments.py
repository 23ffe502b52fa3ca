"""What can be typed: commands, options and how their values are written."""

from __future__ import annotations

import argparse
from pathlib import Path

from head360 import __version__
from head360.cli.diffusion_options import add_diffusion_options
from head360.cli.options import (
    add_camera_options,
    add_hair_options,
    add_head_options,
    add_make_up_options,
    add_output,
    add_picture_options,
    add_quiet,
)
from head360.cli.values import number, share
from head360.errors import Head360Error

COMMANDS = (
    "new", "fit", "edit", "render", "turntable", "drive", "export", "assets", "doctor", "bench",
)  # fmt: skip


class UsageError(Head360Error):
    """What was typed makes no sense."""

    hint = "“head360 COMMAND --help” lists the options."


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="head360",
        description="Make, animate, re-hair, light and export a parametric 360° head.",
        epilog="head360 COMMAND --help tells more. “head360 render” alone makes a first picture.",
    )
    parser.add_argument("--version", action="version", version=f"head360 {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_new(commands)
    _add_fit(commands)
    _add_edit(commands)
    _add_render(commands)
    _add_turntable(commands)
    _add_drive(commands)
    _add_export(commands)
    _add_assets(commands)
    _add_doctor(commands)
    _add_bench(commands)
    return parser


_Commands = argparse._SubParsersAction  # argparse has no public name for it


def _add_render(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("render", help="make one picture")
    add_head_options(parser)
    add_camera_options(parser)
    add_picture_options(parser, size="512")
    parser.add_argument(
        "--view", default="shaded", metavar="MODE",
        help="shaded, albedo, normals, depth, wireframe, hair, head, or observed (what came from a"
        " photo)",
    )  # fmt: skip
    add_output(parser, "head.png", "PNG, WebP or JPEG file")


def _add_turntable(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("turntable", help="film one turn around the head")
    add_head_options(parser)
    add_camera_options(parser)
    add_picture_options(parser, size="512")
    parser.add_argument("--frames", type=int, default=120, metavar="N", help="frames of one turn")
    parser.add_argument("--fps", type=int, default=30, metavar="N", help="frames a second")
    parser.add_argument(
        "--format", metavar="KIND", help="mp4, webm, mov, gif or png; otherwise as the name ends"
    )
    add_output(parser, "turntable.mp4", ".mp4, .webm, .mov or .gif film, or a folder for frames")


def _add_new(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("new", help="make a new .h360 project")
    add_head_options(parser)
    add_camera_options(parser)
    parser.add_argument("--name", help="what the project is called; otherwise as the file")
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    add_output(parser, "head.h360", "project file")


def _add_fit(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("fit", help="make a head from a photo, or from a folder of them")
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="a photo, or a folder of photos")
    parser.add_argument(
        "--hair", default="auto", metavar="STYLE",
        help="auto (as the photo shows it), none, or a hairstyle (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--second", type=Path, metavar="PHOTO",
        help="another photo of the same person, best from the side",
    )  # fmt: skip
    parser.add_argument(
        "--face", type=int, metavar="N", help="which face, from 1, left to right; else the largest"
    )
    parser.add_argument(
        "--leave-out", type=Path, metavar="MASK",
        help="picture as large as the photo, white where something hides the head (hands, glasses)",
    )  # fmt: skip
    parser.add_argument(
        "--hair-mask", type=Path, metavar="MASK",
        help="picture as large as the photo: white is hair, black is none, grey is left to the"
        " parser",
    )  # fmt: skip
    parser.add_argument(
        "--list-faces", action="store_true", help="only say which faces the photo shows"
    )
    parser.add_argument(
        "--quick", action="store_true", help="let hair follow the photo roughly (saves seconds)"
    )
    parser.add_argument("--no-skin", action="store_true", help="only the shape, not the skin")
    parser.add_argument(
        "--report", type=Path, metavar="JSON", help="write what was measured; for folders: CSV"
    )
    parser.add_argument("--name", help="what the project is called; otherwise as the photo")
    parser.add_argument("--force", action="store_true", help="replace existing files")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT",
        help="project file, or folder of them; otherwise beside the photo",
    )  # fmt: skip
    add_quiet(parser)


def _add_drive(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "drive",
        help="move a head with a video, a recording or a phone",
        description="Follow a face and record it, film the head that plays it, or send it on.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--from", dest="source", metavar="WHAT",
        help="video, folder of pictures, .csv, .h360 or .bvh recording, number of a webcam, or"
        " “exercise” (every shape once)",
    )  # fmt: skip
    source.add_argument(
        "--listen",
        metavar="PROTOCOL",
        help="from a phone: livelink, ifacialmocap or vmc",
    )
    source.add_argument("--devices", action="store_true", help="list the webcams")
    parser.add_argument(
        "-o", "--output", type=Path, action="append", default=[], metavar="OUT",
        help=".csv, .h360 or .bvh recording, .mp4, .webm, .mov or .gif film, or a folder for PNG"
        " frames; may be given several times",
    )  # fmt: skip
    parser.add_argument("--send", metavar="PROTOCOL", help="play it to a program: vmc, livelink, …")
    parser.add_argument(
        "--virtual-camera", action="store_true",
        help="show the head to programs that look for a webcam (an extra: docs/install.md)",
    )  # fmt: skip
    _add_network_options(parser)
    _add_tuning_options(parser)
    _add_take_options(parser)
    add_head_options(parser)
    add_camera_options(parser)
    add_picture_options(parser, size="512")
    add_quiet(parser)


def _add_network_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("network and webcams")
    group.add_argument("--port", type=int, metavar="N", help="otherwise the protocol's own")
    group.add_argument(
        "--address", default="127.0.0.1", metavar="IP",
        help="listen on, or send to (%(default)s: this machine alone; 0.0.0.0 hears phones too)",
    )  # fmt: skip
    group.add_argument("--phone", metavar="IP", help="ask iFacialMocap on this phone to send")
    group.add_argument(
        "--side-order", default="left first", metavar="ORDER",
        help="“right first” for Live Link senders whose jaw goes the wrong way",
    )  # fmt: skip
    group.add_argument(
        "--seconds", type=number, default=10.0, metavar="S", help="how long to follow (%(default)s)"
    )


def _add_tuning_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how the face drives the head")
    group.add_argument(
        "--calibrate", type=number, metavar="S",
        help="the first so many seconds show a resting face that looks straight ahead",
    )  # fmt: skip
    group.add_argument("--smooth", type=number, metavar="0…1", help="how strongly to calm")
    group.add_argument("--mirror", action="store_true", help="as in a looking glass")
    group.add_argument(
        "--gain", nargs="+", action="extend", default=[], metavar="NAME=FACTOR",
        help="strength of shapes and of headYaw, headPitch, headRoll, such as mouthSmile=1.3",
    )  # fmt: skip


def _add_take_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("recording and film")
    group.add_argument("--trim", metavar="FROM:TO", help="seconds, such as 1.5:8")
    group.add_argument("--speed", type=number, default=1.0, metavar="FACTOR")
    group.add_argument("--loop", type=int, default=1, metavar="TIMES")
    group.add_argument("--ping-pong", action="store_true", help="forwards, then backwards")
    group.add_argument("--sound", type=Path, metavar="FILE", help="WAV, MP3, MP4, …")
    group.add_argument("--fps", type=int, metavar="N", help="frames a second of the film (30)")
    group.add_argument(
        "--source-fps",
        type=number,
        metavar="N",
        help="what a .csv file's timecodes count in, or how fast a folder's pictures come (30)",
    )
    group.add_argument("--turns", type=number, default=0.0, metavar="N", help="of the camera")
    group.add_argument(
        "--key", nargs="+", action="extend", default=[], metavar="S:yaw=…,distance=…",
        help="where the camera is at a time: yaw, pitch, distance, fov; it moves smoothly between",
    )  # fmt: skip
    group.add_argument(
        "--supersample", type=int, default=1, metavar="N", help="draw N times larger, and average"
    )


def _add_export(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("export", help="write a head as a mesh, a cloud or a page")
    parser.add_argument("heads", nargs="*", type=Path, metavar="FILE.h360", help="projects")
    add_head_options(parser)
    group = parser.add_argument_group("file")
    group.add_argument(
        "--format", metavar="KIND",
        help="glb, obj, usdz, usdc, usda, ply or html; otherwise as the name ends",
    )  # fmt: skip
    group.add_argument(
        "--texture", type=int, default=2048, metavar="1024|2048|4096",
        help="width of the skin's pictures, pixels (%(default)s)",
    )  # fmt: skip
    group.add_argument(
        "--hair-as", default="cards", metavar="KIND",
        help="cards, surface or none (%(default)s)",
    )  # fmt: skip
    group.add_argument("--cards", type=int, default=5000, metavar="N", help="hair cards, about")
    group.add_argument(
        "--performance", type=Path, metavar="TAKE.csv", help="an animation (GLB, USD and HTML)"
    )
    group.add_argument(
        "--plain", action="store_true",
        help="GLB: floats for readers without KHR_mesh_quantization; larger",
    )  # fmt: skip
    group.add_argument(
        "--shapes", action="store_true", help="OBJ: a folder with a file for each blendshape"
    )
    group.add_argument(
        "--points", default="gaussians", metavar="KIND",
        help="PLY: gaussians (splats) or points (%(default)s)",
    )  # fmt: skip
    group.add_argument("--count", type=int, default=300_000, metavar="N", help="PLY: points, about")
    add_output(parser, "head.glb", "file; a folder for several heads")


def _add_edit(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("edit", help="change a head by a sentence")
    parser.add_argument("file", type=Path, metavar="FILE.h360", help="the project to start from")
    parser.add_argument(
        "text", nargs="?", default="", metavar="TEXT",
        help="what should change: “older, with a grey beard”; without, options alone count",
    )  # fmt: skip
    parser.add_argument(
        "--strength", type=share, default=1.0, metavar="0…1", help="how strongly (%(default)s)"
    )
    parser.add_argument(
        "--flatten", action="store_true", help="put the change into the head, without a layer"
    )
    add_hair_options(parser.add_argument_group("hair"))
    add_make_up_options(parser.add_argument_group("make-up"))
    add_diffusion_options(parser)
    add_output(parser, "edited.h360", "project file")


def _add_doctor(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("doctor", help="check this installation and say what to mend")
    parser.add_argument("-q", "--quiet", action="store_true", help="only what needs attention")


def _add_bench(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("bench", help="measure speed and memory on this machine")
    parser.add_argument("--json", action="store_true", help="figures as JSON on stdout")
    parser.add_argument(
        "--quick", action="store_true", help="fewer frames, and no slow reference renderer"
    )
    parser.add_argument(
        "--large", action="store_true", help="frames of 1920x1080 too; for graphics cards"
    )
    parser.add_argument(
        "--no-reference", action="store_true", help="leave out the slow reference renderer"
    )
    parser.add_argument("--hair", metavar="STYLE", help="hairstyle to measure with")
    add_quiet(parser)


def _add_assets(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("assets", help="fetch files that are needed but do not ship")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what there is, and what is here")
    fetching = actions.add_parser("fetch", help="fetch what is not here yet")
    fetching.add_argument("names", nargs="*", metavar="NAME", help="assets; otherwise all")
    fetching.add_argument("--again", action="store_true", help="even if it is here")
    finding = actions.add_parser("path", help="print where a fetched asset lies")
    finding.add_argument("name", metavar="NAME")
    for action in (listing, fetching, finding):
        add_quiet(action)
