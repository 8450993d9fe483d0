"""What classes are called on screen, in links and in files: a name of its own for each, whatever a checkpoint calls it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

TOP, NO_CLASS = "Top prediction", "(nothing)"  # entries of the box of class names that name no class
LONGEST, LONGEST_SHORT = 80, 40  # characters
NUMBERED = re.compile(r" #(\d+)$")


@lru_cache(32)
def class_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """A name for each class, no two alike: its label, and its number from 0 where the label does not tell it from all others.

    >>> class_names(("tiger_cat", "crane", "crane", ""))
    ('tiger cat', 'crane #1', 'crane #2', 'class 3')
    """
    return _apart([_spoken(label) or f"class {index}" for index, label in enumerate(labels)])


@lru_cache(32)
def short_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """A short name for each class, no two alike: the first of its label's synonyms, where no other class has the same.

    >>> short_names(("tench, Tinca tinca", "crane, bird", "crane, machine"))
    ('tench', 'crane, bird', 'crane, machine')
    """
    whole = class_names(labels)
    first = [name.partition(",")[0].strip() or name for name in whole]
    counts = Counter(first)
    pairs = zip(first, whole, strict=True)
    return _apart([_cut(short if counts[short] == 1 else name, LONGEST_SHORT) for short, name in pairs])


@lru_cache(32)
def _indices(labels: tuple[str, ...]) -> dict[str, int]:
    return {name: index for index, name in enumerate(class_names(labels))}


def class_called(text: str, labels: tuple[str, ...]) -> int | None:
    """The index of the class with this name. Older links name a class by its label, with or without the class's number: they
    are understood where exactly one class fits. None where no class fits, or several.

    >>> class_called("crane (2)", ("cat", "crane", "crane"))
    2
    """
    found = _indices(labels).get(text)
    if found is not None:
        return found
    numbered = re.fullmatch(r"(.*?) (?:#(\d{1,9})|\((\d{1,9})\))", text, re.DOTALL)
    if numbered:
        index = int(numbered[2] or numbered[3])
        if index < len(labels) and numbered[1] in (
            labels[index],
            _cut(cleaned(labels[index]), LONGEST),
            _spoken(labels[index]),
        ):
            return index
    alike = [index for index, label in enumerate(labels) if label == text]
    return alike[0] if len(alike) == 1 else None


def _spoken(label: str) -> str:
    """A label as people write it: checkpoints that join its words by underscores mean spaces."""
    return _cut(cleaned(label.replace("_", " ")), LONGEST)


def cleaned(label: str) -> str:
    """A label's printable characters in one line, so that two labels that look alike become equal."""
    text = unicodedata.normalize("NFC", label)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _apart(names: Sequence[str]) -> tuple[str, ...]:
    """Adds the class's number to each name that several classes share, that is an entry of the box itself, or that ends in
    another class's number.

    So no two names are equal: those with an added number end in different numbers, and a name without one ends in no number
    but its own class's.
    """
    counts = Counter(names)
    own = {word.casefold() for word in (TOP, NO_CLASS)}

    def alone(index: int, name: str) -> bool:
        number = NUMBERED.search(name)
        return counts[name] == 1 and name.casefold() not in own and (number is None or number[1] == str(index))

    return tuple(name if alone(index, name) else f"{name} #{index}" for index, name in enumerate(names))
