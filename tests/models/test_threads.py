"""Many people share one model: what they get together is what each would get alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dashboard.explain import read
from dashboard.methods import AttentionRollout, ClassActivationMap, Method
from dashboard.models.classifier import Classifier, Observation
from dashboard.models.zoo import load
from dashboard.photo import Photo
from tests.models.tiny import FAMILIES, photo, save

THREADS, ROUNDS = 8, 5
PHOTOS = [photo(40 + 9 * seed, 33 + 4 * seed, seed) for seed in range(6)]


def together(model: Classifier, method: Method) -> list[tuple[int, Observation]]:
    """Every thread starts with another photo, so that different ones are always under way."""

    def look(start: int) -> list[tuple[int, Observation]]:
        order = [(start + step) % len(PHOTOS) for step in range(ROUNDS * len(PHOTOS))]
        return [(index, model.observe(PHOTOS[index], method.needs)) for index in order]

    with ThreadPoolExecutor(THREADS) as pool:
        return [seen for each in pool.map(look, range(THREADS)) for seen in each]


def raw(seen: Observation, method: Method) -> tuple[Tensor, Tensor, object]:
    return read(seen, "", method).heatmap, seen.prediction.scores, seen.box


@pytest.mark.parametrize(
    ("key", "method"),
    [("bundled/cnn", ClassActivationMap()), ("hf/vit", AttentionRollout()), ("hf/data2vec", AttentionRollout())],
)
def test_threads_get_what_each_would_get_alone(key: str, method: Method, models: Path) -> None:
    if key.startswith("hf/"):
        save(FAMILIES[key.removeprefix("hf/")].build(), models / key.removeprefix("hf/"))
    model = load(key)
    alone = [raw(model.observe(each, method.needs), method) for each in PHOTOS]
    assert len({tuple(heatmap.flatten().tolist()) for heatmap, _, _ in alone}) == len(PHOTOS)
    for index, seen in together(model, method):
        heatmap, probabilities, box = raw(seen, method)
        torch.testing.assert_close(heatmap, alone[index][0], rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(probabilities, alone[index][1], rtol=1e-5, atol=1e-6)
        assert box == alone[index][2]


def test_loading_at_once_leaves_the_default_dtype_alone(models: Path) -> None:
    for name in ("vit", "siglip"):
        save(FAMILIES[name].build(), models / name)
    with ThreadPoolExecutor(THREADS) as pool:
        loaded = list(pool.map(load, ["hf/vit", "hf/siglip"] * THREADS))
    assert torch.get_default_dtype() == torch.float32
    first: Photo = PHOTOS[0]
    shapes = {model.key: set() for model in loaded}
    for model in loaded:
        shapes[model.key].add(tuple(model.observe(first, AttentionRollout.needs).evidence.weights.shape))
    assert shapes == {"hf/vit": {(3, 2, 17, 17)}, "hf/siglip": {(3, 2, 16, 16)}}
