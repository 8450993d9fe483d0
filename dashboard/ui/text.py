"""Words on screen."""

import re


def plain(text: str) -> str:
    """Text of a person's, such as a file name, so that Markdown shows it and does not read it."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|$~:&])", r"\\\1", text)
