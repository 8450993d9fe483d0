"""What a model's look at a photo leaves behind, and what is asked of it. Every map on screen is a function of these.

Letters: C channels, h w map rows and columns, L layers, H heads, T tokens, D their width, K classes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import ClassVar, Literal, TypeVar

import torch
from torch import Tensor

Activation = Literal["softmax", "sigmoid", "none"]  # what a model was trained to make of its logits
KINDS: dict[Activation, str] = {"softmax": "probability", "sigmoid": "score", "none": "value"}


@dataclass(frozen=True)
class Prediction:
    """A model's answer: `logits` (K,), the `labels` of its outputs, and the `activation` that makes scores of logits."""

    logits: Tensor
    labels: tuple[str, ...]
    activation: Activation = "softmax"

    def __post_init__(self) -> None:
        if self.logits.shape != (len(self.labels),):
            raise ValueError(f"expected one logit per label, got {tuple(self.logits.shape)} for {len(self.labels)} labels")

    @property
    def scores(self) -> Tensor:
        """What people read, (K,): one distribution over all classes, a number from 0 to 1 for each alone, or the values."""
        match self.activation:
            case "softmax":
                return self.logits.softmax(-1)
            case "sigmoid":
                return self.logits.sigmoid()
            case "none":
                return self.logits

    @property
    def kind(self) -> str:
        """What a score is, in a word: `probability`, `score` (of each class alone, so they need not sum to 1) or `value`."""
        return KINDS[self.activation]

    def in_words(self, score: float) -> str:
        """A score as people read it: only a probability is a share of a whole, so only that is a percentage."""
        match self.activation:
            case "softmax":
                return f"{score:.1%}"
            case "sigmoid":
                return f"{score:.3f}"
            case "none":
                return f"{score:.4g}"

    def top(self, k: int) -> list[tuple[int, str, float]]:
        """The k outputs of the largest logits, largest first: index, label, score. Scores may tie where logits don't."""
        scores, indices = self.scores, self.logits.argsort(descending=True, stable=True)[:k].tolist()
        return [(index, self.labels[index], scores[index].item()) for index in indices]


@dataclass(frozen=True)
class Question:
    """The score that a class-specific map explains: class `target`'s logit, less that of class `against` if there is one.

    Without a `target` it is the likeliest class.
    """

    target: int | None = None
    against: int | None = None

    def weights(self, logits: Tensor) -> Tensor:
        """How much each class counts, (K,) -> (K,): the score is weights @ logits.

        Raises:
            ValueError: there is no such class, or one is held against itself.
        """
        target = self.chosen(logits)
        weights = torch.zeros_like(logits)
        weights[target] = 1
        if self.against is not None:
            weights[_checked(self.against, logits)] = -1
            if self.against == target:
                raise ValueError(f"expected two classes to hold against each other, got class {target} twice")
        return weights

    def chosen(self, logits: Tensor) -> int:
        """The class that is explained."""
        return int(logits.argmax()) if self.target is None else _checked(self.target, logits)


LIKELIEST = Question()


def _checked(index: int, logits: Tensor) -> int:
    if not 0 <= index < len(logits):
        raise ValueError(f"expected a class from 0 to {len(logits) - 1}, got {index}")
    return index


@dataclass(frozen=True)
class FinerQuestion(Question):
    """A class's logit, less `gamma` times the mean of the `count` closest ones: what sets it apart from its like.

    Where `against` names a class, that one stands in for the closest. FinerCAM's score (arXiv:2501.11309, equation 4).
    """

    gamma: float = 0.6
    count: int = 3

    def weights(self, logits: Tensor) -> Tensor:
        """How much each class counts, (K,) -> (K,)."""
        weights = super().weights(logits)
        if self.against is not None:
            return torch.where(weights < 0, self.gamma * weights, weights)
        target = self.chosen(logits)
        distance = (logits - logits[target]).abs()
        distance[target] = torch.inf
        closest = distance.topk(min(self.count, len(logits) - 1), largest=False).indices
        weights[closest] = -self.gamma / max(len(closest), 1)
        return weights


