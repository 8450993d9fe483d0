"""A map with values that are no numbers is shown as one without an order, on every page, and takes none of them away."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from dashboard import methods
from dashboard.methods import AttentionRollout, ClassActivationMap
from tests.ui.pages import opened, words
from tests.ui.test_layers_page import figures


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("page", ["", "Layers", "Attention", "Methods", "Trust", "Known_Truth"])
def test_a_map_of_no_numbers(page: str, value: float, monkeypatch: pytest.MonkeyPatch):
    @dataclass(frozen=True)
    class Broken(ClassActivationMap):
        """CAM that divides by zero."""

        label: ClassVar = "Broken"

        def __call__(self, evidence) -> Tensor:
            return super().__call__(evidence).index_fill(0, torch.tensor([2]), value)

    @dataclass(frozen=True)
    class BrokenRollout(AttentionRollout):
        """Rollout that does."""

        label: ClassVar = "Broken rollout"

        def progression(self, evidence) -> Tensor:
            return super().progression(evidence).index_fill(1, torch.tensor([2]), value)

    monkeypatch.setattr(methods, "METHODS", (*methods.METHODS, Broken, BrokenRollout))
    app = opened(page, left_method="Broken", right_method="Broken rollout")
    assert not app.error
    assert figures(app)
    said = "values are no numbers"
    if page == "":
        assert said in str(figures(app)["left_map"])
        assert said in words(app), "in place of the difference"
        assert not app.metric
