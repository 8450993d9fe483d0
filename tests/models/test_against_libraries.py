"""The same maps by torchcam, grad-cam and captum, on a ResNet-18 with random weights and an oblong photo, in one thread.

Values are compared before the libraries bring them to 0 to 1 and to the photo's size. Where a library departs from the paper,
its number is made from our evidence with that one departure put in; docs/departures.md lists them.
"""

from collections.abc import Iterator

import captum.attr
import numpy as np
import pytest
import pytorch_grad_cam
import torch
import torchcam.methods
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget, FinerWeightedTarget
from torch import Tensor, fx, nn
from torch.nn import functional as F
from torchvision.models import get_model, resnet18

from dashboard import methods
from dashboard.evidence import Probe, Question, StageGradients, StageMaps, StageProbe, asking
from dashboard.methods import Method
from dashboard.models.classifier import Fit, probe_observer
from dashboard.models.observers.stages import stage_observers
from dashboard.numerics.agreement import spearman
from dashboard.numerics.cam import grad_cam, score_weighted

TARGET, SIZE = 5, (64, 96)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def net() -> nn.Module:
    torch.manual_seed(0)
    return resnet18(num_classes=7).eval()


@pytest.fixture(scope="module")
def pixels() -> Tensor:
    return torch.randn(1, 3, *SIZE, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def fit(net: nn.Module) -> Fit:
    example = torch.randn(1, 3, 64, 64)
    return Fit({Probe: probe_observer(net, example)}) | stage_observers(fx.symbolic_trace(net), "ResNet-18", example)


def seen_by(fit: Fit, pixels: Tensor, method: Method):
    question = method.question(TARGET, None)
    evidence, logits = fit.observers[method.needs](pixels, question)
    return asking(evidence, question.weights(logits[0].detach()))


def ours(fit: Fit, pixels: Tensor, method: Method) -> Tensor:
    return method(seen_by(fit, pixels, method)).detach()


def same(one: Tensor, other: Tensor) -> None:
    """Rank correlation 1, and values within 1e-4 of the map's range."""
    assert one.shape == other.shape
    assert one.std() > 0
    assert spearman(one, other) > 0.9999
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4 * other.abs().max().item())


def by_torchcam(net: nn.Module, pixels: Tensor, name: str, layer: str = "layer4", **options) -> Tensor:
    with getattr(torchcam.methods, name)(net, layer, input_shape=(3, *SIZE), **options) as cam:
        return cam(TARGET, net(pixels.clone().requires_grad_()), normalized=False)[0][0].detach()


@pytest.mark.parametrize(
    ("name", "method"),
    [("GradCAM", methods.GradCAM()), ("XGradCAM", methods.XGradCAM()), ("LayerCAM", methods.LayerCAM()),
     ("ScoreCAM", methods.ScoreCAM())],
)  # fmt: skip
def test_torchcam(net: nn.Module, pixels: Tensor, fit: Fit, name: str, method: Method):
    same(ours(fit, pixels, method), by_torchcam(net, pixels, name))


def test_torchcam_cam(net: nn.Module, pixels: Tensor, fit: Fit):
    """CAM is HiResCAM and Grad-CAM before its ReLU where one linear layer follows the pooling; here in units of h w logits."""
    found = ours(fit, pixels, methods.HiResCAM())
    same(found * found.numel(), by_torchcam(net, pixels, "CAM", fc_layer="fc"))


def last_stage(fit: Fit, pixels: Tensor) -> tuple[Tensor, Tensor]:
    seen: StageGradients = seen_by(fit, pixels, methods.GradCAM())
    return seen.activations[-1], seen.gradients(seen.stages - 1)[0]


def test_torchcam_grad_cam_plus_plus_without_its_denominator(net: nn.Module, pixels: Tensor, fit: Fit):
    """It divides a copy, so that alpha stays the square of the gradient."""
    activations, gradients = last_stage(fit, pixels)
    weights = (gradients**2 * gradients.relu()).sum((1, 2))
    same(torch.einsum("chw,c->hw", activations, weights).relu(), by_torchcam(net, pixels, "GradCAMpp"))


