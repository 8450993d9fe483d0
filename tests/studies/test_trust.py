"""Altered photos against models whose answers are known, and the numbers that are read from them."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.transforms import functional as F

from dashboard.engine.request import Request
from dashboard.engine.store import Store
from dashboard.engine.trial import Trial
from dashboard.evidence import Prediction, Probe
from dashboard.explain import Explanation
from dashboard.methods import ClassActivationMap
from dashboard.models.classifier import Classifier, Observation
from dashboard.numerics import filling
from dashboard.numerics.fidelity import area, curve, removal_order
from dashboard.numerics.filling import interpolated, noisy
from dashboard.photo import Box, Photo, sample_photo
from dashboard.studies import trust
from dashboard.studies.trust import (
    BATCH,
    NEIGHBOURS,
    SIDE,
    STEPS,
    Away,
    Baseline,
    Doubt,
    Grid,
    altering,
    at_a_time,
    changes,
    common_grid,
    curves,
    lines,
    rows,
)

BOX = Box(10, 20, 290, 300)  # of the photo that the models see, a square as their input is
SIZE = 56  # pixels of the models' input: four to a cell
GRID = Grid(BOX)


@pytest.fixture(scope="module")
def store() -> Store:
    return Store()


@pytest.fixture(scope="module")
def photo() -> Photo:
    return sample_photo("chelsea")


def looking(answer: Any, pixels: Tensor | None = None) -> Observation[Probe]:
    """The look of a model that answers photos by this function."""
    probe = Probe(torch.ones(1, 3, SIZE, SIZE) if pixels is None else pixels[None], answer)
    return Observation(probe, Prediction(answer(probe.pixels)[0], ("what", "else"), "none"), BOX, 1.0)


def summing(weights: Tensor) -> Any:
    """A model whose first logit is what is left of each cell's pixels, times the cell's weight; the second is its opposite."""
    fine = weights.repeat_interleave(SIZE // SIDE, 0).repeat_interleave(SIZE // SIDE, 1)

    def answer(pixels: Tensor) -> Tensor:
        score = (pixels.mean(1) * fine).sum((1, 2)) / fine.sum()
        return torch.stack([score, -score], 1)

    return answer


def doubt_of(store: Store, photo: Photo, heatmap: Tensor) -> Doubt:
    """A map of a model without probabilities, over all that it saw."""
    model = replace(store.models("bundled/cnn"), activation="none", labels=("what", "else"))
    answer = Prediction(torch.tensor([1.0, 0.0]), ("what", "else"), "none")
    shown = Explanation(heatmap, BOX, ClassActivationMap(), model.key, 0, answer)
    return Doubt(Request(model, photo, ClassActivationMap()), shown, GRID, "black", shown)


def answered(trials: list[Trial], seen: Observation[Probe]) -> list[Tensor]:
    return [trial.work(trial.model, seen) for trial in trials]


@pytest.fixture
def black_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """These models take black for 0."""
    monkeypatch.setattr(trust, "plain_photo", lambda baseline, pixels, *more: torch.zeros_like(pixels))


@pytest.mark.usefixtures("black_is_zero")
def test_a_model_that_is_known_has_the_curves_that_are_known(store: Store, photo: Photo):
    weights = torch.rand(SIDE, SIDE, generator=torch.Generator().manual_seed(10))
    doubt, seen = doubt_of(store, photo, weights), looking(summing(weights))
    found = curves(answered(doubt.curve_trials(), seen))
    step = removal_order(weights, STEPS)
    left = torch.stack([weights[step >= k].sum() for k in range(STEPS + 1)]) / weights.sum()
    assert doubt.score(found.own.deletion).tolist() == pytest.approx(left.tolist(), abs=1e-5)
    assert doubt.score(found.own.insertion).tolist() == pytest.approx((1 - left).tolist(), abs=1e-5)
    assert doubt.score(found.other.deletion).tolist() == pytest.approx(left.tolist(), abs=1e-5), (
        "the same map on the other side"
    )
    for fall in found.random:
        assert area(doubt.score(fall.deletion)) == pytest.approx(0.5, abs=0.05)
        assert area(doubt.score(fall.deletion)) > area(left)
    drawn = lines(doubt, found, "deletion")
    assert drawn.mean[0] == pytest.approx(1)
    assert drawn.spread[[0, -1]].tolist() == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.usefixtures("black_is_zero")
def test_the_numbers_of_a_map_that_says_all(store: Store, photo: Photo):
    weights = torch.rand(SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    doubt, seen = doubt_of(store, photo, weights), looking(summing(weights))
    found = rows(doubt, curves(answered(doubt.curve_trials(), seen)), answered(doubt.number_trials(), seen))
    by_key = {row.metric.key: row for row in found}
    assert by_key["saco"].value == pytest.approx(1)
    assert by_key["single_patches"].value == pytest.approx(1, abs=1e-3)
    kept = (weights * weights / weights.max()).sum() / weights.sum()
    assert by_key["drop"].value == pytest.approx(1 - kept.item(), abs=1e-5)
    assert by_key["increase"].value == 0
    for key in ("deletion", "insertion", "saco", "single_patches"):
        assert by_key[key].verdict == "beats both"
        assert by_key[key].spread > 0
        assert abs(by_key[key].mean - {"deletion": 0.5, "insertion": 0.5}.get(key, 0)) < 0.3


@pytest.mark.usefixtures("black_is_zero")
def test_a_map_turned_round_is_worse_than_random(store: Store, photo: Photo):
    weights = torch.rand(SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    doubt, seen = doubt_of(store, photo, 1 - weights), looking(summing(weights))
    found = rows(doubt, curves(answered(doubt.curve_trials(), seen)), answered(doubt.number_trials(), seen))
    told = {row.metric.key: row.verdict for row in found}
    assert told["deletion"] == told["insertion"] == told["saco"] == "worse than random"


def test_a_flat_map_is_no_map(store: Store, photo: Photo):
    assert doubt_of(store, photo, torch.ones(7, 7)).flat
    assert not doubt_of(store, photo, torch.rand(7, 7)).flat


def test_nobody_waits_long_for_a_slow_models_photos():
    assert [at_a_time(milliseconds) for milliseconds in (0.0, 5, 30, 100, 2000)] == [BATCH, BATCH, 5, 1, 1]


def test_neighbours_fill_what_is_gone(store: Store, photo: Photo):
    """What the model is asked about, against the photo filled beside it."""
    model = store.models("bundled/cnn")
    seen = store.look(model.key, photo, Probe)
    pixels = seen.evidence.pixels[0]
    grid = common_grid([seen.box], photo.size)
    assert grid is not None
    share = torch.zeros(1, SIDE, SIDE)
    share[0, 2:7, 3:9] = 1
    gone = share.flatten()[grid.of_pixels(seen.box, (pixels.shape[1], pixels.shape[2]))].bool()[None].to(pixels.device)
    expected = seen.evidence.logits(noisy(interpolated(pixels, gone), gone)).cpu()
    found = store.tried(altering(model, photo, grid, NEIGHBOURS, share))
    assert torch.allclose(found, expected, atol=1e-4)
    assert not torch.allclose(found, store.tried(altering(model, photo, grid, "black", share)), atol=0.1)


@pytest.mark.parametrize("baseline", ["blur", NEIGHBOURS])
@pytest.mark.parametrize("batch", [1, 5, 16, 100])
def test_parts_give_what_all_at_once_give(
    store: Store, photo: Photo, monkeypatch: pytest.MonkeyPatch, batch: int, baseline: Baseline
):
    model = store.models("bundled/cnn")
    seen = store.look(model.key, photo, Probe)
    grid = common_grid([seen.box], photo.size)
    assert grid is not None
    shares = torch.rand(21, SIDE, SIDE, generator=torch.Generator().manual_seed(3))
    before = seen.evidence.pixels.clone(), shares.clone()
    monkeypatch.setattr(filling, "EXACT", 1e-6)
    whole = altering(model, photo, grid, baseline, shares).work(model, seen)
    monkeypatch.setattr(trust, "at_a_time", lambda milliseconds: batch)
    assert torch.allclose(altering(model, photo, grid, baseline, shares).work(model, seen), whole, atol=1e-3)
    assert torch.equal(before[0], seen.evidence.pixels)
    assert torch.equal(before[1], shares)


def test_a_real_models_curve_is_the_numerics_curve(store: Store, photo: Photo):
    """Pixel by pixel, from the order laid on the model's input by another way."""
    model = store.models("bundled/vit")
    seen = store.look(model.key, photo, Probe)
    grid = common_grid([seen.box], photo.size)
    assert grid is not None
    heatmap = torch.rand(SIDE, SIDE, generator=torch.Generator().manual_seed(4))
    order = removal_order(heatmap, STEPS)
    pixels = seen.evidence.pixels[0]
    centres = ((torch.arange(32) + 0.5) / 32 * SIDE).long()
    plain = F.normalize(torch.zeros(3, 32, 32), [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616])
    black = model.preprocessing.pixels(torch.zeros(3, 32, 32, dtype=torch.uint8))
    assert black.std((1, 2)).max() < 1e-6, "black is one colour"
    assert (black - plain).abs().max() < 0.05
    with torch.no_grad():
        steps = order[centres][:, centres].to(pixels.device)
        expected = curve(seen.evidence.logits, pixels, black.to(pixels.device), steps, STEPS).cpu()
        gone = order < torch.arange(STEPS + 1)[:, None, None]
        found = store.tried(altering(model, photo, grid, "black", gone))
    assert torch.allclose(found, expected, atol=1e-4)


