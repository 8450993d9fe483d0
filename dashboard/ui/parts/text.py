"""Making outside text safe to show: a file's name, a class, a key or a library's error appears as it is, never as Markdown."""

import re
import unicodedata

LONGEST_WORD, LONGEST = 80, 1_000  # characters; longer words and texts lose their middle
PUNCTUATION = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:&=/@^])")
# Streamlit replaces these after it has parsed the Markdown, when backslashes are gone already: addresses, short names of
# emojis and icons, and arrows that stand alone.
LIVE = re.compile(r"https?:/|www\.|[-.\w+]@[-\w]+\.|:[-+\w]+(:|$)|^(<->|->|<-|--|>=|<=|~=)$", re.IGNORECASE)
BRACKETS = re.compile(r"([\\`{}\[\]])")  # these end a coloured text or a code, even within a code
MARKS = 4  # accents and vowel signs on one letter; more would pile up over the lines above
JOINERS = "\u200c\u200d"  # between two letters they shape a script, or an emoji of several


def visible(text: str) -> str:
    """Outside text as one line of visible characters, for places that read no Markdown.

    Characters that would reverse the writing direction, be invisible, or break the page are left out or shown as "�".
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(_seen(text, place) for place in range(len(text)))
    return _cut(" ".join(_cut(word, LONGEST_WORD) for word in text.split()), LONGEST)


def plain(text: str) -> str:
    """Outside text, escaped for places where Streamlit reads Markdown: the page then shows `visible(text)`."""
    return " ".join(_code(word) if LIVE.search(word) else PUNCTUATION.sub(r"\\\1", word) for word in visible(text).split(" "))


def _code(word: str) -> str:
    """A word as Markdown code, the only form in which Streamlit replaces nothing."""
    pieces = BRACKETS.split(word)  # every second one is a bracket
    return "".join(f"\\{piece}" if place % 2 else f"`{piece}`" for place, piece in enumerate(pieces) if piece)


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    end = longest // 3
    return f"{text[: longest - end - 1]}…{text[-end:]}"


def _seen(text: str, place: int) -> str:
    character = text[place]
    kind = unicodedata.category(character)
    if character.isspace():
        return " "
    if kind == "Cf":
        around = text[place - 1 : place] + text[place + 1 : place + 2]
        return character if character in JOINERS and len(around) == 2 and not around.isascii() else ""
    if kind in ("Cc", "Cs"):
        return "�"
    if kind[0] == "M" and place >= MARKS and all(unicodedata.category(each)[0] == "M" for each in text[place - MARKS : place]):
        return ""
    return character
