"""CNN methods and RISE on a small network, written again from the papers: one channel, one mask, one place at a time."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dashboard import methods
from dashboard.methods import Method
from dashboard.numerics.perturbation import BATCH, rise
from tests.networks import HEIGHT, WIDTH, cnn, pixels, seen_for

TARGET = 3


def onward(maps: Tensor, stage: int = -1) -> list[Tensor]:
    """Activations at the end of each stage after this one, and the logits last; the photo is stage -1."""
    net, found = cnn(), []
    if stage < 0:
        found.append(maps := net.stem(maps))
    if stage < 1:
        middle = net.down(maps).relu()
        found.append(maps := middle + net.skipped(middle))
    if stage < 2:
        found.append(maps := net.last(maps))
    return [*found, net.head(net.pool(maps).flatten(1))]


def answer(photo: Tensor) -> Tensor:
    """All logits of one photo, (K,)."""
    return onward(photo)[-1][0]


@pytest.fixture(scope="module")
def stages() -> list[Tensor]:
    """Activations at the end of each stage, (C, h, w)."""
    return [maps[0] for maps in onward(pixels())[:-1]]


def gradient(maps: Tensor, stage: int = 2, asked: dict[int, float] | None = None) -> Tensor:
    """Of a sum of logits, by default the class's own, with respect to a stage's activations (C, h, w)."""
    with torch.enable_grad():
        leaf = maps.detach().requires_grad_()
        logits = onward(leaf[None], stage)[-1][0]
        score = sum(weight * logits[index] for index, weight in (asked or {TARGET: 1.0}).items())
        return torch.autograd.grad(score, leaf)[0]


def weighted(maps: Tensor, weights: list[float]) -> Tensor:
    """ReLU of the sum of channels, one after the other."""
    total = torch.zeros(maps.shape[1:])
    for channel, weight in zip(maps, weights, strict=True):
        total += weight * channel
    return total.clamp(min=0)


def found_by(method: Method) -> Tensor:
    return method(seen_for(method, TARGET))


def same(found: Tensor, expected: Tensor) -> None:
    assert expected.std() > 0
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4 * expected.abs().max().item())


def test_cam(stages: list[Tensor]):
    weights, maps = cnn().head.weight[TARGET], stages[2]
    expected = torch.tensor([
        [sum((weights[k] * maps[k, y, x]).item() for k in range(len(maps))) for x in range(maps.shape[2])]
        for y in range(maps.shape[1])
    ])  # fmt: skip
    same(found_by(methods.ClassActivationMap()), expected)


def test_grad_cam(stages: list[Tensor]):
    same(found_by(methods.GradCAM()), weighted(stages[2], [g.mean().item() for g in gradient(stages[2])]))


def plus_plus(maps: Tensor, slopes: Tensor) -> list[float]:
    """Equations 7 and 19 of arXiv:1710.11063, place by place; slopes (N, C, h, w) of noisy copies, powers averaged."""
    weights = []
    for channel, copies in zip(maps, slopes.transpose(0, 1), strict=True):
        total, weight = channel.sum().item(), 0.0
        for g in copies.flatten(1).T.tolist():  # the copies' gradients at one place
            first, second, third = (sum(value**power for value in g) / len(g) for power in (1, 2, 3))
            below = 2 * second + total * third
            weight += (second / below if below else 0) * max(first, 0)
        weights.append(weight)
    return weights


def test_grad_cam_plus_plus(stages: list[Tensor]):
    same(found_by(methods.GradCAMPlusPlus()), weighted(stages[2], plus_plus(stages[2], gradient(stages[2])[None])))


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_smooth_grad_cam_plus_plus(stages: list[Tensor], stage: int):
    """Early stages tell the noise: after the last come pooling and one linear layer alone, whose slopes no noise changes."""
    draws, slopes = torch.Generator().manual_seed(0), []
    for _ in range(3):
        noisy = pixels() + 0.2 * torch.randn(1, 3, HEIGHT, WIDTH, generator=draws)
        slopes.append(gradient(onward(noisy)[stage][0], stage))
    expected = weighted(stages[stage], plus_plus(stages[stage], torch.stack(slopes)))
    same(found_by(methods.SmoothGradCAMPlusPlus(stage=stage + 1, copies=3, noise=0.2)), expected)


def test_xgrad_cam(stages: list[Tensor]):
    weights = [
        (g * f).sum().item() / f.sum().item() if f.sum() else 0 for f, g in zip(stages[2], gradient(stages[2]), strict=True)
    ]
    same(found_by(methods.XGradCAM()), weighted(stages[2], weights))


def test_hires_cam_and_layer_cam(stages: list[Tensor]):
    pairs = list(zip(stages[2], gradient(stages[2]), strict=True))
    same(found_by(methods.HiResCAM()), sum(f * g for f, g in pairs))
    same(found_by(methods.LayerCAM()), sum(f * g.clamp(min=0) for f, g in pairs).clamp(min=0))


@pytest.mark.parametrize("first", [1, 2, 3])
def test_refine_cam(stages: list[Tensor], first: int):
    product = torch.ones(1)
    for stage, maps in list(enumerate(stages))[first - 1 :]:
        own = weighted(maps, plus_plus(maps, gradient(maps, stage)[None]))
        own = (own - own.min()) / (own.max() - own.min())
        size = tuple(stages[first - 1].shape[1:])
        product = product * F.interpolate(own[None, None], size, mode="bilinear", align_corners=False)[0, 0]
    same(found_by(methods.RefineCAM(first_stage=first)), product)


@pytest.mark.parametrize("rivals", [1, 3])
def test_finer_cam(stages: list[Tensor], rivals: int):
    """Equation 4 of arXiv:2501.11309: less gamma times the mean of the classes whose scores are closest."""
    logits = answer(pixels()).tolist()
    others = sorted((index for index in range(len(logits)) if index != TARGET), key=lambda i: abs(logits[i] - logits[TARGET]))
    asked = {TARGET: 1.0} | dict.fromkeys(others[:rivals], -0.6 / rivals)
    expected = weighted(stages[2], [g.mean().item() for g in gradient(stages[2], asked=asked)])
    same(found_by(methods.FinerCAM(rivals=rivals)), expected)


def test_finer_cam_against_a_named_class(stages: list[Tensor]):
    method = methods.FinerCAM(gamma=0.4)
    expected = weighted(stages[2], [g.mean().item() for g in gradient(stages[2], asked={TARGET: 1.0, 1: -0.4})])
    same(method(seen_for(method, TARGET, 1)), expected)


def masks_of(maps: Tensor) -> list[Tensor]:
    """Each channel from 0 to 1, a dead one 0."""
    spans = [(channel - channel.min(), (channel.max() - channel.min()).item()) for channel in maps]
    return [values / span if span else values for values, span in spans]


def through(mask: Tensor) -> float:
    """The class's score of the photo under a mask of its own size or smaller."""
    large = F.interpolate(mask[None, None], (HEIGHT, WIDTH), mode="bilinear", align_corners=False)[0, 0]
    return answer(pixels() * large)[TARGET].item()


