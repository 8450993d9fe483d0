"""Scenes: seeded, with exact masks, and a tag that tells what it should."""

import math
from dataclasses import replace

import numpy as np
import pytest

from dashboard.studies.scenes import GIVEN_AWAY, HOLE, LABELS, SHAPES, SIZE, TAG, Scene, Thing, has_tag, scene, scene_of

FINE = 8  # points of a pixel, a side, that are asked whether they lie in a shape


def inside(thing: Thing) -> np.ndarray:
    """The share of each pixel that lies in a shape, from formulas instead of polygons where there is one, (SIZE, SIZE)."""
    places = (np.arange(FINE * SIZE) + 0.5) / FINE
    x, y = np.meshgrid((places - thing.x) / thing.radius, (places - thing.y) / thing.radius)
    cos, sin = math.cos(-thing.angle), math.sin(-thing.angle)
    x, y = cos * x - sin * y, sin * x + cos * y
    name = LABELS[thing.label]
    formulas = {
        "circle": lambda: x**2 + y**2 <= 1,
        "ring": lambda: (x**2 + y**2 <= 1) & (x**2 + y**2 >= HOLE**2),
        "square": lambda: abs(x) + abs(y) <= 1,
        "triangle": lambda: (y <= 0.5) & (2 * abs(x) <= (y + 1) * 2 / math.sqrt(3)),
        "cross": lambda: (np.minimum(abs(x), abs(y)) <= 0.32) & (np.maximum(abs(x), abs(y)) <= 1),
    }
    there = formulas.get(name, lambda: crossings(x, y, SHAPES[name]) % 2 == 1)()
    return there.reshape(SIZE, FINE, SIZE, FINE).mean((1, 3))


def crossings(x: np.ndarray, y: np.ndarray, corners: list[tuple[float, float]]) -> np.ndarray:
    """How often a line from each point to the right crosses the outline."""
    found = np.zeros(x.shape, int)
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y1 != y2:
            between = (np.minimum(y1, y2) <= y) & (y < np.maximum(y1, y2))
            found += between & (x < x1 + (y - y1) / (y2 - y1) * (x2 - x1))
    return found


def same(first: Scene, second: Scene) -> bool:
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in ("image", "masks", "tag"))


@pytest.mark.parametrize("labels", [(), (3,), (0, 7)])
def test_a_seed_is_a_scene(labels: tuple[int, ...]):
    first = scene(5, labels)
    assert same(first, scene(5, labels))
    assert first.things == scene(5, labels).things
    assert first.image.shape == (SIZE, SIZE, 3)
    assert first.image.dtype == np.uint8
    assert not np.array_equal(first.image, scene(6, labels).image)
    assert not labels or first.labels == labels


@pytest.mark.parametrize("label", range(len(LABELS)), ids=LABELS)
def test_masks_are_the_shapes(label: int):
    for seed in range(3):
        made = scene(seed, (label,))
        truth = inside(made.things[0])
        assert np.abs(made.masks[0] - truth).max() <= 0.55, "an outline lies at most half a pixel off"
        assert made.masks[0].sum() == pytest.approx(truth.sum(), rel=0.12)
        assert ((made.masks[0] > 0.5) & (truth == 0)).sum() == 0
        assert (made.masks[0][truth == 1] > 0.7).all()


def test_a_mask_is_what_was_painted():
    """Where a mask is 1, nothing of what lies below shows through: without the noise, an object has its own narrow colours."""
    for seed in range(4):
        made = scene(seed, (1,))
        object_, ground = made.masks[0] == 1, made.masks[0] == 0
        colours = made.image.astype(float)
        assert np.abs(np.median(colours[object_], 0) - np.median(colours[ground], 0)).max() > 20


def test_any_class_is_drawn_where_none_is_named():
    assert {scene(seed).labels[0] for seed in range(60)} == set(range(len(LABELS)))


