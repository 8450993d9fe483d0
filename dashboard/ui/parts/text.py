"""Words on screen. Text from outside, such as a file's name, a class, a key or a library's error, is shown and never read."""

import re
import unicodedata

LONGEST_WORD, LONGEST = 80, 1_000  # characters; what is longer loses its middle
PUNCTUATION = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:&=/@^])")
# What Streamlit's renderer looks for once Markdown was read, so that a backslash hides nothing from it: addresses, short
# names of emojis and icons, and arrows that stand alone.
LIVE = re.compile(r"https?:/|www\.|[-.\w+]@[-\w]+\.|:[-+\w]+(:|$)|^(<->|->|<-|--|>=|<=|~=)$", re.IGNORECASE)
BRACKETS = re.compile(r"([\\`{}\[\]])")  # they end a coloured text or a code, even inside a code
MARKS = 4  # accents and vowel signs on one letter; more would be a tower over the lines above
JOINERS = "\u200c\u200d"  # between two letters they shape a script, or an emoji of several


def visible(text: str) -> str:
    """Text from outside as one line of characters that can be seen, for places that know no Markdown.

    What would turn the direction of the words around it, hide, or break the page is left out or shown as "�".
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(_seen(text, place) for place in range(len(text)))
    return _cut(" ".join(_cut(word, LONGEST_WORD) for word in text.split()), LONGEST)


def plain(text: str) -> str:
    """Text from outside for places where Streamlit reads Markdown: what is seen is `visible(text)`."""
    return " ".join(_code(word) if LIVE.search(word) else PUNCTUATION.sub(r"\\\1", word) for word in visible(text).split(" "))


def _code(word: str) -> str:
    """A word as code, the only thing in which the renderer looks for nothing."""
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
