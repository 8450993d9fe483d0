"""The words of the field that stand on the pages, each explained once, as a teacher would."""

import re
from dataclasses import dataclass
from functools import lru_cache

from dashboard.methods import METHODS


@dataclass(frozen=True)
class Term:
    """A `name`, what it means in a sentence or two, where to read on, and `others`: other words for it, or other forms."""

    name: str
    text: str
    source: str = ""
    others: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """What links to it end in.

        >>> Term("Class token", "").anchor
        'term-class-token'
        """
        return "term-" + re.sub(r"\W+", "-", self.name.lower().replace("+", "-plus")).strip("-")


TERMS = (
    Term(
        "Ablation",
        "Taking a part of a network away to see what it did: the more the score drops, the more the part mattered.",
    ),
    Term(
        "Attention",
        "How a transformer passes information on: in each layer every token gathers from the others, and its attention "
        "says how much from which. Each token's attention sums to 1.",
        "https://arxiv.org/abs/1706.03762", ("attends", "attended"),
    ),
    Term(
        "Attention flow",
        "Like attention rollout, but each layer's attention counts as the width of pipes, and the map shows how much "
        "could flow from each patch to the token that is read.",
        "https://arxiv.org/abs/2005.00928",
    ),
    Term(
        "Attention head",
        "One of several attentions that a layer has side by side. Each may gather something else: one its neighbours, "
        "one a whole object.",
        "https://arxiv.org/abs/1706.03762", ("attention heads",),
    ),
    Term(
        "Attention rollout",
        "Multiplies the attention of all layers, to follow information from the patches to the token that is read. It "
        "shows where information came from, not which class it counted for.",
        "https://arxiv.org/abs/2005.00928", ("rollout",),
    ),
    Term(
        "CIFAR-10",
        "60,000 small photos (32 x 32 pixels) of ten classes, from airplane to truck. The two bundled models learned "
        "from it.",
        "https://www.cs.toronto.edu/~kriz/cifar.html",
    ),
    Term(
        "Class activation map",
        "Shows how much each place of the photo added to one class's score, for a CNN that ends with an average and one "
        "linear layer. CAM for short.",
        "https://arxiv.org/abs/1512.04150", ("CAM", "class activation maps"),
    ),
    Term(
        "Class token",
        "An extra token beside the patches that gathers from all of them; in many vision transformers the classifier "
        "reads this one alone. Also called CLS.",
        "https://arxiv.org/abs/2010.11929", ("CLS",),
    ),
    Term(
        "Class-agnostic",
        "A map that is the same whichever class you ask about, since it never reads the part of the network that "
        "decides. Its opposite is class-specific.",
        "", ("independent of class",),
    ),
    Term(
        "Class-specific",
        "A map of the evidence for one class that you choose. Another class gives another map.",
    ),
    Term(
        "CNN",
        "Convolutional neural network: it slides small filters over the photo, layer after layer, so each value stands "
        "for a place. ResNet is one.",
        "https://arxiv.org/abs/1512.03385", ("convolutional network",),
    ),
    Term(
        "Discard ratio",
        "The share of each layer's attention, its smallest values, that rollout sets to 0. More makes the map cleaner, "
        "too much leaves little that is true.",
        "https://github.com/jacobgil/vit-explain",
    ),
    Term(
        "Entropy",
        "How evenly something is spread: 1 where every cell holds the same, 0 where one cell holds all.",
        "https://arxiv.org/abs/2005.00631",
    ),
    Term(
        "Feature map",
        "What one filter of a CNN found at each place of the photo: high where its pattern is.",
        "", ("feature maps", "activation", "activations", "channel", "channels"),
    ),
    Term(
        "First layer",
        "Where rollout begins. In some models the first layers send so much to one patch that starting later shows "
        "more.",
    ),
    Term(
        "Flat map",
        "A map with the same value everywhere: there is nothing to see in it, so it is hatched.",
    ),
    Term(
        "Gini index",
        "How few cells hold a map: 0 where all hold the same, near 1 where one cell holds all. Economists use it for "
        "incomes.",
        "https://arxiv.org/abs/1810.06583", ("Gini",),
    ),
    Term(
        "Grad-CAM",
        "A class activation map for any CNN: the gradient of the class's score tells how much each feature map counts. "
        "It keeps only evidence for the class.",
        "https://arxiv.org/abs/1610.02391",
    ),
    Term(
        "Gradient",
        "How much the score would change if a value changed a little. Where it is large, the model reacts.",
        "", ("gradients",),
    ),
    Term(
        "Head fusion",
        "How the attention heads of a layer become one map: their mean, or at each place the largest (max) or the "
        "smallest (min) of them.",
        "https://github.com/jacobgil/vit-explain", ("fusion", "fused"),
    ),
    Term(
        "Head of the network",
        "The last part of a model, which turns what was found into one score per class. Not an attention head.",
        "", ("the head",),
    ),
    Term(
        "ImageNet",
        "1.3 million photos of 1,000 classes, from tench to toilet tissue. Most ready-made models learned from it.",
        "https://www.image-net.org",
    ),
    Term(
        "Intersection over union",
        "Of the cells in either map's top, the share that is in both: 1 where the tops are the same.",
    ),
    Term(
        "Layer",
        "One step of a network: it makes something new of what the step before it found. The later, the more it stands for "
        "whole things.",
        "", ("layers",),
    ),
    Term(
        "Layer depth",
        "The last layer to include in the map, counted from the first. A lower depth shows what had been gathered "
        "halfway.",
        "", ("depth",),
    ),
    Term(
        "Layer-wise relevance propagation",
        "Hands a class's score back through the network, layer by layer, by rules that lose nothing on the way.",
        "https://arxiv.org/abs/1604.00825", ("relevance",),
    ),
    Term(
        "Logit",
        "A class's score before it becomes a probability: any number, higher for more likely classes.",
        "", ("logits",),
    ),
    Term(
        "Occlusion",
        "Covering a part of the photo to see how far the score drops. A mask is such a cover.",
        "https://arxiv.org/abs/1311.2901", ("mask", "masks"),
    ),
    Term(
        "Pass",
        "One run of the photo through the network, forward or back. It is what takes time, so slow methods tell how "
        "many.",
        "", ("passes",),
    ),
    Term(
        "Patch",
        "A small square of the photo. A vision transformer cuts the photo into patches and turns each into a token.",
        "https://arxiv.org/abs/2010.11929", ("patches",),
    ),
    Term(
        "Percentile",
        "A cell's place when all cells are put in order: at the 90th percentile, 90% of the cells are lower.",
        "", ("in rank", "by rank"),
    ),
    Term(
        "Perturbation",
        "Asking a model about changed copies of the photo, with parts covered or noise added, and watching the score.",
        "", ("noisy copies", "noise"),
    ),
    Term(
        "Query and key",
        "Two roles of a token in attention: as a query it looks at others, as a key it is looked at.",
        "https://arxiv.org/abs/1706.03762", ("query", "key"),
    ),
    Term(
        "Residual connection",
        "A layer adds to what it got instead of replacing it, so part of every token passes through unchanged. Rollout "
        "counts it as half.",
        "https://arxiv.org/abs/1512.03385", ("residual",),
    ),
    Term(
        "Score",
        "What a model gives each class; the highest is its answer. A map of evidence explains one score, or the "
        "difference of two.",
        "", ("scores",),
    ),
    Term(
        "Sigmoid",
        "Turns each class's logit into a number from 0 to 1 by itself, so several classes may hold at once.",
    ),
    Term(
        "Signed map",
        "A map with a zero: red is evidence for the class, blue against it.",
        "", ("signed",),
    ),
    Term(
        "Softmax",
        "Turns all logits into probabilities that sum to 1: the higher one is, the more it takes from the others.",
    ),
    Term(
        "Spearman",
        "Rank correlation ρ (rho): 1 where two maps put all places in the same order, 0 where the orders have nothing "
        "to do with each other, -1 where one is the other reversed.",
        "https://doi.org/10.2307/1412159", ("rank correlation",),
    ),
    Term(
        "Stage",
        "The part of a CNN that works at one resolution. Early stages see fine detail, late ones whole objects.",
        "", ("stages",),
    ),
    Term(
        "Token",
        "A list of numbers that stands for one patch (or for the class token) inside a transformer. Every layer changes "
        "it a little.",
        "https://arxiv.org/abs/2010.11929", ("tokens",),
    ),
    Term(
        "Top cells",
        "The share of a map's cells with the highest values: 20% unless you choose otherwise.",
        "", ("top overlap", *(f"top {share}%" for share in range(5, 55, 5))),
    ),
    Term(
        "Top prediction",
        "The class with the highest score: what the model would answer.",
        "", ("top 5 predictions",),
    ),
    Term(
        "ViT",
        "Vision transformer: it cuts the photo into patches and lets every patch gather from every other, layer after "
        "layer.",
        "https://arxiv.org/abs/2010.11929", ("vision transformer", "transformer"),
    ),
)  # fmt: skip

