"""Maps of any model: from its answers to altered photos."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from torch import Tensor

from dashboard.evidence import (
    Probe,
)  # fmt: skip
from dashboard.methods.base import Method, Samples, Span
from dashboard.numerics import perturbation


@dataclass(frozen=True)
class Occlusion(Method[Probe]):
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
        height, width = evidence.pixels.shape[2:]
        return perturbation.occlusion_passes((height, width), self.cells)

    def __call__(self, evidence: Probe) -> Tensor:
        return perturbation.occlusion(evidence.score, evidence.pixels, self.cells)


@dataclass(frozen=True)
class IntegratedGradients(Method[Probe]):
    """Each place's part of the score, from a plain colour to the photo (Sundararajan et al. 2017, arXiv:1703.01365).

    `steps`: how many steps to take from the plain colour to the photo.
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
class SmoothGrad(Method[Probe]):
    """How strongly the score answers to a change of each place (Smilkov et al. 2017, arXiv:1706.03825).

    `copies`: how many noisy copies to average over.
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
class RISE(Method[Probe]):
    """Random masks, weighted by the photo's score under them, less the mean one (Petsiuk et al. 2018, arXiv:1806.07421).

    `masks`: how many random masks to try.
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
