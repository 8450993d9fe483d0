"""Loading in two halves: a network is opened without being observed, and a copy with other parameters is observed anew."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dashboard.evidence import FeatureMaps
from dashboard.explain import explain
from dashboard.methods import METHODS, AttentionRollout, ClassActivationMap, Method
from dashboard.models import zoo
from dashboard.models.classifier import ModelError
from dashboard.models.families import FAMILIES
from dashboard.models.families.bundled import Bundled
from dashboard.models.families.family import Checkpoint, Family
from dashboard.models.network import Network
from dashboard.models.observers.ladder import classifier_of, fit_of
from tests.models.tiny import FAMILIES as TINY
from tests.models.tiny import photo, randomised, save

PAIR = [("bundled/cnn", ClassActivationMap()), ("bundled/vit", AttentionRollout())]


def state(network: Network) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize(("key", "method"), PAIR)
def test_a_network_with_random_parameters_is_observed_and_the_shared_one_stays(key: str, method: Method):
    shared = zoo.load(key)
    before, map_before = state(shared.network), explain(photo(), shared, method).heatmap
    copy = shared.network.copied()
    randomised(copy.module)
    other = classifier_of(copy)
    assert set(other.observers) == set(shared.observers)
    assert other.refusals == shared.refusals
    assert other.extent == shared.extent
    assert (other.key, other.labels, other.operations) == (shared.key, shared.labels, shared.operations)
    found = explain(photo(), other, method)
    assert found.heatmap.shape == map_before.shape
    assert not torch.allclose(found.heatmap, map_before, rtol=0.01)
    assert not torch.allclose(found.prediction.logits, explain(photo(), shared, method).prediction.logits, rtol=0.01)
    assert same(state(shared.network), before)
    torch.testing.assert_close(explain(photo(), shared, method).heatmap, map_before)


@pytest.mark.parametrize("name", ["vit", "clip", "data2vec"])
def test_a_copy_of_an_observed_network_gives_what_the_original_gives(name: str, models: Path):
    """Also where the family has no attention function of transformers, and returns its maps itself."""
    save(TINY[name].build(), models / "it")
    model = zoo.load("hf/it")
    copy = classifier_of(model.network.copied())
    assert copy.observers.keys() == model.observers.keys()
    for kind in model.observers:
        one, other = (each.observe(photo(), kind).evidence for each in (model, copy))
        for field, value in vars(one).items():
            if isinstance(value, Tensor):
                torch.testing.assert_close(getattr(other, field), value, msg=f"{kind.__name__}.{field}")


@pytest.mark.parametrize(("key", "method"), PAIR)
def test_the_first_half_opens_a_network_of_its_own(key: str, method: Method):
    network, model = zoo.open_network(key), zoo.load(key)
    assert network.module is not model.network.module
    assert same(state(network), state(model.network))
    assert (network.title, network.training_data, network.accuracy) == (model.title, model.training_data, model.accuracy)
    assert not network.module.training
    assert not any(parameter.requires_grad for parameter in network.module.parameters())
    torch.testing.assert_close(
        explain(photo(), classifier_of(network), method).heatmap, explain(photo(), model, method).heatmap
    )


def test_random_parameters_that_answer_with_no_numbers_are_refused():
    copy = zoo.open_network("bundled/cnn").copied()
    next(copy.module.parameters()).data.fill_(torch.nan)
    with pytest.raises(ModelError, match="no numbers"):
        classifier_of(copy)


def test_what_a_family_rules_out_is_not_tried():
    network = zoo.open_network("bundled/cnn")
    example = network.preprocessing.view(photo()).pixels[None]
    ruled_out = Network(**vars(network) | {"refusals": {FeatureMaps: "The family says no."}})
    assert FeatureMaps in fit_of(network, example).observers
    fit = fit_of(ruled_out, example)
    assert FeatureMaps not in fit.observers
    assert fit.refusals[FeatureMaps] == "The family says no."
    assert {method.needs for method in METHODS} <= fit.observers.keys() | fit.refusals.keys()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.prefix)
def test_a_family_answers_about_any_name(family: Family, models: Path):
    """A person may type anything: nothing but `open` refuses it, with a sentence."""
    assert [each.prefix for each in FAMILIES].count(family.prefix) == 1
    assert all(each.key.startswith(f"{family.prefix}/") for each in (*family.well_known, *family.others))
    assert family.own_names([]) == []
    for name in ("nothing", "no such/name", "../out", "\ud800", "a" * 5000, "\0"):
        assert isinstance(family.is_here(name), bool)
        assert not zoo.is_own(f"{family.prefix}/{name}")
        assert zoo.title_of(f"{family.prefix}/{name}") == name
        with pytest.raises(ModelError):
            zoo.load(f"{family.prefix}/{name}", may_download=False)


class Newcomer(Bundled):
    """A family from elsewhere, which opens a person's `<name>.newcomer` files."""

    prefix = "newcomer"
    well_known = (Checkpoint("newcomer/known", "Known", FeatureMaps, "photos", 1.0),)

    def is_here(self, name: str) -> bool:
        return name == "here"

    def own_names(self, files: Sequence[Path]) -> list[str]:
        return [path.parent.name for path in files]

    def open(self, name: str, title: str, report: Callable[[str], None], device: torch.device) -> Network:
        return Network(**vars(super().open("cnn", title, report, device)) | {"key": f"newcomer/{name}"})


def test_a_new_family_is_one_adapter_and_one_name(monkeypatch: pytest.MonkeyPatch, models: Path):
    save(TINY["vit"].build(), models / "here")
    monkeypatch.setattr(zoo, "FAMILIES", (*FAMILIES, Newcomer()))
    model = zoo.load("newcomer/here")
    assert (model.key, model.title) == ("newcomer/here", "here")
    assert zoo.on_this_machine("newcomer/here")
    assert not zoo.on_this_machine("newcomer/known")
    assert "newcomer/here" in zoo.local_models()
    with pytest.raises(zoo.NotHere):
        zoo.load("newcomer/known", may_download=False)
    with pytest.raises(ModelError, match=r"expected bundled/…, torchvision/….* or newcomer/…"):
        zoo.load("elsewhere/x")
