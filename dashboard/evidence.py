"""What one forward pass leaves behind. Plain data; every map on screen is a function of it.

Letters: C channels, h w map rows and columns, L layers, H heads, T tokens, K classes.
"""

from dataclasses import dataclass, fields

from torch import Tensor


@dataclass(frozen=True)
class Prediction:
    """A model's answer: `probabilities` (K,) and the names of the classes."""

    probabilities: Tensor
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.probabilities.shape != (len(self.labels),):
            raise ValueError(
                f"expected one probability per label, got {tuple(self.probabilities.shape)} for {len(self.labels)} labels"
            )

    def top(self, k: int) -> list[tuple[int, str, float]]:
        """The k likeliest classes, likeliest first: index, label, probability."""
        values, indices = self.probabilities.topk(min(k, len(self.labels)))
        return [(i, self.labels[i], p) for i, p in zip(indices.tolist(), values.tolist(), strict=True)]


@dataclass(frozen=True)
class FeatureMaps:
    """What a CNN's head pools, and the class that is asked about.

    `activations` (C, h, w); `class_weights` (K, C) where the head is one linear layer; `gradients` (C, h, w) of the
    target's logit when a method asks for them; `target` an index into the K classes.
    """

    activations: Tensor
    class_weights: Tensor | None = None
    gradients: Tensor | None = None
    target: int = 0


@dataclass(frozen=True)
class AttentionMaps:
    """The attention of every layer, and how its tokens lie on the photo.

    `weights` (L, H, T, T), rows sum to 1; `grid` (rows, columns) of patches; `prefix` tokens come before them;
    `reads` (T,), the share of each output token that the head reads (the CLS token alone in plain ViT);
    `gradients` (L, H, T, T) of the target's logit on request.
    """

    weights: Tensor
    grid: tuple[int, int]
    prefix: int
    reads: Tensor
    gradients: Tensor | None = None
    target: int = 0

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

    def on_grid(self, tokens: Tensor) -> Tensor:
        """The patches' part of one value per token, laid on the grid: (..., T) -> (..., rows, columns)."""
        return tokens[..., self.prefix :].unflatten(-1, self.grid)


@dataclass(frozen=True)
class StageMaps:
    """A CNN's activations at the end of each stage, the last feature maps of one resolution: `activations` (C_i, h_i, w_i)
    each, first stage first, with the `names` of the layers that made them.
    """

    activations: tuple[Tensor, ...]
    names: tuple[str, ...]
    target: int = 0


Evidence = FeatureMaps | AttentionMaps | StageMaps


def nbytes(evidence: Evidence) -> int:
    """The memory that a pass left behind, without the class weights, which are the model's own."""
    values = (getattr(evidence, field.name) for field in fields(evidence) if field.name != "class_weights")
    tensors = [tensor for value in values for tensor in (value if isinstance(value, tuple) else (value,))]
    return sum(tensor.nbytes for tensor in tensors if isinstance(tensor, Tensor))
