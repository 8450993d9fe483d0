"""The CAM family, written again with loops from each paper's formula."""

import pytest
import torch
from torch import Tensor

from dashboard.numerics import cam

C, ROWS, COLUMNS = 4, 3, 5
DRAWS = torch.Generator().manual_seed(2)
F = torch.randn(C, ROWS, COLUMNS, generator=DRAWS, dtype=torch.float64)
G = torch.randn(C, ROWS, COLUMNS, generator=DRAWS, dtype=torch.float64)
N = torch.randn(6, C, ROWS, COLUMNS, generator=DRAWS, dtype=torch.float64)
PLACES = [(y, x) for y in range(ROWS) for x in range(COLUMNS)]


def weighted(weights: list[float]) -> Tensor:
    heatmap = torch.zeros(ROWS, COLUMNS, dtype=torch.float64)
    for y, x in PLACES:
        heatmap[y, x] = max(sum(weights[k] * F[k, y, x].item() for k in range(C)), 0)
    return heatmap


def test_grad_cam():
    alpha = [sum(G[k, y, x].item() for y, x in PLACES) / len(PLACES) for k in range(C)]
    torch.testing.assert_close(cam.grad_cam(F, G), weighted(alpha))


def plus_plus(powers: list[Tensor]) -> list[float]:
    first, second, third = powers
    weights = []
    for k in range(C):
        total = sum(F[k, y, x].item() for y, x in PLACES)
        shares = {p: second[k][p].item() / (2 * second[k][p].item() + total * third[k][p].item()) for p in PLACES}
        weights.append(sum(shares[p] * max(first[k][p].item(), 0) for p in PLACES))
    return weights


def test_grad_cam_plus_plus():
    torch.testing.assert_close(cam.grad_cam_pp(F, G), weighted(plus_plus([G, G**2, G**3])))


def test_smooth_grad_cam_plus_plus():
    means = [sum(copy**power for copy in N) / len(N) for power in (1, 2, 3)]
    torch.testing.assert_close(cam.smooth_grad_cam_pp(F, N), weighted(plus_plus(means)))


def test_xgrad_cam():
    alpha = []
    for k in range(C):
        total = sum(F[k][p].item() for p in PLACES)
        alpha.append(sum(F[k][p].item() / total * G[k][p].item() for p in PLACES))
    torch.testing.assert_close(cam.xgrad_cam(F, G), weighted(alpha))


@pytest.mark.parametrize(("found", "relu"), [(cam.hires_cam(F, G), False), (cam.layer_cam(F, G), True)])
def test_weights_of_each_place(found: Tensor, relu: bool):
    for p in PLACES:
        value = sum((max(G[k][p].item(), 0) if relu else G[k][p].item()) * F[k][p].item() for k in range(C))
        assert found[p].item() == pytest.approx(max(value, 0) if relu else value)


def test_dead_channels_leave_no_nan():
    flat, still = torch.zeros_like(F), torch.zeros_like(G)
    for formula in (cam.grad_cam, cam.grad_cam_pp, cam.xgrad_cam, cam.layer_cam):
        assert formula(flat, still).eq(0).all()
    assert cam.eigen_cam(flat).isfinite().all()
    assert cam.score_masks(flat).eq(0).all()


def test_refined_maps_are_multiplied_on_the_finest_grid():
    coarse, fine = torch.rand(2, 3, generator=torch.Generator().manual_seed(0)), torch.rand(4, 6)
    scaled = [(each - each.min()) / (each.max() - each.min()) for each in (coarse, fine)]
    large = torch.nn.functional.interpolate(scaled[0][None, None], (4, 6), mode="bilinear")[0, 0]
    torch.testing.assert_close(cam.refine_cam([coarse, fine]), large * scaled[1])


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_refined_maps_hide_no_number_that_is_none(wrong: float):
    maps = [torch.rand(2, 3), torch.rand(4, 6)]
    maps[0][1, 2] = wrong
    assert cam.refine_cam(maps).isnan().any()
    assert torch.equal(cam.refine_cam([torch.ones(2, 3), torch.rand(4, 6)]), torch.zeros(4, 6))


def test_eigen_cam_is_the_power_iterations_direction():
    """The first right singular vector of (places, channels), by power iteration on its Gram matrix."""
    places = F.flatten(1).T
    direction = torch.ones(C, dtype=torch.float64)
    for _ in range(5000):
        direction = places.T @ (places @ direction)
        direction /= direction.norm()
    values = (places @ direction).view(ROWS, COLUMNS)
    torch.testing.assert_close(cam.eigen_cam(F), values * values.sum().sign(), rtol=1e-5, atol=1e-6)


def test_scores_are_weights_after_a_softmax():
    scores = torch.tensor([2.0, -1.0, 0.5, 0.0], dtype=torch.float64)
    exponentials = [2.718281828459045**s for s in scores.tolist()]
    torch.testing.assert_close(cam.score_weighted(F, scores), weighted([e / sum(exponentials) for e in exponentials]))


def test_what_ablation_takes_away_is_the_weight():
    without = torch.tensor([1.0, 4.0, -2.0, 2.5], dtype=torch.float64)
    torch.testing.assert_close(cam.ablation_weighted(F, 2.0, without), weighted([(2 - w) / 2 for w in without.tolist()]))
    torch.testing.assert_close(cam.ablation_weighted(F, -2.0, without), weighted([(-2 - w) / 2 for w in without.tolist()]))


def test_masks_go_from_0_to_1():
    masks = cam.score_masks(F)
    for k in range(C):
        low, high = F[k].min(), F[k].max()
        torch.testing.assert_close(masks[k], (F[k] - low) / (high - low))
