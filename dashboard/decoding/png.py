"""A PNG reduced to what its pixels need: Pillow refuses some valid files because of the text that they carry."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIXELS = (b"IHDR", b"PLTE", b"tRNS")  # the chunks that pixels need, beside IDAT and IEND
METADATA = (b"iCCP", b"eXIf")
ORIENTATION_TEXTS = (b"XML:com.adobe.xmp\0", b"Raw profile type exif\0")  # where some programs write how the camera was held
GREY, RGB = 0, 2  # colour types


@dataclass(frozen=True)
class Chunks:
    """What matters of a PNG: the chunks before its pixels by their names, those that pixels need and the metadata; the pixels'
    own data in one piece; whether the file is complete, and whether it is animated.
    """

    pixels: dict[bytes, bytes]
    metadata: dict[bytes, bytes]
    data: bytes
    complete: bool
    animated: bool

    def file(self, metadata: bool) -> bytes:
        """A PNG of these chunks alone, each once, with or without the metadata."""
        before = self.pixels | (self.metadata if metadata else {})
        parts = [_chunk(name[:4], before[name]) for name in sorted(before, key=_order)]
        end = [_chunk(b"IEND", b"")] if self.complete else []
        return b"".join([SIGNATURE, *parts, _chunk(b"IDAT", self.data), *end])


def essentials(png: bytes) -> Chunks:
    """Reads a PNG's chunks, in time that grows with their number alone. Damage is left to the decoder to find."""
    pixels: dict[bytes, bytes] = {}
    metadata: dict[bytes, bytes] = {}
    data, complete, animated = [], False, False
    for name, body in _chunks(png):
        if name == b"IDAT":
            data.append(body)
        elif name == b"IEND":
            complete = True
            break
        elif name in PIXELS:
            pixels.setdefault(name, body)
        elif name in METADATA:
            metadata.setdefault(name, body)
        elif name == b"acTL":
            animated = int.from_bytes(body[:4], "big") > 1
        elif name[1:] in (b"EXt", b"TXt") and body.startswith(ORIENTATION_TEXTS):
            metadata.setdefault(name + body[:3], body)
    if b"tRNS" in pixels:
        pixels[b"tRNS"] = _as_decoded(pixels[b"tRNS"], pixels.get(b"IHDR", b""))
    return Chunks(pixels, metadata, b"".join(data), complete, animated)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at + 8 <= len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _as_decoded(transparent: bytes, header: bytes) -> bytes:
    """The transparent grey or colour in 8 bits, as Pillow decodes pixels, for the depths at which Pillow does not scale it."""
    if len(header) < 10:
        return transparent
    depth, colours = header[8:10]
    samples = struct.unpack(f">{len(transparent) // 2}H", transparent[: len(transparent) // 2 * 2])
    if colours == GREY and depth in (2, 4):
        samples = [sample * 255 // (2**depth - 1) for sample in samples]
    elif colours == RGB and depth == 16:
        samples = [sample >> 8 for sample in samples]
    else:
        return transparent
    return struct.pack(f">{len(samples)}H", *(sample & 0xFFFF for sample in samples))


def _order(name: bytes) -> int:
    """The header comes first, the profile before the palette, the palette before what is transparent of it."""
    order = (b"IHDR", b"iCCP", b"PLTE", b"tRNS")
    return order.index(name) if name in order else len(order)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))
