"""Operations are counted, not timed."""

from pathlib import Path

import pytest
import torch
from torch import nn

from dashboard.models.operations import Operations
from dashboard.models.zoo import load
from tests.models.tiny import FAMILIES, save


def test_products_are_counted_as_the_definition_says() -> None:
    """A multiplication and an addition for each weight at each place that it meets."""
    network = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(5 * 6 * 8, 7))
    with torch.no_grad(), Operations() as counted:
        network(torch.rand(1, 3, 6, 8))
    assert counted.count == 2 * (3 * 5 * 9 * 6 * 8 + 5 * 6 * 8 * 7)


@pytest.mark.parametrize("key", ["bundled/cnn", "bundled/vit"])
def test_a_model_counts_the_same_at_every_load(key: str) -> None:
    assert load(key).operations == load(key).operations > 10**8


def test_a_larger_model_counts_more(models: Path) -> None:
    save(FAMILIES["vit"].build(), models / "small")
    small, large = load("hf/small"), load("bundled/vit")
    assert 0 < small.operations < large.operations
