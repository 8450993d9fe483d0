"""The explanation methods: each a frozen dataclass whose fields are its options.

To add one, write its formula in `numerics/`, a dataclass here, and its name into `METHODS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from dashboard.evidence import (
    AttentionGradients,
    AttentionMaps,
    AttentionRelevance,
    Evidence,
    FeatureMaps,
    FinerQuestion,
    LayerScores,
    PatchLogits,
    Probe,
    Question,
    StageGradients,
    StageMaps,
    StageProbe,
    TokenMaps,
)  # fmt: skip
from dashboard.numerics import cam, perturbation
from dashboard.numerics.attention import read_attention
from dashboard.numerics.flow import at_bound, attention_flow, sink_bound
from dashboard.numerics.relevance import legrad_rows, positive_products, relevance_rows
from dashboard.numerics.rollout import discard_lowest, fuse_heads, rollout_rows, starting_at, with_residual
from dashboard.progress import advance


@dataclass(frozen=True)
class Span:
    """The range of a number option; a `high` such as "layers" names what of the model's extent it is."""

    low: float
    high: float | str
    step: float

    def most(self, extent: Mapping[str, int]) -> float:
        """The highest value that a model of this extent allows."""
        return extent[self.high] if isinstance(self.high, str) else self.high


@dataclass(frozen=True)
class Pick:
    """One of as many as the model's extent says, counted from 1, or none of them, which has a name of its own."""

    count: str
    none: str


@dataclass(frozen=True)
class Attraction:
    """The `layer`, from 1, that sends one patch most attention: a `share` of all that it sends, where each token would get
    `even` if all got the same.
    """

    layer: int
    share: float
    even: float


class Method:
    """A pure function of evidence; what a new one does not say is as here.

    `passes` counts those of the look, forward and backward apart; `work` what reading it takes on top, in its `unit`.
    `measures` says what a value is, before the name of the class where the method knows one.
    """

    label: ClassVar[str]
    needs: ClassVar[type[Evidence]]
    paper: ClassVar[str]
    why: ClassVar[str]
    signed: ClassVar[bool] = False
    class_specific: ClassVar[bool] = True
    passes: ClassVar[int] = 1
    unit: ClassVar[str] = "passes"
    measures: ClassVar[str] = "evidence for"

    def __call__(self, evidence: Evidence) -> Tensor:
        """The heatmap (h, w), raw values at the method's own resolution."""
        raise NotImplementedError

    def work(self, evidence: Evidence) -> int:
        """How many units it takes on top of the evidence."""
        return 0

    def worth(self, evidence: Evidence) -> float:
        """How many passes that work is worth."""
        return float(self.work(evidence))

    def seconds(self, evidence: Evidence, of_a_pass: float) -> float:
        """About how long that work takes where a pass takes so long. From a second or so on, a person is asked before."""
        return self.worth(evidence) * of_a_pass

    def question(self, target: int | None, against: int | None) -> Question:
        """The score that is explained."""
        return Question(target, against)

    def remark(self, evidence: Evidence, heatmap: Tensor) -> str:
        """What there is to know of this very map, a sentence; most need none."""
        return ""

    def attraction(self, evidence: Evidence, heatmap: Tensor) -> Attraction | None:
        """Which layer sends the map's largest cell most attention; None where the method doesn't go up the layers."""
        return None


class Progressive(Method):
    """A method with a map after each layer; `depth` says which one is shown, `first_layer` where it starts."""

    depth: int | None
    first_layer: int

    def progression(self, evidence: AttentionMaps) -> Tensor:
        """The map after each layer, (L, rows, columns)."""
        raise NotImplementedError

    def started(self, evidence: AttentionMaps, matrices: Tensor) -> Tensor:
        """One matrix per layer, (L, ..., T, T), without those of the layers before the first."""
        return starting_at(matrices, _place(self.first_layer, evidence.layers, "first layer"))

    def __call__(self, evidence: AttentionMaps) -> Tensor:
        return self.progression(evidence)[_place(self.depth, evidence.layers, "depth")]

    def remark(self, evidence: AttentionMaps, heatmap: Tensor) -> str:
        depth = evidence.layers if self.depth is None else self.depth
        if self.first_layer <= depth:
            return ""
        return f"The first layer, {self.first_layer}, comes after the depth, {depth}: nothing is gathered yet."

    def attraction(self, evidence: AttentionMaps, heatmap: Tensor) -> Attraction:
        first, last = _place(self.first_layer, evidence.layers, "first layer"), _place(self.depth, evidence.layers, "depth")
        received = evidence.received(int(heatmap.argmax()))[min(first, last) : last + 1]
        most = int(received.argmax())
        return Attraction(min(first, last) + most + 1, received[most].item(), 1 / len(evidence.reads))


