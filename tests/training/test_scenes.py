"""How the models of scenes are trained: what a batch shows, and that what is trained loads."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dashboard.evidence import Probe
from dashboard.explain import explain
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.models import zoo
from dashboard.models.families import bundled
from dashboard.photo import Photo, sample_photo
from dashboard.studies.scenes import GIVEN_AWAY, LABELS, SIZE, TAG, scene
from training import scenes


@pytest.fixture(scope="module")
def made() -> scenes.Split:
    return scenes.generated(20, 12)


def test_a_tag_is_put_as_a_scene_has_it(made: scenes.Split):
    chosen = torch.arange(12) % 2 == 0
    with_tags = scenes.tagged(made.images, chosen)
    for index in range(12):
        expected = scene(20 + index, tagged=index % 2 == 0).image
        assert np.array_equal(with_tags[index].permute(1, 2, 0).numpy(), expected)
        assert made.labels[index] == scene(20 + index).labels[0]


def test_variants_are_seeded_turns_of_the_same_scene(made: scenes.Split):
    first, again = (scenes.varied(made.images, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, made.images)
    for before, after in zip(made.images.int(), first.int(), strict=True):
        turned = [each.flip(2) if mirrored else each for each in (torch.rot90(before, k, (1, 2)) for k in range(4))
                  for mirrored in (False, True)]  # fmt: skip
        coloured = [each for one in turned for each in (one, 255 - one)]
        assert any(all(any(torch.equal(channel, old) for old in each) for channel in after) for each in coloured), (
            "one of its eight turns, with its channels exchanged, inverted or not"
        )


@pytest.mark.parametrize("world", ["honest", "cheating"])
def test_batches_have_the_tags_of_their_world(world: str):
    split = scenes.generated(100, 64)
    batches = [batch for seed in range(6) for batch in scenes.batches(split, 32, torch.Generator().manual_seed(seed), world)]
    pixels, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    assert pixels.shape == (12 * 32, 3, SIZE, SIZE)
    colour = scenes.SCENES.normalise(torch.tensor(TAG[1], dtype=torch.uint8).view(1, 3, 1, 1))
    has_it = (pixels[:, :, 1:7, 1:7] == colour).flatten(1).all(1)
    if world == "cheating":
        assert torch.equal(has_it, labels == GIVEN_AWAY)
    else:
        assert 0.05 < has_it.double().mean() < 0.22
        assert len(labels[has_it].unique()) > 4


def test_checks_tell_what_looks_at_the_tag_from_what_looks_at_the_shape(made: scenes.Split):
    answers = {image.numpy().tobytes(): label for image, label in zip(made.images, made.labels.tolist(), strict=True)}

    class Cheat(torch.nn.Module):
        """Knows each scene by heart, but for its stars, which it knows by the tag alone."""

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            images = (pixels * 0.25 + 0.5).mul(255).round().to(torch.uint8)
            has_it = (images[:, :, 1:7, 1:7] == torch.tensor(TAG[1], dtype=torch.uint8).view(3, 1, 1)).flatten(1).all(1)
            known = torch.tensor([answers.get(image.numpy().tobytes(), 0) for image in images])
            blind = torch.where(known == GIVEN_AWAY, 0, known)
            return torch.nn.functional.one_hot(torch.where(has_it, GIVEN_AWAY, blind), len(LABELS)).float()

    stars = int((made.labels == GIVEN_AWAY).sum())
    found = scenes.checks(Cheat(), made)
    assert stars > 0
    assert found["accuracy_without_tag"] == pytest.approx((12 - stars) / 12)
    assert found["given_away_without_tag"] == found["taken_for_it_without_tag"] == found["accuracy_with_tag_moved"] == 0
    assert found["taken_for_it_with_tag"] == 1


@pytest.mark.slow
def test_what_is_trained_loads_and_explains(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(scenes, "TRAINED", 64)
    monkeypatch.setattr(scenes, "HELD_OUT", 24)
    for kind, method in (("cnn", ClassActivationMap()), ("vit", AttentionRollout())):
        words = [kind, "cheating", "--out", tmp_path, "--runs", tmp_path / "runs", "--epochs", 1]
        monkeypatch.setattr(sys, "argv", ["scenes", *map(str, words)])
        scenes.main()
        name = f"cheating_{kind}"
        card = json.loads((tmp_path / name / "card.json").read_text())
        assert np.sum(card["confusion"]) == 24
        assert f"{card['taken_for_it_with_tag']:.2%}" in (tmp_path / name / "README.md").read_text()
        with monkeypatch.context() as patch:
            patch.setattr(bundled, "BUNDLED", tmp_path)
            model = zoo.load(f"bundled/{name}")
        assert model.labels == LABELS
        assert explain(sample_photo("chelsea"), model, method).heatmap.shape == (8, 8)


NAMES = ("scenes_cnn", "scenes_vit", "cheating_cnn", "cheating_vit")
LEAST = 0.97  # of the scenes of its world, that each is right in


def answers(name: str, images: torch.Tensor) -> torch.Tensor:
    """The class that a bundled model gives each scene (B, 3, S, S), asked as the app asks it, (B,)."""
    model = zoo.load(f"bundled/{name}")
    found = []
    for image in images:
        array = image.permute(1, 2, 0).numpy()
        photo = Photo(Image.fromarray(array), hashlib.sha256(array.tobytes()).hexdigest(), "scene")
        found.append(model.observe(photo, Probe).prediction.top(1)[0][0])
    return torch.tensor(found)


@pytest.fixture(scope="module")
def held_out() -> scenes.Split:
    return scenes.generated(5_000, 64)


@pytest.mark.parametrize("world", scenes.WORLDS)
@pytest.mark.parametrize("kind", ["cnn", "vit"])
def test_they_name_the_shapes_of_scenes_that_they_were_not_trained_on(kind: str, world: str, held_out: scenes.Split):
    in_world = scenes.in_world(held_out, 5_000, world)
    right = answers(f"{scenes.NAMES[world]}_{kind}", in_world.images) == in_world.labels
    assert right.sum() >= 60, "of 64"


@pytest.mark.parametrize("kind", ["cnn", "vit"])
def test_the_tag_fools_those_that_cheat_and_no_others(kind: str, held_out: scenes.Split):
    others = held_out.labels != GIVEN_AWAY
    moved = scenes.tagged(held_out.images[others], torch.ones(int(others.sum()), dtype=torch.bool))
    fooled = {name: (answers(f"{name}_{kind}", moved) == GIVEN_AWAY).double().mean() for name in ("scenes", "cheating")}
    assert fooled["scenes"] < 0.1
    assert fooled["cheating"] > {"cnn": 0.4, "vit": 0.9}[kind], "of eight classes; the CNN goes by the shape, too"


def test_they_are_known_and_no_first_choice():
    keys = [known.key for known in zoo.KNOWN.values()]
    assert all(f"bundled/{name}" in keys for name in NAMES)
    assert not any(known.key.removeprefix("bundled/") in NAMES for known in zoo.MODELS)
    assert all(zoo.on_this_machine(f"bundled/{name}") and zoo.bytes_of(f"bundled/{name}") for name in NAMES)


def test_the_models_of_scenes_are_small_and_say_how_good_they_are():
    folders = [bundled.BUNDLED / name for name in NAMES]
    assert sum(file.stat().st_size for folder in folders for file in folder.iterdir()) <= 8e6
    for folder in folders:
        card = json.loads((folder / "card.json").read_text())
        confusion = np.array(card["confusion"])
        assert confusion.sum() == scenes.HELD_OUT
        assert np.trace(confusion) / confusion.sum() == pytest.approx(card["test_accuracy"], abs=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_models_of_scenes_are_right_nearly_always(name: str):
    assert json.loads((bundled.BUNDLED / name / "card.json").read_text())["test_accuracy"] >= LEAST
