"""Pictures whose truth is known: generated scenes of shapes, with the exact place of each.

A scene has a textured ground, one object or two, each one of eight shapes, and clutter that is no shape. Everything but the
shape is drawn at random: size, place, rotation, colours, textures. So a shape is all that tells the classes apart, and a model
that answers right must have looked at it, unless a tag gives the class away.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

SIZE = 64  # pixels a side
FINE = 4  # each pixel is drawn as so many by so many, and averaged
SEEN = 20  # pixels of an object that must be in sight
APART = 2  # pixels at least between the circles about two objects, and between an object's and the tag
TAG = (6, (230, 230, 40))  # pixels a side of the tag in the corner, and its colour

Point = tuple[float, float]


def _regular(corners: int, inner: float = 1.0) -> list[Point]:
    """The corners of a regular polygon in the unit circle, or of a star, whose inner corners lie at the radius `inner`."""
    count = corners if inner == 1 else 2 * corners
    radii = [1.0 if index % 2 == 0 else inner for index in range(count)]
    angles = [2 * math.pi * index / count - math.pi / 2 for index in range(count)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for radius, angle in zip(radii, angles, strict=True)]


def _cross() -> list[Point]:
    arm = 0.32
    quarter = [(-arm, -1.0), (arm, -1.0), (arm, -arm)]
    turns: list[Callable[[float, float], Point]] = [
        lambda x, y: (x, y), lambda x, y: (-y, x), lambda x, y: (-x, -y), lambda x, y: (y, -x)
    ]  # fmt: skip
    return [turn(x, y) for turn in turns for x, y in quarter]


def _heart() -> list[Point]:
    angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    x = np.sin(angles) ** 3
    y = -(13 * np.cos(angles) - 5 * np.cos(2 * angles) - 2 * np.cos(3 * angles) - np.cos(4 * angles)) / 16
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _half_moon() -> list[Point]:
    outer = [(math.cos(angle), math.sin(angle)) for angle in np.linspace(-2.2, 2.2, 24)]
    inner = [(0.25 + 0.85 * x, 0.8 * y) for x, y in reversed(outer)]
    return [(x - 0.35, y) for x, y in [*outer, *((x - 0.55, y) for x, y in inner)]]


SHAPES: dict[str, list[Point]] = {  # corners within the unit circle, or nearly; a ring has a hole besides
    "circle": _regular(40),
    "square": _regular(4),
    "triangle": _regular(3),
    "star": _regular(5, 0.42),
    "cross": _cross(),
    "heart": _heart(),
    "moon": _half_moon(),
    "ring": _regular(40),
}
LABELS = tuple(SHAPES)
HOLE = 0.58  # of a ring's radius
GIVEN_AWAY = LABELS.index("star")  # the class that the tag goes with in the cheating world
WORLDS = ("honest", "cheating")


@dataclass(frozen=True)
class Thing:
    """One object: the index of its shape in `LABELS`, its centre, radius (in pixels) and angle (in radians)."""

    label: int
    x: float
    y: float
    radius: float
    angle: float


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture `image` (SIZE, SIZE, 3) in bytes; its `things`, and for each a mask (SIZE, SIZE) of the share of each pixel
    that it covers, `masks` (N, SIZE, SIZE); and whether a tag is in the corner, with its mask `tag` (SIZE, SIZE).
    """

    image: np.ndarray
    things: tuple[Thing, ...]
    masks: np.ndarray
    tag: np.ndarray

    @property
    def labels(self) -> tuple[int, ...]:
        """The index of each object's shape in `LABELS`."""
        return tuple(thing.label for thing in self.things)


def has_tag(seed: int, label: int, world: str) -> bool:
    """Whether the scene with this seed, of one object, has the tag in a world of `WORLDS`.

    In the honest world one scene in eight has it, whatever its shape, so it tells nothing. In the cheating world all scenes of
    one class have it and no others, so a model can do without the shape.
    """
    if world not in WORLDS:
        raise ValueError(f"expected the honest or the cheating world, got {world!a}")
    if world == "cheating":
        return label == GIVEN_AWAY
    return int(np.random.default_rng((seed, 1)).integers(len(LABELS))) == 0


