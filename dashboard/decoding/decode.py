"""One file to one upright photo in RGB. Whatever a decoder raises becomes one sentence."""

import io
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from PIL import AvifImagePlugin, Image, ImageCms, ImageFile, TiffImagePlugin

from dashboard.decoding.formats import AVIF_BRANDS, PhotoError, kind_of
from dashboard.decoding.png import essentials

LOG = logging.getLogger(__name__)
MAX_PIXELS = 50_000_000
LARGE = 16_000_000  # pixels, from which photos take turns
MAX_ASPECT = 1_000  # beyond it, a model that enlarges the short side would need gigabytes
DAMAGED = "The image is damaged or cut short and can't be read whole."
PROFILE_NOTE = "Its colour profile could not be used, so its colours may be a little off."
ORIENTATION, PHOTOMETRIC, BITS, SAMPLE_FORMAT = 0x0112, 262, 258, 339  # tags of EXIF and TIFF
MIN_IS_WHITE, MIN_IS_BLACK, UNSIGNED = 0, 1, 1  # values of PHOTOMETRIC and SAMPLE_FORMAT
TURNS = {  # EXIF's orientation to the turn that puts the photo upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ROWS = 256  # of deep grey that are converted at a time

T = TypeVar("T")
AvifImagePlugin.DEFAULT_MAX_THREADS = 2  # each thread takes address space, which is bounded
TiffImagePlugin.OPEN_INFO |= {  # kinds that Pillow can read but has no entry for
    (b"II", MIN_IS_BLACK, (3,), 1, (64,), ()): ("F", "F;64F"),
    (b"MM", MIN_IS_BLACK, (3,), 1, (64,), ()): ("F", "F;64BF"),
    (b"MM", MIN_IS_BLACK, (1,), 1, (32,), ()): ("I", "I;32BS"),
}
for (_order, _photometric, *_rest), _modes in list(TiffImagePlugin.OPEN_INFO.items()):
    if _photometric == MIN_IS_BLACK and (_modes[0] in ("I", "F") or _modes[0].startswith("I;16")):
        TiffImagePlugin.OPEN_INFO.setdefault((_order, MIN_IS_WHITE, *_rest), _modes)


@dataclass(frozen=True)
class Decoded:
    """The pixels of a file, `image` (RGB), and what was changed on the way."""

    image: Image.Image
    notes: tuple[str, ...]


def decode(data: bytes) -> Decoded:
    """Decodes a file: upright, RGB in sRGB, transparency over white, the first frame of several.

    Raises:
        PhotoError: it is empty, over a limit, damaged or no photo; the sentence says what was expected.
    """
    kind = kind_of(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MAX_PIXELS is the limit, and damage that matters raises
            return _decoded(kind, data)
    except PhotoError:
        raise
    except Image.DecompressionBombError:
        raise PhotoError(_too_many_pixels("far more")) from None
    except MemoryError as error:
        raise PhotoError("This file would take more memory to open than any photo needs.") from error
    except Exception as error:  # decoders raise whatever they like
        raise PhotoError(DAMAGED) from error


def _decoded(kind: str, data: bytes) -> Decoded:
    image, notes = _opened(kind, data)
    _refuse_large(image)
    if kind == "TIFF":  # Pillow turns a TIFF by itself, and would refuse one with damaged EXIF
        image.load_end = partial(_unless_damaged, image.load_end, None)
    image.load()
    turn = TURNS.get(_unless_damaged(lambda: image.getexif().get(ORIENTATION, 0), 0))
    if image.size != image.im.size:  # a TIFF that Pillow could not turn
        image = image.copy()
    image, colour_notes = _rgb(image)
    return Decoded(image if turn is None else image.transpose(turn), notes + colour_notes)


def _unless_damaged(read: Callable[[], T], otherwise: T) -> T:
    """What `read` gives, or `otherwise` where it raises: no photo is refused for damaged metadata."""
    try:
        return read()
    except Exception:
        LOG.debug("metadata that can't be read", exc_info=True)
        return otherwise


def _opened(kind: str, data: bytes) -> tuple[ImageFile.ImageFile, tuple[str, ...]]:
    """The image, not yet decoded, and a note where it is only the first of several."""
    if kind == "PNG":
        return _opened_png(data)
    if kind == "AVIF" and data[8:12] not in AVIF_BRANDS:
        data = data[:8] + b"avif" + data[12:]  # Pillow looks at the major brand alone
    image = Image.open(io.BytesIO(data), formats=(kind,))
    several = kind in ("GIF", "WEBP", "TIFF", "AVIF") and _unless_damaged(lambda: getattr(image, "is_animated", False), False)
    return image, _frames("page" if kind == "TIFF" else "frame") if several else ()


def _opened_png(data: bytes) -> tuple[ImageFile.ImageFile, tuple[str, ...]]:
    chunks = essentials(data)
    notes = _frames("frame") if chunks.animated else ()
    whole = _unless_damaged(lambda: Image.open(io.BytesIO(chunks.file(metadata=True)), formats=("PNG",)), None)
    if whole is not None:
        return whole, notes
    image = Image.open(io.BytesIO(chunks.file(metadata=False)), formats=("PNG",))
    return image, (*notes, PROFILE_NOTE) if b"iCCP" in chunks.metadata else notes


def _frames(kind: str) -> tuple[str, ...]:
    """The note on a file of several frames. They are not counted, since a small file can hold very many."""
    return (f"Only the first of its {kind}s is looked at.",)


def _refuse_large(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise PhotoError(_too_many_pixels(f"{image.width:,} x {image.height:,}"))
    if max(image.size) > MAX_ASPECT * min(image.size):
        raise PhotoError(
            f"The image is too thin ({image.width:,} x {image.height:,} pixels): "
            f"expected a long side of at most {MAX_ASPECT:,} times the short one."
        )


def _too_many_pixels(found: str) -> str:
    return f"The image has too many pixels ({found}): expected at most {MAX_PIXELS // 10**6} megapixels."


def _rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _from_deep_grey(image)
    profile = image.info.get("icc_profile")
    image, alpha = _apart(image)
    image, notes = _to_srgb(image, profile)
    if alpha is None:
        return image, notes
    over = Image.new("RGB", image.size, "white")
    over.paste(image, mask=alpha)
    return over, notes


def _apart(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The image in colours or grey, and its transparency, None where it has none."""
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        image = image.convert("LA" if grey else "RGBA")
        return image.convert("L" if grey else "RGB"), image.getchannel("A")
    if image.mode in ("RGB", "L", "CMYK", "LAB"):
        return image, None
    return image.convert("L" if grey else "RGB"), None


def _to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, tuple[str, ...]]:
    """The image in RGB, converted by its colour profile where it has a usable one."""
    lab = image.mode == "LAB"  # Pillow itself can't convert LAB to RGB
    if not profile and not lab:
        return _as_rgb(image), ()
    try:
        source = ImageCms.createProfile("LAB") if lab or not profile else ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return _as_rgb(image), (PROFILE_NOTE,)
    return converted or image, ()  # the result is None where Pillow converted in place


def _as_rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")  # convert would copy


def _from_deep_grey(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """RGB from grey of more than 8 bits: 16 bits are scaled by their whole range, wider integers and floats from the smallest
    value to the largest, with a note.
    """
    tags = getattr(image, "tag_v2", {})
    values, inverted = np.asarray(image), tags.get(PHOTOMETRIC) == MIN_IS_WHITE  # (h, w)
    if image.mode == "I" and _first(tags.get(SAMPLE_FORMAT, UNSIGNED)) == UNSIGNED and _first(tags.get(BITS)) == 32:
        values = values.view(np.uint32)
    if image.mode.startswith("I;16"):
        low, high, notes = 0, 2 ** (_first(tags.get(BITS)) or 16) - 1, ()
    else:
        low, high = float(values.min()), float(values.max())
        if not np.isfinite([low, high]).all():
            raise PhotoError("The image holds numbers that are not finite: expected a number for every pixel.")
        notes = (_stretched(low, high, inverted),)
    grey = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), ROWS):
        shares = (values[top : top + ROWS].astype(np.float64) - low) / (high - low or 1)
        grey[top : top + ROWS] = np.rint(255 * (1 - shares if inverted else shares).clip(0, 1)) if high > low else 128
    if "transparency" in image.info:
        grey[values == image.info["transparency"]] = 255
    return Image.fromarray(grey).convert("RGB"), notes


def _first(entry: Any) -> int | None:
    """A TIFF tag's number; where it has one for each channel, the first."""
    return entry[0] if isinstance(entry, tuple) else entry


def _stretched(low: float, high: float, inverted: bool) -> str:
    if low == high:
        return f"All its pixels have the value {low:.6g}, shown as grey."
    ends = "white to black" if inverted else "black to white"
    return f"Its values from {low:.6g} to {high:.6g} were stretched to {ends}."
