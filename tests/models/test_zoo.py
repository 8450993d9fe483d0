"""The list of known checkpoints holds together."""

from pathlib import Path

import pytest
from torchvision import models as torchvision_models

from dashboard.evidence import AttentionMaps, FeatureMaps
from dashboard.methods import METHODS
from dashboard.models.catalogue import KNOWN, MODELS, OTHERS, Checkpoint
from dashboard.models.families import FAMILIES
from dashboard.models.zoo import load, title_of
from tests.models.test_torchvision_cnn import NAMES, WITHOUT
from tests.models.tiny import photo

IDS = [checkpoint.key for checkpoint in MODELS]


def test_keys_and_titles_are_unique() -> None:
    assert len(set(IDS)) == len(MODELS)
    assert len({checkpoint.key for checkpoint in (*MODELS, *OTHERS)}) == len(KNOWN) == len(MODELS) + len(OTHERS)
    assert len({checkpoint.title for checkpoint in MODELS}) == len(MODELS)


@pytest.mark.parametrize("checkpoint", MODELS, ids=IDS)
def test_every_checkpoint_feeds_a_method(checkpoint: Checkpoint) -> None:
    source, _, name = checkpoint.key.partition("/")
    assert source in {family.prefix for family in FAMILIES}
    assert name
    assert checkpoint.gives in {method.needs for method in METHODS}
    assert checkpoint.training_data
    assert title_of(checkpoint.key) == checkpoint.title


def test_every_classifier_of_torchvision_is_listed_with_what_it_gives() -> None:
    """Heads of CNNs are walked one by one in test_torchvision_cnn."""
    listed = {key.removeprefix("torchvision/"): known for key, known in KNOWN.items() if key.startswith("torchvision/")}
    assert set(listed) == set(NAMES)
    for name, checkpoint in listed.items():
        assert torchvision_models.get_model_weights(name).DEFAULT.meta["categories"]
        assert (checkpoint.gives is FeatureMaps) == (not name.startswith(tuple(WITHOUT)))
        assert (checkpoint.gives is AttentionMaps) == name.startswith("vit_")
        assert checkpoint.megabytes > 1
        assert 30 < checkpoint.accuracy < 100
        assert checkpoint.parameters > 1


@pytest.mark.parametrize("key", [key for key in IDS if key.startswith("bundled/")])
def test_bundled_checkpoints_give_what_they_say(key: str, models: Path) -> None:
    model = load(key)
    assert KNOWN[key].gives in model.observers
    assert {method.needs for method in METHODS} <= set(model.observers) | set(model.refusals), "it fits or says why not"
    assert (model.key, model.title, model.source) == (key, KNOWN[key].title, "bundled")
    assert len(model.labels) == 10
    assert model.observe(photo(), KNOWN[key].gives).milliseconds > 0
    assert model.parameters / 1e6 == pytest.approx(KNOWN[key].parameters, abs=0.05)
    assert model.memory == pytest.approx(4 * model.parameters, rel=0.05)
    assert (model.accuracy, model.licence, model.note) == (KNOWN[key].accuracy, "MIT", "")


def test_the_title_of_an_unknown_key_is_its_name() -> None:
    assert title_of("hf/lab/vit") == "lab/vit"
