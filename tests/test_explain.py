"""The join of model and method, and the comparison of two maps, without Streamlit."""

import subprocess
import sys

import pytest
import torch

from dashboard.compare import Comparison, Incomparable, annotate, compare
from dashboard.evidence import Prediction
from dashboard.explain import Explanation, explain
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.metrics import Number, Spearman, TopOverlap
from dashboard.models.classifier import DoesNotFit
from dashboard.models.zoo import load
from dashboard.photo import Box, sample_photo
from tests.conftest import ROOT

ANSWER = Prediction(torch.tensor([0.25, 0.75]).log(), ("no", "yes"))


def by_hand(heatmap: torch.Tensor, box: Box) -> Explanation:
    return Explanation(heatmap, box, ClassActivationMap(), "by/hand", 1, ANSWER)


def test_cam_of_the_bundled_cnn():
    shown = explain(sample_photo("chelsea"), load("bundled/cnn"), ClassActivationMap())
    assert shown.heatmap.shape == (8, 8)
    assert shown.prediction.top(1)[0][1] == "cat"
    assert shown.prediction.labels[shown.target] == "cat"
    assert [round(edge) for edge in (shown.box.left, shown.box.top, shown.box.right, shown.box.bottom)] == [0, 0, 451, 300]


def test_any_class_can_be_asked_for():
    photo, model = sample_photo("chelsea"), load("bundled/cnn")
    cat, ship = (explain(photo, model, ClassActivationMap(), model.labels.index(name)) for name in ("cat", "ship"))
    assert not torch.equal(cat.heatmap, ship.heatmap)
    assert cat.heatmap.mean() > ship.heatmap.mean()


def test_rollout_has_no_target():
    assert explain(sample_photo("chelsea"), load("bundled/vit"), AttentionRollout(), 3).target is None


def test_a_class_the_model_does_not_have():
    with pytest.raises(ValueError, match="from 0 to 9, got 10"):
        explain(sample_photo("chelsea"), load("bundled/cnn"), ClassActivationMap(), 10)


def test_a_method_that_does_not_fit_says_why():
    with pytest.raises(DoesNotFit, match="no global attention"):
        explain(sample_photo("chelsea"), load("bundled/cnn"), AttentionRollout())


def test_a_notebook_needs_no_streamlit():
    code = "import sys, dashboard.explain, dashboard.models.zoo, dashboard.export.report; assert 'streamlit' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_comparing_looks_only_where_both_saw():
    """Two ramps along x that agree on what they share, whatever each shows elsewhere."""
    first = by_hand(torch.arange(10.0).view(1, 10), Box(0, 0, 100, 40))
    second = by_hand(torch.arange(12.0).view(1, 12), Box(40, 0, 160, 40))
    both = compare(first, second)
    assert both.box == Box(40, 0, 100, 40)
    assert both.difference.shape == (1, 12)
    assert both.number(Spearman).value == pytest.approx(1)
    assert both.number(TopOverlap).chance == pytest.approx((1 / 6) / (2 - 1 / 6)), (
        "two of twelve cells are as near to a fifth as there is"
    )


def test_how_far_two_maps_agree_is_said_in_words():
    ramp, box = torch.arange(12.0).view(1, 12), Box(0, 0, 120, 10)
    said = [compare(by_hand(ramp, box), by_hand(other, box)).in_words for other in (ramp, ramp.flip(1))]
    assert said[0] == "The two maps are almost the same."
    assert said[1] == "The two maps disagree: where one is high, the other tends to be low."
    opposite = Comparison(box, ramp, (Number(Spearman(), -1 - 1e-12),))  # rounded
    assert opposite.in_words == said[1]
    seen = set()
    for seed in range(200):  # of shuffled ramps: all kinds of correlation, each with the words of its range
        order = torch.randperm(5, generator=torch.Generator().manual_seed(seed))
        found = compare(by_hand(torch.arange(5.0).view(1, 5), box), by_hand(order.view(1, 5).float(), box))
        value = found.number(Spearman).value
        seen.add(found.in_words)
        assert ("little in common" in found.in_words) == (-0.3 <= value < 0.3)
        assert ("agree in part" in found.in_words) == (0.3 <= value < 0.6)
        assert ("agree well" in found.in_words) == (0.6 <= value < 0.95)
    assert len(seen) == 5


def test_nothing_in_common():
    heatmap = torch.rand(2, 2)
    found = compare(by_hand(heatmap, Box(0, 0, 5, 5)), by_hand(heatmap, Box(5, 0, 10, 5)))
    assert isinstance(found, Incomparable)
    assert "no common part" in found.reason


FLAT = [torch.zeros(3, 4), torch.full((3, 4), 0.1), torch.full((3, 4), -7.0) + 1e-7 * torch.rand(3, 4)]


@pytest.mark.parametrize("values", FLAT)
def test_of_a_flat_map_no_number_and_no_difference_is_made(values: torch.Tensor):
    box = Box(0, 0, 40, 30)
    flat, other = by_hand(values, box), by_hand(torch.arange(12.0).view(3, 4), box)
    assert flat.flat
    assert not other.flat
    for pair in ((flat, other), (other, flat), (flat, flat)):
        assert compare(*pair) == Incomparable("CAM: Every cell has the same value, so there is nothing to rank.")
    notes = annotate(flat, other)
    assert notes.percentiles.isnan().all()
    assert not notes.top.any()
    assert annotate(other, flat).percentiles.isfinite().all()


def test_a_map_that_is_flat_where_both_looked():
    whole = by_hand(torch.tensor([[1.0, 1.0, 5.0, 9.0]]), Box(0, 0, 40, 10))
    left = by_hand(torch.arange(2.0).view(1, 2), Box(0, 0, 15, 10))
    found = compare(whole, left)
    assert found.reason == "CAM, in the part that both models saw: Every cell has the same value, so there is nothing to rank."


def test_patches_are_called_patches():
    flat = Explanation(torch.ones(2, 2), Box(0, 0, 4, 4), AttentionRollout(), "by/hand", None, ANSWER)
    assert flat.flat_in_words == "Every patch has the same value, so there is nothing to rank."


def test_the_other_map_read_at_a_cell():
    own = by_hand(torch.arange(8.0).view(2, 4), Box(0, 0, 40, 20))
    other = by_hand(torch.tensor([[1.0, 2.0]]), Box(20, 0, 40, 20))
    notes = annotate(own, other, 0.25)
    assert notes.other.isnan()[:, :2].all()
    assert notes.other[:, 2:].tolist() == [[1.0, 2.0], [1.0, 2.0]]
    assert notes.percentiles[1, 3] == 1
    assert notes.top.tolist() == [[False] * 4, [False, False, True, True]]
