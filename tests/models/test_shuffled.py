"""Copies whose weights are shuffled, and that nothing of it reaches the model that everybody shares."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import torch

from dashboard.engine.request import Request
from dashboard.engine.sanity import PASSES_TO_OPEN, randomised
from dashboard.engine.store import Store
from dashboard.methods import AttentionRollout, ClassActivationMap, GradientRollout, Method
from dashboard.models.shuffled import PARTS, from_the_head_down, layers, shuffled
from dashboard.photo import sample_photo
from dashboard.studies.sanity import smoothing

KEYS = ("bundled/cnn", "bundled/vit")


@pytest.fixture(scope="module")
def store() -> Store:
    return Store()


@pytest.mark.parametrize("key", KEYS)
def test_parts_go_from_the_head_to_all_layers(store: Store, key: str):
    module = store.models(key).network.module
    parts = from_the_head_down(module)
    assert len(parts) == len(PARTS)
    assert parts[0] == [layers(module)[-1]]
    assert parts[-1] == layers(module)
    assert all(set(less) < set(more) for less, more in pairwise(parts))
    held = {id(weights) for name in parts[-1] for weights in module.get_submodule(name).parameters(recurse=False)}
    assert held == {id(weights) for weights in module.parameters()}, "every parameter is in some layer"


@pytest.mark.parametrize("key", KEYS)
def test_a_copy_has_the_same_values_in_other_places(store: Store, key: str):
    network = store.models(key).network
    names = from_the_head_down(network.module)[1]
    first, again = shuffled(network, names), shuffled(network, names)
    own, copied = dict(network.module.named_parameters()), dict(first.module.named_parameters())
    repeated = dict(again.module.named_parameters())
    moved = 0
    for name, weights in own.items():
        assert copied[name].data_ptr() != weights.data_ptr()
        assert torch.equal(copied[name].flatten().sort().values, weights.flatten().sort().values)
        assert torch.equal(copied[name], repeated[name]), "the same way each time"
        if name.rpartition(".")[0] in names:
            moved += not torch.equal(copied[name], weights)
        else:
            assert torch.equal(copied[name], weights)
    assert moved > len(names) / 2


def test_no_copy_leaks_into_the_shared_model(store: Store):
    photo = sample_photo("chelsea")
    model = store.models("bundled/cnn")
    before = {name: weights.clone() for name, weights in model.network.module.state_dict().items()}
    intact = store.made(Request(model, photo, ClassActivationMap())).shown.heatmap.clone()

    def once(number: int) -> torch.Tensor:
        if number % 2:
            return Store(lambda key: model).tried(randomised(Request(model, photo, ClassActivationMap()), 3, 0, (photo,)))
        return Store(lambda key: model).made(Request(model, photo, ClassActivationMap())).shown.heatmap

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(once, range(8)))
    assert all(torch.equal(found[number], intact) for number in range(0, 8, 2))
    assert all(torch.equal(found[number], found[1]) for number in range(3, 8, 2))
    after = model.network.module.state_dict()
    assert all(torch.equal(weights, after[name]) for name, weights in before.items())


@pytest.mark.parametrize(
    ("key", "method", "reads_the_head"),
    [
        ("bundled/cnn", ClassActivationMap(), True), ("bundled/vit", AttentionRollout(), False),
        ("bundled/vit", GradientRollout(), True),
    ],
)  # fmt: skip
def test_a_method_changes_with_what_it_reads(store: Store, key: str, method: Method, reads_the_head: bool):
    request = Request(store.models(key), sample_photo("chelsea"), method)
    intact = store.made(request).shown.heatmap
    trial = randomised(request, 3, 0, (request.photo,))
    assert trial.passes == len(PARTS) * PASSES_TO_OPEN
    maps = store.tried(trial)
    assert maps.shape == (1 + len(PARTS), *intact.shape)
    assert torch.equal(maps[0], intact)
    assert torch.equal(maps[1], intact) != reads_the_head
    assert not torch.allclose(maps[-1], intact)


def test_maps_are_means_over_copies_of_the_photo(store: Store):
    photo = sample_photo("chelsea")
    request = Request(store.models("bundled/cnn"), photo, ClassActivationMap())
    several = smoothing(photo)[:3]
    alone = torch.stack([store.tried(randomised(request, 3, 0, (each,))) for each in several])
    together = randomised(request, 3, 2, several)
    assert together.passes == 6 + len(PARTS) * (PASSES_TO_OPEN + 6)
    assert torch.allclose(store.tried(together), alone.mean(0), atol=1e-5)
