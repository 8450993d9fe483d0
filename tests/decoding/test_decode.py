"""What is inside a file is what comes out: formats by their first bytes, depths, transparency, ranges and orientation."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage.color import lab2rgb

from dashboard.decoding.decode import PROFILE_NOTE, Decoded, decode
from dashboard.decoding.formats import PhotoError, kind_of
from tests.decoding.attacks import NOISE, chunk, png_with, saved

FORMATS = ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "AVIF")


def png(depth: int, colours: int, rows: list[bytes], width: int, further: bytes = b"") -> bytes:
    """A PNG from the bytes of its rows."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), depth, colours, 0, 0, 0))
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + header + further + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def tiff(values: np.ndarray, photometric: int = 1, sample_format: int = 1, bits: int = 0) -> bytes:
    """A grey TIFF in one strip, from its definition, in the byte order of its values."""
    data, (height, width) = values.tobytes(), values.shape
    order = ">" if values.dtype.byteorder == ">" else "<"
    tags = [
        (256, 4, width), (257, 4, height), (258, 3, bits or 8 * values.itemsize), (259, 3, 1), (262, 3, photometric),
        (273, 4, 8 + 2 + 10 * 12 + 4), (277, 3, 1), (278, 4, height), (279, 4, len(data)), (339, 3, sample_format),
    ]  # fmt: skip
    entries = [struct.pack(f"{order}HHI{'HH' if kind == 3 else 'I'}", tag, kind, 1, *([value, 0] if kind == 3 else [value]))
               for tag, kind, value in tags]  # fmt: skip
    start = (b"MM" if order == ">" else b"II") + struct.pack(f"{order}HIH", 42, 8, len(tags))
    return start + b"".join(entries) + bytes(4) + data


def greys(decoded: Decoded) -> list[int]:
    """The first row, all channels being equal."""
    pixels = np.asarray(decoded.image)[0].astype(int)
    assert (pixels == pixels[:, :1]).all()
    return pixels[:, 0].tolist()


@pytest.mark.parametrize("kind", FORMATS)
def test_the_format_is_told_by_the_first_bytes(kind: str):
    assert kind_of(saved(NOISE, kind)) == kind
    assert decode(saved(NOISE, kind)).image.size == NOISE.size


@pytest.mark.parametrize("kind", ["PPM", "JPEG2000", "TGA", "PCX", "ICO", "SGI", "DDS", "IM"])
def test_nothing_else_is_opened(kind: str):
    data = saved(NOISE.convert("RGB"), kind)
    with pytest.raises(PhotoError, match="expected a photo: JPEG, PNG, WebP, GIF, TIFF, BMP or AVIF"):
        decode(data)


@pytest.mark.parametrize("major", [b"avif", b"mif1", b"msf1", b"miaf"])
def test_an_avif_is_one_whatever_brand_comes_first(major: bytes):
    data = saved(NOISE, "AVIF")
    assert b"avif" in data[16:32]
    assert decode(data[:8] + major + data[12:]).image.size == NOISE.size


@pytest.mark.parametrize("brands", [(b"heic",), (b"mif1", b"heic"), (b"mif1",), (b"mif1", b"miaf")])
def test_a_heic_is_told_by_its_brands(brands: tuple[bytes, ...]):
    body = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    with pytest.raises(PhotoError, match="HEIC"):
        decode(struct.pack(">I", 4 + len(body)) + body + bytes(40))


def test_a_comment_makes_no_drawing():
    assert decode(saved(NOISE, "JPEG", comment=b"<svg xmlns='http://www.w3.org/2000/svg'>")).image.size == NOISE.size
    assert decode(png_with(chunk(b"tEXt", b"k\0<?xml version='1.0'?><svg>"))).image.tobytes() == NOISE.tobytes()


