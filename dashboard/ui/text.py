"""Words on screen."""

import re

from dashboard.models.classifier import Classifier

CAVEAT = "This page compares what two models **look at**, never which of them is better."


def plain(text: str) -> str:
    """Text of a person's, such as a file name, so that Markdown shows it and does not read it."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|$~:&])", r"\\\1", text)


def training_note(first: Classifier, second: Classifier) -> str:
    """The sentence about what both models were trained on."""
    if not (first.training_data and second.training_data):
        return f"What at least one of the two models was trained on is not known. {CAVEAT}"
    if first.training_data == second.training_data:
        return f"Both models were trained on {first.training_data}. {CAVEAT}"
    return (
        f"The two models were trained on different data: {first.title} on {first.training_data}; "
        f"{second.title} on {second.training_data}. {CAVEAT}"
    )
