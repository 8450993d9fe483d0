"""Maps of a network with feature maps: CAM and its descendants."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from dashboard.evidence import (
    FeatureMaps,
    FinerQuestion,
    Question,
    StageGradients,
    StageMaps,
    StageProbe,
    weights_of,
)  # fmt: skip
from dashboard.methods.base import Backward, Method, Samples, Span, Stage, index_of
from dashboard.numerics import cam, perturbation


@dataclass(frozen=True)
class ClassActivationMap(Method[FeatureMaps]):
    """Which places add to a class's score, and which take from it (Zhou et al. 2016, arXiv:1512.04150)."""

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
    """Feature maps weighted by the score's mean gradient (Selvaraju et al. 2016, arXiv:1610.02391)."""

    stage: Stage = None

    label: ClassVar = "Grad-CAM"
    paper: ClassVar = "https://arxiv.org/abs/1610.02391"
    why: ClassVar = "Where one linear layer follows the pooling, it is CAM without the evidence against the class."

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.grad_cam(*self.read(evidence))


@dataclass(frozen=True)
class GradCAMPlusPlus(Backward):
    """Grad-CAM adapted to several objects of one class (Chattopadhay et al. 2017, arXiv:1710.11063)."""

    stage: Stage = None

    label: ClassVar = "Grad-CAM++"
    paper: ClassVar = "https://arxiv.org/abs/1710.11063"
    why: ClassVar = "It weighs a channel by where its gradient favours the class, not by the gradient's mean."

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.grad_cam_pp(*self.read(evidence))


