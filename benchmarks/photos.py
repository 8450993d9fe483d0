"""Opening a photo in a process of its own, beside decoding it in this one."""

import io

from PIL import Image, ImageFilter

from benchmarks.timing import Row, medians
from dashboard.decoding.decode import decode
from dashboard.decoding.pool import POOL
from dashboard.photo import sample_photo

PHOTOS = {"a JPEG of 0.2 megapixels": ("JPEG", (600, 400)), "a JPEG of 12 megapixels": ("JPEG", (4000, 3000)),
          "a PNG of 24 megapixels": ("PNG", (6000, 4000))}  # fmt: skip


def photo_rows() -> list[Row]:
    """Photos as people have them; the pixels travel from one process to the other."""
    return [_row(name, _file(*shape)) for name, shape in PHOTOS.items()]


def _row(name: str, data: bytes) -> Row:
    apart, here = medians(5, lambda: POOL.decode(data), lambda: decode(data))
    bound = 1.5 * here + 10
    return Row(
        f"opening {name} in a process of its own, against in this one",
        f"{apart:.0f} ms, {apart / here:.2f} x ({here:.0f} ms)",
        "at most 1.5 x and 10 ms",
        apart <= bound,
    )


def _file(kind: str, size: tuple[int, int]) -> bytes:
    image = sample_photo("chelsea").image.resize(size).filter(ImageFilter.SHARPEN)
    stream = io.BytesIO()
    Image.blend(image, Image.effect_noise(size, 40).convert("RGB"), 0.1).save(stream, kind)
    return stream.getvalue()
