"""The list of known checkpoints holds together."""

from pathlib import Path

import pytest
from torchvision import models as torchvision_models

from dashboard.evidence import AttentionMaps, FeatureMaps
from dashboard.methods import METHODS
from dashboard.models.zoo import KNOWN, MODELS, SOURCES, Checkpoint, load, title_of
from tests.models.test_torchvision_cnn import NAMES, WITHOUT
from tests.models.tiny import photo

IDS = [checkpoint.key for checkpoint in MODELS]


def test_keys_and_titles_are_unique() -> None:
    assert len(set(IDS)) == len(MODELS) == len(KNOWN)
    assert len({checkpoint.title for checkpoint in MODELS}) == len(MODELS)


@pytest.mark.parametrize("checkpoint", MODELS, ids=IDS)
def test_every_checkpoint_feeds_a_method(checkpoint: Checkpoint) -> None:
    source, _, name = checkpoint.key.partition("/")
    assert source in SOURCES
    assert name
    assert checkpoint.gives in {method.needs for method in METHODS}
    assert checkpoint.training_data
    assert title_of(checkpoint.key) == checkpoint.title


@pytest.mark.parametrize("checkpoint", [c for c in MODELS if c.key.startswith("torchvision/")], ids=lambda c: c.key)
def test_torchvision_checkpoints_give_what_they_say(checkpoint: Checkpoint) -> None:
    """Heads of CNNs are walked one by one in test_torchvision_cnn."""
    name = checkpoint.key.removeprefix("torchvision/")
    assert name in NAMES
    assert torchvision_models.get_model_weights(name).DEFAULT.meta["categories"]
    without = name.startswith(tuple(WITHOUT))
    assert checkpoint.gives is (AttentionMaps if name.startswith("vit_") else FeatureMaps)
    assert without == (checkpoint.gives is AttentionMaps)


@pytest.mark.parametrize("key", [key for key in IDS if key.startswith("bundled/")])
def test_bundled_checkpoints_give_what_they_say(key: str, models: Path) -> None:
    model = load(key)
    assert KNOWN[key].gives in model.observers
    assert set(model.observers) | set(model.refusals) == {FeatureMaps, AttentionMaps}
    assert (model.key, model.title, model.source) == (key, KNOWN[key].title, "bundled")
    assert len(model.labels) == 10
    assert model.observe(photo(), KNOWN[key].gives).passes == 1


def test_the_title_of_an_unknown_key_is_its_name() -> None:
    assert title_of("hf/lab/vit") == "lab/vit"
