"""Maps of a transformer: from its attention and its tokens."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from torch import Tensor

from dashboard.evidence import (
    AttentionGradients,
    AttentionMaps,
    AttentionRelevance,
    LayerScores,
    PatchLogits,
    TokenMaps,
    weights_of,
)  # fmt: skip
from dashboard.methods.base import Depth, FirstLayer, Method, Pick, Progressive, Span, index_of
from dashboard.numerics import cam
from dashboard.numerics.attention import read_attention
from dashboard.numerics.flow import at_bound, attention_flow, sink_bound
from dashboard.numerics.relevance import legrad_rows, positive_products, relevance_rows
from dashboard.numerics.rollout import Fusion, discard_lowest, fuse_heads, rollout_rows, with_residual
from dashboard.progress import advance

SECONDS_PER_EDGE = 5e-8  # that the search for a maximum flow takes per edge of its graph, as measured


@dataclass(frozen=True)
class RawAttention(Method[AttentionMaps]):
    """What the token that the classifier reads attends to within one layer (Vaswani et al. 2017, arXiv:1706.03762).

    `layer`: the layer, by default the last.
    `head`: one head, or all of them, fused.
    `heads`: how the heads of a layer are fused into one matrix.
    """

    layer: Depth = None
    head: Annotated[int | None, Pick("heads", "fused")] = None
    heads: Fusion = "mean"

    label: ClassVar = "Raw attention"
    needs: ClassVar = AttentionMaps
    paper: ClassVar = "https://arxiv.org/abs/1706.03762"
    class_specific: ClassVar = False
    measures: ClassVar = "share of the attention"
    why: ClassVar = "It reads one layer's attention and never the head of the network, so it is the same for every class."

    def __call__(self, evidence: AttentionMaps) -> Tensor:
        weights = evidence.weights[index_of(self.layer, evidence.layers, "layer")]  # (H, T, T)
        one = self.head is not None
        chosen = weights[index_of(self.head, evidence.heads, "head")] if one else fuse_heads(weights, self.heads)
        return evidence.on_grid(read_attention(chosen, evidence.reads))


@dataclass(frozen=True)
class AttentionRollout(Progressive[AttentionMaps]):
    """How much of each patch has reached the token that the classifier reads (Abnar and Zuidema 2020, arXiv:2005.00928).

    `heads`: how the heads of a layer are fused into one matrix.
    `discard`: the share of each fused matrix, its smallest entries, that is set to 0.
    `depth`: the last layer to include, by default the last of the model.
    `first_layer`: the first layer to include; the layers before it only hand on what they get.
    """

    heads: Fusion = "mean"
    discard: Annotated[float, Span(0.0, 0.99, 0.01)] = 0.5
    depth: Depth = None
    first_layer: FirstLayer = 1

    label: ClassVar = "Attention rollout"
    needs: ClassVar = AttentionMaps
    paper: ClassVar = "https://arxiv.org/abs/2005.00928"
    class_specific: ClassVar = False
    measures: ClassVar = "share of the whole"
    why: ClassVar = "It follows attention and stops before the head of the network, so it is the same for every class."

    def progression(self, evidence: AttentionMaps) -> Tensor:
        fused = discard_lowest(fuse_heads(evidence.weights, self.heads), self.discard)
        return evidence.on_grid(rollout_rows(with_residual(self.started(evidence, fused)), evidence.reads))


@dataclass(frozen=True)
class GradientRollout(Progressive[AttentionGradients]):
    """Rollout of the attention that raises a class's score (after github.com/jacobgil/vit-explain and arXiv:2005.00928).

    `discard`: the share of each fused matrix, its smallest entries, that is set to 0.
    `depth`: the last layer to include, by default the last of the model.
    `first_layer`: the first layer to include; the layers before it only hand on what they get.
    """

    discard: Annotated[float, Span(0.0, 0.99, 0.01)] = 0.5
    depth: Depth = None
    first_layer: FirstLayer = 1

    label: ClassVar = "Gradient rollout"
    needs: ClassVar = AttentionGradients
    paper: ClassVar = "https://arxiv.org/abs/2005.00928"
    why: ClassVar = "Each layer's attention is weighted by the score's gradient after the softmax, of that same layer."
    passes: ClassVar = 2

    def progression(self, evidence: AttentionGradients) -> Tensor:
        fused = discard_lowest(positive_products(evidence.weights, evidence.gradients), self.discard)
        return evidence.on_grid(rollout_rows(with_residual(self.started(evidence, fused)), evidence.reads))


@dataclass(frozen=True)
class GenericRelevance(Progressive[AttentionGradients]):
    """How much of what each patch passed on raised a class's score in the end (Chefer et al. 2021, arXiv:2103.15679).

    `depth`: the last layer to include, by default the last of the model.
    `first_layer`: the first layer to include.
    """

    depth: Depth = None
    first_layer: FirstLayer = 1

    label: ClassVar = "Generic relevance"
    needs: ClassVar = AttentionGradients
    paper: ClassVar = "https://arxiv.org/abs/2103.15679"
    why: ClassVar = "It adds up attention times the score's gradient, layer by layer."
    passes: ClassVar = 2

    def progression(self, evidence: AttentionGradients) -> Tensor:
        steps = self.started(evidence, positive_products(evidence.weights, evidence.gradients))
        return evidence.on_grid(relevance_rows(steps, evidence.reads))


@dataclass(frozen=True)
class TransformerAttribution(Progressive[AttentionRelevance]):
    """Relevance that each layer hands down, times the score's gradient (Chefer et al. 2021, arXiv:2012.09838).

    `depth`: the last layer to include, by default the last of the model.
    `first_layer`: the first layer to include.
    """

    depth: Depth = None
    first_layer: FirstLayer = 1

    label: ClassVar = "Transformer attribution"
    needs: ClassVar = AttentionRelevance
    paper: ClassVar = "https://arxiv.org/abs/2012.09838"
    why: ClassVar = "Rules for each kind of layer hand the class's score down to the attention of every layer."
    passes: ClassVar = 4

    def progression(self, evidence: AttentionRelevance) -> Tensor:
        steps = self.started(evidence, positive_products(evidence.relevance, evidence.gradients))
        return evidence.on_grid(relevance_rows(steps, evidence.reads))


@dataclass(frozen=True)
class LeGrad(Progressive[LayerScores]):
    """Where more attention would raise the score that is read after each layer (Bousselham et al. 2024, arXiv:2404.03214).

    `depth`: the last layer to include, by default the last of the model.
    `first_layer`: the first layer to include.
    """

    depth: Depth = None
    first_layer: FirstLayer = 1

    label: ClassVar = "LeGrad"
    needs: ClassVar = LayerScores
    paper: ClassVar = "https://arxiv.org/abs/2404.03214"
    why: ClassVar = "It adds up the gradients of the scores that the head would give after each layer."
    passes: ClassVar = 2

    def progression(self, evidence: LayerScores) -> Tensor:
        return evidence.on_grid(legrad_rows(self.started(evidence, evidence.gradients)))


@dataclass(frozen=True)
class AttentionFlow(Method[AttentionMaps]):
    """How much of the reading token's attention each patch could carry at most (Abnar and Zuidema 2020, arXiv:2005.00928).

    Heads are averaged, as in the paper.
    """

    label: ClassVar = "Attention flow"
    needs: ClassVar = AttentionMaps
    paper: ClassVar = "https://arxiv.org/abs/2005.00928"
    class_specific: ClassVar = False
    measures: ClassVar = "the most attention that can flow"
    why: ClassVar = "It is a maximum flow through the layers' attention, without the head: the same for every class."
    unit: ClassVar = "tokens"

    def work(self, evidence: AttentionMaps) -> int:
        return len(evidence.reads)

    def worth(self, evidence: AttentionMaps) -> float:
        return 0.1 * self.work(evidence)

    def seconds(self, evidence: AttentionMaps, of_a_pass: float) -> float:
        """An upper bound, reached where every token's flow has to be searched for. The search runs on the CPU."""
        layers, _, tokens, _ = evidence.weights.shape
        return self.work(evidence) * layers * tokens**2 * SECONDS_PER_EDGE

    def __call__(self, evidence: AttentionMaps) -> Tensor:
        return evidence.on_grid(attention_flow(_averaged(evidence), evidence.reads, advance)).to(evidence.weights)

    def remark(self, evidence: AttentionMaps, heatmap: Tensor) -> str:
        settled = at_bound(heatmap, evidence.on_grid(sink_bound(_averaged(evidence))))
        return (
            f"At {int(settled.sum())} of {settled.numel()} patches the flow is as large as what can enter the patch in the "
            "first layer, 1 at most: there this bound settles it, and the layers above change nothing."
        )