class Backward(Method):
    """A method that goes back from the score to a CNN's stage, each time anew, by the layers after it alone."""

    needs: ClassVar = StageGradients
    unit: ClassVar = "passes of the later layers"
    stage: int | None

    def first(self, evidence: StageGradients) -> int:
        """The first stage that is read, from 0."""
        return _place(self.stage, evidence.stages, "stage")

    def work(self, evidence: StageGradients) -> int:
        return 2  # forward from the stage, and back

    def worth(self, evidence: StageGradients) -> float:
        return 2 * evidence.after[self.first(evidence)]

    def read(self, evidence: StageGradients) -> tuple[Tensor, Tensor]:
        """The stage's activations and the score's gradients there."""
        place = self.first(evidence)
        return evidence.activations[place], evidence.gradients(place)[0]


Depth = Annotated[int | None, Span(1, "layers", 1)]
FirstLayer = Annotated[int, Span(1, "layers", 1)]
Stage = Annotated[int | None, Span(1, "stages", 1)]
Samples = Annotated[int, Span(2, 40, 1)]
SECONDS_PER_EDGE = 5e-8  # of a graph of attention in which a maximum flow is searched for, as measured


def _place(chosen: int | None, count: int, what: str) -> int:
    """The index of a choice that counts from 1; the last where nothing is chosen."""
    if chosen is None:
        return count - 1
    if not 1 <= chosen <= count:
        raise ValueError(f"expected a {what} from 1 to {count}, got {chosen}")
    return chosen - 1


@dataclass(frozen=True)
class ClassActivationMap(Method):
    """Which places add to a class's score, and which speak against it (Zhou et al. 2016, arXiv:1512.04150)."""

    label: ClassVar = "CAM"
    needs: ClassVar = FeatureMaps
    paper: ClassVar = "https://arxiv.org/abs/1512.04150"
    signed: ClassVar = True
    why: ClassVar = "It weighs the feature maps by one class's own weights, so every class has its own map."

    def __call__(self, evidence: FeatureMaps) -> Tensor:
        if evidence.class_weights is None or evidence.asked is None:
            raise ValueError("expected class weights of a head with one linear layer, and a class that is asked about")
        return cam.class_activation_map(evidence.activations, evidence.asked @ evidence.class_weights)


@dataclass(frozen=True)
class GradCAM(Backward):
    """Feature maps weighted by the score's mean gradient (Selvaraju et al. 2016, arXiv:1610.02391).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    """

    stage: Stage = None

    label: ClassVar = "Grad-CAM"
    paper: ClassVar = "https://arxiv.org/abs/1610.02391"
    why: ClassVar = "Where one linear layer follows the pooling, it is CAM without what speaks against the class."

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.grad_cam(*self.read(evidence))


@dataclass(frozen=True)
class GradCAMPlusPlus(Backward):
    """Grad-CAM that gives several things of one class their due (Chattopadhay et al. 2017, arXiv:1710.11063).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    """

    stage: Stage = None

    label: ClassVar = "Grad-CAM++"
    paper: ClassVar = "https://arxiv.org/abs/1710.11063"
    why: ClassVar = "It weighs a channel by where its gradient speaks for the class, not by the gradient's mean."

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.grad_cam_pp(*self.read(evidence))


