"""Every CAM method against torchcam and grad-cam on one network and one photo. Weights are random: only time counts."""

import contextlib
import io
from collections.abc import Callable, Iterator

import pytorch_grad_cam
import torch
import torchcam.methods
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, fx, nn
from torchvision.models import resnet18, resnet50

from benchmarks.timing import Row, medians
from dashboard import methods
from dashboard.evidence import AttentionMaps, asking
from dashboard.methods import AttentionFlow, Method
from dashboard.models.classifier import Fit
from dashboard.models.device import chosen_device
from dashboard.models.observers.pooled import cam_observer
from dashboard.models.observers.stages import stage_observers

TARGET, SIZE = 7, (3, 224, 224)
# ours, torchcam's name, grad-cam's name; None where a library does not have it
QUICK: tuple[tuple[Method, str | None, str | None], ...] = (
    (methods.ClassActivationMap(), "CAM", None),
    (methods.GradCAM(), "GradCAM", "GradCAM"),
    (methods.GradCAMPlusPlus(), "GradCAMpp", "GradCAMPlusPlus"),
    (methods.SmoothGradCAMPlusPlus(copies=4), "SmoothGradCAMpp", None),
    (methods.XGradCAM(), "XGradCAM", "XGradCAM"),
    (methods.HiResCAM(), None, "HiResCAM"),
    (methods.LayerCAM(), "LayerCAM", "LayerCAM"),
    (methods.FinerCAM(), None, "FinerCAM"),
    (methods.RefineCAM(first_stage=2), None, "RefineCAM"),  # from layer1 on
    (methods.EigenCAM(), None, "EigenCAM"),
)
SLOW: tuple[tuple[Method, str | None, str | None], ...] = (
    (methods.ScoreCAM(), "ScoreCAM", "ScoreCAM"),
    (methods.SSCAM(copies=2), "SSCAM", None),
    (methods.ISCAM(steps=2), "ISCAM", None),
    (methods.AblationCAM(), None, "AblationCAM"),
)
COPIES = {"SmoothGradCAMpp": {"num_samples": 4}, "SSCAM": {"num_samples": 2}, "ISCAM": {"num_samples": 2}}


def cam_method_rows() -> list[Row]:
    """Quick methods on a ResNet-50, those of many passes on a ResNet-18."""
    return [*_rows(resnet50, "ResNet-50", QUICK, 7), *_rows(resnet18, "ResNet-18", SLOW, 3)]


def _rows(build: Callable[[], nn.Module], title: str, rows: tuple, repeats: int) -> list[Row]:
    # Ours is frozen, as it is when loaded; theirs is as a person has it.
    net, free = (build().eval().to(chosen_device()) for _ in range(2))
    net.requires_grad_(False)
    example = torch.randn(1, *SIZE, device=chosen_device())
    fit = Fit({methods.ClassActivationMap.needs: cam_observer(net, title, example)})
    fit |= stage_observers(fx.symbolic_trace(net), title, example)
    pixels = torch.randn(1, *SIZE, device=chosen_device())
    found = []
    for method, torchcams, grad_cams in rows:
        bound = 1 / 1.5 if isinstance(method, methods.ScoreCAM) else 1.0
        theirs = {"torchcam": torchcams and _of_torchcam(free, pixels, torchcams),
                  "grad-cam": grad_cams and _of_grad_cam(free, pixels, grad_cams)}  # fmt: skip
        theirs = {name: call for name, call in theirs.items() if call}
        times = medians(repeats, lambda method=method: _of_ours(fit, pixels, method), *theirs.values())
        found.append(_row(f"{method.label}, {title}", times, list(theirs), bound))
    return found


def _of_ours(fit: Fit, pixels: Tensor, method: Method) -> Tensor:
    with torch.no_grad():
        question = method.question(TARGET, None)
        evidence, logits = fit.observers[method.needs](pixels, question)
        return method(asking(evidence, question.weights(logits[0])))


def _of_torchcam(net: nn.Module, pixels: Tensor, name: str) -> Callable[[], Tensor]:
    def run() -> Tensor:
        with getattr(torchcam.methods, name)(net, "layer4", input_shape=SIZE, **COPIES.get(name, {})) as cam:
            return cam(TARGET, net(pixels), normalized=False)[0]

    return run


def _of_grad_cam(net: nn.Module, pixels: Tensor, name: str) -> Callable[[], Tensor]:
    layers = [net.layer1, net.layer2, net.layer3, net.layer4] if name == "RefineCAM" else [net.layer4]
    asked = {"target_idx": TARGET} if name == "FinerCAM" else {"targets": [ClassifierOutputTarget(TARGET)]}

    def run() -> Tensor:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.ExitStack() as hooks:
            cam = getattr(pytorch_grad_cam, name)(net, layers)
            for part in getattr(cam, "base_cam_per_layer", [cam]):
                hooks.enter_context(part)
            return cam(pixels, **asked)

    return run


def _row(what: str, times: list[float], names: list[str], bound: float) -> Row:
    own, *others = times
    worst = max(own / other for other in others)
    said = ", ".join(f"{own / other:.2f} x {name} ({other:.3g} ms)" for name, other in zip(names, others, strict=True))
    limit = "at most 0.67 x: 1.5 x faster" if bound < 1 else "at most 1.0 x"
    return Row(what, f"{own:.3g} ms: {said}", limit, worst <= bound)


def flow_rows() -> Iterator[Row]:
    """Attention flow, on attention that its bound settles at every patch, and on kinds that make it search for each."""
    noise, near = torch.randn(12, 1, 197, 197), torch.zeros(197, 197)
    places = torch.cartesian_prod(torch.arange(14.0), torch.arange(14.0))
    near[1:, 1:], near[:, 0] = -torch.cdist(places, places).square(), 3.0
    kinds = {
        "at random": noise,
        "at random and sharply": 6 * noise,
        "mostly to themselves": noise + 8 * torch.eye(197),
        "to near patches and to the class token": 0.3 * noise + near,
    }
    for kind, scores in kinds.items():
        evidence = AttentionMaps(scores.softmax(-1), (14, 14), 1, torch.eye(197)[0])
        (milliseconds,) = medians(3, lambda evidence=evidence: AttentionFlow()(evidence))
        what = f"attention flow of a ViT-B/16's size, tokens attend {kind}"
        yield Row(what, f"{milliseconds / 1000:.1f} s", "at most 5 s", milliseconds <= 5000)
