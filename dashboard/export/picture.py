"""A map over its photo as a PNG at the photo's own resolution, or larger. It looks like the chart on the page."""

import io
from bisect import bisect_right
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from plotly.colors import unlabel_rgb

from dashboard.compare import OTHER, Slot, annotate
from dashboard.export.exhibit import Exhibit, class_of, rival_of, settings, to_json
from dashboard.figures.colouring import Colouring
from dashboard.figures.maps import (
    DIM_COLOUR,
    DIM_OPACITY,
    FLAT,
    OUTLINE,
    RING,
    SHADES,
    Style,
    colouring_of,
    measured,
    outliers_in_words,
    outline_pieces,
    palette,
    seen_palette,
    unseen_rectangles,
)
from dashboard.photo import Box, taking_turns

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
PAPER, INK = (252, 252, 251), (28, 35, 33)
MOST_LETTERS = 2_000  # of a title; a picture of 50 megapixels has room for fewer
LEAST, TALL = 1_200, 4_000  # pixels: a picture's least width; smaller photos are enlarged, but not to be higher than this
SCREEN_WIDTH = 450  # pixels of a chart on screen: lines in a picture have the same thickness relative to its width


def map_png(exhibit: Exhibit, slot: Slot) -> bytes:
    """One map over the photo with a legend below it; the settings are inside as PNG text `settings`."""
    with taking_turns(exhibit.photo.size):
        return _map_png(exhibit, slot)


def _map_png(exhibit: Exhibit, slot: Slot) -> bytes:
    shown, style = exhibit.shown[slot], exhibit.style
    values, made = shown.heatmap.numpy(), colouring_of(shown, style)
    photo, times = _enlarged(exhibit.photo.image)
    box = Box(*(times * edge for edge in (shown.box.left, shown.box.top, shown.box.right, shown.box.bottom)))
    image = blend(photo, values, box, made, style)
    if style.show == "outline":
        _draw_edges(image, annotate(shown, exhibit.shown[OTHER[slot]], exhibit.share).top.numpy(), box, ((OUTLINE, 3),))
    name, rival = class_of(shown), rival_of(shown)
    what = f"{shown.method.label}{f' of {name}' if name else ''}{f' compared with {rival}' if rival else ''}"
    title = f"{what} · {exhibit.model_of(slot).title} · {exhibit.photo.name}"
    text = PngImagePlugin.PngInfo()
    text.add_itxt("settings", to_json(settings(exhibit)))
    stream = io.BytesIO()
    credit = f"Photo: {exhibit.photo.credit}" if exhibit.photo.credit else ""
    says = (f"{measured(shown)}{made.by_rank}", outliers_in_words(shown, style), credit)
    with_legend(image, title, says, made, style).save(stream, "PNG", pnginfo=text)
    return stream.getvalue()


