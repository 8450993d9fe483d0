"""BibTeX: every method and every model of the catalogue has its paper, and the entries are whole."""

import dataclasses
import re

import pytest

from dashboard.export.citations import METHOD_PAPERS, TORCHVISION, bibtex, paper_at, papers_of, papers_of_key
from dashboard.methods import METHODS, Method
from dashboard.models.catalogue import KNOWN, MODELS
from dashboard.models.zoo import load
from dashboard.studies.attention import TokenAttention
from tests.export.exhibits import exhibit

ENTRY = re.compile(r"@(misc|article|inproceedings)\{([a-z0-9]+),\n((?:  [a-zA-Z]+ = \{.+\},\n)+)\}")


@pytest.mark.parametrize("method", [*METHODS, TokenAttention], ids=lambda method: method.__name__)
def test_every_method_has_an_entry_with_the_paper_that_it_names(method: type[Method]):
    paper = paper_at(method.paper)
    entry = paper.bibtex
    assert ENTRY.fullmatch(entry)
    number = method.paper.partition("abs/")[2] or method.paper.removeprefix("https://doi.org/")
    assert f"{{{number}}}" in entry
    told = re.search(r"([A-Z]\w+)(?: et al\.| and \w+)? (\d{4}), (?:arXiv|IEEE|doi)", method.__doc__ or "")
    if told:
        assert paper.authors.startswith(f"{told[1]},"), "the same first author as in the method's own words"
        assert paper.year == int(told[2])


@pytest.mark.parametrize("known", MODELS, ids=lambda known: known.key)
def test_every_model_of_the_catalogue_has_its_paper(known):
    assert papers_of_key(known.key)


def test_every_checkpoint_of_torchvision_has_its_paper():
    names = [key.partition("/")[2] for key in KNOWN if key.startswith("torchvision/")]
    assert [name for name in names if not papers_of_key(f"torchvision/{name}")] == []
    assert papers_of_key("torchvision/swin_v2_t") == (TORCHVISION["swin_v2"],)
    assert papers_of_key("torchvision/efficientnet_v2_s")[0].title.startswith("EfficientNetV2")


def test_no_two_papers_share_a_key():
    papers = {*METHOD_PAPERS, *TORCHVISION.values(), *(paper for key in KNOWN for paper in papers_of_key(key))}
    assert len({paper.key for paper in papers}) == len({paper.where for paper in papers}) == len(papers)


def test_a_folder_of_ones_own_is_known_by_its_configuration():
    model = load("bundled/vit")
    assert papers_of(model)[0].title.startswith("An Image is Worth")
    assert papers_of(dataclasses.replace(model, key="hf/mine")) == papers_of(model)


def test_what_is_on_screen_is_cited_once_each():
    made = exhibit()
    text = bibtex(made.shown.values(), made.models.values())
    entries = ENTRY.findall(text)
    assert [key for _, key, _ in entries] == ["lookingatmodels", "zhou2016cam", "abnar2020rollout"]
    assert len(bibtex([*made.shown.values()] * 2, []).split("@")) == 4
