"""Methods, options, numbers and the words of the field: each is explained, in the glossary or in its own help."""

from dataclasses import fields

import pytest

from dashboard.glossary import ALL, TERMS, term_of, terms_in, with_links
from dashboard.methods import METHODS, Method, option_texts
from dashboard.metrics import METRICS, Metric
from dashboard.ui.parts.controls import LABELS


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.label)
def test_every_method_says_what_it_is_in_words_of_the_glossary(method: type[Method]):
    assert (method.__doc__ or "").partition("\n")[0].endswith(".")
    assert terms_in(f"{(method.__doc__ or '').partition(chr(10))[0]} {method.why}")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.label)
def test_every_option_is_explained(method: type[Method]):
    for field in fields(method):
        assert option_texts(method).get(field.name) or term_of(LABELS.get(field.name, field.name)), field.name


@pytest.mark.parametrize("name", LABELS.values())
def test_options_with_names_of_their_own_are_terms(name: str):
    assert term_of(name)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.label)
def test_every_number_says_what_it_means(metric: type[Metric]):
    assert metric().meaning.endswith(".")
    assert metric.paper.startswith("https://")


@pytest.mark.parametrize(
    "word",
    [
        "class activation map",
        "attention rollout",
        "head fusion",
        "discard ratio",
        "layer depth",
        "patch",
        "token",
        "class token",
        "logit",
        "softmax",
        "gradient",
        "entropy",
        "Gini",
        "Spearman",
        "percentile",
        "residual",
        "class-specific",
        "class-agnostic",
        "signed",
        "Gini index",
    ],
)
def test_what_the_field_takes_for_granted_is_explained(word: str):
    assert term_of(word)


def test_terms_are_told_apart_and_say_enough():
    words = [word.lower() for term in TERMS for word in (term.name, *term.others)]
    assert len(set(words)) == len(words)
    assert len({term.anchor for term in ALL}) == len(ALL)
    assert all(term.text.endswith(".") for term in ALL)
    assert [term.name for term in TERMS] == sorted((term.name for term in TERMS), key=str.lower)
    assert all(term.text.endswith(".") and 40 < len(term.text) < 260 for term in TERMS)
    assert all(term.source.startswith("https://") for term in ALL if term.source)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.label)
def test_every_method_is_a_term_by_its_whole_name(method: type[Method]):
    term = term_of(method.label)
    assert term
    assert with_links(f"{method.label}: a method.") == f"[{method.label}](#{term.anchor}): a method."


def test_a_word_that_is_no_name_of_a_method_is_left_alone():
    assert with_links("Masks give rise to RISE.") == "[Masks](#term-occlusion) give rise to [RISE](#term-rise)."


def test_links_spare_other_words_addresses_and_code():
    text = "Grad-CAM+++, `patch`, https://example.org/patch, [patch](https://example.org), headless."
    assert with_links(text) == text
    assert with_links("Patches, then patches of a vision transformer.") == (
        "[Patches](#term-patch), then patches of a [vision transformer](#term-vit)."
    )
