"""Which format a file has, by its first bytes, and the sentences for the files that are not opened."""

from dashboard.numbers import MEGABYTE, in_megabytes

EXPECTED = "expected a photo: JPEG, PNG, WebP, GIF, TIFF, BMP or AVIF"
MAX_BYTES = 20 * MEGABYTE
STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",  # this and the next have offsets of 64 bits
    b"MM\0+": "TIFF",
    b"BM": "BMP",
}
AVIF_BRANDS = {b"avif", b"avis"}
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2"}


class PhotoError(ValueError):
    """A file that is no photo this app takes; the text is a sentence for a person."""


def kind_of(data: bytes) -> str:
    """The format of a file, by Pillow's name for it.

    Raises:
        PhotoError: it is empty, too large, or of no format that is opened here.
    """
    if not data:
        raise PhotoError(f"The file is empty: {EXPECTED}.")
    if len(data) > MAX_BYTES:
        raise PhotoError(f"The file has {in_megabytes(len(data), 1)}: expected at most {in_megabytes(MAX_BYTES)}.")
    for start, kind in STARTS.items():
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    brands = _brands(data)
    if brands & AVIF_BRANDS:
        return "AVIF"
    if brands & HEIC_BRANDS:
        raise PhotoError("HEIC photos can't be read here: please export the photo as JPEG.")
    if _is_svg(data):
        raise PhotoError(f"SVG is a drawing without pixels: {EXPECTED}.")
    raise PhotoError(f"This file is not an image that can be read: {EXPECTED}.")


def _brands(data: bytes) -> set[bytes]:
    """The brands that a file of the HEIF family names: its major brand and the compatible ones."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 1024)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}


def _is_svg(data: bytes) -> bool:
    """Text that starts as XML does, in UTF-8 or UTF-16, with an <svg> soon after."""
    head = data[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!--", b"<!doctype")) and b"<svg" in head)