def test_trials_are_kept_by_what_they_ask(store: Store, photo: Photo, monkeypatch: pytest.MonkeyPatch):
    model = store.models("bundled/cnn")
    shares = torch.eye(SIDE)[None]
    first = altering(model, photo, GRID, "blur", shares)
    again, other = altering(model, photo, GRID, "blur", shares.clone()), altering(model, photo, GRID, "black", shares)
    assert first.meaning == again.meaning != other.meaning
    assert store.price_of_trial(first).units == 1
    asked = store.tried(first)
    monkeypatch.setattr(Classifier, "observe", lambda *_, **__: pytest.fail("it is kept"))
    assert store.tried(again) is asked
    assert store.price_of_trial(again).units == 0
    store.forget_photo(photo.digest)
    assert store.trials.get(first.meaning) is None


@pytest.mark.parametrize("baseline", ["blur", "mean colour", "black"])
def test_nothing_outside_the_grid_changes(store: Store, photo: Photo, baseline: trust.Baseline):
    pixels = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(5))
    asked: list[Tensor] = []

    def answer(photos: Tensor) -> Tensor:
        asked.append(photos)
        return torch.zeros(len(photos), 2)

    half = Grid(Box(BOX.left, BOX.top, BOX.left + BOX.width / 2, BOX.bottom), 4, 2)
    seen = looking(answer, pixels)
    asked.clear()
    model = store.models("bundled/cnn")
    gone = torch.zeros(2, 4, 2)
    gone[1] = 1
    altering(model, photo, half, baseline, gone).work(model, seen)
    untouched, altered = asked[0]
    assert torch.equal(untouched, pixels)
    assert torch.equal(altered[:, :, SIZE // 2 :], pixels[:, :, SIZE // 2 :])
    inside = altered[:, :, : SIZE // 2]
    assert (inside - pixels[:, :, : SIZE // 2]).abs().mean() > 0.05
    if baseline == "mean colour":
        mean = pixels[:, :, : SIZE // 2].mean((1, 2))
        assert torch.allclose(inside, mean[:, None, None].expand_as(inside), atol=1e-5)


def test_the_grid_lies_where_all_saw():
    assert common_grid([Box(-5, 0, 50, 40), Box(10, 5, 100, 90)], (60, 30)) == Grid(Box(10, 5, 50, 30))
    assert common_grid([Box(0, 0, 10, 10), Box(20, 0, 30, 10)], (60, 30)) is None
    cells = Grid(Box(20, 10, 40, 30), 2, 4).of_pixels(Box(0, 0, 60, 40), (4, 6))  # pixels of 10 x 10
    assert cells.tolist() == [[-1] * 6, [-1, -1, 1, 3, -1, -1], [-1, -1, 5, 7, -1, -1], [-1] * 6]


def test_what_was_taken_away_is_what_the_code_says():
    cells = torch.rand(SIDE, SIDE, generator=torch.Generator().manual_seed(6)) < 0.3
    away = Away.of("l20", cells)
    assert torch.equal(Away.read(away.code).cells, cells)
    assert away.in_words == f"top 20% of the left map ({int(cells.sum())} of 196 cells)"
    assert [Away.read(text) for text in ("", "x", "p~", f"p~{'A' * 33}", f"q~{'A' * 34}", f"p~{'A' * 33}<")] == [None] * 6
    assert trust.tries_of(f"{away.code},rubbish,{away.code}") == [away, away]
    assert len(trust.tries_of(",".join([away.code] * 50))) == trust.MOST_TRIES


def test_changes_hold_the_top_of_both_answers():
    labels = tuple("abcdefgh")
    before = Prediction(torch.tensor([8.0, 7, 6, 5, 4, 3, 2, 1]), labels, "none")
    after = Prediction(torch.tensor([1.0, 2, 3, 4, 5, 6, 7, 8]), labels, "none")
    found = changes(before, after, 2)
    assert [(each.label, each.before, each.after) for each in found] == [
        ("a", 8, 1), ("b", 7, 2), ("g", 2, 7), ("h", 1, 8),
    ]  # fmt: skip


def test_a_row_without_a_number_says_so():
    row = trust.Row(trust.of_model(None)[0].metric, math.nan, 0.5, (0.4, 0.6))
    assert row.verdict == "no number"
