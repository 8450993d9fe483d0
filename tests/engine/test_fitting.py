"""Which methods fit a model follows from the evidence that it gives."""

from dataclasses import replace

import pytest

from dashboard.engine.fitting import first_fitting, fitting, reasons
from dashboard.evidence import AttentionMaps, FeatureMaps, Probe
from dashboard.methods import METHODS, AttentionRollout, ClassActivationMap, GradCAM, Occlusion
from dashboard.models import zoo
from dashboard.models.classifier import Classifier

FIRST = {"bundled/cnn": ClassActivationMap, "bundled/vit": AttentionRollout}


def giving_only(model: Classifier, *kinds: type) -> Classifier:
    return replace(model, observers={kind: model.observers[kind] for kind in kinds})


@pytest.mark.parametrize("key", FIRST)
def test_every_method_fits_or_has_a_reason(key: str):
    model = zoo.load(key)
    refused = [label for labels in reasons(model).values() for label in labels]
    assert sorted([*refused, *(method.label for method in fitting(model))]) == sorted(method.label for method in METHODS)
    assert first_fitting(model) is FIRST[key]


def test_the_first_method_follows_from_what_a_model_gives():
    cnn, vit = zoo.load("bundled/cnn"), zoo.load("bundled/vit")
    assert first_fitting(giving_only(cnn, GradCAM.needs, Probe)) is GradCAM
    assert first_fitting(giving_only(vit, AttentionMaps, Probe)) is AttentionRollout
    assert first_fitting(giving_only(vit, Probe)) is Occlusion


def test_a_kind_that_nothing_is_known_of_has_a_reason_too():
    bare = replace(zoo.load("bundled/cnn"), observers={}, refusals={})
    assert fitting(bare) == []
    assert ClassActivationMap.label in reasons(bare)[f"{bare.title} gives no {FeatureMaps.__name__}."]
