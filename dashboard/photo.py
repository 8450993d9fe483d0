"""From bytes to a photo: the only place where an upload is decoded, with every limit."""

import hashlib
import importlib.util
import io
import struct
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageCms, ImageOps
from torch import Tensor

MAX_BYTES = 20 * 1024**2
MAX_PIXELS = 50_000_000
MAX_ASPECT = 1_000  # a model that enlarges the short side would ask for gigabytes beyond it
DISPLAY_SIDE = 1024
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")
EXPECTED = "expected a photo such as JPEG, PNG, WebP, GIF, TIFF or BMP"

SAMPLES = {  # photos inside scikit-image's wheel: id -> file, title
    "chelsea": ("chelsea.png", "Chelsea the cat"),
    "astronaut": ("astronaut.png", "Astronaut"),
    "coffee": ("coffee.png", "Cup of coffee"),
    "rocket": ("rocket.jpg", "Rocket at night"),
    "motorcycle": ("motorcycle_left.png", "Motorcycle in a garage"),
    "camera": ("camera.png", "Man with a camera"),
}


class PhotoError(ValueError):
    """A file that is no photo this app takes; the text is a sentence for a person."""


@dataclass(frozen=True)
class Photo:
    """One decoded photo: `image` (RGB), `digest` (SHA-256 of the file), `name`, and `notes` on what was changed."""

    image: Image.Image
    digest: str
    name: str
    notes: tuple[str, ...] = field(default=())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.size


@dataclass(frozen=True)
class Box:
    """A rectangle in photo pixels, edges not centres. It may reach past the photo where a model pads."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def overlap(self, other: "Box") -> "Box | None":
        """What both cover, or None."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(left, top, right, bottom) if left < right and top < bottom else None

    def shares(self, inner: "Box") -> tuple[float, float, float, float]:
        """Left, top, right, bottom of another box in shares of this one's width and height."""
        return (
            (inner.left - self.left) / self.width,
            (inner.top - self.top) / self.height,
            (inner.right - self.left) / self.width,
            (inner.bottom - self.top) / self.height,
        )


@dataclass(frozen=True)
class View:
    """What a model eats: `pixels` (3, H, W), normalised, and `box`, the part of the photo they show."""

    pixels: Tensor
    box: Box


def open_photo(data: bytes, name: str) -> Photo:
    """Decodes a file: upright, RGB in sRGB, transparency over white, the first frame of several.

    Raises:
        PhotoError: it is empty, over a limit, damaged or no photo; the sentence says what was expected.
    """
    _refuse_early(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MAX_PIXELS below is the limit
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _refuse_large(image)
            notes = _frames(image)
            image.load()
            image = ImageOps.exif_transpose(image)
            image, colour_notes = _rgb(image)
    except Image.DecompressionBombError:
        raise PhotoError(_too_many_pixels("far more")) from None
    except Image.UnidentifiedImageError:
        raise PhotoError(f"This file is not an image that can be read: {EXPECTED}.") from None
    except (OSError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        raise PhotoError(f"The image is damaged or cut short and can't be read whole ({error}).") from None
    return Photo(image, hashlib.sha256(data).hexdigest(), name, notes + colour_notes)


def _refuse_early(data: bytes) -> None:
    if not data:
        raise PhotoError(f"The file is empty: {EXPECTED}.")
    if len(data) > MAX_BYTES:
        raise PhotoError(f"The file has {len(data) / 1024**2:.1f} MB: expected at most {MAX_BYTES // 1024**2} MB.")
    head = data[:1024].lstrip().lower()
    if b"<svg" in head or head.startswith(b"<?xml"):
        raise PhotoError(f"SVG is a drawing without pixels: {EXPECTED}.")
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"):
        raise PhotoError("HEIC photos can't be read here: please export the photo as JPEG.")


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


def _frames(image: Image.Image) -> tuple[str, ...]:
    """Phones write JPEGs with a second picture inside (MPO); that is no animation."""
    count = getattr(image, "n_frames", 1)
    if count == 1 or image.format in ("MPO", "JPEG"):
        return ()
    kind = "page" if image.format == "TIFF" else "frame"
    return (f"Only the first of its {count} {kind}s is looked at.",)


def _rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _from_deep_grey(image), ()
    image, notes = _to_srgb(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB"), notes
    return image.convert("RGB"), notes


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """16 bits (or a float image in 0 to 1, or 0 to 255) to 8 bits."""
    low, high = image.getextrema()
    scale = 255 if high <= 1 and image.mode == "F" else 1 / 257 if high > 255 or image.mode != "F" else 1
    if not low > float("-inf") or not high < float("inf"):
        raise OSError("it holds numbers that are not finite")
    return image.convert("F").point(lambda value: value * scale + 0).convert("L").convert("RGB")


def _to_srgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image, ()
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode), ()
    except (ImageCms.PyCMSError, OSError):
        return image, ("Its colour profile could not be used, so its colours may be a little off.",)


def sample_photo(sample: str) -> Photo:
    """One of the photos that ship with scikit-image, by its id in `SAMPLES`.

    Raises:
        KeyError: there is no such sample.
    """
    file, title = SAMPLES[sample]
    folder = Path(importlib.util.find_spec("skimage").submodule_search_locations[0], "data")
    return open_photo((folder / file).read_bytes(), title)


def display_jpeg(photo: Photo, side: int = DISPLAY_SIDE) -> bytes:
    """A JPEG copy for the screen, neither side longer than `side` pixels."""
    copy = photo.image.copy()
    copy.thumbnail((side, side), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    copy.save(stream, "JPEG", quality=85, optimize=True)
    return stream.getvalue()