@dataclass(frozen=True)
class SmoothGradCAMPlusPlus(Method[StageProbe]):
    """Grad-CAM++ with gradients averaged over noisy copies of the photo (Omeiza et al. 2019, arXiv:1908.01224).

    `copies`: how many noisy copies to average over.
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
        index, probe = index_of(self.stage, evidence.stages, "stage"), evidence.probe
        draws = torch.Generator().manual_seed(0)
        noises = [self.noise * torch.randn(probe.pixels.shape, generator=draws).to(probe.pixels) for _ in range(self.copies)]
        inside = [evidence.maps(probe.pixels + noise)[index] for noise in noises]
        gradients = torch.cat([evidence.slopes(index, maps, weights_of(evidence.asked))[0] for maps in inside])
        return cam.smooth_grad_cam_pp(evidence.activations[index], gradients)


@dataclass(frozen=True)
class XGradCAM(Backward):
    """Grad-CAM whose weights add up to the score as far as they can (Fu et al. 2020, arXiv:2008.02312)."""

    stage: Stage = None

    label: ClassVar = "XGrad-CAM"
    paper: ClassVar = "https://arxiv.org/abs/2008.02312"
    why: ClassVar = "It weighs a channel by its gradient where the channel answers."

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.xgrad_cam(*self.read(evidence))


@dataclass(frozen=True)
class HiResCAM(Backward):
    """Gradient times activation, place by place (Draelos and Carin 2020, arXiv:2011.08891)."""

    stage: Stage = None

    label: ClassVar = "HiResCAM"
    paper: ClassVar = "https://arxiv.org/abs/2011.08891"
    signed: ClassVar = True
    why: ClassVar = "No mean of the gradient blurs which places the score came from."

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.hires_cam(*self.read(evidence))


@dataclass(frozen=True)
class LayerCAM(Backward):
    """Gradients in favour of the class times activations, sharp in early stages too (Jiang et al. 2021, TIP 30)."""

    stage: Stage = None

    label: ClassVar = "LayerCAM"
    paper: ClassVar = "https://doi.org/10.1109/TIP.2021.3089943"
    why: ClassVar = "Each place has a weight of its own, so early stages give fine maps."

    def __call__(self, evidence: StageGradients) -> Tensor:
        return cam.layer_cam(*self.read(evidence))


@dataclass(frozen=True)
class FinerCAM(Backward):
    """What sets a class apart from those that come closest to it (Zhang et al. 2025, arXiv:2501.11309).

    `gamma`: how much of the closest classes' mean score is taken off; 0 is Grad-CAM.
    `rivals`: how many of the closest classes to compare with, where no class is chosen for that.
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

    `first_stage`: the first stage to include; all later ones are included too.
    """

    first_stage: Annotated[int, Span(1, "stages", 1)] = 1

    label: ClassVar = "RefineCAM"
    paper: ClassVar = "https://arxiv.org/abs/2605.14641"
    why: ClassVar = "Late stages say what counts, early ones where it is."

    def first(self, evidence: StageGradients) -> int:
        return index_of(self.first_stage, evidence.stages, "stage")

    def __call__(self, evidence: StageGradients) -> Tensor:
        first = self.first(evidence)
        pairs = zip(evidence.activations[first:], evidence.gradients(first), strict=True)
        return cam.refine_cam([cam.grad_cam_pp(*pair) for pair in pairs])


@dataclass(frozen=True)
class ScoreCAM(Method[StageProbe]):
    """Feature maps weighted by the score of the photo seen through each (Wang et al. 2019, arXiv:1910.01279)."""

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
    activations = evidence.activations[index_of(stage, evidence.stages, "stage")]
    return activations, cam.score_masks(activations)


def _distinct(evidence: StageProbe, stage: int | None) -> int:
    """How many different masks there are: channels with equal masks, such as dead ones, share one pass."""
    return len(_masks(evidence, stage)[1].flatten(1).unique(dim=0))


@dataclass(frozen=True)
class SSCAM(Method[StageProbe]):
    """Score-CAM with each mask blurred by noise several times (Wang et al. 2020, arXiv:2006.14255).

    `copies`: how many noisy copies of each mask to average over.
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
class ISCAM(Method[StageProbe]):
    """Score-CAM with each mask opened step by step (Naidu et al. 2020, arXiv:2010.03023).

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
class AblationCAM(Method[StageProbe]):
    """Feature maps weighted by how much the score drops without each (Desai and Ramaswamy 2020, WACV)."""

    stage: Stage = None

    label: ClassVar = "Ablation-CAM"
    needs: ClassVar = StageProbe
    paper: ClassVar = "https://doi.org/10.1109/WACV45572.2020.9093360"
    why: ClassVar = "It takes one channel away at a time, and runs the layers after it alone."
    unit: ClassVar = "passes of the later layers"

    def work(self, evidence: StageProbe) -> int:
        return 1 + len(evidence.activations[index_of(self.stage, evidence.stages, "stage")])

    def worth(self, evidence: StageProbe) -> float:
        return self.work(evidence) * evidence.after[index_of(self.stage, evidence.stages, "stage")]

    def __call__(self, evidence: StageProbe) -> Tensor:
        index, weights = index_of(self.stage, evidence.stages, "stage"), weights_of(evidence.asked)
        activations = evidence.activations[index]
        score = (evidence.rest(index, activations[None]) @ weights).item()
        without = [evidence.rest(index, part) @ weights for part in perturbation.ablated(activations)]
        return cam.ablation_weighted(activations, score, torch.cat(without))


@dataclass(frozen=True)
class EigenCAM(Method[StageMaps]):
    """What the feature maps have most in common (Muhammad and Yeasin 2020, arXiv:2008.00299)."""

    stage: Stage = None

    label: ClassVar = "Eigen-CAM"
    needs: ClassVar = StageMaps
    paper: ClassVar = "https://arxiv.org/abs/2008.00299"
    signed: ClassVar = True
    class_specific: ClassVar = False
    measures: ClassVar = "strength of the first component"
    why: ClassVar = "It reads the feature maps and never the head of the network, so it is the same for every class."

    def __call__(self, evidence: StageMaps) -> Tensor:
        return cam.eigen_cam(evidence.activations[index_of(self.stage, evidence.stages, "stage")])