def _enlarged(photo: Image.Image) -> tuple[Image.Image, int]:
    """The photo, as many times as large as it takes to be LEAST wide, within TALL; and how many times that is."""
    times = max(min(-(-LEAST // photo.width), TALL // photo.height), 1)
    if times == 1:
        return photo, 1
    return photo.resize((times * photo.width, times * photo.height), Image.Resampling.BICUBIC), times


def blend(photo: Image.Image, values: np.ndarray, box: Box, made: Colouring, style: Style) -> Image.Image:
    """The photo with the map `values` (h, w) over `box`, as large as the photo. What the model never saw is dimmed.

    Cells beyond the ends of the colours are ringed, and a flat map is hatched.
    """
    image = photo.copy()
    seen = (
        max(round(box.left), 0),
        max(round(box.top), 0),
        min(round(box.right), image.width),
        min(round(box.bottom), image.height),
    )
    opacity = Image.new("L", image.size)
    opacity.paste(round(255 * style.heatmap_opacity), seen)
    image.paste(_coloured(image.size, values, box, made, style), mask=opacity)
    if style.coloured and made.flat:
        _hatch(image, seen)
    for corners in unseen_rectangles(image.size, box):
        left, top, right, bottom = (round(corner) for corner in corners)
        place = left, top, right, bottom
        part = image.crop(place)
        image.paste(Image.blend(part, Image.new("RGB", part.size, DIM_COLOUR), DIM_OPACITY), place)
    if style.coloured:
        _draw_edges(image, made.beyond(values), box, RING)
    return image


def _coloured(size: tuple[int, int], values: np.ndarray, box: Box, made: Colouring, style: Style) -> Image.Image:
    """The map in colours, as large as the photo. Smoothing blends the cells' values, as Plotly does, rather than colours."""
    if made.flat:
        return Image.new("RGB", size, FLAT)
    rows, columns = values.shape
    dx, dy = columns / box.width, rows / box.height  # cells per photo pixel
    resample = Image.Resampling.BILINEAR if style.smooth else Image.Resampling.NEAREST
    field = Image.fromarray(made.positions(values).astype(np.float32)).transform(
        size, Image.Transform.AFFINE, (dx, 0, -box.left * dx, 0, dy, -box.top * dy), resample
    )
    index = field.point(lambda value: value * (SHADES - 1) + 0.5).convert("L")
    index.putpalette(palette(style.colours_of(made.signed)).flatten().tolist())
    return index.convert("RGB")


def _hatch(image: Image.Image, seen: tuple[int, int, int, int]) -> None:
    """Draws stripes over the part of the photo that the model saw, in place."""
    width, step = _thickness(image, 2), max(round(9 * image.width / SCREEN_WIDTH), 4)
    stripes = Image.new("L", image.size)
    draw = ImageDraw.Draw(stripes)
    for x in range(-image.height, image.width, step):
        draw.line([(x, image.height), (x + image.height, 0)], 255, width)
    inside = Image.new("L", image.size)
    inside.paste(stripes.crop(seen), seen)
    image.paste(DIM_COLOUR, mask=inside)


def _draw_edges(image: Image.Image, mask: np.ndarray, box: Box, lines: Sequence[tuple[str, int]]) -> None:
    """Draws lines between the cells in and out of a mask (h, w), in place: one set for each colour and width, in this order."""
    pieces = outline_pieces(mask, box)
    draw = ImageDraw.Draw(image)
    for rgb, width in lines:
        colour = tuple(round(part) for part in unlabel_rgb(rgb))
        for ends in pieces:
            draw.line(ends, colour, _thickness(image, width))


def _thickness(image: Image.Image, width: int) -> int:
    """A line's width in the picture, in pixels, that looks like `width` pixels on screen."""
    return max(round(width * image.width / SCREEN_WIDTH), 1)


def with_legend(image: Image.Image, title: str, says: tuple[str, str, str], made: Colouring, style: Style) -> Image.Image:
    """The unchanged picture at the top, with its colour bar and title below it. A picture that is narrower than LEAST stands in
    the middle, so that the words have room; in a very wide one they are no larger than its height allows.

    `says` holds three texts: what the colours measure, what they leave out, and who the photo is by.
    """
    width = max(image.width, LEAST)
    size = max(min(width, 3 * image.height) // 36, LEAST // 36, 8)
    font, small = (_letters(height) for height in (size, max(round(0.8 * size), 7)))
    measure, *notes = says
    barred = style.coloured and not made.flat
    sentences = [line for note in notes for line in _wrapped(note, small, width - size)]
    height = 2.2 + (3.4 if barred else 0) + 1.1 * len(sentences)
    framed = Image.new("RGB", (width, image.height + round(height * size)), PAPER)
    framed.paste(image, ((width - image.width) // 2, 0))
    draw, top = ImageDraw.Draw(framed), image.height
    if barred:
        shades = seen_palette(style.colours_of(made.signed), style.heatmap_opacity, 257)
        bar = Image.fromarray(shades[None]).resize((width, size // 2 + 1), Image.Resampling.NEAREST)
        framed.paste(bar, (0, top))
        below = top + round(0.8 * size)
        for at, text in made.labels:
            x, anchor = {0.0: (size // 2, "la"), 1.0: (width - size // 2, "ra")}.get(at, (width // 2, "ma"))
            draw.text((x, below), text, INK, small, anchor)
            if 0 < at < 1:
                draw.line([(width // 2, top), (width // 2, top + size // 2)], DIM_COLOUR, max(size // 6, 1))
        draw.text((size // 2, below + round(1.1 * size)), _shortened(measure, small, width - size), INK, small)
        top += round(3.4 * size)
    draw.text((size // 2, top + size // 2), _shortened(title, font, width - size), INK, font)
    for number, sentence in enumerate(sentences):
        draw.text((size // 2, top + round((1.9 + 1.1 * number) * size)), sentence, INK, small)
    return framed


def _letters(height: int) -> Font:
    """Letters of a height in pixels: those of figures, as Pillow's own font has no "é"."""
    package = find_spec("matplotlib")  # found, not imported: that would take a second
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("expected matplotlib, whose letters a picture's legend has")
    return ImageFont.truetype(Path(package.submodule_search_locations[0], "mpl-data", "fonts", "ttf", "DejaVuSans.ttf"), height)


def _wrapped(text: str, font: Font, width: int) -> list[str]:
    """The text as lines of at most `width` pixels, broken between words."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _shortened(text: str, font: Font, width: int) -> str:
    """The longest beginning of a text that fits in `width` pixels. At most MOST_LETTERS of it are measured."""
    if len(text) <= MOST_LETTERS and font.getlength(text) <= width:
        return text
    beginnings = range(min(len(text), MOST_LETTERS) + 1)
    longest = bisect_right(beginnings, width, key=lambda count: font.getlength(text[:count] + "…")) - 1
    return text[: max(longest, 0)] + "…"
