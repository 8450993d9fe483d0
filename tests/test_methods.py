"""What every method promises, over the registry. The networks behind the evidence are small, but real."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from dashboard.compare import Incomparable, compare
from dashboard.evidence import (
    AttentionMaps,
    FeatureMaps,
    Prediction,
    Probe,
    Question,
    StageGradients,
    StageProbe,
    TokenMaps,
)  # fmt: skip
from dashboard.explain import read
from dashboard.methods import (
    METHODS,
    RISE,
    AttentionFlow,
    AttentionRollout,
    ClassActivationMap,
    FinerCAM,
    GradCAM,
    LeGrad,
    Occlusion,
    Progressive,
    RawAttention,
    RefineCAM,
    ScoreCAM,
    SmoothGrad,
    TokenGradCAM,
    option_texts,
)  # fmt: skip
from dashboard.models.classifier import Observation
from dashboard.numerics.rollout import FUSIONS, Fusion
from dashboard.numerics.scaling import is_flat
from dashboard.photo import Box
from dashboard.progress import watched
from tests.models.tiny import CLASSES
from tests.networks import COLUMNS, ROWS, seen_by, seen_for

OF_PIXELS = {"Occlusion": (8, 8), "Integrated gradients": (24, 20), "SmoothGrad": (24, 20), "RISE": (24, 20)}
FINEST = {"RefineCAM": (12, 20)}
SLOW = [method for method in METHODS if method().work(seen_for(method()))]


def heatmap(method, target: int | None = None, against: int | None = None) -> Tensor:
    return method(seen_for(method, target, against))


def tensors(value: object) -> list[Tensor]:
    """Every tensor that evidence holds."""
    if isinstance(value, Tensor):
        return [value]
    if dataclasses.is_dataclass(value):
        return tensors([getattr(value, field.name) for field in dataclasses.fields(value)])
    return [leaf for each in value for leaf in tensors(each)] if isinstance(value, list | tuple) else []


@pytest.mark.parametrize("method", METHODS)
class TestEveryMethod:
    def test_it_reads_the_kind_of_evidence_that_it_is_of(self, method):
        """A checker takes its word for it: `needs` is what stands in `Method[...]`."""
        assert get_args(method.__orig_bases__[0]) == (method.needs,) == (method.evidence(),)

    def test_it_says_what_it_is(self, method):
        assert dataclasses.is_dataclass(method)
        assert method.__dataclass_params__.frozen
        assert method.paper.startswith(("https://arxiv.org/abs/", "https://doi.org/10."))
        assert method.paper.rsplit("/", 1)[1] in inspect.getdoc(method) or "doi.org" in method.paper
        assert method.label
        assert method.why.endswith(".")
        assert {type(flag) for flag in (method.signed, method.class_specific)} == {bool}
        assert method.passes >= 1

    def test_its_options_are_explained(self, method):
        assert {field.name for field in dataclasses.fields(method)} <= set(option_texts(method))

    def test_its_map_is_finite_and_has_the_grid(self, method):
        found = heatmap(method())
        assert found.shape == {**OF_PIXELS, **FINEST}.get(method.label, (ROWS, COLUMNS))
        assert found.isfinite().all()
        assert found.max() > found.min()
        assert not found.requires_grad
        assert method.signed or (found >= 0).all()

    def test_the_class_matters_where_it_says_so(self, method):
        """Another class, or the same one rather than another, is another question."""
        questions = ((1, None), (3, None), (1, 3), (3, 1))
        maps = [heatmap(method(), *each) for each in (questions[:3] if method is SmoothGrad else questions)]  # it has no sign
        same = [torch.equal(first, second) for i, first in enumerate(maps) for second in maps[:i]]
        assert not any(same) if method.class_specific else all(same)

    def test_evidence_stays_as_it_was(self, method):
        seen = seen_for(method(), 2)
        before = [tensor.clone() for tensor in tensors(seen)]
        method()(seen)
        assert all(torch.equal(old, new) for old, new in zip(before, tensors(seen), strict=True))
        assert not any(tensor.requires_grad for tensor in tensors(seen))

    def test_twice_the_same(self, method):
        """Noise and random masks are the same for the same question, whoever asks and whatever was drawn before."""
        first = heatmap(method(), 2)
        torch.rand(3)
        assert torch.equal(first, heatmap(method(), 2))

    def test_work_is_what_is_counted(self, method):
        seen, counted = seen_for(method(), 1), []
        with watched(counted.append):
            method()(seen)
        assert sum(counted) == method().work(seen)
        assert max(counted, default=0) <= 16, "whoever waits sees it move, and can stop it"
        assert (method().worth(seen) > 0) == (method().seconds(seen, 0.1) > 0) == (method().work(seen) > 0)


@pytest.mark.parametrize("method", SLOW)
def test_whoever_watches_can_stop(method):
    seen, steps = seen_for(method(), 1), []

    def stop(units: int) -> None:
        steps.append(units)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), watched(stop):
        method()(seen)
    assert len(steps) == 1
    assert method()(seen).isfinite().all(), "and ask again, as nobody watches any more"


def no_numbers_from(call: Callable[..., Any], everywhere: bool) -> Callable[..., Any]:
    """The same call, whose answers are NaN for all photos of a batch, or for the last one alone."""

    def spoilt(values: Tensor) -> Tensor:
        factor = torch.ones(len(values), *[1] * (values.ndim - 1))
        factor[0 if everywhere else -1 :] = torch.nan
        return values * factor

    def broken(*arguments: Any) -> Any:
        answer = call(*arguments)
        return tuple(map(spoilt, answer)) if isinstance(answer, tuple) else spoilt(answer)

    return broken


def broken_later(seen: Probe | StageProbe, everywhere: bool) -> Probe | StageProbe:
    """A look that was fine, of a model that answers every later question with values that are no numbers."""
    if isinstance(seen, Probe):
        return dataclasses.replace(seen, logits=no_numbers_from(seen.logits, everywhere))
    calls = {name: no_numbers_from(getattr(seen, name), everywhere) for name in ("maps", "rest", "slopes")}
    return dataclasses.replace(seen, probe=broken_later(seen.probe, everywhere), **calls)


@pytest.mark.parametrize("everywhere", [True, False], ids=["every answer", "the last of each batch"])
@pytest.mark.parametrize("method", [each for each in METHODS if each.needs in (Probe, StageProbe)])
def test_later_passes_that_give_no_numbers_end_as_a_flat_map(method, everywhere: bool):
    evidence = broken_later(seen_by(method.needs, Question()), everywhere)
    answer = Prediction(torch.arange(float(CLASSES)), tuple(map(str, range(CLASSES))))
    shown = read(Observation(evidence, answer, Box(0, 0, 40, 24), 1.0), "by/hand", method(), 1)
    assert shown.flat
    assert "no numbers" in shown.flat_in_words
    sound = read(Observation(seen_by(method.needs, Question()), answer, Box(0, 0, 40, 24), 1.0), "by/hand", method(), 1)
    assert not sound.flat, "the look itself was fine"
    assert isinstance(compare(sound, shown), Incomparable)


@pytest.mark.parametrize("cells", [4, 6, 8, 16])
@pytest.mark.parametrize("size", [(24, 40), (33, 47), (7, 30)])
def test_the_work_of_occlusion_at_any_size(cells: int, size: tuple[int, int]):
    seen, counted = seen_for(Occlusion(), 1), []
    seen = dataclasses.replace(seen, pixels=torch.randn(1, 3, *size), logits=_counted(counted))
    found = Occlusion(cells)(seen)
    assert found.shape == (cells, cells)
    assert sum(counted) == Occlusion(cells).work(seen)


def _counted(counted: list[int]):
    def logits(pixels: Tensor) -> Tensor:
        counted.append(len(pixels))
        return pixels.mean((2, 3)) @ torch.ones(3, 5)

    return logits


def test_names_are_told_apart():
    assert len({method.label for method in METHODS}) == len(METHODS)


@pytest.mark.parametrize("depth", [0, 4, -1])
def test_a_depth_outside_the_model(depth: int):
    with pytest.raises(ValueError, match=f"from 1 to 3, got {depth}"):
        heatmap(AttentionRollout(depth=depth))


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (GradCAM(stage=4), "a stage from 1 to 3, got 4"),
        (RefineCAM(first_stage=0), "a stage from 1 to 3, got 0"),
        (ScoreCAM(stage=-1), "a stage from 1 to 3, got -1"),
        (RawAttention(head=3), "a head from 1 to 2, got 3"),
        (RawAttention(layer=4), "a layer from 1 to 3, got 4"),
        (TokenGradCAM(layer=3), "a layer from 1 to 2, got 3"),
        (AttentionRollout(first_layer=4), "a first layer from 1 to 3, got 4"),
        (LeGrad(first_layer=0), "a first layer from 1 to 3, got 0"),
    ],
)
def test_options_outside_the_model(method, words: str):
    with pytest.raises(ValueError, match=words):
        heatmap(method)


PROGRESSIVE = [each for each in METHODS if issubclass(each, Progressive)]


@pytest.mark.parametrize("method", PROGRESSIVE)
def test_starting_later_is_a_model_without_the_layers_before(method):
    seen = seen_for(method(), 1)
    for first in (1, 2, 3):
        tensors = {name: value for name, value in vars(seen).items() if isinstance(value, Tensor) and name != "reads"}
        per_layer = {name: value[first - 1 :] for name, value in tensors.items()}
        without = dataclasses.replace(seen, **per_layer)
        for depth in range(first, 4):
            expected = method(depth=depth - first + 1)(without)
            torch.testing.assert_close(method(depth=depth, first_layer=first)(seen), expected)


@pytest.mark.parametrize("method", PROGRESSIVE)
def test_before_the_first_layer_nothing_is_gathered(method):
    seen, asked = seen_for(method(), 1), method(depth=1, first_layer=3)
    found = asked(seen)
    assert is_flat(found)
    assert asked.remark(seen, found) == "The first layer, 3, comes after the depth, 1: nothing is gathered yet."
    assert method(first_layer=3).remark(seen, found) == ""


def test_which_layer_sends_the_largest_cell_most_attention():
    """Layer 2 sends a half of all its attention to patch 4, layer 3 a fifth, to each of the others alike."""
    tokens, patch = 1 + 2 * 3, 1 + 4
    weights = torch.full((3, 2, tokens, tokens), 1 / tokens)
    for layer, share in ((1, 0.5), (2, 0.2)):
        weights[layer] = (1 - share) / (tokens - 1)
        weights[layer, :, :, patch] = share
    seen = AttentionMaps(weights, (2, 3), 1, torch.eye(tokens)[0])
    for options, layer, share in (({}, 2, 0.5), ({"first_layer": 3}, 3, 0.2), ({"depth": 1}, 1, 1 / tokens)):
        method = AttentionRollout(discard=0.0, **options)
        found = method.attraction(seen, torch.eye(6)[4].view(2, 3))
        assert (found.layer, found.share, found.even) == (layer, pytest.approx(share), 1 / tokens)


@pytest.mark.parametrize("method", PROGRESSIVE)
def test_every_depth_is_a_row_of_the_progression(method):
    seen = seen_for(method(), 1)
    for depth in (1, 2, 3):
        assert torch.equal(method(depth=depth)(seen), method().progression(seen)[depth - 1])


@pytest.mark.parametrize("method", [each for each in METHODS if each.needs in (StageGradients, StageProbe)])
def test_every_stage_has_a_map_of_its_size(method):
    option = "first_stage" if method is RefineCAM else "stage"
    for stage, size in ((1, (12, 20)), (2, (6, 10)), (3, (3, 5))):
        found = heatmap(method(**{option: stage}), 1)
        assert found.shape == size
        assert found.isfinite().all()


def test_every_head_of_every_layer():
    seen = seen_by(AttentionMaps, RawAttention().question(None, None))
    for layer in (1, 2, 3):
        for head in (1, 2):
            expected = seen.weights[layer - 1, head - 1, 0, 1:].view(ROWS, COLUMNS)
            torch.testing.assert_close(RawAttention(layer, head)(seen), expected)
        for fusion, fused in (("mean", seen.weights.mean(1)), ("max", seen.weights.amax(1)), ("min", seen.weights.amin(1))):
            torch.testing.assert_close(RawAttention(layer, None, fusion)(seen), fused[layer - 1, 0, 1:].view(ROWS, COLUMNS))


def test_tokens_are_read_after_the_last_layer_that_matters():
    """This ViT's head reads the class token alone: after its third layer no patch can change the answer."""
    seen = seen_for(TokenGradCAM())
    assert isinstance(seen, TokenMaps)
    assert seen.token_layers == 2
    assert torch.equal(TokenGradCAM()(seen), TokenGradCAM(layer=2)(seen))


