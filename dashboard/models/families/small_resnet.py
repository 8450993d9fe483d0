"""The architecture of the bundled CNN: torchvision's basic blocks behind a stem for 32-pixel photos."""

from itertools import pairwise

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock


class SmallResNet(nn.Module):
    """A residual network (He et al. 2015, arXiv:1512.03385) for small photos.

    A 3 x 3 stem without max-pooling, one basic block per width, and a head of global average
    pooling and one linear layer, as a class activation map needs. The last stage
    keeps its stride at 1, so that 32 x 32 pixels end in an 8 x 8 map; 64 x 64 do where the first one halves them too.
    """

    def __init__(
        self, num_classes: int, widths: tuple[int, ...] = (64, 128, 256, 256), strides: tuple[int, ...] = (1, 2, 2, 1)
    ) -> None:
        super().__init__()
        if len(widths) != len(strides):
            raise ValueError(f"expected one stride per width, got {len(strides)} for {len(widths)} widths")
        self.widths, self.strides = widths, strides
        stem = widths[0]
        self.conv1 = nn.Conv2d(3, stem, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU(inplace=True)
        channels = pairwise((stem, *widths))
        self.layers = nn.Sequential(*(_block(a, b, stride) for (a, b), stride in zip(channels, strides, strict=True)))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(widths[-1], num_classes)

    def forward(self, pixels: Tensor) -> Tensor:  # (B, 3, H, W) -> (B, K)
        features = self.layers(self.relu(self.bn1(self.conv1(pixels))))  # (B, C, h, w)
        return self.fc(self.avgpool(features).flatten(1))


def _block(before: int, after: int, stride: int) -> BasicBlock:
    if before == after and stride == 1:
        return BasicBlock(before, after)
    shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
    return BasicBlock(before, after, stride, shortcut)
