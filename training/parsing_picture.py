"""Draws how a face is parsed, step by step: `python -m training.parsing_picture OUT.jpg [PHOTO]`.

Four pictures side by side: the photo, what the network says, what the picture's colours make of
that, and what landmarks do.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from head360.assets import resource
from head360.engine import HeadEngine, finished
from head360.fitting.face_looks import looked
from head360.fitting.face_network import FACES_FILE, PARTS, load_faces
from head360.fitting.parsing import refined
from head360.fitting.photo import Photo, read_photo
from training.fit_picture import astronaut

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

#: Pixels along each side of one picture; how much of it is its parts' colours; JPEG.
_CELL, _TINT, _QUALITY = 256, 0.6, 90
#: sRGB of parts; those without one are shown as they are.
_COLORS = {
    "background": (70, 70, 70), "hair": (110, 60, 170), "brows": (240, 220, 40),
    "eyes": (240, 240, 250), "lips": (220, 40, 60), "mouth": (150, 20, 60), "neck": (120, 70, 30),
    "clothes": (20, 90, 180), "beard": (60, 160, 90), "glasses": (20, 220, 220),
}  # fmt: skip


def main() -> None:
    """Write the sheet."""
    parsed = _parser().parse_args()
    engine = HeadEngine()
    photo = astronaut() if parsed.photo is None else read_photo(parsed.photo)
    Image.fromarray(sheet(engine, photo)).save(parsed.out, quality=_QUALITY)
    engine.close()


def sheet(engine: HeadEngine, photo: Photo) -> Picture:
    """(256, 1024, 3): photo, network, with colours, with landmarks."""
    face = finished(engine.align(finished(engine.find_faces(photo))))
    crop, told = face.crop.image, network_shares(face.crop.image)
    steps = (told, refined(crop, told), refined(crop, told, face.landmarks))
    return np.concatenate([small(crop), *(small(tinted(crop, each)) for each in steps)], 1)


@torch.inference_mode()
def network_shares(picture: Picture) -> Floats:
    """(len(PARTS), H, W) what the network alone says of a square picture."""
    network, _ = load_faces(resource("models", FACES_FILE))
    seen = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
    shares: Floats = torch.softmax(looked(network, seen)[0][0], 0).numpy()
    return shares


def tinted(picture: Picture, shares: Floats) -> Picture:
    """A picture under the colours of its likeliest parts."""
    labels = shares.argmax(0)
    shown = picture.astype(np.float32)
    for part, name in enumerate(PARTS):
        if name in _COLORS:
            there = labels == part
            shown[there] += _TINT * (np.array(_COLORS[name], np.float32) - shown[there])
    return shown.round().astype(np.uint8)


def small(picture: Picture) -> Picture:
    """(256, 256, 3) of a square picture."""
    return np.asarray(Image.fromarray(picture).resize((_CELL, _CELL), Image.Resampling.LANCZOS))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.parsing_picture", description="Draw how a face is parsed."
    )
    parser.add_argument("out", type=Path, metavar="OUT.jpg", help="the sheet to write")
    parser.add_argument(
        "photo", type=Path, nargs="?", metavar="PHOTO", help="default: scikit-image's astronaut"
    )
    return parser


if __name__ == "__main__":
    main()
