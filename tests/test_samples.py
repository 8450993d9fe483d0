"""The sample photos: what ships, under which licence, and that the bundled pair knows those that show its classes."""

import io

import numpy as np
import pytest
from PIL import Image

from dashboard.engine.fitting import first_fitting
from dashboard.models.zoo import load
from dashboard.photo import sample_photo, thumbnail_jpeg
from dashboard.samples import OURS, SAMPLES, SKIMAGE, THUMBNAILS

KNOWN = {key: sample.shows for key, sample in SAMPLES.items() if sample.shows}


def test_there_is_a_sample_of_each_class_and_they_come_first():
    assert sorted(KNOWN.values()) == sorted(load("bundled/cnn").labels)
    assert list(SAMPLES)[: len(KNOWN)] == list(KNOWN)


@pytest.mark.parametrize("sample", KNOWN)
@pytest.mark.parametrize("model", ["bundled/cnn", "bundled/vit"])
def test_the_bundled_pair_knows_what_they_show(model: str, sample: str):
    network = load(model)
    answer = network.observe(sample_photo(sample), first_fitting(network).needs).prediction
    assert answer.top(1)[0][1] == KNOWN[sample]
    assert not answer.unsure


def test_of_other_things_the_bundled_pair_is_often_unsure():
    others = [sample_photo(sample) for sample in SAMPLES if sample not in KNOWN]
    answers = [
        network.observe(photo, first_fitting(network).needs).prediction
        for network in map(load, ("bundled/cnn", "bundled/vit")) for photo in others
    ]  # fmt: skip
    assert sum(answer.unsure for answer in answers) >= len(answers) / 2


def test_every_file_that_ships_is_a_sample_whose_licence_is_told():
    ours = {sample.file for sample in SAMPLES.values() if sample.from_ != SKIMAGE}
    assert ours == {path.name for path in OURS.glob("*.jpg")}
    told = (OURS / "README.md").read_text()
    for sample in SAMPLES.values():
        if sample.file in ours:
            line = next(line for line in told.splitlines() if f"`{sample.file}`" in line)
            assert f"| {sample.shows} |" in line
            assert sample.credit.partition(",")[0] in line
    assert sum(path.stat().st_size for path in OURS.rglob("*.jpg")) < 1_500_000


def test_thumbnails_are_those_of_the_samples_and_small():
    assert {path.stem for path in THUMBNAILS.glob("*")} == set(SAMPLES)
    assert sum(path.stat().st_size for path in THUMBNAILS.glob("*")) < 40_000
    for key in SAMPLES:
        made, ships = io.BytesIO(thumbnail_jpeg(sample_photo(key))), THUMBNAILS / f"{key}.jpg"
        here, there = (np.asarray(Image.open(file), int) for file in (made, ships))
        assert np.abs(here - there).mean() < 4, "python -m tools.thumbnails makes them"
