"""The explanation methods: each a frozen dataclass whose fields are its options.

To add one, write its formula in `numerics/`, a dataclass here, and its name into `METHODS`.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Protocol

from torch import Tensor

from dashboard.evidence import AttentionMaps, Evidence, FeatureMaps
from dashboard.numerics.cam import class_activation_map
from dashboard.numerics.rollout import discard_lowest, fuse_heads, rollout_rows, with_residual


@dataclass(frozen=True)
class Span:
    """The range of a number option; a `high` such as "layers" names the property of the evidence that holds it."""

    low: float
    high: float | str
    step: float

    def most(self, evidence: Evidence) -> float:
        """The highest value that this evidence allows."""
        return getattr(evidence, self.high) if isinstance(self.high, str) else self.high


class Method(Protocol):
    """A pure function of evidence. `passes` counts the forward passes behind one map."""

    label: ClassVar[str]
    needs: ClassVar[type[Evidence]]
    paper: ClassVar[str]
    signed: ClassVar[bool]
    class_specific: ClassVar[bool]
    why: ClassVar[str]
    passes: ClassVar[int]

    def __call__(self, evidence: Evidence) -> Tensor:
        """The heatmap (h, w), raw values at the method's own resolution."""
        ...


@dataclass(frozen=True)
class ClassActivationMap:
    """Which places add to a class's score, and which speak against it (Zhou et al. 2016, arXiv:1512.04150)."""

    label: ClassVar = "CAM"
    needs: ClassVar = FeatureMaps
    paper: ClassVar = "https://arxiv.org/abs/1512.04150"
    signed: ClassVar = True
    class_specific: ClassVar = True
    why: ClassVar = "It weighs the feature maps by one class's own weights, so every class has its own map."
    passes: ClassVar = 1

    def __call__(self, evidence: FeatureMaps) -> Tensor:
        if evidence.class_weights is None:
            raise ValueError("expected class weights of a head with one linear layer, got none")
        return class_activation_map(evidence.activations, evidence.class_weights[evidence.target])


@dataclass(frozen=True)
class AttentionRollout:
    """How much of each patch has reached the token that the head reads (Abnar and Zuidema 2020, arXiv:2005.00928).

    `heads`: how the heads of a layer are fused into one matrix.
    `discard`: the share of each fused matrix, its smallest entries, that is set to 0.
    `depth`: how many layers are rolled out, from the first; all where it is None.
    """

    heads: Literal["mean", "max", "min"] = "mean"
    discard: Annotated[float, Span(0.0, 0.99, 0.01)] = 0.5
    depth: Annotated[int | None, Span(1, "layers", 1)] = None

    label: ClassVar = "Attention rollout"
    needs: ClassVar = AttentionMaps
    paper: ClassVar = "https://arxiv.org/abs/2005.00928"
    signed: ClassVar = False
    class_specific: ClassVar = False
    why: ClassVar = "It follows attention up to the head and never reads the head, so no class can change it."
    passes: ClassVar = 1

    def progression(self, evidence: AttentionMaps) -> Tensor:
        """The map after each layer, (L, rows, columns)."""
        steps = with_residual(discard_lowest(fuse_heads(evidence.weights, self.heads), self.discard))
        return evidence.on_grid(rollout_rows(steps, evidence.reads))

    def __call__(self, evidence: AttentionMaps) -> Tensor:
        depth = evidence.layers if self.depth is None else self.depth
        if not 1 <= depth <= evidence.layers:
            raise ValueError(f"expected a depth from 1 to {evidence.layers}, got {depth}")
        return self.progression(evidence)[depth - 1]


METHODS: tuple[type[Method], ...] = (ClassActivationMap, AttentionRollout)
