"""Every kind of file a person may bring."""

import contextlib
import hashlib
import io
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from dashboard import photo as photos
from dashboard.decoding.decode import Decoded, decode
from dashboard.decoding.pool import Unavailable
from dashboard.photo import MAX_BYTES, SAMPLES, Box, Photo, PhotoError, display_jpeg, open_photo, sample_photo


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def gradient(width: int = 60, height: int = 40) -> Image.Image:
    red = np.linspace(0, 255, width)[None].repeat(height, 0)
    green = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return Image.fromarray(np.stack([red, green, np.full((height, width), 90.0)], -1).astype(np.uint8))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8))
BAD = {
    "no image": (b"just some words", "not an image"),
    "empty": (b"", "empty"),
    "cut JPEG": (saved(gradient(), "JPEG")[:700], "damaged or cut short"),
    "cut PNG": (saved(NOISE)[:2000], "damaged or cut short"),
    "bomb": (png_header(30_000, 30_000), "too many pixels"),
    "over 50 megapixels": (png_header(8_000, 7_000), "8,000 x 7,000.*50 megapixels"),
    "a thread": (png_header(3_000, 2), "3,000 x 2 .*1,000 times"),
    "over 20 MB": (b"\xff\xd8" + bytes(MAX_BYTES), "20.0 MB.*at most 20 MB"),
    "SVG": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "HEIC": (b"\x00\x00\x00\x18ftypheic" + bytes(40), "HEIC.*JPEG"),
    "PDF": (b"%PDF-1.7", "not an image"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_get_one_sentence(name: str):
    data, words = BAD[name]
    with pytest.raises(PhotoError, match=words) as caught:
        open_photo(data, name)
    assert "\n" not in str(caught.value)


def pixel(photo: Photo, x: int = 0, y: int = 0) -> tuple[int, int, int]:
    assert photo.image.mode == "RGB"
    return photo.image.getpixel((x, y))


def test_the_digest_is_of_the_file():
    data = saved(gradient())
    assert open_photo(data, "x").digest == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("size", [(1, 1), (10_000, 10), (10, 10_000)])
def test_odd_sizes(size: tuple[int, int]):
    photo = open_photo(saved(Image.new("RGB", size, "red")), "odd.png")
    assert photo.size == size
    assert max(Image.open(io.BytesIO(display_jpeg(photo))).size) <= 1024


def test_grey():
    assert pixel(open_photo(saved(Image.new("L", (3, 3), 77)), "grey.png")) == (77, 77, 77)


@pytest.mark.parametrize(("alpha", "expected"), [(0, 255), (255, 100)])
def test_grey_with_alpha_lies_over_white(alpha: int, expected: int):
    assert pixel(open_photo(saved(Image.new("LA", (3, 3), (100, alpha))), "la.png")) == (expected,) * 3


def test_transparency_lies_over_white():
    assert pixel(open_photo(saved(Image.new("RGBA", (3, 3), (0, 0, 0, 0))), "rgba.png")) == (255, 255, 255)
    half = pixel(open_photo(saved(Image.new("RGBA", (3, 3), (200, 0, 0, 128))), "half.png"))
    assert half == pytest.approx((227, 127, 127), abs=1)


def test_a_palette_with_transparency():
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.putpixel((0, 0), 0)
    photo = open_photo(saved(image, transparency=0), "palette.png")
    assert pixel(photo) == (255, 255, 255)
    assert pixel(photo, 2, 2) == (10, 20, 30)


def test_cmyk():
    photo = open_photo(saved(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "JPEG"), "cmyk.jpg")
    red, green, blue = pixel(photo)
    assert red < 20 < 200 < min(green, blue)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled(kind: str):
    image = Image.fromarray(np.array([[0, 257 * 100, 65535]], np.uint16))
    photo = open_photo(saved(image, kind), "deep")
    assert [pixel(photo, x)[0] for x in range(3)] == [0, 100, 255]


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 255.0)])
def test_floats_are_scaled(low: float, high: float):
    photo = open_photo(saved(Image.fromarray(np.array([[low, high]], np.float32)), "TIFF"), "float.tif")
    assert [pixel(photo, x)[0] for x in range(2)] == [0, 255]


