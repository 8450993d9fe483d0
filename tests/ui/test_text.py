"""Text from outside as one line that can be seen."""

import pytest

from dashboard.ui.parts.text import LONGEST, LONGEST_WORD, plain, visible
from tests.browser.hostile import HOSTILE


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a plain name.jpg", "a plain name.jpg"),
        ("Großes Foto 写真 صورة.jpg", "Großes Foto 写真 صورة.jpg"),
        ("  a \n\n b\t\u2028c ", "a b c"),
        ("\u202egnp.exe\u202c \u2066x\u2069 \u200bx\ufeff y\u00adz", "gnp.exe x x yz"),
        ("می\u200cخواهم 👩\u200d🔬", "می\u200cخواهم 👩\u200d🔬"),
        ("ab\u200dcd", "abcd"),
        ("a\x00b\x1b[31m\ud800", "a�b�[31m�"),
        ("x" + "\u0301" * 500 + "y", "x" + "\u0301" * 4 + "y"),
        ("", ""),
        ("\u200b", ""),
    ],
)
def test_what_is_seen(text: str, seen: str):
    assert visible(text) == seen


def test_long_text_loses_its_middle():
    word = "".join(chr(ord("a") + place % 26) for place in range(500))
    assert len(visible(word)) == LONGEST_WORD
    assert visible(word).startswith(word[:50])
    assert visible(word).endswith(word[-25:])
    assert len(visible("word " * 5_000)) == LONGEST
    assert visible("x" * LONGEST_WORD) == "x" * LONGEST_WORD


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_lost_to_markdown(text: str):
    """Backslashes and the backticks of a code hide the rest from the renderer; without them it is what is seen."""
    told = plain(text)
    told.encode()  # Streamlit's messages take no lone surrogates
    assert "\n" not in told
    assert told.replace("\\", "").replace("`", "") == visible(text).replace("\\", "").replace("`", "")


def test_ordinary_words_stay_ordinary():
    assert "`" not in plain("sports car (2) · 3:4, 50% of a/b at 10:30, e.g. x@y, a -b? No: C# & <b>")