@pytest.mark.parametrize(
    "text",
    ["<svg/>", "\ufeff<?xml version='1.0'?>\n<svg/>", "\n <!-- drawn --><svg/>", "<!DOCTYPE svg PUBLIC ''><svg/>"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_drawing_starts_as_one(text: str, encoding: str):
    with pytest.raises(PhotoError, match="SVG"):
        decode(text.encode(encoding))


def test_other_xml_is_no_drawing():
    with pytest.raises(PhotoError, match="not an image"):
        decode(b"<?xml version='1.0'?><note/>")


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_grey_is_white_at_every_depth(depth: int):
    most = 2**depth - 1
    values = [0, 1] * 4 if depth == 1 else [0, 1, most - 1, most] * 2
    row = int("".join(f"{value:0{depth}b}" for value in values), 2).to_bytes(depth, "big")
    decoded = decode(png(depth, 0, [row], 8, chunk(b"tRNS", struct.pack(">H", 1 if depth == 1 else most - 1))))
    expected = [255 if value == (1 if depth == 1 else most - 1) else round(255 * value / most) for value in values]
    assert greys(decoded) == expected


@pytest.mark.parametrize("depth", [8, 16])
def test_a_transparent_colour_is_white_at_every_depth(depth: int):
    scale = 257 if depth == 16 else 1
    colours = [(10, 20, 30), (200, 20, 30), (10, 20, 31)]
    row = b"".join((value * scale).to_bytes(depth // 8, "big") for each in colours for value in each)
    clear = chunk(b"tRNS", struct.pack(">HHH", *(value * scale for value in colours[0])))
    pixels = np.asarray(decode(png(depth, 2, [row], 3, clear)).image)[0].tolist()
    assert pixels == [[255, 255, 255], [200, 20, 30], [10, 20, 31]]


def test_transparency_and_a_colour_profile_are_both_followed():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (2, 1), (120, 60, 30))
    image.putpixel((0, 0), (1, 2, 3))
    decoded = decode(saved(image, transparency=(1, 2, 3), icc_profile=srgb))
    assert decoded.image.getpixel((0, 0)) == (255, 255, 255)
    assert decoded.image.getpixel((1, 0)) == pytest.approx((120, 60, 30), abs=1)
    assert decoded.notes == ()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 257 * 100, 65535]], np.uint16), [0, 100, 255]),
        (np.array([[0, 100, 255]], np.uint8), [0, 100, 255]),
    ],
    ids=["16 bits", "8 bits"],
)
def test_where_the_smallest_is_white(values: np.ndarray, expected: list[int]):
    assert greys(decode(tiff(values))) == expected
    assert greys(decode(tiff(values, photometric=0))) == [255 - value for value in expected]


@pytest.mark.parametrize(
    ("values", "sample_format"),
    [
        (np.array([[0, 4, 10]], np.float32), 3),
        (np.array([[-1, -0.2, 1]], np.float32), 3),
        (np.array([[0, 0.4e6, 1e6]], np.float64), 3),
        (np.array([[-3000, 5000, 17000]], np.int16), 2),
        (np.array([[-(2**31), -(2**31) + 1_600_000_000, -(2**31) + 4_000_000_000]], np.int64).astype(np.int32), 2),
        (np.array([[0, 1_600_000_000, 4_000_000_000]], np.uint32), 1),
    ],
    ids=["0 to 10", "-1 to 1", "64 bits", "16 bits with a sign", "32 bits with a sign", "32 bits"],
)
@pytest.mark.parametrize("order", "<>")
def test_deep_grey_goes_from_its_smallest_to_its_largest_value(values: np.ndarray, sample_format: int, order: str):
    values = values.astype(values.dtype.newbyteorder(order))
    decoded = decode(tiff(values, sample_format=sample_format))
    low, high = values.min(), values.max()
    assert greys(decoded) == [0, 102, 255]
    assert decoded.notes == (f"Its values from {float(low):.6g} to {float(high):.6g} were stretched to black to white.",)
    inverted = decode(tiff(values, photometric=0, sample_format=sample_format))
    assert greys(inverted) == [255, 153, 0]
    assert inverted.notes[0].endswith("white to black.")