@dataclass(frozen=True)
class SmoothGradCAMPlusPlus(Method):
    """Grad-CAM++ with gradients averaged over noisy copies of the photo (Omeiza et al. 2019, arXiv:1908.01224).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    `copies`: how many noisy copies are looked at.
    `noise`: the noise's standard deviation, where the photo's own colours have about 1.
    """

    stage: Stage = None
    copies: Samples = 8
    noise: Annotated[float, Span(0.0, 1.0, 0.05)] = 0.3

    label: ClassVar = "Smooth Grad-CAM++"
    needs: ClassVar = StageProbe
    paper: ClassVar = "https://arxiv.org/abs/1908.01224"
    why: ClassVar = "What a little noise would change counts less."

    def work(self, evidence: StageProbe) -> int:
        return 2 * self.copies

    def __call__(self, evidence: StageProbe) -> Tensor:
        place, probe = _place(self.stage, evidence.stages, "stage"), evidence.probe
        draws = torch.Generator().manual_seed(0)
        noises = [self.noise * torch.randn(probe.pixels.shape, generator=draws).to(probe.pixels) for _ in range(self.copies)]
        inside = [evidence.maps(probe.pixels + noise)[place] for noise in noises]
        gradients = torch.cat([evidence.slopes(place, maps, evidence.asked)[0] for maps in inside])
        return cam.smooth_grad_cam_pp(evidence.activations[place], gradients)


@dataclass(frozen=True)
class XGradCAM(Backward):
    """Grad-CAM whose weights add up to the score as far as they can (Fu et al. 2020, arXiv:2008.02312).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    """

    stage: Stage = None

    label: ClassVar = "XGrad-CAM"
    paper: ClassVar = "https://arxiv.org/abs/2008.02312"
    why: ClassVar = "It weighs a channel by its gradient where the channel answers."

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.xgrad_cam(*self.read(evidence))


@dataclass(frozen=True)
class HiResCAM(Backward):
    """Gradient times activation, place by place (Draelos and Carin 2020, arXiv:2011.08891).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    """

    stage: Stage = None

    label: ClassVar = "HiResCAM"
    paper: ClassVar = "https://arxiv.org/abs/2011.08891"
    signed: ClassVar = True
    why: ClassVar = "No mean of the gradient blurs which places the score came from."

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.hires_cam(*self.read(evidence))


@dataclass(frozen=True)
class LayerCAM(Backward):
    """Gradients that speak for the class times activations, sharp in early stages too (Jiang et al. 2021, TIP 30).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    """

    stage: Stage = None

    label: ClassVar = "LayerCAM"
    paper: ClassVar = "https://doi.org/10.1109/TIP.2021.3089943"
    why: ClassVar = "Each place has a weight of its own, so early stages give fine maps."

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.layer_cam(*self.read(evidence))


@dataclass(frozen=True)
class FinerCAM(Backward):
    """What sets a class apart from those that come closest to it (Zhang et al. 2025, arXiv:2501.11309).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    `gamma`: how much of the closest classes' mean score is taken off; 0 is Grad-CAM.
    `rivals`: how many of the closest classes are compared with, where none is named to hold the class against.
    """

    stage: Stage = None
    gamma: Annotated[float, Span(0.0, 1.0, 0.05)] = 0.6
    rivals: Annotated[int, Span(1, 9, 1)] = 3

    label: ClassVar = "FinerCAM"
    paper: ClassVar = "https://arxiv.org/abs/2501.11309"
    why: ClassVar = "It is Grad-CAM of the class's score less a part of its closest rivals'."

    def question(self, target: int | None, against: int | None) -> Question:
        return FinerQuestion(target, against, self.gamma, self.rivals)

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.grad_cam(*self.read(evidence))


@dataclass(frozen=True)
class RefineCAM(Backward):
    """Grad-CAM++ of several stages, multiplied: a place is bright where all are (Domeniconi et al. 2026, arXiv:2605.14641).

    `first_stage`: the first that takes part; all from there to the last do.
    """

    first_stage: Annotated[int, Span(1, "stages", 1)] = 1

    label: ClassVar = "RefineCAM"
    paper: ClassVar = "https://arxiv.org/abs/2605.14641"
    why: ClassVar = "Late stages say what counts, early ones where it is."

    def first(self, evidence: StageGradients) -> int:
        return _place(self.first_stage, evidence.stages, "stage")

    def __call__(self, evidence: StageGradients) -> Tensor:
        first = self.first(evidence)
        pairs = zip(evidence.activations[first:], evidence.gradients(first), strict=True)
        return cam.refine_cam([cam.grad_cam_pp(*pair) for pair in pairs])


