"""Forty-odd things that are no good portrait: none may crash, hang or eat memory.

They go through `head360 fit FOLDER` in a process of its own, whose memory is measured, and each
must end as it should: with a head and a warning, or with a reason in words.
"""

from __future__ import annotations

import csv
import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, TiffImagePlugin

HEAD = "a head"  # any head, with whatever warnings
MOST_MEMORY = 2 << 30  # bytes
SECONDS = 280


def _png(image: Image.Image, **options: object) -> bytes:
    return _bytes(image, "PNG", **options)


def _bytes(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + b"\0" * 4


def _drawing() -> Image.Image:
    image = Image.new("RGB", (400, 400), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((100, 80, 300, 340), outline="black", width=4)
    for x in (160, 240):
        draw.ellipse((x - 12, 170, x + 12, 190), fill="black")
    draw.arc((150, 220, 250, 300), 20, 160, fill="black", width=4)
    return image


def _no_faces() -> Iterator[tuple[str, bytes, str]]:
    """What shows no face, or is no picture at all."""
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    yield "empty.jpg", b"", "not a picture"
    yield "text.jpg", b"Dear diary", "not a picture"
    yield "svg.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"
    yield "heic.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200, "not a picture"
    yield "zip.png", b"PK\x03\x04" + b"\0" * 100, "not a picture"
    yield "header_30000.png", _header(30_000, 30_000), "too large"
    yield "header_wide.png", _header(2_000_000, 2), "too large"
    yield "header_zero.png", _header(0, 0), ""
    yield "header_lies.png", _header(3000, 3000), "damaged"
    yield "bmp_lies.bmp", b"BM" + b"\xff" * 60, ""
    yield "8x8.png", _png(Image.new("RGB", (8, 8), "red")), "too small"
    yield "strip.png", _png(Image.new("RGB", (9000, 40))), "No face"
    yield "large_blank.png", _png(Image.new("RGB", (10_000, 10_000)), compress_level=1), "No face"
    yield "white.jpg", _bytes(Image.new("RGB", (500, 500), "white"), "JPEG"), "No face"
    yield "black.webp", _bytes(Image.new("RGB", (500, 500)), "WEBP"), "No face"
    yield "noise.png", _png(Image.fromarray(noise)), "No face"
    yield (
        "nan.tiff",
        _bytes(Image.fromarray(np.full((90, 90), np.nan, np.float32)), "TIFF"),
        "No face",
    )


def _damaged(portrait: Image.Image) -> Iterator[tuple[str, bytes, str]]:
    for kind, name in (("JPEG", "half.jpg"), ("PNG", "half.png"), ("WEBP", "half.webp")):
        whole = _bytes(portrait, kind)
        yield name, whole[: len(whole) // 2], "damaged"
    whole = _bytes(portrait, "JPEG", progressive=True)
    yield "half_progressive.jpg", whole[: len(whole) // 2], "damaged"
    whole = bytearray(_png(portrait))
    whole[len(whole) // 2] ^= 0xFF
    yield "bit.png", bytes(whole), ""


def _odd(portrait: Image.Image) -> Iterator[tuple[str, bytes, str]]:
    """Good portraits in odd clothes."""
    grey16 = Image.fromarray(np.asarray(portrait.convert("L"), np.uint16) * 257)
    alpha = portrait.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(portrait.size))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0xA405] = 0
    garbage = b"Exif\0\0" + b"\xff" * 500
    frames = [Image.new("RGB", portrait.size, "white")] * 2
    yield "cmyk.jpg", _bytes(portrait.convert("CMYK"), "JPEG"), HEAD
    yield "cmyk_broken_profile.tif", _bytes(
        portrait.convert("CMYK"), "TIFF", icc_profile=b"nothing"
    ), HEAD  # fmt: skip
    yield "sixteen_bit.png", _png(grey16), "grey"
    yield "sixteen_bit.tiff", _bytes(grey16, "TIFF"), "grey"
    yield "grey.jpg", _bytes(portrait.convert("L"), "JPEG"), "grey"
    yield "one_bit.png", _png(portrait.convert("1")), ""
    yield "palette.png", _png(portrait.convert("P")), HEAD
    yield "alpha.png", _png(alpha), HEAD
    invisible = portrait.copy()
    invisible.putalpha(0)
    yield "invisible.png", _png(invisible), "No face"
    yield "animated.gif", _bytes(
        portrait, "GIF", save_all=True, append_images=frames
    ), HEAD  # fmt: skip
    yield "animated.webp", _bytes(portrait, "WEBP", save_all=True, append_images=frames), HEAD
    yield "pages.tiff", _bytes(portrait, "TIFF", save_all=True, append_images=frames), HEAD
    turned = portrait.transpose(Image.Transpose.ROTATE_90)
    yield "exif_turned.jpg", _bytes(turned, "JPEG", exif=exif), HEAD
    nowhere = Image.Exif()
    nowhere[0x0112] = 99
    nowhere.get_ifd(0x8769)[0xA405] = TiffImagePlugin.IFDRational(0, 0)
    yield "exif_nan.jpg", _bytes(portrait, "JPEG", exif=nowhere), HEAD
    yield "exif_garbage.jpg", _bytes(portrait, "JPEG", exif=garbage), HEAD
    yield "lying.png", _png(turned), HEAD
    yield "upside_down.png", _png(portrait.transpose(Image.Transpose.ROTATE_180)), HEAD


def _hard(portrait: Image.Image) -> Iterator[tuple[str, bytes, str]]:
    """Portraits with something wrong."""
    dark = Image.eval(portrait, lambda value: value // 6)
    dim = Image.eval(portrait, lambda value: value // 3)
    cut = portrait.crop((portrait.width // 2 - 20, 0, portrait.width, portrait.height))
    five = Image.new("RGB", (5 * 300, 320), "grey")
    for place in range(5):
        five.paste(portrait.resize((280 - 10 * place,) * 2), (300 * place, 20))
    masked = portrait.copy()
    ImageDraw.Draw(masked).rectangle((170, 290, 370, 450), fill=(150, 190, 210))
    banded = portrait.copy()
    ImageDraw.Draw(banded).rectangle((100, 190, 420, 260), fill=(10, 10, 10))
    squeezed = portrait.resize((200, 512))
    crowd = Image.fromarray(np.tile(np.asarray(portrait.resize((100, 100))), (10, 10, 1)))
    yield "dark.png", _png(dim), "dark"
    yield "night.png", _png(dark), ""
    yield "blurred.png", _png(portrait.filter(ImageFilter.GaussianBlur(8))), "blurred"
    yield "cut.png", _png(cut), ""
    yield "hundred_faces.png", _png(crowd), "pixels high"
    yield "five_faces.jpg", _bytes(five, "JPEG"), HEAD
    yield "masked.png", _png(masked), ""
    yield "banded.png", _png(banded), ""
    yield "squeezed.png", _png(squeezed), ""
    yield "tiny_face.jpg", _bytes(portrait.resize((60, 60)), "JPEG"), ""


@pytest.fixture(scope="module")
def rows(
    face_landmarker: None, astronaut: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, str]]:
    """What became of each, by the name of its file."""
    data = pytest.importorskip("skimage.data")
    folder = tmp_path_factory.mktemp("photos")
    portrait = Image.fromarray(astronaut[:320, 60:380]).resize((512, 512))
    photos = [*_no_faces(), *_damaged(portrait), *_odd(portrait), *_hard(portrait)]
    photos.append(("cat.png", _png(Image.fromarray(data.chelsea())), "No face"))
    photos.append(("drawing.png", _png(_drawing()), ""))
    for name, content, _ in photos:
        (folder / name).write_bytes(content)
    out = folder / "heads"
    words = ["fit", str(folder), "-o", str(out), "--no-skin", "--hair", "none", "-q"]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words], capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert int(done.stdout.split()[-1]) < MOST_MEMORY
    with (out / "fit.csv").open(encoding="utf-8") as file:
        found = {row["photo"]: row for row in csv.DictReader(file)}
    expected = {name: what for name, _, what in photos}
    return {name: found[name] | {"expected": expected[name]} for name in expected}


#: Runs the command and prints the most memory that it took, bytes.
_MEASURED = """
import sys
from head360.__main__ import main
code = main(sys.argv[1:])
try:
    import resource
    scale = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale)
except ImportError:
    print(0)
sys.exit(code)
"""


def test_every_one_ends_as_it_should(rows: dict[str, dict[str, str]]) -> None:
    wrong = []
    for name, row in rows.items():
        what, problem = row["expected"], row["problem"]
        good = (
            not problem
            if what == HEAD
            else what in f"{problem}{row['warnings']}" and bool(problem or row["warnings"])
        )
        if not good:
            wrong.append(f"{name}: {problem or 'a head'} ({row['warnings']})")

    assert len(rows) >= 40
    assert not wrong, "\n".join(wrong)


def test_every_head_is_a_project(rows: dict[str, dict[str, str]]) -> None:
    made = [row for row in rows.values() if not row["problem"]]

    assert len(made) >= 15
    assert all(row["project"].endswith(".h360") for row in made)
    assert next(row["faces"] for row in made if row["photo"] == "five_faces.jpg") == "5"


def test_nothing_else_is_left_behind(
    rows: dict[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = next(path for path in tmp_path_factory.getbasetemp().rglob("heads") if path.is_dir())

    names = {path.name for path in out.iterdir()}

    made = {row["project"] for row in rows.values() if not row["problem"]}
    assert names == made | {"fit.csv"}
