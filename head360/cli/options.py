"""Options that several commands share: the head, its hair, the camera, and the picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from head360.cli.values import background_colors, number, picture_size, seed

#: How a head turns on its neck, in the order of `HeadParams.head_pose`: what is positive.
HEAD_ANGLES = {
    "yaw": "to its left, −50 … 50",
    "pitch": "down, −25 … 25",
    "roll": "towards its left shoulder, −20 … 20",
}
#: How a hairstyle is worn, in the order of `HairShape`.
HAIR_SHAPE = ("length", "volume", "fringe", "curl")
#: Where hair may have another colour.
HAIR_TONES = {"roots": "near the scalp", "tips": "at the ends"}
#: What can have a colour of make-up: the attribute that says how much there is.
MAKE_UP = {"lip": "lipstick", "lid": "eyeshadow"}


def add_make_up_options(group: argparse._ArgumentGroup) -> None:
    """Colours of make-up."""
    for part, name in MAKE_UP.items():
        group.add_argument(
            f"--{part}-color", metavar="#RRGGBB",
            help=f"{name} of this colour; “none” for the colour that comes with the skin",
        )  # fmt: skip


def add_hair_options(group: argparse._ArgumentGroup) -> None:
    """How hair looks and is worn."""
    group.add_argument(
        "--hair-from", type=Path, metavar="FILE.h360", help="wear the hair of another project"
    )
    group.add_argument("--hair", metavar="STYLE", help="hairstyle, or “none”")
    group.add_argument(
        "--hair-mix", metavar="STYLE=SHARE",
        help="on the way to a second style, such as long_wavy=0.4; “none” for the first alone",
    )  # fmt: skip
    for part in HAIR_SHAPE:
        group.add_argument(
            f"--hair-{part}", type=number, metavar="-1…1", help=f"{part} of the hair"
        )
    group.add_argument(
        "--hairline", type=number, metavar="-1…1", help="lower … higher, above the forehead"
    )
    group.add_argument(
        "--hair-own", type=number, metavar="0…1",
        help="of a fitted head: as the library has its style … as the photo shows it",
    )  # fmt: skip
    group.add_argument("--hair-mirrored", action="store_true", help="parted on the other side")
    group.add_argument("--hair-color", metavar="#RRGGBB", help="colour of the hair")
    for part, place in HAIR_TONES.items():
        group.add_argument(
            f"--hair-{part}", metavar="#RRGGBB[=REACH]",
            help=f"another colour {place}, over this share of each strand; “none” for one colour",
        )  # fmt: skip


def add_head_options(parser: argparse.ArgumentParser) -> None:
    """Which head, and how it looks."""
    group = parser.add_argument_group("head")
    source = group.add_mutually_exclusive_group()
    source.add_argument("--head", type=Path, metavar="FILE.h360", help="start from a project")
    source.add_argument(
        "--seed", type=seed, metavar="N", help="a random person, the same each time"
    )
    add_hair_options(group)
    add_make_up_options(group)
    group.add_argument(
        "--expression", nargs="+", action="extend", default=[], metavar="NAME=VALUE",
        help="ARKit blendshapes, 0 … 1, such as jawOpen=0.4 mouthSmile=0.7 (both sides)",
    )  # fmt: skip
    for angle, meaning in HEAD_ANGLES.items():
        group.add_argument(
            f"--head-{angle}", type=number, metavar="DEGREES", help=f"turn the head {meaning}"
        )
    group.add_argument(
        "--light",
        metavar="PRESET",
        help="studio, courtyard, forest, sunset, …; photo: as in the photo of a fitted head",
    )
    group.add_argument("--light-rotation", type=number, metavar="DEGREES")
    group.add_argument("--light-intensity", type=number, metavar="0…4")


def add_camera_options(parser: argparse.ArgumentParser) -> None:
    """From where it is seen."""
    group = parser.add_argument_group("camera")
    group.add_argument(
        "--yaw", type=number, metavar="DEGREES", help="0 sees the face, 90 the head's left ear"
    )
    group.add_argument("--pitch", type=number, metavar="DEGREES", help="positive: from above")
    group.add_argument("--distance", type=number, metavar="METRES")
    group.add_argument("--fov", type=number, metavar="DEGREES", help="vertical field of view")


def add_picture_options(parser: argparse.ArgumentParser, *, size: str) -> None:
    """How large, and before what; `size` is what is said of the usual one."""
    group = parser.add_argument_group("picture")
    group.add_argument(
        "--size", type=picture_size, default=size, metavar="N or WxH", help="pixels (%(default)s)"
    )
    group.add_argument("--transparent", action="store_true", help="nothing behind the head")
    group.add_argument(
        "--background", type=background_colors, metavar="#RRGGBB[,#RRGGBB]",
        help="one colour, or one behind the head and one in the corners",
    )  # fmt: skip
    group.add_argument(
        "--renderer", default="fast", metavar="NAME",
        help="fast; exact (without shortcuts); reference (slow, plain torch)",
    )  # fmt: skip
    group.add_argument(
        "--refine", action="store_true", help="let RefineNet add the detail of strands (slower)"
    )


def add_output(parser: argparse.ArgumentParser, default: str, what: str) -> None:
    """Where to write; a file called `default` unless told otherwise."""
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(default), metavar="OUT",
        help=f"{what} (%(default)s)",
    )  # fmt: skip
    add_quiet(parser)


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Whether to say nothing on the way."""
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no remarks")