@dataclass(frozen=True)
class ScoreCAM(Method):
    """Feature maps weighted by the score of the photo seen through each (Wang et al. 2019, arXiv:1910.01279).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    """

    stage: Stage = None

    label: ClassVar = "Score-CAM"
    needs: ClassVar = StageProbe
    paper: ClassVar = "https://arxiv.org/abs/1910.01279"
    why: ClassVar = "It asks the model itself and reads no gradient."

    def work(self, evidence: StageProbe) -> int:
        return _distinct(evidence, self.stage)

    def __call__(self, evidence: StageProbe) -> Tensor:
        activations, masks = _masks(evidence, self.stage)
        probe = evidence.probe
        return cam.score_weighted(activations, perturbation.masked_scores(probe.score, probe.pixels, masks))


def _masks(evidence: StageProbe, stage: int | None) -> tuple[Tensor, Tensor]:
    activations = evidence.activations[_place(stage, evidence.stages, "stage")]
    return activations, cam.score_masks(activations)


def _distinct(evidence: StageProbe, stage: int | None) -> int:
    """How many masks differ: dead channels are asked about once."""
    return len(_masks(evidence, stage)[1].flatten(1).unique(dim=0))


@dataclass(frozen=True)
class SSCAM(Method):
    """Score-CAM with each mask blurred by noise several times (Wang et al. 2020, arXiv:2006.14255).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    `copies`: how many noisy copies of each mask are looked through.
    `noise`: the noise's standard deviation, where a mask goes from 0 to 1.
    """

    stage: Stage = None
    copies: Samples = 4
    noise: Annotated[float, Span(0.0, 2.0, 0.1)] = 0.5

    label: ClassVar = "SS-CAM"
    needs: ClassVar = StageProbe
    paper: ClassVar = "https://arxiv.org/abs/2006.14255"
    why: ClassVar = "A mask's score is the mean over noisy copies of it."

    def work(self, evidence: StageProbe) -> int:
        return self.copies * len(_masks(evidence, self.stage)[0])

    def __call__(self, evidence: StageProbe) -> Tensor:
        (activations, masks), probe = _masks(evidence, self.stage), evidence.probe
        draws = torch.Generator().manual_seed(0)
        scores = [
            perturbation.masked_scores(probe.score, probe.pixels, masks + self.noise * _noise(masks, draws))
            for _ in range(self.copies)
        ]
        return cam.score_weighted(activations, torch.stack(scores).mean(0))


def _noise(like: Tensor, draws: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=draws).to(like)


@dataclass(frozen=True)
class ISCAM(Method):
    """Score-CAM with each mask opened step by step (Naidu et al. 2020, arXiv:2010.03023).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    `steps`: in how many steps a mask is opened.
    """

    stage: Stage = None
    steps: Samples = 4

    label: ClassVar = "IS-CAM"
    needs: ClassVar = StageProbe
    paper: ClassVar = "https://arxiv.org/abs/2010.03023"
    why: ClassVar = "A mask's score is the mean over the steps from black to all of it."

    def work(self, evidence: StageProbe) -> int:
        return self.steps * _distinct(evidence, self.stage)

    def __call__(self, evidence: StageProbe) -> Tensor:
        (activations, masks), probe = _masks(evidence, self.stage), evidence.probe
        opened = [(step + 1) / self.steps for step in range(self.steps)]
        scores = [perturbation.masked_scores(probe.score, probe.pixels, share * masks) for share in opened]
        return cam.score_weighted(activations, torch.stack(scores).mean(0))