def test_finer_cam_without_gamma_is_grad_cam():
    torch.testing.assert_close(heatmap(FinerCAM(gamma=0.0), 2), heatmap(GradCAM(), 2))
    assert not torch.equal(heatmap(FinerCAM(rivals=1), 2), heatmap(FinerCAM(rivals=4), 2))


def test_attention_flow_says_at_how_many_patches_its_bound_settles_it():
    """In a deep random network at all of them; where the class token hears of nobody but itself, at none."""
    random = torch.randn(10, 1, 40, 40, generator=torch.Generator().manual_seed(0)).softmax(-1)
    deaf = random.clone()
    deaf[:, :, 0] = torch.eye(40)[0]
    for weights, count in ((random, 39), (deaf, 0)):
        seen = AttentionMaps(weights, (3, 13), 1, torch.eye(40)[0])
        assert AttentionFlow().remark(seen, AttentionFlow()(seen)).startswith(f"At {count} of 39 patches ")


def test_cam_without_class_weights_says_so():
    with pytest.raises(ValueError, match="class weights"):
        ClassActivationMap()(FeatureMaps(torch.ones(2, 2, 2)))


def test_more_masks_settle():
    """RISE's map is a mean over masks: other masks change it less, the more there are."""
    first, more = (heatmap(RISE(masks=count), 1) for count in (400, 1000))
    few = heatmap(RISE(masks=100), 1)
    assert (first - more).std() < (few - more).std()


def test_an_options_meaning_comes_from_the_docstring_or_from_what_many_share():
    assert option_texts(SmoothGrad).keys() == {field.name for field in dataclasses.fields(SmoothGrad)}
    stage = "The stage of the network whose maps are read, by default the last."
    assert option_texts(GradCAM) == {"stage": stage}
    assert option_texts(FinerCAM)["stage"] == stage
    assert "one matrix" in option_texts(RawAttention)["heads"]


def test_each_fusion_that_can_be_chosen_is_known():
    assert get_args(Fusion) == tuple(FUSIONS)
