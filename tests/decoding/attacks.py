"""Files made to hold a server, to fill its memory, or to get an exception through; small where the harm is not in the size."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8))
MEGABYTE = 1024**2


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The image as a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(chunks: bytes, image: Image.Image = NOISE) -> bytes:
    """A valid PNG with further chunks after its header."""
    png = saved(image)
    return png[:33] + chunks + png[33:]


def zipped_text(megabytes: int = 2) -> bytes:
    return png_with(chunk(b"zTXt", b"text\0\0" + zlib.compress(bytes(megabytes * MEGABYTE))))


def zipped_profile() -> bytes:
    return png_with(chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(20 * MEGABYTE))))


def tiny_chunks(count: int = 100_000) -> bytes:
    return png_with(chunk(b"prVt", b"") * count)


def tiny_pixel_chunks() -> bytes:
    """Every byte of the pixels in a chunk of its own, and many without any."""
    png = saved(NOISE)
    at = png.index(b"IDAT") + 4
    body = png[at : at + int.from_bytes(png[at - 8 : at - 4], "big")]
    parts = [chunk(b"IDAT", b"") * 100_000, *(chunk(b"IDAT", bytes([byte])) for byte in body)]
    return png[:33] + b"".join(parts) + chunk(b"IEND", b"")


def empty_directories(count: int = 300_000) -> bytes:
    """A TIFF whose one page is followed by very many pages without any tag."""
    tiff = bytearray(saved(NOISE, "TIFF"))
    first = int.from_bytes(tiff[4:8], "little")
    end = first + 2 + 12 * int.from_bytes(tiff[first : first + 2], "little")
    tiff[end : end + 4] = len(tiff).to_bytes(4, "little")
    nexts = [len(tiff) + 6 * (index + 1) for index in range(count - 1)] + [0]
    return bytes(tiff) + b"".join(struct.pack("<HI", 0, at) for at in nexts)


def empty_scans(count: int = 3000, side: int = 3000) -> bytes:
    """A progressive JPEG that says nothing of all its pixels, very often."""
    jpeg = saved(Image.new("RGB", (side, side)), "JPEG", progressive=True)
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    head = last[: 2 + int.from_bytes(last[2:4], "big")]
    return jpeg[:-2] + (head + bytes(60)) * count + jpeg[-2:]


def huge_tile(compression: int = 1) -> bytes:
    """A TIFF of 100 x 100 pixels in one tile of 46,000 x 46,000."""
    tags = [
        (256, 4, 100), (257, 4, 100), (258, 3, 8), (259, 3, compression), (262, 3, 1), (277, 3, 1), (322, 4, 46_000),
        (323, 4, 46_000), (324, 4, 200), (325, 4, 100),
    ]  # fmt: skip
    directory = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + directory + bytes(204)


def run_lengths(count: int = 200_000) -> bytes:
    """A BMP of 25 megapixels in runs that move the cursor by nothing."""
    data = b"\x00\x02\x00\x00" * count
    header = struct.pack("<IiiHHIIiiII", 40, 5000, 5000, 1, 8, 1, len(data), 0, 0, 256, 0)
    start = 14 + len(header) + 1024
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + bytes(1024) + data


def many_frames(count: int = 100_000) -> bytes:
    frame = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    return saved(NOISE, "GIF")[:-1] + frame * count + b";"


def damaged_avif() -> bytes:
    avif = saved(NOISE, "AVIF")
    at = avif.index(b"iloc")
    return avif[:at] + b"free" + avif[at + 4 :]


def plain_text_image() -> bytes:
    return b"P3 10 10 255 " + b"1 " * 300


def raw_image() -> bytes:
    return b"P6 2 2 254\n# a comment\n" + bytes(12)


OPEN: dict[str, Callable[[], bytes]] = {  # valid, whatever else they carry
    "2 MB of zipped text": zipped_text,
    "a profile of 20 MB, zipped": zipped_profile,
    "tiny chunks": tiny_chunks,
    "tiny chunks of pixels": tiny_pixel_chunks,
    "empty directories": empty_directories,
    "many frames": many_frames,
}
REFUSED: dict[str, Callable[[], bytes]] = {
    "a huge tile": huge_tile,
    "a huge tile, LZW": lambda: huge_tile(5),
    "runs without end": run_lengths,
    "a damaged AVIF": damaged_avif,
    "P3": plain_text_image,
    "P6": raw_image,
}
