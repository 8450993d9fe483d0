"""A small CNN and a small ViT with all that is observed of them. Photos are oblong, so that a wrong axis fails."""

from functools import cache

import torch
from torch import Tensor, nn

from dashboard.evidence import Evidence, Question, asking
from dashboard.methods import Method
from dashboard.models.classifier import Fit
from dashboard.models.families import hugging_face, torchvision
from dashboard.models.observers.ladder import fit_of as fit_of_network
from dashboard.models.preprocessing import squeeze
from tests.models.tiny import CLASSES, FAMILIES, randomised

HEIGHT, WIDTH = 24, 40
ROWS, COLUMNS = 3, 5  # of the CNN's last stage and of the ViT's patches
PLAIN = squeeze(32, [0.5] * 3, [0.5] * 3)
LIKE_A_PHOTO = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(5))


def pixels(seed: int = 0, height: int = HEIGHT, width: int = WIDTH) -> Tensor:
    return torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


class SmallCNN(nn.Module):
    """Three stages of 12 x 20, 6 x 10 and 3 x 5 places for a photo of 24 x 40, the second with a skip."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(inplace=True))
        self.down = nn.Conv2d(4, 6, 3, 2, 1)
        self.skipped = nn.Sequential(nn.Conv2d(6, 6, 3, 1, 1), nn.BatchNorm2d(6), nn.ReLU(inplace=True))
        self.last = nn.Sequential(nn.Conv2d(6, 8, 3, 2, 1), nn.ReLU(inplace=True))
        self.pool, self.head = nn.AdaptiveAvgPool2d(1), nn.Linear(8, CLASSES)

    def forward(self, pixels: Tensor) -> Tensor:
        middle = self.down(self.stem(pixels)).relu()
        return self.head(self.pool(self.last(middle + self.skipped(middle))).flatten(1))


@cache
def cnn() -> nn.Module:
    return randomised(SmallCNN()).requires_grad_(False)


@cache
def vit(name: str = "vit") -> nn.Module:
    model = FAMILIES[name].build(image_size=(HEIGHT, WIDTH))
    model.set_attn_implementation("recording")
    return model.requires_grad_(False)


def fit_of_torchvision(model: nn.Module, name: str, example: Tensor) -> Fit:
    """What a network of torchvision's kind gives."""
    return fit_of_network(torchvision.network_of(model, name, name, (), PLAIN, source=""), example)


def fit_of_hugging_face(model: nn.Module, name: str, example: Tensor) -> Fit:
    """What a network of transformers gives."""
    return fit_of_network(hugging_face.network_of(model, name, name, (), PLAIN, source=""), example)


@cache
def fit_of(kind: str) -> Fit:
    """What `cnn` or a family of transformers gives."""
    return fit_of_torchvision(cnn(), "cnn", LIKE_A_PHOTO) if kind == "cnn" else fit_of_hugging_face(vit(kind), kind, pixels(5))


def seen_by(needs: type[Evidence], question: Question, photo: Tensor | None = None, kind: str = "") -> Evidence:
    """A look at a photo, asked about: by the CNN where it gives such evidence, else by the ViT."""
    observers = fit_of(kind).observers if kind else {**fit_of("vit").observers, **fit_of("cnn").observers}
    with torch.no_grad():
        evidence, logits = observers[needs](pixels() if photo is None else photo, question)
    return asking(evidence, question.weights(logits[0]))


def seen_for(method: Method, target: int | None = None, against: int | None = None, kind: str = "") -> Evidence:
    """The same for what a method needs."""
    return seen_by(method.needs, method.question(target, against), kind=kind)