@pytest.mark.parametrize("value", [0, 0.5, -7e30])
def test_a_constant_float_image_is_grey(value: float):
    decoded = decode(tiff(np.full((3, 4), value, np.float32), sample_format=3))
    assert greys(decoded) == [128] * 4
    assert decoded.notes == (f"All its pixels have the value {np.float32(value):.6g}, shown as grey.",)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(value: float):
    values = np.array([[0, 1, value]], np.float32)
    with pytest.raises(PhotoError, match="not finite"):
        decode(tiff(values, sample_format=3))


def test_lab():
    lab = np.array([[[60.0, 30.0, -20.0]]])
    image = Image.frombytes("LAB", (1, 1), bytes([round(60 * 2.55), 30, 256 - 20]))
    expected = np.rint(255 * lab2rgb(lab))[0, 0]
    assert decode(saved(image, "TIFF")).image.getpixel((0, 0)) == pytest.approx(expected, abs=6)


def turned_jpeg(exif: bytes) -> bytes:
    return saved(NOISE, "JPEG", exif=b"Exif\0\0" + exif)


def exif_tags(*tags: tuple[int, int, int, bytes]) -> bytes:
    entries = b"".join(struct.pack("<HHI", tag, kind, count) + value for tag, kind, count, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


ORIENTED = (0x0112, 3, 1, struct.pack("<HH", 6, 0))
UNWRITABLE = {
    "a number that fits no field": (0x9003, 4, 1, b"\xff" * 4),
    "a fraction by nothing": (0x011A, 5, 1, struct.pack("<I", 8)),
    "a sub-directory nowhere": (0x8769, 4, 1, b"\xff\xff\xff\x7f"),
    "a sub-directory that is text": (0x8769, 2, 4, b"text"),
    "a maker's note of no kind": (0x927C, 99, 1, bytes(4)),
}


@pytest.mark.parametrize("name", UNWRITABLE)
def test_exif_that_can_not_be_written_back_refuses_no_photo(name: str):
    decoded = decode(turned_jpeg(exif_tags(ORIENTED, UNWRITABLE[name])))
    assert decoded.image.size == NOISE.size[::-1]


@pytest.mark.parametrize("exif", [b"", b"II*", b"nonsense", b"\xff" * 40, exif_tags((0x0112, 2, 4, b"six\0"))])
def test_exif_that_can_not_be_read_leaves_the_photo_as_it_is(exif: bytes):
    assert decode(turned_jpeg(exif)).image.size == NOISE.size


def test_a_tiff_is_turned_once():
    image = NOISE.copy()
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(saved(image, "TIFF", exif=exif)).image.tobytes() == image.transpose(Image.Transpose.ROTATE_270).tobytes()


def test_orientation_in_a_text_of_a_png():
    text = b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>'
    assert decode(png_with(chunk(b"iTXt", text))).image.size == NOISE.size[::-1]


@pytest.mark.parametrize("name", [b"iCCP", b"eXIf", b"zTXt", b"gAMA", b"tIME", b"abCd"])
def test_damage_beside_the_pixels_refuses_no_png(name: bytes):
    decoded = decode(png_with(chunk(name, b"\xff" * 30)[:-4] + b"\0\0\0\0"))
    assert decoded.image.tobytes() == NOISE.tobytes()
    assert decoded.notes == ((PROFILE_NOTE,) if name == b"iCCP" else ())


@pytest.mark.parametrize(
    ("kind", "word"), [("GIF", "frames"), ("PNG", "frames"), ("WEBP", "frames"), ("AVIF", "frames"), ("TIFF", "pages")]
)
def test_the_first_of_several(kind: str, word: str):
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    decoded = decode(saved(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert decoded.notes == (f"Only the first of its {word} is looked at.",)
    assert decoded.image.getpixel((8, 8)) == pytest.approx((255, 0, 0), abs=4)
    assert decode(saved(frames[0], kind)).notes == ()


def test_a_phone_s_second_picture_is_no_frame():
    assert decode(saved(NOISE, "MPO", save_all=True, append_images=[NOISE])).notes == ()


def test_a_sentence_tells_nothing_of_the_decoder():
    with pytest.raises(PhotoError) as caught:
        decode(saved(NOISE)[:2000])
    assert str(caught.value) == "The image is damaged or cut short and can't be read whole."
    assert caught.value.__cause__ is not None, "the log has it"
