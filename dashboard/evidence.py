"""What a model's look at a photo leaves behind, and the question that a map answers. Every map is a function of the two.

Letters: C channels, h w map rows and columns, L layers, H heads, T tokens, D their width, K classes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import ClassVar, Literal, TypeVar

import torch
from torch import Tensor

Activation = Literal["softmax", "sigmoid", "none"]  # how a model's logits become scores
FEW = 20  # classes: a model with no more is asked about much that it doesn't know
# The top score from which a class is likely, looked for on 45 photos: of the bundled pair, with 10 classes, all 20 answers to
# photos of these reach 0.8, and 29 of the 70 answers to others do not reach 0.5; of a ViT with 1,000 classes, all 30 answers to
# photos that it knows reach 0.2, and 9 of 15 others do not.
LIKELY, LIKELY_AMONG_MANY, LIKELY_ALONE = 0.5, 0.2, 0.5
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
        """The scores that people read, (K,): shares of 1 over all classes, a number from 0 to 1 for each class alone, or the
        logits themselves.
        """
        return scores_of(self.logits, self.activation)

    @property
    def kind(self) -> str:
        """What a score is, in a word: `probability`, `score` (of each class alone, so they need not sum to 1) or `value`."""
        return KINDS[self.activation]

    @property
    def few(self) -> bool:
        """Whether the model knows so few classes that they can be listed."""
        return len(self.labels) <= FEW

    @property
    def unsure(self) -> bool:
        """Whether no class is likely: the top score stays below a bound. Values have no bound, so they never are."""
        if self.activation == "none":
            return False
        bound = LIKELY_ALONE if self.activation == "sigmoid" else LIKELY if self.few else LIKELY_AMONG_MANY
        return self.scores.max().item() < bound

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


def scores_of(logits: Tensor, activation: Activation) -> Tensor:
    """The scores that people read, of logits (..., K), in the same shape."""
    match activation:
        case "softmax":
            return logits.softmax(-1)
        case "sigmoid":
            return logits.sigmoid()
        case "none":
            return logits


@dataclass(frozen=True)
class Question:
    """The score that a class-specific map explains: class `target`'s logit, less that of class `against` if there is one.

    Without a `target`, the class with the largest logit is explained.
    """

    target: int | None = None
    against: int | None = None

    def weights(self, logits: Tensor) -> Tensor:
        """How much each class counts, (K,) -> (K,): the score is weights @ logits.

        Raises:
            ValueError: a class does not exist, or `target` and `against` are the same class.
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
    """A class's logit, less `gamma` times the mean logit of the `count` classes whose logits are closest to it.

    Where `against` names a class, that class takes the place of the closest ones. FinerCAM's score
    (arXiv:2501.11309, equation 4).
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
    """What a model's look at a photo leaves behind.

    `of_question` is whether the evidence depends on the question, so that each question needs a look of its own. `cell` is the
    word for what one value of a map stands for. `covered` is the part of the model's input that the maps lie over, from the top
    left, as shares of height and width; it is below 1 where whole patches leave a rest of the input unseen.
    """

    covered: tuple[float, float] = field(default=(1.0, 1.0), kw_only=True)

    of_question: ClassVar[bool] = False
    cell: ClassVar[str] = "cell"

    def under(self, shape: tuple[int, ...]) -> tuple[float, float]:
        """The part of the covered input that a map of this `shape` (h, w) lies over, as shares of height and width."""
        return 1.0, 1.0


E = TypeVar("E", bound=Evidence)  # the kind of evidence that a method reads


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
    `covers` is the part of the model's input that each stage's maps lie over, as shares of height and width; it is above 1
    where the last cell reaches beyond the input.
    """

    activations: tuple[Tensor, ...]
    names: tuple[str, ...]
    after: tuple[float, ...]
    covers: tuple[tuple[float, float], ...]

    def under(self, shape: tuple[int, ...]) -> tuple[float, float]:
        """The part that the maps of the stage with this `shape` (h, w) lie over."""
        pairs = zip(self.activations, self.covers, strict=True)
        return next((cover for maps, cover in pairs if maps.shape[1:] == shape), super().under(shape))

    @property
    def stages(self) -> int:
        return len(self.activations)


@dataclass(frozen=True)
class StageGradients(StageMaps):
    """Stage maps with a way back from the score. `slopes` takes the index of a stage, activations (B, C_i, h_i, w_i) there and
    class weights (K,) to the score's gradients at that stage and at each later one. Only the layers after the stage are run.

    `asked` (K,) is how much each class counts in the score that is explained.
    """

    slopes: Callable[[int, Tensor, Tensor], tuple[Tensor, ...]] = field(repr=False)
    asked: Tensor | None = field(default=None, kw_only=True)

    def gradients(self, first: int) -> tuple[Tensor, ...]:
        """The gradients of the explained score at the end of each stage from the index `first` on, (C_i, h_i, w_i) each."""
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
    """The patches' `tokens` after each layer up to the last that the score depends on, (L, rows, columns, D), and the score's
    `gradients` with respect to them, of the same shape.
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
    """A model that can be asked more about one photo, for methods that need passes of their own.

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
    """A CNN that can be asked more about one photo.

    `probe` answers for whole photos. `maps` takes photos (B, 3, H, W) to the activations (B, C_i, h_i, w_i) of each stage.
    `rest` takes the index of a stage and activations there to logits (B, K), by the layers after the stage alone.
    """

    probe: Probe
    maps: Callable[[Tensor], tuple[Tensor, ...]] = field(repr=False)
    rest: Callable[[int, Tensor], Tensor] = field(repr=False)


def weights_of(asked: Tensor | None) -> Tensor:
    """How much each class counts in the score that is explained, (K,).

    Raises:
        ValueError: the evidence holds no class weights: `asking` sets them.
    """
    if asked is None:
        raise ValueError("expected evidence that was asked about a class")
    return asked


def asking(evidence: E, weights: Tensor) -> E:
    """The same evidence for the score with these class weights (K,). Evidence that needs none is returned as it is."""
    if isinstance(evidence, StageProbe):
        return replace(evidence, probe=asking(evidence.probe, weights), asked=weights)
    if isinstance(evidence, FeatureMaps | PatchLogits | Probe | StageGradients):
        return replace(evidence, asked=weights)
    return evidence


def nbytes(evidence: Evidence) -> int:
    """The bytes of memory that evidence takes, without the class weights, which belong to the model."""
    values = (getattr(evidence, field.name) for field in fields(evidence) if field.name != "class_weights")
    tensors = [tensor for value in values for tensor in (value if isinstance(value, tuple) else (value,))]
    return sum(tensor.nbytes for tensor in tensors if isinstance(tensor, Tensor))
