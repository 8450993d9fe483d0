"""Files that are almost photos: valid ones of every format, with bits flipped, parts cut, doubled, moved or swapped."""

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dashboard.photo import MAX_PIXELS, PhotoError, open_photo
from tests.decoding.attacks import OPEN, REFUSED

KIND = "files"
FORMATS = ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "AVIF")


@dataclass(frozen=True)
class Case:
    """One file, and in words how it was made."""

    made: str
    data: bytes

    def __str__(self) -> str:
        return f"{self.made}, {len(self.data):,} bytes"


def cases(seed: int, count: int) -> Iterator[Case]:
    """The corpus of attacks first, as it is; then valid files and attacks with up to three changes each."""
    attacks = [(name, make()) for name, make in (OPEN | REFUSED).items()]
    for name, data in attacks[: count // 10]:
        yield Case(name, data)
    count -= min(len(attacks), count // 10)
    valid = [*originals(), *((name, data) for name, data in attacks if len(data) < 100_000)]
    for index in range(count):
        dice = random.Random(f"{seed}-{index}")
        made, data = dice.choice(valid)
        for change in dice.choices(CHANGES, k=dice.randint(1, 3)):
            data = change(data, dice) or b"\0"
            made += f", {change.__name__}"
        yield Case(made, data)


def check(case: Case) -> None:
    """It opens as a photo within the bounds, or one sentence says why not."""
    try:
        photo = open_photo(case.data, "fuzz")
    except PhotoError as error:
        sentence = str(error)
    else:
        sentence = ""
    if sentence:
        assert sentence.endswith(".")
        assert "\n" not in sentence
        return
    assert photo.image.mode == "RGB"
    assert photo.image.size == photo.size
    assert photo.size[0] * photo.size[1] <= MAX_PIXELS


def originals() -> Iterator[tuple[str, bytes]]:
    """Valid files of every format, and of what the formats differ in inside."""
    colour = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8))
    for kind in FORMATS:
        yield kind, saved(colour, kind)
    frames = [colour, colour.rotate(90), colour.rotate(180)]
    for kind in ("GIF", "PNG", "WEBP", "TIFF", "AVIF"):
        yield f"{kind} of 3 frames", saved(colour, kind, save_all=True, append_images=frames[1:])
    yield "progressive JPEG with EXIF", saved(colour, "JPEG", progressive=True, exif=turned())
    yield "PNG with text and EXIF", saved(colour, "PNG", exif=turned(), pnginfo=None)
    yield "palette PNG", saved(colour.convert("P"), "PNG", transparency=3)
    yield "16-bit PNG", saved(Image.fromarray(np.arange(2400, dtype=np.uint16).reshape(40, 60)), "PNG")
    yield "float TIFF", saved(Image.fromarray(np.linspace(-1, 1, 2400, dtype=np.float32).reshape(40, 60)), "TIFF")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"):
        yield f"{compression} TIFF", saved(colour, "TIFF", compression=compression)
    yield "CMYK TIFF", saved(colour.convert("CMYK"), "TIFF")
    yield "grey BMP", saved(colour.convert("L"), "BMP")
    yield "transparent WebP", saved(colour.convert("RGBA"), "WEBP", lossless=True)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The image as a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def turned() -> Image.Exif:
    """EXIF that says the camera was held sideways."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def flip_bits(data: bytes, dice: random.Random) -> bytes:
    """A few bits anywhere."""
    broken = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        broken[dice.randrange(len(broken))] ^= 1 << dice.randrange(8)
    return bytes(broken)


def change_header(data: bytes, dice: random.Random) -> bytes:
    """A byte or four of the first hundred become 0, 255 or anything: sizes, depths and offsets stand there."""
    broken, at = bytearray(data), dice.randrange(min(len(data), 100))
    for place in range(at, min(at + dice.choice([1, 4]), len(broken))):
        broken[place] = dice.choice([0, 255, dice.randrange(256)])
    return bytes(broken)


def cut_end(data: bytes, dice: random.Random) -> bytes:
    """As if the transfer had stopped."""
    return data[: dice.randrange(len(data))]


def cut_part(data: bytes, dice: random.Random) -> bytes:
    """A part from the middle is missing."""
    start, length = dice.randrange(len(data)), dice.randint(1, 200)
    return data[:start] + data[start + length :]


def double_part(data: bytes, dice: random.Random) -> bytes:
    """A part comes many times: chunks, scans and directories among them."""
    start, length = dice.randrange(len(data)), dice.randint(1, 200)
    return data[:start] + data[start : start + length] * dice.randint(2, 50) + data[start + length :]


def fill_part(data: bytes, dice: random.Random) -> bytes:
    """A part becomes all zeros or all ones."""
    start, length = dice.randrange(len(data)), dice.randint(1, 60)
    return data[:start] + dice.choice([b"\0", b"\xff"]) * len(data[start : start + length]) + data[start + length :]


def other_start(data: bytes, dice: random.Random) -> bytes:
    """The magic bytes of one format before the body of another."""
    _, other = dice.choice(list(originals()))
    head = dice.choice([4, 12, 32])
    return other[:head] + data[head:]


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip_bits, flip_bits, change_header, change_header, cut_end, cut_part, double_part, fill_part, other_start,
)  # fmt: skip
