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


def test_every_file_that_ships_is_a_sample():
    ours = {sample.file for sample in SAMPLES.values() if sample.from_ != SKIMAGE}
    assert ours == {path.name for path in OURS.glob("*.jpg")}
    assert sum(path.stat().st_size for path in OURS.rglob("*.jpg")) < 1_500_000


LICENCES = {  # how each is told, and the texts that must come with a copy of what it is for
    "CC0": (), "public domain": (), "CC BY 2.5": (), "free to use and publish": (),
    "GPL 2 or later": ("GPL-2.txt",), "LGPL 3": ("LGPL-3.txt", "GPL-3.txt"),
}  # fmt: skip


@pytest.mark.parametrize("key", SAMPLES)
def test_the_licence_of_every_sample_is_told_and_its_text_ships(key: str):
    sample, told = SAMPLES[key], (OURS / "README.md").read_text()
    (line,) = (line for line in told.splitlines() if line.startswith(f"| `{sample.file}` |"))
    _, _, shows, by, licence, *_ = (cell.strip() for cell in line.split("|"))
    assert not sample.shows or shows == sample.shows
    assert by.startswith(sample.by)
    assert licence.removesuffix(" 1.0") == sample.licence
    for text in LICENCES[sample.licence]:
        assert f"]({text})" in told
        assert "GNU" in (OURS / text).read_text()[:80]
    assert sample_photo(key).credit == sample.credit
    assert sample.by in sample.credit
    assert sample.licence in sample.credit


def test_every_text_of_a_licence_is_that_of_a_sample():
    assert {text for sample in SAMPLES.values() for text in LICENCES[sample.licence]} == {
        path.name for path in OURS.glob("*.txt")
    }


def test_thumbnails_are_those_of_the_samples_and_small():
    assert {path.stem for path in THUMBNAILS.glob("*")} == set(SAMPLES)
    assert sum(path.stat().st_size for path in THUMBNAILS.glob("*")) < 40_000
    for key in SAMPLES:
        made, ships = io.BytesIO(thumbnail_jpeg(sample_photo(key))), THUMBNAILS / f"{key}.jpg"
        here, there = (np.asarray(Image.open(file), int) for file in (made, ships))
        assert np.abs(here - there).mean() < 4, "python -m tools.thumbnails makes them"