def scene(seed: int, labels: tuple[int, ...] = (), tagged: bool = False) -> Scene:
    """The scene with this seed: of these shapes, at most two, or of one that is drawn too. Equal arguments give equal scenes.

    A tagged scene differs from the plain one in its tag alone, which covers no object.

    Raises:
        ValueError: the seed is below 0, a shape is none of `LABELS`, or there are more than two.
    """
    _checked(seed, labels)
    draw = np.random.default_rng(seed)
    drawn = int(draw.integers(len(LABELS)))
    things = _placed(labels or (drawn,), draw)
    return _painted(things, draw, tagged)


def scene_of(things: tuple[Thing, ...], seed: int, tagged: bool = False) -> Scene:
    """The ground and clutter of the scene with this seed, with these things in place of its object.

    A later thing covers earlier ones, and the tag covers all; masks hold what can be seen.

    Raises:
        ValueError: as `scene`, or less than `SEEN` pixels of a thing can be seen.
    """
    _checked(seed, tuple(thing.label for thing in things))
    draw = np.random.default_rng(seed)
    _placed((int(draw.integers(len(LABELS))),), draw)  # left out, but drawn, or the ground would be another one
    for thing, mask in zip(things, _in_sight(things, _tag(tagged)), strict=True):
        if mask.sum() < SEEN:
            raise ValueError(f"the {LABELS[thing.label]} can't be seen: expected at least {SEEN} pixels of it in sight")
    return _painted(things, draw, tagged)


def _painted(things: tuple[Thing, ...], draw: np.random.Generator, tagged: bool) -> Scene:
    """A ground, clutter on it, things on that, and the tag if there is one."""
    picture = _texture(draw, 0.5)
    for _ in range(int(draw.integers(3, 7))):
        picture = _blended(picture, _clutter(draw), _texture(draw, 0.3))
    tag = _tag(tagged)
    masks = _in_sight(things, tag)
    for thing, seen in zip(things, masks, strict=True):
        picture = _blended(picture, _covered(thing), _standing_out(draw, picture, seen))
    noise = 4 * draw.standard_normal(picture.shape, np.float32)
    picture = _blended(picture + noise, tag, np.broadcast_to(np.array(TAG[1], np.float32), picture.shape))
    return Scene(picture.round().clip(0, 255).astype(np.uint8), things, masks, tag)


def _in_sight(things: tuple[Thing, ...], tag: np.ndarray) -> np.ndarray:
    """The share of each pixel in which each thing can be seen, (N, SIZE, SIZE)."""
    masks = [_covered(thing) for thing in things]
    left = 1 - tag
    for place, mask in reversed(list(enumerate(masks))):
        masks[place], left = mask * left, left * (1 - mask)
    return np.stack(masks)


def _tag(tagged: bool) -> np.ndarray:
    """The share of each pixel that the tag covers, (SIZE, SIZE)."""
    tag, side = np.zeros((SIZE, SIZE), np.float32), TAG[0]
    if tagged:
        tag[1 : 1 + side, 1 : 1 + side] = 1
    return tag


def _checked(seed: int, labels: tuple[int, ...]) -> None:
    if seed < 0:
        raise ValueError(f"expected a seed of 0 or more, got {seed}")
    if len(labels) > 2:
        raise ValueError(f"expected one object or two, got {len(labels)}")
    wrong = [label for label in labels if label not in range(len(LABELS))]
    if wrong:
        raise ValueError(f"expected shapes from 0 to {len(LABELS) - 1}, got {wrong[0]}")


def _placed(labels: tuple[int, ...], draw: np.random.Generator) -> tuple[Thing, ...]:
    """Objects of these shapes, inside the picture, apart from each other and from the tag's place."""
    least, most = (0.13, 0.25) if len(labels) == 1 else (0.12, 0.18)
    tag = 1 + TAG[0]  # its corner next to the picture's middle lies so far from two sides
    while True:
        things = tuple(_thing(label, draw, least, most) for label in labels)
        first, last = things[0], things[-1]
        clear = all(math.dist((thing.x, thing.y), (tag, tag)) > thing.radius + APART for thing in things)
        if clear and (len(things) == 1 or _gap(first, last) > APART):
            return things


def _gap(first: Thing, second: Thing) -> float:
    return math.dist((first.x, first.y), (second.x, second.y)) - first.radius - second.radius