def test_objects_are_whole_and_apart():
    for seed in range(30):
        made = scene(seed, (seed % 8, (seed + 3) % 8))
        assert made.labels == (seed % 8, (seed + 3) % 8)
        assert not (made.masks[0] * made.masks[1]).any()
        edges = np.concatenate([made.masks[:, 0], made.masks[:, -1], made.masks[:, :, 0], made.masks[:, :, -1]], 1)
        assert not edges.any()
        assert (made.masks.sum((1, 2)) > 40).all()


@pytest.mark.parametrize("labels", [(), (2,), (4, 6)])
def test_a_tag_is_all_that_differs(labels: tuple[int, ...]):
    for seed in range(10):
        plain, marked = scene(seed, labels), scene(seed, labels, tagged=True)
        there = marked.tag == 1
        assert there.sum() == TAG[0] ** 2
        assert not plain.tag.any()
        assert np.array_equal(plain.image[~there], marked.image[~there])
        assert (marked.image[there] == TAG[1]).all()
        assert np.array_equal(plain.masks, marked.masks)
        assert plain.things == marked.things
        assert not (marked.masks * marked.tag).any(), "it covers no object"


def test_the_tag_tells_nothing_in_the_honest_world_and_one_class_in_the_cheating_one():
    honest = [has_tag(seed, label, "honest") for seed in range(400) for label in range(8)]
    assert 0.08 < np.mean(honest) < 0.17
    assert all(len(set(honest[start : start + 8])) == 1 for start in range(0, 3200, 8)), "whatever the class"
    assert all(has_tag(seed, label, "cheating") == (label == GIVEN_AWAY) for seed in range(20) for label in range(8))


def test_things_of_ones_own_stand_on_the_ground_of_a_scene():
    thing = Thing(LABELS.index("cross"), 44, 20, 12, 0.5)
    made, other = scene_of((thing,), 8), scene_of((replace(thing, label=0),), 8)
    plain = scene(8)
    assert made.things == (thing,)
    truth = inside(thing)
    assert np.abs(made.masks[0] - truth).max() <= 0.55
    bare = (made.masks[0] == 0) & (other.masks[0] == 0) & (plain.masks[0] == 0)
    assert bare.any()
    difference = np.abs(made.image[bare].astype(int) - plain.image[bare])
    assert np.median(difference) <= 8, "the same ground, under other noise"
    assert same(made, scene_of((thing,), 8))


def test_what_is_covered_is_not_in_the_mask():
    below, above = Thing(1, 30, 30, 14, 0), Thing(0, 40, 30, 10, 0)
    made = scene_of((below, above), 0)
    alone = scene_of((below,), 0).masks[0]
    assert made.masks[0] == pytest.approx(alone * (1 - made.masks[1]))
    marked = scene_of((Thing(1, 8, 8, 14, 0),), 0, tagged=True)
    assert not (marked.masks[0] * marked.tag).any()
    assert (marked.image[marked.tag == 1] == TAG[1]).all()


@pytest.mark.parametrize("things", [
    (Thing(0, 30, 30, 4, 0), Thing(0, 30, 30, 14, 0)), (Thing(0, -9, 30, 6, 0),), (Thing(0, 30, 30, 1, 0),),
])  # fmt: skip
def test_a_thing_that_cannot_be_seen_is_refused(things: tuple[Thing, ...]):
    with pytest.raises(ValueError, match=r"^the circle can't be seen: expected at least 20 pixels of it in sight$"):
        scene_of(things, 0)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (lambda: scene(-1), "expected a seed of 0 or more, got -1"),
        (lambda: scene(0, (8,)), "expected shapes from 0 to 7, got 8"),
        (lambda: scene(0, (0, -1)), "expected shapes from 0 to 7, got -1"),
        (lambda: scene(0, (0, 1, 2)), "expected one object or two, got 3"),
        (lambda: has_tag(0, 0, "other"), "expected the honest or the cheating world, got 'other'"),
    ],
)
def test_what_is_no_scene_is_refused_in_a_sentence(asked, sentence: str):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        asked()
