"""A map in words, of maps that are bright where the sentence says."""

from dataclasses import replace

import pytest
import torch

from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.methods import AttentionRollout, ClassActivationMap, EigenCAM
from dashboard.photo import Box
from dashboard.studies.whereabouts import half_share, in_words

SIZE = (90, 60)
WHOLE = Box(0, 0, *SIZE)
ANSWER = Prediction(torch.tensor([2.0, 1.0]), ("cat", "dog"))


def rollout(values: torch.Tensor, box: Box = WHOLE) -> Explanation:
    return Explanation(values, box, AttentionRollout(), "bundled/vit", None, ANSWER)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [(0, 0, "upper left"), (0, 3, "top"), (0, 5, "upper right"), (1, 0, "left"), (2, 3, "bottom"), (2, 5, "lower right")],
)
def test_one_bright_cell_is_named(row: int, column: int, words: str):
    values = torch.zeros(3, 6)
    values[row, column] = 2
    assert in_words(rollout(values), SIZE) == f"Brightest: {words}. Half of it lies in 3% of the photo."


def test_a_crop_is_told_in_the_photos_own_places():
    values = torch.zeros(2, 2)
    values[0, 0] = 1
    shown = rollout(values, Box(60, 40, 90, 60))  # the lower right ninth alone
    assert in_words(shown, SIZE).startswith("Brightest: lower right.")
    assert half_share(shown, values, SIZE) == pytest.approx(1 / 9 / 4 / 2)


def test_an_even_map_and_a_flat_one_say_so():
    values = torch.ones(3, 6)
    values[0, 0] = 1.01
    assert "spread almost evenly: half of it takes 50% of the photo" in in_words(rollout(values), SIZE)
    assert in_words(rollout(torch.ones(3, 6)), SIZE) == "Every patch has the same value, so there is nothing to rank."


def test_a_signed_map_says_where_it_speaks_for_and_against():
    values = torch.zeros(3, 6)
    values[0, 5], values[2, 0] = 4, -1
    shown = Explanation(values, WHOLE, ClassActivationMap(), "bundled/cnn", 0, ANSWER)
    told = in_words(shown, SIZE)
    assert told.startswith("Most evidence for the class: upper right. Half of it lies in 3% of the photo.")
    assert told.endswith("Most evidence against it: lower left.")
    assert in_words(replace(shown, heatmap=values.clamp(min=0)), SIZE).endswith("No evidence against it.")
    values[2, 0] = -0.3
    assert in_words(replace(shown, heatmap=values), SIZE).endswith("Hardly any evidence against it.")
    values[2, 0] = -1
    only_against = in_words(replace(shown, heatmap=values.clamp(max=0)), SIZE)
    assert only_against == "No evidence for the class. Most evidence against it: lower left."
    assert "Most below zero: lower left." in in_words(replace(shown, method=EigenCAM(), target=None), SIZE)