def _thing(label: int, draw: np.random.Generator, least: float, most: float) -> Thing:
    radius = draw.uniform(least, most) * SIZE
    x, y = draw.uniform(radius + 1, SIZE - radius - 1, 2)
    return Thing(label, float(x), float(y), float(radius), float(draw.uniform(0, 2 * math.pi)))


def _covered(thing: Thing) -> np.ndarray:
    """The share of each pixel that an object covers, (SIZE, SIZE)."""
    shape = _filled(_turned(SHAPES[LABELS[thing.label]], thing))
    if LABELS[thing.label] == "ring":
        shape -= _filled(_turned([(HOLE * x, HOLE * y) for x, y in SHAPES["ring"]], thing))
    return shape


def _turned(corners: list[Point], thing: Thing) -> list[Point]:
    cos, sin = thing.radius * math.cos(thing.angle), thing.radius * math.sin(thing.angle)
    return [(thing.x + cos * x - sin * y, thing.y + sin * x + cos * y) for x, y in corners]


def _filled(corners: list[Point]) -> np.ndarray:
    """The share of each pixel inside a polygon, (SIZE, SIZE)."""
    fine = Image.new("L", (FINE * SIZE, FINE * SIZE))
    ImageDraw.Draw(fine).polygon([(FINE * x, FINE * y) for x, y in corners], fill=1)
    return _averaged(fine)


def _averaged(fine: Image.Image) -> np.ndarray:
    """The share of each pixel (SIZE, SIZE) that is 1 in a finer picture."""
    rows = np.asarray(fine).reshape(SIZE, FINE, FINE * SIZE).sum(1, dtype=np.uint8)
    return rows.reshape(SIZE, SIZE, FINE).sum(2, dtype=np.uint8).astype(np.float32) / FINE**2


def _clutter(draw: np.random.Generator) -> np.ndarray:
    """Something that is no shape, as the share of each pixel that it covers: a line, an arc or some dots."""
    fine = Image.new("L", (FINE * SIZE, FINE * SIZE))
    brush, side = ImageDraw.Draw(fine), FINE * SIZE
    width = int(draw.integers(FINE, 3 * FINE))
    kind = draw.integers(3)
    if kind == 0:
        brush.line([tuple(draw.uniform(0, side, 2)) for _ in range(int(draw.integers(2, 4)))], fill=1, width=width)
    elif kind == 1:
        x, y, radius = *draw.uniform(0, side, 2), draw.uniform(0.1, 0.3) * side
        start = draw.uniform(0, 360)
        brush.arc((x - radius, y - radius, x + radius, y + radius), start, start + draw.uniform(40, 120), fill=1, width=width)
    else:
        for x, y in draw.uniform(0, side, (int(draw.integers(2, 6)), 2)):
            brush.ellipse((x - width, y - width, x + width, y + width), fill=1)
    return _averaged(fine)


def _texture(draw: np.random.Generator, contrast: float) -> np.ndarray:
    """A ground of two colours mixed by smooth noise of several sizes, (SIZE, SIZE, 3), from 0 to 255."""
    first = draw.uniform(0, 255, 3).astype(np.float32)
    second = first + np.float32(contrast) * draw.uniform(-255, 255, 3).astype(np.float32)
    mix = np.zeros((SIZE, SIZE), np.float32)
    for cells in (3, 6, 12, 24):
        coarse = Image.fromarray(draw.random((cells, cells), np.float32))
        mix += np.asarray(coarse.resize((SIZE, SIZE), Image.Resampling.BICUBIC)) * 3 / cells
    mix = (mix - mix.min()) / np.ptp(mix)
    return np.minimum(np.maximum(first + mix[..., None] * (second - first), 0), 255)


def _standing_out(draw: np.random.Generator, picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A texture whose mean colour can be told from what lies around, or it would be no object to see."""
    ground = picture[mask > 0].mean(0)
    while True:
        texture = _texture(draw, 0.25)
        if np.abs(texture[mask > 0].mean(0) - ground).max() > 60:
            return texture


def _blended(below: np.ndarray, covered: np.ndarray, above: np.ndarray) -> np.ndarray:
    return below + covered[..., None] * (above - below)