@dataclass(frozen=True)
class AblationCAM(Method):
    """Feature maps weighted by how much the score drops without each (Desai and Ramaswamy 2020, WACV).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    """

    stage: Stage = None

    label: ClassVar = "Ablation-CAM"
    needs: ClassVar = StageProbe
    paper: ClassVar = "https://doi.org/10.1109/WACV45572.2020.9093360"
    why: ClassVar = "It takes one channel away at a time, and runs the layers after it alone."
    unit: ClassVar = "passes of the later layers"

    def work(self, evidence: StageProbe) -> int:
        return 1 + len(evidence.activations[_place(self.stage, evidence.stages, "stage")])

    def worth(self, evidence: StageProbe) -> float:
        return self.work(evidence) * evidence.after[_place(self.stage, evidence.stages, "stage")]

    def __call__(self, evidence: StageProbe) -> Tensor:
        place, asked = _place(self.stage, evidence.stages, "stage"), evidence.asked
        activations = evidence.activations[place]
        score = (evidence.rest(place, activations[None]) @ asked).item()
        without = [evidence.rest(place, part) @ asked for part in perturbation.ablated(activations)]
        return cam.ablation_weighted(activations, score, torch.cat(without))


@dataclass(frozen=True)
class EigenCAM(Method):
    """What the feature maps have most in common (Muhammad and Yeasin 2020, arXiv:2008.00299).

    `stage`: the stage of the network whose maps are read, the last where it is None.
    """

    stage: Stage = None

    label: ClassVar = "Eigen-CAM"
    needs: ClassVar = StageMaps
    paper: ClassVar = "https://arxiv.org/abs/2008.00299"
    signed: ClassVar = True
    class_specific: ClassVar = False
    measures: ClassVar = "strength of the first component"
    why: ClassVar = "It reads the feature maps and never the head, so no class can change it."

    def __call__(self, evidence: StageMaps) -> Tensor:
        return cam.eigen_cam(evidence.activations[_place(self.stage, evidence.stages, "stage")])


@dataclass(frozen=True)
class RawAttention(Method):
    """What the token that the head reads attends to within one layer (Vaswani et al. 2017, arXiv:1706.03762).

    `layer`: the layer, the last where it is None.
    `head`: one head, or all of them, fused.
    `heads`: how the heads of a layer are fused into one matrix.
    """

    layer: Depth = None
    head: Annotated[int | None, Pick("heads", "fused")] = None
    heads: Literal["mean", "max", "min"] = "mean"

    label: ClassVar = "Raw attention"
    needs: ClassVar = AttentionMaps
    paper: ClassVar = "https://arxiv.org/abs/1706.03762"
    class_specific: ClassVar = False
    measures: ClassVar = "share of the attention"
    why: ClassVar = "It reads one layer's attention and never the head of the network, so no class can change it."

    def __call__(self, evidence: AttentionMaps) -> Tensor:
        weights = evidence.weights[_place(self.layer, evidence.layers, "layer")]  # (H, T, T)
        one = self.head is not None
        chosen = weights[_place(self.head, evidence.heads, "head")] if one else fuse_heads(weights, self.heads)
        return evidence.on_grid(read_attention(chosen, evidence.reads))


@dataclass(frozen=True)
class AttentionRollout(Progressive):
    """How much of each patch has reached the token that the head reads (Abnar and Zuidema 2020, arXiv:2005.00928).

    `heads`: how the heads of a layer are fused into one matrix.
    `discard`: the share of each fused matrix, its smallest entries, that is set to 0.
    `depth`: the last layer that is rolled out; all are where it is None.
    `first_layer`: the first layer that is rolled out; those before it hand on what they get.
    """

    heads: Literal["mean", "max", "min"] = "mean"
    discard: Annotated[float, Span(0.0, 0.99, 0.01)] = 0.5
    depth: Depth = None
    first_layer: FirstLayer = 1

    label: ClassVar = "Attention rollout"
    needs: ClassVar = AttentionMaps
    paper: ClassVar = "https://arxiv.org/abs/2005.00928"
    class_specific: ClassVar = False
    measures: ClassVar = "share of the whole"
    why: ClassVar = "It follows attention up to the head and never reads the head, so no class can change it."

    def progression(self, evidence: AttentionMaps) -> Tensor:
        fused = discard_lowest(fuse_heads(evidence.weights, self.heads), self.discard)
        return evidence.on_grid(rollout_rows(with_residual(self.started(evidence, fused)), evidence.reads))