@dataclass(frozen=True)
class Evidence:
    """What a look leaves behind. `of_question`: whether it depends on what was asked, so that each question needs a look.
    `cell`: what one value of a map read from it stands for, in a word. `covered`: the part of what the model ate that its
    maps lie over, from the top left, as shares of height and width: patches that do not fit in leave a rest unseen.
    """

    covered: tuple[float, float] = field(default=(1.0, 1.0), kw_only=True)

    of_question: ClassVar[bool] = False
    cell: ClassVar[str] = "cell"

    def under(self, shape: tuple[int, ...]) -> tuple[float, float]:
        """The part of that again that a map of such a shape (h, w) lies over, where that depends on the map."""
        return 1.0, 1.0


E = TypeVar("E", bound=Evidence)  # the kind of evidence that somebody reads


@dataclass(frozen=True)
class FeatureMaps(Evidence):
    """What a CNN's head pools: `activations` (C, h, w), and `class_weights` (K, C) where the head is one linear layer.

    `asked` (K,) is how much each class counts in the score that is explained.
    """

    activations: Tensor
    class_weights: Tensor | None = None
    asked: Tensor | None = None


@dataclass(frozen=True)
class StageMaps(Evidence):
    """A CNN's activations at the end of each stage, the last feature maps of one resolution: `activations` (C_i, h_i, w_i)
    each, first stage first, with the `names` of the layers that made them, and the share of a pass that comes `after` each.
    `covers`: of each, the part of what the model ate that it lies over; above 1 where a last cell reaches beyond.
    """

    activations: tuple[Tensor, ...]
    names: tuple[str, ...]
    after: tuple[float, ...]
    covers: tuple[tuple[float, float], ...]

    def under(self, shape: tuple[int, ...]) -> tuple[float, float]:
        """That of the stage whose maps have this shape."""
        pairs = zip(self.activations, self.covers, strict=True)
        return next((cover for maps, cover in pairs if maps.shape[1:] == shape), super().under(shape))

    @property
    def stages(self) -> int:
        return len(self.activations)


@dataclass(frozen=True)
class StageGradients(StageMaps):
    """The same with the way back: `slopes` takes a stage from 0, activations (B, C_i, h_i, w_i) there and class weights (K,)
    to the score's gradients at that stage and the later ones, by the layers after it alone.

    `asked` (K,) is how much each class counts in the score that is explained.
    """

    slopes: Callable[[int, Tensor, Tensor], tuple[Tensor, ...]] = field(repr=False)
    asked: Tensor | None = field(default=None, kw_only=True)

    def gradients(self, first: int) -> tuple[Tensor, ...]:
        """Of the score that is explained, at the end of the stages from `first` on, (C_i, h_i, w_i) each."""
        return tuple(slope[0] for slope in self.slopes(first, self.activations[first][None], weights_of(self.asked)))


@dataclass(frozen=True)
class AttentionMaps(Evidence):
    """The attention of every layer, and how its tokens lie on the photo.

    `weights` (L, H, T, T), rows sum to 1; `grid` (rows, columns) of patches; `prefix` tokens come before them;
    `reads` (T,), the share of each output token that the head reads (the CLS token alone in plain ViT).
    """

    weights: Tensor
    grid: tuple[int, int]
    prefix: int
    reads: Tensor
    cell: ClassVar[str] = "patch"

    def __post_init__(self) -> None:
        rows, columns = self.grid
        tokens = self.prefix + rows * columns
        if self.weights.ndim != 4 or self.weights.shape[2:] != (tokens, tokens) or self.reads.shape != (tokens,):
            raise ValueError(
                f"expected attention (L, H, {tokens}, {tokens}) and reads ({tokens},) for {self.prefix} prefix tokens "
                f"and {rows} x {columns} patches, got {tuple(self.weights.shape)} and {tuple(self.reads.shape)}"
            )

    @property
    def layers(self) -> int:
        return self.weights.shape[0]

    @property
    def heads(self) -> int:
        return self.weights.shape[1]

    def received(self, patch: int) -> Tensor:
        """What one patch, counted from 0, gets of each layer's attention: the mean over all heads and queries, (L,)."""
        return self.weights[..., self.prefix + patch].mean((1, 2))

    def on_grid(self, tokens: Tensor) -> Tensor:
        """The patches' part of one value per token, laid on the grid: (..., T) -> (..., rows, columns)."""
        return tokens[..., self.prefix :].unflatten(-1, self.grid)


