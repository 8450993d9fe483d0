"""What every method promises, over the registry."""

import dataclasses
import inspect

import pytest
import torch

from dashboard.evidence import AttentionMaps, FeatureMaps
from dashboard.methods import METHODS, AttentionRollout

ROWS, COLUMNS = 3, 5


def evidence(needs: type):
    generator = torch.Generator().manual_seed(3)
    if needs is FeatureMaps:
        return FeatureMaps(torch.randn(6, ROWS, COLUMNS, generator=generator), torch.randn(4, 6, generator=generator))
    tokens = 1 + ROWS * COLUMNS
    weights = torch.randn(2, 3, tokens, tokens, generator=generator).mul(2).softmax(-1)
    return AttentionMaps(weights, (ROWS, COLUMNS), 1, torch.eye(tokens)[0])


@pytest.mark.parametrize("method", METHODS)
class TestEveryMethod:
    def test_it_says_what_it_is(self, method):
        assert dataclasses.is_dataclass(method)
        assert method.__dataclass_params__.frozen
        assert method.paper.startswith("https://arxiv.org/abs/")
        assert method.paper.rsplit("/", 1)[1] in inspect.getdoc(method)
        assert method.label
        assert method.why.endswith(".")
        assert {type(flag) for flag in (method.signed, method.class_specific)} == {bool}
        assert method.passes >= 1

    def test_its_map_is_finite_and_has_the_grid(self, method):
        heatmap = method()(evidence(method.needs))
        assert heatmap.shape == (ROWS, COLUMNS)
        assert heatmap.isfinite().all()
        assert method.signed or (heatmap >= 0).all()

    def test_the_class_matters_where_it_says_so(self, method):
        first, second = (method()(dataclasses.replace(evidence(method.needs), target=k)) for k in (0, 3))
        assert torch.equal(first, second) is not method.class_specific

    def test_evidence_stays_as_it_was(self, method):
        seen, again = evidence(method.needs), evidence(method.needs)
        method()(seen)
        for field in dataclasses.fields(seen):
            before, after = getattr(again, field.name), getattr(seen, field.name)
            assert torch.equal(before, after) if isinstance(before, torch.Tensor) else before == after


def test_names_are_told_apart():
    assert len({method.label for method in METHODS}) == len(METHODS)


@pytest.mark.parametrize("depth", [0, 3, -1])
def test_a_depth_outside_the_model(depth: int):
    with pytest.raises(ValueError, match=f"from 1 to 2, got {depth}"):
        AttentionRollout(depth=depth)(evidence(AttentionMaps))


def test_every_depth_is_a_row_of_the_progression():
    seen = evidence(AttentionMaps)
    for depth in (1, 2):
        assert torch.equal(AttentionRollout(depth=depth)(seen), AttentionRollout().progression(seen)[depth - 1])


def test_cam_without_class_weights_says_so():
    from dashboard.methods import ClassActivationMap

    with pytest.raises(ValueError, match="class weights"):
        ClassActivationMap()(FeatureMaps(torch.ones(2, 2, 2)))