def test_the_first_frame_of_an_animation_and_it_is_said():
    frames = [Image.new("RGB", (5, 5), colour) for colour in ("red", "lime", "blue")]
    photo = open_photo(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), "a.gif")
    assert pixel(photo) == (255, 0, 0)
    assert photo.notes == ("Only the first of its frames is looked at.",)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation(orientation: int):
    """The corner that belongs at the top left is there whatever way the camera was held."""
    upright = Image.new("RGB", (40, 24), "black")
    upright.paste("red", (0, 0, 8, 8))
    upright.paste("blue", (32, 0, 40, 8))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what the camera did to it, as a transposition
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = open_photo(saved(stored, "PNG", exif=exif), "rotated.png")
    assert photo.size == (40, 24)
    assert pixel(photo, 3, 3) == (255, 0, 0)
    assert pixel(photo, 36, 3) == (0, 0, 255)


def test_a_colour_profile_is_followed():
    image = Image.new("RGB", (4, 4), (120, 60, 30))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert pixel(open_photo(saved(image, icc_profile=srgb), "srgb.png")) == pytest.approx((120, 60, 30), abs=1)


def test_a_broken_colour_profile_is_said():
    photo = open_photo(saved(gradient(), icc_profile=b"no profile"), "broken.png")
    assert "colour profile" in photo.notes[0]


def test_a_name_is_only_a_name():
    assert open_photo(saved(gradient()), "<b>x</b>.png").name == "<b>x</b>.png"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"])
def test_damage_never_escapes_as_another_error(kind: str):
    data, dice = saved(gradient(), kind), random.Random(kind)
    for _ in range(150):
        broken = bytearray(data[: dice.randrange(1, len(data) + 1)])
        for _ in range(dice.randrange(4)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        with contextlib.suppress(PhotoError):
            assert open_photo(bytes(broken), "broken").image.mode == "RGB"


@pytest.mark.parametrize("sample", SAMPLES)
def test_samples_open(sample: str):
    photo = sample_photo(sample)
    assert min(photo.size) >= 300
    assert photo.name == SAMPLES[sample].title


def test_a_display_copy_is_a_small_jpeg():
    copy = Image.open(io.BytesIO(display_jpeg(open_photo(saved(gradient(3000, 1500)), "large.png"))))
    assert (copy.format, copy.size) == ("JPEG", (1024, 512))


def test_boxes():
    box, other = Box(10, 20, 110, 60), Box(60, 0, 200, 50)
    assert box.overlap(other) == Box(60, 20, 110, 50)
    assert box.overlap(Box(110, 20, 120, 60)) is None
    assert box.shares(Box(35, 30, 60, 70)) == (0.25, 0.25, 0.5, 1.25)


def test_only_the_file_stays_of_many_large_photos():
    """24 files of 50 megapixels, each 150 kB, would be 5 GB of pixels."""
    for shade in range(3):
        open_photo(saved(Image.new("RGB", (6000, 6000), (shade, 0, 0))), "large.png")
    assert photos._decoded.cache.currsize <= photos.PIXELS_LIMIT <= 200e6
    assert len(photos._decoded.cache) == 1


def test_what_opened_once_opens_again_however_busy_the_server_is(monkeypatch: pytest.MonkeyPatch):
    photo, tries = open_photo(saved(NOISE), "x.png"), []
    photos.forget_pixels(photo.digest)

    def busy(data: bytes) -> Decoded:
        tries.append(data)
        if len(tries) < 3:
            raise Unavailable("Many files are being opened.")
        return decode(data)

    monkeypatch.setattr(photos.POOL, "decode", busy)
    assert photo.image.tobytes() == NOISE.tobytes()
    assert photo.image is photo.image, "decoded once, however often it is asked for"
    assert len(tries) == 3
