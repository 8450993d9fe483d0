"""What classes are called on screen, in links and in files: a name of its own for each, whatever a checkpoint calls it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

TOP, NO_CLASS = "Top prediction", "(no comparison)"  # what stands beside the names in a box, and is none of them
LONGEST, LONGEST_SHORT = 80, 40  # characters
NUMBERED = re.compile(r" #(\d+)$")


@lru_cache(32)
def class_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """A name for each class, no two alike: its label, and its number from 0 where the label does not tell it from all others.

    >>> class_names(("cat", "crane", "crane", ""))
    ('cat', 'crane #1', 'crane #2', 'class 3')
    """
    return _apart([_cut(cleaned(label) or f"class {index}", LONGEST) for index, label in enumerate(labels)])


@lru_cache(32)
def short_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The same for where there is little room: the first of a label's synonyms, if no other class's is the same.

    >>> short_names(("tench, Tinca tinca", "crane, bird", "crane, machine"))
    ('tench', 'crane, bird', 'crane, machine')
    """
    whole = class_names(labels)
    first = [name.partition(",")[0].strip() or name for name in whole]
    counts = Counter(first)
    pairs = zip(first, whole, strict=True)
    return _apart([_cut(short if counts[short] == 1 else name, LONGEST_SHORT) for short, name in pairs])


@lru_cache(32)
def _places(labels: tuple[str, ...]) -> dict[str, int]:
    return {name: index for index, name in enumerate(class_names(labels))}


def class_called(text: str, labels: tuple[str, ...]) -> int | None:
    """The class with this name; also by its label alone or with its number, as in links of other times, where that is one
    class. None where it is none, or several.

    >>> class_called("crane (2)", ("cat", "crane", "crane"))
    2
    """
    found = _places(labels).get(text)
    if found is not None:
        return found
    numbered = re.fullmatch(r"(.*?) (?:#(\d{1,9})|\((\d{1,9})\))", text, re.DOTALL)
    if numbered:
        index = int(numbered[2] or numbered[3])
        if index < len(labels) and numbered[1] in (labels[index], _cut(cleaned(labels[index]), LONGEST)):
            return index
    alike = [index for index, label in enumerate(labels) if label == text]
    return alike[0] if len(alike) == 1 else None


def cleaned(label: str) -> str:
    """One line of what can be seen, as two labels that look alike may not be."""
    text = unicodedata.normalize("NFC", label)
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _apart(names: Sequence[str]) -> tuple[str, ...]:
    """Adds its number to each name that is not alone, that is a box's own word, or that ends like another class's number.

    So no two are alike: of those with a number each has another, and one without ends in none but its own.
    """
    counts = Counter(names)
    own = {word.casefold() for word in (TOP, NO_CLASS)}

    def alone(index: int, name: str) -> bool:
        number = NUMBERED.search(name)
        return counts[name] == 1 and name.casefold() not in own and (number is None or number[1] == str(index))

    return tuple(name if alone(index, name) else f"{name} #{index}" for index, name in enumerate(names))