@dataclass(frozen=True)
class GradientRollout(Progressive):
    """Rollout of the attention that speaks for a class (the idea of github.com/jacobgil/vit-explain, after arXiv:2005.00928).

    `discard`: the share of each fused matrix, its smallest entries, that is set to 0.
    `depth`: the last layer that is rolled out; all are where it is None.
    `first_layer`: the first layer that is rolled out; those before it hand on what they get.
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
class GenericRelevance(Progressive):
    """What of each patch speaks for a class by the time it is read (Chefer et al. 2021, arXiv:2103.15679).

    `depth`: the last layer that is counted; all are where it is None.
    `first_layer`: the first layer that is counted.
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
class TransformerAttribution(Progressive):
    """Relevance that each layer hands down, times the score's gradient (Chefer et al. 2021, arXiv:2012.09838).

    `depth`: the last layer that is counted; all are where it is None.
    `first_layer`: the first layer that is counted.
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
class LeGrad(Progressive):
    """Where more attention would raise the score that is read after each layer (Bousselham et al. 2024, arXiv:2404.03214).

    `depth`: the last layer that is counted; all are where it is None.
    `first_layer`: the first layer that is counted.
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
class AttentionFlow(Method):
    """How much of the reading token's attention each patch could carry at most (Abnar and Zuidema 2020, arXiv:2005.00928).

    Heads are averaged, as in the paper.
    """

    label: ClassVar = "Attention flow"
    needs: ClassVar = AttentionMaps
    paper: ClassVar = "https://arxiv.org/abs/2005.00928"
    class_specific: ClassVar = False
    measures: ClassVar = "the most attention that can flow"
    why: ClassVar = "It is a maximum flow through the layers' attention and never reads the head, so no class can change it."
    unit: ClassVar = "tokens"

    def work(self, evidence: AttentionMaps) -> int:
        return len(evidence.reads)

    def worth(self, evidence: AttentionMaps) -> float:
        return 0.1 * self.work(evidence)

    def seconds(self, evidence: AttentionMaps, of_a_pass: float) -> float:
        """At most, where each token's flow is searched for: on a CPU, whatever the model runs on."""
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
class TokenGradCAM(Method):
    """Grad-CAM on the patches' tokens (Selvaraju et al. 2016, arXiv:1610.02391).

    `layer`: the one after which tokens are read; the last where it is None whose patches the head can still hear of.
    """

    layer: Annotated[int | None, Span(1, "token_layers", 1)] = None

    label: ClassVar = "Grad-CAM on tokens"
    needs: ClassVar = TokenMaps
    paper: ClassVar = "https://arxiv.org/abs/1610.02391"
    why: ClassVar = "Tokens stand for places as feature maps do, weighted by the score's mean gradient."
    passes: ClassVar = 2

    def __call__(self, evidence: TokenMaps) -> Tensor:
        place = _place(self.layer, evidence.token_layers, "layer")
        return cam.grad_cam(*(maps[place].movedim(-1, 0) for maps in (evidence.tokens, evidence.gradients)))


@dataclass(frozen=True)
class PatchLogitMap(Method):
    """What the head would say of each patch alone, after the last layer (nostalgebraist 2020; as CAM, arXiv:1512.04150)."""

    label: ClassVar = "Patch logits"
    needs: ClassVar = PatchLogits
    paper: ClassVar = "https://arxiv.org/abs/1512.04150"
    signed: ClassVar = True
    why: ClassVar = (
        "Where the head reads the patches' mean, it is the transformer's own CAM; where it reads the class token, a lens."
    )

    def __call__(self, evidence: PatchLogits) -> Tensor:
        return evidence.logits @ evidence.asked


