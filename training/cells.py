"""A CNN teaches a ViT cell by cell: what it answers for the whole picture, and what each cell of its last feature maps says.

Token labelling (Jiang et al. 2021, arXiv:2104.10858): every patch token is told what is there, so that one picture teaches 64
times. Two departures: the tokens' answers come from the ViT's own head, and the teacher sees the same altered picture.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dashboard.models.families.small_resnet import SmallResNet
from training.models import Logits
from training.train import distilled

TEMPERATURE = 2.0


class TokenLogits(Logits):
    """A ViT's answers, (B, K); while it is trained, those that its head gives for every token, (B, 1 + T, K), the class token's
    first.
    """

    def forward(self, pixels: Tensor) -> Tensor:
        if not self.training:
            return super().forward(pixels)
        return self.model.classifier(self.model.vit(pixels).last_hidden_state)


class CellLogits(nn.Module):
    """A CNN's answers for the whole picture and, after it, for every cell of its last feature maps, (B, 1 + T, K): a class
    activation map, whose mean over the cells is the answer.
    """

    def __init__(self, model: SmallResNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        model = self.model
        features = model.layers(model.relu(model.bn1(model.conv1(pixels))))  # (B, C, h, w)
        cells = model.fc(features.flatten(2).transpose(1, 2))  # (B, T, K)
        return torch.cat([cells.mean(1, keepdim=True), cells], 1)


def taught(teacher: CellLogits) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The loss of pixels (B, 3, H, W), token logits (B, 1 + T, K) and labels (B,): that of the class token, distilled from the
    teacher's whole answer, and the mean over the patch tokens of how far each is from its cell's answer.
    """

    def loss(pixels: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        with torch.no_grad():
            answers = teacher(pixels.to(torch.bfloat16, memory_format=torch.channels_last)).float()
        said, meant = ((each[:, 1:] / TEMPERATURE).flatten(0, 1) for each in (logits, answers))  # (B * T, K)
        of_cells = F.kl_div(said.log_softmax(1), meant.softmax(1), reduction="batchmean")
        return distilled(logits[:, 0], labels, answers[:, 0], TEMPERATURE) + TEMPERATURE**2 * of_cells

    return loss
