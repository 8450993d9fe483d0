"""Names of classes: each its own, whatever a checkpoint calls them, and found again."""

import random

import pytest

from dashboard.names import LONGEST, LONGEST_SHORT, NO_CLASS, TOP, class_called, class_names, short_names

HOSTILE = [
    (), ("",), ("", "", " ", "\t", "\u200b"), ("nothing", "likeliest", TOP, NO_CLASS, TOP.upper(), f"{TOP} #1"),
    ("crane", "crane", "crane (0)"), ("crane", "crane", "crane #0", "crane #1"), ("crane #1", "crane", "crane"),
    ("crane, bird", "crane, machine"), ("crane, bird", "crane", "crane, machine", "crane, bird"), (", x", ", x", ",", ""),
    ("class 2", "class 1", ""), ("x" * 5000, "x" * 5001, "x" * 5000), ("a\nb", "a b", "a  b", " a b"),
    ("a_b", "a b", "a__b", "_", "_a #1"),
    ("cafe\u0301", "caf\u00e9"), ("\ud800", "\udfff"), ("#1", "# 1", " #1", "#0"), ("*a_b*", r"\*a_b\*", "`a`", "<b>a</b>"),
]  # fmt: skip


def made_up(seed: int) -> tuple[str, ...]:
    """Labels of few letters, so that many are alike, or end in what a name may end in."""
    generator = random.Random(seed)
    parts = [
        "",
        "a",
        "A",
        "b",
        ",",
        ", c",
        " ",
        " #0",
        " #1",
        " #2",
        " (1)",
        "#",
        "_",
        "\n",
        "\u200b",
        "class 0",
        TOP,
        "é",
        "e\u0301",
    ]
    return tuple("".join(generator.choices(parts, k=generator.randrange(4))) for _ in range(generator.randrange(1, 12)))


@pytest.mark.parametrize("labels", [*HOSTILE, *map(made_up, range(300))], ids=lambda labels: ascii(labels)[:40])
def test_every_class_has_a_name_of_its_own_and_is_found_by_it(labels: tuple[str, ...]):
    for names, longest in ((class_names(labels), LONGEST), (short_names(labels), LONGEST_SHORT)):
        assert len({TOP, NO_CLASS, *names}) == 2 + len(labels)
        for name in names:
            assert name == " ".join(name.split())
            assert 0 < len(name) <= longest + len(f" #{len(labels)}")
            name.encode()
    assert [class_called(name, labels) for name in class_names(labels)] == list(range(len(labels)))


def test_a_label_that_is_alone_stays_as_it_is():
    labels = ("cat", "tench, Tinca tinca", "nothing", "likeliest", "class #3", "route #66")
    assert class_names(labels)[:4] == labels[:4]
    assert class_names(labels)[4:] == ("class #3 #4", "route #66 #5")
    assert short_names(labels)[1] == "tench"


def test_two_of_one_name_are_told_apart_by_their_number():
    assert class_names(("crane", "crane", "crane (0)")) == ("crane #0", "crane #1", "crane (0)")
    assert short_names(("crane, bird", "crane, machine", "tench, Tinca tinca")) == ("crane, bird", "crane, machine", "tench")


def test_words_that_underscores_join_are_apart_on_screen_and_older_links_still_find_them():
    labels = ("red-breasted_merganser", "tiger_cat", "tiger cat")
    assert class_names(labels) == ("red-breasted merganser", "tiger cat #1", "tiger cat #2")
    assert [class_called(text, labels) for text in (*labels, "tiger_cat #1")] == [0, 1, 2, 1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dog", 1), ("crane (2)", 2), ("crane #3", 3), ("crane", None), ("crane #1", None), ("crane #99999999999", None),
        ("dog #1", 1), ("dog #0", None), ("cat", None), ("", None), ("x" * 5000, 4), ("Dog", None),
    ],
)  # fmt: skip
def test_links_of_other_times_find_their_class(text: str, found: int | None):
    assert class_called(text, ("bird", "dog", "crane", "crane", "x" * 5000)) == found
