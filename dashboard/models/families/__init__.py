"""The families of checkpoints. To add one: write its adapter in a file here, and add it to `FAMILIES`."""

from dashboard.models.families.bundled import Bundled
from dashboard.models.families.family import Family
from dashboard.models.families.hugging_face import HuggingFace
from dashboard.models.families.torchvision import Torchvision

FAMILIES: tuple[Family, ...] = (Bundled(), Torchvision(), HuggingFace())