def softmax(scores: list[float]) -> list[float]:
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


def test_score_cam(stages: list[Tensor]):
    same(found_by(methods.ScoreCAM()), weighted(stages[2], softmax([through(mask) for mask in masks_of(stages[2])])))


def test_ss_cam(stages: list[Tensor]):
    """Noise on each mask, the mean of its scores."""
    draws = torch.Generator().manual_seed(0)
    noises = [0.3 * torch.randn(stages[2].shape, generator=draws) for _ in range(3)]
    scores = [sum(through(mask + noise[channel]) for noise in noises) / 3 for channel, mask in enumerate(masks_of(stages[2]))]
    same(found_by(methods.SSCAM(copies=3, noise=0.3)), weighted(stages[2], softmax(scores)))


def test_is_cam(stages: list[Tensor]):
    """The mean of the scores of the photo under a third, two thirds and all of each mask."""
    scores = [sum(through(mask * step / 3) for step in (1, 2, 3)) / 3 for mask in masks_of(stages[2])]
    same(found_by(methods.ISCAM(steps=3)), weighted(stages[2], softmax(scores)))


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_ablation_cam(stages: list[Tensor], stage: int):
    maps, whole = stages[stage], answer(pixels())[TARGET].item()
    weights = []
    for channel in range(len(maps)):
        without = maps.clone()
        without[channel] = 0
        weights.append((whole - onward(without[None], stage)[-1][0, TARGET].item()) / abs(whole))
    same(found_by(methods.AblationCAM(stage=stage + 1)), weighted(maps, weights))


def test_eigen_cam(stages: list[Tensor]):
    places = stages[2].flatten(1).T  # (h w, C)
    values = (places @ torch.linalg.svd(places, full_matrices=False).Vh[0]).view(stages[2].shape[1:])
    same(found_by(methods.EigenCAM()), values * values.sum().sign())


def test_rise():
    """Each mask stretched, shifted and looked through alone; what a place adds to the mean score where it is seen."""
    draws, masks, count, cells = torch.Generator().manual_seed(0), [], 40, 4
    tall, wide = math.ceil(HEIGHT / cells), math.ceil(WIDTH / cells)
    while len(masks) < count:
        batch = min(BATCH, count - len(masks))
        opened = torch.rand(batch, cells + 1, cells + 1, generator=draws) < 0.5
        tops, lefts = (torch.randint(0, side, (batch,), generator=draws).tolist() for side in (tall, wide))
        for grid, top, left in zip(opened, tops, lefts, strict=True):
            large = F.interpolate(grid[None, None].float(), ((cells + 1) * tall, (cells + 1) * wide), mode="bilinear")[0, 0]
            masks.append(large[top : top + HEIGHT, left : left + WIDTH])
    scores = [through(mask) for mask in masks]
    mean = sum(scores) / count
    expected = sum((score - mean) * mask for score, mask in zip(scores, masks, strict=True)) / (0.5 * count)
    same(found_by(methods.RISE(masks=count, cells=cells)), F.avg_pool2d(expected[None], (1, 2))[0])


def test_rise_knows_no_constant_and_finds_the_place_that_counts():
    """A score that reads one corner is about 0 elsewhere, whatever is added to it."""

    def corner(photo: Tensor) -> Tensor:
        return photo[:, :, :6, :10].mean((1, 2, 3)) + 1000

    heatmap = rise(corner, torch.ones(1, 3, HEIGHT, WIDTH), 2000, 4)
    inside, outside = heatmap[:4, :4].mean().item(), heatmap[12:, 10:].abs().max().item()
    assert inside > 5 * outside
