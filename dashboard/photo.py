"""A photo: the file that a person brought, and its pixels for as long as somebody works on them."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Condition, RLock

from cachetools import LRUCache, cached
from PIL import Image
from torch import Tensor

from dashboard.decoding.decode import LARGE, MAX_ASPECT, MAX_PIXELS
from dashboard.decoding.formats import EXPECTED, MAX_BYTES, PhotoError
from dashboard.decoding.pool import POOL, Unavailable
from dashboard.samples import SAMPLES

__all__ = [
    "EXPECTED", "MAX_ASPECT", "MAX_BYTES", "MAX_PIXELS", "SAMPLES", "Box", "File", "Photo", "PhotoError", "View",
    "display_jpeg", "forget_pixels", "mean_colour", "open_photo", "sample_photo", "taking_turns", "thumbnail_jpeg",
]  # fmt: skip
DISPLAY_SIDE, THUMBNAIL_SIDE = 1024, 80
PIXELS_LIMIT = 4 * MAX_PIXELS  # bytes of decoded pixels, of all photos together: one photo of the largest size
TRIES = 10  # at decoding a file again that opened before; each waits up to a minute
OPENED = 256  # files for which the answer whether they open is kept
Image.core.set_block_size(64 * 1024**2)  # bytes: the C library gives pieces of over 32 MB back to the system at once


@dataclass(frozen=True)
class File:
    """A photo as it came, `data`, and its `size` (width, height) in pixels once it is upright."""

    data: bytes = field(repr=False)
    size: tuple[int, int]
    digest: str


@dataclass(frozen=True)
class Photo:
    """One photo: `source` (a file, or an image in memory), `digest` (SHA-256 of the file), `name`, `notes` on what was
    changed, and `credit`, who it is by and its licence, which is empty where nobody is known to be named.

    A file of 150 kB may hold 50 megapixels. So the photo keeps the file, and `image` decodes it on demand.
    """

    source: File | Image.Image
    digest: str
    name: str
    notes: tuple[str, ...] = field(default=())
    credit: str = ""

    @property
    def image(self) -> Image.Image:
        """The pixels (RGB), shared, so to be read only. Callers should not hold on to them: they may take 200 MB."""
        return _pixels_of(self.source) if isinstance(self.source, File) else self.source

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.source.size


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

    def upper_left(self, down: float, across: float) -> "Box":
        """The part from the top left that has the shares `down` of this box's height and `across` of its width."""
        return Box(self.left, self.top, self.left + across * self.width, self.top + down * self.height)

    def overlap(self, other: "Box") -> "Box | None":
        """The part that both boxes cover, or None."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(left, top, right, bottom) if left < right and top < bottom else None

    def shares(self, inner: "Box") -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the box `inner`, in shares of this box's width and height."""
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
    """Decodes a file once, in a process of its own, to see that it is a photo: upright, RGB in sRGB, transparency over
    white, the first frame of several.

    Raises:
        PhotoError: it is empty, over a limit, damaged or no photo; the sentence says what was expected.
    """
    digest = hashlib.sha256(data).hexdigest()
    opened = _opened(digest, data)
    if isinstance(opened, str):
        raise PhotoError(opened)
    return Photo(File(data, opened.size, digest), digest, name, opened.notes)


@dataclass(frozen=True)
class _Opened:
    """What is known of a file that opens."""

    size: tuple[int, int]
    notes: tuple[str, ...]


@cached(LRUCache(OPENED), key=lambda digest, data: digest, condition=Condition())  # once, however many threads ask
def _opened(digest: str, data: bytes) -> _Opened | str:
    """What is known of a file, or the sentence why it does not open."""
    try:
        decoded = POOL.decode(data)
    except Unavailable:
        raise
    except PhotoError as error:
        return str(error)
    _keep_pixels(digest, decoded.image)
    return _Opened(decoded.image.size, decoded.notes)


def _image_bytes(image: Image.Image) -> int:
    return 4 * image.width * image.height  # Pillow's own layout of RGB


_decoded_changed = Condition()


@cached(LRUCache(PIXELS_LIMIT, getsizeof=_image_bytes), key=lambda file: file.digest, condition=_decoded_changed)
def _decoded(file: File) -> Image.Image:
    for _ in range(TRIES):
        try:
            return POOL.decode(file.data).image
        except Unavailable:  # it opened before, so all it needs is time
            continue
    return POOL.decode(file.data).image


def _pixels_of(file: File) -> Image.Image:
    with taking_turns(file.size):
        return _decoded(file)


def _keep_pixels(digest: str, image: Image.Image) -> None:
    with _decoded_changed:
        if _image_bytes(image) <= PIXELS_LIMIT:
            _decoded.cache[digest] = image


def forget_pixels(digest: str) -> None:
    """Lets go of the decoded copy of a file."""
    with _decoded_changed:
        _decoded.cache.pop(digest, None)


_turn = RLock()


@contextmanager
def taking_turns(size: tuple[int, int]) -> Iterator[None]:
    """Lets the pixels of only one large photo be worked on at a time; other large photos wait, small ones never do.

    A pass over 50 megapixels takes a gigabyte for a second, whatever the size of the file.
    """
    if size[0] * size[1] <= LARGE:
        yield
        return
    with _turn:
        yield


def sample_photo(sample: str) -> Photo:
    """One of the photos that a newcomer can choose, by its id in `SAMPLES`.

    Raises:
        KeyError: there is no such sample.
    """
    chosen = SAMPLES[sample]
    return replace(open_photo(chosen.data(), chosen.title), credit=chosen.credit)


def display_jpeg(photo: Photo, side: int = DISPLAY_SIDE) -> bytes:
    """A JPEG copy for the screen, neither side longer than `side` pixels."""
    share = min(side / max(photo.size), 1)
    width, height = (max(round(share * length), 1) for length in photo.size)
    stream = io.BytesIO()
    with taking_turns(photo.size):
        copy = photo.image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    copy.save(stream, "JPEG", quality=85, optimize=True)
    return stream.getvalue()


def mean_colour(photo: Photo, box: Box) -> tuple[int, int, int]:
    """The mean red, green and blue, 0 to 255, of the part of a photo in a box."""
    edges = (max(box.left, 0), max(box.top, 0), min(box.right, photo.size[0]), min(box.bottom, photo.size[1]))
    with taking_turns(photo.size):
        red, green, blue = photo.image.resize((1, 1), Image.Resampling.BOX, edges, reducing_gap=2.0).tobytes()
    return red, green, blue


def thumbnail_jpeg(photo: Photo, side: int = THUMBNAIL_SIDE) -> bytes:
    """A small JPEG of the photo's middle, `side` x `side` pixels: about 2 kB."""
    short = min(photo.size)
    left, top = ((length - short) / 2 for length in photo.size)
    with taking_turns(photo.size):
        copy = photo.image.resize(
            (side, side), Image.Resampling.LANCZOS, (left, top, left + short, top + short), reducing_gap=2.0
        )
    stream = io.BytesIO()
    copy.save(stream, "JPEG", quality=70, optimize=True)
    return stream.getvalue()
