"""A map over its photo as a PNG, at the photo's own resolution: the same picture that the chart shows."""

import io
from bisect import bisect_right

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from plotly.colors import sample_colorscale, unlabel_rgb

from dashboard.explain import annotate
from dashboard.export.exhibit import Exhibit, class_of, rival_of, settings, to_json
from dashboard.figures.maps import DIM_COLOUR, DIM_OPACITY, OUTLINE, SCALES, Look, outline_path, unseen_rectangles, value_limits
from dashboard.photo import Box

PAPER, INK = (252, 252, 251), (28, 35, 33)
MOST_LETTERS = 2_000  # of a title; a picture of 50 megapixels has room for fewer
SCREEN_WIDTH = 450  # pixels of a chart; lines as thick as there, relative to the photo


def map_png(exhibit: Exhibit, side: str) -> bytes:
    """One map over the photo with a legend below it; the settings are inside as PNG text `settings`."""
    shown, look = exhibit.shown[side], exhibit.look
    values, limits = shown.heatmap.numpy(), value_limits(shown, look)
    image = blend(exhibit.photo.image, values, shown.box, limits, look)
    if look.show == "outline":
        other = exhibit.shown["vit" if side == "cnn" else "cnn"]
        _draw_outline(image, annotate(shown, other, exhibit.share).top.numpy(), shown.box)
    name, rival = class_of(shown), rival_of(shown)
    what = f"{shown.method.label}{f' of {name}' if name else ''}{f' rather than {rival}' if rival else ''}"
    title = f"{what} · {exhibit.models[side].title} · {exhibit.photo.name}"
    text = PngImagePlugin.PngInfo()
    text.add_itxt("settings", to_json(settings(exhibit)))
    stream = io.BytesIO()
    with_legend(image, title, limits, look).save(stream, "PNG", pnginfo=text)
    return stream.getvalue()


def blend(photo: Image.Image, values: np.ndarray, box: Box, limits: tuple[float, float], look: Look) -> Image.Image:
    """The photo under `values` (h, w) over `box`, what the model never saw dimmed; as large as the photo."""
    image = photo.copy()
    seen = (
        max(round(box.left), 0),
        max(round(box.top), 0),
        min(round(box.right), image.width),
        min(round(box.bottom), image.height),
    )
    opacity = Image.new("L", image.size)
    opacity.paste(round(255 * look.heatmap_opacity), seen)
    image.paste(_coloured(image.size, values, box, limits, look), mask=opacity)
    for corners in unseen_rectangles(image.size, box):
        place = tuple(round(corner) for corner in corners)
        part = image.crop(place)
        image.paste(Image.blend(part, Image.new("RGB", part.size, DIM_COLOUR), DIM_OPACITY), place)
    return image


def _coloured(size: tuple[int, int], values: np.ndarray, box: Box, limits: tuple[float, float], look: Look) -> Image.Image:
    """The map in colours over the whole photo. Where cells are blended, their values are, as Plotly does, not their colours."""
    rows, columns = values.shape
    dx, dy = columns / box.width, rows / box.height  # cells per photo pixel
    resample = Image.Resampling.BILINEAR if look.smooth else Image.Resampling.NEAREST
    field = Image.fromarray(values.astype(np.float32)).transform(
        size, Image.Transform.AFFINE, (dx, 0, -box.left * dx, 0, dy, -box.top * dy), resample
    )
    low, high = limits
    scale = 255 / (high - low)
    index = field.point(lambda value: value * scale + (0.5 - low * scale)).convert("L")
    index.putpalette(_palette(look))
    return index.convert("RGB")


def _palette(look: Look) -> list[int]:
    """256 colours, lowest first, as a flat list."""
    colours = sample_colorscale(SCALES[look.colours], np.linspace(0, 1, 256).tolist())
    return [round(part) for colour in colours for part in unlabel_rgb(colour)]


def _draw_outline(image: Image.Image, top: np.ndarray, box: Box) -> None:
    x, y = outline_path(top, box)
    colour = tuple(round(part) for part in unlabel_rgb(OUTLINE))
    draw, width = ImageDraw.Draw(image), max(round(3 * image.width / SCREEN_WIDTH), 1)
    for start in range(0, len(x), 3):
        draw.line([(x[start], y[start]), (x[start + 1], y[start + 1])], colour, width)


def with_legend(image: Image.Image, title: str, limits: tuple[float, float], look: Look) -> Image.Image:
    """The picture with its title and its colours below; the picture itself stays as it is, at the top."""
    size = max(image.width // 36, 8)
    font, small = ImageFont.load_default(size), ImageFont.load_default(max(round(0.8 * size), 7))
    coloured = look.show in ("overlay", "map")
    framed = Image.new("RGB", (image.width, image.height + round((4.4 if coloured else 2.2) * size)), PAPER)
    framed.paste(image)
    draw, top = ImageDraw.Draw(framed), image.height
    draw.text((size // 2, top + size // 2), _shortened(title, font, image.width - size), INK, font)
    if coloured:
        bar = Image.linear_gradient("L").rotate(90).resize((image.width - size, size // 2 + 1))  # dark on the left
        bar.putpalette(_palette(look))
        framed.paste(bar.convert("RGB"), (size // 2, top + 2 * size))
        below = top + round(2.9 * size)
        draw.text((size // 2, below), f"{limits[0]:.3g}", INK, small)
        draw.text((image.width - size // 2, below), f"{limits[1]:.3g}", INK, small, anchor="ra")
    return framed


def _shortened(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """The longest beginning of a text that fits. Nothing longer than MOST_LETTERS is ever measured."""
    if len(text) <= MOST_LETTERS and font.getlength(text) <= width:
        return text
    beginnings = range(min(len(text), MOST_LETTERS) + 1)
    longest = bisect_right(beginnings, width, key=lambda count: font.getlength(text[:count] + "…")) - 1
    return text[: max(longest, 0)] + "…"