def masked(fit: Fit, pixels: Tensor, change) -> list[Tensor]:
    """The score of the photo under changed masks, one channel after the other, stretched to the photo first."""
    seen: StageProbe = seen_by(fit, pixels, methods.ScoreCAM())
    activations = seen.activations[-1]
    low, high = activations.amin((1, 2), keepdim=True), activations.amax((1, 2), keepdim=True)
    masks = torch.nan_to_num((activations - low) / (high - low))
    large = F.interpolate(masks[None], SIZE, mode="bilinear", align_corners=False)[0]
    return [torch.cat([seen.probe.score(pixels * part[:, None]) for part in each.split(32)]) for each in change(large)]


def test_torchcam_is_cam_with_masks_opened_beyond_all(net: nn.Module, pixels: Tensor, fit: Fit):
    """Its share of the mask is the sum of all steps so far: 1/2, then 3/2."""
    scores = masked(fit, pixels, lambda masks: [0.5 * masks, 1.5 * masks])
    activations, _ = last_stage(fit, pixels)
    found = score_weighted(activations, torch.stack(scores).mean(0))
    same(found, by_torchcam(net, pixels, "ISCAM", num_samples=2))


def test_torchcam_ss_cam_with_noise_of_the_photos_size(net: nn.Module, pixels: Tensor, fit: Fit):
    """It draws noise for every pixel of the photo; ours is drawn for the cells of the mask, and stretched with it."""

    def noisy(masks: Tensor) -> list[Tensor]:
        torch.manual_seed(7)
        return [masks + torch.distributions.Normal(0, 0.5).sample((1, *masks.shape))[0] for _ in range(2)]

    scores = masked(fit, pixels, noisy)
    activations, _ = last_stage(fit, pixels)
    torch.manual_seed(7)
    same(score_weighted(activations, torch.stack(scores).mean(0)), by_torchcam(net, pixels, "SSCAM", num_samples=2, std=0.5))


def test_torchcam_smooth_grad_cam_plus_plus_with_its_sum_and_last_gradient(net: nn.Module, pixels: Tensor, fit: Fit):
    """Its third derivative is weighted place by place before it is summed; gradient and maps are the last copy's alone."""
    seen: StageProbe = seen_by(fit, pixels, methods.SmoothGradCAMPlusPlus())
    torch.manual_seed(7)
    noises = [torch.distributions.Normal(0, 0.3).sample(pixels.shape) for _ in range(3)]
    copies = torch.cat([seen.slopes(seen.stages - 1, seen.maps(pixels + noise)[-1], seen.asked)[0] for noise in noises])
    activations, second, third = seen.activations[-1], copies.pow(2).mean(0), copies.pow(3).mean(0)
    shares = second / (2 * second + (third * activations).sum((1, 2), keepdim=True) + 1e-8)
    weights = (shares * copies[-1].relu()).sum((1, 2))
    torch.manual_seed(7)
    found = by_torchcam(net, pixels, "SmoothGradCAMpp", num_samples=3, std=0.3)
    last = fit.observers[StageMaps](pixels + noises[-1], Question())[0].activations[-1].detach()
    same(torch.einsum("chw,c->hw", last, weights).relu(), found)


def by_grad_cam(net: nn.Module, pixels: Tensor, name: str, layer: str = "layer4") -> Tensor:
    """The library's map at the layer's own size, before it is brought to 0 to 1."""
    watched = net.get_submodule(layer)
    with getattr(pytorch_grad_cam, name)(net, [watched]) as cam:
        logits = cam.activations_and_grads(pixels.clone().requires_grad_())
        if cam.uses_gradients:
            logits[0, TARGET].backward()
        activations = cam.activations_and_grads.activations[0].detach().numpy()
        gradients = cam.activations_and_grads.gradients[0].numpy() if cam.uses_gradients else None
        asked = [ClassifierOutputTarget(TARGET)]
        return torch.from_numpy(np.asarray(cam.get_cam_image(pixels, watched, asked, activations, gradients, False)))[0]


@pytest.mark.parametrize(
    ("name", "method"),
    [("GradCAM", methods.GradCAM()), ("XGradCAM", methods.XGradCAM()), ("LayerCAM", methods.LayerCAM())],
)
def test_grad_cam(net: nn.Module, pixels: Tensor, fit: Fit, name: str, method: Method):
    same(ours(fit, pixels, method), by_grad_cam(net, pixels, name).relu())


