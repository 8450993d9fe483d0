"""Copies of a photo that show the same, and what is read from the maps of a broken model."""

import math

import numpy as np
import pytest
import torch
from PIL import Image

from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.methods import ClassActivationMap
from dashboard.photo import Box, Photo, sample_photo
from dashboard.studies.sanity import LONGEST, NOISE, SMOOTH, SPREAD, broken, copies, smoothing, steadiness


def map_of(heatmap: torch.Tensor) -> Explanation:
    return Explanation(
        heatmap, Box(0, 0, 8, 6), ClassActivationMap(), "model", 0, Prediction(torch.tensor([1.0, 0]), ("a", "b"))
    )


def test_copies_show_the_same():
    photo = sample_photo("chelsea")
    before = photo.image.tobytes()
    made = copies(photo)
    assert made.plain is photo
    assert np.array_equal(np.asarray(made.mirrored.image), np.asarray(photo.image)[:, ::-1])
    for noisy in made.noisy:
        difference = np.abs(np.asarray(noisy.image, int) - np.asarray(photo.image, int))
        assert difference.mean() > 1
        assert difference.max() <= round(NOISE * 255)
    digests = [made.mirrored.digest, *(each.digest for each in made.noisy)]
    assert len(set(digests)) == 4
    assert all(digest.startswith(f"{photo.digest}:") for digest in digests), "forgotten with the photo"
    assert photo.image.tobytes() == before


def test_copies_to_smooth_with_have_the_noise_that_is_told():
    photo = Photo(Image.new("RGB", (40, 30), (128, 128, 128)), "digest", "grey")
    made = smoothing(photo)
    assert len({each.image.tobytes() for each in made}) == len({each.digest for each in made}) == SMOOTH
    assert all(each.digest.startswith("digest:") for each in made), "forgotten with the photo"
    for each in made:
        assert np.asarray(each.image, float).std() / 255 == pytest.approx(SPREAD, rel=0.05)
    assert smoothing(photo)[0].image.tobytes() == made[0].image.tobytes(), "the same noise each time"


def test_a_large_photo_is_made_smaller_first():
    made = copies(Photo(Image.new("RGB", (3000, 1500)), "digest", "large"))
    assert {each.size for each in (made.plain, made.mirrored, *made.noisy)} == {(LONGEST, LONGEST // 2)}


def test_a_map_that_mirrors_with_the_photo_is_steady():
    heatmap = torch.rand(3, 5, generator=torch.Generator().manual_seed(0))
    found = steadiness(map_of(heatmap), map_of(heatmap.flip(1)), [map_of(2 * heatmap), map_of(-heatmap)])
    assert (found.mirrored, *found.noisy) == pytest.approx((1, 1, -1))


def test_what_is_read_of_broken_models():
    intact = torch.rand(3, 5, generator=torch.Generator().manual_seed(1))
    maps = torch.stack([intact, intact * (1 + 1e-8), -intact, torch.ones(3, 5)])
    found = broken(intact, maps)
    assert found.same == (True, True, False, False)
    assert found.unread == 2
    assert found.correlations[:3] == pytest.approx((1, 1, -1))
    assert math.isnan(found.correlations[3])
    assert broken(intact, intact.expand(5, 3, 5)).unread == 5