_BY_WORD = {word.lower(): term for term in TERMS for word in (term.name, *term.others)}


def _of_methods() -> tuple[Term, ...]:
    """A term for each method that has none yet, in the method's own words."""
    new = [method for method in METHODS if method.label.lower() not in _BY_WORD]
    first = {method: (method.__doc__ or "").partition("\n")[0] for method in new}
    return tuple(Term(method.label, f"{first[method]} {method.why}", method.paper) for method in new)


METHOD_TERMS = _of_methods()
ALL = tuple(sorted((*TERMS, *METHOD_TERMS), key=lambda term: term.name.lower()))
_BY_WORD |= {term.name.lower(): term for term in METHOD_TERMS}
_EXACT = {term.name.lower(): term.name for term in METHOD_TERMS}  # "RISE" is a method, and "rise" is none
_WORDS = "|".join(
    f"(?-i:{re.escape(_EXACT[word])})" if word in _EXACT else re.escape(word)
    for word in sorted(_BY_WORD, key=len, reverse=True)
)
# A word of the glossary, but not within a link, an address, code, or a longer word such as Grad-CAM++.
_FOUND = re.compile(rf"(?<![\w\-\[/`.])(?<!\]\()({_WORDS})(?![\w\]`+]|-\w)", re.IGNORECASE)


def term_of(word: str) -> Term | None:
    """The term that a word belongs to, in any of its forms; None if it isn't in the glossary.

    >>> term_of("heads"), term_of("Patches").name
    (None, 'Patch')
    """
    return _BY_WORD.get(word.lower())


def terms_in(text: str) -> tuple[Term, ...]:
    """The terms that a text uses, in order, each once."""
    return tuple(dict.fromkeys(_BY_WORD[found.lower()] for found in _FOUND.findall(text)))


@lru_cache(1024)
def with_links(text: str) -> str:
    """The project's own Markdown, with each term's first mention a link that opens the glossary. Never for text from outside.

    >>> with_links("Cuts a patch, then a patch.")
    'Cuts a [patch](#term-patch), then a patch.'
    """
    told: set[Term] = set()

    def link(found: re.Match[str]) -> str:
        term = _BY_WORD[found[0].lower()]
        if term in told:
            return found[0]
        told.add(term)
        return f"[{found[0]}](#{term.anchor})"

    return _FOUND.sub(link, text)