@pytest.mark.parametrize(
    "name", ["shufflenet_v2_x0_5", "regnet_y_400mf", "mobilenet_v3_small", "efficientnet_b0", "convnext_tiny"]
)
def test_networks_of_other_families(pixels: Tensor, name: str):
    """At the layer that our last stage is named after, in double precision: untrained ones answer as little as 1e-14."""
    torch.manual_seed(0)
    pixels, net = pixels.double(), get_model(name, weights=None, num_classes=7).eval().double()
    fit = stage_observers(fx.symbolic_trace(net), name, torch.randn(1, 3, 64, 64, dtype=torch.double))
    layer = seen_by(fit, pixels, methods.GradCAM()).names[-1]
    for method in (methods.GradCAM(), methods.LayerCAM()):
        found, kind = ours(fit, pixels, method), type(method).__name__
        same(found, by_torchcam(net, pixels, kind, layer))
        same(found, by_grad_cam(net, pixels, kind, layer).relu())
    same(ours(fit, pixels, methods.HiResCAM()), by_grad_cam(net, pixels, "HiResCAM", layer))
    for by_library, epsilon in ((by_torchcam, 1e-8), (by_grad_cam, 1e-7)):
        activations, gradients = last_stage(fit, pixels)
        weights = (gradients * activations).sum((1, 2)) / (activations.sum((1, 2)) + epsilon)
        found = torch.einsum("chw,c->hw", activations, weights).relu().detach()
        same(found, by_library(net, pixels, "XGradCAM", layer).relu())


def test_grad_cam_hires_cam(net: nn.Module, pixels: Tensor, fit: Fit):
    same(ours(fit, pixels, methods.HiResCAM()), by_grad_cam(net, pixels, "HiResCAM"))


def test_grad_cam_plus_plus_with_its_epsilon(net: nn.Module, pixels: Tensor, fit: Fit):
    """1e-6 in the denominator is much where gradients are a thousandth."""
    activations, gradients = last_stage(fit, pixels)
    found = by_grad_cam(net, pixels, "GradCAMPlusPlus").relu()
    same(torch.einsum("chw,c->hw", activations, plus_plus_weights(activations, gradients)).relu(), found)


def plus_plus_weights(activations: Tensor, gradients: Tensor) -> Tensor:
    """Grad-CAM++'s, with grad-cam's epsilon."""
    squares, total = gradients**2, activations.sum((1, 2), keepdim=True)
    return (squares / (2 * squares + total * gradients**3 + 1e-6) * gradients.relu()).sum((1, 2))


def test_grad_cam_score_cam_with_its_corners(net: nn.Module, pixels: Tensor, fit: Fit):
    """It stretches masks with their corners on the photo's corners, before it brings them to 0 to 1."""
    seen: StageProbe = seen_by(fit, pixels, methods.ScoreCAM())
    large = F.interpolate(seen.activations[-1][None], SIZE, mode="bilinear", align_corners=True)[0]
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    parts = ((large - low) / (high - low + 1e-8)).split(32)
    scores = torch.cat([seen.probe.score(pixels * part[:, None]) for part in parts])
    same(score_weighted(seen.activations[-1], scores), by_grad_cam(net, pixels, "ScoreCAM").relu())


def test_grad_cam_ablation_cam(net: nn.Module, pixels: Tensor, fit: Fit):
    with pytorch_grad_cam.AblationCAM(net, [net.layer4]) as cam:
        cam.activations_and_grads(pixels)
        activations = cam.activations_and_grads.activations[0].detach().numpy()
        weights = cam.get_cam_weights(pixels, net.layer4, [ClassifierOutputTarget(TARGET)], activations, None)
    found = torch.einsum("chw,c->hw", torch.from_numpy(activations[0]), torch.from_numpy(np.asarray(weights)).flatten().float())
    same(ours(fit, pixels, methods.AblationCAM()), found.relu())


