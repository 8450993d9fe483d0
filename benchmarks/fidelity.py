"""Deletion and drop against grad-cam's and torchcam's metrics: one network, one photo, one map, the same steps."""

import pytorch_grad_cam.metrics.perturbation_confidence as grad_cams
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget
from torch import Tensor, nn
from torchcam.methods import CAM
from torchcam.metrics import ClassificationMetric
from torchvision.models import resnet18, resnet50

from benchmarks.timing import Row, medians
from dashboard.models.device import chosen_device
from dashboard.numerics.fidelity import curve, removal_order
from dashboard.studies.trust import at_a_time

TARGET, STEPS, ROUNDS = 7, 20, 7
BOUND = 1 / 1.5


def fidelity_rows() -> list[Row]:
    """A deletion curve on two networks, then the drop where the photo is darkened."""
    torch.manual_seed(0)
    device = chosen_device()
    pixels, heatmap = torch.randn(3, 224, 224, device=device), torch.rand(224, 224)
    networks: list[tuple[nn.Module, str]] = [(resnet18(), "ResNet-18"), (resnet50(), "ResNet-50")]
    return [row for net, title in networks for row in _rows(net.eval().to(device), title, pixels, heatmap)]


def _rows(net: nn.Module, title: str, pixels: Tensor, heatmap: Tensor) -> list[Row]:
    net.requires_grad_(False)
    nothing, order = torch.zeros_like(pixels), removal_order(heatmap, STEPS).to(pixels.device)
    (of_a_pass,) = medians(3, lambda: net(pixels[None]))
    targets = [ClassifierOutputSoftmaxTarget(TARGET)]

    def score(photos: Tensor) -> Tensor:
        return net(photos).softmax(-1)[:, TARGET]

    def ours() -> Tensor:
        with torch.no_grad():
            return curve(score, pixels, nothing, order, STEPS, at_a_time(of_a_pass))

    def theirs() -> list[object]:
        imputer = torch.mul  # black where the map is high
        steps = [grad_cams.RemoveMostRelevantFirst(100 * (1 - step / STEPS), imputer) for step in range(STEPS + 1)]
        metrics = map(grad_cams.PerturbationConfidenceMetric, steps)
        return [metric(pixels[None], heatmap.numpy()[None], targets, net) for metric in metrics]

    def darkened() -> Tensor:
        with torch.no_grad():
            return score((heatmap.to(pixels.device) * pixels)[None])  # the whole photo's answer is kept with the look

    with CAM(net) as extractor:
        metric = ClassificationMetric(extractor, lambda logits: logits.softmax(-1))
        curves = medians(ROUNDS, ours, theirs)
        drops = medians(ROUNDS, darkened, lambda: metric.update(pixels[None], TARGET))
    return [
        _row(f"deletion of {STEPS} steps, {title}", curves, "grad-cam"),
        _row(f"drop of one map, {title}", drops, "torchcam, which looks at the whole photo again"),
    ]


def _row(what: str, times: list[float], whose: str) -> Row:
    ours, theirs = times
    measured = f"{ours:.3g} ms: {ours / theirs:.2f} x {whose} ({theirs:.3g} ms)"
    return Row(what, measured, f"at most {BOUND:.2f} x: 1.5 x faster", ours / theirs <= BOUND)
