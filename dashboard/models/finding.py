"""Which models a person means by a text: a key, a part of a name, or a name with a slip of the finger."""

from collections.abc import Mapping
from difflib import get_close_matches

LONGEST = 120  # letters of a text that are compared: longer ones name no model
CLOSE = 0.7  # how alike two names must be, 0 to 1, for one to be offered in place of the other
OFFERED = 4  # keys at most in place of a text that names none


def folded(text: str) -> str:
    """A text as it is compared: lower-case letters and digits alone.

    >>> folded("ResNet-50"), folded("torchvision/resnet50")
    ('resnet50', 'torchvisionresnet50')
    """
    return "".join(letter for letter in text[:LONGEST].lower() if letter.isalnum())


def matching(text: str, titles: Mapping[str, str]) -> list[str]:
    """The keys of the models that a text means; `titles` holds all keys with their titles.

    A key or a whole name means one model, even where it is a part of other names; else each model counts whose key and title
    hold all words of the text.

    >>> titles = {"torchvision/resnet50": "ResNet-50", "torchvision/wide_resnet50_2": "wide_resnet50_2", "hf/mine": "mine"}
    >>> matching("resnet50", titles), matching("net 50", titles), matching("MIN", titles)
    (['torchvision/resnet50'], ['torchvision/resnet50', 'torchvision/wide_resnet50_2'], ['hf/mine'])
    """
    words = [word for word in map(folded, text[:LONGEST].split()) if word]
    if text in titles or not words:
        return [text] if text in titles else []
    whole = [key for key, title in titles.items() if folded(text) in _names(key, title)]
    if len(whole) == 1:
        return whole
    return [key for key, title in titles.items() if all(word in f"{folded(key)} {folded(title)}" for word in words)]


def alike(text: str, titles: Mapping[str, str]) -> list[str]:
    """The keys of at most OFFERED models whose names a text comes close to, the closest first.

    >>> alike("hf/mien", {"hf/mine": "mine", "torchvision/resnet18": "ResNet-18"})
    ['hf/mine']
    """
    keys = {name: key for key, title in titles.items() for name in _names(key, title)}
    near = get_close_matches(folded(text), list(keys), n=2 * OFFERED, cutoff=CLOSE)
    return list(dict.fromkeys(keys[name] for name in near))[:OFFERED]


def _names(key: str, title: str) -> tuple[str, ...]:
    """The names that a person may call a model by: its key, that without the family, its last part, and its title."""
    without_family = key.partition("/")[2]
    return folded(key), folded(without_family), folded(without_family.rpartition("/")[2]), folded(title)