@dataclass(frozen=True)
class Occlusion(Method):
    """How much the score drops where a square of the photo is covered (Zeiler and Fergus 2013, arXiv:1311.2901).

    `cells`: how many steps the square, two steps wide, takes from side to side.
    """

    cells: Annotated[int, Span(4, 16, 2)] = 8

    label: ClassVar = "Occlusion"
    needs: ClassVar = Probe
    paper: ClassVar = "https://arxiv.org/abs/1311.2901"
    signed: ClassVar = True
    measures: ClassVar = "what covering takes from"
    why: ClassVar = "It asks the model itself, about photos with one square in the colour that the model takes for 0."

    def work(self, evidence: Probe) -> int:
        return perturbation.occlusion_passes(evidence.pixels.shape[2:], self.cells)

    def __call__(self, evidence: Probe) -> Tensor:
        return perturbation.occlusion(evidence.score, evidence.pixels, self.cells)


@dataclass(frozen=True)
class IntegratedGradients(Method):
    """Each place's part of the score, from a plain colour to the photo (Sundararajan et al. 2017, arXiv:1703.01365).

    `steps`: how many photos on the way are asked about.
    """

    steps: Annotated[int, Span(8, 64, 8)] = 32

    label: ClassVar = "Integrated gradients"
    needs: ClassVar = Probe
    paper: ClassVar = "https://arxiv.org/abs/1703.01365"
    signed: ClassVar = True
    why: ClassVar = "The map adds up to the difference of the two scores. The plain colour is what the model takes for 0."

    def work(self, evidence: Probe) -> int:
        return 2 * self.steps

    def __call__(self, evidence: Probe) -> Tensor:
        return perturbation.integrated_gradients(evidence.score, evidence.pixels, self.steps)


@dataclass(frozen=True)
class SmoothGrad(Method):
    """How strongly the score answers to a change of each place (Smilkov et al. 2017, arXiv:1706.03825).

    `copies`: how many noisy copies are looked at.
    `noise`: the noise's standard deviation, as a share of the photo's range.
    """

    copies: Samples = 16
    noise: Annotated[float, Span(0.0, 0.5, 0.05)] = 0.15

    label: ClassVar = "SmoothGrad"
    needs: ClassVar = Probe
    paper: ClassVar = "https://arxiv.org/abs/1706.03825"
    measures: ClassVar = "slope of the score of"
    why: ClassVar = "A gradient by itself is rough; its mean over noisy copies is less so."

    def work(self, evidence: Probe) -> int:
        return 2 * self.copies

    def __call__(self, evidence: Probe) -> Tensor:
        return perturbation.smooth_grad(evidence.score, evidence.pixels, self.copies, self.noise)


@dataclass(frozen=True)
class RISE(Method):
    """Random masks, weighted by the photo's score under them, less the mean one (Petsiuk et al. 2018, arXiv:1806.07421).

    `masks`: how many masks are looked through.
    `cells`: how many cells a mask has from side to side.
    """

    masks: Annotated[int, Span(100, 4000, 100)] = 400
    cells: Annotated[int, Span(4, 16, 2)] = 8

    label: ClassVar = "RISE"
    needs: ClassVar = Probe
    paper: ClassVar = "https://arxiv.org/abs/1806.07421"
    signed: ClassVar = True
    why: ClassVar = "It asks the model itself: 0 is a place that makes no difference. More masks make the map less grainy."

    def work(self, evidence: Probe) -> int:
        return self.masks

    def __call__(self, evidence: Probe) -> Tensor:
        return perturbation.rise(evidence.score, evidence.pixels, self.masks, self.cells)


METHODS: tuple[type[Method], ...] = (
    ClassActivationMap, GradCAM, GradCAMPlusPlus, SmoothGradCAMPlusPlus, XGradCAM, HiResCAM, LayerCAM, FinerCAM, RefineCAM,
    ScoreCAM, SSCAM, ISCAM, AblationCAM, EigenCAM,
    AttentionRollout, RawAttention, GradientRollout, GenericRelevance, TransformerAttribution, LeGrad, AttentionFlow,
    TokenGradCAM, PatchLogitMap,
    Occlusion, IntegratedGradients, SmoothGrad, RISE,
)  # fmt: skip