def test_grad_cam_eigen_cam_with_its_centring(net: nn.Module, pixels: Tensor, fit: Fit):
    """It takes each channel's mean off first, and leaves the sign to chance."""
    activations, _ = last_stage(fit, pixels)
    places = activations.flatten(1).T
    centred = places - places.mean(0)
    found = (centred @ torch.linalg.svd(centred, full_matrices=False).Vh[0]).view(activations.shape[1:])
    theirs = by_grad_cam(net, pixels, "EigenCAM")
    same(found * (found * theirs).sum().sign(), theirs)


def test_grad_cam_finer_cam(net: nn.Module, pixels: Tensor, fit: Fit):
    """It weights the closest classes by their probabilities, and lets the gradient flow through those as well."""
    with torch.no_grad():
        logits = net(pixels)[0]
    rivals = (logits - logits[TARGET]).abs().argsort()[1:4].tolist()
    with pytorch_grad_cam.GradCAM(net, [net.layer4]) as cam:
        FinerWeightedTarget(TARGET, rivals, 0.6)(cam.activations_and_grads(pixels.clone().requires_grad_())[0]).backward()
        activations = cam.activations_and_grads.activations[0].detach()[0]
        gradients = cam.activations_and_grads.gradients[0][0]
    leaf = logits.clone().requires_grad_()
    asked = torch.autograd.grad(FinerWeightedTarget(TARGET, rivals, 0.6)(leaf), leaf)[0]
    seen: StageProbe = seen_by(fit, pixels, methods.ScoreCAM())
    own = seen.slopes(seen.stages - 1, seen.activations[-1][None], asked)[0][0]
    same(grad_cam(seen.activations[-1].detach(), own), grad_cam(activations, gradients))


def test_grad_cam_refine_cam_with_its_epsilon_and_sizes(net: nn.Module, pixels: Tensor, fit: Fit):
    """Its maps are its own Grad-CAM++, each brought from 0 to 1 and to the photo's size before they are multiplied."""
    seen: StageGradients = seen_by(fit, pixels, methods.RefineCAM())
    first = seen.names.index("layer1")
    product = np.ones(SIZE, np.float32)
    for activations, gradients in zip(seen.activations[first:], seen.gradients(first), strict=True):
        own = torch.einsum("chw,c->hw", activations, plus_plus_weights(activations, gradients)).relu()
        product *= scale_cam_image(own.detach()[None].numpy(), SIZE[::-1])[0]
    theirs = pytorch_grad_cam.RefineCAM(net, [getattr(net, name) for name in seen.names[first:]])
    found = theirs(pixels.clone(), [ClassifierOutputTarget(TARGET)])[0]
    same(torch.from_numpy(scale_cam_image(product[None])[0]), torch.from_numpy(found))


def test_captum_layer_grad_cam(net: nn.Module, pixels: Tensor, fit: Fit):
    found = captum.attr.LayerGradCam(net, net.layer4).attribute(pixels, TARGET, relu_attributions=True)
    same(ours(fit, pixels, methods.GradCAM()), found[0, 0].detach())


def test_captum_integrated_gradients(net: nn.Module, pixels: Tensor, fit: Fit):
    parts = captum.attr.IntegratedGradients(net).attribute(pixels, target=TARGET, n_steps=32)[0].sum(0).float()
    cells = parts.view(32, 2, 32, 3).sum((1, 3))
    same(ours(fit, pixels, methods.IntegratedGradients(32)), cells.detach())


def test_captum_occlusion(net: nn.Module, pixels: Tensor, fit: Fit):
    drops = captum.attr.Occlusion(net).attribute(pixels, (3, 16, 24), strides=(3, 8, 12), target=TARGET, baselines=0)
    same(ours(fit, pixels, methods.Occlusion(8)), drops[0, 0].view(8, 8, 8, 12).mean((1, 3)))


def test_captum_smooth_grad(net: nn.Module, pixels: Tensor, fit: Fit):
    """Over the same noise: captum draws its own from a generator that all threads share."""
    spread = 0.15 * (pixels.max() - pixels.min())
    copies = pixels + spread * torch.randn(4, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    gradients = captum.attr.Saliency(net).attribute(copies.requires_grad_(), target=TARGET, abs=False)
    cells = gradients.mean(0).abs().sum(0).view(32, 2, 32, 3).sum((1, 3))
    same(ours(fit, pixels, methods.SmoothGrad(4, 0.15)), cells.detach())