def _averaged(evidence: AttentionMaps) -> Tensor:
    """Each layer's mean attention with its residual, (L, T, T)."""
    return with_residual(fuse_heads(evidence.weights, "mean"))


@dataclass(frozen=True)
class TokenGradCAM(Method[TokenMaps]):
    """Grad-CAM on the patches' tokens (Selvaraju et al. 2016, arXiv:1610.02391).

    `layer`: the layer after which tokens are read; by default the last one after which the patches still reach the head.
    """

    layer: Annotated[int | None, Span(1, "token_layers", 1)] = None

    label: ClassVar = "Grad-CAM on tokens"
    needs: ClassVar = TokenMaps
    paper: ClassVar = "https://arxiv.org/abs/1610.02391"
    why: ClassVar = "Tokens stand for places as feature maps do, weighted by the score's mean gradient."
    passes: ClassVar = 2

    def __call__(self, evidence: TokenMaps) -> Tensor:
        index = index_of(self.layer, evidence.token_layers, "layer")
        return cam.grad_cam(*(maps[index].movedim(-1, 0) for maps in (evidence.tokens, evidence.gradients)))


@dataclass(frozen=True)
class PatchLogitMap(Method[PatchLogits]):
    """What the head would say of each patch alone, after the last layer (nostalgebraist 2020; as CAM, arXiv:1512.04150)."""

    label: ClassVar = "Patch logits"
    needs: ClassVar = PatchLogits
    paper: ClassVar = "https://arxiv.org/abs/1512.04150"
    signed: ClassVar = True
    why: ClassVar = (
        "Where the head reads the patches' mean, it is the transformer's own CAM; where it reads the class token, a lens."
    )

    def __call__(self, evidence: PatchLogits) -> Tensor:
        return evidence.logits @ weights_of(evidence.asked)