@dataclass(frozen=True)
class AttentionGradients(AttentionMaps):
    """Attention with `gradients` (L, H, T, T) of the score with respect to it, after the softmax."""

    gradients: Tensor
    of_question: ClassVar[bool] = True


@dataclass(frozen=True)
class AttentionRelevance(AttentionGradients):
    """Attention with its gradients, and its `relevance` (L, H, T, T) for the class by layer-wise propagation."""

    relevance: Tensor


@dataclass(frozen=True)
class LayerScores(AttentionMaps):
    """Attention with `gradients` (L, H, T, T): layer l's are those of the score that the head would give after layer l."""

    gradients: Tensor
    of_question: ClassVar[bool] = True


@dataclass(frozen=True)
class TokenMaps(Evidence):
    """The patches' tokens after each layer that hands them on, `tokens` (L, rows, columns, D), with `gradients` of the
    score, alike.
    """

    tokens: Tensor
    gradients: Tensor
    of_question: ClassVar[bool] = True
    cell: ClassVar[str] = "patch"

    @property
    def token_layers(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class PatchLogits(Evidence):
    """What the head says of each patch alone, after the last layer: `logits` (rows, columns, K).

    `asked` (K,) is how much each class counts in the score that is explained.
    """

    logits: Tensor
    asked: Tensor | None = None
    cell: ClassVar[str] = "patch"


@dataclass(frozen=True)
class Probe(Evidence):
    """A model that goes on answering about one photo, for methods that need passes of their own.

    `pixels` (1, 3, H, W) as the model eats them; `logits` takes (B, 3, H, W) to (B, K), with gradients where they are enabled;
    `asked` (K,) is how much each class counts in the score.
    """

    pixels: Tensor
    logits: Callable[[Tensor], Tensor] = field(repr=False)
    asked: Tensor | None = None

    def score(self, pixels: Tensor) -> Tensor:
        """The score that is explained, (B, 3, H, W) -> (B,)."""
        return self.logits(pixels) @ weights_of(self.asked)


@dataclass(frozen=True)
class StageProbe(StageGradients):
    """A CNN that goes on answering about one photo.

    `probe` answers for whole photos; `maps` gives the activations (B, C_i, h_i, w_i) of each stage for photos; `rest` says
    what the layers after a stage make of activations there, (B, K).
    """

    probe: Probe
    maps: Callable[[Tensor], tuple[Tensor, ...]] = field(repr=False)
    rest: Callable[[int, Tensor], Tensor] = field(repr=False)


def weights_of(asked: Tensor | None) -> Tensor:
    """How much each class counts in the score that is explained, (K,).

    Raises:
        ValueError: the evidence was never asked about a score: see `asking`.
    """
    if asked is None:
        raise ValueError("expected evidence that was asked about a class")
    return asked


def asking(evidence: E, weights: Tensor) -> E:
    """The same evidence for the score with these class weights (K,); where it holds no score, it stays as it is."""
    if isinstance(evidence, StageProbe):
        return replace(evidence, probe=asking(evidence.probe, weights), asked=weights)
    if isinstance(evidence, FeatureMaps | PatchLogits | Probe | StageGradients):
        return replace(evidence, asked=weights)
    return evidence


def nbytes(evidence: Evidence) -> int:
    """The memory that a look left behind, without the class weights, which are the model's own."""
    values = (getattr(evidence, field.name) for field in fields(evidence) if field.name != "class_weights")
    tensors = [tensor for value in values for tensor in (value if isinstance(value, tuple) else (value,))]
    return sum(tensor.nbytes for tensor in tensors if isinstance(tensor, Tensor))
